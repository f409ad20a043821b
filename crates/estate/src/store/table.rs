//! One table while a run writes it.

use super::changes::{fields_changed, labels};
use super::encode::Version;
use super::index::{Index, Known, Life, Stored, lookup};
use super::log::Log;
use super::news::{FAIL, lived, result, tells_changes};
use super::rows::{ChangeKind, ChangeRow, FreshRow};
use super::runs::How;
use super::scope::Scope;
use super::sink::Sink;
use crate::digest::{Digester, key_hash};
use crate::layout::Layer;
use crate::place::Place;
use crate::tables::TableSpec;
use crate::{Error, Result, schema};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use deltalake::kernel::Add;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use totalcloud::numbers::Numbers;

/// Rows that are looked up and written at once, at most.
const CHUNK: usize = 8192;
/// Bytes of such rows, at most. Up to six chunks are in memory, one of them as columns too.
const CHUNK_BYTES: usize = 2 << 20;

/// Takes the rows of a table, or of some scopes of it. A row that is stored as it came costs nothing.
pub struct TableWriter {
    table: &'static TableSpec,
    place: Place,
    log: Option<Arc<Log>>,
    schema: SchemaRef,
    started: Timestamp,
    run: i64,
    digester: Digester,
    index: Index,
    /// Keys that came in this run and were not in the index, or were in it otherwise; with what they came with.
    taken: Numbers<u64>,
    scopes: Vec<Reading>,
    /// Scopes whose readings came whole, and how: what of them did not come is gone.
    whole: HashMap<u32, How>,
    numbers: HashMap<String, u32>,
    pending: Vec<Pending>,
    pending_bytes: usize,
    sink: Sink,
    written: Written,
}

struct Reading {
    scope: Scope,
    name: Arc<str>,
    provider: Option<Arc<str>>,
    account: Option<Arc<str>>,
    control: Option<Arc<str>>,
    /// Whether it was ever read whole before: only then what is new is news.
    known_before: bool,
    rows: i64,
    began: Timestamp,
}

struct Pending {
    key: String,
    hash: u64,
    account: Option<Arc<str>>,
    scope: u32,
    row: Bytes,
    known: Known,
}

/// What was written of a table, still to be committed.
#[derive(Debug)]
pub struct Written {
    /// The table.
    pub table: &'static TableSpec,
    /// The columns from now on.
    pub schema: SchemaRef,
    /// Rows that came.
    pub rows_read: i64,
    /// Rows that came with a key that another row of other content had before them in this run.
    pub repeated: i64,
    /// Rows that were new.
    pub appeared: i64,
    /// Rows that had changed.
    pub changed: i64,
    /// Rows that were gone.
    pub vanished: i64,
    /// Values that did not fit their columns.
    pub misfits: u64,
    /// Bytes of files.
    pub bytes: u64,
    pub(crate) adds: Vec<Add>,
    pub(crate) changes: Vec<ChangeRow>,
    pub(crate) fresh: Vec<FreshRow>,
}

impl TableWriter {
    /// Reads what is there. `scopes` says what will be read, with whether it was ever read whole before.
    pub(crate) async fn open(
        place: &Place,
        table: &'static TableSpec,
        log: Option<Arc<Log>>,
        scopes: Vec<(Scope, bool)>,
        run: i64,
        started: Timestamp,
    ) -> Result<TableWriter> {
        let numbers: HashMap<String, u32> =
            scopes.iter().enumerate().map(|(i, (s, _))| (s.to_string(), i as u32)).collect();
        let whole = scopes.iter().any(|(s, _)| *s == Scope::whole());
        let index = match &log {
            Some(log) => Index::load(place, table, log, (!whole).then_some(&numbers)).await?,
            None => Index::default(),
        };
        let today = schema::stored_schema(table);
        let schema = match &log {
            Some(log) => schema::merged(&log.schema, &today),
            None => today,
        };
        // The first rows are the base; nothing is superseded by them.
        let first = log.as_ref().is_none_or(|log| log.files.is_empty());
        let layer = if first { Layer::Base } else { Layer::Recent };
        let shared = |text: String| Arc::<str>::from(text);
        let scopes = scopes
            .into_iter()
            .map(|(scope, known_before)| Reading {
                name: shared(scope.to_string()),
                provider: scope.provider.or(table.provider).map(|p| shared(p.to_string())),
                account: scope.account.clone().map(shared),
                control: scope.control.clone().map(shared),
                scope,
                known_before,
                rows: 0,
                began: started,
            })
            .collect();
        Ok(TableWriter {
            table,
            place: place.clone(),
            started,
            run,
            digester: Digester::of(table),
            index,
            taken: Numbers::default(),
            scopes,
            whole: HashMap::new(),
            numbers,
            pending: Vec::new(),
            pending_bytes: 0,
            sink: Sink::new(place, table, layer, schema.clone(), run),
            written: Written {
                table,
                schema: schema.clone(),
                rows_read: 0,
                repeated: 0,
                appeared: 0,
                changed: 0,
                vanished: 0,
                misfits: 0,
                bytes: 0,
                adds: Vec::new(),
                changes: Vec::new(),
                fresh: Vec::new(),
            },
            log,
            schema,
        })
    }

    /// The table.
    pub fn table(&self) -> &'static TableSpec {
        self.table
    }

    /// Rows so far: those that came, were new, had changed.
    pub fn counts(&self) -> (i64, i64, i64) {
        (self.written.rows_read, self.written.appeared, self.written.changed)
    }

    /// Takes rows of a scope. Gives the places of those that are new or have changed.
    ///
    /// # Errors
    /// If the scope was not announced, or the place cannot be read or written.
    pub async fn push(&mut self, scope: &Scope, rows: &[Bytes]) -> Result<Vec<usize>> {
        let number = self.number(scope)?;
        let mut moved = Vec::new();
        let name = Arc::clone(&self.reading(number).name);
        for (at, row) in rows.iter().enumerate() {
            self.written.rows_read += 1;
            self.reading(number).rows += 1;
            let digest = self.digester.read(&name, row);
            let key = key_hash(&digest.key);
            let known = self.index.see(key, digest.hash);
            let first = match (self.taken.get(key), known) {
                (Some(first), _) => Some(*first),
                (None, Known::Again(stored)) => Some(stored),
                (None, _) => None,
            };
            // The first one counts, so that two rows of one key do not take turns.
            if let Some(first) = first {
                self.written.repeated += i64::from(first != digest.hash);
                continue;
            }
            if known == Known::Same {
                continue;
            }
            self.taken.insert(key, digest.hash);
            moved.push(at);
            // Rows of one account mostly come one after the other.
            let before = self.pending.last().and_then(|p| p.account.as_ref());
            let account = digest.account.as_deref().map(|account| match before {
                Some(before) if **before == *account => Arc::clone(before),
                _ => Arc::from(account),
            });
            let pending = Pending {
                hash: digest.hash,
                account,
                key: digest.key,
                scope: number,
                row: row.clone(),
                known,
            };
            self.pending_bytes += row.len();
            self.pending.push(pending);
            if self.pending.len() >= CHUNK || self.pending_bytes >= CHUNK_BYTES {
                self.flush().await?;
            }
        }
        Ok(moved)
    }

    /// The scope is read once more, from its beginning.
    ///
    /// # Errors
    /// If the scope was not announced.
    pub fn again(&mut self, scope: &Scope) -> Result<()> {
        let number = self.number(scope)?;
        self.reading(number).rows = 0;
        Ok(())
    }

    /// Ends the reading of a scope. Where it came whole and the way it was read tells, rows that did not come
    /// are gone, or fail no more; that is found out for all scopes at once by [`TableWriter::finish`].
    ///
    /// # Errors
    /// If the scope was not announced.
    pub async fn ended(
        &mut self,
        scope: &Scope,
        how: How,
        complete: bool,
        note: Option<String>,
    ) -> Result<()> {
        let number = self.number(scope)?;
        if complete && matches!(how, How::Whole | How::Failing) {
            self.whole.insert(number, how);
        }
        let reading = self.reading(number);
        let fresh = FreshRow {
            run: 0,
            table: String::new(),
            scope: reading.name.to_string(),
            provider: reading.provider.as_deref().map(str::to_owned),
            account: reading.scope.account.clone(),
            control_id: reading.scope.control.clone(),
            read_at: reading.began,
            rows: reading.rows,
            complete,
            how,
            note,
        };
        self.written.fresh.push(FreshRow { run: self.run, table: self.table.name.clone(), ..fresh });
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// As [`TableWriter::push`].
    pub async fn finish(mut self) -> Result<Written> {
        self.flush().await?;
        let gone = self.index.unseen(|scope| self.whole.contains_key(&scope));
        for keys in gone.chunks(CHUNK) {
            self.bury(keys).await?;
        }
        let (adds, bytes, misfits) = self.sink.finish().await?;
        self.written.adds = adds;
        self.written.bytes = bytes;
        self.written.misfits = misfits;
        Ok(self.written)
    }

    fn number(&self, scope: &Scope) -> Result<u32> {
        let name = scope.to_string();
        self.numbers.get(&name).copied().ok_or_else(|| {
            Error::new(crate::Kind::Failed, format!("{} was not announced for {}", name, self.table.name))
        })
    }

    fn reading(&mut self, number: u32) -> &mut Reading {
        &mut self.scopes[number as usize]
    }

    async fn stored(
        &self,
        keys: &HashSet<u64>,
        texts: Option<&BTreeSet<&str>>,
    ) -> Result<HashMap<u64, Stored>> {
        let Some(log) = &self.log else { return Ok(HashMap::new()) };
        let whole = self.numbers.contains_key("");
        let scopes: BTreeSet<&str> = self.numbers.keys().map(String::as_str).collect();
        lookup(&self.place, self.table, log, keys, texts, (!whole).then_some(&scopes)).await
    }

    /// Writes what has come so far, so that it is counted.
    ///
    /// # Errors
    /// As [`TableWriter::push`].
    pub async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending_bytes = 0;
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by(|a, b| (a.scope, &a.account, &a.key).cmp(&(b.scope, &b.account, &b.key)));
        let known: Vec<&Pending> = pending.iter().filter(|p| p.known == Known::Other).collect();
        let keys: HashSet<u64> = known.iter().map(|p| key_hash(&p.key)).collect();
        let texts: BTreeSet<&str> = known.iter().map(|p| p.key.as_str()).collect();
        let mut stored = self.stored(&keys, Some(&texts)).await?;
        let mut versions = Vec::with_capacity(pending.len());
        for row in pending {
            let old = stored.remove(&key_hash(&row.key));
            versions.push(self.version(row, old));
        }
        self.sink.write(versions).await
    }

    /// The version of a row that came, and what is to be told of it.
    fn version(&mut self, row: Pending, old: Option<Stored>) -> Version {
        let now = self.started.as_microsecond();
        let there = old.as_ref().is_some_and(|o| !o.gone);
        let counted = if there { &mut self.written.changed } else { &mut self.written.appeared };
        *counted += 1;
        let reading = &self.scopes[row.scope as usize];
        let provider = reading.provider.clone();
        let account = reading.account.clone().or(row.account);
        let (known_before, control) = (reading.known_before, reading.control.clone());
        let name = Arc::clone(&reading.name);
        let mut life = Life::default();
        if self.table.findings {
            let (next, event) = lived(old.as_ref(), result(self.table, &row.row).as_deref(), now);
            life = next;
            if let Some(kind) = event.filter(|_| known_before) {
                self.tell(kind, &row.key, &row.row, Vec::new(), &provider, &account, &control);
            }
        } else if known_before && tells_changes(self.table.kind) {
            match old.as_ref().filter(|o| !o.gone) {
                None => {
                    self.tell(
                        ChangeKind::Appeared,
                        &row.key,
                        &row.row,
                        Vec::new(),
                        &provider,
                        &account,
                        &control,
                    );
                }
                Some(old) => {
                    let fields = fields_changed(self.table, &old.raw, &row.row);
                    self.tell(ChangeKind::Changed, &row.key, &row.row, fields, &provider, &account, &control);
                }
            }
        }
        Version {
            key: row.key,
            gone: false,
            hash: row.hash.cast_signed(),
            scope: name,
            provider,
            account,
            control,
            first_seen: old.and_then(|o| o.first_seen).unwrap_or(now),
            life,
            raw: row.row,
        }
    }

    /// Writes that rows are gone.
    async fn bury(&mut self, gone: &[(u64, u32)]) -> Result<()> {
        let now = self.started.as_microsecond();
        let scopes: HashMap<u64, u32> = gone.iter().copied().collect();
        let keys: HashSet<u64> = scopes.keys().copied().collect();
        let mut stored: Vec<Stored> = self.stored(&keys, None).await?.into_values().collect();
        stored.sort_by(|a, b| (&a.scope, &a.key).cmp(&(&b.scope, &b.key)));
        let mut versions = Vec::with_capacity(stored.len());
        for old in stored.into_iter().filter(|o| !o.gone) {
            let number = scopes.get(&key_hash(&old.key)).copied().unwrap_or_default();
            let how = self.whole.get(&number).copied().unwrap_or_default();
            let failing = result(self.table, &old.raw).as_deref() == Some(FAIL);
            // What passes is not among what fails, and is there all the same.
            if how == How::Failing && !failing {
                continue;
            }
            self.written.vanished += 1;
            let shared = |text: &Option<String>| text.as_deref().map(Arc::<str>::from);
            let (provider, account, control) =
                (shared(&old.provider), shared(&old.account), shared(&old.control));
            let mut life = old.life;
            let kind = if self.table.findings && how == How::Failing {
                life.fixed_on = Some(now);
                ChangeKind::Fixed
            } else {
                ChangeKind::Vanished
            };
            let news = self.table.findings || tells_changes(self.table.kind);
            if news && self.scopes[number as usize].known_before {
                self.tell(kind, &old.key, &old.raw, Vec::new(), &provider, &account, &control);
            }
            versions.push(Version {
                gone: true,
                hash: old.hash,
                scope: Arc::from(old.scope.as_str()),
                provider,
                account,
                control,
                first_seen: old.first_seen.unwrap_or(now),
                life,
                raw: old.raw,
                key: old.key,
            });
        }
        self.sink.write(versions).await
    }

    #[allow(clippy::too_many_arguments, reason = "one row of the table of changes")]
    fn tell(
        &mut self,
        kind: ChangeKind,
        key: &str,
        row: &[u8],
        fields: Vec<super::rows::FieldChange>,
        provider: &Option<Arc<str>>,
        account: &Option<Arc<str>>,
        control: &Option<Arc<str>>,
    ) {
        let labels = labels(self.table, row);
        let own = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        self.written.changes.push(ChangeRow {
            run: self.run,
            at: self.started,
            kind,
            table: self.table.name.clone(),
            provider: own(provider).or(labels.provider),
            account: own(account).or(labels.account),
            region: labels.region,
            resource_type: labels.resource_type,
            resource_id: labels.resource_id,
            name: labels.name,
            control_id: own(control).or(labels.control),
            key: key.to_owned(),
            fields,
        });
    }

    /// The columns from now on.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}
