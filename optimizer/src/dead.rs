//! Instructions whose results nobody reads.

use bp_bytecode::op::Op;

use crate::body::Body;
use crate::context::{Context, NOTHING};
use crate::flow::Uses;
use crate::operands::{self, Kind};

/// Takes out what does nothing: unread results of instructions that cannot be a fault, copies of a register to
/// itself.
pub fn dead(body: &mut Body, context: &Context<'_>) {
    let mut counts = Uses::of(body, context.program).counts;
    let types = body.registers.clone();
    let mut changed = true;
    while changed {
        changed = false;
        for block in &mut body.blocks {
            block.lines.retain(|line| {
                let itself = matches!(line.op, Op::Move { dst, a } if dst.0 == a.0);
                let unread = operands::kind(&line.op) == Kind::Pure
                    && operands::target(&line.op).is_some_and(|target| counts[usize::from(target)] == 0);
                if line.op == NOTHING {
                    return false;
                }
                if itself || unread {
                    for register in operands::reads(&line.op, context.program, &types) {
                        counts[usize::from(register)] -= 1;
                    }
                    changed = true;
                    return false;
                }
                true
            });
        }
    }
}
