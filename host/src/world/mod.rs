//! The world of a running program, over a store.
//!
//! What a call does goes into the open transaction of the shard, one step of the program after the other; who drives the
//! calls decides by [`HostWorld::commit`] how many share a flush. What was posted outside a step belongs to the step
//! that follows, or to the end of the call.

mod books;
mod bounds;
mod branching;
mod codec;
mod definition;
mod desk;
mod duty;
mod finding;
mod fresh;
mod lifting;
mod living;
mod model;
mod outside;
mod requests;
mod resting;
mod runs;
mod schedule;
mod settings;
mod stored;
mod tasks;
mod undoing;
mod upgrade;

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{
    AccountId, ConfigId, EntityId, MessageId, OperationId, PointId, ProcessId, QueryId, ShapeId, StepId, UndoId,
};
use bp_bytecode::process::Channel;
use bp_bytecode::value::Value;
use bp_vm::{Answer, At, Entry, LotPart, Refusal, View, World};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

pub use definition::{Definition, clock, definition, install};
pub use desk::{Came, Field, Posted, Stand, Wait};
pub use fresh::{MAIN_BOOK, enter, in_memory};
pub use living::Commits;
pub use model::deploy;
use outside::told;
pub use outside::{Delivered, Fate};
pub use requests::Answered;

use crate::BookId;
use crate::documents::Documents;
use crate::error::{Error, Refused, Result};
use crate::ledger::{self, Books, HoldId, HoldTerms};
use crate::shard::{Shard, StepContext, Tolerance};
use codec::Names;
use living::Living;
use model::text;

/// A program's world: a tenant, one of its books, and a clock that the caller moves.
pub struct HostWorld<'a> {
    shard: &'a mut Shard,
    program: &'a Program,
    context: StepContext,
    zone: TimeZone,
    holidays: Vec<i64>,
    /// For each account of the program its number, in each book that was used.
    charts: HashMap<BookId, Vec<ledger::AccountId>>,
    /// Is a book that is not there opened?
    opens_books: bool,
    known: KnownNames,
    configs: HashMap<ConfigId, Option<Value>>,
    living: Living<'a>,
    /// What names the entry that was posted last.
    posted: i64,
    /// How many limits that only warn were passed, and the first of them.
    warned: u64,
    warnings: Vec<ledger::Warning>,
}

/// Names of documents that were used lately.
#[derive(Default)]
struct KnownNames {
    names: HashMap<(EntityId, i64), String>,
    references: HashMap<(EntityId, String), i64>,
}

/// Names that are kept; beyond them they are read anew.
const NAMES_KEPT: usize = 100_000;

impl<'a> HostWorld<'a> {
    /// The world of a program that was deployed ([`deploy`]) to the context's tenant and book. The context's author and
    /// instance go on every row; its date and moment are the clock.
    ///
    /// Errors if an account of the program is not in the book.
    pub fn new(shard: &'a mut Shard, program: &'a Program, context: StepContext) -> Result<HostWorld<'a>> {
        let chart = shard.chart(context.tenant, context.book)?;
        let charts = HashMap::from([(context.book, model::numbers(program, &chart)?)]);
        Ok(HostWorld {
            shard,
            program,
            context,
            zone: TimeZone::UTC,
            holidays: Vec::new(),
            charts,
            opens_books: false,
            known: KnownNames::default(),
            configs: HashMap::new(),
            living: Living::default(),
            posted: 0,
            warned: 0,
            warnings: Vec::new(),
        })
    }

    /// Moves the clock: the date in days since 1970-01-01, the moment in seconds since 1970-01-01T00:00:00Z.
    pub fn set_clock(&mut self, today: i64, now: i64) {
        (self.context.today, self.context.now) = (today, now);
    }

    pub fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
    }

    /// Says which process instance the next call is.
    pub fn set_instance(&mut self, instance: &str) {
        instance.clone_into(&mut self.context.instance);
    }

    /// Days on which nobody works, beside Saturdays and Sundays, in days since 1970-01-01.
    pub fn set_holidays(&mut self, days: Vec<i64>) {
        self.holidays = days;
    }

    /// Gives a configured value for this world alone; `None` goes back to the program's default.
    pub fn set_config(&mut self, config: ConfigId, value: Option<Value>) {
        self.configs.insert(config, value);
    }

    /// The name of a document, by which people know it. Errors if there is no such document.
    pub fn name(&mut self, entity: EntityId, reference: i64) -> Result<String> {
        self.with_documents(|names| names.name(entity, reference))
    }

    /// The document that a name is that of. Errors if there is no such document.
    pub fn reference(&mut self, entity: EntityId, name: &str) -> Result<i64> {
        self.with_documents(|names| names.reference(entity, name))
    }

    /// Makes everything durable that calls have done so far. If it fails, nothing of it was done since the last one.
    pub fn commit(&mut self) -> Result<()> {
        if self.known.names.len() > NAMES_KEPT {
            self.known = KnownNames::default();
        }
        // A look at documents between two calls has begun a step as well.
        self.call_end(true).map_err(|refusal| Refused::Value { place: "a commit".to_owned(), why: refusal.0 })?;
        if self.shard.is_open() { self.shard.commit() } else { Ok(()) }
    }

    /// Takes back what was done since the last commit.
    pub fn roll_back(&mut self) -> Result<()> {
        self.known = KnownNames::default();
        self.shard.roll_back()
    }

    /// Says how much of what processes do shares a commit.
    pub fn set_commits(&mut self, commits: Commits) {
        self.living.commits = commits;
    }

    /// What was done so far stands, whatever becomes of what follows: it is durable, or is with the caller's commit.
    fn stand(&mut self) -> Result<()> {
        if self.living.commits != Commits::Caller {
            return self.commit();
        }
        self.call_end(true).map_err(|refusal| Refused::Value { place: "a stretch".to_owned(), why: refusal.0 })?;
        self.shard.stand()
    }

    /// Takes back what was done since something last stood.
    fn fall_back(&mut self) -> Result<()> {
        self.known = KnownNames::default();
        match self.living.commits {
            Commits::Caller => self.shard.fall_back(),
            Commits::Step | Commits::Stretch => self.shard.roll_back(),
        }
    }

    /// Begins a transaction and a step in it, where none is open.
    fn begin(&mut self) -> Result<()> {
        if !self.shard.is_open() {
            self.shard.begin()?;
        }
        if self.shard.running().is_err() {
            self.shard.step_begin(&self.context, Tolerance::Step)?;
        }
        Ok(())
    }

    /// Does something with the books.
    fn with_books<T>(&mut self, work: impl FnOnce(&mut Books<'_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        work(&mut self.shard.running()?.books()?)
    }

    /// Does something with the documents, names at hand.
    fn with_documents<T>(&mut self, work: impl FnOnce(&mut WithNames<'_, '_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        let mut step = self.shard.running()?;
        work(&mut WithNames { documents: step.documents()?, program: self.program, known: &mut self.known })
    }

    fn account(&self, account: AccountId) -> Result<ledger::AccountId> {
        self.account_in(self.context.book, account)
    }

    /// The values of dimensions as the books have them.
    fn dims(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<Vec<String>> {
        let Some(declared) = self.program.accounts.get(account.index()) else { return Ok(Vec::new()) };
        let refers = |(_, shape): &(_, _)| model::refers(self.program, *shape);
        let values = declared.dimensions.iter().zip(dims).map(|((_, shape), slot)| (*shape, view.value(*shape, *slot)));
        let program = self.program;
        // Most dimensions ask nothing of the documents.
        if !declared.dimensions.iter().any(refers) {
            return Ok(values.map(|(shape, value)| border::write_cell(program, shape, &value)).collect());
        }
        let values: Vec<_> = values.collect();
        self.with_documents(|names| {
            values.iter().map(|(shape, value)| codec::cell(program, *shape, value, names)).collect()
        })
    }

    /// Does something with one combination of an account's dimensions; without any, `None` stands for all of them.
    fn with_spot<T>(
        &mut self,
        account: AccountId,
        dims: &[u64],
        view: View<'_>,
        work: impl FnOnce(&mut Books<'_>, ledger::AccountId, Option<&[&str]>) -> Result<T>,
    ) -> Result<T, Refusal> {
        let dims = self.dims(account, dims, view).map_err(refusal)?;
        let declared = self.program.accounts.get(account.index()).map_or(0, |account| account.dimensions.len());
        let number = self.account(account).map_err(refusal)?;
        let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
        let all = dims.is_empty() && declared > 0;
        self.with_books(|books| work(books, number, (!all).then_some(&dims))).map_err(refusal)
    }

    fn entity_name(&self, entity: EntityId) -> &'a str {
        self.program.entities.get(entity.index()).map_or("", |entity| text(self.program, entity.name))
    }

    fn other_balance(&mut self, account: AccountId, book: &str, dims: &[u64], view: View<'_>) -> Result<i128> {
        let book = self.book(Some(book))?;
        let values = self.dims(account, dims, view)?;
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let has = self.program.accounts.get(account.index()).map_or(0, |account| account.dimensions.len());
        let number = self.account_in(book, account)?;
        let balance = self.with_book(book, |books| match values.is_empty() && has > 0 {
            true => books.total(number),
            false => books.balance(number, &values, None),
        })?;
        Ok(balance.amount)
    }

    fn reverse_entry(&mut self, entry: i64) -> Result<()> {
        let (book, seq) = book_and_number(entry);
        self.begin()?;
        let today = self.context.today;
        self.shard.running()?.books_of(book)?.reverse(seq, today).map(|_| ())
    }

    /// Commits what was done, and closes the book up to a day, to everybody.
    fn close(&mut self, day: i64) -> Result<()> {
        self.commit()?;
        self.shard.lock_period(&self.context, &ledger::PeriodLock::hard(day))
    }

    fn read_config(&mut self, config: ConfigId) -> Result<Option<Value>> {
        if let Some(known) = self.configs.get(&config) {
            return Ok(known.clone());
        }
        let value = settings::configured(self.shard, self.context.tenant, self.program, config)?;
        self.configs.insert(config, value.clone());
        Ok(value)
    }
}

/// Bits of an entry's name that hold its number; the book's stands above them, from 0 on, so that entries of a tenant's
/// first book go by their plain numbers.
const ENTRY_BITS: u32 = 40;

fn entry_name(book: BookId, seq: i64) -> i64 {
    ((book.0 - 1) << ENTRY_BITS) | seq
}

fn book_and_number(entry: i64) -> (BookId, i64) {
    (BookId((entry >> ENTRY_BITS) + 1), entry & ((1 << ENTRY_BITS) - 1))
}

/// What the VM is told when something may not be.
fn refusal(error: Error) -> Refusal {
    Refusal(error.to_string())
}

/// Documents, and the names of those that are referred to.
struct WithNames<'a, 'b> {
    documents: Documents<'a>,
    program: &'b Program,
    known: &'b mut KnownNames,
}

impl WithNames<'_, '_> {
    fn entity(&self, entity: EntityId) -> &str {
        self.program.entities.get(entity.index()).map_or("", |entity| text(self.program, entity.name))
    }
}

impl Names for WithNames<'_, '_> {
    fn name(&mut self, entity: EntityId, reference: i64) -> Result<String> {
        if let Some(name) = self.known.names.get(&(entity, reference)) {
            return Ok(name.clone());
        }
        let of = self.entity(entity).to_owned();
        let name = self.documents.name(&of, reference)?;
        self.known.names.insert((entity, reference), name.clone());
        Ok(name)
    }

    fn reference(&mut self, entity: EntityId, name: &str) -> Result<i64> {
        if let Some(reference) = self.known.references.get(&(entity, name.to_owned())) {
            return Ok(*reference);
        }
        let of = self.entity(entity).to_owned();
        let found = self.documents.named(&of, name)?;
        let reference = found.ok_or_else(|| Refused::NoDocument { entity: of, id: name.to_owned() })?;
        self.known.references.insert((entity, name.to_owned()), reference);
        Ok(reference)
    }
}

impl World for HostWorld<'_> {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.read_config(config).map_err(refusal)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        Ok(self.context.today)
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        Ok(self.context.now)
    }

    fn zone(&mut self) -> TimeZone {
        self.zone.clone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        // 1970-01-01 was a Thursday; Monday is 0.
        (day.rem_euclid(7) + 3) % 7 < 5 && !self.holidays.contains(&day)
    }

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        let name = self.program.steps.get(step.index()).map_or("", |step| text(self.program, step.name));
        name.clone_into(&mut self.context.step);
        self.forget_entries();
        let context = self.context.clone();
        self.begin().and_then(|()| self.shard.set_context(&context)).and_then(|()| self.shard.mark()).map_err(refusal)
    }

    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        let name = self.program.steps.get(step.index()).map_or("", |step| text(self.program, step.name));
        let stays = self.program.steps.get(step.index()).is_some_and(|step| step.stays);
        let noted = match self.current() {
            Ok(instance) if stays => self.with_instances(|rows| rows.set_stays(instance, name)),
            _ => Ok(()),
        };
        let ended = noted.and_then(|()| self.tell("step", name)).and_then(|()| self.shard.step_end());
        self.context.step.clear();
        // One that fails at its end, as by a limit, is not among those that stand.
        if ended.is_ok() {
            self.note_step();
            self.note_warnings();
        }
        ended.map_err(refusal)
    }

    fn step_fail(&mut self, _step: StepId) -> Result<(), Refusal> {
        self.known = KnownNames::default();
        self.context.step.clear();
        // What never was passed no limit.
        drop(self.shard.take_warnings());
        let context = self.context.clone();
        self.shard.undo_to_mark().and_then(|()| self.shard.set_context(&context)).map_err(refusal)
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.post_entry(entry).map_err(refusal)
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            let balance = match dims {
                Some(dims) => books.balance(account, dims, None),
                None => books.total(account),
            };
            balance.map(|balance| balance.amount)
        })
    }

    fn book_value(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            let balance = match dims {
                Some(dims) => books.balance(account, dims, None),
                None => books.total(account),
            };
            balance.map(|balance| balance.book_amount)
        })
    }

    fn create(&mut self, entity: EntityId, document: Value) -> Result<i64, Refusal> {
        let name = self.entity_name(entity);
        let created = self
            .data(entity, &document)
            .and_then(|data| self.with_documents(|names| names.documents.create(name, &data)));
        created.map_err(refusal)
    }

    fn document(&mut self, entity: EntityId, reference: i64) -> Result<Value, Refusal> {
        let (program, name) = (self.program, self.entity_name(entity));
        let Some(declared) = program.entities.get(entity.index()) else {
            return Err(Refusal("the program has no such entity".to_owned()));
        };
        let read = self.with_documents(|names| {
            let document = names.documents.read(name, reference)?;
            codec::read(program, declared.record, &Json::Object(document.data), names)
        });
        read.map_err(refusal)
    }

    fn change(&mut self, entity: EntityId, reference: i64, document: Value) -> Result<(), Refusal> {
        self.change_document(entity, reference, &document).map_err(refusal)
    }

    fn lookup(&mut self, entity: EntityId, key: Vec<Value>) -> Result<Option<i64>, Refusal> {
        let program = self.program;
        let Some(declared) = program.entities.get(entity.index()) else { return Ok(None) };
        let fields = model::fields(program, declared);
        let found = self.with_documents(|names| {
            let mut data = serde_json::Map::new();
            for (field, value) in declared.key.iter().zip(&key) {
                let Some(field) = fields.get(usize::from(*field)) else { continue };
                data.insert(text(program, field.outside).to_owned(), codec::write(program, field.shape, value, names)?);
            }
            let entity = text(program, declared.name);
            match names.documents.spec(entity)?.id_of(&data)? {
                Some(id) => names.documents.named(entity, &id),
                None => Ok(None),
            }
        });
        found.map_err(refusal)
    }

    fn find(&mut self, query: QueryId, values: Vec<Value>, limit: Option<u64>) -> Result<Vec<i64>, Refusal> {
        self.find_documents(query, &values, limit).map_err(refusal)
    }

    fn number(&mut self, entity: EntityId, period: &str) -> Result<i64, Refusal> {
        let series = self.entity_name(entity);
        self.with_books(|books| books.number(series, period, series)).map_err(refusal)
    }

    fn held(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| match dims {
            Some(dims) => books.held(account, dims),
            None => books.total_held(account),
        })
    }

    fn hold(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<i64, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            books.hold(account, dims.unwrap_or_default(), amount, HoldTerms::default()).map(|hold| hold.0)
        })
    }

    fn hold_over(
        &mut self,
        account: AccountId,
        amount: i64,
        role: &str,
        dims: &[u64],
        view: View<'_>,
    ) -> Result<i64, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            let terms = HoldTerms { over_limit_by: Some(role), ..HoldTerms::default() };
            books.hold(account, dims.unwrap_or_default(), amount, terms).map(|hold| hold.0)
        })
    }

    fn bound(
        &mut self,
        account: AccountId,
        book: Option<&str>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<(), Refusal> {
        self.say_bounds(account, book, dims, bounds, view).map(|_| ()).map_err(refusal)
    }

    fn available(
        &mut self,
        account: AccountId,
        wanted: Option<i128>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<i128, Refusal> {
        let dims = self.say_bounds(account, None, dims, bounds, view).map_err(refusal)?;
        let number = self.account(account).map_err(refusal)?;
        let (dims, today): (Vec<&str>, _) = (dims.iter().map(String::as_str).collect(), self.context.today);
        self.with_books(|books| books.room_for(number, &dims, today, wanted)).map_err(refusal)
    }

    fn settle(&mut self, hold: i64, commit: bool) -> Result<(), Refusal> {
        let settled = self.with_books(|books| match commit {
            true => books.commit(HoldId(hold)),
            false => books.release(HoldId(hold)),
        });
        settled.map_err(refusal)
    }

    fn commit_part(&mut self, hold: i64, part: i64) -> Result<i64, Refusal> {
        self.with_books(|books| books.commit_part(HoldId(hold), part).map(|rest| rest.0)).map_err(refusal)
    }

    fn take(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<Vec<LotPart>, Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            let parts = books.take(account, dims.unwrap_or_default(), amount)?;
            let part = |part: ledger::Part| LotPart { lot: part.lot, amount: part.quantity, cost: part.cost };
            Ok(parts.into_iter().map(part).collect())
        })
    }

    fn free(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Result<(), Refusal> {
        self.with_spot(account, dims, view, |books, account, dims| {
            books.free(account, dims.unwrap_or_default(), amount)
        })
    }

    fn posted(&mut self) -> Result<i64, Refusal> {
        Ok(self.posted)
    }

    fn reverse(&mut self, entry: i64) -> Result<(), Refusal> {
        self.reverse_entry(entry).map_err(refusal)
    }

    fn first_open(&mut self, book: Option<&str>) -> Result<i64, Refusal> {
        let book = self.book(book).map_err(refusal)?;
        let open = self.with_book(book, |books| Ok(books.first_open_day("").unwrap_or(border::FIRST_DAY)));
        open.map_err(refusal)
    }

    fn balance_in(&mut self, account: AccountId, book: &str, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.other_balance(account, book, dims, view).map_err(refusal)
    }

    fn balance_at(&mut self, account: AccountId, at: At<'_>, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.earlier_balance(account, at, dims, view).map_err(refusal)
    }

    fn close_period(&mut self, day: i64) -> Result<(), Refusal> {
        self.close(day).map_err(refusal)
    }

    fn undo_put(&mut self, undo: UndoId, captured: Vec<Value>) -> Result<(), Refusal> {
        told(self.put_undo(undo, &captured))
    }

    fn act_as(&mut self, who: &str) -> Result<(), Refusal> {
        self.set_actor(who);
        Ok(())
    }

    fn unlock(&mut self) -> Result<(), Refusal> {
        let of = (told(self.current())?, self.current_token());
        told(self.with_instances(|rows| rows.unlock(of)))
    }

    fn pause(&mut self, point: PointId, stands: bool) -> Result<(), Refusal> {
        let name = branching::point_name(self.program, point);
        told(self.pause_scope(name, stands))
    }

    fn reverse_step(&mut self) -> Result<(), Refusal> {
        told(self.reverse_entries())
    }

    fn send(&mut self, channel: Channel, shape: ShapeId, what: Value, to: &str) -> Result<(), Refusal> {
        told(self.put_mail(channel, shape, &what, to))
    }

    fn start_run(&mut self, process: ProcessId, params: Vec<Value>) -> Result<i64, Refusal> {
        told(self.start_for(process, &params))
    }

    fn run_outcome(&mut self, run: i64) -> Result<Option<Value>, Refusal> {
        told(self.outcome(run))
    }

    fn run_noted(&mut self, run: i64, name: &str, shape: Option<ShapeId>) -> Result<Value, Refusal> {
        told(self.noted(run, name, shape))
    }

    fn run_task(&mut self, run: i64, name: &str) -> Result<Option<String>, Refusal> {
        told(self.open_task(run, name))
    }

    fn complete(&mut self, run: i64, name: &str, form: Value) -> Result<(), Refusal> {
        told(self.complete_task(run, name, &form))
    }

    fn cancel_run(&mut self, run: i64) -> Result<(), Refusal> {
        told(self.cancel(run, "", false))
    }

    fn deliver(&mut self, message: MessageId, record: Value) -> Result<(), Refusal> {
        told(self.deliver_message(message, &record, ("", "")).map(|_| ()))
    }

    fn send_message(&mut self, message: MessageId, record: Value) -> Result<(), Refusal> {
        told(self.put_message(message, &record))
    }

    fn answer(&mut self, run: i64, operation: OperationId, answer: Answer) -> Result<(), Refusal> {
        told(self.answer_run(run, operation, &answer))
    }

    fn run_request(&mut self, run: i64, operation: OperationId) -> Result<Option<Value>, Refusal> {
        told(self.asked_by_run(run, operation))
    }

    fn advance(&mut self, by: Value) -> Result<(), Refusal> {
        told(self.advance_clock(&by))
    }

    fn note(&mut self, name: &str, shape: Option<ShapeId>, value: Value) -> Result<(), Refusal> {
        told(self.keep_note(name, shape, &value))
    }

    fn mails(&mut self, channel: Channel, to: &str) -> Result<i64, Refusal> {
        told(self.sent_to(channel, to))
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        self.context.step.clear();
        if self.shard.running().is_err() {
            return Ok(());
        }
        if well {
            let ended = self.shard.step_end();
            if ended.is_ok() {
                self.note_warnings();
                return Ok(());
            }
            self.known = KnownNames::default();
            self.shard.step_undo().map_err(refusal)?;
            return ended.map_err(refusal);
        }
        self.known = KnownNames::default();
        self.shard.step_undo().map(|_| ()).map_err(refusal)
    }
}
