//! Delta's commit logs on stores other than the local disk.
//!
//! Every store an estate can be in creates objects only where none is, so that Delta's plain log works on all of them
//! and no lock table beside the store is needed.

use deltalake::DeltaResult;
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use std::sync::{Arc, Once};
use url::Url;

#[derive(Debug)]
struct Plain;

impl LogStoreFactory for Plain {
    fn with_options(
        &self,
        prefixed: ObjectStoreRef,
        root: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed, root, location, options))
    }
}

/// Tells Delta how logs are kept under the schemes of [`super::buckets`].
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let factories = logstore_factories();
        for scheme in super::buckets::SCHEMES {
            if let Ok(url) = Url::parse(&format!("{scheme}://")) {
                factories.insert(url, Arc::new(Plain));
            }
        }
    });
}
