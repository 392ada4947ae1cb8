//! One function: the labels of its values.

use super::held::{self, marked};
use super::{Finding, Label, Sink, Source, Summary};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub(super) struct Code<'a> {
    checked: &'a Checked,
    summaries: &'a [Summary],
    function: &'a Function,
    /// Of each variable, of everything that it is ever assigned.
    locals: Vec<Label>,
    /// Did a variable's label grow?
    grown: bool,
    summary: Summary,
    /// What it gives is the key of this process.
    key: Option<SmolStr>,
    findings: &'a mut BTreeSet<Finding>,
}

impl<'a> Code<'a> {
    pub fn new(
        checked: &'a Checked,
        summaries: &'a [Summary],
        id: FnId,
        findings: &'a mut BTreeSet<Finding>,
    ) -> Code<'a> {
        let function = &checked.functions[id.index()];
        let mut locals = vec![Label::default(); function.locals.len()];
        for (number, label) in locals.iter_mut().enumerate().take(function.params) {
            label.parameters.insert(number as u32);
        }
        let summary = Summary::default();
        Code { checked, summaries, function, locals, grown: false, summary, key: None, findings }
    }

    pub fn gives_key(&mut self, of: SmolStr) {
        self.key = Some(of);
    }

    /// A parameter that is marked itself.
    pub fn mark(&mut self, local: LocalId, source: Source) {
        self.locals[local.index()].sources.insert(source);
    }

    pub fn run(mut self) -> Summary {
        // Labels only grow, and there are only so many: it comes to an end.
        loop {
            self.grown = false;
            self.body();
            if !self.grown {
                return self.summary;
            }
        }
    }

    fn body(&mut self) {
        let function = self.function;
        let result = match &function.body {
            Body::Code(block) => {
                if let (Some(process), Some(value)) = (self.key.clone(), block.value.as_deref()) {
                    self.key_parts(value, &process);
                }
                self.block(block)
            }
            Body::Decision(id) => {
                let decision = &self.checked.decisions[id.index()];
                let mut all = Label::default();
                let outputs = decision.rows.iter().map(|row| &row.output);
                for output in outputs.chain(decision.default.as_ref().map(|(e, _)| e)) {
                    all.add(&self.value(output));
                }
                all
            }
        };
        self.summary.result.add(&result);
    }

    /// Each part of a key is told where it stands.
    fn key_parts(&mut self, value: &'a TExpr, process: &SmolStr) {
        let parts = match &value.kind {
            T::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(value),
        };
        for part in parts {
            let label = self.value(part);
            self.sink(&label, part.place, || Sink::Key(process.clone()));
        }
    }

    fn assign(&mut self, local: LocalId, label: &Label) {
        let all = &mut self.locals[local.index()];
        let before = (all.sources.len(), all.parameters.len());
        all.add(label);
        self.grown |= before != (all.sources.len(), all.parameters.len());
    }

    /// A value goes into something that may not carry what is personal.
    fn sink(&mut self, label: &Label, place: Place, sink: impl Fn() -> Sink) {
        if label.is_empty() {
            return;
        }
        for source in &label.sources {
            self.findings.insert(Finding { place, source: source.clone(), sink: sink(), through: None });
        }
        for parameter in &label.parameters {
            self.summary.sinks.entry(*parameter).or_default().insert((sink(), place));
        }
    }

    /// A value goes into a field.
    fn field(&mut self, label: &Label, place: Place, field: &Field, of: &str) {
        if !field.personal {
            self.sink(label, place, || Sink::Field(format!("{of}.{}", field.name).into(), field.place));
        }
    }

    // ---- statements

    fn block(&mut self, block: &'a TBlock) -> Label {
        block.stmts.iter().for_each(|statement| self.statement(statement));
        block.value.as_deref().map(|value| self.value(value)).unwrap_or_default()
    }

    fn statement(&mut self, statement: &'a TStmt) {
        match &statement.kind {
            S::Let(local, value) | S::Assign(local, value) | S::Add(local, value) => {
                let label = self.value(value);
                self.assign(*local, &label);
            }
            S::Put(local, key, value) => {
                let mut label = self.value(key);
                label.add(&self.value(value));
                self.assign(*local, &label);
            }
            S::If { condition, then, otherwise } => {
                self.value(condition);
                self.block(then);
                self.block(otherwise);
            }
            S::Match(matched) => drop(self.matching(matched)),
            S::While { condition, body } => {
                self.value(condition);
                self.block(body);
            }
            S::For { local, list, where_, body } => {
                let label = self.value(list);
                self.assign(*local, &label);
                self.round(where_.as_ref(), body);
            }
            S::ForRange { local, low, high, where_, body } => {
                let mut label = self.value(low);
                label.add(&self.value(high));
                self.assign(*local, &label);
                self.round(where_.as_ref(), body);
            }
            S::ForRows { where_, body, .. } => self.round(where_.as_ref(), body),
            S::Break => {}
            S::Return(value) => {
                if let Some(value) = value {
                    let label = self.value(value);
                    self.summary.result.add(&label);
                }
            }
            S::Expr(e) => drop(self.value(e)),
            S::Post(post) => {
                let text = self.value(&post.text);
                self.sink(&text, post.text.place, || Sink::EntryText);
                self.value(&post.day);
                post.book.iter().for_each(|book| drop(self.value(book)));
                self.postings(&post.postings);
            }
            // A document's record has told where each of its fields goes.
            S::Change(_, document, record) => drop(self.all([document, record])),
            S::Become(_, document, _) => drop(self.value(document)),
            S::FailStep(failure) => drop(self.value(failure)),
            S::Unhandled(_)
            | S::Decline
            | S::ReverseStep
            | S::Go(_)
            | S::EndBranch { .. }
            | S::Pause { .. }
            | S::Unlock
            | S::Try
            | S::UndoPut(_) => {}
            S::Stage(_, body) => drop(self.block(body)),
            // A mail may carry what is personal: it goes to somebody who is named.
            S::Send { what, to, .. } => drop(self.all([what, to])),
            S::Complete { run, form: value, .. } | S::Answer { run, value, .. } => drop(self.all([run, value])),
            S::SendMessage(_, e) | S::Deliver(_, e) | S::Advance(e) | S::ActAs(e) | S::CancelRun(e) => {
                drop(self.value(e))
            }
            S::Settle { hold: of, .. } | S::ToBooks(_, of) => drop(self.value(of)),
            S::Free { account, dimensions, amount } => {
                self.dimensions(*account, dimensions);
                self.value(amount);
            }
            S::Expect(expect) => match &expect.kind {
                TExpectKind::Holds(condition) => drop(self.value(condition)),
                TExpectKind::Sides { left, right, condition } => {
                    for (local, value) in [left, right] {
                        let label = self.value(value);
                        self.assign(*local, &label);
                    }
                    self.value(condition);
                }
            },
        }
    }

    fn round(&mut self, where_: Option<&'a TExpr>, body: &'a TBlock) {
        if let Some(condition) = where_ {
            self.value(condition);
        }
        self.block(body);
    }

    fn postings(&mut self, postings: &'a [TPosting]) {
        for posting in postings {
            match &posting.kind {
                TPostingKind::Let(local, value) => {
                    let label = self.value(value);
                    self.assign(*local, &label);
                }
                TPostingKind::Rounding { account, dimensions, .. } => self.dimensions(*account, dimensions),
                TPostingKind::Line { account, dimensions, amount, worth, valued, over, .. } => {
                    over.iter().for_each(|role| drop(self.value(role)));
                    self.dimensions(*account, dimensions);
                    self.value(amount);
                    if let Some(valued) = valued {
                        self.value(&valued.book);
                        valued.rate.iter().for_each(|rate| drop(self.value(rate)));
                    }
                    worth.iter().for_each(|worth| drop(self.value(worth)));
                }
                TPostingKind::For { local, list, where_, postings } => {
                    let label = self.value(list);
                    self.assign(*local, &label);
                    where_.iter().for_each(|condition| drop(self.value(condition)));
                    self.postings(postings);
                }
                TPostingKind::If { condition, then, otherwise } => {
                    self.value(condition);
                    self.postings(then);
                    self.postings(otherwise);
                }
                TPostingKind::Assert(condition) => drop(self.value(condition)),
            }
        }
    }

    /// What names a balance may not be personal.
    fn dimensions(&mut self, account: AccountId, dimensions: &'a [TExpr]) {
        let account = &self.checked.accounts[account.index()];
        for (number, dimension) in dimensions.iter().enumerate() {
            let label = self.value(dimension);
            // Behind the dimensions may stand bounds, which go nowhere.
            if number >= account.dimensions.len() {
                continue;
            }
            self.sink(&label, dimension.place, || Sink::Dimension(account.name.clone()));
        }
    }

    fn matching(&mut self, matched: &'a TMatch) -> Label {
        let label = self.value(&matched.value);
        let mut all = Label::default();
        for arm in &matched.arms {
            arm.patterns.iter().for_each(|pattern| self.bind(pattern, &label));
            all.add(&self.block(&arm.body));
        }
        all
    }

    fn bind(&mut self, pattern: &TPattern, label: &Label) {
        match &pattern.kind {
            P::Bind(local) => self.assign(*local, label),
            P::Some(of) | P::Currency(_, of) => self.bind(of, label),
            P::Case(id, case, payload) => {
                let declared = &self.checked.enums[id.index()].cases[usize::from(*case)];
                for (field, of) in declared.fields.iter().zip(payload) {
                    let mut label = label.clone();
                    label.add(&marked(&declared.name, field));
                    self.bind(of, &label);
                }
            }
            P::Invalid | P::Wildcard | P::None | P::Constant(_) => {}
        }
    }

    // ---- expressions

    fn all(&mut self, of: impl IntoIterator<Item = &'a TExpr>) -> Label {
        let mut all = Label::default();
        for e in of {
            all.add(&self.value(e));
        }
        all
    }

    fn value(&mut self, e: &'a TExpr) -> Label {
        match &e.kind {
            T::Invalid | T::Constant(_) | T::Config(_) | T::Today | T::Now | T::EmptyMap | T::Refusal => {
                Label::default()
            }
            T::Local(local) => self.locals[local.index()].clone(),
            T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) => {
                // A long chain leans to the left: it is gone through here, not by recursion.
                let mut all = self.value(b);
                let mut left: &TExpr = a;
                while let T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) = &left.kind {
                    all.add(&self.value(b));
                    left = a;
                }
                all.add(&self.value(left));
                all
            }
            T::Min(a, b) | T::Max(a, b) | T::IntDiv(a, b) | T::IntMod(a, b) | T::Allocate(a, b) => {
                self.all([&**a, &**b])
            }
            T::Neg(of) | T::Abs(of) | T::Sign(of) | T::ScaleUp(of, _) | T::Reinterpret(of) => self.value(of),
            T::Some(of) | T::First(of) | T::Last(of) | T::Keys(of) | T::Values(of) | T::Checked(of, _) => {
                self.value(of)
            }
            // Written out, a value shows all that it holds.
            T::ToText { value, .. } => {
                let mut label = self.value(value);
                label.add(&held::in_values_of(self.checked, &value.ty));
                label
            }
            T::RunResult(value)
            | T::RunNoted(value, _)
            | T::RunTask(value, _)
            | T::RunRequest(value, _)
            | T::RunOutcome(value)
            | T::Mails(_, value) => self.value(value),
            // A task may show what is personal: it is for people in a role. Another system may be asked with it, as a mail
            // may carry it: it goes to one that is named.
            T::Rest(rest) => {
                self.all(rest.asked());
                Label::default()
            }
            T::Round(round) => {
                let mut all = self.all(round.numerators.iter().chain(&round.divisors).chain(&round.step));
                if let RoundKind::Power(exponent) = &round.kind {
                    all.add(&self.value(exponent));
                }
                all
            }
            // What is chosen by a condition is not what the condition is about.
            T::Compare(_, a, b) | T::CompareText(_, a, b) | T::CompareAmount(_, a, b) | T::Equal(a, b) => {
                self.all([&**a, &**b]);
                Label::default()
            }
            T::And(a, b) | T::Or(a, b) => {
                self.all([&**a, &**b]);
                Label::default()
            }
            T::Not(of) | T::Count(of) => {
                self.value(of);
                Label::default()
            }
            T::Record(id, fields) => {
                let record = &self.checked.records[id.index()];
                let mut all = Label::default();
                for (field, value) in record.fields.iter().zip(fields) {
                    let label = self.value(value);
                    match record.name.is_empty() {
                        true => all.add(&label),
                        false => self.field(&label, value.place, field, &record.name),
                    }
                }
                all
            }
            T::With(base, changes) => {
                let mut all = self.value(base);
                if let Type::Record(id) = *self.checked.base(&base.ty) {
                    let record = &self.checked.records[id.index()];
                    for (field, value) in changes {
                        let label = self.value(value);
                        match record.name.is_empty() {
                            true => all.add(&label),
                            false => self.field(&label, value.place, &record.fields[usize::from(*field)], &record.name),
                        }
                    }
                }
                all
            }
            T::Case(id, case, payload) => {
                let of = &self.checked.enums[id.index()];
                let declared = &of.cases[usize::from(*case)];
                let mut all = Label::default();
                for (field, value) in declared.fields.iter().zip(payload) {
                    let label = self.value(value);
                    if !of.is_outcome || *case > 0 {
                        self.field(&label, value.place, field, &declared.name);
                    } else if self.checked.processes.iter().any(|process| process.outcome == *id) {
                        self.sink(&label, value.place, || Sink::Result(of.name.clone()));
                    } else {
                        // What an action gives stays inside of the program.
                        all.add(&label);
                    }
                }
                all
            }
            T::Field(of, number) => {
                let mut label = self.value(of);
                if let Type::Record(id) = *self.checked.base(&of.ty) {
                    let record = &self.checked.records[id.index()];
                    label.add(&marked(&record.name, &record.fields[usize::from(*number)]));
                }
                label
            }
            T::List(elements) | T::Concat(elements) => self.all(elements),
            T::Item(list, at) | T::Get(list, at) => {
                let label = self.value(list);
                self.value(at);
                label
            }
            T::RangeList(low, high) => self.all([&**low, &**high]),
            T::Coalesce(a, b) => self.all([&**a, &**b]),
            T::Aggregate(aggregate) => self.aggregate(aggregate),
            T::Call(function, arguments) => self.call(*function, arguments, e.place),
            T::Builtin(builtin, arguments) => {
                let label = self.all(arguments);
                match builtin {
                    Builtin::Contains | Builtin::StartsWith | Builtin::EndsWith | Builtin::Matches => Label::default(),
                    _ => label,
                }
            }
            T::If(condition, then, otherwise) => {
                self.value(condition);
                let mut all = self.block(then);
                all.add(&self.block(otherwise));
                all
            }
            T::Match(matched) => self.matching(matched),
            T::Block(block) => self.block(block),
            T::Step(_, step) => {
                let mut all = self.block(&step.body);
                if let Some(failing) = &step.failing {
                    all.add(&self.matching(&failing.handler));
                }
                all
            }
            T::Let(local, value, body) => {
                let label = self.value(value);
                self.assign(*local, &label);
                self.value(body)
            }
            T::Balance(account, dimensions)
            | T::Held(account, dimensions)
            | T::Available(account, dimensions)
            | T::Room(account, dimensions) => {
                self.dimensions(*account, dimensions);
                Label::default()
            }
            T::Hold { account, dimensions, amount, .. } | T::Take { account, dimensions, amount } => {
                self.dimensions(*account, dimensions);
                self.value(amount);
                Label::default()
            }
            T::CommitPart { hold, part } => {
                self.all([&**hold, &**part]);
                Label::default()
            }
            // A reference says which document it is, nothing of what stands in it.
            T::Create(_, record) => {
                self.value(record);
                Label::default()
            }
            T::Document(_, of) => {
                self.value(of);
                Label::default()
            }
            T::Books(
                OfBooks::BalanceIn(account) | OfBooks::BookValue(account) | OfBooks::BalanceAt { account, .. },
                of,
            ) => {
                self.dimensions(*account, of);
                Label::default()
            }
            T::Books(_, key) | T::Lookup(_, key) => {
                self.all(key);
                Label::default()
            }
            T::Find(find) => {
                self.all(find.conditions.iter().map(|(_, _, e)| e).chain(&find.limit));
                Label::default()
            }
            T::NextNumber(_, period) => self.value(period),
            T::Beginning(list, limit) => {
                self.value(limit);
                self.value(list)
            }
            T::Start(process, arguments) => {
                let process = &self.checked.processes[process.index()];
                for (field, value) in process.params.iter().zip(arguments) {
                    let label = self.value(value);
                    self.field(&label, value.place, field, last_word(&process.name));
                }
                Label::default()
            }
        }
    }

    fn aggregate(&mut self, a: &'a TAggregate) -> Label {
        let label = self.value(&a.source);
        self.assign(a.local, &label);
        if let Some(grouping) = &a.grouped_by {
            self.assign(grouping.item, &label);
            // A group's key and items are one record without a name.
            let key = self.value(&grouping.key);
            self.assign(a.local, &key);
        }
        if let Some(condition) = &a.where_ {
            self.value(condition);
        }
        if let Some((key, _)) = &a.sorted_by {
            self.value(key);
        }
        let element = self.value(&a.element);
        match a.kind {
            Aggregate::Count | Aggregate::Any | Aggregate::All => Label::default(),
            _ => element,
        }
    }

    fn call(&mut self, id: FnId, arguments: &'a [TExpr], place: Place) -> Label {
        let summary = &self.summaries[id.index()];
        let mut result = Label { sources: summary.result.sources.clone(), parameters: BTreeSet::new() };
        for (number, argument) in arguments.iter().enumerate() {
            let label = self.value(argument);
            let number = number as u32;
            if summary.result.parameters.contains(&number) {
                result.add(&label);
            }
            for (sink, at) in summary.sinks.get(&number).into_iter().flatten() {
                for source in &label.sources {
                    let (source, sink, through) = (source.clone(), sink.clone(), Some(*at));
                    self.findings.insert(Finding { place, source, sink, through });
                }
                for parameter in &label.parameters {
                    self.summary.sinks.entry(*parameter).or_default().insert((sink.clone(), *at));
                }
            }
        }
        result
    }
}
