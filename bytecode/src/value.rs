//! Values at the border: plain and owned, without handles.
//!
//! A [`Value`] says nothing about its type; the shape that it goes with does. The same word is an integer under one
//! shape and a date under another.

/// A value of some [`crate::shape::Shape`], as files, the API, stored state and `World` exchange it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Every scalar shape: a number at the shape's scale, a date in days, a truth value (0 or 1), the number of a
    /// case, of a rounding mode, of a role.
    Word(i64),
    /// NFC, without U+0000.
    Text(String),
    /// A stretch of calendar time. Its four parts are never converted into one another.
    Period {
        months: i64,
        days: i64,
        business_days: i64,
        seconds: i64,
    },
    Amount {
        /// ISO 4217.
        currency: String,
        /// At scale 4.
        value: i64,
    },
    /// The fields in the order of the shape.
    Record(Vec<Value>),
    /// A case of an enum with payloads.
    Variant {
        case: u16,
        fields: Vec<Value>,
    },
    List(Vec<Value>),
    /// Each key once, in the order of first appearance. Two maps are equal if they have equal entries in the same
    /// order: a program can see the order.
    Map(Vec<(Value, Value)>),
    Option(Option<Box<Value>>),
}

impl Value {
    pub fn none() -> Value {
        Value::Option(None)
    }

    pub fn some(value: Value) -> Value {
        Value::Option(Some(Box::new(value)))
    }

    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub fn word(&self) -> Option<i64> {
        match self {
            Value::Word(word) => Some(*word),
            _ => None,
        }
    }
}
