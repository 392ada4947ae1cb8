//! What stands in a row: which of its parts have to be broken so that the lines fit.

use super::print::{Printer, STEP};
use super::tree::{Kind, Mark, Node};

impl Printer<'_> {
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
pub(super) fn breaks(node: &Node) -> bool {
    match node.kind {
        Kind::Mark(_) | Kind::Soft | Kind::Body => true,
        Kind::List(_) | Kind::Block { .. } => !node.kids.is_empty(),
        Kind::Run | Kind::Line(_) | Kind::Row(_) => false,
    }
}
