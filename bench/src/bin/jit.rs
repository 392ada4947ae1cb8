//! Benchmark 1 in native code: rows in memory, one thread. `cargo run --release -p bp-bench --bin jit`

use bp_bench::payroll::{EXPECTED, ROWS, Row, Totals, rows};
use bp_bench::{Folder, by_hand, median};
use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ShapeId};
use bp_bytecode::shape::Shape;
use bp_compiler::check::Setting;
use bp_compiler::{Root, compile};
use bp_jit::{Batch, Fallback, Jit, Runner};
use bp_vm::{Limits, MemoryWorld, Vm};
use std::path::Path;
use std::time::Instant;

const ROUNDS: usize = 31;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("payroll.bp");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let root = Root { name: "payroll".into(), path: path.display().to_string(), text };
    let compiled = compile(root, &Folder(folder.to_owned()), Setting::default());
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let tables = by_hand::tables(folder);
    let rows = rows();

    // As they lie in memory: the fields of a row one behind the other, for both.
    let words: Vec<u64> = rows.iter().flat_map(slots).collect();

    let began = Instant::now();
    let optimized = bp_optimizer::optimize_with(&program, bp_optimizer::Options { keep_notes: false });
    let optimize_ms = began.elapsed().as_secs_f64() * 1e3;
    let began = Instant::now();
    let jit = Jit::of_processes(&program, &optimized).unwrap_or_else(|e| panic!("{e}"));
    let compile_ms = began.elapsed().as_secs_f64() * 1e3;
    let began = Instant::now();
    let all = Jit::new(&program, &optimized).unwrap_or_else(|e| panic!("{e}"));
    let all_ms = began.elapsed().as_secs_f64() * 1e3;

    let mut hand = Vec::new();
    let mut native = Vec::new();
    let mut batch = Vec::new();
    let mut many = Vec::new();
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows both.
        let began = Instant::now();
        let totals = by_hand::run(std::hint::black_box(&rows), &tables);
        hand.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "by hand");
        let began = Instant::now();
        let totals = run_native(&jit, std::hint::black_box(&rows));
        native.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "native");
        let began = Instant::now();
        let totals = run_batch(&jit, std::hint::black_box(&rows));
        batch.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "native, entries added up");
        let began = Instant::now();
        let totals = run_rows(&jit, std::hint::black_box(&words));
        many.push(ROWS as f64 / began.elapsed().as_secs_f64());
        assert_eq!(totals, EXPECTED, "native, many rows a call");
    }
    // In proportion to the baseline of the same round: a machine that is busy with something else is so for both.
    let to_hand = |rates: &[f64]| median(rates.iter().zip(&hand).map(|(rate, hand)| rate / hand).collect());
    let ratios = [&native, &batch, &many].map(|rates| to_hand(rates));
    let (hand, native, batch, many) = (median(hand), median(native), median(batch), median(many));
    println!("benchmark 1: payroll, {ROWS} rows in memory, one thread, median of {ROUNDS}; totals as expected");
    println!("optimised in          {optimize_ms:>12.1} ms");
    println!("native code made in   {compile_ms:>12.1} ms, {} bytes", jit.code_bytes());
    println!("  of every function   {all_ms:>12.1} ms, {} bytes", all.code_bytes());
    println!("hand-written, checked {hand:>12.0} rows/s    1");
    println!("native, entries posted{native:>12.0} rows/s    {:.3}", ratios[0]);
    println!("native, entries summed{batch:>12.0} rows/s    {:.3}", ratios[1]);
    println!("native, many rows     {many:>12.0} rows/s    {:.3}", ratios[2]);
}

/// Row by row: each row's `where`s are checked, each entry is posted to the world.
fn run_native(jit: &Jit<'_>, rows: &[Row]) -> Totals {
    let program = jit.program();
    let process = &program.processes[0];
    let mut world = MemoryWorld::new(program);
    let mut vm = Vm::new(program, Limits::default());
    let mut runner = Runner::new(jit);
    let year_tax = field(program, process.outcome, "year_tax");
    let mut totals = Totals::default();
    for row in rows {
        vm.reset();
        let slots = slots(row);
        let record = vm.put_record(&slots).unwrap_or_else(|e| panic!("{e:?}"));
        let outcome = runner
            .run_checked(&mut vm, process.func, &[record], &mut world)
            .unwrap_or_else(|why| panic!("given back: {why:?}"))
            .unwrap_or_else(|fault| panic!("{}", fault.report(program)));
        totals.year_tax += i128::from(year_tax_of(&vm, outcome as u64, year_tax));
    }
    for why in Fallback::ALL {
        assert_eq!(runner.fallbacks(why), 0);
    }
    take_totals(program, &world, &mut totals);
    totals
}

/// Row by row: each row's `where`s are checked, its entry goes into sums, which the world gets at the end.
fn run_batch(jit: &Jit<'_>, rows: &[Row]) -> Totals {
    let program = jit.program();
    let process = &program.processes[0];
    let mut world = MemoryWorld::new(program);
    let mut vm = Vm::new(program, Limits::default());
    let mut runner = Runner::new(jit);
    let year_tax = field(program, process.outcome, "year_tax");
    let mut totals = Totals::default();
    let mut batch = Batch::new(&mut runner, &mut vm, process.func, &mut world);
    for row in rows {
        let record = batch.machine().put_record(&slots(row)).unwrap_or_else(|e| panic!("{e:?}"));
        let outcome = batch.call(&[record]).unwrap_or_else(|fault| panic!("{}", fault.report(program)));
        totals.year_tax += i128::from(year_tax_of(batch.vm(), outcome as u64, year_tax));
    }
    batch.finish().unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(runner.native_calls(), rows.len() as u64);
    take_totals(program, &world, &mut totals);
    totals
}

/// How many rows are run in one call: their results stay near the processor.
const AT_ONCE: usize = 1_000;

/// Many rows in one call, from where they lie; results come as columns of a row-wise buffer, entries as sums.
fn run_rows(jit: &Jit<'_>, rows: &[u64]) -> Totals {
    let program = jit.program();
    let process = &program.processes[0];
    let mut world = MemoryWorld::new(program);
    let mut vm = Vm::new(program, Limits::default());
    let mut runner = Runner::new(jit);
    let year_tax = field(program, process.outcome, "year_tax");
    let mut totals = Totals::default();
    let mut batch = Batch::new(&mut runner, &mut vm, process.func, &mut world);
    let widths = batch.widths().unwrap_or_else(|| panic!("the process cannot run many rows in one call"));
    let mut results = Vec::new();
    for part in rows.chunks(AT_ONCE * widths.row) {
        let ended = batch.rows(part, &mut results);
        assert_eq!(ended * widths.row, part.len(), "a row was given back");
        totals.year_tax +=
            results.chunks_exact(widths.result).map(|row| i128::from(row[year_tax] as i64)).sum::<i128>();
    }
    batch.finish().unwrap_or_else(|refusal| panic!("{refusal:?}"));
    take_totals(program, &world, &mut totals);
    totals
}

fn slots(row: &Row) -> [u64; 6] {
    [row.base, row.allowance, row.hours, row.status, row.months, row.bonus].map(|v| v as u64)
}

fn take_totals(program: &Program, world: &MemoryWorld, totals: &mut Totals) {
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
