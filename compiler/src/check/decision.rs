//! Decision tables: columns, cells, rows out of data files, policies.

use super::Checker;
use super::cell_pattern::{as_pattern, named_part};
use super::fold::fold;
use super::function::{Binding, Code, CodeKind};
use super::names::{mentions, nearest};
use super::number::{cmp_of, folded};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_grammar::ast::{self, CellItem as Item, DecisionDecl, Expr, ExprKind, Fold, Ident, Policy, RowOrTemplate};
use smol_str::SmolStr;

/// What the outputs of a row are put together to.
enum Output {
    /// One column: a value of the type.
    Value(Type),
    /// Several columns: the fields of a record, by number.
    Fields(RecordId, Vec<usize>),
}

impl Checker<'_> {
    pub(crate) fn decision(&mut self, id: DecisionId, func: FnId, decl: &DecisionDecl) {
        let name = self.checked.decisions[id.index()].name.clone();
        let place = self.checked.decisions[id.index()].place;
        let result = self.signatures[func.index()].result.clone();
        let mut code = Code::new(CodeKind::Pure, result.clone());
        self.parameters(func, &mut code, &decl.params);
        let columns = self.columns(&code, decl);
        let row_type = self.row_type(decl, &result);
        let mut rows = Vec::new();
        let mut default = None;
        if let (Some(columns), Some(row_type)) = (&columns, &row_type)
            && let Some(output) = self.outputs(decl, row_type)
        {
            for row in &decl.rows {
                match row {
                    RowOrTemplate::Row(row) => {
                        let at = self.place(row.span);
                        rows.extend(self.row(&mut code, row, columns, &output, at));
                    }
                    RowOrTemplate::Template(template) => {
                        self.template(&mut code, template, columns, &output, &mut rows);
                    }
                }
            }
            if let Some(row) = &decl.default {
                let at = self.place(row.span);
                if !matches!(decl.policy, Policy::Collect(_) | Policy::RuleOrder | Policy::OutputOrder) {
                    default = self.row_output(&mut code, &row.outputs, &output, at).map(|value| (value, at));
                } else {
                    self.report(Problem::DefaultHere { place: at });
                }
            }
        }
        let decision = &mut self.checked.decisions[id.index()];
        decision.columns = columns.unwrap_or_default();
        decision.output = row_type.unwrap_or(Type::Invalid);
        decision.rows = rows;
        decision.default = default;
        self.finish(func, name, place, decl.params.len(), code, Body::Decision(id));
    }

    fn columns(&mut self, code: &Code, decl: &DecisionDecl) -> Option<Vec<LocalId>> {
        let mut columns: Vec<LocalId> = Vec::new();
        let mut good = true;
        for word in &decl.inputs {
            let place = self.place(word.span);
            match decl.params.iter().position(|p| p.name.text == word.text) {
                Some(index) if columns.contains(&LocalId(index as u32)) => {
                    self.report(Problem::DuplicateName { place, name: word.text.clone(), first: None });
                    good = false;
                }
                Some(index) => columns.push(LocalId(index as u32)),
                None => {
                    let similar = nearest(&word.text, code.names().map(SmolStr::as_str));
                    let name = word.text.clone();
                    self.report(Problem::UnknownName {
                        place,
                        what: "input of the decision",
                        name,
                        similar,
                        inside: None,
                    });
                    good = false;
                }
            }
        }
        good.then_some(columns)
    }

    /// The type of one row's output under the policy.
    fn row_type(&mut self, decl: &DecisionDecl, result: &Type) -> Option<Type> {
        let place = self.place(decl.result.span);
        let base = self.base(result);
        if base.is_invalid() {
            return None;
        }
        match decl.policy {
            Policy::Unique | Policy::First | Policy::Any => Some(result.clone()),
            Policy::Priority => match base {
                Type::Enum(_) => Some(result.clone()),
                _ => {
                    self.policy_needs(place, "priority", "an enum, whose cases rank in the order of their declaration")
                }
            },
            Policy::RuleOrder | Policy::Collect(Fold::List) => match base {
                Type::List(of) => Some((*of).clone()),
                _ => {
                    let policy = if decl.policy == Policy::RuleOrder { "rule order" } else { "collect" };
                    self.policy_needs(place, policy, "a list")
                }
            },
            Policy::OutputOrder => match base {
                Type::List(of) if matches!(self.base(&of), Type::Enum(_)) => Some((*of).clone()),
                _ => self.policy_needs(
                    place,
                    "output order",
                    "a list of an enum, whose cases rank in the order of their declaration",
                ),
            },
            Policy::Collect(Fold::Sum) => match base {
                Type::Num(_) => Some(base),
                _ => self.policy_needs(place, "collect sum", "a number"),
            },
            Policy::Collect(Fold::Min | Fold::Max) => match base {
                Type::Option(of)
                    if matches!(self.base(&of), Type::Num(_) | Type::Date | Type::Month | Type::Duration) =>
                {
                    Some((*of).clone())
                }
                _ => {
                    let policy = if decl.policy == Policy::Collect(Fold::Min) { "collect min" } else { "collect max" };
                    self.policy_needs(place, policy, "an optional number or date, because no row may fit")
                }
            },
            Policy::Collect(Fold::Count) => match base {
                Type::INT => Some(Type::Bool),
                _ => self.policy_needs(place, "collect count", "an Int"),
            },
        }
    }

    fn policy_needs(&mut self, place: Place, policy: &'static str, needs: &'static str) -> Option<Type> {
        self.report(Problem::PolicyResult { place, policy, needs });
        None
    }

    fn outputs(&mut self, decl: &DecisionDecl, row_type: &Type) -> Option<Output> {
        if let [_] = decl.outputs.as_slice() {
            return Some(Output::Value(row_type.clone()));
        }
        let place = self.place(decl.result.span);
        let Type::Record(id) = self.base(row_type) else {
            let found = self.show(row_type);
            self.report(Problem::SeveralOutputs { place, found });
            return None;
        };
        let fields: Vec<(SmolStr, bool)> =
            self.checked.records[id.index()].fields.iter().map(|f| (f.name.clone(), f.default.is_some())).collect();
        let mut order = Vec::new();
        for word in &decl.outputs {
            match fields.iter().position(|(f, _)| *f == word.text) {
                Some(index) if !order.contains(&index) => order.push(index),
                Some(_) => {
                    let at = self.place(word.span);
                    self.report(Problem::DuplicateName { place: at, name: word.text.clone(), first: None });
                    return None;
                }
                None => {
                    let names: Vec<SmolStr> = fields.iter().map(|(f, _)| f.clone()).collect();
                    let similar = nearest(&word.text, names.iter().map(SmolStr::as_str));
                    let at = self.place(word.span);
                    let of = self.show(row_type);
                    self.report(Problem::UnknownField {
                        place: at,
                        field: word.text.clone(),
                        of,
                        fields: names,
                        similar,
                    });
                    return None;
                }
            }
        }
        let missing: Vec<SmolStr> = fields
            .iter()
            .enumerate()
            .filter(|(i, (_, default))| !order.contains(i) && !default)
            .map(|(_, (f, _))| f.clone())
            .collect();
        if !missing.is_empty() {
            let of = self.show(row_type).into();
            self.report(Problem::Missing { place, of, missing });
            return None;
        }
        Some(Output::Fields(id, order))
    }

    fn row(
        &mut self,
        code: &mut Code,
        row: &ast::Row,
        columns: &[LocalId],
        output: &Output,
        place: Place,
    ) -> Option<Row> {
        if row.inputs.len() != columns.len() {
            self.report(Problem::CellCount { place, what: "inputs", expected: columns.len(), found: row.inputs.len() });
            return None;
        }
        let cells = row.inputs.iter().zip(columns).map(|(c, column)| self.cell(code, c, *column)).collect();
        let output = self.row_output(code, &row.outputs, output, place)?;
        Some(Row { place, cells, output })
    }

    fn row_output(&mut self, code: &mut Code, outputs: &[Expr], output: &Output, place: Place) -> Option<TExpr> {
        let expected = match output {
            Output::Value(_) => 1,
            Output::Fields(_, order) => order.len(),
        };
        if outputs.len() != expected {
            self.report(Problem::CellCount { place, what: "outputs", expected, found: outputs.len() });
            return None;
        }
        match output {
            Output::Value(ty) => {
                let value = self.expr_as(code, &outputs[0], ty);
                Some(folded_deep(value))
            }
            Output::Fields(id, order) => {
                let fields: Vec<(Type, Option<FnId>)> =
                    self.checked.records[id.index()].fields.iter().map(|f| (f.ty.clone(), f.default)).collect();
                let mut values: Vec<Option<TExpr>> = fields.iter().map(|_| None).collect();
                for (e, index) in outputs.iter().zip(order) {
                    values[*index] = Some(folded_deep(self.expr_as(code, e, &fields[*index].0)));
                }
                let values = values
                    .into_iter()
                    .zip(&fields)
                    .map(|(value, (ty, default))| match (value, default) {
                        (Some(value), _) => value,
                        (None, Some(default)) => {
                            code.calls.push((*default, place));
                            TExpr::new(T::Call(*default, Vec::new()), ty.clone(), place)
                        }
                        (None, None) => TExpr::invalid(place),
                    })
                    .collect();
                Some(TExpr::new(T::Record(*id, values), Type::Record(*id), place))
            }
        }
    }

    /// Each row in the braces, once for each row of the files; the file's row stands under the template's name.
    fn template(
        &mut self,
        code: &mut Code,
        template: &ast::Template,
        columns: &[LocalId],
        output: &Output,
        rows: &mut Vec<Row>,
    ) {
        let ty = self.type_of(&template.row);
        let Type::Record(id) = self.base(&ty) else {
            if !ty.is_invalid() {
                let place = self.place(template.row.span);
                let found = self.show(&ty);
                self.report(Problem::Mismatch { place, expected: "a record".into(), found, hint: None });
            }
            return;
        };
        let data = self.data_rows(id, &template.files);
        for data_row in &data.rows {
            let at = data_row.place;
            let before = self.problems.len();
            code.open();
            let record = TExpr::new(T::Constant(Constant::Record(data_row.values.clone())), ty.clone(), at);
            code.bind(template.name.text.clone(), Binding::Expr(record.clone().boxed()));
            code.bind("it".into(), Binding::Expr(record.boxed()));
            let wanted = match &template.where_ {
                None => true,
                Some(condition) => {
                    let condition = self.expr_as(code, condition, &Type::Bool);
                    match fold(&condition, &|_| None) {
                        Some(Constant::Number(n)) => n == 1,
                        _ => {
                            if !condition.ty.is_invalid() {
                                self.report(Problem::NotConstant { place: condition.place });
                            }
                            false
                        }
                    }
                }
            };
            if wanted {
                for row in &template.rows {
                    rows.extend(self.row(code, row, columns, output, at));
                }
            }
            code.close();
            // What is wrong with the template is wrong in every row; once is enough.
            if self.problems.len() > before {
                return;
            }
        }
    }

    fn cell(&mut self, code: &mut Code, cell: &ast::Cell, column: LocalId) -> Cell {
        let place = self.place(cell.span);
        let declared = code.locals[column.index()].ty.clone();
        // What the cells are compared with is a plain value, whatever conditions the column's type has.
        let ty = match self.base(&declared) {
            Type::Option(of) => Type::option(self.base(&of)),
            other => other,
        };
        let mut items = Vec::new();
        for item in &cell.items {
            match item {
                Item::Any(span) => {
                    if cell.negated || cell.items.len() > 1 {
                        let place = self.place(*span);
                        self.report(Problem::AnyAlone { place });
                    }
                    return Cell { place, negated: false, items: Vec::new() };
                }
                Item::Compare { op, value } => {
                    if let Type::Option(of) = &ty
                        && !matches!(op, ast::CompareOp::Eq | ast::CompareOp::Ne)
                    {
                        let tests = [(*op, value)];
                        items.push(CellItem::Condition(self.present_and(code, column, &of.clone(), &tests, place)));
                        continue;
                    }
                    let op = cmp_of(*op);
                    if let Some(value) = self.cell_value(code, value, &ty, column) {
                        items.push(if op == Cmp::Eq { CellItem::Equals(value) } else { CellItem::Compare(op, value) });
                    }
                }
                Item::Expr(e) => items.extend(self.cell_expr(code, e, &ty, column)),
            }
        }
        if items.is_empty() {
            // Every item was wrong; the cell fits nothing rather than everything.
            items.push(CellItem::Condition(TExpr::bool(false, place)));
        }
        Cell { place, negated: cell.negated, items }
    }

    fn cell_expr(&mut self, code: &mut Code, e: &Expr, ty: &Type, column: LocalId) -> Option<CellItem> {
        if let (ExprKind::Range(range), Type::Option(of)) = (&e.kind, ty) {
            let low = if range.low_included { ast::CompareOp::Ge } else { ast::CompareOp::Gt };
            let high = if range.high_included { ast::CompareOp::Le } else { ast::CompareOp::Lt };
            let ends = range.low.iter().map(|e| (low, e)).chain(range.high.iter().map(|e| (high, e)));
            let tests: Vec<_> = ends.collect();
            let place = self.place(e.span);
            return Some(CellItem::Condition(self.present_and(code, column, &of.clone(), &tests, place)));
        }
        if let ExprKind::Range(range) = &e.kind {
            let mut end =
                |checker: &mut Self, end: &Option<Expr>, included: bool| -> Option<Option<(Box<TExpr>, bool)>> {
                    let Some(e) = end else { return Some(None) };
                    let value = checker.range_end(code, e, ty, column)?;
                    Some(value.map(|v| (v.boxed(), included)))
                };
            let low = end(self, &range.low, range.low_included);
            let high = end(self, &range.high, range.high_included);
            return Some(CellItem::Range { low: low?, high: high? });
        }
        if self.is_condition(e, ty) {
            code.open();
            let place = self.place(e.span);
            let it = self.read(code, column, place);
            code.bind("it".into(), Binding::Expr(it.boxed()));
            let condition = self.expr_as(code, e, &Type::Bool);
            code.close();
            return Some(CellItem::Condition(folded(condition)));
        }
        // A case with a payload, `some(…)`, `none`: a pattern rather than a value.
        if !matches!(
            e.kind,
            ExprKind::Number(_)
                | ExprKind::Date(_)
                | ExprKind::Month(_)
                | ExprKind::Time(_)
                | ExprKind::Bool(_)
                | ExprKind::Text(_)
        ) && let Some(pattern) = as_pattern(e)
            && (matches!(ty, Type::Option(_))
                || matches!(ty, Type::Enum(id) if self.checked.enums[id.index()].has_payload()))
        {
            let place = self.place(e.span);
            if let Some(name) = named_part(&pattern) {
                let place = self.place(name.span);
                self.report(Problem::NamesNothing { place, what: "a cell" });
                return None;
            }
            let is = Expr {
                span: e.span,
                kind: ExprKind::Is {
                    value: Box::new(Expr {
                        span: e.span,
                        kind: ExprKind::Name(Ident { text: "it".into(), span: e.span }),
                    }),
                    negated: false,
                    pattern,
                },
            };
            code.open();
            let it = self.read(code, column, place);
            code.bind("it".into(), Binding::Expr(it.boxed()));
            let condition = self.expr_as(code, &is, &Type::Bool);
            code.close();
            return Some(CellItem::Condition(condition));
        }
        self.cell_value(code, e, ty, column).map(CellItem::Equals)
    }

    /// The condition of a cell on an optional column: there is a value, and it stands so to each of the others.
    fn present_and(
        &mut self,
        code: &mut Code,
        column: LocalId,
        of: &Type,
        tests: &[(ast::CompareOp, &Expr)],
        place: Place,
    ) -> TExpr {
        let local = code.hidden(of.clone(), place);
        let mut whole: Option<TExpr> = None;
        for (op, e) in tests {
            let bound = self.expr(code, e, Some(of));
            let value = self.read(code, local, place);
            let one = self.comparison(*op, value, bound, place);
            whole = Some(match whole {
                None => one,
                Some(before) => TExpr::new(T::And(before.boxed(), one.boxed()), Type::Bool, place),
            });
        }
        let option = self.read(code, column, place);
        let ty = option.ty.clone();
        let bind = TPattern { kind: P::Bind(local), ty: of.clone(), place };
        let arm = |kind, value| TArm {
            place,
            patterns: vec![TPattern { kind, ty: ty.clone(), place }],
            body: super::branch::value_block(value),
        };
        let holds = whole.unwrap_or_else(|| TExpr::bool(true, place));
        let arms = vec![arm(P::Some(Box::new(bind)), holds), arm(P::None, TExpr::bool(false, place))];
        TExpr::new(T::Match(Box::new(TMatch { value: option, arms, ty: Type::Bool })), Type::Bool, place)
    }

    /// A condition on `it`: it speaks of `it`, or gives a truth value where the column is none.
    fn is_condition(&self, e: &Expr, ty: &Type) -> bool {
        mentions(e, "it")
            || (*ty != Type::Bool
                && matches!(
                    &e.kind,
                    ExprKind::Compare { .. } | ExprKind::Not(_) | ExprKind::Is { .. } | ExprKind::Bool(_)
                ))
            || (*ty != Type::Bool
                && matches!(
                    &e.kind,
                    ExprKind::Binary { op: ast::BinaryOp::And | ast::BinaryOp::Or | ast::BinaryOp::In, .. }
                ))
    }

    fn cell_value(&mut self, code: &mut Code, e: &Expr, ty: &Type, column: LocalId) -> Option<TExpr> {
        let value = self.expr(code, e, Some(ty));
        self.fits_column(value, ty, code, column)
    }

    /// A range's end may be an option: `none` is an open end.
    fn range_end(&mut self, code: &mut Code, e: &Expr, ty: &Type, column: LocalId) -> Option<Option<TExpr>> {
        let value = self.expr(code, e, Some(ty));
        if let Type::Option(of) = self.base(&value.ty) {
            return match fold(&value, &|_| None) {
                Some(Constant::None) => Some(None),
                Some(Constant::Some(inner)) => {
                    let value = TExpr::new(T::Constant(*inner), (*of).clone(), value.place);
                    self.fits_column(value, ty, code, column).map(Some)
                }
                _ => {
                    self.report(Problem::NotConstant { place: value.place });
                    None
                }
            };
        }
        self.fits_column(value, ty, code, column).map(Some)
    }

    /// The value as one that the column's input can be compared with: of its unit, at any scale.
    fn fits_column(&mut self, value: TExpr, ty: &Type, code: &Code, column: LocalId) -> Option<TExpr> {
        let _ = (code, column);
        if value.ty.is_invalid() || ty.is_invalid() {
            return None;
        }
        let value = match (self.base(&value.ty), ty) {
            (Type::Num(own), Type::Num(want)) if own.scale > want.scale => {
                // Comparisons are exact: a bound between two values of the column's grid keeps its own scale.
                self.coerce(value, &Type::Num(Num { unit: want.unit, scale: own.scale }))
            }
            _ => self.coerce(value, ty),
        };
        let value = folded_deep(value);
        (!value.ty.is_invalid()).then_some(value)
    }
}

/// An expression with what is known of it when compiled done; under a condition of a named type the value is kept.
fn folded_deep(e: TExpr) -> TExpr {
    if let Some(constant) = fold(&e, &|_| None) {
        return TExpr { kind: T::Constant(constant), ty: e.ty, place: e.place };
    }
    e
}
