//! Branches that go on side by side, each with a copy of what is known, until all are done.
//!
//! They are arms of the `match` over what happens at the point where the process parts: a branch begins there as an
//! event of its own, and what each has named or assigned is given when all have ended.

use super::Checker;
use super::function::{Binding, Code};
use super::rest::Arm;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Block, Ident, ParallelBody};
use smol_str::SmolStr;

/// What is known of the branch that is being checked.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    /// Inside how many branches code stands.
    pub depth: usize,
    /// Places where a branch may fail.
    pub fails: Vec<Place>,
}

/// What a branch hands on when it has ended.
struct Ended {
    name: SmolStr,
    local: LocalId,
}

impl Checker<'_> {
    pub(crate) fn parallel(&mut self, code: &mut Code, parallel: &ast::Parallel, place: Place) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        if let Some(join) = &parallel.join {
            let at = self.place(join.span);
            self.not_yet(at, "branches that are not all waited for");
        }
        let ParallelBody::Branches(branches) = &parallel.body else {
            self.not_yet(place, "`parallel for`");
            return TExpr::invalid(place);
        };
        let name = self.point_name(process, "parallel");
        let outside = code.locals.len();
        let mut arms = Vec::new();
        let mut given: Vec<Ended> = Vec::new();
        // What the steps of each branch do, and where each may fail.
        let mut parts: Vec<(Vec<walk::Found>, Vec<Place>)> = Vec::new();
        for (title, block) in branches {
            let (body, own) = self.branch(code, block, outside, &mut parts);
            let at = given.len() as u16;
            self.hand_on(title, own, &mut given, &code.locals);
            let mut body = body;
            if body.ty != Type::Never {
                let locals = given[usize::from(at)..].iter().map(|ended| ended.local).collect();
                let kind = S::EndBranch { point: name.clone(), at, locals };
                body.stmts.extend(body.value.take().map(|value| TStmt { place, kind: S::Expr(*value) }));
                body.stmts.push(TStmt { place, kind });
                body.ty = Type::Never;
            }
            arms.push(Arm { event: TEvent::Branch, given: Vec::new(), body });
        }
        // A failure in one branch may come after the steps of another.
        for (number, (_, fails)) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != number);
            let steps: Vec<walk::Found> = others.flat_map(|(_, (steps, _))| steps.iter().cloned()).collect();
            for fail in fails.iter().filter(|_| !steps.is_empty()) {
                self.fails_behind.push((*fail, steps.clone()));
            }
        }
        for (_, fails) in parts {
            code.branches.fails.extend(fails);
        }
        let locals = given.iter().map(|ended| (ended.local, code.locals[ended.local.index()].ty.clone())).collect();
        for ended in &given {
            if ended.local.index() >= outside {
                code.bind(ended.name.clone(), Binding::Local(ended.local));
            }
        }
        let body = TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing };
        arms.push(Arm { event: TEvent::Joined, given: locals, body });
        self.rest(name, arms, place, None, false)
    }

    /// A branch, and what it hands on: names of its own block, and variables around it that it assigns.
    fn branch(
        &mut self,
        code: &mut Code,
        block: &Block,
        outside: usize,
        parts: &mut Vec<(Vec<walk::Found>, Vec<Place>)>,
    ) -> (TBlock, Vec<Ended>) {
        let before = code.steps_done.len();
        let fails = std::mem::take(&mut code.branches.fails);
        let loops = std::mem::take(&mut code.loops);
        code.branches.depth += 1;
        code.open();
        let body = self.statements(code, &block.stmts, None, false);
        let mut own: Vec<Ended> = code
            .innermost()
            .into_iter()
            .filter(|(_, local)| local.index() >= outside)
            .map(|(name, local)| Ended { name, local })
            .collect();
        code.close();
        code.branches.depth -= 1;
        code.loops = loops;
        let fails = std::mem::replace(&mut code.branches.fails, fails);
        parts.push((code.steps_done[before..].to_vec(), fails));
        let assigned = walk::of_block(&body).assigned;
        for local in assigned.into_iter().filter(|local| local.index() < outside) {
            own.push(Ended { name: code.locals[local.index()].name.clone(), local });
        }
        (body, own)
    }

    /// No two branches hand on the same.
    fn hand_on(&mut self, title: &Ident, own: Vec<Ended>, given: &mut Vec<Ended>, locals: &[Local]) {
        let place = self.place(title.span);
        for ended in own {
            match given.iter().find(|known| known.name == ended.name) {
                Some(known) if known.local == ended.local => {
                    self.report(Problem::BranchesWrite { place, name: ended.name });
                }
                Some(known) => {
                    let first = Some(locals[known.local.index()].place);
                    let place = locals[ended.local.index()].place;
                    self.report(Problem::DuplicateName { place, name: ended.name, first });
                }
                None => given.push(ended),
            }
        }
    }
}
