//! What a program declares, as the store has to know it.

use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{EntityId, ShapeId, TextId};
use bp_bytecode::program::{self, Entity};
use bp_bytecode::shape::{FieldShape, Shape, Unit};

use crate::documents::{EntitySpec, FieldKind, IndexSpec};
use crate::error::{Refused, Result};
use crate::ledger::{AccountId, AccountKind, AccountSpec, Limit, Mode, Period, Side};
use crate::shard::Shard;
use crate::world::lifting;
use crate::{BookId, TenantId};

/// Makes a program's accounts and entities known to a tenant and a book of it. Only rows are added; what is there
/// keeps its number, its name and its past.
///
/// Errors, with nothing changed in the chart or the entities that it is about, if an account or an entity is there as
/// another one, or if the program is not in the book's currency.
pub fn deploy(shard: &mut Shard, tenant: TenantId, book: BookId, program: &Program) -> Result<()> {
    let info = shard.books(tenant)?.into_iter().find(|info| info.id == book);
    let info = info.ok_or_else(|| Refused::Unknown { what: "book", name: "of that number".to_owned() })?;
    if info.spec.currency != program.currency.0 {
        let why =
            format!("the program is in {}, the book {} in {}", program.currency.0, info.spec.name, info.spec.currency);
        return Err(Refused::Value { place: program.name.clone(), why }.into());
    }
    shard.deploy_chart(tenant, book, &accounts(program)?)?;
    let known = shard.entities(tenant)?;
    let mut entities: Vec<EntitySpec> = Vec::new();
    for entity in &program.entities {
        let mut spec = entity_spec(program, entity);
        // One more than before if anything about it is new.
        if let Some(old) = known.iter().find(|old| old.name == spec.name) {
            spec.schema_version = old.schema_version;
            spec.remember_names(old);
            spec.remember_defaults(old);
            for field in spec.new_fields(old) {
                match lifting::default_of(shard, tenant, program, entity, &field)? {
                    Some(default) => spec.defaults.push((field, default)),
                    None if shard.has_documents(tenant, &spec.name)? => {
                        let why = format!("`{field}` is new, and documents are there: it needs a default, or a `?`");
                        return Err(Refused::Value { place: spec.name, why }.into());
                    }
                    None => {}
                }
            }
            spec.schema_version += i64::from(spec != *old);
        }
        entities.push(spec);
    }
    entities.push(super::runs::spec());
    shard.deploy_entities(tenant, &entities)
}

/// The accounts of a program.
pub(super) fn accounts(program: &Program) -> Result<Vec<AccountSpec>> {
    program.accounts.iter().map(|account| account_spec(program, account)).collect()
}

/// For each account of a program its number in a chart. Errors if one is not in it.
pub(super) fn numbers(program: &Program, chart: &[AccountSpec]) -> Result<Vec<AccountId>> {
    let number = |account: &program::Account| {
        let name = text(program, account.name);
        let place = chart.iter().position(|spec| spec.name == name);
        let place = place.ok_or_else(|| Refused::Unknown { what: "account", name: name.to_owned() })?;
        Ok(AccountId(place as u32))
    };
    program.accounts.iter().map(number).collect()
}

pub(crate) fn text(program: &Program, id: TextId) -> &str {
    program.texts.get(id.index()).map_or("", String::as_str)
}

pub(crate) fn shape(program: &Program, id: ShapeId) -> Option<&Shape> {
    program.shapes.get(id.index())
}

/// The fields of an entity's documents.
pub(crate) fn fields<'p>(program: &'p Program, entity: &Entity) -> &'p [FieldShape] {
    match shape(program, entity.record) {
        Some(Shape::Record(record)) => &record.fields,
        _ => &[],
    }
}

fn account_spec(program: &Program, account: &program::Account) -> Result<AccountSpec> {
    let name = text(program, account.name);
    let (scale, unit) = match shape(program, account.shape) {
        Some(Shape::Number { scale, unit }) => (*scale, unit),
        _ => {
            let why = "amounts whose currency is data are not kept".to_owned();
            return Err(Refused::OtherAccount { account: name.to_owned(), why }.into());
        }
    };
    let (unit, money) = match unit {
        Unit::Money(currency) => (text(program, *currency), true),
        Unit::Quantity(Some(unit)) => (text(program, *unit), false),
        _ => ("", false),
    };
    Ok(AccountSpec {
        name: name.to_owned(),
        code: account.code.map(|code| text(program, code).to_owned()),
        kind: kind(account.kind),
        unit: unit.to_owned(),
        money,
        scale,
        dimensions: account.dimensions.iter().map(|(name, _)| text(program, *name).to_owned()).collect(),
        lots: account.lots,
        limits: Vec::new(),
        bounds: account.bounds.iter().copied().map(bound).collect(),
    })
}

fn bound(bound: program::Bound) -> Limit {
    use program::{BoundMode, BoundPeriod};
    Limit {
        side: if bound.above { Side::Above } else { Side::Below },
        period: match bound.period {
            BoundPeriod::Ever => Period::Ever,
            BoundPeriod::Month => Period::Month,
            BoundPeriod::Year => Period::Year,
        },
        mode: match bound.mode {
            BoundMode::Stop => Mode::Stop,
            BoundMode::Warn => Mode::Warn,
            BoundMode::Ignore => Mode::Ignore,
        },
        amount: 0,
    }
}

fn kind(kind: program::AccountKind) -> AccountKind {
    match kind {
        program::AccountKind::Asset => AccountKind::Asset,
        program::AccountKind::Liability => AccountKind::Liability,
        program::AccountKind::Equity => AccountKind::Equity,
        program::AccountKind::Income => AccountKind::Income,
        program::AccountKind::Expense => AccountKind::Expense,
        program::AccountKind::Quantity => AccountKind::Quantity,
        program::AccountKind::Budget => AccountKind::Budget,
        program::AccountKind::Limit => AccountKind::Limit,
    }
}

/// An entity under the names that its fields have outside.
fn entity_spec(program: &Program, entity: &Entity) -> EntitySpec {
    let fields = fields(program, entity);
    let outside =
        |field: &u16| fields.get(usize::from(*field)).map_or("", |field| text(program, field.outside)).to_owned();
    let mut spec = EntitySpec::new(text(program, entity.name));
    spec.fields = fields.iter().map(|field| text(program, field.outside).to_owned()).collect();
    spec.key = match (entity.key.is_empty(), &entity.number) {
        (true, Some(number)) => vec![outside(number)],
        _ => entity.key.iter().map(outside).collect(),
    };
    spec.state_field = entity.state.as_ref().map(outside);
    spec.renamed = entity.renamed.iter().map(|(field, was)| (outside(field), text(program, *was).to_owned())).collect();
    for index in &entity.indexes {
        let fields: Vec<String> = index.fields.iter().map(outside).collect();
        spec.indexes.push(IndexSpec { name: fields.join("_"), fields, unique: index.unique });
    }
    for field in fields {
        let name = text(program, field.outside).to_owned();
        match field_kind(program, field.shape) {
            FieldKind::Text => {}
            kind => spec.kinds.push((name.clone(), kind)),
        }
        if let Some(target) = target(program, field.shape) {
            spec.references.push((name.clone(), target.to_owned()));
        }
        if field.personal {
            spec.personal.push(name);
        }
    }
    spec
}

/// Does a value of the shape name a document?
pub(super) fn refers(program: &Program, id: ShapeId) -> bool {
    target(program, id).is_some()
}

/// The entity whose documents a value of the shape is one of.
pub(super) fn document(program: &Program, id: ShapeId) -> Option<EntityId> {
    match shape(program, id)? {
        Shape::Document(entity) => Some(*entity),
        _ => None,
    }
}

/// The entity that a field refers to.
fn target(program: &Program, id: ShapeId) -> Option<&str> {
    match shape(program, id)? {
        Shape::Document(entity) => program.entities.get(entity.index()).map(|entity| text(program, entity.name)),
        Shape::Option(inner) => target(program, *inner),
        _ => None,
    }
}

/// How values of a shape compare.
fn field_kind(program: &Program, id: ShapeId) -> FieldKind {
    match shape(program, id) {
        Some(Shape::Number { .. } | Shape::Duration) => FieldKind::Number,
        Some(Shape::Bool) => FieldKind::Bool,
        Some(Shape::DateTime) => FieldKind::Moment,
        Some(Shape::Enum(_) | Shape::Role | Shape::Rounding) => FieldKind::Case(border::names(program, id)),
        Some(Shape::Option(inner)) => field_kind(program, *inner),
        _ => FieldKind::Text,
    }
}
