//! The memory that native code stands in.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_jit::JITModule;

/// Modules whose code is in memory, in the whole process.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many compiled programs hold code in memory at this moment.
pub fn live_modules() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A finalized module; its code goes when it is dropped.
pub(crate) struct Code {
    module: ManuallyDrop<JITModule>,
}

impl Code {
    /// The module has to be finalized.
    pub fn new(module: JITModule) -> Code {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Code { module: ManuallyDrop::new(module) }
    }

    /// Where a function begins; good as long as `self` lives.
    pub fn address(&self, func: cranelift_module::FuncId) -> *const u8 {
        self.module.get_finalized_function(func)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: the module is taken once, here; code is only entered through methods that borrow its owner, so
        // nothing runs in it any more and no address of it is left.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() };
    }
}

// SAFETY: after it is finalized, the module is only read: addresses are looked up and code is run, which keeps its
// state in a context of its own for each call.
unsafe impl Sync for Code {}
// SAFETY: the memory belongs to the module alone, and freeing it is not bound to a thread.
unsafe impl Send for Code {}
