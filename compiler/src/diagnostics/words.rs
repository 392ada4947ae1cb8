//! The words of every fault. How they are written: one line without a full stop; what is wrong first, the way out
//! in a note; names and values of the program in backticks; a designer's words, never the compiler's own.

use super::numbers::clash;
use super::{Code, Diagnostic, Problem, syntax};
use crate::source::{Place, Sources};
use crate::typed::last_word;
use bp_bytecode::rounding::Mode;
use smol_str::SmolStr;

/// What a name is, where a mode of rounding is asked for.
pub(crate) const ROUNDING_MODE: &str = "mode of rounding";
/// The same, behind a number, before arguments, where a type is asked for, and before a dot.
pub(crate) const UNIT: &str = "unit";
pub(crate) const FUNCTION: &str = "function";
pub(crate) const TYPE: &str = "type";
pub(crate) const MODULE: &str = "value or module";

impl Problem {
    /// The fault in words.
    pub fn tell(&self, sources: &Sources) -> Diagnostic {
        match self {
            Problem::Syntax { place, error } => syntax::tell_in(*place, error, &sources.get(place.file).text),
            Problem::Limit(limit) => limits(limit),
            Problem::Balance(finding) => super::balance::tell(finding),
            Problem::Decision(finding) => super::decisions::tell(finding),
            Problem::Personal(finding) => super::personal::tell(finding),
            Problem::Ends(finding) => super::ends::tell(finding),
            Problem::Hold(finding) => super::stored::tell_hold(finding),
            _ => self
                .tell_file()
                .or_else(|| self.tell_name())
                .or_else(|| self.tell_type())
                .or_else(|| self.tell_place(sources))
                .or_else(|| self.tell_number())
                .or_else(|| self.tell_stored())
                .or_else(|| self.tell_foreign())
                .unwrap_or_else(|| self.tell_rest()),
        }
    }

    fn tell_file(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::UnknownModule { place, module } => {
                Diagnostic::new(Code::UnknownModule, *place, format!("there is no module `{module}`"))
                    .here("no such module")
                    .note(format!(
                        "it would be the file `{}.bp` of this project, or a module of the standard library",
                        module.replace('.', "/")
                    ))
            }
            Problem::CyclicUse { place, cycle } => {
                Diagnostic::new(Code::CyclicUse, *place, "modules use each other in a circle")
                    .here(format!("comes back to `{}`", cycle.first().map_or("", SmolStr::as_str)))
                    .note(format!("the circle: {}", cycle.join(" → ")))
                    .note("move what both need into a module of its own")
            }
            Problem::UnreadableFile { place, path, reason } => {
                Diagnostic::new(Code::UnreadableFile, *place, format!("`{path}` cannot be read")).here(reason.clone())
            }
            Problem::TwoCurrencies { place, code, other, at } => {
                let d = Diagnostic::new(
                    Code::TwoCurrencies,
                    *place,
                    format!("the book currency is {other} already, not {code}"),
                )
                .here(format!("{code} here"));
                match at {
                    Some(at) => d.label(*at, format!("{other} here")),
                    None => d.note(format!("{other} was given from outside the program")),
                }
                .note("a program has one book currency; money in others is `Money<USD>` or `Amount`")
            }
            Problem::EmptyData { place, path } => {
                Diagnostic::new(Code::EmptyData, *place, format!("`{path}` is empty"))
                    .here("has no header")
                    .note("the first line of a data file names its columns")
            }
            Problem::MissingColumn { place, named, column, record, similar } => {
                let d = Diagnostic::new(Code::MissingColumn, *named, format!("the file has no column `{column}`"))
                    .here(format!("`{record}` needs the column `{column}`"))
                    .label(*place, "the columns that it has");
                did_you_mean(d, similar.as_ref(), None)
                    .note(format!("a field takes another column by `{column}: … as \"its name in the file\"`"))
            }
            Problem::RowLength { place, unclosed: true, .. } => {
                Diagnostic::new(Code::BadRow, *place, "a quotation mark of this row is not closed")
                    .here("takes the lines below into its cell")
                    .note("a quotation mark inside of a quoted cell is doubled: `\"\"`")
            }
            Problem::RowLength { place, expected, found, .. } => Diagnostic::new(
                Code::BadRow,
                *place,
                format!("this row has {}, the header has {expected}", counted(*found, "fields")),
            )
            .here(format!("{} expected", counted(*expected, "fields"))),
            Problem::BadCell { place, line, column, reason } => {
                Diagnostic::new(Code::BadRow, *place, format!("line {line}, column `{column}`: {reason}"))
                    .here(reason.clone())
            }
            Problem::ColumnTwice { place, named, column } => {
                Diagnostic::new(Code::BadRow, *place, format!("the column `{column}` stands here twice"))
                    .here("which one counts?")
                    .label(*named, "named here")
            }
            Problem::RowCondition { place, declared, subject, condition, computed } => {
                let message = match computed {
                    true => format!("this row does not meet the condition of `{subject}`"),
                    false => format!("whether this row meets the condition of `{subject}` is not known when compiled"),
                };
                let d = Diagnostic::new(Code::BadRow, *place, message)
                    .here(format!("`{condition}`"))
                    .label(*declared, "declared here");
                match computed {
                    true => d,
                    false => d.note("a condition on rows of files compares and computes; it asks no configuration"),
                }
            }
            Problem::NotACell { place, field, found } => Diagnostic::new(
                Code::BadRow,
                *place,
                format!("no cell of a file can hold `{field}`"),
            )
            .here(format!("this is {found}"))
            .note(
                "a row's fields are numbers, texts, dates, truth values and enums without parts, or options of those",
            ),
            _ => return None,
        })
    }

    fn tell_name(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::NotBrought { place, what, name, module, whole } => {
                let (message, brings) = if *whole {
                    (format!("this file does not use the module `{module}`"), format!("`use {module}`"))
                } else {
                    (format!("there is no {what} `{name}` here"), format!("`use {module}.{{{name}}}`"))
                };
                let d = Diagnostic::new(Code::UnknownName, *place, message).here("not known here");
                let d = if *whole { d } else { d.note(format!("the module `{module}` has one")) };
                d.note(format!("{brings} at the top of the file brings it"))
            }
            Problem::UnknownName { place, what, name, similar, inside } => {
                let message = match inside {
                    Some(inside) => format!("there is no {what} `{name}` in `{inside}`"),
                    None => format!("there is no {what} `{name}` here"),
                };
                let d = Diagnostic::new(Code::UnknownName, *place, message).here("not known");
                let d = match *what {
                    ROUNDING_MODE => d.note(format!("there are {}", listed(&Mode::ALL.map(|mode| mode.name().into())))),
                    UNIT if similar.is_none() => {
                        d.note(format!("`unit {name} scale 3` declares one that is counted with three decimals"))
                    }
                    FUNCTION | TYPE if similar.is_none() && inside.is_none() => d.note(match name.rsplit_once('.') {
                        Some((module, _)) => format!("`use {module}` brings a module"),
                        None => format!("one of another file, say `shop.bp`, is brought by `use shop.{{{name}}}`"),
                    }),
                    MODULE if similar.is_none() => d.note(format!("`use {name}` brings the module of `{name}.bp`")),
                    _ => d,
                };
                did_you_mean(d, similar.as_ref(), Some(*place))
            }
            Problem::DuplicateName { place, name, first } => {
                let d = Diagnostic::new(Code::DuplicateName, *place, format!("`{name}` stands here a second time"))
                    .here("again here");
                match first {
                    Some(first) => d.label(*first, "first here"),
                    None => d,
                }
            }
            Problem::NameOfLanguage { place, name, what } => {
                Diagnostic::new(Code::DuplicateName, *place, format!("`{name}` is {what} of the language already"))
                    .here("taken")
                    .note("give it a name of its own")
            }
            Problem::NotA { place, name, what } => {
                Diagnostic::new(Code::NotThat, *place, format!("`{name}` is not {what}")).here(format!("not {what}"))
            }
            Problem::NotAValue { place, name, what } => {
                Diagnostic::new(Code::NotThat, *place, format!("`{name}` is {what}")).here("a value is asked for here")
            }
            Problem::UnknownField { place, field, of, fields, similar } => {
                let d =
                    Diagnostic::new(Code::UnknownField, *place, format!("`{of}` has no `{field}`")).here("not known");
                let d = did_you_mean(d, similar.as_ref(), Some(*place));
                if similar.is_none() && !fields.is_empty() { d.note(format!("it has {}", listed(fields))) } else { d }
            }
            Problem::CaseWithoutEnum { place, case, owner } => {
                Diagnostic::new(Code::CaseWithoutEnum, *place, format!("nothing here says which enum `{case}` is of"))
                    .here("which one?")
                    .note(format!("write `{owner}.{case}`"))
                    .edit(*place, "name its enum", format!("{owner}.{case}"))
            }
            Problem::NotVariable { place, name, declared } => {
                let d =
                    Diagnostic::new(Code::NotVariable, *place, format!("`{name}` cannot change")).here("changed here");
                match declared {
                    Some(at) => d.label(*at, "declared here").note("`var` declares what may change, `let` what stays"),
                    None => d.note("only a `var` can be changed"),
                }
            }
            Problem::AssignTarget { place } => Diagnostic::new(Code::NotVariable, *place, "this cannot be changed")
                .here("not a variable")
                .note("a `var`, or one field of it, can: `x = …`, `x.field = …`"),
            Problem::NotCallable { place } => {
                Diagnostic::new(Code::NotThat, *place, "this is not a function").here("cannot be called")
            }
            _ => return None,
        })
    }

    fn tell_type(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::Mismatch { place, expected, found, hint } => {
                let d = Diagnostic::new(Code::Mismatch, *place, format!("{expected} is asked for, this is {found}"))
                    .here(format!("this is {found}"));
                match hint {
                    Some(hint) => d.note(hint.clone()),
                    None => d,
                }
            }
            Problem::Operands { place, op, left, right, why } => {
                let message = format!("`{op}` does not take {} and {}", left.1, right.1);
                let d = Diagnostic::new(Code::Operands, *place, message)
                    .here(format!("`{op}`"))
                    .label(left.0, format!("this is {}", left.1))
                    .label(right.0, format!("this is {}", right.1));
                match why {
                    Some(why) => clash(d, why),
                    None => d,
                }
            }
            Problem::NotOptional { place, found } => Diagnostic::new(Code::Optional, *place, "this is always there")
                .here(format!("{found}, never `none`"))
                .note("`??` and `?.` are for a value that may be `none`"),
            Problem::FieldOfOption { place, field, found } => {
                Diagnostic::new(Code::Optional, *place, format!("`{field}` of something that may be `none`"))
                    .here(format!("behind {found}"))
                    .note(format!("`?.{field}` gives `none` then; `match` says what to do"))
            }
            Problem::TypeArguments { place, ty, expected } => {
                Diagnostic::new(Code::TypeArguments, *place, format!("`{ty}` takes {expected}")).here("not this")
            }
            Problem::NotAMapKey { place, found } => {
                Diagnostic::new(Code::TypeArguments, *place, "a key holds no list and no map")
                    .here(format!("this is {found}"))
                    .note("keys are numbers, texts, dates, enums, or records of such")
            }
            Problem::NotMoneyPer { place, found } => {
                Diagnostic::new(Code::TypeArguments, *place, "`per` stands behind money")
                    .here(format!("this is {found}"))
            }
            Problem::EndlessType { place, name } => {
                Diagnostic::new(Code::EndlessType, *place, format!("`{name}` contains itself"))
                    .here("a value of it would never end")
                    .note("keep the parts in a list of their own and name them by a key")
            }
            Problem::EmptyEnum { place, name } => {
                Diagnostic::new(Code::EndlessType, *place, format!("`{name}` has no case"))
                    .here("no value could be of it")
            }
            Problem::ClauseHere { place, what } => Diagnostic::new(Code::Placement, *place, *what).here("not here"),
            Problem::WrongCount { place, what, expected, found } => Diagnostic::new(
                Code::Arguments,
                *place,
                format!("{} asked for, {found} given", counted(*expected, what)),
            )
            .here(format!("{found} {what}")),
            Problem::TooManyArguments { place, of, expected } => {
                Diagnostic::new(Code::Arguments, *place, format!("`{of}` takes {}", counted(*expected, "arguments")))
                    .here("one too many")
            }
            Problem::Missing { place, of, missing } => {
                Diagnostic::new(Code::Arguments, *place, format!("`{of}` lacks {}", listed(missing)))
                    .here(format!("without {}", listed(missing)))
            }
            Problem::UnnamedField { place } => {
                Diagnostic::new(Code::Arguments, *place, "the fields of a record are named")
                    .here("name it: `field: value`")
            }
            Problem::GeneratorHere { place } => {
                Diagnostic::new(Code::Arguments, *place, "this takes values, not `for … in …`")
                    .here("not here")
                    .note("a list made so stands in brackets: `[x for x in xs]`")
            }
            Problem::RangeHere { place } => Diagnostic::new(Code::Placement, *place, "a range is no value")
                .here("not here")
                .note("a range stands behind `in`, in a loop or in a cell: `x in [1..5]`"),
            Problem::BadFormat { place, format } => {
                Diagnostic::new(Code::Arguments, *place, format!("`{format}` is no format of this value"))
                    .here("cannot be written so")
                    .note("a whole number takes how many digits it has at least: `{seq:5}`")
            }
            Problem::TypeUnknown { place, name } => {
                Diagnostic::new(Code::Mismatch, *place, format!("nothing says what `{name}` holds"))
                    .here("what type?")
                    .note(format!("write its type: `{name}: List<Text> = …`"))
            }
            Problem::IfWithoutElse { place } => {
                Diagnostic::new(Code::NoValue, *place, "an `if` that gives a value needs an `else`")
                    .here("and otherwise?")
            }
            Problem::BareReturn { place, expected } => {
                Diagnostic::new(Code::NoValue, *place, format!("{expected} is asked for, nothing is given"))
                    .here("no value here")
                    .note("what `return` gives stands on its line")
            }
            Problem::NoValue { place, expected } => {
                Diagnostic::new(Code::NoValue, *place, format!("{expected} is asked for, nothing is given"))
                    .here("no value here")
            }
            Problem::NotExhaustive { place, missing } => {
                let written = |m: &String| if m == "_" { "anything else".into() } else { format!("`{m}`") };
                let cases: Vec<String> = missing.iter().map(written).collect();
                Diagnostic::new(Code::NotExhaustive, *place, format!("this `match` leaves out {}", cases.join(", ")))
                    .here("a value without an arm")
                    .note(match missing.as_slice() {
                        [one] if one != "_" => format!("add the arm `{one} => …`, or `_ => …`"),
                        _ => "add an arm for each, or `_ => …` for all the rest".into(),
                    })
            }
            Problem::TooManyCases { place } => Diagnostic::new(
                Code::NotExhaustive,
                *place,
                "it could not be shown that this `match` leaves out nothing",
            )
            .here("too many combinations of parts")
            .note("`_ => …` for all the rest shows it, as does a `match` of fewer parts inside of an arm"),
            Problem::PatternType { place, pattern, ty } => {
                Diagnostic::new(Code::Pattern, *place, format!("`{pattern}` is no value of {ty}"))
                    .here(format!("{ty} is looked at"))
            }
            Problem::RecordPattern { place } => Diagnostic::new(Code::Pattern, *place, "`match` takes no record apart")
                .here("has one form only")
                .note("read its fields: `match pair.left { … }`"),
            Problem::PatternNotConstant { place } => {
                Diagnostic::new(Code::Pattern, *place, "a pattern is a fixed value").here("not known when compiled")
            }
            Problem::NamesNothing { place, what } => {
                Diagnostic::new(Code::Pattern, *place, format!("{what} only asks: it gives no part a name"))
                    .here("write `_` for a part that does not matter")
                    .note("`match` gives names: `match x { some(n) => …, none => … }`")
            }
            Problem::BindingInAlternatives { place } => {
                Diagnostic::new(Code::Pattern, *place, "one of several patterns cannot give a name to a part")
                    .here("names a part")
                    .note("write `_` for the part, or an arm of its own")
            }
            _ => return None,
        })
    }

    fn tell_place(&self, sources: &Sources) -> Option<Diagnostic> {
        let not_here =
            |place: &Place, message: &str| Diagnostic::new(Code::Placement, *place, message).here("not here");
        Some(match self {
            Problem::NeverReached { place, what } => {
                Diagnostic::new(Code::Unreachable, *place, format!("{what} is never reached")).here("never reached")
            }
            Problem::Recursion { place, cycle } => {
                Diagnostic::new(Code::Recursion, *place, "functions call each other in a circle")
                    .here("this call closes the circle")
                    .note(format!("the circle: {}", cycle.join(" → ")))
                    .note(
                        "every function ends because none calls itself; go through a list with `for` or `sum` instead",
                    )
            }
            Problem::OpenRange { place } => {
                Diagnostic::new(Code::UnboundedRange, *place, "a range to go through needs both ends").here("open")
            }
            Problem::UnboundedRange { place } => {
                Diagnostic::new(Code::UnboundedRange, *place, format!("nothing bounds `{}`", sources.text(*place)))
                    .here("how large can it be?")
                    .note("bound it, so that the loop ends: `min(n, 100)`, or a type with a `where`")
            }
            Problem::EffectHere { place, what, inside } => {
                Diagnostic::new(Code::Effect, *place, format!("{what}: not in {inside}")).here("not here").note(
                    "a `fn` only computes; what reads or changes stands in an `action`, or in a `step` of a process",
                )
            }
            Problem::WhileHere { place } => not_here(place, "`while` stands in a process only")
                .note("a function goes through a list or a range with `for`"),
            Problem::BreakHere { place } => not_here(place, "`break` stands in a loop"),
            Problem::ReturnHere { place } => not_here(place, "a test returns nothing"),
            Problem::ReturnInStep { place } => not_here(place, "`return` cannot leave a step")
                .note("a step's value is its last expression: `let x = step s { … x }`"),
            Problem::FilesHere { place } => not_here(place, "rows of files are read in tests and decision tables only"),
            Problem::FailHere { place } => not_here(place, "`fail` stands in a process"),
            Problem::StepHere { place } => not_here(place, "a `step` stands in a process"),
            Problem::StepInStep { place } => not_here(place, "a step cannot hold another step"),
            Problem::TestHere { place } => not_here(place, "this stands in a test"),
            Problem::WaitHere { place } => not_here(place, "a process waits outside of its steps, and only processes wait")
                .note("a step is done in one go; what takes time stands between two of them"),
            Problem::StartHere { place } => not_here(place, "a process is started by a process, outside of its steps, or by a test"),
            Problem::SendHere { place } => not_here(place, "a process sends; nothing else does"),
            Problem::StageHere { place } => {
                not_here(place, "a stage stands in the block of its process, not inside of anything else")
            }
            Problem::StageNotReached { place, name } => {
                Diagnostic::new(Code::Placement, *place, format!("nothing before the stage `{name}` leads to it"))
                    .here("how does the process come here?")
                    .note("a stage stands behind one that goes to it, or that goes on into it")
            }
            Problem::ReverseWhat { place } => not_here(place, "`reverse` alone takes back what a step posted, in its `undo`")
                .note("elsewhere it names the posting: `let p = post …`, then `reverse p`"),
            Problem::LeavesBranch { place } => not_here(place, "nothing but a failure leaves a branch before its end"),
            Problem::BranchesWrite { place, name } => {
                Diagnostic::new(Code::BranchesWrite, *place, format!("`{name}` is assigned by another branch as well"))
                    .here("which of the two would count?")
                    .note("give each branch a name of its own, and put them together behind the branches")
            }
            Problem::BesideWrites { place, name } => {
                Diagnostic::new(Code::BranchesWrite, *place, format!("`{name}` is assigned beside the scope"))
                    .here("the scope goes on with the value that it has")
                    .note("`every` and `on` run beside the stretch; what they find out goes into a document")
            }
            Problem::DutyUnplayed { place, name } => {
                Diagnostic::new(Code::DutyUnplayed, *place, format!("nobody plays the duty `{name}`"))
                    .here("the rule keeps nothing apart")
                    .note(format!("a task plays it: `task … for Role as {name} {{ … }}`, or a start: `started by Role as {name}`"))
            }
            Problem::GatherWrites { place, name } => {
                Diagnostic::new(Code::BranchesWrite, *place, format!("`{name}` is assigned in one of many branches"))
                    .here("which of them would count?")
                    .note("end the branch with its value: `let answers = parallel for … { … value }` gives a list of them")
            }
            Problem::ScheduleDay { place } => not_here(place, "this does not go with the rhythm of the schedule")
                .note("`weekly on monday`, `monthly on day 25`, `yearly on day 60`; all but `every` take `at 08:00`"),
            Problem::MissedHow { place } => not_here(place, "this does not say what is made up for")
                .note("`missed each` runs every firing that was missed, `missed last` the last one, `missed skip` none"),
            Problem::PauseHere { place } => not_here(place, "`pause` stops the clocks of a scope, and stands in one"),
            Problem::GoHere { place } => not_here(place, "`go` leads from one stage of a process to another, outside of steps"),
            Problem::FormHere { place } => not_here(place, "`show` and `ask` stand in a task"),
            Problem::FormOnly { place } => not_here(place, "a task holds nothing but `show` and `ask`")
                .note("what is done with the answers stands behind the task: `let answer = task … { ask approved: Bool }`"),
            Problem::LateHere { place } => not_here(place, "this deadline says nothing of what is done when it is over")
                .note("a wait goes on with `else { … }`; a task may also `else escalate Role`; `every` and `cancel on` belong to a scope"),
            Problem::RefusedWhat { place } => not_here(place, "`refused` is about `start`, `complete`, `answer`, `deliver` or `cancel`")
                .note("`expect complete run.review(approved: true) as \"mia\" refused`"),
            Problem::SaysWhat { place, word } => {
                let (what, note) = match *word {
                    "complete" => ("a task of a run", "`complete run.review(approved: true)`"),
                    "answer" => {
                        ("a request of a run", "`answer run.Carrier.book(…)`, or `failed NoCapacity` or `error \"no connection\"` behind the name")
                    }
                    "send message" => ("a message", "`send message PaymentReceived(invoice: \"INV/1\", amount: 5 IDR)`"),
                    _ => ("a message", "`deliver PaymentReceived(invoice: \"INV/1\", amount: 5 IDR)`"),
                };
                not_here(place, &format!("`{word}` names {what}")).note(note)
            }
            Problem::NeverLate { place } => not_here(place, "this says what is done when the time is over, and nothing says when that is")
                .note("`request Carrier.book(…) within 1 hour else { … }`"),
            Problem::MessageForNobody { place, name } => {
                Diagnostic::new(Code::MessageKey, *place, format!("nobody could tell for whom a `{name}` is"))
                    .here("which field says so?")
                    .note(format!("name the field that a process waits by: `message {name} key order {{ order: Text }}`"))
            }
            Problem::WaitWithoutKey { place, message, key } => {
                Diagnostic::new(Code::MessageKey, *place, format!("this waits for any `{message}`, whoever it is for"))
                    .here("for which?")
                    .note(format!("compare its key with a value of the process: `where it.{key} == …`"))
            }
            Problem::NothingUndoes { place } => Diagnostic::new(
                Code::NothingUndoes,
                *place,
                "a step before this changes something, and nothing takes that back",
            )
            .here("what was done is taken back here, or may be")
            .note("say behind the step how: `step order { … } undo { … }`, or that nothing has to be done: `undo nothing`"),
            _ => return None,
        })
    }

    fn tell_rest(&self) -> Diagnostic {
        match self {
            Problem::CellCount { place, what, expected, found } => Diagnostic::new(
                Code::DecisionRow,
                *place,
                format!("this row has {found} {what}, the table has {expected}"),
            )
            .here(format!("{found} {what}")),
            Problem::AnyAlone { place } => {
                Diagnostic::new(Code::DecisionRow, *place, "`any` stands alone in its cell").here("fits everything")
            }
            Problem::DefaultHere { place } => {
                Diagnostic::new(Code::DecisionPolicy, *place, "a decision that collects has no default")
                    .here("never used")
                    .note("where no row fits, it collects nothing")
            }
            Problem::SeveralOutputs { place, found } => {
                Diagnostic::new(Code::DecisionPolicy, *place, "several outputs make a record")
                    .here(format!("this is {found}"))
            }
            Problem::PolicyResult { place, policy, needs } => {
                Diagnostic::new(Code::DecisionPolicy, *place, format!("the result of `{policy}` is {needs}"))
                    .here("not this")
            }
            Problem::NotConstant { place } => {
                Diagnostic::new(Code::NotConstant, *place, "this is not known when compiled")
                    .here("depends on more than the file's row")
            }
            Problem::Dimensions { place, account, names, found } => {
                let account = last_word(account);
                let message = if names.is_empty() {
                    format!("`{account}` has no dimensions")
                } else {
                    format!("`{account}` is kept by {}", listed(names))
                };
                let d = Diagnostic::new(Code::Dimensions, *place, message).here(format!("{found} given"));
                if names.is_empty() { d } else { d.note(format!("write `{account}[{}]`", names.join(", "))) }
            }
            Problem::NotADimension { place, found } => Diagnostic::new(
                Code::Dimensions,
                *place,
                "an account is kept by a text, an enum without parts, a document, a month, a date or a whole number",
            )
            .here(format!("this is {found}")),
            Problem::NotYet { place, what } => {
                Diagnostic::new(Code::NotYet, *place, format!("{what}: this version cannot run them yet"))
                    .here("understood, not supported yet")
            }
            // All others are told above; the order of `tell` makes this unreachable without a panic.
            other => Diagnostic::new(Code::SyntaxInternal, Place::NOWHERE, format!("a fault without words: {other:?}")),
        }
    }
}

fn limits(limit: &crate::lower::LowerError) -> Diagnostic {
    if limit.limit == crate::lower::Limit::Unassigned {
        return Diagnostic::new(Code::Unassigned, limit.place, limit.to_string())
            .here("a way leads here on which it is given none")
            .note("give it a value in each stage that leads here, or before the first one");
    }
    Diagnostic::new(Code::Limit, limit.place, limit.to_string()).here("too large")
}

pub(super) fn did_you_mean(d: Diagnostic, similar: Option<&SmolStr>, edit: Option<Place>) -> Diagnostic {
    let Some(similar) = similar else { return d };
    let d = d.note(format!("did you mean `{similar}`?"));
    match edit {
        Some(place) => d.edit(place, format!("write `{similar}`"), similar.to_string()),
        None => d,
    }
}

/// `1 argument`, `2 arguments`
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {}", what.strip_suffix('s').unwrap_or(what)) } else { format!("{count} {what}") }
}

/// `a`, `b` and `c`
fn listed(names: &[SmolStr]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
