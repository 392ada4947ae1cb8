//! Says what is wrong with an item that the grammar refuses.
//!
//! The grammar stops at its first fault and knows only rules. Here the item's tokens are looked at instead: first for
//! what is wrong by itself ([`marks`]: brackets, unclosed texts, characters of other languages), then for what stands
//! where the grammar stopped ([`refused`]). What has been understood is mended in a copy of the text, by as many bytes
//! as it had, and the copy is read again: so one item can tell of several faults, each at its place. Nothing is made of
//! the copy but errors.

mod expected;
mod marks;
mod refused;

use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::parse::{self, PestError};
use crate::span::Span;
use crate::split::{Chunk, MAX_NESTING};
use crate::token::{self, Token, TokenKind};
use std::collections::HashSet;

/// How many faults of one item are told of.
const MAX_ERRORS: usize = 12;

/// An item longer than this is not read again after its first fault.
const MAX_MENDED_BYTES: usize = 256 * 1024;

/// The item before or behind, for faults that reach over an item's end.
pub(crate) struct Neighbours<'a> {
    pub previous: Option<&'a Chunk>,
    pub next: Option<&'a Chunk>,
}

pub(crate) fn item(
    text: &str,
    chunk: &Chunk,
    neighbours: &Neighbours,
    refusal: &PestError,
    errors: &mut Vec<SyntaxError>,
) {
    let piece = Piece::new(text, chunk);
    if neighbours.previous.is_some_and(|previous| previous.open.is_some()) && piece.goes_on() {
        // The item before has been cut short here, and says so.
        return;
    }
    let mut mended = Mended { text: piece.text.to_owned(), base: chunk.span.start, finished: false };
    let before = errors.len();
    marks::check(&piece, text, neighbours.next, &mut mended, errors);
    if mended.finished {
        return;
    }
    if mended.text == piece.text {
        refused::explain(&piece, refusal, &mut mended, errors);
    }
    if piece.text.len() > MAX_MENDED_BYTES {
        return;
    }
    while !mended.finished && errors.len() - before < MAX_ERRORS {
        let copy = mended.text.clone();
        let mut found = Vec::new();
        let refusal = parse::item(&copy, chunk.span.start, &mut found).err();
        if let Some(refusal) = &refusal {
            let again = Piece::new_at(&copy, chunk);
            refused::explain(&again, refusal, &mut mended, &mut found);
        }
        // What is said of a mended place is no fault of the text.
        errors.extend(found.into_iter().filter(|error| piece.is_same(&copy, error.span)));
        if refusal.is_none() || mended.text == copy {
            break;
        }
    }
    // Reading again may find the same fault once more.
    let mut seen = HashSet::new();
    let found = errors.split_off(before);
    errors.extend(found.into_iter().filter(|error| seen.insert(error.span)));
}

/// A copy of an item's text with faults mended, so that the rest can be read.
pub(crate) struct Mended {
    text: String,
    base: u32,
    /// Nothing more can be learnt from the copy.
    finished: bool,
}

impl Mended {
    /// Puts `by` in the place of the text there, and blanks for the rest of it.
    fn put(&mut self, span: Span, by: &str) {
        let (start, end) = ((span.start - self.base) as usize, (span.end - self.base) as usize);
        let fits = self.text.is_char_boundary(start) && self.text.is_char_boundary(end) && by.len() <= end - start;
        if !fits {
            self.finished = true;
            return;
        }
        let blanks = " ".repeat(end - start - by.len());
        self.text.replace_range(start..end, &(by.to_owned() + &blanks));
    }

    /// Puts the same byte everywhere there.
    fn fill(&mut self, span: Span, by: char) {
        let length = (span.end - span.start) as usize;
        self.put(span, &by.to_string().repeat(length));
    }
}

/// An item's text and tokens.
pub(crate) struct Piece<'a> {
    text: &'a str,
    base: u32,
    /// Without blanks, line ends and comments; places are those of the file.
    tokens: Vec<Token>,
    /// Which of them is the item's keyword.
    keyword: usize,
}

impl<'a> Piece<'a> {
    fn new(file: &'a str, chunk: &Chunk) -> Self {
        Self::new_at(&file[chunk.span.range()], chunk)
    }

    fn new_at(text: &'a str, chunk: &Chunk) -> Self {
        let base = chunk.span.start;
        let tokens: Vec<Token> = token::tokens(text)
            .filter(|token| !token.kind.is_trivia())
            .map(|token| Token { span: Span::new(token.span.start + base, token.span.end + base), ..token })
            .collect();
        let keyword = tokens.iter().position(|token| token.span == chunk.keyword).unwrap_or(0);
        Piece { text, base, tokens, keyword }
    }

    fn slice(&self, span: Span) -> &'a str {
        &self.text[(span.start - self.base) as usize..(span.end - self.base) as usize]
    }

    /// Whether a copy of the text says the same there.
    fn is_same(&self, copy: &str, span: Span) -> bool {
        let range = (span.start - self.base) as usize..(span.end - self.base) as usize;
        self.text.get(range.clone()).is_some_and(|here| copy.get(range) == Some(here))
    }

    fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| self.slice(token.span))
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn end(&self) -> u32 {
        self.base + self.text.len() as u32
    }

    /// Whether two tokens in a row have nothing between them.
    fn touch(&self, at: usize) -> bool {
        match (self.tokens.get(at), self.tokens.get(at + 1)) {
            (Some(a), Some(b)) => a.span.end == b.span.start,
            _ => false,
        }
    }

    /// Whether a value may end with this token.
    fn ends_value(&self, at: usize) -> bool {
        use TokenKind::{BraceClose, BracketClose, Date, Number, ParenClose, Percent, TextEnd, Time, Word};
        match self.kind(at) {
            Some(Word) => !token::is_reserved(self.word(at)),
            Some(kind) => {
                matches!(kind, BraceClose | BracketClose | Date | Number | ParenClose | Percent | TextEnd | Time)
            }
            None => false,
        }
    }

    /// Whether a value may begin with this token.
    fn begins_value(&self, at: usize) -> bool {
        use TokenKind::{BracketOpen, Date, Minus, Number, ParenOpen, TextStart, Time, Word};
        match self.kind(at) {
            Some(Word) => !token::is_reserved(self.word(at)),
            Some(kind) => matches!(kind, BracketOpen | Date | Minus | Number | ParenOpen | TextStart | Time),
            None => false,
        }
    }

    /// The line that this place is on, without its end.
    fn line(&self, at: u32) -> Span {
        let at = (at - self.base) as usize;
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[at..].find(['\r', '\n']).map_or(self.text.len(), |end| at + end);
        Span::new(self.base + start as u32, self.base + end as u32)
    }

    /// The first token of the line that this token is on.
    fn first_of_line(&self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return at };
        let line = self.line(token.span.start);
        let mut first = at;
        while first > 0 && self.tokens[first - 1].span.start >= line.start {
            first -= 1;
        }
        first
    }

    /// Whether the token is the first of its line.
    fn begins_line(&self, at: usize) -> bool {
        match (at.checked_sub(1).and_then(|before| self.tokens.get(before)), self.tokens.get(at)) {
            (Some(before), Some(token)) => self.slice(Span::new(before.span.end, token.span.start)).contains('\n'),
            _ => true,
        }
    }

    /// Where the bracket is that is open around this token.
    fn opener(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        for index in (0..at.min(self.tokens.len())).rev() {
            let kind = self.tokens[index].kind;
            if kind.closes() {
                depth += 1;
            } else if kind.opens() {
                if depth == 0 {
                    return Some(index);
                }
                depth -= 1;
            }
        }
        None
    }

    /// Whether the item's keyword is none: what follows it shows that it is a field or a name, in column one.
    fn goes_on(&self) -> bool {
        use TokenKind::{BraceClose, Colon, Comma, Dot, Equals, ParenClose};
        matches!(self.kind(self.keyword + 1), Some(BraceClose | Colon | Comma | Dot | Equals | ParenClose))
    }
}

fn push(errors: &mut Vec<SyntaxError>, span: Span, kind: SyntaxErrorKind) {
    errors.push(SyntaxError { span, kind });
}

fn too_deep() -> SyntaxErrorKind {
    SyntaxErrorKind::NestingTooDeep { limit: MAX_NESTING }
}
