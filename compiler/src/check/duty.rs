//! Duties: what nobody may do who does another one in the same process.

use super::{Checker, Def};
use crate::check::names::nearest;
use crate::diagnostics::Problem;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Ident};
use smol_str::SmolStr;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// `duty separate requester, approver`: each of them from all others.
    pub(crate) fn declare_duties(&mut self, names: &[Ident]) {
        let mut ids: Vec<DutyId> = Vec::with_capacity(names.len());
        for name in names {
            let (place, full) = (self.place(name.span), self.qualified(&name.text));
            let known = self.checked.duties.iter().position(|duty| duty.name == full);
            let id = DutyId(known.unwrap_or(self.checked.duties.len()) as u32);
            if known.is_none() {
                let duty = Duty { name: full, separate: BTreeSet::new(), played: false, place };
                self.checked.duties.push(duty);
            }
            if ids.contains(&id) {
                self.report(Problem::DuplicateName { place, name: name.text.clone(), first: None });
            } else {
                ids.push(id);
            }
        }
        for id in &ids {
            let others = ids.iter().copied().filter(|other| other != id);
            self.checked.duties[id.index()].separate.extend(others);
        }
    }

    /// The duty of this module that a task or a start is bound to.
    pub(crate) fn played(&mut self, name: &Ident) -> Option<DutyId> {
        let full = self.qualified(&name.text);
        if let Some(place) = self.checked.duties.iter().position(|duty| duty.name == full) {
            self.checked.duties[place].played = true;
            return Some(DutyId(place as u32));
        }
        let prefix = self.qualified("");
        let own: Vec<SmolStr> =
            self.checked.duties.iter().filter_map(|duty| duty.name.strip_prefix(&*prefix).map(SmolStr::new)).collect();
        let similar = nearest(&name.text, own.iter().map(SmolStr::as_str));
        let place = self.place(name.span);
        self.report(Problem::UnknownName { place, what: "duty", name: name.text.clone(), similar, inside: None });
        None
    }

    /// `started by Requester as requester`
    pub(crate) fn starter(&mut self, id: ProcessId, starter: &ast::StartedBy) {
        let duty = starter.duty.as_ref().and_then(|duty| self.played(duty));
        match self.def_of_path(&starter.role, "role") {
            Some(Def::Role(role)) => self.checked.processes[id.index()].starter = Some((role, duty)),
            Some(Def::Broken) | None => {}
            Some(_) => {
                let place = self.place(starter.role.span);
                self.report(Problem::NotA { place, name: starter.role.text().into(), what: "a role" });
            }
        }
    }

    /// Every duty has somebody who plays it; asked when all is checked.
    pub(crate) fn duties_played(&mut self) {
        for at in 0..self.checked.duties.len() {
            let duty = &self.checked.duties[at];
            if !duty.played {
                let name = duty.name.rsplit('.').next().unwrap_or_default().into();
                let place = duty.place;
                self.report(Problem::DutyUnplayed { place, name });
            }
        }
    }
}
