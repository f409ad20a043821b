//! The targets by subject.

mod answers;
mod files;
mod filters;
mod models;
mod text;

use crate::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "page", run: answers::page },
    Target { name: "scan", run: text::scan },
    Target { name: "fault", run: answers::fault },
    Target { name: "headers", run: answers::headers },
    Target { name: "claims", run: answers::claims },
    Target { name: "resources_aws", run: models::aws },
    Target { name: "resources_azure", run: models::azure },
    Target { name: "resources_gcp", run: models::gcp },
    Target { name: "resources_oci", run: models::oci },
    Target { name: "connectors", run: models::connectors },
    Target { name: "controls", run: models::controls },
    Target { name: "evaluations", run: models::evaluations },
    Target { name: "policies", run: models::policies },
    Target { name: "alerts", run: models::alerts },
    Target { name: "scans", run: models::scans },
    Target { name: "portal", run: answers::portal },
    Target { name: "qql", run: filters::qql },
    Target { name: "dates", run: filters::dates },
    Target { name: "state", run: files::state },
    Target { name: "journal", run: files::journal },
    Target { name: "run", run: files::run },
    Target { name: "config", run: files::config },
    Target { name: "body", run: files::body },
];
