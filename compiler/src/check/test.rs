//! Tests: what they expect.

use super::declarations::value_body;
use super::function::{Code, CodeKind};
use super::names::nearest;
use super::{Checker, Effect, Param, Signature};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_grammar::ast::{self, Args, CompareOp, Expr, ExprKind, StmtKind, TestStmt};

impl Checker<'_> {
    pub(crate) fn test(&mut self, decl: &ast::TestDecl) {
        let place = self.place(decl.title.span);
        let currency = decl.currency.as_ref().and_then(|c| self.currency(c)).map(|(c, _)| c);
        if let Some(first) = self.checked.tests.iter().find(|t| t.title == decl.title.text) {
            let first = Some(first.place);
            self.report(Problem::DuplicateName { place, name: decl.title.text.clone(), first });
        }
        let id = self.reserve(Signature {
            params: Vec::new(),
            result: Type::Nothing,
            effect: Effect::Changes,
            outcome: None,
        });
        self.checked.tests.push(Test { title: decl.title.text.clone(), currency, func: id, place });
        // A program that leaves its currency open is checked for that of the test as well. One that names another can
        // never be in that.
        if let Some(asked) = currency.filter(|c| *c != self.book) {
            if let (Some(named), Some(word)) = (self.named_book, &decl.currency) {
                let (code, other) = (asked.code().into(), self.book.code().into());
                let place = self.place(word.span);
                self.report(Problem::TwoCurrencies { place, code, other, at: Some(named) });
            }
            let nothing = TExpr::new(T::Constant(Constant::Number(0)), Type::Nothing, place);
            let code = Code::new(CodeKind::Test, Type::Nothing);
            self.finish(id, decl.title.text.clone(), place, 0, code, value_body(nothing));
            return;
        }
        let mut code = Code::new(CodeKind::Test, Type::Nothing);
        let body = self.block(&mut code, &decl.body, None, false);
        self.finish(id, decl.title.text.clone(), place, 0, code, Body::Code(body));
    }

    pub(crate) fn test_stmt(&mut self, code: &mut Code, stmt: &TestStmt, place: Place) -> Option<S> {
        if code.kind != CodeKind::Test {
            self.report(Problem::TestHere { place });
            return None;
        }
        match stmt {
            TestStmt::Expect { value, failed: None } => self.expect(code, value, place),
            TestStmt::Expect { value, failed: Some(failed) } => self.expect_failed(code, value, failed, place),
            TestStmt::Complete(e, by) => {
                let kind = self.complete(code, e, place)?;
                Some(match by {
                    Some(by) => S::Expr(self.done_by(code, by, TStmt { place, kind })),
                    None => kind,
                })
            }
            TestStmt::Cancel(run) => {
                let run = self.expr(code, run, None);
                self.a_run(&run).map(|_| S::CancelRun(run))
            }
            TestStmt::Refused { action, why } => self.expect_refused(code, action, why.as_ref(), place),
            TestStmt::Answer { request, answer } => self.answer(code, request, answer, place),
            TestStmt::Deliver(e) => self.deliver(code, e, place),
            TestStmt::Advance(e) => Some(S::Advance(self.expr_as(code, e, &Type::Period))),
            TestStmt::Close(day) => {
                let day = self.expr_as(code, day, &Type::Date);
                Some(S::ToBooks(ToBooks::Close, day))
            }
        }
    }

    fn expect(&mut self, code: &mut Code, value: &Expr, place: Place) -> Option<S> {
        let text = self.text(value.span);
        if let ExprKind::Compare { first, rest } = &value.kind
            && let [(op, second)] = rest.as_slice()
        {
            let (left, right) = self.both(code, first, second);
            if left.ty.is_invalid() || right.ty.is_invalid() {
                return None;
            }
            // What is shown when it fails is of one type where there is one.
            let (left, right) = match self.join_values(&left, &right) {
                Some(ty) if !matches!(ty, Type::Option(ref of) if **of == Type::Never) => {
                    let ty = self.base(&ty);
                    (self.coerce(left, &ty), self.coerce(right, &ty))
                }
                _ => (left, right),
            };
            return self.expect_sides(code, text, *op, left, right, place);
        }
        let value = self.expr_as(code, value, &Type::Bool);
        Some(S::Expect(Box::new(TExpect { text, kind: TExpectKind::Holds(value) })))
    }

    fn expect_sides(
        &mut self,
        code: &mut Code,
        text: smol_str::SmolStr,
        op: CompareOp,
        left: TExpr,
        right: TExpr,
        place: Place,
    ) -> Option<S> {
        let a = code.hidden(left.ty.clone(), left.place);
        let b = code.hidden(right.ty.clone(), right.place);
        let (read_a, read_b) = (self.read(code, a, left.place), self.read(code, b, right.place));
        let condition = self.comparison(op, read_a, read_b, place);
        if condition.ty.is_invalid() {
            return None;
        }
        let kind = TExpectKind::Sides { left: (a, left.boxed()), right: (b, right.boxed()), condition };
        Some(S::Expect(Box::new(TExpect { text, kind })))
    }

    fn a_run(&mut self, run: &TExpr) -> Option<ProcessId> {
        match run.ty {
            Type::Run(process) => return Some(process),
            Type::Invalid => {}
            _ => {
                let found = self.show(&run.ty);
                let hint = Some("`let run = start p(…)` gives one".into());
                self.report(Problem::Mismatch { place: run.place, expected: "a run of a process".into(), found, hint });
            }
        }
        None
    }

    /// `expect complete run.review(approved: true) as "mia" refused "may not"`: it is refused, and why says so.
    fn expect_refused(&mut self, code: &mut Code, action: &ast::Stmt, why: Option<&Expr>, place: Place) -> Option<S> {
        let at = self.place(action.span);
        let done = match &action.kind {
            StmtKind::Test(stmt) => self.test_stmt(code, stmt, at)?,
            StmtKind::Expr(Expr { kind: ExprKind::Start { .. }, .. }) => {
                let StmtKind::Expr(start) = &action.kind else { return None };
                S::Expr(self.expr(code, start, None))
            }
            _ => {
                self.report(Problem::RefusedWhat { place: at });
                return None;
            }
        };
        let text = self.text(place.span);
        let text = text.strip_prefix("expect ").map_or(text.clone(), Into::into);
        let ty = Type::option(Type::Text);
        let refusal = code.hidden(ty.clone(), place);
        let mut stmts: Vec<TStmt> = vec![S::Try, done].into_iter().map(|kind| TStmt { place: at, kind }).collect();
        stmts.push(TStmt { place: at, kind: S::Let(refusal, TExpr::new(T::Refusal, ty, at)) });
        let read = self.read(code, refusal, place);
        let or = |words: &str| {
            let otherwise = TExpr::text(words, place);
            TExpr::new(T::Coalesce(read.clone().boxed(), otherwise.boxed()), Type::Text, place)
        };
        let kind = match why {
            None => {
                let none = TExpr::new(T::Constant(Constant::None), read.ty.clone(), place);
                let is_none = TExpr::new(T::Equal(read.clone().boxed(), none.boxed()), Type::Bool, place);
                TExpectKind::Holds(TExpr::new(T::Not(is_none.boxed()), Type::Bool, place))
            }
            Some(why) => {
                let why = self.expr_as(code, why, &Type::Text);
                let (left, right) = (code.hidden(Type::Text, place), code.hidden(Type::Text, why.place));
                let sides = vec![self.read(code, left, place), self.read(code, right, place)];
                let condition = TExpr::new(T::Builtin(Builtin::Contains, sides), Type::Bool, place);
                let told = or("not refused");
                TExpectKind::Sides { left: (left, told.boxed()), right: (right, why.boxed()), condition }
            }
        };
        stmts.push(TStmt { place, kind: S::Expect(Box::new(TExpect { text, kind })) });
        let block = TBlock { stmts, value: None, ty: Type::Nothing };
        Some(S::Expr(TExpr::new(T::Block(block), Type::Nothing, place)))
    }

    /// `expect run failed Refused("why")`: the run's outcome is that failure.
    fn expect_failed(&mut self, code: &mut Code, value: &Expr, failed: &ast::Failed, place: Place) -> Option<S> {
        let run = self.expr(code, value, None);
        let process = self.a_run(&run)?;
        // As the other expectations are told: what is expected, without the word.
        let text = self.text(place.span);
        let text = text.strip_prefix("expect ").map_or(text.clone(), Into::into);
        let outcome = self.checked.processes[process.index()].outcome;
        let word = failed.failure.last().clone();
        let cases = &self.checked.enums[outcome.index()].cases;
        let Some(index) = cases.iter().skip(1).position(|c| c.name == word.text).map(|i| i + 1) else {
            let similar = nearest(&word.text, cases.iter().skip(1).map(|c| c.name.as_str()));
            let of = self.checked.processes[process.index()].name.clone();
            let at = self.place(word.span);
            self.report(Problem::UndeclaredFailure { place: at, name: word.text, of, similar });
            return None;
        };
        let fields = &self.checked.enums[outcome.index()].cases[index].fields;
        let params: Vec<Param> =
            fields.iter().map(|f| Param { name: f.name.clone(), ty: f.ty.clone(), default: None }).collect();
        let none = Args { span: failed.failure.span, list: Vec::new(), generator: None };
        let values = self.arguments(code, &word.text, &params, failed.args.as_ref().unwrap_or(&none), place);
        let ty = Type::Enum(outcome);
        let kind = if self.checked.enums[outcome.index()].has_payload() {
            T::Case(outcome, index as u16, values)
        } else {
            T::Constant(Constant::Number(index as i128))
        };
        let wanted = TExpr::new(kind, ty.clone(), place);
        let run = match self.checked.processes[process.index()].lives {
            true => self.outcome_of(run),
            false => TExpr { ty, ..run },
        };
        self.expect_sides(code, text, CompareOp::Eq, run, wanted, place)
    }
}
