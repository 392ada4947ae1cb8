//! A process for many rows in one call: a loop around its code.
//!
//! A row comes from memory, word by word. Its records are cells that nobody stores as long as nobody asks for their
//! handles. What it posts is added up in registers, and goes into the sums at its end, when nothing can go wrong any
//! more. A row that cannot go on ends the call: nothing of it has happened.

use std::collections::BTreeMap;

use bp_bytecode::index::{AccountId, FuncId};
use bp_bytecode::op::Op;
use bp_bytecode::shape::{RegType, Shape};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::Translator;
use super::effects::OpenEntry;
use crate::context::{offset, status};
use crate::rows::RowWidths;

/// The most rows of one call. With amounts up to [`MAX_AMOUNT`] their sum stays below 2^61, so that adding them needs
/// no check; sums that are checked stay below [`MAX_SUM`]. Both together fit a word.
pub(crate) const MAX_ROWS: usize = 1 << 16;
const MAX_AMOUNT: i64 = 1 << 45;
const MAX_SUM: i64 = 1 << 61;

/// The row that is being translated.
pub(super) struct Row {
    widths: RowWidths,
    /// How many rows are left, the running one among them.
    pub left: Value,
    /// Where its result goes.
    result: Value,
    /// Where the heap stood before the call, and the budget of each row.
    top: Value,
    pub full: Value,
    /// Where a row goes that has ended well.
    next: Block,
    /// What the row has posted.
    posted: BTreeMap<u16, Variable>,
    entries: Variable,
    lines: Variable,
    /// Has something been met that only a call of its own can do?
    refused: bool,
}

impl<'a, 'f> Translator<'a, 'f> {
    /// Translates a process as a loop: `(context, rows) -> status`; says whether it can be one.
    pub fn rows(mut self, id: FuncId, widths: RowWidths) -> (FunctionBuilder<'f>, bool) {
        let params = self.begin();
        let own = self.regions.own;
        let count = self.load(own, self.context, offset::ROWS);
        let results = self.load(own, self.context, offset::RESULTS);
        let top = self.load(self.regions.top, self.context, offset::TOP);
        let full = self.full_cost();
        let (head, body, done, next) =
            (self.b.create_block(), self.b.create_block(), self.b.create_block(), self.b.create_block());
        let [place, result, left] = [(); 3].map(|()| self.b.append_block_param(head, I64));
        self.b.ins().jump(head, &[params[1].into(), results.into(), count.into()]);
        self.b.switch_to_block(head);
        self.b.ins().brif(left, body, &[], done, &[]);
        self.go_on_in(done);
        self.store(own, left, self.context, offset::ROWS);
        let well = self.b.ins().iconst(I64, status::WELL);
        self.b.ins().return_(&[well]);

        self.go_on_in(body);
        let accounts: Vec<u16> = self.accounts_posted_to();
        let posted = accounts.into_iter().map(|account| (account, self.b.declare_var(I64))).collect();
        let (entries, lines) = (self.b.declare_var(I64), self.b.declare_var(I64));
        self.row = Some(Row { widths, left, result, top, full, next, posted, entries, lines, refused: false });
        self.begin_row();
        let function = &self.program.functions[id.index()];
        let args = self.row_arguments(id, place);
        self.check_arguments(function, &args);
        self.body(id, &args, None, 0);

        self.b.switch_to_block(next);
        let place = self.b.ins().iadd_imm_s(place, widths.row as i64 * 8);
        let result = self.b.ins().iadd_imm_s(result, widths.result as i64 * 8);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.ins().jump(head, &[place.into(), result.into(), left.into()]);
        self.b.seal_block(next);
        self.b.seal_block(head);
        self.fill_exits();
        self.forget_unseen_cells();
        (self.b, self.row.is_some_and(|row| !row.refused))
    }

    /// The accounts of all entries of the program.
    fn accounts_posted_to(&self) -> Vec<u16> {
        let code = self.program.functions.iter().flat_map(|function| &function.code);
        let mut accounts: Vec<u16> = code
            .filter_map(|op| match op {
                Op::PostLine { account, .. } => Some(account.0),
                _ => None,
            })
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// What a row begins with: a full budget, an empty heap, nothing posted.
    fn begin_row(&mut self) {
        let Some(row) = &self.row else { return };
        let (top, full, numbers) = (row.top, row.full, row.widths.numbers);
        let posted: Vec<Variable> = row.posted.values().copied().chain([row.entries, row.lines]).collect();
        if numbers {
            self.store(self.regions.top, top, self.context, offset::TOP);
        }
        self.b.def_var(self.cost, full);
        // The machine forgets the answers of the world at a row's begin as at a step's.
        let begun = self.int(1);
        self.store(self.regions.own, begun, self.context, offset::STEP_BEGUN);
        let none = self.int(0);
        posted.into_iter().for_each(|variable| self.b.def_var(variable, none));
    }

    fn row_arguments(&mut self, id: FuncId, place: Value) -> Vec<Value> {
        let program = self.program;
        let function = &program.functions[id.index()];
        let mut at = 0;
        let mut word = |this: &mut Self| {
            at += 8;
            this.load(this.regions.tables, place, at - 8)
        };
        let mut args = Vec::new();
        for ty in function.registers.iter().take(function.params.into()) {
            let fields = match ty {
                RegType::Handle(shape) => match &program.shapes[shape.index()] {
                    Shape::Record(record) => Some(record.fields.len()),
                    _ => None,
                },
                RegType::Word | RegType::Wide => None,
            };
            args.push(match fields {
                Some(fields) => {
                    let slots = (0..fields).map(|_| word(self)).collect();
                    self.cell(slots)
                }
                None => word(self),
            });
        }
        args
    }

    /// Only a call of its own can do what is met here: there will be no loop.
    pub(super) fn refuse_rows(&mut self) {
        if let Some(row) = &mut self.row {
            row.refused = true;
        }
    }

    /// Adds an entry to what the row has posted.
    pub(super) fn add_up(&mut self, entry: &OpenEntry) {
        let Some(row) = &self.row else { return };
        let (entries, lines) = (row.entries, row.lines);
        let mut there = self.int(0);
        for (account, amount, _) in &entry.lines {
            self.add_to_account(*account, *amount);
            let counts = self.is_not_zero(*amount);
            there = self.add(there, counts);
        }
        let so_far = self.b.use_var(lines);
        let sum = self.b.ins().iadd(so_far, there);
        self.b.def_var(lines, sum);
        let any = self.is_not_zero(there);
        let so_far = self.b.use_var(entries);
        let sum = self.b.ins().iadd(so_far, any);
        self.b.def_var(entries, sum);
    }

    fn add_to_account(&mut self, account: AccountId, amount: Value) {
        let Some(variable) = self.row.as_ref().and_then(|row| row.posted.get(&account.0)).copied() else { return };
        let so_far = self.b.use_var(variable);
        let sum = self.add(so_far, amount);
        self.b.def_var(variable, sum);
    }

    /// 1, or 0 for 0.
    fn is_not_zero(&mut self, value: Value) -> Value {
        let range = self.range(value);
        if range.low > 0 || range.high < 0 {
            return self.int(1);
        }
        let there = self.b.ins().icmp_imm_s(IntCC::NotEqual, value, 0);
        self.truth(there)
    }

    /// A row ends: its result and its sums are written, and the next one begins.
    pub(super) fn end_row(&mut self, outcome: Value) {
        self.check_cost();
        let Some(row) = &self.row else { return };
        let (widths, result, next) = (row.widths, row.result, row.next);
        let posted: Vec<(u16, Variable)> = row.posted.iter().map(|(account, sum)| (*account, *sum)).collect();
        let counts = [(offset::ENTRIES, row.entries), (offset::LINES, row.lines)];
        // A declared failure is for the caller to tell.
        let case = self.slot(outcome, 0);
        match self.constant(case) {
            Some(0) => {}
            Some(_) => {
                self.end_room();
                return self.give_up(status::FAULT);
            }
            None => self.give_up_if(case, status::FAULT),
        }
        let sums = self.load(self.regions.heap_place, self.context, offset::SUMS);
        let mut new = Vec::new();
        for (account, variable) in posted {
            let amount = self.b.use_var(variable);
            if self.constant(amount) == Some(0) {
                continue;
            }
            let place = i32::from(account) * 8;
            let before = self.load(self.regions.log, sums, place);
            let range = self.range(amount);
            let after = if range.low >= -MAX_AMOUNT && range.high <= MAX_AMOUNT {
                self.b.ins().iadd(before, amount)
            } else {
                let (after, over) = self.b.ins().sadd_overflow(before, amount);
                self.give_up_if(over, status::WIDE);
                let above = self.b.ins().iadd_imm_s(after, MAX_SUM);
                let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, above, 2 * MAX_SUM);
                self.give_up_if(outside, status::WIDE);
                after
            };
            new.push((after, place));
        }
        self.end_room();
        if widths.result > 0 {
            let cell = self.slot(outcome, 1);
            for at in 0..widths.result {
                let word = if widths.record { self.slot(cell, at) } else { cell };
                self.store(self.regions.log, word, result, at as i32 * 8);
            }
        }
        for (sum, place) in new {
            self.store(self.regions.log, sum, sums, place);
        }
        for (place, variable) in counts {
            let count = self.b.use_var(variable);
            if self.constant(count) != Some(0) {
                let before = self.load(self.regions.own, self.context, place);
                let sum = self.b.ins().iadd(before, count);
                self.store(self.regions.own, sum, self.context, place);
            }
        }
        self.b.ins().jump(next, &[]);
    }
}
