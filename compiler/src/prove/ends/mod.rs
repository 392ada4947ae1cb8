//! Every process can end, and nothing goes round by itself.
//!
//! **What is shown.** From every point of a process a way leads to an end, with conditions free ([`reach`]). What begins
//! steps, branches or instances in a circle waits in each round for something from outside, or counts towards a bound
//! ([`circle`]). Keys of `exclusive` are taken in one order of their types, in children that are waited for too
//! ([`keys`]).
//!
//! **How.** The code of each process is a graph of points ([`flow`]); each proof is a search in it.
//!
//! **Limits.** A condition may turn out either way, but for one that is written as `true`. That an end can be reached
//! does not say that people act. A message counts as coming from outside, whoever sends it.
//! What counts is a number that moves by an amount that is written out.

mod bound;
mod circle;
mod flow;
mod graph;
mod keys;
mod reach;

pub use flow::{Key, Order};

use crate::source::Place;
use crate::typed::Checked;
use smol_str::SmolStr;

#[derive(Debug, Clone)]
pub struct Finding {
    pub place: Place,
    pub process: SmolStr,
    pub fault: Fault,
}

#[derive(Debug, Clone)]
pub enum Fault {
    /// No way leads from there to an end.
    NoEnd,
    /// It goes round there, and nothing is waited for in a round.
    Unwaited,
    /// Processes that start each other, from the first one round to it again.
    Endless(Vec<Start>),
    /// Keys that are taken in a circle of orders.
    Crossed(Vec<Order>),
}

/// A place where a process is started.
#[derive(Debug, Clone)]
pub struct Start {
    pub process: SmolStr,
    pub place: Place,
}

pub fn prove(checked: &Checked) -> Vec<Finding> {
    let flows: Vec<flow::Flow<'_>> = checked.processes.iter().map(|process| flow::flow(checked, process)).collect();
    let joins: Vec<Vec<bool>> = flows.iter().map(circle::unwaited).collect();
    let mut findings = Vec::new();
    for (flow, joins) in flows.iter().zip(&joins) {
        reach::prove(flow, &mut findings);
        circle::stretches(flow, joins, &mut findings);
    }
    circle::processes(checked, &flows, &joins, &mut findings);
    keys::prove(&flows, &mut findings);
    findings.sort_by_key(|finding| finding.place);
    findings
}
