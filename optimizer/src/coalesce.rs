//! Values are made where they are wanted: a copy into a window goes if the original can be made in the window.

use std::collections::HashSet;

use bp_bytecode::Program;
use bp_bytecode::op::Op;

use crate::body::Body;
use crate::context::{NOTHING, fits};
use crate::flow::{Site, Uses};
use crate::operands::{self, Operand};

pub fn coalesce(body: &mut Body, program: &Program) {
    while one(body, program) {}
    forward(body, program);
}

/// Makes one register of a copy's two, if that can be; looks for all copies in one walk.
fn one(body: &mut Body, program: &Program) -> bool {
    let uses = Uses::of(body, program);
    let mut windows = HashSet::new();
    for line in body.blocks.iter().flat_map(|block| &block.lines) {
        windows.extend(operands::window(&line.op, program, &body.registers).into_iter().flat_map(|w| w.registers()));
    }
    // Registers that one of this walk's changes is about already.
    let mut touched = HashSet::new();
    let mut renamed: Vec<(u16, u16)> = Vec::new();
    for block in 0..body.blocks.len() {
        for at in 0..body.blocks[block].lines.len() {
            let Op::Move { dst, a } = body.blocks[block].lines[at].op else { continue };
            let (w, a) = (dst.0, a.0);
            let can = w != a
                && !touched.contains(&w)
                && !touched.contains(&a)
                && !windows.contains(&a)
                && a >= body.params
                && matches!(uses.sites[usize::from(w)], Site::Once { .. })
                && fits(body.ty(a), body.ty(w))
                && (uses.is_value(a) || settled(body, program, (block, at), a));
            if can {
                touched.extend([w, a]);
                renamed.push((a, w));
                body.blocks[block].lines[at].op = NOTHING;
            }
        }
    }
    for (a, w) in &renamed {
        body.registers[usize::from(*w)] = body.ty(*a);
    }
    let map: std::collections::HashMap<u16, u16> = renamed.iter().copied().collect();
    for line in body.blocks.iter_mut().flat_map(|block| &mut block.lines) {
        operands::walk(&mut line.op, &mut |operand| {
            if let Operand::Read(register) | Operand::Write(register) = operand
                && let Some(other) = map.get(register)
            {
                *register = *other;
            }
        });
    }
    !renamed.is_empty()
}

/// Behind this copy the original is never assigned again.
fn settled(body: &Body, program: &Program, (block, at): (usize, usize), a: u16) -> bool {
    let assigns = |op: &Op| operands::writes(op, program, &body.registers).contains(&a);
    if body.blocks[block].lines[at..].iter().any(|line| assigns(&line.op)) {
        return false;
    }
    let mut seen = vec![false; body.blocks.len()];
    let mut todo = body.follows(block);
    while let Some(next) = todo.pop() {
        if !std::mem::replace(&mut seen[next], true) {
            if body.blocks[next].lines.iter().any(|line| assigns(&line.op)) {
                return false;
            }
            todo.extend(body.follows(next));
        }
    }
    true
}

/// A value that is made only to be copied, in the same block, is made in the copy's place.
fn forward(body: &mut Body, program: &Program) {
    let uses = Uses::of(body, program);
    for block in 0..body.blocks.len() {
        for at in 0..body.blocks[block].lines.len() {
            let Op::Move { dst, a } = body.blocks[block].lines[at].op else { continue };
            let Some((made_in, line)) = uses.made(a.0) else { continue };
            if made_in != block || line >= at || uses.counts[usize::from(a.0)] != 1 || dst.0 == a.0 {
                continue;
            }
            let lines = &body.blocks[block].lines;
            let between = &lines[line + 1..at];
            let used = between.iter().any(|line| {
                operands::reads(&line.op, program, &body.registers).contains(&dst.0)
                    || operands::writes(&line.op, program, &body.registers).contains(&dst.0)
            });
            // What goes elsewhere in between stands before the block's last jump; a copy does not.
            // A built-in function writes what it gives and nothing wider.
            let fits = match lines[line].op {
                Op::Builtin { .. } => body.ty(a.0) == body.ty(dst.0),
                _ => fits(body.ty(a.0), body.ty(dst.0)),
            };
            if used || operands::target(&lines[line].op) != Some(a.0) || !fits {
                continue;
            }
            let lines = &mut body.blocks[block].lines;
            operands::walk(&mut lines[line].op, &mut |operand| {
                if let Operand::Write(register) = operand {
                    *register = dst.0;
                }
            });
            lines[at].op = NOTHING;
        }
    }
}
