use super::names::{snake, upper_camel};
use super::*;
use bp_grammar::error::NameStyle;
use bp_grammar::span::Span;

fn tell(place: Place, kind: &Kind) -> Diagnostic {
    tell_in(place, kind, "")
}

use crate::source::FileId;

fn place(start: u32, end: u32) -> Place {
    Place { file: FileId(0), span: Span::new(start, end) }
}

/// What the file becomes when the change at `marked` is made.
fn mended(file: &str, marked: &str, kind: Kind) -> Option<String> {
    let start = file.find(marked).expect("the mark stands in the file") as u32;
    let told = tell_in(place(start, start + marked.len() as u32), &kind, file);
    let edit = told.edits.first()?;
    let mut text = file.to_owned();
    text.replace_range(edit.place.span.range(), &edit.replacement);
    Some(text)
}

fn operator(found: &str, instead: &'static str) -> Kind {
    Kind::ForeignOperator { found: found.into(), instead: Some(instead) }
}

fn word(found: &str, instead: &'static str) -> Kind {
    Kind::ForeignWord { found: found.into(), instead }
}

fn all_kinds() -> Vec<Kind> {
    let open = Span::new(0, 1);
    let mut kinds = vec![
        Kind::Unexpected { found: "`=>`".into(), expected: vec!["a value"], within: Some("a step") },
        Kind::FileTooLong { limit: 16 << 20 },
        Kind::TextOutsideItem { word: "functoin".into(), instead: Some("fn") },
        Kind::TextOutsideItem { word: "}".into(), instead: None },
        Kind::ItemNotInColumnOne { word: "fn".into() },
        Kind::ItemWordInColumnOne { word: "fn".into(), open },
        Kind::DocWithoutItem,
        Kind::FileDocNotAtTop,
        Kind::NestingTooDeep { limit: 128 },
        Kind::ExpressionTooLong { limit: 500 },
        Kind::UnclosedText,
        Kind::UnclosedBracket { bracket: '{', open },
        Kind::ExtraCloser { bracket: ')' },
        Kind::WrongCloser { bracket: ')', open },
        Kind::TypographicQuote { character: '“' },
        Kind::SingleQuotedText,
        Kind::BadEscape { character: 'd' },
        Kind::BraceInText,
        Kind::EmptyHole,
        Kind::HoleNotAllowed,
        Kind::CommentStyle { found: "/*".into() },
        Kind::SingleEquals,
        Kind::EqualsInArguments { name: "to".into() },
        Kind::Semicolon,
        Kind::WrongArrow { found: "->", instead: "=>" },
        Kind::MissingElse,
        Kind::TooManyDigits { limit: 38 },
        Kind::TooManyDecimals { limit: 36 },
        Kind::Exponent,
        Kind::DecimalComma,
        Kind::GroupedByPointOrComma,
        Kind::PointWithoutDigit,
        Kind::MisplacedUnderscore,
        Kind::OtherNotation,
        Kind::BadTime { reason: BadTime::Form },
        Kind::BadTime { reason: BadTime::Range },
        Kind::ReservedWord { word: "match".into() },
        Kind::BareRange,
        Kind::MissingName { found: "`=`".into() },
        Kind::MixedComparison,
        Kind::CallOnNextLine { bracket: '(' },
        Kind::MinusOnNextLine,
        Kind::NameAlone { name: "total".into() },
        Kind::ValueAlone,
        Kind::NotAPlace,
        Kind::Repeated { what: "`key`" },
        Kind::ParallelWithoutBranches,
        Kind::ReverseNotLast,
        Kind::RowOnSeveralLines,
        Kind::RowNotFirstOnLine,
        Kind::MissingArrow,
        Kind::RowWidth { outputs: false, expected: 2, found: 1 },
        Kind::RowWidth { outputs: true, expected: 1, found: 3 },
        Kind::ConditionInOutput,
        Kind::BehindDefault,
        Kind::Internal { what: "a block is missing" },
        Kind::TooComplex,
    ];
    let reasons = [BadDate::Form, BadDate::Month, BadDate::Day { last: 28 }, BadDate::Time, BadDate::Zone];
    kinds.extend(reasons.map(|reason| Kind::BadDate { reason }));
    kinds.extend(['€', '→', '\u{a0}', '\u{200b}', '§'].map(|character| Kind::UnknownCharacter { character }));
    let styles = [NameStyle::Snake, NameStyle::UpperCamel, NameStyle::Currency, NameStyle::PlainLetters];
    kinds.extend(styles.map(|wanted| Kind::BadName { name: "unitPrice".into(), wanted }));
    let with = [("/=", "!="), ("**", "power"), ("?", "if … { … } else { … }"), ("=>", ">="), ("&", "and")];
    let more = [("&&", "and"), ("%", "mod"), ("!", "not"), ("::", ".")];
    kinds.extend(with.into_iter().chain(more).map(|(found, instead)| operator(found, instead)));
    kinds.extend(["+=", "++", "--", "~"].map(|found| Kind::ForeignOperator { found: found.into(), instead: None }));
    let words = [("elif", "else if"), ("null", "none"), ("switch", "match"), ("const", "let"), ("def", "fn")];
    kinds.extend(
        words.into_iter().chain([("loop", "while"), ("then", "{")]).map(|(found, instead)| word(found, instead)),
    );
    kinds
}

/// How words are written, for every fault: one line, no full stop, no words of the compiler's inside.
#[test]
fn words_keep_the_style() {
    for kind in all_kinds() {
        let told = tell(place(0, 1), &kind);
        let texts = [&told.message].into_iter().chain(told.labels.iter().map(|l| &l.text)).chain(&told.notes);
        for text in texts.chain(told.edits.iter().map(|e| &e.title)) {
            assert!(!text.is_empty() && !text.contains('\n') && !text.ends_with('.'), "{kind:?}: {text:?}");
            assert!(text.matches('`').count() % 2 == 0, "a backtick has no partner: {text:?}");
            let lower = text.to_lowercase();
            for inner in ["token", "parse", "syntax", "identifier", "literal", "rule::", "span", "some("] {
                assert!(!lower.contains(inner), "`{inner}` in {text:?}");
            }
        }
        assert!((101..200).contains(&told.code.number()), "{kind:?}");
        assert!(told.message.chars().count() <= 100, "{:?} is long", told.message);
    }
}

#[test]
fn what_was_expected_is_a_short_list() {
    let told = |found: &str, expected: &[&'static str], within| {
        let told = tell(place(0, 1), &Kind::Unexpected { found: found.into(), expected: expected.to_vec(), within });
        format!("{}: {}", told.message, told.labels[0].text)
    };
    assert_eq!(told("`=>`", &["a value"], None), "`=>` does not fit here: a value is expected here");
    assert_eq!(
        told("`)`", &["`:`", "`,`", "`]`"], Some("a step")),
        "`)` does not fit here, in a step: `:`, `,` or `]` is expected here"
    );
    assert_eq!(
        told("the end of the item", &["1", "2", "3", "4", "5"], Some("a function")),
        "a function ends too early: 1, 2, 3, 4 or the like is expected here"
    );
}

#[test]
fn open_brackets_are_shown() {
    let told = tell(place(9, 10), &Kind::UnclosedBracket { bracket: '(', open: Span::new(3, 4) });
    assert_eq!(told.labels[0].text, "`)` is missing here, or before");
    assert_eq!((told.labels[1].place, told.labels[1].text.as_str()), (place(3, 4), "opened here"));
}

#[test]
fn operators_are_mended() {
    let mend = |file: &str, found: &str, instead| mended(file, found, operator(found, instead)).unwrap_or_default();
    assert_eq!(mend("a && b", "&&", "and"), "a and b");
    assert_eq!(mend("a&&b", "&&", "and"), "a and b");
    assert_eq!(mend("(!done)", "!", "not"), "(not done)");
    assert_eq!(mend("a <> b", "<>", "!="), "a != b");
    assert_eq!(mended("if x = 3", "=", Kind::SingleEquals).as_deref(), Some("if x == 3"));
    // `&` puts texts together in spreadsheets; nothing is changed on a guess.
    assert_eq!(mended("a & b", "&", operator("&", "and")), None);
    // Where the file is not known, a blank too many does no harm.
    assert_eq!(tell(place(1, 3), &operator("&&", "and")).edits[0].replacement, " and ");
}

#[test]
fn separators_go_only_where_the_line_ends() {
    assert_eq!(mended("let a = 1; // one\n", ";", Kind::Semicolon).as_deref(), Some("let a = 1 // one\n"));
    assert_eq!(mended("{ a(); }", ";", Kind::Semicolon).as_deref(), Some("{ a() }"));
    assert_eq!(mended("a(); (b)", ";", Kind::Semicolon), None);
    assert_eq!(tell(place(3, 4), &Kind::Semicolon).edits[0].replacement, "");
}

#[test]
fn numbers_are_mended_where_only_one_is_meant() {
    let number = |text: &str| mended(text, text, Kind::GroupedByPointOrComma);
    assert_eq!(number("2,50").as_deref(), Some("2.50"));
    assert_eq!(number("1.500.000").as_deref(), Some("1_500_000"));
    assert_eq!(number("1.500,25").as_deref(), Some("1_500.25"));
    assert_eq!(number("1,500"), None);
    assert_eq!(number("1.50.000"), None);
    // A part of a longer number is not mended by itself.
    assert_eq!(mended("1,500,000", "1,500", Kind::GroupedByPointOrComma), None);
    assert_eq!(mended("x = .5", ".5", Kind::PointWithoutDigit).as_deref(), Some("x = 0.5"));
    assert_eq!(mended("x = 5. ", "5.", Kind::PointWithoutDigit).as_deref(), Some("x = 5 "));
    assert_eq!(mended("5.days", "5.", Kind::PointWithoutDigit), None);
    assert_eq!(mended("1__000_", "1__000_", Kind::MisplacedUnderscore).as_deref(), Some("1_000"));
}

#[test]
fn dates_are_padded_only() {
    let form = Kind::BadDate { reason: BadDate::Form };
    assert_eq!(mended("2026-1-5", "2026-1-5", form.clone()).as_deref(), Some("2026-01-05"));
    assert_eq!(mended("2026-001-05", "2026-001-05", form), None);
    assert_eq!(mended("at 8:00", "8:00", Kind::BadTime { reason: BadTime::Form }).as_deref(), Some("at 08:00"));
}

#[test]
fn quotes_are_mended_as_a_pair() {
    let quote = Kind::TypographicQuote { character: '“' };
    assert_eq!(mended("post “it’s” on", "“", quote.clone()).as_deref(), Some("post \"it’s\" on"));
    assert_eq!(mended("post “open\n”", "“", quote), None);
    assert_eq!(mended("'a \"b\"'", "'a \"b\"'", Kind::SingleQuotedText).as_deref(), Some("\"a \\\"b\\\"\""));
    assert_eq!(mended("'{x}'", "'{x}'", Kind::SingleQuotedText), None);
}

#[test]
fn words_and_names_are_mended() {
    assert_eq!(mended("elif", "elif", word("elif", "else if")).as_deref(), Some("else if"));
    // `until` waits for the opposite of `while`.
    assert_eq!(mended("until", "until", word("until", "while")), None);
    let name = |name: &str, wanted| mended(name, name, Kind::BadName { name: name.into(), wanted });
    assert_eq!(name("money", NameStyle::UpperCamel).as_deref(), Some("Money"));
    assert_eq!(name("idr", NameStyle::Currency).as_deref(), Some("IDR"));
    assert_eq!(name("UnitPrice", NameStyle::Snake), None);
    assert_eq!(snake("UnitPrice2Net").as_deref(), Some("unit_price2_net"));
    assert_eq!(upper_camel("unit_price").as_deref(), Some("UnitPrice"));
    assert_eq!(upper_camel("größe"), None);
    let outside = Kind::TextOutsideItem { word: "def".into(), instead: Some("fn") };
    assert_eq!(mended("def f()", "def", outside).as_deref(), Some("fn f()"));
    let column = Kind::ItemNotInColumnOne { word: "fn".into() };
    assert_eq!(mended("// é\n  fn f()", "fn", column.clone()).as_deref(), Some("// é\nfn f()"));
    assert_eq!(mended("} fn f()", "fn", column), None);
}
