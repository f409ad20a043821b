//! Posture: the results of controls, per account and per resource.

mod get_evaluation_stats;
mod list_account_evaluations;
mod list_oci_evaluations;
mod list_resource_evaluations;

pub use get_evaluation_stats::{EvaluationStats, ExceptionMetadata, GetEvaluationStats};
pub use list_account_evaluations::{AccountEvaluation, ListAccountEvaluations};
pub use list_oci_evaluations::ListOciEvaluations;
pub use list_resource_evaluations::{
    Evidence, ListResourceEvaluations, ListResourceEvaluationsV2, ResourceEvaluation,
};

use crate::Provider::{self, Aws, Azure, Gcp};

pub(crate) const WITH_EVALUATIONS: &[Provider] = &[Aws, Azure, Gcp];
