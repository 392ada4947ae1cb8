//! The memory that native code stands in.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_jit::JITModule;

/// Modules whose code is in memory, in the whole process.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The bytes of their code and tables.
static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// The most bytes of code and tables of the whole process: what comes beyond them is interpreted.
pub(crate) const MAX_BYTES: usize = 1 << 30;

/// How many bytes of code and tables all compiled programs hold at this moment.
pub fn live_bytes() -> usize {
    LIVE_BYTES.load(Ordering::Relaxed)
}

/// How many compiled programs hold code in memory at this moment.
pub fn live_modules() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A finalized module; its code goes when it is dropped.
pub(crate) struct Code {
    module: ManuallyDrop<JITModule>,
    bytes: usize,
}

impl Code {
    /// The module has to be finalized; `bytes` are counted as long as it lives.
    pub fn new(module: JITModule, bytes: usize) -> Code {
        LIVE.fetch_add(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed);
        Code { module: ManuallyDrop::new(module), bytes }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Where a function begins; good as long as `self` lives.
    pub fn address(&self, func: cranelift_module::FuncId) -> *const u8 {
        self.module.get_finalized_function(func)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_sub(self.bytes, Ordering::Relaxed);
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
