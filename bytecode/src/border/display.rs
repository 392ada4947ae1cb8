//! Values for people: in texts with `{…}`, messages and derivations.

use std::fmt::Write;

use crate::Program;
use crate::index::ShapeId;
use crate::shape::{FieldShape, RecordShape, Shape};
use crate::value::Value;

use super::cell::{name, write_cell, write_word};
use super::number::display_number;

/// How a program writes a value in a text.
///
/// Money with its currency and without grouping (`156810.00 IDR`), quantities with their unit, dates by ISO 8601,
/// enum cases by their name in the language, records as `Name(field: value, …)`, an option as what it holds or
/// `none`.
pub fn display(program: &Program, shape: ShapeId, value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, program, shape, value);
    out
}

/// The same for a number in between, which may be beyond what a [`Value`] holds.
pub fn display_wide(program: &Program, shape: ShapeId, number: i128) -> String {
    match (program.shapes.get(shape.index()), i64::try_from(number)) {
        (Some(Shape::Number { scale, unit }), _) => display_number(program, *scale, unit, number),
        (_, Ok(word)) => display(program, shape, &Value::Word(word)),
        (_, Err(_)) => number.to_string(),
    }
}

fn write(out: &mut String, program: &Program, shape: ShapeId, value: &Value) {
    match (program.shapes.get(shape.index()), value) {
        (Some(Shape::Number { scale, unit }), Value::Word(word)) => {
            out.push_str(&display_number(program, *scale, unit, i128::from(*word)));
        }
        (Some(Shape::Enum(cases)), Value::Word(word)) => {
            match usize::try_from(*word).ok().and_then(|n| cases.cases.get(n)) {
                Some(case) => out.push_str(name(program, case.name)),
                None => out.push_str(&write_word(program, shape, *word)),
            }
        }
        (_, Value::Word(word)) => out.push_str(&write_word(program, shape, *word)),
        (Some(Shape::Record(RecordShape { name: record, fields })), Value::Record(values)) => {
            out.push_str(name(program, *record));
            write_fields(out, program, fields, values);
        }
        (Some(Shape::Variant(cases)), Value::Variant { case, fields }) => {
            if let Some(case) = cases.cases.get(usize::from(*case)) {
                out.push_str(name(program, case.name));
                if !case.fields.is_empty() {
                    write_fields(out, program, &case.fields, fields);
                }
            }
        }
        (Some(Shape::List(element)), Value::List(values)) => {
            write_row(out, '[', ']', values, |out, value| write(out, program, *element, value));
        }
        (Some(Shape::Map(key, held)), Value::Map(entries)) => {
            write_row(out, '[', ']', entries, |out, (k, v)| {
                write(out, program, *key, k);
                out.push_str(": ");
                write(out, program, *held, v);
            });
        }
        (Some(Shape::Option(inner)), Value::Option(Some(value))) => write(out, program, *inner, value),
        (_, Value::Option(None)) => out.push_str("none"),
        _ => out.push_str(&write_cell(program, shape, value)),
    }
}

fn write_fields(out: &mut String, program: &Program, fields: &[FieldShape], values: &[Value]) {
    write_row(out, '(', ')', fields.iter().zip(values), |out, (field, value)| {
        // A field without a name, a payload's, shows its value alone.
        match name(program, field.name) {
            "" => {}
            name => write!(out, "{name}: ").expect("a String takes everything"),
        }
        write(out, program, field.shape, value);
    });
}

fn write_row<T>(
    out: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut String, T),
) {
    out.push(open);
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push_str(", ");
        }
        each(out, item);
    }
    out.push(close);
}
