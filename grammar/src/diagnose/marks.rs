//! What is wrong with the tokens by themselves, whatever the grammar says: brackets, texts, characters.

use super::{MAX_ERRORS, Mended, Piece, push};
use crate::error::{NameStyle, SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::split::Chunk;
use crate::token::{Token, TokenKind};
use crate::words;

/// Reports and mends such faults. Where brackets or texts are not closed, nothing more can be learnt.
pub(super) fn check(
    piece: &Piece,
    file: &str,
    next: Option<&Chunk>,
    mended: &mut Mended,
    errors: &mut Vec<SyntaxError>,
) {
    let before = errors.len();
    let mut check = Check { piece, mended, errors, first_error: before, foreign: Vec::new() };
    for at in 0..piece.tokens.len() {
        if check.errors.len() - before > MAX_ERRORS {
            check.mended.finished = true;
            break;
        }
        if !check.is_foreign(piece.tokens[at].span) {
            check.token(at);
        }
    }
    if check.mended.finished {
        return;
    }
    if let Some((span, kind)) = brackets(&check) {
        let kind = match (kind, next) {
            (SyntaxErrorKind::UnclosedBracket { open, .. }, Some(next))
                if span.start >= piece.end() - 1 && Piece::new(file, next).goes_on() =>
            {
                let word = file[next.keyword.range()].into();
                push(check.errors, next.keyword, SyntaxErrorKind::ItemWordInColumnOne { word, open });
                check.mended.finished = true;
                return;
            }
            (kind, _) => kind,
        };
        push(check.errors, span, kind);
        check.mended.finished = true;
    }
}

struct Check<'p, 'm> {
    piece: &'p Piece<'p>,
    mended: &'m mut Mended,
    errors: &'m mut Vec<SyntaxError>,
    /// Those from here on are this item's.
    first_error: usize,
    /// Comments and texts as other languages write them: what stands in them means nothing.
    foreign: Vec<Span>,
}

impl Check<'_, '_> {
    fn token(&mut self, at: usize) {
        let token = self.piece.tokens[at];
        let text = self.piece.slice(token.span);
        match token.kind {
            TokenKind::TextStart => self.text(at),
            TokenKind::TextEscape => {
                let character = text.chars().nth(1).unwrap_or('\\');
                if !matches!(character, 'n' | 't' | '"' | '\\' | '{' | '}') {
                    self.report(token.span, SyntaxErrorKind::BadEscape { character });
                    self.mended.fill(token.span, 'x');
                }
            }
            TokenKind::HoleStart if self.piece.kind(at + 1) == Some(TokenKind::HoleEnd) => {
                let span = token.span.to(self.piece.tokens[at + 1].span);
                self.report(span, SyntaxErrorKind::EmptyHole);
                self.mended.fill(span, 'x');
            }
            TokenKind::Semicolon => {
                self.report(token.span, SyntaxErrorKind::Semicolon);
                self.mended.fill(token.span, ' ');
            }
            TokenKind::AndAnd | TokenKind::BarBar | TokenKind::Bang => {
                let instead = words::foreign_operator(text).flatten();
                self.report(token.span, SyntaxErrorKind::ForeignOperator { found: text.into(), instead });
                self.mended.put(token.span, if token.kind == TokenKind::Bang { "-" } else { "+" });
            }
            TokenKind::SingleQuote => self.single_quote(at),
            // Reported where the file was cut.
            TokenKind::FileDoc => self.mended.fill(token.span, ' '),
            TokenKind::Slash if self.piece.touch(at) && self.piece.kind(at + 1) == Some(TokenKind::Star) => {
                self.block_comment(token);
            }
            TokenKind::Unknown => self.unknown(at),
            _ => {}
        }
    }

    fn is_foreign(&self, span: Span) -> bool {
        let before = self.foreign.partition_point(|foreign| foreign.start <= span.start);
        before > 0 && span.end <= self.foreign[before - 1].end
    }

    fn report(&mut self, span: Span, kind: SyntaxErrorKind) {
        push(self.errors, span, kind);
    }

    /// A text that does not end on its line.
    fn text(&mut self, at: usize) {
        let start = self.piece.tokens[at].span;
        let line = self.piece.line(start.start);
        let mut depth = 0;
        for token in &self.piece.tokens[at..] {
            if token.span.start >= line.end {
                break;
            }
            match token.kind {
                TokenKind::TextStart => depth += 1,
                TokenKind::TextEnd => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
        let span = Span::new(start.start, line.end);
        if !self.errors.last().is_some_and(|e| e.kind == SyntaxErrorKind::UnclosedText && e.span.end == span.end) {
            self.report(span, SyntaxErrorKind::UnclosedText);
        }
        // Its brackets and braces are no one's.
        self.foreign.push(span);
        self.mended.finished = true;
    }

    /// `'text'` on one line: mended into a text.
    fn single_quote(&mut self, at: usize) {
        let start = self.piece.tokens[at].span;
        let line = self.piece.line(start.start);
        let rest = self.piece.slice(Span::new(start.end, line.end));
        match rest.find('\'') {
            Some(end) => {
                let end = Span::new(start.end + end as u32, start.end + end as u32 + 1);
                let whole = start.to(end);
                self.report(whole, SyntaxErrorKind::SingleQuotedText);
                self.mended.fill(whole, 'x');
                self.mended.put(start, "\"");
                self.mended.put(end, "\"");
                self.foreign.push(whole);
            }
            None => {
                self.report(start, SyntaxErrorKind::SingleQuotedText);
                self.mended.finished = true;
            }
        }
    }

    fn block_comment(&mut self, token: Token) {
        let from = token.span.start;
        let rest = self.piece.slice(Span::new(from, self.piece.end()));
        let span = Span::new(from, from + 2);
        self.report(span, SyntaxErrorKind::CommentStyle { found: "/*".into() });
        let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
        self.foreign.push(Span::new(from, from + length as u32));
        let mut start = from;
        // Line ends stay, so that what is line by line stays so.
        for line in rest[..length].split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\r', '\n']).len() as u32;
            self.mended.fill(Span::new(start, end), ' ');
            start += line.len() as u32;
        }
    }

    fn unknown(&mut self, at: usize) {
        let token = self.piece.tokens[at];
        let text = self.piece.slice(token.span);
        let character = text.chars().next().unwrap_or('\u{fffd}');
        let blank = |mended: &mut Mended, span| mended.fill(span, ' ');
        match character {
            '}' => {
                self.report(token.span, SyntaxErrorKind::BraceInText);
                self.mended.fill(token.span, 'x');
            }
            '#' => {
                self.report(token.span, SyntaxErrorKind::CommentStyle { found: "#".into() });
                let span = Span::new(token.span.start, self.piece.line(token.span.start).end);
                blank(self.mended, span);
                self.foreign.push(span);
            }
            '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
                self.report(token.span, SyntaxErrorKind::TypographicQuote { character });
                let line = self.piece.line(token.span.start);
                let rest = self.piece.slice(Span::new(token.span.end, line.end));
                match rest.find(['“', '”', '‘', '’', '«', '»']) {
                    Some(end) => {
                        let close = token.span.end + end as u32;
                        let width = rest[end..].chars().next().map_or(1, char::len_utf8) as u32;
                        let whole = Span::new(token.span.start, close + width);
                        blank(self.mended, whole);
                        self.mended.put(Span::new(whole.start, whole.start + 1), "\"");
                        self.mended.put(Span::new(whole.end - 1, whole.end), "\"");
                        self.foreign.push(whole);
                    }
                    None => self.mended.finished = true,
                }
            }
            '^' | '&' | '~' => {
                let instead = words::foreign_operator(text).flatten();
                self.report(token.span, SyntaxErrorKind::ForeignOperator { found: text.into(), instead });
                self.mended.put(token.span, "+");
            }
            _ if character.is_alphabetic() => self.foreign_name(token.span),
            _ => {
                self.report(token.span, SyntaxErrorKind::UnknownCharacter { character });
                self.mended.fill(token.span, ' ');
                // Between two values there was an operator.
                let value_before = at > 0 && self.piece.ends_value(at - 1);
                if value_before && self.piece.begins_value(at + 1) && !self.piece.begins_line(at + 1) {
                    self.mended.put(token.span, "+");
                }
            }
        }
    }

    /// A name with letters that names cannot have: told of as a whole, and once an item. It stays a name.
    fn foreign_name(&mut self, letter: Span) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let start = (letter.start - self.piece.base) as usize;
        let before = self.piece.text[..start].trim_end_matches(is_part).len();
        let rest = &self.piece.text[start..];
        let after = start + rest.len() - rest.trim_start_matches(is_part).len();
        let span = Span::new(self.piece.base + before as u32, self.piece.base + after as u32);
        let name = self.piece.slice(span);
        let kind = SyntaxErrorKind::BadName { name: name.into(), wanted: NameStyle::PlainLetters };
        if !self.errors[self.first_error..].iter().any(|error| error.kind == kind) {
            self.report(span, kind);
        }
        let capital = name.starts_with(char::is_uppercase);
        self.mended.fill(span, 'x');
        if capital {
            self.mended.put(Span::new(span.start, span.start + 1), "X");
        }
        self.foreign.push(span);
    }
}

/// A bracket that is open, and whether `..` stands in it, so that either of `)` and `]` may close it.
struct Open {
    at: usize,
    range: bool,
}

/// The first thing that is wrong with the brackets.
fn brackets(check: &Check) -> Option<(Span, SyntaxErrorKind)> {
    let piece = check.piece;
    let mut open: Vec<Open> = Vec::new();
    let mut shifted = None;
    for (at, token) in piece.tokens.iter().enumerate() {
        if check.is_foreign(token.span) {
            continue;
        }
        match token.kind {
            TokenKind::DotDot => {
                if let Some(open) = open.last_mut() {
                    open.range = true;
                }
            }
            kind if kind.opens() => open.push(Open { at, range: false }),
            kind if kind.closes() => {
                let bracket = character(piece, at);
                let Some(inner) = open.last() else {
                    return Some((token.span, SyntaxErrorKind::ExtraCloser { bracket }));
                };
                let opened = piece.tokens[inner.at];
                if fits(opened.kind, kind, inner.range) {
                    if shifted.is_none() && outdented(piece, inner.at, at) {
                        shifted = Some(inner.at);
                    }
                    open.pop();
                    continue;
                }
                return Some(mismatch(piece, &open, at, shifted));
            }
            _ => {}
        }
    }
    let (outermost, innermost) = (open.first()?, open.last()?);
    // Where the indentation shows which brace lacks its partner, that one; else what is open within the last line of
    // statements; else the first.
    let round = piece.tokens[innermost.at].kind != TokenKind::BraceOpen;
    let at = shifted.unwrap_or(if round { innermost.at } else { outermost.at });
    Some(unclosed(piece, at, Span::new(piece.end() - last_width(piece), piece.end())))
}

fn last_width(piece: &Piece) -> u32 {
    piece.text.chars().next_back().map_or(0, |c| c.len_utf8() as u32)
}

fn fits(open: TokenKind, close: TokenKind, range: bool) -> bool {
    use TokenKind::{BraceClose, BraceOpen, BracketClose, BracketOpen, HoleEnd, HoleStart, ParenClose, ParenOpen};
    match (open, close) {
        (BraceOpen, BraceClose) | (ParenOpen, ParenClose) | (BracketOpen, BracketClose) | (HoleStart, HoleEnd) => true,
        (ParenOpen, BracketClose) | (BracketOpen, ParenClose) => range,
        _ => false,
    }
}

/// A closing bracket that does not fit the innermost open one.
fn mismatch(piece: &Piece, open: &[Open], at: usize, shifted: Option<usize>) -> (Span, SyntaxErrorKind) {
    let close = piece.tokens[at];
    let bracket = character(piece, at);
    let inner = open.last().map_or(0, |open| open.at);
    let partner = open.iter().rev().any(|open| fits(piece.tokens[open.at].kind, close.kind, open.range));
    let round = |kind| matches!(kind, TokenKind::ParenOpen | TokenKind::BracketOpen);
    let round_close = matches!(close.kind, TokenKind::ParenClose | TokenKind::BracketClose);
    if round(piece.tokens[inner].kind) && round_close && !partner {
        return (close.span, SyntaxErrorKind::WrongCloser { bracket, open: piece.tokens[inner].span });
    }
    if partner {
        return unclosed(piece, shifted.unwrap_or(inner), close.span);
    }
    (close.span, SyntaxErrorKind::ExtraCloser { bracket })
}

fn unclosed(piece: &Piece, open: usize, span: Span) -> (Span, SyntaxErrorKind) {
    let bracket = character(piece, open);
    (span, SyntaxErrorKind::UnclosedBracket { bracket, open: piece.tokens[open].span })
}

fn character(piece: &Piece, at: usize) -> char {
    piece.word(at).chars().next().unwrap_or(' ')
}

/// Whether a brace is closed at the beginning of a line that stands further left than the line it was opened on: then
/// it likely lacks its own partner and took another's.
fn outdented(piece: &Piece, open: usize, close: usize) -> bool {
    piece.tokens[close].kind == TokenKind::BraceClose
        && piece.begins_line(close)
        && indent(piece, close) < indent(piece, open)
}

fn indent(piece: &Piece, at: usize) -> u32 {
    let first = piece.tokens[piece.first_of_line(at)].span.start;
    first - piece.line(first).start
}
