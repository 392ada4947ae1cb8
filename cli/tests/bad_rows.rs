//! Rows that the books cannot take: each ends with its declared failure or a clear error, nothing of it is left, and the
//! others are done.

mod common;

use common::Folder;

const SHOP: &str = r#"currency USD

entity Customer key code {
  code: Text
  limit: Money = 0 where limit >= 0
}

entity Invoice key number {
  number: Text
  customer: Customer
  total: Money where total > 0
}

entity Receipt numbered "R/{seq:3}" {
  invoice: Invoice
}

chart {
  asset  receivable "1200" by Customer
  income sales      "4000"
  limit  line       "9000" by Customer up to it.limit
}

process enter(code: Text, limit: Money) {
  step enter { create Customer(code: code, limit: limit) }
}

action book(customer: Customer, number: Text, total: Money where total > 0, day: Date) fails Short, PeriodClosed {
  let held = hold total on line[customer]
  let invoice = create Invoice(number: number, customer: customer, total: total)
  create Receipt(invoice: invoice)
  commit held
  post "Invoice {number}" on day {
    debit  receivable[customer] total
    credit sales                total
  }
}

process bill(customer: Text, number: Text, total: Money where total > 0, day: Date)
  fails Short, PeriodClosed, NoSuchCustomer(code: Text)
{
  match get Customer(customer) {
    none => fail NoSuchCustomer(customer)
    some(known) => {
      step book { book(known, number, total, day) }
    }
  }
}

process told() -> (invoices: Int, last: Text?) {
  return (
    invoices: count(find Invoice),
    last: last([r.number for r in find Receipt order by number]),
  )
}
"#;

#[test]
fn bad_rows_leave_nothing_and_the_others_are_done() {
    let folder = Folder::new();
    folder.file("shop.bp", SHOP);
    folder.file("customers.csv", "code,limit\nADA,100.00\nBOB,50.00\nADA,5.00\n");
    folder
        .bp("run shop.bp --process enter --input customers.csv --data books")
        .is(1, &["3 rows: 2 done, 1 failed", "customers.csv:4", "Customer has the key ADA already"]);
    folder.bp("ledger close --data books --through 2026-01-31").is(0, &["closed through 2026-01-31"]);
    let rows = "customer,number,total,day\n\
        ADA,1,60.00,2026-02-01\n\
        ZOE,2,10.00,2026-02-01\n\
        ADA,1,10.00,2026-02-02\n\
        ADA,3,40.01,2026-02-02\n\
        BOB,4,10.00,2026-01-31\n\
        BOB,5,0.00,2026-02-03\n\
        BOB,6,5.00,2026-02-30\n\
        BOB,7,50.00,2026-02-03\n\
        ADA,8,40.00,2026-02-04\n";
    folder.file("bills.csv", rows);
    let ran = folder.bp("run shop.bp --process bill --input bills.csv --data books --output out.csv --rejects no.csv");
    ran.is(
        1,
        &[
            "9 rows: 3 done, 4 failed, 2 rejected",
            "NoSuchCustomer(code: ZOE)",
            "bills.csv:4",
            "Invoice has the key 1 already",
            "Short(account: line, wanted: 40.01 USD, available: 40.00 USD)",
            "PeriodClosed(date: 2026-01-31)",
            "150.00",
        ],
    );
    // Of what failed no document, no number, no hold and no line is left.
    folder.bp("ledger check --data books").is(0, &["main: 6 entries, 9 lines, 0 open holds", "3 numbers; sound"]);
    let told = folder.bp("run shop.bp --process told --data books");
    told.is(0, &["invoices  3", "R/003"]);
}
