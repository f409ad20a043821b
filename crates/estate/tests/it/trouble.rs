//! Estates that are broken, newer, not there, or not to be touched: clear errors, nothing lost, advice.

use crate::built::{asked, at, column, session, sync, whole};
use std::path::{Path, PathBuf};
use std::time::Duration;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::read::check::{Checked, check};
use totalcloud_estate::read::info::info;
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::store::compact::{self, Options};
use totalcloud_estate::store::{Estate, RunKind};
use totalcloud_estate::{Error, Kind, Result};

const VPC: &str = "aws_vpc";

struct Local {
    folder: tempfile::TempDir,
    estate: Estate,
}

impl Local {
    /// An estate with two runs on disk.
    async fn new() -> Local {
        let folder = tempfile::tempdir().unwrap();
        let estate = Estate::create_or_open(&Place::local(folder.path()).unwrap(), at(0)).await.unwrap();
        let a = |name: &str| format!(r#"{{"uuid":"a","name":"{name}"}}"#);
        let controls = whole("controls", &[r#"{"cid":"1","controlName":"x"}"#]);
        sync(&estate, 0, &[whole(VPC, &[&a("one"), r#"{"uuid":"b","name":"b"}"#]), controls]).await;
        sync(&estate, 1, &[whole(VPC, &[&a("two"), r#"{"uuid":"b","name":"b"}"#])]).await;
        Local { folder, estate }
    }

    fn table(&self) -> PathBuf {
        self.folder.path().join("tables").join(VPC)
    }

    /// A data file of a layer of the table.
    fn data(&self, layer: &str) -> PathBuf {
        let folder = self.table().join(format!("_layer={layer}"));
        std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
    }

    async fn checked(&self, deep: bool) -> Checked {
        check(&self.estate, deep).await.unwrap()
    }

    /// The only problem of the table.
    async fn problem(&self) -> String {
        let done = self.checked(false).await;
        assert_eq!(done.problems.len(), 1, "{:?}", done.problems);
        assert_eq!(done.problems[0].table, VPC);
        assert!(!done.problems[0].advice.is_empty());
        done.problems[0].problem.clone()
    }

    async fn query(&self, sql: &str) -> Result<Vec<serde_json::Value>> {
        let snapshot = Snapshot::of(&self.estate, AsOf::Latest).await?;
        asked(&session(&snapshot), sql).await.map_err(Error::from)
    }

    /// What is not broken is still answered.
    async fn rest_is_fine(&self) {
        let rows = self.query("SELECT \"controlName\" FROM controls").await.unwrap();
        assert_eq!(rows.len(), 1);
    }
}

#[tokio::test]
async fn a_sound_estate_has_no_problems() {
    let local = Local::new().await;
    for deep in [false, true] {
        let done = local.checked(deep).await;
        assert_eq!(done.problems, []);
        assert!(done.tables >= 4 && done.rows >= 6, "{done:?}");
    }
    compact::optimize(&local.estate, &Options::default(), at(2)).await.unwrap();
    assert_eq!(local.checked(true).await.problems, []);
    let told = info(&local.estate).await.unwrap();
    let vpc = told.tables.iter().find(|t| t.table == VPC).unwrap();
    assert_eq!((vpc.rows, vpc.versions, vpc.recent, vpc.read_at), (Some(2), Some(3), 0, Some(at(1))));
    assert_eq!(told.runs.len(), 3);
}

#[tokio::test]
async fn a_lost_data_file_is_named() {
    let local = Local::new().await;
    std::fs::remove_file(local.data("base")).unwrap();
    assert!(local.problem().await.ends_with("is missing"));
    let error = local.query("SELECT name FROM aws_vpc").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "{error:?}");
    assert!(error.message().contains("_layer=base"), "{error}");
    local.rest_is_fine().await;
    // A sync that must look into it stops, and leaves the runs as they were.
    let refused = compact::optimize(&local.estate, &Options::default(), at(2)).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Missing);
    assert_eq!(local.estate.latest().await.unwrap().unwrap().run, 2);
    local.rest_is_fine().await;
}

#[tokio::test]
async fn a_data_file_that_was_cut_short_is_named() {
    let local = Local::new().await;
    let path = local.data("base");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let problem = local.problem().await;
    assert!(
        problem.contains(&format!("has {} bytes instead of {}", bytes.len() / 2, bytes.len())),
        "{problem}"
    );
    let error = local.query("SELECT name FROM aws_vpc").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Broken, "{error:?}");
    assert!(error.message().contains("_layer=base") && error.advice().is_some(), "{error:?}");
    local.rest_is_fine().await;
    let refused = compact::optimize(&local.estate, &Options::default(), at(2)).await;
    assert!(refused.is_err());
    assert!(path.is_file(), "nothing is deleted when something is wrong");
}

#[tokio::test]
async fn a_data_file_with_other_content_is_found_by_a_deep_check_at_the_latest() {
    let local = Local::new().await;
    let path = local.data("base");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = 4..bytes.len() / 3;
    bytes[middle].iter_mut().for_each(|b| *b = !*b);
    std::fs::write(&path, &bytes).unwrap();
    let done = local.checked(true).await;
    assert!(done.problems.iter().any(|p| p.problem.contains("cannot be read")), "{:?}", done.problems);
}

#[tokio::test]
async fn a_log_that_was_cut_short_is_named() {
    let local = Local::new().await;
    let log = local.table().join("_delta_log/00000000000000000001.json");
    let text = std::fs::read(&log).unwrap();
    std::fs::write(&log, &text[..text.len() / 2]).unwrap();
    let problem = local.problem().await;
    assert!(problem.starts_with("its log cannot be read"), "{problem}");
    let error = local.query("SELECT name FROM aws_vpc").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Broken, "{error:?}");
    local.rest_is_fine().await;
}

#[tokio::test]
async fn a_table_that_is_lost_is_named() {
    let local = Local::new().await;
    std::fs::remove_dir_all(local.table()).unwrap();
    assert_eq!(local.problem().await, "the table is missing");
    let error = local.query("SELECT name FROM aws_vpc").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Broken);
    assert!(error.message().contains("aws_vpc is not there"), "{error}");
    assert!(error.advice().is_some());
    let wait = Wait::quietly(Duration::ZERO);
    let refused = local.estate.begin(RunKind::Sync, at(2), wait, "a test").await.err().unwrap();
    assert_eq!(refused.kind(), Kind::Broken, "a sync would take it for empty");
    local.rest_is_fine().await;
}

#[tokio::test]
async fn what_a_killed_run_left_is_no_problem() {
    let local = Local::new().await;
    let left = local.folder.path().join("tables/aws_nacl/_layer=base");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("part-half.parquet"), b"PAR1").unwrap();
    let done = local.checked(false).await;
    assert_eq!(done.problems, []);
    assert!(done.notes.iter().any(|n| n.contains("tables/aws_nacl belongs to no run")), "{:?}", done.notes);
}

#[tokio::test]
async fn counts_that_do_not_agree_are_named() {
    let local = Local::new().await;
    // The data file of a sync is taken out of the log behind the estate's back.
    let log = local.estate.log(VPC, None).await.unwrap().unwrap();
    let mut change = totalcloud_estate::store::Change::new(totalcloud_estate::store::What::Append);
    change.removes = log.removes(|path| path.contains("_layer=base"), true);
    log.commit(change).await.unwrap();
    assert_eq!(local.checked(false).await.problems, [], "no run knows that version");
    let rows = local.query("SELECT name FROM aws_vpc").await.unwrap();
    assert_eq!(rows.len(), 2, "nor does a query");
    // The next run brings the version of the run before back.
    sync(&local.estate, 2, &[whole("controls", &[r#"{"cid":"2","controlName":"x"}"#])]).await;
    assert_eq!(local.checked(false).await.problems, []);
    assert_eq!(column(&local.estate, AsOf::Latest, "SELECT name FROM aws_vpc").await, ["b", "two"]);
}

async fn opened(path: &Path) -> Error {
    Estate::open(&Place::local(path).unwrap()).await.err().unwrap()
}

#[tokio::test]
async fn a_wrong_path_and_a_newer_form_are_told() {
    let local = Local::new().await;
    let error = opened(&local.folder.path().join("elsewhere")).await;
    assert_eq!(error.kind(), Kind::Missing);
    assert!(error.message().contains("there is no estate at"), "{error}");
    assert!(error.advice().unwrap().contains("--estate"));
    let file = local.folder.path().join("a file");
    std::fs::write(&file, "x").unwrap();
    assert!(!opened(&file).await.message().is_empty());
    let marker = local.folder.path().join("estate.json");
    let text = std::fs::read_to_string(&marker).unwrap();
    std::fs::write(&marker, text.replace("\"format\":1", "\"format\":2")).unwrap();
    let error = opened(local.folder.path()).await;
    assert_eq!(error.kind(), Kind::Newer);
    assert!(error.advice().unwrap().contains("newer"), "{error:?}");
    std::fs::write(&marker, "{").unwrap();
    let error = opened(local.folder.path()).await;
    assert_eq!(error.kind(), Kind::Broken);
}

/// Who may do anything cannot be kept out.
#[cfg(unix)]
fn may_do_anything(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let probe = folder.join("probe");
    std::fs::create_dir(&probe).unwrap();
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o500)).unwrap();
    let may = std::fs::write(probe.join("x"), "x").is_ok();
    std::fs::remove_dir_all(&probe).unwrap();
    may
}

#[cfg(unix)]
#[tokio::test]
async fn an_estate_that_can_only_be_read_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let local = Local::new().await;
    if may_do_anything(local.folder.path()) {
        return;
    }
    let all = |mode: u32| {
        for entry in walk(local.folder.path()) {
            let mode = if entry.is_dir() { mode | 0o100 } else { mode };
            std::fs::set_permissions(&entry, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    all(0o400);
    assert_eq!(column(&local.estate, AsOf::Latest, "SELECT name FROM aws_vpc").await, ["b", "two"]);
    assert_eq!(local.checked(true).await.problems, []);
    let refused = compact::optimize(&local.estate, &Options::default(), at(2)).await.unwrap_err();
    assert!(matches!(refused.kind(), Kind::Forbidden | Kind::ReadOnly), "{refused:?}");
    all(0o600);
    assert_eq!(column(&local.estate, AsOf::Latest, "SELECT name FROM aws_vpc").await, ["b", "two"]);
}

#[cfg(unix)]
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found.push(folder.to_owned());
    found
}
