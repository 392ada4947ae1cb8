//! Lists in brackets, and long expressions.

use super::print::{Printer, STEP};
use super::runs::breaks;
use super::tree::{Kind, List, Node};

impl Printer<'_> {
    pub fn list(&mut self, node: &Node, list: List, indent: u32, tail: u32) {
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

    // -------------------------------------------------------- expressions

    /// Segments on lines of their own, unless the brackets at the end of the last one can be broken instead.
    /// `level`: the lines begin where the first one does.
    pub fn soft(&mut self, node: &Node, indent: u32, tail: u32, level: bool) {
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
    pub fn body(&mut self, node: &Node, indent: u32, tail: u32) {
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
