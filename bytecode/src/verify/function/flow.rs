//! Where instructions go: that every cycle costs, and that registers are assigned before they are read.

use super::Effect;
use crate::program::Function;

/// How much work the walk over assigned registers may be, in 64-bit words of sets: a bound on memory (512 MiB).
const SET_WORDS_MAX: usize = 1 << 26;

/// The `step`-th place that an instruction may go to.
fn next_of(effects: &[Effect], at: usize, step: usize) -> Option<usize> {
    let e = &effects[at];
    match e.jumps.get(step) {
        Some(jump) => Some(*jump as usize),
        None => (step == e.jumps.len() && !e.ends).then_some(at + 1),
    }
}

/// Without the instructions that charge, no way leads back. The instruction is where one does.
pub(super) fn cycles_cost(effects: &[Effect]) -> Result<(), usize> {
    let mut state = vec![0_u8; effects.len()];
    for start in 0..effects.len() {
        if state[start] != 0 || effects[start].charges {
            continue;
        }
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = 1;
        while let Some((at, step)) = way.last_mut() {
            let to = next_of(effects, *at, *step);
            *step += 1;
            match to {
                None => {
                    state[*at] = 2;
                    way.pop();
                }
                Some(to) if effects[to].charges => {}
                Some(to) => match state[to] {
                    0 => {
                        state[to] = 1;
                        way.push((to, 0));
                    }
                    1 => return Err(*at),
                    _ => {}
                },
            }
        }
    }
    Ok(())
}

/// Why it could not be shown that every register is assigned before it is read.
pub(super) enum Unassigned {
    Read { at: usize, register: u16 },
    TooLarge,
}

/// Every register is assigned before it is read: a walk over stretches of code, forwards, with the sets of
/// registers that are assigned on every way so far.
pub(super) fn assigned(f: &Function, effects: &[Effect]) -> Result<(), Unassigned> {
    let words = f.registers.len().div_ceil(64);
    let mut begins = vec![false; effects.len()];
    begins[0] = true;
    for (at, e) in effects.iter().enumerate() {
        for jump in &e.jumps {
            begins[*jump as usize] = true;
        }
        if (!e.jumps.is_empty() || e.ends) && at + 1 < effects.len() {
            begins[at + 1] = true;
        }
    }
    let mut block_of = vec![0_usize; effects.len()];
    let mut starts = Vec::new();
    for (at, begins) in begins.iter().enumerate() {
        if *begins {
            starts.push(at);
        }
        block_of[at] = starts.len() - 1;
    }
    if words.saturating_mul(starts.len()) > SET_WORDS_MAX {
        return Err(Unassigned::TooLarge);
    }
    let mut entry: Vec<Option<Vec<u64>>> = vec![None; starts.len()];
    let mut first = vec![0_u64; words];
    (0..f.params).for_each(|r| set(&mut first, r));
    entry[0] = Some(first);
    let mut todo = vec![0_usize];
    while let Some(block) = todo.pop() {
        let mut now = entry[block].clone().unwrap_or_default();
        let end = starts.get(block + 1).copied().unwrap_or(effects.len());
        for at in starts[block]..end {
            let e = &effects[at];
            if let Some(r) = e.uses.iter().find(|r| !has(&now, **r)) {
                return Err(Unassigned::Read { at, register: *r });
            }
            // Where a jump is taken the instruction has written nothing.
            for jump in &e.jumps {
                meet(&mut entry[block_of[*jump as usize]], &now, block_of[*jump as usize], &mut todo);
            }
            if let Some(kept) = &e.keeps {
                now.fill(0);
                kept.iter().for_each(|r| set(&mut now, *r));
            }
            e.defs.iter().for_each(|r| set(&mut now, *r));
            if at + 1 == end && !e.ends && end < effects.len() {
                meet(&mut entry[block + 1], &now, block + 1, &mut todo);
            }
        }
    }
    Ok(())
}

/// For each instruction the registers that are read after it, on some way, before they are written. It looks
/// backwards, and goes through the code until nothing changes.
pub(super) fn read_after(f: &Function, effects: &[Effect]) -> Result<Vec<Vec<u64>>, (usize, String)> {
    let words = f.registers.len().div_ceil(64);
    if words.saturating_mul(effects.len()) > SET_WORDS_MAX {
        return Err((0, "the function is too large to verify".into()));
    }
    let mut before: Vec<Vec<u64>> = vec![vec![0; words]; effects.len()];
    let mut after = before.clone();
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..effects.len()).rev() {
            let e = &effects[at];
            let mut now = vec![0_u64; words];
            if !e.ends && at + 1 < effects.len() {
                now.copy_from_slice(&before[at + 1]);
            }
            after[at].copy_from_slice(&now);
            e.defs.iter().for_each(|r| now[usize::from(*r) / 64] &= !(1 << (r % 64)));
            // Where a jump is taken the instruction has written nothing.
            for jump in &e.jumps {
                now.iter_mut().zip(&before[*jump as usize]).for_each(|(n, b)| *n |= b);
            }
            e.uses.iter().for_each(|r| set(&mut now, *r));
            if before[at] != now {
                before[at] = now;
                changed = true;
            }
        }
    }
    Ok(after)
}

/// The registers of a set, ascending.
pub(super) fn members(bits: &[u64]) -> Vec<u16> {
    (0..bits.len() * 64).map(|r| r as u16).filter(|r| has(bits, *r)).collect()
}

fn set(bits: &mut [u64], r: u16) {
    bits[usize::from(r) / 64] |= 1 << (r % 64);
}

fn has(bits: &[u64], r: u16) -> bool {
    bits[usize::from(r) / 64] >> (r % 64) & 1 == 1
}

fn meet(entry: &mut Option<Vec<u64>>, now: &[u64], block: usize, todo: &mut Vec<usize>) {
    match entry {
        None => {
            *entry = Some(now.to_vec());
            todo.push(block);
        }
        Some(known) => {
            let mut changed = false;
            for (k, n) in known.iter_mut().zip(now) {
                changed |= *k & !*n != 0;
                *k &= n;
            }
            if changed {
                todo.push(block);
            }
        }
    }
}
