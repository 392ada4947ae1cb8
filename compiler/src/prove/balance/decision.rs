//! Decision tables as terms: a chain of `if`s, a row each.

use super::Prover;
use super::number::Rational;
use super::term::*;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_grammar::ast::{Fold, Policy};

/// A longer table stays one atom.
pub const ROWS_MAX: usize = 40;
/// With a longer one nothing is computed in the search for a witness.
const COMPUTED_MAX: usize = 2_000;

impl Prover<'_> {
    /// The output of a table over the locals that its columns test.
    pub(super) fn table(&mut self, id: DecisionId) -> Option<TermId> {
        if self.checked.decisions[id.index()].rows.len() > ROWS_MAX {
            return None;
        }
        let rows = self.rows(id)?;
        let decision = &self.checked.decisions[id.index()];
        if decision.policy == Policy::Collect(Fold::Sum) {
            let zero = self.terms.number(Rational::ZERO);
            return Some(rows.into_iter().fold(zero, |total, (fits, output)| {
                let part = self.terms.if_(fits, output, zero);
                self.terms.add(total, part)
            }));
        }
        let mut rows = rows.into_iter().rev();
        let (_, last) = rows.next()?;
        Some(rows.fold(last, |value, (fits, output)| self.terms.if_(fits, output, value)))
    }

    /// The rows of a table that a call asks: when each fits, and its output.
    pub(super) fn rows_of_call(&mut self, call: TermId) -> Option<Vec<(TermId, TermId)>> {
        let checked = self.checked;
        let Node::Op(Op::Call(func, version), of) = &*self.terms.node(call) else { return None };
        let function = &checked.functions[func.index()];
        let Body::Decision(id) = &function.body else { return None };
        if let Policy::Collect(_) = checked.decisions[id.index()].policy {
            return None;
        }
        let at = self.moments.get(*version as usize).copied().unwrap_or_default();
        self.inside(function, of.clone(), at, &mut |p| p.rows(*id))
    }

    /// The rows of a table of which one is taken, the first that fits, or of which all that fit are added up. A
    /// complete table (that is a proof of its own) always has one that fits, so the last one needs no condition.
    fn rows(&mut self, id: DecisionId) -> Option<Vec<(TermId, TermId)>> {
        let decision = &self.checked.decisions[id.index()];
        let known = match decision.policy {
            Policy::Unique | Policy::First | Policy::Any => true,
            Policy::Collect(Fold::Sum) => decision.default.is_none(),
            _ => false,
        };
        if !known || decision.rows.len() > COMPUTED_MAX {
            return None;
        }
        let mut rows = Vec::new();
        for row in &decision.rows {
            let mut fits = self.terms.truth(true);
            for (cell, column) in row.cells.iter().zip(&decision.columns) {
                let one = self.cell(cell, *column);
                fits = self.terms.and(fits, one);
            }
            rows.push((fits, self.value(&row.output)));
        }
        if let Some((value, _)) = &decision.default {
            let fits = self.terms.truth(true);
            rows.push((fits, self.value(value)));
        }
        Some(rows)
    }

    fn cell(&mut self, cell: &Cell, column: LocalId) -> TermId {
        if cell.items.is_empty() {
            return self.terms.truth(true);
        }
        let value = self.local(column);
        let mut fits = self.terms.truth(false);
        for item in &cell.items {
            let one = match item {
                CellItem::Equals(e) => self.against(Cmp::Eq, value, e),
                CellItem::Compare(cmp, e) => self.against(*cmp, value, e),
                CellItem::Range { low, high } => {
                    let mut inside = self.terms.truth(true);
                    for (end, (with, without)) in [(low, (Cmp::Ge, Cmp::Gt)), (high, (Cmp::Le, Cmp::Lt))] {
                        if let Some((e, included)) = end {
                            let one = self.against(if *included { with } else { without }, value, e);
                            inside = self.terms.and(inside, one);
                        }
                    }
                    inside
                }
                CellItem::Condition(e) => self.value(e),
            };
            fits = self.terms.or(fits, one);
        }
        if cell.negated { self.terms.not(fits) } else { fits }
    }

    fn against(&mut self, cmp: Cmp, value: TermId, e: &TExpr) -> TermId {
        let word = match self.base(&e.ty) {
            Type::Enum(id) => !self.checked.enums[id.index()].has_payload(),
            Type::Num(_)
            | Type::Bool
            | Type::Date
            | Type::DateTime
            | Type::Time
            | Type::Month
            | Type::Duration
            | Type::Rounding
            | Type::Role => true,
            _ => false,
        };
        let e = self.value(e);
        match cmp {
            _ if word => self.terms.compare(cmp, value, e),
            Cmp::Eq => self.terms.same(value, e),
            Cmp::Ne => {
                let same = self.terms.same(value, e);
                self.terms.not(same)
            }
            _ => self.terms.op(Op::TextOrder(cmp), vec![value, e]),
        }
    }
}
