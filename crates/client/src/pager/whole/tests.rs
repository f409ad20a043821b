//! Cutting, without any service.

use super::accepted::{self, Taken};
use super::part::{Form, Kind, Part, Picked, Span};
use super::split::{Cut, Hints, Seen, cut};
use crate::memory::Memory;
use jiff::{SignedDuration, Timestamp};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::resources::ListResources;
use totalcloud_api::operation::{Endpoint as _, Request};
use totalcloud_api::provider::Spellings;
use totalcloud_api::qql;

fn request(filter: Option<&str>, updated: Option<&str>) -> Request {
    let mut list = ListResources::new("EBS", Provider::Aws);
    if let Some(filter) = filter {
        list = list.filter(filter);
    }
    if let Some(updated) = updated {
        list = list.updated(updated);
    }
    list.request(&Spellings::default()).unwrap()
}

fn now() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

fn accounts(n: usize) -> Hints {
    Hints { accounts: (0..n).map(|i| format!("{i:012}")).collect(), ..Hints::default() }
}

fn by(part: &Part, kind: Kind, total: u64, hints: &Hints, seen: &Seen) -> Option<Cut> {
    cut(part, kind, Form::Set, (total, 10_000), (hints, seen), now())
}

fn values(part: &Part) -> usize {
    match &part.accounts {
        Picked::OneOf(values, _) => values.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_user_typed_stays_as_typed_and_is_only_narrowed() {
    let one = Part { accounts: Picked::OneOf(vec!["1".into()], Form::Set), ..Part::default() };
    assert_eq!(one.narrow(&request(None, None)).query("filter"), Some("account.id:1"));
    let typed = "region:a or  region:b";
    let narrowed = one.narrow(&request(Some(typed), None));
    assert_eq!(narrowed.query("filter"), Some("(region:a or  region:b) AND (account.id:1)"));
    let either =
        Part { accounts: Picked::OneOf(vec!["1".into(), "2".into()], Form::Either), ..Part::default() };
    let narrowed = either.narrow(&request(Some("name:x"), None));
    assert_eq!(narrowed.query("filter"), Some("(name:x) AND (account.id:1 OR account.id:2)"));
    let both = Part {
        accounts: Picked::NoneOf(vec!["1".into(), "2".into()], Form::Either),
        regions: Picked::OneOf(vec!["US East (Ohio)".into()], Form::Set),
        updated: Some(Span { from: 0, to: 86_399 }),
    };
    let narrowed = both.narrow(&request(None, None));
    let filter = narrowed.query("filter").unwrap();
    assert_eq!(filter, "NOT (account.id:1 OR account.id:2) AND region:\"US East (Ohio)\"");
    assert!(qql::parse(filter).is_ok());
    assert_eq!(narrowed.query("updated"), Some("[1970-01-01 .. 1970-01-01]"));
    // The parameter can be given once, and the user's goes first.
    let narrowed = both.narrow(&request(None, Some("[now-30d .. now]")));
    assert_eq!(narrowed.query("updated"), Some("[now-30d .. now]"));
    assert!(narrowed.query("filter").unwrap().ends_with("updated:[1970-01-01 .. 1970-01-01]"));
}

#[test]
fn accounts_are_grouped_so_that_a_part_is_expected_to_fit() {
    let all = by(&Part::default(), Kind::Accounts, 1_000_000, &accounts(200), &Seen::default()).unwrap();
    // 5,000 rows an account: one account a part.
    assert_eq!(all.children.len(), 200);
    let few = by(&Part::default(), Kind::Accounts, 20_000, &accounts(200), &Seen::default()).unwrap();
    assert_eq!(few.children.iter().map(values).sum::<usize>(), 200);
    assert_eq!(few.children.len(), 3);
    // What is in no known account is a part of its own.
    assert!(matches!(&few.rest.unwrap().accounts, Picked::NoneOf(known, Form::Set) if known.len() == 200));
}

#[test]
fn a_group_that_is_too_big_is_cut_down_to_single_values_and_no_further() {
    let mut part = Part {
        accounts: Picked::OneOf(accounts(9).accounts.into_iter().collect(), Form::Set),
        ..Part::default()
    };
    let mut depth = 0;
    while let Some(cut) = by(&part, Kind::Accounts, 15_000, &accounts(9), &Seen::default()) {
        assert!(cut.children.len() > 1 && cut.rest.is_none());
        assert_eq!(cut.children.iter().map(values).sum::<usize>(), values(&part));
        part = cut.children[0].clone();
        depth += 1;
    }
    assert_eq!((values(&part), depth <= 4), (1, true));
}

#[test]
fn the_rest_is_cut_by_the_values_that_its_rows_show() {
    let rest = Part { accounts: Picked::NoneOf(vec!["1".into()], Form::Set), ..Part::default() };
    assert_eq!(by(&rest, Kind::Accounts, 20_000, &accounts(0), &Seen::default()), None);
    let rows: [&[u8]; 3] = [br#"{"cloudAccountId":"7"}"#, br#"{"cloudAccountId":1}"#, b"{"];
    let seen = Seen::of(Provider::Aws, rows.into_iter());
    let cut = by(&rest, Kind::Accounts, 20_000, &accounts(0), &seen).unwrap();
    assert_eq!(cut.children, [rest.with(Kind::Accounts, Picked::OneOf(vec!["7".into()], Form::Set))]);
    assert!(matches!(&cut.rest.unwrap().accounts, Picked::NoneOf(known, _) if known == &["1", "7"]));
}

#[test]
fn time_is_cut_where_the_rows_lie_down_to_one_second() {
    let seen = Seen { dates: vec![1_700_000_000, 1_700_000_001, 1_700_000_002], ..Seen::default() };
    let mut part = Part::default();
    let mut cuts = 0;
    while let Some(cut) = by(&part, Kind::Updated, 20_000, &Hints::default(), &seen) {
        let [a, b] = [0, 1].map(|i| cut.children[i].updated.unwrap());
        let whole = part.updated.unwrap_or(Span::ALL);
        assert_eq!(
            (a.from, b.to, a.to + 1),
            (whole.from, whole.to, b.from),
            "nothing between, nothing twice"
        );
        let inside = |s: Span| (s.from..=s.to).contains(&1_700_000_001);
        part = cut.children[usize::from(inside(b))].clone();
        cuts += 1;
        assert!(cuts < 60);
    }
    assert_eq!(part.updated, Some(Span { from: 1_700_000_001, to: 1_700_000_001 }));
    let request = part.narrow(&request(None, None));
    assert!(qql::parse_updated(request.query("updated").unwrap()).is_ok());
}

#[test]
fn whole_days_are_used_as_long_as_there_are_any() {
    let [a, b] = Span { from: 0, to: 2 * 86_400 - 1 }.cut(80_000).unwrap();
    assert!(a.is_days() && b.is_days() && a.to == 86_399);
    let [a, b] = Span { from: 0, to: 86_399 }.cut(50_000).unwrap();
    assert_eq!((a.to, b.from), (49_999, 50_000));
    assert_eq!(Span { from: 5, to: 5 }.cut(5), None);
}

#[test]
fn lists_of_values_stay_short_enough_for_an_address() {
    let cut = by(&Part::default(), Kind::Accounts, 20_000, &accounts(2_000), &Seen::default()).unwrap();
    assert!(cut.rest.is_none() && cut.all.is_none(), "too long for one address");
    for child in &cut.children {
        assert!(child.narrow(&request(None, None)).target().len() < 8_000);
    }
    assert_eq!(cut.children.iter().map(values).sum::<usize>(), 2_000);
}

#[test]
fn a_filter_that_was_not_taken_is_tried_again_after_a_while() {
    let memory = Memory::new();
    let recall = |at| accepted::recall(&memory, "x/aws", Kind::Accounts, Form::Set, at);
    assert_eq!(recall(now()), None);
    accepted::note(&memory, "x/aws", (Kind::Accounts, Form::Set), Taken::MatchesNothing, now());
    assert_eq!(recall(now()), Some(Taken::MatchesNothing));
    assert_eq!(recall(now() + SignedDuration::from_hours(24 * 40)), None);
    accepted::note(&memory, "x/aws", (Kind::Accounts, Form::Set), Taken::Yes, now());
    assert_eq!(recall(now() + SignedDuration::from_hours(24 * 400)), Some(Taken::Yes));
}
