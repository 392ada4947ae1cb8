//! Values that documents are found by, and bytes that compare as they do.

use std::fmt;

use serde_json::Value as Json;

use bp_bytecode::border::parse_decimal;
use serde::{Deserialize, Serialize};

/// How the values of a field compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// By code points: texts, references, and dates, months and times, whose ISO form sorts as they do.
    Text,
    /// By the order of these names: the cases of an enum.
    Case(Vec<String>),
    /// Decimals, with `%` too.
    Number,
    Bool,
    /// Moments in UTC.
    Moment,
}

/// A value of a field, to be compared. Numbers are lifted to 18 digits behind the point, so that they compare across
/// scales, and an index outlives a change of its field's scale.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An optional field without a value; it comes first.
    Nothing,
    Bool(bool),
    /// At scale 18.
    Number(i128),
    /// Without U+0000.
    Text(String),
}

/// The digits behind the point of [`Key::Number`].
const SCALE: u8 = 18;

/// First bytes: the kinds of keys in their order. That of a number says its sign and how many bytes follow.
const NOTHING: u8 = 0x01;
const FALSE: u8 = 0x02;
const TRUE: u8 = 0x03;
const ZERO: u8 = 0x30;
const TEXT: u8 = 0x60;

impl Key {
    pub fn text(text: impl Into<String>) -> Key {
        Key::Text(text.into())
    }

    /// A stored number of a scale of at most 18.
    pub fn number(value: i64, scale: u8) -> Key {
        Key::Number(i128::from(value) * 10i128.pow(u32::from(SCALE.saturating_sub(scale))))
    }

    /// A value as documents hold it. `None` if it is not of the kind.
    pub fn of_json(kind: &FieldKind, value: &Json) -> Option<Key> {
        match (kind, value) {
            (_, Json::Null) => Some(Key::Nothing),
            (FieldKind::Bool, Json::Bool(value)) => Some(Key::Bool(*value)),
            (FieldKind::Number, Json::Number(number)) => decimal(&number.to_string()),
            (FieldKind::Number, Json::String(text)) => decimal(text),
            // `T08:30Z` is before `T08:30:15Z`; without the `Z` the shorter one is a prefix and sorts first.
            (FieldKind::Moment, Json::String(text)) => Some(Key::text(text.strip_suffix('Z').unwrap_or(text))),
            // A case with payload sorts by its name.
            (FieldKind::Text, Json::Object(case)) => Some(Key::text(case.get("case")?.as_str()?)),
            (FieldKind::Case(names), Json::String(name)) => {
                names.iter().position(|known| known == name).map(|place| Key::number(place as i64, 0))
            }
            (FieldKind::Text, Json::String(text)) if !text.contains('\0') => Some(Key::text(text)),
            _ => None,
        }
    }

    /// Appends bytes that compare as the keys do, and of which none is a prefix of another's.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Key::Nothing => bytes.push(NOTHING),
            Key::Bool(false) => bytes.push(FALSE),
            Key::Bool(true) => bytes.push(TRUE),
            Key::Number(number) => {
                let magnitude = number.unsigned_abs().to_be_bytes();
                let digits = &magnitude[magnitude.iter().take_while(|byte| **byte == 0).count()..];
                let count = digits.len() as u8;
                if *number < 0 {
                    bytes.push(ZERO - count);
                    bytes.extend(digits.iter().map(|byte| !byte));
                } else {
                    bytes.push(ZERO + count);
                    bytes.extend(digits);
                }
            }
            Key::Text(text) => {
                bytes.push(TEXT);
                bytes.extend(text.bytes().filter(|byte| *byte != 0));
                bytes.push(0);
            }
        }
    }
}

fn decimal(text: &str) -> Option<Key> {
    let (digits, percent) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
    // The scale that the text has; a share's digits count two places further.
    let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len()).min(usize::from(SCALE)) as u8;
    let value = parse_decimal(digits.as_bytes(), scale).ok()?;
    let scale = if percent { scale + 2 } else { scale };
    if scale > SCALE { None } else { Some(Key::number(value, scale)) }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Nothing => out.write_str("none"),
            Key::Bool(value) => write!(out, "{value}"),
            Key::Number(number) => {
                let text = bp_bytecode::border::decimal_text(*number, SCALE);
                out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
            }
            Key::Text(text) => write!(out, "{text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(key: &Key) -> Vec<u8> {
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        bytes
    }

    fn keys() -> impl Strategy<Value = Key> {
        prop_oneof![
            Just(Key::Nothing),
            any::<bool>().prop_map(Key::Bool),
            any::<i128>().prop_map(Key::Number),
            (-300i128..300).prop_map(Key::Number),
            any::<i64>().prop_map(|value| Key::number(value, 2)),
            "[a-c\u{1}é😀]{0,4}".prop_map(Key::Text),
        ]
    }

    proptest! {
        #[test]
        fn bytes_compare_as_keys(a in keys(), b in keys()) {
            prop_assert_eq!(a.cmp(&b), bytes(&a).cmp(&bytes(&b)));
            prop_assert!(a == b || !bytes(&b).starts_with(&bytes(&a)));
        }
    }

    #[test]
    fn values_of_documents_are_read() {
        for (kind, json, expected) in [
            (FieldKind::Number, Json::from(12), Some(Key::number(12, 0))),
            (FieldKind::Number, Json::from("12.50"), Some(Key::number(125, 1))),
            (FieldKind::Number, Json::from("11.5%"), Some(Key::number(115, 3))),
            (FieldKind::Number, Json::from("twelve"), None),
            (FieldKind::Text, Json::from(12), None),
            (FieldKind::Text, Json::Null, Some(Key::Nothing)),
            (FieldKind::Case(vec!["open".into(), "paid".into()]), Json::from("paid"), Some(Key::number(1, 0))),
            (FieldKind::Case(vec!["open".into(), "paid".into()]), Json::from("void"), None),
            (FieldKind::Text, serde_json::json!({"case": "Paid", "by": "C1"}), Some(Key::text("Paid"))),
        ] {
            assert_eq!(Key::of_json(&kind, &json), expected, "{json}");
        }
        let moment = |text: &str| Key::of_json(&FieldKind::Moment, &Json::from(text));
        assert!(moment("2026-10-31T08:30Z") < moment("2026-10-31T08:30:15Z"));
        assert_eq!(Key::number(-1_250, 2).to_string(), "-12.5");
        assert_eq!(Key::number(1_000, 0).to_string(), "1000");
    }
}
