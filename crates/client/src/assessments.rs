//! An assessment report from the order to the file.

use crate::answer::Download;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::pager::PageOptions;
use crate::poll::{Awaited, Look, PollPolicy};
use futures_util::TryStreamExt as _;
use totalcloud_api::endpoints::assessments::{
    AssessmentReport, CreateAssessment, CreateAssessmentV1, DownloadAssessment, ListAssessments,
};
use totalcloud_api::operation::Endpoint;

/// An order for a report, by either version of the API.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AssessmentRequest {
    /// Version 1.
    V1(CreateAssessmentV1),
    /// Version 2.
    V2(CreateAssessment),
}

impl From<CreateAssessmentV1> for AssessmentRequest {
    fn from(order: CreateAssessmentV1) -> AssessmentRequest {
        AssessmentRequest::V1(order)
    }
}

impl From<CreateAssessment> for AssessmentRequest {
    fn from(order: CreateAssessment) -> AssessmentRequest {
        AssessmentRequest::V2(order)
    }
}

impl Client {
    /// Orders a report and brings back its id.
    ///
    /// # Errors
    /// If an argument does not fit, the service refuses the order, or its answer holds no id. An order is not
    /// sent again if it may have arrived.
    pub async fn create_assessment(&self, order: impl Into<AssessmentRequest>) -> Result<String, Error> {
        let request = match order.into() {
            AssessmentRequest::V1(order) => self.request(&order)?,
            AssessmentRequest::V2(order) => self.request(&order)?,
        };
        let answer = self.send(&request).await?;
        report_id(&answer.body).ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                "the service took the order, but its answer holds no id of a report",
            )
            .with_operation(answer.operation)
            .with_hint("look for the report with 'totalcloud assessments list'")
        })
    }

    /// Waits until a report is finished.
    ///
    /// # Errors
    /// If the report fails, is not finished in time, or the service fails for good.
    pub async fn wait_for_assessment(
        &self,
        report_id: &str,
        poll: &PollPolicy,
    ) -> Result<AssessmentReport, Error> {
        let operation = ListAssessments::OPERATION;
        let awaited = Awaited {
            operation,
            noun: "report",
            id: report_id,
            later: format!(
                "it goes on: download it later with 'totalcloud assessments download {report_id}'"
            ),
        };
        self.wait_until(&awaited, poll, async || {
            let report = self.find_assessment(report_id).await?;
            let status = report.as_ref().and_then(|r| r.status.clone());
            match (stage(status.as_deref()), report) {
                (Stage::Finished, Some(report)) => Ok(Look::Done(report)),
                (Stage::Failed, _) => {
                    let message = format!("the report {report_id} ended as {}", status.unwrap_or_default());
                    Err(Error::new(ErrorKind::Failed, message)
                        .with_operation(operation.id)
                        .with_hint("it can be run again with 'totalcloud assessments rerun'"))
                }
                _ => Ok(Look::Running(status)),
            }
        })
        .await
    }

    async fn find_assessment(&self, report_id: &str) -> Result<Option<AssessmentReport>, Error> {
        let list = ListAssessments::new().report_id(report_id);
        let mut rows = self.rows(&list, PageOptions::default())?;
        // The parameter is newer than the operation: a service that does not know it lists all reports.
        while let Some(row) = rows.try_next().await? {
            if row.value.report_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(report_id)) {
                return Ok(Some(row.value));
            }
        }
        Ok(None)
    }

    /// Downloads a finished report, from whichever of the two places has it. `format` is `csv` or `pdf`.
    ///
    /// # Errors
    /// If the service has no such report, or fails for good.
    pub async fn download_assessment(
        &self,
        report_id: &str,
        format: Option<&str>,
    ) -> Result<Download, Error> {
        let mut request = DownloadAssessment::new(report_id);
        request.report_format = format.map(str::to_ascii_lowercase);
        self.download(&request).await
    }

    /// Orders a report, waits for it and downloads it.
    ///
    /// # Errors
    /// As the three steps.
    pub async fn create_and_download_assessment(
        &self,
        order: impl Into<AssessmentRequest>,
        poll: &PollPolicy,
    ) -> Result<(AssessmentReport, Download), Error> {
        let order = order.into();
        let format = match &order {
            AssessmentRequest::V1(order) => order.format.clone(),
            AssessmentRequest::V2(order) => order.format.clone(),
        };
        let id = self.create_assessment(order).await?;
        let report = self.wait_for_assessment(&id, poll).await?;
        let download = self.download_assessment(&id, Some(&format)).await?;
        Ok((report, download))
    }
}

/// The id in the answer to an order: bare, in quotes, or in an object.
fn report_id(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let id = match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(map)) => {
            map.get("reportId").or_else(|| map.get("id"))?.as_str()?.to_owned()
        }
        Ok(serde_json::Value::String(id)) => id,
        Ok(serde_json::Value::Null | serde_json::Value::Bool(_)) => return None,
        _ => text.to_owned(),
    };
    let id = id.trim();
    let sound =
        !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    sound.then(|| id.to_owned())
}

enum Stage {
    Running,
    Finished,
    Failed,
}

/// The order of the states is inferred from their names; a word that is new is waited on.
fn stage(status: Option<&str>) -> Stage {
    match status.map(str::to_ascii_uppercase).as_deref() {
        Some("COMPLETED" | "GENERATED") => Stage::Finished,
        Some("FAILED" | "REJECTED") => Stage::Failed,
        _ => Stage::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_each_form() {
        let id = "0f0e0d0c-1111-2222-3333-444455556666";
        for body in [id.to_owned(), format!("\"{id}\"\n"), format!(r#"{{"reportId":"{id}"}}"#)] {
            assert_eq!(report_id(body.as_bytes()).as_deref(), Some(id), "{body}");
        }
        for odd in ["", "{}", "<html>", "two words", "null ", "true"] {
            assert_eq!(report_id(odd.as_bytes()), None, "{odd}");
        }
    }
}
