//! `bp check`: compiles, and tells everything that is wrong.

use crate::args::{CheckArgs, Deny, Format};
use crate::compile::{Told, Unit};
use crate::failure::{Failure, Outcome, Result, Status};
use crate::project;
use crate::terminal::{Terminal, counted};
use bp_compiler::diagnostics::Severity;
use rayon::prelude::*;
use serde_json::{Value as Json, json};

pub fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Outcome> {
    let files = project::files(&args.paths)?;
    let compiled: Vec<_> = files.par_iter().map(|file| Unit::read(file)?.compile(None)).collect();
    let mut told = Told::default();
    let mut unreadable: Vec<Failure> = Vec::new();
    for compiled in compiled {
        match compiled {
            Ok(compiled) => told.add(&compiled.diagnostics, &compiled.sources),
            Err(failure) => unreadable.push(failure),
        }
    }
    match args.format {
        Format::Human => {
            terminal.print(&told.human(terminal.out.on))?;
            unreadable.iter().for_each(|failure| terminal.error(&failure.message));
            if told.diagnostics.is_empty() && unreadable.is_empty() {
                let files = counted(files.len() as u64, "file", "files");
                terminal.say(&format!("{files}: {}", terminal.err.green("no errors")));
            }
        }
        Format::Json => {
            let mut report = told.json();
            report.insert("files".to_owned(), json!(files.len()));
            let unreadable: Vec<&str> = unreadable.iter().map(|failure| failure.message.as_str()).collect();
            report.insert("unreadable".to_owned(), json!(unreadable));
            terminal.print(&format!("{:#}\n", Json::Object(report)))?;
        }
    }
    let outside = unreadable.iter().any(|failure| failure.status == Status::Outside);
    if outside {
        return Err(Failure::outside(""));
    }
    let denied = args.deny == Some(Deny::Warnings) && told.count(Severity::Warning) > 0;
    Ok(if told.count(Severity::Error) > 0 || denied || !unreadable.is_empty() { Outcome::Found } else { Outcome::Fine })
}
