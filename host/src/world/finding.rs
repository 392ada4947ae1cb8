//! `find`, as the store is asked.
//!
//! What a query asks of another document is asked of that one's entity first; then those are looked for that refer to one of
//! the documents found. So both questions are answered by the indexes of their own entity.

use bp_bytecode::index::{EntityId, QueryId};
use bp_bytecode::op::Cmp;
use bp_bytecode::value::Value;

use super::codec::Names;
use super::{HostWorld, WithNames, codec, model, text};
use crate::documents::{Key, Op, Query};
use crate::error::{Error, Refused, Result};

/// The path of a field, how it compares, and with what.
type Asked<'a> = (&'a [u16], Cmp, &'a Value);

impl HostWorld<'_> {
    pub(super) fn find_documents(&mut self, query: QueryId, values: &[Value], limit: Option<u64>) -> Result<Vec<i64>> {
        let program = self.program;
        let asked = program.queries.get(query.index());
        let asked = asked.ok_or(Error::Refused(Refused::Misuse("the program has no such query")))?;
        let Some(entity) = program.entities.get(asked.entity.index()) else { return Ok(Vec::new()) };
        let fields = model::fields(program, entity);
        let outside = |field: u16| fields.get(usize::from(field)).map_or("", |field| text(program, field.outside));
        self.with_documents(|names| {
            let conditions = asked.conditions.iter().zip(values);
            let conditions: Vec<Asked<'_>> =
                conditions.map(|((path, compares), value)| (path.as_slice(), *compares, value)).collect();
            let mut query = names.looked_for(asked.entity, &conditions)?;
            for (field, descending) in &asked.order {
                query = query.order_by(outside(*field), *descending);
            }
            query.limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
            names.documents.find(text(program, entity.name), &query)
        })
    }
}

impl WithNames<'_, '_> {
    /// The conditions as the store is asked for them: those on one document beside the one that is looked for together.
    fn looked_for(&mut self, entity: EntityId, conditions: &[Asked<'_>]) -> Result<Query> {
        let program = self.program;
        let fields = program.entities.get(entity.index()).map_or(&[][..], |entity| model::fields(program, entity));
        let mut query = Query::new();
        let mut joined: Vec<u16> = Vec::new();
        for (path, compares, value) in conditions {
            let Some((first, rest)) = path.split_first() else { continue };
            let Some(field) = fields.get(usize::from(*first)) else { continue };
            let outside = text(program, field.outside);
            if rest.is_empty() {
                let value = codec::key(program, field.shape, value, self)?;
                query = query.filter(outside, op(*compares), value);
            } else if let Some(of) = model::document(program, field.shape).filter(|_| !joined.contains(first)) {
                joined.push(*first);
                let same = conditions.iter().filter(|(path, ..)| path.len() > 1 && path.first() == Some(first));
                let inner: Vec<Asked<'_>> =
                    same.map(|(path, compares, value)| (&path[1..], *compares, *value)).collect();
                let asked = self.looked_for(of, &inner)?;
                let name = program.entities.get(of.index()).map_or("", |entity| text(program, entity.name));
                let mut found = Vec::new();
                for reference in self.documents.find(name, &asked)? {
                    found.push(Key::text(self.name(of, reference)?));
                }
                query = query.one_of(outside, found);
            }
        }
        Ok(query)
    }
}

fn op(compares: Cmp) -> Op {
    match compares {
        Cmp::Eq => Op::Eq,
        Cmp::Ne => Op::Ne,
        Cmp::Lt => Op::Lt,
        Cmp::Le => Op::Le,
        Cmp::Gt => Op::Gt,
        Cmp::Ge => Op::Ge,
    }
}
