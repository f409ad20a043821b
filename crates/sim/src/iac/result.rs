//! What a scan found, as JSON and as SARIF.

use super::checks::{CHECKS, Check, Criticality};
use super::template::{Language, Resource, Unreadable, resources};
use super::unpack::{Bad, Template};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Results that one scan may have.
const MOST: usize = 100_000;

/// A check of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Done {
    /// Its place in the list of all checks.
    check: usize,
    passed: bool,
    path: Arc<str>,
    resource: Arc<str>,
    line: usize,
}

/// What was found in the templates of one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    done: Vec<Done>,
    unreadable: Vec<String>,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found(BTreeMap<Language, Group>);

impl Found {
    /// Checks templates; nothing comes of more results than are kept.
    pub(super) fn of(templates: &[Template]) -> Result<Found, Bad> {
        let mut left = MOST;
        let mut groups: BTreeMap<Language, Group> = BTreeMap::new();
        for template in templates {
            match resources(template) {
                Ok(found) => {
                    let path: Arc<str> = template.path.as_str().into();
                    for resource in &found {
                        let done: Vec<Done> = checked(&path, resource).collect();
                        left = left.checked_sub(done.len()).ok_or(Bad::TooMuch)?;
                        groups.entry(resource.language).or_default().done.extend(done);
                    }
                }
                Err(Unreadable(language)) => {
                    groups.entry(language).or_default().unreadable.push(template.path.clone());
                }
            }
        }
        Ok(Found(groups))
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let done = |d: &Done| size_of::<Done>() + d.path.len() + d.resource.len();
        self.0
            .values()
            .map(|g| {
                g.done.iter().map(done).sum::<usize>() + g.unreadable.iter().map(String::len).sum::<usize>()
            })
            .sum()
    }

    /// The groups as the service writes them. Whether counts of what is left out stay is not known; they do (guess).
    pub(super) fn json(&self, only_failed: bool) -> Value {
        let groups = self.0.iter().map(|(language, group)| {
            let count = |passed| group.done.iter().filter(|d| d.passed == passed).count();
            let failed = |criticality| {
                group.done.iter().filter(|d| !d.passed && CHECKS[d.check].criticality == criticality).count()
            };
            let list = |passed| -> Vec<Value> {
                let done = group.done.iter().filter(|d| d.passed == passed);
                done.map(Done::json).collect()
            };
            json!({
                "checkType": language.word(),
                "summary": {
                    "passed": count(true),
                    "failed": count(false),
                    "skipped": 0,
                    "parsingErrors": group.unreadable.len(),
                    "failedStats": {
                        "high": failed(Criticality::High),
                        "medium": failed(Criticality::Medium),
                        "low": failed(Criticality::Low),
                    },
                },
                "results": {
                    "passedChecks": if only_failed { Vec::new() } else { list(true) },
                    "failedChecks": list(false),
                    "skippedChecks": [],
                    "parsingErrors": group.unreadable,
                },
            })
        });
        groups.collect()
    }

    /// The failures as SARIF 2.1.0. Of the service's own document only the header that asks for it is known; the
    /// tool's name is invented.
    pub(super) fn sarif(&self) -> Value {
        let failed: Vec<&Done> = self.0.values().flat_map(|g| &g.done).filter(|d| !d.passed).collect();
        let mut used: Vec<usize> = failed.iter().map(|d| d.check).collect();
        used.sort_unstable();
        used.dedup();
        let rules: Vec<Value> = used.iter().map(|at| CHECKS[*at].rule()).collect();
        let results: Vec<Value> = failed.iter().map(|d| d.sarif(&used)).collect();
        let unread = self.0.values().flat_map(|g| &g.unreadable);
        let notes: Vec<Value> = unread
            .map(|path| {
                json!({
                    "level": "error",
                    "message": { "text": "The template cannot be read." },
                    "locations": [{ "physicalLocation": { "artifactLocation": { "uri": path } } }],
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "Qualys IaC Security", "rules": rules } },
                "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes }],
                "results": results,
            }],
        })
    }
}

/// The checks that ask about a resource.
fn checked(path: &Arc<str>, resource: &Resource) -> impl Iterator<Item = Done> {
    let name: Arc<str> = resource.address.as_str().into();
    CHECKS.iter().enumerate().filter_map(move |(check, asked)| {
        let passed = asked.passes(resource)?;
        let (path, name) = (Arc::clone(path), Arc::clone(&name));
        Some(Done { check, passed, path, resource: name, line: resource.line })
    })
}

impl Done {
    fn json(&self) -> Value {
        let check = &CHECKS[self.check];
        json!({
            "checkId": check.id,
            "checkName": check.name,
            "criticality": check.criticality.word(),
            "checkResult": { "result": if self.passed { "PASSED" } else { "FAILED" } },
            "filePath": &*self.path,
            "resource": &*self.resource,
            "remediation": check.remediation,
        })
    }

    fn sarif(&self, used: &[usize]) -> Value {
        let check = &CHECKS[self.check];
        json!({
            "ruleId": check.id,
            "ruleIndex": used.binary_search(&self.check).unwrap_or_default(),
            "level": check.level(),
            "message": { "text": format!("{}: {}", self.resource, check.name) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": &*self.path },
                    "region": { "startLine": self.line },
                },
                "logicalLocations": [{ "fullyQualifiedName": &*self.resource }],
            }],
        })
    }
}

impl Check {
    fn level(&self) -> &'static str {
        match self.criticality {
            Criticality::High => "error",
            Criticality::Medium => "warning",
            Criticality::Low => "note",
        }
    }

    fn rule(&self) -> Value {
        json!({
            "id": self.id,
            "shortDescription": { "text": self.name },
            "help": { "text": self.remediation },
            "defaultConfiguration": { "level": self.level() },
            "properties": { "criticality": self.criticality.word() },
        })
    }
}
