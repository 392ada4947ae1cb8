//! What shows processes: `bp tasks`, `bp instances`, `bp incidents`.

use super::args::{IncidentsArgs, InstancesArgs, State, TasksArgs};
use super::session::{failure, with};
use super::show::{Shown, all_instances, all_tasks, due, event_json, event_line, event_width, indented, named, roles};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::terminal::{Terminal, counted, pad_right, width};
use bp_bytecode::border::moment_text;
use bp_host::instances::InstanceState;
use bp_host::world::Field;
use serde_json::{Value as Json, json};
use std::fmt::Write;

pub fn tasks(args: &TasksArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp tasks", |session| {
        let program = session.program;
        let known = program.roles.iter().map(|role| program.texts[role.index()].as_str());
        if let Some(role) = args.role.as_deref().filter(|role| !known.clone().any(|known| known == *role)) {
            return Err(Failure::call(format!("there is no role `{role}`{}", names::hint(role, known))));
        }
        let mut tasks = all_tasks(session.world())?;
        tasks.retain(|task| args.role.as_ref().is_none_or(|role| task.role == *role || task.escalated == *role));
        let (mut human, mut machine) = (String::new(), Vec::new());
        for task in &tasks {
            let instance = session.world().instance(task.instance).map_err(failure)?;
            let (shown, shows) = session.world().shown_by(task).map_err(failure)?;
            let asked = session.world().asked_by(task).map_err(failure)?;
            let _ = writeln!(human, "{}  {}", task.id, session.terminal.out.bold(&task.title));
            let of = instance.as_ref().map_or(String::new(), named);
            let mut lines = vec![
                ("for", roles(task)),
                ("claimed by", task.claimed_by.clone()),
                ("of", format!("instance {}, {of}", task.instance)),
            ];
            lines.extend(shown.iter().map(|field| (field.name.as_str(), field.text.clone())));
            let typed = |field: &Field| format!("{}: {}", field.name, field.of_type);
            lines.push(("asks", asked.iter().map(typed).collect::<Vec<_>>().join(", ")));
            lines.push(("time", due(task)));
            // The first one is what everybody has seen.
            lines.push(("form", if task.revision > 1 { task.revision.to_string() } else { String::new() }));
            lines.retain(|(_, text)| !text.is_empty());
            let columns = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
            for (name, text) in lines {
                let _ = writeln!(human, "    {}  {text}", pad_right(name, columns));
            }
            let asks: Vec<Json> =
                asked.iter().map(|field| json!({ "name": field.name, "type": field.of_type })).collect();
            machine.push(json!({
                "task": task.id,
                "instance": task.instance,
                "process": instance.as_ref().map(|instance| &instance.process),
                "key": instance.as_ref().map(|instance| instance.key_parts()),
                "name": task.name,
                "title": task.title,
                "role": task.role,
                "escalated": Some(&task.escalated).filter(|role| !role.is_empty()),
                "due": task.due.map(moment_text),
                "overdue": task.overdue,
                "claimed_by": Some(&task.claimed_by).filter(|user| !user.is_empty()),
                "form": task.revision,
                "shows": shows,
                "asks": asks,
            }));
        }
        let _ = writeln!(human, "{}", counted(tasks.len() as u64, "open task", "open tasks"));
        session.print(&human, &json!({ "tasks": machine }))?;
        Ok(Outcome::Fine)
    })
}

pub fn instances(args: &InstancesArgs, terminal: &Terminal) -> Result<Outcome> {
    match args.instance {
        Some(id) => instance(args, id, terminal),
        None => list(args, terminal),
    }
}

fn list(args: &InstancesArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp instances", |session| {
        let wanted = args.state.map(|state| match state {
            State::Running => InstanceState::Running,
            State::Undoing => InstanceState::Undoing,
            State::Done => InstanceState::Done,
            State::Failed => InstanceState::Failed,
            State::Cancelled => InstanceState::Cancelled,
        });
        let mut found = all_instances(session.world())?;
        found.retain(|instance| wanted.is_none_or(|state| instance.state == state));
        let (mut human, mut machine) = (String::new(), Vec::new());
        let count = found.len() as u64;
        for instance in found {
            let shown = Shown::read(session.world(), instance)?;
            human.push_str(&shown.line(session.terminal.out));
            machine.push(shown.json());
        }
        let _ = writeln!(human, "{}", counted(count, "instance", "instances"));
        session.print(&human, &json!({ "instances": machine }))?;
        Ok(Outcome::Fine)
    })
}

/// The story of one.
fn instance(args: &InstancesArgs, id: i64, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp instances", |session| {
        let instance = session.world().instance(id).map_err(failure)?;
        let instance = instance.ok_or_else(|| Failure::call(format!("there is no instance {id}")))?;
        let shown = Shown::read(session.world(), instance)?;
        let story = session.world().story(id).map_err(failure)?;
        let paint = session.terminal.out;
        let mut human = shown.line(paint);
        human.push_str(&shown.waits(paint));
        human.push('\n');
        let columns = event_width(&story);
        for event in &story {
            let _ = writeln!(human, "  {}", event_line(event, columns, paint));
        }
        let mut machine = shown.json();
        machine["story"] = story.iter().map(event_json).collect();
        session.print(&human, &machine)?;
        Ok(Outcome::Fine)
    })
}

pub fn incidents(args: &IncidentsArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp incidents", |session| {
        let tokens = session.world().incidents().map_err(failure)?;
        let (mut human, mut machine) = (String::new(), Vec::new());
        for token in &tokens {
            let instance = session.world().instance(token.instance).map_err(failure)?;
            let since = session.world().stopped_at(token.instance).map_err(failure)?.map(moment_text);
            let why = token.incident.clone().unwrap_or_default();
            let of = instance.as_ref().map_or(String::new(), named);
            let at = if token.point.is_empty() { "its beginning" } else { &token.point };
            let when = since.as_deref().unwrap_or_default();
            let _ = writeln!(human, "instance {}, {of}, stands still at {at} since {when}", token.instance);
            let _ = writeln!(human, "    {}", indented(&why));
            machine.push(json!({
                "instance": token.instance,
                "process": instance.as_ref().map(|instance| &instance.process),
                "key": instance.as_ref().map(|instance| instance.key_parts()),
                "state": instance.as_ref().map(|instance| instance.state.name()),
                "at": token.point,
                "since": since,
                "why": why,
            }));
        }
        let _ = writeln!(human, "{}", counted(tokens.len() as u64, "incident", "incidents"));
        session.print(&human, &json!({ "incidents": machine }))?;
        Ok(Outcome::Fine)
    })
}
