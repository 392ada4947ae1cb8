//! The reference: a slow, plain evaluator over the checked program. It says what results, effects and faults have to be,
//! written from the language reference and not from the machine.
//!
//! It shares no arithmetic, no rounding, no tables of decisions, no books with the engines. Numbers are unbounded
//! rationals that carry their unit; every one is checked to have no more digits than its type. Where the reference does
//! not say what something means it stops with [`Stop::NotCovered`], which is counted and never taken for agreement.
//!
//! Cost is not compared: it is defined by the charges of the bytecode (semantics, 8). So are the other budgets – memory,
//! length of texts, work inside of instructions. A call of which an engine says that a budget is spent is counted as such.

mod aggregate;
mod books;
mod check;
mod code;
mod decision;
mod expr;
mod foreign;
mod goods;
mod kinds;
mod limits;
pub mod living;
mod number;
mod numeric;
mod pattern;
mod posting;
mod side;
mod stop;
mod text;
mod time;
mod value;
mod world;

pub use kinds::{Used, all as all_kinds};
pub use side::{Answer, Covered, Reference, Returned};
pub use stop::{FAULTS, Fault};
pub use world::{Effect, Line, Lot};

use bp_compiler::source::Place;
use bp_compiler::typed::{Body, Checked, Function};
use bp_compiler::types::{FnId, LocalId, ProcessId};
use living::replay::{Life, Posting};
use std::collections::BTreeMap;
use stop::{Run, Stop};
use value::Val;
use world::World;

/// How many expressions and statements a call may have: far more than the engines' budgets let through.
const PATIENCE: u64 = 20_000_000;

/// The clock of every call stands at 2026-01-01T00:00Z.
const NOW: i64 = 1_767_225_600;

/// An expectation that was not met: where it stands, and both sides as people read them.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    pub place: Place,
    pub shown: Option<(String, String)>,
}

/// What evaluates.
struct Evaluator<'c> {
    checked: &'c Checked,
    world: World,
    missed: Vec<Missed>,
    /// Runs that tests have started, by process and key.
    runs: BTreeMap<(ProcessId, String), Val>,
    /// Did the last entry have no line?
    nothing_posted: bool,
    patience: u64,
    /// What the clock shows, a moment.
    now: i64,
    /// The stretch that is evaluated, of a process that lives.
    life: Option<Life>,
    /// The entries of the step that is being taken back, with their numbers.
    undoing: Option<Vec<(i64, Posting)>>,
    /// Where the last value was given: of a `match` the arm's, not its own.
    given_at: Place,
    used: Used,
}

/// A running function: its locals.
struct Frame {
    locals: Vec<Option<Val>>,
    /// The last number of a document or hold when it began.
    begun_at: i64,
}

impl Frame {
    fn get(&self, local: LocalId) -> Run<Val> {
        match self.locals.get(local.index()) {
            Some(Some(value)) => Ok(value.clone()),
            _ => Err(Stop::Defect(format!("{local:?} is read before it has a value"))),
        }
    }

    fn set(&mut self, local: LocalId, value: Val) {
        self.locals[local.index()] = Some(value);
    }
}

impl<'c> Evaluator<'c> {
    fn new(checked: &'c Checked) -> Evaluator<'c> {
        Evaluator {
            checked,
            world: World::default(),
            missed: Vec::new(),
            runs: BTreeMap::new(),
            nothing_posted: true,
            patience: PATIENCE,
            now: NOW,
            life: None,
            undoing: None,
            given_at: Place::NOWHERE,
            used: Used::new(),
        }
    }

    /// Notes that a construct is evaluated.
    fn uses(&mut self, kind: &'static str) {
        *self.used.entry(kind).or_default() += 1;
    }

    /// Counts what is done; a program that goes on for ever is for the engines to stop.
    fn goes_on(&mut self) -> Run<()> {
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 { Err(Stop::NotCovered("a run that is very long".into())) } else { Ok(()) }
    }

    fn function(&self, id: FnId) -> &'c Function {
        &self.checked.functions[id.index()]
    }

    /// Calls a function with values of its parameters' types.
    fn call(&mut self, id: FnId, args: Vec<Val>) -> Run<Val> {
        self.goes_on()?;
        let function = self.function(id);
        let process = self.checked.processes.iter().find(|process| process.func == id);
        // It waits, asks, sends or undoes: that is for a host to keep, and not for one call.
        if process.is_some_and(|process| process.lives) {
            return Err(Stop::NotCovered("processes that live".into()));
        }
        let mut locals: Vec<Option<Val>> = args.into_iter().map(Some).collect();
        locals.resize(function.locals.len(), None);
        let mut frame = Frame { locals, begun_at: self.world.last_number() };
        for (condition, check) in &function.requires {
            self.uses(kinds::WHERE_OF_PARAMETER);
            if !self.expr(&mut frame, condition)?.into_bool()? {
                return Err(Stop::Fault(Fault::Check(check.0), condition.place));
            }
        }
        let result = match &function.body {
            Body::Decision(decision) => self.decision(&mut frame, *decision),
            Body::Code(block) => self.block(&mut frame, block),
        };
        let value = match result {
            Err(Stop::Return(value)) => value,
            other => other?,
        };
        if process.is_some() && !matches!(value, Val::Case(0, _)) {
            self.release(&frame)?;
        }
        Ok(value)
    }

    /// What a process still holds when it fails is released: what it was given, and what it has taken since.
    fn release(&mut self, frame: &Frame) -> Run<()> {
        let mut open = Vec::new();
        frame.locals.iter().flatten().for_each(|value| held_in(value, &mut open));
        open.extend(self.world.open_holds(frame.begun_at));
        open.sort_unstable();
        open.dedup();
        for hold in open {
            // What a local still names may have been settled.
            if self.world.is_open(hold) {
                self.uses(kinds::RELEASED);
                self.world.settle(self.checked, hold, false).map_err(|_| Stop::Defect("a hold is lost".into()))?;
            }
        }
        Ok(())
    }
}

fn held_in(value: &Val, open: &mut Vec<i64>) {
    match value {
        Val::Hold(hold) => open.push(*hold),
        Val::List(values) | Val::Record(values) | Val::Case(_, values) => {
            values.iter().for_each(|value| held_in(value, open));
        }
        Val::Option(Some(inner)) => held_in(inner, open),
        _ => {}
    }
}
