//! Characters, operators and words that the language does not have.

use super::super::{Code, Diagnostic};
use crate::source::Place;

/// What people mean by a character that the language does not have.
pub(super) fn meant_by(character: char) -> Option<&'static str> {
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
pub(super) fn is_odd_blank(character: char) -> bool {
    !character.is_ascii() && character.is_whitespace()
}

pub(super) fn is_invisible(character: char) -> bool {
    character.is_control() || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

pub(super) fn unknown_character(place: Place, character: char) -> Diagnostic {
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
        character => match meant_by(character) {
            Some(meant) => told.here(format!("write `{meant}`")),
            None => told,
        },
    }
}

pub(super) fn foreign_operator(place: Place, found: &str, instead: Option<&str>) -> Diagnostic {
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

pub(super) fn foreign_word(place: Place, found: &str, instead: &str) -> Diagnostic {
    let told = Diagnostic::new(Code::SyntaxForeign, place, format!("`{found}` is written `{instead}`"))
        .here(format!("write `{instead}`"));
    match instead {
        "match" => told.note("for instance `match kind { Goods => 11%, _ => 0% }`"),
        "while" => told.note("`while` goes on as long as its condition holds; `for x in list` goes through a list"),
        "{" | "}" => told.note("a block stands between `{` and `}`"),
        "let" => told.note("`let` names what stays as it is, `var` what may change"),
        "fn" => told.note("a function is an item: it stands beside others, not inside them"),
        _ => told,
    }
}
