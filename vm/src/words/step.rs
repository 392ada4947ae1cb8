//! The instructions of the 64-bit form: of one size, registers by one byte, literals in place.

use bp_bytecode::index::{AccountId, ConfigId, PostId, ProcessId, ShapeId, StepId, TextId};
use bp_bytecode::op::{Cmp, Side};
use bp_bytecode::rounding::Mode;

/// A register, by its place in the window that a call sees.
pub(crate) type Reg = u8;

/// An instruction. What a number in between cannot be in 64 bits, and what the program stops for, gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip] // One instruction a line.
pub(crate) enum Step {
    Move { dst: Reg, a: Reg },
    Set { dst: Reg, value: i64 },
    Text { dst: Reg, text: TextId },

    Add { dst: Reg, a: Reg, b: Reg },
    Sub { dst: Reg, a: Reg, b: Reg },
    Mul { dst: Reg, a: Reg, b: Reg },
    Min { dst: Reg, a: Reg, b: Reg },
    Max { dst: Reg, a: Reg, b: Reg },
    AddBy { dst: Reg, a: Reg, by: i64 },
    MulBy { dst: Reg, a: Reg, by: i64 },
    MinBy { dst: Reg, a: Reg, by: i64 },
    MaxBy { dst: Reg, a: Reg, by: i64 },
    Neg { dst: Reg, a: Reg },
    Abs { dst: Reg, a: Reg },
    Sign { dst: Reg, a: Reg },
    /// The quotient by a divisor of the function's table, rounded.
    Round { dst: Reg, a: Reg, mode: Mode, by: u16 },
    HalfUp { dst: Reg, a: Reg, by: u16 },
    DivFloor { dst: Reg, a: Reg, b: Reg },
    ModFloor { dst: Reg, a: Reg, b: Reg },
    IsMultiple { dst: Reg, a: Reg, by: i64 },
    /// A chain whose window begins at `first`.
    Chain { dst: Reg, first: Reg, chain: u16 },
    Compare { dst: Reg, a: Reg, b: Reg, how: Cmp },
    Not { dst: Reg, a: Reg },

    Jump { to: u32 },
    JumpIf { a: Reg, to: u32 },
    JumpUnless { a: Reg, to: u32 },
    JumpEqual { a: Reg, b: Reg, to: u32 },
    JumpUnequal { a: Reg, b: Reg, to: u32 },
    JumpLess { a: Reg, b: Reg, to: u32 },
    JumpAtMost { a: Reg, b: Reg, to: u32 },
    JumpEqualTo { a: Reg, to: u32, value: i64 },
    JumpUnequalTo { a: Reg, to: u32, value: i64 },
    JumpBelow { a: Reg, to: u32, value: i64 },
    JumpAbove { a: Reg, to: u32, value: i64 },
    /// By a table of the function.
    Switch { on: Reg, table: u16 },
    Call { dst: Reg, first: Reg, func: u32 },
    Return { a: Reg },
    GiveUp,
    /// Gives up unless the word is 1.
    Check { a: Reg },
    Charge { amount: u32 },

    Record { dst: Reg, first: Reg, count: u8 },
    Field { dst: Reg, a: Reg, field: u16 },
    Variant { dst: Reg, first: Reg, count: u8, case: u16 },
    Unpack { a: Reg, first: Reg, count: u8, case: u16, otherwise: u32 },
    Some { dst: Reg, a: Reg },
    Unsome { dst: Reg, a: Reg, otherwise: u32 },
    List { dst: Reg, first: Reg, count: u8 },
    Item { dst: Reg, list: Reg, index: Reg },

    Search { dst: Reg, first: Reg, tree: u32 },
    Pick { dst: Reg, index: Reg, base: u32 },
    PickText { dst: Reg, index: Reg, base: u32 },

    Begin { step: StepId },
    End { step: StepId },
    PostBegin { text: Reg, day: Reg },
    PostLine { account: AccountId, side: Side, amount: Reg, first: Reg, count: u8 },
    PostEnd { post: PostId },
    RunPut { process: ProcessId, shape: ShapeId, key: Reg, run: Reg },
    /// A configured value that was asked for before in this step, else as the instruction at this place.
    Config { dst: Reg, config: ConfigId, at: u32 },
    /// The instruction at this place of the function, by the machine's own form of it.
    Slow { at: u32 },

    // ---- two or three in one, in the order of their names; each writes all that its parts write, the parts before the
    // ---- last one to `t`
    AddAdd { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    AddSub { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    SubSub { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    MulAdd { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    MulSub { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    AddMul { t: Reg, a: Reg, b: Reg, dst: Reg, c: Reg, d: Reg },
    MulBySub { t: Reg, a: Reg, mul: i64, dst: Reg, c: Reg, d: Reg },
    /// The parts in the order of their operands: `s = a + b; t = c - d; dst = e - f`.
    AddSubSub { s: Reg, a: Reg, b: Reg, t: Reg, c: Reg, d: Reg, dst: Reg, e: Reg, f: Reg },
    /// `s = a - b; t = c - d; dst = max(t, 0)`
    SubSubClip { s: Reg, a: Reg, b: Reg, t: Reg, c: Reg, d: Reg, dst: Reg },
    MulHalfUp { t: Reg, a: Reg, b: Reg, dst: Reg, by: u16 },
    MinHalfUp { t: Reg, a: Reg, min: i64, dst: Reg, by: u16 },
    HalfUpMin { t: Reg, a: Reg, by: u16, dst: Reg, min: i64 },
    RoundMul { t: Reg, a: Reg, mode: Mode, by: u16, dst: Reg, mul: i64 },
    AddRoundMul { s: Reg, a: Reg, add: i64, t: Reg, mode: Mode, by: u16, dst: Reg, mul: i64 },
    MinMul { t: Reg, a: Reg, min: i64, dst: Reg, mul: i64 },
    MinAdd { t: Reg, a: Reg, min: i64, dst: Reg, add: i64 },
    /// `s = max(a, 0); t = s x mul; dst = t + b`
    ClipMulAdd { s: Reg, t: Reg, a: Reg, mul: i64, dst: Reg, b: Reg },
    /// The same of `a`, which is `from + add`.
    AddClipMulAdd { a: Reg, from: Reg, add: i64, s: Reg, t: Reg, mul: i64, dst: Reg, b: Reg },
    SearchPick { t: Reg, first: Reg, tree: u32, dst: Reg, base: u32 },
    /// Two fields of one record.
    FieldField { t: Reg, a: Reg, one: u8, dst: Reg, two: u8 },
    FieldAdd { t: Reg, a: Reg, field: u8, dst: Reg, c: Reg, d: Reg },
    FieldMul { t: Reg, a: Reg, field: u8, dst: Reg, c: Reg, d: Reg },
    /// `s = field of a; t = c x d; dst = t / by`
    FieldMulHalfUp { s: Reg, a: Reg, field: u8, t: Reg, c: Reg, d: Reg, dst: Reg, by: u16 },
    /// To `to` unless the field is within the stretch.
    FieldWithin { dst: Reg, a: Reg, field: u8, low: i64, high: i64, to: u32 },
    /// `text`, `set` and `post_begin`.
    PostBeginOn { t: Reg, text: TextId, dst: Reg, day: i64 },
    /// Two lines of accounts without dimensions.
    PostTwo { accounts: [AccountId; 2], sides: [Side; 2], amounts: [Reg; 2] },
}

impl Step {
    /// Where it may go besides the next one.
    pub fn goes(&mut self) -> Option<&mut u32> {
        match self {
            Step::Jump { to }
            | Step::JumpIf { to, .. }
            | Step::JumpUnless { to, .. }
            | Step::JumpEqual { to, .. }
            | Step::JumpUnequal { to, .. }
            | Step::JumpLess { to, .. }
            | Step::JumpAtMost { to, .. }
            | Step::JumpEqualTo { to, .. }
            | Step::JumpUnequalTo { to, .. }
            | Step::JumpBelow { to, .. }
            | Step::JumpAbove { to, .. }
            | Step::FieldWithin { to, .. }
            | Step::Unpack { otherwise: to, .. }
            | Step::Unsome { otherwise: to, .. } => Some(to),
            _ => None,
        }
    }
}
