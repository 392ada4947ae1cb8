//! Programs of one function, and both engines on them.
#![allow(dead_code)] // Each test needs another part of it.

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::*;
use bp_bytecode::program::{Function, Place, Source};
use bp_bytecode::shape::RegType;
use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};
use bp_jit::{Fallback, Jit, Runner};
use bp_vm::{Limits, MemoryWorld, Vm};

pub const W: RegType = RegType::Word;
pub const X: RegType = RegType::Wide;

/// An empty program with one place.
pub fn program() -> Program {
    Program {
        texts: vec![String::new()],
        sources: vec![Source { path: "test.bp".to_owned() }],
        places: vec![Place { source: SourceId(0), start: 0, end: 0, line: 1, column: 1 }],
        ..Program::default()
    }
}

/// Adds a function that charges first.
pub fn function(program: &mut Program, params: u16, registers: &[RegType], result: RegType, code: Vec<Op>) -> FuncId {
    let mut all = vec![Op::Charge { amount: 1 }];
    all.extend(code);
    let places = vec![PlaceId(0); all.len()];
    let (name, place, registers) = (TextId(0), PlaceId(0), registers.to_vec());
    program.functions.push(Function { name, place, params, registers, result, code: all, places });
    FuncId(program.functions.len() as u32 - 1)
}

/// What came of a comparison of both engines.
#[derive(Debug, PartialEq, Eq)]
pub enum Both {
    /// The same result, with the same cost.
    Same(i128),
    /// Native code gave up, and the interpreter gave this (`None`: a fault).
    GaveUp(Fallback, Option<i128>),
}

/// Runs a function in both engines; panics where they disagree.
pub fn both(jit: &Jit<'_>, func: FuncId, args: &[i64]) -> Both {
    let program = jit.program();
    let args: Vec<u64> = args.iter().map(|arg| *arg as u64).collect();
    let mut world = MemoryWorld::new(program);
    let mut vm = Vm::new(program, Limits::default());
    let verdict = vm.call(func, &args, &mut world);
    let cost = vm.cost_left();
    let mut world = MemoryWorld::new(program);
    let mut vm = Vm::new(program, Limits::default());
    match Runner::new(jit).run(&mut vm, func, &args, &mut world) {
        Ok(result) => {
            assert_eq!(result, verdict, "{:?} of {args:?}", program.functions[func.index()].code);
            assert_eq!(vm.cost_left(), cost, "cost");
            Both::Same(result.unwrap())
        }
        Err(why) => {
            assert_eq!(vm.heap().slots_used(), 0, "cells of a call that gave up");
            Both::GaveUp(why, verdict.ok())
        }
    }
}

/// Does native code give up only where it may: at faults, and where something leaves 64 bits?
pub fn agrees(jit: &Jit<'_>, func: FuncId, args: &[i64]) -> Result<bool, String> {
    match both(jit, func, args) {
        Both::Same(_) => Ok(true),
        Both::GaveUp(_, None) => Ok(false),
        Both::GaveUp(Fallback::Wide, Some(_)) => Ok(false),
        Both::GaveUp(why, Some(result)) => Err(format!("gave up ({why:?}) where {result} is the result")),
    }
}

/// A program without modules and files beside it.
struct Alone;

impl Loader for Alone {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }
    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("no file {file}"))
    }
}

/// Compiles a program of one file.
pub fn compiled(name: &str, text: String) -> Program {
    let root = Root { name: name.into(), path: format!("{name}.bp"), text };
    let compiled = compile(root, &Alone, Setting::default());
    compiled.program.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}
