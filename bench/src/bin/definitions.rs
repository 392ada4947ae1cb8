//! Definitions that come and go: how long native code takes to make, and whether its memory comes back.
//! `cargo run --release -p bp-bench --bin definitions`
#![forbid(unsafe_code)]

use bp_bench::{Folder, median};
use bp_bytecode::Program;
use bp_compiler::check::Setting;
use bp_compiler::{Root, compile};
use bp_jit::{Jit, live_bytes, live_modules};
use bp_optimizer::{Options, optimize_with};
use std::path::Path;
use std::time::Instant;

const DEFINITIONS: usize = 10_000;
/// How many of them are there at once.
const AT_ONCE: usize = 100;
const ROUNDS: usize = 15;

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    println!("native code of processes, with keys, checks and their form for many rows; median of {ROUNDS}");
    for path in ["payroll.bp", "../examples/payroll/payroll.bp", "../examples/northwind/northwind.bp"] {
        let path = here.join(path);
        let (program, lines) = program(&path);
        let optimized = optimize_with(&program, Options { keep_notes: false });
        let (ms, bytes) = made(|| Jit::of_processes(&program, &optimized).unwrap_or_else(|e| panic!("{e}")));
        let (all_ms, all_bytes) = made(|| Jit::new(&program, &optimized).unwrap_or_else(|e| panic!("{e}")));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!(
            "{name:>10}, {lines:>4} lines: {ms:>6.1} ms, {bytes:>7} bytes; all functions {all_ms:>6.1} ms, {all_bytes:>7} bytes"
        );
    }

    let (program, _) = program(&here.join("payroll.bp"));
    let optimized = optimize_with(&program, Options { keep_notes: false });
    let deploy = |count: usize| {
        for _ in 0..count / AT_ONCE {
            let jits: Vec<Jit<'_>> = (0..AT_ONCE)
                .map(|_| Jit::of_processes(&program, &optimized).unwrap_or_else(|e| panic!("{e}")))
                .collect();
            assert_eq!(live_modules(), AT_ONCE);
            assert_eq!(live_bytes(), jits.iter().map(Jit::code_bytes).sum::<usize>());
        }
        assert_eq!((live_modules(), live_bytes()), (0, 0));
    };
    deploy(AT_ONCE * 5);
    let before = resident();
    let began = Instant::now();
    deploy(DEFINITIONS);
    let seconds = began.elapsed().as_secs_f64();
    println!("{DEFINITIONS} definitions deployed and removed, {AT_ONCE} at once, in {seconds:.1} s");
    println!("memory of the process before and after: {before} and {} KiB", resident());
}

/// How long that takes, in milliseconds, and how many bytes it comes to.
fn made<'p>(make: impl Fn() -> Jit<'p>) -> (f64, usize) {
    let mut bytes = 0;
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        let jit = make();
        bytes = jit.code_bytes();
        began.elapsed().as_secs_f64() * 1e3
    });
    (median(times.collect()), bytes)
}

fn program(path: &Path) -> (Program, usize) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let folder = path.parent().unwrap_or(path).to_owned();
    let modules = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let modules = modules.filter(|path| path.extension().is_some_and(|ending| ending == "bp"));
    let lines = modules.filter_map(|path| std::fs::read_to_string(path).ok()).map(|text| text.lines().count()).sum();
    let root = Root { name: "measured".into(), path: path.display().to_string(), text };
    let compiled = compile(root, &Folder(folder), Setting::default());
    (compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)), lines)
}

/// What the process holds in memory, in KiB; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
