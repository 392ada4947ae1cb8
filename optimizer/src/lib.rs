//! Makes compiled programs faster: from a verified program to a verified program.
//!
//! ```text
//! let fast = bp_optimizer::optimize(&program);
//! ```
//!
//! # What stays
//!
//! Where a call of the original ends without a fault, the same call of the optimised program gives the same result,
//! asks and changes the world in the same order, and leaves the same of the budget of cost. Functions, processes,
//! accounts, steps, configuration keep their numbers; shapes keep theirs and their layout. Literals and checks may
//! be added behind the others.
//!
//! Where a call of the original is a fault, or spends its budget of cost, the optimised one is a fault too, in the
//! same step. **Its kind, its place and the cost until there may be others**: an engine that meets a fault takes the
//! step back, runs it again with the original, and the original's fault is the verdict.
//!
//! Two limits are not part of a program's meaning and may be met later than by the original: how deep calls nest and
//! how many registers they take, as copied calls are none. Memory and work that depend on data are spent alike.
//!
//! What a record's `where`s say is taken for granted wherever a record comes from outside, as the language has it:
//! the host has to ask the checks ([`Shape::Record`]) of what it puts in. It may ask the optimised program's, of which
//! there are fewer.
//!
//! # What goes
//!
//! The notes about rows of decisions ([`Op::Matched`]) unless they are asked to be kept, and calls: a traced run, for
//! derivations, is one of the original.
//!
//! [`Op::Matched`]: bp_bytecode::op::Op::Matched
//! [`Shape::Record`]: bp_bytecode::shape::Shape::Record
#![forbid(unsafe_code)]

mod body;
mod chains;
mod charges;
mod checks;
mod clean;
mod coalesce;
mod compact;
mod context;
mod dead;
mod facts;
mod fixed;
mod flow;
mod fold;
mod fuse;
mod inline;
mod interval;
mod operands;
mod ranges;
mod tree;
mod values;
mod words;

use bp_bytecode::Program;
use bp_bytecode::index::ShapeId;
use bp_bytecode::op::Op;
use bp_bytecode::program::Function;
use bp_bytecode::shape::Shape;
use bp_bytecode::verify::{VerifyError, verify};

pub use fixed::{Unfixed, fix};

use body::Body;
use context::Context;
use facts::Facts;
use inline::Callee;

/// How a program is to be optimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Keeps the notes about rows of decisions, for coverage.
    pub keep_notes: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { keep_notes: true }
    }
}

/// How often the passes go over a body at most: each round may open the way for another.
const ROUNDS: usize = 6;

/// The program in its fast form, with all notes.
pub fn optimize(program: &Program) -> Program {
    optimize_with(program, Options::default())
}

/// The program in its fast form. One whose parts become too many for their numbers, or that cannot be optimised
/// for another reason, comes back as it is.
pub fn optimize_with(program: &Program, options: Options) -> Program {
    match optimize_checked(program, options) {
        Ok(fast) => fast,
        Err(error) => {
            debug_assert!(false, "{error}");
            program.clone()
        }
    }
}

/// The same, telling of a form that the verifier refuses, which is a defect of the optimiser.
///
/// # Errors
/// The verifier's.
pub fn optimize_checked(program: &Program, options: Options) -> Result<Program, VerifyError> {
    match optimized(program, options) {
        Some(fast) => verify(&fast).map(|()| fast),
        None => Ok(program.clone()),
    }
}

fn optimized(program: &Program, options: Options) -> Option<Program> {
    let order = inline::callees_first(program)?;
    let steps = steps(program, &order);
    let checkers = checkers(program, &order);
    let mut context = Context::new(program);
    let mut facts = Facts::default();
    let mut callees: Vec<Callee> =
        inline::calls(program).into_iter().map(|calls| Callee { body: None, calls }).collect();
    // What checks say is known before anything that it is good for; they themselves may not take it for granted.
    for pass in [true, false] {
        for function in order.iter().filter(|function| checkers[**function] == pass) {
            let original = &program.functions[*function];
            if !original.code.iter().any(is_rigid) {
                let body = Body::of(original, program);
                callees[*function].body = Some(simplified(body, &mut context, &facts, &callees, !pass, options));
            }
        }
        if pass {
            learn(program, &callees, &context, &mut facts);
        }
    }
    let mut fast = Program { functions: Vec::new(), switches: Vec::new(), ..program.clone() };
    for (original, callee) in program.functions.iter().zip(&callees) {
        let function = match &callee.body {
            Some(body) => finished(body.clone(), original, &mut context, &steps, &mut fast)?,
            None => Body::of(original, program).finish(original, &mut fast.switches)?,
        };
        fast.functions.push(function);
    }
    for merged in checks::find(program, &callees) {
        let original = merged.function(program);
        let body = Body::of(&original, program);
        let mut body = simplified(body, &mut context, &Facts::default(), &callees, false, options);
        merged.charge_once(&mut body);
        let function = finished(body, &original, &mut context, &steps, &mut fast)?;
        merged.put(&mut fast, function)?;
    }
    fast.constants = context.constants;
    Some(fast)
}

/// Instructions that refer to registers from elsewhere, or after which registers are forgotten; functions with them
/// stay as they are.
fn is_rigid(op: &Op) -> bool {
    let of_a_test = matches!(op, Op::Expect { .. } | Op::AtRow { .. });
    of_a_test || operands::is_of_a_process(op)
}

/// A body with everything done to it that helps its callers too.
fn simplified(
    mut body: Body,
    context: &mut Context<'_>,
    facts: &Facts,
    callees: &[Callee],
    trusted: bool,
    options: Options,
) -> Body {
    if !options.keep_notes {
        for block in &mut body.blocks {
            block.lines.retain(|line| !matches!(line.op, Op::Matched { .. }));
        }
    }
    clean::clean(&mut body, context);
    inline::inline(&mut body, callees);
    for _ in 0..ROUNDS {
        let before = body.clone();
        clean::clean(&mut body, context);
        values::share(&mut body, context);
        dead::dead(&mut body, context);
        words::shorten(&mut body, context, facts, trusted);
        clean::clean(&mut body, context);
        values::share(&mut body, context);
        dead::dead(&mut body, context);
        if body == before {
            break;
        }
    }
    clean::clean(&mut body, context);
    body
}

/// The function that runs: what helps it, but would hide its values from the passes before.
fn finished(
    mut body: Body,
    original: &Function,
    context: &mut Context<'_>,
    steps: &[bool],
    fast: &mut Program,
) -> Option<Function> {
    fuse::fuse(&mut body, context);
    dead::dead(&mut body, context);
    clean::clean(&mut body, context);
    coalesce::coalesce(&mut body, context.program);
    dead::dead(&mut body, context);
    charges::merge(&mut body, steps);
    clean::clean(&mut body, context);
    compact::compact(&mut body, context.program);
    body.finish(original, &mut fast.switches)
}

/// The functions that begin or end steps, themselves or by their calls.
fn steps(program: &Program, order: &[usize]) -> Vec<bool> {
    let mut steps = vec![false; program.functions.len()];
    for function in order {
        steps[*function] = program.functions[*function].code.iter().any(|op| match op {
            Op::StepBegin { .. } | Op::StepEnd { .. } | Op::StepFail { .. } => true,
            Op::Call { func, .. } => steps[func.index()],
            _ => false,
        });
    }
    steps
}

/// The functions that say whether a value is as its `where`s have it, with those that they call.
fn checkers(program: &Program, order: &[usize]) -> Vec<bool> {
    let records = program.shapes.iter().filter_map(|shape| match shape {
        Shape::Record(record) => Some(record.fields.iter().flat_map(|field| &field.checks)),
        _ => None,
    });
    let params = program.processes.iter().flat_map(|process| &process.params).flat_map(|param| &param.checks);
    let asked = records.flatten().chain(params).chain(program.configs.iter().flat_map(|config| &config.checks));
    let mut checkers = vec![false; program.functions.len()];
    asked.for_each(|check| checkers[program.checks[check.index()].func.index()] = true);
    for function in order.iter().rev() {
        if checkers[*function] {
            for op in &program.functions[*function].code {
                if let Op::Call { func, .. } = op {
                    checkers[func.index()] = true;
                }
            }
        }
    }
    checkers
}

/// The shapes of configured values and of what is in them. Of those a machine asks the conditions of the value as a
/// whole, not those of the records inside.
fn configured(program: &Program) -> Vec<bool> {
    let mut configured = vec![false; program.shapes.len()];
    let mut todo: Vec<ShapeId> = program.configs.iter().map(|config| config.shape).collect();
    while let Some(shape) = todo.pop() {
        if std::mem::replace(&mut configured[shape.index()], true) {
            continue;
        }
        match &program.shapes[shape.index()] {
            Shape::Record(record) => todo.extend(record.fields.iter().map(|field| field.shape)),
            Shape::Variant(cases) => {
                todo.extend(cases.cases.iter().flat_map(|case| &case.fields).map(|field| field.shape));
            }
            Shape::List(inner) | Shape::Option(inner) => todo.push(*inner),
            Shape::Map(key, value) => todo.extend([*key, *value]),
            _ => {}
        }
    }
    configured
}

fn learn(program: &Program, callees: &[Callee], context: &Context<'_>, facts: &mut Facts) {
    let configured = configured(program);
    for (at, shape) in program.shapes.iter().enumerate() {
        let Shape::Record(record) = shape else { continue };
        if configured[at] {
            continue;
        }
        for check in record.fields.iter().flat_map(|field| &field.checks) {
            let func = program.checks[check.index()].func;
            if let Some(body) = &callees[func.index()].body {
                facts.learn(ShapeId(at as u32), body, context);
            }
        }
    }
}
