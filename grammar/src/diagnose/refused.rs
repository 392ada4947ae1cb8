//! What stands where the grammar stopped, and what was likely meant.

use super::expected::{found, phrases, within};
use super::{Mended, Piece, push, too_deep};
use crate::error::{BadTime, NameStyle, SyntaxError, SyntaxErrorKind as Kind};
use crate::parse::{PestError, Rule};
use crate::span::Span;
use crate::token::{self, TokenKind as T};
use crate::words;
use pest::error::{ErrorVariant, InputLocation};

/// Reports the grammar's refusal and mends the text, if that can be done.
pub(super) fn explain(piece: &Piece, refusal: &PestError, mended: &mut Mended, errors: &mut Vec<SyntaxError>) {
    let at = match refusal.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => piece.base + at as u32,
    };
    let positives = match &refusal.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { message } => {
            // The parser's own stack guard speaks of the stack; else it was the number of steps.
            let kind = if message.contains("stack") { too_deep() } else { Kind::TooComplex };
            let line = piece.line(piece.tokens.get(piece.keyword).map_or(piece.base, |token| token.span.start));
            push(errors, line, kind);
            mended.finished = true;
            return;
        }
    };
    let index = piece.tokens.partition_point(|token| token.span.end <= at);
    let case = Case { piece, rules: positives, index };
    let fault = case.special().unwrap_or_else(|| case.plain());
    let Fault { span, kind, mend } = fault;
    push(errors, span, kind);
    match mend {
        Mend::Put(span, by) => mended.put(span, by),
        Mend::Fill(span, by) => mended.fill(span, by),
        Mend::Line(line) => match line {
            Some(line) => mended.fill(line, ' '),
            None => mended.finished = true,
        },
    }
}

struct Fault {
    span: Span,
    kind: Kind,
    mend: Mend,
}

/// How to go on behind a fault.
enum Mend {
    Put(Span, &'static str),
    Fill(Span, char),
    /// The line is taken out, if it can be without unbalancing the brackets.
    Line(Option<Span>),
}

/// One refusal: the rules that were expected at a token.
struct Case<'a> {
    piece: &'a Piece<'a>,
    rules: &'a [Rule],
    index: usize,
}

impl Case<'_> {
    fn expects(&self, rule: Rule) -> bool {
        self.rules.contains(&rule)
    }

    /// Whether an expression has just ended, so that it could go on here.
    fn behind_value(&self) -> bool {
        self.expects(Rule::infix) || self.expects(Rule::sub)
    }

    fn expects_value(&self) -> bool {
        let begins = [Rule::expr, Rule::rhs, Rule::value, Rule::parens, Rule::number, Rule::find];
        begins.iter().any(|rule| self.expects(*rule))
    }

    fn kind(&self, ahead: isize) -> Option<T> {
        self.index.checked_add_signed(ahead).and_then(|at| self.piece.kind(at))
    }

    fn word(&self, ahead: isize) -> &str {
        self.index.checked_add_signed(ahead).map_or("", |at| self.piece.word(at))
    }

    fn span(&self, ahead: isize) -> Span {
        let end = Span::new(self.piece.end(), self.piece.end());
        self.index.checked_add_signed(ahead).and_then(|at| self.piece.tokens.get(at)).map_or(end, |token| token.span)
    }

    /// Whether the token `ahead` of the refused one touches the one behind it.
    fn touch(&self, ahead: isize) -> bool {
        self.index.checked_add_signed(ahead).is_some_and(|at| self.piece.touch(at))
    }

    // -------------------------------------------------------- the general case

    fn plain(&self) -> Fault {
        let piece = self.piece;
        let (span, found) = match piece.tokens.get(self.index) {
            Some(token) => (token.span, found(piece, self.index)),
            None => {
                // Behind the last token: point at it.
                let last = piece.tokens.last().map_or(Span::new(piece.base, piece.base), |token| token.span);
                (Span::new(last.end, last.end), "the end of the item".into())
            }
        };
        let expected = phrases(self.rules);
        let kind = Kind::Unexpected { found, expected, within: within(piece, self.index) };
        Fault { span, kind, mend: Mend::Line(self.culprit_line()) }
    }

    /// The line to take out: the token's own where something new could have begun, else the one before it, which is
    /// not complete.
    fn culprit_line(&self) -> Option<Span> {
        let piece = self.piece;
        let token = piece.tokens.get(self.index)?;
        let begins = [
            Rule::stmt,
            Rule::rbrace,
            Rule::field_decl,
            Rule::entity_part,
            Rule::account,
            Rule::posting,
            Rule::case,
            Rule::arm,
            Rule::operation,
        ];
        let first = piece.first_of_line(self.index) == self.index;
        let new = !first || begins.iter().any(|rule| self.expects(*rule));
        let line = if new { piece.line(token.span.start) } else { piece.line(self.span(-1).start) };
        let keyword = piece.tokens.get(piece.keyword)?.span;
        let header = piece.line(keyword.start);
        let mut depth = 0;
        for token in piece.tokens.iter().filter(|t| t.span.start >= line.start && t.span.end <= line.end) {
            depth += i32::from(token.kind.opens()) - i32::from(token.kind.closes());
            if depth < 0 {
                return None;
            }
        }
        (line.start > header.start && depth == 0).then_some(line)
    }

    // -------------------------------------------------------- what is known

    fn special(&self) -> Option<Fault> {
        self.operators()
            .or_else(|| self.equals())
            .or_else(|| self.arrows())
            .or_else(|| self.numbers())
            .or_else(|| self.bare_range())
            .or_else(|| self.table())
            .or_else(|| self.names())
            .or_else(|| self.words())
            .or_else(|| self.other())
    }

    fn fault(&self, span: Span, kind: Kind, mend: Mend) -> Option<Fault> {
        Some(Fault { span, kind, mend })
    }

    /// Two tokens that are one operator in another language.
    fn operators(&self) -> Option<Fault> {
        let pair = |ahead: isize| {
            let touch = self.touch(ahead);
            if touch { format!("{}{}", self.word(ahead), self.word(ahead + 1)) } else { String::new() }
        };
        // The refused token ends one, or begins one.
        for ahead in [-1, 0] {
            let found = pair(ahead);
            let span = self.span(ahead).to(self.span(ahead + 1));
            let put = match found.as_str() {
                "===" => "==",
                "!==" => "!=",
                "<>" => "!=",
                "=<" => "<=",
                ":=" | "+=" | "-=" | "*=" | "/=" => "=",
                "**" | "%%" => "+",
                "++" | "--" if !self.expects_value() || self.kind(1) != Some(T::Number) => "",
                "::" => ".",
                _ => continue,
            };
            if put == "." {
                // `::` would leave a blank behind the point, and a path has none.
                return self.fault(span, foreign(&found), Mend::Line(self.culprit_line()));
            }
            return self.fault(span, foreign(&found), Mend::Put(span, put));
        }
        if self.kind(0) == Some(T::Percent) && self.behind_value() {
            let kind = Kind::ForeignOperator { found: "%".into(), instead: Some("mod") };
            return self.fault(self.span(0), kind, Mend::Put(self.span(0), "+"));
        }
        if self.kind(0) == Some(T::Question) && self.behind_value() {
            let kind = Kind::ForeignOperator { found: "?".into(), instead: Some("if … { … } else { … }") };
            return self.fault(self.span(0), kind, Mend::Line(self.culprit_line()));
        }
        None
    }

    /// A single `=` where it means nothing.
    fn equals(&self) -> Option<Fault> {
        if self.kind(0) != Some(T::Equals) {
            return None;
        }
        let span = self.span(0);
        let opener = self.piece.opener(self.index);
        let in_call = opener.is_some_and(|open| {
            self.piece.tokens[open].kind == T::ParenOpen
                && open > 0
                && self.piece.touch(open - 1)
                && self.piece.tokens[open - 1].kind == T::Word
                && !token::is_reserved(self.piece.word(open - 1))
        }) || opener.is_some_and(|open| open > 0 && self.piece.word(open - 1) == "with");
        let labelled = self.kind(-1) == Some(T::Word) && matches!(self.kind(-2), Some(T::ParenOpen | T::Comma));
        if in_call && labelled {
            let kind = Kind::EqualsInArguments { name: self.word(-1).into() };
            return self.fault(span, kind, Mend::Put(span, ":"));
        }
        if self.behind_value() || self.expects(Rule::stmt) {
            return self.fault(span, Kind::SingleEquals, Mend::Put(span, "+"));
        }
        None
    }

    fn arrows(&self) -> Option<Fault> {
        let span = self.span(0);
        match self.kind(0)? {
            T::FatArrow if self.expects(Rule::becomes) && !self.expects(Rule::yields) && !self.behind_value() => {
                self.fault(span, Kind::WrongArrow { found: "=>", instead: "->" }, Mend::Put(span, "->"))
            }
            T::Arrow if self.expects(Rule::yields) => {
                self.fault(span, Kind::WrongArrow { found: "->", instead: "=>" }, Mend::Put(span, "=>"))
            }
            T::FatArrow if self.behind_value() && !self.expects(Rule::yields) && !self.behind_arrow() => {
                let kind = Kind::ForeignOperator { found: "=>".into(), instead: Some(">=") };
                self.fault(span, kind, Mend::Put(span, ">="))
            }
            _ => None,
        }
    }

    /// Whether this stands among arms or rows, which have arrows of their own.
    fn behind_arrow(&self) -> bool {
        self.in_table()
            || self.piece.opener(self.index).is_some_and(|open| {
                let before = &self.piece.tokens[open..self.index];
                before[0].kind == T::BraceOpen && before.iter().any(|token| token.kind == T::FatArrow)
            })
    }

    fn numbers(&self) -> Option<Fault> {
        let around =
            self.kind(-1) == Some(T::Number) && self.touch(-1) && self.kind(1) == Some(T::Number) && self.touch(0);
        let span = self.span(0);
        let whole = self.span(-1).to(self.span(1));
        match self.kind(0)? {
            T::Comma if around => {
                let grouped = self.word(1).len() == 3;
                let kind = if grouped { Kind::GroupedByPointOrComma } else { Kind::DecimalComma };
                self.fault(whole, kind, Mend::Fill(span, '0'))
            }
            T::Number
                if self.kind(-1) == Some(T::Dot)
                    && self.touch(-1)
                    && self.kind(-2) == Some(T::Number)
                    && self.touch(-2) =>
            {
                self.fault(self.span(-2).to(span), Kind::GroupedByPointOrComma, Mend::Fill(self.span(-1), '0'))
            }
            T::Dot if around => self.fault(whole, Kind::GroupedByPointOrComma, Mend::Fill(span, '0')),
            T::Colon if around => self.fault(whole, Kind::BadTime { reason: BadTime::Form }, Mend::Fill(span, '0')),
            T::Dot if self.kind(1) == Some(T::Number) && self.touch(0) && self.expects_value() => {
                self.fault(span.to(self.span(1)), Kind::PointWithoutDigit, Mend::Fill(span, '0'))
            }
            T::Dot if self.kind(-1) == Some(T::Number) && self.touch(-1) => {
                self.fault(self.span(-1).to(span), Kind::PointWithoutDigit, Mend::Fill(span, ' '))
            }
            T::Word if self.kind(-1) == Some(T::Number) && self.touch(-1) && self.word(0).starts_with('_') => {
                self.fault(self.span(-1).to(span), Kind::MisplacedUnderscore, Mend::Fill(span, '0'))
            }
            _ => None,
        }
    }

    // -------------------------------------------------------- tables

    fn in_table(&self) -> bool {
        self.piece.word(self.piece.keyword) == "decision"
            && self.piece.opener(self.index).is_some_and(|open| {
                self.piece.tokens[open].kind == T::BraceOpen
                    && self.piece.opener(open).is_none_or(|outer| self.piece.opener(outer).is_none())
            })
    }

    fn table(&self) -> Option<Fault> {
        if !self.in_table() || self.index == 0 {
            return None;
        }
        let piece = self.piece;
        let here = piece.first_of_line(self.index);
        let row = |first: usize| piece.kind(first) == Some(T::Bar);
        let arrows = |line: Span| {
            let tokens = piece.tokens.iter().filter(move |t| t.span.start >= line.start && t.span.end <= line.end);
            tokens.filter(|t| t.kind == T::FatArrow).count()
        };
        if let Some(token) = piece.tokens.get(self.index) {
            let line = piece.line(token.span.start);
            if row(here) && here != self.index && token.kind == T::FatArrow && arrows(line) > 1 {
                let bar = (here + 1..self.index).rev().find(|at| piece.kind(*at) == Some(T::Bar))?;
                let kind = Kind::RowNotFirstOnLine;
                return self.fault(piece.tokens[bar].span, kind, Mend::Line(self.culprit_line()));
            }
            let behind_default = self.behind_default(here);
            if behind_default && (row(here) || matches!(piece.word(here), "for" | "default")) && here == self.index {
                return self.fault(token.span, Kind::BehindDefault, Mend::Line(self.culprit_line()));
            }
        }
        // The refused token begins a line, and the row above it is not complete.
        if here != self.index {
            return None;
        }
        let above = piece.first_of_line(self.index - 1);
        let line = piece.line(piece.tokens[above].span.start);
        if !(row(above) || piece.word(above) == "default") {
            return None;
        }
        let end = Span::new(piece.tokens[above].span.start, piece.tokens[self.index - 1].span.end);
        let ends_open = matches!(self.kind(-1), Some(T::FatArrow | T::Bar | T::Comma));
        if (arrows(line) == 0 && self.kind(0) == Some(T::FatArrow)) || (ends_open && !row(here) && self.expects_more())
        {
            return self.fault(end, Kind::RowOnSeveralLines, Mend::Line(None));
        }
        if arrows(line) == 0 {
            return self.fault(end, Kind::MissingArrow, Mend::Line(Some(line)));
        }
        None
    }

    /// A range in a cell, or behind `in`, without its brackets.
    fn bare_range(&self) -> Option<Fault> {
        let is_asked = || self.in_table() || self.word(-2) == "in";
        if self.kind(0) != Some(T::DotDot) || !is_asked() {
            return None;
        }
        self.fault(self.span(0), Kind::BareRange, Mend::Line(self.culprit_line()))
    }

    fn expects_more(&self) -> bool {
        matches!(
            self.kind(0),
            Some(T::Word | T::Number | T::Date | T::Time | T::TextStart | T::ParenOpen | T::BracketOpen)
        )
    }

    /// Whether the line before this one, outside of brackets, is a `default` row.
    fn behind_default(&self, first: usize) -> bool {
        first > 0 && self.piece.word(self.piece.first_of_line(first - 1)) == "default"
    }

    // -------------------------------------------------------- names and words

    fn names(&self) -> Option<Fault> {
        if self.kind(0) != Some(T::Word) {
            // A name was expected, and something else stands there.
            let only_name = !self.rules.is_empty()
                && self.rules.iter().all(|rule| matches!(rule, Rule::name | Rule::word | Rule::upper));
            if only_name && self.index < self.piece.tokens.len() {
                let kind = Kind::MissingName { found: found(self.piece, self.index) };
                return self.fault(self.span(0), kind, Mend::Line(self.culprit_line()));
            }
            return None;
        }
        let word = self.word(0);
        let span = self.span(0);
        if self.expects_value() || self.expects(Rule::stmt) {
            return None;
        }
        let lower = word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let wants_lower = self.expects(Rule::name) || self.expects(Rule::place) || self.expects(Rule::place_path);
        let wants_upper = self.expects(Rule::upper)
            || self.expects(Rule::up_path)
            || self.expects(Rule::type_)
            || self.expects(Rule::case);
        if wants_lower && token::is_reserved(word) {
            return self.fault(span, Kind::ReservedWord { word: word.into() }, Mend::Fill(span, 'x'));
        }
        if wants_lower && !wants_upper && !lower {
            let kind = Kind::BadName { name: word.into(), wanted: NameStyle::Snake };
            return self.fault(span, kind, Mend::Fill(span, 'x'));
        }
        if wants_upper && !wants_lower && lower && !token::is_reserved(word) && !self.expects(Rule::word) {
            let currency = self.piece.word(self.piece.keyword) == "currency" || self.word(-1) == "in";
            let wanted = if currency { NameStyle::Currency } else { NameStyle::UpperCamel };
            let kind = Kind::BadName { name: word.into(), wanted };
            return self.fault(span, kind, Mend::Fill(span, 'X'));
        }
        None
    }

    /// Words of other languages: the refused one, or the one that its line begins with.
    fn words(&self) -> Option<Fault> {
        let refused = self.word(0);
        let foreign = |word: &str| words::foreign_word(word).filter(|_| !token::is_reserved(word));
        if self.kind(0) == Some(T::Word)
            && let Some(instead) = foreign(refused)
        {
            let mend = match instead {
                "{" | "}" => Mend::Line(None),
                _ => Mend::Line(self.culprit_line()),
            };
            return self.fault(self.span(0), Kind::ForeignWord { found: refused.into(), instead }, mend);
        }
        // A statement that began with one, on this line, and was taken for a name.
        let first = self.piece.first_of_line(self.index);
        let begins = |at: &usize| *at == first || self.piece.kind(at - 1) == Some(T::BraceClose);
        let at = (first..self.index).rev().find(begins)?;
        let word = self.piece.word(at);
        let goes_on = self.piece.kind(at + 1).is_some_and(|next| next == T::Word || next.opens());
        let instead = foreign(word).filter(|_| goes_on && !token::is_language_word(word))?;
        let kind = Kind::ForeignWord { found: word.into(), instead };
        self.fault(self.piece.tokens[at].span, kind, Mend::Line(self.culprit_line()))
    }

    fn other(&self) -> Option<Fault> {
        let span = self.span(0);
        match self.kind(0) {
            Some(T::Word) if self.word(0) == "reverse" && self.expects(Rule::stmt) => {
                self.fault(span, Kind::ReverseNotLast, Mend::Line(self.culprit_line()))
            }
            Some(T::Doc) => self.fault(span, Kind::DocWithoutItem, Mend::Fill(span, ' ')),
            Some(_) if self.rules == [Rule::kw_else] => {
                let end = self.span(-1);
                self.fault(end, Kind::MissingElse, Mend::Line(None))
            }
            None if self.rules == [Rule::kw_else] => self.fault(self.span(-1), Kind::MissingElse, Mend::Line(None)),
            _ => None,
        }
    }
}

fn foreign(found: &str) -> Kind {
    Kind::ForeignOperator { found: found.into(), instead: words::foreign_operator(found).flatten() }
}
