//! Rows of a file of JSON lines: an object a line.

use super::input::{Guard, Meter, Source};
use crate::failure::Result;
use serde_json::{Map, Value as Json};
use std::io::{BufRead, BufReader};

pub struct JsonRows {
    reader: BufReader<Guard>,
    meter: Meter,
    path: String,
    line: u64,
    bytes: Vec<u8>,
    row: std::result::Result<Map<String, Json>, String>,
}

#[derive(Clone, Copy)]
pub struct JsonRow<'r> {
    pub object: &'r Map<String, Json>,
}

impl JsonRows {
    pub fn new(source: Source) -> JsonRows {
        let Source { reader, meter, path, .. } = source;
        let reader = BufReader::with_capacity(64 * 1024, reader);
        JsonRows { reader, meter, path, line: 0, bytes: Vec::new(), row: Ok(Map::new()) }
    }

    /// Blank lines are passed over.
    pub fn advance(&mut self) -> Result<bool> {
        loop {
            self.bytes.clear();
            self.meter.row();
            self.line += 1;
            let read = self.reader.read_until(b'\n', &mut self.bytes);
            let read = read.map_err(|error| self.meter.failure(&self.path, self.line, &error))?;
            if read == 0 {
                return Ok(false);
            }
            if !self.bytes.trim_ascii().is_empty() {
                break;
            }
        }
        self.row = match std::str::from_utf8(&self.bytes) {
            Err(error) => {
                let at = error.valid_up_to();
                Err(format!("byte {} (0x{:02X}) of the line is not UTF-8", at + 1, self.bytes[at]))
            }
            Ok(text) => match serde_json::from_str(text) {
                Ok(Json::Object(object)) => Ok(object),
                Ok(_) => Err("a row is an object such as {\"id\": \"A\", \"salary\": \"12.50\"}".to_owned()),
                Err(error) => Err(format!("not JSON: {error}")),
            },
        };
        Ok(true)
    }

    pub fn row(&self) -> std::result::Result<JsonRow<'_>, String> {
        match &self.row {
            Ok(object) => Ok(JsonRow { object }),
            Err(why) => Err(why.clone()),
        }
    }

    /// The line as it came, without its end.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.trim_ascii_end()
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.meter.read(), self.meter.size)
    }
}
