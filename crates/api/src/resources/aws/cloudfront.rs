//! CloudFront distributions.

use super::AwsNewerBase;
use crate::model;

model! {
    /// A CloudFront distribution.
    pub struct AwsCloudfrontDistribution: AwsNewerBase {
        /// Id of the distribution.
        id = "id": text;
        /// ARN.
        arn = "arn": text;
        /// State, such as `Deployed`.
        [Shown] status = "status": text;
        /// Comment.
        comment = "comment": text;
        /// Web ACL in front of it.
        web_acl_id = "webAclId": text;
        /// HTTP versions, such as `http2`.
        http_version = "httpVersion": text;
        /// Price class.
        price_class = "priceClass": text;
        /// Lowest TLS version for viewers.
        [Shown] minimum_protocol_version = "minimumProtocolVersion": text;
        /// Bucket of its logs.
        logging_bucket = "loggingBucket": text;
        /// Prefix of its logs.
        logging_bucket_prefix = "loggingBucketPrefix": text;
        /// Certificate.
        acm_certificate_arn = "acmCertificateARN": text;
        /// Whether it is on.
        [Shown] enabled = "enabled": bool;
        /// Whether it is a staging distribution.
        staging = "staging": bool;
        /// Whether it answers over IPv6.
        is_ipv6_enabled = "isIpv6Enabled": bool;
        /// Whether logs are written.
        [Shown] logging_enabled = "loggingEnabled": bool;
        /// Whether cookies are logged.
        include_cookies = "includeCookies": bool;
        /// Origins; sometimes a list inside a list.
        origins = "origins": [AwsCloudfrontOrigin];
        /// Countries it answers to.
        geo_restriction = "geoRestriction": AwsCloudfrontGeoRestriction;
        /// Cache behaviour for everything that no other behaviour takes.
        default_cache_behavior = "defaultCacheBehavior": AwsCloudfrontBehavior;
    }
}

model! {
    /// Where a distribution fetches from.
    pub struct AwsCloudfrontOrigin {
        /// Id.
        id = "Id": text;
        /// DNS name.
        domain_name = "DomainName": text;
        /// Path.
        origin_path = "OriginPath": text;
        /// Origin access control.
        origin_access_control_id = "OriginAccessControlId": text;
        /// Seconds until a connection attempt is given up.
        connection_timeout = "ConnectionTimeout": int;
        /// How often a connection is tried.
        connection_attempts = "ConnectionAttempts": int;
    }
}

model! {
    /// Countries a distribution answers to.
    pub struct AwsCloudfrontGeoRestriction {
        /// `none`, `whitelist` or `blacklist`.
        restriction_type = "RestrictionType": text;
        /// How many countries are listed.
        quantity = "Quantity": int;
    }
}

model! {
    /// A cache behaviour.
    pub struct AwsCloudfrontBehavior {
        /// Whether answers are compressed.
        compress = "Compress": bool;
        /// Origin.
        target_origin_id = "TargetOriginId": text;
        /// Whether viewers must use TLS.
        viewer_protocol_policy = "ViewerProtocolPolicy": text;
        /// Field-level encryption.
        field_level_encryption_id = "FieldLevelEncryptionId": text;
        /// Seconds an answer is kept if the origin does not say.
        default_ttl = "DefaultTTL": int;
        /// Seconds an answer is kept at least.
        min_ttl = "MinTTL": int;
        /// Seconds an answer is kept at most.
        max_ttl = "MaxTTL": int;
        /// Whether Smooth Streaming is on.
        smooth_streaming = "SmoothStreaming": bool;
        /// Accounts that may sign URLs.
        trusted_signers = "TrustedSigners": AwsCloudfrontTrust;
        /// Key groups that may sign URLs.
        trusted_key_groups = "TrustedKeyGroups": AwsCloudfrontTrust;
        /// CloudFront functions.
        function_associations = "FunctionAssociations": AwsCloudfrontItems;
        /// Lambda functions at the edge.
        lambda_function_associations = "LambdaFunctionAssociations": AwsCloudfrontItems;
        /// HTTP methods that are forwarded.
        allowed_methods = "AllowedMethods": AwsCloudfrontMethods;
    }
}

model! {
    /// Who may sign URLs.
    pub struct AwsCloudfrontTrust {
        /// Whether anyone may.
        enabled = "Enabled": bool;
        /// How many may.
        quantity = "Quantity": int;
    }
}

model! {
    /// A counted list.
    pub struct AwsCloudfrontItems {
        /// How many items there are.
        quantity = "Quantity": int;
        /// The items, of open shape; absent if there are none.
        items = "Items": open;
    }
}

model! {
    /// HTTP methods that are forwarded, and those of them that are cached.
    pub struct AwsCloudfrontMethods {
        /// Methods that are forwarded.
        items = "Items": AwsCloudfrontMethodItems;
        /// Methods that are cached.
        cached_methods = "CachedMethods": AwsCloudfrontCachedMethods;
    }
}

model! {
    /// HTTP methods that are cached.
    pub struct AwsCloudfrontCachedMethods {
        /// How many.
        quantity = "Quantity": int;
        /// Which.
        items = "Items": AwsCloudfrontMethodItems;
    }
}

model! {
    /// A list of HTTP methods.
    pub struct AwsCloudfrontMethodItems {
        /// Methods.
        method = "Method": [text];
    }
}
