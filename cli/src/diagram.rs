//! `bp diagram`: a process as a picture.

use crate::args::DiagramArgs;
use crate::compile::{Unit, compiled_program};
use crate::failure::{Failure, Outcome, Result};
use crate::files;
use crate::names;
use crate::project::shown;
use crate::terminal::Terminal;
use bp_diagram::{Source, svg};
use bp_grammar::ast::File;
use std::collections::HashSet;
use std::path::Path;

pub fn diagram(args: &DiagramArgs, terminal: &Terminal) -> Result<Outcome> {
    if let Some(output) = &args.output
        && output.extension().is_some_and(|ending| ending == "bp")
    {
        return Err(Failure::call(format!("{} is a program's name; write to a .svg file", output.display())));
    }
    let unit = Unit::read(&args.file)?;
    let compiled = unit.compile(args.currency.as_deref())?;
    // A picture of a program that means nothing would lead astray.
    let program = compiled_program(&compiled, terminal)?;
    let decisions: HashSet<String> =
        program.decisions.iter().map(|decision| program.texts[decision.name.index()].clone()).collect();
    let file = bp_grammar::parse(&unit.root.text).file;
    let name = pick(&file, &args.file, args.process.as_deref())?;
    let source = Source { text: &unit.root.text, file: &file, decisions: &decisions };
    let picture = bp_diagram::draw(source, name)
        .ok_or_else(|| Failure::found(format!("`{name}` cannot be drawn, a fault of this command")))?;
    let drawn = svg::write(&picture);
    match &args.output {
        None => terminal.print(&drawn)?,
        Some(output) => files::write(output, &drawn)?,
    }
    Ok(Outcome::Fine)
}

/// The process to draw: as named, or named like its file, or the only one.
fn pick<'f>(file: &'f File, path: &Path, named: Option<&'f str>) -> Result<&'f str> {
    let all = bp_diagram::names(file);
    if let Some(named) = named {
        return match all.contains(&named) {
            true => Ok(named),
            false => {
                let hint = names::hint(named, all);
                Err(Failure::call(format!("{} has no process `{named}`{hint}", shown(path))))
            }
        };
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match (all.iter().find(|name| **name == stem), all.as_slice()) {
        (Some(name), _) | (None, [name]) => Ok(name),
        (None, []) => Err(Failure::call(format!("{} has no process to draw", shown(path)))),
        (None, several) => {
            let names = several.join(", ");
            Err(Failure::call(format!("say which process to draw, by --process: {names}")))
        }
    }
}
