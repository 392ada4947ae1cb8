//! Calls of the same functions in all engines and all forms of a program, with the same arguments: results, effects in
//! their order, faults with their places, and cost have to be the same.

mod notes;
mod shorter;
mod third;
mod values;

pub use shorter::shorter;
pub use values::{Random, calls};

use crate::programs::{Files, compile_checked};
use crate::reference::{Fault as Known, Reference, Used};
use crate::{files, root, shown};
use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::RegType;
use bp_bytecode::value::Value;
use bp_compiler::Compiled;
use bp_compiler::typed::Checked;
use bp_jit::{Fallback, Jit, Runner};
use bp_optimizer::{Options, optimize_checked};
use bp_vm::{Fast, Fault, Limits, Unmet, Vm};
use notes::{Notes, Told};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use third::{Third, agrees};
use values::Arguments;

/// The budgets of a call: small, so that some calls spend them.
const LIMITS: Limits = Limits {
    cost: 20_000,
    work: Limits::WORK,
    slots: 100_000,
    text: Limits::TEXT,
    one_text: Limits::ONE_TEXT,
    depth: Limits::DEPTH,
    runs: Limits::RUNS,
    registers: Limits::REGISTERS,
};

/// What engines are compared on: a compiled program, and the checked one that the reference evaluates.
pub struct Subject {
    pub program: Program,
    /// None of a program that was not made from a text.
    pub checked: Option<Checked>,
}

impl Subject {
    /// A program from its text, compiled for a currency if one is given.
    ///
    /// # Errors
    /// It does not compile.
    pub fn of(path: &str, text: &str, files: &Files, code: Option<&str>) -> Result<Subject, Box<Compiled>> {
        let (mut compiled, checked) = compile_checked(path, text, files, code);
        match compiled.program.take() {
            Some(program) => Ok(Subject { program, checked: Some(checked) }),
            None => Err(Box::new(compiled)),
        }
    }
}

/// The programs of the project that compile, by path.
pub fn programs() -> Vec<(String, Subject)> {
    let folders = ["examples", "stdlib", "tests/suite", "bench"];
    let all = folders.iter().flat_map(|folder| files(&root().join(folder), &["bp"]));
    all.filter_map(|path| Some((shown(&path), of_file(&path)?))).collect()
}

fn of_file(path: &Path) -> Option<Subject> {
    let stdlib = root().join("stdlib");
    let folder = if path.starts_with(&stdlib) { stdlib } else { path.parent()?.to_owned() };
    let name = path.strip_prefix(&folder).ok()?.display().to_string();
    Subject::of(&name, &std::fs::read_to_string(path).ok()?, &Files::of(&folder), None).ok()
}

/// What came of a call.
#[derive(Debug, PartialEq)]
struct Ended {
    result: Result<Result<Value, i128>, Fault>,
    /// What is left of the budget of cost where it ended well.
    cost: Option<u64>,
    told: Vec<Told>,
    unmet: Vec<Unmet>,
}

/// What runs the functions of a machine's program.
enum Engine<'j, 'p> {
    Vm,
    Native(Runner<'j, 'p>),
}

/// A machine with its world and its engine.
struct Side<'j, 'p> {
    name: &'static str,
    vm: Vm<'p>,
    world: Notes<'p>,
    engine: Engine<'j, 'p>,
    /// Why native code gave the last call back.
    back: Option<Fallback>,
}

impl<'j, 'p> Side<'j, 'p> {
    fn new(name: &'static str, vm: Vm<'p>, engine: Engine<'j, 'p>) -> Side<'j, 'p> {
        let world = Notes::new(vm.program());
        Side { name, vm, world, engine, back: None }
    }

    /// A fault where an argument does not fit or breaks a `where`; then nothing was called.
    fn call(&mut self, func: FuncId, args: &[(Option<ShapeId>, Value)]) -> Result<Ended, Option<Fault>> {
        self.vm.reset();
        self.vm.forget_runs();
        let mut slots = Vec::new();
        for (shape, value) in args {
            let slot = match (shape, value) {
                (Some(shape), value) => self.vm.put_value(*shape, value).map_err(|_| None)?,
                (None, Value::Word(word)) => *word as u64,
                (None, _) => return Err(None),
            };
            if let Some(shape) = shape {
                self.vm.check(*shape, slot, &mut self.world).map_err(Some)?;
            }
            slots.push(slot);
        }
        self.world.take();
        self.back = None;
        let called = match &mut self.engine {
            Engine::Vm => self.vm.call(func, &slots, &mut self.world),
            Engine::Native(runner) => match runner.run(&mut self.vm, func, &slots, &mut self.world) {
                Ok(ended) => ended,
                Err(why) => {
                    self.back = Some(why);
                    self.vm.call(func, &slots, &mut self.world)
                }
            },
        };
        let ty = self.vm.program().functions[func.index()].result;
        let cost = called.is_ok().then_some(self.vm.cost_left());
        let result = called.map(|result| match ty {
            RegType::Handle(shape) => Ok(self.vm.get_value(shape, result as u64)),
            RegType::Word | RegType::Wide => Err(result),
        });
        Ok(Ended { result, cost, told: self.world.take(), unmet: self.vm.take_unmet() })
    }
}

/// How much was asked, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub programs: u64,
    pub calls: u64,
    pub well: u64,
    pub faults: u64,
    /// Arguments that broke a `where`.
    pub refused: u64,
    pub entries: u64,
    /// Calls of both native forms that ended in native code, and those given back.
    pub native: u64,
    pub given_back: u64,
    /// Calls in which the reference agrees, and those of which it says nothing: because a budget was spent, or because no
    /// such call can come from a program.
    pub reference: u64,
    pub spent: u64,
    pub aside: u64,
    /// What the reference does not cover yet, and in how many programs.
    pub not_covered: BTreeMap<String, u64>,
    /// What the reference has evaluated where it agrees: constructs of the language, and how often.
    pub kinds: Used,
    /// The faults that engines and reference agree on, by name.
    pub fault_kinds: BTreeMap<&'static str, u64>,
    /// Instructions of functions that ended well, as compiled and optimised.
    pub ops: BTreeMap<&'static str, u64>,
}

impl Asked {
    /// What was asked elsewhere too.
    pub fn add(&mut self, other: Asked) {
        fn sum<K: Ord>(of: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
            other.into_iter().for_each(|(key, count)| *of.entry(key).or_default() += count);
        }
        self.programs += other.programs;
        self.calls += other.calls;
        self.well += other.well;
        self.faults += other.faults;
        self.refused += other.refused;
        self.entries += other.entries;
        self.native += other.native;
        self.given_back += other.given_back;
        self.reference += other.reference;
        self.spent += other.spent;
        self.aside += other.aside;
        sum(&mut self.not_covered, other.not_covered);
        sum(&mut self.kinds, other.kinds);
        sum(&mut self.fault_kinds, other.fault_kinds);
        sum(&mut self.ops, other.ops);
    }
}

/// Calls each function so often, with arguments made at random. What differs first, in words.
///
/// # Errors
/// Two engines disagree, or an engine and the reference; one panics, or a form is refused.
pub fn compare(
    name: &str,
    subject: &Subject,
    calls: usize,
    random: &mut Random,
    asked: &mut Asked,
) -> Result<(), String> {
    let compared = catch_unwind(AssertUnwindSafe(|| compare_all(name, subject, calls, random, asked)));
    compared.unwrap_or_else(|_| Err(format!("{name}: a panic")))
}

fn compare_all(
    name: &str,
    subject: &Subject,
    calls: usize,
    random: &mut Random,
    asked: &mut Asked,
) -> Result<(), String> {
    asked.programs += 1;
    let program = &subject.program;
    let form = |keep_notes| {
        let form = optimize_checked(program, Options { keep_notes });
        form.map_err(|error| format!("{name}: optimised, it is refused: {error}"))
    };
    let (noted, optimized) = (form(true)?, form(false)?);
    let (plain, fast) = (Fast::new(program, program.clone()), Fast::new(program, optimized.clone()));
    // Only calls are compared: the forms of processes for batches would be made for nothing.
    let functions = || (0..program.functions.len()).map(|func| FuncId(func as u32));
    let native = |code| Jit::of_functions(program, code, functions()).map_err(|error| format!("{name}: {error}"));
    let (jit, jit_optimized) = (native(program)?, native(&optimized)?);
    let mut reference = subject.checked.as_ref().map(Reference::new);
    let mut original = Side::new("as compiled", Vm::new(program, LIMITS), Engine::Vm);
    let mut whole = [
        Side::new("fast form", Vm::with_fast(program, &plain, LIMITS), Engine::Vm),
        Side::new("optimised, fast form", Vm::with_fast(program, &fast, LIMITS), Engine::Vm),
        Side::new("native", Vm::new(program, LIMITS), Engine::Native(Runner::new(&jit))),
        Side::new("optimised, native", Vm::new(program, LIMITS), Engine::Native(Runner::new(&jit_optimized))),
    ];
    // What is optimised alone may stop elsewhere, and need not say why; the others are as the original in all.
    let mut alone = [&noted, &optimized].map(|form| Side::new("optimised alone", Vm::new(form, LIMITS), Engine::Vm));
    let mut not_covered: Vec<String> = Vec::new();
    for (number, function) in program.functions.iter().enumerate() {
        let func = FuncId(number as u32);
        // A process that rests is never called: its host begins it.
        if program.rests(func) {
            continue;
        }
        let title = format!("{name}: {}", program.texts[function.name.index()]);
        for _ in 0..if function.params == 0 { 1 } else { calls } {
            let args = random.arguments(program, subject.checked.as_ref(), func);
            asked.calls += 1;
            let should = original.call(func, &args.values);
            let differs = |side: &str, is: &dyn std::fmt::Debug| {
                Err(format!("{title} of {:?}\n  as compiled: {should:?}\n  {side}: {is:?}", args.values))
            };
            if let Ok(Ended { told, .. }) = &should
                && told.iter().any(|told| matches!(told, Told::Differs(_)))
            {
                return differs("books in memory", told);
            }
            for side in &mut whole {
                let is = side.call(func, &args.values);
                if is != should {
                    return differs(side.name, &is);
                }
                let is_well = matches!(&is, Ok(Ended { result: Ok(_), .. }));
                let meets_all = matches!(&is, Ok(Ended { unmet, .. }) if unmet.is_empty());
                if is_well && matches!(side.engine, Engine::Native(_)) {
                    asked.native += u64::from(side.back.is_none());
                    asked.given_back += u64::from(side.back.is_some());
                }
                // An expectation that is not met is none either, but for the interpreter to tell.
                if is_well && side.back == Some(Fallback::Fault) && meets_all {
                    return Err(format!("{title} of {:?}: {} met a fault where there is none", args.values, side.name));
                }
            }
            for side in &mut alone {
                match (side.call(func, &args.values), &should) {
                    (Err(refused), Err(should)) if refused.is_some() == should.is_some() => {}
                    (Ok(Ended { result: Err(_), .. }), Ok(Ended { result: Err(_), .. })) => {}
                    (is, should) if is == *should => {}
                    (is, _) => return differs(side.name, &is),
                }
            }
            let third = match &mut reference {
                None => Third::Aside,
                Some(reference) => match agrees(reference, program, func, &args, &should) {
                    Ok(third) => third,
                    Err(says) => return differs("reference", &format_args!("{says}")),
                },
            };
            match &third {
                Third::Agrees => {
                    asked.reference += 1;
                    let used = reference.iter_mut().flat_map(Reference::take_used);
                    used.for_each(|(kind, count)| *asked.kinds.entry(kind).or_default() += count);
                    if let Ok(Ended { result: Err(fault), .. }) = &should
                        && let Some(fault) = Known::of(&fault.kind)
                    {
                        *asked.fault_kinds.entry(fault.name()).or_default() += 1;
                    }
                }
                Third::Refused => asked.reference += 1,
                Third::Spent => asked.spent += 1,
                Third::Aside => asked.aside += 1,
                Third::NotCovered(what) if not_covered.contains(what) => {}
                Third::NotCovered(what) => not_covered.push(what.clone()),
            }
            // What the reference has not done it knows nothing of: all begin anew.
            let has_effects = matches!(&should, Ok(Ended { told, .. }) if told.len() > 1);
            if let (Some(reference), true, Third::Spent | Third::Aside | Third::NotCovered(_)) =
                (&mut reference, has_effects, &third)
            {
                reference.forget();
                let sides = whole.iter_mut().chain(&mut alone).chain([&mut original]);
                sides.for_each(|side| side.world.forget());
            }
            match &should {
                Ok(Ended { result: Ok(_), told, .. }) => {
                    asked.well += 1;
                    asked.entries += told.iter().filter(|told| matches!(told, Told::Post(..))).count() as u64;
                    for form in [program, &optimized] {
                        for op in &form.functions[number].code {
                            *asked.ops.entry(op.name()).or_default() += 1;
                        }
                    }
                }
                Ok(Ended { result: Err(_), .. }) => asked.faults += 1,
                Err(_) => asked.refused += 1,
            }
        }
    }
    for what in not_covered {
        *asked.not_covered.entry(what).or_default() += 1;
    }
    Ok(())
}
