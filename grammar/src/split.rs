//! Cuts a file into its items.
//!
//! An item's keyword stands in column one, and no other line begins there with such a word. (A text ends on its line
//! and a comment is one line, so column one is never inside of either.) Cutting there, not at brackets, means that a
//! missing brace spoils one item and no other. In the same pass the nesting is measured, so that nothing behind –
//! parser, checker, the tree's own destructor – can be driven off the end of the stack.

use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token::{self, Token, TokenKind};
use smol_str::SmolStr;

/// How deep brackets may be nested.
pub const MAX_NESTING: u32 = 128;

/// How long a file may be, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// A file, cut.
#[derive(Debug, Default)]
pub struct Split {
    /// The lines of `//!` at the top, without the marks.
    pub docs: Vec<SmolStr>,
    pub chunks: Vec<Chunk>,
    pub errors: Vec<SyntaxError>,
}

/// The text of one item.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// From its first `///` to its last token.
    pub span: Span,
    /// The item's keyword.
    pub keyword: Span,
    /// The bracket that is nested too deep, if one is.
    pub too_deep: Option<Span>,
    /// The innermost bracket that is still open at the end.
    pub open: Option<Span>,
}

/// Cuts a text into items. `start` is where to begin, behind a byte-order mark.
pub fn split(text: &str, start: u32) -> Split {
    let mut cutter = Cutter { text, split: Split::default(), chunk: None, depth: 0, brackets: Vec::new() };
    cutter.run(start);
    cutter.split
}

struct Cutter<'a> {
    text: &'a str,
    split: Split,
    chunk: Option<Chunk>,
    depth: u32,
    brackets: Vec<Span>,
}

impl<'a> Cutter<'a> {
    fn run(&mut self, start: u32) {
        let mut line_start = start;
        let mut first_of_line = true;
        let mut docs: Option<Span> = None;
        let mut previous = Token { kind: TokenKind::Newline, span: Span::new(start, start) };
        // Whether text that belongs to no item is being skipped.
        let mut stray = false;
        // Where a comment as other languages write it ends.
        let mut comment_end = start;
        for token in token::tokens(&self.text[start as usize..]) {
            let token = Token { span: Span::new(token.span.start + start, token.span.end + start), ..token };
            if token.span.start < comment_end && token.kind != TokenKind::Newline {
                continue;
            }
            match token.kind {
                TokenKind::Newline => {
                    line_start = token.span.end;
                    first_of_line = true;
                    continue;
                }
                kind if kind.is_trivia() => continue,
                TokenKind::Doc => {
                    if docs.is_none() {
                        docs = Some(token.span);
                    }
                    first_of_line = false;
                    continue;
                }
                TokenKind::FileDoc if self.chunk.is_none() && docs.is_none() && !stray => {
                    self.split.docs.push(doc_text(self.slice(token.span)));
                    continue;
                }
                TokenKind::FileDoc => {
                    self.error(token.span, SyntaxErrorKind::FileDocNotAtTop);
                    continue;
                }
                _ => {}
            }
            let column_one = token.span.start == line_start;
            let word = if token.kind == TokenKind::Word && first_of_line { self.slice(token.span) } else { "" };
            let is_item = !word.is_empty() && token::is_item_word(word);
            // Behind a whole item, a word on a new line that begins one and cannot go on with it.
            let after_item = self.depth == 0 && self.may_end(previous);
            let may_begin = self.depth == 0 && (self.chunk.is_none() || column_one && after_item);
            if may_begin && let Some((mark, length)) = foreign_comment(&self.text[token.span.start as usize..]) {
                self.finish();
                let span = Span::new(token.span.start, token.span.start + mark.len() as u32);
                self.error(span, SyntaxErrorKind::CommentStyle { found: mark.into() });
                comment_end = token.span.start + length as u32;
                continue;
            }
            if is_item && (column_one || after_item || (stray && self.depth == 0)) {
                self.finish();
                if !column_one {
                    self.error(token.span, SyntaxErrorKind::ItemNotInColumnOne { word: word.into() });
                }
                let begin = docs.map_or(token.span, |d| d.to(token.span));
                self.chunk = Some(Chunk { span: begin, keyword: token.span, too_deep: None, open: None });
                stray = false;
            } else if !stray
                && (self.chunk.is_none() || (column_one && !word.is_empty() && self.is_stray(word, previous)))
            {
                self.finish();
                stray = true;
                let word = word_at(self.text, token);
                let kind =
                    SyntaxErrorKind::TextOutsideItem { word: word.into(), instead: crate::words::item_meant(word) };
                self.error(Span::new(token.span.start, token.span.start + word.len() as u32), kind);
            }
            docs = None;
            first_of_line = false;
            previous = token;
            self.nest(token);
            if let Some(chunk) = &mut self.chunk {
                chunk.span.end = token.span.end;
            }
        }
        self.finish();
        if let Some(docs) = docs {
            self.error(docs, SyntaxErrorKind::DocWithoutItem);
        }
    }

    /// Whether a line in column one that begins with this word, which is no item's, is likely the beginning of
    /// something else than the item before: that item may have ended, and this word cannot go on with it.
    fn is_stray(&self, word: &str, previous: Token) -> bool {
        self.depth == 0
            && self.may_end(previous)
            && (!token::is_language_word(word) || crate::words::foreign_item(word).is_some())
    }

    /// Whether an item may end with this token.
    fn may_end(&self, token: Token) -> bool {
        use TokenKind::{BraceClose, BracketClose, Date, Number, ParenClose, Percent, TextEnd, Time, Word};
        match token.kind {
            BraceClose | ParenClose | BracketClose | Number | Percent | Date | Time | TextEnd => true,
            Word => !token::is_language_word(self.slice(token.span)),
            _ => false,
        }
    }

    fn nest(&mut self, token: Token) {
        if token.kind.opens() {
            self.depth += 1;
            self.brackets.push(token.span);
            if self.depth > MAX_NESTING
                && let Some(chunk) = &mut self.chunk
            {
                chunk.too_deep.get_or_insert(token.span);
            }
        } else if token.kind.closes() {
            self.depth = self.depth.saturating_sub(1);
            self.brackets.pop();
        }
    }

    fn finish(&mut self) {
        let open = self.brackets.last().copied();
        self.depth = 0;
        self.brackets.clear();
        if let Some(mut chunk) = self.chunk.take() {
            chunk.open = open;
            self.split.chunks.push(chunk);
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    fn error(&mut self, span: Span, kind: SyntaxErrorKind) {
        self.split.errors.push(SyntaxError { span, kind });
    }
}

/// A comment of other languages that begins here: its mark and how long it is.
fn foreign_comment(text: &str) -> Option<(&'static str, usize)> {
    let line = || text.find(['\r', '\n']).unwrap_or(text.len());
    if text.starts_with('#') {
        Some(("#", line()))
    } else if text.starts_with("/*") {
        Some(("/*", text.find("*/").map_or(text.len(), |end| end + 2)))
    } else if text.starts_with("--") {
        Some(("--", line()))
    } else {
        None
    }
}

/// The word that begins with this token, with letters that words cannot have.
pub(crate) fn word_at(text: &str, token: Token) -> &str {
    let rest = &text[token.span.start as usize..];
    let word = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    let length = rest.len() - word.len();
    &rest[..length.max((token.span.end - token.span.start) as usize)]
}

/// A line of documentation without its marks and one leading blank.
pub fn doc_text(line: &str) -> SmolStr {
    let line = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line).trim_end().into()
}
