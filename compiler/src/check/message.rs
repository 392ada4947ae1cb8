//! Messages: what they carry, and for whom they are.

use super::declare::Declared;
use super::names::{mentions, nearest};
use super::{Checker, Def, KEY_SEPARATOR};
use crate::check::function::Code;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, BinaryOp, CompareOp, Expr, ExprKind};

impl<'a> Checker<'a> {
    pub(crate) fn declare_message(&mut self, decl: &'a ast::MessageDecl) -> Declared<'a> {
        let place = self.place(decl.name.span);
        let record = RecordId(self.checked.records.len() as u32);
        self.checked.records.push(Record { name: decl.name.text.clone(), fields: Vec::new(), place });
        let id = MessageId(self.checked.messages.len() as u32);
        let name = self.qualified(&decl.name.text);
        let to_all = decl.to == Some(ast::Receivers::All);
        let internal = decl.internal.is_some();
        self.checked.messages.push(Message { name, record, key: Vec::new(), to_all, internal, keep: None, place });
        self.name(&decl.name, Def::Message(id));
        Declared::Message(id, decl)
    }

    pub(crate) fn message_fields(&mut self, id: MessageId, decl: &ast::MessageDecl) {
        let mut seen = Vec::new();
        let fields: Vec<Field> = decl.fields.iter().map(|f| self.field(f, &mut seen)).collect();
        self.refuse_same_outside(decl.fields.iter().map(|f| (&f.name, f.outside.as_ref())));
        let mut key = Vec::new();
        for path in &decl.key {
            let word = path.last();
            match fields.iter().position(|field| path.words.len() == 1 && field.name == word.text) {
                Some(index) => key.push(index as u16),
                None => {
                    let place = self.place(path.span);
                    let similar = nearest(&word.text, fields.iter().map(|field| field.name.as_str()));
                    let names = fields.iter().map(|field| field.name.clone()).collect();
                    let (field, of) = (path.text().into(), decl.name.text.to_string());
                    self.report(Problem::UnknownField { place, field, of, fields: names, similar });
                }
            }
        }
        if decl.key.is_empty() {
            let place = self.place(decl.name.span);
            self.report(Problem::MessageForNobody { place, name: decl.name.text.clone() });
        }
        let message = &mut self.checked.messages[id.index()];
        message.key = key;
        self.checked.records[message.record.index()].fields = fields;
    }

    pub(crate) fn message_clauses(&mut self, id: MessageId, decl: &ast::MessageDecl) {
        let record = self.checked.messages[id.index()].record;
        self.record_checks(record, &decl.name.text, 0, &decl.fields);
        if let Some(keep) = &decl.keep {
            let subject = format!("{} keep", decl.name.text);
            let func = self.default_function(&subject, keep, &Type::Period, None);
            self.checked.messages[id.index()].keep = Some(func);
        }
    }

    /// The message that a path names.
    pub(crate) fn message_of(&mut self, path: &ast::Path) -> Option<MessageId> {
        match self.def_of_path(path, "message")? {
            Def::Message(id) => Some(id),
            Def::Broken => None,
            _ => {
                let place = self.place(path.span);
                self.report(Problem::NotA { place, name: path.text().into(), what: "a message" });
                None
            }
        }
    }

    /// Takes `it.order == order.number and it.amount > 0` apart: the key that is waited for, a text, and what has to
    /// hold besides. `names` are what the message is called in it.
    pub(crate) fn message_key<'e>(
        &mut self,
        code: &mut Code,
        id: MessageId,
        where_: Option<&'e Expr>,
        names: &[&str],
        place: Place,
    ) -> Option<(TExpr, Vec<&'e Expr>)> {
        let message = &self.checked.messages[id.index()];
        let fields = &self.checked.records[message.record.index()].fields;
        let keys: Vec<(smol_str::SmolStr, Type)> = message
            .key
            .iter()
            .map(|field| &fields[usize::from(*field)])
            .map(|f| (f.name.clone(), f.ty.clone()))
            .collect();
        let name = message.name.clone();
        let mut rest = Vec::new();
        where_.into_iter().for_each(|e| conjuncts(e, &mut rest));
        let mut parts = Vec::new();
        for (key, ty) in &keys {
            let found = rest.iter().position(|e| equal_to(e, key, names).is_some());
            let Some(value) = found.and_then(|at| equal_to(rest.remove(at), key, names)) else {
                self.report(Problem::WaitWithoutKey { place, message: name, key: key.clone() });
                return None;
            };
            let value = self.expr_as(code, value, ty);
            let at = value.place;
            if !parts.is_empty() {
                parts.push(TExpr::text(KEY_SEPARATOR, at));
            }
            parts.push(self.written(value, None, at));
        }
        let key = match parts.len() {
            1 => parts.swap_remove(0),
            _ => TExpr::new(T::Concat(parts), Type::Text, place),
        };
        Some((key, rest))
    }
}

fn conjuncts<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &e.kind {
        ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
            conjuncts(left, out);
            conjuncts(right, out);
        }
        _ => out.push(e),
    }
}

/// What the field of the message has to be equal to, where that is what the condition says.
fn equal_to<'e>(e: &'e Expr, key: &str, names: &[&str]) -> Option<&'e Expr> {
    let ExprKind::Compare { first, rest } = &e.kind else { return None };
    let [(CompareOp::Eq, second)] = rest.as_slice() else { return None };
    let is_field = |e: &Expr| match &e.kind {
        ExprKind::Field { base, name, safe: false } => {
            name.text == key && matches!(&base.kind, ExprKind::Name(word) if names.contains(&word.text.as_str()))
        }
        _ => false,
    };
    let (field, value) = if is_field(first) { (&**first, second) } else { (second, &**first) };
    let own = names.iter().any(|name| mentions(value, name));
    (is_field(field) && !own).then_some(value)
}
