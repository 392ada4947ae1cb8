//! The proof that decisions are complete and free of overlap: good and bad tables, random ones against enumeration,
//! large ones, and every program of the repository.

mod bad;
mod enumerated;
mod good;
mod large;
mod repository;

use bp_compiler::check::{Setting, check};
use bp_compiler::diagnostics::{Diagnostic, Problem, Severity};
use bp_compiler::load::{Loader, load};
use bp_compiler::prove::decisions::prove;
use bp_compiler::source::Sources;

/// Data files by name; no other modules.
pub struct Files<'a>(pub &'a [(&'a str, &'a str)]);

impl Loader for Files<'_> {
    fn module(&self, _name: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _from: &str, file: &str) -> Result<(String, String), String> {
        let found = self.0.iter().find(|(name, _)| *name == file);
        found.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).ok_or_else(|| "no such file".to_owned())
    }
}

/// What the proof finds in a program that has no other fault.
pub fn findings_of(text: &str, loader: &dyn Loader) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    let loaded = load("main", "main.bp", text.to_owned(), loader, &mut sources, &mut problems);
    let (checked, more) = check(&loaded, loader, &mut sources, Setting::default());
    problems.extend(more);
    for problem in &problems {
        let told = problem.tell(&sources);
        assert!(told.severity != Severity::Error, "{told:?} in\n{text}");
    }
    let found = prove(&checked).into_iter().map(|f| Problem::Decision(f).tell(&sources)).collect();
    (sources, found)
}

/// One line for each finding: its code, its lines (with the file, where that is a data file), its first note.
pub fn findings(text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (sources, found) = findings_of(text, &Files(files));
    let line = |d: &Diagnostic| {
        let places: Vec<String> = d
            .labels
            .iter()
            .map(|label| {
                let file = sources.get(label.place.file);
                let line = file.line_column(label.place.span.start).0;
                if file.path == "main.bp" { line.to_string() } else { format!("{}:{line}", file.path) }
            })
            .collect();
        let note = d.notes.first().map_or("", String::as_str);
        format!("{} at {}: {note}", d.code.number(), places.join(" ")).trim_end_matches([':', ' ']).to_owned()
    };
    found.iter().map(line).collect()
}

#[track_caller]
pub fn good(text: &str, files: &[(&str, &str)]) {
    assert_eq!(findings(text, files), Vec::<String>::new(), "in\n{text}");
}

#[track_caller]
pub fn bad(text: &str, files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(findings(text, files), expected, "in\n{text}");
}
