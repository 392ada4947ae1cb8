//! Many rows in one native call, and row by row in the interpreter: the same results and the same books.

mod common;

use bp_bytecode::Program;
use bp_bytecode::index::AccountId;
use bp_bytecode::shape::Shape;
use bp_jit::{Batch, Jit, RowWidths, Runner};
use bp_optimizer::{Options, optimize_with};
use bp_vm::{Limits, MemoryWorld, Vm};

/// Rows that end in several ways: two entries, one, none, lines of amount 0, a declared failure, a fault, a number that
/// leaves 64 bits, a `where` that does not hold.
const PROGRAM: &str = r#"
currency IDR

chart {
  asset  cash  "1000"
  income sales "4000"
  income other "4100"
}

enum Kind { Plain, Twice, Split, Refused, Quiet }

record Sale {
  kind: Kind
  amount: Money where amount >= -1_000 IDR
  count: Int where 0 <= count <= 1_000_000_000_000
}

record Booked { total: Money, share: Money, twice: Bool }

decision share(count: Int) -> Percent {
  | count     => share
  | < 0       => 0%
  | [0..10)   => 1%
  | [10..100) => 2.5%
  | >= 100    => 50%
}

process book(sale: Sale) -> Booked fails Refused {
  if sale.kind == Refused { fail Refused }
  let total = sale.amount * sale.count
  let part = round(total * share(sale.count))
  let twice = sale.kind == Twice
  if sale.kind == Quiet { return Booked(total: total, share: part, twice: twice) }
  step first {
    post "Sale" on 2026-10-31 else first_open {
      debit  cash  total
      credit sales total - part
      credit other part
    }
  }
  if twice {
    step second {
      post "Again" on 2026-10-31 else first_open {
        debit  cash  sale.amount
        credit sales sale.amount
      }
    }
  }
  return Booked(total: total, share: part, twice: twice)
}
"#;

fn program() -> Program {
    common::compiled("sales", PROGRAM.into())
}

/// Rows of all kinds, among them extreme ones.
fn rows() -> Vec<[u64; 3]> {
    let amounts = [0i64, 1, -999, 100_000, 123_456_789, 1 << 40, 1 << 46, i64::MAX / 3, i64::MAX, -100_000, -100_001];
    let counts = [0i64, 1, 9, 10, 99, 100, 1_000_000, 1_000_000_000_000, 1_000_000_000_001, -1];
    let mut rows = Vec::new();
    for amount in amounts {
        for count in counts {
            for kind in 0..5 {
                rows.push([kind, amount as u64, count as u64]);
            }
        }
    }
    rows
}

fn books(world: &MemoryWorld) -> (Vec<i128>, u64, u64) {
    ((0..3).map(|account| world.total(AccountId(account))).collect(), world.entry_count(), world.line_count())
}

/// What became of a row: its fields, its failure, or the words of its fault.
type Ended = Result<Option<Vec<u64>>, String>;

fn read(vm: &Vm<'_>, outcome: u64, width: usize) -> Option<Vec<u64>> {
    let slip = (vm.heap().slot(outcome, 0) == 0).then(|| vm.heap().slot(outcome, 1))?;
    Some((0..width).map(|field| vm.heap().slot(slip, field)).collect())
}

/// Row by row.
fn interpreted(program: &Program, rows: &[[u64; 3]], width: usize) -> (Vec<Ended>, MemoryWorld) {
    let process = &program.processes[0];
    let (mut vm, mut world) = (Vm::new(program, Limits::default()), MemoryWorld::new(program));
    let ended = rows.iter().map(|row| {
        vm.reset();
        let sale = vm.put_record(row).unwrap();
        let checked = vm.check(process.params[0].shape, sale, &mut world);
        let outcome = checked.and_then(|()| vm.call(process.func, &[sale], &mut world));
        outcome.map(|outcome| read(&vm, outcome as u64, width)).map_err(|fault| fault.report(program))
    });
    (ended.collect(), world)
}

/// In calls for as many rows as go.
fn native(jit: &Jit<'_>, rows: &[[u64; 3]]) -> (Vec<Ended>, MemoryWorld, RowWidths, u64) {
    let program = jit.program();
    let (mut vm, mut world) = (Vm::new(program, Limits::default()), MemoryWorld::new(program));
    let mut runner = Runner::new(jit);
    let mut batch = Batch::new(&mut runner, &mut vm, program.processes[0].func, &mut world);
    let widths = batch.widths().expect("many rows can be run in one call");
    let (mut ended, mut results) = (Vec::new(), Vec::new());
    while ended.len() < rows.len() {
        batch.machine();
        batch.rows(rows[ended.len()..].as_flattened(), &mut results);
        ended.extend(results.chunks_exact(widths.result).map(|row| Ok(Some(row.to_vec()))));
        if let Some(row) = rows.get(ended.len()) {
            let sale = batch.machine().put_record(row).unwrap();
            let outcome = batch.call(&[sale]);
            let outcome = outcome.map(|outcome| read(batch.vm(), outcome as u64, widths.result));
            ended.push(outcome.map_err(|fault| fault.report(program)));
        }
    }
    batch.finish().unwrap();
    let calls = runner.native_calls();
    (ended, world, widths, calls)
}

#[test]
fn rows_in_one_call_are_as_one_by_one() {
    let program = program();
    let optimized = optimize_with(&program, Options { keep_notes: false });
    let rows = rows();
    let (verdict, world) = interpreted(&program, &rows, 3);
    let failed = verdict.iter().filter(|ended| matches!(ended, Ok(None))).count();
    let faults = verdict.iter().filter(|ended| ended.is_err()).count();
    assert!(failed > 10 && faults > 10 && failed + faults < rows.len() * 2 / 3, "{failed} {faults} of {}", rows.len());
    for code in [&program, &optimized] {
        let jit = Jit::of_processes(&program, code).unwrap();
        let (ended, again, widths, calls) = native(&jit, &rows);
        assert_eq!((widths.row, widths.result, widths.numbers), (3, 3, true));
        for ((ended, verdict), row) in ended.iter().zip(&verdict).zip(&rows) {
            assert_eq!(ended, verdict, "{row:?}");
        }
        assert_eq!(books(&again), books(&world));
        assert!(calls as usize > rows.len() / 4, "{calls} of {} rows were native", rows.len());
    }
}

/// Sums of rows that are each small, and of a row that is not.
#[test]
fn sums_beyond_64_bits_are_kept() {
    let program = program();
    let optimized = optimize_with(&program, Options { keep_notes: false });
    let jit = Jit::of_processes(&program, &optimized).unwrap();
    let rows = vec![[0, (i64::MAX / 2) as u64, 1]; 1_000];
    let (_, again, ..) = native(&jit, &rows);
    let (_, world) = interpreted(&program, &rows, 3);
    assert_eq!(books(&again), books(&world));
    assert!(world.total(AccountId(0)) > i128::from(i64::MAX) * 100);
}

#[test]
fn a_row_without_numbers_keeps_its_texts() {
    let text = PROGRAM
        .replace("twice: Bool }", "twice: Bool, note: Text }")
        .replace("twice: twice)", "twice: twice, note: \"Row {sale.count}\")");
    let program = common::compiled("sales", text);
    let Shape::Variant(_) = &program.shapes[program.processes[0].outcome.index()] else { panic!("no outcome") };
    let jit = Jit::of_processes(&program, &program).unwrap();
    let (mut vm, mut world) = (Vm::new(&program, Limits::default()), MemoryWorld::new(&program));
    let mut runner = Runner::new(&jit);
    let mut batch = Batch::new(&mut runner, &mut vm, program.processes[0].func, &mut world);
    assert_eq!(batch.widths().map(|widths| widths.numbers), Some(false));
    let rows: Vec<[u64; 3]> = (0..50).map(|count| [0, 100, count]).collect();
    let mut results = Vec::new();
    assert_eq!(batch.rows(rows.as_flattened(), &mut results), 50);
    for (count, row) in results.chunks_exact(4).enumerate() {
        assert_eq!(batch.vm().heap().text(row[3]), format!("Row {count}"));
    }
}
