//! The checks of the simulator. They look at what a template says and at nothing else; numbers and names are
//! invented, what they look for is what such checks look for everywhere.

use super::template::{Resource, each};
use serde_json::Value;

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Criticality {
    High,
    Medium,
    Low,
}

impl Criticality {
    pub(super) fn word(self) -> &'static str {
        match self {
            Criticality::High => "HIGH",
            Criticality::Medium => "MEDIUM",
            Criticality::Low => "LOW",
        }
    }
}

/// Types of resources, and whether one of them passes.
type Ask = (&'static [&'static str], fn(&Value) -> bool);

/// One check.
pub(super) struct Check {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) criticality: Criticality,
    pub(super) remediation: &'static str,
    asks: &'static [Ask],
}

impl Check {
    /// Whether a resource passes; `None` if it is not asked.
    pub(super) fn passes(&self, resource: &Resource) -> Option<bool> {
        let (_, ask) = self.asks.iter().find(|(kinds, _)| kinds.contains(&resource.kind.as_str()))?;
        Some(ask(&resource.body))
    }
}

const PODS: &[&str] = &["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"];

use Criticality::{High, Low, Medium};

/// All of them.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "52001",
        name: "Ensure that S3 buckets are not open to everyone",
        criticality: High,
        remediation: "Set the access control of the bucket to private and grant access by a bucket policy.",
        asks: &[
            (&["aws_s3_bucket", "aws_s3_bucket_acl"], |b| !is_public(&b["acl"])),
            (&["AWS::S3::Bucket"], |b| !is_public(&b["AccessControl"])),
        ],
    },
    Check {
        id: "52002",
        name: "Ensure that EBS volumes are encrypted",
        criticality: Medium,
        remediation: "Turn on encryption of the volume.",
        asks: &[
            (&["aws_ebs_volume"], |b| is_true(&b["encrypted"])),
            (&["AWS::EC2::Volume"], |b| is_true(&b["Encrypted"])),
        ],
    },
    Check {
        id: "52003",
        name: "Ensure that no security group lets everyone in to port 22",
        criticality: High,
        remediation: "Restrict the source of the rule to known networks, or remove the rule.",
        asks: &[
            (&["aws_security_group"], |b| {
                !each(&b["ingress"])
                    .iter()
                    .any(|r| opens(r, ["from_port", "to_port"], &["cidr_blocks", "ipv6_cidr_blocks"]))
            }),
            (&["aws_security_group_rule"], |b| {
                b["type"] == "egress" || !opens(b, ["from_port", "to_port"], &["cidr_blocks"])
            }),
            (&["AWS::EC2::SecurityGroup"], |b| {
                let rules = each(&b["SecurityGroupIngress"]);
                !rules.iter().any(|r| opens(r, ["FromPort", "ToPort"], &["CidrIp", "CidrIpv6"]))
            }),
        ],
    },
    Check {
        id: "52004",
        name: "Ensure that IAM policies do not allow all actions",
        criticality: High,
        remediation: "Name the actions that are needed in place of the wildcard.",
        asks: &[
            (&["aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy"], |b| {
                !allows_all(&b["policy"])
            }),
            (&["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"], |b| !allows_all(&b["PolicyDocument"])),
        ],
    },
    Check {
        id: "52005",
        name: "Ensure that RDS instances are encrypted",
        criticality: Medium,
        remediation: "Turn on encryption of the storage of the instance.",
        asks: &[
            (&["aws_db_instance"], |b| is_true(&b["storage_encrypted"])),
            (&["AWS::RDS::DBInstance"], |b| is_true(&b["StorageEncrypted"])),
        ],
    },
    Check {
        id: "52006",
        name: "Ensure that RDS instances are not reachable from the internet",
        criticality: High,
        remediation: "Set the instance to be not publicly accessible.",
        asks: &[
            (&["aws_db_instance"], |b| !says_true(&b["publicly_accessible"])),
            (&["AWS::RDS::DBInstance"], |b| !says_true(&b["PubliclyAccessible"])),
        ],
    },
    Check {
        id: "52007",
        name: "Ensure that S3 buckets keep versions",
        criticality: Low,
        remediation: "Turn on versioning of the bucket.",
        asks: &[
            (&["aws_s3_bucket"], |b| each(&b["versioning"]).iter().any(|v| is_true(&v["enabled"]))),
            (&["AWS::S3::Bucket"], |b| b["VersioningConfiguration"]["Status"] == "Enabled"),
        ],
    },
    Check {
        id: "52008",
        name: "Ensure that keys of KMS are rotated",
        criticality: Medium,
        remediation: "Turn on the yearly rotation of the key.",
        asks: &[
            (&["aws_kms_key"], |b| is_true(&b["enable_key_rotation"])),
            (&["AWS::KMS::Key"], |b| is_true(&b["EnableKeyRotation"])),
        ],
    },
    Check {
        id: "52101",
        name: "Ensure that storage accounts are reached by HTTPS only",
        criticality: High,
        remediation: "Require secure transfer for the storage account.",
        asks: &[
            (&["azurerm_storage_account"], |b| {
                // It is on unless it is turned off, under either of its names.
                !["https_traffic_only_enabled", "enable_https_traffic_only"]
                    .iter()
                    .any(|n| says_false(&b[*n]))
            }),
            (&["Microsoft.Storage/storageAccounts"], |b| is_true(&b["supportsHttpsTrafficOnly"])),
        ],
    },
    Check {
        id: "52102",
        name: "Ensure that no network security rule lets everyone in to port 22",
        criticality: High,
        remediation: "Restrict the source of the rule to known networks, or remove the rule.",
        asks: &[
            (&["azurerm_network_security_rule"], |b| {
                !lets_in(b, "source_address_prefix", "destination_port_range")
            }),
            (&["Microsoft.Network/networkSecurityGroups/securityRules"], |b| {
                !lets_in(b, "sourceAddressPrefix", "destinationPortRange")
            }),
        ],
    },
    Check {
        id: "52201",
        name: "Ensure that buckets of Cloud Storage have uniform access",
        criticality: Low,
        remediation: "Turn on uniform access at the level of the bucket.",
        asks: &[(&["google_storage_bucket"], |b| is_true(&b["uniform_bucket_level_access"]))],
    },
    Check {
        id: "52202",
        name: "Ensure that no firewall rule lets everyone in to port 22",
        criticality: High,
        remediation: "Restrict the source of the rule to known networks, or remove the rule.",
        asks: &[(&["google_compute_firewall"], |b| {
            let open = each(&b["source_ranges"]).iter().any(is_everyone);
            let mut ports = each(&b["allow"]).iter().flat_map(|a| each(&a["ports"]));
            !(open && ports.any(|p| holds(p, 22)))
        })],
    },
    Check {
        id: "52301",
        name: "Ensure that containers are not privileged",
        criticality: High,
        remediation: "Remove privileged from the security context of the container.",
        asks: &[(PODS, |b| !containers(b).any(|c| is_true(&c["securityContext"]["privileged"])))],
    },
    Check {
        id: "52302",
        name: "Ensure that containers do not run as root",
        criticality: Medium,
        remediation: "Set runAsNonRoot in the security context of the pod or of each container.",
        asks: &[(PODS, |b| {
            is_true(&b["securityContext"]["runAsNonRoot"])
                || containers(b).all(|c| is_true(&c["securityContext"]["runAsNonRoot"]))
        })],
    },
    Check {
        id: "52303",
        name: "Ensure that images have a fixed tag",
        criticality: Low,
        remediation: "Name the tag or the digest of the image.",
        asks: &[(PODS, |b| {
            let fixed = |image: &str| {
                let last = image.rsplit('/').next().unwrap_or(image);
                image.contains('@') || last.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest")
            };
            containers(b).all(|c| c["image"].as_str().is_none_or(fixed))
        })],
    },
];

/// What is said to be true; what is left to a variable may be.
fn is_true(value: &Value) -> bool {
    says_true(value) || is_open(value)
}

fn says_true(value: &Value) -> bool {
    value == true || value.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true"))
}

fn says_false(value: &Value) -> bool {
    value == false || value.as_str().is_some_and(|t| t.eq_ignore_ascii_case("false"))
}

/// Whether it is known only when the template is used.
fn is_open(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("${") || text.starts_with("[parameters("),
        Value::Object(fields) => fields.keys().any(|k| k == "Ref" || k.starts_with("Fn::")),
        _ => false,
    }
}

fn is_public(acl: &Value) -> bool {
    acl.as_str().is_some_and(|t| t.to_ascii_lowercase().replace('-', "").starts_with("publicread"))
}

fn is_everyone(source: &Value) -> bool {
    source.as_str().is_some_and(|s| matches!(s, "0.0.0.0/0" | "::/0" | "*" | "Internet" | "Any"))
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Whether a rule opens port 22 to everyone.
fn opens(rule: &Value, ports: [&str; 2], sources: &[&str]) -> bool {
    let [from, to] = ports.map(|name| number(&rule[name]));
    let all = from == Some(-1) || (from == Some(0) && to == Some(0)) || (from.is_none() && to.is_none());
    let ssh = all || from.is_some_and(|f| f <= 22) && to.is_some_and(|t| t >= 22);
    ssh && sources.iter().any(|name| each(&rule[*name]).iter().any(is_everyone))
}

/// Whether a text such as `22`, `20-30` or `*` holds a port.
fn holds(ports: &Value, port: i64) -> bool {
    let Some(text) = ports.as_str() else { return ports.as_i64() == Some(port) };
    match text.split_once('-') {
        _ if text == "*" => true,
        Some((from, to)) => match (from.trim().parse::<i64>(), to.trim().parse::<i64>()) {
            (Ok(from), Ok(to)) => (from..=to).contains(&port),
            _ => false,
        },
        None => text.trim().parse() == Ok(port),
    }
}

fn lets_in(rule: &Value, source: &str, ports: &str) -> bool {
    let says = |name: &str, word: &str| rule[name].as_str().is_some_and(|t| t.eq_ignore_ascii_case(word));
    says("direction", "inbound")
        && says("access", "allow")
        && is_everyone(&rule[source])
        && holds(&rule[ports], 22)
}

/// Whether a policy, as an object or as text, allows every action.
fn allows_all(policy: &Value) -> bool {
    let text = match policy {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\\').collect();
    ["Action:*", "Action=*", "Action:[*]", "Action=[*]"].iter().any(|wild| {
        plain.match_indices(wild).any(|(at, _)| {
            // `Action=*` in front of more is something else, such as `Action=*:Get`.
            !plain[at + wild.len()..].starts_with(':') && !plain[..at].ends_with("Not")
        })
    })
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers"].into_iter().flat_map(|name| each(&pod[name]))
}

#[cfg(test)]
mod tests {
    use super::super::template::Language;
    use super::*;
    use serde_json::json;

    fn passes(id: &str, kind: &str, body: Value) -> Option<bool> {
        let resource = Resource {
            language: Language::Terraform,
            kind: kind.to_owned(),
            address: String::new(),
            body,
            line: 1,
        };
        CHECKS.iter().find(|c| c.id == id).unwrap().passes(&resource)
    }

    #[test]
    fn each_check_tells_good_from_bad() {
        let rule = |ports: [i64; 2], source: &str| json!({"ingress": {"from_port": ports[0], "to_port": ports[1], "cidr_blocks": [source]}});
        let azure = |source: &str| json!({"direction": "Inbound", "access": "Allow", "source_address_prefix": source, "destination_port_range": "20-30"});
        let fire = |source: &str| json!({"source_ranges": [source], "allow": [{"protocol": "tcp", "ports": ["80", "22"]}]});
        let pod = |context: Value| json!({"containers": [{"image": "x:1", "securityContext": context}]});
        for (id, kind, good, bad) in [
            ("52001", "aws_s3_bucket", json!({"acl": "private"}), json!({"acl": "public-read"})),
            ("52001", "AWS::S3::Bucket", json!({}), json!({"AccessControl": "PublicReadWrite"})),
            ("52002", "aws_ebs_volume", json!({"encrypted": true}), json!({})),
            ("52002", "AWS::EC2::Volume", json!({"Encrypted": {"Ref": "E"}}), json!({"Encrypted": "false"})),
            ("52003", "aws_security_group", rule([22, 22], "10.0.0.0/8"), rule([22, 22], "0.0.0.0/0")),
            ("52003", "aws_security_group", rule([443, 443], "0.0.0.0/0"), rule([0, 0], "0.0.0.0/0")),
            (
                "52003",
                "AWS::EC2::SecurityGroup",
                json!({}),
                json!({"SecurityGroupIngress": [{"FromPort": 0, "ToPort": "65535", "CidrIpv6": "::/0"}]}),
            ),
            (
                "52004",
                "aws_iam_policy",
                json!({"policy": "${jsonencode({ Action = [\"s3:*\"] })}"}),
                json!({"policy": "${jsonencode({ Action = \"*\" })}"}),
            ),
            (
                "52004",
                "AWS::IAM::Policy",
                json!({"PolicyDocument": {"Statement": [{"NotAction": "*"}]}}),
                json!({"PolicyDocument": {"Statement": [{"Action": ["*"]}]}}),
            ),
            (
                "52005",
                "aws_db_instance",
                json!({"storage_encrypted": true}),
                json!({"storage_encrypted": false}),
            ),
            ("52006", "aws_db_instance", json!({}), json!({"publicly_accessible": true})),
            ("52007", "aws_s3_bucket", json!({"versioning": {"enabled": true}}), json!({})),
            ("52008", "aws_kms_key", json!({"enable_key_rotation": "${var.rotate}"}), json!({})),
            ("52101", "azurerm_storage_account", json!({}), json!({"enable_https_traffic_only": false})),
            ("52102", "azurerm_network_security_rule", azure("10.0.0.0/8"), azure("*")),
            ("52201", "google_storage_bucket", json!({"uniform_bucket_level_access": true}), json!({})),
            ("52202", "google_compute_firewall", fire("10.0.0.0/8"), fire("0.0.0.0/0")),
            ("52301", "Deployment", pod(json!({})), pod(json!({"privileged": true}))),
            ("52302", "Pod", pod(json!({"runAsNonRoot": true})), pod(json!({}))),
            ("52303", "Job", pod(json!({})), json!({"containers": [{"image": "host:5000/x"}]})),
        ] {
            assert_eq!(passes(id, kind, good), Some(true), "{id} {kind}");
            assert_eq!(passes(id, kind, bad), Some(false), "{id} {kind}");
        }
        assert_eq!(passes("52001", "aws_instance", json!({})), None);
    }

    #[test]
    fn numbers_are_distinct_and_rise() {
        assert!(CHECKS.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
