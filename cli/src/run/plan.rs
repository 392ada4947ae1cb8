//! What each parameter of a process, and each field of its records, is filled from. Made once, before the first row.

use super::input_csv::Column;
use super::sets::Sets;
use crate::failure::{Failure, Result};
use crate::names;
use bp_bytecode::Program;
use bp_bytecode::index::{CheckId, EntityId, FuncId, ShapeId, TextId};
use bp_bytecode::program::Process;
use bp_bytecode::shape::{FieldShape, Shape, Unit};
use bp_bytecode::value::Value;

/// A parameter, or a field of a record.
#[derive(Debug)]
pub struct Part {
    /// Its name in files: `salary`.
    pub name: String,
    pub shape: ShapeId,
    pub from: From,
    pub checks: Vec<Check>,
    /// It came as a whole and holds records, whose fields have conditions of their own.
    pub deep: bool,
}

#[derive(Debug)]
pub enum From {
    /// A column of a CSV file.
    Column(usize),
    /// A property of a JSON object; `default` is used where it is left out, and nothing where it is an option.
    Property {
        default: Option<FuncId>,
        optional: bool,
    },
    /// The same for every row.
    Word(u64),
    Value(Value),
    Default(FuncId),
    Nothing,
    /// A record, field by field.
    Parts(Vec<Part>),
    /// A list from a second file, by the number of its `--lines`.
    Lines(usize),
}

/// A `where`.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub id: CheckId,
    pub func: FuncId,
    /// How many values it takes: the record, the value alone, or all parameters.
    pub takes: u16,
}

/// What the rows look like.
#[derive(Clone, Copy)]
pub enum Layout<'a> {
    /// The columns of a CSV file at a path.
    Columns { path: &'a str, columns: &'a [Column] },
    /// JSON objects, each with properties of its own.
    Properties,
    /// No rows: everything comes by `--set`.
    Nothing,
}

/// Where to look for values while parts are planned.
pub struct Planner<'a> {
    pub program: &'a Program,
    pub layout: Layout<'a>,
    pub sets: &'a mut Sets,
    /// The fields that `--lines` fills.
    pub lines: &'a [String],
    /// Finds stored documents by their names, where there are any.
    documents: Option<FindDocument<'a>>,
    found_lines: Vec<usize>,
    /// What is missing, as whole sentences: all of it is told at once.
    missing: Vec<String>,
    /// All names that `--set` and columns may have.
    known: Vec<String>,
}

/// The reference of the document of a name.
pub type FindDocument<'a> = &'a mut dyn FnMut(EntityId, &str) -> Result<i64>;

fn text(program: &Program, id: TextId) -> &str {
    &program.texts[id.index()]
}

impl<'a> Planner<'a> {
    pub fn new(program: &'a Program, layout: Layout<'a>, sets: &'a mut Sets, lines: &'a [String]) -> Planner<'a> {
        let (found_lines, missing, known) = (Vec::new(), Vec::new(), Vec::new());
        Planner { program, layout, sets, lines, documents: None, found_lines, missing, known }
    }

    /// Lets `--set` name stored documents.
    pub fn with_documents(self, find: FindDocument<'a>) -> Planner<'a> {
        Planner { documents: Some(find), ..self }
    }

    /// The parameters of a process.
    ///
    /// # Errors
    /// What has no value; a given value that does not fit; two columns of one name.
    pub fn process(&mut self, process: &Process) -> Result<Vec<Part>> {
        let whose = format!("the process {}", text(self.program, process.name));
        self.parts(&process.params, &whose)
    }

    /// Values by their names; `whose` they are, for people.
    pub fn parts(&mut self, fields: &[FieldShape], whose: &str) -> Result<Vec<Part>> {
        let is_record = |param: &&FieldShape| matches!(self.program.shapes[param.shape.index()], Shape::Record(_));
        let records = fields.iter().filter(is_record).count();
        let mut parts = Vec::new();
        for param in fields {
            let name = text(self.program, param.outside);
            // The fields of the only record go by their bare names.
            let bare = records == 1 && is_record(&param);
            parts.push(self.part(param, name, if bare { "" } else { name }, whose)?);
        }
        // A name with a slip in it is why something else is missing: it is told first.
        self.sets.refuse_unknown(self.program, &self.known)?;
        if let Some((_, field)) = self.lines.iter().enumerate().find(|(at, _)| !self.found_lines.contains(at)) {
            let hint = names::hint(field, self.known.iter().map(String::as_str));
            return Err(Failure::call(format!("--lines {field}: nothing has that name{hint}")));
        }
        self.told()?;
        Ok(parts)
    }

    /// The fields of a record that is given by `--set` as a whole; `whose` they are, for people.
    pub fn record(&mut self, shape: ShapeId, whose: &str) -> Result<Vec<Part>> {
        let Shape::Record(record) = &self.program.shapes[shape.index()] else { return Ok(Vec::new()) };
        let parts = self.fields(&record.fields, "", whose)?;
        self.sets.refuse_unknown(self.program, &self.known)?;
        self.told()?;
        Ok(parts)
    }

    /// The fields of a list's records, for the file that fills the list.
    pub fn element(&mut self, shape: ShapeId) -> Result<Vec<Part>> {
        let Shape::Record(record) = &self.program.shapes[shape.index()] else { return Ok(Vec::new()) };
        let parts = self.fields(&record.fields, "", &format!("the record {}", text(self.program, record.name)))?;
        self.told()?;
        Ok(parts)
    }

    fn told(&mut self) -> Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let message = self.missing.join("\n       ");
        Err(match self.layout {
            Layout::Columns { path, columns: [only] } if only.name.contains([';', '\t']) => {
                let name = &only.name;
                Failure::found(format!("{path} has one column, `{name}`; columns are parted by commas"))
            }
            Layout::Columns { .. } => Failure::found(message),
            _ => Failure::call(message),
        })
    }

    fn fields(&mut self, fields: &[FieldShape], prefix: &str, whose: &str) -> Result<Vec<Part>> {
        let path = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        fields
            .iter()
            .map(|field| {
                let path = path(text(self.program, field.outside));
                self.part(field, &path, &path, whose)
            })
            .collect()
    }

    /// `path` is its own name, `inner` what the names of its fields begin with.
    fn part(&mut self, field: &FieldShape, path: &str, inner: &str, whose: &str) -> Result<Part> {
        let shape = &self.program.shapes[field.shape.index()];
        let from = self.from(field, shape, path, inner, whose)?;
        let as_whole = !matches!(from, From::Parts(_) | From::Lines(_));
        Ok(Part {
            name: path.to_owned(),
            shape: field.shape,
            deep: as_whole && holds_checks(self.program, field.shape),
            checks: self.checks(field),
            from,
        })
    }

    fn checks(&self, field: &FieldShape) -> Vec<Check> {
        let check = |id: &CheckId| {
            let func = self.program.checks[id.index()].func;
            Check { id: *id, func, takes: self.program.functions[func.index()].params }
        };
        field.checks.iter().map(check).collect()
    }

    fn from(&mut self, field: &FieldShape, shape: &Shape, path: &str, inner: &str, whose: &str) -> Result<From> {
        self.known.push(path.to_owned());
        if let Some(number) = self.lines.iter().position(|name| name == path) {
            self.found_lines.push(number);
            return Ok(From::Lines(number));
        }
        if let Some(given) = self.sets.take(path) {
            if let Some(found) = self.named_document(shape, given.trim())? {
                return Ok(found);
            }
            return Ok(match self.sets.value(self.program, field.shape, path, &given)? {
                Value::Word(word) => From::Word(word as u64),
                value => From::Value(value),
            });
        }
        if let Some(column) = self.column(path, shape)? {
            return Ok(From::Column(column));
        }
        let optional = matches!(shape, Shape::Option(_));
        let top = inner.is_empty();
        match (shape, self.layout) {
            // A record's properties stand beside those of the row, or in an object of their own.
            (Shape::Record(record), Layout::Properties) if top => {
                let whose = format!("the record {}", text(self.program, record.name));
                return Ok(From::Parts(self.fields(&record.fields, inner, &whose)?));
            }
            (_, Layout::Properties) => return Ok(From::Property { default: field.default, optional }),
            (Shape::Record(record), _) if field.default.is_none() || self.mentions(inner) || top => {
                let whose = match text(self.program, record.name) {
                    "" => whose.to_owned(),
                    name => format!("the record {name}"),
                };
                return Ok(From::Parts(self.fields(&record.fields, inner, &whose)?));
            }
            _ => {}
        }
        if let Some(default) = field.default {
            return Ok(From::Default(default));
        }
        if !optional {
            let told = self.lacking(shape, path, whose);
            self.missing.push(told);
        }
        Ok(From::Nothing)
    }

    /// The document that a given name is one of, where the shape asks for one and documents are at hand.
    fn named_document(&mut self, shape: &Shape, given: &str) -> Result<Option<From>> {
        let Some(find) = &mut self.documents else { return Ok(None) };
        let inner = match shape {
            Shape::Option(inner) => &self.program.shapes[inner.index()],
            shape => shape,
        };
        let Shape::Document(entity) = inner else { return Ok(None) };
        if !matches!(shape, Shape::Option(_)) {
            return Ok(Some(From::Word(find(*entity, given)? as u64)));
        }
        Ok(Some(match given {
            "" => From::Nothing,
            name => From::Value(Value::some(Value::Word(find(*entity, name)?))),
        }))
    }

    /// Is there a column or a given value for something inside?
    fn mentions(&self, path: &str) -> bool {
        let inside = |name: &str| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let columns = match self.layout {
            Layout::Columns { columns, .. } => columns,
            _ => &[],
        };
        columns.iter().any(|column| inside(&column.name)) || self.sets.names().any(inside)
    }

    fn lacking(&self, shape: &Shape, path: &str, whose: &str) -> String {
        match (shape, self.layout) {
            (Shape::List(_), Layout::Columns { .. }) => {
                format!("{whose} has a list `{path}`: give its file by --lines {path}=FILE:COLUMN")
            }
            (_, Layout::Columns { path: file, columns }) => {
                let near = names::nearest(path, columns.iter().map(|column| column.name.as_str()));
                let hint = match near {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => format!(" (or give it by --set {path}=…)"),
                };
                format!("{file} has no column `{path}`, which {whose} needs{hint}")
            }
            _ => format!("{whose} needs `{path}`: give it by --set {path}=…"),
        }
    }

    /// The column of a name, if it counts in the right unit.
    fn column(&self, name: &str, shape: &Shape) -> Result<Option<usize>> {
        let Layout::Columns { path, columns } = self.layout else { return Ok(None) };
        // A column that happens to be named like a record is not one.
        if matches!(shape, Shape::Record(_) | Shape::List(_) | Shape::Map(..)) {
            return Ok(None);
        }
        let mut named = columns.iter().enumerate().filter(|(_, column)| column.name == name);
        let Some((at, column)) = named.next() else { return Ok(None) };
        if named.next().is_some() {
            return Err(Failure::found(format!("{path} has two columns `{name}`")));
        }
        if let Some(given) = &column.unit {
            match self.unit(shape) {
                Some(wanted) if wanted == given => {}
                Some(wanted) => {
                    return Err(Failure::found(format!("{path}: column `{name}` is in {given}; {wanted} is needed")));
                }
                None => {
                    let why = format!("{path}: column `{name}` names a unit, {given}; its values have none");
                    return Err(Failure::found(why));
                }
            }
        }
        Ok(Some(at))
    }

    fn unit(&self, shape: &Shape) -> Option<&'a str> {
        unit(self.program, shape)
    }
}

/// The functions that a row calls: the process, its key, and what is asked and given for its parameters.
pub fn functions(process: &Process, params: &[Part]) -> Vec<FuncId> {
    let mut functions: Vec<FuncId> = std::iter::once(process.func).chain(process.key).collect();
    let mut open: Vec<&Part> = params.iter().collect();
    while let Some(part) = open.pop() {
        functions.extend(part.checks.iter().map(|check| check.func));
        match &part.from {
            From::Default(func) | From::Property { default: Some(func), .. } => functions.push(*func),
            From::Parts(parts) => open.extend(parts),
            _ => {}
        }
    }
    functions
}

/// What a number counts in, as the header of a column names it: `IDR`, `kg`.
pub fn unit<'p>(program: &'p Program, shape: &Shape) -> Option<&'p str> {
    match shape {
        Shape::Number { unit: Unit::Money(unit) | Unit::Quantity(Some(unit)), .. } => Some(text(program, *unit)),
        Shape::Number { unit: Unit::Price { currency, .. }, .. } => Some(text(program, *currency)),
        Shape::Option(inner) => unit(program, &program.shapes[inner.index()]),
        _ => None,
    }
}

/// Does a value of the shape hold a record whose fields have conditions?
fn holds_checks(program: &Program, shape: ShapeId) -> bool {
    let field = |field: &FieldShape| !field.checks.is_empty() || holds_checks(program, field.shape);
    match &program.shapes[shape.index()] {
        Shape::Record(record) => record.fields.iter().any(field),
        Shape::Variant(cases) => cases.cases.iter().flat_map(|case| &case.fields).any(field),
        Shape::List(inner) | Shape::Option(inner) => holds_checks(program, *inner),
        Shape::Map(key, value) => holds_checks(program, *key) || holds_checks(program, *value),
        _ => false,
    }
}
