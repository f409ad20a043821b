//! Assessment reports.

mod create_assessment;
mod download_assessment;
mod list_assessments;
mod rerun_assessment;

pub use create_assessment::{CreateAssessment, CreateAssessmentV1};
pub use download_assessment::DownloadAssessment;
pub use list_assessments::{AssessmentReport, ListAssessments};
pub use rerun_assessment::RerunAssessment;
