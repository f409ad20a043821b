//! The page of the tokens of filters.

use super::{code, table};
use std::fmt::Write;
use totalcloud_api::endpoints::by_id;
use totalcloud_api::qql::{self, Family};

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Tokens of filters\n\nWhat filters in the service's query language may ask for, as far as it is known; \
         `totalcloud qql tokens` prints the same. A **guess** may be unknown to the service, which answers an unknown \
         token with no rows. The names of the fields of a row can be tried as well. How the language is read is told \
         in [Filters](../guide/filters.md).\n",
    );
    for family in Family::ALL {
        let _ = write!(text, "\n## {family}\n\n");
        let operations: Vec<String> = qql::operations()
            .filter(|(id, _, f)| f == family && by_id(id).is_some())
            .map(|(id, parameter, _)| format!("{} of {}", code(parameter), code(id)))
            .collect();
        let _ = write!(text, "{}.\n\n", operations.join(", "));
        let rows = family.tokens().map(|t| {
            vec![
                code(t.name),
                t.takes.to_string(),
                t.doc.into(),
                t.source.into(),
                t.confidence.as_str().into(),
            ]
        });
        text.push_str(&table(&["token", "takes", "meaning", "source", "confidence"], rows));
    }
    text
}
