//! Processes that live, in a data folder: deployed, started, gone on with and looked at, a call of the command at a time.

mod act;
pub mod args;
mod config;
mod deploy;
mod desk;
mod feed;
mod look;
mod requests;
mod session;
pub mod show;

pub use act::{cancel, complete, deliver, retry, start};
pub use config::config;
pub use deploy::deploy;
pub use desk::{claim, delegate, roles};
pub use feed::feed;
pub use look::{incidents, instances, tasks};
pub use requests::{answer, fetch, outbox, requests};
