use crate::context::{Home, finish};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use totalcloud_api::Provider;

const CANARY: &str = "canary-7f3a91";

#[test]
fn no_secret_appears_anywhere() {
    let sim = totalcloud_testkit::sim(|c| {
        c.password = CANARY.into();
        c.client_secret = CANARY.into();
        c.faults.push("op=mandates.list,do=error-in-200".parse().unwrap());
        c.faults.push("op=policies.list,do=html".parse().unwrap());
        c.faults.push("op=controls.list,nth=1,do=status:503".parse().unwrap());
    });
    let (client_id, _) = sim.client();
    let home = Home::at(&sim).env("TOTALCLOUD_CLIENT_ID", client_id).env("TOTALCLOUD_CLIENT_SECRET", CANARY);
    let commands = [
        "connectors list",
        "connectors get 00000000-0000-4000-8000-00000000dead",
        "resources list --provider aws --type ec2 --format table",
        "resources list --type nonsense",
        "controls list --limit 1",
        "mandates list",
        "policies list",
        "evaluations account --account 123456789012",
        "auth status",
        "config show --origin",
        "api auth.check",
        "connectors list --url https://canary-host.invalid",
    ];
    for kind in ["basic", "jwt", "oidc"] {
        for command in commands {
            let run = home.run(command.split(' ').chain(["-vvv", "--auth", kind]));
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(!all.contains(CANARY), "{kind} {command}: {all}");
            // Neither in the form in which Basic carries it, nor as a token.
            assert!(!all.contains("Y2FuYXJ5") && !all.contains("eyJ"), "{kind} {command}: {all}");
        }
    }
    let wrong = home.env("TOTALCLOUD_PASSWORD", format!("{CANARY}-wrong")).env("TOTALCLOUD_AUTH", "jwt");
    let run = wrong.words("connectors list -vvv").failed(3, &[]);
    assert!(!run.stderr.contains(CANARY), "{}", run.stderr);
}

#[test]
fn a_refused_filter_is_told_in_the_words_of_the_service() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = Home::at(&sim);
    let run = home.run(["resources", "list", "--provider", "aws", "--type", "ec2", "--filter", "region:("]);
    run.failed(2, &["error: ", "resources.list"]);
}

#[test]
fn what_is_no_json_is_told_with_the_operation() {
    let sim = totalcloud_testkit::sim(|c| c.faults.push("op=connectors.list,do=html".parse().unwrap()));
    let run = Home::at(&sim).words("connectors list --provider aws");
    let run = run.failed(1, &["HTML", "connectors.list"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn trouble_that_passes_costs_a_retry_and_no_row() {
    let sim = totalcloud_testkit::sim(|c| {
        c.world.rows.push((Provider::Aws, "EBS".into(), 40));
        c.faults.push("op=resources.list,nth=2,do=status:503".parse().unwrap());
        c.faults.push("op=resources.list,nth=3,do=reset".parse().unwrap());
        c.faults.push("op=resources.list,nth=5,do=cut".parse().unwrap());
    });
    let rows = Home::at(&sim).words("resources list --provider aws --type ebs --page-size 10").rows();
    assert_eq!(rows.len(), 40);
    assert!(sim.calls("resources.list") > 4);
}

#[cfg(unix)]
#[test]
fn the_simulator_prints_one_line_and_serves_until_it_is_stopped() {
    let home = Home::new();
    let args = "sim --size tiny --seed 7 --rows aws/EBS=3 --username u --tls --ca-out ca.pem --now 2026-01-15T12:00:00Z";
    let mut child = home.command(args.split(' ')).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&ready["seed"], &ready["totals"]["aws/EBS"], &ready["username"]),
        (&7.into(), &3.into(), &"u".into())
    );
    let text = |key: &str| ready[key].as_str().unwrap().to_owned();
    assert!(text("url").starts_with("https://127.0.0.1:"), "{line}");
    assert!(std::path::Path::new(&text("ca")).is_absolute());
    let user = Home::new()
        .env("TOTALCLOUD_URL", text("url"))
        .env("TOTALCLOUD_USERNAME", "u")
        .env("TOTALCLOUD_PASSWORD", text("password"));
    user.words("resources list --provider aws --type ebs")
        .failed(1, &["certificate of the host is not trusted", "TOTALCLOUD_CA_BUNDLE"]);
    let user = user.env("TOTALCLOUD_CA_BUNDLE", text("ca"));
    assert_eq!(user.words("resources list --provider aws --type ebs").rows().len(), 3);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let run = finish(child);
    assert_eq!((run.code, rest.as_str(), run.stderr.as_str()), (0, "", ""));
}

#[test]
fn wrong_flags_of_the_simulator_are_refused_with_what_would_be_right() {
    let home = Home::new();
    home.words("sim --size gigantic").failed(2, &["tiny"]);
    home.words("sim --quota 1/2").failed(2, &["CALLS/SECONDS/CONCURRENCY"]);
    home.words("sim --fault do=explode").failed(2, &["status:"]);
    home.words("sim --rows aws/EBS").failed(2, &["aws/EC2_INSTANCE=12000"]);
    home.words("sim --addr 192.0.2.1:1").failed(1, &["cannot listen on 192.0.2.1:1"]);
}

/// A service that answers every call with this body.
fn service(body: &'static str) -> Home {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while request.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            // A client that has enough may be gone already.
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
        }
    });
    Home::new().env("TOTALCLOUD_URL", url).env("TOTALCLOUD_USERNAME", "u").env("TOTALCLOUD_PASSWORD", CANARY)
}

#[test]
fn odd_rows_are_told_by_index_path_and_reason_and_none_is_lost() {
    let home = service(
        r#"{"content":[{"connectorId":"a","totalAssets":"12","new":{"x":1}},
            {"connectorId":"b","totalAssets":"secret value","groups":{"name":7}}, null],
            "last":true,"totalElements":3,"empty":false}"#,
    );
    let told =
        ["row 1, $.totalAssets: expected a whole number, found a string", "row 2, $: expected an object"];
    let run = home.words("connectors list --provider aws").failed(0, &told);
    assert!(!run.stderr.contains("secret value"), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 3);
    assert!(run.stdout.contains(r#"{"connectorId":"a","totalAssets":"12","new":{"x":1}}"#));
    for format in ["csv", "json", "table"] {
        home.words(&format!("connectors list --provider aws --format {format}")).failed(0, &told);
    }
    let strict = home.words("connectors list --provider aws --strict");
    let strict = strict.failed(1, &["2 of 3 rows do not have the form", "without --strict"]);
    assert_eq!(strict.stdout.lines().count(), 3);
}

#[test]
fn fewer_rows_than_promised_end_with_6() {
    let home =
        service(r#"{"content":[{"connectorId":"a"}],"last":true,"totalElements":3,"size":50,"number":0}"#);
    let run = home
        .words("connectors list --provider aws --format json")
        .failed(6, &["1 of 3 rows came", "connectors.list"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows, [serde_json::json!({"connectorId": "a"})]);
}
