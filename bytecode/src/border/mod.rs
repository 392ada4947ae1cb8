//! The border: values as text and as JSON, by shape.
//!
//! Everything that enters is checked by its shape and refused with facts where it does not fit; nothing is rounded,
//! cut or guessed. Everything that leaves is exact: plain decimals, ISO 8601 dates. What is written by
//! [`write_cell`] or [`write_json`] is read back as the same value.
//!
//! Three ways out: cells for files ([`write_cell`]), JSON ([`write_json`]), and a form for people ([`display`]),
//! which texts with `{…}` use and which is not meant to be read back.

mod cell;
mod display;
mod error;
mod json;
mod number;
mod text;
mod time;

pub use cell::{names, read_cell, read_word, write_cell, write_word};
pub use display::{display, display_wide};
pub use error::{BorderError, Reason};
pub use json::{read_json, write_json};
pub use number::{DecimalFault, amount_text, decimal_text, display_number, parse_decimal, percent_text};
pub use text::{MAX_TEXT_BYTES, normalized, read_text};
pub use time::{
    FIRST_DAY, FIRST_MOMENT, FIRST_MONTH, LAST_DAY, LAST_MOMENT, LAST_MONTH, Parts, date_of, date_text, day_of,
    duration_text, moment_text, month_text, period_text, time_text,
};

#[cfg(test)]
mod tests;
