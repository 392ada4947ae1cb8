//! Aggregates in normal form, and terms rewritten inside of them.
//!
//! Sums are linear over one list: `sum(e1 + 2 * e2)` is `sum(e1) + 2 * sum(e2)`, and what does not speak of the
//! element stands before the sum. A sum over a list made from another list is a sum over that other list; over the
//! groups of a list, of sums over their items, it is a sum over the list; over the shares of an `allocate` it is
//! what was allocated; over a list that is written out it is written out.

use super::number::Rational;
use super::term::*;
use crate::types::RecordId;
use smol_str::SmolStr;
use std::collections::HashMap;

/// A list that is longer is not written out in a sum.
const WRITTEN_OUT_MAX: usize = 64;

/// An aggregate taken apart: `bound` is a fresh symbol in place of the name.
#[derive(Clone)]
pub struct Opened {
    pub kind: Kind,
    pub source: TermId,
    pub bound: TermId,
    pub condition: TermId,
    pub element: TermId,
    pub sort: Option<(TermId, bool)>,
    pub name: SmolStr,
}

impl Terms {
    pub fn aggregate(&mut self, o: Opened) -> TermId {
        match o.kind {
            Kind::Sum => self.sum(o.source, o.bound, o.condition, o.element, &o.name),
            Kind::All => {
                // What the condition leaves out holds.
                let out = self.not(o.condition);
                let element = self.or(out, o.element);
                if self.is(element, true) {
                    return element;
                }
                let condition = self.truth(true);
                self.close(Opened { condition, element, sort: None, ..o })
            }
            Kind::Min | Kind::Max | Kind::Groups(_) => self.close(Opened { sort: None, ..o }),
            Kind::List if o.sort.is_none() && o.element == o.bound && self.is(o.condition, true) => o.source,
            Kind::List | Kind::First | Kind::Last => self.close(o),
        }
    }

    /// How many elements a list has.
    pub fn count(&mut self, list: TermId) -> TermId {
        let (bound, yes, one) = (self.symbol("it", None), self.truth(true), self.number(Rational::ONE));
        self.sum(list, bound, yes, one, &"it".into())
    }

    pub fn sum(&mut self, source: TermId, bound: TermId, condition: TermId, element: TermId, name: &SmolStr) -> TermId {
        let zero = self.number(Rational::ZERO);
        if self.is(condition, false) || element == zero {
            return zero;
        }
        // What was given up may be another value for each element.
        if self.is_lost(condition) || self.is_lost(element) {
            return self.lost();
        }
        match &*self.node(source) {
            Node::Op(Op::List, items) if items.len() <= WRITTEN_OUT_MAX => {
                let mut total = zero;
                for item in items {
                    let at = HashMap::from([(bound, *item)]);
                    let (c, e) = (self.rewrite(condition, &at), self.rewrite(element, &at));
                    let part = self.if_(c, e, zero);
                    total = self.add(total, part);
                }
                return total;
            }
            Node::Op(Op::If, of) => {
                let a = self.sum(of[1], bound, condition, element, name);
                let b = self.sum(of[2], bound, condition, element, name);
                return self.if_(of[0], a, b);
            }
            Node::Aggregate(made) if made.kind == Kind::List => {
                let made = self.open(made, source);
                let at = HashMap::from([(bound, made.element)]);
                let (c, e) = (self.rewrite(condition, &at), self.rewrite(element, &at));
                let condition = self.and(made.condition, c);
                return self.sum(made.source, made.bound, condition, e, &made.name);
            }
            _ => {}
        }
        let mut total = zero;
        for (mono, coefficient) in self.poly(element).0 {
            let (inside, outside): (Mono, Mono) = mono.into_iter().partition(|(atom, _)| self.mentions(*atom, bound));
            let part = self.sum_of_product(source, bound, condition, inside, name);
            let outside = self.of_poly(Some(Poly(vec![(outside, coefficient)])));
            let part = self.mul(outside, part);
            total = self.add(total, part);
        }
        total
    }

    fn sum_of_product(
        &mut self,
        source: TermId,
        bound: TermId,
        condition: TermId,
        product: Mono,
        name: &SmolStr,
    ) -> TermId {
        let element = self.of_poly(Some(Poly(vec![(product, Rational::ONE)])));
        match &*self.node(source) {
            Node::Op(Op::Allocate, of) if element == bound && self.is(condition, true) => return of[0],
            Node::Aggregate(groups) if self.is(condition, true) => {
                if let Kind::Groups(record) = groups.kind
                    && let Some(flat) = self.ungroup(groups, source, record, bound, element)
                {
                    return flat;
                }
            }
            _ => {}
        }
        let name = name.clone();
        self.close(Opened { kind: Kind::Sum, source, bound, condition, element, sort: None, name })
    }

    /// The sum over groups of a sum over their items is a sum over the list that was grouped, if nothing else of
    /// the group is asked for than its key, which each item has.
    fn ungroup(
        &mut self,
        groups: &Aggregated,
        source: TermId,
        record: RecordId,
        bound: TermId,
        element: TermId,
    ) -> Option<TermId> {
        let Node::Aggregate(inner) = &*self.node(element) else { return None };
        let items = self.field(record, 1, bound);
        if inner.kind != Kind::Sum || inner.source != items {
            return None;
        }
        let inner = self.open(inner, element);
        let groups = self.open(groups, source);
        let at = HashMap::from([(groups.bound, inner.bound)]);
        let key = self.rewrite(groups.element, &at);
        let asked = self.field(record, 0, bound);
        let at = HashMap::from([(asked, key)]);
        let (c, e) = (self.rewrite(inner.condition, &at), self.rewrite(inner.element, &at));
        if self.mentions(c, bound) || self.mentions(e, bound) {
            return None;
        }
        Some(self.sum(groups.source, inner.bound, c, e, &inner.name))
    }

    /// Binds the symbol: by the height of the body.
    fn close(&mut self, o: Opened) -> TermId {
        let key = o.sort.map(|(key, _)| key);
        let parts = [o.condition, o.element].into_iter().chain(key);
        let height = parts.map(|t| self.height(t)).max().unwrap_or(0) + 1;
        let name = self.intern(Node::Bound(height));
        let at = HashMap::from([(o.bound, name)]);
        let node = Aggregated {
            kind: o.kind,
            source: o.source,
            condition: self.rewrite_parts(o.condition, &at),
            element: self.rewrite_parts(o.element, &at),
            sort: o.sort.map(|(key, descending)| (self.rewrite_parts(key, &at), descending)),
            bound: height,
        };
        if o.kind != Kind::Sum {
            return self.bound_aggregate(node, o.name);
        }
        // Under its bound name the element may have taken a coefficient out of a rounding.
        let mut total = self.number(Rational::ZERO);
        for (mono, c) in self.poly(node.element).0 {
            let element = self.of_poly(Some(Poly(vec![(mono, Rational::ONE)])));
            let part = self.bound_aggregate(Aggregated { element, ..node.clone() }, o.name.clone());
            let part = self.scale(part, c);
            total = self.add(total, part);
        }
        total
    }

    fn bound_aggregate(&mut self, node: Aggregated, name: SmolStr) -> TermId {
        let id = self.intern(Node::Aggregate(node));
        self.bound_names.entry(id).or_insert(name);
        id
    }

    /// Takes an aggregate apart; `id` is its own number.
    pub fn open(&mut self, a: &Aggregated, id: TermId) -> Opened {
        let name = self.bound_names.get(&id).cloned().unwrap_or_else(|| "it".into());
        let bound = self.symbol(name.clone(), None);
        let own = self.intern(Node::Bound(a.bound));
        let at = HashMap::from([(own, bound)]);
        Opened {
            kind: a.kind,
            source: a.source,
            bound,
            condition: self.rewrite_parts(a.condition, &at),
            element: self.rewrite_parts(a.element, &at),
            sort: a.sort.map(|(key, descending)| (self.rewrite_parts(key, &at), descending)),
            name,
        }
    }

    /// A term with others in place of some of its parts, in normal form again.
    pub fn rewrite(&mut self, t: TermId, map: &HashMap<TermId, TermId>) -> TermId {
        self.rewrite_with(t, map, &mut HashMap::new(), true)
    }

    /// Replaces a symbol by a bound name or the other way round. The inner aggregates need no new names: a name
    /// that is put in is higher than all of theirs.
    fn rewrite_parts(&mut self, t: TermId, map: &HashMap<TermId, TermId>) -> TermId {
        self.rewrite_with(t, map, &mut HashMap::new(), false)
    }

    fn rewrite_with(
        &mut self,
        t: TermId,
        map: &HashMap<TermId, TermId>,
        known: &mut HashMap<TermId, TermId>,
        reopen: bool,
    ) -> TermId {
        if let Some(to) = map.get(&t).or_else(|| known.get(&t)) {
            return *to;
        }
        let node = self.node(t);
        let to = match &*node {
            Node::Aggregate(a) if !reopen => {
                let mut part = |terms: &mut Terms, t| terms.rewrite_with(t, map, known, false);
                let node = Aggregated {
                    source: part(self, a.source),
                    condition: part(self, a.condition),
                    element: part(self, a.element),
                    sort: a.sort.map(|(key, descending)| (part(self, key), descending)),
                    ..a.clone()
                };
                let id = self.intern(Node::Aggregate(node));
                if let Some(name) = self.bound_names.get(&t).cloned() {
                    self.bound_names.entry(id).or_insert(name);
                }
                id
            }
            Node::Aggregate(a) => {
                let mut changed = false;
                let mut part = |terms: &mut Terms, t| {
                    let to = terms.rewrite_with(t, map, known, true);
                    changed |= to != t;
                    to
                };
                let source = part(self, a.source);
                let o = self.open(a, t);
                let condition = part(self, o.condition);
                let element = part(self, o.element);
                let sort = o.sort.map(|(key, descending)| (part(self, key), descending));
                if changed { self.aggregate(Opened { source, condition, element, sort, ..o }) } else { t }
            }
            _ => {
                let mut part = |terms: &mut Terms, t| terms.rewrite_with(t, map, known, reopen);
                self.rebuild(t, &mut part)
            }
        };
        known.insert(t, to);
        to
    }

    /// The same term of other parts. Of aggregates it takes none apart.
    pub fn rebuild(&mut self, t: TermId, part: &mut dyn FnMut(&mut Terms, TermId) -> TermId) -> TermId {
        match &*self.node(t) {
            Node::Symbol(_) | Node::Bound(_) | Node::Constant(_) | Node::Aggregate(_) => t,
            Node::Number(poly) => {
                let mut changed = false;
                let mut atoms = HashMap::new();
                for (atom, _) in poly.0.iter().flat_map(|(mono, _)| mono) {
                    if !atoms.contains_key(atom) {
                        let to = part(self, *atom);
                        changed |= to != *atom;
                        atoms.insert(*atom, to);
                    }
                }
                if !changed {
                    return t;
                }
                let mut kept = Vec::new();
                let mut total = self.number(Rational::ZERO);
                for (mono, c) in &poly.0 {
                    if mono.iter().all(|(atom, _)| atoms.get(atom) == Some(atom)) {
                        kept.push((mono.clone(), *c));
                        continue;
                    }
                    let mut product = self.number(*c);
                    for (atom, power) in mono {
                        let to = atoms.get(atom).copied().unwrap_or(*atom);
                        for _ in 0..*power {
                            product = self.mul(product, to);
                        }
                    }
                    total = self.add(total, product);
                }
                let kept = self.of_poly(Some(Poly(kept)));
                self.add(kept, total)
            }
            Node::Op(op, of) => {
                let to: Vec<TermId> = of.iter().map(|t| part(self, *t)).collect();
                if to == *of { t } else { self.again(*op, to) }
            }
        }
    }

    /// An operation in normal form.
    pub fn again(&mut self, op: Op, of: Vec<TermId>) -> TermId {
        match (op, of.as_slice()) {
            (Op::Min | Op::Max, _) => self.extreme(op, of),
            (Op::Abs, [a]) => self.abs(*a),
            (Op::Sign, [a]) => self.sign(*a),
            (Op::IntDiv | Op::IntMod, [a, b]) => self.whole_division(op, *a, *b),
            (Op::Round { .. }, [n, d, rest @ ..]) => self.round(op, *n, *d, rest.to_vec()),
            (Op::Negative, [p]) => self.negative(*p),
            (Op::Zero, [p]) => self.zero(*p),
            (Op::Same, [a, b]) => self.same(*a, *b),
            (Op::If, [c, a, b]) => self.if_(*c, *a, *b),
            (Op::IsSome, [t]) => self.is_some(*t),
            (Op::Unwrap, [t]) => self.unwrap(*t),
            (Op::Field(record, field), [t]) => self.field(record, field, *t),
            (Op::IsCase(id, case), [t]) => self.is_case(id, case, *t),
            (Op::Payload(id, case, part), [t]) => self.payload(id, case, part, *t),
            _ => self.op(op, of),
        }
    }
}
