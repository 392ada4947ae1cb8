//! Creating and changing documents. Nothing deletes one.

use serde_json::{Map, Value as Json, json};

use crate::TenantId;
use crate::documents::spec::at_path;
use crate::documents::{Document, Documents, EntitySpec, IndexSpec, STATE, named};
use crate::error::{Refused, Result};
use crate::store::{Store, first, params};

impl Documents<'_> {
    /// Creates a document and gives its reference. Its name is the values of its key, or the reference.
    ///
    /// Errors if a document of that name, or with the same values of a unique index, exists; and if what it refers to
    /// does not exist.
    pub fn create(&mut self, entity: &str, data: &Map<String, Json>) -> Result<i64> {
        let spec = self.spec(entity)?.clone();
        let tenant = self.context.tenant;
        let reference = self.next_reference(entity)?;
        let id = spec.id_of(data)?.unwrap_or_else(|| reference.to_string());
        if self.named(entity, &id)?.is_some() {
            return Err(Refused::DuplicateKey { entity: entity.to_owned(), key: id }.into());
        }
        self.references_exist(&spec, data)?;
        let open = self.set_apart(&spec, (reference, &id), data)?;
        let state = spec.state(&open, &spec.first_state);
        for index in &spec.indexes {
            insert_key(self.store, tenant, &spec, index, (reference, state, &open))?;
        }
        let text = Json::Object(open.clone()).to_string();
        let sql = "INSERT INTO document (tenant, entity, reference, id, schema_version, state, version, data)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)";
        self.store.execute(sql, params![tenant.0, entity, reference, &id, spec.schema_version, state, &text])?;
        let mut after = shown(&spec, data);
        if !spec.first_state.is_empty() {
            after.insert(STATE.to_owned(), Json::from(spec.first_state.as_str()));
        }
        self.remember(entity, reference, 1, &Map::new(), &after)?;
        Ok(reference)
    }

    /// Gives fields of a document new values, and with `state` takes it to another state; its new version. What is the
    /// same as before is no change: if all is, the version stays.
    ///
    /// Errors if the document is not there or not of the `expected` version, if the entity's life has no such
    /// transition, if the key would change, and as [`Documents::create`] does.
    pub fn change(
        &mut self,
        entity: &str,
        reference: i64,
        fields: &Map<String, Json>,
        state: Option<&str>,
        expected: Option<i64>,
    ) -> Result<i64> {
        let spec = self.spec(entity)?.clone();
        let old = self.read(entity, reference)?;
        if let Some(expected) = expected.filter(|expected| *expected != old.version) {
            let (entity, id, found) = (entity.to_owned(), old.id, old.version);
            return Err(Refused::OtherVersion { entity, id, expected, found }.into());
        }
        let mut data = old.data.clone();
        data.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        let state = spec.state(&data, state.unwrap_or(&old.state));
        let known = |(from, to): &(String, String)| *from == old.state && to == state;
        if state != old.state && spec.state_field.is_none() && !spec.transitions.iter().any(known) {
            let (from, to) = (old.state.clone(), state.to_owned());
            return Err(Refused::NoTransition { entity: entity.to_owned(), id: old.id, from, to }.into());
        }
        if spec.id_of(&data)?.is_some_and(|new| new != old.id) {
            let place = format!("{entity} `{}`", old.id);
            return Err(Refused::Value { place, why: "a key never changes".to_owned() }.into());
        }
        let changed = |(name, value): &(&String, &Json)| old.data.get(*name) != Some(*value);
        let names: Vec<&String> = data.iter().filter(changed).map(|(name, _)| name).collect();
        if names.is_empty() && state == old.state && old.schema_version == spec.schema_version {
            return Ok(old.version);
        }
        self.references_exist(&spec, &data)?;
        self.rewrite(&spec, &old, &data, state)?;
        let pick = |from: &Map<String, Json>, of_state: &str| {
            let some = names.iter().filter_map(|name| Some(((*name).clone(), from.get(*name)?.clone())));
            let mut picked = shown(&spec, &some.collect());
            if state != old.state && spec.state_field.is_none() {
                picked.insert(STATE.to_owned(), Json::from(of_state));
            }
            picked
        };
        let (before, after) = (pick(&old.data, &old.state), pick(&data, state));
        self.remember(entity, reference, old.version + 1, &before, &after)?;
        Ok(old.version + 1)
    }

    /// Puts the new data in the place of the old, and moves the index keys that differ.
    fn rewrite(&mut self, spec: &EntitySpec, old: &Document, data: &Map<String, Json>, state: &str) -> Result<()> {
        let (tenant, reference) = (self.context.tenant, old.reference);
        let open = self.set_apart(spec, (reference, &old.id), data)?;
        for index in &spec.indexes {
            let before = spec.index_key(index, (reference, &old.state, &old.data))?;
            if before == spec.index_key(index, (reference, state, &open))? {
                continue;
            }
            if let Some(before) = before {
                let sql = "DELETE FROM document_key
                           WHERE tenant = ?1 AND entity = ?2 AND name = ?3 AND key = ?4 AND reference = ?5";
                self.store.execute(sql, params![tenant.0, &spec.name, &index.name, before.as_slice(), reference])?;
            }
            insert_key(self.store, tenant, spec, index, (reference, state, &open))?;
        }
        let text = Json::Object(open).to_string();
        let sql = "UPDATE document SET schema_version = ?4, state = ?5, version = ?6, data = ?7
                   WHERE tenant = ?1 AND entity = ?2 AND reference = ?3";
        let row = params![tenant.0, &spec.name, reference, spec.schema_version, state, old.version + 1, &text];
        self.store.execute(sql, row)?;
        Ok(())
    }

    fn next_reference(&mut self, entity: &str) -> Result<i64> {
        let last = match self.last.get(entity) {
            Some(last) => *last,
            None => {
                let sql = "SELECT coalesce(max(reference), 0) FROM document WHERE tenant = ?1 AND entity = ?2";
                first(self.store, sql, params![self.context.tenant.0, entity], |row| Ok(row.int(0)?))?.unwrap_or(0)
            }
        };
        // A step that is taken back leaves a gap: references count nothing.
        self.last.insert(entity.to_owned(), last + 1);
        Ok(last + 1)
    }

    fn references_exist(&mut self, spec: &EntitySpec, data: &Map<String, Json>) -> Result<()> {
        for (field, target) in &spec.references {
            let id = match at_path(data, field) {
                None | Some(Json::Null) => continue,
                Some(Json::String(id)) => id.clone(),
                Some(other) => other.to_string(),
            };
            if named(self.store, self.context.tenant, target, &id)?.is_none() {
                let (entity, field, target) = (spec.name.clone(), field.clone(), target.clone());
                return Err(Refused::Dangling { entity, field, target, id }.into());
            }
        }
        Ok(())
    }

    /// Writes the personal fields to their own table; the rest of the data.
    fn set_apart(
        &mut self,
        spec: &EntitySpec,
        (reference, id): (i64, &str),
        data: &Map<String, Json>,
    ) -> Result<Map<String, Json>> {
        let mut open = data.clone();
        for field in &spec.personal {
            let Some(value) = open.shift_remove(field) else { continue };
            let subject = format!("{}/{id}", spec.name);
            let sql = "INSERT INTO document_personal (tenant, entity, reference, field, subject, value)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                       ON CONFLICT (tenant, entity, reference, field) DO UPDATE SET value = excluded.value";
            let value = value.to_string();
            let row = params![self.context.tenant.0, &spec.name, reference, field, &subject, &value];
            self.store.execute(sql, row)?;
        }
        Ok(open)
    }

    fn remember(
        &mut self,
        entity: &str,
        reference: i64,
        version: i64,
        before: &Map<String, Json>,
        after: &Map<String, Json>,
    ) -> Result<()> {
        let text = |map: &Map<String, Json>| Json::Object(map.clone()).to_string();
        let sql = "INSERT INTO document_change
                   (tenant, entity, reference, version, at, author, step, instance, before, after)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let context = self.context;
        let (author, step, instance) = (&context.author, &context.step, &context.instance);
        let (before, after) = (&text(before), &text(after));
        let row =
            params![context.tenant.0, entity, reference, version, context.now, author, step, instance, before, after];
        self.store.execute(sql, row)?;
        Ok(())
    }
}

/// What the history may show of fields.
fn shown(spec: &EntitySpec, fields: &Map<String, Json>) -> Map<String, Json> {
    let shown = |(name, value): (&String, &Json)| match spec.personal.contains(name) {
        true => (name.clone(), json!({ "personal": true })),
        false => (name.clone(), value.clone()),
    };
    fields.iter().map(shown).collect()
}

/// Adds a document to an index.
pub(crate) fn insert_key(
    store: &mut dyn Store,
    tenant: TenantId,
    spec: &EntitySpec,
    index: &IndexSpec,
    (reference, state, data): (i64, &str, &Map<String, Json>),
) -> Result<()> {
    let Some(key) = spec.index_key(index, (reference, state, data))? else { return Ok(()) };
    if index.unique {
        let sql = "SELECT reference FROM document_key WHERE tenant = ?1 AND entity = ?2 AND name = ?3 AND key = ?4";
        let row = params![tenant.0, &spec.name, &index.name, key.as_slice()];
        if first(store, sql, row, |_| Ok(()))?.is_some() {
            let values: Result<Vec<String>> =
                index.fields.iter().map(|field| Ok(spec.value(reference, state, data, field)?.to_string())).collect();
            return Err(Refused::DuplicateKey { entity: spec.name.clone(), key: values?.join(", ") }.into());
        }
    }
    let sql = "INSERT INTO document_key (tenant, entity, name, key, reference) VALUES (?1, ?2, ?3, ?4, ?5)";
    store.execute(sql, params![tenant.0, &spec.name, &index.name, key.as_slice(), reference])?;
    Ok(())
}
