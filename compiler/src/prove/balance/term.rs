//! Terms: the values that a program computes with, as mathematics. Equal terms have one number.
//!
//! A term is made only by the constructors of [`super::normal`], which put it into normal form. A number is a
//! [polynomial](Poly) with exact coefficients over *atoms*, which are terms that say nothing more about themselves
//! until they are opened. Truth values are the numbers 0 and 1.
//!
//! What an aggregate binds is called by the height of its body: one more than the highest name bound inside. So
//! aggregates that differ only in the name that a designer chose are one term, and no term that is put into
//! another can be caught by its names, as bodies are taken apart only with a fresh symbol in place of the name.

use super::number::Rational;
use crate::typed::Constant;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp};
use bp_bytecode::rounding::Mode;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(u32);

/// Atoms with their powers, in order; empty for the constant part.
pub type Mono = Vec<(TermId, u32)>;

/// Products of atoms with their coefficients, none of them zero, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Poly(pub Vec<(Mono, Rational)>);

/// How many products a polynomial may have; a longer one becomes an unknown of its own.
pub const PRODUCTS_MAX: usize = 400;
/// How deep terms may stand in each other; a deeper one becomes an unknown of its own.
const DEPTH_MAX: u32 = 150;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Number(Poly),
    /// Any value: a parameter, an element, what a loop has left behind.
    Symbol(u32),
    /// What an aggregate around it binds.
    Bound(u32),
    /// A text, a period, `none`.
    Constant(Constant),
    Op(Op, Vec<TermId>),
    Aggregate(Aggregated),
}

/// `kind(element for it in source where condition sorted by sort)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Aggregated {
    pub kind: Kind,
    pub source: TermId,
    pub condition: TermId,
    pub element: TermId,
    pub sort: Option<(TermId, bool)>,
    /// The name that it binds.
    pub bound: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Its element is a product of atoms that all speak of what is bound, or 1 (which counts).
    Sum,
    Min,
    Max,
    All,
    First,
    Last,
    List,
    /// The groups of a list: the element is the key.
    Groups(RecordId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chain {
    Quotient,
    Root,
    Power,
}

/// What an atom is made by. Numbers with a version stand for what may change from step to step or with a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Config(ConfigId, u32),
    Today(u32),
    Now(u32),
    Balance(AccountId, u32),
    BookValue(AccountId, u32),
    /// At the end of a day: the amount, or what it was worth.
    BalanceAt(AccountId, bool, u32),
    Call(FnId, u32),
    /// Of any number of terms, in order.
    Min,
    Max,
    Abs,
    Sign,
    IntDiv,
    IntMod,
    /// Numerator, divisor; then the step, the mode where it is no fixed one, and the exponent, as far as there are.
    Round {
        chain: Chain,
        scale: u8,
        step: bool,
        mode: Option<Mode>,
    },
    /// Less than zero, equal to zero.
    Negative,
    Zero,
    /// Of two values that are no numbers.
    Same,
    TextOrder(Cmp),
    AmountOrder(Cmp),
    /// Condition, then, otherwise. Also `and`, `or` and `not`.
    If,
    Some,
    IsSome,
    Unwrap,
    Record(RecordId),
    Field(RecordId, u16),
    Case(EnumId, u16),
    IsCase(EnumId, u16),
    Payload(EnumId, u16, u16),
    IsCurrency(Currency),
    /// The money of an amount.
    Worth,
    List,
    EmptyMap,
    Item,
    Get,
    Keys,
    Values,
    First,
    Last,
    Range,
    Allocate,
    ToText(Option<u8>),
    Concat,
    Builtin(Builtin),
}

/// What is known of a symbol.
#[derive(Clone, Debug)]
pub struct Symbol {
    pub name: SmolStr,
    /// `None` where nothing is known of its values.
    pub ty: Option<Type>,
}

#[derive(Clone, Copy)]
struct Info {
    /// The highest name bound inside.
    height: u32,
    depth: u32,
    /// The highest bound name that nothing inside binds; 0 without one.
    loose: u32,
    /// Whether it holds something that was given up: its value may depend on everything around it.
    lost: bool,
}

/// The name of a symbol in place of something that was given up.
pub const LOST: &str = "…";

#[derive(Default)]
pub struct Terms {
    nodes: Vec<Rc<Node>>,
    infos: Vec<Info>,
    index: HashMap<Rc<Node>, TermId>,
    pub symbols: Vec<Symbol>,
    /// What the program calls a term.
    pub names: HashMap<TermId, SmolStr>,
    /// What it calls the elements of an aggregate.
    pub bound_names: HashMap<TermId, SmolStr>,
    /// Numbers that are cases of an enum, and how many cases it has.
    pub enums: HashMap<TermId, EnumId>,
    /// How many digits behind the point a number has at most.
    pub scales: HashMap<TermId, u8>,
    /// The same of the fields of records.
    pub field_scales: Rc<HashMap<(RecordId, u16), u8>>,
}

impl Terms {
    pub fn new(field_scales: Rc<HashMap<(RecordId, u16), u8>>) -> Terms {
        Terms { field_scales, ..Terms::default() }
    }

    pub fn node(&self, t: TermId) -> Rc<Node> {
        self.nodes[t.0 as usize].clone()
    }

    /// How many there are: what has been spent of the budget.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    fn info(&self, t: TermId) -> Info {
        self.infos[t.0 as usize]
    }

    /// Whether it speaks of what an aggregate around it binds.
    pub fn is_loose(&self, t: TermId) -> bool {
        self.info(t).loose > 0
    }

    pub fn height(&self, t: TermId) -> u32 {
        self.info(t).height
    }

    pub(super) fn intern(&mut self, node: Node) -> TermId {
        if let Some(known) = self.index.get(&node) {
            return *known;
        }
        let mut info = Info { height: 0, depth: 0, loose: 0, lost: false };
        each_child(&node, &mut |child| {
            let of = self.info(child);
            info.height = info.height.max(of.height);
            info.depth = info.depth.max(of.depth + 1);
            info.loose = info.loose.max(of.loose);
            info.lost |= of.lost;
        });
        match &node {
            Node::Bound(name) => info.loose = *name,
            Node::Symbol(at) => info.lost = self.symbols.get(*at as usize).is_some_and(|s| s.name == LOST),
            Node::Aggregate(a) => {
                info.height = info.height.max(a.bound);
                if info.loose == a.bound {
                    info.loose = self.info(a.source).loose;
                }
            }
            _ => {}
        }
        if info.depth > DEPTH_MAX {
            return self.lost();
        }
        let id = TermId(self.nodes.len() as u32);
        let node = Rc::new(node);
        self.nodes.push(node.clone());
        self.infos.push(info);
        self.index.insert(node, id);
        id
    }

    /// A value of which nothing is known but its type.
    pub fn symbol(&mut self, name: impl Into<SmolStr>, ty: Option<Type>) -> TermId {
        self.symbols.push(Symbol { name: name.into(), ty });
        self.intern(Node::Symbol(self.symbols.len() as u32 - 1))
    }

    /// In place of a term that is too large to keep; equal to nothing else, which is always on the safe side.
    pub fn lost(&mut self) -> TermId {
        self.symbol(LOST, None)
    }

    pub fn is_lost(&self, t: TermId) -> bool {
        self.info(t).lost
    }

    pub fn op(&mut self, op: Op, of: Vec<TermId>) -> TermId {
        self.intern(Node::Op(op, of))
    }

    /// The symbol in it that was made last.
    pub fn newest_symbol(&self, t: TermId) -> Option<u32> {
        let mut newest = None;
        let mut seen = HashSet::new();
        let mut todo = vec![t];
        while let Some(t) = todo.pop() {
            if seen.insert(t) {
                let node = &self.nodes[t.0 as usize];
                if let Node::Symbol(at) = &**node {
                    newest = newest.max(Some(*at));
                }
                each_child(node, &mut |child| todo.push(child));
            }
        }
        newest
    }

    /// Whether `part` stands anywhere in `whole`.
    pub fn mentions(&self, whole: TermId, part: TermId) -> bool {
        let mut seen = HashSet::new();
        let mut todo = vec![whole];
        while let Some(t) = todo.pop() {
            if t == part {
                return true;
            }
            if seen.insert(t) {
                each_child(&self.nodes[t.0 as usize], &mut |child| todo.push(child));
            }
        }
        false
    }
}

pub fn each_child(node: &Node, visit: &mut dyn FnMut(TermId)) {
    match node {
        Node::Number(poly) => poly.0.iter().flat_map(|(mono, _)| mono).for_each(|(atom, _)| visit(*atom)),
        Node::Symbol(_) | Node::Bound(_) | Node::Constant(_) => {}
        Node::Op(_, of) => of.iter().for_each(|t| visit(*t)),
        Node::Aggregate(a) => {
            visit(a.source);
            visit(a.condition);
            visit(a.element);
            if let Some((key, _)) = a.sort {
                visit(key);
            }
        }
    }
}
