//! Parts of dates, for computing a witness: days are counted from 1970, months from the year 0.

use bp_bytecode::op::Builtin;

/// What a built-in function of whole numbers gives; nothing for those that are not about days and months.
pub fn computed(builtin: Builtin, of: &[i128]) -> Option<i128> {
    let first = *of.first()?;
    Some(match builtin {
        Builtin::MakeMonth => month_of(first),
        Builtin::DateYear => month_of(first).div_euclid(12),
        Builtin::DateMonthNumber => month_of(first).rem_euclid(12) + 1,
        Builtin::DateDay => first - first_day(month_of(first)) + 1,
        // The first of 1970 was a Thursday.
        Builtin::DateWeekday => (first + 3).rem_euclid(7) + 1,
        Builtin::MonthYear => first.div_euclid(12),
        Builtin::MonthNumber => first.rem_euclid(12) + 1,
        Builtin::MonthFirstDay => first_day(first),
        Builtin::MonthLastDay => first_day(first + 1) - 1,
        Builtin::DaysBetween => *of.get(1)? - first,
        _ => return None,
    })
}

fn first_day(month: i128) -> i128 {
    // Years that begin in March, so that the day that is put in comes last.
    let shifted = month - 2;
    let (year, number) = (shifted.div_euclid(12), shifted.rem_euclid(12));
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * number + 2) / 5 - 719_468
}

fn month_of(day: i128) -> i128 {
    // A month has 30.436875 days in the mean: the guess is off by one at most.
    let guess = (day * 1_000_000).div_euclid(30_436_875) + 1970 * 12;
    let mut month = guess - 1;
    while first_day(month + 1) <= day {
        month += 1;
    }
    month
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_dates() {
        assert_eq!(first_day(1970 * 12), 0);
        assert_eq!(first_day(2000 * 12 + 2), 11_017);
        assert_eq!(computed(Builtin::MonthLastDay, &[2024 * 12 + 1]), Some(19_782));
        for day in -200_000..200_000 {
            let month = month_of(day);
            assert!(first_day(month) <= day && day < first_day(month + 1), "{day}");
        }
        assert_eq!(computed(Builtin::DateDay, &[19_782]), Some(29));
        assert_eq!(computed(Builtin::DateMonthNumber, &[19_782]), Some(2));
        assert_eq!(computed(Builtin::DateWeekday, &[19_782]), Some(4));
    }
}
