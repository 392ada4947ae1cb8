//! Forged, damaged and truncated program files: each is refused with a reason, or – where the verifier accepts what
//! a change made of it – runs without a panic and within its budgets.

use bp_bytecode::file::{FileError, decode, encode};
use bp_bytecode::verify::verify;
use bp_bytecode::{Program, index::FuncId, op::Op};
use bp_tests::programs::{Files, compile};
use bp_tests::root;
use bp_vm::{Limits, MemoryWorld, Vm};
use std::fs;

/// How many changed files each program is tried with.
const CHANGES: u64 = 4_000;

/// Programs that together use most instructions.
const PROGRAMS: [&str; 4] = [
    "examples/payroll/payroll.bp",
    "examples/payroll/extra_pay.bp",
    "examples/northwind/northwind.bp",
    "tests/suite/whole/good/everything.bp",
];

fn program(path: &str) -> Program {
    let file = root().join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{path}: {e}"));
    let folder = file.parent().unwrap_or(&file);
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let compiled = compile(&name, &text, &Files::of(folder), None);
    compiled.program.unwrap_or_else(|| panic!("{path}: {:?}", compiled.diagnostics))
}

fn small() -> Limits {
    Limits { cost: 20_000, work: 100_000, slots: 100_000, text: 100_000, one_text: 10_000, ..Limits::default() }
}

/// Everything that can be called without arguments, each in a machine of its own.
fn run(program: &Program) {
    let calls = (0..program.functions.len()).filter(|i| program.functions[*i].params == 0);
    for index in calls {
        let mut vm = Vm::new(program, small());
        let mut world = MemoryWorld::new(program);
        let _ = vm.call(FuncId(index as u32), &[], &mut world);
    }
}

/// A file of this format around a body, so that a change gets past the checksum.
fn sealed(original: &[u8], body: &[u8]) -> Vec<u8> {
    let mut file = original[..6].to_vec();
    file.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    file.extend_from_slice(body);
    file
}

#[test]
fn every_program_reads_back_and_verifies() {
    for path in PROGRAMS {
        let program = program(path);
        let file = encode(&program);
        assert_eq!(decode(&file).as_ref(), Ok(&program), "{path}");
        assert_eq!(verify(&program), Ok(()), "{path}");
        run(&program);
    }
}

#[test]
fn a_truncated_file_is_refused() {
    let file = encode(&program(PROGRAMS[0]));
    for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
        assert!(decode(&file[..length]).is_err(), "cut to {length} bytes");
        if length > 10 {
            assert!(decode(&sealed(&file, &file[10..length])).is_err(), "cut to {length} bytes and sealed again");
        }
    }
}

#[test]
fn a_damaged_file_is_refused_by_its_checksum() {
    let file = encode(&program(PROGRAMS[0]));
    for at in (10..file.len()).step_by(101) {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        assert_eq!(decode(&changed), Err(FileError::Damaged));
    }
    assert_eq!(decode(b"MZ not a program at all"), Err(FileError::NoProgram));
    assert_eq!(decode(b""), Err(FileError::CutShort));
    let mut other = file.clone();
    other[4] = 99;
    assert_eq!(decode(&other), Err(FileError::Version(99)));
    let mut longer = file[10..].to_vec();
    longer.push(0);
    assert_eq!(decode(&sealed(&file, &longer)), Err(FileError::Behind(1)));
}

/// What is accepted runs to its end, a fault or a spent budget; a panic or an endless loop would fail this test.
#[test]
fn what_the_verifier_accepts_does_not_panic() {
    let (mut refused, mut unverified, mut ran) = (0_u64, 0_u64, 0_u64);
    for path in PROGRAMS {
        let file = encode(&program(path));
        let body = &file[10..];
        let mut state: u64 = 0x5DEE_CE66;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        for _ in 0..CHANGES {
            let mut changed = body.to_vec();
            for _ in 0..=below(3) {
                let at = below(changed.len());
                match below(4) {
                    0 => changed[at] = changed[at].wrapping_add(1),
                    1 => changed[at] = changed[at].wrapping_sub(1),
                    2 => changed[at] = below(256) as u8,
                    _ => changed[at] ^= 1 << below(8),
                }
            }
            match decode(&sealed(&file, &changed)) {
                Err(_) => refused += 1,
                Ok(program) if verify(&program).is_err() => unverified += 1,
                Ok(program) => {
                    ran += 1;
                    run(&program);
                }
            }
        }
    }
    println!("{refused} refused as files, {unverified} by the verifier, {ran} accepted and run");
    assert!(refused > 100 && unverified > 100 && ran > 100, "the changes exercise too little");
}

/// Also a window of no values: the engines take it as a slice of the registers.
#[test]
fn a_window_behind_the_registers_is_refused() {
    let mut seen = 0;
    for path in PROGRAMS {
        let program = program(path);
        for function in 0..program.functions.len() {
            for at in 0..program.functions[function].code.len() {
                let mut forged = program.clone();
                let behind = forged.functions[function].registers.len() as u16 + 1;
                match &mut forged.functions[function].code[at] {
                    Op::Record { first, .. }
                    | Op::Variant { first, .. }
                    | Op::List { first, .. }
                    | Op::Join { first, .. }
                    | Op::Builtin { first, .. }
                    | Op::Search { first, .. }
                    | Op::Call { first, .. }
                    | Op::RoundChain { first, .. }
                    | Op::PostLine { first, .. }
                    | Op::Balance { first, .. } => first.0 = behind,
                    _ => continue,
                }
                seen += 1;
                assert!(verify(&forged).is_err(), "{path}: function {function}, instruction {at}");
            }
        }
    }
    assert!(seen > 50, "{seen} windows");
}
