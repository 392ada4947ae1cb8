//! The one list of instructions.
//!
//! [`ops!`](crate::for_each_op) declares every instruction once: its number in the file format, its name, its
//! operands and its meaning. Encoder, decoder, printer and the verifier's walk over operands are generated from it,
//! so that a new instruction that one of them forgets does not compile.
//!
//! Registers hold 128 bits. A *word* register holds a 64-bit value sign-extended, a *handle* register a heap
//! handle, zero-extended; [`crate::shape::RegType`] says which, once for a whole function. Every register is
//! assigned before it is read, on every path; the verifier sees to it.
//!
//! A *window* is a run of registers that stand one behind the other; an instruction names its first one, and how
//! many there are follows from a table (the parameters of a function, the fields of a shape).

use crate::index::*;
use crate::process::Channel;

/// A register that an instruction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Def(pub u16);

/// A register that an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Use(pub u16);

/// The first register of a window that an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UseWindow(pub u16);

/// The first register of a window that an instruction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DefWindow(pub u16);

/// An instruction of the same function, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

/// A comparison of two numbers, dates or other ordered words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cmp {
    Eq = 0,
    Ne = 1,
    Lt = 2,
    Le = 3,
    Gt = 4,
    Ge = 5,
}

/// Why a program stops itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Stop {
    /// No row of the decision fits the input. The verdict names the decision.
    NoRow = 0,
    /// Two rows of a `unique` decision fit, or two rows of an `any` decision that fit differ.
    SeveralRows = 1,
    /// An `assert` in a posting does not hold.
    Assertion = 2,
    /// A path that the checker holds to be impossible.
    Unreachable = 3,
    /// `run.result` of a run that failed.
    RunFailed = 4,
    /// An action failed where nothing handles it. The detail is the failure's name among the first texts, or one that
    /// is none of them.
    Unhandled = 5,
    /// A document is in a state that it cannot leave as asked. The detail names the entity.
    Transition = 6,
    /// A run that has not ended yet is asked how it has.
    RunWaits = 7,
}

/// Declares every instruction; calls the macro it is given with the list.
#[macro_export]
macro_rules! for_each_op {
    ($with:ident) => {
        $with! {
            // ---- moving
            /// dst = a, of the same type (a word may go into a wide register)
            Move = 0x01 "move" { dst: Def, a: Use },
            /// dst = a small number; dst is a word
            Int = 0x02 "int" { dst: Def, value: i32 },
            /// dst = a literal of the program; a word if it fits 64 bits and dst is one
            Const = 0x03 "const" { dst: Def, value: ConstId },
            /// dst = a text of the program
            Text = 0x04 "text" { dst: Def, text: TextId },

            // ---- numbers in between: operands words or wide, result wide; overflow of 128 bits is a fault
            Add = 0x10 "add" { dst: Def, a: Use, b: Use },
            Sub = 0x11 "sub" { dst: Def, a: Use, b: Use },
            Mul = 0x12 "mul" { dst: Def, a: Use, b: Use },
            Neg = 0x13 "neg" { dst: Def, a: Use },
            Abs = 0x14 "abs" { dst: Def, a: Use },
            /// a word if both are
            Min = 0x15 "min" { dst: Def, a: Use, b: Use },
            /// a word if both are
            Max = 0x16 "max" { dst: Def, a: Use, b: Use },
            /// dst = -1, 0 or 1; dst is a word
            Sign = 0x17 "sign" { dst: Def, a: Use },
            /// dst = a x 10^power, power 0 to 36
            ScaleUp = 0x18 "scale_up" { dst: Def, a: Use, power: u8 },
            /// whole quotient, rounded down; b = 0 is a fault
            DivFloor = 0x19 "div_floor" { dst: Def, a: Use, b: Use },
            /// a - b x div_floor(a, b); b = 0 is a fault
            ModFloor = 0x1a "mod_floor" { dst: Def, a: Use, b: Use },
            /// dst = a as a word; a value beyond 64 bits is a fault
            Narrow = 0x1b "narrow" { dst: Def, a: Use },
            /// dst = a / 10^power rounded by the mode numbered `mode`; a word if a is one
            Round = 0x1c "round" { dst: Def, a: Use, power: u8, mode: u8 },
            /// dst = a chain of factors computed exactly and rounded once; see [`crate::program::Chain`]
            RoundChain = 0x1d "round_chain" { dst: Def, first: UseWindow, chain: ChainId },
            /// dst = 1 if a is an exact multiple of 10^power, else 0
            IsMultiple = 0x1e "is_multiple" { dst: Def, a: Use, power: u8 },

            // ---- comparison and logic: dst is a word, 0 or 1
            Compare = 0x20 "cmp" { dst: Def, a: Use, b: Use, how: Cmp },
            /// compares a x 10^up with b x 10^down, exactly, without overflow
            CompareScaled = 0x21 "cmp_scaled" { dst: Def, a: Use, b: Use, scales: Scales },
            Not = 0x22 "not" { dst: Def, a: Use },
            /// compares two values of one shape field by field
            Equal = 0x23 "equal" { dst: Def, a: Use, b: Use },
            /// orders two texts by code points: -1, 0, 1
            TextOrder = 0x24 "text_order" { dst: Def, a: Use, b: Use },

            // ---- control
            Jump = 0x30 "jump" { to: Label },
            JumpIf = 0x31 "jump_if" { condition: Use, to: Label },
            JumpUnless = 0x32 "jump_unless" { condition: Use, to: Label },
            /// goes to the place in the table that the word says; a word outside the table to its last place
            Switch = 0x33 "switch" { on: Use, table: SwitchId },
            /// dst = func(first, …)
            Call = 0x34 "call" { dst: Def, func: FuncId, first: UseWindow },
            Return = 0x35 "return" { a: Use },
            /// stops with a technical error
            Halt = 0x36 "halt" { why: Stop, detail: u16 },
            /// goes on if the word is 1, else stops with the violated `where`
            Check = 0x37 "check" { a: Use, check: CheckId },
            /// takes from the step's budget of cost
            Charge = 0x38 "charge" { amount: u32 },

            // ---- heap cells; a window holds one register for each field, in order, each a word or a handle
            Record = 0x40 "record" { dst: Def, first: UseWindow },
            Field = 0x41 "field" { dst: Def, a: Use, field: u16 },
            /// a case with its payload
            Variant = 0x42 "variant" { dst: Def, case: u16, first: UseWindow },
            /// the number of the case
            Tag = 0x43 "tag" { dst: Def, a: Use },
            /// if `a` is of the case: its payload into the window; else goes to `otherwise`
            Unpack = 0x44 "unpack" { a: Use, case: u16, first: DefWindow, otherwise: Label },
            Some = 0x45 "some" { dst: Def, a: Use },
            None = 0x46 "none" { dst: Def },
            /// if `a` is there: dst = what it holds; else goes to `otherwise`
            Unsome = 0x47 "unsome" { dst: Def, a: Use, otherwise: Label },
            /// a list of `count` elements
            List = 0x48 "list" { dst: Def, first: UseWindow, count: u16 },
            /// the list with one element more at its end
            Append = 0x49 "append" { dst: Def, list: Use, a: Use },
            Len = 0x4a "len" { dst: Def, list: Use },
            /// element `index`, counted from 0; outside is a fault
            Item = 0x4b "item" { dst: Def, list: Use, index: Use },
            /// the map with `key` set to `value`
            Put = 0x4c "put" { dst: Def, map: Use, key: Use, value: Use },
            /// an empty map
            MapNew = 0x4d "map_new" { dst: Def },
            /// the value of a key, an option
            Get = 0x4e "get" { dst: Def, map: Use, key: Use },
            /// the list of a map's keys, in the order of their first appearance
            Keys = 0x4f "keys" { dst: Def, map: Use },
            /// the list of a map's values, in the order of their keys
            Values = 0x50 "values" { dst: Def, map: Use },
            /// the numbers of the elements of `keys` in order, stable: a list of words
            SortOrder = 0x51 "sort_order" { dst: Def, keys: Use, descending: u8 },

            // ---- text
            /// `count` texts one behind the other
            Join = 0x58 "join" { dst: Def, first: UseWindow, count: u16 },
            /// the value as text, as a shape writes it
            Format = 0x59 "format" { dst: Def, a: Use, shape: ShapeId },
            /// an integer with at least `digits` digits
            Pad = 0x5a "pad" { dst: Def, a: Use, digits: u8 },

            // ---- everything else that is pure
            Builtin = 0x60 "builtin" { dst: Def, builtin: Builtin, first: UseWindow },

            // ---- decisions
            /// dst = the number of the leaf of a search tree that the inputs lead to; a word
            Search = 0x68 "search" { dst: Def, tree: TreeId, first: UseWindow },
            /// dst = the literal `index` places behind `base`; dst is a word
            Pick = 0x69 "pick" { dst: Def, base: ConstId, index: Use },
            /// dst = the text `index` places behind `base`
            PickText = 0x6b "pick_text" { dst: Def, base: TextId, index: Use },
            /// notes that a row of a decision fits, for derivations and coverage
            Matched = 0x6a "matched" { decision: DecisionId, row: Use },

            // ---- the outside
            Config = 0x70 "config" { dst: Def, config: ConfigId },
            /// the tenant's date in this step
            Today = 0x71 "today" { dst: Def },
            /// the moment of this step
            Now = 0x72 "now" { dst: Def },
            StepBegin = 0x73 "step_begin" { step: StepId },
            StepEnd = 0x74 "step_end" { step: StepId },
            /// opens an entry on a day; it stays open until `post_end`
            PostBegin = 0x75 "post_begin" { post: PostId, text: Use, day: Use },
            /// a line: its amount (a word, negative on the other side), dimensions in the window
            PostLine = 0x76 "post_line" { account: AccountId, side: Side, amount: Use, first: UseWindow },
            /// closes the entry, which has to balance, and posts it
            PostEnd = 0x77 "post_end" { post: PostId },
            /// the account's balance, a wide number; dimensions in the window
            Balance = 0x78 "balance" { dst: Def, account: AccountId, first: UseWindow },
            /// the run that a process already has for this key (a text), an option of its run record
            RunGet = 0x79 "run_get" { dst: Def, process: ProcessId, key: Use },
            RunPut = 0x7a "run_put" { process: ProcessId, key: Use, run: Use },
            /// notes a failed expectation if the word is 0
            Expect = 0x7b "expect" { a: Use, expect: ExpectId },
            /// notes the row of a file that a table-driven test is at
            AtRow = 0x7c "at_row" { file: TextId, row: Use },
            /// takes back what the open step has done: it ends without effect
            StepFail = 0x7d "step_fail" { step: StepId },

            // ---- stored documents: a reference is a word, a document a record
            /// stores a new document; dst is its reference
            Create = 0x90 "create" { dst: Def, entity: EntityId, record: Use },
            /// the document as it is now in this step
            Document = 0x91 "document" { dst: Def, entity: EntityId, a: Use },
            /// the document becomes as the record is
            Change = 0x92 "change" { entity: EntityId, a: Use, record: Use },
            /// the reference that has this key, an option; the key's parts in the window
            Lookup = 0x93 "lookup" { dst: Def, entity: EntityId, first: UseWindow },
            /// the references that a query finds, a list; its arguments in the window
            Find = 0x94 "find" { dst: Def, query: QueryId, first: UseWindow },
            /// the next number of the entity's series for a period (a text); dst is a word
            Number = 0x95 "number" { dst: Def, entity: EntityId, period: Use },

            // ---- holds: a hold is a word
            /// what is held on an account, a wide number; dimensions in the window
            Held = 0x98 "held" { dst: Def, account: AccountId, first: UseWindow },
            /// takes an amount (a word of at least 0) out of what is available; dimensions in the window
            Hold = 0x99 "hold" { dst: Def, account: AccountId, amount: Use, first: UseWindow },
            /// settles a hold: its amount is used (`commit` is 1) or given back (0)
            Settle = 0x9a "settle" { hold: Use, commit: u8 },
            /// uses a part (a word) of a hold; dst is a hold of the rest
            CommitPart = 0x9b "commit_part" { dst: Def, hold: Use, amount: Use },
            /// takes an amount (a word) out of the oldest lots of an account; dst is a list of records of what it took of
            /// each: the lot's number, the amount, its cost
            Take = 0x9d "take" { dst: Def, account: AccountId, amount: Use, first: UseWindow },
            /// the line before brings in a lot that is worth so much (a word, in the book currency)
            LineWorth = 0x9e "line_worth" { worth: Use },
            /// gives back what was used (a word of at least 0); dimensions in the window
            Free = 0x9c "free" { account: AccountId, amount: Use, first: UseWindow },

            // ---- bounds: the window holds the dimensions, then for each bound of the account a word for the combination
            // ---- itself and one for each of its groups
            /// what may still be used, a wide number: the least that the bounds leave which stop, or where none stops, all
            Available = 0xa4 "available" { dst: Def, account: AccountId, first: UseWindow },
            /// what is available to somebody who wants so much (a wide number): what the first bound that stops leaves
            /// where that is less, and otherwise as `available`; a wide number
            Room = 0xaa "room" { dst: Def, account: AccountId, wanted: Use, first: UseWindow },
            /// says the bounds, which have to be kept when the step ends
            Bound = 0xa5 "bound" { account: AccountId, first: UseWindow },
            /// holds an amount (a word of at least 0) over the limit, by a role (a word)
            HoldOver = 0xa6 "hold_over" { dst: Def, account: AccountId, amount: Use, role: Use, first: UseWindow },

            // ---- entries: one that was posted is a word, 0 where all its lines were of amount 0
            /// what the last `post_end` posted
            Posted = 0xa2 "posted" { dst: Def },
            /// posts the opposite of an entry on the first open day
            Reverse = 0xa3 "reverse" { entry: Use },

            // ---- periods
            /// the first day that the step may post to, 0001-01-01 where nothing is closed
            FirstOpen = 0xa0 "first_open" { dst: Def },
            /// the same of another book (a text)
            FirstOpenIn = 0xa7 "first_open_in" { dst: Def, book: Use },
            /// the entry that is open belongs to another book (a text)
            PostIn = 0xa8 "post_in" { book: Use },
            /// the account's balance in another book (a text), a wide number; dimensions in the window
            BalanceIn = 0xa9 "balance_in" { dst: Def, account: AccountId, book: Use, first: UseWindow },

            /// the account's balance at the end of a day (a word behind the dimensions in the window) in a book (a text, empty
            /// for the one at hand), or if `worth` is 1 what it was worth in the book currency; a wide number
            BalanceAt = 0xaf "balance_at" { dst: Def, account: AccountId, worth: u8, book: Use, first: UseWindow },

            // ---- other currencies
            /// a line with what it is worth in the book currency, a word behind the dimensions in the window, on the same
            /// side; and the rate as it was given, a text that is empty without one
            PostValued = 0xab "post_valued" { account: AccountId, side: Side, kind: LineKind, amount: Use, rate: Use, first: UseWindow },
            /// a line, in the book currency, of what the book amounts of the open entry lack to zero: at most half a unit
            /// of the last digit for each line with a rate. Dimensions in the window
            PostRounding = 0xac "post_rounding" { account: AccountId, first: UseWindow },
            /// what the account's balance is worth in the book currency, a wide number; dimensions in the window
            BookValue = 0xad "book_value" { dst: Def, account: AccountId, first: UseWindow },
            /// the line before passes the limits of its account, by a role (a word)
            LineOver = 0xae "line_over" { role: Use },
            /// closes the books up to a day, for everybody: in a test
            ClosePeriod = 0xa1 "close_period" { day: Use },

            // ---- processes that live: a run is a word
            /// rests until one of the point's events happens; then dst = the event, a variant with a case for each.
            /// What the events ask stands in the window. Only what the point says is still there afterwards.
            Rest = 0xb0 "rest" { dst: Def, point: PointId, first: UseWindow },
            /// between two steps: rests if the host wants it to, else goes on
            Boundary = 0xb1 "boundary" { point: PointId },
            /// what has happened is not what is waited for: the process rests on as before
            Decline = 0xb2 "decline" {},
            /// notes how the step is taken back if the process fails later; what that needs to know in the window
            UndoPut = 0xb3 "undo_put" { undo: UndoId, first: UseWindow },
            /// sends a record to an address (a text) when the step is committed
            Send = 0xb4 "send" { channel: Channel, what: Use, to: Use },
            /// starts a process with the parameters in the window, or finds the run of its key; dst is the run
            StartRun = 0xb5 "start_run" { dst: Def, process: ProcessId, first: UseWindow },
            /// how a run has ended, an option of its outcome
            RunOutcome = 0xb6 "run_outcome" { dst: Def, process: ProcessId, run: Use },
            /// the last value that a run has noted under a name; none is a fault
            RunNoted = 0xb7 "run_noted" { dst: Def, run: Use, name: TextId },
            /// the title of a run's open task of that name, an option of a text
            RunTask = 0xb8 "run_task" { dst: Def, run: Use, name: TextId },
            /// does a run's open task with its form (a record)
            Complete = 0xb9 "complete" { run: Use, name: TextId, form: Use },
            /// another system answers a run's open request (the operation's outcome)
            Answer = 0xc4 "answer" { run: Use, operation: OperationId, outcome: Use },
            /// it could not be asked, for a reason (a text): it is asked again later
            AnswerError = 0xc5 "answer_error" { run: Use, operation: OperationId, why: Use },
            /// what a run's open request asks with, an option of the operation's record
            RunRequest = 0xc6 "run_request" { dst: Def, run: Use, operation: OperationId },
            /// sends a message (a record) to who waits for it when the step is committed
            SendMessage = 0xc7 "send_message" { message: MessageId, record: Use },
            /// a message (a record) comes from outside
            Deliver = 0xba "deliver" { message: MessageId, record: Use },
            /// moves the clock on by a period, with all that becomes due on the way
            Advance = 0xbb "advance" { by: Use },
            /// notes a value of the process under a name, for who looks at it from outside
            Note = 0xbc "note" { name: TextId, a: Use },
            /// a branch has ended: what it hands on stands in the window, parts of what `joined` gives from `at` on
            EndBranch = 0xbe "end_branch" { point: PointId, at: u16, count: u16, first: UseWindow },
            /// posts the opposite of all that the step posted which is being taken back
            ReverseStep = 0xbf "reverse_step" {},
            /// the clocks of a scope stand still from now on: its point
            Pause = 0xc0 "pause" { point: PointId },
            /// they go on, as often as they were stopped
            Unpause = 0xc1 "unpause" { point: PointId },
            /// the innermost stretch that one instance at a time is in is over
            Unlock = 0xc3 "unlock" {},
            /// who does what follows, in a test: a name (a text); an empty one is nobody in particular
            ActAs = 0xc2 "act_as" { who: Use },
            /// an operator ends a run before its end, in a test
            CancelRun = 0xca "cancel_run" { run: Use },
            /// in a test: what is refused from here on is no fault
            Try = 0xcb "try" {},
            /// why what was tried was refused, an option of a text; from here on what is refused is a fault again
            Refusal = 0xcc "refusal" { dst: Def },
            /// how much was sent by a channel to an address (a text); dst is a word
            Mails = 0xbd "mails" { dst: Def, channel: Channel, to: Use },

            // ---- what the optimiser makes of the above: operands and results are words, literals fit words;
            // ---- overflow of 64 bits is a fault
            AddWord = 0x80 "add_word" { dst: Def, a: Use, b: Use },
            SubWord = 0x81 "sub_word" { dst: Def, a: Use, b: Use },
            MulWord = 0x82 "mul_word" { dst: Def, a: Use, b: Use },
            /// dst = a + a literal
            AddConst = 0x83 "add_const" { dst: Def, a: Use, value: ConstId },
            /// dst = a x a literal
            MulConst = 0x84 "mul_const" { dst: Def, a: Use, value: ConstId },
            /// dst = the smaller one of a and a literal
            MinConst = 0x85 "min_const" { dst: Def, a: Use, value: ConstId },
            /// dst = the larger one of a and a literal
            MaxConst = 0x86 "max_const" { dst: Def, a: Use, value: ConstId },
            /// dst = a / a literal of at least 2, rounded by the mode numbered `mode`
            RoundBy = 0x87 "round_by" { dst: Def, a: Use, by: ConstId, mode: u8 },
            /// `cmp` and `jump_if` in one; operands words or wide
            JumpCompare = 0x88 "jump_cmp" { a: Use, b: Use, how: Cmp, to: Label },
            /// the same with a literal of any size
            JumpCompareConst = 0x89 "jump_cmp_const" { a: Use, value: ConstId, how: Cmp, to: Label },
        }
    };
}

/// A pattern of the instructions of processes that live, and of what tests do with their runs: the interpreter runs them,
/// the optimiser and native code leave them alone.
#[macro_export]
macro_rules! process_ops {
    () => {
        $crate::op::Op::Rest { .. }
            | $crate::op::Op::Boundary { .. }
            | $crate::op::Op::Decline {}
            | $crate::op::Op::EndBranch { .. }
            | $crate::op::Op::ReverseStep {}
            | $crate::op::Op::UndoPut { .. }
            | $crate::op::Op::Send { .. }
            | $crate::op::Op::StartRun { .. }
            | $crate::op::Op::RunOutcome { .. }
            | $crate::op::Op::RunNoted { .. }
            | $crate::op::Op::RunTask { .. }
            | $crate::op::Op::Complete { .. }
            | $crate::op::Op::Deliver { .. }
            | $crate::op::Op::Answer { .. }
            | $crate::op::Op::AnswerError { .. }
            | $crate::op::Op::RunRequest { .. }
            | $crate::op::Op::SendMessage { .. }
            | $crate::op::Op::Advance { .. }
            | $crate::op::Op::Note { .. }
            | $crate::op::Op::Mails { .. }
            | $crate::op::Op::Pause { .. }
            | $crate::op::Op::Unlock {}
            | $crate::op::Op::ActAs { .. }
            | $crate::op::Op::CancelRun { .. }
            | $crate::op::Op::Try {}
            | $crate::op::Op::Refusal { .. }
            | $crate::op::Op::Unpause { .. }
    };
}

/// Operand of `cmp_scaled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scales {
    pub up: u8,
    pub down: u8,
    pub how: Cmp,
}

/// On which side of the books a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Side {
    Debit = 0,
    Credit = 1,
}

/// What a line with a worth of its own is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LineKind {
    Normal = 0,
    /// One currency is given for another.
    Exchange = 1,
    /// The same amount is worth something else.
    Revalue = 2,
    /// What rounding line by line has left over.
    Rounding = 3,
}

/// Declares the pure built-in functions: number in the file format, name, parameters, result, meaning.
/// `Word`, `Wide`, `Text`, `Period`, `Amount` and `List(Text)` name the types of registers.
#[macro_export]
macro_rules! for_each_builtin {
    ($with:ident) => {
        $with! {
            // ---- text
            /// number of code points
            Length = 0 "length" (Text) -> Word,
            Lower = 1 "lower" (Text) -> Text,
            Upper = 2 "upper" (Text) -> Text,
            Trim = 3 "trim" (Text) -> Text,
            Contains = 4 "contains" (Text, Text) -> Word,
            StartsWith = 5 "starts_with" (Text, Text) -> Word,
            EndsWith = 6 "ends_with" (Text, Text) -> Word,
            /// does the whole text match a pattern with `*` (any text) and `?` (one character)?
            Matches = 7 "matches" (Text, Text) -> Word,
            Split = 8 "split" (Text, Text) -> TextList,
            Join = 9 "join" (TextList, Text) -> Text,
            Replace = 10 "replace" (Text, Text, Text) -> Text,
            // ---- dates; a day or month that the calendar lacks is clamped to the month's end
            MakeMonth = 20 "date_month" (Word) -> Word,
            DateYear = 21 "date_year" (Word) -> Word,
            /// 1 to 12
            DateMonthNumber = 22 "date_month_number" (Word) -> Word,
            DateDay = 23 "date_day" (Word) -> Word,
            /// 1 is Monday, 7 Sunday
            DateWeekday = 24 "date_weekday" (Word) -> Word,
            MonthYear = 25 "month_year" (Word) -> Word,
            MonthNumber = 26 "month_number" (Word) -> Word,
            MonthFirstDay = 27 "month_first_day" (Word) -> Word,
            MonthLastDay = 28 "month_last_day" (Word) -> Word,
            /// days from the first to the second
            DaysBetween = 29 "days_between" (Word, Word) -> Word,
            /// a date and a number of months
            AddMonths = 30 "add_months" (Word, Word) -> Word,
            DatePlus = 31 "date_plus" (Word, Period) -> Word,
            DateMinus = 32 "date_minus" (Word, Period) -> Word,
            DateTimePlus = 33 "date_time_plus" (Word, Period) -> Word,
            DateTimeMinus = 34 "date_time_minus" (Word, Period) -> Word,
            /// the date of a moment in the tenant's zone
            DateOf = 35 "date_of" (Word) -> Word,
            /// the seconds since midnight of a moment in the tenant's zone
            TimeOf = 36 "time_of" (Word) -> Word,
            /// the moment of a date and a time in the tenant's zone
            Moment = 37 "moment" (Word, Word) -> Word,
            // ---- periods
            /// months, days, business days, seconds
            MakePeriod = 50 "period" (Word, Word, Word, Word) -> Period,
            PeriodPlus = 51 "period_plus" (Period, Period) -> Period,
            PeriodNegate = 52 "period_negate" (Period) -> Period,
            PeriodTimes = 53 "period_times" (Period, Word) -> Period,
            // ---- money whose currency is data; the word is the amount at scale 4
            MakeAmount = 60 "amount" (Text, Word) -> Amount,
            AmountCurrency = 61 "amount_currency" (Amount) -> Text,
            AmountValue = 62 "amount_value" (Amount) -> Word,
            /// unequal currencies are a fault
            AmountPlus = 63 "amount_plus" (Amount, Amount) -> Amount,
            AmountMinus = 64 "amount_minus" (Amount, Amount) -> Amount,
            /// -1, 0, 1; unequal currencies are a fault
            AmountOrder = 65 "amount_order" (Amount, Amount) -> Word,
        }
    };
}

macro_rules! declare_builtins {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal ($($param:ident),*) -> $result:ident,)*) => {
        /// A pure built-in function that is not an instruction of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Builtin { $($(#[$doc])* $name = $number,)* }

        /// The type of a parameter or result of a built-in function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BuiltinType { Word, Wide, Text, Period, Amount, TextList }

        impl Builtin {
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            pub fn name(self) -> &'static str {
                match self { $(Builtin::$name => $text,)* }
            }

            pub fn from_number(number: u8) -> Option<Builtin> {
                match number { $($number => Some(Builtin::$name),)* _ => None }
            }

            pub fn params(self) -> &'static [BuiltinType] {
                match self { $(Builtin::$name => &[$(BuiltinType::$param,)*],)* }
            }

            pub fn result(self) -> BuiltinType {
                match self { $(Builtin::$name => BuiltinType::$result,)* }
            }
        }
    };
}
for_each_builtin!(declare_builtins);

macro_rules! declare_ops {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        /// An instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Op { $($(#[$doc])* $name { $($field: $ty,)* },)* }

        impl Op {
            /// Its name in listings.
            pub fn name(&self) -> &'static str {
                match self { $(Op::$name { .. } => $text,)* }
            }
        }
    };
}
for_each_op!(declare_ops);
