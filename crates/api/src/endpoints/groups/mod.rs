//! Groups of connectors, and what a user may see.

mod scope;

pub use scope::{GetUserScope, SetUserGroups, SetUserScope};

use crate::operation::Args;
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// A group of connectors.
    pub struct Group {
        /// Id of the group.
        [Id, Shown] group_uuid = "groupUuid": text;
        /// Name.
        [Shown] group_name = "groupName": text;
    }
}

model! {
    /// What became of the making of a group.
    pub struct GroupCreated {
        /// Id of the group.
        [Id, Shown] group_id = "groupId": text;
        /// Name.
        [Shown] name = "name": text;
        /// What went wrong.
        [Shown] error = "error": text;
    }
}

endpoint! {
    /// Lists the groups.
    ListGroups = "groups.list";
    GET "/cloudview-api/rest/v1/groups";
    row 14, Documented "SW21" -> Group;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "groups";
    must {}
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}

endpoint! {
    /// Reads one group.
    GetGroup = "groups.get";
    GET "/cloudview-api/rest/v1/groups/{groupUuid}";
    row 14, Documented "SW21" -> Group;
    .limit_class = "groups";
    must {
        /// Id of the group.
        Path group_uuid = "groupUuid": String as ParamKind::Uuid;
    }
    may {}
}

endpoint! {
    /// Makes a group.
    CreateGroup = "groups.create";
    POST "/cloudview-api/rest/v1/groups";
    row 14, Documented "SW21" -> GroupCreated;
    .limit_class = "groups";
    .quirks = &["the name travels in the query"];
    must {
        /// Name of the group.
        Query group_name = "groupName": String as ParamKind::Filled;
    }
    may {}
}

/// An AWS account has twelve digits.
pub(crate) fn twelve_digits(args: &Args, lists: &[&'static str]) -> Result<(), (&'static str, String)> {
    if args.get("cloudType").and_then(|v| v.as_str()) != Some("AWS") {
        return Ok(());
    }
    for list in lists {
        let accounts = args.get(*list).and_then(|v| v.as_array()).into_iter().flatten();
        let wrong = |id: &&str| id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit());
        if let Some(wrong) = accounts.filter_map(|v| v.as_str()).find(wrong) {
            return Err((list, format!("an AWS account has twelve digits, not '{wrong}'")));
        }
    }
    Ok(())
}

/// One of the two lists of groups must name some.
fn some_groups(args: &Args) -> Result<(), (&'static str, String)> {
    twelve_digits(args, &["accountIdentifiers"])?;
    let names = ["add.groupIds", "remove.groupIds"];
    if names.iter().any(|name| args.get(*name).and_then(|v| v.as_array()).is_some_and(|ids| !ids.is_empty()))
    {
        return Ok(());
    }
    Err(("add.groupIds", "give groups to add to or to remove from".to_owned()))
}

endpoint! {
    /// Puts accounts into groups and takes them out.
    AssignGroups = "groups.assign";
    POST "/cloudview-api/rest/v1/groups/connectors";
    row 14, Documented "SW21" -> Group;
    .limit_class = "groups";
    .effect = Effect::Update;
    .rule = Some(some_groups);
    must {
        /// Provider of the accounts.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
        /// Accounts, subscriptions or projects.
        Body account_identifiers = "accountIdentifiers": Vec<String> as ParamKind::Words;
    }
    may {
        /// Groups to put them into.
        Body add_groups = "add.groupIds": Vec<String> as ParamKind::Uuids;
        /// Groups to take them out of.
        Body remove_groups = "remove.groupIds": Vec<String> as ParamKind::Uuids;
    }
}
