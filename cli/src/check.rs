//! `bp check`: compiles, and tells everything that is wrong.

use crate::args::{CheckArgs, Deny, Format};
use crate::compile::{Told, Unit};
use crate::failure::{Failure, Outcome, Result, Status};
use crate::project;
use crate::terminal::{Terminal, counted};
use bp_compiler::diagnostics::render;
use rayon::prelude::*;
use serde_json::{Value as Json, json};

pub fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Outcome> {
    let files = project::files(&args.paths)?;
    let compiled: Vec<_> = files.par_iter().map(|file| Unit::read(file)?.compile(None)).collect();
    let mut told = Told::default();
    let mut human = String::new();
    let mut machine: Vec<Json> = Vec::new();
    let mut unreadable: Vec<Failure> = Vec::new();
    for compiled in compiled {
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(failure) => {
                unreadable.push(failure);
                continue;
            }
        };
        let fresh = told.fresh(&compiled.diagnostics, &compiled.sources);
        match args.format {
            Format::Human => human.push_str(&render::human(&fresh, &compiled.sources, terminal.out.on)),
            Format::Json => match render::json(&fresh, &compiled.sources) {
                Json::Array(items) => machine.extend(items),
                other => machine.push(other),
            },
        }
    }
    let outside = unreadable.iter().any(|failure| failure.status == Status::Outside);
    match args.format {
        Format::Human => {
            terminal.print(&human)?;
            unreadable.iter().for_each(|failure| terminal.error(&failure.message));
            terminal.say(&summary(files.len() as u64, &told, unreadable.len() as u64, terminal));
        }
        Format::Json => {
            let unreadable: Vec<&str> = unreadable.iter().map(|failure| failure.message.as_str()).collect();
            let report = json!({
                "files": files.len(),
                "errors": told.errors,
                "warnings": told.warnings,
                "diagnostics": machine,
                "unreadable": unreadable,
            });
            terminal.print(&format!("{report:#}\n"))?;
        }
    }
    if outside {
        return Err(Failure::outside(""));
    }
    let denied = args.deny == Some(Deny::Warnings) && told.warnings > 0;
    Ok(if told.errors > 0 || denied || !unreadable.is_empty() { Outcome::Found } else { Outcome::Fine })
}

fn summary(files: u64, told: &Told, unreadable: u64, terminal: &Terminal) -> String {
    let paint = terminal.err;
    let mut parts = Vec::new();
    if told.errors > 0 {
        parts.push(paint.red(&counted(told.errors, "error", "errors")));
    }
    if told.warnings > 0 {
        parts.push(counted(told.warnings, "warning", "warnings"));
    }
    if unreadable > 0 {
        parts.push(paint.red(&counted(unreadable, "file cannot be read", "files cannot be read")));
    }
    if parts.is_empty() {
        parts.push(paint.green("no errors"));
    }
    format!("{}: {}", counted(files, "file", "files"), parts.join(", "))
}
