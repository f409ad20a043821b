//! What all writes have in common: output that is looked at first, and outcomes that are told whatever happens.

use crate::context::{Home, Run, finish, set_mode, sim};
use serde_json::{Value, json};
use totalcloud_testkit::SimHandle;

/// A simulator with one fault, and the connectors of AWS that it has.
fn faulty(fault: &str) -> (SimHandle, Home, Vec<String>) {
    let sim = totalcloud_testkit::sim(|config| config.faults.push(fault.parse().unwrap()));
    let home = Home::at(&sim);
    let ids = connectors(&home);
    (sim, home, ids)
}

fn connectors(home: &Home) -> Vec<String> {
    let rows = home.words("connectors list --provider aws").rows();
    rows.iter().map(|row| row["connectorId"].as_str().unwrap().to_owned()).collect()
}

/// The rows that were printed, whatever the exit.
fn printed(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const BAD: [&str; 4] = ["--output=out.foo", "--output=nowhere/x.csv", "--output=.", "--columns=bogus"];

#[test]
fn output_that_cannot_be_had_is_told_before_anything_is_sent() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = connectors(&home).remove(0);
    let calls = sim.journal().count;
    for bad in BAD {
        let code = if bad.contains("nowhere") || bad.ends_with("=.") { 1 } else { 2 };
        for words in [
            &["groups", "create", "--group-name", "g", bad][..],
            &["connectors", "delete", &id, "--yes", bad],
            &["connectors", "disable", &id, bad],
            &["reports", "delete", "00000000-0000-4000-8000-000000000000", "--yes", bad],
        ] {
            let run = home.run(words.iter().copied());
            assert_eq!(run.code, code, "{words:?}: {run:?}");
        }
    }
    let body = r#"{"accountId": "111122223333"}"#;
    for bad in &BAD[..2] {
        assert_ne!(home.run(["snapshot", "register-scanner-run", "--body", body, bad]).code, 0);
    }
    assert_eq!(sim.journal().count, calls, "nothing was sent");
    assert!(home.words("connectors list --provider aws").rows().iter().any(|row| row["connectorId"] == *id));
    let left: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_fails_afterwards_says_that_the_write_was_taken() {
    let sim = sim();
    let home = Home::at(&sim);
    let full = ["groups", "create", "--group-name", "full", "--output", "/dev/full", "--format", "csv"];
    home.run(full).failed(1, &["the service took it", "no space is left", "do not send it again"]);
    assert!(home.words("groups list").ok().contains("\"full\""));
}

#[test]
fn a_look_that_fails_hides_nothing_of_what_was_sent() {
    let (sim, home, ids) = faulty("op=connectors.get,nth=2..9,do=status:403");
    let run = home.run(["connectors", "delete", &ids[0], "--yes"]);
    let rows = printed(&run);
    assert_eq!((&rows[0]["id"], &rows[0]["outcome"]), (&json!(ids[0]), &json!("sent")));
    assert!(rows[0]["detail"].as_str().unwrap().starts_with("it could not be looked at: "), "{rows:?}");
    run.failed(6, &["what became of 1 of 1 connectors is not known", "look at them before"]);
    assert_eq!(sim.calls("connectors.delete"), 1);
    assert!(!connectors(&home).contains(&ids[0]));
}

#[test]
fn what_is_refused_on_the_look_afterwards_is_no_sign_that_it_is_gone() {
    let (_sim, home, ids) = faulty("op=connectors.get,nth=2..9,do=status:400");
    let run = home.run(["connectors", "delete", &ids[0], "--yes"]);
    assert_eq!(printed(&run)[0]["outcome"], "sent");
    run.failed(6, &["is not known"]);
}

#[test]
fn nobody_waits_for_a_run_that_was_refused() {
    let (sim, home, ids) = faulty("op=connectors.run,do=status:400");
    let run = home.run(["connectors", "run", &ids[0], "--wait"]);
    assert!(!run.stderr.contains("waiting for"), "{run:?}");
    assert_eq!(printed(&run)[0]["outcome"], "not done");
    run.failed(2, &["1 of 1 connectors are not as they should be: the service refused the request"]);
    assert_eq!(sim.calls("connectors.get"), 2, "once before, once afterwards");
}

#[test]
fn what_is_stored_otherwise_than_it_was_sent_is_an_error() {
    let sim = sim();
    let home = Home::at(&sim);
    let key = r#"{"type":"service_account","project_id":"my-project-7","private_key_id":"1","private_key":"k","client_email":"a@b.c"}"#;
    std::fs::write(home.path("sa.json"), key).unwrap();
    set_mode(&home.path("sa.json"), 0o600);
    let made = home.words("connectors create gcp --name g --project-id my-project-7 --config-file sa.json");
    let id = made.rows()[0]["connectorId"].as_str().unwrap().to_owned();
    let run = home.run(["connectors", "update", "gcp", &id, "--name", "two words", "-q"]);
    assert_eq!(printed(&run)[0]["name"], "g");
    run.failed(1, &["shows another value for name than was sent (connectors.update-gcp)"]);
}

#[test]
fn output_that_nobody_reads_makes_no_outcome_better() {
    let (_sim, home, ids) = faulty("op=connectors.delete,do=status:400");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(["connectors", "delete", &ids[0], "--yes"]);
    let run = finish(command.stdout(writer).spawn().unwrap());
    run.failed(2, &["1 of 1 connectors are not as they should be"]);
}

#[test]
fn a_change_of_nothing_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = "00000000-0000-4000-8000-000000000000";
    let skeleton = home.words(&format!("connectors update aws {id} --skeleton")).ok();
    for body in [skeleton.as_str(), "{}", r#"{"pollingFrequency": {"hours": null}}"#, r#"{"name": null}"#] {
        home.run_with(body, ["connectors", "update", "aws", id, "--from", "-"])
            .failed(2, &["nothing is given that would change (connectors.update-aws)"]);
    }
    for words in [["rules", "update", id].as_slice(), &["actions", "update", "slack", id]] {
        home.run_with("{}", words.iter().copied().chain(["--from", "-"]))
            .failed(2, &["nothing is given that would change"]);
    }
    let portal = ["portal-connectors", "update", "17", "--provider", "aws"];
    home.run(portal.into_iter().chain(["--data", "{}"])).failed(2, &["nothing is given that would change"]);
    let shown = home.run(portal.into_iter().chain(["--data", r#"{"description": null}"#, "--dry-run"])).ok();
    assert!(shown.contains("\"description\": null"), "{shown}");
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_dry_run_of_a_batch_looks_things_up_and_writes_nothing() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = connectors(&home).remove(0);
    let run = home.run(["connectors", "delete", &id, "--dry-run"]);
    assert_eq!(run.stderr, "nothing was written\n");
    assert_eq!(sim.calls("connectors.delete"), 0);
    let calls = sim.journal().count;
    home.run(["connectors", "delete", &id, "--dry-run", "--provider", "aws"]).ok();
    assert_eq!(sim.journal().count, calls, "the cloud is given, so nothing is looked up");
}
