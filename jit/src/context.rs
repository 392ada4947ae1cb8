//! What native code and its host share: one block of memory with fixed places.

use bp_bytecode::Program;
use bp_vm::{Vm, World};

/// Native code gets a pointer to this. The order of the fields is part of the generated code.
#[repr(C)]
pub(crate) struct Context {
    /// The first slot of the machine's heap.
    pub base: *mut u64,
    /// How many slots there are for: what the heap has room for, within its limit.
    pub capacity: u64,
    /// How many slots are in use.
    pub top: u64,
    /// What is left of the budget of cost; below 0 it is spent.
    pub cost: i64,
    /// Where the log goes on, and where its buffer ends.
    pub log: *mut u64,
    pub log_end: *mut u64,
    /// The result of the function that has just ended well.
    pub result: i64,
    /// Registers for instructions that the machine runs.
    pub registers: *mut i128,
    /// The budget of cost of a step.
    pub full_cost: i64,
    /// In a call for many rows: how many are left, the running one among them.
    pub rows: u64,
    /// In a call for many rows: where their results go, and what they have posted to each account.
    pub results: *mut u64,
    pub sums: *mut i64,
    /// In a call for many rows: how many entries and lines have been posted.
    pub entries: u64,
    pub lines: u64,
    /// Has a step begun that the machine has not been told of yet? It only has to know before it is asked again.
    pub step_begun: u64,
    // What follows is for the host alone.
    pub host: *mut Host<'static, 'static>,
}

impl Context {
    /// A context without a host, a heap or a log yet.
    pub fn new(registers: &mut [i128]) -> Context {
        Context {
            base: std::ptr::null_mut(),
            capacity: 0,
            top: 0,
            cost: 0,
            log: std::ptr::null_mut(),
            log_end: std::ptr::null_mut(),
            result: 0,
            registers: registers.as_mut_ptr(),
            full_cost: 0,
            rows: 0,
            results: std::ptr::null_mut(),
            sums: std::ptr::null_mut(),
            entries: 0,
            lines: 0,
            step_begun: 0,
            host: std::ptr::null_mut(),
        }
    }
}

/// The machine and its world for the length of a call.
pub(crate) struct Host<'v, 'p> {
    pub vm: &'v mut Vm<'p>,
    pub world: *mut (dyn World + 'v),
    /// The program whose functions are native.
    pub code: &'p Program,
    pub forms: *const [crate::tables::EntryForm],
    pub log: Vec<u64>,
    pub registers: Vec<i128>,
    /// Balances that the world has answered in this call.
    pub balances: Vec<i128>,
}

pub(crate) mod offset {
    use super::Context;
    use std::mem::offset_of;

    pub const BASE: i32 = offset_of!(Context, base) as i32;
    pub const CAPACITY: i32 = offset_of!(Context, capacity) as i32;
    pub const TOP: i32 = offset_of!(Context, top) as i32;
    pub const COST: i32 = offset_of!(Context, cost) as i32;
    pub const LOG: i32 = offset_of!(Context, log) as i32;
    pub const LOG_END: i32 = offset_of!(Context, log_end) as i32;
    pub const RESULT: i32 = offset_of!(Context, result) as i32;
    pub const REGISTERS: i32 = offset_of!(Context, registers) as i32;
    pub const FULL_COST: i32 = offset_of!(Context, full_cost) as i32;
    pub const ROWS: i32 = offset_of!(Context, rows) as i32;
    pub const RESULTS: i32 = offset_of!(Context, results) as i32;
    pub const SUMS: i32 = offset_of!(Context, sums) as i32;
    pub const ENTRIES: i32 = offset_of!(Context, entries) as i32;
    pub const LINES: i32 = offset_of!(Context, lines) as i32;
    pub const STEP_BEGUN: i32 = offset_of!(Context, step_begun) as i32;
}

/// How native code ends.
pub(crate) mod status {
    pub const WELL: i64 = 0;
    /// A number that 64 bits do not hold.
    pub const WIDE: i64 = 1;
    /// A fault of the program.
    pub const FAULT: i64 = 2;
    /// A budget is spent, or may be.
    pub const BUDGET: i64 = 3;
    /// The answer depends on effects that are not yet done.
    pub const ORDER: i64 = 4;
}

/// The first word of each note in the log: what it is in the low byte, a number above.
pub(crate) mod note {
    pub const STEP_BEGIN: u64 = 1;
    pub const STEP_END: u64 = 2;
    /// An entry of a known form: day, text, then the amounts, then all dimensions.
    pub const ENTRY: u64 = 3;
    /// An entry of any form: day, text; lines follow.
    pub const POST_BEGIN: u64 = 4;
    /// The number is the account's: amount (signed), dimensions.
    pub const POST_LINE: u64 = 5;
    pub const POST_END: u64 = 6;
    /// Process and shape in the number: key, run.
    pub const RUN: u64 = 7;

    pub const fn word(what: u64, number: u64) -> u64 {
        what | number << 8
    }
}
