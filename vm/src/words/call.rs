//! Calls that are tried in the fast form.

use bp_bytecode::index::FuncId;

use crate::fault::Fault;
use crate::trace::Untraced;
use crate::vm::{Outside, Vm};
use crate::words::Fast;
use crate::world::World;

impl<'p> Vm<'p> {
    /// The call in the fast form; `None` where the program as written has to be run. Then nothing has happened.
    #[inline]
    pub(crate) fn call_fast(
        &mut self,
        fast: &'p Fast,
        func: FuncId,
        args: &[u64],
        outside: &mut Outside<'_>,
    ) -> Option<Result<i128, Fault>> {
        // One that rests in between is refused as it is called.
        if self.program.rests(func) {
            return None;
        }
        // A function that tells nothing leaves nothing to take back.
        let changes = *fast.changes.get(func.index())?;
        if changes && !outside.world.takes_back() {
            return None;
        }
        let (mark, unmet) = (self.heap.mark(), (self.unmet.len(), self.unmet_count));
        self.begin();
        self.replaced.clear();
        (self.code, self.trying) = (&fast.program, Some(fast));
        let result = match fast.params(func) {
            Some(_) => self.run_words(fast, func, args.iter().copied(), outside).ok().map(i128::from),
            None => self.start_first::<false>(func, args, outside).ok(),
        };
        (self.code, self.trying) = (self.program, None);
        let Some(result) = result else {
            if changes {
                outside.world.take_back();
                self.unmet.truncate(unmet.0);
                self.unmet_count = unmet.1;
                self.take_back_runs();
            }
            // Documents that were read lie behind the mark, and may be as they were changed.
            self.documents.clear();
            self.heap.back_to(mark);
            return None;
        };
        Some(match outside.world.call_end(true) {
            Ok(()) => Ok(result),
            Err(refusal) => Err(self.fault_at_start(func, *crate::fault::Raise::from(refusal))),
        })
    }

    /// Do all these conditions hold of a record? They tell nobody anything, so that they begin and end as one call; each
    /// has the budgets of its own.
    pub(crate) fn all_hold(&mut self, fast: &'p Fast, funcs: &[FuncId], slot: u64, world: &mut dyn World) -> bool {
        let alike = |func: &FuncId| fast.params(*func) == Some(1) && !fast.changes[func.index()];
        if self.coverage.is_some() || !funcs.iter().all(alike) {
            return funcs.iter().all(|func| matches!(self.call(*func, &[slot], world), Ok(1)));
        }
        if funcs.is_empty() {
            return true;
        }
        let mark = self.heap.mark();
        self.begin();
        (self.code, self.trying) = (&fast.program, Some(fast));
        let outside = &mut Outside { world, tracer: &mut Untraced };
        let hold = funcs.iter().all(|func| {
            self.refill();
            self.run_words(fast, *func, std::iter::once(slot), outside) == Ok(1)
        });
        (self.code, self.trying) = (self.program, None);
        if !hold {
            self.documents.clear();
            self.heap.back_to(mark);
            return false;
        }
        outside.world.call_end(true).is_ok()
    }

    fn take_back_runs(&mut self) {
        while let Some((key, before)) = self.replaced.pop() {
            match before {
                Some(run) => self.runs.insert(key, run),
                None => self.runs.remove(&key),
            };
        }
    }
}
