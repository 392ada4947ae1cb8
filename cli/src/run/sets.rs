//! What `--set NAME=VALUE` gives: parameters, fields, configuration; and `--fix NAME=VALUE`, configuration for good.

use super::world::RunWorld;
use crate::failure::{Failure, Result};
use crate::names;
use bp_bytecode::Program;
use bp_bytecode::border::{self, Reason};
use bp_bytecode::index::{ConfigId, ShapeId};
use bp_bytecode::value::Value;
use bp_vm::{Limits, MemoryWorld, Vm, World};
use std::borrow::Cow;

/// The given values by name; each is taken by what it is for.
pub struct Sets {
    /// `--set`, or `--fix`.
    option: &'static str,
    left: Vec<(String, String)>,
}

impl Sets {
    /// # Errors
    /// An argument without `=`, a name that is given twice.
    pub fn read(args: &[String]) -> Result<Sets> {
        Sets::of("--set", args)
    }

    /// The same, given by another option.
    pub fn of(option: &'static str, args: &[String]) -> Result<Sets> {
        let mut left: Vec<(String, String)> = Vec::new();
        for arg in args {
            let Some((name, value)) = arg.split_once('=') else {
                return Err(Failure::call(format!("{option} {arg}: write NAME=VALUE")));
            };
            let name = name.trim();
            if left.iter().any(|(known, _)| known == name) {
                return Err(Failure::call(format!("{option} gives `{name}` twice")));
            }
            left.push((name.to_owned(), value.to_owned()));
        }
        Ok(Sets { option, left })
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.remove(at).1)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|(name, _)| name.as_str())
    }

    /// A value as it is written in a cell, or as JSON where no cell can hold it.
    pub fn value(&self, program: &Program, shape: ShapeId, name: &str, given: &str) -> Result<Value> {
        let read = match border::read_cell(program, shape, given) {
            Err(error) if error.reason == Reason::NotOneCell => match serde_json::from_str(given) {
                Ok(json) => border::read_json(program, shape, &json),
                Err(_) => Err(error),
            },
            read => read,
        };
        read.map_err(|error| Failure::call(format!("{} {name}: {error}", self.option)))
    }

    /// Is what is left configuration? Else the nearest of `known` and the configuration is named.
    pub fn refuse_unknown(&self, program: &Program, known: &[String]) -> Result<()> {
        let Some(name) = self.names().find(|name| find(program, name).is_none()) else { return Ok(()) };
        let configs = program.configs.iter().map(|config| program.texts[config.name.index()].as_str());
        let hint = names::hint(name, known.iter().map(String::as_str).chain(configs));
        Err(Failure::call(format!("--set {name}: nothing has that name{hint}")))
    }

    /// Gives what is left to the program's configuration.
    ///
    /// # Errors
    /// A value that does not fit or breaks a condition.
    pub fn configure(mut self, vm: &mut Vm<'_>, world: &mut RunWorld<'_>) -> Result<()> {
        let program = vm.program();
        let mut set = Vec::new();
        for (name, given) in std::mem::take(&mut self.left) {
            let Some(config) = find(program, &name) else { continue };
            refuse_fixed(program, config, &name)?;
            let value = self.value(program, program.configs[config.index()].shape, &name, &given)?;
            world.set_config(config, Some(value.clone()));
            set.push((config, name, value));
        }
        // A value that no run could use is told once, not for every row.
        set.iter().try_for_each(|(config, name, value)| check_config((vm, world), *config, ("--set", name), value))
    }

    /// The program with what is given as part of it.
    ///
    /// # Errors
    /// A name that no configuration has, a value that does not fit, breaks a condition or cannot be fixed.
    pub fn fix(mut self, program: &Program) -> Result<Cow<'_, Program>> {
        if self.left.is_empty() {
            return Ok(Cow::Borrowed(program));
        }
        let option = self.option;
        let mut world = MemoryWorld::new(program);
        let mut values = Vec::new();
        let mut given_as = Vec::new();
        for (name, given) in std::mem::take(&mut self.left) {
            let config = find(program, &name).ok_or_else(|| no_config(program, option, &name))?;
            let value = self.value(program, program.configs[config.index()].shape, &name, &given)?;
            world.set_config(config, Some(value.clone()));
            values.push((config, value));
            given_as.push(name);
        }
        let mut vm = Vm::new(program, Limits::default());
        for ((config, value), name) in values.iter().zip(&given_as) {
            check_config((&mut vm, &mut world), *config, (option, name), value)?;
        }
        let fixed = bp_optimizer::fix(program, &values);
        fixed.map(Cow::Owned).map_err(|why| Failure::call(format!("{option} {}: {why}", given_as.join(", "))))
    }
}

fn no_config(program: &Program, option: &str, name: &str) -> Failure {
    let all = program.configs.iter().map(|config| program.texts[config.name.index()].as_str());
    Failure::call(format!("{option} {name}: there is no configuration of that name{}", names::hint(name, all)))
}

/// What is part of the program cannot be set.
///
/// # Errors
/// It is.
pub fn refuse_fixed(program: &Program, config: ConfigId, name: &str) -> Result<()> {
    match program.configs[config.index()].fixed {
        true => Err(Failure::call(format!("{name} is fixed in this program; it cannot be set"))),
        false => Ok(()),
    }
}

/// Asks the conditions of a configured value, all of which are known to the world.
///
/// # Errors
/// It breaks one.
pub fn check_config<W: World>(
    (vm, world): (&mut Vm<'_>, &mut W),
    config: ConfigId,
    (option, name): (&str, &str),
    value: &Value,
) -> Result<()> {
    let program = vm.program();
    let refuse = |why: String| Failure::call(format!("{option} {name}: {why}"));
    let declared = &program.configs[config.index()];
    let slot = vm.put_value(declared.shape, value).map_err(|kind| refuse(kind.to_string()))?;
    for check in &declared.checks {
        let check = &program.checks[check.index()];
        let takes = program.functions[check.func.index()].params.min(1);
        let holds = vm.call(check.func, &[slot][..usize::from(takes)], world);
        if holds.map_err(|fault| refuse(fault.to_string()))? != 1 {
            let shown = border::display(program, declared.shape, value);
            let (subject, condition) = (&program.texts[check.subject.index()], &program.texts[check.text.index()]);
            return Err(refuse(format!("{subject} must satisfy `{condition}`, but it is {shown}")));
        }
    }
    vm.reset();
    Ok(())
}

/// The configuration of a name: as the program has it, or behind the name of its module.
pub fn find(program: &Program, name: &str) -> Option<ConfigId> {
    let whole = |config: &bp_bytecode::program::Config| program.texts[config.name.index()] == name;
    let behind_module = |config: &bp_bytecode::program::Config| {
        let Some((module, rest)) = name.rsplit_once('.') else { return false };
        let place = &program.places[config.place.index()];
        let path = std::path::Path::new(&program.sources[place.source.index()].path);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        program.texts[config.name.index()] == rest && stem.as_deref() == module.rsplit('.').next()
    };
    let at = program.configs.iter().position(whole).or_else(|| program.configs.iter().position(behind_module))?;
    u16::try_from(at).ok().map(ConfigId)
}
