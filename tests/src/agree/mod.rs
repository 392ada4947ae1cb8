//! Calls of the same functions in all engines and all forms of a program, with the same arguments: results, effects in
//! their order, faults with their places, and cost have to be the same.

mod notes;
mod values;

pub use values::{Random, calls};

use crate::programs::{Files, compile};
use crate::{files, root, shown};
use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::RegType;
use bp_bytecode::value::Value;
use bp_jit::{Fallback, Jit, Runner};
use bp_optimizer::{Options, optimize_checked};
use bp_vm::{Fast, Fault, Limits, Unmet, Vm};
use notes::{Notes, Told};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

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

/// The programs of the project that compile, by path.
pub fn programs() -> Vec<(String, Program)> {
    let folders = ["examples", "stdlib", "tests/suite", "bench"];
    let all = folders.iter().flat_map(|folder| files(&root().join(folder), &["bp"]));
    all.filter_map(|path| Some((shown(&path), of_file(&path)?))).collect()
}

fn of_file(path: &Path) -> Option<Program> {
    let stdlib = root().join("stdlib");
    let folder = if path.starts_with(&stdlib) { stdlib } else { path.parent()?.to_owned() };
    let name = path.strip_prefix(&folder).ok()?.display().to_string();
    compile(&name, &std::fs::read_to_string(path).ok()?, &Files::of(&folder), None).program
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
    world: Notes,
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
}

/// Calls each function so often, with arguments made at random. What differs first, in words.
///
/// # Errors
/// Two engines disagree, one panics, or a form is refused.
pub fn compare(
    name: &str,
    program: &Program,
    calls: usize,
    random: &mut Random,
    asked: &mut Asked,
) -> Result<(), String> {
    let compared = catch_unwind(AssertUnwindSafe(|| compare_all(name, program, calls, random, asked)));
    compared.unwrap_or_else(|_| Err(format!("{name}: a panic")))
}

fn compare_all(
    name: &str,
    program: &Program,
    calls: usize,
    random: &mut Random,
    asked: &mut Asked,
) -> Result<(), String> {
    asked.programs += 1;
    let form = |keep_notes| {
        let form = optimize_checked(program, Options { keep_notes });
        form.map_err(|error| format!("{name}: optimised, it is refused: {error}"))
    };
    let (noted, optimized) = (form(true)?, form(false)?);
    let (plain, fast) = (Fast::new(program, program.clone()), Fast::new(program, optimized.clone()));
    let native = |code| Jit::new(program, code).map_err(|error| format!("{name}: {error}"));
    let (jit, jit_optimized) = (native(program)?, native(&optimized)?);
    let mut original = Side::new("as compiled", Vm::new(program, LIMITS), Engine::Vm);
    let mut whole = [
        Side::new("fast form", Vm::with_fast(program, &plain, LIMITS), Engine::Vm),
        Side::new("optimised, fast form", Vm::with_fast(program, &fast, LIMITS), Engine::Vm),
        Side::new("native", Vm::new(program, LIMITS), Engine::Native(Runner::new(&jit))),
        Side::new("optimised, native", Vm::new(program, LIMITS), Engine::Native(Runner::new(&jit_optimized))),
    ];
    // What is optimised alone may stop elsewhere, and need not say why; the others are as the original in all.
    let mut alone = [&noted, &optimized].map(|form| Side::new("optimised alone", Vm::new(form, LIMITS), Engine::Vm));
    for (number, function) in program.functions.iter().enumerate() {
        let func = FuncId(number as u32);
        let title = format!("{name}: {}", program.texts[function.name.index()]);
        let types = &function.registers[..usize::from(function.params)];
        for _ in 0..if types.is_empty() { 1 } else { calls } {
            let args: Vec<(Option<ShapeId>, Value)> = types
                .iter()
                .map(|ty| match ty {
                    RegType::Handle(shape) => (Some(*shape), random.value(program, *shape)),
                    RegType::Word | RegType::Wide => (None, Value::Word(random.number(program))),
                })
                .collect();
            asked.calls += 1;
            let should = original.call(func, &args);
            let differs = |side: &str, is: &Result<Ended, Option<Fault>>| {
                Err(format!("{title} of {args:?}\n  as compiled: {should:?}\n  {side}: {is:?}"))
            };
            for side in &mut whole {
                let is = side.call(func, &args);
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
                    return Err(format!("{title} of {args:?}: {} met a fault where there is none", side.name));
                }
            }
            for side in &mut alone {
                match (side.call(func, &args), &should) {
                    (Err(refused), Err(should)) if refused.is_some() == should.is_some() => {}
                    (Ok(Ended { result: Err(_), .. }), Ok(Ended { result: Err(_), .. })) => {}
                    (is, should) if is == *should => {}
                    (is, _) => return differs(side.name, &is),
                }
            }
            match &should {
                Ok(Ended { result: Ok(_), told, .. }) => {
                    asked.well += 1;
                    asked.entries += told.iter().filter(|told| matches!(told, Told::Post(_))).count() as u64;
                }
                Ok(_) => asked.faults += 1,
                Err(_) => asked.refused += 1,
            }
        }
    }
    Ok(())
}

/// The text without lines that the difference does not need: as long as it compiles and its engines disagree.
pub fn shorter(text: &str, seed: u64, calls: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let disagrees = |lines: &[String]| {
        let program = compile("made.bp", &lines.join("\n"), &Files::default(), None).program;
        program
            .is_some_and(|program| compare("made", &program, calls, &mut Random(seed), &mut Asked::default()).is_err())
    };
    // The arguments depend on the program: what was found may not be found again, and then stays as it is.
    let mut size = lines.len().max(1) / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= lines.len() {
            let rest = [&lines[..at], &lines[at + size..]].concat();
            if disagrees(&rest) { lines = rest } else { at += 1 }
        }
        size /= 2;
    }
    lines.join("\n") + "\n"
}
