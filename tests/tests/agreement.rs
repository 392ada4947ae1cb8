//! Every form of a program does the same in every engine: as compiled, optimised, in the machine's fast form, in native
//! code, and all of that together.

use bp_bytecode::op::Op;
use bp_optimizer::{Options, optimize_with};
use bp_tests::agree::{Asked, Random, Subject, calls, compare, programs};
use bp_tests::programs::{Files, told};
use bp_tests::reference::all_kinds;
use bp_tests::{fail_with, files, generate, read, root};

/// Programs of which the reference may say that it does not cover all of them, because of limits and periods, which the
/// books answer for. Never more than there were; the example that sells in another currency asks whether a period is
/// closed, lines that pass a limit are of accounts with one, and so are the orders that live; balances of earlier days are
/// asked of the books as well.
const NOT_COVERED: u64 = 58;
/// What only a host runs: the reference has no part in it.
const HOSTED: &str = "processes that live";
/// The same of programs made at random: those with limits, which the books now answer for.
const NOT_COVERED_AT_RANDOM: u64 = 12;
/// Constructs of the language that the programs made at random have to come by.
const KINDS_AT_LEAST: usize = 158;

#[test]
fn every_program_of_the_project() {
    let programs = programs();
    assert!(programs.len() >= 20, "only {} programs were found", programs.len());
    let calls = calls(15);
    let (mut asked, mut random) = (Asked::default(), Random(calls as u64));
    let compared = programs.iter().map(|(name, subject)| compare(name, subject, calls, &mut random, &mut asked));
    fail_with(&compared.filter_map(Result::err).collect::<Vec<String>>());
    println!("{asked:?}");
    let not_covered: u64 = asked.not_covered.iter().filter(|(why, _)| **why != HOSTED).map(|(_, count)| count).sum();
    assert!(not_covered <= NOT_COVERED, "the reference covers less: {:?}", asked.not_covered);
    assert!(asked.reference > 1_000, "the reference was asked too little: {asked:?}");
    assert!(asked.well > 1_000 && asked.faults > 100 && asked.native > asked.given_back, "{asked:?}");
}

#[test]
fn the_payroll_gets_shorter_and_has_no_calls() {
    let programs = programs();
    let (_, subject) = programs.iter().find(|(name, _)| name == "bench/payroll.bp").expect("the benchmark");
    let program = &subject.program;
    let optimized = optimize_with(program, Options { keep_notes: false });
    let func = program.processes[0].func.index();
    let calls = optimized.functions[func].code.iter().filter(|op| matches!(op, Op::Call { .. })).count();
    assert_eq!(calls, 0, "calls that are left");
    assert!(optimized.functions[func].code.len() < 100, "{}", optimized.functions[func].code.len());
}

/// Programs on which engines once disagreed, each with many arguments.
#[test]
fn programs_of_the_corpus() {
    let mut found = Vec::new();
    for path in files(&root().join("tests/corpus"), &["bp"]) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = Files::of(&root().join("tests/corpus"));
        let subject = Subject::of(&name, &read(&path), &beside, None);
        let subject =
            subject.unwrap_or_else(|refused| panic!("{name} does not compile:\n{}", told(&refused).join("\n")));
        let mut asked = Asked::default();
        for seed in 0..5 {
            found.extend(compare(&name, &subject, calls(60), &mut Random(seed), &mut asked).err());
        }
        println!("{name}: {} calls, {} well, faults {:?}", asked.calls, asked.well, asked.fault_kinds);
    }
    fail_with(&found);
}

/// Always the same few; `cargo run --release -p bp-tests --bin agree` makes others for as long as one likes.
#[test]
fn programs_made_at_random() {
    let (mut asked, mut used) = (Asked::default(), std::collections::BTreeSet::new());
    for seed in 0..30 {
        let mut random = Random(seed);
        let made = generate::program(&mut random);
        if let Ok(subject) = Subject::of("made.bp", &made.text, &generate::files(), None) {
            used.extend(made.used.into_keys());
            compare("made", &subject, 5, &mut random, &mut asked)
                .unwrap_or_else(|difference| panic!("seed {seed}: {difference}\n{}", made.text));
        }
    }
    assert!(asked.programs > 15 && asked.faults > 20 && asked.entries > 20, "{asked:?}");
    assert!(used.len() >= 38, "{} constructs: {used:?}", used.len());
    let not_covered = asked.not_covered.values().copied().max().unwrap_or(0);
    assert!(not_covered <= NOT_COVERED_AT_RANDOM, "the reference covers less: {:?}", asked.not_covered);
    let missing: Vec<_> = all_kinds().into_iter().filter(|kind| !asked.kinds.contains_key(kind)).collect();
    println!("{} constructs were evaluated, not {missing:?}; faults {:?}", asked.kinds.len(), asked.fault_kinds);
    assert!(asked.kinds.len() >= KINDS_AT_LEAST, "{}: not {missing:?}", asked.kinds.len());
}
