use crate::endpoint;
use crate::operation::{Args, ParamKind};
use crate::provider::{Provider, Spelling};
use serde_json::Value;

const EXECUTION: ParamKind = ParamKind::OneOf(&["RUN_TIME", "BUILD_TIME", "SCHEDULED"]);
const FORMAT: ParamKind = ParamKind::OneOf(&["csv", "PDF"]);
const QUIRKS: &[&str] = &[
    "answers 200 or 201 with the bare id of the report, in quotes or without, not an object; an object with reportId is accepted too",
    "format is csv in lower case or PDF in upper case, and PDF takes exactly one policy",
    "a missing query answers 500; an empty one is fine",
    "dates are YYYY-MM-DDThh:mm:ssZ and nothing else",
    "connector ids are UUIDs; the numeric ids of the Connector Management API answer 400",
];

/// What a report cannot be: a PDF of several policies, or of a period that ends before it begins.
fn possible(args: &Args) -> Result<(), (&'static str, String)> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
    let policies = args.get("policyIds").and_then(Value::as_array).map_or(0, Vec::len);
    for name in ["policyIds", "connectorIds"] {
        if args.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Err((name, format!("'{name}' wants at least one")));
        }
    }
    if text("format") == "PDF" && policies != 1 {
        return Err(("policyIds", format!("a PDF report takes exactly one policy, not {policies}")));
    }
    // Of one form and in UTC, so that they are ordered as texts are.
    if text("endDate") < text("startDate") {
        return Err(("endDate", "'endDate' lies before 'startDate'".to_owned()));
    }
    Ok(())
}

macro_rules! create {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal, $path:literal, $host:expr, $source:literal) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            POST $path;
            row 27, Documented $source -> serde_json::Value;
            .host = $host;
            .answer = Answer::Text;
            .limit_class = "report";
            .quirks = QUIRKS;
            .rule = Some(possible);
            must {
                /// Name of the report.
                Body report_name = "reportName": String as ParamKind::ReportName;
                /// Cloud the report is about.
                Body cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Report);
                /// QQL over posture; may be empty.
                Body query = "query": String as ParamKind::Qql;
                /// Start of the period.
                Body start_date = "startDate": String as ParamKind::InstantZ;
                /// End of the period.
                Body end_date = "endDate": String as ParamKind::InstantZ;
                /// `RUN_TIME`, `BUILD_TIME` or `SCHEDULED`.
                Body execution_type = "executionType": String as EXECUTION;
                /// Policies.
                Body policy_ids = "policyIds": Vec<String> as ParamKind::Uuids;
                /// Connectors.
                Body connector_ids = "connectorIds": Vec<String> as ParamKind::Uuids;
                /// `csv`, or `PDF` for exactly one policy.
                Body format = "format": String as FORMAT;
            }
            may {
                /// Description.
                Body description = "description": String as ParamKind::Text;
                /// Tags.
                Body tag_ids = "tagIds": Vec<String> as ParamKind::Words;
                /// Groups.
                Body group_ids = "groupIds": Vec<String> as ParamKind::Uuids;
                /// Results to include: `PASS`, `FAIL`, `PASSE`; the spelling of the last is unsettled.
                Body resource_results = "resourceResults": Vec<String> as ParamKind::Words;
                /// Whether to include the summary per resource.
                Body resource_summary_include = "resourceSummaryInclude": bool as ParamKind::Bool;
                /// Whether to include ARNs (AWS only).
                Body include_resource_arn = "includeResourceARN": bool as ParamKind::Bool;
                /// Results of infrastructure as code to include.
                Body iac_resource_results = "iacResourceResults": Vec<String> as ParamKind::Words;
            }
        }
    };
}

create! {
    /// Starts an assessment report (v1).
    CreateAssessmentV1 = "assessments.create-v1",
    "/cloudview-api/rest/v1/report/assessment/create",
    Host::Either,
    "SW21, GS, QLEY"
}

create! {
    /// Starts an assessment report (v2).
    CreateAssessment = "assessments.create",
    "/cloudview-api/rest/v2/report/assessment/create",
    Host::Either,
    "GS, QCLI"
}
