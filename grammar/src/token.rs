//! Tokens: the text cut into words, numbers, marks and what stands between them.
//!
//! Cutting never fails and loses nothing: blanks and comments are tokens too, a character that means nothing is an
//! [`TokenKind::Unknown`], and the tokens' texts put together are the source. The grammar (`bp.pest`) decides what is
//! right; tokens serve what must work on faulty text as well: cutting a file into items, the "found …" half of an
//! error, layout and highlighting.

use crate::span::Span;
use logos::Logos;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Logos)]
pub enum TokenKind {
    // What only parts other tokens.
    #[regex(r"[ \t\r]+")]
    Blank,
    #[token("\n")]
    Newline,
    /// `// …`
    #[regex(r"//[^\n]*", priority = 3, allow_greedy = true)]
    Comment,
    /// `/// …`
    #[regex(r"///[^\n]*", priority = 5, allow_greedy = true)]
    Doc,
    /// `//! …`
    #[regex(r"//![^\n]*", priority = 5, allow_greedy = true)]
    FileDoc,
    /// The mark that some editors put at the beginning of a file.
    #[token("\u{feff}")]
    ByteOrderMark,

    // Words and literals.
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    /// Digits, with `_` between them and perhaps a point; the unit is a word of its own.
    #[regex(r"[0-9]+(_[0-9]+)*(\.[0-9]+)?")]
    Number,
    /// A date, a month, a date with a time, or what looks like one.
    #[regex(r"[0-9][0-9][0-9][0-9](-[0-9]+)+(T[0-9A-Za-z_:]*([+-][0-9][0-9]:[0-9][0-9])?)?")]
    Date,
    #[regex(r"[0-9][0-9]:[0-9][0-9]")]
    Time,

    // Text, piece by piece.
    /// `"`, at the beginning of a text.
    #[token("\"")]
    TextStart,
    /// Plain characters of a text.
    TextChars,
    /// `\n` and its like; also a wrong one, such as `\q`.
    TextEscape,
    /// `{` in a text.
    HoleStart,
    /// What follows `:` in a hole.
    HoleFormat,
    /// `}` in a text, at the end of a hole.
    HoleEnd,
    /// `"`, at the end of a text.
    TextEnd,

    // Marks.
    #[token("{")]
    BraceOpen,
    #[token("}")]
    BraceClose,
    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("?")]
    Question,
    #[token("?.")]
    QuestionDot,
    #[token("??")]
    QuestionQuestion,
    #[token("=")]
    Equals,
    #[token("==")]
    EqualsEquals,
    #[token("!=")]
    NotEquals,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEquals,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEquals,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("->")]
    Arrow,
    #[token("=>")]
    FatArrow,
    #[token("|")]
    Bar,

    // Marks of other languages, kept whole so that an error can name them.
    #[token("&&")]
    AndAnd,
    #[token("||")]
    BarBar,
    #[token("!")]
    Bang,
    #[token(";")]
    Semicolon,
    #[token("'")]
    SingleQuote,

    /// A character that means nothing here.
    Unknown,
}

impl TokenKind {
    /// Blanks, line ends and comments. Documentation is not trivia: the grammar reads it.
    pub fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Blank | TokenKind::Newline | TokenKind::Comment | TokenKind::ByteOrderMark)
    }

    pub fn opens(self) -> bool {
        matches!(self, TokenKind::BraceOpen | TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::HoleStart)
    }

    pub fn closes(self) -> bool {
        matches!(self, TokenKind::BraceClose | TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::HoleEnd)
    }
}

/// What may stand between the quotes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Logos)]
enum InText {
    #[regex(r#"[^"\\{}\r\n]+"#)]
    Chars,
    #[regex(r"\\[^\r\n]")]
    Escape,
    #[token("{")]
    Hole,
    #[token("\"")]
    End,
}

/// The tokens of `text`, in order.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, state: State::Code, holes: Vec::new() }
}

/// The tokens of a text; see [`tokens`].
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    state: State,
    /// The holes that are open here, each with the brackets that are open in it.
    holes: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Code,
    Text,
    Format,
}

impl Tokens<'_> {
    fn code(&mut self) -> (TokenKind, usize) {
        let mut lexer = TokenKind::lexer(&self.text[self.at..]);
        let kind = match lexer.next() {
            Some(Ok(kind)) => kind,
            _ => TokenKind::Unknown,
        };
        let length = lexer.span().end;
        let Some(open) = self.holes.last_mut() else {
            if kind == TokenKind::TextStart {
                self.state = State::Text;
            }
            return (kind, length);
        };
        match kind {
            TokenKind::TextStart => self.state = State::Text,
            // A text ends on its line, and its holes with it.
            TokenKind::Newline => self.holes.clear(),
            TokenKind::BraceClose if *open == 0 => {
                self.holes.pop();
                self.state = State::Text;
                return (TokenKind::HoleEnd, length);
            }
            TokenKind::Colon if *open == 0 => self.state = State::Format,
            // A text that ends before its hole does: what follows is code again.
            _ if kind.opens() => *open += 1,
            _ if kind.closes() => *open = open.saturating_sub(1),
            _ => {}
        }
        (kind, length)
    }

    fn text(&mut self) -> Option<(TokenKind, usize)> {
        let rest = &self.text[self.at..];
        if rest.starts_with(['\r', '\n']) {
            // Not closed on its line.
            self.state = State::Code;
            self.holes.clear();
            return None;
        }
        let mut lexer = InText::lexer(rest);
        let kind = match lexer.next() {
            Some(Ok(InText::Chars)) => TokenKind::TextChars,
            Some(Ok(InText::Escape)) => TokenKind::TextEscape,
            Some(Ok(InText::Hole)) => {
                self.holes.push(0);
                self.state = State::Code;
                TokenKind::HoleStart
            }
            Some(Ok(InText::End)) => {
                self.state = State::Code;
                TokenKind::TextEnd
            }
            _ => TokenKind::Unknown,
        };
        Some((kind, lexer.span().end))
    }

    fn format(&mut self) -> Option<(TokenKind, usize)> {
        let rest = &self.text[self.at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if blanks > 0 {
            return Some((TokenKind::Blank, blanks));
        }
        self.state = State::Code;
        let length = rest.find(['}', '"', '\r', '\n']).unwrap_or(rest.len());
        (length > 0).then_some((TokenKind::HoleFormat, length))
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.text.len() {
            return None;
        }
        let (kind, length) = match self.state {
            State::Code => self.code(),
            State::Text => self.text().unwrap_or_else(|| self.code()),
            State::Format => self.format().unwrap_or_else(|| self.code()),
        };
        let start = self.at as u32;
        self.at += length.max(1);
        Some(Token { kind, span: Span::new(start, self.at as u32) })
    }
}

/// The words that begin an item, in column one.
pub const ITEM_WORDS: &[&str] = &[
    "action", "chart", "config", "currency", "decision", "duty", "entity", "enum", "extend", "fn", "message",
    "process", "record", "report", "role", "schedule", "service", "test", "type", "unit", "use",
];

/// The words that no value can be named by.
pub const RESERVED_WORDS: &[&str] = &[
    "and", "break", "create", "credit", "debit", "div", "else", "fail", "false", "find", "for", "go", "if", "in", "is",
    "let", "match", "mod", "none", "not", "or", "parallel", "race", "return", "step", "task", "true", "undo", "var",
    "wait", "where", "while", "with", "within",
];

/// The words that mean something in their place and are plain names elsewhere.
pub const CONTEXTUAL_WORDS: &[&str] = &[
    "above",
    "add",
    "advance",
    "after",
    "all",
    "answer",
    "any",
    "as",
    "ascending",
    "ask",
    "assert",
    "asset",
    "at",
    "below",
    "branch",
    "budget",
    "by",
    "call",
    "cancel",
    "change",
    "close",
    "collect",
    "commit",
    "complete",
    "count",
    "daily",
    "day",
    "default",
    "deliver",
    "derived",
    "descending",
    "drain",
    "email",
    "equity",
    "error",
    "escalate",
    "every",
    "exchange",
    "exclusive",
    "expect",
    "expense",
    "failed",
    "fails",
    "first",
    "first_open",
    "free",
    "from",
    "get",
    "grouped",
    "hold",
    "http",
    "ignore",
    "income",
    "index",
    "internal",
    "into",
    "join",
    "keep",
    "key",
    "liability",
    "limit",
    "list",
    "lots",
    "max",
    "may",
    "min",
    "missed",
    "monthly",
    "move",
    "never",
    "new",
    "nothing",
    "numbered",
    "of",
    "on",
    "one",
    "order",
    "output",
    "over",
    "pause",
    "per",
    "personal",
    "post",
    "priority",
    "put",
    "quantity",
    "refused",
    "release",
    "request",
    "rest",
    "retry",
    "revalue",
    "reverse",
    "rounding",
    "rule",
    "scale",
    "scope",
    "send",
    "separate",
    "show",
    "some",
    "sorted",
    "stage",
    "start",
    "started",
    "states",
    "stop",
    "sum",
    "take",
    "through",
    "times",
    "to",
    "unique",
    "until",
    "up",
    "warn",
    "was",
    "weekly",
    "worth",
    "yearly",
];

pub fn is_item_word(word: &str) -> bool {
    ITEM_WORDS.binary_search(&word).is_ok()
}

pub fn is_reserved(word: &str) -> bool {
    RESERVED_WORDS.binary_search(&word).is_ok()
}

/// Whether the language gives the word a meaning anywhere.
pub fn is_language_word(word: &str) -> bool {
    is_reserved(word) || is_item_word(word) || CONTEXTUAL_WORDS.binary_search(&word).is_ok()
}
