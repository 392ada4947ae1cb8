//! A posting: its lines added up, unit by unit, and the question put.

use super::facts::Facts;
use super::number::Rational;
use super::open::Outcome;
use super::print::Printer;
use super::term::*;
use super::{Finding, Hint, Line, Prover, Verdict};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Side;

/// A line as it was written.
struct Written {
    place: Place,
    unit: Unit,
    debit: bool,
    amount: TermId,
    /// Whether it is posted once and in any case.
    plain: bool,
    /// Whether a rate made it, rounded.
    rounded: bool,
}

/// What lines come to: debits minus credits for each unit, and what they assert.
#[derive(Default)]
struct Sums {
    units: Vec<(Unit, TermId)>,
    asserted: Vec<TermId>,
}

impl Prover<'_> {
    pub(super) fn post(&mut self, post: &TPost, place: Place) {
        self.value(&post.text);
        self.value(&post.day);
        let mut lines = Vec::new();
        // A rounding line takes what rounding line by line leaves: all else has to balance before anything is rounded.
        let rounds = |posting: &TPosting| matches!(posting.kind, TPostingKind::Rounding { .. });
        self.unrounded = post.postings.iter().any(rounds);
        let sums = self.postings(&post.postings, &mut lines, true);
        self.unrounded = false;
        let mut facts = self.facts.clone();
        // Code behind a `return` is come to only where that was not.
        if let Some((left, _)) = self.flow.returned {
            facts.assume(&mut self.terms, left, false);
        }
        for asserted in &sums.asserted {
            facts.assume(&mut self.terms, *asserted, true);
        }
        for (unit, difference) in sums.units {
            self.settle_unit(place, unit, difference, &facts, &lines);
        }
        self.posted();
    }

    fn postings(&mut self, postings: &[TPosting], lines: &mut Vec<Written>, plain: bool) -> Sums {
        let mut sums = Sums::default();
        for posting in postings {
            match &posting.kind {
                TPostingKind::Let(local, value) => {
                    let value = self.value(value);
                    self.set(*local, value);
                }
                TPostingKind::Rounding { dimensions, .. } => {
                    self.values(dimensions);
                }
                TPostingKind::Line { account, side, dimensions, amount, worth, valued, over, .. } => {
                    if let Some(role) = over {
                        self.value(role);
                    }
                    for dimension in dimensions {
                        self.value(dimension);
                    }
                    let unit = match self.base(&self.checked.accounts[account.index()].ty) {
                        Type::Num(num) => num.unit,
                        _ => Unit::None,
                    };
                    let amount = self.value(amount);
                    if let Some(worth) = worth {
                        self.value(worth);
                    }
                    let debit = *side == Side::Debit;
                    let mut worths = Vec::new();
                    if let Some(valued) = valued {
                        worths.push(self.book_amount(valued));
                    }
                    if worths.iter().all(|(of, _)| *of != unit) {
                        worths.push((unit, amount));
                    }
                    for (unit, amount) in worths {
                        let rounded = valued.as_ref().is_some_and(|valued| valued.rounded) && !self.unrounded;
                        lines.push(Written { place: posting.place, unit, debit, amount, plain, rounded });
                        let signed = if debit { amount } else { self.terms.neg(amount) };
                        self.add_up(&mut sums, unit, signed);
                    }
                }
                TPostingKind::For { local, list, where_, postings } => {
                    self.each(*local, list, where_.as_ref(), postings, lines, &mut sums);
                }
                TPostingKind::If { condition, then, otherwise } => {
                    let c = self.value(condition);
                    self.frames += 1;
                    let then = self.postings(then, lines, false);
                    let otherwise = self.postings(otherwise, lines, false);
                    self.frames -= 1;
                    self.choose(c, then, otherwise, &mut sums);
                }
                TPostingKind::Assert(e) => {
                    let holds = self.value(e);
                    sums.asserted.push(holds);
                }
            }
        }
        sums
    }

    /// What a line is worth in the book currency: exactly, where what its rounding leaves goes to another line.
    fn book_amount(&mut self, valued: &Valued) -> (Unit, TermId) {
        let unit = match self.base(&valued.book.ty) {
            Type::Num(num) => num.unit,
            _ => Unit::None,
        };
        let amount = match &valued.book.kind {
            T::Round(round) if valued.rounded && self.unrounded => {
                let factors = self.values(&round.numerators);
                let one = self.terms.number(Rational::whole(1));
                factors.into_iter().fold(one, |product, factor| self.terms.mul(product, factor))
            }
            _ => self.value(&valued.book),
        };
        (unit, amount)
    }

    fn add_up(&mut self, sums: &mut Sums, unit: Unit, amount: TermId) {
        match sums.units.iter_mut().find(|(u, _)| *u == unit) {
            Some((_, sum)) => *sum = self.terms.add(*sum, amount),
            None => sums.units.push((unit, amount)),
        }
    }

    fn each(
        &mut self,
        local: LocalId,
        list: &TExpr,
        where_: Option<&TExpr>,
        postings: &[TPosting],
        lines: &mut Vec<Written>,
        sums: &mut Sums,
    ) {
        let source = self.value(list);
        let name = self.local_name(local);
        let ty = self.element_type(&list.ty).unwrap_or(Type::Invalid);
        let element = self.unknown(name.clone(), &ty);
        self.set(local, element);
        // What is said of one element is said of each: it must not change anything.
        let mut inside = Vec::new();
        amounts(postings, &mut inside);
        if self.acts(inside.into_iter().chain(where_)) {
            self.lost = true;
        }
        // What is found out about one element or in one branch is no fact of the whole entry.
        self.frames += 1;
        let condition = match where_ {
            Some(e) => self.value(e),
            None => self.terms.truth(true),
        };
        let inner = self.postings(postings, lines, false);
        self.frames -= 1;
        for (unit, amount) in inner.units {
            let sum = self.terms.sum(source, element, condition, amount, &name);
            self.add_up(sums, unit, sum);
        }
        for asserted in inner.asserted {
            let opened = super::aggregate::Opened {
                kind: Kind::All,
                source,
                bound: element,
                condition,
                element: asserted,
                sort: None,
                name: name.clone(),
            };
            let all = self.terms.aggregate(opened);
            sums.asserted.push(all);
            // An equality of the elements is one of their sums.
            if let Node::Op(Op::Zero, of) = &*self.terms.node(asserted) {
                let sum = self.terms.sum(source, element, condition, of[0], &name);
                let zero = self.terms.zero(sum);
                sums.asserted.push(zero);
            }
        }
    }

    fn choose(&mut self, c: TermId, then: Sums, otherwise: Sums, sums: &mut Sums) {
        let none = self.terms.number(Rational::ZERO);
        let amount = |of: &Sums, unit| of.units.iter().find(|(u, _)| *u == unit).map_or(none, |(_, t)| *t);
        let mut units: Vec<Unit> = then.units.iter().chain(&otherwise.units).map(|(unit, _)| *unit).collect();
        let mut seen = Vec::new();
        units.retain(|unit| {
            !seen.contains(unit) && {
                seen.push(*unit);
                true
            }
        });
        for unit in units {
            let chosen = self.terms.if_(c, amount(&then, unit), amount(&otherwise, unit));
            self.add_up(sums, unit, chosen);
        }
        let out = self.terms.not(c);
        for asserted in then.asserted {
            sums.asserted.push(self.terms.or(out, asserted));
        }
        for asserted in otherwise.asserted {
            sums.asserted.push(self.terms.or(c, asserted));
        }
    }

    fn settle_unit(&mut self, place: Place, unit: Unit, difference: TermId, facts: &Facts, lines: &[Written]) {
        let outcome = if self.lost { Outcome::Spent } else { self.is_zero(difference, facts) };
        let (remainder, cases, verdict) = match outcome {
            Outcome::Zero => return,
            Outcome::Refuted(witness) => (difference, Vec::new(), witness.told(&self.terms, self.checked)),
            Outcome::Left { difference, when } => (difference, when, Verdict::NotShown),
            Outcome::Spent => (difference, Vec::new(), Verdict::TooLarge),
        };
        let printer = Printer { terms: &self.terms, checked: self.checked };
        let text = printer.amount(difference, unit);
        let remainder = (remainder != difference).then(|| printer.amount(remainder, unit)).filter(|r| *r != text);
        let cases = cases.iter().map(|(c, truth)| printer.condition(*c, *truth)).collect();
        let mut told = Vec::new();
        for line in lines.iter().filter(|l| l.unit == unit) {
            let hint = self.hint(line, difference);
            let printer = Printer { terms: &self.terms, checked: self.checked };
            let amount = printer.amount(line.amount, unit);
            told.push(Line { place: line.place, debit: line.debit, amount, plain: line.plain, hint });
        }
        let foreign = matches!(unit, Unit::Money(currency) if Some(currency) != self.checked.currency);
        let rounded = !foreign && lines.iter().any(|line| line.unit == unit && line.rounded);
        let unit = Printer { terms: &self.terms, checked: self.checked }.unit(unit);
        let difference = text;
        self.findings.push(Finding {
            place,
            unit,
            difference,
            remainder,
            cases,
            verdict,
            foreign,
            rounded,
            lines: told,
        });
    }

    fn hint(&mut self, line: &Written, difference: TermId) -> Option<Hint> {
        let signed = if line.debit { line.amount } else { self.terms.neg(line.amount) };
        if !line.plain || self.terms.as_number(signed).is_some_and(Rational::is_zero) {
            return None;
        }
        let (twice, less) = (self.terms.add(signed, signed), self.terms.neg(signed));
        if difference == signed {
            Some(Hint::TooMany)
        } else if difference == twice {
            Some(Hint::WrongSide)
        } else if difference == less {
            Some(Hint::TooFew)
        } else {
            None
        }
    }
}

/// All expressions of postings.
fn amounts<'p>(postings: &'p [TPosting], out: &mut Vec<&'p TExpr>) {
    for posting in postings {
        match &posting.kind {
            TPostingKind::Line { dimensions, amount, valued, over, .. } => {
                let worth = valued.iter().map(|valued| &valued.book).chain(over.as_deref());
                out.extend(dimensions.iter().chain([amount]).chain(worth));
            }
            TPostingKind::Let(_, value) => out.push(value),
            TPostingKind::Rounding { dimensions, .. } => out.extend(dimensions),
            TPostingKind::For { list, where_, postings, .. } => {
                out.extend(std::iter::once(list).chain(where_));
                amounts(postings, out);
            }
            TPostingKind::If { condition, then, otherwise } => {
                out.push(condition);
                amounts(then, out);
                amounts(otherwise, out);
            }
            TPostingKind::Assert(e) => out.push(e),
        }
    }
}
