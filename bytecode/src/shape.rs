//! Shapes: what a value looks like in memory and at the border.
//!
//! The same table serves the verifier (which fields a heap cell has), the border (how a cell of a file, a field of
//! a JSON object or a stored value is read and written) and people (`bp inspect`). Shapes are interned: equal
//! shapes have equal ids, so that a type comparison is a comparison of numbers.

use crate::index::{CheckId, EntityId, FuncId, ShapeId, TextId};

/// How a register or a slot holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegType {
    /// A 64-bit scalar: a truth value, a stored number, a date, the tag of an enum without payloads.
    Word,
    /// A number in between, 128 bits. A word fits wherever a wide one is asked for.
    Wide,
    /// A handle of a heap cell of that shape.
    Handle(ShapeId),
}

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `Int`, `Decimal<s>`
    None,
    /// Held as a share (11 % is 0.11), written with `%`.
    Percent,
    /// Money of a currency, by its ISO 4217 code.
    Money(TextId),
    /// A quantity of a named unit; `None` counts in the base unit of its item.
    Quantity(Option<TextId>),
    /// Money per unit.
    Price { currency: TextId, per: Option<TextId> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    // Scalars: one word.
    Bool,
    /// `value / 10^scale` of the unit. Scale 0 to 18.
    Number {
        scale: u8,
        unit: Unit,
    },
    /// Days since 1970-01-01.
    Date,
    /// Seconds since 1970-01-01T00:00:00Z.
    DateTime,
    /// Seconds since midnight, 0 to 86,399.
    Time,
    /// Months since year 0: year x 12 + month - 1.
    Month,
    /// Seconds.
    Duration,
    /// A rounding mode, numbered as [`crate::rounding::Mode`].
    Rounding,
    /// A role, by its place in [`crate::Program::roles`].
    Role,
    /// An enum without payloads: the number of its case.
    Enum(EnumShape),
    /// A reference to a stored document, by the number that the store gave it.
    Document(EntityId),
    /// A hold on an account, by the number that the books gave it; the shape is that of its amount.
    Hold(ShapeId),

    // Cells in the heap: a handle.
    Text,
    /// Months, days, business days and seconds, four words.
    Period,
    /// Money whose currency is data: a text (the ISO 4217 code) and a word, the amount at scale 4.
    Amount,
    Record(RecordShape),
    /// An enum with payloads: a word for the number of the case, then the payload.
    Variant(EnumShape),
    List(ShapeId),
    /// Keys in the order of their first appearance.
    Map(ShapeId, ShapeId),
    Option(ShapeId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordShape {
    /// Empty for a record without a name.
    pub name: TextId,
    pub fields: Vec<FieldShape>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldShape {
    pub name: TextId,
    /// Its name in files and the API; the same as `name` unless `as` says otherwise.
    pub outside: TextId,
    pub shape: ShapeId,
    /// A function without parameters that gives the value of a field that is left out.
    pub default: Option<FuncId>,
    /// What has to hold of it: a check over the whole record (it may speak of sibling fields).
    pub checks: Vec<CheckId>,
    pub personal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumShape {
    pub name: TextId,
    pub cases: Vec<CaseShape>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CaseShape {
    pub name: TextId,
    pub outside: TextId,
    pub fields: Vec<FieldShape>,
}

impl Shape {
    /// How a slot or a register holds a value of this shape when it stands at `id` of the table.
    pub fn reg_type(&self, id: ShapeId) -> RegType {
        match self {
            Shape::Bool
            | Shape::Number { .. }
            | Shape::Date
            | Shape::DateTime
            | Shape::Time
            | Shape::Month
            | Shape::Duration
            | Shape::Rounding
            | Shape::Role
            | Shape::Enum(_)
            | Shape::Document(_)
            | Shape::Hold(_) => RegType::Word,
            Shape::Text
            | Shape::Period
            | Shape::Amount
            | Shape::Record(_)
            | Shape::Variant(_)
            | Shape::List(_)
            | Shape::Map(..)
            | Shape::Option(_) => RegType::Handle(id),
        }
    }
}
