//! What a compiled program is: instructions, tables, interface; its file format and its verifier.

#![forbid(unsafe_code)]

pub mod border;
pub mod file;
pub mod index;
pub mod op;
pub mod print;
pub mod process;
pub mod program;
pub mod rounding;
pub mod shape;
pub mod value;
pub mod verify;

pub use program::Program;
