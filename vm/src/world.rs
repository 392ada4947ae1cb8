//! The only door to the outside.

use bp_bytecode::Program;
use bp_bytecode::border::FIRST_DAY;
use bp_bytecode::index::{
    AccountId, ConfigId, EntityId, MessageId, OperationId, PointId, PostId, ProcessId, QueryId, ShapeId, StepId, UndoId,
};
use bp_bytecode::op::{LineKind, Side};
use bp_bytecode::process::Channel;
use bp_bytecode::value::Value;
use jiff::tz::TimeZone;

use crate::heap::Heap;
use crate::values::value_of;

/// The outside refused or failed: a sentence for people, which becomes the fault's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    fn no_documents() -> Refusal {
        Refusal("no documents are kept here: the books are in memory only".to_owned())
    }

    fn no_book(book: &str) -> Refusal {
        Refusal(format!("there is no book `{book}`: the books are in memory only"))
    }

    fn no_entries() -> Refusal {
        Refusal("no entries are kept here: the books are in memory only".to_owned())
    }

    fn no_processes() -> Refusal {
        Refusal("nobody keeps processes here that wait, send or undo".to_owned())
    }

    fn no_holds() -> Refusal {
        Refusal("no holds are kept here: the books are in memory only".to_owned())
    }
}

/// A line of an entry, of amount 0 only where a [`Worth`] says what that is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub account: AccountId,
    /// At the scale of the account's shape; positive is a debit, negative a credit.
    pub amount: i64,
    /// Where its dimensions begin in [`Entry::dims`].
    pub(crate) dims: u32,
}

impl Line {
    /// A negative debit is a credit.
    pub fn side(&self) -> Side {
        if self.amount > 0 { Side::Debit } else { Side::Credit }
    }
}

/// What a line is worth in the book currency, at its minor unit: of one that brings in a lot the cost of that, of one in
/// another currency its book amount, positive for a debit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The number of the line in its entry.
    pub line: u32,
    pub worth: i64,
    pub kind: LineKind,
    /// The rate as it was given; a text of [`Entry::view`].
    pub rate: Option<u64>,
}

/// A balanced entry with at least one line.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub post: PostId,
    pub text: &'a str,
    /// Another book than the run's.
    pub book: Option<&'a str>,
    /// Days since 1970-01-01, in the years 1 to 9999.
    pub day: i32,
    pub lines: &'a [Line],
    /// The dimensions of all lines, one slot each.
    pub dims: &'a [u64],
    /// What lines are worth in the book currency where that does not follow from their amount, in their order.
    pub worths: &'a [Worth],
    /// Lines, by their number, that pass the limits of their account, and the numbers of the roles that let them.
    pub overs: &'a [(u32, i128)],
    pub view: View<'a>,
}

impl<'a> Entry<'a> {
    /// Goes to the first open day where its own is closed.
    pub fn goes_to_first_open(&self) -> bool {
        self.view.program.posts.get(self.post.index()).is_some_and(|post| post.first_open)
    }

    /// What the line with this number is worth, where that is said.
    pub fn worth_of(&self, line: usize) -> Option<&'a Worth> {
        let at = self.worths.binary_search_by_key(&(line as u32), |worth| worth.line);
        at.ok().map(|at| &self.worths[at])
    }

    /// The role that lets the line with this number pass the limits of its account.
    pub fn over_limit_of(&self, line: usize) -> Option<&'a str> {
        let at = self.overs.binary_search_by_key(&(line as u32), |(of, _)| *of).ok()?;
        Some(self.view.role(self.overs[at].1))
    }

    /// The dimensions of a line, a slot for each dimension of its account, to be read through [`Entry::view`].
    #[inline]
    pub fn dims_of(&self, line: &Line) -> &'a [u64] {
        let count = self.view.program.accounts[line.account.index()].dimensions.len();
        &self.dims[line.dims as usize..line.dims as usize + count]
    }
}

/// What was taken of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotPart {
    /// From 1, in the order in which the lots of the account's dimensions came in.
    pub lot: i64,
    /// At the scale of the account's shape.
    pub amount: i64,
    /// In the book currency, at its minor unit.
    pub cost: i64,
}

/// Balanced entries, added up.
#[derive(Clone, Copy, Debug)]
pub struct Sums<'a> {
    pub entries: u64,
    pub lines: u64,
    /// Debits minus credits of each account, at its scale. No account here has dimensions.
    pub accounts: &'a [i128],
}

/// Slots of the running step, made readable.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub program: &'a Program,
    pub heap: &'a Heap,
}

impl<'a> View<'a> {
    /// A slot as an owned value.
    pub fn value(&self, shape: ShapeId, slot: u64) -> Value {
        value_of(self.program, self.heap, shape, slot)
    }

    /// The name of the role with a number; empty if there is none.
    pub fn role(&self, number: i128) -> &'a str {
        let role = usize::try_from(number).ok().and_then(|number| self.program.roles.get(number));
        role.and_then(|role| self.program.texts.get(role.index())).map_or("", String::as_str)
    }

    /// The text of a slot that holds one.
    pub fn text(&self, slot: u64) -> &'a str {
        self.heap.text(slot)
    }
}

/// What another system answers to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// How the operation has ended, a value of its outcome.
    Ended(Value),
    /// Why it could not be asked.
    Error(String),
}

/// Which balance is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    /// Another book than the one at hand.
    pub book: Option<&'a str>,
    /// In days since 1970-01-01.
    pub day: i64,
    /// Not the amount, but what it is worth in the book currency.
    pub worth: bool,
}

/// What a running program can ask of its host. Nothing else gets in or out.
///
/// The VM asks for configuration, date and moment once a step and keeps the answers. What is posted takes effect
/// when its step ends; what is posted outside a step belongs to the step that follows, or to the end of the call. A
/// step or call that fails leaves nothing behind.
pub trait World {
    /// A configured value; `None` where the program's default counts. It is checked against its shape and its
    /// `where`s by the VM.
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal>;

    /// The tenant's date, in days since 1970-01-01.
    fn today(&mut self) -> Result<i64, Refusal>;

    /// The moment, in seconds since 1970-01-01T00:00:00Z.
    fn now(&mut self) -> Result<i64, Refusal>;

    /// The tenant's time zone.
    fn zone(&mut self) -> TimeZone;

    /// Does the tenant work on this day (days since 1970-01-01)?
    fn is_business_day(&mut self, day: i64) -> bool;

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal>;

    /// The step is through; what it posted takes effect.
    fn step_end(&mut self, step: StepId) -> Result<(), Refusal>;

    /// Posts a balanced entry.
    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal>;

    /// The balance of an account, or of one combination of its dimensions, debits minus credits, at the scale of
    /// the account's shape; with what the running step has posted.
    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal>;

    /// What the step has done since it began never happened; what comes now is outside of it.
    fn step_fail(&mut self, _step: StepId) -> Result<(), Refusal> {
        Err(Refusal("here no step can be taken back".to_owned()))
    }

    /// Stores a new document, a value of the entity's record; its reference. Refused where its key, or what a unique
    /// index says, is taken.
    fn create(&mut self, _entity: EntityId, _document: Value) -> Result<i64, Refusal> {
        Err(Refusal::no_documents())
    }

    /// A document as the running step sees it, a value of the entity's record. Refused where there is none.
    fn document(&mut self, _entity: EntityId, _reference: i64) -> Result<Value, Refusal> {
        Err(Refusal::no_documents())
    }

    /// The document becomes so.
    fn change(&mut self, _entity: EntityId, _reference: i64, _document: Value) -> Result<(), Refusal> {
        Err(Refusal::no_documents())
    }

    /// The document that has this key: the values of the entity's key fields in their order.
    fn lookup(&mut self, _entity: EntityId, _key: Vec<Value>) -> Result<Option<i64>, Refusal> {
        Err(Refusal::no_documents())
    }

    /// The documents that a query finds, in its order: one value for each of its conditions, and the most that are
    /// wanted.
    fn find(&mut self, _query: QueryId, _values: Vec<Value>, _limit: Option<u64>) -> Result<Vec<i64>, Refusal> {
        Err(Refusal::no_documents())
    }

    /// The next number of an entity's series for a period (`2026`), from 1 on, without gaps: where the step fails, it
    /// is the next one's.
    fn number(&mut self, _entity: EntityId, _period: &str) -> Result<i64, Refusal> {
        Err(Refusal::no_documents())
    }

    /// What is held on an account, or on one combination of its dimensions, at the scale of the account's shape.
    fn held(&mut self, _account: AccountId, _dims: &[u64], _view: View<'_>) -> Result<i128, Refusal> {
        Err(Refusal::no_holds())
    }

    /// Holds an amount of at least 0; the hold's number.
    fn hold(&mut self, _account: AccountId, _amount: i64, _dims: &[u64], _view: View<'_>) -> Result<i64, Refusal> {
        Err(Refusal::no_holds())
    }

    /// Holds an amount of at least 0 whatever the limits say; who lets it pass them is kept with it.
    fn hold_over(
        &mut self,
        _account: AccountId,
        _amount: i64,
        _role: &str,
        _dims: &[u64],
        _view: View<'_>,
    ) -> Result<i64, Refusal> {
        Err(Refusal::no_holds())
    }

    /// Says how much the bounds of an account are for a combination of dimensions, in another book where one is named: for
    /// each bound in turn that of the combination and that of each of its groups, at the scale of the account's shape. They
    /// have to be kept when the step ends.
    fn bound(
        &mut self,
        _account: AccountId,
        _book: Option<&str>,
        _dims: &[u64],
        _bounds: &[i64],
        _view: View<'_>,
    ) -> Result<(), Refusal> {
        Err(Refusal::no_holds())
    }

    /// Says the bounds, and gives what they leave, for a combination and its groups, less what is held: to somebody who
    /// wants so much, what the first one in the order of declaration leaves that stops and leaves less; else the least of
    /// those that stop, and where none stops, of all.
    fn available(
        &mut self,
        _account: AccountId,
        _wanted: Option<i128>,
        _dims: &[u64],
        _bounds: &[i64],
        _view: View<'_>,
    ) -> Result<i128, Refusal> {
        Err(Refusal::no_holds())
    }

    /// The hold's amount is used (`commit`), or given back. Either way the hold is no more.
    fn settle(&mut self, _hold: i64, _commit: bool) -> Result<(), Refusal> {
        Err(Refusal::no_holds())
    }

    /// Uses a part of a hold, of 0 to its whole amount; the number of a hold of the rest. The hold itself is no more.
    fn commit_part(&mut self, _hold: i64, _part: i64) -> Result<i64, Refusal> {
        Err(Refusal::no_holds())
    }

    /// Takes an amount of more than 0 out of the oldest lots of an account. What is credited to it next comes out of
    /// these.
    fn take(
        &mut self,
        _account: AccountId,
        _amount: i64,
        _dims: &[u64],
        _view: View<'_>,
    ) -> Result<Vec<LotPart>, Refusal> {
        Err(Refusal("no lots are kept here: the books are in memory only".to_owned()))
    }

    /// Gives back an amount of at least 0 that was used.
    fn free(&mut self, _account: AccountId, _amount: i64, _dims: &[u64], _view: View<'_>) -> Result<(), Refusal> {
        Err(Refusal::no_holds())
    }

    /// What names the entry that was posted last: more than 0, and the same for no two entries of the tenant.
    fn posted(&mut self) -> Result<i64, Refusal> {
        Err(Refusal::no_entries())
    }

    /// Posts the opposite of an entry on the first open day from today on: amounts, values and lots are then as if it had
    /// never been. Refused where it was reversed before, and where what it brought in has gone out meanwhile.
    fn reverse(&mut self, _entry: i64) -> Result<(), Refusal> {
        Err(Refusal::no_entries())
    }

    /// The first day that the running step may post to in its book or in another one, in days since 1970-01-01; [`FIRST_DAY`] where no period is
    /// closed. An entry on an earlier day is refused, unless its [`Post`](bp_bytecode::program::Post) says
    /// `else first_open`.
    fn first_open(&mut self, book: Option<&str>) -> Result<i64, Refusal> {
        match book {
            None => Ok(FIRST_DAY),
            Some(book) => Err(Refusal::no_book(book)),
        }
    }

    /// What the balance of an account, or of one combination of its dimensions, is worth in the book currency, at its
    /// minor unit: what the book amounts of its lines come to, with those of the running step.
    fn book_value(&mut self, _account: AccountId, _dims: &[u64], _view: View<'_>) -> Result<i128, Refusal> {
        Err(Refusal("no book amounts are kept here: the books are in memory only".to_owned()))
    }

    /// The balance in another book; else as [`World::balance`].
    fn balance_in(&mut self, _account: AccountId, book: &str, _dims: &[u64], _view: View<'_>) -> Result<i128, Refusal> {
        Err(Refusal::no_book(book))
    }

    /// The balance at the end of a day, as [`World::balance`], or what it was worth then, as [`World::book_value`]: all that
    /// was posted to days up to that one, whenever it was recorded, with what the running step posted.
    fn balance_at(
        &mut self,
        _account: AccountId,
        _at: At<'_>,
        _dims: &[u64],
        _view: View<'_>,
    ) -> Result<i128, Refusal> {
        Err(Refusal("no balances of earlier days are kept here: the books are in memory only".to_owned()))
    }

    /// Closes the books up to a day and that day itself, for everybody. What was done before it stands.
    fn close_period(&mut self, _day: i64) -> Result<(), Refusal> {
        Err(Refusal("here no period can be closed".to_owned()))
    }

    /// The process's step that has just run is taken back in this way, if the process fails later.
    fn undo_put(&mut self, _undo: UndoId, _captured: Vec<Value>) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Posts the opposite of all entries of the step that is being taken back, the last one first, as
    /// [`World::reverse`] does.
    fn reverse_step(&mut self) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Sends a record, of a shape of the program, to an address when the step is committed.
    fn send(&mut self, _channel: Channel, _shape: ShapeId, _what: Value, _to: &str) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// The clocks of the scope that the running process has begun at this point stand still, or go on; as often as they
    /// were stopped they have to be set going.
    fn pause(&mut self, _point: PointId, _stands: bool) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// The innermost stretch is over that only one instance at a time is in.
    fn unlock(&mut self) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Starts a process; the run's number. A second start of a key gives the first one's run.
    fn start_run(&mut self, _process: ProcessId, _params: Vec<Value>) -> Result<i64, Refusal> {
        Err(Refusal::no_processes())
    }

    /// How a run has ended, a value of its outcome; `None` while it goes on.
    fn run_outcome(&mut self, _run: i64) -> Result<Option<Value>, Refusal> {
        Err(Refusal::no_processes())
    }

    /// What a run has noted last under a name, of this shape; without one a word. Refused where it has noted nothing.
    fn run_noted(&mut self, _run: i64, _name: &str, _shape: Option<ShapeId>) -> Result<Value, Refusal> {
        Err(Refusal::no_processes())
    }

    /// The title of a run's open task of that name.
    fn run_task(&mut self, _run: i64, _name: &str) -> Result<Option<String>, Refusal> {
        Err(Refusal::no_processes())
    }

    /// Does a run's open task of that name. Refused where it has none.
    fn complete(&mut self, _run: i64, _name: &str, _form: Value) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Sends a message, a value of its record, to who waits for it, when the step is committed.
    fn send_message(&mut self, _message: MessageId, _record: Value) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Another system answers a run's open request. Refused where it has none.
    fn answer(&mut self, _run: i64, _operation: OperationId, _answer: Answer) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// What a run's open request asks with, a value of the operation's record.
    fn run_request(&mut self, _run: i64, _operation: OperationId) -> Result<Option<Value>, Refusal> {
        Err(Refusal::no_processes())
    }

    /// A message comes from outside, a value of its record.
    fn deliver(&mut self, _message: MessageId, _record: Value) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// An operator ends a run before its end. Refused if it has ended, or has done what nothing takes back.
    fn cancel_run(&mut self, _run: i64) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Who does what follows, by name; nobody in particular where that is empty.
    fn act_as(&mut self, _who: &str) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// Moves the clock on by a period, with all that becomes due on the way.
    fn advance(&mut self, _by: Value) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// The running process has given a variable this value, of this shape; without one it is a word.
    fn note(&mut self, _name: &str, _shape: Option<ShapeId>, _value: Value) -> Result<(), Refusal> {
        Err(Refusal::no_processes())
    }

    /// How much was sent by a channel to an address.
    fn mails(&mut self, _channel: Channel, _to: &str) -> Result<i64, Refusal> {
        Err(Refusal::no_processes())
    }

    /// May a batch hand over sums in place of entries? Yes where nothing but balances of accounts counts.
    fn takes_sums(&self) -> bool {
        false
    }

    /// What calls that ended well have posted, where [`World::takes_sums`] says so.
    fn add_sums(&mut self, _sums: &Sums<'_>) -> Result<(), Refusal> {
        Err(Refusal("this world takes entries, not their sums".to_owned()))
    }

    /// Can the world take back what a call that is not over has done so far, completed steps too? Then a call may be
    /// tried in a fast form.
    fn takes_back(&self) -> bool {
        false
    }

    /// Takes back everything since the call began, which is about to begin once more; only asked where
    /// [`World::takes_back`] says so.
    fn take_back(&mut self) {}

    /// The call is over. If it did not end `well`, what the open step posted, and what was posted outside a step,
    /// never happened; completed steps stand.
    fn call_end(&mut self, well: bool) -> Result<(), Refusal>;
}
