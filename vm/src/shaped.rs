//! Operations on values that go by their shape: order, equality, hash.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use bp_bytecode::Program;
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::{FieldShape, RegType, Shape};

use crate::heap::Heap;

/// Orders two values of one shape; equal exactly if no program can tell them apart.
///
/// Words by their number, texts by code points, records and cases by their fields in order, lists by their elements
/// and then their length, maps as lists of their entries, `none` before everything.
pub fn compare(program: &Program, heap: &Heap, shape: ShapeId, a: u64, b: u64) -> Ordering {
    // The same word, or the same cell. A map's cell counts as well: a handle always stands for one value.
    if a == b {
        return Ordering::Equal;
    }
    match &program.shapes[shape.index()] {
        Shape::Text => heap.text(a).cmp(heap.text(b)),
        Shape::Period => cells(a, b, 4).map(|(a, b)| words(heap.slots[a], heap.slots[b])).find_unequal(),
        Shape::Amount => heap
            .text(heap.slot(a, 0))
            .cmp(heap.text(heap.slot(b, 0)))
            .then_with(|| words(heap.slot(a, 1), heap.slot(b, 1))),
        Shape::Record(record) => fields(program, heap, &record.fields, a, b, 0),
        Shape::Variant(cases) => words(heap.slot(a, 0), heap.slot(b, 0)).then_with(|| {
            let case = heap.slot(a, 0) as usize;
            fields(program, heap, &cases.cases[case].fields, a, b, 1)
        }),
        Shape::List(element) => {
            let each = |(a, b): (&u64, &u64)| compare(program, heap, *element, *a, *b);
            let (a, b) = (heap.elements(a), heap.elements(b));
            a.iter().zip(b).map(each).find_unequal().then_with(|| a.len().cmp(&b.len()))
        }
        Shape::Map(key, value) => {
            let ((keys_a, values_a), (keys_b, values_b)) = (heap.map_contents(a), heap.map_contents(b));
            let each = |at: usize| {
                compare(program, heap, *key, keys_a[at], keys_b[at])
                    .then_with(|| compare(program, heap, *value, values_a[at], values_b[at]))
            };
            let shared = keys_a.len().min(keys_b.len());
            (0..shared).map(each).find_unequal().then_with(|| keys_a.len().cmp(&keys_b.len()))
        }
        Shape::Option(inner) => match (a, b) {
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            _ => compare(program, heap, *inner, heap.slot(a, 0), heap.slot(b, 0)),
        },
        _ => words(a, b),
    }
}

fn words(a: u64, b: u64) -> Ordering {
    (a as i64).cmp(&(b as i64))
}

fn cells(a: u64, b: u64, width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width).map(move |at| (a as usize + at, b as usize + at))
}

fn fields(program: &Program, heap: &Heap, fields: &[FieldShape], a: u64, b: u64, lead: usize) -> Ordering {
    let each = |(at, field): (usize, &FieldShape)| {
        compare(program, heap, field.shape, heap.slot(a, at + lead), heap.slot(b, at + lead))
    };
    fields.iter().enumerate().map(each).find_unequal()
}

trait FindUnequal: Iterator<Item = Ordering> + Sized {
    fn find_unequal(mut self) -> Ordering {
        self.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl<I: Iterator<Item = Ordering>> FindUnequal for I {}

/// Feeds a value to a hasher, so that equal values feed the same.
pub fn hash(program: &Program, heap: &Heap, shape: ShapeId, slot: u64, hasher: &mut impl Hasher) {
    let record = |fields: &[FieldShape], lead: usize, hasher: &mut _| {
        for (at, field) in fields.iter().enumerate() {
            hash(program, heap, field.shape, heap.slot(slot, at + lead), hasher);
        }
    };
    match &program.shapes[shape.index()] {
        Shape::Text => heap.text(slot).hash(hasher),
        Shape::Period => (0..4).for_each(|at| hasher.write_u64(heap.slot(slot, at))),
        Shape::Amount => {
            heap.text(heap.slot(slot, 0)).hash(hasher);
            hasher.write_u64(heap.slot(slot, 1));
        }
        Shape::Record(shape) => record(&shape.fields, 0, hasher),
        Shape::Variant(cases) => {
            let case = heap.slot(slot, 0);
            hasher.write_u64(case);
            record(&cases.cases[case as usize].fields, 1, hasher);
        }
        Shape::List(element) => {
            hasher.write_usize(heap.list_len(slot));
            heap.elements(slot).iter().for_each(|item| hash(program, heap, *element, *item, hasher));
        }
        Shape::Map(key, value) => {
            let (keys, values) = heap.map_contents(slot);
            hasher.write_usize(keys.len());
            keys.iter().for_each(|item| hash(program, heap, *key, *item, hasher));
            values.iter().for_each(|item| hash(program, heap, *value, *item, hasher));
        }
        Shape::Option(_) if slot == 0 => hasher.write_u8(0),
        Shape::Option(inner) => {
            hasher.write_u8(1);
            hash(program, heap, *inner, heap.slot(slot, 0), hasher);
        }
        _ => hasher.write_u64(slot),
    }
}

/// Bytes of text that are looked at as fast as one word.
const TEXT_STEP: usize = 16;

/// Takes the size of a value from `left`: about how many slots it takes to look at all of it. `None` if there is not
/// so much left. Cells may share parts, so a value can be far larger than the heap that it stands in.
pub fn weigh(program: &Program, heap: &Heap, shape: ShapeId, slot: u64, left: &mut u64) -> Option<()> {
    let mut take = |amount: usize| -> Option<()> {
        *left = left.checked_sub(amount as u64)?;
        Some(())
    };
    let all = |slots: &[u64], shape: ShapeId, left: &mut u64| {
        // A list of scalars is as long as it is.
        match program.shapes[shape.index()].reg_type(shape) {
            RegType::Handle(_) => slots.iter().try_for_each(|slot| weigh(program, heap, shape, *slot, left)),
            _ => {
                *left = left.checked_sub(slots.len() as u64)?;
                Some(())
            }
        }
    };
    let fields = |fields: &[FieldShape], lead: usize, left: &mut u64| {
        let mut fields = fields.iter().enumerate();
        fields.try_for_each(|(at, field)| weigh(program, heap, field.shape, heap.slot(slot, at + lead), left))
    };
    match &program.shapes[shape.index()] {
        Shape::Text => take(1 + heap.text(slot).len() / TEXT_STEP),
        Shape::Period | Shape::Amount => take(4),
        Shape::Record(record) => {
            take(1)?;
            fields(&record.fields, 0, left)
        }
        Shape::Variant(cases) => {
            take(1)?;
            fields(&cases.cases[heap.slot(slot, 0) as usize].fields, 1, left)
        }
        Shape::List(element) => {
            take(1)?;
            all(heap.elements(slot), *element, left)
        }
        Shape::Map(key, value) => {
            take(1 + heap.map_len(slot))?;
            let (keys, values) = heap.map_contents(slot);
            all(&keys, *key, left)?;
            all(&values, *value, left)
        }
        Shape::Option(inner) if slot != 0 => {
            take(1)?;
            weigh(program, heap, *inner, heap.slot(slot, 0), left)
        }
        _ => take(1),
    }
}
