//! Rows of a decision as code: the cells that no search tree can test, and the outputs.

use super::Table;
use crate::lower::cost;
use crate::lower::error::Result;
use crate::lower::expr::Dest;
use crate::lower::function::{Builder, Reg, Target};
use crate::source::Place;
use crate::typed::{CellItem, Constant, TExpr};
use crate::types::{LocalId, Type};
use bp_bytecode::op::{Cmp, Op, Use};
use bp_bytecode::shape::RegType;

impl Builder<'_, '_> {
    /// Goes to `otherwise` unless the cells of a row that code has to test fit, from left to right.
    pub fn row_fits(&mut self, table: &Table, row: u32, otherwise: Target) -> Result<()> {
        for column in &table.space.tested[row as usize] {
            let cell = &table.decision.rows[row as usize].cells[*column];
            let input = table.decision.columns[*column];
            let one = self.label();
            // Of a negated cell no item may fit.
            let hit = if cell.negated { otherwise } else { one };
            for item in &cell.items {
                let next = self.label();
                self.item_fits(item, input, next, cell.place)?;
                self.jump(hit, cell.place)?;
                self.here(next);
            }
            if !cell.negated {
                self.jump(otherwise, cell.place)?;
            }
            self.here(one);
        }
        Ok(())
    }

    /// Goes to `otherwise` unless an input is what the item of a cell asks for.
    fn item_fits(&mut self, item: &CellItem, input: LocalId, otherwise: Target, place: Place) -> Result<()> {
        self.cost(cost::NODE);
        let ty = self.locals[input.index()].ty.clone();
        let reg = self.local(input);
        match item {
            CellItem::Condition(condition) => self.jump_if_not(condition, otherwise),
            CellItem::Equals(e) => {
                let whole = matches!(self.t.base(&e.ty), Type::Option(_));
                let (value, ty) = if whole { (reg, ty) } else { self.there(reg, &ty, otherwise, place)? };
                self.bound_fits(Cmp::Eq, value, &ty, e, otherwise)
            }
            CellItem::Compare(how, e) => {
                let (value, ty) = self.there(reg, &ty, otherwise, place)?;
                self.bound_fits(*how, value, &ty, e, otherwise)
            }
            CellItem::Range { low, high } => {
                let (value, ty) = self.there(reg, &ty, otherwise, place)?;
                if let Some((low, closed)) = low {
                    let how = if *closed { Cmp::Ge } else { Cmp::Gt };
                    self.bound_fits(how, value, &ty, low, otherwise)?;
                }
                if let Some((high, closed)) = high {
                    let how = if *closed { Cmp::Le } else { Cmp::Lt };
                    self.bound_fits(how, value, &ty, high, otherwise)?;
                }
                Ok(())
            }
        }
    }

    /// What an input holds, where it is an option; goes to `otherwise` if that is nothing.
    fn there(&mut self, reg: Reg, ty: &Type, otherwise: Target, place: Place) -> Result<(Reg, Type)> {
        let Type::Option(of) = self.t.base(ty).clone() else {
            return Ok((reg, ty.clone()));
        };
        let held = self.fresh_stored(&of, place)?;
        self.unsome_into(held, reg, &of, otherwise, place)?;
        Ok((held, (*of).clone()))
    }

    fn bound_fits(&mut self, how: Cmp, value: Reg, ty: &Type, bound: &TExpr, otherwise: Target) -> Result<()> {
        let place = bound.place;
        let other = self.expr(bound, Dest::Any)?;
        let fits = match (self.reg_type(value), self.t.base(ty).clone(), how) {
            (RegType::Handle(_), _, Cmp::Eq) => self.equal(value, other, Dest::Any, place)?,
            (RegType::Handle(_), _, Cmp::Ne) => {
                let same = self.equal(value, other, Dest::Any, place)?;
                self.value(Dest::Any, RegType::Word, place, |dst| Op::Not { dst, a: Use(same) })?
            }
            (RegType::Handle(_), ty, _) => self.ordered(how, value, other, &ty, place)?,
            _ => {
                let scales = (self.t.scale(ty), self.t.scale(&bound.ty));
                self.compare_scaled(how, (value, scales.0), (other, scales.1), Dest::Any, place)?
            }
        };
        self.jump_unless(fits, otherwise, place)
    }

    /// The output of the row whose number is in a register, or of the default row, which comes last.
    pub fn row_output(&mut self, table: &Table, row: Reg, target: Reg) -> Result<()> {
        let place = table.decision.place;
        if let Some(values) = table.outputs.iter().map(Option::as_ref).collect::<Option<Vec<&Constant>>>() {
            return self.fetch(&values, &table.decision.output, row, target, place);
        }
        let entries: Vec<Option<&Constant>> = table.outputs.iter().map(Option::as_ref).collect();
        self.each_distinct(row, &entries, place, |b, number| {
            let output = match (table.decision.rows.get(number), &table.decision.default) {
                (Some(row), _) => &row.output,
                (None, Some((output, _))) => output,
                (None, None) => return Ok(()),
            };
            b.begin_body(output.place)?;
            b.expr(output, Dest::Into(target))?;
            b.end_body();
            Ok(())
        })
    }
}
