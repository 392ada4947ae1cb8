//! Makes programs at random and compares all engines on them.
//!
//! ```sh
//! cargo run --release -p bp-tests --bin agree -- --seconds 60 --seed 1
//! ```
//!
//! With `--size small` the programs have one part each, so that there are many more of them; `--programs N` ends after
//! so many.
//!
//! It takes all threads that there are, or `--threads`; which programs are made depends on the seed only.
//!
//! A program on which engines disagree is made shorter as long as they still do, and written into `tests/corpus`, whose
//! programs `cargo test` compares from then on.
#![forbid(unsafe_code)]

use bp_tests::agree::{Asked, Random, Subject, compare, shorter};
use bp_tests::generate;
use bp_tests::reference::{FAULTS, all_kinds};
use bp_tests::root;
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Calls of each function of a whole program.
const CALLS: usize = 12;

/// Calls of each function of a small program.
const FEW_CALLS: usize = 3;

fn main() -> ExitCode {
    let (mut seconds, mut seed) = (60, 1);
    let mut threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let (mut most, mut small) = (u64::MAX, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (argument.as_str(), value.parse::<u64>()) {
            ("--seconds", Ok(value)) => seconds = value,
            ("--seed", Ok(value)) => seed = value,
            ("--threads", Ok(value)) => threads = value,
            ("--programs", Ok(value)) => most = value,
            ("--size", _) if value == "small" || value == "whole" => small = value == "small",
            _ => {
                eprintln!("usage: agree [--seconds N] [--seed N] [--threads N] [--programs N] [--size small|whole]");
                return ExitCode::from(2);
            }
        }
    }
    let first = seed.wrapping_mul(1_000_000_007);
    let run = Run {
        first,
        number: AtomicU64::new(first),
        most,
        small,
        end: Instant::now() + Duration::from_secs(seconds),
        found: AtomicBool::new(false),
    };
    let parts: Vec<Part> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| run.work())).collect();
        workers.into_iter().map(|worker| worker.join().expect("a panic in a comparison is caught")).collect()
    });
    let mut all = Part::default();
    parts.into_iter().for_each(|part| all.add(part));
    report(seed, seconds, &all);
    if run.found.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What all threads share: each takes the next number, of which it makes a program.
struct Run {
    first: u64,
    number: AtomicU64,
    /// Programs that are made, at most.
    most: u64,
    /// Small programs instead of whole ones.
    small: bool,
    end: Instant,
    /// A difference was found: enough.
    found: AtomicBool,
}

/// What a thread has compared.
#[derive(Default)]
struct Part {
    asked: Asked,
    refused: u64,
    /// The codes of what was refused: how often, and in which words first.
    why: BTreeMap<String, (u64, String)>,
}

impl Part {
    fn add(&mut self, other: Part) {
        self.asked.add(other.asked);
        self.refused += other.refused;
        for (code, (count, message)) in other.why {
            self.why.entry(code).or_insert((0, message)).0 += count;
        }
    }
}

impl Run {
    fn work(&self) -> Part {
        let mut part = Part::default();
        while Instant::now() < self.end && !self.found.load(Ordering::Relaxed) {
            let number = self.number.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            if number.wrapping_sub(self.first) > self.most {
                break;
            }
            let mut random = Random(number);
            let (made, calls) = match self.small {
                true => (generate::small(&mut random), FEW_CALLS),
                false => (generate::program(&mut random), CALLS),
            };
            let subject = match Subject::of("made.bp", &made.text, &generate::files(), None) {
                Ok(subject) => subject,
                Err(refused) => {
                    part.refused += 1;
                    if let Some(first) = refused.diagnostics.first() {
                        part.why.entry(format!("{:?}", first.code)).or_insert((0, first.message.clone())).0 += 1;
                    }
                    continue;
                }
            };
            if let Err(difference) = compare("made", &subject, calls, &mut random, &mut part.asked) {
                self.found.store(true, Ordering::Relaxed);
                write(number, &made.text, calls, &difference);
            }
        }
        part
    }
}

/// Writes a program on which engines disagree, as short as it can be made, into the corpus.
fn write(number: u64, text: &str, calls: usize, difference: &str) {
    let text = bp_grammar::format(&shorter(text, number, calls));
    let path = root().join("tests/corpus").join(format!("made_{number}.bp"));
    let written = std::fs::create_dir_all(root().join("tests/corpus")).and_then(|()| std::fs::write(&path, &text));
    eprintln!("{difference}\n\n{text}\n{}: {written:?}", path.display());
}

/// What was compared, and what of the language, its instructions and its faults came up.
fn report(seed: u64, seconds: u64, Part { asked, refused, why }: &Part) {
    let Asked { programs, calls, well, faults, entries, native, given_back, .. } = asked;
    println!(
        "seed {seed}, {seconds} seconds: {programs} programs, {calls} calls, {well} ended well, {faults} with a fault"
    );
    println!("{entries} entries; native code ended {native} calls and gave {given_back} back");
    let Asked { reference, spent, aside, refused: arguments, .. } = asked;
    println!("the reference agrees in {reference} calls; {spent} spent a budget, {aside} no program can make");
    println!("{arguments} calls were refused for their arguments");
    println!("not covered by the reference, in programs: {:?}", asked.not_covered);
    println!("{refused} programs were refused by the compiler: {why:#?}");
    let table = |what: &str, all: BTreeSet<&'static str>, found: &BTreeMap<&'static str, u64>| {
        println!("\n{what}: {} of {}", all.iter().filter(|name| found.contains_key(*name)).count(), all.len());
        for name in &all {
            println!("{:>12}  {name}", found.get(name).copied().unwrap_or(0));
        }
    };
    table("constructs that were evaluated", all_kinds(), &asked.kinds);
    table("faults that were met", FAULTS.into_iter().collect(), &asked.fault_kinds);
    table("instructions of functions that ended well", all_ops(), &asked.ops);
}

macro_rules! names_of_ops {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        fn all_ops() -> BTreeSet<&'static str> {
            [$($text),*].into_iter().collect()
        }
    };
}
bp_bytecode::for_each_op!(names_of_ops);
