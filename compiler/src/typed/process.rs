//! What processes that live are made of.

use super::*;
use bp_bytecode::process::Missed;

/// A kind of message.
#[derive(Debug)]
pub struct Message {
    /// With its module.
    pub name: SmolStr,
    pub record: RecordId,
    /// The fields that say whom it is for.
    pub key: Vec<u16>,
    /// A function without parameters that gives how long it is kept, a period.
    pub keep: Option<FnId>,
    pub place: Place,
}

/// How a step is taken back.
#[derive(Debug)]
pub struct Undo {
    pub step: StepId,
    /// Its parameters are what it needs to know.
    pub func: FnId,
    pub place: Place,
}

/// A process that begins by the clock.
#[derive(Debug)]
pub struct Schedule {
    pub process: ProcessId,
    pub rhythm: Rhythm,
    /// A function without parameters that gives the time of the day.
    pub at: Option<FnId>,
    pub missed: Missed,
    pub place: Place,
}

/// On which days a schedule fires; the functions take nothing.
#[derive(Debug, Clone, Copy)]
pub enum Rhythm {
    Every(FnId),
    Daily,
    /// 1 for Monday.
    Weekly(u8),
    Monthly(Option<FnId>),
    Yearly(Option<FnId>),
}

/// A task of a process, for those who look at it by name.
#[derive(Debug, Clone)]
pub struct TaskForm {
    pub name: SmolStr,
    pub form: RecordId,
    pub place: Place,
}

/// A place where a process rests until one of its events happens. Its value is an enum with a case for each.
#[derive(Debug, Clone)]
pub struct TRest {
    /// No other point of the process has it.
    pub name: SmolStr,
    pub events: Vec<TEvent>,
}

#[derive(Debug, Clone)]
pub enum TEvent {
    Task(Box<TTask>),
    /// The first message of this key that comes; with `fresh` none that came before. `beside` the branches of the point
    /// each that comes begins another one.
    Message {
        message: MessageId,
        fresh: bool,
        beside: bool,
        key: TExpr,
    },
    /// A moment.
    Moment(TExpr),
    /// A moment, and those behind it at an interval: each begins a branch.
    Every(TExpr, TExpr),
    /// A branch begins, with a copy of what is known.
    Branch,
    /// A branch begins for each element of a list, with a copy of what is known.
    Each(TExpr),
    /// All branches have ended, or enough of them; what they hand on. The others are ended, or go on for themselves. With
    /// `gathers` it is one list of what each has given.
    Joined {
        enough: Option<TExpr>,
        drain: bool,
        gathers: bool,
    },
    /// Nobody else is in a stretch of this key.
    Lock {
        /// The types of its parts: `Customer, Item`.
        kind: SmolStr,
        key: TExpr,
    },
    /// A child process ends; the values of its parameters.
    Child {
        process: ProcessId,
        params: Vec<TExpr>,
        /// Nothing takes it back once it is done.
        stays: bool,
    },
}

#[derive(Debug, Clone)]
pub struct TTask {
    pub name: SmolStr,
    pub title: TExpr,
    pub role: TExpr,
    /// What it asks for.
    pub form: RecordId,
    /// A record of what it shows.
    pub shown: TExpr,
    /// The moment when it is due.
    pub due: Option<TExpr>,
    /// A role that it goes to as well when it is due.
    pub escalate: Option<TExpr>,
    pub may_change: bool,
    /// What who does it plays.
    pub duty: Option<DutyId>,
}

/// Something that a person does in a process, so that nobody does two that are to be separate.
#[derive(Debug)]
pub struct Duty {
    /// With its module.
    pub name: SmolStr,
    pub separate: BTreeSet<DutyId>,
    /// A task or a start is bound to it.
    pub played: bool,
    pub place: Place,
}

impl TRest {
    /// What is evaluated before the process rests, in order.
    pub fn asked(&self) -> Vec<&TExpr> {
        let mut asked = Vec::new();
        for event in &self.events {
            match event {
                TEvent::Task(task) => {
                    asked.extend([&task.title, &task.role, &task.shown]);
                    asked.extend(task.due.iter().chain(&task.escalate));
                }
                TEvent::Message { key, .. } => asked.push(key),
                TEvent::Moment(at) => asked.push(at),
                TEvent::Lock { key, .. } => asked.push(key),
                TEvent::Every(first, interval) => asked.extend([first, interval]),
                TEvent::Child { params, .. } => asked.extend(params),
                TEvent::Each(list) => asked.push(list),
                TEvent::Joined { enough, .. } => asked.extend(enough),
                TEvent::Branch => {}
            }
        }
        asked
    }
}
