//! From the main file to all modules it uses: reads, parses, and puts them in order, what is used before what
//! uses it.
//!
//! First the modules are fetched and parsed, on all threads: a look at a module's `use`s is enough to fetch others, which
//! are parsed beside it. Then they are put in order, which alone decides what is told and in which order.

use crate::diagnostics::Problem;
use crate::source::{FileId, Place, Sources};
use bp_grammar::Parsed;
use bp_grammar::ast::{File, Ident, Item, ItemKind, Path, Use};
use rayon::Scope;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where modules and data files come from. The compiler itself touches no disk.
pub trait Loader: Sync {
    /// The module of a dotted name: its path for people and its text. `None` if there is no such module.
    ///
    /// # Errors
    /// A sentence that says why it cannot be read.
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String>;

    /// A data file that a module at `from` names: its path for people and its text.
    ///
    /// # Errors
    /// A sentence that says why it cannot be read.
    fn data(&self, from: &str, file: &str) -> Result<(String, String), String>;
}

/// A parsed module.
#[derive(Debug)]
pub struct Module {
    /// Dotted: `finance.chart`.
    pub name: SmolStr,
    pub file: FileId,
    pub ast: File,
    /// What its `use`s bring: for each item number of the file, what it names.
    pub uses: Vec<UseTarget>,
}

/// What a `use` names.
#[derive(Debug, Clone)]
pub enum UseTarget {
    /// `use finance.budget`: the module, by its last word.
    Module { local: Ident, module: usize },
    /// `use finance.chart.{salaries}`, `use crm.customer.Customer`: a name of the module.
    Name { local: Ident, module: usize },
    /// A name of a module that could not be read: told once, where it is used.
    Broken { local: Ident },
}

/// All modules of a program; the main one is the last.
#[derive(Debug, Default)]
pub struct Loaded {
    pub modules: Vec<Module>,
}

struct Load<'a> {
    fetched: HashMap<SmolStr, Fetched>,
    sources: &'a mut Sources,
    problems: &'a mut Vec<Problem>,
    modules: Vec<Module>,
    state: HashMap<SmolStr, State>,
    stack: Vec<Reading>,
}

/// The modules that the `use`s of a text may mean: each the whole name, or what stands before its last word where there
/// is no module of the whole.
pub fn uses(text: &str) -> Vec<(SmolStr, Option<SmolStr>)> {
    uses_of(&bp_grammar::cut(text))
}

fn uses_of(cut: &bp_grammar::Cut<'_>) -> Vec<(SmolStr, Option<SmolStr>)> {
    let items = cut.bindings().into_iter();
    items.filter_map(|item| if let ItemKind::Use(use_) = item.kind { Some(names(&use_)) } else { None }).collect()
}

/// What the loader gave for a module's name.
#[derive(Default)]
enum Fetched {
    Found {
        path: String,
        text: String,
        parsed: Parsed,
    },
    #[default]
    Missing,
    Unreadable(String),
}

#[derive(Clone, Copy)]
enum State {
    Reading,
    Done(usize),
    Missing,
}

/// A module of which some `use`s are still to be followed.
struct Reading {
    name: SmolStr,
    file: FileId,
    ast: File,
    /// Up to which of its items they have been.
    next: usize,
    uses: Vec<UseTarget>,
}

/// Reads and parses `path` and everything it uses. What is wrong is put into `problems`; what could be read is given.
pub fn load(
    name: &str,
    path: &str,
    text: String,
    loader: &dyn Loader,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) -> Loaded {
    let name = SmolStr::new(name);
    let fetching = Fetching { loader, known: Mutex::default(), fetched: Mutex::default() };
    lock(&fetching.known).insert(name.clone(), true);
    rayon::scope(|scope| fetching.read(scope, name.clone(), path.to_owned(), text));
    let fetched = fetching.fetched.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut load = Load { fetched, sources, problems, modules: Vec::new(), state: HashMap::new(), stack: Vec::new() };
    load.begin(&name);
    while load.step() {}
    Loaded { modules: load.modules }
}

/// Fetches and parses all modules that the main one may need.
struct Fetching<'l> {
    loader: &'l dyn Loader,
    /// The names that were asked for, and whether there are such modules.
    known: Mutex<HashMap<SmolStr, bool>>,
    /// Those that are not there have an entry too.
    fetched: Mutex<HashMap<SmolStr, Fetched>>,
}

impl Fetching<'_> {
    /// Parses a module, and sees to it that others parse those that it uses.
    fn read<'s>(&'s self, scope: &Scope<'s>, name: SmolStr, path: String, text: String) {
        let cut = bp_grammar::cut(&text);
        for (whole, outer) in uses_of(&cut) {
            for name in std::iter::once(whole).chain(outer) {
                if self.ask(scope, name) {
                    break;
                }
            }
        }
        let parsed = cut.parse();
        lock(&self.fetched).insert(name, Fetched::Found { path, text, parsed });
    }

    /// Whether there is a module of that name; the first who asks has it read.
    fn ask<'s>(&'s self, scope: &Scope<'s>, name: SmolStr) -> bool {
        // Locked until it is known: others wait for the answer, and do not ask the loader again.
        let mut known = lock(&self.known);
        if let Some(found) = known.get(&name) {
            return *found;
        }
        let nothing = match self.loader.module(&name) {
            Ok(Some((path, text))) => {
                known.insert(name.clone(), true);
                scope.spawn(move |scope| self.read(scope, name, path, text));
                return true;
            }
            Ok(None) => Fetched::Missing,
            Err(reason) => Fetched::Unreadable(reason),
        };
        known.insert(name.clone(), false);
        lock(&self.fetched).insert(name, nothing);
        false
    }
}

/// A panic of another thread comes out of the scope; what it has left behind is not used.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The modules that a `use` may mean: the whole name, or what stands before its last word.
fn names(use_: &Use) -> (SmolStr, Option<SmolStr>) {
    let words: Vec<&str> = use_.path.words.iter().map(|word| word.text.as_str()).collect();
    let outer = words.split_last().filter(|(_, outer)| use_.names.is_none() && !outer.is_empty());
    (words.join(".").into(), outer.map(|(_, outer)| outer.join(".").into()))
}

impl Load<'_> {
    /// Begins with a module that has been fetched.
    fn begin(&mut self, name: &SmolStr) {
        let Some(Fetched::Found { path, text, parsed }) = self.fetched.get_mut(name).map(std::mem::take) else {
            return;
        };
        let file = self.sources.add(path, text);
        for error in parsed.errors {
            self.problems.push(Problem::Syntax { place: Place { file, span: error.span }, error: error.kind });
        }
        self.state.insert(name.clone(), State::Reading);
        self.stack.push(Reading { name: name.clone(), file, ast: parsed.file, next: 0, uses: Vec::new() });
    }

    /// Follows one `use` of the innermost module, or ends that module. False if there is none.
    fn step(&mut self) -> bool {
        let Some(reading) = self.stack.last_mut() else { return false };
        let is_use = |item: &Item| matches!(item.kind, ItemKind::Use(_));
        let Some(next) = reading.ast.items[reading.next..].iter().position(is_use) else {
            self.end();
            return true;
        };
        reading.next += next;
        let (file, at) = (reading.file, reading.next);
        let ItemKind::Use(use_) = &reading.ast.items[at].kind else { return true };
        let (path, names_of) = (use_.path.clone(), use_.names.clone());
        let (whole, outer) = names(use_);
        // What it names comes first.
        for name in std::iter::once(whole).chain(outer) {
            match (self.state.get(&name), self.fetched.get(&name)) {
                (None, Some(Fetched::Found { .. })) => {
                    self.begin(&name);
                    return true;
                }
                (Some(State::Done(_) | State::Reading), _) => break,
                _ => {}
            }
        }
        let mut uses = Vec::new();
        self.use_(file, &path, names_of.as_deref(), &mut uses);
        if let Some(reading) = self.stack.last_mut() {
            reading.uses.append(&mut uses);
            reading.next = at + 1;
        }
        true
    }

    fn end(&mut self) {
        if let Some(Reading { name, file, ast, uses, .. }) = self.stack.pop() {
            self.state.insert(name.clone(), State::Done(self.modules.len()));
            self.modules.push(Module { name, file, ast, uses });
        }
    }

    /// `use a.b.C` is a name of the module `a.b` where there is no module `a.b.C`.
    fn use_(&mut self, file: FileId, path: &Path, names: Option<&[Ident]>, uses: &mut Vec<UseTarget>) {
        let whole = path.text();
        let place = Place { file, span: path.span };
        if let Some(names) = names {
            let module = self.find(&whole, &whole, place, true);
            uses.extend(names.iter().cloned().map(|local| match module {
                Some(module) => UseTarget::Name { local, module },
                None => UseTarget::Broken { local },
            }));
            return;
        }
        let last = path.last().clone();
        let outer = path.words[..path.words.len() - 1].iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(".");
        let circle = matches!(self.state.get(whole.as_str()), Some(State::Reading));
        let target = if let Some(module) = self.find(&whole, &whole, place, outer.is_empty()) {
            UseTarget::Module { local: last, module }
        } else if !outer.is_empty()
            && !circle
            && let Some(module) = self.find(&outer, &whole, place, true)
        {
            UseTarget::Name { local: last, module }
        } else {
            UseTarget::Broken { local: last }
        };
        uses.push(target);
    }

    /// The module of a name; where it is `required` and missing, that is told, under what is `written`.
    fn find(&mut self, name: &str, written: &str, place: Place, required: bool) -> Option<usize> {
        match self.state.get(name) {
            Some(State::Done(index)) => return Some(*index),
            Some(State::Missing) => {
                if required {
                    self.problems.push(Problem::UnknownModule { place, module: written.into() });
                }
                return None;
            }
            Some(State::Reading) => {
                let from = self.stack.iter().position(|m| m.name == name).unwrap_or(0);
                let mut cycle: Vec<SmolStr> = self.stack[from..].iter().map(|m| m.name.clone()).collect();
                cycle.push(name.into());
                self.problems.push(Problem::CyclicUse { place, cycle });
                return None;
            }
            None => {}
        }
        self.state.insert(name.into(), State::Missing);
        match self.fetched.get_mut(name).map(std::mem::take) {
            Some(Fetched::Unreadable(reason)) => {
                self.problems.push(Problem::UnreadableFile { place, path: name.into(), reason });
            }
            _ if required => self.problems.push(Problem::UnknownModule { place, module: written.into() }),
            _ => {}
        }
        None
    }
}
