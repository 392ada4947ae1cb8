//! What other systems are asked for: `bp requests`, `bp fetch`, `bp answer`; and what is sent to them: `bp outbox`.

use super::act::told;
use super::args::{AnswerArgs, FetchArgs, OutboxArgs, RequestsArgs};
use super::feed::as_sets;
use super::session::{Session, failure, with};
use super::show::{SHARE, named, request_state};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::terminal::{Terminal, counted, pad_right, width};
use bp_bytecode::Program;
use bp_bytecode::border::{self, moment_text};
use bp_bytecode::index::ShapeId;
use bp_bytecode::process::Operation;
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;
use bp_host::instances::{Request, RequestState};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// The most that is fetched in one call.
const FETCH_MAX: i64 = 1_000;

pub fn requests(args: &RequestsArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp requests", |session| {
        let (mut found, mut behind) = (Vec::new(), 0);
        loop {
            let share = session.world().requests(behind, SHARE).map_err(failure)?;
            let Some(last) = share.last() else { break };
            behind = last.id;
            found.extend(share);
        }
        let (human, machine) = listed(session, &found)?;
        let count = counted(found.len() as u64, "open request", "open requests");
        session.print(&format!("{human}{count}\n"), &json!({ "requests": machine }))?;
        Ok(Outcome::Fine)
    })
}

pub fn fetch(args: &FetchArgs, terminal: &Terminal) -> Result<Outcome> {
    let worker = named_worker(&args.worker)?;
    let lock = duration(&args.lock)?;
    if !(1..=FETCH_MAX).contains(&args.max) {
        return Err(Failure::call(format!("--max {}: 1 to {FETCH_MAX}", args.max)));
    }
    with(&args.kept, terminal, worker, |session| {
        let (service, operation) = asked_for(session.program, &args.service)?;
        let now = session.world().now_is();
        let until = now.saturating_add(lock);
        let fetched = session.world().fetch((&service, operation.as_deref()), worker, until, args.max);
        let fetched = fetched.map_err(failure)?;
        let (human, machine) = listed(session, &fetched)?;
        let count = match fetched.len() {
            0 => "there is nothing to fetch".to_owned(),
            count => counted(count as u64, "request", "requests"),
        };
        session.print(&format!("{human}{count}\n"), &json!({ "requests": machine }))?;
        Ok(Outcome::Fine)
    })
}

pub fn answer(args: &AnswerArgs, terminal: &Terminal) -> Result<Outcome> {
    let worker = named_worker(&args.worker)?;
    with(&args.kept, terminal, worker, |session| {
        let request = session.world().request_to_answer(&args.key, worker).map_err(failure)?;
        if let Some(why) = &args.error {
            return failed(session, &args.key, worker, why);
        }
        let program = session.program;
        let operation = &program.operations[session.world().operation_of(&request).map_err(failure)?.index()];
        let name = format!("{}.{}", request.service, request.operation);
        let case = match &args.fail {
            None => 0,
            Some(failure) => case_of(program, operation, failure, &name)?,
        };
        let fields = &operation.answers[case].fields;
        let mut sets = args.sets.clone();
        if let Some(input) = &args.input {
            let json: Json = serde_json::from_str(input)
                .map_err(|error| Failure::call(format!("--input {input}: it is no JSON: {error}")))?;
            let is_record = |shape: ShapeId| matches!(program.shapes[shape.index()], Shape::Record(_));
            let json = match (&json, fields.as_slice()) {
                (Json::Object(_), [only]) if case > 0 || is_record(only.shape) => json,
                (Json::Object(_), [] | [_, _, ..]) => json,
                (_, [only]) => json!({ (program.texts[only.outside.index()].as_str()): json }),
                _ => return Err(Failure::call(format!("--input {input}: an object with the fields of the answer"))),
            };
            sets.extend(as_sets(&json, "--input")?);
        }
        let values = session.giver.fields(fields, &format!("the answer of {name}"), &sets)?;
        let outcome = Value::Variant { case: case as u16, fields: values };
        let answered = session.world().answer_request(&args.key, worker, &outcome).map_err(failure)?;
        let head = match answered.duplicate {
            true => format!("request {} was answered so before; nothing was done\n", args.key),
            false => format!("request {} is answered: {name}\n", args.key),
        };
        told(session, answered.instance, |_| head, json!({ "key": args.key, "duplicate": answered.duplicate }))
    })
}

/// The other system could not be asked.
fn failed(session: &mut Session<'_>, key: &str, worker: &str, why: &str) -> Result<Outcome> {
    let request = session.world().request_failed(key, worker, why).map_err(failure)?;
    let head = match request.state {
        RequestState::Stopped => format!("request {key} could not be asked; all its tries are used up\n"),
        _ => {
            format!("request {key} could not be asked; it may be fetched again from {}\n", moment_text(request.next_at))
        }
    };
    let next = (request.state == RequestState::Open).then(|| moment_text(request.next_at));
    told(session, request.instance, |_| head, json!({ "key": key, "next": next }))
}

pub fn outbox(args: &OutboxArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp outbox", |session| {
        for key in &args.sent {
            if !session.world().was_sent(key).map_err(failure)? {
                return Err(Failure::call(format!("nothing with the key `{key}` waits to be sent")));
            }
        }
        let (mut found, mut behind) = (Vec::new(), 0);
        loop {
            let share = session.world().unsent(behind, SHARE).map_err(failure)?;
            let Some((last, _)) = share.last() else { break };
            behind = *last;
            found.extend(share.into_iter().map(|(_, sent)| sent));
        }
        let (mut human, mut machine) = (String::new(), Vec::new());
        for sent in &found {
            let (at, what) = (moment_text(sent.at), serde_json::from_str::<Json>(&sent.data).unwrap_or(Json::Null));
            let _ = writeln!(human, "{}  {} to {} since {at}\n    {what}", sent.key, sent.channel, sent.address);
            machine.push(json!({
                "key": sent.key,
                "channel": sent.channel,
                "to": sent.address,
                "body": what,
                "instance": sent.instance,
                "at": at,
            }));
        }
        let _ = writeln!(human, "{} to be sent", counted(found.len() as u64, "thing", "things"));
        session.print(&human, &json!({ "outbox": machine }))?;
        Ok(Outcome::Fine)
    })
}

/// Requests, for people and for machines.
fn listed(session: &mut Session<'_>, requests: &[Request]) -> Result<(String, Vec<Json>)> {
    let (mut human, mut machine) = (String::new(), Vec::new());
    for request in requests {
        let (fields, asked) = session.world().asked_with(request).map_err(failure)?;
        let instance = session.world().instance(request.instance).map_err(failure)?;
        let name = format!("{}.{}", request.service, request.operation);
        let _ = writeln!(human, "{}  {}", request.key, session.terminal.out.bold(&name));
        let of = instance.as_ref().map_or(String::new(), named);
        let mut lines = vec![("of", format!("instance {}, {of}", request.instance))];
        lines.extend(fields.iter().map(|field| (field.name.as_str(), field.text.clone())));
        lines.extend(request_state(request).into_iter().map(|part| ("state", part)));
        if request.state == RequestState::Stopped {
            lines.push(("state", format!("stands still: {}", request.error)));
        }
        let columns = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, text) in lines {
            let _ = writeln!(human, "    {}  {text}", pad_right(name, columns));
        }
        let has = request.locked_until.is_some();
        machine.push(json!({
            "key": request.key,
            "service": request.service,
            "operation": request.operation,
            "asked": asked,
            "instance": request.instance,
            "process": instance.as_ref().map(|instance| &instance.process),
            "process_key": instance.as_ref().map(|instance| instance.key_parts()),
            "due": request.due.map(moment_text),
            "overdue": request.overdue,
            "state": match (request.state, has) {
                (RequestState::Stopped, _) => "stopped",
                (_, true) => "locked",
                (_, false) => "open",
            },
            "worker": Some(&request.worker).filter(|_| has),
            "locked_until": request.locked_until.map(moment_text),
            "tries": request.tries,
            "retries": request.retries,
            "next": moment_text(request.next_at),
            "error": Some(&request.error).filter(|error| !error.is_empty()),
        }));
    }
    Ok((human, machine))
}

/// `Carrier`, or `Carrier.book`: a service of the program, and an operation of it.
fn asked_for(program: &Program, name: &str) -> Result<(String, Option<String>)> {
    let text = |id: bp_bytecode::index::TextId| program.texts[id.index()].as_str();
    let mut known: Vec<String> = Vec::new();
    for operation in &program.operations {
        let service = text(operation.service);
        if name == service {
            return Ok((service.to_owned(), None));
        }
        let full = format!("{service}.{}", text(operation.name));
        if name == full {
            return Ok((service.to_owned(), Some(text(operation.name).to_owned())));
        }
        known.extend([service.to_owned(), full]);
    }
    let hint = names::hint(name, known.iter().map(String::as_str));
    Err(Failure::call(format!("there is no service or operation `{name}`{hint}")))
}

/// The number of a failure that an operation declares.
fn case_of(program: &Program, operation: &Operation, failure: &str, name: &str) -> Result<usize> {
    let declared: Vec<&str> =
        operation.answers.iter().skip(1).map(|case| program.texts[case.name.index()].as_str()).collect();
    let place = declared.iter().position(|known| *known == failure);
    place.map(|place| place + 1).ok_or_else(|| {
        let hint = names::hint(failure, declared.iter().copied());
        Failure::call(format!("{name} declares no failure `{failure}`{hint}"))
    })
}

fn named_worker(worker: &str) -> Result<&str> {
    match worker.trim() {
        "" => Err(Failure::call("a worker has a name".to_owned())),
        _ => Ok(worker),
    }
}

/// A time as it is written in the language, such as `5 min`, in seconds.
fn duration(text: &str) -> Result<i64> {
    let program = Program { shapes: vec![Shape::Duration], ..Program::default() };
    match border::read_cell(&program, ShapeId(0), text) {
        Ok(Value::Word(seconds)) if seconds > 0 => Ok(seconds),
        Ok(_) => Err(Failure::call(format!("--lock {text}: a time of at least a second, such as `5 min`"))),
        Err(error) => Err(Failure::call(format!("--lock {text}: {error}"))),
    }
}
