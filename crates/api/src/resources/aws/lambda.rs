//! Lambda functions.

use super::AwsBase;
use super::identity::AwsInlinePolicy;
use crate::model;

model! {
    /// A Lambda function.
    pub struct AwsLambda: AwsBase {
        /// Name of the function.
        function_name = "functionName": text;
        /// ARN.
        function_arn = "functionArn": text;
        /// ARN of the function this one is an edge copy of.
        master_arn = "masterArn": text;
        /// ARN of the role it runs under.
        role_arn = "roleArn": text;
        /// Name of the role it runs under.
        [Shown] role_name = "roleName": text;
        /// Entry point.
        handler = "handler": text;
        /// Runtime, such as `python3.12`.
        [Shown] runtime = "runtime": text;
        /// Version, such as `$LATEST`.
        version = "version": text;
        /// Id of the revision.
        revision_id = "revisionId": text;
        /// SHA-256 of the code, Base64.
        code_sha256 = "codeSha256": text;
        /// Description.
        description = "description": text;
        /// KMS key that encrypts its environment.
        kms_key_arn = "kmsKeyArn": text;
        /// VPC it is connected to.
        vpc_id = "vpcId": text;
        /// Tracing mode, such as `PassThrough`.
        tracing_config = "tracingConfig": text;
        /// Resource policy of the function, JSON in a string.
        [Sensitive] raw_function_policy = "rawFunctionPolicy": jstr;
        /// Who may take its role, JSON in a string.
        [Sensitive] assume_role_policy_document = "assumeRolePolicyDocument": jstr;
        /// Size of the code in bytes.
        code_size = "codeSize": int;
        /// Seconds until it is stopped.
        timeout = "timeout": int;
        /// Memory in MB.
        memory_size = "memorySize": int;
        /// When it was last changed (ISO-8601).
        [Shown] last_modified = "lastModified": time;
        /// What it is associated with, of open shape.
        associations = "associations": open;
        /// Aliases.
        aliases = "aliases": [AwsLambdaAlias];
        /// Layers.
        layers = "layers": [AwsLambdaLayer];
        /// Versions.
        function_versions = "functionVersions": [AwsLambdaVersion];
        /// URLs it answers at.
        function_url_configs = "functionUrlConfigs": [AwsLambdaUrl];
        /// Policies written into its role.
        inline_policies = "inlinePolicies": [AwsInlinePolicy];
        /// Managed policies of its role.
        managed_policies = "managedPolicies": [AwsManagedPolicy];
        /// Event sources that start it.
        event_source_mappings = "eventSourceMappings": [AwsEventSource];
        /// Labels of the service.
        classifications = "classifications": [text];
    }
}

model! {
    /// An alias of a function.
    pub struct AwsLambdaAlias {
        /// Name.
        name = "name": text;
        /// Description.
        description = "description": text;
        /// ARN.
        alias_arn = "aliasArn": text;
        /// Version it points to.
        function_version = "functionVersion": text;
        /// Id of the revision.
        revision_id = "revisionId": text;
        /// Second version that takes a part of the calls.
        routing_config_additional_version = "routingConfigAdditionalVersion": text;
        /// Part of the calls that go to the second version; number or text, form not seen.
        routing_config_additional_version_weight = "routingConfigAdditionalVersionWeight": open;
    }
}

model! {
    /// A layer of a function.
    pub struct AwsLambdaLayer {
        /// Name.
        name = "name": text;
        /// Version.
        version = "version": text;
        /// Size of the code in bytes.
        code_size = "codeSize": int;
    }
}

model! {
    /// A version of a function.
    pub struct AwsLambdaVersion {
        /// Version.
        version = "version": text;
        /// Role it runs under.
        role = "role": text;
        /// Runtime.
        runtime = "runtime": text;
        /// Memory in MB.
        memory_size = "memorySize": int;
        /// Size of the code in bytes.
        code_size = "codeSize": int;
        /// When it was last changed (ISO-8601).
        last_modified = "lastModified": time;
    }
}

model! {
    /// A URL that a function answers at.
    pub struct AwsLambdaUrl {
        /// URL.
        function_url = "functionUrl": text;
        /// ARN of the function.
        function_arn = "functionArn": text;
        /// How callers are authenticated, such as `AWS_IAM` or `NONE`.
        auth_type = "authType": text;
        /// Cross-origin settings, of open shape.
        cors = "cors": open;
        /// When it was made (ISO-8601 expected).
        creation_time = "creationTime": time;
        /// When it was last changed (ISO-8601 expected).
        last_modified_time = "lastModifiedTime": time;
    }
}

model! {
    /// A managed policy with its text.
    pub struct AwsManagedPolicy {
        /// ARN.
        policy_arn = "policyArn": text;
        /// Name.
        policy_name = "policyName": text;
        /// Policy, JSON in a string.
        policy_document = "policyDocument": jstr;
    }
}

model! {
    /// An event source that starts a function.
    pub struct AwsEventSource {
        /// ARN of the source.
        event_source_arn = "eventSourceArn": text;
        /// State.
        state = "state": text;
        /// Kind of the source.
        r#type = "type": text;
        /// When it was last changed (ISO-8601 expected).
        last_modified = "lastModified": time;
        /// Result of the last run.
        [Volatile] last_processing_result = "lastProcessingResult": text;
    }
}
