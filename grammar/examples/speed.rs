//! How fast files are read: `cargo run --release --example speed FILE…` repeats them to 20,000 lines.

use std::time::{Duration, Instant};

fn main() {
    let read = |path: String| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let parts: Vec<String> = std::env::args().skip(1).map(read).collect();
    let mut text = String::new();
    while !parts.is_empty() && text.lines().count() < 20_000 {
        // `//!` stands at the top of a file only.
        text.extend(
            parts.iter().flat_map(|part| part.lines()).filter(|l| !l.starts_with("//!")).flat_map(|l| [l, "\n"]),
        );
    }
    let lines = text.lines().count();
    let mut best = Duration::MAX;
    let mut errors = 0;
    for _ in 0..5 {
        let start = Instant::now();
        errors = bp_grammar::parse(&text).errors.len();
        best = best.min(start.elapsed());
    }
    println!("{lines} lines, {errors} errors, {best:?}: {:.0} lines/s", lines as f64 / best.as_secs_f64());
}
