//! When a value of one type goes where another is asked for: the only conversions that happen by themselves lose
//! nothing (a larger scale, `T` to `T?`, exact time to calendar time, a condition that is checked).

use super::Checker;
use super::function::Code;
use super::literal::shortest;
use crate::currency::TEST_CURRENCY;
use crate::diagnostics::Problem;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_grammar::ast::Expr;

impl Checker<'_> {
    /// An expression where a type is asked for.
    pub(crate) fn expr_as(&mut self, code: &mut Code, e: &Expr, to: &Type) -> TExpr {
        let value = self.expr(code, e, Some(to));
        self.coerce(value, to)
    }

    pub(crate) fn coerce(&mut self, e: TExpr, to: &Type) -> TExpr {
        if e.ty == *to || matches!(e.ty, Type::Invalid | Type::Never) {
            return e;
        }
        if to.is_invalid() {
            return TExpr::invalid(e.place);
        }
        match (&e.ty, to) {
            (_, Type::Named(id)) => {
                let base = self.base(to);
                let place = e.place;
                let value = self.coerce(e, &base);
                if value.ty.is_invalid() {
                    return value;
                }
                let checks = self.named_conditions(*id);
                if checks.is_empty() {
                    return TExpr { ty: to.clone(), ..value };
                }
                TExpr::new(T::Checked(value.boxed(), checks), to.clone(), place)
            }
            (Type::Named(_), _) => {
                let base = self.base(&e.ty);
                self.coerce(TExpr { ty: base, ..e }, to)
            }
            (Type::Num(from), Type::Num(want)) => self.coerce_num(e.clone(), *from, *want),
            (Type::Option(_), Type::Option(_)) if matches!(e.kind, T::Constant(Constant::None)) => {
                TExpr { ty: to.clone(), ..e }
            }
            (Type::Option(_), Type::Option(_)) if self.is_of(&e.ty, to) => TExpr { ty: to.clone(), ..e },
            (Type::Option(_), Type::Option(_)) => self.mismatch(e, to),
            (_, Type::Option(of)) => {
                let place = e.place;
                let value = self.coerce(e, of);
                if value.ty.is_invalid() {
                    return value;
                }
                match value.kind {
                    T::Constant(c) => TExpr::new(T::Constant(Constant::Some(Box::new(c))), to.clone(), place),
                    _ => TExpr::new(T::Some(value.boxed()), to.clone(), place),
                }
            }
            (Type::Duration, Type::Period) => {
                let place = e.place;
                if let Some(seconds) = e.as_number() {
                    let period = Constant::Period { months: 0, days: 0, business_days: 0, seconds: seconds as i64 };
                    return TExpr::new(T::Constant(period), Type::Period, place);
                }
                let zero = || TExpr::number(0, Type::INT, place);
                TExpr::new(T::Builtin(Builtin::MakePeriod, vec![zero(), zero(), zero(), e]), Type::Period, place)
            }
            // What has met conditions is also of the type without them, inside of lists and maps as well.
            _ if self.is_of(&e.ty, to) => TExpr { ty: to.clone(), ..e },
            // An empty list or map is of every list or map type.
            (Type::List(of), Type::List(_)) if **of == Type::Never => TExpr { ty: to.clone(), ..e },
            (Type::Map(of, _), Type::Map(..)) if **of == Type::Never => TExpr { ty: to.clone(), ..e },
            _ => self.mismatch(e, to),
        }
    }

    /// Whether every value of a type is one of another, as it lies in memory: the same type, but for conditions that the
    /// other does not ask for. Values never change, so this goes for what lists and maps hold too.
    fn is_of(&self, from: &Type, to: &Type) -> bool {
        match (from, to) {
            (Type::List(a), Type::List(b)) | (Type::Option(a), Type::Option(b)) => self.is_of(a, b),
            (Type::Map(k, v), Type::Map(l, w)) => self.is_of(k, l) && self.is_of(v, w),
            (Type::Named(id), _) if from != to => {
                self.parents.get(id).is_some_and(|of| self.is_of(&Type::Named(*of), to)) || self.base(from) == *to
            }
            _ => from == to,
        }
    }

    fn coerce_num(&mut self, e: TExpr, from: Num, want: Num) -> TExpr {
        let place = e.place;
        let literal = e.as_number();
        let unit_fits = from.unit == want.unit
            || literal == Some(0)
            || match (from.unit, want.unit) {
                (Unit::None, Unit::Percent) | (Unit::Percent, Unit::None) => true,
                (Unit::None, Unit::Quantity(None)) => literal.is_some(),
                // A money literal where a price is asked for is one per base unit.
                (Unit::Money(a), Unit::Price(b, _)) => literal.is_some() && a == b,
                _ => false,
            };
        if !unit_fits {
            return self.mismatch(e, &Type::Num(want));
        }
        self.rescale(TExpr { ty: Type::Num(Num { unit: want.unit, scale: from.scale }), place, kind: e.kind }, want)
    }

    /// The same number at a larger scale; a smaller one is refused: nothing rounds in silence.
    pub(crate) fn rescale(&mut self, e: TExpr, want: Num) -> TExpr {
        let Type::Num(from) = e.ty else { return e };
        let place = e.place;
        let ty = Type::Num(want);
        if from.scale == want.scale {
            return TExpr { ty, ..e };
        }
        if let Some(value) = e.as_number() {
            let (value, scale) = shortest(value, from.scale);
            if scale <= want.scale {
                let lifted = 10_i128.checked_pow(u32::from(want.scale - scale)).and_then(|f| value.checked_mul(f));
                return match lifted {
                    Some(value) => TExpr::number(value, ty, place),
                    None => {
                        self.report(Problem::LiteralTooLarge { place });
                        TExpr::invalid(place)
                    }
                };
            }
        }
        if from.scale < want.scale {
            let by = want.scale - from.scale;
            return TExpr::new(T::ScaleUp(e.boxed(), by), ty, place);
        }
        let expected = self.show(&ty);
        let text = self.sources.text(place).to_owned();
        // The decimals of a literal percentage are those that stand in front of the sign.
        let hidden = if want.unit == Unit::Percent && e.as_number().is_some() && text.ends_with('%') { 2 } else { 0 };
        let (from, to) = (from.scale.saturating_sub(hidden), want.scale.saturating_sub(hidden));
        self.report(Problem::WouldRound { place, from, to, expected, text: text.into() });
        TExpr::invalid(place)
    }

    pub(crate) fn mismatch(&mut self, e: TExpr, to: &Type) -> TExpr {
        // A literal has as many decimals as it is written with; its type is what it would be stored as.
        let own = if e.as_number().is_some() { self.stored(&e.ty) } else { e.ty.clone() };
        let (mut expected, mut found) = (self.show(to), self.show(&own));
        if expected == found {
            // Two declarations of one name, in two modules.
            (expected, found) = (self.show_with_module(to), self.show_with_module(&e.ty));
        }
        let hint = self.mismatch_hint(&e, to);
        self.report(Problem::Mismatch { place: e.place, expected, found, hint });
        TExpr::invalid(e.place)
    }

    /// The way out, where one is likely.
    fn mismatch_hint(&self, e: &TExpr, to: &Type) -> Option<String> {
        let from = self.base(&e.ty);
        let to = self.base(to);
        Some(match (&from, &to) {
            (Type::Num(a), Type::Num(b)) => match (a.unit, b.unit) {
                (Unit::None, Unit::Money(c)) if e.as_number().is_some() => {
                    let text = e.as_number().filter(|_| a.scale == 0).map_or("12.50".into(), |v| v.to_string());
                    format!("a number becomes money by its currency: `{text} {}`", c.code())
                }
                (Unit::Money(a), Unit::Money(b)) if a != b && (a == TEST_CURRENCY || b == TEST_CURRENCY) => {
                    let named = if a == TEST_CURRENCY { b } else { a };
                    format!(
                        "`Money` is in the book currency, which this program leaves open: `currency {0}` binds it, \
                         or write `Money<{0}>`",
                        named.code()
                    )
                }
                (Unit::Money(a), Unit::Money(b)) if a != b => {
                    format!("{} and {} meet only in `convert(amount, to: {}, rate: …)`", a.code(), b.code(), b.code())
                }
                (Unit::None, Unit::Quantity(Some(u))) => {
                    format!("write the unit: `… {}`", self.checked.units[u.index()].name)
                }
                (Unit::Quantity(Some(a)), Unit::Quantity(Some(b))) if a != b => {
                    let name = |id: UnitId| &self.checked.units[id.index()].name;
                    let (a, b) = (name(a), name(b));
                    format!("{a} and {b} do not measure the same thing, unless one says how much: `unit {a} = … {b}`")
                }
                (Unit::None, Unit::Quantity(None)) => "`quantity(x)` makes a quantity of a number".into(),
                (Unit::Quantity(_), Unit::None) => "`.count` gives the bare number of a quantity".into(),
                _ => return None,
            },
            (Type::Option(of), other) if **of == *other => {
                "it may be `none`: say what then, by `… ?? other` or `match`".into()
            }
            (Type::Option(of), _) if **of == Type::Never => {
                format!("only what is declared so may be `none`: `{}?`", self.show(&to))
            }
            (Type::Amount, Type::Num(Num { unit: Unit::Money(_), .. })) => {
                "its currency is data: `match amount { USD(m) => …, _ => … }` says what becomes of each".into()
            }
            (Type::Num(_), Type::Text) => "`\"{value}\"` writes a value as text".into(),
            (Type::Enum(id), Type::Bool) => {
                let name = self.checked.enums[id.index()].cases.first().map_or("Case".into(), |c| c.name.clone());
                format!("`… is {name}` asks whether it is that case")
            }
            (_, Type::Nothing) => "nothing is given here".into(),
            _ => return None,
        })
    }

    /// One type for two values that may stand in the same place: arms, branches, elements of a list.
    pub(crate) fn join(&self, a: &Type, b: &Type) -> Option<Type> {
        if a == b {
            return Some(a.clone());
        }
        match (a, b) {
            (Type::Invalid, _) | (_, Type::Invalid) => Some(Type::Invalid),
            (Type::Never, other) | (other, Type::Never) => Some(other.clone()),
            (Type::Named(_), _) | (_, Type::Named(_)) => self.join(&self.base(a), &self.base(b)),
            (Type::Num(x), Type::Num(y)) => {
                let scale = x.scale.max(y.scale);
                let unit = match (x.unit, y.unit) {
                    (p, q) if p == q => p,
                    (Unit::None, Unit::Percent) | (Unit::Percent, Unit::None) => Unit::None,
                    _ => return None,
                };
                Some(Type::Num(Num { unit, scale }))
            }
            (Type::Option(x), Type::Option(y)) => self.join(x, y).map(Type::option),
            (Type::Option(x), other) | (other, Type::Option(x)) => self.join(x, other).map(Type::option),
            (Type::Duration, Type::Period) | (Type::Period, Type::Duration) => Some(Type::Period),
            (Type::List(x), Type::List(y)) => match (&**x, &**y) {
                (Type::Never, _) => Some(b.clone()),
                (_, Type::Never) => Some(a.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Like [`Checker::join`], of values: the literal 0 takes the unit of the other.
    pub(crate) fn join_values(&self, a: &TExpr, b: &TExpr) -> Option<Type> {
        match (self.base(&a.ty), self.base(&b.ty)) {
            (Type::Num(x), Type::Num(y)) if x.unit != y.unit => {
                let scale = x.scale.max(y.scale);
                if fits_any(a, x, y) {
                    return Some(Type::Num(Num { unit: y.unit, scale }));
                }
                if fits_any(b, y, x) {
                    return Some(Type::Num(Num { unit: x.unit, scale }));
                }
            }
            _ => {}
        }
        self.join(&a.ty, &b.ty)
    }
}

/// A literal that takes the other's unit: 0 everywhere, a bare number as a quantity, money as a price.
fn fits_any(e: &TExpr, own: Num, other: Num) -> bool {
    match e.as_number() {
        Some(0) => true,
        Some(_) => match (own.unit, other.unit) {
            (Unit::None, Unit::Quantity(None)) => true,
            (Unit::Money(a), Unit::Price(b, _)) => a == b,
            _ => false,
        },
        None => false,
    }
}
