//! Accounts of a chart: their kind, unit, dimensions and limits.

use super::Checker;
use crate::diagnostics::Problem;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::program::AccountKind;
use bp_grammar::ast;
use smol_str::SmolStr;

impl Checker<'_> {
    pub(crate) fn account(&mut self, id: AccountId, decl: &ast::Account) {
        let money = Type::Num(Num { unit: Unit::Money(self.book), scale: self.book_scale });
        let quantity = Type::Num(Num { unit: Unit::Quantity(None), scale: SCALE_DEFAULT });
        let (kind, mut ty) = match decl.kind {
            ast::AccountKind::Asset => (AccountKind::Asset, money),
            ast::AccountKind::Liability => (AccountKind::Liability, money),
            ast::AccountKind::Equity => (AccountKind::Equity, money),
            ast::AccountKind::Income => (AccountKind::Income, money),
            ast::AccountKind::Expense => (AccountKind::Expense, money),
            ast::AccountKind::Quantity => (AccountKind::Quantity, quantity),
            ast::AccountKind::Budget => (AccountKind::Budget, money),
            ast::AccountKind::Limit => (AccountKind::Limit, money),
        };
        let mut dimensions: Vec<(SmolStr, Type)> = Vec::new();
        let mut lots = false;
        let units = decl.clauses.iter().filter_map(|clause| match clause {
            ast::AccountClause::In(word) => Some(word),
            _ => None,
        });
        for word in units.skip(1) {
            let place = self.place(word.span);
            self.report(Problem::ClauseHere { place, what: "an account is kept in one unit" });
        }
        for clause in &decl.clauses {
            match clause {
                ast::AccountClause::By(list) => {
                    for d in list {
                        self.dimension(d, &mut dimensions);
                    }
                }
                ast::AccountClause::In(word) if kind == AccountKind::Quantity => {
                    if let Some((unit, ..)) = self.unit(word) {
                        let scale = self.checked.units[unit.index()].scale;
                        ty = Type::Num(Num { unit: Unit::Quantity(Some(unit)), scale });
                    }
                }
                ast::AccountClause::In(word) => {
                    let at = self.place(word.span);
                    self.not_yet(at, "accounts in another currency");
                }
                // They are functions of the dimensions: when all types are known.
                ast::AccountClause::UpTo(_) | ast::AccountClause::NeverBelow(_) | ast::AccountClause::NeverAbove(_) => {
                }
                ast::AccountClause::Per(word) => {
                    let at = self.place(word.span);
                    self.not_yet(at, "limits by period");
                }
                ast::AccountClause::GroupedAs(words) => {
                    let at = self.place(words.first().map_or(decl.span, |w| w.span));
                    self.not_yet(at, "groups of accounts");
                }
                ast::AccountClause::Lots(_) => lots = true,
                ast::AccountClause::OnLimit(ast::OnLimit::Stop, _) => {}
                ast::AccountClause::OnLimit(_, span) => {
                    let at = self.place(*span);
                    self.not_yet(at, "limits that only warn");
                }
            }
        }
        let account = &mut self.checked.accounts[id.index()];
        account.kind = kind;
        account.ty = ty;
        account.dimensions = dimensions;
        account.lots = lots;
    }

    pub(crate) fn account_limits(&mut self, id: AccountId, decl: &ast::Account) {
        for clause in &decl.clauses {
            match clause {
                ast::AccountClause::UpTo(bound) | ast::AccountClause::NeverAbove(bound) => {
                    self.limit(id, LimitKind::Above, bound);
                }
                ast::AccountClause::NeverBelow(bound) => self.limit(id, LimitKind::Below, bound),
                _ => {}
            }
        }
    }

    fn dimension(&mut self, d: &ast::Dimension, dimensions: &mut Vec<(SmolStr, Type)>) {
        let ty = self.type_of(&d.ty);
        let label = d.name.as_ref().map_or_else(|| snake(&self.show(&ty)), |n| n.text.clone());
        let fits = match self.base(&ty) {
            Type::Text | Type::Month | Type::Date | Type::INT | Type::Entity(_) | Type::Invalid => true,
            Type::Enum(id) => !self.checked.enums[id.index()].has_payload(),
            _ => false,
        };
        let place = self.place(d.ty.span);
        if !fits {
            let found = self.show(&ty);
            self.report(Problem::NotADimension { place, found });
        }
        if dimensions.iter().any(|(n, _)| *n == label) {
            self.report(Problem::DuplicateName { place, name: label.clone(), first: None });
        }
        dimensions.push((label, self.base(&ty)));
    }
}

/// `CostCentre` as `cost_centre`.
fn snake(name: &str) -> SmolStr {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out.into()
}
