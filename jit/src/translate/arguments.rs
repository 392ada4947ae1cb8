//! The `where`s of a call's arguments: checked before the first instruction, and then known.

use bp_bytecode::border::{FIRST_DAY, LAST_DAY};
use bp_bytecode::index::ShapeId;
use bp_bytecode::program::Function;
use bp_bytecode::shape::{RegType, Shape};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::Value;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;

use super::Translator;
use crate::bounds;
use crate::context::status;
use crate::facts::{Cell, Range};

impl<'a> Translator<'a, '_> {
    /// Checks the `where`s of records among the arguments, as `Vm::check` does, and notes what they say of fields.
    pub(super) fn check_arguments(&mut self, function: &'a Function, args: &[Value]) {
        for (arg, ty) in args.iter().zip(&function.registers) {
            let RegType::Handle(shape) = ty else { continue };
            let Shape::Record(record) = &self.program.shapes[shape.index()] else { continue };
            let mut ranges: Vec<Range> = record.fields.iter().map(|field| self.range_of(field.shape)).collect();
            for check in record.fields.iter().flat_map(|field| &field.checks) {
                let func = self.program.checks[check.index()].func;
                let told = bounds::of_fields(self.program, func);
                if !told.exact {
                    let truth = match self.inside(func, &[*arg], 0) {
                        Some(truth) => truth,
                        None => self.call_native(func, &[*arg]),
                    };
                    let fails = self.b.ins().icmp_imm_s(IntCC::NotEqual, truth, 1);
                    self.give_up_if(fails, status::FAULT);
                }
                for (at, (range, said)) in ranges.iter_mut().zip(told.fields).enumerate() {
                    if told.exact && said != Range::FULL {
                        self.check_bounds(*arg, at, said);
                    }
                    *range = Range { low: range.low.max(said.low), high: range.high.min(said.high) };
                }
            }
            match self.facts.cell(&self.b.func.dfg, *arg).cloned() {
                Some(Cell::Made(slots)) => {
                    slots.iter().zip(ranges).for_each(|(slot, range)| self.facts.set_range(*slot, range));
                }
                _ => self.facts.set_cell(*arg, Cell::Bounds(ranges.into())),
            }
        }
        // Each of the machine's checks is a call of its own, with a budget of its own.
        self.check_cost();
        let full = self.full_cost();
        self.b.def_var(self.cost, full);
    }

    /// What a slot of the shape may hold.
    pub(super) fn range_of(&self, shape: ShapeId) -> Range {
        let below = |count: usize| Range { low: 0, high: count.max(1) as i64 - 1 };
        match &self.program.shapes[shape.index()] {
            Shape::Bool => Range::TRUTH,
            Shape::Enum(cases) => below(cases.cases.len()),
            Shape::Date => Range { low: FIRST_DAY, high: LAST_DAY },
            Shape::Time => below(86_400),
            _ => Range::FULL,
        }
    }

    /// Gives up where a field is outside: one comparison for both ends.
    fn check_bounds(&mut self, cell: Value, at: usize, bounds: Range) {
        let value = self.slot(cell, at);
        let outside = if bounds.low == i64::MIN {
            self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, value, bounds.high)
        } else if bounds.high == i64::MAX {
            self.b.ins().icmp_imm_s(IntCC::SignedLessThan, value, bounds.low)
        } else {
            let above = self.b.ins().iadd_imm_s(value, bounds.low.wrapping_neg());
            let size = self.b.ins().iconst(I64, bounds.high.wrapping_sub(bounds.low));
            self.b.ins().icmp(IntCC::UnsignedGreaterThan, above, size)
        };
        self.give_up_if(outside, status::FAULT);
    }
}
