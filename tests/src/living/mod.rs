//! Processes that live, made at random, with events in random orders: the host, committing after each step, each stretch,
//! each event and once in the end, against the reference ([`crate::reference::living`]). After each event all see the
//! same: instances and where they rest, tasks, holds, entries of the books, and the story.

mod engine;
pub mod events;
pub mod generate;
mod shorter;

pub use shorter::{Found, shorter};

use crate::agree::{Random, Subject};
use crate::reference::living::{Refused, Seen, Town};
use bp_optimizer::{Options, optimize_checked};
use engine::{Budget, Came, Engine};
use events::Happens;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// What was compared.
#[derive(Debug, Default)]
pub struct Compared {
    pub programs: u64,
    pub orders: u64,
    pub events: u64,
    /// Events that were refused by all.
    pub refused: u64,
    pub entries: u64,
    /// Orders that the reference could not follow to their end, by what it says.
    pub not_covered: BTreeMap<String, u64>,
    pub kinds: BTreeMap<&'static str, u64>,
    /// What became of instances.
    pub states: BTreeMap<&'static str, u64>,
    /// How often each construct was evaluated by the reference.
    pub evaluated: BTreeMap<&'static str, u64>,
}

impl Compared {
    pub fn add(&mut self, other: Compared) {
        fn sum<K: Ord>(of: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
            other.into_iter().for_each(|(key, count)| *of.entry(key).or_default() += count);
        }
        self.programs += other.programs;
        self.orders += other.orders;
        self.events += other.events;
        self.refused += other.refused;
        self.entries += other.entries;
        sum(&mut self.not_covered, other.not_covered);
        sum(&mut self.kinds, other.kinds);
        sum(&mut self.states, other.states);
        sum(&mut self.evaluated, other.evaluated);
    }
}

/// A number for each store, so that no two have one file.
static STORES: AtomicU64 = AtomicU64::new(0);

/// Plays events of these seeds in all engines. What differs first, in words.
///
/// # Errors
/// An engine and the reference see something else, or one panics.
pub fn compare(subject: &Subject, seeds: &[u64], compared: &mut Compared) -> Result<(), String> {
    let done = catch_unwind(AssertUnwindSafe(|| compare_all(subject, seeds, compared)));
    done.unwrap_or_else(|_| Err("a panic".to_owned()))
}

fn compare_all(subject: &Subject, seeds: &[u64], compared: &mut Compared) -> Result<(), String> {
    let program = &subject.program;
    let Some(checked) = &subject.checked else { return Err("a program without its checked form".to_owned()) };
    let optimized = optimize_checked(program, Options { keep_notes: true })
        .map_err(|error| format!("optimised, it is refused: {error}"))?;
    let number = STORES.fetch_add(1, Ordering::Relaxed);
    let mut engines = [
        Engine::new("a commit a stretch", program, Budget::Stretch, number)?,
        Engine::new("a commit a step", program, Budget::Step, number)?,
        Engine::new("a commit an event", program, Budget::Event, number)?,
        Engine::new("one commit", program, Budget::All, number)?,
        Engine::new("optimised", &optimized, Budget::Stretch, number)?,
    ];
    let mut town = Town::new(checked);
    let mut history: Vec<String> = Vec::new();
    let mut last = Seen::default();
    compared.orders += 1;
    for seed in seeds {
        let Some(event) = events::next(*seed, program, &town) else { continue };
        history.push(format!("{event:?}"));
        let told = |engine: &str, what: &str| {
            let events = history.iter().enumerate().map(|(at, event)| format!("  {}. {event}\n", at + 1));
            format!("{engine}: {what}\nevents:\n{}", events.collect::<String>())
        };
        let played = play(&mut town, &event);
        let should = match played {
            Ok(()) => Came::Done,
            Err(Refused::Here) => Came::Refused,
            Err(Refused::Stop(why)) if why.starts_with("not covered") => {
                *compared.not_covered.entry(why).or_default() += 1;
                break;
            }
            Err(Refused::Stop(why)) => return Err(told("reference", &why)),
        };
        let seen = match town.seen() {
            Ok(seen) => by_instance(seen),
            Err(refused) => return Err(told("reference", &format!("{refused:?}"))),
        };
        for engine in &mut engines {
            let name = engine.name;
            let is = engine.happens(&event).map_err(|why| told(name, &why))?;
            if is != should {
                return Err(told(name, &format!("{is:?}, the reference: {should:?}")));
            }
            let mut found = by_instance(engine.seen().map_err(|why| told(name, &why))?);
            if !engine.has_entries() {
                found.entries.clone_from(&seen.entries);
            }
            if let Some(difference) = difference(&seen, &found) {
                return Err(told(name, &difference));
            }
        }
        compared.events += 1;
        compared.refused += u64::from(should == Came::Refused);
        *compared.kinds.entry(event.kind()).or_default() += 1;
        last = seen;
    }
    for engine in &mut engines {
        engine.commit()?;
        let entries = engine.entries()?;
        if entries != last.entries && compared.not_covered.is_empty() {
            let found = Seen { entries, ..last.clone() };
            let what = difference(&last, &found).unwrap_or_default();
            return Err(format!("{}: in the end: {what}\nevents:\n  {}", engine.name, history.join("\n  ")));
        }
    }
    compared.entries += last.entries.len() as u64;
    town.states().into_iter().for_each(|state| *compared.states.entry(state).or_default() += 1);
    town.take_used().into_iter().for_each(|(kind, count)| *compared.evaluated.entry(kind).or_default() += count);
    Ok(())
}

fn play(town: &mut Town<'_>, event: &Happens) -> Result<(), Refused> {
    use bp_compiler::types::{MessageId, ProcessId};
    match event {
        Happens::Start(process, params) => town.start(ProcessId(u32::from(process.0)), params).map(drop),
        Happens::Deliver(message, record, sender, id) => {
            town.deliver(MessageId(u32::from(message.0)), record, (sender, id))
        }
        Happens::Complete(task, form) => town.complete(*task, form),
        Happens::Advance(seconds) => town.advance(*seconds),
        Happens::Cancel(instance) => town.cancel(*instance),
        Happens::Retry(instance) => town.retry(*instance),
    }
}

/// The story of each instance by itself: what two do at one time has no order.
fn by_instance(mut seen: Seen) -> Seen {
    let instance = |line: &String| line.split(' ').next().and_then(|id| id.parse::<i64>().ok()).unwrap_or_default();
    seen.story.sort_by_key(instance);
    seen
}

/// The first lines that are not the same.
fn difference(should: &Seen, is: &Seen) -> Option<String> {
    let parts = [
        ("instances", &should.instances, &is.instances),
        ("tasks", &should.tasks, &is.tasks),
        ("entries", &should.entries, &is.entries),
        ("holds", &should.holds, &is.holds),
        ("story", &should.story, &is.story),
    ];
    parts.into_iter().find_map(|(what, should, is)| {
        if should == is {
            return None;
        }
        let at = should.iter().zip(is).take_while(|(a, b)| a == b).count();
        let show = |lines: &Vec<String>| lines.get(at).cloned().unwrap_or_else(|| "nothing".to_owned());
        Some(format!("{what}, line {}:\n  reference: {}\n  engine:    {}", at + 1, show(should), show(is)))
    })
}

/// The seeds of so many events.
pub fn seeds(random: &mut Random, events: usize) -> Vec<u64> {
    (0..events).map(|_| random.below(usize::MAX >> 1) as u64 * 977 + random.below(1 << 20) as u64).collect()
}
