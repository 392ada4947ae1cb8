//! The proofs: what an accepted program cannot do wrong. One folder a proof, each with its theory, its algorithm and
//! its limits. A proof reads the [checked program](crate::typed) and gives its findings; it changes nothing.

pub mod balance;
pub mod decisions;
mod evaluate;
pub mod holds;
pub mod personal;
pub mod ranges;
pub mod rows;
pub(crate) mod walk;
mod write;

use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::Checked;
use crate::types::{CheckId, LocalId};
use std::collections::BTreeMap;

/// What the proofs come to.
#[derive(Debug, Default)]
pub struct Proofs {
    /// Everything that is refuted, and what could not be shown and has to be.
    pub problems: Vec<Problem>,
    /// The `where`s of values, each at the place where it is met or checked; in the order of places.
    pub obligations: Vec<ranges::Obligation>,
    /// Where a process fails, what it still holds there.
    pub releases: BTreeMap<Place, Vec<LocalId>>,
}

impl Proofs {
    /// Whether the condition holds of every value that comes to that place.
    pub fn holds(&self, place: Place, check: CheckId) -> bool {
        let found = self.obligations.binary_search_by_key(&(place, check), |known| (known.place, known.check));
        found.is_ok_and(|at| self.obligations[at].proved)
    }
}

/// All proofs, side by side; the order of what is told is that of this list.
pub fn prove(checked: &Checked) -> Proofs {
    let (mut problems, (ranges, (rest, releases))) = rayon::join(
        || told(balance::prove(checked), Problem::Balance),
        || {
            rayon::join(
                || ranges::prove(checked),
                || {
                    let mut rest = told(decisions::prove(checked), Problem::Decision);
                    let holds = holds::prove(checked);
                    rest.extend(told(holds.findings, Problem::Hold));
                    rest.extend(told(personal::prove(checked), Problem::Personal));
                    rest.extend(rows::prove(checked).into_iter().map(|finding| Problem::row(checked, finding)));
                    (rest, holds.releases)
                },
            )
        },
    );
    problems.extend(rest);
    problems.extend(ranges.findings.into_iter().map(|finding| Problem::range(checked, finding)));
    Proofs { problems, obligations: ranges.obligations, releases }
}

fn told<F>(findings: Vec<F>, problem: fn(F) -> Problem) -> Vec<Problem> {
    findings.into_iter().map(problem).collect()
}
