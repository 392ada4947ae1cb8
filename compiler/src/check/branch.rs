//! Branches: `if` as a value, and the one type of several blocks.

use super::Checker;
use super::function::Code;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Else, Expr};

impl Checker<'_> {
    pub(crate) fn if_value(
        &mut self,
        code: &mut Code,
        condition: &Expr,
        then: &ast::Block,
        otherwise: Option<&Else>,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let condition = self.expr_as(code, condition, &Type::Bool);
        let mut ways = code.ways();
        let a = self.block(code, then, hint, true);
        ways.gone(code, &a);
        let b = match otherwise {
            Some(Else::Block(block)) => self.block(code, block, hint, true),
            Some(Else::If(e)) => value_block(self.expr(code, e, hint)),
            None => {
                self.report(Problem::IfWithoutElse { place });
                return TExpr::invalid(place);
            }
        };
        ways.gone(code, &b);
        ways.together(code);
        let joined = self.join_blocks(&[&a, &b]).or_else(|| {
            let otherwise = match otherwise {
                Some(Else::Block(block)) => self.end_of(block),
                _ => place,
            };
            Some(self.asked_of(&[(&a, self.end_of(then)), (&b, otherwise)], hint?))
        });
        let Some(ty) = joined else {
            let (expected, found) = (self.show(&a.ty), self.show(&b.ty));
            let at = b.value.as_ref().map_or(place, |v| v.place);
            self.report(Problem::Mismatch {
                place: at,
                expected,
                found,
                hint: Some("both branches give the same type".into()),
            });
            return TExpr::invalid(place);
        };
        let a = self.coerce_block(a, &ty);
        let b = self.coerce_block(b, &ty);
        TExpr::new(T::If(condition.boxed(), a, b), ty, place)
    }

    /// One type for the values of blocks.
    pub(crate) fn join_blocks(&self, blocks: &[&TBlock]) -> Option<Type> {
        let mut whole: Option<TExpr> = None;
        for block in blocks {
            let next = match &block.value {
                Some(value) => (**value).clone(),
                None => TExpr::new(T::Invalid, block.ty.clone(), Place::NOWHERE),
            };
            whole = Some(match whole {
                None => next,
                Some(w) => {
                    let ty = self.join_values(&w, &next)?;
                    // A literal 0 keeps fitting every unit until another arm gives it one.
                    let keep = if w.ty == ty {
                        w.kind
                    } else if next.ty == ty {
                        next.kind
                    } else {
                        T::Invalid
                    };
                    TExpr::new(keep, ty, Place::NOWHERE)
                }
            });
        }
        whole.map(|w| w.ty)
    }

    /// What is asked for as the type of blocks that have none in common. It says which is wrong: one without a value is
    /// told here, at its place, another where its value is made to fit.
    pub(crate) fn asked_of(&mut self, blocks: &[(&TBlock, Place)], asked: &Type) -> Type {
        for (block, place) in blocks {
            if block.ty == Type::Nothing && block.value.is_none() && *asked != Type::Nothing {
                let expected = self.show(asked);
                self.report(Problem::NoValue { place: *place, expected });
            }
        }
        asked.clone()
    }

    pub(crate) fn coerce_block(&mut self, block: TBlock, to: &Type) -> TBlock {
        match block.value {
            Some(value) if block.ty != Type::Never => {
                let value = self.coerce(*value, to);
                TBlock { stmts: block.stmts, ty: value.ty.clone(), value: Some(Box::new(value)) }
            }
            value => TBlock { value, ..block },
        }
    }
}

/// A block that is one value.
pub(crate) fn value_block(value: TExpr) -> TBlock {
    TBlock { stmts: Vec::new(), ty: value.ty.clone(), value: Some(Box::new(value)) }
}
