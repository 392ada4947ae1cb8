//! `bp config`: what a tenant has set of what its program leaves open.

use super::args::ConfigArgs;
use super::session::{Session, failure, with};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::run::sets::{Sets, check_config, find, refuse_fixed};
use crate::terminal::{Terminal, pad_right, width};
use bp_bytecode::index::ConfigId;
use bp_bytecode::value::Value;
use bp_bytecode::{border, print};
use bp_vm::{Limits, Vm};
use serde_json::json;
use std::fmt::Write;

pub fn config(args: &ConfigArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp config", |session| {
        set(session, args)?;
        show(session)
    })
}

/// Sets and resets values, all or none of them.
fn set(session: &mut Session<'_>, args: &ConfigArgs) -> Result<()> {
    let program = session.program;
    let known = |name: &str| {
        find(program, name).ok_or_else(|| {
            let all = program.configs.iter().map(|config| program.texts[config.name.index()].as_str());
            Failure::call(format!("there is no configuration `{name}`{}", names::hint(name, all)))
        })
    };
    let mut changes: Vec<(ConfigId, String, Option<Value>)> = Vec::new();
    let mut sets = Sets::read(&args.sets)?;
    let given: Vec<String> = sets.names().map(str::to_owned).collect();
    for name in given {
        let config = known(&name)?;
        refuse_fixed(program, config, &name)?;
        let cell = sets.take(&name).unwrap_or_default();
        let value = sets.value(program, program.configs[config.index()].shape, &name, &cell)?;
        changes.push((config, name, Some(value)));
    }
    for name in &args.resets {
        let config = known(name)?;
        refuse_fixed(program, config, name)?;
        changes.push((config, name.clone(), None));
    }
    let mut twice: Vec<ConfigId> = changes.iter().map(|(config, ..)| *config).collect();
    twice.sort_unstable_by_key(|config| config.0);
    if let Some(pair) = twice.windows(2).find(|pair| pair[0] == pair[1]) {
        let name = &program.texts[program.configs[pair[0].index()].name.index()];
        return Err(Failure::call(format!("`{name}` is set twice")));
    }
    let mut vm = Vm::new(program, Limits::default());
    for (config, _, value) in &changes {
        session.world().set_config(*config, value.clone());
    }
    for (config, name, value) in &changes {
        if let Some(value) = value {
            check_config((&mut vm, session.world()), *config, ("--set", name), value)?;
        }
    }
    for (config, _, value) in &changes {
        session.world().set_setting(*config, value.as_ref()).map_err(failure)?;
    }
    Ok(())
}

fn show(session: &mut Session<'_>) -> Result<Outcome> {
    let program = session.program;
    let mut rows = Vec::new();
    for (at, declared) in program.configs.iter().enumerate() {
        let name = program.texts[declared.name.index()].as_str();
        // What was set before it was fixed counts no more.
        let set = match declared.fixed {
            true => None,
            false => session.world().setting(ConfigId(at as u16)).map_err(failure)?,
        };
        let is_set = set.is_some();
        let value = match (set, declared.default) {
            (Some(value), _) => Some(value),
            (None, Some(default)) => {
                let mut vm = Vm::new(program, Limits::default());
                let slot = vm.call(default, &[], session.world());
                slot.ok().map(|slot| vm.get_value(declared.shape, slot as u64))
            }
            (None, None) => None,
        };
        rows.push((name, declared, value, is_set));
    }
    let columns = rows.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
    let (mut human, mut machine) = (String::new(), Vec::new());
    for (name, declared, value, is_set) in rows {
        let shape = declared.shape;
        let said = value.as_ref().map_or("none".to_owned(), |value| border::display(program, shape, value));
        let from = match (declared.fixed, is_set) {
            (true, _) => "  (fixed)",
            (false, true) => "  (set)",
            (false, false) => "",
        };
        let _ = writeln!(human, "{}  {said}{from}", pad_right(name, columns));
        machine.push(json!({
            "name": name,
            "type": print::shape(program, shape),
            "value": value.map(|value| border::write_json(program, shape, &value)),
            "set": is_set,
            "fixed": declared.fixed,
        }));
    }
    if machine.is_empty() {
        human.push_str("the program leaves nothing open\n");
    }
    session.print(&human, &json!({ "config": machine }))?;
    Ok(Outcome::Fine)
}
