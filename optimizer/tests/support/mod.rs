//! Programs of the project, values made at random, and a world that notes what it is told.

pub mod compare;

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, ShapeId, StepId};
use bp_bytecode::shape::{FieldShape, Shape};
use bp_bytecode::value::Value;
use bp_compiler::Root;
use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_vm::{Entry, KeptEntry, MemoryWorld, Refusal, View, World, keep};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the project").to_owned()
}

struct Folder(PathBuf);

impl Loader for Folder {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let path = format!("{}.bp", name.replace('.', "/"));
        let own = std::fs::read_to_string(self.0.join(&path)).ok().map(|text| (path, text));
        Ok(own.or_else(|| bp_stdlib::module(name).map(|(path, text)| (path.to_owned(), text.to_owned()))))
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
        let text = std::fs::read_to_string(self.0.join(&path)).map_err(|error| error.to_string())?;
        Ok((path.display().to_string(), text))
    }
}

/// The programs of the project that compile, by path.
pub fn programs() -> Vec<(String, Program)> {
    let mut files = Vec::new();
    let mut folders =
        vec!["examples", "stdlib", "tests/suite", "bench"].into_iter().map(|f| root().join(f)).collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "bp") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    files.iter().filter_map(|file| Some((file.display().to_string(), program(file)?))).collect()
}

fn program(file: &Path) -> Option<Program> {
    let stdlib = root().join("stdlib");
    let folder = if file.starts_with(&stdlib) { stdlib } else { file.parent()?.to_owned() };
    let path = file.strip_prefix(&folder).ok()?.display().to_string();
    let text = std::fs::read_to_string(file).ok()?;
    let root = Root { name: path.trim_end_matches(".bp").replace('/', "."), path, text };
    bp_compiler::compile(root, &Folder(folder), Setting::default()).program
}

/// How many calls a test makes of each function: so many, or what `AGREEMENT_CALLS` says, with other arguments.
pub fn calls(usual: usize) -> usize {
    std::env::var("AGREEMENT_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(usual)
}

/// Always the same numbers: a linear congruential generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    /// A number near a literal of the program, a small one, or any.
    pub fn number(&mut self, program: &Program) -> i64 {
        let near = self.below(5) as i64 - 2;
        match self.below(8) {
            0..3 if !program.constants.is_empty() => {
                let literal = program.constants[self.below(program.constants.len())];
                i64::try_from(literal).unwrap_or(i64::MAX).wrapping_add(near)
            }
            3 => 10i64.pow(self.below(19) as u32).wrapping_add(near),
            4 => [i64::MAX, i64::MIN, i64::MAX / 100, -1][self.below(4)].wrapping_add(near),
            5 => (self.below(1 << 30) * self.below(1 << 20)) as i64,
            _ => self.below(400) as i64 - 20,
        }
    }

    pub fn value(&mut self, program: &Program, shape: ShapeId) -> Value {
        let fields = |random: &mut Random, fields: &[FieldShape]| {
            fields.iter().map(|field| random.value(program, field.shape)).collect::<Vec<Value>>()
        };
        match &program.shapes[shape.index()] {
            Shape::Bool => Value::Word(self.below(2) as i64),
            Shape::Number { .. } | Shape::Duration => Value::Word(self.number(program)),
            Shape::Date => Value::Word(18_000 + self.below(4_000) as i64),
            Shape::DateTime => Value::Word(1_700_000_000 + self.below(100_000_000) as i64),
            Shape::Time => Value::Word(self.below(86_400) as i64),
            Shape::Month => Value::Word(24_000 + self.below(500) as i64),
            Shape::Rounding => Value::Word(self.below(7) as i64),
            Shape::Document(_) | Shape::Hold(_) => Value::Word(1 + self.below(5) as i64),
            Shape::Role => Value::Word(self.below(program.roles.len()) as i64),
            Shape::Enum(cases) => Value::Word(self.below(cases.cases.len()) as i64),
            Shape::Text if self.below(2) == 0 => Value::Text(program.texts[self.below(program.texts.len())].clone()),
            Shape::Text => Value::text(["", "a", "A-1", "zz"][self.below(4)]),
            Shape::Period => {
                let [months, days, business_days, seconds] = [(); 4].map(|()| self.below(50) as i64 - 10);
                Value::Period { months, days, business_days, seconds }
            }
            Shape::Amount => {
                Value::Amount { currency: ["IDR", "USD"][self.below(2)].to_owned(), value: self.number(program) }
            }
            Shape::Record(record) => Value::Record(fields(self, &record.fields)),
            Shape::Variant(cases) => {
                let case = self.below(cases.cases.len());
                Value::Variant { case: case as u16, fields: fields(self, &cases.cases[case].fields) }
            }
            Shape::List(inner) => Value::List((0..self.below(4)).map(|_| self.value(program, *inner)).collect()),
            Shape::Map(key, inner) => {
                let mut map: Vec<(Value, Value)> = Vec::new();
                for _ in 0..self.below(3) {
                    let key = self.value(program, *key);
                    if map.iter().all(|(known, _)| *known != key) {
                        map.push((key, self.value(program, *inner)));
                    }
                }
                Value::Map(map)
            }
            Shape::Option(_) if self.below(3) == 0 => Value::none(),
            Shape::Option(inner) => Value::some(self.value(program, *inner)),
        }
    }
}

/// What a world was told, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Begin(StepId),
    End(StepId),
    Post(KeptEntry),
    Call(bool),
}

/// A world in memory that notes what it is told.
pub struct Notes {
    inner: MemoryWorld,
    told: Vec<Told>,
    begun: usize,
}

impl Notes {
    pub fn new(program: &Program) -> Notes {
        let mut inner = MemoryWorld::new(program);
        inner.set_now(1_767_225_600);
        Notes { inner, told: Vec::new(), begun: 0 }
    }

    /// What it was told; it forgets it.
    pub fn take(&mut self) -> Vec<Told> {
        self.begun = 0;
        std::mem::take(&mut self.told)
    }
}

impl World for Notes {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.inner.config(config)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        self.inner.today()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        self.inner.now()
    }

    fn zone(&mut self) -> TimeZone {
        self.inner.zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.inner.is_business_day(day)
    }

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::Begin(step));
        self.inner.step_begin(step)
    }

    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::End(step));
        self.inner.step_end(step)
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.told.push(Told::Post(keep(entry)));
        self.inner.post(entry)
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.balance(account, dims, view)
    }

    fn takes_back(&self) -> bool {
        true
    }

    fn take_back(&mut self) {
        self.told.truncate(self.begun);
        self.inner.take_back();
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        self.told.push(Told::Call(well));
        self.begun = self.told.len();
        self.inner.call_end(well)
    }
}
