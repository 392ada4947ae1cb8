//! The machine that runs the functions of a program.

use std::collections::HashMap;
use std::sync::Arc;

use bp_bytecode::Program;
use bp_bytecode::border;
use bp_bytecode::index::{CheckId, ConfigId, EntityId, ExpectId, FuncId, PlaceId, ProcessId, ShapeId, TextId};
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;

use crate::coverage::Coverage;
use crate::fault::{Fault, FaultKind, Memory, Raise, Reached, Violation};
use crate::heap::Heap;
use crate::posting::{Posting, Units};
use crate::process::Left;
use crate::shaped::weigh;
use crate::trace::{Tracer, Untraced};
use crate::values::{self, CellFault};
use crate::words::{Fast, Registers};
use crate::world::{Refusal, World};

/// The budgets of a step, or of a row of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of cost, as `charge` takes them; for each call and each step in it.
    pub cost: u64,
    /// Work that depends on data and that no instruction charges for: bytes of text and elements looked at by
    /// instructions that look at many; for each call and each step in it.
    pub work: u64,
    /// Slots of 8 bytes: records, lists, maps. At most 2^31 - 1.
    pub slots: usize,
    /// Bytes of text, literals not counted. At most 2^31 - 1.
    pub text: usize,
    /// Bytes of one text.
    pub one_text: usize,
    /// Calls within calls.
    pub depth: usize,
    /// Runs of processes that the machine keeps, each under its key.
    pub runs: usize,
    /// Registers of 16 bytes of all calls that are open at once.
    pub registers: usize,
}

impl Limits {
    /// Units of cost of a step.
    pub const COST: u64 = 100_000_000;
    /// Bytes and elements that instructions over many of them may look at in a step.
    pub const WORK: u64 = 2_000_000_000;
    /// Slots of 8 bytes: 128 MiB.
    pub const SLOTS: usize = 16 * 1024 * 1024;
    /// Bytes: 64 MiB.
    pub const TEXT: usize = 64 * 1024 * 1024;
    /// Bytes: 1 MiB.
    pub const ONE_TEXT: usize = 1024 * 1024;
    /// Calls within calls; programs have no recursion, so this is their longest chain of functions.
    pub const DEPTH: usize = 1_000;
    /// Runs of processes kept in memory.
    pub const RUNS: usize = 1_000_000;
    /// Registers of 16 bytes: 16 MiB.
    pub const REGISTERS: usize = 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            cost: Limits::COST,
            work: Limits::WORK,
            slots: Limits::SLOTS,
            text: Limits::TEXT,
            one_text: Limits::ONE_TEXT,
            depth: Limits::DEPTH,
            runs: Limits::RUNS,
            registers: Limits::REGISTERS,
        }
    }
}

/// An `expect` that did not hold; the test goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    pub expect: ExpectId,
    /// Both sides, where it is a comparison and the side fits 64 bits.
    pub left: Option<Value>,
    pub right: Option<Value>,
    /// Both sides for people, of any size.
    pub shown: Option<(String, String)>,
    /// The row of a file that the test was at; as the program counts it.
    pub row: Option<(TextId, i64)>,
}

/// Runs functions of one program, one call at a time.
///
/// ```text
/// let mut vm = Vm::new(&program, Limits::default());
/// let employee = vm.put_value(shape, &value)?;
/// let result = vm.call(func, &[employee], &mut world)?;
/// let value = vm.get_value(result_shape, result as u64);
/// vm.reset();
/// ```
///
/// Handles – arguments, results, cells read – are good until the next [`Vm::reset`].
///
/// The program has been verified. On a verified program nothing here panics; what the verifier does not see, such
/// as indices from data, is checked when it runs. Handles given by the caller have to be this machine's own.
#[derive(Debug)]
pub struct Vm<'p> {
    pub(crate) program: &'p Program,
    /// The form of the program whose functions run: the program itself, or the optimised one while that is tried.
    pub(crate) code: &'p Program,
    pub(crate) fast: Option<&'p Fast>,
    /// The fast form, while a call is tried in it.
    pub(crate) trying: Option<&'p Fast>,
    pub(crate) words: Registers,
    pub(crate) words_nested: usize,
    /// Runs that the call at hand has put, with what was there before, while a fast form is tried.
    pub(crate) replaced: Vec<(RunKey, Option<Value>)>,
    pub(crate) heap: Heap,
    pub(crate) limits: Limits,
    pub(crate) stack: Stack,
    /// The number of fields of each shape that is a record; 0 for others.
    pub(crate) widths: Box<[u16]>,
    /// What is left of [`Limits::cost`] and [`Limits::work`].
    pub(crate) cost: u64,
    pub(crate) work: u64,
    pub(crate) answers: Answers,
    pub(crate) units: Units,
    pub(crate) posting: Posting,
    pub(crate) unmet: Vec<Unmet>,
    pub(crate) unmet_count: u64,
    pub(crate) row: Option<(TextId, i64)>,
    /// The runs of processes that tests or a batch in memory have started, by key.
    pub(crate) runs: HashMap<RunKey, Value>,
    /// How many steps the running process may go before it rests at a boundary; `None` is as many as there are.
    pub(crate) boundaries: Option<u32>,
    /// While a test expects that something is refused: why it was.
    pub(crate) tries: Option<Option<String>>,
    /// Why the running process was left in the middle.
    pub(crate) left: Option<Left>,
    /// Documents that the running step has read or made, as cells.
    pub(crate) documents: HashMap<(EntityId, i64), u64>,
    /// Where it notes what it runs, if it does.
    pub(crate) coverage: Option<Arc<Coverage>>,
}

/// The process of a run, and its key.
pub(crate) type RunKey = (ProcessId, Box<str>);

/// What the world answered in this step.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub configs: Vec<Option<i128>>,
    pub today: Option<i64>,
    pub now: Option<i64>,
}

impl Answers {
    pub fn forget(&mut self) {
        self.configs.fill(None);
        self.today = None;
        self.now = None;
    }
}

/// Registers of all open calls, one behind the other, and where to go back to.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    pub registers: Vec<i128>,
    pub frames: Vec<Frame>,
    /// Runs of the loop inside one another, for defaults and checks of configuration.
    pub nested: usize,
}

/// The most runs of the loop inside one another: each takes room on the thread's own stack.
const MAX_NESTED: usize = 16;

/// A caller that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub func: FuncId,
    pub dst: u16,
    /// The instruction behind the call.
    pub pc: u32,
    pub base: u32,
}

/// The outside of a call.
pub(crate) struct Outside<'w> {
    pub world: &'w mut dyn World,
    pub tracer: &'w mut dyn Tracer,
}

impl From<Refusal> for Raise {
    fn from(refusal: Refusal) -> Raise {
        Box::new(FaultKind::Refused(refusal.0.into()))
    }
}

impl<'p> Vm<'p> {
    pub fn new(program: &'p Program, limits: Limits) -> Vm<'p> {
        let width = |shape: &Shape| match shape {
            Shape::Record(record) => record.fields.len() as u16,
            _ => 0,
        };
        Vm {
            program,
            code: program,
            fast: None,
            trying: None,
            words: Registers::default(),
            words_nested: 0,
            replaced: Vec::new(),
            heap: Heap::new(program, limits.slots, limits.text, limits.one_text),
            limits,
            stack: Stack::default(),
            widths: program.shapes.iter().map(width).collect(),
            cost: limits.cost,
            work: limits.work,
            answers: Answers { configs: vec![None; program.configs.len()], today: None, now: None },
            units: Units::of(program),
            posting: Posting::default(),
            unmet: Vec::new(),
            unmet_count: 0,
            row: None,
            runs: HashMap::new(),
            boundaries: None,
            tries: None,
            left: None,
            documents: HashMap::new(),
            coverage: None,
        }
    }

    /// Notes from now on what it runs, in the program as it is written.
    pub fn cover(&mut self, coverage: Option<Arc<Coverage>>) {
        self.coverage = coverage;
    }

    /// A machine that tries calls in a fast form of the program first.
    ///
    /// Results, effects, faults and cost are those of [`Vm::new`]. Of calls that tell the world something only those
    /// are tried that the world can take back ([`World::takes_back`]). Values from outside have to have passed
    /// [`Vm::check`], or each check of their records, before a call is given them: the fast form takes that for granted.
    pub fn with_fast(program: &'p Program, fast: &'p Fast, limits: Limits) -> Vm<'p> {
        Vm { fast: Some(fast), ..Vm::new(program, limits) }
    }

    pub fn program(&self) -> &'p Program {
        self.program
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// Forgets all cells and answers of the world: between rows, steps, tests. The memory is kept. Runs and unmet
    /// expectations stay.
    #[inline]
    pub fn reset(&mut self) {
        self.heap.reset();
        self.documents.clear();
        self.answers.forget();
    }

    /// Calls a function and gives its result: a word or wide number, or a handle.
    ///
    /// `args` are slots, one for each parameter: words (as `u64`) and handles of this machine. A fault takes back
    /// what was posted since the last completed step; its [`FaultKind`] says why, its trace where.
    pub fn call(&mut self, func: FuncId, args: &[u64], world: &mut dyn World) -> Result<i128, Fault> {
        let outside = &mut Outside { world, tracer: &mut Untraced };
        if self.coverage.is_some() {
            return self.entire::<true>(func, args, outside);
        }
        if let Some(fast) = self.fast
            && let Some(ended) = self.call_fast(fast, func, args, outside)
        {
            return ended;
        }
        self.entire::<false>(func, args, outside)
    }

    /// The same, telling a tracer what happens.
    pub fn call_traced(
        &mut self,
        func: FuncId,
        args: &[u64],
        world: &mut dyn World,
        tracer: &mut dyn Tracer,
    ) -> Result<i128, Fault> {
        self.entire::<true>(func, args, &mut Outside { world, tracer })
    }

    /// Runs a function to its end: one that rests in between is refused.
    fn entire<const TRACE: bool>(
        &mut self,
        func: FuncId,
        args: &[u64],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Fault> {
        if self.program.rests(func) {
            let why = "this process waits for something; it needs a host that keeps it meanwhile";
            return Err(self.fault_at_start(func, FaultKind::Refused(why.into())));
        }
        self.enter::<TRACE>(func, args, outside)
    }

    pub(crate) fn enter<const TRACE: bool>(
        &mut self,
        func: FuncId,
        args: &[u64],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Fault> {
        self.begin();
        let result = self.start_first::<TRACE>(func, args, outside).map_err(|fault| *fault);
        let ended = outside.world.call_end(result.is_ok());
        match (result, ended) {
            (result, Ok(())) => result,
            (Ok(_), Err(refusal)) => Err(self.fault_at_start(func, *Raise::from(refusal))),
            (Err(fault), Err(_)) => Err(fault),
        }
    }

    /// What a call finds before its first instruction.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.answers.forget();
        self.refill();
        self.posting.open = false;
        self.row = None;
        self.tries = None;
    }

    /// Runs a function on an empty stack.
    pub(crate) fn start_first<const TRACE: bool>(
        &mut self,
        func: FuncId,
        args: &[u64],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Box<Fault>> {
        let mut stack = std::mem::take(&mut self.stack);
        stack.frames.clear();
        let result = self.start::<TRACE>(&mut stack, 0, func, args, outside);
        self.stack = stack;
        result
    }

    pub(crate) fn refill(&mut self) {
        self.cost = self.limits.cost;
        self.work = self.limits.work;
    }

    pub(crate) fn fault_at_start(&self, func: FuncId, kind: FaultKind) -> Fault {
        let place = self.program.functions.get(func.index()).map_or(PlaceId(0), |function| function.place);
        Fault { kind, place, trace: vec![Reached { func, place }] }
    }

    /// Puts arguments in place and runs a function in the registers from `base` on.
    pub(crate) fn start<const TRACE: bool>(
        &mut self,
        stack: &mut Stack,
        base: usize,
        func: FuncId,
        args: &[u64],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Box<Fault>> {
        let program = self.program;
        let refuse = |why: FaultKind| Err(Box::new(self.fault_at_start(func, why)));
        let Some(function) = self.code.functions.get(func.index()) else { return refuse(FaultKind::Unreachable) };
        if usize::from(function.params) != args.len() || args.len() > function.registers.len() {
            let (name, params) = (&program.texts[function.name.index()], function.params);
            let why = format!("{name} takes {params} values and was given {}", args.len());
            return refuse(FaultKind::Refused(why.into()));
        }
        if !stack.reserve(base + function.registers.len(), self.limits.registers)
            || stack.frames.len() >= self.limits.depth
            || stack.nested >= MAX_NESTED
        {
            return refuse(FaultKind::CallTooDeep);
        }
        for (register, slot) in stack.registers[base..].iter_mut().zip(args) {
            *register = i128::from(*slot as i64);
        }
        stack.nested += 1;
        let result = self.run::<TRACE>(stack, base, func, 0, outside);
        stack.nested -= 1;
        result
    }

    pub(crate) fn violation(&self, check: CheckId, value: Option<String>) -> Raise {
        let text = |id: TextId| self.program.texts.get(id.index()).cloned().unwrap_or_default();
        let (subject, condition) = match self.program.checks.get(check.index()) {
            Some(check) => (text(check.subject), text(check.text)),
            None => Default::default(),
        };
        Box::new(FaultKind::Check(Box::new(Violation { check, subject, condition, value })))
    }

    /// A configured value as the running step sees it, asked for once; `base` is the first free register.
    pub(crate) fn configured<const TRACE: bool>(
        &mut self,
        stack: &mut Stack,
        base: usize,
        config: ConfigId,
        outside: &mut Outside<'_>,
    ) -> Result<i128, crate::interp::Stopped> {
        let program = self.program;
        let declared = &program.configs[config.index()];
        let Some(value) = outside.world.config(config).map_err(Raise::from)? else {
            let Some(default) = declared.default else {
                let name = &program.texts[declared.name.index()];
                let why = format!("the configuration {name} has no value, and the program gives no default");
                return Err(Raise::new(FaultKind::Refused(why.into())).into());
            };
            let result = self.start::<TRACE>(stack, base, default, &[], outside)?;
            // A default may be a number in between; what is configured is stored.
            if program.shapes[declared.shape.index()].reg_type(declared.shape) == RegType::Word {
                let word = i64::try_from(result).map_err(|_| Raise::new(FaultKind::Overflow))?;
                if !values::word_fits(program, declared.shape, word) {
                    return Err(values::misfit(program, declared.shape).into());
                }
            }
            self.answers.configs[config.index()] = Some(result);
            return Ok(result);
        };
        let slot = values::put_value(program, &mut self.heap, declared.shape, &value)?;
        let result = i128::from(slot as i64);
        // Before its checks run: one over all configuration of the module reads this value again.
        self.answers.configs[config.index()] = Some(result);
        for check in &declared.checks {
            let func = program.checks[check.index()].func;
            let takes = program.functions[func.index()].params.min(1);
            if self.start::<TRACE>(stack, base, func, &[slot][..usize::from(takes)], outside)? != 1 {
                let shown = border::display(program, declared.shape, &value);
                return Err(self.violation(*check, Some(shown)).into());
            }
        }
        Ok(result)
    }

    // ---- values

    /// A value as a slot of this machine.
    ///
    /// Errors: [`FaultKind::Misfit`] if it is not of the shape, or a budget of memory is spent.
    pub fn put_value(&mut self, shape: ShapeId, value: &Value) -> Result<u64, FaultKind> {
        values::put_value(self.program, &mut self.heap, shape, value).map_err(|raise| *raise)
    }

    /// A slot as a value.
    ///
    /// Cells may share parts, so the value can be far larger than the heap; for what a program that is not trusted
    /// has made, see [`Vm::checked_value`].
    pub fn get_value(&self, shape: ShapeId, slot: u64) -> Value {
        values::value_of(self.program, &self.heap, shape, slot)
    }

    /// The same, refused as [`FaultKind::MemorySpent`] if it is larger than the heap may be ([`Limits::slots`]).
    pub fn checked_value(&self, shape: ShapeId, slot: u64) -> Result<Value, FaultKind> {
        self.value_within(shape, slot, self.limits.slots).map_err(|raise| *raise)
    }

    pub(crate) fn value_within(&self, shape: ShapeId, slot: u64, most: usize) -> Result<Value, Raise> {
        match weigh(self.program, &self.heap, shape, slot, &mut (most as u64)) {
            Some(()) => Ok(self.get_value(shape, slot)),
            None => Err(crate::heap::spent(Memory::Slots)),
        }
    }

    /// Reads a cell of a file straight into a slot: the way of batches. Scalars allocate nothing.
    #[inline]
    pub fn read_cell(&mut self, shape: ShapeId, cell: &str) -> Result<u64, CellFault> {
        values::read_cell(self.program, &mut self.heap, shape, cell)
    }

    /// A record of slots, one for each field in order, as [`Vm::read_cell`] and [`Vm::put_value`] give them.
    #[inline]
    pub fn put_record(&mut self, slots: &[u64]) -> Result<u64, FaultKind> {
        self.heap.cell(slots).map_err(|raise| *raise)
    }

    /// A list of these elements, each a slot of the list's element shape: for a row's list out of a second file.
    ///
    /// # Errors
    /// Where the memory of the step is spent.
    pub fn put_list(&mut self, elements: &[u64]) -> Result<u64, FaultKind> {
        self.heap.list(elements).map_err(|raise| *raise)
    }

    /// A slot for people, as a text with `{…}` shows it; of a value that no text can hold, only that it is large.
    pub fn display(&self, shape: ShapeId, slot: u64) -> String {
        match self.value_within(shape, slot, self.limits.one_text) {
            Ok(value) => border::display(self.program, shape, &value),
            Err(_) => "a value too large to be shown".to_owned(),
        }
    }

    // ---- tests

    /// The expectations that did not hold, in order: the first 1,000. See [`Vm::unmet_count`].
    pub fn unmet(&self) -> &[Unmet] {
        &self.unmet
    }

    /// How many expectations did not hold.
    pub fn unmet_count(&self) -> u64 {
        self.unmet_count
    }

    /// The same as [`Vm::unmet`]; the machine forgets them.
    pub fn take_unmet(&mut self) -> Vec<Unmet> {
        self.unmet_count = 0;
        std::mem::take(&mut self.unmet)
    }

    /// The run that a process has for a key: its run record.
    pub fn run_record(&self, process: ProcessId, key: &str) -> Option<&Value> {
        self.runs.get(&(process, key.into()))
    }

    /// Forgets all runs.
    pub fn forget_runs(&mut self) {
        self.runs.clear();
    }

    /// Takes `amount` from the budget of work.
    #[inline]
    pub(crate) fn works(&mut self, amount: usize) -> Result<(), Raise> {
        match self.work.checked_sub(amount as u64) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => Err(Box::new(FaultKind::CostSpent)),
        }
    }

    /// A register as a value for people.
    pub(crate) fn show(&self, ty: Option<RegType>, register: i128) -> String {
        match ty {
            Some(RegType::Handle(shape)) => self.display(shape, register as u64),
            _ => register.to_string(),
        }
    }
}

impl Stack {
    /// Makes room for registers up to `top`; `false` beyond the limit.
    #[inline]
    pub fn reserve(&mut self, top: usize, limit: usize) -> bool {
        if top > self.registers.len() {
            if top > limit {
                return false;
            }
            self.registers.resize(top.next_power_of_two().min(limit), 0);
        }
        true
    }
}
