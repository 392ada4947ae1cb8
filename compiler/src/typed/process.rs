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
    /// It goes to all that wait for it, not to the oldest of them.
    pub to_all: bool,
    /// Only processes of the program send it.
    pub internal: bool,
    /// A function without parameters that gives how long it is kept, a period.
    pub keep: Option<FnId>,
    pub place: Place,
}

/// Another system, as far as the program asks it for something.
#[derive(Debug)]
pub struct Service {
    /// With its module.
    pub name: SmolStr,
    pub operations: Vec<OperationId>,
    pub place: Place,
}

/// Something that another system can be asked for.
#[derive(Debug)]
pub struct Operation {
    pub service: ServiceId,
    pub name: SmolStr,
    /// What it is asked with.
    pub asked: RecordId,
    /// How it ends: `Done` with its result, and the failures that it declares.
    pub outcome: EnumId,
    /// The same, and `TimedOut`: made when a request first has something to do then.
    pub late: Option<EnumId>,
    pub docs: SmolStr,
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
    /// Another system answers.
    Request(Box<TRequest>),
    /// A child process ends; the values of its parameters.
    Child {
        process: ProcessId,
        params: Vec<TExpr>,
        /// Nothing takes it back once it is done.
        stays: bool,
    },
}

/// What another system is asked.
#[derive(Debug, Clone)]
pub struct TRequest {
    pub operation: OperationId,
    /// A record of what it is asked with.
    pub asked: TExpr,
    /// The moment when the answer is due.
    pub due: Option<TExpr>,
    /// How often it is asked again when it cannot be.
    pub retries: Option<TExpr>,
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
                TEvent::Request(request) => {
                    asked.push(&request.asked);
                    asked.extend(request.due.iter().chain(&request.retries));
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
