//! `bp run` over rows: what is fine, and each way in which a row or a file can be wrong.

mod common;

use common::{Folder, bp};

const HEADER: &str = "id,grade,pay\n";

fn rows(rows: &str) -> String {
    format!("{HEADER}{rows}")
}

#[test]
fn rows_run_and_books_balance() {
    let folder = Folder::with_pay();
    let ran = folder.pay(rows("A,low,173\nB,high,1000.50\n"), "--output out.csv");
    ran.is(
        0,
        &["2 rows: 2 done, 0 failed, 0 rejected", "Trial balance, IDR", "1,173.50", "equal", "wages by grade, IDR"],
    );
    assert_eq!(
        folder.read("out.csv"),
        "id,month,outcome,net [IDR],rate [IDR],phone\nA,2026-10,done,173.00,1.00,\nB,2026-10,done,1000.50,5.78,\n"
    );
}

#[test]
fn json_has_the_same_numbers_as_text() {
    let report = Folder::with_pay().pay(rows("A,low,173\nB,high,1000.50\nC,low,x\n"), "--format json");
    assert_eq!(report.status, 1);
    let report = report.json();
    assert_eq!(report["process"], "pay");
    assert_eq!(report["rows"], serde_json::json!({ "read": 3, "done": 2, "failed": 0, "rejected": 1, "before": 0 }));
    assert_eq!(report["totals"][0]["debit"], "1173.50");
    assert_eq!(report["totals"][0]["balanced"], true);
    let due = report["accounts"].as_array().unwrap().iter().find(|account| account["account"] == "due").unwrap();
    assert_eq!(due["balance"], "-1173.50");
    assert_eq!(due["code"], "2300");
    assert_eq!(report["dimensions"][0]["totals"][0], serde_json::json!({ "value": "high", "balance": "1000.50" }));
    assert_eq!(report["troubles"][0]["line"], 4);
}

#[test]
fn a_missing_column_is_an_error_at_once() {
    let ran = Folder::with_pay().pay("id,grade,pai\nA,low,1\n", "--output out.csv");
    ran.is(1, &["rows.csv has no column `pay`, which the record Person needs; did you mean `pai`?"]);
    assert!(!ran.err.contains("grade"), "{}", ran.err);
    Folder::with_pay().pay("id;grade;pay\nA;low;1\n", "").is(1, &["columns are parted by commas"]);
}

#[test]
fn a_column_twice_is_an_error_only_if_it_is_asked_for() {
    Folder::with_pay().pay("id,grade,pay,pay\nA,low,1,2\n", "").is(1, &["two columns `pay`"]);
    Folder::with_pay().pay("id,grade,pay,x,x\nA,low,1,2,3\n", "").is(0, &["1 done"]);
}

#[test]
fn optional_fields_defaults_and_foreign_columns() {
    let folder = Folder::with_pay();
    folder
        .pay("shoe,phone,hours,id,grade,pay\n43,,10,A,low,5\n44,+62 1,1,B,low,5\n", "--output out.csv")
        .is(0, &["2 done"]);
    assert!(folder.read("out.csv").ends_with("A,2026-10,done,5.00,0.50,\nB,2026-10,done,5.00,5.00,+62 1\n"));
}

#[test]
fn a_wrong_type_is_rejected_and_the_others_run() {
    let folder = Folder::with_pay();
    let ran = folder.pay(rows("A,low,many\nB,low,5\nC,low,1.005\nD,low,\n"), "--rejects rejects.csv");
    ran.is(
        1,
        &["4 rows: 1 done, 0 failed, 3 rejected", "rows.csv:2: rejected: column pay: `many` is not an amount in IDR"],
    );
    ran.is(
        1,
        &[
            "rows.csv:4: rejected: column pay: `1.005` has more than 2 digits",
            "rows.csv:5: rejected: column pay: there is no value",
        ],
    );
    let rejects = folder.read("rejects.csv");
    let mut lines = rejects.lines();
    assert_eq!(lines.next(), Some("id,grade,pay,why"));
    assert!(lines.next().unwrap().starts_with("A,low,many,\"column pay: `many` is not"));
    assert_eq!(lines.count(), 2);
}

#[test]
fn a_value_outside_its_where_is_rejected() {
    let ran = Folder::with_pay().pay(rows("A,low,-5\n"), "");
    ran.is(1, &["column pay: Person.pay must satisfy `pay >= 0`, but it is -5.00 IDR", "1 rejected"]);
}

#[test]
fn an_unknown_name_of_an_enum_is_rejected() {
    Folder::with_pay()
        .pay(rows("A,middle,5\n"), "")
        .is(1, &["column grade: `middle` is not one of Grade: `low`, `high`"]);
}

#[test]
fn another_currency_is_refused_in_cell_and_header() {
    Folder::with_pay()
        .pay(rows("A,low,5 USD\n"), "")
        .is(1, &["column pay: `5 USD` is in USD; expected IDR", "1 rejected"]);
    Folder::with_pay().pay(rows("A,low,5 IDR\n"), "").is(0, &["1 done"]);
    Folder::with_pay().pay("id,grade,pay [USD]\nA,low,5\n", "").is(1, &["column `pay` is in USD; IDR is needed"]);
    Folder::with_pay().pay("id,grade,pay [IDR]\nA,low,5\n", "").is(0, &["1 done"]);
    Folder::with_pay().pay("id,grade [IDR],pay\nA,low,5\n", "").is(1, &["names a unit"]);
}

#[test]
fn what_is_not_utf8_is_rejected_with_line_and_byte() {
    let folder = Folder::with_pay();
    let ran = folder.pay(b"id,grade,pay\nA,low,1\nJ\xfcrgen,low,1\nB,low,2\n", "--rejects r.csv");
    ran.is(1, &["rows.csv:3: rejected: column id: byte 2 (0xFC) is not UTF-8", "3 rows: 2 done"]);
    assert!(std::fs::read(folder.path().join("r.csv")).unwrap().windows(4).any(|bytes| bytes == b"J\xfcrg"));
    // Halves of a character on both sides of a comma are not one.
    Folder::with_pay().pay(b"id,grade,pay,a,b\nA,low,1,\xc3,\xbc\n", "").is(1, &["column a: byte 1"]);
    Folder::with_pay().pay(b"id,gr\xfcn,pay\n", "").is(1, &["the header is not UTF-8"]);
    Folder::with_pay().pay(b"\xff\xfei\0d\0", "").is(1, &["UTF-16"]);
}

#[test]
fn too_many_and_too_few_fields_are_rejected() {
    let folder = Folder::with_pay();
    let ran = folder.pay(rows("A,low,1,extra\nB,low\nC,low,1\n"), "--rejects r.csv");
    ran.is(
        1,
        &["too many fields: 4, where the header has 3", "too few fields: 2, where the header has 3", "3 rows: 1 done"],
    );
    let rejects = folder.read("r.csv");
    let why = |line: usize| csv_cells(rejects.lines().nth(line).unwrap())[3].clone();
    assert!(why(1).starts_with("too many") && why(2).starts_with("too few"), "{rejects}");
}

fn csv_cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect()
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_the_memory() {
    let mut long = rows("A,low,1\n\"B,low,1\n");
    long.push_str(&"C,low,1\n".repeat(3_000_000));
    Folder::with_pay().pay(long, "").is(1, &["is a quote never closed?", "rows.csv:"]);
}

#[test]
fn an_empty_file_is_an_error_and_a_header_alone_is_not() {
    Folder::with_pay().pay("", "").is(1, &["rows.csv is empty"]);
    Folder::with_pay().pay(HEADER, "").is(0, &["0 rows: 0 done"]);
}

#[test]
fn crlf_a_mark_and_blank_lines_are_fine() {
    let folder = Folder::with_pay();
    folder
        .pay(b"\xEF\xBB\xBFid,grade,pay\r\nA,low,1\r\n\r\nB,low,2\r\n", "--output out.csv")
        .is(0, &["2 rows: 2 done"]);
    assert!(folder.read("out.csv").contains("B,2026-10,done,2.00"));
    Folder::with_pay().pay(b"\xEF\xBB\xBF\"id\",grade,pay\nA,low,1\n", "").is(0, &["1 done"]);
}

#[test]
fn a_missing_file_is_something_outside() {
    let folder = Folder::with_pay();
    folder
        .bp("run pay.bp --input nothing.csv --set month=2026-10")
        .is(3, &["cannot read nothing.csv: there is no such file"]);
    folder.bp("run nothing.bp").is(3, &["cannot read nothing.bp"]);
    folder.bp("run pay.bp --input . --set month=2026-10").is(3, &["it is a folder"]);
    folder.pay(rows("A,low,1\n"), "--output no/such/folder.csv").is(3, &["cannot write no/such/folder.csv"]);
}

#[test]
fn a_second_row_of_a_key_is_rejected() {
    let ran = Folder::with_pay().pay(rows("A,low,1\nB,low,1\nA,high,7\n"), "");
    ran.is(1, &["rows.csv:4: rejected: an earlier row has the key `A/2026-10`", "2 done", "1 rejected"]);
}

#[test]
fn overflow_at_the_far_end_of_64_bits() {
    let folder = Folder::new();
    folder.file("far.bp", "process far(a: Int, b: Int) -> Int {\n  return a + b\n}\n");
    folder.file(
        "rows.csv",
        "a,b\n9223372036854775807,0\n9223372036854775807,1\n-9223372036854775808,-1\n9223372036854775808,0\n",
    );
    let ran = folder.bp("run far.bp --input rows.csv --output out.csv");
    ran.is(1, &["4 rows: 1 done, 2 failed, 1 rejected", "rows.csv:3: failed: far.bp:2:", "the number is too large"]);
    ran.is(1, &["rows.csv:5: rejected: column a: `9223372036854775808` is too large to be stored"]);
    assert!(folder.read("out.csv").starts_with("outcome,result\ndone,9223372036854775807\n"));
}

#[test]
fn division_by_zero_fails_the_row_and_names_the_place() {
    let folder = Folder::with_pay();
    let ran = folder.pay("id,grade,pay,hours\nA,low,5,0\nB,low,5,1\n", "--output out.csv");
    ran.is(1, &["rows.csv:2: failed: pay.bp:27:14: division by zero", "2 rows: 1 done, 1 failed"]);
    assert!(folder.read("out.csv").contains("A,2026-10,failed: pay.bp:27:14: division by zero,,,\n"));
}

#[test]
fn a_declared_failure_is_an_outcome_and_posts_nothing() {
    let folder = Folder::with_pay();
    let ran = folder.pay(rows("A,low,2000000\nB,low,1\n"), "--output out.csv");
    ran.is(1, &["failed: TooMuch(amount: 2000000.00 IDR)", "1 failed"]);
    assert!(folder.read("out.csv").contains("A,2026-10,failed: TooMuch(amount: 2000000.00 IDR),,,\n"));
}

#[test]
fn json_lines_come_and_go() {
    let folder = Folder::with_pay();
    let lines = concat!(
        "{\"id\": \"A\", \"grade\": \"low\", \"pay\": \"173.5\", \"hours\": 1}\n\n",
        "{\"person\": {\"id\": \"B\", \"grade\": \"high\", \"pay\": 5, \"phone\": null}}\n",
        "{\"id\": \"C\", \"grade\": \"low\"}\n{\"id\": \"D\"\n[1]\n",
    );
    folder.file("rows.jsonl", lines);
    let ran = folder.bp("run pay.bp --input rows.jsonl --set month=2026-10 --output out.jsonl --rejects r.jsonl");
    ran.is(1, &["5 rows: 2 done, 0 failed, 3 rejected", "rows.jsonl:4: rejected: the property `pay` is missing"]);
    ran.is(1, &["rows.jsonl:5: rejected: not JSON", "rows.jsonl:6: rejected: a row is an object"]);
    let out = folder.read("out.jsonl");
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!(first["id"], "A");
    assert_eq!(first["outcome"], "done");
    assert_eq!(first["result"], serde_json::json!({ "net": "173.50", "rate": "173.50", "phone": null }));
    let rejects = folder.read("r.jsonl");
    let last: serde_json::Value = serde_json::from_str(rejects.lines().last().unwrap()).unwrap();
    assert_eq!(last["row"], "[1]");
    assert!(last["why"].as_str().unwrap().starts_with("a row is an object"));
}

#[test]
fn standard_input_and_output() {
    let folder = Folder::with_pay();
    let args = "run pay.bp --input - --set month=2026-10 --output -";
    let ran = bp(folder.path(), args, "id,grade,pay\nA,low,1\n");
    ran.is(0, &[]);
    assert_eq!(ran.out, "id,month,outcome,net [IDR],rate [IDR],phone\nA,2026-10,done,1.00,0.01,\n");
    assert!(ran.err.contains("1 row: 1 done"));
    bp(folder.path(), args, "{\"id\": \"A\", \"grade\": \"low\", \"pay\": 1}\n").is(0, &["A,2026-10,done,1.00"]);
}

#[test]
fn a_file_is_not_read_and_written_at_once() {
    let folder = Folder::with_pay();
    folder.pay(rows("A,low,1\n"), "--output ./rows.csv").is(2, &["read and written at once"]);
    assert_eq!(folder.read("rows.csv"), rows("A,low,1\n"));
    folder.pay(rows("A,low,1\n"), "--output x.csv --rejects x.csv").is(2, &["two files"]);
}
