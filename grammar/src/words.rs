//! Words and marks that people bring along from other languages, and what they are called here.

/// The item keyword that was perhaps meant by a word that stands where an item begins.
pub fn item_meant(word: &str) -> Option<&'static str> {
    foreign_item(word).or_else(|| near_item(word))
}

/// The item keyword for a word that begins a declaration in other languages.
pub fn foreign_item(word: &str) -> Option<&'static str> {
    Some(match word {
        "function" | "def" | "func" | "fun" | "proc" | "procedure" | "sub" => "fn",
        "class" | "struct" | "data" => "record",
        "table" => "decision",
        "model" | "document" => "entity",
        "import" | "include" | "require" | "using" | "module" | "package" => "use",
        "const" | "parameter" | "parameters" | "settings" => "config",
        "workflow" | "flow" => "process",
        "cron" | "job" => "schedule",
        "event" => "message",
        "interface" => "service",
        "account" | "accounts" | "ledger" => "chart",
        "query" | "view" => "report",
        _ => return None,
    })
}

/// The item keyword that is one slip of the keyboard away.
fn near_item(word: &str) -> Option<&'static str> {
    if word.len() < 2 || !word.is_ascii() {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let near = |wanted: &&&str| distance(lower.as_bytes(), wanted.as_bytes()) <= if wanted.len() < 5 { 1 } else { 2 };
    let foreign = ["function", "import", "workflow", "class"];
    let known = crate::token::ITEM_WORDS.iter().chain(&foreign);
    let nearest = known.filter(near).min_by_key(|w| distance(lower.as_bytes(), w.as_bytes())).copied()?;
    foreign_item(nearest).or(Some(nearest))
}

/// How many letters have to be put in, left out, changed or swapped with their neighbour.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let width = b.len() + 1;
    let mut cost = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            cost[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = cost[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = change.min(cost[(i - 1) * width + j] + 1).min(cost[i * width + j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(cost[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    cost[a.len() * width + b.len()]
}

/// What a word of other languages is called here, where a statement or a value stands.
pub fn foreign_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "elif" | "elsif" | "elseif" | "elsei" => "else if",
        "null" | "nil" | "undefined" | "None" | "NULL" | "Null" => "none",
        "True" | "TRUE" | "yes" => "true",
        "False" | "FALSE" | "no" => "false",
        "foreach" => "for",
        "switch" | "case" | "select" => "match",
        "const" | "val" => "let",
        "throw" | "raise" => "fail",
        "function" | "def" | "func" => "fn",
        "until" | "loop" | "do" | "repeat" => "while",
        "sleep" | "delay" => "wait",
        "goto" => "go",
        "xor" => "!=",
        "then" | "begin" => "{",
        "end" | "endif" | "done" => "}",
        _ => return None,
    })
}

/// This language's operator for one of another language.
pub fn foreign_operator(found: &str) -> Option<Option<&'static str>> {
    Some(match found {
        "&&" | "&" => Some("and"),
        "||" => Some("or"),
        "!" => Some("not"),
        "===" => Some("=="),
        "!==" | "<>" | "~=" | "/=" => Some("!="),
        "=<" => Some("<="),
        ":=" => Some("="),
        "+=" | "-=" | "*=" | "++" | "--" => None,
        "**" | "^" => Some("power"),
        "::" => Some("."),
        _ => return None,
    })
}
