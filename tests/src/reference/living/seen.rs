//! What people see of a town.

use super::super::text::{decimal, shown};
use super::super::value::digits_of;
use super::{Does, Entry, State, Town};
use bp_compiler::types::Type;
use std::fmt::Write;

/// An open task, as far as it is needed to do it.
#[derive(Clone, Debug)]
pub struct TaskSeen {
    pub id: i64,
    pub instance: i64,
    pub name: String,
    /// The record of its form.
    pub form: bp_compiler::types::RecordId,
}

/// All that is seen, a line each, so that it can be compared and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub instances: Vec<String>,
    pub tasks: Vec<String>,
    pub holds: Vec<String>,
    pub entries: Vec<String>,
    pub story: Vec<String>,
}

impl Town<'_> {
    pub fn tasks(&self) -> Does<Vec<TaskSeen>> {
        let seen = |task: &super::Task| match self.form_of(task)? {
            Type::Record(form) => Ok(TaskSeen { id: task.id, instance: task.of.0, name: task.name.clone(), form }),
            other => Err(super::Refused::Stop(format!("a form of {other:?}"))),
        };
        self.tasks.iter().map(seen).collect()
    }

    pub fn process_of_instance(&self, id: i64) -> Option<bp_compiler::types::ProcessId> {
        self.instance(id).map(|instance| instance.process)
    }

    /// How many instances there are.
    pub fn instances(&self) -> i64 {
        self.instances.len() as i64
    }

    /// Instances that stand still somewhere.
    pub fn stopped(&self) -> Vec<i64> {
        let stopped = self.instances.iter().filter(|instance| instance.tokens.iter().any(|token| token.incident));
        stopped.map(|instance| instance.id).collect()
    }

    /// What has been evaluated since it was last asked, and how often.
    pub fn take_used(&mut self) -> crate::reference::Used {
        std::mem::take(&mut self.evaluator.used)
    }

    /// The moment that the clock shows.
    pub fn now(&self) -> i64 {
        self.evaluator.now
    }

    /// How many instances are in each state, and how many stand still.
    pub fn states(&self) -> Vec<&'static str> {
        let state = |instance: &super::Instance| match instance.state {
            State::Running if instance.tokens.iter().any(|token| token.incident) => "incident",
            State::Undoing if instance.tokens.iter().any(|token| token.incident) => "incident while taken back",
            State::Running => "running",
            State::Undoing => "undoing",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        };
        self.instances.iter().map(state).collect()
    }

    /// # Errors
    /// A value is none of its type.
    pub fn seen(&self) -> Does<Seen> {
        let mut seen = Seen { story: self.story.clone(), ..Seen::default() };
        for instance in &self.instances {
            let declared = &self.checked.processes[instance.process.index()];
            let state = match instance.state {
                State::Running => "running",
                State::Undoing => "undoing",
                State::Done => "done",
                State::Failed => "failed",
                State::Cancelled => "cancelled",
            };
            let mut line = format!("{} {} {state}", instance.id, declared.name);
            if let Some(outcome) = instance.outcome.as_ref().filter(|_| instance.ended) {
                let text = match outcome {
                    super::Val::Case(0, parts) => match parts.first() {
                        Some(result) => shown(self.checked, result, &declared.result)?,
                        None => String::new(),
                    },
                    failure => shown(self.checked, failure, &Type::Enum(declared.outcome))?,
                };
                let _ = write!(line, ": {text}");
            }
            let mut tokens: Vec<_> = instance.tokens.iter().collect();
            tokens.sort_by_key(|token| token.id);
            for token in tokens {
                let of = (instance.id, token.id);
                let mut waits = Vec::new();
                for task in self.tasks.iter().filter(|task| task.of == of) {
                    waits.push(format!("task {}", task.id));
                }
                for wait in self.waits.iter().filter(|wait| wait.of == of) {
                    let name = &self.checked.messages[wait.message.index()].name;
                    waits.push(format!("message {name} {}", wait.key));
                }
                let mut timers: Vec<_> = self.timers.iter().filter(|timer| timer.of == of).collect();
                timers.sort_by_key(|timer| (timer.due, timer.id));
                for timer in timers.into_iter().filter(|timer| timer.event.is_some() && timer.stops == 0) {
                    waits.push(format!("moment {}", super::super::time::moment_text(timer.due)));
                }
                for child in self.instances.iter().filter(|child| !child.ended) {
                    if child.parents.iter().any(|(parent, _)| *parent == of) {
                        waits.push(format!("instance {}", child.id));
                    }
                }
                if self.has_branches(of) && waits.is_empty() && !token.incident {
                    continue;
                }
                let point = match (&token.point, token.incident) {
                    (Some(point), false) => point.rest.name.as_str(),
                    _ => "",
                };
                let incident = if token.incident { " stands still" } else { "" };
                let _ = write!(line, " | {point} [{}]{incident}", waits.join(", "));
            }
            seen.instances.push(line);
        }
        for task in &self.tasks {
            let (role, due) = (usize::try_from(task.role).unwrap_or_default(), task.due);
            let due = due.map(|due| format!(" due {}", super::super::time::moment_text(due))).unwrap_or_default();
            let overdue = if task.overdue { " overdue" } else { "" };
            let role = self.checked.roles.get(role).map_or("", |role| role.as_str());
            let (id, of, name, title) = (task.id, task.of.0, &task.name, &task.title);
            seen.tasks.push(format!("{id} of {of} {name} {title:?} for {role}{due}{overdue}"));
        }
        for (account, declared) in self.checked.accounts.iter().enumerate() {
            let held = self.evaluator.world.held_on(bp_compiler::types::AccountId(account as u32));
            seen.holds.push(format!("{} {held}", declared.name));
        }
        for (number, entry) in self.entries.iter().enumerate() {
            seen.entries.push(self.entry(number + 1, entry)?);
        }
        Ok(seen)
    }

    fn entry(&self, number: usize, entry: &Entry) -> Does<String> {
        let day = super::super::time::date_text(entry.posting.day);
        let of = format!("{} {}", self.process_of(entry.instance), entry.instance);
        let mut line = format!("{number} {day} {:?} {of} {}", entry.posting.text, entry.step);
        if let Some(reverses) = entry.posting.reverses {
            let _ = write!(line, " reverses {reverses}");
        }
        for made in &entry.posting.lines {
            let account = &self.checked.accounts[made.cell.0.index()];
            let mut dims = Vec::new();
            for (value, (_, ty)) in made.cell.1.iter().zip(&account.dimensions) {
                dims.push(match value {
                    super::Val::Num(number) => decimal(&digits_of(number, 0)?, 0),
                    value => shown(self.checked, value, ty)?,
                });
            }
            let _ = write!(line, "; {}[{}] {}", account.name, dims.join(", "), made.amount);
        }
        Ok(line)
    }

    fn process_of(&self, instance: i64) -> String {
        let known = self.instance(instance).map(|known| &self.checked.processes[known.process.index()]);
        known.map_or(String::new(), |process| process.name.to_string())
    }
}
