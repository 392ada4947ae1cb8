//! Comparisons that a jump or a check asks for become part of the jump.

use bp_bytecode::op::{Cmp, Label, Op, Stop, Use};
use bp_bytecode::shape::RegType;

use crate::body::{Block, Body, Line, mirrored, opposite};
use crate::clean::split;
use crate::context::Context;
use crate::flow::Uses;

pub fn fuse(body: &mut Body, context: &mut Context<'_>) {
    let uses = Uses::of(body, context.program);
    // Taken now, as lines move when blocks are split.
    let made: Vec<Option<Op>> = (0..body.registers.len() as u32)
        .map(|register| uses.made(register as u16).map(|(block, line)| body.blocks[block].lines[line].op))
        .collect();
    let made = Made { uses, made };
    let mut block = 0;
    while block < body.blocks.len() {
        let mut at = 0;
        while at < body.blocks[block].lines.len() {
            let line = body.blocks[block].lines[at].clone();
            match line.op {
                Op::JumpIf { condition, to } => {
                    if let Some(op) = made.compared(context, condition, true, to) {
                        body.blocks[block].lines[at].op = op;
                    }
                }
                Op::JumpUnless { condition, to } => {
                    if let Some(op) = made.compared(context, condition, false, to) {
                        body.blocks[block].lines[at].op = op;
                    }
                }
                // A check of a comparison that nobody else asks for: the way out of line says no.
                Op::Check { a, .. } if made.uses.counts.get(usize::from(a.0)) == Some(&1) => {
                    let cold = Label(body.blocks.len() as u32 + 1);
                    if let Op::Check { check, .. } = line.op
                        && let Some(op) = made.compared(context, a, false, cold)
                        && let Some(no) = body.fresh(RegType::Word)
                    {
                        let on = split(body, block, at + 1);
                        let lines = &mut body.blocks[block].lines;
                        lines[at].op = op;
                        lines[at + 1].op = Op::Jump { to: Label(on as u32) };
                        let stop = Op::Halt { why: Stop::Unreachable, detail: 0 };
                        let ops = [context.set(no, 0), Op::Check { a: Use(no), check }, stop];
                        let lines = ops.map(|op| Line { op, place: line.place }).into();
                        body.blocks.push(Block { lines });
                        break;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        block += 1;
    }
}

/// What makes each register that is assigned once.
struct Made {
    uses: Uses,
    made: Vec<Option<Op>>,
}

impl Made {
    fn of(&self, register: Use) -> Option<&Op> {
        self.made.get(usize::from(register.0))?.as_ref()
    }

    /// The jump that is taken where the comparison behind `condition` is `truth`.
    fn compared(&self, context: &mut Context<'_>, condition: Use, truth: bool, to: Label) -> Option<Op> {
        let (a, b, how) = match *self.of(condition)? {
            Op::Compare { a, b, how, .. } => (a, b, how),
            Op::Not { a, .. } if self.uses.is_value(a.0) => {
                return Some(if truth { Op::JumpUnless { condition: a, to } } else { Op::JumpIf { condition: a, to } });
            }
            _ => return None,
        };
        if !self.uses.is_value(a.0) || !self.uses.is_value(b.0) {
            return None;
        }
        let how = if truth { how } else { opposite(how) };
        let number = |register: Use, context: &Context<'_>| context.number(self.of(register)?);
        let literal = |a: Use, how: Cmp, value: i128, context: &mut Context<'_>| Op::JumpCompareConst {
            a,
            value: context.literal(value),
            how,
            to,
        };
        Some(match (number(a, context), number(b, context)) {
            (_, Some(value)) => literal(a, how, value, context),
            (Some(value), _) => literal(b, mirrored(how), value, context),
            _ => Op::JumpCompare { a, b, how, to },
        })
    }
}
