//! The proofs: what an accepted program cannot do wrong. One folder a proof, each with its theory, its algorithm and
//! its limits. A proof reads the [checked program](crate::typed) and gives its findings; it changes nothing.

pub mod balance;
pub mod decisions;
pub mod personal;
pub mod ranges;
pub(crate) mod walk;
mod write;

use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::Checked;
use crate::types::CheckId;

/// What the proofs come to.
#[derive(Debug, Default)]
pub struct Proofs {
    /// Everything that is refuted, and what could not be shown and has to be.
    pub problems: Vec<Problem>,
    /// The `where`s of values, each at the place where it is met or checked; in the order of places.
    pub obligations: Vec<ranges::Obligation>,
}

impl Proofs {
    /// Whether the condition holds of every value that comes to that place.
    pub fn holds(&self, place: Place, check: CheckId) -> bool {
        let found = self.obligations.binary_search_by_key(&(place, check), |known| (known.place, known.check));
        found.is_ok_and(|at| self.obligations[at].proved)
    }
}

pub fn prove(checked: &Checked) -> Proofs {
    let mut problems: Vec<Problem> = balance::prove(checked).into_iter().map(Problem::Balance).collect();
    problems.extend(decisions::prove(checked).into_iter().map(Problem::Decision));
    problems.extend(personal::prove(checked).into_iter().map(Problem::Personal));
    let ranges = ranges::prove(checked);
    problems.extend(ranges.findings.into_iter().map(|finding| Problem::range(checked, finding)));
    Proofs { problems, obligations: ranges.obligations }
}
