//! The words about postings.

use super::{Code, Diagnostic};
use crate::prove::balance::Finding;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    Diagnostic::new(Code::Unbalanced, finding.place, "this posting does not balance")
}
