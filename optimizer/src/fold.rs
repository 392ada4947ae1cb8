//! One instruction by itself: results of literals, and forms that are simpler.

use bp_bytecode::op::{Cmp, Def, Op, Scales, Use};

use crate::body::{copy, mirrored};
use crate::context::{Context, NOTHING, is_word};

/// Everything a fold asks: the number that a register is known to hold.
pub type Known<'a> = &'a dyn Fn(u16) -> Option<i128>;

/// A simpler instruction of the same meaning, if there is one.
pub fn fold(op: &Op, known: Known<'_>, context: &mut Context<'_>) -> Option<Op> {
    let number = |a: &Use| known(a.0);
    match op {
        Op::Add { dst, a, b } | Op::AddWord { dst, a, b } => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.checked_add(b).and_then(|sum| result(op, *dst, sum, context)),
            (_, Some(0)) => Some(copy(dst.0, a.0)),
            (Some(0), _) => Some(copy(dst.0, b.0)),
            _ => None,
        },
        Op::Sub { dst, a, b } | Op::SubWord { dst, a, b } => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.checked_sub(b).and_then(|rest| result(op, *dst, rest, context)),
            (_, Some(0)) => Some(copy(dst.0, a.0)),
            _ if a == b => Some(context.set(dst.0, 0)),
            _ => None,
        },
        Op::Mul { dst, a, b } | Op::MulWord { dst, a, b } => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.checked_mul(b).and_then(|product| result(op, *dst, product, context)),
            (Some(0), _) | (_, Some(0)) => Some(context.set(dst.0, 0)),
            (_, Some(1)) => Some(copy(dst.0, a.0)),
            (Some(1), _) => Some(copy(dst.0, b.0)),
            _ => None,
        },
        Op::AddConst { dst, a, value } => match (number(a), context.constants[value.index()]) {
            (Some(a), b) => a.checked_add(b).and_then(|sum| result(op, *dst, sum, context)),
            (None, 0) => Some(copy(dst.0, a.0)),
            _ => None,
        },
        Op::MulConst { dst, a, value } => match (number(a), context.constants[value.index()]) {
            (Some(a), b) => a.checked_mul(b).and_then(|product| result(op, *dst, product, context)),
            (None, 1) => Some(copy(dst.0, a.0)),
            (None, 0) => Some(context.set(dst.0, 0)),
            _ => None,
        },
        Op::Neg { dst, a } => number(a)?.checked_neg().and_then(|value| result(op, *dst, value, context)),
        Op::Abs { dst, a } => number(a)?.checked_abs().and_then(|value| result(op, *dst, value, context)),
        Op::Sign { dst, a } => Some(context.set(dst.0, number(a)?.signum())),
        Op::Min { dst, a, .. } | Op::Max { dst, a, .. } if either(op)?.0 == either(op)?.1 => Some(copy(dst.0, a.0)),
        Op::Min { dst, a, b } => Some(context.set(dst.0, number(a)?.min(number(b)?))),
        Op::Max { dst, a, b } => Some(context.set(dst.0, number(a)?.max(number(b)?))),
        Op::MinConst { dst, a, value } => Some(context.set(dst.0, number(a)?.min(context.constants[value.index()]))),
        Op::MaxConst { dst, a, value } => Some(context.set(dst.0, number(a)?.max(context.constants[value.index()]))),
        Op::ScaleUp { dst, a, power: 0 } | Op::Round { dst, a, power: 0, .. } => Some(copy(dst.0, a.0)),
        Op::ScaleUp { dst, a, power } => {
            let value = number(a)?.checked_mul(power_of_ten(*power)?)?;
            result(op, *dst, value, context)
        }
        Op::Round { dst, a, power, .. } => {
            let (value, by) = (number(a)?, power_of_ten(*power)?);
            (value % by == 0).then(|| context.set(dst.0, value / by))
        }
        Op::RoundBy { dst, a, by, .. } => {
            let (value, by) = (number(a)?, context.constants[by.index()]);
            (by > 0 && value % by == 0).then(|| context.set(dst.0, value / by))
        }
        Op::IsMultiple { dst, a, power } => {
            let multiple = number(a)? % power_of_ten(*power)? == 0;
            Some(context.set(dst.0, i128::from(multiple)))
        }
        Op::Narrow { dst, a } => number(a).filter(|value| is_word(*value)).map(|value| context.set(dst.0, value)),
        Op::Not { dst, a } => Some(context.set(dst.0, i128::from(number(a)? == 0))),
        Op::Compare { dst, a, b, how } => match (number(a), number(b)) {
            (Some(a), Some(b)) => Some(context.set(dst.0, i128::from(holds(*how, a, b)))),
            _ if a == b => Some(context.set(dst.0, i128::from(holds(*how, 0, 0)))),
            _ => None,
        },
        Op::CompareScaled { dst, a, b, scales } => compare_scaled(*dst, *a, *b, *scales, known, context),
        Op::Pick { dst, base, index } => {
            let at = usize::try_from(number(index)?).ok()?.checked_add(base.index())?;
            // What stands behind the program's own literals is not the table.
            let value = *context.program.constants.get(at)?;
            is_word(value).then(|| context.set(dst.0, value))
        }
        Op::Check { a, .. } => (number(a)? == 1).then_some(NOTHING),
        Op::JumpIf { condition, to } => jump(number(condition)? != 0, *to),
        Op::JumpUnless { condition, to } => jump(number(condition)? == 0, *to),
        Op::JumpCompare { a, b, how, to } => jump(holds(*how, number(a)?, number(b)?), *to),
        Op::JumpCompareConst { a, value, how, to } => {
            jump(holds(*how, number(a)?, context.constants[value.index()]), *to)
        }
        _ => None,
    }
}

fn either(op: &Op) -> Option<(u16, u16)> {
    match op {
        Op::Min { a, b, .. } | Op::Max { a, b, .. } => Some((a.0, b.0)),
        _ => None,
    }
}

/// A jump that is always taken, or never.
fn jump(taken: bool, to: bp_bytecode::op::Label) -> Option<Op> {
    Some(if taken { Op::Jump { to } } else { NOTHING })
}

/// The result of literals, unless the instruction's own form could not hold it: then it is a fault, and stays one.
fn result(op: &Op, dst: Def, value: i128, context: &mut Context<'_>) -> Option<Op> {
    let words = matches!(
        op,
        Op::AddWord { .. } | Op::SubWord { .. } | Op::MulWord { .. } | Op::AddConst { .. } | Op::MulConst { .. }
    );
    (!words || is_word(value)).then(|| context.set(dst.0, value))
}

pub fn holds(how: Cmp, a: i128, b: i128) -> bool {
    match how {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

pub fn power_of_ten(power: u8) -> Option<i128> {
    10i128.checked_pow(u32::from(power))
}

/// A comparison of two scales as one of equal scales, where that needs no new register: of a literal that is lifted,
/// or whose quotient says the same.
fn compare_scaled(dst: Def, a: Use, b: Use, scales: Scales, known: Known<'_>, context: &mut Context<'_>) -> Option<Op> {
    let Scales { up, down, how } = scales;
    if up == down {
        return Some(Op::Compare { dst, a, b, how });
    }
    if let (Some(x), Some(y)) = (known(a.0), known(b.0)) {
        let (x, y) = (x.checked_mul(power_of_ten(up)?)?, y.checked_mul(power_of_ten(down)?)?);
        return Some(context.set(dst.0, i128::from(holds(how, x, y))));
    }
    // What a literal of the other side would have to be at this side's scale is found by `lifted`.
    if known(a.0).is_some() && known(b.0).is_none() {
        return compare_scaled(dst, b, a, Scales { up: down, down: up, how: mirrored(how) }, known, context);
    }
    let (up, down) = (up.checked_sub(up.min(down))?, down.checked_sub(up.min(down))?);
    let literal = known(b.0)?.checked_mul(power_of_ten(down)?)?;
    if literal == 0 {
        return Some(Op::Compare { dst, a, b, how });
    }
    let by = power_of_ten(up)?;
    match (literal % by == 0, how) {
        (false, Cmp::Eq) => Some(context.set(dst.0, 0)),
        (false, Cmp::Ne) => Some(context.set(dst.0, 1)),
        _ => None,
    }
}

/// The literal, and the comparison with it, that says the same of `a` as `a x 10^up` compared with
/// `b x 10^down` does.
pub fn lifted(scales: Scales, b: i128) -> Option<(Cmp, i128)> {
    let common = scales.up.min(scales.down);
    let literal = b.checked_mul(power_of_ten(scales.down - common)?)?;
    let by = power_of_ten(scales.up - common)?;
    let quotient = literal.div_euclid(by);
    match (literal.rem_euclid(by) == 0, scales.how) {
        (true, how) => Some((how, quotient)),
        // Between two numbers: below the literal is at most its floor.
        (false, Cmp::Lt | Cmp::Le) => Some((Cmp::Le, quotient)),
        (false, Cmp::Gt | Cmp::Ge) => Some((Cmp::Gt, quotient)),
        (false, Cmp::Eq | Cmp::Ne) => None,
    }
}
