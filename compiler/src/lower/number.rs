//! Numbers: exact arithmetic on 128 bits, and the roundings.

use super::error::{FACTORS_MAX, Limit, Result, passed};
use super::expr::Dest;
use super::function::{Builder, Reg};
use crate::source::Place;
use crate::typed::{Constant, RoundKind, T, TExpr, TMode, TRound};
use crate::types::Type;
use bp_bytecode::op::{Cmp, Def, Op, Scales, Use, UseWindow};
use bp_bytecode::program::Chain;
use bp_bytecode::shape::RegType;

/// The largest power of ten that an instruction lifts by, and that 128 bits hold.
const POWER_MAX: i64 = 38;

/// A literal, in the smaller kind of register that holds it.
fn constant_word(b: &mut Builder, value: i128, place: Place) -> Result<Reg> {
    match i64::try_from(value) {
        Ok(word) => b.int(word, place),
        Err(_) => b.wide(value, place),
    }
}

/// The factor 10^power, for a positive power.
fn tens(power: i64, place: Place) -> Result<Option<i128>> {
    match u32::try_from(power) {
        Err(_) | Ok(0) => Ok(None),
        Ok(power) => match 10_i128.checked_pow(power) {
            Some(tens) => Ok(Some(tens)),
            None => passed(Limit::Scale, POWER_MAX as u64, place),
        },
    }
}

impl Builder<'_, '_> {
    pub fn arithmetic(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        // A long chain leans to the left: its operators are gone through here, not by recursion.
        let mut chain = Vec::new();
        let mut leftmost = e;
        while let T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) = &leftmost.kind {
            chain.push((leftmost, &**b));
            leftmost = a;
        }
        if chain.is_empty() {
            return self.plain_arithmetic(e, dest);
        }
        // `expr` has counted the outermost one.
        self.cost(super::cost::NODE * (chain.len() as u64 - 1));
        let mut so_far = self.operand(leftmost, &[chain[chain.len() - 1].1])?;
        while let Some((operator, right)) = chain.pop() {
            let (a, b) = (Use(so_far), Use(self.expr(right, Dest::Any)?));
            let dest = if chain.is_empty() { dest } else { Dest::Any };
            so_far = self.value(dest, RegType::Wide, operator.place, |dst| match operator.kind {
                T::Add(..) => Op::Add { dst, a, b },
                T::Sub(..) => Op::Sub { dst, a, b },
                _ => Op::Mul { dst, a, b },
            })?;
        }
        Ok(so_far)
    }

    fn plain_arithmetic(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        let place = e.place;
        match &e.kind {
            T::Min(a, b) | T::Max(a, b) | T::IntDiv(a, b) | T::IntMod(a, b) => {
                let (a, b) = self.pair(a, b)?;
                let (a, b) = (Use(a), Use(b));
                self.value(dest, RegType::Wide, place, |dst| match e.kind {
                    T::Min(..) => Op::Min { dst, a, b },
                    T::Max(..) => Op::Max { dst, a, b },
                    T::IntDiv(..) => Op::DivFloor { dst, a, b },
                    _ => Op::ModFloor { dst, a, b },
                })
            }
            T::Neg(of) | T::Abs(of) => {
                let a = Use(self.expr(of, Dest::Any)?);
                self.value(dest, RegType::Wide, place, |dst| match e.kind {
                    T::Neg(_) => Op::Neg { dst, a },
                    _ => Op::Abs { dst, a },
                })
            }
            T::Sign(of) => {
                let a = Use(self.expr(of, Dest::Any)?);
                self.value(dest, RegType::Word, place, |dst| Op::Sign { dst, a })
            }
            T::ScaleUp(of, power) => {
                let a = Use(self.expr(of, Dest::Any)?);
                self.value(dest, RegType::Wide, place, |dst| Op::ScaleUp { dst, a, power: *power })
            }
            _ => passed(Limit::Unchecked, 0, place),
        }
    }

    pub fn comparison(&mut self, how: Cmp, a: &TExpr, b: &TExpr, dest: Dest, place: Place) -> Result<Reg> {
        // A constant of a smaller scale is lifted here and now.
        let scales = (self.t.scale(&a.ty), self.t.scale(&b.ty));
        if scales.0 != scales.1 {
            let (short, up) = if scales.0 < scales.1 { (a, scales.1 - scales.0) } else { (b, scales.0 - scales.1) };
            let lifted = match (&short.kind, 10_i128.checked_pow(up.into())) {
                (T::Constant(Constant::Number(number)), Some(tens)) => number.checked_mul(tens),
                _ => None,
            };
            if let Some(lifted) = lifted {
                self.cost(super::cost::NODE);
                let is_left = scales.0 < scales.1;
                let known = constant_word(self, lifted, short.place)?;
                let other = self.expr(if is_left { b } else { a }, Dest::Any)?;
                let (left, right) = if is_left { (known, other) } else { (other, known) };
                return self.compare_to(dest, how, left, right, place);
            }
        }
        let (left, right) = self.pair(a, b)?;
        if matches!(self.reg_type(left), RegType::Handle(_)) {
            // Outcomes of processes are in the heap even where no case has a payload.
            let same = self.equal(left, right, if how == Cmp::Ne { Dest::Any } else { dest }, place)?;
            return match how {
                Cmp::Ne => self.value(dest, RegType::Word, place, |dst| Op::Not { dst, a: Use(same) }),
                _ => Ok(same),
            };
        }
        self.compare_scaled(how, (left, scales.0), (right, scales.1), dest, place)
    }

    /// Compares two numbers, each with its scale.
    pub fn compare_scaled(&mut self, how: Cmp, a: (Reg, u8), b: (Reg, u8), dest: Dest, place: Place) -> Result<Reg> {
        if a.1 == b.1 {
            return self.compare_to(dest, how, a.0, b.0, place);
        }
        let scales = Scales { up: b.1.saturating_sub(a.1), down: a.1.saturating_sub(b.1), how };
        self.value(dest, RegType::Word, place, |dst| Op::CompareScaled { dst, a: Use(a.0), b: Use(b.0), scales })
    }

    /// `round`, `root`, `power`.
    ///
    /// With N and D the integers that hold the factors and s, t their scales, the value is
    /// ΠN / ΠD × 10^(Σt - Σs), and the integer of the result, of scale r, is that times 10^r, rounded.
    pub fn round(&mut self, round: &TRound, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let result_scale = self.t.scale(ty);
        if let (RoundKind::Quotient, [factor], [], None, TMode::Fixed(mode)) =
            (&round.kind, &round.numerators[..], &round.divisors[..], &round.step, &round.mode)
        {
            let scale = self.t.scale(&factor.ty);
            let a = self.expr(factor, Dest::Any)?;
            let power = scale.abs_diff(result_scale);
            return match scale.cmp(&result_scale) {
                std::cmp::Ordering::Equal => self.settle(dest, a, place),
                std::cmp::Ordering::Less => {
                    self.value(dest, RegType::Wide, place, |dst| Op::ScaleUp { dst, a: Use(a), power })
                }
                std::cmp::Ordering::Greater => {
                    let mode = *mode as u8;
                    self.value(dest, RegType::Wide, place, |dst| Op::Round { dst, a: Use(a), power, mode })
                }
            };
        }

        self.round_chain(round, result_scale, dest, place)
    }

    fn round_chain(&mut self, round: &TRound, result_scale: u8, dest: Dest, place: Place) -> Result<Reg> {
        let sum = |b: &Self, factors: &[TExpr]| factors.iter().map(|e| i64::from(b.t.scale(&e.ty))).sum::<i64>();
        let lift = sum(self, &round.divisors) - sum(self, &round.numerators);
        let result = i64::from(result_scale);
        // The power of ten outside, and the one that belongs to the quotient itself because that is raised.
        let (outside, inside) = match round.kind {
            RoundKind::Quotient => (lift + result, 0),
            RoundKind::Root => (lift + 2 * result, 0),
            RoundKind::Power(_) => (result, lift),
        };
        let is_root = matches!(round.kind, RoundKind::Root);
        let is_power = matches!(round.kind, RoundKind::Power(_));
        if is_power && round.step.is_some() {
            return passed(Limit::PowerStep, 0, place);
        }
        // What the instruction cannot lift by itself becomes a factor more.
        let power = outside.clamp(-POWER_MAX, POWER_MAX);
        let more = if is_power { inside } else { outside - power };
        let (above, below) = (tens(more, place)?, tens(-more, place)?);

        // The root of a quotient, to steps: the root of the quotient over the step's square, times the step.
        let root_step = match (&round.step, is_root) {
            (Some(step), true) => Some((step, self.wide(0, place)?)),
            _ => None,
        };
        let step = round.step.as_ref().filter(|_| root_step.is_none());
        let numerators = round.numerators.len() + above.iter().len();
        let divisors = round.divisors.len() + below.iter().len() + if root_step.is_some() { 2 } else { 0 };
        let mut types = vec![RegType::Wide; numerators + divisors + step.iter().len() + usize::from(is_power)];
        if matches!(round.mode, TMode::Value(_)) {
            types.push(RegType::Word);
        }
        let (Ok(numerators), Ok(divisors)) = (u8::try_from(numerators), u8::try_from(divisors)) else {
            return passed(Limit::Parts, FACTORS_MAX, place);
        };

        let first = self.window(&types)?;
        let mut next = first;
        self.put_factors(&round.numerators, above, &mut next, place)?;
        self.put_factors(&round.divisors, below, &mut next, place)?;
        if let Some((step, reg)) = root_step {
            self.expr(step, Dest::Into(reg))?;
            self.mov(next, reg, place)?;
            self.mov(next + 1, reg, place)?;
            next += 2;
        }
        let mut rest: Vec<&TExpr> = step.into_iter().collect();
        if let RoundKind::Power(exponent) = &round.kind {
            rest.push(exponent);
        }
        let mode = match &round.mode {
            TMode::Fixed(mode) => Some(*mode),
            TMode::Value(mode) => {
                rest.push(mode);
                None
            }
        };
        let has_step = step.is_some();
        for (reg, e) in (next..).zip(rest) {
            self.expr(e, Dest::Into(reg))?;
        }
        let chain = Chain {
            numerators,
            divisors,
            up: power.max(0) as u8,
            down: (-power).max(0) as u8,
            has_step,
            root: is_root,
            power: is_power,
            mode,
            result_scale,
        };
        let chain = self.t.chain(chain, place)?;
        let chained = |dst| Op::RoundChain { dst, first: UseWindow(first), chain };
        match root_step {
            None => self.value(dest, RegType::Wide, place, chained),
            Some((_, step)) => {
                let steps = self.value(Dest::Any, RegType::Wide, place, chained)?;
                self.value(dest, RegType::Wide, place, |dst| Op::Mul { dst, a: Use(steps), b: Use(step) })
            }
        }
    }

    /// Factors into registers from `next` on, then one more.
    fn put_factors(&mut self, factors: &[TExpr], more: Option<i128>, next: &mut Reg, place: Place) -> Result<()> {
        for factor in factors {
            self.expr(factor, Dest::Into(*next))?;
            *next += 1;
        }
        if let Some(more) = more {
            self.set_number(*next, more, place)?;
            *next += 1;
        }
        Ok(())
    }

    /// A loop over the whole numbers from `low` to `high`, both included, each in `number`.
    pub fn count_from(
        &mut self,
        low: Reg,
        high: Reg,
        number: Reg,
        place: Place,
        step: impl FnOnce(&mut Self, super::function::Round) -> Result<()>,
    ) -> Result<()> {
        let round = super::function::Round { next: self.label(), end: self.label() };
        let (at, last) = (self.fresh(RegType::Wide)?, self.fresh(RegType::Wide)?);
        self.mov(at, low, place)?;
        self.mov(last, high, place)?;
        let one = self.int(1, place)?;
        let head = self.label();
        self.here(head);
        let more = self.compare(Cmp::Le, at, last, place)?;
        self.jump_unless(more, round.end, place)?;
        self.begin_body(place)?;
        self.convert(number, at, place)?;
        step(self, round)?;
        self.end_body();
        self.here(round.next);
        self.emit(Op::Add { dst: Def(at), a: Use(at), b: Use(one) }, place)?;
        self.jump(head, place)?;
        self.here(round.end);
        Ok(())
    }
}
