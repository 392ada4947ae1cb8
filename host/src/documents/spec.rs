//! What the store knows about an entity: its key, its indexes, what it refers to, how its states go on.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::documents::key::{FieldKind, Key};
use crate::error::{Refused, Result};
use crate::ledger::chart::damaged;
use crate::store::{Store, all, params};
use crate::{Error, TenantId};

/// The name by which queries and indexes speak of a document's state.
pub const STATE: &str = "state";

/// An entity, as a program declares it. Fields go by the names that they have outside, nested ones by paths: `terms.due`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitySpec {
    /// With its module: `finance.receivable.Invoice`.
    pub name: String,
    /// One more with each change of its fields.
    pub schema_version: i64,
    /// The fields of the first level.
    pub fields: Vec<String>,
    /// The fields whose values are a document's name for people, and never change; empty where its reference is.
    pub key: Vec<String>,
    pub indexes: Vec<IndexSpec>,
    /// How the fields compare that keys, indexes and queries speak of. A field that is missing here compares as a text.
    pub kinds: Vec<(String, FieldKind)>,
    /// Fields that name documents, and of which entity.
    pub references: Vec<(String, String)>,
    /// Fields of the first level that are kept apart.
    pub personal: Vec<String>,
    /// The field of the first level with the state, where the state is a field.
    pub state_field: Option<String>,
    /// The state that a document begins in, where the state is no field; empty where there are no states.
    pub first_state: String,
    /// Which state may follow which.
    pub transitions: Vec<(String, String)>,
    /// Fields of the first level, and names that they have in documents of earlier schema versions.
    #[serde(default)]
    pub renamed: Vec<(String, String)>,
    /// Fields of the first level that documents of earlier schema versions lack, and what they are there.
    #[serde(default)]
    pub defaults: Vec<(String, Json)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSpec {
    /// Distinct within the entity.
    pub name: String,
    pub fields: Vec<String>,
    /// May no two documents have the same values? Documents that lack one of them do not count.
    pub unique: bool,
}

impl EntitySpec {
    /// An entity whose documents go by their references, without indexes.
    pub fn new(name: &str) -> EntitySpec {
        EntitySpec {
            name: name.to_owned(),
            schema_version: 1,
            fields: Vec::new(),
            key: Vec::new(),
            indexes: Vec::new(),
            kinds: Vec::new(),
            references: Vec::new(),
            personal: Vec::new(),
            state_field: None,
            first_state: String::new(),
            transitions: Vec::new(),
            renamed: Vec::new(),
            defaults: Vec::new(),
        }
    }

    /// A field that had another name.
    pub fn was(mut self, field: &str, old: &str) -> EntitySpec {
        self.renamed.push((field.to_owned(), old.to_owned()));
        self
    }

    /// A field that documents of before lack.
    pub fn lacked(mut self, field: &str, default: Json) -> EntitySpec {
        self.defaults.push((field.to_owned(), default));
        self
    }

    /// The name that a field of an older specification has now.
    fn name_now(&self, field: &str) -> String {
        self.renamed.iter().find(|(_, was)| was == field).map_or(field, |(now, _)| now).to_owned()
    }

    /// The fields that an older specification does not know.
    pub fn new_fields(&self, old: &EntitySpec) -> Vec<String> {
        let known: Vec<String> = old.fields.iter().map(|field| self.name_now(field)).collect();
        self.fields.iter().filter(|field| !known.contains(field)).cloned().collect()
    }

    /// Knows what documents lack that are older still than an older specification.
    pub fn remember_defaults(&mut self, old: &EntitySpec) {
        let known = old.defaults.iter().map(|(field, default)| (self.name_now(field), default.clone()));
        self.defaults = known.filter(|(field, _)| self.fields.contains(field)).collect();
    }

    /// Knows the names of before that an older specification knew: documents that nobody has changed since still have
    /// them.
    pub fn remember_names(&mut self, old: &EntitySpec) {
        for (field, name) in &old.renamed {
            // What was renamed before has perhaps been renamed again.
            let now = self.renamed.iter().find(|(_, was)| was == field).map_or(field, |(now, _)| now).clone();
            let known = self.renamed.iter().any(|(_, was)| was == name);
            if self.fields.contains(&now) && !self.fields.contains(name) && !known {
                self.renamed.push((now, name.clone()));
            }
        }
    }

    /// Data under the names that fields have now, with those that are new.
    pub(crate) fn lift(&self, data: &mut Map<String, Json>) {
        for (field, was) in &self.renamed {
            if let Some(value) = data.shift_remove(was)
                && !data.contains_key(field)
            {
                data.insert(field.clone(), value);
            }
        }
        for (field, default) in &self.defaults {
            if !data.contains_key(field) {
                data.insert(field.clone(), default.clone());
            }
        }
    }

    /// What documents have at a path that lack its first field.
    fn default_at(&self, path: &str) -> Option<&Json> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let (_, default) = self.defaults.iter().find(|(field, _)| field == first)?;
        rest.into_iter().flat_map(|rest| rest.split('.')).try_fold(default, |value, part| value.get(part))
    }

    pub fn key(self, fields: &[&str]) -> EntitySpec {
        EntitySpec { key: owned(fields), ..self }
    }

    pub fn index(mut self, name: &str, fields: &[&str]) -> EntitySpec {
        self.indexes.push(IndexSpec { name: name.to_owned(), fields: owned(fields), unique: false });
        self
    }

    pub fn unique(mut self, name: &str, fields: &[&str]) -> EntitySpec {
        self.indexes.push(IndexSpec { name: name.to_owned(), fields: owned(fields), unique: true });
        self
    }

    pub fn kind(mut self, field: &str, kind: FieldKind) -> EntitySpec {
        self.kinds.push((field.to_owned(), kind));
        self
    }

    pub fn refers(mut self, field: &str, entity: &str) -> EntitySpec {
        self.references.push((field.to_owned(), entity.to_owned()));
        self
    }

    pub fn personal(mut self, field: &str) -> EntitySpec {
        self.personal.push(field.to_owned());
        self
    }

    /// The state is a field, whose changes the program watches over.
    pub fn state_in(self, field: &str) -> EntitySpec {
        EntitySpec { state_field: Some(field.to_owned()), ..self }
    }

    pub fn states(mut self, first: &str, transitions: &[(&str, &str)]) -> EntitySpec {
        self.first_state = first.to_owned();
        self.transitions = transitions.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        self
    }

    pub fn kind_of(&self, field: &str) -> &FieldKind {
        self.kinds.iter().find(|(name, _)| name == field).map_or(&FieldKind::Text, |(_, kind)| kind)
    }

    /// The value of a field, to be compared.
    pub(crate) fn value(&self, reference: i64, state: &str, data: &Map<String, Json>, field: &str) -> Result<Key> {
        if field == STATE && !self.first_state.is_empty() {
            return Ok(Key::text(state));
        }
        let before = || self.renamed.iter().filter(|(now, _)| now == field).find_map(|(_, was)| data.get(was));
        let lacked =
            || Some(field).filter(|field| !data.contains_key(first_part(field))).and_then(|f| self.default_at(f));
        let value = at_path(data, field).or_else(before).or_else(lacked).unwrap_or(&Json::Null);
        Key::of_json(self.kind_of(field), value).ok_or_else(|| {
            let place = format!("{} {reference}, {field}", self.name);
            Refused::Value { place, why: format!("`{value}` cannot be compared") }.into()
        })
    }

    /// The bytes of an index's key. `None` if one of the values is missing and the index is unique.
    pub(crate) fn index_key(
        &self,
        index: &IndexSpec,
        (reference, state, data): (i64, &str, &Map<String, Json>),
    ) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        for field in &index.fields {
            let key = self.value(reference, state, data, field)?;
            if index.unique && key == Key::Nothing {
                return Ok(None);
            }
            key.write(&mut bytes);
        }
        Ok(Some(bytes))
    }

    /// The state of a document with these data, if it is a field, else the one that is given.
    pub(crate) fn state<'a>(&'a self, data: &'a Map<String, Json>, given: &'a str) -> &'a str {
        match &self.state_field {
            Some(field) => {
                data.get(field).or_else(|| self.default_at(field)).and_then(Json::as_str).unwrap_or_default()
            }
            None => given,
        }
    }

    /// The name of a document with these data: the key's values, parted by `/`.
    pub(crate) fn id_of(&self, data: &Map<String, Json>) -> Result<Option<String>> {
        let mut parts = Vec::with_capacity(self.key.len());
        for field in &self.key {
            let part = match at_path(data, field) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Number(number)) => number.to_string(),
                Some(Json::Bool(value)) => value.to_string(),
                _ => {
                    let place = format!("{}, {field}", self.name);
                    return Err(Refused::Value { place, why: "a key needs a value".to_owned() }.into());
                }
            };
            parts.push(part);
        }
        Ok(match parts.len() {
            0 => None,
            1 => parts.pop(),
            // A `/` within a part must not look like one between parts.
            _ => {
                Some(parts.iter().map(|part| part.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/"))
            }
        })
    }

    fn sound(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::Refused(Refused::Value { place: self.name.clone(), why }));
        for (number, index) in self.indexes.iter().enumerate() {
            if self.indexes[..number].iter().any(|other| other.name == index.name) {
                return refuse(format!("two indexes are called {}", index.name));
            }
            // The values of an index stand in the open.
            let of_index = |personal: &&String| index.fields.iter().any(|field| first_part(field) == personal.as_str());
            if let Some(field) = self.personal.iter().find(of_index) {
                return refuse(format!("the index {} holds the personal field {field}", index.name));
            }
        }
        match self.key.iter().find(|field| self.personal.iter().any(|personal| first_part(field) == personal)) {
            Some(field) => refuse(format!("the key holds the personal field {field}")),
            None => Ok(()),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn first_part(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// What stands at a path such as `terms.due`.
pub(crate) fn at_path<'a>(data: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    let mut parts = path.split('.');
    let first = data.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

/// The entities of a tenant.
pub(crate) type Entities = HashMap<String, EntitySpec>;

pub(crate) fn load(store: &mut dyn Store, tenant: TenantId) -> Result<Entities> {
    let sql = "SELECT name, spec FROM entity WHERE tenant = ?1 ORDER BY name";
    let specs = all(store, sql, params![tenant.0], |row| {
        let spec = serde_json::from_str(row.text(1)?).map_err(|_| damaged("entity", "a specification is no JSON"))?;
        Ok((row.text(0)?.to_owned(), spec))
    })?;
    Ok(specs.into_iter().collect())
}

/// Adds entities, and brings those that are known up to date: an index that is new is filled, one that is gone is
/// emptied. Errors if an entity is known by a later schema version, or has another key.
pub(crate) fn deploy(store: &mut dyn Store, tenant: TenantId, specs: &[EntitySpec]) -> Result<()> {
    let known = load(store, tenant)?;
    for spec in specs {
        spec.sound()?;
        let old = known.get(&spec.name);
        if let Some(old) = old {
            if old == spec {
                continue;
            }
            if old.schema_version > spec.schema_version {
                let (found, known) = (old.schema_version, spec.schema_version);
                return Err(Refused::NewerDocument { entity: spec.name.clone(), id: "*".into(), found, known }.into());
            }
            if old.key.iter().map(|field| spec.name_now(field)).ne(spec.key.iter().cloned()) {
                let why = format!("its key is {}", old.key.join(", "));
                return Err(Refused::Value { place: spec.name.clone(), why }.into());
            }
        }
        write(store, tenant, spec)?;
        if let Some(old) = old {
            reindex(store, tenant, old, spec)?;
        }
    }
    Ok(())
}

fn write(store: &mut dyn Store, tenant: TenantId, spec: &EntitySpec) -> Result<()> {
    let json = serde_json::to_string(spec).map_err(|_| Refused::Misuse("an entity cannot be written as JSON"))?;
    let sql = "INSERT INTO entity (tenant, name, schema_version, spec) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (tenant, name) DO UPDATE SET schema_version = excluded.schema_version, spec = excluded.spec";
    store.execute(sql, params![tenant.0, &spec.name, spec.schema_version, &json])?;
    Ok(())
}

fn reindex(store: &mut dyn Store, tenant: TenantId, old: &EntitySpec, new: &EntitySpec) -> Result<()> {
    let kinds = |spec: &EntitySpec, index: &IndexSpec| -> Vec<FieldKind> {
        index.fields.iter().map(|field| spec.kind_of(field).clone()).collect()
    };
    let kept = |index: &&IndexSpec| old.indexes.contains(index) && kinds(old, index) == kinds(new, index);
    for index in old.indexes.iter().filter(|index| !new.indexes.iter().filter(kept).any(|new| new == *index)) {
        let sql = "DELETE FROM document_key WHERE tenant = ?1 AND entity = ?2 AND name = ?3";
        store.execute(sql, params![tenant.0, &old.name, &index.name])?;
    }
    let missing: Vec<&IndexSpec> = new.indexes.iter().filter(|index| !kept(index)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let sql = "SELECT reference, state, data FROM document WHERE tenant = ?1 AND entity = ?2 ORDER BY reference";
    let documents = all(store, sql, params![tenant.0, &new.name], |row| {
        let data: Map<String, Json> =
            serde_json::from_str(row.text(2)?).map_err(|_| damaged("document", "its data are no JSON object"))?;
        Ok((row.int(0)?, row.text(1)?.to_owned(), data))
    })?;
    for (reference, state, data) in &documents {
        for index in &missing {
            super::write::insert_key(store, tenant, new, index, (*reference, state, data))?;
        }
    }
    Ok(())
}
