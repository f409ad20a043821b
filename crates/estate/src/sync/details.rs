//! Reads the details of instances, and makes rows of the vulnerabilities in them.

use super::engine::Run;
use super::evaluations::scope_of;
use super::known::Readings;
use super::plan::{self, Need};
use super::reading::{End, Open};
use super::vulnerabilities::{flattened, is_vulnerable};
use crate::Result;
use crate::store::{Fresh, How, Scope};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use totalcloud::subscription::{Part, Verdict, number};
use totalcloud_api::endpoints::resources::GetResource;
use totalcloud_api::operation::Endpoint;
use totalcloud_api::{Provider, ResourceType};

/// The table of vulnerabilities.
pub(super) const VULNERABILITIES: &str = "vulnerabilities";

/// What is looked at of a row.
#[derive(Deserialize)]
struct Ids {
    uuid: Option<Value>,
    #[serde(rename = "cloudAccountId")]
    account: Option<Value>,
    #[serde(rename = "subscriptionId")]
    subscription: Option<Value>,
    #[serde(rename = "projectId")]
    project: Option<Value>,
    #[serde(rename = "tenantId")]
    tenant: Option<Value>,
}

fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(s) if !s.is_empty() => Some(s),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// An instance that was seen.
struct Instance {
    account: String,
    uuid: String,
    moved: bool,
    vulnerable: bool,
}

/// The instances of a type, as far as they were read.
pub(super) struct Instances {
    of: &'static ResourceType,
    list: Vec<Instance>,
    /// Whether these are all there are.
    pub(super) whole: bool,
    /// The tenancies they are in.
    pub(super) tenants: BTreeSet<String>,
    wanted: bool,
    known: bool,
}

/// Takes note of instances while their type is read.
pub(super) struct Noting {
    instances: Instances,
    /// Whether details of all are wanted, not only of those with vulnerabilities.
    all: bool,
    pub(super) whole: bool,
}

impl Noting {
    /// Of a type; `wanted` is whether its details are chosen.
    pub(super) fn new(run: &Run<'_>, of: &'static ResourceType, wanted: bool) -> Noting {
        let known = run.tx.readings(&table_of(of)).next().is_some();
        let instances =
            Instances { of, list: Vec::new(), whole: false, tenants: BTreeSet::new(), wanted, known };
        Noting { instances, all: run.families.details_asked, whole: false }
    }

    /// Forgets what was noted: all of it comes again.
    pub(super) fn restart(&mut self) {
        // What moved among the updates does not move a second time.
        self.instances.list.retain(|i| i.moved);
    }

    /// Takes note of rows, of which those at `moved` are new or have changed.
    pub(super) fn rows(&mut self, rows: &[Bytes], moved: &[usize]) {
        let instances = &mut self.instances;
        let oci = instances.of.provider == Provider::Oci;
        let noted = instances.wanted || instances.known;
        if !noted && !oci {
            return;
        }
        let moved: HashSet<usize> = moved.iter().copied().collect();
        for (at, row) in rows.iter().enumerate() {
            let Ok(ids) = serde_json::from_slice::<Ids>(row) else { continue };
            let tenant = text(ids.tenant);
            if oci {
                instances.tenants.extend(tenant.clone());
            }
            let accounts = [ids.account, ids.subscription, ids.project];
            let account = accounts.into_iter().find_map(text).or(tenant).unwrap_or_default();
            if let (true, Some(uuid)) = (noted, text(ids.uuid)) {
                let vulnerable = self.all || is_vulnerable(row);
                instances.list.push(Instance { account, uuid, moved: moved.contains(&at), vulnerable });
            }
        }
    }

    /// What was noted.
    pub(super) fn done(mut self) -> Instances {
        self.instances.whole = self.whole;
        self.instances
    }
}

/// The table of details of a type.
fn table_of(of: &ResourceType) -> String {
    format!("{}_details", of.table())
}

/// What is done about the details of a type.
struct Work {
    of: &'static ResourceType,
    read: Vec<(Scope, String)>,
    gone: Vec<Scope>,
    /// Moved, but not to be read now.
    left: Vec<Scope>,
    assumed: usize,
}

impl Run<'_> {
    /// Reads the details of instances, where that is asked for or fits the quota.
    pub(super) async fn details(&self, instances: Vec<Instances>) -> Result<()> {
        let mut work: Vec<Work> =
            instances.iter().filter(|i| i.wanted || i.known).map(|i| self.work(i)).collect();
        let calls: usize = work.iter().map(|w| w.read.len()).sum();
        let class = GetResource::OPERATION.limit_class;
        let fits = match self.families.details_asked {
            true => Ok(()),
            false => self.fits(class, calls as u64),
        };
        if let Err(why) = &fits {
            self.tell(format!(
                "details of {} instances were not read: {why}; --with details reads them",
                number(calls as u64)
            ));
            self.assume(format!(
                "details: those of {} instances would have to be read, and were not, because {why}",
                number(calls as u64)
            ));
            for work in &mut work {
                let known = |(scope, _): &(Scope, String)| self.tx.fresh(&table_of(work.of), scope).is_some();
                let left: Vec<Scope> =
                    work.read.iter().filter(|r| known(r)).map(|(s, _)| s.clone()).collect();
                work.left.extend(left);
                work.read.clear();
            }
        } else if calls == 0 && self.tx.readings(VULNERABILITIES).next().is_none() {
            return self.none_are_vulnerable(&instances).await;
        }
        work.retain(|w| !w.read.is_empty() || !w.gone.is_empty() || !w.left.is_empty());
        if work.is_empty() {
            return Ok(());
        }
        self.watch.planned(work.len() + 1);
        let all = |w: &Work| -> Vec<Scope> {
            w.read.iter().map(|(s, _)| s).chain(&w.gone).chain(&w.left).cloned().collect()
        };
        let scopes = work.iter().flat_map(all).collect();
        let mut found = Open::begin(self.tx, VULNERABILITIES, scopes, self.watch).await?;
        for work in work {
            let scopes = all(&work);
            let mut open = Open::begin(self.tx, &table_of(work.of), scopes, self.watch).await?;
            self.read_details(work, &mut open, &mut found).await?;
            self.close(open).await?;
        }
        self.close(found).await
    }

    /// Notes that there is nothing to read, so that an empty table is known to be empty.
    async fn none_are_vulnerable(&self, instances: &[Instances]) -> Result<()> {
        if !instances.iter().any(|i| i.wanted) || !instances.iter().filter(|i| i.wanted).all(|i| i.whole) {
            return Ok(());
        }
        let mut open = Open::begin(self.tx, VULNERABILITIES, vec![Scope::whole()], self.watch).await?;
        let note = "no instance counts any vulnerability".to_owned();
        open.ended(&Scope::whole(), How::Assumed, Verdict::Complete, Some(note)).await?;
        self.close(open).await
    }

    fn work(&self, instances: &Instances) -> Work {
        let now = self.tx.started();
        let known: HashMap<String, &Fresh> =
            self.tx.readings(&table_of(instances.of)).map(|f| (f.last.scope.clone(), f)).collect();
        let mut work =
            Work { of: instances.of, read: Vec::new(), gone: Vec::new(), left: Vec::new(), assumed: 0 };
        let mut seen: HashSet<String> = HashSet::new();
        for instance in &instances.list {
            let scope = Scope::control(instances.of.provider, &instance.account, &instance.uuid);
            let name = scope.to_string();
            if !seen.insert(name.clone()) {
                continue;
            }
            let readings = Readings::of(known.get(&name).copied());
            let need = plan::details(readings, instance.moved, instance.vulnerable, now, self.ask.rhythm);
            match need {
                Need::Read if instances.wanted => work.read.push((scope, instance.uuid.clone())),
                Need::Read if instance.moved && readings.any.is_some() => work.left.push(scope),
                _ => work.assumed += usize::from(readings.any.is_some()),
            }
        }
        for (name, fresh) in &known {
            let Some(scope) = scope_of(fresh).filter(|_| !seen.contains(name)) else { continue };
            let readings = Readings::of(Some(fresh));
            let held = fresh.last.rows > 0 || !fresh.last.complete;
            let due = plan::details(readings, false, true, now, self.ask.rhythm) == Need::Read;
            match &scope.control {
                _ if !held => {}
                _ if instances.whole => work.gone.push(scope),
                Some(uuid) if due && instances.wanted => work.read.push((scope.clone(), uuid.clone())),
                _ => work.assumed += 1,
            }
        }
        work.gone.sort();
        work.read.sort();
        work
    }

    async fn read_details(&self, work: Work, open: &mut Open<'_>, found: &mut Open<'_>) -> Result<()> {
        let Work { of, read, gone, left, assumed } = work;
        for scope in &gone {
            let note = Some("the instance is gone".to_owned());
            open.ended(scope, How::Whole, Verdict::Complete, note.clone()).await?;
            found.ended(scope, How::Whole, Verdict::Complete, note).await?;
        }
        for scope in &left {
            let note = "it moved and was not read again yet";
            open.mark(scope, How::Whole, note).await?;
            found.mark(scope, How::Whole, note).await?;
        }
        open.expect(Some(read.len() as u64));
        let parts = read.into_iter().map(|(scope, uuid)| (Part::Detail { of, uuid }, scope));
        self.parts(parts, async |scope: Scope, collected| {
            let Some(collected) = collected else {
                let verdict = End::stopped(&self.stop).verdict;
                if self.tx.fresh(&open.spec.name, &scope).is_some() {
                    found.ended(&scope, How::Whole, verdict.clone(), None).await?;
                    return open.ended(&scope, How::Whole, verdict, None).await;
                }
                found.missing(verdict.clone());
                open.missing(verdict);
                return Ok(());
            };
            let account = scope.account.clone().unwrap_or_default();
            open.push(&scope, &collected.rows).await?;
            for row in &collected.rows {
                found.push(&scope, &flattened(of.provider, &account, row)).await?;
            }
            found.ended(&scope, How::Whole, collected.end.clone(), None).await?;
            open.ended(&scope, How::Whole, collected.end, None).await
        })
        .await?;
        if assumed > 0 {
            open.note = Some(format!(
                "{} instances that did not move are taken to be as they were",
                number(assumed as u64)
            ));
        }
        Ok(())
    }
}
