//! Calls of native code.

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_vm::{Fault, Vm, World};

use crate::context::{Context, Host, status};
use crate::effects::{Log, refused};
use crate::{Jit, Native};

/// Why native code gave a call back. Nothing has happened; the interpreter has the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fallback {
    /// The function has no native code, or belongs to another program.
    NotNative,
    /// A number beyond 64 bits.
    Wide,
    /// Something that the interpreter will report as a fault.
    Fault,
    /// A budget is spent, or nearly.
    Budget,
    /// The program asks the world about effects of its own that are not done yet.
    Order,
}

impl Fallback {
    pub const ALL: [Fallback; 5] =
        [Fallback::NotNative, Fallback::Wide, Fallback::Fault, Fallback::Budget, Fallback::Order];

    pub(crate) fn of(status: i64) -> Fallback {
        match status {
            status::WIDE => Fallback::Wide,
            status::BUDGET => Fallback::Budget,
            status::ORDER => Fallback::Order,
            _ => Fallback::Fault,
        }
    }
}

/// Calls the functions of a [`Jit`], and keeps what calls need between them.
pub struct Runner<'j, 'p> {
    pub(crate) jit: &'j Jit<'p>,
    pub(crate) log: Vec<u64>,
    pub(crate) registers: Vec<i128>,
    pub(crate) calls: u64,
    pub(crate) fallbacks: [u64; Fallback::ALL.len()],
}

impl<'j, 'p> Runner<'j, 'p> {
    pub fn new(jit: &'j Jit<'p>) -> Runner<'j, 'p> {
        let program: &Program = jit.code;
        let most = program.functions.iter().map(|function| function.registers.len()).max().unwrap_or(0);
        Runner { jit, log: vec![0; 64], registers: vec![0; most], calls: 0, fallbacks: [0; Fallback::ALL.len()] }
    }

    /// The code that it calls.
    pub fn jit(&self) -> &'j Jit<'p> {
        self.jit
    }

    /// Calls that ended in native code.
    pub fn native_calls(&self) -> u64 {
        self.calls - self.fallbacks.iter().sum::<u64>()
    }

    /// How often calls were given back, and why.
    pub fn fallbacks(&self, why: Fallback) -> u64 {
        self.fallbacks[why as usize]
    }

    /// As [`Vm::call`], in native code where that can.
    ///
    /// # Errors
    /// The interpreter's.
    pub fn call(&mut self, vm: &mut Vm<'p>, func: FuncId, args: &[u64], world: &mut dyn World) -> Result<i128, Fault> {
        match self.run(vm, func, args, world) {
            Ok(ended) => ended,
            Err(_) => vm.call(func, args, world),
        }
    }

    /// As [`Vm::call`], in native code.
    ///
    /// # Errors
    /// [`Fallback`] where native code gives up. A fault inside is the world's refusal of what the call did.
    pub fn run(
        &mut self,
        vm: &mut Vm<'p>,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
    ) -> Result<Result<i128, Fault>, Fallback> {
        let native = self.jit.plain.get(func.index()).copied().flatten();
        self.run_as(native, vm, func, args, world)
    }

    /// As [`Runner::run`], for a process: with a check of its arguments' `where`s first, as [`Vm::check`] makes it
    /// for the records among them (not for what lies inside those). What they say is known to the code.
    ///
    /// # Errors
    /// As for [`Runner::run`]; [`Fallback::Fault`] as well where an argument violates its `where`.
    pub fn run_checked(
        &mut self,
        vm: &mut Vm<'p>,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
    ) -> Result<Result<i128, Fault>, Fallback> {
        let native = self.jit.checked.get(func.index()).copied().flatten();
        self.run_as(native, vm, func, args, world)
    }

    fn run_as(
        &mut self,
        native: Option<Native>,
        vm: &mut Vm<'p>,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
    ) -> Result<Result<i128, Fault>, Fallback> {
        self.calls += 1;
        match self.enter(native, vm, func, args, world) {
            Ok(ended) => Ok(ended),
            Err(why) => {
                self.fallbacks[why as usize] += 1;
                Err(why)
            }
        }
    }

    fn enter(
        &mut self,
        native: Option<Native>,
        vm: &mut Vm<'p>,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
    ) -> Result<Result<i128, Fault>, Fallback> {
        let native = self.jit.enters(native, vm, func, args)?;
        let program = self.jit.program;
        let mark = vm.native_begin();
        let mut host = Host {
            vm: &mut *vm,
            // SAFETY: only the lifetime of the trait object is widened, and `host` does not outlive this call.
            world: unsafe { std::mem::transmute::<*mut (dyn World + '_), *mut (dyn World + 'static)>(world) },
            code: self.jit.code,
            forms: &raw const self.jit.forms[..],
            log: std::mem::take(&mut self.log),
            registers: std::mem::take(&mut self.registers),
            balances: Vec::new(),
        };
        let mut context = Context::new(&mut host.registers);
        context.enter(&mut host);
        context.lend_log(&mut host, 0);
        context.host = (&raw mut host).cast();
        let status = native(&raw mut context, args.as_ptr());
        context.leave(&mut host);
        let (used, balances) = (context.log_used(&host), std::mem::take(&mut host.balances));
        (self.log, self.registers) = (std::mem::take(&mut host.log), std::mem::take(&mut host.registers));
        let log = Log { program, forms: &self.jit.forms, words: &self.log[..used] };
        let status = if status == status::WELL && context.cost < 0 { status::BUDGET } else { status };
        let ended = match status {
            status::WELL => log.validate(vm),
            other => Err(Fallback::of(other)),
        };
        let runs = match ended {
            Ok(runs) => runs,
            Err(why) => {
                vm.native_back(mark);
                return Err(why);
            }
        };
        if let Err(stopped) = log.apply(vm, world) {
            vm.native_back(mark);
            return Ok(refused(vm, func, args, world, balances, stopped));
        }
        for run in runs {
            vm.native_put_run(run);
        }
        Ok(match world.call_end(true) {
            Ok(()) => Ok(i128::from(context.result)),
            Err(refusal) => Err(vm.native_end_refused(func, refusal)),
        })
    }
}

impl<'p> Jit<'p> {
    /// Can a call of the function on this machine be native?
    #[inline]
    pub(crate) fn enters(
        &self,
        native: Option<Native>,
        vm: &Vm<'p>,
        func: FuncId,
        args: &[u64],
    ) -> Result<Native, Fallback> {
        let Some(native) = native.filter(|_| std::ptr::eq(vm.program(), self.program)) else {
            return Err(Fallback::NotNative);
        };
        if usize::from(self.program.functions[func.index()].params) != args.len() {
            return Err(Fallback::Fault);
        }
        self.fits(vm, func)?;
        Ok(native)
    }

    /// Would the interpreter have room for a call of the function?
    #[inline]
    pub(crate) fn fits(&self, vm: &Vm<'p>, func: FuncId) -> Result<(), Fallback> {
        let (depth, registers) = self.needs[func.index()];
        if depth > vm.limits().depth || registers > vm.limits().registers {
            return Err(Fallback::Budget);
        }
        Ok(())
    }
}
