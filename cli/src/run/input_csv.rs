//! Rows of a CSV file, as bytes; nothing is allocated for a row.

use super::input::{Guard, Meter, Source};
use crate::failure::{Failure, Result};
use csv::{ByteRecord, Reader, ReaderBuilder};

pub struct CsvRows {
    /// Not there while another thread reads.
    source: Option<CsvSource>,
    meter: Meter,
    path: String,
    header: ByteRecord,
    columns: Vec<Column>,
    record: ByteRecord,
}

/// What records come from.
pub struct CsvSource {
    reader: Reader<Guard>,
    meter: Meter,
    path: String,
}

/// A column as its header names it: `salary`, `salary [IDR]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub unit: Option<String>,
}

/// Cells that are UTF-8, as many as the header has.
#[derive(Clone, Copy)]
pub struct CsvRow<'r> {
    text: &'r str,
    record: &'r ByteRecord,
}

impl<'r> CsvRow<'r> {
    /// A record as a row of these columns, or why it is none.
    #[inline]
    pub fn of(record: &'r ByteRecord, columns: &[Column]) -> std::result::Result<CsvRow<'r>, String> {
        let (found, expected) = (record.len(), columns.len());
        if found != expected {
            let many = if found > expected { "many" } else { "few" };
            return Err(format!("too {many} fields: {found}, where the header has {expected}"));
        }
        match std::str::from_utf8(record.as_slice()) {
            Ok(text) if text.is_ascii() => Ok(CsvRow { text, record }),
            // Two broken characters at a border between cells may look like a whole one.
            Ok(text) if record.iter().all(|cell| std::str::from_utf8(cell).is_ok()) => Ok(CsvRow { text, record }),
            _ => Err(not_utf8(record, columns)),
        }
    }

    #[inline]
    pub fn cell(self, column: usize) -> &'r str {
        self.record.range(column).and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

fn not_utf8(record: &ByteRecord, columns: &[Column]) -> String {
    for (cell, column) in record.iter().zip(columns) {
        if let Err(error) = std::str::from_utf8(cell) {
            let at = error.valid_up_to();
            return format!("column {}: byte {} (0x{:02X}) is not UTF-8", column.name, at + 1, cell[at]);
        }
    }
    "not UTF-8".to_owned()
}

impl CsvSource {
    /// Reads the next record; `false` behind the last one.
    #[inline]
    pub fn read(&mut self, record: &mut ByteRecord) -> Result<bool> {
        self.meter.row();
        match self.reader.read_byte_record(record) {
            Ok(found) => Ok(found),
            Err(error) => Err(failure(&self.meter, &self.path, self.reader.position().line(), error)),
        }
    }
}

impl Column {
    fn read(header: &str) -> Column {
        let header = header.trim();
        let parted = header.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match parted {
            Some((name, unit)) if !name.trim().is_empty() => {
                Column { name: name.trim().to_owned(), unit: Some(unit.trim().to_owned()) }
            }
            _ => Column { name: header.to_owned(), unit: None },
        }
    }
}

impl CsvRows {
    /// Reads the header.
    pub fn new(source: Source) -> Result<CsvRows> {
        let Source { reader, meter, path, .. } = source;
        // A row that has too few or too many fields is this program's to refuse, and does not end the run.
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(64 * 1024).from_reader(reader);
        let mut header = ByteRecord::new();
        meter.row();
        let found = reader.read_byte_record(&mut header).map_err(|error| failure(&meter, &path, 1, error))?;
        if !found {
            return Err(Failure::found(format!("{path} is empty; its first line should name the columns")));
        }
        let mut columns = Vec::new();
        for cell in &header {
            let Ok(name) = std::str::from_utf8(cell) else {
                return Err(Failure::found(format!("{path}:1: the header is not UTF-8; save the file as UTF-8")));
            };
            columns.push(Column::read(name));
        }
        let source = CsvSource { reader, meter: meter.clone(), path: path.clone() };
        Ok(CsvRows { source: Some(source), meter, path, header, columns, record: ByteRecord::new() })
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The header as it came.
    pub fn header(&self) -> &ByteRecord {
        &self.header
    }

    /// The row at hand as it came.
    pub fn record(&self) -> &ByteRecord {
        &self.record
    }

    /// Goes to the next row; `false` behind the last one, and where another thread reads.
    #[inline]
    pub fn advance(&mut self) -> Result<bool> {
        self.source.as_mut().map_or(Ok(false), |source| source.read(&mut self.record))
    }

    /// Gives what the rows that are left come from to another thread.
    pub fn lend(&mut self) -> Option<CsvSource> {
        self.source.take()
    }

    /// Makes a record that another thread has read the row at hand, which goes there instead.
    pub fn swap(&mut self, record: &mut ByteRecord) {
        std::mem::swap(&mut self.record, record);
    }

    #[inline]
    pub fn row(&self) -> std::result::Result<CsvRow<'_>, String> {
        CsvRow::of(&self.record, &self.columns)
    }

    /// A cell even of a row that cannot be read as a whole, if it is UTF-8.
    pub fn raw_cell(&self, column: usize) -> Option<&str> {
        self.record.get(column).and_then(|cell| std::str::from_utf8(cell).ok())
    }

    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.meter.read(), self.meter.size)
    }
}

fn failure(meter: &Meter, path: &str, line: u64, error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => meter.failure(path, line, &error),
        _ => Failure::found(format!("{path}:{line}: the row cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_may_name_a_unit() {
        let column = |name: &str, unit: Option<&str>| Column { name: name.to_owned(), unit: unit.map(str::to_owned) };
        assert_eq!(Column::read(" salary "), column("salary", None));
        assert_eq!(Column::read("salary [IDR]"), column("salary", Some("IDR")));
        assert_eq!(Column::read("weight[kg]"), column("weight", Some("kg")));
        assert_eq!(Column::read("[x]"), column("[x]", None));
    }
}
