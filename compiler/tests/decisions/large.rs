//! Large tables are decided. How long that takes is measured, not tested: `--nocapture` shows it.

use super::findings;
use std::fmt::Write;
use std::time::Instant;

const PROGRAM: &str = "record Rate { category: Int, over: Int, up_to: Int? }
decision rate(category: Int where 0 <= category < 100, gross: Int where gross > 0) -> Int {
  | category     | gross                  => rate
  for row: Rate in \"rates.csv\" {
    | row.category | (row.over..row.up_to] => row.over
  }
}";

/// A hundred categories with a hundred ranges each, whose edges all differ. `change` may change a row.
fn rates(change: impl Fn(usize, usize, &mut (usize, Option<usize>))) -> String {
    let mut text = String::from("category,over,up_to\n");
    for category in 0..100 {
        for range in 0..100 {
            let edge = |range: usize| if range == 0 { 0 } else { range * 100_000 + category * 7 };
            let mut row = (edge(range), (range < 99).then(|| edge(range + 1)));
            change(category, range, &mut row);
            let (over, up_to) = (row.0, row.1.map(|n| n.to_string()).unwrap_or_default());
            writeln!(text, "{category},{over},{up_to}").expect("a String takes everything");
        }
    }
    text
}

#[track_caller]
fn decided(name: &str, text: &str, files: &[(&str, &str)], expected: &[&str]) {
    let begun = Instant::now();
    assert_eq!(findings(text, files), expected);
    println!("{name}: {:?} with reading and checking", begun.elapsed());
}

#[test]
fn ten_thousand_rows_from_a_file() {
    decided("complete", PROGRAM, &[("rates.csv", &rates(|_, _, _| ()))], &[]);
    let gap = rates(|category, range, row| {
        if (category, range) == (63, 42) {
            row.0 += 1;
        }
    });
    decided("gap", PROGRAM, &[("rates.csv", &gap)], &["611 at 2: no row fits `category = 63, gross = 4_200_442`"]);
    let overlap = rates(|category, range, row| {
        if (category, range) == (63, 42) {
            row.1 = row.1.map(|n| n + 1);
        }
    });
    decided(
        "overlap",
        PROGRAM,
        &[("rates.csv", &overlap)],
        &["612 at rates.csv:6345 rates.csv:6344 2: both fit `category = 63, gross = 4_300_442`"],
    );
}

#[test]
fn ten_thousand_thresholds_under_first() {
    let mut text = String::from("decision d(x: Int) -> Int first {\n  | x => r\n");
    for row in 0..10_000 {
        writeln!(text, "  | <= {} => {row}", row * 3).expect("a String takes everything");
    }
    text.push_str("  | any => 0\n}\n");
    decided("thresholds", &text, &[], &[]);
}

#[test]
fn ten_thousand_relative_bounds() {
    let mut text = String::from("decision d(x: Int, limit: Int) -> Int {\n  | x => r\n  | <= limit => 0\n");
    for row in 0..300 {
        writeln!(text, "  | (limit + {row}..limit + {}] => {row}", row + 1).expect("a String takes everything");
    }
    text.push_str("  | > limit + 300 => 0\n}\n");
    decided("relative", &text, &[], &[]);
}

#[test]
fn many_columns() {
    // Each row asks for one column; what is left behind a row has all columns before it false.
    let columns = 40;
    let names: Vec<String> = (0..columns).map(|c| format!("c{c}")).collect();
    let params: Vec<String> = names.iter().map(|n| format!("{n}: Bool")).collect();
    let mut text = format!("decision d({}) -> Int first {{\n  | {} => r\n", params.join(", "), names.join(" | "));
    for row in 0..columns {
        let cells: Vec<&str> = (0..columns).map(|c| if c == row { "true" } else { "any" }).collect();
        writeln!(text, "  | {} => {row}", cells.join(" | ")).expect("a String takes everything");
    }
    let gap: Vec<String> = names.iter().map(|n| format!("{n} = false")).collect();
    let gap = format!("611 at 1: no row fits `{}`", gap.join(", "));
    decided("columns", &format!("{text}}}\n"), &[], &[&gap]);
    decided("columns and default", &format!("{text}  default => 0\n}}\n"), &[], &[]);
}

#[test]
fn beyond_the_budget_is_not_decided() {
    // A row for each of random points in many columns, none of which settles anything.
    let (columns, rows) = (14, 600);
    let names: Vec<String> = (0..columns).map(|c| format!("c{c}")).collect();
    let params: Vec<String> = names.iter().map(|n| format!("{n}: Int")).collect();
    let mut text = format!("decision d({}) -> Int first {{\n  | {} => r\n", params.join(", "), names.join(" | "));
    let mut seed = 88_172_645_463_325_252_u64;
    for row in 0..rows {
        let cells: Vec<String> = (0..columns)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let n = seed % 1_000;
                if n.is_multiple_of(2) { format!("< {n}") } else { format!("> {n}") }
            })
            .collect();
        writeln!(text, "  | {} => {row}", cells.join(" | ")).expect("a String takes everything");
    }
    text.push_str("}\n");
    let begun = Instant::now();
    let found = findings(&text, &[]);
    println!("budget: {:?}", begun.elapsed());
    assert!(found.iter().all(|f| f.starts_with("611") || f.starts_with("614")) && !found.is_empty(), "{found:?}");
}
