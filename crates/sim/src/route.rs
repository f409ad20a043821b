//! From a path to its operation. The templates of all operations are taken apart once at the start.

use http::Method;
use std::borrow::Cow;
use totalcloud_api::endpoints::OperationId;

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Word(&'static str),
    Hole(&'static str),
}

#[derive(Debug)]
struct Route {
    id: OperationId,
    other: bool,
    segments: Vec<Segment>,
}

/// What a path was found to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'p> {
    /// A path of this operation.
    Operation {
        id: OperationId,
        /// Whether it is the operation's other path.
        other: bool,
        params: Vec<(&'static str, Cow<'p, str>)>,
    },
    /// A path that exists with these methods only.
    OtherMethods(Vec<&'static str>),
    /// No path of the service.
    Nothing,
}

/// Finds the operation of a path.
#[derive(Debug)]
pub(crate) struct Router {
    /// By number of segments, so that a look-up compares only a few.
    by_length: Vec<Vec<Route>>,
}

impl Router {
    pub(crate) fn new() -> Router {
        let mut by_length: Vec<Vec<Route>> = Vec::new();
        for id in OperationId::ALL.iter().copied() {
            let op = id.operation();
            for (path, other) in [(Some(op.path), false), (op.other_path, true)] {
                let Some(path) = path else { continue };
                let segments: Vec<Segment> = path
                    .split('/')
                    .map(|s| match s.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                        Some(name) => Segment::Hole(name),
                        None => Segment::Word(s),
                    })
                    .collect();
                // A path that is one operation's own is not also another's second.
                let own = |o: &OperationId| o.operation().path == path && o.operation().method == op.method;
                if other && OperationId::ALL.iter().any(own) {
                    continue;
                }
                if by_length.len() <= segments.len() {
                    by_length.resize_with(segments.len() + 1, Vec::new);
                }
                by_length[segments.len()].push(Route { id, other, segments });
            }
        }
        for routes in &mut by_length {
            // Words win over holes, from the left, as in Spring.
            routes.sort_by_key(|r| {
                r.segments.iter().map(|s| matches!(s, Segment::Hole(_))).collect::<Vec<bool>>()
            });
        }
        Router { by_length }
    }

    pub(crate) fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        // The documents end these paths without a slash, a client in use with one.
        let path = path.strip_suffix('/').filter(|p| p.starts_with("/qps/")).unwrap_or(path);
        let length = path.bytes().filter(|b| *b == b'/').count() + 1;
        let mut others = Vec::new();
        for route in self.by_length.get(length).map_or(&[][..], Vec::as_slice) {
            if !route.matches(path) {
                continue;
            }
            let wanted = route.id.operation().method.as_str();
            if wanted != method.as_str() {
                others.push(wanted);
                continue;
            }
            let params = route
                .segments
                .iter()
                .zip(path.split('/'))
                .filter_map(|(segment, given)| match segment {
                    Segment::Hole(name) => {
                        Some((*name, percent_encoding::percent_decode_str(given).decode_utf8_lossy()))
                    }
                    Segment::Word(_) => None,
                })
                .collect();
            return Found::Operation { id: route.id, other: route.other, params };
        }
        others.sort_unstable();
        others.dedup();
        if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
    }
}

impl Route {
    fn matches(&self, path: &str) -> bool {
        self.segments.iter().zip(path.split('/')).all(|(segment, given)| match segment {
            Segment::Word(word) => *word == given,
            Segment::Hole(_) => !given.is_empty(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path of an operation with something in every hole.
    fn sample(template: &str) -> String {
        let fill = |s: &str| if s.starts_with('{') { format!("v%20{}", s.len()) } else { s.to_owned() };
        template.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn every_operation_is_found_at_each_of_its_paths() {
        let router = Router::new();
        for id in OperationId::ALL.iter().copied() {
            let op = id.operation();
            let method = Method::from_bytes(op.method.as_str().as_bytes()).unwrap();
            let path = sample(op.path);
            let Found::Operation { id: found, params, other } = router.find(&method, &path) else {
                panic!("{path} is not found");
            };
            assert_eq!((found, other), (id, false), "{path}");
            assert_eq!(Some(params), op.match_path(&path));
        }
    }

    #[test]
    fn words_win_over_holes() {
        let router = Router::new();
        let find = |path: &str| match router.find(&Method::GET, path) {
            Found::Operation { id, other, .. } => (id, other),
            other => panic!("{path}: {other:?}"),
        };
        let base = "/cloudview-api/rest/v1";
        assert_eq!(
            find(&format!("{base}/aws/connectors/awsBaseAccountId")),
            (OperationId::ConnectorsBaseAccount, false)
        );
        assert_eq!(find(&format!("{base}/aws/connectors/x")), (OperationId::ConnectorsGet, false));
        assert_eq!(
            find(&format!("{base}/report/assessment/download/x")),
            (OperationId::AssessmentsDownload, true)
        );
        assert_eq!(find(&format!("{base}/reports/mandates")), (OperationId::MandatesListV1, false));
        assert_eq!(find(&format!("{base}/oci/evaluations/")), (OperationId::EvaluationsOci, false));
    }

    #[test]
    fn a_known_path_with_another_method_names_the_methods() {
        let router = Router::new();
        let path = "/cloudview-api/rest/v1/aws/connectors";
        assert_eq!(router.find(&Method::PUT, path), Found::OtherMethods(vec!["DELETE", "GET", "POST"]));
        let policies = "/cloudview-api/rest/v2/policies";
        assert_eq!(router.find(&Method::DELETE, policies), Found::OtherMethods(vec!["GET"]));
        assert_eq!(router.find(&Method::GET, "/cloudview-api/rest/v1/policy"), Found::Nothing);
        assert_eq!(router.find(&Method::GET, "/cloudview-api/rest/v1/aws/connectors/"), Found::Nothing);
    }

    #[test]
    fn below_qps_a_slash_at_the_end_changes_nothing() {
        let router = Router::new();
        let path = "/qps/rest/2.0/search/am/tag";
        let found = router.find(&Method::POST, path);
        assert!(matches!(found, Found::Operation { id: OperationId::TagsSearch, .. }), "{found:?}");
        assert_eq!(router.find(&Method::POST, &format!("{path}/")), found);
    }
}
