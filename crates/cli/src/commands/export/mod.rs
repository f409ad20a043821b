//! `totalcloud export`

mod files;
mod ocsf;
mod postgres;

use super::query::{Asking, live, names, told};
use crate::context::Context;
use crate::error::CliError;
use crate::nearest::nearest;
use crate::printer::Printer;
use crate::settings::Settings;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use totalcloud_estate::export::redact::Redactor;
use totalcloud_estate::layout::RAW;
use totalcloud_estate::read::{FINDINGS, RESOURCES};
use totalcloud_estate::sql::{COLUMNS, Plan, Rows, Session, TABLES};
use totalcloud_estate::{Error, Kind};
use totalcloud_table::Format;
use totalcloud_table::arrow::array::RecordBatch;
use totalcloud_table::arrow::datatypes::SchemaRef;

/// Take tables and answers out of the estate: into files, PostgreSQL, or events for a SIEM.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// Tables or views of the estate; without any and without --sql, all tables
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,

    /// Export the answer to a query
    #[arg(long, value_name = "SQL", conflicts_with = "tables")]
    sql: Option<String>,

    #[command(flatten)]
    asking: Asking,

    /// Hide what may be personal or secret
    #[arg(long)]
    redact: bool,

    /// The rows as they came as well, in a column raw
    #[arg(long, conflicts_with = "sql")]
    raw: bool,

    /// table, json, ndjson, csv, tsv, xlsx, parquet, arrow, markdown or ocsf [default: by the ending of the file; parquet in a folder, ndjson otherwise]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Form>,

    /// File to write, whole or not at all; or a folder, which gets a file a table
    #[arg(short, long, value_name = "FILE|DIR", conflicts_with = "to")]
    output: Option<PathBuf>,

    /// Bring tables of a PostgreSQL database up to date: its address without the password, or 'postgres' for the one in TOTALCLOUD_POSTGRES_URL
    #[arg(long, value_name = "postgres://…", conflicts_with = "format")]
    to: Option<String>,

    /// Schema of the tables in the database
    #[arg(long, value_name = "NAME", default_value = "totalcloud", requires = "to")]
    schema: String,

    /// Table in the database for the answer to --sql
    #[arg(long, value_name = "NAME", requires_all = ["to", "sql"])]
    into: Option<String>,

    /// Columns that identify a row of the answer to --sql; without them the rows of the table are replaced
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', requires_all = ["to", "sql"])]
    key: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  totalcloud export aws_ec2_instance --output instances.xlsx
  totalcloud export --output estate/ --format parquet --redact
  totalcloud export resource_evaluations --format ocsf --output findings.ndjson
  totalcloud export --to postgres://me@db.example.com/security
  totalcloud export --sql \"SELECT account, count(*) AS failing FROM findings WHERE state = 'failing' GROUP BY 1\" \\
    --to postgres --into failing --key account";

/// A format of rows, or events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Rows(Format),
    Ocsf,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Form, String> {
        if text.trim().eq_ignore_ascii_case("ocsf") {
            return Ok(Form::Ocsf);
        }
        text.parse().map(Form::Rows).map_err(|e: totalcloud_table::UnknownFormat| format!("{e}, ocsf"))
    }
}

impl Export {
    /// Runs it.
    ///
    /// # Errors
    /// If there is no such table, the question is wrong, or the destination does not take the rows.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let mut settings = context.on_all_cores().settings()?;
        let way = Way::of(&self, &mut settings, &context.printer)?;
        let params = self.asking.params()?;
        context.block_on(async {
            let (live_ones, stored) = self.sql.as_deref().map_or((false, true), names);
            let session = self.asking.open(context, stored).await?;
            let live = live_ones.then(|| live::add(context, &session, self.asking.yes)).transpose()?;
            let done = async {
                let job = Job { args: &self, session: &session, printer: &context.printer };
                match &self.sql {
                    Some(sql) => {
                        let plan = session.plan(sql, &params).await.map_err(told)?;
                        job.answer(plan, &way).await
                    }
                    None => job.tables(&way).await,
                }
            };
            let done = done.await;
            if let Some(live) = live {
                live.end();
            }
            done
        })
    }
}

/// Where rows go.
enum Way {
    /// Into a file a table.
    Folder(PathBuf, Form),
    /// Into one file, or to standard output.
    File(Option<PathBuf>, Form),
    /// Into a database.
    Database(totalcloud_estate::export::postgres::Target),
}

impl Way {
    /// Checks all that can be checked before anything is read.
    fn of(export: &Export, settings: &mut Settings, printer: &Printer) -> Result<Way, CliError> {
        if let Some(address) = &export.to {
            if export.sql.is_some() && export.into.is_none() {
                return Err(CliError::usage("the answer to --sql needs a table in the database")
                    .hint("name it with --into"));
            }
            return Ok(Way::Database(postgres::target(address, settings)?));
        }
        let output = export.output.as_deref().filter(|path| *path != Path::new("-"));
        let several = export.sql.is_none() && export.tables.len() != 1;
        match output {
            Some(path) if is_folder(path) => {
                let form = export.format.unwrap_or(Form::Rows(Format::Parquet));
                Ok(Way::Folder(path.to_owned(), form))
            }
            _ if several => Err(CliError::usage("several tables go into a folder or a database")
                .hint("give --output DIR/, --to postgres://…, or one table")),
            _ => {
                let args = crate::args::OutputArgs {
                    format: match export.format {
                        Some(Form::Rows(format)) => Some(format),
                        _ => None,
                    },
                    output: output.map(Path::to_owned),
                    ..Default::default()
                };
                let form = match export.format {
                    Some(Form::Ocsf) => Form::Ocsf,
                    _ => Form::Rows(crate::rows::format(&args, printer)?),
                };
                Ok(Way::File(output.map(Path::to_owned), form))
            }
        }
    }
}

/// A folder that is there, or a name that ends like one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR])
}

/// What is to be exported.
struct Job<'j> {
    args: &'j Export,
    session: &'j Session,
    printer: &'j Printer,
}

/// A question that is ready to be asked, and what its rows are called.
struct Asked {
    name: String,
    plan: Plan,
    redactor: Option<Redactor>,
}

impl Asked {
    /// The columns of the rows.
    fn schema(&self) -> SchemaRef {
        let schema = self.plan.schema();
        self.redactor.as_ref().map_or(schema.clone(), |r| r.schema(&schema))
    }

    fn start(self) -> Result<Batches, CliError> {
        Ok(Batches { rows: self.plan.run().map_err(told)?, redactor: self.redactor })
    }
}

/// Rows on their way out, with what is sensitive hidden.
struct Batches {
    rows: Rows,
    redactor: Option<Redactor>,
}

impl Batches {
    async fn next(&mut self) -> Option<Result<RecordBatch, CliError>> {
        Some(match self.rows.next().await? {
            Ok(batch) => self.hidden(&batch).map_err(CliError::from),
            Err(e) => Err(told(e)),
        })
    }

    fn hidden(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        self.redactor.as_ref().map_or_else(|| Ok(batch.clone()), |r| r.apply(batch))
    }
}

impl Job<'_> {
    async fn answer(&self, plan: Plan, way: &Way) -> Result<(), CliError> {
        totalcloud_estate::live::admit(plan.steps()).await?;
        let asked = self.asked("query".to_owned(), plan);
        match way {
            Way::Database(target) => {
                let name = self.args.into.clone().unwrap_or_default();
                postgres::answer(self, target, name, asked).await
            }
            Way::Folder(folder, Form::Rows(format)) => {
                let path = files::inside(folder, &asked.name, *format)?;
                files::write(self, asked, *format, Some(&path)).await
            }
            Way::File(path, Form::Rows(format)) => files::write(self, asked, *format, path.as_deref()).await,
            Way::Folder(_, Form::Ocsf) | Way::File(_, Form::Ocsf) => {
                Err(ocsf::not_events("the answer to a query"))
            }
        }
    }

    async fn tables(&self, way: &Way) -> Result<(), CliError> {
        let tables = self.chosen(way).await?;
        match way {
            Way::Database(target) => postgres::tables(self, target, &tables).await,
            Way::Folder(folder, Form::Ocsf) => {
                for table in &tables {
                    let path = files::named(folder, &format!("{table}.ocsf.ndjson"))?;
                    ocsf::write(self, table, Some(&path)).await?;
                }
                Ok(())
            }
            Way::File(path, Form::Ocsf) => {
                for table in &tables {
                    ocsf::write(self, table, path.as_deref()).await?;
                }
                Ok(())
            }
            Way::Folder(folder, Form::Rows(format)) => {
                for table in &tables {
                    let path = files::inside(folder, table, *format)?;
                    let asked = self.table(table, self.args.raw).await?;
                    files::write(self, asked, *format, Some(&path)).await?;
                }
                Ok(())
            }
            Way::File(path, Form::Rows(format)) => {
                for table in &tables {
                    let asked = self.table(table, self.args.raw).await?;
                    files::write(self, asked, *format, path.as_deref()).await?;
                }
                Ok(())
            }
        }
    }

    /// The tables by the names they have: those that were named, or all that hold rows of their own.
    async fn chosen(&self, way: &Way) -> Result<Vec<String>, CliError> {
        let known: Vec<String> =
            self.session.table_names().into_iter().filter(|t| !t.contains('.')).collect();
        let events = matches!(way, Way::Folder(_, Form::Ocsf) | Way::File(_, Form::Ocsf));
        if self.args.tables.is_empty() {
            let own = |t: &&String| ![RESOURCES, FINDINGS, TABLES, COLUMNS].contains(&t.as_str());
            let is_event = |t: &&String| !events || ocsf::is_source(t);
            return Ok(known.iter().filter(own).filter(is_event).cloned().collect());
        }
        let mut chosen: Vec<String> = Vec::new();
        for name in &self.args.tables {
            let found = known.iter().find(|t| t.eq_ignore_ascii_case(name));
            let table = found.cloned().ok_or_else(|| unknown(name, &known))?;
            if events && !ocsf::is_source(&table) {
                return Err(ocsf::not_events(&table));
            }
            if chosen.contains(&table) {
                return Err(CliError::usage(format!("the table {table} is asked for twice")));
            }
            chosen.push(table);
        }
        Ok(chosen)
    }

    /// The rows of a table.
    async fn table(&self, table: &str, raw: bool) -> Result<Asked, CliError> {
        let columns = self.columns(table).await?;
        let columns: Vec<&str> = columns.iter().map(String::as_str).filter(|c| raw || *c != RAW).collect();
        self.select(table, &columns).await
    }

    /// These columns of a table, as far as it has them.
    async fn select(&self, table: &str, columns: &[&str]) -> Result<Asked, CliError> {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let columns: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
        let query = format!("SELECT {} FROM {}", columns.join(", "), quoted(table));
        let plan = self.session.plan(&query, &totalcloud_estate::sql::Params::new()).await.map_err(told)?;
        Ok(self.asked(table.to_owned(), plan))
    }

    async fn columns(&self, table: &str) -> Result<Vec<String>, CliError> {
        let found = self.session.columns(table).await;
        let schema = found.ok_or_else(|| Error::new(Kind::Missing, format!("there is no table {table}")))?;
        Ok(schema.fields().iter().map(|f| f.name().clone()).collect())
    }

    fn asked(&self, name: String, plan: Plan) -> Asked {
        let redactor = self.args.redact.then(|| Redactor::of_plan(plan.logical()));
        Asked { name, plan, redactor }
    }
}

fn unknown(name: &str, known: &[String]) -> CliError {
    use totalcloud_estate::sql::{brings, family};
    let error = CliError::new(totalcloud::Exit::NotFound, format!("the estate has no table {name:?}"));
    if let Some(family) = family(name) {
        return error.hint(format!("it was never synced; '{}' brings it", brings(family)));
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match nearest(name, &known).as_slice() {
        [] => error.hint("'totalcloud query \"SELECT \\\"table\\\" FROM tables\"' lists them"),
        near => error.hint(format!("did you mean {}?", near.join(", "))),
    }
}
