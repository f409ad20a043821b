//! Groups and what users may see.

use crate::context::{V1, config, start};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn groups_are_made_and_connectors_put_into_them() {
    let cx = start(config()).await;
    let groups = cx.json(&format!("{V1}/groups")).await["content"].clone();
    let groups = groups.as_array().unwrap();
    let connector = cx.json(&format!("{V1}/aws/connectors")).await["content"][0].clone();
    let of = &connector["groups"][0];
    assert!(groups.contains(&json!({"groupName": of["name"], "groupUuid": of["uuid"]})), "{of}");
    let policy = cx.json(&format!("{V1}/reports/policies?cloudType=AWS")).await[0].clone();
    assert!(groups.iter().any(|g| g["groupUuid"] == policy["groupIds"][0]));

    let (status, made) = cx.send("POST", &format!("{V1}/groups?groupName=My%20group"), &Value::Null).await;
    assert_eq!((status, &made["name"], &made["error"]), (201, &json!("My group"), &Value::Null));
    let id = made["groupId"].as_str().unwrap();
    let group = json!({"groupName": "My group", "groupUuid": id});
    assert_eq!(cx.json(&format!("{V1}/groups/{id}")).await, group);
    assert_eq!(
        cx.json(&format!("{V1}/groups?pageSize=1&pageNo={}", groups.len())).await["content"],
        json!([group])
    );
    let taken = cx.send("POST", &format!("{V1}/groups?groupName=my%20group"), &Value::Null).await;
    let told = "A group named 'my group' already exists";
    assert_eq!(taken, (200, json!({"error": told, "groupId": null, "name": "my group"})));
    assert_eq!(cx.send("POST", &format!("{V1}/groups"), &Value::Null).await.0, 400);
    assert_eq!(cx.status(&format!("{V1}/groups/{UNKNOWN}")).await, 404);
    assert_eq!(cx.status(&format!("{V1}/groups/x")).await, 400);

    let assign = format!("{V1}/groups/connectors?cloudType=AWS");
    let account = &connector["awsAccountId"];
    let twice = [id, &id.to_uppercase()];
    let body = json!({"accountIdentifiers": [account], "add": {"groupIds": twice}, "remove": {"groupIds": [of["uuid"]]}});
    assert_eq!(cx.send("POST", &assign, &body).await, (200, group.clone()));
    let one = format!("{V1}/aws/connectors/{}", connector["connectorId"].as_str().unwrap());
    assert_eq!(cx.json(&one).await["groups"], json!([{"name": "My group", "uuid": id}]));
    let body = json!({"accountIdentifiers": [account], "remove": {"groupIds": [id]}});
    assert_eq!(cx.send("POST", &assign, &body).await.0, 200);
    assert_eq!(cx.json(&one).await["groups"], json!([]));
    for (body, status) in [
        (json!({"accountIdentifiers": [account]}), 400),
        (json!({"accountIdentifiers": [], "add": {"groupIds": [id]}}), 400),
        (json!({"accountIdentifiers": [account], "add": {"groupIds": ["x"]}}), 400),
        (json!({"accountIdentifiers": [account], "add": {"groupIds": [UNKNOWN]}}), 404),
        (json!({"accountIdentifiers": ["1"], "add": {"groupIds": [id]}}), 404),
    ] {
        assert_eq!(cx.send("POST", &assign, &body).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn the_scope_of_a_user_is_changed_by_adding_and_removing() {
    let cx = start(config()).await;
    let (user, _) = cx.sim.login();
    let scope = format!("{V1}/users/{user}/scope");
    assert_eq!(cx.json(&scope).await["userName"], user);
    let account = cx.json(&format!("{V1}/aws/connectors")).await["content"][0]["awsAccountId"].clone();
    let body =
        json!({"add": {"accountIdentifiers": [account, account], "regions": ["us-east-1", "eu-west-1"]}});
    let target = format!("{scope}?cloudType=AWS");
    let (status, answer) = cx.send("POST", &target, &body).await;
    assert_eq!(status, 200);
    assert_eq!(cx.json(&scope).await, answer);
    let aws = |scope: &Value| {
        scope["scope"].as_array().unwrap().iter().find(|c| c["cloudType"] == "AWS").unwrap().clone()
    };
    assert_eq!(aws(&answer)["accountIdentifiers"], json!([account]));
    let answer = cx.send("POST", &target, &json!({"remove": {"regions": ["us-east-1"]}})).await.1;
    assert_eq!(aws(&answer)["regions"], json!(["eu-west-1"]));
    assert_eq!(cx.send("POST", &target, &json!({"add": {"accountIdentifiers": ["1"]}})).await.0, 404);
    assert_eq!(cx.send("POST", &scope, &body).await.0, 400, "the cloud is needed");

    let group = cx.json(&format!("{V1}/groups")).await["content"][0]["groupUuid"].clone();
    let groups = format!("{V1}/users/{user}/groupScope");
    let answer = cx.send("POST", &groups, &json!({"add": {"groupsIds": [group]}})).await.1;
    assert_eq!(answer["groupIds"], json!([group]));
    assert_eq!(cx.send("POST", &groups, &json!({"add": {"groupsIds": [UNKNOWN]}})).await.0, 404);
    let answer = cx.send("POST", &groups, &json!({"remove": {"groupsIds": [group]}})).await.1;
    assert_eq!(answer["groupIds"], json!([]));
    for target in [format!("{V1}/users/nobody/scope?cloudType=AWS"), format!("{V1}/users/nobody/groupScope")]
    {
        assert_eq!(cx.send("POST", &target, &json!({})).await.0, 404, "{target}");
    }
}
