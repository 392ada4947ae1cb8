//! The log of a call that ended well, handed to the world.

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, FuncId, PostId, ProcessId, ShapeId, StepId};
use bp_bytecode::value::Value;
use bp_vm::native::{NotedLine, NotedRun};
use bp_vm::{Entry, Fault, Refusal, View, Vm, World};

use crate::Fallback;
use crate::context::note;
use crate::tables::EntryForm;

/// A note of the log, taken apart.
pub(crate) enum Note<'l> {
    StepBegin(StepId),
    StepEnd(StepId),
    Entry {
        form: usize,
        text: u64,
        day: i32,
        words: &'l [u64],
    },
    /// Its lines are notes as well, up to its end.
    Open {
        post: PostId,
        text: u64,
        day: i32,
        lines: &'l [u64],
    },
    Run {
        process: ProcessId,
        shape: ShapeId,
        key: u64,
        run: u64,
    },
}

/// What native code has noted.
#[derive(Clone, Copy)]
pub(crate) struct Log<'l> {
    pub program: &'l Program,
    pub forms: &'l [EntryForm],
    pub words: &'l [u64],
}

impl<'l> Iterator for Log<'l> {
    type Item = Note<'l>;

    fn next(&mut self) -> Option<Note<'l>> {
        let (head, rest) = self.words.split_first()?;
        let (what, number) = (head & 0xff, head >> 8);
        let (found, len) = match what {
            note::STEP_BEGIN => (Note::StepBegin(StepId(number as u16)), 0),
            note::STEP_END => (Note::StepEnd(StepId(number as u16)), 0),
            note::ENTRY => {
                let len = self.forms[number as usize].words() - 1;
                let found =
                    Note::Entry { form: number as usize, day: rest[0] as i32, text: rest[1], words: &rest[2..len] };
                (found, len)
            }
            note::POST_BEGIN => {
                // Lines that follow without an end belong to an entry that was never posted.
                let mut len = 2;
                while rest.get(len).is_some_and(|head| head & 0xff == note::POST_LINE) {
                    len += 2 + self.dims(rest[len]);
                }
                if rest.get(len).is_none_or(|head| head & 0xff != note::POST_END) {
                    self.words = &rest[len..];
                    return self.next();
                }
                let (day, text) = (rest[0] as i32, rest[1]);
                (Note::Open { post: PostId(number as u16), day, text, lines: &rest[2..len] }, len + 1)
            }
            note::POST_LINE => {
                self.words = &rest[1 + self.dims(*head)..];
                return self.next();
            }
            note::RUN => {
                let (process, shape) = (ProcessId(number as u16), ShapeId((number >> 16) as u32));
                (Note::Run { process, shape, key: rest[0], run: rest[1] }, 2)
            }
            _ => {
                self.words = rest;
                return self.next();
            }
        };
        self.words = &rest[len..];
        Some(found)
    }
}

impl<'l> Log<'l> {
    fn dims(&self, head: u64) -> usize {
        self.program.accounts[(head >> 8) as usize].dimensions.len()
    }

    /// The lines of an entry of a known form; `words` holds amounts, then dimensions.
    pub fn known(form: &'l EntryForm, words: &'l [u64]) -> impl Iterator<Item = NotedLine<'l>> {
        let (amounts, dims) = words.split_at(form.lines.len());
        form.lines.iter().zip(amounts).map(move |((account, first, count), amount)| NotedLine {
            account: *account,
            amount: *amount as i64,
            dims: &dims[*first as usize..(*first + *count) as usize],
        })
    }

    /// The lines of another entry.
    pub fn open(self, mut lines: &'l [u64]) -> impl Iterator<Item = NotedLine<'l>> {
        std::iter::from_fn(move || {
            let (head, rest) = lines.split_first()?;
            let count = self.dims(*head);
            lines = &rest[1 + count..];
            let account = AccountId((head >> 8) as u16);
            Some(NotedLine { account, amount: rest[0] as i64, dims: &rest[1..1 + count] })
        })
    }

    /// Has something been posted, or a run been kept?
    pub fn answers_may_differ(mut self, runs: bool) -> bool {
        self.any(|note| match note {
            Note::Run { .. } => runs,
            Note::Entry { .. } | Note::Open { .. } => !runs,
            Note::StepBegin(_) | Note::StepEnd(_) => false,
        })
    }

    /// Looks whether all entries balance and all runs can be kept; gives the runs.
    pub fn validate(self, vm: &Vm<'_>) -> Result<Vec<NotedRun>, Fallback> {
        let mut runs = Vec::new();
        for note in self {
            let balanced = match note {
                Note::Entry { form, words, .. } => {
                    let form = &self.forms[form];
                    form.balanced || vm.native_balanced(Log::known(form, words))
                }
                Note::Open { lines, .. } => vm.native_balanced(self.open(lines)),
                Note::Run { process, shape, key, run } => {
                    runs.push(vm.native_note_run(process, shape, key, run).map_err(|_| Fallback::Fault)?);
                    true
                }
                Note::StepBegin(_) | Note::StepEnd(_) => true,
            };
            if !balanced {
                return Err(Fallback::Fault);
            }
        }
        if !runs.is_empty() && !vm.native_room_for_runs(runs.len()) {
            return Err(Fallback::Budget);
        }
        Ok(runs)
    }

    /// Hands everything to the world. If it refuses: how many of the questions it had answered, and its refusal.
    pub fn apply(self, vm: &mut Vm<'_>, world: &mut dyn World) -> Result<(), (usize, Refusal)> {
        let mut done = 0;
        for note in self {
            let answer = match note {
                Note::StepBegin(step) => world.step_begin(step),
                Note::StepEnd(step) => world.step_end(step),
                Note::Entry { form, text, day, words } => {
                    let form = &self.forms[form];
                    match vm.native_post(form.post, (text, day), Log::known(form, words), world) {
                        Ok(false) => continue,
                        other => other.map(|_| ()),
                    }
                }
                Note::Open { post, text, day, lines } => {
                    match vm.native_post(post, (text, day), self.open(lines), world) {
                        Ok(false) => continue,
                        other => other.map(|_| ()),
                    }
                }
                Note::Run { .. } => continue,
            };
            if let Err(refusal) = answer {
                return Err((done, refusal));
            }
            done += 1;
        }
        Ok(())
    }
}

/// The world for the interpreter's run after a refusal: what was done is not done again, and the refusal comes where
/// it came.
struct Again<'w> {
    world: &'w mut dyn World,
    done: usize,
    /// Balances as they were answered before anything was posted.
    balances: std::vec::IntoIter<i128>,
    refusal: Option<Refusal>,
}

impl Again<'_> {
    /// `None` where the world itself is to be asked.
    fn known(&mut self) -> Option<Result<(), Refusal>> {
        if self.done > 0 {
            self.done -= 1;
            return Some(Ok(()));
        }
        self.refusal.take().map(Err)
    }
}

impl World for Again<'_> {
    fn config(&mut self, config: bp_bytecode::index::ConfigId) -> Result<Option<Value>, Refusal> {
        self.world.config(config)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        self.world.today()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        self.world.now()
    }

    fn zone(&mut self) -> jiff::tz::TimeZone {
        self.world.zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.world.is_business_day(day)
    }

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        self.known().unwrap_or_else(|| self.world.step_begin(step))
    }

    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        self.known().unwrap_or_else(|| self.world.step_end(step))
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.known().unwrap_or_else(|| self.world.post(entry))
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        match self.balances.next() {
            Some(balance) => Ok(balance),
            None => self.world.balance(account, dims, view),
        }
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        self.world.call_end(well)
    }
}

/// The fault of a call whose world refused: the interpreter runs it again, up to the refusal.
pub(crate) fn refused(
    vm: &mut Vm<'_>,
    func: FuncId,
    args: &[u64],
    world: &mut dyn World,
    balances: Vec<i128>,
    (done, refusal): (usize, Refusal),
) -> Result<i128, Fault> {
    vm.call(func, args, &mut Again { world, done, balances: balances.into_iter(), refusal: Some(refusal) })
}
