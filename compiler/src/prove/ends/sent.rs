//! What is waited for can be sent.
//!
//! A message that is not `internal` may come from outside at any time. An internal one comes only from where a process
//! sends it. Which of them can ever be sent is found from below: at first none; then each that is sent where a way leads
//! that waits for nothing but what comes from outside and what has been found already; and so on, until nothing is
//! added. What is waited for and was not found is sent nowhere, or only behind waits for each other. Where branches are
//! joined by number, it is taken for enough if one can end: so what is told is certain.

use super::flow::{Does, Flow, Parting};
use super::{Awaited, Fault, Finding};
use crate::source::Place;
use crate::typed::*;
use std::collections::HashSet;

/// A place where an internal message is sent, and the process.
#[derive(Clone, Copy)]
struct Sent {
    flow: usize,
    point: usize,
}

/// What has been found so far.
struct Found<'f, 'c> {
    checked: &'f Checked,
    flows: &'f [Flow<'c>],
    /// By message: it can be there.
    comes: Vec<bool>,
    /// By process: it can end.
    ends: Vec<bool>,
}

/// Where the ways from a point lead.
#[derive(Default)]
struct Ways {
    points: HashSet<usize>,
    /// To the end of the process, or of the branch that they are in.
    ends: bool,
    ends_branch: bool,
}

pub(super) fn prove(checked: &Checked, flows: &[Flow<'_>], findings: &mut Vec<Finding>) {
    if checked.messages.iter().all(|message| !message.internal) {
        return;
    }
    let comes = checked.messages.iter().map(|message| !message.internal).collect();
    let mut found = Found { checked, flows, comes, ends: vec![false; flows.len()] };
    while found.again() {}
    for (number, message) in checked.messages.iter().enumerate().filter(|(number, _)| !found.comes[*number]) {
        let waits = found.points(|does| matches!(does, Does::Waits(Some(id)) if id.index() == number));
        let sent = found.sends(number).is_some();
        for Sent { flow, point } in waits {
            let fault = match sent {
                false => Fault::Unsent(message.name.clone()),
                true => match found.circle(flow, point) {
                    Some(circle) => Fault::Deadlock(circle),
                    // It is another one in the circle that is told.
                    None => continue,
                },
            };
            let (place, process) = (flows[flow].nodes[point].place, flows[flow].process.clone());
            findings.push(Finding { place, process, fault });
        }
    }
}

impl Found<'_, '_> {
    /// Finds what can be sent by what has been found; whether that was more.
    fn again(&mut self) -> bool {
        let mut more = false;
        for (number, flow) in self.flows.iter().enumerate() {
            let ways = self.ways(flow, 0);
            if ways.ends && !self.ends[number] {
                (self.ends[number], more) = (true, true);
            }
            for point in ways.points {
                if let Does::Sends(message) = flow.nodes[point].does
                    && !self.comes[message.index()]
                {
                    (self.comes[message.index()], more) = (true, true);
                }
            }
        }
        more
    }

    fn passes(&self, does: &Does<'_>) -> bool {
        match does {
            Does::Waits(Some(message)) => self.comes[message.index()],
            Does::Awaits(process) => self.ends[process.index()],
            _ => true,
        }
    }

    /// The points that are reached from one, itself included.
    fn ways(&self, flow: &Flow<'_>, start: usize) -> Ways {
        let mut ways = Ways::default();
        let mut todo = vec![start];
        while let Some(point) = todo.pop() {
            let node = &flow.nodes[point];
            if !self.passes(&node.does) || !ways.points.insert(point) {
                continue;
            }
            ways.ends |= matches!(node.does, Does::Ends);
            ways.ends_branch |= matches!(node.does, Does::EndsBranch);
            if let Does::Parts(parting) = &node.does
                && self.joins(flow, parting, &mut ways)
            {
                todo.push(parting.join);
            }
            todo.extend(&node.next);
        }
        ways
    }

    /// Goes through branches; whether they can be joined.
    fn joins(&self, flow: &Flow<'_>, parting: &Parting, ways: &mut Ways) -> bool {
        let mut ended = Vec::new();
        for branch in &parting.branches {
            let inside = self.ways(flow, branch.start);
            ways.points.extend(inside.points);
            // One that fails ends the whole.
            ways.ends |= inside.ends;
            if !branch.beside {
                // A list may be empty.
                ended.push(inside.ends_branch || branch.each);
            }
        }
        match parting.enough {
            None => ended.into_iter().all(|ended| ended),
            Some(_) => ended.into_iter().any(|ended| ended),
        }
    }

    /// The points of all processes that do such a thing.
    fn points(&self, is_it: impl Fn(&Does<'_>) -> bool) -> Vec<Sent> {
        let all = self.flows.iter().enumerate().flat_map(|(flow, known)| {
            known.nodes.iter().enumerate().map(move |(point, node)| (Sent { flow, point }, node))
        });
        all.filter(|(_, node)| is_it(&node.does)).map(|(sent, _)| sent).collect()
    }

    /// The first place where a message is sent.
    fn sends(&self, message: usize) -> Option<Sent> {
        let sent = self.points(|does| matches!(does, Does::Sends(id) if id.index() == message));
        sent.into_iter().min_by_key(|sent| self.place(*sent))
    }

    fn place(&self, sent: Sent) -> Place {
        self.flows[sent.flow].nodes[sent.point].place
    }

    /// The circle that a wait lies in, if it is the first of its waits.
    fn circle(&self, flow: usize, point: usize) -> Option<Vec<Awaited>> {
        let mut around: Vec<(Sent, Awaited)> = Vec::new();
        let mut at = Sent { flow, point };
        loop {
            let wait = self.place(at);
            if let Some(begin) = around.iter().position(|(_, known)| known.place == wait) {
                let circle = around.split_off(begin);
                let first = circle.iter().map(|(_, known)| known.place).min()?;
                let is_first = begin == 0 && first == self.flows[flow].nodes[point].place;
                return is_first.then(|| circle.into_iter().map(|(_, known)| known).collect());
            }
            let Does::Waits(Some(message)) = self.flows[at.flow].nodes[at.point].does else { return None };
            let sent = self.sends(message.index())?;
            let name = self.checked.messages[message.index()].name.clone();
            around.push((at, Awaited { message: name, place: wait, sent: self.place(sent) }));
            at = self.held_up(sent)?;
        }
    }

    /// The wait that stands before a point that cannot be reached.
    fn held_up(&self, sent: Sent) -> Option<Sent> {
        let mut flow = sent.flow;
        let mut asked = HashSet::new();
        while asked.insert(flow) {
            let known = &self.flows[flow];
            let reached = self.ways(known, 0).points;
            let leads = |point: &usize| reached.iter().any(|from| known.nodes[*from].next.contains(point));
            let begins = |point: &usize| {
                reached.iter().any(|from| match &known.nodes[*from].does {
                    Does::Parts(parting) => parting.branches.iter().any(|branch| branch.start == *point),
                    _ => false,
                })
            };
            let blocked = (0..known.nodes.len()).filter(|point| !self.passes(&known.nodes[*point].does));
            let blocked = blocked.filter(|point| leads(point) || begins(point) || *point == 0);
            let first = blocked.min_by_key(|point| known.nodes[*point].place)?;
            match known.nodes[first].does {
                Does::Awaits(child) => flow = child.index(),
                _ => return Some(Sent { flow, point: first }),
            }
        }
        None
    }
}
