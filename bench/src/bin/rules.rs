//! Benchmark 2: one decision of 50 to 50,000 rules, queries in memory, one thread.
//! `cargo run --release -p bp-bench --bin rules`
#![forbid(unsafe_code)]

use bp_bench::median;
use bp_bench::rules::{CHAIN, PROGRAM, Query, Rule, Rules, chain, one_by_one, queries, rules};
use bp_bytecode::Program;
use bp_compiler::check::Setting;
use bp_compiler::{Root, compile};
use bp_jit::{Batch, Jit, Runner};
use bp_vm::{Fast, Limits, MemoryWorld, Vm};
use std::time::Instant;

const QUERIES: usize = 200_000;
const ROUNDS: usize = 9;
/// The most rows that the compiler shows not to overlap.
const MAX_PROVED: usize = 10_000;
/// How many queries go into one call.
const AT_ONCE: usize = 1_000;

fn main() {
    let queries = queries(QUERIES);
    println!("benchmark 2: one decision, {QUERIES} queries in memory, one thread, median of {ROUNDS}; equal sums");
    println!("rules   evaluations a second, and in proportion to the chain of `if`s in the same run");
    for count in [50, 500, 5_000, 50_000] {
        measure(rules(if count == 50 { CHAIN } else { count }), &queries);
    }
}

/// Evaluations a second, and the sum of all answers.
fn timed(count: usize, run: impl FnOnce() -> i64) -> (f64, i64) {
    let began = Instant::now();
    let sum = run();
    (count as f64 / began.elapsed().as_secs_f64(), sum)
}

fn measure(rules: Vec<Rule>, queries: &[Query]) {
    let count = rules.len();
    let began = Instant::now();
    // Whether so many rows overlap is beyond the budget of the proofs: the first one that fits counts.
    let text = if count > MAX_PROVED { PROGRAM.replace("-> Int {", "-> Int first {") } else { PROGRAM.to_owned() };
    let root = Root { name: "quote".into(), path: "quote.bp".into(), text };
    let data = Rules(rules);
    let compiled = compile(root, &data, Setting::default());
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let compile_ms = began.elapsed().as_secs_f64() * 1e3;
    let optimized = bp_optimizer::optimize_with(&program, bp_optimizer::Options { keep_notes: false });
    let began = Instant::now();
    let jit = Jit::of_processes(&program, &optimized).unwrap_or_else(|e| panic!("{e}"));
    let jit_ms = began.elapsed().as_secs_f64() * 1e3;
    let fast = Fast::new(&program, optimized.clone());
    let words: Vec<u64> = queries.iter().flatten().map(|word| *word as u64).collect();

    // Trying all rules of a large table takes long: a few queries tell how fast that is.
    let few = &queries[..(20_000_000 / count).min(queries.len())];
    let expected: i64 = queries.iter().map(|query| in_bands(&data.0, query)).sum();
    let [mut hand, mut tried, mut vm, mut native] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows all.
        let (rate, sum) = timed(queries.len(), || queries.iter().filter_map(chain).sum());
        hand.push(rate);
        assert!(count != CHAIN as usize || sum == expected, "the chain");
        let (rate, sum) = timed(few.len(), || few.iter().filter_map(|query| one_by_one(&data.0, query)).sum());
        tried.push(rate);
        assert_eq!(sum, few.iter().map(|query| in_bands(&data.0, query)).sum::<i64>(), "one by one");
        let (rate, sum) = timed(queries.len(), || interpreted(&program, &fast, queries));
        vm.push(rate);
        assert_eq!(sum, expected, "interpreter");
        let (rate, sum) = timed(queries.len(), || in_native_code(&jit, &words));
        native.push(rate);
        assert_eq!(sum, expected, "native");
    }
    let (hand, tried, vm, native) = (median(hand), median(tried), median(vm), median(native));
    println!("{count:>6}  compiled in {compile_ms:.0} ms, native in {jit_ms:.1} ms, {} bytes", jit.code_bytes());
    // The better one of the two is the baseline.
    let hand = if count == CHAIN as usize { hand.max(tried) } else { hand };
    println!("        chain of {CHAIN} `if`s  {hand:>12.0}    1");
    println!("        rules one by one  {tried:>12.0}    {:.4}", tried / hand);
    println!("        interpreter       {vm:>12.0}    {:.3}", vm / hand);
    println!("        native            {native:>12.0}    {:.3}", native / hand);
}

/// The answer by another way: the rules of a group are in the order of their values.
fn in_bands(rules: &[Rule], query: &Query) -> i64 {
    let bands = rules.len() / 16;
    let group = usize::from(query[2] >= 500) * 8 + query[1] as usize * 4 + query[0] as usize;
    let group = &rules[group * bands..][..bands];
    let at = group.partition_point(|rule| rule.value.1 <= query[3]);
    one_by_one(&group[at..=at], query).unwrap_or_else(|| panic!("no rule for {query:?}"))
}

fn interpreted(program: &Program, fast: &Fast, queries: &[Query]) -> i64 {
    let tariff = program.functions.iter().position(|function| program.texts[function.name.index()] == "tariff");
    let tariff = bp_bytecode::index::FuncId(tariff.unwrap_or_else(|| panic!("no decision")) as u32);
    let (mut vm, mut world) = (Vm::with_fast(program, fast, Limits::default()), MemoryWorld::new(program));
    let mut sum = 0;
    for query in queries {
        let args = query.map(|word| word as u64);
        let rate = vm.call(tariff, &args, &mut world).unwrap_or_else(|fault| panic!("{}", fault.report(program)));
        sum += rate as i64;
    }
    sum
}

fn in_native_code(jit: &Jit<'_>, queries: &[u64]) -> i64 {
    let program = jit.program();
    let (mut vm, mut world) = (Vm::new(program, Limits::default()), MemoryWorld::new(program));
    let mut runner = Runner::new(jit);
    let mut batch = Batch::new(&mut runner, &mut vm, program.processes[0].func, &mut world);
    let mut results = Vec::new();
    let mut sum = 0;
    for part in queries.chunks(AT_ONCE * 4) {
        assert_eq!(batch.rows(part, &mut results), part.len() / 4, "a query was given back");
        sum += results.iter().map(|rate| *rate as i64).sum::<i64>();
    }
    sum
}
