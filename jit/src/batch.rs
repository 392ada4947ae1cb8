//! Many calls of one process, one row after the other.

use bp_bytecode::index::FuncId;
use bp_vm::{Fault, Refusal, Sums, Vm, World};

use crate::Native;
use crate::context::{Context, Host, note, status};
use crate::rows::RowWidths;
use crate::run::{Fallback, Runner};
use crate::translate::rows::MAX_ROWS;

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
/// ([`World::takes_sums`]) and the process's entries all have a known form without dimensions, entries are added up
/// and handed over by [`Batch::finish`], and the world hears nothing of steps; else each call is one of its own.
pub struct Batch<'b, 'j, 'p> {
    runner: &'b mut Runner<'j, 'p>,
    func: FuncId,
    /// The machine, its world, and buffers, at a fixed place.
    host: Box<Host<'b, 'p>>,
    context: Context,
    /// `None` where entries are posted one by one.
    sums: Option<Vec<i128>>,
    /// The sums of a native call for many rows.
    row_sums: Vec<i64>,
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
        let sums = runner.jit.sums.get(func.index()).is_some_and(|sums| *sums) && world.takes_sums();
        let sums = sums.then(|| vec![0; runner.jit.program.accounts.len()]);
        let mut host = Box::new(Host {
            vm,
            world,
            code: runner.jit.code,
            forms: &raw const runner.jit.forms[..],
            log: std::mem::take(&mut runner.log),
            registers: std::mem::take(&mut runner.registers),
            balances: Vec::new(),
        });
        let context = Context::new(&mut host.registers);
        let row_sums = vec![0; runner.jit.program.accounts.len()];
        Batch { runner, func, host, context, sums, row_sums, entries: 0, lines: 0 }
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

    /// How wide rows and results are, if many can be run in one call.
    pub fn widths(&self) -> Option<RowWidths> {
        self.sums.as_ref()?;
        self.runner.jit.row_widths(self.func)
    }

    /// Runs rows that lie one behind the other in memory, and puts their results one behind the other. Stops at a row
    /// that cannot be run this way, and gives how many were: that row is for [`Batch::call`], those behind it may come
    /// here again. Handles in rows and results are those of the machine as it stands.
    pub fn rows(&mut self, rows: &[u64], results: &mut Vec<u64>) -> usize {
        let jit = self.runner.jit;
        let Some((native, widths)) = self.sums.is_some().then(|| jit.rows[self.func.index()]).flatten() else {
            return 0;
        };
        results.clear();
        if widths.row == 0 || jit.fits(self.host.vm, self.func).is_err() {
            return 0;
        }
        let count = rows.len() / widths.row;
        results.resize(count * widths.result, 0);
        let mut done = 0;
        while done < count {
            let part = (count - done).min(MAX_ROWS);
            let ended = self.part(native, &rows[done * widths.row..], part, &mut results[done * widths.result..]);
            done += ended;
            if ended < part {
                break;
            }
        }
        self.runner.calls += done as u64;
        results.truncate(done * widths.result);
        done
    }

    /// At most [`MAX_ROWS`] rows; gives how many ended.
    fn part(&mut self, native: Native, rows: &[u64], count: usize, results: &mut [u64]) -> usize {
        self.host.vm.native_begin();
        self.context.enter(&mut self.host);
        self.context.lend_log(&mut self.host, 0);
        self.context.host = (&raw mut *self.host).cast();
        self.context.rows = count as u64;
        self.context.results = results.as_mut_ptr();
        self.row_sums.fill(0);
        self.context.sums = self.row_sums.as_mut_ptr();
        (self.context.entries, self.context.lines) = (0, 0);
        // The status says why the last row is given back; its second run will tell.
        native(&raw mut self.context, rows.as_ptr());
        self.context.leave(&mut self.host);
        for (sum, part) in self.sums.iter_mut().flatten().zip(&self.row_sums) {
            *sum += i128::from(*part);
        }
        self.entries += self.context.entries;
        self.lines += self.context.lines;
        count - self.context.rows as usize
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
