//! How names are written.

use super::super::{Code, Diagnostic};
use crate::source::Place;
use bp_grammar::error::NameStyle;

pub(super) fn bad_name(place: Place, name: &str, wanted: NameStyle) -> Diagnostic {
    let (message, better) = match wanted {
        NameStyle::Snake => {
            ("the name of a value or a function has small letters, with `_` between words", snake(name))
        }
        NameStyle::UpperCamel => {
            ("the name of a type or a case begins with a capital, each further word too", upper_camel(name))
        }
        NameStyle::Currency => ("a currency is three capitals", currency(name)),
        NameStyle::PlainLetters => ("a name has the letters a to z, digits and `_`", None),
    };
    let here = match better {
        Some(better) => format!("write `{better}`"),
        None if wanted == NameStyle::PlainLetters => "has other letters".to_owned(),
        None if wanted == NameStyle::Currency => "write it like `EUR`".to_owned(),
        None => "not such a name".to_owned(),
    };
    Diagnostic::new(Code::SyntaxName, place, message).here(here)
}

/// `UnitPrice` and `unitPrice` to `unit_price`.
pub(super) fn snake(name: &str) -> Option<String> {
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
pub(super) fn upper_camel(name: &str) -> Option<String> {
    let mut made = String::new();
    for word in name.split('_').filter(|_| name.is_ascii()) {
        let mut letters = word.chars();
        made.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        made.push_str(letters.as_str());
    }
    better(name, made)
}

pub(super) fn currency(name: &str) -> Option<String> {
    let three = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    three.then(|| name.to_ascii_uppercase())
}

fn better(name: &str, made: String) -> Option<String> {
    (made != name && made.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(made)
}
