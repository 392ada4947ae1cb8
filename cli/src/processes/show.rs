//! Instances, tasks and what is waited for, for people and for machines.

use super::session::failure;
use crate::failure::Result;
use crate::terminal::{Paint, pad_right, width};
use bp_bytecode::border::moment_text;
use bp_host::instances::{Event, Instance, Request, RequestState, Task};
use bp_host::world::{Came, HostWorld, Stand, Wait};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// Instances that are read at once.
pub const SHARE: i64 = 1_000;

/// What there is to show of an instance.
pub struct Shown {
    pub instance: Instance,
    pub came: Option<Came>,
    pub stands: Vec<Stand>,
}

impl Shown {
    pub fn read(world: &mut HostWorld<'_>, instance: Instance) -> Result<Shown> {
        let came = world.came(&instance).map_err(failure)?;
        let stands = world.stands(instance.id).map_err(failure)?;
        Ok(Shown { instance, came, stands })
    }

    /// Does it stand still somewhere?
    pub fn has_incident(&self) -> bool {
        self.stands.iter().any(|stand| stand.incident.is_some())
    }

    /// `1  sell A1  running`
    pub fn line(&self, paint: Paint) -> String {
        let state = match self.has_incident() {
            true => paint.red("stands still"),
            false => self.instance.state.name().to_owned(),
        };
        let came = self.came.as_ref().filter(|came| !came.text.is_empty());
        let came = came.map_or(String::new(), |came| format!(": {}", came.text));
        format!("{}  {}  {state}{came}\n", self.instance.id, named(&self.instance))
    }

    /// What it waits for, a line each.
    pub fn waits(&self, paint: Paint) -> String {
        let mut out = String::new();
        for stand in &self.stands {
            if let Some(why) = &stand.incident {
                let _ = writeln!(out, "  {} at {}: {}", paint.red("incident"), place(stand), indented(why));
                continue;
            }
            for wait in &stand.waits {
                let _ = writeln!(out, "  rests at {} {}", place(stand), wait_text(wait));
            }
        }
        out
    }

    pub fn json(&self) -> Json {
        let failed = self.came.as_ref().is_some_and(|came| came.failed);
        let of = |wanted: bool| self.came.as_ref().filter(|_| failed == wanted).map(|came| came.json.clone());
        let stand = |stand: &Stand| {
            let waits: Vec<Json> = stand.waits.iter().map(wait_json).collect();
            json!({ "at": stand.point, "waits": waits, "incident": stand.incident })
        };
        json!({
            "instance": self.instance.id,
            "process": self.instance.process,
            "key": self.instance.key_parts(),
            "state": self.instance.state.name(),
            "started_at": moment_text(self.instance.started_at),
            "ended_at": self.instance.ended_at.map(moment_text),
            "result": of(false),
            "failure": of(true),
            "stands": self.stands.iter().map(stand).collect::<Vec<_>>(),
        })
    }
}

/// How wide the longest word is for what happened.
pub fn event_width(story: &[Event]) -> usize {
    story.iter().map(|event| width(&event.what)).max().unwrap_or(0)
}

/// A line of a story.
pub fn event_line(event: &Event, columns: usize, paint: Paint) -> String {
    let by = if event.author.is_empty() { String::new() } else { format!("  ({})", event.author) };
    let what = format!("{}  {}", pad_right(&event.what, columns), event.name);
    format!("{}  {}{}", moment_text(event.at), what.trim_end(), paint.dim(&by))
}

pub fn event_json(event: &Event) -> Json {
    json!({
        "at": moment_text(event.at),
        "what": event.what,
        "name": event.name,
        "author": event.author,
    })
}

/// All instances, in the order of their numbers.
pub fn all_instances(world: &mut HostWorld<'_>) -> Result<Vec<Instance>> {
    let mut found: Vec<Instance> = Vec::new();
    loop {
        let behind = found.last().map_or(0, |last| last.id);
        let share = world.instances(behind, SHARE).map_err(failure)?;
        if share.is_empty() {
            return Ok(found);
        }
        found.extend(share);
    }
}

/// All open tasks, in the order of their numbers.
pub fn all_tasks(world: &mut HostWorld<'_>) -> Result<Vec<Task>> {
    let mut found: Vec<Task> = Vec::new();
    loop {
        let behind = found.last().map_or(0, |last| last.id);
        let share = world.tasks(behind, SHARE).map_err(failure)?;
        if share.is_empty() {
            return Ok(found);
        }
        found.extend(share);
    }
}

/// `sell A1`
pub fn named(instance: &Instance) -> String {
    let key = instance.key_parts().join(", ");
    if key.is_empty() { instance.process.clone() } else { format!("{} {key}", instance.process) }
}

/// `due 2026-10-31T08:30Z`, and whether that is over.
pub fn due(task: &Task) -> String {
    match task.due {
        None => String::new(),
        Some(due) if task.overdue => format!("overdue since {}", moment_text(due)),
        Some(due) => format!("due {}", moment_text(due)),
    }
}

/// What there is to say of a request: when it is due, who has it, how it went so far.
pub fn request_state(request: &Request) -> Vec<String> {
    let mut parts = Vec::new();
    match request.due {
        None => {}
        Some(due) if request.overdue => parts.push(format!("overdue since {}", moment_text(due))),
        Some(due) => parts.push(format!("due {}", moment_text(due))),
    }
    if let Some(until) = request.locked_until {
        parts.push(format!("{} has it until {}", request.worker, moment_text(until)));
    }
    if !request.error.is_empty() && request.state == RequestState::Open {
        let again = match request.locked_until {
            None => format!(", again from {}", moment_text(request.next_at)),
            Some(_) => String::new(),
        };
        parts.push(format!(
            "try {} of {} failed: {}{again}",
            failed_tries(request),
            request.retries + 1,
            request.error
        ));
    }
    parts
}

/// How many tries have failed: one that a worker is at has not.
fn failed_tries(request: &Request) -> i64 {
    request.tries - i64::from(request.locked_until.is_some())
}

/// The roles that may do a task.
pub fn roles(task: &Task) -> String {
    match task.escalated.as_str() {
        "" => task.role.clone(),
        escalated => format!("{}, {escalated}", task.role),
    }
}

fn place(stand: &Stand) -> &str {
    if stand.point.is_empty() { "its beginning" } else { &stand.point }
}

/// Behind the first line, the lines of a report stand below the word that they belong to.
pub fn indented(report: &str) -> String {
    report.trim_end().replace('\n', "\n    ")
}

fn wait_text(wait: &Wait) -> String {
    match wait {
        Wait::Task(task) => {
            let due = match due(task) {
                due if due.is_empty() => due,
                due => format!(", {due}"),
            };
            format!("for {} to do task {}: {}{due}", roles(task), task.id, task.title)
        }
        Wait::Message { name, key } => format!("for the message {name} of {}", key.join(", ")),
        Wait::Request(request) => {
            let name = format!("{}.{}", request.service, request.operation);
            let about: String = request_state(request).iter().map(|part| format!(", {part}")).collect();
            format!("for the answer to request {} of {name}{about}", request.key)
        }
        Wait::Moment(moment) => format!("until {}", moment_text(*moment)),
        Wait::Instance(instance) => format!("for the end of instance {instance}"),
    }
}

fn wait_json(wait: &Wait) -> Json {
    match wait {
        Wait::Task(task) => json!({
            "kind": "task",
            "task": task.id,
            "name": task.name,
            "title": task.title,
            "role": task.role,
            "due": task.due.map(moment_text),
            "overdue": task.overdue,
        }),
        Wait::Message { name, key } => json!({ "kind": "message", "message": name, "key": key }),
        Wait::Request(request) => json!({
            "kind": "request",
            "key": request.key,
            "service": request.service,
            "operation": request.operation,
            "due": request.due.map(moment_text),
            "overdue": request.overdue,
            "worker": Some(&request.worker).filter(|_| request.locked_until.is_some()),
            "tries": request.tries,
        }),
        Wait::Moment(moment) => json!({ "kind": "moment", "due": moment_text(*moment) }),
        Wait::Instance(instance) => json!({ "kind": "instance", "instance": instance }),
    }
}
