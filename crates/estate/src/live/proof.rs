//! Whether a tenant evaluates a token. Tokens are documented or were seen to work, and still a tenant may not know
//! one: it may refuse it, match nothing, or pass over it. So what would make an answer wrong is looked at once and
//! remembered: that a token finds a row that is known to be there, and, where a count is believed, that it leaves
//! out others.

use super::parts::Part;
use super::push::{Condition, How, Use, on_day, worded};
use super::read::Question;
use crate::Result;
use crate::layout::ACCOUNT;
use serde_json::Value;
use totalcloud::{Error, ErrorKind, PageOptions, Pages};
use totalcloud_api::Time;
use totalcloud_api::qql::Query;

/// What is known of a token in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It finds rows that are there.
    Finds,
    /// And leaves out others.
    Restricts,
    /// It is refused.
    Refused,
    /// It finds nothing, even where there is something.
    FindsNothing,
    /// It leaves out nothing.
    PassedOver,
}

impl Known {
    const ALL: [Known; 5] =
        [Known::Finds, Known::Restricts, Known::Refused, Known::FindsNothing, Known::PassedOver];

    const fn word(self) -> &'static str {
        match self {
            Known::Finds => "finds",
            Known::Restricts => "restricts",
            Known::Refused => "refused",
            Known::FindsNothing => "finds-nothing",
            Known::PassedOver => "passed-over",
        }
    }
}

fn name(question: &Question, part: &Part, used: &Use) -> String {
    let operation = super::parts::operation(question.table).id;
    let cloud = part.provider.map_or("all", totalcloud_api::Provider::as_str);
    format!("live/{operation}/{cloud}/{}/{}", used.rule.token, used.form.word())
}

fn recall(question: &Question, part: &Part, used: &Use) -> Option<Known> {
    let word = question.client.memory().get(&name(question, part, used))?;
    Known::ALL.into_iter().find(|known| known.word() == word)
}

fn note(question: &Question, part: &Part, used: &Use, known: Known) {
    if recall(question, part, used) != Some(known) {
        question.client.memory().set(&name(question, part, used), known.word());
    }
}

/// Whether nothing speaks against sending a condition.
pub(super) fn is_usable(question: &Question, part: &Part, condition: &Condition) -> bool {
    let bad = |used| matches!(recall(question, part, used), Some(Known::Refused | Known::FindsNothing));
    !condition.uses.iter().any(bad)
}

/// A condition was refused, and without it the service answers.
pub(super) fn refused(question: &Question, part: &Part, condition: &Condition) {
    condition.uses.iter().for_each(|used| note(question, part, used, Known::Refused));
}

/// A filter with this condition found something.
pub(super) fn found(question: &Question, part: &Part, condition: &Condition) {
    if let [used] = condition.uses.as_slice()
        && recall(question, part, used).is_none()
    {
        note(question, part, used, Known::Finds);
    }
}

/// The rows of a listing that a filter leaves, by the service's count.
pub(super) async fn total(question: &Question, part: &Part, filter: &Query) -> Result<Option<u64>, Error> {
    let mut request = super::parts::request(&question.client, question.table, part).map_err(service)?;
    if !filter.is_all() {
        request.set_query("filter", filter.to_string());
    }
    let options = PageOptions::default().limit(1).inventory_api(question.inventory);
    let mut pages = question.client.pages(request, options)?;
    match pages.next_page().await {
        Some(page) => Ok(page?.total),
        None => Ok(Some(0)),
    }
}

fn service(e: crate::Error) -> Error {
    e.service().cloned().unwrap_or_else(|| Error::new(ErrorKind::Usage, e.message()))
}

/// The first page of a part without a filter, once it was asked for.
#[derive(Debug, Default)]
pub(super) struct Seen(Option<(Vec<Value>, Option<u64>)>);

impl Seen {
    async fn look(&mut self, question: &Question, part: &Part) -> Result<&(Vec<Value>, Option<u64>)> {
        let seen = match self.0.take() {
            Some(seen) => seen,
            None => {
                let request = super::parts::request(&question.client, question.table, part)?;
                let options = PageOptions::default().pages(Pages::Count(1)).inventory_api(question.inventory);
                let mut pages = question.client.pages(request, options)?;
                match pages.next_page().await {
                    Some(page) => {
                        let page = page?;
                        let rows = page.rows.iter().filter_map(|row| serde_json::from_slice(row).ok());
                        (rows.collect(), page.total)
                    }
                    None => (Vec::new(), Some(0)),
                }
            }
        };
        Ok(self.0.insert(seen))
    }
}

/// Whether all tokens of a condition find rows that are known to be there. True where there is no row at all.
///
/// # Errors
/// If the service cannot be asked.
pub(super) async fn finds(
    question: &Question,
    part: &Part,
    condition: &Condition,
    seen: &mut Seen,
) -> Result<bool> {
    for used in &condition.uses {
        match recall(question, part, used) {
            Some(Known::Finds | Known::Restricts | Known::PassedOver) => continue,
            Some(_) => return Ok(false),
            None => {}
        }
        let (rows, _) = seen.look(question, part).await?;
        if rows.is_empty() {
            continue;
        }
        // Without a row to try it with it stays open.
        let Some(witness) = witness(question, used, rows) else { return Ok(false) };
        let known = match total(question, part, &witness).await {
            Ok(Some(0)) => Known::FindsNothing,
            Ok(_) => Known::Finds,
            Err(e) if e.kind() == ErrorKind::Refused => Known::Refused,
            Err(e) => return Err(e.into()),
        };
        note(question, part, used, known);
        if known != Known::Finds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether all tokens of a condition find rows that are there and leave out others.
///
/// # Errors
/// If the service cannot be asked.
pub(super) async fn restricts(
    question: &Question,
    part: &Part,
    condition: &Condition,
    seen: &mut Seen,
) -> Result<bool> {
    for used in &condition.uses {
        match recall(question, part, used) {
            Some(Known::Restricts) => continue,
            Some(Known::Finds) | None => {}
            Some(_) => return Ok(false),
        }
        let (rows, all) = seen.look(question, part).await?;
        if rows.is_empty() {
            continue;
        }
        let all = *all;
        let Some(witness) = witness(question, used, rows) else { return Ok(false) };
        let known = match total(question, part, &witness).await {
            Ok(Some(0)) => Known::FindsNothing,
            Ok(some) if some < all => Known::Restricts,
            // All rows may be alike.
            Ok(_) => match total(question, part, &never(used)).await {
                Ok(Some(0)) => Known::Restricts,
                Ok(_) => Known::PassedOver,
                Err(e) if e.kind() == ErrorKind::Refused => Known::Finds,
                Err(e) => return Err(e.into()),
            },
            Err(e) if e.kind() == ErrorKind::Refused => Known::Refused,
            Err(e) => return Err(e.into()),
        };
        note(question, part, used, known);
        if known != Known::Restricts {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A term that a row that is there must meet, in the same form.
fn witness(question: &Question, used: &Use, rows: &[Value]) -> Option<Query> {
    let rule = used.rule;
    let own = [rule.column];
    let fields = if rule.column == ACCOUNT { question.table.accounts } else { &own };
    rows.iter().find_map(|row| {
        let value = fields.iter().find_map(|field| row.get(field))?;
        match rule.how {
            How::Day => on_day(rule, Time::parse(value.as_str()?)?.instant()),
            How::Whole => Some(Query::term(rule.token, value.as_u64()?.to_string())),
            _ => worded(rule.token, value.as_str()?).filter(|(_, form)| *form == used.form).map(|(q, _)| q),
        }
    })
}

/// A term that no row meets.
fn never(used: &Use) -> Query {
    let value = match used.rule.how {
        How::Whole => "4294967295",
        How::TwelveDigits => "000000000000",
        How::Words | How::OneOf(_) | How::Day => "never",
    };
    Query::term(used.rule.token, value)
}
