//! Every hold is settled exactly once.
//!
//! **What is shown.** A hold is a linear value: from where it is taken it goes on from name to name, into calls and
//! out of them, until it is committed or released, exactly once on every way that ends well. On a way that fails
//! nothing is asked: the step is taken back, and what a process still holds when it fails is released by itself.
//!
//! **How.** One walk over the code of each function, with the state of each local whose type holds a hold: not there
//! yet, held, or gone on. Reading such a local moves it. Where ways come together their states have to agree; a loop
//! has to leave what comes from outside of it as it was. A value of such a type that nothing takes is forgotten,
//! which is told as well.
//!
//! **Limits.** Every element of a list of holds goes the same way: the list is gone through as a whole. A record or
//! an option with a hold in it is linear as a whole too, so no field of it is read by itself.

use crate::source::Place;
use crate::typed::walk::{Piece, parts};
use crate::typed::*;
use crate::types::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone)]
pub struct Finding {
    pub place: Place,
    /// The name of what holds it; empty where it has none.
    pub name: SmolStr,
    pub fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is held from there on, and the code is left without it being settled.
    Open { left: Place },
    /// It has gone on before.
    Twice { before: Place },
    /// It is settled on one way to here, and held on another.
    OneWay { settled: Place },
    /// It is settled in a loop that goes on.
    InLoop { taken: Place },
    /// It is settled in a stretch that may be ended at any moment.
    InScope { taken: Place },
    /// Nothing takes it.
    Forgotten,
}

/// What the proof comes to.
#[derive(Debug, Default)]
pub struct Holds {
    pub findings: Vec<Finding>,
    /// Where a process fails, what it still holds there.
    pub releases: BTreeMap<Place, Vec<LocalId>>,
}

pub fn prove(checked: &Checked) -> Holds {
    let mut findings = Vec::new();
    let mut releases = BTreeMap::new();
    let processes: HashSet<FnId> = checked.processes.iter().map(|process| process.func).collect();
    for (number, function) in checked.functions.iter().enumerate() {
        let linear: Vec<bool> = function.locals.iter().map(|local| is_linear(checked, &local.ty)).collect();
        let Body::Code(body) = &function.body else { continue };
        // Code that changes something may take holds that it gives no name.
        if !linear.contains(&true) && !checked.does[number].acts && !is_linear(checked, &function.result) {
            continue;
        }
        let mut code = Code {
            checked,
            function,
            is_process: processes.contains(&FnId(number as u32)),
            states: vec![State::Absent; linear.len()],
            around: vec![false; linear.len()],
            linear,
            stages: Vec::new(),
            begun: Vec::new(),
            findings,
            releases,
            ended: false,
        };
        for at in 0..function.params {
            if code.linear[at] {
                code.states[at] = State::Held(function.locals[at].place);
            }
        }
        code.block(body, function.result != Type::Nothing);
        if !code.ended {
            let end = body.value.as_ref().map_or(function.place, |value| value.place);
            code.leave(end);
        }
        (findings, releases) = (code.findings, code.releases);
    }
    findings.sort_by_key(|finding| finding.place);
    Holds { findings, releases }
}

/// Whether a value of a type holds a hold.
pub fn is_linear(checked: &Checked, ty: &Type) -> bool {
    let holds_others = matches!(
        ty,
        Type::Hold(_)
            | Type::List(_)
            | Type::Option(_)
            | Type::Map(..)
            | Type::Named(_)
            | Type::Record(_)
            | Type::Enum(_)
    );
    if !holds_others {
        return false;
    }
    let mut todo = vec![ty.clone()];
    let mut seen: Vec<Type> = Vec::new();
    while let Some(ty) = todo.pop() {
        if seen.contains(&ty) {
            continue;
        }
        match &ty {
            Type::Hold(_) => return true,
            Type::List(of) | Type::Option(of) => todo.push((**of).clone()),
            Type::Map(k, v) => todo.extend([(**k).clone(), (**v).clone()]),
            Type::Named(id) => todo.push(checked.named[id.index()].base.clone()),
            Type::Record(id) => todo.extend(checked.records[id.index()].fields.iter().map(|f| f.ty.clone())),
            Type::Enum(id) => {
                let cases = &checked.enums[id.index()].cases;
                todo.extend(cases.iter().flat_map(|case| &case.fields).map(|f| f.ty.clone()));
            }
            _ => {}
        }
        seen.push(ty);
    }
    false
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Not there yet, or told of already.
    Absent,
    Held(Place),
    Gone(Place),
}

struct Stage {
    number: u16,
    states: Vec<State>,
}

struct Code<'c> {
    checked: &'c Checked,
    function: &'c Function,
    linear: Vec<bool>,
    states: Vec<State>,
    /// What was held before the branch at hand began: others may settle it, so a failure in the branch leaves it to the
    /// host, which knows whether it is still held.
    around: Vec<bool>,
    /// Nothing comes here any more.
    ended: bool,
    is_process: bool,
    /// How things stand where each stage begins.
    stages: Vec<Stage>,
    /// The stages that were gone through.
    begun: Vec<u16>,
    findings: Vec<Finding>,
    releases: BTreeMap<Place, Vec<LocalId>>,
}

impl Code<'_> {
    fn tell(&mut self, place: Place, local: LocalId, fault: Fault) {
        let name = self.function.locals[local.index()].name.clone();
        self.findings.push(Finding { place, name, fault });
    }

    fn is_linear(&self, ty: &Type) -> bool {
        is_linear(self.checked, ty)
    }

    fn set(&mut self, local: LocalId, place: Place) {
        if self.linear[local.index()] {
            if let State::Held(taken) = self.states[local.index()] {
                self.tell(taken, local, Fault::Open { left: place });
            }
            self.states[local.index()] = State::Held(place);
        }
    }

    /// The code is left well: nothing may be held.
    fn leave(&mut self, place: Place) {
        for at in 0..self.states.len() {
            if let State::Held(taken) = self.states[at] {
                self.tell(taken, LocalId(at as u32), Fault::Open { left: place });
                self.states[at] = State::Absent;
            }
        }
    }

    /// The code is left by a failure. An action's step is taken back; a process lets go of what it holds.
    fn fail(&mut self, place: Place) {
        if !self.is_process {
            return;
        }
        let held = |at: &usize| matches!(self.states[*at], State::Held(_)) && !self.around[*at];
        let held: Vec<LocalId> = (0..self.states.len()).filter(held).map(|at| LocalId(at as u32)).collect();
        if !held.is_empty() {
            self.releases.insert(place, held);
        }
    }

    /// A way leads to a stage. All of them have to agree; one that was gone through already cannot learn of more.
    fn arrive(&mut self, number: u16, place: Place) {
        let states = self.states.clone();
        let Some(at) = self.stages.iter().position(|stage| stage.number == number) else {
            self.stages.push(Stage { number, states });
            return;
        };
        let known = self.stages[at].states.clone();
        let joined = self.together(place, known.clone(), &states);
        if !self.begun.contains(&number) {
            self.stages[at].states = joined;
            return;
        }
        for (local, (was, now)) in known.iter().zip(&states).enumerate() {
            match (was, now) {
                (State::Gone(settled), State::Held(_)) | (State::Held(_), State::Gone(settled)) => {
                    self.tell(place, LocalId(local as u32), Fault::OneWay { settled: *settled });
                }
                // It would be taken a second time, and forgotten.
                (State::Absent, State::Held(taken)) => {
                    self.tell(*taken, LocalId(local as u32), Fault::Open { left: place });
                }
                _ => {}
            }
        }
    }

    // ---- blocks and statements

    /// With `taken`, something takes the block's value.
    fn block(&mut self, block: &TBlock, taken: bool) {
        for stmt in &block.stmts {
            // A stage may be come to from elsewhere.
            if self.ended && !matches!(stmt.kind, S::Stage(..)) {
                continue;
            }
            self.statement(stmt);
        }
        if let Some(value) = &block.value
            && !self.ended
        {
            self.expr(value, taken);
        }
        if block.ty == Type::Never {
            self.ended = true;
        }
    }

    fn statement(&mut self, stmt: &TStmt) {
        let place = stmt.place;
        match &stmt.kind {
            S::Let(local, value) | S::Assign(local, value) => {
                self.expr(value, true);
                self.set(*local, place);
            }
            S::Add(local, value) => {
                self.expr(value, true);
                // What is added goes the way of the list.
                if self.linear[local.index()] {
                    self.states[local.index()] = State::Held(place);
                }
            }
            S::Put(_, key, value) => {
                self.expr(key, true);
                self.expr(value, true);
            }
            S::If { condition, then, otherwise } => {
                self.expr(condition, true);
                self.ways(place, vec![(Vec::new(), then), (Vec::new(), otherwise)], false);
            }
            S::Match(matched) => self.matching(matched, false),
            S::While { condition, body } => {
                self.expr(condition, true);
                self.round(None, body, place);
            }
            S::For { local, list, where_, body } => {
                self.expr(list, true);
                if let Some(condition) = where_ {
                    self.expr(condition, true);
                }
                self.round(Some(*local), body, place);
            }
            S::ForRange { low, high, body, .. } => {
                self.expr(low, true);
                self.expr(high, true);
                self.round(None, body, place);
            }
            S::ForRows { body, .. } => self.round(None, body, place),
            S::Break => self.ended = true,
            S::Return(value) => {
                if let Some(value) = value {
                    self.expr(value, true);
                }
                let fails = value.as_ref().is_some_and(|value| self.is_failure(value));
                if fails {
                    self.fail(place);
                } else {
                    self.leave(place);
                }
                self.ended = true;
            }
            S::FailStep(value) => {
                self.expr(value, true);
                self.ended = true;
            }
            S::Unhandled(_) | S::Decline => self.ended = true,
            // What is handed on is held by whoever goes on when all have ended.
            S::EndBranch { locals, .. } => {
                for local in locals {
                    if let State::Held(_) = self.states[local.index()] {
                        self.states[local.index()] = State::Absent;
                    }
                }
                self.ended = true;
            }
            S::Go(to) => {
                self.arrive(*to, place);
                self.ended = true;
            }
            S::Stage(number, body) => {
                if !self.ended {
                    self.arrive(*number, place);
                }
                if let Some(entry) = self.stages.iter().find(|stage| stage.number == *number) {
                    self.states.clone_from(&entry.states);
                }
                self.begun.push(*number);
                self.ended = false;
                self.block(body, false);
            }
            S::ReverseStep | S::Pause { .. } | S::Unlock | S::UndoPut(_) | S::Try => {}
            S::Send { what, to, .. } => {
                self.expr(what, true);
                self.expr(to, true);
            }
            S::Complete { run, form: value, .. } | S::Answer { run, value, .. } => {
                self.expr(run, true);
                self.expr(value, true);
            }
            S::SendMessage(_, e) | S::Deliver(_, e) | S::Advance(e) | S::ActAs(e) | S::CancelRun(e) => {
                self.expr(e, true)
            }
            S::Expr(e) => {
                self.expr(e, false);
                if e.ty == Type::Never {
                    self.ended = true;
                }
            }
            S::Settle { hold, .. } => self.expr(hold, true),
            S::Post(post) => {
                self.pieces(vec![Piece::Expr(&post.text), Piece::Expr(&post.day), Piece::Postings(&post.postings)])
            }
            S::Change(_, document, record) => {
                self.expr(document, true);
                self.expr(record, true);
            }
            S::Become(_, of, _) | S::ToBooks(_, of) => self.expr(of, true),
            S::Free { dimensions, amount, .. } => {
                dimensions.iter().for_each(|e| self.expr(e, true));
                self.expr(amount, true);
            }
            S::Expect(expect) => match &expect.kind {
                TExpectKind::Holds(e) => self.expr(e, true),
                TExpectKind::Sides { left, right, .. } => {
                    self.expr(&left.1, true);
                    self.expr(&right.1, true);
                }
            },
        }
    }

    /// Whether an outcome is one of the failures.
    fn is_failure(&self, value: &TExpr) -> bool {
        matches!(&value.kind, T::Case(id, case, _) if *case > 0 && self.checked.enums[id.index()].is_outcome)
    }

    /// A body that runs any number of times: what is held outside of it stays so.
    fn round(&mut self, element: Option<LocalId>, body: &TBlock, place: Place) {
        let before = self.states.clone();
        if let Some(element) = element.filter(|local| self.linear[local.index()]) {
            self.states[element.index()] = State::Held(place);
        }
        self.block(body, false);
        let goes_on = !std::mem::replace(&mut self.ended, false);
        let mut after = before.clone();
        for (at, was) in before.iter().enumerate() {
            let local = LocalId(at as u32);
            let own = matches!(was, State::Absent) || element == Some(local);
            match (self.states[at], was) {
                (State::Held(taken), _) if own && goes_on => self.tell(taken, local, Fault::Open { left: place }),
                (State::Gone(settled), State::Held(taken)) if goes_on => {
                    self.tell(settled, local, Fault::InLoop { taken: *taken });
                    after[at] = State::Absent;
                }
                _ => {}
            }
        }
        self.states = after;
    }

    fn matching(&mut self, matched: &TMatch, taken: bool) {
        self.expr(&matched.value, true);
        let linear = self.is_linear(&matched.value.ty);
        let arms = matched.arms.iter().map(|arm| {
            let bound = arm.patterns.iter().flat_map(|pattern| self.bound(pattern, linear));
            (bound.collect(), &arm.body)
        });
        let arms = arms.collect();
        for pattern in matched.arms.iter().flat_map(|arm| &arm.patterns) {
            self.dropped(pattern);
        }
        if let T::Rest(rest) = &matched.value.kind
            && rest.events.iter().any(|event| matches!(event, TEvent::Branch | TEvent::Each(_)))
        {
            if rest.events.iter().any(|event| is_handler(event) || is_counted(event)) {
                return self.scope(matched.value.place, &rest.events, arms);
            }
            return self.branches(matched.value.place, arms, taken);
        }
        self.ways(matched.value.place, arms, taken);
    }

    /// The locals that a pattern gives holds to.
    fn bound(&self, pattern: &TPattern, linear: bool) -> Vec<(LocalId, Place)> {
        match &pattern.kind {
            P::Bind(local) if linear && self.linear[local.index()] => vec![(*local, pattern.place)],
            P::Some(of) | P::Currency(_, of) => self.bound(of, linear),
            P::Case(_, _, parts) => parts.iter().flat_map(|part| self.bound(part, linear)).collect(),
            _ => Vec::new(),
        }
    }

    /// A part of a pattern that takes no notice of a hold.
    fn dropped(&mut self, pattern: &TPattern) {
        match &pattern.kind {
            P::Wildcard if self.is_linear(&pattern.ty) && !matches!(pattern.ty, Type::Option(_)) => {
                self.findings.push(Finding { place: pattern.place, name: SmolStr::default(), fault: Fault::Forgotten });
            }
            P::Some(of) | P::Currency(_, of) => self.dropped(of),
            P::Case(_, _, parts) => parts.iter().for_each(|part| self.dropped(part)),
            _ => {}
        }
    }

    /// Branches that are all gone through, and the way behind them: what one settles is settled for the others too.
    fn branches(&mut self, place: Place, ways: Vec<(Vec<(LocalId, Place)>, &TBlock)>, taken: bool) {
        let before = self.states.clone();
        for (number, (bound, block)) in ways.iter().enumerate() {
            self.ended = false;
            for (local, at) in bound {
                self.states[local.index()] = State::Held(*at);
            }
            if number + 1 == ways.len() {
                self.block(block, taken);
                break;
            }
            self.beside(&before, |code| code.block(block, taken));
            // What the branch has taken and does not hand on has to be settled in it.
            for (at, was) in before.iter().enumerate() {
                if let (State::Absent, State::Held(held)) = (was, self.states[at]) {
                    self.tell(held, LocalId(at as u32), Fault::Open { left: place });
                    self.states[at] = State::Absent;
                }
            }
        }
    }

    /// A stretch with what is done beside it any number of times, and what ends it at any moment.
    fn scope(&mut self, place: Place, events: &[TEvent], ways: Vec<(Vec<(LocalId, Place)>, &TBlock)>) {
        let before = self.states.clone();
        let may_end = events.iter().any(|event| ends_branches(event) || is_counted(event));
        let (mut interrupted, mut told): (Option<Vec<State>>, Vec<usize>) = (None, Vec::new());
        for (event, (bound, block)) in events.iter().zip(ways) {
            self.ended = false;
            if ends_branches(event) {
                let stretch = std::mem::replace(&mut self.states, before.clone());
                self.block(block, false);
                let states = std::mem::replace(&mut self.states, stretch);
                if !self.ended {
                    interrupted = Some(match interrupted {
                        Some(other) => self.together(place, other, &states),
                        None => states,
                    });
                }
                continue;
            }
            if is_handler(event) || matches!(event, TEvent::Each(_)) {
                let element = bound.first().map(|(element, _)| *element);
                self.beside(&before, |code| code.round(element, block, place));
                continue;
            }
            for (local, at) in bound {
                self.states[local.index()] = State::Held(at);
            }
            if !matches!(event, TEvent::Branch) {
                self.block(block, false);
                continue;
            }
            self.beside(&before, |code| code.block(block, false));
            for (at, was) in before.iter().enumerate() {
                match (*was, self.states[at]) {
                    // What the stretch has taken and does not hand on has to be settled in it.
                    (State::Absent, State::Held(held)) => {
                        self.tell(held, LocalId(at as u32), Fault::Open { left: place });
                        self.states[at] = State::Absent;
                    }
                    (State::Held(taken), State::Gone(settled)) if may_end => {
                        self.tell(settled, LocalId(at as u32), Fault::InScope { taken });
                        self.states[at] = State::Absent;
                        told.push(at);
                    }
                    _ => {}
                }
            }
        }
        self.ended = false;
        if let Some(mut other) = interrupted {
            told.into_iter().for_each(|at| other[at] = State::Absent);
            let states = std::mem::take(&mut self.states);
            self.states = self.together(place, states, &other);
        }
    }

    /// A branch: what is held around it is not its own. A parameter's hold is: the host knows it as the caller's.
    fn beside(&mut self, before: &[State], goes: impl FnOnce(&mut Self)) {
        let around = self.around.clone();
        for (at, was) in before.iter().enumerate().skip(self.function.params) {
            self.around[at] |= matches!(was, State::Held(_));
        }
        goes(self);
        self.around = around;
    }

    /// Several ways, of which one is gone: behind them their states agree.
    fn ways(&mut self, place: Place, ways: Vec<(Vec<(LocalId, Place)>, &TBlock)>, taken: bool) {
        let before = self.states.clone();
        let mut after: Option<Vec<State>> = None;
        for (bound, block) in ways {
            self.states.clone_from(&before);
            self.ended = false;
            for (local, at) in &bound {
                self.states[local.index()] = State::Held(*at);
            }
            self.block(block, taken);
            if self.ended {
                continue;
            }
            // What is named on one way alone has to be settled on it.
            for (at, was) in before.iter().enumerate() {
                if let (State::Absent, State::Held(held)) = (was, self.states[at]) {
                    self.tell(held, LocalId(at as u32), Fault::Open { left: place });
                    self.states[at] = State::Absent;
                }
            }
            let states = std::mem::take(&mut self.states);
            after = Some(match after {
                None => states,
                Some(other) => self.together(place, other, &states),
            });
        }
        self.ended = after.is_none();
        self.states = after.unwrap_or(before);
    }

    fn together(&mut self, place: Place, mut a: Vec<State>, b: &[State]) -> Vec<State> {
        for (at, (a, b)) in a.iter_mut().zip(b).enumerate() {
            match (*a, *b) {
                (State::Held(_), State::Gone(settled)) | (State::Gone(settled), State::Held(_)) => {
                    self.tell(place, LocalId(at as u32), Fault::OneWay { settled });
                    *a = State::Absent;
                }
                (State::Absent, other) => *a = other,
                _ => {}
            }
        }
        a
    }

    // ---- expressions

    fn expr(&mut self, e: &TExpr, taken: bool) {
        match &e.kind {
            T::Local(local) => {
                if !self.linear[local.index()] {
                    return;
                }
                match self.states[local.index()] {
                    State::Held(_) => self.states[local.index()] = State::Gone(e.place),
                    State::Gone(before) => self.tell(e.place, *local, Fault::Twice { before }),
                    State::Absent => {}
                }
            }
            T::If(condition, then, otherwise) => {
                self.expr(condition, true);
                self.ways(e.place, vec![(Vec::new(), then), (Vec::new(), otherwise)], taken);
                return;
            }
            T::Match(matched) => {
                self.matching(matched, taken);
                return;
            }
            T::Block(block) => {
                self.block(block, taken);
                return;
            }
            T::Let(local, value, body) => {
                self.expr(value, true);
                self.set(*local, e.place);
                self.expr(body, taken);
                return;
            }
            T::Step(_, step) => {
                self.step(e.place, step, taken);
                return;
            }
            T::Aggregate(aggregate) => {
                self.expr(&aggregate.source, true);
                // Each element is gone through once, as in a loop.
                let mut pieces = vec![Piece::Expr(&aggregate.element)];
                pieces.extend(aggregate.where_.as_ref().map(Piece::Expr));
                if self.linear[aggregate.local.index()] {
                    self.states[aggregate.local.index()] = State::Held(e.place);
                }
                self.pieces(pieces);
            }
            _ => self.pieces(parts(e)),
        }
        if !taken && self.is_linear(&e.ty) {
            self.findings.push(Finding { place: e.place, name: SmolStr::default(), fault: Fault::Forgotten });
        }
    }

    fn pieces(&mut self, pieces: Vec<Piece<'_>>) {
        for piece in pieces {
            match piece {
                Piece::Expr(e) => self.expr(e, true),
                Piece::Block(block) => self.block(block, true),
                Piece::Postings(postings) => {
                    for posting in postings {
                        self.pieces(posting.parts());
                    }
                }
            }
        }
    }

    /// A step: where it fails, everything is as it was before it.
    fn step(&mut self, place: Place, step: &TStep, taken: bool) {
        let before = self.states.clone();
        self.block(&step.body, taken);
        let Some(failing) = &step.failing else { return };
        let (well, ended) = (std::mem::replace(&mut self.states, before), std::mem::replace(&mut self.ended, false));
        self.matching(&failing.handler, taken);
        match (ended, self.ended) {
            (true, _) => {}
            (false, true) => self.states = well,
            (false, false) => {
                let handled = std::mem::take(&mut self.states);
                self.states = self.together(place, well, &handled);
            }
        }
        self.ended &= ended;
    }
}

/// Does the event begin something beside the branches of its point, or end them?
fn is_handler(event: &TEvent) -> bool {
    ends_branches(event) || matches!(event, TEvent::Every(..) | TEvent::Message { .. } | TEvent::Each(_))
}

/// Does it go on before all branches have ended?
fn is_counted(event: &TEvent) -> bool {
    matches!(event, TEvent::Joined { enough: Some(_), .. })
}

/// Does the event end the branches of its point?
fn ends_branches(event: &TEvent) -> bool {
    matches!(event, TEvent::Moment(_) | TEvent::Message { beside: false, .. })
}
