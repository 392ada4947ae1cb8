//! What code does, found by going through it: which variables it assigns, whether it posts, reads balances, the clock
//! or the configuration.

use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use std::collections::BTreeSet;

/// What stands somewhere in a piece of code.
#[derive(Debug, Default, Clone)]
pub struct Found {
    /// It posts.
    pub posts: bool,
    /// It changes something that can be read: books, documents, holds.
    pub acts: bool,
    /// What it changes stays unless it is undone: books and documents; holds are released by themselves.
    pub lasts: bool,
    /// It reads balances.
    pub books: bool,
    /// It reads the clock or the configuration, which stay the same within a step.
    pub step: bool,
    /// It ends a step.
    pub ends_step: bool,
    /// It leaves the code around it.
    pub leaves: bool,
    /// It leaves the function.
    pub returns: bool,
    pub calls: BTreeSet<FnId>,
    /// The conditions of named types that values have to meet.
    pub checks: Vec<(CheckId, Place)>,
    pub configs: Vec<(ConfigId, Place)>,
    /// What it assigns a second time.
    pub assigned: BTreeSet<LocalId>,
    /// What it reads.
    pub locals: BTreeSet<LocalId>,
}

impl Found {
    /// A child that nothing takes back.
    pub fn child() -> Found {
        let mut found = Found::default();
        found.lasting();
        found
    }

    /// It changes something for good.
    fn lasting(&mut self) {
        self.acts = true;
        self.lasts = true;
    }
}

impl Found {
    /// Others run meanwhile: they may do anything.
    fn elsewhere(&mut self) {
        self.lasting();
        self.posts = true;
        self.ends_step = true;
    }
}

/// A piece of code inside another.
pub(crate) enum Piece<'a> {
    Expr(&'a TExpr),
    Block(&'a TBlock),
    Postings(&'a [TPosting]),
}

/// Whether an expression reads a local.
pub fn mentions(e: &TExpr, local: LocalId) -> bool {
    of_expr(e).locals.contains(&local)
}

pub fn of_expr(e: &TExpr) -> Found {
    go_through(Piece::Expr(e))
}

pub fn of_block(b: &TBlock) -> Found {
    go_through(Piece::Block(b))
}

/// Of a function by itself; what it calls is for the caller to follow.
pub fn of_function(checked: &Checked, function: &Function) -> Found {
    match &function.body {
        Body::Code(block) => of_block(block),
        Body::Decision(id) => {
            let decision = &checked.decisions[id.index()];
            let mut found = Found::default();
            let outputs = decision.rows.iter().map(|r| &r.output).chain(decision.default.as_ref().map(|(e, _)| e));
            let cells =
                decision.rows.iter().flat_map(|r| &r.cells).flat_map(|c| &c.items).flat_map(|item| match item {
                    CellItem::Equals(e) | CellItem::Compare(_, e) | CellItem::Condition(e) => vec![e],
                    CellItem::Range { low, high } => low.iter().chain(high).map(|(e, _)| &**e).collect(),
                });
            for e in outputs.chain(cells) {
                visit(&mut vec![Piece::Expr(e)], &mut found);
            }
            found
        }
    }
}

/// What functions do to the world and ask of it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Effects {
    pub posts: bool,
    pub acts: bool,
    pub lasts: bool,
    pub books: bool,
    pub step: bool,
}

/// For each function, with all that it calls: what it posts and reads.
pub fn of_program(checked: &Checked) -> Vec<Effects> {
    let own = |does: &Found| {
        let Found { posts, acts, lasts, books, step, .. } = *does;
        Effects { posts, acts, lasts, books, step }
    };
    let mut all: Vec<Effects> = checked.does.iter().map(own).collect();
    // Calls never go round, so this comes to an end after as many rounds as calls are deep.
    loop {
        let mut changed = false;
        for (i, does) in checked.does.iter().enumerate() {
            for callee in &does.calls {
                let of = all[callee.index()];
                let effects = [of.posts, of.acts, of.lasts, of.books, of.step];
                let own = &mut all[i];
                let flags = [&mut own.posts, &mut own.acts, &mut own.lasts, &mut own.books, &mut own.step];
                for (own, effect) in flags.into_iter().zip(effects) {
                    changed |= effect && !*own;
                    *own |= effect;
                }
            }
        }
        if !changed {
            return all;
        }
    }
}

/// What code asks without calling it by name: the `where`s of the types that values become of, and the defaults of the
/// configuration that it reads. With the places.
pub fn asked<'c>(checked: &'c Checked, does: &'c Found) -> impl Iterator<Item = (FnId, Place)> {
    let checks = does.checks.iter().map(|(check, place)| (checked.checks[check.index()].func, *place));
    let defaults = does.configs.iter().filter_map(|(id, place)| Some((checked.configs[id.index()].default?, *place)));
    checks.chain(defaults)
}

/// All functions, each behind those that it calls.
pub fn callees_first(checked: &Checked) -> Vec<FnId> {
    let calls: Vec<Vec<FnId>> = checked.does.iter().map(|does| does.calls.iter().copied().collect()).collect();
    let mut order = Vec::with_capacity(calls.len());
    let mut seen = vec![false; calls.len()];
    for root in 0..calls.len() {
        // Each with how many of its calls were followed.
        let mut open = vec![(root, 0)];
        while let Some((function, followed)) = open.last_mut() {
            if *followed == 0 && std::mem::replace(&mut seen[*function], true) {
                open.pop();
                continue;
            }
            match calls[*function].get(*followed) {
                Some(callee) => {
                    *followed += 1;
                    open.push((callee.index(), 0));
                }
                None => {
                    order.push(FnId(*function as u32));
                    open.pop();
                }
            }
        }
    }
    order
}

/// What stands directly in a statement.
pub(crate) fn parts_of(s: &TStmt) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    stmt(s, &mut found, &mut Found::default());
    found
}

/// What stands directly in an expression.
pub(crate) fn parts(e: &TExpr) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    expr(e, &mut found, &mut Found::default());
    found
}

impl TPosting {
    /// What stands directly in a line of a posting.
    pub(crate) fn parts(&self) -> Vec<Piece<'_>> {
        match &self.kind {
            TPostingKind::Line { dimensions, amount, worth, valued, over, .. } => {
                let valued = valued.iter().flat_map(|valued| [&valued.book].into_iter().chain(&valued.rate));
                let valued = valued.chain(over.as_deref());
                dimensions.iter().chain([amount]).chain(worth).chain(valued).map(Piece::Expr).collect()
            }
            TPostingKind::Rounding { dimensions, .. } => dimensions.iter().map(Piece::Expr).collect(),
            TPostingKind::Let(_, value) => vec![Piece::Expr(value)],
            TPostingKind::For { list, where_, postings, .. } => {
                let expressions = [list].into_iter().chain(where_).map(Piece::Expr);
                expressions.chain([Piece::Postings(postings)]).collect()
            }
            TPostingKind::If { condition, then, otherwise } => {
                vec![Piece::Expr(condition), Piece::Postings(then), Piece::Postings(otherwise)]
            }
            TPostingKind::Assert(e) => vec![Piece::Expr(e)],
        }
    }
}

/// The documents that an expression reads on its way, by what stands for them: variables of a number below `known`, and
/// what is reached from them.
pub fn documents(e: &TExpr, known: usize) -> Vec<&TExpr> {
    let mut found = Vec::new();
    let mut todo = vec![Piece::Expr(e)];
    while let Some(piece) = todo.pop() {
        match piece {
            Piece::Expr(e) => {
                if matches!(e.ty, Type::Entity(_)) && is_path(e, known) {
                    found.push(e);
                }
                todo.extend(parts(e));
            }
            Piece::Block(b) => {
                b.stmts.iter().for_each(|s| stmt(s, &mut todo, &mut Found::default()));
                todo.extend(b.value.as_deref().map(Piece::Expr));
            }
            Piece::Postings(list) => list.iter().for_each(|posting| todo.extend(posting.parts())),
        }
    }
    found
}

/// Is it a variable of a number below `known`, or a field of something that is?
fn is_path(e: &TExpr, known: usize) -> bool {
    match &e.kind {
        T::Local(local) => local.index() < known,
        T::Field(of, _) | T::Document(_, of) => is_path(of, known),
        _ => false,
    }
}

fn go_through(piece: Piece) -> Found {
    let mut found = Found::default();
    visit(&mut vec![piece], &mut found);
    found
}

fn visit<'a>(todo: &mut Vec<Piece<'a>>, found: &mut Found) {
    while let Some(piece) = todo.pop() {
        match piece {
            Piece::Expr(e) => expr(e, todo, found),
            Piece::Block(b) => {
                b.stmts.iter().for_each(|s| stmt(s, todo, found));
                todo.extend(b.value.as_deref().map(Piece::Expr));
            }
            Piece::Postings(list) => {
                list.iter().for_each(|posting| todo.extend(posting.parts()));
            }
        }
    }
}

fn stmt<'a>(s: &'a TStmt, todo: &mut Vec<Piece<'a>>, found: &mut Found) {
    match &s.kind {
        S::Let(_, e) | S::Expr(e) => todo.push(Piece::Expr(e)),
        S::Assign(local, e) | S::Add(local, e) => {
            found.assigned.insert(*local);
            todo.push(Piece::Expr(e));
        }
        S::Put(local, k, v) => {
            found.assigned.insert(*local);
            todo.extend([Piece::Expr(k), Piece::Expr(v)]);
        }
        S::If { condition, then, otherwise } => {
            todo.extend([Piece::Expr(condition), Piece::Block(then), Piece::Block(otherwise)]);
        }
        S::Match(m) => match_(m, todo),
        S::While { condition, body } => todo.extend([Piece::Expr(condition), Piece::Block(body)]),
        S::For { list, where_, body, .. } => {
            todo.push(Piece::Expr(list));
            todo.extend(where_.as_ref().map(Piece::Expr));
            todo.push(Piece::Block(body));
        }
        S::ForRange { low, high, where_, body, .. } => {
            todo.extend([Piece::Expr(low), Piece::Expr(high)]);
            todo.extend(where_.as_ref().map(Piece::Expr));
            todo.push(Piece::Block(body));
        }
        S::ForRows { where_, body, .. } => {
            todo.extend(where_.as_ref().map(Piece::Expr));
            todo.push(Piece::Block(body));
        }
        S::Break => found.leaves = true,
        S::Return(value) => {
            found.leaves = true;
            found.returns = true;
            todo.extend(value.as_ref().map(Piece::Expr));
        }
        S::Post(post) => {
            found.lasting();
            found.posts = true;
            todo.extend([Piece::Expr(&post.text), Piece::Expr(&post.day), Piece::Postings(&post.postings)]);
            todo.extend(post.book.as_ref().map(Piece::Expr));
        }
        S::Change(_, document, record) => {
            found.lasting();
            todo.extend([Piece::Expr(document), Piece::Expr(record)]);
        }
        S::Become(_, document, _) => {
            found.lasting();
            found.books = true;
            todo.push(Piece::Expr(document));
        }
        S::FailStep(failure) => {
            found.leaves = true;
            todo.push(Piece::Expr(failure));
        }
        S::Unhandled(_) | S::Decline | S::Go(_) => found.leaves = true,
        S::EndBranch { locals, .. } => {
            found.leaves = true;
            found.locals.extend(locals.iter().copied());
        }
        S::Stage(_, body) => todo.push(Piece::Block(body)),
        S::Pause { .. } | S::Unlock | S::Try => {}
        S::UndoPut(undo) => found.locals.extend(undo.captured.iter().copied()),
        S::ReverseStep => {
            found.lasting();
            found.posts = true;
        }
        S::Send { what, to, .. } => todo.extend([Piece::Expr(what), Piece::Expr(to)]),
        S::SendMessage(_, e) => todo.push(Piece::Expr(e)),
        S::Complete { run, form: value, .. } | S::Answer { run, value, .. } => {
            found.elsewhere();
            todo.extend([Piece::Expr(run), Piece::Expr(value)]);
        }
        S::Deliver(_, e) | S::Advance(e) | S::ActAs(e) | S::CancelRun(e) => {
            found.elsewhere();
            todo.push(Piece::Expr(e));
        }
        S::Settle { hold: of, .. } | S::ToBooks(_, of) => {
            found.lasting();
            todo.push(Piece::Expr(of));
        }
        S::Free { dimensions, amount, .. } => {
            found.lasting();
            todo.extend(dimensions.iter().map(Piece::Expr));
            todo.push(Piece::Expr(amount));
        }
        S::Expect(expect) => match &expect.kind {
            TExpectKind::Holds(e) => todo.push(Piece::Expr(e)),
            TExpectKind::Sides { left, right, condition } => {
                todo.extend([Piece::Expr(&left.1), Piece::Expr(&right.1), Piece::Expr(condition)]);
            }
        },
    }
}

fn match_<'a>(m: &'a TMatch, todo: &mut Vec<Piece<'a>>) {
    todo.push(Piece::Expr(&m.value));
    todo.extend(m.arms.iter().map(|arm| Piece::Block(&arm.body)));
}

fn expr<'a>(e: &'a TExpr, todo: &mut Vec<Piece<'a>>, found: &mut Found) {
    match &e.kind {
        T::Local(local) => {
            found.locals.insert(*local);
        }
        T::Invalid | T::Constant(_) | T::EmptyMap => {}
        T::Refusal => found.books = true,
        T::Config(id) => {
            found.step = true;
            found.configs.push((*id, e.place));
        }
        T::Today | T::Now => found.step = true,
        T::Add(a, b)
        | T::Sub(a, b)
        | T::Mul(a, b)
        | T::Min(a, b)
        | T::Max(a, b)
        | T::IntDiv(a, b)
        | T::IntMod(a, b)
        | T::Compare(_, a, b)
        | T::CompareText(_, a, b)
        | T::CompareAmount(_, a, b)
        | T::Equal(a, b)
        | T::And(a, b)
        | T::Or(a, b)
        | T::Item(a, b)
        | T::Get(a, b)
        | T::RangeList(a, b)
        | T::Allocate(a, b)
        | T::Beginning(a, b)
        | T::Coalesce(a, b)
        | T::Let(_, a, b) => todo.extend([Piece::Expr(a), Piece::Expr(b)]),
        T::Neg(a)
        | T::Abs(a)
        | T::Sign(a)
        | T::ScaleUp(a, _)
        | T::Reinterpret(a)
        | T::Not(a)
        | T::Some(a)
        | T::Field(a, _)
        | T::Keys(a)
        | T::Values(a)
        | T::Count(a)
        | T::First(a)
        | T::Last(a)
        | T::ToText { value: a, .. }
        | T::RunResult(a) => todo.push(Piece::Expr(a)),
        T::RunNoted(a, _) | T::RunTask(a, _) | T::RunRequest(a, _) | T::RunOutcome(a) | T::Mails(_, a) => {
            found.books = true;
            todo.push(Piece::Expr(a));
        }
        T::Rest(rest) => {
            found.acts = true;
            found.ends_step = true;
            todo.extend(rest.asked().into_iter().map(Piece::Expr));
        }
        T::Checked(a, checks) => {
            found.checks.extend(checks.iter().map(|check| (*check, e.place)));
            todo.push(Piece::Expr(a));
        }
        T::Round(round) => {
            todo.extend(round.numerators.iter().chain(&round.divisors).chain(&round.step).map(Piece::Expr));
            if let TMode::Value(mode) = &round.mode {
                todo.push(Piece::Expr(mode));
            }
            if let RoundKind::Power(exponent) = &round.kind {
                todo.push(Piece::Expr(exponent));
            }
        }
        T::Record(_, of) | T::Case(_, _, of) | T::List(of) | T::Concat(of) | T::Builtin(_, of) => {
            todo.extend(of.iter().map(Piece::Expr));
        }
        // A run of a process has its own books for all that is asked here: it posts.
        T::Start(_, of) => {
            found.lasting();
            found.posts = true;
            todo.extend(of.iter().map(Piece::Expr));
        }
        T::Create(_, record) => {
            found.lasting();
            todo.push(Piece::Expr(record));
        }
        T::NextNumber(_, period) => {
            found.lasting();
            todo.push(Piece::Expr(period));
        }
        T::Document(_, of) => {
            found.books = true;
            todo.push(Piece::Expr(of));
        }
        T::Lookup(_, of) => {
            found.books = true;
            todo.extend(of.iter().map(Piece::Expr));
        }
        T::Find(find) => {
            found.books = true;
            todo.extend(find.conditions.iter().map(|(_, _, e)| Piece::Expr(e)));
            todo.extend(find.limit.as_ref().map(Piece::Expr));
        }
        T::Take { dimensions, amount, .. } => {
            found.lasting();
            todo.extend(dimensions.iter().map(Piece::Expr));
            todo.push(Piece::Expr(amount));
        }
        T::Hold { dimensions, amount, .. } => {
            found.acts = true;
            todo.extend(dimensions.iter().map(Piece::Expr));
            todo.push(Piece::Expr(amount));
        }
        T::CommitPart { hold, part } => {
            found.lasting();
            todo.extend([Piece::Expr(hold), Piece::Expr(part)]);
        }
        T::Books(_, of) | T::Held(_, of) | T::Available(_, of) | T::Room(_, of) | T::Balance(_, of) => {
            found.books = true;
            todo.extend(of.iter().map(Piece::Expr));
        }
        T::Call(f, of) => {
            found.calls.insert(*f);
            todo.extend(of.iter().map(Piece::Expr));
        }
        T::With(base, changes) => {
            todo.push(Piece::Expr(base));
            todo.extend(changes.iter().map(|(_, e)| Piece::Expr(e)));
        }
        T::Aggregate(a) => {
            todo.extend([Piece::Expr(&a.source), Piece::Expr(&a.element)]);
            todo.extend(a.where_.as_ref().map(Piece::Expr));
            todo.extend(a.grouped_by.as_ref().map(|g| Piece::Expr(&g.key)));
            todo.extend(a.sorted_by.as_ref().map(|(key, _)| Piece::Expr(key)));
        }
        T::If(c, a, b) => todo.extend([Piece::Expr(c), Piece::Block(a), Piece::Block(b)]),
        T::Match(m) => match_(m, todo),
        T::Block(b) => todo.push(Piece::Block(b)),
        T::Step(_, step) => {
            found.ends_step = true;
            todo.push(Piece::Block(&step.body));
            if let Some(failing) = &step.failing {
                match_(&failing.handler, todo);
            }
        }
    }
}
