//! From the grammar's nodes to the tree of layout.

use super::pieces::{Gap, Pieces};
use super::tree::{Kind, Layout, List, Mark, Node, Row};
use crate::parse::Rule;
use pest::iterators::Pair;

/// The tree of an item; the pieces learn what stands between them.
pub(super) fn tree(item: Pair<'_, Rule>, pieces: &mut Pieces<'_>) -> Node {
    let to = pieces.list.len();
    let mut planter = Planter { pieces, cursor: 0, groups: 0 };
    let mut kids = Vec::new();
    planter.node(item, &mut kids);
    Node { kind: Kind::Run, from: 0, to, kids }
}

pub(super) struct Planter<'p, 't> {
    pub pieces: &'p mut Pieces<'t>,
    cursor: usize,
    groups: u32,
}

impl<'i> Planter<'_, '_> {
    /// The first piece that begins at this place or behind it.
    fn at(&mut self, place: usize) -> usize {
        let list = &self.pieces.list;
        while self.cursor > 0 && list[self.cursor - 1].span.start as usize >= place {
            self.cursor -= 1;
        }
        while self.cursor < list.len() && (list[self.cursor].span.start as usize) < place {
            self.cursor += 1;
        }
        self.cursor
    }

    pub fn start(&mut self, pair: &Pair<'i, Rule>) -> usize {
        self.at(pair.as_span().start())
    }

    pub fn end(&mut self, pair: &Pair<'i, Rule>) -> usize {
        self.at(pair.as_span().end())
    }

    pub fn gap(&mut self, at: usize, gap: Gap) {
        if let Some(piece) = self.pieces.list.get_mut(at) {
            piece.gap = gap;
        }
    }

    pub fn children(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        for child in pair.into_inner() {
            self.node(child, out);
        }
    }

    pub fn run(&mut self, pair: Pair<'i, Rule>) -> Node {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut kids = Vec::new();
        self.node(pair, &mut kids);
        Node { kind: Kind::Run, from, to, kids }
    }

    pub fn node(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        match pair.as_rule() {
            // Nothing in them has a layout.
            Rule::text | Rule::number | Rule::path | Rule::up_path | Rule::doc | Rule::name | Rule::word => {}
            Rule::neg => {
                let at = self.start(&pair);
                self.gap(at + 1, Gap::None);
            }
            Rule::opt => {
                let at = self.start(&pair);
                if self.pieces.list.get(at).is_some_and(|p| p.span.start as usize == pair.as_span().start()) {
                    self.gap(at, Gap::None);
                }
            }
            Rule::type_args => {
                let (from, to) = (self.start(&pair), self.end(&pair));
                for at in [from, from + 1, to - 1] {
                    self.gap(at, Gap::None);
                }
                self.children(pair, out);
            }
            Rule::args | Rule::params | Rule::pattern_args => {
                let from = self.start(&pair);
                let after_with = from > 0 && self.pieces.slice(from - 1) == "with";
                self.gap(from, if after_with { Gap::One } else { Gap::None });
                self.list(pair, List { comma: true, keeps: true, ..List::default() }, out);
            }
            Rule::tuple_type => self.list(pair, List { comma: true, keeps: true, ..List::default() }, out),
            Rule::use_list => {
                let list = List { comma: true, comma_behind_one: true, fill: true, ..List::default() };
                // The point before the brace is no part of the list.
                let (from, to) = (self.start(&pair) + 1, self.end(&pair));
                let mut parts = Vec::new();
                self.parts(pair, &mut parts);
                self.gap(from, Gap::None);
                self.push_list(from, to, list, parts, out);
            }
            Rule::index => {
                let from = self.start(&pair);
                self.gap(from, Gap::None);
                self.list(pair, List::default(), out);
            }
            Rule::parens | Rule::brackets => self.brackets(pair, out),
            Rule::expr => self.expr(pair, out),
            Rule::generator | Rule::find => self.clauses(pair, out),
            Rule::if_ | Rule::if_expr | Rule::if_postings => self.if_(pair, out),
            Rule::block
            | Rule::arms
            | Rule::fields
            | Rule::entity_body
            | Rule::enum_
            | Rule::service
            | Rule::race
            | Rule::branches
            | Rule::chart
            | Rule::postings
            | Rule::decision
            | Rule::template => {
                self.braced(pair, 0, out);
            }
            Rule::body => self.body(pair, out),
            Rule::key | Rule::numbered | Rule::started_by | Rule::fails => {
                self.mark(&pair, Mark::Head, out);
                self.children(pair, out);
            }
            Rule::message_clause => {
                self.mark(&pair, Mark::Head, out);
                for child in pair.into_inner() {
                    self.children(child, out);
                }
            }
            Rule::where_ => {
                self.mark(&pair, Mark::Where, out);
                self.children(pair, out);
            }
            Rule::handler
            | Rule::deadline
            | Rule::otherwise
            | Rule::retry
            | Rule::on_day
            | Rule::over_limit
            | Rule::at_rate
            | Rule::worth
            | Rule::failed
            | Rule::refused
            | Rule::account_clause => {
                self.mark(&pair, Mark::Clause, out);
                self.children(pair, out);
            }
            _ => self.children(pair, out),
        }
    }

    fn mark(&mut self, pair: &Pair<'i, Rule>, mark: Mark, out: &mut Vec<Node>) {
        let at = self.start(pair);
        if mark == Mark::Head || pair.as_rule() == Rule::handler {
            let piece = &mut self.pieces.list[at];
            piece.hard |= piece.first_of_line;
        }
        out.push(Node { kind: Kind::Mark(mark), from: at, to: at, kids: Vec::new() });
    }

    /// The blocks of an `if` are all broken, or none.
    fn if_(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        self.groups += 1;
        let group = self.groups;
        let before = out.len();
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::block | Rule::postings => self.braced(child, group, out),
                _ => self.node(child, out),
            }
        }
        let ours =
            |node: &&Node| !node.kids.is_empty() && matches!(node.kind, Kind::Block { group: of, .. } if of == group);
        let blocks = || out[before..].iter().filter(ours);
        if blocks().any(|block| self.pieces.list[block.from + 1].hard) {
            for at in blocks().map(|block| block.from + 1).collect::<Vec<_>>() {
                self.pieces.list[at].hard = true;
            }
        }
    }

    fn body(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut inner = pair.into_inner().peekable();
        let behind_equals = inner.peek().is_some_and(|child| child.as_rule() == Rule::equals);
        let mut kids = Vec::new();
        for child in inner {
            self.node(child, &mut kids);
        }
        if behind_equals {
            out.push(Node { kind: Kind::Body, from, to, kids });
        } else {
            out.append(&mut kids);
        }
    }

    // -------------------------------------------------------- braces

    fn braced(&mut self, pair: Pair<'i, Rule>, group: u32, out: &mut Vec<Node>) {
        let mut layout = match pair.as_rule() {
            Rule::fields | Rule::entity_body | Rule::enum_ | Rule::arms => Layout::Fields,
            Rule::chart => Layout::Chart,
            Rule::postings => Layout::Postings { apart: false },
            Rule::decision | Rule::template => Layout::Table,
            _ => Layout::Statements,
        };
        let mut always = matches!(pair.as_rule(), Rule::chart | Rule::decision);
        let to = self.end(&pair);
        let mut open = None;
        let mut parts: Vec<Node> = Vec::new();
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::lbrace if open.is_none() => open = Some(self.start(&child)),
                _ if open.is_none() => self.node(child, out),
                Rule::rbrace => {}
                Rule::comma => {
                    let at = self.start(&child);
                    self.pieces.drop_comma(at);
                }
                _ => {
                    // A comma behind `states` or `index` could be taken for one of theirs.
                    let words = |inner: Pair<'i, Rule>| matches!(inner.as_rule(), Rule::states | Rule::index_decl);
                    always |= child.as_rule() == Rule::entity_part && child.clone().into_inner().any(words);
                    let part = self.part(child);
                    let between = if layout == Layout::Fields { Gap::Comma } else { Gap::Two };
                    self.gap(part.from, if parts.is_empty() { Gap::One } else { between });
                    parts.push(part);
                }
            }
        }
        let Some(open) = open else { return };
        self.gap(to - 1, if parts.is_empty() { Gap::None } else { Gap::One });
        if let Layout::Postings { .. } = layout {
            layout = Layout::Postings { apart: self.amounts(&parts) };
        }
        if !parts.is_empty() && (always || !self.pieces.were_on_one_line(open, to)) {
            self.pieces.list[open + 1].hard = true;
        }
        out.push(Node { kind: Kind::Block { layout, group }, from: open, to, kids: parts });
    }

    /// What stands on a line of a block.
    fn part(&mut self, pair: Pair<'i, Rule>) -> Node {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let inner = if pair.as_rule() == Rule::posting { pair.clone().into_inner().next() } else { None };
        let pair = inner.filter(|inner| inner.as_rule() == Rule::debit_line).unwrap_or(pair);
        let mut kids = Vec::new();
        let kind = match pair.as_rule() {
            Rule::header | Rule::row | Rule::default_row => return self.row(pair, from, to),
            Rule::account | Rule::debit_line => {
                let mut columns = Vec::new();
                let mut clauses = 0;
                for child in pair.into_inner() {
                    // The clauses of an account share a column; a posting's limit belongs to its amount.
                    clauses += i32::from(child.as_rule() == Rule::account_clause);
                    let column = match child.as_rule() {
                        Rule::doc | Rule::over_limit | Rule::at_rate => false,
                        Rule::account_clause => clauses == 1,
                        _ => true,
                    };
                    if column {
                        columns.push(self.start(&child));
                    }
                    self.node(child, &mut kids);
                }
                Kind::Line(columns)
            }
            _ => {
                self.node(pair, &mut kids);
                Kind::Run
            }
        };
        Node { kind, from, to, kids }
    }

    /// Whether accounts hold blanks themselves, so that amounts stand two blanks apart from them.
    fn amounts(&mut self, parts: &[Node]) -> bool {
        let mut apart = false;
        for part in parts {
            let Kind::Line(columns) = &part.kind else { continue };
            let [_, account, amount, ..] = columns[..] else { continue };
            apart |= amount > account && self.pieces.slice(amount - 1) == "]";
            // Behind the account on its line this would be its index.
            self.pieces.list[amount].hard |= self.pieces.slice(amount) == "[";
        }
        apart
    }

    fn row(&mut self, pair: Pair<'i, Rule>, from: usize, to: usize) -> Node {
        let mut row = Row { default: pair.as_rule() == Rule::default_row, ..Row::default() };
        let mut behind_arrow = false;
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::yields => behind_arrow = true,
                Rule::cells | Rule::columns => {
                    for cell in child.into_inner().filter(|cell| cell.as_rule() != Rule::bar) {
                        let place = (self.start(&cell), self.end(&cell));
                        self.node(cell, &mut Vec::new());
                        if behind_arrow { row.outputs.push(place) } else { row.inputs.push(place) }
                    }
                }
                _ => {}
            }
        }
        Node { kind: Kind::Row(row), from, to, kids: Vec::new() }
    }
}
