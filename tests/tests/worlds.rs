//! The plain world, which sums everything anew, and the books over a store answer the same: random steps that hold, post,
//! commit, release and free on accounts with limits, several of it in one step.

use bp_bytecode::Program;
use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_host::world::in_memory;
use bp_tests::agree::Random;
use bp_tests::plain::PlainWorld;
use bp_tests::programs::{Files, compile, told};
use bp_vm::{Limits, MemoryWorld, Vm, World};

/// 2026-01-01, in days since 1970-01-01 and seconds.
const TODAY: i64 = 20_454;
const NOW: i64 = TODAY * 86_400;
/// Sequences of steps, and how many each has.
const SEQUENCES: u64 = 150;
const STEPS: usize = 25;

const PROGRAM: &str = r#"currency USD

role Owner

entity Company key code {
  code: Text
  plan: Money = 0
}

entity Centre key code {
  code: Text
  company: Company
  plan: Money = 0
}

chart {
  budget spent "9100" by Centre up to it.plan per year up to it.plan warn grouped as centre < company
  asset  till  "1000" by shop: Text never below 0 per year never above 300 USD
  equity owner "3000"
}

process enter(code: Text, plan: Money, above: Money) {
  step enter {
    let company = get Company("all") ?? create Company(code: "all")
    change company with (plan: above)
    let centre = get Centre(code) ?? create Centre(code: code, company: company)
    change centre with (plan: plan)
  }
}

action pay(shop: Text, day: Date, amount: Money, by_owner: Bool) {
  if by_owner {
    post "Paid in" on day else first_open {
      debit  till[shop]  amount over limit by Owner
      credit owner       amount
    }
  } else {
    post "Paid in" on day else first_open {
      debit  till[shop]  amount
      credit owner       amount
    }
  }
}

action keep(shop: Text, amount: Money, over: Bool) -> Hold<Money> fails Short {
  if over { return hold amount on till[shop] over limit by Owner }
  return hold amount on till[shop]
}

/// An old hold ends, another one is made, something is paid before, in between and behind.
process use_till(
  shop: Text,
  day: Date,
  kept: Money,
  over: Bool,
  amounts: List<Money>,
  fresh: Money,
  by_owner: Bool,
) -> Money
  fails Short
{
  let old = step before { keep(shop, kept, false) }
  let new = step both {
    pay(shop, day, amounts[0], false)
    release old
    pay(shop, day, amounts[1], by_owner)
    let new = keep(shop, fresh, over)
    pay(shop, day, amounts[2], false)
    new
  }
  step behind { commit new }
  return available(till[shop])
}

/// What is held is given back in the step that holds it, but for a part.
process give_back(shop: Text, day: Date, fresh: Money, part: Money, over: Bool, after: Money) -> Money fails Short {
  step all {
    let new = keep(shop, fresh, over)
    let rest = commit part of new
    release rest
    pay(shop, day, after, false)
  }
  return available(till[shop])
}

action promise(centre: Centre, amount: Money, over: Bool) -> Hold<Money> fails Short {
  if over { return hold amount on spent[centre] over limit by Owner }
  return hold amount on spent[centre]
}

process use_plan(code: Text, kept: Money, part: Money, freed: Money, fresh: Money, over: Bool, used: Bool) -> Money
  fails Short, Unknown
{
  let known = get Centre(code)
  let centre = match known {
    some(centre) => centre
    none => fail Unknown
  }
  let old = step before { promise(centre, kept, false) }
  let new = step both {
    let rest = commit part of old
    let new = promise(centre, fresh, over)
    if freed > 0 { free freed of spent[centre] }
    release rest
    new
  }
  step behind {
    if used { commit new } else { release new }
  }
  return available(spent[centre])
}

process look(shop: Text, code: Text) -> List<Money> {
  let centre = get Centre(code)
  return match centre {
    some(c) => [
      balance(till[shop]), held(till[shop]), available(till[shop]),
      balance(spent[c]), held(spent[c]), available(spent[c]),
    ]
    none => [balance(till[shop]), held(till[shop]), available(till[shop])]
  }
}
"#;

/// A process and what it is given.
type Act = (&'static str, Vec<Value>);

const SHOPS: [&str; 2] = ["north", "south"];
const CENTRES: [&str; 3] = ["A", "B", "C"];

fn act(random: &mut Random) -> Act {
    let text = |of: &str| Value::Text(of.into());
    let cents =
        |random: &mut Random, least: i64, most: usize| Value::Word(least * 100 + random.below(most) as i64 * 100);
    let seldom = |random: &mut Random| Value::Word(i64::from(random.below(8) == 0));
    let shop = text(SHOPS[random.below(SHOPS.len())]);
    let centre = text(CENTRES[random.below(CENTRES.len())]);
    match random.below(11) {
        9 | 10 => {
            let (fresh, over) = (random.below(200), Value::Word(random.below(2) as i64));
            let [fresh, part] = [fresh, random.below(fresh + 1)].map(|number| Value::Word(number as i64 * 100));
            let day = Value::Word(TODAY + [0, 40][random.below(2)]);
            ("give_back", vec![shop, day, fresh, part, over, cents(random, -200, 260)])
        }
        0 | 1 => ("enter", vec![centre, cents(random, 50, 200), cents(random, 100, 400)]),
        2..6 => {
            let days = [0, 20, 40, 364, 400];
            let day = Value::Word(TODAY + days[random.below(days.len())]);
            let amounts = [(-40, 160), (-120, 250), (-120, 160)];
            let amounts = amounts.map(|(least, most)| match random.below(3) {
                0 => Value::Word(0),
                _ => cents(random, least, most),
            });
            let most = [1, 60][random.below(2)];
            let (kept, over) = (cents(random, 0, most), seldom(random));
            ("use_till", vec![shop, day, kept, over, Value::List(amounts.into()), cents(random, 0, 60), seldom(random)])
        }
        _ => {
            let (kept, freed) = (random.below(40), [0, 0, 0, 5, 40][random.below(5)]);
            let [kept, part, freed] =
                [kept, random.below(kept + 1), freed].map(|number| Value::Word(number as i64 * 100));
            let (over, used) = (seldom(random), Value::Word(random.below(2) as i64));
            ("use_plan", vec![centre, kept, part, freed, cents(random, 0, 40), over, used])
        }
    }
}

/// Runs a process; nothing where it met a fault.
fn run(program: &Program, vm: &mut Vm<'_>, world: &mut dyn World, (name, params): &Act) -> Option<Value> {
    let named = |process: &bp_bytecode::program::Process| program.texts[process.name.index()] == *name;
    let number = program.processes.iter().position(named).expect("the program has it");
    let process = &program.processes[number];
    vm.reset();
    let slots = vm.put_params(ProcessId(number as u16), params).expect("the arguments fit");
    let slot = vm.call(process.func, &slots, world).ok()?;
    Some(vm.get_value(process.outcome, slot as u64))
}

#[test]
fn the_plain_world_and_the_books_answer_the_same() {
    let compiled = compile("worlds.bp", PROGRAM, &Files::default(), None);
    let Some(program) = &compiled.program else { panic!("{}", told(&compiled).join("\n")) };
    let (mut done, mut failed, mut faults) = (0, 0, 0);
    for seed in 0..SEQUENCES {
        let mut random = Random(seed);
        let mut outside = MemoryWorld::new(program);
        outside.set_now(NOW);
        let mut plain = PlainWorld::new(program, outside);
        let mut machines = [0; 2].map(|_| Vm::new(program, Limits::default()));
        let ended = in_memory(program, |kept| {
            kept.set_clock(TODAY, NOW);
            let [ours, theirs] = &mut machines;
            let mut story: Vec<Act> = Vec::new();
            for _ in 0..STEPS {
                story.push(act(&mut random));
                let looks = SHOPS
                    .iter()
                    .zip(CENTRES)
                    .map(|(shop, centre)| ("look", vec![Value::Text((*shop).into()), Value::Text(centre.into())]));
                for (at, asked) in story.last().cloned().into_iter().chain(looks).enumerate() {
                    let (is, should) = (run(program, ours, kept, &asked), run(program, theirs, &mut plain, &asked));
                    assert_eq!(is, should, "seed {seed}: the books, and the plain world, of {asked:?} in {story:#?}");
                    match should {
                        _ if at > 0 => {}
                        Some(Value::Variant { case: 0, .. }) => done += 1,
                        Some(_) => failed += 1,
                        None => faults += 1,
                    }
                }
            }
        });
        ended.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    println!("{done} ended well, {failed} failed, {faults} met a fault");
    assert!(done > 800 && failed > 200 && faults > 100, "{done} ended well, {failed} failed, {faults} met a fault");
}
