//! Registrations at the neighbours of the service: snapshot scanning and FlexScan.

use crate::operation::Args;
use crate::{endpoint, model};
use serde_json::Value;

macro_rules! snapshot {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal; $path:literal) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            POST $path;
            row 40, Seen "CONN2.15, CONN2.18" -> Value;
            .host = Host::Gateway;
            .limit_class = "snapshot";
            .quirks = &[
                "only the path and the statuses 200, 201, 304, 400, 401 and 404 are known; the method and the body are guesses",
            ];
            must {
                /// The body, sent as given.
                Whole body = "body": Value as ParamKind::Json;
            }
            may {}
        }
    };
}

snapshot! {
    /// Registers a run of a snapshot scanner.
    RegisterScannerRun = "snapshot.register-scanner-run";
    "/conn/snapshot/v1.0/register-scanner-run"
}

snapshot! {
    /// Registers a service account for snapshot scanning.
    RegisterServiceAccount = "snapshot.register-service-account";
    "/conn/snapshot/v1.0/register-service-account"
}

model! {
    /// A FlexScan service account.
    pub struct FlexScanAccount {
        /// Account.
        [Id, Shown] account_id = "accountId": sint;
        /// Status.
        [Shown] status = "status": text;
        /// When it was registered.
        [Shown] registered_at = "registeredAt": time;
    }
}

model! {
    /// When an answer was made.
    pub struct AnswerMeta {
        /// When.
        timestamp = "timestamp": time;
    }
}

model! {
    /// What became of a registration at FlexScan.
    pub struct FlexScanAnswer {
        /// The account.
        [Shown] data = "data": FlexScanAccount;
        /// What went wrong.
        [Shown] errors = "errors": [open];
        /// About the answer.
        meta = "meta": AnswerMeta;
    }
}

/// An AWS account has twelve digits.
fn account(args: &Args) -> Result<(), (&'static str, String)> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = text("accountId");
    if text("cloudType") == "AWS" && !(id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())) {
        return Err(("accountId", format!("an AWS account has twelve digits, not '{id}'")));
    }
    Ok(())
}

endpoint! {
    /// Registers a service account for FlexScan.
    RegisterFlexScan = "flexscan.register";
    POST "/flexscan-api/rest/v1/service-accounts/register";
    row 41, Documented "CONN2.18" -> FlexScanAnswer;
    .host = Host::Gateway;
    .limit_class = "flexscan";
    .rule = Some(account);
    must {
        /// Account.
        Body account_id = "accountId": String as ParamKind::Text;
        /// Cloud: `AWS`, `AZURE`, `GCP` or `OCI`.
        Body cloud_type = "cloudType": String as ParamKind::OneOf(&["AWS", "AZURE", "GCP", "OCI"]);
    }
    may {}
}
