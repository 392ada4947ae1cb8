//! What else is asked of the books, and told to them: earlier balances, other books, limits, closed periods, reversals.

use super::stop::{Run, Stop};
use super::value::{Number, Val};
use super::world::Cell;
use super::{Evaluator, Frame, time};
use bp_bytecode::border::FIRST_DAY;
use bp_compiler::source::Place;
use bp_compiler::typed::{OfBooks, TExpr, ToBooks};
use bp_compiler::types::AccountId;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::rc::Rc;

/// A cell of another book has its name behind its dimensions.
pub(super) fn in_book(mut cell: Cell, book: Option<&Rc<str>>) -> Cell {
    cell.1.extend(book.map(|book| Val::Text(book.clone())));
    cell
}

impl Evaluator<'_> {
    /// The dimensions of an account, and its bounds, which stand behind them.
    pub(super) fn spot<'e>(&self, account: AccountId, spot: &'e [TExpr]) -> (&'e [TExpr], &'e [TExpr]) {
        spot.split_at(self.checked.accounts[account.index()].dimensions.len())
    }

    /// What limits leave, to somebody who wants so much.
    pub(super) fn available(
        &mut self,
        frame: &mut Frame,
        account: AccountId,
        wanted: Option<&TExpr>,
        spot: &[TExpr],
    ) -> Run<Val> {
        let wanted = match wanted {
            Some(wanted) => {
                let value = self.expr(frame, wanted)?;
                Some(self.units_of(account, value)?)
            }
            None => None,
        };
        let (dimensions, bounds) = self.spot(account, spot);
        let cell = self.cell(frame, account, dimensions)?;
        let bounds = self.say_bounds(frame, &cell, bounds)?;
        let room = self.world.room(self.checked, &cell, &bounds, wanted.as_ref());
        self.of_account(account, room)
    }

    pub(super) fn of_books(&mut self, frame: &mut Frame, what: OfBooks, of: &[TExpr], place: Place) -> Run<Val> {
        let lacks = || Stop::Defect(format!("{what:?} lacks an argument"));
        match what {
            OfBooks::Posted => Ok(Val::int(if self.nothing_posted { 0 } else { self.world.last_entry() })),
            OfBooks::FirstOpen => {
                let mut first = FIRST_DAY;
                match of.first() {
                    // Only the run's own book is ever closed.
                    Some(book) => drop(self.expr(frame, book)?),
                    None => first = self.world.closed().map_or(first, |closed| closed + 1),
                }
                Ok(Val::Date(self.at(time::checked_day(first), place)?))
            }
            OfBooks::BookValue(account) => self.book_value(frame, account, of),
            OfBooks::BalanceIn(account) => {
                let (book, dimensions) = of.split_last().ok_or_else(lacks)?;
                let book = self.expr(frame, book)?.into_text()?;
                let cell = in_book(self.cell(frame, account, dimensions)?, Some(&book));
                self.of_account(account, self.world.balance(&cell))
            }
            OfBooks::BalanceAt { account, worth } => {
                let (book, spot) = of.split_last().ok_or_else(lacks)?;
                let book = Some(self.expr(frame, book)?.into_text()?).filter(|book| !book.is_empty());
                let (day, dimensions) = spot.split_last().ok_or_else(lacks)?;
                let cell = in_book(self.cell(frame, account, dimensions)?, book.as_ref());
                let day = self.expr(frame, day)?.into_date()?;
                let day = self.at(time::checked_day(day), place)?;
                if !worth {
                    return self.of_account(account, self.world.balance_at(&cell, day));
                }
                let money = self.book_money()?;
                let value = BigRational::new(self.world.worth_at(&cell, day), BigInt::from(10).pow(money.scale.into()));
                Ok(Val::Num(Number { value, unit: money.unit }))
            }
        }
    }

    pub(super) fn tell_books(&mut self, frame: &mut Frame, what: ToBooks, of: &TExpr, place: Place) -> Run<()> {
        let value = self.expr(frame, of)?;
        match what {
            ToBooks::Close => {
                let day = self.at(time::checked_day(value.into_date()?), place)?;
                self.world.close(day);
            }
            ToBooks::Reverse => {
                let entry = value.into_num()?.value.to_integer().to_i64().unwrap_or_default();
                // Of nothing that was posted nothing is taken back.
                if entry != 0 {
                    let reversed = self.world.reverse(self.checked, entry);
                    self.at(reversed, place)?;
                }
            }
        }
        Ok(())
    }
}
