use crate::endpoint;

endpoint! {
    /// Downloads an assessment report.
    DownloadAssessment = "assessments.download";
    GET "/cloudview-api/rest/v1/report/assessment/{reportId}/download";
    row 29, Documented "SW21, QLEY; QCLI for the other path" -> serde_json::Value;
    .answer = Answer::File;
    .limit_class = "report";
    .other_path = Some("/cloudview-api/rest/v1/report/assessment/download/{reportId}");
    .quirks = &["the other path answers a ZIP archive; it is tried when the first answers 404"];
    must {
        /// Id of the report.
        Path report_id = "reportId": String as ParamKind::Uuid;
    }
    may {
        /// `csv` or `pdf`.
        Query report_format = "reportFormat": String as ParamKind::OneOf(&["csv", "pdf"]);
    }
}
