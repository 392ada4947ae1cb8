//! Limits: how far a balance may go, with what is held.
//!
//! A limit holds for a combination of dimensions and all that is grouped below it. The room that it leaves is counted
//! in the usual direction of the account (credits of a liability are positive): for a limit below it is balance less
//! held less limit, for one above limit less balance less held. So a hold takes room whichever side the limit is on.
//!
//! A hold is checked when it is made; what is posted, when the step ends, so that the order of a step's lines and
//! commits does not matter.

use std::collections::HashMap;

use crate::calendar::{first_day, first_month_of_year, last_day, month_of};
use crate::error::{Declared, Refused, Result, Spot};
use crate::ledger::chart::damaged;
use crate::ledger::state::{Account, BookState, Undo};
use crate::ledger::sub_rows::write_dims;
use crate::ledger::{AccountId, BookInfo, Books};
use crate::store::{Store, all, params};

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

/// A limit of mode [`Mode::Warn`] was passed. Amounts at the scale of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub spot: Spot,
    pub wanted: i128,
    pub available: i128,
}

/// Who set a limit; a tenant's comes before the chart's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Chart,
    Tenant,
    /// The chart says how it counts, each combination how much it is.
    Bound,
}

/// A limit of an account, for one combination or for each.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    dims: Option<Box<str>>,
    source: Source,
    limit: Limit,
}

fn name_of<T: PartialEq + Copy>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn value_of<T: Copy>(names: &[(T, &'static str)], name: &str) -> Result<T> {
    let known = names.iter().find(|(_, known)| *known == name);
    known.map(|(value, _)| *value).ok_or_else(|| damaged("account_limit", "a word is not known").into())
}

const SIDES: [(Side, &str); 2] = [(Side::Below, "below"), (Side::Above, "above")];
const PERIODS: [(Period, &str); 3] = [(Period::Month, "month"), (Period::Year, "year"), (Period::Ever, "ever")];
const MODES: [(Mode, &str); 3] = [(Mode::Stop, "stop"), (Mode::Warn, "warn"), (Mode::Ignore, "ignore")];
const SOURCES: [(Source, &str); 3] = [(Source::Chart, "chart"), (Source::Tenant, "tenant"), (Source::Bound, "bound")];

/// Stands for each combination of dimensions.
const EACH: &str = "*";

/// All rules of a book, by the number of their account.
pub(crate) fn load(store: &mut dyn Store, info: &BookInfo) -> Result<Vec<(AccountId, Rule)>> {
    let sql = "SELECT account, dims, side, period, source, mode, amount FROM account_limit
               WHERE tenant = ?1 AND book = ?2 ORDER BY account, dims, side, period, source";
    all(store, sql, params![info.tenant.0, info.id.0], |row| {
        let account = u32::try_from(row.int(0)? - 1).map_err(|_| damaged("account_limit", "no such account"))?;
        let dims = row.text(1)?;
        let limit = Limit {
            side: value_of(&SIDES, row.text(2)?)?,
            period: value_of(&PERIODS, row.text(3)?)?,
            mode: value_of(&MODES, row.text(5)?)?,
            amount: row.int(6)?,
        };
        let dims = (dims != EACH).then(|| dims.into());
        Ok((AccountId(account), Rule { dims, source: value_of(&SOURCES, row.text(4)?)?, limit }))
    })
}

/// Sets a limit for one combination of dimensions, or with `None` for each.
pub(crate) fn set(
    store: &mut dyn Store,
    info: &BookInfo,
    (account, dims): (i64, Option<&[&str]>),
    source: Source,
    limit: &Limit,
) -> Result<()> {
    let mut key = EACH.to_owned();
    if let Some(dims) = dims {
        write_dims(&mut key, dims);
    }
    let sql = "INSERT INTO account_limit (tenant, book, account, dims, side, period, source, mode, amount)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (tenant, book, account, dims, side, period, source)
               DO UPDATE SET mode = excluded.mode, amount = excluded.amount";
    let (side, period) = (name_of(&SIDES, limit.side), name_of(&PERIODS, limit.period));
    let (source, mode) = (name_of(&SOURCES, source), name_of(&MODES, limit.mode));
    let row = params![info.tenant.0, info.id.0, account, key.as_str(), side, period, source, mode, limit.amount];
    store.execute(sql, row)?;
    Ok(())
}

/// Takes away what the chart said before.
pub(crate) fn clear_chart(store: &mut dyn Store, info: &BookInfo, account: i64) -> Result<()> {
    let sql = "DELETE FROM account_limit WHERE tenant = ?1 AND book = ?2 AND account = ?3 AND source <> 'tenant'";
    store.execute(sql, params![info.tenant.0, info.id.0, account])?;
    Ok(())
}

impl Account {
    /// The limits of a combination of dimensions: for each side and period that of the tenant for the combination,
    /// else for the account, else the chart's.
    fn limits_of(&self, dims: &str) -> Vec<&Rule> {
        let mut limits: Vec<(&Rule, bool)> = Vec::new();
        for rule in &self.rules {
            let exact = rule.dims.as_deref() == Some(dims);
            if !exact && rule.dims.is_some() {
                continue;
            }
            let rank = (rule.source == Source::Tenant, exact);
            let same = |(known, _): &&mut (&Rule, bool)| {
                (known.limit.side, known.limit.period) == (rule.limit.side, rule.limit.period)
            };
            match limits.iter_mut().find(same) {
                Some(known) if rank > (known.0.source == Source::Tenant, known.1) => *known = (rule, exact),
                Some(_) => {}
                None => limits.push((rule, exact)),
            }
        }
        limits.into_iter().map(|(rule, _)| rule).collect()
    }
}

impl Books<'_> {
    /// What may still be taken or used: the least room that a stop leaves, on the combination and on every group above
    /// it, on a day, for all postings and holds so far. `up_to` is a limit above that holds beside those of the book, in
    /// the place of the one that a hold named last. Where there is no limit, what is there and not held. At the scale of
    /// the account.
    pub fn available(&mut self, account: AccountId, dims: &[&str], day: i64, up_to: Option<i64>) -> Result<i128> {
        let sub = self.state.sub(self.store, account, dims)?;
        let mut least = None;
        let mut keep = |room: i128| least = Some(least.map_or(room, |least: i128| least.min(room)));
        for place in self.state.up_from(sub) {
            let up_to = if place == sub { up_to } else { None };
            for limit in self.state.limits(place, up_to).iter().filter(|limit| limit.mode == Mode::Stop) {
                keep(self.room(place, limit, day)?);
            }
        }
        match least {
            Some(room) => Ok(room),
            None => self.room(sub, &Limit::below(0), day),
        }
    }

    /// Says how much the bound of a combination of dimensions is, then that of each group above it, at the scale of the
    /// account. They hold from now on, until others are said.
    pub fn set_bounds(&mut self, account: AccountId, dims: &[&str], bounds: &[i64]) -> Result<()> {
        let sub = self.state.sub(self.store, account, dims)?;
        for (place, bound) in self.state.up_from(sub).into_iter().zip(bounds) {
            self.state.set_up_to(place, Some(*bound));
        }
        Ok(())
    }

    /// What the bounds of a combination of dimensions and of its groups leave on a day, whether they stop or not; where
    /// there is none, what is there and not held.
    pub fn room_left(&mut self, account: AccountId, dims: &[&str], day: i64) -> Result<i128> {
        let sub = self.state.sub(self.store, account, dims)?;
        let mut least: Option<i128> = None;
        for place in self.state.up_from(sub) {
            for limit in self.state.limits(place, None) {
                let room = self.room(place, &limit, day)?;
                least = Some(least.map_or(room, |least| least.min(room)));
            }
        }
        match least {
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
        for place in self.state.up_from(sub) {
            for limit in self.state.limits(place, None) {
                let available = self.room(place, &limit, day)?;
                if available < wanted {
                    self.reached(&limit, place, wanted, available)?;
                }
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

    /// Checks the limits of everything that the step left with less room than it found. What was held was checked when
    /// it was held, so that only what holds gave back counts here.
    pub(crate) fn check_limits(&mut self, begun: usize) -> Result<()> {
        if self.state.accounts.iter().all(|account| !account.limited) {
            return Ok(());
        }
        // By subaccount and day: what was posted, and what holds gave back.
        let mut changes: HashMap<usize, Vec<(i64, i128, i128)>> = HashMap::new();
        for undo in self.state.journal.get(begun..).unwrap_or_default() {
            let (sub, change) = match undo {
                // Somebody let this pass.
                Undo::Posted { over: true, .. } => continue,
                Undo::Posted { sub, day, amount, .. } => (*sub, (*day, i128::from(*amount), 0)),
                Undo::Held { sub, day, amount } if *amount < 0 => (*sub, (*day, 0, -i128::from(*amount))),
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
            for limit in self.state.limits(sub, None) {
                self.check_limit(sub, &limit, &changes)?;
            }
        }
        Ok(())
    }

    /// Refuses where a stretch of time that the limit counts has less room than it found, and less than none.
    fn check_limit(&mut self, sub: usize, limit: &Limit, changes: &[(i64, i128, i128)]) -> Result<()> {
        let sign = match limit.side {
            Side::Below => self.state.sign_of(sub),
            Side::Above => -self.state.sign_of(sub),
        };
        // First and last month of each stretch; a year has one that ends with each of its months from the first that was
        // touched on, as a shift from one month to another takes room of those in between.
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        let year_start = self.state.info.spec.year_start;
        for (day, ..) in changes {
            let month = month_of(*day);
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
            let within = |(day, ..): &&(i64, i128, i128)| (first..=last).contains(&month_of(*day));
            let gain: i128 = changes.iter().filter(within).map(|(_, posted, back)| sign * posted + back).sum();
            if gain >= 0 {
                continue;
            }
            let left = self.room_within(sub, limit, first, last)?;
            if left < 0 {
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

    /// All limits of a subaccount; `up_to` in the place of the one that a hold named last.
    fn limits(&self, sub: usize, up_to: Option<i64>) -> Vec<Limit> {
        let Some(sub) = self.subs.get(sub) else { return Vec::new() };
        let Some(account) = self.accounts.get(sub.account.0 as usize) else { return Vec::new() };
        let named = up_to.or(sub.up_to);
        let mut limits = Vec::new();
        for rule in account.limits_of(&sub.dims) {
            match (rule.source, named) {
                (Source::Bound, Some(amount)) => limits.push(Limit { amount, ..rule.limit.clone() }),
                // Nobody has said yet how much it is.
                (Source::Bound, None) => {}
                _ => limits.push(rule.limit.clone()),
            }
        }
        if !account.rules.iter().any(|rule| rule.source == Source::Bound) {
            limits.extend(named.map(Limit::above));
        }
        limits
    }

    /// Remembers the limit that a hold named: later postings keep it too.
    pub(crate) fn set_up_to(&mut self, sub: usize, up_to: Option<i64>) {
        let before = self.swap_up_to(sub, up_to);
        if before != up_to {
            self.journal.push(Undo::UpTo { sub, before });
        }
    }

    pub(crate) fn swap_up_to(&mut self, sub: usize, up_to: Option<i64>) -> Option<i64> {
        self.touch(sub);
        let account = self.subs[sub].account.0 as usize;
        self.accounts[account].limited |= up_to.is_some();
        std::mem::replace(&mut self.subs[sub].up_to, up_to)
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
