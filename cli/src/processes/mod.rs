//! Processes that live, in a data folder: deployed, started, gone on with and looked at, a call of the command at a time.

mod act;
pub mod args;
mod deploy;
mod look;
mod session;
pub mod show;

pub use act::{complete, deliver, retry, start};
pub use deploy::deploy;
pub use look::{incidents, instances, tasks};
