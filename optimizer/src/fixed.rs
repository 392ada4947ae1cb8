//! Configuration that a definition fixes: its values become literals, which everything else is computed with.
//!
//! The result is a program of its own, which both engines take as it was written: what it costs and what it tells is its
//! own. A value that is fixed cannot be set any more.

use bp_bytecode::Program;
use bp_bytecode::index::{ConfigId, FuncId, TextId};
use bp_bytecode::op::{Def, Op, Use};
use bp_bytecode::program::Function;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;
use bp_bytecode::verify::{VerifyError, verify};

use crate::context::Context;

/// Why a value cannot be fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfixed {
    /// It is neither a word – a number, a date, a case – nor a text.
    NoLiteral,
    /// The program has no such configuration, or it is of another type.
    Misfit,
    /// The verifier refuses the result, which is a defect of the optimiser.
    Defect(VerifyError),
}

impl std::fmt::Display for Unfixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unfixed::NoLiteral => f.write_str("only numbers, dates, cases and texts can be fixed"),
            Unfixed::Misfit => f.write_str("the value is of another type"),
            Unfixed::Defect(error) => write!(f, "a fault of the optimiser: {error}"),
        }
    }
}

impl std::error::Error for Unfixed {}

/// What a configured value is in code.
#[derive(Clone, Copy)]
enum Literal {
    Number(i64),
    Text(TextId),
}

/// The program with these values in the place of its configuration; their conditions are the caller's to ask.
///
/// # Errors
/// See [`Unfixed`].
pub fn fix(program: &Program, values: &[(ConfigId, Value)]) -> Result<Program, Unfixed> {
    let mut texts = program.texts.clone();
    let mut literals = vec![None; program.configs.len()];
    for (config, value) in values {
        let declared = program.configs.get(config.index()).ok_or(Unfixed::Misfit)?;
        let shape = &program.shapes[declared.shape.index()];
        let is_word = shape.reg_type(declared.shape) == RegType::Word;
        literals[config.index()] = Some(match (value, shape) {
            (Value::Word(word), _) if is_word => Literal::Number(*word),
            (Value::Text(text), Shape::Text) => {
                texts.push(text.clone());
                Literal::Text(TextId(u32::try_from(texts.len() - 1).map_err(|_| Unfixed::NoLiteral)?))
            }
            (Value::Word(_) | Value::Text(_), _) => return Err(Unfixed::Misfit),
            _ => return Err(Unfixed::NoLiteral),
        });
    }
    let mut context = Context::new(program);
    let mut fixed = program.clone();
    for op in fixed.functions.iter_mut().flat_map(|function| &mut function.code) {
        if let Op::Config { dst, config } = *op
            && let Some(literal) = literals[config.index()]
        {
            *op = put(&mut context, dst.0, literal);
        }
    }
    for (declared, literal) in fixed.configs.iter_mut().zip(&literals) {
        let Some(literal) = *literal else { continue };
        declared.fixed = true;
        // Who lists the configuration finds the value where a default would be.
        let (shape, func) = (declared.shape, FuncId(fixed.functions.len() as u32));
        let result = fixed.shapes[shape.index()].reg_type(shape);
        let code = vec![Op::Charge { amount: 1 }, put(&mut context, 0, literal), Op::Return { a: Use(0) }];
        fixed.functions.push(Function {
            name: declared.name,
            place: declared.place,
            params: 0,
            registers: vec![result],
            result,
            places: vec![declared.place; code.len()],
            code,
        });
        declared.default = Some(func);
    }
    (fixed.texts, fixed.constants) = (texts, context.constants);
    verify(&fixed).map_err(Unfixed::Defect)?;
    Ok(fixed)
}

fn put(context: &mut Context<'_>, dst: u16, literal: Literal) -> Op {
    match literal {
        Literal::Number(value) => context.set(dst, value.into()),
        Literal::Text(text) => Op::Text { dst: Def(dst), text },
    }
}
