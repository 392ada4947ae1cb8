//! Benchmarks: each has its own binary in `bin/`, its input here, and the program that it is compared with.
//!
//! A figure is worth something beside another one of the same run: every binary measures its baseline too, checks
//! that both give the expected totals, and prints the ratio.
#![forbid(unsafe_code)]

pub mod by_hand;
pub mod files;
pub mod front;
pub mod payroll;
pub mod rules;

use bp_compiler::load::Loader;
use std::path::{Path, PathBuf};

/// That of the command, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Modules and data files beside the program that is measured, and the standard library.
pub struct Folder(pub PathBuf);

impl Loader for Folder {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let path = self.0.join(name.replace('.', "/")).with_extension("bp");
        let own = std::fs::read_to_string(&path).ok().map(|text| (path.display().to_string(), text));
        Ok(own.or_else(|| bp_stdlib::module(name).map(|(path, text)| (path.to_owned(), text.to_owned()))))
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        std::fs::read_to_string(&path).map(|text| (path.display().to_string(), text)).map_err(|e| e.to_string())
    }
}

/// The middle one of several measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
