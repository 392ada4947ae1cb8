//! Processes that live, made at random, with events in random orders: the host, with each way to commit, sees what the
//! reference sees.

use bp_tests::agree::{Random, Subject};
use bp_tests::generate::files;
use bp_tests::living::{Compared, compare, generate, seeds};

/// Programs, and orders of events that each is played with.
const PROGRAMS: u64 = 10;
const ORDERS: usize = 2;

/// Events of an order.
const EVENTS: usize = 20;

/// Always the same few; `cargo run --release -p bp-tests --bin living` makes others for as long as one likes.
#[test]
fn made_at_random_with_each_way_to_commit() {
    let mut compared = Compared::default();
    let mut used = std::collections::BTreeSet::new();
    for number in 0..PROGRAMS {
        let random = &mut Random(number);
        let made = generate::program(random);
        let Ok(subject) = Subject::of("made.bp", &made.text, &files(), None) else { continue };
        used.extend(made.used.into_keys());
        compared.programs += 1;
        for _ in 0..ORDERS {
            let seeds = seeds(random, EVENTS);
            compare(&subject, &seeds, &mut compared)
                .unwrap_or_else(|difference| panic!("number {number}: {difference}\n{}", made.text));
        }
    }
    assert!(compared.programs >= PROGRAMS / 2, "the compiler refuses most programs: {compared:?}");
    assert!(compared.events > 100 && compared.entries > 20, "{compared:?}");
    assert!(compared.not_covered.is_empty(), "{compared:?}");
    for state in ["done", "failed", "running", "cancelled"] {
        assert!(compared.states.contains_key(state), "no instance is {state}: {compared:?}");
    }
    assert!(used.len() >= 20, "{} constructs: {used:?}", used.len());
}
