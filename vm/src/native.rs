//! What native code asks of the machine whose memory it works on.
//!
//! Native code keeps registers to itself, makes cells in the same heap and notes its effects in a log. It comes back
//! here for instructions that are long or rare, for what a step's begin changes, and at its end to hand the effects
//! over. A call that gives up has changed nothing that a program can see: the heap goes back to its mark, the world
//! has only been asked.

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, FuncId, PostId, ProcessId, ShapeId};
use bp_bytecode::op::Op;
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;

use crate::exact;
use crate::fault::{Fault, FaultKind, Raise};
use crate::heap::{Heap, Mark};
use crate::interp::{Stopped, register, shape_of};
use crate::trace::Untraced;
use crate::vm::{Limits, Outside, Vm};
use crate::world::{Entry, Line, Refusal, View, World};

/// A process's run, noted by native code until its call ends well.
#[derive(Clone, Debug)]
pub struct NotedRun {
    pub process: ProcessId,
    pub key: String,
    pub run: Value,
}

/// A line of an entry as native code notes it.
#[derive(Clone, Copy, Debug)]
pub struct NotedLine<'a> {
    pub account: AccountId,
    /// Positive is a debit.
    pub amount: i64,
    /// A slot for each dimension of the account.
    pub dims: &'a [u64],
}

impl<'p> Vm<'p> {
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What a call does before its first instruction. The mark is what [`Vm::native_back`] goes back to.
    #[inline]
    pub fn native_begin(&mut self) -> Mark {
        self.begin();
        self.heap.mark()
    }

    /// Forgets the cells and texts made since the mark.
    pub fn native_back(&mut self, mark: Mark) {
        self.documents.clear();
        self.heap.back_to(mark);
    }

    /// What `step_begin` does inside the machine.
    #[inline]
    pub fn native_step(&mut self) {
        self.answers.forget();
        self.documents.clear();
        self.refill();
    }

    /// What is left of the budget of cost.
    #[inline]
    pub fn cost_left(&self) -> u64 {
        self.cost
    }

    #[inline]
    pub fn set_cost_left(&mut self, cost: u64) {
        self.cost = cost;
    }

    #[inline]
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// Runs one instruction that neither jumps nor calls nor has an effect, on registers that hold its operands.
    /// `code` is the program whose functions are native: this machine's, or an optimised form of it.
    ///
    /// # Errors
    /// Where the interpreter would stop with a fault, and for instructions that native code translates itself.
    pub fn native_op(
        &mut self,
        code: &'p Program,
        (func, pc): (FuncId, usize),
        r: &mut [i128],
        world: &mut dyn World,
    ) -> Result<(), NativeStop> {
        self.code = code;
        let done = self.one_op(func, pc, r, &mut Outside { world, tracer: &mut Untraced });
        self.code = self.program;
        done.map(|_| ())
    }

    /// The same; gives the register that was written.
    pub(crate) fn one_op(
        &mut self,
        func: FuncId,
        pc: usize,
        r: &mut [i128],
        outside: &mut Outside<'_>,
    ) -> Result<u16, NativeStop> {
        let program = self.code;
        let function = &program.functions[func.index()];
        macro_rules! get {
            ($use:expr) => {
                r[usize::from($use.0)]
            };
        }
        macro_rules! window {
            ($first:expr, $count:expr) => {
                &r[usize::from($first.0)..][..$count]
            };
        }
        let (dst, value) = match function.code[pc] {
            Op::RoundChain { dst, first, chain } => {
                let chain = &program.chains[chain.index()];
                (dst, exact::chain(chain, window!(first, exact::chain_width(chain))).map_err(Raise::from)?)
            }
            Op::Round { dst, a, power, mode } => {
                let mode = bp_bytecode::rounding::Mode::from_number(i64::from(mode)).ok_or(NativeStop)?;
                (dst, exact::round_pow10(get!(a), power, mode))
            }
            Op::CompareScaled { dst, a, b, scales } => {
                let order = exact::compare_scaled(get!(a), scales.up, get!(b), scales.down);
                (dst, i128::from(crate::interp::holds(scales.how, order)))
            }
            Op::Equal { dst, a, b } => {
                let shape = shape_of(function, a.0)?;
                (dst, i128::from(self.equal(shape, get!(a) as u64, get!(b) as u64)?))
            }
            Op::TextOrder { dst, a, b } => {
                let (a, b) = (get!(a) as u64, get!(b) as u64);
                self.works(self.heap.text(a).len().min(self.heap.text(b).len()))?;
                (dst, self.heap.text(a).cmp(self.heap.text(b)) as i128)
            }
            Op::Append { dst, list, a } => (dst, register(self.heap.append(get!(list) as u64, get!(a) as u64)?)),
            Op::Len { dst, list } => match &program.shapes[shape_of(function, list.0)?.index()] {
                Shape::Map(..) => (dst, self.heap.map_len(get!(list) as u64) as i128),
                _ => (dst, self.heap.list_len(get!(list) as u64) as i128),
            },
            Op::Put { dst, map, key, value } => {
                let shape = crate::interp::key_shape(program, function, map.0)?;
                let (map, key, value) = (get!(map) as u64, get!(key) as u64, get!(value) as u64);
                self.weigh(shape, key)?;
                let (new, work) = self.heap.map_put(program, shape, map, key, value)?;
                self.works(work)?;
                (dst, register(new))
            }
            Op::Get { dst, map, key } => {
                let shape = crate::interp::key_shape(program, function, map.0)?;
                self.weigh(shape, get!(key) as u64)?;
                let (value, work) = self.heap.map_get(program, shape, get!(map) as u64, get!(key) as u64)?;
                self.works(work)?;
                let option = match value {
                    Some(value) => self.heap.cell(&[value])?,
                    None => 0,
                };
                (dst, register(option))
            }
            Op::Keys { dst, map } => {
                let shape = crate::interp::key_shape(program, function, map.0)?;
                (dst, register(self.heap.map_keys(program, shape, get!(map) as u64)?))
            }
            Op::Values { dst, map } => {
                let shape = crate::interp::key_shape(program, function, map.0)?;
                (dst, register(self.heap.map_values(program, shape, get!(map) as u64)?))
            }
            Op::SortOrder { dst, keys, descending } => {
                let shape = shape_of(function, keys.0)?;
                (dst, register(self.sort_order(shape, get!(keys) as u64, descending != 0)?))
            }
            Op::Join { dst, first, count } => {
                let texts = window!(first, usize::from(count)).iter().map(|text| *text as u64);
                (dst, register(crate::text::join(&mut self.heap, texts)?))
            }
            Op::Format { dst, a, shape } => (dst, register(self.format(shape, get!(a))?)),
            Op::Pad { dst, a, digits } => (dst, register(self.pad(get!(a), digits)?)),
            Op::Builtin { dst, builtin, first } => {
                let args = window!(first, builtin.params().len());
                (dst, register(self.builtin(builtin, args, outside.world)?))
            }
            Op::Search { dst, tree, first } => (dst, self.search(tree, &r[usize::from(first.0)..])?),
            Op::Config { dst, config } => {
                let value = match self.answers.configs[config.index()] {
                    Some(value) => value,
                    None => {
                        let mut stack = std::mem::take(&mut self.stack);
                        stack.frames.clear();
                        let value = self.configured::<false>(&mut stack, 0, config, outside);
                        self.stack = stack;
                        value?
                    }
                };
                (dst, value)
            }
            Op::Today { dst } => (dst, self.today(outside)?),
            Op::Now { dst } => (dst, self.now(outside)?),
            Op::Balance { dst, account, first } => {
                let dims = program.accounts[account.index()].dimensions.len();
                (dst, self.balance(account, window!(first, dims), outside)?)
            }
            Op::RunGet { dst, process, key } => {
                let shape = shape_of(function, dst.0)?;
                (dst, register(self.run_get(process, get!(key) as u64, shape)?))
            }
            _ => return Err(NativeStop),
        };
        r[usize::from(dst.0)] = value;
        Ok(dst.0)
    }

    // ---- at the end

    /// Do these lines balance, unit by unit?
    pub fn native_balanced<'a>(&self, lines: impl Iterator<Item = NotedLine<'a>>) -> bool {
        let mut sums = vec![0i128; self.units.count()];
        for line in lines {
            let (unit, lift) = self.units.of_account(line.account);
            let sum = &mut sums[usize::from(unit)];
            let Some(next) = i128::from(line.amount).checked_mul(lift).and_then(|n| sum.checked_add(n)) else {
                return false;
            };
            *sum = next;
        }
        sums.iter().all(|sum| *sum == 0)
    }

    /// Hands an entry that balances to the world; lines of amount 0 are dropped, and for an entry
    /// without lines the world is not asked (`false`).
    ///
    /// # Errors
    /// The world's.
    pub fn native_post<'a>(
        &mut self,
        post: PostId,
        (text, day): (u64, i32),
        lines: impl Iterator<Item = NotedLine<'a>>,
        world: &mut dyn World,
    ) -> Result<bool, Refusal> {
        let (kept, dims) = self.posting.buffers();
        kept.clear();
        dims.clear();
        for line in lines.filter(|line| line.amount != 0) {
            kept.push(Line { account: line.account, amount: line.amount, dims: dims.len() as u32 });
            dims.extend_from_slice(line.dims);
        }
        if kept.is_empty() {
            return Ok(false);
        }
        let view = View { program: self.program, heap: &self.heap };
        world.post(&Entry {
            post,
            text: self.heap.text(text),
            book: None,
            day,
            lines: kept,
            dims,
            worths: &[],
            overs: &[],
            view,
        })?;
        Ok(true)
    }

    /// A process's run as it will be kept.
    ///
    /// # Errors
    /// Where it is too large to be kept.
    pub fn native_note_run(
        &self,
        process: ProcessId,
        shape: ShapeId,
        key: u64,
        run: u64,
    ) -> Result<NotedRun, NativeStop> {
        let run = self.value_within(shape, run, self.limits.slots)?;
        Ok(NotedRun { process, key: self.heap.text(key).to_owned(), run })
    }

    /// Is there room for so many more runs?
    pub fn native_room_for_runs(&self, count: usize) -> bool {
        self.runs.len().saturating_add(count) <= self.limits.runs
    }

    pub fn native_put_run(&mut self, noted: NotedRun) {
        self.runs.insert((noted.process, noted.key.into()), noted.run);
    }

    /// The fault of a world that refuses the end of a call.
    pub fn native_end_refused(&self, func: FuncId, refusal: Refusal) -> Fault {
        self.fault_at_start(func, *Raise::from(refusal))
    }
}

/// An instruction stopped: the interpreter's second run says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeStop;

impl From<Raise> for NativeStop {
    #[cold]
    fn from(_: Raise) -> NativeStop {
        NativeStop
    }
}

impl From<Stopped> for NativeStop {
    #[cold]
    fn from(_: Stopped) -> NativeStop {
        NativeStop
    }
}

impl From<FaultKind> for NativeStop {
    #[cold]
    fn from(_: FaultKind) -> NativeStop {
        NativeStop
    }
}

/// The handles of a program's literal texts, the same in every machine.
pub fn literals(program: &Program) -> Vec<u64> {
    let heap = Heap::new(program, 0, 0, 0);
    (0..program.texts.len()).map(|text| heap.literal(bp_bytecode::index::TextId(text as u32))).collect()
}
