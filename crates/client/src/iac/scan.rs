//! A scan from the upload to its result.

use super::IacUpload;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::pager::PageOptions;
use crate::poll::{Awaited, Look, PollPolicy};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};
use std::time::Duration;
use totalcloud_api::endpoints::iac::{
    GetIacResult, GetIacResultByPath, IacResult, IacScan, IacScanStarted, ListIacScans, ScanIac,
};
use totalcloud_api::model::from_slice;
use totalcloud_api::operation::Endpoint;

/// How long the list may miss a scan whose id was given: it may have been sent a moment ago.
const UNSEEN: Duration = Duration::from_secs(60);

/// What a scan is told beside the templates.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct IacOptions {
    /// Name of the scan; without one it is that of the upload.
    pub name: Option<String>,
    /// Whether results leave out what passed.
    pub only_failed: bool,
    /// Repository that the templates are from.
    pub git_repo: Option<String>,
    /// Branch that they are from.
    pub branch: Option<String>,
    /// Where the scan comes from, such as the name of a pipeline.
    pub source: Option<String>,
    /// Name of the policy to check against; it must be of the execution type build time.
    pub policy: Option<String>,
    /// Names and values.
    pub tags: Vec<(String, String)>,
}

/// Which document of a result is asked for, and where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IacDocument {
    /// SARIF in place of the service's own form.
    pub sarif: bool,
    /// At the place that only one client was seen to use. Otherwise it is tried where the documented one has
    /// nothing.
    pub by_path: bool,
}

impl IacDocument {
    /// SARIF.
    pub const SARIF: IacDocument = IacDocument { sarif: true, by_path: false };
}

impl IacOptions {
    /// The request that sends an upload.
    pub fn request(&self, upload: &IacUpload) -> ScanIac {
        let name = self.name.clone().unwrap_or_else(|| upload.file.file_name.clone());
        let mut scan = ScanIac::new(name, upload.file.clone());
        // The vendor's scanner sends it always.
        scan.show_only_failed_controls = Some(self.only_failed);
        scan.git_repo.clone_from(&self.git_repo);
        scan.branch.clone_from(&self.branch);
        scan.source.clone_from(&self.source);
        scan.policy_name.clone_from(&self.policy);
        scan.tags = (!self.tags.is_empty()).then(|| {
            let tag = |(name, value): &(String, String)| {
                Value::Object(Map::from_iter([(name.clone(), Value::from(value.as_str()))]))
            };
            Value::Array(self.tags.iter().map(tag).collect()).to_string()
        });
        scan
    }
}

impl Client {
    /// Sends templates to be scanned and brings back the id of the scan.
    ///
    /// # Errors
    /// If an argument does not fit, the service refuses the upload, or its answer holds no id. An upload is not
    /// sent again if it may have arrived.
    pub async fn scan_iac(&self, upload: &IacUpload, options: &IacOptions) -> Result<String, Error> {
        let answer = self.call(&options.request(upload)).await?;
        let started: Option<IacScanStarted> = from_slice(&answer.body).ok();
        started.and_then(|s| s.scan_uuid).filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "the service took the templates, but its answer holds no id of a scan";
            Error::new(ErrorKind::Decode, message)
                .with_operation(answer.operation)
                .with_hint("look for the scan with 'totalcloud iac list'")
        })
    }

    /// Waits until a scan is finished. The vendor's scanner looks every 30 seconds, and three times sooner.
    /// A scan that does not show within a minute is taken for missing.
    ///
    /// # Errors
    /// If the scan fails, there is no such scan, it is not finished in time, or the service fails for good.
    pub async fn wait_for_iac_scan(&self, scan_id: &str, poll: &PollPolicy) -> Result<IacScan, Error> {
        self.wait_for_scan(scan_id, poll, Some(UNSEEN)).await
    }

    /// Waits until a scan that [`Client::scan_iac`] began is finished. The service took it, so it is waited for as
    /// long as the policy says, even where the list does not show it yet.
    ///
    /// # Errors
    /// If the scan fails, it is not finished in time, or the service fails for good.
    pub async fn wait_for_new_iac_scan(&self, scan_id: &str, poll: &PollPolicy) -> Result<IacScan, Error> {
        self.wait_for_scan(scan_id, poll, None).await
    }

    async fn wait_for_scan(
        &self,
        scan_id: &str,
        poll: &PollPolicy,
        unseen: Option<Duration>,
    ) -> Result<IacScan, Error> {
        let operation = ListIacScans::OPERATION;
        let awaited = Awaited {
            operation,
            noun: "scan",
            id: scan_id,
            later: format!("it goes on: read its result later with 'totalcloud iac result {scan_id}'"),
        };
        let clock = &self.engine().clock;
        let began = clock.ticks();
        self.wait_until(&awaited, poll, async || {
            let scan = self.find_iac_scan(scan_id).await?;
            let status = scan.as_ref().and_then(|s| s.status.clone());
            match (scan, status.as_deref()) {
                (Some(scan), Some("FINISHED")) => Ok(Look::Done(scan)),
                (Some(_), Some("ERROR")) => Err(self.failed_scan(scan_id).await),
                (None, _) if unseen.is_some_and(|most| clock.ticks().saturating_sub(began) >= most) => {
                    let message = format!("there is no scan {scan_id}");
                    Err(Error::new(ErrorKind::NotFound, message).with_operation(operation.id))
                }
                _ => Ok(Look::Running(status)),
            }
        })
        .await
    }

    async fn find_iac_scan(&self, scan_id: &str) -> Result<Option<IacScan>, Error> {
        let list = ListIacScans::new().filter(format!("scanUuid:{scan_id}"));
        let mut rows = self.rows(&list, PageOptions::default())?;
        while let Some(row) = rows.try_next().await? {
            if row.value.scan_uuid.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(scan_id)) {
                return Ok(Some(row.value));
            }
        }
        Ok(None)
    }

    /// The error of a scan that failed, with what its result says of why.
    async fn failed_scan(&self, scan_id: &str) -> Error {
        match self.iac_document(scan_id, IacDocument::default()).await {
            Err(e) if e.kind() == ErrorKind::Failed => e,
            _ => failed(scan_id, None),
        }
    }

    /// What a finished scan found.
    ///
    /// # Errors
    /// If the scan is not finished, failed or unknown, or the service fails for good.
    pub async fn iac_result(&self, scan_id: &str) -> Result<IacResult, Error> {
        let body = self.iac_document(scan_id, IacDocument::default()).await?;
        from_slice(&body).map_err(|e| unreadable(&format!("at line {} column {}", e.line(), e.column())))
    }

    /// What a finished scan found, as the service writes it. It is looked at only to tell whether it is there.
    ///
    /// # Errors
    /// If the scan is not finished, failed or unknown, or the service fails for good.
    pub async fn iac_document(&self, scan_id: &str, document: IacDocument) -> Result<Bytes, Error> {
        let format = document.sarif.then(|| "sarif".to_owned());
        let mut by_path = GetIacResultByPath::new(scan_id);
        by_path.response_format.clone_from(&format);
        let answer = if document.by_path {
            self.call(&by_path).await?
        } else {
            let mut documented = GetIacResult::new(scan_id);
            documented.response_format = format;
            match self.call(&documented).await {
                // A tenant that serves the other place only answers so; where neither has it, the first one counts.
                Err(e) if e.kind() == ErrorKind::NotFound => self.call(&by_path).await.map_err(|_| e)?,
                // There the documented place is not at all, and says nothing of the scan.
                Err(e) if e.kind() == ErrorKind::WrongHost => match self.call(&by_path).await {
                    Err(other) if other.kind() == ErrorKind::WrongHost => return Err(e),
                    other => other?,
                },
                other => other?,
            }
        };
        is_there(scan_id, document.sarif, &answer.body).map_err(|e| e.with_operation(answer.operation))?;
        Ok(answer.body)
    }
}

/// Whether a body is the document of a finished scan.
fn is_there(scan_id: &str, sarif: bool, body: &[u8]) -> Result<(), Error> {
    let value: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| unreadable("it is no JSON object"))?;
    let status = value.get("status").and_then(Value::as_str);
    if let Some(word) = status.filter(|word| !word.eq_ignore_ascii_case("FINISHED")) {
        if word.eq_ignore_ascii_case("ERROR") {
            return Err(failed(scan_id, value.get("message").and_then(Value::as_str)));
        }
        let message = format!("the scan {scan_id} is {word}: there is no result yet");
        return Err(Error::new(ErrorKind::Conflict, message)
            .with_hint(format!("wait for it with 'totalcloud iac result {scan_id} --wait'")));
    }
    let (name, what) = if sarif { ("runs", "a SARIF document") } else { ("result", "the result of a scan") };
    if value.get(name).is_some_and(Value::is_array) {
        return Ok(());
    }
    Err(unreadable(&format!("it is not {what}: '{name}' is missing")))
}

fn failed(scan_id: &str, why: Option<&str>) -> Error {
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    Error::new(ErrorKind::Failed, format!("the scan {scan_id} failed{why}"))
        .with_operation(GetIacResult::OPERATION.id)
        .with_hint("check that the archive can be unpacked and holds templates, then scan again")
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the answer cannot be read: {why}"))
        .with_operation(GetIacResult::OPERATION.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finished_document_of_the_right_kind_is_one() {
        let kind = |sarif, body: &str| is_there("x", sarif, body.as_bytes()).map_err(|e| e.kind());
        for fine in [r#"{"result":[]}"#, r#"{"status":"FINISHED","result":[{}]}"#] {
            assert_eq!(kind(false, fine), Ok(()), "{fine}");
        }
        assert_eq!(kind(true, r#"{"version":"2.1.0","runs":[]}"#), Ok(()));
        assert_eq!(kind(true, r#"{"result":[]}"#), Err(ErrorKind::Decode));
        assert_eq!(kind(false, r#"{"runs":[]}"#), Err(ErrorKind::Decode));
        assert_eq!(kind(false, "<html>"), Err(ErrorKind::Decode));
        for sarif in [false, true] {
            assert_eq!(kind(sarif, r#"{"status":"PROCESSING","result":[]}"#), Err(ErrorKind::Conflict));
            assert_eq!(kind(sarif, r#"{"status":"ERROR"}"#), Err(ErrorKind::Failed));
        }
        let why = is_there("x", false, br#"{"status":"ERROR","message":"too big"}"#).unwrap_err();
        assert_eq!(why.message(), "the scan x failed: too big");
    }
}
