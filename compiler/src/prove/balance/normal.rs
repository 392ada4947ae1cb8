//! Normal forms: the constructors of terms. What they know is equal comes out as one term.

use super::number::Rational;
use super::term::*;
use crate::typed::Constant;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_bytecode::rounding::Mode;
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl Poly {
    pub fn constant(value: Rational) -> Poly {
        Poly(if value.is_zero() { Vec::new() } else { vec![(Mono::new(), value)] })
    }

    /// The value, if it has no atoms.
    pub fn as_constant(&self) -> Option<Rational> {
        match self.0.as_slice() {
            [] => Some(Rational::ZERO),
            [(mono, value)] if mono.is_empty() => Some(*value),
            _ => None,
        }
    }

    /// The coefficient of the first product that has atoms.
    pub fn leading(&self) -> Option<Rational> {
        self.0.iter().find(|(mono, _)| !mono.is_empty()).map(|(_, c)| *c)
    }

    fn plus(&self, other: &Poly, times: Rational) -> Option<Poly> {
        let mut out = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(x), Some(y)) => x.0.cmp(&y.0),
            };
            let left = if order.is_le() { a.next() } else { None };
            let right = if order.is_ge() { b.next() } else { None };
            let lifted = match right {
                Some((_, c)) => c.mul(times)?,
                None => Rational::ZERO,
            };
            let mono = match (left, right) {
                (Some((mono, _)), _) | (None, Some((mono, _))) => mono,
                (None, None) => break,
            };
            let sum = left.map_or(Rational::ZERO, |(_, c)| *c).add(lifted)?;
            if !sum.is_zero() {
                out.push((mono.clone(), sum));
            }
        }
        Some(Poly(out))
    }

    fn times(&self, other: &Poly) -> Option<Poly> {
        if self.0.len() * other.0.len() > PRODUCTS_MAX {
            return None;
        }
        let mut out: BTreeMap<Mono, Rational> = BTreeMap::new();
        for (m, c) in &self.0 {
            for (n, d) in &other.0 {
                let mut mono = m.clone();
                for (atom, power) in n {
                    match mono.binary_search_by_key(atom, |(a, _)| *a) {
                        Ok(at) => mono[at].1 += power,
                        Err(at) => mono.insert(at, (*atom, *power)),
                    }
                }
                let entry = out.entry(mono).or_insert(Rational::ZERO);
                *entry = entry.add(c.mul(*d)?)?;
            }
        }
        Some(Poly(out.into_iter().filter(|(_, c)| !c.is_zero()).collect()))
    }
}

// ---------------------------------------------------------------- numbers
impl Terms {
    pub fn poly(&self, t: TermId) -> Poly {
        match &*self.node(t) {
            Node::Number(poly) => poly.clone(),
            _ => Poly(vec![(vec![(t, 1)], Rational::ONE)]),
        }
    }

    pub fn of_poly(&mut self, poly: Option<Poly>) -> TermId {
        match poly {
            Some(Poly(products)) if products.len() <= PRODUCTS_MAX => {
                if let [(mono, c)] = products.as_slice()
                    && let [(atom, 1)] = mono.as_slice()
                    && *c == Rational::ONE
                {
                    return *atom;
                }
                self.intern(Node::Number(Poly(products)))
            }
            // Too large for exact arithmetic: equal to nothing else.
            _ => self.symbol("…", None),
        }
    }

    pub fn number(&mut self, value: Rational) -> TermId {
        self.of_poly(Some(Poly::constant(value)))
    }

    pub fn truth(&mut self, value: bool) -> TermId {
        self.number(if value { Rational::ONE } else { Rational::ZERO })
    }

    pub fn as_number(&self, t: TermId) -> Option<Rational> {
        match &*self.node(t) {
            Node::Number(poly) => poly.as_constant(),
            _ => None,
        }
    }

    pub fn is(&self, t: TermId, truth: bool) -> bool {
        self.as_number(t) == Some(if truth { Rational::ONE } else { Rational::ZERO })
    }

    pub fn add(&mut self, a: TermId, b: TermId) -> TermId {
        let sum = self.poly(a).plus(&self.poly(b), Rational::ONE);
        self.of_poly(sum)
    }

    pub fn sub(&mut self, a: TermId, b: TermId) -> TermId {
        let difference = self.poly(a).plus(&self.poly(b), Rational::ONE.neg());
        self.of_poly(difference)
    }

    pub fn scale(&mut self, a: TermId, by: Rational) -> TermId {
        let scaled = Poly::default().plus(&self.poly(a), by);
        self.of_poly(scaled)
    }

    pub fn neg(&mut self, a: TermId) -> TermId {
        self.scale(a, Rational::ONE.neg())
    }

    pub fn mul(&mut self, a: TermId, b: TermId) -> TermId {
        let product = self.poly(a).times(&self.poly(b));
        self.of_poly(product)
    }

    pub fn abs(&mut self, a: TermId) -> TermId {
        match self.leading_sign(a) {
            Err(value) => self.number(value.abs()),
            Ok(true) => {
                let opposite = self.neg(a);
                self.op(Op::Abs, vec![opposite])
            }
            Ok(false) => self.op(Op::Abs, vec![a]),
        }
    }

    pub fn sign(&mut self, a: TermId) -> TermId {
        match self.leading_sign(a) {
            Err(value) => self.number(Rational::whole(value.sign())),
            Ok(true) => {
                let opposite = self.neg(a);
                let sign = self.op(Op::Sign, vec![opposite]);
                self.neg(sign)
            }
            Ok(false) => self.op(Op::Sign, vec![a]),
        }
    }

    /// Whether the first coefficient is negative; the value of a constant.
    fn leading_sign(&self, a: TermId) -> Result<bool, Rational> {
        let poly = self.poly(a);
        match poly.leading() {
            Some(c) => Ok(c.is_negative()),
            None => Err(poly.as_constant().unwrap_or(Rational::ZERO)),
        }
    }

    /// `min` or `max` of any number of terms: flat, in order, without what is known not to be it.
    pub fn extreme(&mut self, op: Op, of: Vec<TermId>) -> TermId {
        let mut flat: Vec<TermId> = Vec::new();
        for t in of {
            match &*self.node(t) {
                Node::Op(inner, parts) if *inner == op => flat.extend(parts),
                _ => flat.push(t),
            }
        }
        let mut kept: Vec<TermId> = Vec::new();
        'next: for t in flat {
            for at in 0..kept.len() {
                let difference = self.sub(t, kept[at]);
                if let Some(d) = self.as_number(difference) {
                    if d.is_negative() == (op == Op::Min) {
                        kept[at] = t;
                    }
                    continue 'next;
                }
            }
            kept.push(t);
        }
        kept.sort_unstable();
        kept.dedup();
        match kept.as_slice() {
            [one] => *one,
            _ => self.op(op, kept),
        }
    }

    pub fn whole_division(&mut self, op: Op, a: TermId, b: TermId) -> TermId {
        if let (Some(x), Some(y)) = (self.as_number(a), self.as_number(b))
            && let Some(quotient) = x.div(y)
        {
            let floor = Rational::whole(quotient.floor());
            let value = if op == Op::IntDiv { Some(floor) } else { floor.mul(y).and_then(|p| x.sub(p)) };
            if let Some(value) = value {
                return self.number(value);
            }
        }
        self.op(op, vec![a, b])
    }

    /// A quotient that is rounded: factors that stand above and below the line are cancelled, and a rounding that
    /// treats both signs alike takes the sign out. `rest` holds step, mode and exponent.
    pub fn round(&mut self, op: Op, numerator: TermId, divisor: TermId, rest: Vec<TermId>) -> TermId {
        let Op::Round { chain, scale, step, mode } = op else { return self.op(op, vec![numerator, divisor]) };
        let (mut n, mut d) = (self.poly(numerator), self.poly(divisor));
        let lead = d.0.first().map(|(_, c)| *c);
        if let Some(lead) = lead
            && lead != Rational::ONE
            && let Some(by) = Rational::ONE.div(lead)
            && let (Some(over), Some(under)) = (Poly::default().plus(&n, by), Poly::default().plus(&d, by))
        {
            (n, d) = (over, under);
        }
        cancel(&mut n, &mut d);
        let mut mode = mode;
        let mut flipped = false;
        let first = n.leading().or_else(|| n.as_constant());
        if chain == Chain::Quotient
            && let Some(fixed) = mode
            && first.is_some_and(Rational::is_negative)
            && let Some(opposite) = Poly::default().plus(&n, Rational::ONE.neg())
        {
            n = opposite;
            flipped = true;
            mode = Some(match fixed {
                Mode::Ceiling => Mode::Floor,
                Mode::Floor => Mode::Ceiling,
                other => other,
            });
        }
        let unit = match step {
            true => rest.first().and_then(|s| self.as_number(*s)),
            false => Rational::scaled(1, scale),
        };
        let known = match (n.as_constant(), d.as_constant(), mode, unit) {
            (Some(n), Some(d), Some(mode), Some(unit)) if chain == Chain::Quotient && unit.sign() > 0 => {
                n.div(d).and_then(|q| q.round(unit, mode))
            }
            _ => None,
        };
        let value = match known {
            Some(value) => self.number(value),
            None => {
                let mut of = vec![self.of_poly(Some(n)), self.of_poly(Some(d))];
                of.extend(rest);
                self.op(Op::Round { chain, scale, step, mode }, of)
            }
        };
        if flipped { self.neg(value) } else { value }
    }
}

/// Takes atoms out that divide every product above and below the line.
fn cancel(n: &mut Poly, d: &mut Poly) {
    let Some((first, _)) = d.0.first() else { return };
    for (atom, _) in first.clone() {
        let power = |poly: &Poly| {
            let each = poly.0.iter().map(|(mono, _)| mono.iter().find(|(a, _)| *a == atom).map_or(0, |(_, p)| *p));
            each.min().unwrap_or(0)
        };
        let common = power(n).min(power(d));
        if common == 0 {
            continue;
        }
        for poly in [&mut *n, &mut *d] {
            for (mono, _) in &mut poly.0 {
                mono.iter_mut().filter(|(a, _)| *a == atom).for_each(|(_, p)| *p -= common);
                mono.retain(|(_, p)| *p > 0);
            }
            poly.0.sort();
        }
    }
}

// ---------------------------------------------------------------- conditions
impl Terms {
    /// p < 0
    pub fn negative(&mut self, p: TermId) -> TermId {
        match self.monic(p) {
            Err(value) => self.truth(value.is_negative()),
            Ok((p, _)) => self.op(Op::Negative, vec![p]),
        }
    }

    /// p = 0
    pub fn zero(&mut self, p: TermId) -> TermId {
        match self.monic(p) {
            Err(value) => self.truth(value.is_zero()),
            Ok((p, negative)) => {
                let p = if negative { self.neg(p) } else { p };
                self.op(Op::Zero, vec![p])
            }
        }
    }

    /// Divided by the size of its first coefficient, and whether that is negative; the value of a constant.
    fn monic(&mut self, p: TermId) -> Result<(TermId, bool), Rational> {
        let poly = self.poly(p);
        let Some(lead) = poly.leading() else { return Err(poly.as_constant().unwrap_or(Rational::ZERO)) };
        let scaled = Rational::ONE.div(lead.abs()).and_then(|by| Poly::default().plus(&poly, by));
        Ok((scaled.map_or(p, |scaled| self.of_poly(Some(scaled))), lead.is_negative()))
    }

    pub fn compare(&mut self, cmp: Cmp, a: TermId, b: TermId) -> TermId {
        let (left, right) = match cmp {
            Cmp::Gt | Cmp::Le => (b, a),
            _ => (a, b),
        };
        let p = self.sub(left, right);
        match cmp {
            Cmp::Eq => self.zero(p),
            Cmp::Lt | Cmp::Gt => self.negative(p),
            Cmp::Ne => {
                let zero = self.zero(p);
                self.not(zero)
            }
            // a ≤ b unless b < a
            Cmp::Le | Cmp::Ge => {
                let negative = self.negative(p);
                self.not(negative)
            }
        }
    }

    /// Equality of values that are no numbers.
    pub fn same(&mut self, a: TermId, b: TermId) -> TermId {
        if a == b {
            return self.truth(true);
        }
        for (x, y) in [(a, b), (b, a)] {
            if *self.node(x) == Node::Constant(Constant::None) {
                let some = self.is_some(y);
                return self.not(some);
            }
        }
        if let (Node::Constant(_), Node::Constant(_)) = (&*self.node(a), &*self.node(b)) {
            return self.truth(false);
        }
        self.op(Op::Same, vec![a.min(b), a.max(b)])
    }

    pub fn not(&mut self, c: TermId) -> TermId {
        let (yes, no) = (self.truth(true), self.truth(false));
        self.if_(c, no, yes)
    }

    pub fn and(&mut self, a: TermId, b: TermId) -> TermId {
        let no = self.truth(false);
        self.if_(a, b, no)
    }

    pub fn or(&mut self, a: TermId, b: TermId) -> TermId {
        let yes = self.truth(true);
        self.if_(a, yes, b)
    }

    pub fn if_(&mut self, c: TermId, a: TermId, b: TermId) -> TermId {
        if let Some(known) = self.as_number(c) {
            return if known.is_zero() { b } else { a };
        }
        let (mut a, mut b) = (a, b);
        for (side, take) in [(&mut a, 1), (&mut b, 2)] {
            if let Node::Op(Op::If, of) = &*self.node(*side)
                && of[0] == c
            {
                *side = of[take];
            }
        }
        if a == b {
            return a;
        }
        if self.is(a, true) && self.is(b, false) {
            return c;
        }
        if let Node::Op(Op::If, of) = &*self.node(c)
            && self.is(of[1], false)
            && self.is(of[2], true)
        {
            return self.if_(of[0], b, a);
        }
        self.op(Op::If, vec![c, a, b])
    }
}

// ---------------------------------------------------------------- values made of others
impl Terms {
    pub fn none(&mut self) -> TermId {
        self.intern(Node::Constant(Constant::None))
    }

    /// Asks `what` of both sides of an `if`.
    fn both(&mut self, of: &[TermId], what: &mut dyn FnMut(&mut Terms, TermId) -> TermId) -> TermId {
        let (a, b) = (what(self, of[1]), what(self, of[2]));
        self.if_(of[0], a, b)
    }

    pub fn field(&mut self, record: RecordId, field: u16, of: TermId) -> TermId {
        match &*self.node(of) {
            Node::Op(Op::Record(_), fields) if usize::from(field) < fields.len() => fields[usize::from(field)],
            Node::Op(Op::If, parts) => self.both(parts, &mut |terms, t| terms.field(record, field, t)),
            _ => self.op(Op::Field(record, field), vec![of]),
        }
    }

    pub fn is_some(&mut self, of: TermId) -> TermId {
        match &*self.node(of) {
            Node::Op(Op::Some, _) => self.truth(true),
            Node::Constant(Constant::None) => self.truth(false),
            Node::Op(Op::If, parts) => self.both(parts, &mut |terms, t| terms.is_some(t)),
            _ => self.op(Op::IsSome, vec![of]),
        }
    }

    /// What an option holds. It is asked for only where the option holds something, so a side of an `if` that
    /// holds nothing is not the one that was taken.
    pub fn unwrap(&mut self, of: TermId) -> TermId {
        match &*self.node(of) {
            Node::Op(Op::Some, inner) => inner[0],
            Node::Op(Op::If, parts) => {
                let empty = |terms: &Terms, t| *terms.node(t) == Node::Constant(Constant::None);
                if empty(self, parts[1]) {
                    return self.unwrap(parts[2]);
                }
                if empty(self, parts[2]) {
                    return self.unwrap(parts[1]);
                }
                self.both(parts, &mut |terms, t| terms.unwrap(t))
            }
            _ => self.op(Op::Unwrap, vec![of]),
        }
    }

    pub fn is_case(&mut self, id: EnumId, case: u16, of: TermId) -> TermId {
        match &*self.node(of) {
            Node::Op(Op::Case(_, own), _) => self.truth(*own == case),
            Node::Op(Op::If, parts) => self.both(parts, &mut |terms, t| terms.is_case(id, case, t)),
            _ => self.op(Op::IsCase(id, case), vec![of]),
        }
    }

    /// A part of a case; asked for only where the value is of that case.
    pub fn payload(&mut self, id: EnumId, case: u16, part: u16, of: TermId) -> TermId {
        match &*self.node(of) {
            Node::Op(Op::Case(_, own), parts) if *own == case && usize::from(part) < parts.len() => {
                parts[usize::from(part)]
            }
            Node::Op(Op::If, parts) => {
                let other = |terms: &Terms, t| matches!(&*terms.node(t), Node::Op(Op::Case(_, own), _) if *own != case);
                if other(self, parts[1]) {
                    return self.payload(id, case, part, parts[2]);
                }
                if other(self, parts[2]) {
                    return self.payload(id, case, part, parts[1]);
                }
                self.both(parts, &mut |terms, t| terms.payload(id, case, part, t))
            }
            _ => self.op(Op::Payload(id, case, part), vec![of]),
        }
    }
}
