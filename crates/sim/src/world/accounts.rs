//! Connectors: what is registered for each account, its runs and their errors.

use super::layout::{Account, tag, uuid_text};
use super::rng::{below, chance, draw, hex};
use super::text::{Object, java};
use super::{Size, World};
use totalcloud_api::Provider;

const POLLING_HOURS: i64 = 4;

impl Account {
    pub(super) fn state(&self) -> &'static str {
        match (self.pending, self.index, below(draw(self.key, 10), 100)) {
            (true, ..) => "PENDING",
            (_, 0, _) => "SUCCESS",
            (_, 1, _) | (_, _, 0..6) => "ERROR",
            (_, _, 6..10) => "REGIONS_DISCOVERED",
            _ => "SUCCESS",
        }
    }

    pub(super) fn connector_name(&self) -> String {
        format!("{} {}", self.provider.upper(), self.alias)
    }

    /// How many errors its runs reported.
    pub(super) fn errors(&self) -> u64 {
        match self.state() {
            "ERROR" => 1 + below(draw(self.key, 11), 7),
            "REGIONS_DISCOVERED" => 1,
            _ => 0,
        }
    }
}

/// How many groups of connectors the company has.
const GROUPS: u64 = 4;

impl World {
    /// How many accounts of a provider are registered; of OCI tenancies, for which there are no connectors.
    pub(crate) fn registrations(&self, provider: Provider) -> u32 {
        self.cloud(provider).connected().len() as u32
    }

    /// The groups that connectors and policies refer to: id and name.
    pub(crate) fn groups(&self) -> Vec<(String, String)> {
        (0..GROUPS).map(|at| (uuid_text(tag::GROUP, at, self.config.seed), group_name(at))).collect()
    }

    /// Id of the user who made what is there from the start.
    pub(crate) fn author_id(&self) -> String {
        uuid_text(tag::OTHER, 1, self.config.seed)
    }

    /// How big the company is.
    pub(crate) fn size(&self) -> Size {
        self.config.size
    }

    /// The service's own account for connectors of a kind of AWS: 0 global, 1 China, 2 government.
    pub(crate) fn base_account_id(&self, which: u64) -> String {
        base_account(self.config.seed, which)
    }
}

fn group_name(index: u64) -> String {
    format!("Group {}", index + 1)
}

const ERRORS: [&str; 4] = [
    "User is not authorized to perform the operation on the resource",
    "The role cannot be assumed: the external id does not match",
    "Throttling: rate exceeded",
    "The subscription is not registered for this region",
];

pub(super) fn write_connector(world: &World, account: &Account, out: &mut Vec<u8>) {
    let seed = world.config.seed;
    let index = u64::from(account.index);
    let ran = (!account.pending).then_some(account.run_end);
    let state = account.state();
    let mut row = Object::new(out);
    row.text("connectorId", &account.connector).text("name", &account.connector_name());
    row.format("description", format_args!("Account of {}", account.alias));
    row.text("provider", account.provider.upper()).text("state", state);
    row.maybe("error", (state == "ERROR").then_some(ERRORS[below(draw(account.key, 12), 4) as usize]));
    row.int("totalAssets", world.assets(account) as i64);
    row.maybe("lastSyncedOn", ran.map(java).as_deref());
    row.maybe("nextSyncedOn", ran.map(|r| java(r + POLLING_HOURS * 3600)).as_deref());
    row.raw("pollingFrequency", "{\"hours\":4,\"minutes\":0}");
    row.bool("remediationEnabled", chance(draw(account.key, 13), 300)).bool("isDisabled", false);
    let group = below(draw(account.key, 14), GROUPS);
    {
        let out = row.key("groups");
        out.push(b'[');
        let mut one = Object::new(out);
        one.text("name", &group_name(group));
        one.text("uuid", &uuid_text(tag::GROUP, group, seed)).end();
        out.push(b']');
    }
    row.raw(
        "qualysTags",
        if chance(draw(account.key, 15), 500) {
            "[{\"tagName\":\"Cloud\"},{\"tagName\":\"Production\"}]"
        } else {
            "[]"
        },
    );
    match account.provider {
        Provider::Aws => {
            row.bool("isGovCloud", false).bool("isChinaRegion", false);
            row.text("awsAccountId", &account.id).text("baseAccountId", &base_account(seed, 0));
            row.format("arn", format_args!("arn:aws:iam::{}:role/QualysConnector", account.id));
            row.format("externalId", format_args!("{:012}", below(draw(account.key, 16), 1_000_000_000_000)));
            row.text("accountAlias", &account.alias).bool("isPortalConnector", true);
            row.text("portalConnectorUuid", &uuid_text(tag::PORTAL, index, seed));
        }
        Provider::Azure => {
            row.bool("isGovCloud", false);
            row.text("subscriptionId", &account.id).text("subscriptionName", &account.alias);
            row.text("applicationId", &uuid_text(tag::APPLICATION, index, seed));
            let directory = uuid_text(tag::DIRECTORY, 0, seed);
            row.text("directoryId", &directory).text("tenantId", &directory);
        }
        Provider::Gcp => {
            row.text("projectId", &account.id);
        }
        Provider::Oci => {
            row.text("tenantId", &account.id);
        }
    }
    row.end();
}

pub(super) fn write_error(world: &World, account: &Account, index: u64, out: &mut Vec<u8>) {
    let cells =
        &world.cloud(account.provider).cells[account.cells.start as usize..account.cells.end as usize];
    let key = draw(account.key, 1_000 + index);
    let mut row = Object::new(out);
    row.text("connectorId", &account.connector).text("connectorName", &account.connector_name());
    row.text("error", ERRORS[below(key, 4) as usize]);
    row.text("occuredOn", &java(account.run_end - below(key << 8, 1_800) as i64));
    // Azure has another name for it.
    let place = if account.provider == Provider::Azure { "location" } else { "region" };
    row.text(place, cells[below(key << 16, cells.len() as u64) as usize].region).end();
}

/// The accounts of the service: global, China, government.
pub(super) fn base_account(seed: u64, which: u64) -> String {
    format!("{:012}", 200_000_000_000 + below(draw(seed, 77 + which), 700_000_000_000))
}

pub(super) fn write_base_account(seed: u64, out: &mut Vec<u8>) {
    let mut row = Object::new(out);
    row.text("globalAccountId", &base_account(seed, 0)).text("chinaAccountId", &base_account(seed, 1));
    row.text("govAccountId", &base_account(seed, 2)).text("customerGlobalAccount", "false");
    row.text("customerChinaAccount", "false").text("customerGovAccount", "false").end();
}

/// The template with which a customer makes the role of a connector.
pub(super) fn template(seed: u64, cloud: &str, external_id: &str) -> String {
    let (partition, which) = match cloud {
        "China" => ("aws-cn", 1),
        "Gov" => ("aws-us-gov", 2),
        _ => ("aws", 0),
    };
    let account = base_account(seed, which);
    let mut suffix = Vec::new();
    hex(&mut suffix, draw(seed, 5), 6);
    let suffix = String::from_utf8_lossy(&suffix).into_owned();
    let document = serde_json::json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Role through which the service reads this account",
        "Resources": {
            "ConnectorRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": format!("QualysConnector-{suffix}"),
                    "ManagedPolicyArns": [format!("arn:{partition}:iam::aws:policy/SecurityAudit")],
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{
                            "Effect": "Allow",
                            "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
                            "Action": "sts:AssumeRole",
                            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
                        }],
                    },
                },
            },
        },
        "Outputs": { "RoleARN": { "Value": { "Fn::GetAtt": ["ConnectorRole", "Arn"] } } },
    });
    format!("{document:#}\n")
}
