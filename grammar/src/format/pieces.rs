//! An item's text in pieces: its tokens, each with the comments around it and what stood between it and the one before.
//!
//! Layout never makes or changes a piece; it only decides what stands between two of them. That is why nothing can get
//! lost on the way.

use crate::span::Span;
use crate::token::{self, TokenKind};

/// What stands between a piece and the one before where both are on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    One,
    /// Between statements on one line.
    Two,
    /// Between the parts of a list: a comma and a blank.
    Comma,
}

impl Gap {
    pub fn text(self) -> &'static str {
        match self {
            Gap::None => "",
            Gap::One => " ",
            Gap::Two => "  ",
            Gap::Comma => ", ",
        }
    }

    pub fn width(self) -> u32 {
        self.text().len() as u32
    }
}

/// A token, or a whole text with its holes: what is never taken apart.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub span: Span,
    pub kind: TokenKind,
    /// In characters.
    pub width: u32,
    pub gap: Gap,
    /// Whether it began a line.
    pub first_of_line: bool,
    /// Whether an empty line stood before it, behind its comments.
    pub blank_before: bool,
    /// A comma that layout puts or leaves out by itself.
    pub dropped: bool,
    /// Whether it has to begin a line.
    pub hard: bool,
    /// Comments on lines of their own before it, as a range of [`Pieces::comments`].
    pub lead: (u32, u32),
    /// The comment behind it on its line.
    pub trail: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub span: Span,
    /// Whether an empty line stood before it.
    pub blank_before: bool,
}

pub(super) struct Pieces<'a> {
    pub text: &'a str,
    pub list: Vec<Piece>,
    pub comments: Vec<Comment>,
    /// How many pieces before each one began a line.
    lines: Vec<u32>,
}

impl<'a> Pieces<'a> {
    /// The pieces of an item's text; none if a text in it doesn't end on its line.
    pub fn new(text: &'a str) -> Option<Self> {
        let mut pieces =
            Pieces { text, list: Vec::with_capacity(text.len() / 4), comments: Vec::new(), lines: Vec::new() };
        let mut newlines = 0;
        let mut lead_from = 0;
        // How many texts are open, one in a hole of the other.
        let mut open = 0;
        for token in token::tokens(text) {
            if open > 0 {
                match token.kind {
                    TokenKind::TextStart => open += 1,
                    TokenKind::TextEnd => open -= 1,
                    TokenKind::Newline => return None,
                    _ => {}
                }
                let whole = pieces.list.last_mut()?;
                whole.span.end = token.span.end;
                if open == 0 {
                    whole.width = width(&text[whole.span.range()]);
                }
                continue;
            }
            match token.kind {
                TokenKind::Newline => newlines += 1,
                TokenKind::Blank => {}
                TokenKind::Comment | TokenKind::Doc => {
                    let line = &text[token.span.range()];
                    let length = line.trim_end_matches([' ', '\t', '\r']).len() as u32;
                    let span = Span::new(token.span.start, token.span.start + length);
                    pieces.comments.push(Comment { span, blank_before: newlines > 1 });
                    if newlines == 0
                        && token.kind == TokenKind::Comment
                        && let Some(before) = pieces.list.last_mut()
                    {
                        before.trail = Some(pieces.comments.len() as u32 - 1);
                        lead_from = pieces.comments.len() as u32;
                    }
                    newlines = 0;
                    continue;
                }
                TokenKind::ByteOrderMark => return None,
                kind => {
                    if kind == TokenKind::TextStart {
                        open = 1;
                    }
                    let lead_to = pieces.comments.len() as u32;
                    let before = pieces.list.last();
                    let commented = lead_to > lead_from || before.is_some_and(|piece| piece.trail.is_some());
                    pieces.list.push(Piece {
                        span: token.span,
                        kind,
                        width: width(&text[token.span.range()]),
                        gap: before.map_or(Gap::None, |piece| usual_gap(piece.kind, kind)),
                        first_of_line: newlines > 0 || commented,
                        blank_before: newlines > 1,
                        dropped: false,
                        hard: commented && before.is_some(),
                        lead: (lead_from, lead_to),
                        trail: None,
                    });
                    lead_from = lead_to;
                    newlines = 0;
                }
            }
        }
        let mut count = 0;
        pieces.lines = Vec::with_capacity(pieces.list.len() + 1);
        pieces.lines.push(0);
        for piece in &pieces.list {
            count += u32::from(piece.first_of_line);
            pieces.lines.push(count);
        }
        (open == 0).then_some(pieces)
    }

    pub fn slice(&self, at: usize) -> &'a str {
        &self.text[self.list[at].span.range()]
    }

    /// Whether the pieces from `from` to before `to` stood on one line; what stood before the first doesn't count.
    pub fn were_on_one_line(&self, from: usize, to: usize) -> bool {
        to <= from + 1 || self.lines[to] == self.lines[from + 1]
    }

    /// Takes out a comma, and hands its comments on to its neighbours.
    pub fn drop_comma(&mut self, at: usize) {
        let Piece { lead, trail, .. } = self.list[at].clone();
        self.list[at].dropped = true;
        self.list[at].hard = false;
        let mut lead = lead;
        if let Some(comment) = trail {
            match at.checked_sub(1).and_then(|before| self.list.get_mut(before)) {
                // On the line of what the comma ends.
                Some(before) if before.trail.is_none() && lead.0 == lead.1 => before.trail = Some(comment),
                _ => lead = if lead.0 == lead.1 { (comment, comment + 1) } else { (lead.0, comment + 1) },
            }
        }
        let ended = at.checked_sub(1).is_some_and(|before| self.list[before].trail.is_some());
        let Some(next) = self.list.get_mut(at + 1) else { return };
        next.hard |= ended;
        if lead.0 < lead.1 {
            // The comments before the comma and those behind it follow each other in the list of comments.
            next.lead = if next.lead.0 == next.lead.1 { lead } else { (lead.0, next.lead.1) };
            next.hard = true;
        }
    }
}

fn width(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}

/// What stands between two pieces, unless the grammar knows better.
fn usual_gap(before: TokenKind, kind: TokenKind) -> Gap {
    use TokenKind::{
        BracketClose, BracketOpen, Colon, Comma, Dot, DotDot, ParenClose, ParenOpen, Percent, Question, QuestionDot,
    };
    let glued = matches!(before, ParenOpen | BracketOpen | Dot | QuestionDot | DotDot)
        || matches!(kind, ParenClose | BracketClose | Comma | Colon | Dot | QuestionDot | DotDot | Percent | Question);
    if glued { Gap::None } else { Gap::One }
}
