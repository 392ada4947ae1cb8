//! Limits that only warn: nobody is stopped, and the report of a run tells.

mod common;

use common::Folder;

const SPEND: &str = "\
currency USD

chart {
  asset   bank  \"1100\"
  expense spent \"6000\" by centre: Text up to 100 USD warn
}

process spend(centre: Text, amount: Money where amount > 0, refused: Bool) fails Refused {
  step book {
    post \"Bill\" on today() else first_open {
      debit  spent[centre]  amount
      credit bank           amount
    }
    if refused { fail Refused }
  }
}
";

#[test]
fn a_run_tells_which_limits_were_passed() {
    let folder = Folder::new();
    folder.file("spend.bp", SPEND);
    folder.file("bills.csv", "centre,amount,refused\nIT,90.00,false\nHR,20.00,false\nIT,30.00,false\nHR,200.00,true\n");
    let run = |more: &str| folder.bp(&format!("run spend.bp --input bills.csv --data books{more}"));
    let ran = run("");
    ran.is(
        1,
        &["4 rows: 3 done, 1 failed", "1 limit that only warns was passed", "spent[IT]: 30.00 USD wanted, 10.00 left"],
    );
    // What was taken back passed nothing.
    assert!(!ran.out.contains("spent[HR]: 200"), "{}", ran.out);
    let report = run(" --format json").json();
    assert_eq!(report["limits_passed"], 2);
    assert_eq!(report["warnings"][0]["dimensions"][0], "IT");
    assert_eq!(report["warnings"][0]["wanted"], "90.00");
    assert_eq!(report["warnings"][0]["available"], "-20.00");
}
