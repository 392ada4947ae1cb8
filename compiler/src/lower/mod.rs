//! Lowering: a checked program becomes instructions and tables.
//!
//! Everything keeps its number: function n of the checked program is function n of the compiled one, and so with
//! checks, configuration, accounts, decisions, processes, steps and tests. What lowering adds (conditions for the
//! border) comes behind.

mod aggregate;
mod allocate;
mod condition;
pub mod cost;
mod decision;
pub mod error;
mod expr;
mod fold;
mod function;
mod matching;
mod number;
mod posting;
mod rest;
mod stmt;
mod stored;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod wheres;

pub use error::{Limit, LowerError};

use crate::currency::{TEST_CURRENCY, currency};
use crate::prove::Shown;
use crate::source::{Place, Sources};
use crate::typed::{Body, Checked, Function, LimitKind, Rhythm};
use crate::types::Type;
use bp_bytecode::Program;
use bp_bytecode::index::{CheckId, DutyId, FuncId, ProcessId, StepId};
use bp_bytecode::process::{self, Message, Operation, Starter, Undo};
use bp_bytecode::program;
use bp_bytecode::shape::{CaseShape, FieldShape, RegType};
use error::{Result, TABLE_MAX, TREE_NODES_MAX, next_wide_index, passed};
use function::Builder;
use tables::{Owner, Tables};

/// How a program is lowered.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most nodes that the search tree of a decision may have.
    pub tree_nodes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { tree_nodes_max: TREE_NODES_MAX }
    }
}

/// Turns a program without faults into instructions.
///
/// Errors where a program is larger than the format of compiled programs, and where `checked` has faults.
pub fn lower(checked: &Checked, sources: &Sources, shown: &Shown) -> std::result::Result<Program, LowerError> {
    lower_with(checked, sources, shown, Options::default())
}

/// [`lower`] with other limits.
pub fn lower_with(
    checked: &Checked,
    sources: &Sources,
    shown: &Shown,
    options: Options,
) -> std::result::Result<Program, LowerError> {
    within_limits(checked, sources)?;
    if let Some(last) = checked.functions.last() {
        next_wide_index(checked.functions.len() - 1, Limit::Functions, last.place)?;
    }
    let mut tables = Tables::new(checked, sources, shown, options.tree_nodes_max);
    declarations(&mut tables)?;
    let mut lives = vec![None; checked.functions.len()];
    for process in checked.processes.iter().filter(|process| process.lives) {
        lives[process.func.index()] = Some(process);
    }
    for (function, lives) in checked.functions.iter().zip(lives) {
        tables.noted = lives.map(|process| &process.noted);
        let function = lower_function(&mut tables, function)?;
        tables.program.functions.push(function);
    }
    tables.make_derived()?;
    rest::live(&mut tables)?;
    Ok(tables.program)
}

/// Everything that is referred to by 16 bits, which is all but functions and shapes.
fn within_limits(checked: &Checked, sources: &Sources) -> Result<()> {
    let first_place = |place: Option<Place>| place.unwrap_or(Place::NOWHERE);
    let tables = [
        (checked.checks.len(), Limit::Checks, first_place(checked.checks.last().map(|c| c.place))),
        (checked.configs.len(), Limit::Parts, first_place(checked.configs.last().map(|c| c.place))),
        (checked.accounts.len(), Limit::Parts, first_place(checked.accounts.last().map(|a| a.place))),
        (checked.entities.len(), Limit::Parts, first_place(checked.entities.last().map(|e| e.place))),
        (checked.decisions.len(), Limit::Trees, first_place(checked.decisions.last().map(|d| d.place))),
        (checked.processes.len(), Limit::Processes, first_place(checked.processes.last().map(|p| p.place))),
        (checked.steps.len(), Limit::Parts, first_place(checked.steps.last().map(|s| s.place))),
        (checked.messages.len(), Limit::Parts, first_place(checked.messages.last().map(|m| m.place))),
        (checked.operations.len(), Limit::Parts, first_place(checked.operations.last().map(|o| o.place))),
        (checked.duties.len(), Limit::Parts, first_place(checked.duties.last().map(|d| d.place))),
        (checked.undos.len(), Limit::Parts, first_place(checked.undos.last().map(|u| u.place))),
        (sources.len(), Limit::Sources, Place::NOWHERE),
    ];
    for (len, limit, place) in tables {
        if len as u64 >= TABLE_MAX {
            return passed(limit, TABLE_MAX, place);
        }
    }
    Ok(())
}

fn func(id: crate::types::FnId) -> FuncId {
    FuncId(id.0)
}

/// The tables that are declared, in the order of their numbers.
fn declarations(t: &mut Tables) -> Result<()> {
    let checked = t.checked;
    t.program.name = checked.name.to_string();
    let book = checked.currency.unwrap_or(TEST_CURRENCY);
    let digits = currency(book.code()).map_or(2, |known| known.1);
    t.program.currency = (book.code().to_owned(), digits);
    t.program.sources = t.sources.iter().map(|(_, file)| program::Source { path: file.path.clone() }).collect();
    if t.program.sources.is_empty() {
        // Places that stand nowhere name the first source.
        t.program.sources.push(program::Source { path: String::new() });
    }
    t.program.roles = checked.roles.iter().map(|role| t.text(role)).collect();
    for check in &checked.checks {
        let check = program::Check {
            func: func(check.func),
            text: t.text(&check.text),
            subject: t.text(&check.subject),
            place: t.place(check.place),
        };
        t.program.checks.push(check);
    }
    for config in &checked.configs {
        let mut checks: Vec<CheckId> = config.checks.iter().map(|check| CheckId(check.0 as u16)).collect();
        checks.extend(t.value_checks(&config.ty, config.place)?);
        checks.sort_unstable();
        checks.dedup();
        let config = program::Config {
            name: t.text(&config.name),
            shape: t.shape(&config.ty, config.place)?,
            default: config.default.map(func),
            checks,
            fixed: false,
            docs: t.text(&config.docs),
            place: t.place(config.place),
        };
        t.program.configs.push(config);
    }
    for account in &checked.accounts {
        let mut dimensions = Vec::with_capacity(account.dimensions.len());
        for (name, ty) in &account.dimensions {
            dimensions.push((t.text(name), t.shape(ty, account.place)?));
        }
        let account = program::Account {
            name: t.text(&account.name),
            code: account.code.as_ref().map(|code| t.text(code)),
            kind: account.kind,
            shape: t.shape(&account.ty, account.place)?,
            dimensions,
            lots: account.lots,
            bounds: (account.limits.iter())
                .map(|limit| program::Bound {
                    above: limit.kind == LimitKind::Above,
                    period: limit.period,
                    mode: limit.mode,
                })
                .collect(),
            groups: (account.groups.iter())
                .map(|group| program::Group { name: t.text(&group.name), field: group.field })
                .collect(),
            place: t.place(account.place),
        };
        t.program.accounts.push(account);
    }
    for entity in &checked.entities {
        let indexes = entity.indexes.iter();
        let indexes = indexes.map(|index| program::EntityIndex { unique: index.unique, fields: index.fields.clone() });
        let lowered = program::Entity {
            name: t.text(&entity.name),
            record: t.shape(&Type::Record(entity.record), entity.place)?,
            key: entity.key.clone(),
            number: entity.numbering.as_ref().map(|numbering| numbering.field),
            state: entity.life.as_ref().map(|life| life.field),
            indexes: indexes.collect(),
            renamed: entity.renamed.iter().map(|(field, was, _)| (*field, t.text(was))).collect(),
            place: t.place(entity.place),
        };
        t.program.entities.push(lowered);
    }
    for decision in &checked.decisions {
        let rows = decision.rows.iter().map(|row| row.place).chain(decision.default.iter().map(|default| default.1));
        let rows = rows.map(|place| t.place(place)).collect();
        let decision = program::Decision { name: t.text(&decision.name), place: t.place(decision.place), rows };
        t.program.decisions.push(decision);
    }
    for process in &checked.processes {
        let process = program::Process {
            name: t.text(&process.name),
            func: func(process.func),
            params: t.fields(&process.params, Owner::Process, process.place)?,
            outcome: t.shape(&Type::Enum(process.outcome), process.place)?,
            key: process.key.map(func),
            key_names: process.key_names.iter().map(|name| t.text(name)).collect(),
            starter: process
                .starter
                .map(|(role, duty)| Starter { role: role.0 as u16, duty: duty.map(|duty| DutyId(duty.0 as u16)) }),
            docs: t.text(&process.docs),
            place: t.place(process.place),
        };
        t.program.processes.push(process);
    }
    for step in &checked.steps {
        let step = program::Step {
            name: t.text(&step.name),
            process: ProcessId(step.process.0 as u16),
            stays: step.stays,
            place: t.place(step.place),
        };
        t.program.steps.push(step);
    }
    for message in &checked.messages {
        let message = program_message(t, message)?;
        t.program.messages.push(message);
    }
    for operation in &checked.operations {
        let operation = program_operation(t, operation)?;
        t.program.operations.push(operation);
    }
    for undo in &checked.undos {
        let of = &checked.functions[undo.func.index()];
        let mut captured = Vec::with_capacity(of.params);
        for local in &of.locals[..of.params] {
            let (name, shape) = (t.text(&local.name), t.shape(&local.ty, local.place)?);
            let field = FieldShape { name, outside: name, shape, default: None, checks: Vec::new(), personal: false };
            captured.push(field);
        }
        let undo =
            Undo { step: StepId(undo.step.0 as u16), func: func(undo.func), captured, place: t.place(undo.place) };
        t.program.undos.push(undo);
    }
    for duty in &checked.duties {
        let separate = duty.separate.iter().map(|other| DutyId(other.0 as u16)).collect();
        let duty = process::Duty { name: t.text(&duty.name), separate, place: t.place(duty.place) };
        t.program.duties.push(duty);
    }
    for schedule in &checked.schedules {
        let rhythm = match schedule.rhythm {
            Rhythm::Every(interval) => process::Rhythm::Every(func(interval)),
            Rhythm::Daily => process::Rhythm::Daily,
            Rhythm::Weekly(day) => process::Rhythm::Weekly(day),
            Rhythm::Monthly(day) => process::Rhythm::Monthly(day.map(func)),
            Rhythm::Yearly(day) => process::Rhythm::Yearly(day.map(func)),
        };
        let schedule = process::Schedule {
            process: ProcessId(schedule.process.0 as u16),
            rhythm,
            at: schedule.at.map(func),
            missed: schedule.missed,
            place: t.place(schedule.place),
        };
        t.program.schedules.push(schedule);
    }
    for test in &checked.tests {
        let test = program::Test { title: t.text(&test.title), func: func(test.func), place: t.place(test.place) };
        t.program.tests.push(test);
    }
    Ok(())
}

fn program_operation<'a>(t: &mut Tables<'a>, operation: &'a crate::typed::Operation) -> Result<Operation> {
    let place = operation.place;
    let mut answers = Vec::new();
    for case in &t.checked.enums[operation.outcome.index()].cases {
        // Each value is asked for by itself, as a parameter is.
        let fields = t.fields(&case.fields, Owner::Process, place)?;
        answers.push(CaseShape { name: t.text(&case.name), outside: t.text(&case.outside), fields });
    }
    Ok(Operation {
        service: t.text(&t.checked.services[operation.service.index()].name),
        name: t.text(&operation.name),
        asked: t.shape(&Type::Record(operation.asked), place)?,
        outcome: t.shape(&Type::Enum(operation.outcome), place)?,
        answers,
        docs: t.text(&operation.docs),
        place: t.place(place),
    })
}

fn program_message(t: &mut Tables, message: &crate::typed::Message) -> Result<Message> {
    Ok(Message {
        name: t.text(&message.name),
        record: t.shape(&Type::Record(message.record), message.place)?,
        key: message.key.clone(),
        to_all: message.to_all,
        internal: message.internal,
        keep: message.keep.map(func),
        place: t.place(message.place),
    })
}

fn lower_function<'a>(t: &mut Tables<'a>, f: &'a Function) -> Result<program::Function> {
    let place = f.place;
    let name = t.text(&f.name);
    let result = t.in_between(&f.result, place)?;
    let lives = t.noted.is_some();
    let mut b = Builder::new(t, &f.locals, result, place);
    b.lives = lives;
    for local in &f.locals {
        b.fresh_for(&local.ty, local.place)?;
    }
    b.begin_body(place)?;
    for (condition, check) in &f.requires {
        if b.t.shown.holds(condition.place, *check) {
            continue;
        }
        let a = b.expr(condition, expr::Dest::Any)?;
        let check = CheckId(check.0 as u16);
        b.emit(bp_bytecode::op::Op::Check { a: bp_bytecode::op::Use(a), check }, condition.place)?;
    }
    match &f.body {
        Body::Decision(decision) => b.decision(*decision)?,
        Body::Code(block) => {
            b.statements(&block.stmts)?;
            match &block.value {
                Some(value) if f.result == Type::Nothing => b.effect(value)?,
                Some(value) => {
                    let reg = b.expr(value, expr::Dest::Any)?;
                    b.give(reg, value.place)?;
                }
                None => {}
            }
            if b.is_reachable() && result == RegType::Word {
                // A function without a result gives a word that says nothing.
                let nothing = b.int(0, place)?;
                b.give(nothing, place)?;
            }
        }
    }
    b.end_body();
    b.finish(name, f.params as u16)
}
