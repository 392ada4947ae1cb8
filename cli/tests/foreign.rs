//! Sales in dollars of a company whose books are in rupiah: the example over a data folder, day by day, and its export.

mod common;

use std::collections::BTreeMap;

use common::Folder;
use common::exports::{asserted, other};

/// The example's files in a folder, with everything done that its README does.
fn sold_abroad() -> Folder {
    let folder = Folder::new();
    for name in ["foreign.bp", "rates.csv", "invoices.csv", "payments.csv"] {
        let path = format!("{}/../examples/foreign/{name}", env!("CARGO_MANIFEST_DIR"));
        folder.file(name, std::fs::read_to_string(path).expect("the example is there"));
    }
    let run = |process: &str, more: &str| folder.bp(&format!("run foreign.bp --process {process} {more} --data books"));
    run("quote", "--input rates.csv").is(0, &["7 rows: 7 done"]);
    run("bill", "--input invoices.csv").is(0, &["3 rows: 3 done", "1210  owed", "equal"]);
    run("month_end", "--set day=2026-01-31").is(0, &["done", "315,829.99", "equal"]);
    run("new_month", "--set day=2026-02-01").is(0, &["done", "equal"]);
    let ran = run("collect", "--input payments.csv");
    ran.is(0, &["3 rows: 3 done", "58,275.00", "equal"]);
    assert!(!ran.out.contains("NOT EQUAL"), "{}", ran.out);
    folder
}

fn balances(folder: &Folder, at: &str) -> BTreeMap<String, (String, String)> {
    let report = folder.bp(&format!("ledger balances --data books --at {at} --format json")).json();
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect("a text").to_owned();
    let rows = report["balances"].as_array().expect("rows").iter();
    rows.map(|row| {
        let of = row["dimensions"]["customer"].as_str().unwrap_or_default();
        (format!("{} {of}", text(row, "account")), (text(row, "balance"), text(row, "book_amount")))
    })
    .collect()
}

#[test]
fn differences_are_unrealised_at_months_end_and_realised_when_it_is_paid() {
    let folder = sold_abroad();
    let is = |at: &str, account: &str, balance: &str, book_amount: &str| {
        let all = balances(&folder, at);
        let found = all.get(account).unwrap_or_else(|| panic!("{account} at {at}: {all:?}"));
        assert_eq!((found.0.as_str(), found.1.as_str()), (balance, book_amount), "{account} at {at}");
    };
    // As it was booked: 111 x 15,000 and 2,450 x 15,080.50.
    is("2026-01-30", "owed ACME", "2561.00", "38612225.00");
    // At month's end 2,561 x 15,200; the difference is not realised.
    is("2026-01-31", "owed ACME", "2561.00", "38927200.00");
    is("2026-01-31", "owed BOREAL", "11.17", "169784.00");
    is("2026-01-31", "finance.foreign.unrealised ", "-315829.99", "-315829.99");
    is("2026-02-01", "owed ACME", "2561.00", "38612225.00");
    is("2026-02-01", "finance.foreign.unrealised ", "0.00", "0.00");
    // 111 x (15,500 - 15,000); then a loss: 14,650,000 for what was booked with 15,080,500.
    is("2026-02-20", "finance.foreign.realised ", "-55500.00", "-55500.00");
    is("2026-02-24", "finance.foreign.realised ", "375000.00", "375000.00");
    is("2026-03-03", "finance.foreign.realised ", "-58275.00", "-58275.00");
    is("2026-03-03", "owed ACME", "0.00", "0.00");
    is("2026-03-03", "finance.foreign.rounded ", "0.01", "0.01");
}

#[test]
fn the_book_balances_on_each_day_and_each_currency_by_itself() {
    let folder = sold_abroad();
    folder.bp("ledger check --data books").is(0, &["10 entries, 38 lines", "sound"]);
    let store = rusqlite::Connection::open(folder.path().join("books").join(bp_host::store::STORE_FILE)).unwrap();
    let mut by_day = store
        .prepare(
            "SELECT e.posting_day, sum(l.book_amount), sum(CASE a.unit WHEN 'USD' THEN l.amount ELSE 0 END)
             FROM entry_line l
             JOIN entry e ON e.tenant = l.tenant AND e.book = l.book AND e.seq = l.entry
             JOIN subaccount s ON s.tenant = l.tenant AND s.book = l.book AND s.id = l.subaccount
             JOIN account a ON a.tenant = s.tenant AND a.book = s.book AND a.id = s.account
             GROUP BY e.posting_day",
        )
        .unwrap();
    let days: Vec<(i64, i64, i64)> =
        by_day.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(days.len(), 8, "{days:?}");
    assert!(days.iter().all(|(_, book, dollars)| (*book, *dollars) == (0, 0)), "{days:?}");
    // Each kind of line is marked as what it is, with the rate as it was given.
    let count = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM entry_line WHERE kind = 1 AND rate IS NOT NULL"), 12);
    assert_eq!(count("SELECT count(*) FROM entry_line WHERE kind = 2 AND amount = 0"), 4);
    assert_eq!(count("SELECT count(*) FROM entry_line WHERE kind = 3"), 1);
}

#[test]
fn people_see_what_it_is_worth() {
    let folder = sold_abroad();
    let at = folder.bp("ledger balances --data books --at 2026-01-31");
    at.is(0, &["2,572.17 USD", "= 39,096,984.00 IDR", "debits and credits in IDR: equal"]);
    let journal = folder.bp("ledger journal --data books");
    journal.is(0, &["111.00 USD = 1,665,000.00 IDR at 15000", "credit owed[ACME]"]);
    folder.bp("ledger statement --data books").is(0, &["assets, and liabilities with equity: equal"]);
}

#[test]
fn other_programs_come_to_the_same() {
    let folder = sold_abroad();
    folder.file("books.journal", &folder.bp("ledger export --data books").out);
    folder.file("books.beancount", asserted(&folder, 7));
    other(&folder, "bean-check", &["books.beancount"]);
    let args = ["-f", "books.journal", "balance", "--flat", "-N", "-E", "-O", "csv"];
    let Some(told) = other(&folder, "hledger", &["-f", "books.journal", "check", "--strict"])
        .and_then(|_| other(&folder, "hledger", &args))
    else {
        return;
    };
    // The amount in its own currency stands on the account, what only changed its worth on `…:revaluation`.
    let mut amounts: BTreeMap<String, String> = BTreeMap::new();
    for record in csv::Reader::from_reader(told.as_bytes()).records() {
        let record = record.unwrap();
        let name = record[0].split_once(':').map_or("", |(_, name)| name).replace(':', " ");
        amounts.insert(name, record[1].split(' ').next().unwrap_or("0").to_owned());
    }
    let mut compared = 0;
    for (account, (balance, _)) in balances(&folder, "2026-12-31") {
        let told = amounts.get(account.trim_end()).map_or("0", String::as_str);
        let zero = |text: &str| text.chars().all(|c| matches!(c, '0' | '.'));
        assert!(told == balance || (zero(told) && zero(&balance)), "{account}: {balance} here, {told} there");
        compared += 1;
    }
    assert!(compared >= 9, "{compared} accounts: {amounts:?}");
    // At cost all of it adds up to nothing.
    let cost = other(&folder, "hledger", &["-f", "books.journal", "balance", "--cost", "-O", "csv"]).unwrap();
    assert!(cost.lines().last().is_some_and(|total| total.contains("\"0\"")), "{cost}");
}
