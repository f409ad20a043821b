//! AWS identities. Group, policy and role are of the newer payload generation.

use super::Table;

/// JSON inside a JSON string.
macro_rules! policy {
    ($effect:literal, $action:literal, $resource:literal) => {
        concat!(
            r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\""#,
            $effect,
            r#"\",\"Action\":["#,
            $action,
            r#"],\"Resource\":\""#,
            $resource,
            r#"\"}]}""#
        )
    };
}

const ATTACHED: &str = concat!(
    r#"[<rep 1 2>{"PolicyArn":"arn:aws:iam::aws:policy/<pick:managed ReadOnlyAccess|AmazonS3FullAccess|SecurityAudit>","#,
    r#""PolicyName":"<pick:managed ReadOnlyAccess|AmazonS3FullAccess|SecurityAudit>"}<end>]"#
);

const EMBEDDED: &str = concat!(
    r#"[<if 300>{"PolicyName":"inline-<l 5>","PolicyDocument":"#,
    policy!("Allow", r#"\"s3:GetObject\""#, "arn:aws:s3:::<refname BUCKET>/*"),
    "}<end>]"
);

const TRUST: &str = concat!(
    r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"#,
    r#"{\"Service\":\"<pick:trust ec2|lambda|eks|ecs-tasks>.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}""#
);

/// The trust of an instance profile's role is percent-encoded on the wire.
const PROFILES: &str = concat!(
    r#"[<if:profile 300>{"Path":"/","InstanceProfileName":"<name>","InstanceProfileId":"AIPA<u:profile 17>","#,
    r#""Arn":"arn:aws:iam::<acct>:instance-profile/<name>","CreateDate":<sec created>,"#,
    r#""Roles":[{"Path":"/","RoleName":"<name>","RoleId":"AROA<u:role 17>","Arn":"<id>","CreateDate":<sec created>,"#,
    r#""AssumeRolePolicyDocument":""#,
    "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A",
    "%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D",
    r#""}]}<end>]"#
);

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "IAM_USER",
        weight: 50,
        id: "arn:aws:iam::<acct>:user/<name>",
        title: "<pick alex|sam|kim|robin|jo|deploy|ci|backup>.<enc>",
        global: true,
        fields: &[
            ("user", r#""<name>""#),
            ("userPolicies", r#"[<if:inline 200>"inline-<l:inline 5>"<end>]"#),
            (
                "userAttachedPolicies",
                concat!(
                    r#"[<rep 0 2>{"policyArn":"arn:aws:iam::aws:policy/<pick:managed ReadOnlyAccess|PowerUserAccess|IAMUserChangePassword>","#,
                    r#""policyName":"<pick:managed ReadOnlyAccess|PowerUserAccess|IAMUserChangePassword>"}<end>]"#
                ),
            ),
            (
                "userInlinePolicies",
                concat!(
                    r#"[<if:inline 200>{"policyName":"inline-<l:inline 5>","policyDocument":"#,
                    policy!("Allow", r#"\"sts:AssumeRole\""#, "*"),
                    "}<end>]"
                ),
            ),
            (
                "userGroups",
                concat!(
                    r#"[<rep 0 2>{"groupArn":"<ref:group IAM_GROUP>","path":"/","groupName":"<refname:group IAM_GROUP>","#,
                    r#""groupId":"AGPA<u 17>","createdDate":<ms past 900>}<end>]"#
                ),
            ),
            (
                "userDto",
                concat!(
                    r#"{"username":"<name>","userId":"AIDA<u 17>","arn":"<id>","path":"/","#,
                    r#""passwordEnabled":"<bool:password 600>","mfaActive":"<!bool 700>","#,
                    r#""accessKey1Active":"<bool:key1 500>","accessKey2Active":"<bool:key2 100>","#,
                    r#""cert1Active":"false","cert2Active":"false","#,
                    r#""userCreationTime":<ms created>,"createdDate":"<ms created>","#,
                    r#""passwordLastUsed":<if:password 600><ms:used since><else>null<end>,"#,
                    r#""passwordLastChanged":<if:password 600><ms:changed since><else>null<end>,"passwordNextRotation":null,"#,
                    r#""accessKey1LastRotated":<if:key1 500><ms:key1 since><else>null<end>,"#,
                    r#""accessKey2LastRotated":<if:key2 100>"<ms:key2 since>"<else>null<end>,"#,
                    r#""accessKey1LastUsed":<if:key1 500><ms since><else>null<end>,"#,
                    r#""accessKey2LastUsed":null,"cert1LastRotated":null,"cert2LastRotated":null,"#,
                    r#""accessKey1LastUsedRegion":<if:key1 500>"us-east-1"<else>null<end>,"#,
                    r#""accessKey1LastUsedService":<if:key1 500>"<pick s3|ec2|sts>"<else>null<end>,"#,
                    r#""accessKey2LastUsedRegion":null,"accessKey2LastUsedService":null,"#,
                    r#""accessKeys":[<if:key1 500>{"accessKeyId":"AKIA<u 16>","status":"Active","createDate":<ms:key1 since>}<end>]}"#
                ),
            ),
        ],
    },
    Table {
        name: "IAM_GROUP",
        weight: 10,
        id: "arn:aws:iam::<acct>:group/<name>",
        title: "<pick admins|developers|auditors|operators>-<enc>",
        global: true,
        fields: &[
            ("groupId", r#""AGPA<u 17>""#),
            ("arn", r#""<id>""#),
            ("GroupPolicyList", EMBEDDED),
            ("AttachedManagedPolicies", ATTACHED),
        ],
    },
    Table {
        name: "IAM_POLICY",
        weight: 45,
        id: "arn:aws:iam::<acct>:policy/<name>",
        title: "<pick deploy|read|backup|audit|pipeline>-policy-<enc>",
        global: true,
        fields: &[
            ("policyId", r#""ANPA<u 17>""#),
            ("arn", r#""<id>""#),
            ("path", r#""/""#),
            ("type", r#""<pick Customer Managed|Customer Managed|AWS Managed>""#),
            ("DefaultVersionId", r#""v<int:version 1 5>""#),
            ("IsAttachable", "true"),
            ("AttachmentCount", "<!int 0 12>"),
            ("PermissionsBoundaryUsageCount", "<pick 0|0|0|1>"),
            (
                "defaultPolicyVersion",
                concat!(
                    r#"{"VersionId":"v<int:version 1 5>","IsDefaultVersion":true,"CreateDate":<sec created>,"Document":"#,
                    // One statement comes as an object as often as in a list.
                    r#"<if 500>"#,
                    policy!("Allow", r#"\"s3:<pick:verb Get|List|Put>*\""#, "*"),
                    r#"<else>"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"logs:*\",\"Resource\":\"*\"}}"<end>}"#
                ),
            ),
        ],
    },
    Table {
        name: "IAM_ROLE",
        weight: 85,
        id: "arn:aws:iam::<acct>:role/<name>",
        title: "<pick app|lambda|eks|deploy|audit|cross-account>-role-<enc>",
        global: true,
        fields: &[
            ("roleId", r#""AROA<u:role 17>""#),
            ("arn", r#""<id>""#),
            ("path", r#""/""#),
            ("RoleLastUsed", r#"<if 700>{"LastUsedDate":"<iso updated>","Region":"us-east-1"}<else>""<end>"#),
            ("AttachedManagedPolicies", ATTACHED),
            (
                "PermissionsBoundary",
                concat!(
                    r#"<if 150>{"PermissionsBoundaryArn":"<ref IAM_POLICY>","PermissionsBoundaryType":"Policy"}"#,
                    "<else>null<end>"
                ),
            ),
            ("AssumeRolePolicyDocument", TRUST),
            ("trustedEntities", r#"{"Service":["<pick:trust ec2|lambda|eks|ecs-tasks>.amazonaws.com"]}"#),
            ("RolePolicyList", EMBEDDED),
            ("InstanceProfileList", PROFILES),
        ],
    },
];
