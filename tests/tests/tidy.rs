//! Style that no other tool looks after.

use bp_tests::{fail_with, files, read, root, shown};
use std::path::{Path, PathBuf};

/// A file of Rust is read in one go.
const LINES_MAX: usize = 700;
/// One of tests is looked up in.
const LINES_OF_TESTS_MAX: usize = 1_000;

/// Longer ones, and why.
const LONG: [(&str, &str); 1] = [("bytecode/src/verify/function.rs", "one arm for each instruction")];

const LINTS: &str = "[lints]\nworkspace = true";

/// What the formatter mends: blanks at the end of a line and tabs are what these files are about.
const NOT_LAID_OUT: &str = ".in.bp";

/// Crates that may use `unsafe`: native code cannot do without.
const UNSAFE: [&str; 1] = ["jit"];

fn sources(endings: &[&str]) -> Vec<PathBuf> {
    files(&root(), endings).into_iter().filter(|path| !is_made(path)).collect()
}

/// Files that tools or the tests of other crates write, and data as it came.
fn is_made(path: &Path) -> bool {
    shown(path).contains("/snapshots/")
}

fn lines(path: &Path) -> Vec<String> {
    read(path).lines().map(str::to_owned).collect()
}

fn at(path: &Path, line: usize, what: &str) -> String {
    format!("{}:{}: {what}", shown(path), line + 1)
}

#[test]
fn files_are_not_too_long() {
    let mut findings = Vec::new();
    for path in sources(&["rs"]) {
        let (count, name) = (lines(&path).len(), shown(&path));
        let most = if name.contains("tests") { LINES_OF_TESTS_MAX } else { LINES_MAX };
        if count > most && !LONG.iter().any(|(known, _)| *known == name) {
            findings.push(format!("{name} has {count} lines; {most} are the most"));
        }
    }
    fail_with(&findings);
}

#[test]
fn lines_end_cleanly() {
    let mut findings = Vec::new();
    for path in sources(&["rs", "bp", "md", "toml", "pest"]) {
        if shown(&path).ends_with(NOT_LAID_OUT) {
            continue;
        }
        let text = read(&path);
        if !text.is_empty() && !text.ends_with('\n') {
            findings.push(format!("{} does not end with a line end", shown(&path)));
        }
        if text.contains('\r') {
            findings.push(format!("{} has carriage returns", shown(&path)));
        }
        for (number, line) in text.lines().enumerate() {
            if line.ends_with([' ', '\t']) {
                findings.push(at(&path, number, "blanks at the end"));
            }
            if line.contains('\t') && !path.ends_with("LICENSE") {
                findings.push(at(&path, number, "a tab"));
            }
        }
    }
    fail_with(&findings);
}

#[test]
fn nothing_is_left_half_done() {
    // Put together so that this file does not find itself.
    let marks: Vec<String> = ["todo", "unimplemented", "dbg"].iter().map(|word| format!("{word}!(")).collect();
    let mut findings = Vec::new();
    for path in sources(&["rs"]) {
        for (number, line) in lines(&path).iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            findings.extend(marks.iter().filter(|mark| code.contains(*mark)).map(|mark| at(&path, number, mark)));
        }
    }
    fail_with(&findings);
}

#[test]
fn no_crate_is_unsafe() {
    let mut findings = Vec::new();
    for manifest in files(&root(), &["toml"]).into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        let folder = manifest.parent().unwrap();
        if folder == root() || UNSAFE.iter().any(|name| folder.ends_with(name)) {
            continue;
        }
        let entries = ["src/lib.rs", "src/main.rs"].map(|name| folder.join(name));
        // The workspace's lints forbid it as well.
        let by_lints = read(&manifest).contains(LINTS);
        for entry in entries.iter().filter(|entry| entry.exists()) {
            if !by_lints && !read(entry).contains("#![forbid(unsafe_code)]") {
                findings.push(format!("{} does not forbid unsafe code", shown(entry)));
            }
        }
    }
    assert!(read(&root().join("Cargo.toml")).contains("unsafe_code = \"forbid\""));
    fail_with(&findings);
}

#[test]
fn nothing_names_a_machine() {
    // Put together so that this file does not find itself.
    let marks: Vec<String> =
        ["/home", "/root", "/work", "/Users", "/tmp"].iter().map(|folder| format!("{folder}/")).collect();
    let mut findings = Vec::new();
    for path in sources(&["rs", "bp", "md", "toml", "pest", "csv", "sh"]) {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (number, line) in lines(&path).iter().enumerate() {
            findings.extend(marks.iter().filter(|mark| line.contains(*mark)).map(|mark| at(&path, number, mark)));
        }
    }
    fail_with(&findings);
}

#[test]
fn every_crate_is_described_and_tested() {
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let workspace = read(&root().join("Cargo.toml"));
    let members = workspace.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(m, _)| m);
    let mut findings = Vec::new();
    for member in members.split(',').map(|m| m.trim().trim_matches('"')).filter(|m| !m.is_empty()) {
        if !architecture.contains(&format!("`{member}/")) && !architecture.contains(&format!(" {member}/")) {
            findings.push(format!("ARCHITECTURE.md does not speak of {member}/"));
        }
        let manifest = read(&root().join(member).join("Cargo.toml"));
        if !UNSAFE.contains(&member) && !manifest.contains(LINTS) {
            findings.push(format!("{member}/Cargo.toml does not take the workspace's lints"));
        }
    }
    fail_with(&findings);
}
