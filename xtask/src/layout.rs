//! Which crate may use which, and what the tree must not hold.

use crate::run::{Tally, cargo, root};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Who may use whom; what is not here is not allowed. `testkit` is for tests only.
const ARROWS: &[(&str, &[&str])] = &[
    ("totalcloud-api", &[]),
    ("totalcloud", &["totalcloud-api"]),
    ("totalcloud-table", &["totalcloud-api"]),
    ("totalcloud-sim", &["totalcloud-api"]),
    ("totalcloud-estate", &["totalcloud-table", "totalcloud", "totalcloud-api"]),
    (
        "totalcloud-cli",
        &["totalcloud-estate", "totalcloud-table", "totalcloud", "totalcloud-sim", "totalcloud-api"],
    ),
    ("totalcloud-py", &["totalcloud", "totalcloud-table", "totalcloud-estate", "totalcloud-api"]),
    ("totalcloud-testkit", &["totalcloud-sim", "totalcloud", "totalcloud-api"]),
    ("totalcloud-fuzz", &["totalcloud-cli", "totalcloud", "totalcloud-api"]),
    ("xtask", &[]),
];

/// Crates that `totalcloud` (the SDK) and `totalcloud-api` must never pull in.
const HEAVY: &[&str] = &["arrow", "parquet", "datafusion", "deltalake", "axum", "clap"];

pub fn check(tally: &mut Tally) {
    let metadata = match cargo(&["metadata", "--format-version", "1", "--no-deps"]).output() {
        Ok(out) => serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap_or_default(),
        Err(e) => {
            eprintln!("cargo metadata: {e}");
            serde_json::Value::Null
        }
    };
    let wrong = forbidden_arrows(&metadata);
    for arrow in &wrong {
        eprintln!("layout: {arrow}");
    }
    let packages = metadata["packages"].as_array().map_or(0, Vec::len);
    tally.check("crates use only what the layout allows", packages > 0 && wrong.is_empty());
    for name in ["totalcloud", "totalcloud-api"] {
        let tree = cargo(&["tree", "--package", name, "--edges", "normal", "--prefix", "none"]).output();
        let tree = tree.map(|t| String::from_utf8_lossy(&t.stdout).into_owned()).unwrap_or_default();
        let heavy: Vec<&str> =
            tree.lines().filter_map(|l| l.split(' ').next()).filter(|c| HEAVY.contains(c)).collect();
        tally.check(&format!("{name} stays light"), tree.lines().count() > 3 && heavy.is_empty());
    }
    let stray = stray_lines(&root());
    for line in &stray {
        eprintln!("layout: {line}");
    }
    tally.check("no path of a machine and no unfinished place in the tree", stray.is_empty());
}

fn forbidden_arrows(metadata: &serde_json::Value) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = packages.iter().filter_map(|p| p["name"].as_str().map(str::to_owned)).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the list of crates"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            let ours = names.iter().any(|n| n == to);
            if ours
                && !may.contains(&to)
                && !(for_tests && (to == "totalcloud-testkit" || to == "totalcloud-sim"))
            {
                wrong.push(format!("{name} must not use {to}"));
            }
        }
    }
    wrong
}

fn stray_lines(root: &Path) -> Vec<String> {
    let pattern =
        concat!("/(wo", "rk|ho", "me/[a-z]+|ro", "ot)/|to", "do!\\(|unimple", "mented!\\(|#\\[ign", "ore\\]");
    let args = ["grep", "-nIE", pattern, "--", "*.rs", "*.py", "*.md", "*.toml", "*.js", ".ci/run"];
    match Command::new("git").args(args).current_dir(root).output() {
        Ok(out) => String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect(),
        Err(e) => vec![format!("git grep: {e}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_arrow_that_is_not_allowed_is_found() {
        let package = |name: &str, to: &str, kind: serde_json::Value| json!({"name": name, "dependencies": [{"name": to, "kind": kind}]});
        let metadata = json!({"packages": [
            package("totalcloud", "totalcloud-sim", json!(null)),
            package("totalcloud-sim", "totalcloud-api", json!(null)),
            package("totalcloud-api", "totalcloud-testkit", json!("dev")),
            package("totalcloud-testkit", "serde", json!(null)),
        ]});
        assert_eq!(forbidden_arrows(&metadata), ["totalcloud must not use totalcloud-sim"]);
    }
}
