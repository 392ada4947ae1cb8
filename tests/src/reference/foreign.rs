//! Lines with a book amount of their own, and what rounding line by line leaves.

use super::books::in_book;
use super::number::is_stored;
use super::posting::Entry;
use super::stop::{Fault, Run, Stop};
use super::value::{Number, Val, digits_of};
use super::world::Line;
use super::{Evaluator, Frame};
use bp_bytecode::op::{LineKind, Side};
use bp_compiler::source::Place;
use bp_compiler::typed::{TExpr, Valued};
use bp_compiler::types::{AccountId, Num, Type, Unit};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

impl Evaluator<'_> {
    /// The type of book amounts.
    pub(super) fn book_money(&self) -> Run<Num> {
        let book = self.checked.currency.ok_or_else(|| Stop::Defect("no book currency".into()))?;
        let (unit, scale) = match bp_compiler::currency::currency(book.code()) {
            Some((_, scale)) => (Unit::Money(book), scale),
            None => return Err(Stop::Defect(format!("{} is no currency", book.code()))),
        };
        Ok(Num { unit, scale })
    }

    pub(super) fn valued_line(
        &mut self,
        frame: &mut Frame,
        (account, side, dimensions): (AccountId, Side, &[TExpr]),
        amount: &TExpr,
        (valued, bounds, over): (&Valued, &[TExpr], bool),
        place: Place,
        entry: &mut Entry,
    ) -> Run<()> {
        let checked = self.checked;
        let ty = &checked.accounts[account.index()].ty;
        let cell = in_book(self.cell(frame, account, dimensions)?, entry.book.as_ref());
        self.say_bounds(frame, &cell, bounds)?;
        let worth = self.stored_expr(frame, &valued.book, &valued.book.ty)?.into_num()?;
        let own = matches!(checked.base(ty), Type::Num(num) if num.unit == worth.unit);
        let amount = if own { Val::Num(worth.clone()) } else { self.stored_expr(frame, amount, ty)? };
        let (number, units) = (amount.clone().into_num()?, self.units_of(account, amount)?);
        let book = match checked.base(&valued.book.ty) {
            Type::Num(num) => digits_of(&worth, num.scale)?,
            other => return Err(Stop::Defect(format!("a book amount of {other:?}"))),
        };
        // A line of which rounding left nothing is off by half a unit as well.
        entry.rounded += u32::from(valued.kind == LineKind::Normal && valued.rounded);
        if units.is_zero() && book.is_zero() {
            return Ok(());
        }
        let sign = BigInt::from(if side == Side::Debit { 1 } else { -1 });
        let (units, book) = (units * &sign, book * &sign);
        if !is_stored(&units) || !is_stored(&book) {
            return self.fault(Fault::Overflow, place);
        }
        let sign = BigRational::from_integer(sign);
        entry.add(number.unit, number.value * &sign);
        if !own {
            entry.add(worth.unit, worth.value * &sign);
        }
        entry.lines.push(Line { cell, amount: units, worth: Some(book), over });
        Ok(())
    }

    pub(super) fn book_value(&mut self, frame: &mut Frame, account: AccountId, dimensions: &[TExpr]) -> Run<Val> {
        let cell = self.cell(frame, account, dimensions)?;
        let money = self.book_money()?;
        // An account in the book currency is worth what it holds.
        let own = matches!(self.checked.base(&self.checked.accounts[account.index()].ty), Type::Num(num) if num.unit == money.unit);
        let units = if own { self.world.balance(&cell) } else { self.world.worth(&cell) };
        let value = BigRational::new(units, BigInt::from(10).pow(u32::from(money.scale)));
        Ok(Val::Num(Number { value, unit: money.unit }))
    }

    /// What book amounts lack to zero, if each line that was rounded is off by half a minor unit at most.
    pub(super) fn rounding(
        &mut self,
        frame: &mut Frame,
        (account, dimensions, bounds): (AccountId, &[TExpr], &[TExpr]),
        entry: &mut Entry,
    ) -> Run<()> {
        let cell = in_book(self.cell(frame, account, dimensions)?, entry.book.as_ref());
        self.say_bounds(frame, &cell, bounds)?;
        let money = self.book_money()?;
        let sum = entry.sums.iter().find(|(unit, _)| *unit == money.unit).map(|(_, sum)| sum.clone());
        let missing = -sum.unwrap_or_else(BigRational::zero);
        let lacking = missing.clone() * BigRational::from_integer(BigInt::from(10).pow(u32::from(money.scale)));
        let bound = BigRational::new(entry.rounded.into(), 2.into());
        if missing.is_zero() || !lacking.is_integer() || lacking.abs() > bound {
            return Ok(());
        }
        entry.add(money.unit, missing);
        let amount = lacking.to_integer();
        entry.lines.push(Line { cell, amount: amount.clone(), worth: Some(amount), over: false });
        Ok(())
    }
}
