//! Benchmark 1: rows in memory, one thread. `cargo run --release -p bp-bench --bin payroll`
//!
//! The interpreter is measured with the program as compiled, and as `bp run` uses it: optimised, in its fast form.
#![forbid(unsafe_code)]

use bp_bench::payroll::{EXPECTED, ROWS, Row, Totals, rows};
use bp_bench::{Folder, by_hand, median};
use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ShapeId};
use bp_bytecode::shape::Shape;
use bp_compiler::check::Setting;
use bp_compiler::{Root, compile};
use bp_vm::{Fast, Limits, MemoryWorld, Vm};
use std::path::Path;
use std::time::Instant;

const ROUNDS: usize = 15;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("payroll.bp");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let root = Root { name: "payroll".into(), path: path.display().to_string(), text };
    let began = Instant::now();
    let compiled = compile(root, &Folder(folder.to_owned()), Setting::default());
    let compile_ms = began.elapsed().as_secs_f64() * 1e3;
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let began = Instant::now();
    let optimized = bp_optimizer::optimize_with(&program, bp_optimizer::Options { keep_notes: false });
    let fast = Fast::new(&program, optimized);
    let optimized_ms = began.elapsed().as_secs_f64() * 1e3;
    let tables = by_hand::tables(folder);
    let rows = rows();

    let mut hand = Vec::new();
    let mut vm = Vec::new();
    let mut vm_fast = Vec::new();
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows both.
        let began = Instant::now();
        let totals = by_hand::run(std::hint::black_box(&rows), &tables);
        hand.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "by hand");
        let began = Instant::now();
        let totals = run_vm(Vm::new(&program, Limits::default()), std::hint::black_box(&rows));
        vm.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "interpreter");
        let began = Instant::now();
        let totals = run_vm(Vm::with_fast(&program, &fast, Limits::default()), std::hint::black_box(&rows));
        vm_fast.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "optimised");
    }
    // In proportion to the baseline of the same round: a machine that is busy with something else is so for both.
    let to_hand = |rates: &[f64]| median(rates.iter().zip(&hand).map(|(rate, hand)| rate / hand).collect());
    let ratios = [&vm, &vm_fast].map(|rates| to_hand(rates));
    let (hand, vm, vm_fast) = (median(hand), median(vm), median(vm_fast));
    println!("benchmark 1: payroll, {ROWS} rows in memory, one thread, median of {ROUNDS}; totals as expected");
    println!("compiled in           {compile_ms:>12.1} ms");
    println!("optimised in          {optimized_ms:>12.1} ms");
    println!("hand-written, checked {hand:>12.0} rows/s    1");
    println!("interpreter           {vm:>12.0} rows/s    {:.3}", ratios[0]);
    println!("interpreter, optimised{vm_fast:>12.0} rows/s    {:.3}", ratios[1]);
}

fn run_vm(mut vm: Vm<'_>, rows: &[Row]) -> Totals {
    let program = vm.program();
    let process = &program.processes[0];
    let mut world = MemoryWorld::new(program);
    let row_shape = process.params[0].shape;
    let year_tax = field(program, process.outcome, "year_tax");
    let mut totals = Totals::default();
    for row in rows {
        vm.reset();
        let slots = [row.base, row.allowance, row.hours, row.status, row.months, row.bonus].map(|v| v as u64);
        let record = vm.put_record(&slots).unwrap_or_else(|e| panic!("{e:?}"));
        vm.check(row_shape, record, &mut world).unwrap_or_else(|e| panic!("{}", e.report(program)));
        let outcome =
            vm.call(process.func, &[record], &mut world).unwrap_or_else(|fault| panic!("{}", fault.report(program)));
        totals.year_tax += i128::from(year_tax_of(&vm, outcome as u64, year_tax));
    }
    let total = |name: &str| {
        let index = program.accounts.iter().position(|a| program.texts[a.name.index()] == name);
        world.total(AccountId(index.unwrap_or_else(|| panic!("no account {name}")) as u16))
    };
    totals.salaries = total("salaries");
    totals.health = -total("health");
    totals.social_security = -total("social_security");
    totals.tax_payable = -total("tax_payable");
    totals.wages_payable = -total("wages_payable");
    totals.rounding = total("rounding");
    totals
}

/// The number of a field in the record that the outcome's first case holds.
fn field(program: &Program, outcome: ShapeId, name: &str) -> usize {
    let Shape::Variant(outcome) = &program.shapes[outcome.index()] else { panic!("the process gives nothing") };
    let Shape::Record(slip) = &program.shapes[outcome.cases[0].fields[0].shape.index()] else { panic!("no record") };
    slip.fields.iter().position(|f| program.texts[f.name.index()] == name).unwrap_or_else(|| panic!("no field {name}"))
}

/// The outcome's cell is its case and its payload, here the handle of the slip.
fn year_tax_of(vm: &Vm, outcome: u64, field: usize) -> i64 {
    let slip = vm.heap().slot(outcome, 1);
    vm.heap().slot(slip, field) as i64
}
