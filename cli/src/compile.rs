//! From a file to a compiled program, and what went wrong on the way.

use crate::explain;
use crate::failure::{Failure, Result};
use crate::names;
use crate::project::Project;
use crate::terminal::Terminal;
use bp_bytecode::Program;
use bp_bytecode::verify::verify;
use bp_compiler::check::Setting;
use bp_compiler::currency::currency;
use bp_compiler::diagnostics::sarif::{self, Run};
use bp_compiler::diagnostics::{Diagnostic, Severity, github, render};
use bp_compiler::source::{Place, Sources};
use bp_compiler::{Compiled, Root};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// A file, and the project that it belongs to.
pub struct Unit {
    pub project: Project,
    pub root: Root,
}

impl Unit {
    pub fn read(file: &Path) -> Result<Unit> {
        let project = Project::of(file)?;
        let root = project.module(file)?;
        Ok(Unit { project, root })
    }

    /// Compiles it, in a currency of its own where the program leaves it open; `given` goes before `bp.toml`.
    pub fn compile(&self, given: Option<&str>) -> Result<Compiled> {
        let setting = match given.or(self.project.currency.as_deref()) {
            Some(code) => Setting { currency: known_currency(code)? },
            None => Setting::default(),
        };
        Ok(bp_compiler::compile(self.root.clone(), &self.project, setting))
    }
}

fn known_currency(code: &str) -> Result<(bp_compiler::types::Currency, u8)> {
    currency(code).ok_or_else(|| {
        let upper = code.to_uppercase();
        let hint = match currency(&upper) {
            Some(_) => names::hint(code, [upper.as_str()]),
            None => "; a code of ISO 4217 such as IDR, USD or EUR is expected".to_owned(),
        };
        Failure::call(format!("there is no currency `{code}`{hint}"))
    })
}

/// Tells what the compiler has to say, and gives the program if there is one.
pub fn compiled_program<'c>(compiled: &'c Compiled, terminal: &Terminal) -> Result<&'c Program> {
    if !compiled.diagnostics.is_empty() {
        let told = render::human(&compiled.diagnostics, &compiled.sources, terminal.err.on);
        terminal.say(told.trim_end());
    }
    let program = compiled.program.as_ref().ok_or_else(|| Failure::found(""))?;
    verified(program)?;
    Ok(program)
}

/// Machines run only what has been verified; what the compiler makes has to be.
pub fn verified(program: &Program) -> Result<()> {
    let refuse = |error| Failure::found(format!("the compiled program is refused, a fault of the compiler: {error}"));
    verify(program).map_err(refuse)
}

/// Diagnostics of several compilations that share modules: each is told once.
#[derive(Default)]
pub struct Told {
    pub diagnostics: Vec<Diagnostic>,
    /// The files of all compilations, one behind the other.
    pub sources: Sources,
    seen: HashSet<Fact>,
}

/// What makes a diagnostic the same as another: path, bytes, code, message.
type Fact = (String, u32, u32, u16, String);

impl Told {
    pub fn add(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        let (from, files) = (self.sources.len() as u32, sources.len() as u32);
        let moved = |place: &mut Place| {
            // A fault of no file stays that.
            if place.file.0 < files {
                place.file.0 += from;
            }
        };
        let mut fresh = Vec::new();
        for diagnostic in diagnostics {
            let (path, start, end) = match diagnostic.labels.first().map(|label| label.place) {
                Some(place) if place.file.0 < files => {
                    (sources.get(place.file).path.clone(), place.span.start, place.span.end)
                }
                _ => Default::default(),
            };
            if self.seen.insert((path, start, end, diagnostic.code.number(), diagnostic.message.clone())) {
                let mut diagnostic = diagnostic.clone();
                diagnostic.labels.iter_mut().for_each(|label| moved(&mut label.place));
                diagnostic.edits.iter_mut().for_each(|edit| moved(&mut edit.place));
                fresh.push(diagnostic);
            }
        }
        if !fresh.is_empty() {
            self.diagnostics.extend(fresh);
            for (_, file) in sources.iter() {
                self.sources.add(file.path.clone(), file.text.clone());
            }
        }
    }

    pub fn count(&self, severity: Severity) -> u64 {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64
    }

    pub fn human(&self, color: bool) -> String {
        render::human(&self.diagnostics, &self.sources, color)
    }

    pub fn github(&self) -> String {
        github::github(&self.diagnostics, &self.sources)
    }

    pub fn sarif(&self, unreadable: &[&str]) -> Json {
        let run = Run { version: env!("CARGO_PKG_VERSION"), page: explain::page, unreadable, resolved };
        sarif::sarif(&self.diagnostics, &self.sources, &run)
    }

    /// An object with `diagnostics`, `errors` and `warnings`.
    pub fn json(&self) -> Map<String, Json> {
        match render::json(&self.diagnostics, &self.sources) {
            Json::Object(object) => object,
            _ => Map::new(),
        }
    }
}

/// A path as it is on the disk, through all links: from this folder where it lies below, or absolute.
fn resolved(path: &str) -> Option<String> {
    let (path, here) = (fs::canonicalize(path).ok()?, fs::canonicalize(".").ok()?);
    let path = path.strip_prefix(here).unwrap_or(&path).to_str()?;
    // Windows begins such a path in its own way.
    Some(path.strip_prefix(r"\\?\").unwrap_or(path).to_owned())
}
