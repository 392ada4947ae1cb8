//! Balances, now and at any date.

use crate::error::Result;
use crate::ledger::state::DayFigures;
use crate::ledger::{AccountId, Books};
use crate::store::params;

/// A balance: debits minus credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// At the scale of the account; with what is posted to the groups' members below.
    pub amount: i128,
    /// In the book's currency, at the book's scale; of the combination itself.
    pub book_amount: i128,
}

impl Books<'_> {
    /// The balance of one combination of an account's dimensions, with what the running step posted; at the end of a
    /// day (days since 1970-01-01), or over all days. What nothing was ever posted to has balance 0.
    pub fn balance(&mut self, account: AccountId, dims: &[&str], at: Option<i64>) -> Result<Balance> {
        let Some(sub) = self.state.known_sub(self.store, account, dims)? else { return Ok(Balance::default()) };
        let figures = self.state.subs[sub].figures;
        let all = Balance { amount: figures.posted + figures.below, book_amount: figures.posted_book };
        let Some(at) = at else { return Ok(all) };
        // Most questions are about a recent day, so that what came after it is the shorter sum.
        let after = self.posted_between(sub, at.saturating_add(1), i64::MAX)?;
        Ok(Balance {
            amount: all.amount - after.amount - after.below,
            book_amount: all.book_amount - after.book_amount,
        })
    }

    /// What was posted to a subaccount on days from `first` to `last`, with what this transaction posted.
    pub(crate) fn posted_between(&mut self, sub: usize, first: i64, last: i64) -> Result<DayFigures> {
        let mut sum = DayFigures::default();
        let known = &self.state.subs[sub];
        for (_, figures) in known.days.iter().filter(|(day, _)| (first..=last).contains(day)) {
            sum.amount += figures.amount;
            sum.book_amount += figures.book_amount;
            sum.below += figures.below;
        }
        let (tenant, book) = self.state.key();
        let sql = "SELECT amount, book_amount, below FROM balance
                   WHERE tenant = ?1 AND book = ?2 AND subaccount = ?3 AND day BETWEEN ?4 AND ?5";
        self.store.query(sql, params![tenant, book, known.id, first, last], &mut |row| {
            sum.amount += i128::from(row.int(0)?);
            sum.book_amount += i128::from(row.int(1)?);
            sum.below += i128::from(row.int(2)?);
            Ok(())
        })?;
        Ok(sum)
    }

    /// The balance of an account over all its dimensions: the sum of its subaccounts that belong to no group of it.
    pub fn total(&mut self, account: AccountId) -> Result<Balance> {
        self.load_all(account)?;
        let of_account = self.state.subs.iter().filter(|sub| sub.account == account);
        Ok(of_account.fold(Balance::default(), |sum, sub| Balance {
            amount: sum.amount + sub.figures.posted,
            book_amount: sum.book_amount + sub.figures.posted_book,
        }))
    }

    /// What is held on an account over all its dimensions.
    pub fn total_held(&mut self, account: AccountId) -> Result<i128> {
        self.load_all(account)?;
        Ok(self.state.subs.iter().filter(|sub| sub.account == account).map(|sub| sub.figures.held).sum())
    }

    /// Brings all subaccounts of an account into memory.
    fn load_all(&mut self, account: AccountId) -> Result<()> {
        self.state.account(account)?;
        let (tenant, book) = self.state.key();
        let sql = "SELECT id FROM subaccount WHERE tenant = ?1 AND book = ?2 AND account = ?3 ORDER BY id";
        let ids =
            crate::store::all(self.store, sql, params![tenant, book, i64::from(account.0) + 1], |row| Ok(row.int(0)?))?;
        for id in ids {
            self.state.sub_of_id(self.store, id)?;
        }
        Ok(())
    }
}
