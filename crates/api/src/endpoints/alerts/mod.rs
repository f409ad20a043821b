//! Alerts: the rules that raise them, the actions that tell of them, and what was told.

mod actions;
mod activities;
mod rules;

pub use actions::{
    Action, CreateEmailAction, CreatePagerdutyAction, CreateSlackAction, DeleteActions, GetAction,
    ListActionTypes, ListActions, TestPagerdutyAction, TestSlackAction, UpdateEmailAction,
    UpdatePagerdutyAction, UpdateSlackAction,
};
pub use activities::{Activity, GetActivity, ListActivities};
pub use rules::{
    ActionRequest, CreateRule, DeleteRules, DisableRules, EnableRules, GetRule, ListRules, Rule, RuleAction,
    UpdateRule,
};

use crate::model;

model! {
    /// How the service wraps the answer of a write.
    pub struct Wrapped {
        /// The answer itself.
        [Shown] body = "body": open;
        /// Its status, as a word.
        [Shown] status_code = "statusCode": text;
        /// Its status, as a number.
        status_code_value = "statusCodeValue": int;
    }
}
