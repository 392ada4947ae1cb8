//! The proof that postings balance: what it shows, what it refuses and in what words, and that its verdicts agree with
//! computing on random values.

use bp_compiler::check::{Setting, check};
use bp_compiler::diagnostics::{Code, Diagnostic, Problem, Severity};
use bp_compiler::load::{Loader, load};
use bp_compiler::prove::balance;
use bp_compiler::source::Sources;
use bp_compiler::typed::Checked;
use std::path::{Path, PathBuf};

/// Modules and data files in folders.
struct Folders(Vec<PathBuf>);

impl Loader for Folders {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let file = format!("{}.bp", name.replace('.', "/"));
        for folder in &self.0 {
            let path = folder.join(&file);
            if let Ok(text) = std::fs::read_to_string(&path) {
                return Ok(Some((path.display().to_string(), text)));
            }
        }
        Ok(None)
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
        Ok((path.display().to_string(), text))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program that has no fault that comes before the proofs.
fn checked(path: &str, text: &str, loader: &dyn Loader) -> (Checked, Sources) {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
    let loaded = load(name, path, text.to_owned(), loader, &mut sources, &mut problems);
    let (checked, more) = check(&loaded, loader, &mut sources, Setting::default());
    problems.extend(more);
    let faults: Vec<Diagnostic> =
        problems.iter().map(|p| p.tell(&sources)).filter(|d| d.severity == Severity::Error).collect();
    assert!(faults.is_empty(), "{path}:\n{text}\n{faults:#?}");
    (checked, sources)
}

/// What the proof says.
fn verdicts(path: &str, text: &str, loader: &dyn Loader) -> Vec<Diagnostic> {
    let (checked, sources) = checked(path, text, loader);
    balance::prove(&checked).into_iter().map(|f| Problem::Balance(f).tell(&sources)).collect()
}

const CHART: &str = r#"
currency USD
unit kg scale 3
chart {
  asset     bank       "1"
  asset     receivable "2" by customer: Text
  asset     stock      "3"
  liability payable    "4"
  liability tax        "5"
  liability vat        "6"
  liability wages      "7"
  income    sales      "8"
  income    freight    "9"
  expense   salaries   "10"
  expense   rounding   "11"
  expense   costs      "12"
  quantity  store      "13" in kg
  quantity  sold       "14" in kg
}
enum Kind { A, B, C }
enum Pay { Cash(money: Money), Card(money: Money, fee: Money), Free }
record Line { price: Money where price >= 0, count: Int where count >= 0, taxed: Bool, kind: Kind, net: Money, vat: Money, gross: Money where gross == net + vat }
record Order { customer: Text, lines: List<Line>, freight: Money, kind: Kind, paid: Money where paid >= 0, total: Money where total >= 0, rebate: Money? , share: Percent }
record Totals { net: Money, vat: Money, total: Money where total == net + vat }
record Slip { gross: Money, tax: Money, own: Money, net: Money }
record Split { first: Money, second: Money }
config { bears: Bool = false, rate: Percent = 11% }
"#;

/// A process over an order whose step has this body; `more` stands before it.
fn program(more: &str, body: &str) -> String {
    format!(
        "{CHART}\n{more}\nprocess run(o: Order, x: Money, y: Money, z: Money, n: Int, q: Quantity<kg>) {{\n  step book {{\n{body}\n  }}\n}}\n"
    )
}

fn judged(more: &str, body: &str) -> Vec<Diagnostic> {
    verdicts("main.bp", &program(more, body), &Folders(vec![]))
}

/// The difference as it is told.
fn difference(d: &Diagnostic) -> &str {
    d.labels[0].text.strip_prefix("debits less credits are `").and_then(|t| t.strip_suffix('`')).unwrap()
}

#[track_caller]
fn good(more: &str, body: &str) {
    let found = judged(more, body);
    assert!(found.is_empty(), "{body}\n{found:#?}");
}

/// Refused, with values for which it does not balance.
#[track_caller]
fn bad(more: &str, body: &str, expected: &str) {
    let found = judged(more, body);
    assert_eq!(found.len(), 1, "{body}\n{found:#?}");
    assert_eq!(difference(&found[0]), expected, "{found:#?}");
    assert_eq!(found[0].code, Code::Unbalanced, "{found:#?}");
}

/// Refused without such values.
#[track_caller]
fn not_shown(more: &str, body: &str, expected: &str) {
    let found = judged(more, body);
    assert_eq!(found.len(), 1, "{body}\n{found:#?}");
    assert_eq!(difference(&found[0]), expected, "{found:#?}");
    assert_eq!(found[0].code, Code::BalanceUndecided, "{found:#?}");
}

fn post(lines: &str) -> String {
    format!("post \"t\" on 2026-01-01 else first_open {{\n{lines}\n}}")
}

const PAYROLL: &str = r#"
fn tax_of(gross: Money) -> Money = round(gross * config.rate)
fn own_of(gross: Money) -> Money = min(round(gross * 2%), 100 USD)
fn slip(o: Order) -> Slip {
  let gross = o.paid + o.freight
  if config.bears { return Slip(gross: gross, tax: 0, own: 0, net: gross) }
  let tax = if o.kind == A { tax_of(gross) } else { tax_of(gross) - 1 USD }
  let own = own_of(gross)
  return Slip(gross: gross, tax: tax, own: own, net: gross - tax - own)
}
"#;

fn payroll(lines: &str) -> String {
    format!("let slip = slip(o)\n{}", post(lines))
}

#[test]
fn plain_sums_balance() {
    good("", &post("debit bank x\ncredit sales x"));
    good("", &post("debit bank x + y\ncredit sales x\ncredit vat y"));
    good("", &post("debit bank 2 * x\ncredit sales x\ncredit vat x"));
    good("", &post("debit bank 3 USD\ncredit sales 2.50 USD\ncredit vat 0.50 USD"));
    good("", &post("debit bank -x\ndebit sales x"));
    good("", &post("debit bank x\ncredit sales x\ndebit store q\ncredit sold q"));
    good("", "let t = x + y\nlet u = t - y\npost \"t\" on 2026-01-01 else first_open { debit bank u credit sales x }");
    good(
        "",
        "var t: Money = x\nt = t + y\npost \"t\" on 2026-01-01 else first_open { debit bank t credit sales x + y }",
    );
    good("", &post("debit bank (x + y) * 2 * n\ncredit sales x * n + n * x\ncredit vat 2 * y * n"));
}

#[test]
fn payroll_balances() {
    let lines = "debit salaries slip.gross\ncredit wages slip.net\ncredit tax slip.tax\ncredit payable slip.own";
    good(PAYROLL, &payroll(lines));
}

#[test]
fn roundings_and_reads_are_terms() {
    good("", &post("debit bank round(x * 11%)\ncredit sales round(11% * x)"));
    good("", &post("debit bank round(x * n / 100)\ncredit sales round(x * 1% * n)"));
    good("", &post("debit bank round(-x / 3)\ndebit sales round(x / 3)"));
    good("", &post("debit bank round(x / 3, floor)\ndebit sales round(-x / 3, ceiling)"));
    good(
        "",
        &post(
            "debit bank balance(receivable[o.customer])\ncredit receivable[o.customer] balance(receivable[o.customer])",
        ),
    );
    let twice = format!(
        "let b = balance(bank)\n{}\n{}",
        post("debit bank b\ncredit sales b"),
        post("debit bank x credit sales x")
    );
    good("", &twice);
}

#[test]
fn lists_balance() {
    good(
        "",
        "let goods = sum(l.price * l.count for l in o.lines)\nlet total = goods + o.freight\npost \"t\" on 2026-01-01 else first_open { debit receivable[o.customer] total credit sales goods credit freight o.freight }",
    );
    good(
        "",
        &post(
            "debit bank sum(l.price + l.vat for l in o.lines)\ncredit sales sum(m.price for m in o.lines)\ncredit vat sum(l.vat for l in o.lines)",
        ),
    );
    good("", &post("debit bank sum(l.price for l in o.lines)\nfor l in o.lines { credit sales l.price }"));
    good(
        "",
        &post(
            "debit bank sum(l.price for l in o.lines where l.taxed)\nfor l in o.lines where l.taxed { credit sales l.price }",
        ),
    );
    good(
        "",
        &post(
            "debit bank sum(l.price for l in o.lines)\nfor l in o.lines where l.taxed { credit sales l.price }\nfor l in o.lines where not l.taxed { credit freight l.price }",
        ),
    );
    good(
        "",
        &post(
            "debit bank sum(l.price for l in o.lines)\nfor l in o.lines { if l.taxed { credit sales l.price } else { credit freight l.price } }",
        ),
    );
    // The `where` of each element.
    good(
        "",
        &post(
            "debit bank sum(l.gross for l in o.lines)\ncredit sales sum(l.net for l in o.lines)\ncredit vat sum(l.vat for l in o.lines)",
        ),
    );
    good("", &post("for l in o.lines { debit bank l.gross credit sales l.net credit vat l.vat }"));
    // A function of each element, taken apart.
    good(
        "fn a(l: Line) -> Money = l.net + f(l)\nfn f(l: Line) -> Money = if l.taxed { l.vat } else { 0 }",
        &post(
            "debit bank sum(a(l) for l in o.lines)\nfor l in o.lines { credit sales l.net }\nfor l in o.lines where l.taxed { credit vat l.vat }",
        ),
    );
    // Lists made of lists, groups, shares.
    good(
        "",
        "let prices = [l.price * 2 for l in o.lines where l.taxed]\npost \"t\" on 2026-01-01 else first_open { debit bank sum(prices) credit sales 2 * sum(l.price for l in o.lines where l.taxed) }",
    );
    good(
        "",
        "let groups = [(kind: g.key, total: sum(l.price for l in g.items)) for g in o.lines grouped by it.kind]\npost \"t\" on 2026-01-01 else first_open { debit bank sum(l.price for l in o.lines) for g in groups { credit sales g.total } }",
    );
    good(
        "",
        "let shares = allocate(x, [l.price for l in o.lines])\npost \"t\" on 2026-01-01 else first_open { debit bank x for s in shares { credit sales s } }",
    );
    good("", &post("debit bank sum([x, y, z])\ncredit sales x + y\ncredit vat z"));
    good(
        "",
        "var total: Money = o.freight\nfor l in o.lines where l.taxed { total = total + l.price }\npost \"t\" on 2026-01-01 else first_open { debit bank total credit freight o.freight credit sales sum(l.price for l in o.lines where l.taxed) }",
    );
    good("", &post("debit bank x * count(o.lines)\nfor l in o.lines { credit sales x }"));
}

#[test]
fn branches_balance() {
    good("", &post("debit bank x\nif n > 5 { credit sales x } else { credit freight x }"));
    good("", &post("debit bank x + y\ncredit sales x\nif n > 5 { credit vat y } else { credit tax y }"));
    good("", "if x == y { post \"t\" on 2026-01-01 else first_open { debit bank x credit sales y } }");
    good("", &post("debit bank if n > 5 { x } else { y }\nif n > 5 { credit sales x }\nif n <= 5 { credit sales y }"));
    good(
        "",
        "let a = if o.kind == A { x } else { y }\nlet b = if o.kind == A { y } else { x }\npost \"t\" on 2026-01-01 else first_open { debit bank a + b credit sales x + y }",
    );
    good(
        "",
        "let a = match o.kind { A => x, B => y, C => z }\nlet b = match o.kind { C => z, B => y, A => x }\npost \"t\" on 2026-01-01 else first_open { debit bank a credit sales b }",
    );
    good(
        "",
        "let a = match o.rebate { some(r) => x - r, none => x }\npost \"t\" on 2026-01-01 else first_open { debit bank a debit costs o.rebate ?? 0 credit sales x }",
    );
    good(
        "fn money(p: Pay) -> Money = match p { Cash(m) => m, Card(m, f) => m - f, Free => 0 }\nfn fee(p: Pay) -> Money = match p { Card(m, f) => f, _ => 0 }\nfn whole(p: Pay) -> Money = match p { Free => 0, Card(m, _) => m, Cash(m) => m }",
        "let p = if n > 1 { Pay.Cash(x) } else { Pay.Card(x, y) }\npost \"t\" on 2026-01-01 else first_open { debit bank money(p) debit costs fee(p) credit sales whole(p) }",
    );
}

#[test]
fn the_lesser_and_the_rest_balance() {
    good(
        "",
        "let applied = min(x, o.total)\npost \"t\" on 2026-01-01 else first_open { debit bank x credit receivable[o.customer] applied credit payable x - applied }",
    );
    good("", &post("debit bank min(x, y) + max(x, y)\ncredit sales x + y"));
    good("", &post("debit bank abs(x)\ncredit sales max(x, 0) + max(-x, 0)"));
    good("", &post("debit bank x\ncredit sales min(x, y)\ncredit payable max(x - y, 0)"));
    good(
        "",
        "let rest = if x > y { x - y } else { 0 }\npost \"t\" on 2026-01-01 else first_open { debit bank x credit sales min(x, y) credit payable rest }",
    );
    good(
        "fn layers(t: Money where t >= 0) -> Money = min(t, 60 USD) + max(min(t, 250 USD) - 60 USD, 0) + max(t - 250 USD, 0)",
        &post("debit bank layers(o.total)\ncredit sales o.total"),
    );
}

#[test]
fn facts_are_used() {
    good(
        "fn totals(o: Order) -> Totals { let net = sum(l.net for l in o.lines)\nlet v = round(net * 11%)\nreturn Totals(net: net, vat: v, total: net + v) }",
        "let t = totals(o)\npost \"t\" on 2026-01-01 else first_open { debit receivable[o.customer] t.total credit sales t.net credit vat t.vat }",
    );
    good(
        "",
        "let t = Totals(net: x, vat: y, total: z)\npost \"t\" on 2026-01-01 else first_open { debit bank z credit sales x credit vat y }",
    );
    good("", &post("assert x == y + z\ndebit bank x\ncredit sales y\ncredit vat z"));
    good("", &post("debit bank round(x / 2) + round(x / 2)\ncredit sales x\nassert round(x / 2) + round(x / 2) == x"));
    good("", &post("for l in o.lines { assert l.price == l.net\ndebit bank l.price\ncredit sales l.net }"));
    good("", &post("if n > 3 { assert x == y\ndebit bank x\ncredit sales y }"));
    good("", &post("debit bank x\ncredit sales x - round(x * 1%)\ncredit rounding round(x * 1%)"));
    let action = format!(
        "{CHART}\naction book(t: Totals, x: Money, y: Money where y == 2 * x) {{ post \"t\" on 2026-01-01 else first_open {{ debit bank t.total + y credit sales t.net + x credit vat t.vat + x }} }}"
    );
    assert!(verdicts("main.bp", &action, &Folders(vec![])).is_empty());
}

#[test]
fn tables_that_add_up_are_taken_apart() {
    let layers = "decision layers(base: Money where base >= 0) -> Money collect sum {\n| base => part\n| > 0 => min(base, 10 USD)\n| > 10 USD => min(base, 50 USD) - 10 USD\n| > 50 USD => base - 50 USD\n}";
    good(layers, &post("debit bank layers(o.total)\ncredit sales o.total"));
    let gap = layers.replace("> 50", "> 51");
    bad(&gap, &post("debit bank layers(o.total)\ncredit sales o.total"), "layers(o.total) - o.total");
}

#[test]
fn tables_are_taken_apart() {
    let table = "record Parts { a: Percent, b: Percent }\ndecision parts(kind: Kind, n: Int) -> Parts first {\n| kind | n => a | b\n| A | < 5 => 40% | 60%\n| B | any => 30% | 70%\n| any | any => 100% | 0%\n}";
    good(
        table,
        "let p = parts(o.kind, n)\npost \"t\" on 2026-01-01 else first_open { debit bank n * 1.00 USD credit sales round(n * 1.00 USD * (p.a + p.b)) }",
    );
    good(
        table,
        "let p = parts(o.kind, n)\nlet a = round(x * p.a)\npost \"t\" on 2026-01-01 else first_open { debit bank x credit sales a credit freight x - a }",
    );
}

// ---------------------------------------------------------------- what is refused

#[test]
fn faults_in_payroll() {
    let lines =
        ["debit salaries slip.gross", "credit wages slip.net", "credit tax slip.tax", "credit payable slip.own"];
    let with = |at: usize, line: &str| {
        let mut own = lines.map(str::to_owned);
        own[at] = line.into();
        payroll(&own.join("\n"))
    };
    bad(PAYROLL, &with(0, ""), "-slip.net - slip.tax - slip.own");
    bad(PAYROLL, &with(1, ""), "slip.gross - slip.tax - slip.own");
    bad(PAYROLL, &with(2, ""), "slip.gross - slip.net - slip.own");
    bad(PAYROLL, &with(3, ""), "slip.gross - slip.net - slip.tax");
    bad(
        PAYROLL,
        &with(2, "credit tax slip.tax\ncredit tax slip.tax"),
        "slip.gross - slip.net - 2 * slip.tax - slip.own",
    );
    bad(PAYROLL, &with(3, "debit payable slip.own"), "slip.gross + slip.own - slip.net - slip.tax");
    bad(PAYROLL, &with(1, "credit wages slip.gross"), "-slip.tax - slip.own");
    bad(PAYROLL, &with(2, "credit tax slip.tax * 2"), "slip.gross - slip.net - 2 * slip.tax - slip.own");
    bad(PAYROLL, &with(2, "credit tax slip.own"), "slip.gross - slip.net - 2 * slip.own");
}

#[test]
fn faults_in_plain_postings() {
    bad("", &post("debit bank x"), "x");
    bad("", &post("debit bank x\ncredit sales y"), "x - y");
    bad("", &post("debit bank x\ndebit sales x"), "2 * x");
    bad("", &post("debit bank x\ncredit sales x\ncredit sales x"), "-x");
    bad("", &post("debit bank 3 USD\ncredit sales 2.50 USD"), "0.5 USD");
    bad("", &post("debit bank x\ncredit sales x + 1 USD"), "-1 USD");
    bad("", &post("debit bank x\ncredit sales x\ndebit store q"), "q");
    bad("", &post("debit bank round(x / 2) + round(x / 2)\ncredit sales x"), "2 * round(0.5 * x) - x");
    bad("", &post("debit bank round(x * 1%)\ncredit sales round(y * 1%)"), "round(0.01 * x) - round(0.01 * y)");
    bad(
        "",
        &post("debit bank round(x * 1%, up)\ncredit sales round(x * 1%, down)"),
        "round(0.01 * x, up) - round(0.01 * x, down)",
    );
    bad("", &post("debit bank x * n\ncredit sales x"), "x * n - x");
}

#[test]
fn faults_in_lists() {
    let order = |lines: &str| {
        format!("let goods = sum(l.price * l.count for l in o.lines)\nlet total = goods + o.freight\n{}", post(lines))
    };
    bad("", &order("debit bank total\ncredit sales goods"), "o.freight");
    bad("", &order("debit bank total\ncredit freight o.freight"), "goods");
    bad("", &order("debit bank goods\ncredit sales goods\ncredit freight o.freight"), "-o.freight");
    bad(
        "",
        &post("debit bank sum(l.price for l in o.lines)\nfor l in o.lines where l.taxed { credit sales l.price }"),
        "sum(l.price for l in o.lines) - sum(l.price for l in o.lines where l.taxed)",
    );
    bad(
        "",
        &post("for l in o.lines { debit bank l.gross credit sales l.net }"),
        "sum(l.gross for l in o.lines) - sum(l.net for l in o.lines)",
    );
    bad(
        "",
        &post(
            "debit bank sum(l.price for l in o.lines)\nfor l in o.lines { if l.taxed { credit sales l.price } else { credit freight l.vat } }",
        ),
        "sum(l.price for l in o.lines) - sum(if l.taxed { l.price } else { l.vat } for l in o.lines)",
    );
    bad("", &post("debit bank x\nfor l in o.lines { credit sales x }"), "x - x * count(l for l in o.lines)");
}

#[test]
fn faults_in_branches() {
    bad("", &post("debit bank x\nif n > 5 { credit sales x }"), "x - if 5 < n { x } else { 0 }");
    bad(
        "",
        "let applied = min(x, o.total)\npost \"t\" on 2026-01-01 else first_open { debit bank x credit receivable[o.customer] applied }",
        "x - applied",
    );
    bad(
        "",
        "let a = match o.kind { A => x, B => y, C => z }\npost \"t\" on 2026-01-01 else first_open { debit bank a credit sales if o.kind == A { x } else { y } }",
        "a - if o.kind == A { x } else { y }",
    );
    bad("", "if x >= y { post \"t\" on 2026-01-01 else first_open { debit bank x credit sales y } }", "x - y");
    bad("", &post("assert x == y\ndebit bank x\ncredit sales y\ncredit vat z"), "x - y - z");
    // The condition of an assertion is that of its branch.
    bad("", &post("if n > 3 { assert x == y }\ndebit bank x\ncredit sales y"), "x - y");
}

#[test]
fn reads_have_versions() {
    let between = format!(
        "let before = balance(bank)\n{}\n{}",
        post("debit bank x\ncredit sales x"),
        post("debit bank before\ncredit sales balance(bank)")
    );
    bad("", &between, "before - balance(bank)");
}

#[test]
fn what_is_true_for_unseen_reasons_is_told_so() {
    let even = "record Even { half: Money, whole: Money where whole == 2 * half }";
    let text = format!(
        "{CHART}\n{even}\nprocess run(e: Even) {{ step book {{ post \"t\" on 2026-01-01 else first_open {{ debit bank round(e.whole / 4) + round(e.whole / 4) credit sales round(e.half / 2) * 2 }} }} }}"
    );
    assert!(verdicts("main.bp", &text, &Folders(vec![])).is_empty(), "the fact is put into the roundings");
    not_shown(
        "",
        &post("debit bank round(x / 1.01) - round(x / 1.01, half_even)\ncredit sales 0"),
        "round(100 * x / 101) - round(100 * x / 101, half_even)",
    );
}

#[test]
fn the_message_says_what_to_do() {
    let found = judged("", &post("debit bank x\ncredit sales x\ncredit vat y"));
    let d = &found[0];
    assert_eq!(d.message, "this posting does not balance in USD");
    assert_eq!(difference(d), "-y");
    let lines: Vec<&str> = d.labels[1..].iter().map(|l| l.text.as_str()).collect();
    assert_eq!(lines, ["debits `x`", "credits `x`", "credits `y`; without this line it would balance"]);
    assert!(d.notes[0].starts_with("found by trying: with `y` = "), "{:?}", d.notes);
    let found = judged("", &post("debit bank round(x / 1.01)\ncredit sales round(x / 1.01, half_even)"));
    assert!(
        found[0]
            .notes
            .iter()
            .any(|n| n.contains("`credit rounding (round(100 * x / 101) - round(100 * x / 101, half_even))`")),
        "{found:#?}"
    );
    assert!(
        found[0].notes.iter().any(|n| n.contains("`assert round(100 * x / 101) == round(100 * x / 101, half_even)`")),
        "{found:#?}"
    );
}

#[test]
fn work_is_bounded() {
    // 2^40 cases; whether the sum is right shows in none of them alone.
    let sum: Vec<String> = (0..40).map(|i| format!("(if n == {i} {{ x }} else {{ y * {} }})", i + 1)).collect();
    let mixed: Vec<String> = (0..40).map(|i| format!("min(x * {}, y + {i} USD)", i + 1)).collect();
    let start = std::time::Instant::now();
    for lines in [&sum, &mixed] {
        let found = judged("", &post(&format!("debit bank {}\ncredit sales z", lines.join(" + "))));
        assert_eq!(found.len(), 1);
        let more = format!(
            "debit bank {} + round(x / 7)\ncredit sales {} + round(x / 7)",
            lines.join(" + "),
            lines.iter().rev().cloned().collect::<Vec<_>>().join(" + ")
        );
        good("", &post(&more));
    }
    // Forty conditions that have nothing to do with each other.
    let lesser: Vec<String> = (1..40).map(|i| format!("min(x * {i}, y + {i} USD)")).collect();
    let rest: Vec<String> = (1..40).map(|i| format!("max(x * {i} - y - {i} USD, 0)")).collect();
    good(
        "",
        &post(&format!("debit bank x * 780\ncredit sales {}\ncredit vat {}", lesser.join(" + "), rest.join(" + "))),
    );
    // As many that do, for different values: too many cases.
    let chosen = |i: i32| {
        format!("(if x < y * {i} {{ z }} else {{ round(z * {i} / 7) }}) * (if x < z + {i} USD {{ 1 }} else {{ 2 }})")
    };
    let tangled = |from: i32| (from..from + 30).map(chosen).collect::<Vec<_>>().join(" + ");
    let found = judged(
        "",
        &post(&format!(
            "debit bank {} + round(x / 1.01)\ncredit sales {} + round(x / 1.01, half_even)",
            tangled(1),
            tangled(1).replace("{ 1 } else { 2 }", "{ 2 - 1 } else { 2 }")
        )),
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::BalanceUndecided);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn deep_and_long_code_is_gone_through() {
    let deep = (0..50).fold("x".to_owned(), |inner, i| format!("(if n > {i} {{ {inner} }} else {{ y }})"));
    good("", &post(&format!("debit bank {deep}\ncredit sales {deep}")));
    let long = vec!["x"; 100].join(" + ");
    good("", &post(&format!("debit bank {long}\ncredit sales 100 * x")));
    let many: Vec<String> = (0..300).map(|i| format!("n == {i} {{ x }}")).collect();
    let chain = format!("if {} else {{ y }}", many[..40].join(" else if "));
    good("", &format!("let a = {chain}\n{}", post("debit bank a\ncredit sales a")));
    let arms: Vec<String> = (0..150).map(|i| format!("{i} => x")).collect();
    good("", &format!("let a = match n {{ {}, _ => x }}\n{}", arms.join(", "), post("debit bank a\ncredit sales x")));
    let lines: Vec<String> = (0..400).map(|i| format!("debit bank x * {i}\ncredit sales {i} * x")).collect();
    good("", &post(&lines.join("\n")));
    // More products than a polynomial is kept with.
    let wide = |from: u32| (from..from + 100).map(|i| format!("round(x * {i} / 7)")).collect::<Vec<_>>().join(" + ");
    let sums: Vec<String> = (0..5).map(|i| format!("let s{i} = {}", wide(1 + 100 * i))).collect();
    let again = format!("{}\nlet t = {}\n", sums.join("\n"), wide(1));
    let lines = post("debit bank s0 + s1 + s2 + s3 + s4\ncredit sales t + s1 + s2 + s3 + s4");
    let found = judged("", &format!("{again}{lines}"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::BalanceUndecided);
}

#[test]
fn a_step_reads_the_configuration_once() {
    let chart = CHART;
    let text = |between: &str| {
        format!(
            "{chart}\nprocess run(x: Money) {{\nlet a = round(x * config.rate)\n{between}\nstep book {{ post \"t\" on 2026-01-01 else first_open {{ debit bank a credit tax round(x * config.rate) }} }}\n}}"
        )
    };
    assert!(verdicts("main.bp", &text(""), &Folders(vec![])).is_empty());
    let other = text("step before { post \"t\" on 2026-01-01 else first_open { debit bank x credit sales x } }");
    let found = verdicts("main.bp", &other, &Folders(vec![]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::Unbalanced);
}

// ---------------------------------------------------------------- against computing

/// Pseudo-random numbers: the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Whole amounts of USD over four variables.
#[derive(Clone, Debug)]
enum E {
    Var(usize),
    Number(i64),
    Add(Box<E>, Box<E>),
    Sub(Box<E>, Box<E>),
    Times(i64, Box<E>),
    Min(Box<E>, Box<E>),
    Max(Box<E>, Box<E>),
    Abs(Box<E>),
    If(Box<E>, Box<E>, Box<E>, Box<E>),
}

const VARS: [&str; 4] = ["x", "y", "z", "o.paid"];
/// The same in functions, and the one that they change.
const PARAMS: [&str; 4] = ["x", "y", "z", "w"];

impl E {
    fn any(r: &mut Random, deep: u32) -> E {
        let part = |r: &mut Random| Box::new(E::any(r, deep.saturating_sub(1)));
        match if deep == 0 { r.below(3) } else { r.below(10) } {
            0 | 1 => E::Var(r.below(4) as usize),
            2 => E::Number(r.below(7) as i64),
            3 | 4 => E::Add(part(r), part(r)),
            5 => E::Sub(part(r), part(r)),
            6 => E::Times(r.below(5) as i64 - 2, part(r)),
            7 => {
                if r.below(2) == 0 {
                    E::Min(part(r), part(r))
                } else {
                    E::Max(part(r), part(r))
                }
            }
            8 => E::Abs(part(r)),
            _ => E::If(part(r), part(r), part(r), part(r)),
        }
    }

    fn text(&self) -> String {
        self.named(&VARS)
    }

    fn named(&self, n: &[&str; 4]) -> String {
        match self {
            E::Var(v) => n[*v].into(),
            E::Number(n) => format!("{n} USD"),
            E::Add(a, b) => format!("({} + {})", a.named(n), b.named(n)),
            E::Sub(a, b) => format!("({} - {})", a.named(n), b.named(n)),
            E::Times(k, a) => format!("({k} * {})", a.named(n)),
            E::Min(a, b) => format!("min({}, {})", a.named(n), b.named(n)),
            E::Max(a, b) => format!("max({}, {})", a.named(n), b.named(n)),
            E::Abs(a) => format!("abs({})", a.named(n)),
            E::If(a, b, c, d) => {
                format!("(if {} < {} {{ {} }} else {{ {} }})", a.named(n), b.named(n), c.named(n), d.named(n))
            }
        }
    }

    fn value(&self, at: &[i64; 4]) -> i64 {
        match self {
            E::Var(v) => at[*v],
            E::Number(n) => *n,
            E::Add(a, b) => a.value(at) + b.value(at),
            E::Sub(a, b) => a.value(at) - b.value(at),
            E::Times(k, a) => k * a.value(at),
            E::Min(a, b) => a.value(at).min(b.value(at)),
            E::Max(a, b) => a.value(at).max(b.value(at)),
            E::Abs(a) => a.value(at).abs(),
            E::If(a, b, c, d) => {
                if a.value(at) < b.value(at) {
                    c.value(at)
                } else {
                    d.value(at)
                }
            }
        }
    }

    /// The same value, written in another way.
    fn otherwise(&self, r: &mut Random) -> E {
        let swapped = r.below(2) == 0;
        let mut part = |e: &E| Box::new(e.otherwise(r));
        match self {
            E::Var(_) | E::Number(_) => self.clone(),
            E::Add(a, b) if swapped => E::Add(part(b), part(a)),
            E::Add(a, b) => E::Sub(part(a), Box::new(E::Times(-1, part(b)))),
            E::Sub(a, b) => E::Add(part(a), Box::new(E::Times(-1, part(b)))),
            E::Times(k, a) => E::Sub(Box::new(E::Times(k + 1, part(a))), part(a)),
            E::Min(a, b) => E::Sub(Box::new(E::Add(part(a), part(b))), Box::new(E::Max(part(b), part(a)))),
            E::Max(a, b) => E::If(part(a), part(b), part(b), part(a)),
            E::Abs(a) => E::Max(part(a), Box::new(E::Times(-1, part(a)))),
            E::If(a, b, c, d) => {
                E::Sub(Box::new(E::Add(part(c), part(d))), Box::new(E::If(part(a), part(b), part(d), part(c))))
            }
        }
    }
}

#[test]
fn verdicts_agree_with_computing() {
    let mut r = Random(7);
    let (mut proved, mut refuted, mut open) = (0, 0, 0);
    for _ in 0..400 {
        let whole = E::any(&mut r, 3);
        let mut credit = whole.otherwise(&mut r);
        if r.below(2) == 0 {
            credit = E::Add(Box::new(credit), Box::new(E::any(&mut r, 1)));
        }
        let extra = E::any(&mut r, 1);
        let body = post(&format!(
            "debit bank {}\ndebit costs {e}\ncredit sales {}\ncredit tax {e}",
            whole.text(),
            credit.text(),
            e = extra.text()
        ));
        let found = judged("", &body);
        let wrong = (0..3_000).any(|_| {
            let mut any = || if r.below(2) == 0 { r.below(9) as i64 - 4 } else { r.below(400) as i64 - 200 };
            let at = [any(), any(), any(), any().abs()];
            whole.value(&at) != credit.value(&at)
        });
        match found.first().map(|d| d.code) {
            None => {
                assert!(!wrong, "accepted: {body}");
                proved += 1;
            }
            Some(Code::Unbalanced) => {
                assert!(wrong, "refuted: {body}\n{found:#?}");
                refuted += 1;
            }
            Some(_) => {
                println!("wrong: {wrong}; {body}\n  {:?} {:?}", found[0].labels[0].text, found[0].notes);
                open += 1;
            }
        }
    }
    assert!(proved > 150 && refuted > 120, "{proved} proved, {refuted} refuted, {open} open");
    assert!(open < 12, "{proved} proved, {refuted} refuted, {open} open");
}

/// A statement of a function that changes `w`.
#[derive(Clone, Debug)]
enum C {
    Set(E),
    If(E, E, Vec<C>, Vec<C>),
    Return(E),
    /// Adds up over the list, for those elements that are less than the first; the element is called `y`.
    Each(E, E),
}

fn any_code(r: &mut Random, deep: u32) -> Vec<C> {
    let mut out = Vec::new();
    for _ in 0..=r.below(3) {
        out.push(match r.below(if deep == 0 { 3 } else { 5 }) {
            0 | 1 => C::Set(E::any(r, 1)),
            2 => C::Each(
                E::Number(r.below(5) as i64),
                E::Add(Box::new(E::Times(2, Box::new(E::Var(1)))), Box::new(E::Var(0))),
            ),
            _ => {
                let mut then = any_code(r, deep - 1);
                if r.below(2) == 0 {
                    then.push(C::Return(E::any(r, 1)));
                }
                C::If(
                    E::any(r, 1),
                    E::any(r, 1),
                    then,
                    if r.below(2) == 0 { Vec::new() } else { any_code(r, deep - 1) },
                )
            }
        });
    }
    out
}

fn code_text(code: &[C], rewrite: bool, r: &mut Random, fresh: &mut u32, out: &mut String) {
    for c in code {
        let mut text = |e: &E| if rewrite { e.otherwise(r).named(&PARAMS) } else { e.named(&PARAMS) };
        match c {
            C::Set(e) => out.push_str(&format!("w = {}\n", text(e))),
            C::Return(e) => out.push_str(&format!("return {}\n", text(e))),
            C::Each(less, e) => {
                *fresh += 1;
                let element = format!("v{fresh}");
                let e = e.named(&["x", &element, "z", "w"]);
                let less = less.named(&PARAMS);
                // Written as a loop on one side and as a sum on the other.
                out.push_str(&match rewrite {
                    false => format!("for {element} in vs where {element} < {less} {{ w = w + {e} }}\n"),
                    true => format!("w = sum({e} for {element} in vs where not ({element} >= {less})) + w\n"),
                });
            }
            C::If(a, b, then, otherwise) => {
                out.push_str(&format!("if {} < {} {{\n", text(a), text(b)));
                code_text(then, rewrite, r, fresh, out);
                out.push_str("} else {\n");
                code_text(otherwise, rewrite, r, fresh, out);
                out.push_str("}\n");
            }
        }
    }
}

/// Runs code; gives what it returns.
fn run(code: &[C], at: &mut [i64; 4], list: &[i64]) -> Option<i64> {
    for c in code {
        match c {
            C::Set(e) => at[3] = e.value(at),
            C::Return(e) => return Some(e.value(at)),
            C::Each(less, e) => {
                let less = less.value(at);
                for v in list.iter().filter(|v| **v < less) {
                    at[3] += e.value(&[at[0], *v, at[2], at[3]]);
                }
            }
            C::If(a, b, then, otherwise) => {
                let taken = if a.value(at) < b.value(at) { then } else { otherwise };
                if let Some(value) = run(taken, at, list) {
                    return Some(value);
                }
            }
        }
    }
    None
}

#[test]
fn verdicts_on_code_agree_with_running_it() {
    let mut r = Random(11);
    let (mut proved, mut refuted, mut open) = (0, 0, 0);
    for _ in 0..150 {
        let own = any_code(&mut r, 2);
        let other = if r.below(2) == 0 { own.clone() } else { any_code(&mut r, 1) };
        let mut functions = String::new();
        for (name, code, rewrite) in [("f", &own, false), ("g", &other, true)] {
            let mut text = String::new();
            code_text(code, rewrite, &mut r, &mut 0, &mut text);
            functions += &format!(
                "fn {name}(x: Money, y: Money, z: Money, vs: List<Money>) -> Money {{\nvar w: Money = x\n{text}return w\n}}\n"
            );
        }
        let body = format!(
            "let vs = [l.net for l in o.lines]\n{}",
            post("debit bank f(x, y, z, vs)\ncredit sales g(x, y, z, vs)")
        );
        let found = judged(&functions, &body);
        let wrong = (0..2_000).any(|_| {
            let mut any = || if r.below(2) == 0 { r.below(9) as i64 - 4 } else { r.below(400) as i64 - 200 };
            let start = [any(), any(), any()];
            let list: Vec<i64> = (0..4).map(|_| any()).take(start[0].unsigned_abs() as usize % 5).collect();
            let of = |code: &[C]| {
                let mut at = [start[0], start[1], start[2], start[0]];
                run(code, &mut at, &list).unwrap_or(at[3])
            };
            of(&own) != of(&other)
        });
        match found.first().map(|d| d.code) {
            None => {
                assert!(!wrong, "accepted: {functions}");
                proved += 1;
            }
            Some(Code::Unbalanced) => {
                assert!(wrong, "refuted: {functions}\n{found:#?}");
                refuted += 1;
            }
            Some(_) => {
                println!("wrong: {wrong}; {functions}\n  {:?}", found[0].notes);
                open += 1;
            }
        }
    }
    assert!(proved > 50 && refuted > 40 && open < 15, "{proved} proved, {refuted} refuted, {open} open");
}

// ---------------------------------------------------------------- real programs

fn programs(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, out);
        } else if path.extension().is_some_and(|e| e == "bp") {
            out.push(path);
        }
    }
}

#[test]
fn no_false_alarm() {
    let mut paths = Vec::new();
    for folder in ["examples", "bench", "stdlib"] {
        programs(&root().join(folder), &mut paths);
    }
    assert!(paths.len() >= 10);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let loader = Folders(vec![path.parent().unwrap().to_owned(), root().join("stdlib")]);
        let (checked, _) = checked(&path.display().to_string(), &text, &loader);
        let start = std::time::Instant::now();
        let found = balance::prove(&checked);
        println!("{}: proved in {:?}", path.display(), start.elapsed());
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

/// Every line of the real postings dropped, doubled, put on the other side.
#[test]
fn every_changed_line_is_refused() {
    for file in [
        "examples/payroll/payroll.bp",
        "examples/payroll/december.bp",
        "examples/northwind/northwind.bp",
        "bench/payroll.bp",
    ] {
        let path = root().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let loader = Folders(vec![path.parent().unwrap().to_owned(), root().join("stdlib")]);
        let mut changed = 0;
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim_start();
            let (old, new) = match trimmed.split_whitespace().next() {
                Some("debit") => ("debit ", "credit "),
                Some("credit") => ("credit ", "debit "),
                _ => continue,
            };
            for mutant in [String::new(), format!("{line}\n{line}"), line.replacen(old, new, 1)] {
                let lines: Vec<&str> =
                    text.lines().enumerate().map(|(i, l)| if i == at { mutant.as_str() } else { l }).collect();
                let found = verdicts(&path.display().to_string(), &lines.join("\n"), &loader);
                assert_eq!(found.len(), 1, "{file}:{}: {mutant}\n{found:#?}", at + 1);
                assert_eq!(found[0].code, Code::Unbalanced, "{found:#?}");
                changed += 1;
            }
        }
        assert!(changed >= 9, "{file}");
    }
}
