//! Checked programs put together by hand, lowered, verified and run.

mod code;
mod decisions;
mod outside;
mod values;

use super::{LowerError, lower};
use crate::prove::Shown;
use crate::source::{FileId, Place, Sources};
use crate::typed::*;
use crate::types::*;
use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::Cmp;
use bp_bytecode::shape::RegType;
use bp_bytecode::value::Value;
use bp_bytecode::verify::verify;
use bp_grammar::span::Span;
use bp_vm::{FaultKind, Limits, MemoryWorld, Vm};
use std::sync::Arc;

const AT: Place = Place::NOWHERE;

/// A place that tests can tell from others.
fn at(start: u32) -> Place {
    Place { file: FileId(0), span: Span::new(start, start + 1) }
}

#[derive(Default)]
struct Make {
    checked: Checked,
}

impl Make {
    fn func(&mut self, params: &[Type], locals: &[Type], result: Type, block: TBlock) -> FnId {
        self.body(params, locals, result, Body::Code(block))
    }

    fn body(&mut self, params: &[Type], locals: &[Type], result: Type, body: Body) -> FnId {
        let local = |mutable| move |ty: &Type| Local { name: "x".into(), ty: ty.clone(), mutable, place: AT };
        self.checked.functions.push(Function {
            name: "f".into(),
            file: FileId(0),
            place: AT,
            params: params.len(),
            locals: params.iter().map(local(false)).chain(locals.iter().map(local(true))).collect(),
            result,
            requires: Vec::new(),
            body,
        });
        FnId(self.checked.functions.len() as u32 - 1)
    }

    /// A function that is one expression.
    fn expr(&mut self, params: &[Type], locals: &[Type], value: TExpr) -> FnId {
        let ty = value.ty.clone();
        self.func(params, locals, ty, block(vec![], Some(value)))
    }

    fn record(&mut self, fields: Vec<Field>) -> RecordId {
        self.checked.records.push(Record { name: "R".into(), fields, place: AT });
        RecordId(self.checked.records.len() as u32 - 1)
    }

    fn cases(&mut self, cases: &[(&str, &[Type])]) -> EnumId {
        let case = |(name, fields): &(&str, &[Type])| Case {
            name: (*name).into(),
            outside: (*name).into(),
            fields: fields.iter().map(|ty| field("p", ty.clone())).collect(),
        };
        self.checked.enums.push(Enum {
            name: "E".into(),
            cases: cases.iter().map(case).collect(),
            is_outcome: false,
            place: AT,
        });
        EnumId(self.checked.enums.len() as u32 - 1)
    }

    fn check(&mut self, func: FnId, subject: &str) -> CheckId {
        self.checked.checks.push(Check { func, text: "holds".into(), subject: subject.into(), place: AT });
        CheckId(self.checked.checks.len() as u32 - 1)
    }

    fn try_program(&self) -> Result<Program, LowerError> {
        lower(&self.checked, &Sources::default(), &Shown::default())
    }

    fn program(&self) -> Program {
        let program = self.try_program().expect("it has to fit");
        if let Err(error) = verify(&program) {
            panic!("{error}\n{}", listing(&program));
        }
        program
    }

    fn call(&self, func: FnId, args: &[Value]) -> Result<Value, FaultKind> {
        call(&self.program(), func, args)
    }

    /// The result, a word.
    fn word(&self, func: FnId, args: &[i64]) -> i64 {
        let args: Vec<Value> = args.iter().map(|arg| Value::Word(*arg)).collect();
        match self.call(func, &args) {
            Ok(Value::Word(word)) => word,
            other => panic!("{other:?}\n{}", listing(&self.program())),
        }
    }

    fn fault(&self, func: FnId, args: &[i64]) -> FaultKind {
        let args: Vec<Value> = args.iter().map(|arg| Value::Word(*arg)).collect();
        self.call(func, &args).expect_err("it has to fail")
    }
}

fn call(program: &Program, func: FnId, args: &[Value]) -> Result<Value, FaultKind> {
    let mut vm = Vm::new(program, Limits::default());
    let function = &program.functions[func.index()];
    let mut slots = Vec::new();
    for (arg, reg) in args.iter().zip(&function.registers) {
        slots.push(match (reg, arg) {
            (RegType::Handle(shape), arg) => vm.put_value(*shape, arg).expect("an argument has to fit"),
            (_, Value::Word(word)) => *word as u64,
            (_, other) => panic!("{other:?} is no word"),
        });
    }
    let result = vm.call(FuncId(func.0), &slots, &mut MemoryWorld::new(program)).map_err(|fault| fault.kind)?;
    Ok(match function.result {
        RegType::Handle(shape) => vm.get_value(shape, result as u64),
        _ => Value::Word(i64::try_from(result).expect("a small result")),
    })
}

/// What verifier and machine have seen, for messages of failed tests.
fn listing(program: &Program) -> String {
    let mut text = String::new();
    for (number, function) in program.functions.iter().enumerate() {
        text += &format!("function {number}: {:?} -> {:?}\n", function.registers, function.result);
        for (at, op) in function.code.iter().enumerate() {
            text += &format!("  {at:4} {op:?}\n");
        }
    }
    text
}

// ---- types, expressions

const INT: Type = Type::INT;

fn decimal(scale: u8) -> Type {
    Type::decimal(scale)
}

fn field(name: &str, ty: Type) -> Field {
    Field {
        name: name.into(),
        outside: name.into(),
        ty,
        default: None,
        checks: Vec::new(),
        border_checks: Vec::new(),
        personal: false,
        place: AT,
    }
}

fn e(kind: T, ty: Type) -> TExpr {
    TExpr { kind, ty, place: AT }
}

fn int(value: i128) -> TExpr {
    number(value, 0)
}

fn number(value: i128, scale: u8) -> TExpr {
    constant(Constant::Number(value), decimal(scale))
}

fn constant(constant: Constant, ty: Type) -> TExpr {
    e(T::Constant(constant), ty)
}

fn boolean(value: bool) -> TExpr {
    constant(Constant::Number(value.into()), Type::Bool)
}

fn text(text: &str) -> TExpr {
    constant(Constant::Text(text.into()), Type::Text)
}

fn local(number: u32, ty: Type) -> TExpr {
    e(T::Local(LocalId(number)), ty)
}

fn add(a: TExpr, b: TExpr) -> TExpr {
    let ty = a.ty.clone();
    e(T::Add(a.into(), b.into()), ty)
}

fn mul(a: TExpr, b: TExpr, ty: Type) -> TExpr {
    e(T::Mul(a.into(), b.into()), ty)
}

fn compare(how: Cmp, a: TExpr, b: TExpr) -> TExpr {
    e(T::Compare(how, a.into(), b.into()), Type::Bool)
}

fn ints(values: &[i128]) -> TExpr {
    e(T::List(values.iter().map(|value| int(*value)).collect()), Type::list(INT))
}

/// The same value, which nothing folds.
fn opaque(value: TExpr) -> TExpr {
    let ty = value.ty.clone();
    e(T::Block(block(vec![], Some(value))), ty)
}

fn block(stmts: Vec<S>, value: Option<TExpr>) -> TBlock {
    let ty = value.as_ref().map_or(Type::Nothing, |value| value.ty.clone());
    TBlock { stmts: stmts.into_iter().map(|kind| TStmt { place: AT, kind }).collect(), value: value.map(Box::new), ty }
}

fn pattern(kind: P, ty: Type) -> TPattern {
    TPattern { kind, ty, place: AT }
}

fn arm(patterns: Vec<TPattern>, value: TExpr) -> TArm {
    TArm { place: AT, patterns, body: block(vec![], Some(value)) }
}

fn matched(value: TExpr, arms: Vec<TArm>) -> TExpr {
    let ty = arms[0].body.ty.clone();
    e(T::Match(Box::new(TMatch { value, arms, ty: ty.clone() })), ty)
}

fn list(values: &[i64]) -> Value {
    Value::List(values.iter().map(|value| Value::Word(*value)).collect())
}

fn some(value: i64) -> Value {
    Value::some(Value::Word(value))
}
