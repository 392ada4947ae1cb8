//! Registers that are not used lose their numbers, and those whose lives do not meet share one.
//!
//! Windows stay runs: a run that instructions name keeps its registers together, in order, for itself. Single
//! registers of one type share where liveness allows.

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::shape::RegType;

use crate::body::Body;
use crate::flow::Flow;
use crate::operands::{self, Operand};

/// Sharing looks at every instruction with every register; larger bodies are only renumbered.
const WORK_MAX: usize = 4_000_000;

pub fn compact(body: &mut Body, program: &Program) {
    let count = body.registers.len();
    let mut used = vec![false; count];
    let mut whole = vec![false; count];
    used[..usize::from(body.params)].fill(true);
    whole[..usize::from(body.params)].fill(true);
    for line in body.blocks.iter().flat_map(|block| &block.lines) {
        for register in operands::reads(&line.op, program, &body.registers) {
            used[usize::from(register)] = true;
        }
        for register in operands::writes(&line.op, program, &body.registers) {
            used[usize::from(register)] = true;
        }
        for register in operands::window(&line.op, program, &body.registers).into_iter().flat_map(|w| w.registers()) {
            whole[usize::from(register)] = true;
        }
    }
    let shared = share(body, program, &whole);
    let mut registers: Vec<RegType> = Vec::new();
    let mut number = vec![0u16; count];
    for register in 0..count {
        if used[register] && shared[register] == register {
            number[register] = registers.len() as u16;
            registers.push(body.registers[register]);
        }
    }
    for register in 0..count {
        number[register] = number[shared[register]];
    }
    let types = std::mem::replace(&mut body.registers, registers);
    for line in body.blocks.iter_mut().flat_map(|block| &mut block.lines) {
        // The length of a window follows from the old types.
        let window = operands::window(&line.op, program, &types);
        operands::walk(&mut line.op, &mut |operand| {
            if let Operand::Read(register) | Operand::Write(register) = operand {
                *register = number[usize::from(*register)];
            }
        });
        operands::set_window(&mut line.op, window.map_or(0, |window| number[usize::from(window.first)]));
    }
}

/// For each register the one whose number it takes.
fn share(body: &Body, program: &Program, whole: &[bool]) -> Vec<usize> {
    let count = body.registers.len();
    let mut shared: Vec<usize> = (0..count).collect();
    let lines: usize = body.blocks.iter().map(|block| block.lines.len()).sum();
    if count.saturating_mul(lines) > WORK_MAX {
        return shared;
    }
    let flow = Flow::of(body);
    // Lines in the order of blocks; a register lives from its first to its last one, blocks it lives through counted
    // whole.
    let mut start = vec![0usize; body.blocks.len()];
    let mut total = 0;
    for block in &flow.order {
        start[*block] = total;
        total += body.blocks[*block].lines.len();
    }
    let mut life: Vec<Option<(usize, usize)>> = vec![None; count];
    let mut lives = |register: usize, at: usize| {
        let life = &mut life[register];
        *life = Some(life.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    };
    let alive = live_at_start(body, program);
    for block in &flow.order {
        let end = start[*block] + body.blocks[*block].lines.len();
        alive[*block].iter().for_each(|register| lives(usize::from(*register), start[*block]));
        for to in body.follows(*block) {
            alive[to].iter().for_each(|register| lives(usize::from(*register), end - 1));
        }
        for (at, line) in body.blocks[*block].lines.iter().enumerate() {
            let reads = operands::reads(&line.op, program, &body.registers);
            let writes = operands::writes(&line.op, program, &body.registers);
            reads.into_iter().chain(writes).for_each(|r| lives(usize::from(r), start[*block] + at));
        }
    }
    let mut order: Vec<(usize, usize, usize)> = life
        .iter()
        .enumerate()
        .filter(|(register, _)| !whole[*register])
        .filter_map(|(register, life)| life.map(|(first, last)| (first, last, register)))
        .collect();
    order.sort_unstable();
    // Numbers that are free, by type, and the lives that hold one.
    let mut free: HashMap<RegType, Vec<usize>> = HashMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (first, last, register) in order {
        // An instruction reads before it writes, but one that goes elsewhere may not have written: lives that touch
        // are kept apart.
        open.retain(|(until, holder)| {
            let over = *until < first;
            if over {
                free.entry(body.registers[*holder]).or_default().push(*holder);
            }
            !over
        });
        let holder = free.get_mut(&body.registers[register]).and_then(Vec::pop).unwrap_or(register);
        shared[register] = holder;
        open.push((last, holder));
    }
    shared
}

/// The registers that are read from each block's start on before they are written.
fn live_at_start(body: &Body, program: &Program) -> Vec<Vec<u16>> {
    let words = body.registers.len().div_ceil(64);
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for block in &body.blocks {
        let (mut read, mut written) = (vec![0u64; words], vec![0u64; words]);
        for line in &block.lines {
            for register in operands::reads(&line.op, program, &body.registers) {
                if !has(&written, register) {
                    set(&mut read, register);
                }
            }
            operands::writes(&line.op, program, &body.registers).iter().for_each(|r| set(&mut written, *r));
        }
        reads.push(read);
        writes.push(written);
    }
    let mut alive = reads.clone();
    let mut changed = true;
    while changed {
        changed = false;
        for block in (0..body.blocks.len()).rev() {
            for to in body.follows(block) {
                for word in 0..words {
                    // A branch that goes elsewhere may not have written what its block writes on the way on.
                    let new = alive[block][word] | (alive[to][word] & !writes[block][word]);
                    changed |= new != alive[block][word];
                    alive[block][word] = new;
                }
            }
        }
    }
    let listed =
        |bits: &Vec<u64>| (0..body.registers.len() as u32).map(|r| r as u16).filter(|r| has(bits, *r)).collect();
    alive.iter().map(listed).collect()
}

fn set(bits: &mut [u64], register: u16) {
    bits[usize::from(register) / 64] |= 1 << (register % 64);
}

fn has(bits: &[u64], register: u16) -> bool {
    bits[usize::from(register) / 64] >> (register % 64) & 1 == 1
}
