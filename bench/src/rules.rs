//! A decision with any number of rules, as a program and by hand.

use bp_compiler::load::Loader;

/// The program; its rules come from `rules.csv`.
pub const PROGRAM: &str = r#"//! Benchmark 2: one decision of many rules, four inputs.

enum Region { North, East, South, West }

record Query {
  region: Region
  express: Bool
  weight: Int where weight >= 0
  value: Int where value >= 0
}

record Rate { rate: Int }

record Rule { region: Region, express: Bool, over: Int, up_to: Int?, value_over: Int, value_up_to: Int?, rate: Int }

decision tariff(region: Region, express: Bool, weight: Int where weight >= 0, value: Int where value >= 0) -> Int {
  | region     | express     | weight                | value                             => rate
  for row: Rule in "rules.csv" {
    | row.region | row.express | [row.over..row.up_to) | [row.value_over..row.value_up_to) => row.rate
  }
}

process quote(query: Query) -> Rate {
  return Rate(rate: tariff(query.region, query.express, query.weight, query.value))
}
"#;

const REGIONS: [&str; 4] = ["North", "East", "South", "West"];

/// A rule; upper ends are left out.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub region: i64,
    pub express: i64,
    pub weight: (i64, i64),
    pub value: (i64, i64),
    pub rate: i64,
}

/// How far values that are asked for go.
const VALUES: i64 = 1_000_000;

/// `count` rules, or a few less, that leave no gap: for each region, way and class of weight the values in bands.
pub const fn rule(number: i64, count: i64) -> Rule {
    let bands = bands(count);
    let (group, band) = (number / bands, number % bands);
    let weight = if group / 8 == 0 { (0, 500) } else { (500, i64::MAX) };
    let low = if band == 0 { 0 } else { VALUES / bands * band + group };
    let high = if band + 1 == bands { i64::MAX } else { VALUES / bands * (band + 1) + group };
    Rule { region: group % 4, express: group / 4 % 2, weight, value: (low, high), rate: number * 7 % 1_000 }
}

/// Bands of values in each of the 16 groups.
const fn bands(count: i64) -> i64 {
    count / 16
}

pub fn rules(count: i64) -> Vec<Rule> {
    (0..bands(count) * 16).map(|number| rule(number, count)).collect()
}

/// The rules as the program reads them.
pub struct Rules(pub Vec<Rule>);

impl Loader for Rules {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        let mut text = "region,express,over,up_to,value_over,value_up_to,rate\n".to_owned();
        let end = |end: i64| if end == i64::MAX { String::new() } else { end.to_string() };
        for Rule { region, express, weight, value, rate } in &self.0 {
            let (region, express) = (REGIONS[*region as usize], *express != 0);
            let (over, up_to, low, high) = (weight.0, end(weight.1), value.0, end(value.1));
            text += &format!("{region},{express},{over},{up_to},{low},{high},{rate}\n");
        }
        Ok((file.to_owned(), text))
    }
}

/// What is asked: region, way, weight, value.
pub type Query = [i64; 4];

/// Always the same queries, by a linear congruential generator (Knuth's MMIX constants).
pub fn queries(count: usize) -> Vec<Query> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut below = |n: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % n as u64) as i64
    };
    (0..count).map(|_| [below(4), below(2), below(1_000), below(VALUES + VALUES / 10)]).collect()
}

#[inline]
fn fits(rule: &Rule, [region, express, weight, value]: &Query) -> bool {
    *region == rule.region
        && *express == rule.express
        && (rule.weight.0..rule.weight.1).contains(weight)
        && (rule.value.0..rule.value.1).contains(value)
}

/// The rules one after the other, as data.
pub fn one_by_one(rules: &[Rule], query: &Query) -> Option<i64> {
    rules.iter().find(|rule| fits(rule, query)).map(|rule| rule.rate)
}

/// How many rules the chain has.
pub const CHAIN: i64 = 48;

/// The same rules as code: a chain of `if`s whose bounds are constants, the way a programmer would write down 48 rules.
pub fn chain(query: &Query) -> Option<i64> {
    macro_rules! chain {
        ($($number:literal)*) => {$(
            {
                const RULE: Rule = rule($number, CHAIN);
                if fits(&RULE, query) {
                    return Some(RULE.rate);
                }
            }
        )*};
    }
    chain!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);
    chain!(24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    None
}
