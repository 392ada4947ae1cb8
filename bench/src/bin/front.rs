//! Benchmark of the front end: how long a project takes to be read, checked and laid out, stage by stage, and whether
//! that grows as the project does.
//!
//! `cargo run --release -p bp-bench --bin front` measures 10,000, 100,000 and 1,000,000 lines; `front LINES MODULES`
//! one project; `front LINES MODULES FOLDER` writes it, for `bp check FOLDER` and `bp fmt FOLDER`.
#![forbid(unsafe_code)]

use bp_bench::front::{Module, lines, project};
use bp_bench::median;
use bp_compiler::check::{Setting, check};
use bp_compiler::load::{Loader, load};
use bp_compiler::source::Sources;
use bp_compiler::{Root, compile};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const SIZES: [(usize, usize); 3] = [(10_000, 10), (100_000, 100), (1_000_000, 1_000)];
const STAGES: [&str; 7] = ["tokens", "parse", "load", "check", "prove, lower", "whole check", "layout"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|text: &String| text.parse().expect("a number"));
    match (number(0), number(1), arguments.get(2)) {
        (Some(lines), Some(modules), Some(folder)) => write(&project(lines, modules), folder),
        (Some(lines), Some(modules), None) => {
            show(&[(lines, modules)]);
        }
        _ => show(&SIZES),
    }
}

fn write(project: &[Module], folder: &str) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, text) in project {
        std::fs::write(format!("{folder}/{name}.bp"), text).expect("a file");
    }
    println!("{} lines in {} files", lines(project), project.len());
}

fn show(sizes: &[(usize, usize)]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("seconds by stage; `load` and `layout` use {threads} threads, the others one");
    print!("{:>9} lines", "");
    STAGES.iter().for_each(|stage| print!("{stage:>14}"));
    println!();
    let mut before: Option<(usize, Vec<f64>)> = None;
    for (size, modules) in sizes {
        let project = project(*size, *modules);
        let count = lines(&project);
        let rounds = if count > 500_000 { 3 } else { 5 };
        let rounds: Vec<Vec<f64>> = (0..rounds).map(|_| measure(&project)).collect();
        let stages: Vec<f64> =
            (0..STAGES.len()).map(|stage| median(rounds.iter().map(|round| round[stage]).collect())).collect();
        print!("{count:>9} lines");
        stages.iter().for_each(|seconds| print!("{seconds:>14.3}"));
        println!();
        if let Some((lines, seconds)) = before {
            print!("{:>9.1} times", count as f64 / lines as f64);
            stages.iter().zip(seconds).for_each(|(now, then)| print!("{:>14.1}", now / then));
            println!();
        }
        before = Some((count, stages));
    }
}

/// The seconds of each stage.
fn measure(project: &[Module]) -> Vec<f64> {
    let texts: Vec<&str> = project.iter().map(|(_, text)| text.as_str()).collect();
    let (tokens, count) = timed(|| texts.iter().map(|text| bp_grammar::tokens(text).count()).sum::<usize>());
    assert!(count > lines(project));
    let (parse, faults) = timed(|| texts.iter().map(|text| bp_grammar::parse(text).errors.len()).sum::<usize>());
    assert_eq!(faults, 0, "the project is right");

    let modules = Memory(project.iter().cloned().collect());
    let text = modules.0["main"].clone();
    let (mut sources, mut problems) = (Sources::default(), Vec::new());
    let main = text.clone();
    let (load, loaded) = timed(|| load("main", "main.bp", main, &modules, &mut sources, &mut problems));
    assert!(problems.is_empty(), "{problems:?}");
    let (check, found) = timed(|| check(&loaded, &modules, &mut sources, Setting::default()).1);
    assert!(found.is_empty(), "{found:?}");
    let root = Root { name: "main".into(), path: "main.bp".into(), text };
    let (whole, compiled) = timed(|| compile(root, &modules, Setting::default()));
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);

    let (layout, changed) = timed(|| laid_out(&texts));
    assert_eq!(changed, 0, "the project is laid out");
    vec![tokens, parse, load, check, whole - load - check, whole, layout]
}

/// Lays out all texts as `bp fmt` does, and says how many were laid out otherwise.
fn laid_out(texts: &[&str]) -> usize {
    let (next, changed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    changed.fetch_add(usize::from(bp_grammar::format(text) != *text), Ordering::Relaxed);
                }
            });
        }
    });
    changed.into_inner()
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let began = Instant::now();
    let made = work();
    (began.elapsed().as_secs_f64(), made)
}

/// Modules in memory.
struct Memory(HashMap<String, String>);

impl Loader for Memory {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        Ok(self.0.get(name).map(|text| (format!("{name}.bp"), text.clone())))
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("there is no {file}"))
    }
}
