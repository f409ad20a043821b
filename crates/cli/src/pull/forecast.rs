//! What a pull would cost: parts, calls, rows and time, found out with few calls.
//!
//! Connectors are read, since everything follows from them. Of each resource type one row is asked for,
//! which tells the total. Of each cloud the evaluations of one account are read, and the others are taken
//! for alike: what follows from that is marked as "about".

use super::choice::{Choice, Depth, Family, Piece};
use super::fetch::{Collected, Fetcher, fatal};
use super::learned::Learned;
use super::plan::{self, Evaluated, Part, Plan, Presence, Table};
use super::report::{count, number, seconds};
use crate::error::CliError;
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use totalcloud::limiter::Quota;
use totalcloud::{Client, Error, ListingPlan};
use totalcloud_api::endpoints::connectors::ListConnectors;
use totalcloud_api::endpoints::controls::ListControls;
use totalcloud_api::endpoints::evaluations::{
    ListAccountEvaluations, ListOciEvaluations, ListResourceEvaluations,
};
use totalcloud_api::endpoints::resources::{GetResource, ListResources};
use totalcloud_api::operation::Endpoint;
use totalcloud_api::{Operation, Provider};

/// The price of a table, or of a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// The table.
    pub table: String,
    /// Its family.
    pub family: &'static str,
    /// Whether the pull takes it; the others are priced for comparison.
    pub chosen: bool,
    /// Queries it is made of.
    pub parts: u64,
    /// Calls it needs.
    pub calls: u64,
    /// Rows that are expected, where that is known.
    pub rows: Option<u64>,
    /// Whether the numbers follow from a sample.
    pub about: bool,
    /// Why nothing can be said, or how to choose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip)]
    class: &'static str,
}

/// The price of a pull.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// The tables.
    pub tables: Vec<Price>,
    /// Calls that the chosen tables need.
    pub calls: u64,
    /// Rows that they are expected to have.
    pub rows: u64,
    /// Whether the numbers follow from samples.
    pub about: bool,
    /// Seconds that it is expected to take under the quotas that are known.
    pub seconds: f64,
    /// Whether the service told of a quota.
    pub quota_known: bool,
    /// Calls that finding this out took.
    pub planning_calls: u64,
}

/// How many queries and calls it takes to read rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    parts: u64,
    calls: u64,
    about: bool,
}

/// The reach of a listing. Past the wall it has to be split, and how is known only when it is done.
fn reach(operation: &Operation, rows: u64) -> Reach {
    let Some(paging) = operation.paging else { return Reach { parts: 1, calls: 1, about: false } };
    let calls = rows.div_ceil(u64::from(paging.largest_seen).max(1)).max(1);
    match paging.wall {
        Some(wall) if rows > wall => {
            // Parts do not come out full, and the last page of each is half empty.
            let parts = (rows * 2).div_ceil(wall);
            Reach { parts, calls: calls + parts, about: true }
        }
        _ => Reach { parts: 1, calls, about: false },
    }
}

/// Accounts of a cloud up to which a table past the wall is counted part by part. Of more, counting would cost
/// calls that the pull itself needs.
const COUNTED_ACCOUNTS: usize = 30;

/// Takes over how a table would be split.
fn outlined(price: &mut Price, plan: &ListingPlan) {
    price.parts = plan.parts.len() as u64;
    price.calls = plan.calls;
    price.rows = plan.rows.or(price.rows);
    price.about = false;
    let lost: u64 = plan.parts.iter().map(|p| p.out_of_reach).sum();
    if lost > 0 {
        price.note = Some(format!("{} cannot be reached", count(lost, "row", "rows")));
    }
}

/// Finds out what a pull costs.
pub struct Pricing<'a> {
    /// Who makes the calls.
    pub client: &'a Client,
    /// What is chosen.
    pub choice: &'a Choice,
    /// The same with everything that can be had on top.
    pub all: &'a Choice,
    /// Only resources updated then.
    pub updated: Option<&'a str>,
    /// Calls at the same time.
    pub concurrency: usize,
}

impl Pricing<'_> {
    /// Finds out, and counts its own calls with `calls`.
    ///
    /// # Errors
    /// If nobody can sign in or the service cannot be reached.
    pub async fn forecast(&self, calls: impl Fn() -> u64) -> Result<Forecast, CliError> {
        let started = std::time::Instant::now();
        let fetcher = Fetcher::new(self.client, self.concurrency, None).updated(self.updated);
        let mut lookups = plan::lookups(self.all);
        lookups.iter_mut().for_each(|lookup| lookup.all = true);
        let read: Vec<Collected> =
            stream::iter(&lookups).map(|l| fetcher.connectors(*l)).buffered(4).collect().await;
        fail_if_all(read.iter().map(|c| c.error.as_ref()))?;
        let found: BTreeMap<Provider, Presence> =
            lookups.iter().zip(&read).map(|(l, c)| (l.provider, c.presence())).collect();
        let mut tables = Vec::new();
        if lookups.iter().any(|l| l.keep) {
            tables.push(self.connectors(&read));
        }
        let learned = Learned::new(self.all);
        let plan = Plan::new(self.all, &found);
        let mine: BTreeMap<String, bool> =
            Plan::new(self.choice, &found).tables.into_iter().map(|t| (t.name, t.keep)).collect();
        let (listed, evaluated): (Vec<&Table>, Vec<&Table>) =
            plan.tables.iter().partition(|t| t.family != Family::AccountEvaluations);
        let mut errors = Vec::new();
        let mut counts = stream::iter(&listed)
            .map(|table| async { (*table, fetcher.count(&table.parts[0], &learned).await) })
            .buffered(self.concurrency.max(1));
        let mut details = Vec::new();
        while let Some((table, rows)) = counts.next().await {
            let operation = match table.parts[..] {
                [Part::Controls] => ListControls::OPERATION,
                _ => ListResources::OPERATION,
            };
            let mut price = counted(price(table, &mine, operation), operation, &rows);
            if let ([Part::Resources(of)], true) = (&table.parts[..], price.about)
                && let Some(Presence::Present { accounts, .. }) = found.get(&of.provider)
                && accounts.len() <= COUNTED_ACCOUNTS
                && let Ok(plan) = fetcher.outline(of).await
            {
                outlined(&mut price, &plan);
            }
            if let ([Part::Resources(of)], Ok(rows)) = (&table.parts[..], &rows)
                && plan::has_details(of)
                && self.all.wants(Piece {
                    family: Family::Details,
                    provider: Some(of.provider),
                    kind: Some(of.name),
                })
            {
                details.push(self.details(table, rows.unwrap_or(0), of.name));
            }
            errors.push(rows.err());
            tables.extend((table.keep || price.chosen).then_some(price));
        }
        fail_if_all(errors.iter().map(Option::as_ref))?;
        for table in evaluated {
            tables.extend(self.evaluations(table, &mine, &fetcher, &learned).await);
        }
        tables.extend(details);
        // A full page takes longer than the first row of it.
        let fullest = listed
            .iter()
            .filter_map(|t| Some((tables.iter().find(|p| p.chosen && p.table == t.name)?.rows?, *t)))
            .max_by_key(|(rows, _)| *rows);
        let per_call = match fullest {
            Some((rows, table)) if rows > 1 => fetcher.time_of_a_page(&table.parts[0], &learned).await,
            _ => started.elapsed().mul_f64(self.concurrency.max(1) as f64 / calls().max(1) as f64),
        };
        let chosen = || tables.iter().filter(|t| t.chosen);
        Ok(Forecast {
            calls: chosen().map(|t| t.calls).sum(),
            rows: chosen().filter_map(|t| t.rows).sum(),
            about: chosen().any(|t| t.about),
            seconds: self.time(chosen(), per_call).as_secs_f64(),
            quota_known: self.client.limiter().quotas().iter().any(|(_, q)| q.limit.is_some()),
            planning_calls: calls(),
            tables,
        })
    }

    fn connectors(&self, read: &[Collected]) -> Price {
        let table = plan::connectors();
        let mine = BTreeMap::from([(table.name.clone(), self.choice.wants_some(Family::Connectors, None))]);
        let price = price(&table, &mine, ListConnectors::OPERATION);
        let rows = read.iter().map(|c| c.rows.len() as u64);
        let calls = rows.clone().map(|rows| reach(ListConnectors::OPERATION, rows).calls).sum();
        let note = read.iter().find_map(|c| c.error.as_ref()).map(Error::to_string);
        Price { parts: read.len() as u64, calls, rows: Some(rows.sum()), note, ..price }
    }

    fn details(&self, table: &Table, rows: u64, kind: &str) -> Price {
        let piece = Piece { family: Family::Details, provider: table.provider, kind: Some(kind) };
        let chosen = self.choice.wants(piece);
        Price {
            table: format!("{}_details", table.name),
            family: Family::Details.as_str(),
            chosen,
            parts: rows,
            calls: rows,
            rows: Some(rows),
            about: false,
            note: (!chosen).then(|| "with --with details".to_owned()),
            class: GetResource::OPERATION.limit_class,
        }
    }

    /// The evaluations of accounts and of resources, from one account of each cloud.
    async fn evaluations(
        &self,
        table: &Table,
        mine: &BTreeMap<String, bool>,
        fetcher: &Fetcher<'_>,
        learned: &Learned,
    ) -> Vec<Price> {
        let mut clouds: BTreeMap<Provider, Vec<&Part>> = BTreeMap::new();
        for part in &table.parts {
            if let Part::Account { provider, .. } = part {
                clouds.entry(*provider).or_default().push(part);
            }
        }
        let mut accounts = price(table, mine, ListAccountEvaluations::OPERATION);
        (accounts.parts, accounts.calls, accounts.rows) = (0, 0, Some(0));
        let mut failing = self.of_resources(Depth::Failing);
        let mut all = self.of_resources(Depth::All);
        for (provider, parts) in &clouds {
            let sample = fetcher.collect(parts[0], learned).await;
            if let Some(e) = &sample.error {
                accounts.note.get_or_insert_with(|| e.to_string());
            }
            sample.rows.iter().for_each(|row| learned.row(table, row));
            let times = parts.len() as u64;
            let rows = sample.rows.len() as u64;
            accounts.parts += times;
            accounts.calls += reach(ListAccountEvaluations::OPERATION, rows).calls * times;
            accounts.rows = accounts.rows.map(|sum| sum + rows * times);
            accounts.about |= times > 1;
            let evaluated = learned.evaluated();
            for (price, depth) in [(&mut failing, Depth::Failing), (&mut all, Depth::All)] {
                add(price, *provider, &evaluated, depth, times);
            }
        }
        if table.parts.contains(&Part::Tenancies)
            && let Ok(tenancies) = fetcher.tenancies().await
            && tenancies > 0
        {
            accounts.parts += tenancies;
            accounts.calls += reach(ListOciEvaluations::OPERATION, 1).calls * tenancies;
            accounts.about = true;
        }
        let mut prices = Vec::new();
        prices.extend((table.keep || accounts.chosen).then_some(accounts));
        // The deeper one holds the other.
        let wants = self.all.wants_some(Family::ResourceEvaluations, None);
        prices.extend([failing, all].into_iter().filter(|_| wants));
        prices
    }

    fn of_resources(&self, depth: Depth) -> Price {
        let chosen =
            self.choice.depth() == Some(depth) && self.choice.wants_some(Family::ResourceEvaluations, None);
        let word = match depth {
            Depth::Failing => "=failing",
            Depth::All => "",
        };
        Price {
            table: format!("{}{word}", plan::RESOURCE_EVALUATIONS),
            family: Family::ResourceEvaluations.as_str(),
            chosen,
            parts: 0,
            calls: 0,
            rows: Some(0),
            about: false,
            note: (!chosen).then(|| format!("with --with resource-evaluations{word}")),
            class: ListResourceEvaluations::OPERATION.limit_class,
        }
    }

    /// How long the calls take: those of a class one window after the other, and the classes beside each
    /// other.
    fn time<'p>(&self, prices: impl Iterator<Item = &'p Price>, per_call: Duration) -> Duration {
        let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
        for price in prices {
            *classes.entry(price.class).or_default() += price.calls;
        }
        let quotas: BTreeMap<&str, Quota> = self.client.limiter().quotas().into_iter().collect();
        let waits = classes
            .iter()
            .map(|(class, calls)| quotas.get(class).map_or(Duration::ZERO, |q| waits(*calls, q)))
            .max()
            .unwrap_or_default();
        let at_once = classes
            .keys()
            .filter_map(|class| quotas.get(class))
            .map(|q| q.concurrency)
            .min()
            .unwrap_or(self.concurrency)
            .clamp(1, self.concurrency.max(1));
        let calls: u64 = classes.values().sum();
        waits + per_call.mul_f64(calls as f64 / at_once as f64)
    }
}

/// The price of a table of one call; `mine` are the tables that the choice needs, and whether it keeps them.
fn price(table: &Table, mine: &BTreeMap<String, bool>, operation: &Operation) -> Price {
    let kept = mine.get(&table.name);
    Price {
        table: table.name.clone(),
        family: table.family.as_str(),
        chosen: kept.is_some(),
        parts: 1,
        calls: 1,
        rows: None,
        about: false,
        note: (kept == Some(&false)).then(|| "read for others".to_owned()),
        class: operation.limit_class,
    }
}

/// The price with the rows that were counted.
fn counted(price: Price, operation: &Operation, rows: &Result<Option<u64>, Error>) -> Price {
    match rows {
        Ok(Some(rows)) => {
            let Reach { parts, calls, about } = reach(operation, *rows);
            Price { parts, calls, rows: Some(*rows), about, ..price }
        }
        Ok(None) => Price { about: true, note: Some("the service tells no total".to_owned()), ..price },
        Err(e) => Price { note: Some(e.to_string()), ..price },
    }
}

/// How long so many calls have to wait for their quota.
pub fn waits(calls: u64, quota: &Quota) -> Duration {
    let (Some(limit), Some(window)) = (quota.limit.filter(|n| *n > 0), quota.window) else {
        return Duration::ZERO;
    };
    let left = quota.remaining.unwrap_or(limit).min(limit);
    let windows = calls.saturating_sub(left).div_ceil(limit);
    window.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
}

/// Adds what the controls of one account make of a cloud with so many like it.
fn add(price: &mut Price, provider: Provider, evaluated: &[Evaluated], depth: Depth, times: u64) {
    for e in evaluated.iter().filter(|e| e.provider == provider) {
        let rows = if depth == Depth::Failing { e.failed } else { e.failed + e.others };
        if rows == 0 {
            continue;
        }
        price.parts += times;
        price.calls += reach(ListResourceEvaluations::OPERATION, rows).calls * times;
        price.rows = price.rows.map(|sum| sum + rows * times);
        price.about |= times > 1;
    }
}

/// If nothing works, and not for want of a permission, there is nothing to plan.
fn fail_if_all<'e>(errors: impl Iterator<Item = Option<&'e Error>>) -> Result<(), CliError> {
    let errors: Option<Vec<&Error>> = errors.collect();
    match errors.as_deref() {
        Some([first, ..]) if errors.iter().flatten().all(|e| fatal(e) && e.kind() == first.kind()) => {
            Err((*first).clone().into())
        }
        _ => Ok(()),
    }
}

impl Forecast {
    /// The plan for people.
    pub fn render(&self) -> String {
        let about = |price: &Price, n: u64| {
            if price.about { format!("about {}", number(n)) } else { number(n) }
        };
        let head = ["table", "parts", "calls", "rows", ""].map(str::to_owned);
        let line = |p: &Price| {
            let rows = p.rows.map_or_else(|| "-".to_owned(), |n| about(p, n));
            let note = p.note.clone().unwrap_or_default();
            [p.table.clone(), about(p, p.parts), about(p, p.calls), rows, note]
        };
        let chosen: Vec<_> = self.tables.iter().filter(|t| t.chosen).map(line).collect();
        let others: Vec<_> = self.tables.iter().filter(|t| !t.chosen).map(line).collect();
        let all = || std::iter::once(&head).chain(&chosen).chain(&others);
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| all().map(|l| l[i].chars().count()).max().unwrap_or(0));
        let show = |[table, parts, calls, rows, note]: &[String; 5]| {
            let line = format!("{table:<a$}  {parts:>b$}  {calls:>c$}  {rows:>d$}  {note}");
            format!("{}\n", line.trim_end())
        };
        let mut out = show(&head);
        out.extend(chosen.iter().map(show));
        if !others.is_empty() {
            out.push_str("not chosen:\n");
            out.extend(others.iter().map(show));
        }
        let about = if self.about { "about " } else { "" };
        out.push_str(&format!(
            "in all {about}{} for {about}{}\n",
            count(self.calls, "call", "calls"),
            count(self.rows, "row", "rows"),
        ));
        out.push_str(&format!(
            "expected to take about {}{}\nplanning it took {}\n",
            seconds(Duration::from_secs_f64(self.seconds.max(0.0))),
            if self.quota_known { " under the quota that is known" } else { "; no quota is known" },
            count(self.planning_calls, "call", "calls"),
        ));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_follow_from_rows_pages_and_the_wall() {
        let of = |rows| {
            let Reach { parts, calls, about } = reach(ListResources::OPERATION, rows);
            (parts, calls, about)
        };
        assert_eq!(of(0), (1, 1, false));
        assert_eq!(of(100), (1, 1, false));
        assert_eq!(of(101), (1, 2, false));
        assert_eq!(of(10_000), (1, 100, false));
        let (parts, calls, about) = of(25_000);
        assert!(parts >= 3 && calls >= 250 + parts - 1 && about, "{parts} {calls}");
    }

    #[test]
    fn waits_are_whole_windows_behind_what_is_left() {
        let hour = Duration::from_secs(3_600);
        let quota = |remaining| {
            let mut quota = Quota::default();
            (quota.limit, quota.window, quota.remaining) = (Some(300), Some(hour), remaining);
            quota
        };
        assert_eq!(waits(300, &quota(None)), Duration::ZERO);
        assert_eq!(waits(100, &quota(Some(100))), Duration::ZERO);
        assert_eq!(waits(101, &quota(Some(100))), hour);
        assert_eq!(waits(1_000, &quota(Some(100))), hour * 3);
        assert_eq!(waits(1_000, &Quota::default()), Duration::ZERO);
    }
}
