//! The project's examples, run as its readers run them.

mod common;

use common::{bp, project};
use serde_json::Value as Json;

/// Debits minus credits of an account, as the report has it.
fn balance<'r>(report: &'r Json, account: &str) -> &'r str {
    let accounts = report["accounts"].as_array().unwrap();
    let of_name = |found: &&Json| found["account"].as_str().unwrap().rsplit('.').next() == Some(account);
    accounts.iter().find(of_name).unwrap()["balance"].as_str().unwrap()
}

#[test]
fn payroll_of_ten_thousand() {
    let out = tempfile::tempdir().unwrap();
    let slips = out.path().join("payslips.csv");
    let args = format!(
        "run examples/payroll/payroll.bp --input examples/payroll/employees.csv --set month=2026-10 --output {}",
        slips.display()
    );
    let ran = bp(&project(), &format!("{args} --format json"), "");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let report = ran.json();
    assert_eq!(
        report["rows"],
        serde_json::json!({ "read": 10000, "done": 10000, "failed": 0, "rejected": 0, "before": 0 })
    );
    // Computed by other means from the same rules and rows.
    for (account, expected) in [
        ("salaries", "120435409336.00"),
        ("social_security_expense", "9957715431.00"),
        ("social_security_payable", "-13782818031.00"),
        ("tax_payable", "-8451854451.00"),
        ("wages_payable", "-108158452285.00"),
        ("bank", "0.00"),
    ] {
        assert_eq!(balance(&report, account), expected, "{account}");
    }
    assert_eq!(report["totals"][0]["debit"], report["totals"][0]["credit"]);
    let slips = std::fs::read_to_string(slips).unwrap();
    assert_eq!(slips.lines().count(), 10_001);
    assert!(slips.lines().skip(1).all(|line| line.contains(",2026-10,done,")));
    bp(&project(), &args, "").is(0, &["10,000 rows: 10,000 done", "120,435,409,336.00", "130,393,124,767.00", "equal"]);
}

#[test]
fn why_this_tax() {
    let args = "run examples/payroll/payroll.bp --input examples/payroll/employees.csv --set month=2026-10";
    let ran = bp(&project(), &format!("{args} --explain E00003"), "");
    ran.is(
        0,
        &["payroll of E00003/2026-10", "Adi Hidayat", "examples/payroll/ter_a.csv:2:1", "566,402.00", "rounded to"],
    );
    ran.is(0, &["posted \"Payroll 2026-10 E00003\" on 2026-10-31", "debit   6000 salaries", "net "]);
}

#[test]
fn northwind_is_billed() {
    let args = "run northwind.bp --process bill --input orders.csv --lines lines=order_lines.csv:order";
    let folder = project().join("examples/northwind");
    let report = bp(&folder, &format!("{args} --format json"), "").json();
    assert_eq!(report["rows"]["done"], 830);
    assert_eq!(report["lines"][0], serde_json::json!({ "field": "lines", "read": 2155, "without_row": 0 }));
    assert_eq!(balance(&report, "sales"), "-1265793.29");
    assert_eq!(balance(&report, "freight_income"), "-64942.69");
    assert_eq!(balance(&report, "receivable"), "1330735.98");
    let dimension = |name: &str| {
        let all = report["dimensions"].as_array().unwrap();
        all.iter().find(|d| d["dimension"] == name).unwrap()["totals"].as_array().unwrap().len()
    };
    assert_eq!((dimension("customer"), dimension("country"), dimension("month")), (89, 21, 23));
    bp(&folder, args, "").is(0, &["1,330,735.98", "receivable by customer, USD", "QUICK", "and 79 more, together"]);
}

#[test]
fn the_tests_of_examples_and_standard_library_pass() {
    let ran = bp(&project(), "test examples stdlib", "");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.lines().last().unwrap().ends_with(" passed, 0 failed"), "{}", ran.out);
}
