//! Blocks and statements. What only processes can say is in [`super::process`], what speaks of books in
//! [`super::ledger`].

use super::{Args, Arm, Else, Expr, Failed, Field, Free, Ident, Path, Post, ProcessStmt, Settle, TextLit, TypeExpr};
use crate::span::Span;

/// Statements in braces. The value of a block is its last statement's, where that is an expression.
#[derive(Clone, Debug)]
pub struct Block {
    pub span: Span,
    pub stmts: Vec<Stmt>,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub span: Span,
    pub kind: StmtKind,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Invalid,
    /// `let x: T = …` or `var x = …`
    Let {
        mutable: bool,
        name: Ident,
        ty: Option<TypeExpr>,
        value: Expr,
    },
    If {
        condition: Expr,
        then: Block,
        otherwise: Option<Box<Else>>,
    },
    Match {
        value: Expr,
        arms: Vec<Arm>,
    },
    While {
        condition: Expr,
        body: Block,
    },
    For(Box<For>),
    Return(Option<Expr>),
    /// `fail Refused("why")`
    Fail {
        failure: Path,
        args: Option<Args>,
    },
    /// `go stage`
    Go(Ident),
    Break,
    /// A call, or the block's value. What runs (`step`, `task`, `wait` …) stands here as [`super::ExprKind::Run`].
    Expr(Expr),
    /// `x = …`, `r.f = …`, `m[k] = …`
    Assign {
        target: Expr,
        value: Expr,
    },
    /// `invoice -> paid`
    Transition {
        target: Expr,
        state: Ident,
    },
    /// `add x to xs`
    Add {
        value: Expr,
        to: Place,
    },
    /// `put k: v into m`
    Put {
        key: Expr,
        value: Expr,
        into: Place,
    },
    /// `change invoice with (paid: p)`
    Change {
        target: Place,
        args: Args,
    },
    Post(Box<Post>),
    Settle(Settle),
    Free(Free),
    /// `reverse`, in an `undo`; `reverse invoice.posting`
    Reverse(Option<Expr>),
    Process(Box<ProcessStmt>),
    Test(Box<TestStmt>),
}

/// `for x in xs where … { }`, or over the rows of files: `for row: T in "a.csv" { }`
#[derive(Clone, Debug)]
pub struct For {
    pub name: Ident,
    pub source: ForSource,
    pub where_: Option<Expr>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub enum ForSource {
    Values(Expr),
    Files { row: TypeExpr, files: Vec<TextLit> },
}

/// Something that can be changed, or an account: `xs`, `invoice.lines`, `receivable[customer]`.
#[derive(Clone, Debug)]
pub struct Place {
    pub span: Span,
    pub path: Path,
    pub indices: Vec<Expr>,
}

/// What only a `test` can say.
#[derive(Clone, Debug)]
pub enum TestStmt {
    /// `expect a == b`, `expect run failed Refused("why")`
    Expect {
        value: Expr,
        failed: Option<Failed>,
    },
    /// `expect complete run.review(approved: true) as "mia" refused "may not"`: what is refused, and a part of why.
    Refused {
        action: Box<Stmt>,
        why: Option<Expr>,
    },
    /// `cancel run`
    Cancel(Expr),
    /// `complete run.review(approved: true)`
    Complete(Expr, Option<Box<Expr>>),
    /// `answer run.Carrier.book(…)`: what another system answers to a request.
    Answer {
        request: Expr,
        answer: Answer,
    },
    Deliver(Expr),
    Advance(Expr),
    /// `close through 2026-01-31`: the books are closed up to that day, for everybody.
    Close(Expr),
}

/// How another system answers a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The request is called with what it gives.
    Given,
    /// `failed NoCapacity`
    Failed(Failed),
    /// `error "no connection"`: it could not be asked.
    Error(Expr),
}

/// A task's `show` and `ask`: what a form shows and what it asks for.
#[derive(Clone, Debug)]
pub enum FormStmt {
    Show(Vec<Expr>),
    Ask(Vec<Field>),
}
