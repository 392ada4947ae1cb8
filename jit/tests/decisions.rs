//! Decisions with many rows, whose tables native code searches by stretches: every edge and what is beside it.

mod common;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_jit::Jit;
use bp_optimizer::optimize;
use common::{Both, both, compiled};
use std::fmt::Write;

const KINDS: i64 = 4;

/// The lower end of a band; each kind has others.
fn end(kind: i64, band: i64) -> i64 {
    band * 7 + kind
}

/// One decision over bands, and one over kinds and the bands of each.
fn program(bands: i64) -> Program {
    let mut text = "enum Kind { A, B, C, D }\n\ndecision one(n: Int) -> Int {\n  | n => band\n".to_owned();
    let row = |kind: i64, band: i64| match band {
        0 => format!("< {}", end(kind, 1)),
        _ if band == bands - 1 => format!(">= {}", end(kind, band)),
        _ => format!("[{}..{})", end(kind, band), end(kind, band + 1)),
    };
    for band in 0..bands {
        let _ = writeln!(text, "  | {} => {}", row(0, band), band * 3);
    }
    text += "}\n\ndecision two(kind: Kind, n: Int) -> Int {\n  | kind | n => band\n";
    for (kind, name) in (0..).zip(["A", "B", "C", "D"]) {
        for band in 0..bands {
            let _ = writeln!(text, "  | {name} | {} => {}", row(kind, band), kind * 100_000 + band * 3);
        }
    }
    text += "}\n";
    compiled("bands", text)
}

fn named(program: &Program, name: &str) -> FuncId {
    let at = program.functions.iter().position(|function| program.texts[function.name.index()] == name);
    FuncId(at.unwrap() as u32)
}

#[test]
fn every_edge_of_a_wide_table_is_found() {
    // Around the widths at which a table is searched by stretches, once and twice.
    for bands in [255, 256, 257, 300, 4_100] {
        let program = program(bands);
        let optimized = optimize(&program);
        let jit = Jit::new(&program, &optimized).unwrap();
        let (one, two) = (named(&program, "one"), named(&program, "two"));
        assert!(jit.is_native(one) && jit.is_native(two));
        let expected = |kind: i64, n: i64| (n - kind).div_euclid(7).clamp(0, bands - 1) * 3;
        let step = if bands > 1_000 { 13 } else { 1 };
        let edges = (0..bands).step_by(step).chain([bands - 2, bands - 1, bands]);
        let near = edges.flat_map(|band| (-1..=1).map(move |beside| end(0, band) + beside));
        for n in near.chain([i64::MIN, -1, i64::MAX]) {
            let wanted = |kind: i64| expected(kind, n.max(0).min(bands * 8));
            assert_eq!(both(&jit, one, &[n]), Both::Same(wanted(0).into()), "{bands} bands, {n}");
            for kind in 0..KINDS {
                let wanted = kind * 100_000 + wanted(kind);
                assert_eq!(both(&jit, two, &[kind, n]), Both::Same(wanted.into()), "{bands} bands, {kind} {n}");
            }
        }
    }
}
