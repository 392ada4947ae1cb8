//! Values that are known when compiled: arithmetic of literals, cells of template rows.

use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;

/// The value of an expression whose locals `of` knows; `None` if it is not known when compiled (or would be a
/// fault, which is then told when run).
pub(crate) fn fold(e: &TExpr, of: &dyn Fn(LocalId) -> Option<Constant>) -> Option<Constant> {
    let number = |e: &TExpr| match fold(e, of)? {
        Constant::Number(n) => Some(n),
        _ => None,
    };
    Some(match &e.kind {
        T::Constant(c) => c.clone(),
        T::Local(id) => of(*id)?,
        T::Field(base, index) => match fold(base, of)? {
            Constant::Record(fields) => fields.get(usize::from(*index))?.clone(),
            _ => return None,
        },
        T::Reinterpret(e) => fold(e, of)?,
        T::ScaleUp(e, by) => Constant::Number(number(e)?.checked_mul(10_i128.checked_pow(u32::from(*by))?)?),
        T::Neg(e) => Constant::Number(number(e)?.checked_neg()?),
        T::Add(a, b) => Constant::Number(number(a)?.checked_add(number(b)?)?),
        T::Sub(a, b) => Constant::Number(number(a)?.checked_sub(number(b)?)?),
        T::Mul(a, b) => Constant::Number(number(a)?.checked_mul(number(b)?)?),
        T::Not(e) => Constant::Number(1 - number(e)?),
        T::And(a, b) => Constant::Number(number(a)? & number(b)?),
        T::Or(a, b) => Constant::Number(number(a)? | number(b)?),
        T::Compare(cmp, a, b) => {
            let (Type::Num(x), Type::Num(y)) = (&a.ty, &b.ty) else {
                return Some(Constant::Number(i128::from(holds(*cmp, number(a)?.cmp(&number(b)?)))));
            };
            let lift = |v: i128, by: u8| v.checked_mul(10_i128.checked_pow(u32::from(by))?);
            let (sa, sb) = (y.scale.saturating_sub(x.scale), x.scale.saturating_sub(y.scale));
            Constant::Number(i128::from(holds(*cmp, lift(number(a)?, sa)?.cmp(&lift(number(b)?, sb)?))))
        }
        T::CompareText(cmp, a, b) => match (fold(a, of)?, fold(b, of)?) {
            (Constant::Text(a), Constant::Text(b)) => {
                Constant::Number(i128::from(holds(*cmp, a.as_str().cmp(b.as_str()))))
            }
            _ => return None,
        },
        T::Equal(a, b) => Constant::Number(i128::from(fold(a, of)? == fold(b, of)?)),
        T::Some(e) => Constant::Some(Box::new(fold(e, of)?)),
        T::Record(_, fields) => Constant::Record(fields.iter().map(|f| fold(f, of)).collect::<Option<_>>()?),
        T::Case(_, case, fields) => Constant::Case(*case, fields.iter().map(|f| fold(f, of)).collect::<Option<_>>()?),
        T::List(items) => Constant::List(items.iter().map(|f| fold(f, of)).collect::<Option<_>>()?),
        T::Coalesce(a, b) => match fold(a, of)? {
            Constant::Some(value) => *value,
            _ => fold(b, of)?,
        },
        T::If(c, a, b) if a.stmts.is_empty() && b.stmts.is_empty() => {
            let taken = if number(c)? == 1 { a } else { b };
            fold(taken.value.as_ref()?, of)?
        }
        _ => return None,
    })
}

pub(crate) fn holds(cmp: Cmp, order: std::cmp::Ordering) -> bool {
    match cmp {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}
