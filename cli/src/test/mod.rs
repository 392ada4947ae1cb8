//! `bp test`: runs the tests that stand in programs.

mod coverage;
mod junit;
mod parts;
mod runs;
mod show;
mod story;
mod tested;

use crate::args::{TestArgs, TestEngine, TestFormat};
use crate::compile::Told;
use crate::failure::{Failure, Outcome, Result, Status};
use crate::project;
use crate::terminal::Terminal;
use bp_compiler::Compiled;
use coverage::{Covered, Reached};
use rayon::prelude::*;
use runs::{Asked, test_file};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;
use std::path::PathBuf;
use tested::Report;

/// What came of all files, in their order.
#[derive(Default)]
struct Outcomes {
    reports: Vec<Report>,
    unreadable: Vec<(PathBuf, Failure)>,
    told: Told,
    passed: u64,
    /// Tests that cannot run have not passed: a file without them counts as one.
    failed: u64,
    /// Files that do not compile.
    broken: u64,
    files: usize,
    /// With `--coverage`, what the tests reached of each file.
    covered: Option<Vec<Covered>>,
}

pub fn test(args: &TestArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.coverage && args.format == TestFormat::Junit {
        return Err(Failure::call(
            "--coverage is for people, or for machines with --format json: JUnit has no place for it",
        ));
    }
    if args.coverage && args.engine == TestEngine::Jit {
        return Err(Failure::call("--coverage watches the interpreter: it goes with --engine vm"));
    }
    let outcomes = run(args)?;
    match args.format {
        TestFormat::Human => outcomes.human(terminal)?,
        TestFormat::Json => terminal.print(&format!("{:#}\n", outcomes.machine()))?,
        TestFormat::Junit => terminal.print(&outcomes.junit()?)?,
    }
    if outcomes.unreadable.iter().any(|(_, failure)| failure.status == Status::Outside) {
        return Err(Failure::outside(""));
    }
    Ok(if outcomes.failed > 0 { Outcome::Found } else { Outcome::Fine })
}

/// Runs the tests of all files, as many at once as there are processors.
fn run(args: &TestArgs) -> Result<Outcomes> {
    let files = project::files(&args.paths)?;
    let asked =
        Asked { filter: args.filter.as_deref(), coverage: args.coverage, native: args.engine == TestEngine::Jit };
    let tested: Vec<Result<(Report, Reached)>> = files.par_iter().map(|file| test_file(file, asked)).collect();
    let mut outcomes = Outcomes { files: files.len(), ..Outcomes::default() };
    let mut reached = Reached::default();
    for (file, tested) in files.into_iter().zip(tested) {
        let (report, of_file) = match tested {
            Ok(tested) => tested,
            Err(failure) => {
                outcomes.failed += 1;
                outcomes.unreadable.push((file, failure));
                continue;
            }
        };
        let broken = u64::from(report.faulty.iter().any(Compiled::has_errors));
        let bad = report.tests.iter().filter(|test| !test.passed()).count() as u64;
        outcomes.broken += broken;
        outcomes.failed += broken + bad;
        outcomes.passed += report.tests.len() as u64 - bad;
        report.faulty.iter().for_each(|compiled| outcomes.told.add(&compiled.diagnostics, &compiled.sources));
        outcomes.reports.push(report);
        reached.join(of_file);
    }
    if args.coverage {
        let covered = outcomes.reports.iter().map(|report| reached.of(report));
        outcomes.covered = Some(covered.filter(|covered| !covered.is_empty()).collect());
    }
    Ok(outcomes)
}

impl Outcomes {
    fn human(&self, terminal: &Terminal) -> Result<()> {
        let paint = terminal.out;
        terminal.print(&self.told.human(paint.on))?;
        self.unreadable.iter().for_each(|(_, failure)| terminal.error(&failure.message));
        let mut out = String::new();
        self.reports.iter().for_each(|report| show::human(&mut out, report, paint));
        if let Some(covered) = self.covered.as_ref().filter(|covered| !covered.is_empty()) {
            covered.iter().for_each(|covered| out.push_str(&covered.human(paint)));
            let _ = writeln!(out, "{}", coverage::total(covered, paint));
        }
        if self.broken > 0 {
            let _ = writeln!(out, "{} of {} files do not compile", self.broken, self.files);
        }
        // Nothing else may stand in this line: build servers read it.
        let line = format!("{} passed, {} failed", self.passed, self.failed);
        let _ = writeln!(out, "{}", if self.failed > 0 { paint.red(&line) } else { paint.green(&line) });
        terminal.print(&out)
    }

    fn machine(&self) -> Json {
        let tests = self.reports.iter().flat_map(|report| report.tests.iter().map(|test| (&report.path, test)));
        let unreadable = self.unreadable.iter().map(|(_, failure)| failure.message.as_str());
        let mut machine = Map::new();
        let mut put = |name: &str, value: Json| machine.insert(name.to_owned(), value);
        put("passed", json!(self.passed));
        put("failed", json!(self.failed));
        put("tests", tests.map(|(path, test)| show::machine(path, test)).collect());
        put("unreadable", unreadable.collect());
        if let Some(covered) = &self.covered {
            put("coverage", covered.iter().map(Covered::machine).collect());
        }
        machine.extend(self.told.json());
        Json::Object(machine)
    }

    fn junit(&self) -> Result<String> {
        let mut untested: Vec<(String, String)> =
            self.unreadable.iter().map(|(file, failure)| (project::shown(file), failure.message.clone())).collect();
        for report in &self.reports {
            let mut told = Told::default();
            for compiled in report.faulty.iter().filter(|compiled| compiled.has_errors()) {
                told.add(&compiled.diagnostics, &compiled.sources);
            }
            if !told.diagnostics.is_empty() {
                untested.push((report.path.clone(), told.human(false)));
            }
        }
        junit::junit(&self.reports, &untested)
    }
}
