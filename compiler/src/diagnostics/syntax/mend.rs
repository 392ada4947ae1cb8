//! Changes that mend a fault where one surely says what was meant.

use super::characters::{is_invisible, is_odd_blank, meant_by};
use super::names::{currency, upper_camel};
use super::other_closer;
use bp_grammar::error::{BadDate, BadTime, NameStyle, SyntaxErrorKind as Kind};
use bp_grammar::span::Span;

/// A change: what stands at `span` becomes `by`.
pub(super) struct Mend {
    pub span: Span,
    pub title: String,
    pub by: String,
}

/// The change that mends a fault, where there is one that surely says what was meant. `file` may be empty, and is where
/// nothing is known but the fault.
pub(super) fn mend(span: Span, kind: &Kind, file: &str) -> Option<Mend> {
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
        Kind::CommentStyle { found } if found != "/*" => put("//"),

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
