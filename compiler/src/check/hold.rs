//! Holds and limits: what may still be used of an account, and amounts that are kept for somebody.
//!
//! A limit is a function of the account's dimensions. What is available is the limit less what is used and what is
//! held (for `never below`, what is there less what is held and the bound); a hold that asks for more is the failure
//! `Short`, which its action or process declares.

use super::declarations::value_body;
use super::function::CodeKind;
use super::function::{Binding, Code};
use super::outcome::SHORT;
use super::{Checker, Effect, Param, Signature};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_bytecode::program::{BoundMode, BoundPeriod};
use bp_grammar::ast::{self, Args, Expr, ExprKind};
use std::sync::Arc;

impl Checker<'_> {
    /// `up to it.credit_limit`, `never below 0`: a function of the account's dimensions, in which `it` is the first of them
    /// and each has its own name; and one more for each group, in which `it` is the group.
    pub(crate) fn limit(
        &mut self,
        account: AccountId,
        kind: LimitKind,
        bound: &Expr,
        (period, mode): (BoundPeriod, BoundMode),
    ) {
        let levels = self.checked.accounts[account.index()].groups.len() + 1;
        let bounds = (0..levels).map(|level| self.bound(account, level, bound)).collect();
        self.checked.accounts[account.index()].limits.push(AccountLimit { kind, bounds, period, mode });
    }

    /// The bound of a combination of dimensions (level 0), or of one of its groups.
    fn bound(&mut self, account: AccountId, level: usize, bound: &Expr) -> FnId {
        let place = self.place(bound.span);
        let Account { dimensions, ty, name, groups, limits, .. } = &self.checked.accounts[account.index()];
        let (dimensions, ty, groups) = (dimensions.clone(), ty.clone(), groups.clone());
        let name = match limits.len() {
            0 => format!("{name} limit"),
            before => format!("{name} limit {}", before + 1),
        };
        let params = dimensions.iter().map(|(name, ty)| Param { name: name.clone(), ty: ty.clone(), default: None });
        let func = self.reserve(Signature {
            params: params.collect(),
            result: ty.clone(),
            effect: Effect::Pure,
            outcome: None,
        });
        let mut code = Code::new(CodeKind::Pure, ty.clone());
        let locals: Vec<LocalId> = dimensions.iter().map(|(_, ty)| code.hidden(ty.clone(), place)).collect();
        for (local, (name, _)) in locals.iter().zip(&dimensions) {
            code.bind(name.clone(), Binding::Local(*local));
        }
        if let Some(first) = locals.first() {
            let mut it = self.read(&code, *first, place);
            for group in &groups[..level] {
                it = self.referred(it, group.field, place);
            }
            code.bind("it".into(), Binding::Expr(it.boxed()));
        }
        let value = self.expr_as(&mut code, bound, &ty);
        let what = match level.checked_sub(1).and_then(|level| groups.get(level)) {
            Some(group) => format!("{name} of {}", group.name),
            None => name,
        };
        self.finish(func, what.into(), place, dimensions.len(), code, value_body(value));
        func
    }

    /// What a field of a document refers to.
    pub(super) fn referred(&self, document: TExpr, field: u16, place: Place) -> TExpr {
        let Type::Entity(entity) = document.ty else { return TExpr::invalid(place) };
        let record = self.checked.entities[entity.index()].record;
        let ty = self.checked.records[record.index()].fields[usize::from(field)].ty.clone();
        let read = TExpr::new(T::Document(entity, document.boxed()), Type::Record(record), place);
        TExpr::new(T::Field(read.boxed(), field), ty, place)
    }

    /// The account and the dimensions of `balance(receivable[customer])` and its kin.
    pub(crate) fn account_argument(
        &mut self,
        code: &mut Code,
        args: &Args,
        place: Place,
    ) -> Option<(AccountId, Vec<TExpr>)> {
        self.count_arguments(args, 1, place)?;
        self.needs(code, Effect::Reads, place, "a balance is read from the books");
        let e = &args.list[0].value;
        let (path, indices): (&Expr, &[Expr]) = match &e.kind {
            ExprKind::Index { base, indices } => (base, indices),
            _ => (e, &[]),
        };
        let at = self.place(e.span);
        let account = self.account_named(path, at)?;
        let dimensions = self.dimensions(code, account, indices, at);
        Some((account, dimensions))
    }

    /// `held(a[x])` and `available(a[x])`
    pub(crate) fn held_or_available(&mut self, code: &mut Code, args: &Args, held: bool, place: Place) -> TExpr {
        let Some((account, dimensions)) = self.account_argument(code, args, place) else {
            return TExpr::invalid(place);
        };
        let ty = self.checked.accounts[account.index()].ty.clone();
        if held {
            return TExpr::new(T::Held(account, dimensions), ty, place);
        }
        self.room(code, account, dimensions, None, place)
    }

    /// How much of an account may still be used or held, perhaps by somebody who wants so much.
    fn room(
        &mut self,
        code: &mut Code,
        account: AccountId,
        dimensions: Vec<TExpr>,
        wanted: Option<TExpr>,
        place: Place,
    ) -> TExpr {
        let Account { limits, ty, name, .. } = &self.checked.accounts[account.index()];
        let (limited, ty, name) = (!limits.is_empty(), ty.clone(), name.clone());
        if !limited {
            self.report(Problem::NoLimit { place, account: name });
            return TExpr::invalid(place);
        }
        let bounds = self.bounds(code, account, &dimensions, place);
        let spot = dimensions.into_iter().chain(bounds);
        let kind = match wanted {
            Some(wanted) => T::Room(account, spot.chain([wanted]).collect()),
            None => T::Available(account, spot.collect()),
        };
        TExpr::new(kind, ty, place)
    }

    /// How many limits of an account stop.
    fn stops(&self, account: AccountId) -> usize {
        self.checked.accounts[account.index()].limits.iter().filter(|limit| limit.mode == BoundMode::Stop).count()
    }

    /// How much the limits of an account are in turn, each for a combination of its dimensions and for its groups; none
    /// where it has no limit.
    pub(crate) fn bounds(
        &mut self,
        code: &mut Code,
        account: AccountId,
        dimensions: &[TExpr],
        place: Place,
    ) -> Vec<TExpr> {
        let Account { limits, ty, .. } = &self.checked.accounts[account.index()];
        let (funcs, ty): (Vec<FnId>, _) =
            (limits.iter().flat_map(|limit| limit.bounds.iter().copied()).collect(), ty.clone());
        if dimensions.iter().any(|d| d.ty.is_invalid()) {
            return Vec::new();
        }
        let call = |func: FnId| {
            code.calls.push((func, place));
            TExpr::new(T::Call(func, dimensions.to_vec()), ty.clone(), place)
        };
        funcs.into_iter().map(call).collect()
    }

    /// `hold amount on account[…]`: where less is available it fails with `Short`.
    pub(crate) fn hold(&mut self, code: &mut Code, hold: &ast::Hold, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "`hold` takes from a limit");
        if let Some(of) = &hold.of {
            // The thing that is held stands in the account's dimensions; here it is said for the reader.
            self.expr(code, of, None);
        }
        let Some(account) = self.account_of(&hold.on) else {
            self.expr(code, &hold.amount, None);
            return TExpr::invalid(place);
        };
        let at = self.place(hold.on.span);
        let dimensions = self.dimensions(code, account, &hold.on.indices, at);
        let ty = self.checked.accounts[account.index()].ty.clone();
        let amount = self.expr_as(code, &hold.amount, &ty);
        if amount.ty.is_invalid() || dimensions.iter().any(|d| d.ty.is_invalid()) {
            return TExpr::invalid(place);
        }
        let result = Type::Hold(Arc::new(ty.clone()));
        let wanted = code.hidden(ty.clone(), place);
        let read = self.read(code, wanted, place);
        let held = |amount: TExpr| {
            let kind = T::Hold { account, dimensions: dimensions.clone(), amount: amount.boxed(), over: None };
            TExpr::new(kind, result.clone(), place)
        };
        if let Some(by) = &hold.over_limit {
            // Who lets it pass is told by their role, which is kept with the hold.
            let role = self.expr_as(code, by, &Type::Role);
            let bounds = self.bounds(code, account, &dimensions, at);
            if bounds.is_empty() {
                let name = self.checked.accounts[account.index()].name.clone();
                self.report(Problem::NoLimit { place: at, account: name });
                return TExpr::invalid(place);
            }
            let dimensions = dimensions.into_iter().chain(bounds).collect();
            let kind = T::Hold { account, dimensions, amount: amount.boxed(), over: Some(role.boxed()) };
            return TExpr::new(kind, result, place);
        }
        // With one limit that stops what is available tells whether it does; with several it matters which one does.
        let stops = self.stops(account);
        let asks = (stops > 1).then(|| read.clone());
        let room = self.room(code, account, dimensions.clone(), asks, at);
        if room.ty.is_invalid() {
            return room;
        }
        let left = code.hidden(ty.clone(), place);
        let read_left = self.read(code, left, place);
        if stops == 0 {
            // It is asked for what is available all the same: that says the bounds.
            if let Some(handlers) = &hold.handlers {
                self.report(Problem::NothingFails { place: self.place(handlers.span) });
            }
            let let_ = |local, value| TStmt { place, kind: S::Let(local, value) };
            let stmts = vec![let_(wanted, amount), let_(left, room)];
            let value = Some(held(read).boxed());
            return TExpr::new(T::Block(TBlock { stmts, value, ty: result.clone() }), result, place);
        }
        let name = TExpr::text(self.checked.accounts[account.index()].name.clone(), place);
        let fields = ["account", "wanted", "available"];
        let types = [Type::Text, ty.clone(), ty];
        let case = Case {
            name: SHORT.into(),
            outside: SHORT.into(),
            fields: fields.iter().zip(types).map(|(name, ty)| super::outcome::plain_field(name, ty, place)).collect(),
        };
        let values = vec![name, read.clone(), read_left.clone()];
        let Some(failing) = self.short(code, case, values, hold.handlers.as_ref(), &result, place) else {
            return TExpr::invalid(place);
        };
        let short = TExpr::new(T::Compare(Cmp::Gt, read.clone().boxed(), read_left.boxed()), Type::Bool, place);
        let let_ = |local, value| TStmt { place, kind: S::Let(local, value) };
        let stmts = vec![let_(wanted, amount), let_(left, room)];
        let well = super::branch::value_block(held(read));
        let value = TExpr::new(T::If(short.boxed(), failing, well), result.clone(), place);
        TExpr::new(T::Block(TBlock { stmts, value: Some(value.boxed()), ty: result.clone() }), result, place)
    }

    /// What is done where less is available: what its own `else` says, or the way out of the code around it.
    fn short(
        &mut self,
        code: &mut Code,
        case: Case,
        values: Vec<TExpr>,
        handlers: Option<&ast::Handlers>,
        result: &Type,
        place: Place,
    ) -> Option<TBlock> {
        if let Some(handlers) = handlers {
            let failures = EnumId(self.checked.enums.len() as u32);
            self.checked.enums.push(Enum { name: "hold".into(), cases: vec![case], is_outcome: true, place });
            let ty = Type::Enum(failures);
            let failure = self.outcome_case(failures, 0, values, place);
            let arms = self.arms(code, &handlers.arms, &ty, Some(result), true);
            self.refuse_gaps(&ty, &arms, place);
            let handled = self.match_of(failure, arms, place, None, true);
            if !matches!(handled.ty, Type::Never | Type::Invalid) && handled.ty != *result {
                let (expected, found) = (self.show(result), self.show(&handled.ty));
                let hint = Some("what handles a failure gives what would have been held, or leaves".into());
                self.report(Problem::Mismatch { place: self.place(handlers.span), expected, found, hint });
                return None;
            }
            let ty = handled.ty.clone();
            return Some(super::branch::value_block(TExpr::new(T::Match(Box::new(handled)), ty, place)));
        }
        let Some(fail) = self.way_out(code, &case, values, place) else {
            let of = code.owner.clone();
            let failures = vec![SHORT.into()];
            let inside = if matches!(code.kind, CodeKind::Process(_)) { "process" } else { "action" };
            self.report(Problem::UnhandledFailure { place, action: "hold".into(), failures, of, inside });
            return None;
        };
        Some(TBlock { stmts: vec![TStmt { place, kind: fail }], value: None, ty: Type::Never })
    }

    /// `commit h`, `release h`
    pub(crate) fn settle(&mut self, code: &mut Code, settle: &ast::Settle, place: Place) -> Option<S> {
        self.needs(code, Effect::Changes, place, "a hold is settled in a step");
        if settle.of.is_some() {
            let rest = self.commit_part(code, settle, place);
            return Some(S::Expr(rest));
        }
        let hold = self.expr(code, &settle.what, None);
        if !matches!(hold.ty, Type::Hold(_)) {
            self.wrong_type(&hold, "a hold");
            return None;
        }
        Some(S::Settle { hold, commit: settle.commit })
    }

    /// `let rest = commit part of h`
    pub(crate) fn commit_part(&mut self, code: &mut Code, settle: &ast::Settle, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "a hold is settled in a step");
        let Some(of) = &settle.of else {
            self.report(Problem::SettleValue { place });
            return TExpr::invalid(place);
        };
        let hold = self.expr(code, of, None);
        let Type::Hold(of) = hold.ty.clone() else { return self.wrong_type(&hold, "a hold") };
        let part = self.expr_as(code, &settle.what, &of);
        if part.ty.is_invalid() {
            return part;
        }
        let ty = hold.ty.clone();
        TExpr::new(T::CommitPart { hold: hold.boxed(), part: part.boxed() }, ty, place)
    }

    /// `free amount of account[…]`
    pub(crate) fn free(&mut self, code: &mut Code, free: &ast::Free, place: Place) -> Option<S> {
        self.needs(code, Effect::Changes, place, "`free` gives back what was used of a limit");
        let account = self.account_of(&free.of)?;
        let at = self.place(free.of.span);
        let dimensions = self.dimensions(code, account, &free.of.indices, at);
        let ty = self.checked.accounts[account.index()].ty.clone();
        let amount = self.expr_as(code, &free.amount, &ty);
        Some(S::Free { account, dimensions, amount })
    }
}
