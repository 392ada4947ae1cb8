//! From a row to arguments, and from arguments to an outcome.

use super::engine::Engine;
use super::input::Row;
use super::lines::Join;
use super::plan::{Check, From, Part};
use super::world::RunWorld;
use bp_bytecode::Program;
use bp_bytecode::border::{self, Reason};
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::{FieldShape, Shape};
use bp_bytecode::value::Value;
use bp_vm::{CellFault, Fault, FaultKind, Vm, World};
use serde_json::{Map, Value as Json};

/// The machine of a run with its books.
pub struct Machine<'s, 'p, W: World = RunWorld<'p>> {
    pub program: &'p Program,
    pub engine: Engine<'s, 'p>,
    pub vm: Vm<'p>,
    pub world: W,
    /// What the names of values stand behind, for people: `column`, `--set`.
    source: &'static str,
    /// Slots of records that are being put together, innermost last.
    slots: Vec<u64>,
}

/// Why a row does not run, for people.
pub type Reject = String;

impl<'s, 'p, W: World> Machine<'s, 'p, W> {
    /// A machine that interprets; `source` is what the names of values stand behind: `column`, `--set`.
    pub fn new(program: &'p Program, vm: Vm<'p>, world: W, source: &'static str) -> Machine<'s, 'p, W> {
        Machine { program, engine: Engine::vm(), vm, world, source, slots: Vec::new() }
    }

    /// The same machine with another engine.
    pub fn with<'t>(self, engine: Engine<'t, 'p>) -> Machine<'t, 'p, W> {
        let Machine { program, vm, world, source, slots, .. } = self;
        Machine { program, engine, vm, world, source, slots }
    }

    fn told(&self, part: &Part, why: &str) -> Reject {
        format!("{} {}: {why}", self.source, part.name)
    }

    /// Calls a function in the engine that runs.
    #[inline]
    pub fn call(&mut self, func: FuncId, args: &[u64]) -> Result<i128, Fault> {
        self.engine.call(&mut self.vm, func, args, &mut self.world)
    }

    /// The arguments of a process from a row.
    pub fn arguments(
        &mut self,
        params: &[Part],
        row: Row<'_>,
        joins: &mut [Join],
        args: &mut Vec<u64>,
    ) -> Result<(), Reject> {
        args.clear();
        for param in params {
            let slot = self.slot(param, row, joins)?;
            args.push(slot);
        }
        for (param, at) in params.iter().zip(0..) {
            for check in &param.checks {
                let value = args[at];
                let taken = if check.takes == 1 { &args[at..=at] } else { &args[..] };
                self.satisfies(*check, taken, param.shape, value).map_err(|why| self.told(param, &why))?;
            }
        }
        Ok(())
    }

    /// A record, field by field, with the conditions of its fields.
    pub fn record(&mut self, parts: &[Part], row: Row<'_>, joins: &mut [Join]) -> Result<u64, Reject> {
        let base = self.slots.len();
        for part in parts {
            match self.slot(part, row, joins) {
                Ok(slot) => self.slots.push(slot),
                Err(why) => {
                    self.slots.truncate(base);
                    return Err(why);
                }
            }
        }
        let record = self.vm.put_record(&self.slots[base..]).map_err(|kind| kind.to_string());
        self.slots.truncate(base);
        let record = record?;
        for (at, part) in parts.iter().enumerate() {
            for check in &part.checks {
                let value = self.vm.heap().slot(record, at);
                self.satisfies(*check, &[record], part.shape, value).map_err(|why| self.told(part, &why))?;
            }
        }
        Ok(record)
    }

    /// Asks a condition; `value` is what it is about, for the message.
    pub fn satisfies(&mut self, check: Check, taken: &[u64], shape: ShapeId, value: u64) -> Result<(), Reject> {
        let asked = self.call(check.func, taken);
        if matches!(asked, Ok(1)) {
            return Ok(());
        }
        let declared = &self.program.checks[check.id.index()];
        let text = |id: bp_bytecode::index::TextId| &self.program.texts[id.index()];
        let (condition, subject) = (text(declared.text), text(declared.subject));
        let shown = self.vm.display(shape, value);
        Err(match asked {
            Ok(_) => format!("{subject} must satisfy `{condition}`, but it is {shown}"),
            Err(fault) => format!("whether {subject} {shown} satisfies `{condition}`: {fault}"),
        })
    }

    fn slot(&mut self, part: &Part, row: Row<'_>, joins: &mut [Join]) -> Result<u64, Reject> {
        let slot = match (&part.from, row) {
            (From::Column(column), Row::Csv(row)) => match self.vm.read_cell(part.shape, row.cell(*column)) {
                Ok(slot) => slot,
                Err(CellFault::Border(error)) => return Err(format!("column {}: {error}", part.name)),
                Err(CellFault::Memory(kind)) => return Err(format!("column {}: {kind}", part.name)),
            },
            (From::Property { default, optional }, Row::Json(row)) => {
                let name = part.name.rsplit('.').next().unwrap_or(&part.name);
                match (row.object.get(name), default) {
                    (Some(json), _) => self.json(part, json)?,
                    (None, Some(default)) => self.default(*default)?,
                    (None, None) if *optional => 0,
                    (None, None) => return Err(format!("the property `{name}` is missing")),
                }
            }
            (From::Word(word), _) => *word,
            (From::Value(value), _) => self.put(part.shape, value)?,
            (From::Default(func), _) => self.default(*func)?,
            (From::Parts(parts), Row::Json(outer)) => {
                // An object of the parameter's name holds the fields, unless a field has that name.
                let inner = match outer.object.get(&part.name) {
                    Some(Json::Object(inner)) if !parts.iter().any(|field| field.name == part.name) => inner,
                    _ => outer.object,
                };
                self.record(parts, Row::Json(super::input_json::JsonRow { object: inner }), joins)?
            }
            (From::Parts(parts), row) => self.record(parts, row, joins)?,
            (From::Lines(number), _) => {
                let Some(join) = joins.get_mut(*number) else { return Err("there are no lines".to_owned()) };
                join.take(self)?
            }
            // A plan is made for the rows that it meets; what is left is an option without a value.
            (From::Nothing | From::Column(_) | From::Property { .. }, _) => 0,
        };
        if part.deep {
            let checked = self.vm.check(part.shape, slot, &mut self.world);
            checked.map_err(|fault| self.told(part, &fault.to_string()))?;
        }
        Ok(slot)
    }

    fn put(&mut self, shape: ShapeId, value: &Value) -> Result<u64, Reject> {
        self.vm.put_value(shape, value).map_err(|kind: FaultKind| kind.to_string())
    }

    fn default(&mut self, func: FuncId) -> Result<u64, Reject> {
        match self.call(func, &[]) {
            Ok(slot) => Ok(slot as u64),
            Err(fault) => Err(fault.report(self.program)),
        }
    }

    fn json(&mut self, part: &Part, json: &Json) -> Result<u64, Reject> {
        let told = |error: border::BorderError| format!("property {}: {error}", part.name);
        match border::read_json(self.program, part.shape, json) {
            Ok(value) => self.put(part.shape, &value),
            // Fields of inner objects may have been left out because the program has a default for them.
            Err(error) if matches!(error.reason, Reason::MissingField { .. }) => {
                let whole = self.completed(part.shape, json)?;
                let value = border::read_json(self.program, part.shape, &whole).map_err(told)?;
                self.put(part.shape, &value)
            }
            Err(error) => Err(told(error)),
        }
    }

    /// The same with the defaults of fields that were left out.
    fn completed(&mut self, shape: ShapeId, json: &Json) -> Result<Json, Reject> {
        let program = self.program;
        Ok(match (&program.shapes[shape.index()], json) {
            (Shape::Option(inner), Json::Object(_) | Json::Array(_)) => self.completed(*inner, json)?,
            (Shape::List(inner), Json::Array(items)) => {
                Json::Array(items.iter().map(|item| self.completed(*inner, item)).collect::<Result<_, _>>()?)
            }
            (Shape::Map(_, inner), Json::Object(entries)) => {
                let entry = |(key, value): (&String, &Json)| Ok((key.clone(), self.completed(*inner, value)?));
                Json::Object(entries.iter().map(entry).collect::<Result<_, Reject>>()?)
            }
            (Shape::Record(record), Json::Object(object)) => self.completed_fields(&record.fields, object)?,
            (Shape::Variant(cases), Json::Object(object)) => {
                let given = object.get("case").and_then(Json::as_str);
                let is_given = |name: bp_bytecode::index::TextId| Some(program.texts[name.index()].as_str()) == given;
                match cases.cases.iter().find(|case| is_given(case.outside)) {
                    Some(case) => self.completed_fields(&case.fields, object)?,
                    None => json.clone(),
                }
            }
            _ => json.clone(),
        })
    }

    fn completed_fields(&mut self, fields: &[FieldShape], object: &Map<String, Json>) -> Result<Json, Reject> {
        let mut whole = object.clone();
        for field in fields {
            let name = &self.program.texts[field.outside.index()];
            match (whole.get(name), field.default) {
                (Some(inner), _) => {
                    let inner = inner.clone();
                    whole.insert(name.clone(), self.completed(field.shape, &inner)?);
                }
                (None, Some(default)) => {
                    let slot = self.default(default)?;
                    let value = self.vm.get_value(field.shape, slot);
                    whole.insert(name.clone(), border::write_json(self.program, field.shape, &value));
                }
                (None, None) => {}
            }
        }
        Ok(Json::Object(whole))
    }
}
