//! The books of the tenant, by the names that a program gives them.

use std::collections::hash_map::Entry;

use bp_bytecode::index::AccountId;

use super::{HostWorld, model};
use crate::BookId;
use crate::error::{Error, Refused, Result};
use crate::ledger::{self, BookSpec, Books};

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
}
