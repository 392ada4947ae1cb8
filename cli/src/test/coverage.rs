//! What tests have reached, and what they have not.
//!
//! The machine notes which instructions it runs; an instruction knows its place, and what a test can reach is a stretch of
//! the text. So a part is reached when code within it has run. Where a part has no code – an empty block, a value that
//! is only handed on – there is nothing to tell, and it does not count.

use super::parts::{Kind, parts};
use super::tested::{Place, Report};
use crate::terminal::Paint;
use bp_bytecode::Program;
use bp_bytecode::index::PlaceId;
use bp_vm::Coverage;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// How many parts of a kind are listed for people.
const LISTED_MAX: usize = 20;

/// The places of code, and whether tests came there, of all programs that were tested.
#[derive(Default)]
pub struct Reached {
    /// By the path of the source, then by the first and the last byte.
    code: HashMap<String, BTreeMap<(u32, u32), bool>>,
    /// By the path of the decision's source, then by the decision's first byte and the row's place.
    rows: HashMap<String, BTreeMap<(u32, RowPlace), Row>>,
}

/// The path, line and column of a row.
type RowPlace = (String, u32, u32);

struct Row {
    decision: String,
    reached: bool,
}

/// A part of a file, and whether a test reached it.
struct Found {
    kind: Kind,
    name: String,
    place: Place,
    reached: bool,
}

/// What tests reached of a file.
pub struct Covered {
    path: String,
    found: Vec<Found>,
}

impl Reached {
    /// Adds what ran of a program.
    pub fn add(&mut self, program: &Program, coverage: &Coverage) {
        let path = |place: PlaceId| {
            let place = &program.places[place.index()];
            (place, program.sources[place.source.index()].path.as_str())
        };
        for (id, ran) in coverage.code(program) {
            let (place, path) = path(id);
            let of_file = match self.code.get_mut(path) {
                Some(of_file) => of_file,
                None => self.code.entry(path.to_owned()).or_default(),
            };
            *of_file.entry((place.start, place.end)).or_default() |= ran;
        }
        for (decision, id, fit) in coverage.rows(program) {
            let decision = &program.decisions[decision.index()];
            let name = &program.texts[decision.name.index()];
            let (of, path_of) = path(decision.place);
            let (place, path) = path(id);
            let row = (of.start, (path.to_owned(), place.line, place.column));
            let row = self.rows.entry(path_of.to_owned()).or_default().entry(row).or_insert_with(|| Row {
                // Programs that use its module say that in front of the name.
                decision: name.rsplit('.').next().unwrap_or(name).to_owned(),
                reached: false,
            });
            row.reached |= fit;
        }
    }

    /// Adds what ran of the programs of another file.
    pub fn join(&mut self, other: Reached) {
        for (path, places) in other.code {
            let of_file = self.code.entry(path).or_default();
            places.into_iter().for_each(|(place, ran)| *of_file.entry(place).or_default() |= ran);
        }
        for (path, rows) in other.rows {
            let of_file = self.rows.entry(path).or_default();
            for (place, row) in rows {
                let reached = row.reached;
                of_file.entry(place).or_insert(row).reached |= reached;
            }
        }
    }

    /// Whether code within a stretch of a file has run; `None` where there is none.
    fn ran(&self, path: &str, start: u32, end: u32) -> Option<bool> {
        let within = self.code.get(path)?.range((start, 0)..(end, 0)).filter(|((_, last), _)| *last <= end);
        within.map(|(_, ran)| *ran).reduce(|any, ran| any | ran)
    }

    /// What tests reached of a file.
    pub fn of(&self, report: &Report) -> Covered {
        let mut found = Vec::new();
        for part in parts(&report.text) {
            if let Some(reached) = self.ran(&report.path, part.code.start, part.code.end) {
                let before = &report.text[..part.at as usize];
                let line_start = before.rfind('\n').map_or(0, |end| end + 1);
                let place = Place {
                    path: report.path.clone(),
                    line: before.matches('\n').count() as u32 + 1,
                    column: before[line_start..].chars().count() as u32 + 1,
                };
                found.push(Found { kind: part.kind, name: part.name, place, reached });
            }
        }
        let rows = self.rows.get(&report.path).into_iter().flatten();
        found.extend(rows.map(|((_, (path, line, column)), row)| {
            let place = Place { path: path.clone(), line: *line, column: *column };
            Found { kind: Kind::Row, name: row.decision.clone(), place, reached: row.reached }
        }));
        Covered { path: report.path.clone(), found }
    }
}

/// `7 of 8, 88 %`, rounded down, so that only everything is 100 %.
fn share(reached: usize, all: usize) -> String {
    format!("{reached} of {all}, {} %", (reached * 100).checked_div(all).unwrap_or(100))
}

impl Covered {
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(move |found| found.kind == kind)
    }

    pub fn counts(&self) -> (usize, usize) {
        (self.found.iter().filter(|found| found.reached).count(), self.found.len())
    }

    pub fn human(&self, paint: Paint) -> String {
        let (reached, all) = self.counts();
        let mut out = format!("{}  {}\n", paint.bold(&self.path), share(reached, all));
        for kind in Kind::ALL {
            let count = self.of_kind(kind).count();
            let missed: Vec<&Found> = self.of_kind(kind).filter(|found| !found.reached).collect();
            if count == 0 {
                continue;
            }
            let _ = writeln!(out, "  {}: {}", kind.names(), share(count - missed.len(), count));
            for found in missed.iter().take(LISTED_MAX) {
                let _ = writeln!(out, "    {}  {}", found.place, paint.red(&found.name));
            }
            if missed.len() > LISTED_MAX {
                let _ = writeln!(out, "    and {} more", missed.len() - LISTED_MAX);
            }
        }
        out
    }

    pub fn machine(&self) -> Json {
        let (reached, all) = self.counts();
        let counts = |(reached, all): (usize, usize)| json!({ "reached": reached, "of": all });
        let kinds = Kind::ALL.into_iter().map(|kind| {
            let reached = self.of_kind(kind).filter(|found| found.reached).count();
            (kind.names().to_owned(), counts((reached, self.of_kind(kind).count())))
        });
        let missed = self.found.iter().filter(|found| !found.reached).map(|found| {
            let Place { path, line, column } = &found.place;
            json!({
                "kind": found.kind.name(),
                "name": found.name,
                "place": { "path": path, "line": line, "column": column },
            })
        });
        json!({
            "file": self.path,
            "reached": reached,
            "of": all,
            "kinds": kinds.collect::<serde_json::Map<_, _>>(),
            "missed": missed.collect::<Vec<_>>(),
        })
    }
}

/// All files together.
pub fn total(files: &[Covered], paint: Paint) -> String {
    let (reached, all) = files.iter().map(Covered::counts).fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    format!("{}  {}\n", paint.bold("reached by tests"), share(reached, all))
}
