//! The statistics of a file, as the Delta log keeps them: JSON text by column.

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The part of the JSON that is used.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    num_records: Option<usize>,
    min_values: Map<String, Value>,
    max_values: Map<String, Value>,
    null_count: Map<String, Value>,
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub(crate) struct FileStats {
    /// Least and greatest values as bounds: every value lies between them, but they need not occur. Marked
    /// exact because that is what DataFusion takes for pruning; never given to anything else.
    pub(crate) bounds: Statistics,
    /// The same for the planner: exact only where the values occur.
    pub(crate) exact: Statistics,
}

impl FileStats {
    /// Reads the statistics of a file of that many rows and bytes. What cannot be read is unknown.
    pub(crate) fn read(json: Option<&str>, rows: Option<usize>, size: u64, schema: &SchemaRef) -> FileStats {
        let raw: Raw = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let rows = raw.num_records.or(rows).map_or(Precision::Absent, Precision::Exact);
        let total_byte_size = Precision::Inexact(usize::try_from(size).unwrap_or(usize::MAX));
        let mut bounds = Vec::with_capacity(schema.fields().len());
        let mut exact = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let bound = |values: &Map<String, Value>, end| {
                values.get(field.name()).and_then(|v| scalar(v, field.data_type(), end))
            };
            let nulls = raw.null_count.get(field.name()).and_then(Value::as_u64).map(|n| n as usize);
            let nulls = nulls.map_or(Precision::Absent, Precision::Exact);
            let (min, max) = (bound(&raw.min_values, End::Min), bound(&raw.max_values, End::Max));
            let of = |min: Precision<ScalarValue>, max: Precision<ScalarValue>| {
                let unknown = ColumnStatistics::new_unknown();
                unknown.with_null_count(nulls).with_min_value(min).with_max_value(max)
            };
            let known =
                |value: &Option<ScalarValue>| value.clone().map_or(Precision::Absent, Precision::Exact);
            bounds.push(of(known(&min), known(&max)));
            // Long texts are cut and instants are kept in milliseconds: only whole numbers are what they say.
            let (min, max) = match field.data_type() {
                DataType::Int64 => (known(&min), known(&max)),
                _ => (known(&min).to_inexact(), known(&max).to_inexact()),
            };
            exact.push(of(min, max));
        }
        let statistics =
            |column_statistics| Statistics { num_rows: rows, total_byte_size, column_statistics };
        FileStats { bounds: statistics(bounds), exact: statistics(exact) }
    }

    /// The greatest whole number of a column, where it is known.
    pub(crate) fn max_int(&self, column: usize) -> Option<i64> {
        match self.bounds.column_statistics.get(column)?.max_value.get_value()? {
            ScalarValue::Int64(value) => *value,
            _ => None,
        }
    }

    /// The least whole number of a column, where it is known.
    pub(crate) fn min_int(&self, column: usize) -> Option<i64> {
        match self.bounds.column_statistics.get(column)?.min_value.get_value()? {
            ScalarValue::Int64(value) => *value,
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Min,
    Max,
}

fn scalar(value: &Value, data_type: &DataType, end: End) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Int64 => ScalarValue::Int64(Some(value.as_i64()?)),
        DataType::Float64 => ScalarValue::Float64(Some(value.as_f64()?)),
        DataType::Boolean => ScalarValue::Boolean(Some(value.as_bool()?)),
        DataType::Utf8 => ScalarValue::Utf8(Some(value.as_str()?.to_owned())),
        DataType::Utf8View => ScalarValue::Utf8View(Some(value.as_str()?.to_owned())),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let instant: jiff::Timestamp = value.as_str()?.parse().ok()?;
            // The log cuts instants to milliseconds, so the greatest may be up to one later.
            let micros = instant.as_microsecond().saturating_add(if end == End::Max { 999 } else { 0 });
            ScalarValue::TimestampMicrosecond(Some(micros), zone.clone())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{Field, Schema};
    use std::sync::Arc;

    #[test]
    fn bounds_hold_and_only_whole_numbers_are_exact() {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Arc::new(Schema::new(vec![
            Field::new("_run", DataType::Int64, true),
            Field::new("name", DataType::Utf8View, true),
            Field::new("at", time, true),
            Field::new("tags", DataType::new_list(DataType::Utf8, true), true),
        ]));
        let json = r#"{"numRecords":7,"minValues":{"_run":1,"name":"a","at":"2026-01-01T00:00:00.001Z"},
            "maxValues":{"_run":3,"name":"zé","at":"2026-01-01T00:00:00.001Z"},"nullCount":{"_run":0,"name":2}}"#;
        let stats = FileStats::read(Some(json), None, 100, &schema);
        assert_eq!((stats.min_int(0), stats.max_int(0), stats.max_int(1)), (Some(1), Some(3), None));
        assert_eq!(stats.exact.num_rows, Precision::Exact(7));
        let columns = &stats.exact.column_statistics;
        assert_eq!(columns[0].max_value, Precision::Exact(ScalarValue::Int64(Some(3))));
        assert_eq!(columns[1].min_value, Precision::Inexact(ScalarValue::Utf8View(Some("a".to_owned()))));
        assert_eq!(columns[1].null_count, Precision::Exact(2));
        let Precision::Exact(ScalarValue::TimestampMicrosecond(Some(max), _)) =
            stats.bounds.column_statistics[2].max_value
        else {
            panic!("{:?}", stats.bounds.column_statistics[2]);
        };
        assert_eq!(max % 1_000_000, 1_999);
        assert_eq!(columns[3], ColumnStatistics::new_unknown());
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        for json in [None, Some("{"), Some(r#"{"minValues":{"a":"x"}}"#)] {
            let stats = FileStats::read(json, Some(5), 1, &schema);
            assert_eq!(stats.exact.num_rows, Precision::Exact(5));
            assert_eq!(stats.bounds.column_statistics[0], ColumnStatistics::new_unknown());
        }
    }
}
