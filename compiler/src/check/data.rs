//! Data files that a program names: rows of templates and of table-driven tests, read and typed when compiled.

use super::Checker;
use super::names::nearest;
use crate::diagnostics::Problem;
use crate::source::{FileId, Place};
use crate::typed::*;
use crate::types::*;
use bp_bytecode::border::read_cell;
use bp_bytecode::index::{ShapeId, TextId};
use bp_bytecode::program::Program;
use bp_bytecode::shape::{self, CaseShape, EnumShape, Shape};
use bp_bytecode::value::Value;
use bp_grammar::ast::TextLit;
use bp_grammar::span::Span;
use smol_str::SmolStr;
use std::sync::Arc;

/// How many rows of one file are told to be wrong before the rest is left.
const BAD_ROWS_MAX: usize = 20;

impl Checker<'_> {
    /// All rows of the files, as records. What does not fit is told, at its cell.
    pub(crate) fn data_rows(&mut self, record: RecordId, files: &[TextLit]) -> Arc<DataRows> {
        let mut rows = Vec::new();
        for file in files {
            if let Some(id) = self.data_file(file) {
                self.read_rows(record, id, file, &mut rows);
            }
        }
        let data = Arc::new(DataRows { record, rows });
        self.checked.data.push(Arc::clone(&data));
        data
    }

    fn data_file(&mut self, name: &TextLit) -> Option<FileId> {
        let from = self.file();
        if let Some(known) = self.data_files.get(&(from, name.text.clone())) {
            return *known;
        }
        let path = self.sources.get(from).path.clone();
        let found = match self.loader.data(&path, &name.text) {
            Ok((path, text)) => Some(self.sources.add(path, text)),
            Err(reason) => {
                let place = self.place(name.span);
                self.report(Problem::UnreadableFile { place, path: name.text.clone(), reason });
                None
            }
        };
        self.data_files.insert((from, name.text.clone()), found);
        found
    }

    fn read_rows(&mut self, record: RecordId, file: FileId, name: &TextLit, rows: &mut Vec<DataRow>) {
        let text = self.sources.get(file).text.clone();
        let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let skipped = text.len() - body.len();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body.as_bytes());
        let named = self.place(name.span);
        let header = match reader.headers() {
            Ok(header) if header.len() > 1 || !header.as_slice().is_empty() => header.clone(),
            _ => {
                self.report(Problem::EmptyData { place: named, path: name.text.clone() });
                return;
            }
        };
        if let Some(twice) =
            (1..header.len()).find(|at| header.iter().take(*at).any(|h| h.trim() == header[*at].trim()))
        {
            let place = Place { file, span: first_line(&text) };
            self.report(Problem::ColumnTwice { place, named, column: header[twice].trim().into() });
            return;
        }
        let fields = self.checked.records[record.index()].fields.clone();
        let mut columns = Vec::new();
        for field in &fields {
            let column = header.iter().position(|h| h.trim() == field.outside);
            if column.is_none() && !matches!(field.ty, Type::Option(_)) {
                let similar = nearest(&field.outside, header.iter());
                let place = Place { file, span: first_line(&text) };
                let record = self.show(&Type::Record(record));
                self.report(Problem::MissingColumn { place, named, column: field.outside.clone(), record, similar });
                return;
            }
            columns.push(column);
        }
        let mut shapes = Shapes::default();
        let ids: Vec<Option<ShapeId>> = fields.iter().map(|f| shapes.of(self, &f.ty)).collect();
        if let Some(at) = ids.iter().position(Option::is_none) {
            let found = self.show(&fields[at].ty);
            self.report(Problem::NotACell { place: fields[at].place, field: fields[at].name.clone(), found });
            return;
        }
        let mut bad = 0;
        let mut cells = csv::StringRecord::new();
        loop {
            let start = reader.position().byte() as usize + skipped;
            match reader.read_record(&mut cells) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.report(Problem::UnreadableFile {
                        place: named,
                        path: name.text.clone(),
                        reason: error.to_string(),
                    });
                    break;
                }
            }
            let at = row_span(&text, start);
            let place = Place { file, span: at };
            if cells.len() != header.len() {
                let unclosed = cells.iter().any(|cell| cell.contains('\n'));
                self.report(Problem::RowLength { place, expected: header.len(), found: cells.len(), unclosed });
                bad += 1;
            } else {
                let mut values = Vec::new();
                for ((field, column), shape) in fields.iter().zip(&columns).zip(ids.iter().flatten()) {
                    let cell = column.map_or("", |c| &cells[c]);
                    match read_cell(&shapes.program, *shape, cell) {
                        Ok(value) => values.push(constant(&field.ty, &value, self)),
                        Err(error) => {
                            let place = Place { file, span: cell_span(&text, at, cell) };
                            let column = field.outside.clone();
                            let line = self.sources.get(file).line_column(at.start).0;
                            self.report(Problem::BadCell { place, line, column, reason: error.to_string() });
                            bad += 1;
                            break;
                        }
                    }
                }
                if values.len() == fields.len() {
                    rows.push(DataRow { place, values });
                }
            }
            if bad >= BAD_ROWS_MAX {
                break;
            }
        }
    }
}

/// The line that begins at or behind a byte, without its end.
fn row_span(text: &str, from: usize) -> Span {
    let from = from.min(text.len());
    let start = from + text[from..].len() - text[from..].trim_start_matches(['\r', '\n']).len();
    let end = text[start..].find(['\r', '\n']).map_or(text.len(), |n| start + n);
    Span::new(start as u32, end as u32)
}

fn first_line(text: &str) -> Span {
    row_span(text, 0)
}

/// Where a cell stands in its line; the whole line if it cannot be told.
fn cell_span(text: &str, line: Span, cell: &str) -> Span {
    let at = text.get(line.range()).and_then(|l| if cell.is_empty() { None } else { l.find(cell) });
    match at {
        Some(at) => {
            let start = line.start + at as u32;
            Span::new(start, start + cell.len() as u32)
        }
        None => line,
    }
}

/// Just enough of a program for the border to read cells by.
#[derive(Default)]
struct Shapes {
    program: Program,
}

impl Shapes {
    fn text(&mut self, text: &str) -> TextId {
        self.program.texts.push(text.to_owned());
        TextId(self.program.texts.len() as u32 - 1)
    }

    fn unit(&mut self, checker: &Checker, unit: Unit) -> shape::Unit {
        let name = |checker: &Checker, u: UnitId| checker.checked.units[u.index()].name.clone();
        match unit {
            Unit::None => shape::Unit::None,
            Unit::Percent => shape::Unit::Percent,
            Unit::Money(c) => shape::Unit::Money(self.text(c.code())),
            Unit::Quantity(u) => shape::Unit::Quantity(u.map(|u| self.text(&name(checker, u)))),
            Unit::Price(c, u) => {
                shape::Unit::Price { currency: self.text(c.code()), per: u.map(|u| self.text(&name(checker, u))) }
            }
        }
    }

    /// The shape of what one cell can hold; `None` for what takes more than a cell.
    fn of(&mut self, checker: &Checker, ty: &Type) -> Option<ShapeId> {
        let shape = match checker.base(ty) {
            Type::Bool => Shape::Bool,
            Type::Num(num) => Shape::Number { scale: num.scale, unit: self.unit(checker, num.unit) },
            Type::Text => Shape::Text,
            Type::Date => Shape::Date,
            Type::DateTime => Shape::DateTime,
            Type::Time => Shape::Time,
            Type::Month => Shape::Month,
            Type::Duration => Shape::Duration,
            Type::Period => Shape::Period,
            Type::Rounding => Shape::Rounding,
            Type::Enum(id) if !checker.checked.enums[id.index()].has_payload() => {
                let e = &checker.checked.enums[id.index()];
                let name = self.text(&e.name);
                let cases = e
                    .cases
                    .iter()
                    .map(|c| CaseShape { name: self.text(&c.name), outside: self.text(&c.outside), fields: Vec::new() })
                    .collect();
                Shape::Enum(EnumShape { name, cases })
            }
            Type::Option(of) => Shape::Option(self.of(checker, &of)?),
            _ => return None,
        };
        self.program.shapes.push(shape);
        u32::try_from(self.program.shapes.len() - 1).ok().map(ShapeId)
    }
}

/// A value of the border as a value of the checked program.
fn constant(ty: &Type, value: &Value, checker: &Checker) -> Constant {
    match (value, checker.base(ty)) {
        (Value::Text(text), _) => Constant::Text(SmolStr::new(text)),
        (Value::Period { months, days, business_days, seconds }, _) => {
            Constant::Period { months: *months, days: *days, business_days: *business_days, seconds: *seconds }
        }
        (Value::Option(None), _) => Constant::None,
        (Value::Option(Some(inner)), Type::Option(of)) => Constant::Some(Box::new(constant(&of, inner, checker))),
        (Value::Word(word), _) => Constant::Number(i128::from(*word)),
        // A shape of [`Shapes::of`] has no other values.
        _ => Constant::None,
    }
}
