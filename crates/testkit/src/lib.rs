//! Test contexts for the other crates. What goes wrong here ends the test with a panic that says what.
//!
//! ```
//! let sim = totalcloud_testkit::sim(|config| config.quota = "20/2/2".parse().unwrap());
//! assert_eq!(sim.journal().count, 0);
//! ```

mod in_process;
mod sim;

pub use in_process::{InProcessTransport, client_of, in_process};
pub use sim::{NOW, SimHandle, sim};
pub use tempfile::TempDir;
pub use totalcloud_sim as service;

/// A folder that is removed when it is dropped.
pub fn dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("totalcloud-test-")
        .tempdir()
        .unwrap_or_else(|e| panic!("no temporary folder: {e}"))
}
