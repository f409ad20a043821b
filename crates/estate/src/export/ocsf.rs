//! Evaluations as events of the Open Cybersecurity Schema Framework: class Compliance Finding (2003), with the
//! profile `cloud`.
//!
//! One event a row, made of the row, the control it is about and the connector of its account, and of nothing else:
//! the same rows give the same events. What the class has no place for is in `unmapped`.

mod text;

use crate::Result;
use arrow::array::RecordBatch;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use text::plain;
use totalcloud_table::Values;

/// The version of the schema that events follow.
pub const VERSION: &str = "1.5.0";

/// A row, by column.
pub type Row = Map<String, Value>;

/// The tables whose rows are findings of compliance, and the columns of them that events are made of.
pub const SOURCES: &[(&str, Source)] = &[
    ("resource_evaluations", Source::Resource),
    ("findings", Source::Resource),
    ("account_evaluations", Source::Account),
];

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The result of a control on a resource.
    Resource,
    /// The result of a control in an account.
    Account,
}

impl Source {
    /// The source of a table.
    pub fn of(table: &str) -> Option<Source> {
        SOURCES.iter().find(|(name, _)| *name == table).map(|(_, source)| *source)
    }
}

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Failing,
    Passing,
    Excepted,
    Fixed,
    Gone,
    Unknown,
}

impl State {
    fn of(row: &Row) -> State {
        match text(row, "state").as_deref() {
            Some("fixed") => return State::Fixed,
            Some("gone") => return State::Gone,
            _ => {}
        }
        match text(row, "result").map(|r| r.to_ascii_uppercase()).as_deref() {
            Some("FAIL") => State::Failing,
            Some("PASSE") => State::Excepted,
            Some("PASS") if fixed_on(row).is_some() => State::Fixed,
            Some("PASS") => State::Passing,
            _ => State::Unknown,
        }
    }

    /// Number and name of the status of the finding.
    fn status(self) -> (u8, &'static str) {
        match self {
            State::Failing => (1, "New"),
            State::Excepted => (3, "Suppressed"),
            State::Passing | State::Fixed | State::Gone => (4, "Resolved"),
            State::Unknown => (0, "Unknown"),
        }
    }

    /// Number and name of the result of the check.
    fn result(self) -> (u8, &'static str) {
        match self {
            State::Failing => (3, "Fail"),
            State::Passing | State::Excepted | State::Fixed => (1, "Pass"),
            // What is gone was not looked at.
            State::Gone | State::Unknown => (0, "Unknown"),
        }
    }

    fn detail(self) -> Option<&'static str> {
        match self {
            State::Excepted => Some("passes by an exception"),
            State::Gone => Some("the resource is gone"),
            _ => None,
        }
    }
}

/// What events need to know besides the row.
#[derive(Debug, Clone, Default)]
pub struct Mapper {
    controls: HashMap<String, Control>,
    accounts: HashMap<(String, String), String>,
    now: Timestamp,
}

#[derive(Debug, Clone, Default)]
struct Control {
    name: Option<String>,
    criticality: Option<String>,
    service: Option<String>,
    kind: Option<String>,
    policies: Vec<String>,
    description: Option<String>,
    passes: Option<String>,
    fails: Option<String>,
    remediation: Option<String>,
}

impl Mapper {
    /// A mapper that knows no control yet; `now` is when the events are made.
    pub fn new(now: Timestamp) -> Mapper {
        Mapper { now, ..Mapper::default() }
    }

    /// Learns the controls of a batch of the table `controls`.
    ///
    /// # Errors
    /// If the batch cannot be read.
    pub fn learn_controls(&mut self, batch: &RecordBatch) -> Result<()> {
        for row in rows(batch)? {
            let Some(id) = text(&row, "cid") else { continue };
            let evaluation = row.get("evaluation").and_then(Value::as_object).cloned().unwrap_or_default();
            let control = Control {
                name: text(&row, "controlName"),
                criticality: text(&row, "criticality"),
                service: text(&row, "serviceType"),
                kind: text(&row, "controlType"),
                policies: texts(&row, "policyNames"),
                description: text(&row, "specification").or_else(|| text(&evaluation, "description")),
                passes: text(&evaluation, "passMessage"),
                fails: text(&evaluation, "failMessage"),
                remediation: text(&row, "manualRemediation"),
            };
            self.controls.insert(id, control);
        }
        Ok(())
    }

    /// Learns the names of accounts from a batch of the table `connectors`.
    ///
    /// # Errors
    /// If the batch cannot be read.
    pub fn learn_connectors(&mut self, batch: &RecordBatch) -> Result<()> {
        for row in rows(batch)? {
            let (Some(provider), Some(account)) = (text(&row, "provider"), text(&row, "account")) else {
                continue;
            };
            let name = ["accountAlias", "subscriptionName", "name"].into_iter().find_map(|n| text(&row, n));
            if let Some(name) = name {
                self.accounts.insert((provider.to_ascii_lowercase(), account), name);
            }
        }
        Ok(())
    }

    /// The events of a batch, one a row.
    ///
    /// # Errors
    /// If the batch cannot be read.
    pub fn events(&self, source: Source, batch: &RecordBatch) -> Result<Vec<Value>> {
        Ok(rows(batch)?.iter().map(|row| self.event(source, row)).collect())
    }

    /// The event of a row.
    pub fn event(&self, source: Source, row: &Row) -> Value {
        let state = State::of(row);
        let found = Found { row, state, source, control_id: text(row, "controlId") };
        let unknown = Control::default();
        let control = found.control_id.as_ref().and_then(|id| self.controls.get(id)).unwrap_or(&unknown);
        let (activity, activity_name) = found.activity();
        let (status, status_name) = state.status();
        let name = control.name.clone().or_else(|| text(row, "controlName"));
        let id = found.control_id.as_deref().unwrap_or("?");
        let title = name.clone().unwrap_or_else(|| format!("Control {id}"));
        let (severity, severity_name) = severity(control.criticality.clone().or(text(row, "criticality")));
        let time = found.time().unwrap_or_else(|| self.now.as_millisecond());
        let uid = found.uid();
        let mut event = json!({
            "activity_id": activity,
            "activity_name": activity_name,
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2003,
            "class_name": "Compliance Finding",
            "type_uid": 200_300 + u32::from(activity),
            "type_name": format!("Compliance Finding: {activity_name}"),
            "time": time,
            "severity_id": severity,
            "severity": severity_name,
            "status_id": status,
            "status": status_name,
            "message": format!("{}: {title}: {}", state.result().1, found.subject()),
            "metadata": {
                "version": VERSION,
                "uid": format!("{uid}@{time}"),
                "event_code": id,
                "log_name": match source { Source::Resource => "resource_evaluations", Source::Account => "account_evaluations" },
                "log_provider": "Qualys TotalCloud",
                "processed_time": self.now.as_millisecond(),
                "profiles": ["cloud"],
                "product": {
                    "name": "TotalCloud",
                    "vendor_name": "Qualys",
                    "feature": { "name": "Cloud Security Posture Management" },
                },
            },
            "cloud": self.cloud(&found),
            "compliance": compliance(&found, control, &title, &name),
            "finding_info": finding_info(&found, control, &uid, &title),
            "resources": [found.resource()],
        });
        if let Value::Object(event) = &mut event {
            put(event, "status_code", text(row, "result"));
            put(event, "status_detail", state.detail());
            put(event, "evidences", found.evidences());
            put(event, "observables", found.observables());
            let steps = control.remediation.as_deref().map(plain).filter(|t| !t.is_empty());
            put(event, "remediation", steps.map(|desc| json!({ "desc": desc })));
            put(event, "unmapped", found.unmapped());
        }
        event
    }

    fn cloud(&self, found: &Found<'_>) -> Value {
        let provider = found.provider();
        let mut cloud = Map::new();
        let name = match provider.as_str() {
            "aws" => "AWS",
            "azure" => "Azure",
            "gcp" => "GCP",
            "oci" => "OCI",
            _ => "Unknown",
        };
        cloud.insert("provider".to_owned(), name.into());
        put(&mut cloud, "region", found.region());
        if let Some(account) = found.account() {
            let (kind, kind_name) = match provider.as_str() {
                "aws" => (10, "AWS Account"),
                "azure" => (13, "Azure Subscription"),
                "gcp" => (11, "GCP Project"),
                "oci" => (12, "OCI Compartment"),
                _ => (0, "Unknown"),
            };
            let mut known = Map::new();
            put(&mut known, "name", self.accounts.get(&(provider, account.clone())).cloned());
            known.insert("uid".to_owned(), account.into());
            known.insert("type_id".to_owned(), kind.into());
            known.insert("type".to_owned(), kind_name.into());
            cloud.insert("account".to_owned(), known.into());
        }
        cloud.into()
    }
}

fn compliance(found: &Found<'_>, control: &Control, title: &str, name: &Option<String>) -> Value {
    let (status, status_name) = found.state.result();
    let mut compliance = Map::new();
    compliance.insert("control".to_owned(), title.into());
    compliance.insert("status_id".to_owned(), status.into());
    compliance.insert("status".to_owned(), status_name.into());
    put(&mut compliance, "status_code", text(found.row, "result"));
    put(&mut compliance, "status_details", found.details());
    let description = control.description.as_deref().map(plain).filter(|t| !t.is_empty());
    put(&mut compliance, "desc", description);
    put(&mut compliance, "category", control.service.clone().or_else(|| text(found.row, "service")));
    let policies =
        if control.policies.is_empty() { texts(found.row, "policyNames") } else { control.policies.clone() };
    put(&mut compliance, "standards", (!policies.is_empty()).then_some(policies));
    let mut check = Map::new();
    put(&mut check, "uid", found.control_id.clone());
    put(&mut check, "name", name.clone());
    check.insert("status_id".to_owned(), status.into());
    check.insert("status".to_owned(), status_name.into());
    compliance.insert("checks".to_owned(), json!([check]));
    compliance.into()
}

fn finding_info(found: &Found<'_>, control: &Control, uid: &str, title: &str) -> Value {
    let row = found.row;
    let mut info = Map::new();
    info.insert("uid".to_owned(), uid.into());
    info.insert("title".to_owned(), title.into());
    let said = match found.state {
        State::Failing => control.fails.as_deref(),
        State::Passing | State::Fixed => control.passes.as_deref(),
        _ => None,
    };
    put(&mut info, "desc", said.map(plain).filter(|t| !t.is_empty()));
    let first = date(row, "firstEvaluated").or_else(|| time(row, "firstSeen"));
    put(&mut info, "created_time", first);
    put(&mut info, "first_seen_time", first);
    let last = found.evaluated().or_else(|| time(row, "lastSeen"));
    put(&mut info, "last_seen_time", last);
    let turned = [fixed_on(row), reopened_on(row), time(row, "failedSince")].into_iter().flatten().max();
    put(&mut info, "modified_time", turned.or(last));
    let mut rule = Map::new();
    put(&mut rule, "uid", found.control_id.clone());
    rule.insert("name".to_owned(), title.into());
    rule.insert("type_id".to_owned(), 1.into());
    rule.insert("type".to_owned(), "Rule".into());
    put(&mut rule, "category", control.kind.clone());
    info.insert("analytic".to_owned(), rule.into());
    info.into()
}

/// A row and what is plain from it.
struct Found<'r> {
    row: &'r Row,
    state: State,
    source: Source,
    control_id: Option<String>,
}

impl Found<'_> {
    fn provider(&self) -> String {
        text(self.row, "provider").unwrap_or_default().to_ascii_lowercase()
    }

    fn account(&self) -> Option<String> {
        ["account", "accountId", "subscriptionId", "projectId"].into_iter().find_map(|n| text(self.row, n))
    }

    fn region(&self) -> Option<String> {
        text(self.row, "region")
    }

    /// What the finding is about, in a word.
    fn subject(&self) -> String {
        let of = match self.source {
            Source::Resource => text(self.row, "resourceId"),
            Source::Account => self.account(),
        };
        of.unwrap_or_else(|| "?".to_owned())
    }

    /// The name of the finding, which stays the same from event to event.
    fn uid(&self) -> String {
        let account = self.account().unwrap_or_default();
        let control = self.control_id.clone().unwrap_or_default();
        let mut uid = format!("{}/{account}/{control}", self.provider());
        if self.source == Source::Resource {
            for part in ["resourceType", "region", "resourceId"] {
                uid.push('/');
                uid.push_str(&text(self.row, part).unwrap_or_default());
            }
        }
        uid
    }

    /// Number and name of what happened.
    fn activity(&self) -> (u8, &'static str) {
        match self.state {
            State::Fixed | State::Gone => (3, "Close"),
            State::Excepted => (2, "Update"),
            _ if reopened_on(self.row).is_some() => (2, "Update"),
            _ => (1, "Create"),
        }
    }

    fn evaluated(&self) -> Option<i64> {
        time(self.row, "evaluatedOn").or_else(|| date(self.row, "lastEvaluated"))
    }

    fn time(&self) -> Option<i64> {
        let ended = if self.state == State::Fixed { fixed_on(self.row) } else { None };
        ended
            .or_else(|| self.evaluated())
            .or_else(|| time(self.row, "lastSeen"))
            .or_else(|| time(self.row, "firstSeen"))
    }

    fn resource(&self) -> Value {
        let mut resource = Map::new();
        match self.source {
            Source::Resource => {
                put(&mut resource, "type", text(self.row, "resourceType"));
                put(&mut resource, "region", self.region());
            }
            Source::Account => put(&mut resource, "type", Some("Account")),
        }
        resource.insert("uid".to_owned(), self.subject().into());
        if self.provider() == "aws" {
            let region = self.region().unwrap_or_default();
            let partition = match region.split('-').next() {
                Some("cn") => "aws-cn",
                Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
                _ => "aws",
            };
            resource.insert("cloud_partition".to_owned(), partition.into());
        }
        resource.into()
    }

    /// What the control looked at.
    fn evidences(&self) -> Option<Vec<Value>> {
        let looked = self.row.get("evidences")?.as_array()?.iter().filter_map(Value::as_object);
        let evidences: Vec<Value> = looked
            .filter_map(|e| {
                let value = e.get("actualValue").filter(|v| !v.is_null())?;
                let name = text(e, "settingName").unwrap_or_else(|| "value".to_owned());
                Some(json!({ "name": name, "data": { name: value } }))
            })
            .collect();
        (!evidences.is_empty()).then_some(evidences)
    }

    fn observables(&self) -> Option<Value> {
        let (name, uid) = match self.source {
            Source::Resource => ("resources[].uid", text(self.row, "resourceId")?),
            Source::Account => return None,
        };
        Some(json!([{ "name": name, "type_id": 10, "type": "Resource UID", "value": uid }]))
    }

    fn details(&self) -> Option<Vec<String>> {
        if self.source == Source::Resource {
            return None;
        }
        let counts = [
            ("failedResources", "fail"),
            ("passedResources", "pass"),
            ("passWithExceptionResources", "pass by an exception"),
        ];
        let counts = counts.into_iter().filter_map(|(name, what)| {
            let count = self.row.get(name)?.as_i64()?;
            Some(if count == 1 {
                format!("1 resource: {what}")
            } else {
                format!("{count} resources: {what}")
            })
        });
        let details: Vec<String> = counts.collect();
        (!details.is_empty()).then_some(details)
    }

    /// What the class has no place for.
    fn unmapped(&self) -> Option<Value> {
        let mut rest = Map::new();
        for name in [
            "connectorId",
            "timesReopened",
            "failedResources",
            "passedResources",
            "passWithExceptionResources",
        ] {
            put(&mut rest, name, self.row.get(name).filter(|v| !v.is_null()).cloned());
        }
        let dates = self.row.get("evaluationDates").and_then(Value::as_object);
        let exception = dates.and_then(|d| d.get("exceptionMetadata")).filter(|e| e.is_object());
        put(&mut rest, "exception", exception.cloned());
        (!rest.is_empty()).then(|| rest.into())
    }
}

fn severity(criticality: Option<String>) -> (u8, &'static str) {
    match criticality.map(|c| c.to_ascii_uppercase()).as_deref() {
        Some("CRITICAL" | "URGENT") => (5, "Critical"),
        Some("HIGH" | "SERIOUS") => (4, "High"),
        Some("MEDIUM") => (3, "Medium"),
        Some("LOW" | "MINIMAL") => (2, "Low"),
        Some("INFO" | "INFORMATIONAL") => (1, "Informational"),
        _ => (0, "Unknown"),
    }
}

fn fixed_on(row: &Row) -> Option<i64> {
    time(row, "fixedOn").or_else(|| date(row, "dateFixed"))
}

fn reopened_on(row: &Row) -> Option<i64> {
    time(row, "reopenedOn").or_else(|| date(row, "dateReopen"))
}

/// One of the dates of the evaluation.
fn date(row: &Row, name: &str) -> Option<i64> {
    time(row.get("evaluationDates")?.as_object()?, name)
}

/// An instant in milliseconds.
fn time(row: &Row, name: &str) -> Option<i64> {
    row.get(name)?.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Text, or a number as text; nothing of empty text.
fn text(row: &Row, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts(row: &Row, name: &str) -> Vec<String> {
    let items = row.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn put(into: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        into.insert(name.to_owned(), value.into());
    }
}

/// The rows of a batch as JSON objects.
fn rows(batch: &RecordBatch) -> Result<Vec<Row>> {
    let schema = batch.schema();
    let columns: Vec<(&str, Values)> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| Ok((field.name().as_str(), Values::new(column, field)?)))
        .collect::<Result<_>>()?;
    let mut json = String::new();
    (0..batch.num_rows())
        .map(|row| {
            let values = columns.iter().map(|(name, values)| {
                json.clear();
                values.json(row, &mut json);
                Ok(((*name).to_owned(), serde_json::from_str(&json)?))
            });
            values.collect::<Result<Row>>()
        })
        .collect()
}

#[cfg(test)]
mod tests;
