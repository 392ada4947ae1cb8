//! `--lines`: a list field that is filled from a second file, read side by side with the rows.
//!
//! Both files are sorted by the joined column, so that one pass over each is enough, and memory holds the lines of one
//! row. Numbers, dates and the like go by their value, texts by code points.

use super::input::{Row, Rows, Source};
use super::input_csv::CsvRows;
use super::machine::{Machine, Reject};
use super::plan::{From, Layout, Part, Planner};
use super::sets::Sets;
use crate::failure::{Failure, Result};
use crate::names;
use crate::project::shown;
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::Shape;
use bp_vm::World;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::path::PathBuf;

/// `lines=order_lines.csv:order=number`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub field: String,
    pub file: PathBuf,
    pub column: String,
    /// The rows' column, if it is named.
    pub main: Option<String>,
}

impl Spec {
    pub fn read(arg: &str) -> Result<Spec> {
        let wrong =
            || Failure::call(format!("--lines {arg}: write FIELD=FILE:COLUMN, or FIELD=FILE:COLUMN=MAIN_COLUMN"));
        let (field, rest) = arg.split_once('=').ok_or_else(wrong)?;
        // The last colon: the path of a file may have one, the name of a column has none.
        let (file, columns) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let (column, main) = match columns.split_once('=') {
            Some((column, main)) => (column, Some(main.trim().to_owned())),
            None => (columns, None),
        };
        if [field, file, column].iter().any(|part| part.trim().is_empty()) || main.as_deref() == Some("") {
            return Err(wrong());
        }
        let (field, column) = (field.trim().to_owned(), column.trim().to_owned());
        Ok(Spec { field, file: PathBuf::from(file), column, main })
    }
}

/// A second file, at the lines of the row at hand.
pub struct Join {
    rows: CsvRows,
    parts: Vec<Part>,
    column: usize,
    main: Main,
    /// The name of the rows' column, and where the rows come from.
    main_name: String,
    main_path: String,
    order: Order,
    /// The key of the line at hand; `None` behind the last line.
    ahead: Option<Key>,
    /// The key of the row at hand.
    wanted: Option<Key>,
    /// Keys are compared in place: this one is filled and swapped in.
    spare: Key,
    pub read: u64,
    /// Lines that belong to no row, and what is said of the first of them.
    pub orphans: u64,
    pub told: Vec<String>,
    /// Why the row at hand cannot have its lines.
    refused: Option<Reject>,
    /// What ended the lines in the middle of a row.
    broken: Option<Failure>,
}

/// Where the key of a row stands.
enum Main {
    Column(usize),
    Property(String),
}

/// How keys are ordered.
#[derive(Clone, Copy)]
enum Order {
    Word(ShapeId),
    Text,
}

/// A key as it came, and what it is compared by: numbers are equal however they are written.
#[derive(Clone, Debug, Default)]
struct Key {
    shown: String,
    word: i64,
    /// Empty where the word says it all.
    text: String,
}

impl Key {
    fn normal(&self) -> (i64, &str) {
        (self.word, &self.text)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.normal() == other.normal()
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.normal().cmp(&other.normal()))
    }
}

impl Join {
    /// Opens the second file at its first line.
    ///
    /// `key_columns` are the columns that the process's key is made of.
    pub fn open(spec: &Spec, program: &Program, params: &[Part], rows: &Rows, key_columns: &[&str]) -> Result<Join> {
        let lines = CsvRows::new(Source::open(&spec.file)?)?;
        let file = shown(&spec.file);
        let list = find(params, &|part| part.name == spec.field).map(|part| part.shape);
        let element = match list.map(|list| &program.shapes[list.index()]) {
            Some(Shape::List(element)) if matches!(program.shapes[element.index()], Shape::Record(_)) => *element,
            _ => return Err(Failure::call(format!("--lines {}: it is not a list of records", spec.field))),
        };
        let mut none = Sets::read(&[])?;
        let layout = Layout::Columns { path: lines.path(), columns: lines.columns() };
        let parts = Planner::new(program, layout, &mut none, &[]).element(element)?;
        let Some(column) = lines.columns().iter().position(|column| column.name == spec.column) else {
            let known = lines.columns().iter().map(|column| column.name.as_str());
            let hint = names::hint(&spec.column, known);
            return Err(Failure::call(format!("--lines: {file} has no column `{}`{hint}", spec.column)));
        };
        let (main, main_name) = main_column(spec, rows, key_columns)?;
        let typed = match &main {
            Main::Column(at) => find(params, &|part| matches!(part.from, From::Column(column) if column == *at)),
            Main::Property(name) => find(params, &|part| part.name == *name),
        };
        let order = match typed.map(|part| (part.shape, &program.shapes[part.shape.index()])) {
            Some((
                shape,
                Shape::Number { .. } | Shape::Date | Shape::DateTime | Shape::Time | Shape::Month | Shape::Duration,
            )) => Order::Word(shape),
            _ => Order::Text,
        };
        let main_path = rows.path().to_owned();
        let mut join = Join {
            rows: lines,
            parts,
            column,
            main,
            main_name,
            main_path,
            order,
            ahead: Some(Key { word: i64::MIN, ..Key::default() }),
            wanted: None,
            spare: Key::default(),
            read: 0,
            orphans: 0,
            told: Vec::new(),
            refused: None,
            broken: None,
        };
        join.advance(program)?;
        Ok(join)
    }

    /// Goes to the next line whose key can be read.
    fn advance(&mut self, program: &Program) -> Result<()> {
        while self.rows.advance()? {
            self.read += 1;
            let Some(cell) = self.rows.raw_cell(self.column) else {
                self.orphan("its key cannot be read");
                continue;
            };
            if let Err(why) = self.order.read(program, cell, &mut self.spare) {
                let why = format!("column {}: {why}", self.rows.columns()[self.column].name);
                self.orphan(&why);
                continue;
            }
            let ahead = self.ahead.get_or_insert_default();
            if self.spare < *ahead {
                return Err(Failure::found(format!(
                    "{}:{}: `{}` comes after `{}`; the lines have to be sorted by column `{}`{}",
                    self.rows.path(),
                    self.rows.line(),
                    self.spare.shown,
                    ahead.shown,
                    self.rows.columns()[self.column].name,
                    self.order.told(),
                )));
            }
            std::mem::swap(&mut self.spare, ahead);
            return Ok(());
        }
        self.ahead = None;
        Ok(())
    }

    fn orphan(&mut self, why: &str) {
        self.orphans += 1;
        if self.told.len() < super::TOLD_MAX {
            self.told.push(format!("{}:{}: {why}", self.rows.path(), self.rows.line()));
        }
    }

    /// A row comes: passes the lines that belong to none.
    pub fn seek(&mut self, program: &Program, rows: &Rows) -> Result<()> {
        let mut key = Key::default();
        let read = match (&self.main, rows) {
            (Main::Column(column), Rows::Csv(rows)) => rows.raw_cell(*column).map(|cell| cell.to_owned()),
            (Main::Property(name), Rows::Json(rows)) => match rows.row().ok().and_then(|row| row.object.get(name)) {
                Some(Json::String(text)) => Some(text.clone()),
                Some(Json::Number(number)) => Some(number.to_string()),
                _ => None,
            },
            _ => None,
        };
        let read = match read {
            Some(cell) => self.order.read(program, &cell, &mut key),
            None => Err("it cannot be read".to_owned()),
        };
        if let Err(why) = read {
            self.refused = Some(format!("column {}: {why}", self.main_name));
            return Ok(());
        }
        if let Some(before) = &self.wanted {
            if key < *before {
                return Err(Failure::found(format!(
                    "{}:{}: `{}` comes after `{}`; for --lines the rows have to be sorted by column `{}`{}",
                    self.main_path,
                    rows.line(),
                    key.shown,
                    before.shown,
                    self.main_name,
                    self.order.told(),
                )));
            }
            if key == *before {
                self.refused =
                    Some(format!("column {}: an earlier row with `{}` has the lines", self.main_name, key.shown));
                return Ok(());
            }
        }
        self.refused = None;
        while self.ahead.as_ref().is_some_and(|ahead| *ahead < key) {
            self.orphan_of_key();
            self.advance(program)?;
        }
        self.wanted = Some(key);
        Ok(())
    }

    fn orphan_of_key(&mut self) {
        let key = self.ahead.as_ref().map_or(String::new(), |ahead| ahead.shown.clone());
        self.orphan(&format!("no row has the {} `{key}`", self.main_name));
    }

    /// The lines of the row at hand as a list.
    pub fn take<W: World>(&mut self, machine: &mut Machine<'_, '_, W>) -> std::result::Result<u64, Reject> {
        if let Some(why) = &self.refused {
            return Err(why.clone());
        }
        let mut elements = Vec::new();
        while self.is_wanted() {
            let row = self.rows.row().map(Row::Csv);
            let element = row.and_then(|row| machine.record(&self.parts, row, &mut []));
            let place = || format!("{}:{}", self.rows.path(), self.rows.line());
            elements.push(element.map_err(|why| format!("{}: {why}", place()))?);
            if let Err(failure) = self.advance(machine.program) {
                let why = failure.message.clone();
                self.broken = Some(failure);
                return Err(why);
            }
        }
        machine.vm.put_list(&elements).map_err(|kind| kind.to_string())
    }

    fn is_wanted(&self) -> bool {
        self.ahead.is_some() && self.ahead == self.wanted
    }

    /// The row is through: passes what is left of its lines.
    ///
    /// # Errors
    /// Lines that are not sorted or cannot be read.
    pub fn leave(&mut self, program: &Program) -> Result<()> {
        if let Some(failure) = self.broken.take() {
            return Err(failure);
        }
        while self.refused.is_none() && self.is_wanted() {
            self.advance(program)?;
        }
        Ok(())
    }

    /// All rows are through: what is left belongs to none.
    pub fn finish(&mut self, program: &Program) -> Result<()> {
        while self.ahead.is_some() {
            self.orphan_of_key();
            self.advance(program)?;
        }
        Ok(())
    }
}

impl Order {
    fn read(self, program: &Program, cell: &str, key: &mut Key) -> std::result::Result<(), String> {
        let cell = cell.trim();
        key.text.clear();
        key.word = 0;
        match self {
            Order::Word(shape) => {
                key.word = border::read_word(program, shape, cell).map_err(|error| error.to_string())?;
            }
            Order::Text => key.text.push_str(cell),
        }
        key.shown.clear();
        key.shown.push_str(cell);
        Ok(())
    }

    fn told(self) -> &'static str {
        match self {
            Order::Word(_) => "",
            Order::Text => " (as text: `10` before `9`)",
        }
    }
}

/// The rows' column: as named, or of the same name, or the process's key.
fn main_column(spec: &Spec, rows: &Rows, key_columns: &[&str]) -> Result<(Main, String)> {
    match rows {
        Rows::Csv(rows) => {
            let position = |name: &str| rows.columns().iter().position(|column| column.name == name);
            let found = match &spec.main {
                Some(main) => position(main).map(|at| (at, main.as_str())),
                None => std::iter::once(spec.column.as_str())
                    .chain(key_columns.iter().copied())
                    .find_map(|name| position(name).map(|at| (at, name))),
            };
            let Some((at, name)) = found else {
                let given = spec.main.as_deref().unwrap_or(&spec.column);
                let known = rows.columns().iter().map(|column| column.name.as_str());
                let hint = names::hint(given, known);
                let path = rows.path();
                return Err(Failure::call(format!(
                    "--lines {}: {path} has no column `{given}` to join by{hint}",
                    spec.field
                )));
            };
            Ok((Main::Column(at), name.to_owned()))
        }
        _ => {
            let name = spec.main.as_deref().or(key_columns.first().copied()).unwrap_or(&spec.column);
            Ok((Main::Property(name.to_owned()), name.to_owned()))
        }
    }
}

/// The first part that fits, inner ones too.
pub fn find<'p>(parts: &'p [Part], fits: &dyn Fn(&Part) -> bool) -> Option<&'p Part> {
    parts.iter().find_map(|part| {
        if fits(part) {
            return Some(part);
        }
        match &part.from {
            From::Parts(inner) => find(inner, fits),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_taken_apart() {
        let spec = Spec::read("lines=c:/data/order_lines.csv:order=number").unwrap();
        assert_eq!(spec.field, "lines");
        assert_eq!(spec.file, PathBuf::from("c:/data/order_lines.csv"));
        assert_eq!((spec.column.as_str(), spec.main.as_deref()), ("order", Some("number")));
        assert_eq!(Spec::read("lines=a.csv:order").unwrap().main, None);
        for wrong in ["lines", "lines=a.csv", "=a.csv:x", "lines=a.csv:", "lines=a.csv:x="] {
            assert!(Spec::read(wrong).is_err(), "{wrong}");
        }
    }
}
