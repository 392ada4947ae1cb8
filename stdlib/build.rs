//! Lists the modules below this folder, so that none can be forgotten.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"));
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.trim_end_matches(".bp").replace('/', ".");
        let path = root.join(&file);
        writeln!(table, "    ({name:?}, {:?}, include_str!({path:?})),", format!("stdlib/{file}"))
            .expect("a String takes everything");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(out.join("modules.rs"), table)
}

/// The `.bp` files below a folder, by their path from the root with `/` between the parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    // A folder counts as changed when something is added or taken away.
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            let foreign = name.starts_with('.') || (folder == root && matches!(name, "src" | "target" | "tests"));
            if !foreign {
                collect(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "bp") {
            println!("cargo:rerun-if-changed={}", path.display());
            let inner = path.strip_prefix(root).expect("it lies below the root");
            let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            files.push(parts.join("/"));
        }
    }
    Ok(())
}
