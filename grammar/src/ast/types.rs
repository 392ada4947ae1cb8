//! Types as written, and the fields that carry them.

use super::{Expr, Ident, Path};
use crate::span::Span;
use smol_str::SmolStr;

#[derive(Clone, Debug)]
pub struct TypeExpr {
    pub span: Span,
    pub kind: TypeKind,
}

#[derive(Clone, Debug)]
pub enum TypeKind {
    Invalid,
    /// `Money<USD, 4>`, `List<Item>`, `budget.CostCentre`.
    Named {
        path: Path,
        args: Vec<TypeArg>,
    },
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `Money per kg`
    Per {
        of: Box<TypeExpr>,
        unit: Ident,
    },
    /// `(respond: Period, resolve: Period)`
    Record(Vec<Field>),
}

#[derive(Clone, Debug)]
pub enum TypeArg {
    Type(TypeExpr),
    /// A scale, such as the 2 of `Decimal<2>`.
    Number {
        value: u32,
        span: Span,
    },
    /// A unit in lower case, such as the kg of `Quantity<kg>`.
    Unit(Ident),
}

/// A field, a parameter, a configuration value, a column of a form.
#[derive(Clone, Debug)]
pub struct Field {
    pub docs: Vec<SmolStr>,
    pub span: Span,
    pub name: Ident,
    pub ty: TypeExpr,
    /// `as "Employee No"`: its name in data files and the API.
    pub outside: Option<TextLit>,
    pub default: Option<Expr>,
    pub where_: Option<Expr>,
    /// The place of the word `personal`.
    pub personal: Option<Span>,
    /// `was old_name`
    pub was: Option<Ident>,
}

/// A text without holes: a title, a file name, an account code.
#[derive(Clone, Debug)]
pub struct TextLit {
    pub text: SmolStr,
    pub span: Span,
}
