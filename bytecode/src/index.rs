//! Numbers of things in the tables of a [`crate::Program`].

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident($int:ty)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A text of the program: names, codes, literals.
    TextId(u32),
    ShapeId(u32),
    FuncId(u32),
    /// A `where`.
    CheckId(u16),
    ConfigId(u16),
    AccountId(u16),
    /// A decision, for derivations and coverage.
    DecisionId(u16),
    /// A search tree of a decision.
    TreeId(u16),
    /// A product and quotient chain that is rounded once.
    ChainId(u16),
    /// A jump table.
    SwitchId(u16),
    ProcessId(u16),
    StepId(u16),
    /// What an `expect` compares.
    ExpectId(u16),
    PostId(u16),
    PlaceId(u32),
    /// A literal number of the program.
    ConstId(u32),
    SourceId(u16),
    /// A kind of stored documents.
    EntityId(u16),
    /// A `find`.
    QueryId(u16),
    /// A kind of message.
    MessageId(u16),
    /// What another system can be asked for.
    OperationId(u16),
    /// A place where a process rests.
    PointId(u32),
    /// What somebody does in a process, so that nobody does two that are to be separate.
    DutyId(u16),
    /// What takes back a step.
    UndoId(u16),
}
