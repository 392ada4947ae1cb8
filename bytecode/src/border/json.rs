//! Values as JSON.
//!
//! `Int` is a JSON number. Every other number is a string of plain decimals, so that no reader makes a float of it;
//! both are read from either, a JSON number as the decimal text that it was sent as. Records are objects with the
//! outside names, cases with payload `{"case": …, <fields>}`, lists arrays, options the value or `null`, and maps
//! objects where the key fits in a cell, else arrays of `{"key": …, "value": …}`.

use serde_json::{Map, Number, Value as Json};

use crate::Program;
use crate::index::ShapeId;
use crate::shape::{FieldShape, Shape, Unit};
use crate::value::Value;

use super::cell::{name, names, phrase, read_cell, write_cell};
use super::error::{BorderError, Reason};
use super::text::read_text;

/// Reads a JSON value.
///
/// Fields that the shape does not have are ignored. A field that is left out and is not an option is reported as
/// [`Reason::MissingField`], for the caller to look up its default.
pub fn read_json(program: &Program, shape: ShapeId, json: &Json) -> Result<Value, BorderError> {
    match (program.shapes.get(shape.index()), json) {
        (Some(Shape::Option(_)), Json::Null) => Ok(Value::none()),
        (Some(Shape::Option(inner)), _) => Ok(Value::some(read_json(program, *inner, json)?)),
        (_, Json::Null) => Err(BorderError::new("null", phrase(program, shape), Reason::Missing)),
        (Some(Shape::Record(record)), Json::Object(object)) => {
            Ok(Value::Record(read_fields(program, &record.fields, object)?))
        }
        (Some(Shape::Variant(cases)), Json::Object(object)) => {
            let Some(Json::String(given)) = object.get("case") else {
                return Err(missing("case", phrase(program, shape)));
            };
            let Some(case) = cases.cases.iter().position(|case| name(program, case.outside) == given) else {
                let reason = Reason::UnknownName { known: names(program, shape) };
                return Err(BorderError::new(given, phrase(program, shape), reason).within("case"));
            };
            let fields = read_fields(program, &cases.cases[case].fields, object)?;
            Ok(Value::Variant { case: case as u16, fields })
        }
        (Some(Shape::List(element)), Json::Array(items)) => {
            let read = |(index, item)| read_json(program, *element, item).map_err(|e| e.within(&format!("[{index}]")));
            items.iter().enumerate().map(read).collect::<Result<_, _>>().map(Value::List)
        }
        (Some(Shape::Map(key, held)), Json::Object(object)) if fits_cell(program, *key) => {
            let read = |(k, v): (&String, &Json)| {
                let key = read_cell(program, *key, k)?;
                Ok((key, read_json(program, *held, v).map_err(|e| e.within(k))?))
            };
            distinct(program, *key, object.iter().map(read).collect::<Result<_, _>>()?)
        }
        (Some(Shape::Map(key, held)), Json::Array(items)) => {
            let read = |(index, item): (usize, &Json)| {
                let part = |name: &str, shape| match item.get(name) {
                    Some(json) => read_json(program, shape, json).map_err(|e| e.within(name)),
                    None => Err(missing(name, phrase(program, shape))),
                };
                let entry = part("key", *key).and_then(|key| Ok((key, part("value", *held)?)));
                entry.map_err(|e| e.within(&format!("[{index}]")))
            };
            distinct(program, *key, items.iter().enumerate().map(read).collect::<Result<_, _>>()?)
        }
        (Some(Shape::Text), Json::String(text)) => Ok(Value::Text(read_text(text)?.into_owned())),
        (Some(Shape::Bool), Json::Bool(truth)) => Ok(Value::Word(i64::from(*truth))),
        (Some(Shape::Number { .. }), Json::Number(number)) => read_cell(program, shape, &number.to_string()),
        (Some(found), Json::String(text)) if in_one_string(found) => read_cell(program, shape, text),
        _ => {
            let reason = Reason::OtherKind { found: kind(json) };
            Err(BorderError::new(&json.to_string(), phrase(program, shape), reason))
        }
    }
}

fn missing(field: &str, expected: String) -> BorderError {
    BorderError::new("", expected, Reason::MissingField { name: field.into() })
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "nothing",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// Shapes that a JSON string holds. Truth values are JSON's own.
fn in_one_string(shape: &Shape) -> bool {
    !matches!(shape, Shape::Bool | Shape::Record(_) | Shape::List(_) | Shape::Map(..) | Shape::Option(_))
}

fn fits_cell(program: &Program, shape: ShapeId) -> bool {
    program.shapes.get(shape.index()).is_some_and(|shape| {
        !matches!(shape, Shape::Record(_) | Shape::List(_) | Shape::Map(..) | Shape::Option(_) | Shape::Variant(_))
    })
}

fn read_fields(
    program: &Program,
    fields: &[FieldShape],
    object: &Map<String, Json>,
) -> Result<Vec<Value>, BorderError> {
    let read = |field: &FieldShape| {
        let outside = name(program, field.outside);
        match object.get(outside) {
            Some(json) => read_json(program, field.shape, json).map_err(|e| e.within(outside)),
            None if field.default.is_none() && is_option(program, field.shape) => Ok(Value::none()),
            None => Err(missing(outside, phrase(program, field.shape))),
        }
    };
    fields.iter().map(read).collect()
}

fn is_option(program: &Program, shape: ShapeId) -> bool {
    matches!(program.shapes.get(shape.index()), Some(Shape::Option(_)))
}

fn distinct(program: &Program, key: ShapeId, entries: Vec<(Value, Value)>) -> Result<Value, BorderError> {
    let mut seen = std::collections::HashSet::new();
    match entries.iter().find(|(key, _)| !seen.insert(key)) {
        Some((twice, _)) => {
            let value = write_cell(program, key, twice);
            Err(BorderError::new(&value, phrase(program, key), Reason::DuplicateKey))
        }
        None => Ok(Value::Map(entries)),
    }
}

/// A value as JSON that [`read_json`] reads back.
///
/// One case is lost, as it has to be: an option of an option reads `null` as the outer `none`.
pub fn write_json(program: &Program, shape: ShapeId, value: &Value) -> Json {
    match (program.shapes.get(shape.index()), value) {
        (Some(Shape::Bool), Value::Word(word)) => Json::Bool(*word == 1),
        (Some(Shape::Number { scale: 0, unit: Unit::None }), Value::Word(word)) => Json::Number(Number::from(*word)),
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => write_json(program, *inner, value),
        (_, Value::Option(None)) => Json::Null,
        (Some(Shape::Record(record)), Value::Record(values)) => {
            Json::Object(write_fields(program, &record.fields, values, Map::new()))
        }
        (Some(Shape::Variant(cases)), Value::Variant { case, fields }) => {
            let Some(case) = cases.cases.get(usize::from(*case)) else { return Json::Null };
            let mut object = Map::new();
            object.insert("case".to_owned(), Json::String(name(program, case.outside).to_owned()));
            Json::Object(write_fields(program, &case.fields, fields, object))
        }
        (Some(Shape::List(element)), Value::List(values)) => {
            values.iter().map(|value| write_json(program, *element, value)).collect()
        }
        (Some(Shape::Map(key, held)), Value::Map(entries)) if fits_cell(program, *key) => entries
            .iter()
            .map(|(k, v)| (write_cell(program, *key, k), write_json(program, *held, v)))
            .collect::<Map<_, _>>()
            .into(),
        (Some(Shape::Map(key, held)), Value::Map(entries)) => {
            let entry = |(k, v): &(Value, Value)| {
                let mut object = Map::new();
                object.insert("key".to_owned(), write_json(program, *key, k));
                object.insert("value".to_owned(), write_json(program, *held, v));
                Json::Object(object)
            };
            entries.iter().map(entry).collect()
        }
        // A value that is not of its shape; the rest fits in a string.
        (_, Value::Record(_) | Value::Variant { .. } | Value::List(_) | Value::Map(_) | Value::Option(_)) => Json::Null,
        _ => Json::String(write_cell(program, shape, value)),
    }
}

fn write_fields(
    program: &Program,
    fields: &[FieldShape],
    values: &[Value],
    mut object: Map<String, Json>,
) -> Map<String, Json> {
    for (field, value) in fields.iter().zip(values) {
        object.insert(name(program, field.outside).to_owned(), write_json(program, field.shape, value));
    }
    object
}
