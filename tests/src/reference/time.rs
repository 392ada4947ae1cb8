//! The calendar, by the calendar library; the tenant's zone is UTC, and nobody has holidays.

use super::stop::Fault;
use super::value::Parts;
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

const DAY: i64 = 86_400;

fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

/// The date of a day number, in the years 1 to 9999.
pub fn date(day: i64) -> Result<Date, Fault> {
    let span = Span::new().try_days(day).map_err(|_| Fault::DateOutside)?;
    let date = epoch().checked_add(span).map_err(|_| Fault::DateOutside)?;
    if date.year() < 1 { Err(Fault::DateOutside) } else { Ok(date) }
}

pub fn day(date: Date) -> i64 {
    i64::from(epoch().until(date).map_or(0, |span| span.get_days()))
}

/// A day number that is a date.
pub fn checked_day(number: i64) -> Result<i64, Fault> {
    date(number).map(day)
}

pub fn month_of(number: i64) -> Result<i64, Fault> {
    let date = date(number)?;
    Ok(i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

/// 1 is Monday, 7 Sunday.
pub fn weekday(number: i64) -> Result<i64, Fault> {
    Ok(i64::from(date(number)?.weekday().to_monday_one_offset()))
}

pub fn first_of_month(month: i64) -> Result<Date, Fault> {
    let year = i16::try_from(month.div_euclid(12)).map_err(|_| Fault::DateOutside)?;
    if !(1..=9999).contains(&year) {
        return Err(Fault::DateOutside);
    }
    Date::new(year, month.rem_euclid(12) as i8 + 1, 1).map_err(|_| Fault::DateOutside)
}

/// So many months on; a month's end clamps.
pub fn add_months(number: i64, months: i64) -> Result<i64, Fault> {
    let start = date(number)?;
    let first = first_of_month(month_of(number)?.checked_add(months).ok_or(Fault::DateOutside)?)?;
    let day_of_month = start.day().min(first.days_in_month());
    first.with().day(day_of_month).build().map(day).map_err(|_| Fault::DateOutside)
}

fn is_business_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// First the months, then the days, then the business days; exact time counts from midnight, in whole days.
pub fn add_period(number: i64, [months, days, business_days, seconds]: Parts) -> Result<i64, Fault> {
    let number = if months == 0 { checked_day(number)? } else { add_months(number, months)? };
    let moved = number.checked_add(days).and_then(|day| day.checked_add(seconds.div_euclid(DAY)));
    let mut at = date(moved.ok_or(Fault::DateOutside)?)?;
    let step = business_days.signum();
    let mut left = business_days;
    while left != 0 {
        at = at.checked_add(step.days()).map_err(|_| Fault::DateOutside)?;
        if at.year() < 1 {
            return Err(Fault::DateOutside);
        }
        if is_business_day(at) {
            left -= step;
        }
    }
    Ok(day(at))
}

/// A moment within the years 1 to 9999.
pub fn checked_moment(moment: i64) -> Result<i64, Fault> {
    checked_day(moment.div_euclid(DAY))?;
    Ok(moment)
}

/// The calendar parts on the date, keeping the time of day; then the exact time.
pub fn add_to_moment(moment: i64, [months, days, business_days, seconds]: Parts) -> Result<i64, Fault> {
    let moved = match [months, days, business_days] {
        [0, 0, 0] => moment,
        parts => {
            let [months, days, business_days] = parts;
            let day = add_period(moment.div_euclid(DAY), [months, days, business_days, 0])?;
            day * DAY + moment.rem_euclid(DAY)
        }
    };
    checked_moment(moved.checked_add(seconds).ok_or(Fault::DateOutside)?)
}

/// Each part with that of another; overflow of 64 bits is a fault.
pub fn each(a: Parts, operation: impl Fn(usize, i64) -> Option<i64>) -> Result<Parts, Fault> {
    let mut parts = a;
    for (at, part) in parts.iter_mut().enumerate() {
        *part = operation(at, *part).ok_or(Fault::Overflow)?;
    }
    Ok(parts)
}

pub fn date_text(number: i64) -> String {
    match date(number) {
        Ok(date) => date.to_string(),
        Err(_) => format!("day {number}"),
    }
}

pub fn month_text(month: i64) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// Seconds only where there are any.
pub fn time_text(seconds: i64) -> String {
    let text = format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 == 0 { text } else { format!("{text}:{:02}", seconds % 60) }
}

pub fn moment_text(moment: i64) -> String {
    format!("{}T{}Z", date_text(moment.div_euclid(DAY)), time_text(moment.rem_euclid(DAY)))
}

/// What of a period is not zero, from large to small, or `nothing`.
pub fn period_text([months, days, business_days, seconds]: Parts, nothing: &str) -> String {
    let counted = [
        (months, "month", "months"),
        (days, "day", "days"),
        (business_days, "business day", "business days"),
        (seconds / 3_600, "hour", "hours"),
        (seconds / 60 % 60, "min", "min"),
        (seconds % 60, "s", "s"),
    ];
    let mut parts = Vec::new();
    for (count, one, many) in counted {
        if count != 0 {
            parts.push(format!("{count} {}", if count.abs() == 1 { one } else { many }));
        }
    }
    if parts.is_empty() { nothing.to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> i64 {
        day(text.parse().unwrap())
    }

    /// The examples of the chapter on numbers.
    #[test]
    fn dates_and_periods_are_as_the_chapter_says() {
        assert_eq!(add_period(of("2026-01-31"), [1, 0, 0, 0]), Ok(of("2026-02-28")));
        assert_eq!(add_period(of("2026-03-31"), [-1, 0, 0, 0]), Ok(of("2026-02-28")));
        assert_eq!(add_period(of("2026-11-20"), [0, 0, 2, 0]), Ok(of("2026-11-24")));
        assert_eq!(add_period(of("2026-12-24"), [0, 7, 0, 0]), Ok(of("2026-12-31")));
        assert_eq!(weekday(of("2026-11-21")), Ok(6));
        assert_eq!(month_of(of("2026-11-21")).map(month_text), Ok("2026-11".to_owned()));
        assert_eq!(checked_day(of("9999-12-31") + 1), Err(Fault::DateOutside));
        assert_eq!(checked_day(of("0001-01-01") - 1), Err(Fault::DateOutside));
        assert_eq!(period_text([1, 15, 0, 0], ""), "1 month 15 days");
    }
}
