//! What evaluating a program costs, by its checked form.
//!
//! A body (of a function, a branch's arm, a round of a loop) is charged when it is entered, with the sum over the
//! expressions and statements that stand in it but not in a body inside it; entering costs [`BODY`]. The second
//! operands of `and`, `or` and `??` belong to the body that they stand in. A test that ends a loop is charged each
//! time it is made. What depends on sizes that only a run knows (the length of a text, of a list) is charged by the
//! engine that runs it, on top.

use crate::typed::{P, S, T};

/// Entering a body.
pub const BODY: u64 = 1;
/// A statement by itself, and any expression that is not named below.
pub const NODE: u64 = 1;
/// A value in the heap, besides its parts.
pub const CELL: u64 = 4;
/// A call of a function, besides its body.
pub const CALL: u64 = 5;
/// `round` and its kin, besides their factors.
pub const ROUND: u64 = 4;
/// A built-in function.
pub const BUILTIN: u64 = 4;
/// A text made of a value or of parts.
pub const TEXT: u64 = 8;
/// A read or change of a map.
pub const MAP: u64 = 8;
/// A decision: for each column, besides its conditions and outputs.
pub const COLUMN: u64 = 4;
/// One candidate among the rows of a decision where several may fit.
pub const CANDIDATE: u64 = 4;
/// An element of a list that is grouped, sorted or allotted to, each time the list is gone through.
pub const ELEMENT: u64 = 4;
/// A line of a posting, besides its amount and dimensions.
pub const LINE: u64 = 20;
/// The frame of a step, a posting, a started run, a read balance.
pub const OUTSIDE: u64 = 20;

pub(super) fn of_expr(kind: &T) -> u64 {
    match kind {
        T::Round(_) => ROUND,
        T::Some(_) | T::Record(..) | T::With(..) | T::Case(..) | T::List(_) | T::EmptyMap => CELL,
        T::First(_) | T::Last(_) => CELL,
        T::Get(..) | T::Keys(_) | T::Values(_) => MAP,
        T::ToText { .. } | T::Concat(_) => TEXT,
        T::CompareText(..) | T::CompareAmount(..) | T::Equal(..) | T::Builtin(..) => BUILTIN,
        T::Call(..) => CALL,
        T::Checked(_, checks) => NODE + CALL * checks.len() as u64,
        T::Step(..)
        | T::Balance(..)
        | T::Start(..)
        | T::Held(..)
        | T::Available(..)
        | T::Room(..)
        | T::Hold { .. }
        | T::CommitPart { .. } => OUTSIDE,
        T::Take { .. } | T::Books(..) | T::Rest(_) | T::RunNoted(..) | T::RunTask(..) => OUTSIDE,
        T::RunRequest(..) | T::Mails(..) => OUTSIDE,
        T::Create(..) | T::Lookup(..) | T::Find(_) | T::NextNumber(..) => OUTSIDE,
        T::Beginning(..) => CELL,
        _ => NODE,
    }
}

pub(super) fn of_stmt(kind: &S) -> u64 {
    match kind {
        S::Add(..) => CELL,
        S::Put(..) => MAP,
        S::Post(_) | S::Change(..) | S::Become(..) | S::Settle { .. } | S::Free { .. } => OUTSIDE,
        S::ReverseStep | S::Send { .. } | S::Complete { .. } | S::Deliver(..) | S::Advance(_) | S::ActAs(_) => OUTSIDE,
        S::ToBooks(..) | S::SendMessage(..) | S::Answer { .. } | S::CancelRun(_) => OUTSIDE,
        S::ForRows { rows, .. } => NODE + rows.rows.first().map_or(0, |row| row.values.len() as u64),
        _ => NODE,
    }
}

pub(super) fn of_pattern(kind: &P) -> u64 {
    match kind {
        P::Currency(..) => BUILTIN,
        _ => NODE,
    }
}
