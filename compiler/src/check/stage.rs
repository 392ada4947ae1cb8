//! Stages: stretches of a process that it goes to and fro between.
//!
//! They stand one behind the other in the process's own block. What a stage names is known in those behind it; that it
//! has a value there on every way is looked at when the whole is compiled ([`crate::lower`]).

use super::Checker;
use super::function::{Code, CodeKind};
use super::names::nearest;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Block, Ident, ProcessStmt, StmtKind};
use smol_str::SmolStr;

/// The stages of the process at hand.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    names: Vec<(SmolStr, Place)>,
    /// The stage whose body is being checked.
    pub current: Option<usize>,
    /// Which leads to which.
    ways: Vec<(usize, usize)>,
    /// What the steps of each stage do.
    steps: Vec<Vec<walk::Found>>,
    /// Stages that something before them leads to.
    reached: Vec<bool>,
}

impl Stages {
    pub fn any(&self) -> bool {
        !self.names.is_empty()
    }

    /// What steps of other stages, or of the same one in an earlier round, may have done before a place in a stage.
    pub fn before(&self, stage: usize) -> Vec<walk::Found> {
        let mut found = Vec::new();
        for (from, steps) in self.steps.iter().enumerate() {
            if self.leads(from, stage) {
                found.extend(steps.iter().cloned());
            }
        }
        found
    }

    /// Whether a way of at least one step leads from a stage to another.
    fn leads(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.names.len()];
        let mut todo = vec![from];
        while let Some(at) = todo.pop() {
            for (_, next) in self.ways.iter().filter(|(a, _)| *a == at) {
                if *next == to {
                    return true;
                }
                if !std::mem::replace(&mut seen[*next], true) {
                    todo.push(*next);
                }
            }
        }
        false
    }
}

impl Checker<'_> {
    /// The stages that stand in a process's block, known before any of them is checked.
    pub(crate) fn find_stages(&mut self, code: &mut Code, body: &Block) {
        for stmt in &body.stmts {
            let StmtKind::Process(process) = &stmt.kind else { continue };
            let ProcessStmt::Stage { name, .. } = &**process else { continue };
            let place = self.place(name.span);
            match code.stages.names.iter().find(|(known, _)| *known == name.text) {
                Some((_, first)) => {
                    let first = Some(*first);
                    self.report(Problem::DuplicateName { place, name: name.text.clone(), first });
                }
                None => code.stages.names.push((name.text.clone(), place)),
            }
        }
        code.stages.steps = vec![Vec::new(); code.stages.names.len()];
        code.stages.reached = vec![false; code.stages.names.len()];
    }

    /// A stage; true if its end is never reached. `goes_on` says whether what stands before it leads into it.
    pub(crate) fn stage(&mut self, code: &mut Code, name: &Ident, body: &Block, goes_on: bool) -> Option<(S, bool)> {
        let at = self.place(name.span);
        let is_own = |known: &(SmolStr, Place)| known.1 == at;
        let Some(number) = code.stages.names.iter().position(is_own) else {
            // One of a name that is taken has been told of; any other stands inside of something.
            if !code.stages.names.iter().any(|(known, _)| *known == name.text) {
                self.report(Problem::StageHere { place: at });
            }
            return None;
        };
        if goes_on {
            code.stages.reached[number] = true;
            if let Some(before) = number.checked_sub(1) {
                code.stages.ways.push((before, number));
            }
        }
        if !code.stages.reached[number] {
            self.report(Problem::StageNotReached { place: at, name: name.text.clone() });
        }
        let before = code.steps_done.len();
        code.stages.current = Some(number);
        // What it names is known behind it as well.
        let body = self.statements(code, &body.stmts, None, false);
        code.stages.current = None;
        code.stages.steps[number] = code.steps_done.split_off(before);
        let ended = body.ty == Type::Never;
        Some((S::Stage(number as u16, body), ended))
    }

    /// `go shipped`
    pub(crate) fn go(&mut self, code: &mut Code, to: &Ident) -> Option<S> {
        let place = self.place(to.span);
        if !matches!(code.kind, CodeKind::Process(_)) || code.step.is_some() {
            self.report(Problem::GoHere { place });
            return None;
        }
        if code.branches.depth > 0 {
            self.report(Problem::LeavesBranch { place });
            return None;
        }
        let Some(number) = code.stages.names.iter().position(|(name, _)| *name == to.text) else {
            let similar = nearest(&to.text, code.stages.names.iter().map(|(name, _)| name.as_str()));
            let name = to.text.clone();
            self.report(Problem::UnknownName { place, what: "stage", name, similar, inside: None });
            return None;
        };
        code.stages.reached[number] = true;
        if let Some(from) = code.stages.current {
            code.stages.ways.push((from, number));
        }
        Some(S::Go(number as u16))
    }

    /// Failures in stages, with the steps of all stages that may come before them.
    pub(crate) fn stages_over(&mut self, code: &mut Code) {
        for (stage, place, mut steps) in std::mem::take(&mut code.staged_fails) {
            steps.extend(code.stages.before(stage));
            if !steps.is_empty() {
                self.fails_behind.push((place, steps));
            }
        }
    }
}
