//! Normal forms of conditions and of values made of others: what is known of a part is put in its place.

use super::number::Rational;
use super::term::*;
use crate::typed::Constant;
use crate::types::*;
use bp_bytecode::op::Cmp;

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
        // The sign stands before, so that what is taken off is written like what is added.
        let taken_off = |terms: &Terms, t| match &*terms.node(t) {
            Node::Number(poly) => poly.leading().or(poly.as_constant()).is_some_and(Rational::is_negative),
            _ => false,
        };
        let zero = |terms: &Terms, t| terms.is(t, false);
        let (off_a, off_b) = (taken_off(self, a), taken_off(self, b));
        if (off_a && (off_b || zero(self, b))) || (off_b && zero(self, a)) {
            let (a, b) = (self.neg(a), self.neg(b));
            let opposite = self.op(Op::If, vec![c, a, b]);
            return self.neg(opposite);
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
