//! `totalcloud api`

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::hidden;
use crate::listing::{self, Part};
use crate::nearest::nearest;
use crate::private;
use crate::rows::Fields;
use crate::{commands, filter, single};
use futures_util::stream;
use serde_json::{Value, json};
use totalcloud_api::Operation;
use totalcloud_api::endpoints::{OperationId, by_id};
use totalcloud_api::operation::{Answer, Args, Effect};

/// `api OPERATION [KEY=VALUE]…`: calls any operation of the service. A value of @FILE is read from that file, one
/// that begins with [ or { is JSON. Pages are followed where the operation has pages.
#[derive(clap::Args)]
pub struct Api {
    /// The operation, such as resources.list
    #[arg(value_name = "OPERATION", required_unless_present = "operations")]
    operation: Option<String>,
    /// Its parameters by their names on the wire
    #[arg(value_name = "KEY=VALUE")]
    parameters: Vec<String>,
    /// List the operations and their parameters; makes no call
    #[arg(long = "list", conflicts_with_all = ["operation", "raw"])]
    operations: bool,
    /// Print the body as it came; makes one call
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Api {
    /// Calls the operation.
    ///
    /// # Errors
    /// Those of the call and of the output.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        if self.operations {
            return self.list_operations(context);
        }
        let name = self.operation.as_deref().unwrap_or_default();
        let operation = by_id(name).ok_or_else(|| unknown(name))?.operation();
        let mut args = Args::new();
        for parameter in &self.parameters {
            let (key, value) = read(operation, parameter)?;
            if args.insert(key.clone(), value).is_some() {
                return Err(CliError::usage(format!("'{key}' is given twice")).operation(operation.id));
            }
        }
        // A write is sent once, and has one answer.
        if is_list(operation) && operation.effect == Effect::Read && !self.raw {
            self.rows(operation, args, context)
        } else {
            self.one(operation, args, context)
        }
    }

    fn rows(self, operation: &'static Operation, mut args: Args, context: &Context) -> Result<(), CliError> {
        let mut list = self.list;
        // Pages are followed from where the parameters say.
        for (wire, flag, slot) in
            [("pageNo", "start-page", &mut list.start_page), ("pageSize", "page-size", &mut list.page_size)]
        {
            let Some(value) = args.remove(wire) else { continue };
            if slot.is_some() {
                return Err(CliError::usage(format!("{wire} and --{flag} say the same; give one")));
            }
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let number = text.parse::<u32>().map_err(|_| {
                CliError::usage(format!("'{wire}' wants a whole number, not '{text}'"))
                    .operation(operation.id)
            })?;
            *slot = Some(number);
        }
        filter::look(operation, &mut args, filter::Care::of(&list), &context.printer);
        let mut part = Part::new(operation, &list, operation.id)?;
        for (name, value) in args {
            if part.args.insert(name.clone(), value).is_some() {
                return Err(CliError::usage(format!(
                    "'{name}' is given twice, as a parameter and as a flag"
                )));
            }
        }
        part.listed = commands::resources::listed_of_args(operation, &part.args);
        let fields = match (operation.id, operation.shape) {
            ("resources.list", _) => commands::resources::fields_of_args(&part.args),
            (_, Some(shape)) => Fields::AtLeast(shape),
            (_, None) => Fields::Any,
        };
        listing::run(context, &list, &self.output, fields, &[], operation.id, |_| stream::iter([Ok(part)]))
    }

    fn one(self, operation: &'static Operation, mut args: Args, context: &Context) -> Result<(), CliError> {
        let care = filter::Care::of(&self.list);
        for (wire, value) in [
            (filter::parameter(operation).unwrap_or("filter"), self.list.filter.map(Value::from)),
            ("sort", self.list.sort.map(Value::from)),
            ("updated", self.list.updated.map(Value::from)),
            ("pageNo", self.list.start_page.map(Value::from)),
            ("pageSize", self.list.page_size.map(Value::from)),
        ] {
            if let Some(value) = value {
                args.insert(wire.to_owned(), value);
            }
        }
        filter::look(operation, &mut args, care, &context.printer);
        let (session, progress) = context.session()?;
        // The arguments are checked before anything is sent, sign-in included.
        session.request(operation, &args)?;
        let mut answer = context.block_on(session.body(operation, args))?;
        progress.end();
        let fields = operation.shape.map_or(Fields::Any, Fields::AtLeast);
        match operation.answer {
            Answer::Object if !self.raw => {
                return single::print(context, &self.output, &fields, &answer, operation.id);
            }
            Answer::ServiceResponse if !self.raw => {
                if let Some(object) = single::inner(&answer)? {
                    return single::print(context, &self.output, &fields, &object, operation.id);
                }
            }
            _ => {}
        }
        if !self.output.show_secrets && !matches!(operation.answer, Answer::File | Answer::Xml) {
            answer = hidden::hide(&answer);
        }
        match operation.answer {
            Answer::Text if !self.raw => context.printer.line(&single::bare(&answer)),
            _ => single::file(context, self.output.file(), &answer),
        }
    }

    fn list_operations(&self, context: &Context) -> Result<(), CliError> {
        let view = crate::rows::format(&self.output, &context.printer)?.is_view() && !self.output.wide;
        let rows = OperationId::ALL.iter().map(|id| {
            let op = id.operation();
            let parameter = |p: &totalcloud_api::operation::Param| {
                json!({
                    "name": p.name,
                    "place": format!("{:?}", p.place).to_lowercase(),
                    "required": p.required,
                    "secret": p.kind.is_secret(),
                    "doc": p.doc.trim(),
                })
            };
            let short = |p: &totalcloud_api::operation::Param| {
                if p.required { format!("{}=", p.name) } else { format!("[{}=]", p.name) }
            };
            json!({
                "operation": op.id,
                "does": op.doc.trim(),
                "parameters": if view {
                    Value::from(op.params.iter().map(short).collect::<Vec<_>>().join(" "))
                } else {
                    op.params.iter().map(parameter).collect()
                },
                "method": op.method.as_str(),
                "path": op.path,
                "command": commands::shown_by(*id),
                "confidence": op.confidence.as_str(),
            })
        });
        let shown = &["operation", "does", "parameters"];
        let all = &["operation", "does", "parameters", "method", "path", "command", "confidence"];
        single::own(context, &self.output, if view { shown } else { all }, rows, "operations")
    }
}

fn is_list(operation: &Operation) -> bool {
    matches!(
        operation.answer,
        Answer::Page
            | Answer::Controls
            | Answer::CountData
            | Answer::Array
            | Answer::ArrayPage
            | Answer::ServiceResponse
    )
}

fn unknown(name: &str) -> CliError {
    let known: Vec<&'static str> = OperationId::ALL.iter().map(|id| id.operation().id).collect();
    let near = nearest(name, &known);
    let error = CliError::usage(format!("there is no operation '{name}'"));
    if near.is_empty() {
        error.hint("'totalcloud api --list' shows them all")
    } else {
        error.hint(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Reads `key=value`, `key=@file` or `key=JSON`.
fn read(operation: &'static Operation, text: &str) -> Result<(String, Value), CliError> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(CliError::usage(format!("'{text}' is no KEY=VALUE")).operation(operation.id));
    };
    let Some(param) = operation.param(key) else {
        let known: Vec<&'static str> = operation.params.iter().map(|p| p.name).collect();
        let near = nearest(key, &known);
        let near = if near.is_empty() { known } else { near };
        let error = CliError::usage(format!("there is no parameter '{key}'")).operation(operation.id);
        return Err(if near.is_empty() {
            error
        } else {
            error.hint(format!("it takes {}", near.join(", ")))
        });
    };
    // The process list and the history of the shell would tell it.
    if param.kind.is_secret() && !value.starts_with('@') {
        return Err(CliError::usage(format!("'{key}' is a secret, which no argument takes"))
            .operation(operation.id)
            .hint(format!("put it into a file and give {key}=@FILE, or use 'totalcloud auth token'")));
    }
    if let Some(path) = value.strip_prefix('@') {
        if param.kind.is_secret() {
            private::check(std::path::Path::new(path), key)?;
        }
        let text = std::fs::read_to_string(path)
            .map_err(|e| CliError::usage(format!("{key}: {path} cannot be read: {e}")))?;
        return Ok((key.to_owned(), json_or_text(key, text.trim_end_matches(['\n', '\r']))?));
    }
    Ok((key.to_owned(), json_or_text(key, value)?))
}

fn json_or_text(key: &str, text: &str) -> Result<Value, CliError> {
    // A range of QQL begins like a list of JSON and is none.
    let json = text.trim_start().starts_with(['[', '{']);
    match serde_json::from_str::<Value>(text) {
        Ok(value) if json => Ok(value),
        Err(e) if text.trim_start().starts_with('{') => Err(CliError::usage(format!(
            "{key}: the JSON ends or breaks at line {} column {}",
            e.line(),
            e.column()
        ))),
        _ => Ok(Value::String(text.to_owned())),
    }
}
