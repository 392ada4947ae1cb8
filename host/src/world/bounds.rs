//! Bounds that a program says, and the groups that keep them too.
//!
//! A grouped account of a program says which field of a document leads to its group. The books learn of a combination's
//! groups when its bounds are said, and again when a document on the way is changed.

use bp_bytecode::index::{AccountId, EntityId};
use bp_vm::View;
use serde_json::Value as Json;

use super::{HostWorld, codec::Names, model, text};
use crate::error::{Error, Refused, Result};
use crate::ledger::Warning;

/// Warnings that are kept; of more only how many they were.
const WARNINGS_KEPT: usize = 100;

impl HostWorld<'_> {
    /// How many limits that only warn were passed by the steps that this world ended, and the first hundred of them.
    pub fn warnings(&self) -> (u64, &[Warning]) {
        (self.warned, &self.warnings)
    }

    /// Keeps what the step that has just ended has passed.
    pub(super) fn note_warnings(&mut self) {
        for warning in self.shard.take_warnings() {
            self.warned += 1;
            if self.warnings.len() < WARNINGS_KEPT {
                self.warnings.push(warning);
            }
        }
    }

    /// The values of dimensions, with the bounds of the combination and its groups made known to the books.
    pub(super) fn say_bounds(
        &mut self,
        account: AccountId,
        book: Option<&str>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Result<Vec<String>> {
        let book = self.book(book)?;
        let dims = self.dims(account, dims, view)?;
        let groups = self.groups(account, &dims, 0)?;
        let number = self.account_in(book, account)?;
        let values = as_texts(&dims);
        let groups: Vec<Vec<&str>> = groups.iter().map(|group| as_texts(group)).collect();
        self.with_book(book, |books| {
            books.set_groups(number, &values, &groups)?;
            books.set_bounds(number, &values, bounds)
        })?;
        Ok(dims)
    }

    /// The groups above a combination of dimensions (level 0) or above one of its groups, the nearest first.
    fn groups(&mut self, account: AccountId, dims: &[String], level: usize) -> Result<Vec<Vec<String>>> {
        let program = self.program;
        let Some(declared) = program.accounts.get(account.index()) else { return Ok(Vec::new()) };
        let mut groups = Vec::new();
        let Some(mut name) = dims.first().cloned() else { return Ok(groups) };
        let entities = self.entities_of(account);
        for (group, entity) in declared.groups.iter().zip(entities).skip(level) {
            let fields = program.entities.get(entity.index()).map(|entity| model::fields(program, entity));
            let field = fields.and_then(|fields| fields.get(usize::from(group.field)));
            let outside = field.map_or("", |field| text(program, field.outside));
            name = self.with_documents(|names| {
                let reference = names.reference(entity, &name)?;
                let of = names.entity(entity).to_owned();
                match names.documents.read(&of, reference)?.data.get(outside) {
                    Some(Json::String(next)) => Ok(next.clone()),
                    _ => Err(Error::Refused(Refused::Misuse("a document does not say what group it is in"))),
                }
            })?;
            let mut values = vec![name.clone()];
            values.extend(dims.iter().take(declared.dimensions.len()).skip(1).cloned());
            values.push(text(program, group.name).to_owned());
            groups.push(values);
        }
        Ok(groups)
    }

    /// The entities whose documents lead from one group of an account to the next: first that of its first dimension.
    fn entities_of(&self, account: AccountId) -> Vec<EntityId> {
        let program = self.program;
        let Some(declared) = program.accounts.get(account.index()) else { return Vec::new() };
        let mut at = declared.dimensions.first().and_then(|(_, shape)| model::document(program, *shape));
        let mut entities = Vec::new();
        for group in &declared.groups {
            let Some(entity) = at else { break };
            entities.push(entity);
            let fields = program.entities.get(entity.index()).map(|entity| model::fields(program, entity));
            let field = fields.and_then(|fields| fields.get(usize::from(group.field)));
            at = field.and_then(|field| model::document(program, field.shape));
        }
        entities
    }

    /// The fields of an entity's documents that say what group they are in, by account and level.
    pub(super) fn grouping_fields(&self, entity: EntityId) -> Vec<(AccountId, usize, u16)> {
        let mut fields = Vec::new();
        for (number, account) in self.program.accounts.iter().enumerate().filter(|(_, a)| !a.groups.is_empty()) {
            let account_id = AccountId(number as u16);
            for (level, (of, group)) in self.entities_of(account_id).into_iter().zip(&account.groups).enumerate() {
                if of == entity {
                    fields.push((account_id, level, group.field));
                }
            }
        }
        fields
    }

    /// Moves what stands under a document of a level to the group that it says it is in now.
    pub(super) fn regroup(&mut self, account: AccountId, level: usize, name: &str) -> Result<()> {
        let declared = self.program.accounts.get(account.index());
        let Some(declared) = declared else { return Ok(()) };
        let has = declared.dimensions.len();
        let label = level.checked_sub(1).and_then(|level| declared.groups.get(level));
        let label = label.map(|group| text(self.program, group.name).to_owned());
        let here = |dims: &&Vec<String>| {
            dims.first().is_some_and(|first| first == name) && dims.get(has).map(String::as_str) == label.as_deref()
        };
        let books: Vec<_> = self.shard.books(self.context.tenant)?.into_iter().map(|info| info.spec.name).collect();
        for book in books {
            // A book that the program has no accounts in gets none for this.
            let Some(id) = self.shard.book(self.context.tenant, &book)?.filter(|id| self.charts.contains_key(id))
            else {
                continue;
            };
            let number = self.account_in(id, account)?;
            let known = self.with_book(id, |books| books.combinations(number))?;
            for dims in known.iter().filter(here) {
                let groups = self.groups(account, dims, level)?;
                let groups: Vec<Vec<&str>> = groups.iter().map(|group| as_texts(group)).collect();
                self.with_book(id, |books| books.set_groups(number, &as_texts(dims), &groups))?;
            }
        }
        Ok(())
    }
}

fn as_texts(dims: &[String]) -> Vec<&str> {
    dims.iter().map(String::as_str).collect()
}
