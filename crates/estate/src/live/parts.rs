//! The listings that a table is made of, and which of them a query needs.

use super::push::{is_never, listed};
use crate::error::{Error, Kind as ErrorIs, Result};
use crate::layout::{ACCOUNT, CONTROL, PROVIDER};
use crate::tables::{Kind, TableSpec};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::PhysicalExpr;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use totalcloud::{Client, ErrorKind, PageOptions};
use totalcloud_api::endpoints::connectors::{Connector, ListConnectors};
use totalcloud_api::endpoints::controls::{Control, ListControls};
use totalcloud_api::endpoints::evaluations::{
    ListAccountEvaluations, ListOciEvaluations, ListResourceEvaluations,
};
use totalcloud_api::endpoints::exceptions::ListExceptions;
use totalcloud_api::endpoints::policies::ListPolicies;
use totalcloud_api::endpoints::remediation::ListRemediation;
use totalcloud_api::endpoints::resources::ListResources;
use totalcloud_api::model::from_slice;
use totalcloud_api::operation::{Endpoint, Operation, Request};
use totalcloud_api::{Provider, resources};

/// One listing, and what is said of all its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub(super) provider: Option<Provider>,
    pub(super) account: Option<String>,
    pub(super) control: Option<String>,
}

impl Part {
    fn of(provider: Provider) -> Part {
        Part { provider: Some(provider), ..Part::default() }
    }

    /// What is said of all rows in a column of this name.
    pub(super) fn tag(&self, column: &str) -> Option<&str> {
        match column {
            PROVIDER => self.provider.map(Provider::as_str),
            ACCOUNT => self.account.as_deref(),
            CONTROL => self.control.as_deref(),
            _ => None,
        }
    }

    /// The part in words: `aws 123456789012`.
    pub(super) fn words(&self) -> String {
        let words = [self.tag(PROVIDER), self.tag(ACCOUNT), self.tag(CONTROL)];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The operation that lists the rows of a table.
pub(super) fn operation(table: &TableSpec) -> &'static Operation {
    match table.kind {
        Kind::Connectors => ListConnectors::OPERATION,
        Kind::Controls => ListControls::OPERATION,
        Kind::Policies => ListPolicies::OPERATION,
        Kind::AccountEvaluations => ListAccountEvaluations::OPERATION,
        Kind::ResourceEvaluations => ListResourceEvaluations::OPERATION,
        Kind::RemediationActivity => ListRemediation::OPERATION,
        Kind::Exceptions => ListExceptions::OPERATION,
        Kind::Inventory | Kind::Details | Kind::Vulnerabilities => ListResources::OPERATION,
    }
}

/// Whether a table can be had by listings alone.
pub(super) fn is_listed(table: &TableSpec) -> bool {
    !matches!(table.kind, Kind::Details | Kind::Vulnerabilities)
}

/// The columns whose values are the same in all rows of a part, said by us.
pub(super) fn tags(table: &TableSpec) -> &'static [&'static str] {
    match table.kind {
        Kind::AccountEvaluations => &[PROVIDER, ACCOUNT],
        Kind::ResourceEvaluations => &[PROVIDER, ACCOUNT, CONTROL],
        Kind::Inventory | Kind::Details | Kind::RemediationActivity => &[PROVIDER],
        _ => &[],
    }
}

/// The schema of the tags.
pub(super) fn tag_schema(table: &TableSpec) -> SchemaRef {
    let fields: Vec<Field> = tags(table).iter().map(|t| Field::new(*t, DataType::Utf8, true)).collect();
    Arc::new(Schema::new(fields))
}

/// Which parts are wanted, as far as the question says it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The values that the question lists for each tag, where it lists them.
    providers: Option<BTreeSet<String>>,
    accounts: Option<BTreeSet<String>>,
    controls: Option<BTreeSet<String>>,
    about: About,
    /// Whether the question contradicts itself, so that no row can meet it.
    nothing: bool,
}

/// The conditions of a question that are about tags alone, over [`tag_schema`].
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// Those about the cloud alone.
    pub(super) cloud: Option<Arc<dyn PhysicalExpr>>,
    /// All of them.
    pub(super) tags: Option<Arc<dyn PhysicalExpr>>,
}

impl Wanted {
    /// Reads the question.
    ///
    /// # Errors
    /// If it does not say what has to be said for this table.
    pub(super) fn new(table: &TableSpec, predicates: &[Expr], about: About) -> Result<Wanted> {
        let values = |column| -> Option<BTreeSet<String>> {
            // Of several lists all must hold.
            let lists = predicates.iter().filter_map(|p| listed(column, p));
            lists.map(BTreeSet::from_iter).reduce(|a: BTreeSet<String>, b| &a & &b)
        };
        let wanted = Wanted {
            providers: values(PROVIDER),
            accounts: values(ACCOUNT),
            controls: values(CONTROL),
            about,
            nothing: predicates.iter().any(is_never),
        };
        if table.kind == Kind::ResourceEvaluations && !wanted.nothing {
            let said = [
                (PROVIDER, &wanted.providers, "provider = 'aws'"),
                (ACCOUNT, &wanted.accounts, "account = '123456789012'"),
                (CONTROL, &wanted.controls, "\"controlId\" = '52'"),
            ];
            let missing = said.iter().filter(|(_, values, _)| values.is_none());
            let (names, examples): (Vec<&str>, Vec<&str>) = missing.map(|(n, _, e)| (*n, *e)).unzip();
            if !names.is_empty() {
                return Err(Error::new(
                    ErrorIs::Input,
                    format!(
                        "live.{} is asked for by cloud, account and control: {} must be given by = or IN",
                        table.name,
                        names.join(" and ")
                    ),
                )
                .hint(format!(
                    "add WHERE {}; or sync, and ask {} without live",
                    examples.join(" AND "),
                    table.name
                )));
            }
        }
        Ok(wanted)
    }

    /// The parts that are known without a call; `None` where the accounts have to be asked for.
    pub(super) fn known(&self, table: &TableSpec) -> Result<Option<Vec<Part>>> {
        if self.nothing {
            return Ok(Some(Vec::new()));
        }
        let parts = match table.kind {
            Kind::AccountEvaluations if self.accounts.is_none() || self.providers.is_none() => {
                return Ok(None);
            }
            Kind::AccountEvaluations => {
                self.accounts_given([Provider::Aws, Provider::Azure, Provider::Gcp, Provider::Oci])
            }
            Kind::ResourceEvaluations => {
                let accounts =
                    self.accounts_given(ListResourceEvaluations::OPERATION.providers.iter().copied());
                let controls = self.controls.iter().flatten().filter(|c| is_number(c));
                let controls: Vec<&String> = controls.collect();
                let with = |part: &Part| {
                    let part = part.clone();
                    controls.iter().map(move |c| Part { control: Some((*c).clone()), ..part.clone() })
                };
                accounts.iter().flat_map(with).collect()
            }
            // The column is the row's own, and spelled in capitals.
            Kind::Connectors => {
                let wants = |p: &Provider| {
                    let named =
                        |set: &BTreeSet<String>| set.iter().any(|v| v.eq_ignore_ascii_case(p.as_str()));
                    self.providers.as_ref().is_none_or(named)
                };
                let all = ListConnectors::OPERATION.providers.iter();
                all.filter(|p| wants(p)).map(|p| Part::of(*p)).collect()
            }
            Kind::RemediationActivity => {
                ListRemediation::OPERATION.providers.iter().map(|p| Part::of(*p)).collect()
            }
            Kind::Inventory | Kind::Details => table.provider.into_iter().map(Part::of).collect(),
            _ => vec![Part::default()],
        };
        Ok(Some(self.only(table, parts)?))
    }

    /// The accounts that the question names, of each cloud that it names.
    fn accounts_given(&self, providers: impl IntoIterator<Item = Provider>) -> Vec<Part> {
        let named = |p: &Provider| self.providers.as_ref().is_some_and(|set| set.contains(p.as_str()));
        let accounts = self.accounts.iter().flatten();
        let accounts: Vec<&String> = accounts.filter(|a| !a.trim().is_empty()).collect();
        let of = |provider| {
            accounts.iter().map(move |a| Part { account: Some((*a).clone()), ..Part::of(provider) })
        };
        providers.into_iter().filter(named).flat_map(of).collect()
    }

    /// The parts; the accounts are asked for where the question does not say them. Gives the calls as well.
    ///
    /// # Errors
    /// If they cannot be had.
    pub(super) async fn parts(&self, table: &TableSpec, client: &Client) -> Result<(Vec<Part>, u64)> {
        if let Some(parts) = self.known(table)? {
            return Ok((parts, 0));
        }
        let mut calls = 0;
        let mut parts = Vec::new();
        // A cloud that the question leaves out is not asked for.
        let clouds = self.clouds(table)?;
        for provider in clouds {
            let (accounts, asked) = match provider {
                Provider::Oci => tenancies(client).await?,
                _ => accounts(client, provider).await?,
            };
            calls += asked;
            parts.extend(accounts.into_iter().map(|a| Part { account: Some(a), ..Part::of(provider) }));
        }
        Ok((self.only(table, parts)?, calls))
    }

    /// The clouds that the question may mean, by what it says of them alone.
    fn clouds(&self, table: &TableSpec) -> Result<Vec<Provider>> {
        let named = |p: &Provider| self.providers.as_ref().is_none_or(|set| set.contains(p.as_str()));
        let clouds = Provider::ALL.into_iter().filter(named).map(Part::of).collect();
        let clouds = those(table, clouds, self.about.cloud.as_ref())?;
        Ok(clouds.into_iter().filter_map(|part| part.provider).collect())
    }

    /// Those of the parts that meet the conditions about tags.
    fn only(&self, table: &TableSpec, parts: Vec<Part>) -> Result<Vec<Part>> {
        those(table, parts, self.about.tags.as_ref())
    }
}

/// Those of the parts that meet a condition.
fn those(
    table: &TableSpec,
    parts: Vec<Part>,
    condition: Option<&Arc<dyn PhysicalExpr>>,
) -> Result<Vec<Part>> {
    let Some(condition) = condition else { return Ok(parts) };
    let column = |tag: &&str| -> ArrayRef {
        Arc::new(parts.iter().map(|part| part.tag(tag)).collect::<StringArray>())
    };
    let columns = tags(table).iter().map(column).collect();
    let rows = RecordBatchOptions::new().with_row_count(Some(parts.len()));
    let batch = RecordBatch::try_new_with_options(tag_schema(table), columns, &rows)?;
    let found = held(condition, &batch)?;
    let meets = |at: &usize| !found.is_null(*at) && found.value(*at);
    Ok(parts.into_iter().enumerate().filter(|(at, _)| meets(at)).map(|(_, part)| part).collect())
}

/// For which rows a condition holds.
///
/// # Errors
/// If it cannot be answered for a value, such as a cast of a text that is no number.
pub(super) fn held(condition: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanArray> {
    let failed = |e: datafusion::error::DataFusionError| Error::new(ErrorIs::Input, e.strip_backtrace());
    let rows = batch.num_rows();
    let found = condition.evaluate(batch).and_then(|v| v.into_array(rows)).map_err(failed)?;
    // A bare null has no type of its own.
    Ok(found.as_boolean_opt().cloned().unwrap_or_else(|| BooleanArray::new_null(rows)))
}

fn is_number(control: &str) -> bool {
    control.parse::<u32>().is_ok_and(|n| n.to_string() == control)
}

/// The request for a part.
///
/// # Errors
/// If an argument does not fit.
pub(super) fn request(client: &Client, table: &TableSpec, part: &Part) -> Result<Request> {
    let account = part.account.as_deref().unwrap_or_default();
    let of = |provider: Option<Provider>| {
        provider.ok_or_else(|| Error::new(ErrorIs::Failed, format!("{} is of no cloud", table.name)))
    };
    let request = match table.kind {
        Kind::Connectors => client.request(&ListConnectors::new(of(part.provider)?)),
        Kind::Controls => client.request(&ListControls::new()),
        Kind::Policies => client.request(&ListPolicies::new()),
        Kind::Exceptions => client.request(&ListExceptions::new()),
        Kind::RemediationActivity => client.request(&ListRemediation::new(of(part.provider)?)),
        Kind::AccountEvaluations if part.provider == Some(Provider::Oci) => {
            client.request(&ListOciEvaluations::new(account))
        }
        Kind::AccountEvaluations => client.request(&ListAccountEvaluations::new(of(part.provider)?, account)),
        Kind::ResourceEvaluations => {
            let control = part.control.as_deref().and_then(|c| c.parse::<u32>().ok()).unwrap_or_default();
            client.request(&ListResourceEvaluations::new(of(part.provider)?, account, control))
        }
        Kind::Inventory | Kind::Details | Kind::Vulnerabilities => {
            let name = table.of.map(|of| of.name).unwrap_or_default();
            client.request(&ListResources::new(name, of(table.provider)?))
        }
    };
    Ok(request?)
}

/// The accounts of a cloud that have connectors, and the calls to learn them.
async fn accounts(client: &Client, provider: Provider) -> Result<(Vec<String>, u64)> {
    let request = client.request(&ListConnectors::new(provider))?;
    let accounts = |row: &[u8]| from_slice::<Connector>(row).ok()?.account().map(str::to_owned);
    each(client, request, accounts).await
}

/// The tenancies of OCI, which has no connectors: its instances name them.
async fn tenancies(client: &Client) -> Result<(Vec<String>, u64)> {
    let Some(of) = resources::get(Provider::Oci, "INSTANCE") else { return Ok((Vec::new(), 0)) };
    let field = Provider::Oci.account_field();
    let tenancy = |row: &[u8]| {
        let row: Value = serde_json::from_slice(row).ok()?;
        Some(row.get(field)?.as_str()?.to_owned())
    };
    let request = client.request(&ListResources::new(of.name, of.provider))?;
    match each(client, request, tenancy).await {
        // The service does not know of this cloud, so there is nothing of it.
        Err(e) if e.service().is_some_and(|e| e.kind() == ErrorKind::NotFound) => Ok((Vec::new(), 1)),
        Err(e) => Err(e.hint("leave this cloud out by provider <> 'oci'")),
        found => found,
    }
}

/// What the rows of a listing say, each once.
async fn each(
    client: &Client,
    request: Request,
    said: impl Fn(&[u8]) -> Option<String>,
) -> Result<(Vec<String>, u64)> {
    let mut pages = client.pages(request, PageOptions::default())?;
    let (mut all, mut calls) = (BTreeSet::new(), 0);
    while let Some(page) = pages.next_page().await {
        calls += 1;
        all.extend(page?.rows.iter().filter_map(|row| said(row)).filter(|v| !v.is_empty()));
    }
    Ok((all.into_iter().collect(), calls))
}

/// Whether there is no such thing as what a part asks for, so that it has no rows; otherwise that it was not found
/// has another reason.
///
/// # Errors
/// If it cannot be found out.
pub(super) async fn is_unheard_of(client: &Client, part: &Part) -> Result<bool> {
    let (Some(provider), Some(account)) = (part.provider, &part.account) else { return Ok(false) };
    let known = match provider {
        Provider::Oci => tenancies(client).await?.0,
        _ => accounts(client, provider).await?.0,
    };
    if !known.contains(account) {
        return Ok(true);
    }
    let Some(control) = &part.control else { return Ok(false) };
    let id = |row: &[u8]| {
        let row = from_slice::<Control>(row).ok()?;
        let of_it = row.provider.is_none_or(|p| p.eq_ignore_ascii_case(provider.as_str()));
        row.cid.filter(|_| of_it).map(|cid| cid.to_string())
    };
    let (controls, _) = each(client, client.request(&ListControls::new())?, id).await?;
    Ok(!controls.contains(control))
}
