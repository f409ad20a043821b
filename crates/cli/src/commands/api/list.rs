//! The operations themselves, as rows.

use crate::args::OutputArgs;
use crate::commands;
use crate::context::Context;
use crate::error::CliError;
use crate::reference::operations::kind;
use crate::{rows, single};
use serde_json::{Value, json};
use totalcloud_api::Operation;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::operation::{Answer, Auth, Host, PageStyle, Param};

/// What a terminal shows of each.
const SHOWN: [&str; 3] = ["name", "does", "parameters"];

/// All there is to say of each.
const ALL: [&str; 20] = [
    "name",
    "does",
    "method",
    "path",
    "otherForm",
    "host",
    "auth",
    "answer",
    "paging",
    "class",
    "effect",
    "repeatable",
    "parameters",
    "providers",
    "row",
    "source",
    "confidence",
    "quirks",
    "command",
    "rust",
];

/// Prints all operations, each form of a path as a row of its own.
///
/// # Errors
/// If the output cannot be written.
pub(super) fn print(context: &Context, output: &OutputArgs) -> Result<(), CliError> {
    let view = rows::format(output, &context.printer)?.is_view() && !output.wide;
    let rows = OperationId::ALL.iter().flat_map(|id| {
        let op = id.operation();
        // The older place of an operation may be an operation of its own, and has its line there.
        let own = |path: &&str| !OperationId::ALL.iter().any(|id| id.operation().path == *path);
        let other = op.other_path.filter(own).map(|path| row(*id, op, path, true, view));
        std::iter::once(row(*id, op, op.path, false, view)).chain(other)
    });
    single::own(context, output, if view { &SHOWN } else { &ALL }, rows, "operations")
}

fn row(id: OperationId, op: &Operation, path: &str, other_form: bool, view: bool) -> Value {
    let parameters = if view {
        Value::from(op.params.iter().map(short).collect::<Vec<_>>().join(" "))
    } else {
        op.params.iter().map(parameter).collect()
    };
    json!({
        "name": op.id,
        "does": op.doc.trim(),
        "method": op.method.as_str(),
        "path": path,
        "otherForm": other_form,
        "host": host(op.host),
        "auth": auth(op.auth),
        "answer": answer(op.answer),
        "paging": paging(op),
        "class": op.limit_class,
        "effect": op.effect.as_str(),
        "repeatable": op.repeatable,
        "parameters": parameters,
        "providers": op.providers.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        "row": op.row,
        "source": op.source,
        "confidence": op.confidence.as_str(),
        "quirks": op.quirks,
        "command": commands::shown(id).command,
        "rust": op.rust_path(),
    })
}

fn short(param: &Param) -> String {
    if param.required { format!("{}=", param.name) } else { format!("[{}=]", param.name) }
}

fn parameter(param: &Param) -> Value {
    json!({
        "name": param.name,
        "place": format!("{:?}", param.place).to_lowercase(),
        "takes": kind(param.kind),
        "required": param.required,
        "secret": param.kind.is_secret(),
        "doc": param.doc.trim(),
    })
}

fn paging(op: &Operation) -> Value {
    let Some(paging) = op.paging else { return Value::Null };
    let style = match paging.style {
        PageStyle::Numbered => "numbered",
        PageStyle::Offset => "offset",
        PageStyle::Marker => "marker",
    };
    json!({
        "style": style,
        "page": paging.page,
        "size": paging.size,
        "first": paging.first,
        "defaultSize": paging.default_size,
        "largestSeen": paging.largest_seen,
        "wall": paging.wall,
    })
}

fn host(host: Host) -> &'static str {
    match host {
        Host::Either => "base or gateway",
        Host::Gateway => "gateway",
        Host::ApiServer => "API server",
    }
}

fn auth(auth: Auth) -> &'static str {
    match auth {
        Auth::Session => "session",
        Auth::Basic => "basic",
        Auth::None => "none",
    }
}

fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Page => "page",
        Answer::Controls => "controls",
        Answer::CountData => "count and data",
        Answer::Array => "array",
        Answer::ArrayPage => "array of a page",
        Answer::ServiceResponse => "ServiceResponse",
        Answer::Object => "object",
        Answer::Text => "text",
        Answer::File => "file",
        Answer::Xml => "XML",
    }
}
