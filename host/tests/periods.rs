//! Closed days, late entries, reversals, numbers, currencies.

mod common;

use bp_host::ledger::{Balance, Books, Entry, Line, PeriodLock};
use bp_host::{Declared, Error, Refused, Result, Shard, StepContext, Tolerance};
use common::{DAY, acme, findings};

fn step<T>(shard: &mut Shard, context: &StepContext, work: impl FnOnce(&mut Books<'_>) -> Result<T>) -> Result<T> {
    let done = shard.step(context, |step| work(&mut step.books()?));
    assert_eq!(findings(shard, context.tenant, context.book), Vec::<String>::new());
    done
}

/// Somebody pays capital in.
fn pay_in(books: &mut Books<'_>, day: i64, amount: i64, first_open: bool, area: &str) -> Result<i64> {
    let (bank, capital) = (books.account("bank")?, books.account("capital")?);
    let lines = [Line::debit(bank, &[], amount), Line::credit(capital, &[], amount)];
    let entry = Entry { first_open, area, ..Entry::new("Capital", day, &lines) };
    books.post(&entry).map(|entry| entry.expect("an amount"))
}

fn bank_on(books: &mut Books<'_>, day: i64) -> Result<i128> {
    let bank = books.account("bank")?;
    Ok(books.balance(bank, &[], Some(day))?.amount)
}

#[test]
fn a_closed_day_refuses_or_moves_to_the_first_open_one() {
    let (mut shard, mut context) = acme();
    shard.lock_period(&context, &PeriodLock::hard(DAY)).unwrap();
    shard.lock_period(&context, &PeriodLock::soft(DAY + 10, &["Accountant"])).unwrap();
    shard.lock_period(&context, &PeriodLock::hard(DAY + 20).of_area("payroll")).unwrap();
    let closed = |done: Result<i64>, day| assert_eq!(done, Err(Error::Declared(Declared::PeriodClosed { day })));
    closed(step(&mut shard, &context, |books| pay_in(books, DAY + 10, 5, false, "")), DAY + 10);
    closed(step(&mut shard, &context, |books| pay_in(books, DAY + 20, 5, false, "payroll")), DAY + 20);
    step(&mut shard, &context, |books| {
        pay_in(books, DAY + 11, 1, false, "")?;
        pay_in(books, DAY - 5, 10, true, "")?;
        assert_eq!((bank_on(books, DAY + 10)?, bank_on(books, DAY + 11)?), (0, 11));
        pay_in(books, DAY - 5, 100, true, "payroll")?;
        assert_eq!((bank_on(books, DAY + 20)?, bank_on(books, DAY + 21)?), (11, 111));
        Ok(())
    })
    .unwrap();
    context.roles = vec!["Accountant".to_owned()];
    closed(step(&mut shard, &context, |books| pay_in(books, DAY, 5, false, "")), DAY);
    step(&mut shard, &context, |books| {
        pay_in(books, DAY + 1, 1_000, false, "")?;
        assert_eq!(books.first_open_day(""), Some(DAY + 1));
        assert_eq!(bank_on(books, DAY + 1)?, 1_000);
        Ok(())
    })
    .unwrap();
    // An earlier day opens again.
    shard.lock_period(&context, &PeriodLock::hard(DAY - 100)).unwrap();
    step(&mut shard, &context, |books| pay_in(books, DAY, 1, false, "")).unwrap();
    let mut journal = shard.journal(context.tenant, context.book, None).unwrap();
    let entries = shard.journal_page(&mut journal).unwrap();
    assert_eq!(shard.journal_page(&mut journal).unwrap(), []);
    assert_eq!(entries.iter().map(|entry| entry.late).collect::<Vec<_>>(), [false, true, true, false, false]);
    let days: Vec<_> = entries.iter().map(|entry| (entry.document_day - DAY, entry.posting_day - DAY)).collect();
    assert_eq!(days, [(11, 11), (-5, 11), (-5, 21), (1, 1), (0, 0)]);
}

#[test]
fn a_reversal_goes_to_the_first_open_day_and_restores_balances() {
    let (mut shard, context) = acme();
    let first = step(&mut shard, &context, |books| pay_in(books, DAY, 77, false, "")).unwrap();
    shard.lock_period(&context, &PeriodLock::hard(DAY + 5)).unwrap();
    step(&mut shard, &context, |books| {
        books.reverse(first, DAY + 2)?;
        assert_eq!((bank_on(books, DAY + 5)?, bank_on(books, DAY + 6)?), (77, 0));
        assert_eq!(books.reverse(first, DAY), Err(Error::Refused(Refused::Reversed { entry: first })));
        let unknown = books.reverse(99, DAY);
        assert!(matches!(unknown, Err(Error::Refused(Refused::Unknown { what: "entry", .. }))), "{unknown:?}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn numbers_have_no_gaps_whatever_fails() {
    let (mut shard, context) = acme();
    shard.begin().unwrap();
    let mut taken = Vec::new();
    for round in 0..6 {
        let done = shard.step_within(&context, Tolerance::Step, |step| {
            let mut books = step.books()?;
            let number = books.number("INV", "2026", &format!("Invoice/{round}"))?;
            books.number("INV", "2027", "")?;
            if round % 3 == 1 { Err(Error::Refused(Refused::Misuse("enough"))) } else { Ok(number) }
        });
        taken.extend(done);
    }
    shard.commit().unwrap();
    assert_eq!(taken, [1, 2, 3, 4]);
    step(&mut shard, &context, |books| {
        assert_eq!(books.number("INV", "2026", "")?, 5);
        books.void_number("INV", "2026", 2)?;
        assert!(books.void_number("INV", "2026", 6).is_err());
        Ok(())
    })
    .unwrap();
    assert_eq!(shard.check(context.tenant, context.book).unwrap().numbers, 9);
}

/// Sold for 100 USD at 15,000; revalued at the month's end at 15,200; paid at 15,500: 20,000 not realised, then 50,000
/// realised in all.
#[test]
fn two_currencies() {
    let (mut shard, context) = acme();
    let at = |books: &mut Books<'_>, name: &str, day: i64| {
        let account = books.account(name)?;
        books.balance(account, &[], Some(day))
    };
    step(&mut shard, &context, |books| {
        let usd = books.account("bank_usd")?;
        let (trading, gain) = (books.account("trading_usd")?, books.account("exchange_gain")?);
        let (bank, capital) = (books.account("bank")?, books.account("capital")?);
        // 100.00 USD come in, at 15,000.
        let lines =
            [Line::debit(usd, &[], 10_000).worth(150_000_000).exchange(), Line::credit(capital, &[], 150_000_000)];
        books.post(&Entry::new("In dollars", DAY, &lines))?;
        // At the month's end they are worth 15,200 each; on the first of the next that is taken back.
        let lines = [Line::revalue(usd, &[], 2_000_000), Line::credit(gain, &[], 2_000_000)];
        let revalued = books.post(&Entry::new("Month's end", DAY + 30, &lines))?.expect("a difference");
        books.reverse(revalued, DAY + 31)?;
        assert_eq!(at(books, "bank_usd", DAY + 30)?, Balance { amount: 10_000, book_amount: 152_000_000 });
        assert_eq!(at(books, "exchange_gain", DAY + 30)?.amount, -2_000_000);
        assert_eq!(at(books, "bank_usd", DAY + 31)?, Balance { amount: 10_000, book_amount: 150_000_000 });
        // Exchanged at 15,500 through the trading account, where each currency balances by itself.
        let lines = [
            Line::credit(usd, &[], 10_000).worth(-150_000_000).at_rate("15000"),
            Line::debit(trading, &[], 10_000).worth(155_000_000).at_rate("15500"),
            Line::credit(gain, &[], 5_000_000),
        ];
        books.post(&Entry::new("Given", DAY + 40, &lines))?;
        let lines = [
            Line::debit(bank, &[], 155_000_000),
            Line::credit(trading, &[], 10_000).worth(-155_000_000).at_rate("15500").exchange(),
        ];
        books.post(&Entry::new("Taken", DAY + 40, &lines))?;
        for (name, expected) in [
            ("bank_usd", Balance::default()),
            ("trading_usd", Balance::default()),
            ("exchange_gain", Balance { amount: -5_000_000, book_amount: -5_000_000 }),
            ("bank", Balance { amount: 155_000_000, book_amount: 155_000_000 }),
        ] {
            assert_eq!(at(books, name, DAY + 40)?, expected, "{name}");
        }
        // Without an exchange line dollars have to balance; without a book amount nobody knows their worth.
        let lines = [Line::debit(usd, &[], 1).worth(15_000), Line::credit(bank, &[], 15_000)];
        let uneven = books.post(&Entry::new("Uneven", DAY, &lines));
        assert!(
            matches!(&uneven, Err(Error::Refused(Refused::Unbalanced { unit, .. })) if unit == "USD"),
            "{uneven:?}"
        );
        let lines = [Line::debit(usd, &[], 1), Line::credit(usd, &[], 1)];
        let worthless = books.post(&Entry::new("Worthless", DAY, &lines));
        assert!(matches!(worthless, Err(Error::Refused(Refused::NoBookAmount { .. }))), "{worthless:?}");
        let lines = [Line::debit(bank, &[], 10).worth(11), Line::credit(capital, &[], 10).worth(-11)];
        let wrong = books.post(&Entry::new("Wrong", DAY, &lines));
        assert!(matches!(wrong, Err(Error::Refused(Refused::WrongBookAmount { .. }))), "{wrong:?}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_too_large_or_no_day_is_refused() {
    let (mut shard, context) = acme();
    step(&mut shard, &context, |books| pay_in(books, DAY, i64::MAX - 10, false, "")).unwrap();
    let large = step(&mut shard, &context, |books| pay_in(books, DAY + 1, 11, false, ""));
    assert!(matches!(large, Err(Error::Refused(Refused::TooLarge { .. }))), "{large:?}");
    for day in [i64::MIN, i64::MAX, 10_000_000] {
        let done = step(&mut shard, &context, |books| pay_in(books, day, 1, true, ""));
        assert_eq!(done, Err(Error::Refused(Refused::NoSuchDay { given: day })));
    }
    for amount in [i64::MIN, i64::MAX] {
        let done = step(&mut shard, &context, |books| pay_in(books, DAY, amount, false, ""));
        assert!(matches!(done, Err(Error::Refused(_))), "{done:?}");
    }
    step(&mut shard, &context, |books| pay_in(books, DAY, 10, false, "")).unwrap();
}
