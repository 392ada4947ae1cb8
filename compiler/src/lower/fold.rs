//! Values that are known without running anything.

use super::tables::Tables;
use crate::typed::{Constant, T, TExpr};

impl Tables<'_> {
    /// The constant that an expression is, at the scale of its type; `None` if it is none, or if making it would
    /// have to check a condition.
    pub fn constant_of(&self, e: &TExpr) -> Option<Constant> {
        match &e.kind {
            T::Constant(constant) => Some(constant.clone()),
            T::Reinterpret(of) => self.constant_of(of),
            T::ScaleUp(of, power) => {
                let Constant::Number(number) = self.constant_of(of)? else {
                    return None;
                };
                Some(Constant::Number(number.checked_mul(10_i128.checked_pow(u32::from(*power))?)?))
            }
            T::Neg(of) => match self.constant_of(of)? {
                Constant::Number(number) => Some(Constant::Number(number.checked_neg()?)),
                _ => None,
            },
            T::Some(of) => Some(Constant::Some(Box::new(self.constant_of(of)?))),
            T::Record(record, fields) => {
                let declared = &self.checked.records[record.index()].fields;
                if declared.iter().any(|field| !field.checks.is_empty()) {
                    return None;
                }
                Some(Constant::Record(self.constants_of(fields)?))
            }
            T::Case(_, case, payload) => Some(Constant::Case(*case, self.constants_of(payload)?)),
            T::List(elements) => Some(Constant::List(self.constants_of(elements)?)),
            _ => None,
        }
    }

    fn constants_of(&self, parts: &[TExpr]) -> Option<Vec<Constant>> {
        parts.iter().map(|part| self.constant_of(part)).collect()
    }
}
