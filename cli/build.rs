//! Lists the pages about codes below `docs/errors`, so that `bp explain` has them wherever it runs.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"));
    let folder = root.join("../docs/errors");
    // A folder counts as changed when something is added or taken away.
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("BP").and_then(|name| name.strip_suffix(".md"));
        if let Some(number) = number.and_then(|number| number.parse::<u16>().ok()) {
            println!("cargo:rerun-if-changed={}", path.display());
            pages.push((number, path));
        }
    }
    pages.sort();
    let mut table = String::from("&[\n");
    for (number, path) in pages {
        writeln!(table, "    ({number}, include_str!({path:?})),").expect("a String takes everything");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(out.join("pages.rs"), table)
}
