//! A compiled program: tables of everything that code refers to, and the code.

use crate::index::*;
use crate::op::{Cmp, Label, Op};
use crate::process::{Duty, Message, Operation, Point, Schedule, Starter, Undo};
use crate::rounding::Mode;
use crate::shape::{RegType, Shape, Unit};

/// What the compiler gives to the engines, and what a `.bpc` file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    pub name: String,
    /// ISO 4217 code of the book currency and its minor unit's digits.
    pub currency: (String, u8),
    pub texts: Vec<String>,
    pub constants: Vec<i128>,
    pub shapes: Vec<Shape>,
    pub functions: Vec<Function>,
    pub switches: Vec<Vec<Label>>,
    pub chains: Vec<Chain>,
    pub trees: Vec<Tree>,
    pub checks: Vec<Check>,
    pub configs: Vec<Config>,
    pub accounts: Vec<Account>,
    pub entities: Vec<Entity>,
    pub queries: Vec<Query>,
    pub decisions: Vec<Decision>,
    pub processes: Vec<Process>,
    pub steps: Vec<Step>,
    pub messages: Vec<Message>,
    pub operations: Vec<Operation>,
    /// In the order of their functions.
    pub points: Vec<Point>,
    pub undos: Vec<Undo>,
    pub duties: Vec<Duty>,
    pub schedules: Vec<Schedule>,
    pub posts: Vec<Post>,
    pub tests: Vec<Test>,
    pub expects: Vec<Expect>,
    pub roles: Vec<TextId>,
    /// Source files that places point into, data files of templates among them.
    pub sources: Vec<Source>,
    pub places: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// As the compiler was given it.
    pub path: String,
}

/// A stretch of a source file, in bytes, with its first line and column counted from 1, so that a place can be
/// named where the source is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub column: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: TextId,
    pub place: PlaceId,
    /// The first registers are the parameters.
    pub params: u16,
    pub registers: Vec<RegType>,
    pub result: RegType,
    pub code: Vec<Op>,
    /// The place of each instruction; as long as `code`.
    pub places: Vec<PlaceId>,
}

impl Program {
    /// Whether a function can stop in between and go on later. Such a function is a process's, and is never called.
    pub fn rests(&self, func: FuncId) -> bool {
        self.points.binary_search_by_key(&func, |point| point.func).is_ok()
    }

    /// Whether an account counts money of another currency than the book's.
    pub fn is_foreign(&self, account: AccountId) -> bool {
        let shape = self.accounts.get(account.index()).and_then(|account| self.shapes.get(account.shape.index()));
        match shape {
            Some(Shape::Number { unit: Unit::Money(of), .. }) => self.texts.get(of.index()) != Some(&self.currency.0),
            _ => false,
        }
    }

    /// Whether a process needs a host that keeps it: it can stop in between, or it does what only such a host can – sends,
    /// starts others, leaves something to take back.
    pub fn lives(&self, process: &Process) -> bool {
        let is_kept =
            |op: &Op| matches!(op, Op::Send { .. } | Op::SendMessage { .. } | Op::StartRun { .. } | Op::UndoPut { .. });
        self.rests(process.func) || self.functions[process.func.index()].code.iter().any(is_kept)
    }
}

/// A product and quotient chain, computed exactly and rounded once:
///
/// `round(n1 x n2 x … x 10^up / (d1 x d2 x … x 10^down) / step) x step`, to an integer.
///
/// The window of `round_chain` holds the `numerators` factors n, the `divisors` factors d, then the step if
/// `has_step`, then the number of the mode if `mode` is `None`. A divisor or step that is 0 is a fault.
/// With `root`, the square root of the quotient is rounded instead; then there is no step. With `power`, the
/// window's next value (before the mode) is a whole exponent, 0 to 1,000, that the quotient n / d is raised to
/// before it is multiplied by 10^up / 10^down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chain {
    pub numerators: u8,
    pub divisors: u8,
    pub up: u8,
    pub down: u8,
    pub has_step: bool,
    pub root: bool,
    pub power: bool,
    pub mode: Option<Mode>,
    /// The scales of the value and of the result, for derivations: digits behind the point.
    pub result_scale: u8,
}

/// The search tree of a decision: from input words to a leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// How many input words (or wide numbers, or texts) the window holds, and which they are.
    pub inputs: Vec<TreeInput>,
    pub nodes: Vec<Node>,
    /// The number of the root in `nodes`.
    pub root: u32,
    /// How many leaves there are; a search gives 0 to `leaves` - 1.
    pub leaves: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeInput {
    /// A word or a wide number.
    Number,
    Text,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Leaf(u32),
    /// `children[k]` where k is how many edges are less than or equal to the input: `edges` grows strictly and there is one
    /// child more than edges.
    Range {
        input: u16,
        edges: Vec<i128>,
        children: Vec<u32>,
    },
    /// `children[k]` for the input `low + k`; outside, the last child.
    Dense {
        input: u16,
        low: i64,
        children: Vec<u32>,
    },
    /// The child of an equal text, sorted by code points; else `otherwise`.
    Text {
        input: u16,
        keys: Vec<TextId>,
        children: Vec<u32>,
        otherwise: u32,
    },
}

/// A `where`: a function of one value (the record, or the value itself) that gives a truth value. The `where` of a
/// parameter, which may speak of its siblings, is checked by the function itself at its entry: then `func` is that
/// function, and no border asks for the check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub func: FuncId,
    /// The condition as written.
    pub text: TextId,
    /// What it is about: `Employee.salary`, `PayMonth`.
    pub subject: TextId,
    pub place: PlaceId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// With its module, where another one has the same: `tax.rounding`.
    pub name: TextId,
    pub shape: ShapeId,
    pub default: Option<FuncId>,
    /// Checks of its value, and those that take all configuration of its module into account.
    pub checks: Vec<CheckId>,
    /// Its value is part of the program, which does not ask for it: nobody can set it.
    pub fixed: bool,
    pub docs: TextId,
    pub place: PlaceId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
    Quantity,
    Budget,
    Limit,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// With its module: `finance.chart.salaries`.
    pub name: TextId,
    pub code: Option<TextId>,
    pub kind: AccountKind,
    /// The shape of its amounts.
    pub shape: ShapeId,
    pub dimensions: Vec<(TextId, ShapeId)>,
    /// What comes in is kept apart, with its cost, and goes out oldest first.
    pub lots: bool,
    /// How far it may be used, in the order of declaration; how much that is, code says where it uses it.
    pub bounds: Vec<Bound>,
    /// The groups that each value of its first dimension is in, the nearest first. They keep the bounds too.
    pub groups: Vec<Group>,
    pub place: PlaceId,
}

impl Account {
    /// How many amounts code says with its dimensions: for each bound in turn one for the combination itself and one for
    /// each group.
    pub fn amounts(&self) -> usize {
        self.bounds.len() * self.levels()
    }

    /// On how many levels a bound is kept: the combination itself and its groups.
    pub fn levels(&self) -> usize {
        1 + self.groups.len()
    }

    /// Does it bound what is held and posted, or only tell of it?
    pub fn stops(&self) -> bool {
        self.bounds.iter().any(|bound| bound.mode == BoundMode::Stop)
    }
}

/// How the bound of an account counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bound {
    /// What is used and held stays at or below it; else what is there less what is held stays at or above it.
    pub above: bool,
    pub period: BoundPeriod,
    pub mode: BoundMode,
}

/// What counts against a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundPeriod {
    Ever,
    /// Of the month of the day.
    Month,
    /// Of the fiscal year up to the end of a month.
    Year,
}

/// What happens at a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundMode {
    Stop,
    /// It is told, and goes on.
    Warn,
    Ignore,
}

/// A group: what the document that was come to refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// As the program calls it: `department`.
    pub name: TextId,
    /// The field of the document that refers to it.
    pub field: u16,
}

/// A kind of stored documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// With its module: `crm.customer.Customer`.
    pub name: TextId,
    /// What a document holds: a [`Shape::Record`].
    pub record: ShapeId,
    /// The fields whose values name a document, in their order; none where nothing does.
    pub key: Vec<u16>,
    /// The field that its number fills.
    pub number: Option<u16>,
    /// The field with the state of its life cycle.
    pub state: Option<u16>,
    pub indexes: Vec<EntityIndex>,
    /// Fields, and the names that they have in documents of before.
    pub renamed: Vec<(u16, TextId)>,
    pub place: PlaceId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EntityIndex {
    pub unique: bool,
    pub fields: Vec<u16>,
}

/// A `find`: the documents of an entity for which all conditions hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub entity: EntityId,
    /// Field, comparison; what it is compared with stands in the window, a value of the field's shape for each. A field of
    /// another document is a path: fields that refer, each of the document before, then the field.
    pub conditions: Vec<(Vec<u16>, Cmp)>,
    /// Field, whether it descends. Documents that are alike in all of them come as they were created.
    pub order: Vec<(u16, bool)>,
    /// The window's last value, a word, is the most that are found.
    pub limit: bool,
    pub place: PlaceId,
}

impl Program {
    /// The shape of the field that a path of fields leads to, from documents of an entity on. `None` where it leads nowhere:
    /// every field but the last has to refer to a document.
    pub fn field_at(&self, entity: EntityId, path: &[u16]) -> Option<ShapeId> {
        let entity = self.entities.get(entity.index())?;
        let Some(Shape::Record(record)) = self.shapes.get(entity.record.index()) else { return None };
        let (field, rest) = path.split_first()?;
        let shape = record.fields.get(usize::from(*field))?.shape;
        match (rest, self.shapes.get(shape.index())?) {
            ([], _) => Some(shape),
            (rest, Shape::Document(next)) => self.field_at(*next, rest),
            _ => None,
        }
    }
}

/// A decision, for derivations and coverage.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub name: TextId,
    pub place: PlaceId,
    /// Where each row stands: in the source, or the line of a data file. The default row is the last.
    pub rows: Vec<PlaceId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    pub name: TextId,
    /// Its parameters are the process's; its result is a [`Shape::Variant`]: case 0 `Done` with the result (no
    /// payload where the process has none), then one case for each declared failure.
    pub func: FuncId,
    pub params: Vec<crate::shape::FieldShape>,
    pub outcome: ShapeId,
    /// A function of the same parameters that gives the key as a text.
    pub key: Option<FuncId>,
    /// The names of the key's parts as written: `employee.id`, `month`.
    pub key_names: Vec<TextId>,
    /// Who may start it; anybody without one.
    pub starter: Option<Starter>,
    pub docs: TextId,
    pub place: PlaceId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: TextId,
    pub process: ProcessId,
    /// It changes something that nothing takes back: once it is done its process cannot be cancelled.
    pub stays: bool,
    pub place: PlaceId,
}

/// A `post` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// `else first_open`
    pub first_open: bool,
    pub place: PlaceId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub title: TextId,
    /// Without parameters; its result is a word that says nothing.
    pub func: FuncId,
    pub place: PlaceId,
}

/// What an `expect` compares: for a message with both values.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// The condition as written.
    pub text: TextId,
    /// Registers of the two sides with their shapes, where it is a comparison.
    pub sides: Option<[(u16, ShapeId); 2]>,
    pub place: PlaceId,
}
