//! Several limits of one account and of its groups, against sums taken anew from a list of all that was done.

mod common;

use bp_host::ledger::{AccountKind, AccountSpec, Books, Entry, HoldId, HoldTerms, Limit, Line, Mode, Period, Side};
use bp_host::{Declared, Error, Result, Shard, StepContext};
use common::{DAY, acme, findings};
use proptest::prelude::*;

/// 2026-01-01 and the months behind it: the days that the test knows, with year and month.
const DAYS: [(i64, i64, i64); 6] = [
    (DAY, 2026, 1),
    (DAY + 20, 2026, 1),
    (DAY + 31, 2026, 2),
    (DAY + 334, 2026, 12),
    (DAY + 365, 2027, 1),
    (DAY + 396, 2027, 2),
];

/// What may be asked of an account with limits. Days and holds are chosen by number.
#[derive(Clone, Debug)]
enum Act {
    Post { centre: usize, day: usize, amount: i64, over: bool },
    Hold { centre: usize, day: usize, amount: i64, over: bool },
    Commit { hold: usize, part: i64 },
    Release { hold: usize },
    Free { centre: usize, amount: i64 },
    Reverse { entry: usize, day: usize },
    Bounds { centre: usize, by: i64 },
}

fn acts() -> impl Strategy<Value = Act> {
    let (centre, day) = (|| 0..3usize, || 0..DAYS.len());
    let over = || proptest::bool::weighted(0.05);
    prop_oneof![
        4 => (centre(), day(), -60i64..90, over())
            .prop_map(|(centre, day, amount, over)| Act::Post { centre, day, amount, over }),
        4 => (centre(), day(), 0i64..90, over())
            .prop_map(|(centre, day, amount, over)| Act::Hold { centre, day, amount, over }),
        3 => (0usize..20, 0i64..60).prop_map(|(hold, part)| Act::Commit { hold, part }),
        3 => (0usize..20).prop_map(|hold| Act::Release { hold }),
        1 => (centre(), 1i64..60).prop_map(|(centre, amount)| Act::Free { centre, amount }),
        2 => (0usize..20, day()).prop_map(|(entry, day)| Act::Reverse { entry, day }),
        1 => (centre(), 0i64..30).prop_map(|(centre, by)| Act::Bounds { centre, by }),
    ]
}

/// The first two centres are in one department.
const CENTRES: [(&str, &str); 3] = [("A", "one"), ("B", "one"), ("C", "two")];

/// Centre, number of the day, amount.
type Part = (usize, usize, i64);

#[derive(Clone, Debug, Default)]
struct Model {
    posted: Vec<Part>,
    entries: Vec<(i64, usize, i64, bool)>,
    held: Vec<(HoldId, usize, usize, i64)>,
    /// What somebody let pass in the step that runs: what was posted and what was held.
    passed: [Vec<Part>; 2],
    /// The holds among that, and what is left of these.
    let_pass: Vec<HoldId>,
    /// How much more than at first each centre may use.
    more: [i64; 3],
}

impl Model {
    /// How much the limits of a centre or its department are in turn.
    fn bounds(&self, place: usize, group: bool, limits: &[Limit]) -> Vec<i64> {
        let more = if group { 40 } else { self.more[place] };
        let lax = |limit: &Limit| if limit.side == Side::Below { limit.amount - more } else { limit.amount + more };
        limits.iter().map(lax).collect()
    }

    /// What a limit leaves in the stretch that ends with a month.
    fn left(&self, place: usize, group: bool, limit: &Limit, amount: i64, month: (i64, i64)) -> i64 {
        let held: Vec<Part> = self.held.iter().map(|(_, centre, day, amount)| (*centre, *day, *amount)).collect();
        let room = if limit.side == Side::Above { amount } else { -amount };
        room - taken([&self.posted, &held], (place, group), limit, month)
    }

    /// Has a step that began with `before` taken more of a limit that stops than there was, anywhere, at any time? What
    /// somebody let pass is left out of account.
    fn overdrawn(&self, before: &Model, limits: &[Limit]) -> Option<String> {
        for (place, centre) in CENTRES.iter().enumerate() {
            for group in [false, true] {
                for (limit, amount) in limits.iter().zip(self.bounds(place, group, limits)) {
                    for month in (2026..=2027).flat_map(|year| (1..=12).map(move |month| (year, month))) {
                        let passed = taken([&self.passed[0], &self.passed[1]], (place, group), limit, month);
                        let left = self.left(place, group, limit, amount, month) + passed;
                        let less = left < before.left(place, group, limit, amount, month);
                        if limit.mode == Mode::Stop && less && left < 0 {
                            return Some(format!("{limit:?} of {centre:?} ({group}) in {month:?}: {left}"));
                        }
                    }
                }
            }
        }
        None
    }

    /// What is left on a day by each limit, with its mode: the least of the centre and its department.
    fn rooms(&self, place: usize, day: usize, limits: &[Limit]) -> Vec<(Mode, i64)> {
        let (_, year, month) = DAYS[day];
        let of_limit = |(number, limit): (usize, &Limit)| {
            let months = if limit.period == Period::Year { month..=12 } else { month..=month };
            let one = |group| {
                let amount = self.bounds(place, group, limits)[number];
                let left = months.clone().map(|month| self.left(place, group, limit, amount, (year, month)));
                left.min().unwrap_or(0)
            };
            (limit.mode, one(false).min(one(true)))
        };
        limits.iter().enumerate().map(of_limit).collect()
    }

    /// What is available to somebody who wants so much.
    fn room(&self, place: usize, day: usize, wanted: i64, limits: &[Limit]) -> i64 {
        let rooms = self.rooms(place, day, limits);
        let stops = || rooms.iter().filter(|(mode, _)| *mode == Mode::Stop).map(|(_, room)| *room);
        let all = rooms.iter().map(|(_, room)| *room).min().unwrap();
        stops().find(|room| wanted > *room).or(stops().min()).unwrap_or(all)
    }
}

/// How much of a limit's room is taken at a centre or its department, in the stretch that ends with a month, by what was
/// posted and what is held.
fn taken([posted, held]: [&[Part]; 2], (place, group): (usize, bool), limit: &Limit, (year, month): (i64, i64)) -> i64 {
    let here = |centre: usize| if group { CENTRES[centre].1 == CENTRES[place].1 } else { centre == place };
    let counts = |day: usize| match limit.period {
        Period::Ever => true,
        Period::Month => (DAYS[day].1, DAYS[day].2) == (year, month),
        Period::Year => DAYS[day].1 == year && DAYS[day].2 <= month,
    };
    let sum = |parts: &[Part]| -> i64 {
        parts.iter().filter(|(centre, day, _)| here(*centre) && counts(*day)).map(|(.., amount)| amount).sum()
    };
    sum(held) + if limit.side == Side::Above { sum(posted) } else { -sum(posted) }
}

/// Says what the bounds of a centre and its department are, as compiled code does.
fn say(books: &mut Books<'_>, model: &Model, centre: usize, limits: &[Limit]) -> Result<()> {
    let account = books.account("spent")?;
    let (name, department) = CENTRES[centre];
    books.set_groups(account, &[name], &[vec![department, "department"]])?;
    let (own, above) = (model.bounds(centre, false, limits), model.bounds(centre, true, limits));
    let bounds: Vec<i64> = own.into_iter().zip(above).flat_map(|(own, above)| [own, above]).collect();
    books.set_bounds(account, &[name], &bounds)
}

fn post(books: &mut Books<'_>, centre: usize, day: usize, amount: i64, over: bool) -> Result<Option<i64>> {
    let (spent, from) = (books.account("spent")?, books.account("from")?);
    let dims = [CENTRES[centre].0];
    let spent = Line { over_limit_by: over.then_some("Owner"), ..Line::new(spent, &dims, amount) };
    let lines = [spent, Line::new(from, &[], -amount)];
    books.post(&Entry::new("Spent", DAYS[day].0, &lines))
}

/// Does an act to the books and to the model.
fn act(books: &mut Books<'_>, model: &mut Model, act: &Act, limits: &[Limit]) -> Result<()> {
    match *act {
        Act::Post { centre, day, amount, over } => {
            say(books, model, centre, limits)?;
            if let Some(entry) = post(books, centre, day, amount, over)? {
                model.posted.push((centre, day, amount));
                model.passed[0].extend(over.then_some((centre, day, amount)));
                model.entries.push((entry, centre, amount, false));
            }
        }
        Act::Hold { centre, day, amount, over } => {
            say(books, model, centre, limits)?;
            let account = books.account("spent")?;
            let dims = [CENTRES[centre].0];
            let room = model.room(centre, day, amount, limits);
            let told = books.room_for(account, &dims, DAYS[day].0, Some(i128::from(amount)))?;
            assert_eq!(told, i128::from(room), "what is left on day {day} for {amount}");
            let terms =
                HoldTerms { day: Some(DAYS[day].0), over_limit_by: over.then_some("Owner"), ..HoldTerms::default() };
            let held = books.hold(account, &dims, amount, terms);
            let stops = limits.iter().any(|limit| limit.mode == Mode::Stop);
            assert_eq!(held.is_ok(), over || !stops || amount <= room, "{held:?}, {room} left");
            let held = held?;
            model.held.push((held, centre, day, amount));
            model.passed[1].extend(over.then_some((centre, day, amount)));
            model.let_pass.extend(over.then_some(held));
        }
        Act::Commit { hold, part } => {
            let Some(at) = hold.checked_rem(model.held.len()) else { return Ok(()) };
            let (id, centre, day, amount) = model.held[at];
            let part = part.min(amount);
            say(books, model, centre, limits)?;
            let rest = books.commit_part(id, part)?;
            if model.let_pass.contains(&id) {
                model.let_pass.push(rest);
            }
            model.held[at] = (rest, centre, day, amount - part);
            if part > 0 {
                model.posted.push((centre, 0, part));
            }
        }
        Act::Release { hold } => {
            let Some(at) = hold.checked_rem(model.held.len()) else { return Ok(()) };
            books.release(model.held[at].0)?;
            let (id, centre, day, amount) = model.held.remove(at);
            // What is not used of it makes no room for anything else.
            model.passed[1].extend(model.let_pass.contains(&id).then_some((centre, day, -amount)));
        }
        Act::Free { centre, amount } => {
            say(books, model, centre, limits)?;
            let account = books.account("spent")?;
            books.free(account, &[CENTRES[centre].0], amount)?;
            model.posted.push((centre, 0, -amount));
        }
        Act::Reverse { entry, day } => {
            let Some(at) = entry.checked_rem(model.entries.len()) else { return Ok(()) };
            let (number, centre, amount, reversed) = model.entries[at];
            let done = books.reverse(number, DAYS[day].0);
            assert!(!reversed || done.is_err());
            done?;
            model.entries[at].3 = true;
            model.posted.push((centre, day, -amount));
        }
        Act::Bounds { centre, by } => {
            model.more[centre] += by;
            say(books, model, centre, limits)?;
        }
    }
    Ok(())
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let side = prop_oneof![4 => Just(Side::Above), 1 => Just(Side::Below)];
    let period = prop_oneof![Just(Period::Month), Just(Period::Year), Just(Period::Ever)];
    let mode = prop_oneof![4 => Just(Mode::Stop), 1 => Just(Mode::Warn), 1 => Just(Mode::Ignore)];
    let one = (side, period, mode, 0i64..200).prop_map(|(side, period, mode, amount)| {
        // What is to stay there may be less than nothing, so that something can be done at all.
        let amount = if side == Side::Below { -amount } else { amount };
        Limit { side, period, mode, amount }
    });
    proptest::collection::vec(one, 1..5)
}

fn shard_with(limits: &[Limit]) -> (Shard, StepContext) {
    let (mut shard, context) = acme();
    let spent = AccountSpec::money("spent", AccountKind::Budget, "IDR", 2).by(&["centre"]);
    let spent = limits.iter().cloned().fold(spent, AccountSpec::bounded);
    let from = AccountSpec::money("from", AccountKind::Budget, "IDR", 2);
    shard.deploy_chart(context.tenant, context.book, &[spent, from]).unwrap();
    (shard, context)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]
    #[test]
    fn no_limit_of_several_is_ever_overdrawn(
        limits in limits(),
        steps in proptest::collection::vec(proptest::collection::vec(acts(), 1..6), 1..30),
    ) {
        let (mut shard, context) = shard_with(&limits);
        let mut model = Model::default();
        for acts in steps {
            let mut after = Model { passed: Default::default(), let_pass: Vec::new(), ..model.clone() };
            let mut ended = false;
            let done = shard.step(&context, |step| {
                acts.iter().try_for_each(|one| act(&mut step.books()?, &mut after, one, &limits))?;
                ended = true;
                Ok(())
            });
            let overdrawn = after.overdrawn(&model, &limits);
            match done {
                Ok(()) => {
                    assert_eq!(overdrawn, None, "{acts:?}");
                    model = after;
                }
                // What the end of the step refuses, the limits refuse; a hold that is too much is refused at once.
                Err(Error::Declared(Declared::Short { .. })) => {
                    assert!(overdrawn.is_some() || !ended, "{acts:?} was refused");
                }
                Err(Error::Store(error)) => panic!("{error}"),
                Err(_) => {}
            }
            prop_assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
        }
    }
}

#[test]
fn limits_that_warn_are_told_one_by_one() {
    let warns = |amount, period| Limit::above(amount).by(period).mode(Mode::Warn);
    let limits = [warns(80, Period::Month), Limit::above(200), warns(90, Period::Ever)];
    let (mut shard, context) = shard_with(&limits);
    let model = Model { more: [0; 3], ..Model::default() };
    let warned = shard.step(&context, |step| {
        let mut books = step.books()?;
        say(&mut books, &model, 0, &limits)?;
        let account = books.account("spent")?;
        books.hold(account, &["A"], 100, HoldTerms::default())?;
        let warnings = books.warnings().iter().map(|warning| (warning.wanted, warning.available)).collect::<Vec<_>>();
        assert_eq!(books.room_for(account, &["A"], DAY, None)?, 100);
        Ok(warnings)
    });
    assert_eq!(warned.unwrap(), [(100, 80), (100, 90)]);
}

#[test]
fn other_bounds_forget_how_much_the_old_ones_were() {
    let limits = [Limit::above(100)];
    let (mut shard, context) = shard_with(&limits);
    let model = Model::default();
    let held = |shard: &mut Shard, amount: i64| {
        shard.step(&context, |step| {
            let mut books = step.books()?;
            let account = books.account("spent")?;
            books.hold(account, &["A"], amount, HoldTerms::default())
        })
    };
    shard.step(&context, |step| say(&mut step.books()?, &model, 0, &limits)).unwrap();
    assert!(held(&mut shard, 101).is_err());
    // As it was, it stays said.
    let spent =
        |limit: Limit| AccountSpec::money("spent", AccountKind::Budget, "IDR", 2).by(&["centre"]).bounded(limit);
    shard.deploy_chart(context.tenant, context.book, &[spent(Limit::above(0))]).unwrap();
    assert!(held(&mut shard, 101).is_err());
    shard.deploy_chart(context.tenant, context.book, &[spent(Limit::above(0).by(Period::Month))]).unwrap();
    held(&mut shard, 101).unwrap();
}
