//! Statements about books: postings, holds, movements.

use super::{Args, Expr, Handlers, Ident, Path, Place};
use crate::span::Span;

/// `post "text" in book on day else first_open { … }`
#[derive(Clone, Debug)]
pub struct Post {
    pub text: Expr,
    pub book: Option<Expr>,
    pub on: Option<Expr>,
    /// `else first_open`
    pub first_open: bool,
    pub postings: Vec<Posting>,
}

#[derive(Clone, Debug)]
pub struct Posting {
    pub span: Span,
    pub kind: PostingKind,
}

#[derive(Clone, Debug)]
pub enum PostingKind {
    Invalid,
    Line {
        side: Side,
        account: Place,
        amount: Expr,
        /// `at rate`: what one unit of its currency is worth in the book's.
        rate: Option<Expr>,
        /// What comes in as a lot, or an amount in another currency, is worth so much.
        worth: Option<Expr>,
        over_limit: Option<Expr>,
    },
    For {
        name: Ident,
        source: Expr,
        where_: Option<Expr>,
        postings: Vec<Posting>,
    },
    If {
        condition: Expr,
        then: Vec<Posting>,
        otherwise: Vec<Posting>,
    },
    /// `exchange usd -> idr at rate`
    Exchange {
        given: Expr,
        taken: Expr,
        rate: Expr,
    },
    /// `rounding account`
    Rounding(Place),
    Assert(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Debit,
    Credit,
    Revalue,
}

/// `hold amount of item on account[…] over limit by Role else { Short(…) => … }`
#[derive(Clone, Debug)]
pub struct Hold {
    pub amount: Expr,
    pub of: Option<Expr>,
    pub on: Place,
    pub over_limit: Option<Expr>,
    pub handlers: Option<Handlers>,
}

/// `commit h`, `commit part of h`, `release h`
#[derive(Clone, Debug)]
pub struct Settle {
    /// `commit`, not `release`
    pub commit: bool,
    /// The hold, or the part of it when `of` is there.
    pub what: Expr,
    pub of: Option<Expr>,
}

/// `free amount of account[…]`
#[derive(Clone, Debug)]
pub struct Free {
    pub amount: Expr,
    pub of: Place,
}

/// `take 5 of item from warehouse[item, main] oldest first`
#[derive(Clone, Debug)]
pub struct Take {
    pub amount: Expr,
    pub of: Expr,
    pub from: Place,
    /// `oldest`, `newest`, …
    pub order: Option<Ident>,
}

/// `move 5 of item from a[item] to b[item] worth cost`
#[derive(Clone, Debug)]
pub struct Move {
    pub amount: Expr,
    pub of: Expr,
    pub from: Place,
    pub to: Place,
    pub worth: Option<Expr>,
}

/// `failed Refused("why")` behind an `expect`
#[derive(Clone, Debug)]
pub struct Failed {
    pub failure: Path,
    pub args: Option<Args>,
}
