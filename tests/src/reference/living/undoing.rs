//! How what was done is taken back.

use super::super::Evaluator;
use super::super::stop::{Run, Stop};
use super::super::world::Line;
use super::replay::{Posting, postings};
use super::{Does, Of, State, Town, Undo};
use bp_compiler::source::Place;

impl Evaluator<'_> {
    /// `reverse` in an undo: the opposite of what the step posted, the last entry first.
    pub(in super::super) fn reverse_step(&mut self) -> Run<()> {
        let today = self.now.div_euclid(86_400);
        let Some(undoing) = self.undoing.clone() else { return Err(Stop::NotCovered("processes that live".into())) };
        for (number, posting) in undoing.into_iter().rev() {
            let text = format!("Reversal of {number}: {}", posting.text);
            let lines = posting.lines.into_iter().map(|line| Line { amount: -line.amount, ..line }).collect();
            let posted = self.world.post(self.checked, Place::NOWHERE, text, (today, true, true), lines);
            posted.map_err(|fault| Stop::Fault(fault, Place::NOWHERE))?;
        }
        Ok(())
    }
}

impl Town<'_> {
    /// Takes back all that a process did, and who it called; then it is over.
    pub(super) fn undo_all(&mut self, of: Of) -> Does<()> {
        self.cancel_ended_children(of)?;
        if !self.take_back(of, false)? {
            return Ok(());
        }
        let failed = self.instance(of.0).is_some_and(|instance| instance.outcome.is_some());
        self.end(of.0, if failed { State::Failed } else { State::Cancelled });
        Ok(())
    }

    /// Takes back what was ended before a token goes on; whether all of it is.
    pub(super) fn take_back_ended(&mut self, of: Of) -> Does<bool> {
        self.cancel_ended_children(of)?;
        let done = self.take_back(of, true)?;
        if done {
            self.leave_token(of, true);
        }
        Ok(done)
    }

    fn cancel_ended_children(&mut self, of: Of) -> Does<()> {
        let ended = |parents: &[(Of, u16)]| parents.iter().any(|(parent, _)| *parent == (of.0, -of.1));
        let children: Vec<i64> =
            self.instances.iter().filter(|child| !child.ended && ended(&child.parents)).map(|child| child.id).collect();
        children.into_iter().rev().try_for_each(|child| self.cancel_instance(child))
    }

    /// Steps are taken back, the last one first, each by itself: all of an instance, or those that are to be before a
    /// token goes on. Whether all are: where one cannot be, the token stands still.
    fn take_back(&mut self, of: Of, pending: bool) -> Does<bool> {
        loop {
            let fits = |undo: &Undo| !pending || undo.pending && undo.token == of.1;
            let Some(instance) = self.instance(of.0) else { return Ok(true) };
            let Some(at) = instance.undos.iter().rposition(fits) else { return Ok(true) };
            let undo = instance.undos[at].clone();
            let before = self.evaluator.world.clone();
            let entries = undo.entries.iter().filter_map(|number| {
                let entry = self.entries.get(usize::try_from(number - 1).ok()?)?;
                Some((*number, entry.posting.clone()))
            });
            let entries: Vec<(i64, Posting)> = entries.collect();
            let evaluator = &mut self.evaluator;
            evaluator.world.effects.clear();
            evaluator.patience = crate::reference::PATIENCE;
            evaluator.undoing = Some(entries.clone());
            let done = evaluator.call(undo.func, undo.captured);
            evaluator.undoing = None;
            match done {
                Ok(_) => {}
                Err(Stop::Fault(..)) => {
                    self.books_as(before);
                    self.stop(of)?;
                    return Ok(false);
                }
                Err(other) => return Err(other.into()),
            }
            let today = self.evaluator.now.div_euclid(86_400);
            let mut posted = postings(std::mem::take(&mut self.evaluator.world.effects), today);
            let mut reversed = entries.iter().rev();
            for posting in posted.iter_mut().filter(|posting| posting.text.starts_with("Reversal of ")) {
                posting.reverses = reversed.next().map(|(number, _)| *number);
            }
            self.book(posted, "", of.0);
            if let Some(instance) = self.instance_mut(of.0) {
                instance.undos.remove(at);
            }
            self.tell(of.0, "undone", &undo.name);
        }
    }

    /// An instance goes no further: what it did is taken back, and it has no outcome.
    pub(super) fn cancel_instance(&mut self, id: i64) -> Does<()> {
        let Some(instance) = self.instance_mut(id) else { return Ok(()) };
        if instance.ended {
            return Ok(());
        }
        let first = instance.tokens.iter().map(|token| token.id).min().unwrap_or(1);
        (instance.state, instance.outcome) = (State::Undoing, None);
        let of = (id, first);
        self.withdraw(of);
        self.end_stretches(of, first);
        self.unpause_all(of);
        self.end_children(of, first);
        if let Some(token) = self.token_mut(of) {
            (token.event, token.message, token.looks) = (None, None, None);
        }
        self.ready.retain(|known| *known != of);
        self.withdraw_others(of)?;
        self.tell(id, "cancelling", "");
        self.undo_all(of)
    }

    /// Every token of an instance but one is ended, with all that it holds.
    pub(super) fn withdraw_others(&mut self, of: Of) -> Does<()> {
        let Some(instance) = self.instance(of.0) else { return Ok(()) };
        let others: Vec<i64> = instance.tokens.iter().map(|token| token.id).filter(|token| *token != of.1).collect();
        self.end_tokens(of, &others)?;
        self.release_held(of)
    }
}
