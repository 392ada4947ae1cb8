//! Parts a space by the boxes that cover it: what no box covers, and which boxes are ever the first to cover.
//!
//! Variable by variable, the values are swept in order; between two edges of boxes nothing changes, so that one step
//! stands for all of it. What is left behind a step is the set of boxes that still can cover; sets that were met
//! before at the same variable are not looked at again. A variable comes the earlier the fewer of its steps the boxes
//! span together, so that a column that tells rows apart well comes before one that hardly does. Terms come last, and
//! only where they are met is it asked whether they agree with the steps taken.

use super::formula::{Region, meets};
use super::set::Set;
use super::space::{Space, VarId};
use super::theory::{Verdict, judge};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Box that covers.
pub struct Cover<'a> {
    pub region: &'a Region,
    /// The row it is of; `None` for what the premises exclude.
    pub row: Option<u32>,
}

/// A place that no box covers.
#[derive(Debug, Clone)]
pub struct Point {
    /// One for each variable of the space.
    pub sets: Vec<Set>,
    /// What terms ask of variables.
    pub values: HashMap<VarId, i128>,
    /// Everything about it is an input, and the terms are known to agree.
    pub sure: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only what no box covers.
    Gaps,
    /// Also which rows are the first to cover something; boxes are given in their order.
    First,
}

pub struct Outcome {
    /// For each row whether it is the first somewhere (`Mode::First`).
    pub reached: Vec<bool>,
    /// All was looked at, or the one who asked has seen enough.
    pub finished: bool,
}

/// A variable that some box asks for, and its steps.
pub struct Level {
    pub var: VarId,
    pub atoms: Vec<(i128, i128)>,
    is_term: bool,
}

/// A box over levels.
struct Placed {
    row: Option<u32>,
    /// The level behind the last one that it asks for.
    settled: u32,
    /// Levels in order, each with the steps that it fits.
    cells: Vec<(u32, Vec<(u32, u32)>)>,
}

/// How many entries the sets that are remembered may have together.
const MEMORY_MAX: usize = 4_000_000;

struct Search<'a> {
    space: &'a Space,
    mode: Mode,
    /// What was allowed before any step.
    start: Vec<Set>,
    levels: Vec<Level>,
    placed: Vec<Placed>,
    /// The steps taken, by level.
    way: Vec<Option<(u32, u32)>>,
    /// Whether some variable is a term that is restricted from the start.
    terms: bool,
    known: HashSet<(u32, Box<[u32]>)>,
    memory: usize,
    work: &'a mut u64,
    reached: Vec<bool>,
    ended: bool,
    finished: bool,
    /// Nobody wants to hear of more gaps.
    told: bool,
    found: &'a mut dyn FnMut(Point) -> bool,
}

/// Looks through `domain` (all that is allowed, where it is empty). `found` is told of places without cover until it
/// says that it has seen enough. `work` is what is left to spend.
pub fn search(
    space: &Space,
    domain: &Region,
    covers: &[Cover],
    mode: Mode,
    work: &mut u64,
    found: &mut dyn FnMut(Point) -> bool,
) -> Outcome {
    let mut start = space.allowed.clone();
    for (var, set) in domain {
        start[var.index()] = start[var.index()].and(set);
    }
    let rows = covers.iter().filter_map(|cover| cover.row).max().map_or(0, |row| row as usize + 1);
    let mut search = Search {
        space,
        mode,
        levels: levels(space, &start, covers),
        placed: Vec::new(),
        way: Vec::new(),
        terms: (0..space.vars.len()).any(|v| space.is_term(VarId(v as u32)) && start[v] != space.vars[v].domain),
        start,
        known: HashSet::new(),
        memory: 0,
        work,
        reached: vec![false; rows],
        ended: false,
        finished: true,
        told: false,
        found,
    };
    if search.start.iter().any(Set::is_empty) {
        return Outcome { reached: search.reached, finished: true };
    }
    search.way = vec![None; search.levels.len()];
    search.place(covers);
    let all: BTreeSet<u32> = (0..search.placed.len() as u32).collect();
    let all = search.possible(0, &all);
    search.visit(0, &all);
    Outcome { reached: search.reached, finished: search.finished }
}

pub fn levels(space: &Space, start: &[Set], covers: &[Cover]) -> Vec<Level> {
    let mut edges: Vec<Vec<i128>> = vec![Vec::new(); start.len()];
    let mut asked = vec![0_u64; start.len()];
    for (var, set) in covers.iter().flat_map(|cover| cover.region) {
        asked[var.index()] += 1;
        edges[var.index()].extend(set.stretches().iter().flat_map(|range| [range.0, range.1]));
    }
    let mut levels: Vec<(Level, u64)> = Vec::new();
    for (at, mut edges) in edges.into_iter().enumerate().filter(|(_, edges)| !edges.is_empty()) {
        edges.sort_unstable();
        edges.dedup();
        let var = VarId(at as u32);
        let mut atoms = Vec::new();
        for (low, high) in start[at].stretches() {
            let mut from = *low;
            for edge in &edges[edges.partition_point(|edge| edge <= low)..] {
                if edge >= high {
                    break;
                }
                atoms.push((from, *edge));
                from = *edge;
            }
            atoms.push((from, *high));
        }
        let idle = (covers.len() as u64 - asked[at]) * atoms.len() as u64;
        levels.push((Level { var, atoms, is_term: space.is_term(var) }, idle));
    }
    for (level, spans) in &mut levels {
        for cover in covers {
            if let Ok(at) = cover.region.binary_search_by_key(&level.var, |(var, _)| *var) {
                *spans += level.steps(&cover.region[at].1).iter().map(|step| u64::from(step.1 - step.0)).sum::<u64>();
            }
        }
    }
    let opaque = |var: VarId| space.vars[var.index()].opaque;
    levels.sort_by_key(|(level, spans)| (level.is_term, opaque(level.var), *spans, Reverse(level.atoms.len())));
    levels.into_iter().map(|(level, _)| level).collect()
}

impl Level {
    /// The steps that a set is.
    pub fn steps(&self, set: &Set) -> Vec<(u32, u32)> {
        let mut steps: Vec<(u32, u32)> = Vec::with_capacity(set.stretches().len());
        for (low, high) in set.stretches() {
            let first = self.atoms.partition_point(|atom| atom.0 < *low) as u32;
            let behind = self.atoms.partition_point(|atom| atom.0 < *high) as u32;
            match steps.last_mut() {
                _ if first >= behind => {}
                Some(last) if last.1 == first => last.1 = behind,
                _ => steps.push((first, behind)),
            }
        }
        steps
    }
}

impl Placed {
    fn cell(&self, level: u32) -> Option<&[(u32, u32)]> {
        let at = self.cells.binary_search_by_key(&level, |cell| cell.0).ok()?;
        Some(&self.cells[at].1)
    }

    /// The first level from this one that it asks for.
    fn next(&self, level: u32) -> Option<u32> {
        self.cells.get(self.cells.partition_point(|cell| cell.0 < level)).map(|cell| cell.0)
    }
}

impl Search<'_> {
    fn place(&mut self, covers: &[Cover]) {
        let mut level_of = vec![None; self.start.len()];
        for (at, level) in self.levels.iter().enumerate() {
            level_of[level.var.index()] = Some(at);
        }
        'covers: for cover in covers {
            let mut cells = Vec::with_capacity(cover.region.len());
            for (var, set) in cover.region {
                let Some(at) = level_of[var.index()] else { continue };
                let steps = self.levels[at].steps(set);
                match steps[..] {
                    [] => continue 'covers,
                    [all] if all == (0, self.levels[at].atoms.len() as u32) => {}
                    _ => cells.push((at as u32, steps)),
                }
            }
            cells.sort_unstable_by_key(|cell| cell.0);
            let settled = cells.last().map_or(0, |cell| cell.0 + 1);
            self.placed.push(Placed { row: cover.row, settled, cells });
        }
        if self.mode == Mode::Gaps {
            // What asks little settles early.
            self.placed.sort_by_key(|placed| placed.cells.len());
        }
    }

    /// The boxes that can still count: none behind one that covers everything left.
    fn possible(&self, level: u32, active: &BTreeSet<u32>) -> Vec<u32> {
        let mut kept = Vec::new();
        for cover in active {
            let settled = self.placed[*cover as usize].settled <= level;
            if settled && self.mode == Mode::Gaps {
                return vec![*cover];
            }
            kept.push(*cover);
            if settled {
                break;
            }
        }
        kept
    }

    /// True if what was found does not depend on the steps taken so far.
    fn visit(&mut self, level: u32, active: &[u32]) -> bool {
        let (Some(first), Some(last)) = (active.first(), active.last()) else { return self.gap() };
        if self.placed[*first as usize].settled <= level {
            return self.won(*first);
        }
        let is_reached = |cover: &u32| {
            let row = self.placed[*cover as usize].row;
            row.is_none_or(|row| self.reached[row as usize])
        };
        if self.placed[*last as usize].settled <= level && active.iter().all(is_reached) {
            return true;
        }
        let next = active.iter().filter_map(|cover| self.placed[*cover as usize].next(level)).min();
        let Some(next) = next else { return true };
        let key = (next, Box::from(active));
        if self.known.contains(&key) {
            return true;
        }
        let settled = self.sweep(next, active);
        if settled && !self.ended && self.memory < MEMORY_MAX {
            self.memory += active.len() + 4;
            self.known.insert(key);
        }
        settled
    }

    fn sweep(&mut self, level: u32, active: &[u32]) -> bool {
        let mut edges: Vec<(u32, bool, u32)> = Vec::new();
        let mut here = BTreeSet::new();
        for cover in active {
            match self.placed[*cover as usize].cell(level) {
                None => {
                    here.insert(*cover);
                }
                Some(steps) => {
                    for (first, behind) in steps {
                        edges.push((*first, true, *cover));
                        edges.push((*behind, false, *cover));
                    }
                }
            }
        }
        // Sorting costs more than looking at what is kept of it.
        const SORTING: u64 = 3;
        if !self.spend(SORTING * edges.len() as u64) {
            return false;
        }
        edges.sort_unstable();
        let atoms = self.levels[level as usize].atoms.len() as u32;
        let (mut at, mut next, mut independent) = (0, 0, true);
        while at < atoms {
            while let Some((_, begins, cover)) = edges.get(next).filter(|edge| edge.0 == at) {
                match begins {
                    true => here.insert(*cover),
                    false => here.remove(cover),
                };
                next += 1;
            }
            let until = edges.get(next).map_or(atoms, |edge| edge.0);
            let kept = self.possible(level + 1, &here);
            if !self.spend(kept.len() as u64 + 1) {
                return false;
            }
            self.way[level as usize] = Some((at, until));
            if self.levels[level as usize].is_term && self.is_empty() {
                independent = false;
            } else {
                independent &= self.visit(level + 1, &kept);
            }
            self.way[level as usize] = None;
            if self.ended {
                return false;
            }
            at = until;
        }
        independent
    }

    fn spend(&mut self, work: u64) -> bool {
        match self.work.checked_sub(work) {
            Some(left) => *self.work = left,
            None => {
                self.ended = true;
                self.finished = false;
            }
        }
        !self.ended
    }

    /// The values that the steps taken leave.
    fn sets(&self) -> Vec<Set> {
        let mut sets = self.start.clone();
        for (level, steps) in self.levels.iter().zip(&self.way) {
            if let Some((from, until)) = steps {
                sets[level.var.index()] = Set::of(level.atoms[*from as usize..*until as usize].to_vec());
            }
        }
        sets
    }

    /// Whether terms play a part in the steps taken.
    fn has_terms(&self) -> bool {
        self.terms || self.levels.iter().zip(&self.way).any(|(level, steps)| level.is_term && steps.is_some())
    }

    fn is_empty(&mut self) -> bool {
        let sets = self.sets();
        matches!(judge(self.space, &sets, self.work), Verdict::Empty)
    }

    fn won(&mut self, cover: u32) -> bool {
        let Some(row) = self.placed[cover as usize].row.filter(|_| self.mode == Mode::First) else { return true };
        if self.reached[row as usize] {
            return true;
        }
        let terms = self.has_terms();
        if !(terms && self.is_empty()) {
            self.reached[row as usize] = true;
            return true;
        }
        false
    }

    fn gap(&mut self) -> bool {
        if self.told || !self.spend(self.start.len() as u64) {
            return true;
        }
        let sets = self.sets();
        let (values, agreed) = match judge(self.space, &sets, self.work) {
            Verdict::Empty => return !self.has_terms(),
            Verdict::Inhabited(values) => (values, true),
            Verdict::Unknown => (HashMap::new(), false),
        };
        let clear = (0..sets.len()).all(|v| !self.space.vars[v].opaque || sets[v] == self.space.allowed[v]);
        if (self.found)(Point { sets, values, sure: agreed && clear }) {
            self.told = true;
            // Rows may still be reached elsewhere.
            self.ended = self.mode == Mode::Gaps;
        }
        false
    }
}

/// The budget is spent.
pub struct OutOfWork;

/// A place in a box that the premises do not exclude.
pub fn inhabitant(
    space: &Space,
    region: &Region,
    excluded: &[Region],
    work: &mut u64,
) -> Result<Option<Point>, OutOfWork> {
    // Setting up a search costs too.
    const COST: u64 = 200;
    *work = work.checked_sub(COST).ok_or(OutOfWork)?;
    let near = excluded.iter().filter(|other| meets(region, other));
    let covers: Vec<Cover> = near.map(|region| Cover { region, row: None }).collect();
    let mut point = None;
    let outcome = search(space, region, &covers, Mode::Gaps, work, &mut |found| {
        // A place that is sure is better than one that is not.
        let sure = found.sure;
        if sure || point.is_none() {
            point = Some(found);
        }
        sure
    });
    match point {
        None if !outcome.finished => Err(OutOfWork),
        point => Ok(point),
    }
}
