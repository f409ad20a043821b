//! Flags made from the parameters that an operation declares, and a file in place of them or besides.

use super::{input, preview, secrecy};
use crate::context::Context;
use crate::error::CliError;
use crate::{filter, private, session};
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::Value;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, Effect, Endpoint, Param, ParamKind, Place, Upload};

/// What is given for an operation: a flag for each parameter that is no part of the path, a file, or both.
pub struct Fields<E> {
    given: Vec<(&'static Param, Vec<String>)>,
    from: Option<PathBuf>,
    skeleton: bool,
    dry_run: bool,
    operation: PhantomData<fn() -> E>,
}

/// The parameters that have flags.
fn shown<E: Endpoint>() -> impl Iterator<Item = &'static Param> {
    E::OPERATION.params.iter().filter(|p| p.place != Place::Path)
}

/// `pollingFrequency.hours` becomes `polling-frequency-hours`.
pub(crate) fn flag_of(param: &Param) -> String {
    match (param.name, param.kind) {
        (_, ParamKind::Provider(_)) => return "provider".to_owned(),
        // The name of a flag that says how output looks.
        ("format", _) => return "report-format".to_owned(),
        _ => {}
    }
    let name = param.name.strip_prefix("ServiceRequest.").unwrap_or(param.name);
    let mut flag = String::new();
    let mut before = '-';
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().copied().enumerate() {
        if c == '.' || c == '_' {
            flag.push('-');
            before = '-';
            continue;
        }
        let ends_capitals = letters.get(at + 1).is_some_and(|n| n.is_ascii_lowercase());
        if c.is_ascii_uppercase() && before != '-' && (!before.is_ascii_uppercase() || ends_capitals) {
            flag.push('-');
        }
        flag.push(c.to_ascii_lowercase());
        before = c;
    }
    if param.kind.is_secret() { flag + "-file" } else { flag }
}

/// What the parser calls it; one name is that of a flag that says how output looks.
fn id_of(param: &'static Param) -> &'static str {
    if param.name == "format" { "report_format" } else { param.name }
}

fn arg_of(param: &'static Param) -> Arg {
    let flag = flag_of(param);
    let mut help = param.doc.trim().trim_end_matches('.').replace('`', "");
    if param.kind.is_secret() {
        help.push_str("; in a file that only you can read, or - for standard input");
    }
    if let ParamKind::Objects(shape) = param.kind {
        let fields: Vec<&str> = shape.columns().iter().map(|c| c.wire).collect();
        help.push_str(&format!("; each with {}", fields.join(", ")));
    }
    if param.required {
        help.push_str(" [required]");
    }
    let arg = Arg::new(id_of(param)).long(flag).help(help).help_heading("Fields");
    match param.kind {
        ParamKind::Bool => {
            let words = ["true", "false"];
            arg.value_name("true|false").num_args(0..=1).default_missing_value("true").value_parser(words)
        }
        ParamKind::Secret | ParamKind::SecretUrl | ParamKind::File => arg.value_name("FILE"),
        ParamKind::Uuid => arg.value_name("UUID"),
        ParamKind::Int(_) | ParamKind::Range(..) => arg.value_name("N").allow_negative_numbers(true),
        ParamKind::Provider(_) => arg.value_name("PROVIDER"),
        ParamKind::Qql => arg.value_name("QQL"),
        ParamKind::InstantZ => arg.value_name("INSTANT"),
        ParamKind::OneOf(words) => arg.value_name("WORD").value_parser(words.to_vec()),
        ParamKind::Json => arg.value_name("JSON|@FILE"),
        ParamKind::Objects(_) => arg.value_name("KEY=VALUE,…|JSON|@FILE").action(ArgAction::Append),
        kind if kind.is_list() => arg.value_name("A,B,…").action(ArgAction::Append).value_delimiter(','),
        _ => arg.value_name("TEXT"),
    }
}

impl<E: Endpoint> clap::Args for Fields<E> {
    fn augment_args(mut command: clap::Command) -> clap::Command {
        command = command.next_help_heading("Fields");
        for param in shown::<E>() {
            command = command.arg(arg_of(param));
        }
        command
            .arg(
                Arg::new("from")
                    .long("from")
                    .value_name("FILE")
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("JSON or YAML file with the fields, - for standard input; flags go before it"),
            )
            .arg(
                Arg::new("skeleton")
                    .long("skeleton")
                    .action(ArgAction::SetTrue)
                    .help("Print a template of such a file, and send nothing"),
            )
            .arg(
                Arg::new("dry_run")
                    .long("dry-run")
                    .action(ArgAction::SetTrue)
                    .help_heading("Safety")
                    .help("Print the request with its secrets hidden, and send nothing"),
            )
            .next_help_heading(None::<&str>)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<E: Endpoint> clap::FromArgMatches for Fields<E> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = shown::<E>().filter_map(|param| {
            let values: Vec<String> = matches.get_many::<String>(id_of(param))?.cloned().collect();
            Some((param, values))
        });
        Ok(Fields {
            given: given.collect(),
            from: matches.get_one::<PathBuf>("from").cloned(),
            skeleton: matches.get_flag("skeleton"),
            dry_run: matches.get_flag("dry_run"),
            operation: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<E: Endpoint> Fields<E> {
    /// Whether nothing is given that would change anything, and nothing is to be printed instead.
    pub fn is_idle(&self) -> bool {
        self.given.is_empty() && self.from.is_none() && !self.skeleton
    }

    /// Whether a field is given by its flag.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(param, _)| param.name == name)
    }

    /// Whether the value of some flag has a space in it.
    pub fn has_spaces(&self) -> bool {
        self.given.iter().any(|(_, values)| values.iter().any(|v| v.contains(' ')))
    }

    /// The arguments, checked. Nothing where a template or the request was printed instead. `path` are the
    /// arguments that the command has by itself.
    ///
    /// # Errors
    /// If a file cannot be read or an argument does not fit.
    pub fn prepare(
        self,
        context: &Context,
        path: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<Args>, CliError> {
        self.prepare_for(E::OPERATION, context, |args| {
            args.extend(path.into_iter().map(|(name, value)| (name.to_owned(), value)));
            Ok(())
        })
    }

    /// As [`prepare`](Fields::prepare), for an operation that takes the same as this one, and with arguments that
    /// follow from what is given.
    ///
    /// # Errors
    /// If a file cannot be read or an argument does not fit.
    pub fn prepare_for(
        self,
        operation: &'static Operation,
        context: &Context,
        complete: impl FnOnce(&mut Args) -> Result<(), CliError>,
    ) -> Result<Option<Args>, CliError> {
        if self.skeleton {
            let text = serde_json::to_string_pretty(&operation.skeleton()).unwrap_or_default();
            context.printer.line(&text)?;
            return Ok(None);
        }
        let mut args = match &self.from {
            Some(file) => {
                let args = input::arguments(operation, file)?;
                secrecy::not_open(file, &Value::Object(args.clone()))?;
                args
            }
            None => Args::new(),
        };
        for (param, values) in &self.given {
            // A flag takes the place of what the file says, however the file writes it.
            forget(&mut args, param.name);
            args.insert(param.name.to_owned(), read(param, values, self.from.as_deref())?);
        }
        complete(&mut args)?;
        if operation.effect == Effect::Update && !input::changes_something(operation, &args) {
            return Err(CliError::usage("nothing is given that would change").operation(operation.id));
        }
        filter::look(operation, &mut args, filter::Care::Warn, &context.printer);
        let settings = context.settings()?;
        let request = operation.request(&args, &session::spellings(&settings))?;
        if self.dry_run {
            preview(context, &[request])?;
            return Ok(None);
        }
        Ok(Some(args))
    }
}

/// Takes a field out of arguments that may hold it nested.
pub fn forget(args: &mut Args, name: &str) {
    args.remove(name);
    if let Some((first, rest)) = name.split_once('.')
        && let Some(Value::Object(inner)) = args.get_mut(first)
    {
        forget(inner, rest);
    }
}

/// The value that the flag of a parameter gives.
fn read(param: &'static Param, values: &[String], from: Option<&Path>) -> Result<Value, CliError> {
    let flag = flag_of(param);
    let one = values.first().map(String::as_str).unwrap_or_default();
    match param.kind {
        kind if kind.is_secret() => {
            let text = if one == "-" {
                if from == Some(Path::new("-")) {
                    return Err(CliError::usage(format!(
                        "--from - and --{flag} - cannot both read standard input"
                    )));
                }
                ::secrecy::ExposeSecret::expose_secret(&crate::printer::secret_from_stdin()?).to_owned()
            } else {
                private::check(Path::new(one), param.name)?;
                file(&flag, one)
                    .and_then(|bytes| String::from_utf8(bytes).map_err(|_| no_text(&flag, one)))?
                    .trim()
                    .to_owned()
            };
            Ok(Value::String(text))
        }
        ParamKind::File => {
            let name = Path::new(one).file_name().and_then(|n| n.to_str()).unwrap_or("file");
            let bytes = file(&flag, one)?;
            // The file of a service account holds its key.
            if let Ok(inner) = serde_json::from_slice(&bytes) {
                secrecy::not_open(Path::new(one), &inner)?;
            }
            Ok(Upload::new(name, bytes).to_value())
        }
        ParamKind::Json => {
            given(&flag, one, |text| super::parse(text, &format!("--{flag}")).map(Value::Object))
        }
        ParamKind::Objects(_) => {
            let mut all = Vec::new();
            for one in values {
                match given(&flag, one, |text| objects(&format!("--{flag}"), text))? {
                    Value::Array(items) => all.extend(items),
                    item => all.push(item),
                }
            }
            Ok(all.into())
        }
        kind if kind.is_list() => Ok(values.iter().map(String::as_str).map(str::trim).collect()),
        _ => Ok(Value::String(one.to_owned())),
    }
}

/// A value that was typed or stands in a file. Secrets may stand in a file of one's own only.
fn given(flag: &str, one: &str, read: impl Fn(&str) -> Result<Value, CliError>) -> Result<Value, CliError> {
    let Some(path) = one.strip_prefix('@') else {
        let value = read(one)?;
        secrecy::not_typed(&format!("--{flag} "), &value)?;
        return Ok(value);
    };
    let text = String::from_utf8(file(flag, path)?).map_err(|_| no_text(flag, path))?;
    let value = read(&text)?;
    secrecy::not_open(Path::new(path), &value)?;
    Ok(value)
}

/// One object or a list of them.
fn objects(flag: &str, text: &str) -> Result<Value, CliError> {
    if !text.trim_start().starts_with('[') {
        return object(flag, text);
    }
    serde_json::from_str(text).map_err(|e| {
        CliError::usage(format!("{flag} is no valid JSON at line {} column {}", e.line(), e.column()))
    })
}

fn file(flag: &str, path: &str) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|e| CliError::usage(format!("--{flag}: {path} cannot be read: {e}")))
}

fn no_text(flag: &str, path: &str) -> CliError {
    CliError::usage(format!("--{flag}: {path} is no text"))
}

/// An object as JSON, or as `key=value` pairs; a key that is given twice becomes a list.
///
/// # Errors
/// If it is neither.
pub fn object(flag: &str, text: &str) -> Result<Value, CliError> {
    if text.trim_start().starts_with('{') {
        return super::parse(text, flag).map(Value::Object);
    }
    let mut map = Args::new();
    for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(CliError::usage(format!("{flag}: '{pair}' is no KEY=VALUE"))
                .hint("write the object as JSON where a value has commas"));
        };
        // Lists end with s in every shape that has them.
        let is_list = key.ends_with("Recipients");
        match map.get_mut(key) {
            Some(Value::Array(items)) => items.push(value.into()),
            Some(_) => return Err(CliError::usage(format!("{flag}: '{key}' is given twice"))),
            None if is_list => {
                map.insert(key.to_owned(), vec![value].into());
            }
            None => {
                map.insert(key.to_owned(), value.into());
            }
        }
    }
    Ok(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::endpoints::OperationId;

    #[test]
    fn flags_are_the_names_of_the_wire_in_the_style_of_flags() {
        let flag = |id: OperationId, name: &str| flag_of(id.operation().param(name).unwrap());
        let aws = OperationId::ConnectorsCreateAws;
        assert_eq!(flag(aws, "pollingFrequency.hours"), "polling-frequency-hours");
        assert_eq!(flag(aws, "isGovCloud"), "is-gov-cloud");
        assert_eq!(flag(OperationId::ConnectorsCreateAzure, "authenticationKey"), "authentication-key-file");
        assert_eq!(flag(OperationId::RulesCreate, "fromHourInUTC"), "from-hour-in-utc");
        assert_eq!(flag(OperationId::RulesCreate, "cloudType"), "provider");
        assert_eq!(flag(OperationId::ReportsCreate, "format"), "report-format");
        assert_eq!(flag(OperationId::PortalCreate, "ServiceRequest.data"), "data");
    }

    #[test]
    fn an_object_is_read_from_pairs_and_from_json() {
        let pairs =
            object("a", "actionId=1,actionType=qemail,emailRecipients=a@b.c,emailRecipients=d@e.f").unwrap();
        let json =
            object("a", r#"{"actionId":"1","actionType":"qemail","emailRecipients":["a@b.c","d@e.f"]}"#);
        assert_eq!(pairs, json.unwrap());
        assert!(object("a", "actionId").is_err() && object("a", "x=1,x=2").is_err());
    }
}
