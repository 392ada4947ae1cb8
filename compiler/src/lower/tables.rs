//! The tables of a program under construction: everything that has a number is interned here.

use super::error::{Limit, Result, next_index, next_wide_index, passed};
use super::wheres::Derived;
use crate::prove::Shown;
use crate::source::{Place, Sources};
use crate::typed::{Case, Checked, Field};
use crate::types::{EnumId, Num, RecordId, SCALE_STORED_MAX, Type, Unit};
use bp_bytecode::Program;
use bp_bytecode::index::{ChainId, CheckId, ConstId, EntityId, FuncId, PlaceId, ShapeId, SourceId, TextId};
use bp_bytecode::program::{self, Chain};
use bp_bytecode::shape::{self, CaseShape, EnumShape, FieldShape, RecordShape, RegType, Shape};
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashMap};

pub(super) struct Tables<'a> {
    pub checked: &'a Checked,
    pub sources: &'a Sources,
    /// What needs no check when the program runs.
    pub shown: &'a Shown,
    pub program: Program,
    pub tree_nodes_max: u64,
    /// The variables of the process at hand that somebody looks at, if it is one that lives.
    pub noted: Option<&'a BTreeSet<SmolStr>>,
    /// Conditions that are made of declared ones, and the functions they need.
    pub derived: Derived,
    texts: HashMap<String, TextId>,
    constants: HashMap<i128, ConstId>,
    shapes: HashMap<Shape, ShapeId>,
    /// Shapes of types that have been asked for; `None` while one is being made.
    types: HashMap<Type, Option<ShapeId>>,
    chains: HashMap<Chain, ChainId>,
    places: HashMap<Place, PlaceId>,
    /// The place that was asked for last: instructions in a row often stand at one.
    last_place: Option<(Place, PlaceId)>,
}

/// Whose field a shape describes: that says what its checks take.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Record(RecordId),
    Payload,
    /// A parameter of a process: its checks take the value alone.
    Process,
}

impl<'a> Tables<'a> {
    pub fn new(checked: &'a Checked, sources: &'a Sources, shown: &'a Shown, tree_nodes_max: u64) -> Self {
        Tables {
            checked,
            sources,
            shown,
            program: Program::default(),
            tree_nodes_max,
            noted: None,
            derived: Derived::new(checked),
            texts: HashMap::new(),
            constants: HashMap::new(),
            shapes: HashMap::new(),
            types: HashMap::new(),
            chains: HashMap::new(),
            places: HashMap::new(),
            last_place: None,
        }
    }

    // ---- texts, constants, places, chains

    pub fn text(&mut self, text: &str) -> TextId {
        if let Some(id) = self.texts.get(text) {
            return *id;
        }
        let id = TextId(self.program.texts.len() as u32);
        self.program.texts.push(text.to_owned());
        self.texts.insert(text.to_owned(), id);
        id
    }

    /// Texts one behind the other, for access by number; the first one's id.
    pub fn text_run<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> TextId {
        let first = TextId(self.program.texts.len() as u32);
        self.program.texts.extend(texts.map(str::to_owned));
        // A table without rows has none, and nothing reads it; its place is there all the same.
        if first.index() == self.program.texts.len() {
            self.program.texts.push(String::new());
        }
        first
    }

    pub fn constant(&mut self, value: i128) -> ConstId {
        let constants = &mut self.program.constants;
        *self.constants.entry(value).or_insert_with(|| {
            constants.push(value);
            ConstId(constants.len() as u32 - 1)
        })
    }

    /// Constants one behind the other, for access by number; the first one's id.
    pub fn constant_run(&mut self, values: impl Iterator<Item = i128>) -> ConstId {
        let first = ConstId(self.program.constants.len() as u32);
        self.program.constants.extend(values);
        if first.index() == self.program.constants.len() {
            self.program.constants.push(0);
        }
        first
    }

    pub fn place(&mut self, place: Place) -> PlaceId {
        match self.last_place {
            Some((last, id)) if last == place => id,
            _ => {
                let id = self.find_place(place);
                self.last_place = Some((place, id));
                id
            }
        }
    }

    fn find_place(&mut self, place: Place) -> PlaceId {
        if let Some(id) = self.places.get(&place) {
            return *id;
        }
        let known = (place.file.0 as usize) < self.sources.len();
        let (line, column) = match known {
            true => self.sources.get(place.file).line_column(place.span.start),
            false => (1, 1),
        };
        let id = PlaceId(self.program.places.len() as u32);
        self.program.places.push(program::Place {
            // `lower` has refused a program with more files than this holds.
            source: SourceId(if known { place.file.0 as u16 } else { 0 }),
            start: place.span.start,
            end: place.span.end,
            line,
            column,
        });
        self.places.insert(place, id);
        id
    }

    /// The place in the source that stands under a number.
    pub fn place_of(&self, id: PlaceId) -> Place {
        self.places.iter().find(|(_, known)| **known == id).map_or(Place::NOWHERE, |(place, _)| *place)
    }

    pub fn chain(&mut self, chain: Chain, place: Place) -> Result<ChainId> {
        if let Some(id) = self.chains.get(&chain) {
            return Ok(*id);
        }
        let id = ChainId(next_index(self.program.chains.len(), Limit::Chains, place)?);
        self.program.chains.push(chain);
        self.chains.insert(chain, id);
        Ok(id)
    }

    // ---- types

    /// What a type computes like: a named type's base.
    pub fn base<'t>(&self, ty: &'t Type) -> &'t Type
    where
        'a: 't,
    {
        match ty {
            Type::Named(id) => &self.checked.named[id.index()].base,
            ty => ty,
        }
    }

    pub fn num(&self, ty: &Type) -> Option<Num> {
        match self.base(ty) {
            Type::Num(num) => Some(*num),
            _ => None,
        }
    }

    /// The scale of a number; 0 for every other ordered word.
    pub fn scale(&self, ty: &Type) -> u8 {
        self.num(ty).map_or(0, |num| num.scale)
    }

    /// Whether a value of an enum is a cell in the heap.
    pub fn is_variant(&self, id: EnumId) -> bool {
        self.checked.enums[id.index()].has_payload()
    }

    /// Whether somebody outside of the process at hand looks at this variable.
    pub fn is_noted(&self, name: &SmolStr) -> bool {
        self.noted.is_some_and(|noted| noted.contains(name))
    }

    /// How a local, a parameter, a result holds a value of the type.
    pub fn in_between(&mut self, ty: &Type, place: Place) -> Result<RegType> {
        match self.base(ty) {
            Type::Num(_) => Ok(RegType::Wide),
            _ => self.stored(ty, place),
        }
    }

    /// How a field, an element, a payload holds a value of the type.
    pub fn stored(&mut self, ty: &Type, place: Place) -> Result<RegType> {
        Ok(match self.base(ty) {
            Type::Invalid => return passed(Limit::Unchecked, 0, place),
            Type::Never | Type::Nothing | Type::Bool | Type::Num(_) | Type::Date | Type::DateTime => RegType::Word,
            Type::Time | Type::Month | Type::Duration | Type::Rounding | Type::Role => RegType::Word,
            Type::Entity(_) | Type::Hold(_) | Type::Posting => RegType::Word,
            Type::Enum(id) if !self.is_variant(*id) => RegType::Word,
            Type::Run(process) if self.checked.processes[process.index()].lives => RegType::Word,
            _ => RegType::Handle(self.shape(ty, place)?),
        })
    }

    pub fn shape(&mut self, ty: &Type, place: Place) -> Result<ShapeId> {
        match self.types.get(ty) {
            Some(Some(id)) => return Ok(*id),
            Some(None) => return passed(Limit::RecursiveType, 0, place),
            None => {}
        }
        self.types.insert(ty.clone(), None);
        let shape = self.make_shape(ty, place)?;
        let id = self.intern_shape(shape, place)?;
        self.types.insert(ty.clone(), Some(id));
        Ok(id)
    }

    fn intern_shape(&mut self, shape: Shape, place: Place) -> Result<ShapeId> {
        if let Some(id) = self.shapes.get(&shape) {
            return Ok(*id);
        }
        let id = ShapeId(next_wide_index(self.program.shapes.len(), Limit::Shapes, place)?);
        self.program.shapes.push(shape.clone());
        self.shapes.insert(shape, id);
        Ok(id)
    }

    /// The handle of a list of whole numbers, which loops use for themselves.
    pub fn int_list(&mut self, place: Place) -> Result<RegType> {
        self.stored(&Type::list(Type::INT), place)
    }

    pub fn text_handle(&mut self, place: Place) -> Result<RegType> {
        self.stored(&Type::Text, place)
    }

    fn make_shape(&mut self, ty: &Type, place: Place) -> Result<Shape> {
        Ok(match ty {
            Type::Invalid => return passed(Limit::Unchecked, 0, place),
            // No value of these is ever made; a word stands for it.
            Type::Never | Type::Nothing | Type::Bool => Shape::Bool,
            Type::Num(num) if num.scale > SCALE_STORED_MAX => {
                return passed(Limit::Scale, u64::from(SCALE_STORED_MAX), place);
            }
            Type::Num(num) => Shape::Number { scale: num.scale, unit: self.unit(num.unit) },
            Type::Text => Shape::Text,
            Type::Date => Shape::Date,
            Type::DateTime => Shape::DateTime,
            Type::Time => Shape::Time,
            Type::Month => Shape::Month,
            Type::Duration => Shape::Duration,
            Type::Period => Shape::Period,
            Type::Rounding => Shape::Rounding,
            Type::Role => Shape::Role,
            // A number to everybody outside: what it stands for is the books' business.
            Type::Posting => Shape::Number { scale: 0, unit: self.unit(Unit::None) },
            Type::Amount => Shape::Amount,
            Type::List(of) => Shape::List(self.shape(of, place)?),
            Type::Map(key, value) => {
                let key = self.shape(key, place)?;
                Shape::Map(key, self.shape(value, place)?)
            }
            Type::Option(of) => Shape::Option(self.shape(of, place)?),
            Type::Record(id) => {
                let record = &self.checked.records[id.index()];
                let fields = self.fields(&record.fields, Owner::Record(*id), record.place)?;
                Shape::Record(RecordShape { name: self.text(&record.name), fields })
            }
            Type::Enum(id) => {
                let declared = &self.checked.enums[id.index()];
                let cases =
                    declared.cases.iter().map(|case| self.case(case, declared.place)).collect::<Result<Vec<_>>>()?;
                let shape = EnumShape { name: self.text(&declared.name), cases };
                if self.is_variant(*id) { Shape::Variant(shape) } else { Shape::Enum(shape) }
            }
            Type::Named(id) => {
                let base = self.shape(&self.checked.named[id.index()].base, place)?;
                self.program.shapes[base.index()].clone()
            }
            Type::Entity(id) => Shape::Document(EntityId(id.0 as u16)),
            Type::Hold(of) => Shape::Hold(self.shape(of, place)?),
            Type::Run(process) if self.checked.processes[process.index()].lives => {
                Shape::Number { scale: 0, unit: shape::Unit::None }
            }
            Type::Run(process) => {
                let outcome = self.checked.processes[process.index()].outcome;
                let outcome = self.shape(&Type::Enum(outcome), place)?;
                self.program.shapes[outcome.index()].clone()
            }
        })
    }

    fn case(&mut self, case: &'a Case, place: Place) -> Result<CaseShape> {
        Ok(CaseShape {
            name: self.text(&case.name),
            outside: self.text(&case.outside),
            fields: self.fields(&case.fields, Owner::Payload, place)?,
        })
    }

    /// The fields of a record or case, the parameters of a process.
    pub fn fields(&mut self, fields: &'a [Field], owner: Owner, place: Place) -> Result<Vec<FieldShape>> {
        if fields.len() >= usize::from(u16::MAX) {
            return passed(Limit::Parts, u64::from(u16::MAX), place);
        }
        let mut shapes = Vec::with_capacity(fields.len());
        for (number, field) in fields.iter().enumerate() {
            let shape = self.shape(&field.ty, field.place)?;
            let mut checks: Vec<CheckId> = field.checks.iter().map(|check| CheckId(check.0 as u16)).collect();
            match owner {
                Owner::Record(record) => {
                    checks.extend(field.border_checks.iter().map(|check| CheckId(check.0 as u16)));
                    // The checker has made those of a named type; what an option, a list, a map of one holds is
                    // left to here.
                    if field.border_checks.is_empty() {
                        for check in self.value_checks(&field.ty, field.place)? {
                            checks.push(self.field_check(record, number as u16, check, field.place)?);
                        }
                    }
                }
                // There is no whole to take: a payload has no checks of its own.
                Owner::Payload => checks.clear(),
                Owner::Process => {
                    let of_type = self.value_checks(&field.ty, field.place)?;
                    checks.extend(of_type);
                    checks.sort_unstable();
                    checks.dedup();
                }
            }
            shapes.push(FieldShape {
                name: self.text(&field.name),
                outside: self.text(&field.outside),
                shape,
                default: field.default.map(|func| FuncId(func.0)),
                checks,
                personal: field.personal,
            });
        }
        Ok(shapes)
    }

    fn unit(&mut self, unit: Unit) -> shape::Unit {
        let checked = self.checked;
        let named = |id: Option<crate::types::UnitId>, tables: &mut Self| {
            id.map(|id| tables.text(&checked.units[id.index()].name))
        };
        match unit {
            Unit::None => shape::Unit::None,
            Unit::Percent => shape::Unit::Percent,
            Unit::Money(currency) => shape::Unit::Money(self.text(currency.code())),
            Unit::Quantity(of) => shape::Unit::Quantity(named(of, self)),
            Unit::Price(currency, per) => {
                let currency = self.text(currency.code());
                shape::Unit::Price { currency, per: named(per, self) }
            }
        }
    }
}
