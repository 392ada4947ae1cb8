//! Expressions: the ranks of the operators, and everything that is a value.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule, first_line};
use crate::ast::{Arg, Args, BinaryOp, CompareOp, Direction, Else, Expr, ExprKind, Find, Generator, Path, Range, Undo};
use crate::error::SyntaxErrorKind;
use crate::span::Span;

/// How tightly an operator binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Comparison,
    Coalesce,
    Sum,
    Product,
    Minus,
}

impl Rank {
    /// What may stand right of an operator of this rank: only what binds tighter.
    fn above(self) -> Rank {
        match self {
            Rank::Or => Rank::And,
            Rank::And => Rank::Not,
            Rank::Not => Rank::Not,
            Rank::Comparison => Rank::Coalesce,
            Rank::Coalesce => Rank::Sum,
            Rank::Sum => Rank::Product,
            Rank::Product | Rank::Minus => Rank::Minus,
        }
    }
}

#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOp),
    Compare(CompareOp),
}

impl Operator {
    fn rank(self) -> Rank {
        match self {
            Operator::Compare(_) | Operator::Binary(BinaryOp::In) => Rank::Comparison,
            Operator::Binary(op) => match op {
                BinaryOp::Or => Rank::Or,
                BinaryOp::And => Rank::And,
                BinaryOp::Coalesce => Rank::Coalesce,
                BinaryOp::Add | BinaryOp::Sub => Rank::Sum,
                _ => Rank::Product,
            },
        }
    }
}

pub(super) fn compare_op(text: &str) -> Option<CompareOp> {
    Some(match text {
        "==" => CompareOp::Eq,
        "!=" => CompareOp::Ne,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::Le,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::Ge,
        _ => return None,
    })
}

fn operator(text: &str) -> Option<Operator> {
    let op = match text {
        "+" => BinaryOp::Add,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "div" => BinaryOp::IntDiv,
        "mod" => BinaryOp::Mod,
        "and" => BinaryOp::And,
        "or" => BinaryOp::Or,
        "??" => BinaryOp::Coalesce,
        "in" => BinaryOp::In,
        _ => return compare_op(text).map(Operator::Compare),
    };
    Some(Operator::Binary(op))
}

/// Whether one comparison may follow another in a chain.
fn same_direction(first: CompareOp, next: CompareOp) -> bool {
    use CompareOp::{Ge, Gt, Le, Lt};
    matches!((first, next), (Lt | Le, Lt | Le) | (Gt | Ge, Gt | Ge))
}

impl<'a> Builder<'a> {
    pub(super) fn expr(&mut self, node: Option<Node<'a>>) -> Expr {
        let Some(node) = node else {
            self.internal(self.whole(), "an expression is missing");
            return invalid(self.whole());
        };
        if !matches!(node.as_rule(), Rule::expr | Rule::value | Rule::rhs) {
            return self.primary(node);
        }
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let parts = nodes.len() as u32;
        if !self.sink(parts, span) {
            return invalid(span);
        }
        let expr = self.ranked(&mut nodes, Rank::Or);
        self.rise(parts);
        expr
    }

    /// Operators of this rank and tighter ones.
    fn ranked(&mut self, nodes: &mut Nodes<'a>, least: Rank) -> Expr {
        let mut left = match nodes.peek() {
            Some(Rule::neg) => self.prefixed(nodes, Rank::Minus, ExprKind::Neg),
            Some(Rule::not) => self.prefixed(nodes, Rank::Not, ExprKind::Not),
            _ => self.operand(nodes),
        };
        // Whether `left` as a whole is a comparison, without parentheses.
        let mut compared = false;
        while let Some(rule) = nodes.peek() {
            match rule {
                Rule::infix | Rule::sub => {}
                Rule::is_ => {
                    if least > Rank::Comparison {
                        break;
                    }
                    let Some(node) = nodes.next() else { break };
                    left = self.is_(left, node, compared);
                    compared = true;
                    continue;
                }
                // Only behind the pattern of an `is`.
                _ => {
                    left = self.misplaced_postfix(left, nodes);
                    continue;
                }
            }
            let Some(op) = self.peek_operator(nodes) else { break };
            let rank = op.rank();
            if rank < least {
                break;
            }
            let Some(node) = nodes.next() else { break };
            let op_span = self.span(&node);
            let right = self.ranked(nodes, rank.above());
            let span = left.span.to(right.span);
            match op {
                Operator::Compare(op) => {
                    left = self.compared(left, op, op_span, right, compared);
                    compared = true;
                }
                Operator::Binary(op) => {
                    if op == BinaryOp::In && compared {
                        self.error(op_span, SyntaxErrorKind::MixedComparison);
                    }
                    compared = op == BinaryOp::In;
                    let kind = ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) };
                    left = Expr { span, kind };
                }
            }
        }
        left
    }

    fn peek_operator(&mut self, nodes: &mut Nodes<'a>) -> Option<Operator> {
        match nodes.peek() {
            Some(Rule::sub) => Some(Operator::Binary(BinaryOp::Sub)),
            Some(Rule::infix) => operator(nodes.peek_text()?),
            _ => None,
        }
    }

    fn prefixed(&mut self, nodes: &mut Nodes<'a>, rank: Rank, kind: fn(Box<Expr>) -> ExprKind) -> Expr {
        let Some(mark) = nodes.next() else { return self.expr(None) };
        let start = self.span(&mark);
        let operand = self.ranked(nodes, rank);
        Expr { span: start.to(operand.span), kind: kind(Box::new(operand)) }
    }

    /// One comparison more: the first of a chain, the next of a chain, or one that does not go with the last.
    fn compared(&mut self, left: Expr, op: CompareOp, op_span: Span, right: Expr, chained: bool) -> Expr {
        let span = left.span.to(right.span);
        if chained {
            match left.kind {
                ExprKind::Compare { first, mut rest } if rest.iter().all(|(before, _)| same_direction(*before, op)) => {
                    rest.push((op, right));
                    return Expr { span, kind: ExprKind::Compare { first, rest } };
                }
                ExprKind::Invalid => {}
                _ => self.error(op_span, SyntaxErrorKind::MixedComparison),
            }
            return invalid(span);
        }
        Expr { span, kind: ExprKind::Compare { first: Box::new(left), rest: vec![(op, right)] } }
    }

    fn is_(&mut self, value: Expr, node: Node<'a>, compared: bool) -> Expr {
        let here = self.span(&node);
        if compared {
            let word = Span::new(here.start, here.start + 2);
            self.error(word, SyntaxErrorKind::MixedComparison);
        }
        let mut nodes = Nodes::inside(node);
        nodes.has(Rule::kw_is);
        let negated = nodes.has(Rule::not);
        let pattern = self.pattern(nodes.next());
        Expr { span: value.span.to(here), kind: ExprKind::Is { value: Box::new(value), negated, pattern } }
    }

    fn misplaced_postfix(&mut self, left: Expr, nodes: &mut Nodes<'a>) -> Expr {
        if let Some(node) = nodes.next() {
            let span = self.span(&node);
            let found = node.as_str().chars().next().map_or_else(String::new, |c| format!("`{c}`"));
            self.error(
                first_line(self.text, self.base, span),
                SyntaxErrorKind::Unexpected {
                    found: found.into(),
                    expected: vec!["an operator"],
                    within: Some("a condition with `is`"),
                },
            );
        }
        invalid(left.span)
    }

    /// A value and what is attached to it: calls, indexes, fields, changed copies.
    fn operand(&mut self, nodes: &mut Nodes<'a>) -> Expr {
        let first = nodes.next();
        let mut expr = match first {
            Some(node) => self.primary(node),
            None => self.expr(None),
        };
        while let Some(Rule::call | Rule::index | Rule::field | Rule::safe_field | Rule::with) = nodes.peek() {
            let Some(node) = nodes.next() else { break };
            let rule = node.as_rule();
            let here = self.span(&node);
            let base = Box::new(expr);
            let mut span = base.span.to(here);
            let mut inside = Nodes::inside(node);
            let kind = match rule {
                Rule::call => ExprKind::Call { callee: base, args: self.args(inside.next()) },
                Rule::index => ExprKind::Index { base, indices: self.exprs(inside) },
                Rule::with => ExprKind::With { base, args: self.args(inside.next()) },
                _ => {
                    let name = self.word(inside.next());
                    span.end = name.span.end;
                    ExprKind::Field { base, name, safe: rule == Rule::safe_field }
                }
            };
            expr = Expr { span, kind };
        }
        expr
    }

    pub(super) fn exprs(&mut self, nodes: Nodes<'a>) -> Vec<Expr> {
        nodes.map(|node| self.expr(Some(node))).collect()
    }

    fn primary(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        let rule = node.as_rule();
        let kind = match rule {
            Rule::name | Rule::upper => {
                let name = self.word(Some(node));
                if let Some(instead @ "none") = crate::words::foreign_word(&name.text) {
                    let found = name.text.clone();
                    self.error(span, SyntaxErrorKind::ForeignWord { found, instead });
                    ExprKind::Invalid
                } else {
                    ExprKind::Name(name)
                }
            }
            Rule::parens => return self.parens(node),
            Rule::brackets => self.brackets(node),
            Rule::find => self.find(node),
            Rule::create | Rule::get => {
                let mut nodes = Nodes::inside(node);
                let (entity, args) = (self.path(nodes.next()), self.args(nodes.next()));
                if rule == Rule::create { ExprKind::Create { entity, args } } else { ExprKind::Get { entity, args } }
            }
            Rule::start => self.start(node),
            Rule::if_expr => return self.if_(node),
            Rule::match_expr => {
                let mut nodes = Nodes::inside(node);
                let value = Box::new(self.expr(nodes.next()));
                ExprKind::Match { value, arms: self.arms(nodes.next()) }
            }
            Rule::expr | Rule::value | Rule::rhs => return self.expr(Some(node)),
            _ => return self.literal(node),
        };
        Expr { span, kind }
    }

    /// `if`, as a value or as a statement.
    pub(super) fn if_(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        // Each `else if` is four nodes and one level down.
        let levels = nodes.len() as u32 / 4 + 1;
        if !self.sink(levels, span) {
            return invalid(span);
        }
        let mut ways = Vec::new();
        let mut last = None;
        while let Some(node) = nodes.next() {
            if node.as_rule() == Rule::block {
                last = Some(Else::Block(self.block(Some(node))));
                break;
            }
            let condition = self.expr(Some(node));
            let then = self.block(nodes.eat(Rule::block));
            ways.push((condition, then));
        }
        for (condition, then) in ways.into_iter().rev() {
            // `else if` begins a little before its condition, which is the nearest place known.
            let span = Span::new(condition.span.start, span.end);
            let otherwise = last.take().map(Box::new);
            let kind = ExprKind::If { condition: Box::new(condition), then, otherwise };
            last = Some(Else::If(Expr { span, kind }));
        }
        self.rise(levels);
        match last {
            Some(Else::If(mut expr)) => {
                expr.span = span;
                expr
            }
            _ => {
                self.internal(span, "an `if` is empty");
                invalid(span)
            }
        }
    }

    /// A record without a name, an expression in parentheses, or a range that is open at its left.
    fn parens(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        if let Some(record) = nodes.eat(Rule::record_args) {
            let list = self.arg_list(Nodes::inside(record));
            return Expr { span, kind: ExprKind::Record(Args { span, list, generator: None }) };
        }
        let low = nodes.eat(Rule::expr).map(|low| self.expr(Some(low)));
        match low {
            Some(inner) if nodes.peek().is_none() => Expr { span, kind: inner.kind },
            low => Expr { span, kind: self.range(nodes, low, false) },
        }
    }

    /// `start payroll(…) as "mia" undo nothing`
    fn start(&mut self, node: Node<'a>) -> ExprKind {
        let mut nodes = Nodes::inside(node);
        let (process, args) = (self.path(nodes.next()), self.args(nodes.next()));
        let by = nodes.has(Rule::kw_as).then(|| Box::new(self.expr(nodes.next())));
        let undo = nodes.eat(Rule::undo).map(|undo| Box::new(self.undo(undo)));
        ExprKind::Start { process, args, by, undo }
    }

    /// A list, a list made by a generator, or a range that is closed at its left.
    fn brackets(&mut self, node: Node<'a>) -> ExprKind {
        let mut nodes = Nodes::inside(node);
        let first = nodes.eat(Rule::expr).map(|first| self.expr(Some(first)));
        if nodes.peek() == Some(Rule::dots) {
            return self.range(nodes, first, true);
        }
        let Some(first) = first else { return ExprKind::List(Vec::new()) };
        if let Some(generator) = nodes.eat(Rule::generator) {
            let generator = Box::new(self.generator(generator));
            return ExprKind::ListFor { element: Box::new(first), generator };
        }
        let mut list = vec![first];
        list.extend(nodes.map(|node| self.expr(Some(node))));
        ExprKind::List(list)
    }

    fn range(&mut self, mut nodes: Nodes<'a>, low: Option<Expr>, low_included: bool) -> ExprKind {
        nodes.eat(Rule::dots);
        let high = nodes.eat(Rule::expr).map(|high| self.expr(Some(high)));
        let high_included = nodes.eat(Rule::closer).is_some_and(|closer| closer.as_str() == "]");
        ExprKind::Range(Box::new(Range { low, high, low_included, high_included }))
    }

    // -------------------------------------------------------- arguments

    pub(super) fn args(&mut self, node: Option<Node<'a>>) -> Args {
        let Some(node) = node else {
            self.internal(self.whole(), "arguments are missing");
            return Args { span: self.whole(), list: Vec::new(), generator: None };
        };
        let span = self.span(&node);
        let nodes = Nodes::inside(node);
        let mut list = Vec::new();
        let mut generator = None;
        for node in nodes {
            if node.as_rule() == Rule::generator {
                generator = Some(Box::new(self.generator(node)));
            } else {
                list.push(self.arg(node));
            }
        }
        Args { span, list, generator }
    }

    fn arg_list(&mut self, nodes: Nodes<'a>) -> Vec<Arg> {
        nodes.map(|node| self.arg(node)).collect()
    }

    fn arg(&mut self, node: Node<'a>) -> Arg {
        let mut nodes = Nodes::inside(node);
        let name = nodes.eat(Rule::word).map(|name| self.word(Some(name)));
        Arg { name, value: self.expr(nodes.next()) }
    }

    fn generator(&mut self, node: Node<'a>) -> Generator {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let name = self.value_name(nodes.next());
        let source = self.expr(nodes.next());
        let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
        let grouped_by = nodes.eat(Rule::grouped_by).map(|node| self.expr(Nodes::inside(node).next()));
        let sorted_by = nodes.eat(Rule::sorted_by).map(|node| {
            let mut nodes = Nodes::inside(node);
            (self.expr(nodes.next()), direction(&mut nodes))
        });
        Generator { span, name, source, where_, grouped_by, sorted_by }
    }

    pub(super) fn where_(&mut self, node: Option<Node<'a>>) -> Expr {
        let mut inside = self.inside(node);
        self.expr(inside.next())
    }

    // -------------------------------------------------------- documents

    fn find(&mut self, node: Node<'a>) -> ExprKind {
        let mut nodes = Nodes::inside(node);
        let entity = self.path(nodes.next());
        let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
        let order_by = match nodes.eat(Rule::order_by) {
            Some(node) => Nodes::inside(node).map(|order| self.order(order)).collect(),
            None => Vec::new(),
        };
        let limit = nodes.eat(Rule::limit).map(|node| self.expr(Nodes::inside(node).next()));
        ExprKind::Find(Box::new(Find { entity, where_, order_by, limit }))
    }

    fn order(&mut self, node: Node<'a>) -> (Path, Direction) {
        let mut nodes = Nodes::inside(node);
        (self.path(nodes.next()), direction(&mut nodes))
    }

    /// `undo { … }` or `undo nothing`
    pub(super) fn undo(&mut self, node: Node<'a>) -> Undo {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        Undo { span, block: nodes.next().map(|block| self.block(Some(block))) }
    }
}

fn direction(nodes: &mut Nodes<'_>) -> Direction {
    match nodes.eat(Rule::direction) {
        Some(word) if word.as_str() == "descending" => Direction::Descending,
        _ => Direction::Ascending,
    }
}

pub(super) fn invalid(span: Span) -> Expr {
    Expr { span, kind: ExprKind::Invalid }
}
