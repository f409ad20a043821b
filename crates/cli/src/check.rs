//! Each row against the model it should have. Nothing is lost by what does not fit; it is told.

use crate::listing::Part;
use crate::rows::Oddity;

/// The check for the rows of a part: what it is given is a row as it came, and its number.
pub fn of(part: &Part) -> impl Fn(&[u8], u64) -> Vec<Oddity> + use<> {
    let listed = part.listed;
    let check = part.operation.check;
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
    use totalcloud_api::endpoints::OperationId;

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
