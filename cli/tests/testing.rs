//! `bp test`: what it tells of processes, what tests reach, and what build servers read.

mod common;

use common::Folder;
use std::collections::BTreeSet;

const ORDER: &str = r#"currency USD

chart {
  asset  bank  "1100"
  income sales "4000" by customer: Text
}

role Clerk

message Paid key customer { customer: Text }

fn fee(price: Money) -> Money = if price > 100.00 USD { round(price * 1%) } else { 1.00 USD }

decision discount(price: Int where 0 <= price <= 100) -> Int {
  | price   => discount
  | [0..10] => 0
  default   => 5
}

process order(customer: Text, price: Money where price >= 0) key customer fails Free, Refused {
  if price == 0 { fail Free }
  let review = task approve "Approve {customer}" for Clerk {
    ask ok: Bool
  } within 2 days else { fail Refused }
  if not review.ok { fail Refused }
  step book {
    post "Sale to {customer}" on today() else first_open {
      debit  bank            price
      credit sales[customer] price
    }
  } undo nothing
  race {
    on p: Paid where it.customer == customer { step thank { let thanks = 1 } }
    after 30 days { fail Refused }
  }
}

test "an <order> & its \"clerk\"" {
  let mia = start order("Mia", 5.00 USD)
  let ben = start order("Ben", 7.00 USD)
  complete mia.approve(ok: true) as "ann"
  advance 1 days
  expect balance(bank) == 12.00 USD
}

test "fees" {
  expect fee(5.00 USD) == 1.00 USD
  expect discount(3) == 0
}
"#;

fn ordered() -> Folder {
    let folder = Folder::new();
    folder.file("order.bp", ORDER);
    folder
}

#[test]
fn a_failure_tells_what_the_processes_did() {
    let folder = ordered();
    let ran = folder.bp("test order.bp");
    ran.is(1, &["left:  5.00 USD", "right: 12.00 USD", "1 passed, 1 failed"]);
    ran.is(1, &["instance 1  order Mia  running", "2026-01-01T00:00Z  started  order", "step     book  (ann)"]);
    ran.is(1, &["posted 1 on 2026-01-01: Sale to Mia", "debit  bank 5.00 USD", "credit sales[Mia] 5.00 USD"]);
    ran.is(1, &["rests at race for the message Paid of Mia", "rests at race until 2026-01-31T00:00Z"]);
    ran.is(
        1,
        &[
            "instance 2  order Ben  running",
            "rests at approve for Clerk to do task 2: Approve Ben, due 2026-01-03T00:00Z",
        ],
    );
    let report = folder.bp("test order.bp --format json").json();
    let instances = report["tests"][0]["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 2, "{report:#}");
    assert_eq!(instances[0]["posted"][0]["lines"][1]["account"], "sales");
    assert_eq!(instances[0]["posted"][0]["lines"][1]["amount"], "5.00");
    assert_eq!(instances[0]["posted"][0]["lines"][1]["dimensions"][0], "Mia");
    assert_eq!(instances[1]["stands"][0]["waits"][0]["name"], "approve");
    assert_eq!(report["tests"][1]["instances"], serde_json::json!([]), "a test that passed tells no story");
}

#[test]
fn a_fault_in_a_process_is_part_of_its_story() {
    let folder = Folder::new();
    let broken = ORDER.replace("step book {", "step book {\n    let parts = 1 div count(x for x in [1] where x > 1)");
    assert_ne!(broken, ORDER);
    folder.file("order.bp", broken);
    let ran = folder.bp("test order.bp");
    ran.is(
        1,
        &[
            "division by zero",
            "instance 1  order Mia  stands still",
            "incident at approve",
            "incident  division by zero",
        ],
    );
}

#[test]
fn coverage_tells_what_no_test_reaches() {
    let folder = ordered();
    let report = folder.bp("test . --coverage --format json").json();
    let file = &report["coverage"][0];
    assert_eq!(file["file"], "order.bp");
    let missed: BTreeSet<(&str, &str, u64)> = file["missed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            let text = |name: &str| part[name].as_str().unwrap();
            (text("kind"), text("name"), part["place"]["line"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("branch", "after 30 days", 34),
        ("branch", "else", 24),
        ("branch", "if not review.ok", 25),
        ("branch", "if price == 0", 21),
        ("branch", "if price > 100.00 USD", 12),
        ("branch", "on p: Paid where it.customer == customer", 33),
        ("fail", "Free", 21),
        ("fail", "Refused", 24),
        ("fail", "Refused", 25),
        ("fail", "Refused", 34),
        ("row", "discount", 17),
        ("step", "thank", 33),
    ];
    assert_eq!(missed, BTreeSet::from(expected), "{file:#}");
    assert_eq!((&file["reached"], &file["of"]), (&4.into(), &16.into()));
    assert_eq!(file["kinds"]["tasks"], serde_json::json!({ "reached": 1, "of": 1 }));
    let ran = folder.bp("test order.bp --coverage");
    ran.is(1, &["order.bp  4 of 16, 25 %", "steps: 1 of 2, 50 %", "order.bp:17:3  discount", "1 passed, 1 failed"]);
    assert_eq!(ran.out.lines().last(), Some("1 passed, 1 failed"));
}

#[test]
fn tests_of_another_file_reach_a_file_too() {
    let folder = Folder::new();
    folder
        .file("size.bp", "enum Size { Small, Large }\n\nfn weight(s: Size) -> Int = match s {\n  Small => 1 + 1\n  Large => 2 + 2\n}\n\ntest \"small\" {\n  expect weight(Small) == 2\n}\n")
        .file("use.bp", "use size.{Size, weight}\n\ntest \"large\" {\n  expect weight(Large) == 4\n}\n");
    folder.bp("test --coverage").is(0, &["size.bp  2 of 2, 100 %", "2 passed, 0 failed"]);
    folder.bp("test size.bp --coverage").is(0, &["size.bp  1 of 2, 50 %", "size.bp:5:3  Large"]);
}

#[test]
fn junit_has_a_suite_for_each_file() {
    let folder = ordered();
    folder.file("good.bp", "test \"one\" {\n  expect 1 == 1\n}\n").file("wrong.bp", "fn x() -> Int = \"<&>\"\n");
    folder.file("zero.bp", "fn zero(x: Int) -> Int = x\n\ntest \"none\" {\n  expect 1 div zero(0) == 1\n}\n");
    let ran = folder.bp("test . --format junit");
    ran.is(1, &[r#"<testsuites name="bp test" tests="5" skipped="0" failures="1" errors="2""#]);
    ran.is(1, &[r#"<testsuite name="good.bp" tests="1" skipped="0" errors="0" failures="0""#]);
    ran.is(1, &[r#"<testcase name="an &lt;order&gt; &amp; its &quot;clerk&quot;" classname="order.bp" time="#]);
    ran.is(1, &[r#"<failure message="order.bp:43:3: expect balance(bank) == 12.00 USD" type="expect">"#]);
    ran.is(1, &["instance 2  order Ben  running", r#"<error message="zero.bp:4:"#, r#"type="fault">"#]);
    ran.is(1, &[r#"<testcase name="the file can be tested" classname="wrong.bp">"#, "BP0401"]);
    assert!(!ran.out.contains("\"<&>\""), "{}", ran.out);
    let read = quick_junit::Report::deserialize_from_str(&ran.out).expect("it is well-formed");
    assert_eq!(read.test_suites[1].test_cases[0].name.as_str(), "an <order> & its \"clerk\"");
    let places: Vec<usize> = ["good.bp", "order.bp", "zero.bp"]
        .map(|name| ran.out.find(&format!("<testsuite name=\"{name}\"")).unwrap())
        .into();
    assert!(places.is_sorted(), "in the order of the files");
    folder.bp("test . --format junit --coverage").is(2, &["--coverage"]);
    folder.bp("test nothing.bp --format junit").is(3, &["nothing.bp"]);
}

#[test]
fn native_code_gives_the_same() {
    let folder = Folder::new();
    let program = r#"chart {
  asset  bank  "1100"
  income sales "4000"
}

record Case { given: Int, wanted: Int }

fn double(x: Int) -> Int = 2 * x

process sell(price: Money) key price {
  step book {
    post "Sale" on today() else first_open {
      debit  bank  price
      credit sales price
    }
  }
}

test "numbers" {
  expect double(2) == 4
}

test "rows" {
  for c: Case in "cases.csv" { expect double(c.given) == c.wanted }
}

test "a sale" in USD {
  let sale = start sell(5.00 USD)
  expect balance(bank) == 5.00 USD
}

test "a fault" {
  expect 1 div double(0) == 1
}
"#;
    folder.file("cases.csv", "given,wanted\n1,2\n2,5\n").file("t.bp", program);
    let (vm, jit) = (folder.bp("test --engine vm"), folder.bp("test --engine jit"));
    assert_eq!((vm.status, &vm.out), (jit.status, &jit.out));
    jit.is(1, &["at cases.csv:3: 2,5", "division by zero", "2 passed, 2 failed"]);
    let report = folder.bp("test --engine jit --format json").json();
    let native: Vec<bool> = report["tests"].as_array().unwrap().iter().map(|test| test["native"] == true).collect();
    // What fails is the interpreter's to tell, and what asks the books about its own postings is left to it.
    assert_eq!(native, [true, false, false, false]);
    folder.bp("test --engine jit --coverage").is(2, &["--engine vm"]);
    let engine = |engine: &str| folder.bp(&format!("test --engine {engine} --format json --filter numbers")).json();
    assert_eq!(engine("vm")["tests"][0]["native"], false);
}

#[test]
fn many_files_are_told_in_their_order() {
    let folder = Folder::new();
    for number in 0..40 {
        // The first ones take longest.
        let rounds = (40 - number) * 500;
        let program = format!(
            "fn sum_to(n: Int) -> Int {{\n  var total = 0\n  for i in [1..{rounds}] {{ total = total + i }}\n  total + n\n}}\n\ntest \"number {number}\" {{\n  expect sum_to(1) > 0\n}}\n"
        );
        folder.file(&format!("t{number:02}.bp"), program);
    }
    let ran = folder.bp("test");
    ran.is(0, &["40 passed, 0 failed"]);
    let titles: Vec<&str> = ran.out.lines().filter_map(|line| line.split("ok    number ").nth(1)).collect();
    assert_eq!(titles, (0..40).map(|number| number.to_string()).collect::<Vec<_>>());
}
