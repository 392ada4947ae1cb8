//! Expressions as terms. Names stand for what they were given, so a `let` is transparent; a call stays closed.

use super::Prover;
use super::number::Rational;
use super::term::*;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp};
use bp_bytecode::rounding::Mode;
use smol_str::SmolStr;

/// How deep expressions and blocks may stand in each other; deeper code is not looked at.
const NESTED_MAX: u32 = 300;

impl Prover<'_> {
    pub(super) fn base<'t>(&'t self, ty: &'t Type) -> &'t Type {
        match ty {
            Type::Named(id) => &self.checked.named[id.index()].base,
            other => other,
        }
    }

    fn scale_of(&self, ty: &Type) -> u8 {
        match self.base(ty) {
            Type::Num(num) => num.scale,
            _ => 0,
        }
    }

    /// The enum that a number is a case of.
    fn plain_enum(&self, ty: &Type) -> Option<EnumId> {
        match self.base(ty) {
            Type::Enum(id) if !self.checked.enums[id.index()].has_payload() => Some(*id),
            _ => None,
        }
    }

    pub(super) fn unknown(&mut self, name: impl Into<SmolStr>, ty: &Type) -> TermId {
        let t = self.terms.symbol(name, Some(ty.clone()));
        self.note_enum(t, ty);
        self.note_scale(t, ty);
        t
    }

    fn note_scale(&mut self, t: TermId, ty: &Type) {
        if let Type::Num(num) = *self.base(ty) {
            self.terms.scales.entry(t).and_modify(|s| *s = num.scale.min(*s)).or_insert(num.scale);
        }
    }

    fn note_enum(&mut self, t: TermId, ty: &Type) {
        if let Some(id) = self.plain_enum(ty) {
            self.terms.enums.insert(t, id);
        }
    }

    pub(super) fn constant(&mut self, c: &Constant, ty: &Type) -> TermId {
        let ty = self.base(ty).clone();
        match (c, &ty) {
            (Constant::Number(n), _) => match Rational::scaled(*n, self.scale_of(&ty)) {
                Some(value) => self.terms.number(value),
                None => self.unknown(LOST, &ty),
            },
            (Constant::Some(inner), Type::Option(of)) => {
                let inner = self.constant(inner, of);
                self.terms.op(Op::Some, vec![inner])
            }
            (Constant::Record(values), Type::Record(id)) => {
                let types: Vec<Type> = self.checked.records[id.index()].fields.iter().map(|f| f.ty.clone()).collect();
                let of = values.iter().zip(&types).map(|(v, ty)| self.constant(v, ty)).collect();
                self.terms.op(Op::Record(*id), of)
            }
            (Constant::Case(case, values), Type::Enum(id)) => {
                let cases = &self.checked.enums[id.index()].cases;
                let types: Vec<Type> = match cases.get(usize::from(*case)) {
                    Some(case) => case.fields.iter().map(|f| f.ty.clone()).collect(),
                    None => Vec::new(),
                };
                let of = values.iter().zip(&types).map(|(v, ty)| self.constant(v, ty)).collect();
                self.terms.op(Op::Case(*id, *case), of)
            }
            (Constant::List(values), Type::List(of)) => {
                let of = values.iter().map(|v| self.constant(v, of)).collect();
                self.terms.op(Op::List, of)
            }
            _ => self.terms.intern(Node::Constant(c.clone())),
        }
    }

    pub(super) fn value(&mut self, e: &TExpr) -> TermId {
        self.nested += 1;
        let t = if self.nested > NESTED_MAX {
            self.lost = true;
            self.unknown(LOST, &e.ty)
        } else {
            // Apart from each other, so that code may be nested deep on a small stack.
            let t = match &e.kind {
                T::Add(..) | T::Sub(..) | T::Mul(..) => self.arithmetic(e),
                T::And(..) | T::Or(..) | T::If(..) | T::Match(_) | T::Block(_) | T::Let(..) | T::Coalesce(..) => {
                    self.control(e)
                }
                T::Min(..)
                | T::Max(..)
                | T::Neg(_)
                | T::Abs(_)
                | T::Sign(_)
                | T::IntDiv(..)
                | T::IntMod(..)
                | T::ScaleUp(..)
                | T::Reinterpret(_)
                | T::Round(_)
                | T::Compare(..)
                | T::CompareText(..)
                | T::CompareAmount(..)
                | T::Equal(..)
                | T::Not(_) => self.number_of(e),
                _ => self.kind(e),
            };
            self.note_scale(t, &e.ty);
            t
        };
        self.nested -= 1;
        t
    }

    pub(super) fn values(&mut self, of: &[TExpr]) -> Vec<TermId> {
        of.iter().map(|e| self.value(e)).collect()
    }

    fn node(&mut self, op: Op, of: &[&TExpr]) -> TermId {
        let of = of.iter().map(|e| self.value(e)).collect();
        self.terms.again(op, of)
    }

    fn kind(&mut self, e: &TExpr) -> TermId {
        match &e.kind {
            T::Invalid => self.unknown(LOST, &e.ty),
            T::Constant(c) => self.constant(c, &e.ty),
            T::Local(local) => self.local(*local),
            T::Config(id) => {
                let t = self.terms.op(Op::Config(*id, self.now.step), Vec::new());
                self.note_enum(t, &e.ty);
                t
            }
            T::Today => self.terms.op(Op::Today(self.now.step), Vec::new()),
            T::Now => self.terms.op(Op::Now(self.now.step), Vec::new()),
            T::Some(a) => {
                let a = self.value(a);
                self.terms.op(Op::Some, vec![a])
            }
            T::Record(id, of) => {
                let of = self.values(of);
                let t = self.terms.op(Op::Record(*id), of);
                self.made(*id, t);
                t
            }
            T::With(base, changes) => self.with(base, changes),
            T::Case(id, case, of) => {
                let of = self.values(of);
                self.terms.op(Op::Case(*id, *case), of)
            }
            T::Field(base, field) => {
                let Type::Record(id) = *self.base(&base.ty) else { return self.unknown(LOST, &e.ty) };
                let base = self.value(base);
                let t = self.terms.field(id, *field, base);
                self.note_enum(t, &e.ty);
                t
            }
            T::List(of) => {
                let of = self.values(of);
                self.terms.op(Op::List, of)
            }
            T::EmptyMap => self.terms.op(Op::EmptyMap, Vec::new()),
            T::Item(a, b) => self.node(Op::Item, &[a, b]),
            T::Get(a, b) => self.node(Op::Get, &[a, b]),
            T::Keys(a) => self.node(Op::Keys, &[a]),
            T::Values(a) => self.node(Op::Values, &[a]),
            T::Count(a) => {
                let list = matches!(self.base(&a.ty), Type::List(_));
                let a = self.value(a);
                // A map has as many entries as keys.
                let a = if list { a } else { self.terms.op(Op::Keys, vec![a]) };
                self.terms.count(a)
            }
            T::First(a) => self.node(Op::First, &[a]),
            T::Last(a) => self.node(Op::Last, &[a]),
            T::RangeList(a, b) => self.node(Op::Range, &[a, b]),
            T::Aggregate(a) => self.aggregate(a, &e.ty),
            T::Allocate(a, b) => self.node(Op::Allocate, &[a, b]),
            T::ToText { value, digits } => self.node(Op::ToText(*digits), &[value]),
            T::Concat(of) => {
                let of = self.values(of);
                self.terms.op(Op::Concat, of)
            }
            T::Call(f, of) => self.call(*f, of, &e.ty),
            T::Builtin(Builtin::AmountValue, of) if of.len() == 1 => self.node(Op::Worth, &[&of[0]]),
            T::Builtin(builtin, of) => {
                let of = self.values(of);
                self.terms.op(Op::Builtin(*builtin), of)
            }
            T::Checked(a, checks) => {
                let value = self.value(a);
                self.passed(checks, value);
                value
            }
            T::Step(_, step) => self.step(step),
            T::Create(_, record) => {
                let record = self.value(record);
                let document = self.unknown("a new document", &e.ty);
                self.posted();
                // It is no other document, so what is known of them stays.
                self.flow.documents.insert(document, record);
                document
            }
            T::Document(id, of) => {
                let of = self.value(of);
                let ty = Type::Record(self.checked.entities[id.index()].record);
                self.document(of, &ty)
            }
            T::Lookup(_, of) => {
                self.values(of);
                self.unknown("what is found", &e.ty)
            }
            T::Find(find) => {
                for e in find.conditions.iter().map(|(_, _, e)| e).chain(&find.limit) {
                    self.value(e);
                }
                self.unknown("what is found", &e.ty)
            }
            T::Books(OfBooks::BookValue(id), of) => {
                let of = self.values(of);
                self.terms.op(Op::BookValue(*id, self.now.books), of)
            }
            T::Books(OfBooks::BalanceAt { account, worth }, of) => {
                let of = self.values(of);
                self.terms.op(Op::BalanceAt(*account, *worth, self.now.books), of)
            }
            T::Books(_, of) => {
                self.values(of);
                self.unknown("what the books say", &e.ty)
            }
            T::NextNumber(_, period) => {
                self.value(period);
                self.unknown("the next number", &e.ty)
            }
            T::Held(_, of) | T::Available(_, of) | T::Room(_, of) => {
                self.values(of);
                self.unknown("what is held", &e.ty)
            }
            T::Hold { dimensions, amount, .. } => {
                self.values(dimensions);
                self.value(amount);
                self.posted();
                self.unknown("a hold", &e.ty)
            }
            T::Take { dimensions, amount, .. } => {
                self.values(dimensions);
                self.value(amount);
                self.posted();
                self.unknown("what is taken", &e.ty)
            }
            T::CommitPart { hold, part } => {
                self.value(hold);
                self.value(part);
                self.posted();
                self.unknown("a hold", &e.ty)
            }
            T::Beginning(list, limit) => {
                self.value(list);
                self.value(limit);
                self.unknown("the first of them", &e.ty)
            }
            T::Balance(id, of) => {
                let of = self.values(of);
                self.terms.op(Op::Balance(*id, self.now.books), of)
            }
            T::Start(_, of) => {
                self.values(of);
                self.effect();
                self.unknown("a run", &e.ty)
            }
            T::Rest(rest) => {
                for e in rest.asked() {
                    self.value(e);
                }
                self.elsewhere();
                self.unknown("what happens", &e.ty)
            }
            T::Refusal => self.unknown("why it was refused", &e.ty),
            T::RunNoted(of, _) | T::RunTask(of, _) | T::RunRequest(of, _) | T::RunOutcome(of) | T::Mails(_, of) => {
                self.value(of);
                self.unknown("what has become of a run", &e.ty)
            }
            T::RunResult(a) => {
                self.value(a);
                self.unknown("its result", &e.ty)
            }
            _ => self.unknown(LOST, &e.ty),
        }
    }

    /// What decides and names.
    fn control(&mut self, e: &TExpr) -> TermId {
        match &e.kind {
            T::And(a, b) => {
                let a = self.value(a);
                self.branch(a, &mut |p| p.value(b), &mut |p| p.terms.truth(false))
            }
            T::Or(a, b) => {
                let a = self.value(a);
                self.branch(a, &mut |p| p.terms.truth(true), &mut |p| p.value(b))
            }
            T::If(c, a, b) => {
                let c = self.value(c);
                self.branch(c, &mut |p| p.block(a), &mut |p| p.block(b))
            }
            T::Match(m) => self.match_(m),
            T::Block(b) => self.block(b),
            T::Let(local, value, body) => {
                let value = self.value(value);
                self.set(*local, value);
                self.value(body)
            }
            T::Coalesce(a, b) => {
                let a = self.value(a);
                let some = self.terms.is_some(a);
                self.branch(some, &mut |p| p.terms.unwrap(a), &mut |p| p.value(b))
            }
            _ => self.unknown(LOST, &e.ty),
        }
    }

    fn number_of(&mut self, e: &TExpr) -> TermId {
        match &e.kind {
            T::Min(a, b) => self.node(Op::Min, &[a, b]),
            T::Max(a, b) => self.node(Op::Max, &[a, b]),
            T::Neg(a) => {
                let a = self.value(a);
                self.terms.neg(a)
            }
            T::Abs(a) => self.node(Op::Abs, &[a]),
            T::Sign(a) => self.node(Op::Sign, &[a]),
            T::IntDiv(a, b) => self.node(Op::IntDiv, &[a, b]),
            T::IntMod(a, b) => self.node(Op::IntMod, &[a, b]),
            T::ScaleUp(a, _) => self.value(a),
            T::Reinterpret(a) => {
                let (from, to) = (self.scale_of(&a.ty), self.scale_of(&e.ty));
                let value = self.value(a);
                match Rational::scaled(1, to.saturating_sub(from)) {
                    Some(by) => self.terms.scale(value, by),
                    None => self.unknown(LOST, &e.ty),
                }
            }
            T::Round(round) => self.round(round, &e.ty),
            T::Compare(cmp, a, b) => self.compare(*cmp, a, b),
            T::CompareText(cmp, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                match cmp {
                    Cmp::Eq => self.terms.same(a, b),
                    Cmp::Ne => {
                        let same = self.terms.same(a, b);
                        self.terms.not(same)
                    }
                    _ => self.terms.op(Op::TextOrder(*cmp), vec![a, b]),
                }
            }
            T::CompareAmount(cmp, a, b) => self.node(Op::AmountOrder(*cmp), &[a, b]),
            T::Equal(a, b) => self.node(Op::Same, &[a, b]),
            T::Not(a) => {
                let a = self.value(a);
                self.terms.not(a)
            }
            _ => self.unknown(LOST, &e.ty),
        }
    }

    /// A chain of operators leans to the left; it is gone through here, not by recursion.
    fn arithmetic(&mut self, e: &TExpr) -> TermId {
        let mut chain = Vec::new();
        let mut leftmost = e;
        while let T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) = &leftmost.kind {
            chain.push((&leftmost.kind, &**b));
            leftmost = a;
        }
        let mut so_far = self.value(leftmost);
        for (kind, right) in chain.into_iter().rev() {
            let right = self.value(right);
            so_far = match kind {
                T::Add(..) => self.terms.add(so_far, right),
                T::Sub(..) => self.terms.sub(so_far, right),
                _ => self.terms.mul(so_far, right),
            };
        }
        so_far
    }

    fn compare(&mut self, cmp: Cmp, a: &TExpr, b: &TExpr) -> TermId {
        let truths = matches!(self.base(&a.ty), Type::Bool);
        let (a, b) = (self.value(a), self.value(b));
        if truths && matches!(cmp, Cmp::Eq | Cmp::Ne) {
            let other = self.terms.not(b);
            return if cmp == Cmp::Eq { self.terms.if_(a, b, other) } else { self.terms.if_(a, other, b) };
        }
        self.terms.compare(cmp, a, b)
    }

    fn round(&mut self, round: &TRound, ty: &Type) -> TermId {
        let scale = self.scale_of(ty);
        let scales: u32 = round.numerators.iter().map(|e| u32::from(self.scale_of(&e.ty))).sum();
        let exact = scales <= u32::from(scale) && round.divisors.is_empty() && round.step.is_none();
        let product = |p: &mut Self, factors: &[TExpr]| {
            let mut product = p.terms.number(Rational::ONE);
            for factor in factors {
                let factor = p.value(factor);
                product = p.terms.mul(product, factor);
            }
            product
        };
        let numerator = product(self, &round.numerators);
        let divisor = product(self, &round.divisors);
        let mut rest = Vec::new();
        if let Some(step) = &round.step {
            rest.push(self.value(step));
        }
        let mode = match &round.mode {
            TMode::Fixed(mode) => Some(*mode),
            TMode::Value(e) => {
                let value = self.value(e);
                let known = self.terms.as_number(value).and_then(|n| Mode::from_number(i64::try_from(n.floor()).ok()?));
                if known.is_none() {
                    rest.push(value);
                }
                known
            }
        };
        let chain = match &round.kind {
            // Nothing is lost, so nothing is rounded.
            RoundKind::Quotient if exact => return numerator,
            RoundKind::Quotient => Chain::Quotient,
            RoundKind::Root => Chain::Root,
            RoundKind::Power(exponent) => {
                rest.push(self.value(exponent));
                Chain::Power
            }
        };
        let op = Op::Round { chain, scale, step: round.step.is_some(), mode };
        self.terms.round(op, numerator, divisor, rest)
    }

    fn with(&mut self, base: &TExpr, changes: &[(u16, TExpr)]) -> TermId {
        let Type::Record(id) = *self.base(&base.ty) else { return self.unknown(LOST, &base.ty) };
        let base = self.value(base);
        let changed: Vec<(u16, TermId)> = changes.iter().map(|(field, e)| (*field, self.value(e))).collect();
        let fields = self.checked.records[id.index()].fields.len() as u16;
        let of = (0..fields)
            .map(|field| match changed.iter().find(|(f, _)| *f == field) {
                Some((_, value)) => *value,
                None => self.terms.field(id, field, base),
            })
            .collect();
        let t = self.terms.op(Op::Record(id), of);
        self.made(id, t);
        t
    }

    fn call(&mut self, f: FnId, of: &[TExpr], ty: &Type) -> TermId {
        let of = self.values(of);
        let found = &self.found[f.index()];
        // An action that posts is proved by itself; what it gives may be anything of its type.
        if found.acts {
            let name = self.checked.functions[f.index()].name.clone();
            self.effect();
            return self.unknown(name, ty);
        }
        let moment = super::Moment {
            step: if found.step { self.now.step } else { 0 },
            books: if found.books { self.now.books } else { 0 },
        };
        let version = match self.moments.iter().position(|m| *m == moment) {
            Some(at) => at,
            None => {
                self.moments.push(moment);
                self.moments.len() - 1
            }
        };
        let t = self.terms.op(Op::Call(f, version as u32), of);
        self.note_enum(t, ty);
        t
    }

    /// The name of a local for messages.
    pub(super) fn local_name(&self, local: LocalId) -> SmolStr {
        let name = self.locals.get(local.index()).map(|l| l.name.clone()).unwrap_or_default();
        if name.is_empty() { "it".into() } else { name }
    }

    pub(super) fn element_type(&self, list: &Type) -> Option<Type> {
        match self.base(list) {
            Type::List(of) => Some((**of).clone()),
            _ => None,
        }
    }
}
