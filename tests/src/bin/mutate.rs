//! Seeds single faults into the examples and the standard library and tells what finds them:
//! `cargo run --release -p bp-tests --bin mutate [--list survived|refused|found|equal] [--kind NUMBER]`

use bp_tests::mutation::{Group, Kind, Mutant, Project, Verdict};
use bp_tests::{root, shown};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What the compiler has to refuse, of the kinds that a proof covers, in percent.
const REFUSED_AT_LEAST: f64 = 95.0;
/// What the tests have to find of the others, in percent.
const FOUND_AT_LEAST: f64 = 70.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let listed = after("--list");
    let only: Option<usize> = after("--kind").and_then(|number| number.parse().ok());

    let mut folders = vec![root().join("stdlib")];
    if let Ok(entries) = std::fs::read_dir(root().join("examples")) {
        folders.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    folders.sort();
    let projects: Vec<Project> = folders.iter().map(|folder| Project::read(folder)).collect();
    let mut mutants: Vec<(usize, Mutant)> = Vec::new();
    for (number, project) in projects.iter().enumerate() {
        mutants.extend(project.mutants().into_iter().map(|mutant| (number, mutant)));
    }
    mutants.retain(|(_, mutant)| only.is_none_or(|kind| mutant.kind as usize == kind));

    let verdicts = try_all(&projects, &mutants);
    if let Some(listed) = listed {
        for ((number, mutant), verdict) in mutants.iter().zip(&verdicts) {
            if format!("{verdict:?}").to_lowercase() == listed {
                tell(&projects[*number], mutant);
            }
        }
    }
    report(&mutants, &verdicts)
}

fn try_all(projects: &[Project], mutants: &[(usize, Mutant)]) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(vec![Verdict::Survived; mutants.len()]);
    let shown = std::io::stderr().is_terminal();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let worker = || loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((project, mutant)) = mutants.get(at) else { return };
                let verdict = projects[*project].try_out(mutant);
                verdicts.lock().unwrap_or_else(PoisonError::into_inner)[at] = verdict;
                if shown && at.is_multiple_of(20) {
                    eprint!("\r{at} of {}", mutants.len());
                    let _ = std::io::stderr().flush();
                }
            };
            // Compilers go as deep as programs are nested.
            let _ = thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, worker);
        }
    });
    if shown {
        eprint!("\r                    \r");
    }
    verdicts.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn tell(project: &Project, mutant: &Mutant) {
    let Some((_, text)) = project.files().find(|(path, _)| *path == mutant.path) else { return };
    let line = text[..mutant.range.start].matches('\n').count() + 1;
    let was = text[mutant.range.clone()].replace('\n', " ");
    let now = mutant.replacement.replace('\n', " ");
    println!("{}:{line}: {}: `{was}` -> `{now}`", shown(&mutant.path), mutant.kind.text());
}

fn percent(part: usize, of: usize) -> f64 {
    if of == 0 { 100.0 } else { part as f64 * 100.0 / of as f64 }
}

fn report(mutants: &[(usize, Mutant)], verdicts: &[Verdict]) -> ExitCode {
    let count = |kind: Kind, verdict: Verdict| {
        mutants.iter().zip(verdicts).filter(|((_, mutant), v)| mutant.kind == kind && **v == verdict).count()
    };
    println!("{:<52} {:>7} {:>8} {:>8} {:>8} {:>6}", "", "refused", "by tests", "survived", "equal", "");
    let mut sums = [(0, 0, 0); 2];
    let mut group = None;
    for kind in Kind::ALL {
        if group != Some(kind.group()) {
            group = Some(kind.group());
            println!("{}", kind.group().text());
        }
        let of = |verdict| count(*kind, verdict);
        let (refused, found) = (of(Verdict::Refused), of(Verdict::Found));
        let (survived, equal) = (of(Verdict::Survived), of(Verdict::Equal));
        let all = refused + found + survived;
        let tests = kind.group() == Group::Tests;
        let good = if tests { refused + found } else { refused };
        println!("  {:<50} {refused:>7} {found:>8} {survived:>8} {equal:>8} {:>5.1}%", kind.text(), percent(good, all));
        let sum = &mut sums[usize::from(tests)];
        *sum = (sum.0 + good, sum.1 + all, sum.2 + equal);
    }
    let (proofs, tests) = (percent(sums[0].0, sums[0].1), percent(sums[1].0, sums[1].1));
    println!();
    println!("found of kinds that tests have to find: {} of {}, {tests:.1} %", sums[1].0, sums[1].1);
    println!("refused of kinds that a proof covers: {} of {}, {proofs:.1} %", sums[0].0, sums[0].1);
    if proofs >= REFUSED_AT_LEAST && tests >= FOUND_AT_LEAST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
