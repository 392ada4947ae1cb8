//! The words of every fault of the text itself, in one table; [`mend`] has the changes that mend such a fault and
//! cannot change what was meant.

mod characters;
mod mend;
mod names;
#[cfg(test)]
mod tests;

use super::{Code, Diagnostic};
use crate::source::Place;
use bp_grammar::error::{BadDate, BadTime, SyntaxErrorKind as Kind};
use bp_grammar::span::Span;
use characters::{foreign_operator, foreign_word, unknown_character};
use mend::{Mend, mend};
use names::bad_name;

/// A text fault in words, with every change that the whole text of its file lets us offer.
pub(super) fn tell_in(place: Place, kind: &Kind, file: &str) -> Diagnostic {
    let told = words(place, kind);
    match mend(place.span, kind, file) {
        Some(Mend { span, title, by }) => told.edit(Place { span, ..place }, title, by),
        None => told,
    }
}

fn words(place: Place, kind: &Kind) -> Diagnostic {
    let say = |code, message: &str, here: &str| Diagnostic::new(code, place, message).here(here);
    let opened = |open: &Span| Place { span: *open, ..place };
    match kind {
        Kind::Unexpected { found, expected, within } => unexpected(place, found, expected, *within),

        // ---- the file
        Kind::FileTooLong { limit } => say(Code::SyntaxFile, "this file is too long", "not read").note(format!(
            "a file has up to {} MB; move parts of it into modules and `use` them",
            limit / (1024 * 1024)
        )),
        Kind::TextOutsideItem { word, instead } => outside(place, word, *instead),
        Kind::ItemNotInColumnOne { word } => say(
            Code::SyntaxItem,
            &format!("`{word}` begins an item, so its line begins with it"),
            "not at the beginning of its line",
        ),
        Kind::ItemWordInColumnOne { word, open } => say(
            Code::SyntaxItem,
            &format!("`{word}` at the beginning of a line begins an item, but a bracket is still open"),
            "ends the item above",
        )
        .label(opened(open), "opened here")
        .note("close the bracket above; or, where this line belongs to the item above, put blanks before it"),
        Kind::DocWithoutItem => {
            say(Code::SyntaxDoc, "there is nothing here that `///` could describe", "describes nothing")
                .note("`///` stands right above what it describes; a plain comment is `//`")
        }
        Kind::FileDocNotAtTop => say(Code::SyntaxDoc, "`//!` stands at the top of a file only", "too far down")
            .note("`//!` describes the file, `///` the item below it; a plain comment is `//`"),
        Kind::NestingTooDeep { limit } => {
            say(Code::SyntaxNesting, &format!("more than {limit} brackets inside each other"), "too deep")
                .note("give the inner parts names with `let`, or move them into a function of their own")
        }
        Kind::ExpressionTooLong { limit } => {
            say(Code::SyntaxNesting, "this expression is too long", &format!("more than {limit} parts in a row"))
                .note("give parts of it names with `let`; many values to add up go into a list")
        }
        Kind::TooComplex => say(Code::SyntaxNesting, "this item is too involved to be read", "too much at once")
            .note("take it apart: names with `let`, functions of their own, fewer brackets inside each other"),

        // ---- brackets and characters
        Kind::UnclosedText => say(Code::SyntaxText, "this text has no closing `\"`", "begins here and does not end")
            .note("a text ends on its line; `\\n` in it begins a new line"),
        Kind::UnclosedBracket { bracket, open } => {
            let closer = closer(*bracket);
            say(
                Code::SyntaxBracket,
                &format!("`{bracket}` is never closed"),
                &format!("`{closer}` is missing here, or before"),
            )
            .label(opened(open), "opened here")
        }
        Kind::ExtraCloser { bracket } => {
            say(Code::SyntaxBracket, &format!("`{bracket}` closes nothing"), "nothing is open here")
                .note("take it out, or put its partner where it opens")
        }
        Kind::WrongCloser { bracket, open } => {
            let closer = other_closer(*bracket);
            say(Code::SyntaxBracket, &format!("`{bracket}` does not close what is open"), &format!("write `{closer}`"))
                .label(opened(open), "opened here")
                .note("only a range may mix them: `(0..10]` is without the 0")
        }
        Kind::UnknownCharacter { character } => unknown_character(place, *character),
        Kind::TypographicQuote { character } => {
            say(Code::SyntaxText, &format!("`{character}` is a quote of a word processor"), "write `\"`")
                .note("a text stands between two straight quotes: `\"Invoice\"`")
        }
        Kind::SingleQuotedText => say(Code::SyntaxText, "a text stands between `\"`, not between `'`", "write `\"`"),
        Kind::BadEscape { character } => {
            say(Code::SyntaxText, &format!("`\\{character}` means nothing in a text"), "not known").note(
                "a text knows `\\n` (new line), `\\t` (tab), `\\\"`, `\\{`, `\\}`, and `\\\\` for the backslash itself",
            )
        }
        Kind::BraceInText => say(Code::SyntaxText, "`}` in a text is written `\\}`", "write `\\}`")
            .note("braces in a text hold a value: `\"Invoice {number}\"`"),
        Kind::EmptyHole => say(Code::SyntaxText, "these braces put nothing into the text", "what belongs here?")
            .note("write a value between them, such as `{number}`; for the braces themselves write `\\{\\}`"),
        Kind::HoleNotAllowed => say(Code::SyntaxText, "this text is fixed and takes no value", "no `{…}` here").note(
            "titles, codes and names of files are the same each time; for the braces themselves write `\\{` and `\\}`",
        ),
        Kind::CommentStyle { found } => {
            let told = say(Code::SyntaxForeign, "a comment begins with `//` and ends with its line", "write `//`");
            if found == "/*" {
                told.note(format!("in the place of `{found}`, begin each line of it with `//`"))
            } else {
                told
            }
        }

        // ---- habits of other languages
        Kind::SingleEquals => say(Code::SyntaxComparison, "one `=` does not compare", "write `==` to compare")
            .note("`=` gives a name its value: `total = 5`"),
        Kind::EqualsInArguments { name } => {
            say(Code::SyntaxForeign, "an argument is named with `:`", &format!("write `{name}: …`"))
        }
        Kind::ForeignOperator { found, instead } => foreign_operator(place, found, *instead),
        Kind::ForeignWord { found, instead } => foreign_word(place, found, instead),
        Kind::Semicolon => say(Code::SyntaxForeign, "statements need no `;`", "take it out"),
        Kind::WrongArrow { found, instead } => {
            say(Code::SyntaxArrow, &format!("`{instead}` belongs here, not `{found}`"), &format!("write `{instead}`"))
                .note(
                    "`->` leads to a type or a state; `=>` leads from a condition or a pattern to what follows from it",
                )
        }
        Kind::MissingElse => say(Code::SyntaxElse, "this `if` gives a value, so it needs an `else`", "and otherwise?")
            .note("write both ways: `if late { 5% } else { 0% }`"),

        // ---- numbers, dates, names
        Kind::TooManyDigits { limit } => {
            say(Code::SyntaxNumber, &format!("a number has up to {limit} digits"), "too long")
        }
        Kind::TooManyDecimals { limit } => {
            say(Code::SyntaxNumber, &format!("a number has up to {limit} decimals"), "too many decimals")
        }
        Kind::Exponent => say(Code::SyntaxNumber, "a number is written out, without `e`", "write it out")
            .note("`_` parts groups of digits: `1_000_000`"),
        Kind::DecimalComma => say(Code::SyntaxNumber, "the decimal mark is a point", "write `.`")
            .note("`2.50`; a comma parts values, with a blank behind it: `2, 50`"),
        Kind::GroupedByPointOrComma => say(Code::SyntaxNumber, "groups of digits are parted by `_`", "write `_`")
            .note("`1_500_000`; the decimal mark is a point: `1_500.25`"),
        Kind::PointWithoutDigit => {
            say(Code::SyntaxNumber, "digits stand on both sides of a decimal point", "a digit is missing")
                .note("write `0.5`, not `.5`; write `5`, not `5.`")
        }
        Kind::MisplacedUnderscore => {
            say(Code::SyntaxNumber, "`_` stands between two digits of a number", "not so").note("`1_000_000`")
        }
        Kind::OtherNotation => say(Code::SyntaxNumber, "a number has the digits 0 to 9 only", "write it with them"),
        Kind::BadDate { reason } => bad_date(place, *reason),
        Kind::BadTime { reason: BadTime::Form } => {
            say(Code::SyntaxDate, "a time of day is two digits, `:` and two digits", "write it like `08:00`")
        }
        Kind::BadTime { reason: BadTime::Range } => {
            say(Code::SyntaxDate, "there is no such time of day", "`00:00` to `23:59`")
        }
        Kind::ReservedWord { word } => say(
            Code::SyntaxName,
            &format!("`{word}` is a word of the language and cannot name a value"),
            "choose another name",
        ),
        Kind::BadName { name, wanted } => bad_name(place, name, *wanted),
        Kind::BareRange => say(Code::SyntaxUnexpected, "a range stands in brackets", "in none")
            .note("`[1..5]` takes both ends in, `(1..5)` leaves them out, `[1..5)` takes in the first only"),
        Kind::MissingName { found } => {
            say(Code::SyntaxName, "a name is missing", &format!("a name is expected here, not {found}"))
        }

        // ---- statements
        Kind::MixedComparison => say(
            Code::SyntaxComparison,
            "comparisons in a row go in one direction",
            "does not go on from the one before",
        )
        .note("`0 < x <= 10` is one; else write two: `a < b and c < b`"),
        Kind::CallOnNextLine { bracket } => say(
            Code::SyntaxLine,
            &format!("`{bracket}` at the beginning of a line begins something new"),
            "does not go on from the line above",
        )
        .note(format!("to go on, let the line above end with `{bracket}`")),
        Kind::MinusOnNextLine => say(
            Code::SyntaxLine,
            "`-` at the beginning of a line begins something new",
            "is not taken from the line above",
        )
        .note("to go on, let the line above end with `-`"),
        Kind::NameAlone { name } => say(Code::SyntaxStatement, &format!("`{name}` alone does nothing"), "does nothing")
            .note(format!("call it (`{name}()`), give it a value (`{name} = …`), or take the line out")),
        Kind::ValueAlone => say(Code::SyntaxStatement, "nothing is done with this value", "does nothing")
            .note("give it a name with `let`, or take it out; only the last line of a block is the block's value"),
        Kind::NotAPlace => say(Code::SyntaxStatement, "this cannot be changed", "not a name, a field or an element")
            .note("left of `=` or `->` stands what changes: `total`, `order.state`, `stock[item]`"),
        Kind::Repeated { what } => {
            say(Code::SyntaxRepeated, &format!("{what} stands here a second time"), "once is enough")
        }
        Kind::ParallelWithoutBranches => {
            say(Code::SyntaxProcess, "this `parallel` has nothing to run side by side", "without a branch")
                .note("write `branch name { … }` in it for each way, or `parallel for x in list { … }`; not both")
        }
        Kind::ReverseNotLast => {
            say(Code::SyntaxProcess, "`reverse` is the last statement of an `undo`", "not the last one here")
        }

        // ---- tables
        Kind::RowOnSeveralLines => {
            say(Code::SyntaxTable, "a row of a table stays on one line", "goes on in the next line")
                .note("a long condition fits better into a function, or into a column of its own")
        }
        Kind::RowNotFirstOnLine => {
            say(Code::SyntaxTable, "each row of a table has a line of its own", "begin a new line here")
        }
        Kind::MissingArrow => say(Code::SyntaxTable, "this row has no `=>`", "where do its results begin?")
            .note("`=>` stands between conditions and results: `| Ordinary | > 5 => 10%`"),
        Kind::RowWidth { outputs, expected, found } => {
            let what = if *outputs { "result" } else { "condition" };
            say(
                Code::SyntaxTable,
                &format!("this row has {}, the header has {expected}", counted(*found, what)),
                &format!("{found} instead of {expected}"),
            )
            .note(if *outputs {
                "`|` parts results"
            } else {
                "`|` parts conditions; `any` fits everything"
            })
        }
        Kind::ConditionInOutput => say(Code::SyntaxTable, "a result is one value", "this is a condition"),
        Kind::BehindDefault => say(Code::SyntaxTable, "nothing stands below `default`", "would never be reached")
            .note("there is one `default`, and it is the last row"),

        // ---- our own faults
        Kind::Internal { what } => say(Code::SyntaxInternal, "this is a fault of `bp`, not of your program", what)
            .note("please report it, with this file"),
    }
}

/// How many of the expected things are told of: with more, the list says nothing any more.
const MOST_EXPECTED: usize = 4;

fn unexpected(place: Place, found: &str, expected: &[&str], within: Option<&str>) -> Diagnostic {
    let message = match (found, within) {
        ("the end of the item", Some(within)) => format!("{within} ends too early"),
        ("the end of the item", None) => "the item ends too early".to_owned(),
        (found, Some(within)) => format!("{found} does not fit here, in {within}"),
        (found, None) => format!("{found} does not fit here"),
    };
    let here = match expected {
        [] => "not here".to_owned(),
        [one] => format!("{one} is expected here"),
        [rest @ .., last] if expected.len() <= MOST_EXPECTED => {
            format!("{} or {last} is expected here", rest.join(", "))
        }
        many => format!("{} or the like is expected here", many[..MOST_EXPECTED].join(", ")),
    };
    Diagnostic::new(Code::SyntaxUnexpected, place, message).here(here)
}

fn outside(place: Place, word: &str, instead: Option<&str>) -> Diagnostic {
    let told = Diagnostic::new(Code::SyntaxItem, place, format!("`{word}` begins no item"));
    match instead {
        Some(instead) => told.here(format!("perhaps `{instead}`?")),
        None if matches!(word, "}" | ")" | "]") => {
            told.here("nothing is open here").note("perhaps a bracket too many closes the item above")
        }
        None => told.here("belongs to no item"),
    }
    .note("an item begins with one of the language's words, such as `fn`, `record`, `decision`, `process` or `test`")
}

fn bad_date(place: Place, reason: BadDate) -> Diagnostic {
    let (message, here) = match reason {
        BadDate::Form => ("this is not a date", "write it like `2026-01-05`".to_owned()),
        BadDate::Month => ("there is no such month", "months are `01` to `12`".to_owned()),
        BadDate::Day { last } => ("there is no such day", format!("the last day of this month is {last}")),
        BadDate::Time => ("there is no such time of day", "`00:00` to `23:59`".to_owned()),
        BadDate::Zone => ("there is no such time zone", "write it like `+07:00`".to_owned()),
    };
    let told = Diagnostic::new(Code::SyntaxDate, place, message).here(here);
    match reason {
        BadDate::Form => told
            .note("there are dates `2026-01-05`, months `2026-01` and times of a day `2026-01-05T08:00`")
            .note("to take one number from another, put blanks around `-`: `2026 - 1`"),
        _ => told,
    }
}

fn closer(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// A wrong closing bracket is a round one for a square one, or the other way round.
fn other_closer(bracket: char) -> char {
    if bracket == ')' { ']' } else { ')' }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
