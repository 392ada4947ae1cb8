//! Values of several parts: lists, records without a name, changed copies; and what stands in a list.

use super::Checker;
use super::function::Code;
use super::names::nearest;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Args, Expr};
use smol_str::SmolStr;

impl Checker<'_> {
    pub(crate) fn index(&mut self, code: &mut Code, base: &Expr, indices: &[Expr], place: Place) -> TExpr {
        let base = self.expr(code, base, None);
        let [index] = indices else {
            if !base.ty.is_invalid() {
                self.report(Problem::WrongCount { place, what: "indices", expected: 1, found: indices.len() });
            }
            return TExpr::invalid(place);
        };
        match self.base(&base.ty) {
            Type::Invalid => TExpr::invalid(place),
            Type::List(of) => {
                let index = self.expr_as(code, index, &Type::INT);
                TExpr::new(T::Item(base.boxed(), index.boxed()), (*of).clone(), place)
            }
            Type::Map(k, v) => {
                let key = self.expr_as(code, index, &k);
                TExpr::new(T::Get(base.boxed(), key.boxed()), Type::Option(v), place)
            }
            _ => {
                let found = self.show(&base.ty);
                let expected = "a list or a map".into();
                self.report(Problem::Mismatch { place: base.place, expected, found, hint: None });
                TExpr::invalid(place)
            }
        }
    }

    pub(crate) fn list(&mut self, code: &mut Code, items: &[Expr], place: Place, hint: Option<&Type>) -> TExpr {
        let element_hint = match hint.map(|h| self.base(h)) {
            Some(Type::List(of)) => Some((*of).clone()),
            Some(Type::Map(k, v)) if items.is_empty() => {
                return TExpr::new(T::EmptyMap, Type::Map(k, v), place);
            }
            _ => None,
        };
        if let Some(of) = &element_hint {
            let items = items.iter().map(|i| self.expr_as(code, i, of)).collect();
            return TExpr::new(T::List(items), Type::list(of.clone()), place);
        }
        let items: Vec<TExpr> = items.iter().map(|i| self.expr(code, i, None)).collect();
        let mut of = Type::Never;
        // The literal 0 takes the unit of the others, whichever stands first.
        let (zeros, others): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.as_number() == Some(0));
        for item in others.into_iter().chain(zeros) {
            if item.as_number() == Some(0) && matches!((&of, &item.ty), (Type::Num(_), Type::Num(_))) {
                continue;
            }
            match self.join(&of, &item.ty) {
                Some(joined) => of = joined,
                None => {
                    let (expected, found) = (self.show(&of), self.show(&item.ty));
                    self.report(Problem::Mismatch { place: item.place, expected, found, hint: None });
                    return TExpr::invalid(place);
                }
            }
        }
        let items = items.into_iter().map(|i| self.coerce(i, &of)).collect();
        TExpr::new(T::List(items), Type::list(of), place)
    }

    /// A list of numbers that are compared with one of a unit: of any scales.
    pub(crate) fn list_of_numbers(&mut self, code: &mut Code, items: &[Expr], num: Num, place: Place) -> TExpr {
        let own = Type::Num(num);
        let items: Vec<TExpr> = items.iter().map(|i| self.expr(code, i, Some(&own))).collect();
        let scales = items.iter().filter_map(|item| match self.base(&item.ty) {
            Type::Num(of) => Some(of.scale),
            _ => None,
        });
        let scale = scales.fold(num.scale, u8::max).min(SCALE_STORED_MAX);
        let of = Type::Num(Num { unit: num.unit, scale });
        let items = items.into_iter().map(|item| self.coerce(item, &of)).collect();
        TExpr::new(T::List(items), Type::list(of), place)
    }

    pub(crate) fn anonymous_record(
        &mut self,
        code: &mut Code,
        args: &Args,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        // Where a record is asked for, its fields give the types.
        if let Some(Type::Record(id)) = hint.map(|h| self.base(h))
            && self.checked.records[id.index()].name.is_empty()
        {
            return self.make_record(code, id, args, place);
        }
        let mut fields: Vec<(SmolStr, Type)> = Vec::new();
        let mut values = Vec::new();
        for arg in &args.list {
            let Some(name) = &arg.name else {
                let at = self.place(arg.value.span);
                self.report(Problem::UnnamedField { place: at });
                return TExpr::invalid(place);
            };
            let value = self.expr(code, &arg.value, None);
            if fields.iter().any(|(n, _)| *n == name.text) {
                let at = self.place(name.span);
                self.report(Problem::DuplicateName { place: at, name: name.text.clone(), first: None });
                return TExpr::invalid(place);
            }
            if value.ty.is_invalid() {
                return value;
            }
            fields.push((name.text.clone(), self.stored(&value.ty)));
            values.push(value);
        }
        let values = values.into_iter().zip(&fields).map(|(v, (_, ty))| self.coerce(v, ty)).collect();
        let id = self.anonymous(fields);
        TExpr::new(T::Record(id, values), Type::Record(id), place)
    }

    /// The type in which a value without a declared type is stored: a bare literal takes its unit's natural scale.
    pub(crate) fn stored(&self, ty: &Type) -> Type {
        match ty {
            Type::Num(num) => {
                let scale = match num.unit {
                    Unit::Money(c) => num.scale.max(self.minor_unit(c)),
                    Unit::Percent => num.scale.max(SCALE_DEFAULT),
                    _ => num.scale,
                };
                Type::Num(Num { unit: num.unit, scale: scale.min(SCALE_STORED_MAX) })
            }
            other => other.clone(),
        }
    }

    pub(crate) fn with(&mut self, code: &mut Code, base: &Expr, args: &Args, place: Place) -> TExpr {
        let base = self.expr(code, base, None);
        let Type::Record(id) = self.base(&base.ty) else {
            if !base.ty.is_invalid() {
                let found = self.show(&base.ty);
                self.report(Problem::Mismatch { place: base.place, expected: "a record".into(), found, hint: None });
            }
            return TExpr::invalid(place);
        };
        let ty = base.ty.clone();
        let mut changes: Vec<(u16, TExpr)> = Vec::new();
        for arg in &args.list {
            let Some(name) = &arg.name else {
                let at = self.place(arg.value.span);
                self.report(Problem::UnnamedField { place: at });
                continue;
            };
            let fields = &self.checked.records[id.index()].fields;
            match fields.iter().position(|f| f.name == name.text) {
                Some(index) if changes.iter().any(|(i, _)| usize::from(*i) == index) => {
                    let at = self.place(name.span);
                    self.report(Problem::DuplicateName { place: at, name: name.text.clone(), first: None });
                }
                Some(index) => {
                    let ty = fields[index].ty.clone();
                    let value = self.expr_as(code, &arg.value, &ty);
                    changes.push((index as u16, value));
                }
                None => {
                    let names: Vec<SmolStr> = fields.iter().map(|f| f.name.clone()).collect();
                    let similar = nearest(&name.text, names.iter().map(SmolStr::as_str));
                    let at = self.place(name.span);
                    let of = self.show(&ty);
                    self.report(Problem::UnknownField {
                        place: at,
                        field: name.text.clone(),
                        of,
                        fields: names,
                        similar,
                    });
                }
            }
        }
        TExpr::new(T::With(base.boxed(), changes), ty, place)
    }
}
