//! Types, and the fields that carry them.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule};
use crate::ast::{Field, TextLit, TypeArg, TypeExpr, TypeKind};
use crate::error::SyntaxErrorKind;
use crate::split::doc_text;
use smol_str::SmolStr;

impl<'a> Builder<'a> {
    /// `type_`, `dimension`'s type: the parts of a type are its nodes.
    pub(super) fn type_(&mut self, node: Option<Node<'a>>) -> TypeExpr {
        let Some(node) = node else {
            self.internal(self.whole(), "a type is missing");
            return TypeExpr { span: self.whole(), kind: TypeKind::Invalid };
        };
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        self.type_parts(&mut nodes, span)
    }

    /// `T`, then any number of `?`, then perhaps `per kg`.
    pub(super) fn type_parts(&mut self, nodes: &mut Nodes<'a>, span: crate::span::Span) -> TypeExpr {
        let parts = nodes.len() as u32;
        if !self.sink(parts, span) {
            return TypeExpr { span, kind: TypeKind::Invalid };
        }
        let mut ty = match nodes.next() {
            Some(node) if node.as_rule() == Rule::tuple_type => {
                let span = self.span(&node);
                TypeExpr { span, kind: TypeKind::Record(self.fields_of(Nodes::inside(node))) }
            }
            Some(node) => self.generic(node),
            None => {
                self.internal(span, "a type is missing");
                TypeExpr { span, kind: TypeKind::Invalid }
            }
        };
        while let Some(opt) = nodes.eat(Rule::opt) {
            let span = ty.span.to(self.span(&opt));
            ty = TypeExpr { span, kind: TypeKind::Optional(Box::new(ty)) };
        }
        if let Some(per) = nodes.eat(Rule::per) {
            let span = ty.span.to(self.span(&per));
            let unit = self.word(Nodes::inside(per).next());
            ty = TypeExpr { span, kind: TypeKind::Per { of: Box::new(ty), unit } };
        }
        self.rise(parts);
        ty
    }

    fn generic(&mut self, node: Node<'a>) -> TypeExpr {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let path = self.path(nodes.next());
        let args = match nodes.eat(Rule::type_args) {
            Some(args) => Nodes::inside(args).map(|arg| self.type_arg(arg)).collect(),
            None => Vec::new(),
        };
        TypeExpr { span, kind: TypeKind::Named { path, args } }
    }

    fn type_arg(&mut self, node: Node<'a>) -> TypeArg {
        let span = self.span(&node);
        match Nodes::inside(node).next() {
            Some(inner) if inner.as_rule() == Rule::digits => {
                let value = self.small_number(&inner);
                TypeArg::Number { value, span }
            }
            Some(inner) if inner.as_rule() == Rule::word => TypeArg::Unit(self.word(Some(inner))),
            inner => TypeArg::Type(self.type_(inner)),
        }
    }

    /// A whole number such as a scale.
    pub(super) fn small_number(&mut self, node: &Node<'a>) -> u32 {
        match node.as_str().parse() {
            Ok(value) => value,
            Err(_) => {
                let found = SmolStr::new(format!("`{}`", node.as_str()));
                let expected = vec!["a small whole number"];
                let span = self.span(node);
                self.error(span, SyntaxErrorKind::Unexpected { found, expected, within: None });
                0
            }
        }
    }

    // -------------------------------------------------------- fields

    /// Fields of records, entities, forms: their names may be any word.
    pub(super) fn fields_of(&mut self, nodes: Nodes<'a>) -> Vec<Field> {
        nodes.map(|node| self.field(node)).collect()
    }

    /// Parameters: names of values.
    pub(super) fn params(&mut self, node: Option<Node<'a>>) -> Vec<Field> {
        let Some(node) = node else { return Vec::new() };
        let fields = self.fields_of(Nodes::inside(node));
        for field in &fields {
            if crate::token::is_reserved(&field.name.text) {
                self.error(field.name.span, SyntaxErrorKind::ReservedWord { word: field.name.text.clone() });
            }
        }
        fields
    }

    pub(super) fn field(&mut self, node: Node<'a>) -> Field {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let docs = self.docs(&mut nodes);
        let name = self.label(nodes.next());
        let mut field = Field {
            docs,
            span: span.to(name.span),
            name,
            ty: self.type_(nodes.eat(Rule::type_)),
            outside: None,
            default: None,
            where_: None,
            personal: None,
            was: None,
        };
        field.span = crate::span::Span::new(field.name.span.start, span.end);
        while let Some(part) = nodes.eat(Rule::field_mod) {
            let span = self.span(&part);
            let mut inner = Nodes::inside(part);
            let part = inner.next();
            let repeated = match part.as_ref().map(|p| p.as_rule()) {
                Some(Rule::as_name) => {
                    let text = self.as_name(part);
                    field.outside.replace(text).map(|_| "the outside name")
                }
                Some(Rule::default) => {
                    let mut inside = self.inside(part);
                    let value = self.expr(inside.next());
                    field.default.replace(value).map(|_| "the default value")
                }
                Some(Rule::where_) => {
                    let value = self.where_(part);
                    field.where_.replace(value).map(|_| "`where`")
                }
                Some(Rule::personal) => field.personal.replace(span).map(|_| "`personal`"),
                Some(Rule::was) => {
                    let mut inside = self.inside(part);
                    let word = self.word(inside.next());
                    field.was.replace(word).map(|_| "`was`")
                }
                _ => {
                    self.internal(span, "a part of a field is unknown");
                    None
                }
            };
            if let Some(what) = repeated {
                self.error(super::first_line(self.text, self.base, span), SyntaxErrorKind::Repeated { what });
            }
        }
        field
    }

    pub(super) fn as_name(&mut self, node: Option<Node<'a>>) -> TextLit {
        let mut inside = self.inside(node);
        self.text_lit(inside.next())
    }

    /// The lines of `///` that come next.
    pub(super) fn docs(&mut self, nodes: &mut Nodes<'a>) -> Vec<SmolStr> {
        let mut docs = Vec::new();
        while let Some(line) = nodes.eat(Rule::doc) {
            docs.push(doc_text(line.as_str()));
        }
        docs
    }
}
