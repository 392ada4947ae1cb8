//! What a tenant configures: it holds for processes that live and for runs over the same data.

mod common;

use common::{Folder, Ran};
use serde_json::json;

const BILL: &str = r#"currency USD

config {
  rate: Percent = 10% where 0% <= rate <= 30%
  terms: Period = 30 days
  note: Text? = none
}

chart {
  asset  bank  "1000"
  income sales "4000"
}

process bill(amount: Money where amount > 0) -> Money {
  wait config.terms
  return round(amount * config.rate)
}

process at_once(amount: Money where amount > 0) -> Money {
  let tax = round(amount * config.rate)
  step book { post "tax" on today() else first_open { debit bank tax  credit sales tax } }
  return tax
}
"#;

fn at(folder: &Folder, day: u32, args: &str) -> Ran {
    folder.bp(&format!("{args} --data books --at 2026-01-{day:02}T00:00Z"))
}

fn deployed() -> Folder {
    let folder = Folder::new();
    folder.file("bill.bp", BILL);
    at(&folder, 1, "deploy bill.bp").is(0, &[]);
    folder
}

#[test]
fn what_is_set_holds() {
    let folder = deployed();
    at(&folder, 1, "config").is(0, &["rate   10%\nterms  30 days\nnote   none\n"]);
    at(&folder, 1, "config --set rate=12.5% --set note=paid").is(0, &["rate   12.5%  (set)", "note   paid  (set)"]);
    folder.bp("config --data books --at 2026-01-01T00:00Z --set").is(2, &[]);
    at(&folder, 1, "start bill --set amount=100").is(0, &["until 2026-01-31T00:00Z"]);
    at(&folder, 1, "config --reset note --set rate=20%").is(0, &["rate   20%  (set)\nterms  30 days\nnote   none\n"]);
    // It is read when it is asked for.
    at(&folder, 31, "instances").is(0, &["done: 20.00 USD"]);
    folder.bp("run bill.bp --process at_once --set amount=50 --data books").is(0, &["10.00"]);
    let told = at(&folder, 31, "config --format json").json();
    assert_eq!(
        told["config"][0],
        json!({ "name": "rate", "type": "Percent<6>", "value": "20%", "set": true, "fixed": false })
    );
    // Another tenant has its own.
    folder.bp("deploy bill.bp --data books --tenant other --at 2026-01-01T00:00Z").is(0, &[]);
    folder.bp("config --data books --tenant other --at 2026-01-01T00:00Z").is(0, &["rate   10%\n"]);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_set() {
    let folder = deployed();
    for (args, told) in [
        ("--set rate=31%", "--set rate: config.rate must satisfy `0% <= rate <= 30%`, but it is 31%"),
        ("--set rate=much", "--set rate: "),
        ("--set rat=1%", "there is no configuration `rat`; did you mean `rate`?"),
        ("--reset rat", "there is no configuration `rat`"),
        ("--set rate", "write NAME=VALUE"),
        ("--set rate=1% --set rate=2%", "--set gives `rate` twice"),
        ("--set rate=1% --reset rate", "`rate` is set twice"),
        ("--set note=x --set rate=40%", "config.rate must satisfy"),
    ] {
        at(&folder, 1, &format!("config {args}")).is(2, &[told]);
    }
    at(&folder, 1, "config").is(0, &["rate   10%\nterms  30 days\nnote   none\n"]);
}

#[test]
fn a_program_takes_over_what_was_set() {
    let folder = deployed();
    at(&folder, 1, "config --set rate=12.5%").is(0, &[]);
    let other = BILL.replace("rate: Percent = 10% where 0% <= rate <= 30%", "rate: Rate = Low").replace(
        "config {",
        "enum Rate { Low, High }\n\nfn of(r: Rate) -> Percent = match r { Low => 1%  High => 2% }\n\nconfig {",
    );
    folder.file("bill.bp", other.replace("config.rate)", "of(config.rate))"));
    at(&folder, 1, "deploy bill.bp").is(1, &["rate is not deployed", "12.5%"]);
    at(&folder, 1, "config --reset rate").is(0, &[]);
    at(&folder, 1, "deploy bill.bp").is(0, &[]);
    at(&folder, 1, "config --set rate=High").is(0, &["rate   High  (set)"]);
}

/// A value that is fixed gives what the same value gives that is set, and nobody can set it any more.
#[test]
fn a_value_that_is_fixed_is_part_of_the_program() {
    let folder = Folder::new();
    folder.file("bill.bp", BILL);
    folder.file("rated.bp", BILL.replace("  wait config.terms\n", ""));
    folder.file("rows.csv", (1..=3_000).fold("amount\n".to_owned(), |rows, row| format!("{rows}{row}.05\n")));
    for engine in ["vm", "jit", "auto"] {
        let told = |option: &str| {
            let args =
                format!("run rated.bp --process at_once --input rows.csv --output {option}.csv --engine {engine}");
            let ran = folder.bp(&format!("{args} --{option} rate=12.5%"));
            ran.is(0, &["3,000 done"]);
            let books = ran.out.split_once("Trial balance").map(|(_, books)| books.to_owned());
            (books, folder.read(&format!("{option}.csv")))
        };
        assert_eq!(told("fix"), told("set"), "{engine}");
    }
    folder
        .bp("run bill.bp --process at_once --set amount=1 --fix rate=31%")
        .is(2, &["--fix rate: config.rate must satisfy `0% <= rate <= 30%`, but it is 31%"]);
    folder.bp("run rated.bp --process at_once --set amount=1 --fix rates=3%").is(2, &["did you mean `rate`?"]);
    folder.bp("run rated.bp --process at_once --set amount=1 --fix terms=3").is(2, &["--fix terms"]);
    folder.bp("run rated.bp --process at_once --set amount=1 --fix rate=3% --set rate=4%").is(2, &["rate is fixed"]);

    folder.bp("build bill.bp -o bill.bpc --fix rate=3%").is(0, &[]);
    folder.bp("inspect bill.bpc").is(0, &["config rate: Percent<6> (fixed)", "config terms: Period\n"]);

    at(&folder, 1, "deploy bill.bp --fix rate=20%").is(0, &["deployed"]);
    at(&folder, 1, "config").is(0, &["rate   20%  (fixed)"]);
    at(&folder, 1, "config --set rate=3%").is(2, &["rate is fixed in this program; it cannot be set"]);
    at(&folder, 1, "config --reset rate").is(2, &["rate is fixed in this program"]);
    at(&folder, 1, "start at_once --set amount=50").is(0, &["done: 10.00 USD"]);
    at(&folder, 1, "deploy bill.bp").is(0, &["deployed"]);
    at(&folder, 1, "config --set rate=3%").is(0, &["rate   3%  (set)"]);
}
