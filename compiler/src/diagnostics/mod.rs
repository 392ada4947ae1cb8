//! What is wrong with a program, and how it is told.
//!
//! The stages put facts into [`Problem`]s; [`words`] is the one place that finds the words; [`codes`] is the registry
//! of stable codes; [`render`] draws a [`Diagnostic`] for people, [`sarif`] and [`github`] write it for build servers;
//! [`fix`] makes the changes that it suggests.

mod balance;
pub mod codes;
mod decisions;
mod ends;
pub mod fix;
mod foreign;
pub mod github;
mod numbers;
mod personal;
mod problem;
pub mod render;
pub mod sarif;
mod stored;
mod syntax;
mod words;

pub use codes::{Code, Severity};
pub use foreign::Foreign;
pub use problem::{Clash, Problem};
pub(crate) use words::{FUNCTION, MODULE, ROUNDING_MODE, TYPE, UNIT};

use crate::source::Place;

/// A fault as it is told: to people, to CI, to an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// One line without a full stop.
    pub message: String,
    /// The first one is where it is; there is at least one.
    pub labels: Vec<Label>,
    /// How to go on, or why it is so.
    pub notes: Vec<String>,
    pub edits: Vec<Edit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// A change that mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub place: Place,
    pub replacement: String,
    /// `write == to compare`
    pub title: String,
}

impl Diagnostic {
    fn new(code: Code, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label { place, text: String::new() }],
            notes: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// The words at the main place.
    fn here(mut self, text: impl Into<String>) -> Diagnostic {
        self.labels[0].text = text.into();
        self
    }

    fn label(mut self, place: Place, text: impl Into<String>) -> Diagnostic {
        if place != Place::NOWHERE {
            self.labels.push(Label { place, text: text.into() });
        }
        self
    }

    fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    fn edit(mut self, place: Place, title: impl Into<String>, replacement: impl Into<String>) -> Diagnostic {
        self.edits.push(Edit { place, title: title.into(), replacement: replacement.into() });
        self
    }
}
