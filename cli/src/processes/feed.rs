//! `bp feed`: what happened to processes, told line by line, each at its own moment.

use super::args::{FeedArgs, KeptArgs};
use super::session::{Session, failure, moment, with};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::run::progress::Progress;
use crate::terminal::{Terminal, counted};
use bp_host::world::Fate;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// A longer line is none of ours, in bytes.
const LINE_MAX: u64 = 16 * 1024 * 1024;

const FIELDS: [&str; 11] = ["at", "start", "deliver", "complete", "set", "as", "sender", "id", "of", "key", "if_open"];

/// What became of the events.
#[derive(Default)]
struct Count {
    started: u64,
    there_already: u64,
    completed: u64,
    passed_over: u64,
    delivered: u64,
    kept: u64,
    duplicates: u64,
}

/// The lines of the file that are events.
struct Lines<'a> {
    args: &'a FeedArgs,
    file: BufReader<File>,
    /// Of the last line that was read.
    number: u64,
    bytes: u64,
}

/// A line, and the moment that it is at.
struct Event {
    at: i64,
    about: Map<String, Json>,
}

impl Lines<'_> {
    fn place(&self, failed: Failure) -> Failure {
        Failure { message: format!("{}:{}: {}", self.args.file.display(), self.number, failed.message), ..failed }
    }

    /// The next event; empty lines are none.
    fn next(&mut self) -> Result<Option<Event>> {
        let mut line = String::new();
        loop {
            line.clear();
            self.number += 1;
            let read = (&mut self.file).take(LINE_MAX).read_line(&mut line);
            let read = read.map_err(|error| Failure::file("read", self.args.file.display(), &error))? as u64;
            self.bytes += read;
            if read == 0 {
                return Ok(None);
            }
            if read == LINE_MAX {
                return Err(self.place(Failure::call(format!("the line is longer than {LINE_MAX} bytes"))));
            }
            if self.number >= self.args.from && !line.trim().is_empty() {
                return event(&line).map(Some).map_err(|failed| self.place(failed));
            }
        }
    }
}

fn event(line: &str) -> Result<Event> {
    let about = match serde_json::from_str::<Json>(line) {
        Ok(Json::Object(about)) => about,
        Ok(_) => return Err(Failure::call("a line is an object as JSON".to_owned())),
        Err(error) => return Err(Failure::call(format!("it is no JSON: {error}"))),
    };
    if let Some(unknown) = about.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(Failure::call(format!("an event has no `{unknown}`{}", names::hint(unknown, FIELDS))));
    }
    let at = moment(text(&about, "at")?)?.ok_or_else(|| Failure::call("`at` is missing: its moment".to_owned()))?;
    Ok(Event { at, about })
}

pub fn feed(args: &FeedArgs, terminal: &Terminal) -> Result<Outcome> {
    let file = File::open(&args.file).map_err(|error| Failure::file("read", args.file.display(), &error))?;
    let size = file.metadata().map(|about| about.len()).ok();
    let mut lines = Lines { args, file: BufReader::new(file), number: 0, bytes: 0 };
    let Some(first) = lines.next()? else {
        return Err(Failure::call(format!("{} has no event from line {} on", args.file.display(), args.from)));
    };
    let kept = KeptArgs {
        data: args.data.clone(),
        tenant: args.tenant.clone(),
        at: text(&first.about, "at")?.map(str::to_owned),
        format: args.format,
    };
    let mut progress = Progress::new(terminal.watched);
    with(&kept, terminal, "bp feed", |session| {
        let (mut count, mut events, mut next) = (Count::default(), 0, Some(first));
        while let Some(Event { at, about }) = next {
            let gone = session.world().go_to(at).map_err(failure);
            gone.and_then(|()| happen(session, &about, &mut count)).map_err(|failed| lines.place(failed))?;
            events += 1;
            progress.tick((events, 1), "events", || (lines.bytes, size));
            next = lines.next()?;
        }
        progress.finish();
        told(session, events, &count)
    })
}

/// Lets one event happen.
fn happen(session: &mut Session<'_>, about: &Map<String, Json>, count: &mut Count) -> Result<()> {
    session.world().set_actor(text(about, "as")?.unwrap_or_default());
    if text(about, "as")?.is_none() {
        session.world().set_author("bp feed");
    }
    let sets = sets(about)?;
    match (text(about, "start")?, text(about, "deliver")?, text(about, "complete")?) {
        (Some(process), None, None) => {
            let id = session.process(process)?;
            let params = session.giver.params(&session.program.processes[id.index()], &sets)?;
            let (_, fresh) = session.world().start_once(id, &params).map_err(failure)?;
            *(if fresh { &mut count.started } else { &mut count.there_already }) += 1;
        }
        (None, Some(message), None) => {
            let id = session.message(message)?;
            let record = session.program.messages[id.index()].record;
            let record = session.giver.record(record, &format!("the message {message}"), &sets)?;
            let sent = (text(about, "sender")?.unwrap_or_default(), text(about, "id")?.unwrap_or_default());
            let delivered = session.world().deliver_message(id, &record, sent).map_err(failure)?;
            *(match delivered.fate {
                Fate::Taken { .. } | Fate::Shared { .. } => &mut count.delivered,
                Fate::Kept { .. } => &mut count.kept,
                Fate::Duplicate { .. } => &mut count.duplicates,
            }) += 1;
        }
        (None, None, Some(task)) => complete(session, (about, &sets), task, count)?,
        _ => return Err(Failure::call("an event has one of `start`, `deliver` and `complete`".to_owned())),
    }
    Ok(())
}

/// Does the open task of a name, of the instance of a process and a key.
fn complete(
    session: &mut Session<'_>,
    (about, sets): (&Map<String, Json>, &[String]),
    task: &str,
    count: &mut Count,
) -> Result<()> {
    let Some(process) = text(about, "of")? else {
        return Err(Failure::call("`of` is missing: the process whose task it is".to_owned()));
    };
    session.process(process)?;
    let key: Vec<String> = match about.get("key") {
        Some(Json::Array(parts)) => parts.iter().filter_map(cell).collect(),
        Some(part) => cell(part).into_iter().collect(),
        None => return Err(Failure::call("`key` is missing: which instance it is".to_owned())),
    };
    let found = session.world().instance_named(process, &key).map_err(failure)?;
    let instance = found.ok_or_else(|| Failure::call(format!("there is no instance {process} {}", key.join(", "))))?;
    let Some(open) = session.world().task_named(instance, task).map_err(failure)? else {
        if about.get("if_open") == Some(&Json::Bool(true)) {
            count.passed_over += 1;
            return Ok(());
        }
        return Err(Failure::call(format!("the task {task} of instance {instance} is not open")));
    };
    let form = session.world().form_of(&open).map_err(failure)?;
    let form = session.giver.record(form, &format!("the task {task}"), sets)?;
    session.world().complete_numbered(open.id, &form).map_err(failure)?;
    count.completed += 1;
    Ok(())
}

/// A field of an event that is a text.
fn text<'a>(about: &'a Map<String, Json>, name: &str) -> Result<Option<&'a str>> {
    match about.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Failure::call(format!("`{name}` is a text"))),
    }
}

/// What an event gives, as `--set` would.
fn sets(about: &Map<String, Json>) -> Result<Vec<String>> {
    about.get("set").map_or(Ok(Vec::new()), |set| as_sets(set, "`set`"))
}

/// The values of an object, as `--set` would give them.
pub fn as_sets(object: &Json, what: &str) -> Result<Vec<String>> {
    match object {
        Json::Object(set) => {
            Ok(set.iter().filter_map(|(name, value)| Some(format!("{name}={}", cell(value)?))).collect())
        }
        _ => Err(Failure::call(format!("{what} is an object: a value by each name"))),
    }
}

/// A value as it stands in a cell; `null` is left out.
fn cell(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Tells what became of the events.
fn told(session: &mut Session<'_>, events: u64, count: &Count) -> Result<Outcome> {
    let incidents = session.world().incidents().map_err(failure)?.len() as u64;
    let mut human = format!("{}\n", counted(events, "event", "events"));
    let lines = [
        ("started", count.started),
        ("started before", count.there_already),
        ("tasks completed", count.completed),
        ("tasks passed over", count.passed_over),
        ("messages delivered", count.delivered),
        ("messages kept", count.kept),
        ("duplicates", count.duplicates),
        ("incidents", incidents),
    ];
    for (what, number) in lines.into_iter().filter(|(_, number)| *number > 0) {
        let _ = writeln!(human, "  {what:<20}{:>9}", crate::terminal::grouped(&number.to_string()));
    }
    let machine = json!({
        "events": events,
        "started": count.started,
        "there_already": count.there_already,
        "completed": count.completed,
        "passed_over": count.passed_over,
        "delivered": count.delivered,
        "kept": count.kept,
        "duplicates": count.duplicates,
        "incidents": incidents,
    });
    session.print(&human, &machine)?;
    Ok(if incidents > 0 { Outcome::Found } else { Outcome::Fine })
}
