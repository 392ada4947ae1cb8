//! What is known of values while a function is translated: bounds, truth values, contents of cells.

use std::collections::HashMap;
use std::rc::Rc;

use bp_bytecode::op::Cmp;
use cranelift_codegen::ir::{Block, DataFlowGraph, Inst, Value, ValueDef};

/// Both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub low: i64,
    pub high: i64,
}

impl Range {
    pub const FULL: Range = Range { low: i64::MIN, high: i64::MAX };
    pub const TRUTH: Range = Range { low: 0, high: 1 };

    pub fn one(value: i64) -> Range {
        Range { low: value, high: value }
    }

    /// `None` where an end is beyond 64 bits.
    pub fn of(low: i128, high: i128) -> Option<Range> {
        Some(Range { low: i64::try_from(low).ok()?, high: i64::try_from(high).ok()? })
    }

    /// What of these bounds fits 64 bits.
    pub fn clamped(low: i128, high: i128) -> Range {
        let clamp = |n: i128| n.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Range { low: clamp(low), high: clamp(high) }
    }

    pub fn constant(self) -> Option<i64> {
        (self.low == self.high).then_some(self.low)
    }

    pub fn join(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// What is left where the value compares so with a constant; `None` where nothing is.
    pub fn narrowed(self, how: Cmp, to: i64) -> Option<Range> {
        let (low, high) = match how {
            Cmp::Eq => (to, to),
            Cmp::Ne => (i64::MIN, i64::MAX),
            Cmp::Lt => (i64::MIN, to.checked_sub(1)?),
            Cmp::Le => (i64::MIN, to),
            Cmp::Gt => (to.checked_add(1)?, i64::MAX),
            Cmp::Ge => (to, i64::MAX),
        };
        let both = Range { low: self.low.max(low), high: self.high.min(high) };
        (both.low <= both.high).then_some(both)
    }
}

/// A cell whose handle is at hand.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// Made in this function: its slots.
    Made(Rc<[Value]>),
    /// Bounds of its slots, where they have some.
    Bounds(Rc<[Range]>),
}

/// How deep bounds are looked for behind the joins of a function.
const DEPTH: u32 = 12;

#[derive(Default)]
pub(crate) struct Facts {
    ranges: HashMap<Value, Range>,
    truths: HashMap<Value, Value>,
    cells: HashMap<Value, Cell>,
    /// What came out of a table: the place in it, and the table.
    tables: HashMap<Value, (Value, Rc<[i64]>)>,
    /// The branches to a block, as long as all of them are known.
    incoming: HashMap<Block, Vec<Inst>>,
    /// Blocks that no more branches will come to.
    sealed: std::collections::HashSet<Block>,
}

impl Facts {
    pub fn set_range(&mut self, value: Value, range: Range) {
        self.ranges.insert(value, range);
    }

    pub fn set_cell(&mut self, value: Value, cell: Cell) {
        self.cells.insert(value, cell);
    }

    /// Notes that a value is the word at a place of a table.
    pub fn set_looked_up(&mut self, value: Value, place: Value, table: Rc<[i64]>) {
        self.tables.insert(value, (place, table));
    }

    pub fn looked_up(&self, dfg: &DataFlowGraph, value: Value) -> Option<(Value, Rc<[i64]>)> {
        self.tables.get(&value).or_else(|| self.tables.get(&dfg.resolve_aliases(value))).cloned()
    }

    pub fn cell(&self, dfg: &DataFlowGraph, value: Value) -> Option<&Cell> {
        self.cells.get(&value).or_else(|| self.cells.get(&dfg.resolve_aliases(value)))
    }

    /// Notes that a word is 0 or 1 as this condition is.
    pub fn set_truth(&mut self, word: Value, condition: Value) {
        self.truths.insert(word, condition);
        self.ranges.insert(word, Range::TRUTH);
    }

    pub fn truth(&self, dfg: &DataFlowGraph, word: Value) -> Option<Value> {
        self.truths.get(&word).or_else(|| self.truths.get(&dfg.resolve_aliases(word))).copied()
    }

    pub fn branch(&mut self, to: Block, from: Inst) {
        self.incoming.entry(to).or_default().push(from);
    }

    /// Does any branch go to the block?
    pub fn is_reached(&self, block: Block) -> bool {
        self.incoming.contains_key(&block)
    }

    pub fn seal(&mut self, block: Block) {
        self.sealed.insert(block);
    }

    pub fn range(&mut self, dfg: &DataFlowGraph, value: Value) -> Range {
        self.range_within(dfg, value, DEPTH)
    }

    fn range_within(&mut self, dfg: &DataFlowGraph, value: Value, depth: u32) -> Range {
        if let Some(range) = self.ranges.get(&value) {
            return *range;
        }
        let value = dfg.resolve_aliases(value);
        if let Some(range) = self.ranges.get(&value) {
            return *range;
        }
        let ValueDef::Param(block, at) = dfg.value_def(value) else { return Range::FULL };
        if depth == 0 || !self.sealed.contains(&block) {
            return Range::FULL;
        }
        let Some(branches) = self.incoming.get(&block).cloned() else { return Range::FULL };
        let mut joined: Option<Range> = None;
        for branch in branches {
            for call in dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                if call.block(&dfg.value_lists) != block {
                    continue;
                }
                let Some(arg) = call.args(&dfg.value_lists).nth(at).and_then(|arg| arg.as_value()) else {
                    return Range::FULL;
                };
                let range = self.range_within(dfg, arg, depth - 1);
                joined = Some(joined.map_or(range, |joined| joined.join(range)));
            }
        }
        let range = joined.unwrap_or(Range::FULL);
        self.ranges.insert(value, range);
        range
    }
}
