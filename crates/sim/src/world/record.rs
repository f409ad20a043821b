//! From the tokens of a query to the fields of a row: first the table of aliases, then the field of the same
//! name, else the token is unknown and matches nothing.

use super::resources::{Plan, Row};
use super::{Collection, World, security};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::endpoints::evaluations::{AccountEvaluation, ResourceEvaluation};
use totalcloud_api::endpoints::policies::{Mandate, Policy, PolicyV1};
use totalcloud_api::endpoints::remediation::RemediationActivity;
use totalcloud_api::model::{Kind, Model, Shape};
use totalcloud_api::qql::{FieldValue, Query, Record, Values};
use totalcloud_api::{Provider, ResourceType, Time};

/// Aliases of the inventory that every provider has; those that depend on it are in [`inventory`].
const INVENTORY: &[(&str, &str)] = &[
    ("resource.id", "resourceId"),
    ("resource.name", "name"),
    ("resource.type", "resourceType"),
    ("connector.uuid", "connectorUuid"),
    ("tag.key", "tags.key"),
    ("tag.value", "tags.value"),
    ("qualys.tag.name", "qualysTags.tagName"),
    ("instance.id", "instanceId"),
    ("instance.state", "instanceState"),
    ("instance.type", "instanceType"),
    ("vpc.id", "vpcId"),
    ("subnet.id", "subnetId"),
    ("bucket.name", "bucketName"),
];

const CONNECTORS: &[(&str, &str)] =
    &[("connector.uuid", "connectorId"), ("connector.name", "name"), ("lastSynced", "lastSyncedOn")];

const CONTROLS: &[(&str, &str)] = &[
    ("control.name", "controlName"),
    ("control.criticality", "criticality"),
    ("control.type", "controlType"),
    ("resource.type", "resourceType"),
    ("service.type", "serviceType"),
    ("policy.name", "policyNames"),
    ("createdDate", "created"),
    ("modifiedDate", "modified"),
];

const ACCOUNT_EVALUATIONS: &[(&str, &str)] = &[
    ("cid", "controlId"),
    ("control.id", "controlId"),
    ("control.name", "controlName"),
    ("control.criticality", "criticality"),
    ("control.result", "result"),
    ("policy.name", "policyNames"),
    ("service.type", "service"),
];

const RESOURCE_EVALUATIONS: &[(&str, &str)] = &[
    ("resource.result", "result"),
    // Accepted by the service, and matches nothing.
    ("result", "-"),
    ("resource.id", "resourceId"),
    ("resource.type", "resourceType"),
    ("connector.uuid", "connectorId"),
    ("firstEvaluated", "evaluationDates.firstEvaluated"),
    ("lastEvaluated", "evaluationDates.lastEvaluated"),
];

const REMEDIATION: &[(&str, &str)] = &[
    ("cid", "controlId"),
    ("control.id", "controlId"),
    ("control.name", "controlName"),
    ("resource.id", "resourceId"),
    ("resource.type", "resourceType"),
    ("account.id", "accountId"),
    ("connector.name", "connectorName"),
    ("policy.name", "policyNames"),
    ("remediation.action", "remediationAction"),
];

fn aliased(table: &[(&str, &'static str)], token: &str) -> Option<&'static str> {
    table.iter().find(|(alias, _)| *alias == token).map(|(_, path)| *path)
}

/// The path that a token of the inventory stands for.
pub(super) fn inventory(ty: &ResourceType, token: &str) -> String {
    let provider = ty.provider;
    let known = match token {
        "account.id" => Some(provider.account_field()),
        "subscription.id" if provider == Provider::Azure => Some("subscriptionId"),
        "project.id" if provider == Provider::Gcp => Some("projectId"),
        "account.alias" if provider == Provider::Azure => Some("subscriptionName"),
        "account.alias" => Some("accountAlias"),
        "updated" | "lastSyncedOn" if provider == Provider::Azure => Some("updated"),
        "updated" | "lastSyncedOn" => Some("lastUpdated"),
        _ => aliased(INVENTORY, token),
    };
    match (known, token.strip_prefix("vulnerability.")) {
        (Some(path), _) => path.to_owned(),
        (None, Some(field)) => format!("vulnerabilities.{field}"),
        (None, None) => token.to_owned(),
    }
}

/// The tokens of a query, looked up once for all rows of a type.
#[derive(Debug)]
pub(super) struct Lookup {
    tokens: Vec<(String, Option<Place>)>,
    shape: &'static Shape,
}

/// A field of a plan and the path inside its value.
type Place = (usize, Vec<String>);

impl Lookup {
    pub(super) fn new(query: &Query, ty: &ResourceType, plan: &Plan) -> Lookup {
        let tokens = query.tokens().into_iter().map(|token| {
            let path = inventory(ty, token);
            let mut parts = path.split('.').map(str::to_owned);
            let field = parts.next().and_then(|first| plan.field(&first));
            // A nested path that the type does not know is an unknown token as well.
            let rest: Vec<String> = parts.collect();
            let known = field.filter(|at| rest.is_empty() || nested(ty.shape, plan.wire(*at), &rest));
            (token.to_owned(), known.map(|at| (at, rest)))
        });
        Lookup { tokens: tokens.collect(), shape: ty.shape }
    }
}

fn nested(shape: &Shape, wire: &str, rest: &[String]) -> bool {
    let Some(column) = shape.column(wire) else { return false };
    fn inside(kind: &Kind, rest: &[String]) -> bool {
        match (kind, rest) {
            (Kind::List(item), _) => inside(item, rest),
            (Kind::Object(shape), [first, more @ ..]) => {
                shape.column(first).is_some_and(|c| more.is_empty() || inside(&c.kind, more))
            }
            (Kind::Open, _) => true,
            _ => false,
        }
    }
    inside(&column.kind, rest)
}

/// A resource as a record: only the fields that the query asks for are made.
pub(super) struct ResourceRecord<'a> {
    pub(super) row: Row<'a>,
    pub(super) lookup: &'a Lookup,
    pub(super) scratch: &'a RefCell<Vec<u8>>,
}

impl Record for ResourceRecord<'_> {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let (_, found) = self.lookup.tokens.iter().find(|(name, _)| name == token)?;
        let (field, rest) = found.as_ref()?;
        let plan = &self.row.coll.plan;
        if plan.wire(*field) == self.row.coll.updated_field() && self.row.coll.is_undated(self.row.slot) {
            return Some(Values::One(FieldValue::Null));
        }
        // Asked often and long: answered without writing the list.
        if plan.wire(*field) == "vulnerabilities"
            && let [name] = rest.as_slice()
        {
            return security::vulnerability_values(&self.row, name);
        }
        let mut scratch = self.scratch.borrow_mut();
        scratch.clear();
        plan.write_field(*field, &self.row, &mut scratch);
        let value: Value = serde_json::from_slice(&scratch).ok()?;
        let kind = self.lookup.shape.column(plan.wire(*field)).map(|c| c.kind);
        let mut found = Vec::new();
        collect(&value, kind.as_ref(), rest, &mut found);
        Some(Values::Many(found))
    }

    fn free_text<'a>(&'a self) -> Option<Values<'a>> {
        let mut text = Vec::new();
        self.row.write_id(&mut text);
        text.push(b' ');
        self.row.write_name(&mut text);
        Some(Values::One(FieldValue::text(String::from_utf8(text).ok()?)))
    }
}

/// A row of a small collection as a record.
pub(super) struct RowRecord<'a> {
    pub(super) value: Value,
    pub(super) aliases: &'static [(&'static str, &'static str)],
    pub(super) shape: &'static Shape,
    /// What the row does not show.
    pub(super) hidden: Vec<(&'static str, Values<'a>)>,
}

impl Record for RowRecord<'_> {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        if let Some((_, values)) = self.hidden.iter().find(|(name, _)| *name == token) {
            return Some(values.clone());
        }
        let path = aliased(self.aliases, token).unwrap_or(token);
        let mut parts = path.split('.').map(str::to_owned);
        let first = parts.next()?;
        let value = self.value.get(&first)?;
        let rest: Vec<String> = parts.collect();
        let mut found = Vec::new();
        collect(value, self.shape.column(&first).map(|c| &c.kind), &rest, &mut found);
        Some(Values::Many(found))
    }
}

/// Collects what stands at the end of a path, or everything inside if it ends early.
fn collect(value: &Value, kind: Option<&Kind>, rest: &[String], into: &mut Vec<FieldValue<'static>>) {
    let inner = |name: &str| match kind {
        Some(Kind::Object(shape)) => shape.column(name).map(|c| &c.kind),
        _ => None,
    };
    match (value, rest) {
        (Value::Array(items), _) => {
            let item = match kind {
                Some(Kind::List(item)) => Some(*item),
                other => other,
            };
            items.iter().for_each(|v| collect(v, item, rest, into));
        }
        (Value::Object(fields), []) => fields.iter().for_each(|(k, v)| collect(v, inner(k), rest, into)),
        (Value::Object(fields), [first, more @ ..]) => {
            if let Some(value) = fields.get(first) {
                collect(value, inner(first), more, into);
            }
        }
        (_, [_, ..]) => {}
        (scalar, []) => into.push(field_value(scalar, kind)),
    }
}

fn field_value(value: &Value, kind: Option<&Kind>) -> FieldValue<'static> {
    let time = matches!(kind, Some(Kind::Time));
    match value {
        Value::Bool(yes) => FieldValue::Bool(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(number) if time => {
                Time::from_number(number).map_or(FieldValue::Int(number), |t| FieldValue::Time(t.instant()))
            }
            Some(number) => FieldValue::Int(number),
            None => FieldValue::Num(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => match (kind, Time::parse(text).filter(|_| time)) {
            (_, Some(time)) => FieldValue::Time(time.instant()),
            (Some(Kind::BoolText), _) if text == "true" => FieldValue::Bool(true),
            (Some(Kind::BoolText), _) if text == "false" => FieldValue::Bool(false),
            _ => FieldValue::Text(Cow::Owned(text.clone())),
        },
        _ => FieldValue::Null,
    }
}

impl World {
    /// A row of any collection but the inventory as a record.
    pub(super) fn record(&self, collection: &Collection, row: u64) -> RowRecord<'_> {
        let mut out = Vec::new();
        self.write(collection, row, super::View::Details, &mut out);
        let value = serde_json::from_slice(&out).unwrap_or_default();
        let mut hidden: Vec<(&'static str, Values<'_>)> = Vec::new();
        let maybe = |text: Option<String>| Values::One(text.map_or(FieldValue::Null, FieldValue::text));
        let (aliases, shape): (&[_], _) = match *collection {
            Collection::Connectors(provider) => {
                if let Some(account) = self.cloud(provider).accounts.get(row as usize) {
                    hidden.push(("account.id", account.id.as_str().into()));
                }
                (CONNECTORS, Connector::SHAPE)
            }
            Collection::Controls => {
                if let Some(control) = self.controls.all.get(row as usize) {
                    hidden.push(("qflow.name", maybe(control.workflow())));
                    hidden.push(("qflow.id", maybe(control.workflow_id())));
                }
                (CONTROLS, Control::SHAPE)
            }
            Collection::AccountEvaluations(provider, account) => {
                if let Some(account) = self.cloud(provider).accounts.get(account as usize) {
                    hidden.push(("account.id", account.id.as_str().into()));
                }
                if let Some(control) = self.controls.all.get(row as usize) {
                    hidden.push(("resource.type", control.resource_type.into()));
                }
                (ACCOUNT_EVALUATIONS, AccountEvaluation::SHAPE)
            }
            Collection::ResourceEvaluations(provider, account, control) => {
                if let Some(account) = self.cloud(provider).accounts.get(account as usize) {
                    hidden.push(("account.id", account.id.as_str().into()));
                }
                if let Some(control) = self.controls.all.get(control as usize) {
                    let cid = || Values::One(FieldValue::Int(control.cid.into()));
                    let policies = control.policies.iter().map(|p| FieldValue::text(self.policies.title(*p)));
                    hidden.push(("cid", cid()));
                    hidden.push(("control.id", cid()));
                    hidden.push(("controlId", cid()));
                    hidden.push(("control.name", control.name.as_str().into()));
                    hidden.push(("control.criticality", control.criticality.into()));
                    hidden.push(("service.type", control.service.into()));
                    hidden.push(("policy.name", policies.collect()));
                }
                (RESOURCE_EVALUATIONS, ResourceEvaluation::SHAPE)
            }
            Collection::Remediation(_) => (REMEDIATION, RemediationActivity::SHAPE),
            Collection::ConnectorErrors(..) => {
                (&[], totalcloud_api::endpoints::connectors::ConnectorError::SHAPE)
            }
            Collection::PoliciesV1(_) => (&[], PolicyV1::SHAPE),
            Collection::Mandates => (&[], Mandate::SHAPE),
            Collection::Policies | Collection::Resources(_) => (&[], Policy::SHAPE),
        };
        RowRecord { value, aliases, shape, hidden }
    }
}
