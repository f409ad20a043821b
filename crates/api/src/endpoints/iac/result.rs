//! What a scan found.

use crate::{endpoint, model};

model! {
    /// Failures by how bad they are.
    pub struct IacFailedStats {
        /// High.
        high = "high": int;
        /// Medium.
        medium = "medium": int;
        /// Low.
        low = "low": int;
    }
}

model! {
    /// How many checks of one kind passed and failed.
    pub struct IacSummary {
        /// Passed.
        passed = "passed": int;
        /// Failed.
        failed = "failed": int;
        /// Left out.
        skipped = "skipped": int;
        /// Files that could not be read.
        parsing_errors = "parsingErrors": int;
        /// Failures by how bad they are.
        failed_stats = "failedStats": IacFailedStats;
    }
}

model! {
    /// How a check went.
    pub struct IacCheckResult {
        /// `PASSED` or `FAILED`.
        result = "result": text;
    }
}

model! {
    /// One check of one resource.
    pub struct IacCheck {
        /// Check.
        [Id, Shown] check_id = "checkId": text;
        /// Name of the check.
        [Shown] check_name = "checkName": text;
        /// How bad a failure is.
        [Shown] criticality = "criticality": text;
        /// How it went.
        check_result = "checkResult": IacCheckResult;
        /// File.
        [Shown] file_path = "filePath": text;
        /// Resource in the file.
        [Shown] resource = "resource": text;
        /// What to do.
        [Shown] remediation = "remediation": text;
    }
}

model! {
    /// The checks of one kind.
    pub struct IacResults {
        /// Those that passed.
        passed_checks = "passedChecks": [IacCheck];
        /// Those that failed.
        failed_checks = "failedChecks": [IacCheck];
        /// Files that could not be read.
        parsing_errors = "parsingErrors": [open];
    }
}

model! {
    /// What was found in templates of one kind.
    pub struct IacGroup {
        /// Kind of templates.
        [Shown] check_type = "checkType": text;
        /// Counts.
        [Shown] summary = "summary": IacSummary;
        /// The checks.
        results = "results": IacResults;
    }
}

model! {
    /// What a scan found.
    pub struct IacResult {
        /// How far the scan is, while it is not finished; any word but `FINISHED` means that there is no result yet.
        [Shown] status = "status": text;
        /// By kind of templates; an empty list means that there was nothing to report.
        [Shown] result = "result": [IacGroup];
    }
}

endpoint! {
    /// Reads what a scan found.
    GetIacResult = "iac.result";
    GET "/cloudview-api/rest/v1/iac/scanResult";
    row 36, Documented "QIAC, JENK" -> IacResult;
    .limit_class = "iac";
    .quirks = &[
        "the header responseFormat: sarif asks for SARIF",
        "a status other than FINISHED means that there is no result yet",
    ];
    must {
        /// Id of the scan.
        Query scan_uuid = "scanUuid": String as ParamKind::Uuid;
    }
    may {
        /// `sarif` for SARIF.
        Header response_format = "responseFormat": String as ParamKind::OneOf(&["sarif"]);
    }
}

endpoint! {
    /// Reads what a scan found, at another place.
    GetIacResultByPath = "iac.result-by-path";
    GET "/cloudview-api/rest/v1/iac/getScanResult/{scanUuid}";
    row 36, Seen "QCLI" -> IacResult;
    .limit_class = "iac";
    .quirks = &["named by one client only, unconfirmed; the form of the answer is taken from iac.result"];
    must {
        /// Id of the scan.
        Path scan_uuid = "scanUuid": String as ParamKind::Uuid;
    }
    may {
        /// `sarif` for SARIF.
        Header response_format = "responseFormat": String as ParamKind::OneOf(&["sarif"]);
    }
}
