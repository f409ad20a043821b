//! Which tables an estate has, said once: name, shape, what identifies a row, family, order.

use crate::layout::{ACCOUNT, PROVIDER};
use std::sync::OnceLock;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::endpoints::evaluations::{AccountEvaluation, ResourceEvaluation};
use totalcloud_api::endpoints::exceptions::Exception;
use totalcloud_api::endpoints::policies::Policy;
use totalcloud_api::endpoints::remediation::RemediationActivity;
use totalcloud_api::model::{Flag, Model, Shape};
use totalcloud_api::resources::Vulnerability;
use totalcloud_api::{Provider, ResourceType, model, resources};

model! {
    /// A vulnerability of an instance, as the details of the instance list it.
    pub struct FoundVulnerability: Vulnerability {
        /// Cloud of the resource.
        [Shown] provider = "provider": text;
        /// Account, subscription or project of the resource.
        [Shown] account = "account": text;
        /// API name of the type of the resource.
        [Shown] resource_type = "resourceType": text;
        /// Id of the resource in the cloud.
        [Id, Shown] resource_id = "resourceId": text;
        /// Id of the resource in Qualys.
        [Id] resource_uuid = "resourceUuid": text;
        /// Name of the resource.
        resource_name = "resourceName": text;
        /// Region of the resource.
        [Shown] region = "region": text;
    }
}

/// The family of a table: what is read with the same permission and at the same cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A table of resources of one type.
    Inventory,
    /// A table of resources of one type with their details.
    Details,
    /// Connectors.
    Connectors,
    /// The control library.
    Controls,
    /// Policies.
    Policies,
    /// The results of all controls in each account.
    AccountEvaluations,
    /// The results of each control on each resource.
    ResourceEvaluations,
    /// Vulnerabilities of instances, made from details.
    Vulnerabilities,
    /// What remediation did.
    RemediationActivity,
    /// Exceptions.
    Exceptions,
}

impl Kind {
    /// The family as `--only`, `--skip` and `--with` of a sync name it.
    pub const fn family(self) -> &'static str {
        match self {
            Kind::Inventory => "inventory",
            Kind::Details | Kind::Vulnerabilities => "details",
            Kind::Connectors => "connectors",
            Kind::Controls => "controls",
            Kind::Policies => "policies",
            Kind::AccountEvaluations => "account-evaluations",
            Kind::ResourceEvaluations => "resource-evaluations",
            Kind::RemediationActivity => "remediation-activity",
            Kind::Exceptions => "exceptions",
        }
    }
}

/// One table of row versions.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its family.
    pub kind: Kind,
    /// The columns of its rows, as the registry declares them.
    pub shape: &'static Shape,
    /// The cloud, where all rows are of one.
    pub provider: Option<Provider>,
    /// The type, where all rows are of one.
    pub of: Option<&'static ResourceType>,
    /// The wire names whose values identify a row inside its scope; the first that all are there counts. A row
    /// that has none of them is identified by its content.
    pub keys: &'static [&'static [&'static str]],
    /// Whether the scope (account, control) is part of what identifies a row.
    pub key_in_scope: bool,
    /// The wire names that may say the account.
    pub accounts: &'static [&'static str],
    /// Whether rows are findings, which fail and are fixed.
    pub findings: bool,
    /// Whether the row is told its control by the scope.
    pub control: bool,
    /// What a row is.
    pub doc: &'static str,
}

const ACCOUNTS: &[&str] = &["cloudAccountId", "subscriptionId", "projectId", "tenantId", "accountId"];

impl TableSpec {
    /// The columns by which base files are sorted, besides the key.
    pub fn sort(&self) -> Vec<&'static str> {
        let mut sort = Vec::new();
        if self.has_account() {
            sort.push(ACCOUNT);
        }
        match self.kind {
            Kind::ResourceEvaluations => sort.push(crate::layout::CONTROL),
            Kind::Inventory | Kind::Details if self.shape.column("region").is_some() => sort.push("region"),
            _ => {}
        }
        sort
    }

    /// Whether the shape itself has no column of that name.
    fn lacks(&self, name: &str) -> bool {
        !self.shape.columns().iter().any(|c| c.wire.eq_ignore_ascii_case(name))
    }

    /// Whether there is a derived column for the cloud.
    pub fn derives_provider(&self) -> bool {
        self.lacks(PROVIDER)
    }

    /// Whether rows are of an account.
    pub fn has_account(&self) -> bool {
        self.lacks(ACCOUNT) && !matches!(self.kind, Kind::Controls | Kind::Policies | Kind::Exceptions)
    }

    /// The columns that say what a row is about in the table of changes: name, region, type and id.
    pub fn label(&self, what: Label) -> &'static [&'static str] {
        match what {
            Label::Name => &["name", "resourceName", "controlName", "title"],
            Label::Region => &["region"],
            Label::ResourceType => &["resourceType"],
            Label::ResourceId => &["resourceId"],
            Label::Control => &["controlId", "cid"],
        }
    }
}

/// What the table of changes says of a row besides its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// A name for people.
    Name,
    /// The region.
    Region,
    /// The API name of the type.
    ResourceType,
    /// The id in the cloud.
    ResourceId,
    /// The control.
    Control,
}

/// All tables of row versions that an estate may have: those of all types first, in the order of the registry.
pub fn all() -> &'static [TableSpec] {
    static ALL: OnceLock<Vec<TableSpec>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<TableSpec> = resources::all().map(|of| inventory(of, Kind::Inventory)).collect();
        all.extend(resources::all().filter(|of| has_details(of)).map(|of| inventory(of, Kind::Details)));
        all.extend(others());
        all
    })
}

/// The table of this name.
pub fn get(name: &str) -> Option<&'static TableSpec> {
    all().iter().find(|t| t.name == name)
}

fn has_details(of: &ResourceType) -> bool {
    of.shape.columns().iter().any(|c| c.is(Flag::Details))
}

fn inventory(of: &'static ResourceType, kind: Kind) -> TableSpec {
    let name = if kind == Kind::Details { format!("{}_details", of.table()) } else { of.table() };
    TableSpec {
        name,
        kind,
        shape: of.shape,
        provider: Some(of.provider),
        of: Some(of),
        keys: &[&["uuid"], &["resourceId"]],
        key_in_scope: false,
        accounts: ACCOUNTS,
        findings: false,
        control: false,
        doc: of.shape.doc,
    }
}

fn others() -> Vec<TableSpec> {
    let plain = |name: &str, kind, shape: &'static Shape, keys| TableSpec {
        name: name.to_owned(),
        kind,
        shape,
        provider: None,
        of: None,
        keys,
        key_in_scope: false,
        accounts: &[],
        findings: false,
        control: false,
        doc: shape.doc,
    };
    vec![
        TableSpec {
            accounts: &["awsAccountId", "subscriptionId", "projectId"],
            ..plain("connectors", Kind::Connectors, Connector::SHAPE, &[&["connectorId"]])
        },
        plain("controls", Kind::Controls, Control::SHAPE, &[&["cid"]]),
        plain("policies", Kind::Policies, Policy::SHAPE, &[&["uuid"], &["title"]]),
        TableSpec {
            key_in_scope: true,
            ..plain(
                "account_evaluations",
                Kind::AccountEvaluations,
                AccountEvaluation::SHAPE,
                &[&["controlId"]],
            )
        },
        TableSpec {
            key_in_scope: true,
            findings: true,
            control: true,
            ..plain(
                "resource_evaluations",
                Kind::ResourceEvaluations,
                ResourceEvaluation::SHAPE,
                &[&["resourceId", "resourceType", "region"], &["resourceId"]],
            )
        },
        plain(
            "vulnerabilities",
            Kind::Vulnerabilities,
            FoundVulnerability::SHAPE,
            &[
                &["resourceUuid", "qid", "port", "protocol", "firstFound"],
                &["resourceUuid", "qid", "port", "protocol"],
                &["resourceUuid", "qid"],
            ],
        ),
        TableSpec {
            accounts: ACCOUNTS,
            ..plain(
                "remediation_activity",
                Kind::RemediationActivity,
                RemediationActivity::SHAPE,
                &[
                    &["accountId", "controlId", "resourceId", "triggeredOn", "remediationAction"],
                    &["controlId", "resourceId", "triggeredOn"],
                ],
            )
        },
        plain("exceptions", Kind::Exceptions, Exception::SHAPE, &[&["uuid"]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tables_have_names_of_their_own_and_keys_that_exist() {
        let mut names = BTreeSet::new();
        for table in all() {
            assert!(names.insert(table.name.clone()), "{}", table.name);
            for key in table.keys.iter().copied().flatten().chain(table.accounts) {
                let known = table.shape.column(key).is_some();
                assert!(known || table.accounts.contains(key), "{}: {key}", table.name);
            }
            let first = table.keys[0].iter().all(|k| table.shape.column(k).is_some());
            assert!(first, "{}: {:?}", table.name, table.keys);
        }
        assert!(names.contains("aws_ec2_instance") && names.contains("aws_ec2_instance_details"));
    }

    #[test]
    fn an_account_is_said_by_some_column_or_the_scope() {
        for table in all().iter().filter(|t| t.has_account() && !t.key_in_scope) {
            let said = table.accounts.iter().any(|a| table.shape.column(a).is_some());
            assert!(said, "{}", table.name);
        }
    }
}
