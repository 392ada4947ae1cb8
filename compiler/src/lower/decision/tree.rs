//! The search tree of a decision, as a graph that shares equal parts.
//!
//! Level by level, the rows that are still possible are swept along one column: between two edges of their cells
//! the set of rows does not change, and each such set is looked at once on each level, however often it occurs.
//!
//! The columns are taken in the order of how little they repeat the rows: a row is in as many sets of a column as
//! its cell covers atoms, so the column whose cells cover the fewest atoms comes first; of equal ones the one with
//! more atoms, then the first. A category of exact values so comes before the ranges that it has its own of.

use super::space::{Space, Stretch};
use crate::lower::error::{Limit, Result, TREE_WORK_MAX, passed};
use crate::source::Place;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// A node; children are numbers of nodes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Branch {
    Leaf(u32),
    /// By a column of the space: the atoms at which each child begins (the first is 0), and the children.
    Split {
        column: usize,
        starts: Vec<u32>,
        children: Vec<u32>,
    },
}

pub struct Graph {
    pub nodes: Vec<Branch>,
    pub root: u32,
}

pub struct Growth<'s> {
    space: &'s Space,
    /// The columns in the order of the levels.
    order: Vec<usize>,
    /// For each row the level from which on it fits whatever the inputs are, where rows behind it never count.
    settled: Option<Vec<usize>>,
    nodes: Vec<Branch>,
    known: HashMap<Branch, u32>,
    seen: HashMap<(usize, Rc<[u32]>), u32>,
    /// Entries of all sets of rows so far.
    work: u64,
    nodes_max: u64,
    place: Place,
}

impl<'s> Growth<'s> {
    /// `first_wins`: a row makes all behind it pointless where it surely fits.
    pub fn new(space: &'s Space, first_wins: bool, nodes_max: u64, place: Place) -> Self {
        let mut order: Vec<usize> = (0..space.columns.len()).collect();
        let repeats = |column: &usize| {
            let column = &space.columns[*column];
            let covered: u64 = column.cells.iter().flatten().map(|s| u64::from(s.1 - s.0)).sum();
            (covered, std::cmp::Reverse(column.atoms))
        };
        order.sort_by_cached_key(repeats);
        let settled = first_wins.then(|| {
            let rows = space.tested.len();
            let level_of = |row: usize| {
                if !space.tested[row].is_empty() {
                    return usize::MAX;
                }
                let narrow = |column: &usize| {
                    let column = &space.columns[*column];
                    column.cells[row] != [(0, column.atoms)]
                };
                order.iter().rposition(narrow).map_or(0, |level| level + 1)
            };
            (0..rows).map(level_of).collect()
        });
        let (nodes, known, seen) = (Vec::new(), HashMap::new(), HashMap::new());
        Growth { space, order, settled, nodes, known, seen, work: 0, nodes_max, place }
    }

    /// Grows the tree; `leaf` gives the number of the leaf for a set of rows.
    pub fn grow(mut self, leaf: &mut dyn FnMut(&[u32]) -> u32) -> Result<Graph> {
        let all: Vec<u32> = (0..self.space.tested.len() as u32).collect();
        let all = self.possible(0, all.iter());
        let root = self.level(0, all, leaf)?;
        Ok(Graph { nodes: self.nodes, root })
    }

    /// The rows of an ordered set that can still count at a level.
    fn possible<'r>(&self, level: usize, rows: impl Iterator<Item = &'r u32>) -> Vec<u32> {
        let Some(settled) = &self.settled else {
            return rows.copied().collect();
        };
        let mut kept = Vec::new();
        for row in rows {
            kept.push(*row);
            if settled[*row as usize] <= level {
                break;
            }
        }
        kept
    }

    fn level(&mut self, level: usize, rows: Vec<u32>, leaf: &mut dyn FnMut(&[u32]) -> u32) -> Result<u32> {
        let space = self.space;
        // Levels where no row of the set tells anything apart are skipped.
        let narrow = |column: &usize| {
            let column = &space.columns[*column];
            rows.iter().any(|row| column.cells[*row as usize] != [(0, column.atoms)])
        };
        let skipped = self.order[level..].iter().position(narrow);
        let Some(skipped) = skipped else {
            return self.node(Branch::Leaf(leaf(&rows)));
        };
        let level = level + skipped;
        self.work += rows.len() as u64;
        if self.work > TREE_WORK_MAX {
            return passed(Limit::TreeWork, TREE_WORK_MAX, self.place);
        }
        let key = (level, Rc::from(rows));
        if let Some(node) = self.seen.get(&key) {
            return Ok(*node);
        }
        let number = self.order[level];
        let (mut starts, mut children): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for (start, active) in self.sweep(number, &key.1, level + 1)? {
            let child = self.level(level + 1, active, leaf)?;
            if children.last() != Some(&child) {
                starts.push(start);
                children.push(child);
            }
        }
        let node = match children[..] {
            [only] => only,
            _ => self.node(Branch::Split { column: number, starts, children })?,
        };
        self.seen.insert(key, node);
        Ok(node)
    }

    /// The sets of rows along a column, each with the atom at which it begins.
    fn sweep(&mut self, column: usize, rows: &[u32], next_level: usize) -> Result<Vec<(u32, Vec<u32>)>> {
        let column = &self.space.columns[column];
        let mut edges: Vec<(u32, bool, u32)> = Vec::new();
        for row in rows {
            let cell: &[Stretch] = &column.cells[*row as usize];
            for stretch in cell {
                edges.push((stretch.0, true, *row));
                edges.push((stretch.1, false, *row));
            }
        }
        edges.sort_unstable();
        let mut active = BTreeSet::new();
        let (mut sets, mut at, mut next) = (Vec::new(), 0, 0);
        while at < column.atoms {
            while let Some((_, begins, row)) = edges.get(next).filter(|edge| edge.0 == at) {
                match begins {
                    true => active.insert(*row),
                    false => active.remove(row),
                };
                next += 1;
            }
            let set = self.possible(next_level, active.iter());
            self.work += set.len() as u64;
            if self.work > TREE_WORK_MAX {
                return passed(Limit::TreeWork, TREE_WORK_MAX, self.place);
            }
            sets.push((at, set));
            at = edges.get(next).map_or(column.atoms, |edge| edge.0);
        }
        Ok(sets)
    }

    fn node(&mut self, branch: Branch) -> Result<u32> {
        if let Some(node) = self.known.get(&branch) {
            return Ok(*node);
        }
        if self.nodes.len() as u64 >= self.nodes_max {
            return passed(Limit::TreeNodes, self.nodes_max, self.place);
        }
        let number = self.nodes.len() as u32;
        self.nodes.push(branch.clone());
        self.known.insert(branch, number);
        Ok(number)
    }
}
