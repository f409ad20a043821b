//! Threat findings of cloud detection and response (CDR).

use crate::{endpoint, model};

model! {
    /// A threat finding.
    pub struct Finding {
        /// Id of the finding.
        [Id, Shown] uuid = "uuid": text;
        /// When.
        [Shown] timestamp = "timestamp": time;
        /// How bad, 1 to 5.
        [Shown] severity = "severity": int;
        /// Category of the threat.
        [Shown] threat_category = "threatCategory": text;
        /// Category.
        category = "category": text;
        /// Class of the alert.
        alert_class = "alertClass": text;
        /// What happened.
        [Shown] event_message = "eventMessage": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// Account.
        [Shown] cloud_account = "cloudAccount": sint;
        /// Region.
        region = "region": text;
        /// Type of the resource.
        resource_type = "resourceType": text;
        /// Resource.
        [Shown] resource_id = "resourceId": text;
        /// Resource that triggered it.
        triggered_resource = "triggeredResource": text;
        /// Resource at the other end.
        remote_resource = "remoteResource": text;
        /// Country of the other end.
        remote_country = "remote.country": text;
        /// City of the other end.
        remote_city = "remote.city": text;
        /// Container.
        container_name = "containerName": text;
        /// Pod.
        pod = "pod": text;
        /// Process.
        process_name = "processName": text;
        /// Image.
        image_name = "imageName": text;
        /// Deployment.
        deployment_name = "deploymentName": text;
        /// Rules of MITRE ATT&CK.
        mitre_rules_info = "mitreRulesInfo": open;
        /// Hash.
        hash = "hash": text;
        /// Id of the customer.
        customer_uuid = "customerUuid": text;
        /// Identity in the cloud.
        cloud_identifier = "cloudIdentifier": text;
    }
}

/// An end must not lie before its beginning; both are of one form, so their texts compare as they do.
fn ordered(args: &crate::operation::Args) -> Result<(), (&'static str, String)> {
    let text = |name: &str| args.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    if text("endAt") < text("startAt") {
        return Err(("endAt", "'endAt' lies before 'startAt'".to_owned()));
    }
    Ok(())
}

endpoint! {
    /// Lists the threat findings of a period.
    ListFindings = "findings.list";
    GET "/cdr-api/rest/v1/findings/";
    row 37, Documented "QCLI, NEL" -> Finding;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging {
        default_size: 100,
        largest_seen: 100,
        style: PageStyle::Offset,
        page: "offSet",
        size: "limit",
        ..Paging::NUMBERED
    });
    .limit_class = "cdr";
    .rule = Some(ordered);
    .quirks = &[
        "the slash at the end belongs to the path",
        "pages are asked for by limit and offSet, with a capital S",
        "tokens of the query begin with tc.findings.",
    ];
    must {
        /// Begin of the period.
        Query start_at = "startAt": String as ParamKind::InstantZ;
        /// End of the period.
        Query end_at = "endAt": String as ParamKind::InstantZ;
    }
    may {
        /// QQL with tokens such as `tc.findings.cloudProvider`.
        Query query = "query": String as ParamKind::Qql;
        /// Cloud.
        Query cloud_provider = "cloudProvider": String as ParamKind::Text;
        /// Account.
        Query cloud_account = "cloudAccount": String as ParamKind::Text;
        /// How bad, 1 to 5.
        Query severity = "severity": u32 as ParamKind::Range(1, 5);
        /// Type of the resource.
        Query resource_type = "resourceType": String as ParamKind::Text;
        /// Category.
        Query category = "category": String as ParamKind::Text;
        /// Rows a page.
        Query limit = "limit": u32 as ParamKind::Int(1);
        /// Rows before the first page to read.
        Query off_set = "offSet": u32 as ParamKind::Int(0);
    }
}
