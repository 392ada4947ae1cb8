//! Numbers without gaps.
//!
//! A number is taken in the transaction of what bears it: if that never happens, the number was never taken.

use crate::error::{Refused, Result};
use crate::ledger::Books;
use crate::ledger::state::{BookState, Undo};
use crate::store::{Store, first, params};

/// A number that this transaction took, or declared void.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    name: String,
    period: String,
    number: i64,
    /// What bears it; `None` if the number was there and is void now.
    taken_by: Option<String>,
}

impl Books<'_> {
    /// Takes the next number of a series, 1 being the first; `period` is what numbering begins anew with, such as
    /// `2026`, or empty.
    pub fn number(&mut self, series: &str, period: &str, taken_by: &str) -> Result<i64> {
        let number = self.last_number(series, period)?.checked_add(1);
        let number = number.ok_or_else(|| Refused::TooLarge { what: format!("the series {series}") })?;
        self.state.series.insert((series.to_owned(), period.to_owned()), number);
        self.note(series, period, number, Some(taken_by.to_owned()));
        Ok(number)
    }

    /// What bears the number is void. The number stays taken.
    pub fn void_number(&mut self, series: &str, period: &str, number: i64) -> Result<()> {
        if !(1..=self.last_number(series, period)?).contains(&number) {
            let name = format!("{number} of series {series} {period}");
            return Err(Refused::Unknown { what: "number", name }.into());
        }
        self.note(series, period, number, None);
        Ok(())
    }

    fn note(&mut self, series: &str, period: &str, number: i64, taken_by: Option<String>) {
        self.state.taken_numbers.push(Taken { name: series.to_owned(), period: period.to_owned(), number, taken_by });
        self.state.journal.push(Undo::Number);
    }

    fn last_number(&mut self, series: &str, period: &str) -> Result<i64> {
        let key = (series.to_owned(), period.to_owned());
        if let Some(last) = self.state.series.get(&key) {
            return Ok(*last);
        }
        let (tenant, book) = self.state.key();
        let sql = "SELECT last FROM series WHERE tenant = ?1 AND book = ?2 AND name = ?3 AND period = ?4";
        let last = first(self.store, sql, params![tenant, book, series, period], |row| Ok(row.int(0)?))?.unwrap_or(0);
        self.state.series.insert(key, last);
        Ok(last)
    }
}

impl BookState {
    pub(crate) fn undo_number(&mut self) {
        if let Some(Taken { name, period, number, taken_by: Some(_) }) = self.taken_numbers.pop() {
            self.series.insert((name, period), number - 1);
        }
    }

    pub(crate) fn write_numbers(&self, store: &mut dyn Store) -> Result<()> {
        let (tenant, book) = self.key();
        for Taken { name, period, number, taken_by } in &self.taken_numbers {
            let Some(taken_by) = taken_by else {
                let sql = "UPDATE series_number SET void = 1
                           WHERE tenant = ?1 AND book = ?2 AND name = ?3 AND period = ?4 AND number = ?5";
                store.execute(sql, params![tenant, book, name, period, *number])?;
                continue;
            };
            let sql = "INSERT INTO series (tenant, book, name, period, last) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT (tenant, book, name, period) DO UPDATE SET last = excluded.last";
            store.execute(sql, params![tenant, book, name, period, *number])?;
            let sql = "INSERT INTO series_number (tenant, book, name, period, number, taken_by, void)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
            store.execute(sql, params![tenant, book, name, period, *number, taken_by])?;
        }
        Ok(())
    }
}
