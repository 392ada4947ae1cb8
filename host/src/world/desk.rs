//! What people at a desk ask of the processes that a host keeps, and do to them.

use bp_bytecode::border;
use bp_bytecode::index::{ProcessId, ShapeId};
use bp_bytecode::print;
use bp_bytecode::process::READ_FROM;
use bp_bytecode::shape::{FieldShape, Shape};
use bp_bytecode::value::Value;
use serde_json::{Map, Value as Json};

use super::branching::instance_name;
use super::living::{KEY_SEPARATOR, object, parsed, unfit};
use super::{HostWorld, codec, text};
use crate::error::{Refused, Result};
use crate::instances::{Instance, NEVER, Request, Task};
use crate::ledger::{AccountSpec, BookInfo, JournalEntry};

/// Where an instance stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// As the designer calls it; empty at the beginning.
    pub point: String,
    /// What may happen there.
    pub waits: Vec<Wait>,
    /// Why it stands still until an operator lets it go on.
    pub incident: Option<String>,
}

/// Something that an instance waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    Task(Box<Task>),
    Message {
        name: String,
        /// The parts of the key that it has to have.
        key: Vec<String>,
    },
    /// The answer of another system.
    Request(Box<Request>),
    /// A moment, in seconds since 1970-01-01T00:00:00Z.
    Moment(i64),
    /// The end of another instance.
    Instance(i64),
}

/// What an instance has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// It failed, as its process declares.
    pub failed: bool,
    /// The result, or the failure with its values, as the language shows it; empty where there is no result.
    pub text: String,
    pub json: Json,
}

/// A field of what a task shows, or asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    /// As a type is written in the language.
    pub of_type: String,
    /// Its value as the language shows it; empty where one is asked for.
    pub text: String,
}

/// What an instance has posted in a book.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub book: BookInfo,
    pub accounts: Vec<AccountSpec>,
    /// In the order of their numbers.
    pub entries: Vec<JournalEntry>,
}

/// The parts of an instance's or a message's key.
pub(super) fn parts(key: &str) -> Vec<String> {
    if key.is_empty() { Vec::new() } else { key.split('\u{1f}').map(str::to_owned).collect() }
}

impl Instance {
    /// The parts of its key; none where its process has no key.
    pub fn key_parts(&self) -> Vec<String> {
        parts(&self.key)
    }
}

impl HostWorld<'_> {
    /// Goes on from the moment that the tenant's processes have come to, with all that becomes due on the way to
    /// another one (in seconds since 1970-01-01T00:00:00Z), and remembers that.
    ///
    /// Errors, with nothing done, if that is an earlier one.
    pub fn go_to(&mut self, until: i64) -> Result<()> {
        let from = self.with_instances(|rows| rows.clock())?.unwrap_or(until);
        if until < from {
            let (from, until) = (border::moment_text(from), border::moment_text(until));
            let why = format!("the clock stands at {from} and cannot go back to {until}");
            return Err(Refused::Value { place: "time".to_owned(), why }.into());
        }
        self.clock_at(from)?;
        self.come_to(until, Some(until))?;
        self.with_instances(|rows| rows.set_clock(until))?;
        self.stand()
    }

    /// The instance of a process and the parts of its key.
    pub fn instance_named(&mut self, process: &str, key: &[String]) -> Result<Option<i64>> {
        let key = key.join(KEY_SEPARATOR);
        self.with_instances(|rows| rows.instance_of_key(process, &key))
    }

    /// Says who does what is done from now on.
    pub fn set_author(&mut self, author: &str) {
        author.clone_into(&mut self.context.author);
    }

    /// Starts a process, or finds the instance of its key, and lets all go on that can. The instance, and whether it is
    /// a new one.
    ///
    /// The conditions of the parameters are for the caller to ask: what the process refuses itself is an incident.
    pub fn start_once(&mut self, process: ProcessId, params: &[Value]) -> Result<(i64, bool)> {
        self.end_of_call()?;
        let last = self.with_instances(|rows| rows.last_instance())?;
        let id = self.enter(process, params, None)?;
        if id > last
            && let Err(refused) = self.play_start(process, id)
        {
            self.fall_back()?;
            return Err(refused);
        }
        self.settle_all()?;
        Ok((id, id > last))
    }

    /// Lets an instance try again wherever it stands still; `false` if it stands still nowhere.
    pub fn retry_all(&mut self, instance: i64) -> Result<bool> {
        let tokens = self.tokens(instance)?;
        let mut found = false;
        for token in tokens.iter().filter(|token| token.incident.is_some()) {
            self.retry(instance, token.id)?;
            found = true;
        }
        Ok(found)
    }

    /// Where an instance stands, and what it waits for there: where it has parted into branches, where those stand.
    pub fn stands(&mut self, instance: i64) -> Result<Vec<Stand>> {
        let tokens = self.tokens(instance)?;
        tokens
            .iter()
            .map(|token| {
                let of = (token.instance, token.id);
                let waits = self.with_instances(|rows| {
                    let mut waits: Vec<Wait> =
                        rows.tasks_of(of)?.into_iter().map(|task| Wait::Task(Box::new(task))).collect();
                    let requests = rows.requests_of(of)?.into_iter();
                    waits.extend(requests.map(|request| Wait::Request(Box::new(request))));
                    let awaited = rows.subscriptions_of(of)?.into_iter();
                    waits.extend(awaited.map(|on| Wait::Message { name: on.message, key: parts(&on.key) }));
                    let moments = rows.timers_of(of)?.into_iter();
                    let moments = moments.filter(|timer| timer.event >= 0 && timer.due != NEVER);
                    waits.extend(moments.map(|timer| Wait::Moment(timer.due)));
                    waits.extend(rows.children_of(of)?.into_iter().map(Wait::Instance));
                    waits.extend(rows.also_awaited_by(of)?.into_iter().map(Wait::Instance));
                    Ok(waits)
                })?;
                let stand = Stand { point: token.point.clone(), waits, incident: token.incident.clone() };
                let has_parted = tokens.iter().any(|other| other.parent == Some(token.id));
                // Where it has parted nothing but what is done beside the branches is waited for.
                Ok((!has_parted || !stand.waits.is_empty() || stand.incident.is_some()).then_some(stand))
            })
            .filter_map(Result::transpose)
            .collect()
    }

    /// What an instance has posted, in each book that has entries of it. What was done so far is durable.
    pub fn posted_by(&mut self, instance: &Instance) -> Result<Vec<Posted>> {
        self.commit()?;
        let (tenant, name) = (self.context.tenant, instance_name(instance));
        let mut found = Vec::new();
        for book in self.shard.books(tenant)? {
            let (mut journal, mut entries) = (self.shard.journal(tenant, book.id, None)?, Vec::new());
            loop {
                let page = self.shard.journal_page(&mut journal)?;
                if page.is_empty() {
                    break;
                }
                entries.extend(page.into_iter().filter(|entry| entry.instance == name));
            }
            if !entries.is_empty() {
                found.push(Posted { accounts: self.shard.chart(tenant, book.id)?, book, entries });
            }
        }
        Ok(found)
    }

    /// When an instance last came to stand still, a moment in seconds since 1970-01-01T00:00:00Z.
    pub fn stopped_at(&mut self, instance: i64) -> Result<Option<i64>> {
        self.with_instances(|rows| rows.stopped_at(instance))
    }

    /// What an instance has come to; `None` while it goes on.
    pub fn came(&mut self, instance: &Instance) -> Result<Option<Came>> {
        let program = self.program;
        let Some(outcome) = &instance.outcome else { return Ok(None) };
        let json = parsed(outcome)?;
        let declared = program.processes.iter().find(|process| text(program, process.name) == instance.process);
        let cases = declared.and_then(|declared| program.shapes.get(declared.outcome.index()));
        let (Some(declared), Some(Shape::Variant(cases))) = (declared, cases) else {
            // The process is gone with a later program; what it came to stays as it was written.
            return Ok(Some(Came { failed: false, text: json.to_string(), json }));
        };
        let value = self.with_documents(|names| codec::read(program, declared.outcome, &json, names));
        let Ok(value) = value else { return Ok(Some(Came { failed: false, text: json.to_string(), json })) };
        Ok(Some(match &value {
            Value::Variant { case: 0, fields } => match (fields.first(), cases.cases[0].fields.first()) {
                (Some(result), Some(field)) => {
                    let json = self.with_documents(|names| codec::write(program, field.shape, result, names))?;
                    Came { failed: false, text: self.plain(field.shape, &json)?, json }
                }
                _ => Came { failed: false, text: String::new(), json: Json::Null },
            },
            _ => Came { failed: true, text: border::display(program, declared.outcome, &value), json },
        }))
    }

    /// What a task shows.
    pub fn shown_by(&mut self, task: &Task) -> Result<(Vec<Field>, Map<String, Json>)> {
        let mut json = object(&task.shown)?;
        let (_, shown) = self.shapes_of(task)?;
        json.retain(|name, _| !name.starts_with(READ_FROM));
        Ok((self.plain_fields(shown, &json)?, json))
    }

    /// The fields of a record that is stored, as the language shows them.
    pub(super) fn plain_fields(&mut self, record: ShapeId, json: &Map<String, Json>) -> Result<Vec<Field>> {
        let (program, mut fields) = (self.program, Vec::new());
        for field in record_fields(program, record) {
            let name = text(program, field.outside).to_owned();
            if name.starts_with(READ_FROM) {
                continue;
            }
            let value = json.get(&name).unwrap_or(&Json::Null);
            let text = self.plain(field.shape, value)?;
            fields.push(Field { name, of_type: print::shape(program, field.shape), text });
        }
        Ok(fields)
    }

    /// What a task asks for.
    pub fn asked_by(&mut self, task: &Task) -> Result<Vec<Field>> {
        let program = self.program;
        let form = self.form_of(task)?;
        let field = |field: &FieldShape| Field {
            name: text(program, field.outside).to_owned(),
            of_type: print::shape(program, field.shape),
            text: String::new(),
        };
        Ok(record_fields(program, form).iter().map(field).collect())
    }

    /// A stored value as the language shows it; a document goes by its name.
    fn plain(&mut self, shape: ShapeId, json: &Json) -> Result<String> {
        let program = self.program;
        match (program.shapes.get(shape.index()), json) {
            (Some(Shape::Option(_)), Json::Null) => Ok("none".to_owned()),
            (Some(Shape::Option(inner)), _) => self.plain(*inner, json),
            (Some(Shape::Document(_)), Json::String(name)) => Ok(name.clone()),
            _ => {
                let value = self.with_documents(|names| codec::read(program, shape, json, names))?;
                Ok(border::display(program, shape, &value))
            }
        }
    }

    /// The shapes of what a task asks for, and of what it shows.
    pub(super) fn shapes_of(&mut self, task: &Task) -> Result<(ShapeId, ShapeId)> {
        let program = self.program;
        let instance = self.instance(task.instance)?.ok_or_else(|| unfit("a task of nobody".to_owned()))?;
        let of = |point: &&bp_bytecode::process::Point| {
            let owner = program.processes.iter().find(|process| process.func == point.func);
            owner.is_some_and(|owner| text(program, owner.name) == instance.process)
        };
        let events = program.points.iter().filter(of).flat_map(|point| &point.events);
        let shapes = events.into_iter().find_map(|event| match event {
            bp_bytecode::process::Event::Task { name, form, shown, .. } if text(program, *name) == task.name => {
                Some((*form, *shown))
            }
            _ => None,
        });
        shapes.ok_or_else(|| unfit(format!("the program has no task `{}` any more", task.name)))
    }
}

pub(super) fn record_fields(program: &bp_bytecode::Program, shape: ShapeId) -> &[FieldShape] {
    match program.shapes.get(shape.index()) {
        Some(Shape::Record(record)) => &record.fields,
        _ => &[],
    }
}
