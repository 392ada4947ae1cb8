//! How plain values are written and read.

use super::FileError;
use crate::index::*;
use crate::op::{Builtin, Cmp, Def, DefWindow, Label, LineKind, Scales, Side, Stop, Use, UseWindow};
use crate::process::Channel;
use crate::rounding::Mode;

/// The deepest choice that contains choices: none does, so lists of lists are all there is.
pub(super) trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(from: &mut Reader<'_>) -> Result<Self, FileError>;
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes }
    }

    /// Bytes that were not read yet.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, FileError> {
        let (first, rest) = self.bytes.split_first().ok_or(FileError::CutShort)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn slice(&mut self, count: usize) -> Result<&'a [u8], FileError> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or(FileError::CutShort)?;
        self.bytes = rest;
        Ok(head)
    }

    fn unsigned(&mut self) -> Result<u128, FileError> {
        let mut value: u128 = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(FileError::Number("128 bits"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok(value)
    }
}

fn put_unsigned(mut value: u128, out: &mut Vec<u8>) {
    loop {
        let bits = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(bits);
            return;
        }
        out.push(bits | 0x80);
    }
}

macro_rules! unsigned {
    ($($ty:ty),*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                put_unsigned(*self as u128, out);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                <$ty>::try_from(from.unsigned()?).map_err(|_| FileError::Number(stringify!($ty)))
            }
        }
    )*};
}
unsigned!(u8, u16, u32);

macro_rules! signed {
    ($($ty:ty),*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                let wide = i128::from(*self);
                put_unsigned(((wide << 1) ^ (wide >> 127)) as u128, out);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                let folded = from.unsigned()?;
                let wide = (folded >> 1) as i128 ^ -((folded & 1) as i128);
                <$ty>::try_from(wide).map_err(|_| FileError::Number(stringify!($ty)))
            }
        }
    )*};
}
signed!(i32, i64, i128);

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(FileError::Choice("truth value", u64::from(other))),
        }
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_unsigned(self.len() as u128, out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        let length = u32::take(from)? as usize;
        let bytes = from.slice(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| FileError::Text)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_unsigned(self.len() as u128, out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        let length = u32::take(from)? as usize;
        // Every element takes a byte at least, so a forged length asks for no more memory than the file has bytes.
        if length > from.left() {
            return Err(FileError::CutShort);
        }
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(T::take(from)?);
        }
        Ok(items)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.put(out);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

impl<T: Wire + Copy> Wire for [T; 2] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        Ok([T::take(from)?, T::take(from)?])
    }
}

macro_rules! newtypes {
    ($($ty:ident),* $(,)?) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                Ok($ty(Wire::take(from)?))
            }
        }
    )*};
}
newtypes!(
    TextId,
    ShapeId,
    FuncId,
    CheckId,
    ConfigId,
    AccountId,
    DecisionId,
    TreeId,
    ChainId,
    SwitchId,
    ProcessId,
    StepId,
    ExpectId,
    PostId,
    PlaceId,
    ConstId,
    SourceId,
    EntityId,
    QueryId,
    MessageId,
    OperationId,
    PointId,
    UndoId,
    DutyId,
    Def,
    Use,
    UseWindow,
    DefWindow,
    Label,
);

/// Choices without parts, by their numbers.
macro_rules! choices {
    ($($ty:ident $what:literal [$($case:ident),* $(,)?])*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
                let number = from.byte()?;
                [$($ty::$case,)*]
                    .into_iter()
                    .find(|case| *case as u8 == number)
                    .ok_or(FileError::Choice($what, u64::from(number)))
            }
        }
    )*};
}
choices! {
    Cmp "comparison" [Eq, Ne, Lt, Le, Gt, Ge]
    Stop "reason to stop" [NoRow, SeveralRows, Assertion, Unreachable, RunFailed, Unhandled, Transition, RunWaits]
    Side "side of the books" [Debit, Credit]
    LineKind "kind of line" [Normal, Exchange, Revalue, Rounding]
    Channel "channel" [Email, Http]
    Mode "rounding mode" [HalfUp, HalfEven, HalfDown, Up, Down, Ceiling, Floor]
}

impl Wire for Builtin {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        let number = from.byte()?;
        Builtin::from_number(number).ok_or(FileError::Choice("built-in function", u64::from(number)))
    }
}

impl Wire for Scales {
    fn put(&self, out: &mut Vec<u8>) {
        self.up.put(out);
        self.down.put(out);
        self.how.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, FileError> {
        Ok(Scales { up: Wire::take(from)?, down: Wire::take(from)?, how: Wire::take(from)? })
    }
}
