//! Short arms of a fork, computed both: what a register holds behind them is selected.
//!
//! A processor guesses which way a fork goes, and a wrong guess costs more than a few instructions. It also keeps all
//! that surrounds the fork in one block, where equal expressions are found.

use std::collections::BTreeSet;

use bp_bytecode::op::{Op, Use};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::{Frame, Translator};
use crate::facts::Range;
use crate::plan::Flow;

/// The most instructions of an arm.
const MAX_ARM: usize = 8;

/// A fork whose arms meet again: their instructions, and where that is.
pub(super) struct Fork {
    arms: [std::ops::Range<usize>; 2],
    /// Where the arms' own blocks begin.
    blocks: Vec<u32>,
    meet: u32,
}

/// Is the instruction one that may be computed whether it is wanted or not? Where a number leaves 64 bits, the call
/// gives up only if it is.
fn harmless(op: &Op) -> bool {
    matches!(op, Op::Charge { .. }) || written(op).is_some()
}

/// The register that a harmless instruction writes.
fn written(op: &Op) -> Option<u16> {
    match *op {
        Op::Move { dst, .. } | Op::Int { dst, .. } | Op::Text { dst, .. } | Op::None { dst } => Some(dst.0),
        Op::AddWord { dst, .. } | Op::SubWord { dst, .. } | Op::MulWord { dst, .. } => Some(dst.0),
        Op::Add { dst, .. } | Op::Sub { dst, .. } | Op::Mul { dst, .. } | Op::Neg { dst, .. } => Some(dst.0),
        Op::Min { dst, .. } | Op::Max { dst, .. } | Op::MinConst { dst, .. } | Op::MaxConst { dst, .. } => Some(dst.0),
        Op::AddConst { dst, .. } | Op::MulConst { dst, .. } => Some(dst.0),
        Op::Compare { dst, .. } | Op::Not { dst, .. } => Some(dst.0),
        _ => None,
    }
}

/// The instructions of a block that nothing else leads to, and where it goes on; `None` if it is no arm.
fn arm(code: &[Op], start: u32, flow: &Flow) -> Option<(std::ops::Range<usize>, u32)> {
    if !flow.has_one_way(start) || flow.loops.contains(&start) {
        return None;
    }
    let start = start as usize;
    for (pc, op) in code.iter().enumerate().skip(start).take(MAX_ARM + 1) {
        if pc > start && flow.begins(pc) {
            return Some((start..pc, pc as u32));
        }
        match op {
            Op::Jump { to } => return Some((start..pc, to.0)),
            op if harmless(op) => {}
            _ => return None,
        }
    }
    None
}

/// The fork of a jump to `then` or `otherwise`, if both ways are short and meet again.
pub(super) fn fork(code: &[Op], from: u32, then: u32, otherwise: u32, flow: &Flow) -> Option<Fork> {
    let (arms, blocks, meet) = match (arm(code, then, flow), arm(code, otherwise, flow)) {
        (Some((one, meet)), Some((two, same))) if meet == same => ([one, two], vec![then, otherwise], meet),
        (Some((one, meet)), _) if meet == otherwise => ([one, 0..0], vec![then], meet),
        (_, Some((two, meet))) if meet == then => ([0..0, two], vec![otherwise], meet),
        _ => return None,
    };
    (!flow.goes_back(from, meet)).then_some(Fork { arms, blocks, meet })
}

impl<'a> Translator<'a, '_> {
    /// Translates both arms of a fork, the first for a word that is not 0, and goes on where they meet. Gives that place.
    pub(super) fn both_arms(&mut self, frame: &mut Frame<'a>, word: Value, fork: &Fork) -> u32 {
        let code: &'a [Op] = &frame.function.code;
        let condition = self.condition(word);
        let not = self.b.ins().icmp_imm_s(IntCC::Equal, condition, 0);
        let written: BTreeSet<u16> = fork.arms.iter().flat_map(|arm| &code[arm.clone()]).filter_map(written).collect();
        let before: Vec<Value> = written.iter().map(|register| self.register(frame, *register)).collect();
        let charges = self.charges;
        let mut ends = Vec::new();
        for (arm, wanted) in fork.arms.iter().zip([condition, not]) {
            self.charges = charges;
            for (register, value) in written.iter().zip(&before) {
                self.b.def_var(frame.registers[usize::from(*register)], *value);
            }
            self.wanted = Some(wanted);
            for pc in arm.clone() {
                frame.pc = pc;
                self.op(frame, &code[pc]);
            }
            self.wanted = None;
            let values: Vec<Value> = written.iter().map(|register| self.get(frame, Use(*register))).collect();
            ends.push((values, self.charges));
        }
        let [(one, first), (two, second)] = &ends[..] else { unreachable!("a fork has two arms") };
        self.charges = *first;
        if first != second {
            self.charges = charges;
            let cost = self.settle();
            let (first, second) = (self.int(charges - first), self.int(charges - second));
            let charged = self.b.ins().select(condition, first, second);
            let cost = self.b.ins().iadd(cost, charged);
            self.b.def_var(self.cost, cost);
        }
        for ((register, one), two) in written.iter().zip(one).zip(two) {
            let value = self.choose(condition, *one, *two);
            self.b.def_var(frame.registers[usize::from(*register)], value);
        }
        frame.done.extend(&fork.blocks);
        fork.meet
    }

    fn choose(&mut self, condition: Value, one: Value, two: Value) -> Value {
        if one == two {
            return one;
        }
        let (first, second) = (self.range(one), self.range(two));
        if (first, second) == (Range::one(1), Range::one(0)) && self.b.func.dfg.value_type(condition) != I64 {
            return self.truth(condition);
        }
        let value = self.b.ins().select(condition, one, two);
        self.facts.set_range(value, first.join(second));
        value
    }

    /// Gives up where a number has left 64 bits, unless it is one of an arm that is not taken.
    pub(super) fn give_up_if_wide(&mut self, over: Value) {
        let over = match self.wanted {
            Some(wanted) if self.b.func.dfg.value_type(wanted) == I64 => {
                let wanted = self.b.ins().icmp_imm_s(IntCC::NotEqual, wanted, 0);
                self.b.ins().band(over, wanted)
            }
            Some(wanted) => self.b.ins().band(over, wanted),
            None => over,
        };
        self.give_up_if(over, crate::context::status::WIDE);
    }
}
