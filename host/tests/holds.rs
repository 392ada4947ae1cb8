//! Holds and limits: credit lines, budgets by month and year, groups.

mod common;

use bp_host::ledger::{Books, Entry, HoldId, HoldTerms, Limit, Line, Mode, Period};
use bp_host::{Declared, Error, Refused, Result, Shard, StepContext, Tolerance};
use common::{DAY, acme, findings};

fn step<T>(shard: &mut Shard, context: &StepContext, work: impl FnOnce(&mut Books<'_>) -> Result<T>) -> Result<T> {
    let done = shard.step(context, |step| work(&mut step.books()?));
    assert_eq!(findings(shard, context.tenant, context.book), Vec::<String>::new());
    done
}

fn up_to(limit: i64) -> HoldTerms<'static> {
    HoldTerms { up_to: Some(limit), ..HoldTerms::default() }
}

fn short(error: Error) -> (String, i128, i128) {
    match error {
        Error::Declared(Declared::Short { spot, wanted, available }) => (spot.to_string(), wanted, available),
        other => panic!("{other}"),
    }
}

#[test]
fn a_credit_line_is_held_used_and_freed() {
    let (mut shard, context) = acme();
    let (first, second) = step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        Ok((books.hold(line, &["C1"], 600, up_to(1_000))?, books.hold(line, &["C1"], 400, up_to(1_000))?))
    })
    .unwrap();
    let third = step(&mut shard, &context, |books| books.hold(books.account("credit_line")?, &["C1"], 1, up_to(1_000)));
    assert_eq!(short(third.unwrap_err()), ("credit_line[C1]".to_owned(), 1, 0));
    let rest = step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        let rest = books.commit_part(first, 250)?;
        assert_eq!((books.hold_of(rest)?.rest, books.hold_of(first)?.rest), (350, 0));
        assert_eq!((books.balance(line, &["C1"], None)?.amount, books.held(line, &["C1"])?), (250, 750));
        assert_eq!(books.available(line, &["C1"], DAY, Some(1_000))?, 0);
        books.release(second)?;
        assert_eq!(books.available(line, &["C1"], DAY, Some(1_000))?, 400);
        Ok(rest)
    })
    .unwrap();
    let ended = |done: Result<()>| assert!(matches!(done, Err(Error::Refused(Refused::HoldEnded { .. }))), "{done:?}");
    ended(step(&mut shard, &context, |books| books.commit(first)));
    ended(step(&mut shard, &context, |books| books.release(second)));
    let more = step(&mut shard, &context, |books| books.commit_part(rest, 351));
    assert_eq!(more, Err(Error::Refused(Refused::MoreThanHeld { id: rest.0, wanted: 351, rest: 350 })));
    let unknown = step(&mut shard, &context, |books| books.release(HoldId(99)));
    assert!(matches!(unknown, Err(Error::Refused(Refused::Unknown { what: "hold", .. }))));
    step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        books.commit(rest)?;
        books.free(line, &["C1"], 500)?;
        assert_eq!(books.balance(line, &["C1"], None)?.amount, 100);
        assert_eq!(books.available(line, &["C1"], DAY, Some(1_000))?, 900);
        Ok(())
    })
    .unwrap();
    let freed = step(&mut shard, &context, |books| books.free(books.account("credit_line")?, &["C1"], 101));
    assert!(matches!(freed, Err(Error::Refused(Refused::MoreThanUsed { wanted: 101, used: 100, .. }))));
    // Over the limit by somebody who may.
    step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        let terms = HoldTerms { over_limit_by: Some("mia"), ..up_to(1_000) };
        let hold = books.hold(line, &["C1"], 5_000, terms)?;
        assert_eq!(books.hold_of(hold)?.over_limit_by, "mia");
        assert_eq!(books.available(line, &["C1"], DAY, Some(1_000))?, -4_100);
        books.commit(hold)
    })
    .unwrap();
}

#[test]
fn two_steps_of_a_batch_cannot_both_have_the_last() {
    let (mut shard, context) = acme();
    shard.begin().unwrap();
    let mut held = 0;
    for _ in 0..5 {
        let done = shard.step_within(&context, Tolerance::Step, |step| {
            let mut books = step.books()?;
            let line = books.account("credit_line")?;
            books.hold(line, &["C1"], 400, up_to(1_000))
        });
        match done {
            Ok(_) => held += 1,
            Err(error) => assert_eq!(short(error).2, 200),
        }
    }
    shard.commit().unwrap();
    assert_eq!(held, 2);
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
    let mut later = context.clone();
    later.instance = "another".to_owned();
    let open = step(&mut shard, &later, |books| {
        assert_eq!(books.open_holds("another")?, []);
        books.open_holds("")
    });
    assert_eq!(open.unwrap(), [HoldId(1), HoldId(2)]);
}

/// Posts a plan for a cost centre.
fn plan(books: &mut Books<'_>, centre: &str, day: i64, amount: i64) -> Result<()> {
    let (plan, budget) = (books.account("plan")?, books.account("budget")?);
    let centre = [centre];
    let lines = [Line::debit(budget, &centre, amount), Line::credit(plan, &[], amount)];
    books.post(&Entry::new("Plan", day, &lines)).map(|_| ())
}

/// Spends of the plan of a cost centre.
fn spend(books: &mut Books<'_>, centre: &str, day: i64, amount: i64) -> Result<()> {
    plan(books, centre, day, -amount)
}

#[test]
fn a_posting_may_not_take_what_is_held() {
    let (mut shard, context) = acme();
    let fill = |books: &mut Books<'_>, amount: i64| {
        let (till, bank) = (books.account("till")?, books.account("bank")?);
        let lines = [Line::debit(till, &["Mitte"], amount), Line::credit(bank, &[], amount)];
        books.post(&Entry::new("Change", DAY, &lines)).map(|_| ())
    };
    let hold = step(&mut shard, &context, |books| {
        fill(books, 100)?;
        books.hold(books.account("till")?, &["Mitte"], 70, HoldTerms::default())
    })
    .unwrap();
    let done = step(&mut shard, &context, |books| fill(books, -31));
    assert_eq!(short(done.unwrap_err()), ("till[Mitte]".to_owned(), 31, 30));
    // The order of posting and commit does not matter.
    step(&mut shard, &context, |books| {
        fill(books, -70)?;
        books.commit(hold)
    })
    .unwrap();
    step(&mut shard, &context, |books| fill(books, -30)).unwrap();
    let done = step(&mut shard, &context, |books| fill(books, -1));
    assert_eq!(short(done.unwrap_err()).2, 0);
}

/// What made room for a hold has to be there when the step ends, whether another hold gave it back or a posting did.
#[test]
fn room_is_not_had_twice_in_a_step() {
    let (mut shard, context) = acme();
    let old = step(&mut shard, &context, |books| {
        plan(books, "IT", DAY, 100)?;
        books.hold(books.account("budget")?, &["IT"], 100, HoldTerms::default())
    })
    .unwrap();
    let taken_over = step(&mut shard, &context, |books| {
        books.release(old)?;
        books.hold(books.account("budget")?, &["IT"], 100, HoldTerms::default())?;
        spend(books, "IT", DAY, 50)
    });
    assert_eq!(short(taken_over.unwrap_err()), ("budget[IT]".to_owned(), 50, 0));
    // As much as the old hold gave back, or less, may be held anew.
    let anew = step(&mut shard, &context, |books| {
        books.release(old)?;
        spend(books, "IT", DAY, 30)?;
        books.hold(books.account("budget")?, &["IT"], 70, HoldTerms::default())
    })
    .unwrap();
    let taken_away = step(&mut shard, &context, |books| {
        plan(books, "IT", DAY, 60)?;
        books.hold(books.account("budget")?, &["IT"], 60, HoldTerms::default())?;
        plan(books, "IT", DAY, -60)
    });
    assert_eq!(short(taken_away.unwrap_err()), ("budget[IT]".to_owned(), 60, 0));
    let rest_of_it = step(&mut shard, &context, |books| {
        books.release(anew)?;
        let fresh = books.hold(books.account("budget")?, &["IT"], 70, HoldTerms::default())?;
        let rest = books.commit_part(fresh, 0)?;
        spend(books, "IT", DAY, 1)?;
        Ok(rest)
    });
    assert_eq!(short(rest_of_it.unwrap_err()), ("budget[IT]".to_owned(), 1, 0));
}

/// What somebody let pass and nobody used makes no room in the step that made it; later on it does.
#[test]
fn what_was_let_pass_and_given_back_lets_nothing_else_pass() {
    let (mut shard, context) = acme();
    let over = HoldTerms { over_limit_by: Some("mia"), ..HoldTerms::default() };
    let spent = step(&mut shard, &context, |books| {
        plan(books, "IT", DAY, 100)?;
        let hold = books.hold(books.account("budget")?, &["IT"], 500, over)?;
        let rest = books.commit_part(hold, 0)?;
        books.release(rest)?;
        spend(books, "IT", DAY, 300)
    });
    assert!(spent.is_err());
    // What is used of it is let pass.
    step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        books.hold(line, &["C1"], 1_000, up_to(1_000))?;
        let hold = books.hold(line, &["C1"], 500, HoldTerms { over_limit_by: Some("mia"), ..up_to(1_000) })?;
        let rest = books.commit_part(hold, 200)?;
        books.release(rest)
    })
    .unwrap();
}

/// What somebody lets pass stops nothing else of the step, before or behind it, and lets nothing else pass.
#[test]
fn what_is_let_pass_is_left_out_of_account() {
    let (mut shard, context) = acme();
    let over = HoldTerms { over_limit_by: Some("mia"), ..up_to(1_000) };
    step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        books.hold(line, &["C1"], 1_000, up_to(1_000))?;
        books.hold(line, &["C1"], 5_000, over)
    })
    .unwrap();
    let done = step(&mut shard, &context, |books| {
        let line = books.account("credit_line")?;
        books.hold(line, &["C2"], 5_000, over)?;
        books.hold(line, &["C2"], 1, up_to(1_000))
    });
    assert_eq!(short(done.unwrap_err()), ("credit_line[C2]".to_owned(), 1, -4_000));
}

#[test]
fn a_commit_uses_a_budget_up() {
    let (mut shard, context) = acme();
    let cap = Limit::above(100);
    shard.set_limit(context.tenant, context.book, "budget", Some(&["HR"]), &cap).unwrap();
    step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        let hold = books.hold(budget, &["HR"], 0, HoldTerms { over_limit_by: Some("mia"), ..HoldTerms::default() })?;
        let rest = books.commit_part(hold, 0)?;
        assert_eq!(books.hold_of(rest)?.rest, 0);
        books.release(rest)?;
        let hold = books.hold(budget, &["HR"], 90, HoldTerms { over_limit_by: Some("mia"), ..HoldTerms::default() })?;
        books.commit(hold)?;
        assert_eq!(books.balance(budget, &["HR"], None)?.amount, 90);
        books.free(budget, &["HR"], 30)?;
        assert_eq!(books.balance(budget, &["HR"], None)?.amount, 60);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_has_its_own_limit_and_members_may_move() {
    let (mut shard, context) = acme();
    let cap = Limit::below(150);
    shard.set_limit(context.tenant, context.book, "budget", Some(&["dept 1"]), &cap).unwrap();
    step(&mut shard, &context, |books| {
        plan(books, "IT", DAY, 200)?;
        plan(books, "HR", DAY + 40, 100)?;
        let budget = books.account("budget")?;
        books.set_group(budget, &["IT"], Some(&["dept 1"]))?;
        books.set_group(budget, &["HR"], Some(&["dept 1"]))?;
        books.set_group(budget, &["dept 1"], Some(&["all"]))?;
        assert_eq!(books.balance(budget, &["all"], None)?.amount, 300);
        assert_eq!(books.balance(budget, &["all"], Some(DAY + 39))?.amount, 200);
        let circle = books.set_group(budget, &["all"], Some(&["IT"]));
        assert!(matches!(circle, Err(Error::Refused(Refused::GroupCycle { .. }))));
        Ok(())
    })
    .unwrap();
    // 150 of the department's 300 have to stay.
    let done = step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        books.hold(budget, &["IT"], 160, HoldTerms::default())
    });
    assert_eq!(short(done.unwrap_err()), ("budget[dept 1]".to_owned(), 160, 150));
    step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        books.hold(budget, &["IT"], 100, HoldTerms::default())?;
        spend(books, "HR", DAY, 50)?;
        assert_eq!(books.available(budget, &["HR"], DAY, None)?, 0);
        assert_eq!(books.held(budget, &["all"])?, 100);
        books.set_group(budget, &["HR"], Some(&["all"]))?;
        assert_eq!(books.available(budget, &["HR"], DAY, None)?, 50);
        assert_eq!(books.balance(budget, &["dept 1"], None)?.amount, 200);
        Ok(())
    })
    .unwrap();
    // A move that is taken back leaves no trace.
    let failed = step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        books.set_group(budget, &["IT"], None)?;
        Err::<(), _>(Error::Refused(Refused::Misuse("enough")))
    });
    assert!(failed.is_err());
    step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        assert_eq!(books.balance(budget, &["all"], None)?.amount, 250);
        assert_eq!(books.held(budget, &["dept 1"])?, 100);
        Ok(())
    })
    .unwrap();
}

#[test]
fn budgets_count_by_month_and_by_year_to_date() {
    let (mut shard, context) = acme();
    let (january, february, march) = (DAY, DAY + 31, DAY + 59);
    for limit in [Limit::below(0).by(Period::Month), Limit::below(0).by(Period::Year)] {
        shard.set_limit(context.tenant, context.book, "budget", None, &limit).unwrap();
    }
    step(&mut shard, &context, |books| {
        [(january, 100), (february, 100), (march, 50)]
            .iter()
            .try_for_each(|(day, amount)| plan(books, "IT", *day, *amount))
    })
    .unwrap();
    let hold = |shard: &mut Shard, day: i64, amount: i64| {
        step(shard, &context, |books| {
            let budget = books.account("budget")?;
            books.hold(budget, &["IT"], amount, HoldTerms { day: Some(day), ..HoldTerms::default() })
        })
    };
    assert_eq!(short(hold(&mut shard, january, 101).unwrap_err()).2, 100);
    let first = hold(&mut shard, january, 60).unwrap();
    assert_eq!(short(hold(&mut shard, january + 30, 41).unwrap_err()).2, 40);
    hold(&mut shard, february, 100).unwrap();
    assert_eq!(short(hold(&mut shard, march, 51).unwrap_err()).2, 50);
    // Anew from the store: what is held is counted by month there too.
    step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        assert_eq!(books.available(budget, &["IT"], january, None)?, 40);
        books.release(first)?;
        assert_eq!(books.available(budget, &["IT"], january, None)?, 100);
        Ok(())
    })
    .unwrap();
    // Only the year counts: January's rest may be spent in March.
    let lax = Limit::below(0).by(Period::Month).mode(Mode::Warn);
    shard.set_limit(context.tenant, context.book, "budget", Some(&["IT"]), &lax).unwrap();
    step(&mut shard, &context, |books| {
        let budget = books.account("budget")?;
        books.hold(budget, &["IT"], 150, HoldTerms { day: Some(march), ..HoldTerms::default() })?;
        assert_eq!(books.warnings().len(), 1);
        assert_eq!((books.warnings()[0].wanted, books.warnings()[0].available), (150, 50));
        Ok(())
    })
    .unwrap();
    // January may not take what March counts on.
    assert_eq!(short(hold(&mut shard, january, 1).unwrap_err()).2, 0);
}

#[test]
fn limits_of_liabilities_count_credits() {
    let (mut shard, context) = acme();
    shard.set_limit(context.tenant, context.book, "payable", None, &Limit::below(0)).unwrap();
    let post = |shard: &mut Shard, amount: i64| {
        step(shard, &context, |books| {
            let (bank, payable) = (books.account("bank")?, books.account("payable")?);
            let lines = [Line::debit(bank, &[], amount), Line::credit(payable, &[], amount)];
            books.post(&Entry::new("Owed", DAY, &lines))
        })
    };
    post(&mut shard, 100).unwrap();
    post(&mut shard, -60).unwrap();
    assert_eq!(short(post(&mut shard, -41).unwrap_err()), ("payable".to_owned(), 41, 40));
}

#[test]
fn a_line_over_the_limit_is_kept_with_who_let_it_pass() {
    let (mut shard, context) = acme();
    let take = |books: &mut Books<'_>, amount: i64, by: Option<&str>| {
        let (till, bank) = (books.account("till")?, books.account("bank")?);
        let line = Line { over_limit_by: by, ..Line::credit(till, &["Mitte"], amount) };
        books.post(&Entry::new("Taken", DAY, &[line, Line::debit(bank, &[], amount)]))
    };
    // The line that is let pass lets no other one pass.
    let done = step(&mut shard, &context, |books| {
        take(books, 50, Some("Owner"))?;
        take(books, 1, None)
    });
    assert_eq!(short(done.unwrap_err()), ("till[Mitte]".to_owned(), 1, -50));
    let taken = step(&mut shard, &context, |books| take(books, 50, Some("Owner"))).unwrap().expect("an entry");
    // What is left afterwards counts; what brings it back needs nobody, and a reversal is no decision of theirs.
    assert!(step(&mut shard, &context, |books| take(books, 1, None)).is_err());
    step(&mut shard, &context, |books| take(books, -10, None)).unwrap();
    step(&mut shard, &context, |books| books.reverse(taken, DAY)).unwrap();
    let mut journal = shard.journal(context.tenant, context.book, None).unwrap();
    let entries = shard.journal_page(&mut journal).unwrap();
    let by: Vec<Vec<Option<&str>>> =
        entries.iter().map(|entry| entry.lines.iter().map(|line| line.over_limit_by.as_deref()).collect()).collect();
    assert_eq!(by, [[Some("Owner"), None], [None, None], [None, None]]);
}

/// What is taken back leaves no gap, whether the book stays in memory or is read anew.
#[test]
fn the_number_of_a_hold_that_was_taken_back_is_given_again() {
    let (mut shard, context) = acme();
    let hold = |books: &mut Books<'_>| books.hold(books.account("credit_line")?, &["C1"], 10, up_to(1_000));
    let first = step(&mut shard, &context, hold).unwrap();
    let failed = step(&mut shard, &context, |books| {
        hold(books)?;
        books.release(HoldId(99))
    });
    assert!(failed.is_err());
    let second = step(&mut shard, &context, hold).unwrap();
    assert_eq!((first, second), (HoldId(1), HoldId(2)));
}
