//! What the reference answers when it is asked to call a function.

use super::stop::{Fault, Stop};
use super::value::{Val, digits_of, of_value, to_value};
use super::world::{Cell, Effect};
use super::{Evaluator, Missed, PATIENCE, Used};
use bp_bytecode::value::Value;
use bp_compiler::source::Place;
use bp_compiler::typed::Checked;
use bp_compiler::types::{AccountId, FnId, Type};
use num_bigint::BigInt;

/// What a function gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Returned {
    Nothing,
    /// A number in between, in units of the last digit of its type.
    Number(BigInt),
    Value(Value),
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Answer {
    pub result: Result<Returned, (Fault, Place)>,
    /// The function came to its end, whatever the end of the call found.
    pub was_well: bool,
    pub effects: Vec<Effect>,
    pub missed: Vec<Missed>,
}

/// Whether the reference has an answer.
#[derive(Clone, Debug)]
pub enum Covered {
    Answered(Answer),
    /// An argument breaks a `where`, so that nothing is called.
    Refused,
    NotCovered(String),
}

/// The reference, with a world that lasts from call to call.
pub struct Reference<'c> {
    evaluator: Evaluator<'c>,
}

impl<'c> Reference<'c> {
    pub fn new(checked: &'c Checked) -> Reference<'c> {
        Reference { evaluator: Evaluator::new(checked) }
    }

    pub fn checked(&self) -> &'c Checked {
        self.evaluator.checked
    }

    /// What has been evaluated since it was last asked, and how often.
    pub fn take_used(&mut self) -> Used {
        std::mem::take(&mut self.evaluator.used)
    }

    /// The books are empty, and no documents are there.
    pub fn forget(&mut self) {
        self.evaluator.world.forget();
    }

    /// Calls a function with values of the border.
    ///
    /// # Errors
    /// The checked program breaks a rule that checking should have made sure of: what it is.
    pub fn call(&mut self, func: FnId, args: &[Value]) -> Result<Covered, String> {
        let evaluator = &mut self.evaluator;
        let checked = evaluator.checked;
        let function = &checked.functions[func.index()];
        (evaluator.patience, evaluator.missed) = (PATIENCE, Vec::new());
        evaluator.runs.clear();
        let mut values = Vec::new();
        for (value, local) in args.iter().zip(&function.locals) {
            let value = match of_value(checked, value, &local.ty) {
                Ok(value) => value,
                Err(Stop::NotCovered(what)) => return Ok(Covered::NotCovered(what)),
                Err(stop) => return Err(format!("{stop:?}")),
            };
            let met = evaluator.border(&value, &local.ty);
            evaluator.world.effects.clear();
            match met {
                Ok(()) => values.push(value),
                Err(Stop::NotCovered(what)) => return Ok(Covered::NotCovered(what)),
                Err(Stop::Defect(what)) => return Err(what),
                Err(_) => return Ok(Covered::Refused),
            }
        }
        let result = evaluator.call(func, values);
        let ended = evaluator.world.call_end(checked, result.is_ok());
        let was_well = result.is_ok();
        let result = result.and_then(|value| match ended {
            Ok(()) => Ok(value),
            Err(fault) => Err(Stop::Fault(fault, function.place)),
        });
        let effects = std::mem::take(&mut evaluator.world.effects);
        let missed = std::mem::take(&mut evaluator.missed);
        let result = match result {
            Ok(value) => Ok(returned(checked, &value, &function.result).map_err(|stop| format!("{stop:?}"))?),
            Err(Stop::Fault(fault, place)) => Err((fault, place)),
            Err(Stop::NotCovered(what)) => return Ok(Covered::NotCovered(what)),
            Err(Stop::Defect(what)) => return Err(what),
            Err(stop) => return Err(format!("a function ended with {stop:?}")),
        };
        Ok(Covered::Answered(Answer { result, was_well, effects, missed }))
    }

    /// A value as the border knows it.
    ///
    /// # Errors
    /// It is none of the type.
    pub fn value(&self, value: &Val, ty: &Type) -> Result<Value, String> {
        to_value(self.evaluator.checked, value, ty).map_err(|stop| format!("{stop:?}"))
    }

    /// An account and its dimensions.
    ///
    /// # Errors
    /// A dimension is not of its type.
    pub fn cell(&self, (account, values): &Cell) -> Result<(AccountId, Vec<Value>), String> {
        let dimensions = &self.evaluator.checked.accounts[account.index()].dimensions;
        let values = values.iter().zip(dimensions).map(|(value, (_, ty))| self.value(value, ty));
        Ok((*account, values.collect::<Result<Vec<Value>, String>>()?))
    }
}

fn returned(checked: &Checked, value: &Val, ty: &Type) -> Result<Returned, Stop> {
    Ok(match (value, checked.base(ty)) {
        (_, Type::Nothing) => Returned::Nothing,
        (Val::Num(number), Type::Num(num)) => Returned::Number(digits_of(number, num.scale)?),
        (value, ty) => Returned::Value(to_value(checked, value, ty)?),
    })
}
