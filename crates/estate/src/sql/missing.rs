//! What is said of a table that is not there: was it never synced, or is its name mistyped?

use super::error::SqlError;
use super::names::Known;
use super::text::Text;
use crate::Kind;
use crate::layout::{CHANGES, FRESHNESS, SYNC_RUNS};
use crate::tables::{self, Kind as Family};
use datafusion::sql::sqlparser::ast::{ObjectName, Spanned};
use totalcloud_api::nearest::nearest;

/// The schemas that show the estate.
const STORED: [&str; 2] = ["estate", "history"];

/// The family that a table of the estate needs, if there is such a table.
pub fn family(table: &str) -> Option<Family> {
    match table {
        "resources" | SYNC_RUNS | CHANGES | FRESHNESS => Some(Family::Inventory),
        "findings" => Some(Family::ResourceEvaluations),
        other => tables::get(other).map(|spec| spec.kind),
    }
}

/// The command that brings a family.
pub fn brings(family: Family) -> String {
    match family {
        Family::Details | Family::Vulnerabilities => "totalcloud sync --with details".to_owned(),
        Family::ResourceEvaluations => "totalcloud sync --with resource-evaluations".to_owned(),
        other => format!("totalcloud sync --only {}", other.family()),
    }
}

/// The error of a table that was never synced.
pub(super) fn never_synced(table: &str, family: Family) -> SqlError {
    if table == CHANGES {
        return SqlError::new(
            Kind::Missing,
            "there are no changes yet: the first sync is what later ones are compared with",
        )
        .hint("run 'totalcloud sync' again when something may have changed");
    }
    SqlError::new(Kind::Missing, format!("'{table}' was never synced, so nothing can be said about it"))
        .hint(format!("'{}' brings it", brings(family)))
}

/// The error of a table that is not there.
pub(super) fn table(name: &ObjectName, known: &Known, with: &[&str], text: &Text<'_>) -> SqlError {
    let last = name.0.last().and_then(|p| p.as_ident()).map_or("", |ident| ident.value.as_str());
    // What stands in single quotes comes without its place.
    let at = |e: SqlError| match text.range_of(name.span()).or_else(|| text.find(last)) {
        Some((start, end)) => e.at(text, start, end),
        None => e,
    };
    let parts: Vec<&str> =
        name.0.iter().filter_map(|p| p.as_ident()).map(|ident| ident.value.as_str()).collect();
    let (schema, table) = match parts.as_slice() {
        [table] => (known.default.as_str(), *table),
        [.., schema, table] => (*schema, *table),
        [] => return at(SqlError::input(format!("there is no table '{name}'"))),
    };
    if table.contains(['/', '\\', ':'])
        || [".parquet", ".csv", ".json"].iter().any(|end| table.ends_with(end))
    {
        return at(SqlError::input(format!("'{table}' is no table: files cannot be read here")).hint(
            "a query reaches the estate and the service only; the table 'tables' lists what there is",
        ));
    }
    let schema = schema.to_ascii_lowercase();
    let lower = table.to_ascii_lowercase();
    if STORED.contains(&schema.as_str())
        && let Some(family) = family(&lower)
    {
        return at(never_synced(&lower, family));
    }
    let Some(tables) = known.schemas.get(&schema) else {
        let schemas: Vec<&str> = known.schemas.keys().map(String::as_str).collect();
        let e = SqlError::input(format!("there is no schema '{schema}'"));
        return at(match nearest(&schema, &schemas).first() {
            Some(near) => e.hint(format!("did you mean {near}?")),
            None if schema == "live" => {
                e.hint("the tables of the service itself need a sign-in: see 'totalcloud auth status'")
            }
            None => e.hint(format!("there are {}", schemas.join(", "))),
        });
    };
    let shown = if schema == known.default { table.to_owned() } else { format!("{schema}.{table}") };
    let e = SqlError::input(format!("there is no table '{shown}'"));
    let mut names: Vec<&str> = tables.iter().map(String::as_str).collect();
    names.extend(with);
    if STORED.contains(&schema.as_str()) {
        names.extend(tables::all().iter().map(|spec| spec.name.as_str()));
    }
    names.sort_unstable();
    names.dedup();
    let near = nearest(table, &names);
    at(if near.is_empty() {
        e.hint("the table 'tables' lists what there is")
    } else {
        e.hint(format!("did you mean {}?", near.join(" or ")))
    })
}
