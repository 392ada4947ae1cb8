//! Processes of numbers, whose rows are run one after the other inside one native call.

use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::{FieldShape, RegType, Shape};

/// How many words a row and its result have in memory.
///
/// A row is its parameters one behind the other: a record as its fields, anything else as its slot. A result is what
/// the process is done with: a record as its fields, anything else as its slot; nothing where the process gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowWidths {
    pub row: usize,
    pub result: usize,
    /// Are all words of a result numbers? Else some are handles, good until the machine is emptied.
    pub numbers: bool,
    /// Is the result a record?
    pub record: bool,
}

impl RowWidths {
    /// `None` for a function that is no process's.
    pub(crate) fn of(program: &Program, func: FuncId) -> Option<RowWidths> {
        let process = program.processes.iter().find(|process| process.func == func)?;
        let Shape::Variant(outcome) = &program.shapes[process.outcome.index()] else { return None };
        let fields = |shape: ShapeId| match &program.shapes[shape.index()] {
            Shape::Record(record) => record.fields.iter().map(|field| field.shape).collect(),
            _ => vec![shape],
        };
        let row = process.params.iter().map(|param| fields(param.shape).len()).sum();
        let result: Vec<ShapeId> = outcome.cases[0].fields.iter().flat_map(|field| fields(field.shape)).collect();
        let is_number = |shape: &ShapeId| program.shapes[shape.index()].reg_type(*shape) == RegType::Word;
        let is_record = |field: &FieldShape| matches!(program.shapes[field.shape.index()], Shape::Record(_));
        Some(RowWidths {
            row,
            result: result.len(),
            numbers: result.iter().all(is_number),
            record: outcome.cases[0].fields.first().is_some_and(is_record),
        })
    }
}
