//! Nothing goes round without a wait or a bound: no stretch of a process, and no processes that start each other.
//!
//! Only what begins a step, a branch or an instance in each round is looked at: the cost of a step bounds the rest.

use super::bound::{Way, bounds, moved};
use super::flow::{Does, Flow};
use super::graph::{circles, round};
use super::reach::turn;
use super::{Fault, Finding, Start};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use std::collections::HashSet;

/// For each point where branches begin: whether they may be joined without anything having been waited for.
pub(super) fn unwaited(flow: &Flow<'_>) -> Vec<bool> {
    let mut joins = vec![false; flow.nodes.len()];
    for point in (0..flow.nodes.len()).rev() {
        let Does::Parts(parting) = &flow.nodes[point].does else { continue };
        let ends =
            |start: usize| reached(flow, &joins, start).iter().any(|p| matches!(flow.nodes[*p].does, Does::EndsBranch));
        let main = || parting.branches.iter().filter(|branch| !branch.beside);
        // A list may be empty.
        let free = main().filter(|branch| branch.each || ends(branch.start)).count();
        joins[point] = match parting.enough {
            None => free == main().count(),
            Some(enough) => free >= enough.unwrap_or(1) || main().any(|branch| branch.each),
        };
    }
    joins
}

/// Where a point leads to without a wait.
fn next(flow: &Flow<'_>, joins: &[bool], point: usize) -> Vec<usize> {
    let node = &flow.nodes[point];
    let mut next = node.next.clone();
    if let Does::Parts(parting) = &node.does {
        next.extend(parting.branches.iter().map(|branch| branch.start));
        next.extend(joins[point].then_some(parting.join));
    }
    next.retain(|to| !matches!(flow.nodes[*to].does, Does::Waits(_)));
    next
}

fn reached(flow: &Flow<'_>, joins: &[bool], start: usize) -> Vec<usize> {
    if matches!(flow.nodes[start].does, Does::Waits(_)) {
        return Vec::new();
    }
    let (mut all, mut seen, mut at) = (vec![start], HashSet::from([start]), 0);
    while let Some(point) = all.get(at).copied() {
        all.extend(next(flow, joins, point).into_iter().filter(|to| seen.insert(*to)));
        at += 1;
    }
    all
}

/// Stretches that go round.
pub(super) fn stretches(flow: &Flow<'_>, joins: &[bool], findings: &mut Vec<Finding>) {
    let begins = |point: &usize| matches!(flow.nodes[*point].does, Does::Begins | Does::Starts(..) | Does::Parts(_));
    for part in circles(flow.nodes.len(), |point| next(flow, joins, point)) {
        if let Some(place) = turn(flow, &part).filter(|_| part.iter().any(begins)) {
            findings.push(Finding { place, process: flow.process.clone(), fault: Fault::Unwaited });
        }
    }
}

/// A process starts another one before it has waited for anything.
struct AtOnce<'c> {
    from: usize,
    to: usize,
    values: &'c [TExpr],
    place: Place,
}

/// Processes that start each other.
pub(super) fn processes(checked: &Checked, flows: &[Flow<'_>], joins: &[Vec<bool>], findings: &mut Vec<Finding>) {
    let mut starts: Vec<AtOnce<'_>> = Vec::new();
    for (from, (flow, joins)) in flows.iter().zip(joins).enumerate() {
        for point in reached(flow, joins, 0) {
            let node = &flow.nodes[point];
            if let Does::Starts(process, values) = node.does {
                starts.push(AtOnce { from, to: process.index(), values, place: node.place });
            }
        }
    }
    let mut next = vec![Vec::new(); flows.len()];
    starts.iter().for_each(|start| next[start.from].push(start.to));
    let next = |from: usize| next[from].clone();
    for part in circles(flows.len(), next) {
        let inside: Vec<&AtOnce<'_>> =
            starts.iter().filter(|start| part.contains(&start.from) && part.contains(&start.to)).collect();
        if is_bounded(checked, &part, &inside) {
            continue;
        }
        let first = part.iter().copied().min_by_key(|process| checked.processes[*process].place).unwrap_or(part[0]);
        let way = round(&part, first, next);
        let mut calls = Vec::new();
        for (at, from) in way.iter().enumerate() {
            let to = way.get(at + 1).copied().unwrap_or(first);
            let start =
                inside.iter().filter(|start| start.from == *from && start.to == to).min_by_key(|start| start.place);
            calls.extend(start.map(|start| Start { process: flows[to].process.clone(), place: start.place }));
        }
        if let Some(place) = calls.first().map(|start| start.place) {
            findings.push(Finding { place, process: flows[first].process.clone(), fault: Fault::Endless(calls) });
        }
    }
}

/// Whether a parameter that all of them have goes towards a bound with each start.
fn is_bounded(checked: &Checked, part: &[usize], starts: &[&AtOnce<'_>]) -> bool {
    let place_of = |process: usize, name: &str| checked.processes[process].params.iter().position(|p| p.name == name);
    let names = part.first().map_or(&[][..], |first| &checked.processes[*first].params);
    let goes = |name: &str, way: Way| {
        let moves = |start: &&AtOnce<'_>| {
            let (Some(from), Some(to)) = (place_of(start.from, name), place_of(start.to, name)) else { return false };
            start.values.get(to).and_then(|value| moved(value, LocalId(from as u32))) == Some(way)
        };
        let bounded =
            |process: &usize| place_of(*process, name).is_some_and(|at| has_bound(checked, *process, at, way));
        starts.iter().all(moves) && part.iter().all(bounded)
    };
    names.iter().any(|param| goes(&param.name, Way::Up) || goes(&param.name, Way::Down))
}

/// Whether a `where` of a parameter, or of its type, stops it on that way.
fn has_bound(checked: &Checked, process: usize, at: usize, way: Way) -> bool {
    let process = &checked.processes[process];
    let is_constant = |e: &TExpr| e.as_number().is_some();
    let is_it =
        |condition: &TExpr, local: usize| bounds(condition, &is_constant).contains(&(LocalId(local as u32), way));
    let function = &checked.functions[process.func.index()];
    let own = function.requires.iter().any(|(condition, _)| is_it(condition, at));
    own || process.params[at].checks.iter().any(|check| {
        match &checked.functions[checked.checks[check.index()].func.index()].body {
            Body::Code(TBlock { value: Some(condition), .. }) => is_it(condition, 0),
            _ => false,
        }
    })
}
