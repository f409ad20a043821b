#![allow(clippy::unwrap_used)]

use super::*;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use object_store::ObjectStoreExt;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;

/// A clock that moves when the test says so.
#[derive(Clone)]
struct ByHand(watch::Sender<Duration>);

impl ByHand {
    fn new() -> ByHand {
        ByHand(watch::Sender::new(Duration::from_secs(1000)))
    }

    /// Second by second, so that whoever sleeps wakes in time; the others run in between.
    async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.0.send_modify(|now| *now += Duration::from_secs(1));
            settle().await;
        }
    }
}

/// Nothing here waits for the system, so that a bounded number of turns is enough for all tasks.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + self.ticks()
    }

    fn ticks(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let mut time = self.0.subscribe();
        let until = *time.borrow() + wait;
        Box::pin(async move { while *time.borrow_and_update() < until && time.changed().await.is_ok() {} })
    }
}

fn refused(text: &str) -> String {
    let error = Place::parse(text).unwrap_err();
    assert_eq!(error.kind(), Kind::Input, "{text}");
    format!("{error}; {}", error.advice().unwrap_or_default())
}

#[test]
fn paths_are_made_absolute_without_links() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    let place = Place::local(&real.join("a b%/../ä/./estate")).unwrap();
    assert_eq!(place.folder().unwrap(), real.join("ä/estate"));
    assert!(place.url().as_str().ends_with("/%C3%A4/estate/"), "{}", place.url());
    let by_url = Place::parse(place.url().as_str()).unwrap();
    assert_eq!(by_url.folder(), place.folder());
    let (url, _) = place.table("aws_ec2_instance");
    assert!(url.as_str().ends_with("/estate/tables/aws_ec2_instance/"), "{url}");

    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        assert_eq!(Place::local(&real.join("link/x")).unwrap().folder().unwrap(), real.join("x"));
    }
}

#[test]
fn what_is_no_place_is_refused_without_showing_secrets() {
    for text in [
        "",
        "  ",
        "https://host/estate",
        "ftp://x/y",
        "s3://",
        "s3:///estate",
        "gs://",
        "s3://bucket/a/../b%",
    ] {
        let said = refused(text);
        assert!(said.contains("estate"), "{text}: {said}");
    }
    for text in
        ["s3://key:very-secret@bucket/x", "s3://very-secret@bucket/x", "s3://bucket/x?key=very-secret"]
    {
        assert!(!refused(text).contains("very-secret"), "{text}");
    }
    assert!(refused("hdfs://name/estate").contains("s3://"));
}

#[test]
fn buckets_are_named_by_their_urls() {
    let place = Place::parse("s3://bucket//deep/prefix").unwrap();
    assert_eq!(place.url().as_str(), "s3://bucket/deep/prefix/");
    assert_eq!(place.to_string(), "s3://bucket/deep/prefix");
    assert_eq!(place.table("changes").0.as_str(), "s3://bucket/deep/prefix/tables/changes/");
    assert_eq!(
        Place::parse("s3://bucket").unwrap().table("changes").0.as_str(),
        "s3://bucket/tables/changes/"
    );
    let azure = Place::parse("abfss://box@account.dfs.core.windows.net/estate").unwrap();
    assert_eq!(azure.to_string(), "abfss://box@account.dfs.core.windows.net/estate");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::local(&folder.path().join("deep/estate")).unwrap();
    assert_eq!(place.lock(Wait::Never, "sync").await.unwrap_err().kind(), Kind::Missing);
    place.create().unwrap();
    place.create().unwrap();
    let mode = place.folder().unwrap().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    place.store().put(&ObjectPath::from("estate.json"), Bytes::from("{}").into()).await.unwrap();
    assert!(place.folder().unwrap().join("estate.json").is_file());
}

#[tokio::test]
async fn one_writer_at_a_time_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ByHand::new();
    let place = Place::local(folder.path()).unwrap().with_clock(Arc::new(clock.clone()));
    let first = place.lock(Wait::Never, "the first sync").await.unwrap();
    let error = place.lock(Wait::Never, "the second sync").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    assert!(error.to_string().contains("the first sync since 2027-01-15"), "{error}");

    let told = Arc::new(Mutex::new(Vec::new()));
    let waiting = tokio::spawn({
        let (place, told) = (place.clone(), Arc::clone(&told));
        let told: Told =
            Arc::new(move |h: Option<&Holder>| told.lock().unwrap().push(h.unwrap().who.clone()));
        async move { place.lock(Wait::UpTo { limit: Duration::from_secs(60), told }, "the second sync").await }
    });
    clock.pass(5).await;
    assert_eq!(*told.lock().unwrap(), ["the first sync"]);
    first.still_held().await.unwrap();
    drop(first);
    clock.pass(1).await;
    waiting.await.unwrap().unwrap().release().await.unwrap();
    place.lock(Wait::Never, "the third sync").await.unwrap();
}

/// A store with a lease, and a clock for it.
fn leased() -> (Place, ByHand) {
    let clock = ByHand::new();
    (Place::memory().unwrap().with_clock(Arc::new(clock.clone())), clock)
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_not_taken() {
    let (place, clock) = leased();
    let first = place.lock(Wait::Never, "the first sync").await.unwrap();
    assert_eq!(place.lock(Wait::Never, "the second sync").await.unwrap_err().kind(), Kind::Busy);
    let waiting = tokio::spawn({
        let place = place.clone();
        async move { place.lock(Wait::quietly(Duration::from_secs(3600)), "the second sync").await }
    });
    clock.pass(600).await;
    assert!(!waiting.is_finished());
    first.still_held().await.unwrap();
    first.release().await.unwrap();
    clock.pass(3).await;
    let second = waiting.await.unwrap().unwrap();
    second.still_held().await.unwrap();
    let error = place.lock(Wait::quietly(Duration::ZERO), "the third sync").await.unwrap_err();
    assert!(error.to_string().contains("the second sync"), "{error}");
}

#[tokio::test]
async fn a_dropped_lease_is_free() {
    let (place, clock) = leased();
    drop(place.lock(Wait::Never, "the first sync").await.unwrap());
    settle().await;
    place.lock(Wait::Never, "the second sync").await.unwrap();
    clock.pass(1).await;
}

/// The lease of a process that ended without a word.
async fn left_behind(place: &Place) {
    let path = ObjectPath::from(lease::OBJECT);
    let guard = place.lock(Wait::Never, "a killed sync").await.unwrap();
    let text = place.store().get(&path).await.unwrap().bytes().await.unwrap();
    guard.release().await.unwrap();
    place.store().put(&path, text.into()).await.unwrap();
}

#[tokio::test]
async fn a_lease_left_behind_is_taken_when_it_has_not_moved_for_as_long_as_it_lasts() {
    let (place, clock) = leased();
    left_behind(&place).await;
    assert_eq!(place.lock(Wait::Never, "a sync").await.unwrap_err().kind(), Kind::Busy);
    let waiting = tokio::spawn({
        let place = place.clone();
        async move { place.lock(Wait::quietly(Duration::from_secs(60)), "a sync").await }
    });
    clock.pass(lease::LASTS.as_secs() - 2).await;
    assert!(!waiting.is_finished());
    clock.pass(4).await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_old_lease_is_taken_at_once() {
    let (place, clock) = leased();
    left_behind(&place).await;
    clock.pass(21 * 60).await;
    place.lock(Wait::Never, "a sync").await.unwrap();
}

#[tokio::test]
async fn one_who_lost_the_lease_finds_out_before_the_commit() {
    let (place, clock) = leased();
    let path = ObjectPath::from(lease::OBJECT);
    let asleep = place.lock(Wait::Never, "a sync that is asleep").await.unwrap();
    // Another took over: the object holds another's taking.
    place.store().delete(&path).await.unwrap();
    let other = place.lock(Wait::Never, "another sync").await.unwrap();
    let error = asleep.still_held().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    assert!(error.to_string().contains("taken over"), "{error}");
    assert_eq!(asleep.still_held().await.unwrap_err().kind(), Kind::Busy);
    // Nor does it take the lease away from the other when it ends.
    drop(asleep);
    clock.pass(30).await;
    other.still_held().await.unwrap();
}

#[tokio::test]
async fn an_unreadable_lease_counts_as_one() {
    let (place, clock) = leased();
    place.store().put(&ObjectPath::from(lease::OBJECT), Bytes::from("{\"id\":").into()).await.unwrap();
    let error = place.lock(Wait::Never, "a sync").await.unwrap_err();
    assert!(error.to_string().contains("somebody else"), "{error}");
    let waiting = tokio::spawn({
        let place = place.clone();
        async move { place.lock(Wait::quietly(Duration::from_secs(60)), "a sync").await }
    });
    clock.pass(40).await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_lease() {
    let (place, _clock) = leased();
    let tries = (0..20).map(|i| {
        let place = place.clone();
        async move { place.lock(Wait::Never, &format!("sync {i}")).await }
    });
    let got = futures_util::future::join_all(tries).await;
    assert_eq!(got.iter().filter(|g| g.is_ok()).count(), 1);
    assert!(got.iter().filter_map(|g| g.as_ref().err()).all(|e| e.kind() == Kind::Busy));
}
