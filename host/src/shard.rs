//! A store with its writer: transactions, and the steps in them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::documents::{self, Documents};
use crate::error::{Error, Refused, Result};
use crate::instances::Instances;
use crate::ledger::{self, AccountSpec, BookInfo, BookSpec, BookState, Books, ContextNames};
use crate::store::{Store, all, first, params};
use crate::{BookId, TenantId};

/// Subaccounts of a book that stay in memory from one transaction to the next; beyond them the book is read anew.
const SUBACCOUNTS_KEPT: usize = 1_000_000;

/// A store with its one writer, and what it keeps in memory of it.
pub struct Shard {
    store: Box<dyn Store>,
    books: HashMap<(TenantId, BookId), BookState>,
    entities: HashMap<TenantId, TenantDocuments>,
    open: bool,
    /// The running step.
    running: Option<Running>,
    /// What was done up to here stands, whatever becomes of the rest of the transaction.
    stands: Option<Mark>,
    /// Subaccounts of a book that stay in memory from one transaction to the next; beyond them the book is read anew.
    kept: usize,
}

/// Who does a step, for what, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepContext {
    pub tenant: TenantId,
    pub book: BookId,
    /// The step's name.
    pub step: String,
    /// The process instance.
    pub instance: String,
    /// The branch of it, by its token's number; 0 where it has not parted.
    pub branch: i64,
    /// Who is behind it: a user, or a program.
    pub author: String,
    /// The roles of the author: they may pass soft locks of periods.
    pub roles: Vec<String>,
    /// The moment, in seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The tenant's date, in days since 1970-01-01.
    pub today: i64,
}

impl StepContext {
    /// A step of nobody, at the beginning of 1970.
    pub fn new(tenant: TenantId, book: BookId) -> StepContext {
        let nobody = String::new();
        let (step, instance, author) = (nobody.clone(), nobody.clone(), nobody);
        StepContext { tenant, book, step, instance, branch: 0, author, roles: Vec::new(), now: 0, today: 0 }
    }
}

/// What becomes of the transaction if a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// The step declares failures: it alone is taken back. Costs a savepoint if it touches documents.
    Step,
    /// It has nothing to fail with: the whole transaction is taken back.
    Transaction,
}

/// What is in memory of a tenant's documents.
struct TenantDocuments {
    entities: documents::Entities,
    /// The last reference that was given, by entity.
    last: HashMap<String, i64>,
}

struct Running {
    context: StepContext,
    names: ContextNames,
    tolerance: Tolerance,
    begun: Mark,
    /// A point within the step that it may be taken back to.
    mark: Option<Mark>,
}

/// A point in time that can be gone back to.
struct Mark {
    /// Was a savepoint set in the store? What books do needs none, so that it is set when documents are asked for.
    savepoint: bool,
    /// How long the journal of each book was.
    journals: HashMap<(TenantId, BookId), usize>,
}

/// A running step.
pub struct Step<'a> {
    shard: &'a mut Shard,
}

impl Shard {
    pub fn new(store: impl Store + 'static) -> Shard {
        Shard {
            store: Box::new(store),
            books: HashMap::new(),
            entities: HashMap::new(),
            open: false,
            running: None,
            stands: None,
            kept: SUBACCOUNTS_KEPT,
        }
    }

    /// From now on nothing of the books and documents stays in memory from one transaction to the next: what counts is
    /// in the store. For tests, which are about that.
    pub fn keep_nothing(&mut self) {
        self.kept = 0;
    }

    // ---- transactions

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<()> {
        if self.open {
            return Err(Refused::Misuse("a transaction is open already").into());
        }
        if self.store.begin()? {
            self.books.clear();
            self.entities.clear();
        }
        self.open = true;
        Ok(())
    }

    /// Ends the transaction; what it did is durable when this returns. If it fails, nothing was done.
    pub fn commit(&mut self) -> Result<()> {
        if !self.open || self.running.is_some() {
            return Err(Refused::Misuse("no transaction is open, or a step is").into());
        }
        match self.write() {
            Ok(()) => {
                self.open = false;
                self.books.values_mut().for_each(BookState::settle);
                self.stands = None;
                let kept = self.kept;
                self.books.retain(|_, book| kept > 0 && book.subs.len() <= kept);
                if kept == 0 {
                    self.entities.clear();
                }
                Ok(())
            }
            Err(error) => {
                self.roll_back()?;
                Err(error)
            }
        }
    }

    fn write(&mut self) -> Result<()> {
        for book in self.books.values_mut() {
            book.flush(&mut *self.store)?;
        }
        Ok(self.store.commit()?)
    }

    /// Takes back the transaction, the running step too. Without one it does nothing.
    pub fn roll_back(&mut self) -> Result<()> {
        (self.running, self.stands) = (None, None);
        self.open = false;
        for book in self.books.values_mut() {
            book.undo_to(0);
            book.settle();
        }
        Ok(self.store.rollback()?)
    }

    /// What the transaction has done so far stands: [`Shard::fall_back`] comes back to here. Without a transaction it
    /// does nothing.
    ///
    /// Errors if a step runs.
    pub(crate) fn stand(&mut self) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        if self.running.is_some() {
            return Err(Refused::Misuse("nothing stands while a step runs").into());
        }
        if self.stands.take().is_some() {
            self.store.release()?;
        }
        self.store.savepoint()?;
        self.stands = Some(Mark { savepoint: true, ..self.here() });
        Ok(())
    }

    /// Takes back what was done since something last stood, the running step too; where nothing does, the transaction.
    pub(crate) fn fall_back(&mut self) -> Result<()> {
        let Some(stands) = self.stands.take() else { return self.roll_back() };
        if let Some(running) = self.running.take() {
            let marks = [running.mark, Some(running.begun)].into_iter().flatten();
            for _ in marks.filter(|mark| mark.savepoint) {
                self.store.rollback_to_savepoint()?;
            }
        }
        self.back_to(&stands)?;
        self.stand()
    }

    /// A transaction that needs no step: what administrators do. It forgets what was in memory of the tenant's books.
    fn administer<T>(&mut self, tenant: Option<TenantId>, work: impl FnOnce(&mut dyn Store) -> Result<T>) -> Result<T> {
        self.begin()?;
        let done = work(&mut *self.store);
        match done {
            Ok(value) => {
                self.commit()?;
                self.books.retain(|(of, _), _| Some(*of) != tenant);
                self.entities.retain(|of, _| Some(*of) != tenant);
                Ok(value)
            }
            Err(error) => {
                self.roll_back()?;
                Err(error)
            }
        }
    }

    // ---- steps

    /// Begins a step of the open transaction.
    pub fn step_begin(&mut self, context: &StepContext, tolerance: Tolerance) -> Result<()> {
        if !self.open || self.running.is_some() {
            return Err(Refused::Misuse("a step begins in a transaction, when no other step runs").into());
        }
        let names = ContextNames::of(context);
        for book in self.books.values_mut() {
            book.warnings.clear();
            book.let_pass.clear();
        }
        let begun = self.here();
        self.running = Some(Running { context: context.clone(), names, tolerance, begun, mark: None });
        Ok(())
    }

    /// Ends the running step: limits are checked. If that fails, the step goes on and has to be taken back.
    pub fn step_end(&mut self) -> Result<()> {
        let Some(running) = &self.running else { return Err(Refused::Misuse("no step runs").into()) };
        for (key, state) in &mut self.books {
            let begun = running.begun.journals.get(key).copied().unwrap_or(0);
            let (context, names) = (&running.context, &running.names);
            if state.journal.len() > begun {
                Books { store: &mut *self.store, state, context, names }.end_of_step(begun)?;
            }
        }
        let marks = [running.mark.as_ref(), Some(&running.begun)];
        for _ in marks.into_iter().flatten().filter(|mark| mark.savepoint) {
            self.store.release()?;
        }
        self.running = None;
        Ok(())
    }

    /// What the steps since the last time passed of limits that only warn; it is told once.
    pub fn take_warnings(&mut self) -> Vec<ledger::Warning> {
        self.books.values_mut().flat_map(|book| std::mem::take(&mut book.warnings)).collect()
    }

    /// Takes back the running step alone, if its [`Tolerance`] allows that, else the whole transaction. `true` if the
    /// transaction goes on.
    pub fn step_undo(&mut self) -> Result<bool> {
        let Some(running) = self.running.take() else { return Ok(self.open) };
        if running.tolerance == Tolerance::Transaction {
            self.roll_back()?;
            return Ok(false);
        }
        for mark in [running.mark, Some(running.begun)].into_iter().flatten() {
            self.back_to(&mark)?;
        }
        Ok(true)
    }

    /// Marks a point within the running step, in the place of one that was marked before.
    pub fn mark(&mut self) -> Result<()> {
        let here = self.here();
        let Some(running) = &mut self.running else { return Err(Refused::Misuse("no step runs").into()) };
        if let Some(Mark { savepoint: true, .. }) = running.mark.replace(here) {
            self.store.release()?;
        }
        Ok(())
    }

    /// Takes back what the running step did since the point that was marked.
    ///
    /// Errors, with nothing done, if the step does not tolerate failure or no point was marked.
    pub fn undo_to_mark(&mut self) -> Result<()> {
        let tolerant = |running: &&mut Running| running.tolerance == Tolerance::Step;
        let mark = self.running.as_mut().filter(tolerant).and_then(|running| running.mark.take());
        match mark {
            Some(mark) => self.back_to(&mark),
            None => Err(Refused::Misuse("no point was marked that the step may go back to").into()),
        }
    }

    fn here(&self) -> Mark {
        let journals = self.books.iter().map(|(key, book)| (*key, book.journal.len())).collect();
        Mark { savepoint: false, journals }
    }

    fn back_to(&mut self, mark: &Mark) -> Result<()> {
        if mark.savepoint {
            self.store.rollback_to_savepoint()?;
        }
        for (key, book) in &mut self.books {
            book.undo_to(mark.journals.get(key).copied().unwrap_or(0));
        }
        Ok(())
    }

    /// A transaction of one step.
    pub fn step<T>(&mut self, context: &StepContext, work: impl FnOnce(&mut Step<'_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        let done = self.step_within(context, Tolerance::Transaction, work);
        match done {
            Ok(value) => self.commit().map(|()| value),
            Err(error) => {
                self.roll_back()?;
                Err(error)
            }
        }
    }

    /// A step of the open transaction; if it fails it is taken back as its tolerance says.
    pub fn step_within<T>(
        &mut self,
        context: &StepContext,
        tolerance: Tolerance,
        work: impl FnOnce(&mut Step<'_>) -> Result<T>,
    ) -> Result<T> {
        self.step_begin(context, tolerance)?;
        let done = work(&mut Step { shard: self }).and_then(|value| self.step_end().map(|()| value));
        if done.is_err() {
            self.step_undo()?;
        }
        done
    }

    /// Runs `count` jobs in one transaction and gives what came of each. `run` does the job of a number by
    /// [`Shard::step_within`].
    ///
    /// A job whose step tolerates its failure fails alone. One that takes the transaction with it is left out, and the
    /// others run again from the beginning: so jobs have to be repeatable. What runs together never shows.
    ///
    /// Errors, with nothing done, if the store does.
    pub fn attempt<T>(
        &mut self,
        count: usize,
        mut run: impl FnMut(&mut Shard, usize) -> Result<T>,
    ) -> Result<Vec<Result<T>>> {
        let mut offenders: HashMap<usize, Error> = HashMap::new();
        'again: loop {
            self.begin()?;
            let mut done = Vec::with_capacity(count);
            for job in 0..count {
                if let Some(error) = offenders.get(&job) {
                    done.push(Err(error.clone()));
                    continue;
                }
                let result = run(self, job);
                match result {
                    Err(Error::Store(error)) => {
                        self.roll_back()?;
                        return Err(error.into());
                    }
                    Err(error) if !self.open => {
                        offenders.insert(job, error);
                        continue 'again;
                    }
                    result => done.push(result),
                }
            }
            self.commit()?;
            return Ok(done);
        }
    }

    /// Is a transaction open?
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Gives the running step another name, instance, author or clock: for what it does from now on.
    pub(crate) fn set_context(&mut self, context: &StepContext) -> Result<()> {
        let Some(running) = &mut self.running else { return Err(Refused::Misuse("no step runs").into()) };
        running.names = ContextNames::of(context);
        running.context = context.clone();
        Ok(())
    }

    /// The running step, for those who begin and end steps by themselves.
    pub fn running(&mut self) -> Result<Step<'_>> {
        if self.running.is_some() { Ok(Step { shard: self }) } else { Err(Refused::Misuse("no step runs").into()) }
    }

    // ---- tenants and books

    /// Adds a tenant. Errors if there is one of that name.
    pub fn add_tenant(&mut self, name: &str) -> Result<TenantId> {
        self.administer(None, |store| {
            let sql = "SELECT coalesce(max(id), 0), coalesce(max(name = ?1), 0) FROM tenant";
            let (last, known) =
                first(store, sql, params![name], |row| Ok((row.int(0)?, row.int(1)?)))?.unwrap_or((0, 0));
            if known != 0 {
                return Err(Refused::Exists { what: "tenant", name: name.to_owned() }.into());
            }
            store.execute("INSERT INTO tenant (id, name, created) VALUES (?1, ?2, 0)", params![last + 1, name])?;
            Ok(TenantId(last + 1))
        })
    }

    pub fn tenant(&mut self, name: &str) -> Result<Option<TenantId>> {
        first(&mut *self.store, "SELECT id FROM tenant WHERE name = ?1", params![name], |row| Ok(TenantId(row.int(0)?)))
    }

    /// The names of all tenants, in the order of their making.
    pub fn tenants(&mut self) -> Result<Vec<(TenantId, String)>> {
        let sql = "SELECT id, name FROM tenant ORDER BY id";
        all(&mut *self.store, sql, params![], |row| Ok((TenantId(row.int(0)?), row.text(1)?.to_owned())))
    }

    /// Adds a book to a tenant. Errors if it has one of that name.
    pub fn add_book(&mut self, tenant: TenantId, spec: &BookSpec) -> Result<BookId> {
        self.administer(Some(tenant), |store| ledger::chart::add_book(store, tenant, spec))
    }

    pub fn book(&mut self, tenant: TenantId, name: &str) -> Result<Option<BookId>> {
        ledger::chart::find_book(&mut *self.store, tenant, name)
    }

    /// A tenant's books, in the order of their making.
    pub fn books(&mut self, tenant: TenantId) -> Result<Vec<BookInfo>> {
        ledger::chart::books(&mut *self.store, tenant)
    }

    /// Gives a book the accounts that it does not have yet. Errors, and adds none, if one that it has is another one
    /// by kind, unit, scale or dimensions.
    pub fn deploy_chart(&mut self, tenant: TenantId, book: BookId, accounts: &[AccountSpec]) -> Result<()> {
        self.administer(Some(tenant), |store| {
            let info = book_info(store, tenant, book)?;
            ledger::chart::deploy(store, &info, accounts)
        })
    }

    /// Sets a limit of an account in the place of all that the chart has of its side and period, for one combination of dimensions or for each.
    pub fn set_limit(
        &mut self,
        tenant: TenantId,
        book: BookId,
        account: &str,
        dims: Option<&[&str]>,
        limit: &ledger::Limit,
    ) -> Result<()> {
        self.administer(Some(tenant), |store| {
            let info = book_info(store, tenant, book)?;
            let known = ledger::chart::accounts(store, &info)?.iter().position(|spec| spec.name == account);
            let place = known.ok_or_else(|| ledger::limit::unknown(account))?;
            ledger::rules::set(store, &info, (place as i64 + 1, dims), limit)
        })
    }

    /// Closes a period of a book, or opens one again by an earlier day.
    pub fn lock_period(&mut self, context: &StepContext, lock: &ledger::PeriodLock) -> Result<()> {
        let StepContext { tenant, book, author, now, .. } = context;
        self.administer(Some(*tenant), |store| {
            let info = book_info(store, *tenant, *book)?;
            ledger::period::set(store, &info, lock, author, *now)
        })
    }

    /// The locks of a book's periods, by area and kind.
    pub fn period_locks(&mut self, tenant: TenantId, book: BookId) -> Result<Vec<ledger::PeriodLock>> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::period::load(&mut *self.store, &info)
    }

    /// The chart of a book; the place of an account is its [`AccountId`](ledger::AccountId)'s.
    pub fn chart(&mut self, tenant: TenantId, book: BookId) -> Result<Vec<AccountSpec>> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::chart::accounts(&mut *self.store, &info)
    }

    /// The entities of a tenant.
    pub fn entities(&mut self, tenant: TenantId) -> Result<Vec<documents::EntitySpec>> {
        let mut all: Vec<_> = documents::load(&mut *self.store, tenant)?.into_values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Are there documents of an entity?
    pub(crate) fn has_documents(&mut self, tenant: TenantId, entity: &str) -> Result<bool> {
        let sql = "SELECT reference FROM document WHERE tenant = ?1 AND entity = ?2 ORDER BY reference LIMIT 1";
        Ok(first(&mut *self.store, sql, params![tenant.0, entity], |row| Ok(row.int(0)?))?.is_some())
    }

    /// Sets a configured value of a tenant, as JSON.
    pub fn set_config(&mut self, context: &StepContext, name: &str, value: &serde_json::Value) -> Result<()> {
        let StepContext { tenant, author, now, .. } = context;
        self.administer(Some(*tenant), |store| {
            let sql = "INSERT INTO config_value (tenant, name, value, author, at) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value, author = excluded.author,
                       at = excluded.at";
            store.execute(sql, params![tenant.0, name, &value.to_string(), author, *now])?;
            Ok(())
        })
    }

    /// A configured value of a tenant is what the program says again.
    pub fn reset_config(&mut self, tenant: TenantId, name: &str) -> Result<()> {
        self.administer(Some(tenant), |store| {
            store.execute("DELETE FROM config_value WHERE tenant = ?1 AND name = ?2", params![tenant.0, name])?;
            Ok(())
        })
    }

    /// A configured value of a tenant, if it was set.
    pub fn config(&mut self, tenant: TenantId, name: &str) -> Result<Option<serde_json::Value>> {
        let sql = "SELECT value FROM config_value WHERE tenant = ?1 AND name = ?2";
        let text = first(&mut *self.store, sql, params![tenant.0, name], |row| Ok(row.text(0)?.to_owned()))?;
        let damaged = |_| ledger::chart::damaged("config_value", "a value is no JSON");
        Ok(text.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()?)
    }

    /// Makes entities known to a tenant, or brings them up to date. Errors as [`EntitySpec`](documents::EntitySpec)
    /// says, and then changes none.
    pub fn deploy_entities(&mut self, tenant: TenantId, entities: &[documents::EntitySpec]) -> Result<()> {
        self.administer(Some(tenant), |store| documents::deploy(store, tenant, entities))
    }

    /// The balances of a book at the end of a day (days since 1970-01-01), or over all days.
    pub fn trial_balance(&mut self, tenant: TenantId, book: BookId, at: Option<i64>) -> Result<ledger::TrialBalance> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::report::trial_balance(&mut *self.store, info, at)
    }

    /// Begins to read the entries of a book that count up to a day, or all of them.
    pub fn journal(&mut self, tenant: TenantId, book: BookId, at: Option<i64>) -> Result<ledger::JournalReader> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::JournalReader::new(&mut *self.store, info, at)
    }

    /// The next entries of a journal, in the order of their numbers; when it gives none, all were read.
    pub fn journal_page(&mut self, journal: &mut ledger::JournalReader) -> Result<Vec<ledger::JournalEntry>> {
        journal.page(&mut *self.store)
    }

    /// Profit and loss of the fiscal year until the end of a day (days since 1970-01-01), and the balance sheet then;
    /// without a day, as of the last one that was posted to.
    pub fn statement(&mut self, tenant: TenantId, book: BookId, at: Option<i64>) -> Result<ledger::Statement> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::statement::statement(&mut *self.store, info, at)
    }

    /// Recomputes everything that is kept of a book: see [`Checked`](ledger::Checked).
    pub fn check(&mut self, tenant: TenantId, book: BookId) -> Result<ledger::Checked> {
        let info = book_info(&mut *self.store, tenant, book)?;
        ledger::check::check(&mut *self.store, &info)
    }
}

fn book_info(store: &mut dyn Store, tenant: TenantId, book: BookId) -> Result<BookInfo> {
    let info = ledger::chart::books(store, tenant)?.into_iter().find(|info| info.id == book);
    info.ok_or_else(|| Refused::Unknown { what: "book", name: format!("number {}", book.0) }.into())
}

impl Step<'_> {
    /// The book of the step's context.
    pub fn books(&mut self) -> Result<Books<'_>> {
        let book = self.shard.running.as_ref().map(|running| running.context.book);
        self.books_of(book.ok_or(Error::Refused(Refused::Misuse("no step runs")))?)
    }

    /// What the step does to the store itself is taken back with it.
    fn guard(&mut self) -> Result<()> {
        let Shard { store, running, .. } = &mut *self.shard;
        let Some(running) = running else { return Err(Refused::Misuse("no step runs").into()) };
        if running.tolerance == Tolerance::Step {
            for mark in [Some(&mut running.begun), running.mark.as_mut()].into_iter().flatten() {
                if !mark.savepoint {
                    store.savepoint()?;
                    mark.savepoint = true;
                }
            }
        }
        Ok(())
    }

    /// One of the books of the step's tenant, as the store has it.
    pub fn book(&mut self, book: BookId) -> Result<BookInfo> {
        let Shard { store, running, .. } = &mut *self.shard;
        let Some(running) = running else { return Err(Refused::Misuse("no step runs").into()) };
        book_info(&mut **store, running.context.tenant, book)
    }

    /// Opens a book with these accounts.
    pub fn open_book(&mut self, spec: &BookSpec, accounts: &[AccountSpec]) -> Result<BookId> {
        self.guard()?;
        let Shard { store, running, .. } = &mut *self.shard;
        let Some(running) = running else { return Err(Refused::Misuse("no step runs").into()) };
        let book = ledger::chart::add_book(&mut **store, running.context.tenant, spec)?;
        self.deploy(book, accounts)?;
        Ok(book)
    }

    /// Gives a book that the step has not used yet the accounts that it lacks.
    pub fn deploy(&mut self, book: BookId, accounts: &[AccountSpec]) -> Result<()> {
        self.guard()?;
        let info = self.book(book)?;
        self.shard.books.remove(&(info.tenant, book));
        ledger::chart::deploy(&mut *self.shard.store, &info, accounts)
    }

    /// The documents of the step's tenant.
    pub fn documents(&mut self) -> Result<Documents<'_>> {
        self.guard()?;
        let Shard { store, entities, running, .. } = &mut *self.shard;
        let Some(running) = running else { return Err(Refused::Misuse("no step runs").into()) };
        let tenant = running.context.tenant;
        let known = match entities.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let entities = documents::load(&mut **store, tenant)?;
                place.insert(TenantDocuments { entities, last: HashMap::new() })
            }
        };
        let TenantDocuments { entities, last } = known;
        Ok(Documents { store: &mut **store, entities, last, context: &running.context })
    }

    /// The processes of the step's tenant.
    pub(crate) fn instances(&mut self) -> Result<Instances<'_>> {
        let tenant = self.documents()?.context.tenant;
        Ok(Instances { store: &mut *self.shard.store, tenant })
    }

    /// Another book of the same tenant.
    pub fn books_of(&mut self, book: BookId) -> Result<Books<'_>> {
        let Shard { store, books, running, .. } = &mut *self.shard;
        let Some(running) = running else { return Err(Refused::Misuse("no step runs").into()) };
        let tenant = running.context.tenant;
        let state = match books.entry((tenant, book)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let info = book_info(&mut **store, tenant, book)?;
                place.insert(BookState::load(&mut **store, info)?)
            }
        };
        Ok(Books { store: &mut **store, state, context: &running.context, names: &running.names })
    }
}
