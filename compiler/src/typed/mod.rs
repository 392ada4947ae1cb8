//! The checked program: every name resolved, every type known, every scale aligned.
//!
//! The checker writes it, the proofs read it, lowering turns it into instructions. What the language lets a
//! designer leave out is written out here: defaults of fields, the scale that a `round` goes to, the factor that
//! lifts a number to a larger scale, the place where a `where` is checked.

mod code;
mod process;
pub(crate) mod walk;

pub use code::*;
pub use process::*;

use crate::source::{FileId, Place};
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_bytecode::program::{AccountKind, BoundMode, BoundPeriod};
use bp_grammar::ast::Policy;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use walk::Found;

/// A name without its module.
pub(crate) fn last_word(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The module of a name; the main module's have none.
pub(crate) fn module_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(module, _)| module)
}

/// A program without faults, or what is known of one that has some.
#[derive(Debug, Default)]
pub struct Checked {
    /// The name of the main module.
    pub name: SmolStr,
    pub currency: Option<Currency>,
    pub modules: Vec<SmolStr>,
    pub records: Vec<Record>,
    pub enums: Vec<Enum>,
    pub named: Vec<Named>,
    pub units: Vec<UnitDef>,
    pub roles: Vec<SmolStr>,
    pub duties: Vec<Duty>,
    pub schedules: Vec<Schedule>,
    pub configs: Vec<Config>,
    pub accounts: Vec<Account>,
    pub entities: Vec<Entity>,
    pub checks: Vec<Check>,
    pub functions: Vec<Function>,
    /// What each function does by itself: what it calls is for who asks to follow.
    pub does: Vec<Found>,
    pub decisions: Vec<Decision>,
    pub processes: Vec<Process>,
    pub steps: Vec<Step>,
    pub messages: Vec<Message>,
    pub services: Vec<Service>,
    pub operations: Vec<Operation>,
    pub undos: Vec<Undo>,
    pub tests: Vec<Test>,
    /// The rows of data files that the program names, as they were read.
    pub data: Vec<Arc<DataRows>>,
}

impl Checked {
    /// The type of the field that a path of fields leads to, from documents of an entity on; every field but the last
    /// refers to a document.
    pub fn field_at(&self, entity: EntityId, path: &[u16]) -> Option<Type> {
        let record = self.records.get(self.entities.get(entity.index())?.record.index())?;
        let (field, rest) = path.split_first()?;
        let ty = &record.fields.get(usize::from(*field))?.ty;
        match (rest, ty) {
            ([], ty) => Some(ty.clone()),
            (rest, Type::Entity(next)) => self.field_at(*next, rest),
            _ => None,
        }
    }

    /// What a named type is made of; of any other, itself.
    pub fn base<'t>(&'t self, ty: &'t Type) -> &'t Type {
        match ty {
            Type::Named(id) => &self.named[id.index()].base,
            other => other,
        }
    }
}

#[derive(Debug)]
pub struct Record {
    /// Empty for a record without a name.
    pub name: SmolStr,
    pub fields: Vec<Field>,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: SmolStr,
    /// Its name in data files and the API.
    pub outside: SmolStr,
    pub ty: Type,
    /// A function without parameters.
    pub default: Option<FnId>,
    /// Its `where`s over the whole record: a check takes the record. Those of a named type are not repeated here.
    pub checks: Vec<CheckId>,
    /// What a border has to check besides: the `where`s of its named type, each over the whole record. Code that makes
    /// a record has checked them already, on the field's value; lowering adds them to the field's shape only.
    pub border_checks: Vec<CheckId>,
    pub personal: bool,
    pub place: Place,
}

#[derive(Debug)]
pub struct Enum {
    pub name: SmolStr,
    pub cases: Vec<Case>,
    /// What a process, an action or a step comes to: always a cell in the heap, whatever its cases hold.
    pub is_outcome: bool,
    pub place: Place,
}

impl Enum {
    /// Whether a value is a cell in the heap: some case has a payload, or it is an outcome.
    pub fn has_payload(&self) -> bool {
        self.is_outcome || self.cases.iter().any(|case| !case.fields.is_empty())
    }
}

#[derive(Debug, Clone)]
pub struct Case {
    pub name: SmolStr,
    pub outside: SmolStr,
    pub fields: Vec<Field>,
}

/// A kind of stored documents.
#[derive(Debug)]
pub struct Entity {
    /// With its module: `crm.customer.Customer`.
    pub name: SmolStr,
    /// What is stored: the fields as declared, then the number and the state, where it has them.
    pub record: RecordId,
    /// The fields whose values name a document.
    pub key: Vec<u16>,
    pub numbering: Option<Numbering>,
    pub life: Option<LifeCycle>,
    /// Fields that are computed when they are read: each a function of the document.
    pub derived: Vec<Derived>,
    pub indexes: Vec<EntityIndex>,
    /// `was old_name`: a field, and the name that it had in documents which are there already.
    pub renamed: Vec<(u16, SmolStr, Place)>,
    pub place: Place,
}

/// `numbered "INV/{year}/{seq:5}" by year`
#[derive(Debug)]
pub struct Numbering {
    /// The field that holds it.
    pub field: u16,
    /// A function without parameters that takes the next number and writes it out.
    pub func: FnId,
}

/// `states draft -> open -> paid`
#[derive(Debug)]
pub struct LifeCycle {
    /// The field that holds the state.
    pub field: u16,
    /// A case for each state, the first one's first.
    pub states: EnumId,
    /// From which state which one follows.
    pub transitions: Vec<(u16, u16)>,
}

#[derive(Debug)]
pub struct Derived {
    pub name: SmolStr,
    pub ty: Type,
    pub func: FnId,
    pub place: Place,
}

#[derive(Debug)]
pub struct EntityIndex {
    pub unique: bool,
    pub fields: Vec<u16>,
}

/// `type Grade = Int where 1 <= it <= 5`
#[derive(Debug)]
pub struct Named {
    pub name: SmolStr,
    /// Never itself a [`Type::Named`]; the `where`s of a named type that it is made of stand in `checks` too.
    pub base: Type,
    /// Each takes the value.
    pub checks: Vec<CheckId>,
    pub place: Place,
}

#[derive(Debug)]
pub struct UnitDef {
    pub name: SmolStr,
    pub scale: u8,
}

#[derive(Debug)]
pub struct Config {
    pub module: ModuleId,
    pub name: SmolStr,
    pub ty: Type,
    pub default: Option<FnId>,
    /// Each takes the value.
    pub checks: Vec<CheckId>,
    pub docs: SmolStr,
    pub place: Place,
}

#[derive(Debug)]
pub struct Account {
    /// With its module: `finance.chart.salaries`.
    pub name: SmolStr,
    pub code: Option<SmolStr>,
    pub kind: AccountKind,
    /// The type of its amounts.
    pub ty: Type,
    pub dimensions: Vec<(SmolStr, Type)>,
    /// In the order of declaration.
    pub limits: Vec<AccountLimit>,
    /// What each value of its first dimension is grouped in, the nearest first.
    pub groups: Vec<AccountGroup>,
    pub lots: bool,
    /// What is exchanged from or into its currency goes through it.
    pub for_exchange: bool,
    pub place: Place,
}

/// How far an account may be used, with what is held on it.
#[derive(Debug, Clone)]
pub struct AccountLimit {
    pub kind: LimitKind,
    /// Functions of the dimensions that give the bound, of the account's type: of a combination, then of each of its
    /// groups.
    pub bounds: Vec<FnId>,
    pub period: BoundPeriod,
    pub mode: BoundMode,
}

/// `department`, of `grouped as cost_centre < department`
#[derive(Debug, Clone)]
pub struct AccountGroup {
    pub name: SmolStr,
    /// The field of the document before that refers to it.
    pub field: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// `up to 5_000 IDR`, `never above 100`: what is used and held stays at or below.
    Above,
    /// `never below 0`: what is there less what is held stays at or above.
    Below,
}

/// A `where`: `func` takes the record or the value and gives a truth value.
#[derive(Debug)]
pub struct Check {
    pub func: FnId,
    /// The condition as written.
    pub text: SmolStr,
    /// `Employee.salary`, `PayMonth`
    pub subject: SmolStr,
    pub place: Place,
}

/// A function, action, default, `where`, key: code with parameters and a result.
#[derive(Debug)]
pub struct Function {
    /// With its module.
    pub name: SmolStr,
    pub file: FileId,
    pub place: Place,
    /// The first locals are the parameters, in order.
    pub params: usize,
    pub locals: Vec<Local>,
    /// [`Type::Nothing`] if it gives none.
    pub result: Type,
    /// The `where`s of parameters, checked before the body: the condition over the parameters and its check.
    pub requires: Vec<(TExpr, CheckId)>,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    Code(TBlock),
    /// The body of a decision's function; its parameters are the decision's.
    Decision(DecisionId),
}

#[derive(Debug, Clone)]
pub struct Local {
    pub name: SmolStr,
    pub ty: Type,
    pub mutable: bool,
    pub place: Place,
}

#[derive(Debug)]
pub struct Decision {
    pub name: SmolStr,
    pub func: FnId,
    pub place: Place,
    pub policy: Policy,
    /// The parameters (numbers of locals of `func`) that the columns test, in order.
    pub columns: Vec<LocalId>,
    /// The type of one row's output: the result, or the element of the result's list for `collect` and the orders.
    pub output: Type,
    pub rows: Vec<Row>,
    /// Also stands for every input that no row fits.
    pub default: Option<(TExpr, Place)>,
}

#[derive(Debug)]
pub struct Row {
    pub place: Place,
    /// One for each column.
    pub cells: Vec<Cell>,
    /// Of the decision's `output` type.
    pub output: TExpr,
}

/// An input cell: it fits if one of its items does; with `negated`, if none does. No items: `any`.
#[derive(Debug)]
pub struct Cell {
    pub place: Place,
    pub negated: bool,
    pub items: Vec<CellItem>,
}

/// What an input is tested against. Numbers are of the column's unit and may have another scale.
#[derive(Debug)]
pub enum CellItem {
    Equals(TExpr),
    Compare(Cmp, TExpr),
    /// `None` is an open end; the truth values say whether the end itself is in.
    Range {
        low: Option<(Box<TExpr>, bool)>,
        high: Option<(Box<TExpr>, bool)>,
    },
    /// An option's `none`, or any value of it that a pattern of cases fits: the condition is about the column's
    /// parameter itself.
    Condition(TExpr),
}

#[derive(Debug)]
pub struct Process {
    pub name: SmolStr,
    /// Its parameters are the process's. Its result is `outcome`.
    pub func: FnId,
    /// The parameters as fields, with what a border has to know; a check takes the value alone.
    pub params: Vec<Field>,
    /// Case 0 is `Done` with the result (without payload where there is none), then the declared failures.
    pub outcome: EnumId,
    pub result: Type,
    /// A function of the same parameters that gives the key as a text.
    pub key: Option<FnId>,
    pub key_names: Vec<SmolStr>,
    /// Who may start it, and what they play with that.
    pub starter: Option<(RoleId, Option<DutyId>)>,
    /// It waits, sends, starts or undoes something: a host has to keep its instances.
    pub lives: bool,
    /// It is made of stages.
    pub staged: bool,
    pub tasks: Vec<TaskForm>,
    /// What it asks other systems for.
    pub requests: BTreeSet<OperationId>,
    /// The names of its points.
    pub points: BTreeSet<SmolStr>,
    /// Variables that somebody outside looks at by their names.
    pub noted: BTreeSet<SmolStr>,
    pub docs: SmolStr,
    pub place: Place,
}

#[derive(Debug)]
pub struct Step {
    pub name: SmolStr,
    pub process: ProcessId,
    /// It changes something that nothing takes back.
    pub stays: bool,
    pub place: Place,
}

#[derive(Debug)]
pub struct Test {
    pub title: SmolStr,
    /// `in IDR`
    pub currency: Option<Currency>,
    pub func: FnId,
    pub place: Place,
}

impl Place {
    /// Of something that stands nowhere in a source.
    pub const NOWHERE: Place = Place { file: FileId(0), span: bp_grammar::span::Span { start: 0, end: 0 } };
}
