//! Finding documents: a query, the plan that answers it, and the answer.
//!
//! A plan takes one index, and of it one stretch for each combination of values that the query names; what the stretch
//! does not decide is checked document by document. Every answer has a stated order: as asked, then by reference, which is the order of making. So the
//! index that was taken can never be seen.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::documents::{Documents, EntitySpec, Key, named};
use crate::error::{Refused, Result};
use crate::ledger::chart::damaged;
use crate::store::Param;

/// How many rows are read at a time.
const PAGE: i64 = 512;
/// The most combinations of `in` values that are looked up one by one; beyond them `in` is checked like the rest.
const STRETCHES_MAX: usize = 1_000;

/// A comparison. `Lt` and its neighbours never hold for a field without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// One of several values.
    In,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// A path such as `terms.due`, or [`STATE`](crate::documents::STATE).
    pub field: String,
    pub op: Op,
    /// One value, or any number for [`Op::In`], in their order.
    pub values: Vec<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: String,
    pub descending: bool,
}

/// What is looked for: documents for which all conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub conditions: Vec<Condition>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
}

impl Query {
    pub fn new() -> Query {
        Query::default()
    }

    pub fn filter(mut self, field: &str, op: Op, value: Key) -> Query {
        self.conditions.push(Condition { field: field.to_owned(), op, values: vec![value] });
        self
    }

    pub fn one_of(mut self, field: &str, mut values: Vec<Key>) -> Query {
        values.sort_unstable();
        values.dedup();
        self.conditions.push(Condition { field: field.to_owned(), op: Op::In, values });
        self
    }

    pub fn order_by(mut self, field: &str, descending: bool) -> Query {
        self.order.push(Order { field: field.to_owned(), descending });
        self
    }

    pub fn limit(self, limit: usize) -> Query {
        Query { limit: Some(limit), ..self }
    }
}

/// How a query is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    entity: String,
    access: Access,
    /// The conditions that the access decides, and those that are checked for each document.
    decided: Vec<Condition>,
    checked: Vec<Condition>,
    /// Do documents come in the order that was asked for?
    ordered: bool,
    descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Access {
    /// All documents, in the order of their making.
    All,
    /// The one of that name.
    Name(String),
    /// Stretches of an index, each from its first key to before its last.
    Index { name: String, stretches: Vec<(Vec<u8>, Vec<u8>)> },
}

impl Plan {
    fn rank(&self) -> (bool, usize, bool) {
        (matches!(self.access, Access::Name(_)), self.decided.len(), self.ordered)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::In => "in",
        };
        let values: Vec<String> = self.values.iter().map(Key::to_string).collect();
        write!(out, "{} {op} {}", self.field, values.join(", "))
    }
}

/// `Invoice by index customer_due, where customer == "C1"; checks paid > 0; sorts`
impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.entity)?;
        match &self.access {
            Access::All => write!(out, ", all")?,
            Access::Name(_) => write!(out, " by name")?,
            Access::Index { name, .. } => write!(out, " by index {name}")?,
        }
        let list = |out: &mut fmt::Formatter<'_>, word: &str, conditions: &[Condition]| {
            let texts: Vec<String> = conditions.iter().map(Condition::to_string).collect();
            if texts.is_empty() { Ok(()) } else { write!(out, "{word} {}", texts.join(" and ")) }
        };
        list(out, ", where", &self.decided)?;
        list(out, "; checks", &self.checked)?;
        if self.ordered { Ok(()) } else { write!(out, "; sorts") }
    }
}

/// How a query is answered: the access that decides the most conditions, and among those one that needs no sorting.
pub fn plan(spec: &EntitySpec, query: &Query) -> Result<Plan> {
    let mut best = all_of(spec, query);
    let by_indexes = spec.indexes.iter().filter_map(|index| by_index(spec, index, query));
    for plan in by_name(spec, query)?.into_iter().chain(by_indexes) {
        if plan.rank() > best.rank() {
            best = plan;
        }
    }
    Ok(best)
}

fn all_of(spec: &EntitySpec, query: &Query) -> Plan {
    Plan {
        entity: spec.name.clone(),
        access: Access::All,
        decided: Vec::new(),
        checked: query.conditions.clone(),
        ordered: query.order.is_empty(),
        descending: false,
    }
}

/// Where every part of the key is asked for by `==`.
fn by_name(spec: &EntitySpec, query: &Query) -> Result<Option<Plan>> {
    let mut data = Map::new();
    let mut decided = Vec::new();
    for field in &spec.key {
        let of_field = |condition: &&Condition| condition.field == *field && condition.op == Op::Eq;
        let Some(condition) = query.conditions.iter().find(of_field) else { return Ok(None) };
        let value = match condition.values.first() {
            Some(Key::Text(text)) => Json::from(text.as_str()),
            // The name has a number as the document has it, whose digits the query need not know.
            _ => return Ok(None),
        };
        if field.contains('.') {
            return Ok(None);
        }
        data.insert(field.clone(), value);
        decided.push(condition.clone());
    }
    let Some(name) = spec.id_of(&data)? else { return Ok(None) };
    let checked = query.conditions.iter().filter(|condition| !decided.contains(condition)).cloned().collect();
    let entity = spec.name.clone();
    Ok(Some(Plan { entity, access: Access::Name(name), decided, checked, ordered: true, descending: false }))
}

/// After every byte that a key can begin with.
const END: u8 = 0xff;
/// Before every value there is, behind "nothing".
const FIRST_VALUE: u8 = 0x02;

fn by_index(spec: &EntitySpec, index: &super::IndexSpec, query: &Query) -> Option<Plan> {
    let mut prefixes: Vec<Vec<u8>> = vec![Vec::new()];
    let mut decided: Vec<Condition> = Vec::new();
    let mut fixed = 0;
    for field in &index.fields {
        let of_field = |condition: &&Condition| condition.field == *field && matches!(condition.op, Op::Eq | Op::In);
        let Some(condition) = query.conditions.iter().find(of_field) else { break };
        let values = &condition.values;
        if prefixes.len().saturating_mul(values.len()) > STRETCHES_MAX {
            break;
        }
        let extend = |prefix: &Vec<u8>, value: &Key| {
            let mut longer = prefix.clone();
            value.write(&mut longer);
            longer
        };
        prefixes = prefixes.iter().flat_map(|prefix| values.iter().map(|value| extend(prefix, value))).collect();
        decided.push(condition.clone());
        fixed += 1;
    }
    let ranged: Vec<&Condition> = match index.fields.get(fixed) {
        Some(field) => {
            let is_range = |op: Op| matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
            query.conditions.iter().filter(|condition| condition.field == *field && is_range(condition.op)).collect()
        }
        None => Vec::new(),
    };
    let covered = fixed + usize::from(!ranged.is_empty());
    // A unique index lacks documents without a value: it serves only where every field is asked for.
    if index.unique && covered < index.fields.len() {
        return None;
    }
    let stretches: Vec<_> = prefixes.iter().map(|prefix| stretch(prefix, &ranged)).collect();
    decided.extend(ranged.into_iter().cloned());
    let (ordered, descending) = in_order(index, fixed, stretches.len(), query);
    if decided.is_empty() && !ordered {
        return None;
    }
    let checked = query.conditions.iter().filter(|condition| !decided.contains(condition)).cloned().collect();
    let access = Access::Index { name: index.name.clone(), stretches };
    Some(Plan { entity: spec.name.clone(), access, decided, checked, ordered, descending })
}

/// The keys that begin with the prefix, and whose next value is within all ranges.
fn stretch(prefix: &[u8], ranged: &[&Condition]) -> (Vec<u8>, Vec<u8>) {
    let with = |tail: &[u8]| [prefix, tail].concat();
    let (mut low, mut high) = (prefix.to_vec(), with(&[END]));
    for condition in ranged {
        let mut value = Vec::new();
        condition.values.iter().for_each(|key| key.write(&mut value));
        let behind = [value.as_slice(), &[END]].concat();
        let (from, to) = match condition.op {
            Op::Lt => (with(&[FIRST_VALUE]), with(&value)),
            Op::Le => (with(&[FIRST_VALUE]), with(&behind)),
            Op::Gt => (with(&behind), with(&[END])),
            _ => (with(&value), with(&[END])),
        };
        low = low.max(from);
        high = high.min(to);
    }
    (low, high)
}

/// Does the index give the order that is asked for, and has it to be read backwards?
fn in_order(index: &super::IndexSpec, fixed: usize, stretches: usize, query: &Query) -> (bool, bool) {
    // What an index holds behind its fields is the reference.
    let free = index.fields.get(fixed..).unwrap_or_default();
    let is_fixed = |order: &&Order| index.fields.iter().take(fixed).any(|field| *field == order.field);
    let asked: Vec<&Order> = query.order.iter().filter(|order| !is_fixed(order)).collect();
    let same = asked.len() == free.len() && asked.iter().zip(free).all(|(order, field)| order.field == *field);
    let descending = asked.first().is_some_and(|order| order.descending);
    let one_way = asked.iter().all(|order| order.descending == descending);
    (stretches <= 1 && same && one_way, descending)
}

impl EntitySpec {
    /// Does a condition hold for a document?
    fn holds(&self, condition: &Condition, (reference, state, data): (i64, &str, &Map<String, Json>)) -> Result<bool> {
        let value = self.value(reference, state, data, &condition.field)?;
        let given = condition.values.first().unwrap_or(&Key::Nothing);
        let there = value != Key::Nothing;
        Ok(match condition.op {
            Op::Eq => value == *given,
            Op::Ne => value != *given,
            Op::Lt => there && value < *given,
            Op::Le => there && value <= *given,
            Op::Gt => there && value > *given,
            Op::Ge => there && value >= *given,
            Op::In => condition.values.binary_search(&value).is_ok(),
        })
    }
}

impl Documents<'_> {
    /// The documents that are looked for, in the order that the query states, then as they were made.
    pub fn find(&mut self, entity: &str, query: &Query) -> Result<Vec<i64>> {
        let spec = self.spec(entity)?.clone();
        let plan = plan(&spec, query)?;
        let limit = query.limit.unwrap_or(usize::MAX);
        // What has to be sorted has to be read to its end.
        let enough = if plan.ordered { limit } else { usize::MAX };
        let mut found: Vec<(Vec<Key>, i64)> = Vec::new();
        self.walk(&spec, &plan, enough, &mut |reference, state, data| {
            let sort_by: Result<Vec<Key>> = match plan.ordered {
                true => Ok(Vec::new()),
                false => query.order.iter().map(|order| spec.value(reference, state, data, &order.field)).collect(),
            };
            found.push((sort_by?, reference));
            Ok(())
        })?;
        if !plan.ordered {
            found.sort_by(|a, b| {
                let mut keys = a.0.iter().zip(&b.0).zip(&query.order);
                let by_key = keys.find_map(|((a, b), order)| {
                    let ordering = if order.descending { b.cmp(a) } else { a.cmp(b) };
                    ordering.is_ne().then_some(ordering)
                });
                by_key.unwrap_or(a.1.cmp(&b.1))
            });
        }
        found.truncate(limit);
        Ok(found.into_iter().map(|(_, reference)| reference).collect())
    }

    /// How many documents are looked for; at most the query's limit.
    pub fn count(&mut self, entity: &str, query: &Query) -> Result<usize> {
        let spec = self.spec(entity)?.clone();
        let plan = plan(&spec, query)?;
        let mut count = 0;
        self.walk(&spec, &plan, query.limit.unwrap_or(usize::MAX), &mut |_, _, _| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// How a query would be answered.
    pub fn plan(&self, entity: &str, query: &Query) -> Result<Plan> {
        plan(self.spec(entity)?, query)
    }

    /// Gives each document of a plan, as the plan orders them, until there are `enough`.
    fn walk(&mut self, spec: &EntitySpec, plan: &Plan, enough: usize, each: Each<'_>) -> Result<()> {
        let mut left = enough;
        let (tenant, entity) = (Param::Int(self.context.tenant.0), Param::Text(&spec.name));
        match &plan.access {
            Access::Name(name) => {
                let reference = named(self.store, self.context.tenant, &spec.name, name)?;
                if let Some(reference) = reference.filter(|_| left > 0) {
                    let document = self.read(&spec.name, reference)?;
                    give(spec, plan, (reference, &document.state, &document.data), &mut left, each)?;
                }
            }
            Access::All => {
                let sql = "SELECT reference, state, data, NULL FROM document
                           WHERE tenant = ?1 AND entity = ?2 AND reference > ?3 ORDER BY reference LIMIT ?4";
                let mut last = 0;
                while left > 0 {
                    let page = self.page(sql, &[tenant, entity, Param::Int(last), Param::Int(PAGE)])?;
                    let Some(row) = page.last() else { break };
                    last = row.reference;
                    give_page(spec, plan, &page, &mut left, each)?;
                }
            }
            Access::Index { name, stretches } => {
                for (low, high) in stretches {
                    let (mut low, mut high, mut last) = (low.clone(), high.clone(), None);
                    while left > 0 {
                        let sql = index_page(plan.descending, last.is_some());
                        let bounds = [Param::Blob(&low), Param::Blob(&high), Param::Int(PAGE)];
                        let mut params = vec![tenant, entity, Param::Text(name)];
                        params.extend(bounds.into_iter().chain(last.map(Param::Int)));
                        let page = self.page(sql, &params)?;
                        let Some(row) = page.last() else { break };
                        last = Some(row.reference);
                        *if plan.descending { &mut high } else { &mut low } = row.key.clone();
                        give_page(spec, plan, &page, &mut left, each)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn page(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<PageRow>> {
        crate::store::all(self.store, sql, params, |row| {
            let data =
                serde_json::from_str(row.text(2)?).map_err(|_| damaged("document", "its data are no JSON object"))?;
            let key = row.blob(3).unwrap_or_default().to_vec();
            Ok(PageRow { reference: row.int(0)?, state: row.text(1)?.to_owned(), data, key })
        })
    }
}

fn give_page(spec: &EntitySpec, plan: &Plan, page: &[PageRow], left: &mut usize, each: Each<'_>) -> Result<()> {
    for row in page {
        if *left == 0 {
            break;
        }
        give(spec, plan, (row.reference, &row.state, &row.data), left, each)?;
    }
    Ok(())
}

/// Gives a document that the access found, if what is left to check holds for it.
fn give(
    spec: &EntitySpec,
    plan: &Plan,
    (reference, state, data): (i64, &str, &Map<String, Json>),
    left: &mut usize,
    each: Each<'_>,
) -> Result<()> {
    for condition in &plan.checked {
        if spec.personal.contains(&condition.field) {
            let place = format!("{}, {}", spec.name, condition.field);
            return Err(Refused::Value { place, why: "nothing is found by a personal value".to_owned() }.into());
        }
        if !spec.holds(condition, (reference, state, data))? {
            return Ok(());
        }
    }
    *left -= 1;
    each(reference, state, data)
}

/// What is done with each document that is found: its reference, its state and its data.
type Each<'a> = &'a mut dyn FnMut(i64, &str, &Map<String, Json>) -> Result<()>;

struct PageRow {
    reference: i64,
    state: String,
    data: Map<String, Json>,
    key: Vec<u8>,
}

/// A page of a stretch of an index: from its beginning, or from behind a row; documents with equal keys as they were made.
fn index_page(descending: bool, goes_on: bool) -> &'static str {
    match (descending, goes_on) {
        (false, false) => {
            "SELECT d.reference, d.state, d.data, k.key FROM document_key k
             JOIN document d ON d.tenant = k.tenant AND d.entity = k.entity AND d.reference = k.reference
             WHERE k.tenant = ?1 AND k.entity = ?2 AND k.name = ?3 AND k.key >= ?4 AND k.key < ?5
             ORDER BY k.key, k.reference LIMIT ?6"
        }
        (false, true) => {
            "SELECT d.reference, d.state, d.data, k.key FROM document_key k
             JOIN document d ON d.tenant = k.tenant AND d.entity = k.entity AND d.reference = k.reference
             WHERE k.tenant = ?1 AND k.entity = ?2 AND k.name = ?3 AND (k.key, k.reference) > (?4, ?7) AND k.key < ?5
             ORDER BY k.key, k.reference LIMIT ?6"
        }
        (true, false) => {
            "SELECT d.reference, d.state, d.data, k.key FROM document_key k
             JOIN document d ON d.tenant = k.tenant AND d.entity = k.entity AND d.reference = k.reference
             WHERE k.tenant = ?1 AND k.entity = ?2 AND k.name = ?3 AND k.key >= ?4 AND k.key < ?5
             ORDER BY k.key DESC, k.reference LIMIT ?6"
        }
        (true, true) => {
            "SELECT d.reference, d.state, d.data, k.key FROM document_key k
             JOIN document d ON d.tenant = k.tenant AND d.entity = k.entity AND d.reference = k.reference
             WHERE k.tenant = ?1 AND k.entity = ?2 AND k.name = ?3 AND k.key >= ?4 AND k.key <= ?5
             AND (k.key < ?5 OR k.reference > ?7)
             ORDER BY k.key DESC, k.reference LIMIT ?6"
        }
    }
}
