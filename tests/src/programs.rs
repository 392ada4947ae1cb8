//! Programs compiled from texts and folders, and their tests run.

use crate::plain::PlainWorld;
use bp_bytecode::Program;
use bp_bytecode::index::PlaceId;
use bp_compiler::check::Setting;
use bp_compiler::currency::currency;
use bp_compiler::diagnostics::Severity;
use bp_compiler::load::Loader;
use bp_compiler::typed::Checked;
use bp_compiler::{Compiled, Root};
use bp_grammar::ast::ItemKind;
use bp_host::world::in_memory;
use bp_vm::{Limits, MemoryWorld, Vm};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The moment at which the clock of every test stands: 2026-01-01T00:00Z.
const CLOCK: i64 = 1_767_225_600;

/// Where modules and data files come from: texts in memory first, then a folder, then the standard library.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub texts: BTreeMap<String, String>,
    pub folder: Option<PathBuf>,
}

impl Files {
    pub fn of(folder: &Path) -> Files {
        Files { texts: BTreeMap::new(), folder: Some(folder.to_owned()) }
    }

    fn read(&self, name: &str) -> Option<String> {
        self.texts.get(name).cloned().or_else(|| fs::read_to_string(self.folder.as_ref()?.join(name)).ok())
    }
}

impl Loader for Files {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let path = format!("{}.bp", name.replace('.', "/"));
        let own = self.read(&path).map(|text| (path, text));
        Ok(own.or_else(|| bp_stdlib::module(name).map(|(path, text)| (path.to_owned(), text.to_owned()))))
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let beside = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        let name = beside.display().to_string();
        match self.read(&name) {
            Some(text) => Ok((name, text)),
            None => Err("there is no such file or folder".to_owned()),
        }
    }
}

/// Compiles a text as the module of that path, in a book currency if one is given.
///
/// # Panics
/// There is no such currency.
pub fn compile(path: &str, text: &str, files: &Files, code: Option<&str>) -> Compiled {
    let root = Root { name: module(path), path: path.to_owned(), text: text.to_owned() };
    bp_compiler::compile(root, files, setting(code))
}

/// The same, with the checked program, which is whole where the text compiles.
///
/// # Panics
/// There is no such currency.
pub fn compile_checked(path: &str, text: &str, files: &Files, code: Option<&str>) -> (Compiled, Checked) {
    let root = Root { name: module(path), path: path.to_owned(), text: text.to_owned() };
    bp_compiler::compile_checked(root, files, setting(code))
}

fn module(path: &str) -> String {
    path.trim_end_matches(".bp").replace('/', ".")
}

fn setting(code: Option<&str>) -> Setting {
    match code {
        Some(code) => Setting { currency: currency(code).unwrap_or_else(|| panic!("no currency {code}")) },
        None => Setting::default(),
    }
}

/// The diagnostics of a compilation, one a line: `path:line:column: BP0501 message`.
pub fn told(compiled: &Compiled) -> Vec<String> {
    let line = |d: &bp_compiler::diagnostics::Diagnostic| {
        let place = d.labels.first().map(|label| label.place);
        let at = match place.filter(|place| (place.file.0 as usize) < compiled.sources.len()) {
            Some(place) => {
                let file = compiled.sources.get(place.file);
                let (line, column) = file.line_column(place.span.start);
                format!("{}:{line}:{column}: ", file.path)
            }
            None => String::new(),
        };
        format!("{at}{} {}", d.code, d.message)
    };
    compiled.diagnostics.iter().map(line).collect()
}

/// The codes of all diagnostics, each once.
pub fn codes(compiled: &Compiled) -> BTreeSet<String> {
    compiled.diagnostics.iter().map(|d| d.code.to_string()).collect()
}

/// Whether nothing is wrong that keeps the program from running.
pub fn is_good(compiled: &Compiled) -> bool {
    !compiled.diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// What a test of the language came to.
#[derive(Debug)]
pub struct Tested {
    pub title: String,
    /// Empty if it passed.
    pub failures: Vec<String>,
}

/// Runs all tests of a program: in its own currency, and compiled again for each other that a test asks for. Errors if
/// it does not compile.
pub fn run_tests(path: &str, text: &str, files: &Files) -> Result<Vec<Tested>, Vec<String>> {
    let asked: Vec<(String, Option<String>)> = bp_grammar::parse(text)
        .file
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Test(test) => {
                Some((test.title.text.to_string(), test.currency.as_ref().map(|c| c.text.to_string())))
            }
            _ => None,
        })
        .collect();
    let currencies: BTreeSet<Option<&str>> = asked.iter().map(|(_, code)| code.as_deref()).collect();
    let mut tested = Vec::new();
    for code in currencies {
        let compiled = compile(path, text, files, code);
        let Some(program) = &compiled.program else { return Err(told(&compiled)) };
        for test in &program.tests {
            let title = program.texts[test.title.index()].clone();
            if asked.iter().any(|(known, of)| *known == title && of.as_deref() == code) {
                tested.push(run_test(program, test.func, title));
            }
        }
    }
    Ok(tested)
}

fn run_test(program: &Program, func: bp_bytecode::index::FuncId, title: String) -> Tested {
    let mut vm = Vm::new(program, Limits::default());
    let ended = if program.points.is_empty() && program.messages.is_empty() {
        let mut world = MemoryWorld::new(program);
        world.set_now(CLOCK);
        vm.call(func, &[], &mut PlainWorld::new(program, world))
    } else {
        // Processes that live are the host's.
        let ended = in_memory(program, |world| {
            world.set_clock(CLOCK.div_euclid(86_400), CLOCK);
            world.set_strict(true);
            vm.call(func, &[], world)
        });
        ended.unwrap_or_else(|error| panic!("{title}: {error}"))
    };
    let place = |id: PlaceId| {
        let place = &program.places[id.index()];
        format!("{}:{}:{}", program.sources[place.source.index()].path, place.line, place.column)
    };
    let mut failures = Vec::new();
    for unmet in vm.take_unmet() {
        let expect = &program.expects[unmet.expect.index()];
        let text = &program.texts[expect.text.index()];
        let sides = unmet.shown.map(|(left, right)| format!(" (left {left}, right {right})")).unwrap_or_default();
        failures.push(format!("{}: expect {text}{sides}", place(expect.place)));
    }
    if let Err(fault) = ended {
        failures.push(fault.report(program));
    }
    Tested { title, failures }
}
