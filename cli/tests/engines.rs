//! `--engine`: whichever runs the rows, what is written and told is the same, byte for byte.

mod common;

use common::{Folder, Ran, bp, project};

const ENGINES: [&str; 3] = ["vm", "jit", "auto"];

/// Without the time that a run took.
fn told(ran: &Ran) -> String {
    let rates = |line: &str| match line.split_once("rejected;") {
        Some((counts, _)) => counts.to_owned(),
        None => line.to_owned(),
    };
    let out: Vec<String> = ran.out.lines().map(rates).collect();
    format!("{}\n{}\n{}", ran.status, out.join("\n"), ran.err)
}

/// Runs a command with each engine; it writes to `{out}`.
fn same_of_all(folder: &Folder, args: &str, written: &[&str]) -> String {
    let mut all = ENGINES.map(|engine| {
        let ran = bp(folder.path(), &format!("{args} --engine {engine}"), "");
        let files: Vec<String> = written.iter().map(|name| folder.read(name)).collect();
        (told(&ran), files)
    });
    let (told, files) = std::mem::take(&mut all[0]);
    for (engine, (again, files_again)) in ENGINES.iter().zip(&all).skip(1) {
        assert_eq!(again, &told, "--engine {engine}");
        assert!(files_again == &files, "--engine {engine} writes other records");
    }
    told
}

#[test]
fn a_payroll_is_the_same_in_every_engine() {
    let folder = Folder::new();
    let examples = project().join("examples/payroll");
    let (program, rows) = (examples.join("payroll.bp"), examples.join("employees.csv"));
    let args = format!(
        "run {} --input {} --set month=2026-10 --output payslips.csv --rejects rejects.csv",
        program.display(),
        rows.display()
    );
    let told = same_of_all(&folder, &args, &["payslips.csv", "rejects.csv"]);
    assert!(told.starts_with("0\n10,000 rows: 10,000 done"), "{told}");
}

#[test]
fn orders_with_lines_are_the_same_in_every_engine() {
    let folder = Folder::new();
    let examples = project().join("examples/northwind");
    let at = |name: &str| examples.join(name).display().to_string();
    let args = format!(
        "run {} --process bill --input {} --lines lines={}:order --output bills.jsonl",
        at("northwind.bp"),
        at("orders.csv"),
        at("order_lines.csv")
    );
    let told = same_of_all(&folder, &args, &["bills.jsonl"]);
    assert!(told.contains("830 done"), "{told}");
}

/// Enough rows for `auto` to go over to native code, with rows that fail, are rejected, or leave 64 bits.
#[test]
fn rows_that_do_not_go_well_are_the_same_in_every_engine() {
    let folder = Folder::with_pay();
    let mut rows = "id,grade,pay,phone,hours\n".to_owned();
    for row in 0..6_000 {
        let grade = if row % 3 == 0 { "low" } else { "high" };
        let (pay, hours) = match row % 100 {
            7 => (2_000_000, 1),
            13 => (-5, 160),
            21 => (500, 0),
            _ => (row * 10, row % 50 + 1),
        };
        rows += &format!("E{row},{grade},{pay},,{hours}\n");
    }
    folder.file("rows.csv", rows);
    let args = "run pay.bp --input rows.csv --set month=2026-10 --output slips.csv --rejects rejects.csv";
    let told = same_of_all(&folder, args, &["slips.csv", "rejects.csv"]);
    assert!(told.contains("6,000 rows: 5,820 done, 120 failed, 60"), "{told}");
}

#[test]
fn an_engine_is_for_rows() {
    let folder = Folder::with_pay();
    folder.bp("run pay.bp --engine jit").is(2, &["--input"]);
}
