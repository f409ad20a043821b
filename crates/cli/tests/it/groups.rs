//! Groups, what users may see, tags, and registrations with neighbours.

use crate::context::{Home, sim};
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn group(home: &Home, name: &str) -> String {
    let made = home.run(["groups", "create", "--group-name", name]).rows();
    assert_eq!(made[0]["groupName"], name);
    made[0]["groupUuid"].as_str().unwrap().to_owned()
}

fn account(home: &Home) -> String {
    let rows = home.words("connectors list --provider aws --limit 1").rows();
    rows[0]["awsAccountId"].as_str().unwrap().to_owned()
}

fn groups_of(home: &Home, account: &str) -> Vec<Value> {
    let rows = home.words("connectors list --provider aws").rows();
    let row = rows.iter().find(|row| row["awsAccountId"] == account).unwrap();
    row["groups"].as_array().unwrap().iter().map(|g| g["uuid"].clone()).collect()
}

#[test]
fn a_group_is_made_listed_and_shown() {
    let sim = sim();
    let home = Home::at(&sim);
    let before = home.words("groups list").rows();
    assert!(!before.is_empty(), "the company has groups from the start");
    let shown = home.run(["groups", "create", "--group-name", "Pay & go", "--dry-run"]).ok();
    assert!(shown.contains("/rest/v1/groups?groupName=Pay%20%26%20go\n"), "{shown}");
    assert_eq!(sim.calls("groups.create"), 0);
    let id = group(&home, "Pay & go");
    assert_eq!(home.words("groups list").rows().len(), before.len() + 1);
    let one: Value = serde_json::from_str(&home.run(["groups", "get", &id]).ok()).unwrap();
    assert_eq!(one, json!({"groupUuid": id, "groupName": "Pay & go"}));
    home.run(["groups", "create", "--group-name", "Pay & go"])
        .failed(1, &["the service says: A group named 'Pay & go' already exists"]);
    assert_eq!(home.words("groups list").rows().len(), before.len() + 1);
    home.run(["groups", "get", UNKNOWN]).failed(4, &["not found"]);
    home.run(["groups", "get", "17"]).failed(2, &["a UUID"]);
    home.words("groups create").failed(2, &["'groupName' is required"]);
    home.words("groups list --filter name:x").failed(2, &["--filter is nothing that groups.list takes"]);
}

#[test]
fn a_group_whose_answer_is_lost_is_looked_for() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=groups.create,nth=1,do=reset-body".parse().unwrap());
    });
    let home = Home::at(&sim);
    home.run(["groups", "create", "--group-name", "lost"])
        .failed(1, &["the service has this group now, so do not send it again", "\"groupName\":\"lost\""]);
    assert_eq!(sim.calls("groups.create"), 1);
}

#[test]
fn accounts_are_put_into_groups_and_taken_out_and_looked_at() {
    let sim = sim();
    let home = Home::at(&sim);
    let (id, account) = (group(&home, "Payments"), account(&home));
    let assign = |flag: &str, accounts: &str, id: &str| {
        home.run(["groups", "assign", "--provider", "aws", "--account-identifiers", accounts, flag, id])
    };
    let before = groups_of(&home, &account);
    let outcome = assign("--add-group-ids", &account, &id).rows();
    assert_eq!(outcome, [json!({"id": account, "outcome": "assigned"})]);
    assert!(groups_of(&home, &account).contains(&json!(id)));
    assign("--remove-group-ids", &account, &id).ok();
    assert_eq!(groups_of(&home, &account), before);
    let unknown = assign("--add-group-ids", "999999999999", &id);
    unknown.failed(4, &["1 of 1 accounts are not as they should be"]);
    let calls = sim.journal().count;
    assign("--add-group-ids", &account, "17").failed(2, &["UUIDs"]);
    home.run(["groups", "assign", "--provider", "aws", "--account-identifiers", &account])
        .failed(2, &["give groups to add to or to remove from"]);
    assert_eq!(sim.journal().count, calls, "what does not fit is refused before any call");
}

#[test]
fn what_a_user_may_see_is_changed_and_read_back() {
    let sim = sim();
    let home = Home::at(&sim);
    let (user, id, account) = (sim.login().0.to_owned(), group(&home, "Payments"), account(&home));
    let scope = |run: crate::context::Run| -> Value { serde_json::from_str(&run.ok()).unwrap() };
    let aws = |scope: &Value| {
        let clouds = scope["scope"].as_array().unwrap();
        clouds.iter().find(|c| c["cloudType"] == "AWS").unwrap().clone()
    };
    let words = ["users", "set-scope", &user, "--provider", "aws"];
    let more = ["--add-account-identifiers", &account, "--add-regions", "us-east-1,eu-west-1"];
    let now = scope(home.run(words.into_iter().chain(more)));
    assert_eq!(aws(&now)["accountIdentifiers"], json!([account]));
    assert_eq!(aws(&now)["regions"], json!(["us-east-1", "eu-west-1"]));
    let now = scope(home.run(words.into_iter().chain(["--remove-regions", "us-east-1"])));
    assert_eq!(aws(&now)["regions"], json!(["eu-west-1"]));
    let now = scope(home.run(["users", "set-groups", &user, "--add-groups-ids", &id]));
    assert_eq!(now["groupIds"], json!([id]));
    assert_eq!(scope(home.run(["users", "scope", &user])), now);
    home.run(words).failed(2, &["give something to add or to remove"]);
    home.run(words.into_iter().chain(["--add-account-identifiers", "17"])).failed(2, &["twelve digits"]);
    home.run(["users", "scope", "nobody"]).failed(4, &["nobody"]);
}

#[test]
fn tags_are_searched_page_by_page() {
    let sim = sim();
    let home = Home::at(&sim);
    let all = home.words("tags search").rows();
    assert!(all.len() > 6, "{}", all.len());
    let calls = sim.calls("tags.search");
    assert_eq!(home.words("tags search --page-size 3").rows(), all);
    assert_eq!(sim.calls("tags.search") - calls, all.len().div_ceil(3), "no page is asked for twice");
    let journal = sim.journal();
    let last = journal.of("tags.search").last().unwrap().body.clone().unwrap();
    let criterion = &last["ServiceRequest"]["filters"]["Criteria"][0];
    assert_eq!((&criterion["field"], &criterion["operator"]), (&json!("id"), &json!("GREATER")));

    let some = home.run(["tags", "search", "--name", "bus", "--where", "id:GREATER:0"]).rows();
    assert_eq!(some.len(), 1);
    assert_eq!(some[0]["name"], "Business Units");
    assert_eq!(home.words("tags search --limit 2").rows().len(), 2);
    home.words("tags search --where name:prod").failed(2, &["is no FIELD:OPERATOR:VALUE"]);
    home.words("tags search --where name:LIKE:prod").failed(2, &["no operator 'LIKE'", "CONTAINS"]);
    home.words("tags search --start-page 2").failed(2, &["pages have no numbers"]);
    home.words("tags search --where nothing:EQUALS:1").failed(2, &["'nothing' is no field to search by"]);
}

#[test]
fn registrations_say_whether_anything_changed() {
    let sim = sim();
    let home = Home::at(&sim);
    let account = account(&home);
    let body = json!({ "accountId": account }).to_string();
    for verb in ["register-scanner-run", "register-service-account"] {
        let first = home.run(["snapshot", verb, "--body", &body]).rows();
        assert_eq!(first, [json!({"status": "REGISTERED"})]);
        let again = home.run(["snapshot", verb, "--body", &body]).rows();
        assert_eq!(again, [json!({"outcome": "unchanged"})]);
        home.run(["snapshot", verb]).failed(2, &["'body' is required"]);
        home.run(["snapshot", verb, "--body", "{"]).failed(2, &["no valid JSON"]);
    }
    let flexscan = ["flexscan", "register", "--cloud-type", "AWS", "--account-id"];
    let made = home.run(flexscan.into_iter().chain([account.as_str()])).rows();
    assert_eq!(made[0]["data"]["status"], "REGISTERED");
    home.run(flexscan.into_iter().chain(["12"])).failed(2, &["twelve digits"]);
}
