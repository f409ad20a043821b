//! Each row against the model it should have. Nothing is lost by what does not fit; it is told.

use crate::listing::Part;
use crate::rows::Oddity;
use serde::de::DeserializeOwned;
use totalcloud_api::endpoints::connectors::{BaseAccount, Connector, ConnectorError};
use totalcloud_api::endpoints::evaluations::{AccountEvaluation, EvaluationStats, ResourceEvaluation};
use totalcloud_api::endpoints::policies::{Mandate, Policy, PolicyV1};
use totalcloud_api::endpoints::{
    OperationId, assessments::AssessmentReport, by_id, controls::Control, remediation::RemediationActivity,
};
use totalcloud_api::model::{self, Misfit, Model};

type Check = fn(&[u8]) -> Result<Vec<Misfit>, serde_json::Error>;

fn typed<T: Model + DeserializeOwned>(row: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
    model::from_slice::<T>(row).map(|row| row.misfits())
}

/// For rows without a model: they must be objects, and that is all that can be said.
fn object(row: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(row).map(|_| Vec::new())
}

fn of_operation(id: Option<OperationId>) -> Check {
    match id {
        Some(OperationId::ConnectorsList | OperationId::ConnectorsGet) => typed::<Connector>,
        Some(OperationId::ConnectorsErrors) => typed::<ConnectorError>,
        Some(OperationId::ConnectorsBaseAccount) => typed::<BaseAccount>,
        Some(OperationId::ControlsList) => typed::<Control>,
        Some(OperationId::EvaluationsAccount | OperationId::EvaluationsOci) => typed::<AccountEvaluation>,
        Some(OperationId::EvaluationsResources) => typed::<ResourceEvaluation>,
        Some(OperationId::EvaluationsStats) => typed::<EvaluationStats>,
        Some(OperationId::PoliciesListV1) => typed::<PolicyV1>,
        Some(OperationId::PoliciesList) => typed::<Policy>,
        Some(OperationId::MandatesListV1 | OperationId::MandatesList) => typed::<Mandate>,
        Some(OperationId::AssessmentsList) => typed::<AssessmentReport>,
        Some(OperationId::RemediationList) => typed::<RemediationActivity>,
        _ => object,
    }
}

/// The check for the rows of a part: what it is given is a row as it came, and its number.
pub fn of(part: &Part) -> impl Fn(&[u8], u64) -> Vec<Oddity> + use<> {
    let listed = part.listed;
    let check = of_operation(by_id(part.operation.id));
    move |row, at| {
        let found = match listed {
            Some(listed) => listed.check(row),
            None => check(row),
        };
        match found {
            Ok(misfits) => misfits
                .into_iter()
                .map(|m| Oddity {
                    row: at,
                    path: m.path,
                    reason: format!("expected {}, found {}", m.expected, m.found),
                })
                .collect(),
            Err(e) => vec![Oddity { row: at, path: "$".to_owned(), reason: unreadable(&e) }],
        }
    }
}

/// Why a row cannot be read, without a piece of it.
fn unreadable(e: &serde_json::Error) -> String {
    if e.is_data() {
        "expected an object, found something else".to_owned()
    } else {
        format!("it is not valid JSON at line {} column {}", e.line(), e.column())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ListArgs;

    #[test]
    fn what_does_not_fit_is_named_by_its_path_and_not_shown() {
        let part = Part::new(OperationId::ConnectorsList.operation(), &ListArgs::default(), "x").unwrap();
        let check = of(&part);
        assert_eq!(check(br#"{"connectorId":"c","totalAssets":"12","new":1}"#, 0), []);
        let found = check(br#"{"connectorId":"c","totalAssets":"canary"}"#, 7);
        assert_eq!((found.len(), found[0].row, found[0].path.as_str()), (1, 7, "$.totalAssets"));
        assert!(!found[0].reason.contains("canary"), "{}", found[0].reason);
        assert_eq!(check(b"null", 1)[0].path, "$");
        assert_eq!(check(b"[1]", 1)[0].reason, "expected an object, found something else");
    }
}
