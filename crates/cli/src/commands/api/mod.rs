//! `totalcloud api`

mod list;
mod values;

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::hidden;
use crate::listing::{self, Part};
use crate::nearest::nearest;
use crate::rows::Fields;
use crate::write::{self, DeleteArgs, Item};
use crate::{commands, filter, session, single};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use std::path::PathBuf;
use totalcloud::Exit;
use totalcloud_api::Operation;
use totalcloud_api::endpoints::{OperationId, by_id};
use totalcloud_api::operation::{Answer, Args, Effect, PageStyle, Paging, Place, Request};

/// `api OPERATION [KEY=VALUE]…`: calls any operation of the service. A value of @FILE is read from that file, one
/// that begins with [ or { is JSON, and lists take several values, with commas or by the key again. Pages are followed
/// where the operation has pages. What deletes asks before.
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
    /// JSON or YAML file with the parameters, - for standard input; those given as KEY=VALUE go before it
    #[arg(long, value_name = "FILE", requires = "operation")]
    from: Option<PathBuf>,
    /// Print a template of such a file, and send nothing
    #[arg(long, requires = "operation")]
    skeleton: bool,
    /// Print the body as it came; makes one call
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    delete: DeleteArgs,
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
            return list::print(context, &self.output);
        }
        let name = self.operation.as_deref().unwrap_or_default();
        let operation = by_id(name).ok_or_else(|| unknown(name))?.operation();
        if self.skeleton {
            let text = serde_json::to_string_pretty(&operation.skeleton()).unwrap_or_default();
            return context.printer.line(&text);
        }
        let mut args = match &self.from {
            Some(file) => write::arguments(operation, file)?,
            None => Args::new(),
        };
        let given = values::read(operation, &self.parameters)?;
        for name in given.keys() {
            write::forget(&mut args, name);
        }
        args.extend(given);
        // A write is sent once, and has one answer.
        if is_list(operation) && operation.effect == Effect::Read && !self.raw {
            self.rows(operation, args, context)
        } else {
            self.one(operation, args, context)
        }
    }

    fn rows(self, operation: &'static Operation, mut args: Args, context: &Context) -> Result<(), CliError> {
        let mut list = self.list;
        let dry_run = self.delete.write.dry_run;
        // Pages are followed from where the parameters say. Offsets and markers are set by the pages that are read.
        let paging = operation.paging.unwrap_or(Paging::NUMBERED);
        let page = (paging.style == PageStyle::Numbered).then_some((
            paging.page,
            "start-page",
            &mut list.start_page,
        ));
        for (wire, flag, slot) in page.into_iter().chain([(paging.size, "page-size", &mut list.page_size)]) {
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
        if dry_run {
            let spellings = session::spellings(&context.settings()?);
            let mut request = operation.request(&part.args, &spellings)?;
            turn_to(&mut request, &list)?;
            return write::preview(context, &[request]);
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
        self.suits(operation)?;
        let care = filter::Care::of(&self.list);
        let sort = if operation.param("sortBy").is_some() { "sortBy" } else { "sort" };
        for (wire, value) in [
            (filter::parameter(operation).unwrap_or("filter"), self.list.filter.as_deref()),
            (sort, self.list.sort.as_deref()),
            ("updated", self.list.updated.as_deref()),
        ] {
            if let Some(value) = value {
                args.insert(wire.to_owned(), value.into());
            }
        }
        filter::look(operation, &mut args, care, &context.printer);
        // The arguments are checked before anything is sent, sign-in included.
        let spellings = session::spellings(&context.settings()?);
        let mut request = operation.request(&args, &spellings)?;
        turn_to(&mut request, &self.list)?;
        if self.delete.write.dry_run {
            return write::preview(context, &[request]);
        }
        if operation.effect == Effect::Delete {
            let noun = operation.id.split('.').next().unwrap_or_default().trim_end_matches('s');
            write::confirm(context, &self.delete, &items(operation, &args), noun)?;
        }
        let fields = operation.shape.map_or(Fields::Any, Fields::AtLeast);
        let is_object = matches!(operation.answer, Answer::Object | Answer::ServiceResponse) && !self.raw;
        // What cannot be written is told before anything is sent.
        let sink = if is_object {
            write::output_is_sound(context, &self.output, &fields)?;
            None
        } else {
            Some(context.printer.sink(self.output.file())?)
        };
        let mut answer = send(context, &request)?;
        if operation.effect != Effect::Read && !self.raw && answer.trim_ascii().is_empty() {
            context.printer.note("the service took it and said nothing");
            return Ok(());
        }
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
        if operation.answer == Answer::Text && !self.raw {
            answer = format!("{}\n", single::bare(&answer)).into();
        }
        match sink {
            Some(sink) => single::file_into(context, sink, &answer),
            None => single::file(context, self.output.file(), &answer),
        }
    }

    /// Whether each flag that is given does something where one call is made.
    fn suits(&self, operation: &Operation) -> Result<(), CliError> {
        let (list, output) = (&self.list, &self.output);
        let as_it_comes = self.raw || matches!(operation.answer, Answer::Text | Answer::File | Answer::Xml);
        for (flag, given, as_it_comes) in [
            ("--limit", list.limit.is_some(), true),
            ("--pages", list.pages.is_some(), true),
            ("--format", output.format.is_some(), as_it_comes),
            ("--columns", !output.columns.is_empty(), as_it_comes),
            ("--wide", output.wide, as_it_comes),
            ("--strict", output.strict, as_it_comes),
        ] {
            if given && as_it_comes {
                let why = if self.raw {
                    "--raw prints one answer as it comes".to_owned()
                } else if matches!(flag, "--limit" | "--pages") {
                    format!("{} has one answer, without pages", operation.id)
                } else {
                    format!("what {} answers is printed as it comes", operation.id)
                };
                return Err(CliError::usage(format!("{flag} does nothing here: {why}")));
            }
        }
        Ok(())
    }
}

/// Sends a request once. Where nobody knows what became of a write, the error says so.
fn send(context: &Context, request: &Request) -> Result<Bytes, CliError> {
    let (session, progress) = context.session()?;
    let look = "it may have arrived: look before sending it again";
    let is_write = request.operation.effect != Effect::Read;
    let answer = context.block_on(async {
        session.client.send(request).await.map_err(|e| {
            let lost = is_write && e.may_have_arrived();
            let e = CliError::from(e);
            if lost { e.hint(look) } else { e }
        })
    });
    progress.end();
    answer.map(|answer| answer.body).map_err(|e| {
        let e = if is_write && e.exit == Exit::Interrupted { e.hint(look) } else { e };
        e.operation(request.operation.id)
    })
}

/// Puts in the page that the listing flags ask for, where one call is made.
fn turn_to(request: &mut Request, list: &ListArgs) -> Result<(), CliError> {
    let operation = request.operation;
    let pages = operation.paging;
    let numbers = pages.filter(|p| p.style != PageStyle::Marker);
    if let Some(size) = list.page_size {
        let paging =
            pages.ok_or_else(|| CliError::usage(format!("--page-size: {} has no pages", operation.id)))?;
        request.set(paging.size, size.into());
    }
    if let Some(page) = list.start_page {
        let paging = numbers.ok_or_else(|| {
            CliError::usage(format!("--start-page: {} has no pages with numbers", operation.id))
        })?;
        let size = list.page_size.unwrap_or(paging.default_size);
        let value = match paging.style {
            PageStyle::Offset => paging.offset(page.into(), size.into()),
            _ => page.into(),
        };
        request.set(paging.page, value.into());
    }
    Ok(())
}

/// What a call deletes: the ids of a list, or what its path names.
fn items(operation: &Operation, args: &Args) -> Vec<Item> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named = |place: fn(Place) -> bool| operation.params.iter().filter(move |p| place(p.place));
    let listed = named(|place| matches!(place, Place::Whole | Place::Body)).find(|p| p.kind.is_list());
    let ids: Vec<String> = match listed.and_then(|p| args.get(p.name)) {
        Some(Value::Array(ids)) => ids.iter().map(text).collect(),
        Some(ids) => text(ids).split(',').map(|id| id.trim().to_owned()).collect(),
        None => {
            let path = named(|place| place == Place::Path).filter_map(|p| args.get(p.name)).map(text);
            vec![path.collect::<Vec<_>>().join(" ")]
        }
    };
    ids.into_iter().map(Item::new).collect()
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
