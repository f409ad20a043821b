//! Posture: what came of every control in every account, and on every resource.

use super::controls::{Control, Outcome};
use super::layout::{Account, tag, uuid_text};
use super::resources::Row;
use super::rng::{below, draw, hex, mix, named};
use super::text::Object;
use super::{Fields, World};
use std::sync::Arc;
use totalcloud_api::Provider;

/// For each control of a provider: resources that pass, fail, and pass by an exception.
pub(super) type Counts = Arc<Vec<[u32; 3]>>;

const FIRST: u64 = named("first evaluated");
const LAST: u64 = named("last evaluated");
const PAST: u64 = named("past of an evaluation");

/// What a control looked at.
pub(super) enum Subject<'w> {
    /// A resource of the inventory.
    Resource(Row<'w>),
    /// Something that exists once in a region of an account.
    Place { account: &'w Account, region: &'static str, key: u64 },
}

impl<'w> Subject<'w> {
    pub(super) fn new(
        world: &'w World,
        account: &'w Account,
        control: &Control,
        row: u32,
    ) -> Option<Subject<'w>> {
        if let Some(target) = control.target {
            return Some(Subject::Resource(Row::new(world, &world.colls[usize::from(target)], row)));
        }
        let cells = &world.cloud(account.provider).cells;
        let cell = cells.get((account.cells.start + row) as usize)?;
        let key = mix(account.key.wrapping_add(row.into()));
        Some(Subject::Place { account, region: cell.region, key })
    }

    fn key(&self) -> u64 {
        match self {
            Subject::Resource(row) => row.key,
            Subject::Place { key, .. } => *key,
        }
    }

    fn turns(&self) -> Vec<u32> {
        match self {
            Subject::Resource(row) => row.turns().collect(),
            Subject::Place { .. } => Vec::new(),
        }
    }

    fn region(&self) -> &'static str {
        match self {
            Subject::Resource(row) => row.region(),
            Subject::Place { region, .. } => region,
        }
    }

    /// When it came under the service's eyes, and in which epoch.
    fn seen(&self, world: &World) -> (i64, u32) {
        match self {
            Subject::Resource(row) => (row.created(), row.born()),
            Subject::Place { .. } => (world.epochs[0].now - 500 * 86_400, 0),
        }
    }

    pub(super) fn write_id(&self, control: &Control, out: &mut Vec<u8>) {
        match self {
            Subject::Resource(row) => row.write_id(out),
            Subject::Place { account, region, key } => {
                let kind = control.resource_type.to_ascii_lowercase().replace('_', "-");
                let id = match account.provider {
                    Provider::Aws => {
                        format!("arn:aws:access-analyzer:{region}:{}:analyzer/{kind}-", account.id)
                    }
                    Provider::Azure => format!("/subscriptions/{}/locations/{region}/{kind}-", account.id),
                    _ => format!("{}/{region}/{kind}-", account.id),
                };
                out.extend_from_slice(id.as_bytes());
                hex(out, *key, 8);
            }
        }
    }
}

impl World {
    /// How many resources a control looked at in an account.
    pub(super) fn evaluated(&self, account: &Account, control: &Control) -> u64 {
        match control.target {
            _ if !account.evaluated() => 0,
            Some(target) => {
                let coll = &self.colls[usize::from(target)];
                let ranges = coll.slots_of(self.cloud(account.provider), &account.cells);
                ranges.iter().map(|r| u64::from(super::select::alive(r, &coll.gone))).sum()
            }
            None => (account.cells.end - account.cells.start).into(),
        }
    }

    /// Counts the outcomes of all controls in an account; remembered until the world moves.
    pub(super) fn counts(&self, account: &Account) -> Counts {
        let place = (account.provider, account.index);
        if let Some(known) = self.counted.lock().unwrap_or_else(|e| e.into_inner()).get(&place) {
            return known.clone();
        }
        let controls = self.controls.of(account.provider);
        let mut counts = vec![[0u32; 3]; controls.len()];
        if account.evaluated() {
            let cloud = self.cloud(account.provider);
            for coll in self.colls.iter().filter(|c| c.ty.provider == account.provider) {
                for slot in coll.slots_of(cloud, &account.cells).into_iter().flatten() {
                    if !coll.gone.is_empty() && !coll.exists(slot) {
                        continue;
                    }
                    let row = Row::new(self, coll, slot);
                    let turns: Vec<u32> = row.turns().collect();
                    for control in &coll.controls {
                        let outcome = self.controls.outcome(*control, row.key, &turns);
                        counts[(control - controls.start) as usize][outcome as usize] += 1;
                    }
                }
            }
            for index in controls.clone() {
                let control = &self.controls.all[index as usize];
                for row in 0..if control.target.is_none() { self.evaluated(account, control) } else { 0 } {
                    if let Some(subject) = Subject::new(self, account, control, row as u32) {
                        let outcome = self.controls.outcome(index, subject.key(), &[]);
                        counts[(index - controls.start) as usize][outcome as usize] += 1;
                    }
                }
            }
        }
        let counts = Arc::new(counts);
        self.counted.lock().unwrap_or_else(|e| e.into_inner()).insert(place, counts.clone());
        counts
    }

    pub(super) fn write_account_evaluation(&self, account: &Account, index: u32, out: &mut Vec<u8>) {
        let Some(control) = self.controls.all.get(index as usize) else { return };
        let first = self.controls.of(account.provider).start;
        let counts = self.counts(account);
        let Some([passed, failed, excepted]) = counts.get(index.wrapping_sub(first) as usize).copied() else {
            return;
        };
        let result = match (passed + failed + excepted, failed) {
            (0, _) => "NOT_EVALUATED",
            (_, 0) => "PASS",
            _ => "FAIL",
        };
        let mut row = Object::new(out);
        row.format("controlId", format_args!("{}", control.cid)).text("controlName", &control.name);
        row.text("criticality", control.criticality);
        control.write_policy_names(&self.policies, row.key("policyNames"));
        row.text("service", control.service).text("result", result);
        row.int("passedResources", passed.into()).int("failedResources", failed.into());
        row.int("passWithExceptionResources", excepted.into()).end();
    }

    pub(super) fn write_resource_evaluation(
        &self,
        account: &Account,
        index: u32,
        row: u32,
        out: &mut Vec<u8>,
    ) {
        let Some(control) = self.controls.all.get(index as usize) else { return };
        let Some(subject) = Subject::new(self, account, control, row) else { return };
        let outcome = self.outcome_of(index, &subject);
        let mut row = Object::new(out);
        let place = row.key("resourceId");
        place.push(b'"');
        subject.write_id(control, place);
        place.push(b'"');
        row.text("resourceType", control.resource_type).text("region", subject.region());
        match account.provider {
            Provider::Aws => row.text("accountId", &account.id).text("connectorId", account.evaluated_by()),
            other => row.text(other.account_field(), &account.id),
        };
        let dates = self.dates(account, index, &subject, outcome);
        row.iso("evaluatedOn", Some(dates.last));
        control.write_evidences(outcome, row.key("evidences"));
        row.text("result", outcome.word());
        self.write_dates(&dates, outcome, self.pair(index, &subject), row.key("evaluationDates"));
        row.end();
    }

    /// What came of a control on a thing.
    pub(super) fn outcome_of(&self, control: u32, subject: &Subject<'_>) -> Outcome {
        self.controls.outcome(control, subject.key(), &subject.turns())
    }

    /// The exception by which a control passes on a thing.
    pub(super) fn write_exception_of(
        &self,
        account: &Account,
        control: u32,
        subject: &Subject<'_>,
        out: &mut Vec<u8>,
    ) {
        let dates = self.dates(account, control, subject, Outcome::Excepted);
        self.write_exception(&dates, self.pair(control, subject), out);
    }

    /// The key of a control and a thing.
    pub(super) fn pair(&self, control: u32, subject: &Subject<'_>) -> u64 {
        draw(subject.key(), self.controls.all[control as usize].key)
    }

    pub(super) fn write_stats(
        &self,
        account: &Account,
        index: u32,
        subject: &Subject<'_>,
        out: &mut Vec<u8>,
    ) {
        let outcome = self.outcome_of(index, subject);
        let dates = self.dates(account, index, subject, outcome);
        self.write_dates(&dates, outcome, self.pair(index, subject), out);
    }

    fn dates(&self, account: &Account, index: u32, subject: &Subject<'_>, outcome: Outcome) -> Dates {
        let key = draw(subject.key(), self.controls.all[index as usize].key);
        let at = |epoch: u32| {
            let window = self.epochs[epoch as usize].window();
            self.run_end(account, epoch) - below(draw(key, LAST.wrapping_add(epoch.into())), window) as i64
        };
        let last = at(self.epoch());
        let (seen, born) = subject.seen(self);
        let first = match born {
            0 => seen + below(draw(key, FIRST), ((self.epochs[0].now - seen) / 3).max(1) as u64) as i64,
            born => at(born),
        };
        let first = first.min(last);
        let (mut reopened, mut fixed) = (None, None);
        let past = draw(key, PAST);
        let turned = self.controls.turns(index, subject.key(), &subject.turns());
        let when = match turned.last() {
            Some(epoch) => Some(at(*epoch)),
            // Something happened before the world began.
            None if past & 7 < 2 && born == 0 => {
                Some(first + below(past, (self.run_end(account, 0) - 4 * 3600 - first).max(1) as u64) as i64)
            }
            None => None,
        };
        match outcome {
            Outcome::Pass => fixed = when,
            // A first failure is no reopening: it must have been fixed before.
            Outcome::Fail if turned.len() != 1 => reopened = when,
            _ => {}
        }
        Dates { first, last, reopened, fixed }
    }

    fn write_dates(&self, dates: &Dates, outcome: Outcome, key: u64, out: &mut Vec<u8>) {
        let mut object = Object::new(out);
        object.iso("firstEvaluated", Some(dates.first)).iso("lastEvaluated", Some(dates.last));
        object.iso("dateReopen", dates.reopened).iso("dateFixed", dates.fixed);
        if self.config.fields == Fields::Current {
            match outcome {
                Outcome::Excepted => {
                    self.write_exception(dates, key, object.key("exceptionMetadata"));
                }
                _ => {
                    object.raw("exceptionMetadata", "null");
                }
            }
        }
        object.end();
    }

    /// The id of the exception of a pair.
    pub(super) fn exception_id(&self, pair: u64) -> String {
        uuid_text(tag::EXCEPTION, pair >> 16, self.config.seed)
    }

    fn write_exception(&self, dates: &Dates, key: u64, out: &mut Vec<u8>) {
        let seed = self.config.seed;
        let mut object = Object::new(out);
        object.text("uuid", &self.exception_id(key)).text("name", "Accepted risk");
        object.text("description", "Accepted until the next review").text("reason", "Risk accepted");
        object.text("state", "ACTIVE").int("customerId", 1_000_000 + below(seed, 1_000_000) as i64);
        object.text("customerUuid", &uuid_text(tag::CUSTOMER, 0, seed)).text("createdBy", "acme_ab1");
        object.text("createdByUuid", &uuid_text(tag::OTHER, 1, seed)).iso("createdOn", Some(dates.first));
        object.text("updatedBy", "acme_ab1").text("updatedByUuid", &uuid_text(tag::OTHER, 1, seed));
        object.iso("updatedOn", Some(dates.first)).iso("startingDate", Some(dates.first));
        object
            .iso("endingDate", Some(self.epochs[0].now + 365 * 86_400))
            .raw("informationSecurityPolicy", "null");
        object.raw("informationSecurityProcedure", "null").raw("referenceDocLink", "null").end();
    }
}

struct Dates {
    first: i64,
    last: i64,
    reopened: Option<i64>,
    fixed: Option<i64>,
}
