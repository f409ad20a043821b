//! Every kept input through its target, as a plain test.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use totalcloud_fuzz::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

#[test]
fn every_kept_input_holds_the_laws() {
    for target in TARGETS {
        let mut inputs: Vec<PathBuf> =
            fs::read_dir(folder(target.name)).unwrap().map(|f| f.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{} has inputs to begin with", target.name);
        for path in inputs {
            let bytes = fs::read(&path).unwrap();
            // The harness shows this if the target panics.
            println!("{}", path.display());
            (target.run)(&bytes);
        }
    }
}

#[test]
fn every_folder_belongs_to_a_target_and_all_of_them_are_small() {
    let mut sum = 0;
    for entry in fs::read_dir(folder("")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(totalcloud_fuzz::target(&name).is_some(), "{name} is no target");
        sum += fs::read_dir(entry.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum::<u64>();
    }
    assert!(sum < 500_000, "{sum} bytes are more than a repository should keep");
}

#[test]
fn each_name_is_there_once() {
    let mut names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
