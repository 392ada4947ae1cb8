//! The words about text that cannot be read.
use super::{Code, Diagnostic};
use crate::source::Place;
use bp_grammar::error::SyntaxErrorKind;

pub(super) fn tell(place: Place, kind: &SyntaxErrorKind) -> Diagnostic {
    Diagnostic::new(Code::SyntaxUnexpected, place, format!("{kind:?}"))
}
