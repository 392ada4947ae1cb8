//! `--output`: a record for each row, with its key, what became of it, and its result.

use super::blocks::Lies;
use super::plan::{Part, unit};
use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{ShapeId, TextId};
use bp_bytecode::program::Process;
use bp_bytecode::shape::{FieldShape, Shape, Unit};
use bp_vm::{Heap, Vm, values};
use serde_json::{Map, Value as Json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A place that records are written to.
pub struct Output {
    sink: Sink,
    path: String,
    key: Vec<Cell>,
    result: Vec<Cell>,
    result_shape: Option<ShapeId>,
    /// The cell at hand.
    buffer: Vec<u8>,
}

enum Sink {
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    Json(Box<dyn Write>),
}

/// A column, and the way to its value.
struct Cell {
    name: String,
    /// For a key: the number of the parameter that it begins at.
    param: usize,
    way: Vec<Way>,
    shape: ShapeId,
}

/// Where a value lies: the fields of a record one behind the other, or the word of anything else.
#[derive(Clone, Copy)]
pub struct Place<'w> {
    pub words: &'w [u64],
    pub record: bool,
}

#[derive(Clone, Copy)]
enum Way {
    Field(usize),
    /// Through an option; where it holds nothing the cell is empty.
    Some,
}

/// Opens a file to write, or standard output for `-`.
pub fn create(path: &Path) -> Result<Box<dyn Write>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    let file = File::create(path).map_err(|error| Failure::file("write", path.display(), &error))?;
    Ok(Box::new(BufWriter::with_capacity(64 * 1024, file)))
}

/// Is it a file of JSON lines, by its ending?
pub fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson" || ending == "json")
}

fn text(program: &Program, id: TextId) -> &str {
    &program.texts[id.index()]
}

impl Output {
    /// Creates the file and writes the header.
    pub fn create(path: &Path, program: &Program, process: &Process, params: &[Part]) -> Result<Output> {
        let result_shape = match &program.shapes[process.outcome.index()] {
            Shape::Variant(outcome) => outcome.cases[0].fields.first().map(|field| field.shape),
            _ => None,
        };
        let mut result = Vec::new();
        if let Some(shape) = result_shape {
            flatten(program, shape, "", &mut Vec::new(), &mut result);
        }
        let mut key = key_cells(program, process, params);
        // Where the result has a column of that name, the key's is named as the program writes it.
        for (cell, written) in key.iter_mut().zip(&process.key_names) {
            if result.iter().any(|column| column.name == cell.name) {
                cell.name = text(program, *written).to_owned();
            }
        }
        let sink = create(path)?;
        let sink = match is_json(path) {
            true => Sink::Json(sink),
            false => Sink::Csv(Box::new(csv::Writer::from_writer(sink))),
        };
        let mut output =
            Output { sink, path: path.display().to_string(), key, result, result_shape, buffer: Vec::new() };
        output.header(program)?;
        Ok(output)
    }

    fn header(&mut self, program: &Program) -> Result<()> {
        let Sink::Csv(writer) = &mut self.sink else { return Ok(()) };
        let headed = |cell: &Cell| match unit(program, &program.shapes[cell.shape.index()]) {
            Some(unit) => format!("{} [{unit}]", cell.name),
            None => cell.name.clone(),
        };
        let keys = self.key.iter().map(|cell| cell.name.clone());
        let header = keys.chain(["outcome".to_owned()]).chain(self.result.iter().map(headed));
        let written = writer.write_record(header);
        written.map_err(|error| self.failure(error.into()))
    }

    /// A row that ran: `outcome` is `done` or says how it failed, `result` is there if it is done.
    pub fn ran(&mut self, vm: &Vm<'_>, args: &[u64], outcome: &str, result: Option<u64>) -> Result<()> {
        let written = self.write_ran(vm, args, outcome, result);
        written.map_err(|error| self.failure(error))
    }

    /// Can it take rows that ran among others, whose records lie nowhere as a whole?
    pub fn takes_words(&self) -> bool {
        matches!(self.sink, Sink::Csv(_))
    }

    /// A row that ran among others and is done: its words with where its parameters lie, and its result.
    pub fn ran_among(&mut self, vm: &Vm<'_>, (row, params): (&[u64], &[Lies]), result: Place<'_>) -> Result<()> {
        let (program, heap) = (vm.program(), vm.heap());
        let Sink::Csv(writer) = &mut self.sink else { return Ok(()) };
        let written = (|| {
            for cell in &self.key {
                let Lies { at, words, record } = params[cell.param];
                cell.read_in(program, heap, Place { words: &row[at..][..words], record }, &mut self.buffer);
                writer.write_field(&self.buffer)?;
            }
            writer.write_field("done")?;
            for cell in &self.result {
                cell.read_in(program, heap, result, &mut self.buffer);
                writer.write_field(&self.buffer)?;
            }
            writer.write_record(None::<&[u8]>)?;
            Ok(())
        })();
        written.map_err(|error: io::Error| self.failure(error))
    }

    fn write_ran(&mut self, vm: &Vm<'_>, args: &[u64], outcome: &str, result: Option<u64>) -> io::Result<()> {
        let (program, heap) = (vm.program(), vm.heap());
        match &mut self.sink {
            Sink::Csv(writer) => {
                for cell in &self.key {
                    cell.read(program, heap, args[cell.param], &mut self.buffer);
                    writer.write_field(&self.buffer)?;
                }
                writer.write_field(outcome)?;
                for cell in &self.result {
                    self.buffer.clear();
                    if let Some(result) = result {
                        cell.read(program, heap, result, &mut self.buffer);
                    }
                    writer.write_field(&self.buffer)?;
                }
                writer.write_record(None::<&[u8]>)?;
                Ok(())
            }
            Sink::Json(writer) => {
                let mut object = Map::new();
                for cell in &self.key {
                    cell.read(program, heap, args[cell.param], &mut self.buffer);
                    object.insert(cell.name.clone(), Json::String(String::from_utf8_lossy(&self.buffer).into_owned()));
                }
                object.insert("outcome".to_owned(), Json::String(outcome.to_owned()));
                if let (Some(result), Some(shape)) = (result, self.result_shape) {
                    let value = vm.get_value(shape, result);
                    object.insert("result".to_owned(), border::write_json(program, shape, &value));
                }
                writeln!(writer, "{}", Json::Object(object))
            }
        }
    }

    /// A row that did not run; its key comes as it stood there, by the key's column.
    pub fn rejected(&mut self, key: impl Fn(&str) -> Option<String>, why: &str) -> Result<()> {
        let outcome = format!("rejected: {why}");
        let written = match &mut self.sink {
            Sink::Csv(writer) => (|| {
                for cell in &self.key {
                    writer.write_field(key(cell.column()).unwrap_or_default().as_bytes())?;
                }
                writer.write_field(&outcome)?;
                self.result.iter().try_for_each(|_| writer.write_field(""))?;
                writer.write_record(None::<&[u8]>)?;
                Ok(())
            })(),
            Sink::Json(writer) => {
                let mut object = Map::new();
                for cell in &self.key {
                    let value = key(cell.column()).map_or(Json::Null, Json::String);
                    object.insert(cell.name.clone(), value);
                }
                object.insert("outcome".to_owned(), Json::String(outcome));
                writeln!(writer, "{}", Json::Object(object))
            }
        };
        written.map_err(|error: io::Error| self.failure(error))
    }

    pub fn finish(&mut self) -> Result<()> {
        let flushed = match &mut self.sink {
            Sink::Csv(writer) => writer.flush(),
            Sink::Json(writer) => writer.flush(),
        };
        flushed.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::file("write", &self.path, &error)
    }
}

impl Cell {
    /// The column that a key comes from: `id` of `employee.id`.
    fn column(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// Its value as it is written in a file.
    fn read(&self, program: &Program, heap: &Heap, from: u64, buffer: &mut Vec<u8>) {
        self.follow(program, heap, from, &self.way, buffer);
    }

    /// The same, from words that lie one behind the other.
    fn read_in(&self, program: &Program, heap: &Heap, place: Place<'_>, buffer: &mut Vec<u8>) {
        match (self.way.as_slice(), place) {
            ([Way::Field(at), way @ ..], Place { words, record: true }) => {
                self.follow(program, heap, words[*at], way, buffer);
            }
            (way, Place { words, .. }) => self.follow(program, heap, words[0], way, buffer),
        }
    }

    fn follow(&self, program: &Program, heap: &Heap, from: u64, way: &[Way], buffer: &mut Vec<u8>) {
        buffer.clear();
        let mut slot = from;
        for way in way {
            match way {
                Way::Field(at) => slot = heap.slot(slot, *at),
                Way::Some if slot == 0 => return,
                Way::Some => slot = heap.slot(slot, 0),
            }
        }
        write_slot(program, heap, self.shape, slot, buffer);
    }
}

/// A slot as a cell. Numbers and texts, nearly all that there is, without an allocation.
fn write_slot(program: &Program, heap: &Heap, shape: ShapeId, slot: u64, buffer: &mut Vec<u8>) {
    match &program.shapes[shape.index()] {
        Shape::Number { unit: Unit::Percent, .. } => {
            buffer.extend(border::write_word(program, shape, slot as i64).as_bytes());
        }
        Shape::Number { scale, .. } => write_decimal(slot as i64, *scale, buffer),
        Shape::Text => buffer.extend(heap.text(slot).as_bytes()),
        Shape::Enum(cases) => match cases.cases.get(slot as usize) {
            Some(case) => buffer.extend(text(program, case.outside).as_bytes()),
            None => buffer.extend(slot.to_string().as_bytes()),
        },
        _ => {
            let value = values::value_of(program, heap, shape, slot);
            buffer.extend(border::write_cell(program, shape, &value).as_bytes());
        }
    }
}

/// `value / 10^scale` with all digits of the scale.
fn write_decimal(value: i64, scale: u8, buffer: &mut Vec<u8>) {
    if value < 0 {
        buffer.push(b'-');
    }
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value.unsigned_abs()).as_bytes();
    let scale = usize::from(scale);
    if scale == 0 {
        buffer.extend(digits);
        return;
    }
    if digits.len() > scale {
        buffer.extend(&digits[..digits.len() - scale]);
    } else {
        buffer.push(b'0');
    }
    buffer.push(b'.');
    buffer.extend(std::iter::repeat_n(b'0', scale.saturating_sub(digits.len())));
    buffer.extend(&digits[digits.len().saturating_sub(scale)..]);
}

/// The columns of a value: a record's fields one by one, with dots between the names.
fn flatten(program: &Program, shape: ShapeId, path: &str, way: &mut Vec<Way>, cells: &mut Vec<Cell>) {
    let record = |shape: &Shape| match shape {
        Shape::Record(record) => Some(record.fields.clone()),
        _ => None,
    };
    let mut fields = |fields: Vec<FieldShape>, way: &mut Vec<Way>| {
        for (at, field) in fields.iter().enumerate() {
            let name = text(program, field.outside);
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            way.push(Way::Field(at));
            flatten(program, field.shape, &path, way, cells);
            way.pop();
        }
    };
    let found = &program.shapes[shape.index()];
    if let Some(inner) = record(found) {
        return fields(inner, way);
    }
    if let Shape::Option(inner) = found
        && let Some(inner) = record(&program.shapes[inner.index()])
    {
        way.push(Way::Some);
        fields(inner, way);
        way.pop();
        return;
    }
    let name = if path.is_empty() { "result" } else { path };
    cells.push(Cell { name: name.to_owned(), param: 0, way: way.clone(), shape });
}

/// The columns of a process's key, as far as its parts are parameters or fields of them.
pub fn key_columns<'p>(program: &'p Program, process: &Process) -> Vec<&'p str> {
    let last = |name: &TextId| {
        let name = text(program, *name);
        name.rsplit('.').next().unwrap_or(name)
    };
    process.key_names.iter().map(last).collect()
}

fn key_cells(program: &Program, process: &Process, params: &[Part]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for name in &process.key_names {
        let mut names = text(program, *name).split('.');
        let first = names.next().unwrap_or_default();
        let Some(param) = process.params.iter().position(|param| text(program, param.name) == first) else { continue };
        let (mut shape, mut outside) = (params[param].shape, text(program, process.params[param].outside));
        let mut way = Vec::new();
        let mut known = true;
        for name in names {
            let found = match &program.shapes[shape.index()] {
                Shape::Record(record) => {
                    record.fields.iter().position(|field| text(program, field.name) == name).map(|at| (at, record))
                }
                _ => None,
            };
            let Some((at, record)) = found else {
                known = false;
                break;
            };
            way.push(Way::Field(at));
            (shape, outside) = (record.fields[at].shape, text(program, record.fields[at].outside));
        }
        if known {
            cells.push(Cell { name: outside.to_owned(), param, way, shape });
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_all_their_digits() {
        for (value, scale) in [(0, 0), (0, 2), (5, 2), (-5, 2), (123, 2), (-12345, 2), (99, 2), (100, 3), (i64::MIN, 4)]
        {
            let mut buffer = Vec::new();
            write_decimal(value, scale, &mut buffer);
            assert_eq!(String::from_utf8(buffer).unwrap(), border::decimal_text(i128::from(value), scale));
        }
    }
}
