//! The checked program: every name resolved, every type known, every scale aligned.
//!
//! The checker writes it, the proofs read it, lowering turns it into instructions. What the language lets a
//! designer leave out is written out here: defaults of fields, the scale that a `round` goes to, the factor that
//! lifts a number to a larger scale, the place where a `where` is checked.

use crate::source::{FileId, Place};
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp, Side};
use bp_bytecode::program::AccountKind;
use bp_bytecode::rounding::Mode;
use bp_grammar::ast::Policy;
use smol_str::SmolStr;
use std::rc::Rc;

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
    pub configs: Vec<Config>,
    pub accounts: Vec<Account>,
    pub checks: Vec<Check>,
    pub functions: Vec<Function>,
    pub decisions: Vec<Decision>,
    pub processes: Vec<Process>,
    pub steps: Vec<Step>,
    pub tests: Vec<Test>,
}

impl Checked {
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
    pub place: Place,
}

impl Enum {
    /// Whether a value is a cell in the heap: some case has a payload.
    pub fn has_payload(&self) -> bool {
        self.cases.iter().any(|case| !case.fields.is_empty())
    }
}

#[derive(Debug, Clone)]
pub struct Case {
    pub name: SmolStr,
    pub outside: SmolStr,
    pub fields: Vec<Field>,
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
    pub place: Place,
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
    pub docs: SmolStr,
    pub place: Place,
}

#[derive(Debug)]
pub struct Step {
    pub name: SmolStr,
    pub process: ProcessId,
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

// ---------------------------------------------------------------- code

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
        rows: Rc<DataRows>,
        where_: Option<TExpr>,
        body: TBlock,
    },
    Break,
    /// Leaves the function, with its result (a process: its outcome).
    Return(Option<TExpr>),
    Expr(TExpr),
    /// `add x to xs`
    Add(LocalId, TExpr),
    /// `put k: v into m`
    Put(LocalId, TExpr, TExpr),
    Post(Box<TPost>),
    Expect(Box<TExpect>),
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
    },
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
    /// The body, between the step's beginning and end; what it declares to fail leaves the step without effect.
    Step(StepId, TBlock),
    Balance(AccountId, Vec<TExpr>),
    /// In a test: runs a process to its end, or gives the run that its key already has. The value is its outcome.
    Start(ProcessId, Vec<TExpr>),
    /// The result of a run that is done; a technical error if it failed.
    RunResult(Box<TExpr>),
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

impl Place {
    /// Of something that stands nowhere in a source.
    pub const NOWHERE: Place = Place { file: FileId(0), span: bp_grammar::span::Span { start: 0, end: 0 } };
}
