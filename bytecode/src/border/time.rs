//! Dates, months, times, moments, durations and periods as text.

use jiff::civil::Date;

use super::error::{BorderError, Reason};

/// The first and the last day that a date may be: 0001-01-01 and 9999-12-31, in days since 1970-01-01.
pub const FIRST_DAY: i64 = -719_162;
pub const LAST_DAY: i64 = 2_932_896;
/// The first and the last month: 0001-01 and 9999-12, in months since year 0.
pub const FIRST_MONTH: i64 = 12;
pub const LAST_MONTH: i64 = 9_999 * 12 + 11;
/// The first and the last moment: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, in seconds since 1970.
pub const FIRST_MOMENT: i64 = FIRST_DAY * 86_400;
pub const LAST_MOMENT: i64 = LAST_DAY * 86_400 + 86_399;

/// Days since 1970-01-01.
///
/// The well-known count by eras of 400 years that begin in March, so that the leap day is the last of its year.
/// Batches read a date for every row; a test holds this against the calendar library on every day there is.
pub fn day_of(date: Date) -> i64 {
    let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a number of days since 1970-01-01, in the years 1 to 9999.
pub fn date_of(day: i64) -> Option<Date> {
    if !(FIRST_DAY..=LAST_DAY).contains(&day) {
        return None;
    }
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date::new(year as i16, month as i8, (day_of_year - (153 * from_march + 2) / 5 + 1) as i8).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, b| b.is_ascii_digit().then(|| value * 10 + i64::from(b - b'0')))
}

/// `Form` if the text is not written as a date, `NoSuchDate` if there is no such day.
fn parse_date(text: &[u8]) -> Result<i64, Reason> {
    let (Some(year), Some(month), Some(day)) = (match text {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => (number(y), number(&[*m1, *m2]), number(&[*d1, *d2])),
        _ => return Err(Reason::Form),
    }) else {
        return Err(Reason::Form);
    };
    match Date::new(year as i16, month as i8, day as i8) {
        Ok(date) if year >= 1 => Ok(day_of(date)),
        _ => Err(Reason::NoSuchDate),
    }
}

fn parse_time(text: &[u8]) -> Result<i64, Reason> {
    let (hour, minute, second) = match text {
        [h1, h2, b':', m1, m2] => (number(&[*h1, *h2]), number(&[*m1, *m2]), Some(0)),
        [h1, h2, b':', m1, m2, b':', s1, s2] => (number(&[*h1, *h2]), number(&[*m1, *m2]), number(&[*s1, *s2])),
        _ => return Err(Reason::Form),
    };
    match (hour, minute, second) {
        (Some(hour @ 0..24), Some(minute @ 0..60), Some(second @ 0..60)) => Ok(hour * 3_600 + minute * 60 + second),
        (Some(_), Some(_), Some(_)) => Err(Reason::NoSuchDate),
        _ => Err(Reason::Form),
    }
}

pub(super) const DATE: &str = "a date such as 2026-10-31";
pub(super) const MONTH: &str = "a month such as 2026-10";
pub(super) const TIME: &str = "a time such as 08:30";
pub(super) const MOMENT: &str = "a date and time with its offset such as 2026-10-31T08:30+07:00";
pub(super) const DURATION: &str = "a duration such as 2 hours 30 min";
pub(super) const PERIOD: &str = "a period such as 30 days";

pub(super) fn read_date(cell: &str) -> Result<i64, BorderError> {
    parse_date(cell.as_bytes()).map_err(|reason| BorderError::new(cell, DATE, reason))
}

pub(super) fn read_month(cell: &str) -> Result<i64, BorderError> {
    let refuse = |reason| BorderError::new(cell, MONTH, reason);
    let (year, month) = match cell.as_bytes() {
        [y @ .., b'-', m1, m2] if y.len() == 4 => (number(y), number(&[*m1, *m2])),
        _ => return Err(refuse(Reason::Form)),
    };
    match (year, month) {
        (Some(year @ 1..), Some(month @ 1..=12)) => Ok(year * 12 + month - 1),
        (Some(_), Some(_)) => Err(refuse(Reason::NoSuchDate)),
        _ => Err(refuse(Reason::Form)),
    }
}

pub(super) fn read_time(cell: &str) -> Result<i64, BorderError> {
    parse_time(cell.as_bytes()).map_err(|reason| BorderError::new(cell, TIME, reason))
}

/// `2026-10-31T08:30[:00]` and `Z` or an offset. Without an offset the moment is unknown, and nothing is guessed.
pub(super) fn read_moment(cell: &str) -> Result<i64, BorderError> {
    let refuse = |reason| BorderError::new(cell, MOMENT, reason);
    let bytes = cell.as_bytes();
    let (local, offset) = match bytes {
        [local @ .., b'Z'] => (local, 0),
        [local @ .., sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let offset = parse_time(&[*h1, *h2, b':', *m1, *m2]).map_err(refuse)?;
            (local, if *sign == b'+' { offset } else { -offset })
        }
        _ => return Err(refuse(Reason::Form)),
    };
    let (Some(date), Some([b'T', time @ ..])) = (local.get(..10), local.get(10..)) else {
        return Err(refuse(Reason::Form));
    };
    let day = parse_date(date).map_err(refuse)?;
    let moment = day * 86_400 + parse_time(time).map_err(refuse)? - offset;
    if (FIRST_MOMENT..=LAST_MOMENT).contains(&moment) { Ok(moment) } else { Err(refuse(Reason::NoSuchDate)) }
}

/// ISO 8601. A day outside the years 1 to 9999, which no stored date is, shows as its number.
pub fn date_text(day: i64) -> String {
    match date_of(day) {
        Some(date) => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        None => format!("day {day}"),
    }
}

pub fn month_text(month: i64) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// `08:30`, with seconds only where there are any.
pub fn time_text(seconds: i64) -> String {
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// A moment in UTC: `2026-10-31T01:30Z`.
pub fn moment_text(moment: i64) -> String {
    format!("{}T{}Z", date_text(moment.div_euclid(86_400)), time_text(moment.rem_euclid(86_400)))
}

/// The four parts of a period, in the order months, days, business days, seconds.
pub type Parts = [i64; 4];

/// `1 month 2 days 3 hours`; `0 s` if all parts are 0 and it is a duration, else `0 days`.
fn parts_text(parts: &Parts, nothing: &str) -> String {
    let [months, days, business_days, seconds] = *parts;
    let pieces = [
        (months, "month", "months"),
        (days, "day", "days"),
        (business_days, "business day", "business days"),
        (seconds / 3_600, "hour", "hours"),
        (seconds / 60 % 60, "min", "min"),
        (seconds % 60, "s", "s"),
    ];
    let written: Vec<String> = pieces
        .iter()
        .filter(|(count, ..)| *count != 0)
        .map(|(count, one, many)| format!("{count} {}", if matches!(count, 1 | -1) { one } else { many }))
        .collect();
    if written.is_empty() { nothing.to_owned() } else { written.join(" ") }
}

pub fn duration_text(seconds: i64) -> String {
    parts_text(&[0, 0, 0, seconds], "0 s")
}

pub fn period_text(parts: &Parts) -> String {
    parts_text(parts, "0 days")
}

fn parse_parts(cell: &str) -> Result<Parts, Reason> {
    let mut parts = [0i64; 4];
    let mut rest = cell;
    while !rest.is_empty() {
        let end = rest.bytes().take_while(|b| b.is_ascii_digit() || b"+-".contains(b)).count();
        let count = super::number::parse_decimal(&rest.as_bytes()[..end], 0)
            .map_err(|fault| super::number::reason(fault, 0))?;
        rest = rest[end..].trim_start();
        let end = rest.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count();
        let mut unit = &rest[..end];
        rest = rest[end..].trim_start();
        // `business days`, as it is written, is two words.
        if unit == "business" {
            let end = rest.bytes().take_while(u8::is_ascii_lowercase).count();
            unit = match &rest[..end] {
                "day" | "days" => "business_days",
                _ => return Err(Reason::Form),
            };
            rest = rest[end..].trim_start();
        }
        let (part, factor) = match unit {
            "year" | "years" => (0, 12),
            "month" | "months" => (0, 1),
            "week" | "weeks" => (1, 7),
            "day" | "days" => (1, 1),
            "business_day" | "business_days" => (2, 1),
            "hour" | "hours" => (3, 3_600),
            "min" => (3, 60),
            "s" => (3, 1),
            _ => return Err(Reason::Form),
        };
        parts[part] =
            count.checked_mul(factor).and_then(|count| parts[part].checked_add(count)).ok_or(Reason::OutOfRange)?;
    }
    Ok(parts)
}

pub(super) fn read_duration(cell: &str) -> Result<i64, BorderError> {
    let refuse = |reason| BorderError::new(cell, DURATION, reason);
    match parse_parts(cell).map_err(refuse)? {
        [0, 0, 0, seconds] => Ok(seconds),
        _ => Err(refuse(Reason::Form)),
    }
}

pub(super) fn read_period(cell: &str) -> Result<Parts, BorderError> {
    parse_parts(cell).map_err(|reason| BorderError::new(cell, PERIOD, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_agree_with_the_calendar_library_on_every_day() {
        let mut date = Date::new(1, 1, 1).unwrap();
        for day in FIRST_DAY..=LAST_DAY {
            assert_eq!(day_of(date), day);
            assert_eq!(date_of(day), Some(date));
            date = date.tomorrow().unwrap_or(date);
        }
        assert_eq!(day_of(Date::new(1970, 1, 1).unwrap()), 0);
        assert_eq!(date_of(FIRST_DAY - 1), None);
        assert_eq!(date_of(LAST_DAY + 1), None);
    }

    #[test]
    fn dates_months_and_times_are_checked() {
        assert_eq!(date_text(read_date("2028-02-29").unwrap()), "2028-02-29");
        assert_eq!(read_date("2026-02-29").unwrap_err().reason, Reason::NoSuchDate);
        assert_eq!(read_date("0000-01-01").unwrap_err().reason, Reason::NoSuchDate);
        assert_eq!(read_date("2026-13-01").unwrap_err().reason, Reason::NoSuchDate);
        for bad in ["20260101", "2026-1-01", "2026-01-01T00:00", "01.02.2026", "", "2026-01-0x", "+026-01-01"] {
            assert_eq!(read_date(bad).unwrap_err().reason, Reason::Form, "{bad}");
        }
        assert_eq!(read_month("2026-10"), Ok(2026 * 12 + 9));
        assert_eq!(month_text(2026 * 12 + 9), "2026-10");
        assert_eq!(read_month("2026-00").unwrap_err().reason, Reason::NoSuchDate);
        assert_eq!(read_time("08:30"), Ok(30_600));
        assert_eq!(read_time("23:59:59"), Ok(86_399));
        assert_eq!(read_time("24:00").unwrap_err().reason, Reason::NoSuchDate);
    }

    #[test]
    fn a_moment_needs_its_offset() {
        assert_eq!(read_moment("1970-01-01T07:00+07:00"), Ok(0));
        assert_eq!(read_moment("1970-01-01T00:00:05Z"), Ok(5));
        assert_eq!(read_moment("1969-12-31T19:00-05:00"), Ok(0));
        assert_eq!(moment_text(5), "1970-01-01T00:00:05Z");
        for bad in ["1970-01-01T07:00", "1970-01-01 07:00Z", "1970-01-01T07:00:00.5Z", "Z", "é970-01-01T07:00Z"] {
            assert!(read_moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_and_periods_keep_their_parts() {
        assert_eq!(read_duration("2 hours 30 min"), Ok(9_000));
        assert_eq!(read_duration("1 day").unwrap_err().reason, Reason::Form);
        assert_eq!(read_duration("90").unwrap_err().reason, Reason::Form);
        assert_eq!(duration_text(9_000), "2 hours 30 min");
        assert_eq!(read_period("1 year 2 months 1 week"), Ok([14, 7, 0, 0]));
        assert_eq!(read_period("3 business_days"), Ok([0, 0, 3, 0]));
        assert_eq!(read_period("3 business days"), Ok([0, 0, 3, 0]));
        assert_eq!(period_text(&[1, 30, 0, 0]), "1 month 30 days");
        assert_eq!(
            read_period("99999999999999999 years").map_err(|e| e.reason),
            Ok([1_199_999_999_999_999_988, 0, 0, 0])
        );
        assert_eq!(read_period("9999999999999999999 days").unwrap_err().reason, Reason::OutOfRange);
    }

    proptest! {
        #[test]
        fn every_time_value_comes_back(
            day in FIRST_DAY..=LAST_DAY, month in FIRST_MONTH..=LAST_MONTH, time in 0i64..86_400,
            moment in FIRST_MOMENT..=LAST_MOMENT, seconds: i64, parts: [i64; 4],
        ) {
            prop_assert_eq!(read_date(&date_text(day)), Ok(day));
            prop_assert_eq!(read_month(&month_text(month)), Ok(month));
            prop_assert_eq!(read_time(&time_text(time)), Ok(time));
            prop_assert_eq!(read_moment(&moment_text(moment)), Ok(moment));
            prop_assert_eq!(read_duration(&duration_text(seconds)), Ok(seconds));
            prop_assert_eq!(read_period(&period_text(&parts)), Ok(parts));
        }

        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,30}") {
            let _ = (read_date(&text), read_month(&text), read_time(&text), read_moment(&text));
            let _ = (read_duration(&text), read_period(&text));
        }
    }
}
