//! Between owned values and slots, by shape.

use bp_bytecode::Program;
use bp_bytecode::border::{self, BorderError};
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::{FieldShape, Shape};
use bp_bytecode::value::Value;

use crate::fault::{FaultKind, Raise};
use crate::heap::Heap;

/// A slot as an owned value.
pub fn value_of(program: &Program, heap: &Heap, shape: ShapeId, slot: u64) -> Value {
    let fields = |fields: &[FieldShape], lead: usize| {
        let each = |(at, field): (usize, &FieldShape)| value_of(program, heap, field.shape, heap.slot(slot, at + lead));
        fields.iter().enumerate().map(each).collect()
    };
    let part = |at| heap.slot(slot, at) as i64;
    match &program.shapes[shape.index()] {
        Shape::Text => Value::Text(heap.text(slot).to_owned()),
        Shape::Period => Value::Period { months: part(0), days: part(1), business_days: part(2), seconds: part(3) },
        Shape::Amount => Value::Amount { currency: heap.text(heap.slot(slot, 0)).to_owned(), value: part(1) },
        Shape::Record(record) => Value::Record(fields(&record.fields, 0)),
        Shape::Variant(cases) => {
            let case = heap.slot(slot, 0) as u16;
            Value::Variant { case, fields: fields(&cases.cases[usize::from(case)].fields, 1) }
        }
        Shape::List(element) => {
            Value::List(heap.elements(slot).iter().map(|item| value_of(program, heap, *element, *item)).collect())
        }
        Shape::Map(key, value) => {
            let (keys, values) = heap.map_contents(slot);
            let entry = |(k, v)| (value_of(program, heap, *key, k), value_of(program, heap, *value, v));
            Value::Map(keys.into_iter().zip(values).map(entry).collect())
        }
        Shape::Option(_) if slot == 0 => Value::none(),
        Shape::Option(inner) => Value::some(value_of(program, heap, *inner, heap.slot(slot, 0))),
        _ => Value::Word(slot as i64),
    }
}

/// A value as a slot; everything that has no slot of its own goes into the heap.
///
/// Errors: the value is not of the shape, or beyond the budget of memory. Texts are normalised.
pub fn put_value(program: &Program, heap: &mut Heap, shape: ShapeId, value: &Value) -> Result<u64, Raise> {
    let misfit = || misfit(program, shape);
    match (&program.shapes[shape.index()], value) {
        (_, Value::Word(word)) if word_fits(program, shape, *word) => Ok(*word as u64),
        (Shape::Text, Value::Text(text)) => put_text(heap, text),
        (Shape::Period, Value::Period { months, days, business_days, seconds }) => {
            heap.cell(&[*months, *days, *business_days, *seconds].map(|part| part as u64))
        }
        (Shape::Amount, Value::Amount { currency, value }) => {
            if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(misfit());
            }
            let currency = heap.push_text(currency)?;
            heap.cell(&[currency, *value as u64])
        }
        (Shape::Record(record), Value::Record(values)) if record.fields.len() == values.len() => {
            put_fields(program, heap, None, &record.fields, values)
        }
        (Shape::Variant(cases), Value::Variant { case, fields }) => match cases.cases.get(usize::from(*case)) {
            Some(shape) if shape.fields.len() == fields.len() => {
                put_fields(program, heap, Some(u64::from(*case)), &shape.fields, fields)
            }
            _ => Err(misfit()),
        },
        (Shape::List(element), Value::List(values)) => {
            let slots: Vec<u64> =
                values.iter().map(|value| put_value(program, heap, *element, value)).collect::<Result<_, _>>()?;
            heap.list(&slots)
        }
        (Shape::Map(key, held), Value::Map(entries)) => {
            let mut map = 0;
            for (k, v) in entries {
                let (k, v) = (put_value(program, heap, *key, k)?, put_value(program, heap, *held, v)?);
                map = heap.map_put(program, *key, map, k, v)?.0;
            }
            // A key that stands there twice is no map.
            if heap.map_len(map) == entries.len() { Ok(map) } else { Err(misfit()) }
        }
        (Shape::Option(_), Value::Option(None)) => Ok(0),
        (Shape::Option(inner), Value::Option(Some(value))) => {
            let held = put_value(program, heap, *inner, value)?;
            heap.cell(&[held])
        }
        _ => Err(misfit()),
    }
}

fn put_text(heap: &mut Heap, text: &str) -> Result<u64, Raise> {
    if text.as_bytes().contains(&0) {
        return Err(Box::new(FaultKind::Refused("a text may not hold the character U+0000".into())));
    }
    heap.push_text(&border::normalized(text))
}

fn put_fields(
    program: &Program,
    heap: &mut Heap,
    lead: Option<u64>,
    fields: &[FieldShape],
    values: &[Value],
) -> Result<u64, Raise> {
    let mut slots: Vec<u64> = lead.into_iter().collect();
    for (field, value) in fields.iter().zip(values) {
        slots.push(put_value(program, heap, field.shape, value)?);
    }
    heap.cell(&slots)
}

pub(crate) fn misfit(program: &Program, shape: ShapeId) -> Raise {
    let expected = match &program.shapes[shape.index()] {
        Shape::Record(record) => {
            format!("a record {}", program.texts.get(record.name.index()).map_or("", String::as_str))
        }
        Shape::Enum(cases) | Shape::Variant(cases) => {
            format!("one of {}", program.texts.get(cases.name.index()).map_or("", String::as_str))
        }
        Shape::List(_) => "a list".to_owned(),
        Shape::Map(..) => "a map".to_owned(),
        _ => "a value of its declared type".to_owned(),
    };
    Box::new(FaultKind::Misfit { shape, expected: expected.into() })
}

/// Is this a word that a scalar of the shape can have?
pub fn word_fits(program: &Program, shape: ShapeId, word: i64) -> bool {
    let below = |len: usize| usize::try_from(word).is_ok_and(|word| word < len);
    match &program.shapes[shape.index()] {
        Shape::Bool => below(2),
        // Whether there is one, its store knows.
        Shape::Document(_) | Shape::Hold(_) => word > 0,
        Shape::Number { .. } | Shape::Duration => true,
        Shape::Date => (border::FIRST_DAY..=border::LAST_DAY).contains(&word),
        Shape::DateTime => (border::FIRST_MOMENT..=border::LAST_MOMENT).contains(&word),
        Shape::Time => below(86_400),
        Shape::Month => (border::FIRST_MONTH..=border::LAST_MONTH).contains(&word),
        Shape::Rounding => bp_bytecode::rounding::Mode::from_number(word).is_some(),
        Shape::Role => below(program.roles.len()),
        Shape::Enum(cases) => below(cases.cases.len()),
        _ => false,
    }
}

/// Why a cell of a file did not become a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellFault {
    /// The cell does not fit its shape.
    Border(BorderError),
    /// The budget of memory is spent.
    Memory(FaultKind),
}

impl From<BorderError> for CellFault {
    fn from(error: BorderError) -> CellFault {
        CellFault::Border(error)
    }
}

impl From<Raise> for CellFault {
    fn from(raise: Raise) -> CellFault {
        CellFault::Memory(*raise)
    }
}

/// Reads a cell of a file straight into a slot, as [`border::read_cell`] reads it, without an owned value between.
#[inline]
pub fn read_cell(program: &Program, heap: &mut Heap, shape: ShapeId, cell: &str) -> Result<u64, CellFault> {
    match &program.shapes[shape.index()] {
        Shape::Text => Ok(heap.push_text(&border::read_text(cell.trim())?)?),
        Shape::Option(_) if cell.trim().is_empty() => Ok(0),
        Shape::Option(inner) => {
            let held = read_cell(program, heap, *inner, cell)?;
            Ok(heap.cell(&[held])?)
        }
        Shape::Period | Shape::Amount | Shape::Variant(_) => {
            let value = border::read_cell(program, shape, cell)?;
            Ok(put_value(program, heap, shape, &value)?)
        }
        _ => Ok(border::read_word(program, shape, cell)? as u64),
    }
}

/// Appends bytes that are equal exactly for equal values of the shape, and never a prefix of another value's.
pub fn write_key(program: &Program, heap: &Heap, shape: ShapeId, slot: u64, key: &mut Vec<u8>) {
    match &program.shapes[shape.index()] {
        Shape::Text => {
            let text = heap.text(slot);
            key.extend((text.len() as u32).to_le_bytes());
            key.extend(text.as_bytes());
        }
        Shape::Period => (0..4).for_each(|at| key.extend(heap.slot(slot, at).to_le_bytes())),
        Shape::Amount => {
            let currency = heap.text(heap.slot(slot, 0));
            key.extend((currency.len() as u32).to_le_bytes());
            key.extend(currency.as_bytes());
            key.extend(heap.slot(slot, 1).to_le_bytes());
        }
        Shape::Record(record) => {
            for (at, field) in record.fields.iter().enumerate() {
                write_key(program, heap, field.shape, heap.slot(slot, at), key);
            }
        }
        Shape::Variant(cases) => {
            let case = heap.slot(slot, 0);
            key.extend(case.to_le_bytes());
            for (at, field) in cases.cases[case as usize].fields.iter().enumerate() {
                write_key(program, heap, field.shape, heap.slot(slot, at + 1), key);
            }
        }
        Shape::List(element) => {
            key.extend((heap.list_len(slot) as u32).to_le_bytes());
            heap.elements(slot).iter().for_each(|item| write_key(program, heap, *element, *item, key));
        }
        Shape::Map(of, value) => {
            let (keys, values) = heap.map_contents(slot);
            key.extend((keys.len() as u32).to_le_bytes());
            keys.iter().for_each(|item| write_key(program, heap, *of, *item, key));
            values.iter().for_each(|item| write_key(program, heap, *value, *item, key));
        }
        Shape::Option(_) if slot == 0 => key.push(0),
        Shape::Option(inner) => {
            key.push(1);
            write_key(program, heap, *inner, heap.slot(slot, 0), key);
        }
        _ => key.extend(slot.to_le_bytes()),
    }
}
