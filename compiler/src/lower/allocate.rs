//! `allocate(total, weights)`: an amount split in proportion, with nothing lost to rounding.
//!
//! Each share is total × weight / Σ weights without its fraction (rounded towards zero). The units that are left go
//! one each to the shares that have lost most, those of equal loss in the order of the list; a negative total is
//! split as its opposite, negated. So the shares sum up to the total exactly. Weights that sum up to zero, and an
//! empty list of weights, are a division by zero. Total and weights are stored numbers (64 bits), so that the exact
//! products fit 128 bits; only a share itself can be too large.

use super::cost;
use super::error::{Limit, Result, passed};
use super::expr::Dest;
use super::function::{Builder, Reg};
use crate::source::Place;
use crate::typed::TExpr;
use crate::types::Type;
use bp_bytecode::op::{Cmp, Def, Op, Use, UseWindow};
use bp_bytecode::program::Chain;
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::RegType;

/// What a loss is parted by into high and low digits: 2^62.
const LOSS_BASE: i128 = 1 << 62;

impl Builder<'_, '_> {
    pub fn allocate(&mut self, total: &TExpr, weights: &TExpr, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let Type::List(weight_type) = self.t.base(&weights.ty).clone() else {
            return passed(Limit::Unchecked, 0, place);
        };
        let scale = self.t.scale(&total.ty);
        let total = self.operand(total, &[weights])?;
        let total = self.narrowed(total, place)?;
        let list = self.expr(weights, Dest::Any)?;
        let weight = self.fresh(RegType::Word)?;

        let sum = self.wide(0, place)?;
        self.each(list, &weight_type, weight, place, |b, _| {
            b.cost(cost::ELEMENT);
            b.emit(Op::Add { dst: Def(sum), a: Use(sum), b: Use(weight) }, place)
        })?;
        // An empty list would not come to divide; this does.
        self.value(Dest::Any, RegType::Wide, place, |dst| Op::DivFloor { dst, a: Use(total), b: Use(sum) })?;

        let chain = Chain {
            numerators: 2,
            divisors: 1,
            up: 0,
            down: 0,
            has_step: false,
            root: false,
            power: false,
            mode: Some(Mode::Down),
            result_scale: scale,
        };
        let chain = self.t.chain(chain, place)?;
        let (shares_type, ints) = (self.t.stored(ty, place)?, self.t.int_list(place)?);
        let shares = self.empty_list(shares_type, place)?;
        let rest = self.fresh(RegType::Wide)?;
        self.mov(rest, total, place)?;
        self.each(list, &weight_type, weight, place, |b, _| {
            b.cost(cost::ELEMENT + cost::ROUND);
            let first = b.window(&[RegType::Word, RegType::Word, RegType::Wide])?;
            b.mov(first, total, place)?;
            b.mov(first + 1, weight, place)?;
            b.mov(first + 2, sum, place)?;
            let share =
                b.value(Dest::Any, RegType::Wide, place, |dst| Op::RoundChain { dst, first: UseWindow(first), chain })?;
            b.append(shares, share, place)?;
            b.emit(Op::Sub { dst: Def(rest), a: Use(rest), b: Use(share) }, place)
        })?;

        // The unit that is given out, and the direction in which a loss is large.
        let unit = self.value(Dest::Any, RegType::Word, place, |dst| Op::Sign { dst, a: Use(rest) })?;
        let sign = self.value(Dest::Any, RegType::Word, place, |dst| Op::Sign { dst, a: Use(sum) })?;
        let direction = self.wide_op(place, |dst| Op::Mul { dst, a: Use(unit), b: Use(sign) })?;
        let units = self.wide_op(place, |dst| Op::Abs { dst, a: Use(rest) })?;

        // A loss is less than the sum of the weights, which is more than a list holds: high and low digits apart.
        let (highs, lows) = (self.empty_list(ints, place)?, self.empty_list(ints, place)?);
        let base = self.wide(LOSS_BASE, place)?;
        let (share, at) = (self.fresh(RegType::Word)?, self.int(0, place)?);
        let (one, next) = (self.int(1, place)?, self.fresh(RegType::Wide)?);
        self.each(list, &weight_type, weight, place, |b, _| {
            b.cost(cost::ELEMENT);
            b.item_into(share, shares, at, &Type::INT, place)?;
            b.emit(Op::Add { dst: Def(next), a: Use(at), b: Use(one) }, place)?;
            b.convert(at, next, place)?;
            // What the share has lost, times the sum: total × weight - share × sum.
            let exact = b.wide_op(place, |dst| Op::Mul { dst, a: Use(total), b: Use(weight) })?;
            let given = b.wide_op(place, |dst| Op::Mul { dst, a: Use(share), b: Use(sum) })?;
            let loss = b.wide_op(place, |dst| Op::Sub { dst, a: Use(exact), b: Use(given) })?;
            let key = b.wide_op(place, |dst| Op::Mul { dst, a: Use(loss), b: Use(direction) })?;
            let high = b.wide_op(place, |dst| Op::DivFloor { dst, a: Use(key), b: Use(base) })?;
            let low = b.wide_op(place, |dst| Op::ModFloor { dst, a: Use(key), b: Use(base) })?;
            b.append(highs, high, place)?;
            b.append(lows, low, place)
        })?;
        // By the low digits first, then, keeping that order, by the high ones.
        let by_low = self.sort_order(lows, true, place)?;
        let (high, highs_by_low) = (self.fresh(RegType::Word)?, self.empty_list(ints, place)?);
        self.each(by_low, &Type::INT, at, place, |b, _| {
            b.item_into(high, highs, at, &Type::INT, place)?;
            b.append(highs_by_low, high, place)
        })?;
        let by_high = self.sort_order(highs_by_low, true, place)?;
        let (from, order) = (self.fresh(RegType::Word)?, self.empty_list(ints, place)?);
        self.each(by_high, &Type::INT, at, place, |b, _| {
            b.item_into(from, by_low, at, &Type::INT, place)?;
            b.append(order, from, place)
        })?;
        // The order of an order says at which rank each element stands.
        let ranks = self.sort_order(order, false, place)?;

        let result = self.empty_list(shares_type, place)?;
        let count = self.len(shares, place)?;
        self.count_up(count, place, |b, at, _| {
            b.cost(cost::ELEMENT);
            let (share, rank) = (b.fresh(RegType::Word)?, b.fresh(RegType::Word)?);
            b.item_into(rank, ranks, at, &Type::INT, place)?;
            b.item_into(share, shares, at, &Type::INT, place)?;
            let whole = b.fresh(RegType::Wide)?;
            b.mov(whole, share, place)?;
            let (more, enough) = (b.compare(Cmp::Lt, rank, units, place)?, b.label());
            b.jump_unless(more, enough, place)?;
            b.emit(Op::Add { dst: Def(whole), a: Use(whole), b: Use(unit) }, place)?;
            b.here(enough);
            b.append(result, whole, place)
        })?;
        self.settle(dest, result, place)
    }

    fn sort_order(&mut self, keys: Reg, descending: bool, place: Place) -> Result<Reg> {
        let (ints, descending) = (self.t.int_list(place)?, u8::from(descending));
        self.value(Dest::Any, ints, place, |dst| Op::SortOrder { dst, keys: Use(keys), descending })
    }

    fn wide_op(&mut self, place: Place, op: impl FnOnce(Def) -> Op) -> Result<Reg> {
        self.value(Dest::Any, RegType::Wide, place, op)
    }
}
