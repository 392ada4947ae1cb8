//! Blocks, jumps, calls.

use bp_bytecode::index::FuncId;
use bp_bytecode::op::{Def, Label, Op, Use, UseWindow};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder, JumpTableData, StackSlotData, StackSlotKind, Value};

use super::{After, Frame, Translator, arms};
use crate::context::{offset, status};
use crate::facts::Range;
use crate::plan::Flow;

/// How long a function may become by functions translated inside it.
const MAX_SIZE: usize = 6_000;
/// How long a function may be that is translated inside another.
const MAX_INSIDE: usize = 400;
const MAX_DEPTH: u32 = 24;

impl<'a> Translator<'a, '_> {
    /// Translates all blocks of a function, beginning in the running one.
    pub(super) fn blocks(&mut self, frame: &mut Frame<'a>, flow: &'a Flow) {
        for start in &flow.order {
            // The first one goes on where the caller stands, unless something jumps back to it.
            if *start != 0 || flow.loops.contains(&0) {
                frame.blocks[*start as usize] = Some(self.b.create_block());
            }
        }
        for (at, start) in flow.order.iter().enumerate() {
            if frame.done.contains(start) {
                continue;
            }
            frame.start = *start;
            frame.last = flow.order[at + 1..].iter().all(|start| frame.done.contains(start));
            match frame.blocks[*start as usize] {
                Some(block) => {
                    if *start == 0 {
                        self.end_block();
                        self.jump(block, &[]);
                    }
                    self.b.switch_to_block(block);
                    if !flow.loops.contains(start) {
                        self.b.seal_block(block);
                        self.facts.seal(block);
                    }
                }
                None => debug_assert_eq!(*start, 0),
            }
            if frame.after.is_none() || *start != 0 {
                self.entry = None;
            }
            self.block(frame, *start as usize, flow);
        }
        for start in &flow.loops {
            if let Some(block) = frame.blocks[*start as usize] {
                self.b.seal_block(block);
            }
        }
        if let Some(After { block: Some(block), .. }) = frame.after {
            self.go_on_in(block);
        }
    }

    /// Translates instructions until one ends the block.
    fn block(&mut self, frame: &mut Frame<'a>, start: usize, flow: &'a Flow) {
        let code: &'a [Op] = &frame.function.code;
        let mut pc = start;
        loop {
            frame.pc = pc;
            let op = &code[pc];
            pc += 1;
            match *op {
                Op::Jump { to } => return self.jump_to(frame, to, flow),
                Op::JumpIf { .. } | Op::JumpUnless { .. } | Op::JumpCompare { .. } | Op::JumpCompareConst { .. } => {
                    let (word, then, otherwise) = self.asked(frame, op, pc as u32);
                    if let Some(known) = self.constant(word) {
                        return self.jump_to(frame, Label(if known == 0 { otherwise } else { then }), flow);
                    }
                    match arms::fork(code, frame.start, then, otherwise, flow) {
                        Some(fork) => {
                            let meet = self.both_arms(frame, word, &fork);
                            return self.jump_to(frame, Label(meet), flow);
                        }
                        None => return self.jump_where(frame, word, then, otherwise, flow),
                    }
                }
                Op::Switch { on, table } => return self.switch(frame, on, table.index(), flow),
                Op::Return { a } => return self.return_from(frame, a),
                Op::Halt { .. } => {
                    self.charges = 0;
                    self.end_room();
                    return self.give_up(status::FAULT);
                }
                Op::Unpack { a, case, first, otherwise } => {
                    let (fits, not) = (self.b.create_block(), self.target(frame, otherwise.0));
                    let cell = self.get(frame, a);
                    let tag = self.slot(cell, 0);
                    let same = self.b.ins().icmp_imm_s(IntCC::Equal, tag, i64::from(case));
                    self.edge(frame, otherwise.0, flow);
                    self.end_block();
                    self.branch(same, fits, not);
                    self.go_on_in(fits);
                    for at in 0..self.case_width(frame, a.0, case) {
                        let value = self.slot(cell, at + 1);
                        self.set(frame, Def(first.0 + at as u16), value);
                    }
                }
                Op::Unsome { dst, a, otherwise } => {
                    let (there, not) = (self.b.create_block(), self.target(frame, otherwise.0));
                    let cell = self.get(frame, a);
                    self.edge(frame, otherwise.0, flow);
                    self.end_block();
                    self.branch(cell, there, not);
                    self.go_on_in(there);
                    let value = self.slot(cell, 0);
                    self.set(frame, dst, value);
                }
                _ => self.op(frame, op),
            }
            if let Some(next) = frame.blocks[pc] {
                self.edge(frame, pc as u32, flow);
                self.end_block();
                return self.jump(next, &[]);
            }
        }
    }

    fn target(&self, frame: &Frame<'_>, label: u32) -> Block {
        // Every place that a reachable jump names begins a block: `Flow` walked the same jumps.
        frame.blocks[label as usize].unwrap_or_else(|| unreachable!("a jump to no block"))
    }

    /// What has to be done before a block is left.
    pub(super) fn end_block(&mut self) {
        self.settle();
        self.end_room();
    }

    /// Going back costs: a loop ends when its budget is spent.
    fn edge(&mut self, frame: &Frame<'_>, to: u32, flow: &Flow) {
        if flow.goes_back(frame.start, to) {
            self.check_cost();
        }
    }

    fn jump_to(&mut self, frame: &Frame<'_>, to: Label, flow: &Flow) {
        self.edge(frame, to.0, flow);
        self.end_block();
        let to = self.target(frame, to.0);
        self.jump(to, &[]);
    }

    /// What a jump asks, and where it goes if that is so and if not.
    fn asked(&mut self, frame: &Frame<'_>, op: &Op, next: u32) -> (Value, u32, u32) {
        match *op {
            Op::JumpUnless { condition, to } => (self.get(frame, condition), next, to.0),
            Op::JumpCompare { a, b, how, to } => {
                let (a, b) = (self.get(frame, a), self.get(frame, b));
                (self.compare(how, a, b), to.0, next)
            }
            Op::JumpCompareConst { a, value, how, to } => (self.compare_const(frame, a, value, how), to.0, next),
            Op::JumpIf { condition, to } => (self.get(frame, condition), to.0, next),
            _ => unreachable!("{} asks nothing", op.name()),
        }
    }

    /// Goes to `then` where the word is not 0, else to `otherwise`.
    fn jump_where(&mut self, frame: &Frame<'_>, word: Value, then: u32, otherwise: u32, flow: &Flow) {
        let condition = self.condition(word);
        self.edge(frame, then, flow);
        self.edge(frame, otherwise, flow);
        self.end_block();
        let (then, otherwise) = (self.target(frame, then), self.target(frame, otherwise));
        self.branch(condition, then, otherwise);
    }

    fn switch(&mut self, frame: &Frame<'_>, on: Use, table: usize, flow: &Flow) {
        let table = &self.program.switches[table];
        let on = self.get(frame, on);
        let labels: Vec<u32> = table.iter().map(|label| label.0).collect();
        for label in &labels {
            self.edge(frame, *label, flow);
        }
        self.end_block();
        let targets: Vec<Block> = labels.iter().map(|label| self.target(frame, *label)).collect();
        self.jump_table(on, &targets);
    }

    /// Goes to the target that a word numbers; to the last one for every other word.
    pub(super) fn jump_table(&mut self, on: Value, targets: &[Block]) {
        let Some((last, others)) = targets.split_last() else { return self.give_up(status::FAULT) };
        let none = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, on, others.len() as i64);
        let end = self.int(others.len() as i64);
        let place = self.b.ins().select(none, end, on);
        let place = self.word32(place);
        let pool = &mut self.b.func.dfg.value_lists;
        let call = |block: &Block, pool: &mut _| cranelift_codegen::ir::BlockCall::new(*block, [], pool);
        let default = call(last, pool);
        let calls: Vec<_> = others.iter().map(|block| call(block, pool)).collect();
        let table = self.b.create_jump_table(JumpTableData::new(default, &calls));
        let inst = self.b.ins().br_table(place, table);
        for target in targets {
            self.facts.branch(*target, inst);
        }
    }

    fn return_from(&mut self, frame: &mut Frame<'a>, a: Use) {
        let value = self.get(frame, a);
        match &mut frame.after {
            Some(after) if after.single => {
                after.value = Some(value);
                // Nothing is left to translate in between: the caller goes on in this block.
                if !frame.last {
                    let block = self.b.create_block();
                    after.block = Some(block);
                    self.end_block();
                    self.jump(block, &[]);
                }
            }
            Some(after) => {
                let block = after.block;
                self.end_block();
                if let Some(block) = block {
                    self.jump(block, &[value.into()]);
                }
            }
            None if self.row.is_some() => self.end_row(value),
            None => {
                self.store_cost();
                self.end_room();
                self.store(self.regions.own, value, self.context, offset::RESULT);
                let well = self.b.ins().iconst(I64, status::WELL);
                self.b.ins().return_(&[well]);
            }
        }
    }

    pub(super) fn call(&mut self, frame: &mut Frame<'a>, dst: Def, func: FuncId, first: UseWindow) {
        let callee = &self.program.functions[func.index()];
        let args: Vec<Value> = (0..callee.params).map(|at| self.register(frame, first.0 + at)).collect();
        let value = match self.inside(func, &args, frame.depth) {
            Some(value) => value,
            None => {
                if self.plan.posts(func) {
                    self.refuse_rows();
                }
                self.call_native(func, &args)
            }
        };
        self.set(frame, dst, value);
    }

    /// Translates a function here, if it is short enough; gives its result.
    pub(super) fn inside(&mut self, func: FuncId, args: &[Value], depth: u32) -> Option<Value> {
        let size = self.program.functions[func.index()].code.len();
        if size > MAX_INSIDE || self.size + size > MAX_SIZE || depth >= MAX_DEPTH {
            return None;
        }
        let single = self.plan.flow(func).returns == 1;
        let block = (!single).then(|| self.b.create_block());
        let result = block.map(|block| self.b.append_block_param(block, I64));
        let entry = self.entry.take();
        let after = self.body(func, args, Some(After { block, single, value: None }), depth + 1);
        self.entry = entry;
        result.or(after.and_then(|after| after.value))
    }

    /// Calls a function's own native code.
    pub(super) fn call_native(&mut self, func: FuncId, args: &[Value]) -> Value {
        self.end_room();
        self.store_cost();
        let size = (args.len().max(1) * 8) as u32;
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        let window = self.b.ins().stack_addr(I64, slot, 0);
        for (at, arg) in args.iter().enumerate() {
            self.store(self.regions.own, *arg, window, at as i32 * 8);
        }
        let Some(callee) = self.link.function(func, self.b.func) else {
            self.give_up(status::FAULT);
            let dead = self.b.create_block();
            self.go_on_in(dead);
            return self.int(0);
        };
        let call = self.b.ins().call(callee, &[self.context, window]);
        let given = self.b.inst_results(call)[0];
        self.check_status(given);
        self.load_cost();
        let result = self.load(self.regions.own, self.context, offset::RESULT);
        self.facts.set_range(result, Range::FULL);
        result
    }
}
