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

/// Is told in which share of the time rows were read, run and written, as only rows are that run many at a time.
fn is_run_many_at_a_time(folder: &Folder, args: &str) {
    let ran = bp(folder.path(), &format!("{args} --engine jit --format json"), "");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for share in ["reading", "running", "writing"] {
        assert!(report["seconds_of"][share].is_string(), "{}", ran.out);
    }
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
    is_run_many_at_a_time(&folder, &args);
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
    let told = rows_that_do_not_go_well(&Folder::with_pay());
    // Where entries only have to add up, rows are run many at a time.
    let folder = Folder::new();
    folder.file("pay.bp", common::PAY.replace(" by grade: Grade", "").replace("wages[person.grade]", "wages"));
    let counts = |told: &str| told.lines().nth(1).map(str::to_owned);
    assert_eq!(counts(&rows_that_do_not_go_well(&folder)), counts(&told));
    is_run_many_at_a_time(&folder, BAD_ROWS);
}

const BAD_ROWS: &str = "run pay.bp --input rows.csv --set month=2026-10 --output slips.csv --rejects rejects.csv";

fn rows_that_do_not_go_well(folder: &Folder) -> String {
    let mut rows = "id,grade,pay,phone,hours\n".to_owned();
    for row in 0..6_000 {
        let grade = if row % 3 == 0 { "low" } else { "high" };
        // A key that an earlier row has: of one near by, and of one in another block.
        let key = match row % 100 {
            33 => row - 1,
            57 => row - row % 100,
            _ => row,
        };
        let (pay, hours) = match row % 100 {
            7 => (2_000_000, 1),
            13 => (-5, 160),
            21 => (500, 0),
            _ => (row * 10, row % 50 + 1),
        };
        rows += &match row % 100 {
            71 => format!("E{row},{grade},{pay}\n"),
            72 => format!("E{row},{grade},{pay},,{hours},more\n"),
            73 => format!("E{row},middle,{pay},,{hours}\n"),
            _ => format!("E{key},{grade},{pay},,{hours}\n"),
        };
    }
    // A cell that is not UTF-8, and one as long as a whole block.
    let mut rows = rows.into_bytes();
    rows.extend(b"E6001,low,\xff,,1\nE6002,low,100,");
    rows.resize(rows.len() + (2 << 20), b' ');
    rows.extend(b"+62,1\nE6003,low,100,,1\n");
    folder.file("rows.csv", rows);
    let told = same_of_all(folder, BAD_ROWS, &["slips.csv", "rejects.csv"]);
    assert!(told.contains("6,003 rows: 5,522 done, 120 failed, 361"), "{told}");
    told
}

#[test]
fn an_engine_is_for_rows() {
    let folder = Folder::with_pay();
    folder.bp("run pay.bp --engine jit").is(2, &["--input"]);
}
