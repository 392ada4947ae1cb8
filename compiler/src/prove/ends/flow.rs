//! The ways through a process: its code as a graph of points, conditions free.

use crate::source::Place;
use crate::typed::walk::{Piece, parts};
use crate::typed::*;
use crate::types::*;
use smol_str::SmolStr;
use std::collections::HashMap;

use super::bound;

#[derive(Debug)]
pub(super) struct Node<'c> {
    pub place: Place,
    pub next: Vec<usize>,
    pub does: Does<'c>,
}

#[derive(Debug)]
pub(super) enum Does<'c> {
    Nothing,
    /// Code goes back from here: the condition of a loop, a `go`.
    Turns,
    /// The process ends.
    Ends,
    EndsBranch,
    /// It goes on only when something comes: a task that is done, a moment, this message.
    Waits(Option<MessageId>),
    /// It goes on only when a child has ended.
    Awaits(ProcessId),
    Sends(MessageId),
    /// A step begins, or a key is taken: what it may cost is counted anew.
    Begins,
    /// Another instance begins.
    Starts(ProcessId, &'c [TExpr]),
    /// Branches begin. The ways in `next` are those that end them from outside.
    Parts(Parting),
}

#[derive(Debug)]
pub(super) struct Parting {
    pub branches: Vec<Branch>,
    /// Where it goes on when they are joined.
    pub join: usize,
    /// How many have to end, where not all have to; `Some(None)` is a number that is not known.
    pub enough: Option<Option<usize>>,
    /// Those that are not waited for go on.
    pub drain: bool,
}

#[derive(Debug)]
pub(super) struct Branch {
    pub start: usize,
    /// One for each element of a list.
    pub each: bool,
    /// Begins beside the others when something comes, and is not what is waited for.
    pub beside: bool,
}

/// A key is taken while another one is held.
#[derive(Debug, Clone)]
pub struct Order {
    pub held: Key,
    pub taken: Key,
}

/// A key of `exclusive`, by the types that it is made of: `Customer, Item`.
#[derive(Debug, Clone)]
pub struct Key {
    pub kind: SmolStr,
    pub place: Place,
}

/// What is known of one process.
#[derive(Debug, Default)]
pub(super) struct Flow<'c> {
    pub process: SmolStr,
    /// The first is where the process begins. What lies inside of something stands behind it.
    pub nodes: Vec<Node<'c>>,
    pub keys: Vec<Key>,
    pub orders: Vec<Order>,
    /// Children that are waited for while a key is held.
    pub awaited: Vec<(Key, ProcessId)>,
    /// All children that are waited for.
    pub children: Vec<ProcessId>,
}

pub(super) fn flow<'c>(checked: &'c Checked, process: &Process) -> Flow<'c> {
    let function = &checked.functions[process.func.index()];
    let mut build = Build {
        checked,
        locals: &function.locals,
        flow: Flow::default(),
        at: None,
        loops: Vec::new(),
        stages: HashMap::new(),
        handlers: Vec::new(),
        rests: Vec::new(),
        held: Vec::new(),
    };
    build.flow.process = process.name.clone();
    build.add(process.place, Does::Nothing);
    if let Body::Code(body) = &function.body {
        build.block(body);
        build.add(process.place, Does::Ends);
    }
    build.flow
}

struct Build<'c> {
    checked: &'c Checked,
    locals: &'c [Local],
    flow: Flow<'c>,
    /// The point that goes on; none where no way comes to.
    at: Option<usize>,
    /// Where the loops around go on, the innermost last.
    loops: Vec<usize>,
    stages: HashMap<u16, usize>,
    /// Where the failures of the steps around are handled.
    handlers: Vec<Option<usize>>,
    /// Where what has come is not what was waited for.
    rests: Vec<usize>,
    /// The keys that are held, each with its value.
    held: Vec<(Key, &'c TExpr)>,
}

impl<'c> Build<'c> {
    /// A point that the one at hand leads to.
    fn add(&mut self, place: Place, does: Does<'c>) -> usize {
        let node = self.apart(place, does);
        self.lead_to(node);
        self.at = Some(node);
        node
    }

    /// A point that nothing leads to yet.
    fn apart(&mut self, place: Place, does: Does<'c>) -> usize {
        self.flow.nodes.push(Node { place, next: Vec::new(), does });
        self.flow.nodes.len() - 1
    }

    fn lead_to(&mut self, node: usize) {
        if let Some(at) = self.at {
            self.flow.nodes[at].next.push(node);
        }
    }

    /// The way ends, and goes on elsewhere.
    fn leave(&mut self, to: usize) {
        self.lead_to(to);
        self.at = None;
    }

    /// Goes on where several ways come together.
    fn together(&mut self, place: Place, ends: &[Option<usize>]) {
        let ends: Vec<usize> = ends.iter().copied().flatten().collect();
        self.at = None;
        if !ends.is_empty() {
            let node = self.add(place, Does::Nothing);
            ends.iter().for_each(|end| self.flow.nodes[*end].next.push(node));
        }
    }

    fn block(&mut self, block: &'c TBlock) {
        for stmt in &block.stmts {
            // A `go` leads into a stage that what stands before it does not.
            if self.at.is_some() || matches!(stmt.kind, S::Stage(..)) {
                self.stmt(stmt);
            }
        }
        if self.at.is_some()
            && let Some(value) = &block.value
        {
            self.expr(value);
        }
    }

    /// One of several ways from a point; where it comes out.
    fn way(&mut self, from: Option<usize>, block: &'c TBlock) -> Option<usize> {
        self.at = from;
        self.block(block);
        self.at
    }

    fn stmt(&mut self, stmt: &'c TStmt) {
        let place = stmt.place;
        match &stmt.kind {
            S::If { condition, then, otherwise } => self.choice(condition, then, otherwise),
            S::Match(matched) => self.matching(matched),
            S::While { condition, body } => self.while_(condition, body),
            // The elements of a list come to an end.
            S::For { body, .. } | S::ForRange { body, .. } | S::ForRows { body, .. } => {
                let head = self.add(place, Does::Nothing);
                let after = self.apart(place, Does::Nothing);
                self.flow.nodes[head].next.push(after);
                self.repeated(body, after);
                self.leave(after);
                self.at = Some(after);
            }
            S::Break => match self.loops.last() {
                Some(after) => self.leave(*after),
                None => self.at = None,
            },
            S::Stage(number, body) => {
                let stage = self.stage(*number, place);
                self.lead_to(stage);
                self.at = Some(stage);
                self.block(body);
            }
            S::Go(number) => {
                self.add(place, Does::Turns);
                let stage = self.stage(*number, place);
                self.leave(stage);
            }
            S::EndBranch { .. } => self.end(place, Does::EndsBranch),
            S::Return(value) => {
                value.iter().for_each(|value| self.expr(value));
                self.end(place, Does::Ends);
            }
            // A technical error, which an operator looks at.
            S::Unhandled(_) => self.end(place, Does::Ends),
            S::FailStep(_) => match self.handlers.last().copied().flatten() {
                Some(handler) => self.leave(handler),
                None => self.end(place, Does::Ends),
            },
            S::Decline => match self.rests.last() {
                Some(rest) => self.leave(*rest),
                None => self.at = None,
            },
            S::Let(_, e) | S::Assign(_, e) | S::Expr(e) | S::Add(_, e) | S::Put(_, _, e) => self.expr(e),
            S::SendMessage(message, record) => {
                self.expr(record);
                self.add(place, Does::Sends(*message));
            }
            // Nothing that takes time stands in these.
            S::Pause { .. }
            | S::UndoPut(_)
            | S::Unlock
            | S::Post(_)
            | S::Expect(_)
            | S::Change(..)
            | S::Become(..)
            | S::Settle { .. }
            | S::ReverseStep
            | S::Send { .. }
            | S::Complete { .. }
            | S::Deliver(..)
            | S::Advance(_)
            | S::Answer { .. }
            | S::ActAs(_)
            | S::CancelRun(_)
            | S::Try
            | S::Free { .. }
            | S::ToBooks(..) => {}
        }
    }

    fn end(&mut self, place: Place, does: Does<'c>) {
        if self.at.is_some() {
            self.add(place, does);
            self.at = None;
        }
    }

    fn stage(&mut self, number: u16, place: Place) -> usize {
        if let Some(stage) = self.stages.get(&number) {
            return *stage;
        }
        let stage = self.apart(place, Does::Nothing);
        self.stages.insert(number, stage);
        stage
    }

    fn choice(&mut self, condition: &'c TExpr, then: &'c TBlock, otherwise: &'c TBlock) {
        self.expr(condition);
        let from = self.at;
        let ends = [self.way(from, then), self.way(from, otherwise)];
        self.together(condition.place, &ends);
    }

    fn while_(&mut self, condition: &'c TExpr, body: &'c TBlock) {
        let place = condition.place;
        let head = self.add(place, Does::Turns);
        self.expr(condition);
        let after = self.apart(place, Does::Nothing);
        if condition.as_number() != Some(1) {
            self.lead_to(after);
        }
        self.repeated(body, after);
        // A loop that something counts down goes on behind it sooner or later.
        self.leave(if bound::counts(condition, body) { after } else { head });
        self.at = Some(after);
    }

    fn repeated(&mut self, body: &'c TBlock, after: usize) {
        self.loops.push(after);
        self.block(body);
        self.loops.pop();
    }

    fn expr(&mut self, e: &'c TExpr) {
        match &e.kind {
            T::If(condition, then, otherwise) => self.choice(condition, then, otherwise),
            T::Match(matched) => self.matching(matched),
            T::Block(block) => self.block(block),
            T::Step(_, step) => self.step(step, e.place),
            T::Start(process, values) => {
                values.iter().for_each(|value| self.expr(value));
                self.add(e.place, Does::Starts(*process, values));
            }
            _ => {
                for part in parts(e) {
                    match part {
                        Piece::Expr(e) => self.expr(e),
                        Piece::Block(block) => self.block(block),
                        Piece::Postings(_) => {}
                    }
                }
            }
        }
    }

    fn step(&mut self, step: &'c TStep, place: Place) {
        self.add(place, Does::Begins);
        let handler = step.failing.as_ref().map(|_| self.apart(place, Does::Nothing));
        self.handlers.push(handler);
        self.block(&step.body);
        self.handlers.pop();
        let mut ends = vec![self.at];
        if let (Some(handler), Some(failing)) = (handler, &step.failing) {
            self.at = Some(handler);
            self.matching(&failing.handler);
            ends.push(self.at);
        }
        self.together(place, &ends);
    }

    fn matching(&mut self, matched: &'c TMatch) {
        if let T::Rest(rest) = &matched.value.kind {
            return self.rest(rest, &matched.arms, matched.value.place);
        }
        self.expr(&matched.value);
        let from = self.at;
        let ends: Vec<Option<usize>> = matched.arms.iter().map(|arm| self.way(from, &arm.body)).collect();
        self.together(matched.value.place, &ends);
    }

    /// A point with its events: the arms stand in their order.
    fn rest(&mut self, rest: &'c TRest, arms: &'c [TArm], place: Place) {
        rest.asked().into_iter().for_each(|e| self.expr(e));
        let node = self.add(place, Does::Nothing);
        self.rests.push(node);
        let mut ends = Vec::new();
        let mut branches = Vec::new();
        let mut joined = None;
        for (event, arm) in rest.events.iter().zip(arms) {
            self.at = Some(node);
            let held = self.held.len();
            match event {
                TEvent::Task(_) | TEvent::Request(_) | TEvent::Moment(_) => {
                    self.add(arm.place, Does::Waits(None));
                }
                TEvent::Message { beside: false, message, .. } => {
                    self.add(arm.place, Does::Waits(Some(*message)));
                }
                TEvent::Child { process, params, .. } => {
                    self.flow.children.push(*process);
                    self.flow.awaited.extend(self.held.iter().map(|(key, _)| (key.clone(), *process)));
                    self.add(place, Does::Starts(*process, params));
                    self.add(place, Does::Awaits(*process));
                }
                TEvent::Lock { kind, key: value } => {
                    let key = Key { kind: kind.clone(), place: value.place };
                    // An instance does not wait for itself.
                    if !self.held.iter().any(|(_, held)| same(self.checked, self.locals, held, value)) {
                        let order = |(held, _): &(Key, _)| Order { held: held.clone(), taken: key.clone() };
                        self.flow.orders.extend(self.held.iter().map(order));
                        self.flow.keys.push(key.clone());
                    }
                    self.held.push((key, value));
                    self.add(place, Does::Begins);
                }
                TEvent::Branch | TEvent::Each(_) | TEvent::Every(..) | TEvent::Message { .. } => {
                    let (beside, does, begins) = match event {
                        TEvent::Every(..) => (true, Does::Waits(None), arm.place),
                        TEvent::Message { message, key, .. } => (true, Does::Waits(Some(*message)), key.place),
                        _ => (false, Does::Nothing, arm.place),
                    };
                    let start = self.apart(begins, does);
                    branches.push(Branch { start, each: matches!(event, TEvent::Each(_)), beside });
                    self.at = Some(start);
                }
                TEvent::Joined { enough, drain, .. } => {
                    let start = self.apart(place, Does::Nothing);
                    let enough = enough.as_ref().map(|e| e.as_number().and_then(|n| usize::try_from(n).ok()));
                    joined = Some((start, enough, *drain));
                    self.at = Some(start);
                }
            }
            self.block(&arm.body);
            self.held.truncate(held);
            ends.push(self.at);
        }
        self.rests.pop();
        if let Some((join, enough, drain)) = joined {
            self.flow.nodes[node].does = Does::Parts(Parting { branches, join, enough, drain });
        }
        self.together(place, &ends);
    }
}

/// Whether two values are surely one: they are made in the same way of what does not change.
fn same(checked: &Checked, locals: &[Local], a: &TExpr, b: &TExpr) -> bool {
    let each =
        |a: &[TExpr], b: &[TExpr]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(checked, locals, a, b));
    match (&a.kind, &b.kind) {
        (T::Constant(a), T::Constant(b)) => a == b,
        (T::Local(a), T::Local(b)) => a == b && !locals[a.index()].mutable,
        (T::Concat(a), T::Concat(b)) => each(a, b),
        (T::Field(a, n), T::Field(b, m)) if n == m => match (&a.kind, &b.kind) {
            // What a document is named by stays as it is.
            (T::Document(entity, a), T::Document(_, b)) => {
                checked.entities[entity.index()].key.contains(n) && same(checked, locals, a, b)
            }
            _ => same(checked, locals, a, b),
        },
        (T::ToText { value: a, digits: n }, T::ToText { value: b, digits: m }) => n == m && same(checked, locals, a, b),
        (T::Checked(a, _), _) => same(checked, locals, a, b),
        (_, T::Checked(b, _)) => same(checked, locals, a, b),
        _ => false,
    }
}
