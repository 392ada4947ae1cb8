//! Writes an item's pieces: on one line where they fit, broken where they don't or weren't.
//!
//! Everything is decided by widths: those of the pieces are summed up beforehand, so that whether a stretch fits is one
//! subtraction, and the whole takes time in proportion to the text. What was broken behind its bracket or brace stays
//! broken; so what has been broken once is found broken again, and formatting twice changes nothing.

use super::pieces::{Gap, Pieces};
use super::table::Columns;
use super::tree::{Kind, List, Mark, Node};

/// How much further a nested line begins.
pub(super) const STEP: u32 = 2;

pub(super) struct Printer<'a> {
    pub pieces: &'a Pieces<'a>,
    width: u32,
    out: String,
    /// Of the decision table that is being written.
    pub columns: Option<Columns>,
    /// Where the next character goes; blanks at a line's beginning are written with what follows them.
    column: u32,
    at_line_start: bool,
    /// A comment for the end of this line.
    pending: Option<u32>,
    /// Where a line begins that had to be begun in the middle of something, because of a comment.
    pub aside: u32,
    /// The piece whose comments have been written.
    introduced: Option<usize>,
    /// Widths and gaps of the pieces before each piece, summed up.
    widths: Vec<u32>,
    /// How many of the pieces before each piece begin a line.
    hard: Vec<u32>,
}

impl<'a> Printer<'a> {
    pub fn new(pieces: &'a Pieces<'a>, width: u32) -> Self {
        let count = pieces.list.len() + 1;
        let (mut widths, mut hard) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut sum, mut lines) = (0, 0);
        for piece in &pieces.list {
            widths.push(sum);
            hard.push(lines);
            if !piece.dropped {
                sum += piece.width + piece.gap.width();
                lines += u32::from(piece.hard);
            }
        }
        widths.push(sum);
        hard.push(lines);
        Printer {
            pieces,
            width,
            out: String::with_capacity(pieces.text.len() + pieces.text.len() / 8),
            columns: None,
            column: 0,
            at_line_start: true,
            pending: None,
            aside: STEP,
            introduced: None,
            widths,
            hard,
        }
    }

    /// The comment behind the last piece, if one is left.
    pub fn finish(mut self) -> String {
        self.end_line();
        self.out
    }

    // -------------------------------------------------------- measures

    /// The width of pieces on one line, with the gap before the first.
    pub fn span(&self, from: usize, to: usize) -> u32 {
        self.widths[to] - self.widths[from]
    }

    /// The width without that gap.
    pub fn flat_width(&self, from: usize, to: usize) -> u32 {
        if from < to { self.span(from, to) - self.pieces.list[from].gap.width() } else { 0 }
    }

    /// Whether pieces can stand on one line: none but the first has to begin one.
    pub fn can_be_flat(&self, from: usize, to: usize) -> bool {
        from >= to || self.hard[to] == self.hard[from + 1]
    }

    /// Where the text of this piece would begin.
    fn begin(&self, at: usize) -> u32 {
        if self.at_line_start { self.column } else { self.column + self.pieces.list[at].gap.width() }
    }

    fn fits(&self, from: usize, to: usize, tail: u32) -> bool {
        from >= to || self.can_be_flat(from, to) && self.begin(from) + self.flat_width(from, to) + tail <= self.width
    }

    /// Whether pieces fit on a line of their own.
    pub fn fits_at(&self, column: u32, from: usize, to: usize) -> bool {
        self.can_be_flat(from, to) && column + self.flat_width(from, to) <= self.width
    }

    // -------------------------------------------------------- writing

    pub fn write(&mut self, text: &str, width: u32) {
        if self.at_line_start {
            self.at_line_start = false;
            self.blanks(self.column);
        }
        self.out.push_str(text);
        self.column += width;
    }

    fn blanks(&mut self, mut count: u32) {
        const BLANKS: &str = "                                                                ";
        while count > 0 {
            let some = (count as usize).min(BLANKS.len());
            self.out.push_str(&BLANKS[..some]);
            count -= some as u32;
        }
    }

    pub fn pad(&mut self, count: u32) {
        self.blanks(count);
        self.column += count;
    }

    fn end_line(&mut self) {
        if let Some(comment) = self.pending.take() {
            let span = self.pieces.comments[comment as usize].span;
            self.out.push_str("  ");
            self.out.push_str(&self.pieces.text[span.range()]);
        }
    }

    pub fn newline(&mut self, indent: u32) {
        if !self.at_line_start {
            self.end_line();
            self.out.push('\n');
        }
        self.at_line_start = true;
        self.column = indent;
    }

    /// Writes the comments on lines of their own before a piece. Empty lines are kept where they may be.
    fn introduce(&mut self, at: usize, blanks: bool) {
        if self.introduced == Some(at) {
            return;
        }
        self.introduced = Some(at);
        let (from, to) = self.pieces.list[at].lead;
        let indent = self.column;
        for index in from..to {
            let comment = self.pieces.comments[index as usize];
            if comment.blank_before && (blanks || index > from) {
                self.out.push('\n');
            }
            self.write(&self.pieces.text[comment.span.range()], 0);
            self.newline(indent);
        }
    }

    pub fn piece(&mut self, at: usize) {
        let piece = &self.pieces.list[at];
        if piece.dropped {
            return;
        }
        let commented = piece.lead.0 < piece.lead.1 && self.introduced != Some(at);
        if !self.at_line_start && (commented || self.pending.is_some()) {
            if piece.gap == Gap::Comma {
                self.write(",", 1);
            }
            self.newline(self.aside);
        }
        if commented {
            self.introduce(at, false);
        }
        if !self.at_line_start {
            self.write(piece.gap.text(), piece.gap.width());
        }
        self.write(self.pieces.slice(at), piece.width);
        if piece.trail.is_some() {
            self.pending = piece.trail;
        }
    }

    pub fn flat(&mut self, from: usize, to: usize) {
        for at in from..to {
            self.piece(at);
        }
    }

    /// A line of a block or list begins with this piece.
    pub fn begin_part(&mut self, at: usize, indent: u32, first: bool) {
        self.newline(indent);
        let piece = &self.pieces.list[at];
        let commented = piece.lead.0 < piece.lead.1;
        let blank = piece.blank_before && (commented || !first);
        self.introduce(at, !first);
        if blank {
            self.out.push('\n');
        }
    }

    /// The closing bracket, and the comments before it.
    pub fn close(&mut self, at: usize, indent: u32) {
        let (from, to) = self.pieces.list[at].lead;
        if from < to {
            self.newline(indent + STEP);
            self.introduce(at, true);
        }
        self.newline(indent);
        self.piece(at);
    }

    // -------------------------------------------------------- runs

    /// Pieces and nodes in a row. `tail` is the width of what has to follow on the last line.
    pub fn run(&mut self, node: &Node, indent: u32, tail: u32) {
        self.stretch(node.from, node.to, &node.kids, indent, tail);
    }

    pub fn stretch(&mut self, from: usize, to: usize, kids: &[Node], indent: u32, tail: u32) {
        if self.fits(from, to, tail) {
            return self.flat(from, to);
        }
        let around = std::mem::replace(&mut self.aside, indent + STEP);
        let broken = self.plan(from, to, kids, indent, tail);
        let mut at = from;
        let mut base = indent;
        let mut marked = None;
        for (index, kid) in kids.iter().enumerate() {
            self.flat(at, kid.from);
            at = kid.to;
            if !broken[index] {
                self.flat(kid.from, kid.to);
                continue;
            }
            let tail = match kids[index + 1..].iter().zip(&broken[index + 1..]).find(|(_, broken)| **broken) {
                Some((next, _)) => self.head(kid.to, next),
                None => self.span(kid.to, to) + tail,
            };
            match &kid.kind {
                Kind::Mark(mark) => {
                    self.newline(indent + STEP);
                    base = indent + STEP;
                    marked = Some(*mark);
                }
                Kind::Block { .. } if matches!(marked, Some(Mark::Head | Mark::Where)) => {
                    self.newline(indent);
                    self.node(kid, indent, tail);
                    (base, marked) = (indent, None);
                }
                _ => self.node(kid, base, tail),
            }
        }
        self.flat(at, to);
        self.aside = around;
    }

    /// The width from a place up to where the line ends in a broken node.
    fn head(&self, from: usize, node: &Node) -> u32 {
        match &node.kind {
            Kind::Mark(_) => self.span(from, node.from),
            Kind::Soft => self.span(from, node.kids.first().map_or(node.from, |first| first.to)),
            _ => self.span(from, node.from + 1),
        }
    }

    /// Which of the nodes in a row have to be broken so that the lines fit.
    fn plan(&self, from: usize, to: usize, kids: &[Node], indent: u32, tail: u32) -> Vec<bool> {
        let must = |kid: &Node| match kid.kind {
            Kind::Mark(_) => kid.from < to && self.pieces.list[kid.from].hard && kid.from > from,
            _ => !self.can_be_flat(kid.from, kid.to),
        };
        let mut broken: Vec<bool> = kids.iter().map(must).collect();
        while let Some(line) = self.long_line(from, to, kids, &broken, indent, tail) {
            match self.break_more(kids, &mut broken, line) {
                None => break,
                // Next time this will be broken to begin with; so what else has to be is found anew.
                Some(lasting) if lasting => {
                    for (kid, broken) in kids.iter().zip(&mut broken) {
                        *broken &= must(kid) || lasts(kid);
                    }
                }
                _ => {}
            }
        }
        broken
    }

    /// The first line that is too long and in which something can be broken, as a range of the nodes in it.
    fn long_line(
        &self,
        from: usize,
        to: usize,
        kids: &[Node],
        broken: &[bool],
        indent: u32,
        tail: u32,
    ) -> Option<(usize, usize)> {
        let mut column = self.begin(from);
        let mut at = from;
        let mut first = 0;
        let mut base = indent;
        let mut gap = self.pieces.list[from].gap.width();
        let breakable = |line: &[Node], done: &[bool]| line.iter().zip(done).any(|(kid, done)| !done && breaks(kid));
        for (index, kid) in kids.iter().enumerate() {
            if !broken[index] {
                continue;
            }
            column = (column + self.head(at, kid)).saturating_sub(gap);
            if column > self.width && breakable(&kids[first..index], &broken[first..index]) {
                return Some((first, index));
            }
            gap = 0;
            match kid.kind {
                Kind::Mark(_) => {
                    base = indent + STEP;
                    column = base;
                    gap = self.pieces.list[kid.from].gap.width();
                }
                Kind::Soft => {
                    let last = kid.kids.last().filter(|last| self.can_be_flat(last.from, last.to));
                    column = last.map_or(base + 1, |last| base + STEP + self.flat_width(last.from, last.to));
                }
                _ => column = base + 1,
            }
            at = kid.to;
            first = index + 1;
        }
        column = (column + self.span(at, to) + tail).saturating_sub(gap);
        (column > self.width && breakable(&kids[first..], &broken[first..])).then_some((first, kids.len()))
    }

    /// Chooses what to break next in a line that is too long, and says whether that [`lasts`].
    fn break_more(&self, kids: &[Node], broken: &mut [bool], (first, last): (usize, usize)) -> Option<bool> {
        let widest = |broken: &[bool], wanted: fn(&Kind) -> bool| {
            let open = (first..last).filter(|at| !broken[*at] && wanted(&kids[*at].kind) && breaks(&kids[*at]));
            open.max_by_key(|at| (self.span(kids[*at].from, kids[*at].to), std::cmp::Reverse(*at)))
        };
        if let Some(at) = widest(broken, |kind| matches!(kind, Kind::Block { .. } | Kind::Body)) {
            broken[at] = true;
            if let Kind::Block { group, .. } = kids[at].kind
                && group > 0
            {
                for (kid, broken) in kids.iter().zip(broken.iter_mut()) {
                    let ours = matches!(kid.kind, Kind::Block { group: of, .. } if of == group);
                    *broken |= ours && !kid.kids.is_empty();
                }
            }
            return Some(lasts(&kids[at]));
        }
        // Of the marks in a head all or none.
        let mut found = None;
        for (kid, broken) in kids.iter().zip(broken.iter_mut()) {
            if matches!(kid.kind, Kind::Mark(Mark::Head)) && !*broken {
                *broken = true;
                found = Some(true);
            }
        }
        if found.is_some() {
            return found;
        }
        for at in first..last {
            if !broken[at] && matches!(kids[at].kind, Kind::Mark(_)) {
                broken[at] = true;
                found = Some(false);
            }
        }
        if found.is_none()
            && let Some(at) = widest(broken, |kind| matches!(kind, Kind::List(_) | Kind::Soft))
        {
            broken[at] = true;
            found = Some(lasts(&kids[at]));
        }
        found
    }

    fn node(&mut self, node: &Node, indent: u32, tail: u32) {
        match &node.kind {
            Kind::List(list) => self.list(node, *list, indent, tail),
            Kind::Block { layout, .. } => self.block(node, *layout, indent),
            Kind::Soft => self.soft(node, indent, tail, false),
            Kind::Body => self.body(node, indent, tail),
            Kind::Run | Kind::Line(_) => self.run(node, indent, tail),
            Kind::Mark(_) | Kind::Row(_) => self.flat(node.from, node.to),
        }
    }

    // -------------------------------------------------------- lists

    fn list(&mut self, node: &Node, list: List, indent: u32, tail: u32) {
        let close = node.to - 1;
        self.piece(node.from);
        if node.kids.is_empty() {
            self.flat(node.from + 1, close);
            return self.close(close, indent);
        }
        if !list.forced && self.can_hug(node) {
            let last = node.kids.len() - 1;
            self.flat(node.from + 1, node.kids[last].from);
            self.run(&node.kids[last], indent, tail + 1);
            return self.piece(close);
        }
        let inner = indent + STEP;
        let around = std::mem::replace(&mut self.aside, inner + STEP);
        if list.fill {
            self.fill(node, inner);
        } else {
            let comma = list.comma && (node.kids.len() > 1 || list.comma_behind_one);
            for (index, part) in node.kids.iter().enumerate() {
                self.begin_part(part.from, inner, index == 0);
                let separated = index + 1 < node.kids.len() || comma;
                match &part.kids[..] {
                    // What stands alone in its brackets needs no deeper lines.
                    [soft] if node.kids.len() == 1 && soft.from == part.from && matches!(soft.kind, Kind::Soft) => {
                        self.soft(soft, inner, u32::from(separated), true);
                    }
                    _ => self.run(part, inner, u32::from(separated)),
                }
                if separated {
                    self.write(",", 1);
                }
            }
        }
        self.aside = around;
        self.close(close, indent);
    }

    /// Whether the brackets around the last part can stay with those of the list: `f(g(` … `))`, `f(a, [` … `])`.
    fn can_hug(&self, node: &Node) -> bool {
        let Some(part) = node.kids.last() else { return false };
        let Some(inner) = part.kids.last() else { return false };
        let alone = node.kids.len() == 1;
        let brackets = matches!(inner.kind, Kind::List(_) | Kind::Block { .. }) && !inner.kids.is_empty();
        if !brackets || inner.to != part.to || !(alone || inner.from == part.from) {
            return false;
        }
        let Some(first) = part.kids.iter().find(|kid| breaks(kid)) else { return false };
        let commented = |at: usize| self.pieces.list[at].lead.0 < self.pieces.list[at].lead.1;
        let comments = (node.from + 1..=first.from).chain([node.to - 1]).any(commented)
            || self.pieces.list[node.to - 2].trail.is_some();
        !comments
            && self.can_be_flat(node.from, first.from + 1)
            && self.column + self.span(node.from + 1, first.from + 1) <= self.width
    }

    /// Many short parts, as many on a line as fit.
    fn fill(&mut self, node: &Node, indent: u32) {
        for (index, part) in node.kids.iter().enumerate() {
            let width = self.flat_width(part.from, part.to) + 1;
            let commented = !self.can_be_flat(part.from.saturating_sub(1), part.to) || self.pending.is_some();
            if index == 0 || commented || self.column + 1 + width > self.width {
                self.newline(indent);
                self.introduce(part.from, false);
            } else {
                self.write(" ", 1);
            }
            for at in part.from..part.to {
                if at == part.from {
                    self.bare(at);
                } else {
                    self.piece(at);
                }
            }
            self.write(",", 1);
        }
    }

    /// A piece without the gap before it.
    pub fn bare(&mut self, at: usize) {
        let piece = &self.pieces.list[at];
        self.write(self.pieces.slice(at), piece.width);
        if piece.trail.is_some() {
            self.pending = piece.trail;
        }
    }

    // -------------------------------------------------------- expressions

    /// Segments on lines of their own, unless the brackets at the end of the last one can be broken instead.
    /// `level`: the lines begin where the first one does.
    fn soft(&mut self, node: &Node, indent: u32, tail: u32, level: bool) {
        if self.fits(node.from, node.to, tail) {
            return self.flat(node.from, node.to);
        }
        let deeper = if level { indent } else { indent + STEP };
        let Some((last, before)) = node.kids.split_last() else { return };
        if let Some(inner) = last.kids.last()
            && matches!(inner.kind, Kind::List(_) | Kind::Block { .. })
            && !inner.kids.is_empty()
            && inner.to == node.to
        {
            let alone = deeper + self.flat_width(last.from, last.to) + tail;
            let long = alone > self.width || !self.can_be_flat(last.from, last.to);
            let head = self.begin(node.from) + self.flat_width(node.from, inner.from + 1);
            if long && self.can_be_flat(node.from, inner.from + 1) && head <= self.width {
                self.flat(node.from, last.from);
                return self.run(last, indent, tail);
            }
        }
        let around = std::mem::replace(&mut self.aside, deeper);
        for (index, segment) in before.iter().enumerate() {
            if index > 0 {
                self.newline(deeper);
            }
            self.run(segment, if index > 0 { deeper } else { indent }, 0);
        }
        self.newline(deeper);
        self.run(last, deeper, tail);
        self.aside = around;
    }

    /// `= expression`: on the line, on a line of its own, or broken behind its first bracket.
    fn body(&mut self, node: &Node, indent: u32, tail: u32) {
        let from = node.from + 1;
        self.piece(node.from);
        let own_line = self.pieces.list[from].first_of_line;
        let deeper = indent + STEP;
        let fits_there =
            self.can_be_flat(from, node.to) && deeper + self.flat_width(from, node.to) + tail <= self.width;
        let ends = node.kids.last().is_some_and(|last| last.to == node.to && !matches!(last.kind, Kind::Soft));
        let head = node.kids.iter().find(|kid| breaks(kid)).map_or(node.to, |kid| kid.from + 1);
        let hugs = ends && self.can_be_flat(node.from, head) && self.column + self.span(from, head) <= self.width;
        if !own_line && !fits_there && hugs {
            return self.stretch(from, node.to, &node.kids, indent, tail);
        }
        self.newline(deeper);
        match &node.kids[..] {
            [soft] if soft.from == from && soft.to == node.to && matches!(soft.kind, Kind::Soft) => {
                self.soft(soft, deeper, tail, true);
            }
            _ => self.stretch(from, node.to, &node.kids, deeper, tail),
        }
    }
}

/// Whether it is found broken once it has been broken.
fn lasts(node: &Node) -> bool {
    match node.kind {
        Kind::Mark(mark) => mark == Mark::Head,
        Kind::List(list) => list.keeps,
        Kind::Block { .. } => true,
        _ => false,
    }
}

/// Whether there is something to break in it.
fn breaks(node: &Node) -> bool {
    match node.kind {
        Kind::Mark(_) | Kind::Soft | Kind::Body => true,
        Kind::List(_) | Kind::Block { .. } => !node.kids.is_empty(),
        Kind::Run | Kind::Line(_) | Kind::Row(_) => false,
    }
}
