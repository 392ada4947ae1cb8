//! From the main file to all modules it uses: reads, parses, and puts them in order, what is used before what
//! uses it.

use crate::diagnostics::Problem;
use crate::source::{FileId, Place, Sources};
use bp_grammar::ast::{File, Ident, ItemKind, Path};
use smol_str::SmolStr;
use std::collections::HashMap;

/// Where modules and data files come from. The compiler itself touches no disk.
pub trait Loader {
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
    loader: &'a dyn Loader,
    sources: &'a mut Sources,
    problems: &'a mut Vec<Problem>,
    modules: Vec<Module>,
    state: HashMap<SmolStr, State>,
    stack: Vec<SmolStr>,
}

#[derive(Clone, Copy)]
enum State {
    Reading,
    Done(usize),
    Missing,
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
    let mut load = Load { loader, sources, problems, modules: Vec::new(), state: HashMap::new(), stack: Vec::new() };
    load.module(SmolStr::new(name), path.to_owned(), text);
    Loaded { modules: load.modules }
}

impl Load<'_> {
    fn module(&mut self, name: SmolStr, path: String, text: String) -> usize {
        let parsed = bp_grammar::parse(&text);
        let file = self.sources.add(path, text);
        for error in parsed.errors {
            self.problems.push(Problem::Syntax { place: Place { file, span: error.span }, error: error.kind });
        }
        self.state.insert(name.clone(), State::Reading);
        self.stack.push(name.clone());
        let mut uses = Vec::new();
        for item in &parsed.file.items {
            if let ItemKind::Use(use_) = &item.kind {
                self.use_(file, &use_.path, use_.names.as_deref(), &mut uses);
            }
        }
        self.stack.pop();
        self.modules.push(Module { name: name.clone(), file, ast: parsed.file, uses });
        let index = self.modules.len() - 1;
        self.state.insert(name, State::Done(index));
        index
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
                let from = self.stack.iter().position(|m| m == name).unwrap_or(0);
                let mut cycle: Vec<SmolStr> = self.stack[from..].to_vec();
                cycle.push(name.into());
                self.problems.push(Problem::CyclicUse { place, cycle });
                return None;
            }
            None => {}
        }
        match self.loader.module(name) {
            Ok(Some((path, text))) => Some(self.module(name.into(), path, text)),
            Ok(None) => {
                self.state.insert(name.into(), State::Missing);
                if required {
                    self.problems.push(Problem::UnknownModule { place, module: written.into() });
                }
                None
            }
            Err(reason) => {
                self.state.insert(name.into(), State::Missing);
                self.problems.push(Problem::UnreadableFile { place, path: name.into(), reason });
                None
            }
        }
    }
}
