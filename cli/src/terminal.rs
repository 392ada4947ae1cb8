//! What goes to the screen, and in which colours.

use crate::args::Color;
use crate::failure::{Failure, Result};
use std::io::{self, IsTerminal, Write};

/// Results go to standard output, everything else to standard error; each has colour only where a person looks.
pub struct Terminal {
    pub out: Paint,
    pub err: Paint,
    /// Is somebody watching standard error? Then long work shows how far it is.
    pub watched: bool,
}

/// Puts colour around text, or leaves it.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    pub on: bool,
}

impl Terminal {
    pub fn new(color: Color) -> Terminal {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let on = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !plain,
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Terminal { out: Paint { on: on(out) }, err: Paint { on: on(err) }, watched: err }
    }

    /// Writes a result. A reader that went away (`bp … | head`) ends the command without a word.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::outside("")),
            Err(error) => Err(Failure::file("write to", "standard output", &error)),
        }
    }

    /// Says something beside the result.
    pub fn say(&self, text: &str) {
        // Nobody is left to be told if this fails.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    pub fn error(&self, text: &str) {
        self.say(&format!("{}: {text}", self.err.red("error")));
    }
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}

/// `1 row`, `2 rows`, `10,000 rows`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&count.to_string()), if count == 1 { one } else { many })
}

/// A decimal number with commas between thousands: `-1,234,567.89`. Everything else is left as it is.
pub fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, rest) = digits.split_at(digits.bytes().take_while(u8::is_ascii_digit).count());
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// How many columns a text takes on a screen, near enough: one a character.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.8901", "-1,234,567.8901"),
            ("123456", "123,456"),
            ("-100.00", "-100.00"),
            ("1234.00 IDR", "1,234.00 IDR"),
            ("VINET", "VINET"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
