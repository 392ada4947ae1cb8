//! Normal forms of numbers: polynomials, `min` and `max`, quotients and roundings. What is known to be equal comes out
//! as one term.

use super::number::Rational;
use super::term::*;
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

    pub fn plus(&self, other: &Poly, times: Rational) -> Option<Poly> {
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
            // Too large for exact arithmetic.
            _ => self.lost(),
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
            for other in &mut kept {
                let difference = self.sub(t, *other);
                if let Some(d) = self.as_number(difference) {
                    if d.is_negative() == (op == Op::Min) {
                        *other = t;
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
        // What is a multiple of the unit already loses nothing.
        if chain == Chain::Quotient
            && d.as_constant() == Some(Rational::ONE)
            && let Some(unit) = unit
            && self.is_multiple(&n, unit)
        {
            let value = self.of_poly(Some(n));
            return if flipped { self.neg(value) } else { value };
        }
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

impl Terms {
    /// Whether a polynomial is a multiple of a unit for all values of its atoms, by their scales.
    fn is_multiple(&self, poly: &Poly, unit: Rational) -> bool {
        poly.0.iter().all(|(mono, c)| {
            let mut smallest = Some(*c);
            for (atom, power) in mono {
                for _ in 0..*power {
                    let scale = self.scale_of(*atom);
                    smallest = smallest.and_then(|s| s.mul(Rational::scaled(1, scale?)?));
                }
            }
            smallest.and_then(|s| s.div(unit)).is_some_and(Rational::is_whole)
        })
    }

    /// How many digits behind the point an atom has at most.
    fn scale_of(&self, atom: TermId) -> Option<u8> {
        match &*self.node(atom) {
            Node::Op(Op::Field(record, field), _) => self.field_scales.get(&(*record, *field)).copied(),
            Node::Op(Op::Round { scale, .. }, _) => Some(*scale),
            _ => self.scales.get(&atom).copied(),
        }
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
            poly.0.sort_by(|(m, _), (n, _)| m.cmp(n));
        }
    }
}
