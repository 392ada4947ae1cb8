//! Northwind as a company: files taken over by steps into a folder that keeps books and documents.

mod common;

use std::collections::BTreeMap;
use std::process::Command;

use common::Folder;

const FILES: [&str; 8] = [
    "company.bp",
    "customers.csv",
    "credit_limits.csv",
    "products.csv",
    "opening_stock.csv",
    "orders.csv",
    "order_lines.csv",
    "payments.csv",
];

#[test]
fn northwind_keeps_its_books() {
    let folder = Folder::new();
    for name in FILES {
        let path = format!("{}/../examples/northwind/{name}", env!("CARGO_MANIFEST_DIR"));
        folder.file(name, std::fs::read_to_string(path).expect("the example is there"));
    }
    let run = |process: &str, input: &str, more: &str| {
        folder.bp(&format!("run company.bp --process {process} --input {input} {more} --data books"))
    };
    run("enter_customer", "customers.csv", "").is(0, &["91 rows: 91 done"]);
    run("set_credit", "credit_limits.csv", "").is(0, &["89 rows: 89 done"]);
    run("enter_product", "products.csv", "").is(0, &["77 rows: 77 done"]);
    run("enter_stock", "opening_stock.csv", "").is(0, &["154 rows: 154 done"]);
    let sell = "--lines lines=order_lines.csv:order";
    run("sell", "orders.csv", sell).is(0, &["830 rows: 830 done", "2,155 lines", "equal"]);
    // Nothing is done twice.
    run("sell", "orders.csv", sell).is(0, &["830 rows: 830 done, 0 failed, 0 rejected, 830 of them before"]);
    run("pay", "payments.csv", "").is(0, &["789 rows: 789 done", "equal"]);
    folder.bp("ledger check --data books").is(0, &["sound"]);
    hledger_comes_to_the_same(&folder);
    beancount_comes_to_the_same(&folder);
}

/// Runs another program in the folder; what it printed, or nothing where it is not installed.
fn other(folder: &Folder, program: &str, args: &[&str]) -> Option<String> {
    let Ok(ran) = Command::new(program).args(args).current_dir(folder.path()).output() else {
        println!("{program} is not installed: the export was not checked by it");
        return None;
    };
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{program}: {told}");
    Some(told)
}

/// The balance of each account, over its dimensions, as decimal text without zeros at its end.
fn balances(folder: &Folder) -> BTreeMap<String, (String, Decimal)> {
    let mut sums = BTreeMap::new();
    for row in folder.bp("ledger balances --data books --format json").json()["balances"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let sum = sums.entry(text("account")).or_insert((text("kind"), Decimal::default()));
        sum.1.add(&text("balance"));
    }
    sums
}

/// A sum of decimal texts, exact: millionths.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decimal(i128);

impl Decimal {
    fn add(&mut self, text: &str) {
        let text = text.replace(',', "");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits: i128 = format!("{}{part:0<6}", whole.trim_start_matches('-')).parse().unwrap();
        self.0 += if whole.starts_with('-') { -digits } else { digits };
    }
}

fn hledger_comes_to_the_same(folder: &Folder) {
    folder.file("books.journal", &folder.bp("ledger export --data books").out);
    if other(folder, "hledger", &["-f", "books.journal", "check", "--strict"]).is_none() {
        return;
    }
    let args = ["-f", "books.journal", "balance", "--flat", "-N", "-E", "-O", "csv"];
    let told = other(folder, "hledger", &args).unwrap();
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for record in csv::Reader::from_reader(told.as_bytes()).records() {
        let record = record.unwrap();
        let account = record[0].split(':').nth(1).unwrap_or_default().to_owned();
        let sum = sums.entry(account).or_default();
        record[1].split(", ").for_each(|amount| sum.add(amount.split(' ').next().unwrap_or("0")));
    }
    let wanted = balances(folder);
    assert!(wanted.len() > 5, "{wanted:?}");
    for (account, (_, balance)) in &wanted {
        assert_eq!(sums.get(account).unwrap_or(&Decimal::default()), balance, "{account}");
    }
}

/// Assertions of beancount itself, for the accounts without dimensions whose names it takes nearly as they are.
fn beancount_comes_to_the_same(folder: &Folder) {
    let mut file = folder.bp("ledger export --data books --format beancount").out;
    let mut asserted = 0;
    for row in folder.bp("ledger balances --data books --format json").json()["balances"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap();
        let top = match text("kind") {
            "asset" => "Assets",
            "liability" => "Liabilities",
            "equity" => "Equity",
            "income" => "Income",
            "expense" => "Expenses",
            _ => continue,
        };
        if row["dimensions"].as_object().is_some_and(|dimensions| dimensions.is_empty()) {
            let name = text("account").replace(['.', '_'], "-");
            let name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            file.push_str(&format!("9999-12-31 balance {top}:{name}  {} {}\n", text("balance"), text("unit")));
            asserted += 1;
        }
    }
    assert!(asserted > 3, "only {asserted} accounts");
    folder.file("books.beancount", &file);
    other(folder, "bean-check", &["books.beancount"]);
}
