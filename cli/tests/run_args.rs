//! `bp run`: values by `--set`, processes, currencies, derivations.

mod common;

use common::{Folder, bp};

const ROWS: &str = "id,grade,pay\nA,low,1\nB,high,700\n";

#[test]
fn a_process_runs_once_without_rows() {
    let folder = Folder::with_pay();
    let ran = folder.bp("run pay.bp --set month=2026-10 --set id=A --set grade=low --set pay=346");
    ran.is(0, &["done\n  net    346.00 IDR\n  rate   2.00 IDR\n  phone  none", "Trial balance, IDR"]);
    let ran = folder.bp("run pay.bp --set month=2026-10 --set id=A --set grade=low --set pay=346 --format json");
    assert_eq!(ran.json()["run"]["result"]["rate"], "2.00");
    folder
        .bp("run pay.bp --set month=2026-10 --set id=A --set grade=low --set pay=9999999")
        .is(1, &["failed: TooMuch("]);
    let one = folder.bp(r#"run pay.bp --set month=2026-10 --set person={"id":"A","grade":"low","pay":"7"}"#);
    one.is(2, &["the field `hours` is missing"]);
}

#[test]
fn what_is_missing_is_asked_for() {
    let folder = Folder::with_pay();
    folder.bp("run pay.bp --set month=2026-10 --set id=A").is(2, &["the record Person needs `grade`", "--set pay=…"]);
    folder.file("rows.csv", ROWS);
    folder
        .bp("run pay.bp --input rows.csv")
        .is(1, &["no column `month`, which the process pay needs", "--set month=…"]);
}

#[test]
fn set_gives_parameters_fields_and_configuration() {
    let folder = Folder::with_pay();
    let ran = folder.pay(ROWS, "--set least=500 --set hours=2 --output out.csv");
    ran.is(0, &["2 done", "1,200.00"]);
    assert!(folder.read("out.csv").contains("A,2026-10,done,500.00,0.50,"));
    folder.pay(ROWS, "--set pay.least=500").is(0, &["1,200.00"]);
}

#[test]
fn set_is_checked_before_the_first_row() {
    let folder = Folder::with_pay();
    folder.pay(ROWS, "--set leest=5").is(2, &["--set leest: nothing has that name; did you mean `least`?"]);
    folder.pay(ROWS, "--set least=5.005").is(2, &["--set least: `5.005` has more than 2 digits"]);
    folder.pay(ROWS, "--set least=-5").is(2, &["least must satisfy `least >= 0`"]);
    folder.pay(ROWS, "--set least").is(2, &["write NAME=VALUE"]);
    folder.pay(ROWS, "--set hours=1 --set hours=2").is(2, &["`hours` twice"]);
    folder.bp("run pay.bp --input rows.csv --set mnth=2026-10").is(2, &["did you mean `month`?"]);
    folder.bp("run pay.bp --input rows.csv --set month=2026-13").is(2, &["--set month: `2026-13` does not exist"]);
}

#[test]
fn a_parameter_has_its_condition() {
    let folder = Folder::new();
    folder.file("p.bp", "type Grade = Int where 1 <= it <= 5\n\nprocess p(grade: Grade, x: Int where x > 0) -> Int {\n  return grade * x\n}\n");
    folder.bp("run p.bp --set grade=6 --set x=1").is(2, &["--set grade:", "1 <= it <= 5"]);
    folder.bp("run p.bp --set grade=5 --set x=0").is(2, &["--set x:", "x > 0"]);
    folder.bp("run p.bp --set grade=5 --set x=3").is(0, &["15"]);
    folder.file("rows.csv", "grade,x\n1,1\n0,1\n1,0\n");
    folder
        .bp("run p.bp --input rows.csv")
        .is(1, &["1 done", "rows.csv:3: rejected: column grade", "rows.csv:4: rejected: column x"]);
}

#[test]
fn the_process_is_found_by_name() {
    let folder = Folder::new();
    let two = "process one() -> Int {\n  return 1\n}\n\nprocess two() -> Int {\n  return 2\n}\n";
    folder.file("both.bp", two).file("two.bp", two).file("none.bp", "fn x() -> Int = 1\n");
    folder.bp("run both.bp").is(2, &["say which process to run, by --process: one, two"]);
    folder.bp("run both.bp --process one").is(0, &["result  1"]);
    folder.bp("run both.bp --process onn").is(2, &["there is no process `onn`; did you mean `one`?"]);
    folder.bp("run two.bp").is(0, &["result  2"]);
    folder.bp("run none.bp").is(2, &["none.bp has no process to run"]);
}

#[test]
fn an_open_currency_is_asked_for() {
    let folder = Folder::new();
    let program = "process double(m: Money) -> Money {\n  return m + m\n}\n";
    folder.file("double.bp", program);
    folder.bp("run double.bp --set m=1").is(2, &["leaves its currency open", "--currency IDR"]);
    folder.bp("run double.bp --set m=1 --currency USD").is(0, &["2.00 USD"]);
    folder.bp("run double.bp --set m=1 --currency usd").is(2, &["there is no currency `usd`; did you mean `USD`?"]);
    folder.bp("run double.bp --set m=1.5 --currency JPY").is(2, &["--set m"]);
    folder.file("bp.toml", "name = \"x\"\ncurrency = \"BHD\"\n");
    folder.bp("run double.bp --set m=1").is(0, &["2.000 BHD"]);
    folder.file("bp.toml", "currency = 5\n");
    folder.bp("run double.bp --set m=1").is(1, &["cannot read bp.toml: `currency` is a text"]);
}

#[test]
fn a_faulty_program_does_not_run() {
    let folder = Folder::new();
    folder.file("bad.bp", "process bad() -> Int {\n  return \"x\"\n}\n");
    folder.bp("run bad.bp").is(1, &["bad.bp", "error"]);
}

#[test]
fn a_derivation_shows_each_step_on_the_way() {
    let folder = Folder::new();
    folder.file("rates.csv", "over,up_to,rate\n0,100,5\n100,,7.5\n").file(
        "tax.bp",
        r#"currency IDR

chart {
  expense   taxes "6000"
  liability due "2300"
}

record Row { over: Money, up_to: Money?, rate: Decimal<1> }

decision rate(pay: Money where pay > 0) -> Percent {
  | pay => rate
  for row: Row in "rates.csv" {
    | (row.over..row.up_to] => percent(row.rate)
  }
}

process tax(id: Text, pay: Money where pay > 0) -> Money key id {
  let due_now = round(pay * rate(pay) / 7)
  step book {
    post "Tax {id}" on 2026-10-31 else first_open {
      debit  taxes due_now
      credit due due_now
    }
  }
  return due_now
}
"#,
    );
    folder.file("rows.csv", "id,pay\nA,50\nB,200\nC,-1\n");
    let ran = folder.bp("run tax.bp --input rows.csv --explain B");
    ran.is(0, &["tax of B   rows.csv:3", "pay  200.00 IDR", "decision rate takes   rates.csv:3:1", "100,,7.5"]);
    ran.is(0, &["2.142857", "rounded to 2.14", "round(pay * rate(pay) / 7)   tax.bp:18:17"]);
    ran.is(
        0,
        &[
            "step book",
            "posted \"Tax B\" on 2026-10-31",
            "debit   6000 taxes  2.14 IDR",
            "credit  2300 due    2.14 IDR",
        ],
    );
    folder.bp("run tax.bp --input rows.csv --explain C").is(1, &["rows.csv:4: rejected: column pay"]);
    folder.bp("run tax.bp --input rows.csv --explain D").is(1, &["rows.csv has no row with the key `D`"]);
}

#[test]
fn colour_comes_when_it_is_asked_for() {
    let folder = Folder::with_pay();
    folder.file("rows.csv", ROWS);
    let run = "run pay.bp --input rows.csv --set month=2026-10";
    assert!(!bp(folder.path(), run, "").out.contains('\x1b'));
    assert!(bp(folder.path(), &format!("{run} --color always"), "").out.contains('\x1b'));
}
