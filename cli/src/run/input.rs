//! Where rows come from: CSV, JSON lines, or one row made of nothing but `--set`.

use super::input_csv::{CsvRow, CsvRows};
use super::input_json::{JsonRow, JsonRows};
use crate::failure::{Failure, Result};
use crate::project::shown;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes that one row may have: a quote that is never closed must not swallow the memory.
const ROW_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub enum Rows {
    Csv(CsvRows),
    Json(JsonRows),
    /// One row without columns.
    Once {
        given: bool,
    },
}

/// A row as it came, well formed but not typed.
#[derive(Clone, Copy)]
pub enum Row<'r> {
    Csv(CsvRow<'r>),
    Json(JsonRow<'r>),
    Once,
}

impl Rows {
    /// Opens a file, or standard input for `-`. What it is, its ending says, or else its first character.
    pub fn open(path: &Path) -> Result<Rows> {
        let source = Source::open(path)?;
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase().to_string_lossy().into_owned());
        let json = match ending.as_deref() {
            Some("csv") => false,
            Some("jsonl" | "ndjson" | "json") => true,
            _ => source.first == Some(b'{'),
        };
        if json { Ok(Rows::Json(JsonRows::new(source))) } else { CsvRows::new(source).map(Rows::Csv) }
    }

    /// Goes to the next row; `false` behind the last one.
    pub fn advance(&mut self) -> Result<bool> {
        match self {
            Rows::Csv(rows) => rows.advance(),
            Rows::Json(rows) => rows.advance(),
            Rows::Once { given } => Ok(!std::mem::replace(given, true)),
        }
    }

    /// The row at hand, or why it cannot be read.
    #[inline]
    pub fn row(&self) -> std::result::Result<Row<'_>, String> {
        match self {
            Rows::Csv(rows) => rows.row().map(Row::Csv),
            Rows::Json(rows) => rows.row().map(Row::Json),
            Rows::Once { .. } => Ok(Row::Once),
        }
    }

    /// The line that the row at hand begins in.
    pub fn line(&self) -> u64 {
        match self {
            Rows::Csv(rows) => rows.line(),
            Rows::Json(rows) => rows.line(),
            Rows::Once { .. } => 1,
        }
    }

    pub fn path(&self) -> &str {
        match self {
            Rows::Csv(rows) => rows.path(),
            Rows::Json(rows) => rows.path(),
            Rows::Once { .. } => "",
        }
    }

    /// How many bytes have been read, and how many there are where that is known.
    pub fn progress(&self) -> (u64, Option<u64>) {
        match self {
            Rows::Csv(rows) => rows.progress(),
            Rows::Json(rows) => rows.progress(),
            Rows::Once { .. } => (0, None),
        }
    }
}

/// A file or standard input, opened.
pub struct Source {
    pub reader: Guard,
    pub meter: Meter,
    pub path: String,
    /// The first byte that is not a blank, where there is one soon.
    pub first: Option<u8>,
}

/// What has been read of a source, by one thread; others may look at it.
#[derive(Clone)]
pub struct Meter {
    read: Arc<AtomicU64>,
    left: Arc<AtomicU64>,
    pub size: Option<u64>,
}

impl Meter {
    /// A new row begins.
    #[inline]
    pub fn row(&self) {
        self.left.store(ROW_BYTES_MAX, Ordering::Relaxed);
    }

    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// How many bytes the row at hand may still have.
    fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: u64) {
        self.read.store(self.read() + bytes, Ordering::Relaxed);
        self.left.store(self.left().saturating_sub(bytes), Ordering::Relaxed);
    }

    /// Why a row could not be read, with the right exit status.
    pub fn failure(&self, path: &str, line: u64, error: &io::Error) -> Failure {
        if self.left() == 0 {
            let most = ROW_BYTES_MAX >> 20;
            return Failure::found(format!(
                "{path}:{line}: the row that begins here is longer than {most} MiB; is a quote never closed?"
            ));
        }
        Failure::file("read", path, error)
    }
}

impl Source {
    pub fn open(path: &Path) -> Result<Source> {
        let (mut inner, name, size): (Box<dyn Read + Send>, String, Option<u64>) = if path.as_os_str() == "-" {
            (Box::new(io::stdin()), "standard input".to_owned(), None)
        } else {
            let name = shown(path);
            let failed = |error| Failure::file("read", &name, &error);
            let file = File::open(path).map_err(failed)?;
            let about = file.metadata().map_err(failed)?;
            if about.is_dir() {
                return Err(Failure::outside(format!("cannot read {name}: it is a folder")));
            }
            (Box::new(file), name, about.is_file().then_some(about.len()))
        };
        let mut head = [0u8; 64];
        let mut len = 0;
        while len < head.len() {
            match inner.read(&mut head[len..]) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::file("read", &name, &error)),
            }
        }
        if matches!(head[..len], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            return Err(Failure::found(format!("{name} is UTF-16; save it as UTF-8")));
        }
        // The mark says nothing about UTF-8, and is no part of the first column's name.
        let start = if head[..len].starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let first = head[start..len].iter().copied().find(|byte| !byte.is_ascii_whitespace());
        let (read, left) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(ROW_BYTES_MAX)));
        let meter = Meter { read, left, size };
        let head = head[start..len].to_vec();
        let reader = Guard { head, given: 0, inner, meter: meter.clone() };
        Ok(Source { reader, meter, path: name, first })
    }
}

/// Counts what is read, and stops where a row does not end.
pub struct Guard {
    head: Vec<u8>,
    given: usize,
    inner: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.meter.left() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row is too long"));
        }
        let len = if self.given < self.head.len() {
            let len = (&self.head[self.given..]).read(buffer)?;
            self.given += len;
            len
        } else {
            self.inner.read(buffer)?
        };
        self.meter.count(len as u64);
        Ok(len)
    }
}
