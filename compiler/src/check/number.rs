//! Arithmetic and comparison: scales, currencies and units.

use super::Checker;
use super::fold::fold;
use super::function::Code;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp};
use bp_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind};

impl Checker<'_> {
    pub(crate) fn binary(
        &mut self,
        code: &mut Code,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let a = self.expr_as(code, left, &Type::Bool).boxed();
                let b = self.expr_as(code, right, &Type::Bool).boxed();
                let kind = if op == BinaryOp::And { T::And(a, b) } else { T::Or(a, b) };
                TExpr::new(kind, Type::Bool, place)
            }
            BinaryOp::Coalesce => self.coalesce(code, left, right, place, hint),
            BinaryOp::In => self.in_(code, left, right, place),
            BinaryOp::Div => {
                // Checked as the chain that it would be inside a `round`, so that its own faults come first.
                let chain = self.chain(
                    code,
                    &Expr {
                        kind: ExprKind::Binary {
                            op,
                            op_span: left.span,
                            left: Box::new(left.clone()),
                            right: Box::new(right.clone()),
                        },
                        span: place.span,
                    },
                );
                if chain.is_some() {
                    let text = self.text(place.span);
                    self.report(Problem::QuotientOutsideRound { place, text });
                }
                TExpr::invalid(place)
            }
            BinaryOp::Mul => {
                let a = self.expr(code, left, None);
                let b = self.expr(code, right, None);
                self.multiply(a, b, place)
            }
            BinaryOp::IntDiv | BinaryOp::Mod => {
                let a = self.expr_as(code, left, &Type::INT).boxed();
                let b = self.expr_as(code, right, &Type::INT).boxed();
                if a.ty.is_invalid() || b.ty.is_invalid() {
                    return TExpr::invalid(place);
                }
                let kind = if op == BinaryOp::IntDiv { T::IntDiv(a, b) } else { T::IntMod(a, b) };
                TExpr::new(kind, Type::INT, place)
            }
            BinaryOp::Add | BinaryOp::Sub => {
                let hint = hint.map(|h| self.base(h)).filter(|h| matches!(h, Type::Num(_) | Type::Period));
                let a = self.expr(code, left, hint.as_ref());
                let b = self.expr(code, right, hint.as_ref());
                self.sum(op, a, b, place)
            }
        }
    }

    fn sum(&mut self, op: BinaryOp, a: TExpr, b: TExpr, place: Place) -> TExpr {
        let add = op == BinaryOp::Add;
        let (ta, tb) = (self.base(&a.ty), self.base(&b.ty));
        match (&ta, &tb) {
            (Type::Invalid, _) | (_, Type::Invalid) => TExpr::invalid(place),
            (Type::Num(_), Type::Num(_)) => {
                // Two values of one named type add up to a plain number.
                let Some(ty @ Type::Num(_)) = self.join_values(&a, &b).map(|ty| self.base(&ty)) else {
                    return self.operands(if add { "+" } else { "-" }, &a, &b, place);
                };
                let a = self.coerce(a, &ty).boxed();
                let b = self.coerce(b, &ty).boxed();
                folded(TExpr::new(if add { T::Add(a, b) } else { T::Sub(a, b) }, ty, place))
            }
            (Type::Duration, Type::Duration) => {
                let (a, b) = (a.boxed(), b.boxed());
                TExpr::new(if add { T::Add(a, b) } else { T::Sub(a, b) }, Type::Duration, place)
            }
            (Type::Date, Type::Period) | (Type::DateTime, Type::Period | Type::Duration) => {
                let period = self.coerce(TExpr { ty: tb, ..b }, &Type::Period);
                let builtin = match (&ta, add) {
                    (Type::Date, true) => Builtin::DatePlus,
                    (Type::Date, false) => Builtin::DateMinus,
                    (_, true) => Builtin::DateTimePlus,
                    (_, false) => Builtin::DateTimeMinus,
                };
                TExpr::new(T::Builtin(builtin, vec![TExpr { ty: ta.clone(), ..a }, period]), ta, place)
            }
            (Type::Period, Type::Date) | (Type::Period | Type::Duration, Type::DateTime) if add => {
                self.sum(op, b, a, place)
            }
            (Type::Month, Type::Period) => self.month_sum(a, b, add, place),
            (Type::Period | Type::Duration, Type::Period | Type::Duration) => {
                let a = self.coerce(TExpr { ty: ta, ..a }, &Type::Period);
                let b = self.coerce(TExpr { ty: tb, ..b }, &Type::Period);
                let b =
                    if add { b } else { TExpr::new(T::Builtin(Builtin::PeriodNegate, vec![b]), Type::Period, place) };
                TExpr::new(T::Builtin(Builtin::PeriodPlus, vec![a, b]), Type::Period, place)
            }
            (Type::Amount, Type::Amount) => {
                let builtin = if add { Builtin::AmountPlus } else { Builtin::AmountMinus };
                TExpr::new(T::Builtin(builtin, vec![a, b]), Type::Amount, place)
            }
            _ => self.operands(if add { "+" } else { "-" }, &a, &b, place),
        }
    }

    /// A month moves by whole months; what is added is written as such.
    fn month_sum(&mut self, a: TExpr, b: TExpr, add: bool, place: Place) -> TExpr {
        match b.kind {
            T::Constant(Constant::Period { months, days: 0, business_days: 0, seconds: 0 }) => {
                let n = TExpr::number(i128::from(if add { months } else { -months }), Type::INT, b.place);
                let a = TExpr { ty: Type::Month, ..a };
                TExpr::new(T::Add(a.boxed(), n.boxed()), Type::Month, place)
            }
            _ => self.operands(if add { "+" } else { "-" }, &a, &b, place),
        }
    }

    pub(crate) fn multiply(&mut self, a: TExpr, b: TExpr, place: Place) -> TExpr {
        let (ta, tb) = (self.base(&a.ty), self.base(&b.ty));
        match (&ta, &tb) {
            (Type::Invalid, _) | (_, Type::Invalid) => TExpr::invalid(place),
            (Type::Num(x), Type::Num(y)) => {
                let Some(unit) = product_unit(x.unit, y.unit) else { return self.operands("*", &a, &b, place) };
                let scale = x.scale + y.scale;
                if scale > SCALE_BETWEEN_MAX {
                    self.report(Problem::ScaleTooDeep { place, scale });
                    return TExpr::invalid(place);
                }
                let ty = Type::Num(Num { unit, scale });
                folded(TExpr::new(T::Mul(a.boxed(), b.boxed()), ty, place))
            }
            (Type::Duration, other) | (other, Type::Duration) if *other == Type::INT => {
                TExpr::new(T::Mul(a.boxed(), b.boxed()), Type::Duration, place)
            }
            (Type::Period, other) if *other == Type::INT => {
                TExpr::new(T::Builtin(Builtin::PeriodTimes, vec![a, b]), Type::Period, place)
            }
            (other, Type::Period) if *other == Type::INT => {
                TExpr::new(T::Builtin(Builtin::PeriodTimes, vec![b, a]), Type::Period, place)
            }
            _ => self.operands("*", &a, &b, place),
        }
    }

    pub(crate) fn negate(&mut self, e: TExpr, place: Place) -> TExpr {
        let ty = self.base(&e.ty);
        match ty {
            Type::Invalid => e,
            Type::Num(_) | Type::Duration => folded(TExpr::new(T::Neg(e.boxed()), ty, place)),
            Type::Period => TExpr::new(T::Builtin(Builtin::PeriodNegate, vec![e]), ty, place),
            _ => {
                let found = self.show(&e.ty);
                self.report(Problem::Mismatch { place, expected: "a number".into(), found, hint: None });
                TExpr::invalid(place)
            }
        }
    }

    /// A comparison or a chain of them in one direction; what stands between is evaluated once.
    pub(crate) fn compare(&mut self, code: &mut Code, first: &Expr, rest: &[(CompareOp, Expr)], place: Place) -> TExpr {
        if let [(op, second)] = rest {
            let (a, b) = self.both(code, first, second);
            return self.comparison(*op, a, b, place);
        }
        let mut left = self.expr(code, first, None);
        let mut lets: Vec<(LocalId, TExpr)> = Vec::new();
        let mut result: Option<TExpr> = None;
        for (i, (op, next)) in rest.iter().enumerate() {
            let hint = left.ty.clone();
            let mut right = self.expr(code, next, Some(&hint));
            let last = i + 1 == rest.len();
            if !last && !matches!(right.kind, T::Constant(_) | T::Local(_)) {
                let local = code.hidden(right.ty.clone(), right.place);
                let read = self.read(code, local, right.place);
                lets.push((local, std::mem::replace(&mut right, read)));
            }
            let one = self.comparison(*op, left, right.clone(), place);
            left = right;
            result = Some(match result {
                None => one,
                Some(before) => TExpr::new(T::And(before.boxed(), one.boxed()), Type::Bool, place),
            });
        }
        let mut result = result.unwrap_or_else(|| TExpr::invalid(place));
        for (local, value) in lets.into_iter().rev() {
            let ty = result.ty.clone();
            result = TExpr::new(T::Let(local, value.boxed(), result.boxed()), ty, place);
        }
        result
    }

    /// Two sides, where a bare case on either side takes its meaning from the other.
    pub(crate) fn both(&mut self, code: &mut Code, left: &Expr, right: &Expr) -> (TExpr, TExpr) {
        if self.needs_hint(left) && !self.needs_hint(right) {
            let b = self.expr(code, right, None);
            let hint = b.ty.clone();
            let a = self.expr(code, left, Some(&hint));
            (a, b)
        } else {
            let a = self.expr(code, left, None);
            let hint = a.ty.clone();
            let b = self.expr(code, right, Some(&hint));
            (a, b)
        }
    }

    /// Whether only its surroundings say what an expression is: a bare case, `none`.
    fn needs_hint(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Name(name) => super::type_expr::starts_upper(&name.text) && self.def(&name.text).is_none(),
            ExprKind::None => true,
            _ => false,
        }
    }

    pub(crate) fn comparison(&mut self, op: CompareOp, a: TExpr, b: TExpr, place: Place) -> TExpr {
        self.comparison_by(symbol(op), op, a, b, place)
    }

    /// A comparison that is written with another word.
    fn comparison_by(&mut self, symbol: &'static str, op: CompareOp, a: TExpr, b: TExpr, place: Place) -> TExpr {
        let cmp = cmp_of(op);
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let (ta, tb) = (self.base(&a.ty), self.base(&b.ty));
        let bool_of = |kind| TExpr::new(kind, Type::Bool, place);
        match (&ta, &tb) {
            (Type::Invalid, _) | (_, Type::Invalid) => TExpr::invalid(place),
            // Any two scales compare exactly; only the units have to agree.
            (Type::Num(_), Type::Num(_)) => match self.join_values(&a, &b) {
                Some(_) => {
                    let (a, b) = (TExpr { ty: ta, ..a }, TExpr { ty: tb, ..b });
                    bool_of(T::Compare(cmp, a.boxed(), b.boxed()))
                }
                None => self.operands(symbol, &a, &b, place),
            },
            (Type::Text, Type::Text) => bool_of(T::CompareText(cmp, a.boxed(), b.boxed())),
            (Type::Amount, Type::Amount) => bool_of(T::CompareAmount(cmp, a.boxed(), b.boxed())),
            (
                Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration,
                Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration,
            ) if ta == tb => bool_of(T::Compare(cmp, a.boxed(), b.boxed())),
            _ if !equality => self.operands(symbol, &a, &b, place),
            (Type::Bool, Type::Bool)
            | (Type::Rounding, Type::Rounding)
            | (Type::Role, Type::Role)
            | (Type::Posting, Type::Posting) => bool_of(T::Compare(cmp, a.boxed(), b.boxed())),
            (Type::Entity(x), Type::Entity(y)) if x == y => bool_of(T::Compare(cmp, a.boxed(), b.boxed())),
            (Type::Enum(x), Type::Enum(y)) if x == y && !self.checked.enums[x.index()].has_payload() => {
                bool_of(T::Compare(cmp, a.boxed(), b.boxed()))
            }
            _ => match self.join_values(&a, &b) {
                Some(ty) => {
                    let a = self.coerce(a, &ty).boxed();
                    let b = self.coerce(b, &ty).boxed();
                    let equal = bool_of(T::Equal(a, b));
                    if op == CompareOp::Eq { equal } else { bool_of(T::Not(equal.boxed())) }
                }
                None => self.operands(symbol, &a, &b, place),
            },
        }
    }

    /// `x in [a..b]`, `x in xs`, `k in map`.
    fn in_(&mut self, code: &mut Code, left: &Expr, right: &Expr, place: Place) -> TExpr {
        if self.needs_hint(left) && !matches!(right.kind, ExprKind::Range(_) | ExprKind::List(_)) {
            let list = self.expr(code, right, None);
            let hint = match self.base(&list.ty) {
                Type::List(of) | Type::Map(of, _) => Some((*of).clone()),
                _ => None,
            };
            let value = self.expr(code, left, hint.as_ref());
            return self.in_list(code, value, list, place);
        }
        let value = self.expr(code, left, None);
        if let ExprKind::Range(range) = &right.kind {
            let local = code.hidden(value.ty.clone(), value.place);
            let read = self.read(code, local, value.place);
            let mut tests = Vec::new();
            let hint = value.ty.clone();
            if let Some(low) = &range.low {
                let low = self.expr(code, low, Some(&hint));
                let op = if range.low_included { CompareOp::Ge } else { CompareOp::Gt };
                tests.push(self.comparison(op, read.clone(), low, place));
            }
            if let Some(high) = &range.high {
                let high = self.expr(code, high, Some(&hint));
                let op = if range.high_included { CompareOp::Le } else { CompareOp::Lt };
                tests.push(self.comparison(op, read, high, place));
            }
            let both = tests
                .into_iter()
                .reduce(|a, b| TExpr::new(T::And(a.boxed(), b.boxed()), Type::Bool, place))
                .unwrap_or_else(|| TExpr::bool(true, place));
            return TExpr::new(T::Let(local, value.boxed(), both.boxed()), Type::Bool, place);
        }
        let list = match (&right.kind, self.base(&value.ty)) {
            (ExprKind::List(items), Type::Num(num)) => {
                let at = self.place(right.span);
                self.list_of_numbers(code, items, num, at)
            }
            _ => self.expr(code, right, Some(&Type::list(value.ty.clone()))),
        };
        self.in_list(code, value, list, place)
    }

    /// Is a value an element of a list, or a key of a map?
    fn in_list(&mut self, code: &mut Code, value: TExpr, list: TExpr, place: Place) -> TExpr {
        match self.base(&list.ty) {
            Type::Invalid => TExpr::invalid(place),
            _ if value.ty.is_invalid() => value,
            Type::List(of) => {
                let outer = code.hidden(value.ty.clone(), value.place);
                let sought = self.read(code, outer, value.place);
                let local = code.hidden((*of).clone(), list.place);
                let element = self.read(code, local, list.place);
                let equal = self.comparison_by("in", CompareOp::Eq, sought, element, place);
                if equal.ty.is_invalid() {
                    return equal;
                }
                let any = TAggregate {
                    kind: Aggregate::Any,
                    local,
                    source: list,
                    where_: None,
                    grouped_by: None,
                    sorted_by: None,
                    element: equal,
                };
                let any = TExpr::new(T::Aggregate(Box::new(any)), Type::Bool, place);
                TExpr::new(T::Let(outer, value.boxed(), any.boxed()), Type::Bool, place)
            }
            Type::Map(k, v) => {
                let key = self.coerce(value, &k).boxed();
                let got = TExpr::new(T::Get(list.boxed(), key), Type::Option(v.clone()), place);
                let none = TExpr::new(T::Constant(Constant::None), Type::Option(v), place);
                let equal = TExpr::new(T::Equal(got.boxed(), none.boxed()), Type::Bool, place);
                TExpr::new(T::Not(equal.boxed()), Type::Bool, place)
            }
            _ => {
                let found = self.show(&list.ty);
                let expected = "a list, a map or a range".into();
                self.report(Problem::Mismatch { place: list.place, expected, found, hint: None });
                TExpr::invalid(place)
            }
        }
    }

    fn coalesce(&mut self, code: &mut Code, left: &Expr, right: &Expr, place: Place, hint: Option<&Type>) -> TExpr {
        let a = self.expr(code, left, None);
        let inner = match self.base(&a.ty) {
            Type::Option(of) => (*of).clone(),
            Type::Invalid => return TExpr::invalid(place),
            _ => {
                let found = self.show(&a.ty);
                self.report(Problem::NotOptional { place: a.place, found });
                return TExpr::invalid(place);
            }
        };
        let b = self.expr(code, right, Some(hint.unwrap_or(&inner)));
        if b.ty == Type::Never {
            return TExpr::new(T::Coalesce(a.boxed(), b.boxed()), inner, place);
        }
        let whole = TExpr::new(T::Invalid, inner.clone(), a.place);
        let Some(ty) = self.join_values(&whole, &b) else { return self.operands("??", &a, &b, place) };
        if matches!(self.base(&b.ty), Type::Option(_)) {
            let wanted = ty.clone();
            let b = self.coerce(b, &wanted);
            let a = self.lift_option(code, a, &inner, &wanted, place);
            return TExpr::new(T::Coalesce(a.boxed(), b.boxed()), ty, place);
        }
        let b = self.coerce(b, &ty);
        let a = self.lift_option(code, a, &inner, &ty, place);
        TExpr::new(T::Coalesce(a.boxed(), b.boxed()), ty, place)
    }

    /// An option whose value is brought to another type, so that both sides of `??` agree.
    fn lift_option(&mut self, code: &mut Code, a: TExpr, from: &Type, to: &Type, place: Place) -> TExpr {
        if from == to {
            return a;
        }
        let local = code.hidden(from.clone(), place);
        let read = self.read(code, local, place);
        let value = self.coerce(read, to);
        let ty = Type::option(to.clone());
        let some = TExpr::new(T::Some(value.boxed()), ty.clone(), place);
        let none = TExpr::new(T::Constant(Constant::None), ty.clone(), place);
        let pattern = |kind, ty: &Type| TPattern { kind, ty: ty.clone(), place };
        let block = |e: TExpr| TBlock { stmts: Vec::new(), ty: e.ty.clone(), value: Some(Box::new(e)) };
        let arms = vec![
            TArm {
                place,
                patterns: vec![pattern(P::Some(Box::new(pattern(P::Bind(local), from))), &a.ty)],
                body: block(some),
            },
            TArm { place, patterns: vec![pattern(P::None, &a.ty)], body: block(none) },
        ];
        TExpr::new(T::Match(Box::new(TMatch { value: a, arms, ty: ty.clone() })), ty, place)
    }
}

/// What a product counts; `None` where it has no meaning.
pub(crate) fn product_unit(a: Unit, b: Unit) -> Option<Unit> {
    Some(match (a, b) {
        (Unit::Percent, Unit::Percent) => Unit::None,
        (Unit::None | Unit::Percent, other) | (other, Unit::None | Unit::Percent) => other,
        (Unit::Quantity(q), Unit::Price(c, p)) | (Unit::Price(c, p), Unit::Quantity(q)) if q == p => Unit::Money(c),
        _ => return None,
    })
}

/// What a quotient counts; `None` where it has no meaning.
pub(crate) fn quotient_unit(a: Unit, b: Unit) -> Option<Unit> {
    Some(match (a, b) {
        (x, y) if x == y => Unit::None,
        (x, Unit::None | Unit::Percent) => x,
        (Unit::Money(c), Unit::Quantity(q)) => Unit::Price(c, q),
        (Unit::Money(c), Unit::Price(d, q)) if c == d => Unit::Quantity(q),
        _ => return None,
    })
}

pub(crate) fn cmp_of(op: CompareOp) -> Cmp {
    match op {
        CompareOp::Eq => Cmp::Eq,
        CompareOp::Ne => Cmp::Ne,
        CompareOp::Lt => Cmp::Lt,
        CompareOp::Le => Cmp::Le,
        CompareOp::Gt => Cmp::Gt,
        CompareOp::Ge => Cmp::Ge,
    }
}

fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

/// Arithmetic of literals is done when compiled.
pub(crate) fn folded(e: TExpr) -> TExpr {
    match fold(&e, &|_| None) {
        Some(constant) => TExpr { kind: T::Constant(constant), ty: e.ty, place: e.place },
        None => e,
    }
}
