//! Buckets and containers of the clouds.

use super::wrong;
use crate::error::{Error, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The schemes of URLs of object stores.
pub(super) const SCHEMES: &[&str] = &["s3", "s3a", "az", "azure", "adl", "abfs", "abfss", "gs"];

/// A store that is away for longer than this is reported.
fn retry() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(5),
        base: 2.0,
    };
    RetryConfig { backoff, max_retries: 7, retry_timeout: Duration::from_secs(90) }
}

/// The store of the whole bucket. Nothing is called.
pub(super) fn open(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let scheme = url.scheme();
    if !SCHEMES.contains(&scheme) {
        return Err(wrong(format!("an estate cannot be at {scheme}://"))
            .hint("it can be in a folder, or at s3://, az://, abfss:// or gs://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong(format!("a URL of an estate names the bucket: {scheme}://BUCKET/PREFIX")));
    }
    // The service's client and the stores share a process: one TLS provider for both, chosen before either needs it.
    totalcloud::transport::install_tls_provider();
    match scheme {
        "s3" | "s3a" => s3(url),
        "gs" => gs(url),
        _ => azure(url),
    }
}

fn s3(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry());
    let own = [
        AmazonS3ConfigKey::AccessKeyId,
        AmazonS3ConfigKey::WebIdentityTokenFile,
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
        AmazonS3ConfigKey::SkipSignature,
    ];
    let given = |key| builder.get_config_value(key).is_some_and(|v| v != "false");
    if !own.iter().any(given) {
        // The machine will be asked for its own, and one that has none does not answer: that must not take long.
        builder = builder.with_retry(RetryConfig { max_retries: 2, ..retry() });
    }
    let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
        .iter()
        .find_map(|key| builder.get_config_value(key));
    let open = AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp);
    let allowed = builder.get_config_value(&open).is_some_and(|v| v == "true" || v == "1");
    if endpoint.is_some_and(|e| e.starts_with("http://")) && !allowed {
        return Err(wrong(
            "the endpoint of the object store is not encrypted (AWS_ENDPOINT_URL begins with http://)",
        )
        .hint("use https://, or set AWS_ALLOW_HTTP=true where nobody can listen"));
    }
    Ok(Arc::new(builder.build().map_err(|e| unusable("S3", "AWS_", &e))?))
}

fn azure(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry());
    Ok(Arc::new(builder.build().map_err(|e| unusable("Azure", "AZURE_STORAGE_", &e))?))
}

fn gs(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry());
    Ok(Arc::new(builder.build().map_err(|e| unusable("Google Cloud Storage", "GOOGLE_", &e))?))
}

/// What is wrong with the variables. The store's own words are left out: some of them quote a value.
fn unusable(store: &str, variables: &str, error: &object_store::Error) -> Error {
    tracing::debug!(store, kind = ?std::mem::discriminant(error), "an object store cannot be set up");
    wrong(format!("the settings of {store} in the environment do not fit together or are missing"))
        .hint(format!("look at the {variables}… variables of the environment"))
}
