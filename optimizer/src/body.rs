//! A function while it is worked on: blocks of instructions instead of one run of them.
//!
//! In a block's instructions, labels are numbers of blocks and switches are numbers of the body's own tables. A block
//! ends in `jump`, `switch`, `return` or `halt`; directly before a `jump` one instruction may stand that goes
//! elsewhere ([`Block::branch`]). Nothing falls through.

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::{PlaceId, SwitchId};
use bp_bytecode::op::{Cmp, Def, Label, Op, Use};
use bp_bytecode::program::Function;
use bp_bytecode::shape::RegType;

use crate::operands::{self, Operand};

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub op: Op,
    pub place: PlaceId,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub params: u16,
    pub registers: Vec<RegType>,
    pub result: RegType,
    pub blocks: Vec<Block>,
    pub switches: Vec<Vec<u32>>,
}

/// The most registers of a function: their number has 16 bits.
const REGISTERS_MAX: usize = u16::MAX as usize;

impl Block {
    pub fn last(&self) -> Option<&Op> {
        self.lines.last().map(|line| &line.op)
    }

    /// Where the instruction is that goes elsewhere or on to the block's last one.
    pub fn branch(&self) -> Option<usize> {
        let at = self.lines.len().checked_sub(2)?;
        operands::labels(&self.lines[at].op).map(|_| at)
    }

    /// The end that a run which does not fault never comes to.
    pub fn halts(&self) -> bool {
        matches!(self.last(), Some(Op::Halt { .. }))
    }
}

impl Body {
    pub fn of(function: &Function, program: &Program) -> Body {
        let goes = |op: &Op| match op {
            Op::Switch { table, .. } => program.switches[table.index()].iter().map(|label| label.0).collect(),
            _ => operands::labels(op).into_iter().collect::<Vec<u32>>(),
        };
        let mut begins = vec![false; function.code.len()];
        begins[0] = true;
        for (at, op) in function.code.iter().enumerate() {
            let goes = goes(op);
            if (!goes.is_empty() || ends(op)) && at + 1 < begins.len() {
                begins[at + 1] = true;
            }
            goes.iter().for_each(|to| begins[*to as usize] = true);
        }
        let mut number = 0u32;
        let block_at: Vec<u32> = begins
            .iter()
            .map(|begin| {
                number += u32::from(*begin);
                number - 1
            })
            .collect();
        let mut body = Body {
            params: function.params,
            registers: function.registers.clone(),
            result: function.result,
            blocks: vec![Block::default(); number as usize],
            switches: Vec::new(),
        };
        for (at, op) in function.code.iter().enumerate() {
            let (mut op, place) = (*op, function.places[at]);
            operands::walk(&mut op, &mut |operand| {
                if let Operand::Goes(label) = operand {
                    *label = block_at[*label as usize];
                }
            });
            if let Op::Switch { table, .. } = &mut op {
                let places = program.switches[table.index()].iter().map(|label| block_at[label.0 as usize]).collect();
                body.switches.push(places);
                *table = SwitchId(body.switches.len() as u16 - 1);
            }
            let lines = &mut body.blocks[block_at[at] as usize].lines;
            let ended = ends(&op);
            lines.push(Line { op, place });
            if !ended && begins.get(at + 1) == Some(&true) {
                lines.push(Line { op: Op::Jump { to: Label(block_at[at + 1]) }, place });
            }
        }
        body
    }

    /// A new register; `None` where there is no number left for it.
    pub fn fresh(&mut self, ty: RegType) -> Option<u16> {
        if self.registers.len() >= REGISTERS_MAX {
            return None;
        }
        self.registers.push(ty);
        Some((self.registers.len() - 1) as u16)
    }

    pub fn ty(&self, register: u16) -> RegType {
        self.registers[usize::from(register)]
    }

    /// Where a block may go.
    pub fn follows(&self, block: usize) -> Vec<usize> {
        let block = &self.blocks[block];
        let mut found: Vec<usize> = Vec::new();
        if let Some(at) = block.branch() {
            found.extend(operands::labels(&block.lines[at].op).map(|label| label as usize));
        }
        match block.last() {
            Some(Op::Jump { to }) => found.push(to.0 as usize),
            Some(Op::Switch { table, .. }) => {
                found.extend(self.switches[table.index()].iter().map(|label| *label as usize));
            }
            _ => {}
        }
        found
    }

    /// Sends every way out of a block that leads to `from` to `to` instead.
    pub fn redirect(&mut self, block: usize, from: usize, to: usize) {
        for line in &mut self.blocks[block].lines {
            operands::walk(&mut line.op, &mut |operand| match operand {
                Operand::Goes(label) if *label as usize == from => *label = to as u32,
                _ => {}
            });
            if let Op::Switch { table, .. } = line.op {
                let places = self.switches[table.index()].iter_mut();
                places.filter(|label| **label as usize == from).for_each(|label| *label = to as u32);
            }
        }
    }

    /// The order of blocks in the finished code: each behind one that goes to it by its last jump, where that can
    /// be; what leads only to a stop at the end.
    fn layout(&self) -> Vec<usize> {
        let mut cold: Vec<bool> = self.blocks.iter().map(Block::halts).collect();
        loop {
            let colder = |b: &usize| {
                let follows = self.follows(*b);
                !cold[*b] && !follows.is_empty() && follows.iter().all(|to| cold[*to])
            };
            let Some(found) = (0..self.blocks.len()).find(colder) else { break };
            cold[found] = true;
        }
        let mut order = Vec::new();
        let mut placed = vec![false; self.blocks.len()];
        let (mut warm, mut later) = (vec![0], Vec::new());
        while let Some(mut next) = warm.pop().or_else(|| later.pop()) {
            while !placed[next] {
                placed[next] = true;
                order.push(next);
                let mut follows = self.follows(next);
                // The last jump's target goes on here; the others wait.
                let direct = match self.blocks[next].last() {
                    Some(Op::Jump { .. }) => follows.pop(),
                    _ => None,
                };
                for to in follows.into_iter().rev() {
                    if cold[to] { later.push(to) } else { warm.push(to) }
                }
                match direct {
                    Some(to) if !cold[to] || cold[next] => next = to,
                    Some(to) => {
                        later.push(to);
                        break;
                    }
                    None => break,
                }
            }
        }
        order
    }

    /// The function as it runs; `None` if its parts are too many for their numbers.
    pub fn finish(mut self, original: &Function, switches: &mut Vec<Vec<Label>>) -> Option<Function> {
        let order = self.layout();
        let behind: HashMap<usize, usize> = order.windows(2).map(|pair| (pair[0], pair[1])).collect();
        for block in &order {
            self.turn(*block, behind.get(block).copied());
        }
        let mut starts = vec![0u32; self.blocks.len()];
        let mut code: Vec<Line> = Vec::new();
        for block in &order {
            starts[*block] = code.len() as u32;
            let mut lines = std::mem::take(&mut self.blocks[*block].lines);
            let next = behind.get(block).copied();
            if matches!(lines.last(), Some(Line { op: Op::Jump { to }, .. }) if Some(to.0 as usize) == next) {
                lines.pop();
            }
            code.extend(lines);
        }
        for line in &mut code {
            operands::walk(&mut line.op, &mut |operand| {
                if let Operand::Goes(label) = operand {
                    *label = starts[*label as usize];
                }
            });
            if let Op::Switch { table, .. } = &mut line.op {
                let places = self.switches[table.index()].iter().map(|block| Label(starts[*block as usize]));
                switches.push(places.collect());
                *table = SwitchId(u16::try_from(switches.len() - 1).ok()?);
            }
        }
        Some(Function {
            name: original.name,
            place: original.place,
            params: self.params,
            registers: self.registers,
            result: self.result,
            places: code.iter().map(|line| line.place).collect(),
            code: code.into_iter().map(|line| line.op).collect(),
        })
    }

    /// Turns a conditional jump to the next block around, so that the way on needs no jump.
    fn turn(&mut self, block: usize, next: Option<usize>) {
        let Some(at) = self.blocks[block].branch() else { return };
        let lines = &mut self.blocks[block].lines;
        let (Some(elsewhere), Op::Jump { to }) = (operands::labels(&lines[at].op), lines[at + 1].op) else { return };
        if Some(elsewhere as usize) != next || Some(to.0 as usize) == next {
            return;
        }
        let Some(turned) = inverse(&lines[at].op, to) else { return };
        lines[at].op = turned;
        lines[at + 1].op = Op::Jump { to: Label(elsewhere) };
    }
}

/// The conditional jump that goes to `to` exactly where this one goes on.
pub fn inverse(op: &Op, to: Label) -> Option<Op> {
    Some(match *op {
        Op::JumpIf { condition, .. } => Op::JumpUnless { condition, to },
        Op::JumpUnless { condition, .. } => Op::JumpIf { condition, to },
        Op::JumpCompare { a, b, how, .. } => Op::JumpCompare { a, b, how: opposite(how), to },
        Op::JumpCompareConst { a, value, how, .. } => Op::JumpCompareConst { a, value, how: opposite(how), to },
        _ => return None,
    })
}

/// Holds exactly where the given one does not.
pub fn opposite(how: Cmp) -> Cmp {
    match how {
        Cmp::Eq => Cmp::Ne,
        Cmp::Ne => Cmp::Eq,
        Cmp::Lt => Cmp::Ge,
        Cmp::Le => Cmp::Gt,
        Cmp::Gt => Cmp::Le,
        Cmp::Ge => Cmp::Lt,
    }
}

/// Holds for b and a exactly where the given one holds for a and b.
pub fn mirrored(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        Cmp::Eq | Cmp::Ne => how,
    }
}

/// Does this instruction never go on to the next one?
pub fn ends(op: &Op) -> bool {
    matches!(
        op,
        Op::Jump { .. }
            | Op::Switch { .. }
            | Op::Return { .. }
            | Op::Halt { .. }
            | Op::Decline {}
            | Op::EndBranch { .. }
    )
}

/// A copy of one register in another.
pub fn copy(dst: u16, a: u16) -> Op {
    Op::Move { dst: Def(dst), a: Use(a) }
}
