//! The books of the tenant, by the names that a program gives them.

use std::collections::hash_map::Entry;

use bp_bytecode::index::AccountId;
use bp_bytecode::op;
use bp_vm::{At, Entry as Made, View};

use super::{HostWorld, entry_name, model};
use crate::BookId;
use crate::error::{Error, Refused, Result};
use crate::ledger::{self, BookSpec, Books, Line, LineKind};

impl HostWorld<'_> {
    /// From now on a book that the program names, and that is not there, is opened in the currency of the program.
    pub fn open_books(&mut self) {
        self.opens_books = true;
    }

    /// The book of a name, with all accounts of the program; without a name, that of the run.
    pub(super) fn book(&mut self, name: Option<&str>) -> Result<BookId> {
        let Some(name) = name else { return Ok(self.context.book) };
        let known = self.shard.book(self.context.tenant, name)?;
        if let Some(known) = known.filter(|known| self.charts.contains_key(known)) {
            return Ok(known);
        }
        let (currency, scale) = &self.program.currency;
        let accounts = model::accounts(self.program)?;
        self.begin()?;
        let mut step = self.shard.running()?;
        let book = match known {
            Some(book) => {
                let info = step.book(book)?;
                if info.spec.currency != *currency {
                    let why = format!("it is in {}, the program in {currency}", info.spec.currency);
                    return Err(Refused::Value { place: format!("the book {name}"), why }.into());
                }
                step.deploy(book, &accounts)?;
                book
            }
            None if self.opens_books => step.open_book(&BookSpec::new(name, currency, *scale), &accounts)?,
            None => return Err(Refused::Unknown { what: "book", name: name.to_owned() }.into()),
        };
        let chart = self.shard.chart(self.context.tenant, book)?;
        let numbers = model::numbers(self.program, &chart)?;
        match self.charts.entry(book) {
            Entry::Occupied(mut known) => drop(known.insert(numbers)),
            Entry::Vacant(place) => drop(place.insert(numbers)),
        }
        Ok(book)
    }

    /// The number of an account of the program in a book.
    pub(super) fn account_in(&self, book: BookId, account: AccountId) -> Result<ledger::AccountId> {
        let known = self.charts.get(&book).and_then(|chart| chart.get(account.index())).copied();
        known.ok_or(Error::Refused(Refused::Misuse("the program has no such account")))
    }

    /// Does something with one of the books.
    pub(super) fn with_book<T>(&mut self, book: BookId, work: impl FnOnce(&mut Books<'_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        work(&mut self.shard.running()?.books_of(book)?)
    }

    /// Posts what a program has put together.
    pub(super) fn post_entry(&mut self, entry: &Made<'_>) -> Result<()> {
        let book = self.book(entry.book)?;
        let mut dims = Vec::with_capacity(entry.lines.len());
        for line in entry.lines {
            dims.push(self.dims(line.account, entry.dims_of(line), entry.view)?);
        }
        let dims: Vec<Vec<&str>> = dims.iter().map(|dims| dims.iter().map(String::as_str).collect()).collect();
        let mut lines = Vec::with_capacity(entry.lines.len());
        for (number, (line, dims)) in entry.lines.iter().zip(&dims).enumerate() {
            let made = Line {
                over_limit_by: entry.over_limit_of(number),
                ..Line::new(self.account_in(book, line.account)?, dims, line.amount)
            };
            let keeps_lots = self.program.accounts.get(line.account.index()).is_some_and(|account| account.lots);
            lines.push(match entry.worth_of(number) {
                None => made,
                Some(worth) if keeps_lots => made.costing(worth.worth),
                Some(worth) => Line {
                    kind: match worth.kind {
                        op::LineKind::Normal => LineKind::Normal,
                        op::LineKind::Exchange => LineKind::Exchange,
                        op::LineKind::Revalue => LineKind::Revalue,
                        op::LineKind::Rounding => LineKind::Rounding,
                    },
                    rate: worth.rate.map(|rate| entry.view.text(rate)),
                    ..made.worth(worth.worth)
                },
            });
        }
        let first_open = self.program.posts.get(entry.post.index()).is_some_and(|post| post.first_open);
        let posted = ledger::Entry { first_open, ..ledger::Entry::new(entry.text, entry.day.into(), &lines) };
        self.posted = self.with_book(book, |books| books.post(&posted))?.map_or(0, |seq| entry_name(book, seq));
        if self.posted != 0 {
            self.note_entry(self.posted);
        }
        Ok(())
    }

    /// A balance at the end of a day, or what it was worth then.
    pub(super) fn earlier_balance(
        &mut self,
        account: AccountId,
        at: At<'_>,
        dims: &[u64],
        view: View<'_>,
    ) -> Result<i128> {
        let book = self.book(at.book)?;
        let dims = self.dims(account, dims, view)?;
        let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
        let number = self.account_in(book, account)?;
        let balance = self.with_book(book, |books| books.balance(number, &dims, Some(at.day)))?;
        Ok(if at.worth { balance.book_amount } else { balance.amount })
    }
}
