//! `post`: an entry that is opened, gets its lines, and is closed.

use super::cost;
use super::error::{Limit, Result, next_index, passed};
use super::expr::Dest;
use super::function::Builder;
use crate::source::Place;
use crate::typed::{TExpr, TPost, TPosting, TPostingKind};
use crate::types::Type;
use bp_bytecode::index::{AccountId, PostId};
use bp_bytecode::op::{Op, Stop, Use, UseWindow};
use bp_bytecode::program::Post;

impl Builder<'_, '_> {
    pub fn post(&mut self, p: &TPost, place: Place) -> Result<()> {
        let post = PostId(next_index(self.t.program.posts.len(), Limit::Posts, place)?);
        let at = self.t.place(place);
        self.t.program.posts.push(Post { first_open: p.first_open, place: at });
        let later: Vec<&TExpr> = p.book.iter().chain([&p.day]).collect();
        let text = self.operand(&p.text, &later)?;
        let book = p.book.as_ref().map(|book| self.operand(book, &[&p.day])).transpose()?;
        let day = self.stored(&p.day)?;
        self.emit(Op::PostBegin { post, text: Use(text), day: Use(day) }, place)?;
        if let Some(book) = book {
            self.emit(Op::PostIn { book: Use(book) }, place)?;
        }
        self.postings(&p.postings, post)?;
        for posting in &p.postings {
            if let TPostingKind::Rounding { account, dimensions, bounds } = &posting.kind {
                self.cost(cost::LINE);
                self.bounds_of(*account, dimensions, bounds, posting.place)?;
                let (account, first) = (AccountId(account.0 as u16), self.fill_stored(dimensions.iter())?);
                self.emit(Op::PostRounding { account, first: UseWindow(first) }, posting.place)?;
            }
        }
        self.emit(Op::PostEnd { post }, place)
    }

    fn postings(&mut self, postings: &[TPosting], post: PostId) -> Result<()> {
        postings.iter().try_for_each(|posting| self.posting(posting, post))
    }

    fn posting(&mut self, posting: &TPosting, post: PostId) -> Result<()> {
        let place = posting.place;
        match &posting.kind {
            TPostingKind::Line { account, side, dimensions, amount, bounds, valued: Some(valued), over, .. } => {
                self.cost(cost::LINE);
                self.bounds_of(*account, dimensions, bounds, place)?;
                let rate = match &valued.rate {
                    Some(rate) => self.operand(rate, &[&valued.book, amount])?,
                    None => self.expr(&TExpr::text("", place), Dest::Any)?,
                };
                let first = self.fill_stored(dimensions.iter().chain([&valued.book]))?;
                // In the book currency an amount is worth itself.
                let own = self.t.base(&self.t.checked.accounts[account.index()].ty) == self.t.base(&valued.book.ty);
                let amount = if own { first + dimensions.len() as u16 } else { self.stored(amount)? };
                let (account, side, kind) = (AccountId(account.0 as u16), *side, valued.kind);
                let (amount, rate, first) = (Use(amount), Use(rate), UseWindow(first));
                self.emit(Op::PostValued { account, side, kind, amount, rate, first }, place)?;
                self.over_limit(over.as_deref(), place)
            }
            // It takes what all lines lack: it comes last.
            TPostingKind::Rounding { .. } => Ok(()),
            TPostingKind::Let(local, value) => {
                self.expr(value, Dest::Into(self.local(*local)))?;
                Ok(())
            }
            TPostingKind::Line { account, side, dimensions, amount, bounds, worth, valued: None, over } => {
                self.cost(cost::LINE);
                let first = self.fill_stored(dimensions.iter().chain(bounds))?;
                let amount = self.stored(amount)?;
                let account = AccountId(account.0 as u16);
                if !bounds.is_empty() {
                    self.emit(Op::Bound { account, first: UseWindow(first) }, place)?;
                }
                self.emit(Op::PostLine { account, side: *side, amount: Use(amount), first: UseWindow(first) }, place)?;
                if let Some(worth) = worth {
                    let worth = self.stored(worth)?;
                    self.emit(Op::LineWorth { worth: Use(worth) }, place)?;
                }
                self.over_limit(over.as_deref(), place)
            }
            TPostingKind::For { local, list, where_, postings } => {
                let Type::List(of) = self.t.base(&list.ty).clone() else {
                    return passed(Limit::Unchecked, 0, place);
                };
                let list = self.expr(list, Dest::Any)?;
                let element = self.local(*local);
                self.each(list, &of, element, place, |b, round| {
                    b.pass(where_, round)?;
                    b.postings(postings, post)
                })
            }
            TPostingKind::If { condition, then, otherwise } => {
                let (no, end) = (self.label(), self.label());
                self.jump_if_not(condition, no)?;
                self.posting_arm(then, post, place)?;
                self.jump(end, place)?;
                self.here(no);
                self.posting_arm(otherwise, post, place)?;
                self.here(end);
                Ok(())
            }
            TPostingKind::Assert(condition) => {
                let holds = self.label();
                self.jump_if_so(condition, holds)?;
                self.halt(Stop::Assertion, u32::from(post.0), place)?;
                self.here(holds);
                Ok(())
            }
        }
    }

    /// The line that was just made passes limits.
    fn over_limit(&mut self, over: Option<&TExpr>, place: Place) -> Result<()> {
        let Some(role) = over else { return Ok(()) };
        let role = self.stored(role)?;
        self.emit(Op::LineOver { role: Use(role) }, place)
    }

    /// Says what bounds an account, where a line may pass them.
    fn bounds_of(
        &mut self,
        account: crate::types::AccountId,
        dimensions: &[TExpr],
        bounds: &[TExpr],
        place: Place,
    ) -> Result<()> {
        if bounds.is_empty() {
            return Ok(());
        }
        let first = self.fill_stored(dimensions.iter().chain(bounds))?;
        self.emit(Op::Bound { account: AccountId(account.0 as u16), first: UseWindow(first) }, place)
    }

    fn posting_arm(&mut self, postings: &[TPosting], post: PostId, place: Place) -> Result<()> {
        self.begin_body(place)?;
        self.postings(postings, post)?;
        self.end_body();
        Ok(())
    }
}
