//! What changed between two runs, from the table of changes.

use crate::layout::CHANGES;
use crate::read::AsOf;
use crate::store::{ChangeRow, Estate, Run, RunKind, file};
use crate::{Error, Kind, Result};
use bytes::Bytes;
use serde_json::{Map, Value};
use totalcloud_api::model;

model! {
    /// One change.
    pub struct Change {
        /// The run that saw it.
        run = "run": int;
        /// When that run began.
        at = "at": time;
        /// appeared, vanished, changed, newly_failed, fixed, reopened or excepted.
        [Shown] kind = "kind": text;
        /// The table of the row.
        [Shown] table = "table": text;
        /// Cloud.
        provider = "provider": text;
        /// Account, subscription, project or tenancy.
        [Shown] account = "account": text;
        /// Region.
        region = "region": text;
        /// API name of the type.
        resource_type = "resourceType": text;
        /// Id in the cloud.
        [Shown] resource_id = "resourceId": text;
        /// Name.
        [Shown] name = "name": text;
        /// Control.
        [Shown] control_id = "controlId": text;
        /// What identifies the row in its table.
        [Id] key = "key": text;
        /// The fields that changed, each with its value before and after.
        [Shown] fields = "fields": open;
    }
}

/// What changed from one run to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The run from which on; what it saw itself is not in here.
    pub from: Run,
    /// The run up to which.
    pub to: Run,
    /// The changes, in the order of the runs.
    pub changes: Vec<ChangeRow>,
    /// Runs between the two, the last included, that were not complete.
    pub incomplete: Vec<i64>,
}

/// Finds out what changed; of these tables only, where any are named.
///
/// # Errors
/// [`Kind::Input`] if a point lies before the first run or a table has no name of the estate's; or if the estate
/// cannot be read.
pub async fn between(estate: &Estate, from: AsOf, to: AsOf, tables: &[String]) -> Result<Difference> {
    let runs: Vec<Run> = estate.runs().await?.into_iter().filter(|r| r.kind == RunKind::Sync).collect();
    let (from, to) = (find(&runs, from)?.clone(), find(&runs, to)?.clone());
    if from.run > to.run {
        let said =
            format!("--from is run {} of {}, which is after --to, run {}", from.run, from.finished, to.run);
        return Err(Error::new(Kind::Input, said).hint("give the earlier one with --from"));
    }
    for table in tables {
        known(table, &to)?;
    }
    let inside = |run: i64| run > from.run && run <= to.run;
    let mut changes = Vec::new();
    let version = runs.last().and_then(|newest| newest.table(CHANGES)).map(|t| t.version);
    if let Some(log) = match version {
        Some(version) => estate.log(CHANGES, Some(version)).await?,
        None => None,
    } {
        for data in &log.files {
            let rows: Vec<ChangeRow> =
                file::read_plain(estate.place(), &log, std::slice::from_ref(data)).await?;
            let wanted = |c: &ChangeRow| inside(c.run) && (tables.is_empty() || tables.contains(&c.table));
            changes.extend(rows.into_iter().filter(wanted));
        }
    }
    changes.sort_by(|a, b| (a.run, &a.table, a.kind, &a.key).cmp(&(b.run, &b.table, b.kind, &b.key)));
    let incomplete = runs.iter().filter(|r| inside(r.run) && !r.complete).map(|r| r.run).collect();
    Ok(Difference { from, to, changes, incomplete })
}

fn find(runs: &[Run], point: AsOf) -> Result<&Run> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return Err(Error::new(Kind::Missing, "nothing was synced into this estate yet")
            .hint("totalcloud sync does that; from the second one on there is something to compare"));
    };
    let found = match point {
        AsOf::Latest => Some(last),
        AsOf::Run(number) => runs.iter().find(|r| r.run == number),
        AsOf::Time(at) => runs.iter().rev().find(|r| r.finished <= at),
    };
    found.ok_or_else(|| {
        let said = match point {
            AsOf::Run(number) => {
                format!("there is no sync of number {number}; there are {} to {}", first.run, last.run)
            }
            _ => format!("nothing is known of before {}: that is when the first sync ended", first.finished),
        };
        Error::new(Kind::Input, said).hint(format!("the oldest there is: --from {}", first.run))
    })
}

fn known(table: &str, run: &Run) -> Result<()> {
    if run.table(table).is_some() || crate::tables::get(table).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = run.tables.iter().map(|t| t.table.as_str()).collect();
    let near = totalcloud_api::nearest::nearest(table, &names);
    let error = Error::new(Kind::Input, format!("there is no table '{table}'"));
    Err(if near.is_empty() { error } else { error.hint(format!("nearest: {}", near.join(", "))) })
}

/// A change as a row of JSON, with the values of fields as values.
pub fn row(change: &ChangeRow) -> Bytes {
    let value = |text: &Option<String>| match text {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
        None => Value::Null,
    };
    let mut row = match serde_json::to_value(change) {
        Ok(Value::Object(row)) => row,
        _ => Map::new(),
    };
    let fields = change.fields.iter().map(
        |f| serde_json::json!({ "field": f.field, "before": value(&f.before), "after": value(&f.after) }),
    );
    row.insert("fields".to_owned(), fields.collect());
    Value::Object(row).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ChangeKind, FieldChange};
    use jiff::Timestamp;

    fn run(number: i64, ended: i64) -> Run {
        let at = |s| Timestamp::from_second(s).unwrap();
        Run {
            run: number,
            kind: RunKind::Sync,
            started: at(ended - 5),
            finished: at(ended),
            complete: true,
            calls: 0,
            rows_read: 0,
            appeared: 0,
            changed: 0,
            vanished: 0,
            bytes: 0,
            oldest: 1,
            program: String::new(),
            assumed: Vec::new(),
            tables: Vec::new(),
        }
    }

    #[test]
    fn a_time_is_the_run_that_had_ended_by_then() {
        let runs = [run(1, 100), run(3, 200), run(4, 300)];
        let of = |point| find(&runs, point).map(|r| r.run);
        let at = |s| AsOf::Time(Timestamp::from_second(s).unwrap());
        assert_eq!(of(AsOf::Latest).unwrap(), 4);
        assert_eq!((of(at(100)).unwrap(), of(at(299)).unwrap(), of(at(999)).unwrap()), (1, 3, 4));
        assert_eq!(of(AsOf::Run(3)).unwrap(), 3);
        let said = of(at(99)).unwrap_err();
        assert!(said.message().contains("1970-01-01T00:01:40Z"), "{said}");
        assert!(of(AsOf::Run(2)).unwrap_err().message().contains("there are 1 to 4"));
        assert_eq!(find(&[], AsOf::Latest).unwrap_err().kind(), Kind::Missing);
    }

    #[test]
    fn values_of_fields_are_values() {
        let change = ChangeRow {
            run: 2,
            at: Timestamp::from_second(1).unwrap(),
            kind: ChangeKind::Changed,
            table: "aws_vpc".into(),
            provider: Some("aws".into()),
            account: None,
            region: None,
            resource_type: None,
            resource_id: None,
            name: None,
            control_id: None,
            key: "u".into(),
            fields: vec![FieldChange { field: "n".into(), before: Some("1".into()), after: None }],
        };
        let row: Value = serde_json::from_slice(&row(&change)).unwrap();
        assert_eq!(row["kind"], "changed");
        assert_eq!(row["fields"], serde_json::json!([{"field": "n", "before": 1, "after": null}]));
    }
}
