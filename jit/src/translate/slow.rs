//! Instructions that the machine runs: their operands go into shared registers, their result comes from there.

use bp_bytecode::op::{Def, Op, Use, UseWindow};
use bp_bytecode::program::TreeInput;
use bp_bytecode::shape::{RegType, Shape};
use bp_vm::exact::chain_width;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};

use super::{Frame, Translator};
use crate::context::{offset, status};
use crate::facts::Range;
use crate::shims::Shim;

impl<'a> Translator<'a, '_> {
    /// Registers that an instruction reads, and the one that it writes.
    fn operands(&self, op: &Op) -> Option<(Vec<u16>, Def)> {
        let window = |first: UseWindow, count: usize| (0..count).map(|at| first.0 + at as u16).collect::<Vec<u16>>();
        let all = |uses: &[Use]| uses.iter().map(|register| register.0).collect::<Vec<u16>>();
        Some(match *op {
            Op::RoundChain { dst, first, chain } => {
                (window(first, chain_width(&self.program.chains[chain.index()])), dst)
            }
            Op::Round { dst, a, .. } | Op::Format { dst, a, .. } | Op::Pad { dst, a, .. } => (all(&[a]), dst),
            Op::CompareScaled { dst, a, b, .. } | Op::Equal { dst, a, b } | Op::TextOrder { dst, a, b } => {
                (all(&[a, b]), dst)
            }
            Op::Append { dst, list, a } => (all(&[list, a]), dst),
            Op::Len { dst, list } => (all(&[list]), dst),
            Op::Put { dst, map, key, value } => (all(&[map, key, value]), dst),
            Op::Get { dst, map, key } => (all(&[map, key]), dst),
            Op::Keys { dst, map } | Op::Values { dst, map } => (all(&[map]), dst),
            Op::SortOrder { dst, keys, .. } => (all(&[keys]), dst),
            Op::Join { dst, first, count } => (window(first, count.into()), dst),
            Op::Builtin { dst, builtin, first } => (window(first, builtin.params().len()), dst),
            Op::Search { dst, tree, first } => (window(first, self.program.trees[tree.index()].inputs.len()), dst),
            Op::Config { dst, .. } | Op::Today { dst } | Op::Now { dst } => (vec![], dst),
            Op::Balance { dst, account, first } => {
                (window(first, self.program.accounts[account.index()].dimensions.len()), dst)
            }
            Op::RunGet { dst, key, .. } => (all(&[key]), dst),
            _ => return None,
        })
    }

    /// Has the machine run an instruction.
    pub(super) fn slow_op(&mut self, frame: &Frame<'_>, op: &Op) {
        self.end_room();
        self.store_cost();
        let Some((dst, value)) = self.ask(frame, op) else { return };
        self.load_cost();
        self.set(frame, dst, value);
    }

    /// Operands out, call, result in.
    fn ask(&mut self, frame: &Frame<'_>, op: &Op) -> Option<(Def, Value)> {
        let Some((uses, dst)) = self.operands(op) else {
            // The plan lets no other instruction come here.
            self.give_up(status::FAULT);
            let dead = self.b.create_block();
            self.go_on_in(dead);
            return None;
        };
        let flags = self.flags(self.regions.own);
        let registers = self.b.ins().load(I64, flags, self.context, offset::REGISTERS);
        for register in uses {
            let low = self.register(frame, register);
            let high = self.b.ins().sshr_imm_u(low, 63);
            self.b.ins().store(flags, low, registers, i32::from(register) * 16);
            self.b.ins().store(flags, high, registers, i32::from(register) * 16 + 8);
        }
        let func = self.b.ins().iconst(I32, i64::from(frame.id.0));
        let pc = self.b.ins().iconst(I32, frame.pc as i64);
        self.shim(Shim::Op, &[func, pc]);
        let low = self.b.ins().load(I64, flags, registers, i32::from(dst.0) * 16);
        if frame.function.registers[usize::from(dst.0)] == RegType::Wide {
            let high = self.b.ins().load(I64, flags, registers, i32::from(dst.0) * 16 + 8);
            let sign = self.b.ins().sshr_imm_u(low, 63);
            let wide = self.b.ins().icmp(IntCC::NotEqual, high, sign);
            self.give_up_if(wide, status::WIDE);
        }
        self.facts.set_range(low, Range::FULL);
        Some((dst, low))
    }

    /// A result that was computed here, or by the machine on the ways that lead to `slow`. The machine neither makes
    /// cells for such an instruction nor charges for it.
    pub(super) fn fast_or_slow(
        &mut self,
        frame: &Frame<'_>,
        op: &Op,
        fast: Value,
        slow: Block,
        range: Option<Range>,
    ) -> Value {
        self.b.set_cold_block(slow);
        self.b.seal_block(slow);
        if !self.facts.is_reached(slow) {
            return fast;
        }
        let on = self.b.create_block();
        let value = self.b.append_block_param(on, I64);
        self.jump(on, &[fast.into()]);
        self.b.switch_to_block(slow);
        self.facts.seal(slow);
        let cost = self.b.use_var(self.cost);
        let cost = self.b.ins().iadd_imm_s(cost, -self.charges);
        self.store(self.regions.own, cost, self.context, offset::COST);
        let asked = match self.ask(frame, op) {
            Some((_, value)) => value,
            None => fast,
        };
        self.jump(on, &[asked.into()]);
        self.go_on_in(on);
        if let Some(range) = range {
            self.facts.set_range(value, range);
        }
        value
    }

    /// Does the tree look at texts?
    pub(super) fn reads_text(&self, tree: usize) -> bool {
        self.program.trees[tree].inputs.contains(&TreeInput::Text)
    }

    /// The number of fields of a case.
    pub(super) fn case_width(&self, frame: &Frame<'_>, register: u16, case: u16) -> usize {
        match self.shape_of(frame, register) {
            Some(Shape::Variant(cases)) => cases.cases[usize::from(case)].fields.len(),
            _ => 0,
        }
    }

    pub(super) fn shape_of(&self, frame: &Frame<'_>, register: u16) -> Option<&'a Shape> {
        match frame.function.registers[usize::from(register)] {
            RegType::Handle(shape) => Some(&self.program.shapes[shape.index()]),
            RegType::Word | RegType::Wide => None,
        }
    }
}
