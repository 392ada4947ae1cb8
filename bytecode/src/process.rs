//! What a process that lives is made of: where it rests, what it waits for, what it undoes.

use crate::index::*;
use crate::program::Program;
use crate::shape::{CaseShape, FieldShape, Shape};

/// What the names of fields begin with that a task does not show, though what it shows was read from them: documents.
pub const READ_FROM: char = '~';

/// A kind of message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// With its module.
    pub name: TextId,
    /// What it carries: a [`crate::shape::Shape::Record`].
    pub record: ShapeId,
    /// The fields of the record that say whom it is for, in their order; at least one.
    pub key: Vec<u16>,
    /// It goes to all that wait for it, not to the oldest of them.
    pub to_all: bool,
    /// Only processes of the program send it; what comes from outside is refused.
    pub internal: bool,
    /// How long it is kept when nobody waits for it: a function without parameters that gives a period.
    pub keep: Option<FuncId>,
    pub place: PlaceId,
}

/// Something that another system can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// With its module: `Carrier`.
    pub service: TextId,
    pub name: TextId,
    /// What it is asked with: a [`Shape::Record`].
    pub asked: ShapeId,
    /// How it ends, a [`Shape::Variant`]: well, which gives its result, or with a failure that it declares.
    pub outcome: ShapeId,
    /// The cases of the outcome with what a border asks of their values.
    pub answers: Vec<CaseShape>,
    pub docs: TextId,
    pub place: PlaceId,
}

/// A place where a process rests: what is stored there, and what may happen.
///
/// A point without events is a boundary between steps, where a process rests only if its host asks it to.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// As the designer calls it: `credit_review`. Two points of a process never have the same.
    pub name: TextId,
    pub func: FuncId,
    /// The registers that are read after the point, strictly ascending.
    pub live: Vec<Live>,
    pub events: Vec<Event>,
    pub place: PlaceId,
}

/// A register that is stored while its process rests.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Of the variable; a register without one has a name that no variable can have.
    pub name: TextId,
    pub register: u16,
    pub shape: ShapeId,
}

/// Something that may happen while a process rests. Event n is case n of what the instruction gives.
///
/// What each asks of the host stands in the instruction's window, one event's values behind the other's, in the
/// order that is told here.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody does a task, which gives its form. Window: the title (a text), the role, what is shown (a record);
    /// then, where they are asked for, when it is due (a moment) and the role that it then goes to as well. Who does it
    /// plays the duty.
    Task {
        name: TextId,
        form: ShapeId,
        shown: ShapeId,
        due: bool,
        escalates: bool,
        may_change: bool,
        duty: Option<DutyId>,
    },
    /// A message comes, which it gives. Window: its key (a text). With `fresh` one that came before the process rested
    /// here does not count. `beside` the branches of the point each one that comes begins a branch of its own; any
    /// other ends them.
    Message { message: MessageId, fresh: bool, beside: bool },
    /// A moment comes. Window: the moment. It ends the branches of the point.
    Moment,
    /// A moment comes, and again after each interval, and begins a branch each time. Window: the first moment, the
    /// interval (a period).
    Every,
    /// No other instance is in a stretch of the same key. Window: the key (a text).
    Lock,
    /// A branch begins, at once and beside the others, with a copy of what is stored at the point. Window: nothing.
    Branch,
    /// A branch begins for each element, with a copy of what is stored at the point; it gives the element. Window: the
    /// list.
    Each { element: ShapeId },
    /// All branches have ended, or where it is `counted` enough of them; it gives what they hand on. Of a count the
    /// others are ended, or with `drain` go on for themselves. With `gathers` the parts are one list, or none, and each
    /// branch hands on an element. Window: where it is counted how many are enough.
    Joined { parts: Vec<FieldShape>, counted: bool, drain: bool, gathers: bool },
    /// Another system answers, which gives how the operation has ended. Window: what it is asked with (the operation's
    /// record); then, where they are said, when the answer is due (a moment) and how often it is asked again when it
    /// cannot be (a word).
    Request { operation: OperationId, due: bool, retries: bool },
    /// A child process ends, which gives its outcome; with `stays` nothing takes it back once it is done. Window: its
    /// parameters.
    Child { process: ProcessId, stays: bool },
}

/// Something that a person does in a process. Nobody does two of them that are to be separate, in one instance and those
/// that it calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// With its module.
    pub name: TextId,
    /// What nobody does as well, ascending; each says the same of this one.
    pub separate: Vec<DutyId>,
    pub place: PlaceId,
}

/// Who may start a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    /// Its place in [`crate::Program::roles`].
    pub role: u16,
    pub duty: Option<DutyId>,
}

/// What takes back a step that is done: a function of what the step saw, which gives a word that says nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Undo {
    pub step: StepId,
    pub func: FuncId,
    /// What is stored for it, one for each of its parameters.
    pub captured: Vec<FieldShape>,
    pub place: PlaceId,
}

impl Event {
    /// The shapes of what a branch hands on, of so many parts from one on.
    pub fn handed(&self, program: &Program, at: u16, count: u16) -> Option<Vec<ShapeId>> {
        let Event::Joined { parts, gathers, .. } = self else { return None };
        let parts = parts.get(usize::from(at)..usize::from(at) + usize::from(count))?;
        let element = |part: &FieldShape| match program.shapes.get(part.shape.index())? {
            Shape::List(of) => Some(*of),
            _ => None,
        };
        parts.iter().map(|part| if *gathers { element(part) } else { Some(part.shape) }).collect()
    }
}

/// A process without parameters that begins by the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub process: ProcessId,
    pub rhythm: Rhythm,
    /// The time of the day: a function without parameters; without one midnight.
    pub at: Option<FuncId>,
    pub missed: Missed,
    pub place: PlaceId,
}

/// On which days a schedule fires. The functions take nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Again after a period.
    Every(FuncId),
    Daily,
    /// On this day of the week, 1 for Monday.
    Weekly(u8),
    /// On this day of each month, or its last one; without one the first.
    Monthly(Option<FuncId>),
    /// On this day of each year, or its last one; without one the first.
    Yearly(Option<FuncId>),
}

/// What is made up for of what was due while the host was away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    Each,
    Last,
    Skip,
}

/// How something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Channel {
    Email = 0,
    Http = 1,
}
