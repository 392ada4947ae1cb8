//! Decisions: search trees as tables that are searched without branches, and as jumps where they fork.

use std::collections::HashMap;
use std::rc::Rc;

use bp_bytecode::op::{Def, Use};
use bp_bytecode::program::{Node, Tree};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder, Value};

use super::{Frame, Translator};
use crate::context::status;
use crate::facts::Range;

/// So few edges are compared one by one.
const FEW: usize = 3;
/// The most words of a table that a decision with two inputs is laid out in.
const MAX_GRID: usize = 1 << 20;

/// A table as wide as this, in words, is searched by stretches first: the steps from end to end of it would come to a line
/// of the processor's cache each.
const WIDE: usize = 256;
/// Words of a stretch: two lines of most processors' caches.
const STRETCH: usize = 16;

/// A node that leads to leaves only: `leaves[k]` for k edges at or below the input, if it looks at one.
struct Steps {
    input: Option<u16>,
    edges: Vec<i64>,
    leaves: Vec<i64>,
}

/// The edges and children of a node that an input within bounds can come to: edges at or below all of it, or above all of
/// it, are none.
fn within(edges: &[i128], children: &[u32], range: Range) -> (Vec<i64>, Vec<u32>) {
    let below = edges.partition_point(|edge| *edge <= range.low.into());
    let inside = edges.partition_point(|edge| *edge <= range.high.into());
    let words = edges[below..inside].iter().filter_map(|edge| i64::try_from(*edge).ok());
    (words.collect(), children[below..=inside].to_vec())
}

/// The children of a node that an input within bounds can come to, the first of them for an input of `low`; the last
/// one is for all inputs behind the others.
fn dense_within(low: i64, children: &[u32], range: Range) -> (i64, Vec<u32>) {
    let place = |word: i64| i128::from(word) - i128::from(low);
    let last = children.len() - 1;
    // Below the first one it is the last one as well.
    if range.low < low {
        return (low, children.to_vec());
    }
    let first = place(range.low).min(last as i128) as usize;
    let end = place(range.high).min(last as i128) as usize;
    (low.saturating_add(first as i64), children[first..=end].to_vec())
}

impl<'a> Translator<'a, '_> {
    /// The leaf that the inputs lead to.
    pub(super) fn search(&mut self, tree: &'a Tree, inputs: &[Value]) -> Value {
        let range = Range { low: 0, high: i64::from(tree.leaves.max(1)) - 1 };
        let leaf = match self.simple(tree, tree.root, inputs) {
            Some(leaf) => leaf,
            None => {
                let done = self.b.create_block();
                let leaf = self.b.append_block_param(done, I64);
                self.end_block();
                let mut blocks = HashMap::new();
                let root = self.node(tree.root, &mut blocks);
                self.jump(root, &[]);
                // Each node is sealed when all that lead to it are there: at the end.
                let mut open: Vec<(u32, Block)> = vec![(tree.root, root)];
                let mut begun: std::collections::HashSet<u32> = [tree.root].into();
                while let Some((node, block)) = open.pop() {
                    self.b.switch_to_block(block);
                    for (child, block) in self.fork(tree, node, inputs, done, &mut blocks) {
                        if begun.insert(child) {
                            open.push((child, block));
                        }
                    }
                }
                for block in blocks.values() {
                    self.b.seal_block(*block);
                }
                self.go_on_in(done);
                leaf
            }
        };
        let known = self.range(leaf);
        self.facts.set_range(leaf, Range { low: range.low.max(known.low), high: range.high.min(known.high) });
        leaf
    }

    fn node(&mut self, node: u32, blocks: &mut HashMap<u32, Block>) -> Block {
        *blocks.entry(node).or_insert_with(|| self.b.create_block())
    }

    /// Translates a node in its block; gives the nodes that it leads to.
    fn fork(
        &mut self,
        tree: &'a Tree,
        node: u32,
        inputs: &[Value],
        done: Block,
        blocks: &mut HashMap<u32, Block>,
    ) -> Vec<(u32, Block)> {
        if let Some(leaf) = self.simple(tree, node, inputs) {
            self.jump(done, &[leaf.into()]);
            return vec![];
        }
        let (place, children) = match &tree.nodes[node as usize] {
            Node::Range { input, edges, children } => {
                let input = inputs[usize::from(*input)];
                let (edges, children) = within(edges, children, self.range(input));
                (self.count_edges(&edges, input), children)
            }
            Node::Dense { input, low, children } => {
                let input = inputs[usize::from(*input)];
                let (low, children) = dense_within(*low, children, self.range(input));
                (self.dense_place(input, low, children.len()), children)
            }
            Node::Leaf(_) | Node::Text { .. } => {
                // A leaf is simple, and trees with texts are the machine's.
                self.give_up(status::FAULT);
                return vec![];
            }
        };
        let targets: Vec<(u32, Block)> = children.iter().map(|child| (*child, self.node(*child, blocks))).collect();
        let places: Vec<Block> = targets.iter().map(|(_, block)| *block).collect();
        self.jump_table(place, &places);
        targets
    }

    /// What the node looks at and leads to, if that is leaves only.
    fn steps(&mut self, tree: &Tree, node: u32, inputs: &[Value]) -> Option<Steps> {
        let leaf = |node: &u32| match tree.nodes[*node as usize] {
            Node::Leaf(leaf) => Some(i64::from(leaf)),
            _ => None,
        };
        match &tree.nodes[node as usize] {
            Node::Leaf(leaf) => Some(Steps { input: None, edges: vec![], leaves: vec![i64::from(*leaf)] }),
            Node::Range { input, edges, children } => {
                let (edges, children) = within(edges, children, self.range(inputs[usize::from(*input)]));
                Some(Steps { input: Some(*input), edges, leaves: children.iter().map(leaf).collect::<Option<_>>()? })
            }
            _ => None,
        }
    }

    /// A node that needs no jumps.
    fn simple(&mut self, tree: &Tree, node: u32, inputs: &[Value]) -> Option<Value> {
        if let Some(Steps { input, edges, leaves }) = self.steps(tree, node, inputs) {
            let Some(input) = input else { return Some(self.int(leaves[0])) };
            let place = self.count_edges(&edges, inputs[usize::from(input)]);
            return Some(self.look_up(place, leaves));
        }
        let Node::Dense { input, low, children } = &tree.nodes[node as usize] else { return None };
        let on = inputs[usize::from(*input)];
        let (low, children) = dense_within(*low, children, self.range(on));
        let rows: Vec<Steps> = children.iter().map(|child| self.steps(tree, *child, inputs)).collect::<Option<_>>()?;
        let mut second = rows.iter().filter_map(|row| row.input);
        let Some(across) = second.next() else {
            let place = self.dense_place(on, low, children.len());
            return Some(self.look_up(place, rows.iter().map(|row| row.leaves[0]).collect()));
        };
        if second.any(|input| input != across) {
            return None;
        }
        // A grid: a row of edges and a row of leaves for each value of the first input.
        let most = rows.iter().map(|row| row.edges.len()).max().unwrap_or(0);
        let width = (most + 1).next_power_of_two();
        if width * rows.len() > MAX_GRID {
            return None;
        }
        let (mut edges, mut leaves) = (Vec::new(), Vec::new());
        for row in &rows {
            let last = row.leaves[row.leaves.len() - 1];
            edges.extend(row.edges.iter().copied().chain(std::iter::repeat(i64::MAX)).take(width));
            leaves.extend(row.leaves.iter().copied().chain(std::iter::repeat(last)).take(width));
        }
        let row = self.dense_place(on, low, children.len());
        let start = self.b.ins().ishl_imm_u(row, i64::from(width.trailing_zeros()));
        let place = self.halve(edges, start, width, inputs[usize::from(across)]);
        let high = leaves.len() as i64 - 1;
        self.facts.set_range(place, Range { low: 0, high });
        Some(self.look_up(place, leaves))
    }

    /// How many edges are at or below the value.
    fn count_edges(&mut self, edges: &[i64], value: Value) -> Value {
        let range = Range { low: 0, high: edges.len() as i64 };
        let count = if edges.len() <= FEW {
            let mut count = self.b.ins().iconst(I64, 0);
            for edge in edges {
                let above = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, value, *edge);
                let above = self.b.ins().uextend(I64, above);
                count = self.b.ins().iadd(count, above);
            }
            count
        } else {
            let width = (edges.len() + 1).next_power_of_two();
            let padded = edges.iter().copied().chain(std::iter::repeat(i64::MAX)).take(width).collect();
            let start = self.b.ins().iconst(I64, 0);
            let count = self.halve(padded, start, width, value);
            // The greatest number is at or above the padding as well.
            let most = self.b.ins().iconst(I64, edges.len() as i64);
            self.b.ins().smin(count, most)
        };
        self.facts.set_range(count, range);
        count
    }

    /// `start` and how many of the first `width` - 1 words of the table from `start` on are at or below the value;
    /// `width` is a power of two, and `start` a multiple of it.
    fn halve(&mut self, words: Vec<i64>, start: Value, width: usize, value: Value) -> Value {
        if width < WIDE {
            return self.halve_in(words, start, width, value);
        }
        // The steps that are far apart look at the last word of each stretch only. These lie together, so that they stay
        // near the processor; the steps within a stretch find it in a line or two of its cache.
        let coarse = words.chunks_exact(STRETCH).filter_map(|stretch| stretch.last()).copied().collect();
        let shift = i64::from(STRETCH.trailing_zeros());
        let start = self.b.ins().ushr_imm_u(start, shift);
        let stretch = self.halve(coarse, start, width / STRETCH, value);
        let start = self.b.ins().ishl_imm_u(stretch, shift);
        self.halve_in(words, start, STRETCH, value)
    }

    fn halve_in(&mut self, words: Vec<i64>, start: Value, width: usize, value: Value) -> Value {
        let table = self.link.tables().add(words);
        let table = self.b.ins().iconst(I64, table);
        let mut place = start;
        let mut half = width / 2;
        while half > 0 {
            let bytes = self.b.ins().ishl_imm_u(place, 3);
            let address = self.b.ins().iadd(table, bytes);
            let flags = self.flags(self.regions.tables).with_readonly();
            let edge = self.b.ins().load(I64, flags, address, (half as i32 - 1) * 8);
            let further = self.b.ins().iadd_imm_s(place, half as i64);
            let at_or_below = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, edge, value);
            place = self.b.ins().select(at_or_below, further, place);
            half /= 2;
        }
        place
    }

    /// `value - low` where that is below `count`, else the last place.
    fn dense_place(&mut self, value: Value, low: i64, count: usize) -> Value {
        let range = self.range(value);
        let last = count as i64 - 1;
        let place = if low == 0 { value } else { self.b.ins().iadd_imm_s(value, low.wrapping_neg()) };
        let inside = range.low >= low && i128::from(range.high) - i128::from(low) <= i128::from(last);
        let place = if inside {
            place
        } else {
            let end = self.b.ins().iconst(I64, last);
            self.b.ins().umin(place, end)
        };
        self.facts.set_range(place, Range { low: 0, high: last });
        place
    }

    /// A word of a table of the program; the place is within it.
    fn look_up(&mut self, place: Value, words: Vec<i64>) -> Value {
        let range =
            Range { low: words.iter().copied().min().unwrap_or(0), high: words.iter().copied().max().unwrap_or(0) };
        let first = words.first().copied().unwrap_or(0);
        let value = if words.iter().enumerate().all(|(at, word)| first.checked_add(at as i64) == Some(*word)) {
            if first == 0 { place } else { self.b.ins().iadd_imm_s(place, first) }
        } else {
            let known = Rc::from(&words[..]);
            let table = self.link.tables().add(words);
            let table = self.b.ins().iconst(I64, table);
            let bytes = self.b.ins().ishl_imm_u(place, 3);
            let address = self.b.ins().iadd(table, bytes);
            let value = self.load_table(address, 0);
            self.facts.set_looked_up(value, place, known);
            value
        };
        self.facts.set_range(value, range);
        value
    }

    /// The word that an index picks of a row of literals.
    pub(super) fn pick(&mut self, frame: &Frame<'_>, dst: Def, index: Use, words: impl Iterator<Item = i64>) {
        let index = self.get(frame, index);
        let range = self.range(index);
        let most = if range.low >= 0 { (range.high as usize).saturating_add(1) } else { usize::MAX };
        let words: Vec<i64> = words.take(most).collect();
        if range.low < 0 || range.high >= words.len() as i64 {
            let outside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, index, words.len() as i64);
            self.give_up_if(outside, status::FAULT);
        }
        // A literal that is picked by what a table says is a table itself.
        let value = match self.facts.looked_up(&self.b.func.dfg, index) {
            Some((place, numbers)) if numbers.iter().all(|number| (0..words.len() as i64).contains(number)) => {
                self.look_up(place, numbers.iter().map(|number| words[*number as usize]).collect())
            }
            _ if words.is_empty() => self.int(0),
            _ => self.look_up(index, words),
        };
        self.set(frame, dst, value);
    }
}
