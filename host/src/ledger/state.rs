//! What is in memory of a book while the store has its writer.
//!
//! Running figures change here at once, and rows wait here, until the transaction ends and [`BookState::flush`] writes
//! them together; so a batch that touches a balance a thousand times writes it once. A journal of what was done takes
//! a step back exactly. Figures in memory have 128 bits, so that taking back can never overflow; what does not fit the
//! store's 64 is refused where it happens.

use std::collections::{HashMap, HashSet};

use crate::calendar::month_of;
use crate::error::{Refused, Result, Spot};
use crate::ledger::chart::{self, damaged};
use crate::ledger::group::Weight;
use crate::ledger::hold::{self, HoldRow};
use crate::ledger::limit::Warning;
use crate::ledger::lots::{Lot, Lots, Part};
use crate::ledger::period::{self, PeriodLock};
use crate::ledger::rows::{self, EntryRow, LineRow};
use crate::ledger::rules::{self, Rule};
use crate::ledger::series::Taken;
use crate::ledger::sub_rows::{dims_of, read_sub, write_days, write_dims, write_sub};
use crate::ledger::{AccountId, AccountSpec, BookInfo};
use crate::store::{Store, first, params};

/// Holds that stay in memory from one transaction to the next.
const HOLDS_KEPT: usize = 100_000;

pub(crate) struct BookState {
    pub info: BookInfo,
    pub accounts: Vec<Account>,
    pub accounts_by_name: HashMap<String, AccountId>,
    /// What amounts are added up in when an entry is checked.
    pub units: Vec<Unit>,
    pub subs: Vec<Sub>,
    subs_by_id: HashMap<i64, usize>,
    last_sub: i64,
    /// Subaccounts that differ from the store.
    dirty: Vec<usize>,
    /// Holds that were used lately; those of `dirty_holds` differ from the store.
    pub holds: HashMap<i64, HoldRow>,
    pub dirty_holds: HashSet<i64>,
    pub last_hold: i64,
    /// For accounts with limits by month or year: what is held on a subaccount and below it in a month.
    pub held_months: HashMap<AccountId, HashMap<(usize, i64), i128>>,
    /// By subaccount: its lots, and those that differ from the store.
    pub lots: HashMap<usize, Lots>,
    pub dirty_lots: HashSet<(usize, i64)>,
    /// What the running step took from lots and has not posted yet.
    pub taken: HashMap<usize, Vec<Part>>,
    pub locks: Vec<PeriodLock>,
    /// The last number of each series and period that was used.
    pub series: HashMap<(String, String), i64>,
    pub taken_numbers: Vec<Taken>,
    /// Limits of mode warn that the running step passed.
    pub warnings: Vec<Warning>,
    /// Holds that the running step made although a limit stood against them, and what is left of these.
    pub let_pass: HashSet<i64>,
    /// Rows of this transaction.
    pub entries: Vec<EntryRow>,
    pub lines: Vec<LineRow>,
    pub journal: Vec<Undo>,
    /// The text of the dimensions at hand; kept to save allocations.
    key: String,
    /// Sums of the entry at hand, one for each unit.
    pub sums: Vec<i128>,
}

/// What an entry has to balance in: a unit, apart for money, goods and plans.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub name: String,
    pub class: Class,
    /// The largest scale of its accounts; sums are at this scale.
    pub scale: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Money,
    Goods,
    Budget,
    /// Need not balance.
    Alone,
}

pub(crate) struct Account {
    pub spec: AccountSpec,
    pub unit: usize,
    /// 10^(the unit's scale - the account's).
    pub lift: i128,
    /// For an account of the book's currency: 10^(the book's scale - the account's).
    pub to_book: Option<i128>,
    /// Its limits.
    pub rules: Vec<Rule>,
    /// Has it rules, or named a hold a limit?
    pub limited: bool,
    plain: Option<usize>,
    by_dims: HashMap<Box<str>, usize>,
}

/// A subaccount: one combination of an account's dimensions.
pub(crate) struct Sub {
    pub id: i64,
    pub account: AccountId,
    /// A JSON list of the values.
    pub dims: Box<str>,
    pub parent: Option<usize>,
    /// How much each bound of the account is here, in turn, as it was said last; of an account without bounds the limit
    /// above that a hold named last.
    pub bounds: Vec<i64>,
    pub figures: Figures,
    /// What this transaction posted, by day.
    pub days: Vec<(i64, DayFigures)>,
    pub dirty: bool,
}

impl Sub {
    /// The figures of a day in this transaction.
    pub fn day(&mut self, day: i64) -> &mut DayFigures {
        let known = self.days.iter().rposition(|(known, _)| *known == day);
        let place = known.unwrap_or_else(|| {
            self.days.push((day, DayFigures::default()));
            self.days.len() - 1
        });
        &mut self.days[place].1
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub posted: i128,
    pub posted_book: i128,
    pub below: i128,
    pub held: i128,
    pub held_below: i128,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayFigures {
    pub amount: i128,
    pub book_amount: i128,
    pub below: i128,
}

/// How one thing that was done is taken back.
#[derive(Clone, Debug)]
pub(crate) enum Undo {
    Posted {
        sub: usize,
        day: i64,
        amount: i64,
        book_amount: i64,
        /// It passes limits.
        over: bool,
    },
    /// The last entry.
    Entry,
    Held {
        sub: usize,
        day: i64,
        amount: i64,
        /// It was made by this step, and not of another hold; `Some(true)` where it passes limits.
        fresh: Option<bool>,
    },
    Bounds {
        sub: usize,
        before: Vec<i64>,
    },
    Hold {
        id: i64,
        before: Option<Box<HoldRow>>,
    },
    Group {
        sub: usize,
        before: Option<usize>,
        weight: Box<Weight>,
    },
    Lot {
        sub: usize,
        number: i64,
        before: Option<Box<Lot>>,
    },
    Taken {
        sub: usize,
        before: Vec<Part>,
    },
    /// The last number of a series that was taken or declared void.
    Number,
    /// The last number of a hold.
    LastHold,
}

impl BookState {
    pub fn load(store: &mut dyn Store, info: BookInfo) -> Result<BookState> {
        let specs = chart::accounts(store, &info)?;
        let sql = "SELECT coalesce(max(id), 0) FROM subaccount WHERE tenant = ?1 AND book = ?2";
        let last_sub = first(store, sql, params![info.tenant.0, info.id.0], |row| Ok(row.int(0)?))?.unwrap_or(0);
        let sql = "SELECT coalesce(max(id), 0) FROM hold WHERE tenant = ?1 AND book = ?2";
        let last_hold = first(store, sql, params![info.tenant.0, info.id.0], |row| Ok(row.int(0)?))?.unwrap_or(0);
        let mut units: Vec<Unit> = Vec::new();
        let places: Vec<usize> = specs.iter().map(|spec| unit_of(&mut units, spec)).collect();
        let accounts = specs.into_iter().zip(places).map(|(spec, unit)| {
            let lift = units.get(unit).map_or(1, |unit| pow10(unit.scale.saturating_sub(spec.scale)));
            let of_book = spec.money && spec.unit == info.spec.currency && spec.kind.is_financial();
            let to_book = of_book.then(|| pow10(info.spec.scale.saturating_sub(spec.scale)));
            Account {
                spec,
                unit,
                lift,
                to_book,
                rules: Vec::new(),
                limited: false,
                plain: None,
                by_dims: HashMap::new(),
            }
        });
        let mut accounts: Vec<Account> = accounts.collect();
        for (account, rule) in rules::load(store, &info)? {
            if let Some(account) = accounts.get_mut(account.0 as usize) {
                account.rules.push(rule);
                account.limited = true;
            }
        }
        let locks = period::load(store, &info)?;
        let named = |(number, account): (usize, &Account)| (account.spec.name.clone(), AccountId(number as u32));
        Ok(BookState {
            accounts_by_name: accounts.iter().enumerate().map(named).collect(),
            sums: vec![0; units.len()],
            info,
            accounts,
            units,
            subs: Vec::new(),
            subs_by_id: HashMap::new(),
            last_sub,
            dirty: Vec::new(),
            holds: HashMap::new(),
            dirty_holds: HashSet::new(),
            last_hold,
            held_months: HashMap::new(),
            lots: HashMap::new(),
            dirty_lots: HashSet::new(),
            taken: HashMap::new(),
            locks,
            series: HashMap::new(),
            taken_numbers: Vec::new(),
            warnings: Vec::new(),
            let_pass: HashSet::new(),
            entries: Vec::new(),
            lines: Vec::new(),
            journal: Vec::new(),
            key: String::new(),
        })
    }

    /// The first two columns of every key.
    pub fn key(&self) -> (i64, i64) {
        (self.info.tenant.0, self.info.id.0)
    }

    pub fn account(&self, account: AccountId) -> Result<&Account> {
        let known = self.accounts.get(account.0 as usize);
        known.ok_or_else(|| Refused::Unknown { what: "account", name: format!("number {}", account.0) }.into())
    }

    pub fn spot(&self, sub: usize) -> Spot {
        let Some(sub) = self.subs.get(sub) else { return Spot { account: String::new(), dims: Vec::new() } };
        let account = self.accounts.get(sub.account.0 as usize).map_or("", |account| &account.spec.name);
        Spot { account: account.to_owned(), dims: dims_of(&sub.dims) }
    }

    /// The subaccount of a combination of dimensions, made if there is none.
    pub fn sub(&mut self, store: &mut dyn Store, account: AccountId, dims: &[&str]) -> Result<usize> {
        match self.known_sub(store, account, dims)? {
            Some(sub) => Ok(sub),
            None => Ok(self.keep_new(account)),
        }
    }

    /// A subaccount that is not there yet, of the combination in `self.key`.
    fn keep_new(&mut self, account: AccountId) -> usize {
        self.last_sub += 1;
        self.keep(Sub {
            id: self.last_sub,
            account,
            dims: self.key.as_str().into(),
            parent: None,
            bounds: Vec::new(),
            figures: Figures::default(),
            days: Vec::new(),
            dirty: false,
        })
    }

    /// The subaccount of a combination, or of a group: then the name of its level stands behind the dimensions.
    pub fn sub_at_level(&mut self, store: &mut dyn Store, account: AccountId, dims: &[&str]) -> Result<usize> {
        let has = self.account(account)?.spec.dimensions.len();
        if dims.len() != has + 1 {
            return self.sub(store, account, dims);
        }
        write_dims(&mut self.key, dims);
        match self.sub_of_key(store, account)? {
            Some(sub) => Ok(sub),
            None => Ok(self.keep_new(account)),
        }
    }

    /// The subaccount of a combination of dimensions, if anything was ever there. Leaves the combination in `self.key`.
    pub fn known_sub(&mut self, store: &mut dyn Store, account: AccountId, dims: &[&str]) -> Result<Option<usize>> {
        let known = self.account(account)?;
        let has = known.spec.dimensions.len();
        if dims.len() != has {
            let account = known.spec.name.clone();
            return Err(Refused::Dimensions { account, has, given: dims.len() }.into());
        }
        write_dims(&mut self.key, dims);
        self.sub_of_key(store, account)
    }

    fn sub_of_key(&mut self, store: &mut dyn Store, account: AccountId) -> Result<Option<usize>> {
        let known = self.account(account)?;
        let found = if self.key == "[]" { known.plain } else { known.by_dims.get(self.key.as_str()).copied() };
        if found.is_some() {
            return Ok(found);
        }
        let (tenant, book) = self.key();
        let sql =
            "SELECT id, account, dims, parent, posted, posted_book, below, held, held_below, bounds FROM subaccount
                   WHERE tenant = ?1 AND book = ?2 AND account = ?3 AND dims = ?4";
        let number = i64::from(account.0) + 1;
        let row = first(store, sql, params![tenant, book, number, self.key.as_str()], read_sub)?;
        row.map(|row| self.keep_row(store, row)).transpose()
    }

    /// A subaccount by its number in the store.
    pub fn sub_of_id(&mut self, store: &mut dyn Store, id: i64) -> Result<usize> {
        if let Some(sub) = self.subs_by_id.get(&id) {
            return Ok(*sub);
        }
        let (tenant, book) = self.key();
        let sql =
            "SELECT id, account, dims, parent, posted, posted_book, below, held, held_below, bounds FROM subaccount
                   WHERE tenant = ?1 AND book = ?2 AND id = ?3";
        match first(store, sql, params![tenant, book, id], read_sub)? {
            Some(row) => self.keep_row(store, row),
            None => Err(damaged("subaccount", "a number that is referred to is missing").into()),
        }
    }

    fn keep_row(&mut self, store: &mut dyn Store, (mut sub, parent): (Sub, Option<i64>)) -> Result<usize> {
        if self.account(sub.account).is_err() {
            return Err(damaged("subaccount", "its account is missing").into());
        }
        sub.parent = parent.map(|parent| self.sub_of_id(store, parent)).transpose()?;
        Ok(self.keep(sub))
    }

    fn keep(&mut self, sub: Sub) -> usize {
        let place = self.subs.len();
        self.subs_by_id.insert(sub.id, place);
        if let Some(account) = self.accounts.get_mut(sub.account.0 as usize) {
            account.limited |= !sub.bounds.is_empty();
            match &*sub.dims {
                "[]" => account.plain = Some(place),
                dims => drop(account.by_dims.insert(dims.into(), place)),
            }
        }
        self.subs.push(sub);
        place
    }

    /// Adds to the figures of a subaccount and of all above it, as the journal will take it back.
    pub fn add_posted(&mut self, sub: usize, day: i64, (amount, book_amount): (i64, i64), over: bool) -> Result<()> {
        self.journal.push(Undo::Posted { sub, day, amount, book_amount, over });
        self.apply_posted(sub, day, i128::from(amount), i128::from(book_amount));
        self.fit(sub)
    }

    /// Errors if a figure of a subaccount, or of one above it, is too large to be stored.
    fn fit(&self, sub: usize) -> Result<()> {
        let mut at = Some(sub);
        while let Some(place) = at {
            self.fits(place)?;
            at = self.subs[place].parent;
        }
        Ok(())
    }

    pub fn fits(&self, place: usize) -> Result<()> {
        let Figures { posted, posted_book, below, held, held_below } = self.subs[place].figures;
        let figures = [posted, posted_book, below, posted + below, held, held_below, held + held_below];
        if figures.iter().any(|figure| i64::try_from(*figure).is_err()) {
            return Err(Refused::TooLarge { what: format!("the balance of {}", self.spot(place)) }.into());
        }
        Ok(())
    }

    fn apply_posted(&mut self, sub: usize, day: i64, amount: i128, book_amount: i128) {
        let mut at = Some(sub);
        while let Some(place) = at {
            self.touch(place);
            let known = &mut self.subs[place];
            let of_day = known.day(day);
            if place == sub {
                of_day.amount += amount;
                of_day.book_amount += book_amount;
                known.figures.posted += amount;
                known.figures.posted_book += book_amount;
            } else {
                of_day.below += amount;
                known.figures.below += amount;
            }
            at = known.parent;
        }
    }

    /// Adds to what is held on a subaccount and on all above it, as the journal will take it back.
    pub fn add_held(&mut self, sub: usize, day: i64, amount: i64, fresh: Option<bool>) -> Result<()> {
        self.journal.push(Undo::Held { sub, day, amount, fresh });
        self.apply_held(sub, day, i128::from(amount));
        self.fit(sub)
    }

    fn apply_held(&mut self, sub: usize, day: i64, amount: i128) {
        let month = month_of(day);
        let mut at = Some(sub);
        while let Some(place) = at {
            self.touch(place);
            let known = &mut self.subs[place];
            if place == sub {
                known.figures.held += amount;
            } else {
                known.figures.held_below += amount;
            }
            if let Some(months) = self.held_months.get_mut(&known.account) {
                *months.entry((place, month)).or_default() += amount;
            }
            at = known.parent;
        }
    }

    pub fn touch(&mut self, place: usize) {
        if let Some(sub) = self.subs.get_mut(place)
            && !std::mem::replace(&mut sub.dirty, true)
        {
            self.dirty.push(place);
        }
    }

    /// Takes back what was done since the journal had this length.
    pub fn undo_to(&mut self, length: usize) {
        while self.journal.len() > length {
            let Some(undo) = self.journal.pop() else { return };
            match undo {
                Undo::Posted { sub, day, amount, book_amount, .. } => {
                    self.apply_posted(sub, day, -i128::from(amount), -i128::from(book_amount));
                }
                Undo::Held { sub, day, amount, .. } => self.apply_held(sub, day, -i128::from(amount)),
                Undo::Hold { id, before } => {
                    if before.is_none() {
                        self.let_pass.remove(&id);
                    }
                    drop(self.swap_hold(id, before.map(|row| *row)));
                }
                Undo::Bounds { sub, before } => drop(self.swap_bounds(sub, before)),
                Undo::Lot { sub, number, before } => drop(self.swap_lot(sub, number, before.map(|lot| *lot))),
                Undo::Taken { sub, before } => drop(self.taken.insert(sub, before)),
                Undo::Number => self.undo_number(),
                Undo::LastHold => self.last_hold -= 1,
                Undo::Group { sub, before, weight } => self.regroup(sub, before, &weight),
                Undo::Entry => {
                    if let Some(entry) = self.entries.pop() {
                        self.lines.truncate(self.lines.len() - entry.lines);
                        self.info.entries -= 1;
                    }
                }
            }
        }
    }

    /// Writes what the transaction did. What it changed in memory stays as it is, for [`BookState::settle`] if the
    /// transaction is committed, for [`BookState::undo_to`] if it is not.
    pub fn flush(&mut self, store: &mut dyn Store) -> Result<()> {
        let (tenant, book) = self.key();
        // In the order of their keys, which is the order of the tables.
        self.dirty.sort_unstable_by_key(|place| self.subs[*place].id);
        for place in &self.dirty {
            let sub = &self.subs[*place];
            write_sub(store, (tenant, book), sub, sub.parent.map(|parent| self.subs[parent].id))?;
        }
        for place in &self.dirty {
            write_days(store, (tenant, book), &self.subs[*place])?;
        }
        let mut holds: Vec<i64> = self.dirty_holds.iter().copied().collect();
        holds.sort_unstable();
        for id in holds {
            if let Some(row) = self.holds.get(&id) {
                hold::write(store, (tenant, book), id, row, self.subs[row.sub].id)?;
            }
        }
        self.write_lots(store)?;
        self.write_numbers(store)?;
        if !self.entries.is_empty() {
            rows::write(store, (tenant, book), &self.entries, &self.lines)?;
            let sql = "UPDATE book SET entries = ?3 WHERE tenant = ?1 AND id = ?2";
            store.execute(sql, params![tenant, book, self.info.entries])?;
        }
        Ok(())
    }

    /// The transaction is committed: nothing of it waits or can be taken back any more.
    pub fn settle(&mut self) {
        for place in self.dirty.drain(..) {
            self.subs[place].dirty = false;
            self.subs[place].days.clear();
        }
        self.settle_lots();
        self.taken_numbers.clear();
        self.dirty_holds.clear();
        if self.holds.len() > HOLDS_KEPT {
            self.holds.clear();
        }
        self.entries.clear();
        self.lines.clear();
        self.journal.clear();
    }
}

fn unit_of(units: &mut Vec<Unit>, spec: &AccountSpec) -> usize {
    use crate::ledger::AccountKind as Kind;
    let class = match spec.kind {
        Kind::Quantity => Class::Goods,
        Kind::Budget => Class::Budget,
        Kind::Limit => Class::Alone,
        _ => Class::Money,
    };
    match units.iter().position(|unit| unit.name == spec.unit && unit.class == class) {
        Some(place) => {
            units[place].scale = units[place].scale.max(spec.scale);
            place
        }
        None => {
            units.push(Unit { name: spec.unit.clone(), class, scale: spec.scale });
            units.len() - 1
        }
    }
}

/// 10^exponent; scales are at most 18.
pub(crate) fn pow10(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent.min(38)))
}
