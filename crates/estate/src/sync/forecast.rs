//! What a sync would read and what that costs, found out with few calls. Nothing is written.
//!
//! What was read before is known from the estate. A type that never was is counted for one call, and of the
//! evaluations one account of each cloud is read and the others are taken for alike.

use super::engine::wants_details;
use super::evaluations::{page as evaluations_page, wants};
use super::inventory::page;
use super::known::Readings;
use super::plan::{self, Need, Way, Window};
use super::{Ask, Families, Watch};
use crate::layout::FRESHNESS;
use crate::store::{Estate, Fresh, Run, Scope, file, newest};
use crate::{Error, Result};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use totalcloud::subscription::plan::{ACCOUNT_EVALUATIONS, CONNECTORS, RESOURCE_EVALUATIONS};
use totalcloud::subscription::{
    Collected, Depth, Evaluated, Family, Fetcher, Learned, Part, Plan, Presence, Table, fetch, lookups,
};
use totalcloud::{Client, Error as ServiceError};
use totalcloud_api::endpoints::evaluations::ListResourceEvaluations;
use totalcloud_api::operation::Endpoint;
use totalcloud_api::{Provider, ResourceType};

/// What a table costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// The table.
    pub table: String,
    /// Its family.
    pub family: &'static str,
    /// How it would be read.
    pub how: &'static str,
    /// Calls it needs.
    pub calls: u64,
    /// Rows that are expected, where that is known.
    pub rows: Option<u64>,
    /// Whether the numbers follow from what was read before or from a sample.
    pub about: bool,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a sync costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The tables.
    pub tables: Vec<Price>,
    /// Calls that they need in all.
    pub calls: u64,
    /// Whether the numbers are estimates.
    pub about: bool,
    /// Calls of one window of the quota.
    pub window: u64,
    /// Whether the service told or showed that number.
    pub window_known: bool,
    /// Calls that finding this out took.
    pub planning_calls: u64,
    /// Further things to know.
    pub notes: Vec<String>,
}

struct Planner<'a> {
    ask: &'a Ask,
    families: Families,
    fetcher: Fetcher<'a>,
    learned: Learned,
    before: Option<Run>,
    fresh: HashMap<(String, String), Fresh>,
    now: Timestamp,
}

/// Finds out what a sync would cost; `estate` is nothing where none is there yet.
///
/// # Errors
/// If nobody can sign in, the service cannot be reached, or the estate cannot be read.
pub async fn forecast(
    client: &Client,
    estate: Option<&Estate>,
    ask: &Ask,
    watch: &dyn Watch,
) -> Result<Forecast> {
    let before = match estate {
        Some(estate) => estate.latest().await?,
        None => None,
    };
    let version = before.as_ref().and_then(|run| run.table(FRESHNESS)).map(|t| t.version);
    let fresh = match (estate, version) {
        (Some(estate), Some(version)) => match estate.log(FRESHNESS, Some(version)).await? {
            Some(log) => newest(file::read_plain(estate.place(), &log, &log.files).await?),
            None => HashMap::new(),
        },
        _ => HashMap::new(),
    };
    let families = Families::of(&ask.choice);
    let planner = Planner {
        learned: Learned::new(&families.choice),
        fetcher: Fetcher::new(client, ask.concurrency, None).inventory_api(ask.inventory_api).untagged(),
        ask,
        families,
        before,
        fresh,
        now: ask.clock.now(),
    };
    let (tables, notes) = planner.tables().await?;
    let class = ListResourceEvaluations::OPERATION.limit_class;
    let window = Window::of(client.limiter().quota(class).limit);
    Ok(Forecast {
        calls: tables.iter().map(|t| t.calls).sum(),
        about: tables.iter().any(|t| t.about),
        window: window.limit,
        window_known: window.known,
        planning_calls: watch.calls(),
        tables,
        notes,
    })
}

impl Planner<'_> {
    async fn tables(&self) -> Result<(Vec<Price>, Vec<String>)> {
        let choice = &self.families.choice;
        let mut lookups = lookups(choice);
        lookups.iter_mut().for_each(|lookup| lookup.all = true);
        let read: Vec<Collected> =
            stream::iter(&lookups).map(|l| self.fetcher.connectors(*l)).buffered(4).collect().await;
        let errors: Vec<&ServiceError> = read.iter().filter_map(|c| c.error.as_ref()).collect();
        if let Some(first) = errors.first()
            && errors.len() == read.len()
            && errors.iter().all(|e| fetch::fatal(e) && e.kind() == first.kind())
        {
            return Err(Error::from((*first).clone()));
        }
        let mut prices = Vec::new();
        if lookups.iter().any(|l| l.keep) {
            let rows = read.iter().map(|c| c.rows.len() as u64);
            let calls = rows.clone().map(|rows| plan::pages(rows, page())).sum();
            prices.push(price(CONNECTORS, Family::Connectors, "whole", calls, Some(rows.sum())));
        }
        let found: BTreeMap<Provider, Presence> =
            lookups.iter().zip(&read).map(|(l, c)| (l.provider, c.presence())).collect();
        let plan = Plan::new(choice, &found);
        let mut priced =
            stream::iter(&plan.tables).map(|table| self.table(table)).buffered(self.ask.concurrency.max(1));
        while let Some(of_table) = priced.next().await {
            prices.extend(of_table?);
        }
        prices.extend(plan.tables.iter().filter_map(|t| match &t.parts[..] {
            [Part::Resources(of)] if wants_details(choice, of) => Some(self.details(of)),
            _ => None,
        }));
        Ok((prices, plan.notes))
    }

    fn readings(&self, table: &str, scope: &Scope) -> Readings {
        Readings::of(self.fresh.get(&(table.to_owned(), scope.to_string())))
    }

    fn held(&self, table: &str) -> Option<u64> {
        let rows = self.before.as_ref().and_then(|run| run.table(table)).and_then(|t| t.rows);
        rows.and_then(|n| u64::try_from(n).ok())
    }

    async fn table(&self, table: &Table) -> Result<Vec<Price>> {
        match (table.family, &table.parts[..]) {
            (Family::Inventory, [part]) => Ok(vec![self.inventory(table, part).await]),
            (Family::AccountEvaluations, _) => self.evaluations(table).await,
            _ => {
                let rows = self.held(&table.name);
                let parts = table.parts.len() as u64;
                let calls = plan::pages(rows.unwrap_or(0), page()).max(parts);
                let mut price = price(&table.name, table.family, "whole", calls, rows);
                price.about = rows.is_none();
                Ok(vec![price])
            }
        }
    }

    async fn inventory(&self, table: &Table, part: &Part) -> Price {
        let held = self.held(&table.name).unwrap_or(0);
        let readings = self.readings(&table.name, &Scope::whole());
        let whole = |rows| price(&table.name, table.family, "whole", plan::pages(rows, page()), Some(rows));
        match plan::inventory(readings, held, page(), self.now, self.ask.rhythm) {
            Way::Whole(plan::Why::First) => match self.fetcher.count(part, &self.learned).await {
                Ok(Some(rows)) => whole(rows),
                Ok(None) => Price { about: true, rows: None, ..whole(0) },
                Err(e) => Price { about: true, rows: None, note: Some(e.to_string()), ..whole(0) },
            },
            Way::Whole(_) => Price { about: true, ..whole(held) },
            Way::Since(day) => {
                let range = self.fetcher.clone().updated(Some(&plan::range(day)));
                match range.count(part, &self.learned).await {
                    Ok(Some(rows)) if !plan::nearly_all(rows, held) => {
                        let calls = 1 + plan::pages(rows, page());
                        price(&table.name, table.family, "updated", calls, Some(rows))
                    }
                    // To see that takes the count and the first page of the range.
                    _ => Price { calls: 2 + plan::pages(held, page()), about: true, ..whole(held) },
                }
            }
        }
    }

    /// The evaluations of accounts, and of the controls in them those that are due or were never read.
    async fn evaluations(&self, table: &Table) -> Result<Vec<Price>> {
        let depth = self.families.choice.depth().unwrap_or(Depth::Failing);
        let how = if depth == Depth::All { "whole" } else { "failing" };
        let mut accounts = price(ACCOUNT_EVALUATIONS, Family::AccountEvaluations, "whole", 0, Some(0));
        let mut controls = price(RESOURCE_EVALUATIONS, Family::ResourceEvaluations, how, 0, Some(0));
        let mut sampled: BTreeMap<Provider, (u64, Vec<Evaluated>)> = BTreeMap::new();
        for part in &table.parts {
            let Part::Account { provider, account } = part else { continue };
            let known = self.readings(ACCOUNT_EVALUATIONS, &Scope::account(*provider, account)).any;
            let rows = match (known, sampled.get(provider)) {
                (Some(last), _) => last.rows,
                (None, Some((rows, _))) => *rows,
                (None, None) => {
                    let read = self.fetcher.collect(part, &self.learned).await;
                    let lines = read.rows.iter().filter_map(|r| Evaluated::read(*provider, account, r));
                    let rows = read.rows.len() as u64;
                    sampled.insert(*provider, (rows, lines.collect()));
                    rows
                }
            };
            accounts.about = true;
            accounts.calls += plan::pages(rows, page());
            accounts.rows = accounts.rows.map(|sum| sum + rows);
            if known.is_none() && wants(&self.families.choice, *provider) {
                // An account that was never read is taken for one like the sample.
                for line in sampled.get(provider).map(|(_, lines)| lines.as_slice()).unwrap_or_default() {
                    let rows = if depth == Depth::All { line.failed + line.others } else { line.failed };
                    add(&mut controls, rows);
                }
            }
        }
        for ((table, _), fresh) in &self.fresh {
            if table == RESOURCE_EVALUATIONS
                && let Some(last) = Readings::of(Some(fresh)).any
                && let Some(line) = line_of(fresh)
                && wants(&self.families.choice, line.provider)
            {
                let line = Evaluated { failed: last.rows, ..line };
                let need =
                    plan::control(Readings::of(Some(fresh)), &line, false, depth, self.now, self.ask.rhythm);
                if need == Need::Read {
                    add(&mut controls, last.rows);
                }
            }
        }
        if !self.fresh.is_empty() {
            controls.note = Some("and those whose counts moved".to_owned());
        }
        let mut prices = vec![accounts];
        if Provider::ALL.into_iter().any(|p| wants(&self.families.choice, p)) {
            if !self.families.evaluations_asked {
                note(&mut controls, "where that fits what is left of a window of the quota");
            }
            prices.push(controls);
        }
        Ok(prices)
    }

    fn details(&self, of: &ResourceType) -> Price {
        let name = format!("{}_details", of.table());
        let mut price = price(&name, Family::Details, "whole", 0, None);
        price.about = true;
        let known: Vec<&Fresh> = self.fresh.iter().filter(|((t, _), _)| *t == name).map(|(_, f)| f).collect();
        let due = known.iter().filter(|f| {
            plan::details(Readings::of(Some(f)), false, true, self.now, self.ask.rhythm) == Need::Read
        });
        price.calls = due.count() as u64;
        match known.is_empty() {
            true if self.families.details_asked => note(&mut price, "a call for each instance"),
            true => note(&mut price, "a call for each instance with vulnerabilities"),
            false => note(&mut price, "and those that moved"),
        }
        if !self.families.details_asked {
            note(&mut price, "where that fits what is left of a window of the quota");
        }
        price
    }
}

fn line_of(fresh: &Fresh) -> Option<Evaluated> {
    let row = &fresh.last;
    Some(Evaluated {
        provider: row.provider.as_deref()?.parse().ok()?,
        account: row.account.clone()?,
        control: row.control_id.clone()?,
        failed: 0,
        others: 0,
    })
}

fn add(price: &mut Price, rows: u64) {
    if rows > 0 {
        price.about = true;
        price.calls += plan::pages(rows, evaluations_page());
        price.rows = price.rows.map(|sum| sum + rows);
    }
}

fn note(price: &mut Price, more: &str) {
    price.note = Some(match price.note.take() {
        Some(said) => format!("{said}, {more}"),
        None => more.to_owned(),
    });
}

fn price(table: &str, family: Family, how: &'static str, calls: u64, rows: Option<u64>) -> Price {
    Price { table: table.to_owned(), family: family.as_str(), how, calls, rows, about: false, note: None }
}
