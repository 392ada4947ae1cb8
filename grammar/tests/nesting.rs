//! Every construct nested deep, whole and broken in the middle, takes a bounded number of the parser's steps.
//!
//! A grammar without care takes exponential time here: a statement fails and the expression that begins with the same
//! word reads the whole block again. The limit of steps is set far below what even 20 such levels would take.

use bp_grammar::error::SyntaxErrorKind;
use bp_grammar::parse;
use std::num::NonZeroUsize;

/// As deep as the limit on brackets lets it, at most 64 times.
fn depth(level: (&str, &str)) -> usize {
    let opened = level.0.matches(['{', '(', '[']).count() - level.0.matches(['}', ')', ']']).count();
    120_usize.checked_div(opened).map_or(64, |levels| levels.min(64))
}

/// What opens a level and what closes it.
const STATEMENTS: &[(&str, &str)] = &[
    ("if a { ", " }"),
    ("if a { x() } else { ", " }"),
    ("if a { x() } else if b { ", " }"),
    ("match x { A => { ", " } }"),
    ("match x { A => ", " }"),
    ("while a { ", " }"),
    ("for x in xs { ", " }"),
    ("step s { ", " }"),
    ("step s { x() } undo { ", " }"),
    ("step s { x() } else { A => { ", " } }"),
    ("let x = step s { ", " }"),
    ("x = step s { ", " }"),
    ("return step s { ", " }"),
    ("task t \"t\" for R { ", " }"),
    ("task t \"t\" for R { } within d else { ", " }"),
    ("wait M within d else { ", " }"),
    ("wait M within d else { A => { ", " } }"),
    ("wait M within d else ", ""),
    ("race { on M { ", " } }"),
    ("race { on m: M where m.x { ", " } after d { } }"),
    ("race { until d { ", " } }"),
    ("parallel { branch a { ", " } }"),
    ("parallel for x in xs { ", " }"),
    ("parallel join 2, cancel rest { branch a { ", " } branch b { } }"),
    ("exclusive on k { ", " }"),
    ("scope w { ", " }"),
    ("scope w { } after d { ", " }"),
    ("scope w { } every d after e { ", " }"),
    ("scope w { } cancel on M { ", " }"),
    ("pause { ", " }"),
    ("stage s { ", " }"),
    ("call p(x) else { A => { ", " } }"),
    ("call p(x) undo { ", " }"),
    ("request S.o(x) within d else { ", " }"),
    ("start p(x) undo { ", " }"),
    ("f(match x { A => { ", " } })"),
    ("let x = match x { A => { ", " } }"),
    ("let x = if a { ", " } else { 1 }"),
    ("return if a { ", " } else { 1 }"),
    ("expect match x { A => { ", " } } == 1"),
];

const VALUES: &[(&str, &str)] = &[
    ("(", ")"),
    ("[", "]"),
    ("[1, ", ", 2]"),
    ("f(", ")"),
    ("f(a: ", ", b: 2)"),
    ("x[", "]"),
    ("a.b?.c(1, ", ")"),
    ("(a: ", ", b: 1)"),
    ("(1..", "]"),
    ("[", "..2)"),
    ("x with (a: ", ")"),
    ("-", ""),
    ("not ", ""),
    ("1 + (", ")"),
    ("if a { ", " } else { 1 }"),
    ("if a { 1 } else { ", " }"),
    ("if a { 1 } else if ", " { 2 } else { 3 }"),
    ("match x { A => ", " }"),
    ("match x { A => { ", " } }"),
    ("match f(", ") { A => 1 }"),
    ("\"a {", "} b\""),
    ("sum(", " for x in xs)"),
    ("sum(x for x in ", " where x > 1)"),
    ("[x for x in xs where ", "]"),
    ("create A(b: ", ")"),
    ("get A(", ")"),
    ("start p(", ")"),
    ("find A where ", ""),
    ("find A limit ", ""),
    ("x - f(", ")"),
    ("x is not P or (", ")"),
    ("round(", ", to: 1, down)"),
];

const POSTINGS: &[(&str, &str)] = &[("for x in xs { ", " }"), ("if a { ", " }"), ("if a { } else { ", " }")];

const TYPES: &[(&str, &str)] = &[("List<", ">"), ("(a: ", ")"), ("Map<Text, ", ">?")];

const PATTERNS: &[(&str, &str)] = &[("P(", ")"), ("P(a: ", ", b)"), ("some(", ")")];

fn nested(level: (&str, &str), inner: &str) -> String {
    let depth = depth(level);
    format!("{}{inner}{}", level.0.repeat(depth), level.1.repeat(depth))
}

/// Steps of a limit that a linear reading stays far under, and an exponential one passes at once.
const LIMIT: usize = 3_000_000;

fn check(text: &str, whole: bool) {
    let parsed = parse(text);
    let complex = parsed.errors.iter().find(|error| {
        matches!(
            error.kind,
            SyntaxErrorKind::TooComplex | SyntaxErrorKind::Internal { .. } | SyntaxErrorKind::NestingTooDeep { .. }
        )
    });
    assert_eq!(complex, None, "{}", &text[..90.min(text.len())]);
    if whole {
        let strict = parsed.errors.iter().filter(|e| !matches!(e.kind, SyntaxErrorKind::ExpressionTooLong { .. }));
        let strict: Vec<_> = strict.collect();
        assert!(strict.is_empty(), "{strict:?} {}", &text[..90.min(text.len())]);
    } else {
        assert!(!parsed.errors.is_empty(), "{}", &text[..90.min(text.len())]);
    }
}

/// Levels, what stands before and behind them all, and what stands innermost: right, or one of several wrong things.
type Family =
    (&'static [(&'static str, &'static str)], &'static str, &'static str, &'static str, &'static [&'static str]);

#[test]
fn deep_nesting_takes_bounded_work() {
    // The limit is for the whole process, and set once by the first reading.
    parse("role Clerk");
    pest::set_call_limit(NonZeroUsize::new(LIMIT));
    let kinds: [Family; 5] = [
        (
            STATEMENTS,
            "process p() { ",
            " }",
            "x()",
            &["x = ", "let", "if {", "match {", "x y z", ") (", "return if {", "@", ""],
        ),
        (VALUES, "fn f() -> Int = ", "", "x", &["1 2", "if {", "x.", "match {", "let", "+ *", "f(1"]),
        (POSTINGS, "action a() { post \"t\" { ", " } }", "debit a 1", &["debit", "debit a", "foo", "if {"]),
        (TYPES, "record R { a: ", " }", "Int", &["int 3", "", "List<", "("]),
        (PATTERNS, "fn f() -> Int = match x { ", " => 1 }", "y", &["1 2", "let", "P((", "=>"]),
    ];
    for (levels, before, after, good, bad) in kinds {
        for level in levels {
            check(&format!("{before}{}{after}\n", nested(*level, good)), true);
            for bad in bad {
                let inner = nested(*level, bad);
                if good == "x()" && bad.is_empty() {
                    // Nothing in the innermost is right for a statement; cut in the middle instead.
                    let text = format!("{before}{inner}{after}\n");
                    check(&text[..text.len() / 2], false);
                } else {
                    check(&format!("{before}{inner}{after}\n"), false);
                }
            }
        }
    }
}
