//! What designers type wrong, and what is said of it, and where.

use bp_grammar::ast::ItemKind;
use bp_grammar::error::{BadDate, BadTime, NameStyle, SyntaxErrorKind as Kind};
use bp_grammar::{MAX_TREE_DEPTH, parse};

/// The errors of a text, each with the text that it points at.
fn errors(text: &str) -> Vec<(&str, Kind)> {
    parse(text).errors.into_iter().map(|error| (&text[error.span.range()], error.kind)).collect()
}

/// The errors of statements in a process.
fn in_process(statements: &str) -> Vec<(String, Kind)> {
    let text = format!("process p() {{\n  {statements}\n}}\n");
    errors(&text).into_iter().map(|(at, kind)| (at.to_owned(), kind)).collect()
}

fn one(statements: &str) -> (String, Kind) {
    let mut found = in_process(statements);
    assert_eq!(found.len(), 1, "{statements}: {found:?}");
    found.remove(0)
}

fn only(text: &str) -> (&str, Kind) {
    let mut found = errors(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.remove(0)
}

fn at(text: &str, kind: Kind) -> (String, Kind) {
    (text.to_owned(), kind)
}

fn operator(found: &str, instead: Option<&'static str>) -> Kind {
    Kind::ForeignOperator { found: found.into(), instead }
}

#[test]
fn habits_of_other_languages() {
    assert_eq!(one("if x = 3 { a() }"), at("=", Kind::SingleEquals));
    assert_eq!(one("expect x = 3"), at("=", Kind::SingleEquals));
    assert_eq!(one("if (a = b) { x() }"), at("=", Kind::SingleEquals));
    assert_eq!(one("f(a = 3)"), at("=", Kind::EqualsInArguments { name: "a".into() }));
    assert_eq!(one("change x with (a = 3)"), at("=", Kind::EqualsInArguments { name: "a".into() }));
    assert_eq!(one("let a = x && y"), at("&&", operator("&&", Some("and"))));
    assert_eq!(one("let a = x || y"), at("||", operator("||", Some("or"))));
    assert_eq!(one("let a = !y"), at("!", operator("!", Some("not"))));
    assert_eq!(one("let a = x === y"), at("===", operator("===", Some("=="))));
    assert_eq!(one("let a = x <> y"), at("<>", operator("<>", Some("!="))));
    assert_eq!(one("let a = x =< y"), at("=<", operator("=<", Some("<="))));
    assert_eq!(one("let a = x => y"), at("=>", operator("=>", Some(">="))));
    assert_eq!(one("let a = x % y"), at("%", operator("%", Some("mod"))));
    assert_eq!(one("let a = x ** y"), at("**", operator("**", Some("power"))));
    assert_eq!(one("let a = x ^ y"), at("^", operator("^", Some("power"))));
    assert_eq!(one("let a := 3"), at(":=", operator(":=", Some("="))));
    assert_eq!(one("x += 1"), at("+=", operator("+=", None)));
    assert_eq!(one("let a = b ? c : d"), at("?", operator("?", Some("if … { … } else { … }"))));
    assert_eq!(one("f();"), at(";", Kind::Semicolon));
    assert_eq!(one("if a { b() } elif c { d() }"), at("elif", foreign_word("elif", "else if")));
    assert_eq!(one("let a = null"), at("null", foreign_word("null", "none")));
    assert_eq!(one("let a = nil"), at("nil", foreign_word("nil", "none")));
    assert_eq!(one("foreach x in xs { f(x) }"), at("foreach", foreign_word("foreach", "for")));
    assert_eq!(one("switch x { A => f() }"), at("switch", foreign_word("switch", "match")));
    assert_eq!(one("if a then b()"), at("then", foreign_word("then", "{")));
    assert_eq!(one("const a = 3"), at("const", foreign_word("const", "let")));
    assert_eq!(one("match x { A -> f() }"), at("->", Kind::WrongArrow { found: "->", instead: "=>" }));
    assert_eq!(only("fn f() => Int = 1"), ("=>", Kind::WrongArrow { found: "=>", instead: "->" }));
    assert_eq!(one("# a comment"), at("#", Kind::CommentStyle { found: "#".into() }));
    assert_eq!(one("/* a\n { comment */ f()"), at("/*", Kind::CommentStyle { found: "/*".into() }));
    assert_eq!(one("let a = if b { 1 }"), at("}", Kind::MissingElse));
}

fn foreign_word(found: &str, instead: &'static str) -> Kind {
    Kind::ForeignWord { found: found.into(), instead }
}

#[test]
fn numbers_dates_and_times() {
    let number = |text: &str| one(&format!("let a = {text}"));
    let date = |reason| Kind::BadDate { reason };
    assert_eq!(number("2026-13-01"), at("2026-13-01", date(BadDate::Month)));
    assert_eq!(number("2026-13"), at("2026-13", date(BadDate::Month)));
    assert_eq!(number("2026-02-30"), at("2026-02-30", date(BadDate::Day { last: 28 })));
    assert_eq!(number("2024-02-30"), at("2024-02-30", date(BadDate::Day { last: 29 })));
    assert_eq!(number("2026-04-00"), at("2026-04-00", date(BadDate::Day { last: 30 })));
    assert_eq!(number("2026-1-5"), at("2026-1-5", date(BadDate::Form)));
    assert_eq!(number("2026-11-2"), at("2026-11-2", date(BadDate::Form)));
    assert_eq!(number("2026-11-21T8:00"), at("2026-11-21T8:00", date(BadDate::Time)));
    assert_eq!(number("2026-11-21T24:00"), at("2026-11-21T24:00", date(BadDate::Time)));
    assert_eq!(number("2026-11-21T08:00+19:00"), at("2026-11-21T08:00+19:00", date(BadDate::Zone)));
    assert_eq!(number("25:00"), at("25:00", Kind::BadTime { reason: BadTime::Range }));
    assert_eq!(number("8:00"), at("8:00", Kind::BadTime { reason: BadTime::Form }));
    assert_eq!(number("1e5"), at("1e5", Kind::Exponent));
    assert_eq!(number("2,50"), at("2,50", Kind::DecimalComma));
    assert_eq!(number("1,500"), at("1,500", Kind::GroupedByPointOrComma));
    assert_eq!(number("1.500.000 IDR"), at("1.500.000", Kind::GroupedByPointOrComma));
    assert_eq!(number("1__000"), at("1", Kind::MisplacedUnderscore));
    assert_eq!(number(".5"), at(".5", Kind::PointWithoutDigit));
    assert_eq!(number("0xFF"), at("0xFF", Kind::OtherNotation));
    let long = "9".repeat(39);
    assert_eq!(number(&long), at(&long, Kind::TooManyDigits { limit: 38 }));
    let fine = format!("0.{}", "0".repeat(37));
    assert_eq!(number(&fine), at(&fine, Kind::TooManyDecimals { limit: 36 }));
    assert_eq!(in_process(&format!("let a = {}", "9".repeat(38))), []);
    assert_eq!(in_process("let a = 2024-02-29"), []);
}

#[test]
fn texts() {
    assert_eq!(one("let a = \"abc"), at("\"abc", Kind::UnclosedText));
    assert_eq!(one("let a = \"abc {x"), at("\"abc {x", Kind::UnclosedText));
    assert_eq!(one("let a = \"abc {x\n}\""), at("\"abc {x", Kind::UnclosedText));
    assert_eq!(one("let a = \"b \\q\""), at("\\q", Kind::BadEscape { character: 'q' }));
    assert_eq!(one("let a = \"b } c\""), at("}", Kind::BraceInText));
    assert_eq!(one("let a = \"b {} c\""), at("{}", Kind::EmptyHole));
    assert_eq!(one("let a = 'hello'"), at("'hello'", Kind::SingleQuotedText));
    assert_eq!(one("let a = “hello”"), at("“", Kind::TypographicQuote { character: '“' }));
    assert_eq!(only("enum E { A as \"a{b}\" }"), ("{b}", Kind::HoleNotAllowed));
}

#[test]
fn characters_and_brackets() {
    assert_eq!(one("let a = 3 €"), at("€", Kind::UnknownCharacter { character: '€' }));
    assert_eq!(one("let a = @b"), at("@", Kind::UnknownCharacter { character: '@' }));
    let (at_, kind) = one("let a = f(x\n  g()");
    assert_eq!(at_, "}");
    assert!(matches!(kind, Kind::UnclosedBracket { bracket: '(', .. }), "{kind:?}");
    assert_eq!(one("f(x))"), at(")", Kind::ExtraCloser { bracket: ')' }));
    assert!(matches!(one("let a = [1)").1, Kind::WrongCloser { bracket: ')', .. }));
    assert_eq!(in_process("let a = [1..2)"), []);
    assert_eq!(only("fn f() -> Int { return 1 } }"), ("}", Kind::ExtraCloser { bracket: '}' }));

    // The indentation shows which brace has no partner.
    let text = "fn f(x: Int) -> Int {\n  if x > 2 {\n    return 2\n  return 1\n}\n\nfn g() -> Int { return 1 }\n";
    let parsed = parse(text);
    assert_eq!(parsed.errors.len(), 1);
    let Kind::UnclosedBracket { bracket: '{', open } = parsed.errors[0].kind else { panic!("{:?}", parsed.errors) };
    assert_eq!(&text[..open.start as usize], "fn f(x: Int) -> Int {\n  if x > 2 ");
    assert!(matches!(parsed.file.items[1].kind, ItemKind::Fn(_)));
}

#[test]
fn names() {
    assert_eq!(one("let if = 4"), at("if", Kind::ReservedWord { word: "if".into() }));
    assert_eq!(one("let Total = 5"), at("Total", bad_name("Total", NameStyle::Snake)));
    assert_eq!(one("let myTotal = 5"), at("myTotal", bad_name("myTotal", NameStyle::Snake)));
    assert_eq!(one("let = 5"), at("=", Kind::MissingName { found: "`=`".into() }));
    assert_eq!(only("fn find() -> Int = 1"), ("find", Kind::ReservedWord { word: "find".into() }));
    assert_eq!(only("fn f(step: Int) -> Int = 1"), ("step", Kind::ReservedWord { word: "step".into() }));
    assert_eq!(only("role clerk"), ("clerk", bad_name("clerk", NameStyle::UpperCamel)));
    assert_eq!(only("enum E { A, B_C }"), ("B_C", bad_name("B_C", NameStyle::UpperCamel)));
    assert_eq!(only("enum E { A, b }"), ("b", bad_name("b", NameStyle::UpperCamel)));
    assert_eq!(only("record R { a: int }"), ("int", bad_name("int", NameStyle::UpperCamel)));
    assert_eq!(only("record R { Amount: Int }"), ("Amount", bad_name("Amount", NameStyle::Snake)));
    assert_eq!(only("currency idr"), ("idr", bad_name("idr", NameStyle::Currency)));
    assert_eq!(only("currency RUPIAH"), ("RUPIAH", bad_name("RUPIAH", NameStyle::Currency)));
}

fn bad_name(name: &str, wanted: NameStyle) -> Kind {
    Kind::BadName { name: name.into(), wanted }
}

#[test]
fn statements() {
    assert_eq!(one("foo\n f()"), at("foo", Kind::NameAlone { name: "foo".into() }));
    assert_eq!(one("a.b\n f()"), at("a.b", Kind::NameAlone { name: "a.b".into() }));
    assert_eq!(one("5\n f()"), at("5", Kind::ValueAlone));
    assert_eq!(in_process("f()\n foo"), []);
    assert_eq!(one("let x = f\n (a)\n g()"), at("(", Kind::CallOnNextLine { bracket: '(' }));
    assert_eq!(one("f\n (a)"), at("(", Kind::CallOnNextLine { bracket: '(' }));
    assert_eq!(one("let x = f\n [a]\n g()"), at("[", Kind::CallOnNextLine { bracket: '[' }));
    assert_eq!(one("let x = a\n - b\n g()"), at("-", Kind::MinusOnNextLine));
    assert_eq!(one("let x = a < b > c"), at(">", Kind::MixedComparison));
    assert_eq!(one("let x = a == b == c"), at("==", Kind::MixedComparison));
    assert_eq!(one("let x = a < b in c"), at("in", Kind::MixedComparison));
    assert_eq!(one("let x = a < b is none"), at("is", Kind::MixedComparison));
    assert_eq!(in_process("let x = a < b <= c and d > e >= f"), []);
    assert_eq!(one("f() = 3"), at("f()", Kind::NotAPlace));
    assert_eq!(one("parallel { a() }"), at("parallel", Kind::ParallelWithoutBranches));
    assert_eq!(one("parallel for x in xs { branch a { } }"), at("parallel", Kind::ParallelWithoutBranches));
    assert_eq!(one("step s { reverse\n f() }"), at("reverse", Kind::ReverseNotLast));
    assert_eq!(only("record R { a: Int = 1 = 2 }"), ("= 2", Kind::Repeated { what: "the default value" }));
    assert_eq!(only("entity E key a key b { a: Int }"), ("key b", Kind::Repeated { what: "`key`" }));
}

fn unexpected(found: &str, expected: &[&'static str], within: &'static str) -> Kind {
    Kind::Unexpected { found: found.into(), expected: expected.to_vec(), within: Some(within) }
}

#[test]
fn what_was_expected_is_said_in_words() {
    assert_eq!(one("let x 5"), at("5", unexpected("`5`", &["`:`", "`=`"], "a process")));
    assert_eq!(one("let x ="), at("}", unexpected("`}`", &["a value"], "a process")));
    assert_eq!(one("step s { x = }"), at("}", unexpected("`}`", &["a value"], "a step")));
    assert_eq!(one("task t for R { }"), at("for", unexpected("`for`", &["a text in quotes"], "a process")));
    let channel = ["`email`, `http` or `message`"];
    assert_eq!(one("send mail x to y"), at("mail", unexpected("`mail`", &channel, "a process")));
    assert_eq!(only("fn h(x: Int): Int { return x }"), (":", unexpected("`:`", &["`->`"], "a function")));
    assert_eq!(only("record R {\n  a Int\n  b: Int\n}"), ("Int", unexpected("`Int`", &["`:`"], "a record")));
    assert_eq!(only("duty a, b"), ("a", unexpected("`a`", &["`separate`"], "a duty rule")));
    assert_eq!(only("report r() ="), ("", unexpected("the end of the item", &["a value"], "a report")));
}

#[test]
fn tables() {
    let table = |rows: &str| format!("decision d(a: Int, b: Int) -> Int {{\n  | a | b => r\n{rows}\n}}\n");
    let check = |rows: &str, pointed: &str, kind: Kind| {
        let text = table(rows);
        assert_eq!(errors(&text), [(pointed, kind)], "{rows}");
    };
    check("  | 1 | 2\n  | 3 | 4 => 5", "| 1 | 2", Kind::MissingArrow);
    check("  | 1 | 2\n    => 5", "| 1 | 2", Kind::RowOnSeveralLines);
    check("  | 1 | 2 =>\n    5", "| 1 | 2 =>", Kind::RowOnSeveralLines);
    check("  | 1 | 2 => 5\n    + 6", "| 1 | 2 => 5", Kind::RowOnSeveralLines);
    check("  | 1 | 2 => 5 | 3 | 4 => 6", "|", Kind::RowNotFirstOnLine);
    check("  | 1 => 5", "| 1 => 5", Kind::RowWidth { outputs: false, expected: 2, found: 1 });
    check("  | 1 | 2 => 5 | 6", "| 1 | 2 => 5 | 6", Kind::RowWidth { outputs: true, expected: 1, found: 2 });
    check("  | 1 | 2 => any", "any", Kind::ConditionInOutput);
    check("  | 1 | 2 => < 3", "< 3", Kind::ConditionInOutput);
    check("  default => 5\n  | 1 | 2 => 3", "|", Kind::BehindDefault);
    check("  | 1 | 2 -> 3", "->", Kind::WrongArrow { found: "->", instead: "=>" });
    check("  | 1 | b = 2 => 3", "=", Kind::SingleEquals);
    let line = "decision d(a: Int) -> Int { | a => r | 1 => 2 }";
    assert_eq!(only(line), ("|", Kind::RowNotFirstOnLine));
}

#[test]
fn what_stands_outside_of_items() {
    let outside = |word: &str, instead| Kind::TextOutsideItem { word: word.into(), instead };
    assert_eq!(errors("hello world\nrole A\n"), [("hello", outside("hello", None))]);
    assert_eq!(errors("role A\nproces p() { }\nrole B\n"), [("proces", outside("proces", Some("process")))]);
    assert_eq!(errors("role A\nfunction f() { }\nrole B\n"), [("function", outside("function", Some("fn")))]);
    assert_eq!(errors("role A\nfunctoin f() { }\nrole B\n"), [("functoin", outside("functoin", Some("fn")))]);
    assert_eq!(errors("fn f() -> Int { 1 }\n  role A\n"), [("role", Kind::ItemNotInColumnOne { word: "role".into() })]);
    assert_eq!(errors("role A\n/// nothing\n"), [("/// nothing", Kind::DocWithoutItem)]);
    assert_eq!(errors("process p() {\n  /// nothing\n  f()\n}\n"), [("/// nothing", Kind::DocWithoutItem)]);
    assert_eq!(errors("role A\n//! late\nrole B\n"), [("//! late", Kind::FileDocNotAtTop)]);
    assert_eq!(errors("/// of the chart\n//! late\nchart {\n}\n"), [("//! late", Kind::FileDocNotAtTop)]);
    let text = "record R {\n  a: Int\ntype: Text\n  b: Int\n}\nrole A\n";
    let found = errors(text);
    assert_eq!(found.len(), 1);
    assert!(matches!(&found[0], ("type", Kind::ItemWordInColumnOne { .. })), "{found:?}");
}

/// Comments of other languages are no items, and end none of their lines' neighbours.
#[test]
fn comments_of_other_languages_between_items() {
    let comment = |found: &str| Kind::CommentStyle { found: found.into() };
    assert_eq!(errors("# don't\nrole A\n"), [("#", comment("#"))]);
    assert_eq!(errors("role A\n\n# one \"x\n# two {\n\nrole B\n"), [("#", comment("#")), ("#", comment("#"))]);
    assert_eq!(errors("fn f() -> Int = 1\n/* of {\nrole A */\nrole B\n"), [("/*", comment("/*"))]);
    assert_eq!(errors("role A\n-- x\nrole B\n"), [("--", comment("--"))]);
    assert_eq!(parse("# x\nrole A\n# y\nrole B\n").file.items.len(), 2);
}

#[test]
fn items_behind_blanks() {
    let item = |word: &str| Kind::ItemNotInColumnOne { word: word.into() };
    for before in
        ["fn a(x: Int) -> Int = x", "fn a() -> Int = 1 +\n  f(2)", "role A", "currency IDR", "fn a() -> T = \"x\""]
    {
        let text = format!("{before}\n\n  fn b() -> Int = 2\nrole C\n");
        assert_eq!(errors(&text), [("fn", item("fn"))], "{before}");
        assert_eq!(parse(&text).file.items.len(), 3, "{before}");
    }
    // Item words are plain names in other places.
    assert_eq!(errors("fn a(test: Int) -> Int = 1 +\n  test\n"), []);
    assert_eq!(errors("duty separate role,\n  test\n"), []);
}

#[test]
fn one_fault_says_nothing_else() {
    let character = |character| Kind::UnknownCharacter { character };
    let letters = |name: &str| Kind::BadName { name: name.into(), wanted: NameStyle::PlainLetters };
    assert_eq!(one("let a = x § 2"), at("§", character('§')));
    assert_eq!(one("let a = x ≤ 2"), at("≤", character('≤')));
    assert_eq!(one("let a = § 2"), at("§", character('§')));
    assert_eq!(only("fn größe(x: Int) -> Int = größe + x"), ("größe", letters("größe")));
    assert_eq!(only("record Größe { a: Int }"), ("Größe", letters("Größe")));
    assert_eq!(one("let ölpreis = 2 let y = ölpreis + ölpreis"), at("ölpreis", letters("ölpreis")));
    assert_eq!(one("let цена = 2"), at("цена", letters("цена")));
    assert_eq!(one("let a = I\u{fffd}t"), at("\u{fffd}", character('\u{fffd}')));
    // What the mended copy says of a mended place is not told.
    let mended = errors("chart {\n  asset cash \"1\" by day: I\u{fffd}t\n}\n");
    assert_eq!(mended, [("\u{fffd}", character('\u{fffd}'))]);
    // What is told stands on one line, also where the name goes on in the next.
    assert_eq!(one("total\n  .gold\n  total"), at("total", Kind::NameAlone { name: "total".into() }));
    for (_, kind) in in_process("let a = 5\n.001") {
        assert_ne!(kind, Kind::GroupedByPointOrComma);
    }
    assert_eq!(one("parallel { }"), at("parallel", Kind::ParallelWithoutBranches));
    assert_eq!(errors("fn f() -> Text {\n  return \"open }\n}\n"), [("\"open }", Kind::UnclosedText)]);
    assert_eq!(errors("fn f() -> Text { return \"open }\nrole A\n"), [("\"open }", Kind::UnclosedText)]);
}

/// The bracket that is blamed.
#[test]
fn unclosed_brackets() {
    let blamed = |text: &str| {
        let Kind::UnclosedBracket { bracket, open } = only(text).1 else { panic!("{text}") };
        assert!(text[open.range()].starts_with(bracket));
        open.start as usize
    };
    for text in [
        "fn f() -> T {\n  let a = [1, 2\n}\n",
        "fn f() -> T {\n  let a = [1, 2\n  return a\n}\n",
        "fn f() -> T { let a = [1, 2\nrole A\n",
        "fn f() -> T {\n  if x {\n    let a = [1, 2\n  }\n  return a\n}\n",
        "fn f() -> T = [1, 2\n\nfn g() -> T { 1 }\n",
    ] {
        assert_eq!(blamed(text), text.find('[').unwrap(), "{text}");
    }
    let text = "fn f() -> T {\n  if x {\n    a\n  return a\n}\n";
    assert_eq!(blamed(text), text.rfind('{').unwrap());
}

#[test]
fn too_much() {
    let chain = format!("let x = 1{}", " + 1".repeat(600));
    assert_eq!(one(&chain).1, Kind::ExpressionTooLong { limit: MAX_TREE_DEPTH });
    let deep = format!("let x = {}1{}", "(".repeat(200), ")".repeat(200));
    assert_eq!(one(&deep), at("(", Kind::NestingTooDeep { limit: 128 }));
}

#[test]
fn several_errors_each_at_its_place() {
    let text = "/// ü€😀 before it all\nfn f(x: Int) -> Text {\n  let ä = \"ü\"\n  let y = \"€😀 {x}\" let z = 2026-02-30\n  if x = 3 { return \"é\" }\n  return 'ö'\n}\n\nrole Büro\nrole Clerk\nenum E { ß }\n";
    let found = errors(text);
    let pointed: Vec<&str> = found.iter().map(|(at, _)| *at).collect();
    assert_eq!(pointed, ["ä", "2026-02-30", "=", "'ö'", "Büro", "ß"], "{found:#?}");
}

#[test]
fn one_broken_item_hides_no_other() {
    let text = "process a() { let x = }\n\nprocess b() { f() }\n\nprocess c() { if }\n\nfn d( -> Int = 1\n\nrole E\n";
    let parsed = parse(text);
    assert_eq!(parsed.errors.len(), 3, "{:?}", parsed.errors);
    let names: Vec<Option<&str>> = parsed
        .file
        .items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::Invalid { name } => name.as_ref().map(|name| name.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, [Some("a"), None, Some("c"), Some("d"), None]);
}

#[test]
fn several_errors_of_one_item() {
    let found = in_process(
        "let x = a &&\n  let y = 3 3\n  if z = 2 { f(); }\n  let w = \"\\q\"\n  send fax x to y\n  let v = 2026-02-30\n  foo\n  g()",
    );
    let pointed: Vec<&str> = found.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(pointed, ["&&", "let", "3", "=", ";", "\\q", "fax", "2026-02-30", "foo"], "{found:#?}");
}
