//! Cells of the heap: made by moving its end, read by one load.

use std::collections::HashMap;

use bp_bytecode::op::{Op, UseWindow};
use bp_bytecode::shape::Shape;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Imm64;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Inst, InstBuilder, InstructionData, Opcode, Value};

use super::{Frame, Room, Translator};
use crate::context::{offset, status};
use crate::facts::{Cell, Range};
use crate::shims::Shim;

const HANDLES: Range = Range { low: 1, high: i32::MAX as i64 };

/// Uses of a cell's handle where it is made.
const OWN_USES: u32 = 2;

/// In front of a list's elements: its capacity and how many of it are used.
const LIST_HEADER: i64 = 2;

/// A cell that was made: its handle, and what wrote it.
pub(super) struct Made {
    handle: Value,
    writes: Vec<Inst>,
}

impl<'a> Translator<'a, '_> {
    /// Translates an instruction on cells; `false` if it is none, or one for the machine.
    pub(super) fn cell_op(&mut self, frame: &mut Frame<'a>, op: &Op) -> bool {
        match *op {
            Op::Record { dst, first } => {
                let width = match self.shape_of(frame, dst.0) {
                    Some(Shape::Record(record)) => record.fields.len(),
                    _ => 0,
                };
                let slots = self.window(frame, first, width);
                // As the machine counts: it makes room for a lead slot as well.
                let cell = self.cell(slots);
                self.set(frame, dst, cell);
            }
            Op::Variant { dst, case, first } => {
                let width = self.case_width(frame, dst.0, case);
                let mut slots = vec![self.int(i64::from(case))];
                slots.extend(self.window(frame, first, width));
                let cell = self.cell(slots);
                self.set(frame, dst, cell);
            }
            Op::Some { dst, a } => {
                let slots = vec![self.get(frame, a)];
                let cell = self.cell(slots);
                self.set(frame, dst, cell);
            }
            Op::None { dst } | Op::MapNew { dst } => {
                let none = self.int(0);
                self.set(frame, dst, none);
            }
            Op::Field { dst, a, field } => {
                let cell = self.get(frame, a);
                let value = self.slot(cell, field.into());
                if let Some(Shape::Record(record)) = self.shape_of(frame, a.0)
                    && self.range(value) == Range::FULL
                {
                    let range = self.range_of(record.fields[usize::from(field)].shape);
                    self.facts.set_range(value, range);
                }
                self.set(frame, dst, value);
            }
            Op::Tag { dst, a } => {
                let cell = self.get(frame, a);
                let value = self.slot(cell, 0);
                self.set(frame, dst, value);
            }
            Op::List { dst, first, count } => {
                let len = i64::from(count);
                let mut slots = vec![self.int(len), self.int(len)];
                slots.extend(self.window(frame, first, count.into()));
                let block = self.cell(slots);
                let offset = self.b.ins().iadd_imm_s(block, LIST_HEADER);
                let high = self.b.ins().ishl_imm_u(offset, 32);
                let list = self.b.ins().bor_imm_u(high, len);
                self.set(frame, dst, list);
            }
            Op::Len { dst, list } => {
                if !matches!(self.shape_of(frame, list.0), Some(Shape::List(_))) {
                    return false;
                }
                let list = self.get(frame, list);
                let len = self.list_len(list);
                self.set(frame, dst, len);
            }
            Op::Item { dst, list, index } => {
                let (list, index) = (self.get(frame, list), self.get(frame, index));
                let len = self.list_len(list);
                let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
                self.give_up_if(outside, status::FAULT);
                let first = self.b.ins().ushr_imm_u(list, 32);
                let place = self.b.ins().iadd(first, index);
                let value = self.load_slot(place, 0);
                self.set(frame, dst, value);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn window(&mut self, frame: &Frame<'_>, first: UseWindow, count: usize) -> Vec<Value> {
        (0..count).map(|at| self.register(frame, first.0 + at as u16)).collect()
    }

    fn list_len(&mut self, list: Value) -> Value {
        let len = self.b.ins().band_imm_u(list, 0xffff_ffff);
        self.facts.set_range(len, Range { low: 0, high: i32::MAX.into() });
        len
    }

    /// The address of a slot.
    fn address(&mut self, place: Value) -> Value {
        let base = self.load(self.regions.heap_place, self.context, offset::BASE);
        let bytes = self.b.ins().ishl_imm_u(place, 3);
        self.b.ins().iadd(base, bytes)
    }

    fn load_slot(&mut self, cell: Value, at: usize) -> Value {
        let address = self.address(cell);
        self.load(self.regions.slots, address, at as i32 * 8)
    }

    /// A slot of a cell; not loaded where the cell was made here. Cells never change.
    pub(super) fn slot(&mut self, cell: Value, at: usize) -> Value {
        match self.facts.cell(&self.b.func.dfg, cell).cloned() {
            Some(Cell::Made(slots)) => match slots.get(at) {
                Some(slot) => *slot,
                // What another case would hold, on a way that a cell of this one does not take.
                None => self.int(0),
            },
            Some(Cell::Bounds(bounds)) => {
                let value = self.load_slot(cell, at);
                if let Some(range) = bounds.get(at) {
                    self.facts.set_range(value, *range);
                }
                value
            }
            None => self.load_slot(cell, at),
        }
    }

    /// Makes a cell.
    pub(super) fn cell(&mut self, slots: Vec<Value>) -> Value {
        self.make_room(slots.len());
        let flags = self.flags(self.regions.top);
        let cell = self.b.ins().load(I64, flags, self.context, offset::TOP);
        let address = self.address(cell);
        let mut writes = Vec::with_capacity(slots.len() + 1);
        for (at, slot) in slots.iter().enumerate() {
            let flags = self.flags(self.regions.slots);
            writes.push(self.b.ins().store(flags, *slot, address, at as i32 * 8));
        }
        let top = self.b.ins().iadd_imm_s(cell, slots.len() as i64);
        writes.push(self.b.ins().store(flags, top, self.context, offset::TOP));
        self.cells.push(Made { handle: cell, writes });
        self.facts.set_range(cell, HANDLES);
        self.facts.set_cell(cell, Cell::Made(slots.into()));
        cell
    }

    /// Sees to it that there is room for so many slots more: one check for all cells of a stretch without calls.
    fn make_room(&mut self, slots: usize) {
        // The machine wants room for one slot more than it takes for some cells; so the budget is met before it.
        let slots = slots as i64 + 1;
        if let Some(room) = &mut self.room {
            room.slots += slots;
            return;
        }
        let count = self.b.ins().iconst(I64, 0);
        let inst = self.b.func.dfg.value_def(count).unwrap_inst();
        self.room = Some(Room { inst, slots });
        let top = self.load(self.regions.top, self.context, offset::TOP);
        let wanted = self.b.ins().iadd(top, count);
        let capacity = self.load(self.regions.heap_place, self.context, offset::CAPACITY);
        let short = self.b.ins().icmp(IntCC::UnsignedGreaterThan, wanted, capacity);
        let (grow, on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(grow);
        self.branch(short, grow, on);
        self.b.seal_block(grow);
        self.b.switch_to_block(grow);
        self.shim(Shim::Grow, &[count]);
        self.jump(on, &[]);
        self.go_on_in(on);
    }

    /// Takes away the writes of cells whose handles nobody uses: all that was asked of them was known.
    pub(super) fn forget_unseen_cells(&mut self) {
        let mut uses: HashMap<Value, u32> = HashMap::new();
        let func = &mut *self.b.func;
        for block in func.layout.blocks() {
            for inst in func.layout.block_insts(block) {
                for value in func.dfg.inst_values(inst) {
                    *uses.entry(func.dfg.resolve_aliases(value)).or_default() += 1;
                }
            }
        }
        // A cell is made after those that it holds.
        for made in self.cells.drain(..).rev() {
            // Its own uses: where it lies, and where the next one will.
            if uses.get(&func.dfg.resolve_aliases(made.handle)).copied().unwrap_or(0) > OWN_USES {
                continue;
            }
            for write in made.writes {
                for value in func.dfg.inst_values(write) {
                    uses.entry(func.dfg.resolve_aliases(value)).and_modify(|count| *count -= 1);
                }
                func.layout.remove_inst(write);
            }
        }
    }

    /// The stretch that the last check of room is for is over: now it is known how much.
    pub(super) fn end_room(&mut self) {
        for room in [self.room.take(), self.log_room.take()].into_iter().flatten() {
            self.b.func.dfg.insts[room.inst] =
                InstructionData::UnaryImm { opcode: Opcode::Iconst, imm: Imm64::new(room.slots) };
        }
    }
}
