//! What is known while one piece of code is checked: its names, what it may do, where it stands.

use super::parallel::Branches;
use super::stage::Stages;
use super::{Checker, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::Ident;
use smol_str::SmolStr;

/// What a name in code stands for.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Local(LocalId),
    /// Another spelling of an expression: a field of the record that a `where` is about.
    Expr(Box<TExpr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// A `fn`, decision, default, `where` or key.
    Pure,
    Action,
    /// It reads, and changes nothing.
    Report,
    Process(ProcessId),
    Test,
}

/// The code that is being checked.
#[derive(Debug)]
pub(crate) struct Code {
    pub kind: CodeKind,
    pub locals: Vec<Local>,
    scopes: Vec<Vec<(SmolStr, Binding)>>,
    /// The `where`s of its parameters.
    pub requires: Vec<(TExpr, CheckId)>,
    /// What `return` gives.
    pub result: Type,
    pub calls: Vec<(FnId, Place)>,
    /// Inside how many loops a `break` would stand.
    pub loops: usize,
    /// How the process or action around it ends.
    pub outcome: Option<EnumId>,
    /// The name of what `outcome` belongs to.
    pub owner: SmolStr,
    /// The failures of the step that it stands in.
    pub step: Option<EnumId>,
    pub stages: Stages,
    pub branches: Branches,
    /// Failures in stages: the stage, the place, and what the steps before it in its stage do.
    pub staged_fails: Vec<(usize, Place, Vec<walk::Found>)>,
    /// It takes back a step.
    pub in_undo: bool,
    /// The name that the value at hand is given.
    pub naming: Option<SmolStr>,
    /// What the steps before this place do, so that a `fail` would need to undo them.
    pub steps_done: Vec<walk::Found>,
}

impl Code {
    pub(crate) fn new(kind: CodeKind, result: Type) -> Code {
        Code {
            kind,
            locals: Vec::new(),
            scopes: vec![Vec::new()],
            requires: Vec::new(),
            result,
            calls: Vec::new(),
            loops: 0,
            outcome: None,
            owner: SmolStr::default(),
            step: None,
            stages: Stages::default(),
            branches: Branches::default(),
            staged_fails: Vec::new(),
            in_undo: false,
            naming: None,
            steps_done: Vec::new(),
        }
    }

    pub(crate) fn may(&self, effect: Effect) -> bool {
        match self.kind {
            CodeKind::Pure => effect == Effect::Pure,
            CodeKind::Action | CodeKind::Test => true,
            CodeKind::Report => effect <= Effect::Reads,
            CodeKind::Process(_) => effect <= Effect::Reads || self.step.is_some(),
        }
    }

    /// What this code is, where it may not do something.
    pub(crate) fn inside(&self) -> &'static str {
        match self.kind {
            CodeKind::Pure => "a function",
            CodeKind::Report => "a report",
            _ => "a process outside a step",
        }
    }

    /// Ways part here.
    pub(crate) fn ways(&self) -> Ways {
        Ways { before: self.steps_done.clone(), behind: Vec::new() }
    }

    pub(crate) fn open(&mut self) {
        self.scopes.push(Vec::new());
    }

    pub(crate) fn close(&mut self) {
        self.scopes.pop();
    }

    /// A local without a name that code can say.
    pub(crate) fn hidden(&mut self, ty: Type, place: Place) -> LocalId {
        self.locals.push(Local { name: SmolStr::default(), ty, mutable: false, place });
        LocalId(self.locals.len() as u32 - 1)
    }

    pub(crate) fn bind(&mut self, name: SmolStr, binding: Binding) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, binding));
        }
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<&Binding> {
        self.scopes.iter().rev().flat_map(|s| s.iter().rev()).find(|(n, _)| n == name).map(|(_, b)| b)
    }

    /// The variables of the innermost block.
    pub(crate) fn innermost(&self) -> Vec<(SmolStr, LocalId)> {
        let names = self.scopes.last().into_iter().flatten();
        let locals = names.filter_map(|(name, binding)| match binding {
            Binding::Local(id) => Some((name.clone(), *id)),
            Binding::Expr(_) => None,
        });
        locals.collect()
    }

    /// All variables in sight; of one name the innermost.
    pub(crate) fn visible(&self) -> Vec<(SmolStr, LocalId)> {
        let mut found: Vec<(SmolStr, LocalId)> = Vec::new();
        for (name, binding) in self.scopes.iter().rev().flat_map(|scope| scope.iter().rev()) {
            if let Binding::Local(id) = binding
                && !found.iter().any(|(known, _)| known == name)
            {
                found.push((name.clone(), *id));
            }
        }
        found
    }

    /// All names in sight, for suggestions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &SmolStr> {
        self.scopes.iter().flatten().map(|(n, _)| n)
    }
}

/// Steps that are done where ways part and come together again: on each way only those of that way.
pub(crate) struct Ways {
    before: Vec<walk::Found>,
    behind: Vec<walk::Found>,
}

impl Ways {
    /// The end of one way: the next one begins as it did.
    pub(crate) fn gone(&mut self, code: &mut Code, way: &TBlock) {
        let done = std::mem::replace(&mut code.steps_done, self.before.clone());
        // What ends on it is not what comes behind.
        if way.ty != Type::Never {
            self.behind.extend(done.into_iter().skip(self.before.len()));
        }
    }

    /// All ways are gone.
    pub(crate) fn together(self, code: &mut Code) {
        code.steps_done.extend(self.behind);
    }
}

impl Checker<'_> {
    /// A new local under a name.
    pub(crate) fn local(&self, code: &mut Code, name: &Ident, ty: Type, mutable: bool) -> LocalId {
        let place = self.place(name.span);
        code.locals.push(Local { name: name.text.clone(), ty, mutable, place });
        let id = LocalId(code.locals.len() as u32 - 1);
        code.bind(name.text.clone(), Binding::Local(id));
        id
    }

    pub(crate) fn read(&self, code: &Code, id: LocalId, place: Place) -> TExpr {
        TExpr { kind: T::Local(id), ty: code.locals[id.index()].ty.clone(), place }
    }

    /// Tells where code does what its kind may not.
    pub(crate) fn needs(&mut self, code: &Code, effect: Effect, place: Place, what: &str) {
        if !code.may(effect) {
            self.report(Problem::EffectHere { place, what: what.into(), inside: code.inside() });
        }
    }

    /// Makes a function of what was checked.
    pub(crate) fn finish(&mut self, id: FnId, name: SmolStr, place: Place, params: usize, code: Code, body: Body) {
        let mut calls = code.calls;
        calls.append(&mut self.derived_calls);
        self.calls[id.index()] = calls;
        let function = Function {
            name,
            file: place.file,
            place,
            params,
            locals: code.locals,
            result: code.result,
            requires: code.requires,
            body,
        };
        self.define(id, function);
    }
}

impl Function {
    /// In place of a function whose declaration was too broken to check.
    pub(crate) fn broken() -> Function {
        Function {
            name: SmolStr::default(),
            file: Place::NOWHERE.file,
            place: Place::NOWHERE,
            params: 0,
            locals: Vec::new(),
            result: Type::Invalid,
            requires: Vec::new(),
            body: Body::Code(TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing }),
        }
    }
}

impl TExpr {
    pub(crate) fn new(kind: T, ty: Type, place: Place) -> TExpr {
        TExpr { kind, ty, place }
    }

    pub(crate) fn invalid(place: Place) -> TExpr {
        TExpr { kind: T::Invalid, ty: Type::Invalid, place }
    }

    pub(crate) fn number(value: i128, ty: Type, place: Place) -> TExpr {
        TExpr { kind: T::Constant(Constant::Number(value)), ty, place }
    }

    pub(crate) fn bool(value: bool, place: Place) -> TExpr {
        TExpr::number(i128::from(value), Type::Bool, place)
    }

    pub(crate) fn text(value: impl Into<SmolStr>, place: Place) -> TExpr {
        TExpr { kind: T::Constant(Constant::Text(value.into())), ty: Type::Text, place }
    }

    /// The number, if it is a literal.
    pub(crate) fn as_number(&self) -> Option<i128> {
        match self.kind {
            T::Constant(Constant::Number(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn boxed(self) -> Box<TExpr> {
        Box::new(self)
    }
}
