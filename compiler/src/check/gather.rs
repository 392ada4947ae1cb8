//! Branches whose values are gathered: one for each element of a list, or several of which not all are waited for.

use super::Checker;
use super::branch::value_block;
use super::function::{Code, CodeKind};
use super::parallel::Ended;
use super::rest::Arm;
use super::scope::close_branch;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Block, Expr, ExprKind, Generator, Ident, Rest};
use smol_str::SmolStr;

/// A branch that has been checked.
struct Gathered {
    event: TEvent,
    given: Vec<(LocalId, Type)>,
    body: TBlock,
    place: Place,
}

impl Checker<'_> {
    /// `parallel for x in xs where … { … }`: a branch for each element. Its value is a list of theirs, in order.
    pub(crate) fn parallel_for(
        &mut self,
        code: &mut Code,
        (name, source, where_, body): (&Ident, &Expr, Option<&Expr>, &Block),
        join: Option<&ast::Join>,
        place: Place,
    ) -> TExpr {
        let CodeKind::Process(process) = code.kind else { return TExpr::invalid(place) };
        let point = self.point_name(process, "parallel");
        let list = match where_ {
            None => self.source(code, source),
            Some(condition) => {
                let generator = Generator {
                    span: source.span,
                    name: name.clone(),
                    source: source.clone(),
                    where_: Some(condition.clone()),
                    grouped_by: None,
                    sorted_by: None,
                };
                let element = Box::new(Expr { span: name.span, kind: ExprKind::Name(name.clone()) });
                let kind = ExprKind::ListFor { element, generator: Box::new(generator) };
                self.expr(code, &Expr { span: source.span, kind }, None)
            }
        };
        let Type::List(of) = self.base(&list.ty) else { return TExpr::invalid(place) };
        let of = self.stored(&of);
        let list = self.coerce(list, &Type::list(of.clone()));
        let mut parts = Vec::new();
        code.open();
        let element = self.local(code, name, of.clone(), false);
        let body = self.gathered(code, body, &mut parts);
        code.close();
        // Others of the same kind may have come further.
        let (steps, fails) = parts.pop().unwrap_or_default();
        for fail in fails.iter().filter(|_| !steps.is_empty()) {
            self.fails_behind.push((*fail, steps.clone()));
        }
        code.branches.fails.extend(fails);
        let branch = Gathered { event: TEvent::Each(list), given: vec![(element, of)], body, place };
        self.gather(code, (point, vec![branch], steps), join, place)
    }

    /// `parallel join 2, cancel rest { branch a { … } … }`: the values of the branches that have ended.
    pub(crate) fn some_of(
        &mut self,
        code: &mut Code,
        branches: &[(Ident, Block)],
        join: &ast::Join,
        place: Place,
    ) -> TExpr {
        let CodeKind::Process(process) = code.kind else { return TExpr::invalid(place) };
        let point = self.point_name(process, "parallel");
        let (mut parts, mut made) = (Vec::new(), Vec::new());
        for (title, block) in branches {
            let body = self.gathered(code, block, &mut parts);
            made.push(Gathered { event: TEvent::Branch, given: Vec::new(), body, place: self.place(title.span) });
        }
        let steps = parts.iter().flat_map(|(steps, _)| steps.iter().cloned()).collect();
        self.fail_among(code, parts);
        self.gather(code, (point, made, steps), Some(join), place)
    }

    /// A branch with its value. It assigns nothing around it: nobody could say which of several counts.
    fn gathered(&mut self, code: &mut Code, block: &Block, parts: &mut Vec<(Vec<walk::Found>, Vec<Place>)>) -> TBlock {
        let outside = code.locals.len();
        let (body, own) = self.branch(code, block, (outside, true), parts);
        let place = self.place(block.span);
        for Ended { name, .. } in own.into_iter().filter(|ended| ended.local.index() < outside) {
            self.report(Problem::GatherWrites { place, name });
        }
        body
    }

    fn gather(
        &mut self,
        code: &mut Code,
        (point, branches, steps): (SmolStr, Vec<Gathered>, Vec<walk::Found>),
        join: Option<&ast::Join>,
        place: Place,
    ) -> TExpr {
        let drain = join.is_some_and(|join| join.rest == Some(Rest::Drain));
        let is_first = join.is_some_and(|join| join.count.is_none());
        let enough = join.map(|join| match &join.count {
            Some(count) => self.expr_as(code, count, &Type::INT),
            None => TExpr::number(1, Type::INT, place),
        });
        if let Some(join) = join.filter(|_| !drain && !steps.is_empty()) {
            // What the others have done by then is taken back.
            let at = self.place(join.span);
            self.fails_behind.push((at, steps));
        }
        let going_on: Vec<&TBlock> = branches.iter().map(|b| &b.body).filter(|body| body.ty != Type::Never).collect();
        let ty = match self.join_blocks(&going_on) {
            Some(Type::Nothing | Type::Never) => None,
            Some(ty) => Some(self.stored(&ty)),
            None if going_on.iter().all(|body| body.ty == Type::Nothing) => None,
            None => {
                let (expected, found) = (self.show(&going_on[0].ty), self.show(&going_on[1].ty));
                let hint = Some("what is gathered of several branches is of one type".into());
                self.report(Problem::Mismatch { place, expected, found, hint });
                return TExpr::invalid(place);
            }
        };
        let mut arms = Vec::with_capacity(branches.len() + 1);
        for Gathered { event, given, body, place } in branches {
            let mut body = match &ty {
                Some(ty) if body.ty != Type::Never => self.coerce_block(body, ty),
                _ => body,
            };
            if body.ty != Type::Never {
                let mut locals = Vec::new();
                // A value of nothing, such as a wait, is still done.
                if let Some(ty) = &ty
                    && let Some(value) = body.value.take()
                {
                    let local = code.hidden(ty.clone(), place);
                    body.stmts.push(TStmt { place, kind: S::Let(local, *value) });
                    locals.push(local);
                }
                close_branch(&mut body, S::EndBranch { point: point.clone(), at: 0, locals }, place);
            }
            arms.push(Arm { event, given, body });
        }
        let joined = TEvent::Joined { enough, drain, gathers: true };
        let (given, body) = match ty {
            None => (Vec::new(), TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing }),
            Some(ty) => {
                let all = code.hidden(Type::list(ty.clone()), place);
                let read = self.read(code, all, place);
                let value = match is_first {
                    true => {
                        let zero = TExpr::number(0, Type::INT, place);
                        TExpr::new(T::Item(read.boxed(), zero.boxed()), ty.clone(), place)
                    }
                    false => read,
                };
                (vec![(all, Type::list(ty))], value_block(value))
            }
        };
        arms.push(Arm { event: joined, given, body });
        self.rest(point, arms, place, None, true)
    }
}
