//! Stored documents and holds, as a running step sees them.
//!
//! A document is read from the world once a step and then kept as a cell; a change makes a new cell of it and tells
//! the world. So reading a field costs as much as reading that of a record, and a cell that somebody holds never
//! changes.

use bp_bytecode::index::{AccountId, EntityId, QueryId, ShapeId};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;

use crate::fault::{FaultKind, Raise};
use crate::values::{put_value, value_of};
use crate::vm::{Outside, Vm};
use crate::world::{At, View};

impl Vm<'_> {
    /// The shape of an entity's documents.
    fn document_shape(&self, entity: EntityId) -> ShapeId {
        self.program.entities[entity.index()].record
    }

    pub(crate) fn create(&mut self, entity: EntityId, record: u64, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        let document = value_of(self.program, &self.heap, self.document_shape(entity), record);
        let reference = outside.world.create(entity, document)?;
        self.documents.insert((entity, reference), record);
        Ok(reference.into())
    }

    /// The cell of a document.
    pub(crate) fn document(
        &mut self,
        entity: EntityId,
        reference: i128,
        outside: &mut Outside<'_>,
    ) -> Result<u64, Raise> {
        let reference = reference as i64;
        if let Some(cell) = self.documents.get(&(entity, reference)) {
            return Ok(*cell);
        }
        let document = outside.world.document(entity, reference)?;
        let shape = self.document_shape(entity);
        let cell = put_value(self.program, &mut self.heap, shape, &document)?;
        self.documents.insert((entity, reference), cell);
        Ok(cell)
    }

    pub(crate) fn change(
        &mut self,
        entity: EntityId,
        reference: i128,
        record: u64,
        outside: &mut Outside<'_>,
    ) -> Result<(), Raise> {
        let document = value_of(self.program, &self.heap, self.document_shape(entity), record);
        outside.world.change(entity, reference as i64, document)?;
        self.documents.insert((entity, reference as i64), record);
        Ok(())
    }

    /// The reference that a key leads to, as an option.
    pub(crate) fn lookup(&mut self, entity: EntityId, key: &[i128], outside: &mut Outside<'_>) -> Result<u64, Raise> {
        let fields = self.program.entities[entity.index()].key.iter();
        let key = self.field_values(entity, fields.copied().zip(key.iter().copied()));
        match outside.world.lookup(entity, key)? {
            Some(reference) => self.heap.cell(&[reference as u64]),
            None => Ok(0),
        }
    }

    /// The references that a query finds, as a list.
    pub(crate) fn find(&mut self, query: QueryId, window: &[i128], outside: &mut Outside<'_>) -> Result<u64, Raise> {
        let asked = &self.program.queries[query.index()];
        let conditions = asked.conditions.iter().zip(window.iter().copied());
        let value = |((path, _), register): (&(Vec<u16>, _), i128)| {
            let shape = self.program.field_at(asked.entity, path)?;
            Some(value_of(self.program, &self.heap, shape, register as u64))
        };
        let values = conditions.filter_map(value).collect();
        // Nothing is found where less than nothing is asked for.
        let limit = asked.limit.then(|| window.last().map_or(0, |limit| u64::try_from(*limit).unwrap_or(0)));
        let found = outside.world.find(query, values, limit)?;
        self.works(found.len())?;
        let slots: Vec<u64> = found.into_iter().map(|reference| reference as u64).collect();
        self.heap.list(&slots)
    }

    /// Values of an entity's fields, from registers.
    fn field_values(&self, entity: EntityId, fields: impl Iterator<Item = (u16, i128)>) -> Vec<Value> {
        let Shape::Record(record) = &self.program.shapes[self.document_shape(entity).index()] else {
            return Vec::new();
        };
        let value = |(field, register): (u16, i128)| {
            value_of(self.program, &self.heap, record.fields[usize::from(field)].shape, register as u64)
        };
        fields.map(value).collect()
    }

    pub(crate) fn next_number(
        &mut self,
        entity: EntityId,
        period: u64,
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let period = self.heap.text(period).to_owned();
        Ok(outside.world.number(entity, &period)?.into())
    }

    pub(crate) fn held(&mut self, account: AccountId, dims: &[i128], outside: &mut Outside<'_>) -> Result<i128, Raise> {
        let dims = slots(dims);
        Ok(outside.world.held(account, &dims, View { program: self.program, heap: &self.heap })?)
    }

    pub(crate) fn hold(
        &mut self,
        account: AccountId,
        amount: i128,
        dims: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let (dims, amount) = (slots(dims), at_least_nothing(amount, "hold")?);
        let view = View { program: self.program, heap: &self.heap };
        Ok(outside.world.hold(account, amount, &dims, view)?.into())
    }

    pub(crate) fn commit_part(&mut self, hold: i128, part: i128, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        let part = at_least_nothing(part, "commit")?;
        Ok(outside.world.commit_part(hold as i64, part)?.into())
    }

    /// What was taken of each lot, as a list of records.
    pub(crate) fn take(
        &mut self,
        account: AccountId,
        amount: i128,
        dims: &[i128],
        list: ShapeId,
        outside: &mut Outside<'_>,
    ) -> Result<u64, Raise> {
        let (dims, amount) = (slots(dims), at_least_nothing(amount, "take")?);
        let view = View { program: self.program, heap: &self.heap };
        let parts = match amount {
            0 => Vec::new(),
            _ => outside.world.take(account, amount, &dims, view)?,
        };
        self.works(parts.len())?;
        let part = |part: &crate::world::LotPart| {
            Value::Record([part.lot, part.amount, part.cost].into_iter().map(Value::Word).collect())
        };
        put_value(self.program, &mut self.heap, list, &Value::List(parts.iter().map(part).collect()))
    }

    pub(crate) fn free(
        &mut self,
        account: AccountId,
        amount: i128,
        dims: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<(), Raise> {
        let (dims, amount) = (slots(dims), at_least_nothing(amount, "free")?);
        let view = View { program: self.program, heap: &self.heap };
        Ok(outside.world.free(account, amount, &dims, view)?)
    }

    /// The first open day, of another book where one is named.
    pub(crate) fn first_open(&mut self, book: Option<u64>, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        let book = book.map(|book| self.heap.text(book));
        Ok(crate::time::checked_day(Some(outside.world.first_open(book)?))?.into())
    }

    pub(crate) fn balance_in(
        &mut self,
        account: AccountId,
        book: u64,
        dims: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let view = View { program: self.program, heap: &self.heap };
        Ok(outside.world.balance_in(account, self.heap.text(book), &slots(dims), view)?)
    }

    pub(crate) fn balance_at(
        &mut self,
        account: AccountId,
        worth: bool,
        book: u64,
        spot: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let Some((day, dims)) = spot.split_last() else { return Ok(0) };
        let day = crate::time::checked_day(i64::try_from(*day).ok())?;
        let view = View { program: self.program, heap: &self.heap };
        let book = Some(self.heap.text(book)).filter(|book| !book.is_empty());
        Ok(outside.world.balance_at(account, At { book, day, worth }, &slots(dims), view)?)
    }

    pub(crate) fn book_value(
        &mut self,
        account: AccountId,
        dims: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let view = View { program: self.program, heap: &self.heap };
        Ok(outside.world.book_value(account, &slots(dims), view)?)
    }

    pub(crate) fn available(
        &mut self,
        account: AccountId,
        wanted: Option<i128>,
        spot: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let (dims, bounds) = self.dims_and_bounds(account, spot);
        let view = View { program: self.program, heap: &self.heap };
        Ok(outside.world.available(account, wanted, &dims, &bounds, view)?)
    }

    pub(crate) fn bound(&mut self, account: AccountId, spot: &[i128], outside: &mut Outside<'_>) -> Result<(), Raise> {
        let (dims, bounds) = self.dims_and_bounds(account, spot);
        let view = View { program: self.program, heap: &self.heap };
        let book = self.posting.book.filter(|_| self.posting.open).map(|book| self.heap.text(book));
        Ok(outside.world.bound(account, book, &dims, &bounds, view)?)
    }

    pub(crate) fn hold_over(
        &mut self,
        account: AccountId,
        amount: i128,
        role: i128,
        spot: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let amount = at_least_nothing(amount, "hold")?;
        let (dims, bounds) = self.dims_and_bounds(account, spot);
        let view = View { program: self.program, heap: &self.heap };
        let role = view.role(role);
        outside.world.bound(account, None, &dims, &bounds, view)?;
        Ok(outside.world.hold_over(account, amount, role, &dims, view)?.into())
    }

    fn dims_and_bounds(&self, account: AccountId, spot: &[i128]) -> (Vec<u64>, Vec<i64>) {
        let (dims, bounds) = spot.split_at(self.program.accounts[account.index()].dimensions.len());
        (slots(dims), bounds.iter().map(|bound| *bound as i64).collect())
    }

    /// What the last entry is called.
    pub(crate) fn posted(&mut self, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        Ok(if self.posting.was_empty() { 0 } else { outside.world.posted()?.into() })
    }

    pub(crate) fn reverse(&mut self, entry: i128, outside: &mut Outside<'_>) -> Result<(), Raise> {
        // Of nothing that was posted nothing is taken back.
        if entry == 0 { Ok(()) } else { Ok(outside.world.reverse(entry as i64)?) }
    }

    /// Documents are read anew behind it: what was done before is committed.
    pub(crate) fn close_period(&mut self, day: i128, outside: &mut Outside<'_>) -> Result<(), Raise> {
        let day = crate::time::checked_day(i64::try_from(day).ok())?;
        self.documents.clear();
        Ok(outside.world.close_period(day)?)
    }
}

fn slots(registers: &[i128]) -> Vec<u64> {
    registers.iter().map(|register| *register as u64).collect()
}

fn at_least_nothing(amount: i128, what: &str) -> Result<i64, Raise> {
    match i64::try_from(amount) {
        Ok(amount) if amount >= 0 => Ok(amount),
        _ => Err(Box::new(FaultKind::Refused(format!("`{what}` of less than nothing").into()))),
    }
}
