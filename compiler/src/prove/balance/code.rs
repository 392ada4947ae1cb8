//! Statements: what names stand for behind them, and where a function is left.
//!
//! Both sides of a branch are gone through, and where they leave a name with two values it stands for an `if` of
//! both. A `return` is kept as the condition that it was come to and its value, so that code with early returns is
//! one term without going through the rest twice. What a loop assigns is unknown in it and behind it, except for a
//! variable to which each round adds: that is a sum.

use super::number::Rational;
use super::term::*;
use super::{Moment, Prover};
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use std::collections::BTreeMap;

/// What is known where code stands.
#[derive(Clone, Default)]
pub struct Flow {
    pub locals: Vec<Option<TermId>>,
    /// What is known of documents since something was last changed: the record of a reference.
    pub documents: BTreeMap<TermId, TermId>,
    /// Whether the function has returned, and what.
    pub returned: Option<(TermId, TermId)>,
}

/// What a way through a branch comes to.
struct Side {
    value: TermId,
    flow: Flow,
    now: Moment,
}

impl Prover<'_> {
    pub(super) fn set(&mut self, local: LocalId, value: TermId) {
        if self.flow.locals.len() <= local.index() {
            self.flow.locals.resize(local.index() + 1, None);
        }
        self.flow.locals[local.index()] = Some(value);
    }

    pub(super) fn local(&mut self, local: LocalId) -> TermId {
        match self.flow.locals.get(local.index()).copied().flatten() {
            Some(value) => value,
            None => self.forget(local),
        }
    }

    /// From here on nothing is known of it but its type.
    pub(super) fn forget(&mut self, local: LocalId) -> TermId {
        let ty = self.locals.get(local.index()).map_or(Type::Invalid, |l| l.ty.clone());
        let name = self.local_name(local);
        let value = self.unknown(name, &ty);
        self.set(local, value);
        value
    }

    /// Something was changed: what is read of the books from now on may be different.
    pub(super) fn effect(&mut self) {
        self.posted();
        self.flow.documents.clear();
    }

    /// Something was posted: the books are others, the documents are not.
    pub(super) fn posted(&mut self) {
        self.versions += 1;
        self.now.books = self.versions;
    }

    /// The record of a document as it is here.
    pub(super) fn document(&mut self, document: TermId, ty: &Type) -> TermId {
        if let Some(known) = self.flow.documents.get(&document) {
            return *known;
        }
        let name = match self.terms.names.get(&document) {
            Some(name) => name.clone(),
            None => self.element_name(document),
        };
        let record = self.unknown(name, ty);
        self.flow.documents.insert(document, record);
        record
    }

    /// The value of a block; none is as good as any.
    pub(super) fn block(&mut self, b: &TBlock) -> TermId {
        for stmt in &b.stmts {
            self.stmt(stmt);
        }
        match &b.value {
            Some(value) => self.value(value),
            None => self.terms.none(),
        }
    }

    /// Goes both ways and puts together what they leave behind.
    pub(super) fn branch(
        &mut self,
        condition: TermId,
        then: &mut dyn FnMut(&mut Self) -> TermId,
        otherwise: &mut dyn FnMut(&mut Self) -> TermId,
    ) -> TermId {
        if let Some(known) = self.terms.as_number(condition) {
            return if known.is_zero() { otherwise(self) } else { then(self) };
        }
        let start = self.start();
        let facts = self.facts.clone();
        self.assume(condition, true);
        let then = self.side(&start, then);
        self.facts = facts.clone();
        self.assume(condition, false);
        let otherwise = self.side(&start, otherwise);
        self.facts = facts;
        let left = (self.has_left(&then), self.has_left(&otherwise));
        let whole = self.together(condition, then, otherwise);
        let value = self.join(start, whole);
        // Where one side has left, the other one was taken.
        match left {
            (true, false) => self.assume(condition, false),
            (false, true) => self.assume(condition, true),
            _ => {}
        }
        value
    }

    /// Where ways part.
    fn start(&mut self) -> Side {
        let value = self.terms.none();
        Side { value, flow: std::mem::take(&mut self.flow), now: self.now }
    }

    fn side(&mut self, start: &Side, way: &mut dyn FnMut(&mut Self) -> TermId) -> Side {
        let Flow { locals, documents, .. } = start.flow.clone();
        self.flow = Flow { locals, documents, returned: None };
        self.now = start.now;
        let value = way(self);
        Side { value, flow: std::mem::take(&mut self.flow), now: self.now }
    }

    fn has_left(&self, side: &Side) -> bool {
        side.flow.returned.is_some_and(|(c, _)| self.terms.is(c, true))
    }

    fn together(&mut self, condition: TermId, a: Side, b: Side) -> Side {
        let (left_a, left_b) = (self.has_left(&a), self.has_left(&b));
        let returned = self.either_return(condition, a.flow.returned, b.flow.returned);
        // Versions only have to differ from those before.
        let now = Moment { step: a.now.step.max(b.now.step), books: a.now.books.max(b.now.books) };
        let (value, locals, documents) = match (left_a, left_b) {
            (true, false) => (b.value, b.flow.locals, b.flow.documents),
            (false, true) => (a.value, a.flow.locals, a.flow.documents),
            _ => {
                let mut documents = a.flow.documents.clone();
                documents.retain(|document, record| b.flow.documents.get(document) == Some(record));
                let longer = a.flow.locals.len().max(b.flow.locals.len());
                let of = |side: &Side, at: usize| side.flow.locals.get(at).copied().flatten();
                let both = (0..longer).map(|at| match (of(&a, at), of(&b, at)) {
                    (Some(x), Some(y)) if x == y => Some(x),
                    (Some(x), Some(y)) => Some(self.terms.if_(condition, x, y)),
                    // Assigned on one side only: nothing reads it behind the branch.
                    (one, other) => one.or(other),
                });
                let locals = both.collect();
                (self.terms.if_(condition, a.value, b.value), locals, documents)
            }
        };
        Side { value, flow: Flow { locals, documents, returned }, now }
    }

    /// Goes on behind the place where ways have come together.
    fn join(&mut self, start: Side, whole: Side) -> TermId {
        let returned = self.return_after(start.flow.returned, whole.flow.returned);
        self.flow = Flow { locals: whole.flow.locals, documents: whole.flow.documents, returned };
        self.now = start.now;
        if whole.now != start.now {
            self.effect();
            if whole.now.step != start.now.step {
                self.now.step = self.now.books;
            }
        }
        whole.value
    }

    fn either_return(
        &mut self,
        condition: TermId,
        a: Option<(TermId, TermId)>,
        b: Option<(TermId, TermId)>,
    ) -> Option<(TermId, TermId)> {
        let no = self.terms.truth(false);
        let (a, b) = match (a, b) {
            (None, None) => return None,
            (Some(a), None) => (a, (no, a.1)),
            (None, Some(b)) => ((no, b.1), b),
            (Some(a), Some(b)) => (a, b),
        };
        Some((self.terms.if_(condition, a.0, b.0), self.terms.if_(condition, a.1, b.1)))
    }

    fn return_after(
        &mut self,
        before: Option<(TermId, TermId)>,
        after: Option<(TermId, TermId)>,
    ) -> Option<(TermId, TermId)> {
        match (before, after) {
            (Some((c, v)), Some((d, w))) => Some((self.terms.or(c, d), self.terms.if_(c, v, w))),
            (one, other) => one.or(other),
        }
    }

    fn stmt(&mut self, s: &TStmt) {
        match &s.kind {
            S::Let(local, e) => {
                let value = self.value(e);
                self.set(*local, value);
                let mutable = self.locals.get(local.index()).is_some_and(|l| l.mutable);
                if self.frames == 0 && !mutable {
                    let name = self.local_name(*local);
                    self.terms.names.entry(value).or_insert(name);
                }
            }
            S::Assign(local, e) => {
                let value = self.value(e);
                self.set(*local, value);
            }
            S::Add(local, e) => {
                self.value(e);
                self.forget(*local);
            }
            S::Put(local, k, v) => {
                self.value(k);
                self.value(v);
                self.forget(*local);
            }
            S::If { condition, then, otherwise } => {
                let c = self.value(condition);
                self.branch(c, &mut |p| p.block(then), &mut |p| p.block(otherwise));
            }
            S::Match(m) => {
                self.match_(m);
            }
            S::While { condition, body } => {
                self.loop_(body, None, &mut |p| {
                    let c = p.value(condition);
                    p.assume(c, true);
                    c
                });
            }
            S::For { local, list, where_, body } => {
                let source = self.value(list);
                let ty = self.element_type(&list.ty).unwrap_or(Type::Invalid);
                self.for_(*local, source, &ty, where_.as_ref(), body);
            }
            S::ForRange { local, low, high, where_, body } => {
                let (low, high) = (self.value(low), self.value(high));
                let source = self.terms.op(Op::Range, vec![low, high]);
                self.for_(*local, source, &Type::INT, where_.as_ref(), body);
            }
            S::ForRows { local, rows, where_, body } => {
                let ty = Type::Record(rows.record);
                let source = self.unknown("the rows", &Type::list(ty.clone()));
                self.for_(*local, source, &ty, where_.as_ref(), body);
            }
            // What follows in the round is left as by a `return`; the loop takes that back.
            S::Break => {
                let (yes, value) = (self.terms.truth(true), self.terms.none());
                self.flow.returned = self.return_after(self.flow.returned, Some((yes, value)));
            }
            S::Return(e) => {
                let value = match e {
                    Some(e) => self.value(e),
                    None => self.terms.none(),
                };
                let yes = self.terms.truth(true);
                self.flow.returned = self.return_after(self.flow.returned, Some((yes, value)));
            }
            S::Expr(e) => {
                self.value(e);
            }
            S::Post(post) => self.post(post, s.place),
            S::Change(_, document, record) => {
                let document = self.value(document);
                let record = self.value(record);
                self.effect();
                self.flow.documents.insert(document, record);
            }
            S::Become(_, document, _) => {
                self.value(document);
                self.effect();
            }
            S::Settle { hold: of, .. } | S::ToBooks(_, of) => {
                self.value(of);
                self.posted();
            }
            S::Free { dimensions, amount, .. } => {
                self.values(dimensions);
                self.value(amount);
                self.posted();
            }
            // Left as by a `return`; the step takes that back.
            S::FailStep(failure) => {
                self.value(failure);
                let (yes, value) = (self.terms.truth(true), self.terms.none());
                self.flow.returned = self.return_after(self.flow.returned, Some((yes, value)));
            }
            // It may come here from anywhere: nothing that stages assign is known.
            S::Stage(_, body) => {
                self.flow.returned = None;
                for local in 0..self.locals.len() {
                    self.forget(LocalId(local as u32));
                }
                self.elsewhere();
                self.block(body);
            }
            S::Unhandled(_) | S::Decline | S::Go(_) | S::EndBranch { .. } => {
                let (yes, value) = (self.terms.truth(true), self.terms.none());
                self.flow.returned = self.return_after(self.flow.returned, Some((yes, value)));
            }
            S::ReverseStep => self.posted(),
            S::Pause { .. } | S::Unlock | S::UndoPut(_) | S::Try => {}
            S::Send { what, to, .. } => {
                self.value(what);
                self.value(to);
            }
            S::SendMessage(_, e) => drop(self.value(e)),
            S::Complete { run, form: value, .. } | S::Answer { run, value, .. } => {
                self.value(run);
                self.value(value);
                self.elsewhere();
            }
            S::Deliver(_, e) | S::Advance(e) | S::ActAs(e) | S::CancelRun(e) => {
                self.value(e);
                self.elsewhere();
            }
            S::Expect(expect) => {
                let sides = match &expect.kind {
                    TExpectKind::Holds(e) => vec![e],
                    TExpectKind::Sides { left, right, .. } => vec![&*left.1, &*right.1],
                };
                sides.into_iter().for_each(|e| {
                    self.value(e);
                });
            }
        }
    }

    /// Others run, or time passes: nothing that was read is known any more.
    pub(super) fn elsewhere(&mut self) {
        self.effect();
        self.now.step = self.now.books;
    }

    /// A step: what its body gives, or what handles its failure, whatever that is.
    pub(super) fn step(&mut self, step: &TStep) -> TermId {
        let before = self.flow.returned.take();
        let value = self.block(&step.body);
        self.flow.returned = before;
        self.effect();
        self.now.step = self.now.books;
        let Some(failing) = &step.failing else { return value };
        let failed = self.unknown(LOST, &Type::Bool);
        let failure = failing.failure;
        self.branch(
            failed,
            &mut |p| {
                p.forget(failure);
                p.match_(&failing.handler)
            },
            &mut |_| value,
        )
    }

    fn for_(&mut self, local: LocalId, source: TermId, ty: &Type, where_: Option<&TExpr>, body: &TBlock) {
        let name = self.local_name(local);
        let element = self.unknown(name, ty);
        self.loop_(body, Some((source, element)), &mut |p| {
            p.set(local, element);
            match where_ {
                Some(condition) => {
                    let c = p.value(condition);
                    p.assume(c, true);
                    c
                }
                None => p.terms.truth(true),
            }
        });
    }

    /// One round, of which nothing is known that other rounds may change; then what all rounds leave behind.
    fn loop_(&mut self, body: &TBlock, over: Option<(TermId, TermId)>, enter: &mut dyn FnMut(&mut Self) -> TermId) {
        let found = walk::of_block(body);
        let acts = found.acts || found.calls.iter().any(|f| self.found[f.index()].acts);
        let (facts, before) = (self.facts.clone(), self.flow.clone());
        let others = |p: &mut Self| {
            if acts || found.ends_step {
                p.effect();
            }
            if found.ends_step {
                p.now.step = p.now.books;
            }
        };
        // Other rounds may have come before this one.
        others(self);
        let symbols = self.terms.symbols.len();
        let changing: Vec<(LocalId, TermId)> = found.assigned.iter().map(|l| (*l, self.forget(*l))).collect();
        self.flow.returned = None;
        let condition = enter(self);
        self.block(body);
        let after = std::mem::replace(&mut self.flow, before.clone());
        self.facts = facts;
        others(self);
        for (local, start) in &changing {
            let end = after.locals.get(local.index()).copied().flatten();
            let was = before.locals.get(local.index()).copied().flatten();
            let total = match (over, end, was) {
                (Some((source, element)), Some(end), Some(was)) if !found.leaves && !acts && !found.ends_step => {
                    let added = self.terms.sub(end, *start);
                    // Nothing in it may be other than what the element makes it: no unknown of this round.
                    let fixed = |p: &Self, t| p.terms.newest_symbol(t).is_none_or(|at| (at as usize) < symbols);
                    let number = matches!(self.locals.get(local.index()).map(|l| self.base(&l.ty)), Some(Type::Num(_)));
                    (number && fixed(self, added) && fixed(self, condition)).then(|| {
                        let name = self.element_name(element);
                        let zero = self.terms.number(Rational::ZERO);
                        let added = self.terms.if_(condition, added, zero);
                        let (condition, added) = match &*self.terms.node(added) {
                            Node::Op(Op::If, of) if of[2] == zero => (of[0], of[1]),
                            _ => (self.terms.truth(true), added),
                        };
                        let sum = self.terms.sum(source, element, condition, added, &name);
                        self.terms.add(was, sum)
                    })
                }
                _ => None,
            };
            match total {
                Some(total) => self.set(*local, total),
                None => {
                    self.forget(*local);
                }
            }
        }
        // A loop may be left by a `return`, in a round of which nothing is known.
        if found.returns {
            let (left, given) = (self.unknown(LOST, &Type::Bool), self.terms.lost());
            self.flow.returned = self.return_after(before.returned, Some((left, given)));
        }
    }

    pub(super) fn element_name(&self, element: TermId) -> smol_str::SmolStr {
        match &*self.terms.node(element) {
            Node::Symbol(at) => self.terms.symbols[*at as usize].name.clone(),
            _ => "it".into(),
        }
    }

    // ------------------------------------------------------------ match

    pub(super) fn match_(&mut self, m: &TMatch) -> TermId {
        let value = self.value(&m.value);
        self.arms(value, &m.arms)
    }

    fn arms(&mut self, value: TermId, arms: &[TArm]) -> TermId {
        let Some((last, first)) = arms.split_last() else { return self.terms.none() };
        let facts = self.facts.clone();
        let start = self.start();
        let mut ways = Vec::new();
        for arm in first {
            // What a pattern binds is bound in its arm only.
            let Flow { locals, documents, .. } = start.flow.clone();
            self.flow = Flow { locals, documents, returned: None };
            let mut fits = self.terms.truth(false);
            for pattern in &arm.patterns {
                let one = self.pattern(pattern, value);
                fits = self.terms.or(fits, one);
            }
            let before = self.facts.clone();
            let bound = Side { value, flow: std::mem::take(&mut self.flow), now: start.now };
            self.assume(fits, true);
            let way = self.side(&bound, &mut |p| p.block(&arm.body));
            ways.push((fits, way));
            self.facts = before;
            self.assume(fits, false);
        }
        // A match is exhaustive: what comes to the last arm fits it.
        let mut whole = self.side(&start, &mut |p| {
            for pattern in &last.patterns {
                p.pattern(pattern, value);
            }
            p.block(&last.body)
        });
        self.facts = facts;
        for (fits, way) in ways.into_iter().rev() {
            whole = match self.terms.as_number(fits) {
                Some(known) if known.is_zero() => whole,
                Some(_) => way,
                None => self.together(fits, way, whole),
            };
        }
        self.join(start, whole)
    }

    /// The condition that a value fits; what the pattern binds is bound.
    fn pattern(&mut self, pattern: &TPattern, value: TermId) -> TermId {
        match &pattern.kind {
            P::Invalid | P::Wildcard => self.terms.truth(true),
            P::Bind(local) => {
                self.set(*local, value);
                self.terms.truth(true)
            }
            P::None => {
                let some = self.terms.is_some(value);
                self.terms.not(some)
            }
            P::Some(inner) => {
                let some = self.terms.is_some(value);
                let held = self.terms.unwrap(value);
                let fits = self.pattern(inner, held);
                self.terms.and(some, fits)
            }
            P::Constant(c) => {
                let truth = matches!(self.base(&pattern.ty), Type::Bool);
                let number = matches!(c, Constant::Number(_));
                let c = self.constant(c, &pattern.ty);
                match (truth, number) {
                    (true, _) => {
                        let other = self.terms.not(c);
                        self.terms.if_(value, c, other)
                    }
                    (false, true) => self.terms.compare(bp_bytecode::op::Cmp::Eq, value, c),
                    (false, false) => self.terms.same(value, c),
                }
            }
            P::Case(id, case, parts) if self.checked.enums[id.index()].has_payload() => {
                let mut fits = self.terms.is_case(*id, *case, value);
                for (at, part) in parts.iter().enumerate() {
                    let held = self.terms.payload(*id, *case, at as u16, value);
                    let one = self.pattern(part, held);
                    fits = self.terms.and(fits, one);
                }
                fits
            }
            P::Case(id, case, _) => {
                if self.terms.as_number(value).is_none() {
                    self.terms.enums.insert(value, *id);
                }
                let case = self.terms.number(Rational::whole(i128::from(*case)));
                self.terms.compare(bp_bytecode::op::Cmp::Eq, value, case)
            }
            P::Currency(currency, inner) => {
                let is = self.terms.op(Op::IsCurrency(*currency), vec![value]);
                let held = self.terms.op(Op::Worth, vec![value]);
                let fits = self.pattern(inner, held);
                self.terms.and(is, fits)
            }
        }
    }
}
