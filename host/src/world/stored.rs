//! Documents of a program in the store: how they are written and changed.

use bp_bytecode::index::EntityId;
use bp_bytecode::value::Value;
use serde_json::Value as Json;

use super::{HostWorld, codec, model, text};
use crate::error::{Refused, Result};

impl HostWorld<'_> {
    /// A document's fields as the store has them.
    pub(super) fn data(&mut self, entity: EntityId, document: &Value) -> Result<serde_json::Map<String, Json>> {
        let program = self.program;
        let Some(declared) = program.entities.get(entity.index()) else {
            return Err(Refused::Misuse("the program has no such entity").into());
        };
        match self.with_documents(|names| codec::write(program, declared.record, document, names))? {
            Json::Object(data) => Ok(data),
            _ => Err(Refused::Misuse("a document is a record").into()),
        }
    }

    pub(super) fn change_document(&mut self, entity: EntityId, reference: i64, document: &Value) -> Result<()> {
        let name = self.entity_name(entity);
        let data = self.data(entity, document)?;
        let grouping = self.grouping_fields(entity);
        let before = match grouping.is_empty() {
            true => serde_json::Map::new(),
            false => self.with_documents(|names| names.documents.read(name, reference))?.data,
        };
        self.with_documents(|names| names.documents.change(name, reference, &data, None, None).map(|_| ()))?;
        for (account, level, field) in grouping {
            let fields = self.program.entities.get(entity.index()).map(|entity| model::fields(self.program, entity));
            let field = fields.and_then(|fields| fields.get(usize::from(field)));
            let outside = field.map_or("", |field| text(self.program, field.outside));
            if before.get(outside) != data.get(outside) {
                let known = self.name(entity, reference)?;
                self.regroup(account, level, &known)?;
            }
        }
        Ok(())
    }
}
