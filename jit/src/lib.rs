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
//! - Where a batch's entries only have to add up, a process of numbers runs row after row inside one native call:
//!   rows come as they lie in memory, results go into a column buffer, entries into a sum for each account
//!   ([`Batch::rows`]).
//! - Code memory goes when the `Jit` is dropped; see [`live_modules`] and [`live_bytes`], of which there
//!   are never more than a gibibyte.
//!
//! A `Jit` is of a program and of the form of it that becomes native: itself, or what the optimiser made of it.

mod batch;
mod bounds;
mod code;
mod compile;
mod context;
mod effects;
mod facts;
mod plan;
mod rows;
mod run;
mod shims;
mod tables;
mod translate;

pub use batch::Batch;
pub use code::{live_bytes, live_modules};
pub use rows::RowWidths;
pub use run::{Fallback, Runner};

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;

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
    /// The form of the program that is native.
    code: &'p Program,
    /// By function: without a check of its arguments, and with.
    plain: Vec<Option<Native>>,
    checked: Vec<Option<Native>>,
    /// Processes that run many rows in one call.
    rows: Vec<Option<(Native, RowWidths)>>,
    /// By function: do all its effects add up to sums of accounts?
    sums: Vec<bool>,
    /// Frames and registers that the interpreter may need for a call of each function.
    needs: Vec<(usize, usize)>,
    forms: Vec<EntryForm>,
    left: usize,
    // Code reads the tables and is entered through the maps above: all go together.
    _tables: tables::Tables,
    memory: Code,
}

impl<'p> Jit<'p> {
    /// Compiles every function that can be native. `code` is the program itself or an optimised form of it; both have
    /// been verified.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(program: &'p Program, code: &'p Program) -> Result<Jit<'p>, Error> {
        let all = (0..code.functions.len()).map(|func| FuncId(func as u32));
        Jit::of(program, code, all, code.processes.iter().map(|process| process.func))
    }

    /// Compiles these functions and what they call; see [`Jit::new`].
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of_functions(
        program: &'p Program,
        code: &'p Program,
        functions: impl Iterator<Item = FuncId>,
    ) -> Result<Jit<'p>, Error> {
        Jit::of(program, code, functions, std::iter::empty())
    }

    /// Compiles these functions and what they call, and a process with a check of its arguments and for many rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of_rows(
        program: &'p Program,
        code: &'p Program,
        functions: impl Iterator<Item = FuncId>,
        process: FuncId,
    ) -> Result<Jit<'p>, Error> {
        Jit::of(program, code, functions, std::iter::once(process))
    }

    /// Compiles the processes of a program with their keys, and what they call.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of_processes(program: &'p Program, code: &'p Program) -> Result<Jit<'p>, Error> {
        let keys = code.processes.iter().flat_map(|process| process.key);
        Jit::of(program, code, keys, code.processes.iter().map(|process| process.func))
    }

    /// Compiles these functions, and these processes with a check of their arguments and for many rows.
    fn of(
        program: &'p Program,
        code: &'p Program,
        functions: impl Iterator<Item = FuncId>,
        processes: impl Iterator<Item = FuncId>,
    ) -> Result<Jit<'p>, Error> {
        if live_bytes() >= code::MAX_BYTES {
            return Err(Error("there is too much of it".to_owned()));
        }
        let plan = Plan::new(code);
        let mut left = 0;
        let mut roots = Vec::new();
        for func in functions {
            if plan.native(func) { roots.push(func) } else { left += 1 }
        }
        let processes: Vec<FuncId> = processes
            .filter(|func| {
                let native = plan.native(*func) && plan.checks_are_native(code, *func);
                left += usize::from(!native);
                native
            })
            .collect();
        let widths = |func: &FuncId| Some((*func, RowWidths::of(code, *func).filter(|_| plan.adds_up(*func))?));
        let of_rows: Vec<(FuncId, RowWidths)> = processes.iter().filter_map(widths).collect();
        let compiled = compile::compile(code, &plan, &roots, &processes, &of_rows)?;
        let bytes = compiled.bytes + compiled.tables.bytes();
        let (module, mut tables) = (Code::new(compiled.module, bytes), compiled.tables);
        let native = |id: cranelift_module::FuncId| {
            // SAFETY: the function was compiled with this signature, and its code lives as long as `memory`.
            unsafe { std::mem::transmute::<*const u8, Native>(module.address(id)) }
        };
        let functions = code.functions.len();
        let entries = |ids: HashMap<FuncId, cranelift_module::FuncId>| -> Vec<Option<Native>> {
            let mut all = vec![None; functions];
            ids.into_iter().for_each(|(func, id)| all[func.index()] = Some(native(id)));
            all
        };
        let (plain, checked) = (entries(compiled.plain), entries(compiled.checked));
        let mut rows = vec![None; functions];
        for (func, id, widths) in compiled.rows {
            rows[func.index()] = Some((native(id), widths));
        }
        // What the interpreter may need is that of the program as written.
        let needs = plan::needs(program);
        let forms = std::mem::take(&mut tables.entries);
        let balanced = forms.iter().all(|form| form.balanced);
        let sums = (0..functions).map(|func| balanced && plan.adds_up(FuncId(func as u32))).collect();
        Ok(Jit { program, code, plain, checked, rows, sums, needs, forms, left, _tables: tables, memory: module })
    }

    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// The bytes of code and tables that this `Jit` keeps.
    pub fn code_bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// Does the function have native code?
    pub fn is_native(&self, func: FuncId) -> bool {
        self.plain.get(func.index()).is_some_and(Option::is_some)
    }

    /// How wide rows and results of a process are, if it can run many in one call: see [`Batch::rows`].
    pub fn row_widths(&self, func: FuncId) -> Option<RowWidths> {
        let widths = self.rows.get(func.index()).copied().flatten().map(|(_, widths)| widths);
        widths.filter(|widths| self.sums[func.index()] && widths.row > 0)
    }

    /// How many functions are native, and how many of those asked for were left to the interpreter.
    pub fn counts(&self) -> (usize, usize) {
        let count = |all: &[Option<Native>]| all.iter().flatten().count();
        (count(&self.plain) + count(&self.checked), self.left)
    }
}
