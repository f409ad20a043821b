//! Fetches one part of a table.
//!
//! [`Fetcher::open`] is the one place where a part becomes queries. A part that one query cannot reach whole
//! can be split there into several, without the tables above knowing of it.

use super::learned::Learned;
use super::plan::{Lookup, Part, Presence};
use super::rows::Tag;
use super::verdict::Verdict;
use crate::{
    Client, Error, ErrorKind, InventoryApi, ListingPlan, PageOptions, PageStore, PageStream, Pages,
    PartReport, ShortfallReason,
};
use bytes::Bytes;
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use totalcloud_api::endpoints::connectors::{Connector, ListConnectors};
use totalcloud_api::endpoints::controls::ListControls;
use totalcloud_api::endpoints::evaluations::{
    ListAccountEvaluations, ListOciEvaluations, ListResourceEvaluations,
};
use totalcloud_api::endpoints::exceptions::ListExceptions;
use totalcloud_api::endpoints::policies::ListPolicies;
use totalcloud_api::endpoints::remediation::ListRemediation;
use totalcloud_api::endpoints::resources::{GetResource, ListResources};
use totalcloud_api::model::from_slice;
use totalcloud_api::operation::Endpoint;
use totalcloud_api::resources::OciInstance;
use totalcloud_api::{Provider, ResourceType};

/// Fetches parts with one client.
#[derive(Clone)]
pub struct Fetcher<'c> {
    client: &'c Client,
    options: PageOptions,
    /// Only resources that were updated then.
    updated: Option<String>,
    /// Whether rows say where they are from, in fields behind their own.
    tagged: bool,
}

/// A part in the hand.
#[derive(Debug)]
pub struct Collected {
    /// Its rows.
    pub rows: Vec<Bytes>,
    /// Rows the service says there are.
    pub total: Option<u64>,
    /// What became of it.
    pub end: Verdict,
    /// The error it ended with.
    pub error: Option<Error>,
}

impl Collected {
    /// What connectors say of their cloud.
    pub fn presence(&self) -> Presence {
        if let Some(error) = &self.error
            && self.rows.is_empty()
        {
            return Presence::Unknown { reason: error.to_string() };
        }
        if self.rows.is_empty() {
            return Presence::Absent;
        }
        let mut accounts: Vec<String> = Vec::new();
        for row in &self.rows {
            let account = from_slice::<Connector>(row).ok().and_then(|c| c.account().map(str::to_owned));
            accounts.extend(account.filter(|a| !accounts.contains(a)));
        }
        let missing = self.error.as_ref().map(Error::to_string);
        Presence::Present { accounts, missing }
    }
}

impl<'c> Fetcher<'c> {
    /// A fetcher that makes so many calls at the same time and keeps pages where there is a place for them.
    pub fn new(client: &'c Client, concurrency: usize, store: Option<Arc<dyn PageStore>>) -> Fetcher<'c> {
        let mut options = PageOptions::default().concurrency(concurrency);
        options.store = store;
        Fetcher { client, options, updated: None, tagged: true }
    }

    /// Bounds the resources to those that were updated then.
    #[must_use]
    pub fn updated(mut self, range: Option<&str>) -> Fetcher<'c> {
        self.updated = range.map(str::to_owned);
        self
    }

    /// Leaves rows as they came: where they are from, the part says.
    #[must_use]
    pub fn untagged(mut self) -> Fetcher<'c> {
        self.tagged = false;
        self
    }

    /// Sets which operation lists resources.
    #[must_use]
    pub fn inventory_api(mut self, api: InventoryApi) -> Fetcher<'c> {
        self.options.inventory_api = api;
        self
    }

    /// Begins to read a part.
    pub async fn open(&self, part: &Part, learned: &Learned) -> Reader {
        let options = &self.options;
        let of = |request: Result<_, Error>, tag: Option<Tag>| {
            let stream = request.and_then(|request| self.client.pages(request, options.clone()));
            let tag = tag.filter(|_| self.tagged);
            Reader::new(vec![Query { stream, tag, may_be_gone: false }])
        };
        match part {
            Part::Controls => of(self.client.request(&ListControls::new()), None),
            Part::Policies => of(self.client.request(&ListPolicies::new()), None),
            Part::Exceptions => of(self.client.request(&ListExceptions::new()), None),
            Part::Remediation(provider) => of(self.client.request(&ListRemediation::new(*provider)), None),
            Part::Account { provider: Provider::Oci, account } => {
                let tag = Some(Tag::account(Provider::Oci, account));
                of(self.client.request(&ListOciEvaluations::new(account.as_str())), tag)
            }
            Part::Account { provider, account } => {
                let tag = Some(Tag::account(*provider, account));
                let request = ListAccountEvaluations::new(*provider, account.as_str());
                of(self.client.request(&request), tag)
            }
            Part::Tenancies => match learned.tenancies().await {
                Ok(tenancies) => {
                    let query = |tenancy: &String| {
                        let request = self.client.request(&ListOciEvaluations::new(tenancy.as_str()));
                        let stream = request.and_then(|r| self.client.pages(r, options.clone()));
                        let tag = self.tagged.then(|| Tag::account(Provider::Oci, tenancy));
                        Query { stream, tag, may_be_gone: false }
                    };
                    // The one that is read first stands last.
                    Reader::new(tenancies.iter().rev().map(query).collect())
                }
                Err(reason) => {
                    Reader::unavailable(format!("the tenancies of oci are not known, because {reason}"))
                }
            },
            Part::Resources(of_type) => {
                let mut request = ListResources::new(of_type.name, of_type.provider);
                if let Some(range) = &self.updated {
                    request = request.updated(range.as_str());
                }
                of(self.client.request(&request), None)
            }
            Part::Control(pair) => {
                let tag = Some(Tag::control(pair.provider, &pair.account, &pair.control));
                let Ok(control) = pair.control.parse::<u32>() else {
                    return Reader::unavailable(format!("the control {:?} has no number", pair.control));
                };
                let mut request = ListResourceEvaluations::new(pair.provider, pair.account.as_str(), control);
                if pair.failing {
                    request = request.filter("resource.result:FAIL");
                }
                of(self.client.request(&request), tag)
            }
            Part::Detail { of: of_type, uuid } => {
                let request = GetResource::new(of_type.name, uuid.as_str(), of_type.provider);
                let mut reader = of(self.client.request(&request), None);
                reader.queries.iter_mut().for_each(|q| q.may_be_gone = true);
                reader
            }
            Part::Unavailable { reason } => Reader::unavailable(reason.clone()),
        }
    }

    /// Reads a part to its end.
    pub async fn collect(&self, part: &Part, learned: &Learned) -> Collected {
        self.open(part, learned).await.collect().await
    }

    /// Rows of a part by the service's count, for one call. Controls are not counted by the service: what one
    /// page holds is all of them, or nothing is known.
    ///
    /// # Errors
    /// If it cannot be asked for.
    pub async fn count(&self, part: &Part, learned: &Learned) -> Result<Option<u64>, Error> {
        let controls = *part == Part::Controls;
        let options = match controls {
            true => self.options.clone().pages(Pages::Count(1)),
            false => self.options.clone().limit(1),
        };
        let one = Fetcher { options, ..self.clone() };
        let mut reader = one.open(part, learned).await;
        let rows = reader.next().await.map_or(0, |rows| rows.len() as u64);
        if let Some(e) = reader.error() {
            return Err(e.clone());
        }
        let whole = ListControls::OPERATION.paging.is_none_or(|p| rows < u64::from(p.largest_seen));
        Ok(if controls { whole.then_some(rows) } else { reader.total() })
    }

    /// How the resources of a type would be split, for a call or more a part.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub async fn outline(&self, of: &ResourceType) -> Result<ListingPlan, Error> {
        let mut request = ListResources::new(of.name, of.provider);
        if let Some(range) = &self.updated {
            request = request.updated(range.as_str());
        }
        self.client.plan(self.client.request(&request)?, self.options.clone()).await
    }

    /// How long the first page of a part takes.
    pub async fn time_of_a_page(&self, part: &Part, learned: &Learned) -> Duration {
        let options = self.options.clone().pages(Pages::Count(1));
        let one = Fetcher { options, ..self.clone() };
        let started = Instant::now();
        one.open(part, learned).await.next().await;
        started.elapsed()
    }

    /// How many tenancies of OCI the first instances show.
    ///
    /// # Errors
    /// If the instances cannot be asked for.
    pub async fn tenancies(&self) -> Result<u64, Error> {
        let request = self.client.request(&ListResources::new("INSTANCE", Provider::Oci))?;
        let rows =
            self.client.pages(request, self.options.clone().pages(Pages::Count(1)))?.collect_rows().await?;
        let tenancies: BTreeSet<String> = rows
            .iter()
            .filter_map(|row| serde_json::from_slice::<OciInstance>(row).ok()?.tenant_id.clone())
            .collect();
        Ok(tenancies.len() as u64)
    }

    /// Reads the connectors of a cloud, or as many as tell that there are any.
    pub async fn connectors(&self, lookup: Lookup) -> Collected {
        let mut options = self.options.clone();
        if !lookup.all {
            options = options.limit(1);
        }
        let request = self.client.request(&ListConnectors::new(lookup.provider));
        let stream = request.and_then(|request| self.client.pages(request, options));
        let mut reader = Reader::new(vec![Query { stream, tag: None, may_be_gone: false }]);
        reader.about = Some(format!("of {}", lookup.provider));
        reader.collect().await
    }
}

struct Query {
    stream: Result<PageStream, Error>,
    tag: Option<Tag>,
    /// Whether what is asked for may have vanished since it was seen.
    may_be_gone: bool,
}

/// A part while it is read.
pub struct Reader {
    /// Queries still to be read, the next one last.
    queries: Vec<Query>,
    now: Option<Query>,
    received: u64,
    total: Option<u64>,
    ends: Vec<Verdict>,
    error: Option<Error>,
    about: Option<String>,
}

impl Reader {
    fn new(queries: Vec<Query>) -> Reader {
        Reader { queries, now: None, received: 0, total: None, ends: Vec::new(), error: None, about: None }
    }

    fn unavailable(reason: String) -> Reader {
        Reader { ends: vec![Verdict::NotAvailable { reason }], ..Reader::new(Vec::new()) }
    }

    /// The next rows; nothing at the end.
    pub async fn next(&mut self) -> Option<Vec<Bytes>> {
        loop {
            let mut query = match self.now.take() {
                Some(query) => query,
                None => {
                    self.received = 0;
                    self.queries.pop()?
                }
            };
            let page = match &mut query.stream {
                Ok(stream) => stream.next().await,
                Err(e) => Some(Err(e.clone())),
            };
            match page {
                Some(Ok(page)) => {
                    let first = page.first_row == 0;
                    self.received += page.rows.len() as u64;
                    if first && let Some(total) = page.total {
                        *self.total.get_or_insert(0) += total;
                    }
                    let rows = match &query.tag {
                        Some(tag) => page.rows.iter().map(|row| tag.on(row)).collect(),
                        None => page.rows,
                    };
                    self.now = Some(query);
                    return Some(rows);
                }
                Some(Err(e)) if e.kind() == ErrorKind::NotFound && query.may_be_gone => {
                    self.ends.push(Verdict::Complete);
                }
                Some(Err(e)) => {
                    let end = self.judge(&query, &e);
                    self.ends.push(end);
                    self.error.get_or_insert(e);
                }
                None => self.ends.push(Verdict::Complete),
            }
        }
    }

    fn judge(&self, query: &Query, e: &Error) -> Verdict {
        let about = self.about.as_ref().map_or(String::new(), |about| format!(" ({about})"));
        let nothing_came = self.received == 0;
        if nothing_came && is_unavailable(e) {
            return Verdict::NotAvailable { reason: format!("{}{about}", e.message()) };
        }
        let report = query.stream.as_ref().ok().map(PageStream::report);
        let shortfall = report.and_then(|r| r.shortfall);
        let reason = match shortfall {
            Some(s) if report.is_some_and(|r| r.parts > 1) => {
                let parts = query.stream.as_ref().map(PageStream::parts).unwrap_or_default();
                of_parts(parts).unwrap_or_else(|| s.reason.as_str().to_owned())
            }
            Some(s) if s.reason != ShortfallReason::Failed => s.reason.as_str().to_owned(),
            _ => e.to_string(),
        };
        Verdict::Short { missing: shortfall.and_then(|s| s.missing), reason: format!("{reason}{about}") }
    }

    /// Rows the service says there are, as far as is known.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The error it ended with, if it did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// What became of it, once it is at its end.
    pub fn end(&self) -> Verdict {
        Verdict::of(&self.ends)
    }

    async fn collect(mut self) -> Collected {
        let mut rows = Vec::new();
        while let Some(page) = self.next().await {
            rows.extend(page);
        }
        Collected { rows, total: self.total, end: self.end(), error: self.error }
    }
}

/// Parts of a listing that a reason names.
const NAMED: usize = 3;

/// Which parts of a listing are short, and why.
fn of_parts(parts: &[PartReport]) -> Option<String> {
    let short = || parts.iter().filter(|p| p.shortfall.is_some());
    let mut named: Vec<String> = short().take(NAMED).map(PartReport::to_string).collect();
    let more = short().count().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("and {more} more parts"));
    }
    (!named.is_empty()).then(|| named.join("; "))
}

/// Whether the error says that this user cannot have it or the tenant does not have it, rather than that
/// something failed.
fn is_unavailable(e: &Error) -> bool {
    matches!(
        e.kind(),
        ErrorKind::Forbidden
            | ErrorKind::Unauthenticated
            | ErrorKind::NotFound
            | ErrorKind::WrongHost
            | ErrorKind::Refused
    )
}

/// Whether another try at another time may go better.
pub fn may_pass(e: &Error) -> bool {
    matches!(
        e.kind(),
        ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Tls
            | ErrorKind::Unavailable
            | ErrorKind::RateLimited
            | ErrorKind::Decode
            | ErrorKind::Unauthenticated
            | ErrorKind::Io
            | ErrorKind::Interrupted
    )
}

/// Whether nothing else can be had either, if this is what the first calls end with.
pub fn fatal(e: &Error) -> bool {
    !matches!(e.kind(), ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused)
}
