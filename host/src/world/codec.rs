//! Values of a program as documents hold them, and back.
//!
//! As the border writes them, with two differences: a reference is the name of the document that it refers to, and a
//! duration is a number of seconds, so that it compares.

use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{EntityId, ShapeId};
use bp_bytecode::shape::{FieldShape, Shape};
use bp_bytecode::value::Value;
use serde_json::{Map, Value as Json};

use crate::documents::Key;
use crate::error::{Error, Refused, Result};
use crate::world::lifting;
use crate::world::model::{shape, text};

/// Names of documents by their references, and the other way.
pub(super) trait Names {
    fn name(&mut self, entity: EntityId, reference: i64) -> Result<String>;
    fn reference(&mut self, entity: EntityId, name: &str) -> Result<i64>;
}

fn unfit(place: &str, why: impl Into<String>) -> Error {
    Refused::Value { place: place.to_owned(), why: why.into() }.into()
}

/// A value as JSON.
pub(super) fn write(program: &Program, id: ShapeId, value: &Value, names: &mut dyn Names) -> Result<Json> {
    Ok(match (shape(program, id), value) {
        (Some(Shape::Document(entity)), Value::Word(reference)) => Json::from(names.name(*entity, *reference)?),
        (Some(Shape::Duration | Shape::Hold(_)), Value::Word(word)) => Json::from(*word),
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => write(program, *inner, value, names)?,
        (Some(Shape::Record(record)), Value::Record(values)) => {
            Json::Object(write_fields(program, &record.fields, values, Map::new(), names)?)
        }
        (Some(Shape::Variant(cases)), Value::Variant { case, fields }) => {
            let case = cases.cases.get(usize::from(*case)).ok_or_else(|| unfit("a value", "it is of no case"))?;
            let mut object = Map::new();
            object.insert("case".to_owned(), Json::from(text(program, case.outside)));
            Json::Object(write_fields(program, &case.fields, fields, object, names)?)
        }
        (Some(Shape::List(element)), Value::List(values)) => {
            Json::Array(values.iter().map(|value| write(program, *element, value, names)).collect::<Result<_>>()?)
        }
        (Some(Shape::Map(key, held)), Value::Map(entries)) => {
            let mut list = Vec::with_capacity(entries.len());
            for (k, v) in entries {
                let mut object = Map::new();
                object.insert("key".to_owned(), write(program, *key, k, names)?);
                object.insert("value".to_owned(), write(program, *held, v, names)?);
                list.push(Json::Object(object));
            }
            Json::Array(list)
        }
        _ => border::write_json(program, id, value),
    })
}

pub(super) fn write_fields(
    program: &Program,
    fields: &[FieldShape],
    values: &[Value],
    mut object: Map<String, Json>,
    names: &mut dyn Names,
) -> Result<Map<String, Json>> {
    for (number, (field, value)) in fields.iter().zip(values).enumerate() {
        object.insert(field_name(program, field, number), write(program, field.shape, value, names)?);
    }
    Ok(object)
}

/// A field's name outside; a payload without one goes by its place.
fn field_name(program: &Program, field: &FieldShape, number: usize) -> String {
    match text(program, field.outside) {
        "" => number.to_string(),
        name => name.to_owned(),
    }
}

/// Reads what [`write`] wrote. What does not fit the shape is refused.
pub(super) fn read(program: &Program, id: ShapeId, json: &Json, names: &mut dyn Names) -> Result<Value> {
    Ok(match (shape(program, id), json) {
        (Some(Shape::Document(entity)), Json::String(name)) => Value::Word(names.reference(*entity, name)?),
        (Some(Shape::Duration | Shape::Hold(_)), Json::Number(number)) => Value::Word(
            number.as_i64().ok_or_else(|| unfit("a stored value", format!("{number} is no number of seconds")))?,
        ),
        (Some(Shape::Option(_)), Json::Null) => Value::none(),
        (Some(Shape::Option(inner)), _) => Value::some(read(program, *inner, json, names)?),
        (Some(Shape::Record(record)), Json::Object(object)) => {
            Value::Record(read_fields(program, &record.fields, object, names)?)
        }
        (Some(Shape::Variant(cases)), Json::Object(object)) => {
            let given = object.get("case").and_then(Json::as_str).unwrap_or_default();
            let case = cases.cases.iter().position(|case| text(program, case.outside) == given);
            let case = case.ok_or_else(|| unfit("a stored value", format!("there is no case `{given}`")))?;
            let fields = read_fields(program, &cases.cases[case].fields, object, names)?;
            Value::Variant { case: case as u16, fields }
        }
        (Some(Shape::List(element)), Json::Array(list)) => {
            Value::List(list.iter().map(|json| read(program, *element, json, names)).collect::<Result<_>>()?)
        }
        (Some(Shape::Map(key, held)), Json::Array(list)) => {
            let mut entries = Vec::with_capacity(list.len());
            for entry in list {
                let of = |name: &str| entry.get(name).ok_or_else(|| unfit("a stored map", format!("it has no {name}")));
                entries.push((read(program, *key, of("key")?, names)?, read(program, *held, of("value")?, names)?));
            }
            Value::Map(entries)
        }
        _ => border::read_json(program, id, json).map_err(|error| unfit("a stored value", error.to_string()))?,
    })
}

pub(super) fn read_fields(
    program: &Program,
    fields: &[FieldShape],
    object: &Map<String, Json>,
    names: &mut dyn Names,
) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(fields.len());
    for (number, field) in fields.iter().enumerate() {
        let name = field_name(program, field, number);
        values.push(match object.get(&name) {
            Some(json) => read(program, field.shape, json, names)?,
            None if field.default.is_none() && matches!(shape(program, field.shape), Some(Shape::Option(_))) => {
                Value::none()
            }
            // A record in a document may be older than its fields as well.
            None if let Some(func) = field.default => lifting::within(program, func, &name)?,
            None => return Err(unfit(&name, "what is stored has no such field")),
        });
    }
    Ok(values)
}

/// A value that documents are found by.
pub(super) fn key(program: &Program, id: ShapeId, value: &Value, names: &mut dyn Names) -> Result<Key> {
    Ok(match (shape(program, id), value) {
        (_, Value::Option(None)) => Key::Nothing,
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => key(program, *inner, value, names)?,
        (Some(Shape::Bool), Value::Word(word)) => Key::Bool(*word == 1),
        (Some(Shape::Number { scale, .. }), Value::Word(word)) => Key::number(*word, *scale),
        (Some(Shape::Duration | Shape::Enum(_) | Shape::Role | Shape::Rounding), Value::Word(word)) => {
            Key::number(*word, 0)
        }
        (Some(Shape::DateTime), Value::Word(word)) => {
            let moment = border::moment_text(*word);
            Key::text(moment.strip_suffix('Z').unwrap_or(&moment))
        }
        (Some(Shape::Document(entity)), Value::Word(reference)) => Key::text(names.name(*entity, *reference)?),
        (Some(Shape::Variant(cases)), Value::Variant { case, .. }) => {
            Key::text(cases.cases.get(usize::from(*case)).map_or("", |case| text(program, case.outside)))
        }
        (_, Value::Text(given)) => Key::text(given.as_str()),
        _ => Key::text(border::write_cell(program, id, value)),
    })
}

/// A value as a dimension: as in a cell of a file, a reference by its document's name.
pub(super) fn cell(program: &Program, id: ShapeId, value: &Value, names: &mut dyn Names) -> Result<String> {
    Ok(match (shape(program, id), value) {
        (Some(Shape::Document(entity)), Value::Word(reference)) => names.name(*entity, *reference)?,
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => cell(program, *inner, value, names)?,
        _ => border::write_cell(program, id, value),
    })
}
