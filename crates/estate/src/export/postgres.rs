//! Tables of the estate in PostgreSQL: made after the registry, brought up to date in one transaction a table.

mod address;
mod columns;
mod copy;
mod tls;

use crate::{Error, Kind, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use columns::{Column, literal, quoted};
use copy::Lines;
use futures_util::{SinkExt, Stream, StreamExt};
use std::error::Error as _;
use std::pin::pin;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

pub use address::Target;

/// Where the rows of a load wait until all are there.
const WAITING: &str = "totalcloud_rows";
/// What PostgreSQL keeps of a name.
const LONGEST_NAME: usize = 63;

/// A connection to a database.
#[derive(Debug)]
pub struct Postgres {
    client: Client,
    schema: String,
    connection: JoinHandle<()>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// A table to bring up to date.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What a row is.
    pub doc: Option<String>,
    /// The columns of the batches; what they mean is in their metadata.
    pub schema: SchemaRef,
    /// The columns that identify a row. Without any, the rows of the table are replaced.
    pub key: Vec<String>,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that came.
    pub rows: u64,
    /// Rows that were new.
    pub inserted: u64,
    /// Rows that had changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Whether the table is new.
    pub created: bool,
    /// Columns that it did not have before.
    pub added: Vec<String>,
    /// Values from which a NUL character was taken, which PostgreSQL has no place for.
    pub cleaned: u64,
}

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// If the server cannot be reached, its certificate is not trusted, or it lets nobody in.
    pub async fn connect(target: &Target, schema: &str) -> Result<Postgres> {
        named("schema", schema)?;
        let connected = target.config()?.connect(target.tls()?).await;
        let (client, connection) = connected.map_err(|e| failed(&e).about(target))?;
        let connection = tokio::spawn(async move {
            // The client tells what happened to the connection.
            let _ = connection.await;
        });
        Ok(Postgres { client, schema: schema.to_owned(), connection })
    }

    /// Brings a table up to date: makes it, or adds the columns it lacks; inserts rows that are new, changes those
    /// that differ, deletes those that did not come. All of it happens, or nothing.
    ///
    /// # Errors
    /// If the rows cannot be had, the server refuses something, or a column there has a type that does not take
    /// the values.
    pub async fn load(
        &mut self,
        table: &Table,
        rows: impl Stream<Item = Result<RecordBatch>>,
    ) -> Result<Loaded> {
        named("table", &table.name)?;
        let mut columns: Vec<Column> = table.schema.fields().iter().map(|f| Column::of(f)).collect();
        columns.iter().try_for_each(|c| named("column", &c.name))?;
        let name = format!("{}.{}", quoted(&self.schema), quoted(&table.name));
        let about = |e: Error| e.about(&table.name);
        let transaction = self.client.transaction().await.map_err(|e| about(failed(&e)))?;
        let load = Load { transaction: &transaction, name: &name, schema: &self.schema, table };
        let loaded = load.run(&mut columns, rows).await.map_err(about)?;
        transaction.commit().await.map_err(|e| about(failed(&e)))?;
        Ok(loaded)
    }
}

struct Load<'t> {
    transaction: &'t Transaction<'t>,
    /// The table with its schema, quoted.
    name: &'t str,
    schema: &'t str,
    table: &'t Table,
}

impl Load<'_> {
    async fn run(
        &self,
        columns: &mut [Column],
        rows: impl Stream<Item = Result<RecordBatch>>,
    ) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        // Two loads of one table at once would wait for each other's rows in different orders.
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        self.transaction.execute(lock, &[&self.name]).await.map_err(|e| failed(&e))?;
        self.prepare(columns, &mut loaded).await?;
        let definitions: Vec<String> = columns.iter().map(Column::definition).collect();
        self.run_all(&format!("CREATE TEMP TABLE {WAITING} ({}) ON COMMIT DROP", definitions.join(", ")))
            .await?;
        self.copy(columns, rows, &mut loaded).await?;
        self.run_all(&format!("ANALYZE {WAITING}")).await?;
        let names: Vec<String> = columns.iter().map(|c| quoted(&c.name)).collect();
        let values: Vec<String> = columns.iter().map(Column::value).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        if self.table.key.is_empty() {
            let gone = format!("DELETE FROM {}", self.name);
            loaded.deleted = self.count(&gone).await?;
            let insert = format!("INSERT INTO {} ({names}) SELECT {values} FROM {WAITING}", self.name);
            loaded.inserted = self.count(&insert).await?;
            return Ok(loaded);
        }
        self.check_key().await?;
        let upsert = self.upsert(columns, &names, &values);
        let row = self.transaction.query_one(&upsert, &[]).await.map_err(|e| self.refused(&e))?;
        let count = |at: usize| u64::try_from(row.get::<_, i64>(at)).unwrap_or_default();
        (loaded.inserted, loaded.updated) = (count(0), count(1));
        let same: Vec<String> =
            self.table.key.iter().map(|k| format!("came.{0} = kept.{0}", quoted(k))).collect();
        let gone = format!(
            "DELETE FROM {} AS kept WHERE NOT EXISTS (SELECT 1 FROM {WAITING} AS came WHERE {})",
            self.name,
            same.join(" AND ")
        );
        loaded.deleted = self.count(&gone).await?;
        Ok(loaded)
    }

    /// Makes the table, or adds the columns that it lacks.
    async fn prepare(&self, columns: &mut [Column], loaded: &mut Loaded) -> Result<()> {
        let there = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
        let row = self.transaction.query_one(there, &[&self.schema]).await.map_err(|e| failed(&e))?;
        // Whoever may not make schemas may still use one that is there.
        if row.get::<_, i64>(0) == 0 {
            self.run_all(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(self.schema))).await?;
        }
        let known = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), c.relkind::text \
             FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             WHERE c.oid = to_regclass($1)";
        let known = self.transaction.query(known, &[&self.name]).await.map_err(|e| failed(&e))?;
        if known.is_empty() {
            loaded.created = true;
            return self.create(columns).await;
        }
        if known.iter().any(|row| !matches!(row.get::<_, &str>(2), "r" | "p")) {
            return Err(Error::new(Kind::Input, "what has this name in the database is no table")
                .hint("choose another --schema"));
        }
        let mut statements = String::new();
        for column in columns {
            let there = known.iter().find(|row| row.get::<_, Option<&str>>(0) == Some(&column.name));
            match there {
                Some(row) => column.fit(row.get(1), self.name)?,
                None => {
                    loaded.added.push(column.name.clone());
                    statements.push_str(&format!(
                        "ALTER TABLE {} ADD COLUMN {};",
                        self.name,
                        column.definition()
                    ));
                    statements.push_str(&column.comment(self.name));
                }
            }
        }
        self.run_all(&statements).await
    }

    async fn create(&self, columns: &[Column]) -> Result<()> {
        let mut parts: Vec<String> = columns.iter().map(Column::definition).collect();
        if !self.table.key.is_empty() {
            let key: Vec<String> = self.table.key.iter().map(|k| quoted(k)).collect();
            parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
        }
        let mut statements = format!("CREATE TABLE {} ({});", self.name, parts.join(", "));
        if let Some(doc) = &self.table.doc {
            statements.push_str(&format!("COMMENT ON TABLE {} IS {};", self.name, literal(doc)));
        }
        columns.iter().for_each(|c| statements.push_str(&c.comment(self.name)));
        self.run_all(&statements).await
    }

    async fn copy(
        &self,
        columns: &[Column],
        rows: impl Stream<Item = Result<RecordBatch>>,
        loaded: &mut Loaded,
    ) -> Result<()> {
        let copy = format!("COPY {WAITING} FROM STDIN");
        let sink = self.transaction.copy_in(&copy).await.map_err(|e| failed(&e))?;
        let (mut sink, mut rows) = (pin!(sink), pin!(rows));
        let mut lines = Lines::default();
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            loaded.rows += batch.num_rows() as u64;
            for chunk in lines.of(&batch, columns)? {
                sink.send(chunk?).await.map_err(|e| failed(&e))?;
            }
        }
        sink.finish().await.map_err(|e| failed(&e))?;
        loaded.cleaned = lines.cleaned;
        Ok(())
    }

    /// Rows that come twice, or without what identifies them, are an error of the question.
    async fn check_key(&self) -> Result<()> {
        let key: Vec<String> = self.table.key.iter().map(|k| quoted(k)).collect();
        let missing: Vec<String> = key.iter().map(|k| format!("{k} IS NULL")).collect();
        let query = format!(
            "SELECT (SELECT count(*) FROM {WAITING} WHERE {}), \
             (SELECT count(*) FROM (SELECT 1 FROM {WAITING} GROUP BY {} HAVING count(*) > 1) AS twice)",
            missing.join(" OR "),
            key.join(", ")
        );
        let row = self.transaction.query_one(&query, &[]).await.map_err(|e| failed(&e))?;
        let key = self.table.key.join(", ");
        let wrong = match (row.get::<_, i64>(0), row.get::<_, i64>(1)) {
            (0, 0) => return Ok(()),
            (0, twice) => format!("{twice} values of {key} come more than once"),
            (missing, _) => format!("{missing} rows have no {key}"),
        };
        Err(Error::new(Kind::Input, format!("the key does not identify rows: {wrong}"))
            .hint("give --key the columns that do, or leave it out: then the rows of the table are replaced"))
    }

    fn upsert(&self, columns: &[Column], names: &str, values: &str) -> String {
        let key: Vec<String> = self.table.key.iter().map(|k| quoted(k)).collect();
        let rest: Vec<String> =
            columns.iter().filter(|c| !self.table.key.contains(&c.name)).map(|c| quoted(&c.name)).collect();
        let action = if rest.is_empty() {
            "NOTHING".to_owned()
        } else {
            let set: Vec<String> = rest.iter().map(|c| format!("{c} = EXCLUDED.{c}")).collect();
            let of = |which: &str| -> String {
                let all: Vec<String> = rest.iter().map(|c| format!("{which}.{c}")).collect();
                all.join(", ")
            };
            // Rows that are the same are not written again.
            format!(
                "UPDATE SET {} WHERE ROW({}) IS DISTINCT FROM ROW({})",
                set.join(", "),
                of("kept"),
                of("EXCLUDED")
            )
        };
        format!(
            "WITH written AS (INSERT INTO {} AS kept ({names}) SELECT {values} FROM {WAITING} \
             ON CONFLICT ({}) DO {action} RETURNING (kept.xmax = 0) AS added) \
             SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written",
            self.name,
            key.join(", ")
        )
    }

    async fn count(&self, statement: &str) -> Result<u64> {
        self.transaction.execute(statement, &[]).await.map_err(|e| self.refused(&e))
    }

    async fn run_all(&self, statements: &str) -> Result<()> {
        self.transaction.batch_execute(statements).await.map_err(|e| failed(&e))
    }

    fn refused(&self, e: &tokio_postgres::Error) -> Error {
        if e.code() == Some(&SqlState::INVALID_COLUMN_REFERENCE) {
            let key = self.table.key.join(", ");
            return Error::new(Kind::Input, format!("the table in the database has no unique key ({key})"))
                .hint("it was made by something else; choose another --schema, or drop it");
        }
        failed(e)
    }
}

/// Names are never shortened silently: two might become one.
fn named(what: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.contains('\0') {
        return Err(Error::new(Kind::Input, format!("{name:?} is no name of a {what}")));
    }
    if name.len() > LONGEST_NAME {
        let message = format!(
            "the name of the {what} {name:?} is longer than the {LONGEST_NAME} bytes that PostgreSQL keeps"
        );
        return Err(Error::new(Kind::Input, message).hint("give it a shorter name with AS"));
    }
    Ok(())
}

/// What the server or the way to it said, without values of rows.
fn failed(e: &tokio_postgres::Error) -> Error {
    let Some(said) = e.as_db_error() else {
        let mut message = e.to_string();
        let mut inner = e.source();
        while let Some(source) = inner {
            let text = source.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            inner = source.source();
        }
        let hint = "check the address, that the server runs and lets this machine in, and sslmode";
        return Error::new(Kind::Lost, message).hint(hint);
    };
    let error = |kind| Error::new(kind, said.message().to_owned());
    match said.code() {
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            error(Kind::Forbidden)
                .hint("put the password into TOTALCLOUD_POSTGRES_PASSWORD or PGPASSWORD, and check the user")
        }
        &SqlState::INSUFFICIENT_PRIVILEGE => {
            error(Kind::Forbidden).hint("the user must own the tables and may CREATE in the schema")
        }
        &SqlState::READ_ONLY_SQL_TRANSACTION => error(Kind::ReadOnly).hint("write to the primary server"),
        &SqlState::INVALID_CATALOG_NAME => error(Kind::Missing).hint("create the database first"),
        &SqlState::DISK_FULL => error(Kind::Full).hint("make room on the server; nothing was changed"),
        &SqlState::TOO_MANY_CONNECTIONS | &SqlState::LOCK_NOT_AVAILABLE => error(Kind::Busy),
        &SqlState::ADMIN_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW => error(Kind::Lost),
        _ => error(Kind::Failed),
    }
}
