//! Tables with one fault each, and the counter-example that is told.

use super::bad;

const ENUMS: &str = "enum Plan { Gold, Silver, Basic }
enum Pay { Cash, Card(limit: Int), Voucher(plan: Plan) }
";

/// A decision whose rows follow, one a line; its first row stands in line 5.
fn of(signature: &str, header: &str, rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("  | {row}\n")).collect();
    format!("{ENUMS}decision d{signature} {{\n  | {header}\n{rows}}}\n")
}

#[test]
fn a_row_is_dropped() {
    let text = of("(x: Int) -> Int", "x => r", &["< 0 => 1", "> 10 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 0`"]);
    let text =
        of("(plan: Plan, vip: Bool) -> Int", "plan | vip => r", &["Gold | any => 1", "Silver, Basic | true => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `plan = Silver, vip = false`"]);
}

#[test]
fn strict_for_loose() {
    let text = of("(x: Money<IDR>) -> Int", "x => r", &["< 5_400_000 IDR => 1", "> 5_400_000 IDR => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 5_400_000 IDR`"]);
    let text = of("(x: Money<IDR>) -> Int", "x => r", &["<= 5_400_000 IDR => 1", "> 5_400_000.01 IDR => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 5_400_000.01 IDR`"]);
    let text = of("(x: Percent) -> Int", "x => r", &["<= 90% => 1", ">= 90% => 2"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = 90%`"]);
}

#[test]
fn an_edge_is_widened() {
    let text = of("(x: Int) -> Int", "x => r", &["<= 5 => 1", "(4..9] => 2", "> 9 => 3"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = 5`"]);
    let text = of("(x: Int) -> Int", "x => r", &["<= 5 => 1", "(5..8] => 2", "> 9 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 9`"]);
    let text = of("(x: Decimal<3>) -> Int", "x => r", &["<= 5 => 1", "[5.002..9] => 2", "> 9 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 5.001`"]);
}

#[test]
fn a_gap_between_dates_and_months() {
    let rows = ["<= 2024-12-31 => 1", "[2025-01-01..2025-12-30] => 2", ">= 2026-01-01 => 3"];
    let text = of("(day: Date) -> Int", "day => r", &rows);
    bad(&text, &[], &["611 at 3: no row fits `day = 2025-12-31`"]);
    let rows = ["<= 2024-12 => 1", "[2025-02..2025-12] => 2", ">= 2026-01 => 3"];
    let text = of("(month: Month) -> Int", "month => r", &rows);
    bad(&text, &[], &["611 at 3: no row fits `month = 2025-01`"]);
    let text = of("(at: Time) -> Int", "at => r", &["< 08:00 => 1", "[08:00..17:00) => 2", "> 17:00 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `at = 17:00`"]);
    let text = of("(took: Duration) -> Int", "took => r", &["< 90 min => 1", ">= 2 hours => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `took = 90 min`"]);
    let text = of("(due: Date, today: Date) -> Int", "due => r", &["< today => 1", "> today + 1 day => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `due = 2026-01-01, today = 2026-01-01`"]);
}

#[test]
fn a_case_is_missing() {
    let text = of("(plan: Plan) -> Int", "plan => r", &["Gold => 1", "Basic => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `plan = Silver`"]);
    let text = of("(vip: Bool) -> Int", "vip => r", &["true => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `vip = false`"]);
    let text =
        of("(pay: Pay) -> Int", "pay => r", &["Cash => 1", "Card(_) => 2", "Voucher(Gold), Voucher(Basic) => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `pay = Voucher(plan: Silver)`"]);
    let text = of("(pay: Pay) -> Int", "pay => r", &["Cash => 1", "Card(7) => 2", "Voucher(_) => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `pay = Card(limit: 6)`"]);
    let text = of("(mode: Rounding) -> Int", "mode => r", &["not floor => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `mode = floor`"]);
}

#[test]
fn a_text_without_default() {
    let text = of("(name: Text) -> Int", "name => r", &["\"ID\", \"SG\" => 1", "\"US\" => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `name = \"other\"`"]);
    let text = of("(name: Text) -> Int", "name => r", &["\"other\" => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `name = \"other 2\"`"]);
    let text = of("(name: Text) -> Int", "name => r", &["\"ID\" => 1", "not \"SG\" => 2", "\"SG\" => 3"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `name = \"ID\"`"]);
}

#[test]
fn none_is_missing() {
    let text = of("(x: Int?) -> Int", "x => r", &["<= 5 => 1", "> 5 => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `x = none`"]);
    let text = of("(x: Int?) -> Int", "x => r", &["none => 1", "< 5 => 2", "> 5 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 5`"]);
    let text = of("(x: Int?) -> Int", "x => r", &["none => 1", "not 5 => 2", "5 => 3"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = none`"]);
}

#[test]
fn relative_bounds() {
    let text = of("(x: Int, limit: Int) -> Int", "x => r", &["< limit => 1", "> limit => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 0, limit = 0`"]);
    let text = of("(x: Int, limit: Int) -> Int", "x => r", &["<= limit => 1", ">= limit => 2"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = 0, limit = 0`"]);
    let text = of("(x: Int, a: Int, b: Int) -> Int", "x => r", &["< a => 1", "[a..b] => 2", "> b => 3"]);
    bad(&text, &[], &["612 at 7 5 3: both fit `x = 1, a = 2, b = 0`"]);
    let config = "config { limit: Money<IDR> = 0 IDR where limit >= 0 }\n";
    let rows = ["< 0 IDR => 1", "[0 IDR..config.limit) => 2", "> config.limit => 3"];
    let text = format!("{config}{}", of("(x: Money<IDR>) -> Int", "x => r", &rows));
    bad(&text, &[], &["611 at 4: no row fits `x = 0 IDR, config.limit = 0 IDR`"]);
    let text = of("(x: Decimal<1>, y: Int) -> Int", "x => r", &["<= y => 1", ">= y + 0.2 => 2"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 0.1, y = 0`"]);
    let text = of("(x: Money<IDR, 4>, limit: Money<IDR>) -> Int", "x => r", &["<= limit * 80% => 1", "> limit => 2"]);
    let found = super::findings(&text, &[]);
    assert!(found.iter().any(|f| f.starts_with("611 at 3: no row fits `x = ")), "{found:?}");
}

#[test]
fn rows_of_two_files() {
    let text = "enum Category { A, B }
record Rate { category: Category, over: Int, up_to: Int? }
decision rate(category: Category, gross: Int where gross > 0) -> Int {
  | category     | gross                => rate
  for row: Rate in \"a.csv\", \"b.csv\" {
    | row.category | (row.over..row.up_to] => row.over
  }
}";
    let a = ("a.csv", "category,over,up_to\nA,0,10\nA,10,\n");
    bad(
        text,
        &[a, ("b.csv", "category,over,up_to\nB,0,20\nB,20,30\nB,30,\nA,9,10\n")],
        &["612 at b.csv:5 a.csv:2 3: both fit `category = A, gross = 10`"],
    );
    bad(
        text,
        &[a, ("b.csv", "category,over,up_to\nB,0,20\nB,30,\n")],
        &["611 at 3: no row fits `category = B, gross = 21`"],
    );
    bad(text, &[a, ("b.csv", "category,over,up_to\nB,0,20\n")], &["611 at 3: no row fits `category = B, gross = 21`"]);
}

#[test]
fn unreached_rows() {
    let text = of("(x: Int) -> Int first", "x => r", &["<= 5 => 1", "[2..4] => 2", "any => 3"]);
    bad(&text, &[], &["613 at 6 5"]);
    let text = of("(x: Int) -> Int first", "x => r", &["<= 5 => 1", "> 5 => 2", "[4..7] => 3"]);
    bad(&text, &[], &["613 at 7 3: other rows together take all that it fits"]);
    let text = of("(x: Int where x >= 0) -> Int", "x => r", &["< 0 => 1", "any => 2"]);
    bad(&text, &[], &["613 at 5 3"]);
    let text = of("(x: Int) -> Int", "x => r", &["[5..3] => 1", "any => 2"]);
    bad(&text, &[], &["613 at 5 3"]);
    let text = of("(x: Int) -> Plan priority", "x => r", &["> 5 => Basic", "any => Silver"]);
    bad(&text, &[], &["613 at 5 6"]);
    let text = of("(x: Int, y: Int) -> Int first", "x => r", &["<= y => 1", "< y => 2", "any => 3"]);
    bad(&text, &[], &["613 at 6 5"]);
    let text = of("(x: Int) -> List<Int> collect", "x => r", &["(3..4) => 1"]);
    bad(&text, &[], &["613 at 5 3"]);
    let text = of("(vip: Bool) -> Int", "vip => r", &["true => 1", "false => 2"]);
    let text = text.trim_end().trim_end_matches('}').to_owned() + "  default => 3\n}";
    bad(&text, &[], &["613 at 7"]);
}

#[test]
fn any_with_different_results() {
    let text = of("(x: Int) -> Int any", "x => r", &["<= 5 => 1", ">= 5 => 2"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = 5`"]);
    let text = of("(x: Int) -> Int any", "x => r", &["<= 5 => x", ">= 5 => 6"]);
    bad(&text, &[], &["612 at 6 5 3: both fit `x = 5`"]);
    let text = of("(x: Int) -> Int any", "x => r", &["<= 5 => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 6`"]);
}

#[test]
fn what_is_not_looked_into() {
    // Computed on inputs: refuted.
    let text = of("(x: Int) -> Int", "x => r", &["it mod 2 == 0 => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 1`"]);
    let text = of("(x: Int, y: Int) -> Int", "x => r", &["it * y > 5 => 1"]);
    bad(&text, &[], &["611 at 3: no row fits `x = 0, y = 0`"]);
    let text =
        of("(x: Int, y: Int) -> Int", "x => r", &["it * y > 5 => 1", "it * y < 5 => 2", "it * y == 5 and it > 0 => 3"]);
    bad(&text, &[], &["611 at 3: no row fits `x = -5, y = -1`"]);
    // Neither: the squares are never negative, which the proof does not know.
    let text = of("(x: Int) -> Int", "x => r", &["it * it >= 0 => 1"]);
    bad(&text, &[], &["614 at 3 5: no input without a row was found by trying"]);
    let text = of("(x: Int) -> Int", "x => r", &["any => 1", "it * it < 0 => 2"]);
    bad(&text, &[], &["614 at 3 6 5 6: no input that both fit was found by trying"]);
}
