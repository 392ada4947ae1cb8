//! One layout for every file.
//!
//! An item is read by the grammar; then its tokens, as they are, are written again with other blanks and line ends
//! between them: [`pieces`] holds the tokens and their comments, [`plant`] finds what has a layout and makes a [`tree`] of
//! it, [`print`] writes it – with [`runs`], [`lists`] and [`table`] for what each is called by –, [`check`] reads the
//! result again. What cannot be read is left as it is, item by item.
//!
//! - Two blanks a level, 120 columns. What is in braces or brackets stays on one line where it was and fits; otherwise
//!   each part has a line. A line end behind `(`, `[` or `{` is what keeps something broken.
//! - Tables, charts and postings have columns. A long chain is broken before its loosest operators.
//! - Comments and single empty lines stay where they are.

mod check;
mod lists;
mod operands;
mod pieces;
mod plant;
mod print;
mod runs;
mod table;
mod tree;

use crate::error::SyntaxErrorKind;
use crate::parse::{self, Rule};
use crate::split::{self, Chunk};
use crate::token::{self, TokenKind};
use pest::iterators::Pairs;
use std::borrow::Cow;

/// How long a line may be.
const WIDTH: u32 = 120;

/// The text in the one layout. Items with syntax errors stay as they are, line ends apart.
pub(crate) fn format(text: &str) -> String {
    format_to(text, WIDTH)
}

fn format_to(text: &str, width: u32) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    if text.len() > split::MAX_FILE_BYTES {
        return text.into_owned();
    }
    let split = split::split(&text, 0);
    let strayed: Vec<u32> = split
        .errors
        .iter()
        .filter(|error| matches!(error.kind, SyntaxErrorKind::ItemNotInColumnOne { .. }))
        .map(|error| error.span.start)
        .collect();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut at = 0;
    for chunk in &split.chunks {
        let strayed = strayed.binary_search(&chunk.keyword.start).is_ok();
        let span = chunk.span.range();
        between(&text[at..span.start], at == 0, strayed, false, &mut out);
        let item = if strayed { None } else { item(&text[span.clone()], chunk, width) };
        out.push_str(item.as_deref().unwrap_or(&text[span.clone()]));
        at = span.end;
    }
    between(&text[at..], at == 0, false, true, &mut out);
    out
}

/// An item in the one layout; none if it stays as it is.
fn item(text: &str, chunk: &Chunk, width: u32) -> Option<String> {
    if chunk.too_deep.is_some() {
        return None;
    }
    let pairs = parse::sound_pairs(text)?;
    let written = lay_out(text, pairs.clone(), width)?;
    // Layout is right by its rules; that it is right for this text as well is worth a second reading where it changed.
    (written == text || check::same(pairs, &written)).then_some(written)
}

fn lay_out(text: &str, pairs: Pairs<'_, Rule>, width: u32) -> Option<String> {
    let mut pieces = pieces::Pieces::new(text)?;
    let tree = plant::tree(pairs.into_iter().next()?, &mut pieces);
    let mut printer = print::Printer::new(&pieces, width);
    printer.run(&tree, 0, 0);
    Some(printer.finish())
}

/// What stands before, between and behind items: comments and empty lines, or text that belongs to no item and is kept.
fn between(gap: &str, first: bool, strayed: bool, last: bool, out: &mut String) {
    let mut tokens = token::tokens(gap);
    let belongs = |kind: TokenKind| kind.is_trivia() || (first && kind == TokenKind::FileDoc);
    let foreign = tokens.any(|token| !belongs(token.kind));
    let apart = first || last || gap.contains('\n');
    if foreign || strayed || !apart {
        out.push_str(if last { gap.trim_end_matches([' ', '\t', '\r', '\n']) } else { gap });
        if last && !out.is_empty() {
            out.push('\n');
        }
        return;
    }
    // How many line ends there were since the last thing written; none yet behind an item.
    let mut newlines = 0;
    for token in token::tokens(gap) {
        match token.kind {
            TokenKind::Newline => newlines += 1,
            TokenKind::Comment | TokenKind::FileDoc => {
                let behind_item = newlines == 0 && !first;
                break_lines(newlines, behind_item, out);
                if behind_item && !out.ends_with('\n') {
                    out.push_str("  ");
                }
                out.push_str(gap[token.span.range()].trim_end_matches([' ', '\t', '\r']));
                newlines = 0;
            }
            _ => {}
        }
    }
    if last {
        if !out.is_empty() {
            out.push('\n');
        }
    } else {
        break_lines(newlines.max(1), false, out);
    }
}

fn break_lines(newlines: u32, same_line: bool, out: &mut String) {
    if out.is_empty() || same_line {
        return;
    }
    out.push('\n');
    if newlines > 1 {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests;
