//! Rows in the text form of `COPY`.

use super::columns::Column;
use crate::{Error, Kind, Result};
use arrow::array::RecordBatch;
use bytes::Bytes;
use totalcloud_table::Values;

/// Rows are sent in pieces of about this size.
const PIECE: usize = 256 << 10;

/// Writes rows.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Values from which a NUL character was taken.
    pub(super) cleaned: u64,
}

impl Lines {
    /// The rows of a batch, in pieces.
    pub(super) fn of<'l>(
        &'l mut self,
        batch: &'l RecordBatch,
        columns: &'l [Column],
    ) -> Result<impl Iterator<Item = Result<Bytes>> + 'l> {
        if batch.num_columns() != columns.len() {
            let message =
                format!("{} columns came where {} were planned", batch.num_columns(), columns.len());
            return Err(Error::new(Kind::Failed, message));
        }
        let schema = batch.schema();
        let values: Vec<Values> = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| Values::new(column, field))
            .collect::<Result<_, _>>()?;
        let mut row = 0;
        Ok(std::iter::from_fn(move || {
            if row == batch.num_rows() {
                return None;
            }
            let mut piece = String::with_capacity(PIECE + PIECE / 4);
            let mut json = String::new();
            while row < batch.num_rows() && piece.len() < PIECE {
                for (at, (values, column)) in values.iter().zip(columns).enumerate() {
                    if at > 0 {
                        piece.push('\t');
                    }
                    self.value(values, column, row, &mut json, &mut piece);
                }
                piece.push('\n');
                row += 1;
            }
            Some(Ok(Bytes::from(piece)))
        }))
    }

    fn value(&mut self, values: &Values, column: &Column, row: usize, json: &mut String, out: &mut String) {
        let Some(text) = values.text(row) else { return out.push_str("\\N") };
        if !column.is_json() {
            return self.escaped(&text, out);
        }
        json.clear();
        values.json(row, json);
        match without_nul(json) {
            Some(clean) => {
                self.cleaned += 1;
                self.escaped(&clean, out);
            }
            None => self.escaped(json, out),
        }
    }

    fn escaped(&mut self, text: &str, out: &mut String) {
        if !text.bytes().any(|b| matches!(b, b'\\' | b'\t' | b'\n' | b'\r' | 0)) {
            return out.push_str(text);
        }
        self.cleaned += u64::from(text.contains('\0'));
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\0' => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
    }
}

/// JSON whose text holds escaped NUL characters, which `jsonb` refuses, with others in their place.
fn without_nul(json: &str) -> Option<String> {
    if !json.contains("\\u0000") {
        return None;
    }
    let mut clean = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        if let Some(after) = escape.strip_prefix("\\u0000") {
            clean.push_str("\\ufffd");
            found = true;
            rest = after;
        } else {
            // A backslash and what it escapes; JSON escapes ASCII only.
            let end = escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end);
            let (pair, after) = escape.split_at(end);
            clean.push_str(pair);
            rest = after;
        }
    }
    clean.push_str(rest);
    found.then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;
    use totalcloud_table::JSON_MARK;

    fn lines(columns: Vec<(Field, ArrayRef)>) -> (String, u64) {
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        let columns: Vec<Column> = fields.iter().map(Column::of).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        let mut lines = Lines::default();
        let pieces: Vec<Bytes> = lines.of(&batch, &columns).unwrap().map(Result::unwrap).collect();
        let text = String::from_utf8(pieces.concat()).unwrap();
        (text, lines.cleaned)
    }

    fn json() -> Field {
        Field::new("j", DataType::Utf8, true).with_metadata([(JSON_MARK.into(), "true".into())].into())
    }

    #[test]
    fn nothing_in_a_value_ends_it_and_nothing_is_not_empty() {
        let texts = StringArray::from(vec![Some("a\tb\\N\nc\r"), Some(""), None, Some("nul\0")]);
        let at =
            TimestampMicrosecondArray::from(vec![Some(1_500_000), None, None, None]).with_timezone("UTC");
        let numbers = Int64Array::from(vec![Some(i64::MAX), None, Some(0), Some(1)]);
        let floats = Float64Array::from(vec![Some(f64::NAN), None, Some(0.1), Some(f64::NEG_INFINITY)]);
        let (text, cleaned) = lines(vec![
            (Field::new("t", DataType::Utf8, true), Arc::new(texts)),
            (Field::new("at", crate::schema::time(), true), Arc::new(at)),
            (Field::new("n", DataType::Int64, true), Arc::new(numbers)),
            (Field::new("f", DataType::Float64, true), Arc::new(floats)),
        ]);
        let expected = "a\\tb\\\\N\\nc\\r\t1970-01-01T00:00:01.5Z\t9223372036854775807\tNaN\n\
                        \t\\N\t\\N\t\\N\n\
                        \\N\t\\N\t0\t0.1\n\
                        nul\u{fffd}\t\\N\t1\t-Infinity\n";
        assert_eq!((text.as_str(), cleaned), (expected, 1));
    }

    #[test]
    fn json_stays_json() {
        let values = StringArray::from(vec![
            Some(r#"{"a":"x\ny"}"#),
            Some("no json"),
            Some(r#""a\u0000b\\u0000""#),
            Some("null"),
            None,
        ]);
        let (text, cleaned) = lines(vec![(json(), Arc::new(values))]);
        let expected = "{\"a\":\"x\\\\ny\"}\n\"no json\"\n\"a\\\\ufffdb\\\\\\\\u0000\"\n\\N\n\\N\n";
        assert_eq!((text.as_str(), cleaned), (expected, 1));
    }

    #[test]
    fn many_rows_go_in_pieces() {
        let text = "x".repeat(1000);
        let values = StringArray::from(vec![text.as_str(); 1000]);
        let field = Field::new("t", DataType::Utf8, true);
        let columns = [Column::of(&field)];
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(values)]).unwrap();
        let mut lines = Lines::default();
        let pieces: Vec<Bytes> = lines.of(&batch, &columns).unwrap().map(Result::unwrap).collect();
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>(), 1_001_000);
        assert!(lines.of(&batch, &[]).is_err());
    }
}
