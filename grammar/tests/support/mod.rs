//! What several of the tests need: the corpus, and trees as short text.

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
