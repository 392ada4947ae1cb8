//! Trees as short text: every group in parentheses, so that ranks show.

use bp_grammar::ast::*;

pub fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Invalid => "INVALID".into(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::None => "none".into(),
        ExprKind::Number(n) => number(n),
        ExprKind::Date(d) => date(d),
        ExprKind::Month(m) => format!("{:04}-{:02}", m.year, m.month),
        ExprKind::Time(t) => format!("{:02}:{:02}", t.hour, t.minute),
        ExprKind::DateTime(t) => {
            let zone = t.offset_minutes.map_or_else(String::new, |offset| format!("{offset:+}"));
            format!("{}T{:02}:{:02}:{:02}{zone}", date(&t.date), t.hour, t.minute, t.second)
        }
        ExprKind::Text(parts) => format!("\"{}\"", parts.iter().map(part).collect::<String>()),
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::Field { base, name, safe } => {
            format!("{}{}{}", expr(base), if *safe { "?." } else { "." }, name.text)
        }
        ExprKind::Call { callee, args: list } => format!("{}{}", expr(callee), args(list)),
        ExprKind::Index { base, indices } => format!("{}[{}]", expr(base), exprs(indices)),
        ExprKind::With { base, args: list } => format!("(with {} {})", expr(base), args(list)),
        ExprKind::Is { value, negated, pattern: p } => {
            format!("(is {}{} {})", if *negated { "not " } else { "" }, expr(value), pattern(p))
        }
        ExprKind::Neg(value) => format!("(- {})", expr(value)),
        ExprKind::Not(value) => format!("(not {})", expr(value)),
        ExprKind::Binary { op, left, right, .. } => format!("({} {} {})", binary(*op), expr(left), expr(right)),
        ExprKind::Compare { first, rest } => {
            let rest: String = rest.iter().map(|(op, right)| format!(" {} {}", compare(*op), expr(right))).collect();
            format!("({}{rest})", expr(first))
        }
        ExprKind::Record(list) => format!("record{}", args(list)),
        ExprKind::List(items) => format!("[{}]", exprs(items)),
        ExprKind::ListFor { element, generator: g } => format!("[{}{}]", expr(element), generator(g)),
        ExprKind::Range(range) => format!(
            "{}{}..{}{}",
            if range.low_included { '[' } else { '(' },
            range.low.as_ref().map_or_else(String::new, expr),
            range.high.as_ref().map_or_else(String::new, expr),
            if range.high_included { ']' } else { ')' },
        ),
        ExprKind::If { condition, then, otherwise } => if_(condition, then, otherwise.as_deref()),
        ExprKind::Match { value, arms: list } => format!("match {} {{ {} }}", expr(value), arms(list)),
        ExprKind::Find(find) => {
            let mut text = format!("(find {}", find.entity.text());
            push(&mut text, "where", &find.where_);
            for (path, direction) in &find.order_by {
                text += &format!(" by {} {direction:?}", path.text());
            }
            push(&mut text, "limit", &find.limit);
            text + ")"
        }
        ExprKind::Create { entity, args: list } => format!("create {}{}", entity.text(), args(list)),
        ExprKind::Get { entity, args: list } => format!("get {}{}", entity.text(), args(list)),
        ExprKind::Start { process, args: list, by, undo: u } => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" as {}", expr(by)));
            format!("start {}{}{by}{}", process.text(), args(list), u.as_ref().map_or_else(String::new, |u| undo(u)))
        }
        ExprKind::Run(r) => run(r),
    }
}

fn number(n: &Number) -> String {
    let unit = match &n.unit {
        None => String::new(),
        Some(UnitRef::Percent(_)) => "·%".into(),
        Some(UnitRef::Named(unit)) => format!("·{}", unit.text),
    };
    if n.scale == 0 { format!("{}{unit}", n.value) } else { format!("{}e-{}{unit}", n.value, n.scale) }
}

fn date(d: &DateLit) -> String {
    format!("{:04}-{:02}-{:02}", d.year, d.month, d.day)
}

fn part(part: &TextPart) -> String {
    match part {
        TextPart::Chars(chars) => chars.to_string(),
        TextPart::Hole { value, format: None } => format!("<{}>", expr(value)),
        TextPart::Hole { value, format: Some(format) } => format!("<{}:{format}>", expr(value)),
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::IntDiv => "div",
        BinaryOp::Mod => "mod",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Coalesce => "??",
        BinaryOp::In => "in",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn exprs(list: &[Expr]) -> String {
    list.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn args(args: &Args) -> String {
    let list: Vec<String> = args
        .list
        .iter()
        .map(|arg| match &arg.name {
            Some(name) => format!("{}: {}", name.text, expr(&arg.value)),
            None => expr(&arg.value),
        })
        .collect();
    format!("({}{})", list.join(", "), args.generator.as_deref().map_or_else(String::new, generator))
}

fn generator(g: &Generator) -> String {
    let mut text = format!(" for {} in {}", g.name.text, expr(&g.source));
    push(&mut text, "where", &g.where_);
    push(&mut text, "grouped", &g.grouped_by);
    if let Some((by, direction)) = &g.sorted_by {
        text += &format!(" sorted {} {direction:?}", expr(by));
    }
    text
}

fn push(text: &mut String, word: &str, value: &Option<Expr>) {
    if let Some(value) = value {
        *text += &format!(" {word} {}", expr(value));
    }
}

pub fn pattern(p: &Pattern) -> String {
    match &p.kind {
        PatternKind::Invalid => "INVALID".into(),
        PatternKind::Wildcard => "_".into(),
        PatternKind::None => "none".into(),
        PatternKind::Some(inner) => format!("some({})", pattern(inner)),
        PatternKind::Literal(value) => expr(value),
        PatternKind::Bind(name) => name.text.to_string(),
        PatternKind::Case { path, args: None } => path.text(),
        PatternKind::Case { path, args: Some(args) } => {
            let list: Vec<String> = args
                .iter()
                .map(|arg| match &arg.name {
                    Some(name) => format!("{}: {}", name.text, pattern(&arg.pattern)),
                    None => pattern(&arg.pattern),
                })
                .collect();
            format!("{}({})", path.text(), list.join(", "))
        }
    }
}

fn arms(arms: &[Arm]) -> String {
    let list: Vec<String> = arms
        .iter()
        .map(|arm| {
            let patterns: Vec<String> = arm.patterns.iter().map(pattern).collect();
            let body = match &arm.body {
                ArmBody::Block(b) => block(b),
                ArmBody::Stmt(s) => stmt(s),
            };
            format!("{} => {body}", patterns.join(", "))
        })
        .collect();
    list.join("; ")
}

fn if_(condition: &Expr, then: &Block, otherwise: Option<&Else>) -> String {
    let otherwise = match otherwise {
        None => String::new(),
        Some(Else::Block(b)) => format!(" else {}", block(b)),
        Some(Else::If(e)) => format!(" else {}", expr(e)),
    };
    format!("if {} {}{otherwise}", expr(condition), block(then))
}

pub fn block(b: &Block) -> String {
    let stmts: Vec<String> = b.stmts.iter().map(stmt).collect();
    format!("{{ {} }}", stmts.join("; "))
}

fn place(p: &Place) -> String {
    if p.indices.is_empty() { p.path.text() } else { format!("{}[{}]", p.path.text(), exprs(&p.indices)) }
}

fn undo(u: &Undo) -> String {
    format!(" undo {}", u.block.as_ref().map_or_else(|| "nothing".into(), block))
}

fn handlers(h: &Option<Handlers>) -> String {
    h.as_ref().map_or_else(String::new, |h| format!(" else {{ {} }}", arms(&h.arms)))
}

pub fn stmt(s: &Stmt) -> String {
    match &s.kind {
        StmtKind::Invalid => "INVALID".into(),
        StmtKind::Let { mutable, name, ty, value } => format!(
            "{} {}{} = {}",
            if *mutable { "var" } else { "let" },
            name.text,
            ty.as_ref().map_or_else(String::new, |ty| format!(": {}", type_(ty))),
            expr(value)
        ),
        StmtKind::If { condition, then, otherwise } => if_(condition, then, otherwise.as_deref()),
        StmtKind::Match { value, arms: list } => format!("match {} {{ {} }}", expr(value), arms(list)),
        StmtKind::While { condition, body } => format!("while {} {}", expr(condition), block(body)),
        StmtKind::For(f) => {
            let source = match &f.source {
                ForSource::Values(value) => expr(value),
                ForSource::Files { row, files } => {
                    let files: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
                    format!("{} of {}", type_(row), files.join(" "))
                }
            };
            let mut text = format!("for {} in {source}", f.name.text);
            push(&mut text, "where", &f.where_);
            format!("{text} {}", block(&f.body))
        }
        StmtKind::Return(None) => "return".into(),
        StmtKind::Return(Some(value)) => format!("return {}", expr(value)),
        StmtKind::Fail { failure, args: list } => format!("fail {}{}", failure.text(), some_args(list)),
        StmtKind::Go(stage) => format!("go {}", stage.text),
        StmtKind::Break => "break".into(),
        StmtKind::Expr(value) => expr(value),
        StmtKind::Assign { target, value } => format!("{} = {}", expr(target), expr(value)),
        StmtKind::Transition { target, state } => format!("{} -> {}", expr(target), state.text),
        StmtKind::Add { value, to } => format!("add {} to {}", expr(value), place(to)),
        StmtKind::Put { key, value, into } => format!("put {}: {} into {}", expr(key), expr(value), place(into)),
        StmtKind::Change { target, args: list } => format!("change {} {}", place(target), args(list)),
        StmtKind::Post(p) => post(p),
        StmtKind::Settle(s) => settle(s),
        StmtKind::Free(f) => format!("free {} of {}", expr(&f.amount), place(&f.of)),
        StmtKind::Reverse(None) => "reverse".into(),
        StmtKind::Reverse(Some(of)) => format!("reverse {}", expr(of)),
        StmtKind::Process(p) => process(p),
        StmtKind::Test(t) => match &**t {
            TestStmt::Expect { value, failed: None } => format!("expect {}", expr(value)),
            TestStmt::Expect { value, failed: Some(f) } => {
                format!("expect {} failed {}{}", expr(value), f.failure.text(), some_args(&f.args))
            }
            TestStmt::Complete(value, None) => format!("complete {}", expr(value)),
            TestStmt::Complete(value, Some(by)) => format!("complete {} as {}", expr(value), expr(by)),
            TestStmt::Cancel(value) => format!("cancel {}", expr(value)),
            TestStmt::Refused { action, why } => {
                let why = why.as_ref().map_or_else(String::new, |why| format!(" {}", expr(why)));
                format!("expect {} refused{why}", stmt(action))
            }
            TestStmt::Answer { request, answer } => match answer {
                Answer::Given => format!("answer {}", expr(request)),
                Answer::Failed(f) => {
                    format!("answer {} failed {}{}", expr(request), f.failure.text(), some_args(&f.args))
                }
                Answer::Error(why) => format!("answer {} error {}", expr(request), expr(why)),
            },
            TestStmt::Deliver(value) => format!("deliver {}", expr(value)),
            TestStmt::Advance(value) => format!("advance {}", expr(value)),
            TestStmt::Close(value) => format!("close through {}", expr(value)),
        },
    }
}

fn some_args(list: &Option<Args>) -> String {
    list.as_ref().map_or_else(String::new, args)
}

fn postings(list: &[Posting]) -> String {
    let list: Vec<String> = list.iter().map(posting).collect();
    format!("{{ {} }}", list.join("; "))
}

fn posting(p: &Posting) -> String {
    match &p.kind {
        PostingKind::Invalid => "INVALID".into(),
        PostingKind::Line { side, account, amount, rate, worth, over_limit } => {
            let mut text = format!("{side:?} {} {}", place(account), expr(amount));
            push(&mut text, "at", rate);
            push(&mut text, "worth", worth);
            push(&mut text, "over", over_limit);
            text
        }
        PostingKind::For { name, source, where_, postings: inner } => {
            let mut text = format!("for {} in {}", name.text, expr(source));
            push(&mut text, "where", where_);
            format!("{text} {}", postings(inner))
        }
        PostingKind::If { condition, then, otherwise } => {
            format!("if {} {} else {}", expr(condition), postings(then), postings(otherwise))
        }
        PostingKind::Exchange { given, taken, rate } => {
            format!("exchange {} {} {}", expr(given), expr(taken), expr(rate))
        }
        PostingKind::Rounding(account) => format!("rounding {}", place(account)),
        PostingKind::Assert(value) => format!("assert {}", expr(value)),
    }
}

fn process(p: &ProcessStmt) -> String {
    match p {
        ProcessStmt::Stage { name, body } => format!("stage {} {}", name.text, block(body)),
        ProcessStmt::Exclusive { keys, body } => format!("exclusive {} {}", exprs(keys), block(body)),
        ProcessStmt::Scope(scope) => format!(
            "scope {} {}{}",
            scope.name.as_ref().map_or("-", |name| name.text.as_str()),
            block(&scope.body),
            scope.handlers.iter().map(race_arm).collect::<String>()
        ),
        ProcessStmt::Pause(body) => format!("pause {}", block(body)),
        ProcessStmt::Send { channel, what, to } => format!("send {channel:?} {} to {}", expr(what), expr(to)),
        ProcessStmt::SendMessage(what) => format!("send message {}", expr(what)),
        ProcessStmt::Form(FormStmt::Show(values)) => format!("show {}", exprs(values)),
        ProcessStmt::Form(FormStmt::Ask(fields)) => {
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("ask {}", fields.join(", "))
        }
    }
}

fn race_arm(arm: &RaceArm) -> String {
    let on = |word: &str, name: &Option<Ident>, message: &Path, where_: &Option<Expr>| {
        let name = name.as_ref().map_or_else(String::new, |name| format!("{}: ", name.text));
        let mut text = format!(" {word} {name}{}", message.text());
        push(&mut text, "where", where_);
        text
    };
    let trigger = match &arm.trigger {
        Trigger::On { name, message, where_ } => on("on", name, message, where_),
        Trigger::CancelOn { name, message, where_ } => on("cancel", name, message, where_),
        Trigger::After(e) => format!(" after {}", expr(e)),
        Trigger::Until(e) => format!(" until {}", expr(e)),
        Trigger::Every { interval, after } => {
            let mut text = format!(" every {}", expr(interval));
            push(&mut text, "after", after);
            text
        }
    };
    format!("{trigger} {}", block(&arm.body))
}

fn deadline(d: &Option<Deadline>) -> String {
    let Some(d) = d else { return String::new() };
    let word = if d.by { "by" } else { "within" };
    format!(" {word} {}{}", expr(&d.limit), otherwise(&d.otherwise))
}

fn otherwise(o: &Option<Otherwise>) -> String {
    match o {
        None => String::new(),
        Some(Otherwise::Escalate(path)) => format!(" else escalate {}", path.text()),
        Some(Otherwise::Block(b)) => format!(" else {}", block(b)),
        Some(Otherwise::Stmt(s)) => format!(" else {}", stmt(s)),
        Some(Otherwise::Arms(list)) => format!(" else {{ {} }}", arms(list)),
    }
}

fn run(r: &Run) -> String {
    match r {
        Run::Step(s) => format!(
            "step {} {}{}{}",
            s.name.text,
            block(&s.body),
            s.undo.as_ref().map_or_else(String::new, undo),
            handlers(&s.handlers)
        ),
        Run::Task(t) => format!(
            "task {} {} for {}{}{} {}{}",
            t.name.text,
            expr(&t.title),
            expr(&t.role),
            t.duty.as_ref().map_or_else(String::new, |duty| format!(" as {}", duty.text)),
            if t.may_change { " may change" } else { "" },
            block(&t.body),
            deadline(&t.deadline)
        ),
        Run::Wait(w) => {
            let what = match &w.what {
                WaitFor::Until(e) => format!("until {}", expr(e)),
                WaitFor::Time(e) => expr(e),
                WaitFor::Message { new, message, where_ } => {
                    let mut text = format!("{}message {}", if *new { "new " } else { "" }, message.text());
                    push(&mut text, "where", where_);
                    text
                }
            };
            format!("wait {what}{}", deadline(&w.deadline))
        }
        Run::Race(arms) => format!("race{}", arms.iter().map(race_arm).collect::<String>()),
        Run::Parallel(p) => {
            let join = p.join.as_ref().map_or_else(String::new, |join| {
                format!(" join {} {:?}", join.count.as_ref().map_or_else(|| "first".into(), expr), join.rest)
            });
            let body = match &p.body {
                ParallelBody::Branches(list) => {
                    list.iter().map(|(name, b)| format!(" branch {} {}", name.text, block(b))).collect::<String>()
                }
                ParallelBody::For { name, source, where_, body } => {
                    let mut text = format!(" for {} in {}", name.text, expr(source));
                    push(&mut text, "where", where_);
                    format!("{text} {}", block(body))
                }
            };
            format!("parallel{join}{body}")
        }
        Run::Call(c) => format!(
            "call {}{}{}{}",
            c.process.text(),
            args(&c.args),
            c.undo.as_ref().map_or_else(String::new, undo),
            handlers(&c.handlers)
        ),
        Run::Request(r) => {
            let mut text = format!("request {}{}", r.operation.text(), args(&r.args));
            push(&mut text, "within", &r.within);
            push(&mut text, "retry", &r.retry);
            text + &otherwise(&r.otherwise)
        }
        Run::Hold(h) => {
            let mut text = format!("hold {}", expr(&h.amount));
            push(&mut text, "of", &h.of);
            text += &format!(" on {}", place(&h.on));
            push(&mut text, "over", &h.over_limit);
            text + &handlers(&h.handlers)
        }
        Run::Settle(s) => settle(s),
        Run::Post(p) => post(p),
        Run::Take(t) => format!(
            "take {} of {} from {}{}",
            expr(&t.amount),
            expr(&t.of),
            place(&t.from),
            t.order.as_ref().map_or_else(String::new, |order| format!(" {}", order.text))
        ),
        Run::Move(m) => {
            let (from, to) = (place(&m.from), place(&m.to));
            let mut text = format!("move {} of {} from {from} to {to}", expr(&m.amount), expr(&m.of));
            push(&mut text, "worth", &m.worth);
            text
        }
    }
}

pub fn type_(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeKind::Invalid => "INVALID".into(),
        TypeKind::Named { path, args } if args.is_empty() => path.text(),
        TypeKind::Named { path, args } => {
            let args: Vec<String> = args
                .iter()
                .map(|arg| match arg {
                    TypeArg::Type(ty) => type_(ty),
                    TypeArg::Number { value, .. } => value.to_string(),
                    TypeArg::Unit(unit) => format!("unit {}", unit.text),
                })
                .collect();
            format!("{}<{}>", path.text(), args.join(", "))
        }
        TypeKind::Optional(inner) => format!("{}?", type_(inner)),
        TypeKind::Per { of, unit } => format!("({} per {})", type_(of), unit.text),
        TypeKind::Record(fields) => {
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("({})", fields.join(", "))
        }
    }
}

pub fn field(f: &Field) -> String {
    let mut text = format!("{}: {}", f.name.text, type_(&f.ty));
    if let Some(outside) = &f.outside {
        text += &format!(" as {}", outside.text);
    }
    push(&mut text, "=", &f.default);
    push(&mut text, "where", &f.where_);
    if f.personal.is_some() {
        text += " personal";
    }
    if let Some(was) = &f.was {
        text += &format!(" was {}", was.text);
    }
    text
}

fn settle(s: &Settle) -> String {
    let mut text = format!("{} {}", if s.commit { "commit" } else { "release" }, expr(&s.what));
    push(&mut text, "of", &s.of);
    text
}

fn post(p: &Post) -> String {
    let mut text = format!("post {}", expr(&p.text));
    push(&mut text, "in", &p.book);
    push(&mut text, "on", &p.on);
    format!("{text}{} {}", if p.first_open { " first_open" } else { "" }, postings(&p.postings))
}
