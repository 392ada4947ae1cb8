//! `bp run`: a process once, or once for each row of a file.

mod batch;
mod blocks;
mod engine;
mod explain;
pub mod given;
mod input;
mod input_csv;
mod input_json;
mod keys;
mod lines;
mod machine;
mod many;
mod output;
mod plan;
pub mod progress;
mod rejects;
mod report;
pub mod sets;
mod world;

use crate::args::{Format, RunArgs};
use crate::compile::{Unit, compiled_program};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::tenant;
use crate::terminal::Terminal;
use batch::Batch;
use bp_bytecode::Program;
use bp_bytecode::program::Process;
use bp_bytecode::shape::{Shape, Unit as Counted};
use bp_compiler::currency::TEST_CURRENCY;
use bp_host::Shard;
use bp_host::world::HostWorld;
use bp_optimizer::{Options, optimize_with};
use bp_vm::{Fast, Limits, MemoryWorld, Vm};
use engine::{Engine, Native};
use input::Rows;
use lines::{Join, Spec};
use machine::Machine;
use output::Output;
use plan::{From, Layout, Part, Planner};
use rejects::Rejects;
use sets::Sets;
use std::path::{Path, PathBuf};
use std::time::Duration;
use world::RunWorld;

/// How many rejected and failed rows are told in words.
pub const TOLD_MAX: usize = 10;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub read: u64,
    pub done: u64,
    pub failed: u64,
    pub rejected: u64,
    /// Of those that are done or failed: how many had run before, over the same folder.
    pub before: u64,
}

/// Where the time of rows went that were run many at a time; reading is done beside running and writing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shares {
    pub reading: Duration,
    pub running: Duration,
    pub writing: Duration,
}

/// A row that failed or was rejected.
pub struct Trouble {
    pub line: u64,
    pub kind: Kind,
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Failed,
    Rejected,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Rejected => "rejected",
        }
    }
}

pub fn run(args: &RunArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.explain.is_some() && args.format == Format::Json {
        return Err(Failure::call("--explain is for people; it has no JSON form"));
    }
    let specs: Vec<Spec> = args.lines.iter().map(|arg| Spec::read(arg)).collect::<Result<_>>()?;
    let mut sets = Sets::read(&args.sets)?;
    let unit = Unit::read(&args.file)?;
    let compiled = unit.compile(args.currency.as_deref())?;
    let program = Sets::of("--fix", &args.fixes)?.fix(compiled_program(&compiled, terminal)?)?;
    let program = program.as_ref();
    let process = pick(program, &args.file, args.process.as_deref())?;
    if args.currency.as_deref() != Some(TEST_CURRENCY.code()) {
        refuse_open_currency(program, &args.file)?;
    }
    refuse_living(program, process, &args.file)?;
    keep_apart(args, &specs)?;
    let rows = match &args.input {
        Some(path) => Rows::open(path)?,
        None => Rows::Once { given: false },
    };

    let fields: Vec<String> = specs.iter().map(|spec| spec.field.clone()).collect();
    let layout = match &rows {
        Rows::Csv(rows) => Layout::Columns { path: rows.path(), columns: rows.columns() },
        Rows::Json(_) => Layout::Properties,
        Rows::Once { .. } => Layout::Nothing,
    };
    let mut params = Planner::new(program, layout, &mut sets, &fields).process(process)?;

    let key_columns = output::key_columns(program, process);
    let joins: Vec<Join> =
        specs.iter().map(|spec| Join::open(spec, program, &params, &rows, &key_columns)).collect::<Result<_>>()?;
    let mut posted = MemoryWorld::new(program);
    posted.set_zone(jiff::tz::TimeZone::system());
    posted.set_now(now());
    let mut shard = args.data.as_deref().map(tenant::open).transpose()?;
    let mut world = match &mut shard {
        Some(shard) => RunWorld::kept(posted, kept(shard, program, args)?),
        None => {
            world::refuse_without_data(program, &args.file)?;
            RunWorld::in_memory(posted)
        }
    };
    // Rows are run in the fast form, which leaves what is a fault to the program as it is. A single run is over before
    // that form is made.
    let many = args.input.is_some() && args.explain.is_none() && args.data.is_none();
    let optimized = many.then(|| optimize_with(program, Options { keep_notes: false }));
    let fast = optimized.as_ref().map(|optimized| Fast::new(program, optimized.clone()));
    let mut vm = match &fast {
        Some(fast) => Vm::with_fast(program, fast, Limits::default()),
        None => Vm::new(program, Limits::default()),
    };
    sets.configure(&mut vm, &mut world)?;
    let mut machine = Machine::new(program, vm, world, "column");
    settle(&mut machine, &mut params)?;

    let output = args.output.as_deref().map(|path| Output::create(path, program, process, &params)).transpose()?;
    let rejects = args.rejects.as_deref().map(|path| Rejects::create(path, &rows)).transpose()?;
    let native = Native::default();
    std::thread::scope(|scope| {
        let engine = match &optimized {
            Some(optimized) => {
                let functions = plan::functions(process, &params);
                Engine::new(args.engine, (program, optimized), (functions, process.func), &native, scope)?
            }
            None => Engine::vm(),
        };
        let machine = machine.with(engine);
        let joins = fields.into_iter().zip(joins).collect();
        let batch = Batch::new(machine, process, params, rows, joins, output, rejects);
        match &args.explain {
            Some(key) => batch.explain(key, &compiled.sources, terminal),
            None => batch.run(args, terminal),
        }
    })
}

/// The books and documents of a tenant, by the clock of this machine.
fn kept<'s>(shard: &'s mut Shard, program: &'s Program, args: &RunArgs) -> Result<HostWorld<'s>> {
    let outside = |error: bp_host::Error| Failure::outside(error.to_string());
    let mut context = tenant::entered(shard, &args.tenant, &args.book, program)?;
    context.author = "bp run".to_owned();
    let mut world = HostWorld::new(shard, program, context).map_err(outside)?;
    let zone = jiff::tz::TimeZone::system();
    let now = now();
    let local = jiff::Timestamp::from_second(now).map(|moment| zone.to_datetime(moment).date());
    let since = local.ok().and_then(|date| date.since(jiff::civil::date(1970, 1, 1)).ok());
    world.set_clock(since.map_or(0, |span| i64::from(span.get_days())), now);
    world.set_zone(zone);
    Ok(world)
}

/// The process to run: as named, or named like its file, or the only one.
fn pick<'p>(program: &'p Program, file: &Path, named: Option<&str>) -> Result<&'p Process> {
    let name = |process: &Process| program.texts[process.name.index()].as_str();
    let all = || program.processes.iter().map(|process| program.texts[process.name.index()].as_str());
    if let Some(named) = named {
        let found = program.processes.iter().find(|process| name(process) == named);
        return found
            .ok_or_else(|| Failure::call(format!("there is no process `{named}`{}", names::hint(named, all()))));
    }
    // Processes of modules that the file uses come by name only.
    let own = |process: &&Process| program.places[process.place.index()].source.0 == 0;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let of_file: Vec<&Process> = program.processes.iter().filter(own).collect();
    let found = of_file.iter().find(|process| name(process) == stem);
    match (found, of_file.as_slice()) {
        (Some(process), _) | (None, [process]) => Ok(process),
        (None, []) => Err(Failure::call(format!("{} has no process to run", file.display()))),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|process| name(process)).collect();
            let names = names.join(", ");
            Err(Failure::call(format!("say which process to run, by --process: {names}")))
        }
    }
}

/// A run is over when the command is; a process that lives is not.
fn refuse_living(program: &Program, process: &Process, file: &Path) -> Result<()> {
    if !program.lives(process) {
        return Ok(());
    }
    let (name, file) = (&program.texts[process.name.index()], file.display());
    Err(Failure::call(format!(
        "the process {name} waits, sends or starts others, and so outlasts a run; `bp deploy {file} --data DIR` puts it \
         into a data folder, and `bp start {name} --data DIR` starts it there"
    )))
}

/// Money without a currency cannot be booked.
pub fn refuse_open_currency(program: &Program, file: &Path) -> Result<()> {
    let is_open = |shape: &Shape| match shape {
        Shape::Number { unit: Counted::Money(code) | Counted::Price { currency: code, .. }, .. } => {
            program.texts[code.index()] == TEST_CURRENCY.code()
        }
        _ => false,
    };
    if program.currency.0 == TEST_CURRENCY.code() && program.shapes.iter().any(is_open) {
        let file = file.display();
        return Err(Failure::call(format!("{file} leaves its currency open; say it, such as --currency IDR")));
    }
    Ok(())
}

/// A file that is read must not be written as well.
fn keep_apart(args: &RunArgs, specs: &[Spec]) -> Result<()> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let read: Vec<&PathBuf> =
        args.input.iter().chain(specs.iter().map(|spec| &spec.file)).chain([&args.file]).collect();
    let written: Vec<&PathBuf> = args.output.iter().chain(&args.rejects).collect();
    for path in &written {
        if read.iter().any(|read| real(read).is_some_and(|real_read| Some(real_read) == real(path))) {
            return Err(Failure::call(format!("{} would be read and written at once", path.display())));
        }
    }
    if let [output, rejects] = written.as_slice()
        && output == rejects
    {
        return Err(Failure::call("--output and --rejects need two files"));
    }
    Ok(())
}

/// Asks the conditions of parameters that are the same for every row once, before the first row.
fn settle(machine: &mut Machine<'_, '_>, params: &mut [Part]) -> Result<()> {
    for param in params {
        let value = match &param.from {
            From::Word(word) => *word,
            From::Value(value) => {
                let put = machine.vm.put_value(param.shape, value);
                put.map_err(|kind| Failure::call(format!("--set {}: {kind}", param.name)))?
            }
            _ => continue,
        };
        let refuse = |why: String| Failure::call(format!("--set {}: {why}", param.name));
        for check in param.checks.iter().filter(|check| check.takes == 1) {
            machine.satisfies(*check, &[value], param.shape, value).map_err(refuse)?;
        }
        param.checks.retain(|check| check.takes != 1);
        machine.vm.reset();
    }
    Ok(())
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
