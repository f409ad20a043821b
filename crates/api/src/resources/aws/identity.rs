//! IAM users, groups, policies and roles.

use super::{AwsBase, AwsNewerBase};
use crate::model;

model! {
    /// A managed policy by ARN and name.
    pub struct AwsPolicyName {
        /// ARN.
        policy_arn = "policyArn": text;
        /// Name.
        policy_name = "policyName": text;
    }
}

model! {
    /// A managed policy by ARN and name, as the newer payloads write it.
    pub struct AwsAttachedPolicy {
        /// ARN.
        policy_arn = "PolicyArn": text;
        /// Name.
        policy_name = "PolicyName": text;
    }
}

model! {
    /// A policy written into a user or function.
    pub struct AwsInlinePolicy {
        /// Name.
        policy_name = "policyName": text;
        /// Policy, JSON in a string.
        [Sensitive] policy_document = "policyDocument": jstr;
    }
}

model! {
    /// A policy written into a group or role, as the newer payloads write it.
    pub struct AwsEmbeddedPolicy {
        /// Name.
        policy_name = "PolicyName": text;
        /// Policy, JSON in a string.
        [Sensitive] policy_document = "PolicyDocument": jstr;
    }
}

model! {
    /// An IAM user.
    pub struct AwsIamUser: AwsBase {
        /// Name of the user.
        [Sensitive] user = "user": text;
        /// Names of policies.
        user_policies = "userPolicies": [text];
        /// Managed policies.
        user_attached_policies = "userAttachedPolicies": [AwsPolicyName];
        /// Policies written into the user.
        user_inline_policies = "userInlinePolicies": [AwsInlinePolicy];
        /// Groups the user is in.
        user_groups = "userGroups": [AwsUserGroup];
        /// Labels of the service.
        [Shown] classifications = "classifications": [text];
        /// Credentials report of the user.
        user_dto = "userDto": AwsUserDto;
    }
}

model! {
    /// A group that a user is in.
    pub struct AwsUserGroup {
        /// ARN.
        group_arn = "groupArn": text;
        /// Path.
        path = "path": text;
        /// Name.
        group_name = "groupName": text;
        /// Id.
        group_id = "groupId": text;
        /// When the group was created (epoch ms).
        created_date = "createdDate": time;
    }
}

model! {
    /// The credentials of a user: which there are and when each was last used and changed.
    pub struct AwsUserDto {
        /// Name.
        [Sensitive] username = "username": text;
        /// Id.
        [Sensitive] user_id = "userId": text;
        /// ARN.
        [Sensitive] arn = "arn": text;
        /// Path.
        path = "path": text;
        /// Whether the user has a console password.
        password_enabled = "passwordEnabled": sbool;
        /// Whether a second factor is active.
        mfa_active = "mfaActive": sbool;
        /// Whether access key 1 is active.
        access_key_1_active = "accessKey1Active": sbool;
        /// Whether access key 2 is active.
        access_key_2_active = "accessKey2Active": sbool;
        /// Whether signing certificate 1 is active.
        cert_1_active = "cert1Active": sbool;
        /// Whether signing certificate 2 is active.
        cert_2_active = "cert2Active": sbool;
        /// When the user was created, by the credentials report (epoch ms).
        user_creation_time = "userCreationTime": time;
        /// When the user was created (epoch ms).
        created_date = "createdDate": time;
        /// When the password was last used (epoch ms).
        [Volatile] password_last_used = "passwordLastUsed": time;
        /// When the password was last changed (epoch ms).
        password_last_changed = "passwordLastChanged": time;
        /// When the password must be changed next (epoch ms).
        password_next_rotation = "passwordNextRotation": time;
        /// When access key 1 was last rotated (epoch ms).
        access_key_1_last_rotated = "accessKey1LastRotated": time;
        /// When access key 2 was last rotated (epoch ms).
        access_key_2_last_rotated = "accessKey2LastRotated": time;
        /// When access key 1 was last used (epoch ms).
        [Volatile] access_key_1_last_used = "accessKey1LastUsed": time;
        /// When access key 2 was last used (epoch ms).
        [Volatile] access_key_2_last_used = "accessKey2LastUsed": time;
        /// When certificate 1 was last rotated (epoch ms).
        cert_1_last_rotated = "cert1LastRotated": time;
        /// When certificate 2 was last rotated (epoch ms).
        cert_2_last_rotated = "cert2LastRotated": time;
        /// Region in which access key 1 was last used.
        access_key_1_last_used_region = "accessKey1LastUsedRegion": text;
        /// Service for which access key 1 was last used.
        access_key_1_last_used_service = "accessKey1LastUsedService": text;
        /// Region in which access key 2 was last used.
        access_key_2_last_used_region = "accessKey2LastUsedRegion": text;
        /// Service for which access key 2 was last used.
        access_key_2_last_used_service = "accessKey2LastUsedService": text;
        /// Access keys by id; the secret halves are never sent.
        access_keys = "accessKeys": [AwsAccessKey];
    }
}

model! {
    /// An access key by its id.
    pub struct AwsAccessKey {
        /// Id of the key.
        [Sensitive] access_key_id = "accessKeyId": text;
        /// `Active` or `Inactive`.
        status = "status": text;
        /// When it was made (epoch ms).
        create_date = "createDate": time;
    }
}

model! {
    /// An IAM group.
    pub struct AwsIamGroup: AwsNewerBase {
        /// Id of the group.
        [Shown] group_id = "groupId": text;
        /// ARN.
        arn = "arn": text;
        /// Labels of the service.
        [Shown] classifications = "classifications": [text];
        /// Policies written into the group.
        group_policy_list = "GroupPolicyList": [AwsEmbeddedPolicy];
        /// Managed policies.
        attached_managed_policies = "AttachedManagedPolicies": [AwsAttachedPolicy];
    }
}

model! {
    /// An IAM policy.
    pub struct AwsIamPolicy: AwsNewerBase {
        /// Id of the policy.
        policy_id = "policyId": text;
        /// ARN.
        arn = "arn": text;
        /// Path.
        path = "path": text;
        /// Who manages it.
        [Shown] r#type = "type": text;
        /// Version that applies, such as `v1`.
        default_version_id = "DefaultVersionId": text;
        /// Whether it can be attached.
        is_attachable = "IsAttachable": bool;
        /// To how many users, groups and roles it is attached.
        [Shown] attachment_count = "AttachmentCount": int;
        /// For how many users and roles it is the boundary.
        permissions_boundary_usage_count = "PermissionsBoundaryUsageCount": int;
        /// Labels of the service.
        [Shown] classifications = "classifications": [text];
        /// The version that applies.
        default_policy_version = "defaultPolicyVersion": AwsPolicyVersion;
    }
}

model! {
    /// A version of a policy.
    pub struct AwsPolicyVersion {
        /// Id of the version.
        version_id = "VersionId": text;
        /// Whether it is the one that applies.
        is_default_version = "IsDefaultVersion": bool;
        /// When it was made (epoch seconds).
        create_date = "CreateDate": time;
        /// Policy, JSON in a string; its `Statement` is a list or a single object.
        [Sensitive] document = "Document": jstr;
    }
}

model! {
    /// An IAM role.
    pub struct AwsIamRole: AwsNewerBase {
        /// Id of the role.
        role_id = "roleId": text;
        /// ARN.
        arn = "arn": text;
        /// Path.
        [Shown] path = "path": text;
        /// Last use: text, or an object of open shape.
        [Volatile] role_last_used = "RoleLastUsed": open;
        /// Labels of the service.
        [Shown] classifications = "classifications": [text];
        /// Managed policies.
        attached_managed_policies = "AttachedManagedPolicies": [AwsAttachedPolicy];
        /// Boundary of its permissions.
        permissions_boundary = "PermissionsBoundary": AwsPermissionsBoundary;
        /// Who may take the role, JSON in a string.
        [Sensitive] assume_role_policy_document = "AssumeRolePolicyDocument": jstr;
        /// Who may take the role: lists of names by kind.
        [Sensitive] trusted_entities = "trustedEntities": open;
        /// Policies written into the role.
        role_policy_list = "RolePolicyList": [AwsEmbeddedPolicy];
        /// Instance profiles with the role.
        instance_profile_list = "InstanceProfileList": [AwsInstanceProfile];
    }
}

model! {
    /// The boundary of a role's permissions.
    pub struct AwsPermissionsBoundary {
        /// ARN of the policy that bounds.
        permissions_boundary_arn = "PermissionsBoundaryArn": text;
        /// Kind of the boundary.
        permissions_boundary_type = "PermissionsBoundaryType": text;
    }
}

model! {
    /// An instance profile.
    pub struct AwsInstanceProfile {
        /// Path.
        path = "Path": text;
        /// Name.
        instance_profile_name = "InstanceProfileName": text;
        /// Id.
        instance_profile_id = "InstanceProfileId": text;
        /// ARN.
        arn = "Arn": text;
        /// When it was made (epoch seconds).
        create_date = "CreateDate": time;
        /// Roles in it.
        roles = "Roles": [AwsInstanceProfileRoleEntry];
    }
}

model! {
    /// A role in an instance profile.
    pub struct AwsInstanceProfileRoleEntry {
        /// Path.
        path = "Path": text;
        /// Name.
        role_name = "RoleName": text;
        /// Id.
        role_id = "RoleId": text;
        /// ARN.
        arn = "Arn": text;
        /// When it was made (epoch seconds).
        create_date = "CreateDate": time;
        /// Who may take the role, percent-encoded JSON in a string.
        [Sensitive] assume_role_policy_document = "AssumeRolePolicyDocument": jstr;
    }
}
