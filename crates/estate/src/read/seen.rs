//! When rows were last seen: from the freshness of what they were read with.

use super::lookup::lookup;
use super::versions::arguments;
use crate::schema::time;
use arrow::array::{Array, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
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

/// When the scopes of one table were read completely, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    scopes: HashMap<String, Vec<i64>>,
    /// Whether all readings are kept, and not the newest alone.
    all: bool,
}

impl Readings {
    /// Keeps all readings.
    pub(crate) fn all() -> Readings {
        Readings { all: true, ..Readings::default() }
    }

    /// Notes a reading.
    pub(crate) fn push(&mut self, scope: &str, at: i64) {
        let times = self.scopes.entry_ref(scope).or_default();
        match times.first_mut() {
            Some(newest) if !self.all => *newest = at.max(*newest),
            _ => times.push(at),
        }
    }

    /// When a scope was last read before a time: itself, or with what it is part of.
    fn before(&self, scope: &str, before: i64) -> Option<i64> {
        let ends = std::iter::once(scope.len()).chain(scope.rmatch_indices('/').map(|(at, _)| at));
        let whole = (!scope.is_empty()).then_some("");
        let scopes = ends.filter_map(|end| scope.get(..end)).chain(whole);
        scopes.filter_map(|s| self.scopes.get(s)).flatten().copied().filter(|at| *at < before).max()
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
                    _ => readings.before(scope, i64::MAX),
                };
                last = Some((scope, read));
                read.max(run.and_then(|r| runs.of(r)))
            })
            .collect();
        Ok(Arc::new(found.with_timezone("UTC")))
    })
}

/// When the row was last seen that a run missed: `last_seen_before(_scope, _run, seen…)`. It was seen by the readings
/// before that run, and at the times that it tells itself.
pub(crate) fn last_seen_before(
    readings: Arc<Readings>,
    runs: Arc<RunTimes>,
    scope: Arc<dyn PhysicalExpr>,
    run: Arc<dyn PhysicalExpr>,
    seen: Vec<Arc<dyn PhysicalExpr>>,
) -> Arc<dyn PhysicalExpr> {
    let args = [scope, run].into_iter().chain(seen).collect();
    lookup("last_seen_before", args, time(), move |args| {
        let [scopes, versions, seen @ ..] = args else { return arguments() };
        let (scopes, versions) = (scopes.as_string_view(), versions.as_primitive::<Int64Type>());
        let seen: Vec<_> =
            seen.iter().map(|times| times.as_primitive::<TimestampMicrosecondType>()).collect();
        let found: TimestampMicrosecondArray = scopes
            .iter()
            .zip(versions.iter())
            .enumerate()
            .map(|(row, (scope, run))| {
                let missed = runs.of(run?)?;
                let told = seen.iter().filter(|times| times.is_valid(row)).map(|times| times.value(row));
                told.chain(readings.before(scope.unwrap_or_default(), missed)).max()
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
        let of = |scope: &str| readings.before(scope, i64::MAX);
        assert_eq!(
            (of(""), of("aws/1"), of("aws/1/52"), of("aws/2/52"), of("aws/2/53")),
            (Some(5), Some(9), Some(9), Some(5), Some(5))
        );
        assert_eq!(Readings::default().before("aws/1", i64::MAX), None);
    }

    #[test]
    fn of_all_readings_the_newest_before_a_time_counts() {
        let mut readings = Readings::all();
        for (scope, at) in [("", 2), ("aws/1", 9), ("aws/1", 7), ("aws/1/52", 4)] {
            readings.push(scope, at);
        }
        let before = |at: i64| readings.before("aws/1/52", at);
        assert_eq!([10, 9, 7, 4, 2].map(before), [Some(9), Some(7), Some(4), Some(2), None]);
    }
}
