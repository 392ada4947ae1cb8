//! Faulty input of every kind: texts made of real programs by changing them, and what has to hold for each.
//!
//! `cargo run --release -p bp-tests --bin fuzz -- --seconds 60 [TARGET…]` runs this on stable Rust; the folder `fuzz/`
//! has the same targets for libFuzzer.
//!
//! | target | what has to hold for every text `t` |
//! | --- | --- |
//! | lexer | the tokens of `t`, put together, are `t` |
//! | parser | faults lie in `t`, on one line, in order; an item without a tree has a fault |
//! | formatter | `format(format(t)) == format(t)`; tree, faults and comments of `format(t)` are those of `t` |
//! | checker | diagnostics lie in their files and can be shown; without errors the program is verified |
//! | drawer | every process is drawn, whatever its faults: nothing lies on another, and no two lines cross |

pub mod mutate;
pub mod targets;

use crate::{files, markdown, read, root};

/// A target: its name and what it does with a text. It panics where something does not hold.
pub type Target = (&'static str, fn(&str) -> Depth);

pub const TARGETS: [Target; 5] = [
    ("lexer", targets::lexer),
    ("parser", targets::parser),
    ("formatter", targets::formatter),
    ("checker", targets::checker),
    ("drawer", targets::drawer),
];

/// How far a text got, so that a run that tests nothing can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// It has faults of form.
    Text,
    /// It was read without a fault.
    Read,
    /// It is a program without errors.
    Program,
}

/// No text of the run is longer.
pub const BYTES_MAX: usize = 32 * 1024;

/// The texts that others are made of: the project's programs and those in its documents.
pub fn corpus() -> Vec<String> {
    let mut texts: Vec<String> = files(&root(), &["bp"]).iter().map(|path| read(path)).collect();
    for path in files(&root().join("docs"), &["md"]) {
        let blocks = markdown::blocks(&read(&path));
        texts.extend(blocks.into_iter().filter(|block| block.language == "bp").map(|block| block.text));
    }
    texts.retain(|text| !text.is_empty() && text.len() <= BYTES_MAX);
    texts
}
