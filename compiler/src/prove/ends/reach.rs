//! An end can be reached from everywhere.
//!
//! Branches are looked at from the inside out: what lies in one has to be able to reach the end of the branch, or of
//! the process by a failure, unless something around it ends it. Then a point where branches begin is one of the
//! points of what is around it, and leads to where they are joined if enough of them can end.

use super::flow::{Branch, Does, Flow, Parting};
use super::graph::circles;
use super::{Fault, Finding};
use crate::source::Place;
use std::collections::HashSet;

/// What is known of a point where branches begin.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Enough of them can end.
    joins: bool,
    /// One of them can end the process.
    fails: bool,
    /// It has been told why it cannot go on.
    told: bool,
}

struct Region {
    /// Points that can be reached and reach no end.
    lost: Vec<usize>,
    ends: bool,
    fails: bool,
}

pub(super) fn prove(flow: &Flow<'_>, findings: &mut Vec<Finding>) {
    let mut reach = Reach { flow, known: vec![Known::default(); flow.nodes.len()], found: Vec::new() };
    // What lies inside of something stands behind it.
    for point in (0..flow.nodes.len()).rev() {
        if let Does::Parts(parting) = &flow.nodes[point].does {
            reach.parting(point, parting);
        }
    }
    let whole = reach.region(0);
    reach.tell(&whole.lost);
    let mut found = reach.found;
    found.sort_unstable();
    found.dedup();
    findings.extend(found.into_iter().map(|place| Finding {
        place,
        process: flow.process.clone(),
        fault: Fault::NoEnd,
    }));
}

struct Reach<'f, 'c> {
    flow: &'f Flow<'c>,
    known: Vec<Known>,
    found: Vec<Place>,
}

impl Reach<'_, '_> {
    fn parting(&mut self, point: usize, parting: &Parting) {
        let regions: Vec<Region> = parting.branches.iter().map(|branch| self.region(branch.start)).collect();
        let main = || parting.branches.iter().zip(&regions).filter(|(branch, _)| !branch.beside);
        let joins = match parting.enough {
            None => main().all(|(_, region)| region.ends),
            Some(enough) => {
                let each = |(branch, region): &(&Branch, &Region)| branch.each && region.ends;
                let ending = main().filter(|(_, region)| region.ends).count();
                main().any(|both| each(&both)) || ending >= enough.unwrap_or(1).max(1)
            }
        };
        // What goes on in a branch is ended from outside, or when enough others have ended.
        let is_ended = !self.flow.nodes[point].next.is_empty() || (parting.enough.is_some() && !parting.drain && joins);
        let mut told = false;
        for (number, region) in regions.iter().enumerate().filter(|(_, region)| !region.lost.is_empty() && !is_ended) {
            // A failure of another one ends them all.
            if !regions.iter().enumerate().any(|(other, region)| other != number && region.fails) {
                self.tell(&region.lost);
                told = true;
            }
        }
        self.known[point] = Known { joins, fails: regions.iter().any(|region| region.fails), told };
    }

    fn next(&self, point: usize) -> Vec<usize> {
        let node = &self.flow.nodes[point];
        let mut next = node.next.clone();
        if let Does::Parts(parting) = &node.does
            && self.known[point].joins
        {
            next.push(parting.join);
        }
        next
    }

    fn region(&self, start: usize) -> Region {
        let mut reached = vec![start];
        let mut before: Vec<(usize, usize)> = Vec::new();
        let mut seen = HashSet::from([start]);
        let mut at = 0;
        while let Some(point) = reached.get(at).copied() {
            for to in self.next(point) {
                before.push((to, point));
                if seen.insert(to) {
                    reached.push(to);
                }
            }
            at += 1;
        }
        before.sort_unstable();
        let does = |point: &usize| &self.flow.nodes[*point].does;
        let fails = |point: &usize| self.known[*point].fails;
        let ends = |point: &usize| matches!(does(point), Does::Ends | Does::EndsBranch) || fails(point);
        let mut good: HashSet<usize> = reached.iter().copied().filter(ends).collect();
        let mut todo: Vec<usize> = good.iter().copied().collect();
        while let Some(point) = todo.pop() {
            let from = before.partition_point(|(to, _)| *to < point);
            for (_, earlier) in before[from..].iter().take_while(|(to, _)| *to == point) {
                if good.insert(*earlier) {
                    todo.push(*earlier);
                }
            }
        }
        Region {
            ends: reached.iter().any(|point| matches!(does(point), Does::EndsBranch)),
            fails: reached.iter().any(|point| matches!(does(point), Does::Ends) || fails(point)),
            lost: reached.into_iter().filter(|point| !good.contains(point)).collect(),
        }
    }

    /// Where it goes round for ever, or no further.
    fn tell(&mut self, lost: &[usize]) {
        if lost.is_empty() {
            return;
        }
        let stuck = |point: &&usize| self.next(**point).is_empty() && !self.known[**point].told;
        let mut places: Vec<Place> = lost.iter().filter(stuck).map(|point| self.flow.nodes[*point].place).collect();
        let inside = |point: usize| self.next(point).into_iter().filter(|to| lost.contains(to)).collect::<Vec<_>>();
        let rounds =
            circles(self.flow.nodes.len(), |point| if lost.contains(&point) { inside(point) } else { Vec::new() });
        for round in rounds {
            // One that leads out of itself is lost by where it leads to.
            if round.iter().all(|point| inside(*point).iter().all(|to| round.contains(to))) {
                places.extend(turn(self.flow, &round));
            }
        }
        self.found.extend(places);
    }
}

/// Where a circle goes back, as people see it.
pub(super) fn turn(flow: &Flow<'_>, round: &[usize]) -> Option<Place> {
    let turns = round.iter().filter(|point| matches!(flow.nodes[**point].does, Does::Turns));
    let all = round.iter().map(|point| flow.nodes[*point].place).min();
    turns.map(|point| flow.nodes[*point].place).min().or(all)
}
