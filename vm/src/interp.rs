//! The interpreter's loop.
//!
//! One `match` on the instruction, registers in one slice for the call at hand, nothing allocated on the way. What
//! is long or rare stands in methods of its own, here and in the neighbouring files, so that the loop stays small.

use std::cmp::Ordering;

use bp_bytecode::index::{FuncId, PlaceId, ShapeId, TextId};
use bp_bytecode::op::{Cmp, Op};
use bp_bytecode::program::{Function, Program};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::{RegType, Shape};

use crate::exact;
use crate::fault::{Fault, FaultKind, Raise, Reached};
use crate::process::Next;
use crate::trace::{Event, Fraction};
use crate::vm::{Frame, Outside, Stack, Vm};

/// Why the loop stopped before its end.
pub(crate) enum Stopped {
    /// Here, at the running instruction.
    Here(Raise),
    /// In a run inside this one, which has noted its place.
    Inside(Box<Fault>),
}

impl From<Raise> for Stopped {
    fn from(raise: Raise) -> Stopped {
        Stopped::Here(raise)
    }
}

impl From<Box<Fault>> for Stopped {
    fn from(fault: Box<Fault>) -> Stopped {
        Stopped::Inside(fault)
    }
}

impl From<FaultKind> for Stopped {
    #[cold]
    fn from(kind: FaultKind) -> Stopped {
        Stopped::Here(Box::new(kind))
    }
}

impl From<exact::ExactFault> for Stopped {
    #[cold]
    fn from(fault: exact::ExactFault) -> Stopped {
        Stopped::Here(fault.into())
    }
}

#[inline]
pub(crate) fn holds(how: Cmp, order: Ordering) -> bool {
    match how {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}

#[inline]
fn compares(how: Cmp, a: i128, b: i128) -> bool {
    match how {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

/// A slot as a register: handles are below 2^63, so one extension serves words and handles.
#[inline]
pub(crate) fn register(slot: u64) -> i128 {
    i128::from(slot as i64)
}

/// The shape of the cells that a register holds handles of.
#[inline]
pub(crate) fn shape_of(function: &Function, register: u16) -> Result<ShapeId, Raise> {
    match function.registers[usize::from(register)] {
        RegType::Handle(shape) => Ok(shape),
        RegType::Word | RegType::Wide => Err(Box::new(FaultKind::Unreachable)),
    }
}

/// The number of fields of a case.
#[inline]
fn case_width(program: &Program, function: &Function, register: u16, case: u16) -> Result<usize, Raise> {
    match &program.shapes[shape_of(function, register)?.index()] {
        Shape::Variant(cases) => Ok(cases.cases[usize::from(case)].fields.len()),
        _ => Err(Box::new(FaultKind::Unreachable)),
    }
}

pub(crate) fn key_shape(program: &Program, function: &Function, register: u16) -> Result<ShapeId, Raise> {
    match &program.shapes[shape_of(function, register)?.index()] {
        Shape::Map(key, _) => Ok(*key),
        _ => Err(Box::new(FaultKind::Unreachable)),
    }
}

impl<'p> Vm<'p> {
    /// Runs a function whose values stand in the registers from `base` on, from an instruction to its end.
    pub(crate) fn run<const TRACE: bool>(
        &mut self,
        stack: &mut Stack,
        base: usize,
        func: FuncId,
        from: usize,
        outside: &mut Outside<'_>,
    ) -> Result<i128, Box<Fault>> {
        let program: &'p Program = self.code;
        let floor = stack.frames.len();
        let (mut func, mut base, mut pc) = (func, base, from);
        let mut function = &program.functions[func.index()];
        let mut code: &[Op] = &function.code;
        let mut r = &mut stack.registers[base..base + function.registers.len()];

        // Results of fallible steps; a fault leaves the loop with `pc` behind its instruction.
        macro_rules! get {
            ($use:expr) => {
                r[usize::from($use.0)]
            };
        }
        macro_rules! set {
            ($def:expr, $value:expr) => {{
                let value = $value;
                r[usize::from($def.0)] = value;
            }};
        }
        // The operands of 64-bit forms: words by their type, so that the lower half is all there is.
        macro_rules! word {
            ($use:expr) => {
                get!($use) as i64
            };
        }
        macro_rules! literal {
            ($value:expr) => {
                program.constants[$value.index()] as i64
            };
        }
        macro_rules! window {
            ($first:expr, $count:expr) => {{
                let first = usize::from($first.0);
                &r[first..first + $count]
            }};
        }
        let stopped: Stopped = 'run: {
            macro_rules! stop {
                ($why:expr) => {
                    break 'run Stopped::from($why)
                };
            }
            macro_rules! attempt {
                ($result:expr) => {
                    match $result {
                        Ok(value) => value,
                        Err(why) => stop!(why),
                    }
                };
            }
            macro_rules! fits {
                ($option:expr) => {
                    match $option {
                        Some(value) => value,
                        None => stop!(FaultKind::Overflow),
                    }
                };
            }
            loop {
                let Some(op) = code.get(pc) else {
                    pc += 1;
                    stop!(FaultKind::Unreachable)
                };
                if TRACE && let Some(coverage) = &self.coverage {
                    coverage.ran(func, pc);
                }
                pc += 1;
                match *op {
                    Op::Move { dst, a } => set!(dst, get!(a)),
                    Op::Int { dst, value } => set!(dst, i128::from(value)),
                    Op::Const { dst, value } => set!(dst, program.constants[value.index()]),
                    Op::Text { dst, text } => set!(dst, register(self.heap.literal(text))),

                    Op::Add { dst, a, b } => set!(dst, fits!(get!(a).checked_add(get!(b)))),
                    Op::Sub { dst, a, b } => set!(dst, fits!(get!(a).checked_sub(get!(b)))),
                    Op::Mul { dst, a, b } => set!(dst, fits!(exact::mul(get!(a), get!(b)))),
                    Op::Neg { dst, a } => set!(dst, fits!(get!(a).checked_neg())),
                    Op::Abs { dst, a } => set!(dst, fits!(get!(a).checked_abs())),
                    Op::Min { dst, a, b } => set!(dst, get!(a).min(get!(b))),
                    Op::Max { dst, a, b } => set!(dst, get!(a).max(get!(b))),
                    Op::Sign { dst, a } => set!(dst, get!(a).signum()),
                    Op::ScaleUp { dst, a, power } => {
                        let factor = fits!(exact::pow10(power));
                        set!(dst, fits!(exact::mul(get!(a), factor)));
                    }
                    Op::DivFloor { dst, a, b } => set!(dst, attempt!(exact::div_floor(get!(a), get!(b)))),
                    Op::ModFloor { dst, a, b } => set!(dst, attempt!(exact::mod_floor(get!(a), get!(b)))),
                    Op::Narrow { dst, a } => match i64::try_from(get!(a)) {
                        Ok(word) => set!(dst, i128::from(word)),
                        Err(_) => stop!(FaultKind::Overflow),
                    },
                    Op::Round { dst, a, power, mode } => {
                        let Some(mode) = Mode::from_number(i64::from(mode)) else { stop!(FaultKind::Unreachable) };
                        let (before, after) = (get!(a), exact::round_pow10(get!(a), power, mode));
                        if TRACE {
                            let denominator = num_bigint::BigInt::from(10).pow(u32::from(power));
                            let before = Fraction { numerator: before.into(), denominator, root: false };
                            let place = place_at(function, pc);
                            outside.tracer.event(Event::Rounded { place, before, after, scale: None });
                        }
                        set!(dst, after);
                    }
                    Op::RoundChain { dst, first, chain } => {
                        let chain = &program.chains[chain.index()];
                        let window = window!(first, exact::chain_width(chain));
                        let after = attempt!(exact::chain(chain, window));
                        if TRACE && let Ok((numerator, denominator)) = exact::chain_quotient(chain, window) {
                            let before = Fraction { numerator, denominator, root: chain.root };
                            let (place, scale) = (place_at(function, pc), Some(chain.result_scale));
                            outside.tracer.event(Event::Rounded { place, before, after, scale });
                        }
                        set!(dst, after);
                    }
                    Op::IsMultiple { dst, a, power } => set!(dst, i128::from(exact::is_multiple(get!(a), power))),

                    Op::Compare { dst, a, b, how } => set!(dst, i128::from(compares(how, get!(a), get!(b)))),
                    Op::CompareScaled { dst, a, b, scales } => {
                        let order = exact::compare_scaled(get!(a), scales.up, get!(b), scales.down);
                        set!(dst, i128::from(holds(scales.how, order)));
                    }
                    Op::Not { dst, a } => set!(dst, i128::from(get!(a) == 0)),
                    Op::Equal { dst, a, b } => {
                        let equal = match function.registers[usize::from(a.0)] {
                            RegType::Handle(shape) => attempt!(self.equal(shape, get!(a) as u64, get!(b) as u64)),
                            RegType::Word | RegType::Wide => get!(a) == get!(b),
                        };
                        set!(dst, i128::from(equal));
                    }
                    Op::TextOrder { dst, a, b } => {
                        let (a, b) = (get!(a) as u64, get!(b) as u64);
                        attempt!(self.works(self.heap.text(a).len().min(self.heap.text(b).len())));
                        set!(dst, self.heap.text(a).cmp(self.heap.text(b)) as i128);
                    }

                    Op::Jump { to } => pc = to.0 as usize,
                    Op::JumpIf { condition, to } => {
                        if get!(condition) != 0 {
                            pc = to.0 as usize;
                        }
                    }
                    Op::JumpUnless { condition, to } => {
                        if get!(condition) == 0 {
                            pc = to.0 as usize;
                        }
                    }
                    Op::Switch { on, table } => {
                        let table = &program.switches[table.index()];
                        let place = usize::try_from(get!(on)).unwrap_or(usize::MAX);
                        match table.get(place).or(table.last()) {
                            Some(to) => pc = to.0 as usize,
                            None => stop!(FaultKind::Unreachable),
                        }
                    }
                    Op::Call { dst, func: callee, first } => {
                        if !TRACE
                            && let Some(fast) = self.trying
                            && let Some(params) = fast.params(callee)
                        {
                            let args = window!(first, params);
                            // A number beyond 64 bits is not for the fast form: the call is run again as it is written.
                            if args.iter().any(|arg| i64::try_from(*arg).is_err()) {
                                stop!(FaultKind::Unreachable);
                            }
                            let args = args.iter().map(|register| *register as u64);
                            match self.run_words(fast, callee, args, outside) {
                                Ok(word) => set!(dst, i128::from(word)),
                                Err(crate::words::GiveUp) => stop!(FaultKind::Unreachable),
                            }
                            continue;
                        }
                        let next = &program.functions[callee.index()];
                        let new_base = base + function.registers.len();
                        if stack.frames.len() >= self.limits.depth {
                            stop!(FaultKind::CallTooDeep);
                        }
                        if !stack.reserve(new_base + next.registers.len(), self.limits.registers) {
                            stop!(FaultKind::CallTooDeep);
                        }
                        let first = base + usize::from(first.0);
                        stack.registers.copy_within(first..first + usize::from(next.params), new_base);
                        stack.frames.push(Frame { func, dst: dst.0, pc: pc as u32, base: base as u32 });
                        (func, base, pc) = (callee, new_base, 0);
                        function = next;
                        code = &function.code;
                        r = &mut stack.registers[base..base + function.registers.len()];
                    }
                    Op::Return { a } => {
                        let result = get!(a);
                        if stack.frames.len() == floor {
                            return Ok(result);
                        }
                        let Some(frame) = stack.frames.pop() else { return Ok(result) };
                        (func, base, pc) = (frame.func, frame.base as usize, frame.pc as usize);
                        function = &program.functions[func.index()];
                        code = &function.code;
                        r = &mut stack.registers[base..base + function.registers.len()];
                        r[usize::from(frame.dst)] = result;
                    }
                    Op::Halt { why, detail } => stop!(self.halt(why, detail)),
                    Op::Check { a, check } => {
                        if get!(a) != 1 {
                            let shown = self.shown_subject(function, pc, check, r);
                            stop!(self.violation(check, shown));
                        }
                    }
                    Op::Charge { amount } => match self.cost.checked_sub(u64::from(amount)) {
                        Some(left) => self.cost = left,
                        None => stop!(FaultKind::CostSpent),
                    },

                    Op::Record { dst, first } => {
                        let width = usize::from(self.widths[attempt!(shape_of(function, dst.0)).index()]);
                        set!(dst, register(attempt!(self.heap.cell_of(None, window!(first, width)))));
                    }
                    Op::Field { dst, a, field } => {
                        set!(dst, register(self.heap.slot(get!(a) as u64, usize::from(field))));
                    }
                    Op::Variant { dst, case, first } => {
                        let width = attempt!(case_width(program, function, dst.0, case));
                        let cell = self.heap.cell_of(Some(u64::from(case)), window!(first, width));
                        set!(dst, register(attempt!(cell)));
                    }
                    Op::Tag { dst, a } => set!(dst, register(self.heap.slot(get!(a) as u64, 0))),
                    Op::Unpack { a, case, first, otherwise } => {
                        let cell = get!(a) as u64;
                        if self.heap.slot(cell, 0) == u64::from(case) {
                            let width = attempt!(case_width(program, function, a.0, case));
                            for at in 0..width {
                                r[usize::from(first.0) + at] = register(self.heap.slot(cell, at + 1));
                            }
                        } else {
                            pc = otherwise.0 as usize;
                        }
                    }
                    Op::Some { dst, a } => set!(dst, register(attempt!(self.heap.cell(&[get!(a) as u64])))),
                    Op::None { dst } => set!(dst, 0),
                    Op::Unsome { dst, a, otherwise } => match get!(a) as u64 {
                        0 => pc = otherwise.0 as usize,
                        cell => set!(dst, register(self.heap.slot(cell, 0))),
                    },
                    Op::List { dst, first, count } => {
                        let list = self.heap.list_of(window!(first, usize::from(count)));
                        set!(dst, register(attempt!(list)));
                    }
                    Op::Append { dst, list, a } => {
                        set!(dst, register(attempt!(self.heap.append(get!(list) as u64, get!(a) as u64))));
                    }
                    Op::Len { dst, list } => {
                        let shape = attempt!(shape_of(function, list.0));
                        let len = match &program.shapes[shape.index()] {
                            Shape::Map(..) => self.heap.map_len(get!(list) as u64),
                            _ => self.heap.list_len(get!(list) as u64),
                        };
                        set!(dst, len as i128);
                    }
                    Op::Item { dst, list, index } => {
                        set!(dst, register(attempt!(self.heap.item(get!(list) as u64, get!(index)))));
                    }
                    Op::Put { dst, map, key, value } => {
                        let shape = attempt!(key_shape(program, function, map.0));
                        let (map, key, value) = (get!(map) as u64, get!(key) as u64, get!(value) as u64);
                        attempt!(self.weigh(shape, key));
                        let (new, work) = attempt!(self.heap.map_put(program, shape, map, key, value));
                        attempt!(self.works(work));
                        set!(dst, register(new));
                    }
                    Op::MapNew { dst } => set!(dst, 0),
                    Op::Get { dst, map, key } => {
                        let shape = attempt!(key_shape(program, function, map.0));
                        attempt!(self.weigh(shape, get!(key) as u64));
                        let found = self.heap.map_get(program, shape, get!(map) as u64, get!(key) as u64);
                        let (value, work) = attempt!(found);
                        attempt!(self.works(work));
                        let option = match value {
                            Some(value) => attempt!(self.heap.cell(&[value])),
                            None => 0,
                        };
                        set!(dst, register(option));
                    }
                    Op::Keys { dst, map } => {
                        let shape = attempt!(key_shape(program, function, map.0));
                        set!(dst, register(attempt!(self.heap.map_keys(program, shape, get!(map) as u64))));
                    }
                    Op::Values { dst, map } => {
                        let shape = attempt!(key_shape(program, function, map.0));
                        set!(dst, register(attempt!(self.heap.map_values(program, shape, get!(map) as u64))));
                    }
                    Op::SortOrder { dst, keys, descending } => {
                        let shape = attempt!(shape_of(function, keys.0));
                        let order = self.sort_order(shape, get!(keys) as u64, descending != 0);
                        set!(dst, register(attempt!(order)));
                    }

                    Op::Join { dst, first, count } => {
                        let texts = window!(first, usize::from(count)).iter().map(|text| *text as u64);
                        set!(dst, register(attempt!(crate::text::join(&mut self.heap, texts))));
                    }
                    Op::Format { dst, a, shape } => {
                        set!(dst, register(attempt!(self.format(shape, get!(a)))));
                    }
                    Op::Pad { dst, a, digits } => {
                        set!(dst, register(attempt!(self.pad(get!(a), digits))));
                    }
                    Op::Builtin { dst, builtin, first } => {
                        let args = window!(first, builtin.params().len());
                        set!(dst, register(attempt!(self.builtin(builtin, args, outside.world))));
                    }

                    Op::Search { dst, tree, first } => {
                        set!(dst, attempt!(self.search(tree, &r[usize::from(first.0)..])));
                    }
                    Op::Pick { dst, base, index } => {
                        let place = usize::try_from(get!(index)).ok().and_then(|at| base.index().checked_add(at));
                        // Behind the program's own literals are those that the optimiser has added.
                        match place.and_then(|place| self.program.constants.get(place)) {
                            Some(constant) => set!(dst, *constant),
                            None => stop!(FaultKind::Unreachable),
                        }
                    }
                    Op::PickText { dst, base, index } => {
                        let place = usize::try_from(get!(index)).ok().and_then(|at| base.index().checked_add(at));
                        match place.and_then(|place| u32::try_from(place).ok()) {
                            Some(place) if (place as usize) < program.texts.len() => {
                                set!(dst, register(self.heap.literal(TextId(place))));
                            }
                            _ => stop!(FaultKind::Unreachable),
                        }
                    }
                    Op::Matched { decision, row } => {
                        if TRACE {
                            self.matched(decision, get!(row), outside);
                        }
                    }

                    Op::Config { dst, config } => {
                        let value = match self.answers.configs[config.index()] {
                            Some(value) => value,
                            None => {
                                stack.frames.push(Frame { func, dst: dst.0, pc: pc as u32, base: base as u32 });
                                let top = base + function.registers.len();
                                let value = attempt!(self.configured::<TRACE>(stack, top, config, outside));
                                stack.frames.pop();
                                r = &mut stack.registers[base..base + function.registers.len()];
                                value
                            }
                        };
                        set!(dst, value);
                    }
                    Op::Today { dst } => set!(dst, attempt!(self.today(outside))),
                    Op::Now { dst } => set!(dst, attempt!(self.now(outside))),
                    Op::StepBegin { step } => {
                        self.answers.forget();
                        self.documents.clear();
                        self.refill();
                        attempt!(outside.world.step_begin(step).map_err(Raise::from));
                        if TRACE {
                            outside.tracer.event(Event::StepBegun { step });
                        }
                    }
                    Op::StepEnd { step } => {
                        attempt!(outside.world.step_end(step).map_err(Raise::from));
                    }
                    Op::StepFail { step } => {
                        self.answers.forget();
                        self.documents.clear();
                        self.posting.open = false;
                        attempt!(outside.world.step_fail(step).map_err(Raise::from));
                    }
                    Op::PostBegin { post: _, text, day } => {
                        attempt!(self.post_begin(get!(text) as u64, get!(day)));
                    }
                    Op::PostLine { account, side, amount, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        let dims = window!(first, dims).iter().map(|register| *register as u64);
                        attempt!(self.post_line(account, side, get!(amount), dims));
                    }
                    Op::PostEnd { post } => {
                        let place = place_at(function, pc);
                        attempt!(self.post_end::<TRACE>(post, place, outside));
                    }
                    Op::Balance { dst, account, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        set!(dst, attempt!(self.balance(account, window!(first, dims), outside)));
                    }
                    Op::Create { dst, entity, record } => {
                        set!(dst, attempt!(self.create(entity, get!(record) as u64, outside)));
                    }
                    Op::Document { dst, entity, a } => {
                        set!(dst, register(attempt!(self.document(entity, get!(a), outside))));
                    }
                    Op::Change { entity, a, record } => {
                        attempt!(self.change(entity, get!(a), get!(record) as u64, outside));
                    }
                    Op::Lookup { dst, entity, first } => {
                        let key = window!(first, program.entities[entity.index()].key.len());
                        set!(dst, register(attempt!(self.lookup(entity, key, outside))));
                    }
                    Op::Find { dst, query, first } => {
                        let asked = &program.queries[query.index()];
                        let values = window!(first, asked.conditions.len() + usize::from(asked.limit));
                        set!(dst, register(attempt!(self.find(query, values, outside))));
                    }
                    Op::Number { dst, entity, period } => {
                        set!(dst, attempt!(self.next_number(entity, get!(period) as u64, outside)));
                    }
                    Op::Held { dst, account, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        set!(dst, attempt!(self.held(account, window!(first, dims), outside)));
                    }
                    Op::Hold { dst, account, amount, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        set!(dst, attempt!(self.hold(account, get!(amount), window!(first, dims), outside)));
                    }
                    Op::Settle { hold, commit } => {
                        attempt!(outside.world.settle(get!(hold) as i64, commit == 1).map_err(Raise::from));
                    }
                    Op::CommitPart { dst, hold, amount } => {
                        set!(dst, attempt!(self.commit_part(get!(hold), get!(amount), outside)));
                    }
                    Op::Take { dst, account, amount, first } => {
                        let shape = attempt!(shape_of(function, dst.0));
                        let dims = program.accounts[account.index()].dimensions.len();
                        let parts = self.take(account, get!(amount), window!(first, dims), shape, outside);
                        set!(dst, register(attempt!(parts)));
                    }
                    Op::LineWorth { worth } => attempt!(self.line_worth(get!(worth))),
                    Op::LineOver { role } => self.line_over(get!(role)),
                    Op::PostValued { account, side, kind, amount, rate, first } => {
                        let dims = program.accounts[account.index()].dimensions.len() + 1;
                        let (line, rate) = ((account, side, kind), get!(rate) as u64);
                        attempt!(self.post_valued(line, get!(amount), rate, window!(first, dims)));
                    }
                    Op::PostRounding { account, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        attempt!(self.post_rounding(account, window!(first, dims)));
                    }
                    Op::BookValue { dst, account, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        set!(dst, attempt!(self.book_value(account, window!(first, dims), outside)));
                    }
                    Op::Free { account, amount, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        attempt!(self.free(account, get!(amount), window!(first, dims), outside));
                    }
                    Op::Available { dst, account, first } => {
                        let spot = window!(first, bounded(program, account));
                        set!(dst, attempt!(self.available(account, None, spot, outside)));
                    }
                    Op::Room { dst, account, wanted, first } => {
                        let spot = window!(first, bounded(program, account));
                        set!(dst, attempt!(self.available(account, Some(get!(wanted)), spot, outside)));
                    }
                    Op::Bound { account, first } => {
                        attempt!(self.bound(account, window!(first, bounded(program, account)), outside));
                    }
                    Op::HoldOver { dst, account, amount, role, first } => {
                        let spot = window!(first, bounded(program, account));
                        set!(dst, attempt!(self.hold_over(account, get!(amount), get!(role), spot, outside)));
                    }
                    Op::Posted { dst } => set!(dst, attempt!(self.posted(outside))),
                    Op::Reverse { entry } => attempt!(self.reverse(get!(entry), outside)),
                    Op::FirstOpen { dst } => set!(dst, attempt!(self.first_open(None, outside))),
                    Op::FirstOpenIn { dst, book } => {
                        set!(dst, attempt!(self.first_open(Some(get!(book) as u64), outside)));
                    }
                    Op::PostIn { book } => self.posting.book = Some(get!(book) as u64),
                    Op::BalanceIn { dst, account, book, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        let (book, dims) = (get!(book) as u64, window!(first, dims));
                        set!(dst, attempt!(self.balance_in(account, book, dims, outside)));
                    }
                    Op::BalanceAt { dst, account, worth, book, first } => {
                        let dims = program.accounts[account.index()].dimensions.len();
                        let (book, spot) = (get!(book) as u64, window!(first, dims + 1));
                        set!(dst, attempt!(self.balance_at(account, worth != 0, book, spot, outside)));
                    }
                    Op::ClosePeriod { day } => attempt!(self.close_period(get!(day), outside)),
                    Op::RunGet { dst, process, key } => {
                        let shape = attempt!(shape_of(function, dst.0));
                        set!(dst, register(attempt!(self.run_get(process, get!(key) as u64, shape))));
                    }
                    Op::RunPut { process, key, run } => {
                        let shape = attempt!(shape_of(function, run.0));
                        attempt!(self.run_put(process, get!(key) as u64, shape, get!(run) as u64));
                    }
                    Op::Expect { a, expect } => {
                        if get!(a) == 0 {
                            self.expectation(expect, r);
                        }
                    }
                    bp_bytecode::process_ops!() => {
                        let is_first = stack.frames.is_empty() && stack.nested == 1;
                        match attempt!(self.process_op(*op, function, r, is_first, outside)) {
                            Next::On => {}
                            Next::Give(dst, value) => r[usize::from(dst)] = value,
                            Next::Leave => return Ok(0),
                        }
                    }
                    Op::AtRow { file, row } => self.row = Some((file, get!(row) as i64)),

                    Op::AddWord { dst, a, b } => set!(dst, fits!(word!(a).checked_add(word!(b))).into()),
                    Op::SubWord { dst, a, b } => set!(dst, fits!(word!(a).checked_sub(word!(b))).into()),
                    Op::MulWord { dst, a, b } => set!(dst, fits!(word!(a).checked_mul(word!(b))).into()),
                    Op::AddConst { dst, a, value } => set!(dst, fits!(word!(a).checked_add(literal!(value))).into()),
                    Op::MulConst { dst, a, value } => set!(dst, fits!(word!(a).checked_mul(literal!(value))).into()),
                    Op::MinConst { dst, a, value } => set!(dst, word!(a).min(literal!(value)).into()),
                    Op::MaxConst { dst, a, value } => set!(dst, word!(a).max(literal!(value)).into()),
                    Op::RoundBy { dst, a, by, mode } => {
                        let Some(mode) = Mode::from_number(i64::from(mode)) else { stop!(FaultKind::Unreachable) };
                        let by = literal!(by);
                        if by < 2 {
                            stop!(FaultKind::DivisionByZero);
                        }
                        set!(dst, exact::round_div_word(word!(a), by, mode).into());
                    }
                    Op::JumpCompare { a, b, how, to } => {
                        if compares(how, get!(a), get!(b)) {
                            pc = to.0 as usize;
                        }
                    }
                    Op::JumpCompareConst { a, value, how, to } => {
                        if compares(how, get!(a), program.constants[value.index()]) {
                            pc = to.0 as usize;
                        }
                    }
                }
            }
        };
        Err(match stopped {
            Stopped::Inside(fault) => fault,
            Stopped::Here(kind) => Box::new(fault_at(program, *kind, func, pc, stack)),
        })
    }
}

/// The place of the instruction before `pc`.
fn place_at(function: &Function, pc: usize) -> PlaceId {
    function.places.get(pc.saturating_sub(1)).copied().unwrap_or(function.place)
}

#[cold]
fn fault_at(program: &Program, kind: FaultKind, func: FuncId, pc: usize, stack: &Stack) -> Fault {
    let reached = |func: FuncId, pc: usize| Reached { func, place: place_at(&program.functions[func.index()], pc) };
    let mut trace = vec![reached(func, pc)];
    trace.extend(stack.frames.iter().rev().map(|frame| reached(frame.func, frame.pc as usize)));
    Fault { kind, place: trace[0].place, trace }
}

/// How many registers say a combination of dimensions with its bounds.
fn bounded(program: &Program, account: bp_bytecode::index::AccountId) -> usize {
    let account = &program.accounts[account.index()];
    account.dimensions.len() + account.amounts()
}
