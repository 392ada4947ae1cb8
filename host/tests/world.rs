//! Programs over a store: the tests of the language that are about books, documents and holds say the same here as in
//! the plain world that they were written for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bp_bytecode::Program;
use bp_compiler::check::Setting;
use bp_compiler::currency::currency;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};
use bp_grammar::ast::ItemKind;
use bp_host::ledger::BookSpec;
use bp_host::store::SqliteStore;
use bp_host::world::{HostWorld, deploy};
use bp_host::{Shard, StepContext};
use bp_vm::{Limits, Vm};

/// Where the clock of each test stands: 2026-01-01T00:00Z.
const TODAY: i64 = 20_454;

/// Modules of the standard library and of a folder, data files beside the program.
struct Files(PathBuf);

impl Loader for Files {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        if let Some((path, text)) = bp_stdlib::module(name) {
            return Ok(Some((path.to_owned(), text.to_owned())));
        }
        let path = self.0.join(name.replace('.', "/")).with_extension("bp");
        Ok(fs::read_to_string(&path).ok().map(|text| (path.display().to_string(), text)))
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        fs::read_to_string(&path).map(|text| (path.display().to_string(), text)).map_err(|error| error.to_string())
    }
}

/// Programs of a folder and the folders below it.
fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "bp") {
            found.push(path);
        }
    }
}

/// Compiles a program in its own currency, or in the one that is given.
fn compiled(path: &Path, text: &str, code: Option<&str>) -> Program {
    let root = Root {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        path: path.display().to_string(),
        text: text.to_owned(),
    };
    let setting = match code {
        Some(code) => Setting { currency: currency(code).unwrap() },
        None => Setting::default(),
    };
    let compiled = compile(root, &Files(path.parent().unwrap().to_owned()), setting);
    compiled.program.unwrap_or_else(|| panic!("{}: {:?}", path.display(), compiled.diagnostics))
}

/// Runs each test of a program in books of its own; how many there were, and what failed.
fn run(path: &Path) -> (usize, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    let tests = bp_grammar::parse(&text).file.items.into_iter().filter_map(|item| match item.kind {
        ItemKind::Test(test) => Some((test.title.text.to_string(), test.currency.map(|code| code.text.to_string()))),
        _ => None,
    });
    let asked: Vec<(String, Option<String>)> = tests.collect();
    let codes: BTreeSet<Option<String>> = asked.iter().map(|(_, code)| code.clone()).collect();
    let mut failures = Vec::new();
    for code in codes {
        let program = compiled(path, &text, code.as_deref());
        for test in &program.tests {
            let title = program.texts[test.title.index()].clone();
            if asked.contains(&(title.clone(), code.clone())) {
                run_test(path, &program, test, &mut failures);
            }
        }
    }
    (asked.len(), failures)
}

fn run_test(path: &Path, program: &Program, test: &bp_bytecode::program::Test, failures: &mut Vec<String>) {
    let title = format!("{}: {}", path.display(), program.texts[test.title.index()]);
    let mut shard = Shard::new(SqliteStore::in_memory().unwrap());
    let tenant = shard.add_tenant("test").unwrap();
    let (currency, scale) = &program.currency;
    let book = shard.add_book(tenant, &BookSpec::new("main", currency, *scale)).unwrap();
    // What is there already stays as it is.
    for _ in 0..2 {
        deploy(&mut shard, tenant, book, program).unwrap();
    }
    let mut context = StepContext::new(tenant, book);
    (context.today, context.now) = (TODAY, TODAY * 86_400);
    let mut world = HostWorld::new(&mut shard, program, context).unwrap();
    world.open_books();
    let mut vm = Vm::new(program, Limits::default());
    if let Err(fault) = vm.call(test.func, &[], &mut world) {
        failures.push(format!("{title}: {}", fault.report(program)));
    }
    for unmet in vm.take_unmet() {
        let text = &program.texts[program.expects[unmet.expect.index()].text.index()];
        failures.push(format!("{title}: expect {text} {:?}", unmet.shown));
    }
    world.commit().unwrap();
    for book in shard.books(tenant).unwrap() {
        let checked = shard.check(tenant, book.id).unwrap();
        failures.extend(checked.findings.into_iter().map(|finding| format!("{title}: {finding}")));
    }
}

#[test]
fn programs_mean_the_same_over_a_store() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = Vec::new();
    for folder in ["books", "documents", "goods", "holds", "ledger", "limits", "periods", "reversals"] {
        programs(&project.join("tests/suite").join(folder).join("good"), &mut paths);
    }
    programs(&project.join("stdlib"), &mut paths);
    let (mut count, mut failures) = (0, Vec::new());
    for path in &paths {
        let (tests, failed) = run(path);
        count += tests;
        failures.extend(failed);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 20, "only {count} tests were found");
}
