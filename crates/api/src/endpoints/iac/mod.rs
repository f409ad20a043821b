//! Scans of infrastructure as code.

mod result;

pub use result::{
    GetIacResult, GetIacResultByPath, IacCheck, IacCheckResult, IacFailedStats, IacGroup, IacResult,
    IacResults, IacSummary,
};

use crate::operation::{Args, Upload};
use crate::{endpoint, model};
use serde_json::Value;

/// Endings of the names of templates (QIAC, JENK).
pub const TEMPLATE_TYPES: [&str; 5] = ["tf", "template", "json", "yaml", "yml"];

/// Endings of the names of archives. The vendor's scanner takes `gz` as `tar.gz`, or by the name inside; `tgz` is a
/// guess.
pub const ARCHIVE_TYPES: [&str; 5] = ["zip", "7z", "tar", "gz", "tgz"];

/// Bytes that an upload may have at most. The vendor's scanner sends what is smaller.
pub const LARGEST_UPLOAD: u64 = 10 * 1024 * 1024;

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

/// What is no archive and no template by its name is not taken, and neither is what is too big.
fn sendable(args: &Args) -> Result<(), (&'static str, String)> {
    let of = |name: &str| args.get("file").and_then(|file| file.get(name)).and_then(Value::as_str);
    let (name, base64) = (of("fileName").unwrap_or_default(), of("base64").unwrap_or_default());
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending);
    if !TEMPLATE_TYPES.iter().chain(&ARCHIVE_TYPES).any(|known| known.eq_ignore_ascii_case(ending)) {
        return Err((
            "file",
            format!(
                "'file' wants a template ({}) or an archive ({}), and '{name}' is neither by its name",
                TEMPLATE_TYPES.join(", "),
                ARCHIVE_TYPES.join(", ")
            ),
        ));
    }
    let padding = base64.bytes().rev().take_while(|b| *b == b'=').count() as u64;
    let bytes = (base64.len() as u64 / 4 * 3).saturating_sub(padding);
    if bytes > LARGEST_UPLOAD {
        let told = format!("'file' has {bytes} bytes, and the service takes at most {LARGEST_UPLOAD}");
        return Err(("file", told));
    }
    Ok(())
}

endpoint! {
    /// Sends templates to be scanned.
    ScanIac = "iac.scan";
    POST "/cloudview-api/rest/v1/iac/scan";
    row 36, Documented "QIAC, JENK" -> IacScanStarted;
    .limit_class = "iac";
    .rule = Some(sendable);
    .quirks = &[
        "the body is multipart; 10 MiB compressed at most",
        "zip, 7z, tar, or one template; tf, template, json, yaml and yml inside",
    ];
    must {
        /// Name of the scan.
        Part name = "name": String as ParamKind::Filled;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Endpoint as _;
    use serde_json::json;

    #[test]
    fn only_what_can_be_scanned_is_sent() {
        let sent = |name: &str, bytes: usize| {
            let text = "AAAA".repeat(bytes / 3) + ["", "AA==", "AAA="][bytes % 3];
            let args = json!({"file": {"fileName": name, "base64": text}});
            sendable(args.as_object().unwrap()).map_err(|(_, reason)| reason)
        };
        for name in ["main.tf", "a.b.YAML", "x.zip", "x.7z", "x.tar", "x.tar.gz", "x.tgz"] {
            assert_eq!(sent(name, 5), Ok(()), "{name}");
        }
        for name in ["x.exe", "tf", ".tf", "x.tf.bak", ""] {
            assert!(sent(name, 5).unwrap_err().contains("neither by its name"), "{name}");
        }
        let most = LARGEST_UPLOAD as usize;
        assert_eq!(sent("x.zip", most), Ok(()));
        for over in 1..4 {
            assert!(sent("x.zip", most + over).unwrap_err().contains(&(most + over).to_string()));
        }
        assert!(ScanIac::OPERATION.rule.is_some());
    }
}
