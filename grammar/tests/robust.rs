//! Faulty text of any kind: no panic, no endless work, one clear error.

mod support;

use bp_grammar::ast::ItemKind;
use bp_grammar::error::SyntaxErrorKind;
use bp_grammar::parse;
use support::{CORPUS, Numbers, mutated};

/// Errors point into the text, on character boundaries, at no more than a line, and are in order.
fn check(text: &str) {
    let parsed = parse(text);
    let mut last = 0;
    for error in &parsed.errors {
        let slice = text.get(error.span.range()).unwrap_or_else(|| panic!("{error:?} in {text:?}"));
        assert!(!slice.contains('\n'), "{error:?} in {text:?}");
        assert!(error.span.start >= last, "{error:?} in {text:?}");
        assert!(
            !matches!(error.kind, SyntaxErrorKind::Internal { .. } | SyntaxErrorKind::TooComplex),
            "{error:?} in {text:?}"
        );
        last = error.span.start;
    }
    for item in &parsed.file.items {
        assert!(text.get(item.span.range()).is_some());
        if matches!(item.kind, ItemKind::Invalid { .. }) {
            assert!(!parsed.errors.is_empty(), "{text:?}");
        }
    }
}

#[test]
fn mutated_programs_never_panic() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for round in 0..2_400 {
        let (_, text) = CORPUS[round % CORPUS.len()];
        check(&mutated(text, &mut numbers));
    }
}

#[test]
fn every_beginning_of_a_program_is_taken() {
    for (_, text) in CORPUS {
        for (at, _) in text.char_indices().step_by(37) {
            check(&text[..at]);
        }
    }
}

#[test]
fn ten_thousand_parentheses_are_one_error() {
    for text in [
        format!("fn f() -> Int = {}1{}\nrole Clerk\n", "(".repeat(10_000), ")".repeat(10_000)),
        format!("fn f() -> Int = {}\nrole Clerk\n", "[".repeat(10_000)),
        format!("fn f() -> Text = {}\nrole Clerk\n", "\"{".repeat(10_000)),
        format!("process p() {}\nrole Clerk\n", "{ if x ".repeat(10_000)),
    ] {
        let parsed = parse(&text);
        assert_eq!(parsed.errors.len(), 1, "{:?}", parsed.errors);
        assert_eq!(parsed.errors[0].kind, SyntaxErrorKind::NestingTooDeep { limit: 128 });
        assert_eq!(parsed.file.items.len(), 2);
        assert!(matches!(&parsed.file.items[0].kind, ItemKind::Invalid { name: Some(_) }));
        assert!(matches!(parsed.file.items[1].kind, ItemKind::Role(_)));
    }
}

/// What nests without brackets is bounded as well: the tree is walked by recursion.
#[test]
fn long_chains_are_bounded() {
    let chains = [
        format!("fn f() -> Int = {}1", "1 + ".repeat(5_000)),
        format!("fn f() -> Int = {}1", "- ".repeat(5_000)),
        format!("fn f() -> Bool = {}x", "not ".repeat(5_000)),
        format!("fn f() -> Int = x{}", ".y".repeat(5_000)),
        format!("fn f() -> Int = x{}", "(1)".repeat(5_000)),
        format!("fn f() -> Int = {}{}", "if a { 1 } else ".repeat(5_000), "if b { 2 }"),
        format!("process p() {{ {} {{ }} }}", "if a { } else ".repeat(5_000)),
        format!("record R {{ a: T{} }}", "?".repeat(5_000)),
        format!("record R {{ a: {}T{} }}", "List<".repeat(5_000), ">".repeat(5_000)),
        format!("fn f() -> Int = {}x", "find A where ".repeat(5_000)),
        format!("process p() {{ {} x() }}", "wait M within d else ".repeat(5_000)),
        format!("fn f() -> Int = {}x", "x in ".repeat(5_000)),
        format!("action a() {{ post \"t\" {{ {} {{ }} }} }}", "if a { } else ".repeat(5_000)),
    ];
    for text in chains {
        let parsed = parse(&text);
        assert!(!parsed.errors.is_empty());
        assert!(parsed.errors.len() < 5, "{} {:?}", &text[..40], &parsed.errors[..5]);
    }
}

#[test]
fn reasonable_chains_are_read() {
    for text in [
        format!("fn f() -> Int = {}1", "1 + ".repeat(200)),
        format!("fn f() -> Int = {}2", "if a { 1 } else if b { 2 } else { 3 } + ".repeat(60)),
        format!("fn f() -> Int = {}x{}", "(1 + ".repeat(100), ")".repeat(100)),
        format!("process p() {{ {} {{ }} }}", "if a { } else ".repeat(100)),
    ] {
        assert_eq!(parse(&text).errors, [], "{}", &text[..40]);
    }
}
