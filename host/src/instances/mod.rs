//! Processes that live, as the store has them: instances, where they stand, and what they wait for.
//!
//! These are rows and nothing more; what becomes of them is the business of the world that runs a program
//! ([`crate::world`]).

mod branches;
mod callers;
mod exclusive;
mod pauses;
mod programs;
mod requests;
mod rows;
mod tasks;
mod waits;

pub(crate) use waits::NEVER;

use crate::TenantId;
use crate::store::Store;

/// The rows of a tenant's instances, within a transaction.
pub(crate) struct Instances<'a> {
    pub(crate) store: &'a mut dyn Store,
    pub(crate) tenant: TenantId,
}

/// How far a process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    Running,
    /// It has failed, and what it did is being taken back.
    Undoing,
    Done,
    Failed,
    Cancelled,
}

impl InstanceState {
    pub fn name(self) -> &'static str {
        match self {
            InstanceState::Running => "running",
            InstanceState::Undoing => "undoing",
            InstanceState::Done => "done",
            InstanceState::Failed => "failed",
            InstanceState::Cancelled => "cancelled",
        }
    }

    pub const ALL: [InstanceState; 5] = [Self::Running, Self::Undoing, Self::Done, Self::Failed, Self::Cancelled];

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<InstanceState> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A process that was started.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub id: i64,
    pub process: String,
    pub key: String,
    pub state: InstanceState,
    /// JSON, as the next one.
    pub outcome: Option<String>,
    pub noted: String,
    /// What it has done that nothing takes back, the first of it.
    pub stays: Option<String>,
    pub parent: Option<Parent>,
    /// Moments, in seconds since 1970-01-01T00:00:00Z.
    pub started_at: i64,
    pub ended_at: Option<i64>,
}

/// Who waits for an instance to end, and as what event of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    pub instance: i64,
    pub token: i64,
    pub event: i64,
}

/// Where an instance stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub instance: i64,
    pub id: i64,
    /// The token that it is a branch of.
    pub parent: Option<i64>,
    /// The event of the parent's point that it began with.
    pub began: Option<i64>,
    /// Which of its parent's branches it is.
    pub number: i64,
    /// How many of its branches have begun, where there are more to come.
    pub cursor: Option<i64>,
    /// Empty before the first step.
    pub point: String,
    /// JSON.
    pub live: String,
    pub event: Option<i64>,
    /// JSON.
    pub given: Option<String>,
    pub message: Option<i64>,
    pub incident: Option<String>,
}

/// Something that somebody has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: i64,
    pub instance: i64,
    pub token: i64,
    pub event: i64,
    pub name: String,
    pub title: String,
    pub role: String,
    /// The role that it went to when it was due, and the one that it goes to then; empty where there is none.
    pub escalated: String,
    pub escalates: String,
    /// JSON.
    pub shown: String,
    /// A moment, in seconds since 1970-01-01T00:00:00Z.
    pub due: Option<i64>,
    pub overdue: bool,
    pub claimed_by: String,
    /// 1, and one more each time that what it shows was found to have changed.
    pub revision: i64,
    pub state: TaskState,
    /// When it was done or withdrawn, a moment, and who did it; empty where nobody did.
    pub ended_at: Option<i64>,
    pub ended_by: String,
}

/// A document that a task shows, as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub entity: String,
    pub reference: i64,
    pub version: i64,
}

/// What has become of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    Open,
    Done,
    /// Something else happened first.
    Withdrawn,
}

impl TaskState {
    pub(crate) fn from_name(name: &str) -> Option<TaskState> {
        match name {
            "open" => Some(TaskState::Open),
            "done" => Some(TaskState::Done),
            "withdrawn" => Some(TaskState::Withdrawn),
            _ => None,
        }
    }
}

/// What another system is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: i64,
    /// What the other system knows it by: the same for all tries.
    pub key: String,
    pub instance: i64,
    pub token: i64,
    pub event: i64,
    /// With its module.
    pub service: String,
    pub operation: String,
    /// JSON: what it is asked with.
    pub asked: String,
    /// A moment, in seconds since 1970-01-01T00:00:00Z, as all here.
    pub due: Option<i64>,
    pub overdue: bool,
    /// How often it is asked again when it cannot be, and how often it was fetched since it was made, or let go on.
    pub retries: i64,
    pub tries: i64,
    /// From when on it may be fetched.
    pub next_at: i64,
    /// Who fetched it last; empty: nobody yet.
    pub worker: String,
    /// Nobody else fetches it before; none: nobody has it.
    pub locked_until: Option<i64>,
    /// Why it could not be asked the last time; empty: it could.
    pub error: String,
    pub state: RequestState,
    /// JSON: how the operation has ended.
    pub answer: Option<String>,
    pub made_at: i64,
    pub ended_at: Option<i64>,
    pub ended_by: String,
}

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    Open,
    /// All tries are used up; an operator lets it go on.
    Stopped,
    Answered,
    /// Something else happened first.
    Withdrawn,
}

impl RequestState {
    pub(crate) fn from_name(name: &str) -> Option<RequestState> {
        match name {
            "open" => Some(RequestState::Open),
            "stopped" => Some(RequestState::Stopped),
            "answered" => Some(RequestState::Answered),
            "withdrawn" => Some(RequestState::Withdrawn),
            _ => None,
        }
    }
}

/// Something that becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    pub id: i64,
    pub instance: i64,
    pub token: i64,
    /// Which of the point's events it is; below 0 where a task is due.
    pub event: i64,
    pub due: i64,
    /// It is due again after this time: months, days, business days and seconds.
    pub every: Option<[i64; 4]>,
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: i64,
    /// JSON.
    pub data: String,
}

/// A token that waits for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    pub instance: i64,
    pub token: i64,
    pub event: i64,
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undo {
    /// Its place in the log.
    pub seq: i64,
    pub step: String,
    /// JSON: what its undo needs to know.
    pub captured: String,
    /// JSON: the entries that it posted.
    pub entries: String,
}

/// A message that a token waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Awaited {
    pub event: i64,
    pub message: String,
    pub key: String,
}

/// Something that was sent, or is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the receiver knows it by: the same however often it is sent.
    pub key: String,
    pub instance: i64,
    /// `email`, `http` or `message`.
    pub channel: String,
    pub address: String,
    /// JSON.
    pub data: String,
    /// A moment, in seconds since 1970-01-01T00:00:00Z.
    pub at: i64,
}

/// A line of an instance's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: i64,
    pub what: String,
    pub name: String,
    pub author: String,
}
