//! Compiles a file and runs its tests.

use super::coverage::Reached;
use super::story::{self, Story};
use super::tested::{DataRow, Miss, Place, Report, Tested};
use crate::compile::{Unit, verified};
use crate::failure::{Failure, Result};
use crate::tenant;
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::ShapeId;
use bp_bytecode::program::Test;
use bp_bytecode::value::Value;
use bp_compiler::source::Sources;
use bp_grammar::ast::ItemKind;
use bp_host::world::HostWorld;
use bp_jit::{Jit, Runner};
use bp_optimizer::{Options, optimize_with};
use bp_vm::{Coverage, Fault, Limits, MemoryWorld, Unmet, Vm};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The moment at which the clock of every test stands: 2026-01-01T00:00Z.
const CLOCK: i64 = 1_767_225_600;

const SECONDS_A_DAY: i64 = 86_400;

/// What is asked of all files.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Only tests with this text in their title.
    pub filter: Option<&'a str>,
    pub coverage: bool,
    /// Tests run in native code where they can.
    pub native: bool,
}

/// A compiled file whose tests run.
struct Run<'a> {
    program: &'a Program,
    sources: &'a Sources,
    coverage: Option<Arc<Coverage>>,
    native: Option<Jit<'a>>,
}

/// Compiles a file once for its own currency, and once more for each other that a test asks for, and runs its tests. What
/// they reached comes with it, where that is asked for.
pub fn test_file(file: &Path, asked: Asked<'_>) -> Result<(Report, Reached)> {
    let unit = Unit::read(file)?;
    let (path, text) = (unit.root.path.clone(), unit.root.text.clone());
    let mut report = Report { path, text, tests: Vec::new(), faulty: Vec::new() };
    let mut reached = Reached::default();
    // The compiled test does not say its currency; the source does.
    let written: Vec<(String, Option<String>)> = bp_grammar::parse(&unit.root.text)
        .file
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Test(test) => {
                Some((test.title.text.to_string(), test.currency.as_ref().map(|code| code.text.to_string())))
            }
            _ => None,
        })
        .collect();
    let compiled = unit.compile(None)?;
    let Some(program) = &compiled.program else {
        report.faulty.push(compiled);
        return Ok((report, reached));
    };
    verified(program)?;
    let wanted = |title: &str| asked.filter.is_none_or(|filter| title.contains(filter));
    let own = program.currency.0.clone();
    let foreign: BTreeSet<&str> = written
        .iter()
        .filter(|(title, _)| wanted(title))
        .filter_map(|(_, currency)| currency.as_deref())
        .filter(|currency| *currency != own)
        .collect();
    let mut run_tests =
        |program: &Program, sources: &Sources, tests: &mut Vec<Tested>, wanted: &dyn Fn(&str) -> bool| {
            let coverage = asked.coverage.then(|| Arc::new(Coverage::of(program)));
            let wanted: Vec<&Test> = program.tests.iter().filter(|test| wanted(title(program, test))).collect();
            let optimized = asked.native.then(|| optimize_with(program, Options { keep_notes: false }));
            let functions = || wanted.iter().map(|test| test.func);
            let native = optimized.as_ref().map(|code| Jit::of_functions(program, code, functions())).transpose();
            let native = native.map_err(|error| Failure::outside(error.to_string()))?;
            let run = Run { program, sources, coverage, native };
            tests.par_extend(wanted.into_par_iter().map(|test| run.test(test)));
            if let Some(coverage) = &run.coverage {
                reached.add(program, coverage);
            }
            Ok::<(), Failure>(())
        };
    run_tests(program, &compiled.sources, &mut report.tests, &|title| {
        let is_foreign = |(known, currency): &(String, Option<String>)| {
            known == title && currency.as_deref().is_some_and(|currency| currency != own)
        };
        wanted(title) && !written.iter().any(is_foreign)
    })?;
    for currency in foreign {
        let again = unit.compile(Some(currency))?;
        let of_it = |title: &str| {
            wanted(title) && written.iter().any(|(known, asked)| known == title && asked.as_deref() == Some(currency))
        };
        again.program.as_ref().map_or(Ok(()), verified)?;
        match &again.program {
            Some(program) if program.currency.0 == currency => {
                run_tests(program, &again.sources, &mut report.tests, &of_it)?;
            }
            Some(program) => refuse_tests(program, &mut report.tests, currency, of_it),
            None => {}
        }
        if again.program.is_none() {
            report.faulty.push(again);
        }
    }
    report.tests.sort_by_key(|test| test.place.line);
    if !compiled.diagnostics.is_empty() {
        report.faulty.push(compiled);
    }
    Ok((report, reached))
}

fn title<'p>(program: &'p Program, test: &Test) -> &'p str {
    &program.texts[test.title.index()]
}

/// Tests in a currency that the program cannot have, because it names its own.
fn refuse_tests(program: &Program, tested: &mut Vec<Tested>, currency: &str, wanted: impl Fn(&str) -> bool) {
    for test in program.tests.iter().filter(|test| wanted(title(program, test))) {
        let own = &program.currency.0;
        let what = format!("the test is in {currency}, but the program's currency is {own}");
        tested.push(refused(program, test, what));
    }
}

/// A test that did not begin.
fn refused(program: &Program, test: &Test, what: String) -> Tested {
    let (title, place) = (title(program, test).to_owned(), Place::of(program, test.place));
    let miss = Miss { place: place.clone(), what, sides: None, row: None, trace: None };
    Tested { title, place, failures: vec![miss], native: false, took: Duration::ZERO, stories: Vec::new() }
}

impl Run<'_> {
    /// Runs a test for a tenant of its own: over books in memory, or over a store in memory where it keeps more than those.
    fn test(&self, test: &Test) -> Tested {
        let (program, begun) = (self.program, Instant::now());
        let mut vm = Vm::new(program, Limits::default());
        vm.cover(self.coverage.clone());
        let mut native = false;
        let (ended, stories) = if tenant::keeps(program) {
            match tenant::in_memory(program, |world| self.kept(&mut vm, test, world)) {
                Ok(ended) => ended,
                Err(failure) => return refused(program, test, failure.message),
            }
        } else {
            let mut world = MemoryWorld::new(program);
            world.set_now(CLOCK);
            let ended = match &self.native {
                None => vm.call(test.func, &[], &mut world),
                Some(jit) => {
                    let mut runner = Runner::new(jit);
                    let ended = runner.call(&mut vm, test.func, &[], &mut world);
                    native = runner.native_calls() > 0;
                    ended
                }
            };
            (ended, Vec::new())
        };
        let mut failures: Vec<Miss> = vm.take_unmet().into_iter().map(|unmet| self.miss(unmet)).collect();
        if let Err(fault) = ended {
            failures.push(Miss {
                place: Place::of(program, fault.place),
                what: fault.to_string(),
                sides: None,
                row: None,
                trace: Some(fault.report(program)),
            });
        }
        let (title, place) = (title(program, test).to_owned(), Place::of(program, test.place));
        Tested { title, place, failures, native, took: begun.elapsed(), stories }
    }

    /// Runs a test over a store; where it fails, what its instances did is read before the store is gone.
    fn kept(
        &self,
        vm: &mut Vm<'_>,
        test: &Test,
        world: &mut HostWorld<'_>,
    ) -> (std::result::Result<i128, Fault>, Vec<Story>) {
        world.set_clock(CLOCK / SECONDS_A_DAY, CLOCK);
        world.set_strict(true);
        world.cover(self.coverage.clone());
        let ended = vm.call(test.func, &[], world);
        let failed = ended.is_err() || !vm.unmet().is_empty();
        // A story is told beside a failure; one that cannot be read does not hide it.
        let stories = if failed { story::all(world).unwrap_or_default() } else { Vec::new() };
        (ended, stories)
    }

    fn miss(&self, unmet: Unmet) -> Miss {
        let (program, sources) = (self.program, self.sources);
        let expect = &program.expects[unmet.expect.index()];
        let show = |shape: ShapeId, value: &Value| border::display(program, shape, value);
        let sides = match (&unmet.shown, &expect.sides, &unmet.left, &unmet.right) {
            (Some(shown), ..) => Some(shown.clone()),
            (None, Some([(_, left), (_, right)]), Some(l), Some(r)) => Some((show(*left, l), show(*right, r))),
            _ => None,
        };
        Miss {
            place: Place::of(program, expect.place),
            what: program.texts[expect.text.index()].clone(),
            sides,
            row: unmet.row.map(|(file, line)| {
                let path = program.texts[file.index()].clone();
                let source = sources.iter().find(|(_, file)| file.path == path);
                let nth = usize::try_from(line).unwrap_or(1).saturating_sub(1);
                let text = source.and_then(|(_, file)| file.text.lines().nth(nth)).unwrap_or_default().to_owned();
                DataRow { path, line, text }
            }),
            trace: None,
        }
    }
}
