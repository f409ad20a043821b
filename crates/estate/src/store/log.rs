//! The Delta log of one table: which files are active, and how a change of them is committed.

use crate::layout::{LAYER, Layer};
use crate::place::Place;
use crate::{Error, Kind, Result};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::DeltaTable;
use deltalake::DeltaTableBuilder;
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, MetadataExt, Remove, StructType};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use futures_util::TryStreamExt;
use object_store::path::Path as ObjectPath;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A data file of a table.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Its path inside the table's folder, decoded.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its rows, if the log says so.
    pub rows: Option<u64>,
    /// The part of the table that it belongs to; plain tables have only [`Layer::Base`].
    pub layer: Layer,
    /// The statistics of the log, as JSON text.
    pub stats: Option<String>,
    /// When it was written, in milliseconds since 1970.
    pub modified: i64,
}

/// A version of a table.
#[derive(Debug, Clone)]
pub struct Log {
    /// The name of the table.
    pub table: String,
    /// The Delta version.
    pub version: i64,
    /// The columns as they are stored, without the partition column.
    pub schema: SchemaRef,
    /// The active files.
    pub files: Vec<DataFile>,
    delta: DeltaTable,
}

/// Features a reader must know that this program does not write and cannot read.
const FOREIGN: &str =
    "read it with the engine that changed it, or restore an earlier version with that engine";

impl Log {
    /// Reads a version of a table, the newest by default. Nothing comes back where there is no such table.
    ///
    /// # Errors
    /// If the log cannot be read, or another program made the table one that this cannot read.
    pub async fn load(place: &Place, table: &str, version: Option<i64>) -> Result<Option<Log>> {
        let (url, root) = place.table(table);
        let mut builder = DeltaTableBuilder::from_url(url.clone())
            .map_err(|e| about(table, e))?
            .with_storage_backend(root, url);
        if let Some(version) = version {
            let version = u64::try_from(version).map_err(|_| broken(table, "its version is negative"))?;
            builder = builder.with_version(version);
        }
        match builder.load().await {
            Ok(delta) => Log::of(table, delta).map(Some),
            Err(deltalake::DeltaTableError::NotATable(_)) => Ok(None),
            // A folder that is not there is told in several ways.
            Err(e) => match is_there(place, table).await {
                Ok(false) => Ok(None),
                _ => Err(about(table, e)),
            },
        }
    }

    fn of(table: &str, delta: DeltaTable) -> Result<Log> {
        let state = delta.snapshot().map_err(|e| about(table, e))?;
        let version =
            i64::try_from(state.version()).map_err(|_| broken(table, "its version is too large"))?;
        let mut files = Vec::new();
        for file in state.log_data().iter() {
            if file.deletion_vector_descriptor().is_some() {
                let what = format!("the table {table} holds deletion vectors, which another program wrote");
                return Err(Error::new(Kind::Newer, what).hint(FOREIGN));
            }
            let values = file.partition_values_map();
            let layer = match values.get(LAYER) {
                None => Layer::Base,
                Some(value) => value
                    .as_deref()
                    .and_then(Layer::parse)
                    .ok_or_else(|| broken(table, "a file of it is in no known layer"))?,
            };
            files.push(DataFile {
                path: file.path().into_owned(),
                size: u64::try_from(file.size()).unwrap_or_default(),
                rows: file.num_records().map(|n| n as u64),
                layer,
                stats: file.stats(),
                modified: file.modification_time(),
            });
        }
        let schema: Schema = state.schema().as_ref().try_into_arrow()?;
        let own = schema.fields().iter().filter(|f| f.name() != LAYER);
        let fields: Vec<Arc<Field>> =
            own.map(|f| Arc::new(f.as_ref().clone().with_data_type(bare(f.data_type())))).collect();
        Ok(Log { table: table.to_owned(), version, schema: Arc::new(Schema::new(fields)), files, delta })
    }

    /// The files of some layers.
    pub fn of_layers(&self, layers: &[Layer]) -> Vec<DataFile> {
        self.files.iter().filter(|f| layers.contains(&f.layer)).cloned().collect()
    }

    /// Whether there is such a file.
    pub fn has(&self, layer: Layer) -> bool {
        self.files.iter().any(|f| f.layer == layer)
    }

    /// Rows in a layer, if the log says so of every file.
    pub fn rows(&self, layer: Layer) -> Option<u64> {
        self.files.iter().filter(|f| f.layer == layer).map(|f| f.rows).sum()
    }

    /// Where a file is in the store of the place.
    pub fn object(&self, place: &Place, file: &DataFile) -> ObjectPath {
        object(place, &self.table, &file.path)
    }

    /// The table as Delta's library knows it.
    pub fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    /// Commits files that came and files that went as the next version. It fails rather than being put on top of
    /// what another writer did meanwhile.
    ///
    /// # Errors
    /// [`Kind::Busy`] if another writer was faster; or if the log cannot be written.
    pub async fn commit(&self, change: Change) -> Result<i64> {
        let mut actions: Vec<Action> = Vec::new();
        let state = self.delta.snapshot().map_err(|e| about(&self.table, e))?;
        if let Some(schema) = &change.schema
            && schema.fields() != self.schema.fields()
        {
            let wider = struct_type(schema, self.partitioned())?;
            let metadata =
                state.metadata().clone().with_schema(&wider).map_err(|e| about(&self.table, e.into()))?;
            actions.push(Action::Metadata(metadata));
        }
        actions.extend(change.removes.into_iter().map(Action::Remove));
        actions.extend(change.adds.into_iter().map(Action::Add));
        if actions.is_empty() {
            return Ok(self.version);
        }
        let properties = CommitProperties::default().with_max_retries(0).with_create_checkpoint(true);
        let committed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(state), self.delta.log_store(), operation(change.what))
            .await
            .map_err(|e| raced(&self.table, e))?;
        i64::try_from(committed.version()).map_err(|_| broken(&self.table, "its version is too large"))
    }

    fn partitioned(&self) -> bool {
        self.delta.snapshot().is_ok_and(|s| !s.metadata().partition_columns().is_empty())
    }

    /// The change that makes this version what another was: its files, and no others.
    pub fn back_to(&self, other: &Log) -> Change {
        let paths = |log: &Log| log.files.iter().map(|f| f.path.clone()).collect::<HashSet<_>>();
        let (here, there) = (paths(self), paths(other));
        Change {
            removes: self.removes(|path| !there.contains(path), true),
            adds: other.files.iter().filter(|f| !here.contains(&f.path)).map(|f| other.add(f)).collect(),
            ..Change::new(What::Restore(other.version))
        }
    }

    fn add(&self, file: &DataFile) -> Add {
        let partition_values = match self.partitioned() {
            true => HashMap::from([(LAYER.to_owned(), Some(file.layer.as_str().to_owned()))]),
            false => HashMap::new(),
        };
        Add {
            path: file.path.clone(),
            partition_values,
            size: i64::try_from(file.size).unwrap_or(i64::MAX),
            modification_time: file.modified,
            data_change: true,
            stats: file.stats.clone(),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        }
    }

    /// The action that takes files out of the table.
    pub fn removes(&self, wanted: impl Fn(&str) -> bool, data_change: bool) -> Vec<Remove> {
        let Ok(state) = self.delta.snapshot() else { return Vec::new() };
        let files = state.log_data();
        let views = files.iter().filter(|v| wanted(v.path().as_ref()));
        views.map(|v| v.remove_action(data_change)).collect()
    }
}

/// Where a file of a table is in the store of the place.
pub fn object(place: &Place, table: &str, path: &str) -> ObjectPath {
    path.split('/').filter(|p| !p.is_empty()).fold(place.table_path(table), |path, part| path.join(part))
}

/// A type whose fields say nothing of themselves. Engines that look into nested values compare fields with all
/// that they say, and what a file holds says less than the log.
fn bare(data_type: &DataType) -> DataType {
    let field = |f: &Arc<Field>| Arc::new(Field::new(f.name(), bare(f.data_type()), f.is_nullable()));
    match data_type {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::List(item) => DataType::List(field(item)),
        other => other.clone(),
    }
}

/// Why files come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// New data.
    Append,
    /// The same data in other files.
    Compact,
    /// Undoes what was left half done.
    Restore(i64),
}

/// Files that come and go.
#[derive(Debug, Clone)]
pub struct Change {
    /// Why.
    pub what: What,
    /// Files that come.
    pub adds: Vec<Add>,
    /// Files that go.
    pub removes: Vec<Remove>,
    /// The columns from now on, if there are more.
    pub schema: Option<SchemaRef>,
}

impl Change {
    /// No change yet.
    pub fn new(what: What) -> Change {
        Change { what, adds: Vec::new(), removes: Vec::new(), schema: None }
    }
}

fn operation(what: What) -> DeltaOperation {
    match what {
        What::Append => DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec![LAYER.to_owned()]),
            predicate: None,
        },
        What::Compact => DeltaOperation::Optimize { predicate: None, target_size: 0 },
        What::Restore(version) => {
            DeltaOperation::Restore { version: u64::try_from(version).ok(), datetime: None }
        }
    }
}

/// Makes a table with its first files.
///
/// # Errors
/// [`Kind::Busy`] if another writer made it meanwhile; or if it cannot be written.
pub async fn create(
    place: &Place,
    table: &str,
    doc: &str,
    schema: &SchemaRef,
    partitioned: bool,
    adds: Vec<Add>,
) -> Result<i64> {
    let (url, root) = place.table(table);
    let delta = DeltaTableBuilder::from_url(url.clone())
        .map_err(|e| about(table, e))?
        .with_storage_backend(root, url)
        .build()
        .map_err(|e| about(table, e))?;
    let columns: Vec<_> = struct_type(schema, partitioned)?.fields().cloned().collect();
    let mut create = CreateBuilder::new()
        .with_log_store(delta.log_store())
        .with_table_name(table)
        .with_comment(doc.trim())
        .with_columns(columns)
        .with_configuration([("delta.checkpointInterval", Some("50"))])
        .with_save_mode(SaveMode::ErrorIfExists)
        .with_actions(adds.into_iter().map(Action::Add));
    if partitioned {
        create = create.with_partition_columns([LAYER]);
    }
    let made = create.await.map_err(|e| raced(table, e))?;
    Ok(made.version().and_then(|v| i64::try_from(v).ok()).unwrap_or_default())
}

fn struct_type(schema: &SchemaRef, partitioned: bool) -> Result<StructType> {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    if partitioned {
        fields.push(Arc::new(Field::new(LAYER, DataType::Utf8, true)));
    }
    Ok((&Schema::new(fields)).try_into_kernel()?)
}

fn about(table: &str, e: deltalake::DeltaTableError) -> Error {
    Error::from(e).about(format_args!("table {table}"))
}

fn raced(table: &str, e: deltalake::DeltaTableError) -> Error {
    use deltalake::kernel::transaction::TransactionError;
    let raced = matches!(
        &e,
        deltalake::DeltaTableError::VersionAlreadyExists(_)
            | deltalake::DeltaTableError::Transaction {
                source: TransactionError::VersionAlreadyExists(_)
                    | TransactionError::MaxCommitAttempts(_)
                    | TransactionError::CommitConflict(_),
            }
    );
    if raced {
        return Error::new(Kind::Busy, format!("another writer changed the table {table} at the same time"))
            .hint("run the same again: nothing of this run became visible");
    }
    about(table, e)
}

/// Whether a table has a log at all.
async fn is_there(place: &Place, table: &str) -> Result<bool> {
    let log = place.table_path(table).join("_delta_log");
    let mut files = place.store().list(Some(&log));
    Ok(files.try_next().await?.is_some())
}

fn broken(table: &str, what: &str) -> Error {
    Error::new(Kind::Broken, format!("the log of the table {table} is broken: {what}"))
        .hint("totalcloud estate check says what is broken")
}
