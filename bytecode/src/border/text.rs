//! Texts from outside.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::error::{BorderError, Reason};

/// The longest text that is taken from outside, in bytes of UTF-8 after normalisation: 64 KiB.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The text in normalisation form C. Text that already is, nearly all, is only looked through.
pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Checks a text and normalises it. Blanks are left as they are.
pub fn read_text(text: &str) -> Result<Cow<'_, str>, BorderError> {
    let refuse = |reason| BorderError::new(text, "a text", reason);
    // Before normalising, which costs time for each byte; it can only lengthen a text threefold.
    if text.len() > MAX_TEXT_BYTES {
        return Err(refuse(Reason::TooLong { bytes: text.len() }));
    }
    if text.as_bytes().contains(&0) {
        return Err(refuse(Reason::Nul));
    }
    let text = normalized(text);
    if text.len() > MAX_TEXT_BYTES {
        return Err(BorderError::new(&text, "a text", Reason::TooLong { bytes: text.len() }));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalised_and_checked() {
        assert_eq!(read_text("Cafe\u{301}").unwrap(), "Café");
        assert_eq!(read_text("a\0b").unwrap_err().reason, Reason::Nul);
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(read_text(&long).unwrap_err().reason, Reason::TooLong { bytes: MAX_TEXT_BYTES + 1 });
        assert_eq!(read_text(&long[1..]).unwrap().len(), MAX_TEXT_BYTES);
        assert!(read_text(&long).unwrap_err().value.len() < 100);
    }
}
