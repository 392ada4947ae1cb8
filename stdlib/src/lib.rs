//! The standard library: modules written in the language, embedded.
//!
//! A module's name is its path below this crate's folder: `finance.chart` is `finance/chart.bp`.

#![forbid(unsafe_code)]

/// Name, path and text of each module, in the order of names.
static MODULES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// A module: its path as people read it (`stdlib/finance/chart.bp`) and its text.
pub fn module(name: &str) -> Option<(&'static str, &'static str)> {
    MODULES.iter().find(|(known, ..)| *known == name).map(|(_, path, text)| (*path, *text))
}

/// The names of all modules.
pub fn modules() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn files(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && !matches!(name.as_str(), "src" | "target" | "tests") {
                files(&path, &format!("{prefix}{name}."), found);
            } else if let Some(module) = name.strip_suffix(".bp") {
                found.push(format!("{prefix}{module}"));
            }
        }
    }

    #[test]
    fn every_module_of_the_folder_is_there_with_its_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        files(root, "", &mut found);
        found.sort();
        assert!(found.contains(&"finance.chart".to_owned()));
        let mut known: Vec<&str> = super::modules().collect();
        known.sort_unstable();
        assert_eq!(known, found);
        for name in known {
            let (path, text) = super::module(name).unwrap();
            let inside = path.strip_prefix("stdlib/").unwrap();
            assert_eq!(fs::read_to_string(root.join(inside)).unwrap(), text, "{path}");
        }
        assert_eq!(super::module("finance.nothing"), None);
    }
}
