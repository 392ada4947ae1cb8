//! Decisions, row by row from above, as the policy counts them.

use super::expr::holds;
use super::stop::{Fault, Run, Stop};
use super::value::{Number, Val};
use super::{Evaluator, Frame, kinds};
use bp_bytecode::op::Cmp;
use bp_compiler::typed::{Cell, CellItem, Decision, Row, T, TExpr};
use bp_compiler::types::{DecisionId, LocalId, Type};
use bp_grammar::ast::{Fold, Policy};
use num_rational::BigRational;
use num_traits::Zero;

impl Evaluator<'_> {
    pub(super) fn decision(&mut self, frame: &mut Frame, id: DecisionId) -> Run<Val> {
        let checked = self.checked;
        let decision = &checked.decisions[id.index()];
        let ty = &checked.functions[decision.func.index()].result;
        self.uses(kinds::of_policy(decision.policy));
        let mut result = match decision.policy {
            Policy::Unique | Policy::First => self.one_row(frame, id)?,
            Policy::Any => self.agreed(frame, id)?,
            Policy::Priority => self.foremost(frame, decision)?,
            Policy::RuleOrder | Policy::OutputOrder | Policy::Collect(_) => {
                return self.several(frame, decision, ty);
            }
        };
        if result.is_none() {
            result = match &decision.default {
                Some((default, _)) => {
                    self.uses(kinds::DEFAULT_ROW);
                    Some(self.expr(frame, default)?)
                }
                None => return self.fault(Fault::NoRow(id.0), decision.place),
            };
        }
        result.ok_or_else(|| Stop::Defect("no output".into()))
    }

    fn one_row(&mut self, frame: &mut Frame, id: DecisionId) -> Run<Option<Val>> {
        let decision = &self.checked.decisions[id.index()];
        let mut found: Option<&Row> = None;
        for row in &decision.rows {
            if self.row_fits(frame, decision, row)? {
                if found.is_some() {
                    return self.fault(Fault::SeveralRows(id.0), decision.place);
                }
                found = Some(row);
                if decision.policy == Policy::First {
                    break;
                }
            }
        }
        found.map(|row| self.expr(frame, &row.output)).transpose()
    }

    /// All rows that fit give the same.
    fn agreed(&mut self, frame: &mut Frame, id: DecisionId) -> Run<Option<Val>> {
        let decision = &self.checked.decisions[id.index()];
        let mut agreed: Option<Val> = None;
        for row in &decision.rows {
            if self.row_fits(frame, decision, row)? {
                let output = self.expr(frame, &row.output)?;
                if agreed.as_ref().is_some_and(|agreed| *agreed != output) {
                    return self.fault(Fault::SeveralRows(id.0), decision.place);
                }
                agreed.get_or_insert(output);
            }
        }
        Ok(agreed)
    }

    /// The output that is declared first in its enum.
    fn foremost(&mut self, frame: &mut Frame, decision: &Decision) -> Run<Option<Val>> {
        let mut best: Option<Val> = None;
        for row in &decision.rows {
            if self.row_fits(frame, decision, row)? {
                let output = self.expr(frame, &row.output)?;
                if best.as_ref().is_none_or(|best| case_of(&output) < case_of(best)) {
                    best = Some(output);
                }
            }
        }
        Ok(best)
    }

    /// Each row that fits with its output, from above; then what the policy makes of them.
    fn several(&mut self, frame: &mut Frame, decision: &Decision, ty: &Type) -> Run<Val> {
        let checked = self.checked;
        let is_list = !matches!(decision.policy, Policy::Collect(Fold::Sum | Fold::Count | Fold::Min | Fold::Max));
        let mut outputs = Vec::new();
        for row in &decision.rows {
            if self.row_fits(frame, decision, row)? {
                outputs.push(match is_list {
                    true => self.stored_expr(frame, &row.output, &decision.output)?,
                    false => self.expr(frame, &row.output)?,
                });
            }
        }
        if decision.policy == Policy::OutputOrder {
            outputs.sort_by_key(case_of);
        }
        let value = match decision.policy {
            Policy::Collect(fold) if !is_list => self.folded(decision, outputs, fold, ty)?,
            _ => Val::list(outputs),
        };
        // What is put together of several rows has to meet what the result's own type asks.
        if let Type::Named(id) = ty {
            self.checks(&checked.named[id.index()].checks, &value, decision.place)?;
        }
        Ok(value)
    }

    fn folded(&self, decision: &Decision, outputs: Vec<Val>, fold: Fold, ty: &Type) -> Run<Val> {
        match fold {
            Fold::List => Ok(Val::list(outputs)),
            Fold::Count => Ok(Val::int(outputs.len() as i64)),
            Fold::Sum => {
                let Type::Num(num) = self.checked.base(ty) else {
                    return Err(Stop::Defect(format!("a sum of {ty:?}")));
                };
                let mut sum = BigRational::zero();
                for output in outputs {
                    sum += output.into_num()?.value;
                    self.between(Number { value: sum.clone(), unit: num.unit }, ty, decision.place)?;
                }
                Ok(Val::number(sum, num.unit))
            }
            Fold::Min | Fold::Max => {
                let how = if fold == Fold::Min { Cmp::Lt } else { Cmp::Gt };
                let mut best: Option<Val> = None;
                for output in outputs {
                    let is_better = match &best {
                        None => true,
                        Some(known) => holds(how, self.order(&output, known)?),
                    };
                    if is_better {
                        best = Some(output);
                    }
                }
                match best {
                    Some(best) => Ok(Val::some(self.stored(best, &decision.output, decision.place)?)),
                    None => Ok(Val::Option(None)),
                }
            }
        }
    }

    /// Whether all cells of a row fit. What has to be computed is looked at only where the fixed cells fit, as the
    /// chapter on decisions says.
    fn row_fits(&mut self, frame: &mut Frame, decision: &Decision, row: &Row) -> Run<bool> {
        for fixed in [true, false] {
            for (cell, column) in row.cells.iter().zip(&decision.columns) {
                if is_fixed(cell) == fixed && !self.cell_fits(frame, cell, *column)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn cell_fits(&mut self, frame: &mut Frame, cell: &Cell, column: LocalId) -> Run<bool> {
        if cell.items.is_empty() {
            self.uses(kinds::ANY_CELL);
            return Ok(true);
        }
        if cell.negated {
            self.uses(kinds::NEGATED_CELL);
        }
        let value = frame.get(column)?;
        for item in &cell.items {
            if self.item_fits(frame, item, &value)? {
                return Ok(!cell.negated);
            }
        }
        Ok(cell.negated)
    }

    fn item_fits(&mut self, frame: &mut Frame, item: &CellItem, value: &Val) -> Run<bool> {
        self.uses(kinds::of_cell(item));
        Ok(match item {
            CellItem::Equals(e) => self.expr(frame, e)? == *value,
            CellItem::Compare(Cmp::Ne, e) => self.expr(frame, e)? != *value,
            CellItem::Compare(how, e) => {
                let bound = self.expr(frame, e)?;
                holds(*how, self.order(value, &bound)?)
            }
            CellItem::Range { low, high } => {
                for (end, within, at_end) in [(low, Cmp::Gt, Cmp::Ge), (high, Cmp::Lt, Cmp::Le)] {
                    if let Some((e, included)) = end {
                        let bound = self.expr(frame, e)?;
                        if !holds(if *included { at_end } else { within }, self.order(value, &bound)?) {
                            return Ok(false);
                        }
                    }
                }
                true
            }
            CellItem::Condition(condition) => self.expr(frame, condition)?.into_bool()?,
        })
    }
}

/// Whether nothing of a cell has to be computed.
fn is_fixed(cell: &Cell) -> bool {
    let is_constant = |e: &TExpr| matches!(e.kind, T::Constant(_));
    cell.items.iter().all(|item| match item {
        CellItem::Equals(e) | CellItem::Compare(_, e) => is_constant(e),
        CellItem::Range { low, high } => low.iter().chain(high).all(|(e, _)| is_constant(e)),
        CellItem::Condition(e) => is_constant(e),
    })
}

/// The number of a case in the order of its enum's declaration.
fn case_of(value: &Val) -> u16 {
    match value {
        Val::Case(case, _) => *case,
        _ => u16::MAX,
    }
}
