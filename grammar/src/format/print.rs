//! Writes an item's pieces: on one line where they fit, broken where they don't or weren't.
//!
//! Everything is decided by widths: those of the pieces are summed up beforehand, so that whether a stretch fits is one
//! subtraction, and the whole takes time in proportion to the text. What was broken behind its bracket or brace stays
//! broken; so what has been broken once is found broken again, and formatting twice changes nothing.

use super::pieces::{Gap, Pieces};
use super::table::Columns;

/// How much further a nested line begins.
pub(super) const STEP: u32 = 2;

pub(super) struct Printer<'a> {
    pub pieces: &'a Pieces<'a>,
    pub width: u32,
    out: String,
    /// Of the decision table that is being written.
    pub columns: Option<Columns>,
    /// Where the next character goes; blanks at a line's beginning are written with what follows them.
    pub column: u32,
    at_line_start: bool,
    /// Blanks of a column that are written only if something follows them on the line.
    owed: u32,
    /// A comment for the end of this line.
    pub pending: Option<u32>,
    /// Where a line begins that had to be begun in the middle of something, because of a comment.
    pub aside: u32,
    /// The piece whose comments have been written.
    introduced: Option<usize>,
    /// Widths and gaps of the pieces before each piece, summed up.
    widths: Vec<u32>,
    /// How many of the pieces before each piece begin a line.
    hard: Vec<u32>,
}

impl<'a> Printer<'a> {
    pub fn new(pieces: &'a Pieces<'a>, width: u32) -> Self {
        let count = pieces.list.len() + 1;
        let (mut widths, mut hard) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut sum, mut lines) = (0, 0);
        for piece in &pieces.list {
            widths.push(sum);
            hard.push(lines);
            if !piece.dropped {
                sum += piece.width + piece.gap.width();
                lines += u32::from(piece.hard);
            }
        }
        widths.push(sum);
        hard.push(lines);
        Printer {
            pieces,
            width,
            out: String::with_capacity(pieces.text.len() + pieces.text.len() / 8),
            columns: None,
            column: 0,
            at_line_start: true,
            owed: 0,
            pending: None,
            aside: STEP,
            introduced: None,
            widths,
            hard,
        }
    }

    /// The comment behind the last piece, if one is left.
    pub fn finish(mut self) -> String {
        self.end_line();
        self.out
    }

    // -------------------------------------------------------- measures

    /// The width of pieces on one line, with the gap before the first.
    pub fn span(&self, from: usize, to: usize) -> u32 {
        self.widths[to] - self.widths[from]
    }

    /// The width without that gap.
    pub fn flat_width(&self, from: usize, to: usize) -> u32 {
        if from < to { self.span(from, to) - self.pieces.list[from].gap.width() } else { 0 }
    }

    /// Whether pieces can stand on one line: none but the first has to begin one.
    pub fn can_be_flat(&self, from: usize, to: usize) -> bool {
        from >= to || self.hard[to] == self.hard[from + 1]
    }

    /// Where the text of this piece would begin.
    pub fn begin(&self, at: usize) -> u32 {
        if self.at_line_start { self.column } else { self.column + self.pieces.list[at].gap.width() }
    }

    pub fn fits(&self, from: usize, to: usize, tail: u32) -> bool {
        from >= to || self.can_be_flat(from, to) && self.begin(from) + self.flat_width(from, to) + tail <= self.width
    }

    /// Whether pieces fit on a line of their own.
    pub fn fits_at(&self, column: u32, from: usize, to: usize) -> bool {
        self.can_be_flat(from, to) && column + self.flat_width(from, to) <= self.width
    }

    // -------------------------------------------------------- writing

    pub fn write(&mut self, text: &str, width: u32) {
        if self.at_line_start {
            self.at_line_start = false;
            self.blanks(self.column);
        }
        let owed = std::mem::take(&mut self.owed);
        self.blanks(owed);
        self.out.push_str(text);
        self.column += width;
    }

    fn blanks(&mut self, mut count: u32) {
        const BLANKS: &str = "                                                                ";
        while count > 0 {
            let some = (count as usize).min(BLANKS.len());
            self.out.push_str(&BLANKS[..some]);
            count -= some as u32;
        }
    }

    pub fn pad(&mut self, count: u32) {
        self.owed += count;
        self.column += count;
    }

    fn end_line(&mut self) {
        if let Some(comment) = self.pending.take() {
            let span = self.pieces.comments[comment as usize].span;
            self.out.push_str("  ");
            self.out.push_str(&self.pieces.text[span.range()]);
        }
    }

    pub fn newline(&mut self, indent: u32) {
        if !self.at_line_start {
            self.end_line();
            self.out.push('\n');
        }
        self.at_line_start = true;
        self.owed = 0;
        self.column = indent;
    }

    /// Writes the comments on lines of their own before a piece. Empty lines are kept where they may be.
    pub fn introduce(&mut self, at: usize, blanks: bool) {
        if self.introduced == Some(at) {
            return;
        }
        self.introduced = Some(at);
        let (from, to) = self.pieces.list[at].lead;
        let indent = self.column;
        for index in from..to {
            let comment = self.pieces.comments[index as usize];
            if comment.blank_before && (blanks || index > from) {
                self.out.push('\n');
            }
            self.write(&self.pieces.text[comment.span.range()], 0);
            self.newline(indent);
        }
    }

    pub fn piece(&mut self, at: usize) {
        let piece = &self.pieces.list[at];
        if piece.dropped {
            return;
        }
        let commented = piece.lead.0 < piece.lead.1 && self.introduced != Some(at);
        if !self.at_line_start && (commented || self.pending.is_some()) {
            if piece.gap == Gap::Comma {
                self.write(",", 1);
            }
            self.newline(self.aside);
        }
        if commented {
            self.introduce(at, false);
        }
        if !self.at_line_start {
            self.write(piece.gap.text(), piece.gap.width());
        }
        self.write(self.pieces.slice(at), piece.width);
        if piece.trail.is_some() {
            self.pending = piece.trail;
        }
    }

    /// A piece without the gap before it.
    pub fn bare(&mut self, at: usize) {
        let piece = &self.pieces.list[at];
        self.write(self.pieces.slice(at), piece.width);
        if piece.trail.is_some() {
            self.pending = piece.trail;
        }
    }

    pub fn flat(&mut self, from: usize, to: usize) {
        for at in from..to {
            self.piece(at);
        }
    }

    /// A line of a block or list begins with this piece.
    pub fn begin_part(&mut self, at: usize, indent: u32, first: bool) {
        self.newline(indent);
        let piece = &self.pieces.list[at];
        let commented = piece.lead.0 < piece.lead.1;
        let blank = piece.blank_before && (commented || !first);
        self.introduce(at, !first);
        if blank {
            self.out.push('\n');
        }
    }

    /// The closing bracket, and the comments before it.
    pub fn close(&mut self, at: usize, indent: u32) {
        let (from, to) = self.pieces.list[at].lead;
        if from < to {
            self.newline(indent + STEP);
            self.introduce(at, true);
        }
        self.newline(indent);
        self.piece(at);
    }
}
