//! What documents have in fields that are newer than they are.

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, EntityId, FuncId, StepId};
use bp_bytecode::program::Entity;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;
use bp_vm::{Entry, Limits, MemoryWorld, Refusal, View, Vm, World};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::codec::{self, Names};
use super::model::{fields, shape, text};
use super::settings::configured;
use crate::TenantId;
use crate::error::{Error, Refused, Result};
use crate::shard::Shard;

/// A default speaks of no documents.
struct NoNames;

impl Names for NoNames {
    fn name(&mut self, _: EntityId, _: i64) -> Result<String> {
        Err(Error::Refused(Refused::Misuse("a default refers to a document")))
    }

    fn reference(&mut self, _: EntityId, _: &str) -> Result<i64> {
        Err(Error::Refused(Refused::Misuse("a default refers to a document")))
    }
}

/// What a default comes to.
fn called(program: &Program, func: FuncId, name: &str, world: &mut dyn World) -> Result<Value> {
    let mut vm = Vm::new(program, Limits::default());
    let unfit = |why: String| Refused::Value { place: format!("the default of {name}"), why };
    let word = vm.call(func, &[], world).map_err(|fault| unfit(fault.to_string()))?;
    Ok(match program.functions.get(func.index()).map(|function| function.result) {
        Some(RegType::Handle(shape)) => vm.get_value(shape, word as u64),
        _ => Value::Word(i64::try_from(word).map_err(|_| unfit("it is too large to be stored".to_owned()))?),
    })
}

/// What a field of a record is within documents that are older than the field.
///
/// Errors if its default depends on what is configured: what that was nobody has kept.
pub(super) fn within(program: &Program, func: FuncId, name: &str) -> Result<Value> {
    called(program, func, name, &mut Nothing)
}

/// A world for what depends on nothing.
struct Nothing;

fn depends<T>() -> Result<T, Refusal> {
    Err(Refusal("it depends on more than the program".to_owned()))
}

impl World for Nothing {
    fn config(&mut self, _: ConfigId) -> Result<Option<Value>, Refusal> {
        depends()
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        depends()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        depends()
    }

    fn zone(&mut self) -> TimeZone {
        TimeZone::UTC
    }

    fn is_business_day(&mut self, _: i64) -> bool {
        true
    }

    fn step_begin(&mut self, _: StepId) -> Result<(), Refusal> {
        depends()
    }

    fn step_end(&mut self, _: StepId) -> Result<(), Refusal> {
        depends()
    }

    fn post(&mut self, _: &Entry<'_>) -> Result<(), Refusal> {
        depends()
    }

    fn balance(&mut self, _: AccountId, _: &[u64], _: View<'_>) -> Result<i128, Refusal> {
        depends()
    }

    fn call_end(&mut self, _: bool) -> Result<(), Refusal> {
        Ok(())
    }
}

/// What a field of an entity is in documents that lack it: what its default comes to with what the tenant has configured,
/// `none` of an option, the first state of a life cycle. `None` where the program does not say.
pub(super) fn default_of(
    shard: &mut Shard,
    tenant: TenantId,
    program: &Program,
    entity: &Entity,
    name: &str,
) -> Result<Option<Json>> {
    let fields = fields(program, entity);
    let place = fields.iter().position(|field| text(program, field.outside) == name);
    let Some((place, field)) = place.and_then(|place| Some((place, fields.get(place)?))) else { return Ok(None) };
    let value = if let Some(func) = field.default {
        let mut world = MemoryWorld::new(program);
        for at in 0..program.configs.len() {
            let config = ConfigId(at as u16);
            world.set_config(config, configured(shard, tenant, program, config)?);
        }
        called(program, func, name, &mut world)?
    } else if entity.state == Some(place as u16) {
        Value::Word(0)
    } else if matches!(shape(program, field.shape), Some(Shape::Option(_))) {
        Value::none()
    } else {
        return Ok(None);
    };
    codec::write(program, field.shape, &value, &mut NoNames).map(Some)
}
