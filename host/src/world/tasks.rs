//! Tasks: who may do them, and by what they know.

use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{EntityId, ShapeId};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;
use serde_json::Value as Json;

use super::desk::record_fields;
use super::{HostWorld, codec, text};
use crate::error::{Refused, Result};
use crate::instances::{Seen, Task, TaskState};

impl HostWorld<'_> {
    /// Does a task with its form, a value of the form's record.
    pub fn complete_task(&mut self, instance: i64, name: &str, form: &Value) -> Result<()> {
        self.end_of_call()?;
        let task = self.with_instances(|rows| rows.task_of(instance, name))?;
        let Some(task) = task else {
            let process = self.instance(instance)?.map_or(String::new(), |instance| instance.process);
            let why = format!("its task `{name}` is not open");
            return Err(Refused::Value { place: process, why }.into());
        };
        self.task_done(&task, form)
    }

    /// Does a task of a number with its form, a value of the form's record ([`HostWorld::form_of`]).
    ///
    /// Errors, with nothing done, if whoever does it may not, or if a document was changed since the task showed it;
    /// it shows it anew from then on.
    pub fn complete_numbered(&mut self, id: i64, form: &Value) -> Result<()> {
        self.end_of_call()?;
        let task = self.task_to_do(id)?;
        self.task_done(&task, form)
    }

    /// The next open tasks behind one of a number, at most so many.
    pub fn tasks(&mut self, behind: i64, most: i64) -> Result<Vec<Task>> {
        self.with_instances(|rows| rows.tasks(behind, most))
    }

    pub fn task(&mut self, id: i64) -> Result<Option<Task>> {
        self.with_instances(|rows| rows.task(id))
    }

    /// The open task of a name of an instance.
    pub fn task_named(&mut self, instance: i64, name: &str) -> Result<Option<Task>> {
        self.with_instances(|rows| rows.task_of(instance, name))
    }

    /// A task that is still to be done, by its number.
    ///
    /// Errors if there is none of that number, or it is done or withdrawn.
    pub fn task_to_do(&mut self, id: i64) -> Result<Task> {
        let task = self.task(id)?.ok_or_else(|| Refused::Unknown { what: "task", name: id.to_string() })?;
        let when = border::moment_text(task.ended_at.unwrap_or_default());
        let why = match task.state {
            TaskState::Open => return Ok(task),
            TaskState::Done if task.ended_by.is_empty() => format!("it was completed already, at {when}"),
            TaskState::Done => format!("{} completed it already, at {when}", task.ended_by),
            TaskState::Withdrawn => format!("it was withdrawn at {when}: something else happened first"),
        };
        Err(refused(&task, why))
    }

    /// Whoever acts takes a task: nobody else does it until they give it back, or hand it on.
    ///
    /// Errors, with nothing done, if they may not, or if somebody else has it.
    pub fn claim(&mut self, id: i64) -> Result<()> {
        self.end_of_call()?;
        let task = self.task_to_do(id)?;
        let Some(actor) = self.living.actor.clone() else { return Err(refused(&task, "say who claims it".to_owned())) };
        self.may_do(&task)?;
        self.with_instances(|rows| rows.claim(task.id, &actor))?;
        self.tell_of(task.instance, "claimed", &task.name)?;
        self.stand()
    }

    /// Whoever has claimed a task gives it back to its role, or hands it on to somebody else who is in it.
    ///
    /// Errors, with nothing done, if nobody has claimed it, if somebody else has, or if the other one may not do it.
    pub fn hand_on_task(&mut self, id: i64, to: Option<&str>) -> Result<()> {
        self.end_of_call()?;
        let task = self.task_to_do(id)?;
        if self.living.actor.is_none() {
            return Err(refused(&task, "say who hands it on".to_owned()));
        }
        if task.claimed_by.is_empty() {
            return Err(refused(&task, "nobody has claimed it".to_owned()));
        }
        self.may_do(&task)?;
        if let Some(other) = to {
            self.is_in_role(&task, other)?;
        }
        self.with_instances(|rows| rows.claim(task.id, to.unwrap_or_default()))?;
        self.tell_of(task.instance, if to.is_some() { "delegated" } else { "given back" }, &task.name)?;
        self.stand()
    }

    /// The task is for whoever acts: they are in its role, and nobody else has claimed it.
    fn may_do(&mut self, task: &Task) -> Result<()> {
        let actor = self.living.actor.clone();
        if !task.claimed_by.is_empty() && actor.as_ref() != Some(&task.claimed_by) {
            return Err(refused(task, format!("{} has claimed it", task.claimed_by)));
        }
        match actor {
            Some(actor) => self.is_in_role(task, &actor),
            None => match self.with_instances(|rows| rows.holders(&task.role))?.is_empty() {
                true => Ok(()),
                false => Err(refused(task, format!("it is for the role {}: say who does it", task.role))),
            },
        }
    }

    /// Somebody is in a task's role, or in the one that it has gone to. A role that nobody was given is everybody's.
    fn is_in_role(&mut self, task: &Task, user: &str) -> Result<()> {
        let roles = [&task.role, &task.escalated];
        for role in roles.into_iter().filter(|role| !role.is_empty()) {
            let holders = self.with_instances(|rows| rows.holders(role))?;
            if holders.is_empty() || holders.iter().any(|holder| holder == user) {
                return Ok(());
            }
        }
        let of: Vec<&str> = roles.into_iter().map(String::as_str).filter(|role| !role.is_empty()).collect();
        Err(refused(task, format!("it is for the role {}, and {user} is not in it", of.join(" or "))))
    }

    /// Who is in a role, in the order of their names; nobody where everybody may do what is for it.
    ///
    /// Errors if the program has no such role.
    pub fn holders(&mut self, role: &str) -> Result<Vec<String>> {
        self.known_role(role)?;
        self.with_instances(|rows| rows.holders(role))
    }

    /// Puts somebody into a role, or takes them out of it; `false` if they were there, or not there, already.
    ///
    /// Errors if the program has no such role.
    pub fn set_holder(&mut self, role: &str, user: &str, holds: bool) -> Result<bool> {
        self.end_of_call()?;
        self.known_role(role)?;
        let was = self.with_instances(|rows| rows.holders(role))?.iter().any(|holder| holder == user);
        if was == holds {
            return Ok(false);
        }
        let (author, now) = (self.context.author.clone(), self.context.now);
        self.with_instances(|rows| rows.set_holder(role, user, holds, (&author, now)))?;
        self.stand()?;
        Ok(true)
    }

    fn known_role(&self, role: &str) -> Result<()> {
        let mut roles = self.program.roles.iter().map(|name| text(self.program, *name));
        match roles.any(|known| known == role) {
            true => Ok(()),
            false => Err(Refused::Unknown { what: "role", name: role.to_owned() }.into()),
        }
    }

    /// A task is done, and what waited for it goes on.
    fn task_done(&mut self, task: &Task, form: &Value) -> Result<()> {
        let shape = self.form_of(task)?;
        let program = self.program;
        let given = self.with_documents(|names| codec::write(program, shape, form, names))?.to_string();
        let (of, event) = ((task.instance, task.token), task.event);
        let token = self.with_instances(|rows| rows.token(of.0, of.1))?;
        if token.is_some_and(|token| token.incident.is_some()) {
            let why = format!("instance {} stands still; it has to be retried before", task.instance);
            return Err(refused(task, why));
        }
        self.may_do(task)?;
        self.is_as_shown(task)?;
        if let Some(duty) = self.duty_of(task)? {
            self.play(duty, task.instance, &format!("task {}", task.id))?;
        }
        let (author, now) = (self.context.author.clone(), self.context.now);
        self.with_instances(|rows| {
            rows.end_task(task.id, &author, now)?;
            rows.happened(of, Some(event), Some(&given), None)
        })?;
        self.tell_of(task.instance, "task", &task.name)?;
        self.settle_all()
    }

    /// The shape of the form that a task asks for.
    pub fn form_of(&mut self, task: &Task) -> Result<ShapeId> {
        self.shapes_of(task).map(|(form, _)| form)
    }

    /// The documents that a task's record shows, each with its version.
    pub(super) fn seen_in(&mut self, shown: ShapeId, shows: &Value) -> Result<Vec<Seen>> {
        let program = self.program;
        let mut found: Vec<(EntityId, i64)> = Vec::new();
        documents(program, shown, shows, &mut found);
        found.sort_unstable_by_key(|(entity, reference)| (entity.0, *reference));
        found.dedup();
        found
            .into_iter()
            .map(|(entity, reference)| {
                let entity = text(program, program.entities[entity.index()].name).to_owned();
                let version = self.with_documents(|names| names.documents.read(&entity, reference))?.version;
                Ok(Seen { entity, reference, version })
            })
            .collect()
    }

    /// No document was changed since the task showed it.
    ///
    /// Errors where one was, with what is new; the task shows it as it is from then on.
    fn is_as_shown(&mut self, task: &Task) -> Result<()> {
        let seen = self.with_instances(|rows| rows.seen(task.id))?;
        let (mut changes, mut now_seen) = (Vec::new(), Vec::with_capacity(seen.len()));
        for seen in seen {
            let document = self.with_documents(|names| names.documents.read(&seen.entity, seen.reference))?;
            if document.version != seen.version {
                changes.push(self.changed_since(&seen, &document.id)?);
            }
            now_seen.push(Seen { version: document.version, ..seen });
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.with_instances(|rows| rows.set_seen(task.id, &now_seen))?;
        self.stand()?;
        Err(refused(task, format!("{}; look at it again", changes.join("; "))))
    }

    /// What has become of a document behind the version that was seen: `Order O/1 has changed: total is 12, was 10`.
    fn changed_since(&mut self, seen: &Seen, name: &str) -> Result<String> {
        let history = self.with_documents(|names| names.documents.history(&seen.entity, seen.reference))?;
        let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
        for change in history.into_iter().filter(|change| change.version > seen.version) {
            for (field, value) in change.before {
                before.entry(field).or_insert(value);
            }
            after.extend(change.after);
        }
        let said = |value: Option<&Json>| match value {
            None | Some(Json::Null) => "none".to_owned(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let fields: Vec<String> = after
            .iter()
            .filter(|(field, now)| before.get(*field) != Some(now))
            .map(|(field, now)| format!("{field} is {}, was {}", said(Some(now)), said(before.get(field))))
            .collect();
        let fields = if fields.is_empty() { "and back".to_owned() } else { fields.join(", ") };
        Ok(format!("{} {name} has changed: {fields}", seen.entity))
    }
}

fn refused(task: &Task, why: String) -> crate::Error {
    Refused::Value { place: format!("task {}", task.id), why }.into()
}

/// The documents that a value speaks of.
fn documents(program: &Program, shape: ShapeId, value: &Value, found: &mut Vec<(EntityId, i64)>) {
    match (program.shapes.get(shape.index()), value) {
        (Some(Shape::Document(entity)), Value::Word(reference)) => found.push((*entity, *reference)),
        (Some(Shape::Record(_)), Value::Record(values)) => {
            for (field, value) in record_fields(program, shape).iter().zip(values) {
                documents(program, field.shape, value, found);
            }
        }
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => documents(program, *inner, value, found),
        (Some(Shape::List(of)), Value::List(values)) => {
            values.iter().for_each(|value| documents(program, *of, value, found));
        }
        _ => {}
    }
}
