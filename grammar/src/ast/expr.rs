//! Expressions and patterns.

use super::{Block, Ident, Path, Run, Stmt};
use crate::span::Span;
use smol_str::SmolStr;

#[derive(Clone, Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Invalid,
    Bool(bool),
    None,
    Number(Number),
    Date(DateLit),
    Month(MonthLit),
    Time(TimeLit),
    DateTime(DateTimeLit),
    Text(Vec<TextPart>),
    /// A name standing alone, in lower or upper case. `it` is one too.
    Name(Ident),
    /// `base.name`, or `base?.name` when `safe`. A dotted path such as `stock.main` is read as fields of a name.
    Field {
        base: Box<Expr>,
        name: Ident,
        safe: bool,
    },
    Call {
        callee: Box<Expr>,
        args: Args,
    },
    /// `account[customer, month]`, `list[i]`, `map[key]`
    Index {
        base: Box<Expr>,
        indices: Vec<Expr>,
    },
    /// `line with (price: p)`
    With {
        base: Box<Expr>,
        args: Args,
    },
    /// `x is none`, `x is not Paid(_)`
    Is {
        value: Box<Expr>,
        negated: bool,
        pattern: Pattern,
    },
    Neg(Box<Expr>),
    Not(Box<Expr>),
    /// Arithmetic, `and`, `or`, `??`, `in`.
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a == b`, or a chain in one direction `a <= x < b`: `rest` holds at least one comparison.
    Compare {
        first: Box<Expr>,
        rest: Vec<(CompareOp, Expr)>,
    },
    /// `(respond: 2 hours, resolve: 1 day)`
    Record(Args),
    List(Vec<Expr>),
    /// `[l.price for l in lines where l.taxed]`
    ListFor {
        element: Box<Expr>,
        generator: Box<Generator>,
    },
    Range(Box<Range>),
    If {
        condition: Box<Expr>,
        then: Block,
        otherwise: Option<Box<Else>>,
    },
    Match {
        value: Box<Expr>,
        arms: Vec<Arm>,
    },
    Find(Box<Find>),
    /// `create Invoice(…)`
    Create {
        entity: Path,
        args: Args,
    },
    /// `get Employee("E1")`
    Get {
        entity: Path,
        args: Args,
    },
    /// `start payroll(…) undo nothing`
    Start {
        process: Path,
        args: Args,
        /// `as "mia"`, in a test.
        by: Option<Box<Expr>>,
        undo: Option<Box<Undo>>,
    },
    /// What takes time or changes something and also has a value; stands only after `=`, `return`, or alone.
    Run(Box<Run>),
}

/// A number as written: `value` / 10^`scale`, with the unit that follows it.
#[derive(Clone, Debug)]
pub struct Number {
    pub value: i128,
    /// Digits behind the point, as written.
    pub scale: u8,
    pub unit: Option<UnitRef>,
}

#[derive(Clone, Debug)]
pub enum UnitRef {
    /// `11%`
    Percent(Span),
    /// `IDR`, `kg`, `days`
    Named(Ident),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateLit {
    pub year: i16,
    pub month: u8,
    pub day: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthLit {
    pub year: i16,
    pub month: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLit {
    pub hour: u8,
    pub minute: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTimeLit {
    pub date: DateLit,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// Minutes east of UTC; `None` means the tenant's zone.
    pub offset_minutes: Option<i16>,
}

#[derive(Clone, Debug)]
pub enum TextPart {
    /// With its escapes resolved.
    Chars(SmolStr),
    /// `{invoice.number}`, `{seq:5}`
    Hole { value: Expr, format: Option<SmolStr> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// `/`
    Div,
    /// `div`: whole quotient, rounded down.
    IntDiv,
    Mod,
    And,
    Or,
    /// `??`
    Coalesce,
    In,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What stands in the parentheses of a call: arguments, or one argument and a generator.
#[derive(Clone, Debug)]
pub struct Args {
    pub span: Span,
    pub list: Vec<Arg>,
    pub generator: Option<Box<Generator>>,
}

#[derive(Clone, Debug)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
}

/// `for l in lines where l.taxed grouped by l.item sorted by l.price descending`
#[derive(Clone, Debug)]
pub struct Generator {
    pub span: Span,
    pub name: Ident,
    pub source: Expr,
    pub where_: Option<Expr>,
    pub grouped_by: Option<Expr>,
    pub sorted_by: Option<(Expr, Direction)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// `[a..b)`; an end that is left out is open.
#[derive(Clone, Debug)]
pub struct Range {
    pub low: Option<Expr>,
    pub high: Option<Expr>,
    /// `[`, not `(`
    pub low_included: bool,
    /// `]`, not `)`
    pub high_included: bool,
}

#[derive(Clone, Debug)]
pub enum Else {
    /// `else { … }`
    Block(Block),
    /// `else if …`: always an [`ExprKind::If`].
    If(Expr),
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub span: Span,
    /// At least one; `A, B => …` fits either.
    pub patterns: Vec<Pattern>,
    pub body: ArmBody,
}

#[derive(Clone, Debug)]
pub enum ArmBody {
    Block(Block),
    Stmt(Box<Stmt>),
}

#[derive(Clone, Debug)]
pub struct Pattern {
    pub span: Span,
    pub kind: PatternKind,
}

#[derive(Clone, Debug)]
pub enum PatternKind {
    Invalid,
    /// `_`
    Wildcard,
    None,
    /// `some(p)`
    Some(Box<Pattern>),
    /// A number, date, text or truth value; an [`ExprKind`] of those kinds, perhaps behind a minus sign.
    Literal(Box<Expr>),
    /// A bare name in lower case, which takes the value.
    Bind(Ident),
    /// `Paid`, `Plan.Gold`, `Short(_, wanted, left)`, `IDR(m)`
    Case {
        path: Path,
        args: Option<Vec<PatternArg>>,
    },
}

#[derive(Clone, Debug)]
pub struct PatternArg {
    pub name: Option<Ident>,
    pub pattern: Pattern,
}

/// `find Ticket where it.open order by due descending limit 5`
#[derive(Clone, Debug)]
pub struct Find {
    pub entity: Path,
    pub where_: Option<Expr>,
    pub order_by: Vec<(Path, Direction)>,
    pub limit: Option<Expr>,
}

/// `undo { … }` or `undo nothing`
#[derive(Clone, Debug)]
pub struct Undo {
    pub span: Span,
    /// `None` is `nothing`.
    pub block: Option<Block>,
}
