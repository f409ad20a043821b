//! The control library: what is checked, how often it fails, and what is written about it.

use super::policies::Policies;
use super::resources::Coll;
use super::rng::{below, chance, draw, mix, named};
use super::text::{self, Object};
use super::{Fields, Size, WorldConfig};
use std::collections::HashMap;
use std::ops::Range;
use totalcloud_api::Provider;

/// One control.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) cid: u32,
    pub(super) provider: Provider,
    pub(super) key: u64,
    pub(super) name: String,
    pub(super) criticality: &'static str,
    pub(super) service: &'static str,
    /// API name of what it looks at; some are of no type of the inventory.
    pub(super) resource_type: &'static str,
    /// The type of the inventory it looks at.
    pub(super) target: Option<u16>,
    setting: &'static str,
    /// How many of a thousand resources fail it.
    fails: u16,
    custom: bool,
    pub(super) remediation: bool,
    /// Policies that name it, by index.
    pub(super) policies: Vec<u16>,
}

/// The control library. Controls of one provider lie together, ordered by id.
#[derive(Debug)]
pub(super) struct Controls {
    pub(super) all: Vec<Control>,
    by_cid: HashMap<u32, u32>,
    of: [Range<u32>; 4],
}

/// What came of a control on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Pass,
    Fail,
    /// It fails, but an exception lets it pass.
    Excepted,
}

impl Outcome {
    pub(super) fn fails(self) -> bool {
        self == Outcome::Fail
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "PASS",
            Outcome::Fail => "FAIL",
            Outcome::Excepted => "PASSE",
        }
    }
}

/// What a check asks of a thing: the sentence, the setting it reads, how bad a failure is.
struct Check(&'static str, &'static str, &'static str);

const CHECKS: &[Check] = &[
    Check("Ensure {} are encrypted at rest", "encryptionAtRest", "HIGH"),
    Check("Ensure {} do not allow public access", "publicAccess", "HIGH"),
    Check("Ensure {} have an owner tag", "ownerTag", "LOW"),
    Check("Ensure logging is enabled for {}", "logging", "MEDIUM"),
    Check("Ensure {} are not open to 0.0.0.0/0", "ingress", "HIGH"),
    Check("Ensure {} use a customer managed key", "keyManager", "MEDIUM"),
    Check("Ensure unused {} are removed", "lastUsed", "LOW"),
    Check("Ensure {} enforce encryption in transit", "transport", "HIGH"),
    Check("Ensure {} follow the naming rules", "naming", "LOW"),
    Check("Ensure backups are kept for {}", "backup", "MEDIUM"),
    Check("Ensure {} have deletion protection", "deletionProtection", "MEDIUM"),
    Check("Ensure least privilege is granted to {}", "privilege", "HIGH"),
    Check("Ensure {} lie in an approved region", "region", "MEDIUM"),
    Check("Ensure monitoring alarms exist for {}", "alarms", "LOW"),
    Check("Ensure {} have no default credentials", "credentials", "HIGH"),
    Check("Ensure multi-factor authentication protects changes to {}", "mfa", "HIGH"),
    Check("Ensure {} run a supported version", "version", "MEDIUM"),
    Check("Ensure {} are private endpoints only", "endpoint", "MEDIUM"),
    Check("Ensure {} rotate their keys", "rotation", "MEDIUM"),
    Check("Ensure {} send diagnostics to a central place", "diagnostics", "LOW"),
    Check("Ensure {} carry the data classification tag", "classificationTag", "LOW"),
    Check("Ensure changes to {} are recorded", "recorder", "MEDIUM"),
    Check("Ensure {} do not expose management ports", "managementPorts", "HIGH"),
    Check("Ensure {} survive the loss of one zone", "zones", "LOW"),
];

/// What is checked once a region of an account, beside the inventory.
const ELSEWHERE: [(&str, &str, &str); 4] = [
    ("IAM_ACCESS_ANALYZER", "IAM", "access analyzers"),
    ("SECURITY_CENTER", "Security Center", "security contacts"),
    ("PROJECT", "IAM", "projects"),
    ("TENANCY", "Identity", "tenancies"),
];

/// Control ids begin where those of the real service do.
const FIRST_CID: [u32; 4] = [1, 50_001, 52_001, 40_001];
const FIRST_CUSTOM_CID: u32 = 100_001;

fn service(type_name: &str, provider: Provider) -> &'static str {
    const WORDS: &[(&str, &str)] = &[
        ("EC2", "EC2"),
        ("EBS", "EC2"),
        ("AUTO", "EC2"),
        ("EKS", "EKS"),
        ("IAM", "IAM"),
        ("RDS", "RDS"),
        ("BUCKET", "S3"),
        ("LAMBDA", "LAMBDA"),
        ("SAGEMAKER", "SAGEMAKER"),
        ("CLOUDFRONT", "CLOUDFRONT"),
        ("SQL", "SQL"),
        ("MYSQL", "DATABASE"),
        ("MARIA", "DATABASE"),
        ("POSTGRE", "DATABASE"),
        ("COSMO", "DATABASE"),
        ("WEB_APP", "APP_SERVICE"),
        ("FUNCTION", "APP_SERVICE"),
        ("STORAGE", "STORAGE_ACCOUNT"),
        ("SECRETS", "KEY_VAULT"),
        ("VIRTUAL_MACHINE", "VIRTUAL_MACHINE"),
        ("RESOURCE_GROUP", "RESOURCE_GROUP"),
        ("VM_", "COMPUTE"),
        ("INSTANCE", "COMPUTE"),
    ];
    let found = WORDS.iter().find(|(word, _)| type_name.starts_with(word)).map(|(_, service)| *service);
    found.unwrap_or(if provider == Provider::Aws { "VPC" } else { "NETWORK" })
}

impl Controls {
    pub(super) fn new(config: &WorldConfig, colls: &mut [Coll], policies: &mut Policies) -> Controls {
        let total = config.size.controls();
        let mut all = Vec::with_capacity(total as usize);
        let mut of = [0..0, 0..0, 0..0, 0..0];
        for provider in Provider::ALL {
            let first = all.len() as u32;
            let share = [45, 31, 15, 9][provider as usize];
            let kinds: Vec<Option<u16>> = colls
                .iter()
                .filter(|c| c.ty.provider == provider)
                .map(|c| Some(c.index))
                .chain([None])
                .collect();
            // The checks of a type must differ from each other.
            let count = (total * share / 100).min((kinds.len() * CHECKS.len() * 4) as u32);
            for at in 0..count as usize {
                // Machines are checked most, as in real libraries.
                let kind = kinds[(at * 7 + at / kinds.len()) % kinds.len()];
                let kind = if at % 5 == 4 { machine(colls, provider) } else { kind };
                all.push(control(config, provider, at as u32, count, kind, colls, &all[first as usize..]));
            }
            of[provider as usize] = first..all.len() as u32;
        }
        for (index, control) in all.iter_mut().enumerate() {
            if let Some(target) = control.target {
                let coll = &mut colls[usize::from(target)];
                coll.controls.push(index as u32);
                coll.checks.push((control.key, control.fails.into()));
            }
            control.policies = policies.join(control.provider, control.cid, control.key, control.custom);
        }
        let by_cid = all.iter().enumerate().map(|(index, c)| (c.cid, index as u32)).collect();
        Controls { all, by_cid, of }
    }

    pub(super) fn find(&self, cid: u64) -> Option<u32> {
        self.by_cid.get(&u32::try_from(cid).ok()?).copied()
    }

    pub(super) fn of(&self, provider: Provider) -> Range<u32> {
        self.of[provider as usize].clone()
    }

    /// What comes of a control on the resource of this key, after its evaluations turned over in some epochs.
    #[inline]
    pub(super) fn outcome(&self, control: u32, key: u64, turns: &[u32]) -> Outcome {
        let control = &self.all[control as usize];
        outcome(key, control.key, control.fails.into(), turns)
    }

    /// The epochs in which this very pair turned over.
    pub(super) fn turns(&self, control: u32, key: u64, turns: &[u32]) -> Vec<u32> {
        let hash = draw(key, self.all[control as usize].key);
        turns.iter().copied().filter(|e| turned(hash, *e)).collect()
    }
}

/// What comes of the control of a key and a share of failures.
#[inline]
pub(super) fn outcome(key: u64, control: u64, share: u64, turns: &[u32]) -> Outcome {
    let hash = draw(key, control);
    let mut fails = chance(hash, share);
    for epoch in turns {
        fails ^= turned(hash, *epoch);
    }
    match (fails, hash & 0xFF) {
        (false, _) => Outcome::Pass,
        (true, 0..20) => Outcome::Excepted,
        (true, _) => Outcome::Fail,
    }
}

/// When evaluations of a resource turn over, one control in three does.
fn turned(hash: u64, epoch: u32) -> bool {
    below(draw(hash, epoch.into()), 3) == 0
}

fn machine(colls: &[Coll], provider: Provider) -> Option<u16> {
    let name = match provider {
        Provider::Aws => "EC2_INSTANCE",
        Provider::Azure => "VIRTUAL_MACHINE",
        Provider::Gcp => "VM_INSTANCE",
        Provider::Oci => "INSTANCE",
    };
    colls.iter().find(|c| c.ty.provider == provider && c.ty.name == name).map(|c| c.index)
}

fn control(
    config: &WorldConfig,
    provider: Provider,
    at: u32,
    count: u32,
    kind: Option<u16>,
    colls: &[Coll],
    before: &[Control],
) -> Control {
    let coll = kind.map(|k| &colls[usize::from(k)]);
    let (resource_type, service, things) = match coll {
        Some(coll) => (coll.ty.name, service(coll.ty.name, provider), plural(coll.ty.title)),
        None => {
            let (name, service, things) = ELSEWHERE[provider as usize];
            (name, service, things.to_owned())
        }
    };
    // The n-th check of a type is the n-th of the list; after its end come stricter ones.
    let turn = before.iter().filter(|c| c.target == kind).count();
    let Check(sentence, setting, criticality) =
        CHECKS[(turn + kind.map_or(0, usize::from) * 5) % CHECKS.len()];
    let mut name = sentence.replace("{}", &things);
    if turn >= CHECKS.len() {
        name.push_str(&format!(" (level {})", turn / CHECKS.len() + 1));
    }
    // The last few of a provider were made by the customer.
    let custom = config.size != Size::Tiny && at + 1 + count / 40 >= count && count >= 20;
    let cid = if custom {
        FIRST_CUSTOM_CID + provider as u32 * 1_000 + at
    } else {
        FIRST_CID[provider as usize] + at
    };
    let key = mix(config.seed ^ named("control") ^ u64::from(cid));
    let fails = match below(draw(key, 1), 10) {
        0 | 1 => 0,
        2..=6 => 20 + below(draw(key, 2), 120),
        _ => 150 + below(draw(key, 2), 350),
    } as u16;
    Control {
        cid,
        provider,
        key,
        name,
        criticality,
        service,
        resource_type,
        target: kind,
        setting,
        fails,
        custom,
        remediation: chance(draw(key, 3), 250),
        policies: Vec::new(),
    }
}

fn plural(title: &str) -> String {
    match title.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if title.ends_with(['s', 'x']) => title.to_owned(),
        _ => format!("{title}s"),
    }
}

impl Control {
    /// The name of the workflow behind a control made of one; no row shows it, filters find it.
    pub(super) fn workflow(&self) -> Option<String> {
        (self.custom && self.key & 1 == 0).then(|| format!("{} workflow {}", self.service, self.cid))
    }

    pub(super) fn workflow_id(&self) -> Option<String> {
        self.workflow().map(|_| format!("{:016x}", mix(self.key)))
    }

    pub(super) fn write(&self, fields: Fields, now: i64, policies: &Policies, out: &mut Vec<u8>) {
        let created = now - 86_400 * (400 + below(draw(self.key, 4), 1_500) as i64);
        let modified = created + below(draw(self.key, 5), (now - created) as u64) as i64;
        let mut row = Object::new(out);
        row.int("cid", self.cid.into()).text("controlName", &self.name);
        row.iso("created", Some(created)).iso("modified", Some(modified));
        row.text("controlType", if self.custom { "User Defined" } else { "System Defined" });
        row.text("provider", self.provider.upper()).bool("isCustomizable", chance(draw(self.key, 6), 300));
        row.text("serviceType", self.service).text("criticality", self.criticality);
        {
            let mut evaluation = Object::new(row.key("evaluation"));
            evaluation.format(
                "description",
                format_args!(
                    "<p>Looks at the setting <code>{}</code> of every {}.</p>",
                    self.setting, self.resource_type
                ),
            );
            evaluation.format("passMessage", format_args!("{} is as it should be", self.setting));
            evaluation.format("failMessage", format_args!("{} is not as it should be", self.setting));
            evaluation.list("criteria", [self.setting]).end();
        }
        row.format("specification", format_args!("<p>{}.</p>", self.name));
        row.format(
            "rationale",
            format_args!(
                "<p>A wrong <b>{}</b> widens what an attacker can reach in {}.</p>",
                self.setting, self.service
            ),
        );
        row.format(
            "manualRemediation",
            format_args!(
                "<ol><li>Sign in to the console of {}.</li><li>Open {}.</li><li>Correct <code>{}</code>.</li></ol>",
                self.provider.upper(),
                self.service,
                self.setting
            ),
        );
        row.format(
            "references",
            format_args!("<a href=\"https://docs.example.com/controls/{0}\">Control {0}</a>", self.cid),
        );
        let build_time = chance(draw(self.key, 7), 400);
        match build_time {
            true => {
                row.format("buildTimeRemediation", format_args!("<pre>{} = \"required\"</pre>", self.setting))
            }
            false => row.raw("buildTimeRemediation", "null"),
        };
        row.text("resourceType", self.resource_type).bool("remediationEnabled", self.remediation);
        row.list("policyNames", self.policies.iter().map(|p| policies.title(*p)));
        row.text("executionType", if build_time { "BUILD_TIME" } else { "RUN_TIME" });
        row.bool("workflowBased", self.workflow().is_some());
        row.list(
            "templateType",
            if build_time { &["Terraform", "CloudFormation"][..] } else { &[] }.iter().copied(),
        );
        if fields == Fields::Current {
            row.format("expectedResults", format_args!("{} is set", self.setting));
        }
        row.end();
    }

    /// Appends what an evaluation looked at.
    pub(super) fn write_evidences(&self, outcome: Outcome, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut evidence = Object::new(out);
        evidence.text("settingName", self.setting);
        evidence.text("actualValue", if outcome == Outcome::Pass { "as required" } else { "not set" }).end();
        out.push(b']');
    }

    /// Appends the names of its policies as a JSON list.
    pub(super) fn write_policy_names(&self, policies: &Policies, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, policy) in self.policies.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            text::string(out, policies.title(*policy));
        }
        out.push(b']');
    }
}
