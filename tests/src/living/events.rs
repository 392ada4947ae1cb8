//! Orders of events: what comes to a town from outside, made up as it goes.

use crate::agree::Random;
use crate::reference::living::Town;
use bp_bytecode::Program;
use bp_bytecode::index::{MessageId, ProcessId, ShapeId};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;

/// An event with all its data.
#[derive(Clone, Debug)]
pub enum Happens {
    Start(ProcessId, Vec<Value>),
    /// A message, with the name of its sender and their number for it.
    Deliver(MessageId, Value, String, String),
    /// A task, by its number, with its form.
    Complete(i64, Value),
    /// So many seconds pass.
    Advance(i64),
    Cancel(i64),
    Retry(i64),
}

impl Happens {
    /// What kind of event it is, for counts.
    pub fn kind(&self) -> &'static str {
        match self {
            Happens::Start(..) => "start",
            Happens::Deliver(.., id) if id.is_empty() => "message",
            Happens::Deliver(..) => "message with a number",
            Happens::Complete(..) => "task done",
            Happens::Advance(_) => "time passes",
            Happens::Cancel(_) => "cancel",
            Happens::Retry(_) => "retry",
        }
    }
}

const HOUR: i64 = 3_600;

/// What texts there are: keys, for the most part.
const TEXTS: [&str; 3] = ["A", "B", "C"];

/// The next event of a town, from a seed of its own: so that leaving out one before leaves it what it was, as far as the
/// town lets it. None where nothing of its kind can happen.
pub fn next(seed: u64, program: &Program, town: &Town<'_>) -> Option<Happens> {
    let random = &mut Random(seed);
    // The first numbers of neighbouring seeds are neighbours.
    random.below(2);
    random.below(2);
    let kind = match (town.instances(), town.stopped().is_empty()) {
        (0, _) => 0,
        (_, false) if random.below(4) == 0 => 18 + random.below(2),
        _ => random.below(20),
    };
    Some(match kind {
        0..=3 => {
            let process = random.below(program.processes.len());
            let params = program.processes[process].params.iter().map(|field| value(random, program, field.shape));
            Happens::Start(ProcessId(process as u16), params.collect())
        }
        4..=8 => {
            let message = random.below(program.messages.len().max(1));
            let shape = program.messages.get(message)?.record;
            let record = value(random, program, shape);
            let id = if random.below(3) == 0 { random.below(4).to_string() } else { String::new() };
            Happens::Deliver(MessageId(message as u16), record, "bank".to_owned(), id)
        }
        9..=13 => {
            let tasks = town.tasks().ok()?;
            let task = tasks.get(random.below(tasks.len()))?;
            let form = form_of(program, town, task)?;
            Happens::Complete(task.id, value(random, program, form))
        }
        14..=17 => {
            let hours = [1, 6, 24, 24, 24, 36, 48, 72, 120, 240][random.below(10)];
            Happens::Advance(hours * HOUR)
        }
        18 => Happens::Cancel(1 + random.below(town.instances() as usize) as i64),
        _ => {
            let stopped = town.stopped();
            Happens::Retry(*stopped.get(random.below(stopped.len()))?)
        }
    })
}

/// The shape of a task's form.
fn form_of(program: &Program, town: &Town<'_>, task: &crate::reference::living::TaskSeen) -> Option<ShapeId> {
    let process = town.process_of_instance(task.instance)?;
    let func = program.processes[process.index()].func;
    let events = program.points.iter().filter(|point| point.func == func).flat_map(|point| &point.events);
    events.into_iter().find_map(|event| match event {
        bp_bytecode::process::Event::Task { name, form, .. } if program.texts[name.index()] == task.name => Some(*form),
        _ => None,
    })
}

fn value(random: &mut Random, program: &Program, shape: ShapeId) -> Value {
    match &program.shapes[shape.index()] {
        Shape::Bool => Value::Word(random.below(2) as i64),
        Shape::Text => Value::text(TEXTS[if random.below(4) == 0 { random.below(3) } else { 0 }]),
        Shape::Number { scale, .. } => {
            let small = match random.below(12) {
                0 => -1,
                1..=4 => 1,
                _ => random.below(12) as i64,
            };
            Value::Word(small * 10i64.pow(u32::from(*scale)))
        }
        Shape::Record(record) => {
            Value::Record(record.fields.iter().map(|field| value(random, program, field.shape)).collect())
        }
        Shape::List(of) => Value::List((0..random.below(4)).map(|_| value(random, program, *of)).collect()),
        Shape::Option(_) if random.below(3) == 0 => Value::none(),
        Shape::Option(of) => Value::some(value(random, program, *of)),
        _ => Value::Word(0),
    }
}
