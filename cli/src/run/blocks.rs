//! Rows of a CSV file in blocks: one thread reads and decodes them, another one runs them.

use super::input_csv::{Column, CsvRow, CsvSource};
use super::plan::{From, Part};
use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;
use csv::ByteRecord;
use std::sync::mpsc::{Receiver, Sender, SyncSender};
use std::time::{Duration, Instant};

/// The most rows of a block.
const ROWS_MAX: usize = 1024;
/// A block ends behind the row that brings it to so many bytes.
const BYTES_MAX: usize = 1 << 20;
/// So many blocks go round: one is read, one is run, and the others wait for whoever is slower.
pub const BLOCKS: usize = 4;
/// A record that has grown larger is given back: a single long row must not make every block large, in bytes.
const RECORD_MAX: usize = 4096;

/// What a word of a row is made of.
pub enum Word {
    /// A cell of a column that is a number, a date, a case: the reading thread decodes it.
    Cell(usize, ShapeId),
    /// A cell whose value lies on the machine's heap, such as a text.
    HeapCell(usize, ShapeId),
    /// The same for every row.
    Fixed(u64),
    HeapValue(ShapeId, Value),
}

/// How rows lie in memory: the parameters of a process one behind the other, a record as its fields.
pub struct Layout {
    pub words: Vec<Word>,
    /// By parameter.
    pub params: Vec<Lies>,
    /// Is there anything on the heap?
    pub heap: bool,
}

/// Where a parameter lies in a row.
#[derive(Clone, Copy)]
pub struct Lies {
    pub at: usize,
    pub words: usize,
    pub record: bool,
}

impl Layout {
    /// `None` where a row of this plan is more than cells and fixed values.
    pub fn of(program: &Program, params: &[Part]) -> Option<Layout> {
        let mut layout = Layout { words: Vec::new(), params: Vec::new(), heap: false };
        for param in params {
            let at = layout.words.len();
            let record = matches!(program.shapes[param.shape.index()], Shape::Record(_));
            match &param.from {
                From::Parts(fields) if record && !param.deep => {
                    let words = fields.iter().map(|field| word(program, field));
                    layout.words.extend(words.collect::<Option<Vec<_>>>()?);
                }
                _ if record => return None,
                _ => layout.words.push(word(program, param)?),
            }
            layout.params.push(Lies { at, words: layout.words.len() - at, record });
        }
        layout.heap = layout.words.iter().any(|word| matches!(word, Word::HeapCell(..) | Word::HeapValue(..)));
        Some(layout)
    }
}

fn word(program: &Program, part: &Part) -> Option<Word> {
    let is_word = program.shapes[part.shape.index()].reg_type(part.shape) == RegType::Word;
    if part.deep {
        return None;
    }
    match &part.from {
        From::Column(column) if is_word => Some(Word::Cell(*column, part.shape)),
        From::Column(column) => Some(Word::HeapCell(*column, part.shape)),
        From::Word(word) => Some(Word::Fixed(*word)),
        From::Value(value) => Some(Word::HeapValue(part.shape, value.clone())),
        From::Nothing => Some(Word::Fixed(0)),
        From::Property { .. } | From::Default(_) | From::Parts(_) | From::Lines(_) => None,
    }
}

/// Some rows of a file.
#[derive(Default)]
pub struct Block {
    records: Vec<ByteRecord>,
    /// How many of the records are rows of this block.
    len: usize,
    /// Row behind row, as [`Layout`] says; what lies on the heap is still 0.
    pub words: Vec<u64>,
    /// By row: has every cell of it been decoded? Else it is for whoever tells why.
    good: Vec<bool>,
    /// How long it took to read it.
    pub took: Duration,
}

impl Block {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn record(&mut self, row: usize) -> &mut ByteRecord {
        &mut self.records[row]
    }

    pub fn is_good(&self, row: usize) -> bool {
        self.good[row]
    }

    /// A cell of a row that is good.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.records[row].get(column).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default()
    }

    /// Reads and decodes the next rows; `false` where there are no more behind them.
    fn read(&mut self, source: &mut CsvSource, program: &Program, layout: &Layout, columns: &[Column]) -> Result<bool> {
        let begun = Instant::now();
        (self.len, self.took) = (0, Duration::ZERO);
        self.words.clear();
        self.good.clear();
        let mut bytes = 0;
        while self.len < ROWS_MAX && bytes < BYTES_MAX {
            if self.records.len() == self.len {
                self.records.push(ByteRecord::new());
            }
            let record = &mut self.records[self.len];
            if record.as_slice().len() > RECORD_MAX {
                *record = ByteRecord::new();
            }
            if !source.read(record)? {
                self.took = begun.elapsed();
                return Ok(false);
            }
            bytes += record.as_slice().len();
            self.len += 1;
            let began = self.words.len();
            let row = CsvRow::of(record, columns);
            let good = row.is_ok_and(|row| decode(program, layout, row, &mut self.words));
            self.words.resize(began + layout.words.len(), 0);
            self.good.push(good);
        }
        self.took = begun.elapsed();
        Ok(true)
    }
}

/// Appends the words of a row; `false` at the first cell that is not of its type.
fn decode(program: &Program, layout: &Layout, row: CsvRow<'_>, words: &mut Vec<u64>) -> bool {
    for word in &layout.words {
        words.push(match word {
            Word::Cell(column, shape) => match border::read_word(program, *shape, row.cell(*column)) {
                Ok(word) => word as u64,
                Err(_) => return false,
            },
            Word::Fixed(word) => *word,
            Word::HeapCell(..) | Word::HeapValue(..) => 0,
        });
    }
    true
}

/// Reads all rows of a source into blocks that come back empty, and sends them on: until there are no more, one cannot
/// be read, or nobody takes them.
pub fn read_all(
    mut source: CsvSource,
    (program, layout, columns): (&Program, &Layout, &[Column]),
    empty: &Receiver<Block>,
    full: &SyncSender<std::result::Result<Block, (Block, Failure)>>,
) {
    while let Ok(mut block) = empty.recv() {
        let read = block.read(&mut source, program, layout, columns);
        let (sent, more) = match read {
            Ok(more) => (full.send(Ok(block)), more),
            // The rows before the one that cannot be read are rows all the same.
            Err(failure) => (full.send(Err((block, failure))), false),
        };
        if sent.is_err() || !more {
            break;
        }
    }
}

/// Sends all blocks that go round on their way.
pub fn begin(empty: &Sender<Block>) {
    for _ in 0..BLOCKS {
        // The reading thread is there for as long as it has the other end.
        let _ = empty.send(Block::default());
    }
}
