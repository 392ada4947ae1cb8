//! Documents of a program in the store: how they are written, changed and found.

use bp_bytecode::index::{EntityId, QueryId};
use bp_bytecode::op::Cmp;
use bp_bytecode::value::Value;
use serde_json::Value as Json;

use super::{HostWorld, codec, model, text};
use crate::documents::{Op, Query};
use crate::error::{Error, Refused, Result};

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

    pub(super) fn find_documents(&mut self, query: QueryId, values: &[Value], limit: Option<u64>) -> Result<Vec<i64>> {
        let program = self.program;
        let asked = program.queries.get(query.index());
        let asked = asked.ok_or(Error::Refused(Refused::Misuse("the program has no such query")))?;
        let Some(entity) = program.entities.get(asked.entity.index()) else { return Ok(Vec::new()) };
        let fields = model::fields(program, entity);
        let outside = |field: u16| fields.get(usize::from(field)).map_or("", |field| text(program, field.outside));
        self.with_documents(|names| {
            let mut query = Query::new();
            for ((field, compares), value) in asked.conditions.iter().zip(values) {
                let Some(shape) = fields.get(usize::from(*field)).map(|field| field.shape) else { continue };
                let op = match compares {
                    Cmp::Eq => Op::Eq,
                    Cmp::Ne => Op::Ne,
                    Cmp::Lt => Op::Lt,
                    Cmp::Le => Op::Le,
                    Cmp::Gt => Op::Gt,
                    Cmp::Ge => Op::Ge,
                };
                query = query.filter(outside(*field), op, codec::key(program, shape, value, names)?);
            }
            for (field, descending) in &asked.order {
                query = query.order_by(outside(*field), *descending);
            }
            query.limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
            names.documents.find(text(program, entity.name), &query)
        })
    }
}
