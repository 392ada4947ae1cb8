//! Lots: what came in together, at one cost, and goes out oldest first.
//!
//! The lines of entries are the only truth about a lot: what is left of it, and what that is worth, are the sums of
//! them. A debit with a cost makes a lot; a credit takes from the oldest ones, and the last unit of a lot takes all
//! that is left of its value, so that quantity and value are always gone together.

use std::collections::BTreeMap;

use crate::error::{Declared, Refused, Result};
use crate::ledger::state::{BookState, Undo};
use crate::ledger::{AccountId, Books};
use crate::store::{Row, Store, all, first, params};

/// What is left of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// 1, 2, 3 … within a combination of dimensions, in the order of recording.
    pub number: i64,
    /// When it came in, in days since 1970-01-01.
    pub day: i64,
    pub label: String,
    /// At the scale of the account.
    pub quantity: i64,
    /// In the book's currency, at the book's scale.
    pub value: i64,
}

/// A part of a lot that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub lot: i64,
    pub quantity: i64,
    /// In the book's currency, at the book's scale.
    pub cost: i64,
}

/// The lots of a subaccount that are in memory: all that have something left, and those that this transaction emptied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lots {
    open: BTreeMap<i64, Lot>,
    last: i64,
}

impl Books<'_> {
    /// Takes a quantity, greater than 0, from the oldest lots. The posting that moves it has to follow in the same step.
    ///
    /// Errors with [`Short`](crate::Declared::Short) if there is less.
    pub fn take(&mut self, account: AccountId, dims: &[&str], quantity: i64) -> Result<Vec<Part>> {
        let known = self.state.account(account)?;
        if !known.spec.lots {
            return Err(Refused::NoLots { account: known.spec.name.clone() }.into());
        }
        if quantity <= 0 {
            return Err(Refused::NotPositive { what: "what is taken", given: quantity }.into());
        }
        let sub = self.state.sub(self.store, account, dims)?;
        let parts = self.take_oldest(sub, quantity)?;
        let mut taken = self.state.taken.get(&sub).cloned().unwrap_or_default();
        taken.extend(&parts);
        self.state.set_taken(sub, taken);
        Ok(parts)
    }

    /// What is in stock of a combination of dimensions, oldest first.
    pub fn lots(&mut self, account: AccountId, dims: &[&str]) -> Result<Vec<Lot>> {
        let Some(sub) = self.state.known_sub(self.store, account, dims)? else { return Ok(Vec::new()) };
        let lots = self.state.load_lots(self.store, sub)?;
        Ok(lots.open.values().filter(|lot| lot.quantity != 0).cloned().collect())
    }

    /// Takes from the oldest lots of a subaccount.
    fn take_oldest(&mut self, sub: usize, quantity: i64) -> Result<Vec<Part>> {
        let lots = self.state.load_lots(self.store, sub)?;
        let available: i128 = lots.open.values().map(|lot| i128::from(lot.quantity)).sum();
        if available < i128::from(quantity) {
            return Err(Declared::Short { spot: self.spot(sub), wanted: quantity.into(), available }.into());
        }
        let mut parts = Vec::new();
        let mut left = quantity;
        for lot in lots.open.values().filter(|lot| lot.quantity > 0) {
            let taken = left.min(lot.quantity);
            parts.push(Part { lot: lot.number, quantity: taken, cost: share(lot.value, taken, lot.quantity) });
            left -= taken;
            if left == 0 {
                break;
            }
        }
        for part in &parts {
            self.add_to_lot(sub, part.lot, -part.quantity, -part.cost)?;
        }
        Ok(parts)
    }

    /// What a credit takes out: first what was taken in this step for it, then from the oldest lots.
    pub(crate) fn take_out(&mut self, sub: usize, quantity: i64) -> Result<Vec<Part>> {
        let mut taken = self.state.taken.get(&sub).cloned().unwrap_or_default();
        let mut parts = Vec::new();
        let mut left = quantity;
        while left > 0 && !taken.is_empty() {
            let first = taken[0];
            let used = left.min(first.quantity);
            let cost = share(first.cost, used, first.quantity);
            parts.push(Part { lot: first.lot, quantity: used, cost });
            left -= used;
            match first.quantity - used {
                0 => drop(taken.remove(0)),
                rest => taken[0] = Part { quantity: rest, cost: first.cost - cost, ..first },
            }
        }
        if !parts.is_empty() {
            self.state.set_taken(sub, taken);
        }
        if left > 0 {
            parts.extend(self.take_oldest(sub, left)?);
        }
        Ok(parts)
    }

    /// Makes a lot of what a debit brings in.
    pub(crate) fn put_in(&mut self, sub: usize, day: i64, label: &str, quantity: i64, cost: i64) -> Result<Part> {
        if cost < 0 {
            return Err(Refused::NegativeCost { spot: self.spot(sub), cost }.into());
        }
        let number = self.state.load_lots(self.store, sub)?.last + 1;
        self.state.put_lot(sub, number, Some(Lot { number, day, label: label.to_owned(), quantity, value: cost }));
        Ok(Part { lot: number, quantity, cost })
    }

    /// Adds to what is left of a lot, which may be one that was empty.
    ///
    /// Errors with `Short` if more is to go than is left of it.
    pub(crate) fn add_to_lot(&mut self, sub: usize, number: i64, quantity: i64, value: i64) -> Result<()> {
        let lot = match self.state.load_lots(self.store, sub)?.open.get(&number) {
            Some(lot) => lot.clone(),
            None => {
                let lot = self.read_lot(sub, number)?;
                self.state.lots.entry(sub).or_default().open.insert(number, lot.clone());
                lot
            }
        };
        let left = lot.quantity.checked_add(quantity).zip(lot.value.checked_add(value));
        match left {
            Some((quantity, value)) if quantity >= 0 && value >= 0 && (quantity > 0 || value == 0) => {
                self.state.put_lot(sub, number, Some(Lot { quantity, value, ..lot }));
                Ok(())
            }
            Some(_) => {
                let (wanted, available) = (-i128::from(quantity), lot.quantity.into());
                Err(Declared::Short { spot: self.spot(sub), wanted, available }.into())
            }
            None => Err(Refused::TooLarge { what: format!("lot {number} of {}", self.spot(sub)) }.into()),
        }
    }

    fn read_lot(&mut self, sub: usize, number: i64) -> Result<Lot> {
        let (tenant, book) = self.state.key();
        let sql = "SELECT seq, day, label, quantity, value FROM lot
                   WHERE tenant = ?1 AND book = ?2 AND subaccount = ?3 AND seq = ?4";
        let lot = first(self.store, sql, params![tenant, book, self.state.subs[sub].id, number], read_lot)?;
        lot.ok_or_else(|| Refused::Unknown { what: "lot", name: format!("{number} of {}", self.spot(sub)) }.into())
    }

    /// Errors if something was taken in the step and not posted.
    pub(crate) fn all_taken_is_posted(&self) -> Result<()> {
        match self.state.taken.iter().find(|(_, parts)| !parts.is_empty()) {
            Some((sub, parts)) => {
                let quantity = parts.iter().map(|part| part.quantity).sum();
                Err(Refused::TakenNotPosted { spot: self.spot(*sub), quantity }.into())
            }
            None => Ok(()),
        }
    }
}

/// The part of a value that goes with a part of a quantity, rounded half up; all of it with all. The quantity is
/// greater than 0, the value not less.
fn share(value: i64, part: i64, quantity: i64) -> i64 {
    let (value, part, quantity) = (i128::from(value), i128::from(part), i128::from(quantity));
    // At most the value, so that it fits.
    ((2 * value * part + quantity) / (2 * quantity)) as i64
}

fn read_lot(row: &dyn Row) -> Result<Lot> {
    let (number, day, label) = (row.int(0)?, row.int(1)?, row.text(2)?.to_owned());
    Ok(Lot { number, day, label, quantity: row.int(3)?, value: row.int(4)? })
}

impl BookState {
    fn load_lots(&mut self, store: &mut dyn Store, sub: usize) -> Result<&Lots> {
        if !self.lots.contains_key(&sub) {
            let (tenant, book) = self.key();
            let id = self.subs[sub].id;
            let sql = "SELECT seq, day, label, quantity, value FROM lot
                       WHERE tenant = ?1 AND book = ?2 AND subaccount = ?3 AND quantity <> 0 ORDER BY seq";
            let open = all(store, sql, params![tenant, book, id], read_lot)?;
            let sql = "SELECT coalesce(max(seq), 0) FROM lot WHERE tenant = ?1 AND book = ?2 AND subaccount = ?3";
            let last = first(store, sql, params![tenant, book, id], |row| Ok(row.int(0)?))?.unwrap_or(0);
            self.lots.insert(sub, Lots { open: open.into_iter().map(|lot| (lot.number, lot)).collect(), last });
        }
        Ok(&self.lots[&sub])
    }

    /// Puts a lot in its place, as the journal will take it back.
    fn put_lot(&mut self, sub: usize, number: i64, lot: Option<Lot>) {
        let before = self.swap_lot(sub, number, lot);
        self.journal.push(Undo::Lot { sub, number, before: before.map(Box::new) });
    }

    pub(crate) fn swap_lot(&mut self, sub: usize, number: i64, lot: Option<Lot>) -> Option<Lot> {
        self.dirty_lots.insert((sub, number));
        let lots = self.lots.entry(sub).or_default();
        match lot {
            Some(lot) => {
                lots.last = lots.last.max(number);
                lots.open.insert(number, lot)
            }
            None => {
                // Only making a lot is taken back like this, the newest one first.
                lots.last = number - 1;
                lots.open.remove(&number)
            }
        }
    }

    fn set_taken(&mut self, sub: usize, parts: Vec<Part>) {
        let before = self.taken.insert(sub, parts).unwrap_or_default();
        self.journal.push(Undo::Taken { sub, before });
    }

    /// Writes the lots that differ from the store.
    pub(crate) fn write_lots(&self, store: &mut dyn Store) -> Result<()> {
        let (tenant, book) = self.key();
        let sql = "INSERT INTO lot (tenant, book, subaccount, seq, day, label, quantity, value)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (tenant, book, subaccount, seq) DO UPDATE SET quantity = excluded.quantity,
                   value = excluded.value";
        let mut dirty: Vec<&(usize, i64)> = self.dirty_lots.iter().collect();
        dirty.sort_unstable();
        for (sub, number) in dirty {
            let Some(lot) = self.lots.get(sub).and_then(|lots| lots.open.get(number)) else { continue };
            let Lot { day, label, quantity, value, .. } = lot;
            let id = self.subs[*sub].id;
            store.execute(sql, params![tenant, book, id, *number, *day, label, *quantity, *value])?;
        }
        Ok(())
    }

    /// The transaction is over: forgets lots with nothing left.
    pub(crate) fn settle_lots(&mut self) {
        for (sub, number) in std::mem::take(&mut self.dirty_lots) {
            if let Some(lots) = self.lots.get_mut(&sub)
                && lots.open.get(&number).is_some_and(|lot| lot.quantity == 0)
            {
                lots.open.remove(&number);
            }
        }
        self.taken.clear();
    }
}
