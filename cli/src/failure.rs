//! How the command ends when it does not end well.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// What the work came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    /// The work was done and found errors: a faulty program, failed tests, rejected rows.
    Found,
}

/// The exit status of a command that could not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// What it was given to read is faulty.
    Found = 1,
    /// The call was wrong.
    Call = 2,
    /// Something outside failed.
    Outside = 3,
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub status: Status,
    /// Empty if everything has been said already.
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn found(message: impl Into<String>) -> Failure {
        Failure { status: Status::Found, message: message.into() }
    }

    pub fn call(message: impl Into<String>) -> Failure {
        Failure { status: Status::Call, message: message.into() }
    }

    pub fn outside(message: impl Into<String>) -> Failure {
        Failure { status: Status::Outside, message: message.into() }
    }

    /// Something could not be done with a file: `cannot read pay.csv: there is no such file`.
    pub fn file(doing: &str, path: impl Display, error: &io::Error) -> Failure {
        Failure::outside(format!("cannot {doing} {path}: {}", reason(error)))
    }
}

/// An error of the system in plain words, without its number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "part of the path is not a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads a file of UTF-8 text; a byte that is not is named by its line.
pub fn read_text(path: &Path) -> std::result::Result<String, (Status, String)> {
    let bytes = std::fs::read(path).map_err(|error| (Status::Outside, reason(&error)))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = error.as_bytes()[at];
        (Status::Found, format!("it is not UTF-8: byte {} (0x{byte:02X}) in line {line}", at + 1))
    })
}
