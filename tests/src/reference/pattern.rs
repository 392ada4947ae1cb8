//! `match`: arms from above, patterns by their definition.

use super::stop::{Fault, Run, Stop};
use super::value::{Val, of_constant};
use super::{Evaluator, Frame};
use bp_compiler::source::Place;
use bp_compiler::typed::{P, TMatch, TPattern};
use bp_compiler::types::Unit;

impl Evaluator<'_> {
    pub(super) fn matching(&mut self, frame: &mut Frame, matched: &TMatch, place: Place) -> Run<Val> {
        let value = self.expr(frame, &matched.value)?;
        for arm in &matched.arms {
            for pattern in &arm.patterns {
                if self.fits(frame, pattern, &value)? {
                    return self.block(frame, &arm.body);
                }
            }
        }
        self.fault(Fault::Unreachable, place)
    }

    /// Whether a value fits a pattern; the names in it take their parts.
    fn fits(&mut self, frame: &mut Frame, pattern: &TPattern, value: &Val) -> Run<bool> {
        self.uses(super::kinds::of_pattern(&pattern.kind));
        Ok(match (&pattern.kind, value) {
            (P::Wildcard, _) => true,
            (P::Bind(local), value) => {
                frame.set(*local, value.clone());
                true
            }
            (P::None, Val::Option(held)) => held.is_none(),
            (P::Some(inner), Val::Option(held)) => match held {
                Some(held) => self.fits(frame, inner, held)?,
                None => false,
            },
            (P::Constant(constant), value) => of_constant(self.checked, constant, &pattern.ty)? == *value,
            (P::Case(_, case, inner), Val::Case(own, parts)) => {
                if case != own {
                    return Ok(false);
                }
                for (pattern, part) in inner.iter().zip(parts.iter()) {
                    if !self.fits(frame, pattern, part)? {
                        return Ok(false);
                    }
                }
                true
            }
            (P::Currency(currency, inner), Val::Amount { currency: own, value }) => {
                let money = Val::number(value.clone(), Unit::Money(*currency));
                currency.code() == &**own && self.fits(frame, inner, &money)?
            }
            (kind, value) => return Err(Stop::Defect(format!("{kind:?} is no pattern of {value:?}"))),
        })
    }
}
