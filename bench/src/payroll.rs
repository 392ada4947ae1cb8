//! The rows of benchmark 1 and the totals that every engine has to give.

/// A row of the input, amounts in sen, hours in hundredths.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub base: i64,
    pub allowance: i64,
    pub hours: i64,
    /// The case of `Ptkp` in `payroll.bp`: TK/0 TK/1 TK/2 TK/3 K/0 K/1 K/2 K/3.
    pub status: i64,
    pub months: i64,
    pub bonus: i64,
}

/// Totals over all rows, in sen: debits less credits of each account as `payroll.bp` books them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub salaries: i128,
    pub health: i128,
    pub social_security: i128,
    pub tax_payable: i128,
    pub wages_payable: i128,
    pub rounding: i128,
    pub year_tax: i128,
}

/// Confirmed by implementations in several languages.
pub const EXPECTED: Totals = Totals {
    salaries: 1_134_052_190_437_524,
    health: 2_073_600_225_163,
    social_security: 15_456_673_609_710,
    tax_payable: 183_249_218_263_487,
    wages_payable: 933_272_698_415_200,
    rounding: 76_036,
    year_tax: 1_706_281_561_660_000,
};

pub const ROWS: usize = 200_000;

/// Always the same rows, by a linear congruential generator (Knuth's MMIX constants).
pub fn rows() -> Vec<Row> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut below = |n: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % n as u64) as i64
    };
    // The generator draws from TK/0 K/0 TK/1 TK/2 TK/3 K/1 K/2 K/3; the program declares them in another order.
    const STATUS: [i64; 8] = [0, 4, 1, 2, 3, 5, 6, 7];
    (0..ROWS)
        .map(|_| {
            let share = below(100);
            let base = match share {
                0..70 => 4_500_000 + below(12_000_000),
                70..95 => 15_000_000 + below(45_000_000),
                _ => 60_000_000 + below(600_000_000),
            };
            let allowance = below(base / 3);
            let hours = if below(3) == 0 { 0 } else { below(8_000) };
            let status = STATUS[below(8) as usize];
            let months = if below(2) == 0 { 12 } else { 1 + below(12) };
            let bonus = if below(4) != 0 { 0 } else { below(3 * base) };
            Row { base: base * 100, allowance: allowance * 100, hours, status, months, bonus: bonus * 100 }
        })
        .collect()
}
