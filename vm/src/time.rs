//! Calendar arithmetic.
//!
//! Days are counted from 1970-01-01, months from year 0, moments in seconds since 1970-01-01T00:00:00Z. A day that
//! a month lacks is its last. Everything outside the years 1 to 9999 is [`FaultKind::DateOutside`].

use bp_bytecode::border::{FIRST_DAY, FIRST_MOMENT, FIRST_MONTH, LAST_DAY, LAST_MOMENT, LAST_MONTH, date_of, day_of};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::fault::{FaultKind, Raise};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Months, days, business days and seconds.
pub type Period = [i64; 4];

#[cold]
fn outside() -> Raise {
    Box::new(FaultKind::DateOutside)
}

/// The date of a day number.
pub fn date(day: i64) -> Result<Date, Raise> {
    date_of(day).ok_or_else(outside)
}

fn in_range(value: Option<i64>, first: i64, last: i64) -> Result<i64, Raise> {
    value.filter(|value| (first..=last).contains(value)).ok_or_else(outside)
}

/// Checks a day number.
pub fn checked_day(day: Option<i64>) -> Result<i64, Raise> {
    in_range(day, FIRST_DAY, LAST_DAY)
}

/// The month that a day is in.
pub fn month_of(day: i64) -> Result<i64, Raise> {
    let date = date(day)?;
    Ok(i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

fn first_of(month: i64) -> Result<Date, Raise> {
    let month = in_range(Some(month), FIRST_MONTH, LAST_MONTH)?;
    Date::new((month / 12) as i16, (month % 12 + 1) as i8, 1).map_err(|_| outside())
}

pub fn first_day(month: i64) -> Result<i64, Raise> {
    first_of(month).map(day_of)
}

pub fn last_day(month: i64) -> Result<i64, Raise> {
    first_of(month).map(|date| day_of(date.last_of_month()))
}

/// The same day of a later or, with a negative number, an earlier month; a month's end clamps.
pub fn add_months(day: i64, months: i64) -> Result<i64, Raise> {
    let start = date(day)?;
    let month = month_of(day)?.checked_add(months).ok_or_else(outside)?;
    let first = first_of(month)?;
    Ok(day_of(first) + i64::from(start.day().min(first.days_in_month())) - 1)
}

/// Moves on by so many business days, back if negative. By 0 the day stays, whatever day it is.
///
/// `steps` counts down for each day looked at; at 0 the work is refused.
fn add_business_days(
    mut day: i64,
    mut count: i64,
    is_business_day: &mut dyn FnMut(i64) -> bool,
    steps: &mut u64,
) -> Result<i64, Raise> {
    let towards = count.signum();
    while count != 0 {
        *steps = steps.checked_sub(1).ok_or_else(|| Box::new(FaultKind::CostSpent))?;
        day = checked_day(Some(day + towards))?;
        if is_business_day(day) {
            count -= towards;
        }
    }
    Ok(day)
}

/// A date and a period: months first, then days, then business days; seconds count from the day's midnight.
pub fn add_period(
    day: i64,
    period: Period,
    is_business_day: &mut dyn FnMut(i64) -> bool,
    steps: &mut u64,
) -> Result<i64, Raise> {
    let [months, days, business_days, seconds] = period;
    let day = if months == 0 { checked_day(Some(day))? } else { add_months(day, months)? };
    let day = checked_day(day.checked_add(days).and_then(|day| day.checked_add(seconds.div_euclid(DAY))))?;
    add_business_days(day, business_days, is_business_day, steps)
}

/// The date and the seconds since midnight of a moment in a zone.
pub fn local(zone: &TimeZone, moment: i64) -> Result<(i64, i64), Raise> {
    let timestamp = Timestamp::from_second(moment).map_err(|_| outside())?;
    let local = moment + i64::from(zone.to_offset(timestamp).seconds());
    Ok((checked_day(Some(local.div_euclid(DAY)))?, local.rem_euclid(DAY)))
}

/// The moment of a date and a time (seconds since midnight) in a zone. A time that a change of the clock skips moves
/// forward by what is skipped; of a doubled one the first counts.
pub fn moment(zone: &TimeZone, day: i64, time: i64) -> Result<i64, Raise> {
    let time = time.clamp(0, DAY - 1);
    let (hour, minute, second) = ((time / 3_600) as i8, (time / 60 % 60) as i8, (time % 60) as i8);
    let timestamp = zone.to_timestamp(date(day)?.at(hour, minute, second, 0)).map_err(|_| outside())?;
    checked_moment(Some(timestamp.as_second()))
}

pub fn checked_moment(moment: Option<i64>) -> Result<i64, Raise> {
    in_range(moment, FIRST_MOMENT, LAST_MOMENT)
}

/// A moment and a period: the calendar parts on the date in the zone, keeping the time of day; seconds exactly.
pub fn moment_plus(
    zone: &TimeZone,
    start: i64,
    period: Period,
    is_business_day: &mut dyn FnMut(i64) -> bool,
    steps: &mut u64,
) -> Result<i64, Raise> {
    let [months, days, business_days, seconds] = period;
    let mut result = start;
    // Without calendar parts there is no way through local time, which would lose the second of doubled hours.
    if [months, days, business_days] != [0; 3] {
        let (day, time) = local(zone, start)?;
        let day = add_period(day, [months, days, business_days, 0], is_business_day, steps)?;
        result = moment(zone, day, time)?;
    }
    checked_moment(result.checked_add(seconds))
}

/// Applies an operation to each part; overflow of 64 bits is a fault.
pub fn parts(a: Period, each: impl Fn(usize, i64) -> Option<i64>) -> Result<Period, Raise> {
    let mut result = [0; 4];
    for (at, part) in a.into_iter().enumerate() {
        result[at] = each(at, part).ok_or_else(|| Box::new(FaultKind::Overflow))?;
    }
    Ok(result)
}

pub fn negated(period: Period) -> Result<Period, Raise> {
    parts(period, |_, part| part.checked_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: i8, day: i8) -> i64 {
        day_of(Date::new(year, month, day).unwrap())
    }

    /// Monday to Friday, without 2026-12-25 (a Friday).
    fn working(d: i64) -> bool {
        (d + 3).rem_euclid(7) < 5 && d != day(2026, 12, 25)
    }

    fn plus(start: i64, period: Period) -> Result<i64, Raise> {
        add_period(start, period, &mut working, &mut 10_000)
    }

    #[test]
    fn the_end_of_a_month_clamps() {
        assert_eq!(add_months(day(2026, 1, 31), 1), Ok(day(2026, 2, 28)));
        assert_eq!(add_months(day(2028, 1, 31), 1), Ok(day(2028, 2, 29)));
        assert_eq!(add_months(day(2026, 3, 31), -1), Ok(day(2026, 2, 28)));
        assert_eq!(add_months(day(2026, 2, 28), 1), Ok(day(2026, 3, 28)));
        assert_eq!(add_months(day(2024, 2, 29), 12), Ok(day(2025, 2, 28)));
        assert_eq!(last_day(2028 * 12 + 1), Ok(day(2028, 2, 29)));
        assert_eq!(first_day(2028 * 12 + 1), Ok(day(2028, 2, 1)));
    }

    #[test]
    fn dates_outside_the_calendar_are_a_fault() {
        for months in [12 * 8_000, -12 * 2_100, i64::MAX, i64::MIN] {
            assert_eq!(*add_months(day(2026, 1, 1), months).unwrap_err(), FaultKind::DateOutside);
        }
        assert_eq!(*plus(day(9999, 12, 31), [0, 1, 0, 0]).unwrap_err(), FaultKind::DateOutside);
        assert_eq!(*plus(day(9999, 12, 31), [0, 0, 1, 0]).unwrap_err(), FaultKind::DateOutside);
        assert_eq!(*plus(day(1, 1, 1), [0, i64::MIN, 0, 0]).unwrap_err(), FaultKind::DateOutside);
        assert_eq!(*month_of(i64::MAX).unwrap_err(), FaultKind::DateOutside);
        assert_eq!(*local(&TimeZone::UTC, i64::MAX).unwrap_err(), FaultKind::DateOutside);
    }

    #[test]
    fn business_days_skip_weekends_and_holidays() {
        // Thursday 2026-12-24: the next business day is Monday the 28th.
        assert_eq!(plus(day(2026, 12, 24), [0, 0, 1, 0]), Ok(day(2026, 12, 28)));
        assert_eq!(plus(day(2026, 12, 28), [0, 0, -1, 0]), Ok(day(2026, 12, 24)));
        assert_eq!(plus(day(2026, 12, 26), [0, 0, 0, 0]), Ok(day(2026, 12, 26)));
        // First a month, then two days, then a business day.
        assert_eq!(plus(day(2026, 11, 22), [1, 2, 1, 0]), Ok(day(2026, 12, 28)));
        assert_eq!(plus(day(2026, 12, 24), [0, 0, 0, 2 * DAY - 1]), Ok(day(2026, 12, 25)));
        let endless = add_period(0, [0, 0, 5, 0], &mut |_| false, &mut 100);
        assert_eq!(*endless.unwrap_err(), FaultKind::CostSpent);
    }

    #[test]
    fn local_time_moves_forward_in_a_gap_and_takes_the_first_of_two() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-03-29: 02:00 to 03:00 is skipped.
        assert_eq!(moment(&zone, day(2026, 3, 29), 9_000), Ok(day(2026, 3, 29) * DAY + 5_400));
        // 2026-10-25: 02:30 comes twice, first with two hours offset.
        assert_eq!(moment(&zone, day(2026, 10, 25), 9_000), Ok(day(2026, 10, 25) * DAY + 1_800));
        let noon = moment(&zone, day(2026, 3, 28), DAY / 2).unwrap();
        let next_noon = moment_plus(&zone, noon, [0, 1, 0, 0], &mut working, &mut 9).unwrap();
        assert_eq!(next_noon - noon, 23 * 3_600);
        assert_eq!(local(&zone, next_noon), Ok((day(2026, 3, 29), DAY / 2)));
        assert_eq!(moment_plus(&zone, noon, [0, 0, 0, DAY], &mut working, &mut 9), Ok(noon + DAY));
    }
}
