//! `bp fmt`: the one layout.

use crate::args::FmtArgs;
use crate::failure::{Failure, Outcome, Result, Status};
use crate::project::{self, shown};
use crate::terminal::{Terminal, counted};
use crate::{failure, files};
use rayon::prelude::*;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub fn fmt(args: &FmtArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return match args.paths.len() {
            1 => standard_input(args.check, terminal),
            _ => Err(Failure::call("`-` is standard input; nothing else can stand beside it")),
        };
    }
    let files = project::files(&args.paths)?;
    let done: Vec<Result<bool>> = files.par_iter().map(|file| one(file, args.check)).collect();
    let mut changed: Vec<&PathBuf> = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for (file, done) in files.iter().zip(done) {
        match done {
            Ok(true) => changed.push(file),
            Ok(false) => {}
            Err(failure) => failures.push(failure),
        }
    }
    let list: String = changed.iter().map(|file| shown(file) + "\n").collect();
    terminal.print(&list)?;
    failures.iter().for_each(|failure| terminal.error(&failure.message));
    let all = counted(files.len() as u64, "file", "files");
    let what = if args.check { "would be laid out anew" } else { "laid out anew" };
    terminal.say(&format!("{} of {all} {what}", changed.len()));
    if failures.iter().any(|failure| failure.status == Status::Outside) {
        return Err(Failure::outside(""));
    }
    Ok(if !failures.is_empty() || (args.check && !changed.is_empty()) { Outcome::Found } else { Outcome::Fine })
}

/// Is its layout another? Then it is written, unless this only looks.
fn one(file: &Path, only_look: bool) -> Result<bool> {
    let text = failure::read_text(file)
        .map_err(|(status, why)| Failure { status, message: format!("cannot read {}: {why}", shown(file)) })?;
    let laid_out = bp_grammar::format(&text);
    let changes = laid_out != text;
    if changes && !only_look {
        files::replace(file, &laid_out)?;
    }
    Ok(changes)
}

fn standard_input(only_look: bool, terminal: &Terminal) -> Result<Outcome> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|error| Failure::file("read", "standard input", &error))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::found("cannot read standard input: it is not UTF-8"))?;
    let laid_out = bp_grammar::format(&text);
    if only_look {
        return Ok(if laid_out == text { Outcome::Fine } else { Outcome::Found });
    }
    terminal.print(&laid_out)?;
    Ok(Outcome::Fine)
}
