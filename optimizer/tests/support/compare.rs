//! Calls of the same functions in all forms of a program, with the same arguments.

use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::RegType;
use bp_bytecode::value::Value;
use bp_optimizer::{Options, optimize_with};
use bp_vm::{Fast, Fault, Limits, Unmet, Vm};

use super::{Notes, Random, Told};

/// What came of a call.
#[derive(Debug, PartialEq)]
struct Ended {
    result: Result<Result<Value, i128>, Fault>,
    /// What is left of the budget of cost, and the memory in use, where it ended well.
    left: Option<(u64, usize, usize)>,
    told: Vec<Told>,
    unmet: Vec<Unmet>,
}

/// A machine with its world.
struct Engine<'p> {
    vm: Vm<'p>,
    world: Notes,
}

impl<'p> Engine<'p> {
    fn new(program: &'p Program, vm: Vm<'p>) -> Engine<'p> {
        Engine { vm, world: Notes::new(program) }
    }

    /// `None` where an argument does not fit or breaks a `where`; then nothing was called.
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
        let called = self.vm.call(func, &slots, &mut self.world);
        let left = (self.vm.cost_left(), self.vm.heap().slots_used(), self.vm.heap().text_used());
        let ty = self.vm.program().functions[func.index()].result;
        let left = called.is_ok().then_some(left);
        let result = called.map(|result| match ty {
            RegType::Handle(shape) => Ok(self.vm.get_value(shape, result as u64)),
            RegType::Word | RegType::Wide => Err(result),
        });
        Ok(Ended { result, left, told: self.world.take(), unmet: self.vm.take_unmet() })
    }
}

/// How much was asked, and what came of it.
#[derive(Debug, Default)]
pub struct Asked {
    pub calls: u64,
    pub well: u64,
    pub faults: u64,
    pub refused: u64,
}

/// Calls each function so often, and fails where forms differ.
pub fn compare(name: &str, program: &Program, calls: usize, random: &mut Random, asked: &mut Asked) {
    let limits = Limits { slots: 100_000, cost: 20_000, ..Limits::default() };
    let forms = [true, false].map(|keep_notes| optimize_with(program, Options { keep_notes }));
    for form in &forms {
        bp_bytecode::verify::verify(form).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let [noted, optimized] = forms;
    let (plain, fast) = (Fast::new(program, program.clone()), Fast::new(program, optimized.clone()));
    let mut original = Engine::new(program, Vm::new(program, limits));
    // What is optimised alone may stop elsewhere, and need not say why; the others are as the original in all.
    let mut alone = [&noted, &optimized].map(|form| (form, Engine::new(form, Vm::new(form, limits))));
    let mut whole = [&plain, &fast].map(|fast| Engine::new(program, Vm::with_fast(program, fast, limits)));
    for (number, function) in program.functions.iter().enumerate() {
        let func = FuncId(number as u16);
        let title = format!("{name}: {}", program.texts[function.name.index()]);
        let calls = if function.params == 0 { 1 } else { calls };
        for _ in 0..calls {
            let types = &function.registers[..usize::from(function.params)];
            let args: Vec<(Option<ShapeId>, Value)> = types
                .iter()
                .map(|ty| match ty {
                    RegType::Handle(shape) => (Some(*shape), random.value(program, *shape)),
                    RegType::Word | RegType::Wide => (None, Value::Word(random.number(program))),
                })
                .collect();
            asked.calls += 1;
            let should = original.call(func, &args);
            for engine in &mut whole {
                assert_eq!(engine.call(func, &args), should, "{title} of {args:?}");
            }
            for (_, engine) in &mut alone {
                match (engine.call(func, &args), &should) {
                    (Err(refused), Err(should)) => assert_eq!(refused.is_some(), should.is_some(), "{title}"),
                    (Ok(Ended { result: Err(_), .. }), Ok(Ended { result: Err(_), .. })) => {}
                    (is, should) => assert_eq!(&is, should, "{title} of {args:?}"),
                }
            }
            match &should {
                Ok(Ended { result: Ok(_), .. }) => asked.well += 1,
                Ok(_) => asked.faults += 1,
                Err(_) => asked.refused += 1,
            }
        }
    }
}
