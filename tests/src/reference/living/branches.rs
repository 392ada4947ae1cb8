//! How tokens part and join, and how what is ended before its time is put away.

use super::super::value::Val;
use super::{Does, Of, State, Town};
use bp_compiler::typed::TEvent;

impl Town<'_> {
    pub(super) fn has_branches(&self, of: Of) -> bool {
        let tokens = self.instance(of.0).map_or(&[][..], |instance| &instance.tokens);
        tokens.iter().any(|token| token.parent == Some(of.1))
    }

    pub(super) fn remove_token(&mut self, of: Of) {
        if let Some(instance) = self.instance_mut(of.0) {
            instance.tokens.retain(|token| token.id != of.1);
        }
        self.ready.retain(|known| *known != of);
    }

    /// A branch of a token begins, with an event of its point.
    pub(super) fn part(&mut self, of: Of, began: (u16, usize), given: Option<Vec<Val>>, message: Option<i64>) {
        let Some(instance) = self.instance_mut(of.0) else { return };
        let id = instance.tokens.iter().map(|token| token.id).max().unwrap_or(0) + 1;
        let Some(parent) = instance.tokens.iter().find(|token| token.id == of.1) else { return };
        let mut branch = parent.branch(id, began);
        (branch.event, branch.message) = (Some((began.0, given.unwrap_or_default())), message);
        instance.tokens.push(branch);
        self.ready.push_back((of.0, id));
    }

    /// A branch begins for each element of the list that a token has come to.
    pub(super) fn part_for_each(&mut self, of: Of) -> Does<()> {
        let Some(token) = self.token_mut(of) else { return Ok(()) };
        let items = token.items.take().unwrap_or_default();
        let event = token
            .point
            .as_ref()
            .and_then(|point| point.rest.events.iter().position(|event| matches!(event, TEvent::Each(_))));
        for (number, item) in items.into_iter().enumerate() {
            self.part(of, (event.unwrap_or(0) as u16, number), Some(vec![item]), None);
        }
        self.join(of)
    }

    /// A branch has ended; what it hands on is kept where it parted.
    pub(super) fn branch_over(&mut self, of: Of, at: u16, values: Vec<Val>) -> Does<()> {
        let Some(branch) = self.token(of).cloned() else { return Ok(()) };
        let Some(began) = branch.began else { return self.let_go_over(of, branch.parent) };
        let parent = (of.0, branch.parent.unwrap_or_default());
        let Some(token) = self.token_mut(parent) else { return Ok(()) };
        let events = token.point.as_ref().map_or(&[][..], |point| &point.rest.events);
        let gathers = events.iter().any(|event| matches!(event, TEvent::Joined { gathers: true, .. }));
        let has_handlers =
            events.iter().any(|event| matches!(event, TEvent::Moment(_) | TEvent::Every(..) | TEvent::Message { .. }));
        let is_stretch = matches!(events.get(usize::from(began)), Some(TEvent::Branch));
        token.ended += 1;
        match gathers {
            true => token.parts.extend(values.into_iter().map(|value| (branch.number, value))),
            false => {
                token.parts.extend(values.into_iter().enumerate().map(|(part, value)| (usize::from(at) + part, value)))
            }
        }
        if is_stretch && has_handlers {
            // Nothing begins beside a stretch that is over.
            self.withdraw(parent);
        }
        self.holds.iter_mut().filter(|(_, holder)| *holder == of).for_each(|(_, holder)| *holder = parent);
        self.hand_undos(of, parent.1);
        self.remove_token(of);
        self.join(parent)
    }

    /// What the steps of a branch did is taken back, if that comes to it, as what its parent did.
    fn hand_undos(&mut self, of: Of, to: i64) {
        if let Some(instance) = self.instance_mut(of.0) {
            let own = instance.undos.iter_mut().filter(|undo| undo.token == of.1 && !undo.pending);
            own.for_each(|undo| undo.token = to);
        }
    }

    /// A token that has parted goes on if enough of its branches have ended.
    pub(super) fn join(&mut self, of: Of) -> Does<()> {
        let Some(token) = self.token(of).cloned() else { return Ok(()) };
        let Some(point) = &token.point else { return Ok(()) };
        let joined = point.rest.events.iter().position(|event| matches!(event, TEvent::Joined { .. }));
        let Some(number) = joined else { return Ok(()) };
        let enough = token.enough.is_some_and(|enough| token.ended >= enough);
        let all = token.items.is_none() && !self.has_branches(of);
        if !(enough || all) || token.event.is_some() {
            return Ok(());
        }
        let TEvent::Joined { drain, gathers, .. } = point.rest.events[number] else { return Ok(()) };
        let mut parts = token.parts.clone();
        parts.sort_by_key(|(at, _)| *at);
        let values: Vec<Val> = parts.into_iter().map(|(_, value)| value).collect();
        // Branches that give nothing are gathered as nothing.
        let given = match gathers {
            true if point.joins_values => vec![Val::list(values)],
            true => Vec::new(),
            false => values,
        };
        if token.enough.is_some() {
            match drain {
                true => {
                    if token.items.is_some() {
                        self.part_for_each_silently(of);
                    }
                    self.let_go(of, token.parent);
                }
                false => {
                    self.end_branches(of)?;
                    if let Some(token) = self.token_mut(of) {
                        token.items = None;
                    }
                }
            }
        }
        self.happened(of, Some((number as u16, given)), None);
        Ok(())
    }

    fn part_for_each_silently(&mut self, of: Of) {
        let Some(token) = self.token_mut(of) else { return };
        let items = token.items.take().unwrap_or_default();
        for (number, item) in items.into_iter().enumerate() {
            self.part(of, (0, number), Some(vec![item]), None);
        }
    }

    /// The branches of a token that have not ended belong to another one from now on, or to none, and hand nothing on.
    fn let_go(&mut self, of: Of, to: Option<i64>) {
        self.stay_in(of);
        let Some(instance) = self.instance_mut(of.0) else { return };
        for token in instance.tokens.iter_mut().filter(|token| token.parent == Some(of.1)) {
            (token.parent, token.began) = (to, None);
        }
    }

    /// The branches that are let go stay in the stretches of the token until they end.
    fn stay_in(&mut self, of: Of) {
        let Some(instance) = self.instance(of.0) else { return };
        let branches: Vec<i64> =
            instance.tokens.iter().filter(|token| token.parent == Some(of.1)).map(|token| token.id).collect();
        let own: Vec<super::Lock> = self.locks.iter().filter(|lock| lock.of == of && !lock.pending).cloned().collect();
        for branch in branches {
            for lock in &own {
                let first = self.locks.iter().map(|lock| lock.id).min().unwrap_or(0);
                self.locks.push(super::Lock { id: first - 1, of: (of.0, branch), inside: true, ..lock.clone() });
            }
        }
    }

    /// A branch has ended that its process has let go: perhaps it is the last of it.
    fn let_go_over(&mut self, of: Of, parent: Option<i64>) -> Does<()> {
        self.hand_undos(of, parent.unwrap_or(1));
        self.leave_token(of, false);
        self.remove_token(of);
        if let Some(parent) = parent {
            return self.join((of.0, parent));
        }
        let over = self.instance(of.0).is_some_and(|instance| instance.outcome.is_some() && instance.tokens.is_empty());
        if over {
            self.end(of.0, State::Done);
        }
        Ok(())
    }

    /// The branches of a token are ended before their end. What they did is taken back before the token goes on.
    pub(super) fn end_branches(&mut self, of: Of) -> Does<()> {
        let Some(instance) = self.instance(of.0) else { return Ok(()) };
        let mut ended = vec![of.1];
        let mut at = 0;
        while at < ended.len() {
            let parent = Some(ended[at]);
            ended.extend(instance.tokens.iter().filter(|token| token.parent == parent).map(|token| token.id));
            at += 1;
        }
        self.end_tokens(of, &ended[1..])
    }

    /// Tokens are ended before their end; one goes on, when what they did is taken back.
    pub(super) fn end_tokens(&mut self, before: Of, tokens: &[i64]) -> Does<()> {
        for token in tokens {
            let of = (before.0, *token);
            self.release_held(of)?;
            self.withdraw(of);
            self.end_stretches(of, before.1);
            self.unpause_all(of);
            if let Some(instance) = self.instance_mut(of.0) {
                for undo in instance.undos.iter_mut().filter(|undo| undo.token == of.1) {
                    (undo.token, undo.pending) = (before.1, true);
                }
            }
            self.end_children(of, before.1);
            self.remove_token(of);
        }
        Ok(())
    }

    /// Who a token waits for is to be ended before another token goes on, unless somebody else waits for it as well.
    pub(super) fn end_children(&mut self, of: Of, before: i64) {
        for child in self.instances.iter_mut().filter(|child| !child.ended) {
            let own = |parent: &Of| *parent == of || *parent == (of.0, -of.1);
            if child.parents.iter().any(|(parent, _)| !own(parent)) {
                child.parents.retain(|(parent, _)| !own(parent));
            }
            for (parent, _) in child.parents.iter_mut().filter(|(parent, _)| own(parent)) {
                parent.1 = -before;
            }
        }
    }

    pub(super) fn release_held(&mut self, of: Of) -> Does<()> {
        let held: Vec<i64> = self.holds.iter().filter(|(_, holder)| *holder == of).map(|(hold, _)| *hold).collect();
        for hold in held {
            if self.evaluator.world.is_open(hold) {
                let settled = self.evaluator.world.settle(self.checked, hold, false);
                settled.map_err(|fault| super::Refused::Stop(format!("{fault:?}")))?;
            }
        }
        Ok(())
    }
}
