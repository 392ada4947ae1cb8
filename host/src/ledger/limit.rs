//! Limits: how far a balance may go, with what is held.
//!
//! A limit holds for a combination of dimensions and all that is grouped below it. The room that it leaves is counted
//! in the usual direction of the account (credits of a liability are positive): for a limit below it is balance less
//! held less limit, for one above limit less balance less held. So a hold takes room whichever side the limit is on.
//!
//! A hold is checked when it is made; what is posted, when the step ends, so that the order of a step's lines and
//! commits does not matter.

use std::collections::{HashMap, HashSet};

use crate::calendar::{first_day, first_month_of_year, last_day, month_of};
use crate::error::{Declared, Refused, Result, Spot};
use crate::ledger::rules::Source;
use crate::ledger::state::{BookState, Undo};
use crate::ledger::{AccountId, Books};
use crate::store::{all, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The balance may not fall below the amount.
    Below,
    /// The balance may not rise above it.
    Above,
}

/// The stretch of time whose postings and holds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    Month,
    /// The fiscal year from its beginning to the end of a month; every month of it has to keep the limit.
    Year,
    Ever,
}

/// What happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// [`Declared::Short`].
    Stop,
    /// The step gets a [`Warning`].
    Warn,
    Ignore,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub side: Side,
    pub period: Period,
    pub mode: Mode,
    /// At the scale of the account, in its usual direction.
    pub amount: i64,
}

impl Limit {
    /// `never below`, as a stop.
    pub fn below(amount: i64) -> Limit {
        Limit { side: Side::Below, period: Period::Ever, mode: Mode::Stop, amount }
    }

    /// `up to`, as a stop.
    pub fn above(amount: i64) -> Limit {
        Limit { side: Side::Above, period: Period::Ever, mode: Mode::Stop, amount }
    }

    pub fn by(self, period: Period) -> Limit {
        Limit { period, ..self }
    }

    pub fn mode(self, mode: Mode) -> Limit {
        Limit { mode, ..self }
    }
}

/// Where a limit stands among those of its account: in the order of declaration.
pub(crate) type Order = usize;

/// What a step did to the room of a subaccount.
#[derive(Clone, Copy, Default)]
struct Change {
    day: i64,
    /// Debits positive.
    posted: i128,
    /// What holds gave back, less what is left of them as holds.
    back: i128,
    /// What new holds took, less than nothing.
    held: i128,
    /// Somebody let it pass every limit.
    passes: bool,
}

impl Change {
    fn on(day: i64) -> Change {
        Change { day, ..Change::default() }
    }

    /// Adds another change, posted amounts in the direction of a limit.
    fn add(&mut self, other: &Change, sign: i128) {
        self.posted += sign * other.posted;
        self.back += other.back;
        self.held += other.held;
    }

    /// How much more room there is than before.
    fn gain(&self) -> i128 {
        self.posted + self.back + self.held
    }
}

/// A limit that a subaccount has to keep.
struct Kept {
    order: Order,
    place: usize,
    limit: Limit,
}

/// A limit of mode [`Mode::Warn`] was passed. Amounts at the scale of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub spot: Spot,
    pub wanted: i128,
    pub available: i128,
}

impl Books<'_> {
    /// What may still be taken or used: the least room that a stop leaves, on the combination and on every group above
    /// it, on a day, for all postings and holds so far. `up_to` is a limit above that holds beside those of the book, in
    /// the place of the one that a hold named last. Where there is no limit, what is there and not held. At the scale of
    /// the account.
    pub fn available(&mut self, account: AccountId, dims: &[&str], day: i64, up_to: Option<i64>) -> Result<i128> {
        let sub = self.state.sub(self.store, account, dims)?;
        let mut least: Option<i128> = None;
        for Kept { place, limit, .. } in self.state.kept(sub, up_to.as_slice()) {
            if limit.mode == Mode::Stop {
                let room = self.room(place, &limit, day)?;
                least = Some(least.map_or(room, |least| least.min(room)));
            }
        }
        match least {
            Some(room) => Ok(room),
            None => self.room(sub, &Limit::below(0), day),
        }
    }

    /// Says how much each bound of the account is, in turn: for a combination of dimensions, then for each group above it,
    /// at the scale of the account. They hold from now on, until others are said.
    pub fn set_bounds(&mut self, account: AccountId, dims: &[&str], bounds: &[i64]) -> Result<()> {
        let sub = self.state.sub(self.store, account, dims)?;
        let rules = &self.state.account(account)?.rules;
        let levels = bounds.len() / rules.iter().filter(|rule| rule.source == Source::Bound).count().max(1);
        for (level, place) in self.state.up_from(sub).into_iter().take(levels).enumerate() {
            let own = || bounds.iter().skip(level).step_by(levels).copied();
            if !self.state.subs[place].bounds.iter().copied().eq(own()) {
                self.state.set_bounds_of(place, own().collect());
            }
        }
        Ok(())
    }

    /// What is available on a day to somebody who wants so much: what the first limit in the order of declaration leaves
    /// that stops and leaves less. If there is none such, the least that is left by those that stop, and where none stops,
    /// by all; where there is no limit, what is there and not held.
    pub fn room_for(&mut self, account: AccountId, dims: &[&str], day: i64, wanted: Option<i128>) -> Result<i128> {
        let sub = self.state.sub(self.store, account, dims)?;
        // Of each limit what it leaves, on the combination and above it; does it stop?
        let mut rooms: Vec<(Order, bool, i128)> = Vec::new();
        for Kept { order, place, limit } in self.state.kept(sub, &[]) {
            let (stops, room) = (limit.mode == Mode::Stop, self.room(place, &limit, day)?);
            match rooms.iter_mut().find(|(of, known, _)| (*of, *known) == (order, stops)) {
                Some((_, _, least)) => *least = room.min(*least),
                None => rooms.push((order, stops, room)),
            }
        }
        let stops = || rooms.iter().filter(|(_, stops, _)| *stops).map(|(_, _, room)| *room);
        let refuses = |room: &i128| wanted.is_some_and(|wanted| wanted > *room);
        let all = || rooms.iter().map(|(_, _, room)| *room);
        match stops().find(refuses).or_else(|| stops().min()).or_else(|| all().min()) {
            Some(room) => Ok(room),
            None => self.room(sub, &Limit::below(0), day),
        }
    }

    /// What is held on a combination of dimensions and below it, at the scale of the account.
    pub fn held(&mut self, account: AccountId, dims: &[&str]) -> Result<i128> {
        let sub = self.state.known_sub(self.store, account, dims)?;
        Ok(sub.map_or(0, |sub| self.state.subs[sub].figures.held + self.state.subs[sub].figures.held_below))
    }

    /// What passed a limit of mode warn since the step began.
    pub fn warnings(&self) -> &[Warning] {
        &self.state.warnings
    }

    /// Is there room for `wanted` more, on the combination and above it?
    pub(crate) fn has_room(&mut self, sub: usize, wanted: i64, day: i64) -> Result<()> {
        let wanted = i128::from(wanted);
        for Kept { place, limit, .. } in self.state.kept(sub, &[]) {
            let available = self.room(place, &limit, day)?;
            if available < wanted {
                self.reached(&limit, place, wanted, available)?;
            }
        }
        Ok(())
    }

    fn reached(&mut self, limit: &Limit, sub: usize, wanted: i128, available: i128) -> Result<()> {
        let spot = self.spot(sub);
        match limit.mode {
            Mode::Stop => Err(Declared::Short { spot, wanted, available }.into()),
            Mode::Warn => {
                self.state.warnings.push(Warning { spot, wanted, available });
                Ok(())
            }
            Mode::Ignore => Ok(()),
        }
    }

    /// The room that a limit leaves on a day; with a limit by year the least of its months from that day on.
    fn room(&mut self, sub: usize, limit: &Limit, day: i64) -> Result<i128> {
        let month = month_of(day);
        match limit.period {
            Period::Ever => self.room_within(sub, limit, i64::MIN, i64::MAX),
            Period::Month => self.room_within(sub, limit, month, month),
            Period::Year => {
                let first = first_month_of_year(month, self.state.info.spec.year_start);
                let mut least = i128::MAX;
                for last in month..first + 12 {
                    least = least.min(self.room_within(sub, limit, first, last)?);
                }
                Ok(least)
            }
        }
    }

    /// The room that a limit leaves for what falls into some months; of a limit that counts everything, all of them.
    fn room_within(&mut self, sub: usize, limit: &Limit, first: i64, last: i64) -> Result<i128> {
        if limit.period == Period::Ever {
            let figures = self.state.subs[sub].figures;
            return Ok(self.room_of(sub, limit, figures.posted + figures.below, figures.held + figures.held_below));
        }
        let posted = self.posted_between(sub, first_day(first), last_day(last))?;
        let held = self.held_between(sub, first, last)?;
        Ok(self.room_of(sub, limit, posted.amount + posted.below, held))
    }

    fn room_of(&self, sub: usize, limit: &Limit, posted: i128, held: i128) -> i128 {
        let balance = self.state.sign_of(sub) * posted;
        match limit.side {
            Side::Below => balance - held - i128::from(limit.amount),
            Side::Above => i128::from(limit.amount) - balance - held,
        }
    }

    /// What is held in some months on a subaccount and below it.
    fn held_between(&mut self, sub: usize, first: i64, last: i64) -> Result<i128> {
        let account = self.state.subs[sub].account;
        if !self.state.held_months.contains_key(&account) {
            let months = self.read_held_months(account)?;
            self.state.held_months.insert(account, months);
        }
        let months = self.state.held_months.get(&account);
        Ok(months.map_or(0, |months| (first..=last).filter_map(|month| months.get(&(sub, month))).sum()))
    }

    fn read_held_months(&mut self, account: AccountId) -> Result<HashMap<(usize, i64), i128>> {
        let (tenant, book) = self.state.key();
        let sql = "SELECT h.id, h.subaccount, h.day, h.rest FROM hold h
                   JOIN subaccount s ON s.tenant = h.tenant AND s.book = h.book AND s.id = h.subaccount
                   WHERE h.tenant = ?1 AND h.book = ?2 AND h.state = 'open' AND s.account = ?3 ORDER BY h.id";
        let stored = all(self.store, sql, params![tenant, book, i64::from(account.0) + 1], |row| {
            Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
        })?;
        let mut open: Vec<(usize, i64, i64)> = Vec::new();
        for (id, sub, day, rest) in stored {
            // What is in memory may differ from the store.
            if !self.state.holds.contains_key(&id) {
                open.push((self.state.sub_of_id(self.store, sub)?, day, rest));
            }
        }
        let of_account = |sub: usize| self.state.subs.get(sub).is_some_and(|sub| sub.account == account);
        open.extend(
            self.state.holds.values().filter(|hold| of_account(hold.sub)).map(|hold| (hold.sub, hold.day, hold.rest)),
        );
        let mut months = HashMap::new();
        for (sub, day, rest) in open {
            for place in self.state.up_from(sub) {
                *months.entry((place, month_of(day))).or_default() += i128::from(rest);
            }
        }
        Ok(months)
    }

    /// Checks the limits of everything that the step left with less room than it found. What is held counts as well,
    /// although it was checked when it was held: what made room for it then may have been taken away since.
    pub(crate) fn check_limits(&mut self, begun: usize) -> Result<()> {
        if self.state.accounts.iter().all(|account| !account.limited) {
            return Ok(());
        }
        let mut changes: HashMap<usize, Vec<Change>> = HashMap::new();
        let mut moved: HashSet<usize> = HashSet::new();
        for undo in self.state.journal.get(begun..).unwrap_or_default() {
            let (sub, change) = match undo {
                Undo::Posted { sub, day, amount, over, .. } => {
                    (*sub, Change { posted: (*amount).into(), passes: *over, ..Change::on(*day) })
                }
                Undo::Held { sub, day, amount, fresh: Some(over) } => {
                    (*sub, Change { held: -i128::from(*amount), passes: *over, ..Change::on(*day) })
                }
                Undo::Held { sub, day, amount, fresh: None } => {
                    (*sub, Change { back: -i128::from(*amount), ..Change::on(*day) })
                }
                Undo::Group { sub, before, weight } if !weight.is_nothing() => {
                    moved.extend(before.iter().flat_map(|before| self.state.up_from(*before)));
                    moved.extend(self.state.up_from(*sub));
                    continue;
                }
                _ => continue,
            };
            if !self.state.is_limited(sub) {
                continue;
            }
            for place in self.state.up_from(sub) {
                changes.entry(place).or_default().push(change);
            }
        }
        let mut changes: Vec<_> = changes.into_iter().collect();
        changes.sort_unstable_by_key(|(sub, _)| *sub);
        for (sub, changes) in changes {
            for (_, limit) in self.state.limits(sub, &[]) {
                self.check_limit(sub, &limit, &changes, moved.contains(&sub))?;
            }
        }
        Ok(())
    }

    /// Refuses where a stretch of time that the limit counts has less room than it found, and less than none.
    /// Where members of a group `moved`, they took room along that nobody used.
    fn check_limit(&mut self, sub: usize, limit: &Limit, changes: &[Change], moved: bool) -> Result<()> {
        let sign = match limit.side {
            Side::Below => self.state.sign_of(sub),
            Side::Above => -self.state.sign_of(sub),
        };
        // First and last month of each stretch; a year has one that ends with each of its months from the first that was
        // touched on, as a shift from one month to another takes room of those in between.
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        let year_start = self.state.info.spec.year_start;
        for change in changes {
            let month = month_of(change.day);
            match limit.period {
                Period::Ever => stretches.push((i64::MIN, i64::MAX)),
                Period::Month => stretches.push((month, month)),
                Period::Year => {
                    let first = first_month_of_year(month, year_start);
                    stretches.extend((month..first + 12).map(|last| (first, last)));
                }
            }
        }
        stretches.sort_unstable();
        stretches.dedup();
        for (first, last) in stretches {
            let within = |change: &&Change| (first..=last).contains(&month_of(change.day));
            let (mut own, mut passed) = (Change::default(), Change::default());
            for change in changes.iter().filter(within) {
                if change.passes { passed.add(change, sign) } else { own.add(change, sign) }
            }
            let gain = match limit.mode {
                Mode::Stop if !moved => own.gain(),
                // What was held was checked, or told of, when it was held: but for what another hold gave back.
                _ => own.posted + (own.back + own.held).max(own.back.min(0)),
            };
            if gain >= 0 {
                continue;
            }
            let left = self.room_within(sub, limit, first, last)?;
            // What somebody let pass lets nothing else pass, and stops nothing that fits without it.
            if left - passed.gain() < 0 {
                self.reached(limit, sub, -gain, left - gain)?;
            }
        }
        Ok(())
    }
}

impl BookState {
    /// A subaccount, its group, that group's group …
    pub(crate) fn up_from(&self, sub: usize) -> Vec<usize> {
        std::iter::successors(Some(sub), |place| self.subs.get(*place).and_then(|sub| sub.parent)).collect()
    }

    fn is_limited(&self, sub: usize) -> bool {
        let account = self.subs.get(sub).and_then(|sub| self.accounts.get(sub.account.0 as usize));
        account.is_some_and(|account| account.limited)
    }

    /// All limits of a subaccount, in their order; `bounds` in the place of what was said last.
    fn limits(&self, sub: usize, bounds: &[i64]) -> Vec<(Order, Limit)> {
        let Some(sub) = self.subs.get(sub) else { return Vec::new() };
        let Some(account) = self.accounts.get(sub.account.0 as usize) else { return Vec::new() };
        let said = if bounds.is_empty() { &*sub.bounds } else { bounds };
        let mut limits = Vec::new();
        for rule in account.limits_of(&sub.dims) {
            let limit = &rule.rule.limit;
            match (rule.rule.source, said.get(rule.rule.number)) {
                (Source::Bound, Some(amount)) => limits.push((rule.order, Limit { amount: *amount, ..limit.clone() })),
                // Nobody has said yet how much it is.
                (Source::Bound, None) => {}
                _ => limits.push((rule.order, limit.clone())),
            }
        }
        if !account.rules.iter().any(|rule| rule.source == Source::Bound) {
            limits.extend(said.first().map(|amount| (Order::MAX, Limit::above(*amount))));
        }
        limits
    }

    /// All limits that a subaccount and all above it have to keep, in the order of declaration; `bounds` of the
    /// subaccount in the place of what was said last.
    fn kept(&self, sub: usize, bounds: &[i64]) -> Vec<Kept> {
        let mut kept = Vec::new();
        for place in self.up_from(sub) {
            let own = if place == sub { bounds } else { &[] };
            kept.extend(self.limits(place, own).into_iter().map(|(order, limit)| Kept { order, place, limit }));
        }
        kept.sort_by_key(|kept| kept.order);
        kept
    }

    /// Remembers what the bounds of a subaccount are: later postings keep them too.
    pub(crate) fn set_bounds_of(&mut self, sub: usize, bounds: Vec<i64>) {
        let before = self.swap_bounds(sub, bounds);
        self.journal.push(Undo::Bounds { sub, before });
    }

    pub(crate) fn swap_bounds(&mut self, sub: usize, bounds: Vec<i64>) -> Vec<i64> {
        self.touch(sub);
        let account = self.subs[sub].account.0 as usize;
        self.accounts[account].limited |= !bounds.is_empty();
        std::mem::replace(&mut self.subs[sub].bounds, bounds)
    }

    fn sign_of(&self, sub: usize) -> i128 {
        let account = self.subs.get(sub).and_then(|sub| self.accounts.get(sub.account.0 as usize));
        account.map_or(1, |account| account.spec.kind.sign())
    }
}

/// A limit of an account that does not exist.
pub(crate) fn unknown(account: &str) -> crate::Error {
    Refused::Unknown { what: "account", name: account.to_owned() }.into()
}
