//! `tests/suite/<feature>/{good,bad}/*.bp`: programs with what is expected of them written inside.
//!
//! A good program has no diagnostic, and its tests pass. A bad one has exactly the diagnostics that stand in it, below
//! the line that each is about:
//!
//! ```text
//! fn f(x: Int) -> Text = x
//! //                     ^ BP0401 Text is asked for, this is Int
//! ```
//!
//! `^` marks the place, `//<1-4 BP0103 …` does where there is no room for marks (columns counted from 1), and
//! `//! expect rates.csv:2 BP0206 …` stands for one in another file. The words are a part of the message; `//= …` below
//! is a part of one of its notes, such as the input that a table forgets. Lines with expectations are taken out before
//! the program is compiled. `BLESS=1` writes them. A program of several modules is a folder with a `main.bp`; data files
//! stand beside the programs that read them.

use bp_bytecode::verify::verify;
use bp_compiler::Compiled;
use bp_compiler::diagnostics::{Code, Diagnostic};
use bp_tests::programs::{Files, compile, run_tests, told};
use bp_tests::{bless, fail_with, files, markdown, read, root, shown};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const BAD_AT_LEAST: usize = 450;
const GOOD_AT_LEAST: usize = 160;

/// The programs of one kind; modules that others use are none by themselves.
fn programs(kind: &str) -> Vec<PathBuf> {
    let is_program = |path: &PathBuf| {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let Some(at) = parts.iter().rposition(|part| part == kind) else { return false };
        at + 2 == parts.len() || path.ends_with("main.bp")
    };
    files(&root().join("tests/suite"), &["bp"]).into_iter().filter(is_program).collect()
}

#[test]
fn good_programs_have_no_fault_and_their_tests_pass() {
    let mut findings = Vec::new();
    let (mut count, mut tests) = (0, 0);
    for path in programs("good") {
        count += 1;
        let (name, loader) = (name(&path), Files::of(path.parent().unwrap()));
        let text = read(&path);
        let compiled = compile(&name, &text, &loader, None);
        if !compiled.diagnostics.is_empty() {
            findings.push(format!("{}:\n  {}", shown(&path), told(&compiled).join("\n  ")));
            continue;
        }
        if let Some(refused) = compiled.program.as_ref().and_then(|program| verify(program).err()) {
            findings.push(format!("{}: the verifier refuses it: {refused}", shown(&path)));
        }
        match run_tests(&name, &text, &loader) {
            Err(told) => findings.push(format!("{}:\n  {}", shown(&path), told.join("\n  "))),
            Ok(tested) => {
                tests += tested.len();
                let failed = tested.iter().flat_map(|test| test.failures.iter().map(move |f| (&test.title, f)));
                findings.extend(failed.map(|(title, failure)| format!("{} {title:?}:\n  {failure}", shown(&path))));
            }
        }
    }
    fail_with(&findings);
    println!("{count} good programs with {tests} tests");
    assert!(count >= GOOD_AT_LEAST, "only {count} good programs were found");
}

#[test]
fn bad_programs_have_exactly_the_faults_that_they_show() {
    let mut findings = Vec::new();
    let mut count = 0;
    for path in programs("bad") {
        count += 1;
        let text = read(&path);
        let mut program = without_expectations(&text);
        // What is wrong with a text is often its layout.
        if !shown(&path).contains("/text/") {
            let laid_out = bp_grammar::format(&program);
            if laid_out != program && !bless::on() {
                findings.push(format!("{} is not laid out (BLESS=1 does it)", shown(&path)));
            }
            program = laid_out;
        }
        let compiled = compile(&name(&path), &program, &Files::of(path.parent().unwrap()), None);
        if compiled.diagnostics.is_empty() {
            findings.push(format!("{} has no fault", shown(&path)));
            continue;
        }
        if bless::on() {
            findings.extend(bless::file(&path, &with_expectations(&program, &compiled, &expectations(&text))));
            continue;
        }
        let mut expected = expectations(&text);
        for found in &compiled.diagnostics {
            let found = Fault::of(found, &compiled);
            match expected.iter().position(|e| e.stands_for(&found)) {
                Some(at) => drop(expected.remove(at)),
                None => findings.push(format!("{}: not expected: {found:?}", shown(&path))),
            }
        }
        findings.extend(expected.iter().map(|e| format!("{}: not found: {e:?}", shown(&path))));
    }
    fail_with(&findings);
    println!("{count} bad programs");
    assert!(count >= BAD_AT_LEAST, "only {count} bad programs were found");
}

/// Codes that no program of the suite can have.
const WITHOUT_PROGRAM: [Code; 3] = [Code::SyntaxInternal, Code::SyntaxFile, Code::Limit];

#[test]
fn every_code_is_covered() {
    let mut covered: BTreeSet<String> = BTreeSet::new();
    for path in programs("bad") {
        covered.extend(expectations(&read(&path)).into_iter().map(|fault| fault.code));
    }
    for path in files(&root().join("docs/errors"), &["md"]) {
        for block in markdown::blocks(&read(&path)) {
            covered.extend(block.codes().map(str::to_owned));
        }
    }
    let missing =
        Code::ALL.iter().filter(|code| !WITHOUT_PROGRAM.contains(code) && !covered.contains(&code.to_string()));
    fail_with(&missing.map(|code| format!("no program has {code} ({})", code.title())).collect::<Vec<_>>());
}

// ---------------------------------------------------------------- expectations

/// A diagnostic as it is expected and found.
#[derive(Debug)]
struct Fault {
    code: String,
    /// In which file; `None` for the program itself.
    path: Option<String>,
    /// The line of the program without expectations, counted from 1; 0 where it has no place.
    line: usize,
    /// First and last column in characters, counted from 1; `None` fits any.
    columns: Option<(usize, usize)>,
    message: String,
    notes: Vec<String>,
}

impl Fault {
    fn of(found: &Diagnostic, compiled: &Compiled) -> Fault {
        let code = found.code.to_string();
        let message = found.message.clone();
        let notes = found.notes.clone();
        let place = found.labels[0].place;
        if place.file.0 as usize >= compiled.sources.len() {
            return Fault { code, path: None, line: 0, columns: None, message, notes };
        }
        let file = compiled.sources.get(place.file);
        let (line, start) = file.line_column(place.span.start);
        let (end_line, end) = file.line_column(place.span.end);
        let width = file.text.lines().nth(line as usize - 1).map_or(0, |line| line.chars().count());
        // A place over several lines is marked to the end of its first.
        let last = if end_line == line { (end as usize).saturating_sub(1) } else { width };
        let columns = Some((start as usize, last.max(start as usize)));
        // Data files come behind the program; so do modules that it uses.
        let path = (file.path != program_path(compiled)).then(|| file.path.clone());
        Fault { code, path, line: line as usize, columns, message, notes }
    }

    fn stands_for(&self, found: &Fault) -> bool {
        self.code == found.code
            && self.path == found.path
            && self.line == found.line
            && (self.columns.is_none() || self.columns == found.columns)
            && found.message.contains(&self.message)
            && self.notes.iter().all(|note| found.notes.iter().any(|n| n.contains(note)))
    }
}

/// The path of the program itself: the first file that was read.
fn program_path(compiled: &Compiled) -> String {
    compiled.sources.iter().next().map(|(_, file)| file.path.clone()).unwrap_or_default()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// An expectation: where its marks stand if it has any, and what is behind.
enum Expectation<'t> {
    Marked {
        columns: Option<(usize, usize)>,
        told: &'t str,
    },
    Elsewhere {
        path: &'t str,
        line: usize,
        told: &'t str,
    },
    /// A part of a note of the one above.
    Note(&'t str),
}

fn expectation(line: &str) -> Option<Expectation<'_>> {
    let behind = line.strip_prefix("//")?;
    if let Some(rest) = behind.strip_prefix("! expect ") {
        let (place, told) = rest.split_once(' ')?;
        let (path, line) = place.rsplit_once(':')?;
        return Some(Expectation::Elsewhere { path, line: line.parse().ok()?, told });
    }
    if let Some(note) = behind.strip_prefix("= ") {
        return Some(Expectation::Note(note));
    }
    if let Some(rest) = behind.strip_prefix('<') {
        let (columns, told) = rest.split_once(' ')?;
        let columns = columns.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        return Some(Expectation::Marked { columns, told });
    }
    let marks = behind.trim_start();
    let start = line.chars().count() - marks.chars().count() + 1;
    let count = marks.chars().take_while(|c| *c == '^').count();
    let told = marks[count..].trim_start();
    (count > 0).then_some(Expectation::Marked { columns: Some((start, start + count - 1)), told })
}

fn without_expectations(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| expectation(line).is_none()).collect();
    kept.join("\n") + "\n"
}

fn expectations(text: &str) -> Vec<Fault> {
    let mut found: Vec<Fault> = Vec::new();
    let mut kept = 0;
    let parted = |told: &str| {
        let (code, message) = told.split_once(' ').unwrap_or((told, ""));
        (code.to_owned(), message.to_owned())
    };
    for line in text.lines() {
        match expectation(line) {
            None => kept += 1,
            Some(Expectation::Marked { columns, told }) => {
                let (code, message) = parted(told);
                found.push(Fault { code, path: None, line: kept, columns, message, notes: Vec::new() });
            }
            Some(Expectation::Elsewhere { path, line, told }) => {
                let (code, message) = parted(told);
                let path = (path != "-").then(|| path.to_owned());
                found.push(Fault { code, path, line, columns: None, message, notes: Vec::new() });
            }
            Some(Expectation::Note(note)) => {
                let fault = found.last_mut().expect("a note stands below what it belongs to");
                fault.notes.push(note.to_owned());
            }
        }
    }
    found
}

fn with_expectations(program: &str, compiled: &Compiled, before: &[Fault]) -> String {
    let asked: Vec<&String> = before.iter().flat_map(|fault| &fault.notes).collect();
    let faults: Vec<Fault> = compiled.diagnostics.iter().map(|found| Fault::of(found, compiled)).collect();
    let mut out = String::new();
    for fault in faults.iter().filter(|fault| fault.path.is_some() || fault.line == 0) {
        let path = fault.path.as_deref().unwrap_or("-");
        out.push_str(&format!("//! expect {path}:{} {} {}\n", fault.line, fault.code, fault.message));
        out.push_str(&written_notes(fault, &asked));
    }
    for (at, line) in program.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        for fault in faults.iter().filter(|fault| fault.path.is_none() && fault.line == at + 1) {
            let told = format!("{} {}", fault.code, fault.message);
            match fault.columns {
                Some((start, last)) if start > 2 && !line.contains('\t') => {
                    let (gap, marks) = (" ".repeat(start - 3), "^".repeat(last + 1 - start));
                    out.push_str(&format!("//{gap}{marks} {told}\n"));
                }
                Some((start, last)) => out.push_str(&format!("//<{start}-{last} {told}\n")),
                None => out.push_str(&format!("//< {told}\n")),
            }
            out.push_str(&written_notes(fault, &asked));
        }
    }
    out
}

/// The notes with an input or a way that proves the fault, and what was asked for before of the advice.
fn written_notes(fault: &Fault, asked: &[&String]) -> String {
    let proves = ["no row", "both fit", "perhaps", "found by trying", "that is", "the circle", "did you mean"];
    let is_written =
        |note: &&String| proves.iter().any(|start| note.starts_with(start)) || asked.iter().any(|a| note.contains(*a));
    let notes = fault.notes.iter().filter(is_written);
    notes.map(|note| format!("//= {note}\n")).collect()
}

#[test]
fn expectations_are_read_as_they_are_written() {
    let text = "a b\n//^ BP0101 not b\n//= a note\n//<1-1 BP0102 a\n//! expect x.csv:7 BP0206 bad\nlast\n";
    assert_eq!(without_expectations(text), "a b\nlast\n");
    let found = expectations(text);
    assert_eq!((found[0].line, found[0].columns, found[0].message.as_str()), (1, Some((3, 3)), "not b"));
    assert_eq!(found[0].notes, ["a note"]);
    assert_eq!((found[1].line, found[1].columns), (1, Some((1, 1))));
    assert_eq!((found[2].path.as_deref(), found[2].line), (Some("x.csv"), 7));
}
