//! Calls become the code of what they call.

use bp_bytecode::Program;
use bp_bytecode::index::{PlaceId, SwitchId};
use bp_bytecode::op::{Label, Op};

use crate::body::{Block, Body, Line, copy};
use crate::clean::split;
use crate::operands::{self, Operand};

/// The most instructions of a function that is copied into every caller.
const SMALL: usize = 40;
/// The most instructions of one that has a single caller.
const ONLY_CALL: usize = 1_000;
/// A caller does not grow beyond this by copies.
const CALLER: usize = 6_000;
const REGISTERS: usize = 30_000;

/// What is known of a function when others call it.
pub struct Callee {
    /// In its simplest form; `None` for one that is never copied.
    pub body: Option<Body>,
    /// How many calls of it the program has.
    pub calls: usize,
}

/// Counts the instructions of a body.
pub fn size(body: &Body) -> usize {
    body.blocks.iter().map(|block| block.lines.len()).sum()
}

/// Puts the code of small functions, and of those called once, where they are called.
pub fn inline(body: &mut Body, callees: &[Callee]) {
    let mut own = size(body);
    let mut block = 0;
    while block < body.blocks.len() {
        let found = body.blocks[block].lines.iter().enumerate().find_map(|(at, line)| match line.op {
            Op::Call { dst, func, first } => {
                let callee = callees.get(func.index())?;
                let code = callee.body.as_ref()?;
                let size = size(code);
                let wanted = size <= SMALL || (callee.calls == 1 && size <= ONLY_CALL);
                let fits = own + size <= CALLER && body.registers.len() + code.registers.len() <= REGISTERS;
                (wanted && fits).then_some((at, dst.0, first.0, code, line.place))
            }
            _ => None,
        });
        // What stands behind a copied call has moved to a block of its own, further on.
        if let Some((at, dst, first, code, place)) = found {
            own += size(code);
            put(body, (block, at), dst, first, code, place);
        }
        block += 1;
    }
}

fn put(body: &mut Body, (block, at): (usize, usize), dst: u16, first: u16, code: &Body, place: PlaceId) {
    let behind = split(body, block, at + 1);
    let base = body.registers.len() as u16;
    let (entry, tables) = (body.blocks.len() as u32, body.switches.len() as u16);
    body.registers.extend_from_slice(&code.registers);
    let lines = &mut body.blocks[block].lines;
    // The call and the jump behind it.
    lines.truncate(at);
    lines.extend((0..code.params).map(|param| Line { op: copy(base + param, first + param), place }));
    lines.push(Line { op: Op::Jump { to: Label(entry) }, place });
    let shifted = |table: &Vec<u32>| table.iter().map(|label| label + entry).collect();
    body.switches.extend(code.switches.iter().map(shifted));
    for from in &code.blocks {
        let mut lines = Vec::with_capacity(from.lines.len() + 1);
        for line in &from.lines {
            let mut op = shift(&line.op, base, entry);
            if let Op::Switch { table, .. } = &mut op {
                *table = SwitchId(table.0 + tables);
            }
            match op {
                Op::Return { a } => {
                    lines.push(Line { op: copy(dst, a.0), place });
                    lines.push(Line { op: Op::Jump { to: Label(behind as u32) }, place });
                }
                op => lines.push(Line { op, place: line.place }),
            }
        }
        body.blocks.push(Block { lines });
    }
}

/// The instruction with its registers and labels moved up.
fn shift(op: &Op, registers: u16, blocks: u32) -> Op {
    let mut op = *op;
    operands::walk(&mut op, &mut |operand| match operand {
        Operand::Read(register) | Operand::Write(register) => *register += registers,
        Operand::Goes(label) => *label += blocks,
    });
    operands::shift_window(&mut op, registers);
    op
}

/// How many calls each function of a program has.
pub fn calls(program: &Program) -> Vec<usize> {
    let mut calls = vec![0; program.functions.len()];
    for op in program.functions.iter().flat_map(|function| &function.code) {
        if let Op::Call { func, .. } = op {
            calls[func.index()] += 1;
        }
    }
    calls
}

/// The functions, each behind those that it calls; `None` if some call each other.
pub fn callees_first(program: &Program) -> Option<Vec<usize>> {
    let calls: Vec<Vec<usize>> = program
        .functions
        .iter()
        .map(|function| {
            let called = function.code.iter().filter_map(|op| match op {
                Op::Call { func, .. } => Some(func.index()),
                _ => None,
            });
            called.collect()
        })
        .collect();
    let (mut order, mut state) = (Vec::new(), vec![0u8; calls.len()]);
    for start in 0..calls.len() {
        let mut way = vec![(start, 0)];
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        while let Some((function, next)) = way.last_mut() {
            match calls[*function].get(*next) {
                Some(called) => {
                    *next += 1;
                    match state[*called] {
                        0 => {
                            state[*called] = 1;
                            way.push((*called, 0));
                        }
                        1 => return None,
                        _ => {}
                    }
                }
                None => {
                    state[*function] = 2;
                    order.push(*function);
                    way.pop();
                }
            }
        }
    }
    Some(order)
}
