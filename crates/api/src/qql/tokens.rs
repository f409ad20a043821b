//! The tokens that are known, and where each stands: data for checking, explaining and completing filters.
//!
//! The service publishes its tokens on pages of its own interface only, so the table holds what its manuals, its
//! own programs and known clients send, and guesses, which are marked.

use crate::endpoints::by_id;
use crate::model::Shape;
use crate::nearest::folded;
use crate::resources::{self, Confidence};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

macro_rules! families {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $title:literal;)*) => {
        /// The places that take a query, by the tokens they understand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Family {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Family {
            /// Every family.
            pub const ALL: &'static [Family] = &[$(Family::$variant),*];

            /// The word for it on a command line.
            pub const fn name(self) -> &'static str {
                match self { $(Family::$variant => $name,)* }
            }

            /// What messages call it.
            pub const fn title(self) -> &'static str {
                match self { $(Family::$variant => $title,)* }
            }
        }
    };
}

families! {
    /// The list of connectors.
    Connectors "connectors" "connectors";
    /// The metadata of controls.
    Controls "controls" "control metadata";
    /// The inventory.
    Inventory "resources" "the inventory";
    /// The results of all controls in one account.
    AccountEvaluations "account-evaluations" "account evaluations";
    /// The results of one control on each resource.
    ResourceEvaluations "resource-evaluations" "evaluated resources";
    /// The query of an assessment report.
    Assessments "assessments" "assessment reports";
    /// The remediation log.
    Remediation "remediation" "the remediation log";
    /// The list of alert rules.
    Rules "rules" "alert rules";
    /// The query inside an alert rule.
    RuleBody "rule-body" "the query of an alert rule";
    /// The alerts that fired.
    Activities "activities" "alert activities";
    /// The list of alert actions.
    Actions "actions" "alert actions";
    /// The list of exceptions.
    Exceptions "exceptions" "exceptions";
    /// The list of IaC scans.
    IacScans "iac" "IaC scans";
    /// Findings of cloud detection and response.
    Findings "findings" "findings";
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a token's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Takes {
    /// Any text.
    Text,
    /// Any text in upper case, such as the name of a resource type.
    Upper,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Bool,
    /// A date, an instant, a time relative to now, or a range of them.
    Date,
    /// A UUID.
    Uuid,
    /// One of these words.
    Words(&'static [&'static str]),
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Takes::Text => f.write_str("text"),
            Takes::Upper => f.write_str("text in upper case"),
            Takes::Whole => f.write_str("whole number"),
            Takes::Bool => f.write_str("true or false"),
            Takes::Date => f.write_str("date or range of dates"),
            Takes::Uuid => f.write_str("UUID"),
            Takes::Words(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// A token of a family.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct KnownToken {
    /// Where it is known.
    pub family: Family,
    /// The token.
    pub name: &'static str,
    /// What its value is.
    pub takes: Takes,
    /// What it means.
    pub doc: &'static str,
    /// Keys of its sources, as in [`fidelity::SOURCES`](crate::fidelity::SOURCES); `-` for a guess of ours.
    pub source: &'static str,
    /// How sure it is that the service knows it.
    pub confidence: Confidence,
}

macro_rules! tokens {
    ($($family:ident {$($name:literal $takes:expr, $doc:literal [$source:literal $confidence:ident];)*})*) => {
        static TOKENS: &[KnownToken] = &[$($(KnownToken {
            family: Family::$family,
            name: $name,
            takes: $takes,
            doc: $doc,
            source: $source,
            confidence: Confidence::$confidence,
        },)*)*];
    };
}

const PROVIDERS: Takes = Takes::Words(&["AWS", "AZURE", "GCP", "OCI"]);
const CRITICALITY: Takes = Takes::Words(&["HIGH", "MEDIUM", "LOW"]);
const RESULT: Takes = Takes::Words(&["PASS", "FAIL"]);
const RESULTS: Takes = Takes::Words(&["PASS", "FAIL", "PASSE"]);

tokens! {
    Connectors {
        "name" Takes::Text, "Name of the connector" ["SEED-SDK, SDK, QCLI" Documented];
        "description" Takes::Text, "Description" ["SEED-SDK, SDK, QCLI" Documented];
        "state" Takes::Words(&["SUCCESS", "PENDING", "REGIONS_DISCOVERED", "ERROR"]),
            "State of the connector" ["SEED-SDK" Seen];
        "connector.uuid" Takes::Uuid, "Id of the connector" ["SDK, QCLI" Documented];
        "lastSyncedOn" Takes::Date, "When it was last synchronised (UTC)" ["SEED-SDK, SDK" Seen];
    }
    Controls {
        "cid" Takes::Whole, "Id of the control" ["SEED-SDK, SDK" Seen];
        "control.name" Takes::Text, "Name of the control" ["SEED-SDK, SDK" Seen];
        "control.criticality" CRITICALITY, "Criticality" ["SEED-SDK, SDK" Seen];
        "control.type" Takes::Upper, "Who defined it; the form of the value is uncertain" ["SEED-SDK, SDK" Seen];
        "provider" PROVIDERS, "Cloud" ["SEED-SDK, TCGH" Documented];
        "resource.type" Takes::Upper, "Type of resource by its API name, such as BUCKET" ["SEED-SDK, SDK" Seen];
        "service.type" Takes::Upper, "Service of the cloud, such as EC2" ["SEED-SDK, TCGH" Documented];
        "policy.name" Takes::Text, "Name of a policy that holds the control" ["SEED-SDK, TCGH" Documented];
        "createdDate" Takes::Date, "When it was made" ["SEED-SDK, SDK" Seen];
        "modifiedDate" Takes::Date, "When it was changed" ["SEED-SDK, SDK" Seen];
        "isCustomizable" Takes::Bool, "Whether it can be customised" ["SEED-SDK, SDK" Seen];
        "qflow.name" Takes::Text, "Name of the QFlow that remediates" ["SEED-SDK, SDK" Seen];
        "qflow.id" Takes::Text, "Id of the QFlow that remediates" ["SEED-SDK, SDK" Seen];
    }
    Inventory {
        "account.id" Takes::Text,
            "AWS account, Azure subscription, GCP project or OCI tenancy" ["SEED-SDK, QCLI" Documented];
        "resource.id" Takes::Text, "Id of the resource in its cloud" ["QCLI" Seen];
        "region" Takes::Text, "Region" ["QCLI" Seen];
        "vulnerability.typeDetected" Takes::Words(&["Confirmed", "Potential"]),
            "How a vulnerability was found" ["SEED-SDK" Seen];
        "vulnerability.status" Takes::Upper, "Status of a vulnerability, such as FIXED" ["SEED-SDK" Seen];
        "vulnerability.severity" Takes::Whole, "Severity of a vulnerability, 1 to 5" ["-" Guess];
        "vulnerability.qid" Takes::Whole, "Id of a vulnerability" ["-" Guess];
        "vulnerability.patchAvailable" Takes::Bool, "Whether there is a patch" ["-" Guess];
        "vulnerability.title" Takes::Text, "Title of a vulnerability" ["-" Guess];
        "subscription.id" Takes::Text, "Azure subscription; account.id is seen to work" ["-" Guess];
        "project.id" Takes::Text, "GCP project" ["-" Guess];
        "account.alias" Takes::Text, "Alias of the account" ["-" Guess];
        "tag.key" Takes::Text, "Key of a tag of the cloud" ["-" Guess];
        "tag.value" Takes::Text, "Value of a tag of the cloud" ["-" Guess];
        "qualys.tag.name" Takes::Text, "Name of a tag of the service" ["-" Guess];
        "resource.name" Takes::Text, "Name of the resource" ["-" Guess];
        "resource.type" Takes::Upper, "Type by its API name" ["-" Guess];
        "connector.name" Takes::Text, "Name of the connector that found it" ["-" Guess];
        "connector.uuid" Takes::Uuid, "Id of the connector that found it" ["-" Guess];
        "created" Takes::Date, "When it was first seen" ["-" Guess];
        "updated" Takes::Date, "When it was last seen; a parameter of its own is seen to work" ["-" Guess];
        "instance.id" Takes::Text, "Instances: id" ["-" Guess];
        "instance.state" Takes::Text, "Instances: state, such as running" ["-" Guess];
        "instance.type" Takes::Text, "Instances: type, such as m5.xlarge" ["-" Guess];
        "vpc.id" Takes::Text, "Id of the VPC" ["-" Guess];
        "subnet.id" Takes::Text, "Id of the subnet" ["-" Guess];
        "bucket.name" Takes::Text, "Buckets: name" ["-" Guess];
    }
    AccountEvaluations {
        "control.criticality" CRITICALITY, "Criticality of the control" ["QCLI" Seen];
        "control.result" RESULT, "Result of the control in the account" ["QCLI" Seen];
        "control.id" Takes::Whole, "Id of the control" ["-" Guess];
        "cid" Takes::Whole, "Id of the control" ["-" Guess];
        "control.name" Takes::Text, "Name of the control" ["-" Guess];
        "policy.name" Takes::Text, "Name of a policy that holds the control" ["-" Guess];
        "service.type" Takes::Upper, "Service of the cloud" ["-" Guess];
        "resource.type" Takes::Upper, "Type of resource" ["-" Guess];
        "account.id" Takes::Text, "Account" ["-" Guess];
        "firstEvaluated" Takes::Date, "When it was first evaluated" ["-" Guess];
        "lastEvaluated" Takes::Date, "When it was last evaluated" ["-" Guess];
    }
    ResourceEvaluations {
        "resource.result" RESULTS, "Result on the resource; PASSE is passed by an exception" ["QCLI" Seen];
        "evaluatedOn" Takes::Date, "When it was evaluated" ["TCGH" Documented];
        "resource.id" Takes::Text, "Id of the resource in its cloud" ["-" Guess];
        "resource.type" Takes::Upper, "Type of resource" ["-" Guess];
        "region" Takes::Text, "Region" ["-" Guess];
        "account.id" Takes::Text, "Account" ["-" Guess];
        "connector.uuid" Takes::Uuid, "Id of the connector" ["-" Guess];
        "firstEvaluated" Takes::Date, "When it was first evaluated" ["-" Guess];
        "lastEvaluated" Takes::Date, "When it was last evaluated" ["-" Guess];
        "tag.name" Takes::Text, "Name of a tag" ["-" Guess];
        "evaluation.result" RESULTS, "Result on the resource" ["MCP" Guess];
        "controlId" Takes::Whole, "Id of the control" ["NEL" Guess];
        "resourceId" Takes::Text, "Id of the resource" ["NEL" Guess];
    }
    Assessments {
        "control.criticality" CRITICALITY, "Criticality of the control" ["QCLI" Guess];
        "control.result" RESULT, "Result of the control" ["QCLI" Guess];
        "resource.result" RESULTS, "Result on the resource" ["QCLI" Guess];
        "cid" Takes::Whole, "Id of the control" ["-" Guess];
        "control.name" Takes::Text, "Name of the control" ["-" Guess];
        "policy.name" Takes::Text, "Name of a policy that holds the control" ["-" Guess];
        "service.type" Takes::Upper, "Service of the cloud" ["-" Guess];
        "resource.type" Takes::Upper, "Type of resource" ["-" Guess];
        "resource.id" Takes::Text, "Id of the resource in its cloud" ["-" Guess];
        "account.id" Takes::Text, "Account" ["-" Guess];
        "region" Takes::Text, "Region" ["-" Guess];
        "evaluatedOn" Takes::Date, "When it was evaluated" ["TCGH" Guess];
        "firstEvaluated" Takes::Date, "When it was first evaluated" ["-" Guess];
        "lastEvaluated" Takes::Date, "When it was last evaluated" ["-" Guess];
        "tag.name" Takes::Text, "Name of a tag" ["-" Guess];
    }
    Remediation {
        "control.id" Takes::Whole, "Id of the control" ["-" Guess];
        "cid" Takes::Whole, "Id of the control" ["-" Guess];
        "control.name" Takes::Text, "Name of the control" ["-" Guess];
        "resource.id" Takes::Text, "Id of the resource in its cloud" ["-" Guess];
        "resource.type" Takes::Upper, "Type of resource" ["-" Guess];
        "region" Takes::Text, "Region" ["-" Guess];
        "account.id" Takes::Text, "Account" ["-" Guess];
        "connector.name" Takes::Text, "Name of the connector" ["-" Guess];
        "policy.name" Takes::Text, "Name of a policy" ["-" Guess];
        "status" Takes::Text, "Status of the remediation" ["-" Guess];
        "remediation.action" Takes::Text, "What was done" ["-" Guess];
        "triggeredOn" Takes::Date, "When it was started" ["-" Guess];
        "triggeredBy" Takes::Text, "Who started it" ["-" Guess];
    }
    Rules {
        "ruleName" Takes::Text, "Name of the rule" ["QCLI" Documented];
        "ruleState" Takes::Text, "State of the rule, such as ENABLED" ["QCLI" Documented];
    }
    RuleBody {
        "control.criticality" CRITICALITY, "Criticality of the control" ["QCLI" Guess];
        "control.result" RESULT, "Result of the control" ["QCLI" Guess];
        "resource.result" RESULTS, "Result on the resource" ["QCLI" Guess];
        "cid" Takes::Whole, "Id of the control" ["-" Guess];
        "control.name" Takes::Text, "Name of the control" ["-" Guess];
        "policy.name" Takes::Text, "Name of a policy that holds the control" ["-" Guess];
        "service.type" Takes::Upper, "Service of the cloud" ["-" Guess];
        "resource.type" Takes::Upper, "Type of resource" ["-" Guess];
        "resource.id" Takes::Text, "Id of the resource in its cloud" ["-" Guess];
        "account.id" Takes::Text, "Account" ["-" Guess];
        "region" Takes::Text, "Region" ["-" Guess];
        "evaluatedOn" Takes::Date, "When it was evaluated" ["TCGH" Guess];
    }
    Activities {
        "ruleName" Takes::Text, "Name of the rule that fired" ["QCLI" Guess];
    }
    Actions {
        "name" Takes::Text, "Name of the action" ["-" Guess];
        "actionType" Takes::Text, "Kind of action" ["-" Guess];
    }
    Exceptions {
        "exception.provider" PROVIDERS, "Cloud" ["QCLI" Documented];
        "exception.status" Takes::Text, "Status of the exception" ["QCLI" Documented];
    }
    IacScans {
        "scanUuid" Takes::Uuid, "Id of the scan" ["QIAC, JENK" Documented];
        "status" Takes::Words(&["SUBMITTED", "PROCESSING", "FINISHED", "ERROR"]),
            "Status of the scan" ["QCLI" Documented];
        "scanDate" Takes::Date, "When it was scanned" ["QCLI" Documented];
        "name" Takes::Text, "Name of the scan" ["-" Guess];
    }
    Findings {
        "tc.findings.cloudProvider" PROVIDERS, "Cloud" ["QCLI" Documented];
        "tc.findings.severity" Takes::Whole, "Severity, 1 to 5" ["-" Guess];
        "tc.findings.category" Takes::Text, "Category" ["-" Guess];
        "tc.findings.resourceId" Takes::Text, "Id of the resource" ["-" Guess];
        "tc.findings.cloudAccount" Takes::Text, "Account" ["-" Guess];
    }
}

/// Which parameter of which operation takes a query, by the operation's id.
static OPERATIONS: &[(&str, &str, Family)] = &[
    ("connectors.list", "filter", Family::Connectors),
    ("controls.list", "filter", Family::Controls),
    ("resources.list", "filter", Family::Inventory),
    ("resources.list-v2", "filter", Family::Inventory),
    ("resources.get", "filter", Family::Inventory),
    ("evaluations.account", "filter", Family::AccountEvaluations),
    ("evaluations.oci-account", "filter", Family::AccountEvaluations),
    ("evaluations.resources", "filter", Family::ResourceEvaluations),
    ("evaluations.resources-v2", "filter", Family::ResourceEvaluations),
    ("assessments.create", "query", Family::Assessments),
    ("assessments.create-v1", "query", Family::Assessments),
    ("remediation.list", "filter", Family::Remediation),
    ("rules.list", "filter", Family::Rules),
    ("rules.create", "qql", Family::RuleBody),
    ("rules.update", "qql", Family::RuleBody),
    ("activities.list", "filter", Family::Activities),
    ("actions.list", "filter", Family::Actions),
    ("exceptions.list", "filter", Family::Exceptions),
    ("iac.list", "filter", Family::IacScans),
    ("findings.list", "query", Family::Findings),
];

/// The family of an operation's parameter, `None` if that takes no query.
pub fn family_of(operation: &str, parameter: &str) -> Option<Family> {
    OPERATIONS
        .iter()
        .find(|(id, name, _)| *id == operation && *name == parameter)
        .map(|(_, _, family)| *family)
}

/// The operations that take queries: id, parameter, family.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, Family)> {
    OPERATIONS.iter().copied()
}

impl Family {
    /// The family of an operation id, also with a space in place of its dot, or of a name such as `resources`.
    pub fn find(name: &str) -> Option<Family> {
        let wanted = folded(name);
        let of_operation =
            || OPERATIONS.iter().find(|(id, ..)| folded(id) == wanted).map(|(_, _, family)| *family);
        match wanted.as_str() {
            "inventory" => Some(Family::Inventory),
            "cdr" => Some(Family::Findings),
            _ => Family::ALL.iter().find(|f| folded(f.name()) == wanted).copied().or_else(of_operation),
        }
    }

    /// The tokens that are known here.
    pub fn tokens(self) -> impl Iterator<Item = &'static KnownToken> {
        TOKENS.iter().filter(move |t| t.family == self)
    }

    /// A token by its exact name.
    pub fn token(self, name: &str) -> Option<&'static KnownToken> {
        self.tokens().find(|t| t.name == name)
    }

    /// Whether the rows have a field of this name. That the service takes it as a token is a guess.
    pub fn has_field(self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or(name);
        if self == Family::Inventory {
            static FIELDS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
            let wires = || resources::all().flat_map(|t| t.shape.columns()).map(|c| c.wire).collect();
            return FIELDS.get_or_init(wires).contains(first);
        }
        let mut shapes = OPERATIONS
            .iter()
            .filter(|(.., family)| *family == self)
            .filter_map(|(id, ..)| by_id(id)?.operation().shape);
        shapes.any(|shape: &Shape| shape.column(first).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::OperationId;
    use crate::fidelity::SOURCES;
    use crate::operation::ParamKind;
    use crate::qql::Token;

    #[test]
    fn every_parameter_that_takes_a_query_has_a_family() {
        for id in OperationId::ALL {
            let operation = id.operation();
            for param in operation.params.iter().filter(|p| p.kind == ParamKind::Qql) {
                assert!(family_of(operation.id, param.name).is_some(), "{} {}", operation.id, param.name);
            }
        }
    }

    #[test]
    fn the_table_is_sound() {
        let mut seen = BTreeSet::new();
        for token in TOKENS {
            assert!(seen.insert((token.family, token.name)), "{} twice in {}", token.name, token.family);
            assert!(Token::is_valid(token.name) && !token.doc.is_empty(), "{}", token.name);
            if token.source == "-" {
                assert_eq!(token.confidence, Confidence::Guess, "{}: known from where?", token.name);
            } else {
                for key in token.source.split(", ") {
                    assert!(SOURCES.iter().any(|s| s.key == key), "{}: {key}", token.name);
                }
            }
        }
        for family in Family::ALL {
            assert!(family.tokens().next().is_some(), "{family}");
            assert_eq!(Family::find(family.name()), Some(*family));
            assert!(OPERATIONS.iter().any(|(.., f)| f == family), "{family} is asked for nowhere");
        }
        for (id, parameter, family) in operations() {
            assert_eq!(Family::find(id), Some(family), "{id} {parameter}");
            // An operation that is declared has the parameter that stands here.
            if let Some(found) = by_id(id) {
                let param = found.operation().param(parameter);
                assert_eq!(param.map(|p| p.kind), Some(ParamKind::Qql), "{id} {parameter}");
            }
        }
    }

    #[test]
    fn families_are_found_by_operation_command_and_noun() {
        for (name, family) in [
            ("resources.list", Some(Family::Inventory)),
            ("resources list", Some(Family::Inventory)),
            ("Inventory", Some(Family::Inventory)),
            ("cdr", Some(Family::Findings)),
            ("rule body", Some(Family::RuleBody)),
            ("rules.create", Some(Family::RuleBody)),
            ("policies.list", None),
            ("", None),
        ] {
            assert_eq!(Family::find(name), family, "{name}");
        }
    }

    #[test]
    fn fields_of_rows_are_known_as_such() {
        assert!(Family::Inventory.has_field("instanceState"));
        assert!(Family::Inventory.has_field("tags.key"));
        assert!(Family::Controls.has_field("controlName"));
        assert!(!Family::Connectors.has_field("lastSynced"));
    }
}
