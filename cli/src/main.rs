//! The command `bp`.

#![forbid(unsafe_code)]

mod args;
mod build;
mod check;
mod compile;
mod diagram;
mod explain;
mod failure;
mod files;
mod fix;
mod fmt;
mod ledger;
mod man;
mod names;
mod new;
mod processes;
mod project;
mod run;
mod shared;
mod tenant;
mod terminal;
mod test;

use args::{Args, Verb};
use clap::{CommandFactory, Parser};
use failure::Outcome;
use std::process::ExitCode;
use terminal::Terminal;

/// Trees of many small nodes are made and given back all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let terminal = Terminal::new(args.color);
    let outcome = match args.verb {
        Verb::New(args) => new::new(&args, &terminal),
        Verb::Check(args) => check::check(&args, &terminal),
        Verb::Fmt(args) => fmt::fmt(&args, &terminal),
        Verb::Test(args) => test::test(&args, &terminal),
        Verb::Run(args) => run::run(&args, &terminal),
        Verb::Ledger(args) => ledger::ledger(&args, &terminal),
        Verb::Deploy(args) => processes::deploy(&args, &terminal),
        Verb::Config(args) => processes::config(&args, &terminal),
        Verb::Start(args) => processes::start(&args, &terminal),
        Verb::Deliver(args) => processes::deliver(&args, &terminal),
        Verb::Feed(args) => processes::feed(&args, &terminal),
        Verb::Tasks(args) => processes::tasks(&args, &terminal),
        Verb::Requests(args) => processes::requests(&args, &terminal),
        Verb::Fetch(args) => processes::fetch(&args, &terminal),
        Verb::Answer(args) => processes::answer(&args, &terminal),
        Verb::Outbox(args) => processes::outbox(&args, &terminal),
        Verb::Complete(args) => processes::complete(&args, &terminal),
        Verb::Instances(args) => processes::instances(&args, &terminal),
        Verb::Incidents(args) => processes::incidents(&args, &terminal),
        Verb::Retry(args) => processes::retry(&args, &terminal),
        Verb::Cancel(args) => processes::cancel(&args, &terminal),
        Verb::Claim(args) => processes::claim(&args, &terminal),
        Verb::Delegate(args) => processes::delegate(&args, &terminal),
        Verb::Roles(args) => processes::roles(&args, &terminal),
        Verb::Build(args) => build::build(&args, &terminal),
        Verb::Inspect(args) => build::inspect(&args, &terminal),
        Verb::Diagram(args) => diagram::diagram(&args, &terminal),
        Verb::Explain(args) => explain::explain(&args, &terminal),
        Verb::Man(args) => man::man(&args, &terminal),
        Verb::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Args::command(), "bp", &mut script);
            terminal.print(&String::from_utf8_lossy(&script)).map(|()| Outcome::Fine)
        }
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(failure) => {
            if !failure.message.is_empty() {
                terminal.error(&failure.message);
            }
            ExitCode::from(failure.status as u8)
        }
    }
}
