//! Which cut is tried on a part, and whether it did what it should.

use super::accepted::{self, Taken};
use super::driver::{Whole, goes_on};
use super::node::{Node, Stand};
use super::part::{Form, Kind, Picked};
use super::split::{self, Cut};
use crate::error::{Error, ErrorKind};

/// The kinds of cuts, in the order in which they are tried.
const CANDIDATES: [(Kind, Form); 5] = [
    (Kind::Accounts, Form::Set),
    (Kind::Accounts, Form::Either),
    (Kind::Regions, Form::Set),
    (Kind::Regions, Form::Either),
    // A time is written in one way only.
    (Kind::Updated, Form::Set),
];

impl Whole {
    /// Splits a part that is too big, by the first kind of cut that works.
    pub(super) async fn split(&mut self, node: usize) -> Result<(), Error> {
        for how in CANDIDATES {
            // The same values in another spelling reach the same rows.
            let same_again = self.nodes[node].cut.is_some_and(|(kind, _)| kind == how.0);
            if same_again || self.nodes[node].tried.contains(&how) {
                continue;
            }
            let known = self.recall(how);
            if known.is_some_and(|taken| taken != Taken::Yes) {
                continue;
            }
            if how.0 == Kind::Accounts && self.nodes[node].part.accounts == Picked::Any {
                self.learn_accounts().await?;
            }
            let Some(cut) = self.cut(node, how) else { continue };
            self.nodes[node].tried.push(how);
            let mut rest_is_empty = false;
            if known.is_none()
                && let (Some(all), Some(rest)) = (&cut.all, &cut.rest)
            {
                let total = self.nodes[node].total.unwrap_or(0);
                let taken = match (self.count(all, false).await, self.count(rest, false).await) {
                    (Ok(inside), Ok(outside)) => {
                        rest_is_empty = outside == 0;
                        judge(total, inside, outside)
                    }
                    (Err(e), _) | (_, Err(e)) if is_refusal(&e) => Taken::Refused,
                    (Err(e), _) | (_, Err(e)) => return Err(e),
                };
                self.note(how, taken);
                if taken != Taken::Yes {
                    continue;
                }
            }
            self.grow(node, how, cut, rest_is_empty);
            return Ok(());
        }
        // Whatever part of it one query reaches is better than nothing.
        if self.nodes[node].stand == Stand::Held {
            self.nodes[node].solid = true;
            self.nodes[node].stand = Stand::Waiting;
            self.queue.push_front(node);
        }
        Ok(())
    }

    fn cut(&self, node: usize, (kind, form): (Kind, Form)) -> Option<Cut> {
        let node = &self.nodes[node];
        let seen = node.seen.clone().unwrap_or_default();
        let now = self.client.engine().clock.now();
        let size = (node.total.unwrap_or(0), self.wall);
        split::cut(&node.part, kind, form, size, (&self.hints, &seen), now)
    }

    /// Puts the children of a cut at the front of what is to be opened.
    fn grow(&mut self, node: usize, how: (Kind, Form), cut: Cut, rest_is_empty: bool) {
        self.nodes[node].stand = Stand::Split;
        self.nodes[node].cut = Some(how);
        let before = std::mem::take(&mut self.nodes[node].children);
        let mut children = Vec::new();
        for part in cut.children {
            children.push(self.nodes.len());
            self.nodes.push(Node::new(part, Some(node)));
        }
        let mut to_open = children.clone();
        if let Some(part) = cut.rest {
            let rest = self.nodes.len();
            self.nodes.push(Node::new(part, Some(node)));
            children.push(rest);
            if rest_is_empty {
                self.nodes[rest].stand = Stand::Read;
                self.nodes[rest].counted = true;
                self.nodes[rest].total = Some(0);
                self.nodes[rest].reading.ended = true;
            } else {
                to_open.push(rest);
            }
        }
        for child in to_open.into_iter().rev() {
            self.queue.push_front(child);
        }
        // What an earlier cut of the same part brought stays in the account.
        for child in before {
            self.nodes[child].parent = None;
        }
        self.nodes[node].children = children;
    }

    /// Once all children are counted, looks whether they add up, and splits those that are still too big.
    pub(super) async fn verify(&mut self, node: usize) -> Result<(), Error> {
        if self.nodes[node].children.iter().any(|c| !self.nodes[*c].is_counted()) {
            return Ok(());
        }
        let Some(how) = self.nodes[node].cut.filter(|_| self.nodes[node].stand == Stand::Split) else {
            return Ok(());
        };
        let children = self.nodes[node].children.clone();
        let total = self.nodes[node].total.unwrap_or(0);
        let counts: Vec<u64> = children.iter().map(|c| self.nodes[*c].total.unwrap_or(0)).collect();
        let sum: u64 = counts.iter().sum();
        let taken = if children.iter().any(|c| self.nodes[*c].is_refused()) {
            Taken::Refused
        } else if sum == 0 && total > 0 && children.iter().all(|c| self.nodes[*c].error.is_none()) {
            Taken::MatchesNothing
        } else if counts.len() > 1 && sum >= total.saturating_mul(2) {
            Taken::PassedOver
        } else {
            Taken::Yes
        };
        let held: Vec<usize> =
            children.iter().copied().filter(|c| self.nodes[*c].stand == Stand::Held).collect();
        if taken == Taken::Yes {
            let failed = children.iter().any(|c| self.nodes[*c].error.is_some());
            if sum == total && !failed {
                self.note(how, Taken::Yes);
            }
            if self.nodes[node].gap == 0 && !failed {
                self.nodes[node].gap = total.saturating_sub(sum);
            }
            for child in held.into_iter().rev() {
                Box::pin(self.split(child)).await?;
            }
            return Ok(());
        }
        tracing::info!(part = %self.nodes[node].part, by = how.0.token(), ?taken, "the split does not work here");
        // A range of instants may be refused where one of days is not.
        let finer = how.0 == Kind::Updated && self.nodes[node].part.updated.is_some();
        if !finer {
            self.note(how, taken);
        }
        for child in &children {
            self.nodes[*child].stand = Stand::Dropped;
        }
        self.queue.retain(|n| !children.contains(n));
        self.open.retain(|o| !children.contains(&o.node));
        self.nodes[node].children.clear();
        self.nodes[node].cut = None;
        self.nodes[node].stand = Stand::Held;
        Box::pin(self.split(node)).await
    }

    /// Under which name the filters of this listing are remembered. With a time of the user's own, ours is a
    /// condition of the filter and not the parameter, which is another matter.
    fn subject(&self) -> String {
        let own_time = if self.request.query("updated").is_some() { "/within-updated" } else { "" };
        match self.provider {
            Some(provider) => format!("{}/{provider}{own_time}", self.request.operation.id),
            None => format!("{}{own_time}", self.request.operation.id),
        }
    }

    fn recall(&self, (kind, form): (Kind, Form)) -> Option<Taken> {
        let engine = self.client.engine();
        accepted::recall(&engine.memory, &self.subject(), kind, form, engine.clock.now())
    }

    fn note(&self, how: (Kind, Form), taken: Taken) {
        if self.recall(how) == Some(taken) {
            return;
        }
        let engine = self.client.engine();
        accepted::note(&engine.memory, &self.subject(), how, taken, engine.clock.now());
    }

    /// Asks once for the accounts that have connectors.
    async fn learn_accounts(&mut self) -> Result<(), Error> {
        let Some(provider) = self.provider.filter(|_| !std::mem::replace(&mut self.accounts_asked, true))
        else {
            return Ok(());
        };
        match self.client.accounts(provider, self.options.store.clone()).await {
            Ok(accounts) => self.hints.accounts = accounts.into_iter().collect(),
            Err(e) if goes_on(&e) || e.kind() == ErrorKind::Forbidden => {
                tracing::info!(%provider, "the accounts are not known ({e}); the rows show some of them");
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

/// Judges a filter by the rows inside and outside of it.
fn judge(total: u64, inside: u64, outside: u64) -> Taken {
    let sum = inside + outside;
    // Rows come and go while they are counted.
    let near = sum.abs_diff(total) <= (total / 50).max(10);
    match (inside, outside) {
        (0, _) if total > 0 => Taken::MatchesNothing,
        _ if near => Taken::Yes,
        _ if inside >= total && outside >= total => Taken::PassedOver,
        _ => Taken::DoesNotAddUp,
    }
}

fn is_refusal(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Refused | ErrorKind::NotFound)
}
