//! Columns whose values hardly repeat: to look each one up in a dictionary would cost time and save nothing.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use parquet::schema::types::ColumnPath;
use std::collections::HashSet;
use std::hash::Hash;

/// Values of a column that are looked at, at most and at least.
const MOST: usize = 1024;
const LEAST: usize = 64;

/// Those of a batch, as Parquet names them.
pub(super) fn unlike(batch: &RecordBatch) -> Vec<ColumnPath> {
    let mut found = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        collect(column, &mut vec![field.name().clone()], &mut found);
    }
    found
}

fn collect(column: &dyn Array, path: &mut Vec<String>, found: &mut Vec<ColumnPath>) {
    let unlike = match column.data_type() {
        DataType::Utf8 => differ(column.as_string::<i32>().iter()),
        DataType::Int64 => differ(column.as_primitive::<Int64Type>().iter()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            differ(column.as_primitive::<TimestampMicrosecondType>().iter())
        }
        DataType::Struct(fields) => {
            for (field, inner) in fields.iter().zip(column.as_struct().columns()) {
                path.push(field.name().clone());
                collect(inner, path, found);
                path.pop();
            }
            false
        }
        DataType::List(item) => {
            path.extend(["list".to_owned(), item.name().clone()]);
            collect(column.as_list::<i32>().values(), path, found);
            path.truncate(path.len() - 2);
            false
        }
        _ => false,
    };
    if unlike {
        found.push(ColumnPath::new(path.clone()));
    }
}

/// Whether at most one value in four was there before.
fn differ<T: Eq + Hash>(values: impl Iterator<Item = Option<T>>) -> bool {
    let mut seen = HashSet::new();
    let came = values.flatten().take(MOST).map(|value| seen.insert(value)).count();
    came >= LEAST && seen.len() >= came - came / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, StructArray};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::Field;
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    fn texts(rows: usize, distinct: usize) -> ArrayRef {
        Arc::new((0..rows).map(|n| Some((n % distinct).to_string())).collect::<StringArray>())
    }

    #[test]
    fn only_what_hardly_repeats_is_named_at_any_depth() {
        let ids: ArrayRef = Arc::new((0..200).collect::<Int64Array>());
        let inner = StructArray::from(vec![
            (Arc::new(Field::new("key", DataType::Utf8, true)), texts(200, 3)),
            (Arc::new(Field::new("value", DataType::Utf8, true)), texts(200, 200)),
        ]);
        let item = Arc::new(Field::new("element", inner.data_type().clone(), true));
        let tags = ListArray::new(item, OffsetBuffer::from_lengths([1; 200]), Arc::new(inner), None);
        let batch = RecordBatch::try_from_iter([
            ("id", ids),
            ("region", texts(200, 20)),
            ("name", texts(200, 150)),
            ("owner", texts(200, 149)),
            ("tags", Arc::new(tags)),
        ])
        .unwrap();
        // As the files say it: a name that no column has would be passed over there.
        let plain = unlike(&batch).into_iter();
        let properties =
            plain.fold(WriterProperties::builder(), |b, c| b.set_column_dictionary_enabled(c, false));
        let mut file = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
        file.write(&batch).unwrap();
        let written = file.close().unwrap();
        let columns = written.row_group(0).columns().iter();
        let named: Vec<String> = columns
            .filter(|c| c.dictionary_page_offset().is_none())
            .map(|c| c.column_path().string())
            .collect();
        assert_eq!(named, ["id", "name", "tags.list.element.value"]);
    }

    #[test]
    fn few_values_prove_nothing() {
        assert!(!differ((0..LEAST as i64 - 1).map(Some)));
        assert!(differ((0..LEAST as i64).map(Some)));
        assert!(!differ((0..1000).map(|n| (n % 40 == 0).then_some(n))));
    }
}
