//! Threat findings (CDR).

use crate::call::{Call, PageAsk};
use crate::config::Oversize;
use crate::page;
use crate::reply::{Answer, Reply};
use crate::state::table::{Row, text};
use jiff::Timestamp;
use serde_json::Value;
use totalcloud_api::Time;
use totalcloud_api::qql::{self, FieldValue, Record, Values};

/// What every token begins with.
const PREFIX: &str = "tc.findings.";

/// The words of severities. The vendor's documentation has words and its client numbers 1 to 5; rows have numbers.
/// Which word is which number is a guess.
const SEVERITIES: [(&str, i64); 4] = [("LOW", 2), ("MEDIUM", 3), ("HIGH", 4), ("CRITICAL", 5)];

struct Finding<'a>(&'a Row);

impl Record for Finding<'_> {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let field = match token.strip_prefix(PREFIX)? {
            "cloudProvider" => "cloudType",
            field => field,
        };
        let value = match self.0.get(field)? {
            Value::String(text) if field == "timestamp" => FieldValue::Time(Time::parse(text)?.instant()),
            Value::String(text) => FieldValue::text(text.as_str()),
            Value::Number(number) => FieldValue::Int(number.as_i64()?),
            Value::Null => FieldValue::Null,
            // The fields inside are not known to be tokens.
            _ => return None,
        };
        Some(value.into())
    }
}

/// `GET …/findings/`
pub(super) fn list(call: &Call<'_>) -> Answer {
    let errors = &call.errors;
    let number = |name: &str, least: u64| match call.query.get(name) {
        None => Ok(None),
        Some(text) => match text.parse::<u64>().ok().filter(|n| *n >= least && *n <= i32::MAX as u64) {
            Some(n) => Ok(Some(n)),
            None => Err(errors.bad_parameter(name)),
        },
    };
    let (from, to) = (instant(call, "startAt")?, instant(call, "endAt")?);
    if to < from {
        return Err(errors.bad_parameter("endAt"));
    }
    let rules = call.id.operation().paging;
    let (default, most) = rules.map_or((100, 100), |p| (p.default_size.into(), p.largest_seen.into()));
    let most = call.service.max_page_size.map_or(most, u64::from);
    let size = match number("limit", 1)?.unwrap_or(default.min(most)) {
        size if size > most && call.service.oversize == Oversize::Reject => {
            return Err(errors.bad_parameter("limit"));
        }
        size => size.min(most),
    };
    let offset = number("offSet", 0)?.unwrap_or(0);
    let severity = match call.query.get("severity") {
        None => None,
        Some(given) => {
            let word = SEVERITIES.iter().find(|(word, _)| word.eq_ignore_ascii_case(given)).map(|(_, n)| *n);
            let number = word.or_else(|| given.parse().ok().filter(|n| (1..=5).contains(n)));
            Some(number.ok_or_else(|| errors.bad_parameter("severity"))?)
        }
    };
    let query = qql::parse(call.query.get("query").unwrap_or_default())
        .map_err(|e| errors.bad_request(&format!("Parameter query has invalid value: {e}")))?;
    let matcher = query.at(call.world_now);
    let same = |row: &Row, name: &str, field: &str| {
        call.query.get(name).is_none_or(|wanted| text(row, field).eq_ignore_ascii_case(wanted))
    };
    let mut rows = call.world.findings();
    rows.retain(|row| {
        Time::parse(text(row, "timestamp")).is_some_and(|t| (from..=to).contains(&t.instant()))
            && severity.is_none_or(|s| row.get("severity").and_then(Value::as_i64) == Some(s))
            && same(row, "cloudProvider", "cloudType")
            && same(row, "cloudAccount", "cloudAccount")
            && same(row, "resourceType", "resourceType")
            && same(row, "category", "category")
            && matcher.matches(&Finding(row)).is_yes()
    });
    Ok(shown(call, &rows, offset, size))
}

/// The rows of a page. Where it begins inside one, the number of the page is that of its first row.
fn shown(call: &Call<'_>, rows: &[Row], offset: u64, size: u64) -> Reply {
    let page = PageAsk { number: offset / size, size };
    let within = usize::try_from(offset % size).unwrap_or(0);
    let rest = rows.get(within..).unwrap_or_default();
    let places = call.turn.places(rest.len() as u64, page, size);
    let shown: Vec<&Row> = places.into_iter().filter_map(|at| rest.get(usize::try_from(at).ok()?)).collect();
    page::envelope(&shown, page, rows.len() as u64, false)
}

/// A bound of the period; both are required.
fn instant(call: &Call<'_>, name: &str) -> Result<Timestamp, Reply> {
    let given = call.query.get(name).filter(|t| t.ends_with('Z'));
    given.and_then(|t| t.parse().ok()).ok_or_else(|| call.errors.bad_parameter(name))
}
