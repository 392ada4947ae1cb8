//! Blocks and statements.

use super::expr::invalid;
use super::nodes::{Node, Nodes};
use super::{Builder, Rule, first_line};
use crate::ast::{
    Answer, Args, Block, Expr, ExprKind, Failed, For, ForSource, FormStmt, Place, ProcessStmt, Stmt, StmtKind,
    TestStmt, TextLit,
};
use crate::error::SyntaxErrorKind;
use crate::span::Span;

impl<'a> Builder<'a> {
    pub(super) fn block(&mut self, node: Option<Node<'a>>) -> Block {
        let Some(node) = node else {
            self.internal(self.whole(), "a block is missing");
            return Block { span: self.whole(), stmts: Vec::new() };
        };
        let span = self.span(&node);
        let stmts: Vec<Stmt> = Nodes::inside(node).map(|stmt| self.stmt(Some(stmt))).collect();
        self.values_alone(&stmts);
        Block { span, stmts }
    }

    /// Values that nothing is done with may stand only at a block's end.
    fn values_alone(&mut self, stmts: &[Stmt]) {
        for (at, stmt) in stmts.iter().enumerate() {
            let (StmtKind::Expr(value), Some(next)) = (&stmt.kind, stmts.get(at + 1)) else { continue };
            if does_something(value) {
                continue;
            }
            let first = self.first_char(stmt.span);
            let first_of_next = self.first_char(next.span);
            let named = matches!(value.kind, ExprKind::Name(_) | ExprKind::Field { .. });
            let mark = |span: Span| Span::new(span.start, span.start + 1);
            let (span, kind) = match (first, first_of_next) {
                (bracket @ ('(' | '['), _) if at > 0 => (mark(stmt.span), SyntaxErrorKind::CallOnNextLine { bracket }),
                // Reported where the bracket stands, here or in the next round.
                (_, bracket @ ('(' | '[')) if named && at + 2 == stmts.len() => {
                    (mark(next.span), SyntaxErrorKind::CallOnNextLine { bracket })
                }
                (_, '(' | '[') if named => continue,
                ('-', _) if at > 0 => (mark(stmt.span), SyntaxErrorKind::MinusOnNextLine),
                _ => {
                    let span = first_line(self.text, self.base, value.span);
                    (span, if named { self.name_alone(span) } else { SyntaxErrorKind::ValueAlone })
                }
            };
            self.error(span, kind);
        }
    }

    fn name_alone(&self, span: Span) -> SyntaxErrorKind {
        let name = &self.text[(span.start - self.base) as usize..(span.end - self.base) as usize];
        match crate::words::foreign_word(name) {
            _ if name == "reverse" => SyntaxErrorKind::ReverseNotLast,
            Some(instead) => SyntaxErrorKind::ForeignWord { found: name.into(), instead },
            None => SyntaxErrorKind::NameAlone { name: name.into() },
        }
    }

    fn first_char(&self, span: Span) -> char {
        self.text[(span.start - self.base) as usize..].chars().next().unwrap_or(' ')
    }

    pub(super) fn stmt(&mut self, node: Option<Node<'a>>) -> Stmt {
        let Some(node) = node else {
            self.internal(self.whole(), "a statement is missing");
            return Stmt { span: self.whole(), kind: StmtKind::Invalid };
        };
        let span = self.span(&node);
        if !self.sink(1, span) {
            return Stmt { span, kind: StmtKind::Invalid };
        }
        let kind = match Nodes::inside(node).next_any() {
            Some(inner) => self.stmt_kind(inner, span),
            None => {
                self.internal(span, "a statement is empty");
                StmtKind::Invalid
            }
        };
        self.rise(1);
        Stmt { span, kind }
    }

    fn stmt_kind(&mut self, node: Node<'a>, span: Span) -> StmtKind {
        let rule = node.as_rule();
        match rule {
            Rule::let_ => self.let_(node),
            Rule::name_stmt => self.name_stmt(node),
            Rule::if_ => match self.if_(node).kind {
                ExprKind::If { condition, then, otherwise } => StmtKind::If { condition: *condition, then, otherwise },
                _ => StmtKind::Invalid,
            },
            Rule::match_ => {
                let mut nodes = Nodes::inside(node);
                let value = self.expr(nodes.next());
                StmtKind::Match { value, arms: self.arms(nodes.next()) }
            }
            Rule::while_ => {
                let mut nodes = Nodes::inside(node);
                let condition = self.expr(nodes.next());
                StmtKind::While { condition, body: self.block(nodes.next()) }
            }
            Rule::for_ => StmtKind::For(Box::new(self.for_(node))),
            Rule::return_ => {
                let value = Nodes::inside(node).next().map(|value| self.given(Some(value)));
                StmtKind::Return(value)
            }
            Rule::fail => {
                let Failed { failure, args } = self.failed(node);
                StmtKind::Fail { failure, args }
            }
            Rule::go => StmtKind::Go(self.word(Nodes::inside(node).next())),
            Rule::break_ => StmtKind::Break,
            Rule::add_to => {
                let mut nodes = Nodes::inside(node);
                StmtKind::Add { value: self.expr(nodes.next()), to: self.place(nodes.next()) }
            }
            Rule::put => {
                let mut nodes = Nodes::inside(node);
                let (key, value) = (self.expr(nodes.next()), self.expr(nodes.next()));
                StmtKind::Put { key, value, into: self.place(nodes.next()) }
            }
            Rule::change => {
                let mut nodes = Nodes::inside(node);
                StmtKind::Change { target: self.place(nodes.next()), args: self.args(nodes.next()) }
            }
            Rule::show => process(ProcessStmt::Form(FormStmt::Show(self.exprs(Nodes::inside(node))))),
            Rule::ask => process(ProcessStmt::Form(FormStmt::Ask(self.fields_of(Nodes::inside(node))))),
            Rule::stage | Rule::exclusive | Rule::scope | Rule::pause | Rule::send => process(self.process_stmt(node)),
            Rule::post => StmtKind::Post(Box::new(self.post(node))),
            Rule::settle => StmtKind::Settle(self.settle(&mut Nodes::inside(node))),
            Rule::free => StmtKind::Free(self.free(node)),
            Rule::reverse => StmtKind::Reverse(Nodes::inside(node).next().map(|posting| self.expr(Some(posting)))),
            Rule::expect
            | Rule::complete
            | Rule::answer
            | Rule::deliver
            | Rule::advance
            | Rule::cancel_
            | Rule::close_ => StmtKind::Test(Box::new(self.test_stmt(node))),
            _ => match self.run(node) {
                Some(run) => StmtKind::Expr(Expr { span, kind: ExprKind::Run(Box::new(run)) }),
                None => StmtKind::Invalid,
            },
        }
    }

    fn let_(&mut self, node: Node<'a>) -> StmtKind {
        let mut nodes = Nodes::inside(node);
        let mutable = nodes.has(Rule::kw_var);
        let name = self.value_name(nodes.next());
        let ty = nodes.eat(Rule::type_).map(|ty| self.type_(Some(ty)));
        StmtKind::Let { mutable, name, ty, value: self.given(nodes.next()) }
    }

    /// What stands behind `=` or `return`: a value, or something that runs and gives one.
    pub(super) fn given(&mut self, node: Option<Node<'a>>) -> Expr {
        let Some(node) = node else { return self.expr(None) };
        let span = self.span(&node);
        let Some(inner) = Nodes::inside(node).next() else {
            self.internal(span, "a value is missing");
            return invalid(span);
        };
        match inner.as_rule() {
            Rule::expr => self.expr(Some(inner)),
            Rule::rhs => self.given(Some(inner)),
            _ => {
                if !self.sink(1, span) {
                    return invalid(span);
                }
                let run = self.run(inner);
                self.rise(1);
                match run {
                    Some(run) => Expr { span, kind: ExprKind::Run(Box::new(run)) },
                    None => invalid(span),
                }
            }
        }
    }

    /// An assignment, a transition, a call, or a block's value.
    fn name_stmt(&mut self, node: Node<'a>) -> StmtKind {
        let mut nodes = Nodes::inside(node);
        let target = self.expr(nodes.next());
        let Some(more) = nodes.next() else { return StmtKind::Expr(target) };
        if !is_place(&target) {
            self.error(first_line(self.text, self.base, target.span), SyntaxErrorKind::NotAPlace);
        }
        let becomes = more.as_rule() == Rule::transition;
        let mut inside = Nodes::inside(more);
        if becomes {
            StmtKind::Transition { target, state: self.word(inside.next()) }
        } else {
            StmtKind::Assign { target, value: self.given(inside.next()) }
        }
    }

    fn for_(&mut self, node: Node<'a>) -> For {
        let mut nodes = Nodes::inside(node);
        let name = self.value_name(nodes.next());
        let source = match nodes.eat(Rule::type_) {
            Some(ty) => {
                let row = self.type_(Some(ty));
                ForSource::Files { row, files: self.files(nodes.next()) }
            }
            None => ForSource::Values(self.expr(nodes.next())),
        };
        let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
        For { name, source, where_, body: self.block(nodes.next()) }
    }

    pub(super) fn files(&mut self, node: Option<Node<'a>>) -> Vec<TextLit> {
        let nodes = self.inside(node);
        nodes.map(|file| self.text_lit(Some(file))).collect()
    }

    /// A path and perhaps indexes: what can be changed, or an account.
    pub(super) fn place(&mut self, node: Option<Node<'a>>) -> Place {
        let span = self.span_or_whole(&node);
        let mut nodes = self.inside(node);
        let path = self.path(nodes.next());
        let indices = match nodes.eat(Rule::index) {
            Some(index) => self.exprs(Nodes::inside(index)),
            None => Vec::new(),
        };
        Place { span, path, indices }
    }

    /// A failure and perhaps its values, behind `fail` or `failed`.
    pub(super) fn failed(&mut self, node: Node<'a>) -> Failed {
        let mut nodes = Nodes::inside(node);
        let failure = self.path(nodes.next());
        let args: Option<Args> = nodes.eat(Rule::args).map(|args| self.args(Some(args)));
        Failed { failure, args }
    }

    fn test_stmt(&mut self, node: Node<'a>) -> TestStmt {
        let rule = node.as_rule();
        if rule == Rule::expect {
            return self.expect(node);
        }
        let mut nodes = Nodes::inside(node);
        let value = self.expr(nodes.next());
        match rule {
            Rule::complete => TestStmt::Complete(value, nodes.next().map(|who| Box::new(self.expr(Some(who))))),
            Rule::answer => {
                let answer = match (nodes.eat(Rule::failed), nodes.eat(Rule::kw_error)) {
                    (Some(failed), _) => Answer::Failed(self.failed(failed)),
                    (None, Some(_)) => Answer::Error(self.expr(nodes.next())),
                    (None, None) => Answer::Given,
                };
                TestStmt::Answer { request: value, answer }
            }
            Rule::deliver => TestStmt::Deliver(value),
            Rule::advance => TestStmt::Advance(value),
            Rule::close_ => TestStmt::Close(value),
            _ => TestStmt::Cancel(value),
        }
    }

    /// A condition, a run that has failed, or what is refused.
    fn expect(&mut self, node: Node<'a>) -> TestStmt {
        let mut nodes = Nodes::inside(node);
        nodes.has(Rule::kw_expect);
        let action = match nodes.peek() {
            Some(Rule::complete | Rule::answer | Rule::deliver | Rule::cancel_) => nodes.next(),
            _ => None,
        };
        let action = match action {
            Some(action) => {
                let span = self.span(&action);
                Stmt { span, kind: StmtKind::Test(Box::new(self.test_stmt(action))) }
            }
            None => {
                let value = self.expr(nodes.next());
                let failed = nodes.eat(Rule::failed).map(|failed| self.failed(failed));
                if nodes.peek() != Some(Rule::refused) {
                    return TestStmt::Expect { value, failed };
                }
                Stmt { span: value.span, kind: StmtKind::Expr(value) }
            }
        };
        let why = nodes.next().and_then(|refused| Nodes::inside(refused).next());
        TestStmt::Refused { action: Box::new(action), why: why.map(|why| self.expr(Some(why))) }
    }
}

fn process(stmt: ProcessStmt) -> StmtKind {
    StmtKind::Process(Box::new(stmt))
}

/// Whether an expression can be a statement: it is called, made or decided between.
fn does_something(value: &Expr) -> bool {
    use ExprKind::{Call, Create, Get, If, Invalid, Match, Run, Start};
    matches!(
        value.kind,
        Call { .. } | Create { .. } | Get { .. } | Start { .. } | Run(_) | If { .. } | Match { .. } | Invalid
    )
}

/// A name, a field of one, an element of one.
fn is_place(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Invalid => true,
        ExprKind::Field { base, safe: false, .. } | ExprKind::Index { base, .. } => is_place(base),
        _ => false,
    }
}
