//! Instructions that make cells or read them: records, options, lists, maps, texts, runs.

use super::{Checked, Walk, window};
use crate::index::*;
use crate::op::*;
use crate::shape::{RegType, Shape};
use crate::verify::{fits, shape};

impl Walk<'_> {
    /// Instructions that make cells or read them.
    pub(super) fn cell_op(&mut self, op: &Op) -> Checked {
        use RegType::Word;
        match *op {
            Op::Record { dst, first } => match self.makes(dst)? {
                Shape::Record(r) => {
                    let types = self.fields(&r.fields)?;
                    self.read_window(first, types)
                }
                _ => Err("makes a record of something else".into()),
            },
            Op::Field { dst, a, field } => match self.cell(a)? {
                Shape::Record(r) => {
                    let field = r.fields.get(usize::from(field)).ok_or("there is no such field")?;
                    let ty = self.of(field.shape)?;
                    self.write(dst, ty)
                }
                _ => Err("reads a field of something else".into()),
            },
            Op::Variant { dst, case, first } => match self.makes(dst)? {
                Shape::Variant(e) => {
                    let types = self.fields(self.case(e, case)?)?;
                    self.read_window(first, types)
                }
                _ => Err("makes a case of something else".into()),
            },
            Op::Tag { dst, a } => match self.cell(a)? {
                Shape::Variant(_) => self.write(dst, Word),
                _ => Err("reads the case of something else".into()),
            },
            Op::Unpack { a, case, first, otherwise } => match self.cell(a)? {
                Shape::Variant(e) => {
                    self.effect.jumps.push(otherwise.0);
                    let types = self.fields(self.case(e, case)?)?;
                    for (i, ty) in types.into_iter().enumerate() {
                        self.write(Def(window(first.0, i)?), ty)?;
                    }
                    Ok(())
                }
                _ => Err("takes apart something else".into()),
            },
            Op::Some { dst, a } => {
                let ty = self.read(a)?;
                match self.makes(dst)? {
                    Shape::Option(of) if self.of(*of)? == ty => Ok(()),
                    _ => Err("makes an option of something else".into()),
                }
            }
            Op::None { dst } => match self.makes(dst)? {
                Shape::Option(_) => Ok(()),
                _ => Err("makes an option of something else".into()),
            },
            Op::Unsome { dst, a, otherwise } => match self.cell(a)? {
                Shape::Option(of) => {
                    self.effect.jumps.push(otherwise.0);
                    let ty = self.of(*of)?;
                    self.write(dst, ty)
                }
                _ => Err("looks into something else".into()),
            },
            Op::List { dst, first, count } => match self.makes(dst)? {
                Shape::List(of) => {
                    let ty = self.of(*of)?;
                    self.read_window(first, std::iter::repeat_n(ty, usize::from(count)))
                }
                _ => Err("makes a list of something else".into()),
            },
            Op::Append { dst, list, a } => {
                let of = self.element(list)?;
                self.wants_exactly(a, of)?;
                let own = self.reg(list.0)?;
                self.write_exactly(dst, own)
            }
            Op::Len { dst, list } => match self.cell(list)? {
                Shape::List(_) | Shape::Map(..) => self.write(dst, Word),
                _ => Err("counts something else".into()),
            },
            Op::Item { dst, list, index } => {
                let of = self.element(list)?;
                self.word(index)?;
                self.write(dst, of)
            }
            Op::MapNew { dst } => match self.makes(dst)? {
                Shape::Map(..) => Ok(()),
                _ => Err("makes a map of something else".into()),
            },
            Op::Put { dst, map, key, value } => {
                let (k, v) = self.map(map)?;
                self.wants_exactly(key, self.of(k)?)?;
                self.wants_exactly(value, self.of(v)?)?;
                let own = self.reg(map.0)?;
                self.write_exactly(dst, own)
            }
            Op::Get { dst, map, key } => {
                let (k, v) = self.map(map)?;
                self.wants_exactly(key, self.of(k)?)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == v => Ok(()),
                    _ => Err("reads a map into something else".into()),
                }
            }
            Op::Keys { dst, map } => {
                let (k, _) = self.map(map)?;
                self.makes_list_of(dst, k)
            }
            Op::Values { dst, map } => {
                let (_, v) = self.map(map)?;
                self.makes_list_of(dst, v)
            }
            Op::SortOrder { dst, keys, .. } => {
                let Shape::List(of) = self.cell(keys)? else { return Err("sorts something else".into()) };
                let sortable = matches!(shape(self.p, *of)?, Shape::Text) || self.of(*of)? == Word;
                match self.makes(dst)? {
                    Shape::List(of) if sortable && self.of(*of)? == Word => Ok(()),
                    _ => Err("sorts something without an order".into()),
                }
            }
            Op::Join { dst, first, count } => {
                self.begins(first)?;
                for i in 0..usize::from(count) {
                    self.text(Use(window(first.0, i)?))?;
                }
                self.makes_text(dst)
            }
            Op::Format { dst, a, shape } => {
                let (found, wanted) = (self.read(a)?, self.of(shape)?);
                if !(fits(found, wanted) || fits(wanted, found)) {
                    return Err("writes a value as one of another shape".into());
                }
                self.makes_text(dst)
            }
            Op::Pad { dst, a, .. } => {
                self.number(a)?;
                self.makes_text(dst)
            }
            Op::Builtin { dst, builtin, first } => {
                self.begins(first)?;
                for (i, ty) in builtin.params().iter().enumerate() {
                    let r = Use(window(first.0, i)?);
                    let found = self.read(r)?;
                    self.is_builtin(found, *ty)?;
                }
                self.effect.defs.push(dst.0);
                let found = self.reg(dst.0)?;
                self.is_builtin(found, builtin.result())
            }
            Op::RunGet { dst, process, key } => {
                let process = self.p.processes.get(process.index()).ok_or("there is no such process")?;
                self.text(key)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == process.outcome => Ok(()),
                    _ => Err("takes a run for something else".into()),
                }
            }
            Op::RunPut { process, key, run } => {
                let process = self.p.processes.get(process.index()).ok_or("there is no such process")?;
                self.text(key)?;
                let ty = self.of(process.outcome)?;
                self.wants_exactly(run, ty)
            }
            _ => Err("an instruction that the verifier does not know".into()),
        }
    }

    fn element(&mut self, list: Use) -> Checked<RegType> {
        match self.cell(list)? {
            Shape::List(of) => self.of(*of),
            _ => Err(format!("r{} is no list", list.0)),
        }
    }

    fn map(&mut self, map: Use) -> Checked<(ShapeId, ShapeId)> {
        match self.cell(map)? {
            Shape::Map(k, v) => Ok((*k, *v)),
            _ => Err(format!("r{} is no map", map.0)),
        }
    }

    fn makes_list_of(&mut self, dst: Def, of: ShapeId) -> Checked {
        match self.makes(dst)? {
            Shape::List(found) if *found == of => Ok(()),
            _ => Err("makes a list of something else".into()),
        }
    }

    /// For what is stored: a wide number has to be narrowed first.
    fn wants_exactly(&mut self, r: Use, ty: RegType) -> Checked {
        if self.read(r)? == ty { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    fn write_exactly(&mut self, r: Def, ty: RegType) -> Checked {
        self.effect.defs.push(r.0);
        if self.reg(r.0)? == ty { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    fn is_builtin(&self, found: RegType, wanted: BuiltinType) -> Checked {
        let fits = match (found, wanted) {
            (RegType::Word, BuiltinType::Word | BuiltinType::Wide) | (RegType::Wide, BuiltinType::Wide) => true,
            (RegType::Handle(s), wanted) => match (shape(self.p, s)?, wanted) {
                (Shape::Text, BuiltinType::Text)
                | (Shape::Period, BuiltinType::Period)
                | (Shape::Amount, BuiltinType::Amount) => true,
                (Shape::List(of), BuiltinType::TextList) => matches!(shape(self.p, *of)?, Shape::Text),
                _ => false,
            },
            _ => false,
        };
        if fits { Ok(()) } else { Err("a built-in function with a value of another type".into()) }
    }
}
