//! From bytecode to Cranelift's intermediate form, one function at a time.
//!
//! Every register is an SSA value of 64 bits. A wide number is taken to fit them; an operation whose result may not
//! is checked, and where it does not the call gives up ([`status::WIDE`]) and the interpreter has the verdict. So it
//! is with every fault: native code only notices that it cannot go on. Short functions are translated where they are
//! called.

mod arguments;
mod arms;
mod cells;
mod decide;
mod divide;
mod effects;
mod flow;
mod number;
mod round;
pub(crate) mod rows;
mod slow;

use std::collections::HashSet;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::{Def, Op, Use};
use bp_bytecode::program::Function;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, Block, BlockArg, FuncRef, InstBuilder, MemFlagsData, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

use crate::context::{offset, status};
use crate::facts::{Facts, Range};
use crate::plan::Plan;
use crate::shims::Shim;
use crate::tables::Tables;

/// Where a translation gets what its code refers to outside of itself.
pub(crate) trait Link {
    /// Another function of the program, which is compiled if it was not yet.
    fn function(&mut self, func: FuncId, from: &mut cranelift_codegen::ir::Function) -> Option<FuncRef>;

    /// Words at a fixed place.
    fn tables(&mut self) -> &mut Tables;
}

/// The shims as the function's code refers to them.
pub(crate) type Shims = [FuncRef; crate::shims::ALL.len()];

/// Kinds of memory that do not overlap.
#[derive(Clone, Copy)]
struct Regions {
    /// Base and capacity of the heap, which only calls change.
    heap_place: AliasRegion,
    top: AliasRegion,
    log_place: AliasRegion,
    slots: AliasRegion,
    log: AliasRegion,
    tables: AliasRegion,
    own: AliasRegion,
}

/// A check that there is room for so many slots; the number is put in at the end.
struct Room {
    inst: cranelift_codegen::ir::Inst,
    slots: i64,
}

pub(crate) struct Translator<'a, 'f> {
    program: &'a Program,
    plan: &'a Plan,
    link: &'a mut dyn Link,
    shims: Shims,
    b: FunctionBuilder<'f>,
    facts: Facts,
    context: Value,
    regions: Regions,
    cost: Variable,
    /// Charges not yet taken from `cost`.
    charges: i64,
    room: Option<Room>,
    log_room: Option<Room>,
    exits: [Option<Block>; 5],
    /// Instructions translated so far, those of callees included.
    size: usize,
    /// The entry that is being put together, if its form is known.
    entry: Option<effects::OpenEntry>,
    /// Cells that were made.
    cells: Vec<cells::Made>,
    /// The row at hand, where many are run in one call.
    row: Option<rows::Row>,
    /// In an arm that is computed whether it is taken or not: is it?
    wanted: Option<Value>,
}

/// A function in the middle of its translation: the one that is compiled, or one inside it.
pub(crate) struct Frame<'a> {
    id: FuncId,
    function: &'a Function,
    registers: Vec<Variable>,
    /// The block that begins at an instruction.
    blocks: Vec<Option<Block>>,
    /// Where its result goes: out of the compiled function, or on in the caller.
    after: Option<After>,
    /// The running instruction.
    pc: usize,
    /// The running block, and whether it is the last one.
    start: u32,
    last: bool,
    /// Blocks that were translated where their fork stands.
    done: HashSet<u32>,
    depth: u32,
}

/// What follows a function that is translated inside another.
struct After {
    /// Where the caller goes on; with one `return` that comes last, it goes on where that stands.
    block: Option<Block>,
    /// Has the function one `return` only? Then its value goes on as it is.
    single: bool,
    value: Option<Value>,
}

impl<'a, 'f> Translator<'a, 'f> {
    pub fn new(
        program: &'a Program,
        plan: &'a Plan,
        link: &'a mut dyn Link,
        shims: Shims,
        mut b: FunctionBuilder<'f>,
    ) -> Translator<'a, 'f> {
        let mut region = |user_id: u32, description: &'static str| {
            b.func.dfg.alias_regions.insert(AliasRegionData { user_id, description: description.into() })
        };
        let regions = Regions {
            heap_place: region(1, "place of the heap"),
            top: region(2, "top of the heap"),
            log_place: region(3, "place of the log"),
            slots: region(4, "slots"),
            log: region(5, "log"),
            tables: region(6, "tables"),
            own: region(7, "frame"),
        };
        let cost = b.declare_var(I64);
        Translator {
            program,
            plan,
            link,
            shims,
            b,
            facts: Facts::default(),
            context: Value::from_u32(0),
            regions,
            cost,
            charges: 0,
            room: None,
            log_room: None,
            exits: [None; 5],
            size: 0,
            entry: None,
            cells: Vec::new(),
            row: None,
            wanted: None,
        }
    }

    /// Translates a whole function: `(context, arguments) -> status`. With `checked`, the `where`s of its arguments
    /// are checked first, and what they say of them is known.
    pub fn function(mut self, id: FuncId, checked: bool) -> FunctionBuilder<'f> {
        let params = self.begin();
        let cost = self.load(self.regions.own, self.context, offset::COST);
        self.b.def_var(self.cost, cost);
        let function = &self.program.functions[id.index()];
        let args: Vec<Value> =
            (0..function.params).map(|at| self.load(self.regions.own, params[1], i32::from(at) * 8)).collect();
        if self.plan.calls(id) {
            self.check_cost();
        }
        if checked {
            self.check_arguments(function, &args);
        }
        self.body(id, &args, None, 0);
        self.fill_exits();
        self.forget_unseen_cells();
        self.b
    }

    /// The first block of a function; gives its parameters.
    fn begin(&mut self) -> Vec<Value> {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        self.b.seal_block(entry);
        self.facts.seal(entry);
        let params = self.b.block_params(entry).to_vec();
        self.context = params[0];
        params
    }

    /// Translates the code of a function, here or inside another.
    fn body(&mut self, id: FuncId, args: &[Value], after: Option<After>, depth: u32) -> Option<After> {
        let function: &'a Function = &self.program.functions[id.index()];
        let registers: Vec<Variable> = function.registers.iter().map(|_| self.b.declare_var(I64)).collect();
        for (register, arg) in registers.iter().zip(args) {
            self.b.def_var(*register, *arg);
        }
        let shape = self.plan.flow(id);
        let blocks = vec![None; function.code.len() + 1];
        let mut frame =
            Frame { id, function, registers, blocks, after, pc: 0, start: 0, last: false, done: HashSet::new(), depth };
        self.size += function.code.len();
        self.blocks(&mut frame, shape);
        frame.after
    }

    // ---- registers

    fn get(&mut self, frame: &Frame<'_>, register: Use) -> Value {
        self.register(frame, register.0)
    }

    fn register(&mut self, frame: &Frame<'_>, register: u16) -> Value {
        self.b.use_var(frame.registers[usize::from(register)])
    }

    fn set(&mut self, frame: &Frame<'_>, register: Def, value: Value) {
        self.b.def_var(frame.registers[usize::from(register.0)], value);
    }

    fn int(&mut self, value: i64) -> Value {
        let value_of = self.b.ins().iconst(I64, value);
        self.facts.set_range(value_of, Range::one(value));
        value_of
    }

    fn range(&mut self, value: Value) -> Range {
        self.facts.range(&self.b.func.dfg, value)
    }

    fn constant(&mut self, value: Value) -> Option<i64> {
        self.range(value).constant()
    }

    /// A word that is 1 where the condition (8 bits) holds, else 0.
    fn truth(&mut self, condition: Value) -> Value {
        let word = self.b.ins().uextend(I64, condition);
        self.facts.set_truth(word, condition);
        word
    }

    /// A condition to branch on: is the word other than 0?
    fn condition(&mut self, word: Value) -> Value {
        match self.facts.truth(&self.b.func.dfg, word) {
            Some(condition) => condition,
            None => word,
        }
    }

    // ---- memory

    fn flags(&self, region: AliasRegion) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    fn load(&mut self, region: AliasRegion, place: Value, offset: i32) -> Value {
        let flags = self.flags(region);
        self.b.ins().load(I64, flags, place, offset)
    }

    fn load_table(&mut self, place: Value, offset: i32) -> Value {
        let flags = self.flags(self.regions.tables).with_readonly();
        self.b.ins().load(I64, flags, place, offset)
    }

    fn store(&mut self, region: AliasRegion, value: Value, place: Value, offset: i32) {
        let flags = self.flags(region);
        self.b.ins().store(flags, value, place, offset);
    }

    // ---- control

    fn jump(&mut self, to: Block, args: &[BlockArg]) {
        let inst = self.b.ins().jump(to, args);
        self.facts.branch(to, inst);
    }

    /// Goes to `then` where the condition is not 0, else to `otherwise`.
    fn branch(&mut self, condition: Value, then: Block, otherwise: Block) {
        let inst = self.b.ins().brif(condition, then, &[], otherwise, &[]);
        self.facts.branch(then, inst);
        self.facts.branch(otherwise, inst);
    }

    /// Goes on in a block that nothing else will come to.
    fn go_on_in(&mut self, block: Block) {
        self.b.seal_block(block);
        self.facts.seal(block);
        self.b.switch_to_block(block);
    }

    /// The cold block that ends the function with this status.
    fn exit(&mut self, status: i64) -> Block {
        if let Some(block) = self.exits[status as usize] {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.exits[status as usize] = Some(block);
        block
    }

    /// Gives up where the condition (8 bits, or a word) is not 0.
    fn give_up_if(&mut self, condition: Value, status: i64) {
        let (exit, on) = (self.exit(status), self.b.create_block());
        self.branch(condition, exit, on);
        self.go_on_in(on);
    }

    fn give_up_unless(&mut self, condition: Value, status: i64) {
        let (exit, on) = (self.exit(status), self.b.create_block());
        self.branch(condition, on, exit);
        self.go_on_in(on);
    }

    fn give_up(&mut self, status: i64) {
        let exit = self.exit(status);
        self.jump(exit, &[]);
    }

    fn fill_exits(&mut self) {
        self.end_room();
        for status in 0..self.exits.len() {
            let Some(block) = self.exits[status] else { continue };
            self.b.seal_block(block);
            self.b.switch_to_block(block);
            let status = self.b.ins().iconst(I64, status as i64);
            self.leave(status);
        }
    }

    /// Ends the function before its time.
    fn leave(&mut self, status: Value) {
        if let Some(row) = &self.row {
            let left = row.left;
            self.store(self.regions.own, left, self.context, offset::ROWS);
        }
        self.b.ins().return_(&[status]);
    }

    /// Leaves the function with a status that a call gave, unless that is 0.
    fn check_status(&mut self, given: Value) {
        let (exit, on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(exit);
        self.branch(given, exit, on);
        self.b.seal_block(exit);
        self.b.switch_to_block(exit);
        self.leave(given);
        self.go_on_in(on);
    }

    fn shim(&mut self, shim: Shim, args: &[Value]) {
        let callee = self.shims[shim as usize];
        let mut all = vec![self.context];
        all.extend_from_slice(args);
        let call = self.b.ins().call(callee, &all);
        let given = self.b.inst_results(call)[0];
        self.check_status(given);
    }

    // ---- cost

    fn charge(&mut self, amount: u32) {
        self.charges += i64::from(amount);
    }

    /// Takes what was charged since the last time.
    fn settle(&mut self) -> Value {
        let cost = self.b.use_var(self.cost);
        if self.charges == 0 {
            return cost;
        }
        let cost = self.b.ins().iadd_imm_s(cost, -self.charges);
        self.charges = 0;
        self.b.def_var(self.cost, cost);
        cost
    }

    /// The budget of cost of a step.
    fn full_cost(&mut self) -> Value {
        if let Some(row) = &self.row {
            return row.full;
        }
        let full = self.load(self.regions.own, self.context, offset::FULL_COST);
        self.facts.set_range(full, Range { low: 0, high: i64::MAX });
        full
    }

    fn check_cost(&mut self) {
        let cost = self.settle();
        if self.range(cost).low >= 0 {
            return;
        }
        let spent = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, cost, 0);
        self.give_up_if(spent, status::BUDGET);
    }

    /// Writes the cost back before something else may look at it.
    fn store_cost(&mut self) {
        let cost = self.settle();
        self.store(self.regions.own, cost, self.context, offset::COST);
    }

    fn load_cost(&mut self) {
        let cost = self.load(self.regions.own, self.context, offset::COST);
        self.b.def_var(self.cost, cost);
    }

    /// Translates one instruction that does not end a block.
    fn op(&mut self, frame: &mut Frame<'a>, op: &'a Op) {
        match *op {
            Op::Charge { amount } => self.charge(amount),
            Op::Matched { .. } | Op::AtRow { .. } => {}
            Op::Move { dst, a } => {
                let value = self.get(frame, a);
                self.set(frame, dst, value);
            }
            Op::Int { dst, value } => {
                let value = self.int(i64::from(value));
                self.set(frame, dst, value);
            }
            Op::Const { dst, value } => match i64::try_from(self.program.constants[value.index()]) {
                Ok(value) => {
                    let value = self.int(value);
                    self.set(frame, dst, value);
                }
                Err(_) => {
                    self.give_up(status::WIDE);
                    let dead = self.b.create_block();
                    self.go_on_in(dead);
                    let value = self.int(0);
                    self.set(frame, dst, value);
                }
            },
            Op::Text { dst, text } => {
                let handle = self.plan.literal(text);
                let value = self.int(handle as i64);
                self.set(frame, dst, value);
            }
            Op::Call { dst, func, first } => self.call(frame, dst, func, first),
            Op::Check { a, .. } => {
                let truth = self.get(frame, a);
                if self.constant(truth) == Some(1) {
                    return;
                }
                match self.facts.truth(&self.b.func.dfg, truth) {
                    Some(condition) => self.give_up_unless(condition, status::FAULT),
                    None => {
                        let fails = self.b.ins().icmp_imm_s(IntCC::NotEqual, truth, 1);
                        self.give_up_if(fails, status::FAULT);
                    }
                }
            }
            Op::Expect { a, .. } => {
                let truth = self.get(frame, a);
                let truth = self.condition(truth);
                self.give_up_unless(truth, status::FAULT);
            }
            _ => {
                if !(self.number_op(frame, op) || self.cell_op(frame, op) || self.effect_op(frame, op)) {
                    self.slow_op(frame, op);
                }
            }
        }
    }

    fn word32(&mut self, value: Value) -> Value {
        self.b.ins().ireduce(I32, value)
    }
}
