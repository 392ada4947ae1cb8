//! Lots: in with a cost, out oldest first.

mod common;

use bp_host::ledger::{Books, Entry, Line, Lot, Part};
use bp_host::{Declared, Error, Refused, Result, Shard, StepContext};
use common::{DAY, acme, findings};

fn step<T>(shard: &mut Shard, context: &StepContext, work: impl FnOnce(&mut Books<'_>) -> Result<T>) -> Result<T> {
    let done = shard.step(context, |step| work(&mut step.books()?));
    assert_eq!(findings(shard, context.tenant, context.book), Vec::<String>::new());
    done
}

const MAIN: [&str; 2] = ["SKU-1", "main"];
const NORTH: [&str; 2] = ["SKU-1", "north"];

fn receive(books: &mut Books<'_>, quantity: i64, cost: i64) -> Result<i64> {
    let (warehouse, bought) = (books.account("warehouse")?, books.account("bought")?);
    let lines = [
        Line::debit(warehouse, &MAIN, quantity).costing(cost).labelled("receipt"),
        Line::credit(bought, &["SKU-1"], quantity),
    ];
    books.post(&Entry::new("Receipt", DAY, &lines)).map(|entry| entry.expect("something came in"))
}

fn issue(books: &mut Books<'_>, quantity: i64) -> Result<i64> {
    let (warehouse, sold) = (books.account("warehouse")?, books.account("sold")?);
    let lines = [Line::debit(sold, &["SKU-1"], quantity), Line::credit(warehouse, &MAIN, quantity)];
    books.post(&Entry::new("Issue", DAY, &lines)).map(|entry| entry.expect("something went out"))
}

fn left(books: &mut Books<'_>, dims: &[&str]) -> Result<Vec<(i64, i64, i64)>> {
    let warehouse = books.account("warehouse")?;
    Ok(books.lots(warehouse, dims)?.iter().map(|lot| (lot.number, lot.quantity, lot.value)).collect())
}

#[test]
fn the_oldest_goes_first_and_the_last_unit_takes_what_is_left() {
    let (mut shard, context) = acme();
    step(&mut shard, &context, |books| {
        receive(books, 3, 1_000)?;
        receive(books, 10, 4_000)?;
        let warehouse = books.account("warehouse")?;
        let lots = books.lots(warehouse, &MAIN)?;
        assert_eq!(lots[0], Lot { number: 1, day: DAY, label: "receipt".to_owned(), quantity: 3, value: 1_000 });
        Ok(())
    })
    .unwrap();
    // A third of 1,000 is 333.33; the last unit costs 334.
    let costs: Vec<Vec<Part>> = [1, 1, 2]
        .iter()
        .map(|quantity| {
            step(&mut shard, &context, |books| {
                let parts = books.take(books.account("warehouse")?, &MAIN, *quantity)?;
                issue(books, *quantity).map(|_| parts)
            })
            .unwrap()
        })
        .collect();
    let part = |lot, quantity, cost| Part { lot, quantity, cost };
    assert_eq!(costs, [vec![part(1, 1, 333)], vec![part(1, 1, 334)], vec![part(1, 1, 333), part(2, 1, 400)]]);
    let done = step(&mut shard, &context, |books| books.take(books.account("warehouse")?, &MAIN, 10));
    assert!(matches!(done, Err(Error::Declared(Declared::Short { wanted: 10, available: 9, .. }))), "{done:?}");
    let done = step(&mut shard, &context, |books| issue(books, 10));
    assert!(matches!(done, Err(Error::Declared(Declared::Short { wanted: 10, available: 9, .. }))), "{done:?}");
    step(&mut shard, &context, |books| left(books, &MAIN).map(|left| assert_eq!(left, [(2, 9, 3_600)]))).unwrap();
}

#[test]
fn what_is_taken_has_to_be_posted() {
    let (mut shard, context) = acme();
    step(&mut shard, &context, |books| receive(books, 5, 500)).unwrap();
    let done = step(&mut shard, &context, |books| books.take(books.account("warehouse")?, &MAIN, 2));
    assert!(matches!(done, Err(Error::Refused(Refused::TakenNotPosted { quantity: 2, .. }))), "{done:?}");
    // Taken in two goes, posted in another cut.
    step(&mut shard, &context, |books| {
        let warehouse = books.account("warehouse")?;
        books.take(warehouse, &MAIN, 2)?;
        books.take(warehouse, &MAIN, 1)?;
        issue(books, 1)?;
        issue(books, 3)?;
        assert_eq!(left(books, &MAIN)?, [(1, 1, 100)]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_move_carries_its_lots() {
    let (mut shard, context) = acme();
    step(&mut shard, &context, |books| {
        receive(books, 3, 1_000)?;
        receive(books, 10, 4_000)?;
        let warehouse = books.account("warehouse")?;
        let lines = [Line::debit(warehouse, &NORTH, 5), Line::credit(warehouse, &MAIN, 5)];
        books.post(&Entry::new("Transfer", DAY, &lines))?;
        assert_eq!(left(books, &MAIN)?, [(2, 8, 3_200)]);
        assert_eq!(left(books, &NORTH)?, [(1, 3, 1_000), (2, 2, 800)]);
        let (warehouse, bought) = (books.account("warehouse")?, books.account("bought")?);
        let lines = [Line::debit(warehouse, &MAIN, 5), Line::credit(bought, &["SKU-1"], 5)];
        let costless = books.post(&Entry::new("Receipt", DAY, &lines));
        assert!(matches!(costless, Err(Error::Refused(Refused::NoCost { .. }))), "{costless:?}");
        let lines = [Line::debit(warehouse, &MAIN, 5).costing(-1), Line::credit(bought, &["SKU-1"], 5)];
        let negative = books.post(&Entry::new("Receipt", DAY, &lines));
        assert!(matches!(negative, Err(Error::Refused(Refused::NegativeCost { cost: -1, .. }))), "{negative:?}");
        let lotless = books.take(bought, &["SKU-1"], 1);
        assert!(matches!(lotless, Err(Error::Refused(Refused::NoLots { .. }))), "{lotless:?}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_reversal_puts_goods_back_where_they_were() {
    let (mut shard, context) = acme();
    let (receipt, issued) = step(&mut shard, &context, |books| {
        let receipt = receive(books, 3, 1_000)?;
        receive(books, 10, 4_000)?;
        Ok((receipt, issue(books, 5)?))
    })
    .unwrap();
    let gone = step(&mut shard, &context, |books| books.reverse(receipt, DAY));
    assert!(matches!(gone, Err(Error::Declared(Declared::Short { wanted: 3, available: 0, .. }))), "{gone:?}");
    step(&mut shard, &context, |books| {
        books.reverse(issued, DAY)?;
        assert_eq!(left(books, &MAIN)?, [(1, 3, 1_000), (2, 10, 4_000)]);
        books.reverse(receipt, DAY)?;
        assert_eq!(left(books, &MAIN)?, [(2, 10, 4_000)]);
        let twice = books.reverse(receipt, DAY);
        assert_eq!(twice, Err(Error::Refused(Refused::Reversed { entry: receipt })));
        Ok(())
    })
    .unwrap();
    let twice = step(&mut shard, &context, |books| books.reverse(issued, DAY));
    assert_eq!(twice, Err(Error::Refused(Refused::Reversed { entry: issued })));
}
