use crate::context::{Home, Run, set_mode, sim};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use totalcloud_testkit::SimHandle;

const CANARY: &str = "canary-9e1b";

fn tls_sim() -> SimHandle {
    totalcloud_testkit::sim(|c| c.tls = true)
}

/// `state check` of every row, each once, and the rows themselves.
fn rows(run: &Run) -> (Vec<String>, Vec<serde_json::Value>) {
    let rows: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!format!("{run:?}").contains(CANARY), "{run:?}");
    let mut words: Vec<String> = rows
        .iter()
        .map(|r| format!("{} {}", r["state"].as_str().unwrap(), r["check"].as_str().unwrap()))
        .collect();
    words.dedup();
    (words, rows)
}

/// The row of a check that did not end well.
#[track_caller]
fn trouble(run: &Run, state: &str, check: &str, words: &[&str]) {
    let (_, rows) = rows(run);
    let of = |r: &&serde_json::Value| r["state"] == state && r["check"] == check;
    let found: Vec<String> = rows.iter().filter(of).map(ToString::to_string).collect();
    assert!(
        found.iter().any(|row| words.iter().all(|w| row.contains(w))),
        "{words:?} not in {found:?} of {run:?}"
    );
}

fn doctor(home: &Home) -> Run {
    home.words("doctor --timeout 5")
}

#[test]
fn everything_is_looked_at_where_everything_is_well() {
    let sim = totalcloud_testkit::sim(|c| {
        c.tls = true;
        c.quota = "20/60/2".parse().unwrap();
    });
    let run = doctor(&Home::at(&sim));
    let (words, rows) = rows(&run);
    let checks = ["settings", "dns", "tcp", "tls", "http", "clock", "sign-in", "module", "limits", "disk"];
    assert_eq!(words, checks.map(|c| format!("ok {c}")), "{run:?}");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let tls = rows.iter().find(|r| r["check"] == "tls").unwrap()["found"].as_str().unwrap();
    assert!(tls.contains("TLS 1.3, HTTP/2; issued by 'totalcloud simulator CA, totalcloud'"), "{tls}");
    assert!(tls.contains("days left"), "{tls}");
    let ways = rows.iter().filter(|r| r["check"] == "sign-in").count();
    assert_eq!(ways, 3, "Basic, the API server, and the token for the same password: {run:?}");
    let limits = rows.iter().find(|r| r["check"] == "limits").unwrap()["found"].as_str().unwrap();
    assert!(limits.contains("of 20 calls left in 60 s, 2 at the same time"), "{limits}");
}

#[test]
fn without_settings_the_disk_is_looked_at_all_the_same() {
    let run = doctor(&Home::new());
    trouble(&run, "failed", "settings", &["no platform is set", "--platform"]);
    trouble(&run, "ok", "disk", &["can be written"]);
    run.failed(2, &["checks failed, the first: settings", "no platform is set"]);
}

#[test]
fn a_wrong_password_is_tried_by_one_way_only() {
    let sim = tls_sim();
    let run = doctor(&Home::at(&sim).env("TOTALCLOUD_PASSWORD", CANARY));
    trouble(&run, "failed", "sign-in", &["refused the user name and the password", "platform"]);
    trouble(&run, "skipped", "sign-in", &["jwt", "lock the user out"]);
    run.failed(3, &["the first: sign-in"]);
}

#[test]
fn other_ways_to_sign_in_that_fail_are_warnings() {
    let sim = tls_sim();
    let home = Home::at(&sim).env("TOTALCLOUD_CLIENT_ID", "c").env("TOTALCLOUD_CLIENT_SECRET", CANARY);
    let run = doctor(&home);
    trouble(&run, "warning", "sign-in", &["oidc", "refused"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn an_untrusted_certificate_is_told_with_its_issuer_and_the_rest_is_skipped() {
    let sim = tls_sim();
    let run = doctor(&Home::at(&sim).without("TOTALCLOUD_CA_BUNDLE"));
    trouble(&run, "failed", "tls", &["issued by 'totalcloud simulator CA", "interception", "--ca-bundle"]);
    trouble(&run, "skipped", "sign-in", &["cannot be reached"]);
    run.failed(1, &["the first: tls"]);
}

#[test]
fn names_ports_and_proxies_that_are_wrong_are_told_apart() {
    let sim = tls_sim();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = doctor(&Home::at(&sim).env("TOTALCLOUD_URL", "https://host.invalid"));
    trouble(&run, "failed", "dns", &["could not be resolved", "platform's name"]);
    assert_eq!(run.code, 1);
    let run = doctor(&Home::at(&sim).env("TOTALCLOUD_URL", format!("https://{gone}")));
    trouble(&run, "failed", "tcp", &["nothing listens", "port"]);
    assert_eq!(run.code, 1);
    let home = Home::at(&sim).env("TOTALCLOUD_PROXY", format!("http://jane:{CANARY}@{gone}"));
    let run = doctor(&home);
    trouble(&run, "failed", "tcp", &["the proxy could not be reached", &gone.to_string(), "NO_PROXY"]);
    assert_eq!(run.code, 1);
    let run = doctor(&Home::at(&sim).env("TOTALCLOUD_PROXY", format!("ftp://jane:{CANARY}@{gone}")));
    trouble(&run, "failed", "settings", &["address of the proxy"]);
    assert_eq!(run.code, 2);
}

#[test]
fn one_host_that_fails_leaves_the_others_to_be_looked_at() {
    let sim = totalcloud_testkit::sim(|c| {
        c.tls = true;
        c.strict_hosts = true;
    });
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = Home::at(&sim)
        .without("TOTALCLOUD_URL")
        .env("TOTALCLOUD_BASE_URL", sim.urls().base.clone())
        .env("TOTALCLOUD_GATEWAY_URL", format!("https://{gone}"))
        .env("TOTALCLOUD_API_URL", sim.urls().api.clone());
    let run = doctor(&home);
    trouble(&run, "failed", "tcp", &["(gateway)"]);
    trouble(&run, "ok", "sign-in", &["basic"]);
    trouble(&run, "ok", "sign-in", &["(api)"]);
    trouble(&run, "skipped", "sign-in", &["jwt"]);
    run.failed(1, &["1 of "]);
}

#[test]
fn a_missing_module_is_told_apart_from_a_refused_sign_in() {
    let sim = totalcloud_testkit::sim(|c| {
        c.faults.push("op=connectors.list,do=status:403".parse().unwrap());
    });
    let run = doctor(&Home::at(&sim));
    trouble(&run, "ok", "sign-in", &["basic"]);
    trouble(&run, "failed", "module", &["the user may not do this", "module"]);
    run.failed(3, &["the first: module"]);
}

/// A host that says one thing to everybody.
fn host(answer: &'static str) -> String {
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
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_clock_that_is_off_fails() {
    let old = "HTTP/1.1 401 No\r\ndate: Tue, 02 Jan 2024 10:00:00 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let sim = sim();
    let run = doctor(&Home::at(&sim).env("TOTALCLOUD_URL", host(old)));
    trouble(&run, "failed", "clock", &["ahead of the host", "NTP"]);
    assert_eq!(run.code, 1);
}

#[test]
fn a_host_that_never_answers_costs_only_the_time_given() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sim = sim();
    let run = Home::at(&sim).env("TOTALCLOUD_URL", url).words("doctor --timeout 1");
    trouble(&run, "failed", "http", &["no answer came within 1 s"]);
    trouble(&run, "skipped", "sign-in", &["cannot be reached"]);
    assert_eq!(run.code, 1);
}

#[cfg(unix)]
#[test]
fn files_and_folders_that_are_not_as_they_should_be_are_told() {
    let home = Home::new();
    home.write_config(&format!("[profiles.default]\nplatform = 'qg1'\npassword = '{CANARY}'\n"));
    set_mode(&home.config(), 0o644);
    let run = doctor(&home);
    trouble(&run, "failed", "settings", &["others may read it (mode 0644)", "chmod 600"]);
    assert_eq!(run.code, 2);
    if cfg!(target_os = "linux") {
        let sim = sim();
        let run = doctor(&Home::at(&sim).env("TOTALCLOUD_CONFIG", "/proc/none/config.toml"));
        trouble(&run, "failed", "disk", &["/proc cannot be written", "chmod u+w"]);
        assert_eq!(run.code, 1);
    }
}

#[test]
fn the_report_is_json_for_scripts_and_a_table_for_people() {
    let sim = sim();
    let home = Home::at(&sim);
    let run = home.words("doctor --format json");
    let report: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    assert!(report.iter().all(|row| row["state"].is_string() && row["advice"].is_null()), "{run:?}");
    let table = home.words("doctor --format table").ok();
    assert!(table.starts_with("state") && table.contains("module"), "{table}");
}
