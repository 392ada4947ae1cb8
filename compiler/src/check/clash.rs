//! Two values that an operator does not take, and what was probably meant.

use super::Checker;
use crate::currency::TEST_CURRENCY;
use crate::diagnostics::{Clash, Problem};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;

/// How long two texts may be, as written, to be shown in one.
const SHOWN_MAX: usize = 40;

impl Checker<'_> {
    pub(crate) fn operands(&mut self, op: &'static str, a: &TExpr, b: &TExpr, place: Place) -> TExpr {
        let (left, right) = (self.show(&a.ty), self.show(&b.ty));
        let why = self.clash(op, a, b);
        self.report(Problem::Operands { place, op, left: (a.place, left), right: (b.place, right), why });
        TExpr::invalid(place)
    }

    /// What people mix up most.
    fn clash(&self, op: &str, a: &TExpr, b: &TExpr) -> Option<Clash> {
        let (ta, tb) = (self.base(&a.ty), self.base(&b.ty));
        let (Type::Num(x), Type::Num(y)) = (&ta, &tb) else { return self.other_clash(op, (a, &ta), (b, &tb)) };
        let unit = |id: UnitId| self.checked.units[id.index()].name.to_string();
        let bare = |number: &TExpr, unit: String| {
            number.as_number()?;
            Some(Clash::Bare { place: number.place, literal: self.text(number.place.span).into(), unit })
        };
        // Where the book currency is open, it has no name to speak of.
        let is_open = |unit: Unit| matches!(unit, Unit::Money(c) if c == TEST_CURRENCY);
        match (x.unit, y.unit) {
            (Unit::Money(_), Unit::Money(_)) if op == "*" => Some(Clash::Squared),
            (open, Unit::None) | (Unit::None, open) if is_open(open) => {
                let number = if y.unit == Unit::None { b } else { a };
                number.as_number()?;
                Some(Clash::NoCurrency { literal: self.text(number.place.span).into() })
            }
            _ if is_open(x.unit) || is_open(y.unit) => None,
            (Unit::Money(c), Unit::Money(d)) if c != d => Some(Clash::Currencies(c.code().into(), d.code().into())),
            (Unit::Quantity(Some(u)), Unit::Quantity(Some(v))) if u != v => Some(Clash::Units(unit(u), unit(v))),
            (Unit::Money(_), Unit::Quantity(Some(u))) | (Unit::Quantity(Some(u)), Unit::Money(_)) if op == "*" => {
                Some(Clash::NoPrice(unit(u)))
            }
            (Unit::Price(_, Some(u)), Unit::Quantity(Some(v))) | (Unit::Quantity(Some(v)), Unit::Price(_, Some(u)))
                if u != v =>
            {
                Some(Clash::PriceUnit { per: unit(u), of: unit(v) })
            }
            (Unit::Money(c), Unit::None) => bare(b, c.code().into()),
            (Unit::None, Unit::Money(c)) => bare(a, c.code().into()),
            (Unit::Quantity(Some(u)), Unit::None) => bare(b, unit(u)),
            (Unit::None, Unit::Quantity(Some(u))) => bare(a, unit(u)),
            _ => None,
        }
    }

    /// The same of values that are not both numbers.
    fn other_clash(&self, op: &str, (a, ta): (&TExpr, &Type), (b, tb): (&TExpr, &Type)) -> Option<Clash> {
        let written = |e: &TExpr| self.text(e.place.span);
        // In a text, a text stands as it is and all else in braces.
        let in_text = |e: &TExpr| match written(e).strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inside) => inside.to_owned(),
            None => format!("{{{}}}", written(e)),
        };
        match (ta, tb) {
            (Type::Text, _) | (_, Type::Text) if op == "+" => {
                let whole = format!("\"{}{}\"", in_text(a), in_text(b));
                Some(Clash::Texts((whole.len() <= SHOWN_MAX).then_some(whole)))
            }
            (Type::Date, Type::Date) if op == "-" => {
                Some(Clash::Days { from: written(b).to_string(), to: written(a).to_string() })
            }
            (Type::Date, Type::Duration) | (Type::Duration, Type::Date) => Some(Clash::TimeOfDay),
            (Type::Option(of), other) if self.join(of, other).is_some() => {
                Some(Clash::MayBeNone(written(a).to_string()))
            }
            (other, Type::Option(of)) if self.join(of, other).is_some() => {
                Some(Clash::MayBeNone(written(b).to_string()))
            }
            _ => None,
        }
    }
}
