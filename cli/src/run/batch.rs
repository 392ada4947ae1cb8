//! The rows of a run, one after the other.

use super::explain::{Derivation, aligned, describe};
use super::input::{Row, Rows};
use super::keys::Keys;
use super::lines::{Join, find};
use super::machine::{Machine, Reject};
use super::output::{Output, key_columns};
use super::plan::{From, Part};
use super::progress::Progress;
use super::rejects::Rejects;
use super::report::{Books, Report};
use super::{Counts, Kind, TOLD_MAX, Trouble};
use crate::args::{Format, RunArgs};
use crate::failure::{Failure, Outcome, Result};
use crate::terminal::{Terminal, grouped};
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::ProcessId;
use bp_bytecode::program::Process;
use bp_bytecode::shape::Shape;
use bp_compiler::source::Sources;
use bp_vm::{Fault, FaultKind, Tracer};
use serde_json::{Value as Json, json};

/// The clock is looked at once for this many rows.
const TICK: u64 = 1024;

/// What a key's text has between its parts.
const KEY_SEPARATOR: char = '\0';

pub struct Batch<'s, 'p> {
    pub(super) program: &'p Program,
    pub(super) process: &'p Process,
    /// The process's place in the program.
    number: Option<ProcessId>,
    pub(super) machine: Machine<'s, 'p>,
    pub(super) params: Vec<Part>,
    pub(super) rows: Rows,
    /// By the field that each fills.
    names: Vec<String>,
    pub(super) joins: Vec<Join>,
    pub(super) output: Option<Output>,
    rejects: Option<Rejects>,
    keys: Keys,
    /// The key of the row at hand.
    row_key: String,
    pub(super) args: Vec<u64>,
    /// The results of rows that ran in one call.
    pub(super) results: Vec<u64>,
    pub(super) counts: Counts,
    troubles: Vec<Trouble>,
}

/// What became of a row that ran.
enum Ended {
    /// The slot of its result, if the process has one.
    Done(Option<u64>),
    /// A declared failure, or a fault with its place.
    Failed(String),
    /// The process itself refused an argument.
    Refused(Reject),
}

impl<'s, 'p> Batch<'s, 'p> {
    pub fn new(
        machine: Machine<'s, 'p>,
        process: &'p Process,
        params: Vec<Part>,
        rows: Rows,
        joins: Vec<(String, Join)>,
        output: Option<Output>,
        rejects: Option<Rejects>,
    ) -> Batch<'s, 'p> {
        let (names, joins) = joins.into_iter().unzip();
        Batch {
            program: machine.program,
            process,
            number: place_of(machine.program, process),
            machine,
            params,
            rows,
            names,
            joins,
            output,
            rejects,
            keys: Keys::new(),
            row_key: String::new(),
            args: Vec::new(),
            results: Vec::new(),
            counts: Counts::default(),
            troubles: Vec::new(),
        }
    }

    /// Runs all rows and reports.
    pub fn run(mut self, args: &RunArgs, terminal: &Terminal) -> Result<Outcome> {
        let mut progress = Progress::new(terminal.watched && args.format == Format::Human);
        let once = matches!(self.rows, Rows::Once { .. });
        let (mut single, mut shares) = (None, None);
        // Asked once, as soon as there is native code.
        let mut asked = false;
        let through = loop {
            if !asked && self.machine.engine.is_native() {
                asked = true;
                match self.run_many(&mut progress, &mut shares) {
                    Ok(false) => {}
                    ended => break ended,
                }
            }
            match self.rows.advance() {
                Ok(true) => {}
                ended => break ended,
            }
            self.counts.read += 1;
            if let Err(failure) = self.row(once.then_some(&mut single), false) {
                break Err(failure);
            }
            progress.tick((self.counts.read, TICK), "rows", || self.rows.progress());
        };
        let took = progress.took();
        progress.finish();
        // What ran before a failure is kept, written out, and told, all the same.
        let through = self.machine.world.commit().and(through);
        let through = through.and_then(|_| self.joins.iter_mut().try_for_each(|join| join.finish(self.program)));
        if let Some(output) = &mut self.output {
            output.finish()?;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.finish()?;
        }
        self.tell_troubles(args, terminal);
        through?;
        let orphans: u64 = self.joins.iter().map(|join| join.orphans).sum();
        let books = Books::read(self.program, &mut self.machine.world);
        let report = Report {
            process: &self.program.texts[self.process.name.index()],
            counts: self.counts,
            took,
            shares,
            joins: &self.names.into_iter().zip(self.joins).collect::<Vec<_>>(),
            troubles: &self.troubles,
            books,
            entries: (self.machine.world.posted().entry_count(), self.machine.world.posted().line_count()),
            single,
        };
        // Where the records go to standard output, the report stands aside.
        let aside = args.output.as_deref().is_some_and(|path| path.as_os_str() == "-");
        match aside {
            true => terminal.say(report.text(args.format, terminal.err).trim_end()),
            false => terminal.print(&report.text(args.format, terminal.out))?,
        }
        let found = self.counts.failed > 0 || self.counts.rejected > 0 || orphans > 0;
        Ok(if found { Outcome::Found } else { Outcome::Fine })
    }

    /// Runs the row at hand, whose key has been noted if it is `keyed`.
    pub(super) fn row(&mut self, single: Option<&mut Option<(String, Json)>>, keyed: bool) -> Result<()> {
        for join in &mut self.joins {
            join.seek(self.program, &self.rows)?;
        }
        match self.prepare(keyed) {
            Ok(()) => {
                let ended = self.call_once()?;
                self.ended(ended, single)?;
            }
            Err(why) => self.rejected(why)?,
        }
        for join in &mut self.joins {
            join.leave(self.program)?;
        }
        self.machine.vm.reset();
        self.machine.world.row_end()
    }

    /// Makes the arguments of the row at hand. A process with a key runs once for each; that of a row that is `keyed`
    /// has been noted.
    fn prepare(&mut self, keyed: bool) -> std::result::Result<(), Reject> {
        let row = self.rows.row()?;
        self.machine.arguments(&self.params, row, &mut self.joins, &mut self.args)?;
        let Some(key) = self.process.key.filter(|_| !keyed) else { return Ok(()) };
        let key = self.machine.call(key, &self.args);
        let key = key.map_err(|fault| format!("its key: {}", first_line(&fault.report(self.program))))?;
        self.new_key(key as u64)
    }

    /// Notes the key of a row; refuses one that an earlier row has.
    pub(super) fn new_key(&mut self, key: u64) -> std::result::Result<(), Reject> {
        let key = self.machine.vm.heap().text(key);
        if self.keys.insert(key) {
            if self.machine.world.is_kept() {
                key.clone_into(&mut self.row_key);
            }
            return Ok(());
        }
        Err(format!("an earlier row has the key `{}`", shown_key(key)))
    }

    fn call(&mut self, tracer: Option<&mut dyn Tracer>) -> Ended {
        let Machine { vm, world, engine, .. } = &mut self.machine;
        let outcome = match tracer {
            Some(tracer) => vm.call_traced(self.process.func, &self.args, world, tracer),
            None => engine.call(vm, self.process.func, &self.args, world),
        };
        match outcome {
            Ok(outcome) => self.outcome(outcome as u64),
            Err(fault) => self.faulted(&fault),
        }
    }

    /// Runs the row at hand; where its key has run before, in an earlier run over the same folder, with what it came to
    /// then.
    fn call_once(&mut self) -> Result<Ended> {
        let kept = self.machine.world.is_kept() && self.process.key.is_some();
        let Some(process) = self.number.filter(|_| kept) else { return Ok(self.call(None)) };
        if let Some(before) = self.machine.world.run_before(process, &self.row_key)? {
            self.counts.before += 1;
            let put = self.machine.vm.put_value(self.process.outcome, &before);
            return Ok(match put {
                Ok(outcome) => self.outcome(outcome),
                Err(kind) => Ended::Failed(kind.to_string()),
            });
        }
        let Machine { vm, world, engine, .. } = &mut self.machine;
        match engine.call(vm, self.process.func, &self.args, world) {
            Ok(outcome) => {
                let shape = self.process.outcome;
                world.keep_run(process, &self.row_key, || vm.get_value(shape, outcome as u64))?;
                Ok(self.outcome(outcome as u64))
            }
            Err(fault) => Ok(self.faulted(&fault)),
        }
    }

    /// What a run came to, from its outcome.
    fn outcome(&self, outcome: u64) -> Ended {
        let vm = &self.machine.vm;
        if vm.heap().slot(outcome, 0) != 0 {
            return Ended::Failed(vm.display(self.process.outcome, outcome));
        }
        let has_result = matches!(&self.program.shapes[self.process.outcome.index()],
            Shape::Variant(cases) if !cases.cases[0].fields.is_empty());
        Ended::Done(has_result.then(|| vm.heap().slot(outcome, 1)))
    }

    /// The conditions of parameters are asked first in the process: what breaks one is a fault of the row.
    fn faulted(&self, fault: &Fault) -> Ended {
        let is_param = |name: &str| self.params.iter().any(|param| param.name == name);
        match &fault.kind {
            FaultKind::Check(violation) if fault.trace.len() == 1 && is_param(&violation.subject) => {
                Ended::Refused(format!("column {}: {}", violation.subject, fault.kind))
            }
            _ => Ended::Failed(first_line(&fault.report(self.program)).to_owned()),
        }
    }

    fn ended(&mut self, ended: Ended, single: Option<&mut Option<(String, Json)>>) -> Result<()> {
        if let (Some(single), Ended::Done(_) | Ended::Failed(_)) = (single, &ended) {
            *single = Some(self.told(&ended));
        }
        match ended {
            Ended::Refused(why) => self.rejected(why)?,
            Ended::Done(result) => {
                self.counts.done += 1;
                if let Some(output) = &mut self.output {
                    output.ran(&self.machine.vm, &self.args, "done", result)?;
                }
            }
            Ended::Failed(why) => {
                self.counts.failed += 1;
                if let Some(output) = &mut self.output {
                    output.ran(&self.machine.vm, &self.args, &format!("failed: {why}"), None)?;
                }
                self.trouble(Kind::Failed, why);
            }
        }
        Ok(())
    }

    /// The outcome of a run without rows.
    fn told(&self, ended: &Ended) -> (String, Json) {
        let (program, process) = (self.program, self.process);
        let result = match ended {
            Ended::Done(result) => result,
            Ended::Failed(why) | Ended::Refused(why) => {
                return (format!("failed: {why}\n"), json!({ "outcome": format!("failed: {why}"), "result": null }));
            }
        };
        let shape = match &program.shapes[process.outcome.index()] {
            Shape::Variant(cases) => cases.cases[0].fields.first().map(|field| field.shape),
            _ => None,
        };
        let (Some(result), Some(shape)) = (result, shape) else {
            return ("done\n".to_owned(), json!({ "outcome": "done", "result": null }));
        };
        let value = self.machine.vm.get_value(shape, *result);
        let mut values = Vec::new();
        let name = if matches!(program.shapes[shape.index()], Shape::Record(_)) { "" } else { "result" };
        describe(program, shape, &value, name, &mut values);
        let json = json!({ "outcome": "done", "result": border::write_json(program, shape, &value) });
        (format!("done\n{}\n", aligned(&values).join("\n")), json)
    }

    pub(super) fn rejected(&mut self, why: Reject) -> Result<()> {
        self.counts.rejected += 1;
        if let Some(rejects) = &mut self.rejects {
            rejects.write(&self.rows, &why)?;
        }
        if let Some(output) = &mut self.output {
            let (program, rows, params) = (self.program, &self.rows, &self.params);
            output.rejected(|name| raw_key(program, rows, params, name), &why)?;
        }
        self.trouble(Kind::Rejected, why);
        Ok(())
    }

    fn trouble(&mut self, kind: Kind, why: String) {
        if self.troubles.len() < TOLD_MAX {
            self.troubles.push(Trouble { line: self.rows.line(), kind, why });
        }
    }

    fn tell_troubles(&self, args: &RunArgs, terminal: &Terminal) {
        let paint = terminal.err;
        let once = matches!(self.rows, Rows::Once { .. });
        for trouble in &self.troubles {
            let what = paint.red(trouble.kind.word());
            match once {
                true if trouble.kind == Kind::Rejected => terminal.say(&format!("{what}: {}", trouble.why)),
                true => {}
                false => terminal.say(&format!("{}:{}: {what}: {}", self.rows.path(), trouble.line, trouble.why)),
            }
        }
        let told = self.troubles.len() as u64;
        let more = self.counts.failed + self.counts.rejected - told;
        if more > 0 {
            let hint = match args.rejects {
                Some(_) => "",
                None => "; --rejects FILE takes all rejected rows",
            };
            terminal.say(&format!("and {} more rows{hint}", grouped(&more.to_string())));
        }
        for join in &self.joins {
            for line in &join.told {
                terminal.say(&format!("{line}: {}", paint.red("left out")));
            }
            let more = join.orphans - join.told.len() as u64;
            if more > 0 {
                terminal.say(&format!("and {} more lines", grouped(&more.to_string())));
            }
        }
    }

    /// Runs one row and shows how its result came about.
    pub fn explain(mut self, wanted: &str, sources: &Sources, terminal: &Terminal) -> Result<Outcome> {
        while self.rows.advance()? {
            for join in &mut self.joins {
                join.seek(self.program, &self.rows)?;
            }
            let prepared = self.prepare(false);
            let key = match &prepared {
                Ok(()) => self.key(),
                Err(_) => None,
            };
            // A row that is rejected has no key yet; its cell may be the one that is looked for.
            let first = key_columns(self.program, self.process).into_iter().next();
            let is_it = match &key {
                Some(key) => shown_key(key) == wanted || key.split(KEY_SEPARATOR).next() == Some(wanted),
                None => {
                    let cell = match first {
                        Some(name) => raw_key(self.program, &self.rows, &self.params, name),
                        None => first_cell(&self.rows),
                    };
                    cell.as_deref() == Some(wanted)
                }
            };
            if is_it {
                if let Err(why) = prepared {
                    return Err(self.not_explained(&why));
                }
                let key = key.as_deref().map_or(wanted.to_owned(), shown_key);
                return self.derive(&key, sources, terminal);
            }
            for join in &mut self.joins {
                join.leave(self.program)?;
            }
            self.machine.vm.reset();
        }
        Err(Failure::found(format!("{} has no row with the key `{wanted}`", self.rows.path())))
    }

    fn not_explained(&self, why: &str) -> Failure {
        Failure::found(format!("{}:{}: rejected: {why}", self.rows.path(), self.rows.line()))
    }

    /// The key of the row whose arguments are at hand.
    fn key(&mut self) -> Option<String> {
        let key = self.process.key?;
        let key = self.machine.vm.call(key, &self.args, &mut self.machine.world).ok()?;
        Some(self.machine.vm.heap().text(key as u64).to_owned())
    }

    fn derive(mut self, key: &str, sources: &Sources, terminal: &Terminal) -> Result<Outcome> {
        let program = self.program;
        let mut derivation = Derivation::new(program, sources, terminal.out);
        let name = &program.texts[self.process.name.index()];
        derivation.head(&format!("{name} of {key}   {}:{}", self.rows.path(), self.rows.line()));
        let mut given = Vec::new();
        for (param, slot) in self.process.params.iter().zip(&self.args) {
            let value = self.machine.vm.get_value(param.shape, *slot);
            describe(program, param.shape, &value, &program.texts[param.name.index()], &mut given);
        }
        derivation.lines.extend(aligned(&given));
        derivation.head("How it came about");
        let ended = self.call(Some(&mut derivation));
        let outcome = match &ended {
            Ended::Done(_) => Outcome::Fine,
            Ended::Failed(_) => Outcome::Found,
            Ended::Refused(why) => return Err(self.not_explained(why)),
        };
        derivation.head("Result");
        let (told, _) = self.told(&ended);
        derivation.lines.extend(told.lines().map(str::to_owned));
        terminal.print(&(derivation.lines.join("\n") + "\n"))?;
        Ok(outcome)
    }
}

fn place_of(program: &Program, process: &Process) -> Option<ProcessId> {
    let place = program.processes.iter().position(|known| known.func == process.func)?;
    u16::try_from(place).ok().map(ProcessId)
}

/// The key's cell of a row that did not run, as it came.
fn raw_key(program: &Program, rows: &Rows, params: &[Part], name: &str) -> Option<String> {
    let part = find(params, &|part| part.name == name || part.name.ends_with(&format!(".{name}")))?;
    match (&part.from, rows) {
        (From::Column(column), Rows::Csv(rows)) => rows.raw_cell(*column).map(|cell| cell.trim().to_owned()),
        (From::Property { .. }, Rows::Json(rows)) => rows.row().ok()?.object.get(name).map(scalar),
        (From::Word(word), _) => Some(border::write_word(program, part.shape, *word as i64)),
        (From::Value(value), _) => Some(border::write_cell(program, part.shape, value)),
        _ => None,
    }
}

/// A JSON value as it would stand in a cell.
fn scalar(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The first cell of a row, which stands for its key where the process has none.
fn first_cell(rows: &Rows) -> Option<String> {
    match rows.row().ok()? {
        Row::Csv(row) => Some(row.cell(0).trim().to_owned()),
        Row::Json(row) => row.object.values().next().map(scalar),
        Row::Once => None,
    }
}

/// A key for people: its parts with `/` between.
fn shown_key(key: &str) -> String {
    key.replace(KEY_SEPARATOR, "/")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
