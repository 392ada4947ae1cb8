//! Benchmark 1 as a Rust programmer would write it: plain 64-bit integers in sen, every operation checked, one row
//! after the other. The baseline of the ratios.

use crate::payroll::{Row, Totals};
use std::path::Path;

/// A table of monthly rates: upper edges in sen, included, and the rates in hundredths of a per cent.
pub struct Table {
    edges: Vec<i64>,
    rates: Vec<i64>,
}

/// Tables A, B and C from the files beside `payroll.bp`.
///
/// # Panics
/// Where a file is not there or not as expected: a benchmark without its data measures nothing.
pub fn tables(folder: &Path) -> [Table; 3] {
    ["a", "b", "c"].map(|name| {
        let path = folder.join(format!("data/ter_{name}.csv"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut table = Table { edges: Vec::new(), rates: Vec::new() };
        let header: Vec<&str> = text.lines().next().unwrap_or("").split(',').collect();
        let column = |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
        let (edge, rate) = (column("gross_up_to_incl"), column("rate_percent"));
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            if !cells[edge].is_empty() {
                table.edges.push(cells[edge].parse::<i64>().unwrap_or_else(|e| panic!("{line}: {e}")) * 100);
            }
            let (whole, part) = cells[rate].split_once('.').unwrap_or((cells[rate], ""));
            let digits = format!("{whole}{part:0<2}");
            table.rates.push(digits.parse().unwrap_or_else(|e| panic!("{line}: {e}")));
        }
        table
    })
}

const FREE: [i64; 8] = [
    5_400_000_000,
    5_850_000_000,
    6_300_000_000,
    6_750_000_000,
    5_850_000_000,
    6_300_000_000,
    6_750_000_000,
    7_200_000_000,
];
const CATEGORY: [usize; 8] = [0, 0, 1, 1, 0, 1, 1, 2];

/// Upper edges in sen and rates in per cent of the yearly layers.
const LAYERS: [(i64, i64); 5] =
    [(6_000_000_000, 5), (25_000_000_000, 15), (50_000_000_000, 25), (500_000_000_000, 30), (i64::MAX, 35)];

/// Half up, of numbers that are not negative.
#[inline]
fn half_up(n: i64, d: i64) -> Option<i64> {
    n.checked_add(d / 2).map(|n| n / d)
}

/// What a row comes to, in sen.
#[derive(Clone, Copy, Debug)]
pub struct Slip {
    pub gross: i64,
    pub bonus: i64,
    pub health: i64,
    pub old_age: i64,
    pub pension: i64,
    pub year_tax: i64,
    pub tax: i64,
    pub exact_net: i64,
    pub net: i64,
}

/// One row; `None` on overflow.
#[inline]
pub fn slip(row: &Row, tables: &[Table; 3]) -> Option<Slip> {
    let status = row.status as usize;
    let overtime = half_up(row.base.checked_mul(row.hours)?, 17_300)?;
    let gross = row.base.checked_add(row.allowance)?.checked_add(overtime)?;
    let health = half_up(row.base.min(1_200_000_000), 100)?;
    let old_age = half_up(row.base.checked_mul(2)?, 100)?;
    let pension = half_up(row.base.min(1_054_740_000), 100)?;
    let table = &tables[CATEGORY[status]];
    let rate = table.rates[table.edges.partition_point(|edge| *edge < gross)];
    let month_tax = half_up(gross.checked_mul(rate)?, 10_000)?;
    let occupation = half_up(gross.checked_mul(5)?, 100)?.min(50_000_000);
    let annual = gross.checked_mul(row.months)?.checked_add(row.bonus)?;
    let deductions = occupation.checked_add(old_age)?.checked_add(pension)?.checked_mul(row.months)?;
    let taxable = annual.checked_sub(deductions)?.checked_sub(FREE[status])?.max(0) / 100_000 * 100_000;
    let mut year_tax: i64 = 0;
    let mut floor = 0;
    for (top, rate) in LAYERS {
        if taxable <= floor {
            break;
        }
        year_tax = year_tax.checked_add((taxable.min(top) - floor).checked_mul(rate)?)?;
        floor = top;
    }
    let year_tax = year_tax / 100;
    let tax = if row.months == 12 { year_tax.checked_sub(month_tax.checked_mul(11)?)? } else { month_tax };
    let pay = gross.checked_add(row.bonus)?;
    let exact_net = pay.checked_sub(health)?.checked_sub(old_age)?.checked_sub(pension)?.checked_sub(tax)?;
    let net = exact_net.checked_add(50)?.div_euclid(100).checked_mul(100)?;
    Some(Slip { gross, bonus: row.bonus, health, old_age, pension, year_tax, tax, exact_net, net })
}

/// Books a slip; `None` on overflow.
#[inline]
pub fn book(slip: &Slip, totals: &mut Totals) -> Option<()> {
    totals.salaries += i128::from(slip.gross.checked_add(slip.bonus)?);
    totals.health += i128::from(slip.health);
    totals.social_security += i128::from(slip.old_age.checked_add(slip.pension)?);
    totals.tax_payable += i128::from(slip.tax);
    totals.wages_payable += i128::from(slip.net);
    totals.rounding += i128::from(slip.net.checked_sub(slip.exact_net)?);
    totals.year_tax += i128::from(slip.year_tax);
    Some(())
}

/// All rows.
///
/// # Panics
/// On overflow, which the rows of the benchmark do not reach.
pub fn run(rows: &[Row], tables: &[Table; 3]) -> Totals {
    let mut totals = Totals::default();
    for row in rows {
        let booked = slip(row, tables).and_then(|slip| book(&slip, &mut totals));
        assert!(booked.is_some(), "overflow in {row:?}");
    }
    totals
}
