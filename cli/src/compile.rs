//! From a file to a compiled program, and what went wrong on the way.

use crate::failure::{Failure, Result};
use crate::names;
use crate::project::Project;
use bp_compiler::check::Setting;
use bp_compiler::currency::currency;
use bp_compiler::diagnostics::{Diagnostic, Severity};
use bp_compiler::source::Sources;
use bp_compiler::{Compiled, Root};
use std::collections::HashSet;
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

/// Diagnostics of several compilations that share modules: each is told once.
#[derive(Default)]
pub struct Told {
    seen: HashSet<(String, u32, u32, u16, String)>,
    pub errors: u64,
    pub warnings: u64,
}

impl Told {
    /// Those that were not told yet; counts them.
    pub fn fresh(&mut self, diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Diagnostic> {
        let fresh = |diagnostic: &&Diagnostic| {
            let place = diagnostic.labels[0].place;
            let path = if (place.file.0 as usize) < sources.len() { sources.get(place.file).path.clone() } else { String::new() };
            let (start, end) = (place.span.start, place.span.end);
            self.seen.insert((path, start, end, diagnostic.code.number(), diagnostic.message.clone()))
        };
        let fresh: Vec<Diagnostic> = diagnostics.iter().filter(fresh).cloned().collect();
        for diagnostic in &fresh {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
        }
        fresh
    }
}
