//! What the stages found wrong: facts, no words.

use super::Foreign;
use crate::lower::LowerError;
use crate::prove::ranges::{self, Fault};
use crate::source::Place;
use crate::typed::Checked;
use crate::types::Currency;
use bp_grammar::error::SyntaxErrorKind;
use smol_str::SmolStr;

impl Problem {
    /// What range analysis found, with what the checked program knows of it.
    pub(crate) fn range(checked: &Checked, finding: ranges::Finding) -> Problem {
        let place = finding.place;
        match finding.kind {
            Fault::TooLarge { stored } => Problem::TooLarge { place, stored },
            Fault::DivisionByZero => Problem::DivisionByZero { place },
            Fault::Unbounded => Problem::UnboundedRange { place },
            Fault::NeverHolds { check, value } => {
                let check = &checked.checks[check.index()];
                let (subject, condition) = (check.subject.clone(), check.text.clone());
                Problem::NeverHolds { place, declared: check.place, subject, condition, value }
            }
        }
    }

    /// A row of a data file against a condition, with what the checked program knows of it.
    pub(crate) fn row(checked: &Checked, finding: crate::prove::rows::Finding) -> Problem {
        let check = &checked.checks[finding.check.index()];
        Problem::RowCondition {
            place: finding.place,
            declared: check.place,
            subject: check.subject.clone(),
            condition: check.text.clone(),
            computed: finding.computed,
        }
    }
}

/// Why two numbers do not go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// Money of two currencies.
    Currencies(String, String),
    /// Quantities of two units of measure.
    Units(String, String),
    /// A quantity times money that is no price.
    NoPrice(String),
    /// A price per one unit, a quantity in another.
    PriceUnit { per: String, of: String },
    /// Money times money.
    Squared,
    /// A bare number beside money of a currency that the program leaves open.
    NoCurrency { literal: String },
    /// Texts do not add up; both in one, where that is short.
    Texts(Option<String>),
    /// Dates have no difference of their own.
    Days { from: String, to: String },
    /// A date has no hours to add to.
    TimeOfDay,
    /// One side may be `none`.
    MayBeNone(String),
    /// A literal without the unit that it needs.
    Bare { place: Place, literal: String, unit: String },
}

/// A fault of a program. `place` is where it is; types and names are as a designer writes them.
#[derive(Debug, Clone)]
pub enum Problem {
    Syntax {
        place: Place,
        error: SyntaxErrorKind,
    },
    Limit(LowerError),
    Balance(crate::prove::balance::Finding),
    Decision(crate::prove::decisions::Finding),
    Hold(crate::prove::holds::Finding),
    Personal(crate::prove::personal::Finding),
    Ends(crate::prove::ends::Finding),

    // ---- modules and files
    UnknownModule {
        place: Place,
        module: SmolStr,
    },
    /// From the module that is used to itself again.
    CyclicUse {
        place: Place,
        cycle: Vec<SmolStr>,
    },
    UnreadableFile {
        place: Place,
        path: SmolStr,
        reason: String,
    },
    /// Two files name different book currencies; or the command names another one (`at` is `None`).
    TwoCurrencies {
        place: Place,
        code: SmolStr,
        other: SmolStr,
        at: Option<Place>,
    },
    EmptyData {
        place: Place,
        path: SmolStr,
    },
    /// `place` is the file's header, `named` where the program names the file.
    MissingColumn {
        place: Place,
        named: Place,
        column: SmolStr,
        record: String,
        similar: Option<SmolStr>,
    },
    /// `unclosed`: a quotation mark is not closed, and takes the lines below into its cell.
    RowLength {
        place: Place,
        expected: usize,
        found: usize,
        unclosed: bool,
    },
    BadCell {
        place: Place,
        line: u32,
        column: SmolStr,
        reason: String,
    },
    /// A column that a file names a second time.
    ColumnTwice {
        place: Place,
        named: Place,
        column: SmolStr,
    },
    /// A row that does not meet a condition of its record; or, not `computed`, where that could not be told.
    RowCondition {
        place: Place,
        declared: Place,
        subject: SmolStr,
        condition: SmolStr,
        computed: bool,
    },
    /// A field that no cell of a file can hold.
    NotACell {
        place: Place,
        field: SmolStr,
        found: String,
    },

    // ---- names
    /// `inside` is the module or enum that was searched.
    /// A name that another module of the program has; or, with `whole`, the name of such a module.
    NotBrought {
        place: Place,
        what: &'static str,
        name: SmolStr,
        module: SmolStr,
        whole: bool,
    },
    UnknownName {
        place: Place,
        what: &'static str,
        name: SmolStr,
        similar: Option<SmolStr>,
        inside: Option<SmolStr>,
    },
    DuplicateName {
        place: Place,
        name: SmolStr,
        first: Option<Place>,
    },
    /// A name that the language has given away: `what` is what it names there.
    NameOfLanguage {
        place: Place,
        name: SmolStr,
        what: &'static str,
    },
    /// The name is known, and is no `what`.
    NotA {
        place: Place,
        name: SmolStr,
        what: &'static str,
    },
    /// The name is known and is no value; `what` says what it is.
    NotAValue {
        place: Place,
        name: SmolStr,
        what: &'static str,
    },
    UnknownField {
        place: Place,
        field: SmolStr,
        of: String,
        fields: Vec<SmolStr>,
        similar: Option<SmolStr>,
    },
    CaseWithoutEnum {
        place: Place,
        case: SmolStr,
        owner: SmolStr,
    },
    NotVariable {
        place: Place,
        name: SmolStr,
        declared: Option<Place>,
    },
    AssignTarget {
        place: Place,
    },
    NotCallable {
        place: Place,
    },

    // ---- types
    Mismatch {
        place: Place,
        expected: String,
        found: String,
        hint: Option<String>,
    },
    Operands {
        place: Place,
        op: &'static str,
        left: (Place, String),
        right: (Place, String),
        why: Option<Clash>,
    },
    NotOptional {
        place: Place,
        found: String,
    },
    FieldOfOption {
        place: Place,
        field: SmolStr,
        found: String,
    },
    TypeArguments {
        place: Place,
        ty: SmolStr,
        expected: &'static str,
    },
    /// A key of a map, or what a list is grouped by.
    NotAMapKey {
        place: Place,
        found: String,
    },
    NotMoneyPer {
        place: Place,
        found: String,
    },
    EndlessType {
        place: Place,
        name: SmolStr,
    },
    EmptyEnum {
        place: Place,
        name: SmolStr,
    },
    /// A group that nothing leads to.
    Group {
        place: Place,
        name: SmolStr,
        /// The entity that has no such field; without one it is the account that has no such first dimension.
        of: Option<SmolStr>,
    },
    ClauseHere {
        place: Place,
        what: &'static str,
    },
    WrongCount {
        place: Place,
        what: &'static str,
        expected: usize,
        found: usize,
    },
    TooManyArguments {
        place: Place,
        of: SmolStr,
        expected: usize,
    },
    Missing {
        place: Place,
        of: SmolStr,
        missing: Vec<SmolStr>,
    },
    UnnamedField {
        place: Place,
    },
    GeneratorHere {
        place: Place,
    },
    RangeHere {
        place: Place,
    },
    BadFormat {
        place: Place,
        format: SmolStr,
    },
    TypeUnknown {
        place: Place,
        name: SmolStr,
    },
    IfWithoutElse {
        place: Place,
    },
    NoValue {
        place: Place,
        expected: String,
    },
    /// `return` alone where a value is asked for.
    BareReturn {
        place: Place,
        expected: String,
    },
    NotExhaustive {
        place: Place,
        missing: Vec<String>,
    },
    /// A `match` with so many combinations of parts that nobody can tell whether it has all.
    TooManyCases {
        place: Place,
    },
    PatternType {
        place: Place,
        pattern: String,
        ty: String,
    },
    /// A record has one form only.
    RecordPattern {
        place: Place,
    },
    PatternNotConstant {
        place: Place,
    },
    BindingInAlternatives {
        place: Place,
    },
    /// `x is some(n)`, or a cell `Transfer(days)`: nothing behind knows the name. `what` stands there.
    NamesNothing {
        place: Place,
        what: &'static str,
    },
    NeverReached {
        place: Place,
        what: &'static str,
    },
    /// From the function that is called to itself again.
    Recursion {
        place: Place,
        cycle: Vec<SmolStr>,
    },
    OpenRange {
        place: Place,
    },
    /// An end of a range that nothing bounds.
    UnboundedRange {
        place: Place,
    },
    /// `what` needs more than `inside` may do.
    EffectHere {
        place: Place,
        what: String,
        inside: &'static str,
    },
    WhileHere {
        place: Place,
    },
    BreakHere {
        place: Place,
    },
    ReturnHere {
        place: Place,
    },
    ReturnInStep {
        place: Place,
    },
    FilesHere {
        place: Place,
    },
    FailHere {
        place: Place,
    },
    StepHere {
        place: Place,
    },
    StepInStep {
        place: Place,
    },
    TestHere {
        place: Place,
    },
    WaitHere {
        place: Place,
    },
    StartHere {
        place: Place,
    },
    SendHere {
        place: Place,
    },
    /// `show` or `ask` outside of a task.
    FormHere {
        place: Place,
    },
    /// Something else in a task.
    FormOnly {
        place: Place,
    },
    /// A deadline, or a handler, that its construct does not have.
    LateHere {
        place: Place,
    },
    RefusedWhat {
        place: Place,
    },
    /// `complete`, `answer`, `deliver` or `send message` of something else.
    SaysWhat {
        place: Place,
        word: &'static str,
    },
    /// What is done when the time is over, where nothing says when that is.
    NeverLate {
        place: Place,
    },
    MessageForNobody {
        place: Place,
        name: SmolStr,
    },
    WaitWithoutKey {
        place: Place,
        message: SmolStr,
        key: SmolStr,
    },
    ReverseWhat {
        place: Place,
    },
    StageHere {
        place: Place,
    },
    LeavesBranch {
        place: Place,
    },
    /// Two branches assign the same variable.
    BranchesWrite {
        place: Place,
        name: SmolStr,
    },
    /// What goes on beside a stretch assigns one of its variables.
    BesideWrites {
        place: Place,
        name: SmolStr,
    },
    /// A branch whose value is gathered assigns a variable around it.
    GatherWrites {
        place: Place,
        name: SmolStr,
    },
    /// A day or a time that the rhythm of a schedule has no room for.
    ScheduleDay {
        place: Place,
    },
    MissedHow {
        place: Place,
    },
    PauseHere {
        place: Place,
    },
    /// No task and no start is bound to a duty.
    DutyUnplayed {
        place: Place,
        name: SmolStr,
    },
    /// A stage that nothing before it leads to.
    StageNotReached {
        place: Place,
        name: SmolStr,
    },
    GoHere {
        place: Place,
    },
    /// A failure behind a step that changes something, and says nothing of how that is taken back.
    NothingUndoes {
        place: Place,
    },

    // ---- numbers
    /// A value of scale `from` where the scale is `to`.
    WouldRound {
        place: Place,
        from: u8,
        to: u8,
        expected: String,
        text: SmolStr,
    },
    QuotientOutsideRound {
        place: Place,
        text: SmolStr,
    },
    ChainTooLong {
        place: Place,
        limit: usize,
    },
    RoundToWhat {
        place: Place,
        name: &'static str,
    },
    StepNotPositive {
        place: Place,
    },
    BareNumberOnly {
        place: Place,
        name: &'static str,
        found: String,
    },
    PowerOfTenOnly {
        place: Place,
        name: &'static str,
    },
    ScaleOutside {
        place: Place,
        scale: u32,
    },
    ScaleTooDeep {
        place: Place,
        scale: u8,
    },
    LiteralTooLarge {
        place: Place,
    },
    UnknownCurrency {
        place: Place,
        code: SmolStr,
    },
    UnitNotInUnit {
        place: Place,
    },
    DivisionByZero {
        place: Place,
    },
    /// Whatever comes, it is more than there is room for.
    TooLarge {
        place: Place,
        stored: bool,
    },
    /// A `where` that no value there meets. `value` is that value where there is one only.
    NeverHolds {
        place: Place,
        declared: Place,
        subject: SmolStr,
        condition: SmolStr,
        value: Option<String>,
    },
    PartOfTime {
        place: Place,
    },

    // ---- decisions
    CellCount {
        place: Place,
        what: &'static str,
        expected: usize,
        found: usize,
    },
    AnyAlone {
        place: Place,
    },
    DefaultHere {
        place: Place,
    },
    SeveralOutputs {
        place: Place,
        found: String,
    },
    PolicyResult {
        place: Place,
        policy: &'static str,
        needs: &'static str,
    },
    NotConstant {
        place: Place,
    },

    // ---- books
    Dimensions {
        place: Place,
        account: SmolStr,
        names: Vec<SmolStr>,
        found: usize,
    },
    NotADimension {
        place: Place,
        found: String,
    },

    // ---- processes
    /// `of` is the process or action that fails so.
    UndeclaredFailure {
        place: Place,
        name: SmolStr,
        of: SmolStr,
        similar: Option<SmolStr>,
    },
    /// What `action` may end with, `of` (an `inside`: a process or an action) neither handles nor declares.
    UnhandledFailure {
        place: Place,
        action: SmolStr,
        failures: Vec<SmolStr>,
        of: SmolStr,
        inside: &'static str,
    },
    /// A step's `else` where nothing in the step fails.
    NothingFails {
        place: Place,
    },

    // ---- documents
    /// A field that a module adds to an entity needs a value in the documents that are there.
    AddedField {
        place: Place,
        name: SmolStr,
    },
    /// A type that the store cannot look for.
    NotAKey {
        place: Place,
        found: String,
    },
    NumberedBy {
        place: Place,
    },
    NoKey {
        place: Place,
        entity: SmolStr,
    },
    NoStates {
        place: Place,
        entity: SmolStr,
    },
    NotSettable {
        place: Place,
        name: SmolStr,
        why: &'static str,
    },
    /// `from` where the state is known.
    NoTransition {
        place: Place,
        entity: SmolStr,
        from: Option<SmolStr>,
        to: SmolStr,
    },

    // ---- goods
    /// A `worth` that lacks, or that cannot be said.
    Worth {
        place: Place,
        account: SmolStr,
        lots: bool,
        side: bp_bytecode::op::Side,
    },
    NoLots {
        place: Place,
        account: SmolStr,
    },

    // ---- other currencies
    /// A line of an account whose book amount is not said right.
    Foreign {
        place: Place,
        account: SmolStr,
        book: Currency,
        what: Foreign,
    },
    /// Not one side of an `exchange` in the book currency and one in another.
    ExchangeSides {
        place: Place,
        book: Currency,
        found: [String; 2],
    },
    NoAccountForExchange {
        place: Place,
        currency: Currency,
        book: Currency,
    },

    // ---- holds
    NoLimit {
        place: Place,
        account: SmolStr,
    },
    /// `let x = commit h`
    SettleValue {
        place: Place,
    },

    NotYet {
        place: Place,
        what: &'static str,
    },
}
