//! Whether an estate is whole: its logs, its files, its counts.

use super::versions::{KeyHash, KeyHasher};
use crate::layout::{GONE, KEY, Layer, RUN, SYNC_RUNS, TABLES};
use crate::store::{DataFile, Estate, Log, Run, file};
use crate::{Result, tables};
use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use futures_util::TryStreamExt;
use object_store::path::Path as ObjectPath;
use parquet::arrow::ProjectionMask;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The table it is about.
    pub table: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Tables looked at.
    pub tables: usize,
    /// Files looked at.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Rows looked at.
    pub rows: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is no harm: what killed runs left behind, for example.
    pub notes: Vec<String>,
}

const RESTORE: &str =
    "restore the file from a backup; or sync into a new estate, and keep this one for its history";
const COUNTS: &str = "run totalcloud estate optimize, which counts anew; then check again";

/// Looks at everything: logs, files and their footers, keys and counts; `deep` reads all columns of all rows as
/// well.
///
/// # Errors
/// If the place cannot be reached. What is wrong with what is there is no error but a problem.
pub async fn check(estate: &Estate, deep: bool) -> Result<Checked> {
    let mut check = Check { estate, deep, done: Checked::default(), there: BTreeMap::new() };
    check.list().await?;
    let runs = match estate.runs().await {
        Ok(runs) => runs,
        Err(e) => {
            let advice = e.advice().unwrap_or(RESTORE).to_owned();
            check.problem(SYNC_RUNS, format!("the runs cannot be read: {e}"), &advice);
            return Ok(check.done);
        }
    };
    check.runs(&runs);
    check.table(SYNC_RUNS, None, None).await;
    if let Some(newest) = runs.last() {
        for table in &newest.tables {
            check.table(&table.table, Some(table.version), table.rows).await;
        }
        check.left_behind(newest);
    } else {
        check.done.notes.push("no sync was finished yet".to_owned());
    }
    Ok(check.done)
}

struct Check<'a> {
    estate: &'a Estate,
    deep: bool,
    done: Checked,
    /// The files of the tables with their sizes.
    there: BTreeMap<ObjectPath, u64>,
}

/// The keys of a table, counted.
#[derive(Default)]
struct Keys {
    base: HashSet<KeyHash>,
    newest: HashMap<KeyHash, (i64, bool)>,
    twice: u64,
    nameless: u64,
}

impl Check<'_> {
    fn problem(&mut self, table: &str, problem: String, advice: &str) {
        self.done.problems.push(Problem { table: table.to_owned(), problem, advice: advice.to_owned() });
    }

    async fn list(&mut self) -> Result<()> {
        let store = self.estate.place().store();
        let root = ObjectPath::from(TABLES);
        let files: Vec<_> = store.list(Some(&root)).try_collect().await?;
        self.there = files.into_iter().map(|meta| (meta.location, meta.size)).collect();
        Ok(())
    }

    fn runs(&mut self, runs: &[Run]) {
        for pair in runs.windows(2) {
            let [before, after] = pair else { continue };
            if after.run == before.run {
                self.problem(SYNC_RUNS, format!("run {} stands twice", after.run), RESTORE);
            } else if after.run != before.run + 1 {
                let what = format!("runs between {} and {} are missing", before.run, after.run);
                self.problem(SYNC_RUNS, what, RESTORE);
            }
            for table in &before.tables {
                if after.table(&table.table).is_none_or(|t| t.version < table.version) {
                    let what = format!("run {} knows less of it than run {}", after.run, before.run);
                    self.problem(&table.table, what, RESTORE);
                }
            }
        }
    }

    async fn table(&mut self, table: &str, version: Option<i64>, rows: Option<i64>) {
        self.done.tables += 1;
        let log = match self.estate.log(table, version).await {
            Ok(Some(log)) => log,
            Ok(None) => {
                if version.is_some() {
                    self.problem(table, "the table is missing".to_owned(), RESTORE);
                }
                return;
            }
            Err(e) => {
                let advice = e.advice().filter(|a| !a.contains("estate check")).unwrap_or(RESTORE).to_owned();
                self.problem(table, format!("its log cannot be read: {e}"), &advice);
                return;
            }
        };
        let mut keys = Keys::default();
        let mut whole = true;
        for file in &log.files {
            self.done.files += 1;
            self.done.bytes += file.size;
            match self.file(&log, file, &mut keys).await {
                Ok(()) => {}
                Err(problem) => {
                    whole = false;
                    self.problem(table, problem, RESTORE);
                }
            }
        }
        if !whole || tables::get(table).is_none() {
            return;
        }
        if keys.twice > 0 {
            let what = format!("{} keys stand more than once in its base", keys.twice);
            self.problem(table, what, "sync with --full, then run totalcloud estate optimize");
        }
        if keys.nameless > 0 {
            self.problem(table, format!("{} rows have no key", keys.nameless), RESTORE);
        }
        let touched = keys.newest.keys().filter(|k| keys.base.contains(*k)).count();
        let alive = keys.newest.values().filter(|(_, gone)| !gone).count();
        let counted = i64::try_from(keys.base.len() - touched + alive).unwrap_or(i64::MAX);
        if let Some(rows) = rows
            && rows != counted
        {
            self.problem(table, format!("it has {counted} rows, but its run counted {rows}"), COUNTS);
        }
    }

    /// One file; what is wrong with it as text.
    async fn file(&mut self, log: &Log, file: &DataFile, keys: &mut Keys) -> Result<(), String> {
        let path = log.object(self.estate.place(), file);
        match self.there.get(&path) {
            None => return Err(format!("the data file {path} is missing")),
            Some(size) if *size != file.size => {
                return Err(format!("the data file {path} has {size} bytes instead of {}", file.size));
            }
            Some(_) => {}
        }
        let unreadable = |e: &dyn std::fmt::Display| format!("the data file {path} cannot be read: {e}");
        let reader = file::open(self.estate.place(), path.clone(), file).await.map_err(|e| unreadable(&e))?;
        let rows = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
        self.done.rows += rows;
        if file.rows.is_some_and(|said| said != rows) {
            let said = file.rows.unwrap_or_default();
            return Err(format!("the data file {path} has {rows} rows, but the log says {said}"));
        }
        let counts = tables::get(&log.table).is_some() && file.layer != Layer::Past;
        if !counts && !self.deep {
            return Ok(());
        }
        let columns =
            if self.deep { ProjectionMask::all() } else { file::project(&reader, &[KEY, RUN, GONE]) };
        let mut batches = reader.with_projection(columns).build().map_err(|e| unreadable(&e))?;
        let hasher = KeyHasher::default();
        while let Some(batch) = batches.try_next().await.map_err(|e| unreadable(&e))? {
            if !counts {
                continue;
            }
            let column =
                |name| batch.column_by_name(name).ok_or_else(|| format!("{path} has no column {name}"));
            let named = column(KEY)?.as_string_opt::<i32>().ok_or("the keys are no text")?;
            let runs = column(RUN)?.as_primitive_opt::<Int64Type>().ok_or("the runs are no numbers")?;
            let gone = column(GONE)?.as_boolean_opt().ok_or("what is gone is not said by yes or no")?;
            for row in 0..batch.num_rows() {
                if named.is_null(row) {
                    keys.nameless += 1;
                    continue;
                }
                let key = hasher.of(named.value(row));
                if file.layer == Layer::Base {
                    keys.twice += u64::from(!keys.base.insert(key));
                } else {
                    let version = (runs.value(row), gone.value(row));
                    let known = keys.newest.entry(key).or_insert(version);
                    *known = version.max(*known);
                }
            }
        }
        Ok(())
    }

    /// Tables that no run knows.
    fn left_behind(&mut self, newest: &Run) {
        let mut folders: HashSet<String> = HashSet::new();
        for path in self.there.keys() {
            folders.extend(path.parts().nth(1).map(|part| part.as_ref().to_owned()));
        }
        let mut unknown: Vec<String> =
            folders.into_iter().filter(|f| f != SYNC_RUNS && newest.table(f).is_none()).collect();
        unknown.sort();
        for folder in unknown {
            let note = format!("the folder {TABLES}/{folder} belongs to no run; the next sync removes it");
            self.done.notes.push(note);
        }
    }
}
