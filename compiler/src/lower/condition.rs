//! Comparisons and logic: as values, and as jumps.

use super::cost;
use super::error::Result;
use super::expr::Dest;
use super::function::{Builder, Reg, Target};
use crate::source::Place;
use crate::typed::{T, TExpr};
use bp_bytecode::op::{Cmp, Op, Use};
use bp_bytecode::shape::RegType;

impl Builder<'_, '_> {
    pub fn compare_to(&mut self, dest: Dest, how: Cmp, a: Reg, b: Reg, place: Place) -> Result<Reg> {
        self.value(dest, RegType::Word, place, |dst| Op::Compare { dst, a: Use(a), b: Use(b), how })
    }

    /// Are two values of one type equal?
    pub fn equal(&mut self, a: Reg, b: Reg, dest: Dest, place: Place) -> Result<Reg> {
        match (self.reg_type(a), self.reg_type(b)) {
            (RegType::Handle(_), _) | (_, RegType::Handle(_)) => {
                self.value(dest, RegType::Word, place, |dst| Op::Equal { dst, a: Use(a), b: Use(b) })
            }
            _ => self.compare_to(dest, Cmp::Eq, a, b, place),
        }
    }

    pub fn text_comparison(&mut self, how: Cmp, a: &TExpr, b: &TExpr, dest: Dest, place: Place) -> Result<Reg> {
        let (a, b) = self.pair(a, b)?;
        match how {
            Cmp::Eq => self.equal(a, b, dest, place),
            Cmp::Ne => {
                let same = self.equal(a, b, Dest::Any, place)?;
                self.value(dest, RegType::Word, place, |dst| Op::Not { dst, a: Use(same) })
            }
            _ => {
                let order =
                    self.value(Dest::Any, RegType::Word, place, |dst| Op::TextOrder { dst, a: Use(a), b: Use(b) })?;
                let zero = self.int(0, place)?;
                self.compare_to(dest, how, order, zero, place)
            }
        }
    }

    /// `and`, `or`.
    pub fn logic(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        // The register is written before the second operand is evaluated, which may read the local that it is.
        let target = match dest {
            Dest::Into(reg) if !self.is_local(reg) => reg,
            _ => self.fresh(RegType::Word)?,
        };
        let (no, end) = (self.label(), self.label());
        // `jump_if_not` counts the node once more.
        self.uncost(cost::of_expr(&e.kind));
        self.jump_if_not(e, no)?;
        self.set_number(target, 1, e.place)?;
        self.jump(end, e.place)?;
        self.here(no);
        self.set_number(target, 0, e.place)?;
        self.here(end);
        self.settle(dest, target, e.place)
    }

    /// Goes to `target` if the condition is false.
    pub fn jump_if_not(&mut self, e: &TExpr, target: Target) -> Result<()> {
        match &e.kind {
            T::And(a, b) => {
                self.cost(cost::of_expr(&e.kind));
                self.jump_if_not(a, target)?;
                self.jump_if_not(b, target)
            }
            T::Or(a, b) => {
                self.cost(cost::of_expr(&e.kind));
                let holds = self.label();
                self.jump_if_so(a, holds)?;
                self.jump_if_not(b, target)?;
                self.here(holds);
                Ok(())
            }
            T::Not(of) => {
                self.cost(cost::of_expr(&e.kind));
                self.jump_if_so(of, target)
            }
            _ => {
                let condition = self.expr(e, Dest::Any)?;
                self.jump_unless(condition, target, e.place)
            }
        }
    }

    /// Goes to `target` if the condition is true.
    pub fn jump_if_so(&mut self, e: &TExpr, target: Target) -> Result<()> {
        match &e.kind {
            T::Or(a, b) => {
                self.cost(cost::of_expr(&e.kind));
                self.jump_if_so(a, target)?;
                self.jump_if_so(b, target)
            }
            T::And(a, b) => {
                self.cost(cost::of_expr(&e.kind));
                let fails = self.label();
                self.jump_if_not(a, fails)?;
                self.jump_if_so(b, target)?;
                self.here(fails);
                Ok(())
            }
            T::Not(of) => {
                self.cost(cost::of_expr(&e.kind));
                self.jump_if_not(of, target)
            }
            _ => {
                let condition = self.expr(e, Dest::Any)?;
                self.jump_if(condition, target, e.place)
            }
        }
    }
}
