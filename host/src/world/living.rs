//! Processes that live: they begin, rest, go on and end, a stretch at a time.
//!
//! A stretch is what a process does between two places where it rests. It is one transaction: what it does, where it
//! rests then and what it waits for there stand together or not at all. A technical error takes the stretch back; the
//! steps before it are run again alone, and the instance stands still behind them until an operator lets it go on.

use bp_bytecode::Program;
use bp_bytecode::index::{PointId, ProcessId, ShapeId, UndoId};
use bp_bytecode::process::Event;
use bp_bytecode::value::Value;
use bp_vm::{Coverage, Ended, Fault, Limits, Resting, Vm};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

use super::branching::instance_name;
use super::{HostWorld, codec, text};
use crate::error::{Error, Refused, Result};
use crate::instances::{Instance, InstanceState, Instances, Parent, Task, TaskState, Token, Undo};

/// Stretches that may run one after the other before anybody is asked: a circle of processes that wait for nothing
/// would never come to rest.
const STRETCHES_MAX: usize = 1_000_000;

/// What parts the parts of a key in the store, where U+0000 is no part of a text.
const KEY_SEPARATOR: &str = "\u{1f}";

/// The timer's event where a task is due.
const TASK_DUE: i64 = -1;

/// What a running process is to the world.
#[derive(Default)]
pub(super) struct Living<'a> {
    /// The instance whose stretch runs, and its token.
    current: Option<(i64, i64)>,
    /// Steps that the running stretch has ended.
    steps: u32,
    /// The entries of the running step, or of the step that is being taken back.
    entries: Vec<i64>,
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
            Some((instance, _)) => self.tell_of(instance, what, name),
            None => Ok(()),
        }
    }

    pub(super) fn tell_of(&mut self, instance: i64, what: &'static str, name: &str) -> Result<()> {
        let (author, now) = (self.context.author.clone(), self.context.now);
        self.with_instances(|rows| rows.tell(instance, what, name, &author, now))
    }

    fn declared(&self, process: ProcessId) -> Result<&'a bp_bytecode::program::Process> {
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
        self.commit()?;
        for _ in 0..STRETCHES_MAX {
            if let Some(of) = self.with_instances(|rows| rows.ready())? {
                self.go_on(of)?;
                continue;
            }
            let now = self.context.now;
            let Some(timer) = self.with_instances(|rows| rows.due(now))? else {
                return self.commit();
            };
            let of = (timer.instance, timer.token);
            match timer.event {
                TASK_DUE => self.with_instances(|rows| {
                    rows.remove_timer(timer.id)?;
                    rows.overdue(of)
                })?,
                _ => self.timer_due(&timer)?,
            }
            self.tell_of(timer.instance, if timer.event == TASK_DUE { "overdue" } else { "timer" }, "")?;
            self.commit()?;
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
        self.commit()?;
        if !self.take_back_ended(&instance, of)? {
            return Ok(());
        }
        if let (Some(cursor), None) = (token.cursor, token.event) {
            return self.part_on(&instance, &token, cursor);
        }
        if token.message.is_some() && self.with_instances(|rows| rows.has_branches(of))? {
            return self.ends_by_message(&instance, &token);
        }
        self.living.steps = 0;
        let ran = self.stretch(&instance, &token, None);
        let fault = match ran {
            Ok(()) => {
                self.commit()?;
                return match self.with_instances(|rows| rows.instance(of.0))? {
                    Some(instance) if instance.state == InstanceState::Undoing => self.undo_all(&instance, of),
                    _ => Ok(()),
                };
            }
            Err(Failed::Store(error)) => return Err(error),
            Err(Failed::Fault(fault)) => fault,
        };
        let steps = self.living.steps;
        self.roll_back()?;
        if steps > 0 {
            // The same clock, the same answers: it comes to the same place.
            match self.stretch(&instance, &token, Some(steps)) {
                Ok(()) => {}
                Err(Failed::Store(error)) => return Err(error),
                Err(Failed::Fault(_)) => self.roll_back()?,
            }
        }
        self.stop(of, &fault)
    }

    /// The token stands still.
    fn stop(&mut self, of: (i64, i64), fault: &Fault) -> Result<()> {
        let why = fault.report(self.program);
        self.with_instances(|rows| rows.stop(of, &why))?;
        self.tell_of(of.0, "incident", &fault.to_string())?;
        self.commit()?;
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
            let params = object(&instance.params)?;
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
                Some((number as u16, given))
            }
        };
        Ok(vm.resume(point, &values, event, boundaries, self)?)
    }

    /// What has happened is what the token waited for: it waits for nothing else any more.
    fn taken(&mut self, token: &Token, instance: i64) -> Result<()> {
        if let Some(message) = token.message {
            self.with_instances(|rows| rows.take_message(message, instance))?;
            self.tell_of(instance, "message", &token.point)?;
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
        self.look_for_messages(of, &token.point, behind)
    }

    /// Takes the first message behind one of a number that came before the token waits for it.
    fn look_for_messages(&mut self, of: (i64, i64), point: &str, behind: i64) -> Result<()> {
        let (program, now) = (self.program, self.context.now);
        let instance = self.with_instances(|rows| rows.instance(of.0))?;
        let Some(instance) = instance else { return Ok(()) };
        let process = self.process_named(&instance.process)?;
        let known = &program.points[point_named(program, process, point)?.index()];
        let mut found: Option<(i64, i64, String)> = None;
        let mut beside: Vec<(i64, i64, String)> = Vec::new();
        for subscription in self.with_instances(|rows| rows.subscriptions_of(of))? {
            let fresh =
                matches!(known.events.get(subscription.event as usize), Some(Event::Message { fresh: true, .. }));
            if fresh {
                continue;
            }
            let kept = self.with_instances(|rows| rows.unclaimed(&subscription.message, &subscription.key, now))?;
            let event = known.events.get(subscription.event as usize);
            if matches!(event, Some(Event::Message { beside: true, .. })) {
                beside.extend(kept.into_iter().map(|message| (message.id, subscription.event, message.data)));
                continue;
            }
            if let Some(message) = kept.into_iter().find(|message| message.id > behind)
                && found.as_ref().is_none_or(|(id, ..)| message.id < *id)
            {
                found = Some((message.id, subscription.event, message.data));
            }
        }
        beside.sort();
        for (id, event, data) in beside {
            self.comes(of, event, Some(&data), Some(id))?;
        }
        match found {
            Some((id, event, data)) => self.comes(of, event, Some(&data), Some(id)),
            None => Ok(()),
        }
    }

    /// The token rests: what is stored, and what it waits for.
    fn rest(&mut self, of: (i64, i64), resting: &Resting) -> Result<()> {
        let program = self.program;
        let point = &program.points[resting.point.index()];
        let name = text(program, point.name);
        let mut live = Map::new();
        self.with_documents(|names| {
            for (stored, value) in point.live.iter().zip(&resting.live) {
                let json = codec::write(program, stored.shape, value, names)?;
                live.insert(text(program, stored.name).to_owned(), json);
            }
            Ok(())
        })?;
        let live = Json::Object(live).to_string();
        self.with_instances(|rows| rows.rest(of, name, &live))?;
        if point.events.is_empty() {
            return self.with_instances(|rows| rows.happened(of, None, None, None));
        }
        self.tell_of(of.0, "rests", name)?;
        if point.events.iter().any(|event| matches!(event, Event::Joined { .. })) {
            self.part(of, point)?;
        }
        let mut asked = resting.asked.iter();
        for (number, event) in point.events.iter().enumerate() {
            self.wait_for(of, number as i64, event, &mut asked)?;
        }
        self.look_for_messages(of, name, 0)?;
        self.join(of, point)
    }

    fn wait_for<'v>(
        &mut self,
        of: (i64, i64),
        number: i64,
        event: &Event,
        asked: &mut impl Iterator<Item = &'v Value>,
    ) -> Result<()> {
        let program = self.program;
        let now = self.context.now;
        let mut next = || asked.next().cloned().unwrap_or(Value::Word(0));
        let role = |value: &Value| {
            let role = value.word().and_then(|word| program.roles.get(usize::try_from(word).ok()?));
            role.map_or(String::new(), |name| text(program, *name).to_owned())
        };
        match event {
            Event::Task { name, shown, due, escalates, .. } => {
                let (title, for_role, shows) = (next(), next(), next());
                let due = due.then(&mut next).and_then(|due| due.word());
                let escalates = if *escalates { role(&next()) } else { String::new() };
                let shown = self.with_documents(|names| codec::write(program, *shown, &shows, names))?;
                let task = Task {
                    id: 0,
                    instance: of.0,
                    token: of.1,
                    event: number,
                    name: text(program, *name).to_owned(),
                    title: plain_text(&title),
                    role: role(&for_role),
                    escalated: String::new(),
                    escalates,
                    shown: shown.to_string(),
                    due,
                    overdue: false,
                    claimed_by: String::new(),
                    state: TaskState::Open,
                    ended_at: None,
                    ended_by: String::new(),
                };
                self.with_instances(|rows| {
                    rows.open_task(&task, now)?;
                    due.map_or(Ok(()), |due| rows.set_timer(of, TASK_DUE, due, None))
                })
            }
            Event::Message { message, .. } => {
                let key = plain_text(&next()).replace('\0', KEY_SEPARATOR);
                let name = text(program, program.messages[message.index()].name);
                self.with_instances(|rows| rows.subscribe(of, number, name, &key))
            }
            Event::Each { element } => {
                let Value::List(items) = next() else { return Err(unfit("branches for no list".to_owned())) };
                self.part_for_each(of, *element, &items)
            }
            Event::Joined { counted: true, .. } => {
                let enough = next().word().unwrap_or(1);
                self.with_instances(|rows| rows.set_enough(of, enough))
            }
            Event::Branch | Event::Joined { .. } => Ok(()),
            Event::Lock => {
                let key = plain_text(&next()).replace('\0', KEY_SEPARATOR);
                self.with_instances(|rows| rows.lock(of, number, &key))
            }
            Event::Moment => {
                let due = next().word().unwrap_or(now);
                self.with_instances(|rows| rows.set_timer(of, number, due, None))
            }
            Event::Every => {
                let (first, every) = (next().word().unwrap_or(now), next());
                let Value::Period { months, days, business_days, seconds } = every else {
                    return Err(unfit("an interval that is no period".to_owned()));
                };
                let every = [months, days, business_days, seconds];
                self.with_instances(|rows| rows.set_timer(of, number, first, Some(every)))
            }
            Event::Child { process } => {
                let params: Vec<Value> = self.declared(*process)?.params.iter().map(|_| next()).collect();
                let parent = Parent { instance: of.0, token: of.1, event: number };
                let child = self.enter(*process, &params, Some(parent))?;
                self.await_child(child, parent)
            }
        }
    }

    /// A child that was there before has perhaps ended already.
    fn await_child(&mut self, child: i64, parent: Parent) -> Result<()> {
        let Some(known) = self.with_instances(|rows| rows.instance(child))? else { return Ok(()) };
        match known.outcome {
            Some(outcome) if known.ended_at.is_some() => {
                let of = (parent.instance, parent.token);
                self.with_instances(|rows| rows.happened(of, Some(parent.event), Some(&outcome), None))
            }
            _ if known.parent == Some(parent) => Ok(()),
            None | Some(_) => self.with_instances(|rows| rows.adopt(child, parent)),
        }
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
        self.end(instance, InstanceState::Done, Some(&json))
    }

    pub(super) fn end(&mut self, instance: &Instance, state: InstanceState, outcome: Option<&str>) -> Result<()> {
        let now = self.context.now;
        self.with_instances(|rows| {
            rows.end(instance.id, state, outcome, now)?;
            rows.remove_tokens(instance.id, None, now)?;
            match instance.parent {
                Some(parent) => {
                    let of = (parent.instance, parent.token);
                    rows.happened(of, Some(parent.event), outcome, None)
                }
                None => Ok(()),
            }
        })?;
        self.tell_of(instance.id, state.name(), "")
    }

    /// Takes back the steps of a process that has failed or was cancelled, those of the children that it called first.
    pub(super) fn undo_all(&mut self, instance: &Instance, of: (i64, i64)) -> Result<()> {
        for child in self.with_instances(|rows| rows.ended_children(of))? {
            self.cancel_instance(child)?;
        }
        if !self.take_back(instance, of, None)? {
            return Ok(());
        }
        let state = if instance.outcome.is_some() { InstanceState::Failed } else { InstanceState::Cancelled };
        self.end(instance, state, instance.outcome.as_deref())?;
        self.commit()
    }

    /// Takes back steps, the last one first, each by itself: all of an instance, or those that are to be before one of
    /// its tokens goes on. `false` if one of them cannot be; the token stands still then.
    pub(super) fn take_back(&mut self, instance: &Instance, of: (i64, i64), before: Option<i64>) -> Result<bool> {
        let program = self.program;
        while let Some(log) = self.with_instances(|rows| rows.last_undo(instance.id, before))? {
            let Undo { seq, step, captured, entries } = log;
            self.commit()?;
            let entries = serde_json::from_str(&entries);
            self.living.entries = entries.map_err(|_| unfit("entries that are none".to_owned()))?;
            self.context.instance = instance_name(instance);
            let undo = undo_named(program, &instance.process, &step)?;
            let known = &program.undos[undo.index()];
            let captured = object(&captured)?;
            let values = self.with_documents(|names| codec::read_fields(program, &known.captured, &captured, names))?;
            let mut vm = self.new_machine();
            let done = vm.call_undo(undo, &values, self);
            self.context.instance.clear();
            match done {
                Ok(()) => {
                    self.with_instances(|rows| rows.remove_undo(instance.id, seq))?;
                    self.tell_of(instance.id, "undone", &step)?;
                    self.commit()?;
                }
                Err(fault) => {
                    self.roll_back()?;
                    self.stop(of, &fault)?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Why a stretch did not come to its end.
pub(super) enum Failed {
    Fault(Box<Fault>),
    Store(Error),
}

pub(super) type Run<T> = std::result::Result<T, Failed>;

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Store(error)
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

fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

pub(super) fn point_named(program: &Program, process: ProcessId, name: &str) -> Result<PointId> {
    let func = program.processes[process.index()].func;
    let place = program.points.iter().position(|point| point.func == func && text(program, point.name) == name);
    let place = place.ok_or_else(|| unfit(format!("the program has no place `{name}` any more")))?;
    Ok(PointId(place as u32))
}

pub(super) fn undo_named(program: &Program, process: &str, step: &str) -> Result<UndoId> {
    let place = program.undos.iter().position(|undo| {
        let known = &program.steps[undo.step.index()];
        text(program, known.name) == step && text(program, program.processes[known.process.index()].name) == process
    });
    let place = place.ok_or_else(|| unfit(format!("the program has no undo of `{step}` any more")))?;
    Ok(UndoId(place as u16))
}

/// The shape of what an event gives, if it gives something.
fn event_shape(program: &Program, event: &Event) -> Option<ShapeId> {
    match event {
        Event::Task { form, .. } => Some(*form),
        Event::Message { message, .. } => Some(program.messages[message.index()].record),
        Event::Each { element } => Some(*element),
        Event::Moment | Event::Every | Event::Lock | Event::Branch | Event::Joined { .. } => None,
        Event::Child { process } => Some(program.processes[process.index()].outcome),
    }
}
