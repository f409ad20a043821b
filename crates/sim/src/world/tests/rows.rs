//! What rows say.

use super::*;
use std::collections::HashSet;
use totalcloud_api::model::{Flag, Model};
use totalcloud_api::{endpoints, resources};

#[test]
fn every_row_of_every_type_fits_its_registered_model_in_lists_and_details() {
    let world = world(Size::Tiny);
    assert_eq!(world.totals().values().sum::<u64>(), 300);
    for index in world.types() {
        let (ty, collection) = (world.registered(index).unwrap(), Collection::Resources(index));
        assert!(world.len(&collection) > 0, "{}", ty.key());
        for row in 0..world.len(&collection) {
            for view in [View::List, View::Details] {
                let json = bytes(&world, &collection, row, view);
                let text = String::from_utf8_lossy(&json);
                let misfits = ty.check(&json).unwrap_or_else(|e| panic!("{}: {e}: {text}", ty.key()));
                assert!(misfits.is_empty(), "{}: {misfits:?}: {text}", ty.key());
                let value: Value = serde_json::from_slice(&json).unwrap();
                for column in ty.shape.columns() {
                    let shown = view == View::Details || !column.is(Flag::Details);
                    assert!(!shown || value.get(column.wire).is_some(), "{}: no {}", ty.key(), column.wire);
                }
            }
        }
    }
}

#[test]
fn every_nested_column_is_filled_somewhere() {
    let world = with(|c| c.rows = resources::all().map(|t| (t.provider, t.name.into(), 60)).collect());
    fn inside(kind: &totalcloud_api::model::Kind, value: &Value, path: &str, seen: &mut HashSet<String>) {
        use totalcloud_api::model::Kind;
        match (kind, value) {
            (Kind::List(item), Value::Array(items)) => items.iter().for_each(|v| inside(item, v, path, seen)),
            (Kind::Object(shape), Value::Array(items)) => {
                items.iter().for_each(|v| inside(&Kind::Object(shape), v, path, seen));
            }
            (Kind::Object(shape), Value::Object(fields)) => {
                for column in shape.columns() {
                    if let Some(value) = fields.get(column.wire) {
                        let path = format!("{path}.{}", column.wire);
                        seen.insert(path.clone());
                        inside(&column.kind, value, &path, seen);
                    }
                }
            }
            _ => {}
        }
    }
    fn wanted(kind: &totalcloud_api::model::Kind, path: &str, into: &mut Vec<String>) {
        use totalcloud_api::model::Kind;
        match kind {
            Kind::List(item) => wanted(item, path, into),
            Kind::Object(shape) => {
                for column in shape.columns() {
                    let path = format!("{path}.{}", column.wire);
                    into.push(path.clone());
                    wanted(&column.kind, &path, into);
                }
            }
            _ => {}
        }
    }
    let mut missing = Vec::new();
    for index in world.types() {
        let ty = world.registered(index).unwrap();
        let kind = totalcloud_api::model::Kind::Object(ty.shape);
        let (mut seen, mut want) = (HashSet::new(), Vec::new());
        for row in 0..60 {
            let json = bytes(&world, &Collection::Resources(index), row, View::Details);
            inside(&kind, &serde_json::from_slice(&json).unwrap(), &ty.key(), &mut seen);
        }
        wanted(&kind, &ty.key(), &mut want);
        missing.extend(want.into_iter().filter(|path| !seen.contains(path)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn rows_of_all_other_collections_fit_their_models() {
    let world = world(Size::Tiny);
    fn check<T: Model + for<'de> serde::Deserialize<'de>>(json: &[u8]) {
        let row: T = totalcloud_api::model::from_slice(json).unwrap();
        assert!(row.misfits().is_empty(), "{:?}: {}", row.misfits(), String::from_utf8_lossy(json));
    }
    let mut rows = 0;
    for collection in collections(&world) {
        for row in world.select(&collection, &Ask::default(), now()).unwrap().page(0, u64::MAX) {
            let json = bytes(&world, &collection, row, View::List);
            assert_ne!(json, b"{}", "{collection:?} {row}");
            rows += 1;
            match collection {
                Collection::Resources(_) => {}
                Collection::Connectors(_) => check::<endpoints::connectors::Connector>(&json),
                Collection::ConnectorErrors(..) => check::<endpoints::connectors::ConnectorError>(&json),
                Collection::Controls => check::<endpoints::controls::Control>(&json),
                Collection::AccountEvaluations(..) => {
                    check::<endpoints::evaluations::AccountEvaluation>(&json)
                }
                Collection::ResourceEvaluations(..) => {
                    check::<endpoints::evaluations::ResourceEvaluation>(&json);
                }
                Collection::Policies => check::<endpoints::policies::Policy>(&json),
                Collection::PoliciesV1(_) => check::<endpoints::policies::PolicyV1>(&json),
                Collection::Mandates => check::<endpoints::policies::Mandate>(&json),
                Collection::Remediation(_) => check::<endpoints::remediation::RemediationActivity>(&json),
            }
        }
    }
    assert!(rows > 500, "{rows}");
}

#[test]
fn ids_are_unique_and_lead_back_to_their_rows() {
    let world = world(Size::Small);
    let (mut uuids, mut ids) = (HashSet::new(), HashSet::new());
    for index in world.types() {
        let ty = world.registered(index).unwrap();
        for (slot, value) in all(&world, &Collection::Resources(index)) {
            let text = |key: &str| value[key].as_str().unwrap().to_owned();
            assert_eq!(world.resource(index, &text("uuid")), Some(slot));
            let found = world.resource_by_id(ty.provider, &text("resourceId"));
            assert_eq!(found, Some((index, slot)), "{}", text("resourceId"));
            assert!(uuids.insert(text("uuid")));
            assert!(ids.insert((ty.provider, text("resourceId"))), "{}", text("resourceId"));
            let account = world.account(ty.provider, &text(ty.provider.account_field()));
            assert!(account.is_some(), "{value}");
        }
    }
    assert_eq!(uuids.len(), 5_000);
    let index = world.resource_type(Provider::Aws, "EC2_INSTANCE").unwrap();
    for strange in ["", "x", "é", "12345678", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(world.resource(index, strange), None);
        assert_eq!(world.resource_by_id(Provider::Aws, strange), None);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let digest = |world: &World| {
        let mut hash = 0u64;
        for collection in collections(world) {
            for row in world.select(&collection, &Ask::default(), now()).unwrap().page(0, u64::MAX) {
                for byte in bytes(world, &collection, row, View::Details) {
                    hash = rng::mix(hash ^ u64::from(byte));
                }
            }
        }
        hash
    };
    let one = digest(&world(Size::Tiny));
    // Change this number when rows are meant to change.
    assert_eq!(one, 14_550_604_699_029_837_031, "the world of this seed is another one than before");
    assert_eq!(one, digest(&world(Size::Tiny)));
    assert_ne!(one, digest(&with(|c| c.seed = 8)));
}

#[test]
fn details_agree_with_the_counts_of_the_list() {
    let world = world(Size::Small);
    let collection = ec2(&world);
    let (mut vulnerable, mut secret) = (0, 0);
    for slot in 0..world.len(&collection) {
        let list = row(&world, &collection, slot);
        assert_eq!(list["vulnerabilities"], Value::Array(Vec::new()));
        assert!(list.get("secrets").is_none());
        let details: Value =
            serde_json::from_slice(&bytes(&world, &collection, slot, View::Details)).unwrap();
        let found = details["vulnerabilities"].as_array().unwrap();
        let stats = &list["vulnerabilityStats"];
        assert_eq!(stats["totalVulnerability"], found.len());
        for severity in 1..=5 {
            let count = found.iter().filter(|v| v["severity"] == severity).count();
            assert_eq!(stats["severity"][severity.to_string()], count);
        }
        for kind in ["Confirmed", "Potential", "Informational"] {
            assert_eq!(
                stats["typeDetected"][kind],
                found.iter().filter(|v| v["typeDetected"] == kind).count()
            );
        }
        let high = found.iter().filter(|v| v["severity"].as_u64() >= Some(3)).count();
        assert_eq!(list["sev3Sev4Sev5VulnCount"], high);
        let secrets = details["secrets"].as_array().unwrap();
        assert_eq!(list["secretStats"]["totalSecrets"], secrets.len());
        assert_eq!(list["hasSecrets"], !secrets.is_empty());
        vulnerable += usize::from(!found.is_empty());
        secret += usize::from(!secrets.is_empty());
    }
    assert!(vulnerable > 100 && secret > 10, "{vulnerable} {secret}");
}

#[test]
fn evaluations_of_accounts_are_the_sums_of_those_of_resources() {
    for world in [world(Size::Tiny), {
        let mut moved = world(Size::Small);
        moved.advance(24.0, 0.2);
        moved
    }] {
        for provider in Provider::ALL {
            for account in 0..world.cloud(provider).accounts.len() as u32 {
                let results = Collection::AccountEvaluations(provider, account);
                for (index, result) in all(&world, &results) {
                    let cid: u64 = result["controlId"].as_str().unwrap().parse().unwrap();
                    assert_eq!(world.control(cid), Some(index as u32));
                    let rows = Collection::ResourceEvaluations(provider, account, index as u32);
                    let mut counts = [0u64; 3];
                    for (_, row) in all(&world, &rows) {
                        let at = ["PASS", "FAIL", "PASSE"].iter().position(|w| row["result"] == *w).unwrap();
                        counts[at] += 1;
                        assert_eq!(
                            row[if provider == Provider::Aws {
                                "accountId"
                            } else {
                                provider.account_field()
                            }],
                            world.cloud(provider).accounts[account as usize].id
                        );
                    }
                    for (at, key) in ["passedResources", "failedResources", "passWithExceptionResources"]
                        .iter()
                        .enumerate()
                    {
                        assert_eq!(result[*key], counts[at], "{provider} {account} {cid} {key}");
                    }
                    let word = match counts {
                        [0, 0, 0] => "NOT_EVALUATED",
                        [_, 0, _] => "PASS",
                        _ => "FAIL",
                    };
                    assert_eq!(result["result"], word);
                }
            }
        }
    }
}

#[test]
fn a_resource_fails_as_many_controls_as_it_says_and_statistics_say_the_same_as_rows() {
    let mut world = world(Size::Small);
    world.advance(5.0, 0.3);
    for (provider, name) in [(Provider::Aws, "EC2_INSTANCE"), (Provider::Azure, "VIRTUAL_MACHINE")] {
        let index = world.resource_type(provider, name).unwrap();
        let rows = world.select(&Collection::Resources(index), &Ask::default(), now()).unwrap();
        for slot in rows.page(3, 40) {
            let value = row(&world, &Collection::Resources(index), slot);
            let account = world.account(provider, value[provider.account_field()].as_str().unwrap()).unwrap();
            let mut failed = 0;
            for control in world.colls[usize::from(index.0)].controls.clone() {
                let result = row(&world, &Collection::ResourceEvaluations(provider, account, control), slot);
                assert_eq!(result["resourceId"], value["resourceId"]);
                failed += u64::from(result["result"] == "FAIL");
                let mut stats = Vec::new();
                let text = |v: &Value| v.as_str().unwrap().to_owned();
                let (connector, id) = (text(&value["connectorUuid"]), text(&value["resourceId"]));
                let cid = world.controls.all[control as usize].cid.into();
                assert!(world.stats(provider, cid, &connector, &id, &mut stats));
                assert_eq!(serde_json::from_slice::<Value>(&stats).unwrap(), result["evaluationDates"]);
                let dates = &result["evaluationDates"];
                let day = |key: &str| dates[key].as_str().map(str::to_owned);
                let (first, last) = (day("firstEvaluated").unwrap(), day("lastEvaluated").unwrap());
                assert!(first <= last, "{dates}");
                assert_eq!(day("lastEvaluated"), result["evaluatedOn"].as_str().map(str::to_owned));
                for date in [day("dateFixed"), day("dateReopen")].into_iter().flatten() {
                    assert!(first <= date && date <= last, "{dates}");
                }
                assert!(day("dateFixed").is_none() || result["result"] == "PASS");
                assert!(day("dateReopen").is_none() || result["result"] == "FAIL");
                assert_eq!(dates["exceptionMetadata"].is_object(), result["result"] == "PASSE");
            }
            assert_eq!(value["controlsFailed"], failed);
        }
    }
    let mut out = Vec::new();
    assert!(!world.stats(Provider::Aws, 1, "no", "no", &mut out) && out.is_empty());
}

#[test]
fn policies_name_controls_and_controls_their_policies() {
    let world = world(Size::Small);
    let mut by_title: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (_, control) in all(&world, &Collection::Controls) {
        for title in control["policyNames"].as_array().unwrap() {
            by_title
                .entry(title.as_str().unwrap().into())
                .or_default()
                .push(control["cid"].as_u64().unwrap());
        }
    }
    let mut listed = 0;
    for (_, policy) in all(&world, &Collection::Policies) {
        let cids: Vec<u64> =
            policy["controlIds"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert!(cids.iter().all(|cid| world.control(*cid).is_some()));
        let title = policy["title"].as_str().unwrap();
        assert_eq!(cids, by_title.remove(title).unwrap_or_default(), "{title}");
        assert!(world.policy(policy["uuid"].as_str().unwrap()));
        listed += 1;
    }
    assert!(by_title.is_empty() && listed > 20);
    let custom = |w: &World| {
        all(w, &Collection::Controls).iter().filter(|(_, c)| c["controlType"] == "User Defined").count()
    };
    assert!(custom(&world) > 3);
    let names: HashSet<String> = all(&world, &Collection::Controls)
        .iter()
        .map(|(_, c)| format!("{} {} {}", c["provider"], c["resourceType"], c["controlName"]))
        .collect();
    assert_eq!(names.len() as u64, world.len(&Collection::Controls));
}

#[test]
fn a_small_world_has_all_that_clients_need_to_meet() {
    let world = world(Size::Small);
    assert!(world.len(&Collection::Controls) >= 400);
    for index in world.types() {
        assert!(world.len(&Collection::Resources(index)) > 0);
    }
    for provider in Provider::ALL {
        let connectors = world.len(&Collection::Connectors(provider));
        assert_eq!(connectors == 0, provider == Provider::Oci);
        let first = Collection::AccountEvaluations(provider, 0);
        assert!(world.len(&first) > 0 && !world.policies.range(provider).is_empty());
        if matches!(provider, Provider::Aws | Provider::Azure) {
            let most = world.controls.of(provider).map(|c| Collection::ResourceEvaluations(provider, 0, c));
            assert!(most.map(|c| world.len(&c)).max() > Some(50), "{provider}");
        }
    }
    let public = |provider, name: &str, path: &str| {
        let index = world.resource_type(provider, name).unwrap();
        let rows = all(&world, &Collection::Resources(index));
        let found = rows.iter().filter(|(_, row)| row.pointer(path).is_some_and(Value::is_string)).count();
        assert!(found > 0 && found < rows.len(), "{name}");
    };
    public(Provider::Aws, "EC2_INSTANCE", "/publicIpAddress");
    public(Provider::Azure, "VIRTUAL_MACHINE", "/primaryPublicIPAddress");
    public(Provider::Gcp, "VM_INSTANCE", "/externalIpAddress");
    public(Provider::Oci, "INSTANCE", "/vnicDto/0/publicIp");
    assert!(world.cloud(Provider::Aws).accounts[1].id.starts_with('0'));
    let states: HashSet<String> = all(&world, &Collection::Connectors(Provider::Aws))
        .iter()
        .map(|(_, c)| c["state"].as_str().unwrap().to_owned())
        .collect();
    assert!(states.contains("SUCCESS") && states.contains("ERROR") && states.contains("PENDING"));
}

#[test]
fn from_medium_on_some_resources_have_lost_their_connector() {
    let world = world(Size::Medium);
    assert_eq!(world.totals().values().sum::<u64>(), 100_000);
    let orphan = world.cloud(Provider::Aws).accounts.iter().find(|a| a.orphan).unwrap();
    assert!(world.assets(orphan) > 0);
    assert_eq!(world.connector(Provider::Aws, &orphan.connector), None);
    assert_eq!(world.len(&Collection::AccountEvaluations(Provider::Aws, orphan.index)), 0);
    let listed: u64 = all(&world, &Collection::Connectors(Provider::Aws))
        .iter()
        .map(|(_, c)| c["totalAssets"].as_u64().unwrap())
        .sum();
    let aws: u64 = world.totals().iter().filter(|(k, _)| k.starts_with("aws/")).map(|(_, n)| n).sum();
    assert_eq!(listed + world.assets(orphan), aws);
}

#[test]
fn rows_and_accounts_can_be_given_and_mistakes_are_refused() {
    let world = with(|c| {
        c.rows = vec![(Provider::Aws, "EC2_INSTANCE".into(), 1_234), (Provider::Aws, "EBS".into(), 0)];
        c.accounts = vec![(Provider::Aws, 9)];
    });
    assert_eq!((world.totals()["aws/EC2_INSTANCE"], world.totals()["aws/EBS"]), (1_234, 0));
    assert_eq!(world.len(&Collection::Connectors(Provider::Aws)), 9);
    let bad = |change: fn(&mut WorldConfig)| {
        let mut config = WorldConfig::new(1, now(), Size::Tiny);
        change(&mut config);
        World::new(config).unwrap_err().to_string()
    };
    assert!(bad(|c| c.rows.push((Provider::Aws, "NOPE".into(), 1))).contains("NOPE"));
    assert!(bad(|c| c.rows.push((Provider::Aws, "EBS".into(), u64::MAX))).contains("at most"));
    assert!(bad(|c| c.accounts.push((Provider::Gcp, 10_001))).contains("gcp"));
}
