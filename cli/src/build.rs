//! `bp build` and `bp inspect`: compiled programs as files.

use crate::args::{BuildArgs, InspectArgs};
use crate::compile::{Unit, compiled_program};
use crate::failure::{Failure, Outcome, Result};
use crate::project::shown;
use crate::run::sets::Sets;
use crate::terminal::Terminal;
use bp_bytecode::{Program, file, print, verify};
use bp_compiler::Compiled;
use std::fmt::Write;
use std::fs;
use std::path::Path;

pub fn build(args: &BuildArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.output.extension().is_some_and(|ending| ending == "bp") {
        return Err(Failure::call(format!("{} is a program's name; write to a .bpc file", args.output.display())));
    }
    let compiled = Unit::read(&args.file)?.compile(args.currency.as_deref())?;
    let fixes = Sets::of("--fix", &args.fixes)?;
    let program = fixes.fix(compiled_program(&compiled, terminal)?)?;
    let bytes = file::encode(&program);
    // A host may be reading the old file: it sees the old one or the new one, never half of one.
    let beside = args.output.with_extension("bpc.new");
    let failed = |error| Failure::file("write", args.output.display(), &error);
    fs::write(&beside, bytes).map_err(failed)?;
    fs::rename(&beside, &args.output).map_err(failed)?;
    Ok(Outcome::Fine)
}

pub fn inspect(args: &InspectArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.file.extension().is_some_and(|ending| ending == "bp") {
        let compiled = Unit::read(&args.file)?.compile(args.currency.as_deref())?;
        if args.conditions {
            compiled_program(&compiled, terminal)?;
            return conditions(&compiled, terminal);
        }
        list(compiled_program(&compiled, terminal)?, args.optimized, terminal)
    } else if args.conditions {
        Err(Failure::call(format!(
            "{} is a compiled file: name the program, whose conditions are known",
            shown(&args.file)
        )))
    } else {
        list(&load(&args.file)?, args.optimized, terminal)
    }
}

/// Where a `where` has to be met, and whether it always is.
fn conditions(compiled: &Compiled, terminal: &Terminal) -> Result<Outcome> {
    let mut text = String::new();
    for condition in &compiled.conditions {
        let source = compiled.sources.get(condition.place.file);
        let (line, column) = source.line_column(condition.place.span.start);
        let how = if condition.proved { "proved " } else { "checked" };
        let place = format!("{}:{line}:{column}", source.path);
        let _ = writeln!(text, "{how}  {place:<40} {}: {}", condition.subject, condition.text);
    }
    let proved = compiled.conditions.iter().filter(|condition| condition.proved).count();
    let checked = compiled.conditions.len() - proved;
    let _ = writeln!(text, "{proved} proved, {checked} checked when it runs");
    terminal.print(&text)?;
    Ok(Outcome::Fine)
}

fn list(program: &Program, optimized: bool, terminal: &Terminal) -> Result<Outcome> {
    terminal.print(&match optimized {
        true => print::listing(&bp_optimizer::optimize(program)),
        false => print::listing(program),
    })?;
    Ok(Outcome::Fine)
}

/// Reads and verifies a compiled file.
fn load(path: &Path) -> Result<Program> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path.display(), &error))?;
    let refuse = |why: String| Failure::found(format!("{} is refused: {why}", shown(path)));
    let program = file::decode(&bytes).map_err(|error| refuse(error.to_string()))?;
    verify::verify(&program).map_err(|error| refuse(error.to_string()))?;
    Ok(program)
}
