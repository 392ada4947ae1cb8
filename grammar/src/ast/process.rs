//! Statements that only a process can say.

use super::{Args, Arm, Block, Expr, FormStmt, Hold, Ident, Move, Path, Post, Settle, Stmt, Take, Undo};
use crate::span::Span;

/// What takes time, or changes something, and also has a value.
#[derive(Clone, Debug)]
pub enum Run {
    Step(Step),
    Task(Task),
    Wait(Wait),
    Race(Vec<RaceArm>),
    Parallel(Parallel),
    Call(Call),
    Request(Request),
    Hold(Hold),
    /// Where its value is taken: `let rest = commit part of h`. Alone it is a [`super::StmtKind::Settle`].
    Settle(Settle),
    Take(Take),
    Move(Move),
    /// Where its value is taken: `let sale = post …`. Alone it is a [`super::StmtKind::Post`].
    Post(Box<Post>),
}

#[derive(Clone, Debug)]
pub enum ProcessStmt {
    /// `stage name { … }`
    Stage {
        name: Ident,
        body: Block,
    },
    /// `exclusive on key { … }`
    Exclusive {
        keys: Vec<Expr>,
        body: Block,
    },
    Scope(Scope),
    /// `pause { … }`
    Pause(Block),
    /// `send email mail to address`
    Send {
        channel: Channel,
        what: Expr,
        to: Expr,
    },
    /// `send message Paid(…)`: it says by its key whom it is for.
    SendMessage(Expr),
    /// `show` and `ask`, in a task.
    Form(FormStmt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Http,
}

/// `step name { … } undo { … } else { Short(x) => … }`
#[derive(Clone, Debug)]
pub struct Step {
    pub name: Ident,
    pub body: Block,
    pub undo: Option<Undo>,
    pub handlers: Option<Handlers>,
}

/// `else { Case(x) => … }`
#[derive(Clone, Debug)]
pub struct Handlers {
    pub span: Span,
    pub arms: Vec<Arm>,
}

/// `task name "title" for Role as duty { show … ask … } within d else …`
#[derive(Clone, Debug)]
pub struct Task {
    pub name: Ident,
    pub title: Expr,
    pub role: Expr,
    pub duty: Option<Ident>,
    /// `may change`
    pub may_change: bool,
    pub body: Block,
    pub deadline: Option<Deadline>,
}

#[derive(Clone, Debug)]
pub struct Deadline {
    pub span: Span,
    /// `by` a moment, not `within` a time.
    pub by: bool,
    pub limit: Expr,
    pub otherwise: Option<Otherwise>,
}

#[derive(Clone, Debug)]
pub enum Otherwise {
    Escalate(Path),
    Block(Block),
    Stmt(Box<Stmt>),
    Arms(Vec<Arm>),
}

#[derive(Clone, Debug)]
pub struct Wait {
    pub what: WaitFor,
    pub deadline: Option<Deadline>,
}

#[derive(Clone, Debug)]
pub enum WaitFor {
    Until(Expr),
    /// `wait 3 business_days`
    Time(Expr),
    /// `wait new M where …`
    Message {
        new: bool,
        message: Path,
        where_: Option<Expr>,
    },
}

#[derive(Clone, Debug)]
pub struct RaceArm {
    pub span: Span,
    pub trigger: Trigger,
    pub body: Block,
}

/// What an arm of a race or a handler of a scope answers to.
#[derive(Clone, Debug)]
pub enum Trigger {
    On {
        name: Option<Ident>,
        message: Path,
        where_: Option<Expr>,
    },
    /// `cancel on M`, of a scope only
    CancelOn {
        name: Option<Ident>,
        message: Path,
        where_: Option<Expr>,
    },
    After(Expr),
    Until(Expr),
    /// `every d after e`, of a scope only
    Every {
        interval: Expr,
        after: Option<Expr>,
    },
}

#[derive(Clone, Debug)]
pub struct Scope {
    pub name: Option<Ident>,
    pub body: Block,
    pub handlers: Vec<RaceArm>,
}

#[derive(Clone, Debug)]
pub struct Parallel {
    pub join: Option<Join>,
    pub body: ParallelBody,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a process has few of them")]
pub enum ParallelBody {
    Branches(Vec<(Ident, Block)>),
    For { name: Ident, source: Expr, where_: Option<Expr>, body: Block },
}

#[derive(Clone, Debug)]
pub struct Join {
    pub span: Span,
    /// `None` is `first`.
    pub count: Option<Expr>,
    pub rest: Option<Rest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Cancel,
    Drain,
}

/// `call p(…) undo { … } else { … }`
#[derive(Clone, Debug)]
pub struct Call {
    pub process: Path,
    pub args: Args,
    pub undo: Option<Undo>,
    pub handlers: Option<Handlers>,
}

/// `request Carrier.book(…) within 1 hour retry 5 times else …`
#[derive(Clone, Debug)]
pub struct Request {
    pub operation: Path,
    pub args: Args,
    pub within: Option<Expr>,
    pub retry: Option<Expr>,
    pub otherwise: Option<Otherwise>,
}
