//! Decisions: a search tree over the cells that are constants, code for the other ones, and the hit policies.
//!
//! A cell that is no constant is tested only where the constant cells of its row fit, from left to right; under
//! `first` and `priority`, rows that can no longer win are not tested at all.
//!
//! - `unique`, `any`: no row that fits is a technical error, two that differ (`unique`: any two) another one.
//! - `priority`, `output order`: by the order in which the cases of the output's enum are declared, then by row;
//!   an output that is no enum has no order of its own, so that the row alone counts.
//! - The single row that gives the result is noted for derivations; under the policies that use several, each.

mod plant;
mod policy;
mod rows;
pub(super) mod space;
pub(super) mod tree;

use super::cost;
use super::error::{COLUMNS_MAX, Limit, Result, passed};
use super::function::Builder;
use crate::typed::{Constant, Decision};
use crate::types::{DecisionId, Type};
use bp_grammar::ast::{Fold, Policy};
use space::Space;

/// A decision and what is known of it.
pub(super) struct Table<'d> {
    pub id: DecisionId,
    pub decision: &'d Decision,
    pub space: Space,
    /// The constants that outputs are; the default's is last.
    pub outputs: Vec<Option<Constant>>,
    /// Outputs have the order of their cases.
    pub ranked: bool,
}

impl Table<'_> {
    /// Whether code has to test a row.
    fn is_tested(&self, row: u32) -> bool {
        !self.space.tested[row as usize].is_empty()
    }

    /// The number of the default row, whether or not there is one.
    fn nobody(&self) -> u32 {
        self.decision.rows.len() as u32
    }

    /// Where a row's output stands in the order of outputs; `None` if that is not known yet.
    fn rank(&self, row: u32) -> Option<u16> {
        match (self.ranked, self.outputs.get(row as usize)) {
            (false, _) => Some(0),
            (true, Some(Some(Constant::Number(case)))) => u16::try_from(*case).ok(),
            (true, Some(Some(Constant::Case(case, _)))) => Some(*case),
            _ => None,
        }
    }
}

impl<'a> Builder<'_, 'a> {
    /// The body of a decision's function, up to its return.
    pub fn decision(&mut self, id: DecisionId) -> Result<()> {
        let decision: &'a Decision = &self.t.checked.decisions[id.index()];
        let place = decision.place;
        if decision.columns.len() as u64 > COLUMNS_MAX {
            return passed(Limit::Columns, COLUMNS_MAX, place);
        }
        let space = Space::new(self.t, decision, self.locals);
        let rows = decision.rows.iter().map(|row| &row.output);
        let outputs =
            rows.chain(decision.default.iter().map(|(output, _)| output)).map(|e| self.t.constant_of(e)).collect();
        let ranked = matches!(self.t.base(&decision.output), Type::Enum(_));
        let table = Table { id, decision, space, outputs, ranked };
        self.cost(cost::COLUMN * decision.columns.len() as u64);

        let rows = 0..decision.rows.len() as u32;
        let known = |row: u32| table.outputs[row as usize].is_some();
        match decision.policy {
            Policy::Unique | Policy::First => self.single(&table),
            Policy::Any if rows.clone().all(known) => self.single(&table),
            Policy::Priority if rows.clone().all(|row| table.rank(row).is_some()) => self.single(&table),
            Policy::Any
            | Policy::Priority
            | Policy::RuleOrder
            | Policy::OutputOrder
            | Policy::Collect(Fold::List | Fold::Sum | Fold::Min | Fold::Max | Fold::Count) => self.several(&table),
        }
    }
}
