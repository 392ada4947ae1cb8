//! Whether a program may run: what the verifier accepts, the engines run without a panic.
//!
//! It holds that every index finds its table entry, that shapes are built of earlier shapes and search trees end,
//! and for each function ([`function`]) that every instruction reads and writes registers of the right types, that
//! every register is assigned before it is read on every path, that every jump stays inside, and that every cycle of
//! jumps passes a `charge`, so that a budget of cost ends it. Its work grows with the size of the program.

mod function;
mod tables;

use crate::Program;
use crate::index::{FuncId, PointId, ShapeId};
use crate::shape::{RegType, Shape};
use std::fmt;

/// Why a program may not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// The function it is in, and the instruction; `None` for the tables.
    pub at: Option<(FuncId, usize)>,
    pub reason: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((func, op)) => write!(f, "function {}, instruction {op}: {}", func.0, self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Accepts a program that may run.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(program: &Program) -> Result<(), VerifyError> {
    tables::verify(program).map_err(|reason| VerifyError { at: None, reason })?;
    for index in 0..program.functions.len() {
        let id =
            FuncId(u32::try_from(index).map_err(|_| VerifyError { at: None, reason: "too many functions".into() })?);
        function::verify(program, id)?;
    }
    Ok(())
}

/// For each point of a process's function the registers that are read after it, ascending: what has to be stored there.
///
/// # Errors
/// If the function is not well formed.
pub fn live_at_points(program: &Program, func: FuncId) -> Result<Vec<(PointId, Vec<u16>)>, VerifyError> {
    function::live_at_points(program, func)
}

/// The first instruction of a function that may read a register before it is assigned, and the register.
///
/// # Errors
/// If the function is not well formed otherwise.
pub fn unassigned(program: &Program, func: FuncId) -> Result<Option<(usize, u16)>, VerifyError> {
    function::unassigned(program, func)
}

/// How a register holds a value of a shape of the table.
fn reg_type(program: &Program, id: ShapeId) -> Result<RegType, String> {
    shape(program, id).map(|s| s.reg_type(id))
}

fn shape(program: &Program, id: ShapeId) -> Result<&Shape, String> {
    program.shapes.get(id.index()).ok_or_else(|| format!("there is no shape {}", id.0))
}

/// Whether a value of a register may go into another: of the same type, or a word where a wide number is asked for.
fn fits(from: RegType, to: RegType) -> bool {
    from == to || (from == RegType::Word && to == RegType::Wide)
}
