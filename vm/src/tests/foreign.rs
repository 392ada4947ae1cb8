//! Lines in other currencies, and what rounding leaves of them.

use bp_bytecode::index::*;
use bp_bytecode::op::{LineKind, Op, Side};
use bp_bytecode::shape::{RegType, Shape};

use super::build::*;
use crate::{FaultKind, Limits, MemoryWorld, Vm};

const POST: PostId = PostId(0);

struct Books {
    build: Build,
    rate: TextId,
    text: ShapeId,
    cash: AccountId,
    dollars: AccountId,
    owed: AccountId,
}

fn books() -> Books {
    let mut build = Build::default();
    build.program.currency = ("IDR".to_owned(), 2);
    let (idr, usd, text) = (build.money("IDR", 2), build.money("USD", 2), build.shape(Shape::Text));
    let cash = build.account("cash", idr, &[]);
    let dollars = build.account("dollars", usd, &[]);
    let owed = build.account("owed", usd, &[]);
    let rate = build.text("15000");
    Books { build, rate, text, cash, dollars, owed }
}

impl Books {
    /// Posts lines with an amount and a worth each, both of them parameters; then what rounding left, to cash; gives what
    /// the dollars are worth. Register 6 is the rate, 7 the entry's text, 8 the day.
    fn poster(&mut self, lines: &[(AccountId, Side, LineKind, u16, u16)], rounds: bool) -> FuncId {
        let mut code = vec![
            Op::Text { dst: d(6), text: self.rate },
            Op::Text { dst: d(7), text: self.rate },
            int(8, 20_000),
            Op::PostBegin { post: POST, text: u(7), day: u(8) },
        ];
        for (account, side, kind, amount, worth) in lines {
            let (amount, first) = (u(*amount), w(*worth));
            code.push(Op::PostValued { account: *account, side: *side, kind: *kind, amount, rate: u(6), first });
        }
        if rounds {
            code.push(Op::PostRounding { account: self.cash, first: w(0) });
        }
        code.push(Op::PostEnd { post: POST });
        code.push(Op::BookValue { dst: d(9), account: self.dollars, first: w(0) });
        code.push(ret(9));
        let text = RegType::Handle(self.text);
        self.build.function("post", 6, &[W, W, W, W, W, W, text, text, W, X], code)
    }
}

#[test]
fn amounts_and_book_amounts_balance_apart() {
    let mut books = books();
    let (dollars, owed) = (books.dollars, books.owed);
    let lines = [(dollars, Side::Debit, LineKind::Normal, 0, 1), (owed, Side::Credit, LineKind::Normal, 2, 3)];
    let paid = books.poster(&lines, false);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    assert_eq!(vm.call(paid, &[100, 1_500_000, 100, 1_500_000, 0, 0], &mut world), Ok(1_500_000));
    assert_eq!((world.total(dollars), world.total(owed)), (100, -100));
    assert_eq!((world.worth(dollars), world.worth(owed)), (1_500_000, -1_500_000));
    let fault = vm.call(paid, &[100, 1_500_000, 90, 1_500_000, 0, 0], &mut world).unwrap_err();
    assert_eq!(fault.to_string(), "the entry does not balance: debits minus credits are 0.10 USD");
    let fault = vm.call(paid, &[100, 1_500_000, 100, 1_400_000, 0, 0], &mut world).unwrap_err();
    assert_eq!(fault.to_string(), "the entry does not balance: debits minus credits are 1000.00 IDR");
    // A negative debit is a credit in both currencies; what failed left nothing behind.
    let back = [-100i64 as u64, -1_500_000i64 as u64, -100i64 as u64, -1_500_000i64 as u64, 0, 0];
    assert_eq!(vm.call(paid, &back, &mut world), Ok(0));
    let min = i64::MIN as u64;
    assert_eq!(vm.call(paid, &[0, 0, 0, min, 0, 0], &mut world).unwrap_err().kind, FaultKind::Overflow);
}

#[test]
fn a_line_may_be_a_worth_alone() {
    let mut books = books();
    let (dollars, owed) = (books.dollars, books.owed);
    let lines = [(dollars, Side::Debit, LineKind::Revalue, 0, 1), (owed, Side::Credit, LineKind::Revalue, 0, 1)];
    let valued = books.poster(&lines, false);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    world.keep_entries(true);
    assert_eq!(vm.call(valued, &[0, 200, 0, 0, 0, 0], &mut world), Ok(200));
    assert_eq!((world.total(dollars), world.entry_count(), world.line_count()), (0, 1, 2));
    // Nothing, worth nothing, is no line, and no entry.
    assert_eq!(vm.call(valued, &[0, 0, 0, 0, 0, 0], &mut world), Ok(200));
    assert_eq!(world.entry_count(), 1);
}

#[test]
fn rounding_takes_half_a_unit_for_each_line_at_most() {
    let mut books = books();
    let (dollars, owed, cash) = (books.dollars, books.owed, books.cash);
    let lines = |kind| {
        [(dollars, Side::Debit, kind, 0, 1), (dollars, Side::Debit, kind, 0, 3), (owed, Side::Credit, kind, 4, 5)]
    };
    let rounded = books.poster(&lines(LineKind::Normal), true);
    let exchanged = books.poster(&lines(LineKind::Exchange), true);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    // Three lines: one unit is half a unit for each and less.
    assert!(vm.call(rounded, &[1, 7, 0, 7, 2, 15], &mut world).is_ok());
    assert_eq!(world.total(cash), 1);
    assert!(vm.call(rounded, &[1, 7, 0, 7, 2, 13], &mut world).is_ok());
    assert_eq!(world.total(cash), 0);
    let fault = vm.call(rounded, &[1, 7, 0, 7, 2, 16], &mut world).unwrap_err();
    assert_eq!(fault.to_string(), "the entry does not balance: debits minus credits are -0.02 IDR");
    // An exchange is not rounded.
    assert!(vm.call(exchanged, &[1, 7, 0, 7, 2, 15], &mut world).is_err());
    assert!(vm.call(exchanged, &[1, 7, 0, 7, 2, 14], &mut world).is_ok());
}
