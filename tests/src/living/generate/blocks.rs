//! Statements that hold others, and those that start other processes.

use super::{Maker, Sight};

impl Maker<'_> {
    pub(super) fn branch_on(&mut self, at: usize, depth: usize, sight: &Sight) {
        self.uses("if");
        let condition = self.condition(sight);
        self.line(at, &format!("if {condition} {{"));
        let statements = 1 + self.below(2);
        self.inner(at + 1, depth - 1, sight, statements);
        if self.one_in(2) {
            self.line(at, "} else {");
            self.inner(at + 1, depth - 1, sight, 1);
        }
        self.line(at, "}");
    }

    pub(super) fn repeat(&mut self, at: usize, depth: usize, sight: &Sight) {
        self.uses("while");
        let (count, most) = (self.fresh("i"), 1 + self.below(3));
        self.line(at, &format!("var {count} = 0"));
        self.line(at, &format!("while {count} < {most} {{"));
        self.line(at + 1, &format!("{count} = {count} + 1"));
        let mut inside = Sight { breaks: true, ..sight.clone() };
        inside.ints.push(count);
        let statements = 1 + self.below(3);
        self.inner(at + 1, depth - 1, &inside, statements);
        self.line(at, "}");
    }

    pub(super) fn race(&mut self, at: usize, depth: usize, sight: &Sight) {
        self.uses("race");
        self.line(at, "race {");
        for number in 0..2 + self.below(2) {
            let mut inside = sight.clone();
            let mut known = None;
            let trigger = if number == 0 {
                let (name, key) = (self.fresh("r"), self.key());
                known = Some(name.clone());
                let more = if self.one_in(3) { format!(" and {name}.amount > 2") } else { String::new() };
                let kind = self.pick(&["Note", "Note", "News"]);
                format!("on {name}: {kind} where {name}.order == {key}{more}")
            } else if self.one_in(3) {
                let (name, key) = (self.fresh("r"), self.key());
                format!("on {name}: Stop where {name}.order == {key}")
            } else {
                match self.below(3) {
                    0 => format!("until now() + {}", self.time()),
                    _ => format!("after {}", self.time()),
                }
            };
            self.line(at + 1, &format!("{trigger} {{"));
            self.amount_of(at + 2, &mut inside, known);
            let statements = self.below(3);
            self.inner(at + 2, depth - 1, &inside, statements);
            self.line(at + 1, "}");
        }
        self.line(at, "}");
    }

    /// What the message says that has come, under a name of its own.
    fn amount_of(&mut self, at: usize, sight: &mut Sight, message: Option<String>) {
        if let Some(message) = message {
            let name = self.fresh("a");
            self.line(at, &format!("let {name} = {message}.amount"));
            sight.ints.push(name);
        }
    }

    pub(super) fn parallel(&mut self, at: usize, depth: usize, sight: &mut Sight) {
        self.uses("parallel");
        self.line(at, "parallel {");
        let mut seen = Vec::new();
        for number in 0..2 + self.below(2) {
            let title = self.fresh("b");
            self.line(at + 1, &format!("branch {title} {{"));
            // No two branches assign the same.
            let vars = if number == 0 { sight.vars.clone() } else { Vec::new() };
            let mut inside = Sight { returns: false, breaks: false, vars, ..sight.clone() };
            let (known, statements) = (inside.ints.len(), 1 + self.below(3));
            self.block(at + 2, depth - 1, &mut inside, statements);
            seen.extend(inside.ints.split_off(known));
            self.line(at + 1, "}");
        }
        self.line(at, "}");
        sight.ints.extend(seen);
    }

    fn gathered(&mut self, at: usize, depth: usize, sight: &Sight, element: Option<&str>) {
        let mut inside = Sight { returns: false, breaks: false, vars: Vec::new(), ..sight.clone() };
        inside.ints.extend(element.map(str::to_owned));
        let statements = 1 + self.below(2);
        self.block(at, depth - 1, &mut inside, statements);
        let (name, value) = (self.fresh("g"), self.int(&inside));
        self.line(at, &format!("let {name} = {value}"));
        self.line(at, &name);
    }

    pub(super) fn parallel_for(&mut self, at: usize, depth: usize, sight: &mut Sight) {
        self.uses("parallel for");
        let (all, element) = (self.fresh("p"), self.fresh("e"));
        let (a, b) = (self.int(sight), self.int(sight));
        let list = self.pick(&["[1, 2, 3]", "[4, 1]", "[1..2]", "more", "none"]);
        let list = match list {
            "more" => format!("[{a}, {b}, 2]"),
            "none" => format!("[{a}]"),
            other => other.to_owned(),
        };
        let where_ = if self.one_in(3) { format!(" where {element} > 1") } else { String::new() };
        let join = self.join();
        let first = join.contains("first");
        self.line(at, &format!("let {all} = parallel for {element} in {list}{where_}{join} {{"));
        self.gathered(at + 1, depth, sight, Some(&element));
        self.line(at, "}");
        sight.ints.push(if first { all } else { format!("sum(q for q in {all})") });
    }

    fn join(&mut self) -> &'static str {
        let join = self.pick(&["", "", " join first, cancel rest", " join 2, cancel rest", " join 2, drain rest"]);
        if join.contains("cancel") {
            self.uses("join, cancel rest");
        } else if join.contains("drain") {
            self.uses("join, drain rest");
        }
        join
    }

    pub(super) fn some_of(&mut self, at: usize, depth: usize, sight: &mut Sight) {
        self.uses("some of several branches");
        let all = self.fresh("p");
        let join = match self.join() {
            "" => " join first, drain rest",
            join => join,
        };
        self.line(at, &format!("let {all} = parallel{join} {{"));
        for _ in 0..2 + self.below(2) {
            let title = self.fresh("b");
            self.line(at + 1, &format!("branch {title} {{"));
            self.gathered(at + 2, depth, sight, None);
            self.line(at + 1, "}");
        }
        self.line(at, "}");
        sight.ints.push(if join.contains("first") { all } else { format!("sum(q for q in {all})") });
    }

    pub(super) fn scope(&mut self, at: usize, depth: usize, sight: &Sight) {
        self.uses("scope");
        let name = self.fresh("scope");
        self.line(at, &format!("scope {name} {{"));
        let mut inside = Sight { returns: false, breaks: false, scoped: true, ..sight.clone() };
        let statements = 1 + self.below(3);
        self.inner(at + 1, depth - 1, &inside, statements);
        // What is done in a handler is not in the stretch.
        inside.scoped = false;
        let mut ended = false;
        for _ in 0..1 + self.below(2) {
            let (message, key) = (self.fresh("c"), self.key());
            let mut handler = Sight { vars: Vec::new(), ..inside.clone() };
            let mut known = None;
            let trigger = match self.below(5) {
                0 | 1 if ended => format!("every {} after {}", self.time(), self.time()),
                0 => {
                    self.uses("scope that a time ends");
                    format!("after {}", self.time())
                }
                1 => {
                    self.uses("scope that a message ends");
                    format!("cancel on {message}: Stop where {message}.order == {key}")
                }
                2 => {
                    self.uses("handler that comes again");
                    format!("every {}", self.time())
                }
                _ => {
                    self.uses("handler of messages");
                    known = Some(message.clone());
                    let kind = self.pick(&["Note", "Note", "News"]);
                    format!("on {message}: {kind} where {message}.order == {key}")
                }
            };
            ended |= trigger.starts_with("after") || trigger.starts_with("cancel");
            if trigger.starts_with("after") || trigger.starts_with("cancel") {
                handler.vars.clone_from(&sight.vars);
            }
            self.line(at, &format!("}} {trigger} {{"));
            self.amount_of(at + 1, &mut handler, known);
            let statements = self.below(3);
            self.inner(at + 1, depth - 1, &handler, statements);
        }
        self.line(at, "}");
    }

    pub(super) fn held(&mut self, at: usize, depth: usize, sight: &Sight) {
        let Some(short) = self.otherwise(sight) else { return };
        self.uses("hold");
        let (hold, step, amount) = (self.fresh("h"), self.fresh("s"), 1 + self.below(15));
        let short = format!("else {{ Short(_, _, _) => {{ {short} }} }}");
        self.line(at, &format!("let {hold} = step {step} {{ keep_back({amount} IDR) }} {short}"));
        let inside = Sight { returns: false, breaks: false, ..sight.clone() };
        let statements = 1 + self.below(2);
        self.inner(at, depth - 1, &inside, statements);
        let (step, how) = (self.fresh("s"), self.pick(&["spend", "drop_it", "spend_some"]));
        self.line(at, &format!("step {step} {{ {how}({hold}) }} undo nothing"));
    }

    pub(super) fn child(&mut self, at: usize, sight: &mut Sight) {
        let Some(number) = (!self.processes.is_empty()).then(|| self.random.below(self.processes.len())) else {
            return self.step(at, sight);
        };
        let (child, failures) = (self.processes[number].name.clone(), self.processes[number].failures);
        let (order, n) = (self.key(), if self.one_in(2) { 1 } else { self.below(12) });
        let undo = match self.undo(sight) {
            undo if undo.contains("reverse") => " undo nothing".to_owned(),
            undo => undo,
        };
        if self.one_in(3) {
            self.uses("start");
            self.line(at, &format!("start {child}({order}, {n}){undo}"));
            return;
        }
        self.uses("call");
        let value = self.fresh("k");
        let mut handlers = Vec::new();
        if failures.refused {
            handlers.push("Refused(n) => n".to_owned());
        }
        if failures.late {
            handlers.push(match self.otherwise(sight) {
                Some(way) if self.one_in(2) => format!("Late => {{ {way} }}"),
                _ => "Late => 5".to_owned(),
            });
        }
        let handlers = match handlers.is_empty() {
            true => String::new(),
            false => format!(" else {{ {} }}", handlers.join("  ")),
        };
        self.line(at, &format!("let {value} = call {child}({order}, {n}){undo}{handlers}"));
        sight.ints.push(value);
    }
}
