//! Runs the plan: connectors first, then tables, several at once, then what costs a call per control or instance.

use super::details::Noting;
use super::reading::{Closed, End, Open};
use super::report::Report;
use super::{Ask, Families, Stop, Watch};
use crate::store::{Estate, How, Outcome, RunKind, Scope, Transaction};
use crate::{Error, Kind, Result};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use totalcloud::subscription::{
    Choice, Collected, Family, Fetcher, Learned, Part, Plan, Presence, Table, Verdict, fetch, lookups, plan,
};
use totalcloud::{Client, Error as ServiceError};
use totalcloud_api::Provider;

/// Tables that are read at the same time, at most.
const TABLES: usize = 8;
/// Rows from which on a table is big.
pub(super) const BIG: u64 = 2_000;
/// Big tables that are read at the same time, at most: each can keep all calls busy, and holds a row group in memory.
const BIG_TABLES: usize = 2;

/// A sync while it runs.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) ask: &'a Ask,
    pub(super) families: Families,
    pub(super) watch: &'a dyn Watch,
    pub(super) stop: Stop,
    pub(super) tx: &'a Transaction,
    pub(super) fetcher: Fetcher<'a>,
    pub(super) learned: Learned,
    pub(super) big: Semaphore,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    closed: Vec<Closed>,
    errors: Vec<ServiceError>,
    assumed: Vec<String>,
    notes: Vec<String>,
}

/// Reads the service into the estate. What is missing at the end, the report says.
///
/// # Errors
/// If nobody can sign in, the service cannot be reached at all, another writer does not end in time, or the estate
/// cannot be read or written. Then the estate is as it was.
pub fn sync<'a>(
    client: &'a Client,
    estate: &'a Estate,
    ask: &'a Ask,
    watch: &'a dyn Watch,
    stop: Stop,
) -> LocalBoxFuture<'a, Result<Report>> {
    // In a box the code that every row goes through is compiled here; otherwise it would be where it is called, and
    // the command is optimised little.
    Box::pin(synced(client, estate, ask, watch, stop))
}

async fn synced(
    client: &Client,
    estate: &Estate,
    ask: &Ask,
    watch: &dyn Watch,
    stop: Stop,
) -> Result<Report> {
    let started = ask.clock.now();
    let mut tx = estate.begin(RunKind::Sync, started, ask.wait.clone(), "totalcloud sync").await?;
    let first = tx.before().is_none();
    let families = Families::of(&ask.choice);
    let learned = Learned::new(&families.choice);
    let told = {
        let run = Run {
            client,
            ask,
            families,
            watch,
            stop: stop.clone(),
            tx: &tx,
            fetcher: Fetcher::new(client, ask.concurrency, None).inventory_api(ask.inventory_api).untagged(),
            learned,
            big: Semaphore::new(BIG_TABLES),
            told: Mutex::default(),
        };
        run.read().await?;
        if let Some(error) = run.nothing_works() {
            return Err(error.into());
        }
        run.told.into_inner().unwrap_or_else(PoisonError::into_inner)
    };
    let Told { closed, mut assumed, mut notes, .. } = told;
    let mut tables = Vec::with_capacity(closed.len());
    for Closed { written, reading, report } in closed {
        if let (Verdict::Complete, Some(note)) = (&report.verdict, &report.note) {
            assumed.push(format!("{}: {note}", report.table));
        }
        if written.repeated > 0 {
            notes.push(format!(
                "{}: {} rows came with the key of another row and other content; the first of each is kept",
                report.table, written.repeated
            ));
        }
        tables.push(report);
        tx.add(written, reading);
    }
    let stopped = stop.reason();
    let complete = stopped.is_none() && tables.iter().all(|t| t.verdict.is_complete());
    let finished = ask.clock.now();
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        estate: estate.place().to_string(),
        run: None,
        first,
        started,
        finished,
        complete,
        stopped,
        calls: watch.calls(),
        rows_read: tables.iter().map(|t| t.rows_read).sum(),
        appeared: tables.iter().map(|t| t.appeared).sum(),
        changed: tables.iter().map(|t| t.changed).sum(),
        vanished: tables.iter().map(|t| t.vanished).sum(),
        bytes: 0,
        tables,
        assumed,
        notes,
    };
    // A run that was stopped before it read anything is no version of the estate.
    if report.tables.is_empty() && report.stopped.is_some() {
        return Ok(report);
    }
    let calls = i64::try_from(report.calls).unwrap_or(i64::MAX);
    let outcome = Outcome { complete, calls, assumed: report.assumed.clone(), finished, oldest: None };
    let run = tx.commit(outcome).await?;
    report.run = Some(run.run);
    report.bytes = u64::try_from(run.bytes).unwrap_or(0);
    Ok(report)
}

/// What the connectors say of the clouds.
pub(super) type Found = BTreeMap<Provider, Presence>;

impl Run<'_> {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what was taken for granted.
    pub(super) fn assume(&self, what: String) {
        self.told().assumed.push(what);
    }

    /// Says something else.
    pub(super) fn tell(&self, what: String) {
        self.told().notes.push(what);
    }

    /// Takes note of what a reading ended with.
    pub(super) fn note(&self, error: Option<&ServiceError>) {
        if let Some(error) = error {
            self.told().errors.push(error.clone());
        }
    }

    /// A table was read.
    pub(super) async fn close(&self, open: Open<'_>) -> Result<()> {
        let closed = open.close().await?;
        self.told().closed.push(closed);
        Ok(())
    }

    async fn read(&self) -> Result<()> {
        let Some(found) = self.connectors().await? else { return Ok(()) };
        let plan = Plan::new(&self.families.choice, &found);
        self.told().notes.extend(plan.notes.clone());
        self.watch.planned(plan.tables.len());
        // What OCI is made of, its instances say.
        let (first, rest): (Vec<Table>, Vec<Table>) =
            plan.in_order().into_iter().partition(|t| is_of_oci(t) && tells_tenancies(&plan));
        let mut tenancies = Presence::Present { accounts: Vec::new(), missing: None };
        let mut instances = Vec::new();
        for table in &first {
            let (read, tenants) = self.tenants(table).await?;
            instances.extend(read);
            tenancies = tenants;
        }
        let mut lines = None;
        let work = stream::iter(&rest).map(|table| self.table(table, &found, &tenancies));
        let mut work = std::pin::pin!(work.buffer_unordered(TABLES));
        while let Some(came) = work.next().await {
            match came? {
                Came::Nothing => {}
                Came::Instances(read) => instances.push(read),
                Came::Lines(read) => lines = Some(read),
            }
        }
        if let Some(lines) = lines {
            self.evaluations(lines).await?;
        }
        self.details(instances).await
    }

    /// Reads the connectors of each cloud, which say what there is. Nothing comes back where the run is stopped
    /// before they are read.
    async fn connectors(&self) -> Result<Option<Found>> {
        let lookups = lookups(&self.families.choice);
        let keep = lookups.iter().any(|l| l.keep);
        let mut stop = self.stop.clone();
        let read =
            stream::iter(&lookups).map(|l| self.fetcher.connectors(*l)).buffered(4).collect::<Vec<_>>();
        let read: Vec<Collected> = tokio::select! {
            biased;
            () = stop.asked() => return Ok(None),
            read = read => read,
        };
        // If nothing works, and not for want of a permission, it makes no sense to go on.
        let errors: Vec<&ServiceError> = read.iter().filter_map(|c| c.error.as_ref()).collect();
        if let Some(first) = errors.first()
            && errors.len() == read.len()
            && errors.iter().all(|e| fetch::fatal(e) && e.kind() == first.kind())
        {
            return Err((*first).clone().into());
        }
        let found =
            lookups.iter().zip(&read).map(|(l, c)| (l.provider, self.presence(l.provider, c))).collect();
        for collected in &read {
            self.note(collected.error.as_ref());
        }
        if keep {
            self.watch.planned(1);
            let scopes = lookups.iter().filter(|l| l.keep).map(|l| of_cloud(l.provider)).collect();
            let mut open = Open::begin(self.tx, plan::CONNECTORS, scopes, self.watch).await?;
            for (lookup, collected) in lookups.iter().zip(&read).filter(|(l, _)| l.keep) {
                let scope = of_cloud(lookup.provider);
                open.expect(collected.total);
                open.push(&scope, &collected.rows).await?;
                open.ended(&scope, How::Whole, collected.end.clone(), None).await?;
            }
            self.close(open).await?;
        }
        Ok(Some(found))
    }

    /// What the connectors say of a cloud. One whose last connector is gone is still looked at as long as the
    /// estate holds something of it, so that it is seen to go.
    fn presence(&self, provider: Provider, connectors: &Collected) -> Presence {
        let presence = connectors.presence();
        let of_it =
            |table: &str| table.strip_prefix(provider.as_str()).is_some_and(|rest| rest.starts_with('_'));
        let tables = self.tx.before().map(|run| run.tables.as_slice()).unwrap_or_default();
        let held = tables.iter().any(|t| of_it(&t.table) && t.rows.is_some_and(|rows| rows > 0));
        match presence {
            Presence::Absent if held => Presence::Present { accounts: Vec::new(), missing: None },
            other => other,
        }
    }

    async fn table(&self, table: &Table, found: &Found, tenancies: &Presence) -> Result<Came> {
        match (table.family, &table.parts[..]) {
            (Family::AccountEvaluations, _) => Ok(Came::Lines(self.accounts(table, found, tenancies).await?)),
            (Family::Inventory, [Part::Resources(of)]) => {
                Ok(Came::Instances(self.resources(table, of).await?))
            }
            _ => self.small(table).await.map(|()| Came::Nothing),
        }
    }

    /// Reads a small table whole: all at once, or cloud by cloud.
    async fn small(&self, table: &Table) -> Result<()> {
        let scope = |part: &Part| match part {
            Part::Remediation(provider) => of_cloud(*provider),
            _ => Scope::whole(),
        };
        let scopes = table.parts.iter().map(scope).collect();
        let mut open = Open::begin(self.tx, &table.name, scopes, self.watch).await?;
        for part in &table.parts {
            let (scope, before) = (scope(part), open.rows().await?);
            let (end, rows) = self.whole(&mut open, part, &scope, None).await?;
            let (how, note) = proven(&end, rows, before);
            open.note.clone_from(&note);
            open.ended(&scope, how, end.verdict, note).await?;
        }
        self.close(open).await
    }

    /// Reads all of a part. Gives what became of it and how many rows came.
    pub(super) async fn whole(
        &self,
        open: &mut Open<'_>,
        part: &Part,
        scope: &Scope,
        mut noting: Option<&mut Noting>,
    ) -> Result<(End, u64)> {
        let mut stop = self.stop.clone();
        let mut reader = self.fetcher.open(part, &self.learned).await;
        let (mut told, mut rows) = (false, 0);
        let mut _place = None;
        loop {
            let came = tokio::select! {
                biased;
                () = stop.asked() => return Ok((End::stopped(&stop), rows)),
                came = reader.next() => came,
            };
            let Some(page) = came else { break };
            if !told && let Some(total) = reader.total() {
                told = true;
                open.expect(Some(total));
                if total > BIG {
                    _place = self.big.acquire().await.ok();
                }
            }
            rows += page.len() as u64;
            let moved = open.push(scope, &page).await?;
            if let Some(noting) = noting.as_deref_mut() {
                noting.rows(&page, &moved);
            }
        }
        self.note(reader.error());
        Ok((End { total: reader.total(), verdict: reader.end() }, rows))
    }

    /// Reads parts, several at once and in their order, until the run is stopped. Gives whether it was.
    pub(super) async fn parts<'p, T: 'p>(
        &self,
        parts: impl Iterator<Item = (Part, T)>,
        mut take: impl AsyncFnMut(T, Option<Collected>) -> Result<()>,
    ) -> Result<()> {
        let mut stop = self.stop.clone();
        let read =
            |(part, of): (Part, T)| async move { (of, self.fetcher.collect(&part, &self.learned).await) };
        let mut waiting = parts.fuse();
        let mut running = stream::FuturesOrdered::new();
        loop {
            while running.len() < self.ask.concurrency.max(1)
                && stop.reason().is_none()
                && let Some(next) = waiting.next()
            {
                running.push_back(read(next));
            }
            let came = tokio::select! {
                biased;
                () = stop.asked() => break,
                came = running.next() => came,
            };
            let Some((of, collected)) = came else { break };
            self.note(collected.error.as_ref());
            take(of, Some(collected)).await?;
        }
        for (_, of) in waiting {
            take(of, None).await?;
        }
        Ok(())
    }

    /// The error that kept everything away, such as a password that is wrong.
    fn nothing_works(&self) -> Option<ServiceError> {
        let told = self.told();
        let came = |c: &Closed| c.report.rows_read > 0 || c.report.verdict.is_complete();
        if self.stop.reason().is_some() || told.closed.iter().any(came) {
            return None;
        }
        let first = told.errors.first()?;
        told.errors.iter().all(|e| fetch::fatal(e) && e.kind() == first.kind()).then(|| first.clone())
    }

    /// Whether so many calls of a class fit what is left of its window, or why not.
    pub(super) fn fits(&self, class: &'static str, calls: u64) -> Result<(), String> {
        let quota = self.client.limiter().quota(class);
        let window = super::plan::Window::of(quota.limit);
        let used = match quota.limit {
            Some(limit) => limit - quota.remaining.unwrap_or(limit).min(limit),
            None => self.watch.calls(),
        };
        if calls == 0 || window.fits(used + calls) {
            return Ok(());
        }
        let quota = if window.known {
            "one window of the quota has"
        } else {
            "are taken for one window of the quota"
        };
        Err(format!("{calls} more calls do not fit the {} that {quota}", window.limit))
    }
}

/// What a table brought for those that follow from it.
enum Came {
    Nothing,
    Instances(super::details::Instances),
    Lines(super::evaluations::Lines),
}

/// What a cloud has of a table.
pub(super) fn of_cloud(provider: Provider) -> Scope {
    Scope { provider: Some(provider), ..Scope::default() }
}

fn is_of_oci(table: &Table) -> bool {
    table.family == Family::Inventory && table.provider == Some(Provider::Oci)
}

fn tells_tenancies(plan: &Plan) -> bool {
    plan.tables.iter().any(|t| t.parts.contains(&Part::Tenancies))
}

/// How a reading of all counts, of `rows` where `held` were known before. Where no total is told, nothing at all is
/// no proof that all of it is gone.
pub(super) fn proven(end: &End, rows: u64, held: u64) -> (How, Option<String>) {
    match (end.verdict.is_complete(), end.total, rows, held) {
        (true, None, 0, 1..) => {
            let note = "no rows came and no total was told, so what was there is taken to be there still";
            (How::Updated, Some(note.to_owned()))
        }
        _ => (How::Whole, None),
    }
}

/// An error of the plan itself.
pub(super) fn unexpected(what: &str) -> Error {
    Error::new(Kind::Failed, what)
}

/// Whether the choice has details of a type.
pub(super) fn wants_details(choice: &Choice, of: &totalcloud_api::ResourceType) -> bool {
    use totalcloud::subscription::Piece;
    plan::has_details(of)
        && choice.wants(Piece { family: Family::Details, provider: Some(of.provider), kind: Some(of.name) })
}
