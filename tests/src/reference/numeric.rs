//! Arithmetic: exact between two roundings, at most 128 bits in between.

use super::number::{allocate, is_between, is_stored, of_digits, root, round, ten};
use super::stop::{Fault, Run, Stop};
use super::value::{Number, Parts, Val, digits_of};
use super::{Evaluator, Frame, kinds};
use bp_bytecode::rounding::Mode;
use bp_compiler::source::Place;
use bp_compiler::typed::{RoundKind, T, TExpr, TMode, TRound};
use bp_compiler::types::{Type, Unit};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// What a product counts, by the table of the chapter on quantities.
fn product(a: Unit, b: Unit) -> Option<Unit> {
    Some(match (a, b) {
        (Unit::None | Unit::Percent, other) | (other, Unit::None | Unit::Percent) => other,
        (Unit::Quantity(q), Unit::Price(currency, per)) | (Unit::Price(currency, per), Unit::Quantity(q))
            if q == per =>
        {
            Unit::Money(currency)
        }
        _ => return None,
    })
}

impl Evaluator<'_> {
    /// Arithmetic of numbers, durations and months.
    pub(super) fn arithmetic(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        let place = e.place;
        match &e.kind {
            T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) | T::Min(a, b) | T::Max(a, b) => {
                let (x, y) = (self.expr(frame, a)?, self.expr(frame, b)?);
                match (x, y) {
                    (Val::Num(x), Val::Num(y)) => self.of_two(e, x, y),
                    (x, y) => self.of_two_words(e, x, y),
                }
            }
            T::IntDiv(a, b) | T::IntMod(a, b) => {
                let (a, b) = (self.whole(frame, a)?, self.whole(frame, b)?);
                if b.is_zero() {
                    return self.fault(Fault::DivisionByZero, place);
                }
                let quotient = BigRational::new(a.clone(), b.clone()).floor().to_integer();
                let result = if matches!(e.kind, T::IntDiv(..)) { quotient } else { a - b * quotient };
                self.between(Number { value: result.into(), unit: Unit::None }, &e.ty, place)
            }
            T::Neg(a) | T::Abs(a) => {
                let is_neg = matches!(e.kind, T::Neg(_));
                match self.expr(frame, a)? {
                    Val::Num(Number { value, unit }) => {
                        let value = if is_neg { -value } else { value.abs() };
                        self.between(Number { value, unit }, &e.ty, place)
                    }
                    Val::Duration(seconds) => {
                        let result = if is_neg { seconds.checked_neg() } else { seconds.checked_abs() };
                        self.at(result.map(Val::Duration).ok_or(Fault::Overflow), place)
                    }
                    other => Err(Stop::Defect(format!("{other:?} has no sign"))),
                }
            }
            T::Sign(a) => {
                let value = self.expr(frame, a)?;
                match value.rank() {
                    Some(rank) => Ok(Val::number(rank.signum(), Unit::None)),
                    None => Err(Stop::Defect(format!("{value:?} has no sign"))),
                }
            }
            // The same number: at a larger scale it may be too large.
            T::ScaleUp(a, _) => {
                let number = self.expr(frame, a)?.into_num()?;
                self.between(number, &e.ty, place)
            }
            T::Reinterpret(a) => {
                let number = self.expr(frame, a)?.into_num()?;
                match (self.checked.base(&a.ty), self.checked.base(&e.ty)) {
                    (Type::Num(from), Type::Num(to)) => {
                        let digits = digits_of(&number, from.scale)?;
                        Ok(Val::number(of_digits(digits, to.scale), to.unit))
                    }
                    _ => Err(Stop::Defect(format!("{:?} is no number", e.ty))),
                }
            }
            _ => Err(Stop::Defect(format!("{:?} is no arithmetic", e.kind))),
        }
    }

    fn of_two(&self, e: &TExpr, a: Number, b: Number) -> Run<Val> {
        let joined = || match super::check::meets(a.unit, b.unit) || a.value.is_zero() || b.value.is_zero() {
            true => Ok(if matches!(a.unit, Unit::None) { b.unit } else { a.unit }),
            false => Err(Stop::Defect(format!("{:?} meets {:?}", a.unit, b.unit))),
        };
        let (value, unit) = match &e.kind {
            T::Add(..) => (&a.value + &b.value, joined()?),
            T::Sub(..) => (&a.value - &b.value, joined()?),
            T::Min(..) => (a.value.clone().min(b.value.clone()), joined()?),
            T::Max(..) => (a.value.clone().max(b.value.clone()), joined()?),
            _ => match product(a.unit, b.unit) {
                Some(unit) => (&a.value * &b.value, unit),
                None => return Err(Stop::Defect(format!("{:?} times {:?}", a.unit, b.unit))),
            },
        };
        self.between(Number { value, unit }, &e.ty, e.place)
    }

    /// Durations, months, dates: words of 64 bits.
    fn of_two_words(&self, e: &TExpr, a: Val, b: Val) -> Run<Val> {
        let whole = |value: &Val| match value.rank() {
            Some(rank) if rank.is_integer() => Ok(rank.to_integer()),
            _ => Err(Stop::Defect(format!("{value:?} is no whole number"))),
        };
        let (x, y) = (whole(&a)?, whole(&b)?);
        let result: BigInt = match &e.kind {
            T::Add(..) => x + y,
            T::Sub(..) => x - y,
            T::Mul(..) => x * y,
            T::Min(..) => x.min(y),
            _ => x.max(y),
        };
        let Some(word) = result.to_i64() else { return self.fault(Fault::Overflow, e.place) };
        Ok(match self.checked.base(&e.ty) {
            Type::Duration => Val::Duration(word),
            Type::Month => Val::Month(word),
            Type::Date => Val::Date(word),
            Type::DateTime => Val::DateTime(word),
            Type::Time => Val::Time(word),
            other => return Err(Stop::Defect(format!("arithmetic of {other:?}"))),
        })
    }

    /// A product and quotient chain, computed exactly and rounded once.
    pub(super) fn rounded(&mut self, frame: &mut Frame, of: &TRound, ty: &Type, place: Place) -> Run<Val> {
        let Type::Num(num) = *self.checked.base(ty) else {
            return Err(Stop::Defect(format!("{ty:?} is no number")));
        };
        self.uses(kinds::of_rounding(&of.kind));
        if of.step.is_some() {
            self.uses(kinds::STEP_OF_ROUNDING);
        }
        // Factors are evaluated as they are written, whichever side of the line they stand on.
        let above = of.numerators.iter().map(|factor| (factor, true));
        let below = of.divisors.iter().map(|factor| (factor, false));
        let mut factors: Vec<(&TExpr, bool)> = above.chain(below).collect();
        factors.sort_by_key(|(factor, _)| factor.place.span.start);
        let (mut numerator, mut divisor) = (BigRational::one(), BigRational::one());
        for (factor, is_above) in factors {
            let value = self.expr(frame, factor)?.into_num()?.value;
            if is_above { numerator *= value } else { divisor *= value }
        }
        let exponent = match &of.kind {
            RoundKind::Power(exponent) => Some(self.whole(frame, exponent)?),
            _ => None,
        };
        let step = match &of.step {
            Some(step) => Some(self.expr(frame, step)?.into_num()?.value),
            None => None,
        };
        let mode = self.mode(frame, &of.mode)?;
        if divisor.is_zero() || step.as_ref().is_some_and(Zero::is_zero) {
            return self.fault(Fault::DivisionByZero, place);
        }
        let mut exact = numerator / divisor;
        if let Some(exponent) = exponent {
            match exponent.to_u32().filter(|exponent| *exponent <= 1_000) {
                Some(exponent) => exact = num_traits::pow(exact, exponent as usize),
                None => return self.fault(Fault::BadExponent(exponent.to_string()), place),
            }
        }
        let digits = match (&of.kind, step) {
            (RoundKind::Root, _) => {
                let scale = BigRational::from_integer(ten(num.scale));
                let found = root(&(exact * &scale * &scale), mode);
                self.at(found, place)?
            }
            (_, Some(step)) => {
                let steps = round(&(exact / &step), mode);
                digits_of(&Number { value: BigRational::from_integer(steps) * step, unit: num.unit }, num.scale)?
            }
            (_, None) => round(&(exact * BigRational::from_integer(ten(num.scale))), mode),
        };
        if !is_between(&digits) {
            return self.fault(Fault::Overflow, place);
        }
        Ok(Val::number(of_digits(digits, num.scale), num.unit))
    }

    fn mode(&mut self, frame: &mut Frame, mode: &TMode) -> Run<Mode> {
        let mode = match mode {
            TMode::Fixed(mode) => *mode,
            TMode::Value(mode) => match self.expr(frame, mode)? {
                Val::Rounding(mode) => {
                    self.uses(kinds::MODE_VALUE);
                    mode
                }
                other => return Err(Stop::Defect(format!("{other:?} is no mode"))),
            },
        };
        self.uses(kinds::of_mode(mode));
        Ok(mode)
    }

    /// Parts of a total in the proportions of weights.
    pub(super) fn allocated(
        &mut self,
        frame: &mut Frame,
        total: &TExpr,
        weights: &TExpr,
        ty: &Type,
        place: Place,
    ) -> Run<Val> {
        let Type::List(of) = self.checked.base(ty) else { return Err(Stop::Defect(format!("{ty:?} is no list"))) };
        let Type::Num(num) = *self.checked.base(of) else { return Err(Stop::Defect(format!("{of:?} is no number"))) };
        // The total is a stored number.
        let total = self.expr(frame, total)?;
        let total = self.stored(total, of, place)?.into_num()?;
        let weights = self.expr(frame, weights)?.into_list()?;
        let mut values = Vec::new();
        for weight in weights.iter() {
            values.push(weight.clone().into_num()?.value);
        }
        let parts = self.at(allocate(&digits_of(&total, num.scale)?, &values), place)?;
        let mut stored = Vec::new();
        for part in parts {
            if !is_stored(&part) {
                return self.fault(Fault::Overflow, place);
            }
            stored.push(Val::number(of_digits(part, num.scale), num.unit));
        }
        Ok(Val::list(stored))
    }

    /// The currency of two amounts, and their values.
    pub(super) fn amounts(&self, a: Val, b: Val, place: Place) -> Run<(std::rc::Rc<str>, BigRational, BigRational)> {
        match (a, b) {
            (Val::Amount { currency, value: a }, Val::Amount { currency: other, value: b }) => {
                match currency == other {
                    true => Ok((currency, a, b)),
                    false => self.fault(Fault::CurrencyMismatch(currency.to_string(), other.to_string()), place),
                }
            }
            (a, b) => Err(Stop::Defect(format!("{a:?} and {b:?} are no amounts"))),
        }
    }

    /// Parts of a period, each of 64 bits.
    pub(super) fn parts(&self, parts: Result<Parts, Fault>, place: Place) -> Run<Val> {
        self.at(parts.map(Val::Period), place)
    }
}
