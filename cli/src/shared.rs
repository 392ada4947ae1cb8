//! Files of one call that use one another: which of them to compile, so that each is checked, and checked once.
//!
//! A compilation checks a file with all that it uses. So only files that no other one of the call uses are compiled.
//! Where such a program is refused, nothing was proved of it: what it uses is then taken by itself, except for files
//! that were refused themselves or use such a one.

use crate::compile::Unit;
use bp_compiler::Compiled;
use bp_compiler::diagnostics::Severity;
use bp_compiler::load;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The files that are still to be checked, and who uses whom.
pub struct Shared {
    /// By number of file: those of the call that it uses.
    uses: Vec<Vec<usize>>,
    open: BTreeSet<usize>,
}

impl Shared {
    /// `units` has an entry for each file; those that cannot be read use nothing.
    pub fn new<E>(files: &[PathBuf], units: &[Result<Unit, E>]) -> Shared {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let numbers: HashMap<PathBuf, usize> = files.iter().enumerate().map(|(n, file)| (absolute(file), n)).collect();
        let uses = units.iter().map(|unit| {
            let Ok(unit) = unit else { return Vec::new() };
            let number = |name: &str| numbers.get(&unit.project.path(name)).copied();
            let named = load::uses(&unit.root.text).into_iter();
            named.filter_map(|(whole, outer)| number(&whole).or_else(|| number(&outer?))).collect()
        });
        Shared { uses: uses.collect(), open: (0..files.len()).collect() }
    }

    /// The files to compile now: those that no other open one uses. Empty when all have been checked.
    pub fn next(&self) -> Vec<usize> {
        let used: BTreeSet<usize> = self
            .open
            .iter()
            .flat_map(|file| self.uses[*file].iter().filter(move |used| *used != file))
            .copied()
            .collect();
        let first: Vec<usize> = self.open.difference(&used).copied().collect();
        // All that are left may use one another in a circle.
        if first.is_empty() { self.open.first().copied().into_iter().collect() } else { first }
    }

    /// A file has been compiled, as far as it could be: what has been told of it is not asked for again.
    pub fn done(&mut self, file: usize, compiled: Option<(&[PathBuf], &Compiled)>) {
        self.open.remove(&file);
        let Some((files, compiled)) = compiled else { return };
        let refused = refused(files, compiled);
        let whole = !compiled.has_errors();
        for used in self.reach(file) {
            if whole || self.reach(used).iter().any(|file| refused.contains(file)) {
                self.open.remove(&used);
            }
        }
    }

    /// The file and all that it uses, by way of others too.
    fn reach(&self, file: usize) -> BTreeSet<usize> {
        let (mut reached, mut next) = (BTreeSet::from([file]), vec![file]);
        while let Some(file) = next.pop() {
            next.extend(self.uses[file].iter().copied().filter(|used| reached.insert(*used)));
        }
        reached
    }
}

/// The files that an error was told in.
fn refused(files: &[PathBuf], compiled: &Compiled) -> BTreeSet<usize> {
    let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let paths: BTreeSet<&str> = errors
        .filter_map(|diagnostic| diagnostic.labels.first())
        .filter(|label| label.place.file.0 < compiled.sources.len() as u32)
        .map(|label| compiled.sources.get(label.place.file).path.as_str())
        .collect();
    (0..files.len()).filter(|n| paths.contains(crate::project::shown(&files[*n]).as_str())).collect()
}
