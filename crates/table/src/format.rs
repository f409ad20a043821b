//! The formats by name.

use std::fmt;
use std::str::FromStr;

/// How rows are written.
///
/// Missing (or null) and zero are different in every format. Instants are ISO-8601 in UTC (`Z`) wherever
/// they are text, account ids keep their leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Aligned columns for people, as wide as the terminal at most: what does not fit ends in `…`, nested
    /// values are told in few words, secrets are hidden, and nothing in a value reaches the terminal as a
    /// control character. The first rows decide about the widths, so that memory does not grow.
    Table,
    /// One JSON array of the rows as they came. With chosen columns, objects of just these, nested ones under
    /// their dotted name, values still as they came.
    Json,
    /// Each row as it came, one a line; chosen columns as in JSON.
    Ndjson,
    /// Comma-separated values by RFC 4180, lines ending in a line feed, the header with the names of the
    /// wire. Missing is nothing at all, empty text is `""` (where there is one column only, missing is `""`
    /// too, because a blank line would be no row). Nested values are their JSON. Text is written as it is
    /// even if a spreadsheet would run it, see
    /// [`guard_formulas`](crate::WriteOptions::guard_formulas).
    Csv,
    /// Tab-separated values, otherwise as CSV.
    Tsv,
    /// An Excel workbook with typed cells, dates in UTC, and text that is never a formula. Rows beyond the
    /// limit of a sheet go on to a next one; text beyond the 32,767 characters of a cell is cut and
    /// reported. Missing and empty text look the same.
    Xlsx,
    /// A Parquet file with the columns of [`schema`](crate::schema), compressed with zstd. Memory is bounded
    /// by a row group of some 12 MiB.
    Parquet,
    /// Arrow IPC with the columns of [`schema`](crate::schema), uncompressed: a file (Feather), or a stream
    /// for readers that cannot seek, see [`stream`](crate::WriteOptions::stream).
    Arrow,
    /// A table in GitHub's Markdown with the words of the text table.
    Markdown,
}

impl Format {
    /// All formats, in the order that help texts list them.
    pub const ALL: &[Format] = &[
        Format::Table,
        Format::Json,
        Format::Ndjson,
        Format::Csv,
        Format::Tsv,
        Format::Xlsx,
        Format::Parquet,
        Format::Arrow,
        Format::Markdown,
    ];

    /// The name that flags take.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::Markdown => "markdown",
        }
    }

    /// The usual ending of a file, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Table => "txt",
            Format::Markdown => "md",
            other => other.name(),
        }
    }

    /// The format that a file of this ending usually has; letter case does not matter.
    pub fn from_extension(extension: &str) -> Option<Format> {
        let extension = extension.to_ascii_lowercase();
        match extension.as_str() {
            "jsonl" => Some(Format::Ndjson),
            "arrows" | "feather" | "ipc" => Some(Format::Arrow),
            _ => Format::ALL.iter().copied().find(|f| f.extension() == extension),
        }
    }

    /// Whether the output is text, which a terminal can show.
    pub const fn is_text(self) -> bool {
        !matches!(self, Format::Xlsx | Format::Parquet | Format::Arrow)
    }

    /// Whether rows are written as they came rather than by columns.
    pub const fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Ndjson)
    }

    /// Whether only a choice of columns is shown by default.
    pub const fn is_view(self) -> bool {
        matches!(self, Format::Table | Format::Markdown)
    }

    /// Whether columns carry types.
    pub(crate) const fn is_arrow(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {name:?}; there are {}", Format::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        let wanted = name.trim().to_ascii_lowercase();
        Format::ALL
            .iter()
            .copied()
            .find(|f| f.name() == wanted || (f.extension() == wanted && *f != Format::Table))
            .or_else(|| (wanted == "jsonl").then_some(Format::Ndjson))
            .ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name_and_its_ending() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>(), Ok(*format));
            assert_eq!(Format::from_extension(&format.extension().to_uppercase()), Some(*format));
        }
        assert_eq!("JSONL".parse(), Ok(Format::Ndjson));
        assert_eq!("md".parse(), Ok(Format::Markdown));
        assert_eq!(
            "yaml".parse::<Format>().unwrap_err().to_string(),
            "there is no format \"yaml\"; there are table, json, ndjson, csv, tsv, xlsx, parquet, arrow, markdown"
        );
    }
}
