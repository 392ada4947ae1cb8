//! The program that a tenant's processes run by: compiled once, kept in the store, checked before it takes over.

use bp_bytecode::index::{EntityId, ProcessId};
use bp_bytecode::process::{Event, Point};
use bp_bytecode::{Program, file, verify};
use sha2::{Digest, Sha256};

use super::codec::{self, Names};
use super::living::{object, point_named, undo_named};
use super::{MAIN_BOOK, enter, text};
use crate::TenantId;
use crate::error::{Refused, Result};
use crate::instances::{Instances, Token};
use crate::shard::{Shard, StepContext};

/// A program that has been made the one that a tenant's processes run by.
pub struct Definition {
    pub context: StepContext,
    /// SHA-256 of the compiled program, in hexadecimal digits.
    pub hash: String,
    /// It was not the one that they ran by already.
    pub fresh: bool,
}

/// Makes a verified program the one that the processes of a tenant run by. The tenant and its book are made where they
/// are not there, the program's accounts and entities made known.
///
/// `file` says what it was compiled from, `author` who does this, `now` when: a moment in seconds since
/// 1970-01-01T00:00:00Z.
///
/// Errors, with nothing changed, if an instance that has not come to its end could not go on with the program; as
/// [`super::deploy`] does, if an account or an entity is there as another one.
pub fn install(
    shard: &mut Shard,
    tenant: &str,
    program: &Program,
    file: &str,
    (author, now): (&str, i64),
) -> Result<Definition> {
    if let Some(known) = shard.tenant(tenant)?
        && let Some(why) = within(shard, known, |rows| misfit(rows, program))?.flatten()
    {
        return Err(Refused::Value { place: program.name.clone(), why }.into());
    }
    let context = enter(shard, tenant, MAIN_BOOK, program)?;
    let code = file::encode(program);
    let hash: String = Sha256::digest(&code).iter().map(|byte| format!("{byte:02x}")).collect();
    let fresh = within(shard, context.tenant, |rows| rows.deploy((&hash, &code), file, (author, now)))?;
    Ok(Definition { context, hash, fresh: fresh.unwrap_or(false) })
}

/// The program that the processes of a tenant run by, if one was deployed.
///
/// Errors if it cannot be read, such as one that another version of the host wrote: then it has to be deployed again.
pub fn definition(shard: &mut Shard, tenant: TenantId) -> Result<Option<(Program, StepContext)>> {
    let Some(book) = shard.book(tenant, MAIN_BOOK)? else { return Ok(None) };
    let Some(code) = within(shard, tenant, |rows| rows.deployed())?.flatten() else { return Ok(None) };
    let unreadable = |why: String| Refused::Value {
        place: "the deployed program".to_owned(),
        why: format!("it has to be deployed again: {why}"),
    };
    let program = file::decode(&code).map_err(|error| unreadable(error.to_string()))?;
    verify::verify(&program).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some((program, StepContext::new(tenant, book))))
}

/// The moment that a tenant's processes have come to, in seconds since 1970-01-01T00:00:00Z; `None` where nothing has
/// happened yet.
pub fn clock(shard: &mut Shard, tenant: TenantId) -> Result<Option<i64>> {
    Ok(within(shard, tenant, |rows| rows.clock())?.flatten())
}

/// Does something with the rows of a tenant's processes, in a transaction of its own; without a book it has none.
fn within<T>(
    shard: &mut Shard,
    tenant: TenantId,
    work: impl FnOnce(&mut Instances<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let Some(book) = shard.book(tenant, MAIN_BOOK)? else { return Ok(None) };
    shard.step(&StepContext::new(tenant, book), |step| work(&mut step.instances()?)).map(Some)
}

/// Why an instance that has not come to its end could not go on with a program; `None` if all can.
fn misfit(rows: &mut Instances<'_>, program: &Program) -> Result<Option<String>> {
    for id in rows.unfinished()? {
        let Some(instance) = rows.instance(id)? else { continue };
        let refuse = |why: String| Ok(Some(format!("instance {id}, which goes on, could not any more: {why}")));
        let named = |process: &bp_bytecode::program::Process| text(program, process.name) == instance.process;
        let Some(place) = program.processes.iter().position(named) else {
            return refuse(format!("there is no process `{}`", instance.process));
        };
        let process = ProcessId(place as u16);
        for step in rows.undo_steps(id)? {
            if undo_named(program, &instance.process, &step).is_err() {
                return refuse(format!("nothing takes back its step `{step}`"));
            }
        }
        let tokens = rows.tokens(id)?;
        for token in &tokens {
            if token.point.is_empty() {
                let declared = &program.processes[place].params;
                if codec::read_fields(program, declared, &object(&instance.params)?, &mut AnyName).is_err() {
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
            let parted = tokens.iter().any(|other| other.parent == Some(token.id));
            if (parted && !joins(program, point, token)?) || waits_otherwise(rows, program, point, token)? {
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
fn joins(program: &Program, point: &Point, token: &Token) -> Result<bool> {
    let parts = point.events.iter().find_map(|event| match event {
        Event::Joined { parts, .. } => Some(parts),
        _ => None,
    });
    let Some(parts) = parts else { return Ok(false) };
    let handed = object(token.given.as_deref().unwrap_or("{}"))?;
    Ok(handed.iter().all(|(name, json)| {
        let part = parts.iter().find(|part| text(program, part.outside) == name);
        part.is_some_and(|part| codec::read(program, part.shape, json, &mut AnyName).is_ok())
    }))
}

/// Does the point wait for something else than the token does, or in another order?
fn waits_otherwise(rows: &mut Instances<'_>, program: &Program, point: &Point, token: &Token) -> Result<bool> {
    let of = (token.instance, token.id);
    let event = |number: i64| usize::try_from(number).ok().and_then(|number| point.events.get(number));
    for task in rows.tasks_of(of)? {
        if !matches!(event(task.event), Some(Event::Task { name, .. }) if text(program, *name) == task.name) {
            return Ok(true);
        }
    }
    for awaited in rows.subscriptions_of(of)? {
        let name = |message: &bp_bytecode::index::MessageId| text(program, program.messages[message.index()].name);
        if !matches!(event(awaited.event), Some(Event::Message { message, .. }) if name(message) == awaited.message) {
            return Ok(true);
        }
    }
    let timers = rows.timers_of(of)?;
    let is_moment = |number: i64| number < 0 || matches!(event(number), Some(Event::Moment | Event::Every));
    if !timers.iter().all(|timer| is_moment(timer.event)) {
        return Ok(true);
    }
    // What has happened already has to be something that may.
    Ok(token.event.is_some_and(|number| event(number).is_none()))
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
