//! How a step is taken back: a function of what the step saw.

use super::function::{Code, CodeKind};
use super::{Checker, Effect, Param, Signature};
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Block, Ident};
use smol_str::SmolStr;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// `step name { … } undo { … }`, in the code around the step. `result` is what the step gives, under the name that
    /// it is given there.
    pub(crate) fn undo(
        &mut self,
        code: &mut Code,
        step: StepId,
        undo: &Block,
        result: Option<(SmolStr, Type)>,
        place: Place,
    ) -> TUndo {
        let mut sight: Vec<(SmolStr, Option<LocalId>, Type)> = Vec::new();
        sight.extend(result.map(|(name, ty)| (name, None, ty)));
        for (name, id) in code.visible() {
            if !sight.iter().any(|(known, ..)| *known == name) {
                sight.push((name, Some(id), code.locals[id.index()].ty.clone()));
            }
        }
        // Once with all that is in sight, to learn what it asks for; what is told then is told again.
        let (problems, functions) = (self.problems.len(), self.functions.len());
        let mut probe = self.undo_code(&sight, place);
        let body = self.block(&mut probe, undo, None, false);
        let used = locals(&body);
        self.problems.truncate(problems);
        let asked: Vec<_> = sight
            .into_iter()
            .enumerate()
            .filter(|(at, _)| used.contains(&LocalId(*at as u32)))
            .map(|(_, s)| s)
            .collect();
        debug_assert!(functions <= self.functions.len());
        let params: Vec<Param> =
            asked.iter().map(|(name, _, ty)| Param { name: name.clone(), ty: ty.clone(), default: None }).collect();
        let func = self.reserve(Signature { params, result: Type::Nothing, effect: Effect::Changes, outcome: None });
        let mut inside = self.undo_code(&asked, place);
        let body = self.block(&mut inside, undo, None, false);
        let name = self.checked.steps[step.index()].name.clone();
        self.finish(func, format!("{name} undo").into(), place, asked.len(), inside, Body::Code(body));
        let id = UndoId(self.checked.undos.len() as u32);
        self.checked.undos.push(Undo { step, func, place });
        let mut own = None;
        let mut captured = Vec::new();
        for (_, local, ty) in asked {
            captured.push(local.unwrap_or_else(|| {
                let hidden = code.hidden(ty, place);
                own = Some(hidden);
                hidden
            }));
        }
        TUndo { id, result: own, captured }
    }

    /// How a child is taken back that is done or was started; it goes by the name of a step.
    pub(crate) fn child_undo(
        &mut self,
        code: &mut Code,
        (process, name): (ProcessId, SmolStr),
        undo: &Block,
        result: Option<(SmolStr, Type)>,
        place: Place,
    ) -> TUndo {
        let step = StepId(self.checked.steps.len() as u32);
        self.checked.steps.push(Step { name, process, stays: false, place });
        self.undo(code, step, undo, result, place)
    }

    /// Notes how a child is taken back if it has not failed: one that has has taken itself back.
    pub(crate) fn if_done(&self, outcome: EnumId, ended: TExpr, undo: TUndo, place: Place) -> TStmt {
        let wildcard = |ty: &Type| TPattern { kind: P::Wildcard, ty: ty.clone(), place };
        let done = self.checked.enums[outcome.index()].cases[0].fields.iter().map(|field| match undo.result {
            Some(local) => TPattern { kind: P::Bind(local), ty: field.ty.clone(), place },
            None => wildcard(&field.ty),
        });
        let ty = Type::Enum(outcome);
        let pattern = TPattern { kind: P::Case(outcome, 0, done.collect()), ty: ty.clone(), place };
        let block = |stmts| TBlock { stmts, value: None, ty: Type::Nothing };
        let put = block(vec![TStmt { place, kind: S::UndoPut(undo) }]);
        let mut arms = vec![TArm { place, patterns: vec![pattern], body: put }];
        if self.checked.enums[outcome.index()].cases.len() > 1 {
            arms.push(TArm { place, patterns: vec![wildcard(&ty)], body: block(Vec::new()) });
        }
        TStmt { place, kind: S::Match(Box::new(TMatch { value: ended, arms, ty: Type::Nothing })) }
    }

    fn undo_code(&mut self, sight: &[(SmolStr, Option<LocalId>, Type)], place: Place) -> Code {
        let mut code = Code::new(CodeKind::Action, Type::Nothing);
        code.in_undo = true;
        for (name, _, ty) in sight {
            let name = Ident { span: place.span, text: name.clone() };
            self.local(&mut code, &name, ty.clone(), false);
        }
        code
    }
}

/// The variables that code speaks of.
fn locals(block: &TBlock) -> BTreeSet<LocalId> {
    walk::of_block(block).locals
}
