use crate::{endpoint, model};

model! {
    /// An assessment report.
    pub struct AssessmentReport {
        /// Id of the report.
        [Id, Shown] report_id = "reportId": text;
        /// Name.
        [Shown] report_name = "reportName": text;
        /// Type, such as `ON_DEMAND`.
        report_type = "reportType": text;
        /// `ACCEPTED`, `QUEUED`, `PROCESSING`, `GENERATED`, `COMPLETED`, `FAILED`, `REJECTED`, or a word added since.
        [Shown] status = "status": text;
        /// File format.
        [Shown] file_format = "fileFormat": text;
        /// Template.
        template_name = "templateName": text;
        /// When it was asked for.
        [Shown] created_at = "createdAt": time;
        /// Who asked for it.
        [Shown, Sensitive] created_by = "createdBy": text;
        /// When it is deleted, seven days after it was made.
        [Shown] expires_on = "expiresOn": time;
    }
}

endpoint! {
    /// Lists the assessment reports.
    ListAssessments = "assessments.list";
    GET "/cloudview-api/rest/v1/report/assessment/list";
    row 28, Documented "SW21, QCLI" -> AssessmentReport;
    .answer = Answer::CountData;
    .paging = Some(Paging { other_first: Some(1), ..Paging::NUMBERED });
    .limit_class = "report";
    .quirks = &[
        "the first page is 0 by the Swagger file and 1 by two clients, one of them the vendor's (setting report_pages_from)",
        "calls without a filter can be very slow (QLEY)",
        "status is upper case in answers and capitalised in the query (QCLI)",
    ];
    must {}
    may {
        /// Who asked for it.
        Query created_by = "createdBy": String as ParamKind::Text;
        /// Name of the report.
        Query report_name = "reportName": String as ParamKind::Text;
        /// Status: `Accepted`, `Completed`, `Failed`, `Generated`, `Processing`.
        Query status = "status": String as ParamKind::Text;
        /// `createdOn`, `status` or `reportName`.
        Query sort_by = "sortBy": String as ParamKind::OneOf(&["createdOn", "status", "reportName"]);
        /// Id of the report.
        Query report_id = "reportId": String as ParamKind::Uuid;
        /// Number of the first page to read.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}
