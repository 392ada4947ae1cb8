//! `bp deploy`: makes a program the one that processes run by.

use super::args::DeployArgs;
use super::session::{arrived, entered, failure, moment};
use crate::compile::{Unit, compiled_program};
use crate::failure::{Failure, Outcome, Result};
use crate::project::shown;
use crate::run::refuse_open_currency;
use crate::run::sets::Sets;
use crate::tenant;
use crate::terminal::Terminal;
use bp_bytecode::border;
use bp_compiler::currency::TEST_CURRENCY;
use bp_host::store::STORE_FILE;
use bp_host::{Error, Refused, world};
use serde_json::json;

pub fn deploy(args: &DeployArgs, terminal: &Terminal) -> Result<Outcome> {
    let kept = &args.kept;
    let at = moment(kept.at.as_deref())?;
    let unit = Unit::read(&args.file)?;
    let compiled = unit.compile(args.currency.as_deref())?;
    let program = Sets::of("--fix", &args.fixes)?.fix(compiled_program(&compiled, terminal)?)?;
    let program = program.as_ref();
    if args.currency.as_deref() != Some(TEST_CURRENCY.code()) {
        refuse_open_currency(program, &args.file)?;
    }
    let name = |id: bp_bytecode::index::TextId| program.texts[id.index()].as_str();
    let processes: Vec<&str> = program.processes.iter().map(|process| name(process.name)).collect();
    // Those that may come from outside.
    let outside = program.messages.iter().filter(|message| !message.internal);
    let messages: Vec<&str> = outside.map(|message| name(message.name)).collect();
    let mut services: Vec<&str> = program.operations.iter().map(|operation| name(operation.service)).collect();
    services.dedup();
    if processes.is_empty() {
        return Err(Failure::call(format!("{} has no process to deploy", args.file.display())));
    }
    let mut shard = tenant::open(&kept.data)?;
    let clock = match shard.tenant(&kept.tenant).map_err(failure)? {
        Some(tenant) => world::clock(&mut shard, tenant).map_err(failure)?,
        None => None,
    };
    let until = arrived(clock, at, kept, terminal)?;
    let by = ("bp deploy", until);
    let installed = world::install(&mut shard, &kept.tenant, program, &shown(&args.file), by);
    // What stands in the folder and what the program wants do not go together: the call is as it should be.
    let installed = installed.map_err(|error| match error {
        Error::Refused(Refused::Value { place, why }) => Failure::found(format!("{place} is not deployed: {why}")),
        other => failure(other),
    })?;
    let (hash, fresh) = (installed.hash, installed.fresh);
    entered(&mut shard, program, installed.context, until, (kept, terminal), |session| {
        let state = if fresh { "deployed" } else { "is deployed already" };
        let mut human = format!("{} {state} for the tenant {}: {}\n", program.name, kept.tenant, &hash[..12]);
        human.push_str(&format!("  processes  {}\n", processes.join(", ")));
        if !messages.is_empty() {
            human.push_str(&format!("  messages   {}\n", messages.join(", ")));
        }
        if !services.is_empty() {
            human.push_str(&format!("  services   {}\n", services.join(", ")));
        }
        let machine = json!({
            "tenant": kept.tenant,
            "program": program.name,
            "hash": hash,
            "new": fresh,
            "processes": processes,
            "messages": messages,
            "services": services,
            "store": kept.data.join(STORE_FILE).display().to_string(),
            "at": border::moment_text(until),
        });
        session.print(&human, &machine)
    })?;
    Ok(Outcome::Fine)
}
