//! No false alarms: every program of the repository.

use super::findings_of;
use bp_compiler::load::Loader;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules beside a file and of the standard library, data files beside the file.
struct Disk {
    roots: Vec<PathBuf>,
}

impl Loader for Disk {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let file = format!("{}.bp", name.replace('.', "/"));
        let found = self.roots.iter().map(|root| root.join(&file)).find(|path| path.exists());
        let read = |path: PathBuf| fs::read_to_string(&path).map(|text| (path.display().to_string(), text));
        found.map(read).transpose().map_err(|e| e.to_string())
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let folder = Path::new(from).parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(&self.roots[0]);
        let path = folder.join(file);
        fs::read_to_string(&path).map(|text| (path.display().to_string(), text)).map_err(|e| e.to_string())
    }
}

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            programs(&path, found);
        } else if path.extension().is_some_and(|e| e == "bp") {
            found.push(path);
        }
    }
}

#[test]
fn nothing_is_found_in_the_programs_of_the_repository() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["examples", "bench", "stdlib"] {
        programs(&repository.join(folder), &mut found);
    }
    assert!(found.len() >= 10, "{found:?}");
    for path in found {
        let text = fs::read_to_string(&path).expect("a program of the repository");
        let beside = path.parent().expect("a file in a folder").to_owned();
        let loader = Disk { roots: vec![beside, repository.join("stdlib")] };
        let (_, findings) = findings_of(&text, &loader);
        assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
    }
}
