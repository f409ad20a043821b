//! Rules, actions and activities.

use crate::context::{Context, V1, config, start};
use serde_json::{Value, json};
use totalcloud_sim::{SimConfig, Size, WorldConfig};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

async fn list(cx: &Context, path: &str) -> Vec<Value> {
    cx.json(&format!("{V1}/{path}")).await.as_array().unwrap().clone()
}

fn slack() -> Value {
    json!({"actionName": "To the team", "channel": "#team", "webhookUri": "https://hooks.example/Canary"})
}

async fn make_action(cx: &Context) -> Value {
    let (status, answer) = cx.send("POST", &format!("{V1}/actions/slack"), &slack()).await;
    assert_eq!(
        (status, &answer["statusCode"], &answer["statusCodeValue"]),
        (201, &json!("CREATED"), &json!(201))
    );
    answer["body"].clone()
}

fn rule(action: &Value) -> Value {
    json!({
        "name": "My rule", "qql": "control.result:FAIL",
        "actionRequests": [{"actionId": action["id"], "actionType": "slack", "slackChannel": "#mine"}],
    })
}

const OF: &str = "cloudType=AWS&ruleType=simple_alert";

#[tokio::test]
async fn rules_are_made_read_changed_switched_and_deleted() {
    let cx = start(config()).await;
    let before = list(&cx, &format!("rules?{OF}")).await;
    assert!(
        !before.is_empty()
            && before.iter().all(|r| r["cloudType"] == "AWS" && r["ruleType"] == "simple_alert")
    );
    assert!(!list(&cx, "rules?cloudType=AWS&ruleType=time_window_schedule_alert").await.is_empty());
    let action = make_action(&cx).await;
    let (status, answer) = cx.send("POST", &format!("{V1}/rules?{OF}"), &rule(&action)).await;
    assert_eq!((status, &answer["statusCodeValue"]), (201, &json!(201)));
    let made = answer["body"].clone();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["ruleState"], &made["actions"][0]["slackChannel"]),
        (&json!("ENABLED"), &json!("#mine"))
    );
    let one = format!("{V1}/rules/{id}");
    assert_eq!(cx.json(&one).await, made);
    let named = list(&cx, &format!("rules?{OF}&filter=ruleName:\"My rule\" AND ruleState:ENABLED")).await;
    assert_eq!(named, std::slice::from_ref(&made));
    let count = |key: &'static str| {
        let target = format!("{V1}/actions/{}", action["id"].as_str().unwrap());
        let cx = &cx;
        async move { cx.json(&target).await[key].as_u64().unwrap() }
    };
    assert_eq!((count("activeRules").await, count("disabledRules").await), (1, 0));

    let mut change = rule(&action);
    change["name"] = json!("Renamed");
    let (status, answer) = cx.send("PUT", &format!("{one}?ruleType=simple_alert"), &change).await;
    assert_eq!(
        (status, &answer["body"]["name"], &answer["body"]["created"]),
        (200, &json!("Renamed"), &made["created"])
    );

    // Both forms of the body.
    let bodies = [json!({"ids": [id, UNKNOWN]}), json!({"ruleIds": [id, UNKNOWN]})];
    for (way, state, body, query) in [
        ("disable", "DISABLED", &bodies[0], String::new()),
        ("enable", "ENABLED", &bodies[1], format!("?{OF}")),
    ] {
        let (status, told) = cx.send("POST", &format!("{V1}/rules/{way}{query}"), body).await;
        assert_eq!((status, &told[&id], &told[UNKNOWN]), (200, &json!(state), &json!("Rule not found")));
        assert_eq!(cx.json(&one).await["ruleState"], state);
        assert_eq!(count("disabledRules").await, u64::from(way == "disable"));
    }
    let (status, told) = cx.send("POST", &format!("{V1}/rules/delete"), &json!({"ruleIds": [id]})).await;
    assert_eq!((status, told), (200, json!({id: "DELETED"})));
    assert_eq!(cx.status(&one).await, 404);
    assert_eq!(list(&cx, &format!("rules?{OF}")).await, before);
}

#[tokio::test]
async fn rules_that_do_not_fit_are_refused() {
    let cx = start(config()).await;
    let action = make_action(&cx).await;
    for query in [
        "",
        "cloudType=AWS",
        "ruleType=simple_alert",
        "cloudType=AWS&ruleType=x",
        "cloudType=IBM&ruleType=simple_alert",
    ] {
        assert_eq!(cx.status(&format!("{V1}/rules?{query}")).await, 400, "{query}");
        assert_eq!(cx.send("POST", &format!("{V1}/rules?{query}"), &rule(&action)).await.0, 400, "{query}");
    }
    let table = [
        ("name", json!(""), 400),
        ("qql", json!("((x"), 400),
        ("actionRequests", json!([]), 400),
        ("actionRequests", json!([{"actionId": UNKNOWN, "actionType": "slack"}]), 404),
        ("actionRequests", json!([{"actionId": action["id"], "actionType": "qemail"}]), 400),
    ];
    for (field, value, status) in table {
        let mut body = rule(&action);
        body[field] = value;
        let (got, answer) = cx.send("POST", &format!("{V1}/rules?{OF}"), &body).await;
        assert_eq!(got, status, "{field}: {answer}");
    }
    let window = format!("{V1}/rules?cloudType=AWS&ruleType=time_window_schedule_alert");
    assert_eq!(cx.send("POST", &window, &rule(&action)).await.0, 400, "a window has a length");
    let mut body = rule(&action);
    body["durationHour"] = json!(4);
    body["fromHourInUTC"] = json!(22);
    assert_eq!(cx.send("POST", &window, &body).await.0, 201);
    assert_eq!(cx.send("POST", &format!("{V1}/rules/enable"), &json!({})).await.0, 400);
}

#[tokio::test]
async fn actions_of_all_kinds_are_made_tried_changed_and_deleted_unless_used() {
    let cx = start(config()).await;
    let types = cx.json(&format!("{V1}/actions/types")).await;
    let seen = list(&cx, "actions").await;
    assert_eq!(types, json!(["qemail", "slack", "pagerduty"]));
    for kind in types.as_array().unwrap() {
        assert!(seen.iter().any(|a| a["actionType"] == *kind), "{kind}");
    }
    let kinds = [
        ("email", json!({"actionName": "E", "recipients": ["a@b.example"], "subject": "S"}), "qemail"),
        ("slack", slack(), "slack"),
        (
            "pagerduty",
            json!({"actionName": "P", "serviceKey": "Canary", "subjectLine": "S", "client": "c"}),
            "pagerduty",
        ),
    ];
    let mut ids = Vec::new();
    for (kind, body, word) in &kinds {
        let made = cx.send("POST", &format!("{V1}/actions/{kind}"), body).await.1["body"].clone();
        assert_eq!((&made["actionType"], &made["activeRules"]), (&json!(word), &json!(0)));
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(cx.json(&format!("{V1}/actions/{id}")).await, made);
        let mut change = body.clone();
        change["actionName"] = json!(format!("Other {kind}"));
        let (status, answer) = cx.send("PUT", &format!("{V1}/actions/{kind}/{id}"), &change).await;
        assert_eq!((status, &answer["body"]["name"]), (200, &change["actionName"]));
        let other = if *kind == "email" { "slack" } else { "email" };
        assert_eq!(
            cx.send("PUT", &format!("{V1}/actions/{other}/{id}"), &change).await.0,
            404,
            "of another kind"
        );
        ids.push(id);
    }
    let slack_row = cx.json(&format!("{V1}/actions/{}", ids[1])).await;
    assert_eq!(
        slack_row["slackWebhookUri"], "https://hooks.example/Canary",
        "secrets come back, as documented"
    );
    let by_name: Vec<Value> = list(&cx, "actions?sortField=name&sortOrder=desc").await;
    let names: Vec<String> = by_name.iter().map(|a| a["name"].as_str().unwrap().to_lowercase()).collect();
    assert!(names.is_sorted_by(|a, b| a >= b) && names.len() == seen.len() + 3);
    assert_eq!(list(&cx, "actions?pageSize=2&pageNo=1").await.len(), 2);

    let used = seen.iter().find(|a| a["activeRules"].as_u64() > Some(0)).unwrap();
    let delete = format!("{V1}/actions/delete");
    let (status, answer) = cx.send("POST", &delete, &json!({"ids": [ids[0], used["id"]]})).await;
    assert_eq!(status, 409, "{answer}");
    let (status, told) = cx.send("POST", &delete, &json!({"ids": [ids[0], UNKNOWN]})).await;
    assert_eq!(
        (status, &told[&ids[0]], &told[UNKNOWN]),
        (200, &json!("DELETED"), &json!("Action not found"))
    );
    assert_eq!(cx.status(&format!("{V1}/actions/{}", ids[0])).await, 404);

    for (kind, good, bad) in [
        (
            "slack",
            json!({"channel": "#x", "webhookUri": "https://h.example/Canary"}),
            json!({"channel": "#x", "webhookUri": "http://h.example"}),
        ),
        ("pagerduty", json!({"serviceKey": "Canary"}), json!({"serviceKey": " "})),
    ] {
        let target = format!("{V1}/actions/{kind}/test");
        assert_eq!(cx.send("POST", &target, &good).await, (200, good.clone()));
        assert_eq!(cx.send("POST", &target, &bad).await.0, 400);
    }
    for (kind, field, value) in [
        ("email", "recipients", json!(["nobody"])),
        ("email", "recipients", json!([])),
        ("slack", "webhookUri", json!("x")),
        ("pagerduty", "serviceKey", json!("")),
    ] {
        let mut body = kinds.iter().find(|(k, ..)| *k == kind).unwrap().1.clone();
        body[field] = value;
        assert_eq!(cx.send("POST", &format!("{V1}/actions/{kind}"), &body).await.0, 400, "{kind}.{field}");
    }
    let journal = serde_json::to_string(&cx.sim.journal()).unwrap();
    assert!(!journal.contains("Canary"), "{journal}");
}

#[tokio::test]
async fn activities_have_pages_and_tell_when_their_rule_is_gone() {
    let world = WorldConfig::new(1, "2026-01-15T12:00:00Z".parse().unwrap(), Size::Small);
    let cx = start(SimConfig { world, ..config() }).await;
    assert_eq!(cx.status(&format!("{V1}/activities")).await, 400, "the cloud is needed");
    let mut all = Vec::new();
    for page in 0.. {
        let rows = list(&cx, &format!("activities?cloudType=AWS&pageNo={page}")).await;
        let end = rows.len() < 50;
        all.extend(rows);
        if end {
            break;
        }
    }
    assert!(all.len() > 50, "more than a page");
    let dates: Vec<i64> = all.iter().map(|a| a["statusDate"].as_i64().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b));
    let one = &all[0];
    assert_eq!(cx.json(&format!("{V1}/activities/{}", one["id"].as_str().unwrap())).await, *one);
    assert_eq!(cx.status(&format!("{V1}/activities/{UNKNOWN}")).await, 404);
    let failed = list(&cx, "activities?cloudType=AWS&pageSize=100&filter=status:FAILED").await;
    let truly = all.iter().filter(|a| a["status"] == "FAILED").count();
    assert_eq!(failed.len(), truly);
    cx.send("POST", &format!("{V1}/rules/delete"), &json!({"ids": [one["ruleId"]]})).await;
    let later = list(&cx, "activities?cloudType=AWS").await;
    assert!(later.iter().all(|a| a["isRuleDeleted"] == (a["ruleId"] == one["ruleId"])));
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_in_the_wrapper() {
    let cx = start(config()).await;
    let refused = |what: &str| {
        let told = format!("{what} name exists");
        (200, json!({"body": told, "statusCode": "CONFLICT", "statusCodeValue": 409}))
    };
    let action = make_action(&cx).await;
    let path = format!("{V1}/actions/slack");
    assert_eq!(cx.send("POST", &path, &slack()).await, refused("Action"));
    let mut other = slack();
    other["actionName"] = json!("Another");
    let made = cx.send("POST", &path, &other).await.1["body"].clone();
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(cx.send("PUT", &one, &slack()).await, refused("Action"));
    assert_eq!(cx.send("PUT", &one, &other).await.0, 200, "its own name is free");

    let (path, first) = (format!("{V1}/rules?{OF}"), rule(&action));
    let made = cx.send("POST", &path, &first).await.1["body"].clone();
    let mut same = first.clone();
    same["name"] = json!(first["name"].as_str().unwrap().to_uppercase());
    assert_eq!(cx.send("POST", &path, &same).await, refused("Rule"));
    let before = list(&cx, &format!("rules?{OF}&pageSize=100")).await.len();
    let taken = list(&cx, &format!("rules?{OF}")).await;
    let taken = taken.iter().find(|r| r["id"] != made["id"]).unwrap();
    same["name"] = taken["name"].clone();
    let one = format!("{V1}/rules/{}?{OF}", made["id"].as_str().unwrap());
    assert_eq!(cx.send("PUT", &one, &same).await, refused("Rule"));
    assert_eq!(list(&cx, &format!("rules?{OF}&pageSize=100")).await.len(), before);
    assert_eq!(cx.send("PUT", &one, &first).await.0, 200);
}
