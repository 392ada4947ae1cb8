//! `round`, `root` and `power`: a whole product and quotient chain is computed exactly and rounded once.

use super::Checker;
use super::function::Code;
use super::literal::shortest;
use super::number::{product_unit, quotient_unit};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::rounding::Mode;
use bp_grammar::ast::{Arg, Args, BinaryOp, Expr, ExprKind};

/// How many factors a chain may have above and below the line together.
const FACTORS_MAX: usize = 8;

/// Factors above and below the line, and what their quotient counts.
pub(crate) struct Chain {
    numerators: Vec<TExpr>,
    divisors: Vec<TExpr>,
    unit: Unit,
}

impl Checker<'_> {
    /// The factors of a product and quotient chain; faults are told, and then there is none.
    pub(crate) fn chain(&mut self, code: &mut Code, e: &Expr) -> Option<Chain> {
        let place = self.place(e.span);
        match &e.kind {
            ExprKind::Binary { op: BinaryOp::Mul, left, right, .. } => {
                let a = self.chain(code, left);
                let b = self.chain(code, right);
                self.chain_product(a?, b?, place)
            }
            ExprKind::Binary { op: BinaryOp::Div, left, right, .. } => {
                let a = self.chain(code, left);
                let b = self.chain(code, right);
                self.chain_quotient(a?, b?, place)
            }
            ExprKind::Neg(inner) if has_quotient(inner) => {
                let mut chain = self.chain(code, inner)?;
                let first = chain.numerators.remove(0);
                let negated = self.negate(first, place);
                chain.numerators.insert(0, negated);
                Some(chain)
            }
            _ => {
                let value = self.expr(code, e, None);
                let ty = self.base(&value.ty);
                match ty {
                    Type::Invalid | Type::Never => None,
                    Type::Num(num) => Some(Chain {
                        numerators: vec![TExpr { ty: Type::Num(num), ..value }],
                        divisors: Vec::new(),
                        unit: num.unit,
                    }),
                    _ => {
                        let found = self.show(&value.ty);
                        self.report(Problem::Mismatch { place, expected: "a number".into(), found, hint: None });
                        None
                    }
                }
            }
        }
    }

    fn chain_product(&mut self, a: Chain, b: Chain, place: Place) -> Option<Chain> {
        // A quantity's unit may be cancelled by a price later in the chain; units are joined as they come.
        let Some(unit) = product_unit(a.unit, b.unit) else {
            let (x, y) = (a.numerators.into_iter().next()?, b.numerators.into_iter().next()?);
            self.operands("*", &x, &y, place);
            return None;
        };
        let mut chain = Chain { unit, numerators: a.numerators, divisors: a.divisors };
        chain.numerators.extend(b.numerators);
        chain.divisors.extend(b.divisors);
        self.short_enough(chain, place)
    }

    fn chain_quotient(&mut self, a: Chain, b: Chain, place: Place) -> Option<Chain> {
        let Some(unit) = quotient_unit(a.unit, b.unit) else {
            let (x, y) = (a.numerators.into_iter().next()?, b.numerators.into_iter().next()?);
            self.operands("/", &x, &y, place);
            return None;
        };
        let mut chain = Chain { unit, numerators: a.numerators, divisors: a.divisors };
        chain.numerators.extend(b.divisors);
        chain.divisors.extend(b.numerators);
        if chain.divisors.iter().any(|d| d.as_number() == Some(0)) {
            self.report(Problem::DivisionByZero { place });
            return None;
        }
        self.short_enough(chain, place)
    }

    fn short_enough(&mut self, chain: Chain, place: Place) -> Option<Chain> {
        if chain.numerators.len() + chain.divisors.len() > FACTORS_MAX {
            self.report(Problem::ChainTooLong { place, limit: FACTORS_MAX });
            return None;
        }
        Some(chain)
    }

    /// `round(x)`, `round(x, down)`, `round(x, to: 1_000 IDR, half_even)`
    pub(crate) fn round(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>) -> TExpr {
        let Some(Parts { value, to, mode, .. }) = self.round_parts(args, place, false) else {
            return TExpr::invalid(place);
        };
        let chain = self.chain(code, value);
        let mode = self.mode(code, mode);
        let Some(chain) = chain else { return TExpr::invalid(place) };
        let Some((num, step)) = self.target(code, &chain, to, place, hint, "round") else {
            return TExpr::invalid(place);
        };
        let round =
            TRound { kind: RoundKind::Quotient, numerators: chain.numerators, divisors: chain.divisors, step, mode };
        TExpr::new(T::Round(Box::new(round)), Type::Num(num), place)
    }

    /// `root(x, to: 0.001)`: the square root of a bare number.
    pub(crate) fn root(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>) -> TExpr {
        self.root_or_power(code, args, place, hint, false)
    }

    /// `power(x, n, to: 0.000001)`
    pub(crate) fn power(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>) -> TExpr {
        self.root_or_power(code, args, place, hint, true)
    }

    fn root_or_power(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>, power: bool) -> TExpr {
        let name = if power { "power" } else { "root" };
        let Some(Parts { value, exponent, to, mode }) = self.round_parts(args, place, power) else {
            return TExpr::invalid(place);
        };
        let chain = self.chain(code, value);
        let exponent = exponent.map(|e| self.expr_as(code, e, &Type::INT));
        let mode = self.mode(code, mode);
        let Some(chain) = chain else { return TExpr::invalid(place) };
        if !matches!(chain.unit, Unit::None | Unit::Percent) {
            let found = self.show(&Type::Num(Num { unit: chain.unit, scale: 0 }));
            self.report(Problem::BareNumberOnly { place, name, found });
            return TExpr::invalid(place);
        }
        let Some((num, step)) = self.target(code, &chain, to, place, hint, name) else {
            return TExpr::invalid(place);
        };
        if step.is_some() {
            self.report(Problem::PowerOfTenOnly { place, name });
            return TExpr::invalid(place);
        }
        let kind = match exponent {
            Some(n) => RoundKind::Power(n),
            None => RoundKind::Root,
        };
        let round = TRound { kind, numerators: chain.numerators, divisors: chain.divisors, step: None, mode };
        TExpr::new(T::Round(Box::new(round)), Type::Num(num), place)
    }

    /// To what scale, and in what steps: what `to:` says, else what is asked for around it, else the natural scale.
    fn target(
        &mut self,
        code: &mut Code,
        chain: &Chain,
        to: Option<&Expr>,
        place: Place,
        hint: Option<&Type>,
        name: &'static str,
    ) -> Option<(Num, Option<TExpr>)> {
        if let Some(to) = to {
            let step = self.expr(code, to, None);
            let at = step.place;
            let Type::Num(num) = self.base(&step.ty) else {
                if !step.ty.is_invalid() {
                    let found = self.show(&step.ty);
                    self.report(Problem::Mismatch { place: at, expected: "a number".into(), found, hint: None });
                }
                return None;
            };
            let fits = num.unit == chain.unit
                || matches!((num.unit, chain.unit), (Unit::None | Unit::Percent, Unit::None | Unit::Percent))
                || (num.unit == Unit::None && step.as_number().is_some());
            if !fits {
                let expected = self.show(&Type::Num(Num { unit: chain.unit, scale: num.scale }));
                let found = self.show(&step.ty);
                self.report(Problem::Mismatch { place: at, expected, found, hint: None });
                return None;
            }
            let unit = chain.unit;
            return Some(match step.as_number() {
                Some(value) => {
                    let (value, scale) = shortest(value, num.scale);
                    if value <= 0 {
                        self.report(Problem::StepNotPositive { place: at });
                        return None;
                    }
                    let result = Num { unit, scale };
                    let step = (value != 1).then(|| TExpr::number(value, Type::Num(result), at));
                    (result, step)
                }
                None => {
                    let result = Num { unit, scale: num.scale };
                    (result, Some(TExpr { ty: Type::Num(result), ..step }))
                }
            });
        }
        let natural = match hint.map(|h| self.base(h)) {
            Some(Type::Num(want)) if want.unit == chain.unit => Some(want.scale),
            Some(Type::Num(Num { unit: Unit::None | Unit::Percent, scale }))
                if matches!(chain.unit, Unit::None | Unit::Percent) =>
            {
                Some(scale)
            }
            Some(Type::Option(of)) => match self.base(&of) {
                Type::Num(want) if want.unit == chain.unit => Some(want.scale),
                _ => None,
            },
            _ => None,
        };
        let scale = natural.or(match chain.unit {
            Unit::Money(c) => Some(self.minor_unit(c)),
            Unit::Quantity(Some(u)) => Some(self.checked.units[u.index()].scale),
            Unit::Quantity(None) => Some(SCALE_DEFAULT),
            Unit::Price(c, _) => Some(self.minor_unit(c) + SCALE_PRICE_EXTRA),
            Unit::None | Unit::Percent => None,
        });
        match scale {
            Some(scale) => Some((Num { unit: chain.unit, scale }, None)),
            None => {
                self.report(Problem::RoundToWhat { place, name });
                None
            }
        }
    }

    fn mode(&mut self, code: &mut Code, mode: Option<&Expr>) -> TMode {
        let Some(mode) = mode else { return TMode::Fixed(Mode::HalfUp) };
        let mode = self.expr_as(code, mode, &Type::Rounding);
        match mode.as_number().and_then(|n| Mode::from_number(n as i64)) {
            Some(mode) => TMode::Fixed(mode),
            None => TMode::Value(mode.boxed()),
        }
    }

    fn round_parts<'e>(&mut self, args: &'e Args, place: Place, power: bool) -> Option<Parts<'e>> {
        let mut plain: Vec<&Expr> = Vec::new();
        let mut to = None;
        let mut mode = None;
        for Arg { name, value } in &args.list {
            match name.as_ref().map(|n| n.text.as_str()) {
                None => plain.push(value),
                Some("to") => to = Some(value),
                Some("mode") => mode = Some(value),
                Some(other) => {
                    let at = self.place(name.as_ref().map_or(value.span, |name| name.span));
                    let name = other.into();
                    self.report(Problem::UnknownName {
                        place: at,
                        what: "argument",
                        name,
                        similar: None,
                        inside: None,
                    });
                    return None;
                }
            }
        }
        let values = if power { 2 } else { 1 };
        let wrong = plain.len() < values || plain.len() > values + 1 || (plain.len() > values && mode.is_some());
        if wrong || args.generator.is_some() {
            self.report(Problem::WrongCount { place, what: "arguments", expected: values, found: plain.len() });
            return None;
        }
        Some(Parts {
            value: plain[0],
            exponent: power.then(|| plain[1]),
            to,
            mode: mode.or(plain.get(values).copied()),
        })
    }
}

struct Parts<'e> {
    value: &'e Expr,
    exponent: Option<&'e Expr>,
    to: Option<&'e Expr>,
    mode: Option<&'e Expr>,
}

fn has_quotient(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Binary { op: BinaryOp::Div, .. } => true,
        ExprKind::Binary { op: BinaryOp::Mul, left, right, .. } => has_quotient(left) || has_quotient(right),
        ExprKind::Neg(inner) => has_quotient(inner),
        _ => false,
    }
}
