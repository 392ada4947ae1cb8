//! Which code has run.

use std::sync::atomic::{AtomicBool, Ordering};

use bp_bytecode::Program;
use bp_bytecode::index::{DecisionId, FuncId, PlaceId};

/// What the machines that keep it have run: which instructions, and which rows of decisions have fit.
#[derive(Debug)]
pub struct Coverage {
    /// For each function, a mark for each instruction.
    functions: Vec<Box<[AtomicBool]>>,
    /// For each decision, a mark for each row.
    rows: Vec<Box<[AtomicBool]>>,
}

fn marks(count: usize) -> Box<[AtomicBool]> {
    (0..count).map(|_| AtomicBool::new(false)).collect()
}

fn mark(marks: &[Box<[AtomicBool]>], of: usize, at: usize) {
    if let Some(mark) = marks.get(of).and_then(|marks| marks.get(at)) {
        mark.store(true, Ordering::Relaxed);
    }
}

impl Coverage {
    /// Nothing has run yet.
    pub fn of(program: &Program) -> Coverage {
        Coverage {
            functions: program.functions.iter().map(|function| marks(function.code.len())).collect(),
            rows: program.decisions.iter().map(|decision| marks(decision.rows.len())).collect(),
        }
    }

    #[inline]
    pub(crate) fn ran(&self, func: FuncId, at: usize) {
        mark(&self.functions, func.index(), at);
    }

    pub(crate) fn fit(&self, decision: DecisionId, row: i64) {
        if let Ok(row) = usize::try_from(row) {
            mark(&self.rows, decision.index(), row);
        }
    }

    /// The place of every instruction, and whether that has run.
    pub fn code<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = (PlaceId, bool)> + 'a {
        program.functions.iter().zip(&self.functions).flat_map(|(function, marks)| {
            function.places.iter().zip(marks).map(|(place, mark)| (*place, mark.load(Ordering::Relaxed)))
        })
    }

    /// The place of every row of a decision, and whether that has fit.
    pub fn rows<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = (DecisionId, PlaceId, bool)> + 'a {
        program.decisions.iter().zip(&self.rows).zip(0..).flat_map(|((decision, marks), number)| {
            let marked = decision.rows.iter().zip(marks);
            marked.map(move |(place, mark)| (DecisionId(number), *place, mark.load(Ordering::Relaxed)))
        })
    }
}
