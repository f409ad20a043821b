//! An answer is the same as that of the same question to all rows in memory, whatever is pushed.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use totalcloud_api::Provider::{self, Aws, Azure, Gcp, Oci};
use totalcloud_api::endpoints::connectors::ListConnectors;
use totalcloud_api::endpoints::controls::ListControls;
use totalcloud_api::endpoints::evaluations::{
    ListAccountEvaluations, ListOciEvaluations, ListResourceEvaluations,
};
use totalcloud_api::endpoints::exceptions::ListExceptions;
use totalcloud_api::endpoints::policies::ListPolicies;
use totalcloud_api::endpoints::remediation::ListRemediation;
use totalcloud_api::endpoints::resources::ListResources;
use totalcloud_testkit::sim;

/// The accounts of a cloud.
async fn accounts(client: &Client, provider: Provider) -> Vec<String> {
    let request = client.request(&ListConnectors::new(provider)).unwrap();
    let rows = client.pages(request, PageOptions::default()).unwrap().collect_rows().await.unwrap();
    let account = |row: &Bytes| {
        let row: serde_json::Value = serde_json::from_slice(row).unwrap();
        let field = ["awsAccountId", "subscriptionId", "projectId"].into_iter().find(|f| row[*f].is_string());
        row[field.unwrap()].as_str().unwrap().to_owned()
    };
    let mut all: Vec<String> = rows.iter().map(account).collect();
    all.sort();
    all.dedup();
    all
}

/// Controls of a cloud that were evaluated in an account.
async fn controls(client: &Client, provider: Provider, account: &str) -> Vec<u32> {
    let request = client.request(&ListAccountEvaluations::new(provider, account)).unwrap();
    let rows = client.pages(request, PageOptions::default()).unwrap().collect_rows().await.unwrap();
    let evaluated = rows.iter().filter_map(|row| {
        let row: serde_json::Value = serde_json::from_slice(row).unwrap();
        let some =
            row["failedResources"].as_u64().unwrap_or(0) + row["passedResources"].as_u64().unwrap_or(0);
        (some > 1).then(|| row["controlId"].as_str().unwrap().parse().unwrap())
    });
    evaluated.take(6).collect()
}

/// Everything that is asked for below, in memory; and the accounts and controls.
async fn everything(client: &Client, ctx: &SessionContext) -> Vec<(Provider, String, Vec<u32>)> {
    let kept = Kept::new(client);
    let provider = |p: Provider| ("provider", p.as_str().to_owned());
    let of = |name: &'static str, p: Provider| client.request(&ListResources::new(name, p)).unwrap();
    for (table, of, account) in [
        ("aws_ec2_instance", of("EC2_INSTANCE", Aws), "@cloudAccountId"),
        ("aws_iam_user", of("IAM_USER", Aws), "@cloudAccountId"),
        ("azure_virtual_machine", of("VIRTUAL_MACHINE", Azure), "@subscriptionId"),
        ("gcp_vm_instance", of("VM_INSTANCE", Gcp), "@projectId"),
    ] {
        let cloud = tables::get(table).unwrap().provider.unwrap();
        kept.add(table, vec![(of, vec![provider(cloud), ("account", account.to_owned())])]).await;
    }
    let connectors = [(Aws, "@awsAccountId"), (Azure, "@subscriptionId"), (Gcp, "@projectId")]
        .map(|(p, a)| (client.request(&ListConnectors::new(p)).unwrap(), vec![("account", a.to_owned())]));
    kept.add("connectors", connectors.into()).await;
    kept.add("controls", vec![(client.request(&ListControls::new()).unwrap(), vec![])]).await;
    kept.add("policies", vec![(client.request(&ListPolicies::new()).unwrap(), vec![])]).await;
    kept.add("exceptions", vec![(client.request(&ListExceptions::new()).unwrap(), vec![])]).await;
    let remediation = [Aws, Azure, Gcp].map(|p| {
        let said = vec![provider(p), ("account", "@accountId".to_owned())];
        (client.request(&ListRemediation::new(p)).unwrap(), said)
    });
    kept.add("remediation_activity", remediation.into()).await;
    let (mut per_account, mut per_control, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for p in [Aws, Azure, Gcp] {
        for account in accounts(client, p).await {
            let said = vec![provider(p), ("account", account.clone())];
            let request = client.request(&ListAccountEvaluations::new(p, account.as_str())).unwrap();
            per_account.push((request, said.clone()));
            let controls = controls(client, p, &account).await;
            for control in &controls {
                let request = ListResourceEvaluations::new(p, account.as_str(), *control);
                let mut said = said.clone();
                said.push(("controlId", control.to_string()));
                per_control.push((client.request(&request).unwrap(), said));
            }
            found.push((p, account, controls));
        }
    }
    let instances = kept.rows(of("INSTANCE", Oci)).await;
    let tenancy = |row: &Bytes| {
        let row: serde_json::Value = serde_json::from_slice(row).unwrap();
        row["tenantId"].as_str().unwrap().to_owned()
    };
    for tenancy in instances.iter().map(tenancy).collect::<BTreeSet<_>>() {
        let request = client.request(&ListOciEvaluations::new(tenancy.as_str())).unwrap();
        per_account.push((request, vec![provider(Oci), ("account", tenancy)]));
    }
    kept.add("account_evaluations", per_account).await;
    kept.add("resource_evaluations", per_control).await;
    kept.into(ctx);
    found
}

/// Numbers that only look random.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A column with values that occur in it, as SQL.
struct Column {
    name: String,
    values: Vec<String>,
    text: bool,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The columns of a table that predicates are made of.
async fn columns(ctx: &SessionContext, table: &str) -> Vec<Column> {
    use arrow::datatypes::DataType::{Boolean, Int64, Timestamp, Utf8};
    let schema = ctx.table_provider(format!("kept.{table}")).await.unwrap().schema();
    let mut columns = Vec::new();
    for field in schema.fields() {
        let name = field.name();
        let usable = matches!(field.data_type(), Utf8 | Int64 | Boolean | Timestamp(..));
        if !usable || ["raw", "extra"].contains(&name.as_str()) {
            continue;
        }
        let sql = format!(
            "SELECT DISTINCT \"{name}\" v FROM kept.{table} WHERE \"{name}\" IS NOT NULL ORDER BY v LIMIT 9"
        );
        let text = field.data_type() == &Utf8;
        let literal = |value: String| match field.data_type() {
            Utf8 | Timestamp(..) => quoted(&value),
            _ => value,
        };
        let values = rows(ctx, &sql).await.into_iter().map(literal).collect();
        columns.push(Column { name: name.clone(), values, text });
    }
    columns
}

/// A predicate over the columns; those that a filter may ask for come more often.
fn predicate(random: &mut Random, columns: &[Column], depth: usize) -> String {
    if depth > 0 && random.below(3) == 0 {
        let (a, b) = (predicate(random, columns, depth - 1), predicate(random, columns, depth - 1));
        return match random.below(5) {
            0 => format!("NOT ({a})"),
            1 | 2 => format!("({a} OR {b})"),
            _ => format!("({a} AND {b})"),
        };
    }
    let likely = [
        "account",
        "region",
        "result",
        "criticality",
        "state",
        "provider",
        "evaluatedOn",
        "cid",
        "resourceId",
    ];
    let some: Vec<&Column> = columns.iter().filter(|c| likely.contains(&c.name.as_str())).collect();
    let column = match random.below(3) {
        0 => random.of(columns),
        _ if some.is_empty() => random.of(columns),
        _ => random.of(&some),
    };
    let name = format!("\"{}\"", column.name);
    if column.values.is_empty() {
        return format!("{name} IS NULL");
    }
    let value = random.of(&column.values).clone();
    let other = random.of(&column.values).clone();
    match random.below(if column.text { 13 } else { 9 }) {
        0..=2 => format!("{name} = {value}"),
        3 => format!("{name} IN ({value}, {other})"),
        4 => format!("{name} <> {value}"),
        5 => format!("{name} >= {value}"),
        6 => format!("{name} < {value}"),
        7 => format!("{name} BETWEEN {value} AND {other}"),
        8 => format!("{name} IS NOT NULL"),
        9 => format!("{name} = {}", value.to_lowercase()),
        10 => format!("{name} = {}", value.to_uppercase()),
        11 => {
            let words = value.trim_matches('\'').split([' ', '-']).next().unwrap_or_default();
            format!("{name} = '{words}'")
        }
        _ => format!(
            "{name} LIKE '%{}%'",
            value.trim_matches('\'').chars().skip(1).take(3).collect::<String>()
        ),
    }
}

fn counted(rows: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.as_str()).or_default() += 1;
    }
    counts
}

/// Asks both and compares.
async fn compare(ctx: &SessionContext, select: &str, table: &str, clauses: &str, limit: Option<usize>) {
    let sql =
        |schema: &str, limit: String| format!("SELECT {select} FROM {schema}.{table} {clauses} {limit}");
    let all = rows(ctx, &sql("kept", String::new())).await;
    let question = sql("live", limit.map(|n| format!("LIMIT {n}")).unwrap_or_default());
    let live = rows(ctx, &question).await;
    let (all, live) = (counted(&all), counted(&live));
    match limit {
        None => assert_eq!(live, all, "{question}"),
        Some(limit) => {
            let sum = |rows: &BTreeMap<&str, usize>| rows.values().sum::<usize>();
            assert_eq!(sum(&live), sum(&all).min(limit), "{question}");
            for (row, times) in live {
                assert!(all.get(row).is_some_and(|most| *most >= times), "{question}: {row}");
            }
        }
    }
}

/// Asks many questions of every table of a tenant and compares.
async fn differential(client: &Client, seed: u64, questions: usize) {
    let ctx = session(client);
    let found = everything(client, &ctx).await;
    let mut random = Random(seed);
    let kept = ctx.catalog("datafusion").unwrap().schema("kept").unwrap();
    let mut names = kept.table_names();
    names.sort();
    for table in names {
        let columns = columns(&ctx, &table).await;
        for _ in 0..questions {
            let mut clauses = Vec::new();
            if table == "resource_evaluations" {
                let (p, account, controls) = random.of(&found);
                if controls.is_empty() {
                    continue;
                }
                let (a, b) = (random.of(controls), random.of(controls));
                clauses.push(format!(
                    "provider = '{p}' AND account = '{account}' AND \"controlId\" IN ('{a}', '{b}')"
                ));
            }
            if random.below(8) > 0 {
                clauses.push(predicate(&mut random, &columns, 2));
            }
            let clauses =
                if clauses.is_empty() { String::new() } else { format!("WHERE {}", clauses.join(" AND ")) };
            let select = match random.below(4) {
                0 => "count(*)".to_owned(),
                1 => "*".to_owned(),
                _ => {
                    let names: Vec<String> = (0..=random.below(3))
                        .map(|i| format!("\"{}\" c{i}", random.of(&columns).name))
                        .collect();
                    names.join(", ")
                }
            };
            let limit = (select != "count(*)" && random.below(3) == 0).then(|| random.below(30));
            compare(&ctx, &select, &table, &clauses, limit).await;
        }
    }
}

#[tokio::test]
async fn answers_are_those_of_all_rows_in_memory() {
    let sim = sim(|c| c.world.rows.push((Aws, "EC2_INSTANCE".to_owned(), 350)));
    differential(&client(&sim), 7, 15).await;
    // Filters were sent, so that this was not for nothing.
    let filters = sim.journal().requests.iter().filter(|r| r.query.contains("filter=")).count();
    assert!(filters > 20, "{filters}");
}

#[tokio::test]
async fn answers_are_right_whatever_a_tenant_makes_of_a_filter() {
    for rules in [
        &["account.id=nothing", "region=nothing", "resource.id=nothing"][..],
        &["account.id=ignore", "region=ignore", "resource.id=ignore"],
        &["account.id=refuse", "region=refuse", "resource.id=refuse"],
        &["account.id=nothing", "region=refuse", "resource.id=ignore"],
    ] {
        let sim = sim(|c| {
            c.filters = rules.iter().map(|r| r.parse().unwrap()).collect();
            c.world.rows.push((Aws, "EC2_INSTANCE".to_owned(), 250));
        });
        let client = client(&sim);
        let ctx = session(&client);
        let kept = Kept::new(&client);
        let said = vec![("provider", "aws".to_owned()), ("account", "@cloudAccountId".to_owned())];
        let request = client.request(&ListResources::new("EC2_INSTANCE", Aws)).unwrap();
        kept.add("aws_ec2_instance", vec![(request, said)]).await;
        kept.into(&ctx);
        let accounts = rows(&ctx, "SELECT DISTINCT account FROM kept.aws_ec2_instance ORDER BY 1").await;
        let regions = rows(&ctx, "SELECT DISTINCT region FROM kept.aws_ec2_instance ORDER BY 1").await;
        let ids = rows(&ctx, "SELECT \"resourceId\" FROM kept.aws_ec2_instance LIMIT 2").await;
        for _ in 0..2 {
            for clauses in [
                format!("WHERE account = '{}'", accounts[0]),
                format!("WHERE account = '{}' AND region = '{}'", accounts[0], regions[0]),
                format!("WHERE region = '{}' OR account = '000000000001'", regions[0]),
                format!("WHERE \"resourceId\" IN ('{}', '{}')", ids[0], ids[1]),
                "WHERE account = '000000000001'".to_owned(),
                "WHERE region = 'nowhere-1'".to_owned(),
            ] {
                for select in ["\"resourceId\", account", "count(*)"] {
                    compare(&ctx, select, "aws_ec2_instance", &clauses, None).await;
                }
                compare(&ctx, "\"resourceId\"", "aws_ec2_instance", &clauses, Some(3)).await;
            }
        }
    }
}

#[tokio::test]
async fn live_tables_are_joined_with_each_other_and_with_others() {
    let sim = sim(|_| {});
    let client = client(&sim);
    let ctx = session(&client);
    everything(&client, &ctx).await;
    let joined = |a: &str, b: &str| {
        format!(
            "SELECT i.\"resourceId\", c.name FROM {a}.aws_ec2_instance i JOIN {b}.connectors c \
             ON i.account = c.\"awsAccountId\" WHERE c.state = 'SUCCESS' ORDER BY 1, 2"
        )
    };
    let expected = rows(&ctx, &joined("kept", "kept")).await;
    assert!(expected.len() > 3);
    for (a, b) in [("live", "kept"), ("kept", "live"), ("live", "live")] {
        assert_eq!(rows(&ctx, &joined(a, b)).await, expected, "{a} {b}");
    }
    let failing = "SELECT count(*) FROM live.resource_evaluations r \
                   WHERE provider = 'aws' AND account IN (SELECT account FROM kept.connectors)";
    assert!(refused(&ctx, failing).await.message().contains("account and controlId"));
}

#[tokio::test]
async fn an_account_that_is_not_there_has_no_rows() {
    let sim = sim(|_| {});
    let ctx = session(&client(&sim));
    let count = |what: &str, and: &str| {
        format!("SELECT count(*) FROM live.{what} WHERE provider = 'aws' AND account = '000000000009' {and}")
    };
    assert_eq!(rows(&ctx, &count("account_evaluations", "")).await, ["0"]);
    assert_eq!(rows(&ctx, &count("resource_evaluations", "AND \"controlId\" = '52'")).await, ["0"]);
    assert_eq!(rows(&ctx, &count("resource_evaluations", "AND \"controlId\" = 'x'")).await, ["0"]);
    let known = rows(&ctx, "SELECT account FROM live.connectors WHERE provider = 'AWS' LIMIT 1").await;
    let sql = format!(
        "SELECT result FROM live.resource_evaluations WHERE provider = 'aws' AND account = '{}' \
         AND \"controlId\" = '999999'",
        known[0]
    );
    assert_eq!(rows(&ctx, &sql).await, [""; 0]);
}

#[tokio::test]
async fn resources_of_all_types_are_one_table() {
    let sim = sim(|_| {});
    let ctx = session(&client(&sim));
    let total: u64 = sim.totals().values().sum();
    assert_eq!(rows(&ctx, "SELECT count(*) FROM live.resources").await, [total.to_string()]);
    let of_gcp: u64 = sim.totals().iter().filter(|(k, _)| k.starts_with("gcp/")).map(|(_, n)| n).sum();
    let before = sim.calls("resources.list");
    let sql = "SELECT count(*) FROM live.resources WHERE provider = 'gcp'";
    assert_eq!(rows(&ctx, sql).await, [of_gcp.to_string()]);
    assert_eq!(sim.calls("resources.list") - before, 1);
    let sql = "SELECT \"table\", \"resourceType\", account IS NOT NULL FROM live.resources \
               WHERE \"table\" = 'azure_virtual_machine' LIMIT 1";
    assert_eq!(rows(&ctx, sql).await, ["azure_virtual_machine|VIRTUAL_MACHINE|true"]);
}
