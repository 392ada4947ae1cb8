//! How processes, actions and steps end: well, or with a failure that they declare.
//!
//! Each has an outcome, an enum whose first case is `Done` and whose others are its failures (a step's has only the
//! failures). A call of an action that may fail becomes a `match` over its outcome, so that lowering and proofs meet
//! nothing new: what it gives goes on, a failure leaves the code around the call.

use super::branch::value_block;
use super::function::{Code, CodeKind};
use super::names::nearest;
use super::{Checker, Param};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Args, Path};
use smol_str::SmolStr;

/// `Short(account, wanted, available)`: a limit is reached.
pub(crate) const SHORT: &str = "Short";
/// `PeriodClosed(date)`: the books are closed for that day.
pub(crate) const PERIOD_CLOSED: &str = "PeriodClosed";

impl Checker<'_> {
    /// The cases of an outcome: `Done` with the result, where there is one, and the declared failures.
    pub(crate) fn outcome_cases(&mut self, result: &Type, fails: &[ast::Failure], place: Place) -> Vec<Case> {
        let done = match result {
            Type::Nothing => Vec::new(),
            ty => vec![plain_field("result", ty.clone(), place)],
        };
        let mut cases = vec![Case { name: "Done".into(), outside: "done".into(), fields: done }];
        for failure in fails {
            let name = failure.path.last().text.clone();
            let place = self.place(failure.path.span);
            if failure.path.words.len() > 1 {
                self.not_yet(place, "failures of another module");
                continue;
            }
            if cases.iter().any(|c| c.name == name) {
                self.report(Problem::DuplicateName { place, name, first: None });
                continue;
            }
            let mut names = Vec::new();
            let mut fields: Vec<Field> = failure.fields.iter().map(|f| self.payload_field(f, &mut names)).collect();
            if fields.is_empty() {
                fields = self.known_failure(&name, place);
            }
            cases.push(Case { name: name.clone(), outside: name, fields });
        }
        cases
    }

    /// What the language's own failures tell, where they are declared without their parts.
    fn known_failure(&self, name: &str, place: Place) -> Vec<Field> {
        let money = Type::Num(Num { unit: Unit::Money(self.book), scale: self.book_scale });
        match name {
            SHORT => vec![
                plain_field("account", Type::Text, place),
                plain_field("wanted", money.clone(), place),
                plain_field("available", money, place),
            ],
            PERIOD_CLOSED => vec![plain_field("date", Type::Date, place)],
            _ => Vec::new(),
        }
    }

    /// What an outcome gives where all went well.
    pub(crate) fn done_type(&self, outcome: EnumId) -> Type {
        let done = &self.checked.enums[outcome.index()].cases[0];
        done.fields.first().map_or(Type::Nothing, |field| field.ty.clone())
    }

    /// A case of an outcome.
    pub(crate) fn outcome_case(&self, id: EnumId, case: u16, values: Vec<TExpr>, place: Place) -> TExpr {
        TExpr::new(T::Case(id, case, values), Type::Enum(id), place)
    }

    /// The body of an action that may fail: what it gives, as its outcome.
    pub(crate) fn as_done(&self, outcome: EnumId, body: TBlock, place: Place) -> TBlock {
        let ty = Type::Enum(outcome);
        let TBlock { mut stmts, value, ty: found } = body;
        if matches!(found, Type::Never | Type::Invalid) {
            return TBlock { stmts, value, ty: found };
        }
        let has_result = !self.checked.enums[outcome.index()].cases[0].fields.is_empty();
        let values = match value {
            Some(value) if has_result => vec![*value],
            Some(value) => {
                stmts.push(TStmt { place: value.place, kind: S::Expr(*value) });
                Vec::new()
            }
            None => Vec::new(),
        };
        let done = self.outcome_case(outcome, 0, values, place);
        TBlock { stmts, value: Some(done.boxed()), ty }
    }

    /// `fail Refused("why")`
    pub(crate) fn fail(&mut self, code: &mut Code, failure: &Path, args: Option<&Args>, place: Place) -> Option<S> {
        let Some(outcome) = code.outcome else {
            self.report(Problem::FailHere { place });
            return None;
        };
        if matches!(code.kind, CodeKind::Process(_)) && code.step.is_none() {
            self.fails_behind_steps(code, place);
        }
        let word = failure.last().clone();
        let cases = &self.checked.enums[outcome.index()].cases;
        let Some(index) = cases.iter().skip(1).position(|c| c.name == word.text).map(|i| i + 1) else {
            let similar = nearest(&word.text, cases.iter().skip(1).map(|c| c.name.as_str()));
            let of = code.owner.clone();
            let at = self.place(word.span);
            self.report(Problem::UndeclaredFailure { place: at, name: word.text.clone(), of, similar });
            return None;
        };
        let none = Args { span: failure.span, list: Vec::new(), generator: None };
        let params: Vec<Param> = self.checked.enums[outcome.index()].cases[index]
            .fields
            .iter()
            .map(|f| Param { name: f.name.clone(), ty: f.ty.clone(), default: None })
            .collect();
        let values = self.arguments(code, &word.text, &params, args.unwrap_or(&none), place);
        match code.step {
            // The step ends without effect; what it is then is its handlers', or the process's.
            Some(step) => {
                let case = self.step_case(step, &self.checked.enums[outcome.index()].cases[index].clone());
                Some(S::FailStep(self.outcome_case(step, case, values, place)))
            }
            None => Some(S::Return(Some(self.outcome_case(outcome, index as u16, values, place)))),
        }
    }

    /// The steps before a failure would have to be undone, except those that only hold.
    fn fails_behind_steps(&mut self, code: &mut Code, place: Place) {
        if code.branches.depth > 0 {
            code.branches.fails.push(place);
        }
        if let Some(stage) = code.stages.current {
            code.staged_fails.push((stage, place, code.steps_done.clone()));
        } else if !code.steps_done.is_empty() {
            self.fails_behind.push((place, code.steps_done.clone()));
        }
    }

    /// The case of a step's outcome that stands for a failure, made when it is first needed.
    fn step_case(&mut self, step: EnumId, case: &Case) -> u16 {
        let cases = &mut self.checked.enums[step.index()].cases;
        let same = |known: &Case| known.name == case.name && same_fields(&known.fields, &case.fields);
        match cases.iter().position(same) {
            Some(index) => index as u16,
            None => {
                cases.push(case.clone());
                cases.len() as u16 - 1
            }
        }
    }

    /// A call of an action that may fail: what it gives where it does not, and the way out where it does.
    pub(crate) fn attempt(&mut self, code: &mut Code, call: TExpr, name: &str, place: Place) -> TExpr {
        let Type::Enum(outcome) = call.ty else { return call };
        let cases = self.checked.enums[outcome.index()].cases.clone();
        let of_case = |index: usize, parts: Vec<TPattern>| TPattern {
            kind: P::Case(outcome, index as u16, parts),
            ty: Type::Enum(outcome),
            place,
        };
        let mut arms = Vec::new();
        let mut unhandled: Vec<SmolStr> = Vec::new();
        let mut result = Type::Nothing;
        for (index, case) in cases.iter().enumerate() {
            let locals: Vec<LocalId> = case.fields.iter().map(|f| code.hidden(f.ty.clone(), place)).collect();
            let parts = locals.iter().zip(&case.fields);
            let parts =
                parts.map(|(local, f)| TPattern { kind: P::Bind(*local), ty: f.ty.clone(), place }).collect::<Vec<_>>();
            let values: Vec<TExpr> = locals.iter().map(|local| self.read(code, *local, place)).collect();
            let body = if index == 0 {
                match values.into_iter().next() {
                    Some(value) => {
                        result = value.ty.clone();
                        value_block(value)
                    }
                    None => TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing },
                }
            } else {
                match self.way_out(code, case, values, place) {
                    Some(kind) => TBlock { stmts: vec![TStmt { place, kind }], value: None, ty: Type::Never },
                    None => {
                        unhandled.push(case.name.clone());
                        TBlock { stmts: Vec::new(), value: None, ty: Type::Never }
                    }
                }
            };
            arms.push(TArm { place, patterns: vec![of_case(index, parts)], body });
        }
        if !unhandled.is_empty() {
            let of = code.owner.clone();
            let inside = match code.kind {
                CodeKind::Process(_) => "process",
                _ => "action",
            };
            self.report(Problem::UnhandledFailure { place, action: name.into(), failures: unhandled, of, inside });
            return TExpr::invalid(place);
        }
        let matched = TMatch { value: call, arms, ty: result.clone() };
        TExpr::new(T::Match(Box::new(matched)), result, place)
    }

    /// Where a failure of something that is called goes; `None` where nothing here takes it.
    pub(crate) fn way_out(&mut self, code: &Code, case: &Case, values: Vec<TExpr>, place: Place) -> Option<S> {
        if code.kind == CodeKind::Test {
            return Some(S::Unhandled(case.name.clone()));
        }
        if let Some(step) = code.step {
            let number = self.step_case(step, case);
            return Some(S::FailStep(self.outcome_case(step, number, values, place)));
        }
        let own = code.outcome?;
        let index = self.same_failure(own, case)?;
        Some(S::Return(Some(self.outcome_case(own, index, values, place))))
    }

    /// The failure of an outcome that has this name and these parts.
    pub(crate) fn same_failure(&self, outcome: EnumId, case: &Case) -> Option<u16> {
        let cases = &self.checked.enums[outcome.index()].cases;
        let same = |known: &Case| known.name == case.name && same_fields(&known.fields, &case.fields);
        cases.iter().skip(1).position(same).map(|index| index as u16 + 1)
    }

    /// What a child process has come to: what it gives where all went well, and a way out for each of its failures.
    pub(crate) fn handled_outcome(
        &mut self,
        code: &mut Code,
        ended: TExpr,
        outcome: EnumId,
        handlers: Option<&ast::Handlers>,
        name: &str,
        hint: Option<&Type>,
    ) -> TExpr {
        let (place, ty) = (ended.place, Type::Enum(outcome));
        let arms = handlers.map_or(&[][..], |h| h.arms.as_slice());
        let mut checked = self.arms(code, arms, &ty, hint, true);
        let mut unhandled = Vec::new();
        for (index, case) in self.checked.enums[outcome.index()].cases.clone().iter().enumerate() {
            if index > 0 && checked.iter().any(|arm| arm.patterns.iter().any(|p| takes_case(p, index as u16))) {
                continue;
            }
            let locals: Vec<LocalId> = case.fields.iter().map(|f| code.hidden(f.ty.clone(), place)).collect();
            let values: Vec<TExpr> = locals.iter().map(|local| self.read(code, *local, place)).collect();
            let parts = locals.iter().zip(&case.fields);
            let parts = parts.map(|(l, f)| TPattern { kind: P::Bind(*l), ty: f.ty.clone(), place }).collect();
            let body = if index == 0 {
                match values.into_iter().next() {
                    Some(value) => value_block(value),
                    None => TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing },
                }
            } else {
                let Some(own) = code.outcome.and_then(|own| Some((own, self.same_failure(own, case)?))) else {
                    unhandled.push(case.name.clone());
                    continue;
                };
                self.fails_behind_steps(code, place);
                let fail = S::Return(Some(self.outcome_case(own.0, own.1, values, place)));
                TBlock { stmts: vec![TStmt { place, kind: fail }], value: None, ty: Type::Never }
            };
            let pattern = TPattern { kind: P::Case(outcome, index as u16, parts), ty: ty.clone(), place };
            let arm = TArm { place, patterns: vec![pattern], body };
            // Handlers are for failures, whatever they take.
            match index {
                0 => checked.insert(0, arm),
                _ => checked.push(arm),
            }
        }
        if !unhandled.is_empty() {
            let (of, action) = (code.owner.clone(), name.into());
            self.report(Problem::UnhandledFailure { place, action, failures: unhandled, of, inside: "process" });
            return TExpr::invalid(place);
        }
        self.refuse_gaps(&ty, &checked, place);
        let matched = self.match_of(ended, checked, place, hint, true);
        let ty = matched.ty.clone();
        TExpr::new(T::Match(Box::new(matched)), ty, place)
    }

    /// `else { Short(_, wanted, left) => … }` behind a step: over all failures of its body. What it leaves out, its
    /// process has to declare.
    pub(crate) fn step_handler(
        &mut self,
        code: &mut Code,
        step: EnumId,
        handlers: Option<&ast::Handlers>,
        hint: Option<&Type>,
        place: Place,
    ) -> TFailing {
        let ty = Type::Enum(step);
        let failure = code.hidden(ty.clone(), place);
        let value = self.read(code, failure, place);
        let arms = handlers.map_or(&[][..], |h| h.arms.as_slice());
        let mut checked = self.arms(code, arms, &ty, hint, true);
        let mut unhandled = Vec::new();
        for (index, case) in self.checked.enums[step.index()].cases.clone().iter().enumerate() {
            let told = |arm: &TArm| arm.patterns.iter().any(|p| takes_case(p, index as u16));
            if checked.iter().any(told) {
                continue;
            }
            let locals: Vec<LocalId> = case.fields.iter().map(|f| code.hidden(f.ty.clone(), place)).collect();
            let values = locals.iter().map(|local| self.read(code, *local, place)).collect();
            let parts = locals.iter().zip(&case.fields);
            let parts = parts.map(|(l, f)| TPattern { kind: P::Bind(*l), ty: f.ty.clone(), place }).collect();
            let Some(own) = code.outcome.and_then(|own| Some((own, self.same_failure(own, case)?))) else {
                unhandled.push(case.name.clone());
                continue;
            };
            self.fails_behind_steps(code, place);
            let fail = S::Return(Some(self.outcome_case(own.0, own.1, values, place)));
            checked.push(TArm {
                place,
                patterns: vec![TPattern { kind: P::Case(step, index as u16, parts), ty: ty.clone(), place }],
                body: TBlock { stmts: vec![TStmt { place, kind: fail }], value: None, ty: Type::Never },
            });
        }
        if unhandled.is_empty() {
            self.refuse_gaps(&ty, &checked, place);
        } else {
            checked.clear();
            let (of, inside) = (code.owner.clone(), "process");
            self.report(Problem::UnhandledFailure {
                place,
                action: self.checked.enums[step.index()].name.clone(),
                failures: unhandled,
                of,
                inside,
            });
        }
        let handler = match checked.is_empty() {
            true => TMatch { value, arms: checked, ty: Type::Invalid },
            false => self.match_of(value, checked, place, hint, true),
        };
        TFailing { failure, handler }
    }
}

/// Whether a pattern takes every value of a case.
fn takes_case(pattern: &TPattern, case: u16) -> bool {
    match &pattern.kind {
        P::Wildcard | P::Bind(_) | P::Invalid => true,
        P::Case(_, number, _) => *number == case,
        _ => false,
    }
}

fn same_fields(a: &[Field], b: &[Field]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.name == y.name && x.ty == y.ty)
}

pub(crate) fn plain_field(name: &str, ty: Type, place: Place) -> Field {
    Field {
        name: name.into(),
        outside: name.into(),
        ty,
        default: None,
        checks: Vec::new(),
        border_checks: Vec::new(),
        personal: false,
        place,
    }
}
