//! The trees of lists and of long expressions.

use super::pieces::Gap;
use super::plant::Planter;
use super::tree::{Kind, List, Node};
use crate::parse::Rule;
use pest::iterators::Pair;

/// An operator between two operands.
struct Op {
    rank: u8,
    minus: bool,
    at: usize,
}

impl<'i> Planter<'_, '_> {
    pub fn list(&mut self, pair: Pair<'i, Rule>, list: List, out: &mut Vec<Node>) {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut parts = Vec::new();
        self.parts(pair, &mut parts);
        self.push_list(from, to, list, parts, out);
    }

    pub fn push_list(&mut self, from: usize, to: usize, mut list: List, parts: Vec<Node>, out: &mut Vec<Node>) {
        self.gap(to - 1, Gap::None);
        if let Some(first) = parts.first() {
            self.gap(first.from, Gap::None);
            // Many short values are filled into lines, however they stood.
            let short = |part: &Node| part.kids.is_empty() && self.wide(part.from, part.to) <= 24;
            list.fill = (list.fill || list.comma_behind_one && parts.len() >= 4) && parts.iter().all(short);
            list.keeps &= !list.fill;
            list.forced = list.keeps && self.pieces.list[first.from].first_of_line;
            self.pieces.list[first.from].hard |= list.forced;
        }
        out.push(Node { kind: Kind::List(list), from, to, kids: parts });
    }

    fn wide(&self, from: usize, to: usize) -> u32 {
        self.pieces.list[from..to].iter().map(|piece| piece.width + piece.gap.width()).sum()
    }

    pub fn parts(&mut self, pair: Pair<'i, Rule>, parts: &mut Vec<Node>) {
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::comma => {
                    let at = self.start(&child);
                    self.pieces.drop_comma(at);
                }
                Rule::lparen
                | Rule::rparen
                | Rule::lbrack
                | Rule::rbrack
                | Rule::lbrace
                | Rule::rbrace
                | Rule::closer => {}
                Rule::generator => {
                    let Some(first) = parts.pop() else { continue };
                    let mut kids = Vec::new();
                    let (from, to) = (self.start(&child), self.end(&child));
                    self.node(child, &mut kids);
                    let whole = (first.from, to);
                    let second = Node { kind: Kind::Run, from, to, kids };
                    let soft = Node { kind: Kind::Soft, from: whole.0, to, kids: vec![first, second] };
                    parts.push(Node { kind: Kind::Run, from: whole.0, to, kids: vec![soft] });
                }
                _ => {
                    let part = self.run(child);
                    if !parts.is_empty() {
                        self.gap(part.from, Gap::Comma);
                    }
                    parts.push(part);
                }
            }
        }
    }

    /// A list, an expression in parentheses, a record; a range is plain pieces.
    pub fn brackets(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut rules = pair.clone().into_inner().map(|child| child.as_rule());
        if rules.any(|rule| rule == Rule::dots) {
            self.children(pair, out);
            return;
        }
        let mut list = List::default();
        let mut parts = Vec::new();
        if pair.as_rule() == Rule::brackets {
            let generated = pair.clone().into_inner().any(|child| child.as_rule() == Rule::generator);
            (list.comma, list.comma_behind_one, list.keeps) = (!generated, !generated, true);
            self.parts(pair, &mut parts);
        } else if let Some(record) = pair.clone().into_inner().find(|child| child.as_rule() == Rule::record_args) {
            (list.comma, list.keeps) = (true, true);
            self.parts(record, &mut parts);
        } else {
            self.parts(pair, &mut parts);
        }
        self.push_list(from, to, list, parts, out);
    }

    // -------------------------------------------------------- expressions

    pub fn expr(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        if !pair.clone().into_inner().any(|child| matches!(child.as_rule(), Rule::infix | Rule::sub)) {
            return self.children(pair, out);
        }
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut ops = Vec::new();
        let mut operands = vec![Node { kind: Kind::Run, from, to, kids: Vec::new() }];
        for child in pair.into_inner() {
            let rule = child.as_rule();
            if matches!(rule, Rule::infix | Rule::sub) {
                let at = self.start(&child);
                if let Some(before) = operands.last_mut() {
                    before.to = at;
                }
                ops.push(Op { rank: rank(child.as_str()), minus: rule == Rule::sub, at });
                operands.push(Node { kind: Kind::Run, from: at + 1, to, kids: Vec::new() });
            } else if let Some(operand) = operands.last_mut() {
                self.node(child, &mut operand.kids);
            }
        }
        let mut chain = chain(&mut operands, &ops);
        out.append(&mut chain.kids);
    }

    /// `for … in … where …`, `find … where … order by …`.
    pub fn clauses(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut segments = vec![Node { kind: Kind::Run, from, to, kids: Vec::new() }];
        for child in pair.into_inner() {
            let clause = matches!(
                child.as_rule(),
                Rule::where_ | Rule::grouped_by | Rule::sorted_by | Rule::order_by | Rule::limit
            );
            if clause {
                let at = self.start(&child);
                if let Some(before) = segments.last_mut() {
                    before.to = at;
                }
                segments.push(Node { kind: Kind::Run, from: at, to, kids: Vec::new() });
            }
            let Some(segment) = segments.last_mut() else { continue };
            if clause {
                self.children(child, &mut segment.kids);
            } else {
                self.node(child, &mut segment.kids);
            }
        }
        if segments.len() == 1 {
            out.extend(segments.into_iter().flat_map(|segment| segment.kids));
        } else {
            out.push(Node { kind: Kind::Soft, from, to, kids: segments });
        }
    }
}

/// Operators by how tightly they bind, loosest first.
fn rank(op: &str) -> u8 {
    match op {
        "or" => 0,
        "and" => 1,
        "??" => 3,
        "+" | "-" => 4,
        "*" | "/" | "div" | "mod" => 5,
        _ => 2,
    }
}

/// Operands with operators between them, broken before the loosest operators; inside of the segments before the next
/// looser ones. A line never begins with a minus: there the break is behind it, and only where there is no plus.
fn chain(operands: &mut [Node], ops: &[Op]) -> Node {
    let (from, to) = (operands[0].from, operands[operands.len() - 1].to);
    let Some(loosest) = ops.iter().map(|op| op.rank).min() else {
        return Node { kind: Kind::Run, from, to, kids: std::mem::take(&mut operands[0].kids) };
    };
    let behind = ops.iter().all(|op| op.rank != loosest || op.minus);
    let mut segments = Vec::new();
    let mut begin = 0;
    let mut segment_from = from;
    for at in 0..=ops.len() {
        let op = ops.get(at);
        if op.is_some_and(|op| op.rank != loosest || (op.minus && !behind)) {
            continue;
        }
        let mut inner = chain(&mut operands[begin..=at], &ops[begin..at]);
        let end = match op {
            Some(op) if behind => op.at + 1,
            _ => inner.to,
        };
        let kids = std::mem::take(&mut inner.kids);
        segments.push(Node { kind: Kind::Run, from: segment_from, to: end, kids });
        begin = at + 1;
        segment_from = op.map_or(end, |op| if behind { op.at + 1 } else { op.at });
    }
    let soft = Node { kind: Kind::Soft, from, to, kids: segments };
    Node { kind: Kind::Run, from, to, kids: vec![soft] }
}
