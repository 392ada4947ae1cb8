//! Many calls of one process, one row after the other.

use bp_bytecode::index::FuncId;
use bp_vm::{Fault, Refusal, Sums, Vm, World};

use crate::context::{Context, Host, note, status};
use crate::run::{Fallback, Runner};

/// Calls of a process for the rows of a batch.
///
/// ```text
/// let mut batch = Batch::new(&mut runner, &mut vm, process.func, &mut world);
/// for row in rows {
///     let record = batch.machine().put_record(&row)?;
///     let outcome = batch.call(&[record])?;
/// }
/// batch.finish()?;
/// ```
///
/// Arguments are checked against their `where`s as by [`Runner::run_checked`]. Where the world takes sums
/// ([`World::takes_sums`]) and the program's entries all have a known form without dimensions, entries are added up
/// and handed over by [`Batch::finish`], and the world hears nothing of steps; else each call is one of its own.
pub struct Batch<'b, 'j, 'p> {
    runner: &'b mut Runner<'j, 'p>,
    func: FuncId,
    /// The machine, its world, and buffers, at a fixed place.
    host: Box<Host<'b, 'p>>,
    context: Context,
    /// `None` where entries are posted one by one.
    sums: Option<Vec<i128>>,
    entries: u64,
    lines: u64,
}

impl<'b, 'j, 'p> Batch<'b, 'j, 'p> {
    pub fn new(
        runner: &'b mut Runner<'j, 'p>,
        vm: &'b mut Vm<'p>,
        func: FuncId,
        world: &'b mut dyn World,
    ) -> Batch<'b, 'j, 'p> {
        let sums = runner.jit.sums && world.takes_sums();
        let sums = sums.then(|| vec![0; runner.jit.program.accounts.len()]);
        let mut host = Box::new(Host {
            vm,
            world,
            forms: &raw const runner.jit.forms[..],
            log: std::mem::take(&mut runner.log),
            registers: std::mem::take(&mut runner.registers),
            balances: Vec::new(),
        });
        let context = Context::new(&mut host.registers);
        Batch { runner, func, host, context, sums, entries: 0, lines: 0 }
    }

    /// The machine, emptied for the next row.
    #[inline]
    pub fn machine(&mut self) -> &mut Vm<'p> {
        self.host.vm.reset();
        self.host.vm
    }

    /// The machine with what the last call left there.
    pub fn vm(&self) -> &Vm<'p> {
        self.host.vm
    }

    /// Calls the process for a row.
    ///
    /// # Errors
    /// As [`Vm::check`] of each record among the arguments and then [`Vm::call`] give them.
    #[inline]
    pub fn call(&mut self, args: &[u64]) -> Result<i128, Fault> {
        match self.native(args) {
            Ok(result) => Ok(result),
            Err(why) => self.second(args, why),
        }
    }

    #[inline]
    fn native(&mut self, args: &[u64]) -> Result<i128, Option<Fallback>> {
        let Some(sums) = &mut self.sums else { return Err(None) };
        let jit = self.runner.jit;
        self.runner.calls += 1;
        let native = jit.checked.get(self.func.index()).copied().flatten();
        let native = jit.enters(native, self.host.vm, self.func, args).map_err(Some)?;
        let mark = self.host.vm.native_begin();
        self.context.enter(&mut self.host);
        self.context.lend_log(&mut self.host, 0);
        self.context.host = (&raw mut *self.host).cast();
        let status = native(&raw mut self.context, args.as_ptr());
        self.context.leave(&mut self.host);
        let status = if status == status::WELL && self.context.cost < 0 { status::BUDGET } else { status };
        if status != status::WELL {
            self.host.vm.native_back(mark);
            return Err(Some(Fallback::of(status)));
        }
        let used = self.context.log_used(&self.host);
        let mut words = &self.host.log[..used];
        while let [head, rest @ ..] = words {
            if head & 0xff != note::ENTRY {
                // The beginning or the end of a step: nothing else is noted where entries are added up.
                words = rest;
                continue;
            }
            let lines = &jit.forms[(head >> 8) as usize].lines;
            let (amounts, rest) = rest[2..].split_at(lines.len());
            let mut there = 0;
            for ((account, ..), amount) in lines.iter().zip(amounts) {
                sums[account.index()] += i128::from(*amount as i64);
                there += u64::from(*amount != 0);
            }
            self.lines += there;
            self.entries += u64::from(there > 0);
            words = rest;
        }
        Ok(i128::from(self.context.result))
    }

    /// The row in the interpreter, or in native code with its entries one by one.
    #[cold]
    fn second(&mut self, args: &[u64], why: Option<Fallback>) -> Result<i128, Fault> {
        // SAFETY: the world is borrowed for as long as the batch lives, and native code is not running.
        let world = unsafe { &mut *self.host.world };
        match why {
            Some(why) => self.runner.fallbacks[why as usize] += 1,
            None => {
                std::mem::swap(&mut self.runner.log, &mut self.host.log);
                std::mem::swap(&mut self.runner.registers, &mut self.host.registers);
                let ended = self.runner.run_checked(self.host.vm, self.func, args, world);
                std::mem::swap(&mut self.runner.log, &mut self.host.log);
                std::mem::swap(&mut self.runner.registers, &mut self.host.registers);
                if let Ok(ended) = ended {
                    return ended;
                }
            }
        }
        let program = self.runner.jit.program;
        let function = &program.functions[self.func.index()];
        for (arg, ty) in args.iter().zip(&function.registers) {
            if let bp_bytecode::shape::RegType::Handle(shape) = ty {
                self.host.vm.check(*shape, *arg, world)?;
            }
        }
        self.host.vm.call(self.func, args, world)
    }

    /// Hands over what was added up.
    ///
    /// # Errors
    /// The world's.
    pub fn finish(mut self) -> Result<(), Refusal> {
        // SAFETY: as in `second`.
        let world = unsafe { &mut *self.host.world };
        match self.sums.take() {
            Some(sums) => world.add_sums(&Sums { entries: self.entries, lines: self.lines, accounts: &sums }),
            None => Ok(()),
        }
    }
}

impl Drop for Batch<'_, '_, '_> {
    fn drop(&mut self) {
        self.runner.log = std::mem::take(&mut self.host.log);
        self.runner.registers = std::mem::take(&mut self.host.registers);
    }
}
