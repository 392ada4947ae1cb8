//! Processes that live: they begin, rest, go on and end, a stretch at a time.
//!
//! A stretch is what a process does between two places where it rests. It is one transaction: what it does, where it
//! rests then and what it waits for there stand together or not at all. A technical error takes the stretch back; the
//! steps before it are run again alone, and the instance stands still behind them until an operator lets it go on.

use bp_bytecode::Program;
use bp_bytecode::index::{PointId, ProcessId, ShapeId};
use bp_bytecode::process::Event;
use bp_bytecode::value::Value;
use bp_vm::{Coverage, Ended, Fault, Limits, Vm};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

use super::branching::instance_name;
use super::{HostWorld, codec, text};
use crate::error::{Error, Refused, Result};
use crate::instances::{Instance, InstanceState, Instances, Parent, Token};
use crate::ledger::hold::owner_of;

/// Stretches that may run one after the other before anybody is asked: a circle of processes that wait for nothing
/// would never come to rest.
const STRETCHES_MAX: usize = 1_000_000;

/// What parts the parts of a key in the store, where U+0000 is no part of a text.
pub(super) const KEY_SEPARATOR: &str = "\u{1f}";

/// The timer's event where a task, or the answer to a request, is due.
pub(super) const TASK_DUE: i64 = -1;

/// The timer's event where a worker has a request no more.
pub(super) const REQUEST_LOCK: i64 = -2;

/// How much of what processes do shares a commit. It is only a matter of when the disk is asked, and never shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commits {
    /// Each step has one of its own.
    Step,
    /// The steps of a stretch share one: what a process does between two places where it rests.
    #[default]
    Stretch,
    /// All that is done until the caller says so ([`HostWorld::commit`]) shares one. Until then nothing is durable.
    Caller,
}

/// What a running process is to the world.
#[derive(Default)]
pub(super) struct Living<'a> {
    /// The instance whose stretch runs, and its token.
    current: Option<(i64, i64)>,
    /// Where the message was waited for that the running stretch goes on with, as long as that is not told.
    message: Option<String>,
    /// Steps that the running stretch has ended.
    steps: u32,
    /// The entries of the running step, or of the step that is being taken back.
    pub entries: Vec<i64>,
    /// The machine of the last stretch.
    machine: Option<Box<Vm<'a>>>,
    /// Where machines note what they run, if they do.
    coverage: Option<Arc<Coverage>>,
    /// The list for whose elements branches of a token begin.
    pub items: Option<((i64, i64), Vec<Json>)>,
    /// Who does what is done, where it is a person.
    pub actor: Option<String>,
    /// An incident is a refusal of what led to it, as in tests.
    pub strict: bool,
    pub commits: Commits,
}

impl<'a> HostWorld<'a> {
    /// Whether an incident refuses what led to it. Tests want to be told at once; a host goes on with the others.
    pub fn set_strict(&mut self, strict: bool) {
        self.living.strict = strict;
    }

    /// Notes from now on what of processes runs.
    pub fn cover(&mut self, coverage: Option<Arc<Coverage>>) {
        (self.living.coverage, self.living.machine) = (coverage, None);
    }

    /// A machine for something of a process.
    pub(super) fn new_machine(&self) -> Vm<'a> {
        let mut vm = Vm::new(self.program, Limits::default());
        vm.cover(self.living.coverage.clone());
        vm
    }

    pub(super) fn with_instances<T>(&mut self, work: impl FnOnce(&mut Instances<'_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        work(&mut self.shard.running()?.instances()?)
    }

    /// The instance whose stretch runs.
    pub(super) fn current(&self) -> Result<i64> {
        let current = self.living.current.map(|(instance, _)| instance);
        current.ok_or(Error::Refused(Refused::Misuse("only a process that a host keeps does this")))
    }

    /// The token whose stretch runs.
    pub(super) fn current_token(&self) -> i64 {
        self.living.current.map_or(0, |(_, token)| token)
    }

    /// A step begins: it has posted nothing.
    pub(super) fn forget_entries(&mut self) {
        self.living.entries.clear();
    }

    pub(super) fn note_entry(&mut self, entry: i64) {
        self.living.entries.push(entry);
    }

    /// The entries of the running step, or of the one that is being taken back, in their order.
    pub(super) fn entries(&self) -> &[i64] {
        &self.living.entries
    }

    pub(super) fn note_step(&mut self) {
        self.living.steps += 1;
    }

    /// A line of the running instance's story.
    pub(super) fn tell(&mut self, what: &'static str, name: &str) -> Result<()> {
        match self.living.current {
            Some((instance, _)) => {
                self.tell_message(instance)?;
                self.tell_of(instance, what, name)
            }
            None => Ok(()),
        }
    }

    /// The message that a stretch goes on with is told before all that the stretch does.
    fn tell_message(&mut self, instance: i64) -> Result<()> {
        match self.living.message.take() {
            Some(point) => self.tell_of(instance, "message", &point),
            None => Ok(()),
        }
    }

    pub(super) fn tell_of(&mut self, instance: i64, what: &'static str, name: &str) -> Result<()> {
        let (author, now) = (self.context.author.clone(), self.context.now);
        self.with_instances(|rows| rows.tell(instance, what, name, &author, now))
    }

    pub(super) fn declared(&self, process: ProcessId) -> Result<&'a bp_bytecode::program::Process> {
        let declared = self.program.processes.get(process.index());
        declared.ok_or(Error::Refused(Refused::Misuse("the program has no such process")))
    }

    pub(super) fn process_named(&self, name: &str) -> Result<ProcessId> {
        let place = self.program.processes.iter().position(|process| text(self.program, process.name) == name);
        let place = place.ok_or_else(|| Refused::Unknown { what: "process", name: name.to_owned() })?;
        Ok(ProcessId(place as u16))
    }

    /// Starts a process, or finds the instance of its key; it begins when its turn comes.
    pub(super) fn enter(&mut self, process: ProcessId, params: &[Value], parent: Option<Parent>) -> Result<i64> {
        let (program, declared) = (self.program, self.declared(process)?);
        let name = text(program, declared.name);
        let key = match declared.key {
            Some(func) => self.key(process, func, params)?,
            None => String::new(),
        };
        if let Some(known) = self.with_instances(|rows| rows.instance_of_key(name, &key))? {
            return Ok(known);
        }
        let given = self.with_documents(|names| {
            codec::write_fields(program, &declared.params, params, Map::new(), names).map(Json::Object)
        })?;
        let (book, now) = (self.context.book.0, self.context.now);
        let id = self.with_instances(|rows| rows.start(name, &key, &given.to_string(), parent, (book, now)))?;
        self.tell_of(id, "started", name)?;
        Ok(id)
    }

    fn key(&mut self, process: ProcessId, func: bp_bytecode::index::FuncId, params: &[Value]) -> Result<String> {
        let mut vm = self.new_machine();
        let slots = vm.put_params(process, params).map_err(|kind| unfit(kind.to_string()))?;
        let key = vm.call(func, &slots, self).map_err(|fault| unfit(fault.to_string()))?;
        Ok(vm.heap().text(key as u64).replace('\0', KEY_SEPARATOR))
    }

    /// Runs everything that can go on, and fires every timer that is due, until all rest. What was done is durable.
    ///
    /// Errors if the store does, or, where the world is strict, if an instance comes to stand still.
    pub fn settle_all(&mut self) -> Result<()> {
        for _ in 0..STRETCHES_MAX {
            self.settle()?;
            if !self.deliver_sent()? {
                return self.stand();
            }
        }
        Err(Refused::Misuse("processes send messages to one another without an end").into())
    }

    /// The same, without messages that were sent and are still on their way.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.stand()?;
        for _ in 0..STRETCHES_MAX {
            if let Some(of) = self.with_instances(|rows| rows.ready())? {
                self.go_on(of)?;
                continue;
            }
            let now = self.context.now;
            let Some(timer) = self.with_instances(|rows| rows.due(now))? else {
                return self.stand();
            };
            let of = (timer.instance, timer.token);
            match timer.event {
                TASK_DUE => self.with_instances(|rows| {
                    rows.remove_timer(timer.id)?;
                    rows.overdue(of)
                })?,
                REQUEST_LOCK => self.lock_over(of)?,
                _ => self.timer_due(&timer)?,
            }
            match timer.event {
                TASK_DUE => self.tell_of(timer.instance, "overdue", "")?,
                REQUEST_LOCK => {}
                _ => self.tell_of(timer.instance, "timer", "")?,
            }
            self.stand()?;
        }
        Err(Refused::Misuse("processes start and wake one another without an end").into())
    }

    /// The moment at which the next timer is due, if it is by another one.
    pub(super) fn next_due(&mut self, by: i64) -> Result<Option<i64>> {
        Ok(self.with_instances(|rows| rows.due(by))?.map(|timer| timer.due))
    }

    /// One stretch of a token, as a transaction of its own.
    fn go_on(&mut self, of: (i64, i64)) -> Result<()> {
        let rows = self.with_instances(|rows| Ok((rows.instance(of.0)?, rows.token(of.0, of.1)?)))?;
        let (Some(instance), Some(token)) = rows else {
            return Err(Refused::Misuse("a token without its instance").into());
        };
        if instance.state == InstanceState::Undoing {
            return self.undo_all(&instance, of);
        }
        self.stand()?;
        if !self.take_back_ended(&instance, of)? {
            return Ok(());
        }
        if let (Some(cursor), None) = (token.cursor, token.event) {
            return self.part_on(&instance, &token, cursor);
        }
        let begun = token.event.is_none() && !token.point.is_empty();
        if begun && self.point_of(of)?.is_some_and(|point| !point.events.is_empty()) {
            // What came before was on its way to another token when it began to wait.
            self.with_instances(|rows| rows.waits_on(of))?;
            self.look_for_messages(of, &token.point, 0, false)?;
            return self.stand();
        }
        if token.message.is_some() && self.with_instances(|rows| rows.has_branches(of))? {
            return self.ends_by_message(&instance, &token);
        }
        self.living.steps = 0;
        let alone = (self.living.commits == Commits::Step).then_some(1);
        let ran = self.stretch(&instance, &token, alone);
        let fault = match ran {
            Ok(()) => {
                self.stand()?;
                return match self.with_instances(|rows| rows.instance(of.0))? {
                    Some(instance) if instance.state == InstanceState::Undoing => self.undo_all(&instance, of),
                    _ => Ok(()),
                };
            }
            Err(failed) => failed.incident(self.program)?,
        };
        let steps = self.living.steps;
        self.fall_back()?;
        if steps > 0 {
            // The same clock, the same answers: it comes to the same place.
            match self.stretch(&instance, &token, Some(steps)) {
                Ok(()) => {}
                Err(Failed::Store(error)) => return Err(error),
                Err(_) => self.fall_back()?,
            }
        }
        self.stop(of, fault)
    }

    /// The token stands still, for a reason at length and in a line.
    pub(super) fn stop(&mut self, of: (i64, i64), (why, line): (String, String)) -> Result<()> {
        self.with_instances(|rows| rows.stop(of, &why))?;
        self.tell_of(of.0, "incident", &line)?;
        self.stand()?;
        if self.living.strict {
            let name = self.with_instances(|rows| rows.instance(of.0))?.map_or(String::new(), |found| found.process);
            return Err(Refused::Value { place: name, why }.into());
        }
        Ok(())
    }

    pub(super) fn stretch(&mut self, instance: &Instance, token: &Token, boundaries: Option<u32>) -> Run<()> {
        let of = (token.instance, token.id);
        let process = self.process_named(&instance.process)?;
        let declared = self.declared(process)?;
        self.context.instance = instance_name(instance);
        self.context.branch = if token.parent.is_some() { token.id } else { 0 };
        let mut vm = self.living.machine.take().unwrap_or_else(|| Box::new(self.new_machine()));
        vm.reset();
        self.forget_entries();
        self.living.message = token.message.map(|_| token.point.clone());
        let outer = self.living.current.replace(of);
        let ended = self.run_stretch(&mut vm, process, instance, token, boundaries);
        self.living.current = outer;
        self.context.instance.clear();
        self.context.branch = 0;
        let outcome = match &ended {
            Ok(Ended::Done(outcome)) => Some(vm.checked_value(declared.outcome, *outcome as u64)),
            _ => None,
        };
        self.living.machine = Some(vm);
        match (ended?, outcome) {
            (Ended::Declined, _) => self.declined(token)?,
            (Ended::Branch(handed), _) => {
                self.taken(token, instance.id)?;
                self.branch_over(instance, token, &handed)?;
            }
            (Ended::Rests(resting), _) => {
                self.taken(token, instance.id)?;
                self.rest(of, &resting)?;
            }
            (Ended::Done(_), outcome) => {
                let outcome = outcome.ok_or_else(|| unfit("an outcome that is none".to_owned()))?;
                let outcome = outcome.map_err(|kind| unfit(kind.to_string()))?;
                self.taken(token, instance.id)?;
                self.over(instance, token.id, &outcome, declared.outcome)?;
            }
        }
        Ok(())
    }

    fn run_stretch(
        &mut self,
        vm: &mut Vm<'a>,
        process: ProcessId,
        instance: &Instance,
        token: &Token,
        boundaries: Option<u32>,
    ) -> Run<Ended> {
        let program = self.program;
        if token.point.is_empty() {
            let params = object(&self.with_instances(|rows| rows.params_of(instance.id))?)?;
            let declared = self.declared(process)?;
            let params = self.with_documents(|names| codec::read_fields(program, &declared.params, &params, names))?;
            let slots = vm.put_params(process, &params).map_err(|kind| unfit(kind.to_string()))?;
            return Ok(vm.begin_process(process, &slots, boundaries, self)?);
        }
        let point = point_named(program, process, &token.point)?;
        let known = &program.points[point.index()];
        let live = object(&token.live)?;
        let values = self.with_documents(|names| {
            let stored = known.live.iter().map(|stored| {
                let name = text(program, stored.name);
                let json = live.get(name).ok_or_else(|| unfit(format!("nothing is stored of `{name}`")))?;
                codec::read(program, stored.shape, json, names)
            });
            stored.collect::<Result<Vec<_>>>()
        })?;
        let event = match token.event {
            None => None,
            Some(number) => {
                let event = known.events.get(number as usize);
                let event = event.ok_or_else(|| unfit("something has happened that is not waited for".to_owned()))?;
                let given = match (event, event_shape(program, event), &token.given) {
                    (Event::Joined { parts, .. }, _, given) => {
                        let handed = object(given.as_deref().unwrap_or("{}"))?;
                        self.with_documents(|names| codec::read_fields(program, parts, &handed, names))?
                    }
                    (_, Some(shape), Some(given)) => {
                        let json = parsed(given)?;
                        vec![self.with_documents(|names| codec::read(program, shape, &json, names))?]
                    }
                    _ => Vec::new(),
                };
                if let (Event::Child { stays: true, .. }, Some(Value::Variant { case: 0, .. })) = (event, given.first())
                {
                    self.with_instances(|rows| rows.set_stays(instance.id, &token.point))?;
                }
                Some((number as u16, given))
            }
        };
        Ok(vm.resume(point, &values, event, boundaries, self)?)
    }

    /// What has happened is what the token waited for: it waits for nothing else any more.
    fn taken(&mut self, token: &Token, instance: i64) -> Result<()> {
        if let Some(message) = token.message {
            self.with_instances(|rows| rows.take_message(message, instance))?;
            self.tell_message(instance)?;
        }
        let now = self.context.now;
        self.with_instances(|rows| rows.withdraw((token.instance, token.id), now))
    }

    /// The message is not the one; perhaps one that came behind it is.
    fn declined(&mut self, token: &Token) -> Result<()> {
        let of = (token.instance, token.id);
        let parent = match token.parent {
            Some(parent) => self.with_instances(|rows| rows.token(token.instance, parent))?,
            None => None,
        };
        if parent.is_some_and(|parent| parent.point == token.point) {
            // It was to begin beside a stretch, which goes on without it.
            return self.with_instances(|rows| rows.remove_token(of));
        }
        self.with_instances(|rows| rows.waits_on(of))?;
        let behind = token.message.unwrap_or(i64::MAX);
        self.look_for_messages(of, &token.point, behind, false)
    }

    /// The process has come to its end; what failed is taken back first.
    fn over(&mut self, instance: &Instance, token: i64, outcome: &Value, shape: ShapeId) -> Result<()> {
        let program = self.program;
        let json = self.with_documents(|names| codec::write(program, shape, outcome, names))?.to_string();
        let failed = matches!(outcome, Value::Variant { case, .. } if *case > 0);
        if failed {
            // Its other branches are withdrawn.
            self.with_instances(|rows| rows.keep_outcome(instance.id, &json))?;
            self.withdraw_others(instance, (instance.id, token))?;
            return self.tell_of(instance.id, "failed", json_case(&json).as_deref().unwrap_or_default());
        }
        if self.others_go_on(instance, token, &json)? {
            return Ok(());
        }
        self.holds_nothing(instance)?;
        self.end(instance, InstanceState::Done, Some(&json))
    }

    /// An instance that comes to its end has resolved what it held. The compiler proves that; books are kept right all
    /// the same.
    fn holds_nothing(&mut self, instance: &Instance) -> Result<()> {
        let owner = owner_of(&instance_name(instance), 0);
        match self.with_books(|books| books.open_holds(&owner))?.len() {
            0 => Ok(()),
            open => Err(unfit(format!("it comes to its end while {open} of its holds are open"))),
        }
    }

    pub(super) fn end(&mut self, instance: &Instance, state: InstanceState, outcome: Option<&str>) -> Result<()> {
        let now = self.context.now;
        self.with_instances(|rows| {
            rows.end(instance.id, state, outcome, now)?;
            rows.remove_tokens(instance.id, now)?;
            // Who called it later waits behind the first.
            let others = rows.awaiting_end(instance.id)?;
            let first = rows.instance(instance.id)?.and_then(|known| known.parent);
            first.into_iter().chain(others).try_for_each(|parent| {
                let of = (parent.instance, parent.token);
                rows.happened(of, Some(parent.event), outcome, None)
            })
        })?;
        self.tell_of(instance.id, state.name(), "")
    }
}

/// Why a stretch did not come to its end.
pub(super) enum Failed {
    Fault(Box<Fault>),
    /// What is stored is not what the program asks for, or the books refuse: nobody else is the worse for it.
    Refused(String),
    Store(Error),
}

impl Failed {
    /// The incident that it is, at length and in a line. Errors if the store does: that concerns everybody.
    pub fn incident(self, program: &Program) -> Result<(String, String)> {
        match self {
            Failed::Fault(fault) => Ok((fault.report(program), fault.to_string())),
            Failed::Refused(why) => Ok((why.clone(), why)),
            Failed::Store(error) => Err(error),
        }
    }
}

pub(super) type Run<T> = std::result::Result<T, Failed>;

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        match error {
            Error::Store(_) => Failed::Store(error),
            Error::Declared(_) | Error::Refused(_) => Failed::Refused(error.to_string()),
        }
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Failed {
        Failed::Fault(Box::new(fault))
    }
}

pub(super) fn unfit(why: String) -> Error {
    Refused::Value { place: "a process".to_owned(), why }.into()
}

pub(super) fn parsed(json: &str) -> Result<Json> {
    serde_json::from_str(json).map_err(|_| unfit("what is stored is no JSON".to_owned()))
}

pub(super) fn object(json: &str) -> Result<Map<String, Json>> {
    match parsed(json)? {
        Json::Object(object) => Ok(object),
        _ => Err(unfit("what is stored is no object".to_owned())),
    }
}

fn json_case(outcome: &str) -> Option<String> {
    match serde_json::from_str::<Json>(outcome).ok()? {
        Json::Object(object) => Some(object.get("case")?.as_str()?.to_owned()),
        Json::String(case) => Some(case),
        _ => None,
    }
}

pub(super) fn point_named(program: &Program, process: ProcessId, name: &str) -> Result<PointId> {
    let func = program.processes[process.index()].func;
    let place = program.points.iter().position(|point| point.func == func && text(program, point.name) == name);
    let place = place.ok_or_else(|| unfit(format!("the program has no place `{name}` any more")))?;
    Ok(PointId(place as u32))
}

/// The shape of what an event gives, if it gives something.
pub(super) fn event_shape(program: &Program, event: &Event) -> Option<ShapeId> {
    match event {
        Event::Task { form, .. } => Some(*form),
        Event::Message { message, .. } => Some(program.messages[message.index()].record),
        Event::Each { element } => Some(*element),
        Event::Request { operation, .. } => Some(program.operations[operation.index()].outcome),
        Event::Moment | Event::Every | Event::Lock | Event::Branch | Event::Joined { .. } => None,
        Event::Child { process, .. } => Some(program.processes[process.index()].outcome),
    }
}
