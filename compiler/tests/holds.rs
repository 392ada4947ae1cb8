//! Holds: settled exactly once on every way that ends well; where not, in what words that is told. And failures of
//! actions: handled or declared.

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
entity Customer key code { code: Text, credit: Money }
chart {
  limit credit_line by Customer up to it.credit
  asset bank \"1100\"
  income sales \"4000\"
}
action take(c: Customer, amount: Money) -> Hold<Money> fails Short {
  return hold amount on credit_line[c]
}
action done(h: Hold<Money>) { commit h }
";

fn told(text: &str) -> Vec<String> {
    let root = Root { name: "t".into(), path: "t.bp".into(), text: format!("{PROGRAM}{text}\n") };
    let compiled = compile(root, &Nothing, Setting::default());
    compiled.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn what_settles_every_hold_is_accepted() {
    let good = [
        "action f(h: Hold<Money>) { commit h }",
        "action f(h: Hold<Money>) { release h }",
        "action f(h: Hold<Money>) -> Hold<Money> = h",
        "action f(h: Hold<Money>) { let g = h release g }",
        "action f(h: Hold<Money>) { done(h) }",
        "action f(h: Hold<Money>, all: Bool) { if all { commit h } else { release h } }",
        "action f(h: Hold<Money>, part: Money) { let rest = commit part of h release rest }",
        "action f(h: Hold<Money>, all: Bool) { if all { commit h return } release h }",
        "action f(hs: List<Hold<Money>>) { for h in hs { commit h } }",
        "action f(c: Customer) -> List<Hold<Money>> fails Short {\n  let a = take(c, 5 USD)\n  let b = take(c, 6 USD)\n  return [a, b]\n}",
        "action f(h: Hold<Money>?) { match h { some(x) => release x, none => {} } }",
        // What fails takes nothing with it.
        "action f(h: Hold<Money>, ok: Bool) fails Bad {\n  if not ok { fail Bad }\n  commit h\n}",
        "action f(c: Customer) fails Short {\n  let a = take(c, 5 USD)\n  let b = take(c, 6 USD)\n  commit a\n  release b\n}",
        "process p(c: Customer) fails Refused {\n  let h = step s { take(c, 5 USD) } else { Short(_, _, _) => fail Refused }\n  \
         step t { done(h) }\n}",
        // A process that declares what its step may end with.
        "process p(c: Customer) fails Short {\n  let h = step s { take(c, 5 USD) }\n  step t { done(h) }\n}",
    ];
    for text in good {
        assert_eq!(told(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_other_is_told() {
    let open = "BP0762";
    let twice = "BP0763";
    let unhandled = "BP0802";
    let bad = [
        ("action f(h: Hold<Money>) { }", open, "the hold `h` is never settled"),
        ("action f(h: Hold<Money>) { let g = h }", open, "the hold `g` is never settled"),
        ("action f(h: Hold<Money>) { commit h commit h }", twice, "the hold `h` is gone already"),
        ("action f(h: Hold<Money>) { commit h release h }", twice, "the hold `h` is gone already"),
        ("action f(h: Hold<Money>) { done(h) done(h) }", twice, "the hold `h` is gone already"),
        ("action f(h: Hold<Money>) -> List<Hold<Money>> = [h, h]", twice, "the hold `h` is gone already"),
        (
            "action f(h: Hold<Money>, all: Bool) { if all { commit h } }",
            open,
            "the hold `h` is settled on one way through this and open on another",
        ),
        (
            "action f(h: Hold<Money>, all: Bool) { if all { commit h } commit h }",
            open,
            "the hold `h` is settled on one way through this and open on another",
        ),
        ("action f(h: Hold<Money>, all: Bool) { if all { return } commit h }", open, "the hold `h` is never settled"),
        ("action f(h: Hold<Money>, part: Money) { commit part of h }", open, "nothing takes the hold"),
        (
            "action f(h: Hold<Money>, part: Money) { let rest = commit part of h }",
            open,
            "the hold `rest` is never settled",
        ),
        (
            "action f(h: Hold<Money>, xs: List<Int>) { for x in xs { commit h } }",
            twice,
            "the hold `h` would be settled in every round",
        ),
        ("action f(hs: List<Hold<Money>>) { for h in hs { } }", open, "the hold `h` is never settled"),
        (
            "action f(hs: List<Hold<Money>>) { for h in hs { commit h commit h } }",
            twice,
            "the hold `h` is gone already",
        ),
        ("action f(h: Hold<Money>?) { match h { some(_) => {}, none => {} } }", open, "nothing takes the hold"),
        ("action f(h: Hold<Money>?) { match h { some(x) => {}, none => {} } }", open, "the hold `x` is never settled"),
        ("action f(c: Customer) fails Short { take(c, 5 USD) }", open, "nothing takes the hold"),
        ("action f(c: Customer) fails Short { let h = take(c, 5 USD) }", open, "the hold `h` is never settled"),
        (
            "action f(a: Hold<Money>, b: Hold<Money>) { var h = a h = b commit h }",
            open,
            "the hold `h` is never settled",
        ),
        (
            "process p(c: Customer) fails Short { let h = step s { take(c, 5 USD) } }",
            open,
            "the hold `h` is never settled",
        ),
        (
            "action f(c: Customer) { let h = take(c, 5 USD) commit h }",
            unhandled,
            "`take` may fail with `Short`, which nothing handles",
        ),
        (
            "action f(c: Customer) { let h = hold 5 USD on credit_line[c] commit h }",
            unhandled,
            "`hold` may fail with `Short`, which nothing handles",
        ),
        (
            "process p(c: Customer) { let h = step s { take(c, 5 USD) } step t { done(h) } }",
            unhandled,
            "`s` may fail with `Short`, which nothing handles",
        ),
        (
            "action f(c: Customer) fails Short { let h = hold 5 USD on bank commit h }",
            "BP0761",
            "`bank` has no limit, so nothing of it is held",
        ),
        (
            "process p(c: Customer) { step s { let x = 2 } else { Short(_, _, _) => {} } }",
            "BP0411",
            "nothing in this step fails",
        ),
    ];
    for (text, code, message) in bad {
        assert_eq!(told(text), [format!("{code} {message}")], "{text}");
    }
}
