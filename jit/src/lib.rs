//! Native code for the functions of a program.
//!
//! A [`Jit`] holds the code of one program; a [`Runner`] calls it, over the heap of a [`Vm`] and a [`World`]. Native
//! code knows one way only to stop early: it gives up ([`Fallback`]), having changed nothing that anybody can see,
//! and the interpreter runs the call again. The interpreter's result, fault and cost are the verdict; native code
//! gives the same result and the same cost, or none.
//!
//! - Registers are 64 bits wide. A number in between that leaves them gives up; roundings of products take the
//!   interpreter's own helpers on a side path.
//! - What is posted, which steps began and ended, and which runs are to be kept is noted in a log. The world is asked
//!   for configuration, dates and balances, but told nothing before the call has ended well.
//! - Rare and long instructions are run by the machine itself, one at a time.
//! - Code memory goes when the `Jit` is dropped; see [`live_modules`].

mod batch;
mod bounds;
mod code;
mod compile;
mod context;
mod effects;
mod facts;
mod plan;
mod run;
mod shims;
mod tables;
mod translate;

pub use batch::Batch;
pub use code::live_modules;
pub use run::{Fallback, Runner};

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::Op;

use crate::code::Code;
use crate::plan::Plan;
use crate::tables::EntryForm;

#[cfg(doc)]
use bp_vm::{Vm, World};

/// The program could not be compiled: a defect here or in the code generator, or no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "native code: {}", self.0)
    }
}

impl std::error::Error for Error {}

/// What a native function is: a context, its arguments, a status.
type Native = extern "C" fn(*mut context::Context, *const u64) -> i64;

/// The native code of a program.
pub struct Jit<'p> {
    program: &'p Program,
    /// By function: without a check of its arguments, and with.
    plain: Vec<Option<Native>>,
    checked: Vec<Option<Native>>,
    /// Do all effects of the program add up to sums of accounts?
    sums: bool,
    /// Frames and registers that the interpreter may need for a call of each function.
    needs: Vec<(usize, usize)>,
    forms: Vec<EntryForm>,
    left: usize,
    // Code reads the tables and is entered through the maps above: all go together.
    _tables: tables::Tables,
    _code: Code,
}

impl<'p> Jit<'p> {
    /// Compiles every function that can be native.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(program: &'p Program) -> Result<Jit<'p>, Error> {
        Jit::of(program, (0..program.functions.len()).map(|func| FuncId(func as u16)))
    }

    /// Compiles the processes of a program with their keys, and what they call.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of_processes(program: &'p Program) -> Result<Jit<'p>, Error> {
        Jit::of(program, program.processes.iter().flat_map(|process| process.key))
    }

    /// Compiles these functions, and every process with a check of its arguments.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of(program: &'p Program, functions: impl Iterator<Item = FuncId>) -> Result<Jit<'p>, Error> {
        let plan = Plan::new(program);
        let mut left = 0;
        let mut roots = Vec::new();
        for func in functions {
            if plan.native(func) { roots.push(func) } else { left += 1 }
        }
        let processes = program.processes.iter().map(|process| process.func).filter(|func| {
            let native = plan.native(*func) && plan.checks_are_native(program, *func);
            left += usize::from(!native);
            native
        });
        let processes: Vec<FuncId> = processes.collect();
        let mut compiled = compile::compile(program, &plan, roots.into_iter(), processes.into_iter())?;
        let code = Code::new(compiled.module);
        let entries = |ids: HashMap<FuncId, cranelift_module::FuncId>| -> Vec<Option<Native>> {
            let mut all = vec![None; program.functions.len()];
            for (func, id) in ids {
                // SAFETY: the function was compiled with this signature, and its code lives as long as `_code`.
                let native = unsafe { std::mem::transmute::<*const u8, Native>(code.address(id)) };
                all[func.index()] = Some(native);
            }
            all
        };
        let (plain, checked) = (entries(compiled.plain), entries(compiled.checked));
        let needs = (0..program.functions.len()).map(|func| plan.needs(FuncId(func as u16))).collect();
        let forms = std::mem::take(&mut compiled.tables.entries);
        let sums = Jit::adds_up(program) && forms.iter().all(|form| form.balanced);
        Ok(Jit { program, plain, checked, sums, needs, forms, left, _tables: compiled.tables, _code: code })
    }

    /// Are all entries of the program of known form, without dimensions, and does it ask for nothing that they change?
    fn adds_up(program: &Program) -> bool {
        let code = || program.functions.iter().flat_map(|function| &function.code);
        program.accounts.iter().all(|account| account.dimensions.is_empty())
            && !code().any(|op| matches!(op, Op::Balance { .. } | Op::RunGet { .. } | Op::RunPut { .. }))
    }

    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// Does the function have native code?
    pub fn is_native(&self, func: FuncId) -> bool {
        self.plain.get(func.index()).is_some_and(Option::is_some)
    }

    /// How many functions are native, and how many of those asked for were left to the interpreter.
    pub fn counts(&self) -> (usize, usize) {
        let count = |all: &[Option<Native>]| all.iter().flatten().count();
        (count(&self.plain) + count(&self.checked), self.left)
    }
}
