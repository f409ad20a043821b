//! Ready questions over a synced simulated company: their answers against facts counted in the company itself.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::clock::SystemClock;
use totalcloud::subscription::{Choice, Menu};
use totalcloud::transport::ProxyChoice;
use totalcloud::{Client, Credentials, Hosts};
use totalcloud_api::Provider;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::sql::{self, Options, Params, Session};
use totalcloud_estate::store::Estate;
use totalcloud_estate::sync::{Ask, Rhythm, Stopper, Watch, sync};
use totalcloud_sim::world::{Collection, View, World};
use totalcloud_sim::{Size, WorldConfig};
use totalcloud_testkit::{NOW, SimHandle};

struct Nobody;

impl Watch for Nobody {}

async fn synced(sim: &SimHandle, folder: &Path, with: &[&str], skip: &[&str]) {
    let urls = sim.urls();
    let (user, password) = sim.login();
    let hosts = Hosts::single(&urls.base).unwrap().with_gateway(&urls.gateway).unwrap();
    let client = Client::builder(hosts.with_api(&urls.api).unwrap())
        .credentials(Credentials::basic(user, password))
        .proxy(ProxyChoice::Direct)
        .build()
        .unwrap();
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let ask = Ask {
        choice: Choice::of(Menu::SYNC, &[], &words(skip), &words(with)).unwrap(),
        rhythm: Rhythm::default(),
        concurrency: 4,
        inventory_api: totalcloud::InventoryApi::V1,
        clock: Arc::new(SystemClock::default()),
        wait: Wait::quietly(Duration::from_secs(60)),
    };
    let estate = Estate::create_or_open(&Place::local(folder).unwrap(), Timestamp::now()).await.unwrap();
    let (_stopper, stop) = Stopper::new();
    let report = sync(&client, &estate, &ask, &Nobody, stop).await.unwrap();
    assert!(report.complete, "{:?}", report.incomplete().collect::<Vec<_>>());
}

async fn session(folder: &Path) -> Session {
    let estate = Estate::open(&Place::local(folder).unwrap()).await.unwrap();
    let snapshot = Snapshot::of(&estate, AsOf::Latest).await.unwrap();
    Session::open(Some(&snapshot), &Options { partitions: Some(2), ..Options::default() }).unwrap()
}

async fn answer(session: &Session, name: &str, given: &[&str]) -> Vec<RecordBatch> {
    let mut params = Params::new();
    given.iter().for_each(|p| params.read(p).unwrap());
    let plan = sql::question(name).unwrap().plan(session, &params).await;
    let rows = plan.unwrap_or_else(|e| panic!("{name}: {e}")).run().unwrap();
    rows.collect().await.unwrap_or_else(|e| panic!("{name}: {e}"))
}

async fn asked(session: &Session, query: &str) -> Vec<RecordBatch> {
    let rows = session.query(query, &Params::new()).await.unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.collect().await.unwrap_or_else(|e| panic!("{query}: {e}"))
}

fn count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

fn texts(batches: &[RecordBatch], column: &str) -> Vec<String> {
    let column = |b: &RecordBatch| cast(b.column_by_name(column).unwrap(), &DataType::Utf8).unwrap();
    batches
        .iter()
        .map(column)
        .flat_map(|c| c.as_string::<i32>().iter().map(|t| t.unwrap_or("").to_owned()).collect::<Vec<_>>())
        .collect()
}

fn sum(batches: &[RecordBatch], column: &str) -> i64 {
    let column = |b: &RecordBatch| cast(b.column_by_name(column).unwrap(), &DataType::Int64).unwrap();
    batches.iter().map(column).map(|c| c.as_primitive::<Int64Type>().iter().flatten().sum::<i64>()).sum()
}

/// The company that tests see, as it is.
fn world() -> World {
    World::new(WorldConfig::new(1, NOW.parse().unwrap(), Size::Tiny)).unwrap()
}

fn rows(world: &World, collection: Collection) -> Vec<Value> {
    (0..world.len(&collection))
        .map(|row| {
            let mut json = Vec::new();
            world.write(&collection, row, View::List, &mut json);
            serde_json::from_slice(&json).unwrap()
        })
        .collect()
}

fn resources(world: &World, provider: Provider, name: &str) -> Vec<Value> {
    rows(world, Collection::Resources(world.resource_type(provider, name).unwrap()))
}

fn ids(rows: &[Value], key: &str, holds: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    rows.iter().filter(|r| holds(r)).map(|r| r[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_as_the_company_is() {
    let sim = totalcloud_testkit::sim(|_| {});
    let folder = totalcloud_testkit::dir();
    synced(&sim, folder.path(), &["resource-evaluations=all", "details"], &[]).await;
    let session = session(folder.path()).await;
    let world = world();
    let set =
        |batches: &[RecordBatch], column: &str| texts(batches, column).into_iter().collect::<BTreeSet<_>>();

    let volumes = resources(&world, Provider::Aws, "EBS");
    let open = ids(&volumes, "volumeId", |v| v["encrypted"] == false);
    assert!(!open.is_empty());
    assert_eq!(set(&answer(&session, "unencrypted-volumes", &[]).await, "volumeId"), open);

    let databases = resources(&world, Provider::Aws, "RDS");
    let public = ids(&databases, "dbInstanceIdentifier", |d| d["publiclyAccessible"] == "true");
    assert_eq!(set(&answer(&session, "public-databases", &[]).await, "dbInstanceIdentifier"), public);

    let users = resources(&world, Provider::Aws, "IAM_USER");
    let without = ids(&users, "name", |u| {
        u["userDto"]["passwordEnabled"] == "true" && u["userDto"]["mfaActive"] != "true"
    });
    assert!(!without.is_empty());
    assert_eq!(set(&answer(&session, "users-without-mfa", &[]).await, "name"), without);

    let instances = resources(&world, Provider::Aws, "EC2_INSTANCE");
    let leaking = ids(&instances, "instanceId", |i| i["hasSecrets"] == true);
    assert_eq!(set(&answer(&session, "exposed-secrets", &[]).await, "instanceId"), leaking);

    let groups = resources(&world, Provider::Aws, "VPC_SECURITY_GROUP");
    let open: Vec<&str> = groups
        .iter()
        .flat_map(|g| g["ipPermissionList"].as_array().unwrap())
        .filter(|r| r["source"] == "0.0.0.0/0")
        .map(|r| r["portRange"].as_str().unwrap())
        .collect();
    let port = open[0];
    assert_eq!(count(&answer(&session, "open-security-groups", &[]).await), open.len());
    let of_port = answer(&session, "open-security-groups", &[&format!("port={port}")]).await;
    assert_eq!(count(&of_port), open.iter().filter(|p| **p == port).count());
    assert_eq!(count(&answer(&session, "open-security-groups", &["port=1"]).await), 0);

    let all: Vec<Value> = world.types().flat_map(|index| rows_of(&world, index)).collect();
    let ownerless = all.iter().filter(|r| {
        let tags = r["tags"].as_array().cloned().unwrap_or_default();
        !tags.iter().any(|t| t["key"] == "Owner" && t["value"].as_str().is_some_and(|v| !v.is_empty()))
    });
    assert_eq!(count(&answer(&session, "resources-without-owner", &[]).await), ownerless.count());
    assert_eq!(sum(&answer(&session, "regions-in-use", &[]).await, "resources"), all.len() as i64);

    let mut failed: BTreeMap<String, i64> = BTreeMap::new();
    for provider in [Provider::Aws] {
        for connector in rows(&world, Collection::Connectors(provider)) {
            let account = connector["awsAccountId"].as_str().unwrap();
            let index = world.account(provider, account).unwrap();
            let evaluated = rows(&world, Collection::AccountEvaluations(provider, index));
            let fails: i64 = evaluated.iter().filter_map(|e| e["failedResources"].as_i64()).sum();
            failed.insert(account.to_owned(), fails);
        }
    }
    let rates = answer(&session, "accounts-by-failure-rate", &[]).await;
    let counts = cast(rates[0].column_by_name("failed").unwrap(), &DataType::Int64).unwrap();
    let counts = counts.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default);
    let mut found: BTreeMap<String, i64> = texts(&rates, "account").into_iter().zip(counts).collect();
    assert!(found.len() > failed.len(), "other clouds are there as well");
    found.retain(|account, _| failed.contains_key(account));
    assert_eq!(found, failed);
    let percents = cast(rates[0].column_by_name("failedPercent").unwrap(), &DataType::Float64).unwrap();
    let percents: Vec<f64> = percents.as_primitive::<Float64Type>().iter().flatten().collect();
    assert!(percents.is_sorted_by(|a, b| a >= b) && percents.iter().all(|p| (0.0..=100.0).contains(p)));

    let connectors: usize = [Provider::Aws, Provider::Azure, Provider::Gcp]
        .map(|p| world.len(&Collection::Connectors(p)) as usize)
        .iter()
        .sum();
    // The company stands in the past: nothing of it ran in the last days.
    assert_eq!(count(&answer(&session, "stale-connectors", &["days=3"]).await), connectors);

    // Questions about what every company has something of.
    let common = [
        "oldest-high-findings",
        "failing-trend",
        "controls-failing-most",
        "failing-by-policy",
        "resources-failing-most",
        "public-instances",
        "how-fresh",
    ];
    for question in sql::questions().iter().filter(|q| !q.tables().contains(&"changes".to_owned())) {
        let rows = count(&answer(&session, question.name, &[]).await);
        assert!(rows > 0 || !common.contains(&question.name), "{}", question.name);
    }
    // The first reading is the baseline, which is no answer of nothing.
    let plan = sql::question("newly-failed").unwrap().plan(&session, &Params::new()).await;
    assert!(plan.err().unwrap().to_string().starts_with("there are no changes yet"));
}

fn rows_of(world: &World, index: totalcloud_sim::world::TypeIndex) -> Vec<Value> {
    rows(world, Collection::Resources(index))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_about_a_family_that_was_left_out_says_how_to_get_it() {
    let sim = totalcloud_testkit::sim(|_| {});
    let folder = totalcloud_testkit::dir();
    synced(&sim, folder.path(), &[], &["exceptions", "connectors", "policies"]).await;
    let session = session(folder.path()).await;
    let plan = sql::question("exceptions-ending").unwrap().plan(&session, &Params::new()).await;
    let e = plan.err().unwrap();
    assert_eq!(e.kind(), totalcloud_estate::Kind::Missing);
    assert_eq!(e.to_string(), "'exceptions' was never synced, so nothing can be said about it");
    assert_eq!(e.advice(), Some("'totalcloud sync --only exceptions' brings it"));
    let never = asked(&session, "select rows, syncedAt from tables where table = 'exceptions'").await;
    assert!(never[0].column(0).is_null(0) && never[0].column(1).is_null(0));
    let there = "select rows, (select count(*) from aws_vpc) as counted, syncedAt is not null as synced, complete \
                 from tables where schema = 'estate' and table = 'aws_vpc'";
    let there = asked(&session, there).await;
    assert_eq!(sum(&there, "rows"), sum(&there, "counted"));
    assert_eq!(texts(&there, "synced"), ["true"]);
    assert_eq!(texts(&there, "complete"), ["true"]);
    let described =
        asked(&session, "select * from columns where schema = 'history' and \"table\" = 'aws_vpc'").await;
    assert!(texts(&described, "column").contains(&"validFrom".to_owned()));
}
