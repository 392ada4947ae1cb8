//! Pieces of the language and the trees they are.

mod support;

use bp_grammar::ast::*;
use bp_grammar::parse;
use support::show;

fn item(text: &str) -> ItemKind {
    let parsed = parse(text);
    assert_eq!(parsed.errors, [], "{text}");
    assert_eq!(parsed.file.items.len(), 1, "{text}");
    parsed.file.items.into_iter().next().expect("one item").kind
}

fn expr(text: &str) -> String {
    match item(&format!("fn f() -> T = {text}")) {
        ItemKind::Fn(FnDecl { body: Body::Expr(e), .. }) => {
            // The place of an expression is its text, without blanks around it.
            let start = "fn f() -> T = ".len();
            assert_eq!((e.span.start as usize, e.span.end as usize), (start, start + text.len()), "{text}");
            show::expr(&e)
        }
        other => panic!("{other:?}"),
    }
}

fn inside(block: &Block) -> String {
    let text = show::block(block);
    text.strip_prefix("{ ").and_then(|text| text.strip_suffix(" }")).expect("braces").to_owned()
}

fn block(text: &str) -> String {
    match item(&format!("process p() {{ {text} }}")) {
        ItemKind::Process(p) => inside(&p.body),
        other => panic!("{other:?}"),
    }
}

/// Statements of which the tree is wanted although not all may stand there.
fn loose(text: &str) -> String {
    let parsed = parse(&format!("process p() {{ {text} }}"));
    match &parsed.file.items[0].kind {
        ItemKind::Process(p) => inside(&p.body),
        other => panic!("{text}: {other:?} {:?}", parsed.errors),
    }
}

fn check(cases: &[(&str, &str)], tree: fn(&str) -> String) {
    for (text, wanted) in cases {
        assert_eq!(tree(text), *wanted, "{text}");
    }
}

#[test]
fn operators_by_rank() {
    check(
        &[
            ("not a and b or c", "(or (and (not a) b) c)"),
            ("a or b and not c == d", "(or a (and b (not (c == d))))"),
            ("-5 IDR + 3%", "(+ (- 5·IDR) 3·%)"),
            ("a - b - c", "(- (- a b) c)"),
            ("a + b * c - d / e", "(- (+ a (* b c)) (/ d e))"),
            ("a * -b", "(* a (- b))"),
            ("- -a", "(- (- a))"),
            ("-a.b(c)", "(- a.b(c))"),
            ("a ?? b + c", "(?? a (+ b c))"),
            ("a ?? b == c", "((?? a b) == c)"),
            ("a div b mod c", "(mod (div a b) c)"),
            ("0 <= x <= 10", "(0 <= x <= 10)"),
            ("a > b >= c", "(a > b >= c)"),
            ("a < b and c > d", "(and (a < b) (c > d))"),
            ("(a < b) == c", "((a < b) == c)"),
            ("a > 3 and b < 4 kg", "(and (a > 3) (b < 4·kg))"),
            ("a is not none and b", "(and (is not a none) b)"),
            ("a + b is Paid(_)", "(is (+ a b) Paid(_))"),
            ("not a is none", "(not (is a none))"),
            ("x in [1..n - 1)", "(in x [1..(- n 1)))"),
            ("line with (price: p) with (tax: t)", "(with (with line (price: p)) (tax: t))"),
            ("a + line with (price: p)", "(+ a (with line (price: p)))"),
            ("x.a?.b[1](c)", "x.a?.b[1](c)"),
            ("r.step + r.task.if.return", "(+ r.step r.task.if.return)"),
            ("(a + b) * c", "(* (+ a b) c)"),
        ],
        expr,
    );
}

#[test]
fn numbers_and_dates() {
    check(
        &[
            ("1_500_000", "1500000"),
            ("2.50", "250e-2"),
            ("0.001 kg", "1e-3·kg"),
            ("11%", "11·%"),
            ("30 days", "30·days"),
            ("30 min", "30·min"),
            ("007", "7"),
            ("2026-11-21", "2026-11-21"),
            ("2026-11", "2026-11"),
            ("2026 - 11 - 21", "(- (- 2026 11) 21)"),
            ("x-11", "(- x 11)"),
            ("2026-11-x", "(- 2026-11 x)"),
            ("100-10", "(- 100 10)"),
            ("08:00", "08:00"),
            ("2026-11-21T08:00+07:00", "2026-11-21T08:00:00+420"),
            ("2026-11-21T08:00:30-03:30", "2026-11-21T08:00:30-210"),
            ("2026-11-21T08:00Z", "2026-11-21T08:00:00+0"),
            ("2026-11-21T08:00", "2026-11-21T08:00:00"),
            ("f(g(h(1, 2 kg), x: 3))", "f(g(h(1, 2·kg), x: 3))"),
        ],
        expr,
    );
}

#[test]
fn texts() {
    check(
        &[
            (
                "\"Dear {c with (name: \"Mr {t ?? \"none\"}\")}!\"",
                "\"Dear <(with c (name: \"Mr <(?? t \"none\")>\"))>!\"",
            ),
            ("\"INV/{year}/{seq:5}\"", "\"INV/<year>/<seq:5>\""),
            ("\"a \\{b\\} \\\"c\\\" \\\\ \\n\\t.\"", "\"a {b} \"c\" \\ \n\t.\""),
            ("\"\"", "\"\""),
            ("\"ü€😀\"", "\"ü€😀\""),
        ],
        expr,
    );
}

#[test]
fn brackets() {
    check(
        &[
            ("(a..b]", "(a..b]"),
            ("(a)", "a"),
            ("(..b]", "(..b]"),
            ("[a..)", "[a..)"),
            ("[2026-01-01..2026-12-31]", "[2026-01-01..2026-12-31]"),
            ("[2026-01..]", "[2026-01..]"),
            ("[]", "[]"),
            ("[1, 2,]", "[1, 2]"),
            ("(respond: 2 hours, resolve: 1 day)", "record(respond: 2·hours, resolve: 1·day)"),
            (
                "[(customer: group.key.name, current: sum(i.o for i in group where i.due >= at)) for group in open grouped by it.customer sorted by it.x descending]",
                "[record(customer: group.key.name, current: sum(i.o for i in group where (i.due >= at))) for group in open grouped it.customer sorted it.x Descending]",
            ),
        ],
        expr,
    );
}

#[test]
fn aggregates_and_documents() {
    check(
        &[
            ("sum(1 for x in xs)", "sum(1 for x in xs)"),
            (
                "sum(l.quantity * l.price for l in lines where l.taxed)",
                "sum((* l.quantity l.price) for l in lines where l.taxed)",
            ),
            (
                "list(l for l in find sales.Order where total > 0 order by due limit 5 sorted by l.due)",
                "list(l for l in (find sales.Order where (total > 0) by due Ascending limit 5) sorted l.due Ascending)",
            ),
            ("find T order by a.b descending, c", "(find T by a.b Descending by c Ascending)"),
            ("max(a - b, percent(row.rate))", "max((- a b), percent(row.rate))"),
            ("create a.B(c: 1)", "create a.B(c: 1)"),
            ("get Employee(\"E1\")", "get Employee(\"E1\")"),
            ("start p(o)", "start p(o)"),
            ("if a { 1 } else if b { 2 } else { 3 }", "if a { 1 } else if b { 2 } else { 3 }"),
            (
                "match x { A => 1, B, C(_, d: e) => { 2 } none => 3 some(f) => 4, -1 => 5 }",
                "match x { A => 1; B, C(_, d: e) => { 2 }; none => 3; some(f) => 4; (- 1) => 5 }",
            ),
        ],
        expr,
    );
}

#[test]
fn statements_need_no_separator() {
    check(
        &[
            ("x = a\n -b", "x = a; (- b)"),
            ("x = -a\n y = 2", "x = (- a); y = 2"),
            ("if order == Order(1, b: 2) { go t }", "if (order == Order(1, b: 2)) { go t }"),
            ("match Paid(x) { Paid(y) => {} }", "match Paid(x) { Paid(y) => {  } }"),
            ("let d = 30 days\n days = 3", "let d = 30·days; days = 3"),
            ("x = 30\n days = 3", "x = 30; days = 3"),
            ("x = 5 y = 6", "x = 5; y = 6"),
            ("x = 5 stock.issue(o)", "x = 5; stock.issue(o)"),
            ("x = 5 order -> paid", "x = 5; order -> paid"),
            ("x = 5 expect y == 3", "x = 5; expect (y == 3)"),
            (
                "match a { Accept => { x = 1 }, Recount => go receiving\n Refuse => fail NotMatched(d) none => x + 1 }",
                "match a { Accept => { x = 1 }; Recount => go receiving; Refuse => fail NotMatched(d); none => (+ x 1) }",
            ),
            ("match a { A => return\n B => return x }", "match a { A => return; B => return x }"),
            ("match a { A => 2 other }", "match a { A => 2·other }"),
        ],
        block,
    );
    check(
        &[
            ("x = a\n + b\n * c", "x = (+ a (* b c))"),
            ("invoice -> paid a.b -> void", "invoice -> paid; a.b -> void"),
            ("m[k] = 3 r.f = 4", "m[k] = 3; r.f = 4"),
            ("change invoice.lines with (paid: true)", "change invoice.lines (paid: true)"),
            ("add l to ls put k: v into m[1]", "add l to ls; put k: v into m[1]"),
            ("let x: Money<USD, 4>? = none var y = 1", "let x: Money<USD, 4>? = none; var y = 1"),
            ("for x in xs where x.ok { f(x) }", "for x in xs where x.ok { f(x) }"),
            ("for r: T in \"a.csv\", \"b.csv\" { f(r) }", "for r in T of a.csv b.csv { f(r) }"),
            ("while a { break }", "while a { break }"),
            ("if a { } else if b { } else { f() }", "if a {  } else if b {  } else { f() }"),
        ],
        block,
    );
}

#[test]
fn words_mean_something_only_in_their_place() {
    check(
        &[
            ("let order = limit + at  limit = 3 at = from", "let order = (+ limit at); limit = 3; at = from"),
            ("let x = find Ticket where open\n limit = 5", "let x = (find Ticket where open); limit = 5"),
            ("commit = 3 commit h release.x()", "commit = 3; commit h; release.x()"),
            ("expect = 3 post.send(1) stage = 2", "expect = 3; post.send(1); stage = 2"),
            ("hold = 3 f(hold, release) show.x()", "hold = 3; f(hold, release); show.x()"),
            ("expect (a or b) hold = 3", "expect (or a b); hold = 3"),
            ("expect -x < 3", "expect ((- x) < 3)"),
            ("hold(x) hold (a + b) on c", "hold(x); hold (+ a b) on c"),
            ("request = 3 call(x) start(y) get(z)", "request = 3; call(x); start(y); get(z)"),
            ("receivable.settle(invoice, amount, on: date)", "receivable.settle(invoice, amount, on: date)"),
            (
                "match a { IDR(m) => m, some(x) => -1\n -1 => 2, other => 3 }",
                "match a { IDR(m) => m; some(x) => (- 1); (- 1) => 2; other => 3 }",
            ),
        ],
        block,
    );
    assert_eq!(loose("commit\n h"), "commit; h");
    assert_eq!(loose("x = f\n (y)\n [1]\n -2"), "x = f; y; [1]; (- 2)");
}

#[test]
fn process_statements() {
    check(
        &[
            ("call p(1) else { Failure(x) => go t }", "call p(1) else { Failure(x) => go t }"),
            ("let r = wait M within 3 days else { break }", "let r = wait message M within 3·days else { break }"),
            (
                "wait 3 business_days wait until t wait config.auto_close wait new a.M where it.x",
                "wait 3·business_days; wait until t; wait config.auto_close; wait new message a.M where it.x",
            ),
            ("wait M within 1 day else { A => 1 }", "wait message M within 1·day else { A => 1 }"),
            (
                "let p = step s { r(1) } undo nothing else { Short(_, w) => fail X(w - 1) }",
                "let p = step s { r(1) } undo nothing else { Short(_, w) => fail X((- w 1)) }",
            ),
            (
                "let p = post \"x\" on d { debit a 1 credit b 1 } reverse p",
                "let p = post \"x\" on d { Debit a 1; Credit b 1 }; reverse p",
            ),
            ("step order { p.order(1) } undo { reverse }", "step order { p.order(1) } undo { reverse }"),
            (
                "task pay \"Pay {x}\" for a.Treasurer as payer may change { show bill, x - 1 ask n: Int } by bill.due",
                "task pay \"Pay <x>\" for a.Treasurer as payer may change { show bill, (- x 1); ask n: Int } by bill.due",
            ),
            ("task t \"t\" for R { } within d else escalate X", "task t \"t\" for R {  } within d else escalate X"),
            (
                "race { on payment: Paid where payment.invoice == n { } after 3 days { } until due + 1 day { return Paid(x) } }",
                "race on payment: Paid where (payment.invoice == n) {  } after 3·days {  } until (+ due 1·day) { return Paid(x) }",
            ),
            (
                "parallel join 2, cancel rest { branch a { } branch b { } }",
                "parallel join 2 Some(Cancel) branch a {  } branch b {  }",
            ),
            (
                "let xs = parallel for x in ys where x.ok join first { a }",
                "let xs = parallel join first None for x in ys where x.ok { a }",
            ),
            ("exclusive on customer, item { }", "exclusive customer, item {  }"),
            (
                "scope work { pause { wait M within 14 days else break } } every 1 day after level.resolve { } cancel on X { }",
                "scope work { pause { wait message M within 14·days else break } } every 1·day after level.resolve {  } cancel X {  }",
            ),
            (
                "let b = request Carrier.book(o) within 1 hour retry 5 times else { NoCapacity => fail X }",
                "let b = request Carrier.book(o) within 1·hour retry 5 else { NoCapacity => fail X }",
            ),
            ("send email m(x) to c.email", "send Email m(x) to c.email"),
            ("send http r(x) to url send message M(k: 1)", "send Http r(x) to url; send message M(k: 1)"),
            (
                "answer run.Carrier.book(b) answer r.C.b failed Full(1) answer r.C.b error \"away\" answer = 1 answer(2)",
                "answer run.Carrier.book(b); answer r.C.b failed Full(1); answer r.C.b error \"away\"; answer = 1; answer(2)",
            ),
            ("stage s { go t }", "stage s { go t }"),
            ("return step s { f() }", "return step s { f() }"),
            ("x = start p(1) undo { f() }", "x = start p(1) undo { f() }"),
            (
                "expect run failed CreditRefused(\"x\") complete r.t(a: 1) deliver M(b: 2) advance 3 days close through d",
                "expect run failed CreditRefused(\"x\"); complete r.t(a: 1); deliver M(b: 2); advance 3·days; close through d",
            ),
        ],
        block,
    );
}

#[test]
fn ledger_statements() {
    check(
        &[
            (
                "let h = hold (a + b) on credit_line[c] over limit by Boss",
                "let h = hold (+ a b) on credit_line[c] over Boss",
            ),
            ("hold 5 of item on stock.main[item]", "hold 5 of item on stock.main[item]"),
            ("commit part of h release g", "commit part of h; release g"),
            ("let rest = commit part of h", "let rest = commit part of h"),
            ("return commit part of h", "return commit part of h"),
            ("free applied of credit_line[c]", "free applied of credit_line[c]"),
            (
                "let l = take 5 div 2 of item from w[item, main] oldest first",
                "let l = take (div 5 2) of item from w[item, main] oldest",
            ),
            ("move 5 of item from a[item] to b[item]", "move 5 of item from a[item] to b[item]"),
            (
                "post \"t\" in b on d + 1 day else first_open { debit a.b[c] -x credit d (x + y) over limit by R revalue e 5 }",
                "post \"t\" in b on (+ d 1·day) first_open { Debit a.b[c] (- x); Credit d (+ x y) over R; Revalue e 5 }",
            ),
            (
                "post \"t\" { for l in ls where l.ok { debit a l.x } if a { debit b 1 } else if c { credit d 2 } else { } exchange u -> v at r debit e 5 USD at r credit f 6 USD worth w rounding g[h] assert x == y }",
                "post \"t\" { for l in ls where l.ok { Debit a l.x }; if a { Debit b 1 } else { if c { Credit d 2 } else {  } }; exchange u v r; Debit e 5·USD at r; Credit f 6·USD worth w; rounding g[h]; assert (x == y) }",
            ),
        ],
        block,
    );
}

#[test]
fn types_and_fields() {
    let ItemKind::Record(record) = item(
        "record R { a: Map<Text, List<Decimal<2>>>? b: Money<USD, 4>\n c: Quantity<kg>? = none, d: Money per kg e: (x: Int, y: Int)? f: a.B<C> as \"F\" where it > 0 personal was g states: Int derived: Bool }",
    ) else {
        panic!("a record")
    };
    let fields: Vec<String> = record.fields.iter().map(show::field).collect();
    assert_eq!(
        fields,
        [
            "a: Map<Text, List<Decimal<2>>>?",
            "b: Money<USD, 4>",
            "c: Quantity<unit kg>? = none",
            "d: (Money per kg)",
            "e: (x: Int, y: Int)?",
            "f: a.B<C> as F where (it > 0) personal was g",
            "states: Int",
            "derived: Bool",
        ]
    );
}

#[test]
fn charts() {
    let ItemKind::Chart(accounts) = item(
        "chart { asset a \"1\" by customer: Text, b.C in USD\n  limit l by D up to it.x per month stop\n  quantity q never below 0 lots\n  /// d\n  budget p grouped as x < y < z }",
    ) else {
        panic!("a chart")
    };
    let kinds: Vec<AccountKind> = accounts.iter().map(|account| account.kind).collect();
    assert_eq!(kinds, [AccountKind::Asset, AccountKind::Limit, AccountKind::Quantity, AccountKind::Budget]);
    let [AccountClause::By(dimensions), AccountClause::In(unit)] = &accounts[0].clauses[..] else { panic!() };
    assert_eq!(dimensions[0].name.as_ref().map(|name| name.text.as_str()), Some("customer"));
    assert_eq!(show::type_(&dimensions[0].ty), "Text");
    assert!(dimensions[1].name.is_none());
    assert_eq!(show::type_(&dimensions[1].ty), "b.C");
    assert_eq!(unit.text, "USD");
    assert!(matches!(
        &accounts[1].clauses[..],
        [AccountClause::By(_), AccountClause::UpTo(_), AccountClause::Per(_), AccountClause::OnLimit(OnLimit::Stop, _)]
    ));
    assert!(matches!(&accounts[2].clauses[..], [AccountClause::NeverBelow(_), AccountClause::Lots(_)]));
    assert_eq!(accounts[3].docs, ["d"]);
    assert!(matches!(&accounts[3].clauses[..], [AccountClause::GroupedAs(words)] if words.len() == 3));
}

#[test]
fn decisions() {
    let ItemKind::Decision(decision) = item(
        "decision d(a: T, b: Int) -> (x: Int, y: Int) collect sum {\n  | a | b => x | y // c\n  | not A, B | any(x for x in xs) => 1 | 2\n  | any | [1..3), > 5 => 30 min | not c\n  for row: R in \"a.csv\" { | row.a | row.b => 1 | 2 }\n  default => 3 | -4\n}",
    ) else {
        panic!("a decision")
    };
    assert_eq!(decision.policy, Policy::Collect(Fold::Sum));
    assert!(decision.policy_span.is_some());
    assert_eq!((decision.inputs.len(), decision.outputs.len(), decision.rows.len()), (2, 2, 3));
    let RowOrTemplate::Row(first) = &decision.rows[0] else { panic!() };
    assert!(first.inputs[0].negated && first.inputs[0].items.len() == 2);
    assert!(matches!(&first.inputs[1].items[..], [CellItem::Expr(Expr { kind: ExprKind::Call { .. }, .. })]));
    let RowOrTemplate::Row(second) = &decision.rows[1] else { panic!() };
    assert!(matches!(&second.inputs[0].items[..], [CellItem::Any(_)]));
    assert!(matches!(&second.inputs[1].items[..], [CellItem::Expr(_), CellItem::Compare { op: CompareOp::Gt, .. }]));
    assert_eq!(second.outputs.iter().map(show::expr).collect::<Vec<_>>(), ["30·min", "(not c)"]);
    let RowOrTemplate::Template(template) = &decision.rows[2] else { panic!() };
    assert_eq!((template.files.len(), template.rows.len()), (1, 1));
    let default = decision.default.expect("a default");
    assert_eq!(default.outputs.iter().map(show::expr).collect::<Vec<_>>(), ["3", "(- 4)"]);
}

#[test]
fn items() {
    let ItemKind::Process(p) = item(
        "process p(e: E) -> T key employee.id, month started by Requester as requester fails A(n: Int), stock.B { }",
    ) else {
        panic!("a process")
    };
    assert_eq!(p.key.iter().map(Path::text).collect::<Vec<_>>(), ["employee.id", "month"]);
    assert_eq!(p.fails.iter().map(|f| f.path.text()).collect::<Vec<_>>(), ["A", "stock.B"]);
    let started_by = p.started_by.expect("started by");
    assert_eq!(
        (started_by.role.text().as_str(), started_by.duty.expect("as").text.as_str()),
        ("Requester", "requester")
    );

    let ItemKind::Message(m) = item("message M key a, b keep 90 days to one internal { a: Text b: Text personal }")
    else {
        panic!("a message")
    };
    assert!(m.internal.is_some() && m.to == Some(Receivers::One) && m.keep.is_some() && m.key.len() == 2);

    let ItemKind::Entity(e) = item(
        "entity E key book, number numbered \"INV/{seq:5}\" by year {\n  total: Money\n  derived rest: Money = total - paid\n  states draft -> open -> paid, open -> void\n  unique index customer.name, due\n}",
    ) else {
        panic!("an entity")
    };
    assert_eq!((e.key.len(), e.body.fields.len(), e.body.derived.len(), e.body.states.len()), (2, 1, 1, 2));
    assert!(e.numbered.is_some_and(|numbered| numbered.by.is_some()));
    assert!(e.body.indexes[0].unique && e.body.indexes[0].fields[0].text() == "customer.name");

    let ItemKind::Unit(unit) = item("unit g scale 3") else { panic!("a unit") };
    assert_eq!(unit.scale.map(|(scale, _)| scale), Some(3));
    let ItemKind::Use(use_) = item("use a.b.{c, D}") else { panic!("a use") };
    assert_eq!((use_.path.text().as_str(), use_.names.map(|names| names.len())), ("a.b", Some(2)));
    let ItemKind::Schedule(s) = item("schedule pay monthly on day 25 at 08:00 missed last { f() }") else { panic!() };
    assert!(matches!((s.rhythm, s.on, s.at, s.missed), (Rhythm::Monthly, Some(ScheduleDay::Day(_)), Some(_), Some(_))));
    let ItemKind::Schedule(s) = item("schedule w every config.review on monday { f() }") else { panic!() };
    assert!(matches!((s.rhythm, s.on), (Rhythm::Every(_), Some(ScheduleDay::Weekday(_)))));
    let ItemKind::Service(s) = item("service S { book(a: Text) -> B fails C, D cancel(b: Int) }") else { panic!() };
    assert_eq!((s.operations.len(), s.operations[0].fails.len()), (2, 2));
    let ItemKind::Enum(e) = item("enum E { A as \"a/1\" B(x: Int) C }") else { panic!() };
    assert_eq!(e.cases[0].outside.as_ref().map(|text| text.text.as_str()), Some("a/1"));
    let ItemKind::Test(t) = item("test \"t\" in IDR { expect a }") else { panic!() };
    assert_eq!(t.currency.map(|currency| currency.text.to_string()), Some("IDR".into()));
}

#[test]
fn places_leave_out_what_follows() {
    let text = "process p() {\n  let x = a   // why\n  wait M\n\n  f(b) // c\n  x -> open\n\n}\n";
    let parsed = parse(text);
    let ItemKind::Process(p) = &parsed.file.items[0].kind else { panic!("{:?}", parsed.errors) };
    let places: Vec<&str> = p.body.stmts.iter().map(|stmt| &text[stmt.span.range()]).collect();
    assert_eq!(places, ["let x = a", "wait M", "f(b)", "x -> open"]);
    assert_eq!(&text[parsed.file.items[0].span.range()], text.trim_end());
}
