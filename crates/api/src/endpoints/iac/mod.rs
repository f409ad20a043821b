//! Scans of infrastructure as code.

mod result;

pub use result::{
    GetIacResult, GetIacResultByPath, IacCheck, IacCheckResult, IacFailedStats, IacGroup, IacResult,
    IacResults, IacSummary,
};

use crate::operation::Upload;
use crate::{endpoint, model};

model! {
    /// The scan that was begun.
    pub struct IacScanStarted {
        /// Id of the scan.
        [Id, Shown] scan_uuid = "scanUuid": text;
    }
}

model! {
    /// A scan.
    pub struct IacScan {
        /// Id of the scan.
        [Id, Shown] scan_uuid = "scanUuid": text;
        /// Name.
        [Shown] name = "name": text;
        /// `SUBMITTED`, `PROCESSING`, `FINISHED` or `ERROR`.
        [Shown] status = "status": text;
        /// When.
        [Shown] scan_date = "scanDate": time;
        /// Tags.
        tags = "tags": [open];
    }
}

endpoint! {
    /// Sends templates to be scanned.
    ScanIac = "iac.scan";
    POST "/cloudview-api/rest/v1/iac/scan";
    row 36, Documented "QIAC, JENK" -> IacScanStarted;
    .limit_class = "iac";
    .quirks = &[
        "the body is multipart; 10 MiB compressed at most",
        "zip, 7z, tar, or one template; tf, template, json, yaml and yml inside",
    ];
    must {
        /// Name of the scan.
        Part name = "name": String as ParamKind::Name(255);
        /// Archive or template.
        Part file = "file": Upload as ParamKind::File;
    }
    may {
        /// Whether results leave out what passed.
        Part show_only_failed_controls = "showOnlyFailedControls": bool as ParamKind::Bool;
        /// Repository.
        Part git_repo = "gitrepo": String as ParamKind::Text;
        /// Branch.
        Part branch = "branch": String as ParamKind::Text;
        /// Where the scan comes from.
        Part source = "source": String as ParamKind::Text;
        /// Policy to check against.
        Part policy_name = "policyName": String as ParamKind::Text;
        /// Tags, as JSON text.
        Part tags = "tags": String as ParamKind::Text;
    }
}

endpoint! {
    /// Lists the scans.
    ListIacScans = "iac.list";
    GET "/cloudview-api/rest/v1/iac/getScanList";
    row 36, Documented "QIAC, JENK, QCLI" -> IacScan;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "iac";
    must {}
    may {
        /// QQL over `scanUuid`, `status`, `scanDate`.
        Query filter = "filter": String as ParamKind::Qql;
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}
