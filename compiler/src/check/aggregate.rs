//! Aggregates and lists made by a generator.

use super::Checker;
use super::function::{Binding, Code};
use super::number::folded;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Direction, Expr, ExprKind, Generator};

impl Checker<'_> {
    pub(crate) fn aggregate(
        &mut self,
        code: &mut Code,
        kind: Aggregate,
        element: &Expr,
        generator: &Generator,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let source = self.source(code, &generator.source);
        let Type::List(item) = self.base(&source.ty) else { return TExpr::invalid(place) };
        code.open();
        let mut local = self.local(code, &generator.name, (*item).clone(), false);
        self.bind_it(code, local, place);
        let mut where_ = generator.where_.as_ref().map(|w| self.expr_as(code, w, &Type::Bool));
        let mut grouped_by = None;
        let mut source = source;
        if let Some(key) = &generator.grouped_by {
            let key = self.expr(code, key, None);
            if key.ty.is_invalid() {
                code.close();
                return key;
            }
            if !self.can_be_key(&key.ty) {
                code.close();
                let (place, found) = (key.place, self.show(&key.ty));
                self.report(Problem::NotAMapKey { place, found });
                return TExpr::invalid(place);
            }
            // The condition sorts out elements before they are grouped.
            if let Some(condition) = where_.take() {
                let kept = self.read(code, local, place);
                let list = source.ty.clone();
                let filter = TAggregate {
                    kind: Aggregate::List,
                    local,
                    source,
                    where_: Some(condition),
                    grouped_by: None,
                    sorted_by: None,
                    element: kept,
                };
                source = TExpr::new(T::Aggregate(Box::new(filter)), list, place);
            }
            let key_ty = self.stored(&self.base(&key.ty));
            let key = self.coerce(key, &key_ty);
            let record = self.anonymous(vec![("key".into(), key_ty), ("items".into(), Type::List(item.clone()))]);
            let member = local;
            code.close();
            code.open();
            local = self.local(code, &generator.name, Type::Record(record), false);
            self.bind_it(code, local, place);
            grouped_by = Some(Grouping { item: member, key, record });
        }
        let sorted_by = generator.sorted_by.as_ref().map(|(key, direction)| {
            let key = self.expr(code, key, None);
            let ok = matches!(
                self.base(&key.ty),
                Type::Num(_)
                    | Type::Text
                    | Type::Date
                    | Type::DateTime
                    | Type::Time
                    | Type::Month
                    | Type::Duration
                    | Type::Bool
                    | Type::Invalid
            ) || matches!(self.base(&key.ty), Type::Enum(id) if !self.checked.enums[id.index()].has_payload());
            let key = if ok { key } else { self.wrong_type(&key, "something with an order") };
            (key, *direction == Direction::Descending)
        });
        let element_hint = match (kind, hint.map(|h| self.base(h))) {
            (Aggregate::Sum, Some(ty @ Type::Num(_))) => Some(ty),
            (Aggregate::List, Some(Type::List(of))) => Some((*of).clone()),
            (Aggregate::Min | Aggregate::Max | Aggregate::First | Aggregate::Last, Some(Type::Option(of))) => {
                Some((*of).clone())
            }
            _ => None,
        };
        let element = if kind == Aggregate::List
            && let Some(of) = &element_hint
        {
            self.expr_as(code, element, &of.clone())
        } else {
            self.expr(code, element, element_hint.as_ref())
        };
        code.close();
        self.aggregate_of(code, kind, local, source, element, where_, grouped_by, sorted_by, place)
    }

    fn bind_it(&self, code: &mut Code, local: LocalId, place: Place) {
        let it = self.read(code, local, place);
        code.bind("it".into(), Binding::Expr(it.boxed()));
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn aggregate_of(
        &mut self,
        _code: &mut Code,
        kind: Aggregate,
        local: LocalId,
        source: TExpr,
        element: TExpr,
        where_: Option<TExpr>,
        grouped_by: Option<Grouping>,
        sorted_by: Option<(TExpr, bool)>,
        place: Place,
    ) -> TExpr {
        if element.ty.is_invalid() || sorted_by.as_ref().is_some_and(|s| s.0.ty.is_invalid()) {
            return TExpr::invalid(place);
        }
        let base = self.base(&element.ty);
        let (element, ty) = match kind {
            Aggregate::Sum => match base {
                Type::Num(_) | Type::Duration => (TExpr { ty: base.clone(), ..element }, base),
                _ => return self.wrong_type(&element, "a number"),
            },
            Aggregate::Count => (element, Type::INT),
            Aggregate::Any | Aggregate::All => (self.coerce(element, &Type::Bool), Type::Bool),
            Aggregate::Min | Aggregate::Max => match base {
                Type::Num(_) | Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration => {
                    // What is kept is a stored value: `0.80 USD` has one decimal as it is written.
                    let ty = self.stored(&base);
                    (self.coerce(TExpr { ty: base, ..element }, &ty), Type::option(ty))
                }
                _ => return self.wrong_type(&element, "a number, a date or a time"),
            },
            Aggregate::First | Aggregate::Last => {
                let ty = self.stored(&element.ty);
                (self.coerce(element, &ty), Type::option(ty))
            }
            Aggregate::List => {
                let ty = self.stored(&element.ty);
                (self.coerce(element, &ty), Type::list(ty))
            }
        };
        if element.ty.is_invalid() {
            return TExpr::invalid(place);
        }
        let aggregate = TAggregate { kind, local, source, where_, grouped_by, sorted_by, element };
        TExpr::new(T::Aggregate(Box::new(aggregate)), ty, place)
    }

    /// What a generator or a `for` goes through, as a list.
    pub(crate) fn source(&mut self, code: &mut Code, e: &Expr) -> TExpr {
        let place = self.place(e.span);
        if let ExprKind::Range(range) = &e.kind {
            return match self.whole_range(code, range, place) {
                Some((low, high)) => TExpr::new(T::RangeList(low.boxed(), high.boxed()), Type::list(Type::INT), place),
                None => TExpr::invalid(place),
            };
        }
        let source = self.expr(code, e, None);
        match self.base(&source.ty) {
            Type::List(_) | Type::Invalid => source,
            Type::Map(k, _) => TExpr::new(T::Keys(source.boxed()), Type::List(k), place),
            // A group is gone through by its items.
            Type::Record(id) if self.is_group(id) => {
                let ty = self.checked.records[id.index()].fields[1].ty.clone();
                TExpr::new(T::Field(source.boxed(), 1), ty, place)
            }
            _ => self.wrong_type(&source, "a list, a map, a group or a range"),
        }
    }

    fn is_group(&self, id: RecordId) -> bool {
        let record = &self.checked.records[id.index()];
        record.name.is_empty()
            && matches!(record.fields.as_slice(), [key, items]
                if key.name == "key" && items.name == "items" && matches!(items.ty, Type::List(_)))
    }

    /// The whole numbers of a range, both ends included. That something bounds them, so that the loop ends, is shown by
    /// range analysis.
    pub(crate) fn whole_range(
        &mut self,
        code: &mut Code,
        range: &bp_grammar::ast::Range,
        place: Place,
    ) -> Option<(TExpr, TExpr)> {
        let (Some(low), Some(high)) = (&range.low, &range.high) else {
            self.report(Problem::OpenRange { place });
            return None;
        };
        let low = self.expr(code, low, Some(&Type::INT));
        let high = self.expr(code, high, Some(&Type::INT));
        if low.ty.is_invalid() || high.ty.is_invalid() {
            return None;
        }
        for end in [&low, &high] {
            if !matches!(self.base(&end.ty), Type::Num(_)) {
                let found = self.show(&end.ty);
                let hint = Some("a range to go through counts in whole numbers".into());
                self.report(Problem::Mismatch { place: end.place, expected: "Int".into(), found, hint });
                return None;
            }
        }
        let low = self.coerce(low, &Type::INT);
        let high = self.coerce(high, &Type::INT);
        let one = |place| TExpr::number(1, Type::INT, place);
        let (low_at, high_at) = (low.place, high.place);
        let low = if range.low_included {
            low
        } else {
            folded(TExpr::new(T::Add(low.boxed(), one(low_at).boxed()), Type::INT, low_at))
        };
        let high = if range.high_included {
            high
        } else {
            folded(TExpr::new(T::Sub(high.boxed(), one(high_at).boxed()), Type::INT, high_at))
        };
        Some((low, high))
    }
}
