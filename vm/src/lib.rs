//! Runs compiled programs.
//!
//! A [`Vm`] holds the memory of one running step – registers, a heap that is thrown away as a whole – and calls
//! functions of a verified [`bp_bytecode::Program`]. Everything outside a program comes and goes through a
//! [`World`]; [`MemoryWorld`] is one in memory, for tests and batches.
//!
//! What holds throughout:
//!
//! - Arithmetic is exact: [`exact`] rounds where an instruction says so and nowhere else; what does not fit is a
//!   [`Fault`], never another number.
//! - A verified program cannot make the machine panic, run without bound, or take memory without bound: [`Limits`].
//! - Registers of words and handles need no tags. A register's type is fixed for its whole function, and cells are
//!   only made whole, so that a cell has the shape that the type of its handle says.
//! - Every value is immutable to the program, however the heap stores it; see [`heap`] and the source of `map`.
//! - A fault leaves nothing behind in the world since the last completed step.
//! - The shapes of a program nest to a fixed depth, which the verifier bounds; what walks a value by its shape
//!   recurses no deeper.
#![forbid(unsafe_code)]

mod aside;
mod builtin;
mod check;
mod coverage;
pub mod exact;
pub mod fault;
pub mod heap;
mod interp;
mod map;
mod memory;
pub mod native;
mod posting;
mod process;
pub mod shaped;
mod stored;
mod text;
pub mod time;
mod trace;
pub mod values;
mod vm;
mod words;
mod world;

pub use coverage::Coverage;
pub use fault::{Fault, FaultKind, Memory, Reached, Violation};
pub use heap::Heap;
pub use memory::{KeptEntry, KeptLine, MemoryWorld, keep};
pub use process::{Ended, Handed, Resting};
pub use trace::{Event, Fraction, Tracer};
pub use values::CellFault;
pub use vm::{Limits, Unmet, Vm};
pub use words::Fast;
pub use world::{Answer, At, Entry, Line, LotPart, Refusal, Sums, View, World, Worth};

#[cfg(test)]
mod tests;
