//! `bp check --fix`: makes the changes that diagnostics suggest.

use crate::check::Checked;
use crate::failure::{Failure, Result};
use crate::project::shown;
use crate::terminal::{Terminal, counted};
use crate::{failure, files};
use bp_compiler::diagnostics::Code;
use bp_compiler::diagnostics::fix::{Fix, Fixes, fixes};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// A change may bring another to light; so often at most.
const ROUNDS: usize = 5;

/// Only the files that were to be checked may be changed, not what they use.
struct Ours<'f>(BTreeMap<String, &'f Path>);

impl<'f> Ours<'f> {
    fn new(files: &'f [PathBuf]) -> Ours<'f> {
        Ours(files.iter().map(|file| (shown(file), file.as_path())).collect())
    }

    fn fixes(&self, checked: &Checked) -> BTreeMap<String, Fixes> {
        fixes(&checked.told.diagnostics, &checked.told.sources, |path| self.0.contains_key(path))
    }
}

/// What has been changed.
#[derive(Default)]
pub struct Made {
    /// Each with the path of its file; places are those before the round that made it.
    fixes: Vec<(String, Fix)>,
}

/// Makes changes and checks anew until there are no more.
pub fn fix(files: &[PathBuf], mut checked: Checked, terminal: &Terminal) -> Result<(Checked, Made)> {
    let ours = Ours::new(files);
    let mut made = Made::default();
    // Changed once and told again for the same reason: the change does not help, and would be made for ever.
    let mut tried: HashSet<(String, Code, String)> = HashSet::new();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (path, mut file) in ours.fixes(&checked) {
            let text = &file.text;
            file.fixes.retain(|fix| !tried.contains(&(path.clone(), fix.code, text[fix.range.clone()].to_owned())));
            if file.fixes.is_empty() {
                continue;
            }
            write(&path, ours.0[&path], &file)?;
            changed = true;
            for fix in file.fixes {
                let Fix { code, title, line, column, .. } = &fix;
                terminal.say(&format!("{} {path}:{line}:{column}: {code}: {title}", terminal.err.green("fixed")));
                tried.insert((path.clone(), fix.code, fix.replacement.clone()));
                made.fixes.push((path.clone(), fix));
            }
        }
        if !changed {
            break;
        }
        checked = Checked::of(files);
    }
    Ok((checked, made))
}

fn write(shown: &str, path: &Path, file: &Fixes) -> Result<()> {
    let now = failure::read_text(path)
        .map_err(|(status, why)| Failure { status, message: format!("cannot read {shown}: {why}") })?;
    if now != file.text {
        return Err(Failure::outside(format!("{shown} has been changed while it was checked; it is left as it is")));
    }
    files::replace(path, &file.applied())
}

/// The changes of the first round, as a diff, and how many there are.
pub fn preview(files: &[PathBuf], checked: &Checked) -> (String, String) {
    let files = Ours::new(files).fixes(checked);
    let changes = files.values().map(|file| file.fixes.len() as u64).sum();
    let diff = files.iter().map(|(path, file)| file.diff(path)).collect();
    (diff, told(changes, files.len() as u64))
}

fn told(changes: u64, files: u64) -> String {
    format!("{} in {}", counted(changes, "change", "changes"), counted(files, "file", "files"))
}

impl Made {
    /// `3 changes in 2 files`
    pub fn told(&self) -> String {
        let files: HashSet<&str> = self.fixes.iter().map(|(path, _)| path.as_str()).collect();
        told(self.fixes.len() as u64, files.len() as u64)
    }

    pub fn json(&self) -> Json {
        let one = |(path, fix): &(String, Fix)| {
            json!({
                "path": path,
                "line": fix.line,
                "column": fix.column,
                "code": fix.code.to_string(),
                "title": fix.title,
                "replacement": fix.replacement,
            })
        };
        self.fixes.iter().map(one).collect()
    }
}
