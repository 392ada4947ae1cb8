//! Limits of accounts: what the books have said of them, what they leave, and that no step takes more.
//!
//! Everything is summed anew. What a limit leaves before a step and behind it are two sums over all that was ever posted and
//! is held.

use super::stop::{Fault, Run};
use super::time;
use super::value::Val;
use super::world::{Cell, Moved, TODAY, World, field_of};
use super::{Evaluator, Frame};
use bp_bytecode::program::{AccountKind, BoundMode, BoundPeriod};
use bp_compiler::typed::{AccountLimit, Checked, LimitKind, TExpr};
use bp_compiler::types::{AccountId, Type};
use num_bigint::BigInt;
use num_traits::Zero;
use std::collections::{BTreeMap, BTreeSet};

/// The combination of an account's dimensions (level 0) that a limit is about, or the group of such at a level.
type Place = (Cell, usize);

/// The first and the last month that a limit counts together.
type Stretch = (i64, i64);

const EVER: Stretch = (i64::MIN, i64::MAX);

/// What is known of limits, and what they were measured by last.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Where, which limit of the account, and how much it is; what was said last holds.
    bounds: Vec<(Place, usize, BigInt)>,
    /// How much was moved, and what was held, when limits were last looked at.
    moved: usize,
    holds: BTreeMap<i64, (Cell, BigInt)>,
    /// What somebody has let pass since: what was posted on a day, and what was held.
    passed: Vec<(Cell, i64, BigInt, BigInt)>,
    /// The holds among that, and what is left of these.
    pub(super) holds_that_pass: BTreeSet<i64>,
}

impl Said {
    pub fn lets_pass(&mut self, cell: &Cell, day: i64, posted: Option<&BigInt>, held: Option<&BigInt>) {
        let [posted, held] = [posted, held].map(|amount| amount.cloned().unwrap_or_default());
        self.passed.push((cell.clone(), day, posted, held));
    }
}

/// Debits of an account count, or credits.
fn sign(checked: &Checked, account: AccountId) -> i32 {
    match checked.accounts[account.index()].kind {
        AccountKind::Liability | AccountKind::Equity | AccountKind::Income => -1,
        _ => 1,
    }
}

fn month(day: i64) -> i64 {
    time::month_of(day).unwrap_or(i64::MAX)
}

/// What a limit counts together with a day: by year, the year up to the end of each of its months from then on.
fn stretches(limit: &AccountLimit, day: i64) -> Vec<Stretch> {
    let month = month(day);
    let january = month - month.rem_euclid(12);
    match limit.period {
        BoundPeriod::Ever => vec![EVER],
        BoundPeriod::Month => vec![(month, month)],
        BoundPeriod::Year => (month..january + 12).map(|last| (january, last)).collect(),
    }
}

fn is_in((first, last): Stretch, day: i64) -> bool {
    (first, last) == EVER || (first..=last).contains(&month(day))
}

impl World {
    /// The group that a cell is in at a level; its own place at level 0.
    fn place(&self, checked: &Checked, cell: &Cell, level: usize) -> Place {
        let account = &checked.accounts[cell.0.index()];
        let mut values = cell.1.clone();
        let mut ty = account.dimensions.first().map(|(_, ty)| checked.base(ty).clone());
        for group in &account.groups[..level] {
            let (Some(Type::Entity(entity)), Some(Val::Document(number))) = (&ty, values.first()) else { break };
            let Ok(document) = self.document(*entity, *number) else { break };
            let next = checked.field_at(*entity, &[group.field]);
            values[0] = field_of(&document, group.field).cloned().unwrap_or(Val::Nothing);
            ty = next.map(|ty| checked.base(&ty).clone());
        }
        ((cell.0, values), level)
    }

    fn is_at(&self, checked: &Checked, cell: &Cell, place: &Place) -> bool {
        cell.0 == place.0.0 && self.place(checked, cell, place.1) == *place
    }

    /// What the limits of a cell and its groups are in turn, each with its place.
    fn places(&self, checked: &Checked, cell: &Cell, bounds: &[BigInt]) -> Vec<(Place, usize, BigInt)> {
        let levels = checked.accounts[cell.0.index()].groups.len() + 1;
        let of_bound = |(at, amount): (usize, &BigInt)| {
            let (limit, level) = (at / levels, at % levels);
            (self.place(checked, cell, level), limit, amount.clone())
        };
        bounds.iter().enumerate().map(of_bound).collect()
    }

    /// From now on the limits of a cell and its groups are these.
    pub fn say(&mut self, checked: &Checked, cell: &Cell, bounds: &[BigInt]) {
        for said in self.places(checked, cell, bounds) {
            self.now.limits.bounds.retain(|(place, limit, _)| (place, *limit) != (&said.0, said.1));
            self.now.limits.bounds.push(said);
        }
    }

    /// How much of a limit is taken at a place in a stretch of time.
    fn taken<'w>(
        &self,
        checked: &Checked,
        (place, limit, stretch): (&Place, &AccountLimit, Stretch),
        moved: &[Moved],
        holds: impl Iterator<Item = &'w (Cell, BigInt)>,
    ) -> BigInt {
        let moved = moved.iter().filter(|moved| is_in(stretch, moved.day) && self.is_at(checked, &moved.cell, place));
        let posted: BigInt = moved.map(|moved| &moved.amount).sum();
        let holds = holds.filter(|(cell, _)| is_in(stretch, TODAY) && self.is_at(checked, cell, place));
        let held: BigInt = holds.map(|(_, amount)| amount).sum();
        let posted = posted * sign(checked, place.0.0);
        if limit.kind == LimitKind::Above { posted + held } else { held - posted }
    }

    fn left(
        &self,
        checked: &Checked,
        place: &Place,
        limit: &AccountLimit,
        amount: &BigInt,
        stretch: Stretch,
    ) -> BigInt {
        let room = if limit.kind == LimitKind::Above { amount.clone() } else { -amount };
        room - self.taken(checked, (place, limit, stretch), &self.now.moved, self.now.holds.values())
    }

    /// What limits leave today for somebody who wants so much: of those that stop the first that leaves less, else the
    /// least of them; where none stops, the least of all.
    pub fn room(&self, checked: &Checked, cell: &Cell, bounds: &[BigInt], wanted: Option<&BigInt>) -> BigInt {
        let limits = &checked.accounts[cell.0.index()].limits;
        let said = self.places(checked, cell, bounds);
        let of_limit = |(number, limit): (usize, &AccountLimit)| {
            let own = said.iter().filter(|(_, of, _)| *of == number);
            let all = own.flat_map(|(place, _, amount)| {
                let left = move |stretch| self.left(checked, place, limit, amount, stretch);
                stretches(limit, TODAY).into_iter().map(left)
            });
            (limit.mode, all.min().unwrap_or_default())
        };
        let rooms: Vec<(BoundMode, BigInt)> = limits.iter().enumerate().map(of_limit).collect();
        let stops: Vec<&BigInt> =
            rooms.iter().filter(|(mode, _)| *mode == BoundMode::Stop).map(|(_, room)| room).collect();
        let refuses = stops.iter().find(|room| wanted.is_some_and(|wanted| *wanted > ***room));
        let least = stops.iter().min().copied().or_else(|| rooms.iter().map(|(_, room)| room).min());
        refuses.copied().or(least).cloned().unwrap_or_default()
    }

    /// What was done since limits were last looked at may have left none that stops with less than it found and less than
    /// none; what somebody let pass is left out of account.
    pub fn keep_limits(&mut self, checked: &Checked) -> Result<(), Fault> {
        let said = std::mem::take(&mut self.now.limits);
        let fits = self.fits(checked, &said);
        let (moved, holds) = (self.now.moved.len(), self.now.holds.clone());
        self.now.limits = Said { bounds: said.bounds, moved, holds, ..Said::default() };
        if fits { Ok(()) } else { Err(Fault::Refused) }
    }

    fn fits(&self, checked: &Checked, said: &Said) -> bool {
        let (before, since) = self.now.moved.split_at(said.moved.min(self.now.moved.len()));
        let other = |holds: &BTreeMap<i64, (Cell, BigInt)>, number: &i64| !holds.contains_key(number);
        let made = self.now.holds.iter().filter(|(number, _)| other(&said.holds, number));
        let ended = said.holds.iter().filter(|(number, _)| other(&self.now.holds, number));
        let held = made.chain(ended).map(|(_, (cell, _))| (cell, TODAY));
        let touched: Vec<(&Cell, i64)> = since.iter().map(|moved| (&moved.cell, moved.day)).chain(held).collect();
        said.bounds.iter().all(|(place, number, amount)| {
            let limit = &checked.accounts[place.0.0.index()].limits[*number];
            if limit.mode != BoundMode::Stop {
                return true;
            }
            let here = touched.iter().filter(|(cell, _)| self.is_at(checked, cell, place));
            let all: BTreeSet<Stretch> = here.flat_map(|(_, day)| stretches(limit, *day)).collect();
            all.into_iter().all(|stretch| {
                let at = (place, limit, stretch);
                let passed = said
                    .passed
                    .iter()
                    .filter(|(cell, day, ..)| is_in(stretch, *day) && self.is_at(checked, cell, place));
                let passed: BigInt = passed
                    .map(|(_, _, posted, held)| match limit.kind {
                        LimitKind::Above => posted * sign(checked, place.0.0) + held,
                        LimitKind::Below => held - posted * sign(checked, place.0.0),
                    })
                    .sum();
                let found = self.taken(checked, at, before, said.holds.values());
                let taken = self.taken(checked, at, &self.now.moved, self.now.holds.values()) - passed;
                let room = if limit.kind == LimitKind::Above { amount.clone() } else { -amount };
                taken <= found || room - taken >= BigInt::zero()
            })
        })
    }
}

impl Evaluator<'_> {
    /// Evaluates what bounds a cell of an account, and says it to the books.
    pub(super) fn say_bounds(&mut self, frame: &mut Frame, cell: &Cell, bounds: &[TExpr]) -> Run<Vec<BigInt>> {
        let mut amounts = Vec::new();
        for bound in bounds {
            let amount = self.stored_expr(frame, bound, &bound.ty)?;
            amounts.push(self.units_of(cell.0, amount)?);
        }
        self.world.say(self.checked, cell, &amounts);
        Ok(amounts)
    }
}
