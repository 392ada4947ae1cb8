//! `bp test`: runs the tests that stand in programs.

use crate::args::{Format, TestArgs};
use crate::compile::{Told, Unit, verified};
use crate::failure::{Failure, Outcome, Result, Status};
use crate::project;
use crate::tenant;
use crate::terminal::Terminal;
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{PlaceId, ShapeId};
use bp_bytecode::program::Test;
use bp_bytecode::value::Value;
use bp_compiler::Compiled;
use bp_compiler::source::Sources;
use bp_grammar::ast::ItemKind;
use bp_host::world::HostWorld;
use bp_vm::{Limits, MemoryWorld, Unmet, Vm};
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The moment at which the clock of every test stands: 2026-01-01T00:00Z.
const CLOCK: i64 = 1_767_225_600;

const SECONDS_A_DAY: i64 = 86_400;

/// What a test came to.
struct Tested {
    title: String,
    /// `payroll.bp:120:1`
    place: Place,
    /// Empty if it passed.
    failures: Vec<Miss>,
}

#[derive(Clone)]
struct Place {
    path: String,
    line: u32,
    column: u32,
}

/// Why a test failed: an expectation that did not hold, or a fault that ended it.
struct Miss {
    place: Place,
    /// The condition as written, or what went wrong.
    what: String,
    sides: Option<(String, String)>,
    /// The row of a data file that a table-driven test was at.
    row: Option<DataRow>,
    /// The calls that led to a fault.
    trace: Option<String>,
}

struct DataRow {
    path: String,
    line: i64,
    text: String,
}

/// What came of a file.
struct Report {
    path: String,
    tests: Vec<Tested>,
    /// All compilations with something to tell.
    faulty: Vec<Compiled>,
}

pub fn test(args: &TestArgs, terminal: &Terminal) -> Result<Outcome> {
    let files = project::files(&args.paths)?;
    let reports: Vec<Result<Report>> = files.par_iter().map(|file| test_file(file, args.filter.as_deref())).collect();
    let mut told = Told::default();
    let mut human = String::new();
    let mut machine: Vec<Json> = Vec::new();
    let mut unreadable: Vec<Failure> = Vec::new();
    let (mut passed, mut failed, mut broken) = (0u64, 0u64, 0u64);
    for report in reports {
        let report = match report {
            Ok(report) => report,
            Err(failure) => {
                unreadable.push(failure);
                continue;
            }
        };
        let bad = report.tests.iter().filter(|test| !test.failures.is_empty()).count() as u64;
        failed += bad;
        passed += report.tests.len() as u64 - bad;
        broken += u64::from(report.faulty.iter().any(Compiled::has_errors));
        report.faulty.iter().for_each(|compiled| told.add(&compiled.diagnostics, &compiled.sources));
        match args.format {
            Format::Human => show(&mut human, &report, terminal),
            Format::Json => machine.extend(report.tests.iter().map(|test| test_json(&report.path, test))),
        }
    }
    // Tests that cannot run have not passed: a file without them counts as one.
    failed += broken + unreadable.len() as u64;
    let found = failed > 0;
    match args.format {
        Format::Human => {
            terminal.print(&told.human(terminal.out.on))?;
            unreadable.iter().for_each(|failure| terminal.error(&failure.message));
            if broken > 0 {
                let _ = writeln!(human, "{broken} of {} files do not compile", files.len());
            }
            // Nothing else may stand in this line: build servers read it.
            let line = format!("{passed} passed, {failed} failed");
            let paint = terminal.out;
            let _ = writeln!(human, "{}", if found { paint.red(&line) } else { paint.green(&line) });
            terminal.print(&human)?;
        }
        Format::Json => {
            let unreadable: Vec<&str> = unreadable.iter().map(|failure| failure.message.as_str()).collect();
            let mut report = Map::new();
            let mut put = |name: &str, value: Json| report.insert(name.to_owned(), value);
            put("passed", json!(passed));
            put("failed", json!(failed));
            put("tests", json!(machine));
            put("unreadable", json!(unreadable));
            report.extend(told.json());
            let report = Json::Object(report);
            terminal.print(&format!("{report:#}\n"))?;
        }
    }
    if unreadable.iter().any(|failure| failure.status == Status::Outside) {
        return Err(Failure::outside(""));
    }
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}

/// Compiles a file once for its own currency, and once more for each other that a test asks for, and runs its tests.
fn test_file(file: &Path, filter: Option<&str>) -> Result<Report> {
    let unit = Unit::read(file)?;
    let mut report = Report { path: unit.root.path.clone(), tests: Vec::new(), faulty: Vec::new() };
    // The compiled test does not say its currency; the source does.
    let asked: Vec<(String, Option<String>)> = bp_grammar::parse(&unit.root.text)
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
        return Ok(report);
    };
    verified(program)?;
    let wanted = |title: &str| filter.is_none_or(|filter| title.contains(filter));
    let own = program.currency.0.clone();
    let foreign: BTreeSet<&str> = asked
        .iter()
        .filter(|(title, _)| wanted(title))
        .filter_map(|(_, currency)| currency.as_deref())
        .filter(|currency| *currency != own)
        .collect();
    run_tests(program, &compiled.sources, &mut report.tests, |title| {
        let is_foreign = |(known, currency): &(String, Option<String>)| {
            known == title && currency.as_deref().is_some_and(|currency| currency != own)
        };
        wanted(title) && !asked.iter().any(is_foreign)
    });
    for currency in foreign {
        let again = unit.compile(Some(currency))?;
        let of_it = |title: &str| {
            wanted(title) && asked.iter().any(|(known, asked)| known == title && asked.as_deref() == Some(currency))
        };
        again.program.as_ref().map_or(Ok(()), verified)?;
        match &again.program {
            Some(program) if program.currency.0 == currency => {
                run_tests(program, &again.sources, &mut report.tests, of_it);
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
    Ok(report)
}

fn run_tests(program: &Program, sources: &Sources, tested: &mut Vec<Tested>, wanted: impl Fn(&str) -> bool) {
    for test in &program.tests {
        let title = text(program, test);
        if wanted(&title) {
            tested.push(run_test(program, sources, test, title));
        }
    }
}

fn text(program: &Program, test: &Test) -> String {
    program.texts[test.title.index()].clone()
}

/// Tests in a currency that the program cannot have, because it names its own.
fn refuse_tests(program: &Program, tested: &mut Vec<Tested>, currency: &str, wanted: impl Fn(&str) -> bool) {
    for test in &program.tests {
        let title = text(program, test);
        if wanted(&title) {
            let own = &program.currency.0;
            let what = format!("the test is in {currency}, but the program's currency is {own}");
            let miss = Miss { place: place(program, test.place), what, sides: None, row: None, trace: None };
            tested.push(Tested { title, place: place(program, test.place), failures: vec![miss] });
        }
    }
}

/// Runs a test for a tenant of its own: over books in memory, or over a store in memory where it keeps more than those.
fn run_test(program: &Program, sources: &Sources, test: &Test, title: String) -> Tested {
    let mut vm = Vm::new(program, Limits::default());
    let ended = if tenant::keeps(program) {
        let call = |world: &mut HostWorld<'_>| {
            world.set_clock(CLOCK / SECONDS_A_DAY, CLOCK);
            world.set_strict(true);
            vm.call(test.func, &[], world)
        };
        match tenant::in_memory(program, call) {
            Ok(ended) => ended,
            Err(failure) => {
                let place = place(program, test.place);
                let miss = Miss { place: place.clone(), what: failure.message, sides: None, row: None, trace: None };
                return Tested { title, place, failures: vec![miss] };
            }
        }
    } else {
        let mut world = MemoryWorld::new(program);
        world.set_now(CLOCK);
        vm.call(test.func, &[], &mut world)
    };
    let mut failures: Vec<Miss> = vm.take_unmet().into_iter().map(|unmet| miss(program, sources, unmet)).collect();
    if let Err(fault) = ended {
        failures.push(Miss {
            place: place(program, fault.place),
            what: fault.to_string(),
            sides: None,
            row: None,
            trace: Some(fault.report(program)),
        });
    }
    Tested { title, place: place(program, test.place), failures }
}

fn miss(program: &Program, sources: &Sources, unmet: Unmet) -> Miss {
    let expect = &program.expects[unmet.expect.index()];
    let show = |shape: ShapeId, value: &Value| border::display(program, shape, value);
    let sides = match (&unmet.shown, &expect.sides, &unmet.left, &unmet.right) {
        (Some(shown), ..) => Some(shown.clone()),
        (None, Some([(_, left), (_, right)]), Some(l), Some(r)) => Some((show(*left, l), show(*right, r))),
        _ => None,
    };
    Miss {
        place: place(program, expect.place),
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

fn place(program: &Program, id: PlaceId) -> Place {
    let place = &program.places[id.index()];
    let path = program.sources[place.source.index()].path.clone();
    Place { path, line: place.line, column: place.column }
}

fn show(human: &mut String, report: &Report, terminal: &Terminal) {
    let paint = terminal.out;
    if report.tests.is_empty() {
        return;
    }
    let _ = writeln!(human, "{}", paint.bold(&report.path));
    for test in &report.tests {
        let mark = if test.failures.is_empty() { paint.green("  ok  ") } else { paint.red("FAILED") };
        let _ = writeln!(human, "  {mark}  {}", test.title);
        for miss in &test.failures {
            let Place { path, line, column } = &miss.place;
            let at = paint.dim(&format!("{path}:{line}:{column}"));
            match (&miss.trace, &miss.sides) {
                (Some(trace), _) => {
                    let _ = writeln!(human, "          {}", trace.replace('\n', "\n          "));
                }
                (None, Some((left, right))) => {
                    let _ = writeln!(human, "          {at}: expect {}", miss.what);
                    let _ = writeln!(human, "            left:  {}", paint.red(left));
                    let _ = writeln!(human, "            right: {}", paint.red(right));
                }
                (None, None) => {
                    let _ = writeln!(human, "          {at}: expect {}", miss.what);
                }
            }
            if let Some(DataRow { path, line, text }) = &miss.row {
                let _ = writeln!(human, "            at {path}:{line}: {text}");
            }
        }
    }
    human.push('\n');
}

fn test_json(path: &str, test: &Tested) -> Json {
    let place = |place: &Place| json!({ "path": place.path, "line": place.line, "column": place.column });
    let miss = |miss: &Miss| {
        json!({
            "place": place(&miss.place),
            "what": miss.what,
            "fault": miss.trace.is_some(),
            "left": miss.sides.as_ref().map(|sides| &sides.0),
            "right": miss.sides.as_ref().map(|sides| &sides.1),
            "row": miss.row.as_ref().map(|row| json!({ "path": row.path, "line": row.line, "text": row.text })),
        })
    };
    json!({
        "file": path,
        "title": test.title,
        "place": place(&test.place),
        "passed": test.failures.is_empty(),
        "failures": test.failures.iter().map(miss).collect::<Vec<_>>(),
    })
}
