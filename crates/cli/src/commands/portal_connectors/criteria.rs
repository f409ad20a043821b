//! Conditions of searches at the API server.

use crate::error::CliError;
use crate::listing::Part;
use serde_json::{Value, json};
use totalcloud_api::portal::CRITERIA;

/// Operators as the service spells them.
const OPERATORS: [&str; 6] = ["EQUALS", "NOT EQUALS", "CONTAINS", "GREATER", "LESSER", "IN"];

/// Which rows, in the way of the API server.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Search")]
pub struct Criteria {
    /// Only those whose name has this in it
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// Only rows that meet this; can be repeated, and all must be met. Operators: EQUALS, NOT_EQUALS, CONTAINS,
    /// GREATER, LESSER, IN
    #[arg(long = "where", value_name = "FIELD:OPERATOR:VALUE")]
    conditions: Vec<String>,
}

impl Criteria {
    /// Whether all rows are asked for.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.conditions.is_empty()
    }

    /// Puts the conditions into a search.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn narrow(&self, part: Part) -> Result<Part, CliError> {
        if self.is_empty() {
            return Ok(part);
        }
        let mut criteria: Vec<Value> =
            self.name.iter().map(|name| criterion("name", "CONTAINS", name)).collect();
        for condition in &self.conditions {
            criteria.push(read(condition)?);
        }
        Ok(part.with(CRITERIA, criteria))
    }
}

/// A condition as it travels.
pub(super) fn criterion(field: &str, operator: &str, value: &str) -> Value {
    json!({ "field": field, "operator": operator, "value": value })
}

/// Reads `FIELD:OPERATOR:VALUE`; the value may have colons.
fn read(text: &str) -> Result<Value, CliError> {
    let mut pieces = text.splitn(3, ':').map(str::trim);
    let (Some(field), Some(operator), Some(value)) = (pieces.next(), pieces.next(), pieces.next()) else {
        return Err(CliError::usage(format!("--where: '{text}' is no FIELD:OPERATOR:VALUE"))
            .hint("such as name:CONTAINS:prod or id:GREATER:1000"));
    };
    let spelled = operator.to_ascii_uppercase().replace(['_', '-'], " ");
    let Some(operator) = OPERATORS.into_iter().find(|known| *known == spelled) else {
        return Err(CliError::usage(format!("--where: there is no operator '{operator}'"))
            .hint(format!("there are {}", OPERATORS.join(", ").replace(' ', "_").replace(",_", ", "))));
    };
    if field.is_empty() || value.is_empty() {
        return Err(CliError::usage(format!("--where: '{text}' has no field or no value")));
    }
    Ok(criterion(field, operator, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_refused() {
        for (text, field, operator, value) in [
            ("name:CONTAINS:prod", "name", "CONTAINS", "prod"),
            ("name:not_equals:a:b", "name", "NOT EQUALS", "a:b"),
            (" id : greater : 17 ", "id", "GREATER", "17"),
            (
                "arn:EQUALS:arn:aws:iam::123456789012:role/x",
                "arn",
                "EQUALS",
                "arn:aws:iam::123456789012:role/x",
            ),
        ] {
            assert_eq!(read(text).unwrap(), criterion(field, operator, value), "{text}");
        }
        for (text, why) in [
            ("name:prod", "is no FIELD:OPERATOR:VALUE"),
            ("name:LIKE:prod", "no operator 'LIKE'"),
            (":EQUALS:x", "no field"),
            ("name:EQUALS:", "no value"),
        ] {
            assert!(read(text).unwrap_err().message.contains(why), "{text}");
        }
    }
}
