//! What layout has to know of an item: where its lists, blocks, tables and long expressions begin and end, and which of
//! them were on several lines.

/// A stretch of pieces with a layout of its own. What no kid covers are plain pieces.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub from: usize,
    pub to: usize,
    pub kids: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Plain pieces and nodes in a row: a statement, a list's part.
    Run,
    /// Parts in brackets with commas between them; the kids are the parts.
    List(List),
    /// Parts in braces, each on a line; the kids are the parts. Blocks of one group are broken together.
    Block { layout: Layout, group: u32 },
    /// Segments that begin lines where the whole doesn't fit on one; the kids are the segments.
    Soft,
    /// A place before a clause where the line may end.
    Mark(Mark),
    /// `= expression` of a function.
    Body,
    /// An account or a line of a posting, with the beginnings of its columns.
    Line(Vec<usize>),
    /// A row of a decision table.
    Row(Row),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// Whether a comma may stand behind the last part.
    pub comma: bool,
    /// Whether one part alone gets one as well.
    pub comma_behind_one: bool,
    /// Whether many short parts may share a line.
    pub fill: bool,
    /// Whether it stays broken where it was broken behind its bracket.
    pub keeps: bool,
    /// Whether it keeps, and was.
    pub forced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Statements,
    Fields,
    Chart,
    /// `apart`: amounts stand two blanks behind their accounts.
    Postings {
        apart: bool,
    },
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// In the head of an item: `key`, `fails`. A brace behind it gets a line of its own.
    Head,
    /// `where`: likewise, but only where nothing else can be broken.
    Where,
    /// `within`, `else`, a handler: the braces behind it are those of the clause.
    Clause,
}

#[derive(Debug, Default)]
pub(super) struct Row {
    pub inputs: Vec<(usize, usize)>,
    pub outputs: Vec<(usize, usize)>,
    /// `default => …`
    pub default: bool,
}
