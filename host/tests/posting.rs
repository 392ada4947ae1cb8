//! Entries, balances and their check, end to end.

mod common;

use bp_host::ledger::{Balance, Entry, Line};
use bp_host::{Error, Refused, Tolerance};
use common::{DAY, acme, findings};

#[test]
fn a_posting_changes_balances_on_its_day() {
    let (mut shard, context) = acme();
    let post = |shard: &mut bp_host::Shard, day: i64, amount: i64| {
        shard.step(&context, |step| {
            let mut books = step.books()?;
            let (receivable, sales) = (books.account("receivable")?, books.account("sales")?);
            let lines = [
                Line::debit(receivable, &["C1"], amount),
                Line::credit(sales, &["DE", "2026-01"], amount),
                Line::credit(sales, &["AT", "2026-01"], 0),
            ];
            books.post(&Entry::new("A sale", day, &lines))
        })
    };
    assert_eq!(post(&mut shard, DAY, 1_000).unwrap(), Some(1));
    assert_eq!(post(&mut shard, DAY + 3, 250).unwrap(), Some(2));
    assert_eq!(post(&mut shard, DAY, 0).unwrap(), None);
    // A negative debit is a credit.
    assert_eq!(post(&mut shard, DAY + 9, -50).unwrap(), Some(3));
    shard
        .step(&context, |step| {
            let mut books = step.books()?;
            let receivable = books.account("receivable")?;
            for (at, expected) in [(-1, 0), (0, 1_000), (2, 1_000), (3, 1_250), (8, 1_250), (9, 1_200), (400, 1_200)] {
                assert_eq!(books.balance(receivable, &["C1"], Some(DAY + at))?.amount, expected, "day {at}");
            }
            assert_eq!(books.balance(receivable, &["C2"], None)?, Balance::default());
            let sales = books.account("sales")?;
            assert_eq!(books.total(sales)?.amount, -1_200);
            Ok(())
        })
        .unwrap();
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn what_does_not_balance_leaves_nothing() {
    let (mut shard, context) = acme();
    let error = shard.step(&context, |step| {
        let mut books = step.books()?;
        let (bank, capital) = (books.account("bank")?, books.account("capital")?);
        books.post(&Entry::new("Right", DAY, &[Line::debit(bank, &[], 10), Line::credit(capital, &[], 10)]))?;
        books.post(&Entry::new("Wrong", DAY, &[Line::debit(bank, &[], 10), Line::credit(capital, &[], 11)]))
    });
    let expected = Refused::Unbalanced { unit: "IDR".to_owned(), difference: -1, scale: 2 };
    assert_eq!(error, Err(Error::Refused(expected)));
    shard
        .step(&context, |step| {
            let mut books = step.books()?;
            let bank = books.account("bank")?;
            assert_eq!(books.balance(bank, &[], None)?.amount, 0);
            assert_eq!(books.book().entries, 0);
            Ok(())
        })
        .unwrap();
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn money_goods_and_plans_balance_each_by_themselves() {
    let (mut shard, context) = acme();
    let error = shard.step(&context, |step| {
        let mut books = step.books()?;
        let (bank, budget) = (books.account("bank")?, books.account("budget")?);
        books.post(&Entry::new("Mixed", DAY, &[Line::debit(bank, &[], 10), Line::credit(budget, &["IT"], 10)]))
    });
    assert!(matches!(error, Err(Error::Refused(Refused::Unbalanced { .. }))), "{error:?}");
}

#[test]
fn a_step_that_tolerates_failure_is_taken_back_alone() {
    let (mut shard, context) = acme();
    shard.begin().unwrap();
    for amount in [100, 200, 300] {
        let done = shard.step_within(&context, Tolerance::Step, |step| {
            let mut books = step.books()?;
            let (bank, capital) = (books.account("bank")?, books.account("capital")?);
            books.post(&Entry::new(
                "In",
                DAY,
                &[Line::debit(bank, &[], amount), Line::credit(capital, &[], amount)],
            ))?;
            if amount == 200 { Err(Error::Refused(Refused::Misuse("enough"))) } else { Ok(()) }
        });
        assert_eq!(done.is_ok(), amount != 200);
    }
    shard.commit().unwrap();
    let checked = shard.check(context.tenant, context.book).unwrap();
    assert_eq!((checked.entries, checked.lines, checked.findings), (2, 4, vec![]));
    let error = shard.step(&context, |step| step.books()?.account("gold").map(|_| ()));
    assert_eq!(error, Err(Error::Refused(Refused::Unknown { what: "account", name: "gold".to_owned() })));
}
