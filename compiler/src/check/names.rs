//! Names: what they stand for, what was perhaps meant.

use super::{Checker, Def};
use crate::diagnostics::Problem;
use crate::load::Module;
use crate::source::Place;
use crate::typed::last_word;
use crate::types::*;
use bp_grammar::ast::{
    Args, Arm, ArmBody, Block, Else, Expr, ExprKind, Generator, Ident, Path, Stmt, StmtKind, TextPart,
};
use smol_str::SmolStr;

/// The candidate nearest to a misspelt name, if one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<SmolStr> {
    // A name of one or two letters is near to any other such; only its case may be wrong.
    let limit = name.chars().count() / 3;
    candidates
        .into_iter()
        .filter(|c| !c.is_empty() && *c != name)
        .map(|c| {
            let same_letters = c.eq_ignore_ascii_case(name);
            (if same_letters { 0 } else { strsim::damerau_levenshtein(name, c) }, c)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(b.1)))
        .map(|(_, c)| c.into())
}

/// The words of an expression that is a dotted name.
pub(crate) fn dotted(e: &Expr) -> Option<Vec<&Ident>> {
    match &e.kind {
        ExprKind::Name(name) => Some(vec![name]),
        ExprKind::Field { base, name, safe: false } => {
            let mut words = dotted(base)?;
            words.push(name);
            Some(words)
        }
        _ => None,
    }
}

/// Whether an expression speaks of a name.
pub(crate) fn mentions(e: &Expr, name: &str) -> bool {
    let of = |e: &Expr| mentions(e, name);
    let in_args = |args: &Args| {
        let generator = args.generator.as_deref();
        args.list.iter().any(|a| of(&a.value)) || generator.is_some_and(|g| mentioned_in_generator(g, name))
    };
    match &e.kind {
        ExprKind::Name(word) => word.text == name,
        ExprKind::Text(parts) => parts.iter().any(|part| matches!(part, TextPart::Hole { value, .. } if of(value))),
        ExprKind::Field { base, .. } => of(base),
        ExprKind::Call { callee, args } => of(callee) || in_args(args),
        ExprKind::With { base, args } => of(base) || in_args(args),
        ExprKind::Record(args) => in_args(args),
        ExprKind::Index { base, indices } => of(base) || indices.iter().any(of),
        ExprKind::Neg(e) | ExprKind::Not(e) => of(e),
        ExprKind::Is { value, .. } => of(value),
        ExprKind::Binary { left, right, .. } => of(left) || of(right),
        ExprKind::Compare { first, rest } => of(first) || rest.iter().any(|(_, e)| of(e)),
        ExprKind::Range(range) => range.low.iter().chain(&range.high).any(of),
        ExprKind::List(items) => items.iter().any(of),
        ExprKind::ListFor { element, generator } => of(element) || mentioned_in_generator(generator, name),
        ExprKind::If { condition, then, otherwise } => {
            let otherwise = otherwise.as_deref().is_some_and(|otherwise| match otherwise {
                Else::Block(block) => mentioned_in_block(block, name),
                Else::If(e) => of(e),
            });
            of(condition) || mentioned_in_block(then, name) || otherwise
        }
        ExprKind::Match { value, arms } => {
            let in_arm = |arm: &Arm| match &arm.body {
                ArmBody::Block(block) => mentioned_in_block(block, name),
                ArmBody::Stmt(stmt) => mentioned_in_statement(stmt, name),
            };
            of(value) || arms.iter().any(in_arm)
        }
        _ => false,
    }
}

fn mentioned_in_generator(generator: &Generator, name: &str) -> bool {
    let keys = generator.grouped_by.iter().chain(generator.sorted_by.iter().map(|(key, _)| key));
    let inside = generator.where_.iter().chain(keys);
    // Inside, the name may be its own.
    mentions(&generator.source, name) || generator.name.text != name && inside.into_iter().any(|e| mentions(e, name))
}

fn mentioned_in_block(block: &Block, name: &str) -> bool {
    block.stmts.iter().any(|stmt| mentioned_in_statement(stmt, name))
}

/// Of the statements that a condition is made of.
fn mentioned_in_statement(stmt: &Stmt, name: &str) -> bool {
    match &stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Expr(value) | StmtKind::Return(Some(value)) => mentions(value, name),
        _ => false,
    }
}

impl Checker<'_> {
    /// What a name of the current module stands for.
    pub(crate) fn def(&self, name: &str) -> Option<Def> {
        self.scopes[self.module].names.get(name).map(|(def, _)| *def)
    }

    /// What dotted words stand for, as far as modules lead; the words behind are left.
    pub(crate) fn def_of_words(&self, words: &[&Ident]) -> Option<(Def, usize)> {
        let mut def = self.def(&words.first()?.text)?;
        let mut used = 1;
        while let Def::Module(module) = def {
            let Some(word) = words.get(used) else { break };
            match self.scopes[module].names.get(&word.text) {
                Some((found, _)) => def = *found,
                None => return Some((def, used)),
            }
            used += 1;
        }
        Some((def, used))
    }

    /// The declaration that a whole path names; a path that names nothing is told.
    pub(crate) fn def_of_path(&mut self, path: &Path, what: &'static str) -> Option<Def> {
        let words: Vec<&Ident> = path.words.iter().collect();
        match self.def_of_words(&words) {
            Some((def, used)) if used == words.len() => Some(def),
            Some((Def::Module(module), used)) => {
                self.unknown_in_module(module, words[used], what);
                None
            }
            Some((Def::Broken, _)) => Some(Def::Broken),
            _ => {
                let name = &words[0];
                let similar = nearest(&name.text, self.scopes[self.module].names.keys().map(SmolStr::as_str));
                let place = self.place(path.span);
                self.unknown(place, what, &path.text().into(), similar);
                None
            }
        }
    }

    /// Tells of a name that this module does not have. Where another module has it, or is called so, that is what was
    /// meant, rather than something `similar`.
    pub(crate) fn unknown(&mut self, place: Place, what: &'static str, name: &SmolStr, similar: Option<SmolStr>) {
        let others = || self.modules.iter().enumerate().filter(|(at, _)| *at != self.module);
        let has = |(at, module): &(usize, &Module)| {
            self.scopes[*at].names.get(name).is_some_and(|(_, declared)| declared.file == module.file)
        };
        let is_called = |(_, module): &(usize, &Module)| last_word(&module.name) == *name;
        let found = others().find(has).map(|found| (found, false));
        let found = found.or_else(|| others().find(is_called).map(|found| (found, true)));
        let name = name.clone();
        self.report(match found {
            Some(((_, module), whole)) => Problem::NotBrought { place, what, name, module: module.name.clone(), whole },
            None => Problem::UnknownName { place, what, name, similar, inside: None },
        });
    }

    pub(crate) fn unknown_in_module(&mut self, module: usize, word: &Ident, what: &'static str) {
        let similar = nearest(&word.text, self.scopes[module].names.keys().map(SmolStr::as_str));
        let inside = Some(self.modules[module].name.clone());
        let place = self.place(word.span);
        self.report(Problem::UnknownName { place, what, name: word.text.clone(), similar, inside });
    }

    /// The type in a designer's words: `money in USD`, `a list of Line`.
    pub(crate) fn show(&self, ty: &Type) -> String {
        match ty {
            Type::Invalid => "something that is wrong already".into(),
            Type::Never => "nothing that is ever reached".into(),
            Type::Nothing => "no value".into(),
            Type::Bool => "Bool".into(),
            Type::Text => "Text".into(),
            Type::Date => "Date".into(),
            Type::DateTime => "DateTime".into(),
            Type::Time => "Time".into(),
            Type::Month => "Month".into(),
            Type::Duration => "Duration".into(),
            Type::Period => "Period".into(),
            Type::Rounding => "Rounding".into(),
            Type::Role => "Role".into(),
            Type::Posting => "Posting".into(),
            Type::Amount => "Amount".into(),
            Type::Num(num) => self.show_num(*num),
            Type::List(of) if **of == Type::Never => "an empty list".into(),
            Type::Option(of) if **of == Type::Never => "`none`".into(),
            Type::List(of) => format!("List<{}>", self.show(of)),
            Type::Map(k, v) => format!("Map<{}, {}>", self.show(k), self.show(v)),
            Type::Option(of) => format!("{}?", self.show(of)),
            Type::Record(id) => {
                let record = &self.checked.records[id.index()];
                if record.name.is_empty() {
                    let fields: Vec<String> =
                        record.fields.iter().map(|f| format!("{}: {}", f.name, self.show(&f.ty))).collect();
                    format!("({})", fields.join(", "))
                } else {
                    record.name.to_string()
                }
            }
            Type::Enum(id) => self.checked.enums[id.index()].name.to_string(),
            Type::Named(id) => self.checked.named[id.index()].name.to_string(),
            Type::Entity(id) => last_word(&self.checked.entities[id.index()].name).to_owned(),
            Type::Hold(of) => format!("Hold<{}>", self.show(of)),
            Type::Run(id) => format!("a run of {}", last_word(&self.checked.processes[id.index()].name)),
        }
    }

    /// The same, where the name of a declaration alone does not say which is meant.
    pub(crate) fn show_with_module(&self, ty: &Type) -> String {
        let place = match ty {
            Type::Record(id) => self.checked.records[id.index()].place,
            Type::Enum(id) => self.checked.enums[id.index()].place,
            Type::Named(id) => self.checked.named[id.index()].place,
            Type::Entity(id) => self.checked.entities[id.index()].place,
            Type::List(of) => return format!("List<{}>", self.show_with_module(of)),
            Type::Option(of) => return format!("{}?", self.show_with_module(of)),
            _ => return self.show(ty),
        };
        match self.modules.iter().find(|module| module.file == place.file) {
            Some(module) => format!("{}.{}", module.name, self.show(ty)),
            None => self.show(ty),
        }
    }

    fn show_num(&self, num: Num) -> String {
        let unit_name = |id: UnitId| self.checked.units[id.index()].name.to_string();
        let minor = |c: Currency| self.minor_unit(c);
        match num.unit {
            Unit::None if num.scale == 0 => "Int".into(),
            Unit::None => format!("Decimal<{}>", num.scale),
            Unit::Percent if num.scale == SCALE_DEFAULT => "Percent".into(),
            Unit::Percent => format!("a percentage with {} decimals", num.scale),
            // Where the book currency is open, it is nobody's business what the check tries.
            Unit::Money(c) if c == crate::currency::TEST_CURRENCY && num.scale <= minor(c) => "Money".into(),
            Unit::Money(c) if num.scale == minor(c) => format!("Money<{}>", c.code()),
            Unit::Money(c) => format!("Money<{}, {}>", c.code(), num.scale),
            Unit::Quantity(None) if num.scale == SCALE_DEFAULT => "Quantity".into(),
            Unit::Quantity(None) => format!("a Quantity with {} decimals", num.scale),
            Unit::Quantity(Some(u)) if num.scale == self.checked.units[u.index()].scale => {
                format!("Quantity<{}>", unit_name(u))
            }
            Unit::Quantity(Some(u)) => format!("a quantity in {} with {} decimals", unit_name(u), num.scale),
            Unit::Price(c, Some(u)) if num.scale == SCALE_DEFAULT => {
                let money = self.show_num(Num { unit: Unit::Money(c), scale: minor(c) });
                format!("{money} per {}", unit_name(u))
            }
            Unit::Price(c, None) => format!("a Price in {} with {} decimals", c.code(), num.scale),
            Unit::Price(c, Some(u)) => {
                format!("money in {} per {} with {} decimals", c.code(), unit_name(u), num.scale)
            }
        }
    }

    /// Digits of a currency's minor unit.
    pub(crate) fn minor_unit(&self, c: Currency) -> u8 {
        if c == self.book { self.book_scale } else { crate::currency::currency(c.code()).map_or(2, |c| c.1) }
    }

    pub(crate) fn not_yet(&mut self, place: Place, what: &'static str) {
        self.report(Problem::NotYet { place, what });
    }
}
