//! The outside as the reference sees it: books, holds, lots and documents in plain maps, copied whole where a step may
//! be taken back, and a list of everything that was asked of it, in order.

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

/// An account and what stands in its brackets.
pub type Cell = (AccountId, Vec<Val>);

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
}

/// A line of an entry. Amounts are in units of the last digit of the account's type; positive is a debit.
#[derive(Clone, Debug)]
pub struct Line {
    pub cell: Cell,
    pub amount: BigInt,
    pub worth: Option<BigInt>,
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

/// Everything that a step may change.
#[derive(Clone, Debug, Default)]
struct State {
    documents: BTreeMap<i64, (EntityId, Val)>,
    /// The last number that a document or a hold was given.
    last: i64,
    series: BTreeMap<(EntityId, String), i64>,
    holds: BTreeMap<i64, (Cell, BigInt)>,
    /// What was committed, less what was freed, and what was posted.
    moved: Vec<(Cell, BigInt, bool)>,
    stock: Vec<Stock>,
    /// What posted lines are worth in the book currency, where they say it.
    valued: Vec<(Cell, BigInt)>,
    /// What was looked out and is not credited yet.
    taken: Vec<(Cell, BigInt)>,
}

#[derive(Clone, Debug, Default)]
pub struct World {
    now: State,
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

    pub fn end(&mut self, step: StepId) {
        self.effects.push(Effect::End(step));
        self.stands = self.now.clone();
    }

    pub fn fail(&mut self, step: StepId) {
        self.effects.push(Effect::Fail(step));
        self.now = self.begun.clone();
    }

    /// The call is over: what it did stands, or only its completed steps do.
    pub fn call_end(&mut self, well: bool) {
        match well {
            true => self.stands = self.now.clone(),
            false => self.now = self.stands.clone(),
        }
    }

    /// Nothing has happened yet.
    pub fn forget(&mut self) {
        *self = World::default();
    }

    // ---- books

    /// What the lines of a cell have said that they are worth.
    pub fn worth(&self, cell: &Cell) -> BigInt {
        self.now.valued.iter().filter(|(of, _)| of == cell).map(|(_, worth)| worth).sum()
    }

    pub fn post(
        &mut self,
        checked: &Checked,
        place: Place,
        text: String,
        day: i64,
        lines: Vec<Line>,
    ) -> Result<(), Fault> {
        self.effects.push(Effect::Post { place, text, day, lines: lines.clone() });
        for Line { cell, amount, worth } in lines {
            self.now.valued.extend(worth.clone().map(|worth| (cell.clone(), worth)));
            if checked.accounts[cell.0.index()].lots {
                match worth {
                    Some(worth) if amount > BigInt::zero() => {
                        self.now.stock.push(Stock { cell: cell.clone(), left: amount.clone(), worth });
                    }
                    _ => self.goes_out(&cell, -amount.clone())?,
                }
            }
            self.now.moved.push((cell, amount, true));
        }
        Ok(())
    }

    /// Out of what was looked out before, then out of the oldest lots.
    fn goes_out(&mut self, cell: &Cell, amount: BigInt) -> Result<(), Fault> {
        let mut left = amount;
        for (of, looked_out) in &mut self.now.taken {
            if of == cell {
                let part = left.clone().min(looked_out.clone());
                *looked_out -= &part;
                left -= part;
            }
        }
        if left > BigInt::zero() { self.oldest(cell, left).map(drop) } else { Ok(()) }
    }

    fn oldest(&mut self, cell: &Cell, amount: BigInt) -> Result<Vec<Lot>, Fault> {
        let mut wanted = amount;
        let mut lots = Vec::new();
        let own = self.now.stock.iter_mut().filter(|stock| stock.cell == *cell);
        for (at, stock) in own.enumerate() {
            let part = wanted.clone().min(stock.left.clone());
            if part.is_zero() {
                continue;
            }
            let share = BigRational::new(&stock.worth * &part, stock.left.clone());
            let cost = round(&share, Mode::HalfUp);
            stock.left -= &part;
            stock.worth -= &cost;
            wanted -= &part;
            lots.push(Lot { number: at as i64 + 1, amount: part, cost });
        }
        if wanted.is_zero() { Ok(lots) } else { Err(Fault::Refused) }
    }

    pub fn take(&mut self, cell: Cell, amount: BigInt) -> Result<Vec<Lot>, Fault> {
        if amount < BigInt::zero() {
            return Err(Fault::Refused);
        }
        if amount.is_zero() {
            return Ok(Vec::new());
        }
        let lots = self.oldest(&cell, amount.clone())?;
        self.now.taken.push((cell.clone(), amount.clone()));
        self.effects.push(Effect::Take(cell, amount, lots.clone()));
        Ok(lots)
    }

    pub fn balance(&self, cell: &Cell) -> BigInt {
        self.now.moved.iter().filter(|(of, ..)| of == cell).map(|(_, amount, _)| amount).sum()
    }

    // ---- holds

    pub fn held(&self, cell: &Cell) -> BigInt {
        self.now.holds.values().filter(|(of, _)| of == cell).map(|(_, amount)| amount).sum()
    }

    /// What is held on an account, in all its dimensions.
    pub fn held_on(&self, account: AccountId) -> BigInt {
        self.now.holds.values().filter(|((of, _), _)| *of == account).map(|(_, amount)| amount).sum()
    }

    pub fn hold(&mut self, cell: Cell, amount: BigInt) -> Result<i64, Fault> {
        if amount < BigInt::zero() {
            return Err(Fault::Refused);
        }
        let number = self.next();
        self.effects.push(Effect::Hold(cell.clone(), amount.clone(), number));
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
            self.now.moved.push((cell, amount, false));
        }
    }

    pub fn free(&mut self, cell: Cell, amount: BigInt) -> Result<(), Fault> {
        let used = self.now.moved.iter().filter(|(of, _, posted)| *of == cell && !posted);
        let used: BigInt = used.map(|(_, amount, _)| amount).sum();
        if amount < BigInt::zero() || used < amount {
            return Err(Fault::Refused);
        }
        self.effects.push(Effect::Free(cell.clone(), amount.clone()));
        self.now.moved.push((cell, -amount, false));
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

/// A field of a document.
pub fn field_of(document: &Val, field: u16) -> Option<&Val> {
    match document {
        Val::Record(fields) => fields.get(usize::from(field)),
        _ => None,
    }
}
