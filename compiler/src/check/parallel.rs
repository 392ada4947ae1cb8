//! Branches that go on side by side, each with a copy of what is known, until all are done.
//!
//! They are arms of the `match` over what happens at the point where the process parts: a branch begins there as an
//! event of its own, and what each has named or assigned is given when all have ended.

use super::Checker;
use super::function::Code;
use super::rest::Arm;
use super::scope::{Pause, close_branch};
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
    /// The scopes around it, and the stretches of the innermost one whose clocks stand still.
    pub scopes: Vec<SmolStr>,
    pub pauses: Vec<Pause>,
}

/// What a branch hands on when it has ended.
pub(crate) struct Ended {
    pub name: SmolStr,
    pub local: LocalId,
}

impl Checker<'_> {
    pub(crate) fn parallel(&mut self, code: &mut Code, parallel: &ast::Parallel, place: Place) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let branches = match (&parallel.body, &parallel.join) {
            (ParallelBody::For { name, source, where_, body }, join) => {
                return self.parallel_for(code, (name, source, where_.as_ref(), body), join.as_ref(), place);
            }
            (ParallelBody::Branches(branches), Some(join)) => return self.some_of(code, branches, join, place),
            (ParallelBody::Branches(branches), None) => branches,
        };
        let name = self.point_name(process, "parallel");
        let outside = code.locals.len();
        let mut arms = Vec::new();
        let mut given: Vec<Ended> = Vec::new();
        // What the steps of each branch do, and where each may fail.
        let mut parts: Vec<(Vec<walk::Found>, Vec<Place>)> = Vec::new();
        for (title, block) in branches {
            let (body, own) = self.branch(code, block, (outside, false), &mut parts);
            let at = given.len() as u16;
            self.hand_on(title, own, &mut given, &code.locals);
            let mut body = body;
            if body.ty != Type::Never {
                let locals = given[usize::from(at)..].iter().map(|ended| ended.local).collect();
                close_branch(&mut body, S::EndBranch { point: name.clone(), at, locals }, place);
            }
            arms.push(Arm { event: TEvent::Branch, given: Vec::new(), body });
        }
        self.fail_among(code, parts);
        arms.push(self.joined(code, &given, outside));
        self.rest(name, arms, place, None, false)
    }

    /// A branch, and what it hands on: names of its own block, and variables around it that it assigns. `wanted`: its
    /// value is as well.
    pub(crate) fn branch(
        &mut self,
        code: &mut Code,
        block: &Block,
        (outside, wanted): (usize, bool),
        parts: &mut Vec<(Vec<walk::Found>, Vec<Place>)>,
    ) -> (TBlock, Vec<Ended>) {
        let before = code.steps_done.len();
        let fails = std::mem::take(&mut code.branches.fails);
        let loops = std::mem::take(&mut code.loops);
        let pauses = std::mem::take(&mut code.branches.pauses);
        code.branches.depth += 1;
        code.open();
        let body = self.statements(code, &block.stmts, None, wanted);
        let mut own: Vec<Ended> = code
            .innermost()
            .into_iter()
            .filter(|(_, local)| local.index() >= outside)
            .map(|(name, local)| Ended { name, local })
            .collect();
        code.close();
        code.branches.depth -= 1;
        code.branches.pauses = pauses;
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
