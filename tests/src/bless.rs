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
