//! Stretches that one instance at a time is in.

use super::function::Code;
use super::rest::Arm;
use super::{Checker, KEY_SEPARATOR};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Block, Expr};

impl Checker<'_> {
    /// `exclusive on customer { … }`: the process rests until nobody else is in a stretch of the same key.
    pub(crate) fn exclusive(&mut self, code: &mut Code, keys: &[Expr], body: &Block, place: Place) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let mut parts = Vec::new();
        let mut at = place;
        let mut kinds: Vec<String> = Vec::new();
        for key in keys {
            let value = self.expr(code, key, None);
            if parts.is_empty() {
                at = value.place;
            } else {
                parts.push(TExpr::text(KEY_SEPARATOR, value.place));
            }
            // A customer and a supplier of one code are not the same.
            let ty = self.show(&value.ty);
            parts.push(TExpr::text(format!("{ty} "), at));
            kinds.push(ty);
            parts.push(self.written(value, None, at));
        }
        let key = TExpr::new(T::Concat(parts), Type::Text, at);
        let name = self.point_name(process, "exclusive");
        let loops = std::mem::take(&mut code.loops);
        let pauses = std::mem::take(&mut code.branches.pauses);
        code.branches.depth += 1;
        let mut body = self.block(code, body, None, false);
        code.branches.depth -= 1;
        code.branches.pauses = pauses;
        code.loops = loops;
        if body.ty != Type::Never {
            body.stmts.extend(body.value.take().map(|value| TStmt { place, kind: S::Expr(*value) }));
            body.stmts.push(TStmt { place, kind: S::Unlock });
            body.ty = Type::Nothing;
        }
        let arm = Arm { event: TEvent::Lock { kind: kinds.join(", ").into(), key }, given: Vec::new(), body };
        self.rest(name, vec![arm], place, None, false)
    }
}
