//! Declarations.

use super::{Block, Expr, Field, Ident, Path, TextLit, TypeExpr};
use crate::span::Span;
use smol_str::SmolStr;

#[derive(Clone, Debug)]
pub struct Item {
    /// The lines of `///` before it, without the marks.
    pub docs: Vec<SmolStr>,
    pub span: Span,
    pub kind: ItemKind,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    /// Could not be read; its name is kept where it can be seen, so that what refers to it is no second error.
    Invalid {
        name: Option<Ident>,
    },
    Use(Use),
    /// `currency IDR`
    Currency(Ident),
    Unit(UnitDecl),
    Config(Vec<Field>),
    Type(TypeDecl),
    Enum(EnumDecl),
    Record(RecordDecl),
    Entity(EntityDecl),
    /// `extend entity sales.order.SalesOrder { … }`
    Extend {
        entity: Path,
        body: EntityBody,
    },
    Chart(Vec<Account>),
    Message(MessageDecl),
    Service(ServiceDecl),
    Role(Ident),
    /// `duty separate requester, approver`
    Duty(Vec<Ident>),
    Fn(FnDecl),
    Decision(DecisionDecl),
    Action(ActionDecl),
    Process(ProcessDecl),
    Schedule(ScheduleDecl),
    Report(ReportDecl),
    Test(TestDecl),
}

/// `use finance.chart.{salaries, wages_payable}`, `use crm.customer.Customer`, `use scm.stock`
#[derive(Clone, Debug)]
pub struct Use {
    pub path: Path,
    pub names: Option<Vec<Ident>>,
}

/// `unit kg scale 3`, `unit g = 0.001 kg`
#[derive(Clone, Debug)]
pub struct UnitDecl {
    pub name: Ident,
    pub value: Option<Expr>,
    pub scale: Option<(u32, Span)>,
}

/// `type Grade = Int where 1 <= it <= 5`
#[derive(Clone, Debug)]
pub struct TypeDecl {
    pub name: Ident,
    pub ty: TypeExpr,
    pub where_: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct EnumDecl {
    pub name: Ident,
    pub cases: Vec<CaseDecl>,
}

#[derive(Clone, Debug)]
pub struct CaseDecl {
    pub docs: Vec<SmolStr>,
    pub name: Ident,
    pub fields: Vec<Field>,
    /// `as "K/1"`
    pub outside: Option<TextLit>,
}

#[derive(Clone, Debug)]
pub struct RecordDecl {
    pub name: Ident,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct EntityDecl {
    pub name: Ident,
    pub key: Vec<Path>,
    pub numbered: Option<Numbered>,
    pub body: EntityBody,
}

/// `numbered "INV/{year}/{seq:5}" by year`
#[derive(Clone, Debug)]
pub struct Numbered {
    pub format: Expr,
    pub by: Option<Ident>,
}

#[derive(Clone, Debug, Default)]
pub struct EntityBody {
    pub fields: Vec<Field>,
    /// Their definition stands in `default`.
    pub derived: Vec<Field>,
    /// `draft -> open -> paid` is one chain.
    pub states: Vec<Vec<Ident>>,
    pub indexes: Vec<Index>,
}

#[derive(Clone, Debug)]
pub struct Index {
    pub unique: bool,
    pub fields: Vec<Path>,
}

/// One account of a chart.
#[derive(Clone, Debug)]
pub struct Account {
    pub docs: Vec<SmolStr>,
    pub span: Span,
    pub kind: AccountKind,
    pub name: Ident,
    pub code: Option<TextLit>,
    pub clauses: Vec<AccountClause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

#[derive(Clone, Debug)]
pub enum AccountClause {
    /// `by customer: Text, month: Month`, or only the type.
    By(Vec<Dimension>),
    /// `in USD`, `in kg`
    In(Ident),
    /// `up to it.credit_limit`
    UpTo(Expr),
    NeverBelow(Expr),
    NeverAbove(Expr),
    /// `per month`
    Per(Ident),
    /// `grouped as cost_centre < department < company`
    GroupedAs(Vec<Ident>),
    Lots(Span),
    /// `for exchange`
    ForExchange(Span),
    OnLimit(OnLimit, Span),
}

#[derive(Clone, Debug)]
pub struct Dimension {
    pub name: Option<Ident>,
    pub ty: TypeExpr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLimit {
    Stop,
    Warn,
    Ignore,
}

#[derive(Clone, Debug)]
pub struct MessageDecl {
    pub name: Ident,
    pub key: Vec<Path>,
    pub keep: Option<Expr>,
    pub to: Option<Receivers>,
    pub internal: Option<Span>,
    pub fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receivers {
    One,
    All,
}

#[derive(Clone, Debug)]
pub struct ServiceDecl {
    pub name: Ident,
    pub operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub docs: Vec<SmolStr>,
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: Option<TypeExpr>,
    pub fails: Vec<Failure>,
}

/// `CreditRefused(reason: Text)` behind `fails`
#[derive(Clone, Debug)]
pub struct Failure {
    pub path: Path,
    pub fields: Vec<Field>,
}

/// A block, or one expression behind `=`.
#[derive(Clone, Debug)]
pub enum Body {
    Block(Block),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub struct FnDecl {
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: TypeExpr,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct ActionDecl {
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: Option<TypeExpr>,
    pub fails: Vec<Failure>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct ProcessDecl {
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: Option<TypeExpr>,
    pub key: Vec<Path>,
    pub started_by: Option<StartedBy>,
    pub fails: Vec<Failure>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct StartedBy {
    pub role: Path,
    pub duty: Option<Ident>,
}

#[derive(Clone, Debug)]
pub struct ScheduleDecl {
    pub name: Ident,
    pub rhythm: Rhythm,
    pub on: Option<ScheduleDay>,
    pub at: Option<Expr>,
    /// `missed each | last | skip`
    pub missed: Option<Ident>,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub enum Rhythm {
    Every(Expr),
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Debug)]
pub enum ScheduleDay {
    /// `on day 25`
    Day(Expr),
    /// `on monday`
    Weekday(Ident),
}

#[derive(Clone, Debug)]
pub struct ReportDecl {
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: Option<TypeExpr>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct TestDecl {
    pub title: TextLit,
    /// `in IDR`
    pub currency: Option<Ident>,
    pub body: Block,
}

/// A decision table.
#[derive(Clone, Debug)]
pub struct DecisionDecl {
    pub name: Ident,
    pub params: Vec<Field>,
    pub result: TypeExpr,
    pub policy: Policy,
    /// Where the policy is written, if it is.
    pub policy_span: Option<Span>,
    pub inputs: Vec<Ident>,
    pub outputs: Vec<Ident>,
    pub rows: Vec<RowOrTemplate>,
    pub default: Option<DefaultRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Unique,
    First,
    Any,
    Priority,
    RuleOrder,
    OutputOrder,
    Collect(Fold),
}

/// What a `collect` makes of the rows that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    List,
    Sum,
    Min,
    Max,
    Count,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "templates are few, and so are rows beside them")]
pub enum RowOrTemplate {
    Row(Row),
    Template(Template),
}

#[derive(Clone, Debug)]
pub struct Row {
    pub span: Span,
    pub inputs: Vec<Cell>,
    pub outputs: Vec<Expr>,
}

/// `for row: TerRow in "a.csv", "b.csv" where … { | … => … }`
#[derive(Clone, Debug)]
pub struct Template {
    pub span: Span,
    pub name: Ident,
    pub row: TypeExpr,
    pub files: Vec<TextLit>,
    pub where_: Option<Expr>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct DefaultRow {
    pub span: Span,
    pub outputs: Vec<Expr>,
}

/// One input cell: any of its items fits; with `negated`, none of them.
#[derive(Clone, Debug)]
pub struct Cell {
    pub span: Span,
    pub negated: bool,
    pub items: Vec<CellItem>,
}

#[derive(Clone, Debug)]
pub enum CellItem {
    /// `any`
    Any(Span),
    /// `<= limit`
    Compare { op: super::CompareOp, value: Expr },
    /// A value, a range, or a condition on `it`.
    Expr(Expr),
}
