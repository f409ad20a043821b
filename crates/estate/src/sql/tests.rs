//! The session over tables made by hand.

use super::*;
use crate::{Kind, schema, tables};
use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::pretty::pretty_format_batches;
use bytes::Bytes;
use datafusion::catalog::MemTable;
use proptest::prelude::*;
use std::sync::Arc;
use totalcloud_table::BatchBuilder;

/// Rows of a shape, as the tables have them but for the columns of the layout.
fn rows(table: &str, rows: &[&str]) -> Arc<MemTable> {
    let spec = tables::get(table).unwrap();
    let mut builder = BatchBuilder::new(spec.shape, true);
    for row in rows {
        builder.push(&Bytes::copy_from_slice(row.as_bytes())).unwrap();
    }
    let batch = builder.finish().unwrap();
    Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap())
}

async fn session() -> Session {
    let session = Session::new(&Options { partitions: Some(2), ..Options::default() }).unwrap();
    let estate = session.schema(ESTATE).unwrap();
    let live = session.schema("live").unwrap();
    let vpcs = [
        r#"{"resourceId":"vpc-1","name":"Main","region":"eu-west-1","vpcId":"vpc-1","controlsFailed":3,"tags":[{"key":"Owner","value":"Ann"},{"key":"env","value":"prod"}]}"#,
        r#"{"resourceId":"vpc-2","name":"Lab","region":"us-east-1","vpcId":"vpc-2","controlsFailed":0,"newField":{"a":[1,2]}}"#,
    ];
    estate.register_table("aws_vpc".to_owned(), rows("aws_vpc", &vpcs)).unwrap();
    live.register_table("aws_vpc".to_owned(), rows("aws_vpc", &vpcs)).unwrap();
    let balancers = [r#"{"resourceId":"lb-1","vpcid":"vpc-1","type":"network"}"#];
    estate.register_table("aws_load_balancer".to_owned(), rows("aws_load_balancer", &balancers)).unwrap();
    let groups = [
        r#"{"resourceId":"sg-1","ipPermissionList":[{"portRange":"22","source":"0.0.0.0/0"},{"portRange":"443","source":"10.0.0.0/8"}]}"#,
        r#"{"resourceId":"sg-2","ipPermissionList":[]}"#,
    ];
    estate
        .register_table("aws_vpc_security_group".to_owned(), rows("aws_vpc_security_group", &groups))
        .unwrap();
    session.describe(None).unwrap();
    session
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// The rows of a query, cells parted by bars.
async fn asked(session: &Session, query: &str) -> String {
    asked_with(session, query, &[]).await
}

async fn asked_with(session: &Session, query: &str, given: &[&str]) -> String {
    let mut params = Params::new();
    given.iter().for_each(|p| params.read(p).unwrap());
    let rows = session.query(query, &params).await.unwrap_or_else(|e| panic!("{query}: {e}\n{e:?}"));
    let names: Vec<String> = rows.schema().fields().iter().map(|f| f.name().clone()).collect();
    let batches = rows.collect().await.unwrap();
    let table = pretty_format_batches(&batches).unwrap().to_string();
    let cells = table.lines().filter(|l| l.starts_with('|')).skip(1);
    let lines = cells.map(|l| l.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("|"));
    std::iter::once(names.join("|")).chain(lines).collect::<Vec<_>>().join("\n")
}

async fn wrong(session: &Session, query: &str) -> SqlError {
    match session.query(query, &Params::new()).await {
        Err(e) => e,
        Ok(rows) => match rows.collect().await {
            Err(e) => e,
            Ok(_) => panic!("{query} is answered"),
        },
    }
}

#[test]
fn names_are_found_in_any_letter_case_and_shown_as_the_service_spells_them() {
    run(async {
        let s = session().await;
        for (query, expected) in [
            (
                "select RESOURCEID, Name from AWS_VPC where REGION = 'eu-west-1'",
                "resourceId|name\nvpc-1|Main",
            ),
            ("select v.resourceid from Estate.aws_Vpc V where V.NAME='Lab'", "resourceId\nvpc-2"),
            (
                "select aws_vpc.resourceid from live.aws_vpc where live.aws_vpc.name='Lab'",
                "resourceId\nvpc-2",
            ),
            ("select count(*) as Total from aws_vpc group by region order by total desc limit 1", "Total\n1"),
            (
                "select region as Where_, count(*) N from aws_vpc group by WHERE_ having n > 0 order by where_",
                "Where_|N\neu-west-1|1\nus-east-1|1",
            ),
            (
                "select b.resourceId, v.name from aws_load_balancer b join aws_vpc v on b.vpcId = v.VPCID",
                "resourceId|name\nlb-1|Main",
            ),
            (
                "with Big as (select resourceId as Id, controlsfailed as f from aws_vpc) select b.id from BIG b where b.F > 1",
                "Id\nvpc-1",
            ),
            (
                "select q.n from (select name as N, vpcid from aws_vpc) q where q.VPCID in (select VpcId from aws_load_balancer)",
                "N\nMain",
            ),
            (
                "select * exclude (RAW, extra) from (select resourceid, raw, extra from aws_vpc) order by 1 limit 1",
                "resourceId\nvpc-1",
            ),
            (
                "select resourceid from aws_vpc union all select resourceid from aws_load_balancer order by ResourceID limit 1",
                "resourceId\nlb-1",
            ),
            (
                "select name from aws_vpc v where exists (select 1 from aws_load_balancer where vpcid = V.vpcid)",
                "name\nMain",
            ),
            (
                "select resourceId, row_number() over W as n from aws_vpc window w as (order by CONTROLSFAILED) order by N",
                "resourceId|n\nvpc-2|1\nvpc-1|2",
            ),
            (
                "select a.name from aws_vpc a join live.aws_vpc b using (RESOURCEID) where B.name = 'Lab'",
                "name\nLab",
            ),
            (r#"select "resourceId" from aws_vpc order by "resourceId" limit 1"#, "resourceId\nvpc-1"),
            ("from aws_vpc select name order by name limit 1", "name\nLab"),
        ] {
            assert_eq!(asked(&s, query).await, expected, "{query}");
        }
    });
}

#[test]
fn lists_and_objects_can_be_looked_into() {
    run(async {
        let s = session().await;
        for (query, expected) in [
            (
                "select resourceid, p.PORTRANGE as port from (select resourceid, unnest(ippermissionlist) as p from aws_vpc_security_group) where p.source = '0.0.0.0/0'",
                "resourceId|port\nsg-1|22",
            ),
            (
                "select resourceId from aws_vpc_security_group where array_any_match(ipPermissionList, p -> p.SOURCE = '0.0.0.0/0')",
                "resourceId\nsg-1",
            ),
            (
                "select ipPermissionList[1].portrange as x from aws_vpc_security_group where resourceId = 'sg-1'",
                "x\n22",
            ),
            ("select tag(tags, 'owner') as o from aws_vpc order by 1", "o\nAnn\n"),
            ("select tag('[{\"key\":\"A\",\"value\":\"b\"}]', 'a') as o", "o\nb"),
            ("select json_text(raw, 'newField.a[1]') as x from aws_vpc where name = 'Lab'", "x\n2"),
            ("select json_text(extra, 'newField.a') as x from aws_vpc where name = 'Lab'", "x\n[1,2]"),
        ] {
            assert_eq!(asked(&s, query).await, expected, "{query}");
        }
        let e = wrong(&s, "select json_text(raw, 'a..b') from aws_vpc").await;
        assert!(e.to_string().contains("no path"), "{e}");
        let e = wrong(&s, "select tag(name, 1) from aws_vpc").await;
        assert!(e.to_string().contains("tag wants a list of tags"), "{e}");
    });
}

#[test]
fn parameters_take_the_type_of_their_place() {
    run(async {
        let s = session().await;
        let query = "select name from aws_vpc where controlsFailed > $least and region = $1 limit $n";
        assert_eq!(asked_with(&s, query, &["least=1", "1=eu-west-1", "n=5"]).await, "name\nMain");
        assert_eq!(asked_with(&s, "select $x::bigint + 1 as n", &["x=41"]).await, "n\n42");
        let twice = "select name from aws_vpc where $r = 'any' or region = $r order by 1";
        assert_eq!(asked_with(&s, twice, &["r=any"]).await, "name\nLab\nMain");
        let span = "select now() - cast(concat($days, ' days') as interval) < now() as n";
        assert_eq!(asked_with(&s, span, &["days=7"]).await, "n\ntrue");
        assert_eq!(asked_with(&s, "select $x as n", &["x=012345678901"]).await, "n\n012345678901");
        let error = async |query: &str, given: &[&str]| {
            let mut params = Params::new();
            given.iter().for_each(|p| params.read(p).unwrap());
            s.query(query, &params).await.err().unwrap_or_else(|| panic!("{query} is taken"))
        };
        let e = error(query, &["least=1", "n=5"]).await;
        assert_eq!(
            (e.message(), e.advice()),
            ("the parameter $1 has no value", Some("give one with --param 1=…"))
        );
        assert!(e.caret().unwrap().ends_with("^^"), "{e:?}");
        let e = error(query, &["least=many", "1=x", "n=5"]).await;
        assert_eq!(e.message(), "the parameter least wants a whole number, not 'many'");
        let e = error("select 1", &["x=1"]).await;
        assert_eq!(e.message(), "the query has no parameter $x");
    });
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_advice() {
    run(async {
        let s = session().await;
        for (query, said, advice, caret) in [
            ("select nmae from aws_vpc", "column 8: there is no column 'nmae'", "did you mean name", "^^^^"),
            (
                "select name from aws_vpc where regoin = 'x'",
                "column 32: there is no column 'regoin'",
                "did you mean region",
                "^^^^^^",
            ),
            ("select v.nam from aws_vpc v", "column 8: v has no column 'nam'", "did you mean name", "^^^^^"),
            (
                "select name from aws_vpc\nwhere region = \"eu-west-1\"",
                "line 2, column 16: there is no column 'eu-west-1'",
                "text stands in single quotes: 'eu-west-1'",
                "^",
            ),
            (
                "select * from aws_vcp",
                "column 15: there is no table 'aws_vcp'",
                "did you mean aws_vpc",
                "^^^^^^^",
            ),
            (
                "select * from resource_evaluations",
                "column 15: 'resource_evaluations' was never synced, so nothing can be said about it",
                "'totalcloud sync --with resource-evaluations' brings it",
                "^",
            ),
            (
                "select * from history.vulnerabilities",
                "column 15: 'vulnerabilities' was never synced, so nothing can be said about it",
                "totalcloud sync --with details",
                "^",
            ),
            (
                "select * from '/etc/passwd'",
                "column 15: '/etc/passwd' is no table: files cannot be read here",
                "a query reaches",
                "^",
            ),
            (
                "select * from 's3://x/y.parquet'",
                "column 15: 's3://x/y.parquet' is no table",
                "a query reaches",
                "^",
            ),
            ("select * from lvie.aws_vpc", "column 15: there is no schema 'lvie'", "did you mean live", "^"),
            (
                "select cuont(*) from aws_vpc",
                "column 8: there is no function 'cuont'",
                "did you mean count?",
                "^^^^^",
            ),
            ("select name form aws_vpc", "", "", ""),
            (
                "select vpcid from aws_vpc a join live.aws_vpc b on a.name = b.name",
                "column 8: several tables of this query have a column 'vpcId'",
                "t.name",
                "^",
            ),
            ("select name, count(*) from aws_vpc", "column 8: ", "", "^"),
            ("select 1/0", "", "", ""),
        ] {
            let e = wrong(&s, query).await;
            assert!(e.to_string().starts_with(said), "{query}: {e}\n{e:?}");
            assert!(e.advice().unwrap_or_default().contains(advice), "{query}: {e:?}");
            assert!(e.caret().unwrap_or_default().contains(caret), "{query}: {e:?}");
            assert!(!e.to_string().contains('\n') && !e.to_string().contains("DataFusion"), "{query}: {e}");
        }
        assert_eq!(wrong(&s, "select * from findings").await.kind(), Kind::Missing);
        assert_eq!(wrong(&s, "select nmae from aws_vpc").await.kind(), Kind::Input);
    });
}

#[test]
fn nothing_can_be_written_or_read_outside() {
    run(async {
        let s = session().await;
        for query in [
            "create table t as select 1",
            "insert into aws_vpc select * from aws_vpc",
            "copy (select 1) to '/tmp/x.csv'",
            "create external table t stored as csv location '/etc/passwd'",
            "set datafusion.execution.batch_size = 1",
            "select * into t from aws_vpc",
            "with x as (insert into aws_vpc values (1)) select * from x",
            "explain copy (select 1) to '/tmp/x.csv'",
            "select * from aws_vpc for update",
            "select * from read_csv('/etc/passwd')",
            "select * from read_parquet('x')",
            "select * from parquet_metadata('/etc/passwd')",
            "from 'x.csv'",
            "select * from information_schema.tables",
            "drop table aws_vpc",
        ] {
            let e = wrong(&s, query).await;
            assert!(matches!(e.kind(), Kind::Input), "{query}: {e:?}");
        }
        assert!(asked(&s, "select count(*) as n from aws_vpc").await.ends_with("\n2"));
    });
}

#[test]
fn tables_and_columns_describe_what_there_is_and_what_could_be() {
    run(async {
        let s = session().await;
        assert_eq!(
            asked(&s, "select schema, table, rows, family, complete, syncedAt from tables where table = 'aws_vpc' order by 1").await,
            "schema|table|rows|family|complete|syncedAt\nestate|aws_vpc||inventory||\nlive|aws_vpc||inventory||"
        );
        let unsynced =
            "select count(*) as n from tables where table = 'vulnerabilities' and syncedAt is null";
        assert!(asked(&s, unsynced).await.ends_with("\n1"));
        assert_eq!(
            asked(&s, "select \"column\", type, doc from columns where \"table\" = 'aws_vpc' and schema = 'live' and column = 'tags'").await,
            "column|type|doc\ntags|list of (key text, value text)|Tags of the cloud."
        );
        let undocumented = "select count(*) as n from columns where doc is null or doc = ''";
        assert!(asked(&s, undocumented).await.ends_with("\n0"));
        let sensitive = "select count(*) as n from columns where sensitive and table = 'aws_ec2_instance_details' and column = 'secrets'";
        assert!(asked(&s, sensitive).await.ends_with("\n1"));
        assert!(asked(&s, "show tables").await.contains("aws_vpc"));
        assert!(asked(&s, "describe AWS_VPC").await.contains("cidrBlock|text"));
        assert!(wrong(&s, "describe aws_vcp").await.advice().unwrap().contains("aws_vpc"));
    });
}

#[test]
fn more_than_fits_into_memory_goes_on_on_disk_or_is_refused_with_advice() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let spill = Some(folder.path().to_owned());
        let options = Options { memory: 24 << 20, partitions: Some(1), spill };
        let s = Session::new(&options).unwrap();
        let sorted = "select count(*) as n from (select distinct md5(value::text) as h, value as v from generate_series(1, 400000) order by 1)";
        assert_eq!(asked(&s, sorted).await, "n\n400000");
        let e = wrong(&s, "select length(array_to_string(array_agg(repeat(value::text, 20)), ',')) as n from generate_series(1, 3000000)").await;
        assert_eq!(e.kind(), Kind::Exhausted, "{e:?}");
        assert!(e.advice().unwrap().contains("--memory"), "{e:?}");
    });
}

#[test]
fn expressions_as_long_as_they_may_be_fit_the_stack_of_a_process() {
    let long = || {
        run(async {
            let s = session().await;
            let sum = format!("select 1{} as n", "+1".repeat(390));
            assert_eq!(asked(&s, &sum).await, "n\n391");
        });
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(long).unwrap().join().unwrap();
}

#[test]
fn the_plan_can_be_shown() {
    run(async {
        let s = session().await;
        let plan = s.plan("select name from aws_vpc where region = 'x'", &Params::new()).await.unwrap();
        assert!(plan.explain().contains("FilterExec"), "{}", plan.explain());
        assert!(asked(&s, "explain select 1").await.contains("physical_plan"));
    });
}

#[test]
fn every_table_of_the_registry_can_be_asked_for_every_column_in_lower_case() {
    run(async {
        let s = Session::new(&Options::default()).unwrap();
        let estate = s.schema(ESTATE).unwrap();
        for spec in tables::all() {
            let columns = schema::user_schema(spec);
            let empty = MemTable::try_new(columns.clone(), vec![vec![]]).unwrap();
            estate.register_table(spec.name.clone(), Arc::new(empty)).unwrap();
            let names: Vec<String> =
                columns.fields().iter().map(|f| format!("t.{}", f.name().to_lowercase())).collect();
            let query = format!("select {} from {} t", names.join(", "), spec.name);
            let plan = s.plan(&query, &Params::new()).await.unwrap_or_else(|e| panic!("{}: {e}", spec.name));
            assert_eq!(plan.schema().fields().len(), columns.fields().len());
        }
    });
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "select",
        "from",
        "where",
        "aws_vpc",
        "name",
        "v",
        "*",
        ",",
        "(",
        ")",
        "=",
        "'x'",
        "\"y\"",
        "1",
        "and",
        "or",
        "not",
        "order by",
        "group by",
        "limit",
        "join",
        "on",
        "using",
        "with",
        "as",
        "union all",
        "count(*)",
        "unnest",
        "tags",
        "[1]",
        ".",
        "->",
        "case",
        "when",
        "then",
        "end",
        "null",
        "is",
        "in",
        "exists",
        "between",
        "interval",
        "$1",
        "?",
        "over",
        "partition by",
        "::int",
        "cast",
        "distinct",
        "exclude",
        "qualify",
        "{",
        "}",
        "insert",
        "into",
        "copy",
        "to",
        ";",
        "--",
        "/*",
        "*/",
        "lateral",
        "values",
        "table",
        "explain",
        "describe",
        "pivot",
        "@x",
        "sum",
    ]);
    prop::collection::vec(word, 0..25).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered_or_refused(text in prop_oneof![words(), any::<String>(), words().prop_map(|w| format!("select {w} from aws_vpc"))]) {
        run(async {
            let s = Session::new(&Options { memory: 8 << 20, partitions: Some(1), spill: None }).unwrap();
            let columns = Arc::new(Schema::new(vec![Field::new("name", DataType::Utf8, true), Field::new("n", DataType::Int64, true)]));
            let batch = RecordBatch::try_new(
                columns.clone(),
                vec![Arc::new(StringArray::from(vec!["a", "b"])), Arc::new(Int64Array::from(vec![1, 2]))],
            ).unwrap();
            let table = MemTable::try_new(columns, vec![vec![batch]]).unwrap();
            s.schema(ESTATE).unwrap().register_table("aws_vpc".to_owned(), Arc::new(table)).unwrap();
            match s.plan(&text, &Params::new()).await {
                Ok(plan) => { let _ = plan.explain(); }
                Err(e) => {
                    prop_assert!(!e.message().is_empty() && !e.message().contains('\n'), "{e:?}");
                    prop_assert!(e.message().chars().count() < 600, "{e:?}");
                    prop_assert!(!e.message().contains("the engine failed"), "{text:?}: {e:?}");
                }
            }
            let _ = statements(&text);
            Ok(())
        })?;
    }
}
