//! Effects go into a log, which the host hands to the world when the call has ended well.

use bp_bytecode::border::{FIRST_DAY, LAST_DAY};
use bp_bytecode::index::{AccountId, PostId};
use bp_bytecode::op::{Op, Side, Use, UseWindow};
use bp_bytecode::shape::{RegType, Shape};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::{Frame, Room, Translator};
use crate::context::{note, offset, status};
use crate::shims::Shim;
use crate::tables::EntryForm;

/// An entry whose lines all stand in one stretch of instructions.
pub(super) struct OpenEntry {
    post: PostId,
    day: Value,
    text: Value,
    pub lines: Vec<(AccountId, Value, Vec<Value>)>,
}

impl<'a> Translator<'a, '_> {
    /// Translates an instruction with effects; `false` if it is none.
    pub(super) fn effect_op(&mut self, frame: &mut Frame<'a>, op: &Op) -> bool {
        match *op {
            Op::StepBegin { step } => {
                self.check_cost();
                let full = self.full_cost();
                self.b.def_var(self.cost, full);
                let begun = self.int(1);
                self.store(self.regions.own, begun, self.context, offset::STEP_BEGUN);
                if self.row.is_none() {
                    self.note(note::STEP_BEGIN, u64::from(step.0), &[]);
                }
            }
            // Where entries are added up, the world hears nothing of steps.
            Op::StepEnd { .. } if self.row.is_some() => {}
            Op::StepEnd { step } => self.note(note::STEP_END, u64::from(step.0), &[]),
            Op::PostBegin { post, text, day } => self.post_begin(frame, post, text, day),
            Op::PostLine { account, side, amount, first } => self.post_line(frame, account, side, amount, first),
            Op::PostEnd { post } => match self.entry.take() {
                Some(entry) => self.post_known(entry),
                None => self.note(note::POST_END, u64::from(post.0), &[]),
            },
            Op::RunPut { process, key, run } => {
                let RegType::Handle(shape) = frame.function.registers[usize::from(run.0)] else { return false };
                let words = [self.get(frame, key), self.get(frame, run)];
                self.note(note::RUN, u64::from(process.0) | u64::from(shape.0) << 16, &words);
            }
            Op::Pick { dst, base, index } => {
                let constants = &self.program.constants[base.index()..];
                let words = constants.iter().map_while(|constant| i64::try_from(*constant).ok());
                self.pick(frame, dst, index, words);
            }
            Op::PickText { dst, base, index } => {
                let (plan, count) = (self.plan, self.program.texts.len());
                let texts = (base.0..count as u32).map(|text| plan.literal(bp_bytecode::index::TextId(text)) as i64);
                self.pick(frame, dst, index, texts);
            }
            Op::Search { dst, tree, first } => {
                if self.reads_text(tree.index()) {
                    return false;
                }
                let program = self.program;
                let tree = &program.trees[tree.index()];
                let inputs = self.window(frame, first, tree.inputs.len());
                let leaf = self.search(tree, &inputs);
                self.set(frame, dst, leaf);
            }
            _ => return false,
        }
        true
    }

    fn post_begin(&mut self, frame: &Frame<'a>, post: PostId, text: Use, day: Use) {
        let (text, day) = (self.get(frame, text), self.get(frame, day));
        let range = self.range(day);
        if range.low < FIRST_DAY || range.high > LAST_DAY {
            let since = self.b.ins().iadd_imm_s(day, -FIRST_DAY);
            let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, since, LAST_DAY - FIRST_DAY);
            self.give_up_if(outside, status::FAULT);
        }
        if self.form_is_known(frame) {
            self.entry = Some(OpenEntry { post, day, text, lines: Vec::new() });
        } else {
            self.entry = None;
            self.note(note::POST_BEGIN, u64::from(post.0), &[day, text]);
        }
    }

    /// Do all lines of the entry that begins here stand in this block, with nothing else posting in between?
    fn form_is_known(&self, frame: &Frame<'a>) -> bool {
        for (at, op) in frame.function.code.iter().enumerate().skip(frame.pc + 1) {
            match op {
                Op::PostEnd { .. } => return true,
                Op::PostBegin { .. } | Op::StepBegin { .. } | Op::StepEnd { .. } => return false,
                Op::Jump { .. } | Op::JumpIf { .. } | Op::JumpUnless { .. } | Op::Switch { .. } => return false,
                Op::Return { .. } | Op::Halt { .. } | Op::Unpack { .. } | Op::Unsome { .. } => return false,
                Op::Call { func, .. } if self.plan.posts(*func) => return false,
                _ if frame.blocks[at].is_some() => return false,
                _ => {}
            }
        }
        false
    }

    fn post_line(&mut self, frame: &Frame<'_>, account: AccountId, side: Side, amount: Use, first: UseWindow) {
        let mut amount = self.get(frame, amount);
        if side == Side::Credit {
            let zero = self.int(0);
            amount = self.sub(zero, amount);
        }
        let dims = self.window(frame, first, self.program.accounts[account.index()].dimensions.len());
        match &mut self.entry {
            Some(entry) => entry.lines.push((account, amount, dims)),
            None => {
                let words: Vec<Value> = [amount].into_iter().chain(dims).collect();
                self.note(note::POST_LINE, u64::from(account.0), &words);
            }
        }
    }

    /// Writes a whole entry at once.
    fn post_known(&mut self, entry: OpenEntry) {
        let shapes = |account: &AccountId| &self.program.shapes[self.program.accounts[account.index()].shape.index()];
        let mut units = entry.lines.iter().map(|(account, ..)| match shapes(account) {
            Shape::Number { scale, unit } => Some((*scale, unit)),
            _ => None,
        });
        let first = units.next().flatten();
        let balanced = first.is_some() && units.all(|unit| unit == first);
        if !balanced {
            self.refuse_rows();
        } else {
            let mut sum = self.int(0);
            for (_, amount, _) in &entry.lines {
                sum = self.add(sum, *amount);
            }
            self.give_up_if(sum, status::FAULT);
        }
        if self.row.is_some() {
            return self.add_up(&entry);
        }
        let mut form = EntryForm { post: entry.post, lines: Vec::new(), dims: 0, balanced };
        let mut words = vec![entry.day, entry.text];
        for (account, amount, dims) in &entry.lines {
            form.lines.push((*account, form.dims, dims.len() as u32));
            form.dims += dims.len() as u32;
            words.push(*amount);
        }
        words.extend(entry.lines.iter().flat_map(|(_, _, dims)| dims));
        let number = self.link.tables().entries.len() as u64;
        self.link.tables().entries.push(form);
        self.note(note::ENTRY, number, &words);
    }

    /// Writes a note into the log.
    fn note(&mut self, what: u64, number: u64, words: &[Value]) {
        self.refuse_rows();
        self.make_log_room(words.len() as i64 + 1);
        let place = self.load(self.regions.log_place, self.context, offset::LOG);
        let head = self.b.ins().iconst(I64, note::word(what, number) as i64);
        let flags = self.flags(self.regions.log);
        self.b.ins().store(flags, head, place, 0);
        for (at, word) in words.iter().enumerate() {
            self.b.ins().store(flags, *word, place, (at as i32 + 1) * 8);
        }
        let next = self.b.ins().iadd_imm_s(place, (words.len() as i64 + 1) * 8);
        self.store(self.regions.log_place, next, self.context, offset::LOG);
    }

    /// Sees to it that the log has room for so many words more; once for a stretch without calls.
    fn make_log_room(&mut self, words: i64) {
        if let Some(room) = &mut self.log_room {
            room.slots += words;
            return;
        }
        let count = self.b.ins().iconst(I64, 0);
        let inst = self.b.func.dfg.value_def(count).unwrap_inst();
        self.log_room = Some(Room { inst, slots: words });
        let place = self.load(self.regions.log_place, self.context, offset::LOG);
        let end = self.load(self.regions.heap_place, self.context, offset::LOG_END);
        let free = self.b.ins().isub(end, place);
        let wanted = self.b.ins().ishl_imm_u(count, 3);
        let short = self.b.ins().icmp(IntCC::SignedLessThan, free, wanted);
        let (grow, on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(grow);
        self.branch(short, grow, on);
        self.b.seal_block(grow);
        self.b.switch_to_block(grow);
        self.shim(Shim::Log, &[count]);
        self.jump(on, &[]);
        self.go_on_in(on);
    }
}
