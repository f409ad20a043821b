//! Ready questions: SQL with a title, what it tells and its parameters, from the folder `questions`.

use super::error::{Result, SqlError};
use super::missing::{family, never_synced};
use super::params::Params;
use super::session::{Plan, Session};
use crate::Kind;
use crate::tables::Kind as Family;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use totalcloud_api::nearest::nearest;

/// A ready question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// What it asks.
    pub title: &'static str,
    /// What its rows tell.
    pub tells: &'static str,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The query.
    pub sql: &'static str,
}

/// A parameter of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its value where none is given.
    pub default: &'static str,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! questions {
    ($($name:literal,)+) => {
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../questions/", $name, ".sql")))),+];
    };
}

questions! {
    "public-buckets",
    "open-security-groups",
    "public-databases",
    "public-instances",
    "open-functions",
    "open-storage-accounts",
    "roles-open-to-anybody",
    "unencrypted-volumes",
    "unencrypted-databases",
    "users-without-mfa",
    "unused-keys",
    "old-keys",
    "exposed-secrets",
    "urgent-vulnerabilities",
    "worth-patching",
    "oldest-high-findings",
    "newly-failed",
    "new-since-yesterday",
    "reopened-findings",
    "fix-times",
    "failing-trend",
    "accounts-by-failure-rate",
    "controls-failing-most",
    "failing-by-policy",
    "resources-failing-most",
    "resources-without-owner",
    "regions-in-use",
    "exceptions-ending",
    "failed-remediations",
    "stale-connectors",
    "how-fresh",
}

/// All questions, those about what is open first.
pub fn questions() -> &'static [Question] {
    static ALL: OnceLock<Vec<Question>> = OnceLock::new();
    ALL.get_or_init(|| TEXTS.iter().map(|(name, text)| read(name, text)).collect())
}

/// The question of this name.
///
/// # Errors
/// If there is none; the error names the nearest.
pub fn question(name: &str) -> Result<&'static Question> {
    if let Some(found) = questions().iter().find(|q| q.name.eq_ignore_ascii_case(name)) {
        return Ok(found);
    }
    let names: Vec<&str> = questions().iter().map(|q| q.name).collect();
    let e = SqlError::new(Kind::Input, format!("there is no question '{name}'"));
    let near = nearest(name, &names);
    Err(match near.is_empty() {
        true => e.hint("'totalcloud ask list' lists them"),
        false => e.hint(format!("did you mean {}?", near.join(" or "))),
    })
}

/// Reads the lines in front of the query: `-- title:`, `-- tells:` and `-- param: name = default | doc`.
fn read(name: &'static str, text: &'static str) -> Question {
    let mut question = Question { name, title: "", tells: "", params: Vec::new(), sql: text };
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        let Some(said) = line.strip_prefix("-- ") else { break };
        match said.split_once(": ") {
            Some(("title", title)) => question.title = title.trim(),
            Some(("tells", tells)) => question.tells = tells.trim(),
            Some(("param", param)) => {
                let (value, doc) = param.split_once('|').unwrap_or((param, ""));
                let (name, default) = value.split_once('=').unwrap_or((value, ""));
                question.params.push(Param { name: name.trim(), default: default.trim(), doc: doc.trim() });
            }
            _ => break,
        }
        rest = after;
    }
    question.sql = rest.trim();
    question
}

impl Question {
    /// The tables it reads.
    pub fn tables(&self) -> Vec<String> {
        super::text::tables_of(self.sql)
    }

    /// The families it needs, as `--only` and `--with` of a sync name them.
    pub fn families(&self) -> BTreeSet<&'static str> {
        let families = self.tables();
        families.iter().filter_map(|t| family(last(t))).map(Family::family).collect()
    }

    /// The values of all parameters: those that are given, and the defaults of the others.
    ///
    /// # Errors
    /// If one is given that the question does not have.
    pub fn params(&self, given: &Params) -> Result<Params> {
        let known: Vec<&str> = self.params.iter().map(|p| p.name).collect();
        if let Some(other) = given.names().find(|name| !known.contains(name)) {
            let e =
                SqlError::new(Kind::Input, format!("the question {} has no parameter '{other}'", self.name));
            return Err(match known.is_empty() {
                true => e,
                false => e.hint(format!("it has {}", known.join(", "))),
            });
        }
        let mut params = Params::new();
        for param in &self.params {
            params.set(param.name, given.get(param.name).unwrap_or(param.default));
        }
        Ok(params)
    }

    /// Plans it.
    ///
    /// # Errors
    /// If a table it needs was never synced, which is told with the way to get it, or a parameter is wrong.
    pub async fn plan(&self, session: &Session, given: &Params) -> Result<Plan> {
        let params = self.params(given)?;
        let there = session.table_names();
        for table in self.tables() {
            let known = there.iter().any(|t| t.eq_ignore_ascii_case(&table));
            if let (false, Some(family)) = (known, family(last(&table))) {
                return Err(never_synced(last(&table), family));
            }
        }
        session.plan(self.sql, &params).await
    }
}

/// The name of a table without its schema.
fn last(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{FINDINGS, HISTORY, RESOURCES, resources_schema};
    use crate::sql::{ESTATE, Options};
    use crate::{schema, tables};
    use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
    use datafusion::catalog::MemTable;
    use std::sync::Arc;

    fn empty(columns: SchemaRef) -> Arc<MemTable> {
        Arc::new(MemTable::try_new(columns, vec![vec![]]).unwrap())
    }

    fn with(columns: &SchemaRef, more: Vec<Field>) -> SchemaRef {
        let fields = columns.fields().iter().map(|f| f.as_ref().clone()).chain(more);
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// All tables there can be, without rows.
    fn whole() -> Session {
        let session = Session::new(&Options { partitions: Some(1), ..Options::default() }).unwrap();
        let (estate, history) = (session.schema(ESTATE).unwrap(), session.schema(HISTORY).unwrap());
        for spec in tables::all() {
            let columns = schema::user_schema(spec);
            let versions = vec![
                Field::new("_run", DataType::Int64, true),
                Field::new("validFrom", schema::time(), true),
                Field::new("validTo", schema::time(), true),
                Field::new("gone", DataType::Boolean, true),
            ];
            history.register_table(spec.name.clone(), empty(with(&columns, versions))).unwrap();
            if spec.findings {
                let state = vec![Field::new("state", DataType::Utf8View, true)];
                estate.register_table(FINDINGS.to_owned(), empty(with(&columns, state))).unwrap();
            }
            estate.register_table(spec.name.clone(), empty(columns)).unwrap();
        }
        for (name, columns) in [
            ("sync_runs", schema::sync_runs()),
            ("changes", schema::changes()),
            ("freshness", schema::freshness()),
            (RESOURCES, resources_schema()),
        ] {
            estate.register_table(name.to_owned(), empty(columns)).unwrap();
        }
        session.describe(None).unwrap();
        session
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn every_question_is_answered_over_the_tables_of_the_registry() {
        run(async {
            let session = whole();
            let mut wrong = Vec::new();
            for question in questions() {
                let rows = match question.plan(&session, &Params::new()).await.and_then(Plan::run) {
                    Ok(rows) => rows.collect().await,
                    Err(e) => Err(e),
                };
                match rows {
                    Ok(rows) => {
                        let count: usize = rows.iter().map(|b| b.num_rows()).sum();
                        let sums_up = ["how-fresh"].contains(&question.name);
                        assert!(count == 0 || sums_up, "{}", question.name);
                    }
                    Err(e) => {
                        wrong.push(format!("{}: {e}\n{}", question.name, e.caret().unwrap_or_default()))
                    }
                }
            }
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        });
    }

    #[test]
    fn every_question_says_what_it_tells_and_which_parameters_it_has() {
        assert!(questions().len() >= 20);
        for question in questions() {
            let name = question.name;
            assert!(!question.title.is_empty() && question.tells.ends_with('.'), "{name}");
            assert!(!question.tables().is_empty(), "{name}");
            for param in &question.params {
                assert!(!param.default.is_empty() && !param.doc.is_empty(), "{name}: {}", param.name);
                assert!(question.sql.contains(&format!("${}", param.name)), "{name}: {}", param.name);
            }
            assert!(!question.sql.starts_with("--"), "{name}");
        }
        assert_eq!(question("PUBLIC-buckets").unwrap().name, "public-buckets");
        assert!(question("public-bucket").unwrap_err().advice().unwrap().contains("public-buckets"));
    }

    #[test]
    fn a_question_about_what_was_never_synced_says_so_and_how_to_get_it() {
        run(async {
            let session = Session::open(None, &Options::default()).unwrap();
            for question in questions().iter().filter(|q| q.name != "how-fresh") {
                let e = question.plan(&session, &Params::new()).await.err().unwrap();
                assert_eq!(e.kind(), Kind::Missing, "{}: {e}", question.name);
                assert!(e.advice().unwrap().contains("totalcloud sync"), "{}: {e:?}", question.name);
                assert!(!question.families().is_empty(), "{}", question.name);
            }
            let mut wrong = Params::new();
            wrong.set("dyas", "1");
            let e = question("stale-connectors").unwrap().plan(&session, &wrong).await.err().unwrap();
            assert_eq!(e.to_string(), "the question stale-connectors has no parameter 'dyas'");
        });
    }
}
