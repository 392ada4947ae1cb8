//! `bp run --lines`: a list from a second file.

mod common;

use common::Folder;

const BILL: &str = r#"currency USD

record Line { product: Text, price: Money where price >= 0, quantity: Int = 1 }

record Order { number: Int, lines: List<Line> }

record Bill { pieces: Int, total: Money }

process bill(order: Order) -> Bill key order.number {
  return Bill(
    pieces: sum(line.quantity for line in order.lines),
    total: sum(line.price * line.quantity for line in order.lines),
  )
}
"#;

fn folder(orders: &str, lines: &str) -> Folder {
    let folder = Folder::new();
    folder.file("bill.bp", BILL).file("orders.csv", orders).file("lines.csv", lines);
    folder
}

const RUN: &str = "run bill.bp --input orders.csv --lines lines=lines.csv:order --output out.csv";

#[test]
fn lines_are_joined_as_they_stream() {
    let folder = folder("number\n9\n10\n11\n", "order,product,price,quantity\n9,a,1.50,2\n9,b,1,1\n11,a,2,10\n");
    folder.bp(RUN).is(0, &["3 rows: 3 done", "lines: 3 lines"]);
    let out = folder.read("out.csv");
    assert_eq!(out, "number,outcome,pieces,total [USD]\n9,done,3,4.00\n10,done,0,0.00\n11,done,10,20.00\n");
}

#[test]
fn the_rows_column_may_be_named() {
    let folder = folder("order,number\n1,7\n2,8\n", "order,product,price\n7,a,1\n8,a,2\n");
    folder
        .bp("run bill.bp --input orders.csv --lines lines=lines.csv:order=number --output out.csv")
        .is(0, &["2 done"]);
    assert!(folder.read("out.csv").contains("8,done,1,2.00"));
    folder.bp("run bill.bp --input orders.csv --lines lines=lines.csv:order=nmber").is(2, &["did you mean `number`?"]);
    folder
        .bp("run bill.bp --input orders.csv --lines lines=lines.csv:ordr")
        .is(2, &["lines.csv has no column `ordr`; did you mean `order`?"]);
    folder.bp("run bill.bp --input orders.csv --lines line=lines.csv:order").is(2, &["did you mean `lines`?"]);
    folder.bp("run bill.bp --input orders.csv --lines lines=nothing.csv:order").is(3, &["cannot read nothing.csv"]);
    folder
        .bp("run bill.bp --input orders.csv")
        .is(1, &["has a list `lines`: give its file by --lines lines=FILE:COLUMN"]);
}

#[test]
fn lines_of_no_row_are_told() {
    let folder = folder("number\n2\n4\n", "order,product,price\n1,a,1\n2,a,1\n3,a,1\n4,a,1\n5,a,1\n");
    let ran = folder.bp(RUN);
    ran.is(1, &["2 rows: 2 done", "5 lines; 3 belong to no row", "lines.csv:2: no row has the number `1`: left out"]);
    assert!(ran.err.contains("lines.csv:4: ") && ran.err.contains("lines.csv:6: "), "{}", ran.err);
}

#[test]
fn a_faulty_line_rejects_its_row_alone() {
    let folder = folder("number\n1\n2\n3\nx\n", "order,product,price\n1,a,1\n1,b,-1\n1,c,1\n2,a,1\n3,a\n3,b,1\n");
    let ran = folder.bp(RUN);
    ran.is(
        1,
        &["4 rows: 1 done, 0 failed, 3 rejected", "lines.csv:3: column price: Line.price must satisfy `price >= 0`"],
    );
    ran.is(1, &["lines.csv:6: too few fields", "orders.csv:5: rejected: column number: `x` is not"]);
}

#[test]
fn what_is_not_sorted_is_refused() {
    folder("number\n1\n2\n", "order,product,price\n2,a,1\n1,a,1\n")
        .bp(RUN)
        .is(1, &["lines.csv:3: `1` comes after `2`; the lines have to be sorted by column `order`"]);
    folder("number\n2\n1\n", "order,product,price\n1,a,1\n2,a,1\n")
        .bp(RUN)
        .is(1, &["orders.csv:3: `1` comes after `2`; for --lines the rows have to be sorted by column `number`"]);
    // A key that comes back would get no lines.
    folder("number\n1\n1\n", "order,product,price\n1,a,1\n")
        .bp(RUN)
        .is(1, &["an earlier row with `1` has the lines", "1 done"]);
}

#[test]
fn lines_may_be_joined_by_texts() {
    let folder = folder("number\nA1\nA2\nB\n", "order,product,price\nA1,a,1\nA1,b,2\nB,a,4\nB,b,5\n");
    folder.file("bill.bp", BILL.replace("number: Int", "number: Text"));
    folder.bp(RUN).is(0, &["3 rows: 3 done", "lines: 4 lines"]);
    assert!(folder.read("out.csv").contains("A1,done,2,3.00\nA2,done,0,0.00\nB,done,2,9.00"));
}
