//! Parquet files of a table as a scan: only the columns that are asked for, only the files whose statistics
//! do not rule them out, in pieces for all cores.
//!
//! This is not the provider of delta-rs: what the files are is known from the log already, so that planning a
//! query reads nothing, and rows are counted without opening a file.

use super::dictionaries::{Dictionaries, dictionary};
use super::stats::FileStats;
use crate::layout::KEY;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::{ColumnStatistics, DFSchema, Result, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetFileReaderFactory,
};
use datafusion::datasource::physical_plan::{
    FileGroup, FileGroupPartitioner, FileScanConfigBuilder, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectStore;
use object_store::path::Path;
use std::sync::Arc;

/// Files below this size are read by one core.
const LEAST_PIECE: usize = 1 << 20;
/// What is read of the end of a file at first; footers of files with many columns take that.
const FOOTER: usize = 64 << 10;

/// One Parquet file.
#[derive(Debug, Clone)]
pub(crate) struct KnownFile {
    /// Where it is in the store.
    pub(crate) path: Path,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// What the log says about its content.
    pub(crate) stats: FileStats,
}

/// Files of one table, and the columns they are read as.
#[derive(Debug, Clone)]
pub(crate) struct FileSet {
    store: Arc<dyn ObjectStore>,
    url: ObjectStoreUrl,
    schema: SchemaRef,
    files: Vec<KnownFile>,
    /// Columns that are read as dictionaries.
    dictionaries: Arc<[String]>,
    /// What is known to hold for all rows that matter, so that parts of files can be passed over.
    filter: Option<Arc<dyn PhysicalExpr>>,
}

/// The columns as they are read: text comes as views, which are not copied while they are filtered and
/// grouped.
pub(crate) fn read_schema(stored: &Schema) -> SchemaRef {
    let fields = stored.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 => Arc::new(Field::clone(field).with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns as a compaction reads them: as they are stored, so that what a batch takes is known; only keys
/// are looked up.
pub(crate) fn fold_schema(stored: &Schema) -> SchemaRef {
    let fields = stored.fields().iter().map(|field| match field.name().as_str() {
        KEY => Arc::new(Field::clone(field).with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl FileSet {
    /// Files of a store that all have columns of this schema, or fewer.
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        schema: SchemaRef,
        files: Vec<KnownFile>,
    ) -> Result<FileSet> {
        let url = url_of(&store)?;
        Ok(FileSet { store, url, schema, files, dictionaries: Arc::default(), filter: None })
    }

    /// The same table with those of its files.
    pub(crate) fn only(&self, mut keep: impl FnMut(&KnownFile) -> bool) -> FileSet {
        let files = self.files.iter().filter(|f| keep(f)).cloned().collect();
        FileSet { files, ..self.clone() }
    }

    /// The same files, with columns read as dictionaries that these filters are about: only rows for which all of
    /// them hold matter, but the others may be read as well.
    pub(crate) fn filtered(
        &self,
        state: &dyn Session,
        columns: &[&str],
        filters: &[Expr],
    ) -> Result<FileSet> {
        let is_short = |name: &str| columns.contains(&name);
        let fields = self.schema.fields().iter().map(|field| match is_short(field.name()) {
            true => Arc::new(Field::clone(field).with_data_type(dictionary())),
            false => Arc::clone(field),
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut files = self.files.clone();
        for file in &mut files {
            // They are of another type.
            let known = file.stats.exact.column_statistics.iter_mut().zip(schema.fields());
            for (known, _) in known.filter(|(_, field)| is_short(field.name())) {
                *known = ColumnStatistics::new_unknown();
            }
        }
        let filter = match conjunction(filters.iter().cloned()) {
            Some(all) => {
                Some(state.create_physical_expr(all, &DFSchema::try_from(Arc::clone(&self.schema))?)?)
            }
            None => None,
        };
        let dictionaries = columns.iter().map(|name| (*name).to_owned()).collect();
        Ok(FileSet { schema, files, dictionaries, filter, ..self.clone() })
    }

    /// The columns.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The files.
    pub(crate) fn files(&self) -> &[KnownFile] {
        &self.files
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many rows they have together, if the log says so of each.
    pub(crate) fn rows(&self) -> Option<usize> {
        self.files.iter().map(|f| f.stats.exact.num_rows.get_value().copied()).sum()
    }

    /// The files that may have rows for which all filters hold. Filters on other columns say nothing.
    pub(crate) fn pruned(&self, state: &dyn Session, filters: &[Expr]) -> FileSet {
        match self.keep(state, filters) {
            Some(keep) => {
                let mut keep = keep.into_iter();
                self.only(|_| keep.next().unwrap_or(true))
            }
            None => self.clone(),
        }
    }

    /// For each file whether it may match; nothing if that cannot be said.
    fn keep(&self, state: &dyn Session, filters: &[Expr]) -> Option<Vec<bool>> {
        let known = |e: &&Expr| e.column_refs().iter().all(|c| self.schema.index_of(&c.name).is_ok());
        let filter = conjunction(filters.iter().filter(known).cloned())?;
        if self.files.is_empty() {
            return None;
        }
        let schema = DFSchema::try_from(Arc::clone(&self.schema)).ok()?;
        let filter = state.create_physical_expr(filter, &schema).ok()?;
        let predicate = PruningPredicateBuilder::new()
            .with_file_schema(Arc::clone(&self.schema))
            .try_build(filter)
            .ok()?;
        let bounds = self.files.iter().map(|f| Arc::new(f.stats.bounds.clone())).collect();
        predicate.prune(&PrunableStatistics::new(bounds, Arc::clone(&self.schema))).ok()
    }

    /// A plan that reads these columns of all files.
    pub(crate) fn scan(
        &self,
        state: &dyn Session,
        columns: &[usize],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::new(self.schema.project(columns)?))));
        }
        self.register(state);
        let files = self.files.iter().map(|file| {
            let mut part = PartitionedFile::new(String::new(), file.size)
                .with_statistics(Arc::new(file.stats.exact.clone()))
                .with_metadata_size_hint(FOOTER);
            part.object_meta.location = file.path.clone();
            part
        });
        let group = FileGroup::new(files.collect());
        let groups = FileGroupPartitioner::new()
            .with_target_partitions(state.config().target_partitions())
            .with_repartition_file_min_size(LEAST_PIECE)
            .repartition_file_groups(std::slice::from_ref(&group))
            .unwrap_or_else(|| vec![group]);
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(Arc::clone(&self.store), cache);
        let readers: Arc<dyn ParquetFileReaderFactory> = match self.dictionaries.is_empty() {
            true => Arc::new(readers),
            false => Arc::new(Dictionaries { readers, columns: Arc::clone(&self.dictionaries) }),
        };
        let mut source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(options)
            .with_metadata_size_hint(FOOTER)
            .with_parquet_file_reader_factory(readers);
        if let Some(filter) = &self.filter {
            source = source.with_predicate(Arc::clone(filter));
        }
        let config = FileScanConfigBuilder::new(self.url.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics())
            .with_projection_indices(Some(columns.to_vec()))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// The statistics of all files together.
    fn statistics(&self) -> Statistics {
        let each = self.files.iter().map(|f| &f.stats.exact);
        Statistics::try_merge_iter(each, &self.schema)
            .unwrap_or_else(|_| Statistics::new_unknown(&self.schema))
    }

    /// Lets the session find the store, so that nobody has to do so before.
    fn register(&self, state: &dyn Session) {
        state
            .runtime_env()
            .register_object_store(AsRef::<url::Url>::as_ref(&self.url), Arc::clone(&self.store));
    }
}

/// An address under which DataFusion knows the store; each store has its own.
fn url_of(store: &Arc<dyn ObjectStore>) -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse(format!("estate://{:x}", Arc::as_ptr(store).cast::<()>() as usize))
}
