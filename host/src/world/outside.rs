//! What comes to processes from outside – starts, forms, messages, time – and what is seen of them.

use bp_bytecode::border;
use bp_bytecode::index::{MessageId, ProcessId, ShapeId, UndoId};
use bp_bytecode::process::Channel;
use bp_bytecode::value::Value;
use bp_vm::time::{local, moment_plus};
use bp_vm::{Refusal, World};
use serde_json::{Map, Value as Json};

use super::living::{object, parsed, unfit};
use super::{HostWorld, codec, text};
use crate::error::{Error, Refused, Result};
use crate::instances::{Event, Instance, Sent, Token};

/// How long a message is kept for who comes to wait for it, in seconds, unless it says otherwise: 30 days.
const KEEP: i64 = 30 * 86_400;

/// Work that the calendar may take when the clock moves.
const CALENDAR_STEPS: u64 = 10_000_000;

/// What a message that came was to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The number that the message has here; of a duplicate that of the first.
    pub message: i64,
    pub fate: Fate,
}

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// An instance took it.
    Taken { by: i64 },
    /// Nobody waits for it; it is kept until a moment, in seconds since 1970-01-01T00:00:00Z.
    Kept { until: i64 },
    /// It goes to all: so many took it, the first of them this one; it is kept for others until a moment.
    Shared { takers: u64, first: i64, until: i64 },
    /// The sender sent it before; perhaps an instance took it then.
    Duplicate { taken_by: Option<i64> },
}

/// The channel of messages to processes.
const MESSAGES: &str = "message";

impl<'a> HostWorld<'a> {
    /// Starts a process, or finds the instance of its key, and lets all go on that can.
    pub fn start_process(&mut self, process: ProcessId, params: &[Value]) -> Result<i64> {
        self.end_of_call()?;
        self.start_once(process, params).map(|(id, _)| id)
    }

    /// A message comes, a value of its record. It goes to the oldest that waits for it, or is kept for who comes to.
    /// What has become of it.
    ///
    /// Errors besides those of the store: [`Refused::Value`] for a message that only processes send.
    pub fn deliver_message(
        &mut self,
        message: MessageId,
        record: &Value,
        (sender, sender_id): (&str, &str),
    ) -> Result<Delivered> {
        self.end_of_call()?;
        let known = self.message_known(message)?;
        if known.internal {
            let place = text(self.program, known.name).to_owned();
            return Err(Refused::Value { place, why: "only processes send this message".to_owned() }.into());
        }
        // What is due before the message came is served before it.
        self.settle_all()?;
        let delivered = self.take_in(message, record, (sender, sender_id))?;
        self.settle_all()?;
        Ok(delivered)
    }

    /// A message goes to the oldest that waits for it, or is kept; what that sends is left for later.
    fn take_in(&mut self, message: MessageId, record: &Value, (sender, sender_id): (&str, &str)) -> Result<Delivered> {
        let program = self.program;
        let known = self.message_known(message)?;
        let name = text(program, known.name);
        if let Some(before) = self.with_instances(|rows| rows.sent_before(name, sender, sender_id))? {
            let taken_by = self.with_instances(|rows| rows.taken_by(before))?;
            return Ok(Delivered { message: before, fate: Fate::Duplicate { taken_by } });
        }
        let key = self.message_key(known, record)?;
        let data = self.with_documents(|names| codec::write(program, known.record, record, names))?.to_string();
        let now = self.context.now;
        let keep = match known.keep {
            Some(func) => {
                let period = self.period(func)?;
                self.later(&period)?
            }
            None => now.saturating_add(KEEP),
        };
        let id = self.with_instances(|rows| {
            rows.put_message(name, &key, (sender, sender_id), &data, (now, keep, known.to_all))
        })?;
        self.stand()?;
        for subscription in self.with_instances(|rows| rows.subscriptions(name, &key))? {
            let of = (subscription.instance, subscription.token);
            let event = subscription.event;
            // Who had it before may have ended others, or gone on to wait for something else.
            if !self.with_instances(|rows| rows.still_waits(subscription.id))? {
                continue;
            }
            self.comes(of, event, Some(&data), Some(id))?;
            self.settle()?;
            if known.to_all {
                continue;
            }
            // Who stands still over it has it as well, and takes it when an operator lets it go on.
            let stopped = self.with_instances(|rows| rows.stopped_over(id))?;
            let taker = self.with_instances(|rows| rows.taken_by(id))?;
            if let Some(taker) = taker.or(stopped) {
                return Ok(Delivered { message: id, fate: Fate::Taken { by: taker } });
            }
        }
        let takers = self.with_instances(|rows| rows.takers(id))?;
        let fate = match takers.first() {
            None => Fate::Kept { until: keep },
            Some(first) => Fate::Shared { takers: takers.len() as u64, first: *first, until: keep },
        };
        Ok(Delivered { message: id, fate })
    }

    fn message_known(&self, message: MessageId) -> Result<&'a bp_bytecode::process::Message> {
        let known = self.program.messages.get(message.index());
        known.ok_or_else(|| unfit("the program has no such message".to_owned()))
    }

    /// A process sends a message: it is on its way when the step is committed.
    pub(super) fn put_message(&mut self, message: MessageId, record: &Value) -> Result<()> {
        let (program, current, now) = (self.program, self.current()?, self.context.now);
        let known = self.message_known(message)?;
        let data = self.with_documents(|names| codec::write(program, known.record, record, names))?.to_string();
        let name = text(program, known.name);
        self.with_instances(|rows| rows.send(current, MESSAGES, name, &data, now))?;
        self.tell("sent", name)
    }

    /// Delivers the oldest message that a process has sent, once; whether there was one.
    pub(super) fn deliver_sent(&mut self) -> Result<bool> {
        let (program, now) = (self.program, self.context.now);
        let Some(sent) = self.with_instances(|rows| rows.next_sent(MESSAGES))? else { return Ok(false) };
        self.with_instances(|rows| rows.is_sent(&sent.key, now))?;
        let message = program.messages.iter().position(|message| text(program, message.name) == sent.address);
        // A program that knows it no more has nobody who waits for it.
        if let Some(message) = message {
            let shape = program.messages[message].record;
            match self.with_documents(|names| codec::read(program, shape, &parsed(&sent.data)?, names)) {
                Ok(record) => {
                    let sender = format!("instance {}", sent.instance);
                    self.take_in(MessageId(message as u16), &record, (&sender, &sent.key))?;
                }
                Err(Error::Store(error)) => return Err(error.into()),
                // A program that took over meanwhile has another message of that name: nobody waits for the one before.
                Err(_) => self.tell_of(sent.instance, "undelivered", &sent.address)?,
            }
        }
        self.stand()?;
        Ok(true)
    }

    /// The next mails and HTTP calls behind one of a number that wait to be sent, at most so many, with their numbers.
    pub fn unsent(&mut self, behind: i64, most: i64) -> Result<Vec<(i64, Sent)>> {
        self.with_instances(|rows| rows.unsent(behind, most))
    }

    /// Something that waited was sent; `false` if nothing of that key waits.
    pub fn was_sent(&mut self, key: &str) -> Result<bool> {
        let now = self.context.now;
        let waited = self.with_instances(|rows| rows.is_sent(key, now))?;
        self.stand()?;
        Ok(waited)
    }

    fn message_key(&mut self, message: &bp_bytecode::process::Message, record: &Value) -> Result<String> {
        let program = self.program;
        let (Some(bp_bytecode::shape::Shape::Record(shape)), Value::Record(values)) =
            (program.shapes.get(message.record.index()), record)
        else {
            return Err(unfit("a message is a record".to_owned()));
        };
        let mut parts = Vec::with_capacity(message.key.len());
        for field in &message.key {
            let at = usize::from(*field);
            let (field, value) = (&shape.fields[at], &values[at]);
            // As a text in the language shows it, which is what who waits compares with.
            parts.push(match program.shapes.get(field.shape.index()) {
                Some(bp_bytecode::shape::Shape::Document(entity)) => {
                    let reference = value.word().unwrap_or_default();
                    self.name(*entity, reference)?
                }
                _ => border::display(program, field.shape, value),
            });
        }
        Ok(parts.join("\u{1f}"))
    }

    /// Moves the clock on by a period, with all that becomes due on the way, each at its own moment.
    pub fn advance_clock(&mut self, by: &Value) -> Result<()> {
        self.end_of_call()?;
        let until = self.later(by)?;
        self.advance_to(until)
    }

    /// Moves the clock on to a moment, with all that becomes due on the way.
    pub fn advance_to(&mut self, until: i64) -> Result<()> {
        self.come_to(until, None)
    }

    /// The same; `back` is the moment when the host came back, where it was away.
    pub(super) fn come_to(&mut self, until: i64, back: Option<i64>) -> Result<()> {
        // What was deployed while the host was away begins with its coming back.
        if back.is_none() {
            self.begin_schedules()?;
        }
        self.settle_all()?;
        loop {
            let (timer, schedule) = (self.next_due(until)?, self.next_schedule(until)?);
            match (timer, schedule) {
                (timer, Some((due, schedule))) if timer.is_none_or(|timer| due < timer) => {
                    self.clock_at(due.max(self.context.now))?;
                    self.fire(due, schedule, back)?;
                }
                (Some(due), _) => {
                    self.clock_at(due.max(self.context.now))?;
                    self.settle_all()?;
                }
                (None, _) => break,
            }
        }
        self.clock_at(until.max(self.context.now))?;
        self.begin_schedules()?;
        self.settle_all()
    }

    pub(super) fn clock_at(&mut self, now: i64) -> Result<()> {
        let (today, _) = local(&self.zone, now).map_err(|raise| unfit(raise.to_string()))?;
        self.stand()?;
        self.set_clock(today, now);
        Ok(())
    }

    /// The moment that is a period away from now.
    fn later(&mut self, by: &Value) -> Result<i64> {
        self.later_than(self.context.now, by)
    }

    /// The moment that is a period behind another one.
    pub(super) fn later_than(&mut self, from: i64, by: &Value) -> Result<i64> {
        let Value::Period { months, days, business_days, seconds } = *by else {
            return Err(unfit("a time that is no period".to_owned()));
        };
        let zone = self.zone.clone();
        let mut steps = CALENDAR_STEPS;
        let period = [months, days, business_days, seconds];
        moment_plus(&zone, from, period, &mut |day| self.is_business_day(day), &mut steps)
            .map_err(|raise| unfit(raise.to_string()))
    }

    /// What the call at hand has done outside of steps is done before others run.
    pub(super) fn end_of_call(&mut self) -> Result<()> {
        self.call_end(true).map_err(|refusal| unfit(refusal.0))
    }

    // ---- what is seen of processes

    pub fn instance(&mut self, id: i64) -> Result<Option<Instance>> {
        self.with_instances(|rows| rows.instance(id))
    }

    /// The next instances behind one of a number, at most so many.
    pub fn instances(&mut self, behind: i64, most: i64) -> Result<Vec<Instance>> {
        self.with_instances(|rows| rows.instances(behind, most))
    }

    /// Where an instance stands.
    pub fn tokens(&mut self, instance: i64) -> Result<Vec<Token>> {
        self.with_instances(|rows| rows.tokens(instance))
    }

    /// The story of an instance.
    pub fn story(&mut self, instance: i64) -> Result<Vec<Event>> {
        self.with_instances(|rows| rows.story(instance))
    }

    /// What stands still until an operator lets it go on.
    pub fn incidents(&mut self) -> Result<Vec<Token>> {
        self.with_instances(|rows| rows.incidents())
    }

    /// Lets what stands still try again.
    pub fn retry(&mut self, instance: i64, token: i64) -> Result<()> {
        let (of, now) = ((instance, token), self.context.now);
        self.with_instances(|rows| match rows.token(instance, token)? {
            // What could not be asked is asked again; nothing has happened yet that it could go on with.
            Some(stopped) if stopped.event.is_none() && rows.reopen_requests(of, now)? => rows.stands_no_more(of),
            _ => rows.retry(of),
        })?;
        self.tell_of(instance, "retried", "")?;
        self.settle_all()
    }

    // ---- what a running process tells, and a test asks

    pub(super) fn put_undo(&mut self, undo: UndoId, captured: &[Value]) -> Result<()> {
        let (program, current) = (self.program, (self.current()?, self.current_token()));
        let known = &program.undos[undo.index()];
        let step = text(program, program.steps[known.step.index()].name);
        let captured = self.with_documents(|names| {
            codec::write_fields(program, &known.captured, captured, Map::new(), names).map(Json::Object)
        })?;
        let entries = Json::from(self.entries()).to_string();
        self.with_instances(|rows| rows.put_undo(current, step, &captured.to_string(), &entries))
    }

    /// Posts the opposite of what the step posted that is being taken back, the last entry first.
    pub(super) fn reverse_entries(&mut self) -> Result<()> {
        let entries: Vec<i64> = self.entries().iter().rev().copied().collect();
        entries.into_iter().try_for_each(|entry| self.reverse_entry(entry))
    }

    pub(super) fn put_mail(&mut self, channel: Channel, shape: ShapeId, what: &Value, to: &str) -> Result<()> {
        let (program, current, now) = (self.program, self.current()?, self.context.now);
        let data = self.with_documents(|names| codec::write(program, shape, what, names))?.to_string();
        let channel = channel_name(channel);
        self.with_instances(|rows| rows.send(current, channel, to, &data, now))?;
        self.tell("sent", to)
    }

    pub(super) fn outcome(&mut self, run: i64) -> Result<Option<Value>> {
        let program = self.program;
        let Some(instance) = self.instance(run)? else { return Err(unfit("there is no such run".to_owned())) };
        let (Some(outcome), Some(_)) = (&instance.outcome, instance.ended_at) else { return Ok(None) };
        let declared = program.processes.iter().find(|process| text(program, process.name) == instance.process);
        let declared = declared.ok_or_else(|| unfit("the program has no such process any more".to_owned()))?;
        let json: Json = serde_json::from_str(outcome).map_err(|_| unfit("an outcome that is no JSON".to_owned()))?;
        self.with_documents(|names| codec::read(program, declared.outcome, &json, names)).map(Some)
    }

    pub(super) fn keep_note(&mut self, name: &str, shape: Option<ShapeId>, value: &Value) -> Result<()> {
        let (program, current) = (self.program, self.current()?);
        let json = match shape {
            Some(shape) => self.with_documents(|names| codec::write(program, shape, value, names))?,
            None => Json::from(value.word()),
        };
        let Some(instance) = self.instance(current)? else { return Ok(()) };
        let mut noted = object(&instance.noted)?;
        noted.insert(name.to_owned(), json);
        self.with_instances(|rows| rows.set_noted(current, &Json::Object(noted).to_string()))
    }

    pub(super) fn noted(&mut self, run: i64, name: &str, shape: Option<ShapeId>) -> Result<Value> {
        let program = self.program;
        let instance = self.instance(run)?.ok_or_else(|| unfit("there is no such run".to_owned()))?;
        let noted = object(&instance.noted)?;
        let Some(json) = noted.get(name) else {
            let why = format!("`{name}` has no value yet");
            return Err(Refused::Value { place: instance.process, why }.into());
        };
        match shape {
            Some(shape) => self.with_documents(|names| codec::read(program, shape, json, names)),
            None => Ok(Value::Word(json.as_i64().unwrap_or_default())),
        }
    }

    pub(super) fn open_task(&mut self, run: i64, name: &str) -> Result<Option<String>> {
        Ok(self.with_instances(|rows| rows.task_of(run, name))?.map(|task| task.title))
    }

    /// How much went, or is to go, by a channel to an address.
    pub fn sent_to(&mut self, channel: Channel, to: &str) -> Result<i64> {
        self.with_instances(|rows| rows.sent_to(channel_name(channel), to))
    }

    /// Starts a process for a process or a test.
    pub(super) fn start_for(&mut self, process: ProcessId, params: &[Value]) -> Result<i64> {
        match self.current() {
            // It begins when the stretch that starts it is through. What takes it back has nothing to do with the
            // entries of the step before.
            Ok(_) => {
                self.forget_entries();
                self.enter(process, params, None)
            }
            Err(_) => self.start_process(process, params),
        }
    }
}

fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Http => "http",
    }
}

/// What the VM is told when something may not be.
pub(super) fn told<T>(result: Result<T>) -> std::result::Result<T, Refusal> {
    result.map_err(super::refusal)
}
