//! Scopes: a stretch of a process with what is done around it when a moment or a message comes.
//!
//! The stretch is a branch of the point where the scope begins, and `every` and `on` begin others beside it. `after`,
//! `until` and `cancel on` end all of them: what their steps did is taken back, and the process goes on from the point
//! with what it knew there.

use super::Checker;
use super::function::{Binding, Code};
use super::parallel::Ended;
use super::rest::Arm;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Block, Ident, Trigger};
use smol_str::SmolStr;

/// A stretch whose clocks stand still, in the code that is being checked.
#[derive(Debug)]
pub(crate) struct Pause {
    pub scope: SmolStr,
    /// Inside how many loops it began.
    loops: usize,
}

/// A handler's event, before the stretch is looked at.
struct Handler<'a> {
    event: TEvent,
    name: Option<&'a Ident>,
    given: Option<(LocalId, Type)>,
    filter: Vec<TStmt>,
    body: &'a Block,
    /// It ends the stretch.
    ends: bool,
    place: Place,
}

impl Checker<'_> {
    pub(crate) fn scope(&mut self, code: &mut Code, scope: &ast::Scope, place: Place) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let name = self.point_name(process, scope.name.as_ref().map_or("scope", |name| &name.text));
        let handlers: Vec<Handler<'_>> =
            scope.handlers.iter().filter_map(|handler| self.handler(code, handler)).collect();
        let outside = code.locals.len();
        let mut parts: Vec<(Vec<walk::Found>, Vec<Place>)> = Vec::new();
        code.branches.scopes.push(name.clone());
        let (mut body, mut own) = self.branch(code, &scope.body, (outside, false), &mut parts);
        code.branches.scopes.pop();
        let mut others: Vec<Arm> = Vec::new();
        let mut falls_through = false;
        for handler in handlers {
            let (arm, ends) = self.handled(code, handler, &name, outside, &mut parts);
            falls_through |= ends && arm.body.ty != Type::Never;
            others.push(arm);
        }
        self.fail_among(code, parts);
        if falls_through {
            // Behind the scope nothing says whether the stretch came so far.
            own.retain(|ended| ended.local.index() < outside);
        }
        if body.ty != Type::Never {
            let locals = own.iter().map(|ended| ended.local).collect();
            close_branch(&mut body, S::EndBranch { point: name.clone(), at: 0, locals }, place);
        }
        let mut arms = vec![Arm { event: TEvent::Branch, given: Vec::new(), body }];
        arms.extend(others);
        arms.push(self.joined(code, &own, outside));
        self.rest(name, arms, place, None, false)
    }

    fn handler<'a>(&mut self, code: &mut Code, handler: &'a ast::RaceArm) -> Option<Handler<'a>> {
        let place = self.place(match &handler.trigger {
            Trigger::After(e) | Trigger::Until(e) | Trigger::Every { interval: e, .. } => e.span,
            Trigger::On { message, .. } | Trigger::CancelOn { message, .. } => message.span,
        });
        let (body, ends) = (&handler.body, !matches!(handler.trigger, Trigger::Every { .. } | Trigger::On { .. }));
        let moment = |event| Some(Handler { event, name: None, given: None, filter: Vec::new(), body, ends, place });
        match &handler.trigger {
            Trigger::After(time) => moment(TEvent::Moment(self.away(code, time))),
            Trigger::Until(at) => moment(TEvent::Moment(self.moment(code, at, false))),
            Trigger::Every { interval, after } => {
                let first = self.away(code, after.as_ref().unwrap_or(interval));
                let interval = self.expr_as(code, interval, &Type::Period);
                moment(TEvent::Every(first, interval))
            }
            Trigger::On { name, message, where_ } | Trigger::CancelOn { name, message, where_ } => {
                let id = self.message_of(message)?;
                let event = self.message_event(code, id, false, where_.as_ref(), name.as_ref(), place);
                let (mut event, given, filter) = event?;
                if let TEvent::Message { beside, .. } = &mut event {
                    *beside = !ends;
                }
                Some(Handler { event, name: name.as_ref(), given: Some(given), filter, body, ends, place })
            }
        }
    }

    /// What a handler does, and whether it ends the stretch.
    fn handled(
        &mut self,
        code: &mut Code,
        handler: Handler<'_>,
        point: &SmolStr,
        outside: usize,
        parts: &mut Vec<(Vec<walk::Found>, Vec<Place>)>,
    ) -> (Arm, bool) {
        let Handler { event, name, given, filter, body, ends, place } = handler;
        code.open();
        if let (Some(name), Some((local, _))) = (name, &given) {
            let read = self.read(code, *local, place);
            code.bind(name.text.clone(), Binding::Expr(read.boxed()));
        }
        let steps = parts.first().map_or(Vec::new(), |(steps, _)| steps.clone());
        let (mut checked, own) = self.branch(code, body, (outside, false), parts);
        code.close();
        if ends {
            // What the stretch has done by then is taken back.
            if !steps.is_empty() {
                self.fails_behind.push((place, steps));
            }
        } else {
            for ended in own.iter().filter(|ended| ended.local.index() < outside) {
                self.report(Problem::BesideWrites { place, name: ended.name.clone() });
            }
            if checked.ty != Type::Never {
                let kind = S::EndBranch { point: point.clone(), at: 0, locals: Vec::new() };
                close_branch(&mut checked, kind, place);
            }
        }
        checked.stmts.splice(0..0, filter);
        (Arm { event, given: given.into_iter().collect(), body: checked }, ends)
    }

    /// `pause { … }`: the clocks of the scope around it stand still.
    pub(crate) fn pause(&mut self, code: &mut Code, body: &Block, place: Place) -> Option<S> {
        let Some(scope) = code.branches.scopes.last().cloned() else {
            self.report(Problem::PauseHere { place });
            return None;
        };
        code.branches.pauses.push(Pause { scope: scope.clone(), loops: code.loops });
        let mut block = self.block(code, body, None, false);
        code.branches.pauses.pop();
        let stmt = |stands: bool| TStmt { place, kind: S::Pause { scope: scope.clone(), stands } };
        block.stmts.insert(0, stmt(true));
        if block.ty != Type::Never {
            block.stmts.extend(block.value.take().map(|value| TStmt { place, kind: S::Expr(*value) }));
            block.stmts.push(stmt(false));
            block.ty = Type::Nothing;
        }
        let ty = block.ty.clone();
        Some(S::Expr(TExpr::new(T::Block(block), ty, place)))
    }

    /// What is to be set going again before a `break` leaves the innermost loop.
    pub(crate) fn unpause(&self, code: &Code, place: Place) -> Vec<TStmt> {
        let left = code.branches.pauses.iter().rev().filter(|pause| pause.loops == code.loops);
        let stmt = |pause: &Pause| TStmt { place, kind: S::Pause { scope: pause.scope.clone(), stands: false } };
        left.map(stmt).collect()
    }

    /// The way on when all branches have ended, with what they hand on.
    pub(crate) fn joined(&mut self, code: &mut Code, given: &[Ended], outside: usize) -> Arm {
        let ty = |ended: &Ended| code.locals[ended.local.index()].ty.clone();
        let locals = given.iter().map(|ended| (ended.local, ty(ended))).collect();
        for ended in given.iter().filter(|ended| ended.local.index() >= outside) {
            code.bind(ended.name.clone(), Binding::Local(ended.local));
        }
        let body = TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing };
        Arm { event: TEvent::Joined { enough: None, drain: false, gathers: false }, given: locals, body }
    }

    /// A failure in one of several branches may come after the steps of another.
    pub(crate) fn fail_among(&mut self, code: &mut Code, parts: Vec<(Vec<walk::Found>, Vec<Place>)>) {
        for (number, (_, fails)) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != number);
            let steps: Vec<walk::Found> = others.flat_map(|(_, (steps, _))| steps.iter().cloned()).collect();
            for fail in fails.iter().filter(|_| !steps.is_empty()) {
                self.fails_behind.push((*fail, steps.clone()));
            }
        }
        code.branches.fails.extend(parts.into_iter().flat_map(|(_, fails)| fails));
    }
}

/// A branch whose end is reached hands on what it has come to.
pub(crate) fn close_branch(body: &mut TBlock, end: S, place: Place) {
    body.stmts.extend(body.value.take().map(|value| TStmt { place, kind: S::Expr(*value) }));
    body.stmts.push(TStmt { place, kind: end });
    body.ty = Type::Never;
}
