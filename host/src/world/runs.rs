//! Runs of processes that have a key: a second start answers with what the first one came to.

use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_vm::World;
use serde_json::{Map, Value as Json};

use super::{HostWorld, codec, text};
use crate::documents::EntitySpec;
use crate::error::{Error, Refused, Result};

/// The entity that keeps them; no program can declare one of this name.
const RUN: &str = "bp.run";

/// What parts the parts of a key in the store, where U+0000 is no part of a text.
const KEY_SEPARATOR: &str = "\u{1f}";

pub(super) fn spec() -> EntitySpec {
    let mut spec = EntitySpec::new(RUN).key(&["process", "key"]);
    spec.fields = ["process", "key", "outcome"].map(str::to_owned).to_vec();
    spec
}

impl HostWorld<'_> {
    /// The outcome that the process's run of this key has had, a value of its outcome's shape.
    pub fn run(&mut self, process: ProcessId, key: &str) -> Result<Option<Value>> {
        let (program, data) = (self.program, self.run_data(process, key)?);
        let Some(declared) = program.processes.get(process.index()) else { return Ok(None) };
        self.with_documents(|names| {
            let Some(id) = names.documents.spec(RUN)?.id_of(&data)? else { return Ok(None) };
            let Some(reference) = names.documents.named(RUN, &id)? else { return Ok(None) };
            let stored = names.documents.read(RUN, reference)?.data;
            let outcome = stored.get("outcome").unwrap_or(&Json::Null);
            codec::read(program, declared.outcome, outcome, names).map(Some)
        })
    }

    /// Keeps what the process's run of this key came to.
    ///
    /// Errors if it is kept already.
    pub fn keep_run(&mut self, process: ProcessId, key: &str, outcome: &Value) -> Result<()> {
        let (program, mut data) = (self.program, self.run_data(process, key)?);
        let declared = program.processes.get(process.index());
        let declared = declared.ok_or(Error::Refused(Refused::Misuse("the program has no such process")))?;
        self.with_documents(|names| {
            data.insert("outcome".to_owned(), codec::write(program, declared.outcome, outcome, names)?);
            names.documents.create(RUN, &data).map(|_| ())
        })?;
        self.call_end(true).map_err(|refusal| Refused::Value { place: RUN.to_owned(), why: refusal.0 }.into())
    }

    fn run_data(&self, process: ProcessId, key: &str) -> Result<Map<String, Json>> {
        let declared = self.program.processes.get(process.index());
        let declared = declared.ok_or(Error::Refused(Refused::Misuse("the program has no such process")))?;
        let mut data = Map::new();
        data.insert("process".to_owned(), Json::from(text(self.program, declared.name)));
        data.insert("key".to_owned(), Json::from(key.replace('\0', KEY_SEPARATOR)));
        Ok(data)
    }
}
