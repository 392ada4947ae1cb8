//! The outside as the reference sees it: books, holds, lots and documents in plain maps, copied whole where a step may
//! be taken back, and a list of everything that was asked of it, in order.

use super::NOW;
use super::number::round;
use super::stop::Fault;
use super::value::Val;
use bp_bytecode::program::AccountKind;
use bp_bytecode::rounding::Mode;
use bp_compiler::source::Place;
use bp_compiler::typed::Checked;
use bp_compiler::types::{AccountId, EntityId, StepId};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use std::collections::BTreeMap;

/// An account and what stands in its brackets; of another book than the run's, its name behind that.
pub type Cell = (AccountId, Vec<Val>);

/// The day of every call.
pub(super) const TODAY: i64 = NOW.div_euclid(86_400);

/// What was asked of the outside, with what it answered.
#[derive(Clone, Debug)]
pub enum Effect {
    Begin(StepId),
    End(StepId),
    Fail(StepId),
    Post {
        place: Place,
        text: String,
        day: i64,
        lines: Vec<Line>,
    },
    Create(EntityId, i64, Val),
    Change(EntityId, i64, Val),
    Number(EntityId, String, i64),
    Hold(Cell, BigInt, i64),
    Settle(i64, bool),
    /// What a hold was used for: of a limit or a budget, in the books an entry of its own.
    Used(i64, Cell, BigInt),
    CommitPart(i64, BigInt, i64),
    Take(Cell, BigInt, Vec<Lot>),
    Free(Cell, BigInt),
    Reverse(i64),
    Close(i64),
}

/// A line of an entry. Amounts are in units of the last digit of the account's type; positive is a debit.
#[derive(Clone, Debug)]
pub struct Line {
    pub cell: Cell,
    pub amount: BigInt,
    pub worth: Option<BigInt>,
    /// Somebody lets it pass the limits of the account.
    pub over: bool,
}

/// What was taken of a lot: its number among those of the account's cell, how much, and what that cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    pub number: i64,
    pub amount: BigInt,
    pub cost: BigInt,
}

#[derive(Clone, Debug)]
struct Stock {
    cell: Cell,
    left: BigInt,
    worth: BigInt,
}

/// What was posted, or used of a limit or a budget, on a day.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub cell: Cell,
    pub day: i64,
    pub amount: BigInt,
    /// What that is worth in the book currency, where the line says it.
    pub worth: Option<BigInt>,
    posted: bool,
}

/// A part of a lot, by the lot's place among all: an amount of it and what that is worth.
type Part = (usize, BigInt, BigInt);

/// A line that was posted, with what went into lots, or with a minus out of them.
#[derive(Clone, Debug)]
struct Posted {
    cell: Cell,
    amount: BigInt,
    worth: Option<BigInt>,
    parts: Vec<Part>,
}

/// Everything that a step may change.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    documents: BTreeMap<i64, (EntityId, Val)>,
    /// The last number that a document or a hold was given.
    last: i64,
    series: BTreeMap<(EntityId, String), i64>,
    pub(super) holds: BTreeMap<i64, (Cell, BigInt)>,
    /// What was committed, less what was freed, and what was posted.
    pub(super) moved: Vec<Moved>,
    stock: Vec<Stock>,
    /// What was looked out and is not credited yet.
    taken: Vec<(Cell, Part)>,
    /// What was posted, and whether it was reversed; an entry's name is its place, from 1.
    entries: Vec<(Vec<Posted>, bool)>,
    /// The last day of the run's own book that is closed.
    closed: Option<i64>,
    pub(super) limits: super::limits::Said,
}

#[derive(Clone, Debug, Default)]
pub struct World {
    pub(super) now: State,
    /// As it was when the last step ended, and when the open one began.
    stands: State,
    begun: State,
    pub effects: Vec<Effect>,
}

impl World {
    pub fn begin(&mut self, step: StepId) {
        self.effects.push(Effect::Begin(step));
        self.begun = self.now.clone();
    }

    pub fn end(&mut self, checked: &Checked, step: StepId) -> Result<(), Fault> {
        self.effects.push(Effect::End(step));
        self.keep_limits(checked)?;
        self.stands = self.now.clone();
        Ok(())
    }

    pub fn fail(&mut self, step: StepId) {
        self.effects.push(Effect::Fail(step));
        self.now = self.begun.clone();
    }

    /// The call is over: what it did stands, or only its completed steps do.
    pub fn call_end(&mut self, checked: &Checked, well: bool) -> Result<(), Fault> {
        let kept = if well { self.keep_limits(checked) } else { Ok(()) };
        match well && kept.is_ok() {
            true => self.stands = self.now.clone(),
            false => self.now = self.stands.clone(),
        }
        kept
    }

    /// Nothing has happened yet.
    pub fn forget(&mut self) {
        *self = World::default();
    }

    // ---- books

    /// What the lines of a cell have said that they are worth.
    pub fn worth(&self, cell: &Cell) -> BigInt {
        self.moved_until(cell, i64::MAX).filter_map(|moved| moved.worth.as_ref()).sum()
    }

    /// What was moved on a cell until the end of a day.
    fn moved_until(&self, cell: &Cell, day: i64) -> impl Iterator<Item = &Moved> {
        self.now.moved.iter().filter(move |moved| moved.cell == *cell && moved.day <= day)
    }

    pub fn balance_at(&self, cell: &Cell, day: i64) -> BigInt {
        self.moved_until(cell, day).map(|moved| &moved.amount).sum()
    }

    /// What a balance was worth: lines that do not say it are worth what they are.
    pub fn worth_at(&self, cell: &Cell, day: i64) -> BigInt {
        let posted = self.moved_until(cell, day).filter(|moved| moved.posted);
        posted.map(|moved| moved.worth.as_ref().unwrap_or(&moved.amount)).sum()
    }

    /// The first open day from one on. Only the run's own book is ever closed.
    fn open_day(&self, day: i64, own: bool) -> i64 {
        self.now.closed.filter(|_| own).map_or(day, |closed| day.max(closed + 1))
    }

    /// The last day that is closed.
    pub fn closed(&self) -> Option<i64> {
        self.now.closed
    }

    pub fn close(&mut self, day: i64) {
        self.effects.push(Effect::Close(day));
        self.now.closed = Some(day);
        self.stands = self.now.clone();
    }

    /// The name of the last entry.
    pub fn last_entry(&self) -> i64 {
        self.now.entries.len() as i64
    }

    /// Posts the opposite of an entry, on the first open day.
    pub fn reverse(&mut self, checked: &Checked, entry: i64) -> Result<(), Fault> {
        let place = usize::try_from(entry - 1).map_err(|_| Fault::Refused)?;
        let (lines, reversed) = self.now.entries.get_mut(place).ok_or(Fault::Refused)?;
        if std::mem::replace(reversed, true) {
            return Err(Fault::Refused);
        }
        for Posted { cell, amount, worth, parts } in lines.clone() {
            for (lot, amount, worth) in parts {
                let stock = &mut self.now.stock[lot];
                stock.left -= amount;
                stock.worth -= worth;
                if stock.left < BigInt::zero() {
                    return Err(Fault::Refused);
                }
            }
            let own = cell.1.len() == checked.accounts[cell.0.index()].dimensions.len();
            let day = self.open_day(TODAY, own);
            self.now.moved.push(Moved { cell, day, amount: -amount, worth: worth.map(|worth| -worth), posted: true });
        }
        // A reversal is an entry, and is not reversed itself.
        self.now.entries.push((Vec::new(), true));
        self.effects.push(Effect::Reverse(entry));
        Ok(())
    }

    pub fn post(
        &mut self,
        checked: &Checked,
        place: Place,
        text: String,
        (day, first_open, own): (i64, bool, bool),
        lines: Vec<Line>,
    ) -> Result<(), Fault> {
        self.effects.push(Effect::Post { place, text, day, lines: lines.clone() });
        let open = self.open_day(day, own);
        if open != day && !first_open {
            return Err(Fault::Refused);
        }
        let mut posted = Vec::new();
        for Line { cell, amount, worth, over } in lines {
            let mut parts = Vec::new();
            if checked.accounts[cell.0.index()].lots {
                match &worth {
                    Some(worth) if amount > BigInt::zero() && *worth < BigInt::zero() => return Err(Fault::Refused),
                    Some(worth) if amount > BigInt::zero() => {
                        parts.push((self.now.stock.len(), amount.clone(), worth.clone()));
                        self.now.stock.push(Stock { cell: cell.clone(), left: amount.clone(), worth: worth.clone() });
                    }
                    _ => parts = self.goes_out(&cell, -amount.clone())?,
                }
            }
            if over {
                self.now.limits.lets_pass(&cell, open, Some(&amount), None);
            }
            let moved =
                Moved { cell: cell.clone(), day: open, amount: amount.clone(), worth: worth.clone(), posted: true };
            self.now.moved.push(moved);
            posted.push(Posted { cell, amount, worth, parts });
        }
        self.now.entries.push((posted, false));
        Ok(())
    }

    /// Out of what was looked out before, then out of the oldest lots.
    fn goes_out(&mut self, cell: &Cell, amount: BigInt) -> Result<Vec<Part>, Fault> {
        let mut wanted = amount;
        let mut parts = Vec::new();
        for (of, (lot, left, worth)) in &mut self.now.taken {
            let part = wanted.clone().min(left.clone());
            if of == cell && part > BigInt::zero() {
                let cost = cost_of(&part, left, worth);
                parts.push((*lot, -&part, -&cost));
                *left -= &part;
                *worth -= cost;
                wanted -= part;
            }
        }
        if wanted > BigInt::zero() {
            let oldest = self.oldest(cell, wanted)?;
            parts.extend(oldest.into_iter().map(|(lot, amount, cost)| (lot, -amount, -cost)));
        }
        Ok(parts)
    }

    fn oldest(&mut self, cell: &Cell, amount: BigInt) -> Result<Vec<Part>, Fault> {
        let mut wanted = amount;
        let mut parts = Vec::new();
        for (lot, stock) in self.now.stock.iter_mut().enumerate().filter(|(_, stock)| stock.cell == *cell) {
            let part = wanted.clone().min(stock.left.clone());
            if part.is_zero() {
                continue;
            }
            let cost = cost_of(&part, &stock.left, &stock.worth);
            stock.left -= &part;
            stock.worth -= &cost;
            wanted -= &part;
            parts.push((lot, part, cost));
        }
        if wanted.is_zero() { Ok(parts) } else { Err(Fault::Refused) }
    }

    /// A lot's number among those of its cell, from 1.
    fn number_of(&self, lot: usize) -> i64 {
        let own = &self.now.stock[lot].cell;
        self.now.stock[..=lot].iter().filter(|stock| stock.cell == *own).count() as i64
    }

    pub fn take(&mut self, cell: Cell, amount: BigInt) -> Result<Vec<Lot>, Fault> {
        if amount < BigInt::zero() {
            return Err(Fault::Refused);
        }
        if amount.is_zero() {
            return Ok(Vec::new());
        }
        let parts = self.oldest(&cell, amount.clone())?;
        self.now.taken.extend(parts.iter().map(|part| (cell.clone(), part.clone())));
        let lot = |(lot, amount, cost)| Lot { number: self.number_of(lot), amount, cost };
        let lots: Vec<Lot> = parts.into_iter().map(lot).collect();
        self.effects.push(Effect::Take(cell, amount, lots.clone()));
        Ok(lots)
    }

    pub fn balance(&self, cell: &Cell) -> BigInt {
        self.balance_at(cell, i64::MAX)
    }

    // ---- holds

    pub fn held(&self, cell: &Cell) -> BigInt {
        self.now.holds.values().filter(|(of, _)| of == cell).map(|(_, amount)| amount).sum()
    }

    /// What is held on an account, in all its dimensions.
    pub fn held_on(&self, account: AccountId) -> BigInt {
        self.now.holds.values().filter(|((of, _), _)| *of == account).map(|(_, amount)| amount).sum()
    }

    pub fn hold(&mut self, cell: Cell, amount: BigInt, over: bool) -> Result<i64, Fault> {
        if amount < BigInt::zero() {
            return Err(Fault::Refused);
        }
        let number = self.next();
        self.effects.push(Effect::Hold(cell.clone(), amount.clone(), number));
        if over {
            self.now.limits.lets_pass(&cell, TODAY, None, Some(&amount));
            self.now.limits.holds_that_pass.insert(number);
        }
        self.now.holds.insert(number, (cell, amount));
        Ok(number)
    }

    /// Holds that are open, among those that are newer than a number.
    pub fn open_holds(&self, after: i64) -> Vec<i64> {
        self.now.holds.keys().copied().filter(|number| *number > after).collect()
    }

    pub fn is_open(&self, hold: i64) -> bool {
        self.now.holds.contains_key(&hold)
    }

    pub fn last_number(&self) -> i64 {
        self.now.last
    }

    pub fn settle(&mut self, checked: &Checked, hold: i64, commit: bool) -> Result<(), Fault> {
        let (cell, amount) = self.now.holds.remove(&hold).ok_or(Fault::Refused)?;
        // What is not used of what was let pass makes no room for anything else.
        if !commit && self.now.limits.holds_that_pass.contains(&hold) {
            self.now.limits.lets_pass(&cell, TODAY, None, Some(&-&amount));
        }
        self.effects.push(Effect::Settle(hold, commit));
        self.uses(checked, hold, cell, if commit { amount } else { BigInt::zero() });
        Ok(())
    }

    pub fn commit_part(&mut self, checked: &Checked, hold: i64, part: BigInt) -> Result<i64, Fault> {
        let (cell, amount) = self.now.holds.get(&hold).cloned().ok_or(Fault::Refused)?;
        if part < BigInt::zero() || part > amount {
            return Err(Fault::Refused);
        }
        self.now.holds.remove(&hold);
        self.uses(checked, hold, cell.clone(), part.clone());
        let rest = self.next();
        if self.now.limits.holds_that_pass.contains(&hold) {
            self.now.limits.holds_that_pass.insert(rest);
        }
        self.effects.push(Effect::CommitPart(hold, part.clone(), rest));
        self.now.holds.insert(rest, (cell, amount - part));
        Ok(rest)
    }

    /// What is committed of a limit or a budget counts; of other accounts the posting says that it is used.
    fn uses(&mut self, checked: &Checked, hold: i64, cell: Cell, amount: BigInt) {
        let kind = checked.accounts[cell.0.index()].kind;
        if matches!(kind, AccountKind::Limit | AccountKind::Budget) {
            if amount > BigInt::zero() {
                self.effects.push(Effect::Used(hold, cell.clone(), amount.clone()));
            }
            self.now.moved.push(Moved { cell, day: TODAY, amount, worth: None, posted: false });
        }
    }

    pub fn free(&mut self, cell: Cell, amount: BigInt) -> Result<(), Fault> {
        let used = self.moved_until(&cell, i64::MAX).filter(|moved| !moved.posted);
        let used: BigInt = used.map(|moved| &moved.amount).sum();
        if amount < BigInt::zero() || used < amount {
            return Err(Fault::Refused);
        }
        self.effects.push(Effect::Free(cell.clone(), amount.clone()));
        self.now.moved.push(Moved { cell, day: TODAY, amount: -amount, worth: None, posted: false });
        Ok(())
    }

    // ---- documents

    fn next(&mut self) -> i64 {
        self.now.last += 1;
        self.now.last
    }

    /// Whether another document has what a key, or a unique index, says of this one.
    fn is_taken(&self, checked: &Checked, entity: EntityId, own: i64, document: &Val) -> bool {
        let declared = &checked.entities[entity.index()];
        let unique = declared.indexes.iter().filter(|index| index.unique).map(|index| &index.fields);
        let mut keys = (!declared.key.is_empty()).then_some(&declared.key).into_iter().chain(unique);
        keys.any(|fields| {
            self.now.documents.iter().any(|(number, (of, other))| {
                let same = |field: &u16| field_of(document, *field) == field_of(other, *field);
                *of == entity && *number != own && fields.iter().all(same)
            })
        })
    }

    pub fn create(&mut self, checked: &Checked, entity: EntityId, document: Val) -> Result<i64, Fault> {
        if self.is_taken(checked, entity, 0, &document) {
            return Err(Fault::Refused);
        }
        let number = self.next();
        self.effects.push(Effect::Create(entity, number, document.clone()));
        self.now.documents.insert(number, (entity, document));
        Ok(number)
    }

    pub fn document(&self, entity: EntityId, number: i64) -> Result<Val, Fault> {
        match self.now.documents.get(&number) {
            Some((of, document)) if *of == entity => Ok(document.clone()),
            _ => Err(Fault::Refused),
        }
    }

    pub fn change(&mut self, checked: &Checked, entity: EntityId, number: i64, document: Val) -> Result<(), Fault> {
        self.document(entity, number)?;
        if self.is_taken(checked, entity, number, &document) {
            return Err(Fault::Refused);
        }
        self.effects.push(Effect::Change(entity, number, document.clone()));
        self.now.documents.insert(number, (entity, document));
        Ok(())
    }

    /// The documents of an entity, in the order in which they were created.
    pub fn documents(&self, entity: EntityId) -> Vec<(i64, Val)> {
        let own = self.now.documents.iter().filter(|(_, (of, _))| *of == entity);
        own.map(|(number, (_, document))| (*number, document.clone())).collect()
    }

    pub fn number(&mut self, entity: EntityId, period: &str) -> i64 {
        let last = self.now.series.entry((entity, period.to_owned())).or_default();
        *last += 1;
        self.effects.push(Effect::Number(entity, period.to_owned(), *last));
        *last
    }
}

/// What a part of something is worth, rounded half up: the last of it takes all that is left.
fn cost_of(part: &BigInt, left: &BigInt, worth: &BigInt) -> BigInt {
    round(&BigRational::new(worth * part, left.clone()), Mode::HalfUp)
}

/// A field of a document.
pub fn field_of(document: &Val, field: u16) -> Option<&Val> {
    match document {
        Val::Record(fields) => fields.get(usize::from(field)),
        _ => None,
    }
}
