//! Structure that every operation must have. A new declaration is checked without a new test.

use super::OperationId;
use crate::model::{Kind, Shape};
use crate::operation::{Answer, Args, PageStyle, Param, ParamKind, Place, Upload};
use crate::provider::{Provider, Spellings};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A value that each kind of parameter accepts.
fn sample(kind: ParamKind, provider: Provider) -> Value {
    match kind {
        ParamKind::Int(from) => from.into(),
        ParamKind::Bool => true.into(),
        ParamKind::Uuid => "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2".into(),
        ParamKind::Provider(_) => provider.as_str().into(),
        ParamKind::TypeName => "EC2_INSTANCE".into(),
        ParamKind::InstantZ => "2026-01-31T00:00:00Z".into(),
        ParamKind::OneOf(words) => words[0].into(),
        ParamKind::Uuids => json!(["3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2"]),
        ParamKind::Words => json!(["a"]),
        ParamKind::Text
        | ParamKind::Secret
        | ParamKind::Qql
        | ParamKind::ReportName
        | ParamKind::Name(_)
        | ParamKind::Filled => "a b".into(),
        ParamKind::Range(from, _) => from.max(1).into(),
        ParamKind::Digits(from, _) => "1".repeat(from).into(),
        ParamKind::RoleArn => "arn:aws:iam::123456789012:role/reader".into(),
        ParamKind::Emails => json!(["ops@example.com"]),
        ParamKind::SecretUrl => "https://hooks.example.com/x".into(),
        ParamKind::Json => json!({ "a": 1 }),
        ParamKind::File => Upload::new("a.json", "{}").to_value(),
        ParamKind::Objects(shape) => json!([full(shape)]),
    }
}

/// An object with every field of a shape.
fn full(shape: &Shape) -> Value {
    fn value(kind: &Kind) -> Value {
        match kind {
            Kind::Int => 1.into(),
            Kind::Num => 1.5.into(),
            Kind::Bool | Kind::BoolText => true.into(),
            Kind::Object(shape) => full(shape),
            Kind::List(item) => json!([value(item)]),
            _ => "a".into(),
        }
    }
    let fields = shape.columns().into_iter().map(|c| {
        let named = match c.wire {
            "actionType" => "qemail".into(),
            _ => value(&c.kind),
        };
        (c.wire.to_owned(), named)
    });
    Value::Object(fields.collect())
}

fn full_args(id: OperationId) -> Args {
    let op = id.operation();
    let value = |p: &Param| match p.name {
        // Their form depends on other parameters.
        "accountId" => "123456789012".into(),
        name if name.ends_with("accountIdentifiers") => json!(["123456789012"]),
        _ => sample(p.kind, op.providers[0]),
    };
    op.params.iter().map(|p| (p.name.to_owned(), value(p))).collect()
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for id in OperationId::ALL {
        let op = id.operation();
        assert!(seen.insert(op.id), "{} is declared twice", op.id);
        assert!(op.id.split_once('.').is_some(), "{} is noun.verb", op.id);
        assert_eq!(super::by_id(op.id), Some(*id));
        assert!(!op.limit_class.is_empty(), "{} has a limit class", op.id);
        assert!(!op.source.is_empty() && op.row > 0, "{} has a source", op.id);
    }
}

#[test]
fn paths_and_path_parameters_agree() {
    for id in OperationId::ALL {
        let op = id.operation();
        for param in op.params.iter().filter(|p| p.place == Place::Path) {
            assert!(
                op.path.contains(&format!("{{{}}}", param.name)),
                "{}: {} is in the path",
                op.id,
                param.name
            );
            assert!(param.required, "{}: path parameters are required", op.id);
        }
        assert_eq!(
            op.path.matches('{').count(),
            op.params.iter().filter(|p| p.place == Place::Path).count(),
            "{}: every placeholder is a parameter",
            op.id
        );
    }
}

#[test]
fn every_request_can_be_made_and_is_routed_back_to_its_operation() {
    for id in OperationId::ALL {
        let op = id.operation();
        let request = op.request(&full_args(*id), &Spellings::default()).unwrap();
        let owners: Vec<&str> = OperationId::ALL
            .iter()
            .map(|o| o.operation())
            .filter(|o| o.method == op.method && o.match_path(&request.path).is_some())
            .map(|o| o.id)
            .collect();
        assert!(owners.contains(&op.id), "{} is routed to {owners:?}", op.id);
    }
}

#[test]
fn paged_operations_take_page_parameters() {
    for id in OperationId::ALL {
        let op = id.operation();
        let has = |n: &str, place| op.param(n).is_some_and(|p| p.place == place);
        if let Some(paging) = op.paging {
            let place = if paging.style == PageStyle::Marker { Place::Body } else { Place::Query };
            assert!(has(paging.page, place) && has(paging.size, place), "{}", op.id);
        }
        if matches!(op.answer, Answer::Page | Answer::CountData | Answer::Controls | Answer::ArrayPage) {
            assert!(op.paging.is_some(), "{} has pages", op.id);
        }
    }
}

#[test]
fn missing_and_unknown_arguments_are_refused_by_name() {
    for id in OperationId::ALL {
        let op = id.operation();
        for param in op.params.iter().filter(|p| p.required) {
            let mut args = full_args(*id);
            args.remove(param.name);
            let error = op.request(&args, &Spellings::default()).unwrap_err();
            assert_eq!(error.parameter.as_deref(), Some(param.name), "{}", op.id);
        }
        let mut args = full_args(*id);
        args.insert("nonsense".into(), 1.into());
        assert!(op.request(&args, &Spellings::default()).is_err(), "{}", op.id);
    }
}

#[test]
fn values_are_checked_and_encoded_before_any_call() {
    use crate::endpoints::{assessments::CreateAssessment, resources::ListResources};
    use crate::operation::Endpoint;
    let s = Spellings::default();
    let request = ListResources::new("EC2_INSTANCE", Provider::Azure).filter("a b&c").request(&s).unwrap();
    assert_eq!(request.target(), "/cloudview-api/rest/v1/resource/EC2_INSTANCE/Azure?filter=a%20b%26c");
    assert!(ListResources::new("../x", Provider::Aws).request(&s).is_err());
    let create = |name: &str, date: &str, format: &str| {
        CreateAssessment::new(
            name,
            Provider::Azure,
            "",
            date,
            "2026-01-31T00:00:00Z",
            "RUN_TIME",
            vec!["3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2".to_owned()],
            vec!["3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2".to_owned()],
            format,
        )
        .request(&s)
    };
    assert!(create("Q1 (a)", "2026-01-01T00:00:00Z", "csv").is_ok());
    assert!(create("Q1/2", "2026-01-01T00:00:00Z", "csv").is_err());
    assert!(create("Q1", "2026-01-01", "csv").is_err());
    assert!(create("Q1", "2026-01-01T00:00:00Z", "CSV").is_err());
}
