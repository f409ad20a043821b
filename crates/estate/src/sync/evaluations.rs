//! Reads the results of controls: every account, and of the controls in it those whose line moved.

use super::engine::{Found, Run, proven};
use super::known::Readings;
use super::plan::{self, Need};
use super::reading::{End, Open};
use crate::Result;
use crate::store::{Fresh, How, Scope};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use totalcloud::subscription::plan::{ACCOUNT_EVALUATIONS, RESOURCE_EVALUATIONS};
use totalcloud::subscription::{
    Choice, Depth, Evaluated, Family, Pair, Part, Piece, Presence, Table, Verdict, number,
};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::evaluations::ListResourceEvaluations;
use totalcloud_api::operation::Endpoint;

/// What the evaluations of accounts say of the controls in them.
#[derive(Default)]
pub(super) struct Lines {
    /// Each control in each account, and whether its line is new or another than before.
    lines: Vec<(Evaluated, bool)>,
    /// Accounts whose lines all came.
    whole: BTreeSet<(Provider, String)>,
    /// Accounts that are no more.
    gone: BTreeSet<(Provider, String)>,
}

/// A control in an account that something is done about.
struct Case {
    scope: Scope,
    readings: Readings,
    rows: u64,
    moved: bool,
    need: Need,
}

/// Rows that come with one call.
pub(super) fn page() -> u64 {
    ListResourceEvaluations::OPERATION.paging.map_or(1, |p| u64::from(p.largest_seen))
}

/// Whether results on resources of this cloud are chosen.
pub(super) fn wants(choice: &Choice, provider: Provider) -> bool {
    ListResourceEvaluations::OPERATION.providers.contains(&provider)
        && choice.wants(Piece::of(Family::ResourceEvaluations, Some(provider)))
}

/// The scope of a reading that is known.
pub(super) fn scope_of(fresh: &Fresh) -> Option<Scope> {
    let row = &fresh.last;
    let provider = row.provider.as_deref()?.parse().ok()?;
    Some(Scope { provider: Some(provider), account: row.account.clone(), control: row.control_id.clone() })
}

fn account_of(scope: &Scope) -> Option<(Provider, String)> {
    Some((scope.provider?, scope.account.clone()?))
}

impl Run<'_> {
    /// Reads the evaluations of all accounts.
    pub(super) async fn accounts(&self, table: &Table, found: &Found, tenancies: &Presence) -> Result<Lines> {
        let mut parts = Vec::new();
        let mut unavailable = Vec::new();
        for part in &table.parts {
            match (part, tenancies) {
                (Part::Account { provider, account }, _) => parts.push((*provider, account.clone())),
                (Part::Unavailable { reason }, _) => unavailable.push(reason.clone()),
                (Part::Tenancies, Presence::Present { accounts, missing }) => {
                    parts.extend(accounts.iter().map(|a| (Provider::Oci, a.clone())));
                    unavailable.extend(
                        missing
                            .iter()
                            .map(|why| format!("the tenancies of oci are not known, because {why}")),
                    );
                }
                _ => {}
            }
        }
        let mut lines = Lines { gone: self.gone_accounts(&parts, found, tenancies), ..Lines::default() };
        let scope = |(provider, account): &(Provider, String)| Scope::account(*provider, account);
        let scopes = parts.iter().chain(&lines.gone).map(scope).collect();
        let mut open = Open::begin(self.tx, &table.name, scopes, self.watch).await?;
        let with_lines = |p: Provider| ListResourceEvaluations::OPERATION.providers.contains(&p);
        let work = parts.into_iter().map(|(provider, account)| {
            (Part::Account { provider, account: account.clone() }, (provider, account))
        });
        self.parts(work, async |(provider, account): (Provider, String), collected| {
            let scope = Scope::account(provider, &account);
            let Some(collected) = collected else {
                open.missing(End::stopped(&self.stop).verdict);
                return Ok(());
            };
            open.expect(collected.total);
            let moved = open.push(&scope, &collected.rows).await?;
            if with_lines(provider) {
                let moved: HashSet<usize> = moved.into_iter().collect();
                let read = collected.rows.iter().enumerate().filter_map(|(at, row)| {
                    Some((Evaluated::read(provider, &account, row)?, moved.contains(&at)))
                });
                lines.lines.extend(read);
            }
            let end = End { total: collected.total, verdict: collected.end };
            let held =
                Readings::of(self.tx.fresh(ACCOUNT_EVALUATIONS, &scope)).any.map_or(0, |last| last.rows);
            let (how, note) = proven(&end, collected.rows.len() as u64, held);
            if how == How::Whole && end.verdict.is_complete() {
                lines.whole.insert((provider, account));
            }
            open.ended(&scope, how, end.verdict, note).await
        })
        .await?;
        for account in &lines.gone {
            let note = "the account has no connector any more".to_owned();
            open.ended(&scope(account), How::Whole, Verdict::Complete, Some(note)).await?;
        }
        for reason in unavailable {
            open.missing(Verdict::NotAvailable { reason });
        }
        self.close(open).await?;
        Ok(lines)
    }

    /// Accounts that were read before and are none any more, by a list of accounts that is whole.
    fn gone_accounts(
        &self,
        now: &[(Provider, String)],
        found: &Found,
        tenancies: &Presence,
    ) -> BTreeSet<(Provider, String)> {
        let choice = &self.families.choice;
        let is_known = |provider: Provider| {
            let chosen = choice.wants(Piece::of(Family::AccountEvaluations, Some(provider)))
                || wants(choice, provider);
            let presence = if provider == Provider::Oci { Some(tenancies) } else { found.get(&provider) };
            let listed = matches!(presence, Some(Presence::Absent | Presence::Present { missing: None, .. }));
            chosen && listed
        };
        let now: BTreeSet<&(Provider, String)> = now.iter().collect();
        let before = self.tx.readings(ACCOUNT_EVALUATIONS).filter(|f| f.last.rows > 0 || !f.last.complete);
        let accounts = before.filter_map(|f| account_of(&scope_of(f)?));
        accounts.filter(|a| is_known(a.0) && !now.contains(a)).collect()
    }

    /// Reads the results on resources of the controls that moved, where that is asked for or fits the quota.
    pub(super) async fn evaluations(&self, lines: Lines) -> Result<()> {
        let depth = self.families.choice.depth().unwrap_or(Depth::Failing);
        let how = if depth == Depth::All { How::Whole } else { How::Failing };
        let known: HashMap<String, &Fresh> =
            self.tx.readings(RESOURCE_EVALUATIONS).map(|f| (f.last.scope.clone(), f)).collect();
        let chosen = Provider::ALL.into_iter().any(|p| wants(&self.families.choice, p));
        if !chosen && known.is_empty() {
            return Ok(());
        }
        let cases = self.cases(&lines, depth, &known);
        let gone = gone_controls(&lines, &known);
        let read = || cases.iter().filter(|c| c.need == Need::Read);
        let calls: u64 = read().map(|c| plan::pages(c.rows, page())).sum();
        let class = ListResourceEvaluations::OPERATION.limit_class;
        let fits = match self.families.evaluations_asked {
            true => Ok(()),
            false => self.fits(class, calls),
        };
        let reads = chosen && fits.is_ok();
        if let (true, Err(why)) = (chosen, &fits) {
            self.tell(format!(
                "{RESOURCE_EVALUATIONS} were not read: {why}; --with resource-evaluations=failing reads them"
            ));
            let of = format!(
                "{} of {} controls in accounts",
                number(read().count() as u64),
                number(cases.len() as u64)
            );
            self.assume(format!(
                "{RESOURCE_EVALUATIONS}: {of} would have to be read, and were not, because {why}"
            ));
        }
        // What moved and is not read now has to be read another time.
        let left = |c: &&Case| c.need == Need::Read && !reads && c.moved && c.readings.any.is_some();
        let cleared =
            || cases.iter().filter(|c| c.need == Need::Nothing && (chosen || c.readings.any.is_some()));
        let mut scopes: Vec<Scope> =
            cleared().chain(cases.iter().filter(left)).map(|c| c.scope.clone()).collect();
        scopes.extend(gone.iter().cloned());
        if reads {
            scopes.extend(read().map(|c| c.scope.clone()));
        }
        if scopes.is_empty() {
            return Ok(());
        }
        self.watch.planned(1);
        let mut open = Open::begin(self.tx, RESOURCE_EVALUATIONS, scopes, self.watch).await?;
        for scope in &gone {
            let note = "the control is not evaluated in the account any more".to_owned();
            open.ended(scope, How::Whole, Verdict::Complete, Some(note)).await?;
        }
        for case in cleared() {
            let note = "no call was needed: the account counts none".to_owned();
            open.ended(&case.scope, how, Verdict::Complete, Some(note)).await?;
        }
        for case in cases.iter().filter(left) {
            open.mark(&case.scope, how, "it moved and was not read again yet").await?;
        }
        if reads {
            self.read_controls(&mut open, read(), depth, how).await?;
            open.note = assumption(&cases, self.tx.started());
        }
        self.close(open).await
    }

    async fn read_controls<'c>(
        &self,
        open: &mut Open<'_>,
        cases: impl Iterator<Item = &'c Case>,
        depth: Depth,
        how: How,
    ) -> Result<()> {
        let parts = cases.filter_map(|case| {
            let pair = Pair {
                provider: case.scope.provider?,
                account: case.scope.account.clone()?,
                control: case.scope.control.clone()?,
                failing: depth == Depth::Failing,
            };
            Some((Part::Control(pair), case))
        });
        self.parts(parts, async |case: &Case, collected| {
            let Some(collected) = collected else {
                let verdict = End::stopped(&self.stop).verdict;
                return match case.moved && case.readings.any.is_some() {
                    true => open.ended(&case.scope, how, verdict, None).await,
                    false => {
                        open.missing(verdict);
                        Ok(())
                    }
                };
            };
            open.expect(collected.total);
            open.push(&case.scope, &collected.rows).await?;
            let end = End { total: collected.total, verdict: collected.end };
            let held = case.readings.any.map_or(0, |last| last.rows);
            let (proved, note) = proven(&end, collected.rows.len() as u64, held);
            let how = if proved == How::Whole { how } else { proved };
            open.ended(&case.scope, how, end.verdict, note).await
        })
        .await
    }

    fn cases(&self, lines: &Lines, depth: Depth, known: &HashMap<String, &Fresh>) -> Vec<Case> {
        let case = |(line, moved): &(Evaluated, bool)| {
            let scope = Scope::control(line.provider, &line.account, &line.control);
            let readings = Readings::of(known.get(&scope.to_string()).copied());
            let rows = if depth == Depth::All { line.failed + line.others } else { line.failed };
            let mut need = plan::control(readings, line, *moved, depth, self.tx.started(), self.ask.rhythm);
            if !wants(&self.families.choice, line.provider) && readings.any.is_none() {
                need = Need::Assume;
            }
            Case { scope, readings, rows, moved: *moved || readings.pending, need }
        };
        lines.lines.iter().map(case).collect()
    }
}

/// Controls that were read before and that their account does not list any more.
fn gone_controls(lines: &Lines, known: &HashMap<String, &Fresh>) -> Vec<Scope> {
    let listed: HashSet<String> = lines
        .lines
        .iter()
        .map(|(l, _)| Scope::control(l.provider, &l.account, &l.control).to_string())
        .collect();
    let is_gone = |(name, fresh): &(&String, &&Fresh)| {
        let account = scope_of(fresh).and_then(|s| account_of(&s));
        let ended = account.is_some_and(|a| {
            lines.gone.contains(&a) || (lines.whole.contains(&a) && !listed.contains(name.as_str()))
        });
        // What has ended already is not ended again.
        ended
            && (fresh.last.rows > 0
                || !fresh.last.complete
                || fresh.whole.as_ref().is_some_and(|w| w.rows > 0))
    };
    let mut gone: Vec<Scope> =
        known.iter().filter(is_gone).filter_map(|(_, fresh)| scope_of(fresh)).collect();
    gone.sort();
    gone
}

/// What is taken for granted of controls that were not read again.
fn assumption(cases: &[Case], now: Timestamp) -> Option<String> {
    let left = || cases.iter().filter(|c| c.need == Need::Assume).filter_map(|c| c.readings.any);
    let oldest = left().map(|last| last.at).min()?;
    let days = now.duration_since(oldest).as_hours() / 24;
    Some(format!(
        "{} controls in accounts whose counts did not move are taken to be as they were read, the oldest {} ago",
        number(left().count() as u64),
        if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
    ))
}
