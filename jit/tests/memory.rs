//! Code goes with its `Jit`.

mod common;

use bp_bytecode::op::*;
use bp_jit::{Jit, live_bytes, live_modules};
use common::{Both, W, X, both, function, program};

/// Bytes of memory that the process has mapped.
#[cfg(target_os = "linux")]
fn mapped() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_programs_leave_nothing_behind() {
    let mut p = program();
    let code = vec![Op::Add { dst: Def(2), a: Use(0), b: Use(1) }, Op::Return { a: Use(2) }];
    let func = function(&mut p, 2, &[W, W, X], X, code);
    let round = || {
        let jit = Jit::new(&p, &p).unwrap();
        assert_eq!((live_modules(), live_bytes()), (1, jit.code_bytes()));
        assert_eq!(both(&jit, func, &[2, 3]), Both::Same(5));
    };
    (0..50).for_each(|_| round());
    let before = mapped();
    (0..1_000).for_each(|_| round());
    let after = mapped();
    assert_eq!((live_modules(), live_bytes()), (0, 0));
    // A leak of the smallest module, a page of code and a page of data, would be 8 MB.
    assert!(after < before + (2 << 20), "{before} bytes before, {after} after");
}
