//! Deadlines and longest waits of listings and pulls, over sockets against the simulated service.

use super::context::{Home, finish};
use totalcloud_testkit::SimHandle;
use totalcloud_testkit::service::{FaultSpec, RowsSpec};

/// A few calls and then none for so long.
fn little(quota: &str) -> SimHandle {
    totalcloud_testkit::sim(|config| {
        config.quota = quota.parse().unwrap();
        let spec: RowsSpec = "aws/EBS=5000".parse().unwrap();
        config.world.rows.push((spec.provider, spec.type_name, spec.rows));
    })
}

#[test]
fn a_listing_ends_at_its_deadline_with_the_rows_that_came() {
    let sim = little("5/60/2");
    let home = Home::at(&sim);
    let list = "resources list --provider aws --type ebs --max-wait 1h --deadline";
    let run = home.words(&format!("{list} 4s"));
    let rows = run.stdout.lines().count();
    assert!(rows > 0 && rows.is_multiple_of(100), "{rows}");
    run.failed(6, &["error: the deadline was reached", &format!("the {rows} rows before it"), "--deadline"]);
    // The quota is used up now: nothing comes.
    home.words(&format!("{list} 500ms")).failed(5, &["error: the deadline was reached"]);
}

#[test]
fn a_deadline_in_the_past_ends_at_once_and_nonsense_is_refused() {
    let sim = little("none");
    let home = Home::at(&sim);
    home.words("connectors list --deadline 2020-01-01T00:00:00Z").failed(5, &["the deadline was reached"]);
    for words in ["--deadline soon", "--max-wait 5", "--deadline -5m"] {
        let run = home.words(&format!("connectors list {words}"));
        assert_eq!(run.code, 2, "{run:?}");
    }
    assert_eq!(sim.journal().count, 0);
    home.write_config("[profiles.default]\ndeadline = \"never\"\n");
    home.words("connectors list").failed(2, &["deadline wants a span of time such as 90s"]);
}

#[test]
fn a_call_that_is_no_listing_ends_at_its_deadline_too() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("do=stall".parse::<FaultSpec>().unwrap());
    });
    let home = Home::at(&sim);
    home.words("connectors get 01234567-89ab-cdef-0123-456789abcdef --provider aws --deadline 300ms")
        .failed(5, &["the deadline was reached"]);
}

#[test]
fn a_wait_longer_than_allowed_stops_a_pull_that_can_be_resumed() {
    let sim = little("5/60/2");
    let home = Home::at(&sim);
    home.words("pull --out e --format ndjson --only aws/ebs --max-wait 1s").failed(
        6,
        &[
            "aws_ebs",
            "the quota of ",
            "to go on: totalcloud pull --max-wait 1s --out e --format ndjson --only aws/ebs",
        ],
    );
}

#[test]
fn the_second_of_two_pulls_into_one_folder_is_told() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=controls.list,nth=1,do=stall".parse::<FaultSpec>().unwrap());
    });
    let home = Home::at(&sim);
    let pull = ["pull", "--out", "e", "--only", "controls"];
    let mut first = home.command(pull).spawn().unwrap();
    while sim.calls("controls.list") == 0 && first.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    home.run(pull).failed(1, &["another pull is writing to e", "give another folder with --out"]);
    first.kill().unwrap();
    assert_ne!(finish(first).code, 0);
    home.run(pull).ok();
}
