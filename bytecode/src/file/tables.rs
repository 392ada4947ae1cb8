//! How the tables of a program are written and read: every structure's fields in their order.

use super::FileError;
use super::wire::{Reader, Wire};
use crate::op::*;
use crate::process::*;
use crate::program::*;
use crate::shape::*;

macro_rules! structures {
    ($($ty:ident { $($field:ident),* $(,)? })*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                // Taken apart by name, so that a new field that is forgotten here does not compile.
                let $ty { $($field),* } = self;
                $($field.put(out);)*
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                $(let $field = Wire::take(from)?;)*
                Ok($ty { $($field),* })
            }
        }
    )*};
}
structures! {
    Program {
        name, currency, texts, constants, shapes, functions, switches, chains, trees, checks, configs, accounts,
        entities, queries, decisions, processes, steps, messages, operations, points, undos, duties, schedules, posts, tests, expects, roles, sources, places,
    }
    Source { path }
    Place { source, start, end, line, column }
    Function { name, place, params, registers, result, code, places }
    Chain { numerators, divisors, up, down, has_step, root, power, mode, result_scale }
    Tree { inputs, nodes, root, leaves }
    Check { func, text, subject, place }
    Config { name, shape, default, checks, fixed, docs, place }
    Account { name, code, kind, shape, dimensions, lots, bounds, groups, place }
    Bound { above, period, mode }
    Group { name, field }
    Entity { name, record, key, number, state, indexes, renamed, place }
    EntityIndex { unique, fields }
    Query { entity, conditions, order, limit, place }
    Decision { name, place, rows }
    Process { name, func, params, outcome, key, key_names, starter, docs, place }
    Duty { name, separate, place }
    Schedule { process, rhythm, at, missed, place }
    Starter { role, duty }
    Step { name, process, stays, place }
    Message { name, record, key, to_all, internal, keep, place }
    Operation { service, name, asked, outcome, answers, docs, place }
    Point { name, func, live, events, place }
    Live { name, register, shape }
    Undo { step, func, captured, place }
    Post { first_open, place }
    Test { title, func, place }
    Expect { text, sides, place }
    RecordShape { name, fields }
    FieldShape { name, outside, shape, default, checks, personal }
    EnumShape { name, cases }
    CaseShape { name, outside, fields }
}

/// Choices with parts: number, name, parts in the way they are written.
macro_rules! variants {
    ($($ty:ident $what:literal { $($number:literal => $case:ident $(($($part:ident),*))? $({ $($field:ident),* })?,)* })*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($ty::$case $(($($part),*))? $({ $($field),* })? => {
                        out.push($number);
                        $($($part.put(out);)*)?
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                match from.byte()? {
                    $($number => {
                        $($(let $part = Wire::take(from)?;)*)?
                        $($(let $field = Wire::take(from)?;)*)?
                        Ok($ty::$case $(($($part),*))? $({ $($field),* })?)
                    })*
                    other => Err(FileError::Choice($what, u64::from(other))),
                }
            }
        }
    )*};
}
variants! {
    RegType "type of a register" { 0 => Word, 1 => Wide, 2 => Handle(shape), }
    Unit "unit of a number" {
        0 => None, 1 => Percent, 2 => Money(currency), 3 => Quantity(unit), 4 => Price { currency, per },
    }
    Shape "shape" {
        0 => Bool, 1 => Number { scale, unit }, 2 => Date, 3 => DateTime, 4 => Time, 5 => Month, 6 => Duration,
        7 => Rounding, 8 => Role, 9 => Enum(e), 10 => Text, 11 => Period, 12 => Amount, 13 => Record(r), 14 => Variant(e),
        15 => List(of), 16 => Map(key, value), 17 => Option(of), 18 => Document(entity), 19 => Hold(of),
    }
    TreeInput "input of a decision" { 0 => Number, 1 => Text, }
    Node "node of a decision" {
        0 => Leaf(leaf), 1 => Range { input, edges, children }, 2 => Dense { input, low, children },
        3 => Text { input, keys, children, otherwise },
    }
    BoundPeriod "period of a bound" { 0 => Ever, 1 => Month, 2 => Year, }
    BoundMode "mode of a bound" { 0 => Stop, 1 => Warn, 2 => Ignore, }
    AccountKind "kind of account" {
        0 => Asset, 1 => Liability, 2 => Equity, 3 => Income, 4 => Expense, 5 => Quantity, 6 => Budget, 7 => Limit,
    }
}

variants! {
    Rhythm "rhythm of a schedule" { 0 => Every(interval), 1 => Daily, 2 => Weekly(day), 3 => Monthly(day), 4 => Yearly(day), }
    Missed "what is made up for" { 0 => Each, 1 => Last, 2 => Skip, }
    Event "event" {
        0 => Task { name, form, shown, due, escalates, may_change, duty }, 1 => Message { message, fresh, beside }, 2 => Moment,
        3 => Child { process, stays }, 4 => Branch, 5 => Joined { parts, counted, drain, gathers }, 6 => Every,
        7 => Each { element }, 8 => Lock, 9 => Request { operation, due, retries },
    }
}

macro_rules! op_wire {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        impl Wire for Op {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Op::$name { $($field),* } => {
                        out.push($number);
                        $($field.put(out);)*
                    })*
                }
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                match from.byte()? {
                    $($number => Ok(Op::$name { $($field: Wire::take(from)?),* }),)*
                    other => Err(FileError::Choice("instruction", u64::from(other))),
                }
            }
        }
    };
}
crate::for_each_op!(op_wire);
