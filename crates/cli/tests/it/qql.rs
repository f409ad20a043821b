//! The commands about filters, and what listings say of the filters they are given.

use crate::context::{Home, Run, sim};
use serde_json::Value;

fn qql(args: &[&str]) -> Run {
    Home::new().run(["qql"].into_iter().chain(args.iter().copied()))
}

#[test]
fn what_is_found_is_told_with_carets_under_its_place() {
    let run = qql(&["check", "--for", "evaluations.resources", "region:é AND result:FAIL"]);
    assert_eq!(
        run.stderr,
        "\
note: column 1: that evaluated resources takes 'region' is a guess; if it does not, the service answers an unknown \
token with no rows, not with an error
  region:é AND result:FAIL
  ^^^^^^
warning: column 14: the service accepts 'result' here, and it matches nothing; write resource.result
  region:é AND result:FAIL
               ^^^^^^
better: region:é AND resource.result:FAIL
"
    );
    assert_eq!(run.ok(), "");
}

#[test]
fn a_clean_filter_ends_well_and_a_broken_one_does_not() {
    let run = qql(&["check", "--for", "controls", "cid:1"]);
    assert_eq!((run.code, &run.stderr[..]), (0, "nothing is wrong with this filter of control metadata\n"));
    let run = qql(&["check", "--for", "controls", "cid:1 AND (cid:2"]);
    assert_eq!(
        run.stderr,
        "error: this is no QQL: column 11: this parenthesis is never closed\n  cid:1 AND (cid:2\n            ^\n"
    );
    assert_eq!((run.code, &run.stdout[..]), (2, ""));
    qql(&["explain", "--for", "controls", "("]).failed(2, &["column 2"]);
    qql(&["format", "a:1 b:2"]).failed(2, &["  a:1 b:2\n      ^", "hint: join terms with AND or OR"]);
    qql(&["check", "--for", "controls", "--strict", "cid:1"]).ok();
    let strict = ["check", "--for", "controls", "--strict", "provider:aws AND x:1"];
    qql(&strict).failed(1, &["2 warnings, and --strict allows none"]);
    qql(&["-q", "check", "--for", "controls", "provider:aws"]).ok();
}

#[test]
fn findings_come_as_rows_where_a_format_is_asked_for() {
    let rows = qql(&["check", "--for", "controls", "provider:aws and x:1", "--format", "ndjson"]).rows();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        serde_json::json!({
            "level": "warning", "rule": "letter-case", "column": 10, "text": "aws",
            "message": "values of this token are in upper case", "hint": "write AWS",
            "suggestion": "provider:AWS and x:1",
        })
    );
    assert_eq!((&rows[1]["rule"], &rows[1]["suggestion"]), (&"unknown-token".into(), &Value::Null));
    let broken = qql(&["check", "--for", "controls", "cid:", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&broken.stdout).unwrap();
    assert_eq!((rows[0]["rule"].as_str(), rows[0]["column"].as_u64()), (Some("syntax"), Some(5)));
    broken.failed(2, &["a value is expected"]);
}

#[test]
fn a_filter_is_put_right_on_request() {
    let home = Home::new();
    let fixed = ["qql", "check", "--for", "controls", "--fix", "-"];
    let typed = "criticality:high or provider:aws and policy.name:CIS Amazon\n";
    let run = home.run_with(typed, fixed);
    assert!(run.stderr.contains("AND and OR are mixed"), "{run:?}");
    let expected = "control.criticality:HIGH or (provider:AWS and policy.name:\"CIS Amazon\")\n";
    assert_eq!(run.ok(), expected);
    let run = home.run_with(expected, fixed);
    assert_eq!((run.code, &run.stdout[..]), (0, expected), "what is right stays");
    assert_eq!(qql(&["format", "a:1   and(b:[x,y])"]).ok(), "a:1 AND b in (x, y)\n");
}

#[test]
fn a_filter_is_explained() {
    let text = qql(&["explain", "--for", "connectors", "state:ERROR and NOT lastSyncedOn>now-3d"]).ok();
    assert_eq!(
        text,
        "\
all 2 of these:
  state (State of the connector) is ERROR
  not:
    (note: NOT is slow, the service's manual says; name what is wanted, where that can be said)
    lastSyncedOn (When it was last synchronised (UTC)) is after 3 days ago
"
    );
    let rows = qql(&["explain", "--for", "connectors", "state:ERROR or name:x", "--format", "ndjson"]).rows();
    assert_eq!(rows[1]["qql"], "state:ERROR");
    assert_eq!(rows.iter().map(|r| r["depth"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn tokens_are_listed_by_operation_and_by_noun() {
    let rows = qql(&["tokens", "--for", "resources.list"]).rows();
    assert_eq!(rows, qql(&["tokens", "--for", "Resources"]).rows());
    let account = rows.iter().find(|r| r["token"] == "account.id").unwrap();
    assert_eq!((&account["confidence"], &account["takes"]), (&"documented".into(), &"text".into()));
    assert!(rows.iter().any(|r| r["confidence"] == "guess"));
    let all = qql(&["tokens"]).rows();
    assert!(all.len() > rows.len() && all.iter().all(|r| r["for"].is_string()));
    qql(&["tokens", "--for", "resurces"]).failed(2, &["did you mean", "resources"]);
    qql(&["check", "--for", "zzzzz", "a:1"]).failed(2, &["give an operation such as resources.list"]);
}

#[test]
fn listings_say_what_will_not_work_and_send_the_filter_as_typed() {
    let sim = sim();
    let home = Home::at(&sim);
    let list = |more: &[&str]| {
        let args = ["resources", "list", "--provider", "aws", "--filter", "acount.id:1 and region:us-east-1"];
        home.run(args.into_iter().chain(more.iter().copied()))
    };
    let sent = |calls: usize| -> Vec<bool> {
        let journal = sim.journal();
        let all: Vec<bool> = journal.of("resources.list").map(|r| r.query.contains("acount.id")).collect();
        all[calls..].to_vec()
    };
    let run = list(&[]);
    assert_eq!(
        run.stderr,
        "\
warning: filter, column 1: 'acount.id' is no token that is known of the inventory; the service answers an unknown \
token with no rows, not with an error; write account.id
  acount.id:1 and region:us-east-1
  ^^^^^^^^^
  it is sent as typed; --fix-filter sends: account.id:1 and region:us-east-1
"
    );
    let first = sent(0);
    assert!(
        first.len() > 1 && first.iter().all(|typed| *typed),
        "each type is asked for, and it is said once"
    );
    assert_eq!(list(&["--raw-filter"]).stderr, "");
    assert_eq!(list(&["--quiet"]).stderr, "");
    let calls = sent(0).len();
    let fixed = list(&["--fix-filter"]);
    assert!(fixed.stderr.contains("sent is: account.id:1 and region:us-east-1"), "{fixed:?}");
    assert!(sent(calls).iter().all(|typed| !typed));
    list(&["--fix-filter", "--raw-filter"]).failed(2, &["--fix-filter"]);
}

#[test]
fn what_other_flags_add_is_not_part_of_what_is_checked() {
    let sim = sim();
    let home = Home::at(&sim);
    let args = ["controls", "list", "--provider", "aws", "--control", "1", "--filter", "criticality:HIGH"];
    let run = home.run(args);
    assert!(run.stderr.contains("\n  criticality:HIGH\n  ^^^^^^^^^^^\n"), "{run:?}");
    let query = sim.journal().of("controls.list").last().unwrap().query.clone();
    let text = percent(&query);
    assert!(text.contains("filter=(criticality:HIGH) AND (cid:1) AND provider:AWS"), "{text}");
}

#[test]
fn parameters_of_any_operation_are_looked_at_as_flags_are() {
    let sim = sim();
    let home = Home::at(&sim);
    let run = home.run(["api", "controls.list", "filter=provider:aws"]);
    assert!(run.stderr.contains("--fix-filter sends: provider:AWS"), "{run:?}");
    let run = home.run(["api", "controls.list", "filter=provider:aws", "--fix-filter"]);
    assert!(run.stderr.contains("sent is: provider:AWS"), "{run:?}");
    assert!(!run.rows().is_empty());
    let args = ["api", "resources.list", "type=EBS", "provider=aws", "updated=[now .. now-3d]"];
    let run = home.run(args);
    assert!(run.stderr.contains("updated, column 2: this range ends before it begins"), "{run:?}");
}

/// A token that the simulator does not know leaves a query open, whatever is asked of it, and no row comes.
#[test]
fn the_simulator_knows_every_token_that_is_not_a_guess() {
    let sim = sim();
    let home = Home::at(&sim);
    let account =
        home.words("resources list --provider aws --type ec2 --limit 1").rows()[0]["cloudAccountId"]
            .as_str()
            .unwrap()
            .to_owned();
    let args = ["evaluations", "account", "--account", &account];
    let evaluated = home.run(args).rows();
    let looked = evaluated.iter().find(|r| r["failedResources"].as_u64() > Some(0)).unwrap();
    let control = looked["controlId"].as_str().unwrap();
    for (place, listing) in [
        ("connectors", vec!["connectors", "list", "--provider", "aws"]),
        ("controls", vec!["controls", "list"]),
        ("resources", vec!["resources", "list", "--provider", "aws", "--type", "ec2"]),
        ("account-evaluations", args.to_vec()),
        (
            "resource-evaluations",
            vec!["evaluations", "resources", "--account", &account, "--control", control],
        ),
    ] {
        for token in qql(&["tokens", "--for", place]).rows() {
            let name = token["token"].as_str().unwrap();
            if token["confidence"] != "guess" {
                let filter = format!("{name} is null OR NOT {name} is null");
                let more = ["--filter", &filter, "--limit", "1", "--raw-filter", "--format", "ndjson"];
                let rows = home.run(listing.iter().copied().chain(more)).rows();
                assert_eq!(rows.len(), 1, "{place}: {name}");
            }
        }
    }
}

#[test]
fn queries_of_other_commands_are_looked_at_too() {
    let sim = sim();
    let home = Home::at(&sim);
    let report =
        ["assessments", "create", "--name", "r", "--provider", "aws", "--query", "control.rsult:FAIL"];
    let dates = ["--start", "2026-01-01", "--end", "2026-01-31"];
    let ids = [
        "--policy",
        "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2",
        "--connector",
        "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2",
    ];
    let run = home.run(report.into_iter().chain(dates).chain(ids));
    assert!(run.stderr.contains("it is sent as typed; better is: control.result:FAIL"), "{run:?}");
    let run = home.run(["pull", "--out", "data", "--only", "aws/EBS", "--updated", "[now .. now-1d]"]);
    assert!(run.stderr.contains("updated, column 2: this range ends before it begins"), "{run:?}");
}

/// What a shell prints that has read the completions and then runs this; `None` where there is no such shell.
#[cfg(unix)]
fn completed(shell: &str, script: &str) -> Option<Vec<String>> {
    let home = Home::new();
    let file = home.path("completions");
    std::fs::write(&file, home.run(["completions", shell]).ok()).unwrap();
    let mut command = std::process::Command::new(shell);
    if shell == "zsh" {
        command.arg("-f");
    }
    let output = command.arg("-c").arg(script).env("SCRIPT", &file).env("HOME", home.path("")).output();
    match output {
        Ok(output) => {
            assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
            Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && shell != "bash" => None,
        Err(e) => panic!("{shell}: {e}"),
    }
}

#[test]
#[cfg(unix)]
fn bash_completes_the_tokens_of_a_filter() {
    let complete = |words: &str| {
        let script = format!(
            "source \"$SCRIPT\"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _totalcloud_tokens totalcloud \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p totalcloud"
        );
        completed("bash", &script).unwrap()
    };
    let registered = "complete -o bashdefault -o default -o nosort -F _totalcloud_tokens totalcloud";
    assert_eq!(
        complete("totalcloud resources list --filter acc"),
        ["account.id:", "account.alias:", registered]
    );
    assert_eq!(
        complete("totalcloud connectors list --limit 3 --filter 'name:x AND (st'"),
        ["name:x AND (state:", registered]
    );
    assert_eq!(complete("totalcloud qql check --for conn"), ["connectors", "connectors.list", registered]);
    assert!(
        complete("totalcloud evaluations resources --filter ''").contains(&"resource.result:".to_owned())
    );
    assert_eq!(complete("totalcloud conn"), ["connectors", registered], "all else is as it was");
}

#[test]
#[cfg(unix)]
fn fish_completes_the_tokens_of_a_filter() {
    let ask = |line: &str| completed("fish", &format!("source $SCRIPT; complete -C '{line}'"));
    let Some(found) = ask("totalcloud resources list --filter acc") else { return };
    assert_eq!(
        found,
        [
            "account.alias:\tAlias of the account",
            "account.id:\tAWS account, Azure subscription, GCP project or OCI tenancy"
        ]
    );
    assert_eq!(ask("totalcloud qql tokens --for conn").unwrap(), ["connectors", "connectors.list"]);
}

#[test]
#[cfg(unix)]
fn zsh_completes_the_tokens_of_a_filter() {
    // What the completion system would be given, without a terminal to press a key on.
    let script = "compdef() { }; compset() { print -r -- \"$*\" }; \
                  _describe() { print -r -- \"$*\"; print -rl -- $tokens }; \
                  source $SCRIPT; _totalcloud_tokens connectors; grep -c '{_totalcloud_tokens resources}' $SCRIPT";
    let Some(found) = completed("zsh", script) else { return };
    assert_eq!(found[..2], ["-P *[ (]", "-t tokens token tokens -S "]);
    assert_eq!(found[2], "name\\::Name of the connector");
    assert_eq!(found.len(), 2 + 5 + 1);
    assert_eq!(found.last().unwrap(), "1", "one command lists resources");
}

/// A query as it was before it was encoded.
fn percent(query: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = query.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            b'+' => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8(out).unwrap()
}
