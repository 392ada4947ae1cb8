//! Programs made at random that are, as a rule, well typed: types first, then expressions that have them. What the
//! compiler refuses all the same is thrown away.

mod abroad;
mod books;
mod expression;
mod pieces;
mod program;
mod statement;

use crate::agree::Random;
use crate::programs::Files;
use std::collections::BTreeMap;

pub use program::{program, small};

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    Bool,
    Int,
    /// Digits behind the point.
    Decimal(u8),
    Money,
    Date,
    Text,
    /// An enum without payloads, by its number.
    Kind(usize),
    /// An enum with payloads.
    Shape,
    Record(usize),
    Option(Box<Ty>),
    List(Box<Ty>),
}

impl Ty {
    fn written(&self) -> String {
        match self {
            Ty::Bool => "Bool".into(),
            Ty::Int => "Int".into(),
            Ty::Decimal(scale) => format!("Decimal<{scale}>"),
            Ty::Money => "Money".into(),
            Ty::Date => "Date".into(),
            Ty::Text => "Text".into(),
            Ty::Kind(number) => format!("Kind{number}"),
            Ty::Shape => "Shape".into(),
            Ty::Record(number) => format!("Record{number}"),
            Ty::Option(inner) => format!("{}?", inner.written()),
            Ty::List(inner) => format!("List<{}>", inner.written()),
        }
    }
}

/// A name that an expression may use.
#[derive(Clone, Debug)]
struct Name {
    name: String,
    ty: Ty,
    is_var: bool,
}

/// A function that was declared.
#[derive(Clone, Debug)]
struct Declared {
    name: String,
    params: Vec<Ty>,
    result: Ty,
}

/// A program while it is made up.
struct Maker<'r> {
    random: &'r mut Random,
    text: String,
    /// The cases of each enum, and the fields of each record.
    kinds: Vec<Vec<String>>,
    records: Vec<Vec<(String, Ty)>>,
    functions: Vec<Declared>,
    names: Vec<Name>,
    /// How deep expressions go.
    depth: usize,
    /// How many names have been given.
    given: usize,
    /// How many loops the statement at hand stands in.
    loops: usize,
    used: BTreeMap<&'static str, u64>,
}

/// A program's text, and how often each construct stands in it.
pub struct Made {
    pub text: String,
    pub used: BTreeMap<&'static str, u64>,
}

/// The data files that programs made here name.
pub fn files() -> Files {
    let rows = "n,what\n1,one\n20,twenty\n300,many\n".to_owned();
    Files { texts: [("rows.csv".to_owned(), rows)].into(), folder: None }
}

impl Maker<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.random.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.random.below(of.len())]
    }

    /// Notes that a construct is used.
    fn uses(&mut self, what: &'static str) {
        *self.used.entry(what).or_default() += 1;
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.given += 1;
        format!("{prefix}{}", self.given)
    }

    fn line(&mut self, depth: usize, line: &str) {
        self.text += &"  ".repeat(depth);
        self.text += line;
        self.text.push('\n');
    }

    /// A type that values of parameters and fields have; `depth` limits what is inside.
    fn ty(&mut self, depth: usize) -> Ty {
        match self.below(if depth == 0 { 8 } else { 12 }) {
            0 => Ty::Bool,
            1 | 2 => Ty::Int,
            3 => Ty::Decimal([1, 2, 4, 6][self.below(4)]),
            4 | 5 => Ty::Money,
            6 => Ty::Kind(self.below(self.kinds.len())),
            7 if self.one_in(3) => Ty::Date,
            7 => Ty::Text,
            8 if !self.records.is_empty() => Ty::Record(self.below(self.records.len())),
            9 => Ty::Option(Box::new(self.ty(0))),
            10 => Ty::List(Box::new(self.ty(0))),
            _ if self.one_in(2) => Ty::Shape,
            _ => Ty::Int,
        }
    }
}
