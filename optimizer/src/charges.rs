//! Cost is charged once for a stretch of code instead of at each of its parts.
//!
//! The sum along each path that does not stop stays. A charge never passes the begin or the end of a step: there the
//! budget is new, or what came before is for good.

use bp_bytecode::op::Op;

use crate::body::{Body, Line};
use crate::context::NOTHING;

/// `steps`: which functions begin or end steps, themselves or by their calls.
pub fn merge(body: &mut Body, steps: &[bool]) {
    for block in 0..body.blocks.len() {
        within(body, block, steps);
    }
    while hoist(body, steps) {}
}

fn parts(op: &Op, steps: &[bool]) -> bool {
    match op {
        Op::StepBegin { .. } | Op::StepEnd { .. } => true,
        Op::Call { func, .. } => steps[func.index()],
        _ => false,
    }
}

/// Adds up the charges of a block between steps, at the first one's place.
fn within(body: &mut Body, block: usize, steps: &[bool]) {
    let mut first: Option<usize> = None;
    for at in 0..body.blocks[block].lines.len() {
        let lines = &mut body.blocks[block].lines;
        if parts(&lines[at].op, steps) {
            first = None;
        }
        let Op::Charge { amount } = lines[at].op else { continue };
        if let Some(first) = first
            && let Op::Charge { amount: before } = lines[first].op
            && let Some(sum) = before.checked_add(amount)
        {
            lines[first].op = Op::Charge { amount: sum };
            lines[at].op = NOTHING;
        } else {
            first = Some(at);
        }
    }
    body.blocks[block].lines.retain(|line| line.op != NOTHING);
}

/// Moves a block's first charge into the only block before it, if every run that goes on from there comes to it.
fn hoist(body: &mut Body, steps: &[bool]) -> bool {
    let mut cold: Vec<bool> = body.blocks.iter().map(|block| block.halts()).collect();
    let mut ways = vec![0; body.blocks.len()];
    for block in 0..body.blocks.len() {
        let mut follows = body.follows(block);
        follows.dedup();
        follows.into_iter().for_each(|to| ways[to] += 1);
    }
    cold[0] = false;
    let mut changed = false;
    for block in 0..body.blocks.len() {
        let follows: Vec<usize> = body.follows(block).into_iter().filter(|to| !cold[*to]).collect();
        let [to] = follows.as_slice() else { continue };
        if ways[*to] != 1 || *to == block || *to == 0 {
            continue;
        }
        let Some(at) = charge_before_step(&body.blocks[*to].lines, steps) else { continue };
        let own = body.blocks[block].lines.iter().rposition(|line| matches!(line.op, Op::Charge { .. }));
        let Some(own) = own.filter(|own| !body.blocks[block].lines[*own..].iter().any(|l| parts(&l.op, steps))) else {
            continue;
        };
        let (Op::Charge { amount: a }, Op::Charge { amount: b }) =
            (body.blocks[block].lines[own].op, body.blocks[*to].lines[at].op)
        else {
            continue;
        };
        let Some(sum) = a.checked_add(b) else { continue };
        body.blocks[block].lines[own].op = Op::Charge { amount: sum };
        body.blocks[*to].lines.remove(at);
        changed = true;
    }
    changed
}

/// The first charge of a block, if no step begins or ends before it.
fn charge_before_step(lines: &[Line], steps: &[bool]) -> Option<usize> {
    let at = lines.iter().position(|line| matches!(line.op, Op::Charge { .. }))?;
    (!lines[..at].iter().any(|line| parts(&line.op, steps))).then_some(at)
}
