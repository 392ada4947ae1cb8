//! The built-in functions of the language, by name.

use super::function::Code;
use super::number::folded;
use super::{Checker, Def, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::border::LAST_DAY;
use bp_bytecode::op::Builtin;
use bp_bytecode::process::Channel;
use bp_grammar::ast::{Args, Expr, ExprKind, Ident};
use std::slice::from_ref;

/// Every name that [`Checker::builtin_call`] knows, for suggestions.
pub(crate) const NAMES: &[&str] = &[
    "round",
    "root",
    "power",
    "allocate",
    "convert",
    "percent",
    "quantity",
    "abs",
    "sign",
    "min",
    "max",
    "clamp",
    "sum",
    "count",
    "any",
    "all",
    "first",
    "last",
    "list",
    "length",
    "lower",
    "upper",
    "trim",
    "contains",
    "starts_with",
    "ends_with",
    "matches",
    "split",
    "join",
    "replace",
    "format",
    "days_between",
    "add_months",
    "date",
    "month",
    "this_month",
    "today",
    "now",
    "some",
    "balance",
    "book_value",
    "held",
    "available",
    "amount",
    "keys",
    "values",
    "text",
];

/// When and in which book a balance is asked for; without that now, in the book at hand.
#[derive(Default)]
pub(super) struct WhenAndWhere {
    at: Option<TExpr>,
    book: Option<TExpr>,
}

impl WhenAndWhere {
    pub(super) fn is_plain(&self) -> bool {
        self.at.is_none() && self.book.is_none()
    }

    /// Dimensions, day and book. Without a day all days count.
    pub(super) fn behind(self, dimensions: Vec<TExpr>, place: Place) -> Vec<TExpr> {
        let last = || TExpr::number(LAST_DAY.into(), Type::Date, place);
        let day = self.at.unwrap_or_else(last);
        let book = self.book.unwrap_or_else(|| TExpr::text("", place));
        dimensions.into_iter().chain([day, book]).collect()
    }
}

impl Checker<'_> {
    /// A call of a built-in function; `None` if there is none of that name.
    pub(crate) fn builtin_call(
        &mut self,
        code: &mut Code,
        name: &Ident,
        args: &Args,
        place: Place,
        hint: Option<&Type>,
    ) -> Option<TExpr> {
        let aggregate = match name.text.as_str() {
            "sum" => Some(Aggregate::Sum),
            "count" => Some(Aggregate::Count),
            "min" => Some(Aggregate::Min),
            "max" => Some(Aggregate::Max),
            "any" => Some(Aggregate::Any),
            "all" => Some(Aggregate::All),
            "first" => Some(Aggregate::First),
            "last" => Some(Aggregate::Last),
            "list" => Some(Aggregate::List),
            _ => None,
        };
        if let (Some(kind), Some(generator), [element]) = (aggregate, &args.generator, args.list.as_slice()) {
            return Some(self.aggregate(code, kind, &element.value, generator, place, hint));
        }
        let plain = |b: Builtin, params: &[Type], result: Type| (b, params.to_vec(), result);
        let text = Type::Text;
        let simple = match name.text.as_str() {
            "length" => Some(plain(Builtin::Length, from_ref(&text), Type::INT)),
            "lower" => Some(plain(Builtin::Lower, from_ref(&text), text.clone())),
            "upper" => Some(plain(Builtin::Upper, from_ref(&text), text.clone())),
            "trim" => Some(plain(Builtin::Trim, from_ref(&text), text.clone())),
            "contains" => Some(plain(Builtin::Contains, &[text.clone(), text.clone()], Type::Bool)),
            "starts_with" => Some(plain(Builtin::StartsWith, &[text.clone(), text.clone()], Type::Bool)),
            "ends_with" => Some(plain(Builtin::EndsWith, &[text.clone(), text.clone()], Type::Bool)),
            "matches" => Some(plain(Builtin::Matches, &[text.clone(), text.clone()], Type::Bool)),
            "split" => Some(plain(Builtin::Split, &[text.clone(), text.clone()], Type::list(text.clone()))),
            "join" => Some(plain(Builtin::Join, &[Type::list(text.clone()), text.clone()], text.clone())),
            "replace" => Some(plain(Builtin::Replace, &[text.clone(), text.clone(), text.clone()], text)),
            "days_between" => Some(plain(Builtin::DaysBetween, &[Type::Date, Type::Date], Type::INT)),
            "add_months" => Some(plain(Builtin::AddMonths, &[Type::Date, Type::INT], Type::Date)),
            _ => None,
        };
        if let Some((builtin, params, result)) = simple {
            let values = self.plain_arguments(code, args, &params, place)?;
            return Some(TExpr::new(T::Builtin(builtin, values), result, place));
        }
        Some(match name.text.as_str() {
            "round" => self.round(code, args, place, hint),
            "root" => self.root(code, args, place, hint),
            "power" => self.power(code, args, place, hint),
            "min" | "max" => self.min_max(code, args, name.text == "min", place, hint),
            "abs" | "sign" => self.abs_sign(code, args, name.text == "abs", place, hint),
            "clamp" => self.clamp(code, args, place, hint),
            "percent" => self.percent(code, args, place),
            "quantity" => self.quantity(code, args, place),
            "some" => {
                let inner = match hint.map(|h| self.base(h)) {
                    Some(Type::Option(of)) => Some((*of).clone()),
                    _ => None,
                };
                let [value] = self.any_arguments(code, args, [inner.as_ref()], place)?;
                let value = match inner {
                    Some(inner) => self.coerce(value, &inner),
                    None => value,
                };
                let ty = Type::option(value.ty.clone());
                match value.kind {
                    T::Constant(c) => TExpr::new(T::Constant(Constant::Some(Box::new(c))), ty, place),
                    _ if value.ty.is_invalid() => value,
                    _ => TExpr::new(T::Some(value.boxed()), ty, place),
                }
            }
            "sum" | "count" | "first" | "last" | "any" | "all" | "list" => self.whole_list(code, name, args, place)?,
            "keys" | "values" => {
                let [map] = self.any_arguments(code, args, [None], place)?;
                match self.base(&map.ty) {
                    Type::Map(k, _) if name.text == "keys" => TExpr::new(T::Keys(map.boxed()), Type::List(k), place),
                    Type::Map(_, v) => TExpr::new(T::Values(map.boxed()), Type::List(v), place),
                    _ => self.wrong_type(&map, "a map"),
                }
            }
            "allocate" => self.allocate(code, args, place)?,
            "convert" => self.convert(code, args, place),
            "amount" => self.amount(code, args, place)?,
            "format" | "text" => {
                let [value] = self.any_arguments(code, args, [None], place)?;
                self.written(value, None, place)
            }
            "today" | "now" | "this_month" => {
                self.plain_arguments(code, args, &[], place)?;
                self.needs(code, Effect::Reads, place, &format!("`{}()` reads the clock", name.text));
                match name.text.as_str() {
                    "today" => TExpr::new(T::Today, Type::Date, place),
                    "now" => TExpr::new(T::Now, Type::DateTime, place),
                    _ => {
                        let today = TExpr::new(T::Today, Type::Date, place);
                        TExpr::new(T::Builtin(Builtin::MakeMonth, vec![today]), Type::Month, place)
                    }
                }
            }
            "balance" => self.balance(code, args, place),
            "book_value" => self.book_value(code, args, place),
            "held" | "available" => self.held_or_available(code, args, name.text == "held", place),
            "mails" | "http_calls" => {
                let params = [super::Param { name: "to".into(), ty: Type::Text, default: None }];
                let mut values = self.arguments(code, &name.text, &params, args, place);
                if code.kind != super::function::CodeKind::Test {
                    self.report(Problem::TestHere { place });
                    return Some(TExpr::invalid(place));
                }
                match values.pop() {
                    Some(to) => {
                        let channel = if name.text == "mails" { Channel::Email } else { Channel::Http };
                        TExpr::new(T::Mails(channel, to.boxed()), Type::INT, place)
                    }
                    None => TExpr::invalid(place),
                }
            }
            "frozen" | "topological" | "levels" => {
                self.not_yet(place, "stored documents");
                TExpr::invalid(place)
            }
            _ => return None,
        })
    }

    pub(crate) fn wrong_type(&mut self, e: &TExpr, expected: &str) -> TExpr {
        if !e.ty.is_invalid() {
            let found = self.show(&e.ty);
            self.report(Problem::Mismatch { place: e.place, expected: expected.into(), found, hint: None });
        }
        TExpr::invalid(e.place)
    }

    pub(crate) fn count_arguments(&mut self, args: &Args, expected: usize, place: Place) -> Option<()> {
        let named = args.list.iter().find_map(|a| a.name.clone());
        if let Some(generator) = &args.generator {
            let at = self.place(generator.span);
            self.report(Problem::GeneratorHere { place: at });
            return None;
        }
        if let Some(named) = named {
            let at = self.place(named.span);
            self.report(Problem::UnknownName {
                place: at,
                what: "argument",
                name: named.text,
                similar: None,
                inside: None,
            });
            return None;
        }
        if args.list.len() != expected {
            self.report(Problem::WrongCount { place, what: "arguments", expected, found: args.list.len() });
            return None;
        }
        Some(())
    }

    /// Unnamed arguments of these types; a wrong count is told and gives invalid values.
    fn plain_arguments(&mut self, code: &mut Code, args: &Args, params: &[Type], place: Place) -> Option<Vec<TExpr>> {
        if self.count_arguments(args, params.len(), place).is_none() {
            return Some(params.iter().map(|_| TExpr::invalid(place)).collect());
        }
        Some(args.list.iter().zip(params).map(|(a, ty)| self.expr_as(code, &a.value, ty)).collect())
    }

    /// Unnamed arguments of any type.
    fn any_arguments<const N: usize>(
        &mut self,
        code: &mut Code,
        args: &Args,
        hints: [Option<&Type>; N],
        place: Place,
    ) -> Option<[TExpr; N]> {
        if self.count_arguments(args, N, place).is_none() {
            return Some(std::array::from_fn(|_| TExpr::invalid(place)));
        }
        let mut values =
            args.list.iter().zip(hints).map(|(a, h)| self.expr(code, &a.value, h)).collect::<Vec<_>>().into_iter();
        Some(std::array::from_fn(|_| values.next().unwrap_or_else(|| TExpr::invalid(place))))
    }

    fn min_max(&mut self, code: &mut Code, args: &Args, min: bool, place: Place, hint: Option<&Type>) -> TExpr {
        let hint = hint.map(|h| self.base(h)).filter(|h| matches!(h, Type::Num(_)));
        if args.list.len() == 1 {
            // Of a list: an option.
            let list = self.expr(code, &args.list[0].value, None);
            let kind = if min { Aggregate::Min } else { Aggregate::Max };
            return self.list_aggregate(code, kind, list, place);
        }
        if args.list.len() < 2 {
            self.report(Problem::WrongCount { place, what: "arguments", expected: 2, found: args.list.len() });
            return TExpr::invalid(place);
        }
        let mut values = Vec::new();
        for arg in &args.list {
            let before = values.first().map(|v: &TExpr| v.ty.clone());
            values.push(self.expr(code, &arg.value, hint.as_ref().or(before.as_ref())));
        }
        if values.iter().any(|v| v.ty.is_invalid()) {
            return TExpr::invalid(place);
        }
        let mut ty = values[0].ty.clone();
        let mut kept = values[0].clone();
        for value in &values[1..] {
            match self.join_values(&kept, value) {
                Some(joined) => {
                    ty = self.base(&joined);
                    kept = TExpr::new(if kept.ty == joined { kept.kind } else { value.kind.clone() }, joined, place);
                }
                None => {
                    let first = values[0].clone();
                    let value = value.clone();
                    return self.operands(if min { "min" } else { "max" }, &first, &value, place);
                }
            }
        }
        if !matches!(ty, Type::Num(_) | Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration) {
            let first = values.remove(0);
            return self.wrong_type(&first, "numbers, dates or times");
        }
        let values: Vec<TExpr> = values.into_iter().map(|v| self.coerce(v, &ty)).collect();
        values
            .into_iter()
            .reduce(|a, b| {
                let kind = if min { T::Min(a.boxed(), b.boxed()) } else { T::Max(a.boxed(), b.boxed()) };
                TExpr::new(kind, ty.clone(), place)
            })
            .unwrap_or_else(|| TExpr::invalid(place))
    }

    fn abs_sign(&mut self, code: &mut Code, args: &Args, abs: bool, place: Place, hint: Option<&Type>) -> TExpr {
        let hint = if abs { hint } else { None };
        let Some([value]) = self.any_arguments(code, args, [hint], place) else { return TExpr::invalid(place) };
        match self.base(&value.ty) {
            ty @ (Type::Num(_) | Type::Duration) if abs => TExpr::new(T::Abs(value.boxed()), ty, place),
            Type::Num(_) | Type::Duration => TExpr::new(T::Sign(value.boxed()), Type::INT, place),
            _ => self.wrong_type(&value, "a number"),
        }
    }

    /// `clamp(x, low, high)` is `min(max(x, low), high)`.
    fn clamp(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>) -> TExpr {
        if self.count_arguments(args, 3, place).is_none() {
            return TExpr::invalid(place);
        }
        let arg = |i: usize| bp_grammar::ast::Arg { name: None, value: args.list[i].value.clone() };
        let inner = Args { span: args.span, list: vec![arg(0), arg(1)], generator: None };
        let low = self.min_max(code, &inner, false, place, hint);
        let high = self.expr(code, &args.list[2].value, Some(&low.ty.clone()));
        let Some(ty) = self.join_values(&low, &high) else { return self.operands("clamp", &low, &high, place) };
        let low = self.coerce(low, &ty);
        let high = self.coerce(high, &ty);
        TExpr::new(T::Min(low.boxed(), high.boxed()), ty, place)
    }

    /// `percent(2.5)` is 2.5 %.
    fn percent(&mut self, code: &mut Code, args: &Args, place: Place) -> TExpr {
        let Some([value]) = self.any_arguments(code, args, [None], place) else { return TExpr::invalid(place) };
        match self.base(&value.ty) {
            Type::Num(Num { unit: Unit::None, scale }) if scale + 2 <= SCALE_BETWEEN_MAX => {
                let ty = Type::Num(Num { unit: Unit::Percent, scale: scale + 2 });
                folded(TExpr::new(T::Reinterpret(value.boxed()), ty, place))
            }
            _ => self.wrong_type(&value, "a plain number"),
        }
    }

    /// `quantity(x)` counts in the base unit of the item it belongs to.
    fn quantity(&mut self, code: &mut Code, args: &Args, place: Place) -> TExpr {
        let Some([value]) = self.any_arguments(code, args, [None], place) else { return TExpr::invalid(place) };
        match self.base(&value.ty) {
            Type::Num(Num { unit: Unit::None, scale }) => {
                let ty = Type::Num(Num { unit: Unit::Quantity(None), scale });
                folded(TExpr::new(T::Reinterpret(value.boxed()), ty, place))
            }
            _ => self.wrong_type(&value, "a plain number"),
        }
    }

    /// `sum(xs)`, `count(xs)`, `first(xs)` … of a whole list.
    fn whole_list(&mut self, code: &mut Code, name: &Ident, args: &Args, place: Place) -> Option<TExpr> {
        let [list] = self.any_arguments(code, args, [None], place)?;
        if list.ty.is_invalid() {
            return Some(TExpr::invalid(place));
        }
        let base = self.base(&list.ty);
        Some(match (&base, name.text.as_str()) {
            (Type::List(_) | Type::Map(..), "count") => TExpr::new(T::Count(list.boxed()), Type::INT, place),
            (Type::List(of), "first") => TExpr::new(T::First(list.boxed()), Type::Option(of.clone()), place),
            (Type::List(of), "last") => TExpr::new(T::Last(list.boxed()), Type::Option(of.clone()), place),
            (Type::List(_), "list") => list,
            (_, "sum") => self.list_aggregate(code, Aggregate::Sum, list, place),
            (_, "any") => self.list_aggregate(code, Aggregate::Any, list, place),
            (_, "all") => self.list_aggregate(code, Aggregate::All, list, place),
            _ => self.wrong_type(&list, "a list"),
        })
    }

    fn list_aggregate(&mut self, code: &mut Code, kind: Aggregate, list: TExpr, place: Place) -> TExpr {
        let Type::List(of) = self.base(&list.ty) else { return self.wrong_type(&list, "a list") };
        let local = code.hidden((*of).clone(), list.place);
        let element = self.read(code, local, list.place);
        self.aggregate_of(code, kind, local, list, element, None, None, None, place)
    }

    /// `allocate(total, weights)`: parts that add up to the total, in the weights' proportions.
    fn allocate(&mut self, code: &mut Code, args: &Args, place: Place) -> Option<TExpr> {
        let [total, weights] = self.any_arguments(code, args, [None, None], place)?;
        let ty = self.stored(&self.base(&total.ty));
        if !matches!(ty, Type::Num(_)) {
            return Some(self.wrong_type(&total, "a number"));
        }
        match self.base(&weights.ty) {
            Type::List(of) if matches!(self.base(&of), Type::Num(_)) => {
                let total = self.coerce(total, &ty);
                Some(TExpr::new(T::Allocate(total.boxed(), weights.boxed()), Type::list(ty), place))
            }
            _ => Some(self.wrong_type(&weights, "a list of numbers")),
        }
    }

    /// `convert(amount, to: USD, rate: r)`: `r` is how much of the target one unit of the source is; the result is
    /// rounded to the target's minor unit, half up unless `mode:` says otherwise.
    fn convert(&mut self, code: &mut Code, args: &Args, place: Place) -> TExpr {
        let named = |n: &str| args.list.iter().find(|a| a.name.as_ref().is_some_and(|w| w.text == n)).map(|a| &a.value);
        let value = args.list.iter().find(|a| a.name.is_none()).map(|a| &a.value);
        let (Some(value), Some(to), Some(rate)) = (value, named("to"), named("rate")) else {
            let given = [("amount", value.is_some()), ("to", named("to").is_some()), ("rate", named("rate").is_some())];
            let missing = given.into_iter().filter(|(_, given)| !given).map(|(name, _)| name.into()).collect();
            self.report(Problem::Missing { place, of: "convert".into(), missing });
            return TExpr::invalid(place);
        };
        let ExprKind::Name(word) = &to.kind else {
            let at = self.place(to.span);
            self.report(Problem::NotA { place: at, name: "to".into(), what: "a currency" });
            return TExpr::invalid(place);
        };
        let Some((c, scale)) = self.currency(word) else { return TExpr::invalid(place) };
        let value = self.expr(code, value, None);
        let Some(rate) = self.rate(code, rate, c) else { return TExpr::invalid(place) };
        let mode = match named("mode") {
            Some(mode) => TMode::Value(self.expr_as(code, mode, &Type::Rounding).boxed()),
            None => TMode::Fixed(bp_bytecode::rounding::Mode::HalfUp),
        };
        let value = match self.base(&value.ty) {
            Type::Num(Num { unit: Unit::Money(_), .. }) => value,
            Type::Amount => {
                let scale4 = Type::Num(Num { unit: Unit::None, scale: 4 });
                TExpr::new(T::Builtin(Builtin::AmountValue, vec![value]), scale4, place)
            }
            _ => return self.wrong_type(&value, "money"),
        };
        let round =
            TRound { kind: RoundKind::Quotient, numerators: vec![value, rate], divisors: Vec::new(), step: None, mode };
        TExpr::new(T::Round(Box::new(round)), Type::Num(Num { unit: Unit::Money(c), scale }), place)
    }

    /// `amount(12.50 USD)`: money whose currency is data.
    fn amount(&mut self, code: &mut Code, args: &Args, place: Place) -> Option<TExpr> {
        const AMOUNT_SCALE: u8 = 4;
        let [value] = self.any_arguments(code, args, [None], place)?;
        Some(match self.base(&value.ty) {
            Type::Num(Num { unit: Unit::Money(c), .. }) => {
                let currency = TExpr::text(c.code(), place);
                let value = self.coerce(value, &Type::Num(Num { unit: Unit::Money(c), scale: AMOUNT_SCALE }));
                TExpr::new(T::Builtin(Builtin::MakeAmount, vec![currency, value]), Type::Amount, place)
            }
            _ => self.wrong_type(&value, "money"),
        })
    }

    /// `balance(receivable[customer])`, `balance(receivable[customer], at: day)`, `balance(receivable[customer], in: "Berlin")`
    fn balance(&mut self, code: &mut Code, args: &Args, place: Place) -> TExpr {
        let (own, when) = self.when_and_where(code, args);
        let Some((account, dimensions)) = self.account_argument(code, &own, place) else {
            return TExpr::invalid(place);
        };
        let ty = self.checked.accounts[account.index()].ty.clone();
        let (what, of) = match when {
            WhenAndWhere { at: None, book: None } => return TExpr::new(T::Balance(account, dimensions), ty, place),
            WhenAndWhere { at: None, book: Some(book) } => {
                (OfBooks::BalanceIn(account), dimensions.into_iter().chain([book]).collect())
            }
            when => (OfBooks::BalanceAt { account, worth: false }, when.behind(dimensions, place)),
        };
        TExpr::new(T::Books(what, of), ty, place)
    }

    /// `at: day` and `in: book` behind an account, and the arguments without them.
    pub(super) fn when_and_where(&mut self, code: &mut Code, args: &Args) -> (Args, WhenAndWhere) {
        let (mut own, mut when) = (args.clone(), WhenAndWhere::default());
        while let Some(bp_grammar::ast::Arg { name: Some(name), value, .. }) = own.list.last() {
            let (place, ty) = match name.text.as_str() {
                "at" if when.at.is_none() => (&mut when.at, Type::Date),
                "in" if when.book.is_none() => (&mut when.book, Type::Text),
                _ => break,
            };
            *place = Some(self.expr_as(code, value, &ty));
            own.list.pop();
        }
        (own, when)
    }

    /// The account that dotted words name; what names none is told.
    pub(crate) fn account_named(&mut self, path: &Expr, place: Place) -> Option<AccountId> {
        let Some(words) = super::names::dotted(path) else {
            self.report(Problem::NotA { place, name: self.text(path.span), what: "an account" });
            return None;
        };
        match self.def_of_words(&words) {
            Some((Def::Account(id), used)) if used == words.len() => Some(id),
            Some((Def::Broken, _)) => None,
            Some((Def::Module(module), used)) if used < words.len() => {
                self.unknown_in_module(module, words[used], "account");
                None
            }
            _ => {
                self.report(Problem::NotA { place, name: self.text(path.span), what: "an account" });
                None
            }
        }
    }
}
