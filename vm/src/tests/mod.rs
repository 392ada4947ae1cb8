//! The machine on programs put together by hand.

mod arithmetic;
mod build;
mod data;
mod effects;
mod fast;
mod foreign;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;

use crate::{Fast, Fault, FaultKind, Limits, MemoryWorld, Vm};

/// Calls a function in a new machine and a new world, and once more in one that tries the fast form: to the same end.
fn call(program: &Program, func: FuncId, args: &[i64]) -> Result<i128, Fault> {
    let args: Vec<u64> = args.iter().map(|arg| *arg as u64).collect();
    let mut vm = Vm::new(program, Limits::default());
    let ended = vm.call(func, &args, &mut MemoryWorld::new(program));
    let fast = Fast::new(program, program.clone());
    let mut quick = Vm::with_fast(program, &fast, Limits::default());
    assert_eq!(quick.call(func, &args, &mut MemoryWorld::new(program)), ended);
    if ended.is_ok() {
        let left = |vm: &Vm<'_>| (vm.cost_left(), vm.heap().slots_used(), vm.heap().text_used());
        assert_eq!(left(&quick), left(&vm));
    }
    ended
}

/// The line that a fault's place is in: the number of its instruction, from 1.
fn line(program: &Program, fault: &Fault) -> u32 {
    program.places[fault.place.index()].line
}

fn kind(program: &Program, func: FuncId, args: &[i64]) -> FaultKind {
    call(program, func, args).expect_err("it has to fail").kind
}
