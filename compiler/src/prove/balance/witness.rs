//! Values for which a posting does not balance: found by trying.
//!
//! What the difference asks for – parameters, elements of lists, configuration, balances – gets values of its type
//! that meet its `where`s, and the difference is computed with them, exactly, calls and tables and all. Values that the
//! facts around the posting rule out are no witness, and neither are those with which something has to be computed
//! that is not known here (parts of texts, moments): then there is no verdict.

use super::Prover;
use super::Verdict;
use super::aggregate::Opened;
use super::facts::Facts;
use super::number::Rational;
use super::print::Printer;
use super::term::*;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_bytecode::rounding::Mode;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many terms one try may compute.
const STEPS_MAX: u32 = 20_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(Rational),
    Text(SmolStr),
    Option(Option<Box<Value>>),
    Record(Vec<Value>),
    Case(u16, Vec<Value>),
    List(Vec<Value>),
    /// Nothing that can be computed with.
    Unknown,
}

/// The values found: of the atoms that the difference is made of.
#[derive(Debug)]
pub struct Witness {
    atoms: Vec<(TermId, Rational)>,
    difference: Rational,
}

impl Witness {
    pub(super) fn told(&self, terms: &Terms, checked: &Checked) -> Verdict {
        let printer = Printer { terms, checked };
        let values = self.atoms.iter().map(|(atom, value)| (printer.term(*atom), value.text().0)).collect();
        Verdict::Refuted { values, difference: self.difference.text().0 }
    }
}

/// An element with the key that it is sorted by, where there is one.
type Keyed = (Option<Value>, Value);

/// One try.
pub struct Try<'p, 'c> {
    pub(super) prover: &'p mut Prover<'c>,
    /// Values of terms, the innermost elements of lists last.
    pub(super) layers: Vec<HashMap<TermId, Value>>,
    opened: &'p mut HashMap<TermId, Opened>,
    /// The rows of decision tables that calls ask.
    tables: &'p mut HashMap<TermId, Rc<[(TermId, TermId)]>>,
    /// Conditions over a symbol of their own.
    pub(super) conditions: &'p mut HashMap<CheckId, Option<(TermId, TermId)>>,
    pub(super) pool: &'p [Rational],
    pub(super) random: u64,
    steps: u32,
}

impl Prover<'_> {
    /// Looks for values for which a difference is not zero.
    pub(super) fn witness(&mut self, difference: TermId, facts: &Facts, tries: u32) -> Option<Witness> {
        // What was left out of the terms cannot be computed.
        if self.terms.is_lost(difference) {
            return None;
        }
        let (budget, before) = (self.budget, self.terms.len());
        self.budget = super::open::Budget { terms: usize::MAX, ..super::open::Budget::default() };
        let pool = self.numbers_in(difference, facts);
        let (mut opened, mut tables, mut conditions) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut found = None;
        for at in 0..tries {
            let mut one = Try {
                prover: self,
                layers: vec![HashMap::new()],
                opened: &mut opened,
                tables: &mut tables,
                conditions: &mut conditions,
                pool: &pool,
                random: 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(at) + 1),
                steps: 0,
            };
            found = one.run(difference, facts);
            if found.is_some() {
                break;
            }
        }
        // Trying is paid for by the number of tries.
        self.budget = super::open::Budget { terms: budget.terms + self.terms.len() - before, ..budget };
        found
    }

    /// The numbers that the program compares and computes with: where it changes its mind.
    fn numbers_in(&self, difference: TermId, facts: &Facts) -> Vec<Rational> {
        let mut out = vec![Rational::ZERO];
        let mut seen = HashSet::new();
        let mut todo: Vec<TermId> = facts.assumed.iter().copied().chain([difference]).collect();
        while let Some(t) = todo.pop() {
            if !seen.insert(t) || out.len() > 60 {
                continue;
            }
            let node = self.terms.node(t);
            if let Node::Number(poly) = &*node {
                for (mono, c) in &poly.0 {
                    if mono.is_empty() && !out.contains(&c.abs()) {
                        out.push(c.abs());
                    }
                }
            }
            // What a call compares with is seen once it is taken apart.
            if let Some(Some(body)) = self.bodies.get(&t) {
                todo.push(*body);
            }
            each_child(&node, &mut |child| todo.push(child));
        }
        out
    }
}

impl Try<'_, '_> {
    fn run(&mut self, difference: TermId, facts: &Facts) -> Option<Witness> {
        for fact in &facts.assumed {
            if !self.truth(*fact)? {
                return None;
            }
        }
        let value = self.number(difference)?;
        if value.is_zero() {
            return None;
        }
        let mut atoms = Vec::new();
        for (mono, _) in self.prover.terms.poly(difference).0 {
            for (atom, _) in mono {
                if !atoms.iter().any(|(known, _)| *known == atom) {
                    atoms.push((atom, self.number(atom)?));
                }
            }
        }
        Some(Witness { atoms, difference: value })
    }

    // ------------------------------------------------------------ computing

    pub(super) fn number(&mut self, t: TermId) -> Option<Rational> {
        match self.value(t)? {
            Value::Number(n) => Some(n),
            _ => None,
        }
    }

    pub(super) fn truth(&mut self, t: TermId) -> Option<bool> {
        self.number(t).map(|n| !n.is_zero())
    }

    fn list(&mut self, t: TermId) -> Option<Vec<Value>> {
        match self.value(t)? {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    fn value(&mut self, t: TermId) -> Option<Value> {
        if let Some(known) = self.layers.iter().rev().find_map(|layer| layer.get(&t)) {
            return Some(known.clone());
        }
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return None;
        }
        let value = self.compute(t)?;
        // What was made up stays for the whole try.
        let made_up = matches!(
            &*self.prover.terms.node(t),
            Node::Symbol(_)
                | Node::Op(
                    Op::Config(..)
                        | Op::Today(_)
                        | Op::Now(_)
                        | Op::Balance(..)
                        | Op::BookValue(..)
                        | Op::BalanceAt(..),
                    _
                )
        );
        let layer = if made_up { self.layers.first_mut() } else { self.layers.last_mut() };
        layer?.insert(t, value.clone());
        Some(value)
    }

    fn compute(&mut self, t: TermId) -> Option<Value> {
        match &*self.prover.terms.node(t) {
            Node::Number(poly) => {
                let mut total = Rational::ZERO;
                for (mono, c) in &poly.0 {
                    let mut product = *c;
                    for (atom, power) in mono {
                        let value = self.number(*atom)?;
                        for _ in 0..*power {
                            product = product.mul(value)?;
                        }
                    }
                    total = total.add(product)?;
                }
                Some(Value::Number(total))
            }
            Node::Symbol(at) => {
                let ty = self.prover.terms.symbols[*at as usize].ty.clone()?;
                Some(self.any(&ty, 0))
            }
            Node::Bound(_) => None,
            Node::Constant(Constant::Text(text)) => Some(Value::Text(text.clone())),
            Node::Constant(Constant::None) => Some(Value::Option(None)),
            Node::Constant(_) => None,
            Node::Op(op, of) => self.operation(*op, of, t),
            Node::Aggregate(a) => self.aggregate(a, t),
        }
    }

    fn operation(&mut self, op: Op, of: &[TermId], t: TermId) -> Option<Value> {
        let truth = |truth: bool| Some(Value::Number(if truth { Rational::ONE } else { Rational::ZERO }));
        match op {
            Op::Config(id, _) => {
                let config = &self.prover.checked.configs[id.index()];
                let value = self.any(&config.ty, 0);
                for check in &config.checks {
                    if !self.holds(*check, &value)? {
                        return None;
                    }
                }
                Some(value)
            }
            Op::Today(_) => Some(Value::Number(Rational::whole(20_000 + self.below(400)))),
            Op::Balance(id, _) | Op::BalanceAt(id, false, _) => {
                Some(self.any(&self.prover.checked.accounts[id.index()].ty.clone(), 0))
            }
            Op::BookValue(..) | Op::BalanceAt(_, true, _) => {
                let book = self.prover.checked.currency?;
                let (_, scale) = crate::currency::currency(book.code())?;
                Some(self.any(&Type::Num(Num { unit: Unit::Money(book), scale }), 0))
            }
            Op::Call(..) => {
                if let Some(body) = self.prover.opened_call(t) {
                    return self.value(body);
                }
                let rows = match self.tables.get(&t) {
                    Some(known) => known.clone(),
                    None => {
                        let rows: Rc<[_]> = self.prover.rows_of_call(t)?.into();
                        self.tables.insert(t, rows.clone());
                        rows
                    }
                };
                let (last, others) = rows.split_last()?;
                for (fits, output) in others {
                    if self.truth(*fits)? {
                        return self.value(*output);
                    }
                }
                self.value(last.1)
            }
            Op::Min | Op::Max => {
                let mut best = self.number(*of.first()?)?;
                for other in &of[1..] {
                    let other = self.number(*other)?;
                    if other.order(best)?.is_lt() == (op == Op::Min) {
                        best = other;
                    }
                }
                Some(Value::Number(best))
            }
            Op::Abs => Some(Value::Number(self.number(of[0])?.abs())),
            Op::Sign => Some(Value::Number(Rational::whole(self.number(of[0])?.sign()))),
            Op::IntDiv | Op::IntMod => {
                let (a, b) = (self.number(of[0])?, self.number(of[1])?);
                let quotient = Rational::whole(a.div(b)?.floor());
                let value = if op == Op::IntDiv { quotient } else { a.sub(quotient.mul(b)?)? };
                Some(Value::Number(value))
            }
            Op::Round { chain: Chain::Quotient, scale, step, mode } => {
                let value = self.number(of[0])?.div(self.number(of[1])?)?;
                let mut rest = of[2..].iter();
                let unit = if step { self.number(*rest.next()?)? } else { Rational::scaled(1, scale)? };
                let mode = match mode {
                    Some(mode) => mode,
                    None => Mode::from_number(i64::try_from(self.number(*rest.next()?)?.floor()).ok()?)?,
                };
                if unit.sign() <= 0 {
                    return None;
                }
                Some(Value::Number(value.round(unit, mode)?))
            }
            Op::Negative => truth(self.number(of[0])?.is_negative()),
            Op::Zero => truth(self.number(of[0])?.is_zero()),
            Op::Same => {
                let (a, b) = (self.value(of[0])?, self.value(of[1])?);
                truth(a == b)
            }
            Op::TextOrder(cmp) => match (self.value(of[0])?, self.value(of[1])?) {
                (Value::Text(a), Value::Text(b)) => truth(match cmp {
                    Cmp::Eq => a == b,
                    Cmp::Ne => a != b,
                    Cmp::Lt => a < b,
                    Cmp::Le => a <= b,
                    Cmp::Gt => a > b,
                    Cmp::Ge => a >= b,
                }),
                _ => None,
            },
            Op::If => {
                let taken = if self.truth(of[0])? { of[1] } else { of[2] };
                self.value(taken)
            }
            Op::Some => Some(Value::Option(Some(Box::new(self.value(of[0])?)))),
            Op::IsSome => match self.value(of[0])? {
                Value::Option(held) => truth(held.is_some()),
                _ => None,
            },
            Op::Unwrap => match self.value(of[0])? {
                Value::Option(held) => held.map(|v| *v),
                _ => None,
            },
            Op::Record(_) => of
                .iter()
                .map(|t| Some(self.value(*t).unwrap_or(Value::Unknown)))
                .collect::<Option<_>>()
                .map(Value::Record),
            Op::Field(_, field) => match self.value(of[0])? {
                Value::Record(fields) => fields.get(usize::from(field)).cloned().filter(|v| *v != Value::Unknown),
                _ => None,
            },
            Op::Case(_, case) => of.iter().map(|t| self.value(*t)).collect::<Option<_>>().map(|v| Value::Case(case, v)),
            Op::IsCase(_, case) => match self.value(of[0])? {
                Value::Case(own, _) => truth(own == case),
                _ => None,
            },
            Op::Payload(_, case, part) => match self.value(of[0])? {
                Value::Case(own, parts) if own == case => parts.get(usize::from(part)).cloned(),
                _ => None,
            },
            Op::List => of.iter().map(|t| self.value(*t)).collect::<Option<_>>().map(Value::List),
            Op::Item => {
                let at = usize::try_from(self.number(of[1])?.floor()).ok()?;
                self.list(of[0])?.get(at).cloned()
            }
            Op::First => self.list(of[0]).map(|l| Value::Option(l.first().cloned().map(Box::new))),
            Op::Last => self.list(of[0]).map(|l| Value::Option(l.last().cloned().map(Box::new))),
            Op::Range => {
                let (low, high) = (self.number(of[0])?.floor(), self.number(of[1])?.floor());
                if high.checked_sub(low)? > 100 {
                    return None;
                }
                Some(Value::List((low..=high).map(|n| Value::Number(Rational::whole(n))).collect()))
            }
            Op::Builtin(builtin) => {
                let numbers: Option<Vec<i128>> = of.iter().map(|t| self.number(*t).map(Rational::floor)).collect();
                super::calendar::computed(builtin, &numbers?).map(|n| Value::Number(Rational::whole(n)))
            }
            _ => None,
        }
    }

    fn aggregate(&mut self, a: &Aggregated, t: TermId) -> Option<Value> {
        let o = match self.opened.get(&t) {
            Some(known) => known.clone(),
            None => {
                let o = self.prover.terms.open(a, t);
                self.opened.insert(t, o.clone());
                o
            }
        };
        let source = self.list(a.source)?;
        let mut kept: Vec<(Option<Value>, Value, Value)> = Vec::new();
        for item in source {
            self.layers.push(HashMap::from([(o.bound, item.clone())]));
            let one = self.element(&o);
            self.layers.pop();
            if let Some((key, value)) = one? {
                kept.push((key, value, item));
            }
        }
        if let Some((_, descending)) = o.sort {
            let key = |v: &Option<Value>| match v {
                Some(Value::Number(n)) => Some(*n),
                _ => None,
            };
            if kept.iter().any(|(k, ..)| key(k).is_none()) {
                return None;
            }
            kept.sort_by(|(a, ..), (b, ..)| {
                let order = key(a).zip(key(b)).and_then(|(a, b)| a.order(b)).unwrap_or(std::cmp::Ordering::Equal);
                if descending { order.reverse() } else { order }
            });
        }
        let numbers = || kept.iter().map(|(_, v, _)| if let Value::Number(n) = v { Some(*n) } else { None });
        match a.kind {
            Kind::Sum => {
                let mut total = Rational::ZERO;
                for n in numbers() {
                    total = total.add(n?)?;
                }
                Some(Value::Number(total))
            }
            Kind::Min | Kind::Max => {
                let mut best: Option<Rational> = None;
                for n in numbers() {
                    let n = n?;
                    best = match best {
                        Some(b) if n.order(b)?.is_lt() != (a.kind == Kind::Min) => Some(b),
                        _ => Some(n),
                    };
                }
                Some(Value::Option(best.map(|n| Box::new(Value::Number(n)))))
            }
            Kind::All => {
                let mut all = true;
                for n in numbers() {
                    all &= !n?.is_zero();
                }
                Some(Value::Number(if all { Rational::ONE } else { Rational::ZERO }))
            }
            Kind::First => Some(Value::Option(kept.into_iter().next().map(|(_, v, _)| Box::new(v)))),
            Kind::Last => Some(Value::Option(kept.into_iter().next_back().map(|(_, v, _)| Box::new(v)))),
            Kind::List => Some(Value::List(kept.into_iter().map(|(_, v, _)| v).collect())),
            Kind::Groups(_) => {
                let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
                for (_, key, item) in kept {
                    match groups.iter_mut().find(|(k, _)| *k == key) {
                        Some((_, items)) => items.push(item),
                        None => groups.push((key, vec![item])),
                    }
                }
                Some(Value::List(
                    groups.into_iter().map(|(k, items)| Value::Record(vec![k, Value::List(items)])).collect(),
                ))
            }
        }
    }

    /// Sort key and value of one element; nothing if the condition leaves it out. `None` outside: not known.
    fn element(&mut self, o: &Opened) -> Option<Option<Keyed>> {
        if !self.truth(o.condition)? {
            return Some(None);
        }
        let key = match o.sort {
            Some((key, _)) => Some(self.value(key)?),
            None => None,
        };
        Some(Some((key, self.value(o.element)?)))
    }
}
