//! Benchmark 1 from CSV file to CSV file, as a Rust programmer would write it: the `csv` crate, one row after the other.

use crate::by_hand::{self, Slip, Table};
use crate::payroll::{Row, Totals};
use csv::{ByteRecord, Reader, Writer};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

/// In the order of the cases of `Ptkp` in `payroll.bp`.
const STATUS: [&str; 8] = ["TK/0", "TK/1", "TK/2", "TK/3", "K/0", "K/1", "K/2", "K/3"];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes these rows, so many times one after the other.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_rows(path: &Path, rows: &[Row], times: usize) -> Result<()> {
    let mut writer = Writer::from_path(path)?;
    writer.write_record(["base", "allowance", "overtime_hours", "status", "months", "bonus"])?;
    let mut text = String::new();
    for row in (0..times).flat_map(|_| rows) {
        for amount in [row.base, row.allowance, row.hours] {
            writer.write_field(hundredths(amount, &mut text))?;
        }
        writer.write_field(STATUS[row.status as usize])?;
        writer.write_field(row.months.to_string())?;
        writer.write_field(hundredths(row.bonus, &mut text))?;
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.flush()?)
}

/// Reads all records and looks at none: what the `csv` crate takes.
///
/// # Errors
/// Where the file cannot be read.
pub fn only_read(path: &Path) -> Result<u64> {
    let mut reader = Reader::from_path(path)?;
    let mut record = ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record)? {
        rows += 1;
    }
    Ok(rows)
}

/// Reads, computes and writes each row.
///
/// # Errors
/// A file that cannot be read or written, a cell that is no number or status, an overflow.
pub fn run(from: &Path, to: &Path, tables: &[Table; 3]) -> Result<Totals> {
    let mut reader = Reader::from_path(from)?;
    let mut writer = Writer::from_writer(File::create(to)?);
    let names = ["gross", "bonus", "health", "old_age", "pension", "year_tax", "tax", "exact_net", "net"];
    writer.write_record(["outcome".to_owned()].into_iter().chain(names.map(|name| format!("{name} [IDR]"))))?;
    let mut totals = Totals::default();
    let mut record = ByteRecord::new();
    let mut text = String::new();
    while reader.read_byte_record(&mut record)? {
        let row = row(&record).ok_or_else(|| format!("no row: {record:?}"))?;
        let slip = by_hand::slip(&row, tables).ok_or("overflow")?;
        by_hand::book(&slip, &mut totals).ok_or("overflow")?;
        writer.write_field("done")?;
        let Slip { gross, bonus, health, old_age, pension, year_tax, tax, exact_net, net } = slip;
        for amount in [gross, bonus, health, old_age, pension, year_tax, tax, exact_net, net] {
            writer.write_field(hundredths(amount, &mut text))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(totals)
}

fn row(record: &ByteRecord) -> Option<Row> {
    let text = |at: usize| std::str::from_utf8(record.get(at)?).ok();
    let status = text(3)?;
    Some(Row {
        base: read_hundredths(text(0)?)?,
        allowance: read_hundredths(text(1)?)?,
        hours: read_hundredths(text(2)?)?,
        status: STATUS.iter().position(|known| *known == status)? as i64,
        months: text(4)?.parse().ok()?,
        bonus: read_hundredths(text(5)?)?,
    })
}

fn read_hundredths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let hundredths = match part.len() {
        1 => part.parse::<i64>().ok()?.checked_mul(10)?,
        2 => part.parse::<i64>().ok()?,
        _ => return None,
    };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(hundredths)
}

fn hundredths(amount: i64, text: &mut String) -> &str {
    text.clear();
    let (sign, amount) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    // Writing to a text does not fail.
    let _ = write!(text, "{sign}{}.{:02}", amount / 100, amount % 100);
    text
}
