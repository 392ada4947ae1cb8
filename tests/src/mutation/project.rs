//! A folder of modules: what uses what, and what becomes of a change.

use super::Mutant;
use super::words::listing;
use crate::programs::{Files, compile, is_good, run_tests};
use crate::{files, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The compiler refused it.
    Refused,
    /// It compiled, and a test failed.
    Found,
    /// It compiled, and all tests passed.
    Survived,
    /// It compiles to the same program.
    Equal,
}

/// The modules of one folder.
pub struct Project {
    folder: PathBuf,
    /// By name in the folder: `payroll.bp`.
    texts: BTreeMap<String, String>,
    /// For each module, itself and what uses it, directly or not.
    users: BTreeMap<String, Vec<String>>,
    listings: BTreeMap<String, String>,
    /// How many tests each module has.
    tests: BTreeMap<String, usize>,
}

impl Project {
    /// Reads a folder with the folders below it. Modules that do not compile by themselves are left out.
    pub fn read(folder: &Path) -> Project {
        let mut texts = BTreeMap::new();
        for path in files(folder, &["bp", "csv"]) {
            if let Ok(name) = path.strip_prefix(folder) {
                texts.insert(name.display().to_string(), read(&path));
            }
        }
        let mut project = Project {
            folder: folder.to_owned(),
            texts,
            users: BTreeMap::new(),
            listings: BTreeMap::new(),
            tests: BTreeMap::new(),
        };
        let modules: Vec<String> = project.texts.keys().filter(|name| name.ends_with(".bp")).cloned().collect();
        for module in &modules {
            let text = &project.texts[module];
            let compiled = compile(module, text, &Files::of(folder), None);
            let Some(program) = &compiled.program else { continue };
            project.listings.insert(module.clone(), listing(program));
            project.tests.insert(module.clone(), program.tests.len());
            for file in compiled.sources.iter().map(|(_, file)| file.path.clone()) {
                project.users.entry(file).or_default().push(module.clone());
            }
        }
        project
    }

    /// The modules that compile, with their texts, and the data files.
    pub fn files(&self) -> impl Iterator<Item = (PathBuf, &str)> {
        let known = self.texts.iter().filter(|(name, _)| name.ends_with(".csv") || self.listings.contains_key(*name));
        known.map(|(name, text)| (self.folder.join(name), text.as_str()))
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
    }

    /// Whether any test could find a fault in a file.
    pub fn is_tested(&self, path: &Path) -> bool {
        self.users_of(path).iter().any(|user| self.tests.get(user).is_some_and(|tests| *tests > 0))
    }

    fn users_of(&self, path: &Path) -> &[String] {
        self.users.get(&self.name(path)).map_or(&[], Vec::as_slice)
    }

    /// Compiles everything that uses the changed file; if all of it still compiles, runs all its tests.
    pub fn try_out(&self, mutant: &Mutant) -> Verdict {
        let name = self.name(&mutant.path);
        let text = mutant.text(&self.texts[&name]);
        let mut files = Files::of(&self.folder);
        files.texts.insert(name.clone(), text.clone());
        let source = |module: &String| if *module == name { text.clone() } else { self.texts[module].clone() };
        let users = self.users_of(&mutant.path);
        let mut equal = true;
        let mut changed = BTreeSet::new();
        for user in users {
            let compiled = compile(user, &source(user), &files, None);
            let Some(program) = compiled.program.as_ref().filter(|_| is_good(&compiled)) else {
                return Verdict::Refused;
            };
            if listing(program) != self.listings[user] {
                equal = false;
                changed.insert(user);
            }
        }
        if equal {
            return Verdict::Equal;
        }
        for user in changed {
            match run_tests(user, &source(user), &files) {
                Err(_) => return Verdict::Refused,
                Ok(tested) if tested.iter().any(|test| !test.failures.is_empty()) => return Verdict::Found,
                Ok(_) => {}
            }
        }
        Verdict::Survived
    }

    /// All faults of its files.
    pub fn mutants(&self) -> Vec<Mutant> {
        let texts: BTreeMap<PathBuf, &str> = self.files().collect();
        let mut all = Vec::new();
        for path in texts.keys().filter(|path| path.extension().is_some_and(|ending| ending == "bp")) {
            all.extend(super::sites(path, &texts));
        }
        // What no test runs, no test can find.
        all.retain(|mutant| mutant.kind.group() != super::Group::Tests || self.is_tested(&mutant.path));
        all.sort_by_key(|mutant: &Mutant| (mutant.kind, mutant.path.clone(), mutant.range.start));
        all
    }
}
