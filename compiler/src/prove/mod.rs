//! The proofs: what an accepted program cannot do wrong. One folder a proof, each with its theory, its algorithm and
//! its limits. A proof reads the [checked program](crate::typed) and gives its findings; it changes nothing.

pub mod balance;
pub mod decisions;
pub mod ends;
mod evaluate;
pub mod holds;
pub mod personal;
pub mod ranges;
pub mod rows;
mod write;

use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::Checked;
use crate::types::{CheckId, LocalId};
use std::collections::BTreeMap;

/// What lowering makes use of.
#[derive(Debug, Default)]
pub struct Shown {
    /// The `where`s of values, each at the place where it is met or checked; in the order of places.
    pub obligations: Vec<ranges::Obligation>,
    /// Where a process fails, what it still holds there.
    pub releases: BTreeMap<Place, Vec<LocalId>>,
}

impl Shown {
    /// Whether the condition holds of every value that comes to that place.
    pub fn holds(&self, place: Place, check: CheckId) -> bool {
        let found = self.obligations.binary_search_by_key(&(place, check), |known| (known.place, known.check));
        found.is_ok_and(|at| self.obligations[at].proved)
    }
}

/// All proofs: everything that is refuted, and what could not be shown and has to be.
///
/// What others make of what is shown is made beside the proofs that it does not need.
pub fn prove<M: Send>(checked: &Checked, make: impl FnOnce(&Shown) -> M + Send) -> (Vec<Problem>, Shown, M) {
    let ((balance, decisions, personal), (ranges, holds, ends, shown, made)) = rayon::join(
        || {
            let balance = told(balance::prove(checked), Problem::Balance);
            let decisions = told(decisions::prove(checked), Problem::Decision);
            (balance, decisions, told(personal::prove(checked), Problem::Personal))
        },
        || {
            let ranges = ranges::prove(checked);
            let holds = holds::prove(checked);
            let ends = told(ends::prove(checked), Problem::Ends);
            let shown = Shown { obligations: ranges.obligations, releases: holds.releases };
            let made = make(&shown);
            (ranges.findings, told(holds.findings, Problem::Hold), ends, shown, made)
        },
    );
    let rows = rows::prove(checked).into_iter().map(|finding| Problem::row(checked, finding));
    let ranges = ranges.into_iter().map(|finding| Problem::range(checked, finding));
    let mut problems = balance;
    problems.extend(decisions.into_iter().chain(holds).chain(personal).chain(ends).chain(rows).chain(ranges));
    (problems, shown, made)
}

fn told<F>(findings: Vec<F>, problem: fn(F) -> Problem) -> Vec<Problem> {
    findings.into_iter().map(problem).collect()
}
