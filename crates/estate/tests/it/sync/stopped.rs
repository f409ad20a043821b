use super::*;
use totalcloud_testkit::sim;

const ALL: &[&str] = &["resource-evaluations=failing", "details"];

#[tokio::test]
async fn a_sync_that_dies_anywhere_leaves_no_trace_in_what_the_next_one_makes() {
    let sim = sim(|_| {});
    let (dir, other) = (totalcloud_testkit::dir(), totalcloud_testkit::dir());
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let all = || ask(choice(&[], ALL), &clock);
    let rows = run(&sim, other.path(), &all()).await.rows_read;
    let truth = states(other.path()).await;
    for share in [0, 1, 5, 9] {
        let gate = Arc::new(tokio::sync::Notify::new());
        let counter =
            Arc::new(Counter { gate: Some((rows * share / 10, gate.clone())), ..Counter::default() });
        let opened = estate(dir.path()).await;
        let (client, ask) = (client(&sim, &counter), all());
        tokio::select! {
            biased;
            () = gate.notified() => {}
            done = sync(&client, &opened, &ask, &*counter, stop_never()) => panic!("it came to its end: {done:?}"),
        }
        assert!(opened.latest().await.unwrap().is_none(), "nothing of it is visible");
    }
    let report = run(&sim, dir.path(), &all()).await;
    assert_eq!(report.run, Some(1));
    assert_eq!(differences(&states(dir.path()).await, &truth), Vec::<String>::new());
}

#[tokio::test]
async fn an_interrupted_sync_keeps_what_came_and_ends_nothing() {
    let sim = sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let all = || ask(choice(&[], ALL), &clock);
    let rows = run(&sim, dir.path(), &all()).await.rows_read;
    let before = states(dir.path()).await;
    let (stopper, stop) = Stopper::new();
    let counter = Arc::new(Counter { stop_after: Some((rows / 4, stopper)), ..Counter::default() });
    let opened = estate(dir.path()).await;
    let report = sync(&client(&sim, &counter), &opened, &all(), &*counter, stop).await.unwrap();
    assert_eq!(report.stopped.as_deref(), Some("interrupted"));
    assert!(!report.complete && report.run == Some(2));
    let entry = opened.latest().await.unwrap().unwrap();
    assert!(!entry.complete);
    assert_eq!(report.vanished, 0, "{report:#?}");
    assert_eq!(differences(&states(dir.path()).await, &before), Vec::<String>::new());
    assert!(run(&sim, dir.path(), &all()).await.complete);
}

#[tokio::test]
async fn what_is_short_forbidden_or_fails_ends_nothing() {
    let good = sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let all = || ask(choice(&[], ALL), &clock);
    run(&good, dir.path(), &all()).await;
    let before = states(dir.path()).await;
    for fault in [
        "op=resources.list,do=total:+3",
        "op=resources.list,do=no-rows",
        "op=resources.list,do=status:403",
        "op=connectors.list,do=status:403",
        "op=controls.list,do=no-rows",
        "op=evaluations.account,do=status:403",
    ] {
        let bad = sim(|config| config.faults.push(fault.parse().unwrap()));
        clock.put("2026-01-15T18:00:00Z");
        let report = run(&bad, dir.path(), &all()).await;
        assert_eq!(report.vanished, 0, "{fault}: {report:#?}");
        assert_eq!(differences(&states(dir.path()).await, &before), Vec::<String>::new(), "{fault}");
        if !fault.contains("no-rows") {
            assert!(!report.complete, "{fault}");
        }
    }
    let again = run(&good, dir.path(), &all()).await;
    assert!(again.complete, "{:#?}", again.incomplete().collect::<Vec<_>>());
    assert_eq!((again.appeared, again.changed, again.vanished), (0, 0, 0));
}

#[tokio::test]
async fn two_syncs_at_once_come_one_after_the_other() {
    let sim = sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let clock = Fixed::at("2026-01-15T12:00:00Z");
    let all = ask(choice(&["aws"], &[]), &clock);
    let (a, b) = tokio::join!(run(&sim, dir.path(), &all), run(&sim, dir.path(), &all));
    let mut runs = [a.run, b.run];
    runs.sort_unstable();
    assert_eq!(runs, [Some(1), Some(2)]);
    let second = if a.run == Some(2) { &a } else { &b };
    assert_eq!((second.appeared, second.changed, second.vanished), (0, 0, 0));
    let at_once = Ask { wait: Wait::Never, ..all };
    let attempt = async || {
        let counter = Arc::new(Counter::default());
        sync(&client(&sim, &counter), &estate(dir.path()).await, &at_once, &*counter, stop_never()).await
    };
    // Whoever does not wait is told that another one writes.
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    let (a, b) = tokio::join!(attempt(), attempt());
    for attempt in [a, b] {
        match attempt {
            Ok(report) => done.push(report.run),
            Err(e) => refused.push(e.kind()),
        }
    }
    assert_eq!((done, refused), (vec![Some(3)], vec![totalcloud_estate::Kind::Busy]));
}
