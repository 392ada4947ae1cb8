//! `bp ledger`: the books of a data folder, for people, for machines and for other programs.

mod common;

use bp_host::ledger::{AccountKind as Kind, AccountSpec, BookSpec, Entry, HoldTerms, Line};
use bp_host::store::{STORE_FILE, SqliteStore};
use bp_host::{Shard, StepContext};
use common::exports::other;
use common::{Folder, Ran};

/// 2026-01-01, in days since 1970-01-01.
const DAY: i64 = 20_454;

/// Two currencies, goods in lots, a credit line that is used, a reversal; names that other programs choke on.
fn books() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("books")).unwrap();
    let mut shard = Shard::new(SqliteStore::open(&folder.path().join("books").join(STORE_FILE)).unwrap());
    let tenant = shard.add_tenant("acme").unwrap();
    let book = shard.add_book(tenant, &BookSpec::new("main", "IDR", 2)).unwrap();
    let accounts = [
        AccountSpec::money("finance.bank", Kind::Asset, "IDR", 2).code("1100"),
        AccountSpec::money("finance.bank_usd", Kind::Asset, "USD", 2).code("1110"),
        AccountSpec::money("finance.receivable", Kind::Asset, "IDR", 2).code("1200").by(&["customer"]),
        AccountSpec::money("finance.capital", Kind::Equity, "IDR", 2).code("3000"),
        AccountSpec::money("finance.sales", Kind::Income, "IDR", 2).code("4000"),
        AccountSpec::money("finance.gain", Kind::Income, "IDR", 2).code("4900"),
        AccountSpec::money("finance.cost", Kind::Expense, "IDR", 2).code("5000"),
        AccountSpec::money("credit_line", Kind::Limit, "IDR", 2).by(&["customer"]),
        AccountSpec::quantity("stock.warehouse", "", 3).by(&["item"]).with_lots(),
        AccountSpec::quantity("stock.bought", "", 3).by(&["item"]),
    ];
    shard.deploy_chart(tenant, book, &accounts).unwrap();
    let mut context = StepContext::new(tenant, book);
    (context.author, context.today, context.now) = ("mia".to_owned(), DAY, DAY * 86_400);
    shard
        .step(&context, |step| {
            let mut books = step.books()?;
            let account = |books: &bp_host::ledger::Books<'_>, name: &str| books.account(name);
            let (bank, usd) = (account(&books, "finance.bank")?, account(&books, "finance.bank_usd")?);
            let (receivable, capital) = (account(&books, "finance.receivable")?, account(&books, "finance.capital")?);
            let (sales, gain) = (account(&books, "finance.sales")?, account(&books, "finance.gain")?);
            let (line, cost) = (account(&books, "credit_line")?, account(&books, "finance.cost")?);
            let (warehouse, bought) = (account(&books, "stock.warehouse")?, account(&books, "stock.bought")?);
            let mut post = |text: &str, day: i64, lines: &[Line<'_>]| books.post(&Entry::new(text, DAY + day, lines));
            let last_year = [Line::debit(bank, &[], 70_000), Line::credit(sales, &[], 70_000)];
            post("Last year", -10, &last_year)?;
            let paid_in =
                [Line::debit(usd, &[], 10_000).worth(150_000_000).exchange(), Line::credit(capital, &[], 150_000_000)];
            post("Paid in; \"dollars\"", 0, &paid_in)?;
            let sale = [Line::debit(receivable, &["Toko:  (Maju); \"X\""], 99_900), Line::credit(sales, &[], 99_900)];
            post("A sale\nof two lines", 3, &sale)?;
            post("Rent", 4, &[Line::debit(cost, &[], 20_000), Line::credit(bank, &[], 20_000)])?;
            post("Month's end", 30, &[Line::revalue(usd, &[], 2_000_000), Line::credit(gain, &[], 2_000_000)])?;
            let goods =
                [Line::debit(warehouse, &["SKU-1"], 12_500).costing(5_000), Line::credit(bought, &["SKU-1"], 12_500)];
            let received = post("Goods", 5, &goods)?.expect("goods");
            books.reverse(received, DAY + 6)?;
            let held = books.hold(line, &["C1"], 400, HoldTerms::default())?;
            books.commit(held)
        })
        .unwrap();
    folder
}

fn ledger(folder: &Folder, args: &str) -> Ran {
    folder.bp(&format!("ledger {args} --data books"))
}

#[test]
fn balances_at_a_day() {
    let folder = books();
    let ran = ledger(&folder, "balances");
    ran.is(0, &["acme, main", "1200  finance.receivable", "Toko:  (Maju); \"X\"", "999.00 IDR", "in IDR: equal"]);
    let ran = ledger(&folder, "balances --at 2026-01-02 --format json");
    let rows = ran.json()["balances"].as_array().unwrap().clone();
    let balance = |name: &str| rows.iter().find(|row| row["account"] == name).map(|row| row["balance"].clone());
    assert_eq!(balance("finance.bank"), Some("700.00".into()));
    assert_eq!(balance("finance.bank_usd"), Some("100.00".into()));
    assert_eq!(balance("finance.receivable"), None);
    let ran = ledger(&folder, "balances --format csv");
    ran.is(0, &["main,1110,finance.bank_usd,asset,,USD,100.00,1520000.00\n"]);
}

#[test]
fn a_statement_adds_up() {
    let folder = books();
    let statement = ledger(&folder, "statement --format json").json();
    assert_eq!((&statement["from"], &statement["at"]), (&"2026-01-01".into(), &"2026-01-31".into()));
    assert_eq!((&statement["profit"], &statement["difference"]), (&"20799.00".into(), &"0.00".into()));
    assert_eq!(statement["profit_of_earlier_years"], "700.00");
    ledger(&folder, "statement")
        .is(0, &["profit of this year", "20,799.00", "assets, and liabilities with equity: equal"]);
    ledger(&folder, "statement --format csv --at 2026-01-04").is(0, &["main,equity,,profit of this year,999.00"]);
}

#[test]
fn a_journal_has_every_line() {
    let folder = books();
    ledger(&folder, "journal").is(0, &["7 2026-01-07  Reversal of 6: Goods", "stock.warehouse[SKU-1] lot 1"]);
    let ran = ledger(&folder, "journal --format json");
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[6]["reverses"], &lines[6]["author"]), (8, &6.into(), &"mia".into()));
    let ran = ledger(&folder, "journal --format csv");
    assert_eq!(csv_rows(&ran.out), 1 + 15);
}

fn csv_rows(text: &str) -> usize {
    csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).records().map(Result::unwrap).count()
}

#[test]
fn a_check_says_what_it_looked_at() {
    let folder = books();
    ledger(&folder, "check").is(0, &["main: 8 entries, 15 lines, 0 open holds, 1 lot, 0 numbers; sound"]);
    let store = folder.path().join("books").join(STORE_FILE);
    rusqlite::Connection::open(store).unwrap().execute_batch("UPDATE subaccount SET posted = 7 WHERE id = 1").unwrap();
    ledger(&folder, "check").is(1, &["finance.bank: its balance is kept as 7; it adds up to 50000", "1 finding"]);
}

#[test]
fn wrong_calls_are_explained() {
    let folder = books();
    folder.bp("ledger balances --data nowhere").is(3, &["there are no books in nowhere"]);
    ledger(&folder, "balances --tenant other").is(2, &["there is no tenant `other`"]);
    ledger(&folder, "balances --book other").is(2, &["acme has no book `other`"]);
    ledger(&folder, "balances --at yesterday").is(2, &["`yesterday` is not a date such as 2026-10-31"]);
    ledger(&folder, "check --format csv").is(2, &["does not come in this format"]);
    std::fs::write(folder.path().join("books").join(STORE_FILE), "a letter".repeat(200)).unwrap();
    ledger(&folder, "balances").is(1, &["damaged"]);
}

#[test]
fn periods_are_closed_and_opened_again() {
    let folder = books();
    ledger(&folder, "periods").is(0, &["main: no period is closed"]);
    ledger(&folder, "close --through 2026-01-31").is(0, &["main: closed through 2026-01-31 to everybody"]);
    ledger(&folder, "close --through 2026-02-28 --soft Accountant,Owner")
        .is(0, &["through 2026-01-31 to everybody", "through 2026-02-28 except to Accountant, Owner"]);
    ledger(&folder, "close --through 2025-12-31").is(1, &["main is closed through 2026-01-31 already"]);
    let ran = ledger(&folder, "reopen --from 2026-01-01 --format json");
    assert_eq!(ran.json()["closed"][0]["through"], "2025-12-31");
    assert_eq!(ran.json()["closed"][1]["through"], "2025-12-31");
    ledger(&folder, "periods").is(0, &["main: closed through 2025-12-31 to everybody"]);
    ledger(&folder, "close").is(2, &["--through DATE"]);
    ledger(&folder, "reopen").is(2, &["--from DATE"]);
    ledger(&folder, "balances --through 2026-01-31").is(2, &["`bp ledger balances` has no option --through"]);
    ledger(&folder, "close --through tomorrow").is(2, &["`tomorrow` is not a date"]);
    ledger(&folder, "close --through 2026-01-31 --data nowhere").is(2, &["--data"]);
}

#[test]
fn a_closed_period_fails_runs_that_post_to_it() {
    let folder = Folder::new();
    folder.file("sell.bp", SELL);
    let sell = |day: &str| folder.bp(&format!("run sell.bp --set price=5.00 --set day={day} --data books"));
    sell("2026-01-31").is(0, &["done"]);
    folder.bp("ledger close --data books --through 2026-01-31").is(0, &["closed through 2026-01-31"]);
    sell("2026-01-30").is(1, &["failed: PeriodClosed(date: 2026-01-30)"]);
    sell("2026-02-01").is(0, &["done"]);
    folder.bp("ledger reopen --data books --from 2026-01-01").is(0, &["closed through 2025-12-31"]);
    sell("2026-01-30").is(0, &["done"]);
    folder.bp("ledger check --data books").is(0, &["main: 3 entries, 6 lines", "sound"]);
}

#[test]
fn books_are_opened_and_posted_to() {
    let folder = Folder::new();
    let program = SELL.replace("post \"Sale\" on day", "post \"Sale\" in \"berlin\" on day");
    folder.file("sell.bp", SELL);
    folder.file("other.bp", &program);
    let run = |file: &str, day: &str, book: &str| {
        folder.bp(&format!("run {file} --process sell --set price=5.00 --set day={day} --data books{book}"))
    };
    run("sell.bp", "2026-01-31", "").is(0, &["done"]);
    run("other.bp", "2026-01-31", "").is(1, &["there is no book `berlin`"]);
    let open = |more: &str| folder.bp(&format!("ledger open --data books{more}"));
    open(" --book berlin").is(0, &["berlin: opened, in USD"]);
    open(" --book berlin").is(1, &["the book `berlin` exists already"]);
    open(" --book paris --currency EUR").is(0, &["paris: opened, in EUR"]);
    open("").is(2, &["--book NAME"]);
    open(" --book rome --currency XYZ").is(2, &["`XYZ` is not a currency"]);
    run("other.bp", "2026-01-31", "").is(0, &["done"]);
    run("sell.bp", "2026-01-31", " --book paris").is(3, &["the book paris in EUR"]);
    folder.bp("ledger close --data books --book berlin --through 2026-01-31").is(0, &["berlin: closed through"]);
    run("other.bp", "2026-01-31", "").is(1, &["failed: PeriodClosed"]);
    run("sell.bp", "2026-01-31", "").is(0, &["done"]);
    run("sell.bp", "2026-02-01", " --book berlin").is(0, &["done"]);
    let balances = folder.bp("ledger balances --data books --format csv");
    balances.is(0, &["main,1100,bank,asset,,USD,10.00,10.00", "berlin,1100,bank,asset,,USD,10.00,10.00"]);
    folder.bp("ledger check --data books").is(0, &["main: 2 entries", "berlin: 2 entries", "paris: 0 entries"]);
}

const SELL: &str = "\
currency USD

chart {
  asset  bank  \"1100\"
  income sales \"4000\"
}

process sell(price: Money where price > 0, day: Date) fails PeriodClosed {
  step book {
    post \"Sale\" on day {
      debit  bank  price
      credit sales price
    }
  }
}
";

#[test]
fn hledger_takes_the_export() {
    let folder = books();
    let ran = ledger(&folder, "export");
    ran.is(0, &["assets:finance.bank_usd  100.00 USD @@ 1500000.00 IDR", "(limits:credit_line:C1)  4.00 IDR"]);
    folder.file("books.journal", &ran.out);
    other(&folder, "hledger", &["-f", "books.journal", "check", "--strict"]);
    let Some(balances) = other(&folder, "hledger", &["-f", "books.journal", "balance", "--flat", "-N", "-O", "csv"])
    else {
        return;
    };
    for line in ["\"assets:finance.bank\",\"500.00 IDR\"", "\"revenues:finance.gain\",\"-20000.00 IDR\""] {
        assert!(balances.contains(line), "{line} is not in:\n{balances}");
    }
}

#[test]
fn beancount_takes_the_export() {
    let folder = books();
    let ran = ledger(&folder, "export --format beancount");
    ran.is(0, &["Assets:Finance-bank-usd  100.00 USD @@ 1500000.00 IDR"]);
    folder.file("books.beancount", &ran.out);
    other(&folder, "bean-check", &["books.beancount"]);
}
