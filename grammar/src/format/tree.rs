//! From the grammar's nodes to what layout has to know of an item: where its lists, blocks, tables and long expressions
//! begin and end, and which of them were on several lines.

use super::pieces::{Gap, Pieces};
use crate::parse::Rule;
use pest::iterators::Pair;

/// A stretch of pieces with a layout of its own. What no kid covers are plain pieces.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub from: usize,
    pub to: usize,
    pub kids: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Plain pieces and nodes in a row: a statement, a list's part.
    Run,
    /// Parts in brackets with commas between them; the kids are the parts.
    List(List),
    /// Parts in braces, each on a line; the kids are the parts. Blocks of one group are broken together.
    Block { layout: Layout, group: u32 },
    /// Segments that begin lines where the whole doesn't fit on one; the kids are the segments.
    Soft,
    /// A place before a clause where the line may end.
    Mark(Mark),
    /// `= expression` of a function.
    Body,
    /// An account or a line of a posting, with the beginnings of its columns.
    Line(Vec<usize>),
    /// A row of a decision table.
    Row(Row),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// Whether a comma may stand behind the last part.
    pub comma: bool,
    /// Whether one part alone gets one as well.
    pub comma_behind_one: bool,
    /// Whether many short parts may share a line.
    pub fill: bool,
    /// Whether it stays broken where it was broken behind its bracket.
    pub keeps: bool,
    /// Whether it keeps, and was.
    pub forced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Statements,
    Fields,
    Chart,
    Postings,
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// In the head of an item: `key`, `fails`. A brace behind it gets a line of its own.
    Head,
    /// `where`: likewise, but only where nothing else can be broken.
    Where,
    /// `within`, `else`, a handler: the braces behind it are those of the clause.
    Clause,
}

#[derive(Debug, Default)]
pub(super) struct Row {
    pub inputs: Vec<(usize, usize)>,
    pub outputs: Vec<(usize, usize)>,
    /// `default => …`
    pub default: bool,
}

/// The tree of an item; the pieces learn what stands between them.
pub(super) fn tree(item: Pair<'_, Rule>, pieces: &mut Pieces<'_>) -> Node {
    let to = pieces.list.len();
    let mut planter = Planter { pieces, cursor: 0, groups: 0 };
    let mut kids = Vec::new();
    planter.node(item, &mut kids);
    Node { kind: Kind::Run, from: 0, to, kids }
}

struct Planter<'p, 't> {
    pieces: &'p mut Pieces<'t>,
    cursor: usize,
    groups: u32,
}

/// An operator between two operands.
struct Op {
    rank: u8,
    minus: bool,
    at: usize,
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

    fn start(&mut self, pair: &Pair<'i, Rule>) -> usize {
        self.at(pair.as_span().start())
    }

    fn end(&mut self, pair: &Pair<'i, Rule>) -> usize {
        self.at(pair.as_span().end())
    }

    fn gap(&mut self, at: usize, gap: Gap) {
        if let Some(piece) = self.pieces.list.get_mut(at) {
            piece.gap = gap;
        }
    }

    fn children(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
        for child in pair.into_inner() {
            self.node(child, out);
        }
    }

    fn run(&mut self, pair: Pair<'i, Rule>) -> Node {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut kids = Vec::new();
        self.node(pair, &mut kids);
        Node { kind: Kind::Run, from, to, kids }
    }

    fn node(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
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
            | Rule::failed
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

    // -------------------------------------------------------- lists

    fn list(&mut self, pair: Pair<'i, Rule>, list: List, out: &mut Vec<Node>) {
        let (from, to) = (self.start(&pair), self.end(&pair));
        let mut parts = Vec::new();
        self.parts(pair, &mut parts);
        self.push_list(from, to, list, parts, out);
    }

    fn push_list(&mut self, from: usize, to: usize, mut list: List, parts: Vec<Node>, out: &mut Vec<Node>) {
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

    fn parts(&mut self, pair: Pair<'i, Rule>, parts: &mut Vec<Node>) {
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
    fn brackets(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
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

    fn expr(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
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
    fn clauses(&mut self, pair: Pair<'i, Rule>, out: &mut Vec<Node>) {
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
        let layout = match pair.as_rule() {
            Rule::fields | Rule::entity_body | Rule::enum_ | Rule::arms => Layout::Fields,
            Rule::chart => Layout::Chart,
            Rule::postings => Layout::Postings,
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
        if layout == Layout::Postings {
            self.amounts(&parts);
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
                        Rule::doc | Rule::over_limit => false,
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

    /// Amounts stand two blanks apart from accounts where these may hold blanks themselves.
    fn amounts(&mut self, parts: &[Node]) {
        let columns = |part: &Node| match &part.kind {
            Kind::Line(columns) => columns.get(1).copied().zip(columns.get(2).copied()),
            _ => None,
        };
        let indexed = |(from, to): (usize, usize)| self.pieces.slice(to - 1) == "]" && to > from;
        let apart = parts.iter().filter_map(columns).any(indexed);
        for (_, amount) in parts.iter().filter_map(columns) {
            self.gap(amount, if apart { Gap::Two } else { Gap::One });
            // Behind the account on its line this would be its index.
            self.pieces.list[amount].hard |= self.pieces.slice(amount) == "[";
        }
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
