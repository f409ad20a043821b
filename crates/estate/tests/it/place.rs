//! Delta tables through a place, and two writers at one of them.

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use std::path::Path;
use std::sync::Arc;
use totalcloud_estate::Kind;
use totalcloud_estate::place::Place;
use totalcloud_estate::store::file::FileWriter;
use totalcloud_estate::store::{Change, Log, What, log};

fn batch(values: &[i64]) -> RecordBatch {
    let schema = Arc::new(Schema::new(vec![Field::new("run", DataType::Int64, false)]));
    RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(values.to_vec()))]).unwrap()
}

async fn written(place: &Place, values: &[i64]) -> Change {
    let batch = batch(values);
    let mut files = FileWriter::new(place, "numbers", None, batch.schema());
    files.write(&batch).await.unwrap();
    Change { adds: files.finish().await.unwrap().0, ..Change::new(What::Append) }
}

async fn newest(place: &Place) -> Log {
    Log::load(place, "numbers", None).await.unwrap().unwrap()
}

/// A table is made and grows; of two commits on one version one is refused.
async fn holds_a_table(place: &Place) {
    assert!(Log::load(place, "numbers", None).await.unwrap().is_none());
    let first = written(place, &[1, 2, 3]).await.adds;
    log::create(place, "numbers", "Numbers.", &batch(&[]).schema(), false, first).await.unwrap();
    let (one, two) = (newest(place).await, newest(place).await);
    assert_eq!(one.commit(written(place, &[4, 5]).await).await.unwrap(), 1);
    let refused = two.commit(written(place, &[6]).await).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Busy, "{refused:?}");
    let now = newest(place).await;
    assert_eq!((now.version, now.files.len()), (1, 2));
    let log = ObjectPath::from("tables/numbers/_delta_log/00000000000000000001.json");
    place.store().head(&log).await.unwrap();
    for file in &now.files {
        place.store().head(&now.object(place, file)).await.unwrap();
    }
}

#[tokio::test]
async fn a_folder_holds_delta_tables() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::local(&folder.path().join("an estate with % and ä")).unwrap();
    place.create().unwrap();
    holds_a_table(&place).await;
    assert!(place.folder().unwrap().join("tables/numbers/_delta_log/00000000000000000000.json").is_file());
}

#[tokio::test]
async fn a_store_holds_delta_tables() {
    holds_a_table(&Place::memory().unwrap()).await;
}

/// Delta finds its way in buckets. The store of a cloud is made without a call, and here put aside for one in memory.
#[tokio::test]
async fn a_bucket_holds_delta_tables_below_its_prefix() {
    let bucket: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    for (url, prefix) in [("s3://bucket/deep/prefix", "deep/prefix/"), ("s3://bucket", "")] {
        let inner = Arc::clone(&bucket);
        holds_a_table(&Place::parse(url).unwrap().with_root(move |_| inner)).await;
        let log = format!("{prefix}tables/numbers/_delta_log/00000000000000000001.json");
        bucket.head(&ObjectPath::from(log)).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::local(folder.path()).unwrap();
    let set = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    // Those who may do everything find out nothing here.
    if std::fs::write(folder.path().join("probe"), "").is_ok() {
        set(0o700);
        return;
    }
    let error = place.lock(totalcloud_estate::place::Wait::Never, "sync").await.unwrap_err();
    set(0o700);
    assert_eq!(error.kind(), Kind::Forbidden);
    assert!(error.message().contains(".lock"), "{error}");
}

#[tokio::test]
async fn a_file_in_the_way_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Place::local(Path::new(&file)).unwrap().create().unwrap_err();
    assert!(error.message().contains("file"), "{error}");
}
