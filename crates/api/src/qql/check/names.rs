//! What may be wrong with a token.

use super::{Findings, Level, Rule};
use crate::nearest::{folded, nearest, surely};
use crate::qql::ast::Term;
use crate::qql::tokens::{Family, Takes};
use crate::resources::Confidence;

/// A token that looks right and is not.
struct Trap {
    family: Family,
    typed: &'static str,
    meant: Option<&'static str>,
    why: &'static str,
    /// Whether nobody can mean the token as it was typed.
    renamed: bool,
}

/// What a token does that the service does not know.
const SILENT: &str = "the service answers an unknown token with no rows, not with an error";

static TRAPS: &[Trap] = &[
    Trap {
        family: Family::ResourceEvaluations,
        typed: "result",
        meant: Some("resource.result"),
        why: "the service accepts 'result' here, and it matches nothing",
        renamed: false,
    },
    Trap {
        family: Family::Connectors,
        typed: "lastSynced",
        meant: Some("lastSyncedOn"),
        why: "connectors do not know 'lastSynced', which a guide prints",
        renamed: true,
    },
    Trap {
        family: Family::Inventory,
        typed: "updated",
        meant: None,
        why: "'updated' is a parameter of its own, and that a filter takes it as well is a guess",
        renamed: false,
    },
    Trap {
        family: Family::Inventory,
        typed: "cloudAccountId",
        meant: Some("account.id"),
        why: "'cloudAccountId' is a field of the rows; the token is account.id",
        renamed: false,
    },
    Trap {
        family: Family::Inventory,
        typed: "subscriptionId",
        meant: Some("account.id"),
        why: "'subscriptionId' is a field of the rows; account.id is seen to work for subscriptions",
        renamed: false,
    },
];

/// Looks at the token of a term; what its value should be comes back.
pub(super) fn look(family: Family, term: &Term, found: &mut Findings<'_>) -> Option<Takes> {
    let (name, span) = (term.token.name.as_str(), term.token.span);
    if let Some(trap) = TRAPS.iter().find(|t| t.family == family && t.typed == name) {
        let rule = if trap.renamed { Rule::Renamed } else { Rule::Trap };
        let finding = found.add(rule, Level::Warning, span, trap.why);
        return match trap.meant {
            Some(meant) => {
                finding.hint(format!("write {meant}")).edit(span, meant);
                family.token(meant).map(|t| t.takes)
            }
            None => {
                finding.hint("give the dates there, as in updated=[now-30d .. now]");
                family.token(name).map(|t| t.takes)
            }
        };
    }
    if let Some(known) = family.token(name) {
        if known.confidence == Confidence::Guess {
            let message = format!("that {} takes '{name}' is a guess", family.title());
            found
                .add(Rule::GuessedToken, Level::Note, span, message)
                .hint(format!("if it does not, {SILENT}"));
        }
        return Some(known.takes);
    }
    let tokens: Vec<&'static str> = family.tokens().map(|t| t.name).collect();
    let meant = meant(name, &tokens).and_then(|meant| family.token(meant));
    // A token that is a guess itself is no better than the field.
    let known = meant.is_some_and(|m| m.confidence != Confidence::Guess);
    if !known && family.has_field(name) {
        let message =
            format!("'{name}' is a field of the rows; that it is a token of {} is a guess", family.title());
        found.add(Rule::GuessedToken, Level::Note, span, message).hint(format!("if it is none, {SILENT}"));
        return None;
    }
    let message = format!("'{name}' is no token that is known of {}; {SILENT}", family.title());
    let finding = found.add(Rule::UnknownToken, Level::Warning, span, message);
    match meant {
        Some(meant) => {
            finding.hint(format!("write {}", meant.name)).edit(span, meant.name);
            Some(meant.takes)
        }
        None => {
            let near = nearest(name, &tokens);
            finding.hint(match near.is_empty() {
                true => format!("known are {}", tokens.join(", ")),
                false => format!("did you mean {}?", near.join(" or ")),
            });
            None
        }
    }
}

/// The token that was surely meant: the same but for dots and case or one slip, or the only one with this end, as
/// `criticality` for `control.criticality`.
fn meant<'k>(name: &str, tokens: &[&'k str]) -> Option<&'k str> {
    surely(name, tokens).or_else(|| {
        let wanted = folded(name);
        let mut ends =
            tokens.iter().filter(|t| t.rsplit('.').next().is_some_and(|end| folded(end) == wanted));
        match (ends.next(), ends.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trap_says_instead_is_known_of_the_service() {
        for trap in TRAPS {
            let meant = trap.meant.map(|m| trap.family.token(m).unwrap());
            assert!(meant.is_none_or(|t| t.confidence != Confidence::Guess), "{}", trap.typed);
        }
    }

    #[test]
    fn a_token_is_meant_by_its_end_only_if_no_other_ends_so() {
        let tokens = ["control.name", "policy.name", "control.criticality", "cid"];
        assert_eq!(meant("criticality", &tokens), Some("control.criticality"));
        assert_eq!(meant("name", &tokens), None);
        assert_eq!(meant("ControlName", &tokens), Some("control.name"));
        assert_eq!(meant("di", &tokens), None);
    }
}
