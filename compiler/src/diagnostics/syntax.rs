//! The words of every fault of the text itself, in one table; and, apart from it, the changes that mend such a fault
//! and cannot change what was meant.

use super::{Code, Diagnostic};
use crate::source::Place;
use bp_grammar::error::{BadDate, BadTime, NameStyle, SyntaxErrorKind as Kind};
use bp_grammar::span::Span;

/// A text fault in words, with every change that the whole text of its file lets us offer.
pub(super) fn tell_in(place: Place, kind: &Kind, file: &str) -> Diagnostic {
    let told = words(place, kind);
    match mend(place.span, kind, file) {
        Some(Mend { span, title, by }) => told.edit(Place { span, ..place }, title, by),
        None => told,
    }
}

// ---------------------------------------------------------------- words

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
            if found == "#" {
                told
            } else {
                told.note(format!("in the place of `{found}`, begin each line of it with `//`"))
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

/// What people mean by a character that the language does not have.
fn meant_by(character: char) -> Option<&'static str> {
    Some(match character {
        '−' | '–' | '—' => "-",
        '×' | '·' => "*",
        '÷' => "/",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '→' => "->",
        '⇒' => "=>",
        '…' => "..",
        '，' | '、' => ",",
        '：' => ":",
        '（' => "(",
        '）' => ")",
        '｛' => "{",
        '｝' => "}",
        '＝' => "=",
        '＂' => "\"",
        _ => return None,
    })
}

/// Blanks that no keyboard shows; they come along with pasted text.
fn is_odd_blank(character: char) -> bool {
    !character.is_ascii() && character.is_whitespace()
}

fn is_invisible(character: char) -> bool {
    character.is_control() || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn unknown_character(place: Place, character: char) -> Diagnostic {
    let say = |message: String, here: &str| Diagnostic::new(Code::SyntaxCharacter, place, message).here(here);
    if is_odd_blank(character) || is_invisible(character) {
        let name = format!("U+{:04X}", u32::from(character));
        let what = if is_odd_blank(character) { "an unusual blank" } else { "a character that cannot be seen" };
        return say(format!("here stands {what} ({name})"), "write it anew").note("it comes along with pasted text");
    }
    let told = say(format!("`{character}` means nothing here"), "not part of the language");
    match character {
        '$' | '€' | '£' | '¥' | '₹' | '₩' | '₽' | '₫' | '฿' => {
            told.note("money is a number and the code of its currency: `10 EUR`")
        }
        character if character.is_alphabetic() => told.note("a name has the letters a to z, digits and `_`"),
        character => match meant_by(character) {
            Some(meant) => told.here(format!("write `{meant}`")),
            None => told,
        },
    }
}

fn foreign_operator(place: Place, found: &str, instead: Option<&str>) -> Diagnostic {
    let say = |message: String, here: String| Diagnostic::new(Code::SyntaxForeign, place, message).here(here);
    let absent = |here: &str| say(format!("there is no `{found}`"), here.to_owned());
    match (found, instead) {
        ("+=" | "-=" | "*=", _) => {
            let sign = &found[..1];
            absent("write it out").note(format!("for instance `total = total {sign} 5`"))
        }
        ("/=", _) => absent("write it out").note("not equal is `!=`; to divide, write `x = round(x / 2)`"),
        ("++", _) => absent("write it out").note("for instance `count = count + 1`"),
        ("--", _) => absent("write it out").note("for instance `count = count - 1`; a comment begins with `//`"),
        ("**" | "^", _) => absent("write `power(…)`").note("`power(x, 2)` is x times x"),
        ("?", _) => say("a choice is an `if`".to_owned(), "write it with `if`".to_owned())
            .note("for instance `if late { 5% } else { 0% }`"),
        ("=>", Some(instead)) => say("`=>` does not compare".to_owned(), format!("write `{instead}`")),
        ("&", Some(instead)) => {
            absent(&format!("write `{instead}`")).note("texts are put together by braces: `\"{first} {last}\"`")
        }
        ("%", Some(instead)) => say(format!("the rest of a division is `{instead}`"), format!("write `{instead}`"))
            .note("`%` stands right behind a number: `12%`"),
        ("!", Some(instead)) => {
            say(format!("`!` is written `{instead}`"), format!("write `{instead}`")).note("not equal is `!=`")
        }
        (_, Some(instead)) => say(format!("`{found}` is written `{instead}`"), format!("write `{instead}`")),
        (_, None) => absent("not known"),
    }
}

fn foreign_word(place: Place, found: &str, instead: &str) -> Diagnostic {
    let told = Diagnostic::new(Code::SyntaxForeign, place, format!("`{found}` is written `{instead}`"))
        .here(format!("write `{instead}`"));
    match instead {
        "match" => told.note("for instance `match kind { Goods => 11%  _ => 0% }`"),
        "while" => told.note("`while` goes on as long as its condition holds; `for x in list` goes through a list"),
        "{" | "}" => told.note("a block stands between `{` and `}`"),
        "let" => told.note("`let` names what stays as it is, `var` what may change"),
        "fn" => told.note("a function is an item: it stands beside others, not inside them"),
        _ => told,
    }
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

fn bad_name(place: Place, name: &str, wanted: NameStyle) -> Diagnostic {
    let (message, better) = match wanted {
        NameStyle::Snake => {
            ("the name of a value or a function has small letters, with `_` between words", snake(name))
        }
        NameStyle::UpperCamel => {
            ("the name of a type or a case begins with a capital, each further word too", upper_camel(name))
        }
        NameStyle::Currency => ("a currency is three capitals", currency(name)),
    };
    let here = match better {
        Some(better) => format!("write `{better}`"),
        None if wanted == NameStyle::Currency => "write it like `EUR`".to_owned(),
        None => "not such a name".to_owned(),
    };
    Diagnostic::new(Code::SyntaxName, place, message).here(here)
}

/// `UnitPrice` and `unitPrice` to `unit_price`.
fn snake(name: &str) -> Option<String> {
    let mut made = String::new();
    let mut before = '_';
    for character in name.chars().filter(|_| name.is_ascii()) {
        if character.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            made.push('_');
        }
        made.push(character.to_ascii_lowercase());
        before = character;
    }
    better(name, made)
}

/// `unit_price` and `unitPrice` to `UnitPrice`.
fn upper_camel(name: &str) -> Option<String> {
    let mut made = String::new();
    for word in name.split('_').filter(|_| name.is_ascii()) {
        let mut letters = word.chars();
        made.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        made.push_str(letters.as_str());
    }
    better(name, made)
}

fn currency(name: &str) -> Option<String> {
    let three = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    three.then(|| name.to_ascii_uppercase())
}

fn better(name: &str, made: String) -> Option<String> {
    (made != name && made.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(made)
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

// ---------------------------------------------------------------- changes

/// A change: what stands at `span` becomes `by`.
struct Mend {
    span: Span,
    title: String,
    by: String,
}

/// The change that mends a fault, where there is one that surely says what was meant. `file` may be empty, and is where
/// nothing is known but the fault.
fn mend(span: Span, kind: &Kind, file: &str) -> Option<Mend> {
    let here = file.get(span.range()).unwrap_or("");
    let put = |by: &str| Some(Mend { span, title: format!("write `{by}`"), by: by.to_owned() });
    let first = |bytes: u32, by: &str| {
        Some(Mend {
            span: Span::new(span.start, span.start + bytes),
            title: format!("write `{by}`"),
            by: by.to_owned(),
        })
    };
    match kind {
        Kind::SingleEquals => Some(Mend { span, title: "write `==` to compare".to_owned(), by: "==".to_owned() }),
        Kind::EqualsInArguments { .. } => put(":"),
        Kind::Semicolon if ends_line(file, span) => {
            Some(Mend { span, title: "take out `;`".to_owned(), by: String::new() })
        }
        Kind::WrongArrow { instead, .. } => put(instead),
        Kind::ForeignOperator { found, instead: Some(instead) } => match found.as_str() {
            // These mean several things elsewhere, or need their operands moved.
            "&" | "/=" | "**" | "^" | "?" => None,
            _ => Some(Mend { span, title: format!("write `{instead}`"), by: spaced(file, span, instead) }),
        },
        Kind::ForeignWord { found, instead } => match (found.as_str(), *instead) {
            ("case" | "select", _) | (_, "while" | "fn" | "{" | "}") => None,
            _ => put(instead),
        },
        Kind::CommentStyle { found } if found == "#" => put("//"),

        Kind::TextOutsideItem { word, instead: Some(instead) } if here == word => put(instead),
        Kind::ItemNotInColumnOne { .. } => {
            let line = line_start(file, span);
            let blanks = file.get(line..span.start as usize)?;
            (!blanks.is_empty() && blanks.trim().is_empty()).then(|| Mend {
                span: Span::new(line as u32, span.start),
                title: "move it to the beginning of its line".to_owned(),
                by: String::new(),
            })
        }
        Kind::DocWithoutItem | Kind::FileDocNotAtTop if here.starts_with("//") => first(3, "//"),

        Kind::WrongCloser { bracket, .. } => put(&other_closer(*bracket).to_string()),
        Kind::UnknownCharacter { character } if is_odd_blank(*character) => {
            Some(Mend { span, title: "write a plain blank".to_owned(), by: " ".to_owned() })
        }
        Kind::UnknownCharacter { character } if is_invisible(*character) => {
            Some(Mend { span, title: "take it out".to_owned(), by: String::new() })
        }
        Kind::UnknownCharacter { character } => put(meant_by(*character)?),
        Kind::TypographicQuote { character } => {
            let line = file.get(span.end as usize..)?.lines().next()?;
            let text = &line[..line.find(|c| closes(*character, c))?];
            let close = line[text.len()..].chars().next()?.len_utf8();
            let end = span.end + (text.len() + close) as u32;
            Some(Mend {
                span: Span::new(span.start, end),
                title: "write straight quotes".to_owned(),
                by: quoted(text)?,
            })
        }
        Kind::SingleQuotedText => put(&quoted(here.strip_prefix('\'')?.strip_suffix('\'')?)?),
        Kind::BadEscape { character } if character.is_ascii_punctuation() => put(&character.to_string()),
        Kind::BraceInText => put("\\}"),

        Kind::DecimalComma => put(&plain_number(whole_number(file, span)?)?),
        Kind::GroupedByPointOrComma => put(&plain_number(whole_number(file, span)?)?),
        Kind::PointWithoutDigit => match (here.strip_prefix('.'), here.strip_suffix('.')) {
            (Some(digits), None) => put(&format!("0.{digits}")),
            // A letter behind the point would go on with the number.
            (None, Some(digits)) if !touches_word(file, span.end) => put(digits),
            _ => None,
        },
        Kind::MisplacedUnderscore if here.bytes().all(|b| b.is_ascii_digit() || b == b'_') => {
            let groups: Vec<&str> = here.split('_').filter(|group| !group.is_empty()).collect();
            if groups.is_empty() { None } else { put(&groups.join("_")) }
        }
        Kind::BadDate { reason: BadDate::Form } => put(&padded(here, '-', &[4, 2, 2])?),
        Kind::BadTime { reason: BadTime::Form } => put(&padded(here, ':', &[2, 2])?),
        // Small letters are refused wherever a type is named, so all its uses are mended the same way.
        Kind::BadName { name, wanted: NameStyle::UpperCamel } if name.starts_with(|c: char| c.is_ascii_lowercase()) => {
            put(&upper_camel(name)?)
        }
        Kind::BadName { name, wanted: NameStyle::Currency } => put(&currency(name)?),
        _ => None,
    }
}

fn line_start(file: &str, span: Span) -> usize {
    file.get(..span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Whether no statement follows on the line: only there can a separator go without that two of them run into each
/// other.
fn ends_line(file: &str, span: Span) -> bool {
    let rest = file.get(span.end as usize..).and_then(|rest| rest.lines().next()).unwrap_or("").trim_start();
    rest.is_empty() || rest.starts_with('}') || rest.starts_with("//")
}

/// The operator, with a blank where a word would run into its neighbour.
fn spaced(file: &str, span: Span, operator: &str) -> String {
    let word = operator.starts_with(|c: char| c.is_ascii_alphabetic());
    let neighbour = |text: Option<&str>, last: bool| {
        let text = text.filter(|_| !file.is_empty());
        // With the file unknown a blank too many is better than a name that has swallowed the operator.
        text.is_none_or(|text| {
            let next = if last { text.chars().next_back() } else { text.chars().next() };
            next.is_some_and(|c| !c.is_whitespace())
        })
    };
    let before = if word && operator != "not" && neighbour(file.get(..span.start as usize), true) { " " } else { "" };
    let after = if word && neighbour(file.get(span.end as usize..), false) { " " } else { "" };
    format!("{before}{operator}{after}")
}

fn touches_word(file: &str, at: u32) -> bool {
    let next = file.get(at as usize..).and_then(|rest| rest.chars().next());
    next.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn closes(open: char, close: char) -> bool {
    match open {
        '“' => close == '”',
        '„' => close == '“' || close == '”',
        '‘' => close == '’',
        '«' => close == '»',
        '»' => close == '«',
        _ => close == open,
    }
}

/// The same text between straight quotes; `None` where its characters mean something else there.
fn quoted(text: &str) -> Option<String> {
    (!text.contains(['{', '}', '\\'])).then(|| format!("\"{}\"", text.replace('"', "\\\"")))
}

/// The text at a span that is a whole number, and not a part of a longer one.
fn whole_number(file: &str, span: Span) -> Option<&str> {
    let rest = file.get(span.end as usize..)?;
    let mut rest = rest.bytes();
    let goes_on = match rest.next() {
        Some(b'.' | b',') => rest.next().is_some_and(|b| b.is_ascii_digit()),
        Some(next) => next.is_ascii_digit() || next == b'_',
        None => false,
    };
    if goes_on { None } else { file.get(span.range()) }
}

/// `2,50` to `2.50`, `1.500.000` and `1,500,000` to `1_500_000`, `1.500,25` to `1_500.25`. `1,500` may be either and is
/// neither.
fn plain_number(text: &str) -> Option<String> {
    let marks: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let parts: Vec<&str> = text.split(['.', ',']).collect();
    let (last_mark, last) = (*marks.last()?, *parts.last()?);
    if parts.len() != marks.len() + 1 || parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    let grouped = |parts: &[&str]| parts[0].len() <= 3 && parts[1..].iter().all(|part| part.len() == 3);
    let front = &parts[..parts.len() - 1];
    let others = &marks[..marks.len() - 1];
    match others {
        [] if last.len() != 3 => Some(format!("{}.{last}", front[0])),
        [] => None,
        _ if others.iter().all(|mark| *mark == last_mark) => grouped(&parts).then(|| parts.join("_")),
        _ if others.contains(&last_mark) || others.iter().any(|mark| *mark != others[0]) => None,
        _ => grouped(front).then(|| format!("{}.{last}", front.join("_"))),
    }
}

/// `2026-1-5` to `2026-01-05`: zeros where a part is too short.
fn padded(text: &str, mark: char, widths: &[usize]) -> Option<String> {
    let parts: Vec<&str> = text.split(mark).collect();
    let fits = |(part, width): (&&str, &usize)| {
        !part.is_empty() && part.len() <= *width && part.bytes().all(|b| b.is_ascii_digit())
    };
    // The first part of a date is a year, and four digits are what makes it one.
    let year = widths[0] != 4 || parts[0].len() == 4;
    if parts.len() != widths.len() || !year || !parts.iter().zip(widths).all(fits) {
        return None;
    }
    let parts: Vec<String> = parts.iter().zip(widths).map(|(part, width)| format!("{part:0>width$}")).collect();
    let made = parts.join(&mark.to_string());
    (made != text).then_some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(place: Place, kind: &Kind) -> Diagnostic {
        tell_in(place, kind, "")
    }

    use crate::source::FileId;

    fn place(start: u32, end: u32) -> Place {
        Place { file: FileId(0), span: Span::new(start, end) }
    }

    /// What the file becomes when the change at `marked` is made.
    fn mended(file: &str, marked: &str, kind: Kind) -> Option<String> {
        let start = file.find(marked).expect("the mark stands in the file") as u32;
        let told = tell_in(place(start, start + marked.len() as u32), &kind, file);
        let edit = told.edits.first()?;
        let mut text = file.to_owned();
        text.replace_range(edit.place.span.range(), &edit.replacement);
        Some(text)
    }

    fn operator(found: &str, instead: &'static str) -> Kind {
        Kind::ForeignOperator { found: found.into(), instead: Some(instead) }
    }

    fn word(found: &str, instead: &'static str) -> Kind {
        Kind::ForeignWord { found: found.into(), instead }
    }

    fn all_kinds() -> Vec<Kind> {
        let open = Span::new(0, 1);
        let mut kinds = vec![
            Kind::Unexpected { found: "`=>`".into(), expected: vec!["a value"], within: Some("a step") },
            Kind::FileTooLong { limit: 16 << 20 },
            Kind::TextOutsideItem { word: "functoin".into(), instead: Some("fn") },
            Kind::TextOutsideItem { word: "}".into(), instead: None },
            Kind::ItemNotInColumnOne { word: "fn".into() },
            Kind::ItemWordInColumnOne { word: "fn".into(), open },
            Kind::DocWithoutItem,
            Kind::FileDocNotAtTop,
            Kind::NestingTooDeep { limit: 128 },
            Kind::ExpressionTooLong { limit: 500 },
            Kind::UnclosedText,
            Kind::UnclosedBracket { bracket: '{', open },
            Kind::ExtraCloser { bracket: ')' },
            Kind::WrongCloser { bracket: ')', open },
            Kind::TypographicQuote { character: '“' },
            Kind::SingleQuotedText,
            Kind::BadEscape { character: 'd' },
            Kind::BraceInText,
            Kind::EmptyHole,
            Kind::HoleNotAllowed,
            Kind::CommentStyle { found: "/*".into() },
            Kind::SingleEquals,
            Kind::EqualsInArguments { name: "to".into() },
            Kind::Semicolon,
            Kind::WrongArrow { found: "->", instead: "=>" },
            Kind::MissingElse,
            Kind::TooManyDigits { limit: 38 },
            Kind::TooManyDecimals { limit: 36 },
            Kind::Exponent,
            Kind::DecimalComma,
            Kind::GroupedByPointOrComma,
            Kind::PointWithoutDigit,
            Kind::MisplacedUnderscore,
            Kind::OtherNotation,
            Kind::BadTime { reason: BadTime::Form },
            Kind::BadTime { reason: BadTime::Range },
            Kind::ReservedWord { word: "match".into() },
            Kind::MissingName { found: "`=`".into() },
            Kind::MixedComparison,
            Kind::CallOnNextLine { bracket: '(' },
            Kind::MinusOnNextLine,
            Kind::NameAlone { name: "total".into() },
            Kind::ValueAlone,
            Kind::NotAPlace,
            Kind::Repeated { what: "`key`" },
            Kind::ParallelWithoutBranches,
            Kind::ReverseNotLast,
            Kind::RowOnSeveralLines,
            Kind::RowNotFirstOnLine,
            Kind::MissingArrow,
            Kind::RowWidth { outputs: false, expected: 2, found: 1 },
            Kind::RowWidth { outputs: true, expected: 1, found: 3 },
            Kind::ConditionInOutput,
            Kind::BehindDefault,
            Kind::Internal { what: "a block is missing" },
            Kind::TooComplex,
        ];
        let reasons = [BadDate::Form, BadDate::Month, BadDate::Day { last: 28 }, BadDate::Time, BadDate::Zone];
        kinds.extend(reasons.map(|reason| Kind::BadDate { reason }));
        kinds.extend(['€', 'é', '→', '\u{a0}', '\u{200b}', '§'].map(|character| Kind::UnknownCharacter { character }));
        let styles = [NameStyle::Snake, NameStyle::UpperCamel, NameStyle::Currency];
        kinds.extend(styles.map(|wanted| Kind::BadName { name: "unitPrice".into(), wanted }));
        let with = [("/=", "!="), ("**", "power"), ("?", "if … { … } else { … }"), ("=>", ">="), ("&", "and")];
        let more = [("&&", "and"), ("%", "mod"), ("!", "not"), ("::", ".")];
        kinds.extend(with.into_iter().chain(more).map(|(found, instead)| operator(found, instead)));
        kinds.extend(["+=", "++", "--", "~"].map(|found| Kind::ForeignOperator { found: found.into(), instead: None }));
        let words = [("elif", "else if"), ("null", "none"), ("switch", "match"), ("const", "let"), ("def", "fn")];
        kinds.extend(
            words.into_iter().chain([("loop", "while"), ("then", "{")]).map(|(found, instead)| word(found, instead)),
        );
        kinds
    }

    /// How words are written, for every fault: one line, no full stop, no words of the compiler's inside.
    #[test]
    fn words_keep_the_style() {
        for kind in all_kinds() {
            let told = tell(place(0, 1), &kind);
            let texts = [&told.message].into_iter().chain(told.labels.iter().map(|l| &l.text)).chain(&told.notes);
            for text in texts.chain(told.edits.iter().map(|e| &e.title)) {
                assert!(!text.is_empty() && !text.contains('\n') && !text.ends_with('.'), "{kind:?}: {text:?}");
                assert!(text.matches('`').count() % 2 == 0, "a backtick has no partner: {text:?}");
                let lower = text.to_lowercase();
                for inner in ["token", "parse", "syntax", "identifier", "literal", "rule::", "span", "some("] {
                    assert!(!lower.contains(inner), "`{inner}` in {text:?}");
                }
            }
            assert!((101..200).contains(&told.code.number()), "{kind:?}");
            assert!(told.message.chars().count() <= 100, "{:?} is long", told.message);
        }
    }

    #[test]
    fn what_was_expected_is_a_short_list() {
        let told = |found: &str, expected: &[&'static str], within| {
            let told =
                tell(place(0, 1), &Kind::Unexpected { found: found.into(), expected: expected.to_vec(), within });
            format!("{}: {}", told.message, told.labels[0].text)
        };
        assert_eq!(told("`=>`", &["a value"], None), "`=>` does not fit here: a value is expected here");
        assert_eq!(
            told("`)`", &["`:`", "`,`", "`]`"], Some("a step")),
            "`)` does not fit here, in a step: `:`, `,` or `]` is expected here"
        );
        assert_eq!(
            told("the end of the item", &["1", "2", "3", "4", "5"], Some("a function")),
            "a function ends too early: 1, 2, 3, 4 or the like is expected here"
        );
    }

    #[test]
    fn open_brackets_are_shown() {
        let told = tell(place(9, 10), &Kind::UnclosedBracket { bracket: '(', open: Span::new(3, 4) });
        assert_eq!(told.labels[0].text, "`)` is missing here, or before");
        assert_eq!((told.labels[1].place, told.labels[1].text.as_str()), (place(3, 4), "opened here"));
    }

    #[test]
    fn operators_are_mended() {
        let mend = |file: &str, found: &str, instead| mended(file, found, operator(found, instead)).unwrap_or_default();
        assert_eq!(mend("a && b", "&&", "and"), "a and b");
        assert_eq!(mend("a&&b", "&&", "and"), "a and b");
        assert_eq!(mend("(!done)", "!", "not"), "(not done)");
        assert_eq!(mend("a <> b", "<>", "!="), "a != b");
        assert_eq!(mended("if x = 3", "=", Kind::SingleEquals).as_deref(), Some("if x == 3"));
        // `&` puts texts together in spreadsheets; nothing is changed on a guess.
        assert_eq!(mended("a & b", "&", operator("&", "and")), None);
        // Where the file is not known, a blank too many does no harm.
        assert_eq!(tell(place(1, 3), &operator("&&", "and")).edits[0].replacement, " and ");
    }

    #[test]
    fn separators_go_only_where_the_line_ends() {
        assert_eq!(mended("let a = 1; // one\n", ";", Kind::Semicolon).as_deref(), Some("let a = 1 // one\n"));
        assert_eq!(mended("{ a(); }", ";", Kind::Semicolon).as_deref(), Some("{ a() }"));
        assert_eq!(mended("a(); (b)", ";", Kind::Semicolon), None);
        assert_eq!(tell(place(3, 4), &Kind::Semicolon).edits[0].replacement, "");
    }

    #[test]
    fn numbers_are_mended_where_only_one_is_meant() {
        let number = |text: &str| mended(text, text, Kind::GroupedByPointOrComma);
        assert_eq!(number("2,50").as_deref(), Some("2.50"));
        assert_eq!(number("1.500.000").as_deref(), Some("1_500_000"));
        assert_eq!(number("1.500,25").as_deref(), Some("1_500.25"));
        assert_eq!(number("1,500"), None);
        assert_eq!(number("1.50.000"), None);
        // A part of a longer number is not mended by itself.
        assert_eq!(mended("1,500,000", "1,500", Kind::GroupedByPointOrComma), None);
        assert_eq!(mended("x = .5", ".5", Kind::PointWithoutDigit).as_deref(), Some("x = 0.5"));
        assert_eq!(mended("x = 5. ", "5.", Kind::PointWithoutDigit).as_deref(), Some("x = 5 "));
        assert_eq!(mended("5.days", "5.", Kind::PointWithoutDigit), None);
        assert_eq!(mended("1__000_", "1__000_", Kind::MisplacedUnderscore).as_deref(), Some("1_000"));
    }

    #[test]
    fn dates_are_padded_only() {
        let form = Kind::BadDate { reason: BadDate::Form };
        assert_eq!(mended("2026-1-5", "2026-1-5", form.clone()).as_deref(), Some("2026-01-05"));
        assert_eq!(mended("2026-001-05", "2026-001-05", form), None);
        assert_eq!(mended("at 8:00", "8:00", Kind::BadTime { reason: BadTime::Form }).as_deref(), Some("at 08:00"));
    }

    #[test]
    fn quotes_are_mended_as_a_pair() {
        let quote = Kind::TypographicQuote { character: '“' };
        assert_eq!(mended("post “it’s” on", "“", quote.clone()).as_deref(), Some("post \"it’s\" on"));
        assert_eq!(mended("post “open\n”", "“", quote), None);
        assert_eq!(mended("'a \"b\"'", "'a \"b\"'", Kind::SingleQuotedText).as_deref(), Some("\"a \\\"b\\\"\""));
        assert_eq!(mended("'{x}'", "'{x}'", Kind::SingleQuotedText), None);
    }

    #[test]
    fn words_and_names_are_mended() {
        assert_eq!(mended("elif", "elif", word("elif", "else if")).as_deref(), Some("else if"));
        // `until` waits for the opposite of `while`.
        assert_eq!(mended("until", "until", word("until", "while")), None);
        let name = |name: &str, wanted| mended(name, name, Kind::BadName { name: name.into(), wanted });
        assert_eq!(name("money", NameStyle::UpperCamel).as_deref(), Some("Money"));
        assert_eq!(name("idr", NameStyle::Currency).as_deref(), Some("IDR"));
        assert_eq!(name("UnitPrice", NameStyle::Snake), None);
        assert_eq!(snake("UnitPrice2Net").as_deref(), Some("unit_price2_net"));
        assert_eq!(upper_camel("unit_price").as_deref(), Some("UnitPrice"));
        assert_eq!(upper_camel("größe"), None);
        let outside = Kind::TextOutsideItem { word: "def".into(), instead: Some("fn") };
        assert_eq!(mended("def f()", "def", outside).as_deref(), Some("fn f()"));
        let column = Kind::ItemNotInColumnOne { word: "fn".into() };
        assert_eq!(mended("// é\n  fn f()", "fn", column.clone()).as_deref(), Some("// é\nfn f()"));
        assert_eq!(mended("} fn f()", "fn", column), None);
    }
}
