//! The text of a `.bp` file to its tree.
//!
//! [`parse`] is the one way in, by the way of [`cut`]. It never fails and never panics: what could be read is in the tree, what could not is an
//! `Invalid` node, and every fault is a [`error::SyntaxError`] with its place – facts only, the words are found elsewhere.
//!
//! The way through this crate: [`token`] cuts the text into tokens, [`split`] the file into items, the grammar `bp.pest`
//! – which is also the reference to read – reads each item by itself, and `parse/` makes the tree and refuses what the
//! grammar lets through. Where the grammar refuses, `diagnose` looks at the tokens to say what is wrong.

#![forbid(unsafe_code)]

pub mod ast;
mod diagnose;
pub mod error;
mod format;
pub mod nodes;
mod parse;
pub mod span;
pub mod split;
pub mod token;
mod words;

pub use parse::MAX_TREE_DEPTH;
pub use token::tokens;

use ast::{File, Ident, Item, ItemKind};
use diagnose::Neighbours;
use error::{SyntaxError, SyntaxErrorKind};
use span::Span;
use split::{Chunk, Split};

/// A file, read.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub file: File,
    /// In the order of their places.
    pub errors: Vec<SyntaxError>,
}

/// Reads a file. Spans count the bytes of `text`, a byte-order mark at its beginning included.
pub fn parse(text: &str) -> Parsed {
    cut(text).parse()
}

/// A file that is cut into its items, of which none is read yet.
pub struct Cut<'t> {
    text: &'t str,
    split: Split,
}

/// Cuts a file: what it binds can be asked for before all of it is read.
pub fn cut(text: &str) -> Cut<'_> {
    if text.len() > split::MAX_FILE_BYTES {
        let kind = SyntaxErrorKind::FileTooLong { limit: split::MAX_FILE_BYTES };
        let errors = vec![SyntaxError { span: Span::default(), kind }];
        return Cut { text, split: Split { errors, ..Split::default() } };
    }
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    Cut { text, split: split::split(text, start) }
}

impl Cut<'_> {
    /// Reads all items.
    pub fn parse(self) -> Parsed {
        let Cut { text, split } = self;
        let mut errors = split.errors;
        let mut items = Vec::with_capacity(split.chunks.len());
        for (at, chunk) in split.chunks.iter().enumerate() {
            let previous = at.checked_sub(1).and_then(|at| split.chunks.get(at));
            let neighbours = Neighbours { previous, next: split.chunks.get(at + 1) };
            items.push(item(text, chunk, &neighbours, &mut errors));
        }
        errors.sort_by_key(|error| (error.span.start, error.span.end));
        Parsed { file: File { docs: split.docs, items }, errors }
    }

    /// The `use` and `currency` items: what a module needs and binds, without reading the rest of it.
    pub fn bindings(&self) -> Vec<Item> {
        let text = self.text;
        let wanted =
            |chunk: &&Chunk| matches!(&text[chunk.keyword.range()], "use" | "currency") && chunk.too_deep.is_none();
        let read = |chunk: &Chunk| parse::item(&text[chunk.span.range()], chunk.span.start, &mut Vec::new()).ok();
        self.split.chunks.iter().filter(wanted).filter_map(read).collect()
    }
}

/// The text in the one layout of the language. It never fails: an item with syntax errors stays as it is, and the others
/// are laid out around it. Comments stay, the tree stays the same, and laying out again changes nothing.
pub fn format(text: &str) -> String {
    format::format(text)
}

fn item(text: &str, chunk: &Chunk, neighbours: &Neighbours, errors: &mut Vec<SyntaxError>) -> Item {
    let piece = &text[chunk.span.range()];
    if let Some(span) = chunk.too_deep {
        let kind = SyntaxErrorKind::NestingTooDeep { limit: split::MAX_NESTING };
        errors.push(SyntaxError { span, kind });
        return invalid(text, chunk);
    }
    match parse::item(piece, chunk.span.start, errors) {
        Ok(item) => item,
        Err(refusal) => {
            diagnose::item(text, chunk, neighbours, &refusal, errors);
            invalid(text, chunk)
        }
    }
}

/// An item that could not be read, with its name if that can be seen.
fn invalid(text: &str, chunk: &Chunk) -> Item {
    let name = token::tokens(&text[chunk.keyword.start as usize..chunk.span.end as usize])
        .filter(|token| !token.kind.is_trivia())
        .nth(1)
        .map(|token| {
            let base = chunk.keyword.start;
            let token = token::Token { span: Span::new(base + token.span.start, base + token.span.end), ..token };
            let word = split::word_at(text, token);
            Ident { text: word.into(), span: Span::new(token.span.start, token.span.start + word.len() as u32) }
        })
        .filter(|name| name.text.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    Item { docs: Vec::new(), span: chunk.span, kind: ItemKind::Invalid { name } }
}
