//! `bp check`: compiles, and tells everything that is wrong.

use crate::args::{CheckArgs, CheckFormat, Deny};
use crate::compile::{Told, Unit};
use crate::failure::{Failure, Outcome, Result, Status};
use crate::fix::{self, Made};
use crate::project;
use crate::shared::Shared;
use crate::terminal::{Terminal, counted};
use bp_compiler::Compiled;
use bp_compiler::diagnostics::{Severity, github};
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// What came of compiling files.
#[derive(Default)]
pub struct Checked {
    pub told: Told,
    unreadable: Vec<Failure>,
}

impl Checked {
    /// Checks all files, each once: what another one uses is checked with that.
    pub fn of(files: &[PathBuf]) -> Checked {
        let units: Vec<_> = files.par_iter().map(|file| Unit::read(file)).collect();
        let mut shared = Shared::new(files, &units);
        let mut results: Vec<Option<Result<Compiled>>> = files.iter().map(|_| None).collect();
        loop {
            let next = shared.next();
            if next.is_empty() {
                break;
            }
            let compile = |file: usize| match &units[file] {
                Ok(unit) => unit.compile(None),
                Err(failure) => Err(failure.clone()),
            };
            let compiled: Vec<_> = next.par_iter().map(|file| (*file, compile(*file))).collect();
            for (file, result) in compiled {
                shared.done(file, result.as_ref().ok().map(|compiled| (files, compiled)));
                results[file] = Some(result);
            }
        }
        let mut checked = Checked::default();
        for result in results.into_iter().flatten() {
            match result {
                Ok(compiled) => checked.told.add(&compiled.diagnostics, &compiled.sources),
                Err(failure) => checked.unreadable.push(failure),
            }
        }
        checked
    }

    fn unreadable(&self) -> Vec<&str> {
        self.unreadable.iter().map(|failure| failure.message.as_str()).collect()
    }

    fn outcome(&self, deny: Option<Deny>) -> Result<Outcome> {
        if self.unreadable.iter().any(|failure| failure.status == Status::Outside) {
            return Err(Failure::outside(""));
        }
        let denied = deny == Some(Deny::Warnings) && self.told.count(Severity::Warning) > 0;
        let found = self.told.count(Severity::Error) > 0 || denied || !self.unreadable.is_empty();
        Ok(if found { Outcome::Found } else { Outcome::Fine })
    }
}

pub fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.dry_run && args.format != CheckFormat::Human {
        return Err(Failure::call("--dry-run shows a diff and has no other --format; each format has the edits"));
    }
    let files = project::files(&args.paths)?;
    let mut checked = Checked::of(&files);
    if args.dry_run {
        let (diff, told) = fix::preview(&files, &checked);
        terminal.print(&diff)?;
        checked.unreadable().iter().for_each(|message| terminal.error(message));
        terminal.say(&format!("{told} would be made; nothing was written"));
        return checked.outcome(args.deny);
    }
    let mut made = None;
    if args.fix {
        let (after, changes) = fix::fix(&files, checked, terminal)?;
        checked = after;
        made = Some(changes);
    }
    show(args.format, &files, &checked, made.as_ref(), terminal)?;
    checked.outcome(args.deny)
}

fn show(
    format: CheckFormat,
    files: &[PathBuf],
    checked: &Checked,
    made: Option<&Made>,
    terminal: &Terminal,
) -> Result<()> {
    let (told, unreadable) = (&checked.told, checked.unreadable());
    match format {
        CheckFormat::Human => {
            terminal.print(&told.human(terminal.out.on))?;
            unreadable.iter().for_each(|message| terminal.error(message));
            if let Some(made) = made {
                terminal.say(&made.told());
            }
            if let Some(first) = told.diagnostics.first().filter(|_| terminal.watched) {
                terminal.say(&format!("`bp explain {}` says more", first.code));
            }
            if told.diagnostics.is_empty() && unreadable.is_empty() {
                let files = counted(files.len() as u64, "file", "files");
                terminal.say(&format!("{files}: {}", terminal.err.green("no errors")));
            }
        }
        CheckFormat::Json => {
            let mut report = told.json();
            report.insert("files".to_owned(), json!(files.len()));
            report.insert("unreadable".to_owned(), json!(unreadable));
            if let Some(made) = made {
                report.insert("fixed".to_owned(), made.json());
            }
            terminal.print(&format!("{:#}\n", Json::Object(report)))?;
        }
        CheckFormat::Sarif => terminal.print(&format!("{:#}\n", told.sarif(&unreadable)))?,
        CheckFormat::Github => {
            let lost: String =
                unreadable.iter().map(|message| github::notice("a file that cannot be read", message)).collect();
            terminal.print(&format!("{}{lost}", told.github()))?;
        }
    }
    Ok(())
}
