//! What tests came to.

use super::story::Story;
use bp_bytecode::Program;
use bp_bytecode::index::PlaceId;
use bp_compiler::Compiled;
use std::time::Duration;

/// What a test came to.
pub struct Tested {
    pub title: String,
    /// `payroll.bp:120:1`
    pub place: Place,
    /// Empty if it passed.
    pub failures: Vec<Miss>,
    /// It ran to its end in native code.
    pub native: bool,
    /// How long it ran.
    pub took: Duration,
    /// Of a test that failed: what the instances did that it started.
    pub stories: Vec<Story>,
}

#[derive(Clone)]
pub struct Place {
    pub path: String,
    pub line: u32,
    pub column: u32,
}

/// Why a test failed: an expectation that did not hold, or a fault that ended it.
pub struct Miss {
    pub place: Place,
    /// The condition as written, or what went wrong.
    pub what: String,
    pub sides: Option<(String, String)>,
    /// The row of a data file that a table-driven test was at.
    pub row: Option<DataRow>,
    /// The calls that led to a fault.
    pub trace: Option<String>,
}

pub struct DataRow {
    pub path: String,
    pub line: i64,
    pub text: String,
}

/// What came of a file.
pub struct Report {
    pub path: String,
    /// The source.
    pub text: String,
    pub tests: Vec<Tested>,
    /// All compilations with something to tell.
    pub faulty: Vec<Compiled>,
}

impl Tested {
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Place {
    pub fn of(program: &Program, id: PlaceId) -> Place {
        let place = &program.places[id.index()];
        let path = program.sources[place.source.index()].path.clone();
        Place { path, line: place.line, column: place.column }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}
