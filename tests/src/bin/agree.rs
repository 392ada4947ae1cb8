//! Makes programs at random and compares all engines on them.
//!
//! ```sh
//! cargo run --release -p bp-tests --bin agree -- --seconds 60 --seed 1
//! ```
//!
//! A program on which engines disagree is made shorter as long as they still do, and written into `tests/corpus`, whose
//! programs `cargo test` compares from then on.
#![forbid(unsafe_code)]

use bp_tests::agree::{Asked, Random, compare, shorter};
use bp_tests::generate;
use bp_tests::programs::{Files, compile};
use bp_tests::root;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Calls of each function of a program.
const CALLS: usize = 12;

fn main() -> ExitCode {
    let (mut seconds, mut seed) = (60, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
        match (argument.as_str(), value) {
            ("--seconds", Some(value)) => seconds = value,
            ("--seed", Some(value)) => seed = value,
            _ => {
                eprintln!("usage: agree [--seconds N] [--seed N]");
                return ExitCode::from(2);
            }
        }
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut asked, mut used) = (Asked::default(), BTreeMap::<&str, u64>::new());
    let (mut refused, mut why) = (0u64, BTreeMap::<String, (u64, String)>::new());
    let mut number = seed.wrapping_mul(1_000_000_007);
    while Instant::now() < end {
        number = number.wrapping_add(1);
        let mut random = Random(number);
        let made = generate::program(&mut random);
        let compiled = compile("made.bp", &made.text, &Files::default(), None);
        let Some(program) = compiled.program else {
            refused += 1;
            if let Some(first) = compiled.diagnostics.first() {
                let told = why.entry(format!("{:?}", first.code)).or_insert((0, first.message.clone()));
                told.0 += 1;
            }
            continue;
        };
        made.used.iter().for_each(|(what, count)| *used.entry(what).or_default() += count);
        if let Err(difference) = compare("made", &program, CALLS, &mut random, &mut asked) {
            let text = bp_grammar::format(&shorter(&made.text, number, CALLS));
            let path = root().join("tests/corpus").join(format!("made_{number}.bp"));
            let written =
                std::fs::create_dir_all(root().join("tests/corpus")).and_then(|()| std::fs::write(&path, &text));
            eprintln!("{difference}\n\n{text}\n{}: {written:?}", path.display());
            return ExitCode::FAILURE;
        }
    }
    println!("seed {seed}, {seconds} seconds: {asked:#?}");
    println!("{refused} programs were refused by the compiler: {why:#?}");
    println!("{} constructs: {used:#?}", used.len());
    ExitCode::SUCCESS
}
