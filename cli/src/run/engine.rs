//! What runs the functions of a program over rows: the interpreter, or native code as soon as there is some.
//!
//! Native code gives a call back where it cannot go on, and the interpreter runs it: so all engines give the same.

use crate::args::Engine as Wanted;
use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_jit::{Batch, Jit, RowWidths, Runner};
use bp_vm::{Fault, Vm, World};
use std::sync::OnceLock;
use std::thread::Scope;

/// So many calls make a program worth native code.
const HOT: u32 = 2_000;

/// Native code of a program, as soon as it is made.
#[derive(Default)]
pub struct Native<'p> {
    /// `None` inside where none could be made.
    made: OnceLock<Option<Jit<'p>>>,
}

pub struct Engine<'s, 'p> {
    state: State<'s, 'p>,
}

enum State<'s, 'p> {
    /// The interpreter, for good.
    Vm,
    /// The interpreter, until there have been enough calls: then native code is made.
    Cold {
        calls: u32,
        make: Box<dyn FnOnce() + 's>,
        native: &'s Native<'p>,
    },
    /// The interpreter, while native code is being made.
    Making(&'s Native<'p>),
    Native(Runner<'s, 'p>),
}

impl<'s, 'p> Engine<'s, 'p> {
    pub fn vm() -> Engine<'s, 'p> {
        Engine { state: State::Vm }
    }

    /// The engine for `functions` of `program`, whose optimised form is `code`, and for a process that may run many
    /// rows. Threads that make native code live as long as the scope.
    ///
    /// # Errors
    /// Where native code is asked for and cannot be made.
    pub fn new<'e>(
        wanted: Wanted,
        (program, code): (&'p Program, &'p Program),
        (functions, process): (Vec<FuncId>, FuncId),
        native: &'s Native<'p>,
        scope: &'s Scope<'s, 'e>,
    ) -> Result<Engine<'s, 'p>>
    where
        'p: 's,
    {
        let make = move || Jit::of_rows(program, code, functions.into_iter(), process);
        let state = match wanted {
            Wanted::Vm => State::Vm,
            Wanted::Jit => {
                let jit = make().map_err(|error| Failure::outside(error.to_string()))?;
                State::making(native, Some(jit))
            }
            Wanted::Auto => {
                let make = move || {
                    scope.spawn(move || native.made.set(make().ok()).is_ok());
                };
                State::Cold { calls: 0, make: Box::new(make), native }
            }
        };
        Ok(Engine { state })
    }

    /// As [`Vm::call`].
    #[inline]
    pub fn call(
        &mut self,
        vm: &mut Vm<'p>,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
    ) -> std::result::Result<i128, Fault> {
        if let State::Native(runner) = &mut self.state {
            return runner.call(vm, func, args, world);
        }
        self.advance();
        vm.call(func, args, world)
    }

    /// Is there native code by now?
    #[inline]
    pub fn is_native(&self) -> bool {
        matches!(self.state, State::Native(_))
    }

    /// How wide rows and results are, if many rows can run in one call over this world.
    pub fn row_widths(&self, func: FuncId, world: &dyn World) -> Option<RowWidths> {
        match &self.state {
            State::Native(runner) if world.takes_sums() => runner.jit().row_widths(func),
            _ => None,
        }
    }

    /// Runs rows in one call, and gives how many were, as [`bp_jit::Batch::rows`] does; the others are for
    /// [`Engine::call`].
    ///
    /// # Errors
    /// Where the world does not take what they post.
    pub fn rows(
        &mut self,
        vm: &mut Vm<'p>,
        func: FuncId,
        rows: &[u64],
        results: &mut Vec<u64>,
        world: &mut dyn World,
    ) -> Result<usize> {
        let State::Native(runner) = &mut self.state else { return Ok(0) };
        let mut batch = Batch::new(runner, vm, func, world);
        let ended = batch.rows(rows, results);
        let taken = batch.finish();
        taken.map_err(|refusal| Failure::outside(format!("the books did not take the entries: {}", refusal.0)))?;
        Ok(ended)
    }

    /// Counts a call of the interpreter.
    fn advance(&mut self) {
        match &mut self.state {
            State::Vm | State::Native(_) => {}
            State::Cold { calls, .. } if *calls < HOT => *calls += 1,
            State::Cold { .. } => {
                if let State::Cold { make, native, .. } = std::mem::replace(&mut self.state, State::Vm) {
                    make();
                    self.state = State::Making(native);
                }
            }
            State::Making(native) => match native.made.get() {
                None => {}
                Some(None) => self.state = State::Vm,
                Some(Some(jit)) => self.state = State::Native(Runner::new(jit)),
            },
        }
    }
}

impl<'s, 'p> State<'s, 'p> {
    fn making(native: &'s Native<'p>, jit: Option<Jit<'p>>) -> State<'s, 'p> {
        match native.made.get_or_init(|| jit) {
            Some(jit) => State::Native(Runner::new(jit)),
            None => State::Vm,
        }
    }
}
