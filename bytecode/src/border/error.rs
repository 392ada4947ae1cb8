//! Why a value from outside is refused.

use std::fmt;

/// The longest stretch of a refused value that an error quotes, in characters.
const QUOTED: usize = 80;

/// A value that does not fit its shape: the facts, for a report in the words of its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BorderError {
    /// The value as it was given, shortened to 80 characters.
    pub value: String,
    /// What would have been right: `a date such as 2026-10-31`.
    pub expected: String,
    /// Where in a nested value it stands: `lines[2].price`; empty for the value itself.
    pub path: String,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An empty cell, or JSON's `null`, where a value has to be.
    Missing,
    /// It is not written as such a value is.
    Form,
    /// More digits behind the point than the scale has. Nothing is rounded at the border.
    TooManyDigits { scale: u8 },
    /// Beyond 64 bits.
    OutOfRange,
    /// A currency or unit other than the type's.
    OtherUnit { given: Box<str>, wanted: Box<str> },
    /// Well formed, but the calendar or the clock has no such day, month or time.
    NoSuchDate,
    /// Not one of the names; all of them are listed.
    UnknownName { known: Vec<String> },
    /// The text holds U+0000.
    Nul,
    /// The text is longer than [`super::MAX_TEXT_BYTES`].
    TooLong { bytes: usize },
    /// A value that needs more than one cell.
    NotOneCell,
    /// A JSON value of another kind: `a list`.
    OtherKind { found: &'static str },
    /// An object lacks a field; its outside name. The caller may know a default.
    MissingField { name: Box<str> },
    /// A key of a map stands there twice.
    DuplicateKey,
}

impl BorderError {
    pub(super) fn new(value: &str, expected: impl Into<String>, reason: Reason) -> BorderError {
        let mut quoted: String = value.chars().take(QUOTED).collect();
        if quoted.len() < value.len() {
            quoted.push('…');
        }
        BorderError { value: quoted, expected: expected.into(), path: String::new(), reason }
    }

    /// The same error, seen from the value around it.
    pub fn within(mut self, outer: &str) -> BorderError {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{outer}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for BorderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BorderError { value, expected, path, reason } = self;
        if !path.is_empty() {
            write!(out, "{path}: ")?;
        }
        match reason {
            Reason::Missing => write!(out, "there is no value; expected {expected}"),
            Reason::Form => write!(out, "`{value}` is not {expected}"),
            Reason::TooManyDigits { scale: 0 } => write!(out, "`{value}` is not {expected}"),
            Reason::TooManyDigits { scale } => {
                write!(out, "`{value}` has more than {scale} digits behind the point; expected {expected}")
            }
            Reason::OutOfRange => write!(out, "`{value}` is too large to be stored; expected {expected}"),
            Reason::OtherUnit { given, wanted } => write!(out, "`{value}` is in {given}; expected {wanted}"),
            Reason::NoSuchDate => write!(out, "`{value}` does not exist; expected {expected}"),
            Reason::UnknownName { known } => {
                write!(out, "`{value}` is not {expected}")?;
                for (number, name) in known.iter().enumerate() {
                    write!(out, "{}`{name}`", if number == 0 { ": " } else { ", " })?;
                }
                Ok(())
            }
            Reason::Nul => write!(out, "the text holds the character U+0000, which no text may hold"),
            Reason::TooLong { bytes } => {
                write!(out, "the text is {bytes} bytes long; at most {} are taken", super::MAX_TEXT_BYTES)
            }
            Reason::NotOneCell => write!(out, "{expected} cannot stand in one cell"),
            Reason::OtherKind { found } => write!(out, "expected {expected}, found {found}"),
            Reason::MissingField { name } => write!(out, "the field `{name}` is missing"),
            Reason::DuplicateKey => write!(out, "the key `{value}` stands there twice"),
        }
    }
}

impl std::error::Error for BorderError {}
