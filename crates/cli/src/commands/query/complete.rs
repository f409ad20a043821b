//! What can come next where somebody types SQL: words of the language, tables, columns.

use std::collections::BTreeSet;
use totalcloud_estate::sql::{FUNCTIONS, Session};

/// Words of SQL that are worth completing.
const KEYWORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT JOIN",
    "INNER JOIN",
    "CROSS JOIN",
    "USING",
    "UNION ALL",
    "WITH",
    "DISTINCT",
    "COUNT(*)",
    "COUNT(",
    "SUM(",
    "MIN(",
    "MAX(",
    "AVG(",
    "AND",
    "NOT",
    "BETWEEN",
    "LIKE",
    "ILIKE",
    "EXISTS",
    "IS NULL",
    "IS NOT NULL",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST(",
    "COALESCE(",
    "INTERVAL",
    "DESC",
    "ASC",
    "NULLS LAST",
    "EXCLUDE",
    "EXPLAIN",
    "QUALIFY",
    "OVER",
    "PARTITION BY",
    "UNNEST(",
    "NOW()",
    "DATE_TRUNC(",
    "TRUE",
    "FALSE",
    "DESCRIBE",
    "SHOW TABLES",
    "VALUES",
];

/// What can be typed at all.
#[derive(Debug, Default)]
pub(super) struct Words {
    tables: Vec<String>,
    columns: Vec<(String, Vec<String>)>,
}

impl Words {
    /// The tables of a session and their columns.
    pub(super) async fn of(session: &Session) -> Words {
        let mut words = Words { tables: session.table_names(), columns: Vec::new() };
        for table in &words.tables {
            if let Some(columns) = session.columns(table).await {
                let names = columns.fields().iter().map(|f| f.name().clone());
                words.columns.push((table.clone(), names.collect()));
            }
        }
        words
    }

    /// The place where the word at the end begins, and what may stand there.
    pub(super) fn complete(&self, line: &str) -> (usize, Vec<String>) {
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let start = line
            .rfind(|c: char| !in_word(c))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        let word = &line[start..];
        let lower = word.to_ascii_lowercase();
        let begins = |name: &str| name.to_ascii_lowercase().starts_with(&lower);
        if line.starts_with("\\d ") {
            return (start, self.tables.iter().filter(|t| begins(t)).cloned().collect());
        }
        if line.starts_with('\\') {
            let commands = ["\\d", "\\timing", "\\q", "\\?"].into_iter().filter(|c| c.starts_with(line));
            return (0, commands.map(str::to_owned).collect());
        }
        let mut found = BTreeSet::new();
        let before = line[..start].trim_end().to_ascii_lowercase();
        let wants_table = ["from", "join", "describe", ","].iter().any(|w| before.ends_with(w))
            && (before.contains("from") || before.ends_with("describe"));
        if !word.is_empty() || wants_table {
            found.extend(self.tables.iter().filter(|t| begins(t)).cloned());
        }
        if !word.is_empty() && (!wants_table || before.ends_with(',')) {
            let named = line.to_ascii_lowercase();
            // The columns of the tables that are named already; all of them where none is.
            let in_use: Vec<_> = self.columns.iter().filter(|(table, _)| mentions(&named, table)).collect();
            let chosen = if in_use.is_empty() { self.columns.iter().collect() } else { in_use };
            let (alias, bare) =
                lower.rsplit_once('.').map_or(("", lower.as_str()), |(alias, bare)| (alias, bare));
            let columns = chosen.iter().flat_map(|(_, columns)| columns);
            let columns = columns.filter(|c| c.to_ascii_lowercase().starts_with(bare));
            let typed = &word[..alias.len()];
            found.extend(columns.map(|c| if alias.is_empty() { c.clone() } else { format!("{typed}.{c}") }));
            found.extend(KEYWORDS.iter().filter(|k| begins(k)).map(|k| (*k).to_owned()));
            let own = FUNCTIONS.iter().filter_map(|(call, _)| call.split_once('('));
            found.extend(own.filter(|(name, _)| begins(name)).map(|(name, _)| format!("{name}(")));
        }
        (start, found.into_iter().collect())
    }
}

/// Whether a text has this name as a word.
fn mentions(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(inside) && !text[at + name.len()..].starts_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let columns = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Words {
            tables: vec!["aws_vpc".to_owned(), "aws_ebs".to_owned(), "live.aws_vpc".to_owned()],
            columns: vec![
                ("aws_vpc".to_owned(), columns(&["resourceId", "cidrBlock"])),
                ("aws_ebs".to_owned(), columns(&["resourceId", "encrypted"])),
            ],
        }
    }

    #[test]
    fn what_comes_next_is_a_table_a_column_or_a_word() {
        for (line, at, expected) in [
            ("select * from aws_", 14, vec!["aws_ebs", "aws_vpc"]),
            ("select * from ", 14, vec!["aws_ebs", "aws_vpc", "live.aws_vpc"]),
            ("select * from LIVE.", 14, vec!["live.aws_vpc"]),
            ("select * from aws_vpc where CID", 28, vec!["cidrBlock"]),
            ("select * from aws_vpc v where v.res", 30, vec!["v.resourceId"]),
            ("select enc", 7, vec!["encrypted"]),
            ("sel", 0, vec!["SELECT"]),
            ("select allo", 7, vec!["allows_anyone("]),
            ("\\d aws_e", 3, vec!["aws_ebs"]),
            ("\\t", 0, vec!["\\timing"]),
            ("select zzz", 7, vec![]),
            ("select 'é' from é", 17, vec![]),
        ] {
            assert_eq!(
                words().complete(line),
                (at, expected.into_iter().map(str::to_owned).collect()),
                "{line}"
            );
        }
    }
}
