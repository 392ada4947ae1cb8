//! Decimal numbers as text: exact, plain, without grouping and without exponents.

use crate::Program;
use crate::shape::Unit;

use super::error::{BorderError, Reason};

/// Why a text is not a number of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalFault {
    Form,
    TooManyDigits,
    OutOfRange,
}

/// Reads `[+-]digits[.digits]` as a number at `scale` (0 to 18).
///
/// Digits beyond the scale have to be zeros. All of the text has to be the number: there are no blanks, signs,
/// grouping or exponents around or in it.
pub fn parse_decimal(text: &[u8], scale: u8) -> Result<i64, DecimalFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut value: u64 = 0;
    let mut overflow = false;
    let mut push = |digit: u8| match value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit))) {
        Some(next) => value = next,
        None => overflow = true,
    };
    let whole = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    digits[..whole].iter().for_each(|b| push(b - b'0'));
    let fraction = match &digits[whole..] {
        [] => &[][..],
        [b'.', rest @ ..] if !rest.is_empty() => rest,
        _ => return Err(DecimalFault::Form),
    };
    if whole == 0 || !fraction.iter().all(u8::is_ascii_digit) {
        return Err(DecimalFault::Form);
    }
    let taken = fraction.len().min(usize::from(scale));
    if fraction[taken..].iter().any(|b| *b != b'0') {
        return Err(DecimalFault::TooManyDigits);
    }
    fraction[..taken].iter().for_each(|b| push(b - b'0'));
    (taken..usize::from(scale)).for_each(|_| push(0));
    if overflow {
        return Err(DecimalFault::OutOfRange);
    }
    let signed = if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() };
    signed.ok_or(DecimalFault::OutOfRange)
}

/// `value / 10^scale`, with all digits of the scale.
pub fn decimal_text(value: i128, scale: u8) -> String {
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// `value / 10^scale`, without the zeros at the end beyond `keep` digits.
pub fn short_decimal_text(value: i128, scale: u8, keep: u8) -> String {
    let (mut value, mut scale) = (value, scale);
    while scale > keep && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    decimal_text(value, scale)
}

/// A share at `scale` as a percentage with its sign: 0.11 is `11%`.
pub fn percent_text(share: i128, scale: u8) -> String {
    match scale.checked_sub(2) {
        Some(scale) => format!("{}%", short_decimal_text(share, scale, 0)),
        // Scales 0 and 1 count in hundreds and tens of percent.
        None => format!("{share}{}%", if share == 0 { "" } else { ["00", "0"][usize::from(scale)] }),
    }
}

/// A number of any size for people: money with its currency, a quantity with its unit, a share in percent.
pub fn display_number(program: &Program, scale: u8, unit: &Unit, value: i128) -> String {
    match unit {
        Unit::None => decimal_text(value, scale),
        Unit::Percent => percent_text(value, scale),
        Unit::Money(currency) => format!("{} {}", decimal_text(value, scale), text(program, *currency)),
        Unit::Quantity(None) => short_decimal_text(value, scale, 0),
        Unit::Quantity(Some(unit)) => format!("{} {}", decimal_text(value, scale), text(program, *unit)),
        Unit::Price { currency, per } => {
            let price = format!("{} {}", decimal_text(value, scale), text(program, *currency));
            match per {
                Some(unit) => format!("{price} per {}", text(program, *unit)),
                None => price,
            }
        }
    }
}

fn text(program: &Program, id: crate::index::TextId) -> &str {
    program.texts.get(id.index()).map_or("", String::as_str)
}

/// A number as a cell: plain, a share with `%`, money and quantities without their unit.
pub(super) fn write_number(scale: u8, unit: &Unit, value: i64) -> String {
    match unit {
        Unit::Percent => percent_text(i128::from(value), scale),
        _ => decimal_text(i128::from(value), scale),
    }
}

/// What is expected where a number of that scale and unit is read.
pub(super) fn phrase(program: &Program, scale: u8, unit: &Unit) -> String {
    let digits = match scale {
        0 => "a whole number".to_owned(),
        1 => "a number with at most 1 digit behind the point".to_owned(),
        _ => format!("a number with at most {scale} digits behind the point"),
    };
    match unit {
        Unit::None => digits,
        Unit::Percent => "a percentage such as 11% or 0.11".to_owned(),
        Unit::Money(currency) => format!("an amount in {}, {digits}", text(program, *currency)),
        Unit::Quantity(None) => format!("a quantity, {digits}"),
        Unit::Quantity(Some(unit)) => format!("a quantity in {}, {digits}", text(program, *unit)),
        Unit::Price { currency, .. } => format!("a price in {}, {digits}", text(program, *currency)),
    }
}

/// Reads a cell, already trimmed and not empty.
pub(super) fn read_number(program: &Program, scale: u8, unit: &Unit, cell: &str) -> Result<i64, BorderError> {
    let bytes = cell.as_bytes();
    let end = bytes.iter().take_while(|b| b.is_ascii_digit() || b"+-.".contains(b)).count();
    let (number, suffix) = (&bytes[..end], cell[end..].trim_start());
    let refuse = |reason| BorderError::new(cell, phrase(program, scale, unit), reason);
    if *unit == Unit::Percent && suffix == "%" {
        return parse_percent(number, scale).map_err(|fault| refuse(reason(fault, scale.saturating_sub(2))));
    }
    if !suffix.is_empty() {
        let wanted = match unit {
            Unit::Money(unit) | Unit::Quantity(Some(unit)) | Unit::Price { currency: unit, .. } => text(program, *unit),
            _ => return Err(refuse(Reason::Form)),
        };
        // Only a word behind a number can be a unit; anything else is not a number at all.
        if end == 0 || !suffix.bytes().all(|b| b.is_ascii_alphabetic()) || is_exponent(cell, end) {
            return Err(refuse(Reason::Form));
        }
        if suffix != wanted {
            return Err(refuse(Reason::OtherUnit { given: suffix.into(), wanted: wanted.into() }));
        }
    }
    parse_decimal(number, scale).map_err(|fault| refuse(reason(fault, scale)))
}

/// `1e`, `1E`: the rest of a number in exponent form, not a unit.
fn is_exponent(cell: &str, end: usize) -> bool {
    matches!(&cell.as_bytes()[end..], [b'e' | b'E'])
}

fn parse_percent(number: &[u8], scale: u8) -> Result<i64, DecimalFault> {
    match scale.checked_sub(2) {
        Some(scale) => parse_decimal(number, scale),
        None => {
            let hundredths = parse_decimal(number, 0)?;
            let unit = [100, 10][usize::from(scale)];
            if hundredths % unit == 0 { Ok(hundredths / unit) } else { Err(DecimalFault::TooManyDigits) }
        }
    }
}

pub(super) fn reason(fault: DecimalFault, scale: u8) -> Reason {
    match fault {
        DecimalFault::Form => Reason::Form,
        DecimalFault::TooManyDigits => Reason::TooManyDigits { scale },
        DecimalFault::OutOfRange => Reason::OutOfRange,
    }
}

/// Reads `12.50 USD` as a currency and an amount at scale 4.
pub(super) fn read_amount(cell: &str) -> Result<(&str, i64), BorderError> {
    let refuse = |reason| BorderError::new(cell, "an amount with its currency such as 12.50 USD", reason);
    let (number, currency) = cell.split_at(cell.len() - cell.bytes().rev().take_while(u8::is_ascii_uppercase).count());
    if currency.len() != 3 {
        return Err(refuse(Reason::Form));
    }
    let value = parse_decimal(number.trim_end().as_bytes(), 4).map_err(|fault| refuse(reason(fault, 4)))?;
    Ok((currency, value))
}

/// An amount at scale 4 with its currency: two digits behind the point, more where there are more.
pub fn amount_text(currency: &str, value: i64) -> String {
    format!("{} {currency}", short_decimal_text(i128::from(value), 4, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_exactly_or_refused() {
        for (text, scale, expected) in [
            ("12.50", 2, Ok(1250)),
            ("12.5000", 2, Ok(1250)),
            ("-0.01", 2, Ok(-1)),
            ("+7", 0, Ok(7)),
            ("007", 0, Ok(7)),
            ("12.505", 2, Err(DecimalFault::TooManyDigits)),
            ("1e3", 2, Err(DecimalFault::Form)),
            ("1,000", 2, Err(DecimalFault::Form)),
            (".5", 2, Err(DecimalFault::Form)),
            ("5.", 2, Err(DecimalFault::Form)),
            ("", 2, Err(DecimalFault::Form)),
            ("-", 2, Err(DecimalFault::Form)),
            ("1.2.3", 2, Err(DecimalFault::Form)),
            ("٣", 0, Err(DecimalFault::Form)),
            ("9223372036854775807", 0, Ok(i64::MAX)),
            ("-9223372036854775808", 0, Ok(i64::MIN)),
            ("9223372036854775808", 0, Err(DecimalFault::OutOfRange)),
            ("-9223372036854775809", 0, Err(DecimalFault::OutOfRange)),
            ("99999999999999999999999", 0, Err(DecimalFault::OutOfRange)),
            ("10", 18, Err(DecimalFault::OutOfRange)),
        ] {
            assert_eq!(parse_decimal(text.as_bytes(), scale), expected, "{text}");
        }
    }

    #[test]
    fn percentages_of_every_scale_are_written_in_hundredths() {
        assert_eq!(percent_text(110_000, 6), "11%");
        assert_eq!(percent_text(2_500, 6), "0.25%");
        assert_eq!(percent_text(-15_000, 6), "-1.5%");
        assert_eq!(percent_text(0, 6), "0%");
        assert_eq!(percent_text(3, 1), "30%");
        assert_eq!(percent_text(0, 1), "0%");
        assert_eq!(percent_text(2, 0), "200%");
        assert_eq!(parse_percent(b"30", 1), Ok(3));
        assert_eq!(parse_percent(b"35", 1), Err(DecimalFault::TooManyDigits));
    }

    proptest! {
        #[test]
        fn every_stored_number_comes_back(value: i64, scale in 0u8..=18) {
            prop_assert_eq!(parse_decimal(decimal_text(i128::from(value), scale).as_bytes(), scale), Ok(value));
            let short = short_decimal_text(i128::from(value), scale, 0);
            prop_assert_eq!(parse_decimal(short.as_bytes(), scale), Ok(value));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[-+.0-9eE ]{0,24}", scale in 0u8..=18) {
            let _ = parse_decimal(text.as_bytes(), scale);
        }
    }
}
