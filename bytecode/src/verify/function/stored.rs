//! Instructions about stored documents and holds.

use super::{Checked, Walk};
use crate::index::*;
use crate::op::*;
use crate::program::{Account, Entity};
use crate::shape::{FieldShape, RegType, Shape, Unit};
use crate::verify::{reg_type, shape};

impl<'p> Walk<'p> {
    pub(super) fn stored_op(&mut self, op: &Op) -> Checked {
        use RegType::{Wide, Word};
        match *op {
            Op::Create { dst, entity, record } => {
                self.document_record(entity, record)?;
                self.write(dst, Word)
            }
            Op::Document { dst, entity, a } => {
                let shape = self.entity(entity)?.record;
                self.word(a)?;
                self.write(dst, RegType::Handle(shape))
            }
            Op::Change { entity, a, record } => {
                self.word(a)?;
                self.document_record(entity, record)
            }
            Op::Lookup { dst, entity, first } => {
                let (fields, key) = (self.entity_fields(entity)?, &self.entity(entity)?.key);
                let types = key.iter().map(|field| self.of_field(fields, *field)).collect::<Checked<Vec<_>>>()?;
                self.read_window(first, types)?;
                match self.makes(dst)? {
                    Shape::Option(of) if self.is_reference(*of, entity)? => Ok(()),
                    _ => Err("looks a document up into something else".into()),
                }
            }
            Op::Find { dst, query, first } => {
                let query = self.p.queries.get(query.index()).ok_or("there is no such query")?;
                let fields = self.entity_fields(query.entity)?;
                let mut types = Vec::with_capacity(query.conditions.len() + 1);
                for (path, _) in &query.conditions {
                    types.push(match path.as_slice() {
                        [field] => self.of_field(fields, *field)?,
                        path => self.of(self.p.field_at(query.entity, path).ok_or("a path that leads nowhere")?)?,
                    });
                }
                types.extend(query.limit.then_some(Word));
                self.read_window(first, types)?;
                match self.makes(dst)? {
                    Shape::List(of) if self.is_reference(*of, query.entity)? => Ok(()),
                    _ => Err("finds documents into something else".into()),
                }
            }
            Op::Number { dst, entity, period } => {
                self.entity(entity)?;
                self.text(period)?;
                self.write(dst, Word)
            }
            Op::Held { dst, account, first } => {
                self.dimensions(account, first)?;
                self.write(dst, Wide)
            }
            Op::Hold { dst, account, amount, first } => {
                self.dimensions(account, first)?;
                self.word(amount)?;
                self.write(dst, Word)
            }
            Op::Settle { hold, commit } => {
                if commit > 1 {
                    return Err(format!("there is no way {commit} to settle a hold"));
                }
                self.word(hold)
            }
            Op::CommitPart { dst, hold, amount } => {
                self.word(hold)?;
                self.word(amount)?;
                self.write(dst, Word)
            }
            Op::Take { dst, account, amount, first } => {
                self.dimensions(account, first)?;
                self.word(amount)?;
                let Shape::List(of) = self.makes(dst)? else { return Err("takes lots into something else".into()) };
                match shape(self.p, *of)? {
                    Shape::Record(part) if part.fields.len() == 3 => {
                        for field in &part.fields {
                            if self.of(field.shape)? != Word {
                                return Err("a part of a lot that is no number".into());
                            }
                        }
                        Ok(())
                    }
                    _ => Err("takes lots into something else".into()),
                }
            }
            Op::LineWorth { worth } => self.word(worth),
            Op::LineOver { role } => self.word(role),
            Op::PostValued { account, amount, rate, first, .. } => {
                self.word(amount)?;
                self.text(rate)?;
                let account = self.account(account)?;
                let mut types = account.dimensions.iter().map(|(_, of)| self.of(*of)).collect::<Checked<Vec<_>>>()?;
                types.push(Word);
                self.read_window(first, types)
            }
            Op::PostRounding { account, first } => {
                // What is lacking is counted in the last digit of the book currency.
                let own = match shape(self.p, self.account(account)?.shape)? {
                    Shape::Number { scale, unit: Unit::Money(of) } => {
                        *scale == self.p.currency.1 && self.p.texts.get(of.index()) == Some(&self.p.currency.0)
                    }
                    _ => false,
                };
                if !own {
                    return Err("rounds to an account that is not in the book currency".into());
                }
                self.dimensions(account, first)
            }
            Op::BookValue { dst, account, first } => {
                self.dimensions(account, first)?;
                self.write(dst, Wide)
            }
            Op::Free { account, amount, first } => {
                self.dimensions(account, first)?;
                self.word(amount)
            }
            Op::Available { dst, account, first } => {
                self.bounded(account, first)?;
                self.write(dst, Wide)
            }
            Op::Room { dst, account, wanted, first } => {
                self.bounded(account, first)?;
                self.wants(wanted, Wide)?;
                self.write(dst, Wide)
            }
            Op::Bound { account, first } => self.bounded(account, first),
            Op::HoldOver { dst, account, amount, role, first } => {
                self.bounded(account, first)?;
                self.word(amount)?;
                self.word(role)?;
                self.write(dst, Word)
            }
            Op::FirstOpen { dst } | Op::Posted { dst } => self.write(dst, Word),
            Op::FirstOpenIn { dst, book } => {
                self.text(book)?;
                self.write(dst, Word)
            }
            Op::PostIn { book } => self.text(book),
            Op::BalanceIn { dst, account, book, first } => {
                self.text(book)?;
                self.dimensions(account, first)?;
                self.write(dst, Wide)
            }
            Op::BalanceAt { dst, account, worth, book, first } => {
                if worth > 1 {
                    return Err(format!("a balance is an amount (0) or what it is worth (1), not {worth}"));
                }
                self.text(book)?;
                let known = self.p.accounts.get(account.index()).ok_or("there is no such account")?;
                let mut types = known.dimensions.iter().map(|(_, s)| self.of(*s)).collect::<Checked<Vec<_>>>()?;
                types.push(Word);
                self.read_window(first, types)?;
                self.write(dst, Wide)
            }
            Op::Reverse { entry } => self.word(entry),
            Op::ClosePeriod { day } => self.word(day),
            _ => Err("an instruction that the verifier does not know".into()),
        }
    }

    fn account(&self, id: AccountId) -> Checked<&'p Account> {
        self.p.accounts.get(id.index()).ok_or_else(|| "there is no such account".into())
    }

    fn entity(&self, id: EntityId) -> Checked<&'p Entity> {
        self.p.entities.get(id.index()).ok_or_else(|| "there is no such entity".into())
    }

    fn entity_fields(&self, id: EntityId) -> Checked<&'p [FieldShape]> {
        match shape(self.p, self.entity(id)?.record)? {
            Shape::Record(record) => Ok(&record.fields),
            _ => Err("a document is no record".into()),
        }
    }

    fn of_field(&self, fields: &[FieldShape], field: u16) -> Checked<RegType> {
        let field = fields.get(usize::from(field)).ok_or("there is no such field")?;
        reg_type(self.p, field.shape)
    }

    fn document_record(&mut self, entity: EntityId, record: Use) -> Checked {
        let shape = self.entity(entity)?.record;
        self.wants(record, RegType::Handle(shape))
    }

    fn is_reference(&self, of: ShapeId, entity: EntityId) -> Checked<bool> {
        Ok(matches!(shape(self.p, of)?, Shape::Document(found) if *found == entity))
    }
}
