//! The proofs: what an accepted program cannot do wrong. One folder a proof, each with its theory, its algorithm and
//! its limits. A proof reads the [checked program](crate::typed) and gives its findings; it changes nothing.

pub mod balance;
pub mod decisions;

use crate::diagnostics::Problem;
use crate::typed::Checked;

/// Everything that is refuted, and what could not be shown.
pub fn prove(checked: &Checked) -> Vec<Problem> {
    let mut problems: Vec<Problem> = balance::prove(checked).into_iter().map(Problem::Balance).collect();
    problems.extend(decisions::prove(checked).into_iter().map(Problem::Decision));
    problems
}
