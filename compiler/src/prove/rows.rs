//! Rows of data files meet the conditions of their record.
//!
//! Rows that a program names are read when it is compiled, so what they have to meet is computed then. Nothing checks them
//! when the program runs; a condition that is not computed here is refused as well, with the row that asks for it.

use super::evaluate::{Evaluator, World, conditions};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use std::collections::BTreeSet;

/// How many rows of one file are told before the rest is left.
const TOLD_MAX: usize = 20;

/// A row that does not meet a condition of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The line of the file.
    pub place: Place,
    pub check: CheckId,
    /// It is computed not to; otherwise, whether it does could not be computed.
    pub computed: bool,
}

pub fn prove(checked: &Checked) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    // Without a configuration: what asks for it is not known when compiled.
    let world = World::default();
    for data in &checked.data {
        let ty = Type::Record(data.record);
        let mut told = 0;
        for row in &data.rows {
            let mut asked = Vec::new();
            conditions(checked, &ty, &Constant::Record(row.values.clone()), &mut asked);
            let met = asked.into_iter().find_map(|(check, value)| {
                let met = Evaluator::new(checked, &world).check(check, value);
                (met != Some(true)).then_some((check, met.is_some()))
            });
            let Some((check, computed)) = met else { continue };
            findings.insert(Finding { place: row.place, check, computed });
            told += 1;
            if told == TOLD_MAX {
                break;
            }
        }
    }
    findings.into_iter().collect()
}
