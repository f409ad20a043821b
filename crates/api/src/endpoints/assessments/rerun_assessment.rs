use crate::endpoint;

endpoint! {
    /// Runs an assessment report again.
    RerunAssessment = "assessments.rerun";
    POST "/cloudview-api/rest/v1/report/assessment/{reportId}/rerun";
    row 30, Documented "SW21" -> serde_json::Value;
    .answer = Answer::Text;
    .limit_class = "report";
    .effect = Effect::Act;
    must {
        /// Id of the report.
        Path report_id = "reportId": String as ParamKind::Uuid;
    }
    may {}
}
