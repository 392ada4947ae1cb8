//! Months of days.

use bp_bytecode::border::{FIRST_DAY, LAST_DAY, date_of, day_of};

/// The month of a day: months since year 0. Days outside the years 1 to 9999 count as the nearest one inside.
pub(crate) fn month_of(day: i64) -> i64 {
    let date = date_of(day.clamp(FIRST_DAY, LAST_DAY));
    date.map_or(0, |date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

/// The first day of a month.
pub(crate) fn first_day(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let date = jiff::civil::Date::new(year as i16, month as i8, 1);
    date.map_or(if year < 1 { FIRST_DAY } else { LAST_DAY + 1 }, day_of)
}

/// The last day of a month.
pub(crate) fn last_day(month: i64) -> i64 {
    first_day(month + 1) - 1
}

/// The first month of the fiscal year that a month lies in, if fiscal years begin with month `start`, 1 to 12.
pub(crate) fn first_month_of_year(month: i64, start: u8) -> i64 {
    month - (month - (i64::from(start) - 1)).rem_euclid(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_days() {
        // 2026-01-01 is day 20454.
        let january = 2026 * 12;
        assert_eq!((month_of(20_454), month_of(20_453), month_of(20_484)), (january, january - 1, january));
        assert_eq!((first_day(january), last_day(january)), (20_454, 20_484));
        assert_eq!(last_day(january + 1) - first_day(january + 1) + 1, 28);
        assert_eq!(last_day(9_999 * 12 + 11), LAST_DAY);
        assert_eq!(first_month_of_year(january, 1), january);
        assert_eq!(first_month_of_year(january, 4), january - 9);
        assert_eq!(first_month_of_year(january + 3, 4), january + 3);
    }
}
