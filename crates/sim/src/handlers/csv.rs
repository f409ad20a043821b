//! The contents of an assessment report. The columns are a guess; the rows are those of the evaluations.

use super::connectors;
use crate::call::Call;
use crate::reply::Reply;
use crate::reports::Report;
use crate::state::connectors::Connector;
use crate::world::{Ask, Collection, View};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use totalcloud_api::Time;

/// A report as text, and its counts.
pub(super) struct Table {
    pub(super) text: String,
    pub(super) rows: u64,
    pub(super) failed: u64,
}

const COLUMNS: &str = "Cloud Type,Account,Connector Id,Policy Title,CID,Control Name,Criticality,Service,\
                       Resource Id,Resource Type,Region,Result,Evaluated On\r\n";

pub(super) fn object(call: &Call<'_>, collection: &Collection, row: u64) -> Map<String, Value> {
    let mut out = Vec::new();
    call.world.write(collection, row, View::List, &mut out);
    serde_json::from_slice(&out).unwrap_or_default()
}

fn text<'m>(map: &'m Map<String, Value>, key: &str) -> &'m str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Title and controls of the policies that are wanted.
pub(super) fn policies(
    call: &Call<'_>,
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Vec<(String, Vec<u64>)>, Reply> {
    let all = call.select(&Collection::Policies, &Ask::default())?;
    let mut found = Vec::new();
    for row in all.page(0, all.total()) {
        let policy = object(call, &Collection::Policies, row);
        if wanted(&policy) {
            let controls = policy.get("controlIds").and_then(Value::as_array);
            let cids = controls.map(|ids| ids.iter().filter_map(Value::as_u64).collect()).unwrap_or_default();
            found.push((text(&policy, "title").to_owned(), cids));
        }
    }
    Ok(found)
}

fn named(report: &Report) -> impl Fn(&Map<String, Value>) -> bool {
    |policy| report.policies.iter().any(|id| id.eq_ignore_ascii_case(text(policy, "uuid")))
}

/// Place, id and connector of each account of a report that the world knows.
fn accounts(call: &Call<'_>, report: &Report) -> Vec<(u32, String, String)> {
    let connectors = report.connectors.iter().filter_map(|id| connectors::known(call, report.cloud, id));
    let of = |connector: Connector| {
        let account = call.world.account(report.cloud, connector.account())?;
        Some((account, connector.account().to_owned(), connector.id().to_owned()))
    };
    connectors.filter_map(of).collect()
}

fn ask(report: &Report) -> Ask<'_> {
    Ask { filter: Some(report.query.as_str()).filter(|q| !q.trim().is_empty()), ..Ask::default() }
}

/// Refuses a query that cannot be read before the report is accepted.
pub(super) fn check_query(call: &Call<'_>, report: &Report) -> Result<(), Reply> {
    let control = policies(call, named(report))?
        .into_iter()
        .flat_map(|(_, cids)| cids)
        .find_map(|cid| call.world.control(cid));
    if let (Some((account, ..)), Some(control)) = (accounts(call, report).first(), control) {
        let collection = Collection::ResourceEvaluations(report.cloud, *account, control);
        call.select(&collection, &ask(report)).map_err(|_| call.errors.bad_parameter("query"))?;
    }
    Ok(())
}

/// Makes the table of a report: a row for each resource that a control of its policies looked at in the
/// accounts of its connectors within its period.
pub(super) fn table(call: &Call<'_>, report: &Report) -> Result<Table, Reply> {
    let mut table = Table { text: COLUMNS.to_owned(), rows: 0, failed: 0 };
    let policies = policies(call, named(report))?;
    for (account, id, connector) in accounts(call, report) {
        let results = Collection::AccountEvaluations(report.cloud, account);
        let all = call.select(&results, &Ask::default())?;
        let mut controls: BTreeMap<u64, Map<String, Value>> = BTreeMap::new();
        for row in all.page(0, all.total()) {
            let result = object(call, &results, row);
            if let Ok(cid) = text(&result, "controlId").parse() {
                controls.insert(cid, result);
            }
        }
        for (title, cids) in &policies {
            for cid in cids {
                let (Some(about), Some(control)) = (controls.get(cid), call.world.control(*cid)) else {
                    continue;
                };
                let collection = Collection::ResourceEvaluations(report.cloud, account, control);
                let rows = call.select(&collection, &ask(report))?;
                for row in rows.page(0, rows.total()) {
                    let resource = object(call, &collection, row);
                    add(&mut table, report, [&id, &connector, title], *cid, about, &resource);
                }
            }
        }
    }
    Ok(table)
}

fn add(
    table: &mut Table,
    report: &Report,
    [account, connector, policy]: [&str; 3],
    cid: u64,
    control: &Map<String, Value>,
    resource: &Map<String, Value>,
) {
    let result = text(resource, "result");
    if !report.results.is_empty() && !report.results.iter().any(|r| r == result) {
        return;
    }
    let evaluated = text(resource, "evaluatedOn");
    if Time::parse(evaluated).is_some_and(|t| t.instant() < report.from || t.instant() > report.to) {
        return;
    }
    table.rows += 1;
    table.failed += u64::from(result == "FAIL");
    let cid = cid.to_string();
    let fields = [
        report.cloud.upper(),
        account,
        connector,
        policy,
        &cid,
        text(control, "controlName"),
        text(control, "criticality"),
        text(control, "service"),
        text(resource, "resourceId"),
        text(resource, "resourceType"),
        text(resource, "region"),
        result,
        evaluated,
    ];
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            table.text.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            table.text.push('"');
            table.text.push_str(&field.replace('"', "\"\""));
            table.text.push('"');
        } else {
            table.text.push_str(field);
        }
    }
    table.text.push_str("\r\n");
}
