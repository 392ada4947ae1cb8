//! From the grammar's nodes to the tree.
//!
//! The grammar is looser than the language; this is the strict step. Each rule has one function here, in a file named
//! like the tree's: [`item`], [`decision`], [`types`], [`expr`], [`pattern`], [`literal`], [`stmt`], [`process`],
//! [`ledger`]. What the language does not allow becomes a [`SyntaxError`] and, where no tree can be made of it, an
//! `Invalid` node. Nothing here panics: a node that the grammar should have given and did not is an error as well.

#[cfg(test)]
mod agreement;
mod decision;
mod expr;
mod item;
mod ledger;
mod literal;
mod nodes;
mod pattern;
mod process;
mod stmt;
mod types;

use crate::ast::{Ident, Item, Path};
use crate::error::{NameStyle, SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token;
use nodes::{Ends, Node, Nodes};
use pest::Parser;
use pest::iterators::Pairs;
use smol_str::SmolStr;
use std::num::NonZeroUsize;
use std::sync::Once;

/// The parser that the grammar gives.
#[derive(pest_derive::Parser)]
#[grammar = "bp.pest"]
pub(crate) struct Grammar;

/// How deep the tree of one item may be, counted in the grammar's nodes; see [`SyntaxErrorKind::ExpressionTooLong`].
pub const MAX_TREE_DEPTH: u32 = 500;

/// How many steps the parser may take for one item. An item of the largest allowed file takes less; only a fault of the
/// grammar could take more.
const CALL_LIMIT: usize = 4_000_000_000;

pub(crate) type PestError = pest::error::Error<Rule>;

/// Reads one item; `base` is where its text begins in the file. `Err` is the grammar's refusal.
pub(crate) fn item(text: &str, base: u32, errors: &mut Vec<SyntaxError>) -> Result<Item, Box<PestError>> {
    Ok(tree(text, base, pairs(text)?, errors))
}

/// The grammar's nodes of one item.
pub(crate) fn pairs(text: &str) -> Result<Pairs<'_, Rule>, Box<PestError>> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(CALL_LIMIT)));
    Grammar::parse(Rule::one_item, text).map_err(Box::new)
}

/// The grammar's nodes of one item that has no faults.
pub(crate) fn sound_pairs(text: &str) -> Option<Pairs<'_, Rule>> {
    let pairs = pairs(text).ok()?;
    let mut errors = Vec::new();
    tree(text, 0, pairs.clone(), &mut errors);
    errors.is_empty().then_some(pairs)
}

fn tree<'a>(text: &'a str, base: u32, pairs: Pairs<'a, Rule>, errors: &'a mut Vec<SyntaxError>) -> Item {
    let mut builder = Builder { text, base, errors, depth: 0, too_deep: false, ends: Ends::default() };
    let mut top = Nodes::of_pairs(pairs);
    let one = top.next();
    let mut inside = builder.inside(one);
    builder.item(inside.next())
}

/// Makes the tree of one item.
struct Builder<'a> {
    text: &'a str,
    /// Where `text` begins in the file.
    base: u32,
    errors: &'a mut Vec<SyntaxError>,
    depth: u32,
    too_deep: bool,
    ends: Ends,
}

impl<'a> Builder<'a> {
    fn error(&mut self, span: Span, kind: SyntaxErrorKind) {
        self.errors.push(SyntaxError { span, kind });
    }

    fn internal(&mut self, span: Span, what: &'static str) {
        self.error(span, SyntaxErrorKind::Internal { what });
    }

    /// The place of the whole item, for faults that have no better one.
    fn whole(&self) -> Span {
        let line = self.text.find('\n').unwrap_or(self.text.len());
        Span::new(self.base, self.base + line as u32)
    }

    fn inside(&mut self, node: Option<Node<'a>>) -> Nodes<'a> {
        match node {
            Some(node) => Nodes::inside(node),
            None => {
                self.internal(self.whole(), "a node is missing");
                Nodes::empty()
            }
        }
    }

    /// The place of a node, without the blanks and comments behind its last part.
    fn span(&mut self, node: &Node<'a>) -> Span {
        let (start, end) = self.ends.of(node);
        Span::new(self.base + start as u32, self.base + end as u32)
    }

    fn span_or_whole(&mut self, node: &Option<Node<'a>>) -> Span {
        match node {
            Some(node) => self.span(node),
            None => self.whole(),
        }
    }

    /// Goes `by` levels down the tree. False, with an error, where that is too deep; then nothing may be built there.
    /// Each call that gives true is followed by one of [`Self::rise`].
    fn sink(&mut self, by: u32, span: Span) -> bool {
        if self.depth + by > MAX_TREE_DEPTH {
            if !self.too_deep {
                self.too_deep = true;
                self.error(
                    first_line(self.text, self.base, span),
                    SyntaxErrorKind::ExpressionTooLong { limit: MAX_TREE_DEPTH },
                );
            }
            return false;
        }
        self.depth += by;
        true
    }

    fn rise(&mut self, by: u32) {
        self.depth -= by;
    }

    // -------------------------------------------------------- words

    /// Any word.
    fn word(&mut self, node: Option<Node<'a>>) -> Ident {
        match node {
            Some(node) => Ident { text: SmolStr::new(node.as_str()), span: self.span(&node) },
            None => {
                self.internal(self.whole(), "a word is missing");
                Ident { text: SmolStr::default(), span: self.whole() }
            }
        }
    }

    /// A word that is declared here as a field, label, state: any word, in lower case.
    fn label(&mut self, node: Option<Node<'a>>) -> Ident {
        let ident = self.word(node);
        if ident.text.contains(|c: char| c.is_ascii_uppercase()) {
            self.bad_name(&ident, NameStyle::Snake);
        }
        ident
    }

    /// A name that is declared here for a value: no reserved word.
    fn value_name(&mut self, node: Option<Node<'a>>) -> Ident {
        let ident = self.label(node);
        if token::is_reserved(&ident.text) {
            self.error(ident.span, SyntaxErrorKind::ReservedWord { word: ident.text.clone() });
        }
        ident
    }

    /// A name that is declared here for a type or case.
    fn type_name(&mut self, node: Option<Node<'a>>) -> Ident {
        let ident = self.word(node);
        if ident.text.contains('_') || ident.text.starts_with(|c: char| !c.is_ascii_uppercase()) {
            self.bad_name(&ident, NameStyle::UpperCamel);
        }
        ident
    }

    /// A currency: three capitals.
    fn currency_name(&mut self, node: Option<Node<'a>>) -> Ident {
        let ident = self.word(node);
        if ident.text.len() != 3 || !ident.text.bytes().all(|b| b.is_ascii_uppercase()) {
            self.bad_name(&ident, NameStyle::Currency);
        }
        ident
    }

    fn bad_name(&mut self, ident: &Ident, wanted: NameStyle) {
        self.error(ident.span, SyntaxErrorKind::BadName { name: ident.text.clone(), wanted });
    }

    /// Words parted by dots; the grammar gives them in one piece.
    fn path(&mut self, node: Option<Node<'a>>) -> Path {
        let Some(node) = node else {
            let word = self.word(None);
            return Path { span: word.span, words: vec![word] };
        };
        let span = self.span(&node);
        let mut at = span.start;
        let words = node.as_str().split('.').map(|word| {
            let end = at + word.len() as u32;
            let ident = Ident { text: SmolStr::new(word), span: Span::new(at, end) };
            at = end + 1;
            ident
        });
        Path { words: words.collect(), span }
    }
}

/// The part of a span on its first line: what can be underlined.
pub(crate) fn first_line(text: &str, base: u32, span: Span) -> Span {
    let start = (span.start - base) as usize;
    let end = (span.end - base) as usize;
    let cut = text[start..end].find(['\r', '\n']).map_or(end, |line| start + line);
    Span::new(span.start, base + cut as u32)
}
