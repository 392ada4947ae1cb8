//! What crosses crates: programs compiled and run as the command does it, documents read, the command itself called.
//!
//! The tests stand in `tests/tests/`. With `BLESS=1` in the environment they write what they find into the files that
//! hold what is expected, and pass.

#![forbid(unsafe_code)]

pub mod agree;
pub mod bless;
pub mod command;
pub mod fuzz;
pub mod generate;
pub mod living;
pub mod markdown;
pub mod mutation;
pub mod pictures;
pub mod plain;
pub mod programs;
pub mod reference;

use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The files below a folder with one of these endings, sorted. Folders that hold what is made are left out.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !name.starts_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as people name it: from the project's folder.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Reads a file of the project.
///
/// # Panics
/// It cannot be read.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

/// Fails with all findings, one a line, if there are any.
///
/// # Panics
/// There are findings.
pub fn fail_with(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n\n{}\n", findings.len(), findings.join("\n"));
}
