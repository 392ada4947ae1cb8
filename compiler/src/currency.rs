//! Currencies of ISO 4217.

use crate::types::Currency;

/// The currency that a program without one is checked in: the code that ISO 4217 keeps for tests, with the
/// number of digits that the check tries.
pub const TEST_CURRENCY: Currency = Currency(*b"XTS");

/// The currency of a three-letter code and the digits of its minor unit (IDR 2, JPY 0, BHD 3); `None` if ISO 4217
/// does not know it or gives it no minor unit.
pub fn currency(code: &str) -> Option<(Currency, u8)> {
    let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
    if bytes == TEST_CURRENCY.0 {
        return Some((TEST_CURRENCY, 2));
    }
    let known = iso_currency::Currency::from_code(code)?;
    Some((Currency(bytes), u8::try_from(known.exponent()?).ok()?))
}

/// Whether ISO 4217 has a code that nothing can be kept in: it has no minor unit, as gold has none.
pub fn is_without_minor_unit(code: &str) -> bool {
    iso_currency::Currency::from_code(code).is_some_and(|known| known.exponent().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units() {
        for (code, digits) in [("IDR", 2), ("USD", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("XTS", 2)] {
            assert_eq!(currency(code).map(|c| c.1), Some(digits), "{code}");
        }
        for code in ["ABC", "usd", "US", "USDX", ""] {
            assert_eq!(currency(code), None, "{code}");
        }
    }
}
