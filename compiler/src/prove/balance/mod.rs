//! Every posting balances.
//!
//! # What is shown
//!
//! For each `post` and each unit (a currency, a unit of quantity) that its lines are in, debits minus credits is zero
//! for all values that can come there. Postings in branches and loops of code are shown where they stand; one in an
//! action once, for all its callers. A posting that is not shown to balance is refused (`BP0711` where values were
//! found for which it does not, `BP0712` where not), so whatever is accepted balances. That is checked again when the
//! program runs. A line in another currency counts with its amount in that, and with its book amount in the book's. Where
//! a rounding line stands, lines at a rate count as they are before they are rounded: what it posts is at most half a
//! minor unit for each of them.
//!
//! # How
//!
//! 1. [`code`] and [`value`] go through the function and turn every expression into a [term](term) in
//!    [normal form](normal): a polynomial with exact rational coefficients over atoms. `let`s, scales, parts of records
//!    that were made in sight and conditions that were checked are transparent; a call, a rounding, an `if`, `min`, an
//!    aggregate, a read of the books is one atom. Terms that are equal in normal form are one term. What is read of
//!    the books, of the clock or of the configuration carries a version; postings and ends of steps begin a new one.
//! 2. [`post`] adds the lines up. `if`s of a posting become `if`s of its amounts, a `for` becomes a sum over its list.
//! 3. If the difference is not zero, [`open`] takes apart what occurs in it, in this order, until it is: equalities
//!    that are [known](facts) (`where`s, conditions of the branches around, `assert`s of the posting), calls, `min`,
//!    `max` and `abs` by the order of what they are of, `if`s of one condition put together, sums over one list element
//!    by element, then conditions, case by case – the same condition at once wherever it occurs. If that is not enough, it is done once more with what
//!    stands inside of roundings and conditions taken apart as well.
//! 4. Before cases are told apart, and again at the end, [`witness`] looks for values that make the difference other
//!    than zero, by computing with it. They are told with the error.
//!
//! # Lemmas
//!
//! Linearity of `sum` over one list ([`aggregate`]); a sum over a list made from a list, over groups of sums of their
//! items, over a written out list; `sum(allocate(t, w)) = t`; a rounding of `-x` from that of `x`; a quotient that is
//! cancelled before it is rounded; a `for` in code that adds to a variable is a sum; `x ≤ y` or `y < x`; an enum is
//! one of its cases; a `where` holds of every value of its type.
//!
//! # Limits
//!
//! Roundings are never compared other than by what they are of: `round(x / 2) + round(x / 2)` is not `x`, even where
//! `x` is known to be even. Inequalities bound one polynomial at a time: `a < b` and `b < c` do not give `a < c`. A
//! decision with more than [`decision::ROWS_MAX`] rows is one atom, as is what a loop leaves behind other than a sum.
//! Products of polynomials over each other are not divided. The work on one posting is bounded by [`open::Budget`];
//! what is not shown within it is refused as not shown.

mod aggregate;
mod calendar;
mod circle;
mod code;
mod decision;
mod expose;
mod facts;
mod lists;
mod made_up;
mod normal;
mod number;
mod open;
mod post;
mod print;
mod shape;
mod term;
mod value;
mod witness;

use crate::source::Place;
use crate::typed::walk;
use crate::typed::walk::Effects;
use crate::typed::*;
use crate::types::*;
use code::Flow;
use facts::Facts;
use std::collections::HashMap;
use std::rc::Rc;
use term::{TermId, Terms};

/// A posting that does not balance, or was not shown to.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The posting.
    pub place: Place,
    /// `IDR`, `kg`
    pub unit: String,
    /// Debits minus credits as the source would write it.
    pub difference: String,
    /// What is left of it when all was taken apart, where that is something else.
    pub remainder: Option<String>,
    /// The case in which that is left: conditions, in the words of the source.
    pub cases: Vec<String>,
    pub verdict: Verdict,
    /// The unit is another currency than the book's.
    pub foreign: bool,
    /// Lines in it are worth what a rate makes of them, each rounded by itself, and no line takes what that leaves.
    pub rounded: bool,
    /// The lines in this unit.
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone)]
pub enum Verdict {
    /// With these values the difference is that.
    Refuted {
        values: Vec<(String, String)>,
        difference: String,
    },
    NotShown,
    /// The budget was spent.
    TooLarge,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub place: Place,
    pub debit: bool,
    pub amount: String,
    /// It stands in no loop and no branch.
    pub plain: bool,
    pub hint: Option<Hint>,
}

/// What the difference says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Without this line the entry would balance.
    TooMany,
    /// With this line on the other side it would.
    WrongSide,
    /// With this line a second time it would.
    TooFew,
}

/// What stands for the state of the outside: versions of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Moment {
    step: u32,
    books: u32,
}

/// The proof of one function's postings.
struct Prover<'c> {
    checked: &'c Checked,
    /// For each function what it does.
    found: &'c [Effects],
    terms: Terms,
    facts: Facts,
    flow: Flow,
    /// Of the function that is gone through.
    locals: &'c [Local],
    now: Moment,
    versions: u32,
    /// The moments that calls were made at, by their versions.
    moments: Vec<Moment>,
    /// How many calls deep the code stands that is gone through; facts are gathered at the surface only.
    frames: u32,
    nested: u32,
    /// Book amounts are taken as they are before `at rate` rounds them.
    unrounded: bool,
    /// Something in the code was too deep to look at.
    lost: bool,
    /// Calls that were taken apart.
    bodies: HashMap<TermId, Option<TermId>>,
    budget: open::Budget,
    findings: Vec<Finding>,
}

pub fn prove(checked: &Checked) -> Vec<Finding> {
    // Most functions do not post: they are gone through only where a posting asks for them.
    let found = walk::of_program(checked);
    let mut findings = Vec::new();
    let mut field_scales = HashMap::new();
    for (id, record) in checked.records.iter().enumerate() {
        for (at, field) in record.fields.iter().enumerate() {
            let base = match &field.ty {
                Type::Named(id) => &checked.named[id.index()].base,
                other => other,
            };
            if let Type::Num(num) = base {
                field_scales.insert((RecordId(id as u32), at as u16), num.scale);
            }
        }
    }
    let field_scales = Rc::new(field_scales);
    for (function, does) in checked.functions.iter().zip(&checked.does) {
        let Body::Code(body) = &function.body else { continue };
        if !does.posts {
            continue;
        }
        let mut prover = Prover {
            checked,
            found: &found,
            terms: Terms::new(field_scales.clone()),
            facts: Facts::default(),
            flow: Flow::default(),
            locals: &function.locals,
            now: Moment::default(),
            versions: 0,
            moments: Vec::new(),
            frames: 0,
            nested: 0,
            unrounded: false,
            lost: false,
            bodies: HashMap::new(),
            budget: open::Budget::default(),
            findings: Vec::new(),
        };
        prover.function(function, body);
        findings.append(&mut prover.findings);
    }
    findings
}

impl<'c> Prover<'c> {
    fn function(&mut self, function: &Function, body: &TBlock) {
        for (at, local) in function.locals.iter().enumerate().take(function.params) {
            let value = self.unknown(local.name.clone(), &local.ty);
            self.set(LocalId(at as u32), value);
        }
        for (condition, _) in &function.requires {
            let holds = self.value(condition);
            self.assume(holds, true);
        }
        self.block(body);
    }

    /// From here on a condition is known.
    fn assume(&mut self, condition: TermId, truth: bool) {
        if self.frames == 0 {
            self.facts.assume(&mut self.terms, condition, truth);
        }
    }

    /// A record was made, so its conditions were checked.
    fn made(&mut self, id: RecordId, record: TermId) {
        let checked = self.checked;
        for field in &checked.records[id.index()].fields {
            self.passed(&field.checks, record);
        }
    }

    /// Conditions were checked.
    fn passed(&mut self, checks: &[CheckId], value: TermId) {
        if self.frames > 0 {
            return;
        }
        for check in checks {
            if let Some(holds) = self.condition_of(*check, value) {
                self.assume(holds, true);
            }
        }
    }

    /// A `where` of a value.
    fn condition_of(&mut self, check: CheckId, value: TermId) -> Option<TermId> {
        let func = self.checked.checks[check.index()].func;
        self.body_of(func, vec![value], Moment::default())
    }

    /// What a function gives, as a term over its arguments.
    fn body_of(&mut self, func: FnId, of: Vec<TermId>, at: Moment) -> Option<TermId> {
        let checked = self.checked;
        let function = &checked.functions[func.index()];
        self.inside(function, of, at, &mut |p| match &function.body {
            Body::Code(body) => {
                let value = p.block(body);
                Some(match p.flow.returned {
                    Some((condition, given)) => p.terms.if_(condition, given, value),
                    None => value,
                })
            }
            Body::Decision(id) => p.table(*id),
        })
    }

    /// Goes into a function; nothing if it could not be gone through.
    fn inside<R>(
        &mut self,
        function: &'c Function,
        of: Vec<TermId>,
        at: Moment,
        go: &mut dyn FnMut(&mut Self) -> Option<R>,
    ) -> Option<R> {
        let locals = std::mem::replace(&mut self.locals, &function.locals);
        let inner = Flow { locals: of.into_iter().map(Some).collect(), ..Flow::default() };
        let flow = std::mem::replace(&mut self.flow, inner);
        let now = std::mem::replace(&mut self.now, at);
        let lost = std::mem::replace(&mut self.lost, false);
        let nested = std::mem::replace(&mut self.nested, 0);
        self.frames += 1;
        let value = go(self);
        self.frames -= 1;
        self.nested = nested;
        let failed = std::mem::replace(&mut self.lost, lost);
        self.locals = locals;
        self.flow = flow;
        self.now = now;
        value.filter(|_| !failed)
    }
}
