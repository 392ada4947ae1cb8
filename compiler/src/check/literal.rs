//! Literals with their units.

use super::Checker;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{DateLit, DateTimeLit, MonthLit, Number, TimeLit, UnitRef};

const SECONDS_PER_DAY: i128 = 86_400;

impl Checker<'_> {
    /// A number as written, at its own shortest scale.
    pub(crate) fn number(&mut self, n: &Number, place: Place) -> TExpr {
        let (value, scale) = shortest(n.value, n.scale);
        let num = |unit, value, scale| {
            let (value, scale) = shortest(value, scale);
            TExpr::number(value, Type::Num(Num { unit, scale }), place)
        };
        match &n.unit {
            None => num(Unit::None, value, scale),
            Some(UnitRef::Percent(_)) => num(Unit::Percent, value, scale + 2),
            Some(UnitRef::Named(word)) => {
                if word.text.len() == 3 && word.text.bytes().all(|b| b.is_ascii_uppercase()) {
                    return match self.currency(word) {
                        Some((c, _)) => num(Unit::Money(c), value, scale),
                        None => TExpr::invalid(place),
                    };
                }
                if let Some((seconds, months, days, business_days)) = time_unit(&word.text) {
                    return self.time_literal(value, scale, (seconds, months, days, business_days), place);
                }
                match self.unit(word) {
                    Some((id, factor, extra)) => match value.checked_mul(factor) {
                        Some(value) => num(Unit::Quantity(Some(id)), value, scale + extra),
                        None => {
                            self.report(Problem::LiteralTooLarge { place });
                            TExpr::invalid(place)
                        }
                    },
                    None => TExpr::invalid(place),
                }
            }
        }
    }

    fn time_literal(&mut self, value: i128, scale: u8, unit: (i64, i64, i64, i64), place: Place) -> TExpr {
        let (seconds, months, days, business_days) = unit;
        let divisor = 10_i128.pow(u32::from(scale));
        if seconds > 0 {
            let total = value.checked_mul(i128::from(seconds)).filter(|t| t % divisor == 0).map(|t| t / divisor);
            return match total.filter(|t| i64::try_from(*t).is_ok()) {
                Some(total) => TExpr::number(total, Type::Duration, place),
                None => {
                    self.report(Problem::PartOfTime { place });
                    TExpr::invalid(place)
                }
            };
        }
        // A period of more days than years 1 to 9999 have fits nowhere.
        match i64::try_from(value).ok().filter(|v| scale == 0 && v.unsigned_abs() < 4_000_000) {
            Some(n) => {
                let period = Constant::Period {
                    months: n * months,
                    days: n * days,
                    business_days: n * business_days,
                    seconds: 0,
                };
                TExpr::new(T::Constant(period), Type::Period, place)
            }
            None => {
                self.report(Problem::PartOfTime { place });
                TExpr::invalid(place)
            }
        }
    }
}

/// Seconds, months, days and business days of one of the unit.
pub(crate) fn time_unit(word: &str) -> Option<(i64, i64, i64, i64)> {
    Some(match word {
        "s" => (1, 0, 0, 0),
        "min" => (60, 0, 0, 0),
        "hour" | "hours" => (3_600, 0, 0, 0),
        "day" | "days" => (0, 0, 1, 0),
        "week" | "weeks" => (0, 0, 7, 0),
        "month" | "months" => (0, 1, 0, 0),
        "year" | "years" => (0, 12, 0, 0),
        "business_day" | "business_days" => (0, 0, 0, 1),
        _ => return None,
    })
}

/// Without zeros at the end behind the point.
pub(crate) fn shortest(mut value: i128, mut scale: u8) -> (i128, u8) {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    (value, scale)
}

/// Days since 1970-01-01 (proleptic Gregorian calendar; the civil-from-days algorithm of H. Hinnant, reversed).
pub(crate) fn days(date: DateLit) -> i64 {
    let (y, m, d) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

pub(crate) fn months(month: MonthLit) -> i64 {
    i64::from(month.year) * 12 + i64::from(month.month) - 1
}

pub(crate) fn time_seconds(time: TimeLit) -> i64 {
    i64::from(time.hour) * 3_600 + i64::from(time.minute) * 60
}

/// Seconds since 1970-01-01T00:00:00Z; `None` without an offset: the moment then depends on the tenant's zone.
pub(crate) fn moment_seconds(at: DateTimeLit) -> Option<i64> {
    let offset = i64::from(at.offset_minutes?) * 60;
    let time = i64::from(at.hour) * 3_600 + i64::from(at.minute) * 60 + i64::from(at.second);
    Some(days(at.date) * SECONDS_PER_DAY as i64 + time - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_the_epoch() {
        let date = |year, month, day| days(DateLit { year, month, day });
        assert_eq!(date(1970, 1, 1), 0);
        assert_eq!(date(2000, 3, 1), 11_017);
        assert_eq!(date(2026, 11, 21), 20_778);
        assert_eq!(date(1969, 12, 31), -1);
        assert_eq!(date(1, 1, 1), -719_162);
        assert_eq!(date(9999, 12, 31), 2_932_896);
    }

    #[test]
    fn shortest_scale() {
        assert_eq!(shortest(2_500, 3), (25, 1));
        assert_eq!(shortest(0, 4), (0, 0));
        assert_eq!(shortest(1_000, 0), (1_000, 0));
    }
}
