//! Aggregates of the source as terms.

use super::Prover;
use super::aggregate::Opened;
use super::number::Rational;
use super::term::*;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;

impl Prover<'_> {
    pub(super) fn aggregate(&mut self, a: &TAggregate, ty: &Type) -> TermId {
        let source = self.value(&a.source);
        let inside = std::iter::once(&a.element)
            .chain(&a.where_)
            .chain(a.grouped_by.iter().map(|g| &g.key))
            .chain(a.sorted_by.iter().map(|(key, _)| key));
        if self.acts(inside) {
            return self.unknown(LOST, ty);
        }
        // What is found out about one element is no fact of the code around.
        self.frames += 1;
        let t = self.aggregate_of(a, source);
        self.frames -= 1;
        t
    }

    fn aggregate_of(&mut self, a: &TAggregate, source: TermId) -> TermId {
        let source = match &a.grouped_by {
            None => source,
            Some(grouping) => {
                let item = self.element_type(&a.source.ty).unwrap_or(Type::Invalid);
                let name = self.local_name(grouping.item);
                let bound = self.unknown(name.clone(), &item);
                self.set(grouping.item, bound);
                let (element, condition) = (self.value(&grouping.key), self.terms.truth(true));
                let kind = Kind::Groups(grouping.record);
                self.terms.aggregate(Opened { kind, source, bound, condition, element, sort: None, name })
            }
        };
        let ty = match &a.grouped_by {
            None => self.element_type(&a.source.ty).unwrap_or(Type::Invalid),
            Some(grouping) => Type::Record(grouping.record),
        };
        let name = self.local_name(a.local);
        let bound = self.unknown(name.clone(), &ty);
        self.set(a.local, bound);
        let condition = match &a.where_ {
            Some(condition) => self.value(condition),
            None => self.terms.truth(true),
        };
        let sort = a.sorted_by.as_ref().map(|(key, descending)| (self.value(key), *descending));
        let mut element = self.value(&a.element);
        let mut negated = false;
        let kind = match a.kind {
            Aggregate::Sum => Kind::Sum,
            Aggregate::Count => {
                element = self.terms.number(Rational::ONE);
                Kind::Sum
            }
            Aggregate::Min => Kind::Min,
            Aggregate::Max => Kind::Max,
            Aggregate::All => Kind::All,
            // One holds unless all fail.
            Aggregate::Any => {
                negated = true;
                element = self.terms.not(element);
                Kind::All
            }
            Aggregate::First => Kind::First,
            Aggregate::Last => Kind::Last,
            Aggregate::List => Kind::List,
        };
        let t = self.terms.aggregate(Opened { kind, source, bound, condition, element, sort, name });
        if negated { self.terms.not(t) } else { t }
    }

    /// Whether expressions do more than give a value. What they assign is then no longer known.
    pub(super) fn acts<'e>(&mut self, of: impl Iterator<Item = &'e TExpr>) -> bool {
        let mut acts = false;
        for found in of.map(walk::of_expr) {
            let posts = found.acts || found.calls.iter().any(|f| self.found[f.index()].acts);
            if posts {
                self.effect();
            }
            acts |= posts || found.leaves || !found.assigned.is_empty();
            // Code that may leave from inside an aggregate could leave anything behind.
            self.lost |= found.leaves;
            for local in found.assigned {
                self.forget(local);
            }
        }
        acts
    }
}
