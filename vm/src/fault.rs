//! Why a call stopped, where, and by which calls it came there.

use std::fmt::{self, Display};

use bp_bytecode::Program;
use bp_bytecode::index::{CheckId, DecisionId, FuncId, PlaceId, ShapeId};

use crate::exact::ExactFault;

/// A technical error: never a business failure, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The expression or statement that it happened in.
    pub place: PlaceId,
    /// The functions it happened in, innermost first, each with the place reached in it.
    pub trace: Vec<Reached>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub func: FuncId,
    pub place: PlaceId,
}

/// What happened, with the facts for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A number beyond 128 bits in between, or 64 bits stored.
    Overflow,
    DivisionByZero,
    NegativeRoot,
    /// An exponent of a power outside 0 to 1,000.
    BadExponent {
        exponent: i128,
    },
    /// A `where` that does not hold.
    Check(Box<Violation>),
    /// No row of a decision fits.
    NoRow {
        decision: DecisionId,
        name: Box<str>,
    },
    SeveralRows {
        decision: DecisionId,
        name: Box<str>,
    },
    /// An `assert` in a posting does not hold.
    Assertion,
    /// A path that the checker holds to be impossible: a fault of the compiler, never of the program or its input.
    Unreachable,
    /// `run.result` of a run that failed.
    RunFailed,
    /// A run that has not ended is asked how it has.
    RunWaits,
    /// An action failed where nothing handles it.
    Unhandled {
        failure: Box<str>,
    },
    /// A document's life cycle has no such transition.
    Transition {
        entity: Box<str>,
    },
    /// An element that the list does not have; counted from 0.
    IndexOutside {
        index: i64,
        len: u32,
    },
    /// A date before the year 1 or after the year 9999.
    DateOutside,
    CurrencyMismatch {
        left: Box<str>,
        right: Box<str>,
    },
    /// The step's budget of cost is spent.
    CostSpent,
    /// The budget of memory is spent.
    MemorySpent(Memory),
    CallTooDeep,
    /// Debits and credits of an entry differ: each unit with debits minus credits, as decimal text.
    Unbalanced {
        differences: Vec<(String, String)>,
    },
    /// A text that a program made is longer than its limit.
    TextTooLong {
        bytes: usize,
    },
    /// A value from outside does not have the shape that it should.
    Misfit {
        shape: ShapeId,
        expected: Box<str>,
    },
    /// The outside refused or failed, in its own words.
    Refused(Box<str>),
}

/// The budget that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Cells: records, lists, maps.
    Slots,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub check: CheckId,
    /// `Employee.salary`
    pub subject: String,
    /// The condition as written.
    pub condition: String,
    /// The value that was checked, for people, where it is known.
    pub value: Option<String>,
}

/// How a fault travels inside: boxed, so that what nearly always succeeds stays small.
pub type Raise = Box<FaultKind>;

impl From<ExactFault> for FaultKind {
    fn from(fault: ExactFault) -> FaultKind {
        match fault {
            ExactFault::Overflow => FaultKind::Overflow,
            ExactFault::DivisionByZero => FaultKind::DivisionByZero,
            ExactFault::NegativeRoot => FaultKind::NegativeRoot,
            ExactFault::BadExponent(exponent) => FaultKind::BadExponent { exponent },
            ExactFault::NotAMode(_) => FaultKind::Unreachable,
        }
    }
}

impl From<ExactFault> for Raise {
    fn from(fault: ExactFault) -> Raise {
        Box::new(fault.into())
    }
}

impl Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Overflow => write!(out, "the number is too large"),
            FaultKind::DivisionByZero => write!(out, "division by zero"),
            FaultKind::NegativeRoot => write!(out, "a negative number has no root"),
            FaultKind::BadExponent { exponent } => {
                write!(out, "the exponent {exponent} is not a whole number from 0 to 1000")
            }
            FaultKind::Check(violation) => {
                write!(out, "{} must satisfy `{}`", violation.subject, violation.condition)?;
                match &violation.value {
                    Some(value) => write!(out, ", but it is {value}"),
                    None => Ok(()),
                }
            }
            FaultKind::NoRow { name, .. } => write!(out, "no row of the decision {name} fits"),
            FaultKind::SeveralRows { name, .. } => write!(out, "more than one row of the decision {name} fits"),
            FaultKind::Assertion => write!(out, "what the posting asserts does not hold"),
            FaultKind::Unreachable => {
                write!(out, "the program reached a point that should be impossible; this is a fault of the compiler")
            }
            FaultKind::RunFailed => write!(out, "the run failed, so it has no result"),
            FaultKind::RunWaits => write!(out, "the run goes on, so it has no result yet"),
            FaultKind::Unhandled { failure } => write!(out, "the action failed with {failure}, which nothing handles"),
            FaultKind::Transition { entity } => {
                write!(out, "the {entity} is in a state that its life cycle does not let it leave so")
            }
            FaultKind::IndexOutside { index, len: 0 } => {
                write!(out, "there is no element number {index}: the list is empty")
            }
            FaultKind::IndexOutside { index, len } => {
                write!(out, "there is no element number {index}: the list has {len}, numbered from 0")
            }
            FaultKind::DateOutside => write!(out, "the date is outside the years 1 to 9999"),
            FaultKind::CurrencyMismatch { left, right } => {
                write!(out, "{left} and {right} are different currencies; convert one of them")
            }
            FaultKind::CostSpent => write!(out, "the step did more work than its budget allows"),
            FaultKind::MemorySpent(Memory::Slots) => write!(out, "the step made more data than its budget allows"),
            FaultKind::MemorySpent(Memory::Text) => write!(out, "the step made more text than its budget allows"),
            FaultKind::CallTooDeep => write!(out, "functions call each other too deeply"),
            FaultKind::Unbalanced { differences } => {
                write!(out, "the entry does not balance: debits minus credits are ")?;
                for (number, (unit, difference)) in differences.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    let blank = if unit.is_empty() { "" } else { " " };
                    write!(out, "{comma}{difference}{blank}{unit}")?;
                }
                Ok(())
            }
            FaultKind::TextTooLong { bytes } => write!(out, "the text would be {bytes} bytes long, which is too much"),
            FaultKind::Misfit { expected, .. } => write!(out, "a value from outside is not {expected}"),
            FaultKind::Refused(reason) => write!(out, "{reason}"),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(out)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// The fault with its place and the calls that led there, one a line:
    /// `payroll.bp:12:5: the number is too large`, then `  in net, called at payroll.bp:40:9`.
    pub fn report(&self, program: &Program) -> String {
        let place = |id: PlaceId| match program.places.get(id.index()) {
            Some(place) => {
                let path = program.sources.get(place.source.index()).map_or("", |source| source.path.as_str());
                format!("{path}:{}:{}", place.line, place.column)
            }
            None => "somewhere".to_owned(),
        };
        let name = |func: FuncId| {
            let name = program.functions.get(func.index()).and_then(|f| program.texts.get(f.name.index()));
            name.map_or("a function", String::as_str).to_owned()
        };
        let mut report = format!("{}: {}", place(self.place), self.kind);
        for (inner, outer) in self.trace.iter().zip(self.trace.iter().skip(1)) {
            report.push_str(&format!("\n  in {}, called at {}", name(inner.func), place(outer.place)));
        }
        if let Some(outermost) = self.trace.last() {
            report.push_str(&format!("\n  in {}", name(outermost.func)));
        }
        report
    }
}
