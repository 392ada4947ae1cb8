//! Makes processes that live at random, plays events in random orders, and compares the host with the reference.
//!
//! ```sh
//! cargo run --release -p bp-tests --bin living -- --seconds 60 --seed 1
//! ```
//!
//! Which programs and events are made depends on the seed only; `--programs N` ends after so many. Where something
//! differs, program and events are made shorter as long as it still does, and shown.
#![forbid(unsafe_code)]

use bp_tests::agree::{Random, Subject};
use bp_tests::generate::files;
use bp_tests::living::{Compared, Found, compare, generate, seeds, shorter};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Orders of events that each program is played with.
const ORDERS: usize = 4;

/// Events of an order.
const EVENTS: usize = 24;

/// What all threads have found.
#[derive(Default)]
struct All {
    compared: Compared,
    refused: BTreeMap<String, (u64, String)>,
    used: BTreeMap<&'static str, u64>,
}

fn main() -> ExitCode {
    let (mut seconds, mut seed, mut most) = (60, 1, u64::MAX);
    let mut threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (argument.as_str(), value.parse::<u64>()) {
            ("--seconds", Ok(value)) => seconds = value,
            ("--seed", Ok(value)) => seed = value,
            ("--threads", Ok(value)) => threads = value,
            ("--programs", Ok(value)) => most = value,
            _ => {
                eprintln!("usage: living [--seconds N] [--seed N] [--threads N] [--programs N]");
                return ExitCode::from(2);
            }
        }
    }
    let first = seed.wrapping_mul(1_000_000_007);
    let (number, found) = (AtomicU64::new(first), AtomicBool::new(false));
    let (end, all) = (Instant::now() + Duration::from_secs(seconds), Mutex::new(All::default()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while Instant::now() < end && !found.load(Ordering::Relaxed) {
                    let number = number.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                    if number.wrapping_sub(first) > most {
                        break;
                    }
                    if let Some(difference) = one(number, &all)
                        && !found.swap(true, Ordering::Relaxed)
                    {
                        show(number, &difference);
                    }
                }
            });
        }
    });
    let all = all.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    report(seed, seconds, &all);
    if found.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Makes the program of a number and plays it; what differs.
fn one(number: u64, all: &Mutex<All>) -> Option<Found> {
    let random = &mut Random(number);
    let made = generate::program(random);
    let subject = match Subject::of("made.bp", &made.text, &files(), None) {
        Ok(subject) => subject,
        Err(refused) => {
            if let (Some(first), Ok(mut all)) = (refused.diagnostics.first(), all.lock()) {
                all.refused.entry(first.code.to_string()).or_insert((0, first.message.clone())).0 += 1;
            }
            return None;
        }
    };
    let mut compared = Compared { programs: 1, ..Compared::default() };
    let mut found = None;
    for _ in 0..ORDERS {
        let seeds = seeds(random, EVENTS);
        if let Err(difference) = compare(&subject, &seeds, &mut compared) {
            found = Some(Found { text: made.text.clone(), seeds, difference });
            break;
        }
    }
    if let Ok(mut all) = all.lock() {
        all.compared.add(compared);
        made.used.into_iter().for_each(|(what, count)| *all.used.entry(what).or_default() += count);
    }
    found
}

fn show(number: u64, found: &Found) {
    eprintln!("number {number}: {}\n", found.difference);
    let Found { text, difference, .. } = shorter(found);
    eprintln!("shorter: {difference}\n\n{}", bp_grammar::format(&text));
}

fn report(seed: u64, seconds: u64, All { compared, refused, used }: &All) {
    let Compared { programs, orders, events, entries, .. } = compared;
    println!("seed {seed}, {seconds} seconds: {programs} programs, {orders} orders of events, {events} events");
    println!("{} events were refused by all; {entries} entries in the end", compared.refused);
    println!("instances: {:?}", compared.states);
    println!("events: {:?}", compared.kinds);
    println!("in the texts: {used:?}");
    println!("evaluated: {:?}", compared.evaluated);
    println!("not covered, in orders: {:?}", compared.not_covered);
    println!("programs that the compiler refused: {refused:#?}");
}
