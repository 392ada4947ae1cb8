//! Documents: stored records with a key, a life and a history.
//!
//! A document is a JSON object under the names that its fields have outside. What a program's shapes say about them is
//! checked where programs meet the store; here counts what [`EntitySpec`] says.

mod find;
mod key;
mod spec;
mod write;

pub use find::{Condition, Op, Order, Plan, Query};
pub use key::{FieldKind, Key};
pub use spec::{EntitySpec, IndexSpec, STATE};

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::TenantId;
use crate::error::{Refused, Result};
use crate::ledger::chart::damaged;
use crate::shard::StepContext;
use crate::store::{Row, Store, all, first, params};
pub(crate) use spec::{Entities, deploy, load};

/// A document as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its number within the entity, from 1, in the order of making.
    pub reference: i64,
    /// Its name for people.
    pub id: String,
    /// The schema version that its data were written under.
    pub schema_version: i64,
    /// Empty where the entity has no states.
    pub state: String,
    /// 1 when created, one more with each change.
    pub version: i64,
    /// All fields, personal ones too.
    pub data: Map<String, Json>,
}

/// One change of a document, its creation being the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The version that it made.
    pub version: i64,
    /// The moment, in seconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    pub author: String,
    pub step: String,
    pub instance: String,
    /// The fields that changed, as they were; of a personal field only that it changed, as `{"personal": true}`. The
    /// state is a field `state` here.
    pub before: Map<String, Json>,
    pub after: Map<String, Json>,
}

/// The documents of a tenant within a step.
pub struct Documents<'a> {
    pub(crate) store: &'a mut dyn Store,
    pub(crate) entities: &'a Entities,
    /// The last reference that was given, by entity.
    pub(crate) last: &'a mut HashMap<String, i64>,
    pub(crate) context: &'a StepContext,
}

impl Documents<'_> {
    /// What was deployed of an entity.
    pub fn spec(&self, entity: &str) -> Result<&EntitySpec> {
        let known = self.entities.get(entity);
        known.ok_or_else(|| Refused::Unknown { what: "entity", name: entity.to_owned() }.into())
    }

    /// The document of that name.
    pub fn named(&mut self, entity: &str, id: &str) -> Result<Option<i64>> {
        named(self.store, self.context.tenant, entity, id)
    }

    /// The name of a document. Errors if there is none of that reference.
    pub fn name(&mut self, entity: &str, reference: i64) -> Result<String> {
        let sql = "SELECT id FROM document WHERE tenant = ?1 AND entity = ?2 AND reference = ?3";
        let params = params![self.context.tenant.0, entity, reference];
        let found = first(self.store, sql, params, |row| Ok(row.text(0)?.to_owned()))?;
        found.ok_or_else(|| Refused::NoDocument { entity: entity.to_owned(), id: reference.to_string() }.into())
    }

    /// A document as it is now, with what the running step changed. Errors if there is none, or if a newer program
    /// wrote it.
    pub fn read(&mut self, entity: &str, reference: i64) -> Result<Document> {
        let known = self.spec(entity)?.schema_version;
        let tenant = self.context.tenant.0;
        let sql = "SELECT reference, id, schema_version, state, version, data FROM document
                   WHERE tenant = ?1 AND entity = ?2 AND reference = ?3";
        let found = first(self.store, sql, params![tenant, entity, reference], read_document)?;
        let none = || Refused::NoDocument { entity: entity.to_owned(), id: reference.to_string() };
        let mut document = found.ok_or_else(none)?;
        if document.schema_version > known {
            let (entity, id, found) = (entity.to_owned(), document.id, document.schema_version);
            return Err(Refused::NewerDocument { entity, id, found, known }.into());
        }
        if !self.spec(entity)?.personal.is_empty() {
            let sql = "SELECT field, value FROM document_personal
                       WHERE tenant = ?1 AND entity = ?2 AND reference = ?3 ORDER BY field";
            let personal = all(self.store, sql, params![tenant, entity, reference], |row| {
                let value = serde_json::from_str(row.text(1)?).map_err(|_| damaged("document_personal", "no JSON"))?;
                Ok((row.text(0)?.to_owned(), value))
            })?;
            document.data.extend(personal);
        }
        self.spec(entity)?.lift(&mut document.data);
        Ok(document)
    }

    /// The document with these values of a unique index. Errors if the entity has no such index.
    pub fn get(&mut self, entity: &str, index: &str, values: &[Key]) -> Result<Option<i64>> {
        let spec = self.spec(entity)?;
        let unique =
            spec.indexes.iter().any(|known| known.name == index && known.unique && known.fields.len() == values.len());
        if !unique {
            return Err(Refused::Unknown { what: "unique index", name: format!("{entity}.{index}") }.into());
        }
        let mut key = Vec::new();
        values.iter().for_each(|value| value.write(&mut key));
        let sql = "SELECT reference FROM document_key WHERE tenant = ?1 AND entity = ?2 AND name = ?3 AND key = ?4";
        let params = params![self.context.tenant.0, entity, index, key.as_slice()];
        first(self.store, sql, params, |row| Ok(row.int(0)?))
    }

    /// What happened to a document, oldest first.
    pub fn history(&mut self, entity: &str, reference: i64) -> Result<Vec<Change>> {
        let sql = "SELECT version, at, author, step, instance, before, after FROM document_change
                   WHERE tenant = ?1 AND entity = ?2 AND reference = ?3 ORDER BY version";
        let object = |text: &str| {
            serde_json::from_str(text).map_err(|_| crate::Error::from(damaged("document_change", "no JSON object")))
        };
        all(self.store, sql, params![self.context.tenant.0, entity, reference], |row| {
            Ok(Change {
                version: row.int(0)?,
                at: row.int(1)?,
                author: row.text(2)?.to_owned(),
                step: row.text(3)?.to_owned(),
                instance: row.text(4)?.to_owned(),
                before: object(row.text(5)?)?,
                after: object(row.text(6)?)?,
            })
        })
    }
}

pub(crate) fn named(store: &mut dyn Store, tenant: TenantId, entity: &str, id: &str) -> Result<Option<i64>> {
    let sql = "SELECT reference FROM document WHERE tenant = ?1 AND entity = ?2 AND id = ?3";
    first(store, sql, params![tenant.0, entity, id], |row| Ok(row.int(0)?))
}

fn read_document(row: &dyn Row) -> Result<Document> {
    let data = serde_json::from_str(row.text(5)?).map_err(|_| damaged("document", "its data are no JSON object"))?;
    Ok(Document {
        reference: row.int(0)?,
        id: row.text(1)?.to_owned(),
        schema_version: row.int(2)?,
        state: row.text(3)?.to_owned(),
        version: row.int(4)?,
        data,
    })
}
