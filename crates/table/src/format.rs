//! The formats by name.

use std::fmt;
use std::str::FromStr;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON array of the rows as they came.
    Json,
    /// Each row as it came, one a line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// An Excel workbook.
    Xlsx,
    /// A Parquet file.
    Parquet,
    /// Arrow IPC.
    Arrow,
    /// A Markdown table.
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
