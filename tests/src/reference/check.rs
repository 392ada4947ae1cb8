//! Conditions, and whether a value is one of its type at all.

use super::number::{is_between, is_stored};
use super::stop::{Fault, Run, Stop};
use super::value::{Number, Val, digits_of};
use super::{Evaluator, Frame};
use bp_compiler::source::Place;
use bp_compiler::typed::{Field, TExpr};
use bp_compiler::types::{CheckId, RecordId, Type, Unit};

/// Whether values of two units may meet: shares are bare numbers; the literal 0 goes anywhere, a bare literal is a
/// quantity, one of money a price.
pub(super) fn meets(a: Unit, b: Unit) -> bool {
    match (a, b) {
        (a, b) if a == b => true,
        (Unit::None | Unit::Percent, Unit::None | Unit::Percent) => true,
        (Unit::Money(a), Unit::Price(b, _)) | (Unit::Price(a, _), Unit::Money(b)) => a == b,
        (Unit::None, Unit::Quantity(None)) | (Unit::Quantity(None), Unit::None) => true,
        _ => false,
    }
}

impl Evaluator<'_> {
    pub(super) fn fault<T>(&self, fault: Fault, place: Place) -> Run<T> {
        Err(Stop::Fault(fault, place))
    }

    pub(super) fn at<T>(&self, result: Result<T, Fault>, place: Place) -> Run<T> {
        result.map_err(|fault| Stop::Fault(fault, place))
    }

    /// A number in between, of a type: exact, and of 128 bits.
    pub(super) fn between(&self, number: Number, ty: &Type, place: Place) -> Run<Val> {
        let Type::Num(num) = self.checked.base(ty) else {
            return Err(Stop::Defect(format!("a number where {ty:?} is asked for")));
        };
        let digits = digits_of(&number, num.scale)?;
        if !is_between(&digits) {
            return self.fault(Fault::Overflow, place);
        }
        Ok(Val::number(number.value, num.unit))
    }

    /// A value that is stored: numbers have 64 bits.
    pub(super) fn stored(&self, value: Val, ty: &Type, place: Place) -> Run<Val> {
        if let (Val::Num(number), Type::Num(num)) = (&value, self.checked.base(ty))
            && !is_stored(&digits_of(number, num.scale)?)
        {
            return self.fault(Fault::Overflow, place);
        }
        Ok(value)
    }

    /// What a value holds is stored, if not the value itself.
    pub(super) fn stored_within(&self, value: &Val, ty: &Type, place: Place) -> Run<()> {
        let checked = self.checked;
        let part = |part: &Val, ty: &Type| {
            self.stored(part.clone(), ty, place)?;
            self.stored_within(part, ty, place)
        };
        let fields = |values: &[Val], fields: &[Field]| {
            values.iter().zip(fields).try_for_each(|(value, field)| part(value, &field.ty))
        };
        match (value, checked.base(ty)) {
            (Val::Option(Some(inner)), Type::Option(of)) => part(inner, of),
            (Val::List(values), Type::List(of)) => values.iter().try_for_each(|value| part(value, of)),
            (Val::Record(values), Type::Record(id)) => fields(values, &checked.records[id.index()].fields),
            (Val::Case(case, values), Type::Enum(id)) => {
                fields(values, &checked.enums[id.index()].cases[usize::from(*case)].fields)
            }
            _ => Ok(()),
        }
    }

    /// An expression whose value is stored as one of the type.
    pub(super) fn stored_expr(&mut self, frame: &mut Frame, e: &TExpr, ty: &Type) -> Run<Val> {
        let value = self.expr(frame, e)?;
        self.stored(value, ty, self.given_at)
    }

    /// Values for fields, one behind the other.
    pub(super) fn stored_all<'e>(
        &mut self,
        frame: &mut Frame,
        values: impl IntoIterator<Item = &'e TExpr>,
        fields: &[Field],
    ) -> Run<Vec<Val>> {
        let mut stored = Vec::new();
        for (value, field) in values.into_iter().zip(fields) {
            stored.push(self.stored_expr(frame, value, &field.ty)?);
        }
        Ok(stored)
    }

    /// Asks `where`s of a value.
    pub(super) fn checks(&mut self, checks: &[CheckId], value: &Val, place: Place) -> Run<()> {
        for check in checks {
            let func = self.checked.checks[check.index()].func;
            if !self.call(func, vec![value.clone()])?.into_bool()? {
                return self.fault(Fault::Check(check.0), place);
            }
        }
        Ok(())
    }

    /// The `where`s of a record's own fields, over the whole record.
    pub(super) fn record_checks(&mut self, id: RecordId, value: &Val, place: Place) -> Run<()> {
        let checked = self.checked;
        for field in &checked.records[id.index()].fields {
            if !field.checks.is_empty() {
                self.uses(super::kinds::WHERE_OF_FIELD);
            }
            self.checks(&field.checks, value, place)?;
        }
        Ok(())
    }

    /// What a border asks of a value before anything runs: every `where` in it.
    pub(super) fn border(&mut self, value: &Val, ty: &Type) -> Run<()> {
        let checked = self.checked;
        match (value, ty) {
            (value, Type::Named(id)) => {
                let named = &checked.named[id.index()];
                self.border(value, &named.base)?;
                self.checks(&named.checks, value, named.place)
            }
            (Val::Record(values), Type::Record(id)) => {
                for (part, field) in values.iter().zip(&checked.records[id.index()].fields) {
                    self.border(part, &field.ty)?;
                    self.checks(&field.checks, value, field.place)?;
                }
                Ok(())
            }
            (Val::Case(case, values), Type::Enum(id)) => {
                let fields = checked.enums[id.index()].cases.get(usize::from(*case));
                let fields = fields.map_or(&[][..], |case| case.fields.as_slice());
                values.iter().zip(fields).try_for_each(|(part, field)| self.border(part, &field.ty))
            }
            (Val::List(values), Type::List(of)) => values.iter().try_for_each(|value| self.border(value, of)),
            (Val::Map(pairs), Type::Map(k, v)) => pairs.iter().try_for_each(|(key, value)| {
                self.border(key, k)?;
                self.border(value, v)
            }),
            (Val::Option(Some(inner)), Type::Option(of)) => self.border(inner, of),
            _ => Ok(()),
        }
    }

    /// Whether a value is one of its type: its kind, and a number's digits and unit.
    pub(super) fn conforms(&self, value: &Val, e: &TExpr) -> Run<()> {
        let ty = self.checked.base(&e.ty);
        let fits = match (value, ty) {
            (Val::Num(number), Type::Num(num)) => {
                digits_of(number, num.scale)?;
                meets(number.unit, num.unit)
            }
            (Val::Nothing, Type::Nothing | Type::Never)
            | (Val::Bool(_), Type::Bool)
            | (Val::Text(_), Type::Text)
            | (Val::Date(_), Type::Date)
            | (Val::DateTime(_), Type::DateTime)
            | (Val::Time(_), Type::Time)
            | (Val::Month(_), Type::Month)
            | (Val::Duration(_), Type::Duration)
            | (Val::Period(_), Type::Period)
            | (Val::Rounding(_), Type::Rounding)
            | (Val::Role(_), Type::Role)
            | (Val::Num(..), Type::Posting)
            | (Val::Amount { .. }, Type::Amount)
            | (Val::List(_), Type::List(_))
            | (Val::Map(_), Type::Map(..))
            | (Val::Option(_), Type::Option(_))
            | (Val::Document(_), Type::Entity(_))
            | (Val::Hold(_), Type::Hold(_)) => true,
            (Val::Case(..), Type::Run(_)) => true,
            (Val::Record(values), Type::Record(id)) => values.len() == self.checked.records[id.index()].fields.len(),
            (Val::Case(case, values), Type::Enum(id)) => {
                let case = self.checked.enums[id.index()].cases.get(usize::from(*case));
                case.is_some_and(|case| case.fields.len() == values.len())
            }
            // A block of no value may stand where its effects are all that counts.
            (_, Type::Nothing) => true,
            _ => false,
        };
        if fits { Ok(()) } else { Err(Stop::Defect(format!("{value:?} is no {ty:?}"))) }
    }
}
