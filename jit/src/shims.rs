//! What native code calls. Nothing unwinds through native frames: a panic becomes a status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bp_bytecode::index::FuncId;
use bp_bytecode::op::Op;

use crate::context::{Context, Host, status};
use crate::effects::Log;

/// Names and addresses of all shims, in the order of [`Shim`].
pub(crate) const ALL: [(&str, *const u8); 3] =
    [("bp_op", op as *const u8), ("bp_grow", grow as *const u8), ("bp_log", more_log as *const u8)];

#[derive(Clone, Copy)]
pub(crate) enum Shim {
    Op,
    Grow,
    Log,
}

fn guarded(run: impl FnOnce() -> i64) -> i64 {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(status::FAULT)
}

impl Context {
    /// Tells the heap how many slots native code has used.
    pub(crate) fn leave(&mut self, host: &mut Host<'_, '_>) {
        let slots = host.vm.heap_mut().slots_mut();
        debug_assert!(self.top as usize <= slots.capacity());
        // SAFETY: native code writes a slot before it moves `top` behind it and stays within `capacity`, which is
        // never more than the vector's; `enter` gave both.
        unsafe { slots.set_len(self.top as usize) };
        host.vm.set_cost_left(self.cost.max(0) as u64);
    }

    /// Takes over the heap as it is.
    #[inline]
    pub(crate) fn enter(&mut self, host: &mut Host<'_, '_>) {
        self.cost = host.vm.cost_left().min(i64::MAX as u64) as i64;
        self.full_cost = host.vm.limits().cost.min(i64::MAX as u64) as i64;
        self.enter_heap(host);
    }

    #[inline]
    pub(crate) fn enter_heap(&mut self, host: &mut Host<'_, '_>) {
        let heap = host.vm.heap_mut();
        let most = heap.max_slots();
        let slots = heap.slots_mut();
        self.base = slots.as_mut_ptr();
        self.top = slots.len() as u64;
        self.capacity = slots.capacity().min(most) as u64;
    }
}

/// Runs instruction `pc` of a function in the machine; its operands stand in the shared registers.
extern "C" fn op(context: *mut Context, func: u32, pc: u32) -> i64 {
    // SAFETY: native code passes on the pointer that `Jit::run` gave it, and runs on its thread alone; nothing else
    // refers to the context or its host while it does.
    let (context, host) = unsafe { (&mut *context, &mut *(*context).host) };
    guarded(|| {
        if context.cost < 0 {
            return status::BUDGET;
        }
        let func = FuncId(func);
        let instruction = host.code.functions[func.index()].code[pc as usize];
        if let Op::Balance { .. } | Op::RunGet { .. } = instruction {
            // SAFETY: the forms belong to the `Jit` whose code is running.
            let forms = unsafe { &*host.forms };
            let words = &host.log[..context.log_used(host)];
            let log = Log { program: host.vm.program(), forms, words };
            if log.answers_may_differ(matches!(instruction, Op::RunGet { .. })) {
                return status::ORDER;
            }
        }
        if std::mem::take(&mut context.step_begun) != 0 {
            host.vm.native_step();
        }
        context.leave(host);
        // SAFETY: the world outlives the call, and nobody else uses it during the call.
        let world = unsafe { &mut *host.world };
        let done = host.vm.native_op(host.code, (func, pc as usize), &mut host.registers, world);
        context.enter(host);
        if let (Op::Balance { dst, .. }, Ok(())) = (instruction, done) {
            host.balances.push(host.registers[usize::from(dst.0)]);
        }
        if done.is_ok() { status::WELL } else { status::FAULT }
    })
}

/// Makes room for `count` slots more.
extern "C" fn grow(context: *mut Context, count: u64) -> i64 {
    // SAFETY: as in `op`.
    let (context, host) = unsafe { (&mut *context, &mut *(*context).host) };
    guarded(|| {
        let cost = context.cost;
        context.leave(host);
        let heap = host.vm.heap_mut();
        let (most, used) = (heap.max_slots(), heap.slots_mut().len());
        if count as usize > most - used {
            return status::BUDGET;
        }
        let more = (count as usize).max(used).max(1024).min(most - used);
        heap.slots_mut().reserve(more);
        context.enter_heap(host);
        context.cost = cost;
        status::WELL
    })
}

/// Makes room for `count` words more in the log.
extern "C" fn more_log(context: *mut Context, count: u64) -> i64 {
    // SAFETY: as in `op`.
    let (context, host) = unsafe { (&mut *context, &mut *(*context).host) };
    guarded(|| {
        let used = context.log_used(host);
        // An entry is data like any other.
        if used + count as usize > host.vm.limits().slots.saturating_mul(4) {
            return status::BUDGET;
        }
        let size = (used + count as usize).max(host.log.len() * 2);
        host.log.resize(size, 0);
        context.lend_log(host, used);
        status::WELL
    })
}

impl Context {
    /// How many words native code has written into the log.
    #[inline]
    pub(crate) fn log_used(&self, host: &Host<'_, '_>) -> usize {
        (self.log as usize - host.log.as_ptr() as usize) / size_of::<u64>()
    }

    /// Gives native code the log's buffer behind the first `used` words.
    #[inline]
    pub(crate) fn lend_log(&mut self, host: &mut Host<'_, '_>, used: usize) {
        let words = host.log.as_mut_ptr_range();
        self.log_end = words.end;
        self.log = words.start.wrapping_add(used);
    }
}
