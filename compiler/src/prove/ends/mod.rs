//! Every process can end, and nothing goes round by itself.
//!
//! **What is shown.** From every point of a process a way leads to an end, with conditions free ([`reach`]). What begins
//! steps, branches or instances in a circle waits in each round for something from outside, or counts towards a bound
//! ([`circle`]). Keys of `exclusive` are taken in one order of their types, in children that are waited for too
//! ([`keys`]). Every message that only processes send is sent somewhere, and not only behind waits for each other
//! ([`sent`]).
//!
//! **How.** The code of each process is a graph of points ([`flow`]); each proof is a search in it.
//!
//! **Limits.** A condition may turn out either way, but for one that is written as `true`. That an end can be reached
//! does not say that people act. A message counts as coming from outside unless it is `internal`; that an internal one
//! can be sent does not say to whom.
//! What counts is a number that moves by an amount that is written out.

mod bound;
mod circle;
mod flow;
mod graph;
mod keys;
mod reach;
mod sent;

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
    /// A message is waited for that no process sends.
    Unsent(SmolStr),
    /// Messages each of which is sent only behind the wait for the one before it; the first behind the last one.
    Deadlock(Vec<Awaited>),
}

/// A place where a process is started.
#[derive(Debug, Clone)]
pub struct Start {
    pub process: SmolStr,
    pub place: Place,
}

/// A wait for a message that stands before something else is sent.
#[derive(Debug, Clone)]
pub struct Awaited {
    pub message: SmolStr,
    pub place: Place,
    /// Where the message is sent.
    pub sent: Place,
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
    sent::prove(checked, &flows, &mut findings);
    findings.sort_by_key(|finding| finding.place);
    findings
}
