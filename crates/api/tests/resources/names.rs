//! Names and aliases, from the text of the requirement itself.

use totalcloud_api::Provider;
use totalcloud_api::resources::{find, of};

const AWS: &str = "RDS · NETWORK_ACL (network acl, acl) · BUCKET (s3 bucket, s3) · \
    IAM_USER (iam user, iam, iamuser) · VPC · VPC_SECURITY_GROUP (security group, sg) · \
    LAMBDA (lambda function) · SUBNET · INTERNET_GATEWAY (ig, igw, gateway) · LOAD_BALANCER (elb, lb) · \
    EC2_INSTANCE (ec2, instance) · ROUTE_TABLE (route, routes) · \
    EBS (volume, volumes, ebs volume, ebs volumes) · AUTO_SCALING_GROUP (asg, auto scaling) · \
    EKS_CLUSTER (eks) · EKS_NODEGROUP (eks node group, eksng, node group) · \
    EKS_FARGATE_PROFILE (fargate profile, eks fargate, fargate) · VPC_ENDPOINT (endpoint) · \
    VPC_ENDPOINT_SERVICE (endpoint service) · IAM_GROUP (iamgroup) · IAM_POLICY (iampolicy, policy) · \
    IAM_ROLE (iamrole, role) · SAGEMAKER_NOTEBOOK (notebook, sagemaker) · \
    CLOUDFRONT_DISTRIBUTION (cloudfront)";

const AZURE: &str = "SQL_SERVER (mssql) · FUNCTION_APP (function) · \
    SQL_SERVER_DATABASE (mssql database, mssqldb, mssql db) · RESOURCE_GROUP (rg) · \
    VIRTUAL_NETWORK (vnet) · VIRTUAL_MACHINE (vm) · NETWORK_SECURITY_GROUP (nsg, security group) · \
    WEB_APP (webapp) · NETWORK_INTERFACES (nic, interface) · \
    POSTGRE_SINGLE_SERVER (postgres, postgre, postgresql) · LOAD_BALANCER (lb) · FIREWALL (fw) · \
    MYSQL (mysql_db, mysqldb) · STORAGE_ACCOUNT (storage) · APPLICATION_GATEWAYS (ag) · \
    SECRETS (secret) · MARIADB (maria_db, maria) · COSMODB (cosmos db, cosmosdb, cosmodb, cosmos) · \
    NAT_GATEWAYS (nat)";

const TEXTS: [(Provider, &str); 4] = [
    (Provider::Aws, AWS),
    (Provider::Azure, AZURE),
    (Provider::Gcp, "VM_INSTANCE"),
    (Provider::Oci, "INSTANCE"),
];

fn listed(text: &str) -> Vec<(&str, Vec<&str>)> {
    text.split(" · ")
        .map(|entry| match entry.split_once(" (") {
            Some((name, aliases)) => (name, aliases.trim_end_matches(')').split(", ").collect()),
            None => (entry, Vec::new()),
        })
        .collect()
}

/// The ways people write one name.
fn spellings(name: &str) -> Vec<String> {
    let plain = name.replace('_', " ");
    let title: String = plain
        .split(' ')
        .map(|w| w[..1].to_uppercase() + &w[1..].to_lowercase())
        .collect::<Vec<_>>()
        .join(" ");
    let mut all = vec![name.to_owned(), title.clone()];
    for base in [plain.to_lowercase(), plain.to_uppercase(), title] {
        all.extend(["_", "-", " ", ""].map(|gap| base.replace(' ', gap)));
    }
    all.push(format!("  {plain} "));
    all
}

#[test]
fn the_registry_has_exactly_the_required_types_and_aliases() {
    for (provider, text) in TEXTS {
        let have: Vec<(&str, Vec<&str>)> = of(provider).map(|t| (t.name, t.aliases.to_vec())).collect();
        assert_eq!(have, listed(text), "{provider}");
    }
    assert_eq!((listed(AWS).len(), listed(AZURE).len()), (24, 19));
}

#[test]
fn every_name_and_alias_is_found_in_any_spelling() {
    for (provider, text) in TEXTS {
        for (name, aliases) in listed(text) {
            for alias in std::iter::once(name).chain(aliases) {
                for spelling in spellings(alias) {
                    let found = find(provider, &spelling, false);
                    let found = found.unwrap_or_else(|e| panic!("{provider} {spelling:?}: {e}"));
                    assert_eq!(found.name(), name, "{provider} {spelling:?}");
                }
            }
        }
    }
}

#[test]
fn names_of_one_provider_are_unknown_to_the_others() {
    let names = |text| -> Vec<String> {
        let fold = |n: &str| n.replace(['_', ' '], "").to_lowercase();
        listed(text).into_iter().flat_map(|(n, a)| std::iter::once(n).chain(a)).map(fold).collect()
    };
    let mut foreign = 0;
    for (provider, own) in TEXTS {
        let own = names(own);
        for name in TEXTS.iter().flat_map(|(_, text)| names(text)) {
            if !own.contains(&name) {
                assert!(find(provider, &name, false).is_err(), "{provider} {name}");
                foreign += 1;
            }
        }
    }
    assert!(foreign > 200);
}
