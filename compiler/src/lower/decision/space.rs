//! The cells of a decision as sets: what the search tree is made from.
//!
//! The values of a column fall into *atoms*: stretches that no row tells apart. A cell is a list of stretches of
//! atoms. Ordered columns (numbers, dates, enums, truth values) are cut at the edges that occur in cells; text
//! columns have an atom for each text that occurs, one for all others, and one for `none` where there may be none.

use crate::lower::tables::Tables;
use crate::typed::{Cell, CellItem, Constant, Decision, Local, T, TExpr};
use crate::types::{LocalId, Type};
use bp_bytecode::op::Cmp;
use smol_str::SmolStr;

/// Atoms `start..end`.
pub type Stretch = (u32, u32);

/// What `none` is as a number: below every value, none of which has more than 64 bits where it is optional.
pub const NONE: i128 = i128::MIN;
/// What `none` is among the numbers of an enum's cases or the truth values.
pub const NONE_CASE: i64 = -1;

pub struct Column {
    pub input: LocalId,
    pub optional: bool,
    pub kind: Kind,
    /// How many atoms there are.
    pub atoms: u32,
    /// One for each row: stretches in order that do not touch.
    pub cells: Vec<Vec<Stretch>>,
}

pub enum Kind {
    /// Atom k begins at edge k - 1; the first one has no beginning.
    Ordered {
        edges: Vec<i128>,
        /// The lowest value and how many there are, where they are few and all known.
        domain: Option<(i64, usize)>,
    },
    /// Atoms in order: the keys, any other text, `none`.
    Text { keys: Vec<SmolStr> },
}

pub struct Space {
    /// The columns that some cell of constants tests.
    pub columns: Vec<Column>,
    /// For each row the columns, by their number in the decision, whose cells are tested by code.
    pub tested: Vec<Vec<usize>>,
}

/// A set of values of a column, before atoms are known.
enum Set {
    Numbers(Vec<(i128, i128)>),
    /// Texts, or all but them; whether `none` is in.
    Texts {
        keys: Vec<SmolStr>,
        others: bool,
        none: bool,
    },
}

/// How a column's type is seen.
struct View {
    optional: bool,
    text: bool,
    scale: u8,
    /// For each value of an enum, or the truth values.
    domain: Option<usize>,
    /// What the values begin at, `none` excluded.
    lowest: i128,
}

impl Space {
    pub fn new(tables: &Tables, decision: &Decision, locals: &[Local]) -> Space {
        let rows = decision.rows.len();
        let mut space = Space { columns: Vec::new(), tested: vec![Vec::new(); rows] };
        for (number, input) in decision.columns.iter().enumerate() {
            let view = locals.get(input.index()).and_then(|local| View::new(tables, &local.ty));
            let mut sets: Vec<Option<Set>> = Vec::with_capacity(rows);
            for (row, tested) in decision.rows.iter().zip(&mut space.tested) {
                let cell = row.cells.get(number).filter(|cell| !is_any(cell));
                let set = match (cell, &view) {
                    (None, _) => None,
                    (Some(cell), Some(view)) => {
                        let set = view.set(tables, cell, *input);
                        if set.is_none() {
                            tested.push(number);
                        }
                        set
                    }
                    (Some(_), None) => {
                        tested.push(number);
                        None
                    }
                };
                sets.push(set);
            }
            if let Some(view) = view
                && sets.iter().any(Option::is_some)
            {
                space.columns.push(view.column(*input, sets));
            }
        }
        space
    }
}

fn is_any(cell: &Cell) -> bool {
    cell.items.is_empty() && !cell.negated
}

impl View {
    /// `None` for a type whose values have neither order nor equality as words or texts.
    fn new(tables: &Tables, ty: &Type) -> Option<View> {
        let (optional, inner) = match tables.base(ty) {
            Type::Option(of) => (true, tables.base(of)),
            ty => (false, ty),
        };
        let domain = match inner {
            Type::Bool => Some(2),
            Type::Enum(id) if !tables.is_variant(*id) => Some(tables.checked.enums[id.index()].cases.len()),
            Type::Num(_) | Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration => None,
            Type::Rounding | Type::Role | Type::Text => None,
            _ => return None,
        };
        let lowest = match (optional, domain) {
            (_, Some(_)) => 0,
            (true, None) => NONE + 1,
            (false, None) => i128::MIN,
        };
        Some(View { optional, text: *inner == Type::Text, scale: tables.scale(inner), domain, lowest })
    }

    fn none(&self) -> (i128, i128) {
        match self.domain {
            Some(_) => (i128::from(NONE_CASE), i128::from(NONE_CASE) + 1),
            None => (NONE, NONE + 1),
        }
    }

    /// The set that a cell is; `None` if code has to test it.
    fn set(&self, tables: &Tables, cell: &Cell, input: LocalId) -> Option<Set> {
        if self.text {
            let (mut keys, mut none) = (Vec::new(), false);
            for item in &cell.items {
                match self.item(tables, item, input)? {
                    Item::None => none = true,
                    Item::Text(text) => keys.push(text),
                    Item::Numbers(_) => return None,
                }
            }
            return Some(Set::Texts { keys, others: cell.negated, none: none != cell.negated });
        }
        let mut ranges = Vec::new();
        for item in &cell.items {
            match self.item(tables, item, input)? {
                Item::None => ranges.push(self.none()),
                Item::Numbers(numbers) => ranges.extend(numbers),
                Item::Text(_) => return None,
            }
        }
        normalize(&mut ranges);
        if cell.negated {
            let start = if self.optional { self.none().0 } else { self.lowest };
            ranges = complement(&ranges, start);
        }
        Some(Set::Numbers(ranges))
    }

    fn item(&self, tables: &Tables, item: &CellItem, input: LocalId) -> Option<Item> {
        match item {
            CellItem::Equals(e) => match tables.constant_of(e)? {
                Constant::None if self.optional => Some(Item::None),
                Constant::Some(of) if self.optional => {
                    let Type::Option(inner) = tables.base(&e.ty) else {
                        return None;
                    };
                    self.equals(tables, *of, inner)
                }
                constant => self.equals(tables, constant, &e.ty),
            },
            CellItem::Compare(how, e) => {
                let bound = self.bound(tables, e)?;
                Some(Item::Numbers(self.compared(*how, bound)))
            }
            CellItem::Range { low, high } => {
                let mut range = (self.lowest, i128::MAX);
                if let Some((low, closed)) = low {
                    let bound = self.bound(tables, low)?;
                    range.0 = range.0.max(if *closed { bound.at_least() } else { bound.above() });
                }
                if let Some((high, closed)) = high {
                    let bound = self.bound(tables, high)?;
                    range.1 = if *closed { bound.above() } else { bound.at_least() };
                }
                Some(Item::Numbers(if range.0 < range.1 { vec![range] } else { Vec::new() }))
            }
            CellItem::Condition(e) => is_none_test(e, input).filter(|_| self.optional),
        }
    }

    fn equals(&self, tables: &Tables, constant: Constant, ty: &Type) -> Option<Item> {
        match constant {
            Constant::Text(text) if self.text => Some(Item::Text(text)),
            Constant::Case(case, payload) if payload.is_empty() && !self.text => {
                Some(Item::Numbers(self.compared(Cmp::Eq, Bound::new(i128::from(case), 0, 0))))
            }
            Constant::Number(number) if !self.text => {
                Some(Item::Numbers(self.compared(Cmp::Eq, Bound::new(number, tables.scale(ty), self.scale))))
            }
            _ => None,
        }
    }

    fn bound(&self, tables: &Tables, e: &TExpr) -> Option<Bound> {
        match tables.constant_of(e)? {
            Constant::Number(number) if !self.text => Some(Bound::new(number, tables.scale(&e.ty), self.scale)),
            _ => None,
        }
    }

    fn compared(&self, how: Cmp, bound: Bound) -> Vec<(i128, i128)> {
        let (low, at, above, high) = (self.lowest, bound.at_least(), bound.above(), i128::MAX);
        let ranges = match how {
            Cmp::Eq => vec![(at, above)],
            Cmp::Ne => vec![(low, at), (above, high)],
            Cmp::Lt => vec![(low, at)],
            Cmp::Le => vec![(low, above)],
            Cmp::Gt => vec![(above, high)],
            Cmp::Ge => vec![(at, high)],
        };
        ranges.into_iter().map(|range| (range.0.max(low), range.1)).filter(|range| range.0 < range.1).collect()
    }

    fn column(self, input: LocalId, sets: Vec<Option<Set>>) -> Column {
        let optional = self.optional;
        if self.text {
            let mut keys: Vec<SmolStr> = Vec::new();
            for set in sets.iter().flatten() {
                if let Set::Texts { keys: own, .. } = set {
                    keys.extend(own.iter().cloned());
                }
            }
            keys.sort_unstable();
            keys.dedup();
            let other = keys.len() as u32;
            let atoms = other + 1 + u32::from(optional);
            let cells = sets.into_iter().map(|set| text_stretches(set, &keys, optional)).collect();
            return Column { input, optional, kind: Kind::Text { keys }, atoms, cells };
        }
        let first = if optional { self.none().0 } else { self.lowest };
        let mut edges: Vec<i128> = Vec::new();
        for set in sets.iter().flatten() {
            if let Set::Numbers(ranges) = set {
                edges.extend(ranges.iter().flat_map(|range| [range.0, range.1]));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        // Nothing lies before the first value, or behind the last one of an enum.
        let beyond = self.domain.map_or(i128::MAX, |count| count as i128);
        edges.retain(|edge| *edge > first && *edge < beyond);
        let atoms = edges.len() as u32 + 1;
        let atom = |value: i128| match value {
            _ if value <= first => 0,
            _ if value >= beyond => atoms,
            _ => edges.partition_point(|edge| *edge <= value) as u32,
        };
        let cells = sets
            .into_iter()
            .map(|set| match set {
                Some(Set::Numbers(ranges)) => {
                    ranges.iter().map(|range| (atom(range.0), atom(range.1))).filter(|s| s.0 < s.1).collect()
                }
                _ => vec![(0, atoms)],
            })
            .collect();
        let domain = self.domain.map(|count| match optional {
            true => (NONE_CASE, count + 1),
            false => (0, count),
        });
        Column { input, optional, kind: Kind::Ordered { edges, domain }, atoms, cells }
    }
}

enum Item {
    None,
    Text(SmolStr),
    Numbers(Vec<(i128, i128)>),
}

/// A number between two of a column's grid, or on it.
#[derive(Clone, Copy)]
struct Bound {
    floor: i128,
    exact: bool,
}

impl Bound {
    /// A number of one scale on the grid of another. What is beyond 128 bits is beyond every value.
    fn new(number: i128, scale: u8, grid: u8) -> Bound {
        if scale <= grid {
            let lifted = 10_i128.checked_pow(u32::from(grid - scale)).and_then(|tens| number.checked_mul(tens));
            return match lifted {
                Some(floor) => Bound { floor, exact: true },
                None if number > 0 => Bound { floor: i128::MAX, exact: false },
                None => Bound { floor: i128::MIN, exact: false },
            };
        }
        match 10_i128.checked_pow(u32::from(scale - grid)) {
            Some(tens) => Bound { floor: number.div_euclid(tens), exact: number.rem_euclid(tens) == 0 },
            None => Bound { floor: if number < 0 { -1 } else { 0 }, exact: number == 0 },
        }
    }

    /// The least number of the grid that is not below.
    fn at_least(self) -> i128 {
        if self.exact { self.floor } else { self.floor.saturating_add(1) }
    }

    /// The least number of the grid that is above.
    fn above(self) -> i128 {
        self.floor.saturating_add(1)
    }
}

/// Sorts ranges and joins those that touch.
fn normalize(ranges: &mut Vec<(i128, i128)>) {
    ranges.sort_unstable();
    let mut joined: Vec<(i128, i128)> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match joined.last_mut() {
            Some(last) if range.0 <= last.1 => last.1 = last.1.max(range.1),
            _ => joined.push(range),
        }
    }
    *ranges = joined;
}

fn complement(ranges: &[(i128, i128)], start: i128) -> Vec<(i128, i128)> {
    let (mut rest, mut from) = (Vec::new(), start);
    for range in ranges {
        if from < range.0 {
            rest.push((from, range.0));
        }
        from = from.max(range.1);
    }
    if from < i128::MAX {
        rest.push((from, i128::MAX));
    }
    rest
}

fn text_stretches(set: Option<Set>, keys: &[SmolStr], optional: bool) -> Vec<Stretch> {
    let other = keys.len() as u32;
    let atoms = other + 1 + u32::from(optional);
    let Some(Set::Texts { keys: own, others, none }) = set else {
        return vec![(0, atoms)];
    };
    let mut named: Vec<u32> =
        own.iter().filter_map(|key| keys.binary_search(key).ok()).map(|atom| atom as u32).collect();
    named.sort_unstable();
    named.dedup();
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut push = |stretch: Stretch| match stretches.last_mut() {
        _ if stretch.0 == stretch.1 => {}
        Some(last) if last.1 == stretch.0 => last.1 = stretch.1,
        _ => stretches.push(stretch),
    };
    if others {
        let mut from = 0;
        for atom in named {
            push((from, atom));
            from = atom + 1;
        }
        push((from, other + 1));
    } else {
        named.into_iter().for_each(|atom| push((atom, atom + 1)));
    }
    if none && optional {
        push((other + 1, other + 2));
    }
    stretches
}

/// Whether a condition asks whether the input is `none`, and nothing else.
fn is_none_test(e: &TExpr, input: LocalId) -> Option<Item> {
    let is_input = |e: &TExpr| matches!(e.kind, T::Local(local) if local == input);
    let is_none = |e: &TExpr| matches!(e.kind, T::Constant(Constant::None));
    match &e.kind {
        T::Equal(a, b) if (is_input(a) && is_none(b)) || (is_none(a) && is_input(b)) => Some(Item::None),
        _ => None,
    }
}
