//! The tree of a `.bp` file, as it was written.
//!
//! One file a part of the language: [`item`] (declarations), [`expr`], [`types`], [`stmt`] (what blocks are
//! made of), [`process`] (statements that take time) and [`ledger`] (statements about books). Every node knows
//! its place. A piece that could not be read is an `Invalid` node, so that the stages behind go on around it.

pub mod expr;
pub mod item;
pub mod ledger;
pub mod process;
pub mod stmt;
pub mod types;

pub use expr::*;
pub use item::*;
pub use ledger::*;
pub use process::*;
pub use stmt::*;
pub use types::*;

use crate::span::Span;
use smol_str::SmolStr;

/// A word with its place.
#[derive(Clone, Debug)]
pub struct Ident {
    pub text: SmolStr,
    pub span: Span,
}

/// Words parted by dots: a module, a name in a module, a field path. Never empty.
#[derive(Clone, Debug)]
pub struct Path {
    pub words: Vec<Ident>,
    pub span: Span,
}

impl Path {
    pub fn last(&self) -> &Ident {
        self.words.last().expect("a path has at least one word")
    }

    /// The path as written, without blanks.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.text.as_str()).collect();
        words.join(".")
    }
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The lines of `//!` at the top, without the marks.
    pub docs: Vec<SmolStr>,
    pub items: Vec<Item>,
}
