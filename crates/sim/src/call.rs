//! One request as its handler sees it.

use crate::config::Oversize;
use crate::iac::Looked;
use crate::page::Turn;
use crate::reply::{Errors, Reply};
use crate::service::Service;
use crate::world::World;
use http::HeaderMap;
use jiff::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::operation::is_uuid;

/// The query of a request, decoded as Spring does it: `+` is a space.
#[derive(Debug, Default)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
    } else {
        percent_encoding::percent_decode_str(text).decode_utf8_lossy()
    }
}

impl<'a> Query<'a> {
    pub(crate) fn parse(text: &'a str) -> Query<'a> {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Query(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_ref())
    }
}

/// The page a request asks for, after the rules of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageAsk {
    pub(crate) number: u64,
    pub(crate) size: u64,
}

impl PageAsk {
    pub(crate) fn offset(self) -> u64 {
        self.number.saturating_mul(self.size)
    }
}

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) service: &'a Service,
    pub(crate) world: &'a World,
    pub(crate) id: OperationId,
    /// Whether it came by the operation's other path.
    pub(crate) other_path: bool,
    pub(crate) params: Vec<(&'static str, Cow<'a, str>)>,
    pub(crate) query: Query<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// What was found in templates that were uploaded.
    pub(crate) looked: Option<Arc<Looked>>,
    pub(crate) errors: Errors<'a>,
    /// Path and query as they came.
    pub(crate) target: &'a str,
    /// Scheme and host that the client used.
    pub(crate) origin: String,
    /// The running clock.
    pub(crate) now: Timestamp,
    /// The world's clock, running on from where the world stands; what QQL means by `now`.
    pub(crate) world_now: Timestamp,
    /// Which rows a page shows.
    pub(crate) turn: Turn,
}

impl<'a> Call<'a> {
    /// A parameter of the path; routing made sure that it is there.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v.as_ref())
    }

    /// The provider of a path that spells it in lower case.
    pub(crate) fn provider(&self) -> Result<Provider, Reply> {
        let given = self.param("provider");
        let providers = self.id.operation().providers;
        providers.iter().copied().find(|p| p.as_str() == given).ok_or_else(|| self.errors.no_such_path())
    }

    /// The provider of an inventory path. The sources disagree on Azure and OCI, so both spellings are served;
    /// lower-case `aws`, `azure` and `gcp` answer 404.
    pub(crate) fn inventory_provider(&self) -> Result<Provider, Reply> {
        match self.param("provider") {
            "AWS" => Ok(Provider::Aws),
            "Azure" | "AZURE" => Ok(Provider::Azure),
            "GCP" => Ok(Provider::Gcp),
            "oci" | "OCI" => Ok(Provider::Oci),
            _ => Err(self.errors.no_such_path()),
        }
    }

    /// The provider of the `cloudType` query parameter, in any case: one of those that the operation has.
    pub(crate) fn cloud(&self) -> Result<Provider, Reply> {
        self.query
            .get("cloudType")
            .and_then(|given| {
                let providers = self.id.operation().providers;
                providers.iter().copied().find(|p| p.as_str().eq_ignore_ascii_case(given))
            })
            .ok_or_else(|| self.errors.bad_parameter("cloudType"))
    }

    /// A path parameter that must be a UUID.
    pub(crate) fn uuid(&self, name: &str) -> Result<&str, Reply> {
        Some(self.param(name)).filter(|id| is_uuid(id)).ok_or_else(|| self.errors.bad_uuid())
    }

    /// The page asked for, by the rules of the operation.
    pub(crate) fn page(&self) -> Result<PageAsk, Reply> {
        let number = |name: &str, least: u64| match self.query.get(name) {
            None => Ok(None),
            Some(text) => match text.parse::<u64>().ok().filter(|n| *n >= least && *n <= i32::MAX as u64) {
                Some(n) => Ok(Some(n)),
                None => Err(self.errors.bad_parameter(name)),
            },
        };
        let rules = self.id.operation().paging;
        let (page_name, size_name) = rules.map_or(("pageNo", "pageSize"), |p| (p.page, p.size));
        let (default, seen) =
            rules.map_or((50, 50), |p| (u64::from(p.default_size), u64::from(p.largest_seen)));
        let largest = self.service.max_page_size.map_or(seen, u64::from);
        let page = number(page_name, 0)?.unwrap_or(0);
        let size = match number(size_name, 1)? {
            None => default.min(largest),
            Some(size) if size <= largest => size,
            Some(_) if self.service.oversize == Oversize::Reject => {
                return Err(self.errors.bad_parameter(size_name));
            }
            Some(_) => largest,
        };
        Ok(PageAsk { number: page, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_as_the_service_does() {
        let query = Query::parse("filter=a%3A%5Bnow-8h+..+now%5D&x&y=1&y=2");
        assert_eq!(query.get("filter"), Some("a:[now-8h .. now]"));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.get("y"), Some("1"));
        assert_eq!(query.get("z"), None);
    }
}
