//! `bp man`: manual pages.

use crate::args::{Args, ManArgs};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::terminal::Terminal;
use clap::{Command, CommandFactory};
use std::fs;

pub fn man(args: &ManArgs, terminal: &Terminal) -> Result<Outcome> {
    let mut command = Args::command();
    // The verbs learn that they belong to `bp`, and of its options.
    command.build();
    if let Some(folder) = &args.all {
        fs::create_dir_all(folder).map_err(|error| Failure::file("write", folder.display(), &error))?;
        for page in [&command].into_iter().chain(verbs(&command)) {
            let path = folder.join(format!("{}.1", title(page)));
            fs::write(&path, drawn(page)?).map_err(|error| Failure::file("write", path.display(), &error))?;
        }
        return Ok(Outcome::Fine);
    }
    let page = match &args.verb {
        None => &command,
        Some(verb) => verbs(&command).find(|known| known.get_name() == verb).ok_or_else(|| {
            let known: Vec<&str> = verbs(&command).map(Command::get_name).collect();
            Failure::call(format!("there is no verb `{verb}`{}", names::hint(verb, known)))
        })?,
    };
    terminal.print(&drawn(page)?)?;
    Ok(Outcome::Fine)
}

fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| verb.get_name() != "help")
}

/// `bp` or `bp-run`
fn title(page: &Command) -> &str {
    page.get_display_name().unwrap_or(page.get_name())
}

fn drawn(page: &Command) -> Result<String> {
    let mut bytes = Vec::new();
    let man = clap_mangen::Man::new(page.clone()).source(concat!("bp ", env!("CARGO_PKG_VERSION")));
    man.render(&mut bytes).map_err(|error| Failure::outside(format!("cannot write the page: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
