//! Taking a difference apart until it is zero.

use super::Prover;
use super::expose::{Depth, What, each_part};
use super::facts::Facts;
use super::number::Rational;
use super::term::*;
use super::witness::Witness;
use crate::types::*;
use std::collections::{HashMap, HashSet};

/// What may be spent on one posting.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Cases that are told apart.
    pub cases: u32,
    /// Calls that are taken apart.
    pub calls: u32,
    /// Terms that are made: a bound on time and memory.
    pub terms: usize,
    /// Cases inside of cases.
    pub deep: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { cases: 600, calls: 600, terms: 60_000, deep: 100 }
    }
}

/// How deep sums of sums are gone into.
const SUMS_DEEP_MAX: u32 = 4;
/// How often a witness is looked for before cases are told apart, and after.
const TRIES: (u32, u32) = (24, 120);

pub enum Outcome {
    Zero,
    /// With these values it is not zero.
    Refuted(Witness),
    /// This is left, in this case, and nothing of it can be taken apart.
    Left {
        difference: TermId,
        when: Vec<(TermId, bool)>,
    },
    Spent,
}

/// What is assumed in a case.
#[derive(Clone, Copy)]
enum Case {
    Is(TermId, bool),
    /// A number that is a case of an enum.
    Word(TermId, u16),
    /// A value with parts that is of a case.
    Of(TermId, EnumId, u16),
}

/// The question as it was put, for those who look for a witness.
struct Asked<'f> {
    difference: TermId,
    facts: &'f Facts,
}

impl Prover<'_> {
    /// Whether a difference is zero under what is known.
    pub(super) fn is_zero(&mut self, difference: TermId, facts: &Facts) -> Outcome {
        self.budget = Budget { terms: self.terms.len() + Budget::default().terms, ..Budget::default() };
        let mut known = facts.clone();
        for fact in facts.assumed.clone() {
            self.know(fact, &mut known);
        }
        let mut outcome = Outcome::Spent;
        for depth in [Depth::Surface, Depth::Inside] {
            let asked = (depth == Depth::Surface).then_some(Asked { difference, facts });
            let mut open = Open { when: Vec::new(), tried: HashSet::new(), deep: 0, depth };
            outcome = self.settle(difference, known.clone(), &mut open, asked.as_ref());
            if !matches!(outcome, Outcome::Left { .. }) {
                break;
            }
        }
        match outcome {
            Outcome::Left { .. } | Outcome::Spent => match self.witness(difference, facts, TRIES.1) {
                Some(witness) => Outcome::Refuted(witness),
                None => outcome,
            },
            other => other,
        }
    }

    /// A condition that holds, also as it reads without `min` and the like.
    fn know(&mut self, condition: TermId, facts: &mut Facts) {
        let plain = self.plain(condition);
        if plain != condition {
            facts.assume(&mut self.terms, plain, true);
        }
    }

    fn plain(&mut self, condition: TermId) -> TermId {
        let mut plain = condition;
        loop {
            let next = self.expose(plain, Depth::Inside, What::Extremes, &mut HashMap::new());
            if next == plain || self.is_spent() {
                return plain;
            }
            plain = next;
        }
    }

    fn is_spent(&self) -> bool {
        self.budget.cases == 0 || self.budget.calls == 0 || self.terms.len() > self.budget.terms
    }

    fn settle(&mut self, difference: TermId, mut facts: Facts, open: &mut Open, asked: Option<&Asked>) -> Outcome {
        let mut d = difference;
        loop {
            d = facts.settle(&mut self.terms, d);
            d = facts.reduce(&mut self.terms, d);
            if facts.impossible || self.terms.as_number(d).is_some_and(Rational::is_zero) {
                return Outcome::Zero;
            }
            if self.is_spent() {
                return Outcome::Spent;
            }
            if self.gather(d, &mut facts) {
                continue;
            }
            let next = self.exposed(d, open.depth).or_else(|| self.merged(d));
            if let Some(next) = next.or_else(|| self.cancelled(d, &facts, open)) {
                d = next;
                continue;
            }
            if let Some(asked) = asked
                && let Some(witness) = self.witness(asked.difference, asked.facts, TRIES.0)
            {
                return Outcome::Refuted(witness);
            }
            let condition = self.condition_in(d, Depth::Surface).or_else(|| match open.depth {
                Depth::Surface => None,
                Depth::Inside => self.condition_in(d, Depth::Inside),
            });
            let Some(condition) = condition else {
                return Outcome::Left { difference: d, when: open.when.clone() };
            };
            // A case is of conditions that facts understand.
            let plain = self.plain(condition);
            if plain == condition {
                return self.cases(d, &facts, condition, open);
            }
            d = self.terms.rewrite(d, &HashMap::from([(condition, plain)]));
        }
    }

    // ------------------------------------------------------------ cases

    fn cases(&mut self, d: TermId, facts: &Facts, condition: TermId, open: &mut Open) -> Outcome {
        for case in self.cases_of(condition) {
            if self.budget.cases == 0 || open.when.len() >= self.budget.deep as usize {
                return Outcome::Spent;
            }
            self.budget.cases -= 1;
            let mut inner = facts.clone();
            let told = self.suppose(&mut inner, case);
            open.when.push(told);
            let outcome = self.settle(d, inner, open, None);
            open.when.pop();
            if !matches!(outcome, Outcome::Zero) {
                return outcome;
            }
        }
        Outcome::Zero
    }

    fn cases_of(&self, condition: TermId) -> Vec<Case> {
        match &*self.terms.node(condition) {
            Node::Op(Op::Zero, of) => {
                let poly = self.terms.poly(of[0]);
                let word = poly.0.iter().find_map(|(mono, _)| match mono.as_slice() {
                    [(atom, 1)] => Some(*atom),
                    _ => None,
                });
                if let Some(word) = word
                    && let Some(id) = self.enum_of(word)
                    && poly.0.iter().filter(|(mono, _)| !mono.is_empty()).count() == 1
                {
                    let cases = self.checked.enums[id.index()].cases.len() as u16;
                    return (0..cases).map(|case| Case::Word(word, case)).collect();
                }
            }
            Node::Op(Op::IsCase(id, _), of) => {
                let cases = self.checked.enums[id.index()].cases.len() as u16;
                return (0..cases).map(|case| Case::Of(of[0], *id, case)).collect();
            }
            _ => {}
        }
        vec![Case::Is(condition, true), Case::Is(condition, false)]
    }

    /// The enum that a number is a case of.
    fn enum_of(&self, word: TermId) -> Option<EnumId> {
        let ty = match &*self.terms.node(word) {
            Node::Op(Op::Field(id, field), _) => &self.checked.records[id.index()].fields.get(usize::from(*field))?.ty,
            Node::Op(Op::Call(func, _), _) => &self.checked.functions[func.index()].result,
            _ => return self.terms.enums.get(&word).copied(),
        };
        match self.base(ty) {
            Type::Enum(id) => Some(*id),
            _ => None,
        }
    }

    fn suppose(&mut self, facts: &mut Facts, case: Case) -> (TermId, bool) {
        let (condition, truth) = match case {
            Case::Is(condition, truth) => (condition, truth),
            Case::Word(word, case) => {
                let value = self.terms.number(Rational::whole(i128::from(case)));
                let difference = self.terms.sub(word, value);
                (self.terms.zero(difference), true)
            }
            Case::Of(value, id, case) => (self.terms.is_case(id, case, value), true),
        };
        facts.assume(&mut self.terms, condition, truth);
        (condition, truth)
    }

    /// A condition that decides something in the difference, itself not made of others.
    fn condition_in(&self, d: TermId, depth: Depth) -> Option<TermId> {
        let mut seen = HashSet::new();
        let mut todo = vec![d];
        while let Some(t) = todo.pop() {
            if !seen.insert(t) {
                continue;
            }
            match &*self.terms.node(t) {
                Node::Op(Op::If, of) => {
                    let condition = self.innermost(of[0]);
                    if !self.terms.is_loose(condition) {
                        return Some(condition);
                    }
                    todo.extend([of[2], of[1]]);
                    if depth == Depth::Inside {
                        todo.push(of[0]);
                    }
                }
                Node::Op(Op::Negative | Op::Zero | Op::Same | Op::IsSome | Op::IsCase(..), _)
                    if !self.terms.is_loose(t) && depth == Depth::Surface =>
                {
                    return Some(self.innermost(t));
                }
                node => each_part(node, depth, &mut |part| todo.push(part)),
            }
        }
        None
    }

    /// The condition that a condition hangs on first: one without an `if` in it.
    fn innermost(&self, condition: TermId) -> TermId {
        let mut condition = condition;
        'next: loop {
            let mut seen = HashSet::new();
            let mut todo = vec![condition];
            while let Some(t) = todo.pop() {
                if !seen.insert(t) {
                    continue;
                }
                let node = self.terms.node(t);
                if let Node::Op(Op::If, of) = &*node
                    && !self.terms.is_loose(of[0])
                {
                    condition = of[0];
                    continue 'next;
                }
                each_child(&node, &mut |child| todo.push(child));
            }
            return condition;
        }
    }

    /// Sums over one list whose elements come to zero together are taken out.
    fn cancelled(&mut self, d: TermId, facts: &Facts, open: &mut Open) -> Option<TermId> {
        if open.deep >= SUMS_DEEP_MAX {
            return None;
        }
        let poly = self.terms.poly(d);
        let mut lists: Vec<TermId> = Vec::new();
        for (mono, _) in &poly.0 {
            if let Some((_, source)) = sum_in(&self.terms, mono)
                && !lists.contains(&source)
            {
                lists.push(source);
            }
        }
        for list in lists {
            let (own, rest): (Vec<_>, Vec<_>) =
                poly.0.iter().cloned().partition(|(mono, _)| sum_in(&self.terms, mono).is_some_and(|(_, s)| s == list));
            let part = self.terms.of_poly(Some(Poly(own.clone())));
            if !open.tried.insert(part) {
                continue;
            }
            let element = self.elements(&own);
            let Some((bound, element)) = element else { continue };
            let mut facts = facts.clone();
            self.facts_of_element(list, bound, &mut facts);
            open.deep += 1;
            let told = open.when.len();
            let outcome = self.settle(element, facts, open, None);
            open.when.truncate(told);
            open.deep -= 1;
            if matches!(outcome, Outcome::Zero) {
                return Some(self.terms.of_poly(Some(Poly(rest))));
            }
        }
        None
    }

    /// What sums over one list add for one element.
    fn elements(&mut self, sums: &[(Mono, Rational)]) -> Option<(TermId, TermId)> {
        let zero = self.terms.number(Rational::ZERO);
        let mut one: Option<TermId> = None;
        let mut total = zero;
        for (mono, c) in sums {
            let (sum, _) = sum_in(&self.terms, mono)?;
            let Node::Aggregate(a) = &*self.terms.node(sum) else { return None };
            let o = self.terms.open(a, sum);
            let bound = *one.get_or_insert(o.bound);
            let at = HashMap::from([(o.bound, bound)]);
            let (condition, element) = (self.terms.rewrite(o.condition, &at), self.terms.rewrite(o.element, &at));
            let factors = mono.iter().filter(|(atom, _)| *atom != sum).copied().collect();
            let factor = self.terms.of_poly(Some(Poly(vec![(factors, *c)])));
            let amount = self.terms.mul(factor, element);
            let amount = self.terms.if_(condition, amount, zero);
            total = self.terms.add(total, amount);
        }
        one.map(|bound| (bound, total))
    }

    /// What is known of all elements of a list holds of each.
    fn facts_of_element(&mut self, list: TermId, element: TermId, facts: &mut Facts) {
        for all in facts.of_all(&self.terms) {
            if let Node::Aggregate(a) = &*self.terms.node(all)
                && a.source == list
            {
                let o = self.terms.open(a, all);
                let holds = self.terms.rewrite(o.element, &HashMap::from([(o.bound, element)]));
                facts.assume(&mut self.terms, holds, true);
            }
        }
    }

    // ------------------------------------------------------------ facts of types

    /// The `where`s of the values that occur; whether there were any that were not known.
    fn gather(&mut self, d: TermId, facts: &mut Facts) -> bool {
        let checked = self.checked;
        let mut todo = vec![d];
        let mut seen = HashSet::new();
        let mut found: Vec<(CheckId, TermId)> = Vec::new();
        while let Some(t) = todo.pop() {
            if !seen.insert(t) {
                continue;
            }
            let node = self.terms.node(t);
            each_child(&node, &mut |child| todo.push(child));
            if self.terms.is_loose(t) {
                continue;
            }
            let ty = match &*node {
                Node::Op(Op::Field(id, field), of) => {
                    let record = &checked.records[id.index()];
                    if facts.asked.insert(of[0]) {
                        found.extend(record.fields.iter().flat_map(|f| &f.checks).map(|check| (*check, of[0])));
                    }
                    record.fields.get(usize::from(*field)).map(|f| f.ty.clone())
                }
                Node::Symbol(at) => self.terms.symbols[*at as usize].ty.clone(),
                Node::Op(Op::Call(func, _), _) => Some(checked.functions[func.index()].result.clone()),
                Node::Op(Op::Config(id, _), _) => {
                    let config = &checked.configs[id.index()];
                    if facts.asked.insert(t) {
                        found.extend(config.checks.iter().map(|check| (*check, t)));
                    }
                    None
                }
                _ => None,
            };
            if let Some(Type::Named(id)) = ty
                && facts.asked.insert(t)
            {
                found.extend(checked.named[id.index()].checks.iter().map(|check| (*check, t)));
            }
        }
        let any = !found.is_empty();
        for (check, value) in found {
            if let Some(holds) = self.condition_of(check, value) {
                facts.assume(&mut self.terms, holds, true);
                self.know(holds, facts);
            }
        }
        any
    }
}

/// The way that has been gone.
struct Open {
    when: Vec<(TermId, bool)>,
    /// Sums that did not come to zero element by element.
    tried: HashSet<TermId>,
    deep: u32,
    depth: Depth,
}

/// The sum that is a factor of a product, and its list. Of a product of two sums neither is taken as the one that the
/// other is a factor of.
fn sum_in(terms: &Terms, mono: &Mono) -> Option<(TermId, TermId)> {
    let mut sums = mono.iter().filter_map(|(atom, power)| match &*terms.node(*atom) {
        Node::Aggregate(a) if a.kind == Kind::Sum && *power == 1 => Some((*atom, a.source)),
        _ => None,
    });
    sums.next().filter(|_| sums.next().is_none())
}
