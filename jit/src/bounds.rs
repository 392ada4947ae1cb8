//! What a `where` says of the fields of its record: bounds that hold whenever it is true.

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::{Cmp, Label, Op, Use};
use bp_bytecode::shape::{RegType, Shape};

use crate::facts::Range;

/// Ways through a function that are followed before it is left alone.
const MAX_WAYS: usize = 256;
const MAX_STEPS: usize = 10_000;

#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Subject,
    Field(usize),
    Constant(i64),
    /// A field compared with a constant.
    Compared(usize, Cmp, i64),
}

#[derive(Clone)]
struct Way {
    pc: usize,
    registers: Vec<Known>,
    fields: Vec<Range>,
    /// Are the bounds all that decides which way is taken?
    exact: bool,
    /// Can nothing come this way any more?
    ended: bool,
}

impl Known {
    /// The other truth value.
    fn negated(self) -> Known {
        match self {
            Known::Compared(field, how, to) => Known::Compared(field, negated(how), to),
            Known::Constant(word) => Known::Constant((word == 0).into()),
            _ => Known::Nothing,
        }
    }
}

fn compared(a: Known, b: Known, how: Cmp) -> Known {
    match (a, b) {
        (Known::Field(field), Known::Constant(to)) => Known::Compared(field, how, to),
        (Known::Constant(to), Known::Field(field)) => Known::Compared(field, mirrored(how), to),
        _ => Known::Nothing,
    }
}

/// Parts a way at a jump that is taken where the condition holds: `way` goes on, the other one is for later.
fn fork(way: &mut Way, open: &mut Vec<Way>, condition: Known, to: Label) {
    let mut other = Way { pc: to.0 as usize, ..way.clone() };
    let (taken, not) = match condition {
        Known::Constant(word) => (word != 0, word == 0),
        Known::Compared(field, how, to) => {
            other.exact &= how != Cmp::Ne;
            way.exact &= negated(how) != Cmp::Ne;
            (narrow(&mut other.fields, field, how, to), narrow(&mut way.fields, field, negated(how), to))
        }
        _ => {
            (other.exact, way.exact) = (false, false);
            (true, true)
        }
    };
    if taken {
        open.push(other);
    }
    way.ended = !not;
}

fn mirrored(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        Cmp::Eq | Cmp::Ne => how,
    }
}

fn negated(how: Cmp) -> Cmp {
    match how {
        Cmp::Eq => Cmp::Ne,
        Cmp::Ne => Cmp::Eq,
        Cmp::Lt => Cmp::Ge,
        Cmp::Ge => Cmp::Lt,
        Cmp::Le => Cmp::Gt,
        Cmp::Gt => Cmp::Le,
    }
}

/// What is known of the fields of a function's first parameter where it gives 1.
pub(crate) struct Told {
    pub fields: Vec<Range>,
    /// Does the function give 1 exactly where all fields are within?
    pub exact: bool,
}

/// Bounds of the fields of the first parameter where the function gives 1; no bounds where that is not seen.
pub(crate) fn of_fields(program: &Program, func: FuncId) -> Told {
    let function = &program.functions[func.index()];
    let width = match function.registers.first() {
        Some(RegType::Handle(shape)) => match &program.shapes[shape.index()] {
            Shape::Record(record) => record.fields.len(),
            _ => 0,
        },
        _ => 0,
    };
    let mut registers = vec![Known::Nothing; function.registers.len()];
    if let Some(first) = registers.first_mut() {
        *first = Known::Subject;
    }
    let unknown = vec![Range::FULL; width];
    let mut open = vec![Way { pc: 0, registers, fields: unknown.clone(), exact: true, ended: false }];
    let unknown = Told { fields: unknown, exact: false };
    let mut joined: Option<Told> = None;
    let (mut ways, mut steps) = (0, 0);
    while let Some(mut way) = open.pop() {
        ways += 1;
        while let Some(op) = function.code.get(way.pc).filter(|_| !way.ended) {
            steps += 1;
            if ways > MAX_WAYS || steps > MAX_STEPS {
                return unknown;
            }
            way.pc += 1;
            let at = |register: Use| way.registers[usize::from(register.0)];
            match *op {
                Op::Charge { .. } => {}
                Op::Move { dst, a } | Op::Narrow { dst, a } => way.registers[usize::from(dst.0)] = at(a),
                Op::Int { dst, value } => way.registers[usize::from(dst.0)] = Known::Constant(value.into()),
                Op::Const { dst, value } => {
                    let word = i64::try_from(program.constants[value.index()]);
                    way.registers[usize::from(dst.0)] = word.map_or(Known::Nothing, Known::Constant);
                }
                Op::Field { dst, a, field } => {
                    way.registers[usize::from(dst.0)] = match at(a) {
                        Known::Subject => Known::Field(field.into()),
                        _ => Known::Nothing,
                    };
                }
                Op::Compare { dst, a, b, how } => {
                    way.registers[usize::from(dst.0)] = compared(at(a), at(b), how);
                }
                Op::Not { dst, a } => {
                    way.registers[usize::from(dst.0)] = at(a).negated();
                }
                Op::Jump { to } => way.pc = to.0 as usize,
                Op::JumpIf { condition, to } => {
                    let condition = at(condition);
                    fork(&mut way, &mut open, condition, to);
                }
                Op::JumpUnless { condition, to } => {
                    let condition = at(condition).negated();
                    fork(&mut way, &mut open, condition, to);
                }
                Op::JumpCompare { a, b, how, to } => {
                    let condition = compared(at(a), at(b), how);
                    fork(&mut way, &mut open, condition, to);
                }
                Op::JumpCompareConst { a, value, how, to } => {
                    let literal = i64::try_from(program.constants[value.index()]);
                    let literal = literal.map_or(Known::Nothing, Known::Constant);
                    let condition = compared(at(a), literal, how);
                    fork(&mut way, &mut open, condition, to);
                }
                Op::Return { a } => {
                    let holds = match at(a) {
                        Known::Constant(word) => word == 1,
                        Known::Compared(field, how, to) => {
                            way.exact &= how != Cmp::Ne;
                            narrow(&mut way.fields, field, how, to)
                        }
                        _ => {
                            way.exact = false;
                            true
                        }
                    };
                    if holds {
                        // Two ways may leave a gap between their bounds.
                        joined = Some(match joined {
                            Some(all) => {
                                let fields = all.fields.iter().zip(&way.fields).map(|(a, b)| a.join(*b)).collect();
                                Told { fields, exact: false }
                            }
                            None => Told { fields: way.fields.clone(), exact: way.exact },
                        });
                    }
                    break;
                }
                Op::Halt { .. } => break,
                Op::Add { dst, .. }
                | Op::Sub { dst, .. }
                | Op::Mul { dst, .. }
                | Op::Neg { dst, .. }
                | Op::Abs { dst, .. }
                | Op::Min { dst, .. }
                | Op::Max { dst, .. }
                | Op::ScaleUp { dst, .. }
                | Op::CompareScaled { dst, .. }
                | Op::IsMultiple { dst, .. }
                | Op::AddWord { dst, .. }
                | Op::SubWord { dst, .. }
                | Op::MulWord { dst, .. }
                | Op::AddConst { dst, .. }
                | Op::MulConst { dst, .. }
                | Op::MinConst { dst, .. }
                | Op::MaxConst { dst, .. }
                | Op::RoundBy { dst, .. }
                | Op::Len { dst, .. } => way.registers[usize::from(dst.0)] = Known::Nothing,
                _ => return unknown,
            }
        }
    }
    joined.unwrap_or(unknown)
}

/// Notes a comparison; `false` where it cannot hold.
fn narrow(fields: &mut [Range], field: usize, how: Cmp, to: i64) -> bool {
    match fields[field].narrowed(how, to) {
        Some(range) => {
            fields[field] = range;
            true
        }
        None => false,
    }
}
