//! What a user may see.

use crate::endpoint;
use crate::operation::Args;
use crate::provider::{Provider, Spelling};
use serde_json::Value;

/// One of the lists must have something in it.
fn some_change(args: &Args) -> Result<(), (&'static str, String)> {
    super::twelve_digits(args, &["add.accountIdentifiers", "remove.accountIdentifiers"])?;
    let lists = |name: &&String| name.starts_with("add.") || name.starts_with("remove.");
    let any = args.keys().filter(lists).any(|name| args[name].as_array().is_some_and(|ids| !ids.is_empty()));
    if any { Ok(()) } else { Err(("add", "give something to add or to remove".to_owned())) }
}

endpoint! {
    /// Reads what a user may see.
    GetUserScope = "users.scope";
    GET "/cloudview-api/rest/v1/users/{userName}/scope";
    row 15, Documented "SW21" -> Value;
    .limit_class = "users";
    .quirks = &["the form of the answer is open"];
    must {
        /// User name.
        Path user_name = "userName": String as ParamKind::Text;
    }
    may {}
}

endpoint! {
    /// Changes which accounts and regions a user may see.
    SetUserScope = "users.set-scope";
    POST "/cloudview-api/rest/v1/users/{userName}/scope";
    row 15, Documented "SW21" -> Value;
    .limit_class = "users";
    .effect = Effect::Update;
    .rule = Some(some_change);
    must {
        /// User name.
        Path user_name = "userName": String as ParamKind::Text;
        /// Provider of the accounts.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
    may {
        /// Accounts to add.
        Body add_accounts = "add.accountIdentifiers": Vec<String> as ParamKind::Words;
        /// Regions to add.
        Body add_regions = "add.regions": Vec<String> as ParamKind::Words;
        /// Accounts to remove.
        Body remove_accounts = "remove.accountIdentifiers": Vec<String> as ParamKind::Words;
        /// Regions to remove.
        Body remove_regions = "remove.regions": Vec<String> as ParamKind::Words;
    }
}

endpoint! {
    /// Changes which groups a user may see.
    SetUserGroups = "users.set-groups";
    POST "/cloudview-api/rest/v1/users/{userName}/groupScope";
    row 15, Documented "SW21" -> Value;
    .limit_class = "users";
    .effect = Effect::Update;
    .rule = Some(some_change);
    .quirks = &["the field is groupsIds, with an s in the middle"];
    must {
        /// User name.
        Path user_name = "userName": String as ParamKind::Text;
    }
    may {
        /// Groups to add.
        Body add_groups = "add.groupsIds": Vec<String> as ParamKind::Uuids;
        /// Groups to remove.
        Body remove_groups = "remove.groupsIds": Vec<String> as ParamKind::Uuids;
    }
}
