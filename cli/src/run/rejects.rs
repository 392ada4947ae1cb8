//! `--rejects`: the rows that did not run, as they came, with a column that says why.

use super::input::Rows;
use super::output::create;
use crate::failure::{Failure, Result};
use serde_json::{Map, Value as Json};
use std::io::{self, Write};
use std::path::Path;

/// Where rejected rows go, in the format that they came in.
pub struct Rejects {
    sink: Sink,
    path: String,
}

enum Sink {
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    Json(Box<dyn Write>),
}

impl Rejects {
    pub fn create(path: &Path, rows: &Rows) -> Result<Rejects> {
        let sink = create(path)?;
        let mut rejects = Rejects {
            path: path.display().to_string(),
            sink: match rows {
                Rows::Json(_) => Sink::Json(sink),
                // A row is written with as many fields as it has.
                _ => Sink::Csv(Box::new(csv::WriterBuilder::new().flexible(true).from_writer(sink))),
            },
        };
        if let (Sink::Csv(writer), Rows::Csv(rows)) = (&mut rejects.sink, rows) {
            let written = writer.write_record(rows.header().iter().chain([b"why".as_slice()]));
            written.map_err(|error| rejects.failure(error.into()))?;
        }
        Ok(rejects)
    }

    pub fn write(&mut self, rows: &Rows, why: &str) -> Result<()> {
        let written = match (&mut self.sink, rows) {
            (Sink::Csv(writer), Rows::Csv(rows)) => {
                let (width, record) = (rows.header().len(), rows.record());
                // `why` stands in its column however many fields the row has; those too many come behind it.
                let cells = (0..width).map(|at| record.get(at).unwrap_or_default());
                let rest = record.iter().skip(width);
                writer.write_record(cells.chain([why.as_bytes()]).chain(rest)).map_err(io::Error::from)
            }
            (Sink::Json(writer), Rows::Json(rows)) => {
                let mut object = match rows.row() {
                    Ok(row) => row.object.clone(),
                    Err(_) => {
                        let line = String::from_utf8_lossy(rows.bytes()).into_owned();
                        Map::from_iter([("row".to_owned(), Json::String(line))])
                    }
                };
                object.insert("why".to_owned(), Json::String(why.to_owned()));
                writeln!(writer, "{}", Json::Object(object))
            }
            _ => Ok(()),
        };
        written.map_err(|error| self.failure(error))
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
