//! One value in one cell of a file, or in one JSON string.

use crate::Program;
use crate::index::{ShapeId, TextId};
use crate::rounding::Mode;
use crate::shape::Shape;
use crate::value::Value;

use super::error::{BorderError, Reason};
use super::{number, text, time};

pub(super) fn name(program: &Program, id: TextId) -> &str {
    program.texts.get(id.index()).map_or("", String::as_str)
}

/// The outside names of an enum's cases, of the roles or the rounding modes; empty for another shape.
pub fn names(program: &Program, shape: ShapeId) -> Vec<String> {
    match program.shapes.get(shape.index()) {
        Some(Shape::Enum(shape) | Shape::Variant(shape)) => {
            shape.cases.iter().map(|case| name(program, case.outside).to_owned()).collect()
        }
        Some(Shape::Role) => program.roles.iter().map(|role| name(program, *role).to_owned()).collect(),
        Some(Shape::Rounding) => Mode::ALL.iter().map(|mode| mode.name().to_owned()).collect(),
        Some(Shape::Bool) => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    }
}

/// What is expected where a value of that shape is read.
pub(super) fn phrase(program: &Program, shape: ShapeId) -> String {
    let phrase = match program.shapes.get(shape.index()) {
        None => "a value",
        Some(Shape::Bool) => "true or false",
        Some(Shape::Number { scale, unit }) => return number::phrase(program, *scale, unit),
        Some(Shape::Date) => time::DATE,
        Some(Shape::DateTime) => time::MOMENT,
        Some(Shape::Time) => time::TIME,
        Some(Shape::Month) => time::MONTH,
        Some(Shape::Duration) => time::DURATION,
        Some(Shape::Period) => time::PERIOD,
        Some(Shape::Rounding) => "a rounding mode",
        Some(Shape::Role) => "a role",
        Some(Shape::Enum(shape) | Shape::Variant(shape)) => return format!("one of {}", name(program, shape.name)),
        Some(Shape::Document(entity)) => {
            let name = program.entities.get(entity.index()).map_or("", |entity| name(program, entity.name));
            return format!("the key of a stored {name}");
        }
        Some(Shape::Hold(_)) => "a hold",
        Some(Shape::Text) => "a text",
        Some(Shape::Amount) => "an amount with its currency such as 12.50 USD",
        Some(Shape::Record(shape)) => match name(program, shape.name) {
            "" => "a record",
            name => return format!("a record {name}"),
        },
        Some(Shape::List(_)) => "a list",
        Some(Shape::Map(..)) => "a map",
        Some(Shape::Option(shape)) => return phrase_of_option(program, *shape),
    };
    phrase.to_owned()
}

fn phrase_of_option(program: &Program, shape: ShapeId) -> String {
    // An option of an option reads as one: a cell cannot tell them apart.
    match program.shapes.get(shape.index()) {
        Some(Shape::Option(_)) => "a value or nothing".to_owned(),
        _ => format!("{} or nothing", phrase(program, shape)),
    }
}

/// Reads a cell as a scalar, without allocating where it fits: the way of batches.
///
/// Blanks around it are ignored. Errors if the cell does not fit, or the shape is not a scalar.
pub fn read_word(program: &Program, shape: ShapeId, cell: &str) -> Result<i64, BorderError> {
    let cell = cell.trim();
    let refuse = |reason| Err(BorderError::new(cell, phrase(program, shape), reason));
    if cell.is_empty() {
        return refuse(Reason::Missing);
    }
    match program.shapes.get(shape.index()) {
        Some(Shape::Bool) if cell.eq_ignore_ascii_case("true") => Ok(1),
        Some(Shape::Bool) if cell.eq_ignore_ascii_case("false") => Ok(0),
        Some(Shape::Bool) => refuse(Reason::Form),
        Some(Shape::Number { scale, unit }) => number::read_number(program, *scale, unit, cell),
        Some(Shape::Date) => time::read_date(cell),
        Some(Shape::DateTime) => time::read_moment(cell),
        Some(Shape::Time) => time::read_time(cell),
        Some(Shape::Month) => time::read_month(cell),
        Some(Shape::Duration) => time::read_duration(cell),
        Some(Shape::Rounding) => match Mode::from_name(cell) {
            Some(mode) => Ok(mode as i64),
            None => refuse(Reason::UnknownName { known: names(program, shape) }),
        },
        Some(Shape::Role) => match program.roles.iter().position(|role| name(program, *role) == cell) {
            Some(role) => Ok(role as i64),
            None => refuse(Reason::UnknownName { known: names(program, shape) }),
        },
        Some(Shape::Enum(cases)) => match cases.cases.iter().position(|case| name(program, case.outside) == cell) {
            Some(case) => Ok(case as i64),
            None => refuse(Reason::UnknownName { known: names(program, shape) }),
        },
        _ => refuse(Reason::NotOneCell),
    }
}

/// Reads a cell. Blanks around it are ignored; an empty one is `none` for an option, and the empty text for a text.
///
/// Errors if the cell does not fit the shape, or the shape does not fit in a cell: a record, a list, a map, a case
/// with payload.
pub fn read_cell(program: &Program, shape: ShapeId, cell: &str) -> Result<Value, BorderError> {
    let cell = cell.trim();
    let refuse = |reason| Err(BorderError::new(cell, phrase(program, shape), reason));
    match program.shapes.get(shape.index()) {
        Some(Shape::Text) => Ok(Value::Text(text::read_text(cell)?.into_owned())),
        Some(Shape::Option(_)) if cell.is_empty() => Ok(Value::none()),
        Some(Shape::Option(inner)) => Ok(Value::some(read_cell(program, *inner, cell)?)),
        _ if cell.is_empty() => refuse(Reason::Missing),
        Some(Shape::Period) => {
            let [months, days, business_days, seconds] = time::read_period(cell)?;
            Ok(Value::Period { months, days, business_days, seconds })
        }
        Some(Shape::Amount) => {
            let (currency, value) = number::read_amount(cell)?;
            Ok(Value::Amount { currency: currency.to_owned(), value })
        }
        Some(Shape::Variant(cases)) => match cases.cases.iter().position(|case| name(program, case.outside) == cell) {
            Some(case) if cases.cases[case].fields.is_empty() => {
                Ok(Value::Variant { case: case as u16, fields: Vec::new() })
            }
            Some(_) => refuse(Reason::NotOneCell),
            None => refuse(Reason::UnknownName { known: names(program, shape) }),
        },
        Some(Shape::Record(_) | Shape::List(_) | Shape::Map(..)) | None => refuse(Reason::NotOneCell),
        Some(_) => read_word(program, shape, cell).map(Value::Word),
    }
}

/// A scalar as a cell. A word that the shape does not have (it never comes from a program) shows as its number.
pub fn write_word(program: &Program, shape: ShapeId, word: i64) -> String {
    let nth = |names: &[String]| usize::try_from(word).ok().and_then(|n| names.get(n).cloned());
    match program.shapes.get(shape.index()) {
        Some(Shape::Bool) if word == 1 => "true".to_owned(),
        Some(Shape::Bool) if word == 0 => "false".to_owned(),
        Some(Shape::Number { scale, unit }) => number::write_number(*scale, unit, word),
        Some(Shape::Date) => time::date_text(word),
        Some(Shape::DateTime) => time::moment_text(word),
        Some(Shape::Time) => time::time_text(word),
        Some(Shape::Month) => time::month_text(word),
        Some(Shape::Duration) => time::duration_text(word),
        Some(Shape::Rounding | Shape::Role | Shape::Enum(_)) => {
            nth(&names(program, shape)).unwrap_or_else(|| word.to_string())
        }
        _ => word.to_string(),
    }
}

/// A value as a cell that [`read_cell`] reads back. Where no cell can hold it, as JSON, for want of better.
pub fn write_cell(program: &Program, shape: ShapeId, value: &Value) -> String {
    match (program.shapes.get(shape.index()), value) {
        (_, Value::Word(word)) => write_word(program, shape, *word),
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Period { months, days, business_days, seconds }) => {
            time::period_text(&[*months, *days, *business_days, *seconds])
        }
        (_, Value::Amount { currency, value }) => number::amount_text(currency, *value),
        (Some(Shape::Option(_)), Value::Option(None)) => String::new(),
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => write_cell(program, *inner, value),
        (Some(Shape::Variant(cases)), Value::Variant { case, fields }) if fields.is_empty() => {
            cases.cases.get(usize::from(*case)).map_or_else(String::new, |case| name(program, case.outside).to_owned())
        }
        _ => super::write_json(program, shape, value).to_string(),
    }
}
