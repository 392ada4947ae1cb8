//! `bp new`: a project to begin with.

use crate::args::NewArgs;
use crate::failure::{Failure, Outcome, Result};
use crate::terminal::Terminal;
use std::path::Path;
use std::{fs, io};

/// The files of a project and what is in them; `NAME` in `bp.toml` is the project's.
const FILES: [(&str, &str); 6] = [
    ("bp.toml", include_str!("../template/bp.toml")),
    ("invoice.bp", include_str!("../template/invoice.bp")),
    ("invoice_test.bp", include_str!("../template/invoice_test.bp")),
    ("orders.csv", include_str!("../template/orders.csv")),
    ("ci.sh", include_str!("../template/ci.sh")),
    (".gitignore", include_str!("../template/gitignore")),
];

pub fn new(args: &NewArgs, terminal: &Terminal) -> Result<Outcome> {
    let folder = args.name.as_path();
    let shown = folder.display();
    let absolute = std::path::absolute(folder).map_err(|error| Failure::file("find", &shown, &error))?;
    let name = absolute.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(fits) {
        return Err(Failure::call(format!(
            "`{name}` cannot be a project's name; it has letters, digits, `-` and `_`, and begins with a letter"
        )));
    }
    refuse_used(folder)?;
    let failed = |path: &Path, error: io::Error| Failure::file("write", path.display(), &error);
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (file, text) in FILES {
        let path = folder.join(file);
        let text = if file == "bp.toml" { text.replace("NAME", name) } else { text.to_owned() };
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    let script = folder.join("ci.sh");
    make_executable(&script).map_err(|error| failed(&script, error))?;
    terminal.say(&format!(
        "{} {name} in {shown}; go on with\n\n  cd {shown}\n  bp test\n  bp run invoice.bp --input orders.csv",
        terminal.err.green("made"),
    ));
    Ok(Outcome::Fine)
}

/// Nothing that is there is written over.
fn refuse_used(folder: &Path) -> Result<()> {
    let shown = folder.display();
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Ok(true) => Err(Failure::call(format!("{shown} is there already, and not empty"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Failure::call(format!("{shown} is no folder")))
        }
        Err(error) => Err(Failure::file("read", shown, &error)),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = fs::metadata(path)?.permissions();
    // Who may read it may run it.
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
