//! What to fetch, as data. Nothing here makes a call.
//!
//! Connectors come first: they say which clouds there are and which accounts. OCI has none, so that its
//! instances say both. Everything else follows from these.

use super::choice::{Choice, Depth, Family, Piece};
use super::rows::{PulledAccountEvaluation, PulledResourceEvaluation};
use std::collections::BTreeMap;
use totalcloud_api::endpoints::connectors::{Connector, ListConnectors};
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::endpoints::evaluations::ListResourceEvaluations;
use totalcloud_api::endpoints::exceptions::Exception;
use totalcloud_api::endpoints::policies::Policy;
use totalcloud_api::endpoints::remediation::{ListRemediation, RemediationActivity};
use totalcloud_api::model::{Flag, Model, Shape};
use totalcloud_api::operation::Endpoint;
use totalcloud_api::{Provider, ResourceType, resources};

/// The name of the table of connectors.
pub const CONNECTORS: &str = "connectors";
/// The name of the table of controls.
pub const CONTROLS: &str = "controls";
/// The name of the table of policies.
pub const POLICIES: &str = "policies";
/// The name of the table of exceptions.
pub const EXCEPTIONS: &str = "exceptions";
/// The name of the table of what was remediated.
pub const REMEDIATION_ACTIVITY: &str = "remediation_activity";
/// The name of the table of account evaluations.
pub const ACCOUNT_EVALUATIONS: &str = "account_evaluations";
/// The name of the table of resource evaluations.
pub const RESOURCE_EVALUATIONS: &str = "resource_evaluations";

/// How the connectors of a cloud are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup {
    /// The cloud.
    pub provider: Provider,
    /// All of them; otherwise one, which tells whether there are any.
    pub all: bool,
    /// Whether they are a table themselves.
    pub keep: bool,
}

/// The look-ups that the choice needs.
pub fn lookups(choice: &Choice) -> Vec<Lookup> {
    ListConnectors::OPERATION
        .providers
        .iter()
        .filter_map(|p| {
            let wants = |family| choice.wants_some(family, Some(*p));
            let keep = wants(Family::Connectors);
            let all = keep || wants(Family::AccountEvaluations) || wants(Family::ResourceEvaluations);
            let any = all
                || wants(Family::Inventory)
                || wants(Family::Details)
                || wants(Family::RemediationActivity);
            any.then_some(Lookup { provider: *p, all, keep })
        })
        .collect()
}

/// What is known of a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It has no connectors.
    Absent,
    /// It has connectors, of these accounts.
    Present {
        /// The accounts, each once.
        accounts: Vec<String>,
        /// Why there may be more of them, where not all connectors came.
        missing: Option<String>,
    },
    /// The connectors could not be read.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// A table that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, which is that of its file.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Its cloud, if it is of one.
    pub provider: Option<Provider>,
    /// Its columns.
    pub shape: &'static Shape,
    /// Whether it becomes a file. Some tables are read only because another needs what is in them.
    pub keep: bool,
    /// What it is made of, in this order.
    pub parts: Vec<Part>,
}

/// A part of a table: mostly one listing.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// The control library.
    Controls,
    /// The policies.
    Policies,
    /// The exceptions.
    Exceptions,
    /// What was remediated in a cloud.
    Remediation(Provider),
    /// The results of all controls in one account.
    Account {
        /// The cloud.
        provider: Provider,
        /// The account.
        account: String,
    },
    /// The same for every tenancy of OCI. Which there are is known when the instances of OCI are read.
    Tenancies,
    /// The resources of one type.
    Resources(&'static ResourceType),
    /// The results of one control for each resource of an account.
    Control(Pair),
    /// One resource with its details.
    Detail {
        /// The type.
        of: &'static ResourceType,
        /// The `uuid` of the resource.
        uuid: String,
    },
    /// Something that cannot be asked for.
    Unavailable {
        /// Why.
        reason: String,
    },
}

/// A control that was evaluated in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The cloud.
    pub provider: Provider,
    /// The account.
    pub account: String,
    /// The control.
    pub control: String,
    /// Whether only failures are asked for.
    pub failing: bool,
}

/// The tables that follow from what the connectors say, in the order of the report, and what to tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The tables.
    pub tables: Vec<Table>,
    /// What to tell the user.
    pub notes: Vec<String>,
}

impl Plan {
    /// Makes the plan.
    pub fn new(choice: &Choice, found: &BTreeMap<Provider, Presence>) -> Plan {
        let mut plan = Plan::default();
        for (family, name, shape, part) in [
            (Family::Controls, CONTROLS, Control::SHAPE, Part::Controls),
            (Family::Policies, POLICIES, Policy::SHAPE, Part::Policies),
            (Family::Exceptions, EXCEPTIONS, Exception::SHAPE, Part::Exceptions),
        ] {
            if choice.wants(Piece::of(family, None)) {
                plan.add(family, name, shape, vec![part]);
            }
        }
        let there = |p: &&Provider| found.get(p).is_some_and(|f| *f != Presence::Absent);
        let wanted = |p: &&Provider| choice.wants(Piece::of(Family::RemediationActivity, Some(**p)));
        let remediated = ListRemediation::OPERATION.providers.iter();
        let parts: Vec<Part> =
            remediated.filter(there).filter(wanted).map(|p| Part::Remediation(*p)).collect();
        if !parts.is_empty() {
            plan.add(Family::RemediationActivity, REMEDIATION_ACTIVITY, RemediationActivity::SHAPE, parts);
        }
        plan.evaluations(choice, found);
        for provider in Provider::ALL {
            if found.get(&provider) == Some(&Presence::Absent) {
                plan.notes.push(format!("{provider} has no connectors, so nothing of it was looked for"));
                continue;
            }
            plan.inventory(choice, provider);
        }
        plan
    }

    fn add(&mut self, family: Family, name: &str, shape: &'static Shape, parts: Vec<Part>) {
        let name = name.to_owned();
        self.tables.push(Table { name, family, provider: None, shape, keep: true, parts });
    }

    fn evaluations(&mut self, choice: &Choice, found: &BTreeMap<Provider, Presence>) {
        let mut parts = Vec::new();
        let mut keep = false;
        for provider in Provider::ALL {
            let wanted = choice.wants(Piece::of(Family::AccountEvaluations, Some(provider)));
            if !wanted && !needs_pairs(choice, provider) {
                continue;
            }
            keep |= wanted;
            match found.get(&provider) {
                Some(Presence::Present { accounts, missing }) => {
                    let account = |a: &String| Part::Account { provider, account: a.clone() };
                    parts.extend(accounts.iter().map(account));
                    parts.extend(missing.as_ref().map(|why| Part::Unavailable {
                        reason: format!("not all accounts of {provider} are known, because {why}"),
                    }));
                }
                Some(Presence::Unknown { reason }) => parts.push(Part::Unavailable {
                    reason: format!("the accounts of {provider} are not known, because {reason}"),
                }),
                Some(Presence::Absent) => {}
                None => parts.push(Part::Tenancies),
            }
        }
        if keep || !parts.is_empty() {
            self.tables.push(Table {
                name: ACCOUNT_EVALUATIONS.to_owned(),
                family: Family::AccountEvaluations,
                provider: None,
                shape: PulledAccountEvaluation::SHAPE,
                keep,
                parts,
            });
        }
    }

    fn inventory(&mut self, choice: &Choice, provider: Provider) {
        let tenancies = self.tables.iter().any(|t| t.parts.contains(&Part::Tenancies));
        for of in resources::of(provider) {
            let piece = |family| Piece { family, provider: Some(provider), kind: Some(of.name) };
            let keep = choice.wants(piece(Family::Inventory));
            let needed = has_details(of) && choice.wants(piece(Family::Details));
            if keep || needed || (provider == Provider::Oci && tenancies) {
                self.tables.push(Table {
                    name: of.table(),
                    family: Family::Inventory,
                    provider: Some(provider),
                    shape: of.shape,
                    keep,
                    parts: vec![Part::Resources(of)],
                });
            }
        }
    }

    /// The tables in the order in which they are best begun: first those that others wait for.
    pub fn in_order(&self) -> Vec<Table> {
        let mut tables = self.tables.clone();
        tables.sort_by_key(|t| match (t.family, t.provider) {
            (Family::Inventory, Some(Provider::Oci)) => 0,
            (Family::AccountEvaluations, _) => 1,
            _ => 2,
        });
        tables
    }
}

fn needs_pairs(choice: &Choice, provider: Provider) -> bool {
    ListResourceEvaluations::OPERATION.providers.contains(&provider)
        && choice.wants(Piece::of(Family::ResourceEvaluations, Some(provider)))
}

/// Whether the details call tells more of this type than the listing.
pub fn has_details(of: &ResourceType) -> bool {
    of.shape.columns().iter().any(|c| c.is(Flag::Details))
}

/// The table of resource evaluations: a part for each control that has resources to show.
pub fn resource_evaluations(choice: &Choice, evaluated: &[Evaluated]) -> Option<Table> {
    let depth = choice.depth()?;
    if !choice.wants_some(Family::ResourceEvaluations, None) {
        return None;
    }
    let failing = depth == Depth::Failing;
    let parts = evaluated
        .iter()
        .filter(|e| needs_pairs(choice, e.provider))
        .filter(|e| if failing { e.failed > 0 } else { e.failed + e.others > 0 })
        .map(|e| {
            Part::Control(Pair {
                provider: e.provider,
                account: e.account.clone(),
                control: e.control.clone(),
                failing,
            })
        })
        .collect();
    Some(Table {
        name: RESOURCE_EVALUATIONS.to_owned(),
        family: Family::ResourceEvaluations,
        provider: None,
        shape: PulledResourceEvaluation::SHAPE,
        keep: true,
        parts,
    })
}

/// A control in an account, and how many resources it has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The cloud.
    pub provider: Provider,
    /// The account.
    pub account: String,
    /// The control.
    pub control: String,
    /// Resources that fail.
    pub failed: u64,
    /// Resources that pass, by an exception or without.
    pub others: u64,
}

/// The table that says what a table of the second round is made of.
pub fn follows_from(table: &Table) -> &str {
    match table.family {
        Family::ResourceEvaluations => ACCOUNT_EVALUATIONS,
        _ => table.name.trim_end_matches("_details"),
    }
}

/// The tables of details: a part for each resource. A type that was `not_whole` has its table even if no
/// resource of it came, to say so.
pub fn details(
    choice: &Choice,
    uuids: &BTreeMap<String, Vec<String>>,
    not_whole: &BTreeMap<String, String>,
) -> Vec<Table> {
    resources::all()
        .filter(|of| {
            let kind = Some(of.name);
            has_details(of)
                && choice.wants(Piece { family: Family::Details, provider: Some(of.provider), kind })
        })
        .filter_map(|of| {
            let none = Vec::new();
            let short = not_whole.contains_key(&of.table());
            let uuids = uuids.get(&of.table()).or(short.then_some(&none))?;
            Some(Table {
                name: format!("{}_details", of.table()),
                family: Family::Details,
                provider: Some(of.provider),
                shape: of.shape,
                keep: true,
                parts: uuids.iter().map(|u| Part::Detail { of, uuid: u.clone() }).collect(),
            })
        })
        .collect()
}

/// The table of connectors.
pub fn connectors() -> Table {
    Table {
        name: CONNECTORS.to_owned(),
        family: Family::Connectors,
        provider: None,
        shape: Connector::SHAPE,
        keep: true,
        parts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Provider::{Aws, Azure, Gcp};

    fn choice(only: &[&str], skip: &[&str], with: &[&str]) -> Choice {
        let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        Choice::new(&own(only), &own(skip), &own(with)).unwrap()
    }

    fn found() -> BTreeMap<Provider, Presence> {
        let accounts = |ids: &[&str]| Presence::Present {
            accounts: ids.iter().map(|a| (*a).to_owned()).collect(),
            missing: None,
        };
        BTreeMap::from([(Aws, accounts(&["1", "2"])), (Azure, Presence::Absent), (Gcp, accounts(&["p"]))])
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.tables.iter().filter(|t| t.keep).map(|t| t.name.as_str()).collect()
    }

    #[test]
    fn connectors_are_read_as_far_as_they_are_needed() {
        let all = lookups(&choice(&[], &[], &[]));
        assert_eq!(all.iter().map(|l| l.provider).collect::<Vec<_>>(), [Aws, Azure, Gcp]);
        assert!(all.iter().all(|l| l.all && l.keep));
        assert!(lookups(&choice(&["controls"], &[], &[])).is_empty());
        let one = Lookup { provider: Aws, all: false, keep: false };
        assert_eq!(lookups(&choice(&["aws/inventory"], &[], &[])), [one]);
        assert_eq!(lookups(&choice(&["ec2"], &[], &[])), [one]);
    }

    #[test]
    fn a_cloud_without_connectors_is_not_asked_for() {
        let plan = Plan::new(&choice(&[], &[], &[]), &found());
        let names = names(&plan);
        assert!(names.contains(&"aws_ec2_instance") && names.contains(&"gcp_vm_instance"));
        assert!(names.contains(&"oci_instance"));
        assert!(!names.iter().any(|n| n.starts_with("azure")));
        assert_eq!(plan.notes.len(), 1);
        let evaluations = &plan.tables[1];
        let account = |provider, id: &str| Part::Account { provider, account: id.to_owned() };
        assert_eq!(
            evaluations.parts,
            [account(Aws, "1"), account(Aws, "2"), account(Gcp, "p"), Part::Tenancies]
        );
    }

    #[test]
    fn a_cloud_whose_connectors_cannot_be_read_is_asked_for() {
        let mut found = found();
        found.insert(Azure, Presence::Unknown { reason: "it is forbidden".into() });
        let plan = Plan::new(&choice(&[], &[], &[]), &found);
        assert!(names(&plan).contains(&"azure_virtual_machine"));
        let said = "the accounts of azure are not known, because it is forbidden".to_owned();
        assert!(plan.tables[1].parts.contains(&Part::Unavailable { reason: said }));
    }

    #[test]
    fn what_is_synced_has_tables_that_a_folder_has_not() {
        let sync = Choice::of(crate::subscription::Menu::SYNC, &[], &[], &[]).unwrap();
        let plan = Plan::new(&sync, &found());
        let table = |name: &str| plan.tables.iter().find(|t| t.name == name).unwrap();
        assert_eq!(table(POLICIES).parts, [Part::Policies]);
        assert_eq!(table(EXCEPTIONS).parts, [Part::Exceptions]);
        assert_eq!(table(REMEDIATION_ACTIVITY).parts, [Part::Remediation(Aws), Part::Remediation(Gcp)]);
        let only =
            Choice::of(crate::subscription::Menu::SYNC, &["aws/remediation-activity".into()], &[], &[]);
        let one = Lookup { provider: Aws, all: false, keep: false };
        assert_eq!(lookups(&only.unwrap()), [one]);
    }

    #[test]
    fn what_others_wait_for_is_begun_first_even_if_it_is_not_kept() {
        let plan = Plan::new(&choice(&["account-evaluations"], &[], &[]), &found());
        let order = plan.in_order();
        assert_eq!((order[0].name.as_str(), order[0].keep), ("oci_instance", false));
        assert_eq!(order[1].name, ACCOUNT_EVALUATIONS);
        assert_eq!(order.len(), 2);
    }

    #[test]
    fn resource_evaluations_are_asked_for_where_there_are_any() {
        let evaluated = |control: &str, failed, others| Evaluated {
            provider: Aws,
            account: "1".into(),
            control: control.into(),
            failed,
            others,
        };
        let found = [evaluated("1", 0, 0), evaluated("2", 0, 3), evaluated("3", 4, 0)];
        let parts = |with: &str| {
            resource_evaluations(&choice(&[], &[], &[with]), &found)
                .unwrap()
                .parts
                .iter()
                .map(|p| match p {
                    Part::Control(pair) => (pair.control.clone(), pair.failing),
                    _ => unreachable!(),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(parts("resource-evaluations"), [("2".into(), false), ("3".into(), false)]);
        assert_eq!(parts("resource-evaluations=failing"), [("3".into(), true)]);
        assert!(resource_evaluations(&choice(&[], &[], &[]), &found).is_none());
    }

    #[test]
    fn details_are_of_the_types_that_have_any() {
        let with = choice(&["aws/ec2"], &[], &["details"]);
        let plan = Plan::new(&with, &found());
        assert_eq!(names(&plan), ["aws_ec2_instance"]);
        let uuids = BTreeMap::from([("aws_ec2_instance".to_owned(), vec!["u".to_owned()])]);
        let tables = details(&with, &uuids, &BTreeMap::new());
        assert_eq!(tables[0].name, "aws_ec2_instance_details");
        assert_eq!(tables[0].parts.len(), 1);
        assert!(!has_details(resources::get(Aws, "VPC").unwrap()));
    }
}
