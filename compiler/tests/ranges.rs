//! What numbers can come to: which `where`s are proved, which are refuted, which are left to the run; and that the
//! verdicts agree with computing on all values of small types.

use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Compiled, Root, compile};

struct Nothing;

impl Loader for Nothing {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("{file} is not there"))
    }
}

const TYPES: &str = "
type Small = Int where -3 <= it <= 3
type Grade = Int where 1 <= it <= 5
type Digit = Int where it in [0..9]
type Share = Percent where 0% <= it <= 100%
enum Size { S, M, L }
record Line { count: Int where 0 <= count <= 100, price: Decimal<2> where price >= 0.00 }
record Span { from: Int where from >= 0, to: Int where from <= to }
";

fn compiled(text: &str) -> Compiled {
    let root = Root { name: "t".into(), path: "t.bp".into(), text: format!("{TYPES}{text}\n") };
    compile(root, &Nothing, Setting::default())
}

/// `proved` and `checked` conditions of a program without faults, in order.
fn conditions(text: &str) -> String {
    let compiled = compiled(text);
    assert!(compiled.diagnostics.is_empty(), "{text}\n{:#?}", compiled.diagnostics);
    let shown = compiled.conditions.iter().map(|c| if c.proved { "proved" } else { "checked" });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_follows_from_types_and_branches_is_proved() {
    let cases = [
        ("fn f() -> Grade = 3", "proved"),
        ("fn f(g: Grade) -> Digit = g", "proved"),
        ("fn f(g: Grade) -> Digit = g + 4", "proved"),
        ("fn f(g: Grade) -> Digit = 2 * g - 1", "proved"),
        ("fn f(d: Digit) -> Grade = min(d + 1, 5)", "proved"),
        ("fn f(d: Digit) -> Grade = clamp(d, 1, 5)", "proved"),
        ("fn f(n: Int) -> Digit = n mod 10", "proved"),
        ("fn f(d: Digit) -> Grade = if d > 4 { 5 } else { d + 1 }", "proved"),
        ("fn f(n: Int) -> Digit = if n >= 0 and n < 10 { n } else { 0 }", "proved"),
        ("fn f(n: Int) -> Digit = if n < 0 or n > 9 { 9 } else { n }", "proved"),
        ("fn f(n: Int) -> Digit = if not (n in [0..9]) { 9 } else { n }", "proved"),
        ("fn f(n: Int) -> Digit {\n  if n < 0 or n > 9 {\n    return 0\n  }\n  n\n}", "proved proved"),
        ("fn f(s: Small) -> Digit = abs(s)", "proved"),
        ("fn f(s: Small) -> Digit = s * s", "checked"),
        ("fn f(a: Digit, b: Digit) -> Digit = round((a + b) / 2)", "proved"),
        ("type Fee = Decimal<2> where it >= 0.00\nfn f(line: Line) -> Fee = line.price", "proved"),
        ("fn f(line: Line) -> Share = round(line.count / 100)", "proved"),
        ("fn f(line: Line) -> Line = line with (count: 0)", "proved proved"),
        ("fn f(day: Date) -> Grade {\n  let d = day.day\n  if d <= 5 {\n    return d\n  }\n  1\n}", "proved proved"),
        ("type Natural = Int where it >= 0\nfn f(xs: List<Digit>) -> Natural = sum(x for x in xs)", "proved"),
        ("type Natural = Int where it >= 0\nfn f(xs: List<Int>) -> Natural = count(xs)", "proved"),
        ("fn f(s: Size) -> Grade = match s {\n  S => 1\n  M => 3\n  L => 5\n}", "proved"),
        ("fn f(n: Int) -> Digit {\n  var total = 0\n  for i in [1..4] {\n    total = i\n  }\n  total\n}", "checked"),
        ("fn f() -> List<Digit> = [i - 1 for i in [1..10]]", "proved"),
        ("fn g(s: Small) -> Int = s + 3\nfn f(s: Small) -> Digit = g(s)", "proved"),
        (
            "decision d(n: Digit) -> Grade {\n  | n => grade\n  | 0 => 1\n  | [1..3] => 2\n  | [4..9] => 5\n}",
            "proved proved proved",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(conditions(text), expected, "{text}");
    }
}

#[test]
fn what_may_fail_is_left_to_the_run() {
    let cases = [
        "fn f(n: Int) -> Digit = n",
        "fn f(d: Digit) -> Grade = d",
        "fn f(d: Digit) -> Digit = d + 1",
        "fn f(n: Int) -> Digit = if n < 10 { n } else { 9 }",
        "fn f(n: Int) -> Digit = if n >= 0 or n < 10 { n } else { 0 }",
        "fn f(a: Digit, b: Digit) -> Digit = a * b",
        "fn f(a: Digit, b: Digit) -> Digit = a - b",
        "fn f(xs: List<Digit>) -> Digit = sum(x for x in xs)",
        "fn f(x: Share, y: Share) -> Share = x + y",
    ];
    for text in cases {
        assert!(conditions(text).contains("checked"), "{text}");
    }
    assert_eq!(conditions("fn f(a: Digit, b: Digit) -> Span = Span(from: a, to: b)"), "proved checked");
    assert_eq!(conditions("fn f(s: Span) -> Span = s with (to: 5)"), "proved checked");
}

#[test]
fn what_can_never_be_is_refused() {
    let bad = [
        ("fn f() -> Grade = 6", "BP0415 6 is no `Grade`"),
        ("fn f() -> Grade = 0", "BP0415 0 is no `Grade`"),
        ("fn f() -> Share = 100.5%", "BP0415 100.5% is no `Share`"),
        ("fn f(g: Grade) -> Digit = g + 9", "BP0415 no value here meets the condition of `Digit`"),
        ("fn f(g: Grade) -> Digit = -g", "BP0415"),
        ("fn f(d: Digit) -> Grade {\n  if d > 5 {\n    return d\n  }\n  1\n}", "BP0415"),
        ("fn f(n: Int) -> Digit {\n  if n > 9 {\n    return n\n  }\n  0\n}", "BP0415"),
        ("fn f(d: Digit) -> Grade = max(d, 6)", "BP0415"),
        ("fn f(p: Decimal<2>) -> Line = Line(count: 101, price: p)", "BP0415"),
        ("fn f(n: Int) -> Line = Line(count: n, price: -0.01)", "BP0415"),
        ("fn f(line: Line) -> Line = line with (count: -1)", "BP0415"),
        ("fn f() -> Span = Span(from: 5, to: 4)", "BP0415"),
        ("fn f(d: Digit) -> Span = Span(from: 10, to: d)", "BP0415"),
        ("fn g(n: Int where n > 0) -> Int = n\nfn f() -> Int = g(0)", "BP0415"),
        ("fn g(n: Int where n > 9) -> Int = n\nfn f(d: Digit) -> Int = g(d)", "BP0415"),
        ("fn g(g: Grade) -> Int = g\nfn f(d: Digit) -> Int = g(d + 6)", "BP0415"),
        ("fn f(n: Int) -> Grade {\n  let big = 3 + 4\n  big\n}", "BP0415 7 is no `Grade`"),
        ("fn f(n: Int) -> Grade {\n  if n < 1 {\n    return n\n  }\n  1\n}", "BP0415"),
        ("fn f(s: Size) -> Grade = match s {\n  S => 6\n  M => 8\n  L => 7\n}", "BP0415 no value here"),
        ("fn f() -> List<Grade> = [i + 5 for i in [1..10]]", "BP0415"),
        ("decision d(n: Digit) -> Grade {\n  | n => grade\n  | [0..8] => 1\n  | 9 => 9\n}", "BP0415 9 is no `Grade`"),
        ("fn f(n: Int) -> Int = n div (2 - 2)", "BP0509"),
        ("fn f(n: Int) -> Int = n mod (2 - 2)", "BP0509"),
        ("fn f(n: Int) -> Int {\n  let parts = 3 - 3\n  round(n / parts)\n}", "BP0509"),
        ("record R { n: Int }\nfn f() -> R = R(n: 9_000_000_000 * 9_000_000_000)", "BP0511"),
        ("fn f() -> List<Int> = [5_000_000_000 * 5_000_000_000]", "BP0511"),
        ("fn f(g: Grade) -> Int = (4_000_000_000 * 4_000_000_000) * (4_000_000_000 * 4_000_000_000) * 9 * g", "BP0511"),
    ];
    for (text, expected) in bad {
        let compiled = compiled(text);
        let told: Vec<String> = compiled.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
        assert!(told.len() == 1 && told[0].starts_with(expected), "{text}\n{told:?}\nexpected {expected}");
    }
}

// ---------------------------------------------------------------- random code against all values

/// The same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, count: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count as u64) as i64
    }
}

enum E {
    Parameter(usize),
    Number(i64),
    Binary(&'static str, Box<E>, Box<E>),
    Abs(Box<E>),
    If(Box<(E, &'static str, E)>, Box<E>, Box<E>),
}

const BINARY: [&str; 8] = ["+", "-", "*", "div", "mod", "min", "max", "/"];
const COMPARE: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

fn random(r: &mut Random, depth: u32) -> E {
    let pick = r.below(10);
    if depth == 0 || pick < 2 {
        return if r.below(4) > 0 { E::Parameter(r.below(2) as usize) } else { E::Number(r.below(9) - 4) };
    }
    let mut inside = || Box::new(random(r, depth - 1));
    match pick {
        2 => E::Abs(inside()),
        3..=5 => {
            let (a, b, then, otherwise) = (inside(), inside(), inside(), inside());
            E::If(Box::new((*a, COMPARE[r.below(6) as usize], *b)), then, otherwise)
        }
        _ => {
            let (a, b) = (inside(), inside());
            E::Binary(BINARY[r.below(8) as usize], a, b)
        }
    }
}

impl E {
    fn text(&self) -> String {
        match self {
            E::Parameter(n) => ["a", "b"][*n].into(),
            E::Number(n) if *n < 0 => format!("({n})"),
            E::Number(n) => n.to_string(),
            E::Binary(op @ ("min" | "max"), a, b) => format!("{op}({}, {})", a.text(), b.text()),
            E::Binary("/", a, b) => format!("round({} / {}, to: 1)", a.text(), b.text()),
            E::Binary(op, a, b) => format!("({} {op} {})", a.text(), b.text()),
            E::Abs(of) => format!("abs({})", of.text()),
            E::If(c, a, b) => {
                format!("(if {} {} {} {{ {} }} else {{ {} }})", c.0.text(), c.1, c.2.text(), a.text(), b.text())
            }
        }
    }

    /// Nothing where it faults.
    fn value(&self, of: [i64; 2]) -> Option<i64> {
        Some(match self {
            E::Parameter(n) => of[*n],
            E::Number(n) => *n,
            E::Abs(e) => e.value(of)?.abs(),
            E::If(c, then, otherwise) => {
                let (a, b) = (c.0.value(of)?, c.2.value(of)?);
                let holds = match c.1 {
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    ">=" => a >= b,
                    "==" => a == b,
                    _ => a != b,
                };
                if holds { then.value(of)? } else { otherwise.value(of)? }
            }
            E::Binary(op, a, b) => {
                let (a, b) = (a.value(of)?, b.value(of)?);
                match *op {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "min" => a.min(b),
                    "max" => a.max(b),
                    _ if b == 0 => return None,
                    "div" => (a as f64 / b as f64).floor() as i64,
                    "mod" => a - b * (a as f64 / b as f64).floor() as i64,
                    // Half away from zero.
                    _ => (a as f64 / b as f64).round() as i64,
                }
            }
        })
    }
}

#[test]
fn verdicts_agree_with_all_values() {
    let mut r = Random(0x9E37_79B9_7F4A_7C15);
    let (mut proved, mut refuted, mut open) = (0, 0, 0);
    for _ in 0..3_000 {
        let code = random(&mut r, 4);
        let low = r.below(24) - 12;
        let high = low + r.below(40);
        let text = format!(
            "type A = Int where -3 <= it <= 2\ntype B = Int where 1 <= it <= 4\n\
             type T = Int where {low} <= it <= {high}\nfn f(a: A, b: B) -> T = {}",
            code.text()
        );
        let compiled = compiled(&text);
        let inputs = (-3..=2).flat_map(|a| (1..=4).map(move |b| [a, b]));
        let mut values = inputs.filter_map(|of| code.value(of));
        let meets = |value: i64| (low..=high).contains(&value);
        let codes: Vec<String> = compiled.diagnostics.iter().map(|d| d.code.to_string()).collect();
        if codes.is_empty() {
            if compiled.conditions.iter().all(|c| c.proved) {
                proved += 1;
                assert!(values.all(meets), "proved, but not so:\n{text}");
            } else {
                open += 1;
            }
        } else if codes.iter().any(|code| code == "BP0415") && !text.contains("if") {
            refuted += 1;
            assert!(!values.any(meets), "refuted, but not so:\n{text}");
        } else {
            // A division by zero whatever comes, or one way of several that never meets it.
            assert!(codes.iter().all(|code| code == "BP0415" || code == "BP0509"), "{codes:?}\n{text}");
        }
    }
    assert!(proved > 200 && refuted > 20 && open > 200, "{proved} proved, {refuted} refuted, {open} open");
}
