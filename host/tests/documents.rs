//! Documents: created, changed, found.

mod common;

use bp_host::documents::{EntitySpec, FieldKind, Key, Op, Query};
use bp_host::store::SqliteStore;
use bp_host::{Error, Refused, Shard, StepContext, Tolerance};
use common::{acme, acme_on};
use serde_json::{Map, Value as Json, json};

fn entities() -> Vec<EntitySpec> {
    vec![
        EntitySpec::new("Customer").key(&["code"]).personal("name").unique("tax_number", &["tax_number"]),
        EntitySpec::new("Invoice")
            .refers("customer", "Customer")
            .index("customer_due", &["customer", "due"])
            .index("open", &["state", "total"])
            .kind("total", FieldKind::Number)
            .states("draft", &[("draft", "open"), ("open", "paid"), ("open", "void")]),
    ]
}

fn shard() -> (Shard, StepContext) {
    let (mut shard, mut context) = acme();
    shard.deploy_entities(context.tenant, &entities()).unwrap();
    (context.author, context.step, context.instance) = ("mia".into(), "book".into(), "i-1".into());
    (shard, context)
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn create(shard: &mut Shard, context: &StepContext, entity: &str, data: Json) -> Result<i64, Error> {
    shard.step(context, |step| step.documents()?.create(entity, &object(data)))
}

#[test]
fn a_document_is_created_read_and_changed() {
    let (mut shard, context) = shard();
    let customer = json!({ "code": "C1", "name": "Toko Maju", "tax_number": "01" });
    let first = create(&mut shard, &context, "Customer", customer.clone()).unwrap();
    assert_eq!(first, 1);
    let invoice = json!({ "customer": "C1", "due": "2026-02-01", "total": "222000.00" });
    let id = create(&mut shard, &context, "Invoice", invoice).unwrap();
    assert_eq!(id, 1);
    shard
        .step(&context, |step| {
            let mut documents = step.documents()?;
            assert_eq!(documents.read("Customer", first)?.data, object(customer.clone()));
            let fields = object(json!({ "due": "2026-03-01", "total": "222000.00" }));
            assert_eq!(documents.change("Invoice", id, &fields, Some("open"), Some(1))?, 2);
            // Nothing is new: no change.
            assert_eq!(documents.change("Invoice", id, &fields, Some("open"), None)?, 2);
            let history = documents.history("Invoice", id)?;
            assert_eq!(history.len(), 2);
            assert_eq!(history[1].before, object(json!({ "due": "2026-02-01", "state": "draft" })));
            assert_eq!(history[1].after, object(json!({ "due": "2026-03-01", "state": "open" })));
            assert_eq!((history[1].author.as_str(), history[1].step.as_str()), ("mia", "book"));
            let found = documents.find("Invoice", &Query::new().filter("due", Op::Eq, Key::text("2026-02-01")))?;
            assert!(found.is_empty());
            assert_eq!(documents.get("Customer", "tax_number", &[Key::text("01")])?, Some(first));
            assert_eq!((documents.named("Customer", "C1")?, documents.named("Customer", "C2")?), (Some(first), None));
            assert_eq!(documents.name("Customer", first)?, "C1");
            // What is personal shows in no history.
            let personal = &documents.history("Customer", first)?[0].after;
            assert_eq!(personal["name"], json!({ "personal": true }));
            Ok(())
        })
        .unwrap();
}

/// A value that is about somebody stands in one place only, found by whom it is about.
#[test]
fn personal_values_are_kept_apart_by_subject() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    shard.deploy_entities(context.tenant, &entities()).unwrap();
    for (code, name) in [("C1", "Siti Rahayu"), ("C2", "Budi Santoso")] {
        create(&mut shard, &context, "Customer", json!({ "code": code, "name": name, "tax_number": code })).unwrap();
    }
    shard
        .step(&context, |step| {
            step.documents()?.change("Customer", 1, &object(json!({ "name": "Siti Lestari" })), None, None)
        })
        .unwrap();
    drop(shard);
    let store = rusqlite::Connection::open(&path).unwrap();
    let mut rows = store.prepare("SELECT subject, field, value FROM document_personal ORDER BY reference").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let rows: Vec<(String, String, String)> = rows.map(Result::unwrap).collect();
    let row = |subject: &str, name: &str| (subject.to_owned(), "name".to_owned(), format!("\"{name}\""));
    assert_eq!(rows, [row("Customer/C1", "Siti Lestari"), row("Customer/C2", "Budi Santoso")]);
    let mut tables =
        store.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'document_personal'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.iter().any(|table| table == "document_change"), "{tables:?}");
    for table in tables {
        let mut all = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            for column in 0..columns {
                let text = format!("{:?}", row.get_ref(column).unwrap());
                let bytes = row.get_ref(column).unwrap().as_bytes().map(String::from_utf8_lossy).unwrap_or_default();
                assert!(!["Siti", "Budi"].iter().any(|name| bytes.contains(name)), "{table}: {text}");
            }
        }
    }
}

#[test]
fn what_may_not_be_is_refused() {
    let (mut shard, context) = shard();
    create(&mut shard, &context, "Customer", json!({ "code": "C1", "tax_number": "01" })).unwrap();
    let refused = |done: Result<i64, Error>| match done {
        Err(Error::Refused(refused)) => refused.to_string(),
        other => panic!("{other:?}"),
    };
    let again = create(&mut shard, &context, "Customer", json!({ "code": "C1", "tax_number": "02" }));
    assert_eq!(refused(again), "Customer has the key C1 already");
    let twin = create(&mut shard, &context, "Customer", json!({ "code": "C2", "tax_number": "01" }));
    assert_eq!(refused(twin), "Customer has the key \"01\" already");
    // Two without a value of the unique index are no twins.
    create(&mut shard, &context, "Customer", json!({ "code": "C3" })).unwrap();
    create(&mut shard, &context, "Customer", json!({ "code": "C4", "tax_number": null })).unwrap();
    let dangling = create(&mut shard, &context, "Invoice", json!({ "customer": "C9" }));
    assert_eq!(refused(dangling), "customer of Invoice refers to Customer `C9`, which does not exist");
    let keyless = create(&mut shard, &context, "Customer", json!({ "name": "Nobody" }));
    assert_eq!(refused(keyless), "Customer, code: a key needs a value");
    let unknown = create(&mut shard, &context, "Parcel", json!({}));
    assert_eq!(refused(unknown), "there is no entity `Parcel`");
    let forged = create(&mut shard, &context, "Invoice", json!({ "customer": "C1", "total": "a lot" }));
    assert!(refused(forged).ends_with("`\"a lot\"` cannot be compared"));

    let id = create(&mut shard, &context, "Invoice", json!({ "customer": "C1" })).unwrap();
    let mut change = |fields: Json, state: Option<&str>, expected: Option<i64>| {
        shard.step(&context, |step| step.documents()?.change("Invoice", id, &object(fields), state, expected))
    };
    assert_eq!(refused(change(json!({}), Some("paid"), None)), format!("Invoice `{id}` cannot go from draft to paid"));
    let other = change(json!({ "due": "2026-01-01" }), None, Some(7));
    assert_eq!(refused(other), format!("Invoice `{id}` was changed meanwhile: version 7 expected, 1 found"));
    assert!(refused(change(json!({ "customer": "C8" }), None, None)).contains("`C8`, which does not exist"));
    let rekeyed = shard.step(&context, |step| {
        let fields = object(json!({ "code": "C7" }));
        step.documents()?.change("Customer", 1, &fields, None, None)
    });
    assert_eq!(refused(rekeyed), "Customer `C1`: a key never changes");
}

#[test]
fn a_step_that_fails_takes_its_documents_back() {
    let (mut shard, context) = shard();
    shard.begin().unwrap();
    for code in ["C1", "C2", "C3"] {
        let done = shard.step_within(&context, Tolerance::Step, |step| {
            step.documents()?.create("Customer", &object(json!({ "code": code })))?;
            if code == "C2" { Err(Error::Refused(Refused::Misuse("enough"))) } else { Ok(()) }
        });
        assert_eq!(done.is_ok(), code != "C2");
    }
    shard.commit().unwrap();
    let found = shard.step(&context, |step| step.documents()?.find("Customer", &Query::new())).unwrap();
    assert_eq!(found, [1, 3]);
}

/// 3,000 invoices of ten customers, more than some pages of an index.
fn many() -> (Shard, StepContext) {
    let (mut shard, context) = shard();
    shard
        .step(&context, |step| {
            let mut documents = step.documents()?;
            for customer in 0..10 {
                documents.create("Customer", &object(json!({ "code": format!("C{customer}") })))?;
            }
            for number in 0..3_000 {
                let due = match number % 7 {
                    0 => Json::Null,
                    day => format!("2026-01-{:02}", day * 4).into(),
                };
                let total = format!("{}.00", number * 37 % 501 - 250);
                let data = json!({ "customer": format!("C{}", number % 10), "due": due, "total": total });
                let id = documents.create("Invoice", &object(data))?;
                if number % 3 == 0 {
                    documents.change("Invoice", id, &Map::new(), Some("open"), None)?;
                }
            }
            Ok(())
        })
        .unwrap();
    (shard, context)
}

#[test]
fn every_plan_gives_what_a_look_at_all_documents_gives() {
    let (mut shard, context) = many();
    let text = Key::text;
    let queries = [
        (Query::new(), "Invoice, all"),
        (
            Query::new().filter("customer", Op::Eq, text("C4")),
            "Invoice by index customer_due, where customer == \"C4\"; sorts",
        ),
        (
            Query::new().filter("customer", Op::Eq, text("C4")).order_by("due", false).limit(40),
            "Invoice by index customer_due, where customer == \"C4\"",
        ),
        (
            Query::new().filter("customer", Op::Eq, text("C4")).order_by("due", true),
            "Invoice by index customer_due, where customer == \"C4\"",
        ),
        (
            Query::new()
                .filter("customer", Op::Eq, text("C4"))
                .filter("due", Op::Lt, text("2026-01-16"))
                .filter("due", Op::Ge, text("2026-01-04"))
                .filter("state", Op::Ne, text("open"))
                .order_by("due", true)
                .limit(7),
            "Invoice by index customer_due, where customer == \"C4\" and due < \"2026-01-16\" and due >= \"2026-01-04\"; \
             checks state != \"open\"",
        ),
        (
            Query::new().one_of("customer", vec![text("C1"), text("C3"), text("C1")]).filter(
                "due",
                Op::Eq,
                Key::Nothing,
            ),
            "Invoice by index customer_due, where customer in \"C1\", \"C3\" and due == none; sorts",
        ),
        (
            Query::new()
                .filter("state", Op::Eq, text("open"))
                .filter("total", Op::Gt, Key::number(-5, 0))
                .order_by("total", false),
            "Invoice by index open, where state == \"open\" and total > -5",
        ),
        (
            Query::new()
                .filter("total", Op::Le, Key::number(0, 2))
                .order_by("due", true)
                .order_by("total", false)
                .limit(9),
            "Invoice, all; checks total <= 0; sorts",
        ),
        (Query::new().order_by("state", true).order_by("total", true).limit(1_200), "Invoice by index open"),
    ];
    shard
        .step(&context, |step| {
            let mut documents = step.documents()?;
            let all: Vec<_> = documents.find("Invoice", &Query::new())?;
            let all: Vec<_> = all.iter().map(|id| documents.read("Invoice", *id)).collect::<Result<_, _>>()?;
            for (query, expected_plan) in queries {
                assert_eq!(documents.plan("Invoice", &query)?.to_string(), expected_plan);
                let value = |document: &bp_host::documents::Document, field: &str| match field {
                    "state" => Key::text(document.state.as_str()),
                    "total" => Key::of_json(&FieldKind::Number, &document.data["total"]).unwrap(),
                    field => Key::of_json(&FieldKind::Text, &document.data[field]).unwrap(),
                };
                let holds = |document: &&bp_host::documents::Document| {
                    query.conditions.iter().all(|condition| {
                        let (value, given) = (value(document, &condition.field), &condition.values[0]);
                        match condition.op {
                            Op::Eq => value == *given,
                            Op::Ne => value != *given,
                            Op::In => condition.values.contains(&value),
                            _ if value == Key::Nothing => false,
                            Op::Lt => value < *given,
                            Op::Le => value <= *given,
                            Op::Gt => value > *given,
                            Op::Ge => value >= *given,
                        }
                    })
                };
                let mut expected: Vec<_> = all.iter().filter(holds).collect();
                expected.sort_by(|a, b| {
                    query.order.iter().rev().fold(a.reference.cmp(&b.reference), |then, order| {
                        let (a, b) = (value(a, &order.field), value(b, &order.field));
                        if order.descending { b.cmp(&a).then(then) } else { a.cmp(&b).then(then) }
                    })
                });
                expected.truncate(query.limit.unwrap_or(usize::MAX));
                let expected: Vec<_> = expected.into_iter().map(|document| document.reference).collect();
                assert!(!expected.is_empty(), "{query:?}");
                assert_eq!(documents.find("Invoice", &query)?, expected, "{query:?}");
                assert_eq!(documents.count("Invoice", &query)?, expected.len(), "{query:?}");
            }
            let by_name = Query::new().filter("code", Op::Eq, text("C4"));
            assert_eq!(documents.plan("Customer", &by_name)?.to_string(), "Customer by name, where code == \"C4\"");
            assert_eq!(documents.find("Customer", &by_name)?, [5]);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_new_index_is_filled_and_an_old_one_emptied() {
    let (mut shard, context) = many();
    let mut specs = entities();
    specs[1] = EntitySpec { indexes: Vec::new(), schema_version: 2, ..specs[1].clone() }.index("due", &["due"]);
    shard.deploy_entities(context.tenant, &specs).unwrap();
    shard
        .step(&context, |step| {
            let mut documents = step.documents()?;
            let query = Query::new().filter("due", Op::Eq, Key::text("2026-01-04"));
            let plan = documents.plan("Invoice", &query)?.to_string();
            assert_eq!(plan, "Invoice by index due, where due == \"2026-01-04\"");
            assert_eq!(documents.count("Invoice", &query)?, 429);
            Ok(())
        })
        .unwrap();
    let older = shard.deploy_entities(context.tenant, &entities());
    assert!(matches!(older, Err(Error::Refused(Refused::NewerDocument { found: 2, known: 1, .. }))), "{older:?}");
}
