//! Limits of the plain world: every sum is taken anew over all that was ever posted and held.

use super::{Cell, PlainWorld};
use bp_bytecode::program::{AccountKind, Bound, BoundMode, BoundPeriod};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;
use bp_vm::Refusal;
use jiff::Span;
use jiff::civil::{Date, date};

/// A combination of an account's dimensions (level 0), or a group of such: then the first value is the group's document.
pub(super) type Place = (Cell, usize);

/// Something that changes what is left.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub cell: Cell,
    pub day: i64,
    /// What was posted, debits positive.
    pub posted: i128,
    /// What a hold gave back; less than nothing where it took it.
    pub given_back: i128,
    /// Somebody let it pass.
    pub passes: bool,
}

fn month_of(day: i64) -> (i16, i8) {
    let date: Date = date(1970, 1, 1).checked_add(Span::new().days(day)).unwrap_or(Date::MAX);
    (date.year(), date.month())
}

/// Does a day count against a bound together with another one, up to the end of a month of that one's year?
fn counts(bound: Bound, day: i64, last: i8, at: i64) -> bool {
    let ((year, month), (of, month_at)) = (month_of(day), month_of(at));
    match bound.period {
        BoundPeriod::Ever => true,
        BoundPeriod::Month => (of, month_at) == (year, month),
        BoundPeriod::Year => of == year && month_at <= last,
    }
}

impl PlainWorld<'_> {
    /// The group that a cell is in at a level; its own place at level 0.
    fn place(&self, cell: &Cell, level: usize) -> Place {
        let account = &self.program.accounts[usize::from(cell.0)];
        let mut values = cell.1.clone();
        let mut shape = account.dimensions.first().map(|(_, shape)| *shape);
        for group in &account.groups[..level] {
            let Some(Shape::Document(entity)) = shape.map(|shape| &self.program.shapes[shape.index()]) else { break };
            let Value::Word(reference) = values[0] else { break };
            let Some((_, document)) = self.now.documents.get(&reference) else { break };
            values[0] = self.fields(document)[usize::from(group.field)].clone();
            shape = match &self.program.shapes[self.program.entities[entity.index()].record.index()] {
                Shape::Record(record) => Some(record.fields[usize::from(group.field)].shape),
                _ => None,
            };
        }
        ((cell.0, values), level)
    }

    fn is_at(&self, cell: &Cell, place: &Place) -> bool {
        cell.0 == place.0.0 && self.place(cell, place.1) == *place
    }

    /// How much each bound of a cell's account is, at the cell and at its groups: what stands in turn in `bounds`.
    fn said<'b>(&self, cell: &Cell, bounds: &'b [i64]) -> Vec<(Bound, Vec<(Place, &'b i64)>)> {
        let account = &self.program.accounts[usize::from(cell.0)];
        let levels = account.groups.len() + 1;
        let of_bound = |(number, bound): (usize, &Bound)| {
            let own = &bounds[number * levels..(number + 1) * levels];
            (*bound, own.iter().enumerate().map(|(level, amount)| (self.place(cell, level), amount)).collect())
        };
        account.bounds.iter().enumerate().map(of_bound).collect()
    }

    /// Keeps what bounds a cell and its groups have.
    pub(super) fn say_bounds(&mut self, cell: &Cell, bounds: &[i64]) {
        for (number, (_, places)) in self.said(cell, bounds).into_iter().enumerate() {
            for (place, amount) in places {
                self.now.bounds.retain(|(known, of, _)| (known, *of) != (&place, number));
                self.now.bounds.push((place, number, *amount));
            }
        }
    }

    fn sign(&self, place: &Place) -> i128 {
        match self.program.accounts[usize::from(place.0.0)].kind {
            AccountKind::Liability | AccountKind::Equity | AccountKind::Income => -1,
            _ => 1,
        }
    }

    /// What is left at a place on a day: by year, the least of its months from then on.
    fn left(&self, place: &Place, bound: Bound, amount: i64, day: i64) -> i128 {
        let month = month_of(day).1;
        let lasts = if bound.period == BoundPeriod::Year { month..=12 } else { month..=month };
        lasts.map(|last| self.left_within(place, bound, amount, day, last)).min().unwrap_or(0)
    }

    /// What is left at a place for what counts with a day, in its year up to the end of a month.
    fn left_within(&self, place: &Place, bound: Bound, amount: i64, day: i64, last: i8) -> i128 {
        let here = |cell: &Cell| self.is_at(cell, place);
        let moved = self.now.posted.iter().chain(&self.now.used);
        let moved = moved.filter(|(cell, at, _)| counts(bound, day, last, *at) && here(cell));
        let balance = self.sign(place) * moved.map(|(_, _, amount)| amount).sum::<i128>();
        let held = self.now.holds.values().filter(|(cell, at, _)| counts(bound, day, last, *at) && here(cell));
        let held: i128 = held.map(|(_, _, amount)| i128::from(*amount)).sum();
        if bound.above { i128::from(amount) - balance - held } else { balance - held - i128::from(amount) }
    }

    /// What the bounds of a cell and its groups leave on a day for somebody who wants so much.
    pub(super) fn room(&self, cell: &Cell, wanted: Option<i128>, bounds: &[i64], day: i64) -> i128 {
        let left: Vec<(BoundMode, i128)> = (self.said(cell, bounds).into_iter())
            .map(|(bound, places)| {
                let of_place = |(place, amount): &(Place, &i64)| self.left(place, bound, **amount, day);
                (bound.mode, places.iter().map(of_place).min().unwrap_or(0))
            })
            .collect();
        let stops: Vec<i128> =
            left.iter().filter(|(mode, _)| *mode == BoundMode::Stop).map(|(_, left)| *left).collect();
        if let Some(refusing) = stops.iter().find(|left| wanted.is_some_and(|wanted| wanted > **left)) {
            return *refusing;
        }
        let all = left.iter().map(|(_, left)| *left).min().unwrap_or(0);
        stops.into_iter().min().unwrap_or(all)
    }

    /// What was done since the step began may not have taken more than there was.
    pub(super) fn keep_limits(&mut self) -> Result<(), Refusal> {
        let changes = std::mem::take(&mut self.now.changes);
        self.now.let_pass.clear();
        for (place, number, amount) in &self.now.bounds {
            let bound = self.program.accounts[usize::from(place.0.0)].bounds[*number];
            if bound.mode != BoundMode::Stop {
                continue;
            }
            let own: Vec<&Change> = changes.iter().filter(|change| self.is_at(&change.cell, place)).collect();
            let sign = if bound.above { -self.sign(place) } else { self.sign(place) };
            for (day, last) in
                own.iter().flat_map(|change| (month_of(change.day).1..=12).map(|last| (change.day, last)))
            {
                let gain = |passes: bool| -> i128 {
                    let same = own.iter().filter(|change| counts(bound, day, last, change.day));
                    let same = same.filter(|change| change.passes == passes);
                    same.map(|change| sign * change.posted + change.given_back).sum()
                };
                // As if what was let pass had not been.
                let left = self.left_within(place, bound, *amount, day, last) - gain(true);
                if gain(false) < 0 && left < 0 {
                    return Err(Refusal("a limit is passed".to_owned()));
                }
            }
        }
        Ok(())
    }
}
