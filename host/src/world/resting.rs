//! How a token rests: what is stored of it, and what it waits for.

use bp_bytecode::process::Event;
use bp_bytecode::value::Value;
use bp_vm::Resting;
use serde_json::{Map, Value as Json};

use super::living::{KEY_SEPARATOR, TASK_DUE, point_named, unfit};
use super::{HostWorld, codec, text};
use crate::error::Result;
use crate::instances::{Message, Parent, Task, TaskState};

impl HostWorld<'_> {
    /// Takes the first message behind one of a number that came before the token waits for it; and, where it `begins` to
    /// wait, every one that is for what begins beside its branches. Where that first one is on its way to another token,
    /// the token looks again when its turn comes: by then that one has taken it or left it.
    pub(super) fn look_for_messages(&mut self, of: (i64, i64), point: &str, behind: i64, begins: bool) -> Result<()> {
        let (program, now) = (self.program, self.context.now);
        let instance = self.with_instances(|rows| rows.instance(of.0))?;
        let Some(instance) = instance else { return Ok(()) };
        let process = self.process_named(&instance.process)?;
        let known = &program.points[point_named(program, process, point)?.index()];
        let mut found: Option<(Message, i64, bool)> = None;
        let mut beside: Vec<(i64, i64, String)> = Vec::new();
        for subscription in self.with_instances(|rows| rows.subscriptions_of(of))? {
            let event = known.events.get(subscription.event as usize);
            if matches!(event, Some(Event::Message { fresh: true, .. })) {
                continue;
            }
            let kept =
                self.with_instances(|rows| rows.unclaimed(&subscription.message, &subscription.key, of.0, now))?;
            if matches!(event, Some(Event::Message { beside: true, .. })) {
                // Behind the beginning each was offered when it came.
                let kept = kept.into_iter().filter(|(_, offered)| begins && !offered);
                beside.extend(kept.map(|(message, _)| (message.id, subscription.event, message.data)));
                continue;
            }
            if let Some((message, offered)) = kept.into_iter().find(|(message, _)| message.id > behind)
                && found.as_ref().is_none_or(|(known, ..)| message.id < known.id)
            {
                found = Some((message, subscription.event, offered));
            }
        }
        beside.sort();
        for (id, event, data) in beside {
            self.comes(of, event, Some(&data), Some(id))?;
        }
        match found {
            Some((_, _, true)) => self.with_instances(|rows| rows.happened(of, None, None, None)),
            Some((message, event, false)) => self.comes(of, event, Some(&message.data), Some(message.id)),
            None => Ok(()),
        }
    }

    /// The token rests: what is stored, and what it waits for.
    pub(super) fn rest(&mut self, of: (i64, i64), resting: &Resting) -> Result<()> {
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
        if point.events.is_empty() {
            // Behind a step: it is still its turn.
            return self.with_instances(|rows| rows.pauses(of, name, &live));
        }
        self.with_instances(|rows| rows.rest(of, name, &live))?;
        self.tell_of(of.0, "rests", name)?;
        if point.events.iter().any(|event| matches!(event, Event::Joined { .. })) {
            self.part(of, point)?;
        }
        let mut asked = resting.asked.iter();
        for (number, event) in point.events.iter().enumerate() {
            self.wait_for(of, number as i64, event, &mut asked)?;
        }
        self.look_for_messages(of, name, 0, true)?;
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
            Event::Task { name, shown, due, escalates, may_change, .. } => {
                let (title, for_role, shows) = (next(), next(), next());
                let due = due.then(&mut next).and_then(|due| due.word());
                let escalates = if *escalates { role(&next()) } else { String::new() };
                let seen = if *may_change { Vec::new() } else { self.seen_in(*shown, &shows)? };
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
                    revision: 1,
                    state: TaskState::Open,
                    ended_at: None,
                    ended_by: String::new(),
                };
                self.with_instances(|rows| {
                    let id = rows.open_task(&task, now)?;
                    rows.put_seen(id, &seen)?;
                    due.map_or(Ok(()), |due| rows.set_timer(of, TASK_DUE, due, None))
                })
            }
            Event::Message { message, .. } => {
                let key = plain_text(&next()).replace('\0', KEY_SEPARATOR);
                let name = text(program, program.messages[message.index()].name);
                self.with_instances(|rows| rows.subscribe(of, number, name, &key))
            }
            Event::Request { operation, due, retries } => self.ask(of, number, (*operation, *due, *retries), next),
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
            Event::Child { process, .. } => {
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
            _ if known.ended_at.is_none() && known.parent.is_some_and(|first| first.token > 0) => {
                // Somebody else waits for it already, and is told first.
                self.with_instances(|rows| rows.await_end(child, parent))
            }
            None | Some(_) => self.with_instances(|rows| rows.adopt(child, parent)),
        }
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}
