//! `match`: patterns as tests, in order; a jump table where only cases or small numbers are told apart.

use super::cost;
use super::error::{Limit, Result, passed};
use super::expr::Dest;
use super::function::{Builder, Reg, Target};
use crate::source::Place;
use crate::typed::{Constant, P, TMatch, TPattern};
use crate::types::Type;
use bp_bytecode::op::{Builtin, Cmp, Op, Stop, Use};
use bp_bytecode::shape::RegType;

/// How many different values a jump table must tell apart to be worth it.
const TABLE_MIN: usize = 3;
/// How many places a jump table may have.
const TABLE_MAX: i128 = 1024;
/// The scale of an `Amount`.
const AMOUNT_SCALE: u8 = 4;

impl Builder<'_, '_> {
    /// A match; its value goes into `target`, where one is asked for.
    pub fn matching(&mut self, m: &TMatch, target: Option<Reg>, place: Place) -> Result<()> {
        let value = self.expr(&m.value, Dest::Any)?;
        let end = self.label();
        let table = self.table(m);
        if let Some((low, size)) = table {
            self.match_by_table(m, value, low, size, target, end, place)?;
        } else {
            for arm in &m.arms {
                let (next_arm, body) = (self.label(), self.label());
                for (number, pattern) in arm.patterns.iter().enumerate() {
                    let last = number + 1 == arm.patterns.len();
                    let otherwise = if last { next_arm } else { self.label() };
                    self.pattern(pattern, value, &m.value.ty, otherwise)?;
                    if !last {
                        self.jump(body, pattern.place)?;
                        self.here(otherwise);
                    }
                }
                self.here(body);
                self.arm(&arm.body, target, arm.place)?;
                self.jump(end, arm.place)?;
                self.here(next_arm);
            }
            self.halt(Stop::Unreachable, 0, place)?;
        }
        self.here(end);
        Ok(())
    }

    /// The lowest number and the size of the jump table that a match may use.
    fn table(&self, m: &TMatch) -> Option<(i128, usize)> {
        let scale = self.t.scale(&m.value.ty);
        if let Type::Enum(id) = self.t.base(&m.value.ty)
            && self.t.is_variant(*id)
        {
            return None;
        }
        let (mut low, mut high, mut count) = (i128::MAX, i128::MIN, 0);
        for pattern in m.arms.iter().flat_map(|arm| &arm.patterns) {
            match &pattern.kind {
                P::Wildcard | P::Bind(_) => {}
                kind => {
                    let number = plain_number(kind)?;
                    if self.t.scale(&pattern.ty) != scale {
                        return None;
                    }
                    (low, high, count) = (low.min(number), high.max(number), count + 1);
                }
            }
        }
        let size = high.checked_sub(low)?.checked_add(1)?;
        let sparse = size > 4 * count as i128 + 8;
        (count >= TABLE_MIN && size <= TABLE_MAX && !sparse && low.abs() <= i128::from(i32::MAX))
            .then_some((low, size as usize))
    }

    #[expect(clippy::too_many_arguments, reason = "one half of `matching`, which has no state of its own")]
    fn match_by_table(
        &mut self,
        m: &TMatch,
        value: Reg,
        low: i128,
        size: usize,
        target: Option<Reg>,
        end: Target,
        place: Place,
    ) -> Result<()> {
        let labels: Vec<Target> = m.arms.iter().map(|_| self.label()).collect();
        let impossible = self.label();
        // The first arm that a value fits takes it; the last place stands for everything outside.
        let mut table = vec![None; size + 1];
        for (arm, label) in m.arms.iter().zip(&labels) {
            for pattern in &arm.patterns {
                self.cost(cost::of_pattern(&pattern.kind));
                match plain_number(&pattern.kind) {
                    Some(number) => {
                        let place = &mut table[(number - low) as usize];
                        *place = place.or(Some(*label));
                    }
                    None => table.iter_mut().for_each(|place| *place = place.or(Some(*label))),
                }
            }
        }
        let table: Vec<Target> = table.into_iter().map(|place| place.unwrap_or(impossible)).collect();
        let mut on = value;
        if low != 0 {
            let low = self.int(low as i64, place)?;
            on = self.value(Dest::Any, RegType::Wide, place, |dst| Op::Sub { dst, a: Use(value), b: Use(low) })?;
        }
        if self.reg_type(on) == RegType::Wide {
            // A number beyond 64 bits is none of the table's; narrowing it would be a fault.
            let (last, outside, inside) = (self.wide(size as i128, place)?, self.label(), self.label());
            let beyond = self.compare(Cmp::Ge, on, last, place)?;
            self.jump_if(beyond, outside, place)?;
            let zero = self.int(0, place)?;
            let before = self.compare(Cmp::Lt, on, zero, place)?;
            self.jump_unless(before, inside, place)?;
            self.here(outside);
            self.jump(table[size], place)?;
            self.here(inside);
            on = self.narrowed(on, place)?;
        }
        self.switch(on, &table, place)?;
        for (arm, label) in m.arms.iter().zip(&labels) {
            self.here(*label);
            for pattern in &arm.patterns {
                if let P::Bind(local) = pattern.kind {
                    self.convert(self.local(local), value, pattern.place)?;
                }
            }
            self.arm(&arm.body, target, arm.place)?;
            self.jump(end, arm.place)?;
        }
        self.here(impossible);
        self.halt(Stop::Unreachable, 0, place)
    }

    /// Goes on if the value fits, with the pattern's names bound; else goes to `otherwise`.
    pub fn pattern(&mut self, p: &TPattern, value: Reg, ty: &Type, otherwise: Target) -> Result<()> {
        let place = p.place;
        self.cost(cost::of_pattern(&p.kind));
        match &p.kind {
            P::Invalid => passed(Limit::Unchecked, 0, place),
            P::Wildcard => Ok(()),
            P::Bind(local) => self.convert(self.local(*local), value, place),
            P::None => {
                let of = self.inside(ty, place)?;
                let (held, fits) = (self.fresh_stored(&of, place)?, self.label());
                self.unsome_into(held, value, &of, fits, place)?;
                self.jump(otherwise, place)?;
                self.here(fits);
                Ok(())
            }
            P::Some(of_pattern) => {
                let of = self.inside(ty, place)?;
                let held = self.fresh_stored(&of, place)?;
                self.unsome_into(held, value, &of, otherwise, place)?;
                self.pattern(of_pattern, held, &of, otherwise)
            }
            P::Constant(constant) => {
                let other = self.constant(constant, &p.ty, Dest::Any, place)?;
                let fits = match constant {
                    Constant::Number(_) => {
                        let scales = (self.t.scale(ty), self.t.scale(&p.ty));
                        self.compare_scaled(Cmp::Eq, (value, scales.0), (other, scales.1), Dest::Any, place)?
                    }
                    _ => self.equal(value, other, Dest::Any, place)?,
                };
                self.jump_unless(fits, otherwise, place)
            }
            P::Case(id, case, parts) => {
                if !self.t.is_variant(*id) {
                    let other = self.int(i64::from(*case), place)?;
                    let fits = self.compare(Cmp::Eq, value, other, place)?;
                    return self.jump_unless(fits, otherwise, place);
                }
                let first = self.payload_window(*id, *case, place)?;
                self.unpack(value, *case, first, otherwise, place)?;
                let fields = &self.t.checked.enums[id.index()].cases[usize::from(*case)].fields;
                for ((reg, part), field) in (first..).zip(parts).zip(fields) {
                    self.pattern(part, reg, &field.ty, otherwise)?;
                }
                Ok(())
            }
            P::Currency(currency, of_pattern) => {
                let first = self.window(&[self.reg_type(value)])?;
                self.mov(first, value, place)?;
                let own = self.builtin(Builtin::AmountCurrency, first, place)?;
                let (code, text) = (self.t.text(currency.code()), self.t.text_handle(place)?);
                let other = self.value(Dest::Any, text, place, |dst| Op::Text { dst, text: code })?;
                let fits = self.equal(own, other, Dest::Any, place)?;
                self.jump_unless(fits, otherwise, place)?;
                let amount = self.builtin(Builtin::AmountValue, first, place)?;
                let money = self.money_of_amount(amount, &of_pattern.ty, otherwise, place)?;
                self.pattern(of_pattern, money, &of_pattern.ty, otherwise)
            }
        }
    }

    /// The number of an amount at the scale of a money type; one with more digits than that does not fit.
    fn money_of_amount(&mut self, amount: Reg, ty: &Type, otherwise: Target, place: Place) -> Result<Reg> {
        let scale = self.t.scale(ty);
        let power = scale.abs_diff(AMOUNT_SCALE);
        match scale.cmp(&AMOUNT_SCALE) {
            std::cmp::Ordering::Equal => Ok(amount),
            std::cmp::Ordering::Greater => {
                self.value(Dest::Any, RegType::Wide, place, |dst| Op::ScaleUp { dst, a: Use(amount), power })
            }
            std::cmp::Ordering::Less => {
                let exact =
                    self.value(Dest::Any, RegType::Word, place, |dst| Op::IsMultiple { dst, a: Use(amount), power })?;
                self.jump_unless(exact, otherwise, place)?;
                let mode = bp_bytecode::rounding::Mode::Down as u8;
                self.value(Dest::Any, RegType::Wide, place, |dst| Op::Round { dst, a: Use(amount), power, mode })
            }
        }
    }

    fn inside(&self, ty: &Type, place: Place) -> Result<Type> {
        match self.t.base(ty) {
            Type::Option(of) => Ok((**of).clone()),
            _ => passed(Limit::Unchecked, 0, place),
        }
    }
}

/// The number that a pattern asks for, where it asks for nothing else.
fn plain_number(kind: &P) -> Option<i128> {
    match kind {
        P::Constant(Constant::Number(number)) => Some(*number),
        P::Case(_, case, parts) if parts.is_empty() => Some(i128::from(*case)),
        _ => None,
    }
}
