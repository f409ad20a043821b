//! `totalcloud qql`

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::filter::{self, placed};
use crate::pull::report::count;
use crate::single;
use serde_json::json;
use std::io::Read;
use totalcloud::Exit;
use totalcloud_api::qql::{self, Checked, Family, Level, SyntaxError};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Say what may be wrong with a filter, and where; makes no call
    Check(Check),
    /// Say in plain words what a filter asks for, and what of it is a guess; makes no call
    Explain(Explain),
    /// List the tokens that filters of an operation take, as far as they are known; makes no call
    Tokens(Tokens),
    /// Print a filter in its canonical form; makes no call
    Format(FormatArgs),
}

/// A filter.
#[derive(clap::Args)]
pub struct Typed {
    /// The filter; - reads it from standard input
    #[arg(value_name = "FILTER")]
    filter: String,
}

/// Where a filter is for.
#[derive(clap::Args)]
pub struct Place {
    /// Operation such as resources.list, or a noun such as resources
    #[arg(long = "for", value_name = "OPERATION")]
    operation: String,
}

/// `qql check`: without --format, what is found is told on stderr with carets under its place, and nothing is
/// printed; with --format it is printed as rows. The exit code is 0 if there is nothing worse than warnings, 2 if
/// the filter is no QQL.
#[derive(clap::Args)]
#[command(mut_arg("strict", |a| a.help("End with exit code 1 if there are warnings")))]
pub struct Check {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    typed: Typed,
    /// Print the filter with everything put right that can be put right
    #[arg(long, conflicts_with_all = ["format", "output", "columns"])]
    fix: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// `qql explain`
#[derive(clap::Args)]
pub struct Explain {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    typed: Typed,
    #[command(flatten)]
    output: OutputArgs,
}

/// `qql tokens`
#[derive(clap::Args)]
pub struct Tokens {
    /// Operation such as resources.list, or a noun such as resources; without it, all
    #[arg(long = "for", value_name = "OPERATION")]
    operation: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `qql format`
#[derive(clap::Args)]
pub struct FormatArgs {
    #[command(flatten)]
    typed: Typed,
}

/// Runs a verb.
///
/// # Errors
/// If the filter is no QQL, or the output cannot be written.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Check(check) => check.run(context),
        Verb::Explain(explain) => explain.run(context),
        Verb::Tokens(tokens) => tokens.run(context),
        Verb::Format(format) => {
            let text = format.typed.read()?;
            match qql::parse(&text) {
                Ok(query) => context.printer.line(&query.to_string()),
                Err(e) => Err(broken(&e, &text)),
            }
        }
    }
}

impl Typed {
    fn read(self) -> Result<String, CliError> {
        if self.filter != "-" {
            return Ok(self.filter);
        }
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| CliError::failed(format!("standard input cannot be read: {e}")))?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }
}

/// The error of a text that is no QQL, with a caret under the place.
fn broken(error: &SyntaxError, text: &str) -> CliError {
    let message = format!("this is no QQL: column {}: {}", error.column, error.message);
    let said = CliError::usage(placed(&message, &error.caret(text)));
    match &error.hint {
        Some(hint) => said.hint(hint.clone()),
        None => said,
    }
}

/// Whether rows are asked for, and not text for a person.
fn rows_asked(output: &OutputArgs) -> bool {
    output.format.is_some() || output.file().is_some() || !output.columns.is_empty()
}

impl Check {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let family = filter::family(&self.place.operation)?;
        let checked = qql::check(family, &self.typed.read()?);
        if rows_asked(&self.output) {
            rows(context, &self.output, &checked)?;
        } else if checked.query().is_ok() {
            for finding in checked.findings() {
                let said = placed(&finding.to_string(), &finding.caret(checked.text()));
                match finding.level {
                    Level::Note => context.printer.note(&format!("note: {said}")),
                    _ => context.printer.warn(&said),
                }
            }
        }
        if let Err(e) = checked.query() {
            return Err(broken(e, checked.text()));
        }
        if self.fix {
            let fixed = checked.fixed(Level::Note);
            context.printer.line(fixed.as_deref().unwrap_or(checked.text()))?;
        } else if rows_asked(&self.output) {
            // The rows say it all.
        } else if checked.findings().is_empty() {
            context.printer.note(&format!("nothing is wrong with this filter of {}", family.title()));
        } else if let Some(fixed) = checked.fixed(Level::Note) {
            context.printer.note(&format!("better: {fixed}"));
        }
        if self.output.strict && checked.worst() >= Some(Level::Warning) {
            let warnings = checked.findings().iter().filter(|f| f.level >= Level::Warning).count();
            let many = count(warnings as u64, "warning", "warnings");
            return Err(CliError::new(Exit::Failed, format!("{many}, and --strict allows none")));
        }
        Ok(())
    }
}

fn rows(context: &Context, output: &OutputArgs, checked: &Checked) -> Result<(), CliError> {
    let rows = checked.findings().iter().map(|f| {
        let alone = checked.put_right(|other| other == f);
        json!({
            "level": f.level.as_str(),
            "rule": f.rule.as_str(),
            "column": f.column,
            "text": checked.text().get(f.span.start..f.span.end),
            "message": f.message,
            "hint": f.hint,
            "suggestion": alone,
        })
    });
    let columns = &["level", "rule", "column", "text", "message", "hint", "suggestion"];
    single::own(context, output, columns, rows, "findings")
}

impl Explain {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let family = filter::family(&self.place.operation)?;
        let checked = qql::check(family, &self.typed.read()?);
        if let Err(e) = checked.query() {
            return Err(broken(e, checked.text()));
        }
        let lines = qql::explain(&checked);
        if rows_asked(&self.output) {
            let rows = lines.into_iter().map(|line| {
                let remarks: Vec<String> =
                    line.remarks.into_iter().map(|(level, said)| format!("{level}: {said}")).collect();
                json!({"depth": line.depth, "says": line.says, "qql": line.qql, "remarks": remarks})
            });
            return single::own(
                context,
                &self.output,
                &["depth", "says", "qql", "remarks"],
                rows,
                "explanation",
            );
        }
        for line in lines {
            let indent = "  ".repeat(line.depth);
            context.printer.line(&format!("{indent}{}", line.says))?;
            for (level, said) in line.remarks {
                context.printer.line(&format!("{indent}  ({level}: {said})"))?;
            }
        }
        Ok(())
    }
}

impl Tokens {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let families = match &self.operation {
            Some(name) => vec![filter::family(name)?],
            None => Family::ALL.to_vec(),
        };
        let all = families.len() > 1;
        let rows = families.into_iter().flat_map(Family::tokens).map(|t| {
            json!({
                "for": t.family.name(),
                "token": t.name,
                "takes": t.takes.to_string(),
                "meaning": t.doc,
                "source": t.source,
                "confidence": t.confidence.as_str(),
            })
        });
        let columns = &["for", "token", "takes", "meaning", "source", "confidence"];
        single::own(context, &self.output, if all { columns } else { &columns[1..] }, rows, "tokens")
    }
}
