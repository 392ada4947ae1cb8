//! Northwind as a company: files taken over by steps into a folder that keeps books and documents.

mod common;

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
}
