//! Whether variables can be in their sets all at once: what terms, sums of several variables, say about them.

use super::difference::{Answer, AtMost, solve};
use super::set::{BELOW, BEYOND, Set};
use super::space::{Space, VarId};
use std::collections::HashMap;

/// What is known of a cell of the partition.
pub enum Verdict {
    Empty,
    /// Values of the variables that terms speak of.
    Inhabited(HashMap<VarId, i128>),
    Unknown,
}

/// How many combinations of stretches are tried.
const COMBINATIONS_MAX: u32 = 256;

/// What one combination costs, in units of a search's work.
const COMBINATION_COST: u64 = 500;

/// `sets` has one for each variable.
pub fn judge(space: &Space, sets: &[Set], work: &mut u64) -> Verdict {
    if sets.iter().any(Set::is_empty) {
        return Verdict::Empty;
    }
    let terms: Vec<VarId> = (0..space.vars.len() as u32)
        .map(VarId)
        .filter(|var| space.is_term(*var) && sets[var.index()] != space.vars[var.index()].domain)
        .collect();
    if terms.is_empty() {
        return Verdict::Inhabited(HashMap::new());
    }
    let mut vars: Vec<VarId> =
        terms.iter().flat_map(|term| space.vars[term.index()].term.iter().map(|(var, _)| *var)).collect();
    vars.sort_unstable();
    vars.dedup();
    let mut ranges: Vec<(i128, i128)> = Vec::new();
    let mut left = COMBINATIONS_MAX;
    let judged = Judge { space, sets, terms: &terms, vars: &vars }.combine(&mut ranges, &mut left);
    *work = work.saturating_sub(u64::from(COMBINATIONS_MAX - left) * COMBINATION_COST);
    match judged {
        Answer::No => Verdict::Empty,
        Answer::Yes(values) => Verdict::Inhabited(vars.into_iter().zip(values).collect()),
        Answer::Unknown => Verdict::Unknown,
    }
}

struct Judge<'a> {
    space: &'a Space,
    sets: &'a [Set],
    terms: &'a [VarId],
    vars: &'a [VarId],
}

impl Judge<'_> {
    /// Chooses one stretch of each set, first of the variables, then of the terms.
    fn combine(&self, ranges: &mut Vec<(i128, i128)>, left: &mut u32) -> Answer {
        let chosen = ranges.len();
        let Some(next) = self.vars.iter().chain(self.terms).nth(chosen) else {
            *left = left.saturating_sub(1);
            return self.solve(ranges);
        };
        let mut answer = Answer::No;
        for range in self.sets[next.index()].stretches() {
            if *left == 0 {
                return Answer::Unknown;
            }
            ranges.push(*range);
            let one = self.combine(ranges, left);
            ranges.truncate(chosen);
            match one {
                Answer::Yes(values) => return Answer::Yes(values),
                Answer::Unknown => answer = Answer::Unknown,
                Answer::No => {}
            }
        }
        answer
    }

    fn solve(&self, ranges: &[(i128, i128)]) -> Answer {
        let count = self.vars.len();
        let mut system = Vec::new();
        let mut bound = |factors: Vec<i128>, range: (i128, i128)| {
            if range.0 != BELOW {
                system.push(AtMost { factors: factors.iter().map(|f| -f).collect(), bound: -range.0 });
            }
            if range.1 != BEYOND {
                system.push(AtMost { factors, bound: range.1 - 1 });
            }
        };
        for (at, range) in ranges.iter().enumerate() {
            let mut factors = vec![0; count];
            match at.checked_sub(count) {
                None => factors[at] = 1,
                Some(term) => {
                    for (var, factor) in &self.space.vars[self.terms[term].index()].term {
                        if let Ok(at) = self.vars.binary_search(var) {
                            factors[at] = *factor;
                        }
                    }
                }
            }
            bound(factors, *range);
        }
        let pick = |at: usize, low: Option<i128>, high: Option<i128>| {
            let set = Set::range(low.unwrap_or(BELOW), high.map_or(BEYOND, |high| high.saturating_add(1)));
            self.space.choose(self.vars[at], &set)
        };
        solve(count, system, &pick)
    }
}
