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
        Op::StepBegin { .. } | Op::StepEnd { .. } | Op::StepFail { .. } => true,
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

/// Moves what all ways on from a block charge first into the block, if nobody else comes to them.
fn hoist(body: &mut Body, steps: &[bool]) -> bool {
    let cold: Vec<bool> = body.blocks.iter().map(|block| block.halts()).collect();
    let mut ways = vec![0; body.blocks.len()];
    ways[0] = 1;
    for block in 0..body.blocks.len() {
        body.follows(block).into_iter().for_each(|to| ways[to] += 1);
    }
    let mut changed = false;
    for block in 0..body.blocks.len() {
        let follows: Vec<usize> = body.follows(block).into_iter().filter(|to| !cold[*to]).collect();
        if follows.is_empty() || follows.iter().any(|to| ways[*to] != 1 || *to == block) {
            continue;
        }
        let charged = follows.iter().map(|to| charge_before_step(&body.blocks[*to].lines, steps));
        let Some(charged) = charged.collect::<Option<Vec<(usize, u32)>>>() else { continue };
        let Some(all) = charged.iter().map(|(_, amount)| *amount).min() else { continue };
        let lines = &mut body.blocks[block].lines;
        let own = lines.iter().rposition(|line| matches!(line.op, Op::Charge { .. }) || parts(&line.op, steps));
        let Some(own) = own else { continue };
        let Op::Charge { amount } = lines[own].op else { continue };
        let Some(sum) = amount.checked_add(all) else { continue };
        lines[own].op = Op::Charge { amount: sum };
        for (to, (at, amount)) in follows.into_iter().zip(charged) {
            let lines = &mut body.blocks[to].lines;
            lines[at].op = Op::Charge { amount: amount - all };
            lines.retain(|line| line.op != NOTHING);
        }
        changed = true;
    }
    changed
}

/// The first charge of a block and its amount, if no step begins or ends before it.
fn charge_before_step(lines: &[Line], steps: &[bool]) -> Option<(usize, u32)> {
    let at = lines.iter().position(|line| matches!(line.op, Op::Charge { .. }) || parts(&line.op, steps))?;
    match lines[at].op {
        Op::Charge { amount } => Some((at, amount)),
        _ => None,
    }
}
