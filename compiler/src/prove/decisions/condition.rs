//! Conditions: comparisons, equality of whole values, patterns.

use super::formula::Formula;
use super::linear::{Linear, compare};
use super::set::Set;
use super::space::{PathId, Root, Shape, Step, shape};
use super::symbol::{Reader, Scope, Symbol};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;

impl Reader<'_> {
    /// When a pattern fits a value; binds its names.
    pub fn pattern(&mut self, pattern: &TPattern, value: &Symbol, scope: &mut Scope) -> Option<Formula> {
        match (&pattern.kind, value) {
            (P::Wildcard, _) => Some(Formula::TRUE),
            (P::Bind(local), _) => {
                *scope = scope.with(*local, value.clone());
                Some(Formula::TRUE)
            }
            (P::None, _) => {
                let (there, _) = self.held(value.clone())?;
                Some(there.not(&self.space))
            }
            (P::Some(inner), _) => match self.held(value.clone())? {
                (there, Some(held)) => Some(there.and(self.pattern(inner, &held, scope)?)),
                (_, None) => Some(Formula::FALSE),
            },
            (P::Constant(constant), _) => {
                let constant = self.constant(constant, &pattern.ty);
                self.equal(value, &constant)
            }
            (P::Case(_, case, parts), Symbol::Case(own, values)) => {
                if case != own {
                    return Some(Formula::FALSE);
                }
                let mut fits = Formula::TRUE;
                for (part, value) in parts.iter().zip(values) {
                    fits = fits.and(self.pattern(part, value, scope)?);
                }
                Some(fits)
            }
            (P::Case(_, case, parts), Symbol::Path(path)) => {
                let var = self.space.paths[path.index()].var?;
                let mut fits = Formula::In(var, Set::one(i128::from(*case)));
                for (at, part) in (0..).zip(parts) {
                    if matches!(part.kind, P::Wildcard) {
                        continue;
                    }
                    let value = self.step(*path, Step::Payload(*case, at));
                    fits = fits.and(self.pattern(part, &value, scope)?);
                }
                Some(fits)
            }
            _ => None,
        }
    }

    /// A condition; what is not looked into is a truth value of its own.
    pub fn condition(&mut self, e: &TExpr, scope: &Scope) -> Formula {
        match &e.kind {
            T::And(a, b) => self.condition(a, scope).and(self.condition(b, scope)),
            T::Or(a, b) => self.condition(a, scope).or(self.condition(b, scope)),
            T::Not(a) => {
                let of = self.condition(a, scope);
                of.not(&self.space)
            }
            T::Compare(how, a, b) => self.pairs(e, a, b, scope, |r, a, b| r.compared(*how, a, b)),
            T::Equal(a, b) => self.pairs(e, a, b, scope, |r, a, b| r.equal(a, b)),
            T::CompareText(how @ (Cmp::Eq | Cmp::Ne), a, b) => self.pairs(e, a, b, scope, |r, a, b| {
                let equal = r.equal(a, b)?;
                Some(if *how == Cmp::Eq { equal } else { equal.not(&r.space) })
            }),
            // `a >= b` is `not a < b`, `a > b` is `b < a`: one unknown serves all four.
            T::CompareText(how @ (Cmp::Gt | Cmp::Le), a, b) => {
                let kind = T::CompareText(Cmp::Lt, b.clone(), a.clone());
                let less = self.condition(&TExpr { kind, ..e.clone() }, scope);
                if *how == Cmp::Gt { less } else { less.not(&self.space) }
            }
            T::CompareText(Cmp::Ge, a, b) => {
                let kind = T::CompareText(Cmp::Lt, a.clone(), b.clone());
                let less = self.condition(&TExpr { kind, ..e.clone() }, scope);
                less.not(&self.space)
            }
            T::CompareText(Cmp::Lt, ..) => {
                let value = self.opaque(e, scope);
                self.truth(e, &value)
            }
            _ => {
                let cases = self.value(e, scope);
                let any = cases.into_iter().map(|(when, value)| when.and(self.truth(e, &value))).collect();
                Formula::any(any)
            }
        }
    }

    fn truth(&mut self, e: &TExpr, value: &Symbol) -> Formula {
        let holds = match value {
            Symbol::Number(word) => compare(&mut self.space, Cmp::Eq, word, &Linear::constant(1, 0)),
            _ => None,
        };
        holds.unwrap_or_else(|| self.unknown(e.place))
    }

    fn pairs(
        &mut self,
        e: &TExpr,
        a: &TExpr,
        b: &TExpr,
        scope: &Scope,
        of: impl Fn(&mut Self, &Symbol, &Symbol) -> Option<Formula>,
    ) -> Formula {
        let (left, right) = (self.value(a, scope), self.value(b, scope));
        let mut any = Vec::new();
        for (when, x) in &left {
            for (and, y) in &right {
                match of(self, x, y) {
                    Some(holds) => any.push(when.clone().and(and.clone()).and(holds)),
                    None => {
                        let value = self.opaque(e, scope);
                        return self.truth(e, &value);
                    }
                }
            }
        }
        Formula::any(any)
    }

    pub fn compared(&mut self, how: Cmp, a: &Symbol, b: &Symbol) -> Option<Formula> {
        match (a, b, how) {
            (Symbol::Number(a), Symbol::Number(b), _) => compare(&mut self.space, how, a, b),
            (_, _, Cmp::Eq) => self.equal(a, b),
            (_, _, Cmp::Ne) => Some(self.equal(a, b)?.not(&self.space)),
            _ => None,
        }
    }

    /// When two values are equal; `None` if that is not looked into.
    pub fn equal(&mut self, a: &Symbol, b: &Symbol) -> Option<Formula> {
        match (a, b) {
            (Symbol::Number(a), Symbol::Number(b)) => compare(&mut self.space, Cmp::Eq, a, b),
            (Symbol::Constant(a), Symbol::Constant(b)) => Some(Formula::known(a == b)),
            (Symbol::Path(path), Symbol::Constant(key)) | (Symbol::Constant(key), Symbol::Path(path)) => {
                let var = self.space.paths[path.index()].var?;
                let key = self.space.key(var, key);
                Some(Formula::In(var, Set::one(key)))
            }
            (Symbol::Path(a), Symbol::Path(b)) if a == b => Some(Formula::TRUE),
            (Symbol::Case(x, xs), Symbol::Case(y, ys)) if x == y => self.all_equal(xs, ys),
            (Symbol::Case(..), Symbol::Case(..)) => Some(Formula::FALSE),
            (Symbol::Record(xs), Symbol::Record(ys)) => self.all_equal(xs, ys),
            (Symbol::Path(path), Symbol::Case(case, parts)) | (Symbol::Case(case, parts), Symbol::Path(path)) => {
                let var = self.space.paths[path.index()].var?;
                let own: Vec<Symbol> =
                    (0..parts.len()).map(|at| self.step(*path, Step::Payload(*case, at as u16))).collect();
                Some(Formula::In(var, Set::one(i128::from(*case))).and(self.all_equal(&own, parts)?))
            }
            (Symbol::Path(path), Symbol::Record(parts)) | (Symbol::Record(parts), Symbol::Path(path)) => {
                let own: Vec<Symbol> = (0..parts.len()).map(|at| self.step(*path, Step::Field(at as u16))).collect();
                self.all_equal(&own, parts)
            }
            (Symbol::Path(x), Symbol::Path(y)) => self.equal_paths(*x, *y),
            (Symbol::None | Symbol::Some(_), _) | (_, Symbol::None | Symbol::Some(_)) => {
                let ((a, x), (b, y)) = (self.held(a.clone())?, self.held(b.clone())?);
                let none = a.not(&self.space).and(b.not(&self.space));
                match (x, y) {
                    (Some(x), Some(y)) => Some(none.or(a.and(b).and(self.equal(&x, &y)?))),
                    _ => Some(none),
                }
            }
            _ => None,
        }
    }

    fn all_equal(&mut self, xs: &[Symbol], ys: &[Symbol]) -> Option<Formula> {
        let mut all = Formula::TRUE;
        for (x, y) in xs.iter().zip(ys) {
            all = all.and(self.equal(x, y)?);
        }
        Some(all)
    }

    fn equal_paths(&mut self, x: PathId, y: PathId) -> Option<Formula> {
        let of = |r: &Self, path: PathId| shape(r.checked, &r.space.paths[path.index()].ty);
        match (of(self, x), of(self, y)) {
            (Shape::Option(_), Shape::Option(_)) => {
                let ((a, held), (b, other)) = (self.held(Symbol::Path(x))?, self.held(Symbol::Path(y))?);
                let none = a.not(&self.space).and(b.not(&self.space));
                Some(none.or(a.and(b).and(self.equal(&held?, &other?)?)))
            }
            (Shape::Record(id), Shape::Record(other)) if id == other => {
                let count = self.checked.records[id.index()].fields.len() as u16;
                let mut all = Formula::TRUE;
                for at in 0..count {
                    let (a, b) = (self.step(x, Step::Field(at)), self.step(y, Step::Field(at)));
                    all = all.and(self.equal(&a, &b)?);
                }
                Some(all)
            }
            _ => None,
        }
    }

    pub fn unknown(&mut self, place: Place) -> Formula {
        self.unlike += 1;
        let key = format!("!{}", self.unlike);
        let path = self.space.root(self.checked, Root::Opaque(key), &Type::Bool, place);
        match self.space.paths[path.index()].var {
            Some(var) => Formula::In(var, Set::one(1)),
            None => Formula::FALSE,
        }
    }
}
