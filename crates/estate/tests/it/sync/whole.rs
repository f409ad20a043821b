use super::*;
use totalcloud_sim::Size;
use totalcloud_testkit::sim;

const ALL: &[&str] = &["resource-evaluations=failing", "details"];

fn rows(report: &Report, table: &str) -> u64 {
    report.tables.iter().find(|t| t.table == table).map_or(0, |t| t.rows)
}

#[tokio::test]
async fn a_first_sync_brings_what_the_service_has() {
    let sim = sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let report = run(&sim, dir.path(), &ask(choice(&[], ALL), &clock)).await;
    assert!(report.complete && report.first, "{:#?}", report.incomplete().collect::<Vec<_>>());
    assert_eq!(report.run, Some(1));
    for (kind, total) in sim.totals() {
        let (provider, name) = kind.split_once('/').unwrap();
        let table = format!("{provider}_{}", name.to_lowercase());
        assert_eq!(rows(&report, &table), total, "{table}");
    }
    let truth = sim.true_counts();
    let of = |provider: &str, field: &str| truth["providers"][provider][field].as_u64().unwrap();
    let clouds = ["aws", "azure", "gcp"];
    assert_eq!(rows(&report, "connectors"), clouds.iter().map(|p| of(p, "connectors")).sum::<u64>());
    assert_eq!(rows(&report, "controls"), truth["controls"].as_u64().unwrap());
    assert_eq!(rows(&report, "policies"), truth["policies"].as_u64().unwrap());
    assert_eq!(
        rows(&report, "remediation_activity"),
        clouds.iter().map(|p| of(p, "remediation")).sum::<u64>()
    );
    let failing: u64 = clouds
        .iter()
        .flat_map(|p| truth["providers"][*p]["accounts"].as_array().unwrap())
        .filter(|a| a["connector"].is_string())
        .map(|a| a["evaluations"]["FAIL"].as_u64().unwrap())
        .sum();
    assert_eq!(rows(&report, "resource_evaluations"), failing);
    // What it says it holds is what its files hold.
    let states = states(dir.path()).await;
    for table in &report.tables {
        assert_eq!(states[&table.table].len() as u64, table.rows, "{}", table.table);
    }
    assert!(rows(&report, "vulnerabilities") > 0);
}

#[tokio::test]
async fn a_second_sync_finds_what_changed_and_nothing_else() {
    let sim = sim(|_| {});
    let (dir, other) = (totalcloud_testkit::dir(), totalcloud_testkit::dir());
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    run(&sim, dir.path(), &ask(choice(&[], ALL), &clock)).await;
    let before = states(dir.path()).await;
    sim.advance(24.0, 0.05);
    clock.put("2026-01-16T12:00:00Z");
    let report = run(&sim, dir.path(), &ask(choice(&[], ALL), &clock)).await;
    assert!(report.complete, "{:#?}", report.incomplete().collect::<Vec<_>>());
    // The truth: everything, read anew.
    run(&sim, other.path(), &ask(choice(&[], ALL), &clock)).await;
    let (after, truth) = (states(dir.path()).await, states(other.path()).await);
    let differs = differences(&after, &truth);
    let is_assumed = |said: &String| said.starts_with("resource_evaluations:");
    assert!(differs.iter().all(is_assumed), "{differs:#?}");
    assert!(report.appeared > 0 && report.changed > 0 && report.vanished > 0, "{report:#?}");
    for table in &report.tables {
        let moved = moves(&before[&table.table], &after[&table.table]);
        assert_eq!((table.appeared, table.changed, table.vanished), moved, "{}", table.table);
    }
    // One that failed and one that was fixed in the same control leave its counts as they were; a full reading
    // finds them.
    let full = Ask { rhythm: Rhythm { full: true, ..Rhythm::default() }, ..ask(choice(&[], ALL), &clock) };
    run(&sim, dir.path(), &full).await;
    assert_eq!(differences(&states(dir.path()).await, &truth), Vec::<String>::new());
}

#[tokio::test]
async fn what_only_the_clock_moved_costs_nothing() {
    let sim = sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let first = run(&sim, dir.path(), &ask(choice(&[], ALL), &clock)).await;
    let versions = |run: &totalcloud_estate::store::Run| -> BTreeMap<String, i64> {
        let tables = run.tables.iter().filter(|t| totalcloud_estate::tables::get(&t.table).is_some());
        tables.map(|t| (t.table.clone(), t.version)).collect()
    };
    let opened = estate(dir.path()).await;
    let before = versions(&opened.latest().await.unwrap().unwrap());
    sim.advance(24.0, 0.0);
    clock.put("2026-01-16T12:00:00Z");
    let second = run(&sim, dir.path(), &ask(choice(&[], ALL), &clock)).await;
    assert!(second.complete);
    assert_eq!((second.appeared, second.changed, second.vanished), (0, 0, 0), "{second:#?}");
    assert_eq!(versions(&opened.latest().await.unwrap().unwrap()), before);
    assert!(second.calls < first.calls, "{} and {}", second.calls, first.calls);
    // Controls whose counts did not move are not asked for.
    assert!(second.tables.iter().all(|t| t.table != "resource_evaluations" || t.rows_read == 0));
}

#[tokio::test]
async fn types_of_many_pages_are_read_by_what_was_updated() {
    let sim = sim(|config| {
        config.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 1_000));
        config.world.size = Size::Tiny;
    });
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let only = || choice(&["aws_ebs"], &[]);
    run(&sim, dir.path(), &ask(only(), &clock)).await;
    // Every connector ran: the range is all of it, and all of it is read.
    sim.advance(24.0, 0.02);
    clock.put("2026-01-16T12:00:00Z");
    let all = run(&sim, dir.path(), &ask(only(), &clock)).await;
    let table = |report: &Report| report.tables.iter().find(|t| t.table == "aws_ebs").unwrap().clone();
    assert_eq!(table(&all).how, How::Whole);
    assert!(table(&all).vanished > 0, "{all:#?}");
    // No connector ran for days: nothing is in the range, and a count proves that nothing is missing.
    clock.put("2026-01-21T12:00:00Z");
    run(&sim, dir.path(), &Ask { rhythm: Rhythm { full: true, ..Rhythm::default() }, ..ask(only(), &clock) })
        .await;
    clock.put("2026-01-22T12:00:00Z");
    let calls = sim.calls("resources.list");
    let few = run(&sim, dir.path(), &ask(only(), &clock)).await;
    assert_eq!((table(&few).how, table(&few).rows_read), (How::Updated, 0), "{few:#?}");
    assert_eq!(sim.calls("resources.list") - calls, 2);
    assert!(few.assumed.iter().any(|a| a.contains("not updated since 2026-01-20")), "{:?}", few.assumed);
}

#[tokio::test]
async fn what_does_not_fit_the_quota_is_left_out_and_said() {
    let sim = sim(|config| config.quota = "40/3600/2".parse().unwrap());
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let report =
        run(&sim, dir.path(), &ask(choice(&["aws/connectors", "aws/account-evaluations"], &[]), &clock))
            .await;
    assert!(report.complete, "{report:#?}");
    assert!(report.tables.iter().all(|t| t.table != "resource_evaluations"));
    assert_eq!(report.notes, Vec::<String>::new());
}
