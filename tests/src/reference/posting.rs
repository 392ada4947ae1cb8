//! Entries of the books: lines added up by unit.

use super::books::in_book;
use super::number::is_stored;
use super::stop::{Fault, Run, Stop};
use super::value::{Val, digits_of};
use super::world::{Cell, Line};
use super::{Evaluator, Frame};
use bp_bytecode::op::Side;
use bp_compiler::source::Place;
use bp_compiler::typed::{TExpr, TPost, TPosting, TPostingKind};
use bp_compiler::types::{AccountId, Type, Unit};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use std::rc::Rc;

/// An entry while it is put together.
#[derive(Default)]
pub(super) struct Entry {
    pub lines: Vec<Line>,
    /// Debits minus credits of each unit.
    pub sums: Vec<(Unit, BigRational)>,
    /// How many lines were rounded one by one.
    pub rounded: u32,
    /// Another book than the run's.
    pub book: Option<Rc<str>>,
}

impl Entry {
    pub fn add(&mut self, unit: Unit, value: BigRational) {
        match self.sums.iter_mut().find(|(known, _)| *known == unit) {
            Some((_, sum)) => *sum += value,
            None => self.sums.push((unit, value)),
        }
    }
}

impl Evaluator<'_> {
    /// What stands in an account's brackets.
    pub(super) fn cell(&mut self, frame: &mut Frame, account: AccountId, dimensions: &[TExpr]) -> Run<Cell> {
        let checked = self.checked;
        let declared = &checked.accounts[account.index()].dimensions;
        let mut values = Vec::new();
        for (value, (_, ty)) in dimensions.iter().zip(declared) {
            values.push(self.stored_expr(frame, value, ty)?);
        }
        Ok((account, values))
    }

    /// The units of the last digit of an account's type that an amount is.
    pub(super) fn units_of(&self, account: AccountId, amount: Val) -> Run<BigInt> {
        match self.checked.base(&self.checked.accounts[account.index()].ty) {
            Type::Num(num) => digits_of(&amount.into_num()?, num.scale),
            other => Err(Stop::Defect(format!("an account of {other:?}"))),
        }
    }

    pub(super) fn post(&mut self, frame: &mut Frame, post: &TPost, place: Place) -> Run<()> {
        let text = self.expr(frame, &post.text)?.into_text()?;
        let book = match &post.book {
            Some(book) => Some(self.expr(frame, book)?.into_text()?),
            None => None,
        };
        let day = self.expr(frame, &post.day)?.into_date()?;
        let day = self.at(super::time::checked_day(day), post.day.place)?;
        let mut entry = Entry { book, ..Entry::default() };
        self.postings(frame, &post.postings, &mut entry)?;
        for posting in &post.postings {
            if let TPostingKind::Rounding { account, dimensions, bounds } = &posting.kind {
                self.rounding(frame, (*account, dimensions, bounds), &mut entry)?;
            }
        }
        if entry.sums.iter().any(|(_, sum)| !sum.is_zero()) {
            return self.fault(Fault::Unbalanced, place);
        }
        self.nothing_posted = entry.lines.is_empty();
        if self.nothing_posted {
            return Ok(());
        }
        let when = (day, post.first_open, entry.book.is_none());
        let posted = self.world.post(self.checked, place, text.to_string(), when, entry.lines);
        self.at(posted, place)
    }

    fn postings(&mut self, frame: &mut Frame, postings: &[TPosting], entry: &mut Entry) -> Run<()> {
        for posting in postings {
            self.goes_on()?;
            self.uses(super::kinds::of_posting(&posting.kind));
            match &posting.kind {
                // It comes last, wherever it stands.
                TPostingKind::Rounding { .. } => {}
                TPostingKind::Let(local, value) => {
                    let value = self.expr(frame, value)?;
                    frame.set(*local, value);
                }
                TPostingKind::Line {
                    account, side, dimensions, amount, bounds, valued: Some(valued), over, ..
                } => {
                    let line = (*account, *side, dimensions.as_slice());
                    let valued = (&**valued, bounds.as_slice(), over.is_some());
                    self.valued_line(frame, line, amount, valued, posting.place, &mut *entry)?;
                }
                TPostingKind::Line { account, side, dimensions, amount, bounds, worth, over, .. } => {
                    let line = (*account, *side, dimensions.as_slice());
                    let (bounds, worth) = (bounds.as_slice(), worth.as_ref());
                    self.line(frame, line, amount, (bounds, worth, over.is_some()), posting.place, entry)?;
                }
                TPostingKind::For { local, list, where_, postings } => {
                    let list = self.expr(frame, list)?.into_list()?;
                    for element in list.iter() {
                        frame.set(*local, element.clone());
                        let wanted = match where_ {
                            Some(condition) => self.expr(frame, condition)?.into_bool()?,
                            None => true,
                        };
                        if wanted {
                            self.postings(frame, postings, entry)?;
                        }
                    }
                }
                TPostingKind::If { condition, then, otherwise } => {
                    let holds = self.expr(frame, condition)?.into_bool()?;
                    self.postings(frame, if holds { then } else { otherwise }, entry)?;
                }
                TPostingKind::Assert(condition) => {
                    if !self.expr(frame, condition)?.into_bool()? {
                        return self.fault(Fault::Assertion, posting.place);
                    }
                }
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        frame: &mut Frame,
        (account, side, dimensions): (AccountId, Side, &[TExpr]),
        amount: &TExpr,
        (bounds, worth, over): (&[TExpr], Option<&TExpr>, bool),
        place: Place,
        entry: &mut Entry,
    ) -> Run<()> {
        let checked = self.checked;
        let cell = in_book(self.cell(frame, account, dimensions)?, entry.book.as_ref());
        self.say_bounds(frame, &cell, bounds)?;
        let amount = self.stored_expr(frame, amount, &checked.accounts[account.index()].ty)?;
        let worth = match worth {
            Some(worth) => Some((self.stored_expr(frame, worth, &worth.ty)?.into_num()?, worth)),
            None => None,
        };
        let number = amount.clone().into_num()?;
        let units = self.units_of(account, amount)?;
        // A line of nothing is dropped.
        if units.is_zero() {
            return Ok(());
        }
        let (value, units) = match side {
            Side::Debit => (number.value, units),
            Side::Credit => (-number.value, -units),
        };
        if !is_stored(&units) {
            return self.fault(Fault::Overflow, place);
        }
        entry.add(number.unit, value);
        let worth = match worth {
            Some((worth, e)) => match checked.base(&e.ty) {
                Type::Num(num) => Some(digits_of(&worth, num.scale)?),
                other => return Err(Stop::Defect(format!("a worth of {other:?}"))),
            },
            None => None,
        };
        entry.lines.push(Line { cell, amount: units, worth, over });
        Ok(())
    }

    /// An account's cell and an amount that something asks of it.
    pub(super) fn asked(
        &mut self,
        frame: &mut Frame,
        account: AccountId,
        dimensions: &[TExpr],
        amount: &TExpr,
    ) -> Run<(Cell, BigInt)> {
        let checked = self.checked;
        let ty = &checked.accounts[account.index()].ty;
        let written = dimensions.first().is_none_or(|dimension| amount.place.span.start <= dimension.place.span.start);
        // Evaluation is from left to right as it is written: `hold amount on account[…]`.
        let (cell, amount) = match written {
            true => {
                let amount = self.stored_expr(frame, amount, ty)?;
                (self.cell(frame, account, dimensions)?, amount)
            }
            false => {
                let cell = self.cell(frame, account, dimensions)?;
                (cell, self.stored_expr(frame, amount, ty)?)
            }
        };
        let units = self.units_of(account, amount)?;
        Ok((cell, units))
    }
}
