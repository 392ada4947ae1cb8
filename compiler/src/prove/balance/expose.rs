//! One step of taking a term apart: calls as what they give, `min` and the like as `if`s.

use super::Prover;
use super::aggregate::Opened;
use super::number::Rational;
use super::term::*;
use std::collections::HashMap;

/// Both sides of an `if`, and how often it is added.
type Sides = (TermId, TermId, Rational);

/// How deep `if`s inside of `if`s are put together.
const MERGED_DEEP_MAX: u32 = 20;

/// How a difference is gone into.
#[derive(Clone, Copy, PartialEq)]
pub enum Depth {
    /// What adds up to it.
    Surface,
    /// Also what is rounded, compared and asked.
    Inside,
}

#[derive(Clone, Copy, PartialEq)]
pub enum What {
    Calls,
    Extremes,
}

/// The parts that a value is made of.
pub fn each_part(node: &Node, depth: Depth, visit: &mut dyn FnMut(TermId)) {
    match node {
        _ if depth == Depth::Inside => each_child(node, visit),
        Node::Number(_) => each_child(node, visit),
        Node::Op(Op::If, of) => of[1..].iter().for_each(|t| visit(*t)),
        Node::Op(
            Op::Field(..) | Op::Min | Op::Max | Op::Abs | Op::Sign | Op::Some | Op::Unwrap | Op::Record(_) | Op::List,
            of,
        ) => of.iter().for_each(|t| visit(*t)),
        Node::Op(Op::Payload(..) | Op::Allocate | Op::First | Op::Last | Op::Item, of) => visit(of[0]),
        Node::Aggregate(a) => {
            visit(a.source);
            visit(a.element);
        }
        _ => {}
    }
}

impl Prover<'_> {
    /// The difference with its calls taken apart by one step; without any, with its `min`s and the like as `if`s.
    pub(super) fn exposed(&mut self, d: TermId, depth: Depth) -> Option<TermId> {
        for what in [What::Calls, What::Extremes] {
            let next = self.expose(d, depth, what, &mut HashMap::new());
            if next != d {
                return Some(next);
            }
        }
        None
    }

    pub(super) fn expose(
        &mut self,
        t: TermId,
        depth: Depth,
        what: What,
        known: &mut HashMap<TermId, TermId>,
    ) -> TermId {
        if let Some(to) = known.get(&t) {
            return *to;
        }
        let node = self.terms.node(t);
        let to = match &*node {
            Node::Op(Op::Call(..), _) if what == What::Calls => self.opened_call(t).unwrap_or(t),
            Node::Op(Op::Call(..), _) if depth == Depth::Surface => t,
            // From the inside out, so that no condition holds a `min`.
            Node::Op(Op::Min | Op::Max | Op::Abs, of)
                if what == What::Extremes && of.iter().any(|t| self.expose(*t, depth, what, known) != *t) =>
            {
                self.terms.rebuild(t, &mut |_, part| known.get(&part).copied().unwrap_or(part))
            }
            Node::Op(op @ (Op::Min | Op::Max), of) if what == What::Extremes => {
                // a is the least of a, b, … unless b < a.
                let difference = match op {
                    Op::Min => self.terms.sub(of[1], of[0]),
                    _ => self.terms.sub(of[0], of[1]),
                };
                let second = self.terms.negative(difference);
                let without = |at: usize| of.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, t)| *t).collect();
                let (a, b) = (self.terms.extreme(*op, without(0)), self.terms.extreme(*op, without(1)));
                self.terms.if_(second, a, b)
            }
            Node::Op(Op::Abs, of) if what == What::Extremes => {
                let (below, opposite) = (self.terms.negative(of[0]), self.terms.neg(of[0]));
                self.terms.if_(below, opposite, of[0])
            }
            Node::Aggregate(a) => {
                let source = self.expose(a.source, depth, what, known);
                let o = self.terms.open(a, t);
                let element = self.expose(o.element, depth, what, known);
                let condition = match depth {
                    Depth::Surface => o.condition,
                    Depth::Inside => self.expose(o.condition, depth, what, known),
                };
                match source == o.source && element == o.element && condition == o.condition {
                    true => t,
                    false => self.terms.aggregate(Opened { source, element, condition, ..o }),
                }
            }
            node => {
                let mut parts = Vec::new();
                each_part(node, depth, &mut |part| parts.push(part));
                let mut exposed = HashMap::new();
                for part in parts {
                    exposed.insert(part, self.expose(part, depth, what, known));
                }
                self.terms.rebuild(t, &mut |_, part| exposed.get(&part).copied().unwrap_or(part))
            }
        };
        known.insert(t, to);
        to
    }

    /// What a call gives, over its arguments.
    pub(super) fn opened_call(&mut self, t: TermId) -> Option<TermId> {
        if let Some(known) = self.bodies.get(&t) {
            return *known;
        }
        let Node::Op(Op::Call(func, version), of) = &*self.terms.node(t) else { return None };
        if self.budget.calls == 0 {
            return None;
        }
        self.budget.calls -= 1;
        let at = self.moments.get(*version as usize).copied().unwrap_or_default();
        let body = self.body_of(*func, of.clone(), at);
        self.bodies.insert(t, body);
        body
    }

    /// The difference with `if`s of one condition put together: what is the same on both sides then stands outside of
    /// it. So conditions that have nothing to do with each other are not told apart in all their combinations.
    pub(super) fn merged(&mut self, d: TermId) -> Option<TermId> {
        let next = self.merge(d, 0);
        (next != d).then_some(next)
    }

    fn merge(&mut self, d: TermId, deep: u32) -> TermId {
        let mut groups: Vec<(TermId, Vec<Sides>)> = Vec::new();
        let mut rest = Vec::new();
        for (mono, c) in self.terms.poly(d).0 {
            if let [(atom, 1)] = mono.as_slice()
                && let Node::Op(Op::If, of) = &*self.terms.node(*atom)
            {
                let side = (of[1], of[2], c);
                match groups.iter_mut().find(|(condition, _)| *condition == of[0]) {
                    Some((_, sides)) => sides.push(side),
                    None => groups.push((of[0], vec![side])),
                }
            } else {
                rest.push((mono, c));
            }
        }
        if deep > MERGED_DEEP_MAX || groups.iter().all(|(_, sides)| sides.len() < 2) {
            return d;
        }
        let mut total = self.terms.of_poly(Some(Poly(rest)));
        for (condition, sides) in groups {
            let zero = self.terms.number(Rational::ZERO);
            let (mut a, mut b) = (zero, zero);
            for (then, otherwise, c) in &sides {
                let (then, otherwise) = (self.terms.scale(*then, *c), self.terms.scale(*otherwise, *c));
                (a, b) = (self.terms.add(a, then), self.terms.add(b, otherwise));
            }
            if sides.len() > 1 {
                (a, b) = (self.merge(a, deep + 1), self.merge(b, deep + 1));
                let other = self.terms.poly(b);
                let same = self.terms.poly(a).0.into_iter().filter(|product| other.0.contains(product)).collect();
                let same = self.terms.of_poly(Some(Poly(same)));
                (a, b) = (self.terms.sub(a, same), self.terms.sub(b, same));
                total = self.terms.add(total, same);
            }
            let chosen = self.terms.if_(condition, a, b);
            total = self.terms.add(total, chosen);
        }
        total
    }
}
