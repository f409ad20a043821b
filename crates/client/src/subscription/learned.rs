//! What tables learn from one another: which controls were evaluated, which resources have
//! details, which tenancies OCI has.

use super::choice::{Choice, Family};
use super::plan::{Evaluated, Table};
use super::rows::PulledAccountEvaluation;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::evaluations::AccountEvaluation;
use totalcloud_api::model::from_slice;

/// What was learned so far.
pub struct Learned {
    pairs: bool,
    details: bool,
    known: Mutex<Known>,
    tenancies: watch::Sender<Option<Tenancies>>,
    no_oci: AtomicBool,
}

#[derive(Default)]
struct Known {
    evaluated: Vec<Evaluated>,
    uuids: BTreeMap<String, Vec<String>>,
    tenancies: Vec<String>,
}

/// The tenancies of OCI, or why they are not known.
pub type Tenancies = Result<Vec<String>, String>;

/// What is needed of a resource.
#[derive(Deserialize)]
struct Ids {
    uuid: Option<Value>,
    #[serde(rename = "tenantId")]
    tenant: Option<Value>,
}

impl Learned {
    /// Nothing yet; only what the choice needs will be noted.
    pub fn new(choice: &Choice) -> Learned {
        Learned {
            pairs: choice.wants_some(Family::ResourceEvaluations, None),
            details: choice.wants_some(Family::Details, None),
            known: Mutex::default(),
            tenancies: watch::Sender::new(None),
            no_oci: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a row.
    pub fn row(&self, table: &Table, row: &Bytes) {
        match table.family {
            Family::AccountEvaluations if self.pairs => {
                if let Some(evaluated) = from_slice(row).ok().and_then(|r| evaluated(&r)) {
                    self.lock().evaluated.push(evaluated);
                }
            }
            Family::Inventory if self.details || table.provider == Some(Provider::Oci) => {
                let Ok(ids) = serde_json::from_slice::<Ids>(row) else { return };
                let text = |v: Option<Value>| match v {
                    Some(Value::String(s)) if !s.is_empty() => Some(s),
                    _ => None,
                };
                let mut known = self.lock();
                if self.details
                    && let Some(uuid) = text(ids.uuid)
                {
                    known.uuids.entry(table.name.clone()).or_default().push(uuid);
                }
                if table.provider == Some(Provider::Oci)
                    && let Some(tenant) = text(ids.tenant)
                    && !known.tenancies.contains(&tenant)
                {
                    known.tenancies.push(tenant);
                }
            }
            _ => {}
        }
    }

    /// The instances of OCI are read; `why_not` says why not all of them, `absent` that there are none.
    pub fn read_tenancies(&self, why_not: Option<String>, absent: bool) {
        let tenancies = self.lock().tenancies.clone();
        let known = match why_not {
            Some(reason) if tenancies.is_empty() => Err(reason),
            _ => Ok(tenancies),
        };
        self.no_oci.store(absent, Relaxed);
        self.tenancies.send_replace(Some(known));
    }

    /// Waits until the tenancies are known.
    pub async fn tenancies(&self) -> Tenancies {
        let mut news = self.tenancies.subscribe();
        match news.wait_for(Option::is_some).await {
            Ok(known) => known.clone().unwrap_or_else(|| Ok(Vec::new())),
            Err(_) => Err("the instances of oci were not read".to_owned()),
        }
    }

    /// Whether OCI was looked for and is not there.
    pub fn no_oci(&self) -> bool {
        self.no_oci.load(Relaxed)
    }

    /// The controls that were evaluated, in the order of the accounts.
    pub fn evaluated(&self) -> Vec<Evaluated> {
        std::mem::take(&mut self.lock().evaluated)
    }

    /// The resources by table.
    pub fn uuids(&self) -> BTreeMap<String, Vec<String>> {
        std::mem::take(&mut self.lock().uuids)
    }
}

fn evaluated(row: &PulledAccountEvaluation) -> Option<Evaluated> {
    Some(Evaluated {
        provider: row.provider.as_deref()?.parse().ok()?,
        account: row.account.clone()?,
        control: row.control_id.clone()?,
        failed: failed(row.failed_resources),
        others: others(row.passed_resources, row.pass_with_exception_resources),
    })
}

impl Evaluated {
    /// Reads the line of a control in the evaluations of an account.
    pub fn read(provider: Provider, account: &str, row: &[u8]) -> Option<Evaluated> {
        let row: AccountEvaluation = from_slice(row).ok()?;
        Some(Evaluated {
            provider,
            account: account.to_owned(),
            control: row.control_id?,
            failed: failed(row.failed_resources),
            others: others(row.passed_resources, row.pass_with_exception_resources),
        })
    }
}

fn count(n: Option<i64>) -> Option<u64> {
    n.and_then(|n| u64::try_from(n).ok())
}

// What is not said is asked for: a call too many loses nothing.
fn failed(n: Option<i64>) -> u64 {
    count(n).unwrap_or(1)
}

fn others(passed: Option<i64>, excepted: Option<i64>) -> u64 {
    match (count(passed), count(excepted)) {
        (None, None) => 1,
        (a, b) => a.unwrap_or_default() + b.unwrap_or_default(),
    }
}
