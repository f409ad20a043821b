//! Which predicates become a filter of the service, as data and pure functions.
//!
//! A filter is sent only where the service is known to take it, and every row that comes is tested again here. So
//! a filter must never leave out a row that the predicate would take, and may let through more. What is pushed and
//! why is in `docs/design/which-predicates-are-pushed-to-the-service.md`.

use crate::layout::ACCOUNT;
use crate::tables::{Kind, TableSpec};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Between, BinaryExpr, Cast, InList};
use datafusion::logical_expr::{Expr, Operator};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use totalcloud_api::Provider;
use totalcloud_api::qql::{Family, Query};

/// Bytes of a filter, before they are encoded. Addresses of 8 kB are taken everywhere.
const LONGEST: usize = 2_000;
/// Values of one column in a filter.
const MOST_VALUES: usize = 30;
/// The day that ends a range without an end.
const LAST_DAY: &str = "2100-01-01";

/// How the values of a token stand to those of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The service looks for the words of the value, whatever their case: it finds more than the value itself.
    Words,
    /// The same, but the column has no other values than these, and no two of them have a word in common.
    OneOf(&'static [&'static str]),
    /// An id of twelve digits: whoever contains it is it.
    TwelveDigits,
    /// A whole number.
    Whole,
    /// A date; ranges are widened to whole days in UTC.
    Day,
}

/// A column whose values a filter can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// The column.
    pub(super) column: &'static str,
    /// The token of the service.
    pub(super) token: &'static str,
    /// How they stand to each other.
    pub(super) how: How,
}

const fn rule(column: &'static str, token: &'static str, how: How) -> Rule {
    Rule { column, token, how }
}

const CRITICALITY: How = How::OneOf(&["HIGH", "MEDIUM", "LOW"]);

const CONNECTORS: &[Rule] = &[
    rule("connectorId", "connector.uuid", How::Words),
    rule("name", "name", How::Words),
    rule("state", "state", How::Words),
];
const CONTROLS: &[Rule] = &[
    rule("cid", "cid", How::Whole),
    rule("controlName", "control.name", How::Words),
    rule("criticality", "control.criticality", CRITICALITY),
    rule("provider", "provider", How::OneOf(&["AWS", "AZURE", "GCP", "OCI"])),
    rule("resourceType", "resource.type", How::Words),
    rule("serviceType", "service.type", How::Words),
];
const AWS: &[Rule] = &[
    rule(ACCOUNT, "account.id", How::TwelveDigits),
    rule("cloudAccountId", "account.id", How::TwelveDigits),
    rule("region", "region", How::Words),
    rule("resourceId", "resource.id", How::Words),
];
const AZURE: &[Rule] = &[
    rule(ACCOUNT, "account.id", How::Words),
    rule("subscriptionId", "account.id", How::Words),
    rule("region", "region", How::Words),
    rule("resourceId", "resource.id", How::Words),
];
/// That `account.id` is their project or tenancy is not known.
const OTHER_CLOUDS: &[Rule] =
    &[rule("region", "region", How::Words), rule("resourceId", "resource.id", How::Words)];
const ACCOUNT_EVALUATIONS: &[Rule] = &[
    rule("criticality", "control.criticality", CRITICALITY),
    rule("result", "control.result", How::OneOf(&["PASS", "FAIL"])),
];
const RESOURCE_EVALUATIONS: &[Rule] = &[
    // PASS may find PASSE as well.
    rule("result", "resource.result", How::OneOf(&["FAIL"])),
    rule("evaluatedOn", "evaluatedOn", How::Day),
];

/// The columns of a table that a filter can ask for, and where their tokens are described.
pub(super) fn rules(table: &TableSpec) -> (&'static [Rule], Family) {
    match table.kind {
        Kind::Connectors => (CONNECTORS, Family::Connectors),
        Kind::Controls => (CONTROLS, Family::Controls),
        Kind::AccountEvaluations => (ACCOUNT_EVALUATIONS, Family::AccountEvaluations),
        Kind::ResourceEvaluations => (RESOURCE_EVALUATIONS, Family::ResourceEvaluations),
        Kind::Inventory => match table.provider {
            Some(Provider::Aws) => (AWS, Family::Inventory),
            Some(Provider::Azure) => (AZURE, Family::Inventory),
            _ => (OTHER_CLOUDS, Family::Inventory),
        },
        // Nothing is known of tokens of the remediation log; those of exceptions are of no column.
        _ => (&[], Family::Remediation),
    }
}

/// How a value is written in a filter. What the service makes of a token may depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Form {
    /// Without quotes.
    Bare,
    /// In double quotes.
    Quoted,
    /// A range of days.
    Days,
}

impl Form {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Form::Bare => "bare",
            Form::Quoted => "quoted",
            Form::Days => "days",
        }
    }
}

/// A token in a form, as it stands in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) rule: &'static Rule,
    pub(super) form: Form,
}

/// One condition of a filter, made of one predicate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// The condition.
    pub(super) query: Query,
    /// The tokens in it.
    pub(super) uses: Vec<Use>,
    /// Whether it finds no other rows than the predicate.
    pub(super) exact: bool,
}

/// The condition for a predicate; `None` where there is none that is known to leave out no row.
pub(super) fn condition(rules: &'static [Rule], predicate: &Expr) -> Option<Condition> {
    let condition = alternatives(rules, predicate)?;
    let fits = condition.query.to_string().len() <= LONGEST && condition.query.terms().len() <= MOST_VALUES;
    fits.then_some(condition)
}

/// One term, or several of which one must hold. Nothing else: which of `AND` and `OR` binds tighter is not known.
fn alternatives(rules: &'static [Rule], predicate: &Expr) -> Option<Condition> {
    match predicate {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            either(alternatives(rules, left)?, alternatives(rules, right)?)
        }
        Expr::InList(InList { expr, list, negated: false }) => {
            let rule = rule_of(rules, expr)?;
            // A null in the list takes no row.
            let values = list.iter().filter(|item| !is_null(item));
            let terms = values.map(|value| term(rule, literal(value)?));
            terms.reduce(|a, b| either(a?, b?))?
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (rule_of(rules, left), literal(right)) {
            (Some(rule), Some(value)) => comparison(rule, *op, value),
            _ => comparison(rule_of(rules, right)?, op.swap()?, literal(left)?),
        },
        Expr::Between(Between { expr, negated: false, low, high }) => {
            let rule = rule_of(rules, expr).filter(|r| r.how == How::Day)?;
            days(rule, Some(instant(literal(low)?)?), Some(instant(literal(high)?)?))
        }
        _ => None,
    }
}

fn either(a: Condition, b: Condition) -> Option<Condition> {
    let mut uses = a.uses;
    uses.extend(b.uses.into_iter().filter(|u| !uses.contains(u)).collect::<Vec<_>>());
    Some(Condition { query: a.query.or(b.query), uses, exact: a.exact && b.exact })
}

fn comparison(rule: &'static Rule, op: Operator, value: &ScalarValue) -> Option<Condition> {
    match op {
        Operator::Eq if rule.how == How::Day => {
            let at = instant(value)?;
            days(rule, Some(at), Some(at))
        }
        Operator::Eq => term(rule, value),
        Operator::Gt | Operator::GtEq if rule.how == How::Day => days(rule, Some(instant(value)?), None),
        Operator::Lt | Operator::LtEq if rule.how == How::Day => days(rule, None, Some(instant(value)?)),
        _ => None,
    }
}

/// The term for one value.
fn term(rule: &'static Rule, value: &ScalarValue) -> Option<Condition> {
    let (text, exact) = match rule.how {
        How::Whole => {
            let number = match value {
                ScalarValue::Int64(Some(n)) => *n,
                _ => return None,
            };
            (u32::try_from(number).ok()?.to_string(), true)
        }
        How::Day => return None,
        how => {
            let text = value.try_as_str()??;
            let exact = match how {
                How::OneOf(words) => words.contains(&text),
                How::TwelveDigits => text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()),
                _ => false,
            };
            (text.to_owned(), exact)
        }
    };
    let (query, form) = worded(rule.token, &text)?;
    Some(Condition { query, uses: vec![Use { rule, form }], exact })
}

/// A term for a text, and its form. Only texts whose form is beyond doubt have one: a value with a quote, a
/// wildcard or a sign of another alphabet could be read as something else.
pub(super) fn worded(token: &str, text: &str) -> Option<(Query, Form)> {
    let known = |c: char| c.is_ascii_alphanumeric() || " -_./:,;+@=#&()[]{}".contains(c);
    let words = text.chars().any(|c| c.is_ascii_alphanumeric());
    if !words || text.len() > 500 || text.trim() != text || !text.chars().all(known) {
        return None;
    }
    let query = Query::term(token, text);
    let form = if query.to_string().contains('"') { Form::Quoted } else { Form::Bare };
    Some((query, form))
}

/// A range of days that holds all of the time between two instants.
fn days(rule: &'static Rule, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Condition> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let known = |at: &Timestamp| (1970..2100).contains(&day(*at).year());
    if from.iter().chain(&to).any(|at| !known(at)) {
        return None;
    }
    let from = from.map_or_else(|| "1970-01-01".to_owned(), |at| day(at).to_string());
    let to = to.map_or_else(|| LAST_DAY.to_owned(), |at| day(at).to_string());
    let query = Query::between(rule.token, from, to);
    Some(Condition { query, uses: vec![Use { rule, form: Form::Days }], exact: false })
}

/// The day of an instant as a condition, to see whether the service finds a row of that day.
pub(super) fn on_day(rule: &'static Rule, at: Timestamp) -> Option<Query> {
    Some(days(rule, Some(at), Some(at))?.query)
}

fn rule_of(rules: &'static [Rule], expr: &Expr) -> Option<&'static Rule> {
    let column = column(expr)?;
    rules.iter().find(|r| r.column == column)
}

/// The column that an expression is. Joins with stored tables make another form of text of it, which changes no
/// value; a number made into text finds no rule, for its values are no text here.
fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => Some(&column.name),
        Expr::Cast(Cast { expr, field }) if field.data_type().is_string() => column(expr),
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    }
}

fn is_null(expr: &Expr) -> bool {
    literal(expr).is_some_and(ScalarValue::is_null)
}

/// The instant of a literal with a time zone; without one it would be a guess.
fn instant(value: &ScalarValue) -> Option<Timestamp> {
    match value {
        ScalarValue::TimestampSecond(Some(n), Some(_)) => Timestamp::from_second(*n).ok(),
        ScalarValue::TimestampMillisecond(Some(n), Some(_)) => Timestamp::from_millisecond(*n).ok(),
        ScalarValue::TimestampMicrosecond(Some(n), Some(_)) => Timestamp::from_microsecond(*n).ok(),
        ScalarValue::TimestampNanosecond(Some(n), Some(_)) => Timestamp::from_nanosecond((*n).into()).ok(),
        _ => None,
    }
}

/// Whether a predicate is false or null whatever the row.
pub(super) fn is_never(predicate: &Expr) -> bool {
    literal(predicate).is_some_and(|value| value.is_null() || *value == ScalarValue::Boolean(Some(false)))
}

/// The values that a predicate allows a column of text to have, where it lists them.
pub(super) fn listed(name: &str, predicate: &Expr) -> Option<Vec<String>> {
    let is_column = |expr: &Expr| column(expr) == Some(name);
    let text = |expr: &Expr| Some(literal(expr)?.try_as_str()??.to_owned());
    match predicate {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let value = if is_column(left) { right } else { Some(left).filter(|_| is_column(right))? };
            Some(vec![text(value)?])
        }
        Expr::InList(InList { expr, list, negated: false }) if is_column(expr) => {
            list.iter().filter(|item| !is_null(item)).map(text).collect()
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut both = listed(name, left)?;
            both.extend(listed(name, right)?);
            Some(both)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            listed(name, left).or_else(|| listed(name, right))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use arrow::datatypes::DataType;
    use datafusion::prelude::{col, ident, lit};
    use totalcloud_api::resources::Confidence;

    fn sent(table: &str, predicate: Expr) -> Option<(String, bool)> {
        let (rules, _) = rules(tables::get(table).unwrap());
        condition(rules, &predicate).map(|c| (c.query.to_string(), c.exact))
    }

    fn says(text: &str, exact: bool) -> Option<(String, bool)> {
        Some((text.to_owned(), exact))
    }

    fn at(text: &str) -> Expr {
        let at: Timestamp = text.parse().unwrap();
        lit(ScalarValue::TimestampMicrosecond(Some(at.as_microsecond()), Some("UTC".into())))
    }

    #[test]
    fn no_token_is_a_guess_and_no_column_is_unknown() {
        for table in tables::all() {
            let (rules, family) = rules(table);
            for rule in rules {
                let token = family.token(rule.token).unwrap_or_else(|| panic!("{}", rule.token));
                assert_ne!(token.confidence, Confidence::Guess, "{}", rule.token);
                let schema = crate::schema::user_schema(table);
                let column = schema.field_with_name(rule.column);
                assert!(column.is_ok(), "{}: {}", table.name, rule.column);
            }
        }
    }

    #[test]
    fn equality_is_sent_and_is_exact_only_where_nothing_else_fits() {
        let ec2 = "aws_ec2_instance";
        assert_eq!(sent(ec2, col("account").eq(lit("012345678901"))), says("account.id:012345678901", true));
        assert_eq!(sent(ec2, lit("us-east-1").eq(col("region"))), says("region:us-east-1", false));
        assert_eq!(sent(ec2, col("region").eq(lit("US East"))), says("region:\"US East\"", false));
        assert_eq!(
            sent(ec2, ident("cloudAccountId").eq(lit("1"))),
            says("account.id:1", false),
            "it is part of others"
        );
        let one = col("account").in_list(vec![lit("012345678901"), lit("112345678901")], false);
        assert_eq!(sent(ec2, one), says("account.id:012345678901 OR account.id:112345678901", true));
        let mixed = col("region").eq(lit("a")).or(col("account").eq(lit("012345678901")));
        assert_eq!(sent(ec2, mixed), says("region:a OR account.id:012345678901", false));
        assert_eq!(sent("controls", col("cid").eq(lit(7_i64))), says("cid:7", true));
        let results = "resource_evaluations";
        assert_eq!(sent(results, col("result").eq(lit("FAIL"))), says("resource.result:FAIL", true));
        assert_eq!(sent(results, col("result").eq(lit("PASS"))), says("resource.result:PASS", false));
        assert_eq!(sent(results, col("result").eq(lit("fail"))), says("resource.result:fail", false));
    }

    #[test]
    fn another_form_of_text_is_the_same_column() {
        let view = |c: &str| datafusion::prelude::cast(ident(c), DataType::Utf8View);
        let value = || lit(ScalarValue::Utf8View(Some("us-east-1".into())));
        assert_eq!(sent("aws_vpc", view("region").eq(value())), says("region:us-east-1", false));
        assert_eq!(listed("region", &view("region").eq(value())), Some(vec!["us-east-1".into()]));
        let number = lit(ScalarValue::Utf8View(Some("7".into())));
        assert_eq!(sent("controls", view("cid").eq(number)), None);
    }

    #[test]
    fn what_may_be_read_otherwise_or_is_no_equality_stays_here() {
        let ec2 = "aws_ec2_instance";
        for value in ["", "a*", "a\"b", "a`b", "ü", " a", "--", "a\\b", "it's"] {
            assert_eq!(sent(ec2, col("region").eq(lit(value))), None, "{value:?}");
        }
        let region = || col("region");
        for predicate in [
            region().not_eq(lit("a")),
            region().gt(lit("a")),
            region().like(lit("a%")),
            region().is_null(),
            region().in_list(vec![lit("a")], true),
            region().eq(lit("a")).and(col("account").eq(lit("1"))).or(region().eq(lit("b"))),
            region().eq(lit("a")).or(col("name").eq(lit("b"))),
            region().eq(col("name")),
            col("name").eq(lit("a")),
            region().eq(lit(ScalarValue::Utf8(None))),
            region().in_list((0..31).map(|n| lit(format!("r{n}"))).collect(), false),
        ] {
            assert_eq!(sent(ec2, predicate.clone()), None, "{predicate}");
        }
        assert_eq!(sent("gcp_vm_instance", col("account").eq(lit("p"))), None);
        assert_eq!(sent("remediation_activity", col("status").eq(lit("a"))), None);
        assert_eq!(sent("controls", col("cid").eq(lit(-7_i64))), None);
    }

    #[test]
    fn words_that_mean_something_else_are_quoted() {
        for word in ["AND", "null", "in", "a..b", "a:b", "a, b", "[a]"] {
            let (text, _) = sent("aws_vpc", ident("resourceId").eq(lit(word))).unwrap();
            assert_eq!(text, format!("resource.id:\"{word}\""));
        }
    }

    #[test]
    fn dates_are_widened_to_days() {
        let results = "resource_evaluations";
        let on = || ident("evaluatedOn");
        let from = at("2026-01-14T23:59:59Z");
        assert_eq!(
            sent(results, on().gt(from.clone())),
            says("evaluatedOn:[2026-01-14 .. 2100-01-01]", false)
        );
        let between = on().between(from.clone(), at("2026-01-16T00:00:00Z"));
        assert_eq!(sent(results, between), says("evaluatedOn:[2026-01-14 .. 2026-01-16]", false));
        assert_eq!(sent(results, from.lt(on())), says("evaluatedOn:[2026-01-14 .. 2100-01-01]", false));
        let local = lit(ScalarValue::TimestampMicrosecond(Some(0), None));
        assert_eq!(sent(results, on().gt(local)), None);
    }

    #[test]
    fn listed_values_are_found_under_and_and_or() {
        let eq = |c: &str, v: &str| ident(c).eq(lit(v));
        let both = eq("account", "1").or(lit("2").eq(ident("account")));
        assert_eq!(listed("account", &both), Some(vec!["1".into(), "2".into()]));
        let and = both.and(eq("provider", "aws"));
        assert_eq!(listed("provider", &and), Some(vec!["aws".into()]));
        assert_eq!(listed("account", &eq("account", "1").or(eq("provider", "aws"))), None);
        assert_eq!(listed("account", &ident("account").not_eq(lit("1"))), None);
    }
}
