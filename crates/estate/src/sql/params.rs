//! Parameters of a query: `$1` and `$name`, given as text and read as what the query needs at their place.

use super::error::{Result, SqlError};
use super::text::Text;
use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan};
use std::collections::{BTreeMap, HashMap};
use totalcloud_api::nearest::nearest;

/// The values of parameters, by name without the dollar; `1` is `$1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// No parameters.
    pub fn new() -> Params {
        Params::default()
    }

    /// Gives a parameter its value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads `name=value`.
    ///
    /// # Errors
    /// If it is not of that form.
    pub fn read(&mut self, given: &str) -> std::result::Result<(), String> {
        let (name, value) = given
            .split_once('=')
            .ok_or_else(|| format!("'{given}' gives no value: it wants name=value, such as days=30"))?;
        let name = name.trim().trim_start_matches('$');
        let sound = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !sound {
            return Err(format!("'{name}' is no name of a parameter: it wants letters, digits and _"));
        }
        if self.0.contains_key(name) {
            return Err(format!("the parameter {name} is given twice"));
        }
        self.set(name, value);
        Ok(())
    }

    /// Puts the values into a plan.
    ///
    /// # Errors
    /// If one is missing, not asked for, or not of the type that is needed.
    pub(super) fn bind(&self, plan: LogicalPlan, text: &Text<'_>) -> Result<LogicalPlan> {
        let wanted = wanted(&plan, text)?;
        let wanted: BTreeMap<&str, Option<&DataType>> =
            wanted.iter().map(|(name, data_type)| (name.as_str(), data_type.as_ref())).collect();
        for name in self.names() {
            if !wanted.contains_key(name) {
                let known: Vec<&str> = wanted.keys().copied().collect();
                let e = SqlError::input(format!("the query has no parameter ${name}"));
                return Err(match (nearest(name, &known).first(), known.is_empty()) {
                    (Some(near), _) => e.hint(format!("did you mean {near}?")),
                    (None, true) => e,
                    (None, false) => e.hint(format!("it has ${}", known.join(", $"))),
                });
            }
        }
        if wanted.is_empty() {
            return Ok(plan);
        }
        let mut values = HashMap::new();
        for (name, data_type) in wanted {
            if name.is_empty() || name == "?" {
                return Err(SqlError::input("a parameter has a name or a number, as in $days or $1"));
            }
            let Some(given) = self.get(name) else {
                let e = SqlError::input(format!("the parameter ${name} has no value"));
                let e = match text.as_str().find(&format!("${name}")) {
                    Some(at) => e.at(text, at, at + name.len() + 1),
                    None => e,
                };
                return Err(e.hint(format!("give one with --param {name}=…")));
            };
            let value = read(given, data_type).ok_or_else(|| {
                let wants = data_type.map_or("another value", describe);
                SqlError::input(format!("the parameter {name} wants {wants}, not '{given}'"))
            })?;
            values.insert(name.to_owned(), value.into());
        }
        plan.with_param_values(ParamValues::Map(values)).map_err(|e| super::error::told(e, text))
    }
}

/// The parameters of a plan by name, with the type of the first place that says one.
fn wanted(plan: &LogicalPlan, text: &Text<'_>) -> Result<BTreeMap<String, Option<DataType>>> {
    let mut wanted: BTreeMap<String, Option<DataType>> = BTreeMap::new();
    let walked = plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::Placeholder(placeholder) = expr {
                    let name = placeholder.id.trim_start_matches('$').to_owned();
                    let said = placeholder.field.as_ref().map(|field| field.data_type().clone());
                    let known = wanted.entry(name).or_default();
                    *known = known.take().or(said);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    walked.map_err(|e| super::error::told(e, text))?;
    Ok(wanted)
}

/// The value of a text, as the type that is wanted, or as what it looks like.
fn read(given: &str, data_type: Option<&DataType>) -> Option<ScalarValue> {
    match data_type {
        Some(DataType::Null) | None => Some(guess(given)),
        Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            Some(ScalarValue::Utf8(Some(given.to_owned())))
        }
        Some(wanted) => {
            let text = given.trim();
            if text.is_empty() || text.eq_ignore_ascii_case("null") {
                return ScalarValue::try_from(wanted).ok();
            }
            ScalarValue::try_from_string(text.to_owned(), wanted).ok().filter(|v| !v.is_null())
        }
    }
}

fn guess(given: &str) -> ScalarValue {
    // An account such as 012345678901 is text.
    if let Ok(n) = given.parse::<i64>()
        && n.to_string() == given
    {
        return ScalarValue::Int64(Some(n));
    }
    let digits = given.trim_start_matches('-');
    let number =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.') && !digits.starts_with("00");
    match given {
        "true" => ScalarValue::Boolean(Some(true)),
        "false" => ScalarValue::Boolean(Some(false)),
        _ => match given.parse::<f64>() {
            Ok(n) if number => ScalarValue::Float64(Some(n)),
            _ => ScalarValue::Utf8(Some(given.to_owned())),
        },
    }
}

fn describe(data_type: &DataType) -> &'static str {
    match data_type {
        t if t.is_integer() => "a whole number",
        t if t.is_numeric() => "a number",
        DataType::Boolean => "true or false",
        DataType::Timestamp(..) => "an instant such as 2026-11-22T06:00:00Z",
        DataType::Date32 | DataType::Date64 => "a date such as 2026-11-22",
        DataType::Interval(_) => "a span such as 7 days",
        _ => "another value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_name_and_value() {
        let mut params = Params::new();
        params.read("$days=30").unwrap();
        params.read("owner=a=b").unwrap();
        assert_eq!((params.get("days"), params.get("owner")), (Some("30"), Some("a=b")));
        assert!(params.read("days=1").unwrap_err().contains("twice"));
        assert!(params.read("days").unwrap_err().contains("no value"));
        assert!(params.read("a b=1").is_err() && params.read("=1").is_err());
    }

    #[test]
    fn values_are_what_they_look_like_where_no_type_is_wanted() {
        assert_eq!(guess("30"), ScalarValue::Int64(Some(30)));
        assert_eq!(guess("-2.5"), ScalarValue::Float64(Some(-2.5)));
        assert_eq!(guess("true"), ScalarValue::Boolean(Some(true)));
        for text in ["012345678901", "inf", "1.2.3.4", "", "nan", "1e5x"] {
            assert_eq!(guess(text), ScalarValue::Utf8(Some(text.to_owned())), "{text}");
        }
        assert_eq!(read("x", Some(&DataType::Int64)), None);
        assert_eq!(read("7", Some(&DataType::Utf8View)), Some(ScalarValue::Utf8(Some("7".to_owned()))));
    }
}
