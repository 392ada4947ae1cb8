//! The file format of compiled programs, `.bpc`.
//!
//! Four bytes `BPC\n`, the version of the format (two bytes, little end first), a CRC-32 of what follows (four bytes), then the
//! tables of [`Program`] in the order of its fields. Whole numbers are written seven bits a byte, the low ones
//! first, signed ones folded (0, -1, 1, -2 …); a list is its length and its elements; a choice is its number and its
//! parts. A reader refuses another version, a wrong checksum, a length that the rest of the file cannot hold, a
//! number of a choice that does not exist, and bytes behind the end: what it gives is well formed, and the
//! [verifier](crate::verify) then says whether it may run.

mod tables;
mod wire;

use crate::Program;
use std::fmt;
use wire::{Reader, Wire};

const MAGIC: [u8; 4] = *b"BPC\n";

/// The version of the format. A file of another version is compiled again from its source.
pub const FORMAT_VERSION: u16 = 6;

/// The longest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 256 << 20;

const HEADER_BYTES: usize = 10;

/// The program as a file.
pub fn encode(program: &Program) -> Vec<u8> {
    let mut body = Vec::new();
    program.put(&mut body);
    let mut out = Vec::with_capacity(HEADER_BYTES + body.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    out.extend_from_slice(&body);
    out
}

/// Reads a file. The program is well formed; it still has to be [verified](crate::verify::verify) before it may run.
///
/// # Errors
/// Why the bytes are no program.
pub fn decode(bytes: &[u8]) -> Result<Program, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLong);
    }
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Err(if MAGIC.starts_with(&bytes[..bytes.len().min(4)]) {
            FileError::CutShort
        } else {
            FileError::NoProgram
        });
    };
    if header[..4] != MAGIC {
        return Err(FileError::NoProgram);
    }
    let version = u16::from_le_bytes([header[4], header[5]]);
    if version != FORMAT_VERSION {
        return Err(FileError::Version(version));
    }
    if crc32fast::hash(body) != u32::from_le_bytes([header[6], header[7], header[8], header[9]]) {
        return Err(FileError::Damaged);
    }
    let mut reader = Reader::new(body);
    let program = Program::take(&mut reader)?;
    if reader.left() > 0 {
        return Err(FileError::Behind(reader.left()));
    }
    Ok(program)
}

/// Why bytes are no compiled program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// They do not begin like one.
    NoProgram,
    /// Of another version of the format.
    Version(u16),
    /// They end too early.
    CutShort,
    /// The checksum does not fit: a part was changed.
    Damaged,
    /// A choice that does not exist: in which table, and its number.
    Choice(&'static str, u64),
    /// A number that does not fit where it stands.
    Number(&'static str),
    /// A text that is not UTF-8.
    Text,
    /// So many bytes behind the end.
    Behind(usize),
    /// Longer than [`FILE_BYTES_MAX`].
    TooLong,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::NoProgram => f.write_str("this is no compiled program: it does not begin with `BPC`"),
            FileError::Version(found) => {
                write!(
                    f,
                    "compiled for format {found}, this is format {FORMAT_VERSION}: compile it again from its source"
                )
            }
            FileError::CutShort => f.write_str("the file ends too early: a part is missing"),
            FileError::Damaged => f.write_str("the checksum does not fit: the file was changed or damaged"),
            FileError::Choice(what, number) => write!(f, "{number} is no {what}"),
            FileError::Number(what) => write!(f, "a number is too large for {what}"),
            FileError::Text => f.write_str("a text is not UTF-8"),
            FileError::Behind(bytes) => write!(f, "{bytes} bytes stand behind the program's end"),
            FileError::TooLong => write!(f, "longer than {} MiB", FILE_BYTES_MAX >> 20),
        }
    }
}

impl std::error::Error for FileError {}
