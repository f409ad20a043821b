//! What one run learned of a quota, the next one knows.

use crate::context::Home;
use std::fs;

fn answered(sim: &totalcloud_testkit::SimHandle) -> u64 {
    sim.journal().requests.iter().filter(|r| r.operation.as_deref() == Some("resources.list")).count() as u64
}

#[test]
fn a_run_does_not_ask_what_another_one_used_up() {
    let sim = totalcloud_testkit::sim(|config| config.quota = "12/86400/2".parse().unwrap());
    let home = Home::at(&sim);
    let list = "resources list --provider aws --type ec2 --page-size 2 --format csv";
    home.words(list).failed(5, &["the quota of 'resource' calls is used up", "accepted in"]);
    let used = answered(&sim);
    assert!(used >= 12, "{used} calls");
    home.words(list).failed(5, &["the quota of 'resource' calls is used up", "accepted in"]);
    assert_eq!(answered(&sim), used, "the second run asked in vain");
    // Another class of operations has a quota of its own.
    home.words("connectors list --provider aws").ok();
    // Without anything shared the service has to say it again.
    home.words(&format!("{list} --state-dir none")).failed(5, &["the quota refused the call"]);
    assert!(answered(&sim) > used);
}

#[test]
fn what_is_shared_is_readable_by_its_user_only_and_names_nobody() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = Home::at(&sim);
    let dir = totalcloud_testkit::dir();
    let place = dir.path().join("state");
    home.words(&format!("connectors list --provider aws --state-dir {}", place.display())).ok();
    let files: Vec<_> = fs::read_dir(&place).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        }
        let text = fs::read_to_string(&file).unwrap();
        let (user, password) = sim.login();
        assert!(!text.contains(password) && !text.contains(user), "{text}");
        assert!(!file.display().to_string().contains(user));
    }
}
