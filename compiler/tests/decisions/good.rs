//! Tables without a fault, and without a warning.

use super::good;

#[test]
fn ranges_that_meet_on_the_grid() {
    good(
        "decision fee(x: Decimal<2>) -> Int {
  | x             => fee
  | < 0           => 0
  | [0..5]        => 1
  | [5.01..10)    => 2
  | >= 10         => 3
}",
        &[],
    );
    // A bound between two values of the grid.
    good("decision fee(x: Int) -> Int {\n  | x => fee\n  | <= 2.5 => 1\n  | >= 3 => 2\n}", &[]);
}

#[test]
fn premises_narrow_the_inputs() {
    good(
        "type Grade = Int where 1 <= it <= 5
decision pass(grade: Grade, points: Int where points in [0..100]) -> Bool {
  | grade | points    => pass
  | 1, 2  | any       => true
  | [3..4]| >= 50     => true
  | [3..4]| [0..50)   => false
  | 5     | 0         => false
  | 5     | [1..100]  => false
}",
        &[],
    );
    good("decision d(a: Int, b: Int where a <= b) -> Int {\n  | a => r\n  | < b => 1\n  | b => 2\n}", &[]);
    good(
        "record Span { from: Int, to: Int where from <= to }
decision d(span: Span) -> Int {
  | span              => r
  | it.from < it.to   => 1
  | it.from == it.to  => 2
}",
        &[],
    );
}

#[test]
fn dates_months_times_durations() {
    good(
        "decision a(day: Date) -> Int {\n  | day => r\n  | < 2025-01-01 => 1\n  | [2025-01-01..2025-12-31] => 2\n  | >= 2026-01-01 => 3\n}
decision b(month: Month) -> Int {\n  | month => r\n  | <= 2025-12 => 1\n  | [2026-01..2026-02] => 2\n  | > 2026-02 => 3\n}
decision c(at: Time) -> Int {\n  | at => r\n  | [00:00..08:00) => 1\n  | >= 08:00 => 2\n}
decision d(took: Duration) -> Int {\n  | took => r\n  | <= 90 min => 1\n  | > 90 min => 2\n}
decision e(span: Period) -> Int {\n  | span => r\n  | 1 month, 3 months => 1\n  | not 1 month, 3 months => 2\n}",
        &[],
    );
}

#[test]
fn cases_options_and_texts() {
    good(
        "enum Plan { Gold, Silver, Basic }
enum Pay { Cash, Card(limit: Int), Voucher(plan: Plan) }
decision a(plan: Plan, vip: Bool) -> Int {
  | plan       | vip   => r
  | Gold       | any   => 1
  | not Gold   | true  => 2
  | Silver, Basic | false => 3
}
decision b(pay: Pay) -> Int {
  | pay              => r
  | Cash             => 1
  | Card(5)          => 2
  | it is Card(_) and not it is Card(5) => 3
  | Voucher(Gold)    => 4
  | Voucher(Silver), Voucher(Basic) => 5
}
decision c(limit: Int?) -> Int {
  | limit   => r
  | none    => 1
  | < 0     => 2
  | [0..10] => 3
  | some(11) => 4
  | > 11    => 5
}
decision d(country: Text) -> Int {
  | country    => r
  | \"ID\", \"SG\" => 1
  | \"US\"       => 2
  default => 3
}
decision e(country: Text?) -> Int {
  | country    => r
  | none       => 0
  | \"ID\"       => 1
  | not none, \"ID\" => 2
}",
        &[],
    );
}

#[test]
fn relative_bounds() {
    good(
        "enum Verdict { Approve, Review, Reject }
decision credit_check(exposure: Money, limit: Money, overdue_days: Int) -> Verdict {
  | exposure  | overdue_days => verdict
  | <= limit  | <= 30        => Approve
  | <= limit  | > 30         => Review
  | > limit   | <= 0         => Review
  | > limit   | > 0          => Reject
}",
        &[],
    );
    // Two bounds apart by a constant, whatever the configuration says.
    good(
        "config { limit: Int = 10, slack: Int = 5 where slack > 0 }
decision d(x: Int) -> Int {
  | x                                          => r
  | <= config.limit                            => 1
  | (config.limit..config.limit + config.slack] => 2
  | > config.limit + config.slack              => 3
}",
        &[],
    );
    // A share of another input: sums with other factors than one.
    good(
        "decision d(x: Money<IDR, 4>, limit: Money<IDR> where limit >= 0) -> Int {
  | x                    => r
  | <= limit * 80%       => 1
  | (limit * 80%..limit] => 2
  | > limit              => 3
}",
        &[],
    );
    // Unequal scales.
    good(
        "decision d(x: Decimal<2>, y: Int) -> Int {\n  | x => r\n  | <= y => 1\n  | (y..y + 1) => 2\n  | >= y + 1 => 3\n}",
        &[],
    );
    // Three values in a chain.
    good(
        "decision d(x: Int, low: Int, high: Int where low < high) -> Int {
  | x              => r
  | < low          => 1
  | [low..high)    => 2
  | >= high        => 3
}",
        &[],
    );
}

#[test]
fn conditions_and_functions() {
    good(
        "fn large(x: Int) -> Bool = x > 100
record Order { total: Int, paid: Bool }
decision a(x: Int) -> Int {\n  | x => r\n  | large(it) => 1\n  | <= 100 => 2\n}
decision b(x: Int) -> Int {\n  | x => r\n  | it mod 3 == 0 => 1\n  | it mod 3 == 1 => 2\n  | it mod 3 == 2 => 3\n}
decision c(order: Order) -> Int {
  | order => r
  | it.paid => 1
  | it.paid == false and it.total > 5 => 2
  | it.paid == false and it.total <= 5 => 3
}
decision d(x: Int, y: Int) -> Int {\n  | x => r\n  | it * y > 5 => 1\n  | y * it <= 5 => 2\n}
decision e(x: Int, a: Int, b: Int) -> Int {\n  | x => r\n  | <= min(a, b) => 1\n  | it > a or it > b => 2\n}
decision f(x: Int, y: Int?) -> Int {\n  | x => r\n  | <= y ?? 7 => 1\n  | > y ?? 7 => 2\n}
decision g(name: Text) -> Int {\n  | name => r\n  | starts_with(it, \"a\") => 1\n  | not starts_with(it, \"a\") => 2\n}
decision h(x: Int) -> Int {\n  | x => r\n  | it > 3 or it < -3 => 1\n  | [-3..3] => 2\n}",
        &[],
    );
}

#[test]
fn policies() {
    good(
        "enum Level { High, Low }
decision a(x: Int) -> Int first {\n  | x => r\n  | <= 3 => 1\n  | <= 7 => 2\n  | any => 3\n}
decision b(x: Int) -> Int any {\n  | x => r\n  | <= 5 => 1\n  | >= 3 => 1\n}
decision c(x: Int) -> Int any {\n  | x => r\n  | <= 5 => x + 1\n  | [0..5] => 1 + x\n  | > 5 => 0\n}
decision d(x: Int) -> Level priority {\n  | x => r\n  | any => Low\n  | > 5 => High\n}
decision e(x: Int) -> List<Int> collect {\n  | x => r\n  | > 5 => 1\n  | > 3 => 2\n}
decision f(x: Int) -> Int collect sum {\n  | x => r\n  | > 5 => 1\n}
decision g(x: Int) -> List<Int> rule order {\n  | x => r\n  | 1 => 1\n  | any => 2\n}
decision h(x: Int) -> Int {\n  | x => r\n  | 1 => 1\n  default => 2\n}
decision i(x: Int) -> Int any {\n  | x => r\n  | <= 5 => x\n  | >= 5 => 5\n}",
        &[],
    );
}

#[test]
fn rows_from_files() {
    good(
        "enum Category { A, B }
record Rate { category: Category, over: Int, up_to: Int?, rate: Decimal<2> }
decision rate(category: Category, gross: Int where gross >= 0) -> Decimal<2> {
  | category     | gross                => rate
  | any          | 0                    => 0
  for row: Rate in \"a.csv\", \"b.csv\" {
    | row.category | (row.over..row.up_to] => row.rate
  }
}",
        &[
            ("a.csv", "category,over,up_to,rate\nA,0,10,1.5\nA,10,,2\n"),
            ("b.csv", "category,over,up_to,rate\nB,0,20,0.5\nB,20,30,0.75\nB,30,,1\n"),
        ],
    );
}
