//! Report configurations: what policies and mandates say of the accounts, as counts.

use crate::operation::{Args, ParamKind};
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};
use serde_json::Value;

model! {
    /// A policy of a report.
    pub struct ReportPolicy {
        /// Cloud, such as `AWS`.
        [Id] cloud_type = "cloudType": text;
        /// Policy.
        [Id] policy_id = "policyId": text;
    }
}

model! {
    /// An account of a report.
    pub struct ReportAccount {
        /// Id of the connector.
        id = "id": text;
        /// Name.
        name = "name": text;
        /// Account.
        account_id = "accountId": sint;
        /// Cloud.
        cloud_type = "cloudType": text;
    }
}

model! {
    /// A report configuration.
    pub struct ReportConfig {
        /// Id of the report.
        [Id, Shown] report_id = "reportId": text;
        /// Title.
        [Shown] title = "title": text;
        /// `POLICY` or `MANDATE`.
        [Shown] r#type = "type": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// Description.
        description = "description": text;
        /// Format.
        [Shown] format = "format": text;
        /// Mandate.
        mandate_id = "mandateId": int;
        /// Policies.
        policies = "policies": [ReportPolicy];
        /// Accounts.
        accounts = "accounts": [ReportAccount];
        /// Groups.
        group_ids = "groupIds": [text];
        /// When it was made.
        [Shown] created_on = "createdOn": time;
    }
}

model! {
    /// How many evaluations passed.
    pub struct ReportStats {
        /// Passed.
        pass_count = "passCount": int;
        /// Failed.
        fail_count = "failCount": int;
        /// Passed, in percent.
        pass_percent = "passPercent": num;
        /// Failed, in percent.
        fail_percent = "failPercent": num;
    }
}

model! {
    /// What a report is about, in numbers.
    pub struct ReportSummary {
        /// Accounts.
        accounts = "accounts": [ReportAccount];
        /// Cloud.
        cloud_type = "cloudType": text;
        /// Controls.
        controls_count = "controlsCount": int;
        /// Groups.
        groups = "groups": [open];
        /// Name of the mandate.
        mandate_name = "mandateName": text;
        /// Passed of the mandate, in percent.
        mandate_pass_percent = "mandatePassPercent": num;
        /// Mandates.
        mandates_count = "mandatesCount": int;
        /// Policies.
        policies_count = "policiesCount": int;
        /// Requirements.
        requirements_count = "requirementsCount": int;
        /// Evaluations.
        total_evaluations_count = "totalEvaluationsCount": int;
    }
}

model! {
    /// The numbers of a report.
    pub struct ReportData {
        /// How many evaluations passed.
        [Shown] stats = "stats": ReportStats;
        /// What it is about.
        [Shown] summary = "summary": ReportSummary;
    }
}

const TYPE: ParamKind = ParamKind::OneOf(&["POLICY", "MANDATE"]);
const POLICIES: ParamKind = ParamKind::Objects(<ReportPolicy as crate::model::Model>::SHAPE);

/// A report on a mandate needs the mandate, one on policies the policies.
fn subject(args: &Args) -> Result<(), (&'static str, String)> {
    let missing = |name: &str| args.get(name).is_none_or(Value::is_null);
    let none = |name: &str| args.get(name).and_then(Value::as_array).is_none_or(Vec::is_empty);
    if none("connectorIds") && none("groupIds") {
        return Err((
            "connectorIds",
            "'connectorIds' or 'groupIds' must name what the report is about".to_owned(),
        ));
    }
    match args.get("type").and_then(Value::as_str) {
        Some("MANDATE") if missing("mandateId") => {
            Err(("mandateId", "a report of type MANDATE needs 'mandateId'".to_owned()))
        }
        Some("POLICY") if missing("policies") => {
            Err(("policies", "a report of type POLICY needs 'policies'".to_owned()))
        }
        _ => Ok(()),
    }
}

endpoint! {
    /// Lists the report configurations.
    ListReports = "reports.list";
    GET "/cloudview-api/rest/v1/reports";
    row 26, Documented "SW21" -> ReportConfig;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "reports";
    must {}
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}

endpoint! {
    /// Makes a report configuration.
    CreateReport = "reports.create";
    POST "/cloudview-api/rest/v1/reports";
    row 26, Documented "SW21, QLEY" -> ReportConfig;
    .limit_class = "reports";
    .rule = Some(subject);
    .quirks = &[
        "executionType is required and RUN_TIME; ON_DEMAND answers 400 (QLEY, live)",
        "type MANDATE_BASED answers 422 (QLEY, live)",
        "there is no download; reports.data gives the numbers",
    ];
    must {
        /// `RUN_TIME`.
        Query execution_type = "executionType": String as ParamKind::OneOf(&["RUN_TIME"]);
        /// Cloud.
        Body cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Report);
        /// `POLICY` or `MANDATE`.
        Body r#type = "type": String as TYPE;
        /// Title.
        Body title = "title": String as ParamKind::Filled;
    }
    may {
        /// Connectors; these or groups.
        Body connector_ids = "connectorIds": Vec<String> as ParamKind::Uuids;
        /// Mandate, for the type `MANDATE`.
        Body mandate_id = "mandateId": i64 as ParamKind::Int(1);
        /// Policies, for the type `POLICY`.
        Body policies = "policies": Vec<ReportPolicy> as POLICIES;
        /// Groups.
        Body group_ids = "groupIds": Vec<String> as ParamKind::Uuids;
        /// Format.
        Body format = "format": String as ParamKind::Text;
        /// Description.
        Body description = "description": String as ParamKind::Text;
    }
}

endpoint! {
    /// Reads one report configuration.
    GetReport = "reports.get";
    GET "/cloudview-api/rest/v1/reports/{reportId}";
    row 26, Documented "SW21" -> ReportConfig;
    .limit_class = "reports";
    must {
        /// Id of the report.
        Path report_id = "reportId": String as ParamKind::Uuid;
    }
    may {}
}

endpoint! {
    /// Changes a report configuration.
    UpdateReport = "reports.update";
    PATCH "/cloudview-api/rest/v1/reports/{reportId}";
    row 26, Documented "SW21" -> ReportConfig;
    .limit_class = "reports";
    must {
        /// Id of the report.
        Path report_id = "reportId": String as ParamKind::Uuid;
    }
    may {
        /// Cloud.
        Body cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Report);
        /// `POLICY` or `MANDATE`.
        Body r#type = "type": String as TYPE;
        /// Title.
        Body title = "title": String as ParamKind::Filled;
        /// Connectors.
        Body connector_ids = "connectorIds": Vec<String> as ParamKind::Uuids;
        /// Mandate.
        Body mandate_id = "mandateId": i64 as ParamKind::Int(1);
        /// Policies.
        Body policies = "policies": Vec<ReportPolicy> as POLICIES;
        /// Groups.
        Body group_ids = "groupIds": Vec<String> as ParamKind::Uuids;
        /// Format.
        Body format = "format": String as ParamKind::Text;
        /// Description.
        Body description = "description": String as ParamKind::Text;
    }
}

endpoint! {
    /// Deletes report configurations.
    DeleteReports = "reports.delete";
    DELETE "/cloudview-api/rest/v1/reports";
    row 26, Documented "SW21" -> Value;
    .limit_class = "reports";
    .quirks = &["the body is a bare list of ids"];
    must {
        /// Ids of the reports.
        Whole ids = "ids": Vec<String> as ParamKind::Uuids;
    }
    may {}
}

endpoint! {
    /// Reads the numbers of a report.
    GetReportData = "reports.data";
    GET "/cloudview-api/rest/v1/reports/report_data/{reportId}";
    row 26, Documented "SW21" -> ReportData;
    .limit_class = "reports";
    must {
        /// Id of the report.
        Path report_id = "reportId": String as ParamKind::Uuid;
    }
    may {}
}
