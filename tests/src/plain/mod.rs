//! A plain world: documents, holds and books in maps, changed by clearing and copying. It is slow and simple, shares
//! nothing with the host, and says what the host has to answer.

mod limits;

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, EntityId, QueryId, StepId};
use bp_bytecode::op::Cmp;
use bp_bytecode::program::AccountKind;
use bp_bytecode::value::Value;
use bp_vm::{At, Entry, LotPart, MemoryWorld, Refusal, View, World};
use jiff::Span;
use jiff::civil::date;
use jiff::tz::TimeZone;
use limits::{Change, Place};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The seconds of a day.
const DAY: i64 = 86_400;

/// An account and what stands in its brackets.
type Cell = (u16, Vec<Value>);

/// A line as it was posted.
#[derive(Clone, Debug)]
struct Posted {
    cell: Cell,
    amount: i64,
    /// In the book currency.
    worth: i64,
    /// What went into lots, or with a minus out of them.
    lots: Vec<OfLot>,
}

/// A lot's place among all, an amount of it and what that is worth.
type OfLot = (usize, i64, i64);

/// Everything that a step may change.
#[derive(Clone, Debug, Default)]
struct State {
    /// By reference; references go up from 1, over all entities.
    documents: BTreeMap<i64, (EntityId, Value)>,
    next: i64,
    series: BTreeMap<(u16, String), i64>,
    /// By number: the account, the day and what is held on it.
    holds: BTreeMap<i64, (Cell, i64, i64)>,
    /// What was committed, less what was freed, with its day.
    used: Vec<(Cell, i64, i128)>,
    posted: Vec<(Cell, i64, i128)>,
    /// What that is worth in the book currency.
    valued: Vec<(Cell, i64, i128)>,
    /// The bounds that were said last: where, which one of the account's, how much.
    bounds: Vec<(Place, usize, i64)>,
    /// What the open step has done to what is left.
    changes: Vec<Change>,
    /// Holds that it made although a limit stood against them, and what is left of these.
    let_pass: BTreeSet<i64>,
    /// What is left of each lot, and of its worth, in the order in which they came in.
    lots: Vec<(Cell, i64, i64)>,
    /// What was looked out and not credited yet: the lot's place among all, amount and worth.
    taken: Vec<(Cell, OfLot)>,
    /// What was posted, and whether it was reversed; an entry's name is its place, from 1.
    entries: Vec<(Vec<Posted>, bool)>,
    /// The last day that is closed.
    closed: Option<i64>,
}

#[derive(Debug)]
pub struct PlainWorld<'p> {
    program: &'p Program,
    /// For the clock and what is configured.
    outside: MemoryWorld,
    now: State,
    /// As it was when the last step ended.
    before: State,
    /// As it was when the open step began.
    begun: State,
    /// As it was when the call began.
    called: State,
}

impl<'p> PlainWorld<'p> {
    pub fn new(program: &'p Program, outside: MemoryWorld) -> PlainWorld<'p> {
        let [now, before, begun, called] = std::array::from_fn(|_| State::default());
        PlainWorld { program, outside, now, before, begun, called }
    }

    fn cell(account: AccountId, dims: &[u64], view: View<'_>) -> Cell {
        let shapes = &view.program.accounts[account.index()].dimensions;
        (account.0, shapes.iter().zip(dims).map(|((_, shape), slot)| view.value(*shape, *slot)).collect())
    }

    /// What a path of fields leads to, from one document to the next.
    fn at<'v>(&'v self, document: &'v Value, path: &[u16]) -> Option<&'v Value> {
        let (field, rest) = path.split_first()?;
        match (self.fields(document).get(usize::from(*field))?, rest) {
            (value, []) => Some(value),
            (Value::Word(reference), rest) => self.at(&self.now.documents.get(reference)?.1, rest),
            _ => None,
        }
    }

    /// The first open day from one on. Only the run's own book is ever closed here.
    fn open_day(&self, day: i64, book: Option<&str>) -> i64 {
        self.now.closed.filter(|_| book.is_none()).map_or(day, |closed| day.max(closed + 1))
    }

    fn fields<'v>(&self, document: &'v Value) -> &'v [Value] {
        match document {
            Value::Record(fields) => fields,
            _ => &[],
        }
    }

    fn has_twin(&self, entity: EntityId, own: Option<i64>, document: &Value) -> bool {
        let declared = &self.program.entities[entity.index()];
        let unique = declared.indexes.iter().filter(|index| index.unique).map(|index| &index.fields);
        let keys = (!declared.key.is_empty()).then_some(&declared.key).into_iter().chain(unique);
        let fields = self.fields(document);
        keys.into_iter().any(|key| {
            self.now.documents.iter().any(|(reference, (of, other))| {
                let others = self.fields(other);
                *of == entity
                    && Some(*reference) != own
                    && key.iter().all(|field| others[usize::from(*field)] == fields[usize::from(*field)])
            })
        })
    }

    fn sum(cells: &[(Cell, i64, i128)], of: &Cell) -> i128 {
        cells.iter().filter(|(cell, ..)| cell == of).map(|(_, _, amount)| amount).sum()
    }

    /// Keeps what is posted, or used, on a day.
    fn moved(&mut self, cell: &Cell, day: i64, amount: i128, used: bool) {
        let kept = if used { &mut self.now.used } else { &mut self.now.posted };
        kept.push((cell.clone(), day, amount));
        self.now.changes.push(Change { cell: cell.clone(), day, posted: amount, given_back: 0, passes: false });
    }

    /// Keeps a hold under a new number.
    fn keeps(&mut self, cell: Cell, day: i64, amount: i64, passes: bool) -> i64 {
        self.now.next += 1;
        self.now.holds.insert(self.now.next, (cell.clone(), day, amount));
        self.now.changes.push(Change { cell, day, posted: 0, given_back: -i128::from(amount), passes });
        if passes {
            self.now.let_pass.insert(self.now.next);
        }
        self.now.next
    }

    /// What is credited comes out of what was looked out before, then of the oldest lots.
    fn goes_out(&mut self, cell: &Cell, mut amount: i64) -> Result<Vec<OfLot>, Refusal> {
        let mut parts = Vec::new();
        for (of, (lot, left, worth)) in &mut self.now.taken {
            let part = amount.min(*left);
            if of == cell && part > 0 {
                let cost = share(*worth, part, *left);
                (*left, *worth, amount) = (*left - part, *worth - cost, amount - part);
                parts.push((*lot, -part, -cost));
            }
        }
        if amount > 0 {
            let oldest = self.oldest(cell, amount)?;
            parts.extend(oldest.into_iter().map(|(lot, part, cost)| (lot, -part, -cost)));
        }
        Ok(parts)
    }

    fn oldest(&mut self, cell: &Cell, amount: i64) -> Result<Vec<OfLot>, Refusal> {
        let mut wanted = amount;
        let mut parts = Vec::new();
        for (number, (of, left, worth)) in self.now.lots.iter_mut().enumerate() {
            let part = wanted.min(*left);
            if of != cell || part == 0 {
                continue;
            }
            let cost = share(*worth, part, *left);
            (*left, *worth, wanted) = (*left - part, *worth - cost, wanted - part);
            parts.push((number, part, cost));
        }
        match wanted {
            0 => Ok(parts),
            _ => Err(Refusal("there is less in the lots".to_owned())),
        }
    }

    /// A lot's number among those of its cell, from 1.
    fn lot_number(&self, lot: usize) -> i64 {
        let own = self.now.lots.get(lot).map(|(cell, ..)| cell);
        self.now.lots.iter().take(lot + 1).filter(|(cell, ..)| Some(cell) == own).count() as i64
    }

    /// Ends a hold of which so much is used, of all of it where that is not said.
    fn taken(&mut self, hold: i64, used: Option<i64>) -> Result<(Cell, i64, i64), Refusal> {
        match self.now.holds.remove(&hold) {
            Some((cell, day, amount)) => {
                let used = i128::from(used.unwrap_or(amount));
                let let_pass = self.now.let_pass.contains(&hold);
                for (given_back, passes) in [(used, false), (i128::from(amount) - used, let_pass)] {
                    self.now.changes.push(Change { cell: cell.clone(), day, posted: 0, given_back, passes });
                }
                Ok((cell, day, amount))
            }
            None => Err(Refusal(format!("there is no hold {hold}"))),
        }
    }
}

fn compares(how: Cmp, a: &Value, b: &Value) -> bool {
    let order = match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Word(a), Value::Word(b)) => a.cmp(b),
        _ => Ordering::Equal,
    };
    match how {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}

/// Is a cell one of the run's own book?
fn own_book(program: &Program, cell: &Cell) -> bool {
    cell.1.len() == program.accounts[usize::from(cell.0)].dimensions.len()
}

/// A cell of another book has its name behind its dimensions.
fn in_book(mut cell: Cell, book: Option<&str>) -> Cell {
    cell.1.extend(book.map(|book| Value::Text(book.into())));
    cell
}

/// What a part of a lot is worth, rounded half up: the last of it takes all that is left.
fn share(worth: i64, part: i64, left: i64) -> i64 {
    let (exact, left) = (i128::from(worth) * i128::from(part), i128::from(left));
    let up = i128::from(exact.rem_euclid(left) * 2 >= left);
    (exact.div_euclid(left) + up) as i64
}

impl World for PlainWorld<'_> {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.outside.config(config)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        self.outside.today()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        self.outside.now()
    }

    fn zone(&mut self) -> TimeZone {
        self.outside.zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.outside.is_business_day(day)
    }

    fn step_begin(&mut self, _step: StepId) -> Result<(), Refusal> {
        self.begun = self.now.clone();
        Ok(())
    }

    fn step_end(&mut self, _step: StepId) -> Result<(), Refusal> {
        self.keep_limits()?;
        self.before = self.now.clone();
        Ok(())
    }

    fn step_fail(&mut self, _step: StepId) -> Result<(), Refusal> {
        self.now = self.begun.clone();
        Ok(())
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        let first_open = self.program.posts[entry.post.index()].first_open;
        let closed = self.now.closed.is_some_and(|closed| i64::from(entry.day) <= closed);
        if closed && entry.book.is_none() && !first_open {
            return Err(Refusal("the day is closed".to_owned()));
        }
        let day = self.open_day(entry.day.into(), entry.book);
        let mut posted = Vec::new();
        for (number, line) in entry.lines.iter().enumerate() {
            let cell = in_book(PlainWorld::cell(line.account, entry.dims_of(line), entry.view), entry.book);
            let mut lots = Vec::new();
            if self.program.accounts[line.account.index()].lots {
                match entry.worth_of(number) {
                    Some(worth) if line.amount > 0 && worth.worth < 0 => {
                        return Err(Refusal("goods come in at less than nothing".to_owned()));
                    }
                    Some(worth) if line.amount > 0 => {
                        lots.push((self.now.lots.len(), line.amount, worth.worth));
                        self.now.lots.push((cell.clone(), line.amount, worth.worth));
                    }
                    _ => lots = self.goes_out(&cell, line.amount.saturating_neg())?,
                }
            }
            self.moved(&cell, day, line.amount.into(), false);
            if let (Some(_), Some(change)) = (entry.over_limit_of(number), self.now.changes.last_mut()) {
                change.passes = true;
            }
            let worth = entry.worth_of(number).map_or(line.amount, |worth| worth.worth);
            self.now.valued.push((cell.clone(), day, worth.into()));
            posted.push(Posted { cell, amount: line.amount, worth, lots });
        }
        self.now.entries.push((posted, false));
        Ok(())
    }

    fn posted(&mut self) -> Result<i64, Refusal> {
        Ok(self.now.entries.len() as i64)
    }

    fn reverse(&mut self, entry: i64) -> Result<(), Refusal> {
        let known = usize::try_from(entry - 1).ok().and_then(|entry| self.now.entries.get_mut(entry));
        let (lines, reversed) = known.ok_or_else(|| Refusal(format!("there is no entry {entry}")))?;
        if std::mem::replace(reversed, true) {
            return Err(Refusal(format!("the entry {entry} is reversed already")));
        }
        for line in lines.clone() {
            for (lot, amount, worth) in line.lots {
                let (_, left, value) = &mut self.now.lots[lot];
                (*left, *value) = (*left - amount, *value - worth);
                if *left < 0 {
                    return Err(Refusal("what came in has gone out".to_owned()));
                }
            }
            let own = own_book(self.program, &line.cell);
            let today = self.outside.today()?;
            let today = self.open_day(today, (!own).then_some("another"));
            self.moved(&line.cell, today, -i128::from(line.amount), false);
            self.now.valued.push((line.cell, today, -i128::from(line.worth)));
        }
        // A reversal is an entry, and is not reversed itself.
        self.now.entries.push((Vec::new(), true));
        Ok(())
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let cell = PlainWorld::cell(account, dims, view);
        Ok(PlainWorld::sum(&self.now.posted, &cell) + PlainWorld::sum(&self.now.used, &cell))
    }

    fn create(&mut self, entity: EntityId, document: Value) -> Result<i64, Refusal> {
        if self.has_twin(entity, None, &document) {
            return Err(Refusal("there is a document with this key".to_owned()));
        }
        self.now.next += 1;
        self.now.documents.insert(self.now.next, (entity, document));
        Ok(self.now.next)
    }

    fn document(&mut self, entity: EntityId, reference: i64) -> Result<Value, Refusal> {
        match self.now.documents.get(&reference) {
            Some((of, document)) if *of == entity => Ok(document.clone()),
            _ => Err(Refusal(format!("there is no document {reference}"))),
        }
    }

    fn change(&mut self, entity: EntityId, reference: i64, document: Value) -> Result<(), Refusal> {
        self.document(entity, reference)?;
        if self.has_twin(entity, Some(reference), &document) {
            return Err(Refusal("there is a document with this key".to_owned()));
        }
        self.now.documents.insert(reference, (entity, document));
        Ok(())
    }

    fn lookup(&mut self, entity: EntityId, key: Vec<Value>) -> Result<Option<i64>, Refusal> {
        let fields = &self.program.entities[entity.index()].key;
        let fits = |document: &Value| {
            let own = self.fields(document);
            fields.iter().zip(&key).all(|(field, value)| own[usize::from(*field)] == *value)
        };
        let mut all = self.now.documents.iter();
        Ok(all.find(|(_, (of, document))| *of == entity && fits(document)).map(|(reference, _)| *reference))
    }

    fn find(&mut self, query: QueryId, values: Vec<Value>, limit: Option<u64>) -> Result<Vec<i64>, Refusal> {
        let query = &self.program.queries[query.index()];
        let fits = |document: &Value| {
            let mut asked = query.conditions.iter().zip(&values);
            asked.all(|((path, how), value)| self.at(document, path).is_some_and(|own| compares(*how, own, value)))
        };
        let mut found: Vec<(i64, &Value)> = (self.now.documents.iter())
            .filter(|(_, (of, document))| *of == query.entity && fits(document))
            .map(|(reference, (_, document))| (*reference, document))
            .collect();
        found.sort_by(|(_, a), (_, b)| {
            let (a, b) = (self.fields(a), self.fields(b));
            let by = query.order.iter().map(|(field, down)| {
                let at = usize::from(*field);
                let order = match compares(Cmp::Lt, &a[at], &b[at]) {
                    true => Ordering::Less,
                    false if a[at] == b[at] => Ordering::Equal,
                    false => Ordering::Greater,
                };
                if *down { order.reverse() } else { order }
            });
            by.fold(Ordering::Equal, Ordering::then)
        });
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Ok(found.into_iter().map(|(reference, _)| reference).take(limit).collect())
    }

    fn number(&mut self, entity: EntityId, period: &str) -> Result<i64, Refusal> {
        let last = self.now.series.entry((entity.0, period.to_owned())).or_default();
        *last += 1;
        Ok(*last)
    }

    fn held(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let of = PlainWorld::cell(account, dims, view);
        let held = self.now.holds.values().filter(|(cell, ..)| *cell == of);
        Ok(held.map(|(.., amount)| i128::from(*amount)).sum())
    }

    fn hold(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<i64, Refusal> {
        let today = self.outside.today()?;
        Ok(self.keeps(PlainWorld::cell(account, dims, view), today, amount, false))
    }

    fn hold_over(
        &mut self,
        account: AccountId,
        amount: i64,
        _role: &str,
        dims: &[u64],
        view: View<'_>,
    ) -> Result<i64, Refusal> {
        let today = self.outside.today()?;
        Ok(self.keeps(PlainWorld::cell(account, dims, view), today, amount, true))
    }

    fn bound(
        &mut self,
        account: AccountId,
        book: Option<&str>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<(), Refusal> {
        let cell = in_book(PlainWorld::cell(account, dims, view), book);
        self.say_bounds(&cell, bounds);
        Ok(())
    }

    fn available(
        &mut self,
        account: AccountId,
        wanted: Option<i128>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<i128, Refusal> {
        let cell = PlainWorld::cell(account, dims, view);
        self.say_bounds(&cell, bounds);
        let today = self.outside.today()?;
        Ok(self.room(&cell, wanted, bounds, today))
    }

    fn settle(&mut self, hold: i64, commit: bool) -> Result<(), Refusal> {
        let (cell, _, amount) = self.taken(hold, (!commit).then_some(0))?;
        let today = self.outside.today()?;
        // Of what is counted by postings, the posting says that it is used.
        let kind = self.program.accounts[usize::from(cell.0)].kind;
        if commit && matches!(kind, AccountKind::Limit | AccountKind::Budget) {
            self.moved(&cell, today, amount.into(), true);
        }
        Ok(())
    }

    fn commit_part(&mut self, hold: i64, part: i64) -> Result<i64, Refusal> {
        let passes = self.now.let_pass.contains(&hold);
        let (cell, day, amount) = self.taken(hold, Some(part))?;
        let today = self.outside.today()?;
        let rest = amount.checked_sub(part).filter(|rest| *rest >= 0);
        let rest = rest.ok_or_else(|| Refusal("a part that is more than what is held".to_owned()))?;
        let kind = self.program.accounts[usize::from(cell.0)].kind;
        if matches!(kind, AccountKind::Limit | AccountKind::Budget) {
            self.moved(&cell, today, part.into(), true);
        }
        Ok(self.keeps(cell, day, rest, passes))
    }

    fn take(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<Vec<LotPart>, Refusal> {
        let cell = PlainWorld::cell(account, dims, view);
        let parts = self.oldest(&cell, amount)?;
        self.now.taken.extend(parts.iter().map(|part| (cell.clone(), *part)));
        let part = |(lot, amount, cost): OfLot| LotPart { lot: self.lot_number(lot), amount, cost };
        Ok(parts.into_iter().map(part).collect())
    }

    fn free(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<(), Refusal> {
        let cell = PlainWorld::cell(account, dims, view);
        if PlainWorld::sum(&self.now.used, &cell) < i128::from(amount) {
            return Err(Refusal("that is more than was used".to_owned()));
        }
        let today = self.outside.today()?;
        self.moved(&cell, today, -i128::from(amount), true);
        Ok(())
    }

    fn balance_in(&mut self, account: AccountId, book: &str, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let cell = in_book(PlainWorld::cell(account, dims, view), Some(book));
        Ok(PlainWorld::sum(&self.now.posted, &cell) + PlainWorld::sum(&self.now.used, &cell))
    }

    fn balance_at(&mut self, account: AccountId, at: At<'_>, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let cell = in_book(PlainWorld::cell(account, dims, view), at.book);
        let until = |moved: &[(Cell, i64, i128)]| -> i128 {
            moved.iter().filter(|(of, day, _)| *of == cell && *day <= at.day).map(|(.., amount)| amount).sum()
        };
        Ok(if at.worth { until(&self.now.valued) } else { until(&self.now.posted) + until(&self.now.used) })
    }

    fn book_value(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let cell = PlainWorld::cell(account, dims, view);
        Ok(PlainWorld::sum(&self.now.valued, &cell))
    }

    fn first_open(&mut self, book: Option<&str>) -> Result<i64, Refusal> {
        // Only the run's own book is ever closed here.
        if book.is_some() {
            return Ok(bp_bytecode::border::FIRST_DAY);
        }
        Ok(self.now.closed.map_or(bp_bytecode::border::FIRST_DAY, |closed| closed + 1))
    }

    fn close_period(&mut self, day: i64) -> Result<(), Refusal> {
        self.now.closed = Some(day);
        self.before = self.now.clone();
        Ok(())
    }

    fn advance(&mut self, by: Value) -> Result<(), Refusal> {
        let Value::Period { months, days, business_days: 0, seconds } = by else {
            return Err(Refusal("here the clock knows no holidays".to_owned()));
        };
        let now = self.outside.now()?;
        let today = date(1970, 1, 1).checked_add(Span::new().days(now.div_euclid(DAY)));
        let then = today.and_then(|today| today.checked_add(Span::new().months(months).days(days)));
        let then = then.map_err(|_| Refusal("there is no such day".to_owned()))?;
        let since = date(1970, 1, 1).until(then).map_or(0, |span| i64::from(span.get_days()));
        self.outside.set_now(since * DAY + now.rem_euclid(DAY) + seconds);
        Ok(())
    }

    fn takes_back(&self) -> bool {
        true
    }

    fn take_back(&mut self) {
        self.now = self.called.clone();
        self.before = self.called.clone();
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        match well {
            true => {
                if let Err(refusal) = self.keep_limits() {
                    self.now = self.before.clone();
                    return Err(refusal);
                }
                self.before = self.now.clone();
            }
            false => self.now = self.before.clone(),
        }
        self.called = self.now.clone();
        Ok(())
    }
}
