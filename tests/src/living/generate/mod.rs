//! Programs of processes that live, made at random: well typed as a rule. What the compiler refuses is thrown away.

mod blocks;

use crate::agree::Random;
use std::collections::BTreeMap;

/// A program's text, and how often each construct stands in it.
pub struct Made {
    pub text: String,
    pub used: BTreeMap<&'static str, u64>,
}

/// What stands in front of all processes.
const HEAD: &str = r#"currency IDR

role Clerk
role Lead

chart {
  asset  bank  "1000"
  asset  stock "1100"
  income sales "4000" by order: Text
  budget trust "9100" up to 40 IDR
}

message Note key order { order: Text, amount: Int }
message Stop key order keep 2 days { order: Text, sure: Bool where sure or order != "C" }
message News key order to all { order: Text, amount: Int where amount >= 0 }

action book(what: Text, order: Text, amount: Int) {
  post "{what}" on today() else first_open { debit bank amount * 1 IDR  credit sales[order] amount * 1 IDR }
}

action move_on(what: Text, amount: Int) {
  post "{what}" on today() else first_open { debit stock amount * 1 IDR  credit bank amount * 1 IDR }
}

action pick(what: Text, amount: Int) -> Int fails Missing(count: Int) {
  move_on(what, amount)
  if amount > 6 { fail Missing(amount - 6) }
  return amount
}

action keep_back(amount: Money where amount > 0) -> Hold<Money> fails Short { return hold amount on trust }
action spend(held: Hold<Money>) { commit held }
action spend_some(held: Hold<Money>) {
  let rest = commit 3 IDR of held
  release rest
}
action drop_it(held: Hold<Money>) { release held }
"#;

/// How deep blocks stand in one another.
const DEPTH: usize = 3;

/// What code sees, and may do.
#[derive(Clone, Default)]
struct Sight {
    ints: Vec<String>,
    vars: Vec<String>,
    /// A `return` may stand here.
    returns: bool,
    /// It stands in a scope.
    scoped: bool,
    /// A `break` may stand here.
    breaks: bool,
    failures: Failures,
}

/// What a process declares to fail with.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Failures {
    refused: bool,
    late: bool,
}

struct Declared {
    name: String,
    failures: Failures,
}

struct Maker<'r> {
    random: &'r mut Random,
    text: String,
    given: usize,
    processes: Vec<Declared>,
    used: BTreeMap<&'static str, u64>,
}

/// A program with some processes.
pub fn program(random: &mut Random) -> Made {
    let mut maker = Maker { random, text: HEAD.to_owned(), given: 0, processes: Vec::new(), used: BTreeMap::new() };
    for number in 0..1 + maker.below(3) {
        maker.process(number);
    }
    Made { text: maker.text, used: maker.used }
}

impl Maker<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.random.below(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.random.below(of.len())]
    }

    fn uses(&mut self, what: &'static str) {
        *self.used.entry(what).or_default() += 1;
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.given += 1;
        format!("{prefix}{}", self.given)
    }

    fn line(&mut self, depth: usize, line: &str) {
        self.text += &"  ".repeat(depth);
        self.text += line;
        self.text.push('\n');
    }

    fn process(&mut self, number: usize) {
        let name = format!("process{number}");
        let failures = Failures { refused: self.one_in(2), late: self.one_in(2) };
        let key = if self.one_in(3) { " key order, n" } else { "" };
        let fails = match (failures.refused, failures.late) {
            (true, true) => " fails Refused(n: Int), Late",
            (true, false) => " fails Refused(n: Int)",
            (false, true) => " fails Late",
            (false, false) => "",
        };
        if !key.is_empty() {
            self.uses("key of a process");
        }
        self.line(0, &format!("\nprocess {name}(order: Text, n: Int where 0 <= n <= 20) -> Int{key}{fails} {{"));
        let mut sight = Sight { ints: vec!["n".to_owned()], returns: true, failures, ..Sight::default() };
        let var = self.fresh("x");
        self.line(1, &format!("var {var} = n"));
        sight.ints.push(var.clone());
        sight.vars.push(var);
        let staged = self.one_in(4);
        if staged {
            self.stages(&mut sight);
        } else {
            let statements = 3 + self.below(4);
            self.block(1, DEPTH, &mut sight, statements);
        }
        if !staged {
            let result = self.int(&sight);
            self.line(1, &format!("return {result}"));
        }
        self.line(0, "}");
        self.processes.push(Declared { name, failures });
    }

    /// The process goes to and fro, but not for ever.
    fn stages(&mut self, sight: &mut Sight) {
        self.uses("stages");
        let rounds = self.fresh("rounds");
        self.line(1, &format!("var {rounds} = 0"));
        let names = [self.fresh("stage_"), self.fresh("stage_"), self.fresh("stage_")];
        for (number, name) in names.iter().enumerate() {
            self.line(1, &format!("stage {name} {{"));
            let statements = 1 + self.below(3);
            self.inner(2, DEPTH - 1, sight, statements);
            let (condition, back) = (self.condition(sight), self.below(number + 1));
            let go = format!("if {rounds} < 2 and {condition} {{");
            self.line(2, &go);
            self.line(3, &format!("{rounds} = {rounds} + 1"));
            self.line(3, "wait 6 hours");
            self.line(3, &format!("go {}", names[back]));
            self.line(2, "}");
            if number == 2 {
                let result = self.int(sight);
                self.line(2, &format!("return {result}"));
            }
            self.line(1, "}");
        }
    }

    fn block(&mut self, at: usize, depth: usize, sight: &mut Sight, statements: usize) {
        for _ in 0..statements {
            self.statement(at, depth, sight);
        }
    }

    /// A block of its own, whose names are forgotten behind it.
    fn inner(&mut self, at: usize, depth: usize, sight: &Sight, statements: usize) {
        self.block(at, depth, &mut sight.clone(), statements);
    }

    fn int(&mut self, sight: &Sight) -> String {
        let name = |maker: &mut Self| sight.ints[maker.below(sight.ints.len())].clone();
        match self.below(5) {
            0 => self.below(10).to_string(),
            1 => {
                let (a, b) = (name(self), self.below(5));
                format!("({a} + {b})")
            }
            2 => {
                let (a, b) = (name(self), name(self));
                format!("({a} - {b})")
            }
            _ => name(self),
        }
    }

    fn condition(&mut self, sight: &Sight) -> String {
        let (a, how, b) = (self.int(sight), self.pick(&[">", "<", "==", ">="]), self.below(8));
        format!("{a} {how} {b}")
    }

    fn key(&mut self) -> &'static str {
        self.pick(&["order", "order", "order", "\"A\"", "\"B\""])
    }

    fn time(&mut self) -> &'static str {
        self.pick(&["1 day", "2 days", "3 days", "6 hours", "36 hours", "2 business_days", "1 month"])
    }

    fn undo(&mut self, sight: &Sight) -> String {
        match self.below(6) {
            0 => {
                self.uses("undo nothing");
                " undo nothing".to_owned()
            }
            1 => {
                self.uses("undo by reversing");
                " undo { reverse }".to_owned()
            }
            2 if self.one_in(6) => {
                self.uses("undo that may meet a fault");
                let (what, amount, by) = (self.fresh("u"), self.int(sight), self.below(6));
                format!(" undo {{ move_on(\"{what}\", 12 div ({amount} - {by})) }}")
            }
            _ => {
                self.uses("undo");
                let (what, amount) = (self.fresh("u"), self.int(sight));
                format!(" undo {{ move_on(\"{what} {{{amount}}}\", {amount}) }}")
            }
        }
    }

    /// How code may leave, where something is late: or what it does instead.
    fn otherwise(&mut self, sight: &Sight) -> Option<String> {
        match self.below(3) {
            0 if sight.failures.late => Some("fail Late".to_owned()),
            1 if sight.failures.refused => {
                let n = self.int(sight);
                Some(format!("fail Refused({n})"))
            }
            _ if sight.returns => {
                let n = self.int(sight);
                Some(format!("return {n}"))
            }
            _ => None,
        }
    }

    fn statement(&mut self, at: usize, depth: usize, sight: &mut Sight) {
        let kind = self.below(if depth == 0 { 13 } else { 25 });
        match kind {
            0..=3 => self.step(at, sight),
            4 => {
                self.uses("wait for a time");
                let time = self.time();
                let until = self.pick(&["", "", "", "until now() + ", "until today() + "]);
                let time = if until.contains("today") { "2 days" } else { time };
                self.line(at, &format!("wait {until}{time}"));
            }
            5 | 6 => self.wait(at, sight),
            7 | 8 => self.task(at, sight),
            9 => {
                let (name, value) = (self.fresh("a"), self.int(sight));
                self.line(at, &format!("let {name} = {value}"));
                sight.ints.push(name);
            }
            10 => self.assign(at, sight),
            11 => {
                self.uses("send message");
                let (order, amount) = (self.key(), self.int(sight));
                let message = match self.below(3) {
                    0 => format!("Stop(order: {order}, sure: true)"),
                    _ => format!("Note(order: {order}, amount: {amount})"),
                };
                self.line(at, &format!("send message {message}"));
            }
            12 => self.leave(at, sight),
            13 => self.branch_on(at, depth, sight),
            14 => self.repeat(at, depth, sight),
            15 => self.race(at, depth, sight),
            16 => self.parallel(at, depth, sight),
            17 => self.parallel_for(at, depth, sight),
            18 => self.some_of(at, depth, sight),
            19 => self.scope(at, depth, sight),
            20 => {
                self.uses("exclusive");
                let key = self.pick(&["order", "order", "n", "7", "order, n"]);
                self.line(at, &format!("exclusive on {key} {{"));
                let inside = Sight { returns: false, breaks: false, ..sight.clone() };
                let statements = 1 + self.below(3);
                self.inner(at + 1, depth - 1, &inside, statements);
                self.line(at, "}");
            }
            21 if sight.scoped => {
                self.uses("pause");
                self.line(at, "pause {");
                let statements = 1 + self.below(2);
                self.inner(at + 1, depth - 1, sight, statements);
                self.line(at, "}");
            }
            21 | 22 => self.held(at, depth, sight),
            _ => self.child(at, sight),
        }
    }

    fn step(&mut self, at: usize, sight: &mut Sight) {
        let (name, amount) = (self.fresh("s"), self.int(sight));
        let order = self.key();
        let undo = self.undo(sight);
        match self.below(7) {
            0 => {
                self.uses("step with a value");
                let (value, given) = (self.fresh("v"), self.int(sight));
                let line =
                    format!("let {value} = step {name} {{ book(\"{name}\", {order}, {amount})  0 + {given} }}{undo}");
                self.line(at, &line);
                sight.ints.push(value);
            }
            1 => {
                self.uses("step that may meet a fault");
                let (value, by) = (self.fresh("v"), self.below(5));
                let body = format!("book(\"{name}\", {order}, {amount})  100 div ({amount} - {by})");
                self.line(at, &format!("let {value} = step {name} {{ {body} }}{undo}"));
                sight.ints.push(value);
            }
            2 => {
                self.uses("step that may fail");
                let value = self.fresh("v");
                let way = match self.otherwise(sight) {
                    Some(way) if self.one_in(3) => format!("{{ {way} }}"),
                    _ => "count".to_owned(),
                };
                let body = format!("pick(\"{name}\", {amount})");
                let undo = if undo.contains("reverse") { " undo nothing".to_owned() } else { undo };
                self.line(
                    at,
                    &format!("let {value} = step {name} {{ {body} }}{undo} else {{ Missing(count) => {way} }}"),
                );
                sight.ints.push(value);
            }
            3 => {
                self.uses("step of two entries");
                let body = format!("book(\"{name}\", {order}, {amount})  move_on(\"{name} {{today()}}\", {amount})");
                self.line(at, &format!("step {name} {{ {body} }}{undo}"));
            }
            _ => {
                self.uses("step");
                self.line(at, &format!("step {name} {{ book(\"{name} {{{amount}}}\", {order}, {amount}) }}{undo}"));
            }
        }
    }

    fn wait(&mut self, at: usize, sight: &mut Sight) {
        self.uses("wait for a message");
        let name = self.fresh("m");
        let (message, field) = match self.below(4) {
            0 => ("Stop", ""),
            1 => ("News", ".amount"),
            _ => ("Note", ".amount"),
        };
        let new = if self.one_in(5) { "new " } else { "" };
        let key = self.key();
        let more = match message {
            "Stop" if self.one_in(2) => " and it.sure".to_owned(),
            "Note" if self.one_in(2) => {
                self.uses("wait with a condition");
                format!(" and it.amount > {}", self.below(6))
            }
            _ => String::new(),
        };
        let late = match self.otherwise(sight) {
            Some(way) if self.one_in(2) => {
                self.uses("wait with a deadline");
                let time = self.time();
                format!(" within {time} else {{ {way} }}")
            }
            _ => String::new(),
        };
        self.line(at, &format!("let {name} = wait {new}{message} where it.order == {key}{more}{late}"));
        if !field.is_empty() {
            sight.ints.push(format!("{name}{field}"));
        }
    }

    fn task(&mut self, at: usize, sight: &mut Sight) {
        self.uses("task");
        let (name, task, shown) = (self.fresh("t"), self.fresh("task"), self.int(sight));
        let late = match (self.below(6), self.otherwise(sight)) {
            (0, _) => {
                self.uses("task that is marked overdue");
                self.pick(&[" within 2 days", " by today() + 1 day"]).to_owned()
            }
            (1, _) => {
                self.uses("task that escalates");
                " within 1 day else escalate Lead".to_owned()
            }
            (2 | 3, Some(way)) => {
                self.uses("task with a deadline");
                let time = self.time();
                format!(" within {time} else {{ {way} }}")
            }
            _ => String::new(),
        };
        let ask = "ask good: Bool, count: Int where 0 <= count <= 9";
        self.line(at, &format!("let {name} = task {task} \"T {{{shown}}}\" for Clerk {{ {ask} }}{late}"));
        sight.ints.push(format!("{name}.count"));
    }

    fn assign(&mut self, at: usize, sight: &mut Sight) {
        if sight.vars.is_empty() {
            return;
        }
        let (var, value) = (sight.vars[self.below(sight.vars.len())].clone(), self.int(sight));
        self.line(at, &format!("{var} = {value}"));
    }

    fn leave(&mut self, at: usize, sight: &Sight) {
        let condition = self.condition(sight);
        if sight.breaks && self.one_in(2) {
            self.uses("break");
            self.line(at, &format!("if {condition} {{ break }}"));
        } else if let Some(way) = self.otherwise(sight) {
            self.uses(if way.starts_with("fail") { "fail" } else { "return" });
            self.line(at, &format!("if {condition} {{ {way} }}"));
        }
    }
}
