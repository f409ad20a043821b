use crate::context::{Home, finish, sim};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn every_format_has_every_row() {
    let sim = sim();
    let home = Home::at(&sim);
    let total = sim.totals()["aws/EC2_INSTANCE"] as usize;
    let list = |format: &str| {
        home.run(["resources", "list", "--provider", "aws", "--type", "ec2", "--format", format])
    };
    assert_eq!(list("ndjson").ok().lines().count(), total);
    let json: Vec<Value> = serde_json::from_str(&list("json").ok()).unwrap();
    assert_eq!(json.len(), total);
    let csv = list("csv").ok();
    assert!(csv.lines().next().unwrap().contains("resourceId"), "{csv}");
    assert!(list("tsv").ok().lines().next().unwrap().contains('\t'));
    assert!(list("markdown").ok().starts_with('|'));
    assert!(list("table").ok().contains("resourceId"));
    for (format, magic) in [("parquet", &b"PAR1"[..]), ("xlsx", b"PK"), ("arrow", b"ARROW1")] {
        let name = format!("rows.{format}");
        let args = ["resources", "list", "--provider", "aws", "--type", "ec2", "--output", &name];
        assert_eq!(home.run(args).ok(), "", "nothing on stdout beside a file");
        assert!(std::fs::read(home.path(&name)).unwrap().starts_with(magic), "{format}");
    }
}

#[test]
fn columns_are_chosen_and_misspelt_ones_refused() {
    let sim = sim();
    let home = Home::at(&sim);
    let csv =
        home.words("connectors list --provider aws --format csv --columns name,pollingFrequency.hours").ok();
    assert_eq!(csv.lines().next(), Some("name,pollingFrequency.hours"));
    let calls = sim.journal().count;
    home.words("connectors list --columns nmae --format csv").failed(2, &["nmae", "did you mean name"]);
    home.words("connectors list --format yaml").failed(2, &["yaml", "parquet"]);
    home.words("connectors list --output rows.xyz").failed(2, &["says no format", "--format"]);
    assert_eq!(sim.journal().count, calls, "refused before any call");
}

#[test]
fn what_came_is_delivered_when_a_page_fails() {
    let sim = totalcloud_testkit::sim(|c| {
        c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 40));
        c.faults.push("op=resources.list,nth=3..,do=status:403".parse().unwrap());
    });
    let home = Home::at(&sim);
    let list = "resources list --provider aws --type ebs --page-size 10 --concurrency 1";
    let run = home
        .words(&format!("{list} --format json"))
        .failed(3, &["resources.list", "20 rows before it were written"]);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows.len(), 20);
}

#[test]
fn a_file_is_whole_or_not_there() {
    let sim = totalcloud_testkit::sim(|c| {
        c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 40));
        c.faults.push("op=resources.list,nth=3,do=status:403".parse().unwrap());
    });
    let home = Home::at(&sim);
    let list = "resources list --provider aws --type ebs --page-size 10 --concurrency 1 --output rows.json";
    home.words(list).failed(3, &["rows.json.partial"]);
    assert!(!home.path("rows.json").exists());
    let part: Vec<Value> =
        serde_json::from_slice(&std::fs::read(home.path("rows.json.partial")).unwrap()).unwrap();
    assert_eq!(part.len(), 20);
    home.words(list).ok();
    let whole: Vec<Value> = serde_json::from_slice(&std::fs::read(home.path("rows.json")).unwrap()).unwrap();
    assert_eq!(whole.len(), 40);
}

#[test]
fn more_rows_than_a_query_can_reach_come_whole() {
    let sim =
        totalcloud_testkit::sim(|c| c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 10_050)));
    let out = Home::at(&sim).words("resources list --provider aws --type ebs").ok();
    let rows: std::collections::BTreeSet<&str> = out.lines().collect();
    assert_eq!((rows.len(), out.lines().count()), (10_050, 10_050));
    let sorted = Home::at(&sim)
        .words("resources list --provider aws --type ebs --sort lastSyncedOn:desc --format csv");
    assert_eq!((sorted.code, sorted.stdout.lines().count()), (0, 10_051));
    assert!(sorted.stderr.contains("sorted within each of them alone"), "{}", sorted.stderr);
}

#[test]
fn what_no_filter_reaches_is_told_and_ends_with_6() {
    let sim = totalcloud_testkit::sim(|c| {
        c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 10_050));
        for rule in ["account.id=refuse", "region=nothing", "updated-parameter=ignore"] {
            c.filters.push(rule.parse().unwrap());
        }
    });
    let home = Home::at(&sim);
    let run = home.words("resources list --provider aws --type ebs");
    let run = run.failed(6, &["error: ", "10000 of 10050 rows came, 50 are missing", "hint: "]);
    assert_eq!(run.stdout.lines().count(), 10_000);
    let plan = home.words("resources list --provider aws --type ebs --plan --format ndjson");
    assert_eq!(plan.code, 0);
    assert!(
        plan.stdout.contains(r#""rows":10050"#) && plan.stdout.contains(r#""outOfReach":50"#),
        "{}",
        plan.stdout
    );
    assert!(plan.stderr.contains("50 rows cannot be reached"), "{}", plan.stderr);
}

#[test]
fn a_plan_counts_the_parts_and_the_calls_of_a_listing() {
    let sim =
        totalcloud_testkit::sim(|c| c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 10_050)));
    let home = Home::at(&sim);
    let plan =
        home.words("resources list --provider aws --type ebs --plan --format csv --columns rows,calls");
    assert_eq!(plan.code, 0);
    let sums = plan.stdout.lines().skip(1).fold((0, 0), |(rows, calls), line| {
        let (r, c) = line.split_once(',').unwrap();
        (rows + r.parse::<u64>().unwrap(), calls + c.parse::<u64>().unwrap())
    });
    assert_eq!(sums.0, 10_050);
    assert!(sums.1 > 101 && sums.1 < 130, "{}", plan.stdout);
    assert!(plan.stderr.contains("10,050 rows in "), "{}", plan.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sim =
        totalcloud_testkit::sim(|c| c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 5_000)));
    let home = Home::at(&sim);
    let mut child =
        home.command(["resources", "list", "--provider", "aws", "--type", "ebs"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let run = finish(child);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let sim = sim();
    let home = Home::at(&sim);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let child = home.command(["connectors", "list"]).stdout(Stdio::from(full)).spawn().unwrap();
    finish(child).failed(1, &["standard output cannot be written: no space is left"]);
    home.words("connectors list --output /dev/full --format csv")
        .failed(1, &["/dev/full cannot be written: no space"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_listing_brings_its_output_to_an_end() {
    let sim = totalcloud_testkit::sim(|c| {
        c.world.rows.push((totalcloud_api::Provider::Aws, "EBS".into(), 40));
        c.faults.push("op=resources.list,nth=2,do=stall".parse().unwrap());
    });
    let home = Home::at(&sim);
    let args = "resources list --provider aws --type ebs --page-size 10 --concurrency 1 --format json";
    let mut child = home.command(args.split(' ')).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // The first page is out, so the second one is waited for.
    let mut text = vec![0; 200];
    out.read_exact(&mut text).unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    out.read_to_end(&mut text).unwrap();
    finish(child).failed(130, &["interrupted", "10 rows"]);
    let rows: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(rows.len(), 10);
}

#[test]
fn quiet_says_nothing_but_errors() {
    let sim = sim();
    let home = Home::at(&sim);
    let run = home.run(["connectors", "list", "-q", "--filter", "lastSynced:[now-30d .. now]"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let run = home.words("connectors get 00000000-0000-4000-8000-00000000dead -q");
    assert!(run.stderr.starts_with("error: "), "{run:?}");
}
