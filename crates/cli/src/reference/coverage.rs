//! The page that says of every endpoint of the service where it is to be found here.

use super::{code, table};
use crate::commands::shown_by;
use totalcloud_api::coverage::INDEX;
use totalcloud_api::endpoints::OperationId;

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Coverage\n\nEvery endpoint of the service that is known, and where it is found: from Rust by its request \
         struct, from the command by its noun and verb or as `totalcloud api <operation>`.\n\n\
         The simulator's answers are **computed** (fields and rules of the sources, rows from the simulated company), \
         **kept** (the same, and what is made, changed or deleted stays so), **in part guessed**, or an **envelope** \
         (nothing but the outer form is known). Where the sources come from stands in [Fidelity](fidelity.md).\n\n",
    );
    let mut rows = Vec::new();
    for row in INDEX {
        for id in OperationId::ALL.iter().filter(|id| id.operation().row == row.number) {
            let op = id.operation();
            let mut paths = vec![op.path];
            paths.extend(op.other_path);
            for path in paths {
                rows.push(vec![
                    row.number.to_string(),
                    row.what.to_owned(),
                    code(op.id),
                    format!("{} {}", op.method.as_str(), code(path)),
                    code(&op.rust_path()),
                    code(shown_by(*id)),
                    totalcloud_sim::fidelity(*id).as_str().to_owned(),
                    op.source.to_owned(),
                    op.confidence.as_str().to_owned(),
                ]);
            }
        }
    }
    let head =
        ["row", "what for", "operation", "request", "Rust", "command", "simulator", "source", "confidence"];
    text.push_str(&table(&head, rows));
    text.push_str(
        "\nThere is no Python package yet; its names will stand here beside those of Rust.\n\n\
         Known not to exist: `/cloudview-api/rest/v1/oci/connectors`, `/cloudview-api/rest/v1/policy`, \
         `/cloudview-api/rest/v1/remediation/activities` and the deletion of one connector by its path. \
         Exceptions cannot be made or changed: the product's menu has it, no source shows its form.\n",
    );
    text
}
