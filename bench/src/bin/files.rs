//! Benchmark 1 from CSV file to CSV file, beside the same in hand-written Rust with the `csv` crate in one thread:
//! `cargo build --release -p bp && cargo run --release -p bp-bench --bin files`
#![forbid(unsafe_code)]

use bp_bench::payroll::{EXPECTED, ROWS, Totals, rows};
use bp_bench::{by_hand, files, median};
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 7;
/// How often the rows of the benchmark stand in the file.
const TIMES: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bp = std::env::current_exe()?.with_file_name("bp");
    if !bp.exists() {
        return Err(format!("{} is not there: cargo build --release -p bp", bp.display()).into());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tables = by_hand::tables(folder);
    let work = tempfile::tempdir()?;
    let [from, by_hand_to, to] = ["rows.csv", "by_hand.csv", "bp.csv"].map(|name| work.path().join(name));
    files::write_rows(&from, &rows(), TIMES)?;
    let bytes = std::fs::metadata(&from)?.len();

    let count = (ROWS * TIMES) as f64;
    let [mut read, mut hand, mut interpreted, mut native] = [const { Vec::new() }; 4];
    let mut shares = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows all.
        let began = Instant::now();
        assert_eq!(files::only_read(&from)?, count as u64);
        read.push(count / began.elapsed().as_secs_f64());
        let began = Instant::now();
        assert_eq!(files::run(&from, &by_hand_to, &tables)?, expected(), "by hand");
        hand.push(count / began.elapsed().as_secs_f64());
        for (engine, rates) in [("vm", &mut interpreted), ("jit", &mut native)] {
            let began = Instant::now();
            let ran = Command::new(&bp)
                .current_dir(folder)
                .args(["run", "payroll.bp", "--format", "json", "--engine", engine])
                .arg("--input")
                .arg(&from)
                .arg("--output")
                .arg(&to)
                .output()?;
            rates.push(count / began.elapsed().as_secs_f64());
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            assert!(std::fs::read(&to)? == std::fs::read(&by_hand_to)?, "{engine} writes other records");
            let report: Json = serde_json::from_slice(&ran.stdout)?;
            if engine == "jit" {
                for (share, name) in shares.iter_mut().zip(["reading", "running", "writing"]) {
                    let seconds = report["seconds_of"][name].as_str().ok_or("no shares of the time")?;
                    share.push(seconds.parse::<f64>()?);
                }
            }
        }
    }
    let [read, hand, interpreted, native] = [read, hand, interpreted, native].map(median);
    let megabytes = bytes as f64 / 1e6;
    println!("benchmark 1 from file to file: {count} rows, {megabytes:.0} MB, median of {ROUNDS}; equal records");
    println!("csv crate, only read       {read:>12.0} rows/s");
    println!("hand-written, one thread   {hand:>12.0} rows/s    1");
    println!("bp run, interpreter        {interpreted:>12.0} rows/s    {:.3}", interpreted / hand);
    println!("bp run, native             {native:>12.0} rows/s    {:.3}", native / hand);
    let [reading, running, writing] = shares.map(median);
    println!(
        "of a native run, beside each other: reading {reading:.3} s | running {running:.3} s, writing {writing:.3} s"
    );
    Ok(())
}

/// The totals of so many times the same rows.
fn expected() -> Totals {
    let times = TIMES as i128;
    let Totals { salaries, health, social_security, tax_payable, wages_payable, rounding, year_tax } = EXPECTED;
    Totals {
        salaries: salaries * times,
        health: health * times,
        social_security: social_security * times,
        tax_payable: tax_payable * times,
        wages_payable: wages_payable * times,
        rounding: rounding * times,
        year_tax: year_tax * times,
    }
}
