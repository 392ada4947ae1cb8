//! The loop over the 64-bit form.

use bp_bytecode::index::{FuncId, TextId};
use bp_bytecode::op::Cmp;

use crate::exact;
use crate::fault::Raise;
use crate::native::NativeStop;
use crate::vm::{Outside, Vm};
use crate::words::aside::{chain_of, div_floor, mod_floor, rounded};
use crate::words::step::{Reg, Step};
use crate::words::{Code, Fast, WINDOW};
use crate::world::Refusal;

/// Registers of all open calls, one behind the other, and where to go back to.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    words: Vec<u64>,
    frames: Vec<Frame>,
}

/// A caller that waits.
#[derive(Clone, Copy, Debug)]
struct Frame {
    func: u32,
    dst: Reg,
    pc: u32,
    base: u32,
}

/// The call is to be run again by the machine's own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GiveUp;

macro_rules! gives_up {
    ($($from:ty),*) => {$(
        impl From<$from> for GiveUp {
            #[cold]
            fn from(_: $from) -> GiveUp {
                GiveUp
            }
        }
    )*};
}
gives_up!(Raise, Refusal, NativeStop, exact::ExactFault);

/// Runs of the loop inside one another, as defaults of configuration make them; each takes room on the thread's stack.
const NESTED_MAX: usize = 8;

impl Registers {
    /// The registers that a call sees whose own begin at `base`.
    #[inline]
    fn window(&mut self, base: usize) -> Option<&mut [u64; WINDOW]> {
        self.words.get_mut(base..)?.first_chunk_mut()
    }

    /// Makes room for a window; `false` beyond the limit.
    #[inline]
    fn reserve(&mut self, base: usize, limit: usize) -> bool {
        let top = base + WINDOW;
        if top > self.words.len() {
            if top > limit {
                return false;
            }
            self.words.resize(top.next_power_of_two().min(limit), 0);
        }
        true
    }
}

impl<'p> Vm<'p> {
    /// Runs a function that has a fast form; `args` are as many as it takes.
    pub(crate) fn run_words(
        &mut self,
        fast: &'p Fast,
        func: FuncId,
        args: impl ExactSizeIterator<Item = u64>,
        outside: &mut Outside<'_>,
    ) -> Result<i64, GiveUp> {
        let code = fast.code(func.0).ok_or(GiveUp)?;
        if args.len() != code.params || self.words_nested >= NESTED_MAX {
            return Err(GiveUp);
        }
        // A run inside another one, which holds the registers, begins with none.
        let mut registers = std::mem::take(&mut self.words);
        registers.frames.clear();
        self.words_nested += 1;
        let result = match registers.reserve(0, self.limits.registers) {
            true => {
                registers.words.iter_mut().zip(args).for_each(|(register, slot)| *register = slot);
                self.step(fast, code, func.0, &mut registers, outside)
            }
            false => Err(GiveUp),
        };
        self.words_nested -= 1;
        self.words = registers;
        result
    }

    fn step(
        &mut self,
        fast: &'p Fast,
        code: &'p Code,
        func: u32,
        registers: &mut Registers,
        outside: &mut Outside<'_>,
    ) -> Result<i64, GiveUp> {
        let (mut func, mut base) = (func, 0usize);
        let mut code = code;
        // What comes next; two pointers, where a place and a slice would be three.
        let mut next = code.steps.iter();
        let mut r: &mut [u64; WINDOW] = registers.window(0).ok_or(GiveUp)?;
        macro_rules! get {
            ($register:expr) => {
                r[usize::from($register)]
            };
        }
        macro_rules! word {
            ($register:expr) => {
                r[usize::from($register)] as i64
            };
        }
        macro_rules! set {
            ($register:expr, $value:expr) => {{
                let value = $value;
                r[usize::from($register)] = value as u64;
            }};
        }
        macro_rules! fits {
            ($option:expr) => {
                match $option {
                    Some(value) => value,
                    None => return Err(GiveUp),
                }
            };
        }
        macro_rules! window {
            ($first:expr, $count:expr) => {
                fits!(r.get(usize::from($first)..usize::from($first) + usize::from($count)))
            };
        }
        macro_rules! divisor {
            ($number:expr) => {
                fits!(code.divisors.get(usize::from($number)))
            };
        }
        macro_rules! both {
            ($one:ident $t:ident $a:ident $b:ident, $two:ident $dst:ident $c:ident $d:ident) => {{
                set!($t, fits!(word!($a).$one(word!($b))));
                set!($dst, fits!(word!($c).$two(word!($d))));
            }};
        }
        macro_rules! clip_mul_add {
            ($s:ident, $t:ident, $value:expr, $mul:ident, $dst:ident, $b:ident) => {{
                let clipped = $value.max(0);
                set!($s, clipped);
                let product = fits!(clipped.checked_mul($mul));
                set!($t, product);
                set!($dst, fits!(product.checked_add(word!($b))));
            }};
        }
        macro_rules! field {
            ($record:expr, $field:expr) => {
                self.heap.slot(get!($record), usize::from($field))
            };
        }
        macro_rules! search {
            ($first:expr, $tree:expr) => {
                match fast.searches.get($tree as usize) {
                    Some(Some(search)) => fits!(search.leaf(&r[usize::from($first)..])),
                    // What asks for texts is the machine's own.
                    _ => return Err(GiveUp),
                }
            };
        }
        macro_rules! pick {
            ($index:expr, $base:expr) => {{
                let place = usize::try_from(word!($index)).ok().and_then(|at| at.checked_add($base as usize));
                let place = fits!(place.filter(|place| *place < fast.literals));
                fits!(fits!(fast.program.constants.get(place).copied().map(i64::try_from)).ok())
            }};
        }
        macro_rules! jump {
            ($to:expr) => {
                next = fits!(code.steps.get($to as usize..)).iter()
            };
        }
        macro_rules! jump_if {
            ($condition:expr, $to:expr) => {
                if $condition {
                    jump!($to);
                }
            };
        }
        loop {
            let step = fits!(next.next());
            match *step {
                Step::Move { dst, a } => set!(dst, get!(a)),
                Step::Set { dst, value } => set!(dst, value),
                Step::Text { dst, text } => set!(dst, self.heap.literal(text)),

                Step::Add { dst, a, b } => set!(dst, fits!(word!(a).checked_add(word!(b)))),
                Step::Sub { dst, a, b } => set!(dst, fits!(word!(a).checked_sub(word!(b)))),
                Step::Mul { dst, a, b } => set!(dst, fits!(word!(a).checked_mul(word!(b)))),
                Step::Min { dst, a, b } => set!(dst, word!(a).min(word!(b))),
                Step::Max { dst, a, b } => set!(dst, word!(a).max(word!(b))),
                Step::AddBy { dst, a, by } => set!(dst, fits!(word!(a).checked_add(by))),
                Step::MulBy { dst, a, by } => set!(dst, fits!(word!(a).checked_mul(by))),
                Step::MinBy { dst, a, by } => set!(dst, word!(a).min(by)),
                Step::MaxBy { dst, a, by } => set!(dst, word!(a).max(by)),
                Step::Neg { dst, a } => set!(dst, fits!(word!(a).checked_neg())),
                Step::Abs { dst, a } => set!(dst, fits!(word!(a).checked_abs())),
                Step::Sign { dst, a } => set!(dst, word!(a).signum()),
                Step::Round { dst, a, mode, by } => set!(dst, rounded(divisor!(by), word!(a), mode)),
                Step::HalfUp { dst, a, by } => set!(dst, divisor!(by).half_up(word!(a))),
                Step::DivFloor { dst, a, b } => set!(dst, div_floor(word!(a), word!(b))?),
                Step::ModFloor { dst, a, b } => set!(dst, mod_floor(word!(a), word!(b))?),
                Step::IsMultiple { dst, a, by } => set!(dst, word!(a) % by.max(1) == 0),
                Step::Chain { dst, first, chain } => {
                    let chain = &fast.program.chains[usize::from(chain)];
                    set!(dst, chain_of(chain, window!(first, exact::chain_width(chain) as u8))?);
                }
                Step::Compare { dst, a, b, how } => set!(dst, compares(how, word!(a), word!(b))),
                Step::Not { dst, a } => set!(dst, get!(a) == 0),

                Step::Jump { to } => jump!(to),
                Step::JumpIf { a, to } => jump_if!(get!(a) != 0, to),
                Step::JumpUnless { a, to } => jump_if!(get!(a) == 0, to),
                Step::JumpEqual { a, b, to } => jump_if!(get!(a) == get!(b), to),
                Step::JumpUnequal { a, b, to } => jump_if!(get!(a) != get!(b), to),
                Step::JumpLess { a, b, to } => jump_if!(word!(a) < word!(b), to),
                Step::JumpAtMost { a, b, to } => jump_if!(word!(a) <= word!(b), to),
                Step::JumpEqualTo { a, to, value } => jump_if!(word!(a) == value, to),
                Step::JumpUnequalTo { a, to, value } => jump_if!(word!(a) != value, to),
                Step::JumpBelow { a, to, value } => jump_if!(word!(a) < value, to),
                Step::JumpAbove { a, to, value } => jump_if!(word!(a) > value, to),
                Step::Switch { on, table } => {
                    let table = fits!(code.switches.get(usize::from(table)));
                    let place = usize::try_from(word!(on)).unwrap_or(usize::MAX);
                    jump!(*fits!(table.get(place).or(table.last())));
                }
                Step::Call { dst, first, func: callee } => {
                    let called = fast.code(callee).ok_or(GiveUp)?;
                    let own = code.registers;
                    if registers.frames.len() >= self.limits.depth
                        || !registers.reserve(base + own, self.limits.registers)
                    {
                        return Err(GiveUp);
                    }
                    let first = base + usize::from(first);
                    registers.words.copy_within(first..first + called.params, base + own);
                    let pc = (code.steps.len() - next.len()) as u32;
                    registers.frames.push(Frame { func, dst, pc, base: base as u32 });
                    (func, base) = (callee, base + own);
                    code = called;
                    next = code.steps.iter();
                    r = fits!(registers.window(base));
                }
                Step::Return { a } => {
                    let result = get!(a);
                    let Some(frame) = registers.frames.pop() else { return Ok(result as i64) };
                    (func, base) = (frame.func, frame.base as usize);
                    code = fast.code(func).ok_or(GiveUp)?;
                    jump!(frame.pc);
                    r = fits!(registers.window(base));
                    set!(frame.dst, result);
                }
                Step::GiveUp => return Err(GiveUp),
                Step::Check { a } => {
                    if get!(a) != 1 {
                        return Err(GiveUp);
                    }
                }
                Step::Charge { amount } => self.cost = fits!(self.cost.checked_sub(amount.into())),

                Step::Record { dst, first, count } => set!(dst, self.cell(window!(first, count))?),
                Step::Field { dst, a, field } => set!(dst, field!(a, field)),
                Step::Variant { dst, first, count, case } => {
                    set!(dst, self.case(case, window!(first, count))?);
                }
                Step::Unpack { a, first, count, case, otherwise } => {
                    let cell = get!(a);
                    if self.heap.slot(cell, 0) == u64::from(case) {
                        for at in 0..usize::from(count) {
                            *fits!(r.get_mut(usize::from(first) + at)) = self.heap.slot(cell, at + 1);
                        }
                    } else {
                        jump!(otherwise);
                    }
                }
                Step::Some { dst, a } => set!(dst, self.cell(&[get!(a)])?),
                Step::Unsome { dst, a, otherwise } => match get!(a) {
                    0 => jump!(otherwise),
                    cell => set!(dst, self.heap.slot(cell, 0)),
                },
                Step::List { dst, first, count } => set!(dst, self.list(window!(first, count))?),
                Step::Item { dst, list, index } => set!(dst, self.item(get!(list), word!(index))?),

                Step::Search { dst, first, tree } => set!(dst, search!(first, tree)),
                Step::Pick { dst, index, base } => set!(dst, pick!(index, base)),
                Step::PickText { dst, index, base } => {
                    let place = u32::try_from(word!(index)).ok().and_then(|at| at.checked_add(base));
                    let place = fits!(place.filter(|place| (*place as usize) < fast.program.texts.len()));
                    set!(dst, self.heap.literal(TextId(place)));
                }

                Step::Begin { .. }
                | Step::End { .. }
                | Step::PostBegin { .. }
                | Step::PostLine { .. }
                | Step::PostTwo { .. }
                | Step::PostEnd { .. }
                | Step::RunPut { .. } => self.tell(step, r, outside)?,
                Step::PostBeginOn { t, text, dst, day } => {
                    let text = self.heap.literal(text);
                    set!(t, text);
                    set!(dst, day);
                    self.post_begin(text, day.into())?;
                }
                Step::Config { dst, config, at } => match self.answers.configs.get(config.index()) {
                    Some(Some(value)) => set!(dst, fits!(i64::try_from(*value).ok())),
                    _ => set!(dst, self.slow(code, func, at, r, outside)?.1),
                },
                Step::AddAdd { t, a, b, dst, c, d } => both!(checked_add t a b, checked_add dst c d),
                Step::AddSub { t, a, b, dst, c, d } => both!(checked_add t a b, checked_sub dst c d),
                Step::SubSub { t, a, b, dst, c, d } => both!(checked_sub t a b, checked_sub dst c d),
                Step::MulAdd { t, a, b, dst, c, d } => both!(checked_mul t a b, checked_add dst c d),
                Step::MulSub { t, a, b, dst, c, d } => both!(checked_mul t a b, checked_sub dst c d),
                Step::AddMul { t, a, b, dst, c, d } => both!(checked_add t a b, checked_mul dst c d),
                Step::MulBySub { t, a, mul, dst, c, d } => {
                    set!(t, fits!(word!(a).checked_mul(mul)));
                    set!(dst, fits!(word!(c).checked_sub(word!(d))));
                }
                Step::AddSubSub { s, a, b, t, c, d, dst, e, f } => {
                    both!(checked_add s a b, checked_sub t c d);
                    set!(dst, fits!(word!(e).checked_sub(word!(f))));
                }
                Step::SubSubClip { s, a, b, t, c, d, dst } => {
                    both!(checked_sub s a b, checked_sub t c d);
                    set!(dst, word!(t).max(0));
                }
                Step::MulHalfUp { t, a, b, dst, by } => {
                    let product = fits!(word!(a).checked_mul(word!(b)));
                    set!(t, product);
                    set!(dst, divisor!(by).half_up(product));
                }
                Step::MinHalfUp { t, a, min, dst, by } => {
                    let smaller = word!(a).min(min);
                    set!(t, smaller);
                    set!(dst, divisor!(by).half_up(smaller));
                }
                Step::HalfUpMin { t, a, by, dst, min } => {
                    let rounded = divisor!(by).half_up(word!(a));
                    set!(t, rounded);
                    set!(dst, rounded.min(min));
                }
                Step::RoundMul { t, a, mode, by, dst, mul } => {
                    let rounded = rounded(divisor!(by), word!(a), mode);
                    set!(t, rounded);
                    set!(dst, fits!(rounded.checked_mul(mul)));
                }
                Step::AddRoundMul { s, a, add, t, mode, by, dst, mul } => {
                    let sum = fits!(word!(a).checked_add(add));
                    set!(s, sum);
                    let rounded = rounded(divisor!(by), sum, mode);
                    set!(t, rounded);
                    set!(dst, fits!(rounded.checked_mul(mul)));
                }
                Step::MinMul { t, a, min, dst, mul } => {
                    let smaller = word!(a).min(min);
                    set!(t, smaller);
                    set!(dst, fits!(smaller.checked_mul(mul)));
                }
                Step::MinAdd { t, a, min, dst, add } => {
                    let smaller = word!(a).min(min);
                    set!(t, smaller);
                    set!(dst, fits!(smaller.checked_add(add)));
                }
                Step::ClipMulAdd { s, t, a, mul, dst, b } => clip_mul_add!(s, t, word!(a), mul, dst, b),
                Step::AddClipMulAdd { a, from, add, s, t, mul, dst, b } => {
                    let sum = fits!(word!(from).checked_add(add));
                    set!(a, sum);
                    clip_mul_add!(s, t, sum, mul, dst, b);
                }
                Step::SearchPick { t, first, tree, dst, base } => {
                    set!(t, search!(first, tree));
                    set!(dst, pick!(t, base));
                }
                Step::FieldField { t, a, one, dst, two } => {
                    set!(t, field!(a, one));
                    set!(dst, field!(a, two));
                }
                Step::FieldAdd { t, a, field, dst, c, d } => {
                    set!(t, field!(a, field));
                    set!(dst, fits!(word!(c).checked_add(word!(d))));
                }
                Step::FieldMul { t, a, field, dst, c, d } => {
                    set!(t, field!(a, field));
                    set!(dst, fits!(word!(c).checked_mul(word!(d))));
                }
                Step::FieldMulHalfUp { s, a, field, t, c, d, dst, by } => {
                    set!(s, field!(a, field));
                    let product = fits!(word!(c).checked_mul(word!(d)));
                    set!(t, product);
                    set!(dst, divisor!(by).half_up(product));
                }
                Step::FieldWithin { dst, a, field, low, high, to } => {
                    let value = field!(a, field) as i64;
                    set!(dst, value);
                    jump_if!(value < low || value > high, to);
                }
                Step::Slow { at } => {
                    let (dst, result) = self.slow(code, func, at, r, outside)?;
                    set!(dst, result);
                }
            }
        }
    }
}

impl Fast {
    #[inline]
    fn code(&self, func: u32) -> Option<&Code> {
        self.codes.get(func as usize)?.as_ref()
    }
}

#[inline]
fn compares(how: Cmp, a: i64, b: i64) -> bool {
    match how {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}
