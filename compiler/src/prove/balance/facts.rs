//! What is known to hold where a posting stands: conditions of the branches around it, `where`s, assertions.
//!
//! A linear equality is solved for one of its atoms, which is then replaced everywhere; other equalities take part
//! in the elimination at the end. An order bounds a polynomial without its constant part, so that `x < 5` decides
//! `x < 10`; bounds of differences are looked at together ([`circle`]). Everything else is a condition that is known to be true or false, and what is neither (an implication,
//! a condition on all elements of a list) waits until other facts make it so.

use super::circle;
use super::number::Rational;
use super::term::*;
use std::collections::{HashMap, HashSet};

/// How many conditions one assumption may set in motion.
const ROUNDS_MAX: u32 = 400;

#[derive(Clone, Copy, Default)]
pub(super) struct Range {
    /// An end, and whether it is outside.
    pub low: Option<(Rational, bool)>,
    pub high: Option<(Rational, bool)>,
}

#[derive(Clone, Default)]
pub struct Facts {
    /// Atoms and what they are equal to.
    values: HashMap<TermId, TermId>,
    truths: Vec<(TermId, bool)>,
    ranges: HashMap<TermId, Range>,
    cases: HashMap<TermId, u16>,
    /// Equal to zero, and not solved.
    linear: Vec<Poly>,
    /// True, and not understood yet.
    waiting: Vec<TermId>,
    /// They contradict each other: nothing comes here.
    pub impossible: bool,
    /// Values whose types were asked for facts already.
    pub asked: HashSet<TermId>,
    /// What was assumed, in order: for those who look for values that fit.
    pub assumed: Vec<TermId>,
}

impl Facts {
    pub fn assume(&mut self, terms: &mut Terms, condition: TermId, truth: bool) {
        let stated = if truth { condition } else { terms.not(condition) };
        self.assumed.push(stated);
        let mut todo = vec![(condition, truth)];
        let mut rounds = 0;
        while let Some((c, truth)) = todo.pop() {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                return;
            }
            let c = self.settle(terms, c);
            if let Some(known) = terms.as_number(c) {
                self.impossible |= known.is_zero() == truth;
                continue;
            }
            self.learn(terms, c, truth, &mut todo);
        }
    }

    fn learn(&mut self, terms: &mut Terms, c: TermId, truth: bool, todo: &mut Vec<(TermId, bool)>) {
        match &*terms.node(c) {
            Node::Op(Op::If, of) => {
                let [c, a, b] = [of[0], of[1], of[2]];
                if terms.is(a, false) && terms.is(b, true) {
                    todo.push((c, !truth));
                } else if truth && terms.is(b, false) {
                    todo.extend([(a, true), (c, true)]);
                } else if !truth && terms.is(a, true) {
                    todo.extend([(b, false), (c, false)]);
                } else {
                    let stated = terms.if_(c, a, b);
                    self.waiting.push(if truth { stated } else { terms.not(stated) });
                }
                return;
            }
            Node::Aggregate(_) if truth => self.waiting.push(c),
            Node::Op(Op::Zero, of) if truth => self.equal(terms, of[0], todo),
            Node::Op(Op::Zero | Op::Negative, of) => {
                self.bound(terms, c, of[0], truth, todo);
            }
            Node::Op(Op::IsCase(_, case), of) if truth => {
                self.cases.insert(of[0], *case);
            }
            _ => {}
        }
        self.truths.push((c, truth));
        let value = terms.truth(truth);
        self.values.insert(c, value);
        // What waits may have become plain.
        for waiting in std::mem::take(&mut self.waiting) {
            let now = terms.rewrite(waiting, &self.values);
            if now == waiting {
                self.waiting.push(waiting);
            } else {
                todo.push((now, true));
            }
        }
    }

    /// p = 0
    fn equal(&mut self, terms: &mut Terms, p: TermId, todo: &mut Vec<(TermId, bool)>) {
        let poly = terms.poly(p);
        let pivot = poly.0.iter().rev().find_map(|(mono, c)| match mono.as_slice() {
            [(atom, 1)] if !terms.is_loose(*atom) => {
                let others = poly.0.iter().filter(|(m, _)| m != mono).flat_map(|(m, _)| m);
                let alone = others.clone().all(|(other, _)| !terms.mentions(*other, *atom));
                alone.then_some((*atom, *c))
            }
            _ => None,
        });
        let Some((atom, c)) = pivot else {
            self.linear.push(poly);
            return;
        };
        let Some(by) = Rational::ONE.div(c).map(Rational::neg) else { return };
        let scaled = terms.scale(p, by);
        let value = terms.add(scaled, atom);
        let at = HashMap::from([(atom, value)]);
        // In order, so that terms come to be in the same order in every run.
        let mut old: Vec<(TermId, TermId)> = std::mem::take(&mut self.values).into_iter().collect();
        old.sort_unstable();
        for (of, to) in old {
            let to = terms.rewrite(to, &at);
            self.values.insert(of, to);
        }
        self.values.insert(atom, value);
        // All that was known is read again with the atom replaced.
        self.ranges.clear();
        for (c, truth) in std::mem::take(&mut self.truths) {
            self.values.remove(&c);
            todo.push((c, truth));
        }
        todo.extend(std::mem::take(&mut self.waiting).into_iter().map(|c| (c, true)));
        for poly in std::mem::take(&mut self.linear) {
            let p = terms.of_poly(Some(poly));
            let zero = terms.zero(p);
            todo.push((zero, true));
        }
    }

    /// A polynomial as sign × q + constant, where q has no constant part and begins with a coefficient of 1.
    fn parts(terms: &mut Terms, p: TermId) -> Option<(TermId, bool, Rational)> {
        let mut poly = terms.poly(p);
        let lead = poly.leading()?;
        let constant = match poly.0.first() {
            Some((mono, c)) if mono.is_empty() => *c,
            _ => Rational::ZERO,
        };
        if lead.abs() != Rational::ONE {
            return None;
        }
        poly.0.retain(|(mono, _)| !mono.is_empty());
        let q = terms.of_poly(Some(poly));
        let q = if lead.is_negative() { terms.neg(q) } else { q };
        Some((q, lead.is_negative(), constant))
    }

    fn bound(&mut self, terms: &mut Terms, c: TermId, p: TermId, truth: bool, todo: &mut Vec<(TermId, bool)>) {
        let Some((q, opposite, constant)) = Facts::parts(terms, p) else { return };
        let end = if opposite { constant } else { constant.neg() };
        let is_zero = matches!(&*terms.node(c), Node::Op(Op::Zero, _));
        let range = self.ranges.entry(q).or_default();
        let before = (range.low, range.high);
        if is_zero {
            // Not equal to the end: an end that was in is out.
            for side in [&mut range.low, &mut range.high] {
                if let Some((at, out)) = side
                    && *at == end
                {
                    *out = true;
                }
            }
        } else if opposite == truth {
            tighten(&mut range.low, end, truth, true);
        } else {
            tighten(&mut range.high, end, truth, false);
        }
        let now = (range.low, range.high);
        if let (Some((low, out)), Some((high, over))) = now {
            match low.order(high) {
                Some(std::cmp::Ordering::Greater) => self.impossible = true,
                Some(std::cmp::Ordering::Equal) if out || over => self.impossible = true,
                Some(std::cmp::Ordering::Equal) if before != now => {
                    let value = terms.number(low);
                    let p = terms.sub(q, value);
                    let zero = terms.zero(p);
                    todo.push((zero, true));
                }
                _ => {}
            }
        }
        if before != now && !self.impossible {
            self.impossible = circle::is_contradicted(terms, &self.ranges);
        }
        // An inequality that came before may meet an end now.
        if before != now && !is_zero {
            let value = terms.number(end);
            let p = terms.sub(q, value);
            let zero = terms.zero(p);
            if self.truths.contains(&(zero, false)) {
                todo.push((zero, false));
            }
        }
    }

    fn decide(&self, terms: &mut Terms, c: TermId) -> Option<bool> {
        let (zero, p) = match &*terms.node(c) {
            Node::Op(Op::Zero, of) => (true, of[0]),
            Node::Op(Op::Negative, of) => (false, of[0]),
            Node::Op(Op::IsCase(_, case), of) => return self.cases.get(&of[0]).map(|known| known == case),
            _ => return None,
        };
        let (q, opposite, constant) = Facts::parts(terms, p)?;
        let range = self.ranges.get(&q)?;
        let end = if opposite { constant } else { constant.neg() };
        // Whether all values lie below the end, above it, or may meet it.
        let below = range.high.is_some_and(|(at, out)| at.order(end).is_some_and(|o| o.is_lt() || (o.is_eq() && out)));
        let above = range.low.is_some_and(|(at, out)| at.order(end).is_some_and(|o| o.is_gt() || (o.is_eq() && out)));
        let up_to = range.high.is_some_and(|(at, _)| at.order(end).is_some_and(|o| o.is_le()));
        let from = range.low.is_some_and(|(at, _)| at.order(end).is_some_and(|o| o.is_ge()));
        match (zero, opposite) {
            (true, _) => (below || above).then_some(false),
            (false, false) => {
                if below {
                    Some(true)
                } else {
                    from.then_some(false)
                }
            }
            (false, true) => {
                if above {
                    Some(true)
                } else {
                    up_to.then_some(false)
                }
            }
        }
    }

    /// The term with all that is known put in.
    pub fn settle(&self, terms: &mut Terms, t: TermId) -> TermId {
        if self.values.is_empty() && self.ranges.is_empty() {
            return t;
        }
        let mut t = t;
        for _ in 0..8 {
            let mut next = terms.rewrite(t, &self.values);
            if !self.ranges.is_empty() || !self.cases.is_empty() {
                let decided = self.decided(terms, next);
                if !decided.is_empty() {
                    next = terms.rewrite(next, &decided);
                }
            }
            if next == t {
                return t;
            }
            t = next;
        }
        t
    }

    fn decided(&self, terms: &mut Terms, t: TermId) -> HashMap<TermId, TermId> {
        let mut out = HashMap::new();
        let mut seen = HashSet::new();
        let mut todo = vec![t];
        while let Some(t) = todo.pop() {
            if !seen.insert(t) {
                continue;
            }
            if let Some(truth) = self.decide(terms, t) {
                let truth = terms.truth(truth);
                out.insert(t, truth);
                continue;
            }
            let node = terms.node(t);
            each_child(&node, &mut |child| todo.push(child));
        }
        out
    }

    /// The polynomial less what is known to be zero.
    pub fn reduce(&self, terms: &mut Terms, t: TermId) -> TermId {
        let mut t = t;
        for fact in &self.linear {
            let Some((pivot, c)) = fact.0.last().cloned() else { continue };
            let found = terms.poly(t).0.iter().find(|(mono, _)| *mono == pivot).map(|(_, k)| *k);
            if let Some(k) = found
                && let Some(times) = k.div(c)
            {
                let fact = terms.of_poly(Some(fact.clone()));
                let taken = terms.scale(fact, times);
                t = terms.sub(t, taken);
            }
        }
        t
    }

    /// What is known of all elements of lists, as the `all(…)`s that say it.
    pub fn of_all(&self, terms: &Terms) -> Vec<TermId> {
        let all = |t: &TermId| matches!(&*terms.node(*t), Node::Aggregate(a) if a.kind == Kind::All);
        self.waiting
            .iter()
            .copied()
            .chain(self.truths.iter().filter(|(_, truth)| *truth).map(|(c, _)| *c))
            .filter(all)
            .collect()
    }
}

/// Takes the narrower end.
fn tighten(side: &mut Option<(Rational, bool)>, end: Rational, out: bool, low: bool) {
    let narrower = match side {
        None => true,
        Some((at, was_out)) => match end.order(*at) {
            Some(std::cmp::Ordering::Equal) => out && !*was_out,
            Some(order) => order.is_gt() == low,
            None => false,
        },
    };
    if narrower {
        *side = Some((end, out));
    }
}
