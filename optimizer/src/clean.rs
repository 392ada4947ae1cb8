//! The shape of the code: jumps to jumps, blocks that nobody comes to, blocks with one way in, and jumps whose
//! condition the block before already knows.

use std::collections::HashMap;

use bp_bytecode::op::{Label, Op};

use crate::body::{Block, Body, Line};
use crate::context::Context;
use crate::operands::{self, Operand};

pub fn clean(body: &mut Body, context: &Context<'_>) {
    // Every change but the last one takes a block or an edge away, and that one is bounded.
    for _ in 0..body.blocks.len() + 8 {
        let mut changed = thread(body);
        drop_unreachable(body);
        changed |= merge(body);
        changed |= return_at_once(body);
        changed |= decide(body, context);
        if !changed {
            break;
        }
    }
    drop_unreachable(body);
}

/// Jumps to a block that only jumps go where it goes; a branch both of whose ways are the same is none.
fn thread(body: &mut Body) -> bool {
    let mut changed = false;
    let onward: Vec<Option<usize>> = body
        .blocks
        .iter()
        .enumerate()
        .map(|(number, block)| match block.lines.as_slice() {
            [Line { op: Op::Jump { to }, .. }] if to.0 as usize != number => Some(to.0 as usize),
            _ => None,
        })
        .collect();
    for block in 0..body.blocks.len() {
        for to in body.follows(block) {
            let (mut at, mut steps) = (to, 0);
            while let Some(next) = onward[at].filter(|_| steps < onward.len()) {
                at = next;
                steps += 1;
            }
            if at != to && steps < onward.len() {
                body.redirect(block, to, at);
                changed = true;
            }
        }
        let lines = &mut body.blocks[block].lines;
        if let [.., Line { op, .. }, Line { op: Op::Jump { to: last }, .. }] = lines.as_slice()
            && let Op::JumpIf { to, .. }
            | Op::JumpUnless { to, .. }
            | Op::JumpCompare { to, .. }
            | Op::JumpCompareConst { to, .. } = op
            && to == last
        {
            lines.remove(lines.len() - 2);
            changed = true;
        }
    }
    changed
}

/// Takes out blocks that no way leads to.
pub fn drop_unreachable(body: &mut Body) {
    let mut seen = vec![false; body.blocks.len()];
    let mut todo = vec![0];
    while let Some(block) = todo.pop() {
        if !std::mem::replace(&mut seen[block], true) {
            todo.extend(body.follows(block));
        }
    }
    if seen.iter().all(|seen| *seen) {
        return;
    }
    let mut next = 0u32;
    let number: Vec<u32> = seen
        .iter()
        .map(|seen| {
            next += u32::from(*seen);
            next.saturating_sub(1)
        })
        .collect();
    let mut kept = seen.iter();
    body.blocks.retain(|_| kept.next() == Some(&true));
    for line in body.blocks.iter_mut().flat_map(|block| &mut block.lines) {
        operands::walk(&mut line.op, &mut |operand| {
            if let Operand::Goes(label) = operand {
                *label = number[*label as usize];
            }
        });
        if let Op::Switch { table, .. } = line.op {
            body.switches[table.index()].iter_mut().for_each(|label| *label = number[*label as usize]);
        }
    }
}

/// How many ways lead into each block.
fn ways_in(body: &Body) -> Vec<usize> {
    let mut ways = vec![0; body.blocks.len()];
    ways[0] = 1;
    for block in 0..body.blocks.len() {
        body.follows(block).into_iter().for_each(|to| ways[to] += 1);
    }
    ways
}

/// Puts a block behind the only one that comes to it.
fn merge(body: &mut Body) -> bool {
    let mut ways = ways_in(body);
    let mut changed = false;
    for block in 0..body.blocks.len() {
        while body.blocks[block].branch().is_none()
            && let Some(Op::Jump { to }) = body.blocks[block].last()
            && let to = to.0 as usize
            && to != block
            && ways[to] == 1
            && to != 0
        {
            let lines = std::mem::take(&mut body.blocks[to].lines);
            body.blocks[block].lines.pop();
            body.blocks[block].lines.extend(lines);
            // Nobody comes here any more; a block without lines would not be one.
            let Some(last) = body.blocks[block].lines.last().cloned() else { return changed };
            body.blocks[to].lines.push(Line { op: Op::Jump { to: Label(to as u32) }, place: last.place });
            ways[to] = 0;
            changed = true;
        }
    }
    changed
}

/// A jump to nothing but a return is one.
fn return_at_once(body: &mut Body) -> bool {
    let mut changed = false;
    for block in 0..body.blocks.len() {
        if body.blocks[block].branch().is_none()
            && let Some(Op::Jump { to }) = body.blocks[block].last()
            && let [line @ Line { op: Op::Return { .. }, .. }] = body.blocks[to.0 as usize].lines.as_slice()
        {
            let line = line.clone();
            let lines = &mut body.blocks[block].lines;
            lines.pop();
            lines.push(line);
            changed = true;
        }
    }
    changed
}

/// Where a block begins with a question that the one before has the answer to, it goes on to where the answer leads.
fn decide(body: &mut Body, context: &Context<'_>) -> bool {
    let mut changed = false;
    for block in 0..body.blocks.len() {
        if body.blocks[block].branch().is_some() {
            continue;
        }
        let Some(Op::Jump { to }) = body.blocks[block].last() else { continue };
        let to = to.0 as usize;
        if to == block {
            continue;
        }
        let mut known = known_at_end(&body.blocks[block], context);
        let mut copies = Vec::new();
        let mut goes = None;
        for (at, line) in body.blocks[to].lines.iter().enumerate() {
            match line.op {
                Op::Move { dst, a } if copies.len() < 3 => {
                    match known.get(&a.0).copied() {
                        Some(value) => known.insert(dst.0, value),
                        None => known.remove(&dst.0),
                    };
                    copies.push(line.clone());
                    continue;
                }
                Op::Check { a, .. } if known.get(&a.0) == Some(&1) => goes = Some((at, None)),
                Op::JumpIf { condition, to } => {
                    goes = known.get(&condition.0).map(|value| (at, (*value != 0).then_some(to)));
                }
                Op::JumpUnless { condition, to } => {
                    goes = known.get(&condition.0).map(|value| (at, (*value == 0).then_some(to)));
                }
                _ => {}
            }
            break;
        }
        let Some((at, jump)) = goes else { continue };
        let target = match jump {
            Some(label) => label.0 as usize,
            None => split(body, to, at + 1),
        };
        let lines = &mut body.blocks[block].lines;
        let Some(last) = lines.pop() else { continue };
        lines.extend(copies);
        lines.push(Line { op: Op::Jump { to: Label(target as u32) }, place: last.place });
        changed = true;
    }
    changed
}

/// Makes a block of what stands from a line on; the first part goes on to it. Gives its number.
pub fn split(body: &mut Body, block: usize, at: usize) -> usize {
    let new = body.blocks.len();
    let lines = body.blocks[block].lines.split_off(at);
    if let Some(place) = lines.first().map(|line| line.place) {
        body.blocks[block].lines.push(Line { op: Op::Jump { to: Label(new as u32) }, place });
    }
    body.blocks.push(Block { lines });
    new
}

/// The registers that hold numbers known from the block alone.
fn known_at_end(block: &Block, context: &Context<'_>) -> HashMap<u16, i128> {
    let mut known = HashMap::new();
    for line in &block.lines {
        let number = match line.op {
            Op::Move { a, .. } => known.get(&a.0).copied(),
            op => context.number(&op),
        };
        match operands::target(&line.op) {
            Some(target) => match number {
                Some(value) => known.insert(target, value),
                None => known.remove(&target),
            },
            // What takes a cell apart stands before its block's last jump, and such blocks are not asked.
            None => None,
        };
    }
    known
}
