use crate::context::{Home, sim};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn a_listing_gives_one_row_a_line_under_the_names_of_the_wire() {
    let sim = sim();
    let run = Home::at(&sim).words("resources list --type ec2 --provider aws");
    assert_eq!(run.stderr, "");
    let rows = run.rows();
    assert_eq!(rows.len() as u64, sim.totals()["aws/EC2_INSTANCE"]);
    assert!(rows.iter().all(|r| r["resourceType"] == "EC2_INSTANCE" && r["cloudType"] == "AWS"));
}

#[test]
fn without_a_type_all_types_of_the_providers_come() {
    let sim = sim();
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for row in Home::at(&sim).words("resources list --provider aws --provider azure").rows() {
        let key = format!(
            "{}/{}",
            row["cloudType"].as_str().unwrap().to_lowercase(),
            row["resourceType"].as_str().unwrap()
        );
        *found.entry(key).or_default() += 1;
    }
    let totals: BTreeMap<String, u64> = sim
        .totals()
        .into_iter()
        .filter(|(k, n)| *n > 0 && (k.starts_with("aws/") || k.starts_with("azure/")))
        .collect();
    assert_eq!(found, totals);
}

#[test]
fn a_name_stands_for_the_type_of_each_provider_that_knows_it() {
    let sim = sim();
    let rows = Home::at(&sim).run(["resources", "list", "--type", "security group"]).rows();
    let totals = sim.totals();
    assert_eq!(rows.len() as u64, totals["aws/VPC_SECURITY_GROUP"] + totals["azure/NETWORK_SECURITY_GROUP"]);
}

#[test]
fn an_unknown_type_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let run = home.words("resources list --type ec2_instnce");
    run.failed(2, &["there is no resource type 'ec2_instnce'", "aws: EC2_INSTANCE", "--unlisted-type"]);
    home.words("resources list --provider aws --type vm").failed(2, &["there is no resource type 'vm'"]);
    home.words("resources list --type ../x --unlisted-type").failed(2, &["no resource type"]);
    assert_eq!(sim.journal().count, 0);
    home.words("resources list --provider aws --type GLUE_JOB --unlisted-type");
    assert_eq!(sim.journal().requests[0].path, "/cloudview-api/rest/v1/resource/GLUE_JOB/AWS");
}

#[test]
fn the_page_after_the_limit_is_never_fetched() {
    let sim =
        totalcloud_testkit::sim(|c| c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 90)));
    let home = Home::at(&sim);
    let rows = home.words("resources list --provider aws --type ebs --page-size 20 --limit 35").rows();
    assert_eq!((rows.len(), sim.calls("resources.list")), (35, 2));
    let rows = home.words("resources list --provider aws --type ebs --page-size 20 --pages 3").rows();
    assert_eq!((rows.len(), sim.calls("resources.list")), (60, 5));
    let rows = home
        .words("resources list --provider aws --type ebs --page-size 20 --start-page 4 --pages all")
        .rows();
    assert_eq!((rows.len(), sim.calls("resources.list")), (10, 6));
    let all = home.words("resources list --provider aws --limit 1").rows();
    assert_eq!((all.len(), sim.calls("resources.list")), (1, 7), "no other type is asked for");
}

#[test]
fn the_service_gets_what_the_flags_say() {
    let sim = sim();
    let home = Home::at(&sim);
    let args =
        ["resources", "list", "--provider", "aws", "--type", "s3", "--page-size", "7", "--start-page", "0"];
    let more =
        ["--sort", "lastSyncedOn:asc", "--updated", "[now-30d .. now]", "--filter", "region:us-east-1"];
    home.run(args.into_iter().chain(more)).ok();
    let query = sim.journal().requests[0].query.clone();
    for word in [
        "pageSize=7",
        "pageNo=0",
        "sort=lastSyncedOn%3Aasc",
        "updated=%5Bnow-30d",
        "filter=region%3Aus-east-1",
    ] {
        assert!(query.contains(word), "{word} in {query}");
    }
    home.words("connectors list --updated now")
        .failed(2, &["--updated is nothing that connectors.list takes", "--filter, --sort"]);
    home.words("mandates list --page-size 3").failed(2, &["--page-size: mandates.list has no pages"]);
}

#[test]
fn last_synced_is_rewritten_on_connectors_unless_it_must_not_be() {
    let sim = sim();
    let home = Home::at(&sim);
    let filter = ["--provider", "aws", "--filter", "lastSynced:[now-30d .. now]"];
    let run = home.run(["connectors", "list"].into_iter().chain(filter));
    run.failed(0, &["warning: filter, column 1: connectors do not know 'lastSynced'", "--raw-filter"]);
    let raw = home.run(["connectors", "list", "--raw-filter"].into_iter().chain(filter));
    assert_eq!(raw.stderr, "");
    home.run(["api", "connectors.list", "provider=aws", "filter=lastSynced:[now-30d .. now]"]).ok();
    let journal = sim.journal();
    let sent: Vec<bool> = journal.of("connectors.list").map(|r| r.query.contains("lastSyncedOn")).collect();
    assert_eq!(sent, [true, false, true]);
}

#[test]
fn evaluations_go_over_all_accounts_where_none_is_named() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words("evaluations account --provider aws").rows();
    let accounts: std::collections::BTreeSet<&str> =
        rows.iter().map(|r| r["account"].as_str().unwrap()).collect();
    assert_eq!(accounts.len(), 2, "the world has two AWS accounts");
    let account = accounts.first().unwrap();
    let one = home.run(["evaluations", "account", "--account", account]).rows();
    assert_eq!(one.len(), rows.iter().filter(|r| r["account"] == *account).count());
    assert!(one.iter().all(|r| r.get("account").is_none()), "rows of one account are as they came");
    let looked =
        |r: &&Value| ["passedResources", "failedResources"].iter().any(|f| r[*f].as_u64().unwrap() > 0);
    let control = one.iter().find(looked).unwrap()["controlId"].as_str().unwrap();
    let results = home.run(["evaluations", "resources", "--account", account, "--control", control]).rows();
    assert!(!results.is_empty() && results.iter().all(|r| r.get("controlId").is_none()));
    let all = home.run(["evaluations", "resources", "--account", account, "--limit", "200"]).rows();
    assert!(all.iter().all(|r| r["account"] == *account && r["controlId"].is_string()), "{:?}", all.first());
}

#[test]
fn resources_are_narrowed_to_an_account() {
    let sim = sim();
    let home = Home::at(&sim);
    let all = home.words("resources list --provider aws --type ec2").rows();
    let account = all[0]["cloudAccountId"].as_str().unwrap();
    let some = home.run(["resources", "list", "--type", "ec2", "--account", account]).rows();
    assert_eq!(some, all.iter().filter(|r| r["cloudAccountId"] == account).cloned().collect::<Vec<_>>());
    let one = home.run([
        "resources",
        "list",
        "--type",
        "ec2",
        "--resource",
        all[0]["resourceId"].as_str().unwrap(),
    ]);
    assert_eq!(one.rows(), all[..1]);
}

#[test]
fn a_filter_that_matches_nothing_by_a_quirk_is_warned_of() {
    let sim = sim();
    let home = Home::at(&sim);
    let args = [
        "evaluations",
        "resources",
        "--account",
        "123456789012",
        "--control",
        "1",
        "--filter",
        "result:FAIL",
    ];
    let run = home.run(args);
    let said = "the service accepts 'result' here, and it matches nothing; write resource.result";
    assert!(run.stderr.contains(said), "{run:?}");
}

#[test]
fn controls_and_policies_are_narrowed_to_a_provider() {
    let sim = sim();
    let home = Home::at(&sim);
    let all = home.words("controls list").rows();
    let aws = home.words("controls list --provider aws").rows();
    assert!(!aws.is_empty() && aws.len() < all.len() && aws.iter().all(|r| r["provider"] == "AWS"));
    let cid = aws[0]["cid"].to_string();
    let one = home.run(["controls", "list", "--control", &cid]).rows();
    assert_eq!(one.len(), 1);
    let policies = home.words("policies list --provider azure").rows();
    assert!(
        !policies.is_empty()
            && policies.iter().all(|r| r["cloudType"].as_str().unwrap().eq_ignore_ascii_case("azure"))
    );
    assert!(!home.words("policies list --api-version 1").rows().is_empty());
    assert!(!home.words("mandates list").rows().is_empty());
    assert_eq!(home.words("mandates list --api-version 1").rows(), home.words("mandates list").rows());
}
