//! One call over a data folder: the program that is deployed there, and its world at the moment of the call.

use super::args::KeptArgs;
use crate::args::Format;
use crate::failure::{Failure, Result};
use crate::run::given::Giver;
use crate::run::now;
use crate::terminal::Terminal;
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{MessageId, ProcessId, ShapeId, TextId};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;
use bp_host::store::{STORE_FILE, SqliteStore};
use bp_host::world::{self, HostWorld};
use bp_host::{Error, Refused, Shard, StepContext, StoreError};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

/// How far the clock of a folder may be ahead of this machine's before that is told, in seconds: clocks are never quite
/// the same.
const AHEAD: i64 = 60;

/// What is at hand during a call.
pub struct Session<'a> {
    pub program: &'a Program,
    pub giver: Giver<'a>,
    pub format: Format,
    pub terminal: &'a Terminal,
}

impl<'a> Session<'a> {
    pub fn world(&mut self) -> &mut HostWorld<'a> {
        self.giver.world()
    }

    /// The process of a name. Errors where there is none, with a name that is near.
    pub fn process(&self, name: &str) -> Result<ProcessId> {
        let names = self.program.processes.iter().map(|process| process.name);
        self.place("process", name, names).map(|place| ProcessId(place as u16))
    }

    /// The message of a name. Errors as [`Session::process`].
    pub fn message(&self, name: &str) -> Result<MessageId> {
        let names = self.program.messages.iter().map(|message| message.name);
        self.place("message", name, names).map(|place| MessageId(place as u16))
    }

    fn place(&self, what: &str, name: &str, all: impl Iterator<Item = TextId>) -> Result<usize> {
        let all: Vec<&str> = all.map(|id| self.program.texts[id.index()].as_str()).collect();
        let place = all.iter().position(|known| *known == name);
        place.ok_or_else(|| Failure::call(format!("there is no {what} `{name}`{}", crate::names::hint(name, all))))
    }

    /// Prints what came of the call, in the one form or the other.
    pub fn print(&self, human: &str, machine: &Json) -> Result<()> {
        match self.format {
            Format::Human => self.terminal.print(human),
            Format::Json => self.terminal.print(&format!("{machine:#}\n")),
        }
    }
}

/// Does something with the processes of a data folder, once all that is due has happened.
pub fn with<T>(
    kept: &KeptArgs,
    terminal: &Terminal,
    author: &str,
    work: impl FnOnce(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    let at = moment(kept.at.as_deref())?;
    let mut shard = open(kept)?;
    let Some(tenant) = shard.tenant(&kept.tenant).map_err(failure)? else {
        let names: Vec<String> = shard.tenants().map_err(failure)?.into_iter().map(|(_, name)| name).collect();
        let hint = crate::names::hint(&kept.tenant, names.iter().map(String::as_str));
        return Err(Failure::call(format!("{} has no tenant `{}`{hint}", kept.data.display(), kept.tenant)));
    };
    let Some((program, context)) = world::definition(&mut shard, tenant).map_err(failure)? else {
        return Err(Failure::call(format!(
            "nothing is deployed for the tenant {}; `bp deploy FILE --data {}` does that",
            kept.tenant,
            kept.data.display()
        )));
    };
    let clock = world::clock(&mut shard, tenant).map_err(failure)?;
    let until = arrived(clock, at, kept, terminal)?;
    entered(&mut shard, &program, context, until, (kept, terminal), |session| {
        session.world().set_author(author);
        work(session)
    })
}

/// Does something in the world of a deployed program, once all that is due by a moment has happened.
pub fn entered<T>(
    shard: &mut Shard,
    program: &Program,
    context: StepContext,
    until: i64,
    (kept, terminal): (&KeptArgs, &Terminal),
    work: impl FnOnce(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    let mut world = HostWorld::new(shard, program, context).map_err(failure)?;
    world.set_zone(TimeZone::system());
    world.go_to(until).map_err(failure)?;
    let mut session = Session { program, giver: Giver::new(program, world), format: kept.format, terminal };
    work(&mut session)
}

/// The store of a data folder that is there.
fn open(kept: &KeptArgs) -> Result<Shard> {
    let path = kept.data.join(STORE_FILE);
    if !path.exists() {
        return Err(Failure::outside(format!(
            "there are no processes in {}: {STORE_FILE} is missing",
            kept.data.display()
        )));
    }
    SqliteStore::open(&path).map(Shard::new).map_err(|error| failure(error.into()))
}

/// The moment that a call is at: as said, else now. Time never goes back; where the folder's is ahead of this machine's, it
/// stands still until that has caught up.
pub fn arrived(clock: Option<i64>, at: Option<i64>, kept: &KeptArgs, terminal: &Terminal) -> Result<i64> {
    let clock = clock.unwrap_or(i64::MIN);
    match at {
        Some(at) if at < clock => {
            let (clock, at) = (border::moment_text(clock), border::moment_text(at));
            Err(Failure::call(format!(
                "--at {at}: the clock of the tenant {} stands at {clock} and never goes back",
                kept.tenant
            )))
        }
        Some(at) => Ok(at),
        None => {
            let now = now();
            if clock > now.saturating_add(AHEAD) {
                let clock = border::moment_text(clock);
                terminal.say(&format!("note: the clock of the tenant {} is ahead; it stands at {clock}", kept.tenant));
            }
            Ok(clock.max(now))
        }
    }
}

/// A moment as it is written on the command line, in seconds since 1970-01-01T00:00:00Z.
pub fn moment(text: Option<&str>) -> Result<Option<i64>> {
    let Some(text) = text else { return Ok(None) };
    // Moments look the same here as in files.
    let program = Program { shapes: vec![Shape::DateTime], ..Program::default() };
    match border::read_cell(&program, ShapeId(0), text) {
        Ok(Value::Word(moment)) => Ok(Some(moment)),
        Ok(_) => Err(Failure::call(format!("--at {text}: it is no moment"))),
        Err(error) => Err(Failure::call(format!("--at {text}: {error}"))),
    }
}

/// What the host says, as the end of the command.
pub fn failure(error: Error) -> Failure {
    match error {
        Error::Store(StoreError::Corrupt { .. }) => Failure::found(error.to_string()),
        Error::Store(_) => Failure::outside(error.to_string()),
        Error::Refused(Refused::Unknown { .. } | Refused::NoDocument { .. } | Refused::Value { .. }) => {
            Failure::call(error.to_string())
        }
        _ => Failure::found(error.to_string()),
    }
}
