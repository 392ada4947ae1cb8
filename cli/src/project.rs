//! Where programs lie: folders, `bp.toml`, modules of the disk and of the standard library.

use crate::failure::{self, Failure, Result, Status};
use bp_compiler::Root;
use bp_compiler::load::Loader;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A data file of a program larger than this is not read: rows of a run come by `--input`.
const DATA_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What a program belongs to: the folder of the nearest `bp.toml` above it, or its own folder.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    /// The book currency that `bp.toml` names.
    pub currency: Option<String>,
}

impl Project {
    /// # Errors
    /// A `bp.toml` that cannot be read.
    pub fn of(file: &Path) -> Result<Project> {
        let absolute = std::path::absolute(file).map_err(|error| Failure::file("find", file.display(), &error))?;
        let own = absolute.parent().unwrap_or(Path::new("/"));
        let Some(root) = own.ancestors().find(|folder| folder.join("bp.toml").is_file()) else {
            return Ok(Project { root: own.to_owned(), currency: None });
        };
        let settings = root.join("bp.toml");
        let shown = shown(&settings);
        let refuse = |status, why: String| Failure { status, message: format!("cannot read {shown}: {why}") };
        let text = failure::read_text(&settings).map_err(|(status, why)| refuse(status, why))?;
        let table: toml::Table = text.parse().map_err(|error| refuse(Status::Found, format!("{error}")))?;
        let currency = match table.get("currency") {
            None => None,
            Some(toml::Value::String(code)) => Some(code.clone()),
            Some(_) => return Err(refuse(Status::Found, "`currency` is a text such as \"IDR\"".to_owned())),
        };
        Ok(Project { root: root.to_owned(), currency })
    }

    /// Where the module of a dotted name lies, if there is one.
    pub fn path(&self, name: &str) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(name.split('.'));
        path.set_extension("bp");
        path
    }

    /// The module that a file is.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn module(&self, file: &Path) -> Result<Root> {
        let path = shown(file);
        let text = failure::read_text(file)
            .map_err(|(status, why)| Failure { status, message: format!("cannot read {path}: {why}") })?;
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let inner = absolute.strip_prefix(&self.root).unwrap_or(&absolute).with_extension("");
        let name = inner.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(".");
        Ok(Root { name, path, text })
    }
}

impl Loader for Project {
    fn module(&self, name: &str) -> std::result::Result<Option<(String, String)>, String> {
        let path = self.path(name);
        if path.is_file() {
            let text = failure::read_text(&path).map_err(|(_, why)| why)?;
            return Ok(Some((shown(&path), text)));
        }
        Ok(bp_stdlib::module(name).map(|(path, text)| (path.to_owned(), text.to_owned())))
    }

    fn data(&self, from: &str, file: &str) -> std::result::Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        let about = fs::metadata(&path).map_err(|error| failure::reason(&error))?;
        if about.len() > DATA_BYTES_MAX {
            return Err(format!("it is larger than {} MiB", DATA_BYTES_MAX >> 20));
        }
        let text = failure::read_text(&path).map_err(|(_, why)| why)?;
        Ok((shown(&path), text))
    }
}

/// A path as people read it: from the folder that they are in, where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let path = match (&here, std::path::absolute(path)) {
        (Some(here), Ok(absolute)) => absolute.strip_prefix(here).map(Path::to_owned).unwrap_or(absolute),
        _ => path.to_owned(),
    };
    path.display().to_string()
}

/// The `.bp` files that paths name, each once: files as given, and all below folders, sorted.
///
/// # Errors
/// A path that is not there or cannot be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|error| Failure::file("read", path.display(), &error))?;
        let mut below = Vec::new();
        if about.is_dir() {
            collect(path, &mut below)?;
            below.sort();
        } else {
            below.push(path.clone());
        }
        found.extend(below.into_iter().filter(|file| seen.insert(std::path::absolute(file).unwrap_or_default())));
    }
    if found.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::call(format!("there is no .bp file in {}", names.join(", "))));
    }
    Ok(found)
}

/// Links to folders are not followed: they may lead round in a circle.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error| Failure::file("read", folder.display(), &error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "bp") && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}
