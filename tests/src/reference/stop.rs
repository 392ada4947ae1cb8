//! Why an evaluation goes no further.

use super::living::replay::Resting;
use super::value::Val;
use bp_compiler::source::Place;
use bp_vm::FaultKind;

/// A result, or why there is none.
pub type Run<T> = Result<T, Stop>;

/// Why an expression gives no value, or a statement does not go on to the next.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A technical error, and the expression or statement that it happened in.
    Fault(Fault, Place),
    /// `return`, a process's `fail`
    Return(Val),
    Break,
    /// `go`: on with the stage of that number.
    Go(u16),
    /// A failure that ends the open step without effect.
    FailStep(Val),
    /// A process rests.
    Rests(Box<Resting>),
    /// What has happened is not what a process waits for.
    Declined,
    /// A branch has ended: what it hands on, from a part of what its point gives on.
    BranchOver(u16, Vec<Val>),
    /// The reference does not say what this means: neither agreement nor disagreement.
    NotCovered(String),
    /// The checked program breaks a rule that checking should have made sure of.
    Defect(String),
}

/// A technical error, with the facts that all engines have to agree on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Overflow,
    DivisionByZero,
    NegativeRoot,
    BadExponent(String),
    /// The number of the `where`.
    Check(u32),
    /// The number of the decision.
    NoRow(u32),
    SeveralRows(u32),
    Assertion,
    Unreachable,
    RunFailed,
    Unhandled(String),
    Transition,
    IndexOutside {
        index: i64,
        len: u32,
    },
    DateOutside,
    CurrencyMismatch(String, String),
    Unbalanced,
    Refused,
}

impl Fault {
    /// The fault of an engine. `None` where a budget is spent: cost is defined by the bytecode (semantics, 8), and
    /// memory, the work of single instructions and the length of texts are the machine's.
    pub fn of(kind: &FaultKind) -> Option<Fault> {
        Some(match kind {
            FaultKind::Overflow => Fault::Overflow,
            FaultKind::DivisionByZero => Fault::DivisionByZero,
            FaultKind::NegativeRoot => Fault::NegativeRoot,
            FaultKind::BadExponent { exponent } => Fault::BadExponent(exponent.to_string()),
            FaultKind::Check(violation) => Fault::Check(u32::from(violation.check.0)),
            FaultKind::NoRow { decision, .. } => Fault::NoRow(u32::from(decision.0)),
            FaultKind::SeveralRows { decision, .. } => Fault::SeveralRows(u32::from(decision.0)),
            FaultKind::Assertion => Fault::Assertion,
            FaultKind::Unreachable => Fault::Unreachable,
            FaultKind::RunFailed => Fault::RunFailed,
            FaultKind::Unhandled { failure } => Fault::Unhandled(failure.to_string()),
            FaultKind::Transition { .. } => Fault::Transition,
            FaultKind::IndexOutside { index, len } => Fault::IndexOutside { index: *index, len: *len },
            FaultKind::DateOutside => Fault::DateOutside,
            FaultKind::CurrencyMismatch { left, right } => Fault::CurrencyMismatch(left.to_string(), right.to_string()),
            FaultKind::Unbalanced { .. } => Fault::Unbalanced,
            FaultKind::Refused(_) => Fault::Refused,
            FaultKind::CostSpent
            | FaultKind::MemorySpent(_)
            | FaultKind::CallTooDeep
            | FaultKind::TextTooLong { .. }
            | FaultKind::RunWaits
            | FaultKind::Misfit { .. } => return None,
        })
    }

    /// Its name, for counts.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Overflow => "overflow",
            Fault::DivisionByZero => "division by zero",
            Fault::NegativeRoot => "root of a negative number",
            Fault::BadExponent(_) => "exponent out of range",
            Fault::Check(_) => "violated where",
            Fault::NoRow(_) => "no row fits",
            Fault::SeveralRows(_) => "several rows fit",
            Fault::Assertion => "assertion of a posting",
            Fault::Unreachable => "unreachable",
            Fault::RunFailed => "result of a failed run",
            Fault::Unhandled(_) => "unhandled failure",
            Fault::Transition => "state that does not follow",
            Fault::IndexOutside { .. } => "index outside",
            Fault::DateOutside => "date outside",
            Fault::CurrencyMismatch(..) => "two currencies",
            Fault::Unbalanced => "unbalanced entry",
            Fault::Refused => "refused by the world",
        }
    }
}

/// The names of all faults that a program can meet by what it does, as the counts show them.
pub const FAULTS: [&str; 17] = [
    "overflow",
    "division by zero",
    "root of a negative number",
    "exponent out of range",
    "violated where",
    "no row fits",
    "several rows fit",
    "assertion of a posting",
    "unreachable",
    "result of a failed run",
    "unhandled failure",
    "state that does not follow",
    "index outside",
    "date outside",
    "two currencies",
    "unbalanced entry",
    "refused by the world",
];
