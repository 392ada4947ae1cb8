//! What several of the tests need: the corpus, faulty texts made of right ones, trees as short text.

#![allow(dead_code)]

pub mod show;

/// Programs that use every construct of the language.
pub const CORPUS: [(&str, &str); 5] = [
    ("books", include_str!("../corpus/books.bp")),
    ("data", include_str!("../corpus/data.bp")),
    ("decisions", include_str!("../corpus/decisions.bp")),
    ("processes", include_str!("../corpus/processes.bp")),
    ("values", include_str!("../corpus/values.bp")),
];

/// A generator of numbers that is the same on every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// What is put into programs.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "|",
    "=>",
    "->",
    "=",
    "==",
    ".",
    "..",
    ",",
    ":",
    "-",
    "\n",
    "é",
    "€",
    "\\",
    "match ",
    "if ",
    "else ",
    "step ",
    "let ",
    "for ",
    " where ",
    "1",
    "2026-13-01",
    "//",
    "///",
    "//!",
    "'",
    ";",
    "\nfn ",
    "\ntype",
    "/*",
    "*/",
    "#",
    "“",
    " is ",
    " not ",
    "with",
    "?",
    "?.",
    "??",
    "e5",
    "\u{feff}",
    "\r",
    "\0",
];

/// An item of a program, with up to three changes.
pub fn mutated(text: &str, numbers: &mut Numbers) -> String {
    let items: Vec<&str> = text.split("\n\n").collect();
    let mut text = items[numbers.below(items.len())].to_owned();
    for _ in 0..=numbers.below(3) {
        let mut at = numbers.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        match numbers.below(3) {
            0 => text.insert_str(at, PIECES[numbers.below(PIECES.len())]),
            1 => text.truncate(at),
            _ => {
                let mut end = (at + numbers.below(12)).min(text.len());
                while !text.is_char_boundary(end) {
                    end += 1;
                }
                text.replace_range(at..end, "");
            }
        }
    }
    text
}

/// What `Debug` shows of a tree, without places.
pub fn without_spans(shown: &str) -> String {
    let mut parts = shown.split("Span { ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    out
}
