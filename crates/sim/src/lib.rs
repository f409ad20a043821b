//! The Qualys TotalCloud (CloudView) service, simulated.
//!
//! A company is computed from a seed ([`world`]) and served over real sockets behind the rules that the real
//! service has: host kinds and sign-in, page sizes and the wall of 10,000 rows, quotas with their headers,
//! error bodies, filters. Faults are data. It is made from what is known of the service, not from what our
//! client expects: clients written by others must be satisfied by it too.
//!
//! ```no_run
//! # async fn run() -> Result<(), totalcloud_sim::SimError> {
//! use totalcloud_sim::{Sim, SimConfig};
//!
//! let sim = Sim::start(SimConfig { tls: true, ..SimConfig::default() }).await?;
//! let line = sim.ready_line();
//! # drop(line);
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod admin;
mod body;
mod call;
mod clock;
mod config;
mod fault;
mod fidelity;
mod filters;
mod handlers;
mod iac;
mod in_process;
mod inspect;
mod journal;
mod listing;
mod multipart;
mod outage;
mod page;
mod portal;
mod quota;
mod reply;
mod reports;
mod route;
mod server;
mod service;
mod sim;
mod state;
mod tls;
mod token;
mod wire;
pub mod world;

pub use access::HostKind;
pub use clock::Clock;
pub use config::{
    AccountsSpec, AnyAccept, BadCount, BadWord, InventoryV2, Oversize, RowsSpec, SimConfig, TlsFault,
};
pub use fault::{BadFault, FaultAction, FaultSpec, RefuseAs, Told, When};
pub use fidelity::{Fidelity, fidelity};
pub use filters::{BadFilterRule, FilterForm, FilterMade, FilterRule};
pub use in_process::{Broken, InProcess};
pub use inspect::Inspector;
pub use journal::{Journal, JournalEntry};
pub use quota::{BadQuota, Quota, QuotaScope, RateHeaders, Refuse};
pub use sim::{Sim, SimError, Urls};
pub use wire::AnswerBody;
pub use world::{Fields, Size, WorldConfig};
