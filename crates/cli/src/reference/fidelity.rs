//! The page that says what is known of the service, from where, and how sure it is.

use super::{code, table};
use std::fmt::Write;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::fidelity::{FACTS, SOURCES};
use totalcloud_api::resources::{self, Confidence};
use totalcloud_sim::Size;

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Fidelity\n\nWhat is known of the service, from where, and how sure it is: **documented** is vendor text or \
         vendor-authored code, **seen** is independent client code or notes, **guess** is inference. The simulator \
         follows this page, not the client.\n\n## Facts\n\n",
    );
    let rows = FACTS.iter().map(|f| {
        vec![f.topic.into(), f.fact.into(), f.source.into(), f.confidence.as_str().into(), f.here.into()]
    });
    text.push_str(&table(&["about", "fact", "source", "confidence", "here"], rows));

    text.push_str("\n## Operations\n\n");
    let rows = OperationId::ALL.iter().map(|id| {
        let op = id.operation();
        vec![
            op.row.to_string(),
            code(op.id),
            format!("{} {}", op.method.as_str(), code(op.path)),
            op.source.into(),
            op.confidence.as_str().into(),
            op.quirks.join("; "),
        ]
    });
    text.push_str(&table(&["row", "operation", "request", "source", "confidence", "quirks"], rows));

    text.push_str("\n## Resource types that are not documented\n\n");
    let rows = resources::all()
        .filter(|t| t.confidence != Confidence::Documented)
        .map(|t| vec![code(&t.key()), t.source.into(), t.confidence.as_str().into()]);
    text.push_str(&table(&["type", "source", "confidence"], rows));

    text.push_str("\n## The simulated company\n\nThe sizes of `totalcloud sim --size`; every type of every provider has rows in each.\n\n");
    let rows = Size::ALL.iter().map(|size| {
        let accounts: Vec<String> =
            Provider::ALL.iter().map(|p| format!("{} {p}", size.accounts(*p))).collect();
        vec![
            code(size.as_str()),
            size.resources().to_string(),
            accounts.join(", "),
            size.controls().to_string(),
        ]
    });
    text.push_str(&table(&["size", "resources", "accounts", "controls (about)"], rows));

    text.push_str("\n## Sources\n\n");
    for source in SOURCES {
        let _ = writeln!(text, "- **{}**: {}", source.key, source.what);
    }
    text
}
