//! Blocks and statements.

use super::function::{Binding, Code, CodeKind};
use super::names::nearest;
use super::{Checker, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Block, Else, Expr, ExprKind, For, ForSource, Stmt, StmtKind};
use bp_grammar::span::Span;
use smol_str::SmolStr;
use std::sync::Arc;

impl Checker<'_> {
    /// A block; with `wanted`, its last statement's value is asked for where it is an expression.
    pub(crate) fn block(&mut self, code: &mut Code, block: &Block, hint: Option<&Type>, wanted: bool) -> TBlock {
        code.open();
        let result = self.statements(code, &block.stmts, hint, wanted);
        code.close();
        result
    }

    /// The body of a function: its value, or what it returns, is of the result's type.
    pub(crate) fn body_block(&mut self, code: &mut Code, block: &Block, result: &Type) -> TBlock {
        let wanted = *result != Type::Nothing;
        let body = self.block(code, block, wanted.then_some(result), wanted);
        if !wanted {
            return body;
        }
        match (&body.value, &body.ty) {
            (_, Type::Never | Type::Invalid) => body,
            (Some(_), _) => self.coerce_block(body, result),
            (None, _) => {
                let (place, expected) = (self.end_of(block), self.show(result));
                self.report(Problem::NoValue { place, expected });
                body
            }
        }
    }

    /// The brace that ends a block.
    pub(crate) fn end_of(&self, block: &Block) -> Place {
        self.place(Span::new(block.span.end.saturating_sub(1), block.span.end))
    }

    pub(crate) fn statements(&mut self, code: &mut Code, stmts: &[Stmt], hint: Option<&Type>, wanted: bool) -> TBlock {
        let mut out = Vec::new();
        let mut ended = false;
        let mut told = false;
        for (i, stmt) in stmts.iter().enumerate() {
            let place = self.place(stmt.span);
            if let StmtKind::Process(process) = &stmt.kind
                && let ast::ProcessStmt::Stage { name, body } = &**process
            {
                if let Some((kind, stage_ended)) = self.stage(code, name, body, !ended) {
                    out.push(TStmt { place, kind });
                    ended = stage_ended;
                }
                continue;
            }
            if ended && !told {
                told = true;
                self.report(Problem::NeverReached { place, what: "what follows" });
            }
            let last = i + 1 == stmts.len();
            if last
                && wanted
                && let Some(value) = self.last_value(code, stmt, hint)
            {
                return TBlock { ty: value.ty.clone(), stmts: out, value: Some(Box::new(value)) };
            }
            ended |= self.stmt(code, stmt, &mut out);
        }
        TBlock { stmts: out, value: None, ty: if ended { Type::Never } else { Type::Nothing } }
    }

    /// The last statement as the block's value, where it can be one.
    fn last_value(&mut self, code: &mut Code, stmt: &Stmt, hint: Option<&Type>) -> Option<TExpr> {
        let place = self.place(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(e) => Some(self.expr(code, e, hint)),
            StmtKind::If { condition, then, otherwise: Some(otherwise) } => {
                let e = Expr {
                    span: stmt.span,
                    kind: ExprKind::If {
                        condition: Box::new(condition.clone()),
                        then: then.clone(),
                        otherwise: Some(otherwise.clone()),
                    },
                };
                Some(self.expr(code, &e, hint))
            }
            StmtKind::Match { value, arms } => {
                let m = self.match_(code, value, arms, place, hint, true);
                let ty = m.ty.clone();
                Some(TExpr::new(T::Match(Box::new(m)), ty, place))
            }
            _ => None,
        }
    }

    /// One statement; true if nothing behind it is reached.
    fn stmt(&mut self, code: &mut Code, stmt: &Stmt, out: &mut Vec<TStmt>) -> bool {
        let place = self.place(stmt.span);
        let mut push = |kind| out.push(TStmt { place, kind });
        match &stmt.kind {
            StmtKind::Invalid => {}
            StmtKind::Let { mutable, name, ty, value } => {
                let declared = ty.as_ref().map(|t| self.type_of(t));
                code.naming = Some(name.text.clone());
                let value = match &declared {
                    Some(ty) => self.expr_as(code, value, ty),
                    None => self.expr(code, value, None),
                };
                code.naming = None;
                if matches!(value.ty, Type::Nothing) {
                    let at = value.place;
                    self.report(Problem::NoValue { place: at, expected: "a value".into() });
                }
                let ended = value.ty == Type::Never;
                let ty = match declared {
                    Some(ty) => ty,
                    // A `var` keeps the type of its first value, so a literal takes its natural scale.
                    None if *mutable => self.stored(&value.ty),
                    None => value.ty.clone(),
                };
                let value = self.coerce(value, &ty);
                if let Type::List(of) | Type::Option(of) = &ty
                    && **of == Type::Never
                {
                    let at = self.place(name.span);
                    self.report(Problem::TypeUnknown { place: at, name: name.text.clone() });
                }
                let id = self.local(code, name, ty, *mutable);
                push(S::Let(id, value));
                return ended;
            }
            StmtKind::If { condition, then, otherwise } => {
                return self.if_stmt(code, condition, then, otherwise.as_deref(), place, out);
            }
            StmtKind::Match { value, arms } => {
                let m = self.match_(code, value, arms, place, None, false);
                let ended = !m.arms.is_empty() && m.arms.iter().all(|a| a.body.ty == Type::Never);
                push(S::Match(Box::new(m)));
                return ended;
            }
            StmtKind::While { condition, body } => {
                if !matches!(code.kind, CodeKind::Process(_)) {
                    self.report(Problem::WhileHere { place });
                }
                let condition = self.expr_as(code, condition, &Type::Bool);
                code.loops += 1;
                let body = self.block(code, body, None, false);
                code.loops -= 1;
                push(S::While { condition, body });
            }
            StmtKind::For(f) => self.for_stmt(code, f, place, out),
            StmtKind::Return(value) => {
                let value = self.return_value(code, value.as_ref(), place);
                push(S::Return(value));
                return true;
            }
            StmtKind::Fail { failure, args } => {
                push(self.fail(code, failure, args.as_ref(), place).unwrap_or(S::Return(None)));
                return true;
            }
            StmtKind::Go(word) => match self.go(code, word) {
                Some(kind) => {
                    push(kind);
                    return true;
                }
                None => return true,
            },
            StmtKind::Break => {
                if code.loops == 0 {
                    self.report(Problem::BreakHere { place });
                }
                out.extend(self.unpause(code, place));
                out.push(TStmt { place, kind: S::Break });
                return true;
            }
            StmtKind::Expr(e) => {
                let race = match &e.kind {
                    ExprKind::Run(run) => match &**run {
                        ast::Run::Race(arms) => Some(arms),
                        _ => None,
                    },
                    _ => None,
                };
                let value = match race {
                    Some(arms) => self.race(code, arms, place, None, false),
                    None => self.expr(code, e, None),
                };
                let ended = value.ty == Type::Never;
                push(S::Expr(value));
                return ended;
            }
            StmtKind::Assign { target, value } => {
                if let Some(kind) = self.assign(code, target, value) {
                    push(kind);
                }
            }
            StmtKind::Add { value, to } => {
                if let Some((id, Type::List(of))) = self.growing(code, to, "a list") {
                    let value = self.expr_as(code, value, &of);
                    push(S::Add(id, value));
                } else {
                    self.expr(code, value, None);
                }
            }
            StmtKind::Put { key, value, into } => {
                if let Some((id, Type::Map(k, v))) = self.growing(code, into, "a map") {
                    let key = self.expr_as(code, key, &k);
                    let value = self.expr_as(code, value, &v);
                    push(S::Put(id, key, value));
                } else {
                    self.expr(code, key, None);
                    self.expr(code, value, None);
                }
            }
            StmtKind::Post(post) => {
                self.needs(code, Effect::Changes, place, "a posting changes the books");
                let kind = self.post(code, post, place);
                push(kind);
            }
            StmtKind::Test(test) => {
                if let Some(kind) = self.test_stmt(code, test, place) {
                    push(kind);
                }
            }
            StmtKind::Transition { target, state } => {
                if let Some(kind) = self.transition(code, target, state, place) {
                    push(kind);
                }
            }
            StmtKind::Change { target, args } => {
                if let Some(kind) = self.change(code, target, args, place) {
                    push(kind);
                }
            }
            StmtKind::Settle(settle) => {
                if let Some(kind) = self.settle(code, settle, place) {
                    push(kind);
                }
            }
            StmtKind::Free(free) => {
                if let Some(kind) = self.free(code, free, place) {
                    push(kind);
                }
            }
            StmtKind::Reverse(posting) => {
                if let Some(kind) = self.reverse(code, posting.as_ref(), place) {
                    push(kind);
                }
            }
            StmtKind::Process(p) => {
                if let Some(kind) = self.process_stmt(code, p, place) {
                    let ended = matches!(&kind, S::Expr(value) if value.ty == Type::Never);
                    push(kind);
                    return ended;
                }
            }
        }
        false
    }

    fn if_stmt(
        &mut self,
        code: &mut Code,
        condition: &Expr,
        then: &Block,
        otherwise: Option<&Else>,
        place: Place,
        out: &mut Vec<TStmt>,
    ) -> bool {
        let condition = self.expr_as(code, condition, &Type::Bool);
        let mut ways = code.ways();
        let then = self.block(code, then, None, false);
        ways.gone(code, &then);
        let otherwise = match otherwise {
            None => TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing },
            Some(Else::Block(block)) => self.block(code, block, None, false),
            Some(Else::If(Expr { kind: ExprKind::If { condition, then, otherwise }, span })) => {
                let mut stmts = Vec::new();
                let at = self.place(*span);
                let ended = self.if_stmt(code, condition, then, otherwise.as_deref(), at, &mut stmts);
                TBlock { stmts, value: None, ty: if ended { Type::Never } else { Type::Nothing } }
            }
            Some(Else::If(other)) => {
                let value = self.expr(code, other, None);
                super::branch::value_block(value)
            }
        };
        ways.gone(code, &otherwise);
        ways.together(code);
        let ended = then.ty == Type::Never && otherwise.ty == Type::Never;
        out.push(TStmt { place, kind: S::If { condition, then, otherwise } });
        ended
    }

    fn for_stmt(&mut self, code: &mut Code, f: &For, place: Place, out: &mut Vec<TStmt>) {
        enum Over {
            List(TExpr, Type),
            Range(TExpr, TExpr),
            Rows(Arc<DataRows>),
        }
        let over = match &f.source {
            ForSource::Files { row, files } => {
                if code.kind != CodeKind::Test {
                    self.report(Problem::FilesHere { place });
                }
                let ty = self.type_of(row);
                match (self.base(&ty), self.place(row.span)) {
                    (Type::Record(id), _) => Over::Rows(self.data_rows(id, files)),
                    (Type::Invalid, _) => return,
                    (_, at) => {
                        let found = self.show(&ty);
                        self.report(Problem::Mismatch { place: at, expected: "a record".into(), found, hint: None });
                        return;
                    }
                }
            }
            ForSource::Values(Expr { kind: ExprKind::Range(range), span }) => {
                let at = self.place(*span);
                match self.whole_range(code, range, at) {
                    Some((low, high)) => Over::Range(low, high),
                    None => return self.skipped_loop(code, f),
                }
            }
            ForSource::Values(e) => {
                let list = self.source(code, e);
                match self.base(&list.ty) {
                    Type::List(of) => Over::List(list, (*of).clone()),
                    _ => return self.skipped_loop(code, f),
                }
            }
        };
        let ty = match &over {
            Over::List(_, ty) => ty.clone(),
            Over::Range(..) => Type::INT,
            Over::Rows(rows) => Type::Record(rows.record),
        };
        code.open();
        let local = self.local(code, &f.name, ty, false);
        let it = self.read(code, local, place);
        code.bind("it".into(), Binding::Expr(it.boxed()));
        let where_ = f.where_.as_ref().map(|w| self.expr_as(code, w, &Type::Bool));
        code.loops += 1;
        let body = self.block(code, &f.body, None, false);
        code.loops -= 1;
        code.close();
        let kind = match over {
            Over::List(list, _) => S::For { local, list, where_, body },
            Over::Range(low, high) => S::ForRange { local, low, high, where_, body },
            Over::Rows(rows) => S::ForRows { local, rows, where_, body },
        };
        out.push(TStmt { place, kind });
    }

    /// The body of a loop over something wrong is checked all the same, for its own faults.
    fn skipped_loop(&mut self, code: &mut Code, f: &For) {
        code.open();
        self.local(code, &f.name, Type::Invalid, false);
        code.loops += 1;
        self.block(code, &f.body, None, false);
        code.loops -= 1;
        code.close();
    }

    fn return_value(&mut self, code: &mut Code, value: Option<&Expr>, place: Place) -> Option<TExpr> {
        if code.step.is_some() {
            self.report(Problem::ReturnInStep { place });
        }
        match (code.kind, value) {
            (CodeKind::Process(id), value) => self.process_return(code, id, value, place),
            (CodeKind::Test, _) => {
                self.report(Problem::ReturnHere { place });
                None
            }
            (_, Some(value)) => {
                let result = match code.outcome {
                    Some(outcome) => self.done_type(outcome),
                    None => code.result.clone(),
                };
                if result == Type::Nothing {
                    let value = self.expr(code, value, None);
                    let found = self.show(&value.ty);
                    self.report(Problem::Mismatch { place, expected: "no value".into(), found, hint: None });
                    return None;
                }
                let value = self.expr_as(code, value, &result);
                Some(match code.outcome {
                    Some(outcome) => self.outcome_case(outcome, 0, vec![value], place),
                    None => value,
                })
            }
            (_, None) if code.outcome.is_some_and(|outcome| self.done_type(outcome) == Type::Nothing) => {
                code.outcome.map(|outcome| self.outcome_case(outcome, 0, Vec::new(), place))
            }
            (_, None) => {
                if code.result != Type::Nothing {
                    let expected = self.show(&code.result);
                    self.report(Problem::BareReturn { place, expected });
                }
                None
            }
        }
    }

    /// The local that a statement changes; it has to be a `var`.
    fn variable(&mut self, code: &Code, name: &ast::Ident) -> Option<LocalId> {
        let place = self.place(name.span);
        match code.lookup(&name.text) {
            Some(Binding::Local(id)) => {
                let local = &code.locals[id.index()];
                if !local.mutable {
                    let declared = local.place;
                    self.report(Problem::NotVariable { place, name: name.text.clone(), declared: Some(declared) });
                    return None;
                }
                Some(*id)
            }
            Some(Binding::Expr(_)) => {
                self.report(Problem::NotVariable { place, name: name.text.clone(), declared: None });
                None
            }
            None => {
                let similar = nearest(&name.text, code.names().map(SmolStr::as_str));
                self.report(Problem::UnknownName {
                    place,
                    what: "variable",
                    name: name.text.clone(),
                    similar,
                    inside: None,
                });
                None
            }
        }
    }

    fn assign(&mut self, code: &mut Code, target: &Expr, value: &Expr) -> Option<S> {
        match &target.kind {
            ExprKind::Name(name) => {
                let Some(id) = self.variable(code, name) else {
                    self.expr(code, value, None);
                    return None;
                };
                let ty = code.locals[id.index()].ty.clone();
                let value = self.expr_as(code, value, &ty);
                Some(S::Assign(id, value))
            }
            // A field of a record in a variable: the variable takes a changed copy.
            ExprKind::Field { base, name, safe: false } => {
                let ExprKind::Name(variable) = &base.kind else {
                    let place = self.place(target.span);
                    self.report(Problem::AssignTarget { place });
                    return None;
                };
                if variable.text == "config" && code.lookup("config").is_none() {
                    let configured = self.expr(code, target, None);
                    if let T::Config(id) = configured.kind {
                        let (place, name) = (configured.place, format!("config.{}", name.text).into());
                        let declared = Some(self.checked.configs[id.index()].place);
                        self.report(Problem::NotVariable { place, name, declared });
                    }
                    return None;
                }
                let id = self.variable(code, variable)?;
                let place = self.place(target.span);
                let ty = code.locals[id.index()].ty.clone();
                let Type::Record(record) = self.base(&ty) else {
                    let read = self.read(code, id, place);
                    self.wrong_type(&read, "a record");
                    return None;
                };
                let fields = &self.checked.records[record.index()].fields;
                let Some(index) = fields.iter().position(|f| f.name == name.text) else {
                    let read = self.read(code, id, place);
                    self.field_of(read, name, place);
                    return None;
                };
                let field_ty = fields[index].ty.clone();
                let value = self.expr_as(code, value, &field_ty);
                let base = self.read(code, id, place);
                let with = TExpr::new(T::With(base.boxed(), vec![(index as u16, value)]), ty, place);
                Some(S::Assign(id, with))
            }
            _ => {
                let place = self.place(target.span);
                self.report(Problem::AssignTarget { place });
                self.expr(code, value, None);
                None
            }
        }
    }

    /// The list or map in a variable that `add` or `put` grows.
    fn growing(&mut self, code: &mut Code, place: &ast::Place, what: &'static str) -> Option<(LocalId, Type)> {
        let at = self.place(place.span);
        let [name] = place.path.words.as_slice() else {
            self.report(Problem::AssignTarget { place: at });
            return None;
        };
        if !place.indices.is_empty() {
            self.report(Problem::AssignTarget { place: at });
            return None;
        }
        let id = self.variable(code, name)?;
        let ty = self.base(&code.locals[id.index()].ty);
        match (&ty, what) {
            (Type::List(_), "a list") | (Type::Map(..), "a map") => Some((id, ty)),
            (Type::Invalid, _) => None,
            _ => {
                let found = self.show(&ty);
                self.report(Problem::Mismatch { place: at, expected: what.into(), found, hint: None });
                None
            }
        }
    }
}
