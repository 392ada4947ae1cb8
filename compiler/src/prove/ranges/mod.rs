//! What numbers can come to, and which `where`s always hold.
//!
//! # What is shown
//!
//! For each place where a value becomes of a type with a `where` – where it is made, changed, given, returned or
//! assigned – that the condition holds of all values that can come there; or that it holds of none, which is an error
//! (`BP0415`); or neither, and then it is checked there when the program runs. Arithmetic whose result is too large, and
//! a division by zero, whatever comes, are errors too (`BP0511`, `BP0509`); so is a range to go through whose ends nothing
//! bounds (`BP0414`). A condition that is shown costs nothing when
//! the program runs: its check is left out.
//!
//! # How
//!
//! Abstract interpretation with [intervals](interval). Every function is gone through once, those that it calls before
//! it. A parameter can be whatever its type allows, by its `where`s and by the `where`s of the record around it; a
//! function's result is whatever its code gives for such parameters. [`env`] holds what is known besides where code
//! stands: what was assigned, and what the conditions say on the way there ([`condition`]). A variable that a loop
//! assigns is anything of its type within the loop and after it.
//!
//! # Limits
//!
//! An interval says nothing of how two values stand to each other: `where from <= to` is checked when the program runs,
//! other than for constants. Lists, maps, texts and options have no intervals, their elements those of their type. Code
//! that is nested deeper than [`DEPTH_MAX`] is not gone into: nothing is known from there on in its function.

mod condition;
mod env;
mod interval;
mod statement;
mod value;
mod wheres;

use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use env::{Env, Path};
use interval::{Interval, Truth};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// How many numbers a range may have at most, if its ends are to count as bounded: more than anything that is counted,
/// far less than a number whose bounds are those of its field.
const RANGE_MAX: i128 = 1 << 40;
/// How deep expressions and blocks are gone into.
const DEPTH_MAX: u32 = 200;

/// A fault that every run has that comes to the place.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub place: Place,
    pub kind: Fault,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A `where` that no value there meets.
    NeverHolds {
        check: CheckId,
        /// The value, as the language writes it, where there is one only.
        value: Option<String>,
    },
    /// More than the register or the field holds.
    TooLarge {
        stored: bool,
    },
    DivisionByZero,
    /// The end of a range to go through, which nothing bounds.
    Unbounded,
}

/// A `where`, at a place where a value becomes of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obligation {
    pub place: Place,
    pub check: CheckId,
    /// It always holds. If not, it is checked when the program runs.
    pub proved: bool,
}

/// What was found out about numbers.
#[derive(Debug, Default)]
pub struct Ranges {
    pub findings: Vec<Finding>,
    /// In the order of places.
    pub obligations: Vec<Obligation>,
}

/// Goes through all functions.
pub fn prove(checked: &Checked) -> Ranges {
    let mut prover = Prover {
        checked,
        results: vec![None; checked.functions.len()],
        records: HashMap::new(),
        named: HashMap::new(),
        configs: HashMap::new(),
        conditions: checked.checks.iter().map(|check| check.func).collect(),
        verdicts: BTreeMap::new(),
        findings: Vec::new(),
    };
    for function in walk::callees_first(checked) {
        prover.function(function);
    }
    let obligations = prover
        .verdicts
        .into_iter()
        .map(|((place, check), truth)| Obligation { place, check, proved: truth == Truth::Always })
        .collect();
    let mut findings = prover.findings;
    findings.sort_by_key(|finding| finding.place);
    findings.dedup();
    Ranges { findings, obligations }
}

pub(super) struct Prover<'c> {
    checked: &'c Checked,
    /// What each function gives, of those that were gone through.
    results: Vec<Option<Interval>>,
    /// What the `where`s of a record say of its fields.
    records: HashMap<RecordId, Rc<Vec<Option<Interval>>>>,
    named: HashMap<NamedId, Interval>,
    configs: HashMap<ConfigId, Interval>,
    /// The functions of `where`s: their parameter has not met the condition yet.
    conditions: HashSet<FnId>,
    verdicts: BTreeMap<(Place, CheckId), Truth>,
    findings: Vec<Finding>,
}

impl Prover<'_> {
    fn function(&mut self, id: FnId) {
        let checked = self.checked;
        let function = &checked.functions[id.index()];
        let raw = self.conditions.contains(&id);
        let mut code = Code::new(self, function, raw);
        code.telling = true;
        let result = code.run(function);
        self.results[id.index()] = Some(result);
    }
}

/// One function on the way through it.
pub(super) struct Code<'p, 'c> {
    prover: &'p mut Prover<'c>,
    locals: &'c [Local],
    env: Env,
    /// Names of other variables' values, which nothing changes.
    aliases: HashMap<LocalId, Path>,
    /// The first parameter is a record whose `where`s are not known to hold.
    raw: bool,
    /// Findings and verdicts are kept.
    telling: bool,
    /// Only what is plain to see is looked at: it was gone through before.
    shallow: bool,
    depth: u32,
    /// Something was too deep: nothing is known any more.
    lost: bool,
    /// What the function's result can be so far.
    result: Option<Interval>,
}

impl<'p, 'c> Code<'p, 'c> {
    fn new(prover: &'p mut Prover<'c>, function: &'c Function, raw: bool) -> Self {
        Code {
            prover,
            locals: &function.locals,
            env: Env::default(),
            aliases: HashMap::new(),
            raw,
            telling: false,
            shallow: false,
            depth: 0,
            lost: false,
            result: None,
        }
    }

    fn run(&mut self, function: &'c Function) -> Interval {
        for (condition, check) in &function.requires {
            let truth = self.value(condition).truth();
            self.verdict(condition.place, *check, truth);
            self.assume(condition, true);
        }
        match &function.body {
            Body::Code(block) => {
                let value = self.block(block);
                if block.value.is_some() && !self.env.is_dead() {
                    self.gives(value);
                }
            }
            Body::Decision(id) => {
                let value = self.decision(*id);
                self.gives(value);
            }
        }
        // Without a result it never comes back.
        let ty = self.type_range(&function.result, false);
        self.result.and_then(|result| result.meet(ty)).unwrap_or(ty)
    }

    fn gives(&mut self, value: Interval) {
        self.result = Some(self.result.map_or(value, |result| result.join(value)));
    }

    fn tell(&mut self, place: Place, kind: Fault) {
        if self.telling && !self.env.is_dead() && !self.lost {
            self.prover.findings.push(Finding { place, kind });
        }
    }

    /// The ends of a range to go through have to be bounded; also where nothing else is claimed because it is too deep.
    fn bounded(&mut self, low: (Interval, Place), high: (Interval, Place)) {
        if !self.telling || self.env.is_dead() {
            return;
        }
        let far = |value: i128| value.checked_abs().is_none_or(|value| value >= i128::from(i64::MAX) - RANGE_MAX);
        let places = match (far(low.0.low), far(high.0.high)) {
            (false, false) if high.0.high - low.0.low <= RANGE_MAX => return,
            // Each is bounded somehow; together they leave too much.
            (false, false) => vec![high.1],
            (is_low, is_high) => {
                let ends = [(is_low, low.1), (is_high, high.1)];
                ends.into_iter().filter(|end| end.0).map(|end| end.1).collect()
            }
        };
        let findings = places.into_iter().map(|place| Finding { place, kind: Fault::Unbounded });
        self.prover.findings.extend(findings);
    }

    /// Notes how an obligation stands; at several visits, what holds at all of them.
    fn verdict(&mut self, place: Place, check: CheckId, truth: Truth) {
        if !self.telling {
            return;
        }
        // Where nothing comes, or too deep, nothing is claimed.
        let truth = if self.env.is_dead() || self.lost { Truth::Open } else { truth };
        let verdicts = &mut self.prover.verdicts;
        verdicts
            .entry((place, check))
            .and_modify(|all| *all = if *all == truth { truth } else { Truth::Open })
            .or_insert(truth);
    }

    /// From here on nothing is known.
    fn lose(&mut self) {
        self.lost = true;
        self.env = Env::default();
        self.aliases.clear();
    }
}
