//! The reference beside the engines: the same call, compared in result, effects, expectations and faults.

use super::notes::Told;
use super::{Arguments, Ended};
use crate::reference::{Covered, Effect, Fault, Reference, Returned};
use bp_bytecode::Program;
use bp_bytecode::index::{self, FuncId, PlaceId, PostId};
use bp_bytecode::value::Value;
use bp_compiler::source::Place;
use bp_compiler::typed::Checked;
use bp_compiler::types::{FnId, Type};
use bp_vm::{KeptEntry, KeptLine};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// What came of asking the reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Third {
    Agrees,
    /// An engine spent a budget, which is not the reference's to judge.
    Spent,
    /// Both refused an argument.
    Refused,
    /// The arguments are none that the function's types allow, or the function is one that lowering made.
    Aside,
    NotCovered(String),
}

/// The same call in the reference. Errors where it and the engines differ, in words.
pub(super) fn agrees(
    reference: &mut Reference<'_>,
    program: &Program,
    func: FuncId,
    args: &Arguments,
    should: &Result<Ended, Option<bp_vm::Fault>>,
) -> Result<Third, String> {
    let checked = reference.checked();
    // What the border refuses by its form never comes to be called.
    if func.index() >= checked.functions.len() || !args.are_typed || matches!(should, Err(None)) {
        return Ok(Third::Aside);
    }
    if let Ok(Ended { result: Err(fault), .. }) | Err(Some(fault)) = should
        && Fault::of(&fault.kind).is_none()
    {
        return Ok(Third::Spent);
    }
    let values: Vec<Value> = args.values.iter().map(|(_, value)| value.clone()).collect();
    let answer = match reference.call(FnId(func.0), &values)? {
        Covered::NotCovered(what) => return Ok(Third::NotCovered(what)),
        // What the border asks of a named type it asks of records only; a bare one is the caller's.
        Covered::Refused => return Ok(if should.is_err() { Third::Refused } else { Third::Aside }),
        Covered::Answered(answer) => answer,
    };
    let Ok(ended) = should else { return Err(format!("it is called: {answer:?}")) };
    match (&answer.result, &ended.result) {
        (Ok(returned), Ok(result)) if same_result(returned, result) => {}
        (Err((fault, place)), Err(found))
            if Fault::of(&found.kind).as_ref() == Some(fault) && same_place(program, *place, found.place) => {}
        (Err((fault, place)), _) => return Err(format!("{fault:?} at {}", told_place(program, *place))),
        (result, _) => return Err(format!("{result:?}")),
    }
    let mut effects = Vec::new();
    // That a hold was used the engines' worlds know by themselves.
    for effect in answer.effects.iter().filter(|effect| !matches!(effect, Effect::Used(..))) {
        effects.push(told(reference, checked, program, effect)?);
    }
    effects.push(Told::Call(answer.was_well));
    let found: Vec<Told> = ended.told.iter().map(|told| plainly(program, told)).collect();
    if effects != found {
        return Err(format!("effects {effects:?}"));
    }
    let missed: Vec<_> = answer.missed.iter().map(|missed| (missed.place, missed.shown.clone())).collect();
    let same_missed = missed.len() == ended.unmet.len()
        && missed.iter().zip(&ended.unmet).all(|((place, shown), unmet)| {
            same_place(program, *place, program.expects[unmet.expect.index()].place) && *shown == unmet.shown
        });
    if same_missed { Ok(Third::Agrees) } else { Err(format!("expectations not met {missed:?}")) }
}

fn same_result(returned: &Returned, result: &Result<Value, i128>) -> bool {
    match (returned, result) {
        (Returned::Nothing, _) => true,
        (Returned::Number(number), Err(found)) => *number == BigInt::from(*found),
        (Returned::Value(Value::Word(word)), Err(found)) => i128::from(*word) == *found,
        (Returned::Value(value), Ok(found)) => value == found,
        _ => false,
    }
}

fn same_place(program: &Program, place: Place, found: PlaceId) -> bool {
    let found = &program.places[found.index()];
    (place.file.0, place.span.start, place.span.end) == (u32::from(found.source.0), found.start, found.end)
}

fn told_place(program: &Program, place: Place) -> String {
    let known = program.places.iter().find(|known| {
        (u32::from(known.source.0), known.start, known.end) == (place.file.0, place.span.start, place.span.end)
    });
    match known {
        Some(known) => format!("{}:{} ({place:?})", known.line, known.column),
        None => format!("{place:?}"),
    }
}

/// The first posting that stands at a place: one that is lowered twice has two numbers.
fn first_post(program: &Program, place: PlaceId) -> PostId {
    let at = program.posts.iter().position(|post| post.place == place);
    PostId(at.unwrap_or(usize::from(u16::MAX)) as u16)
}

fn plainly(program: &Program, told: &Told) -> Told {
    match told {
        Told::Post(entry, worths) => {
            let post = first_post(program, program.posts[entry.post.index()].place);
            Told::Post(KeptEntry { post, ..entry.clone() }, worths.clone())
        }
        told => told.clone(),
    }
}

fn small(number: &BigInt) -> Result<i64, String> {
    number.to_i64().ok_or_else(|| format!("{number} has more than 64 bits"))
}

/// An effect as the engines' world notes it.
fn told(reference: &Reference<'_>, checked: &Checked, program: &Program, effect: &Effect) -> Result<Told, String> {
    let document = |entity: bp_compiler::types::EntityId, value| {
        reference.value(value, &Type::Record(checked.entities[entity.index()].record))
    };
    let entity = |id: &bp_compiler::types::EntityId| index::EntityId(id.0 as u16);
    let step = |id: &bp_compiler::types::StepId| index::StepId(id.0 as u16);
    let cell = |cell| {
        let (account, dims) = reference.cell(cell)?;
        Ok::<_, String>((index::AccountId(account.0 as u16), dims))
    };
    Ok(match effect {
        Effect::Begin(id) => Told::Begin(step(id)),
        Effect::End(id) => Told::End(step(id)),
        Effect::Fail(id) => Told::Fail(step(id)),
        Effect::Post { place, text, day, lines } => {
            let at = program.posts.iter().position(|post| same_place(program, *place, post.place));
            let post = PostId(at.unwrap_or(usize::from(u16::MAX)) as u16);
            let (mut kept, mut worths) = (Vec::new(), Vec::new());
            for (number, line) in lines.iter().enumerate() {
                let (account, dims) = cell(&line.cell)?;
                kept.push(KeptLine { account, amount: small(&line.amount)?, dims });
                if let Some(worth) = &line.worth {
                    worths.push((number as u32, small(worth)?));
                }
            }
            Told::Post(KeptEntry { post, text: text.clone(), day: *day as i32, lines: kept }, worths)
        }
        Effect::Create(id, number, value) => Told::Create(entity(id), *number, document(*id, value)?),
        Effect::Change(id, number, value) => Told::Change(entity(id), *number, document(*id, value)?),
        Effect::Number(id, period, number) => Told::Number(entity(id), period.clone(), *number),
        Effect::Hold(of, amount, hold) => {
            let (account, dims) = cell(of)?;
            Told::Hold(account, dims, small(amount)?, *hold)
        }
        Effect::Used(hold, ..) => Told::Settle(*hold, true),
        Effect::Settle(hold, commit) => Told::Settle(*hold, *commit),
        Effect::Reverse(entry) => Told::Reverse(*entry),
        Effect::Close(day) => Told::Close(*day),
        Effect::CommitPart(hold, part, rest) => Told::CommitPart(*hold, small(part)?, *rest),
        Effect::Take(of, amount, lots) => {
            let (account, dims) = cell(of)?;
            let mut parts = Vec::new();
            for lot in lots {
                parts.push((lot.number, small(&lot.amount)?, small(&lot.cost)?));
            }
            Told::Take(account, dims, small(amount)?, parts)
        }
        Effect::Free(of, amount) => {
            let (account, dims) = cell(of)?;
            Told::Free(account, dims, small(amount)?)
        }
    })
}
