//! The command `bp` itself, called as people call it, and its output compared with what a document shows.

use crate::root;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The command, built in the profile in which the tests run.
///
/// # Panics
/// It cannot be built.
pub fn bp() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        // This test stands in <target>/<profile>/deps.
        let own = std::env::current_exe().expect("a test knows where it stands");
        let folder = own.parent().and_then(Path::parent).expect("a test stands in a target folder").to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "bp"]).current_dir(root());
        if folder.file_name().is_some_and(|name| name == "release") {
            build.arg("--release");
        }
        if let Some(target) = folder.parent() {
            build.env("CARGO_TARGET_DIR", target);
        }
        let built = build.status().expect("cargo runs");
        assert!(built.success(), "the command cannot be built");
        folder.join(format!("bp{}", std::env::consts::EXE_SUFFIX))
    })
}

/// What a call came to: standard output and error as they came, and the exit status.
pub struct Called {
    pub output: String,
    pub status: i32,
}

/// Calls the command in a folder.
///
/// # Panics
/// It cannot be called.
pub fn call(args: &[String], folder: &Path) -> Called {
    let path = tempfile_in(folder);
    let file = File::create(&path).expect("a file for the output");
    let both = (file.try_clone().expect("a file for the output"), file);
    let status = Command::new(bp())
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .stdin(Stdio::null())
        .stdout(both.0)
        .stderr(both.1)
        .status()
        .expect("the command runs");
    let mut output = String::new();
    File::open(&path).and_then(|mut file| file.read_to_string(&mut output)).expect("the output is text");
    fs::remove_file(&path).expect("the output can be taken away");
    Called { output, status: status.code().unwrap_or(-1) }
}

fn tempfile_in(folder: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    folder.join(format!(".output-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// The words of a command line; `"…"` keeps blanks together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Runs the lines with `$` of a console block and gives the whole block as it comes out, and the worst exit status.
///
/// # Panics
/// A line calls something other than `bp` or `cat`.
pub fn console(text: &str, folder: &Path) -> (String, i32) {
    let mut out = String::new();
    let mut worst = 0;
    for line in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let words = words(line);
        let called = match words.split_first() {
            Some((command, args)) if command == "bp" => call(args, folder),
            Some((command, [file])) if command == "cat" => {
                let output = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
                Called { output, status: 0 }
            }
            _ => panic!("not a command that a document can show: {line}"),
        };
        worst = worst.max(called.status);
        out.push_str(&format!("$ {line}\n"));
        called.output.lines().for_each(|line| out.push_str(&format!("{}\n", line.trim_end())));
        // A blank line at the end of an output parts it from the next prompt only.
        while out.ends_with("\n\n") {
            out.pop();
        }
    }
    (out, worst)
}

/// Whether an output is what is shown, where `…` stands for anything: a line of its own for any lines.
pub fn is_shown(shown: &str, output: &str) -> bool {
    let shown: Vec<&str> = shown.trim_end().lines().map(str::trim_end).collect();
    let output: Vec<&str> = output.trim_end().lines().collect();
    lines_fit(&shown, &output)
}

fn lines_fit(shown: &[&str], output: &[&str]) -> bool {
    match (shown, output) {
        ([], rest) => rest.is_empty(),
        (["…", more @ ..], rest) => (0..=rest.len()).any(|skip| lines_fit(more, &rest[skip..])),
        ([line, more @ ..], [found, rest @ ..]) => line_fits(line, found) && lines_fit(more, rest),
        _ => false,
    }
}

fn line_fits(shown: &str, found: &str) -> bool {
    if shown == found {
        return true;
    }
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return false };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_fits_anything() {
        assert!(is_shown("a\n…\nz\n", "a\nb\nc\nz\n"));
        assert!(is_shown("a\n…\nz\n", "a\nz\n"));
        assert!(is_shown("took … s, … rows", "took 0.1 s, 10 rows"));
        assert!(!is_shown("took … s", "took 0.1 m"));
        assert!(!is_shown("a\nb", "a"));
        assert!(!is_shown("a", "a\nb"));
    }

    #[test]
    fn quotes_keep_blanks() {
        assert_eq!(words(r#"run a.bp --set "amount=5 USD" x"#), ["run", "a.bp", "--set", "amount=5 USD", "x"]);
    }
}
