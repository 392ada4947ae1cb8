//! The code of the checked program: statements and expressions.

use super::*;
use crate::source::Place;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp, LineKind, Side};
use bp_bytecode::process::Channel;
use bp_bytecode::rounding::Mode;
use smol_str::SmolStr;

/// Statements, then perhaps a value.
#[derive(Debug, Clone)]
pub struct TBlock {
    pub stmts: Vec<TStmt>,
    pub value: Option<Box<TExpr>>,
    /// The type of the value; [`Type::Nothing`] without one, [`Type::Never`] if its end is never reached.
    pub ty: Type,
}

#[derive(Debug, Clone)]
pub struct TStmt {
    pub place: Place,
    pub kind: S,
}

#[derive(Debug, Clone)]
pub enum S {
    /// The first assignment of a local; without a value where a later assignment gives it (a `let` whose branches
    /// assign, a name bound in a branch).
    Let(LocalId, TExpr),
    Assign(LocalId, TExpr),
    If {
        condition: TExpr,
        then: TBlock,
        otherwise: TBlock,
    },
    Match(Box<TMatch>),
    /// Bounded by the step's cost.
    While {
        condition: TExpr,
        body: TBlock,
    },
    /// Over the elements of a list.
    For {
        local: LocalId,
        list: TExpr,
        where_: Option<TExpr>,
        body: TBlock,
    },
    /// Over whole numbers from `low` to `high`, both included.
    ForRange {
        local: LocalId,
        low: TExpr,
        high: TExpr,
        where_: Option<TExpr>,
        body: TBlock,
    },
    /// Over the rows of data files, read when compiled.
    ForRows {
        local: LocalId,
        rows: Arc<DataRows>,
        where_: Option<TExpr>,
        body: TBlock,
    },
    Break,
    /// A stage of a process, by its number. What stands before it goes on into it, and it into what stands behind it,
    /// unless it is left by a `go`.
    Stage(u16, TBlock),
    /// `go shipped`
    Go(u16),
    /// A branch has ended: what it hands on, from a part of what [`TEvent::Joined`] gives on.
    EndBranch {
        /// The name of the point where the process parted.
        point: SmolStr,
        at: u16,
        locals: Vec<LocalId>,
    },
    /// The clocks of the scope that begins at a point stand still from here on, or go on.
    Pause {
        scope: SmolStr,
        stands: bool,
    },
    /// A child is done, or was started: how that is taken back.
    UndoPut(TUndo),
    /// The end of the innermost stretch that one instance at a time is in.
    Unlock,
    /// Leaves the function, with its result (a process: its outcome).
    Return(Option<TExpr>),
    Expr(TExpr),
    /// `add x to xs`
    Add(LocalId, TExpr),
    /// `put k: v into m`
    Put(LocalId, TExpr, TExpr),
    Post(Box<TPost>),
    Expect(Box<TExpect>),
    /// A document of the entity becomes as the record is.
    Change(EntityId, TExpr, TExpr),
    /// `invoice -> paid`: with a look at the state that it is in.
    Become(EntityId, TExpr, u16),
    /// The open step ends without effect, with this failure, a case of the step's outcome.
    FailStep(TExpr),
    /// Nothing handles this failure: a technical error.
    Unhandled(SmolStr),
    /// `commit h`, or `release h`
    Settle {
        hold: TExpr,
        commit: bool,
    },
    /// What has happened is not what is waited for.
    Decline,
    /// `reverse` in an undo: what the step posted is taken back.
    ReverseStep,
    /// `send email mail to address`: a record and a text.
    Send {
        channel: Channel,
        what: TExpr,
        to: TExpr,
    },
    /// `complete run.review(approved: true)`: the run, the task, its form.
    Complete {
        run: TExpr,
        task: SmolStr,
        form: TExpr,
    },
    /// `send message M(…)`: a value of its record, to who waits for it.
    SendMessage(MessageId, TExpr),
    /// `answer run.Carrier.book(…)`: the run, and how the operation has ended; of one that could not be asked a text that
    /// says why.
    Answer {
        run: TExpr,
        operation: OperationId,
        error: bool,
        value: TExpr,
    },
    /// `deliver M(…)`: a value of its record.
    Deliver(MessageId, TExpr),
    /// `advance 8 days`
    Advance(TExpr),
    /// An operator ends a run before its end.
    CancelRun(TExpr),
    /// What is refused from here on, up to the next [`T::Refusal`], is no fault.
    Try,
    /// Who does what follows, by name; nobody in particular where that is empty.
    ActAs(TExpr),
    /// `free amount of account[…]`
    Free {
        account: AccountId,
        dimensions: Vec<TExpr>,
        amount: TExpr,
    },
    ToBooks(ToBooks, TExpr),
}

/// What is asked of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfBooks {
    /// The first day that may be posted to.
    FirstOpen,
    /// The entry that was posted last.
    Posted,
    /// The balance of an account in another book.
    BalanceIn(AccountId),
    /// What the balance of an account is worth in the book currency, as its lines say.
    BookValue(AccountId),
    /// The balance of an account at the end of a day, or what it was worth then: the day and the name of a book stand behind
    /// the dimensions. An empty name is the book at hand.
    BalanceAt { account: AccountId, worth: bool },
}

/// What is done to the books, besides posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToBooks {
    /// In a test: they are closed up to a day.
    Close,
    /// An entry is reversed.
    Reverse,
}

/// Rows of data files, read and typed when compiled.
#[derive(Debug)]
pub struct DataRows {
    pub record: RecordId,
    pub rows: Vec<DataRow>,
}

#[derive(Debug)]
pub struct DataRow {
    /// The line of the file.
    pub place: Place,
    /// One for each field; numbers at the field's scale.
    pub values: Vec<Constant>,
}

/// A value known when compiled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A number at the scale of its type, a date, a truth value, the number of an enum's case.
    Number(i128),
    Text(SmolStr),
    Period {
        months: i64,
        days: i64,
        business_days: i64,
        seconds: i64,
    },
    None,
    Some(Box<Constant>),
    Record(Vec<Constant>),
    Case(u16, Vec<Constant>),
    List(Vec<Constant>),
}

#[derive(Debug, Clone)]
pub struct TPost {
    pub text: TExpr,
    /// The name of another book than the run's.
    pub book: Option<TExpr>,
    /// A date.
    pub day: TExpr,
    pub first_open: bool,
    pub postings: Vec<TPosting>,
}

#[derive(Debug, Clone)]
pub struct TPosting {
    pub place: Place,
    pub kind: TPostingKind,
}

#[derive(Debug, Clone)]
pub enum TPostingKind {
    /// `amount` has the account's type.
    Line {
        account: AccountId,
        side: Side,
        dimensions: Vec<TExpr>,
        amount: TExpr,
        /// What bounds the account has there, of the combination and its groups.
        bounds: Vec<TExpr>,
        /// What comes in as a lot is worth so much, in the book currency.
        worth: Option<TExpr>,
        /// What the amount is worth in the book currency, where that does not follow from the account.
        valued: Option<Box<Valued>>,
        /// The role that lets it pass the limits of the account.
        over: Option<Box<TExpr>>,
    },
    /// What book amounts lack to zero, because some of them were rounded line by line.
    Rounding {
        account: AccountId,
        dimensions: Vec<TExpr>,
        bounds: Vec<TExpr>,
    },
    /// What the lines that follow speak of.
    Let(LocalId, TExpr),
    For {
        local: LocalId,
        list: TExpr,
        where_: Option<TExpr>,
        postings: Vec<TPosting>,
    },
    If {
        condition: TExpr,
        then: Vec<TPosting>,
        otherwise: Vec<TPosting>,
    },
    Assert(TExpr),
}

/// What an amount is worth in the book currency, on the same side.
#[derive(Debug, Clone)]
pub struct Valued {
    pub kind: LineKind,
    pub book: TExpr,
    /// As it was given, a text.
    pub rate: Option<TExpr>,
    /// `at rate`: `book` is a rounding, whose rest a `rounding` line may take.
    pub rounded: bool,
}

#[derive(Debug, Clone)]
pub struct TExpect {
    /// The condition as written.
    pub text: SmolStr,
    pub kind: TExpectKind,
}

#[derive(Debug, Clone)]
pub enum TExpectKind {
    /// A condition that is no comparison.
    Holds(TExpr),
    /// A comparison: both sides and the condition over the two locals that hold them.
    Sides { left: (LocalId, Box<TExpr>), right: (LocalId, Box<TExpr>), condition: TExpr },
}

/// An expression with its type.
#[derive(Debug, Clone)]
pub struct TExpr {
    pub kind: T,
    pub ty: Type,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub enum T {
    Invalid,
    /// Of the expression's type: a number at its scale, and so on.
    Constant(Constant),
    Local(LocalId),
    Config(ConfigId),
    Today,
    Now,

    // ---- numbers. Operands of `Add` `Sub` `Min` `Max` have one scale, that of the result.
    Add(Box<TExpr>, Box<TExpr>),
    Sub(Box<TExpr>, Box<TExpr>),
    /// The result's scale is the sum of both.
    Mul(Box<TExpr>, Box<TExpr>),
    Min(Box<TExpr>, Box<TExpr>),
    Max(Box<TExpr>, Box<TExpr>),
    Neg(Box<TExpr>),
    Abs(Box<TExpr>),
    Sign(Box<TExpr>),
    /// Of whole numbers, rounded down.
    IntDiv(Box<TExpr>, Box<TExpr>),
    IntMod(Box<TExpr>, Box<TExpr>),
    /// The same number at a scale that is larger by so many digits.
    ScaleUp(Box<TExpr>, u8),
    /// The same digits read at the type's scale and unit: `percent(2.5)` is 0.025. Costs nothing.
    Reinterpret(Box<TExpr>),
    Round(Box<TRound>),

    // ---- comparison and logic
    /// Of words or numbers of any two scales.
    Compare(Cmp, Box<TExpr>, Box<TExpr>),
    /// Of texts, by code points.
    CompareText(Cmp, Box<TExpr>, Box<TExpr>),
    CompareAmount(Cmp, Box<TExpr>, Box<TExpr>),
    /// Of any two values of one type that are cells in the heap.
    Equal(Box<TExpr>, Box<TExpr>),
    Not(Box<TExpr>),
    And(Box<TExpr>, Box<TExpr>),
    Or(Box<TExpr>, Box<TExpr>),

    // ---- values made of others
    Some(Box<TExpr>),
    /// All fields, in order. The record's checks are made here.
    Record(RecordId, Vec<TExpr>),
    /// Changed fields by number, in the order of evaluation. The record's checks are made here.
    With(Box<TExpr>, Vec<(u16, TExpr)>),
    Case(EnumId, u16, Vec<TExpr>),
    Field(Box<TExpr>, u16),
    List(Vec<TExpr>),
    EmptyMap,
    /// Element of a list by its number from 0.
    Item(Box<TExpr>, Box<TExpr>),
    /// Value of a key, an option.
    Get(Box<TExpr>, Box<TExpr>),
    Keys(Box<TExpr>),
    Values(Box<TExpr>),
    Count(Box<TExpr>),
    /// `first(xs)`, `last(xs)`: an option.
    First(Box<TExpr>),
    Last(Box<TExpr>),
    /// At most so many elements of a list, from its first on.
    Beginning(Box<TExpr>, Box<TExpr>),
    /// Whole numbers of `low` to `high` as a list.
    RangeList(Box<TExpr>, Box<TExpr>),
    Aggregate(Box<TAggregate>),
    /// `allocate(total, weights)`
    Allocate(Box<TExpr>, Box<TExpr>),

    // ---- text
    /// A value as text; `digits` pads a whole number.
    ToText {
        value: Box<TExpr>,
        digits: Option<u8>,
    },
    /// Texts one behind the other.
    Concat(Vec<TExpr>),

    // ---- code
    Call(FnId, Vec<TExpr>),
    Builtin(Builtin, Vec<TExpr>),
    If(Box<TExpr>, TBlock, TBlock),
    Match(Box<TMatch>),
    Block(TBlock),
    /// A value under a name, in an expression.
    Let(LocalId, Box<TExpr>, Box<TExpr>),
    /// `a ?? b`
    Coalesce(Box<TExpr>, Box<TExpr>),
    /// The value, after the checks (each takes the value) have passed.
    Checked(Box<TExpr>, Vec<CheckId>),

    // ---- the outside
    /// The body, between the step's beginning and end.
    Step(StepId, Box<TStep>),
    Balance(AccountId, Vec<TExpr>),
    /// What is held on an account.
    Held(AccountId, Vec<TExpr>),
    /// `hold amount on account[…]`, after it has been seen to be available.
    /// `over` is the role that lets it pass the limit; then the bounds stand behind the dimensions.
    Hold {
        account: AccountId,
        dimensions: Vec<TExpr>,
        amount: Box<TExpr>,
        over: Option<Box<TExpr>>,
    },
    /// What may still be used of an account: its dimensions, then its bounds.
    Available(AccountId, Vec<TExpr>),
    /// What is available to somebody who wants so much, of an account with several limits that stop: its dimensions, its
    /// bounds, then what is wanted.
    Room(AccountId, Vec<TExpr>),
    /// `take amount of item from account[…] oldest first`: a list of records, one for each lot.
    Take {
        account: AccountId,
        dimensions: Vec<TExpr>,
        amount: Box<TExpr>,
    },
    /// `commit part of h`: a hold of the rest.
    CommitPart {
        hold: Box<TExpr>,
        part: Box<TExpr>,
    },

    /// With what the question is about: dimensions, then the name of another book.
    Books(OfBooks, Vec<TExpr>),

    // ---- stored documents
    /// A new document with this record.
    Create(EntityId, Box<TExpr>),
    /// The record of a document, as it is in the running step.
    Document(EntityId, Box<TExpr>),
    /// `get Customer("C1")`: an option.
    Lookup(EntityId, Vec<TExpr>),
    Find(Box<TFind>),
    /// The next number of the entity's series for a period, a text.
    NextNumber(EntityId, Box<TExpr>),

    // ---- processes that live
    /// Rests until something happens; what it was.
    Rest(Box<TRest>),
    /// The last value of a run's variable.
    RunNoted(Box<TExpr>, SmolStr),
    /// The title of a run's open task of that name, an option.
    RunTask(Box<TExpr>, SmolStr),
    /// What a run's open request asks with, an option of the operation's record.
    RunRequest(Box<TExpr>, OperationId),
    /// How a run of a process that lives has ended; a technical error while it goes on.
    RunOutcome(Box<TExpr>),
    /// Why what was tried was refused, an option of a text.
    Refusal,
    /// How many mails were sent to an address.
    Mails(Channel, Box<TExpr>),
    /// In a test: runs a process to its end, or gives the run that its key already has. The value is its outcome.
    Start(ProcessId, Vec<TExpr>),
    /// The result of a run that is done; a technical error if it failed.
    RunResult(Box<TExpr>),
}

#[derive(Debug, Clone)]
pub struct TStep {
    pub body: TBlock,
    /// What is done where the body fails, if it can.
    pub failing: Option<TFailing>,
    pub undo: Option<TUndo>,
}

/// How a step is taken back when its process fails later.
#[derive(Debug, Clone)]
pub struct TUndo {
    pub id: UndoId,
    /// Takes the step's value, where the undo asks for it.
    pub result: Option<LocalId>,
    /// What the undo needs to know, one for each of its parameters.
    pub captured: Vec<LocalId>,
}

#[derive(Debug, Clone)]
pub struct TFailing {
    /// Holds the failure while it is handled.
    pub failure: LocalId,
    /// Over `failure`; exhaustive.
    pub handler: TMatch,
}

/// `find Ticket where … order by due limit 5`: what the store looks for. What else a document has to fulfil is asked
/// of each that it finds.
#[derive(Debug, Clone)]
pub struct TFind {
    pub entity: EntityId,
    /// Field, comparison, and a value of the field's type that does not depend on the document. A field of another
    /// document is a path: fields that refer, each of the document before, then the field.
    pub conditions: Vec<(Vec<u16>, Cmp, TExpr)>,
    /// Field, and whether it descends.
    pub order: Vec<(u16, bool)>,
    pub limit: Option<TExpr>,
}

/// `round`, `root` or `power`: factors computed exactly, rounded once.
#[derive(Debug, Clone)]
pub struct TRound {
    pub kind: RoundKind,
    /// Factors above the line. Each is a number of any scale; the scales are accounted for by lowering.
    pub numerators: Vec<TExpr>,
    /// Factors below the line.
    pub divisors: Vec<TExpr>,
    /// `to:`, where it is no plain power of ten; of the result's type. `None`: to the scale of the result.
    pub step: Option<TExpr>,
    pub mode: TMode,
}

#[derive(Debug, Clone)]
pub enum RoundKind {
    Quotient,
    Root,
    /// With its whole exponent.
    Power(TExpr),
}

#[derive(Debug, Clone)]
pub enum TMode {
    Fixed(Mode),
    Value(Box<TExpr>),
}

/// `sum(e for x in xs where c)` and its kin, and lists made by a generator.
#[derive(Debug, Clone)]
pub struct TAggregate {
    pub kind: Aggregate,
    pub local: LocalId,
    /// A list.
    pub source: TExpr,
    pub where_: Option<TExpr>,
    /// Parts the list by a key first: `local` then holds a record of `key` and `items`.
    pub grouped_by: Option<Grouping>,
    /// The key and whether it descends; evaluated for each that passes `where_`, before `element`.
    pub sorted_by: Option<(TExpr, bool)>,
    pub element: TExpr,
}

/// How elements are parted: `item` is each element of the source in `key`; `record` is the group's type with
/// the fields `key` and `items`.
#[derive(Debug, Clone)]
pub struct Grouping {
    pub item: LocalId,
    pub key: TExpr,
    pub record: RecordId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Of numbers; 0 of nothing.
    Sum,
    /// How many.
    Count,
    /// An option.
    Min,
    Max,
    /// Does one hold, do all hold; stops early.
    Any,
    All,
    /// An option; stops early.
    First,
    Last,
    List,
}

#[derive(Debug, Clone)]
pub struct TMatch {
    pub value: TExpr,
    /// In order; exhaustive.
    pub arms: Vec<TArm>,
    pub ty: Type,
}

#[derive(Debug, Clone)]
pub struct TArm {
    pub place: Place,
    /// Any of them; all bind the same names.
    pub patterns: Vec<TPattern>,
    pub body: TBlock,
}

#[derive(Debug, Clone)]
pub struct TPattern {
    pub kind: P,
    pub ty: Type,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub enum P {
    Invalid,
    Wildcard,
    Bind(LocalId),
    None,
    Some(Box<TPattern>),
    /// A number (at the scale of the pattern's type), date, truth value or text.
    Constant(Constant),
    /// One pattern for each field of the case.
    Case(EnumId, u16, Vec<TPattern>),
    /// An `Amount` in this currency; the pattern is over the money.
    Currency(Currency, Box<TPattern>),
}
