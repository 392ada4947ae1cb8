//! Random small tables against enumeration of all their inputs: the verdicts are equal both ways, and each
//! counter-example is one.

use super::{Files, findings_of};
use std::collections::HashMap;

/// The same numbers at every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, count: i64) -> i64 {
        (self.next() % count as u64) as i64
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// 0 to 4.
    Int,
    /// 0.0 to 2.5 in steps of a tenth: counted in tenths.
    Tenths,
    /// 2025-12-30 to 2026-01-02.
    Day,
    Case,
    Bool,
    /// `none` is -1, else 0 to 3.
    Option,
    /// X is 0; Y(0) to Y(3) are 1 to 4; Z(false), Z(true) are 5 and 6.
    Payload,
}

const KINDS: [Kind; 7] = [Kind::Int, Kind::Tenths, Kind::Day, Kind::Case, Kind::Bool, Kind::Option, Kind::Payload];

impl Kind {
    fn values(self) -> std::ops::Range<i64> {
        match self {
            Kind::Int => 0..5,
            Kind::Tenths => 0..26,
            Kind::Day => 0..4,
            Kind::Case => 0..3,
            Kind::Bool => 0..2,
            Kind::Option => -1..4,
            Kind::Payload => 0..7,
        }
    }

    fn param(self, name: &str) -> String {
        match self {
            Kind::Int => format!("{name}: Int where 0 <= {name} <= 4"),
            Kind::Tenths => format!("{name}: Decimal<1> where {name} in [0..2.5]"),
            Kind::Day => format!("{name}: Date where 2025-12-30 <= {name} and {name} < 2026-01-03"),
            Kind::Case => format!("{name}: E"),
            Kind::Bool => format!("{name}: Bool"),
            Kind::Option => format!("{name}: Int? where ({name} ?? 0) in [0..3]"),
            Kind::Payload => format!("{name}: P"),
        }
    }

    /// How many steps a whole number is.
    fn unit(self) -> i64 {
        if self == Kind::Tenths { 10 } else { 1 }
    }

    fn is_ordered(self) -> bool {
        matches!(self, Kind::Int | Kind::Tenths | Kind::Day | Kind::Option)
    }

    /// As an example shows it.
    fn shown(self, value: i64) -> String {
        match self {
            Kind::Tenths if value % 10 == 0 => (value / 10).to_string(),
            Kind::Tenths => format!("{}.{}", value / 10, value % 10),
            Kind::Payload if (1..5).contains(&value) => format!("Y(n: {})", value - 1),
            Kind::Payload if value >= 5 => format!("Z(b: {})", value == 6),
            _ => self.written(value),
        }
    }

    /// As a cell writes it.
    fn written(self, value: i64) -> String {
        match self {
            Kind::Int => value.to_string(),
            Kind::Tenths => format!("{}.{}", value / 10, value % 10),
            Kind::Day => ["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"][value as usize].to_owned(),
            Kind::Case => ["A", "B", "C"][value as usize].to_owned(),
            Kind::Bool => (value == 1).to_string(),
            Kind::Option if value < 0 => "none".to_owned(),
            Kind::Option => value.to_string(),
            Kind::Payload => match value {
                0 => "X".to_owned(),
                1..5 => format!("Y({})", value - 1),
                _ => format!("Z({})", value == 6),
            },
        }
    }
}

/// A cell: as written, and what it holds of its column's value and the other input.
struct Cell {
    text: String,
    fits: Box<dyn Fn(i64, i64) -> bool>,
}

/// `with_other`: bounds may speak of `y`, an `Int` of 0 to 4.
fn cell(random: &mut Random, kind: Kind, with_other: bool, odd: bool) -> Cell {
    let any = || Cell { text: "any".into(), fits: Box::new(|_, _| true) };
    if random.chance(20) {
        return any();
    }
    let values: Vec<i64> = kind.values().collect();
    let pick = |random: &mut Random| values[random.below(values.len() as i64) as usize];
    let some = |random: &mut Random| {
        let least = if kind == Kind::Option { 1 } else { 0 };
        values[least + random.below((values.len() - least) as i64) as usize]
    };
    let there = move |v: i64| kind != Kind::Option || v >= 0;
    if matches!(kind, Kind::Int | Kind::Tenths) && with_other && random.chance(60) {
        // Bounds of another scale than the column's.
        let unit = kind.unit();
        let by = random.below(3) - 1;
        let bound = match by {
            0 => "y".to_owned(),
            by if by < 0 => "y - 1".to_owned(),
            _ => "y + 1".to_owned(),
        };
        return match random.below(5) {
            0 => Cell { text: format!("< {bound}"), fits: Box::new(move |v, y| v < (y + by) * unit) },
            1 => Cell { text: format!("<= {bound}"), fits: Box::new(move |v, y| v <= (y + by) * unit) },
            2 => Cell { text: format!("> {bound}"), fits: Box::new(move |v, y| v > (y + by) * unit) },
            3 => Cell { text: format!(">= {bound}"), fits: Box::new(move |v, y| v >= (y + by) * unit) },
            _ => Cell { text: format!("not {bound}"), fits: Box::new(move |v, y| v != (y + by) * unit) },
        };
    }
    if kind == Kind::Int && odd && random.chance(50) {
        return match random.below(3) {
            0 => Cell { text: "it mod 2 == 0".into(), fits: Box::new(|v, _| v % 2 == 0) },
            1 => Cell { text: "it * it > 3".into(), fits: Box::new(|v, _| v * v > 3) },
            _ => Cell { text: "it * it <= 3".into(), fits: Box::new(|v, _| v * v <= 3) },
        };
    }
    if kind == Kind::Payload && random.chance(40) {
        return match random.below(3) {
            0 => Cell { text: "Y(_)".into(), fits: Box::new(|v, _| (1..5).contains(&v)) },
            1 => Cell { text: "Z(_)".into(), fits: Box::new(|v, _| v >= 5) },
            _ => Cell { text: "not Y(_)".into(), fits: Box::new(|v, _| !(1..5).contains(&v)) },
        };
    }
    if !kind.is_ordered() || random.chance(35) {
        let (a, b) = (pick(random), pick(random));
        let (x, y) = (kind.written(a), kind.written(b));
        return match random.below(3) {
            0 => Cell { text: x, fits: Box::new(move |v, _| v == a) },
            1 => Cell { text: format!("{x}, {y}"), fits: Box::new(move |v, _| v == a || v == b) },
            _ => Cell { text: format!("not {x}, {y}"), fits: Box::new(move |v, _| v != a && v != b) },
        };
    }
    let (a, b) = (some(random), some(random));
    let (low, high) = (a.min(b), a.max(b));
    let (l, h) = (kind.written(low), kind.written(high));
    match random.below(8) {
        0 => Cell { text: format!("< {h}"), fits: Box::new(move |v, _| there(v) && v < high) },
        1 => Cell { text: format!("<= {l}"), fits: Box::new(move |v, _| there(v) && v <= low) },
        2 => Cell { text: format!("> {l}"), fits: Box::new(move |v, _| there(v) && v > low) },
        3 => Cell { text: format!(">= {h}"), fits: Box::new(move |v, _| there(v) && v >= high) },
        4 => Cell { text: format!("[{l}..{h}]"), fits: Box::new(move |v, _| there(v) && low <= v && v <= high) },
        5 => Cell { text: format!("({l}..{h}]"), fits: Box::new(move |v, _| there(v) && low < v && v <= high) },
        6 => Cell { text: format!("[{l}..{h})"), fits: Box::new(move |v, _| there(v) && low <= v && v < high) },
        _ => Cell { text: format!("not [{l}..{h}]"), fits: Box::new(move |v, _| !(there(v) && low <= v && v <= high)) },
    }
}

/// A decision with everything that is needed to enumerate it.
struct Table {
    text: String,
    policy: &'static str,
    kinds: Vec<Kind>,
    /// The other input is a parameter; with a premise about the first column too.
    other: Option<bool>,
    rows: Vec<(Vec<Cell>, i64)>,
    has_default: bool,
    /// Something that the proof does not look into occurs.
    odd: bool,
}

fn table(random: &mut Random) -> Table {
    let policy = ["unique", "first", "any", "priority", "collect"][random.below(5) as usize];
    let count = 1 + random.below(3) as usize;
    let mut kinds: Vec<Kind> = (0..count).map(|_| KINDS[random.below(KINDS.len() as i64) as usize]).collect();
    let other = random.chance(40).then(|| random.chance(50));
    if other.is_some() {
        kinds[0] = if random.chance(50) { Kind::Int } else { Kind::Tenths };
    }
    // Not more inputs than are enumerated in no time.
    const INPUTS_MAX: usize = 1_000;
    while kinds.iter().map(|kind| kind.values().count()).product::<usize>() > INPUTS_MAX {
        kinds.pop();
    }
    let count = kinds.len();
    let odd = other.is_none() && random.chance(10);
    let has_default = random.chance(15) && policy != "collect";
    let mut rows: Vec<(Vec<Cell>, i64)> = Vec::new();
    for _ in 0..1 + random.below(7) {
        let cells = kinds.iter().map(|kind| cell(random, *kind, other.is_some(), odd)).collect();
        rows.push((cells, random.below(3)));
    }
    let names: Vec<String> = (0..count).map(|c| format!("c{c}")).collect();
    let mut params: Vec<String> = kinds.iter().zip(&names).map(|(kind, name)| kind.param(name)).collect();
    match other {
        Some(true) => params.push("y: Int where y in [0..4] and c0 <= y + 1".into()),
        Some(false) => params.push("y: Int where y in [0..4]".into()),
        None => {}
    }
    let (result, output) = match policy {
        "collect" => ("List<E>", ["A", "B", "C"]),
        "any" => ("Int", ["0", "1", "2"]),
        _ => ("E", ["A", "B", "C"]),
    };
    let mut text = format!(
        "enum E {{ A, B, C }}\ntype Small = Int where 0 <= it <= 3\nenum P {{ X, Y(n: Small), Z(b: Bool) }}\n\
         decision d({}) -> {result} {policy} {{\n  | {} => r\n",
        params.join(", "),
        names.join(" | ")
    );
    for (cells, out) in &rows {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        text.push_str(&format!("  | {} => {}\n", cells.join(" | "), output[*out as usize]));
    }
    if has_default {
        text.push_str(&format!("  default => {}\n", output[0]));
    }
    text.push_str("}\n");
    Table { text, policy, kinds, other, rows, has_default, odd }
}

/// All inputs, as an example shows them, with the rows that fit each.
fn enumerate(table: &Table) -> HashMap<String, Vec<usize>> {
    let mut inputs = vec![Vec::new()];
    for kind in &table.kinds {
        inputs = inputs.iter().flat_map(|i| kind.values().map(|v| [&i[..], &[v]].concat())).collect();
    }
    let mut all = HashMap::new();
    for input in inputs {
        for y in if table.other.is_some() { 0..5 } else { 0..1 } {
            if table.other == Some(true) && input[0] > (y + 1) * table.kinds[0].unit() {
                continue;
            }
            let mut shown: Vec<String> = (0..)
                .zip(table.kinds.iter().zip(&input))
                .map(|(c, (kind, value))| format!("c{c} = {}", kind.shown(*value)))
                .collect();
            if table.other.is_some() {
                shown.push(format!("y = {y}"));
            }
            let fits = |cells: &[Cell]| cells.iter().zip(&input).all(|(cell, value)| (cell.fits)(*value, y));
            let rows = (0..table.rows.len()).filter(|row| fits(&table.rows[*row].0)).collect();
            all.insert(shown.join(", "), rows);
        }
    }
    all
}

fn compare(table: &Table) -> (bool, bool) {
    let (sources, found) = findings_of(&table.text, &Files(&[]));
    let all = enumerate(table);
    let told = |number: u16| found.iter().filter(move |d| d.code.number() == number);
    let context = || format!("{found:#?} in\n{}", table.text);
    let rows = 0..table.rows.len();
    let rank = |row: &usize| (table.rows[*row].1, *row);
    let wins = |fits: &[usize]| match table.policy {
        "first" => fits.first().copied(),
        "priority" => fits.iter().copied().min_by_key(rank),
        _ => None,
    };
    // What is true.
    let single = table.policy != "collect";
    let gap = single && !table.has_default && all.values().any(Vec::is_empty);
    let clash = |fits: &[usize]| match table.policy {
        "unique" => fits.len() > 1,
        "any" => fits.iter().any(|row| table.rows[*row].1 != table.rows[fits[0]].1),
        _ => false,
    };
    let overlap = all.values().any(|fits| clash(fits));
    let used = |row: usize| match table.policy {
        "first" | "priority" => all.values().any(|fits| wins(fits) == Some(row)),
        _ => all.values().any(|fits| fits.contains(&row)),
    };
    let unreached: Vec<usize> = rows.filter(|row| !used(*row)).collect();
    let idle = table.has_default && all.values().all(|fits| !fits.is_empty());

    // What was told.
    let undecided = told(614).count() > 0;
    assert!(table.odd || !undecided, "{}", context());
    assert!(told(611).count() <= usize::from(gap) && told(612).count() <= if overlap { 5 } else { 0 }, "{}", context());
    assert!(!gap || told(611).count() == 1 || undecided, "{}", context());
    assert!(!overlap || told(612).count() > 0 || undecided, "{}", context());
    // Where the other input is not met, an example leaves it out.
    let fits_of = |shown: &str| -> Vec<&Vec<usize>> {
        all.iter()
            .filter(|(input, _)| *input == shown || input.starts_with(&format!("{shown}, y")))
            .map(|(_, r)| r)
            .collect()
    };
    for d in told(611) {
        let shown = d.notes[0].trim_start_matches("no row fits `").trim_end_matches('`');
        let fits = fits_of(shown);
        assert!(!fits.is_empty() && fits.iter().all(|rows| rows.is_empty()), "{}", context());
    }
    const FIRST_LINE: u32 = 6;
    let row_of = |label: usize, d: &bp_compiler::diagnostics::Diagnostic| {
        let place = d.labels[label].place;
        (sources.get(place.file).line_column(place.span.start).0 - FIRST_LINE) as usize
    };
    for d in told(612) {
        let shown = d.notes[0].trim_start_matches("both fit `").trim_end_matches('`');
        let pair = [row_of(1, d), row_of(0, d)];
        let fits = fits_of(shown);
        assert!(!fits.is_empty() && fits.iter().all(|rows| pair.iter().all(|row| rows.contains(row))), "{}", context());
        assert!(table.policy == "unique" || table.rows[pair[0]].1 != table.rows[pair[1]].1, "{}", context());
    }
    let mut warned: Vec<usize> = told(613).map(|d| row_of(0, d)).collect();
    warned.sort_unstable();
    let idle_told = warned.last() == Some(&table.rows.len());
    if idle_told {
        warned.pop();
    }
    // Of what is not looked into, only what is told has to be true.
    if table.odd {
        assert!(warned.iter().all(|row| unreached.contains(row)) && (!idle_told || idle), "{}", context());
    } else {
        assert!(idle_told == idle && (warned == unreached || warned.len() >= 5), "{}", context());
        assert!(warned.iter().all(|row| unreached.contains(row)), "{}", context());
    }
    (gap, overlap)
}

#[test]
fn random_tables_against_enumeration() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut gaps, mut overlaps, mut fine) = (0, 0, 0);
    for _ in 0..2_000 {
        let (gap, overlap) = compare(&table(&mut random));
        gaps += i32::from(gap);
        overlaps += i32::from(overlap);
        fine += i32::from(!gap && !overlap);
    }
    // The tables are of all sorts.
    assert!(gaps > 300 && overlaps > 300 && fine > 300, "{gaps} gaps, {overlaps} overlaps, {fine} without either");
}
