//! `totalcloud ask`

use crate::args::OutputArgs;
use crate::commands::query::{Asking, ResultArgs, answer, explain, told};
use crate::context::Context;
use crate::error::CliError;
use crate::single;
use serde_json::json;
use totalcloud::Exit;
use totalcloud_estate::Kind;
use totalcloud_estate::sql::{self, Question, SqlError};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the ready questions; makes no call
    List(List),
    /// Show a question: what it tells, its parameters, its SQL; makes no call
    Show(Show),
    /// Answer a question from the estate
    Run(Run),
}

/// `ask list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    output: OutputArgs,
}

/// `ask show`
#[derive(clap::Args)]
pub struct Show {
    /// Name of the question
    #[arg(value_name = "NAME")]
    name: String,
}

/// `ask run`
#[derive(clap::Args)]
pub struct Run {
    /// Name of the question; 'totalcloud ask list' lists them
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    asking: Asking,

    /// Show how the question would be answered; do not answer it
    #[arg(long)]
    explain: bool,

    #[command(flatten)]
    output: ResultArgs,
}

/// Runs a verb.
///
/// # Errors
/// If there is no such question, it cannot be answered, or the output cannot be written.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(list) => {
            let rows = sql::questions().iter().map(|q| {
                let params: Vec<String> =
                    q.params.iter().map(|p| format!("{}={}", p.name, p.default)).collect();
                json!({
                    "name": q.name,
                    "title": q.title,
                    "params": params.join(" "),
                    "families": q.families(),
                    "tables": q.tables(),
                    "tells": q.tells,
                })
            });
            let columns = ["name", "title", "params", "families", "tables", "tells"];
            let shown = if context.printer.stdout_is_terminal()
                && list.output.format.is_none()
                && !list.output.wide
            {
                &columns[..3]
            } else {
                &columns[..]
            };
            single::own(context, &list.output, shown, rows, "questions")
        }
        Verb::Show(show) => context.printer.data(shown(question(&show.name)?).as_bytes()),
        Verb::Run(run) => run.run(context),
    }
}

fn question(name: &str) -> Result<&'static Question, CliError> {
    sql::question(name).map_err(|e| {
        let mut error = CliError::from(e.into_error());
        error.exit = Exit::Usage;
        error
    })
}

/// A question for people; what stands behind `--` can go into the query as it is.
fn shown(question: &Question) -> String {
    let mut text = format!("-- {}\n-- {}\n", question.title, question.tells);
    for param in &question.params {
        text.push_str(&format!("-- --param {}={}  {}\n", param.name, param.default, param.doc));
    }
    let tables = question.tables().join(", ");
    text.push_str(&format!("-- reads {tables}\n{}\n", question.sql));
    text
}

impl Run {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let _ = context.on_all_cores();
        let question = question(&self.name)?;
        let given = self.asking.params()?;
        // Before the estate is opened: a slip in a parameter is the same wherever it is.
        question.params(&given).map_err(told)?;
        self.output.check(&context.printer)?;
        context.block_on(async {
            let session = self.asking.open(context, true).await?;
            let plan = question.plan(&session, &given).await.map_err(unanswered)?;
            if self.explain {
                return explain(&plan, context).await;
            }
            answer(plan, &self.output, context).await.map(drop)
        })
    }
}

/// What was never synced is no wrong question: it could be answered, and is not yet.
fn unanswered(e: SqlError) -> CliError {
    let never = e.kind() == Kind::Missing;
    let mut error = told(e);
    if never {
        error.exit = Exit::Failed;
    }
    error
}
