//! Types as written to types as known.

use super::names::nearest;
use super::{Checker, Def};
use crate::currency::currency;
use crate::diagnostics::{Problem, TYPE, UNIT};
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Field as FieldExpr, Ident, Path, TypeArg, TypeExpr, TypeKind};
use bp_grammar::span::Span;
use smol_str::SmolStr;
use std::sync::Arc;

pub(crate) const BUILT_IN: [&str; 21] = [
    "Bool", "Int", "Decimal", "Percent", "Money", "Amount", "Price", "Quantity", "Date", "DateTime", "Time", "Month",
    "Duration", "Period", "Text", "List", "Map", "Role", "Rounding", "Hold", "Posting",
];

impl Checker<'_> {
    pub(crate) fn type_of(&mut self, t: &TypeExpr) -> Type {
        match &t.kind {
            TypeKind::Invalid => Type::Invalid,
            TypeKind::Optional(of) => match self.type_of(of) {
                Type::Invalid => Type::Invalid,
                of => Type::option(of),
            },
            TypeKind::Per { of, unit } => self.price(of, unit, t.span),
            TypeKind::Record(fields) => self.anonymous_type(fields),
            TypeKind::Named { path, args } => self.named_type(path, args, t.span),
        }
    }

    fn price(&mut self, of: &TypeExpr, unit: &Ident, span: Span) -> Type {
        let money = self.type_of(of);
        let unit_id = self.unit(unit);
        match (money, unit_id) {
            (Type::Num(Num { unit: Unit::Money(c), scale }), Some((u, ..))) => {
                let plain = scale == self.minor_unit(c);
                let scale = if plain { scale + SCALE_PRICE_EXTRA } else { scale };
                Type::Num(Num { unit: Unit::Price(c, Some(u)), scale })
            }
            (Type::Invalid, _) | (_, None) => Type::Invalid,
            (other, _) => {
                let found = self.show(&other);
                let place = self.place(span);
                self.report(Problem::NotMoneyPer { place, found });
                Type::Invalid
            }
        }
    }

    /// A record without a name; equal fields make an equal type.
    fn anonymous_type(&mut self, fields: &[FieldExpr]) -> Type {
        let mut named: Vec<(SmolStr, Type)> = Vec::new();
        for field in fields {
            let ty = self.type_of(&field.ty);
            if named.iter().any(|(n, _)| *n == field.name.text) {
                let place = self.place(field.name.span);
                self.report(Problem::DuplicateName { place, name: field.name.text.clone(), first: None });
            } else {
                named.push((field.name.text.clone(), ty));
            }
        }
        if named.iter().any(|(_, t)| t.is_invalid()) {
            return Type::Invalid;
        }
        Type::Record(self.anonymous(named))
    }

    pub(crate) fn anonymous(&mut self, fields: Vec<(SmolStr, Type)>) -> RecordId {
        if let Some(id) = self.anonymous.get(&fields) {
            return *id;
        }
        let id = RecordId(self.checked.records.len() as u32);
        let place = crate::source::Place::NOWHERE;
        let record = Record {
            name: SmolStr::default(),
            fields: fields
                .iter()
                .map(|(name, ty)| Field {
                    name: name.clone(),
                    outside: name.clone(),
                    ty: ty.clone(),
                    default: None,
                    checks: Vec::new(),
                    border_checks: Vec::new(),
                    personal: false,
                    place,
                })
                .collect(),
            place,
        };
        self.checked.records.push(record);
        self.anonymous.insert(fields, id);
        id
    }

    fn named_type(&mut self, path: &Path, args: &[TypeArg], span: Span) -> Type {
        let name = path.text();
        // A declaration of the same name is told where it stands; here it is what is meant.
        if path.words.len() == 1
            && self.def(&name).is_none()
            && let Some(ty) = self.built_in(&name, args, span)
        {
            return ty;
        }
        let Some(def) = self.type_def(path) else { return Type::Invalid };
        if !args.is_empty() {
            let place = self.place(span);
            self.report(Problem::TypeArguments { place, ty: name.into(), expected: "nothing in `< >`" });
            return Type::Invalid;
        }
        match def {
            Def::Record(id) => Type::Record(id),
            Def::Enum(id) => Type::Enum(id),
            Def::Entity(id) => Type::Entity(id),
            Def::Named(id) => {
                self.resolve_named(id);
                Type::Named(id)
            }
            Def::Broken => Type::Invalid,
            _ => {
                let place = self.place(path.span);
                self.report(Problem::NotA { place, name: path.text().into(), what: "a type" });
                Type::Invalid
            }
        }
    }

    fn type_def(&mut self, path: &Path) -> Option<Def> {
        let first = &path.words[0];
        if path.words.len() == 1 && self.def(&first.text).is_none() {
            let names = self.scopes[self.module].names.keys().map(SmolStr::as_str).filter(|n| starts_upper(n));
            let similar = nearest(&first.text, names.chain(BUILT_IN));
            let place = self.place(path.span);
            self.unknown(place, TYPE, &first.text, similar);
            return None;
        }
        self.def_of_path(path, TYPE)
    }

    fn built_in(&mut self, name: &str, args: &[TypeArg], span: Span) -> Option<Type> {
        if !BUILT_IN.contains(&name) {
            return None;
        }
        let wrong = |checker: &mut Self, expected: &'static str| {
            let place = checker.place(span);
            checker.report(Problem::TypeArguments { place, ty: name.into(), expected });
            Some(Type::Invalid)
        };
        let plain = match name {
            "Bool" => Some(Type::Bool),
            "Int" => Some(Type::INT),
            "Percent" => Some(Type::percent()),
            "Amount" => Some(Type::Amount),
            "Date" => Some(Type::Date),
            "DateTime" => Some(Type::DateTime),
            "Time" => Some(Type::Time),
            "Month" => Some(Type::Month),
            "Duration" => Some(Type::Duration),
            "Period" => Some(Type::Period),
            "Text" => Some(Type::Text),
            "Role" => Some(Type::Role),
            "Posting" => Some(Type::Posting),
            "Rounding" => Some(Type::Rounding),
            _ => None,
        };
        if let Some(ty) = plain {
            return if args.is_empty() { Some(ty) } else { wrong(self, "nothing in `< >`") };
        }
        match (name, args) {
            ("Decimal", []) => Some(Type::decimal(SCALE_DEFAULT)),
            ("Decimal", [TypeArg::Number { value, span }]) => {
                Some(self.scale(*value, *span).map_or(Type::Invalid, Type::decimal))
            }
            ("Decimal", _) => wrong(self, "how many decimals: `Decimal<2>`"),
            ("Money" | "Price", args) => Some(self.money(name, args, span)),
            ("Quantity", []) => Some(Type::Num(Num { unit: Unit::Quantity(None), scale: SCALE_DEFAULT })),
            ("Quantity", [arg]) => {
                let Some(word) = arg_word(arg) else { return wrong(self, "a unit: `Quantity<kg>`") };
                let Some((unit, _, extra)) = self.unit(&word) else { return Some(Type::Invalid) };
                let scale = self.checked.units[unit.index()].scale + extra;
                Some(Type::Num(Num { unit: Unit::Quantity(Some(unit)), scale: scale.min(SCALE_STORED_MAX) }))
            }
            ("Quantity", _) => wrong(self, "a unit: `Quantity<kg>`"),
            ("List", [TypeArg::Type(of)]) => Some(match self.type_of(of) {
                Type::Invalid => Type::Invalid,
                of => Type::list(of),
            }),
            ("List", _) => wrong(self, "the type of its elements: `List<Text>`"),
            ("Map", [TypeArg::Type(k), TypeArg::Type(v)]) => Some(match (self.type_of(k), self.type_of(v)) {
                (Type::Invalid, _) | (_, Type::Invalid) => Type::Invalid,
                (key, _) if !self.can_be_key(&key) => {
                    let (place, found) = (self.place(k.span), self.show(&key));
                    self.report(Problem::NotAMapKey { place, found });
                    Type::Invalid
                }
                (k, v) => Type::Map(Arc::new(k), Arc::new(v)),
            }),
            ("Map", _) => wrong(self, "the types of its keys and values: `Map<Text, Int>`"),
            ("Hold", [TypeArg::Type(of)]) => Some(match self.type_of(of) {
                of @ Type::Num(_) => Type::Hold(Arc::new(of)),
                Type::Invalid => Type::Invalid,
                _ => return wrong(self, "what is held: `Hold<Money>`"),
            }),
            ("Hold", _) => wrong(self, "what is held: `Hold<Money>`"),
            _ => wrong(self, "nothing in `< >`"),
        }
    }

    /// Whether values of a type are keys of maps and groups: what holds no list and no map.
    pub(crate) fn can_be_key(&self, ty: &Type) -> bool {
        match self.base(ty) {
            Type::List(_) | Type::Map(..) => false,
            Type::Option(of) => self.can_be_key(&of),
            _ => true,
        }
    }

    fn money(&mut self, name: &str, args: &[TypeArg], span: Span) -> Type {
        let extra = if name == "Price" { SCALE_PRICE_EXTRA } else { 0 };
        let unit = |c| if name == "Price" { Unit::Price(c, None) } else { Unit::Money(c) };
        let (c, scale) = match args {
            [] => (self.book, None),
            [first, rest @ ..] => {
                let Some(word) = arg_word(first) else {
                    let place = self.place(span);
                    self.report(Problem::TypeArguments {
                        place,
                        ty: name.into(),
                        expected: "a currency: `Money<USD>`",
                    });
                    return Type::Invalid;
                };
                let Some((c, _)) = self.currency(&word) else { return Type::Invalid };
                match rest {
                    [] => (c, None),
                    [TypeArg::Number { value, span }] => match self.scale(*value, *span) {
                        Some(scale) => (c, Some(scale)),
                        None => return Type::Invalid,
                    },
                    _ => {
                        let place = self.place(span);
                        let expected = "a currency and how many decimals: `Money<USD, 4>`";
                        self.report(Problem::TypeArguments { place, ty: name.into(), expected });
                        return Type::Invalid;
                    }
                }
            }
        };
        let scale = scale.unwrap_or(self.minor_unit(c) + extra);
        Type::Num(Num { unit: unit(c), scale })
    }

    fn scale(&mut self, value: u32, span: Span) -> Option<u8> {
        match u8::try_from(value) {
            Ok(scale) if scale <= SCALE_STORED_MAX => Some(scale),
            _ => {
                let place = self.place(span);
                self.report(Problem::ScaleOutside { place, scale: value });
                None
            }
        }
    }

    /// A currency by its code; one that ISO 4217 lacks is told.
    pub(crate) fn currency(&mut self, word: &Ident) -> Option<(Currency, u8)> {
        let found = currency(&word.text);
        if found.is_none() {
            let place = self.place(word.span);
            self.report(Problem::UnknownCurrency { place, code: word.text.clone() });
        }
        found.map(|(c, _)| (c, self.minor_unit(c)))
    }

    /// A declared unit: its base, the factor's value and scale (`g` is 0.001 kg: 1 and 3); an unknown one is told.
    pub(crate) fn unit(&mut self, word: &Ident) -> Option<(UnitId, i128, u8)> {
        if let Some(found) = self.scopes[self.module].units.get(&word.text) {
            return Some(*found);
        }
        let similar = nearest(&word.text, self.scopes[self.module].units.keys().map(SmolStr::as_str));
        let place = self.place(word.span);
        if similar.is_none() && currency(&word.text.to_uppercase()).is_some() {
            self.report(Problem::UnknownCurrency { place, code: word.text.clone() });
            return None;
        }
        let mut others = self.modules.iter().enumerate().filter(|(at, _)| *at != self.module);
        let other = others.find(|(at, _)| self.scopes[*at].units.contains_key(&word.text));
        let name = word.text.clone();
        self.report(match other {
            Some((_, module)) => {
                Problem::NotBrought { place, what: UNIT, name, module: module.name.clone(), whole: false }
            }
            None => Problem::UnknownName { place, what: UNIT, name, similar, inside: None },
        });
        None
    }
}

/// The word of an argument that names a currency or a unit.
fn arg_word(arg: &TypeArg) -> Option<Ident> {
    match arg {
        TypeArg::Unit(word) => Some(word.clone()),
        TypeArg::Type(TypeExpr { kind: TypeKind::Named { path, args }, .. })
            if args.is_empty() && path.words.len() == 1 =>
        {
            Some(path.words[0].clone())
        }
        _ => None,
    }
}

pub(crate) fn starts_upper(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}
