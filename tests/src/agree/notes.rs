//! A world that notes what it is told and what it answers.

use crate::plain::PlainWorld;
use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, EntityId, QueryId, StepId};
use bp_bytecode::program::AccountKind;
use bp_bytecode::value::Value;
use bp_vm::{At, Entry, KeptEntry, LotPart, MemoryWorld, Refusal, View, World, keep};
use jiff::tz::TimeZone;

/// What a world was told, in order, with what it answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Begin(StepId),
    End(StepId),
    Fail(StepId),
    /// With what lines that bring in lots are worth, by their number.
    Post(KeptEntry, Vec<(u32, i64)>),
    Create(EntityId, i64, Value),
    Change(EntityId, i64, Value),
    Number(EntityId, String, i64),
    Hold(AccountId, Vec<Value>, i64, i64),
    Settle(i64, bool),
    CommitPart(i64, i64, i64),
    /// What was taken of each lot: its number, how much, its cost.
    Take(AccountId, Vec<Value>, i64, Vec<(i64, i64, i64)>),
    Free(AccountId, Vec<Value>, i64),
    Reverse(i64),
    Close(i64),
    Call(bool),
    /// The machine's books in memory and the plain ones differ in a balance.
    Differs(AccountId),
}

/// The plain world, with books in memory beside it, and what both were told.
pub struct Notes<'p> {
    program: &'p Program,
    inner: PlainWorld<'p>,
    books: MemoryWorld,
    /// Something was done that books in memory know nothing of: from then on their balances are others.
    apart: bool,
    told: Vec<Told>,
    begun: usize,
}

fn outside(program: &Program) -> MemoryWorld {
    let mut outside = MemoryWorld::new(program);
    outside.set_now(1_767_225_600);
    outside
}

impl<'p> Notes<'p> {
    pub fn new(program: &'p Program) -> Notes<'p> {
        let inner = PlainWorld::new(program, outside(program));
        Notes { program, inner, books: outside(program), apart: false, told: Vec::new(), begun: 0 }
    }

    /// What it was told; it forgets it.
    pub fn take(&mut self) -> Vec<Told> {
        self.begun = 0;
        std::mem::take(&mut self.told)
    }

    /// Nothing has happened yet.
    pub fn forget(&mut self) {
        *self = Notes::new(self.program);
    }

    fn dims(account: AccountId, dims: &[u64], view: View<'_>) -> Vec<Value> {
        let shapes = &view.program.accounts[account.index()].dimensions;
        shapes.iter().zip(dims).map(|((_, shape), slot)| view.value(*shape, *slot)).collect()
    }
}

impl World for Notes<'_> {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.inner.config(config)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        self.inner.today()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        self.inner.now()
    }

    fn zone(&mut self) -> TimeZone {
        self.inner.zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.inner.is_business_day(day)
    }

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::Begin(step));
        self.books.step_begin(step)?;
        self.inner.step_begin(step)
    }

    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::End(step));
        self.books.step_end(step)?;
        self.inner.step_end(step)
    }

    fn step_fail(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::Fail(step));
        self.books.step_fail(step)?;
        self.inner.step_fail(step)
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.told.push(Told::Post(keep(entry), entry.worths.iter().map(|worth| (worth.line, worth.worth)).collect()));
        self.inner.post(entry)?;
        // Books in memory know of one book only.
        if entry.book.is_none() { self.books.post(entry) } else { Ok(()) }
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let balance = self.inner.balance(account, dims, view)?;
        // What is committed of a limit or a budget counts, and books in memory know nothing of it.
        let kind = self.program.accounts[account.index()].kind;
        let is_posted = !matches!(kind, AccountKind::Limit | AccountKind::Budget);
        if is_posted && !self.apart && self.books.balance(account, dims, view)? != balance {
            self.told.push(Told::Differs(account));
        }
        Ok(balance)
    }

    fn create(&mut self, entity: EntityId, document: Value) -> Result<i64, Refusal> {
        let reference = self.inner.create(entity, document.clone())?;
        self.told.push(Told::Create(entity, reference, document));
        Ok(reference)
    }

    fn document(&mut self, entity: EntityId, reference: i64) -> Result<Value, Refusal> {
        self.inner.document(entity, reference)
    }

    fn change(&mut self, entity: EntityId, reference: i64, document: Value) -> Result<(), Refusal> {
        self.inner.change(entity, reference, document.clone())?;
        self.told.push(Told::Change(entity, reference, document));
        Ok(())
    }

    fn lookup(&mut self, entity: EntityId, key: Vec<Value>) -> Result<Option<i64>, Refusal> {
        self.inner.lookup(entity, key)
    }

    fn find(&mut self, query: QueryId, values: Vec<Value>, limit: Option<u64>) -> Result<Vec<i64>, Refusal> {
        self.inner.find(query, values, limit)
    }

    fn number(&mut self, entity: EntityId, period: &str) -> Result<i64, Refusal> {
        let number = self.inner.number(entity, period)?;
        self.told.push(Told::Number(entity, period.to_owned(), number));
        Ok(number)
    }

    fn held(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.held(account, dims, view)
    }

    fn hold(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<i64, Refusal> {
        let hold = self.inner.hold(account, amount, dims, view)?;
        self.told.push(Told::Hold(account, Notes::dims(account, dims, view), amount, hold));
        Ok(hold)
    }

    fn hold_over(
        &mut self,
        account: AccountId,
        amount: i64,
        role: &str,
        dims: &[u64],
        view: View<'_>,
    ) -> Result<i64, Refusal> {
        let hold = self.inner.hold_over(account, amount, role, dims, view)?;
        self.told.push(Told::Hold(account, Notes::dims(account, dims, view), amount, hold));
        Ok(hold)
    }

    fn bound(
        &mut self,
        account: AccountId,
        book: Option<&str>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<(), Refusal> {
        self.inner.bound(account, book, dims, bounds, view)
    }

    fn available(
        &mut self,
        account: AccountId,
        wanted: Option<i128>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<i128, Refusal> {
        self.inner.available(account, wanted, dims, bounds, view)
    }

    fn posted(&mut self) -> Result<i64, Refusal> {
        self.inner.posted()
    }

    fn first_open(&mut self, book: Option<&str>) -> Result<i64, Refusal> {
        self.inner.first_open(book)
    }

    fn balance_in(&mut self, account: AccountId, book: &str, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.balance_in(account, book, dims, view)
    }

    fn balance_at(&mut self, account: AccountId, at: At<'_>, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.balance_at(account, at, dims, view)
    }

    fn book_value(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.book_value(account, dims, view)
    }

    fn settle(&mut self, hold: i64, commit: bool) -> Result<(), Refusal> {
        self.inner.settle(hold, commit)?;
        self.told.push(Told::Settle(hold, commit));
        Ok(())
    }

    fn commit_part(&mut self, hold: i64, part: i64) -> Result<i64, Refusal> {
        let rest = self.inner.commit_part(hold, part)?;
        self.told.push(Told::CommitPart(hold, part, rest));
        Ok(rest)
    }

    fn take(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<Vec<LotPart>, Refusal> {
        let parts = self.inner.take(account, amount, dims, view)?;
        let lots = parts.iter().map(|part| (part.lot, part.amount, part.cost)).collect();
        self.told.push(Told::Take(account, Notes::dims(account, dims, view), amount, lots));
        Ok(parts)
    }

    fn free(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<(), Refusal> {
        self.inner.free(account, amount, dims, view)?;
        self.told.push(Told::Free(account, Notes::dims(account, dims, view), amount));
        Ok(())
    }

    fn reverse(&mut self, entry: i64) -> Result<(), Refusal> {
        self.inner.reverse(entry)?;
        self.apart = true;
        self.told.push(Told::Reverse(entry));
        Ok(())
    }

    fn close_period(&mut self, day: i64) -> Result<(), Refusal> {
        self.inner.close_period(day)?;
        self.apart = true;
        self.told.push(Told::Close(day));
        Ok(())
    }

    fn takes_back(&self) -> bool {
        true
    }

    fn take_back(&mut self) {
        self.told.truncate(self.begun);
        self.books.take_back();
        self.inner.take_back();
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        self.told.push(Told::Call(well));
        self.begun = self.told.len();
        self.books.call_end(well)?;
        self.inner.call_end(well)
    }
}
