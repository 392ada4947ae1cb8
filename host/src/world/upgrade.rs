//! Whether the instances that a program finds can go on with it: each has to rest where the program rests, with what it
//! would read there, and wait for what it would wait for.

use bp_bytecode::Program;
use bp_bytecode::index::{EntityId, ProcessId};
use bp_bytecode::process::{Event, Point};

use super::codec::{self, Names};
use super::living::{event_shape, object, parsed, point_named};
use super::text;
use super::undoing::undo_named;
use crate::error::Result;
use crate::instances::{Instances, Token};

/// Why an instance that has not come to its end could not go on with a program; `None` if all can.
pub(super) fn misfit(rows: &mut Instances<'_>, program: &Program) -> Result<Option<String>> {
    for id in rows.unfinished()? {
        let Some(instance) = rows.instance(id)? else { continue };
        let refuse = |why: String| Ok(Some(format!("instance {id}, which goes on, could not any more: {why}")));
        let named = |process: &bp_bytecode::program::Process| text(program, process.name) == instance.process;
        let Some(place) = program.processes.iter().position(named) else {
            return refuse(format!("there is no process `{}`", instance.process));
        };
        let process = ProcessId(place as u16);
        for (step, captured) in rows.undo_captures(id)? {
            let Ok(undo) = undo_named(program, &instance.process, &step) else {
                return refuse(format!("nothing takes back its step `{step}`"));
            };
            let declared = &program.undos[undo.index()].captured;
            if codec::read_fields(program, declared, &object(&captured)?, &mut AnyName).is_err() {
                return refuse(format!("what takes back its step `{step}` would need something else"));
            }
        }
        let tokens = rows.tokens(id)?;
        for token in &tokens {
            if token.point.is_empty() {
                let declared = &program.processes[place].params;
                if codec::read_fields(program, declared, &object(&rows.params_of(id)?)?, &mut AnyName).is_err() {
                    return refuse("it was started with other parameters".to_owned());
                }
                continue;
            }
            let Ok(point) = point_named(program, process, &token.point) else {
                return refuse(format!("it rests at `{}`, which is not there", token.point));
            };
            let point = &program.points[point.index()];
            if let Some(why) = other_state(program, point, token)? {
                return refuse(format!("it rests at `{}`, {why}", token.point));
            }
            let branches: Vec<&Token> = tokens.iter().filter(|other| other.parent == Some(token.id)).collect();
            let joined = branches.is_empty() && token.cursor.is_none() || joins(rows, program, point, token)?;
            let begun = branches.iter().all(|branch| begins(point, branch.began));
            // Behind a stretch that is over, what began beside it goes on, and nothing is waited for.
            let over = !branches.is_empty() && !branches.iter().any(|branch| is_stretch(point, branch.began));
            if !joined || !begun || waits_otherwise(rows, program, (point, over), token)? {
                return refuse(format!("it rests at `{}`, where something else would be waited for", token.point));
            }
        }
    }
    Ok(None)
}

/// What is stored of a token that the point has no room for.
fn other_state(program: &Program, point: &Point, token: &Token) -> Result<Option<String>> {
    let live = object(&token.live)?;
    for stored in &point.live {
        let name = text(program, stored.name);
        let Some(json) = live.get(name) else {
            return Ok(Some(format!("where `{name}` would have a value")));
        };
        if codec::read(program, stored.shape, json, &mut AnyName).is_err() {
            return Ok(Some(format!("where `{name}` would be of another type")));
        }
    }
    Ok(None)
}

/// Can what the ended branches of a token have handed on be joined at the point?
fn joins(rows: &mut Instances<'_>, program: &Program, point: &Point, token: &Token) -> Result<bool> {
    let joined = point.events.iter().find_map(|event| match event {
        Event::Joined { parts, gathers, .. } => Some((event, parts, *gathers)),
        _ => None,
    });
    let Some((event, parts, gathers)) = joined else { return Ok(false) };
    if token.cursor.is_some() && !point.events.iter().any(|event| matches!(event, Event::Each { .. })) {
        return Ok(false);
    }
    let values = rows.values((token.instance, token.id))?;
    if gathers {
        let element = event.handed(program, 0, parts.len() as u16).and_then(|shapes| shapes.first().copied());
        for value in &values {
            let Some(shape) = element else { return Ok(false) };
            if codec::read(program, shape, &parsed(value)?, &mut AnyName).is_err() {
                return Ok(false);
            }
        }
    } else if !values.is_empty() {
        return Ok(false);
    }
    let handed = object(token.given.as_deref().unwrap_or("{}"))?;
    Ok(handed.iter().all(|(name, json)| {
        let part = parts.iter().find(|part| text(program, part.outside) == name);
        part.is_some_and(|part| codec::read(program, part.shape, json, &mut AnyName).is_ok())
    }))
}

/// Is a branch what the point is there for, not something that began beside it?
fn is_stretch(point: &Point, began: Option<i64>) -> bool {
    let event = began.and_then(|number| point.events.get(usize::try_from(number).ok()?));
    matches!(event, Some(Event::Branch | Event::Each { .. }))
}

/// Is the event that a branch has begun with one that begins branches? One that was let go belongs to none.
fn begins(point: &Point, began: Option<i64>) -> bool {
    let Some(began) = began else { return true };
    let event = usize::try_from(began).ok().and_then(|number| point.events.get(number));
    matches!(event, Some(Event::Branch | Event::Each { .. } | Event::Every | Event::Message { beside: true, .. }))
}

/// Does the point wait for something else than the token does, for more or less of it, or in another order?
fn waits_otherwise(
    rows: &mut Instances<'_>,
    program: &Program,
    (point, over): (&Point, bool),
    token: &Token,
) -> Result<bool> {
    let of = (token.instance, token.id);
    let mut met = vec![false; point.events.len()];
    let mut meets = |number: i64, is: &dyn Fn(&Event) -> bool| {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let fits = point.events.get(number).is_some_and(is);
        if fits {
            met[number] = true;
        }
        fits
    };
    let mut same = true;
    for task in rows.tasks_of(of)? {
        same &= meets(task.event, &|event| {
            matches!(event, Event::Task { name, due, .. }
                if text(program, *name) == task.name && *due == task.due.is_some())
        });
    }
    for request in rows.requests_of(of)? {
        let operation = |event: &Event| match event {
            Event::Request { operation, due, .. } if *due == request.due.is_some() => {
                let known = &program.operations[operation.index()];
                let is_it =
                    text(program, known.service) == request.service && text(program, known.name) == request.operation;
                is_it.then_some(known)
            }
            _ => None,
        };
        same &= meets(request.event, &|event| operation(event).is_some());
        // Who fetches it is told what it asks with as the new program has it.
        let event = usize::try_from(request.event).ok().and_then(|number| point.events.get(number));
        let asked = parsed(&request.asked)?;
        same &= event
            .and_then(operation)
            .is_some_and(|known| codec::read(program, known.asked, &asked, &mut AnyName).is_ok());
    }
    for awaited in rows.subscriptions_of(of)? {
        same &= meets(awaited.event, &|event| {
            matches!(event, Event::Message { message, .. }
                if text(program, program.messages[message.index()].name) == awaited.message)
        });
    }
    // One below 0 is a task's, which has been looked at.
    for timer in rows.timers_of(of)?.into_iter().filter(|timer| timer.event >= 0) {
        same &= meets(timer.event, &|event| match timer.every {
            Some(_) => matches!(event, Event::Every),
            None => matches!(event, Event::Moment),
        });
    }
    for lock in rows.locks_of(of)? {
        same &= meets(lock, &|event| matches!(event, Event::Lock));
    }
    for (called, child) in rows.called_by(of)? {
        same &= meets(called, &|event| {
            matches!(event, Event::Child { process, .. }
                if text(program, program.processes[process.index()].name) == child)
        });
    }
    if let Some(number) = token.event {
        // What has happened already has to be something that may, and that gives the same.
        let Some(event) = usize::try_from(number).ok().and_then(|number| point.events.get(number)) else {
            return Ok(true);
        };
        return Ok(!same || !gives(program, event, token)?);
    }
    let asks = |event: &Event| !matches!(event, Event::Branch | Event::Each { .. } | Event::Joined { .. });
    Ok(!same || !over && point.events.iter().zip(met).any(|(event, met)| asks(event) && !met))
}

/// Is what has happened to a token something that the event gives?
fn gives(program: &Program, event: &Event, token: &Token) -> Result<bool> {
    let (Some(shape), Some(given)) = (event_shape(program, event), &token.given) else { return Ok(true) };
    Ok(codec::read(program, shape, &parsed(given)?, &mut AnyName).is_ok())
}

/// Whether documents are there is not asked: what is stored refers to those that were.
struct AnyName;

impl Names for AnyName {
    fn name(&mut self, _entity: EntityId, reference: i64) -> Result<String> {
        Ok(reference.to_string())
    }

    fn reference(&mut self, _entity: EntityId, _name: &str) -> Result<i64> {
        Ok(1)
    }
}
