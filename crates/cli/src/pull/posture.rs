//! The posture of a subscription, made from the rows of a pull as they pass by.

use super::plan::{ACCOUNT_EVALUATIONS, CONNECTORS};
use super::rows::PulledAccountEvaluation;
use serde_json::Value;
use std::collections::BTreeMap;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::model::{Extra, from_slice};
use totalcloud_api::resources::{
    self, AwsEc2Instance, AzureVirtualMachine, GcpVmInstance, OciInstance, VulnerabilityStats,
};

/// How much a control matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criticality {
    /// `HIGH`
    High,
    /// `MEDIUM`
    Medium,
    /// `LOW`, and words that are not known.
    Low,
}

impl Criticality {
    /// From the one that matters most.
    pub const ALL: [Criticality; 3] = [Criticality::High, Criticality::Medium, Criticality::Low];

    fn read(word: Option<&str>) -> Criticality {
        match word.unwrap_or_default().to_ascii_uppercase().as_str() {
            "HIGH" | "CRITICAL" | "URGENT" => Criticality::High,
            "MEDIUM" => Criticality::Medium,
            _ => Criticality::Low,
        }
    }

    /// The word of the service.
    pub const fn as_str(self) -> &'static str {
        match self {
            Criticality::High => "HIGH",
            Criticality::Medium => "MEDIUM",
            Criticality::Low => "LOW",
        }
    }
}

/// Results of controls, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Results {
    /// Controls that pass, by an exception or without.
    pub passed: u64,
    /// Controls that fail.
    pub failed: u64,
    /// Controls that were not evaluated.
    pub open: u64,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// What its connector calls it.
    pub name: Option<String>,
    /// Failed controls by criticality, most important first.
    pub failed: [u64; 3],
    /// Resources that fail a control, counted once a control.
    pub failed_resources: u64,
}

/// A control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failing {
    /// What it checks.
    pub name: String,
    /// How much it matters: index into [`Criticality::ALL`].
    pub criticality: usize,
    /// Accounts where it fails.
    pub accounts: u64,
    /// Resources that fail it.
    pub resources: u64,
}

/// An instance that can be reached and has severe vulnerabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposed {
    /// Vulnerabilities of severity 5 and 4.
    pub severe: [u64; 2],
    /// The cloud.
    pub provider: String,
    /// Its id or name.
    pub name: String,
    /// Its public address.
    pub address: String,
    /// Its region.
    pub region: String,
}

/// A connector that does not work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// The cloud.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub error: String,
}

/// What the rows say.
#[derive(Debug, Clone, Default)]
pub struct Posture {
    /// Accounts by cloud and id.
    pub accounts: BTreeMap<(String, String), Account>,
    /// Rows by table of resources.
    pub resources: BTreeMap<String, u64>,
    /// Results by criticality, most important first.
    pub results: [Results; 3],
    /// Failing controls by cloud and id.
    pub controls: BTreeMap<(String, String), Failing>,
    /// Instances with a public address.
    pub reachable: u64,
    /// Those of them with severe vulnerabilities.
    pub exposed: Vec<Exposed>,
    /// Connectors that do not work.
    pub broken: Vec<Broken>,
}

impl Posture {
    /// Takes note of a row. One that cannot be read is counted where it is counted and says nothing else.
    pub fn row(&mut self, table: &str, row: &[u8]) {
        match table {
            CONNECTORS => {
                if let Ok(row) = from_slice(row) {
                    self.connector(&row);
                }
            }
            ACCOUNT_EVALUATIONS => {
                if let Ok(row) = from_slice(row) {
                    self.evaluation(&row);
                }
            }
            _ => {
                if resources::all().any(|t| t.table() == table) {
                    *self.resources.entry(table.to_owned()).or_default() += 1;
                    self.instance(table, row);
                }
            }
        }
    }

    fn connector(&mut self, row: &Connector) {
        let provider = row.provider.as_deref().unwrap_or_default().to_lowercase();
        if let Some(account) = row.account() {
            let account = self.accounts.entry((provider.clone(), account.to_owned())).or_default();
            let name = row.account_alias.as_ref().or(row.subscription_name.as_ref()).or(row.name.as_ref());
            account.name = account.name.take().or_else(|| name.cloned());
        }
        let error = row.error.as_deref().map(str::trim).filter(|e| !e.is_empty());
        if error.is_some() || row.state.as_deref() == Some("ERROR") {
            self.broken.push(Broken {
                provider,
                name: row.name.clone().or_else(|| row.connector_id.clone()).unwrap_or_default(),
                error: error.unwrap_or("the service gives no reason").to_owned(),
            });
        }
    }

    fn evaluation(&mut self, row: &PulledAccountEvaluation) {
        let provider = row.provider.clone().unwrap_or_default();
        let criticality = Criticality::read(row.criticality.as_deref()) as usize;
        let results = &mut self.results[criticality];
        let result = row.result.as_deref().unwrap_or_default();
        let key = (provider.clone(), row.account.clone().unwrap_or_default());
        let account = self.accounts.entry(key).or_default();
        if result.starts_with("PASS") {
            results.passed += 1;
        } else if result == "FAIL" {
            let resources = row.failed_resources.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
            results.failed += 1;
            account.failed[criticality] += 1;
            account.failed_resources += resources;
            let control =
                self.controls.entry((provider, row.control_id.clone().unwrap_or_default())).or_default();
            control.name = row.control_name.clone().unwrap_or_default();
            control.criticality = criticality;
            control.accounts += 1;
            control.resources += resources;
        } else {
            results.open += 1;
        }
    }

    fn instance(&mut self, table: &str, row: &[u8]) {
        let seen = match table {
            "aws_ec2_instance" => from_slice::<AwsEc2Instance>(row).ok().and_then(|r| {
                let address = r.public_ip_address.clone();
                seen(
                    Provider::Aws,
                    address,
                    r.vulnerability_stats.clone(),
                    [&r.name, &r.resource_id],
                    &r.region,
                )
            }),
            "azure_virtual_machine" => from_slice::<AzureVirtualMachine>(row).ok().and_then(|r| {
                let address = r.primary_public_ip_address.clone();
                seen(
                    Provider::Azure,
                    address,
                    r.vulnerability_stats.clone(),
                    [&r.name, &r.resource_id],
                    &r.region,
                )
            }),
            "gcp_vm_instance" => from_slice::<GcpVmInstance>(row).ok().and_then(|r| {
                let stats = stats_in(&r.extra);
                seen(
                    Provider::Gcp,
                    r.external_ip_address.clone(),
                    stats,
                    [&r.name, &r.resource_id],
                    &r.region,
                )
            }),
            "oci_instance" => from_slice::<OciInstance>(row).ok().and_then(|r| {
                let address = r.vnic_dto.iter().flatten().find_map(|v| v.public_ip.clone());
                seen(Provider::Oci, address, stats_in(&r.extra), [&r.name, &r.resource_id], &r.region)
            }),
            _ => None,
        };
        let Some(seen) = seen else { return };
        self.reachable += 1;
        if seen.severe != [0, 0] {
            self.exposed.push(seen);
        }
    }
}

fn stats_in(extra: &Extra) -> Option<VulnerabilityStats> {
    extra.get("vulnerabilityStats").and_then(|v: &Value| serde_json::from_value(v.clone()).ok())
}

fn seen(
    provider: Provider,
    address: Option<String>,
    stats: Option<VulnerabilityStats>,
    names: [&Option<String>; 2],
    region: &Option<String>,
) -> Option<Exposed> {
    let address = address.filter(|a| !a.trim().is_empty() && a.parse::<std::net::IpAddr>().is_ok())?;
    let severity = stats.and_then(|s| s.severity);
    let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let severe = severity.map_or([0, 0], |s| [count(s.severity_5), count(s.severity_4)]);
    let name = names.into_iter().flatten().find(|n| !n.is_empty()).cloned().unwrap_or_default();
    let region = region.clone().unwrap_or_default();
    Some(Exposed { severe, provider: provider.to_string(), name, address, region })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn posture(rows: &[(&str, Value)]) -> Posture {
        let mut posture = Posture::default();
        for (table, row) in rows {
            posture.row(table, row.to_string().as_bytes());
        }
        posture
    }

    #[test]
    fn failures_are_counted_by_criticality_control_and_account() {
        let row = |account: &str, control: &str, criticality: &str, result: &str, failed: u64| {
            let row = json!({"controlId": control, "controlName": "c", "criticality": criticality, "result": result,
                "failedResources": failed, "_provider": "aws", "_account": account});
            (ACCOUNT_EVALUATIONS, row)
        };
        let p = posture(&[
            row("1", "7", "HIGH", "FAIL", 4),
            row("2", "7", "HIGH", "FAIL", 1),
            row("1", "8", "LOW", "PASS", 0),
            row("1", "9", "MEDIUM", "NOT_EVALUATED", 0),
            (CONNECTORS, json!({"name": "prod", "awsAccountId": "1", "provider": "AWS", "state": "SUCCESS"})),
        ]);
        assert_eq!(p.results[0], Results { passed: 0, failed: 2, open: 0 });
        assert_eq!(p.results[1], Results { passed: 0, failed: 0, open: 1 });
        assert_eq!(p.results[2], Results { passed: 1, failed: 0, open: 0 });
        let control = &p.controls[&("aws".to_owned(), "7".to_owned())];
        assert_eq!((control.accounts, control.resources), (2, 5));
        let account = &p.accounts[&("aws".to_owned(), "1".to_owned())];
        assert_eq!(
            (account.name.as_deref(), account.failed, account.failed_resources),
            (Some("prod"), [1, 0, 0], 4)
        );
    }

    #[test]
    fn instances_that_can_be_reached_are_told_by_cloud() {
        let stats = json!({"severity": {"5": 2, "4": 1, "3": 9}});
        let p = posture(&[
            (
                "aws_ec2_instance",
                json!({"resourceId": "i-1", "publicIpAddress": "192.0.2.1", "vulnerabilityStats": stats}),
            ),
            (
                "aws_ec2_instance",
                json!({"resourceId": "i-2", "publicIpAddress": "", "vulnerabilityStats": stats}),
            ),
            ("azure_virtual_machine", json!({"name": "vm", "primaryPublicIPAddress": "192.0.2.2"})),
            (
                "gcp_vm_instance",
                json!({"name": "g", "externalIpAddress": "192.0.2.3", "vulnerabilityStats": stats}),
            ),
            (
                "oci_instance",
                json!({"name": "o", "vnicDto": {"publicIp": "192.0.2.4"}, "vulnerabilityStats": stats}),
            ),
            ("aws_ec2_instance", json!("no object")),
        ]);
        assert_eq!(p.reachable, 4);
        let names: Vec<&str> = p.exposed.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["i-1", "g", "o"]);
        assert_eq!(p.exposed[0].severe, [2, 1]);
        assert_eq!(p.resources["aws_ec2_instance"], 3);
    }

    #[test]
    fn connectors_that_do_not_work_are_told() {
        let p = posture(&[
            (CONNECTORS, json!({"name": "a", "provider": "AZURE", "state": "ERROR", "error": "no role"})),
            (CONNECTORS, json!({"name": "b", "provider": "AWS", "state": "SUCCESS", "error": null})),
        ]);
        let broken = Broken { provider: "azure".into(), name: "a".into(), error: "no role".into() };
        assert_eq!(p.broken, [broken]);
    }
}
