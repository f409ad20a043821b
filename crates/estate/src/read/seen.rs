//! When rows were last seen: from the freshness of what they were read with.

use super::lookup::lookup;
use super::versions::arguments;
use crate::schema::time;
use arrow::array::{AsArray, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use datafusion::common::HashMap;
use datafusion::physical_expr::PhysicalExpr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When runs began, in microseconds.
#[derive(Debug, Default, Clone)]
pub(crate) struct RunTimes(pub(crate) BTreeMap<i64, i64>);

impl RunTimes {
    fn of(&self, run: i64) -> Option<i64> {
        self.0.get(&run).copied()
    }
}

/// The newest complete reading of each scope of one table, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Readings(HashMap<String, i64>);

impl Readings {
    /// Notes a reading.
    pub(crate) fn push(&mut self, scope: &str, at: i64) {
        let newest = self.0.entry_ref(scope).or_insert(at);
        *newest = at.max(*newest);
    }

    /// When a scope was last read: itself, or with what it is part of.
    fn of(&self, scope: &str) -> Option<i64> {
        let ends = std::iter::once(scope.len()).chain(scope.rmatch_indices('/').map(|(at, _)| at));
        let whole = (!scope.is_empty()).then_some("");
        ends.filter_map(|end| scope.get(..end)).chain(whole).filter_map(|s| self.0.get(s).copied()).max()
    }
}

/// When the row was last seen: `last_seen(_scope, _run)`. The run that wrote a version saw it.
pub(crate) fn last_seen(
    readings: Arc<Readings>,
    runs: Arc<RunTimes>,
    scope: Arc<dyn PhysicalExpr>,
    run: Arc<dyn PhysicalExpr>,
) -> Arc<dyn PhysicalExpr> {
    lookup("last_seen", vec![scope, run], time(), move |args| {
        let [scopes, versions] = args else { return arguments() };
        let (scopes, versions) = (scopes.as_string_view(), versions.as_primitive::<Int64Type>());
        // Rows are sorted so that most have the scope of the one before.
        let mut last: Option<(&str, Option<i64>)> = None;
        let found: TimestampMicrosecondArray = scopes
            .iter()
            .zip(versions.iter())
            .map(|(scope, run)| {
                let scope = scope.unwrap_or_default();
                let read = match last {
                    Some((before, read)) if before == scope => read,
                    _ => readings.of(scope),
                };
                last = Some((scope, read));
                read.max(run.and_then(|r| runs.of(r)))
            })
            .collect();
        Ok(Arc::new(found.with_timezone("UTC")))
    })
}

/// When a run began: `run_time(run)`.
pub(crate) fn run_time(runs: Arc<RunTimes>, run: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    lookup("run_time", vec![run], time(), move |args| {
        let [versions] = args else { return arguments() };
        let versions = versions.as_primitive::<Int64Type>();
        let found: TimestampMicrosecondArray = versions.iter().map(|run| runs.of(run?)).collect();
        Ok(Arc::new(found.with_timezone("UTC")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_was_read_with_what_it_is_part_of() {
        let mut readings = Readings::default();
        for (scope, at) in [("", 5), ("aws/1", 9), ("aws/1", 7), ("aws/1/52", 6), ("aws/2/52", 2)] {
            readings.push(scope, at);
        }
        let of = |scope: &str| readings.of(scope);
        assert_eq!(
            (of(""), of("aws/1"), of("aws/1/52"), of("aws/2/52"), of("aws/2/53")),
            (Some(5), Some(9), Some(9), Some(5), Some(5))
        );
        assert_eq!(Readings::default().of("aws/1"), None);
    }
}
