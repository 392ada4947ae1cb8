//! Runs the targets of [`bp_tests::fuzz`] on texts made of real programs, with bounds on time and memory.
//!
//! `cargo run --release -p bp-tests --bin fuzz -- [--seconds N] [--seed N] [--file FILE] [TARGET…]`
//!
//! A target runs N seconds (60 if not told) on all threads. A finding is written to `target/fuzz/`, made shorter as
//! far as it stays one, and the run ends with status 1. `--file` runs one text. What an input that ends the whole
//! process was (its stack, its memory) stands in `target/fuzz/running-*`.

#![forbid(unsafe_code)]

use bp_tests::fuzz::mutate::{Numbers, mutated};
use bp_tests::fuzz::{Depth, TARGETS, Target, corpus};
use bp_tests::root;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No text may take longer than this; they are short.
const SECONDS_MAX: u64 = 5;
/// The process may not use more.
const MEMORY_MAX_KIB: u64 = 2 * 1024 * 1024;

struct Options {
    seconds: u64,
    seed: u64,
    file: Option<PathBuf>,
    targets: Vec<Target>,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let folder = folder();
    fs::create_dir_all(&folder).expect("a folder for findings");
    if let Some(file) = &options.file {
        let text = String::from_utf8_lossy(&fs::read(file).expect("the file")).into_owned();
        options.targets.iter().for_each(|(name, target)| println!("{name}: {:?}", target(&text)));
        return ExitCode::SUCCESS;
    }
    // Findings are told of at their end, not by each panic.
    std::panic::set_hook(Box::new(|_| {}));
    let corpus = corpus();
    println!("{} texts to begin with, seed {}", corpus.len(), options.seed);
    let found = options.targets.iter().filter(|target| !run(target, &corpus, &options)).count();
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options() -> Result<Options, String> {
    let mut options = Options { seconds: 60, seed: 1, file: None, targets: Vec::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
        match argument.as_str() {
            "--seconds" => options.seconds = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--file" => options.file = Some(value()?.into()),
            name => match TARGETS.iter().find(|(target, _)| *target == name) {
                Some(target) => options.targets.push(*target),
                None => return Err(format!("there is no target `{name}`")),
            },
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.to_vec();
    }
    Ok(options)
}

fn folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("fuzz")
}

/// What the threads of a run share.
struct Run {
    ended: AtomicBool,
    texts: AtomicU64,
    read: AtomicU64,
    programs: AtomicU64,
    slowest_us: AtomicU64,
    finding: Mutex<Option<(String, String)>>,
}

/// Runs a target; whether all went well.
fn run(target: &Target, corpus: &[String], options: &Options) -> bool {
    let run = Run {
        ended: AtomicBool::new(false),
        texts: AtomicU64::new(0),
        read: AtomicU64::new(0),
        programs: AtomicU64::new(0),
        slowest_us: AtomicU64::new(0),
        finding: Mutex::new(None),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let began: Vec<Mutex<Option<Instant>>> = (0..threads).map(|_| Mutex::new(None)).collect();
    let end = Instant::now() + Duration::from_secs(options.seconds);
    std::thread::scope(|scope| {
        for (thread, began) in began.iter().enumerate() {
            let seed = options.seed * 1_000 + thread as u64;
            let run = &run;
            let work = move || work(target, corpus, &mut Numbers::new(seed), thread, began, run);
            std::thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, work).expect("a thread");
        }
        while Instant::now() < end && !run.ended.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
            watch(target, &began);
        }
        run.ended.store(true, Ordering::Relaxed);
        // The last texts have to end as well.
        while began.iter().any(|began| began.lock().is_ok_and(|began| began.is_some())) {
            std::thread::sleep(Duration::from_millis(20));
            watch(target, &began);
        }
    });
    let (name, texts) = (target.0, run.texts.into_inner());
    println!(
        "{name}: {texts} texts in {} s, {} of them read without a fault, {} programs; the slowest took {} ms",
        options.seconds,
        run.read.into_inner(),
        run.programs.into_inner(),
        run.slowest_us.into_inner() / 1_000
    );
    let Some((text, _)) = run.finding.into_inner().ok().flatten() else { return texts > 0 };
    let (short, why) = shortened(target, text);
    let file = folder().join(format!("{name}-{:08x}.bp", checksum(&short)));
    fs::write(&file, &short).expect("a file for the finding");
    println!("{name}: {why}\n{}\n----\n{short}\n----", file.display());
    false
}

/// Ends the whole process where a text takes too long or too much: neither can be ended by itself.
fn watch(target: &Target, began: &[Mutex<Option<Instant>>]) {
    let is_late = |began: &Mutex<Option<Instant>>| {
        began.lock().is_ok_and(|began| began.is_some_and(|began| began.elapsed().as_secs() > SECONDS_MAX))
    };
    let late = began.iter().position(is_late);
    let why = match late {
        Some(thread) => format!("a text takes longer than {SECONDS_MAX} s: {}", running(thread).display()),
        None if memory_kib() > MEMORY_MAX_KIB => format!("more than {MEMORY_MAX_KIB} KiB: {}", running(0).display()),
        None => return,
    };
    println!("{}: {why}", target.0);
    std::process::exit(1);
}

/// What the process uses, where the system tells.
fn memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn running(thread: usize) -> PathBuf {
    folder().join(format!("running-{thread}.bp"))
}

fn work(
    target: &Target,
    corpus: &[String],
    numbers: &mut Numbers,
    thread: usize,
    began: &Mutex<Option<Instant>>,
    run: &Run,
) {
    let file = running(thread);
    while !run.ended.load(Ordering::Relaxed) {
        let text = mutated(corpus, numbers);
        let _ = fs::write(&file, &text);
        let start = Instant::now();
        set(began, Some(start));
        let outcome = attempt(target, &text);
        set(began, None);
        run.slowest_us.fetch_max(start.elapsed().as_micros() as u64, Ordering::Relaxed);
        run.texts.fetch_add(1, Ordering::Relaxed);
        match outcome {
            Ok(depth) => {
                run.read.fetch_add(u64::from(depth != Depth::Text), Ordering::Relaxed);
                run.programs.fetch_add(u64::from(depth == Depth::Program), Ordering::Relaxed);
            }
            Err(why) => {
                if let Ok(mut finding) = run.finding.lock() {
                    finding.get_or_insert((text, why));
                }
                run.ended.store(true, Ordering::Relaxed);
            }
        }
    }
    let _ = fs::remove_file(&file);
}

fn set(began: &Mutex<Option<Instant>>, to: Option<Instant>) {
    if let Ok(mut began) = began.lock() {
        *began = to;
    }
}

/// Runs a target once; the words of its panic if it has one.
fn attempt(target: &Target, text: &str) -> Result<Depth, String> {
    catch_unwind(AssertUnwindSafe(|| target.1(text))).map_err(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
    })
}

/// A shorter text that the target panics on as well: without the lines that do not matter.
fn shortened(target: &Target, mut text: String) -> (String, String) {
    let mut why = attempt(target, &text).err().unwrap_or_else(|| "only this once".to_owned());
    let end = Instant::now() + Duration::from_secs(30);
    let mut size = text.lines().count().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < text.lines().count() && Instant::now() < end {
            let lines: Vec<&str> = text.split('\n').collect();
            let kept: Vec<&str> = [&lines[..at], &lines[(at + size).min(lines.len())..]].concat();
            let shorter = kept.join("\n");
            match attempt(target, &shorter) {
                Err(words) if shorter.len() < text.len() => (text, why) = (shorter, words),
                _ => at += size,
            }
        }
        size /= 2;
    }
    (text, why)
}

fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
