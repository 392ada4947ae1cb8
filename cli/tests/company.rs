//! Northwind as a company: files taken over by steps into a folder that keeps books and documents, and its orders as they
//! live, each from its day to the money.

mod common;

use std::collections::{BTreeMap, VecDeque};

use common::Folder;
use common::exports::{asserted, other};
use serde_json::{Map, Value as Json, json};

const FILES: [&str; 10] = [
    "company.bp",
    "living.bp",
    "events.jsonl",
    "customers.csv",
    "credit_limits.csv",
    "products.csv",
    "opening_stock.csv",
    "orders.csv",
    "order_lines.csv",
    "payments.csv",
];

fn company() -> Folder {
    let folder = Folder::new();
    for name in FILES {
        folder.file(name, example(name));
    }
    folder
}

fn example(name: &str) -> String {
    let path = format!("{}/../examples/northwind/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the example is there")
}

fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(example(name).as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

/// What happens to the orders by the files, in the order of time: an order is started on its day, and its credit approved
/// if somebody asks; it is packed on the day when it was shipped, and paid when it was.
fn events() -> String {
    let mut events: Vec<(String, u64, u8, Json)> = Vec::new();
    for order in rows("orders.csv") {
        let number = order["number"].clone();
        let of = |complete: &str, set: Json| json!({ "complete": complete, "of": "order_to_cash", "key": [number], "set": set });
        let at: u64 = number.parse().expect("a number");
        let day = format!("{}T08:00Z", order["ordered"]);
        events.push((day.clone(), at, 1, json!({ "start": "order_to_cash", "set": { "number": number } })));
        let mut review = of("credit_review", json!({ "approved": true, "note": "known for years" }));
        review["if_open"] = Json::Bool(true);
        events.push((day, at, 2, review));
        let carrier = ["Courier", "Truck", "Post"][order["carrier"].parse::<usize>().expect("a carrier") - 1];
        if !order["shipped"].is_empty() {
            let pack = of("pick_and_pack", json!({ "carrier": carrier, "tracking": format!("NW-{number}") }));
            events.push((format!("{}T16:00Z", order["shipped"]), at, 3, pack));
        }
    }
    for payment in rows("payments.csv") {
        let (order, received) = (&payment["order"], &payment["received"]);
        let paid = json!({ "invoice": order, "amount": payment["amount"], "received": received });
        let message = "finance.receivable.PaymentReceived";
        let event = json!({ "deliver": message, "set": paid, "sender": "bank", "id": order });
        events.push((format!("{received}T20:00Z"), order.parse().expect("a number"), 4, event));
    }
    events.sort_by(|a, b| (&a.0, a.1, a.2).cmp(&(&b.0, b.1, b.2)));
    let line = |(at, _, _, event): (String, u64, u8, Json)| {
        let mut line = Map::from_iter([("at".to_owned(), Json::String(at))]);
        line.extend(event.as_object().cloned().unwrap_or_default());
        format!("{}\n", Json::Object(line))
    };
    events.into_iter().map(line).collect()
}

#[test]
fn the_events_are_those_of_the_files() {
    assert!(events() == example("events.jsonl"));
}

#[test]
fn northwind_lives() {
    let folder = company();
    let run = |process: &str, input: &str, more: &str| {
        folder.bp(&format!("run living.bp --process {process} --input {input} {more} --data books"))
    };
    run("company.enter_customer", "customers.csv", "").is(0, &["91 rows: 91 done"]);
    run("company.set_credit", "credit_limits.csv", "").is(0, &["89 rows: 89 done"]);
    run("company.enter_product", "products.csv", "").is(0, &["77 rows: 77 done"]);
    run("company.enter_stock", "opening_stock.csv", "").is(0, &["154 rows: 154 done"]);
    run("enter_order", "orders.csv", "--lines lines=order_lines.csv:order").is(0, &["830 rows: 830 done"]);
    folder.bp("deploy living.bp --data books --at 1996-07-01T00:00Z").is(0, &[]);
    let told = folder.bp("feed events.jsonl --data books --format json").json();
    let counted = ["started", "completed", "passed_over", "delivered", "kept", "duplicates", "incidents"];
    // Six customers were asked about whose bills were overdue for more than two weeks; 809 orders were packed.
    assert_eq!(counted.map(|name| told[name].as_i64().unwrap_or(-1)), [830, 815, 824, 789, 0, 0, 0]);
    // Whoever has not paid was reminded three times by then.
    let all = folder.bp("instances --data books --at 1998-12-31T00:00Z --format json").json();
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for instance in all["instances"].as_array().into_iter().flatten() {
        let end = instance["result"]["case"].as_str().or(instance["stands"][0]["at"].as_str()).unwrap_or("none");
        *ends.entry(end.to_owned()).or_default() += 1;
    }
    let wanted = [("Paid", 789), ("WrittenOff", 20), ("pick_and_pack", 21)];
    assert_eq!(ends, wanted.map(|(end, count)| (end.to_owned(), count)).into());
    folder.bp("ledger check --data books").is(0, &["sound"]);
    // Goods and freight of the shipped orders, to the cent what was paid and what was written off.
    let balances = balances(&folder);
    let balance = |name: &str| balances[name].1.0;
    assert_eq!(balance("scm.stock.cost_of_sales"), 886_164_470_000);
    assert_eq!(balance("finance.receivable.receivable"), 0);
    let earned = balance("finance.receivable.sales") + balance("finance.receivable.freight_income");
    assert_eq!(balance("finance.receivable.bank") + balance("finance.receivable.bad_debt"), -earned);
    hledger_comes_to_the_same(&folder);
}

#[test]
fn northwind_keeps_its_books() {
    let folder = company();
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
    comes_to_what_the_files_say(&folder);
    hledger_comes_to_the_same(&folder);
    beancount_comes_to_the_same(&folder);
}

/// Digits of a decimal text, with so many of them behind the point.
fn digits(text: &str, scale: usize) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<scale$}").parse().expect("a number with few digits")
}

/// What is billed, owed, in stock and sold, worked out from the files alone: goods first in, first out, by a queue of lots
/// for each product.
fn comes_to_what_the_files_say(folder: &Folder) {
    let mut stock: BTreeMap<String, VecDeque<(i128, i128)>> = BTreeMap::new();
    for lot in rows("opening_stock.csv") {
        let quantity = digits(&lot["quantity"], 0);
        let worth = quantity * digits(&lot["unit_cost"], 2);
        stock.entry(lot["product"].clone()).or_default().push_back((quantity, worth));
    }
    let (mut cost, mut billed, mut open) = (0, 0, 0);
    let mut owed: BTreeMap<String, i128> = BTreeMap::new();
    let mut by_order: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for line in rows("order_lines.csv") {
        by_order.entry(line["order"].clone()).or_default().push(line);
    }
    let mut customers: BTreeMap<String, String> = BTreeMap::new();
    for order in rows("orders.csv") {
        customers.insert(order["number"].clone(), order["customer"].clone());
        if order["shipped"].is_empty() {
            open += 1;
            continue;
        }
        let mut total = digits(&order["freight"], 2);
        for line in &by_order[&order["number"]] {
            let mut wanted = digits(&line["quantity"], 0);
            let exact = digits(&line["price"], 4) * wanted * (100 - digits(&line["discount"], 2));
            total += (exact + 5_000) / 10_000;
            let lots = stock.get_mut(&line["product"]).expect("it is in stock");
            while wanted > 0 {
                let (left, worth) = lots.front_mut().expect("there is enough");
                let part = wanted.min(*left);
                let taken = (2 * *worth * part + *left) / (2 * *left);
                (*left, *worth, wanted, cost) = (*left - part, *worth - taken, wanted - part, cost + taken);
                if *left == 0 {
                    lots.pop_front();
                }
            }
        }
        billed += total;
        *owed.entry(order["customer"].clone()).or_default() += total;
    }
    for payment in rows("payments.csv") {
        *owed.entry(customers[&payment["order"]].clone()).or_default() -= digits(&payment["amount"], 2);
    }
    let all = balances(folder);
    let cents = |account: &str| all[account].1.0 / 10_000;
    assert_eq!(cents("scm.stock.cost_of_sales"), cost);
    assert_eq!(-cents("finance.receivable.sales") - cents("finance.receivable.freight_income"), billed);
    // The account is what its customers owe together, and each owes what the files say.
    assert_eq!(cents("finance.receivable.receivable"), owed.values().sum::<i128>());
    let report = folder.bp("ledger balances --data books --format json").json();
    let receivable = report["balances"].as_array().expect("rows").iter();
    let receivable = receivable.filter(|row| row["account"] == "finance.receivable.receivable");
    let told: BTreeMap<String, i128> = receivable
        .map(|row| {
            let customer = row["dimensions"].as_object().and_then(|all| all.values().next()).and_then(Json::as_str);
            (customer.expect("a customer").to_owned(), digits(row["balance"].as_str().expect("an amount"), 2))
        })
        .collect();
    owed.retain(|customer, cents| *cents != 0 || told.contains_key(customer));
    assert_eq!(told, owed);

    let store = rusqlite::Connection::open(folder.path().join("books").join(bp_host::store::STORE_FILE)).unwrap();
    let number = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    // What is in lots is worth what the account of their value holds, and both what the files leave.
    let worth: i128 = stock.values().flatten().map(|(_, worth)| worth).sum();
    assert_eq!(cents("scm.stock.inventory"), worth);
    assert_eq!(i128::from(number("SELECT sum(value) FROM lot")), worth);
    let quantity: i128 = stock.values().flatten().map(|(quantity, _)| quantity).sum();
    assert_eq!(i128::from(number("SELECT sum(quantity) FROM lot")), quantity * 1_000_000);
    // Orders that are not shipped are left open.
    let open_orders = "SELECT count(*) FROM document WHERE entity LIKE '%SalesOrder'
                       AND json_extract(data, '$.state') <> 'shipped'";
    assert_eq!((number(open_orders), open), (21, 21));
    // Of each day the lines add up to nothing, so the trial balance does on every day.
    let unequal = "SELECT count(*) FROM (SELECT e.posting_day FROM entry_line l
                   JOIN entry e ON e.tenant = l.tenant AND e.book = l.book AND e.seq = l.entry
                   GROUP BY e.posting_day HAVING sum(l.book_amount) <> 0)";
    assert_eq!(number(unequal), 0);
    assert!(number("SELECT count(DISTINCT posting_day) FROM entry") > 400);
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
    folder.file("books.beancount", asserted(folder, 4));
    other(folder, "bean-check", &["books.beancount"]);
}
