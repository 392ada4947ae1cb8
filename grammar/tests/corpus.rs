//! Programs that are right.

mod support;

use bp_grammar::ast::ItemKind;
use bp_grammar::{parse, tokens};
use support::CORPUS;

#[test]
fn every_construct_is_read() {
    for (name, text) in CORPUS {
        let parsed = parse(text);
        assert_eq!(parsed.errors, [], "{name}");
        assert!(!parsed.file.items.iter().any(|item| matches!(item.kind, ItemKind::Invalid { .. })), "{name}");
    }
}

#[test]
fn tokens_put_together_are_the_text() {
    let broken = ["\"abc\n{x", "\"{a:", "'é“", "\"\\", "\u{feff}fn", "\"{\"{\"", "€\r\n\t\"a\rb\""];
    let corpus = CORPUS.iter().map(|(_, text)| *text);
    for text in corpus.chain(broken) {
        let mut again = String::new();
        let mut end = 0;
        for token in tokens(text) {
            assert_eq!(token.span.start, end);
            assert!(token.span.end > token.span.start);
            end = token.span.end;
            again += &text[token.span.range()];
        }
        assert_eq!(again, text);
    }
}

#[test]
fn line_ends_of_other_systems_change_nothing() {
    for (name, text) in CORPUS {
        let windows = text.replace('\n', "\r\n");
        let (unix, parsed) = (parse(text), parse(&windows));
        assert_eq!(parsed.errors, [], "{name}");
        assert_eq!(parsed.file.docs, unix.file.docs, "{name}");
        for (a, b) in parsed.file.items.iter().zip(&unix.file.items) {
            assert_eq!(a.docs, b.docs, "{name}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let parsed = parse("\u{feff}//! Docs.\nrole Clerk\n");
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.file.docs, ["Docs."]);
    assert_eq!(parsed.file.items[0].span.start, 13);
}

#[test]
fn documentation_is_kept_without_its_marks() {
    let text = "//! One.\n//!  Two.\n//!\n\n/// Of the role.\n///\n///   More.\nrole Clerk\n// no\nrole Boss\n";
    let file = parse(text).file;
    assert_eq!(file.docs, ["One.", " Two.", ""]);
    assert_eq!(file.items[0].docs, ["Of the role.", "", "  More."]);
    assert!(file.items[1].docs.is_empty());
}

#[test]
fn a_long_file_is_read() {
    let mut text = String::new();
    while text.lines().count() < 20_000 {
        for (_, part) in CORPUS {
            text.extend(part.lines().filter(|line| !line.starts_with("//!")).flat_map(|line| [line, "\n"]));
        }
    }
    let parsed = parse(&text);
    assert_eq!(parsed.errors, []);
    assert!(parsed.file.items.len() > 1_000);
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let text = "// x\n".repeat(bp_grammar::split::MAX_FILE_BYTES / 5 + 1);
    let parsed = parse(&text);
    assert_eq!(parsed.errors.len(), 1);
    assert!(parsed.file.items.is_empty());
}

#[test]
fn nothing_is_a_file_too() {
    for text in ["", "\n\n", "// only a comment", "\u{feff}", "  \t\r\n"] {
        let parsed = parse(text);
        assert_eq!(parsed.errors, [], "{text:?}");
        assert!(parsed.file.items.is_empty());
    }
}
