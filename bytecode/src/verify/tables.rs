//! The tables: every index leads somewhere, shapes and trees end, interfaces fit their functions.

use super::{fits, reg_type, shape};
use crate::Program;
use crate::index::*;
use crate::process::Rhythm;
use crate::program::{Entity, Node, Query, Tree, TreeInput};
use crate::shape::{EnumShape, FieldShape, RegType, Shape, Unit};

/// The most fields of a record or a case: a window has to fit the registers.
const FIELDS_MAX: usize = 10_000;
const SCALE_MAX: u8 = 18;
/// The largest power of ten that 128 bits hold.
const POWER_MAX: u8 = 38;

/// How deep shapes may nest: what walks a value recurses by its shape.
const DEPTH_MAX: u16 = 200;

type Checked = Result<(), String>;

pub(super) fn verify(p: &Program) -> Checked {
    if p.currency.0.len() != 3 {
        return Err("the book currency is no three letters".into());
    }
    for (i, s) in p.shapes.iter().enumerate() {
        one_shape(p, i, s).map_err(|e| format!("shape {i}: {e}"))?;
    }
    shape_depths(p)?;
    for (i, place) in p.places.iter().enumerate() {
        if place.source.index() >= p.sources.len() {
            return Err(format!("place {i}: there is no source {}", place.source.0));
        }
    }
    for (i, chain) in p.chains.iter().enumerate() {
        let bad = chain.numerators == 0
            || chain.up > POWER_MAX
            || chain.down > POWER_MAX
            || (chain.root && (chain.power || chain.has_step))
            || (chain.power && chain.has_step);
        if bad {
            return Err(format!("chain {i} is not well formed"));
        }
    }
    for (i, tree) in p.trees.iter().enumerate() {
        one_tree(p, tree).map_err(|e| format!("tree {i}: {e}"))?;
    }
    for check in &p.checks {
        text(p, check.text)?;
        text(p, check.subject)?;
        place(p, check.place)?;
        function(p, check.func, None, None)?;
    }
    for config in &p.configs {
        text(p, config.name)?;
        text(p, config.docs)?;
        place(p, config.place)?;
        let wanted = reg_type(p, config.shape)?;
        default(p, config.default, wanted)?;
        for check in &config.checks {
            check_of(p, *check, wanted)?;
        }
    }
    for account in &p.accounts {
        text(p, account.name)?;
        account.code.map_or(Ok(()), |c| text(p, c))?;
        place(p, account.place)?;
        if !matches!(shape(p, account.shape)?, Shape::Number { .. }) {
            return Err("an account's amounts are no numbers".into());
        }
        for (name, dimension) in &account.dimensions {
            text(p, *name)?;
            let scalar = matches!(
                shape(p, *dimension)?,
                Shape::Text
                    | Shape::Enum(_)
                    | Shape::Month
                    | Shape::Date
                    | Shape::Number { .. }
                    | Shape::Bool
                    | Shape::Document(_)
            );
            if !scalar {
                return Err("a dimension is no text, enum, date or number".into());
            }
        }
        groups(p, account)?;
    }
    p.entities.iter().try_for_each(|entity| one_entity(p, entity))?;
    p.queries.iter().try_for_each(|query| one_query(p, query))?;
    for decision in &p.decisions {
        text(p, decision.name)?;
        place(p, decision.place)?;
        decision.rows.iter().try_for_each(|r| place(p, *r))?;
    }
    for process in &p.processes {
        one_process(p, process)?;
    }
    for step in &p.steps {
        text(p, step.name)?;
        place(p, step.place)?;
        index(step.process.index(), p.processes.len(), "process")?;
    }
    for message in &p.messages {
        text(p, message.name)?;
        place(p, message.place)?;
        message.keep.map_or(Ok(()), |keep| function(p, keep, Some(0), None))?;
        let Shape::Record(record) = shape(p, message.record)? else { return Err("a message is no record".into()) };
        message.key.iter().try_for_each(|field| index(usize::from(*field), record.fields.len(), "field"))?;
        if message.key.is_empty() {
            return Err("a message is for nobody".into());
        }
    }
    for operation in &p.operations {
        text(p, operation.service)?;
        text(p, operation.name)?;
        text(p, operation.docs)?;
        place(p, operation.place)?;
        let Shape::Record(_) = shape(p, operation.asked)? else {
            return Err("an operation asks with no record".into());
        };
        let Shape::Variant(outcome) = shape(p, operation.outcome)? else {
            return Err("an operation that ends in no variant".into());
        };
        if outcome.cases.is_empty() || outcome.cases.len() != operation.answers.len() {
            return Err("an operation that is answered otherwise than it ends".into());
        }
        for (case, answer) in outcome.cases.iter().zip(&operation.answers) {
            text(p, answer.name)?;
            text(p, answer.outside)?;
            for field in &answer.fields {
                one_field(p, field)?;
            }
            let shapes = |case: &crate::shape::CaseShape| case.fields.iter().map(|f| f.shape).collect::<Vec<_>>();
            if shapes(case) != shapes(answer) {
                return Err("an answer that is no end of its operation".into());
            }
        }
    }
    if !p.points.windows(2).all(|pair| pair[0].func <= pair[1].func) {
        return Err("points that are not in the order of their functions".into());
    }
    for point in &p.points {
        text(p, point.name)?;
        place(p, point.place)?;
        index(point.func.index(), p.functions.len(), "function")?;
        if !point.live.windows(2).all(|pair| pair[0].register < pair[1].register) {
            return Err("registers of a point that are not in order".into());
        }
        for live in &point.live {
            text(p, live.name)?;
            shape(p, live.shape)?;
        }
        for event in &point.events {
            if let crate::process::Event::Task { name, duty, .. } = event {
                text(p, *name)?;
                duty.map_or(Ok(()), |duty| index(duty.index(), p.duties.len(), "duty"))?;
            }
        }
    }
    for (number, duty) in p.duties.iter().enumerate() {
        text(p, duty.name)?;
        place(p, duty.place)?;
        if !duty.separate.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("duties that are not in order".into());
        }
        for other in &duty.separate {
            index(other.index(), p.duties.len(), "duty")?;
            if other.index() == number || !p.duties[other.index()].separate.iter().any(|back| back.index() == number) {
                return Err("a duty that is separate from one that is not from it".into());
            }
        }
    }
    for schedule in &p.schedules {
        place(p, schedule.place)?;
        index(schedule.process.index(), p.processes.len(), "process")?;
        if !p.processes[schedule.process.index()].params.is_empty() {
            return Err("a schedule whose process asks for something".into());
        }
        let when = match schedule.rhythm {
            Rhythm::Every(interval) => Some(interval),
            Rhythm::Monthly(day) | Rhythm::Yearly(day) => day,
            Rhythm::Daily => None,
            Rhythm::Weekly(1..=7) => None,
            Rhythm::Weekly(_) => return Err("a week without such a day".into()),
        };
        for func in when.iter().chain(&schedule.at) {
            function(p, *func, Some(0), None)?;
        }
        if let Rhythm::Every(interval) = schedule.rhythm {
            match p.functions[interval.index()].result {
                RegType::Handle(of) if *shape(p, of)? == Shape::Period => {}
                _ => return Err("an interval that is no period".into()),
            }
        }
    }
    for undo in &p.undos {
        place(p, undo.place)?;
        index(undo.step.index(), p.steps.len(), "step")?;
        function(p, undo.func, Some(undo.captured.len()), None)?;
        for (i, field) in undo.captured.iter().enumerate() {
            let own = one_field(p, field)?;
            if !p.functions[undo.func.index()].registers.get(i).is_some_and(|r| fits(own, *r)) {
                return Err("what an undo takes does not fit its function".into());
            }
        }
    }
    p.posts.iter().try_for_each(|post| place(p, post.place))?;
    for test in &p.tests {
        text(p, test.title)?;
        place(p, test.place)?;
        function(p, test.func, Some(0), None)?;
    }
    for expect in &p.expects {
        text(p, expect.text)?;
        place(p, expect.place)?;
    }
    p.roles.iter().try_for_each(|r| text(p, *r))
}

/// Each group is what a field of the document before refers to; the first document is the first dimension.
fn groups(p: &Program, account: &crate::program::Account) -> Checked {
    let mut at = account.dimensions.first().map(|(_, shape)| *shape);
    for group in &account.groups {
        text(p, group.name)?;
        let Some(Shape::Document(entity)) = at.map(|at| shape(p, at)).transpose()? else {
            return Err("an account is grouped by what is no document".into());
        };
        let entity = p.entities.get(entity.index()).ok_or("there is no such entity")?;
        let Shape::Record(record) = shape(p, entity.record)? else { return Err("a document is no record".into()) };
        let field = record.fields.get(usize::from(group.field)).ok_or("there is no such field")?;
        at = Some(field.shape);
    }
    match at.map(|at| shape(p, at)).transpose()? {
        Some(Shape::Document(_)) => Ok(()),
        _ if account.groups.is_empty() => Ok(()),
        _ => Err("a group is no document".into()),
    }
}

fn one_entity(p: &Program, entity: &Entity) -> Checked {
    text(p, entity.name)?;
    place(p, entity.place)?;
    let Shape::Record(record) = shape(p, entity.record)? else { return Err("a document is no record".into()) };
    let fields = record.fields.len();
    for (field, was) in &entity.renamed {
        index(usize::from(*field), fields, "field")?;
        text(p, *was)?;
    }
    let own = entity.key.iter().chain(&entity.number).chain(&entity.state);
    let indexed = entity.indexes.iter().flat_map(|index| &index.fields);
    own.chain(indexed).try_for_each(|field| index(usize::from(*field), fields, "field"))
}

/// The most fields in a path of a query's condition.
const PATH_MAX: usize = 16;

fn one_query(p: &Program, query: &Query) -> Checked {
    place(p, query.place)?;
    let entity = p.entities.get(query.entity.index()).ok_or("there is no such entity")?;
    let Shape::Record(record) = shape(p, entity.record)? else { return Err("a document is no record".into()) };
    for (path, _) in &query.conditions {
        if path.is_empty() || path.len() > PATH_MAX || p.field_at(query.entity, path).is_none() {
            return Err("a condition of a query leads to no field".into());
        }
    }
    query.order.iter().try_for_each(|(field, _)| index(usize::from(*field), record.fields.len(), "field"))
}

fn one_process(p: &Program, process: &crate::program::Process) -> Checked {
    text(p, process.name)?;
    text(p, process.docs)?;
    place(p, process.place)?;
    process.key_names.iter().try_for_each(|n| text(p, *n))?;
    if !matches!(shape(p, process.outcome)?, Shape::Enum(_) | Shape::Variant(_)) {
        return Err("a process's outcome is no enum".into());
    }
    let outcome = reg_type(p, process.outcome)?;
    function(p, process.func, Some(process.params.len()), Some(outcome))?;
    if let Some(key) = process.key {
        function(p, key, Some(process.params.len()), None)?;
        if !matches!(p.functions[key.index()].result, RegType::Handle(s) if matches!(shape(p, s)?, Shape::Text)) {
            return Err("a process's key is no text".into());
        }
    }
    for (i, field) in process.params.iter().enumerate() {
        let own = one_field(p, field)?;
        for func in [Some(process.func), process.key].into_iter().flatten() {
            let param = p.functions[func.index()].registers.get(i);
            if !param.is_some_and(|r| fits(own, *r)) {
                return Err(format!("parameter {i} of a process does not fit its function"));
            }
        }
        for check in &field.checks {
            check_of(p, *check, own)?;
        }
    }
    Ok(())
}

/// Shapes are made of earlier ones only, so none contains itself.
fn one_shape(p: &Program, own: usize, s: &Shape) -> Checked {
    let earlier = |id: ShapeId| if id.index() < own { Ok(()) } else { Err("is made of a later shape".to_owned()) };
    match s {
        Shape::Number { scale, unit } => {
            if *scale > SCALE_MAX {
                return Err(format!("a scale of {scale}"));
            }
            match unit {
                Unit::None | Unit::Percent | Unit::Quantity(None) => Ok(()),
                Unit::Money(c) | Unit::Price { currency: c, per: None } => text(p, *c),
                Unit::Quantity(Some(u)) => text(p, *u),
                Unit::Price { currency, per: Some(u) } => text(p, *currency).and_then(|()| text(p, *u)),
            }
        }
        Shape::Enum(e) => {
            if e.cases.iter().any(|c| !c.fields.is_empty()) {
                return Err("a case of a plain enum has fields".into());
            }
            cases(p, e, &earlier, None)
        }
        Shape::Variant(e) => cases(p, e, &earlier, None),
        Shape::Record(r) => {
            text(p, r.name)?;
            fields(
                p,
                &r.fields,
                &earlier,
                Some(RegType::Handle(ShapeId(u32::try_from(own).map_err(|_| "too many shapes")?))),
            )
        }
        Shape::List(of) | Shape::Option(of) | Shape::Hold(of) => earlier(*of),
        Shape::Document(entity) => index(entity.index(), p.entities.len(), "entity"),
        Shape::Map(k, v) => {
            earlier(*k)?;
            earlier(*v)
        }
        _ => Ok(()),
    }
}

/// As shapes are made of earlier ones, one walk in their order finds how deep each nests.
fn shape_depths(p: &Program) -> Checked {
    let mut depths: Vec<u16> = Vec::with_capacity(p.shapes.len());
    for (i, s) in p.shapes.iter().enumerate() {
        let of = |id: &ShapeId| depths.get(id.index()).copied().unwrap_or(0);
        let parts = match s {
            Shape::List(of_) | Shape::Option(of_) | Shape::Hold(of_) => of(of_),
            Shape::Map(k, v) => of(k).max(of(v)),
            Shape::Record(r) => r.fields.iter().map(|f| of(&f.shape)).max().unwrap_or(0),
            Shape::Enum(e) | Shape::Variant(e) => {
                e.cases.iter().flat_map(|c| &c.fields).map(|f| of(&f.shape)).max().unwrap_or(0)
            }
            _ => 0,
        };
        if parts >= DEPTH_MAX {
            return Err(format!("shape {i} nests deeper than {DEPTH_MAX}"));
        }
        depths.push(parts + 1);
    }
    Ok(())
}

fn cases(p: &Program, e: &EnumShape, earlier: &dyn Fn(ShapeId) -> Checked, whole: Option<RegType>) -> Checked {
    text(p, e.name)?;
    if e.cases.is_empty() || e.cases.len() > FIELDS_MAX {
        return Err("an enum without cases, or with too many".into());
    }
    for case in &e.cases {
        text(p, case.name)?;
        text(p, case.outside)?;
        fields(p, &case.fields, earlier, whole)?;
    }
    Ok(())
}

fn fields(p: &Program, list: &[FieldShape], earlier: &dyn Fn(ShapeId) -> Checked, whole: Option<RegType>) -> Checked {
    if list.len() > FIELDS_MAX {
        return Err("too many fields".into());
    }
    for field in list {
        earlier(field.shape)?;
        one_field(p, field)?;
        for check in &field.checks {
            match whole {
                Some(whole) => check_of(p, *check, whole)?,
                None => return Err("a case's field has a `where`".into()),
            }
        }
    }
    Ok(())
}

fn one_field(p: &Program, field: &FieldShape) -> Result<RegType, String> {
    text(p, field.name)?;
    text(p, field.outside)?;
    let own = reg_type(p, field.shape)?;
    default(p, field.default, own)?;
    Ok(own)
}

fn default(p: &Program, default: Option<FuncId>, wanted: RegType) -> Checked {
    let Some(func) = default else { return Ok(()) };
    function(p, func, Some(0), None)?;
    let result = p.functions[func.index()].result;
    // A default may be a wide number; the border narrows it.
    if fits(result, wanted) || (result == RegType::Wide && wanted == RegType::Word) {
        Ok(())
    } else {
        Err("a default is of another type than its field".into())
    }
}

fn check_of(p: &Program, check: CheckId, subject: RegType) -> Checked {
    let check = p.checks.get(check.index()).ok_or("there is no such check")?;
    function(p, check.func, Some(1), Some(RegType::Word))?;
    let param = p.functions[check.func.index()].registers.first();
    if param.is_some_and(|r| fits(subject, *r)) {
        Ok(())
    } else {
        Err("a check takes another type than it checks".into())
    }
}

fn function(p: &Program, id: FuncId, params: Option<usize>, result: Option<RegType>) -> Checked {
    let f = p.functions.get(id.index()).ok_or_else(|| format!("there is no function {}", id.0))?;
    if params.is_some_and(|n| usize::from(f.params) != n) {
        return Err(format!("function {} takes {} parameters", id.0, f.params));
    }
    if result.is_some_and(|r| f.result != r) {
        return Err(format!("function {} has another result", id.0));
    }
    Ok(())
}

/// Every path through a tree ends in a leaf.
fn one_tree(p: &Program, tree: &Tree) -> Checked {
    let node = |id: u32| tree.nodes.get(id as usize).ok_or_else(|| format!("there is no node {id}"));
    node(tree.root)?;
    for n in &tree.nodes {
        let input = |i: u16, wanted: TreeInput| match tree.inputs.get(usize::from(i)) {
            Some(found) if *found == wanted => Ok(()),
            _ => Err(format!("there is no such input {i}")),
        };
        match n {
            Node::Leaf(leaf) if *leaf < tree.leaves => {}
            Node::Leaf(leaf) => return Err(format!("there is no leaf {leaf}")),
            Node::Range { input: i, edges, children } => {
                input(*i, TreeInput::Number)?;
                if children.len() != edges.len() + 1 || !edges.windows(2).all(|w| w[0] < w[1]) {
                    return Err("edges that do not grow, or do not fit their children".into());
                }
            }
            Node::Dense { input: i, children, .. } => {
                input(*i, TreeInput::Number)?;
                if children.is_empty() {
                    return Err("a node without children".into());
                }
            }
            Node::Text { input: i, keys, children, .. } => {
                input(*i, TreeInput::Text)?;
                keys.iter().try_for_each(|k| text(p, *k))?;
                let sorted = keys.windows(2).all(|w| p.texts[w[0].index()] < p.texts[w[1].index()]);
                if keys.len() != children.len() || !sorted {
                    return Err("keys that are not sorted, or do not fit their children".into());
                }
            }
        }
    }
    // No way leads back to a node that is still open.
    let mut state = vec![0_u8; tree.nodes.len()];
    let mut way: Vec<(u32, usize)> = vec![(tree.root, 0)];
    while let Some((id, next)) = way.last_mut() {
        state[*id as usize] = 1;
        let child = match node(*id)? {
            Node::Leaf(_) => None,
            Node::Range { children, .. } | Node::Dense { children, .. } => children.get(*next).copied(),
            Node::Text { children, otherwise, .. } => {
                children.get(*next).copied().or((*next == children.len()).then_some(*otherwise))
            }
        };
        *next += 1;
        match child {
            None => {
                state[*id as usize] = 2;
                way.pop();
            }
            Some(child) => {
                node(child)?;
                match state[child as usize] {
                    0 => way.push((child, 0)),
                    1 => return Err("a way that leads back".into()),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn index(at: usize, len: usize, what: &str) -> Checked {
    if at < len { Ok(()) } else { Err(format!("there is no {what} {at}")) }
}

fn text(p: &Program, id: TextId) -> Checked {
    index(id.index(), p.texts.len(), "text")
}

fn place(p: &Program, id: PlaceId) -> Checked {
    index(id.index(), p.places.len(), "place")
}
