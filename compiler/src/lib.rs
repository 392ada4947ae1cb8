//! From `.bp` text to a compiled program.
//!
//! Data goes one way, a folder a stage: [`load`] reads and parses modules, [`check`] resolves names and types
//! everything, [`lower`] turns the checked program into bytecode. [`diagnostics`] tells what is wrong. The compiler
//! reads no disk: what it needs comes through [`load::Loader`].

#![forbid(unsafe_code)]

pub mod check;
pub mod currency;
pub mod diagnostics;
pub mod load;
pub mod lower;
pub mod prove;
pub mod source;
pub mod typed;
pub mod types;

use bp_bytecode::Program;
use check::Setting;
use diagnostics::{Diagnostic, Severity};
use load::Loader;
use source::{Place, Sources};
use typed::Checked;

/// What to compile.
#[derive(Debug, Clone)]
pub struct Root {
    /// The module's dotted name: `payroll`.
    pub name: String,
    /// Its path, as people name it.
    pub path: String,
    pub text: String,
}

/// What a compilation gives.
#[derive(Debug)]
pub struct Compiled {
    /// All files that were read: diagnostics and the program's places point into them.
    pub sources: Sources,
    /// All faults of all files, in the order of files and places.
    pub diagnostics: Vec<Diagnostic>,
    /// `None` where a diagnostic is an error.
    pub program: Option<Program>,
    /// The `where`s of values, in the order of places; none where a diagnostic is an error.
    pub conditions: Vec<Condition>,
}

/// A `where`, at a place where a value becomes of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub place: Place,
    /// `Employee.salary`, `PayMonth`
    pub subject: String,
    /// The condition as written.
    pub text: String,
    /// It always holds there, and costs nothing. If not, it is checked there when the program runs.
    pub proved: bool,
}

impl Compiled {
    pub fn has_errors(&self) -> bool {
        is_refused(&self.diagnostics)
    }
}

/// Compiles a module with everything it uses.
pub fn compile(root: Root, loader: &dyn Loader, setting: Setting) -> Compiled {
    let (compiled, checked) = compile_checked(root, loader, setting);
    put_away(checked);
    compiled
}

/// The same, with the checked program, which is whole where there is a compiled one.
pub fn compile_checked(root: Root, loader: &dyn Loader, setting: Setting) -> (Compiled, Checked) {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    let loaded = load::load(&root.name, &root.path, root.text, loader, &mut sources, &mut problems);
    let (checked, more) = check::check(&loaded, loader, &mut sources, setting);
    put_away(loaded);
    problems.extend(more);
    let mut diagnostics: Vec<Diagnostic> = problems.iter().map(|p| p.tell(&sources)).collect();
    let (mut program, mut conditions) = (None, Vec::new());
    // The proofs are about programs that mean something.
    if !is_refused(&diagnostics) {
        let (refuted, shown, lowered) = prove::prove(&checked, |shown| lower::lower(&checked, &sources, shown));
        diagnostics.extend(refuted.iter().map(|p| p.tell(&sources)));
        if !is_refused(&diagnostics) {
            match lowered {
                Ok(lowered) => {
                    program = Some(lowered);
                    conditions = shown.obligations.iter().map(|known| condition(&checked, known)).collect();
                }
                Err(limit) => diagnostics.push(diagnostics::Problem::Limit(limit).tell(&sources)),
            }
        }
    }
    diagnostics.sort_by_key(|d| d.labels[0].place);
    diagnostics.dedup();
    (Compiled { sources, diagnostics, program, conditions }, checked)
}

fn is_refused(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Gives a large tree back beside what comes next: that takes as long as a proof.
fn put_away(tree: impl Send + 'static) {
    rayon::spawn(move || drop(tree));
}

fn condition(checked: &Checked, known: &prove::ranges::Obligation) -> Condition {
    let check = &checked.checks[known.check.index()];
    let (subject, text) = (check.subject.to_string(), check.text.to_string());
    Condition { place: known.place, subject, text, proved: known.proved }
}
