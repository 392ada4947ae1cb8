//! Processes that live, played the plain way.
//!
//! A town is one tenant with its processes, written from the semantics: lists in memory, a process evaluated from its
//! beginning wherever it goes on ([`replay`]), no commits, no store. Where the rules leave the order of two things open,
//! who came first is first.

mod branches;
pub mod replay;
mod resting;
mod seen;
mod turns;
mod undoing;

use super::stop::{Run, Stop};
use super::value::{Val, of_value};
use super::world::World;
use super::{Evaluator, PATIENCE};
use bp_bytecode::value::Value;
use bp_compiler::typed::Checked;
use bp_compiler::types::{FnId, MessageId, ProcessId, Type};
use replay::{Noted, Posting};
use std::collections::VecDeque;

pub use seen::{Seen, TaskSeen};

/// An instance, and one of its tokens.
type Of = (i64, i64);

/// How long a message is kept for who comes to wait for it, in seconds: 30 days.
const KEEP: i64 = 30 * 86_400;

/// Turns that an event may lead to: far more than the processes made here take.
const TURNS_MAX: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Undoing,
    Done,
    Failed,
    Cancelled,
}

#[derive(Clone, Debug)]
struct Instance {
    id: i64,
    process: ProcessId,
    key: String,
    params: Vec<Val>,
    state: State,
    outcome: Option<Val>,
    ended: bool,
    /// What it has done that nothing takes back.
    stays: bool,
    /// Who waits for it: the token, and the event that its end is.
    parents: Vec<(Of, u16)>,
    undos: Vec<Undo>,
    tokens: Vec<Token>,
}

/// How something that was done is taken back.
#[derive(Clone, Debug)]
struct Undo {
    func: FnId,
    name: String,
    captured: Vec<Val>,
    /// The numbers of the entries that the step posted.
    entries: Vec<i64>,
    /// Whose it is.
    token: i64,
    /// It is to be taken back before the token goes on.
    pending: bool,
}

#[derive(Clone, Debug)]
struct Token {
    id: i64,
    parent: Option<i64>,
    /// The event of its parent's point that it began with; none once it is let go.
    began: Option<u16>,
    number: usize,
    log: Vec<Noted>,
    /// It has done its first stretch.
    begun: bool,
    /// Where it rests.
    point: Option<replay::Resting>,
    event: Option<(u16, Vec<Val>)>,
    /// The message that the event is.
    message: Option<i64>,
    /// It looks among the messages that came before for one that it waits for.
    looks: Option<i64>,
    incident: bool,
    /// Elements for which branches have still to begin.
    items: Option<Vec<Val>>,
    enough: Option<i64>,
    ended: i64,
    /// What ended branches have handed on: parts, or values by the branch's number.
    parts: Vec<(usize, Val)>,
}

#[derive(Clone, Debug)]
struct Task {
    id: i64,
    of: Of,
    event: u16,
    name: String,
    title: String,
    role: i64,
    due: Option<i64>,
    overdue: bool,
}

#[derive(Clone, Debug)]
struct Timer {
    id: i64,
    of: Of,
    /// None where a task is due.
    event: Option<u16>,
    due: i64,
    every: Option<[i64; 4]>,
    /// How often it was stopped, and what was left of its time then.
    stops: u32,
    left: i64,
}

#[derive(Clone, Debug)]
struct Wait {
    id: i64,
    of: Of,
    event: u16,
    message: MessageId,
    key: String,
    fresh: bool,
    beside: bool,
}

#[derive(Clone, Debug)]
struct Message {
    id: i64,
    message: MessageId,
    key: String,
    sender: (String, String),
    record: Val,
    keep: i64,
    to_all: bool,
    taken: Vec<i64>,
}

#[derive(Clone, Debug)]
struct Lock {
    id: i64,
    key: String,
    of: Of,
    event: u16,
    inside: bool,
    /// Its token was ended: it is left when what that did is taken back.
    pending: bool,
}

/// An entry of the books.
#[derive(Clone, Debug)]
struct Entry {
    posting: Posting,
    step: String,
    instance: i64,
}

/// A tenant with its processes.
pub struct Town<'c> {
    checked: &'c Checked,
    evaluator: Evaluator<'c>,
    instances: Vec<Instance>,
    /// Who can go on, in order.
    ready: VecDeque<Of>,
    tasks: Vec<Task>,
    timers: Vec<Timer>,
    waits: Vec<Wait>,
    messages: Vec<Message>,
    locks: Vec<Lock>,
    /// Who has stopped the clocks of which scope.
    pauses: Vec<(Of, Of)>,
    /// Whose each open hold is.
    holds: Vec<(i64, Of)>,
    /// Messages that processes have sent and that are on their way.
    outbox: VecDeque<(i64, MessageId, Val)>,
    sent: i64,
    entries: Vec<Entry>,
    story: Vec<String>,
    tasks_made: i64,
    /// What timers, waits and locks are told apart by: those that came later have more.
    numbers: i64,
    turns: usize,
}

/// Why something from outside is not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// It may not be, or its data break a condition: nothing happens.
    Here,
    /// The reference does not say what this means, or has met a fault of its own.
    Stop(String),
}

type Does<T> = Result<T, Refused>;

impl From<Stop> for Refused {
    fn from(stop: Stop) -> Refused {
        match stop {
            Stop::NotCovered(what) => Refused::Stop(format!("not covered: {what}")),
            other => Refused::Stop(format!("{other:?}")),
        }
    }
}

impl<'c> Town<'c> {
    pub fn new(checked: &'c Checked) -> Town<'c> {
        Town {
            checked,
            evaluator: Evaluator::new(checked),
            instances: Vec::new(),
            ready: VecDeque::new(),
            tasks: Vec::new(),
            timers: Vec::new(),
            waits: Vec::new(),
            messages: Vec::new(),
            locks: Vec::new(),
            pauses: Vec::new(),
            holds: Vec::new(),
            outbox: VecDeque::new(),
            sent: 0,
            entries: Vec::new(),
            story: Vec::new(),
            tasks_made: 0,
            numbers: 0,
            turns: 0,
        }
    }

    // ---- what comes from outside

    /// Somebody starts a process.
    ///
    /// # Errors
    /// A parameter breaks a condition.
    pub fn start(&mut self, process: ProcessId, params: &[Value]) -> Does<i64> {
        let declared = &self.checked.processes[process.index()];
        let mut values = Vec::new();
        for (value, field) in params.iter().zip(&declared.params) {
            let value = of_value(self.checked, value, &field.ty)?;
            self.asked_at_border(&value, &field.ty)?;
            let met = self.evaluator.checks(&field.checks, &value, field.place);
            self.met(met)?;
            values.push(value);
        }
        self.turns = 0;
        let (id, _) = self.enter(process, values, None)?;
        self.settle_all()?;
        Ok(id)
    }

    /// A message comes.
    ///
    /// # Errors
    /// It breaks a condition of its record.
    pub fn deliver(&mut self, message: MessageId, record: &Value, sender: (&str, &str)) -> Does<()> {
        let ty = Type::Record(self.checked.messages[message.index()].record);
        let record = of_value(self.checked, record, &ty)?;
        self.asked_at_border(&record, &ty)?;
        self.turns = 0;
        self.settle_all()?;
        self.take_in(message, record, (sender.0.to_owned(), sender.1.to_owned()))?;
        self.settle_all()
    }

    /// Somebody does a task, by its number.
    ///
    /// # Errors
    /// It is not open, stands still, or its form breaks a condition.
    pub fn complete(&mut self, task: i64, form: &Value) -> Does<()> {
        let Some(task) = self.tasks.iter().find(|known| known.id == task).cloned() else { return Err(Refused::Here) };
        let ty = self.form_of(&task)?;
        let form = of_value(self.checked, form, &ty)?;
        self.asked_at_border(&form, &ty)?;
        if self.token(task.of).is_none_or(|token| token.incident) {
            return Err(Refused::Here);
        }
        self.tasks.retain(|known| known.id != task.id);
        self.turns = 0;
        self.tell(task.of.0, "task", &task.name);
        self.happened(task.of, Some((task.event, vec![form])), None);
        self.settle_all()
    }

    /// The clock moves on by so many seconds, with all that becomes due on the way.
    ///
    /// # Errors
    /// The reference meets a fault of its own.
    pub fn advance(&mut self, seconds: i64) -> Does<()> {
        let until = self.evaluator.now + seconds;
        self.turns = 0;
        self.settle_all()?;
        while let Some(timer) = self.due(until) {
            self.evaluator.now = timer.due.max(self.evaluator.now);
            self.settle_all()?;
        }
        self.evaluator.now = until;
        self.settle_all()
    }

    /// An operator ends an instance before its end.
    ///
    /// # Errors
    /// It has ended, is being taken back, somebody waits for it, or nothing takes back what it did.
    pub fn cancel(&mut self, id: i64) -> Does<()> {
        let Some(instance) = self.instance(id) else { return Err(Refused::Here) };
        let awaited = |of: &Of| self.instance(of.0).is_some_and(|parent| !parent.ended);
        let is_awaited = instance.parents.iter().any(|(of, _)| awaited(of));
        if instance.ended || instance.state != State::Running || is_awaited || instance.stays {
            return Err(Refused::Here);
        }
        self.turns = 0;
        self.cancel_instance(id)?;
        self.settle_all()
    }

    /// An operator lets an instance try again wherever it stands still.
    ///
    /// # Errors
    /// It stands still nowhere.
    pub fn retry(&mut self, id: i64) -> Does<()> {
        let Some(instance) = self.instance(id) else { return Err(Refused::Here) };
        let stopped: Vec<i64> = instance.tokens.iter().filter(|token| token.incident).map(|token| token.id).collect();
        if stopped.is_empty() {
            return Err(Refused::Here);
        }
        self.turns = 0;
        for token in stopped {
            let of = (id, token);
            if let Some(token) = self.token_mut(of).filter(|token| token.incident) {
                token.incident = false;
                self.ready.push_back(of);
            }
            self.tell(id, "retried", "");
            self.settle_all()?;
        }
        Ok(())
    }

    /// What a border asks of data before anything happens.
    fn asked_at_border(&mut self, value: &Val, ty: &Type) -> Does<()> {
        self.evaluator.patience = PATIENCE;
        let met = self.evaluator.border(value, ty);
        self.met(met)
    }

    fn met(&mut self, met: Run<()>) -> Does<()> {
        self.evaluator.world.effects.clear();
        match met {
            Err(Stop::Fault(..)) => Err(Refused::Here),
            other => Ok(other?),
        }
    }

    // ---- what all have to do with

    fn instance(&self, id: i64) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    fn instance_mut(&mut self, id: i64) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.id == id)
    }

    fn token(&self, of: Of) -> Option<&Token> {
        self.instance(of.0)?.tokens.iter().find(|token| token.id == of.1)
    }

    fn token_mut(&mut self, of: Of) -> Option<&mut Token> {
        self.instance_mut(of.0)?.tokens.iter_mut().find(|token| token.id == of.1)
    }

    fn next_number(&mut self) -> i64 {
        self.numbers += 1;
        self.numbers
    }

    fn tell(&mut self, instance: i64, what: &str, name: &str) {
        let at = super::time::moment_text(self.evaluator.now);
        self.story.push(format!("{instance} {at} {what} {name}").trim_end().to_owned());
    }

    /// A token can go on; behind all others that can.
    fn happened(&mut self, of: Of, event: Option<(u16, Vec<Val>)>, message: Option<i64>) {
        if let Some(token) = self.token_mut(of) {
            (token.event, token.message, token.looks) = (event, message, None);
            self.ready.retain(|known| *known != of);
            self.ready.push_back(of);
        }
    }

    /// Goes back to how the books were.
    fn books_as(&mut self, world: World) {
        self.evaluator.world = world;
        self.evaluator.world.effects.clear();
    }

    /// Entries are put into the books; their numbers.
    fn book(&mut self, postings: Vec<Posting>, step: &str, instance: i64) -> Vec<i64> {
        let mut numbers = Vec::new();
        for posting in postings {
            self.entries.push(Entry { posting, step: step.to_owned(), instance });
            numbers.push(self.entries.len() as i64);
        }
        numbers
    }
}
