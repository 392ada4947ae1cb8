//! The grammar's rules in a designer's words.

use super::Piece;
use crate::parse::Rule;
use crate::token::TokenKind;
use smol_str::SmolStr;

/// What was expected, the likeliest first, nothing twice.
pub(super) fn phrases(rules: &[Rule]) -> Vec<&'static str> {
    let mut found: Vec<(u8, &'static str)> = rules.iter().filter_map(|rule| phrase(*rule)).collect();
    if found.iter().any(|(_, phrase)| *phrase == "a statement") {
        found.push((1, "`}`"));
    }
    if found.iter().any(|(_, phrase)| *phrase == "an operator") {
        // `with` may follow any value; that it may is not worth telling.
        found.retain(|(_, phrase)| *phrase != "`with`");
    }
    found.sort();
    let mut phrases: Vec<&'static str> = Vec::new();
    for (_, phrase) in found {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases
}

/// A rule's phrase, and how early it is told: what must come before what may.
fn phrase(rule: Rule) -> Option<(u8, &'static str)> {
    Some(match rule {
        Rule::lbrace | Rule::block | Rule::fields | Rule::entity_body | Rule::postings | Rule::arms => (0, "`{`"),
        Rule::rbrace => (1, "`}`"),
        Rule::lparen | Rule::args | Rule::params => (0, "`(`"),
        Rule::rparen => (0, "`)`"),
        Rule::rbrack => (0, "`]`"),
        Rule::closer => (0, "`]` or `)`"),
        Rule::lbrack | Rule::index | Rule::brackets => (2, "`[`"),
        Rule::equals | Rule::default | Rule::assign => (0, "`=`"),
        Rule::becomes | Rule::result | Rule::transition => (0, "`->`"),
        Rule::yields => (0, "`=>`"),
        Rule::colon => (0, "`:`"),
        Rule::comma => (2, "`,`"),
        Rule::bar | Rule::header | Rule::row => (0, "a row that begins with `|`"),
        Rule::less => (0, "`<`"),
        Rule::greater => (0, "`>`"),
        Rule::dots => (3, "`..`"),
        Rule::body => (0, "`{` or `=`"),

        Rule::stmt | Rule::name_stmt | Rule::stmt_word => (1, "a statement"),
        Rule::posting | Rule::debit_line => (1, "`debit` or `credit`"),
        Rule::expr
        | Rule::rhs
        | Rule::value
        | Rule::date_time
        | Rule::date
        | Rule::month
        | Rule::bad_date
        | Rule::time
        | Rule::number
        | Rule::digits
        | Rule::bool
        | Rule::none
        | Rule::create
        | Rule::get
        | Rule::start
        | Rule::parens
        | Rule::if_expr
        | Rule::match_expr
        | Rule::find
        | Rule::prefix
        | Rule::neg
        | Rule::not => (1, "a value"),
        Rule::cell
        | Rule::cells
        | Rule::cell_item
        | Rule::not_cell
        | Rule::compare
        | Rule::wild_cell
        | Rule::comparison => (1, "a cell: a value, a comparison, a range or `any`"),
        Rule::text | Rule::files => (1, "a text in quotes"),
        Rule::infix | Rule::sub => (4, "an operator"),
        Rule::is_ | Rule::with | Rule::field | Rule::safe_field | Rule::call => (4, "an operator"),
        Rule::pattern | Rule::pattern_arg | Rule::arm | Rule::literal_pattern | Rule::some | Rule::wildcard => {
            (1, "a pattern")
        }
        Rule::pattern_args => (0, "`(`"),
        Rule::type_ | Rule::generic | Rule::tuple_type | Rule::type_arg | Rule::dimension => (1, "a type"),
        Rule::opt | Rule::per | Rule::type_args => (4, "more of the type"),
        Rule::field_decl | Rule::entity_part => (1, "a field: a name, `:` and a type"),
        Rule::field_mod => (3, "`where`, `=` or `as`"),
        Rule::account | Rule::account_kind => (1, "an account: its kind and its name"),
        Rule::account_clause => (3, "what the account is by"),
        Rule::case => (1, "a case"),
        Rule::item => (1, "an item"),
        Rule::name | Rule::word | Rule::place_path => (1, "a name"),
        Rule::path => (1, "a name"),
        Rule::upper | Rule::up_path | Rule::message_name => (1, "a name that begins with a capital"),
        Rule::operation_path => (1, "a service and its operation"),
        Rule::operation => (1, "an operation"),
        Rule::place => (1, "a name"),
        Rule::arg | Rule::record_args => (1, "an argument"),
        Rule::unit | Rule::percent_sign => (4, "a unit"),
        Rule::columns => (1, "the name of a column"),
        Rule::channel | Rule::to_key => (0, "`email`, `http` or `message`"),
        Rule::rhythm | Rule::regular => (0, "`every`, `daily`, `weekly`, `monthly` or `yearly`"),
        Rule::on_arm | Rule::after_arm | Rule::until_arm => (0, "`on`, `after` or `until`"),
        Rule::branch | Rule::branches => (0, "`branch`"),
        Rule::template => (2, "`for`"),
        Rule::default_row => (2, "`default`"),
        Rule::policy => (3, "a hit policy"),
        Rule::escalate => (2, "`escalate`"),
        Rule::format => (2, "a format"),

        Rule::kw_else => (2, "`else`"),
        Rule::kw_for | Rule::generator | Rule::for_postings => (2, "`for`"),
        Rule::kw_in => (0, "`in`"),
        Rule::kw_to => (0, "`to`"),
        Rule::kw_of | Rule::of => (0, "`of`"),
        Rule::kw_on | Rule::on_day => (0, "`on`"),
        Rule::kw_from => (0, "`from`"),
        Rule::kw_into => (0, "`into`"),
        Rule::kw_with => (0, "`with`"),
        Rule::kw_at => (0, "`at`"),
        Rule::kw_by | Rule::by_dimensions => (0, "`by`"),
        Rule::kw_as | Rule::as_name => (2, "`as`"),
        Rule::kw_where | Rule::where_ => (3, "`where`"),
        Rule::kw_within | Rule::deadline => (3, "`within`"),
        Rule::kw_limit | Rule::limit => (2, "`limit`"),
        Rule::kw_below => (0, "`below`"),
        Rule::kw_above => (0, "`above`"),
        Rule::kw_separate => (0, "`separate`"),
        Rule::kw_entity => (0, "`entity`"),
        Rule::kw_nothing => (0, "`nothing`"),
        Rule::kw_branch => (0, "`branch`"),
        Rule::kw_order => (2, "`order`"),
        Rule::kw_first_open => (0, "`first_open`"),
        Rule::kw_rest => (0, "`rest`"),
        Rule::kw_cancel => (0, "`cancel`"),
        Rule::kw_drain => (0, "`drain`"),
        Rule::kw_one => (0, "`one`"),
        Rule::kw_all => (0, "`all`"),
        Rule::kw_index => (0, "`index`"),
        Rule::kw_day => (2, "`day`"),
        Rule::kw_change_ => (0, "`change`"),
        Rule::fails | Rule::kw_fails => (3, "`fails`"),
        Rule::key | Rule::kw_key => (3, "`key`"),
        Rule::started_by => (3, "`started by`"),
        Rule::undo => (3, "`undo`"),
        Rule::handlers => (3, "`else`"),
        _ => return None,
    })
}

/// What stands there, in words.
pub(super) fn found(piece: &Piece, at: usize) -> SmolStr {
    let Some(token) = piece.tokens.get(at) else { return "the end of the item".into() };
    match token.kind {
        TokenKind::TextStart | TokenKind::TextChars | TokenKind::TextEscape => "a text".into(),
        TokenKind::TextEnd => "the end of the text".into(),
        TokenKind::Doc | TokenKind::FileDoc => "documentation".into(),
        _ => {
            let text = piece.slice(token.span);
            match text.char_indices().nth(40) {
                Some((cut, _)) => format!("`{}…`", &text[..cut]).into(),
                None => format!("`{text}`").into(),
            }
        }
    }
}

/// What was being read there: the construct whose braces are open, else the item.
pub(super) fn within(piece: &Piece, at: usize) -> Option<&'static str> {
    let mut inner = at;
    while let Some(open) = piece.opener(inner) {
        if piece.tokens[open].kind == TokenKind::HoleStart {
            return Some("a text");
        }
        if piece.tokens[open].kind == TokenKind::BraceOpen {
            let first = piece.first_of_line(open);
            let word = (first..open).rev().find_map(|at| construct(piece.word(at)));
            if open > first && word.is_some() {
                return word;
            }
        }
        inner = open;
    }
    declared(piece.word(piece.keyword))
}

fn construct(word: &str) -> Option<&'static str> {
    Some(match word {
        "step" => "a step",
        "task" => "a task",
        "race" => "a race",
        "parallel" => "a `parallel`",
        "branch" => "a branch",
        "scope" => "a scope",
        "stage" => "a stage",
        "pause" => "a `pause`",
        "post" => "a posting",
        "match" => "a `match`",
        "while" => "a `while` loop",
        "undo" => "an `undo`",
        _ => return None,
    })
}

fn declared(word: &str) -> Option<&'static str> {
    Some(match word {
        "use" => "a `use` line",
        "currency" => "a `currency` line",
        "unit" => "a unit",
        "config" => "the configuration",
        "type" => "a type",
        "enum" => "an enum",
        "record" => "a record",
        "entity" | "extend" => "an entity",
        "chart" => "a chart of accounts",
        "message" => "a message",
        "service" => "a service",
        "role" => "a role",
        "duty" => "a duty rule",
        "fn" => "a function",
        "decision" => "a decision table",
        "action" => "an action",
        "process" => "a process",
        "schedule" => "a schedule",
        "report" => "a report",
        "test" => "a test",
        _ => return None,
    })
}
