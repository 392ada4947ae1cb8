//! Reversals: what is posted stays posted, and another entry takes it back.

use crate::error::{Refused, Result};
use crate::ledger::rows::{self, EntryRow, LineRow};
use crate::ledger::{Books, Entry};
use crate::store::{first, params};

impl Books<'_> {
    /// Posts the opposite of an entry on the first open day from `day` on, and gives its number. Amounts, book amounts
    /// and lots are then as if the entry had never been.
    ///
    /// Errors if there is no such entry, if it is reversed already, and with [`Short`](crate::Declared::Short) if what
    /// it brought in has gone out meanwhile.
    pub fn reverse(&mut self, entry: i64, day: i64) -> Result<i64> {
        let begun = self.state.journal.len();
        let reversed = self.try_reverse(entry, day);
        if reversed.is_err() {
            self.state.undo_to(begun);
        }
        reversed
    }

    fn try_reverse(&mut self, number: i64, day: i64) -> Result<i64> {
        let (entry, lines) = self.entry(number)?;
        if self.is_reversed(number)? {
            return Err(Refused::Reversed { entry: number }.into());
        }
        let (posting_day, late) = self.open_day(day, &entry.area, true)?;
        let text = format!("Reversal of {number}: {}", entry.text);
        let head = Entry { text: &text, document_day: day, day, first_open: true, area: &entry.area, lines: &[] };
        let seq = self.begin_entry(&head, (posting_day, late), Some(number))?;
        for line in lines {
            let too_large = || Refused::TooLarge { what: format!("the reversal of entry {number}") };
            let negated = |amount: i64| amount.checked_neg().ok_or_else(too_large);
            let sub = self.state.sub_of_id(self.store, line.subaccount)?;
            let (amount, book_amount) = (negated(line.amount)?, negated(line.book_amount)?);
            let lot = match line.lot {
                Some((lot, cost)) => {
                    let cost = negated(cost)?;
                    self.add_to_lot(sub, lot, amount, cost)?;
                    Some((lot, cost))
                }
                None => None,
            };
            self.add_line(sub, posting_day, LineRow { amount, book_amount, lot, over_limit_by: None, ..line })?;
        }
        Ok(seq)
    }

    /// An entry of the store or of this transaction.
    fn entry(&mut self, number: i64) -> Result<(EntryRow, Vec<LineRow>)> {
        let mut lines = self.state.lines.iter();
        for entry in &self.state.entries {
            let own: Vec<LineRow> = lines.by_ref().take(entry.lines).cloned().collect();
            if entry.seq == number {
                return Ok((entry.clone(), own));
            }
        }
        let stored = rows::read(self.store, self.state.key(), number)?;
        stored.ok_or_else(|| Refused::Unknown { what: "entry", name: format!("number {number}") }.into())
    }

    fn is_reversed(&mut self, number: i64) -> Result<bool> {
        if self.state.entries.iter().any(|entry| entry.reverses == Some(number)) {
            return Ok(true);
        }
        let (tenant, book) = self.state.key();
        let sql = "SELECT seq FROM entry WHERE tenant = ?1 AND book = ?2 AND reverses = ?3";
        Ok(first(self.store, sql, params![tenant, book, number], |_| Ok(()))?.is_some())
    }
}
