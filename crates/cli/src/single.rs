//! One object in place of rows: what the commands that get one thing print.

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::hidden;
use crate::printer::Sink;
use crate::rows::{Fields, Rows, format};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::path::Path;
use totalcloud_api::operation::Answer;
use totalcloud_table::Format;

/// Prints an object: as one object where JSON is asked for, field by field on a terminal, as one row otherwise.
///
/// # Errors
/// If the output cannot be written.
pub fn print(
    context: &Context,
    output: &OutputArgs,
    fields: &Fields,
    object: &Bytes,
    name: &str,
) -> Result<(), CliError> {
    let format = format(output, &context.printer)?;
    let object = &if output.show_secrets { object.clone() } else { hidden::hide(object) };
    match format {
        Format::Json => {
            let sink = context.printer.sink(output.file())?;
            let mut out = sink.writer()?;
            // As it came: the order of the fields and the text of numbers stay.
            out.write_all(object)
                .and_then(|()| out.write_all(b"\n"))
                .and_then(|()| out.flush())
                .map_err(|e| CliError::output(sink.name(), &e))?;
            drop(out);
            sink.commit()
        }
        Format::Table if output.columns.is_empty() => {
            match serde_json::from_slice::<Map<String, Value>>(object) {
                Ok(map) => table(context, output, fields, map, name),
                Err(_) => row(context, output, fields, object, name),
            }
        }
        _ => row(context, output, fields, object, name),
    }
}

fn row(
    context: &Context,
    output: &OutputArgs,
    fields: &Fields,
    object: &Bytes,
    name: &str,
) -> Result<(), CliError> {
    let mut rows = Rows::open(&context.printer, output, fields, &[], name)?;
    rows.put(object)?;
    rows.finish().map(drop)
}

/// Field by field: those of the shape in its order, then the others.
fn table(
    context: &Context,
    output: &OutputArgs,
    fields: &Fields,
    mut map: Map<String, Value>,
    name: &str,
) -> Result<(), CliError> {
    let mut rows = Vec::new();
    if let Fields::Of(shape) | Fields::AtLeast(shape) = fields {
        for column in shape.columns() {
            rows.extend(map.remove_entry(column.wire));
        }
    }
    rows.extend(map);
    let rows = rows.into_iter().map(|(field, value)| json!({"field": field, "value": value}));
    own(context, output, &["field", "value"], rows, name)
}

/// Writes a file as it came: to where it should go, or to stdout.
///
/// # Errors
/// If the output cannot be written, or it is nothing for a terminal.
pub fn file(context: &Context, output: Option<&Path>, bytes: &Bytes) -> Result<(), CliError> {
    file_into(context, context.printer.sink(output)?, bytes)
}

/// As [`file`], to a place that is open already.
///
/// # Errors
/// As [`file`].
pub fn file_into(context: &Context, sink: Sink, bytes: &Bytes) -> Result<(), CliError> {
    if sink.is_stream() && context.printer.stdout_is_terminal() && bytes.contains(&0) {
        return Err(CliError::usage("the file is not for a terminal").hint("write it with --output FILE"));
    }
    let mut out = sink.writer()?;
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| CliError::output(sink.name(), &e))?;
    drop(out);
    sink.commit()
}

/// The object inside a `ServiceResponse`, if it has one.
///
/// # Errors
/// If the answer is none, or says that something failed.
pub fn inner(answer: &Bytes) -> Result<Option<Bytes>, CliError> {
    match totalcloud_api::page::decode(Answer::ServiceResponse, answer) {
        Ok(page) => Ok(page.rows.into_iter().next()),
        Err(e) => Err(CliError::failed(format!("the answer cannot be read: {e}"))),
    }
}

/// Text that may stand in quotes, without them.
pub fn bare(text: &[u8]) -> String {
    match serde_json::from_slice::<Value>(text) {
        Ok(Value::String(inner)) => inner,
        _ => String::from_utf8_lossy(text).trim().to_owned(),
    }
}

/// Prints rows of our own making, such as the list of types.
///
/// # Errors
/// If the output cannot be written.
pub fn own(
    context: &Context,
    output: &OutputArgs,
    columns: &[&str],
    rows: impl IntoIterator<Item = Value>,
    name: &str,
) -> Result<(), CliError> {
    let mut output = output.clone();
    if output.columns.is_empty() {
        output.columns = columns.iter().map(|c| (*c).to_owned()).collect();
    }
    let mut out = Rows::open(&context.printer, &output, &Fields::Any, &[], name)?;
    for row in rows {
        out.put(&Bytes::from(row.to_string()))?;
    }
    out.finish().map(drop)
}
