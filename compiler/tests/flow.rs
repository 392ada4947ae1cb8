//! What ends, what is assigned, what is told of failures, and where effects may stand: the checks that are no proof of
//! their own. Each refused program has one fault, told once.

use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};

struct Nothing;

impl Loader for Nothing {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("{file} is not there"))
    }
}

const PROGRAM: &str = "
currency USD
enum Size { S, M, L }
enum Shape { Dot, Circle(radius: Int), Box(width: Int, height: Int) }
record Item { size: Size, count: Int }
chart {
  asset  cash \"1000\"
  income sales \"4000\"
}
";

fn told(text: &str) -> Vec<String> {
    let root = Root { name: "t".into(), path: "t.bp".into(), text: format!("{PROGRAM}{text}\n") };
    let compiled = compile(root, &Nothing, Setting::default());
    compiled.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

fn each_has(bad: &[(&str, &str)]) {
    for (text, expected) in bad {
        let told = told(text);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{text}\n{told:#?}\nexpected {expected}");
    }
}

fn none_has(good: &[&str]) {
    for text in good {
        assert_eq!(told(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_call_ends() {
    each_has(&[
        ("fn f(n: Int) -> Int = f(n)", "BP0413"),
        ("fn f(n: Int) -> Int = if n > 0 { f(n - 1) } else { 0 }", "BP0413"),
        ("fn f(n: Int) -> Int = g(n)\nfn g(n: Int) -> Int = f(n)", "BP0413"),
        ("fn f(n: Int) -> Int = g(n)\nfn g(n: Int) -> Int = h(n)\nfn h(n: Int) -> Int = f(n)", "BP0413"),
        ("fn f(xs: List<Int>) -> Int = sum(f([x]) for x in xs)", "BP0413"),
        ("fn f(xs: List<Int>) -> Int = count(x for x in xs where f([x]) > 0)", "BP0413"),
        ("fn f(n: Int) -> Text = \"{f(n)}\"", "BP0413"),
        ("fn f(n: Int where f(n) > 0) -> Int = n", "BP0413"),
        ("type T = Int where f(it) > 0\nfn f(n: Int) -> Int {\n  let t: T = n\n  t\n}", "BP0413"),
        ("decision d(n: Int) -> Int first {\n  | n => x\n  | 0 => d(1)\n  | any => 1\n}", "BP0413"),
        (
            "decision d(n: Int) -> Int first {\n  | n => x\n  | 0 => f(1)\n  | any => 1\n}\nfn f(n: Int) -> Int = d(n)",
            "BP0413",
        ),
        ("action f(n: Int) {\n  f(n)\n}", "BP0413"),
        ("action f(n: Int) {\n  g(n)\n}\naction g(n: Int) {\n  f(n)\n}", "BP0413"),
        ("record R { n: Int = f() }\nfn f() -> Int = R().n", "BP0413"),
        ("fn f(n: Int) -> Int = sum(i for i in [1..n])", "BP0414"),
        ("fn f(n: Int) -> Int = sum(i for i in [n..10])", "BP0414"),
        ("fn f(n: Int) -> Int = sum(i for i in [1..])", "BP0414"),
        ("fn f(n: Int) -> Int = sum(i for i in [..10])", "BP0414"),
        ("fn f(n: Int) -> Int {\n  var t = 0\n  for i in [1..n * 2] {\n    t = t + i\n  }\n  t\n}", "BP0414"),
        ("fn f(n: Int) -> Int = sum(i for i in [1..max(n, 3)])", "BP0414"),
        ("fn f(n: Int) -> Int {\n  while n > 0 {\n    return 1\n  }\n  0\n}", "BP0411"),
        ("record R { r: R }", "BP0405"),
        ("record R { s: List<S> }\nrecord S { r: R? }", "BP0405"),
    ]);
    none_has(&[
        "fn f(n: Int) -> Int = g(n) + g(n + 1)\nfn g(n: Int) -> Int = h(h(n))\nfn h(n: Int) -> Int = n + 1",
        "fn f(n: Int) -> Int = sum(i for i in [1..min(n, 100)])",
        "fn f(n: Int) -> Int = sum(i for i in [1..clamp(n, 1, 12)])",
        "fn f(xs: List<Int>) -> Int = sum(i for i in [1..count(xs)])",
        "fn f(day: Date) -> Int = sum(i for i in [1..day.day])",
        "type Months = Int where 1 <= it <= 12\nfn f(m: Months) -> Int = sum(i for i in [1..m])",
    ]);
}

#[test]
fn everything_is_assigned_matched_and_told() {
    each_has(&[
        ("fn f(n: Int) -> Int {\n  if n > 0 {\n    let x = 1\n  }\n  x\n}", "BP0301"),
        ("fn f(n: Int) -> Int {\n  if n > 0 {\n    let x = 1\n  } else {\n    let y = 2\n  }\n  x\n}", "BP0301"),
        ("fn f(n: Int) -> Int {\n  for i in [1..3] {\n    let x = i\n  }\n  x\n}", "BP0301"),
        ("fn f(n: Int) -> Int {\n  x = 1\n  n\n}", "BP0301"),
        ("fn f(n: Int) -> Int {\n  let x = y\n  let y = 1\n  x\n}", "BP0301"),
        ("fn f(n: Int) -> Int {\n  let x = 1\n  x = 2\n  x\n}", "BP0306"),
        ("fn f(n: Int) -> Int {\n  n = 2\n  n\n}", "BP0306"),
        ("fn f(xs: List<Int>) -> Int {\n  add 1 to xs\n  0\n}", "BP0306"),
        ("fn f(n: Int) -> Int {\n  if n > 0 {\n    return 1\n  }\n}", "BP0409"),
        ("fn f(n: Int) -> Int {\n  let x = n\n}", "BP0409"),
        ("fn f(s: Size) -> Int = match s {\n  S => 1\n  M => 2\n}", "BP0407"),
        ("fn f(s: Shape) -> Int = match s {\n  Dot => 1\n  Circle(r) => r\n}", "BP0407"),
        ("fn f(s: Shape) -> Int = match s {\n  Dot => 1\n  Circle(1) => 2\n  Box(w, h) => w\n}", "BP0407"),
        ("fn f(b: Bool) -> Int = match b {\n  true => 1\n}", "BP0407"),
        ("fn f(n: Int) -> Int = match n {\n  1 => 1\n  2 => 2\n}", "BP0407"),
        ("fn f(n: Int?) -> Int = match n {\n  some(x) => x\n}", "BP0407"),
        ("fn f(t: Text) -> Int = match t {\n  \"a\" => 1\n}", "BP0407"),
        ("fn f(n: Int?) -> Int = n + 1", "BP0402"),
        ("fn f(n: Int?) -> Int = n", "BP0401"),
        ("process p(n: Int) -> Int {\n  fail Short\n}", "BP0801"),
        ("process p(n: Int) -> Int fails Late {\n  if n > 0 {\n    fail Short(n)\n  }\n  return n\n}", "BP0801"),
        (
            "fn f(n: Int) -> Int {\n  post \"x\" on 2026-01-01 else first_open {\n    debit cash 1 USD\n    credit sales 1 USD\n  }\n  n\n}",
            "BP0412",
        ),
        ("fn f() -> Date = today()", "BP0412"),
        (
            "fn f(n: Int) -> Int = book(n)\naction book(n: Int) -> Int {\n  post \"x\" on 2026-01-01 else first_open {\n    debit cash 1 USD\n    credit sales 1 USD\n  }\n  return n\n}",
            "BP0412",
        ),
        ("record R { d: Date = today() }", "BP0412"),
        ("type T = Date where it <= today()", "BP0412"),
    ]);
    none_has(&[
        "fn f(n: Int) -> Int {\n  if n > 0 {\n    return 1\n  }\n  0\n}",
        "fn f(s: Shape) -> Int = match s {\n  Dot => 1\n  Circle(1) => 2\n  Circle(r) => r\n  Box(w, _) => w\n}",
        "fn f(n: Int?) -> Int = (n ?? 0) + 1",
        "process p(n: Int) -> Int fails Short(by: Int) {\n  if n > 0 {\n    fail Short(n)\n  }\n  return n\n}",
    ]);
}

#[test]
fn a_match_of_many_parts_is_told_in_time() {
    let match_of = |parts: usize, ty: &str, cases: [&str; 2], set: &dyn Fn(usize) -> Vec<usize>, rest: &str| {
        let fields: Vec<String> = (0..parts).map(|at| format!("p{at}: {ty}")).collect();
        let row = |case: &str, set: &[usize]| {
            let part = |at: usize| if set.contains(&at) { case } else { "_" };
            format!("Many({}) => 1\n", (0..parts).map(part).collect::<Vec<_>>().join(", "))
        };
        let rows: String = (0..parts).map(|at| cases.map(|case| row(case, &set(at))).concat()).collect();
        format!("enum Parts {{ Many({}) }}\nfn f(p: Parts) -> Int = match p {{\n{rows}{rest}}}", fields.join(", "))
    };
    // One part alone decides: whatever the others are need not be tried.
    assert_eq!(told(&match_of(12, "Size", ["S", "M"], &|at| vec![at], "_ => 2\n")), Vec::<String>::new());
    // Two parts that stand far apart: there are too many ways to combine them.
    let apart = |at: usize| vec![at, (at + 20) % 41];
    let told_of = |rest: &str| told(&match_of(41, "Bool", ["true", "false"], &apart, rest));
    assert_eq!(told_of(""), ["BP0407 it could not be shown that this `match` leaves out nothing"]);
    assert_eq!(told_of("_ => 2\n"), Vec::<String>::new());
}
