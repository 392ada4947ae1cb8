//! Files that the command changes.

use crate::failure::{Failure, Result};
use std::path::Path;
use std::{fs, io};

/// Writes a file, made where it is not there. Whoever reads it meanwhile, or after a crash, sees what was there or the new
/// text.
pub fn write(path: &Path, text: &str) -> Result<()> {
    // What is no file, such as a pipe, is written into.
    if path.is_file() {
        return replace(path, text);
    }
    fs::write(path, text).map_err(|error| Failure::file("write", path.display(), &error))
}

/// Gives a file another text. Whoever reads it meanwhile, or after a crash, sees the old text or the new one.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let beside = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.{}.new", std::process::id()))
    };
    let replaced = || -> io::Result<()> {
        // A link stays one; what it leads to is changed.
        let target = fs::canonicalize(path)?;
        let about = fs::metadata(&target)?;
        if about.permissions().readonly() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let beside = beside(&target);
        let written = fs::write(&beside, text)
            .and_then(|()| fs::set_permissions(&beside, about.permissions()))
            .and_then(|()| fs::rename(&beside, &target));
        if written.is_err() {
            // The first failure is the one to tell.
            let _ = fs::remove_file(&beside);
        }
        written
    };
    replaced().map_err(|error| Failure::file("write", path.display(), &error))
}
