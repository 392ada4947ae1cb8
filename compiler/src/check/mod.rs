//! From the parsed modules to the checked program: names, types, scales, units.
//!
//! In order: [`declare`] gives every declaration its number and its scope, [`declarations`] checks what stands at
//! the top of a file, and the other files check what stands inside of code. A fault becomes a [`Problem`] and an
//! `Invalid` node, so that checking goes on and nothing is told twice.

mod account;
mod aggregate;
mod arguments;
mod block;
mod branch;
mod builtin;
mod cell_pattern;
mod clash;
mod coerce;
mod composite;
mod data;
mod decision;
mod declarations;
mod declare;
mod document;
mod duty;
mod entity;
mod exclusive;
mod exhaustive;
mod expr;
mod fold;
mod foreign;
mod function;
mod gather;
mod goods;
mod hold;
mod literal;
mod message;
mod named;
mod names;
mod number;
mod outcome;
mod parallel;
mod pattern;
mod post;
mod process;
mod rest;
mod round;
mod run;
mod schedule;
mod scope;
mod service;
mod stage;
mod test;
mod type_expr;
mod undo;

use crate::currency::TEST_CURRENCY;
use crate::diagnostics::Problem;
use crate::load::{Loaded, Loader, Module};
use crate::source::{FileId, Place, Sources};
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_grammar::span::Span;
use smol_str::SmolStr;
use std::collections::HashMap;

/// Parts the parts of a key, of a process, a message or a stretch: the one character that no text holds.
pub(crate) const KEY_SEPARATOR: &str = "\0";

/// What a check is made for.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The book currency and the digits of its minor unit, where the program leaves it open.
    pub currency: (Currency, u8),
}

impl Default for Setting {
    fn default() -> Self {
        Setting { currency: (TEST_CURRENCY, 2) }
    }
}

/// What a name of a module stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Def {
    /// Of the list of modules.
    Module(usize),
    Record(RecordId),
    Enum(EnumId),
    Named(NamedId),
    Function(FnId),
    Account(AccountId),
    Process(ProcessId),
    Entity(EntityId),
    Message(MessageId),
    Service(ServiceId),
    Role(RoleId),
    /// Something that is wrong, or that this version does not run: told where it is declared, and only there.
    Broken,
}

/// What a call needs to know of a function.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub params: Vec<Param>,
    /// What a call gives.
    pub result: Type,
    pub effect: Effect,
    /// Of an action that may fail: how it ends.
    pub outcome: Option<EnumId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub name: SmolStr,
    pub ty: Type,
    pub default: Option<FnId>,
}

/// What code may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    Pure,
    Reads,
    Changes,
}

/// The names of one module.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub names: HashMap<SmolStr, (Def, Place)>,
    pub config: HashMap<SmolStr, ConfigId>,
    /// The name of a unit: its base and how many of the base it is, as value and scale.
    pub units: HashMap<SmolStr, (UnitId, i128, u8)>,
}

pub(crate) struct Checker<'a> {
    pub loader: &'a dyn Loader,
    pub sources: &'a mut Sources,
    pub modules: &'a [Module],
    pub problems: Vec<Problem>,
    pub book: Currency,
    pub book_scale: u8,
    /// Where the program names its book currency, if it does.
    pub named_book: Option<Place>,
    pub checked: Checked,
    pub scopes: Vec<Scope>,
    /// Of every function declared so far, by its number.
    pub signatures: Vec<Signature>,
    pub functions: Vec<Option<Function>>,
    /// Which functions a function calls, and where: for the proof that calls never go round.
    pub calls: Vec<Vec<(FnId, Place)>>,
    /// Records without a name, by their fields.
    pub anonymous: HashMap<Vec<(SmolStr, Type)>, RecordId>,
    /// What a named type is made of, where that is a named type too.
    pub parents: HashMap<NamedId, NamedId>,
    /// Failures, each with what the steps before it do.
    pub fails_behind: Vec<(Place, Vec<walk::Found>)>,
    /// Steps that nothing takes back, each with what it does.
    pub steps_without: Vec<(StepId, walk::Found)>,
    /// Calls of actions where only reading is allowed; whether they change anything is known in the end.
    pub readers: Vec<(FnId, Place, SmolStr, &'static str)>,
    /// Calls of what is derived of documents, of the code that is being checked.
    pub derived_calls: Vec<(FnId, Place)>,
    /// The codes of accounts, each with the account's name.
    pub account_codes: HashMap<SmolStr, Place>,
    pub data_files: HashMap<(FileId, SmolStr), Option<FileId>>,
    /// The module that is being checked.
    pub module: usize,
}

/// Checks a program. The `Checked` is complete only where there is no problem that is an error.
///
/// A program that leaves its book currency open has to make sense in others too: in one without decimals, and in those
/// that its tests ask for.
pub fn check(loaded: &Loaded, loader: &dyn Loader, sources: &mut Sources, setting: Setting) -> (Checked, Vec<Problem>) {
    let (checked, mut problems) = check_in(loaded, loader, sources, setting);
    if checked.currency == Some(TEST_CURRENCY) {
        let mut others = vec![(TEST_CURRENCY, 0)];
        let asked = checked.tests.iter().filter_map(|test| test.currency);
        others.extend(asked.filter_map(|asked| crate::currency::currency(asked.code())));
        others.dedup();
        for currency in others {
            if !problems.is_empty() {
                break;
            }
            problems = check_in(loaded, loader, sources, Setting { currency }).1;
        }
    }
    (checked, problems)
}

/// Checks a program in one currency.
fn check_in(loaded: &Loaded, loader: &dyn Loader, sources: &mut Sources, setting: Setting) -> (Checked, Vec<Problem>) {
    let mut checker = Checker {
        loader,
        sources,
        modules: &loaded.modules,
        problems: Vec::new(),
        book: setting.currency.0,
        book_scale: setting.currency.1,
        named_book: None,
        checked: Checked::default(),
        scopes: loaded.modules.iter().map(|_| Scope::default()).collect(),
        signatures: Vec::new(),
        functions: Vec::new(),
        calls: Vec::new(),
        anonymous: HashMap::new(),
        parents: HashMap::new(),
        fails_behind: Vec::new(),
        steps_without: Vec::new(),
        derived_calls: Vec::new(),
        readers: Vec::new(),
        account_codes: HashMap::new(),
        data_files: HashMap::new(),
        module: 0,
    };
    checker.book_currency();
    let bodies = checker.declare();
    checker.bodies(bodies);
    checker.refuse_recursion();
    checker.duties_played();
    let Checker { mut checked, functions, mut problems, book, fails_behind, steps_without, readers, .. } = checker;
    checked.currency = Some(book);
    checked.name = loaded.modules.last().map(|m| m.name.clone()).unwrap_or_default();
    checked.modules = loaded.modules.iter().map(|m| m.name.clone()).collect();
    checked.functions = functions.into_iter().map(|f| f.unwrap_or_else(Function::broken)).collect();
    late(&mut checked, fails_behind, steps_without, readers, &mut problems);
    (checked, problems)
}

/// What can be told only when all code is checked: what actions do, by all that they call.
fn late(
    checked: &mut Checked,
    fails_behind: Vec<(Place, Vec<walk::Found>)>,
    steps_without: Vec<(StepId, walk::Found)>,
    readers: Vec<(FnId, Place, SmolStr, &'static str)>,
    problems: &mut Vec<Problem>,
) {
    if steps_without.is_empty() && fails_behind.is_empty() && readers.is_empty() {
        return;
    }
    let found = walk::of_program(checked);
    for (action, place, name, inside) in readers {
        if found[action.index()].acts {
            problems.push(Problem::EffectHere { place, what: format!("`{name}` changes something"), inside });
        }
    }
    let lasts = |step: &walk::Found| step.lasts || step.calls.iter().any(|f| found[f.index()].lasts);
    for (step, does) in &steps_without {
        checked.steps[step.index()].stays = lasts(does);
    }
    for (place, steps) in fails_behind {
        if steps.iter().any(lasts) {
            problems.push(Problem::NothingUndoes { place });
        }
    }
}

impl Checker<'_> {
    pub(crate) fn file(&self) -> FileId {
        self.modules[self.module].file
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place { file: self.file(), span }
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The text as written at a place of the current file.
    pub(crate) fn text(&self, span: Span) -> SmolStr {
        let text = self.sources.text(self.place(span));
        text.split_whitespace().collect::<Vec<_>>().join(" ").into()
    }

    /// Makes room for a function; its body follows by [`Checker::define`].
    pub(crate) fn reserve(&mut self, signature: Signature) -> FnId {
        self.signatures.push(signature);
        self.functions.push(None);
        self.checked.does.push(walk::Found::default());
        self.calls.push(Vec::new());
        FnId(self.signatures.len() as u32 - 1)
    }

    pub(crate) fn define(&mut self, id: FnId, function: Function) {
        self.checked.does[id.index()] = walk::of_function(&self.checked, &function);
        self.functions[id.index()] = Some(function);
    }

    /// The full name of something declared in the current module.
    pub(crate) fn qualified(&self, name: &str) -> SmolStr {
        let module = &self.modules[self.module];
        if self.module + 1 == self.modules.len() { name.into() } else { format!("{}.{name}", module.name).into() }
    }

    /// What a type computes like: itself, or what a named type is made of.
    pub(crate) fn base(&self, ty: &Type) -> Type {
        match ty {
            Type::Named(id) => self.checked.named[id.index()].base.clone(),
            other => other.clone(),
        }
    }

    /// A call of functions that comes back to where it began is refused, with the whole way shown.
    fn refuse_recursion(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        // A condition, or a default, is asked where a value becomes of its type, without being called by name. Where
        // something is wrong already, code may have holes, and nothing runs.
        if self.problems.is_empty() {
            for (calls, does) in self.calls.iter_mut().zip(&self.checked.does) {
                calls.extend(walk::asked(&self.checked, does));
            }
        }
        let mut marks = vec![Mark::New; self.calls.len()];
        for start in 0..self.calls.len() {
            if marks[start] != Mark::New {
                continue;
            }
            // An explicit stack of functions and how many of their calls were followed: the way so far.
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            marks[start] = Mark::Open;
            while let Some((function, next)) = way.last_mut() {
                let Some((callee, place)) = self.calls[*function].get(*next).copied() else {
                    marks[*function] = Mark::Done;
                    way.pop();
                    continue;
                };
                *next += 1;
                match marks[callee.index()] {
                    Mark::Done => {}
                    Mark::New => {
                        marks[callee.index()] = Mark::Open;
                        way.push((callee.index(), 0));
                    }
                    Mark::Open => {
                        let from = way.iter().position(|(f, _)| *f == callee.index()).unwrap_or(0);
                        let name = |f: usize| self.functions[f].as_ref().map(|f| f.name.clone()).unwrap_or_default();
                        let mut cycle: Vec<SmolStr> = way[from..].iter().map(|(f, _)| name(*f)).collect();
                        cycle.push(name(callee.index()));
                        self.problems.push(Problem::Recursion { place, cycle });
                    }
                }
            }
        }
    }
}
