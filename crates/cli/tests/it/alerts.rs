//! Rules, actions and activities.

use crate::context::{Home, set_mode, sim};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use totalcloud_testkit::SimHandle;

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

/// A file that holds a secret, as the command wants it.
fn secret(home: &Home, name: &str, text: &str) {
    std::fs::write(home.path(name), text).unwrap();
    set_mode(&home.path(name), 0o600);
}

/// A company with pages of activities.
fn busy(edit: impl FnOnce(&mut totalcloud_testkit::service::SimConfig)) -> SimHandle {
    totalcloud_testkit::sim(|config| {
        config.world.size = "small".parse().unwrap();
        edit(config);
    })
}

#[test]
fn rules_of_all_clouds_and_both_types_are_listed() {
    let sim = sim();
    let home = Home::at(&sim);
    let all = home.words("rules list").rows();
    let places: BTreeSet<(&str, &str)> =
        all.iter().map(|r| (r["cloudType"].as_str().unwrap(), r["ruleType"].as_str().unwrap())).collect();
    for cloud in ["AWS", "AZURE", "GCP"] {
        for kind in ["simple_alert", "time_window_schedule_alert"] {
            assert!(places.contains(&(cloud, kind)), "{cloud} {kind}");
        }
    }
    let some = home.words("rules list --provider aws --rule-type simple_alert --sort name:desc").rows();
    let mut names: Vec<&str> = some.iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert!(some.iter().all(|r| r["cloudType"] == "AWS" && r["ruleType"] == "simple_alert"));
    names.reverse();
    assert!(names.len() > 1 && names.is_sorted(), "{names:?}");
    let query = sim.journal().of("rules.list").last().unwrap().query.clone();
    assert!(query.contains("sortField=name&sortOrder=desc"), "{query}");
    let filter = ["rules", "list", "--filter", "ruleState:DISABLED"];
    assert!(home.run(filter).rows().iter().all(|r| r["ruleState"] == "DISABLED"));
    home.words("rules list --sort name:up").failed(2, &["sortOrder", "asc, desc"]);
    let one: Value = serde_json::from_str(&home.run(["rules", "get", ids(&all)[0]]).ok()).unwrap();
    assert_eq!(one, all[0]);
    home.words("rules get nothing").failed(4, &["Rule not found"]);
}

#[test]
fn all_activities_come_whatever_the_size_of_a_page() {
    let sim = busy(|_| {});
    let home = Home::at(&sim);
    let all = home.words("activities list").rows();
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), all.len(), "each once");
    for cloud in ["AWS", "AZURE", "GCP"] {
        let some = all.iter().filter(|row| row["cloudType"] == cloud).count();
        assert!(some > 50, "{cloud} has {some}, which is more than a page");
    }
    assert_eq!(home.words("activities list --page-size 7").rows(), all);
    let one = home.run(["activities", "get", ids(&all)[0]]).rows();
    assert_eq!(one[0], all[0]);

    // Nothing in the answer says that the service puts fewer rows on a page than were asked for.
    let sim = busy(|config| config.max_page_size = Some(20));
    let cut = Home::at(&sim).words("activities list").rows();
    assert_eq!(ids(&cut), ids(&all));
}

#[test]
fn a_cloud_for_which_alerts_are_not_documented_may_be_refused() {
    // Two calls for each of the clouds that have activities, then the one for OCI.
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=activities.list,nth=7..,do=status:400".parse().unwrap());
    });
    let home = Home::at(&sim);
    let run = home.words("activities list --concurrency 1");
    assert!(sim.journal().of("activities.list").last().unwrap().query.contains("cloudType=OCI"));
    assert!(
        run.stderr.contains("oci: ") && run.stderr.contains("documented for aws, azure and gcp only"),
        "{run:?}"
    );
    assert!(!run.rows().is_empty());
    assert_eq!(home.words("activities list --provider oci").code, 2, "what is asked for is not left out");
}

#[test]
fn an_action_of_each_kind_is_made_changed_tried_out_and_deleted() {
    let sim = sim();
    let home = Home::at(&sim);
    secret(&home, "hook", "https://hooks.slack.example/services/T1/canary-hook\n");
    secret(&home, "key", "canary-key\n");
    let kinds: Vec<Value> = home.words("actions types").rows();
    assert_eq!(kinds, [json!({"type": "qemail"}), json!({"type": "slack"}), json!({"type": "pagerduty"})]);
    let before = home.words("actions list").rows();
    assert_eq!(before.len(), 3);

    let mail = home
        .words(
            "actions create email --action-name Mail --recipients a@acme.example,b@acme.example --subject S",
        )
        .rows();
    assert_eq!(mail[0]["emailRecipients"], json!(["a@acme.example", "b@acme.example"]));
    let slack =
        home.words("actions create slack --action-name Sl --channel #x --webhook-uri-file hook").rows();
    let pager =
        home.words("actions create pagerduty --action-name P --service-key-file key --subject-line L").rows();
    assert_eq!((&slack[0]["slackChannel"], &pager[0]["subject"]), (&json!("#x"), &json!("L")));

    let id = mail[0]["id"].as_str().unwrap();
    let changed = home.run(["actions", "update", "email", id, "--action-description", "new"]).rows();
    assert_eq!((&changed[0]["description"], &changed[0]["subject"]), (&json!("new"), &json!("S")));
    assert_eq!(changed[0]["emailRecipients"], mail[0]["emailRecipients"], "what is not given stays");
    home.run(["actions", "update", "slack", id, "--channel", "#y"]).failed(2, &["of the kind qemail"]);
    let hook = slack[0]["id"].as_str().unwrap();
    home.run(["actions", "update", "slack", hook, "--channel", "#y"])
        .failed(2, &["'webhookUri' is required"]);
    let words = ["actions", "update", "slack", hook, "--channel", "#y", "--webhook-uri-file", "hook"];
    assert_eq!(home.run(words).rows()[0]["slackChannel"], "#y");
    home.words("actions update email nothing --subject S").failed(4, &["there is no action nothing"]);
    home.run(["actions", "update", "email", id]).failed(2, &["nothing is given"]);

    let calls = sim.journal().count;
    let tried = home.words("actions test slack --channel #x --webhook-uri-file hook --dry-run").ok();
    assert!(tried.contains("/actions/slack/test") && !tried.contains("canary"), "{tried}");
    assert_eq!(sim.journal().count, calls);
    let tried = home.words("actions test slack --channel #x --webhook-uri-file hook").rows();
    assert_eq!(tried, [json!({"channel": "#x", "webhookUri": "…"})]);
    home.words("actions test pagerduty --service-key-file key").ok();

    let calls = sim.journal().count;
    home.words("actions create email --action-name M --recipients a@acme --subject S")
        .failed(2, &["mail addresses"]);
    secret(&home, "plain", "http://hooks.slack.example/canary");
    home.words("actions create slack --action-name M --channel c --webhook-uri-file plain")
        .failed(2, &["begins with https://"]);
    assert_eq!(sim.journal().count, calls);

    let used = before.iter().find(|a| a["activeRules"] != 0).unwrap()["id"].as_str().unwrap();
    home.run(["actions", "delete", used, "--yes"]).failed(1, &["1 of 1 actions"]);
    let gone = home.run(["actions", "delete", id, hook, "nothing", "--yes"]);
    assert_eq!(gone.stdout.matches(r#""outcome":"deleted""#).count(), 2, "{gone:?}");
    gone.failed(6, &["1 of 3 actions"]);
    assert_eq!(home.words("actions list").rows().len(), 4);
}

#[test]
fn secrets_of_actions_are_shown_only_where_that_is_asked_for() {
    let sim = sim();
    let home = Home::at(&sim);
    let shown = home.words("actions list --show-secrets").rows();
    let secrets: Vec<&str> = shown
        .iter()
        .flat_map(|a| ["slackWebhookUri", "smtpPassword", "pagerdutyServiceKey"].map(|f| a[f].as_str()))
        .flatten()
        .collect();
    assert_eq!(secrets.len(), 3);
    for flags in [
        "--format json",
        "--format ndjson",
        "--format csv",
        "--format table --wide",
        "--format markdown --wide",
    ] {
        for command in ["actions list", "api actions.list"] {
            let run = home.words(&format!("{command} {flags}"));
            assert!(secrets.iter().all(|s| !run.stdout.contains(s)), "{command} {flags}: {run:?}");
            let shown = run.ok();
            assert!(shown.contains('…') || shown.contains("(hidden)"), "{command} {flags}: {shown}");
        }
    }
    let columns = home.words("actions list --format tsv --columns name,smtpPassword --wide").ok();
    assert!(columns.contains("\t…"), "{columns}");
    for action in ids(&shown) {
        let id = format!("id={action}");
        for command in [["actions", "get", action], ["api", "actions.get", &id]] {
            let run = home.run(command);
            assert!(secrets.iter().all(|s| !run.stdout.contains(s)), "{run:?}");
        }
    }
    let raw = home.words("api actions.list --raw").ok();
    assert!(raw.contains('…') && secrets.iter().all(|s| !raw.contains(s)), "{raw}");
    let raw = home.words("api actions.list --raw --show-secrets").ok();
    assert!(secrets.iter().all(|s| raw.contains(s)));
}

#[test]
fn a_rule_is_made_changed_switched_and_deleted() {
    let sim = sim();
    let home = Home::at(&sim);
    let actions = home.words("actions list").rows();
    let mail = actions.iter().find(|a| a["actionType"] == "qemail").unwrap()["id"].as_str().unwrap();
    let request = format!("actionId={mail},actionType=qemail,emailRecipients=a@b.example,emailSubject=Hello");
    let words =
        ["rules", "create", "--provider", "aws", "--rule-type", "time_window_schedule_alert", "--name", "N"];
    let more = ["--qql", "control.result:FAIL", "--action-requests", &request, "--duration-hour", "8"];
    let create = || words.into_iter().chain(more);
    let shown = home.run(create().chain(["--from-hour-in-utc", "20", "--dry-run"])).ok();
    assert!(shown.contains("/rules?cloudType=AWS&ruleType=time_window_schedule_alert\n"), "{shown}");
    let made = home.run(create().chain(["--from-hour-in-utc", "20"])).rows();
    let id = made[0]["id"].as_str().unwrap();
    assert_eq!((&made[0]["fromHourInUTC"], &made[0]["cloudType"]), (&json!(20), &json!("AWS")));

    let changed = home.run(["rules", "update", id, "--description", "told at night"]).rows();
    for field in ["name", "qql", "actions", "durationHour", "fromHourInUTC", "ruleState"] {
        assert_eq!(changed[0][field], made[0][field], "{field} stays as it is");
    }
    assert_eq!(changed[0]["description"], "told at night");
    home.run(["rules", "update", id]).failed(2, &["nothing is given"]);
    home.words("rules update nothing --name x").failed(4, &["there is no rule nothing"]);

    let off = home.run(["rules", "disable", id]).rows();
    assert_eq!(off, [json!({"id": id, "name": "N", "kind": "AWS", "outcome": "disabled"})]);
    assert_eq!(home.run(["rules", "get", id]).rows()[0]["ruleState"], "DISABLED");
    assert_eq!(home.run(["rules", "enable", id]).rows()[0]["outcome"], "enabled");
    home.run(["rules", "delete", id]).failed(2, &["nobody can be asked"]);
    let gone = home.run(["rules", "delete", id, "nothing", "--yes"]);
    assert!(gone.stdout.contains(r#""outcome":"deleted""#) && gone.stdout.contains("not found"), "{gone:?}");
    gone.failed(6, &["1 of 2 rules"]);
    home.run(["rules", "delete", id, "--yes"]).failed(4, &["there is no such rule"]);
    home.run(["rules", "delete", id]).failed(4, &["there is no such rule"]);
}

#[test]
fn a_rule_that_does_not_fit_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let create = |request: &str, extra: &[&str]| {
        let mut words = vec!["rules", "create", "--provider", "aws", "--rule-type", "simple_alert"];
        words.extend(["--name", "N", "--qql", "control.result:FAIL", "--action-requests", request]);
        words.extend(extra);
        home.run(words.iter().copied())
    };
    create("actionId=1,actionType=fax", &[]).failed(2, &["qemail, slack or pagerduty, not 'fax'"]);
    create("actionId=1,actionType=slack,channel=x", &[]).failed(2, &["no field 'channel'", "slackChannel"]);
    create("actionType=slack,slackChannel=x", &[]).failed(2, &["'actionId' is missing"]);
    let fine = "actionId=1,actionType=slack,slackChannel=x";
    create(fine, &["--from-hour-in-utc", "24"]).failed(2, &["a whole number from 0 to 23"]);
    home.words("rules create --name N").failed(2, &["is required"]);
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn with_the_other_form_of_the_body_cloud_and_type_go_along() {
    let sim = sim();
    let home = Home::at(&sim);
    let rules = home.words("rules list").rows();
    let of = |cloud: &str, kind: &str| {
        let is = |r: &&Value| r["cloudType"] == cloud && r["ruleType"] == kind && r["ruleState"] == "ENABLED";
        rules.iter().find(is).unwrap()["id"].as_str().unwrap()
    };
    let picked =
        [of("AWS", "simple_alert"), of("GCP", "simple_alert"), of("AWS", "time_window_schedule_alert")];
    home.run(["rules", "disable"].into_iter().chain(picked)).ok();
    let journal = sim.journal();
    let plain: Vec<_> = journal.of("rules.disable").collect();
    assert_eq!((plain.len(), plain[0].query.as_str()), (1, ""), "one call, without cloud and type");
    assert_eq!(plain[0].body, Some(json!({ "ids": picked })));

    home.write_config("[profiles.default]\nrule_ids = \"ruleIds\"\n");
    let outcomes = home.run(["rules", "enable"].into_iter().chain(picked)).rows();
    assert!(outcomes.iter().all(|o| o["outcome"] == "enabled"), "{outcomes:?}");
    let journal = sim.journal();
    let sent: Vec<(&str, Option<Value>)> =
        journal.of("rules.enable").map(|r| (r.query.as_str(), r.body.clone())).collect();
    let body = |id: &str| Some(json!({ "ruleIds": [id] }));
    assert_eq!(
        sent,
        [
            ("cloudType=AWS&ruleType=simple_alert", body(picked[0])),
            ("cloudType=GCP&ruleType=simple_alert", body(picked[1])),
            ("cloudType=AWS&ruleType=time_window_schedule_alert", body(picked[2])),
        ]
    );
    let shown = home.run(["rules", "delete", picked[0], "--dry-run"]).ok();
    assert!(
        shown.contains("cloudType=AWS&ruleType=simple_alert") && shown.contains("\"ruleIds\""),
        "{shown}"
    );
    assert_eq!(sim.calls("rules.delete"), 0);
}

#[test]
fn a_rule_whose_answer_is_lost_is_looked_for_and_a_change_is_sent_once() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=rules.create,nth=1,do=reset-body".parse().unwrap());
        config.faults.push("op=rules.disable,nth=1,do=reset-body".parse().unwrap());
    });
    let home = Home::at(&sim);
    let actions = home.words("actions list").rows();
    let slack = actions.iter().find(|a| a["actionType"] == "slack").unwrap()["id"].as_str().unwrap();
    let request = format!("actionId={slack},actionType=slack,slackChannel=#x");
    let words = ["rules", "create", "--provider", "aws", "--rule-type", "simple_alert", "--name", "lost"];
    let run =
        home.run(words.into_iter().chain(["--qql", "control.result:FAIL", "--action-requests", &request]));
    run.failed(1, &["the service has this rule now, so do not send it again", "\"slackChannel\":\"#x\""]);
    assert_eq!(sim.calls("rules.create"), 1);
    let rules = home.words("rules list --provider aws").rows();
    let id = rules.iter().find(|r| r["name"] == "lost").unwrap()["id"].as_str().unwrap();
    // The answer is lost and the state says that it is done.
    assert_eq!(home.run(["rules", "disable", id]).rows()[0]["outcome"], "disabled");
    assert_eq!(sim.calls("rules.disable"), 1);
}

#[test]
fn a_refusal_inside_a_success_is_a_refusal() {
    let sim = sim();
    let home = Home::at(&sim);
    let make = || {
        home.run([
            "actions",
            "create",
            "email",
            "--action-name",
            "twice",
            "--recipients",
            "ops@example.com",
            "--subject",
            "Findings",
        ])
    };
    make().ok();
    make().failed(1, &["Action name exists"]);
}
