//! Keys of `exclusive` are taken in one order everywhere, so that no two instances wait for each other's.

use super::flow::{Flow, Key, Order};
use super::graph::{circles, round};
use super::{Fault, Finding};
use smol_str::SmolStr;
use std::collections::BTreeMap;

pub(super) fn prove(flows: &[Flow<'_>], findings: &mut Vec<Finding>) {
    // A child that is waited for takes its keys while those around it are held.
    let mut orders: Vec<(&SmolStr, Order)> = Vec::new();
    for flow in flows {
        orders.extend(flow.orders.iter().map(|order| (&flow.process, order.clone())));
        for (held, child) in &flow.awaited {
            for taken in taken(flows, child.index()) {
                orders.push((&flow.process, Order { held: held.clone(), taken }));
            }
        }
    }
    let mut numbers: BTreeMap<SmolStr, usize> = BTreeMap::new();
    for (_, order) in &orders {
        for kind in [&order.held.kind, &order.taken.kind] {
            let next = numbers.len();
            numbers.entry(kind.clone()).or_insert(next);
        }
    }
    // Two of one kind at once: one instance may hold the one, another the other.
    for (process, order) in orders.iter().filter(|(_, order)| order.held.kind == order.taken.kind) {
        let fault = Fault::Crossed(vec![order.clone()]);
        findings.push(Finding { place: order.taken.place, process: (*process).clone(), fault });
    }
    orders.retain(|(_, order)| order.held.kind != order.taken.kind);
    let ends = |order: &Order| (numbers[&order.held.kind], numbers[&order.taken.kind]);
    let next = |from: usize| {
        let to = orders.iter().map(|(_, order)| ends(order)).filter(|(held, _)| *held == from);
        to.map(|(_, taken)| taken).collect::<Vec<_>>()
    };
    for part in circles(numbers.len(), next) {
        let way = round(&part, part[0], next);
        let mut around: Vec<(&SmolStr, Order)> = Vec::new();
        for (at, from) in way.iter().enumerate() {
            let to = way.get(at + 1).copied().unwrap_or(part[0]);
            around.extend(orders.iter().find(|(_, order)| ends(order) == (*from, to)).cloned());
        }
        if let Some((process, first)) = around.first() {
            let fault = Fault::Crossed(around.iter().map(|(_, order)| order.clone()).collect());
            findings.push(Finding { place: first.taken.place, process: (*process).clone(), fault });
        }
    }
}

/// All keys that a process and the children that it waits for take, each kind once.
fn taken(flows: &[Flow<'_>], process: usize) -> Vec<Key> {
    let (mut processes, mut at) = (vec![process], 0);
    let mut keys: Vec<Key> = Vec::new();
    while let Some(process) = processes.get(at).copied() {
        for key in &flows[process].keys {
            if keys.iter().all(|known| known.kind != key.kind) {
                keys.push(key.clone());
            }
        }
        for child in &flows[process].children {
            if !processes.contains(&child.index()) {
                processes.push(child.index());
            }
        }
        at += 1;
    }
    keys
}
