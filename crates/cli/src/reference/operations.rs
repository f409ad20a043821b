//! The page of operations.

use super::{code, table};
use crate::commands::Shown;
use std::fmt::Write;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::operation::{Answer, Auth, Host, Operation, ParamKind, Place};

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Operations\n\nEvery operation is reached by a noun and a verb of the command, by `totalcloud api <operation> \
         key=value…`, and from Rust by the request struct of its name.\n\n",
    );
    let rows = OperationId::ALL.iter().map(|id| {
        let op = id.operation();
        vec![
            format!("[{}](#{})", op.id, op.id.replace('.', "")),
            format!("{} {}", op.method.as_str(), code(op.path)),
            op.confidence.as_str().to_owned(),
        ]
    });
    text.push_str(&table(&["operation", "request", "confidence"], rows));
    for id in OperationId::ALL {
        one(&mut text, id.operation(), crate::commands::shown(*id));
    }
    text
}

fn one(text: &mut String, op: &Operation, shown: Shown) {
    let _ = writeln!(text, "\n## {}\n\n{}\n", op.id, op.doc.trim());
    let mut rows = vec![
        vec!["request".into(), format!("{} {}", op.method.as_str(), code(op.path))],
        vec!["command".into(), code(shown.command)],
        vec!["example".into(), code(&format!("totalcloud {}", shown.example))],
        vec!["Rust".into(), code(&op.rust_path())],
        vec!["effect".into(), op.effect.as_str().into()],
        vec!["host".into(), host(op).into()],
        vec!["providers".into(), op.providers.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", ")],
        vec!["answer".into(), answer(op.answer).into()],
    ];
    if let Some(other) = op.other_path {
        rows.push(vec!["other path".into(), code(other)]);
    }
    if let Some(p) = op.paging {
        let mut rule = format!(
            "first page {}, {} rows by default, {} asked for",
            p.first, p.default_size, p.largest_seen
        );
        if let Some(wall) = p.wall {
            let _ = write!(rule, ", {wall} rows a query at most");
        }
        rows.push(vec!["pages".into(), rule]);
    }
    rows.push(vec!["quota class".into(), op.limit_class.into()]);
    rows.push(vec!["repeated after a fault".into(), if op.repeatable { "yes" } else { "no" }.into()]);
    rows.push(vec!["source".into(), format!("{} ({}), row {}", op.source, op.confidence.as_str(), op.row)]);
    text.push_str(&table(&["", ""], rows));
    if !op.params.is_empty() {
        text.push('\n');
        let rows = op.params.iter().map(|p| {
            vec![
                code(p.name),
                place(p.place).into(),
                kind(p.kind),
                if p.required { "yes" } else { "" }.into(),
                p.doc.trim().into(),
            ]
        });
        text.push_str(&table(&["parameter", "in", "takes", "required", "meaning"], rows));
    }
    if !op.quirks.is_empty() {
        text.push('\n');
        for quirk in op.quirks {
            let _ = writeln!(text, "- {quirk}");
        }
    }
}

fn host(op: &Operation) -> &'static str {
    match (op.host, op.auth) {
        (Host::Either, _) => "base host with Basic, or gateway with a bearer token",
        (Host::Gateway, Auth::None) => "gateway",
        (Host::Gateway, _) => "gateway with a bearer token",
        (Host::ApiServer, _) => "API server with Basic",
    }
}

fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Page => "page of rows",
        Answer::Controls => "object with `control` and, while there is more, `warning`",
        Answer::CountData => "object with `count` and `data`",
        Answer::Array => "list of rows",
        Answer::ArrayPage => "list of rows, which is one page",
        Answer::ServiceResponse => "`ServiceResponse` with rows in `data`",
        Answer::Object => "object",
        Answer::Text => "bare text",
        Answer::File => "file",
        Answer::Xml => "XML document",
    }
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Body => "JSON body",
        Place::Whole => "the whole JSON body",
        Place::Part => "multipart body",
        Place::Form => "form body",
    }
}

/// What a parameter takes, in words.
pub(crate) fn kind(kind: ParamKind) -> String {
    match kind {
        ParamKind::Text => "text".into(),
        ParamKind::Secret => "text (secret)".into(),
        ParamKind::Int(from) => format!("whole number from {from}"),
        ParamKind::Bool => "`true` or `false`".into(),
        ParamKind::Uuid => "UUID".into(),
        ParamKind::Provider(_) => "provider".into(),
        ParamKind::TypeName => "API type name".into(),
        ParamKind::InstantZ => "instant `YYYY-MM-DDThh:mm:ssZ`".into(),
        ParamKind::OneOf(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        ParamKind::Qql => "QQL".into(),
        ParamKind::ReportName => "report name".into(),
        ParamKind::Uuids => "list of UUIDs".into(),
        ParamKind::Words => "list of words".into(),
        ParamKind::Range(from, to) => format!("whole number from {from} to {to}"),
        ParamKind::Filled => "text that is not empty".into(),
        ParamKind::Name(most) => format!("text, up to {most} characters"),
        ParamKind::Digits(from, to) if from == to => format!("{from} digits"),
        ParamKind::Digits(from, to) => format!("{from} to {to} digits"),
        ParamKind::RoleArn => "ARN of a role".into(),
        ParamKind::Emails => "list of mail addresses".into(),
        ParamKind::SecretUrl => "https address (secret)".into(),
        ParamKind::Json => "JSON".into(),
        ParamKind::Objects(shape) => {
            let fields: Vec<String> = shape.columns().iter().map(|c| code(c.wire)).collect();
            format!("list of objects with {}", fields.join(", "))
        }
        ParamKind::File => "file".into(),
        other => format!("{other:?}"),
    }
}
