//! What must hold for every type of the registry.

use std::collections::BTreeSet;
use totalcloud_api::Provider;
use totalcloud_api::model::{Kind, Shape};
use totalcloud_api::resources::{all, base_shape, of};

/// The shape and all shapes nested in it.
fn shapes(shape: &'static Shape, into: &mut Vec<&'static Shape>) {
    into.push(shape);
    for column in shape.columns() {
        if let Some(nested) = column.kind.shape() {
            shapes(nested, into);
        }
    }
}

fn every_shape() -> Vec<&'static Shape> {
    let mut found = Vec::new();
    for t in all() {
        shapes(t.shape, &mut found);
    }
    found
}

#[test]
fn names_are_unique_within_a_provider_and_tables_everywhere() {
    let mut tables = BTreeSet::new();
    let mut structs = BTreeSet::new();
    for t in all() {
        assert!(tables.insert(t.table()), "{}", t.key());
        assert!(structs.insert(t.shape.name), "{} shares its model", t.key());
    }
    for provider in Provider::ALL {
        let mut names = BTreeSet::new();
        for t in of(provider) {
            let fold = |n: &str| n.replace(['_', ' ', '-'], "").to_lowercase();
            let own: BTreeSet<String> =
                std::iter::once(t.name).chain(t.aliases.iter().copied()).map(fold).collect();
            for name in own {
                assert!(names.insert(name.clone()), "{provider}: {name} names two types");
            }
        }
    }
}

#[test]
fn every_type_has_the_columns_that_others_rely_on() {
    for t in all() {
        let account = t.provider.account_field();
        for wire in ["resourceId", "name", "uuid", "region", "resourceType", "connectorUuid", account] {
            assert!(t.shape.column(wire).is_some(), "{} lacks {wire}", t.key());
        }
        for wire in ["resourceId", "uuid", "region", account] {
            assert!(base_shape(t.provider).column(wire).is_some(), "{} lacks {wire}", t.provider);
        }
        assert_eq!(t.newer, t.shape.column("displayName").is_some(), "{}", t.key());
        assert_eq!(t.newer, t.shape.column("connectorId").is_some(), "{}", t.key());
        let provider = t.provider.as_str();
        assert!(t.shape.name.to_lowercase().starts_with(provider), "{}", t.shape.name);
        assert!(!t.title.is_empty() && !t.source.is_empty());
    }
}

#[test]
fn tables_show_a_handful_of_columns() {
    for t in all() {
        let shown: Vec<&str> = t.shape.shown().iter().map(|c| c.wire).collect();
        assert!((3..=9).contains(&shown.len()), "{} shows {shown:?}", t.key());
        assert!(shown.contains(&"name") && shown.contains(&"region"), "{} shows {shown:?}", t.key());
        assert!(shown.contains(&t.provider.account_field()), "{} shows {shown:?}", t.key());
    }
}

#[test]
fn columns_are_unique_in_their_shape_and_documented() {
    for shape in every_shape() {
        assert!(!shape.doc.trim().is_empty(), "{}", shape.name);
        let (mut wires, mut rusts) = (BTreeSet::new(), BTreeSet::new());
        for column in shape.columns() {
            assert!(wires.insert(column.wire), "{} has {} twice", shape.name, column.wire);
            assert!(rusts.insert(column.rust), "{} has {} twice", shape.name, column.rust);
            let doc = column.doc.trim();
            assert!(doc.len() > 1 && doc.ends_with('.'), "{}.{}: {doc:?}", shape.name, column.wire);
        }
    }
}

#[test]
fn times_say_their_form_unless_it_was_never_seen() {
    for shape in every_shape() {
        for column in shape.columns() {
            if column.kind == Kind::Time {
                let says = ["ISO-8601", "epoch ms", "epoch seconds", "not seen"];
                assert!(says.iter().any(|s| column.doc.contains(s)), "{}.{}", shape.name, column.wire);
            }
        }
    }
}

#[test]
fn leaves_reach_every_nested_column() {
    let ec2 = totalcloud_api::resources::get(Provider::Aws, "EC2_INSTANCE").unwrap();
    let paths: Vec<String> = ec2.shape.leaves().iter().map(|l| l.path.join(".")).collect();
    assert_eq!(paths[0], "resourceId", "the base comes first");
    for path in
        ["vulnerabilityStats.severity.5", "vulnerabilities.qid", "tags.value", "secretStats.totalSecrets"]
    {
        assert!(paths.iter().any(|p| p == path), "{path} is not in {paths:?}");
    }
    assert!(!paths.iter().any(|p| p == "vulnerabilityStats"), "objects are no leaves");
}
