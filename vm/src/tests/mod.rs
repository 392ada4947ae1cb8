//! The machine on programs put together by hand.

mod arithmetic;
mod build;
mod data;
mod effects;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;

use crate::{Fault, FaultKind, Limits, MemoryWorld, Vm};

/// Calls a function in a new machine and a new world.
fn call(program: &Program, func: FuncId, args: &[i64]) -> Result<i128, Fault> {
    let mut vm = Vm::new(program, Limits::default());
    let args: Vec<u64> = args.iter().map(|arg| *arg as u64).collect();
    vm.call(func, &args, &mut MemoryWorld::new(program))
}

/// The line that a fault's place is in: the number of its instruction, from 1.
fn line(program: &Program, fault: &Fault) -> u32 {
    program.places[fault.place.index()].line
}

fn kind(program: &Program, func: FuncId, args: &[i64]) -> FaultKind {
    call(program, func, args).expect_err("it has to fail").kind
}
