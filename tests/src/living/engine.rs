//! The host as one of those that are compared: a program, a store, and how much shares a commit.

use super::events::Happens;
use crate::reference::living::Seen;
use bp_bytecode::Program;
use bp_bytecode::border::{date_text, moment_text};
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::FieldShape;
use bp_bytecode::value::Value;
use bp_host::ledger::JournalEntry;
use bp_host::store::{Durability, SqliteStore};
use bp_host::world::{Commits, HostWorld, MAIN_BOOK, Wait, enter};
use bp_host::{Error, Shard, StepContext, Tolerance};
use bp_vm::{Limits, Vm};
use std::fmt::Write;
use std::path::PathBuf;

/// The moment at which the clock begins to run: 2026-01-01T00:00Z.
const CLOCK: i64 = 1_767_225_600;

const SECONDS_A_DAY: i64 = 86_400;

/// Instances that are looked at.
const MOST: i64 = 1_000;

/// What of a story every engine tells in the same words; the rest is the host's own.
const TOLD: [&str; 13] = [
    "started",
    "step",
    "undone",
    "done",
    "failed",
    "cancelled",
    "cancelling",
    "incident",
    "overdue",
    "retried",
    "task",
    "message",
    "timer",
];

/// What has a name that counts.
const NAMED: [&str; 4] = ["started", "step", "undone", "task"];

/// How an engine commits, and what lives on in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// A commit for each step; nothing stays in memory between two, and the file is opened anew for each event.
    Step,
    /// A commit for each stretch, as a host does it.
    Stretch,
    /// A commit for each event.
    Event,
    /// One commit in the end.
    All,
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Done,
    /// It was refused, and nothing happened.
    Refused,
}

pub struct Engine<'p> {
    pub name: &'static str,
    program: &'p Program,
    budget: Budget,
    shard: Shard,
    context: StepContext,
    now: i64,
    /// Where the store is, if it is in a file.
    file: Option<PathBuf>,
}

impl Drop for Engine<'_> {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                drop(std::fs::remove_file(format!("{}{end}", file.display())));
            }
        }
    }
}

fn fault(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl<'p> Engine<'p> {
    /// # Errors
    /// The store cannot be made, or does not take the program.
    pub fn new(name: &'static str, program: &'p Program, budget: Budget, number: u64) -> Result<Engine<'p>, String> {
        let file = (budget == Budget::Step).then(|| {
            std::env::temp_dir()
                .join(format!("bp_living_{}_{number}_{name}.sqlite", std::process::id()).replace(' ', "_"))
        });
        let store = match &file {
            Some(file) => SqliteStore::open_with(file, Durability::Nothing),
            None => SqliteStore::in_memory(),
        };
        let mut shard = Shard::new(store.map_err(fault)?);
        let context = enter(&mut shard, "test", MAIN_BOOK, program).map_err(fault)?;
        Ok(Engine { name, program, budget, shard, context, now: CLOCK, file })
    }

    fn world<T>(&mut self, work: impl FnOnce(&mut HostWorld<'_>) -> Result<T, String>) -> Result<T, String> {
        let mut world = HostWorld::new(&mut self.shard, self.program, self.context.clone()).map_err(fault)?;
        world.set_clock(self.now.div_euclid(SECONDS_A_DAY), self.now);
        world.set_commits(match self.budget {
            Budget::Step => Commits::Step,
            Budget::Stretch => Commits::Stretch,
            Budget::Event | Budget::All => Commits::Caller,
        });
        let done = work(&mut world)?;
        // A look at things has begun a transaction as well.
        match self.budget {
            Budget::All => bp_vm::World::call_end(&mut world, true).map_err(|refusal| refusal.0)?,
            _ => world.commit().map_err(fault)?,
        }
        Ok(done)
    }

    /// Everything that was remembered is forgotten: the store is opened anew.
    fn open_anew(&mut self) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        // The one before is closed first: it is the only one that writes.
        self.shard = Shard::new(SqliteStore::in_memory().map_err(fault)?);
        self.shard = Shard::new(SqliteStore::open_with(file, Durability::Nothing).map_err(fault)?);
        self.shard.keep_nothing();
        Ok(())
    }

    /// An event happens.
    ///
    /// # Errors
    /// The store fails, or the host does something that it never should.
    pub fn happens(&mut self, event: &Happens) -> Result<Came, String> {
        self.open_anew()?;
        if !self.meets_conditions(event)? {
            return Ok(Came::Refused);
        }
        let until = self.now + if let Happens::Advance(seconds) = event { *seconds } else { 0 };
        let came = self.world(|world| {
            let done = match event {
                Happens::Start(process, params) => world.start_process(*process, params).map(drop),
                Happens::Deliver(message, record, sender, id) => {
                    world.deliver_message(*message, record, (sender, id)).map(drop)
                }
                Happens::Complete(task, form) => world.complete_numbered(*task, form),
                Happens::Advance(_) => world.advance_to(until),
                Happens::Cancel(instance) => world.cancel(*instance, "enough", false),
                Happens::Retry(instance) => match world.retry_all(*instance) {
                    Ok(false) => return Ok(Came::Refused),
                    other => other.map(drop),
                },
            };
            let came = match done {
                Ok(()) => Came::Done,
                Err(Error::Store(error)) => return Err(error.to_string()),
                Err(_) => Came::Refused,
            };
            Ok(came)
        })?;
        self.now = until;
        Ok(came)
    }

    /// Do the data of an event meet the conditions that the program says for them? Who hands them on asks.
    fn meets_conditions(&mut self, event: &Happens) -> Result<bool, String> {
        let program = self.program;
        let fields: Vec<(ShapeId, Value, Vec<bp_bytecode::index::CheckId>)> = match event {
            Happens::Start(process, params) => {
                let declared: &[FieldShape] = &program.processes[process.index()].params;
                declared.iter().zip(params).map(|(f, value)| (f.shape, value.clone(), f.checks.to_vec())).collect()
            }
            Happens::Deliver(message, record, ..) => {
                vec![(program.messages[message.index()].record, record.clone(), Vec::new())]
            }
            Happens::Complete(task, form) => {
                let task = *task;
                let shape = self.world(|world| match world.task_to_do(task) {
                    Ok(task) => world.form_of(&task).map(Some).map_err(fault),
                    Err(_) => Ok(None),
                })?;
                let Some(shape) = shape else { return Ok(false) };
                vec![(shape, form.clone(), Vec::new())]
            }
            _ => Vec::new(),
        };
        self.world(|world| {
            let mut vm = Vm::new(program, Limits::default());
            for (shape, value, checks) in fields {
                let slot = vm.put_value(shape, &value).map_err(|kind| kind.to_string())?;
                if vm.check(shape, slot, world).is_err() {
                    return Ok(false);
                }
                for check in checks {
                    let mut alone = Vm::new(program, Limits::default());
                    let slot = alone.put_value(shape, &value).map_err(|kind| kind.to_string())?;
                    if alone.call(program.checks[check.index()].func, &[slot], world).map_err(fault)? != 1 {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        })
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// The store fails.
    pub fn commit(&mut self) -> Result<(), String> {
        self.world(|world| world.commit().map_err(fault))
    }

    /// Are the entries in the store, so that they can be looked at?
    pub fn has_entries(&self) -> bool {
        self.budget != Budget::All
    }

    /// # Errors
    /// The store fails.
    pub fn seen(&mut self) -> Result<Seen, String> {
        let program = self.program;
        let mut seen = self.world(|world| {
            let mut seen = Seen::default();
            for instance in world.instances(0, MOST).map_err(fault)? {
                let mut line = format!("{} {} {}", instance.id, instance.process, instance.state.name());
                if instance.ended_at.is_some()
                    && let Some(came) = world.came(&instance).map_err(fault)?
                {
                    let _ = write!(line, ": {}", came.text);
                }
                for stand in world.stands(instance.id).map_err(fault)? {
                    let wait = |wait: &Wait| match wait {
                        Wait::Task(task) => format!("task {}", task.id),
                        Wait::Message { name, key } => format!("message {name} {}", key.join("\0")),
                        Wait::Request(request) => format!("request {}", request.id),
                        Wait::Moment(due) => format!("moment {}", moment_text(*due)),
                        Wait::Instance(id) => format!("instance {id}"),
                    };
                    let waits: Vec<String> = stand.waits.iter().map(wait).collect();
                    let point = if stand.incident.is_some() { "" } else { &stand.point };
                    let incident = if stand.incident.is_some() { " stands still" } else { "" };
                    let _ = write!(line, " | {point} [{}]{incident}", waits.join(", "));
                }
                seen.instances.push(line);
                for event in world.story(instance.id).map_err(fault)? {
                    if TOLD.contains(&event.what.as_str()) {
                        let name = if NAMED.contains(&event.what.as_str()) { event.name.as_str() } else { "" };
                        let line = format!("{} {} {} {name}", instance.id, moment_text(event.at), event.what);
                        seen.story.push(line.trim_end().to_owned());
                    }
                }
            }
            for task in world.tasks(0, MOST).map_err(fault)? {
                let due = task.due.map(|due| format!(" due {}", moment_text(due))).unwrap_or_default();
                let overdue = if task.overdue { " overdue" } else { "" };
                let (id, of, name, title, role) = (task.id, task.instance, task.name, task.title, task.role);
                seen.tasks.push(format!("{id} of {of} {name} {title:?} for {role}{due}{overdue}"));
            }
            Ok(seen)
        })?;
        let names: Vec<&str> = program.accounts.iter().map(|a| program.texts[a.name.index()].as_str()).collect();
        let held = |step: &mut bp_host::Step<'_>| {
            let mut books = step.books()?;
            let mut held = Vec::new();
            for name in &names {
                let account = books.account(name)?;
                held.push(format!("{name} {}", books.total_held(account)?));
            }
            Ok(held)
        };
        let context = self.context.clone();
        seen.holds = match self.shard.is_open() {
            true => self.shard.step_within(&context, Tolerance::Step, held),
            false => self.shard.step(&context, held),
        }
        .map_err(fault)?;
        if self.has_entries() {
            seen.entries = self.entries()?;
        }
        Ok(seen)
    }

    /// The entries of the books, in order.
    ///
    /// # Errors
    /// The store fails.
    pub fn entries(&mut self) -> Result<Vec<String>, String> {
        let (tenant, book) = (self.context.tenant, self.context.book);
        let accounts = self.shard.chart(tenant, book).map_err(fault)?;
        let (mut journal, mut lines) = (self.shard.journal(tenant, book, None).map_err(fault)?, Vec::new());
        loop {
            let page: Vec<JournalEntry> = self.shard.journal_page(&mut journal).map_err(fault)?;
            if page.is_empty() {
                return Ok(lines);
            }
            for entry in page {
                let day = date_text(entry.posting_day);
                let mut line = format!("{} {day} {:?} {} {}", entry.number, entry.text, entry.instance, entry.step);
                if let Some(reverses) = entry.reverses {
                    let _ = write!(line, " reverses {reverses}");
                }
                for made in &entry.lines {
                    let name = accounts.get(made.account.place()).map_or("", |account| account.name.as_str());
                    let _ = write!(line, "; {name}[{}] {}", made.dims.join(", "), made.amount);
                }
                lines.push(line);
            }
        }
    }
}
