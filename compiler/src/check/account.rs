//! Accounts of a chart: their kind, unit, dimensions and limits.

use super::Checker;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::program::{AccountKind, BoundMode, BoundPeriod};
use bp_grammar::ast;
use smol_str::SmolStr;

/// A limit as it is written.
#[derive(Default)]
struct Limit<'a> {
    bound: Option<(LimitKind, &'a ast::Expr)>,
    period: Option<BoundPeriod>,
    mode: Option<BoundMode>,
    /// Where something is said about it.
    about: Option<Place>,
}

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
        let mut for_exchange = None;
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
                    if let Some((currency, scale)) = self.currency(word) {
                        ty = Type::Num(Num { unit: Unit::Money(currency), scale });
                    }
                }
                // They are functions of the dimensions: when all types are known.
                ast::AccountClause::UpTo(_) | ast::AccountClause::NeverBelow(_) | ast::AccountClause::NeverAbove(_) => {
                }
                ast::AccountClause::Per(_) | ast::AccountClause::GroupedAs(_) | ast::AccountClause::OnLimit(..) => {}
                ast::AccountClause::Lots(_) => lots = true,
                ast::AccountClause::ForExchange(span) => for_exchange = Some(self.place(*span)),
            }
        }
        if let Some(place) = for_exchange {
            self.for_exchange(id, (kind, &ty), dimensions.is_empty(), place);
        }
        let account = &mut self.checked.accounts[id.index()];
        account.kind = kind;
        account.ty = ty;
        account.dimensions = dimensions;
        account.lots = lots;
    }

    /// Limits, how they count, and the groups that keep them too. `per` and `warn` are about the limit before them, and
    /// before the first one about that.
    pub(crate) fn account_limits(&mut self, id: AccountId, decl: &ast::Account) {
        let mut limits: Vec<Limit<'_>> = vec![Limit::default()];
        for clause in &decl.clauses {
            let (kind, bound) = match clause {
                ast::AccountClause::UpTo(bound) | ast::AccountClause::NeverAbove(bound) => (LimitKind::Above, bound),
                ast::AccountClause::NeverBelow(bound) => (LimitKind::Below, bound),
                _ => {
                    self.about_limit(id, decl, clause, limits.last_mut());
                    continue;
                }
            };
            match limits.last_mut().filter(|limit| limit.bound.is_none()) {
                Some(first) => first.bound = Some((kind, bound)),
                None => limits.push(Limit { bound: Some((kind, bound)), ..Limit::default() }),
            }
        }
        for limit in limits {
            let how = (limit.period.unwrap_or(BoundPeriod::Ever), limit.mode.unwrap_or(BoundMode::Stop));
            match (limit.bound, limit.about) {
                (Some((kind, bound)), _) => self.limit(id, kind, bound, how),
                (None, Some(place)) => {
                    self.report(Problem::ClauseHere { place, what: "this is about a limit, and the account has none" });
                }
                (None, None) => {}
            }
        }
    }

    /// A clause that says how a limit counts, what happens there, or who keeps it too.
    fn about_limit(
        &mut self,
        id: AccountId,
        decl: &ast::Account,
        clause: &ast::AccountClause,
        limit: Option<&mut Limit<'_>>,
    ) {
        let Some(limit) = limit else { return };
        let (at, twice) = match clause {
            ast::AccountClause::Per(word) => {
                let at = self.place(word.span);
                let period = match word.text.as_str() {
                    "month" => BoundPeriod::Month,
                    "year" => BoundPeriod::Year,
                    _ => {
                        let what = "a limit counts by `month` or by `year`";
                        self.report(Problem::ClauseHere { place: at, what });
                        return;
                    }
                };
                (at, limit.period.replace(period).map(|_| "a limit counts in one way"))
            }
            ast::AccountClause::OnLimit(on, span) => {
                let mode = match on {
                    ast::OnLimit::Stop => BoundMode::Stop,
                    ast::OnLimit::Warn => BoundMode::Warn,
                    ast::OnLimit::Ignore => BoundMode::Ignore,
                };
                (self.place(*span), limit.mode.replace(mode).map(|_| "a limit stops, warns or is ignored"))
            }
            ast::AccountClause::GroupedAs(words) => {
                let groups = self.groups(id, words);
                self.checked.accounts[id.index()].groups = groups;
                (self.place(words.first().map_or(decl.span, |word| word.span)), None)
            }
            _ => return,
        };
        limit.about = Some(at);
        if let Some(what) = twice {
            self.report(Problem::ClauseHere { place: at, what });
        }
    }

    /// `cost_centre < department < company`: the first dimension, then from each document the field that leads on.
    fn groups(&mut self, id: AccountId, words: &[ast::Ident]) -> Vec<AccountGroup> {
        let mut groups = Vec::new();
        let Some((first, above)) = words.split_first() else { return groups };
        let known = self.checked.accounts[id.index()].dimensions.first().cloned();
        let mut at = match known {
            Some((label, Type::Entity(entity))) if label == first.text => entity,
            Some((_, Type::Invalid)) => return groups,
            _ => {
                let place = self.place(first.span);
                self.report(Problem::Group { place, name: first.text.clone(), of: None });
                return groups;
            }
        };
        for word in above {
            let entity = &self.checked.entities[at.index()];
            let fields = &self.checked.records[entity.record.index()].fields;
            let found = fields.iter().position(|field| field.name == word.text);
            match found.map(|number| (number as u16, fields[number].ty.clone())) {
                Some((field, Type::Entity(next))) => {
                    groups.push(AccountGroup { name: word.text.clone(), field });
                    at = next;
                }
                _ => {
                    let (of, place) = (Some(entity.name.clone()), self.place(word.span));
                    self.report(Problem::Group { place, name: word.text.clone(), of });
                    return Vec::new();
                }
            }
        }
        groups
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
