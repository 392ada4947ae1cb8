//! What can be wrong with the text itself. Facts only: the compiler's `diagnostics` finds the words.

use crate::span::Span;
use smol_str::SmolStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What to point at. Lies in the text, on character boundaries, and never covers a line end.
    pub span: Span,
    pub kind: SyntaxErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    // ------------------------------------------------------------ the general case
    /// Something else was expected here. `found` is a phrase ("`=>`", "a date", "the end of the item"), `expected`
    /// holds phrases a designer knows ("a value", "`)`"), the likeliest first; `within` is what was being read
    /// ("a decision table", "a step").
    Unexpected { found: SmolStr, expected: Vec<&'static str>, within: Option<&'static str> },

    // ------------------------------------------------------------ the file
    /// The file is longer than `limit` bytes and was not read.
    FileTooLong { limit: usize },
    /// Text that belongs to no item. `word` is its first word; `instead` is the item keyword that was perhaps meant.
    TextOutsideItem { word: SmolStr, instead: Option<&'static str> },
    /// The keyword of an item stands behind blanks; it belongs in column one.
    ItemNotInColumnOne { word: SmolStr },
    /// A line inside an item begins with an item's keyword in column one, which ends the item there. Points at the
    /// word; `open` is the bracket that was still open.
    ItemWordInColumnOne { word: SmolStr, open: Span },
    /// `///` with nothing behind it to describe.
    DocWithoutItem,
    /// `//!` further down than the top of the file.
    FileDocNotAtTop,
    /// Brackets, or parts of an expression, are nested deeper than `limit`.
    NestingTooDeep { limit: u32 },
    /// One expression has more than `limit` operators, fields and calls in a row.
    ExpressionTooLong { limit: u32 },

    // ------------------------------------------------------------ brackets and characters
    /// A text that has no closing quote on its line. Points at its beginning, to the end of the line.
    UnclosedText,
    /// A bracket that is never closed: points at where the item ends or the wrong bracket stands, `open` is the bracket.
    UnclosedBracket { bracket: char, open: Span },
    /// A closing bracket too much.
    ExtraCloser { bracket: char },
    /// A closing bracket of another kind than the one that is open.
    WrongCloser { bracket: char, open: Span },
    /// A character that means nothing in the language.
    UnknownCharacter { character: char },
    /// `“…”` or `‘…’`: quotes of a word processor, where `"` belongs.
    TypographicQuote { character: char },
    /// `'…'`: text stands between `"`.
    SingleQuotedText,
    /// A backslash before a character that has no such meaning.
    BadEscape { character: char },
    /// `}` in a text; it is written `\}`.
    BraceInText,
    /// `{}` in a text: nothing to put there, or `\{` was meant.
    EmptyHole,
    /// This text is a title, a code or a file name and cannot have `{…}` in it.
    HoleNotAllowed,
    /// `#` or `/*`: a comment is `//`, to the end of the line.
    CommentStyle { found: SmolStr },

    // ------------------------------------------------------------ habits of other languages
    /// `=` in a condition, where `==` compares.
    SingleEquals,
    /// `name = value` in parentheses, where `name: value` names an argument.
    EqualsInArguments { name: SmolStr },
    /// An operator of other languages (`&&`, `||`, `!`, `===`, `<>`, `+=`, `:=`, `++`, `**`, `^`, `=<`); `instead` is this
    /// language's, where there is one.
    ForeignOperator { found: SmolStr, instead: Option<&'static str> },
    /// A word of other languages (`elif`, `null`, `foreach`, `const`, `switch`, …) and this language's.
    ForeignWord { found: SmolStr, instead: &'static str },
    /// `;`: statements need no separator.
    Semicolon,
    /// `->` where `=>` belongs, or the other way round.
    WrongArrow { found: &'static str, instead: &'static str },
    /// An `else` of an `if` that gives a value is missing: both ways need one.
    MissingElse,

    // ------------------------------------------------------------ numbers, dates, names
    /// More digits than a number can have.
    TooManyDigits { limit: u32 },
    /// More digits behind the point than a number can have.
    TooManyDecimals { limit: u32 },
    /// `1e5`: numbers are written out, with `_` between groups of digits.
    Exponent,
    /// `2,50`: the decimal mark is a point.
    DecimalComma,
    /// `1.500.000` or `1,500,000`: groups of digits are parted by `_`.
    GroupedByPointOrComma,
    /// `.5` or `5.`: digits stand on both sides of the point.
    PointWithoutDigit,
    /// `1__000`, `1_`, `_` in the wrong place of a number.
    MisplacedUnderscore,
    /// A number in other notation, such as `0xFF`.
    OtherNotation,
    /// Four digits and `-` begin a date or a month, and this is none: `reason` says why.
    BadDate { reason: BadDate },
    /// Not a time of day: `25:00`, `8:00`.
    BadTime { reason: BadTime },
    /// A reserved word where a name belongs.
    ReservedWord { word: SmolStr },
    /// A name in the wrong style, or in letters that names cannot have.
    BadName { name: SmolStr, wanted: NameStyle },
    /// `1..5` in a cell or behind `in`: a range stands in brackets, which say whether its ends belong to it.
    BareRange,
    /// A name or label that is missing: found is what stands there.
    MissingName { found: SmolStr },

    // ------------------------------------------------------------ statements
    /// `a < b > c`, `a == b == c`, `a < b is c`: comparisons chain in one direction only.
    MixedComparison,
    /// `(` or `[` at the beginning of a line, behind an expression: a call or an index stays on its line.
    CallOnNextLine { bracket: char },
    /// `-` at the beginning of a line, behind an expression: the minus stays on the line of what it takes from.
    MinusOnNextLine,
    /// A name that stands alone and is not the last of its block: it does nothing.
    NameAlone { name: SmolStr },
    /// Another value that stands alone and is not the last of its block.
    ValueAlone,
    /// What stands left of `=` or `->` cannot be changed: it is no name, field or element.
    NotAPlace,
    /// Something that may stand once, stands twice.
    Repeated { what: &'static str },
    /// A `parallel` without branches: it needs `branch name { … }` or `for x in xs { … }`, and not both.
    ParallelWithoutBranches,
    /// `reverse` that is not the last statement of an `undo`.
    ReverseNotLast,

    // ------------------------------------------------------------ tables
    /// A row of a table goes on in the next line.
    RowOnSeveralLines,
    /// `|` of a row that is not the first of its line.
    RowNotFirstOnLine,
    /// A row without `=>`.
    MissingArrow,
    /// A row has another number of cells than the header has columns, left or right of `=>`.
    RowWidth { outputs: bool, expected: usize, found: usize },
    /// An output cell holds a condition (`any`, `< x`, `A, B`), where one value belongs.
    ConditionInOutput,
    /// A row, or a template, behind the `default`, or a second `default`.
    BehindDefault,

    // ------------------------------------------------------------ our own faults
    /// The grammar and the tree disagree. This is a fault of the compiler, not of the text.
    Internal { what: &'static str },
    /// Reading the item took more work than is allowed.
    TooComplex,
}

/// Why something is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDate {
    /// Not `2026-01-05`, `2026-01` or `2026-01-05T08:00`: a digit is missing, or one too much.
    Form,
    /// There is no such month.
    Month,
    /// The month has no such day; `last` is its last one.
    Day { last: u8 },
    /// There is no such time of day.
    Time,
    /// There is no such time zone.
    Zone,
}

/// Why something is no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTime {
    /// Not two digits, `:`, two digits.
    Form,
    /// Over 23 hours or 59 minutes.
    Range,
}

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameStyle {
    /// `unit_price`: values, fields, functions, processes.
    Snake,
    /// `UnitPrice`: types and cases.
    UpperCamel,
    /// `IDR`: three capitals.
    Currency,
    /// The letters a to z, digits and `_`: the name has others.
    PlainLetters,
}
