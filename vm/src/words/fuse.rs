//! Neighbours become one instruction, where no jump comes to the second one.
//!
//! An instruction that is two writes what both write, in their order, so that nothing has to be known about who
//! reads it.

use crate::words::step::Step;

/// The most instructions that become one.
const PARTS_MAX: usize = 4;

/// `switches`: the tables of the code, whose places move with it.
pub(crate) fn fuse(mut steps: Vec<Step>, switches: &mut [Vec<u32>]) -> Vec<Step> {
    let mut target = vec![false; steps.len() + 1];
    for to in steps.iter_mut().filter_map(|step| step.goes().copied()).chain(switches.iter().flatten().copied()) {
        if let Some(target) = target.get_mut(to as usize) {
            *target = true;
        }
    }
    let mut fused = Vec::with_capacity(steps.len());
    let mut moved = Vec::with_capacity(steps.len() + 1);
    let mut at = 0;
    while at < steps.len() {
        let alone = (1..PARTS_MAX).take_while(|next| at + next < steps.len() && !target[at + next]).count();
        let (step, count) = one(&steps[at..=at + alone]);
        moved.extend(std::iter::repeat_n(fused.len() as u32, count));
        fused.extend(step);
        at += count;
    }
    moved.push(fused.len() as u32);
    let place = |to: &mut u32| *to = moved.get(*to as usize).copied().unwrap_or(u32::MAX);
    fused.iter_mut().filter_map(Step::goes).for_each(place);
    switches.iter_mut().flatten().for_each(place);
    fused
}

/// The first one or more as one instruction, or none for what does nothing, and how many it stands for.
fn one(steps: &[Step]) -> (Option<Step>, usize) {
    if steps[0] == (Step::Charge { amount: 0 }) {
        return (None, 1);
    }
    let found = match *steps {
        [Step::AddBy { dst: a, a: from, by: add }, b, c, d] => match three(b, c, d) {
            Some(Step::ClipMulAdd { s, t, a: clipped, mul, dst, b }) if clipped == a => {
                Some((Step::AddClipMulAdd { a, from, add, s, t, mul, dst, b }, 4))
            }
            _ => None,
        },
        _ => None,
    };
    let found = found.or_else(|| match *steps {
        [a, b, c, ..] => three(a, b, c).map(|three| (three, 3)),
        _ => None,
    });
    let found = found.or_else(|| match *steps {
        [a, b, ..] => two(a, b).map(|two| (two, 2)),
        _ => None,
    });
    let (step, count) = found.unwrap_or((steps[0], 1));
    (Some(step), count)
}

fn three(first: Step, second: Step, third: Step) -> Option<Step> {
    Some(match (first, second, third) {
        (
            Step::Field { dst, a, field },
            Step::JumpBelow { a: below, to, value: low },
            Step::JumpAbove { a: above, to: also, value: high },
        ) if below == dst && above == dst && to == also => {
            Step::FieldWithin { dst, a, field: u8::try_from(field).ok()?, low, high, to }
        }
        (
            Step::MaxBy { dst: s, a, by: 0 },
            Step::MulBy { dst: t, a: clipped, by: mul },
            Step::Add { dst, a: one, b: other },
        ) if clipped == s && (one == t || other == t) => {
            Step::ClipMulAdd { s, t, a, mul, dst, b: if other == t { one } else { other } }
        }
        (Step::Add { dst: s, a, b }, Step::Sub { dst: t, a: c, b: d }, Step::Sub { dst, a: e, b: f }) => {
            Step::AddSubSub { s, a, b, t, c, d, dst, e, f }
        }
        (Step::Sub { dst: s, a, b }, Step::Sub { dst: t, a: c, b: d }, Step::MaxBy { dst, a: clipped, by: 0 })
            if clipped == t =>
        {
            Step::SubSubClip { s, a, b, t, c, d, dst }
        }
        (
            Step::AddBy { dst: s, a, by: add },
            Step::Round { dst: t, a: sum, mode, by },
            Step::MulBy { dst, a: c, by: mul },
        ) if sum == s && c == t => Step::AddRoundMul { s, a, add, t, mode, by, dst, mul },
        (Step::Field { dst: s, a, field }, Step::Mul { dst: t, a: c, b: d }, Step::HalfUp { dst, a: product, by })
            if product == t =>
        {
            Step::FieldMulHalfUp { s, a, field: u8::try_from(field).ok()?, t, c, d, dst, by }
        }
        (Step::Text { dst: t, text }, Step::Set { dst, value: day }, Step::PostBegin { text: named, day: on })
            if named == t && on == dst && t != dst =>
        {
            Step::PostBeginOn { t, text, dst, day }
        }
        _ => return None,
    })
}

fn two(first: Step, second: Step) -> Option<Step> {
    use Step::*;
    Some(match (first, second) {
        (Add { dst: t, a, b }, Add { dst, a: c, b: d }) => AddAdd { t, a, b, dst, c, d },
        (Add { dst: t, a, b }, Sub { dst, a: c, b: d }) => AddSub { t, a, b, dst, c, d },
        (Sub { dst: t, a, b }, Sub { dst, a: c, b: d }) => SubSub { t, a, b, dst, c, d },
        (Mul { dst: t, a, b }, Add { dst, a: c, b: d }) => MulAdd { t, a, b, dst, c, d },
        (Mul { dst: t, a, b }, Sub { dst, a: c, b: d }) => MulSub { t, a, b, dst, c, d },
        (Add { dst: t, a, b }, Mul { dst, a: c, b: d }) => AddMul { t, a, b, dst, c, d },
        (Mul { dst: t, a, b }, HalfUp { dst, a: c, by }) if c == t => MulHalfUp { t, a, b, dst, by },
        (MinBy { dst: t, a, by: min }, HalfUp { dst, a: c, by }) if c == t => MinHalfUp { t, a, min, dst, by },
        (HalfUp { dst: t, a, by }, MinBy { dst, a: c, by: min }) if c == t => HalfUpMin { t, a, by, dst, min },
        (Round { dst: t, a, mode, by }, MulBy { dst, a: c, by: mul }) if c == t => {
            RoundMul { t, a, mode, by, dst, mul }
        }
        (MinBy { dst: t, a, by: min }, MulBy { dst, a: c, by: mul }) if c == t => MinMul { t, a, min, dst, mul },
        (MinBy { dst: t, a, by: min }, AddBy { dst, a: c, by: add }) if c == t => MinAdd { t, a, min, dst, add },
        (MulBy { dst: t, a, by: mul }, Sub { dst, a: c, b: d }) => MulBySub { t, a, mul, dst, c, d },
        (Field { dst: t, a, field: one }, Field { dst, a: same, field: two }) if same == a && t != a => {
            FieldField { t, a, one: u8::try_from(one).ok()?, dst, two: u8::try_from(two).ok()? }
        }
        (Field { dst: t, a, field }, Add { dst, a: c, b: d }) => {
            FieldAdd { t, a, field: u8::try_from(field).ok()?, dst, c, d }
        }
        (Field { dst: t, a, field }, Mul { dst, a: c, b: d }) => {
            FieldMul { t, a, field: u8::try_from(field).ok()?, dst, c, d }
        }
        (
            PostLine { account: one, side, amount: a, first: _, count: 0 },
            PostLine { account: two, side: other, amount: b, first: _, count: 0 },
        ) => PostTwo { accounts: [one, two], sides: [side, other], amounts: [a, b] },
        (Search { dst: t, first, tree }, Pick { dst, index, base }) if index == t => {
            SearchPick { t, first, tree, dst, base }
        }
        _ => return None,
    })
}
