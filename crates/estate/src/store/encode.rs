//! Row versions as record batches.

use super::index::Life;
use crate::layout::*;
use crate::tables::TableSpec;
use crate::{Result, schema};
use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray, StringBuilder,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use std::sync::Arc;
use totalcloud_table::BatchBuilder;

/// One version of a row.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) key: String,
    pub(crate) gone: bool,
    pub(crate) hash: i64,
    pub(crate) scope: Arc<str>,
    pub(crate) provider: Option<Arc<str>>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) control: Option<Arc<str>>,
    pub(crate) first_seen: i64,
    pub(crate) life: Life,
    pub(crate) raw: Bytes,
}

/// Makes batches of one table.
pub(crate) struct Encoder {
    schema: SchemaRef,
    run: i64,
    rows: BatchBuilder,
    /// Where each stored column comes from.
    from: Vec<From>,
    /// Values that did not fit their columns; they are in `extra` and `raw`.
    pub(crate) misfits: u64,
}

enum From {
    System(&'static str),
    Shape(usize),
    Nothing,
}

const SYSTEM: &[&str] = &[
    KEY,
    RUN,
    GONE,
    TO,
    HASH,
    SCOPE,
    PROVIDER,
    ACCOUNT,
    CONTROL,
    FIRST_SEEN,
    FAILED_SINCE,
    FIXED_ON,
    REOPENED_ON,
    TIMES_REOPENED,
];

impl Encoder {
    /// For a table as it is stored.
    pub(crate) fn new(table: &'static TableSpec, schema: SchemaRef, run: i64) -> Encoder {
        let rows = BatchBuilder::new(table.shape, true);
        let system = schema::system_fields(table);
        let shape = rows.schema().fields().clone();
        let from = schema
            .fields()
            .iter()
            .map(|field| {
                let name = field.name().as_str();
                // The last two columns of the rows are named otherwise where the shape has such fields.
                let shaped = match name {
                    RAW => Some(shape.len() - 1),
                    EXTRA => Some(shape.len() - 2),
                    _ => shape.iter().position(|f| f.name() == name),
                };
                let own = system.iter().any(|f| f.name() == name);
                match SYSTEM.iter().find(|s| **s == name && own) {
                    Some(name) => From::System(name),
                    None => shaped.map_or(From::Nothing, From::Shape),
                }
            })
            .collect();
        Encoder { schema, run, rows, from, misfits: 0 }
    }

    /// The versions as a batch.
    pub(crate) fn batch(&mut self, versions: &[Version]) -> Result<RecordBatch> {
        for version in versions {
            self.misfits += self.rows.push(&version.raw)?.len() as u64;
        }
        let rows = self.rows.finish()?;
        let columns = self
            .from
            .iter()
            .zip(self.schema.fields())
            .map(|(from, field)| {
                let array = match from {
                    From::System(name) => self.system(name, versions),
                    From::Shape(at) => Arc::clone(rows.column(*at)),
                    From::Nothing => new_null_array(field.data_type(), versions.len()),
                };
                fitted(array, field.data_type())
            })
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(versions.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }

    fn system(&self, name: &str, versions: &[Version]) -> ArrayRef {
        let text = |of: fn(&Version) -> Option<&str>| -> ArrayRef {
            Arc::new(versions.iter().map(of).collect::<StringArray>())
        };
        let time = |of: fn(&Version) -> Option<i64>| -> ArrayRef {
            let times: TimestampMicrosecondArray = versions.iter().map(of).collect();
            Arc::new(times.with_timezone("UTC"))
        };
        match name {
            KEY => {
                let mut keys = StringBuilder::with_capacity(versions.len(), versions.len() * 40);
                versions.iter().for_each(|v| keys.append_value(&v.key));
                Arc::new(keys.finish())
            }
            RUN => Arc::new(Int64Array::from(vec![self.run; versions.len()])),
            GONE => Arc::new(versions.iter().map(|v| Some(v.gone)).collect::<BooleanArray>()),
            TO => new_null_array(&DataType::Int64, versions.len()),
            HASH => Arc::new(versions.iter().map(|v| v.hash).collect::<Int64Array>()),
            SCOPE => text(|v| Some(&v.scope)),
            PROVIDER => text(|v| v.provider.as_deref()),
            ACCOUNT => text(|v| v.account.as_deref()),
            CONTROL => text(|v| v.control.as_deref()),
            FIRST_SEEN => time(|v| Some(v.first_seen)),
            FAILED_SINCE => time(|v| v.life.failed_since),
            FIXED_ON => time(|v| v.life.fixed_on),
            REOPENED_ON => time(|v| v.life.reopened_on),
            _ => Arc::new(versions.iter().map(|v| Some(v.life.times_reopened)).collect::<Int64Array>()),
        }
    }
}

/// A column in the type it is stored in. What does not fit is null there; `raw` has it.
fn fitted(array: ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if array.data_type() == data_type {
        return Ok(array);
    }
    let safe = CastOptions { safe: true, ..CastOptions::default() };
    Ok(cast_with_options(&array, data_type, &safe).unwrap_or_else(|_| new_null_array(data_type, array.len())))
}
