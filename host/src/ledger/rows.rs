//! Entries and lines on their way to the store: written together when the transaction ends.

use std::sync::Arc;

use crate::error::{Result, StoreError};
use crate::ledger::LineKind;
use crate::ledger::chart::damaged;
use crate::store::{Param, Store, all, first, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub seq: i64,
    pub document_day: i64,
    pub posting_day: i64,
    pub recorded_at: i64,
    pub late: bool,
    pub text: Box<str>,
    pub area: Box<str>,
    pub step: Arc<str>,
    pub instance: Arc<str>,
    pub author: Arc<str>,
    pub reverses: Option<i64>,
    /// How many lines it has.
    pub lines: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineRow {
    /// The number of the subaccount in the store.
    pub subaccount: i64,
    pub kind: LineKind,
    pub amount: i64,
    pub book_amount: i64,
    pub rate: Option<Box<str>>,
    /// The lot and what it gained in value.
    pub lot: Option<(i64, i64)>,
    /// Who let it pass a limit.
    pub over_limit_by: Option<Box<str>>,
}

/// Rows that are handed to the store at a time: their parameters stay in the processor's cache.
const CHUNK: usize = 128;

const INSERT_ENTRY: &str =
    "INSERT INTO entry (tenant, book, seq, document_day, posting_day, recorded_at, late, text, area,
    step, instance, author, reverses) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const ENTRY_WIDTH: usize = 13;

const INSERT_LINE: &str =
    "INSERT INTO entry_line (tenant, book, entry, line, subaccount, kind, amount, book_amount, rate,
    lot, cost, over_limit) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const LINE_WIDTH: usize = 12;

/// Writes entries with their lines, which stand one after the other.
pub(crate) fn write(
    store: &mut dyn Store,
    (tenant, book): (i64, i64),
    entries: &[EntryRow],
    lines: &[LineRow],
) -> Result<(), StoreError> {
    for chunk in entries.chunks(CHUNK) {
        let mut row: Vec<Param<'_>> = Vec::with_capacity(CHUNK * ENTRY_WIDTH);
        for entry in chunk {
            row.extend(
                [tenant, book, entry.seq, entry.document_day, entry.posting_day, entry.recorded_at].map(Param::Int),
            );
            row.push(entry.late.into());
            row.extend([&*entry.text, &*entry.area, &*entry.step, &*entry.instance, &*entry.author].map(Param::Text));
            row.push(entry.reverses.into());
        }
        store.execute_many(INSERT_ENTRY, ENTRY_WIDTH, &row)?;
    }
    // The number of each line within its entry.
    let numbers = entries.iter().flat_map(|entry| (1..=entry.lines as i64).map(|line| (entry.seq, line)));
    let mut numbered = numbers.zip(lines).peekable();
    while numbered.peek().is_some() {
        let mut row: Vec<Param<'_>> = Vec::with_capacity(CHUNK * LINE_WIDTH);
        for ((seq, number), line) in numbered.by_ref().take(CHUNK) {
            let numbers =
                [tenant, book, seq, number, line.subaccount, line.kind.number(), line.amount, line.book_amount];
            row.extend(numbers.map(Param::Int));
            row.push(line.rate.as_deref().into());
            row.push(line.lot.map(|lot| lot.0).into());
            row.push(line.lot.map(|lot| lot.1).into());
            row.push(line.over_limit_by.as_deref().into());
        }
        store.execute_many(INSERT_LINE, LINE_WIDTH, &row)?;
    }
    Ok(())
}

/// An entry of the store with its lines.
pub(crate) fn read(
    store: &mut dyn Store,
    (tenant, book): (i64, i64),
    seq: i64,
) -> Result<Option<(EntryRow, Vec<LineRow>)>> {
    let sql = "SELECT document_day, posting_day, recorded_at, late, text, area, step, instance, author, reverses
               FROM entry WHERE tenant = ?1 AND book = ?2 AND seq = ?3";
    let entry = first(store, sql, params![tenant, book, seq], |row| {
        Ok(EntryRow {
            seq,
            document_day: row.int(0)?,
            posting_day: row.int(1)?,
            recorded_at: row.int(2)?,
            late: row.int(3)? != 0,
            text: row.text(4)?.into(),
            area: row.text(5)?.into(),
            step: row.text(6)?.into(),
            instance: row.text(7)?.into(),
            author: row.text(8)?.into(),
            reverses: row.maybe_int(9)?,
            lines: 0,
        })
    })?;
    let Some(mut entry) = entry else { return Ok(None) };
    let sql = "SELECT subaccount, kind, amount, book_amount, rate, lot, cost, over_limit FROM entry_line
               WHERE tenant = ?1 AND book = ?2 AND entry = ?3 ORDER BY line";
    let lines = all(store, sql, params![tenant, book, seq], |row| {
        Ok(LineRow {
            subaccount: row.int(0)?,
            kind: LineKind::from_number(row.int(1)?).ok_or_else(|| damaged("entry_line", "no such kind"))?,
            amount: row.int(2)?,
            book_amount: row.int(3)?,
            rate: row.maybe_text(4)?.map(Into::into),
            lot: row.maybe_int(5)?.zip(row.maybe_int(6)?),
            over_limit_by: row.maybe_text(7)?.map(Into::into),
        })
    })?;
    entry.lines = lines.len();
    Ok(Some((entry, lines)))
}
