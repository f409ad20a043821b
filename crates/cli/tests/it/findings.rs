//! Threat findings: the period, all pages, what narrows them.

use crate::context::{Home, sim};
use std::collections::BTreeSet;

const ALL: &str = "findings list --from 2025-12-01 --to 2026-01-15T12:00:00Z";

#[test]
fn all_findings_of_a_period_come_by_as_many_pages_as_it_takes() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words(&format!("{ALL} --page-size 7")).rows();
    assert_eq!((rows.len(), sim.calls("findings.list")), (60, 9));
    let ids: BTreeSet<&str> = rows.iter().map(|r| r["uuid"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 60);
    let journal = sim.journal();
    let last = journal.of("findings.list").last().unwrap();
    assert!(last.query.contains("limit=7") && last.query.contains("offSet="), "{}", last.query);
    assert_eq!((last.path.as_str(), last.auth.as_str()), ("/cdr-api/rest/v1/findings/", "bearer"));

    let csv = home.words(&format!("{ALL} --limit 1 --format csv --columns remote.country,severity")).ok();
    assert_eq!(csv.lines().next(), Some("remote.country,severity"));
    assert!(csv.lines().nth(1).unwrap().len() > 3, "{csv}");
}

#[test]
fn each_flag_narrows_the_list() {
    let sim = sim();
    let home = Home::at(&sim);
    let count = |more: &str| home.words(&format!("{ALL} {more}")).rows().len();
    let by_severity: usize = (1..=5).map(|s| count(&format!("--severity {s}"))).sum();
    assert_eq!(by_severity, 60);
    assert_eq!(["aws", "azure", "gcp"].map(|p| count(&format!("--provider {p}"))).iter().sum::<usize>(), 60);
    let query = count("--query tc.findings.cloudProvider:AWS");
    assert_eq!((query > 0, query), (true, count("--provider aws")));
    assert_eq!(count("--filter tc.findings.cloudProvider:AWS"), query);
    assert!((1..60).contains(&count("--category Malware --resource-type EC2_INSTANCE")));
    assert_eq!(count("--cloud-account 000000000000"), 0);
    assert!(home.words("findings list --last 7d --to 2026-01-15T12:00:00Z").rows().len() < 60);
}

#[test]
fn a_period_is_needed_and_checked_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    home.words("findings list").failed(2, &["--from"]);
    home.words("findings list --last 1d --from 2026-01-01").failed(2, &["--last"]);
    home.words("findings list --from 2026-01-02 --to 2026-01-01").failed(2, &["before it begins"]);
    home.words("findings list --from soon").failed(2, &["2026-01-31T00:00:00Z"]);
    home.words(&format!("{ALL} --severity 6")).failed(2, &["1..=5"]);
    home.words(&format!("{ALL} --sort timestamp:asc")).failed(2, &["--sort is nothing"]);
    assert_eq!(sim.journal().count, 0);
}
