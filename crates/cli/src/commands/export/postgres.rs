//! Tables into PostgreSQL.

use super::{Asked, Batches, Job, files};
use crate::error::CliError;
use crate::settings::{Key, Settings};
use futures_util::stream;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use totalcloud_estate::Error;
use totalcloud_estate::export::keyed::Keys;
use totalcloud_estate::export::postgres::{Loaded, Postgres, Table, Target};
use totalcloud_estate::layout::{KEY, RAW};
use totalcloud_estate::tables::{self, TableSpec};
use totalcloud_table::arrow::array::RecordBatch;
use totalcloud_table::arrow::datatypes::SchemaRef;

/// The word that stands for the address in the settings.
const BY_SETTING: &str = "postgres";

/// The database that was named. A password may stand in a variable, never among the arguments, which every process
/// of the machine can read.
pub(super) fn target(address: &str, settings: &mut Settings) -> Result<Target, CliError> {
    let target = if address == BY_SETTING {
        let address = settings.secret(Key::PostgresUrl)?.ok_or_else(|| {
            CliError::usage("there is no address of a database").hint("put it into TOTALCLOUD_POSTGRES_URL")
        })?;
        Target::parse(address.expose_secret())?
    } else {
        let target = Target::parse(address)?;
        if target.has_password() {
            return Err(CliError::usage("--to takes no password: other users of this machine can read it")
                .hint(
                    "put it into TOTALCLOUD_POSTGRES_PASSWORD or PGPASSWORD; or the whole address into \
                 TOTALCLOUD_POSTGRES_URL, with --to postgres",
                ));
        }
        target
    };
    let password = match settings.secret(Key::PostgresPassword)? {
        Some(password) => Some(password),
        None => std::env::var("PGPASSWORD").ok().map(SecretString::from),
    };
    Ok(target.with_password(password))
}

/// Brings tables up to date, each under the key that the estate knows its rows by.
pub(super) async fn tables(job: &Job<'_>, target: &Target, tables: &[String]) -> Result<(), CliError> {
    let mut database = Postgres::connect(target, &job.args.schema).await?;
    for name in tables {
        let spec = tables::get(name);
        let asked = job.table(name, job.args.raw || spec.is_some()).await?;
        let (rows, schema) = Keyed::start(asked, spec, job.args.raw)?;
        let key = if spec.is_some() { vec![KEY.to_owned()] } else { Vec::new() };
        let table = Table { name: name.clone(), doc: spec.map(|s| s.doc.trim().to_owned()), schema, key };
        let loaded = load(&mut database, &table, rows).await?;
        told(job, &table, &loaded);
    }
    Ok(())
}

/// Brings the table of an answer up to date.
pub(super) async fn answer(
    job: &Job<'_>,
    target: &Target,
    name: String,
    asked: Asked,
) -> Result<(), CliError> {
    let schema = asked.schema();
    if let Some(missing) = job.args.key.iter().find(|k| schema.field_with_name(k).is_err()) {
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        return Err(CliError::usage(format!("the answer has no column {missing:?} for --key"))
            .hint(format!("it has {}", columns.join(", "))));
    }
    let mut database = Postgres::connect(target, &job.args.schema).await?;
    let (rows, schema) = Keyed::start(asked, None, true)?;
    let table = Table { name, doc: None, schema, key: job.args.key.clone() };
    let loaded = load(&mut database, &table, rows).await?;
    told(job, &table, &loaded);
    Ok(())
}

/// Rows with their keys.
struct Keyed {
    batches: Batches,
    keys: Option<Keys>,
    /// The columns that go out, where it is not all.
    shown: Option<Vec<usize>>,
}

impl Keyed {
    fn start(asked: Asked, spec: Option<&TableSpec>, raw: bool) -> Result<(Keyed, SchemaRef), CliError> {
        let mut schema = asked.schema();
        let keys = spec.map(Keys::of);
        if keys.is_some() {
            schema = Keys::schema(&schema);
        }
        let mut shown = None;
        if !raw && schema.field_with_name(RAW).is_ok() {
            let kept: Vec<usize> =
                (0..schema.fields().len()).filter(|at| schema.field(*at).name() != RAW).collect();
            schema = Arc::new(schema.project(&kept).map_err(Error::from)?);
            shown = Some(kept);
        }
        Ok((Keyed { batches: asked.start()?, keys, shown }, schema))
    }

    async fn next(&mut self) -> Option<Result<RecordBatch, CliError>> {
        let batch = match self.batches.rows.next().await? {
            Ok(batch) => batch,
            Err(e) => return Some(Err(super::told(e))),
        };
        Some(self.made(&batch).map_err(CliError::from))
    }

    /// The key is made of the row as it came, before anything of it is hidden.
    fn made(&mut self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let mut rows = self.batches.hidden(batch)?;
        if let Some(keys) = &mut self.keys {
            let key = keys.add(batch)?;
            let columns = key.columns().iter().take(1).chain(rows.columns()).cloned().collect();
            rows = RecordBatch::try_new(Keys::schema(rows.schema_ref()), columns)?;
        }
        match &self.shown {
            Some(shown) => Ok(rows.project(shown)?),
            None => Ok(rows),
        }
    }
}

/// An error of the rows is told as it is; the load only learns that there was one.
async fn load(database: &mut Postgres, table: &Table, rows: Keyed) -> Result<Loaded, CliError> {
    let failed = std::sync::Mutex::new(None);
    let first = &failed;
    let batches = stream::unfold(rows, move |mut rows| async move {
        let batch = rows.next().await?.map_err(|e| {
            let short = Error::new(totalcloud_estate::Kind::Failed, e.message.clone());
            if let Ok(mut first) = first.lock() {
                *first = Some(e);
            }
            short
        });
        Some((batch, rows))
    });
    let loaded = database.load(table, batches).await;
    let of_rows = failed.lock().ok().and_then(|mut failed| failed.take());
    match of_rows {
        Some(e) => Err(e),
        None => Ok(loaded?),
    }
}

fn told(job: &Job<'_>, table: &Table, loaded: &Loaded) {
    let what = match (loaded.created, table.key.is_empty()) {
        (true, _) => "table made".to_owned(),
        (false, true) => "rows replaced".to_owned(),
        (false, false) => {
            format!("{} new, {} changed, {} gone", loaded.inserted, loaded.updated, loaded.deleted)
        }
    };
    let name = format!("{}.{}", job.args.schema, table.name);
    job.printer.note(&format!("{name}: {}, {what}", files::rows(loaded.rows)));
    if !loaded.added.is_empty() {
        job.printer.note(&format!("{name}: new columns {}", loaded.added.join(", ")));
    }
    if loaded.cleaned > 0 {
        job.printer.warn(&format!(
            "{name}: {} values held a NUL character, which PostgreSQL cannot keep; U+FFFD stands in its place",
            loaded.cleaned
        ));
    }
}
