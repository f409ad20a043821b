//! Which filters a tenant takes, remembered between listings and runs.
//!
//! The tokens of the inventory are not documented as a whole. One that the service does not know may be
//! refused, match nothing, or be passed over; each is found out once.

use super::part::{Form, Kind};
use crate::memory::Memory;
use jiff::{SignedDuration, Timestamp};

/// After this long a filter that was not taken is tried again: the service may have learned it.
const FORGET: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What became of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    Refused,
    MatchesNothing,
    PassedOver,
    DoesNotAddUp,
}

impl Taken {
    const ALL: [Taken; 5] =
        [Taken::Yes, Taken::Refused, Taken::MatchesNothing, Taken::PassedOver, Taken::DoesNotAddUp];

    const fn word(self) -> &'static str {
        match self {
            Taken::Yes => "accepted",
            Taken::Refused => "refused",
            Taken::MatchesNothing => "matches-nothing",
            Taken::PassedOver => "passed-over",
            Taken::DoesNotAddUp => "does-not-add-up",
        }
    }
}

fn name(operation: &str, kind: Kind, form: Form) -> String {
    match kind {
        Kind::Updated => format!("filter/{operation}/{}", kind.token()),
        _ => format!("filter/{operation}/{}/{}", kind.token(), form.word()),
    }
}

/// What is remembered of a filter.
pub(super) fn recall(
    memory: &Memory,
    operation: &str,
    kind: Kind,
    form: Form,
    now: Timestamp,
) -> Option<Taken> {
    let fact = memory.get(&name(operation, kind, form))?;
    let (word, at) = fact.split_once(' ')?;
    let age = now.duration_since(at.parse().ok()?);
    let taken = Taken::ALL.into_iter().find(|t| t.word() == word)?;
    (taken == Taken::Yes || age < FORGET).then_some(taken)
}

/// Remembers what became of a filter.
pub(super) fn note(
    memory: &Memory,
    operation: &str,
    (kind, form): (Kind, Form),
    taken: Taken,
    now: Timestamp,
) {
    memory.set(&name(operation, kind, form), &format!("{} {now:.0}", taken.word()));
}
