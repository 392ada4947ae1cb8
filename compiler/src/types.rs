//! Types as the checker knows them: with every scale, currency and unit.

use std::fmt;
use std::sync::Arc;

/// An ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    ModuleId,
    /// A record, with or without a name, in [`crate::typed::Checked::records`].
    RecordId,
    EnumId,
    /// A named type: `type PayMonth = Month where it >= 2024-01`.
    NamedId,
    /// A declared unit of measure that is not written in terms of another.
    UnitId,
    RoleId,
    DutyId,
    FnId,
    DecisionId,
    ProcessId,
    ConfigId,
    AccountId,
    /// A kind of stored documents.
    EntityId,
    /// A `where`.
    CheckId,
    StepId,
    /// A kind of message.
    MessageId,
    /// Another system.
    ServiceId,
    /// What another system can be asked for.
    OperationId,
    /// How a step is taken back.
    UndoId,
    /// A `let`, `var`, parameter or bound name of one function.
    LocalId,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `Int`, `Decimal<s>`
    None,
    /// A share that is written with `%`. Computes like `None`.
    Percent,
    Money(Currency),
    /// `None`: the base unit of the item it belongs to.
    Quantity(Option<UnitId>),
    /// Money per unit.
    Price(Currency, Option<UnitId>),
}

/// The type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Num {
    pub unit: Unit,
    /// Digits behind the point: at most 18 where it is stored, 36 in between.
    pub scale: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Of something that is wrong already; fits everything, so that one fault is told once.
    Invalid,
    /// Of what never gives a value: `fail`, `return`.
    Never,
    /// Of a block or an action that has no value.
    Nothing,
    Bool,
    Num(Num),
    Text,
    Date,
    DateTime,
    Time,
    Month,
    Duration,
    Period,
    Rounding,
    Role,
    /// Money whose currency is data.
    Amount,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    Option(Arc<Type>),
    Record(RecordId),
    Enum(EnumId),
    /// A named type with a `where`; it computes like what it is made of ([`crate::typed::Named::base`]).
    Named(NamedId),
    /// A run of a process that a test has started.
    Run(ProcessId),
    /// A stored document: a reference, whose fields are read as they are in the running step.
    Entity(EntityId),
    /// An entry that was posted.
    Posting,
    /// An amount that is held on an account, to be settled exactly once.
    Hold(Arc<Type>),
}

/// The largest scale that a stored number may have, in digits.
pub const SCALE_STORED_MAX: u8 = 18;
/// The largest scale that a number in between may have, in digits.
pub const SCALE_BETWEEN_MAX: u8 = 36;
/// The scale of `Percent`, and of `Decimal` and `Quantity` without one.
pub const SCALE_DEFAULT: u8 = 6;
/// How many digits more than the minor unit a `Price` has unless it says otherwise.
pub const SCALE_PRICE_EXTRA: u8 = 4;

impl Type {
    pub const INT: Type = Type::Num(Num { unit: Unit::None, scale: 0 });

    pub fn decimal(scale: u8) -> Type {
        Type::Num(Num { unit: Unit::None, scale })
    }

    pub fn percent() -> Type {
        Type::Num(Num { unit: Unit::Percent, scale: SCALE_DEFAULT })
    }

    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    pub fn option(of: Type) -> Type {
        Type::Option(Arc::new(of))
    }

    pub fn is_invalid(&self) -> bool {
        matches!(self, Type::Invalid)
    }
}
