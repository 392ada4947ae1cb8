//! The words about decision tables.

use super::{Code, Diagnostic};
use crate::prove::decisions::Finding;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    Diagnostic::new(Code::DecisionGap, finding.place, "this decision has a gap")
}
