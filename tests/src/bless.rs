//! Expected outputs that can be written anew.

use std::fs;
use std::path::Path;

/// Whether expectations are to be written rather than compared.
pub fn on() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares a file with what it should hold, or writes it. A sentence if they differ.
pub fn file(path: &Path, expected: &str) -> Option<String> {
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return None;
    }
    if on() {
        fs::write(path, expected).unwrap_or_else(|error| panic!("{}: {error}", crate::shown(path)));
        return None;
    }
    let line = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    let (is, should) = (found.lines().nth(line).unwrap_or("(end)"), expected.lines().nth(line).unwrap_or("(end)"));
    Some(format!("{}:{}: is\n    {is}\nshould be\n    {should}\n(BLESS=1 writes it)", crate::shown(path), line + 1))
}

/// The same for a page of which only what stands behind the mark is written.
pub fn behind_mark(path: &Path, expected: &str) -> Option<String> {
    const MARK: &str = "<!-- What follows is written by the tests. -->\n";
    let found = fs::read_to_string(path).unwrap_or_default();
    let (head, _) = found.split_once(MARK).expect("a mark says where the written part begins");
    file(path, &format!("{head}{MARK}{expected}"))
}
