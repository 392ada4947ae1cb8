//! Puts programs together by hand, for tests and the benchmark example.
#![allow(dead_code)] // Each user needs another part of it.

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::{Def, DefWindow, Label, Op, Use, UseWindow};
use bp_bytecode::program::{Account, AccountKind, Function, Place, Source};
use bp_bytecode::shape::{CaseShape, EnumShape, FieldShape, RecordShape, RegType, Shape, Unit};

pub const W: RegType = RegType::Word;
pub const X: RegType = RegType::Wide;

pub fn d(register: u16) -> Def {
    Def(register)
}

pub fn u(register: u16) -> Use {
    Use(register)
}

pub fn w(register: u16) -> UseWindow {
    UseWindow(register)
}

pub fn dw(register: u16) -> DefWindow {
    DefWindow(register)
}

pub fn l(instruction: u32) -> Label {
    Label(instruction)
}

/// `dst = value`
pub fn int(dst: u16, value: i32) -> Op {
    Op::Int { dst: d(dst), value }
}

pub fn ret(a: u16) -> Op {
    Op::Return { a: u(a) }
}

pub struct Build {
    pub program: Program,
}

impl Default for Build {
    fn default() -> Build {
        let program = Program { sources: vec![Source { path: "test.bp".to_owned() }], ..Program::default() };
        let mut build = Build { program };
        build.text("");
        build
    }
}

impl Build {
    pub fn text(&mut self, text: &str) -> TextId {
        let texts = &mut self.program.texts;
        let found = texts.iter().position(|known| known == text);
        TextId(found.unwrap_or_else(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        }) as u32)
    }

    pub fn shape(&mut self, shape: Shape) -> ShapeId {
        let shapes = &mut self.program.shapes;
        let found = shapes.iter().position(|known| *known == shape);
        ShapeId(found.unwrap_or_else(|| {
            shapes.push(shape);
            shapes.len() - 1
        }) as u32)
    }

    pub fn int(&mut self) -> ShapeId {
        self.shape(Shape::Number { scale: 0, unit: Unit::None })
    }

    pub fn money(&mut self, currency: &str, scale: u8) -> ShapeId {
        let unit = Unit::Money(self.text(currency));
        self.shape(Shape::Number { scale, unit })
    }

    pub fn field(&mut self, name: &str, shape: ShapeId) -> FieldShape {
        let name = self.text(name);
        FieldShape { name, outside: name, shape, default: None, checks: vec![], personal: false }
    }

    pub fn record(&mut self, name: &str, fields: &[(&str, ShapeId)]) -> ShapeId {
        let fields = fields.iter().map(|(name, shape)| self.field(name, *shape)).collect();
        let name = self.text(name);
        self.shape(Shape::Record(RecordShape { name, fields }))
    }

    pub fn cases(&mut self, name: &str, cases: &[(&str, &[ShapeId])]) -> EnumShape {
        let mut case = |(name, payload): &(&str, &[ShapeId])| {
            let fields = payload.iter().map(|shape| self.field("", *shape)).collect();
            let name = self.text(name);
            CaseShape { name, outside: name, fields }
        };
        let cases = cases.iter().map(&mut case).collect();
        EnumShape { name: self.text(name), cases }
    }

    pub fn handle(&mut self, shape: Shape) -> RegType {
        RegType::Handle(self.shape(shape))
    }

    pub fn constant(&mut self, value: i128) -> ConstId {
        self.program.constants.push(value);
        ConstId((self.program.constants.len() - 1) as u32)
    }

    pub fn account(&mut self, name: &str, shape: ShapeId, dimensions: &[(&str, ShapeId)]) -> AccountId {
        let dimensions = dimensions.iter().map(|(name, shape)| (self.text(name), *shape)).collect();
        let name = self.text(name);
        let place = PlaceId(0);
        let kind = AccountKind::Asset;
        self.program.accounts.push(Account {
            name,
            code: None,
            kind,
            shape,
            dimensions,
            lots: false,
            bounds: Vec::new(),
            groups: Vec::new(),
            place,
        });
        AccountId((self.program.accounts.len() - 1) as u16)
    }

    /// A place on a line of the one source file.
    pub fn place(&mut self, line: u32) -> PlaceId {
        self.program.places.push(Place { source: SourceId(0), start: 0, end: 0, line, column: 1 });
        PlaceId((self.program.places.len() - 1) as u32)
    }

    /// A function; instruction n has a place of its own, in line n + 1.
    pub fn function(&mut self, name: &str, params: u16, registers: &[RegType], code: Vec<Op>) -> FuncId {
        let places: Vec<PlaceId> = (1..=code.len() as u32).map(|line| self.place(line)).collect();
        let name = self.text(name);
        let function = Function {
            name,
            place: places.first().copied().unwrap_or(PlaceId(0)),
            params,
            registers: registers.to_vec(),
            result: RegType::Wide,
            code,
            places,
        };
        self.program.functions.push(function);
        FuncId((self.program.functions.len() - 1) as u32)
    }
}
